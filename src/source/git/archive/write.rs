//! Walks a commit's tree and writes it as a tar.
//!
//! For `resolve` and `fetch`. Streams: one blob is in memory at a time. Every object is hashed again
//! in both object formats, so that what comes out was proved on the way.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use super::attributes::{self, Attributes};
use super::build::{Builder, Entry, Ids, Kind, Left};
use super::tar::{Head, LARGEST, global, padding, trailer};
use super::{ArchiveError, Refused};
use crate::model::{CommitId, quoted};
use crate::remote::ObjectKind;
use crate::remote::git::{CommitObject, Objects};

/// Choices of one tar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Submodules become empty folders; else a tree that has one is refused.
    pub omit_submodules: bool,
    /// The tar's size at most, in bytes.
    pub limit: u64,
}

/// What was written, and what was proved of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The tar's size in bytes, a multiple of 10,240.
    pub size: u64,
    /// The tree's id: the one that the commit records.
    pub tree: CommitId,
    /// The same tree's id in git's SHA-256 object format, submodules left out: what `git write-tree`
    /// gives over the unpacked tar.
    pub tree_sha256: CommitId,
    /// Submodules that were left out: path and commit.
    pub gitlinks: BTreeMap<String, CommitId>,
    /// How many files, links and folders there are.
    pub entries: u64,
    /// Things worth knowing, each one sentence.
    pub notes: Vec<String>,
}

/// Writes a commit's tree as a tar. The bytes are to be believed only once it returns `Ok`.
///
/// # Errors
/// A tree with entries that are not taken, objects that are missing or forged, a tar that grows too
/// large, or `out`'s own error.
pub fn write(
    commit: &CommitObject,
    objects: &mut dyn Objects,
    options: &Options,
    out: &mut dyn Write,
) -> Result<Archive, ArchiveError> {
    // Git writes a time before 1970 as one past the year 10^11, which no program unpacks.
    let time = u64::try_from(commit.committer_time).unwrap_or_default();
    let mut walk = Walk {
        objects,
        options,
        out: Counted { out: BufWriter::with_capacity(128 * 1024, out), size: 0, limit: options.limit },
        builder: Builder::new(&commit.tree),
        time,
        gitlinks: BTreeMap::new(),
        marks: Vec::new(),
    };
    walk.out.put(&global(&commit.id, time))?;
    let ids = walk.all(&commit.tree)?;
    let zeros = trailer(walk.out.size);
    walk.out.zeros(zeros)?;
    walk.out.out.flush()?;
    Ok(Archive {
        size: walk.out.size,
        tree: ids.native,
        tree_sha256: ids.sha256,
        entries: walk.builder.entries(),
        notes: walk.notes(),
        gitlinks: walk.gitlinks,
    })
}

struct Counted<'a> {
    out: BufWriter<&'a mut dyn Write>,
    size: u64,
    limit: u64,
}

impl Counted<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
            return Err(ArchiveError::Large { limit: self.limit });
        }
        Ok(self.out.write_all(bytes)?)
    }

    fn zeros(&mut self, count: u64) -> Result<(), ArchiveError> {
        self.size += count;
        if self.size > self.limit {
            return Err(ArchiveError::Large { limit: self.limit });
        }
        io::copy(&mut io::Read::take(io::repeat(0), count), &mut self.out)?;
        Ok(())
    }
}

/// A folder whose entries are being written.
struct Open {
    id: CommitId,
    raw: Vec<u8>,
    /// How much of it was read.
    at: usize,
    /// Git LFS is at work here.
    lfs: bool,
}

/// One entry as a tree object has it.
struct Raw {
    mode: Vec<u8>,
    name: Vec<u8>,
    id: CommitId,
}

impl Open {
    /// The next entry; an error where the tree is not well-formed.
    fn next(&mut self) -> Option<Result<Raw, ()>> {
        let rest = self.raw.get(self.at..).filter(|rest| !rest.is_empty())?;
        let read = || {
            let blank = rest.iter().position(|b| *b == b' ')?;
            let (mode, after) = rest.split_at_checked(blank)?;
            let after = after.get(1..)?;
            let zero = after.iter().position(|b| *b == 0)?;
            let (name, after) = after.split_at_checked(zero)?;
            let id = after.get(1..)?.get(..self.id.as_bytes().len())?;
            let size = blank + zero + 2 + id.len();
            Some((Raw { mode: mode.to_vec(), name: name.to_vec(), id: CommitId::from_bytes(id)? }, size))
        };
        let found = read();
        self.at = found.as_ref().map_or(self.raw.len(), |(_, size)| self.at + size);
        Some(found.map(|(raw, _)| raw).ok_or(()))
    }
}

struct Walk<'a> {
    objects: &'a mut dyn Objects,
    options: &'a Options,
    out: Counted<'a>,
    builder: Builder,
    time: u64,
    gitlinks: BTreeMap<String, CommitId>,
    /// Attributes that are not applied, each with the file that sets it first.
    marks: Vec<(String, String)>,
}

