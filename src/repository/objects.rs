//! Blobs, trees and commits by their ids, also of alternates.
//!
//! For the index and what is compared with it. Objects that are missing are not fetched: no program
//! is run. Each thread opens the store for itself, once, so that many blobs are unpacked at a time.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use gix::odb::Header as _;
use gix::prelude::Find as _;

use super::error::{RepositoryError, said};

/// No object is taken into memory beyond this: bytes.
const LARGEST: u64 = 4 << 30;

/// No tree or commit is larger: bytes.
const LARGEST_TREE: u64 = 256 << 20;

/// The folders of objects of one repository.
#[derive(Debug)]
pub(super) struct Stores {
    /// Told apart from every other one of this process.
    id: u64,
    kind: gix::hash::Kind,
    folders: Vec<PathBuf>,
}

/// One entry of a tree object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TreeEntry {
    pub(super) name: Vec<u8>,
    /// As an index has it: 0o040000, 0o100644, 0o100755, 0o120000, 0o160000.
    pub(super) mode: u32,
    pub(super) id: gix::ObjectId,
}

type Open = Vec<gix::odb::Handle>;

thread_local! {
    static OPEN: RefCell<Option<(u64, Open)>> = const { RefCell::new(None) };
}

fn broken(id: &gix::oid, why: impl Into<String>) -> RepositoryError {
    RepositoryError::Object { id: id.to_string(), why: why.into() }
}

impl Stores {
    pub(super) fn new(kind: gix::hash::Kind, folders: Vec<PathBuf>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self { id: NEXT.fetch_add(1, Ordering::Relaxed), kind, folders }
    }

    /// How ids are made.
    pub(super) fn kind(&self) -> gix::hash::Kind {
        self.kind
    }

    fn open(&self) -> Result<Open, RepositoryError> {
        let mut open = Vec::new();
        for (at, folder) in self.folders.iter().enumerate() {
            let options = gix::odb::store::init::Options {
                alloc_limit_bytes: usize::try_from(LARGEST).ok(),
                ..Default::default()
            };
            match gix::odb::at_opts(folder.clone(), self.kind, None, options) {
                Ok(handle) => open.push(handle),
                // As git does with an alternate that is gone.
                Err(_) if at > 0 => {}
                Err(e) => {
                    let path = folder.to_string_lossy().into_owned();
                    return Err(RepositoryError::Unopened { path, why: said(&e) });
                }
            }
        }
        Ok(open)
    }

    /// Does something with this thread's open store.
    fn with<T>(&self, ask: impl FnOnce(&Open) -> Result<T, RepositoryError>) -> Result<T, RepositoryError> {
        OPEN.with_borrow_mut(|open| {
            if open.as_ref().is_none_or(|(id, _)| *id != self.id) {
                *open = Some((self.id, self.open()?));
            }
            match open {
                Some((_, handles)) => ask(handles),
                None => ask(&Vec::new()),
            }
        })
    }

    /// The kind and the size of an object.
    fn header(&self, id: &gix::oid) -> Result<(gix::objs::Kind, u64), RepositoryError> {
        self.with(|open| {
            for handle in open {
                if let Some(header) = handle.try_header(id).map_err(|e| broken(id, said(&e)))? {
                    return Ok((header.kind(), header.size()));
                }
            }
            Err(RepositoryError::Missing { id: id.to_string() })
        })
    }

    fn find(&self, id: &gix::oid, kind: gix::objs::Kind) -> Result<Vec<u8>, RepositoryError> {
        self.with(|open| {
            let mut bytes = Vec::new();
            for handle in open {
                if let Some(found) = handle.try_find(id, &mut bytes).map_err(|e| broken(id, said(&e)))? {
                    if found.kind != kind {
                        return Err(broken(id, format!("it is a {}, not a {kind}", found.kind)));
                    }
                    return Ok(bytes);
                }
            }
            Err(RepositoryError::Missing { id: id.to_string() })
        })
    }

    /// The size of a blob: bytes.
    pub(super) fn blob_size(&self, id: &gix::oid) -> Result<u64, RepositoryError> {
        match self.header(id)? {
            (gix::objs::Kind::Blob, size) => Ok(size),
            (kind, _) => Err(broken(id, format!("it is a {kind}, not a blob"))),
        }
    }

    /// The bytes of a blob.
    pub(super) fn blob(&self, id: &gix::oid) -> Result<Vec<u8>, RepositoryError> {
        self.find(id, gix::objs::Kind::Blob)
    }

    /// The entries of a tree, in its order.
    pub(super) fn tree(&self, id: &gix::oid) -> Result<Vec<TreeEntry>, RepositoryError> {
        if *id == *gix::ObjectId::empty_tree(self.kind) {
            return Ok(Vec::new());
        }
        let bytes = self.small(id, gix::objs::Kind::Tree)?;
        let mut entries = Vec::new();
        for entry in gix::objs::TreeRefIter::from_bytes(&bytes, self.kind) {
            let entry = entry.map_err(|e| broken(id, said(&e)))?;
            let name = entry.filename.to_vec();
            if name.is_empty() || name.contains(&b'/') || matches!(name.as_slice(), b"." | b"..") {
                return Err(broken(id, "an entry of it has no name that a file can have"));
            }
            let mode = match u32::from(entry.mode.value()) {
                // Old trees have modes such as 100664.
                file if file & 0o170_000 == 0o100_000 => {
                    0o100_644 | file & 0o100 | (file & 0o100) >> 3 | (file & 0o100) >> 6
                }
                other => other & 0o170_000,
            };
            entries.push(TreeEntry { name, mode, id: entry.oid.to_owned() });
        }
        Ok(entries)
    }

    /// The tree of a commit.
    pub(super) fn tree_of(&self, commit: &gix::oid) -> Result<gix::ObjectId, RepositoryError> {
        let bytes = self.small(commit, gix::objs::Kind::Commit)?;
        gix::objs::CommitRefIter::from_bytes(&bytes, self.kind).tree_id().map_err(|e| broken(commit, said(&e)))
    }

    fn small(&self, id: &gix::oid, kind: gix::objs::Kind) -> Result<Vec<u8>, RepositoryError> {
        let (_, size) = self.header(id)?;
        if size > LARGEST_TREE {
            return Err(RepositoryError::TooLarge {
                what: format!("the {kind} {id}"),
                cap: LARGEST_TREE,
                unit: "bytes",
            });
        }
        self.find(id, kind)
    }
}
