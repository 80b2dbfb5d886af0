//! Folders of the repository that yarn copies or links: their package.json says what yarn.lock says
//! that they need, and no symlink leads out of the folder on the way to them.
//!
//! For `check`. yarn reads these package.json at each install, and takes what is newest for a need
//! that yarn.lock does not have: `--frozen-lockfile` of yarn 1 says nothing of it (measured, 1.22.22).
//! Not here: workspaces, which `folder` and `reach` read, and files, whose bytes `local` proves.

use std::collections::{BTreeMap, BTreeSet};

use super::Case;
use super::item::{From, Item, Wanted, pattern_name};
use super::local::{base, is_file, joined, root};
use super::report::Report;
use crate::disk::CAP;
use crate::model::{Id, Place, RelPath, Trouble, quoted};
use crate::source::yarn::manifest::{Package, entry_summary};
use crate::source::yarn::spec::{Local, Spec};
use crate::vendor::Dockerignore;

/// What folders that yarn 1 links lead to.
#[derive(Default)]
pub(super) struct Linked {
    /// The entries that the folders need, which the entries of the folders themselves do not name.
    pub(super) needed: BTreeSet<usize>,
    /// The keys of yarn.lock that are asked for on the way.
    pub(super) asked: BTreeSet<String>,
    /// What has no entry, each with the package.json that it is first needed by.
    missing: BTreeMap<String, String>,
}

/// A folder as it stands: its package.json and the needs in it.
struct Stands {
    package: Package,
    needs: BTreeSet<String>,
}

pub(super) fn check(case: &Case<'_>, report: &mut Report<'_>) {
    // Each folder is read, and told of, once.
    let mut known: BTreeMap<(bool, String), Option<Stands>> = BTreeMap::new();
    for item in &case.items {
        for (kind, folder) in folders(case, item) {
            let is_link = kind == Local::Link;
            let stands =
                known.entry((is_link, folder.clone())).or_insert_with(|| read(case, item, kind, &folder, report));
            if !is_link
                && let Some(now) = stands
                && !agrees(case, item, now, report)
            {
                *stands = None;
            }
        }
    }
    floating(case, report);
    installed(case, report);
}

/// The folders that an entry is, below that of pins.toml. What leads outside is told by `local`.
fn folders(case: &Case<'_>, item: &Item<'_>) -> Vec<(Local, String)> {
    let one = |wanted: &Wanted<'_>| match &wanted.spec {
        Spec::Local(Local::Workspace, _) => None,
        Spec::Local(_, path) if matches!(item.from, From::Local) && is_file(item, path) => None,
        Spec::Local(kind, path) => Some((*kind, joined(&base(case.folder, &wanted.range), path)?)),
        _ => None,
    };
    item.wanted.iter().filter_map(one).collect()
}

/// A folder's package.json; `None` where it was told what is wrong, or nothing is needed.
fn read(case: &Case<'_>, item: &Item<'_>, kind: Local, folder: &str, report: &mut Report<'_>) -> Option<Stands> {
    let line = item.entry.line;
    let file = below(folder, "package.json");
    let path = file.parse::<RelPath>().map_err(|e| Trouble::new(e.to_string()));
    let bytes = match path.and_then(|path| case.root.read(&path, CAP).map_err(|e| e.to_trouble())) {
        Ok(Some(bytes)) => bytes,
        // yarn links a folder without a package.json too.
        Ok(None) if kind == Local::Link => return None,
        Ok(None) => {
            report.lock(Id::YARN014, line, item.said(), || {
                Trouble::new(format!("{} has no package.json, so what it needs is not known", quoted(folder)))
                    .expected(quoted(&file))
                    .found("no such file")
            });
            return None;
        }
        Err(trouble) => {
            report.lock(Id::YARN014, line, item.said(), || {
                trouble.expected(format!("a plain file below the folder of pins.toml: {}", quoted(&file)))
            });
            return None;
        }
    };
    // berry links it and looks no further.
    if kind == Local::Link && !case.is_v1() {
        return None;
    }
    match Package::parse(&file, bytes) {
        Ok(package) => {
            let needs = needs(case, &package.summary(case.format()), folder);
            Some(Stands { package, needs })
        }
        Err(troubles) => {
            for trouble in troubles {
                report.at(Id::YARN002, &Place::file(&file), || trouble);
            }
            None
        }
    }
}

/// YARN005: yarn 1 installs what a linked folder needs, but writes none of it into the entry of the
/// folder (measured, 1.22.22): each need has an entry of its own, or it floats.
fn floating(case: &Case<'_>, report: &mut Report<'_>) {
    for (text, file) in &case.linked.missing {
        report.at(Id::YARN005, &Place::file(file), || {
            Trouble::new(format!("{} has no entry in yarn.lock, so what is newest would be taken", quoted(text)))
                .expected(format!("an entry {}", quoted(text)))
                .found("none")
                .help("a linked folder leads to it: run the project's yarn, then dubo-pin refresh")
        });
    }
}

