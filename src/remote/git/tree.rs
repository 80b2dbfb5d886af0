//! The objects of one commit's tree, out of a fetched pack or a local repository.
//!
//! For `source::git`, which writes them as a tar. It gives bytes by their id; what they mean, and
//! whether their names are safe, is not its matter.

use std::collections::HashMap;

use gix::odb::pack::Bundle;
use gix::odb::pack::cache::DecodeEntry;
use gix::validate::path::component;
use gix::zlib::Inflate;

use super::ids::to_gix;
use super::local::Local;
use super::object::ObjectError;
use super::pack::kind_of;
use crate::model::CommitId;
use crate::remote::error::{Fault, ObjectKind, RemoteError, flat};

/// Objects by their ids.
pub trait Objects {
    /// An object's kind and its bytes as git hashes them, without the head; `None` if it is not there.
    ///
    /// # Errors
    /// The store is broken, or the object larger than is taken.
    fn find(&mut self, id: &CommitId) -> Result<Option<(ObjectKind, Vec<u8>)>, RemoteError>;
}

/// All trees and blobs of one commit. A fetched pack goes away with it.
pub struct Tree {
    store: Store,
    host: String,
}

enum Store {
    // The pack's files are closed before their folder goes away.
    Pack { bundle: Box<Bundle>, inflate: Box<Inflate>, recent: Recent, _folder: tempfile::TempDir },
    Local(Box<Local>),
}

impl Tree {
    pub(super) fn fetched(folder: tempfile::TempDir, bundle: Bundle, host: &str) -> Self {
        let store = Store::Pack {
            bundle: Box::new(bundle),
            inflate: Box::new(Inflate::default()),
            recent: Recent::default(),
            _folder: folder,
        };
        Self { store, host: host.to_owned() }
    }

    pub(super) fn local(local: Local, host: &str) -> Self {
        Self { store: Store::Local(Box::new(local)), host: host.to_owned() }
    }

    /// The host that gave the objects; a path for `file://`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl Objects for Tree {
    fn find(&mut self, id: &CommitId) -> Result<Option<(ObjectKind, Vec<u8>)>, RemoteError> {
        match &mut self.store {
            Store::Local(local) => local.object(id),
            Store::Pack { bundle, inflate, recent, .. } => {
                let mut bytes = Vec::new();
                let found = bundle
                    .find(&to_gix(id), &mut bytes, inflate, recent)
                    .map_err(|e| RemoteError::new(Fault::Broken, &self.host, flat(&e)))?
                    .map(|(data, _)| kind_of(data.kind));
                Ok(found.map(|kind| (kind, bytes)))
            }
        }
    }
}

/// The most bytes of delta bases that are kept.
const RECENT: usize = 64 << 20;

/// Delta bases that were unpacked not long ago; forgotten all at once when they grow too many.
#[derive(Default)]
struct Recent {
    kept: HashMap<u64, (gix::objs::Kind, usize, Vec<u8>)>,
    bytes: usize,
}

impl DecodeEntry for Recent {
    fn put(&mut self, _pack: u32, offset: u64, data: &[u8], kind: gix::objs::Kind, packed: usize) {
        if data.len() > RECENT / 4 {
            return;
        }
        if self.bytes + data.len() > RECENT {
            self.kept.clear();
            self.bytes = 0;
        }
        self.bytes += data.len();
        if let Some((_, _, old)) = self.kept.insert(offset, (kind, packed, data.to_vec())) {
            self.bytes -= old.len();
        }
    }

    fn get(&mut self, _pack: u32, offset: u64, out: &mut Vec<u8>) -> Option<(gix::objs::Kind, usize)> {
        let (kind, packed, data) = self.kept.get(&offset)?;
        out.clear();
        out.extend_from_slice(data);
        Some((*kind, *packed))
    }
}

/// The id of an object whose bytes come piece by piece, in one of git's two object formats. SHA-1
/// is computed with collision detection.
#[derive(Clone)]
pub struct ObjectHasher {
    hasher: gix::hash::Hasher,
    like: CommitId,
}

impl ObjectHasher {
    /// Begins an object of `size` bytes, in the object format of `like`.
    #[must_use]
    pub fn new(kind: ObjectKind, size: u64, like: &CommitId) -> Self {
        let mut hasher = gix::hash::hasher(match like {
            CommitId::Sha1(_) => gix::hash::Kind::Sha1,
            CommitId::Sha256(_) => gix::hash::Kind::Sha256,
        });
        hasher.update(format!("{kind} {size}\0").as_bytes());
        Self { hasher, like: *like }
    }

    /// The next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    /// The id.
    ///
    /// # Errors
    /// [`ObjectError::Collision`] for bytes made to collide under SHA-1.
    pub fn finish(self) -> Result<CommitId, ObjectError> {
        let id = self.hasher.try_finalize().ok();
        id.and_then(|id| CommitId::from_bytes(id.as_bytes())).ok_or(ObjectError::Collision(self.like))
    }
}

/// Whether a name may stand in a tree by git's own rules for HFS+ and NTFS, which ignore some
/// characters and know short names. `link` says that it is a symlink's.
///
/// # Errors
/// Why not, in words that follow the name.
pub fn tree_name(name: &[u8], link: bool) -> Result<(), &'static str> {
    let rules = component::Options { protect_windows: false, protect_hfs: true, protect_ntfs: true };
    let mode = link.then_some(component::Mode::Symlink);
    gix::validate::path::component(name.into(), mode, rules).map(drop).map_err(|e| match e {
        component::Error::Empty => "it is empty",
        component::Error::Relative => "`.` and `..` are not allowed",
        component::Error::DotGitDir => "it names a git folder",
        component::Error::SymlinkedGitModules => "`.gitmodules` may not be a symlink",
        _ => "it is no name of a file",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_by_pieces_is_that_of_git() {
        let zero = CommitId::Sha1([0; 20]);
        let mut hasher = ObjectHasher::new(ObjectKind::Blob, 6, &zero);
        hasher.update(b"hel");
        hasher.update(b"lo\n");
        assert_eq!(hasher.finish().unwrap().to_string(), "ce013625030ba8dba906f756967f9e9ca394464a");
        let empty = ObjectHasher::new(ObjectKind::Blob, 0, &CommitId::Sha256([0; 32])).finish().unwrap();
        assert_eq!(empty.to_string(), "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813");
    }

    #[test]
    fn delta_bases_are_kept_within_bounds() {
        let mut recent = Recent::default();
        let big = vec![7; RECENT / 4];
        for offset in 0..9 {
            recent.put(0, offset, &big, gix::objs::Kind::Blob, 3);
        }
        assert!(recent.bytes <= RECENT && recent.kept.len() == 1);
        let mut out = vec![1];
        assert_eq!(recent.get(0, 8, &mut out), Some((gix::objs::Kind::Blob, 3)));
        assert_eq!(out.len(), RECENT / 4);
        assert_eq!(recent.get(0, 0, &mut out), None);
    }
}
