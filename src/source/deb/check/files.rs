//! The locked files of a pin: one of each package on each platform, named after it, from an archive
//! of the pin at its locked snapshot.
//!
//! For `check`. Pools of Debian's name a file `name_version_architecture.deb` (dak, and every tool
//! that it comes from), so there another name is none. Others name their files as they like, such as
//! `name-version-amd64.deb`: then the artifact's package and version stand for the file, and where it
//! is vendored, the index beside it, which is compared with them. A name of three parts is held to
//! them everywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::super::along::companions;
use super::super::archive::{Keyring, Repository};
use super::super::choose::architecture;
use super::super::effective::Effective;
use super::super::vendored::base_name;
use super::Fault;
use crate::lock::{Artifact, Entry};
use crate::model::{Id, PinName, Platform, Time, Token, Trouble, quoted};

/// An archive that the pin draws from, and the snapshot that is locked of it.
pub(super) type Drawn<'a> = (&'a Effective, Option<Time>);

/// The archives that the pin draws from, and what is locked of them.
pub(super) fn drawn<'a>(
    named: &[PinName],
    archives: &'a BTreeMap<PinName, Effective>,
    locked: &BTreeMap<PinName, Entry>,
) -> Vec<Drawn<'a>> {
    let all = archives.iter().filter(|(name, _)| named.is_empty() || named.contains(name));
    all.map(|(name, archive)| (archive, locked.get(name).and_then(super::archive::snapshot))).collect()
}

/// A key's package, and the architecture that it is for on a platform.
pub(super) fn split<'a>(key: &'a str, platform: &Platform) -> (&'a str, &'a str) {
    let (name, own) = key.split_once(':').map_or((key, None), |(n, a)| (n, Some(a)));
    (name, own.filter(|a| !matches!(*a, "any" | "native")).or_else(|| architecture(platform)).unwrap_or_default())
}

/// `name_version_architecture` of a pool's file name (Debian policy 5.6.12 for the version; pools drop
/// the epoch); `None` for names of another form.
pub(super) fn of_name(url: &str) -> Option<(String, String, String)> {
    let base = base_name(url);
    let mut parts = base.strip_suffix(".deb")?.split('_');
    let (name, version, architecture) = (parts.next()?, parts.next()?, parts.next()?);
    parts.next().is_none().then(|| (name.to_owned(), version.to_owned(), architecture.to_owned()))
}

/// The architectures that a locked file may be of: the one that its name says, or else all that its
/// platforms and the keys of its package allow.
pub(super) fn architectures(entry: &Entry, deb: &Artifact) -> BTreeSet<String> {
    if let Some((_, _, architecture)) = deb.url.as_deref().and_then(of_name) {
        return BTreeSet::from([architecture]);
    }
    let package = deb.package.as_ref().map(Token::as_str);
    let keys = entry.values.keys().filter_map(|k| k.as_str().split_once(':'));
    let mut all: BTreeSet<String> =
        keys.filter(|(name, _)| Some(*name) == package).map(|(_, of)| of.to_owned()).collect();
    all.extend(deb.platforms.iter().filter_map(architecture).map(str::to_owned));
    all.insert("all".to_owned());
    all
}

/// A package on a platform: one version, and the one file of it among those of its name.
pub(super) fn one(key: &str, entry: &Entry, platform: &Platform, debs: &[&Artifact]) -> Option<Fault> {
    let (_, own) = split(key, platform);
    let Some(version) = entry.value_on(key, Some(platform)) else {
        let trouble = Trouble::new(format!("the lock has no version of {} for {platform}", quoted(key)));
        return Some((Id::APT013, "values", trouble.help("dubo-pin refresh")));
    };
    let is = |a: &&&Artifact| {
        a.platforms.contains(platform)
            && a.url.as_deref().and_then(of_name).is_none_or(|(_, _, of)| of == own || of == "all")
    };
    let files: Vec<&&Artifact> = debs.iter().filter(is).collect();
    let right = matches!(files.as_slice(), [file] if file.version.as_ref() == Some(version));
    if right {
        return None;
    }
    let found: Vec<String> = files
        .iter()
        .map(|f| f.version.as_ref().map_or_else(|| "a file without version".to_owned(), ToString::to_string))
        .collect();
    let trouble = Trouble::new(format!("the lock does not have one file of {} for {platform}", quoted(key)))
        .expected(format!("one file of version {version}"))
        .found(if found.is_empty() { "none".to_owned() } else { found.join(", ") });
    Some((Id::APT013, "artifacts", trouble))
}