/// What the linked folders of yarn 1 lead to.
pub(super) fn reach(case: &Case<'_>) -> Linked {
    let mut out = Linked::default();
    if !case.is_v1() {
        return out;
    }
    let all = case.items.iter().flat_map(|item| folders(case, item));
    let links: BTreeSet<String> = all.filter(|(kind, _)| *kind == Local::Link).map(|(_, folder)| folder).collect();
    let mut packages = Vec::new();
    for folder in links {
        let file = below(&folder, "package.json");
        let bytes = file.parse::<RelPath>().ok().and_then(|path| case.root.read(&path, CAP).ok().flatten());
        packages.extend(bytes.and_then(|bytes| Package::parse(&file, bytes).ok()).map(|package| (folder, package)));
    }
    if packages.is_empty() {
        return out;
    }
    let own = root(case.folder);
    let mut entries: BTreeMap<String, (usize, &str)> = BTreeMap::new();
    for (at, item) in case.items.iter().enumerate() {
        entries.extend(item.wanted.iter().map(|w| (need(case, &w.name, &w.range, &own), (at, w.key))));
    }
    let resolutions = &case.folder.package.resolutions;
    let replaced: BTreeSet<&str> = resolutions.iter().map(|r| pattern_name(&r.pattern)).collect();
    for (folder, package) in &packages {
        let first = package.wanted(case.format(), false).into_iter();
        let mut open: Vec<(&str, &str, &str)> = first.map(|w| (w.name, w.range, folder.as_str())).collect();
        while let Some((name, range, folder)) = open.pop() {
            let entry = entries.get(&need(case, name, range, folder));
            out.asked.extend(entry.map(|(_, key)| (*key).to_owned()));
            match entry {
                Some((at, _)) if out.needed.insert(*at) => {
                    let Some(item) = case.items.get(*at) else { continue };
                    let needs = item.entry.dependencies.iter().chain(&item.entry.optional);
                    open.extend(needs.map(|(name, range)| (name.as_str(), range.as_str(), own.as_str())));
                }
                None if !replaced.contains(name) => {
                    out.missing.entry(format!("{name}@{range}")).or_insert_with(|| package.file.clone());
                }
                _ => {}
            }
        }
    }
    out
}

/// YARN010: yarn.lock says other needs than the folder has.
fn agrees(case: &Case<'_>, item: &Item<'_>, now: &Stands, report: &mut Report<'_>) -> bool {
    let is = needs(case, &entry_summary(case.format(), item.entry), &root(case.folder));
    if is == now.needs {
        return true;
    }
    let said = |words: Vec<&String>| match words.as_slice() {
        [] => "nothing more".to_owned(),
        words => words.iter().take(20).map(|w| quoted(w)).collect::<Vec<_>>().join(", "),
    };
    let extra: Vec<&String> = is.difference(&now.needs).collect();
    let lacking: Vec<&String> = now.needs.difference(&is).collect();
    let line = item.line("dependencies").or_else(|| item.line("optionalDependencies")).unwrap_or(item.entry.line);
    report.lock(Id::YARN010, line, "", || {
        Trouble::new(format!("the entry of {} is not what {} says", quoted(item.said()), quoted(&now.package.file)))
            .expected(said(lacking))
            .found(said(extra))
            .help("yarn would take what is newest for it: run the project's yarn, then dubo-pin refresh")
    });
    false
}

/// The needs of a summary, without the version.
fn needs(case: &Case<'_>, summary: &str, folder: &str) -> BTreeSet<String> {
    let words = summary.split(' ').filter_map(|word| word.split_once('='));
    words.filter(|(name, _)| *name != "version").map(|(name, range)| need(case, name, range, folder)).collect()
}

/// One need. yarn 1 writes the paths in them from its own folder, package.json from that of the package.
fn need(case: &Case<'_>, name: &str, range: &str, folder: &str) -> String {
    let path = ["file:", "link:"].into_iter().find_map(|scheme| Some((scheme, range.strip_prefix(scheme)?)));
    let path = path.filter(|_| case.is_v1());
    match path.and_then(|(scheme, path)| Some((scheme, joined(folder, path)?))) {
        Some((scheme, path)) => format!("{name}={scheme}{path}"),
        None => format!("{name}={range}"),
    }
}

/// What yarn leaves in a folder that it has installed into; it believes these files.
const V1_STATE: [&str; 1] = ["node_modules/.yarn-integrity"];
const BERRY_STATE: [&str; 4] =
    ["node_modules/.yarn-state.yml", "node_modules/.yarn-integrity", ".pnp.cjs", ".yarn/install-state.gz"];

/// YARN012, a note: an installed folder that a build may copy. yarn then says that all is up to date,
/// whatever stands in it.
fn installed(case: &Case<'_>, report: &mut Report<'_>) {
    let folder = root(case.folder);
    let states: &[&str] = if case.is_v1() { &V1_STATE } else { &BERRY_STATE };
    let Some(state) = states.iter().find(|state| is_there(case, &below(&folder, state))) else { return };
    let top = below(&folder, state);
    let ignored = |context: &str| {
        let Ok(file) = below(context, ".dockerignore").parse::<RelPath>() else { return false };
        let Ok(Some(bytes)) = case.root.read(&file, CAP) else { return false };
        let inside = match context {
            "" => top.as_str(),
            context => top.strip_prefix(context).map_or(top.as_str(), |rest| rest.trim_start_matches('/')),
        };
        Dockerignore::parse(&bytes).excludes(inside)
    };
    if ignored("") || ignored(&folder) {
        return;
    }
    let name = if state.starts_with("node_modules") { "node_modules" } else { state };
    report.note_file(Id::YARN012, || {
        Trouble::new(format!(
            "{name} stands beside package.json: a build that copies it installs nothing of what was locked"
        ))
        .found(quoted(&top))
        .help(format!("add {name} to .dockerignore"))
    });
}

/// Whether something is there, of whatever size and kind.
fn is_there(case: &Case<'_>, path: &str) -> bool {
    let Ok(path) = path.parse::<RelPath>() else { return false };
    !matches!(case.root.read(&path, 0), Ok(None) | Err(crate::disk::DiskError::NotAFolder(_)))
}

fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
