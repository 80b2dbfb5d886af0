//! Which packages of a folder come from git, and what each of them follows.
//!
//! For `folder`. What is followed is said by `packages` of pins.toml; else, where package.json has
//! the commit that is locked, by the lock, which keeps what package.json said before; else by
//! package.json itself.

use std::collections::BTreeMap;

use super::super::folder::Folder;
use super::super::keys::Keys;
use super::super::lockfile::Format;
use super::super::manifest::{Dependency, Package, Section};
use super::super::spec::{self, GitSpec, Reference, Spec};
use super::super::{follow, package};
use super::parts::Part;
use crate::lock::Entry;
use crate::model::{CommitId, Trouble, quoted};
use crate::remote::Remote;
use crate::remote::git::Ask;
use crate::source::git::{self, Follow};
use crate::source::resolve::{Fault, Want};

/// A git dependency of package.json, wherever it is named.
#[derive(Clone, Debug)]
pub(super) struct Direct {
    pub(super) name: String,
    pub(super) spec: GitSpec,
    pub(super) part: Part,
}

/// The git dependencies of all manifests of a folder, by name.
pub(super) fn direct(keys: &Keys, folder: &Folder, want: &Want<'_>, remote: &Remote) -> Result<Vec<Direct>, Fault> {
    let mut all: BTreeMap<String, Direct> = BTreeMap::new();
    let manifests = std::iter::once(&folder.package).chain(folder.workspaces.iter().map(|(_, package)| package));
    for dependency in manifests.flat_map(dependencies) {
        let usage = |e: spec::SpecError| Fault::usage(e.to_trouble().at_or(&dependency.place));
        let Spec::Git(spec) = Spec::parse(&folder.lock.format, &dependency.range).map_err(usage)? else { continue };
        if let Some(first) = all.get(&dependency.name) {
            if first.spec.url == spec.url && first.spec.reference == spec.reference {
                continue;
            }
            let place = &first.part.place;
            let trouble = Trouble::new(format!("{} is wanted in two ways", quoted(&dependency.name)))
                .at(dependency.place.clone())
                .expected(format!("as in {}:{}", place.file, place.line))
                .found(quoted(&dependency.range));
            return Err(Fault::usage(trouble.help("write the same in all workspaces")));
        }
        let direct = one(keys, folder, dependency, spec, want, remote)?;
        all.insert(dependency.name.clone(), direct);
    }
    vet(keys, &all)?;
    Ok(all.into_values().collect())
}

/// What yarn installs of a manifest.
pub(super) fn dependencies(package: &Package) -> impl Iterator<Item = &Dependency> {
    package.dependencies.iter().filter(|d| d.section != Section::Peer)
}

/// Each package that pins.toml names is there.
fn vet(keys: &Keys, all: &BTreeMap<String, Direct>) -> Result<(), Fault> {
    let Some(name) = keys.packages.keys().find(|name| !all.contains_key(name.as_str())) else { return Ok(()) };
    let known: Vec<&str> = all.keys().map(String::as_str).collect();
    let trouble =
        Trouble::new(format!("`packages` names {}, which package.json does not take from git", quoted(name.as_str())));
    Err(Fault::usage(trouble.expected(if known.is_empty() { "no package".to_owned() } else { known.join(", ") })))
}

fn one(
    keys: &Keys,
    folder: &Folder,
    dependency: &Dependency,
    spec: GitSpec,
    want: &Want<'_>,
    remote: &Remote,
) -> Result<Direct, Fault> {
    let name = dependency.name.clone();
    let repository = spec.url.to_string();
    let old = want
        .old
        .filter(|old| package::proof(old, "repository", &name) == Some(repository.as_str()))
        .and_then(|old| package::one(old, &name));
    let follow = match keys.packages.iter().find(|(key, _)| key.as_str() == name) {
        Some((_, rule)) => rule.clone(),
        None => said(&folder.lock.format, &spec, before(old.as_ref(), want, &name), remote).map_err(|mut fault| {
            fault.trouble.place.get_or_insert_with(|| dependency.place.clone());
            fault
        })?,
    };
    let bears = bears(folder, dependency, &spec);
    let keys = git::Keys { url: spec.url.clone(), follow, omit_submodules: false };
    let part = Part { key: name.clone(), keys, old, bears, place: dependency.place.clone() };
    Ok(Direct { name, spec, part })
}

