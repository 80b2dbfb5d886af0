//! What can be proved of a locked deb pin without network and without its bytes.
//!
//! For `verify`: each package has one version and one file on each platform, each file is called as
//! its package is and lies in an archive of the manifest at its locked snapshot, and the vendored
//! archive is whole and says what is locked. Not here: the bytes (`check::vendored`), and where the
//! versions stand (`check::implied`).
//!
//! | file | what it is for |
//! |---|---|
//! | `files` | the locked files: one of each package, its name, its URL |
//! | `archive` | an archive's own entry: snapshot and evidence |
//! | `made` | the made files of a vendored archive against the lock |

mod archive;
mod files;
mod made;

use std::collections::{BTreeMap, BTreeSet};

use super::along::{self, companions};
use super::choose::{architecture, key_of};
use super::keys::{Closure, Keys, Operands};
use super::pool::install_list;
use super::version::Version;
use crate::lock::{Artifact, Entry, Value};
use crate::model::{Id, Platform, Token, Trouble, quoted};
use crate::source::Offline;

pub(in crate::source) use made::prove;

type Fault = (Id, &'static str, Trouble);

/// All faults of an entry, each with the field that it concerns. Of an archive that it does not hold, whichever snapshot goes, since that is found elsewhere.
pub(in crate::source) fn check(keys: &Keys, entry: &Entry, given: &Offline<'_>) -> Vec<Fault> {
    let Offline { platforms, archives, locked, .. } = *given;
    let mut faults = Vec::new();
    if let Some(trouble) = along::stale(keys, entry, given) {
        faults.push((Id::APT007, "evidence", trouble));
    }
    let along = companions(entry);
    if keys.closure == Closure::None && !along.is_empty() {
        let trouble = Trouble::new("the lock has packages that came along, which the pin does not ask for");
        faults.push((Id::APT013, "evidence", trouble.expected("closure = \"full\"")));
    }
    faults.extend(files::along(&along, entry, platforms));
    faults.extend(asked(keys, entry));
    faults.extend(keys.archives.iter().filter(|name| !archives.contains_key(*name)).map(|name| {
        let trouble = Trouble::new(format!("no archive is called {}", quoted(name.as_str())));
        (Id::APT013, "request", trouble.expected("the name of an archive in pins.toml"))
    }));
    let mut debs: BTreeMap<&str, Vec<&Artifact>> = BTreeMap::new();
    for deb in entry.artifacts.iter().filter(|a| a.url.is_some()) {
        debs.entry(deb.package.as_ref().map(Token::as_str).unwrap_or_default()).or_default().push(deb);
    }
    for (key, value) in &entry.values {
        let of = debs.get(key.as_str().split(':').next().unwrap_or_default()).map(Vec::as_slice).unwrap_or_default();
        faults.extend(told_apart(key.as_str(), value, platforms));
        faults.extend(platforms.iter().filter_map(|platform| files::one(key.as_str(), entry, platform, of)));
    }
    let drawn = files::drawn(&keys.archives, archives, locked);
    for (package, of) in debs {
        faults.extend(files::sorts(package, &of));
        faults.extend(of.into_iter().flat_map(|deb| files::file(deb, entry, platforms, &drawn)));
    }
    faults.extend(whole(entry, platforms));
    faults
}

/// The locked packages are those of the list, at versions that it allows.
fn asked(keys: &Keys, entry: &Entry) -> Vec<Fault> {
    let Operands::List(list) = &keys.operands else { return Vec::new() };
    let wanted: BTreeSet<String> = list.iter().map(key_of).collect();
    let locked: BTreeSet<String> = entry.values.keys().map(ToString::to_string).collect();
    let said = |all: &BTreeSet<String>| all.iter().map(|k| quoted(k)).collect::<Vec<_>>().join(", ");
    let mut faults = Vec::new();
    if wanted != locked {
        let trouble = Trouble::new("the locked packages are not those that pins.toml names");
        faults.push((Id::APT013, "values", trouble.expected(said(&wanted)).found(said(&locked))));
    }
    for operand in list {
        let (Some(pattern), key) = (operand.version(), key_of(operand)) else { continue };
        let value = entry.values.iter().find(|(k, _)| k.as_str() == key).map(|(_, value)| value);
        let versions: Vec<&Token> = match value {
            Some(Value::One(version)) => vec![version],
            Some(Value::Each(each)) => each.values().collect(),
            None => Vec::new(),
        };
        let fits = |v: &&&Token| v.as_str().parse::<Version>().is_ok_and(|v| v.fits(pattern));
        if let Some(version) = versions.iter().find(|v| !fits(v)) {
            let trouble =
                Trouble::new(format!("the locked version of {} is not one that pins.toml allows", quoted(&key)));
            faults.push((Id::APT013, "values", trouble.expected(pattern).found(version.as_str())));
        }
    }
    faults
}

/// A version for each platform: for those of the pin alone, and not where one would do.
fn told_apart(key: &str, value: &Value, platforms: &[Platform]) -> Vec<Fault> {
    let Value::Each(each) = value else { return Vec::new() };
    let mut faults = Vec::new();
    for stranger in each.keys().filter(|p| !platforms.contains(p)) {
        let message =
            format!("the lock has a version of {} for {stranger}, which is no platform of the pin", quoted(key));
        faults.push((Id::APT013, "values", Trouble::new(message)));
    }
    let mut versions = each.values();
    if let Some(first) = versions.next()
        && versions.all(|version| version == first)
    {
        let message = format!("the versions of {} are told apart although they are the same", quoted(key));
        let trouble = Trouble::new(message).expected(quoted(first.as_str())).found("one for each platform");
        faults.push((Id::APT013, "values", trouble));
    }
    faults
}

/// A vendored archive has its index, its Release and an install list for each architecture, once.
fn whole(entry: &Entry, platforms: &[Platform]) -> Option<Fault> {
    let is_vendored = entry.artifacts.iter().any(|a| a.path.is_some());
    let made: Vec<&str> = entry
        .artifacts
        .iter()
        .filter(|a| a.url.is_none())
        .map(|a| a.path.as_ref().map_or("", |p| p.as_str().rsplit('/').next().unwrap_or_default()))
        .collect();
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    if is_vendored {
        wanted.extend(["Packages".to_owned(), "Release".to_owned()]);
        wanted.extend(platforms.iter().filter_map(architecture).map(install_list));
    }
    let found: BTreeSet<String> = made.iter().map(ToString::to_string).collect();
    if found == wanted && made.len() == wanted.len() {
        return None;
    }
    let said = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>().join(", ");
    let trouble = Trouble::new("the vendored archive is not whole").expected(said(&wanted)).found(said(&found));
    Some((Id::APT013, "artifacts", trouble))
}

#[cfg(test)]
mod tests;
