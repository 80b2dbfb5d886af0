//! Every entry is the package that its key names: nothing is put in its place.
//!
//! For `check`. An entry of a registry is known by its URL (yarn 1) or its resolution (berry); both
//! must say the name and the version, and the version must be one that was asked for. A tag such as
//! `latest` allows any. What comes from git is `git`'s.

use std::collections::BTreeSet;

use nodejs_semver::Version;

use super::Case;
use super::item::{From, Item, Wanted};
use super::registry::{self, Prefixes};
use super::report::Report;
use crate::model::{Id, Trouble, quoted};
use crate::source::yarn::spec::{self, Descriptor, Local, Spec};

const ANEW: &str = "git log -p yarn.lock tells who changed it; run the project's yarn to resolve it anew";

pub(super) fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let resolutions: BTreeSet<&str> = case.items.iter().filter_map(|i| i.entry.resolution.as_deref()).collect();
    let prefixes = Prefixes::of(case);
    for item in &case.items {
        for (key, error) in &item.unread {
            report.lock(Id::YARN014, item.entry.line, key, || error.to_trouble());
        }
        if let From::Unknown(error) = &item.from {
            report.lock(Id::YARN014, item.source_line(), item.source(), || error.to_trouble());
            continue;
        }
        for wanted in item.wanted.iter().filter(|w| !w.replaced) {
            one(case, item, wanted, (&resolutions, &prefixes), report);
        }
        linked(case, item, report);
    }
}

fn one<'a>(
    case: &'a Case<'_>,
    item: &'a Item<'_>,
    wanted: &'a Wanted<'_>,
    (resolutions, prefixes): (&BTreeSet<&str>, &Prefixes<'a>),
    report: &mut Report<'_>,
) {
    match (&wanted.spec, &item.from) {
        // Told as YARN005.
        (_, From::Nothing) => {}
        (Spec::Registry { alias, range }, from) => {
            let name = alias.as_deref().unwrap_or(&wanted.name);
            match from {
                From::Tarball(url) if case.is_v1() => url_names(item, wanted, (name, url), prefixes, report),
                From::Registry { name: found, version, .. } => resolved(item, name, found, version, report),
                From::Patch { .. } | From::Linked if !case.is_v1() => {}
                _ => return other(item, wanted, "a registry", report),
            }
            in_range(case, item, wanted, range, report);
        }
        (Spec::Git(_), From::Git { .. } | From::Moving { .. }) => {}
        (Spec::Git(_), _) => other(item, wanted, "a git repository", report),
        (Spec::Tarball(url), from) => {
            let asked = url.split('#').next().unwrap_or_default();
            let found = match from {
                From::Tarball(found) | From::Moving { url: found, .. } => Some(*found),
                From::Git { tarball: true, .. } => Some(item.source().split('#').next().unwrap_or_default()),
                _ => None,
            };
            match found {
                Some(found) if found == asked => {}
                // The host's own tarball of the same commit, under the name that it has there.
                Some(found) if spec::archive(found).is_some() && spec::archive(found) == spec::archive(asked) => {}
                _ => {
                    report.lock(Id::YARN007, item.source_line(), item.source(), || {
                        Trouble::new(format!("{} is resolved to another URL than its key names", quoted(&wanted.name)))
                            .expected(quoted(asked))
                            .found(quoted(item.source()))
                            .help(ANEW)
                    });
                }
            }
        }
        (Spec::Local(Local::File, _), From::Local) => {}
        (Spec::Local(Local::Link | Local::Portal | Local::Workspace, _), From::Linked) => {}
        (Spec::Local(..), _) => other(item, wanted, "the folder itself", report),
        (Spec::Patch(of, patch), from) => patched(item, wanted, (of, patch), from, resolutions, report),
    }
    if let Some(resolution) = item.entry.resolution.as_deref()
        && !matches!(wanted.spec, Spec::Registry { .. })
    {
        let found = Descriptor::parse(resolution).map(|d| d.name).unwrap_or_default();
        if found != wanted.name {
            report.lock(Id::YARN007, item.source_line(), resolution, || {
                Trouble::new(format!("the entry of {} is resolved to another package", quoted(&wanted.name)))
                    .expected(quoted(&wanted.name))
                    .found(quoted(&found))
                    .help(ANEW)
            });
        }
    }
}

/// It comes from somewhere else than what the key asks for.
fn other(item: &Item<'_>, wanted: &Wanted<'_>, asked: &str, report: &mut Report<'_>) {
    report.lock(Id::YARN007, item.source_line(), item.source(), || {
        let found = match item.source() {
            "" => item.from.said().to_owned(),
            source => format!("{}: {}", item.from.said(), quoted(source)),
        };
        Trouble::new(format!("{} asks for {asked}, but is resolved to something else", quoted(wanted.key)))
            .expected(asked)
            .found(found)
            .help(ANEW)
    });
}

