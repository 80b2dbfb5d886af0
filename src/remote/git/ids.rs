//! Object ids as gix has them, and as this program does.
//!
//! For the git client alone.

use crate::model::CommitId;

pub(super) fn to_gix(id: &CommitId) -> gix::ObjectId {
    match id {
        CommitId::Sha1(bytes) => gix::ObjectId::Sha1(*bytes),
        CommitId::Sha256(bytes) => gix::ObjectId::Sha256(*bytes),
    }
}

pub(super) fn of_gix(id: &gix::oid) -> Option<CommitId> {
    CommitId::from_bytes(id.as_bytes())
}
