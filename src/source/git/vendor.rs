//! A git pin's tree as a file: made from the commit, kept in the store, proved from the lock.
//!
//! For `source`. How the tar is written and proved is `archive`'s and `proof`'s.

use std::io::{Read, Seek as _};

use super::archive::{self, Archive, Options};
use super::keys::Keys;
use super::locked::stored_object;
use super::proof::{self, Expected};
use crate::disk::{Expect, Stored};
use crate::lock::{Artifact, Entry};
use crate::model::Trouble;
use crate::remote::git::CommitObject;
use crate::remote::{Fault as Why, Remote, RemoteError};
use crate::source::resolve::Fault;

/// The most bytes of a tar, unless the pin says otherwise: 2 GiB.
const LIMIT: u64 = 2 << 30;

fn fault(error: &RemoteError) -> Fault {
    Fault::unreachable(error.class(), error.trouble())
}

/// Fetches a commit's tree and puts its tar into the store.
pub(in crate::source) fn tar(
    keys: &Keys,
    commit: &CommitObject,
    refname: Option<&str>,
    limit: Option<u64>,
    remote: &Remote,
    exactly: Option<&Artifact>,
) -> Result<(Stored, Archive), Fault> {
    let local = |e: std::io::Error| fault(&RemoteError::new(Why::Local, "the store", e.to_string()));
    let store = remote.store().map_err(|e| fault(&e))?;
    let mut tree = remote.git().tree(&keys.url, commit, refname).map_err(|e| fault(&e))?;
    let options = Options { omit_submodules: keys.omit_submodules, limit: limit.unwrap_or(LIMIT) };
    let mut file = tempfile::tempfile().map_err(local)?;
    let archive = archive::write(commit, &mut tree, &options, &mut file)
        .map_err(|e| Fault::unreachable(e.class(), e.trouble()))?;
    file.rewind().map_err(local)?;
    let expect = match exactly {
        Some(artifact) => Expect::exactly(artifact.sha256, artifact.size),
        None => Expect::at_most(archive.size),
    };
    let stored = store.put(&mut file, expect).map_err(|e| Fault::unreachable(e.class(), e.to_trouble()))?;
    Ok((stored, archive))
}

/// Puts exactly the locked tar back into the store: from there, from the second store, or made
/// again from the commit.
pub(in crate::source) fn obtain(
    keys: &Keys,
    entry: &Entry,
    artifact: &Artifact,
    remote: &Remote,
) -> Result<Stored, Fault> {
    let downloads = remote.downloads().map_err(|e| fault(&e))?;
    if let Some(stored) = downloads.by_hash(&artifact.sha256, artifact.size) {
        return Ok(stored);
    }
    let commit = stored_object(entry)
        .ok_or_else(|| Fault::usage(Trouble::new("the lock's commit object is not that of its commit")))?;
    tar(keys, &commit, entry.proof("ref"), Some(artifact.size), remote, Some(artifact)).map(|(stored, _)| stored)
}

/// Proves that a vendored file is the tree of the locked commit.
pub(in crate::source) fn prove(entry: &Entry, file: &mut dyn Read) -> Result<(), Trouble> {
    let expected = Expected::of(entry).map_err(|e| e.trouble())?;
    proof::prove(file, &expected).map_err(|e| e.trouble())
}
