//! Bytes kept under their own digest in the user's cache folder.
//!
//! For `remote`, which streams downloads into it, and for whoever places files from it. Many
//! processes may use one store at once: every file is written under a name of its own, and gains
//! its lasting name by one rename, after its limit, size and digest have passed. Nothing in it is
//! trusted for its name: what is taken out is hashed on the way. Not the user's folder, and no
//! place for anything that cannot be had again.
//!
//! Below its folder: `sha256/ab/abcd…` (read-only files) and `new/` (files being written).

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use rustix::fs::{AtFlags, Mode, OFlags, Timespec, Timestamps};
use rustix::io::Errno;
use sha2::Digest as _;

use super::DiskError;
use super::root::{enter, kind, look, open_plain};
use crate::model::{Class, Sha256, Sha512, Trouble};

pub(super) const BY_DIGEST: &str = "sha256";
pub(super) const NEW: &str = "new";

/// Bytes are hashed and written in pieces of this many.
const PIECE: usize = 256 * 1024;

/// What bytes must be to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expect {
    /// The most that is taken, in bytes.
    pub limit: u64,
    /// Their exact number, where it is known.
    pub size: Option<u64>,
    /// Their digest, where it is known.
    pub sha256: Option<Sha256>,
    /// Whether their SHA-512 is wanted as well.
    pub sha512: bool,
}

impl Expect {
    /// Anything of at most so many bytes.
    #[must_use]
    pub fn at_most(limit: u64) -> Self {
        Self { limit, size: None, sha256: None, sha512: false }
    }

    /// Exactly the bytes of a digest, so many of them.
    #[must_use]
    pub fn exactly(sha256: Sha256, size: u64) -> Self {
        Self { limit: size, size: Some(size), sha256: Some(sha256), sha512: false }
    }
}

/// Bytes that the store holds, or held when this was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Their digest, and their name in the store.
    pub sha256: Sha256,
    /// Their SHA-512, where it was asked for.
    pub sha512: Option<Sha512>,
    /// How many they are.
    pub size: u64,
}

/// Why bytes were not kept, or not given back.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Where they come from failed; the error is as that reader gave it.
    #[error("the bytes did not come: {0}")]
    Source(io::Error),
    /// Where they go to failed.
    #[error("the bytes cannot be copied: {0}")]
    Target(io::Error),
    /// More than the limit.
    #[error("there are more than {limit} bytes, the most that is taken")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// Not as many as expected.
    #[error("there are {}{found} bytes, where {expected} are expected", if found > expected { "at least " } else { "" })]
    Size {
        /// The number that was expected.
        expected: u64,
        /// How many came before it was clear; all of them, where they are too few.
        found: u64,
    },
    /// Other bytes than expected.
    #[error("the bytes are not those that are expected")]
    Differs {
        /// The digest that was expected.
        expected: Sha256,
        /// The digest that they have.
        found: Sha256,
    },
    /// An entry of the store was altered. It is dropped.
    #[error("the store's copy of {expected} was altered, and is dropped")]
    Corrupted {
        /// The digest that it was kept under.
        expected: Sha256,
        /// The digest that it has.
        found: Sha256,
    },
    /// The store does not hold it.
    #[error("the store does not hold {0}")]
    Missing(Sha256),
    /// The store's own folder: permission, no space, a symlink in it.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl StoreError {
    /// How it weighs: other bytes than expected are an alarm; all else could not be done.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Differs { .. } => Class::Alarm,
            _ => Class::Undone,
        }
    }

    /// As a person wants to hear it.
    #[must_use]
    pub fn to_trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        match self {
            Self::Disk(error) => {
                // What that says of files is said of a repository's: a run may write those of other pins.
                let trouble = error.to_trouble();
                let help = trouble.help.as_deref().map(|h| h.trim_start_matches("no file was changed; ").to_owned());
                Trouble { help, ..trouble }
            }
            Self::Differs { expected, found } => {
                trouble.expected(expected.to_string()).found(found.to_string()).help("nothing of it was kept")
            }
            Self::Corrupted { expected, found } => {
                let trouble = trouble.expected(expected.to_string()).found(found.to_string());
                trouble.help("run again: it is fetched anew; if it happens again, check the disk")
            }
            Self::Size { expected, found } => trouble.expected(expected.to_string()).found(found.to_string()),
            Self::TooLarge { .. } => trouble.help("check that it is the right file"),
            Self::Missing(_) => trouble.help("dubo-pin fetch gets it again"),
            Self::Source(_) | Self::Target(_) => trouble,
        }
    }
}

