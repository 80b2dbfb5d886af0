//! Whether a tag that was moved has the content that was locked.
//!
//! For `choose`. It is proved by the tree's id in git's SHA-256 object format, which is locked of
//! what is vendored, and of packages of a yarn folder; of a repository in that format by the tree's
//! own id. The same SHA-1 id alone proves nothing: then the tag's move is an alarm as any other.

use std::io;

use super::archive::{self, Options};
use super::choose::Asking;
use super::locked::stored_object;
use crate::lock::Entry;
use crate::model::CommitId;

/// The most bytes that are read to prove a tree, unless the pin says otherwise: 2 GiB.
const LIMIT: u64 = 2 << 30;

/// How the trees of two commits stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Same {
    /// The same, proved by this id.
    Proved(CommitId),
    /// Both have the same SHA-1 id, and no other is known of the locked one.
    Sha1,
    /// Not the same, or not proved to be.
    No,
}

/// Compares the locked tree with that of another commit, which is fetched for it. What cannot be
/// fetched proves nothing.
pub(super) fn tree(asking: &Asking<'_>, old: &Entry, refname: &str, is: &CommitId) -> Same {
    let keys = asking.keys;
    let Some(locked) = stored_object(old) else { return Same::No };
    let Ok(object) = asking.git.commit(&keys.url, is, Some(refname)) else { return Same::No };
    if object.tree != locked.tree {
        return Same::No;
    }
    if let CommitId::Sha256(_) = object.tree {
        return Same::Proved(object.tree);
    }
    // Of submodules only SHA-1 ids are known.
    let sha256 = old.proof("tree-sha256").and_then(|text| text.parse::<CommitId>().ok());
    let Some(sha256) = sha256.filter(|_| !old.evidence.contains_key("gitlinks")) else { return Same::Sha1 };
    let Ok(mut objects) = asking.git.tree(&keys.url, &object, Some(refname)) else { return Same::No };
    let limit = asking.want.size_limit.unwrap_or(LIMIT);
    let options = Options { omit_submodules: keys.omit_submodules, limit };
    match archive::write(&object, &mut objects, &options, &mut io::sink()) {
        Ok(found) if found.tree_sha256 == sha256 && found.gitlinks.is_empty() => Same::Proved(sha256),
        _ => Same::No,
    }
}
