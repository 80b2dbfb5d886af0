//! package.json, the workspaces' too: each git dependency is the locked commit, written out.
//!
//! For `check`. What refresh would write is said where something else stands. Peer dependencies
//! install nothing and are passed over.

use super::Case;
use super::report::Report;
use super::{item, local};
use crate::model::{CommitId, Id, Place, Trouble, quoted};
use crate::source::yarn::manifest::Section;
use crate::source::yarn::package;
use crate::source::yarn::spec::{self, GitSpec, Reference, Spec};

pub(super) fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (folder, manifest) in case.folder.packages() {
        for dependency in manifest.dependencies.iter().filter(|d| d.section != Section::Peer) {
            one(case, folder, &dependency.name, &dependency.range, &dependency.place, WRITES, report);
        }
        for resolution in manifest.resolutions.iter().filter(|_| folder == ".") {
            let name = item::pattern_name(&resolution.pattern);
            one(case, folder, name, &resolution.range, &resolution.place, BY_HAND, report);
        }
    }
}

/// What mends a spelling of a dependency, and one of `resolutions`, which refresh leaves alone.
const WRITES: &str = "dubo-pin refresh writes it";
const BY_HAND: &str = "write that in `resolutions` by hand and run the project's yarn, then dubo-pin refresh";

fn one(case: &Case<'_>, folder: &str, name: &str, range: &str, place: &Place, help: &str, report: &mut Report<'_>) {
    match Spec::parse(case.format(), range) {
        Err(error) => report.at(Id::YARN014, place, || error.to_trouble()),
        Ok(Spec::Git(git)) => repository(case, name, range, &git, place, help, report),
        Ok(Spec::Tarball(url)) => tarball(&url, place, report),
        Ok(Spec::Local(_, path)) => local::inside(case, folder, &path, place, report),
        Ok(Spec::Patch(_, patch)) => {
            for path in local::patches(&patch) {
                local::inside_patch(case, folder, path, place, report);
            }
        }
        Ok(Spec::Registry { .. }) => {}
    }
}

fn repository(
    case: &Case<'_>,
    name: &str,
    range: &str,
    git: &GitSpec,
    place: &Place,
    help: &str,
    report: &mut Report<'_>,
) {
    let key = package::key(case.entry, &[format!("{name}@{range}"), format!("{name}@")]);
    let locked = key.and_then(|key| package::commit_of(case.entry, key));
    let pinned = || match locked {
        Some(commit) => quoted(&git.pinned(commit)),
        None => "`git+https://HOST/REPOSITORY#` and the 40 digits of a commit".to_owned(),
    };
    if git.insecure {
        report.at(Id::YARN014, place, || {
            Trouble::new(format!("{} comes by git://, which is neither encrypted nor authenticated", quoted(name)))
                .expected(pinned())
                .found(quoted(range))
                .help(help)
        });
    }
    if is_shorthand(range) {
        report.at(Id::YARN014, place, || {
            let message =
                format!("{} is a shorthand, for which a host packs a tarball that git does not prove", quoted(range));
            Trouble::new(message).expected(pinned()).found(quoted(range)).help(help)
        });
    }
    match &git.reference {
        Reference::Commit(commit) => {
            same(name, *commit, locked, range, git, place, report);
        }
        reference => report.at(Id::YARN003, place, || {
            let message = match (reference, case.is_v1()) {
                (Reference::Name(text), true) if is_short(text) => {
                    format!("{} is taken at {}, which may be a short commit id", quoted(name), quoted(text))
                }
                _ => format!("{} is not taken at a full commit, so it can move", quoted(name)),
            };
            Trouble::new(message).expected(pinned()).found(quoted(range)).help(help)
        }),
    }
    let repository = key.and_then(|key| package::proof(case.entry, "repository", key));
    if let Some(locked) = repository.filter(|locked| *locked != git.url.as_str()) {
        report.at(Id::YARN007, place, || {
            Trouble::new(format!("{} is taken from another repository than the locked one", quoted(name)))
                .expected(quoted(locked))
                .found(quoted(git.url.as_str()))
                .help("dubo-pin refresh locks it, if the change is right")
        });
    }
}

/// YARN004: the commit that is written there is not the locked one.
fn same(
    name: &str,
    commit: CommitId,
    locked: Option<CommitId>,
    range: &str,
    git: &GitSpec,
    place: &Place,
    report: &mut Report<'_>,
) {
    if locked == Some(commit) {
        return;
    }
    report.at(Id::YARN004, place, || match locked {
        Some(locked) => Trouble::new(format!("{} is not at the locked commit", quoted(name)))
            .expected(quoted(&git.pinned(locked)))
            .found(quoted(range))
            .help("dubo-pin refresh --keep writes the locked commit back"),
        None => Trouble::new(format!("{} comes from git, but is not in pins.lock", quoted(name)))
            .expected("a commit in pins.lock")
            .found(quoted(range))
            .help("dubo-pin refresh locks it"),
    });
}

/// YARN003 of a host's tarball: what follows `tar.gz/` must be a full commit.
fn tarball(url: &str, place: &Place, report: &mut Report<'_>) {
    let Some((repository, reference)) = spec::archive(url) else { return };
    if matches!(reference.parse::<CommitId>(), Ok(CommitId::Sha1(_))) {
        return;
    }
    report.at(Id::YARN003, place, || {
        Trouble::new(format!("the tarball is of {}, which can move", quoted(&reference)))
            .expected(format!("`git+{repository}#` and the 40 digits of a commit"))
            .found(quoted(url))
            .help("write the repository; dubo-pin refresh fills in the commit")
    });
}

/// `o/r`, `github:o/r`, `gist:id`: neither a URL nor what ssh reads.
fn is_shorthand(range: &str) -> bool {
    let (url, _) = range.split_once('#').unwrap_or((range, ""));
    !url.contains("://") && !url.contains('@')
}

fn is_short(text: &str) -> bool {
    (5..40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}