/// berry: `name@npm:version`.
fn resolved(item: &Item<'_>, name: &str, found: &str, version: &str, report: &mut Report<'_>) {
    if found != name {
        report.lock(Id::YARN007, item.source_line(), item.source(), || {
            Trouble::new(format!("the entry of {} is resolved to another package", quoted(name)))
                .expected(quoted(name))
                .found(quoted(found))
                .help(ANEW)
        });
    }
    if version != item.version() {
        report.lock(Id::YARN007, item.source_line(), item.source(), || {
            Trouble::new(format!("the entry of {} is resolved to another version than it says", quoted(name)))
                .expected(quoted(item.version()))
                .found(quoted(version))
                .help(ANEW)
        });
    }
}

/// yarn 1: the path of the URL has name and version at the places of a registry's, behind what all
/// packages of that registry have there.
fn url_names<'a>(
    item: &'a Item<'_>,
    wanted: &'a Wanted<'_>,
    (name, url): (&'a str, &'a str),
    prefixes: &Prefixes<'a>,
    report: &mut Report<'_>,
) {
    let version = item.version();
    let plain = version.split('+').next().unwrap_or_default();
    let base = name.rsplit('/').next().unwrap_or_default();
    let common = prefixes.expected(url, name);
    let Some(prefix) = registry::prefix(url, name, version) else {
        return report.lock(Id::YARN007, item.source_line(), url, || {
            Trouble::new(format!(
                "the URL of {} does not name version {} of that package",
                quoted(wanted.key),
                quoted(version)
            ))
            .expected(quoted(&format!("…/{}{name}/-/{base}-{plain}.tgz", common.unwrap_or_default())))
            .found(quoted(url))
            .help(ANEW)
        });
    };
    if let Some(common) = common.filter(|common| *common != prefix) {
        report.lock(Id::YARN007, item.source_line(), url, || {
            Trouble::new(format!(
                "the URL of {} leads to another registry on that host than those of the other packages",
                quoted(wanted.key)
            ))
            .expected(quoted(&format!("…/{common}{name}/…")))
            .found(quoted(url))
            .help(ANEW)
        });
    }
}

/// The version is one that the key asks for.
fn in_range(case: &Case<'_>, item: &Item<'_>, wanted: &Wanted<'_>, range: &str, report: &mut Report<'_>) {
    // What a registry calls its newest may be a pre-release, which no range of versions holds.
    if matches!(range.trim(), "" | "*" | "x" | "X") {
        return;
    }
    let version = item.version();
    let is_range = spec::is_range(range) && version.parse::<Version>().is_ok();
    // Of yarn 1's the graph tells that it passes over such an entry.
    if !is_range || spec::satisfies(version, range) || case.is_passed_over(item) {
        return;
    }
    report.lock(Id::YARN007, item.line_or("version"), version, || {
        Trouble::new(format!("the entry of {} has a version that was not asked for", quoted(wanted.key)))
            .expected(quoted(range))
            .found(quoted(version))
            .help(ANEW)
    });
}

/// berry: the patched package is the one that the key names, and is in yarn.lock itself; the patch is
/// the one of the key.
fn patched(
    item: &Item<'_>,
    wanted: &Wanted<'_>,
    (of, patch): (&Descriptor, &str),
    from: &From<'_>,
    resolutions: &BTreeSet<&str>,
    report: &mut Report<'_>,
) {
    let From::Patch { of: found, patch: found_patch } = from else {
        return other(item, wanted, "a patched package", report);
    };
    let inner = found.to_string();
    let right = of.name == found.name && patch == found_patch && resolutions.contains(inner.as_str());
    if !right {
        report.lock(Id::YARN007, item.source_line(), item.source(), || {
            Trouble::new(format!("{} is resolved to another patched package than its key names", quoted(&wanted.name)))
                .expected(format!("{} with the patch {}", quoted(&of.to_string()), quoted(patch)))
                .found(format!("{} with the patch {}", quoted(&inner), quoted(found_patch)))
                .help(ANEW)
        });
    }
}

/// berry: `linkType` is that of what it comes from.
fn linked(case: &Case<'_>, item: &Item<'_>, report: &mut Report<'_>) {
    if case.is_v1() {
        return;
    }
    let should = if matches!(item.from, From::Linked) { "soft" } else { "hard" };
    let found = item.entry.link_type.as_deref();
    if found != Some(should) {
        report.lock(Id::YARN007, item.line_or("linkType"), "linkType", || {
            Trouble::new(format!("the entry {} is not linked as what it is resolved to", quoted(item.said())))
                .expected(quoted(should))
                .found(found.map_or_else(|| "nothing".to_owned(), quoted))
                .help(ANEW)
        });
    }
}