/// What is known of a package from before.
#[derive(Clone, Copy)]
pub(super) enum Before<'a> {
    /// Its entry.
    Locked(&'a Entry),
    /// Both sides of a merge followed this, and moved it.
    Merged(&'a str),
    Nothing,
}

/// What is known of a package from before.
pub(super) fn before<'a>(old: Option<&'a Entry>, want: &Want<'a>, key: &str) -> Before<'a> {
    match (old, want.agreed.and_then(|agreed| package::said(agreed, "follow", key))) {
        (Some(old), _) => Before::Locked(old),
        (None, Some(line)) => Before::Merged(line),
        (None, None) => Before::Nothing,
    }
}

/// What package.json says, or said before the commit was written there.
pub(super) fn said(format: &Format, spec: &GitSpec, before: Before<'_>, remote: &Remote) -> Result<Follow, Fault> {
    let line = |commit: &CommitId| match before {
        Before::Locked(old) => {
            let same = old.value("commit").is_some_and(|c| c.as_str() == commit.to_string());
            old.proof("follow").filter(|_| same)
        }
        Before::Merged(line) => Some(line),
        Before::Nothing => None,
    };
    if let Reference::Commit(commit) = &spec.reference
        && let Some(line) = line(commit)
    {
        let help = "say in pins.toml what it follows: `packages`";
        return follow::parse(line, *commit).map_err(|t| Fault::usage(t.help(help)));
    }
    match follow::of_reference(&spec.reference) {
        Some(known) => known.map_err(Fault::usage),
        None => named(format, spec, remote),
    }
}

/// A bare name: a tag, else a branch, else, for yarn 1, a range of versions (measured with yarn 1.22
/// and 4.18).
fn named(format: &Format, spec: &GitSpec, remote: &Remote) -> Result<Follow, Fault> {
    let Reference::Name(name) = &spec.reference else { return Ok(Follow::Head) };
    let fault = |e: crate::remote::RemoteError| Fault::unreachable(e.class(), e.trouble());
    let listing = remote.git().refs(&spec.url, Ask::All).map_err(fault)?;
    let has = |prefix: &str| listing.refs.contains_key(&format!("{prefix}{name}"));
    let parsed = || name.parse().map_err(|e: git::RefNameError| Fault::usage(Trouble::new(e.to_string())));
    if has("refs/tags/") {
        return parsed().map(Follow::Tag);
    }
    if has("refs/heads/") {
        return parsed().map(Follow::Branch);
    }
    if *format == Format::V1
        && let Ok(range) = follow::npm(name)
    {
        return Ok(range);
    }
    let hex = name.len() < 40 && name.bytes().all(|b| b.is_ascii_hexdigit());
    let trouble = Trouble::new(format!("{} has neither a tag nor a branch {}", spec.url, quoted(name)));
    Err(Fault::usage(if hex {
        trouble
            .expected("a tag, a branch, or all 40 digits of a commit")
            .help("a short commit id can come to mean another commit: write the full one, which `git rev-parse` gives")
    } else {
        trouble.help(format!("look at `git ls-remote {}` for what is there", spec.url))
    }))
}

/// The commit that yarn.lock has for a dependency, if it is of the same repository.
fn bears(folder: &Folder, dependency: &Dependency, spec: &GitSpec) -> Option<CommitId> {
    let key = format!("{}@{}", dependency.name, dependency.range);
    let entry = folder.lock.entries.iter().find(|entry| entry.keys.contains(&key))?;
    let (url, commit) = spec::git_of(&folder.lock.format, entry)?.ok()?;
    (url == spec.url).then_some(commit)
}
