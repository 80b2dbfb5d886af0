//! Git packages of yarn.lock: of the repository that their key names, at the locked commit, with the
//! version and the needs that the package has there.
//!
//! For `check`. yarn believes all of this: it installs an entry with another repository
//! (yarnpkg/yarn#6291, #8513), and with needs that the package does not have any more.

use std::collections::BTreeSet;

use super::Case;
use super::item::{From, Item, Wanted};
use super::report::Report;
use crate::model::{CommitId, GitUrl, Id, Trouble, quoted};
use crate::source::yarn::manifest::entry_summary;
use crate::source::yarn::package;
use crate::source::yarn::spec::{GitSpec, Reference, Spec};

pub(super) fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for item in &case.items {
        match &item.from {
            From::Git { url, commit, tarball } => one(case, item, url, *commit, *tarball, report),
            From::Moving { url, reference } => {
                report.lock(Id::YARN003, item.source_line(), reference, || {
                    Trouble::new(format!(
                        "{} is a host's tarball of {}, which can move",
                        quoted(item.said()),
                        quoted(reference)
                    ))
                    .expected("a tarball or a repository at the 40 digits of a commit")
                    .found(quoted(url))
                    .help("take it from git: dubo-pin refresh writes the commit")
                });
            }
            _ => {}
        }
    }
}

fn one(case: &Case<'_>, item: &Item<'_>, url: &GitUrl, commit: CommitId, tarball: bool, report: &mut Report<'_>) {
    let line = item.source_line();
    for wanted in item.wanted.iter().filter(|w| !w.replaced) {
        if let Spec::Git(spec) = &wanted.spec {
            asked(item, wanted, spec, (url, commit, tarball), report);
        }
    }
    let Some(key) = package::key(case.entry, &item.entry.keys) else {
        return report.lock(Id::YARN004, item.entry.line, item.said(), || {
            Trouble::new(format!("{} comes from git, but is not in pins.lock", quoted(item.said())))
                .expected("a commit in pins.lock")
                .found(commit.to_string())
                .help("dubo-pin refresh locks it")
        });
    };
    let locked = package::commit_of(case.entry, key);
    if locked != Some(commit) {
        let text = commit.to_string();
        report.lock(Id::YARN004, line, &text, || {
            Trouble::new(format!("yarn.lock has {} at another commit than pins.lock", quoted(key)))
                .expected(locked.map_or_else(|| "a full commit".to_owned(), |c| c.to_string()))
                .found(text.clone())
                .help("dubo-pin refresh --keep writes the locked commit back")
        });
    }
    let repository = package::proof(case.entry, "repository", key);
    if repository != Some(url.as_str()) {
        report.lock(Id::YARN007, line, item.source(), || {
            Trouble::new(format!("yarn.lock takes {} from another repository than the locked one", quoted(key)))
                .expected(repository.map_or_else(|| "a repository in pins.lock".to_owned(), quoted))
                .found(quoted(url.as_str()))
                .help("git log -p yarn.lock tells who changed it")
        });
    } else if locked == Some(commit) {
        stale(case, item, key, report);
    }
}

/// The key and what it was resolved to agree.
fn asked(
    item: &Item<'_>,
    wanted: &Wanted<'_>,
    spec: &GitSpec,
    (url, commit, tarball): (&GitUrl, CommitId, bool),
    report: &mut Report<'_>,
) {
    let line = item.source_line();
    if !same_repository(spec, url) {
        report.lock(Id::YARN007, line, item.source(), || {
            Trouble::new(format!("{} is resolved to another repository than its key names", quoted(&wanted.name)))
                .expected(quoted(spec.url.as_str()))
                .found(quoted(url.as_str()))
                .help("git log -p yarn.lock tells who changed it; run the project's yarn to resolve it anew")
        });
    }
    if tarball && !spec.hosted {
        report.lock(Id::YARN007, line, item.source(), || {
            Trouble::new(format!("{} asks for git, but is resolved to a host's tarball", quoted(&wanted.name)))
                .expected(quoted(&spec.pinned(commit)))
                .found(quoted(item.source()))
                .help("run the project's yarn to resolve it anew")
        });
    }
    if let Reference::Commit(asked) = spec.reference
        && asked != commit
    {
        report.lock(Id::YARN004, line, &commit.to_string(), || {
            Trouble::new(format!("{} is resolved to another commit than its key names", quoted(&wanted.name)))
                .expected(asked.to_string())
                .found(commit.to_string())
                .help("git log -p yarn.lock tells who changed it; run the project's yarn to resolve it anew")
        });
    }
}

/// Whether a repository is the one that is asked for. For a shorthand yarn 1 chooses between https and
/// ssh itself.
fn same_repository(spec: &GitSpec, url: &GitUrl) -> bool {
    let path = |url: &GitUrl| {
        let (_, rest) = url.as_str().split_once("://")?;
        let (_, path) = rest.split_once('/')?;
        Some(path.strip_suffix(".git").unwrap_or(path).to_owned())
    };
    let hosted = || spec.hosted && spec.url.host() == url.host() && path(&spec.url) == path(url);
    spec.url == *url || hosted()
}

/// YARN010: the entry says another version or other needs than the package has at its commit.
fn stale(case: &Case<'_>, item: &Item<'_>, key: &str, report: &mut Report<'_>) {
    let Some(locked) = package::proof(case.entry, "manifest", key) else { return };
    let found = entry_summary(case.format(), item.entry);
    if found == locked {
        return;
    }
    let (is, should): (BTreeSet<&str>, BTreeSet<&str>) = (words(&found), words(locked));
    let extra: Vec<&str> = is.difference(&should).copied().collect();
    let lacking: Vec<&str> = should.difference(&is).copied().collect();
    let first = extra.first().or(lacking.first()).copied().unwrap_or_default();
    let name = first.split('=').next().unwrap_or_default();
    let name = name.strip_prefix("optional:").unwrap_or(name);
    let field = |prefix: &str| item.line(&format!("{prefix}.{name}"));
    let line = match name {
        "version" => item.line("version"),
        _ => field("dependencies").or_else(|| field("optionalDependencies")).or_else(|| item.line("dependencies")),
    };
    let said = |words: &[&str]| match words {
        [] => "nothing".to_owned(),
        words => words.iter().take(20).map(|w| quoted(w)).collect::<Vec<_>>().join(", "),
    };
    report.lock(Id::YARN010, line.unwrap_or(item.entry.line), name, || {
        Trouble::new(format!("the entry of {} is not what its package.json says at the locked commit", quoted(key)))
            .expected(said(&lacking))
            .found(said(&extra))
            .help("yarn would install what the entry says: dubo-pin refresh has yarn write it anew")
    });
}

fn words(line: &str) -> BTreeSet<&str> {
    line.split(' ').filter(|word| !word.is_empty()).collect()
}