/// What came along has one file on each platform that takes it, and is needed by something that the
/// entry has.
pub(super) fn along(all: &BTreeMap<&str, &str>, entry: &Entry, platforms: &[Platform]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let has = |name: &str| {
        let named = |deb: &&Artifact| deb.url.is_some() && deb.package.as_ref().is_some_and(|p| p.as_str() == name);
        entry.artifacts.iter().any(|deb| named(&deb))
    };
    for (key, by) in all {
        let name = key.split(':').next().unwrap_or_default();
        let fault = |message: String| (Id::APT013, "evidence", Trouble::new(message));
        if entry.values.keys().any(|k| k.as_str() == *key) {
            faults
                .push(fault(format!("the lock says of {} that it was asked for, and that it came along", quoted(key))));
        }
        if !has(name) {
            faults.push(fault(format!("the lock has no file of {}, which came along", quoted(key))));
        }
        if !has(by.split(':').next().unwrap_or_default()) {
            faults.push(fault(format!(
                "{} came along with {}, of which the lock has no file",
                quoted(key),
                quoted(by)
            )));
        }
        let mut per: BTreeMap<(&Platform, String), usize> = BTreeMap::new();
        for deb in entry.artifacts.iter().filter(|d| d.package.as_ref().is_some_and(|p| p.as_str() == name)) {
            let sort = of_name(deb.url.as_deref().unwrap_or_default()).map(|(_, _, a)| a).unwrap_or_default();
            for platform in deb.platforms.iter().filter(|p| platforms.contains(p)) {
                *per.entry((platform, sort.clone())).or_default() += 1;
            }
        }
        if let Some(((platform, _), _)) = per.into_iter().find(|(_, count)| *count > 1) {
            faults.push(fault(format!("the lock has two files of {} for {platform}", quoted(key))));
        }
    }
    faults
}

/// A version is for all architectures, in one file, or has a file of each: never both.
pub(super) fn sorts(package: &str, debs: &[&Artifact]) -> Vec<Fault> {
    let mut versions: BTreeMap<&Option<Token>, Vec<String>> = BTreeMap::new();
    for deb in debs {
        versions.entry(&deb.version).or_default().push(base_name(deb.url.as_deref().unwrap_or_default()));
    }
    let mixed = versions.into_values().filter(|names| names.len() > 1 && names.iter().any(|n| n.ends_with("_all.deb")));
    let fault = |names: Vec<String>| {
        let trouble = Trouble::new(format!("one version of {} has files of different sorts", quoted(package)));
        let trouble = trouble.expected("one file for all architectures, or a file of each");
        (Id::APT013, "artifacts", trouble.found(names.iter().map(|n| quoted(n)).collect::<Vec<_>>().join(", ")))
    };
    mixed.map(fault).collect()
}

