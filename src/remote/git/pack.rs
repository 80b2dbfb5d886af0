//! Objects out of a fetched pack.
//!
//! For the git client. The ids in the pack's index were computed from the bytes, not sent.

use gix::odb::pack::{Bundle, cache};
use gix::zlib::Inflate;

use super::ids::to_gix;
use super::object::CommitObject;
use crate::model::CommitId;
use crate::remote::error::{Fault, ObjectKind, RemoteError, flat};

pub(super) fn kind_of(kind: gix::objs::Kind) -> ObjectKind {
    match kind {
        gix::objs::Kind::Commit => ObjectKind::Commit,
        gix::objs::Kind::Tree => ObjectKind::Tree,
        gix::objs::Kind::Blob => ObjectKind::Blob,
        gix::objs::Kind::Tag => ObjectKind::Tag,
    }
}

/// An object's kind and bytes, if the pack holds it.
fn object(bundle: &Bundle, id: &CommitId, host: &str) -> Result<Option<(ObjectKind, Vec<u8>)>, RemoteError> {
    let mut bytes = Vec::new();
    let found = bundle
        .find(&to_gix(id), &mut bytes, &mut Inflate::default(), &mut cache::Never)
        .map_err(|e| RemoteError::new(Fault::Broken, host, flat(&e)))?
        .map(|(data, _)| kind_of(data.kind));
    Ok(found.map(|kind| (kind, bytes)))
}

/// The commit of an id, proved; `None` if the pack does not hold it.
pub(super) fn commit(bundle: &Bundle, id: &CommitId, host: &str) -> Result<Option<CommitObject>, RemoteError> {
    match object(bundle, id, host)? {
        None => Ok(None),
        Some((ObjectKind::Commit, raw)) => prove(*id, &raw, host).map(Some),
        Some((kind, _)) => Err(RemoteError::new(Fault::NotACommit(kind), host, format!("the object {id}"))),
    }
}

/// Bytes that must be the commit of an id.
pub(super) fn prove(id: CommitId, raw: &[u8], host: &str) -> Result<CommitObject, RemoteError> {
    use super::object::ObjectError::Malformed;
    CommitObject::parse(id, raw).map_err(|e| {
        let fault = if matches!(e, Malformed { .. }) { Fault::Broken } else { Fault::Forged };
        RemoteError::new(fault, host, e.detail())
    })
}
