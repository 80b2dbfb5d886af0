//! A tree that is built up entry by entry: each is vetted, and each folder's ids come out.
//!
//! For `write`, which feeds it from git's objects, and for the proof, which feeds it from a tar:
//! what the one takes, the other takes. Pure.

use std::collections::HashMap;

use super::names::{LONGEST_PATH, fold, name, target};
use super::{DEPTH, ENTRIES, Refused};
use crate::model::{CommitId, quoted};
use crate::remote::ObjectKind;
use crate::remote::git::{ObjectError, hash};

/// What an entry of a tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source::git) enum Kind {
    File { executable: bool },
    Link,
    Folder,
    Gitlink,
}

impl Kind {
    /// The mode as a tree writes it. Git reads others as well, such as 100664; a tar could not give
    /// them back.
    fn mode(self) -> &'static str {
        match self {
            Self::File { executable: false } => "100644",
            Self::File { executable: true } => "100755",
            Self::Link => "120000",
            Self::Folder => "40000",
            Self::Gitlink => "160000",
        }
    }

    pub(super) fn of_mode(mode: &[u8]) -> Option<Self> {
        let all = [
            Self::File { executable: false },
            Self::File { executable: true },
            Self::Link,
            Self::Folder,
            Self::Gitlink,
        ];
        all.into_iter().find(|kind| kind.mode().as_bytes() == mode)
    }
}

/// An object's id in the repository's object format, and in the SHA-256 one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source::git) struct Ids {
    pub(in crate::source::git) native: CommitId,
    pub(in crate::source::git) sha256: CommitId,
}

impl Ids {
    /// Both ids of an object whose bytes are at hand.
    pub(super) fn of(kind: ObjectKind, bytes: &[u8], native: &CommitId) -> Result<Self, ObjectError> {
        let native = hash(kind, bytes, native)?;
        let sha256 = match native {
            CommitId::Sha256(_) => native,
            CommitId::Sha1(_) => hash(kind, bytes, &SHA256)?,
        };
        Ok(Self { native, sha256 })
    }
}

/// Any id in the SHA-256 object format.
pub(in crate::source::git) const SHA256: CommitId = CommitId::Sha256([0; 32]);

/// An entry that was vetted.
#[derive(Clone, Debug)]
pub(in crate::source::git) struct Entry {
    /// From the root, without a slash at its end.
    pub(in crate::source::git) path: String,
    name: String,
    pub(in crate::source::git) kind: Kind,
}

struct Folder {
    /// Empty for the root.
    path: String,
    name: String,
    native: Vec<u8>,
    sha256: Vec<u8>,
    /// The last entry's name as trees are sorted by it.
    last: Vec<u8>,
    folded: HashMap<String, String>,
}

impl Folder {
    fn new(path: String, name: String) -> Self {
        Self { path, name, native: Vec::new(), sha256: Vec::new(), last: Vec::new(), folded: HashMap::new() }
    }
}

/// A folder that is complete.
pub(in crate::source::git) struct Closed {
    pub(in crate::source::git) path: String,
    pub(in crate::source::git) ids: Ids,
}

/// A tree under way.
pub(in crate::source::git) struct Builder {
    like: CommitId,
    root: Folder,
    open: Vec<Folder>,
    entries: u64,
}

fn put(tree: &mut Vec<u8>, kind: Kind, name: &str, id: &CommitId) {
    tree.extend_from_slice(kind.mode().as_bytes());
    tree.push(b' ');
    tree.extend_from_slice(name.as_bytes());
    tree.push(0);
    tree.extend_from_slice(id.as_bytes());
}

impl Builder {
    /// An empty tree, in the object format of an id.
    pub(in crate::source::git) fn new(like: &CommitId) -> Self {
        Self { like: *like, root: Folder::new(String::new(), String::new()), open: Vec::new(), entries: 0 }
    }

    /// Any id in the tree's object format.
    pub(in crate::source::git) fn format(&self) -> CommitId {
        self.like
    }

    fn folder(&mut self) -> &mut Folder {
        self.open.last_mut().unwrap_or(&mut self.root)
    }

    /// The path of the folder that is open.
    pub(in crate::source::git) fn at(&self) -> &str {
        &self.open.last().unwrap_or(&self.root).path
    }