impl Walk<'_> {
    fn all(&mut self, root: &CommitId) -> Result<Ids, ArchiveError> {
        let mut open = vec![self.open(root, false)?];
        loop {
            let Some(folder) = open.last_mut() else {
                return Err(Refused::new("", "the tree has no root").into());
            };
            match folder.next() {
                Some(Err(())) => {
                    let path = self.builder.at();
                    return Err(Refused::new(path, "its folder is no well-formed tree").into());
                }
                Some(Ok(raw)) => {
                    let lfs = folder.lfs;
                    if self.entry(&raw, lfs)? {
                        open.push(self.open(&raw.id, lfs)?);
                    }
                }
                None => {
                    let expected = folder.id;
                    let closed = self.builder.leave().map_err(|left| match left {
                        Left::Refused(refused) => ArchiveError::Refused(refused),
                        Left::Collision(path) => ArchiveError::Forged { path, expected, found: None },
                    })?;
                    if closed.ids.native != expected {
                        let found = Some(closed.ids.native);
                        return Err(ArchiveError::Forged { path: closed.path, expected, found });
                    }
                    open.pop();
                    if open.is_empty() {
                        return Ok(closed.ids);
                    }
                }
            }
        }
    }

    fn object(&mut self, path: &str, id: &CommitId, wanted: ObjectKind) -> Result<Vec<u8>, ArchiveError> {
        match self.objects.find(id)? {
            Some((kind, bytes)) if kind == wanted => Ok(bytes),
            Some((kind, _)) => {
                Err(Refused::new(path, format!("it should be a {wanted}, and its object is a {kind}")).into())
            }
            None => Err(ArchiveError::Missing { path: path.to_owned(), id: *id }),
        }
    }

    /// Opens a folder, and looks for its attributes before any of its files is written.
    fn open(&mut self, id: &CommitId, lfs: bool) -> Result<Open, ArchiveError> {
        let at = self.builder.at().to_owned();
        let raw = self.object(&at, id, ObjectKind::Tree)?;
        let mut folder = Open { id: *id, raw, at: 0, lfs };
        let own = std::iter::from_fn(|| folder.next()).find_map(|raw| match raw {
            Ok(raw) if raw.name == b".gitattributes" => Some(raw),
            _ => None,
        });
        folder.at = 0;
        // Git does not follow a symlink here.
        if let Some(own) = own.filter(|raw| matches!(Kind::of_mode(&raw.mode), Some(Kind::File { .. }))) {
            let path = self.builder.path(b".gitattributes");
            let bytes = self.object(&path, &own.id, ObjectKind::Blob)?;
            let Attributes { lfs, changing } = attributes::read(&bytes);
            folder.lfs |= lfs;
            for word in changing {
                if self.marks.iter().all(|(known, _)| *known != word) {
                    self.marks.push((word, path.clone()));
                }
            }
        }
        Ok(folder)
    }

    /// Writes one entry. Says whether it is a folder, which is then open.
    fn entry(&mut self, raw: &Raw, lfs: bool) -> Result<bool, ArchiveError> {
        let Some(kind) = Kind::of_mode(&raw.mode) else {
            let mode = quoted(&String::from_utf8_lossy(&raw.mode));
            let path = self.builder.path(&raw.name);
            return Err(Refused::new(path, format!("its mode {mode} is none that git writes")).into());
        };
        let entry = self.builder.admit(&raw.name, kind)?;
        match kind {
            Kind::Folder => {
                self.head(&entry, &raw.id, 0, b"")?;
                self.builder.enter(entry);
                return Ok(true);
            }
            Kind::Gitlink if !self.options.omit_submodules => {
                let refused = Refused::new(entry.path, "it is a submodule, whose files are in another repository");
                return Err(refused.help("submodules = \"omit\" leaves submodules out").into());
            }
            Kind::Gitlink => {
                self.head(&entry, &raw.id, 0, b"")?;
                self.builder.gitlink(&entry, &raw.id);
                self.gitlinks.insert(entry.path, raw.id);
            }
            Kind::Link => {
                let target = self.blob(&entry, &raw.id)?;
                self.builder.points_to(&entry, &target)?;
                self.head(&entry, &raw.id, 0, &target)?;
            }
            Kind::File { .. } => {
                let bytes = self.blob(&entry, &raw.id)?;
                if lfs && attributes::is_pointer(&bytes) {
                    let why = "its bytes are kept by Git LFS, and the repository has only a pointer to them";
                    return Err(Refused::new(entry.path, why).into());
                }
                let size = bytes.len() as u64;
                if size > LARGEST {
                    return Err(Refused::new(entry.path, "it is larger than 8 GiB").into());
                }
                self.head(&entry, &raw.id, size, b"")?;
                self.out.put(&bytes)?;
                self.out.zeros(padding(size) as u64)?;
            }
        }
        Ok(false)
    }

    fn head(&mut self, entry: &Entry, id: &CommitId, size: u64, target: &[u8]) -> Result<(), ArchiveError> {
        let head = Head { path: &entry.path, kind: entry.kind, id, size, target, time: self.time };
        let mut bytes = Vec::new();
        head.encode(&mut bytes);
        self.out.put(&bytes)
    }

    /// A blob's bytes, proved and added to its folder.
    fn blob(&mut self, entry: &Entry, id: &CommitId) -> Result<Vec<u8>, ArchiveError> {
        let bytes = self.object(&entry.path, id, ObjectKind::Blob)?;
        let forged = |found| ArchiveError::Forged { path: entry.path.clone(), expected: *id, found };
        let ids = Ids::of(ObjectKind::Blob, &bytes, id).map_err(|_| forged(None))?;
        if ids.native != *id {
            return Err(forged(Some(ids.native)));
        }
        self.builder.add(entry, &ids);
        Ok(bytes)
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.marks.is_empty() {
            let all: Vec<_> =
                self.marks.iter().map(|(word, path)| format!("{} in {}", quoted(word), quoted(path))).collect();
            let all = all.join(", ");
            notes.push(format!(
                "attributes are not applied ({all}): the files are as they are committed, and the tar may differ from \
                 that of git archive"
            ));
        }
        if let Some(first) = self.gitlinks.keys().next() {
            let first = quoted(first);
            notes.push(match self.gitlinks.len() {
                1 => format!("the submodule {first} is left out"),
                n => format!("{n} submodules are left out, the first {first}"),
            });
        }
        notes
    }
}
