//! What `verify` asks of a yarn pin: its entry, the files of its folder, the vendored ones.
//!
//! For `source`. Reads the folder, and hands it to `check` and `vendored`, which judge it.

use super::folder::Folder;
use super::keys::{Keys, What};
use super::{check, follow, package, vendored};
use crate::disk::Root;
use crate::lock::{Artifact, Entry};
use crate::model::{GitUrl, Id, Place, Platform, RelPath, Severity, Trouble, quoted};
use crate::source::git;

/// How many vendored files are proved at once.
const AT_ONCE: usize = 4;

/// What is wrong with an entry of `yarn add` lines; an entry of a folder is held against that.
pub(in crate::source) fn entry(keys: &Keys, entry: &Entry) -> Vec<(Id, &'static str, Trouble)> {
    if keys.what != What::Dockerfile {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for key in entry.values.keys().map(crate::model::Token::as_str) {
        let bad = |field: &'static str, what: &str| {
            (Id::YARN017, field, Trouble::new(format!("the locked package {} has {what}", quoted(key))))
        };
        let (Some(one), Some(commit)) = (package::one(entry, key), package::commit_of(entry, key)) else {
            faults.push(bad("values", "no full commit"));
            continue;
        };
        let url = package::proof(entry, "repository", key).and_then(|url| url.parse::<GitUrl>().ok());
        let said = package::proof(entry, "follow", key);
        let rule = keys.packages.iter().find(|(name, _)| name.as_str() == key).map(|(_, rule)| rule);
        let follow = match rule {
            Some(rule) if said == Some(&*follow::text(rule)) => Some(rule.clone()),
            Some(_) => None,
            None => said.and_then(|line| follow::parse(line, commit).ok()),
        };
        match (url, follow) {
            (Some(url), Some(follow)) => {
                let own = git::Keys { url, follow, omit_submodules: false };
                let named = |mut trouble: Trouble| {
                    trouble.message = format!("{}: {}", quoted(key), trouble.message);
                    trouble
                };
                faults.extend(git::check(&own, &one).into_iter().map(|(id, _, t)| (id, "evidence", named(t))));
            }
            (None, _) => faults.push(bad("evidence", "no repository")),
            (_, None) => faults.push(bad("evidence", "no rule that pins.toml allows: `follow`")),
        }
    }
    for word in package::PROOFS {
        if let Some(crate::lock::Evidence::Each(each)) = entry.evidence.get(word) {
            for key in each.keys().filter(|key| entry.value(key).is_none()) {
                let trouble = Trouble::new(format!("the evidence `{word}` is of {}, which is not locked", quoted(key)));
                faults.push((Id::YARN017, "evidence", trouble));
            }
        }
    }
    faults
}

/// What is found in the folder of a pin, against its entry.
pub(in crate::source) fn files(
    keys: &Keys,
    platforms: &[Platform],
    vendor: Option<&RelPath>,
    entry: &Entry,
    root: &Root,
) -> Vec<(Id, Severity, Trouble)> {
    let What::Folder(path) = &keys.what else { return Vec::new() };
    match Folder::read(root, path.as_ref()) {
        Ok(folder) => check::check(keys, platforms, vendor, entry, &folder, root),
        Err(faults) => faults.into_iter().map(|(id, trouble)| (id, Severity::Error, trouble)).collect(),
    }
}

/// Vendored files that are not what yarn.lock and their commits mean, although each has the bytes of
/// the lock.
pub(in crate::source) fn vendored(keys: &Keys, entry: &Entry, root: &Root) -> Vec<(Id, Trouble)> {
    let What::Folder(path) = &keys.what else { return Vec::new() };
    // What cannot be read is told for the folder.
    let Ok(folder) = Folder::read(root, path.as_ref()) else { return Vec::new() };
    let proofs = match vendored::Proofs::of(&folder.lock, &folder.lock_file) {
        Ok(proofs) => proofs,
        Err(_) => return Vec::new(),
    };
    let placed: Vec<(&Artifact, &RelPath)> =
        entry.artifacts.iter().filter_map(|artifact| Some((artifact, artifact.path.as_ref()?))).collect();
    let one = |(artifact, path): &(&Artifact, &RelPath)| {
        if crate::source::is_elsewhere(root, artifact, path) {
            return None;
        }
        let proved = match root.open_file(path) {
            Ok(Some(mut file)) => proofs.prove(entry, artifact, &mut file),
            Ok(None) => Err(Trouble::new(format!("{path} cannot be read: there is no file"))),
            Err(error) => Err(error.to_trouble()),
        };
        proved.err().map(|trouble| (Id::YARN013, trouble.at(Place::file(path.as_str()))))
    };
    crate::remote::each(&placed, AT_ONCE, one).into_iter().flatten().collect()
}