/// Both digests of one stream.
struct Digests {
    sha256: sha2::Sha256,
    sha512: Option<sha2::Sha512>,
    size: u64,
}

impl Digests {
    fn new(sha512: bool) -> Self {
        Self { sha256: sha2::Sha256::new(), sha512: sha512.then(sha2::Sha512::new), size: 0 }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        if let Some(hasher) = &mut self.sha512 {
            hasher.update(bytes);
        }
        self.size += bytes.len() as u64;
    }

    fn finish(self) -> Stored {
        Stored {
            sha256: Sha256::from_bytes(self.sha256.finalize().into()),
            sha512: self.sha512.map(|h| Sha512::from_bytes(h.finalize().into())),
            size: self.size,
        }
    }
}

/// Reads until a piece is full or the end is there.
fn fill(reader: &mut dyn Read, piece: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < piece.len() {
        match reader.read(piece.get_mut(filled..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(n) => filled = (filled + n).min(piece.len()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

/// A file being written under a name that nobody else has; it goes away unless it is [`Part::keep`]t.
struct Part {
    folder: OwnedFd,
    name: String,
    shown: String,
    file: File,
    kept: bool,
}

impl Part {
    fn create(folder: OwnedFd, prefix: &str, shown: &Path) -> Result<Self, DiskError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        loop {
            let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            let name = format!("{prefix}part-{process}-{count}");
            let path = shown.join(&name).to_string_lossy().into_owned();
            match rustix::fs::openat(&folder, name.as_str(), flags, Mode::from_raw_mode(0o600)) {
                Ok(fd) => return Ok(Self { folder, name, shown: path, file: File::from(fd), kept: false }),
                // Of another machine or container that shares the folder, or left behind.
                Err(Errno::EXIST) => {}
                Err(e) => return Err(DiskError::io(&path, "written", e)),
            }
        }
    }

    fn failed(&self, error: impl Into<io::Error>) -> DiskError {
        DiskError::io(&self.shown, "written", error)
    }

    /// Its bytes are durable before its name is.
    fn keep(mut self, to: impl AsFd, name: &str, mode: u32) -> Result<(), DiskError> {
        let mode = Mode::from_raw_mode(mode as rustix::fs::RawMode);
        rustix::fs::fchmod(&self.file, mode).map_err(|e| self.failed(e))?;
        self.file.sync_all().map_err(|e| self.failed(e))?;
        rustix::fs::renameat(&self.folder, self.name.as_str(), to, name).map_err(|e| self.failed(e))?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.kept {
            // What cannot be removed now is swept later.
            let _ = rustix::fs::unlinkat(&self.folder, self.name.as_str(), AtFlags::empty());
        }
    }
}

/// The store.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) dir: PathBuf,
}

impl Store {
    /// Opens a store, and makes its folder (for this user alone) where there is none. Sweeps what
    /// was left behind more than a day ago.
    ///
    /// # Errors
    /// The folder cannot be made, or is something else.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let store = Self { dir: dir.to_owned() };
        store.folder(&[], true)?;
        store.sweep(SystemTime::now());
        Ok(store)
    }

    /// A store as it stands: nothing is made or swept.
    #[must_use]
    pub fn standing(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Whether it holds an entry, whose bytes are not looked at. It does not count as used.
    #[must_use]
    pub fn holds(&self, digest: &Sha256) -> bool {
        std::fs::symlink_metadata(self.path(&digest.to_string())).is_ok_and(|about| about.is_file())
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn shown(&self, way: &[&str]) -> String {
        way.iter().fold(self.dir.clone(), |path, name| path.join(name)).to_string_lossy().into_owned()
    }

    /// A folder below the store's own, no symlink followed; `None` where it is not there and not
    /// to be made.
    pub(super) fn folder(&self, way: &[&str], make: bool) -> Result<Option<OwnedFd>, DiskError> {
        let shown = self.shown(&[]);
        if make {
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&self.dir)
                .map_err(|e| DiskError::io(&shown, "made", e))?;
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut here = match rustix::fs::open(&self.dir, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT) if !make => return Ok(None),
            Err(Errno::NOTDIR) => return Err(DiskError::NotAFolder(shown)),
            Err(e) => return Err(DiskError::io(&shown, "read", e)),
        };
        for (at, name) in way.iter().enumerate() {
            let path = self.shown(way.get(..=at).unwrap_or_default());
            if make {
                match rustix::fs::mkdirat(&here, *name, Mode::from_raw_mode(0o700)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(e) => return Err(DiskError::io(&path, "made", e)),
                }
            }
            match enter(&here, name, &path)? {
                Some(next) => here = next,
                None if make => return Err(DiskError::io(&path, "made", Errno::NOENT)),
                None => return Ok(None),
            }
        }
        Ok(Some(here))
    }

    /// The folder of a digest.
    fn shelf(&self, name: &str, make: bool) -> Result<Option<OwnedFd>, DiskError> {
        self.folder(&[BY_DIGEST, name.get(..2).unwrap_or_default()], make)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(BY_DIGEST).join(name.get(..2).unwrap_or_default()).join(name)
    }

    /// Takes bytes in, once through, and keeps them if they are what is expected. What is already
    /// there is replaced: so a damaged entry is mended.
    ///
    /// # Errors
    /// [`StoreError::Source`], [`StoreError::TooLarge`], [`StoreError::Size`],
    /// [`StoreError::Differs`], [`StoreError::Disk`]; then nothing is kept.
    pub fn put(&self, reader: &mut dyn Read, expect: Expect) -> Result<Stored, StoreError> {
        let gone = || DiskError::io(&self.shown(&[NEW]), "made", Errno::NOENT);
        let new = self.folder(&[NEW], true)?.ok_or_else(gone)?;
        let mut part = Part::create(new, "", &self.dir.join(NEW))?;
        let mut digests = Digests::new(expect.sha512);
        let mut piece = vec![0; PIECE];
        loop {
            let count = fill(reader, &mut piece).map_err(StoreError::Source)?;
            let bytes = piece.get(..count).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            let size = digests.size + count as u64;
            if let Some(expected) = expect.size.filter(|s| size > *s) {
                return Err(StoreError::Size { expected, found: size });
            }
            if size > expect.limit {
                return Err(StoreError::TooLarge { limit: expect.limit });
            }
            digests.update(bytes);
            part.file.write_all(bytes).map_err(|e| part.failed(e))?;
        }
        let stored = digests.finish();
        if let Some(expected) = expect.size.filter(|s| *s != stored.size) {
            return Err(StoreError::Size { expected, found: stored.size });
        }
        if let Some(expected) = expect.sha256.filter(|s| *s != stored.sha256) {
            return Err(StoreError::Differs { expected, found: stored.sha256 });
        }
        let name = stored.sha256.to_string();
        let shelf = self.shelf(&name, true)?.ok_or_else(gone)?;
        part.keep(shelf, &name, 0o444)?;
        Ok(stored)
    }

    /// Where an entry lies, if it is there and a plain file. Its bytes are not looked at: who uses
    /// them hashes them. It counts as used now.
    #[must_use]
    pub fn get(&self, digest: &Sha256) -> Option<PathBuf> {
        let name = digest.to_string();
        let shelf = self.shelf(&name, false).ok()??;
        let stat = look(&shelf, &name, &name).ok()??;
        if !kind(&stat).is_file() {
            return None;
        }
        used(&shelf, &name);
        Some(self.path(&name))
    }

    /// Hashes an entry; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError::Corrupted`], and then it is dropped; [`StoreError::Disk`].
    pub fn verify(&self, digest: &Sha256, sha512: bool) -> Result<Option<Stored>, StoreError> {
        match self.read_out(digest, sha512, &mut io::sink()) {
            Ok(stored) => Ok(Some(stored)),
            Err(StoreError::Missing(_)) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Copies an entry out, and hashes it on the way. After an error the copy is worth nothing.
    ///
    /// # Errors
    /// [`StoreError::Missing`]; [`StoreError::Corrupted`], and then the entry is dropped;
    /// [`StoreError::Target`]; [`StoreError::Disk`].
    pub fn copy_to(&self, digest: &Sha256, target: &mut dyn Write) -> Result<Stored, StoreError> {
        self.read_out(digest, false, target)
    }

    fn read_out(&self, digest: &Sha256, sha512: bool, target: &mut dyn Write) -> Result<Stored, StoreError> {
        let name = digest.to_string();
        let path = self.path(&name).to_string_lossy().into_owned();
        let missing = || StoreError::Missing(*digest);
        let shelf = self.shelf(&name, false)?.ok_or_else(missing)?;
        let mut file = match open_plain(&shelf, &name, &path) {
            Ok(file) => file.ok_or_else(missing)?,
            // Nothing that this program put there.
            Err(DiskError::Symlink(_) | DiskError::NotAFile { .. }) => return Err(missing()),
            Err(e) => return Err(e.into()),
        };
        used(&shelf, &name);
        let mut digests = Digests::new(sha512);
        let mut piece = vec![0; PIECE];
        loop {
            let count = fill(&mut file, &mut piece).map_err(|e| DiskError::io(&path, "read", e))?;
            let bytes = piece.get(..count).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            digests.update(bytes);
            target.write_all(bytes).map_err(StoreError::Target)?;
        }
        let stored = digests.finish();
        if stored.sha256 == *digest {
            return Ok(stored);
        }
        drop_same(&shelf, &name, &file);
        Err(StoreError::Corrupted { expected: *digest, found: stored.sha256 })
    }

    /// Copies entries to `DIR/<digest>`: a folder that another machine can use as its second store.
    /// What is there already, with the right bytes, is left alone. Returns how many were written.
    ///
    /// # Errors
    /// [`StoreError::Missing`] or [`StoreError::Corrupted`] for the first that cannot be had;
    /// [`StoreError::Disk`]. What was written before stays: each file is whole.
    pub fn export(&self, digests: &[Sha256], dir: &Path) -> Result<u64, StoreError> {
        let shown = dir.to_string_lossy();
        std::fs::create_dir_all(dir).map_err(|e| DiskError::io(&shown, "made", e))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(dir, flags, Mode::empty()).map_err(|e| DiskError::io(&shown, "read", e))?;
        let mut written = 0;
        for digest in digests {
            let name = digest.to_string();
            if super::root::hash_plain(&folder, &name, &name).is_ok_and(|found| found == Some(*digest)) {
                continue;
            }
            let handle = folder.try_clone().map_err(|e| DiskError::io(&shown, "read", e))?;
            let mut part = Part::create(handle, ".", dir)?;
            match self.copy_to(digest, &mut part.file) {
                Err(StoreError::Target(e)) => return Err(part.failed(e).into()),
                other => other?,
            };
            part.keep(&folder, &name, 0o644)?;
            written += 1;
        }
        Ok(written)
    }
}

/// Notes that an entry was used. A store that cannot be written to is used all the same.
fn used(shelf: impl AsFd, name: &str) {
    let times = Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT },
        last_modification: Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW },
    };
    let _ = rustix::fs::utimensat(shelf, name, &times, AtFlags::SYMLINK_NOFOLLOW);
}

/// Removes an entry, unless another process has put another file in its place.
fn drop_same(shelf: impl AsFd, name: &str, file: &File) {
    let same = match (look(&shelf, name, name), rustix::fs::fstat(file)) {
        (Ok(Some(there)), Ok(read)) => (there.st_dev, there.st_ino) == (read.st_dev, read.st_ino),
        _ => false,
    };
    if same {
        let _ = rustix::fs::unlinkat(shelf, name, AtFlags::empty());
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