    /// The path of a name in the folder that is open.
    pub(in crate::source::git) fn path(&self, name: &[u8]) -> String {
        let name = String::from_utf8_lossy(name);
        match self.at() {
            "" => name.into_owned(),
            at => format!("{at}/{name}"),
        }
    }

    /// How many entries there are.
    pub(super) fn entries(&self) -> u64 {
        self.entries
    }

    /// Vets the next entry of the folder that is open.
    pub(in crate::source::git) fn admit(&mut self, bytes: &[u8], kind: Kind) -> Result<Entry, Refused> {
        let path = self.path(bytes);
        let refused = |reason: &str| Refused::new(path.clone(), reason);
        let name = name(bytes, kind == Kind::Link).map_err(refused)?.to_owned();
        if path.len() > LONGEST_PATH {
            return Err(refused("its path is longer than 4,095 bytes"));
        }
        self.entries += 1;
        if self.entries > ENTRIES {
            return Err(refused("the tree has more than 1,000,000 entries"));
        }
        let folder = self.folder();
        if let Some(twin) = folder.folded.insert(fold(&name), name.clone()) {
            let reason = if twin == name {
                "the name is there twice".to_owned()
            } else {
                format!("{} is the same name on some file systems", quoted(&twin))
            };
            return Err(refused(&reason));
        }
        // Trees are sorted as if a folder's name ended in a slash.
        let mut key = name.clone().into_bytes();
        if kind == Kind::Folder {
            key.push(b'/');
        }
        if key <= folder.last {
            return Err(refused("it is not where a tree's order puts it"));
        }
        folder.last = key;
        if kind == Kind::Folder && self.open.len() >= DEPTH {
            return Err(refused("more than 128 folders lie within each other"));
        }
        Ok(Entry { path, name, kind })
    }

    /// Vets a symlink's target.
    pub(in crate::source::git) fn points_to(&self, link: &Entry, bytes: &[u8]) -> Result<(), Refused> {
        target(bytes, self.open.len()).map_err(|why| Refused::new(link.path.clone(), why))
    }

    /// Adds a file or a symlink.
    pub(in crate::source::git) fn add(&mut self, entry: &Entry, ids: &Ids) {
        let folder = self.folder();
        put(&mut folder.native, entry.kind, &entry.name, &ids.native);
        put(&mut folder.sha256, entry.kind, &entry.name, &ids.sha256);
    }

    /// Adds a submodule. Its commit has no SHA-256 id, and an unpacked tar has only an empty folder
    /// there, which git does not track: the tree's SHA-256 form is without it.
    pub(in crate::source::git) fn gitlink(&mut self, entry: &Entry, commit: &CommitId) {
        put(&mut self.folder().native, entry.kind, &entry.name, commit);
    }

    /// Opens a folder that was admitted.
    pub(in crate::source::git) fn enter(&mut self, entry: Entry) {
        self.open.push(Folder::new(entry.path, entry.name));
    }

    /// Closes the folder that is open; at last, the root.
    pub(in crate::source::git) fn leave(&mut self) -> Result<Closed, Left> {
        let inner = self.open.pop();
        let is_root = inner.is_none();
        let folder =
            inner.unwrap_or_else(|| std::mem::replace(&mut self.root, Folder::new(String::new(), String::new())));
        let empty = folder.native.is_empty();
        if empty && !is_root {
            return Err(Left::Refused(Refused::new(folder.path, "it is an empty folder, which no tar of git holds")));
        }
        let native = hash(ObjectKind::Tree, &folder.native, &self.like);
        let sha256 = hash(ObjectKind::Tree, &folder.sha256, &SHA256);
        let (Ok(native), Ok(sha256)) = (native, sha256) else {
            return Err(Left::Collision(folder.path));
        };
        let ids = Ids { native, sha256 };
        if !is_root {
            let outer = self.folder();
            put(&mut outer.native, Kind::Folder, &folder.name, &ids.native);
            if !folder.sha256.is_empty() {
                put(&mut outer.sha256, Kind::Folder, &folder.name, &ids.sha256);
            }
        }
        Ok(Closed { path: folder.path, ids })
    }

    /// Whether only the root is open.
    pub(in crate::source::git) fn is_at_root(&self) -> bool {
        self.open.is_empty()
    }
}

/// Why a folder cannot be closed.
#[derive(Debug)]
pub(in crate::source::git) enum Left {
    Refused(Refused),
    /// Its tree is a SHA-1 collision attack.
    Collision(String),
}
