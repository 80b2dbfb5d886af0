//! What leaves the store: entries that were not used for longest, and what interrupted downloads
//! left behind.
//!
//! For `gc`, and for whoever opens the store. What stays is decided by whoever asks.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::DiskError;
use super::store::{BY_DIGEST, NEW, Store, StoreError};
use crate::model::Sha256;

/// After this long without a write, a file in `new/` was left behind.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 60 * 60);

/// What [`Store::gc`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Freed {
    /// How many entries went.
    pub entries: u64,
    /// How many bytes they held.
    pub bytes: u64,
    /// How many bytes are still held.
    pub left: u64,
}

impl Store {
    /// Removes entries, the longest unused first, until at most `most` bytes are held or only
    /// those that `keep` names are left. Others may put and read meanwhile: who reads an entry
    /// that goes keeps its bytes.
    ///
    /// # Errors
    /// The store's folder cannot be read. An entry that cannot be removed stays, and counts.
    pub fn gc(&self, most: u64, keep: &dyn Fn(&Sha256) -> bool) -> Result<Freed, StoreError> {
        self.sweep(SystemTime::now());
        self.collect(most, keep, &|entry| std::fs::remove_file(self.path(&entry.digest.to_string())))
    }

    /// What [`Store::gc`] would remove now. Removes nothing.
    ///
    /// # Errors
    /// The store's folder cannot be read.
    pub fn would_free(&self, most: u64, keep: &dyn Fn(&Sha256) -> bool) -> Result<Freed, StoreError> {
        self.collect(most, keep, &|_| Ok(()))
    }

    fn collect(
        &self,
        most: u64,
        keep: &dyn Fn(&Sha256) -> bool,
        remove: &dyn Fn(&Entry) -> io::Result<()>,
    ) -> Result<Freed, StoreError> {
        let mut all = self.entries()?;
        all.sort();
        let mut freed = Freed { left: all.iter().map(|e| e.size).sum(), ..Freed::default() };
        for entry in all {
            if freed.left <= most {
                break;
            }
            if keep(&entry.digest) {
                continue;
            }
            match remove(&entry) {
                Ok(()) => {
                    freed.entries += 1;
                    freed.bytes += entry.size;
                    freed.left -= entry.size;
                }
                // Another process was quicker.
                Err(e) if e.kind() == io::ErrorKind::NotFound => freed.left -= entry.size,
                Err(_) => {}
            }
        }
        Ok(freed)
    }

    /// Every entry. What has another name, or is no plain file, is none.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        let mut all = Vec::new();
        if self.folder(&[BY_DIGEST], false)?.is_none() {
            return Ok(all);
        }
        let root = self.dir.join(BY_DIGEST);
        let failed = |e: io::Error| DiskError::io(&root.to_string_lossy(), "read", e);
        for shelf in std::fs::read_dir(&root).map_err(failed)? {
            let shelf = shelf.map_err(failed)?;
            if !shelf.file_type().is_ok_and(|t| t.is_dir()) {
                continue;
            }
            for file in std::fs::read_dir(shelf.path()).map_err(failed)? {
                let file = file.map_err(failed)?;
                let digest = file.file_name().to_str().and_then(|n| n.parse::<Sha256>().ok());
                // Gone since: as good as never there.
                if let (Some(digest), Ok(about)) = (digest, file.metadata())
                    && about.is_file()
                    && self.path(&digest.to_string()) == file.path()
                {
                    all.push(Entry { used: (about.mtime(), about.mtime_nsec()), digest, size: about.len() });
                }
            }
        }
        Ok(all)
    }

    /// Removes what was left in `new/` more than a day before `now`. What cannot be removed waits.
    pub(super) fn sweep(&self, now: SystemTime) {
        for (path, _) in self.left_behind(now) {
            let _ = std::fs::remove_file(path);
        }
    }

    /// What interrupted downloads left in `new/` more than a day before `now`, with its sizes in bytes.
    /// Whoever opens the store, or collects in it, removes it.
    #[must_use]
    pub fn left_behind(&self, now: SystemTime) -> Vec<(PathBuf, u64)> {
        if !matches!(self.folder(&[NEW], false), Ok(Some(_))) {
            return Vec::new();
        }
        let old = |file: std::fs::DirEntry| {
            let about = file.metadata().ok()?;
            let age = now.duration_since(about.modified().ok()?).ok()?;
            (!about.is_dir() && age > LEFT_BEHIND).then(|| (file.path(), about.len()))
        };
        std::fs::read_dir(self.dir.join(NEW)).into_iter().flatten().flatten().filter_map(old).collect()
    }
}

/// One entry, ordered by its last use.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) used: (i64, i64),
    pub(super) digest: Sha256,
    pub(super) size: u64,
}
