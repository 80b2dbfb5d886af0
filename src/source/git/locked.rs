//! What the lock's entry of a git pin says.
//!
//! For all that judge one: `resolve`, `offline`, `proof`, `vendor`. Pure.

use base64::Engine as _;

use crate::lock::Entry;
use crate::model::CommitId;
use crate::remote::git::CommitObject;

/// The commit object that an entry stores, if it is that of the entry's commit.
pub(in crate::source) fn stored_object(entry: &Entry) -> Option<CommitObject> {
    let raw = match (entry.proof("commit-object"), entry.proof("commit-object-base64")) {
        (Some(text), None) => text.as_bytes().to_vec(),
        (None, Some(code)) => base64::engine::general_purpose::STANDARD.decode(code).ok()?,
        _ => return None,
    };
    CommitObject::parse(commit_of(entry)?, &raw).ok()
}

/// The locked commit.
pub(in crate::source) fn commit_of(entry: &Entry) -> Option<CommitId> {
    entry.value("commit")?.as_str().parse().ok()
}
