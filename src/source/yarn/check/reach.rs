//! The whole graph: what package.json reaches is in yarn.lock, and nothing else is.
//!
//! For `check`. The graph itself is `graph`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::Case;
use super::item::From;
use super::report::Report;
use crate::model::{Id, Trouble, quoted};
use crate::source::yarn::graph::{By, Lack};

pub(super) fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for missing in &case.graph.missing {
        let wanted = missing.wanted.to_string();
        report.at(Id::YARN005, &missing.place, || {
            let by = match missing.by {
                By::Root => case.folder.package.file.clone(),
                By::Workspace(at) => {
                    case.folder.workspaces.get(at).map_or_else(|| "a workspace".to_owned(), |(_, p)| p.file.clone())
                }
                By::Resolutions => "`resolutions` of package.json".to_owned(),
                By::Entry(at) => case.items.get(at).map_or_else(String::new, |item| quoted(item.said())),
            };
            match missing.lack {
                Lack::Absent => Trouble::new(format!(
                    "{} has no entry in yarn.lock, so what is newest would be taken",
                    quoted(&wanted)
                ))
                .expected(format!("an entry {}", quoted(&wanted)))
                .found("none"),
                Lack::Outdated(at) => {
                    let version = case.items.get(at).map(|item| quoted(item.version())).unwrap_or_default();
                    Trouble::new(format!(
                        "yarn passes over the entry of {}, so what is newest would be taken",
                        quoted(&wanted)
                    ))
                    .expected("a version within the range")
                    .found(version)
                }
            }
            .help(format!("{by} wants it: run the project's yarn, then dubo-pin refresh"))
        });
    }
    for at in &case.graph.orphans {
        let Some(item) = case.items.get(*at) else { continue };
        let trouble = || {
            Trouble::new(format!("nothing needs the entry {}", quoted(item.said())))
                .expected("entries that package.json leads to")
                .found(quoted(item.said()))
                .help("run the project's yarn, which takes it out, then dubo-pin refresh")
        };
        // berry itself adds dependencies of registries to packages that it knows to lack some, and
        // does not write down who needs them; it adds none from elsewhere.
        if matches!(item.from, From::Registry { archive: None, .. }) {
            report.note_lock(Id::YARN006, item.entry.line, item.said(), trouble);
        } else {
            report.lock(Id::YARN006, item.entry.line, item.said(), trouble);
        }
    }
    if case.is_v1() {
        idle(case, report);
    } else {
        own(case, report);
    }
    for item in case.items.iter().filter(|item| matches!(item.from, From::Nothing)) {
        report.lock(Id::YARN005, item.entry.line, item.said(), || {
            let field = if case.is_v1() { "resolved" } else { "resolution" };
            Trouble::new(format!(
                "the entry {} does not say what it was resolved to, so yarn resolves it anew",
                quoted(item.said())
            ))
            .expected(format!("`{field}`"))
            .found("none")
            .help("run the project's yarn, then dubo-pin refresh")
        });
    }
}

/// yarn 1: a key of a needed entry that nothing asks for. Whoever asks later would get what is there.
fn idle(case: &Case<'_>, report: &mut Report<'_>) {
    let edges = case.graph.edges.iter().map(|edge| &edge.wanted);
    let missing = case.graph.missing.iter().map(|missing| &missing.wanted);
    let asked: BTreeSet<String> = edges.chain(missing).map(ToString::to_string).collect();
    let orphans: BTreeSet<usize> = case.graph.orphans.iter().copied().collect();
    for (_, item) in case.items.iter().enumerate().filter(|(at, _)| !orphans.contains(at)) {
        let is_asked = |key: &str| asked.contains(key) || case.linked.asked.contains(key);
        for wanted in item.wanted.iter().filter(|w| !w.replaced && !is_asked(w.key)) {
            report.lock(Id::YARN006, item.entry.line, wanted.key, || {
                Trouble::new(format!(
                    "nothing asks for {}, a key of the entry {}",
                    quoted(wanted.key),
                    quoted(item.said())
                ))
                .expected("keys that package.json leads to")
                .found(quoted(wanted.key))
                .help("run the project's yarn, which takes it out, then dubo-pin refresh")
            });
        }
    }
}

/// berry: the entries of the folder and its workspaces say what their package.json says.
fn own(case: &Case<'_>, report: &mut Report<'_>) {
    let bare = |range: &str| range.strip_prefix("npm:").unwrap_or(range).to_owned();
    for (folder, package) in case.folder.packages() {
        let place = format!("@workspace:{folder}");
        let Some(item) = case.items.iter().find(|i| i.entry.resolution.as_deref().is_some_and(|r| r.ends_with(&place)))
        else {
            continue;
        };
        let wanted = package.wanted(case.format(), true);
        let said: BTreeMap<&str, String> = wanted.iter().map(|w| (w.name, bare(w.range))).collect();
        let locked: BTreeMap<&str, String> =
            item.entry.dependencies.iter().map(|(name, range)| (name.as_str(), bare(range))).collect();
        let differs = said.keys().chain(locked.keys()).find(|name| said.get(*name) != locked.get(*name));
        let Some(name) = differs else { continue };
        let text = |all: &BTreeMap<&str, String>| all.get(name).map_or_else(|| "nothing".to_owned(), |r| quoted(r));
        report.lock(Id::YARN010, item.entry.line, item.said(), || {
            Trouble::new(format!("yarn.lock has another range of {} here than {}", quoted(name), quoted(&package.file)))
                .expected(text(&said))
                .found(text(&locked))
                .help("run the project's yarn, then dubo-pin refresh")
        });
    }
}