/// A locked file: named after its package, from an archive of the pin, for platforms of the pin.
pub(super) fn file(deb: &Artifact, entry: &Entry, platforms: &[Platform], drawn: &[Drawn<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let url = deb.url.as_deref().unwrap_or_default();
    let package = deb.package.as_ref().map(Token::as_str).unwrap_or_default();
    let mut fault = |trouble: Trouble| faults.push((Id::APT013, "artifacts", trouble));
    let holding: Vec<(&Repository, Option<Time>, Option<Time>)> = drawn
        .iter()
        .flat_map(|(archive, locked)| archive.repositories.iter().map(move |r| (r, *locked)))
        .filter_map(|(repository, locked)| Some((repository, repository.moment_of(url)?, locked)))
        .collect();
    let moved =
        |(_, at, locked): &(_, Option<Time>, Option<Time>)| matches!((at, locked), (Some(a), Some(l)) if a != l);
    if holding.is_empty() {
        let names: Vec<&str> = drawn.iter().map(|(a, _)| a.name.as_str()).collect();
        let trouble = Trouble::new(format!("the URL of {} is in no archive of the pin", quoted(package)));
        fault(trouble.expected(format!("a file of {}", names.join(", "))).found(quoted(url)));
    } else if holding.iter().all(moved) {
        let locked: BTreeSet<String> = holding.iter().filter_map(|(_, _, l)| l.map(Time::stamp)).collect();
        let trouble = Trouble::new(format!("the URL of {} is not at the snapshot that is locked", quoted(package)));
        fault(trouble.expected(locked.into_iter().collect::<Vec<_>>().join(", ")).found(quoted(url)));
    }
    if let Some(trouble) = misnamed(deb, entry, holding.iter().any(|(r, _, _)| !names_as_debian(r))) {
        fault(trouble);
    }
    let named = entry.values.keys().any(|k| k.as_str().split(':').next() == Some(package))
        || companions(entry).keys().any(|k| k.split(':').next() == Some(package));
    if !named {
        fault(Trouble::new(format!("the lock has a file of {}, which is no package of the pin", quoted(package))));
    }
    if deb.platforms.is_empty() {
        fault(Trouble::new(format!("the lock has a file of {} for no platform", quoted(package))));
    }
    if let Some(stranger) = deb.platforms.iter().find(|p| !platforms.contains(p)) {
        fault(Trouble::new(format!(
            "the lock has a file of {} for {stranger}, which is no platform of the pin",
            quoted(package)
        )));
    }
    let base = deb.path.as_ref().map(|p| p.as_str().rsplit('/').next().unwrap_or_default().to_owned());
    if base.as_deref().is_some_and(|base| base != base_name(url)) {
        let trouble = Trouble::new(format!("the vendored file of {} is not called as in the archive", quoted(package)));
        fault(trouble.expected(base_name(url)).found(base.unwrap_or_default()));
    }
    faults
}

/// Whether all files of an archive are named as Debian's are: it has snapshots, or Debian's keys alone.
fn names_as_debian(repository: &Repository) -> bool {
    let others = |key: &Keyring| matches!(key, Keyring::Path(_) | Keyring::Embedded(_));
    repository.snapshot.is_some() || !repository.signed_by.iter().any(others)
}

/// What is wrong with the name of a file, which may be of another form if it is of `others`.
fn misnamed(deb: &Artifact, entry: &Entry, others: bool) -> Option<Trouble> {
    let url = deb.url.as_deref().unwrap_or_default();
    let package = deb.package.as_ref().map(Token::as_str).unwrap_or_default();
    let version = deb.version.as_ref().map(Token::as_str).unwrap_or_default();
    let Some((named, said, own)) = of_name(url) else {
        let trouble = Trouble::new(format!("the file of {} is not named as Debian names packages", quoted(package)));
        let trouble = trouble.expected("name_version_architecture.deb").found(quoted(&base_name(url)));
        return (!others).then_some(trouble);
    };
    let without_epoch = version.split_once(':').map_or(version, |(_, rest)| rest);
    let foreign = entry.values.keys().any(|k| k.as_str().split_once(':') == Some((package, own.as_str())));
    let takes = |platform: &Platform| own == "all" || foreign || architecture(platform) == Some(own.as_str());
    if named == package && said == without_epoch && deb.platforms.iter().all(takes) {
        return None;
    }
    let on: Vec<&str> = deb.platforms.iter().map(Platform::as_str).collect();
    let trouble = Trouble::new("the locked file is named after another package than the lock says");
    Some(trouble.expected(format!("{package} {version} for {}", on.join(", "))).found(quoted(&base_name(url))))
}
