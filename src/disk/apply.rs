//! A plan applied so that no moment leaves files half written.
//!
//! The order: every new file beside its place under a temporary name, synced and read back; the
//! journal; then the renames, the lock of the pins last; then the journal goes. Up to the journal
//! a failure leaves the tree untouched; after it, `recover` finishes what was begun.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::fchown;

use rustix::fs::{AtFlags, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::model::{RelPath, Sha256, Twins};

use super::journal::{self, Item, JOURNAL, STAGING, staged_name};
use super::lock::ProcessLock;
use super::root::{Root, enter, hash_plain, kind, look};
use super::{Change, DiskError, Plan};

/// Called before each step that changes the disk, with its name; tests stop the world here.
pub(super) type Beat<'a> = dyn FnMut(&'static str) -> Result<(), DiskError> + 'a;

/// Makes a folder's entries durable. File systems that cannot do so for a folder are excused.
pub(super) fn sync_folder(folder: impl AsFd, path: &str) -> Result<(), DiskError> {
    match rustix::fs::fsync(folder) {
        Ok(()) | Err(Errno::INVAL | Errno::NOTSUP | Errno::NOSYS) => Ok(()),
        Err(e) => Err(DiskError::io(path, "written", e)),
    }
}

/// Writes a file that must not be there yet; one of our own left-overs of that name goes first.
/// Synced and read back. `path` is for messages.
pub(super) fn write_new(folder: impl AsFd, name: &str, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
    create(folder, name, path, bytes, None, 0o644, &mut |_| Ok(()))
}

fn create(
    folder: impl AsFd,
    name: &str,
    path: &str,
    bytes: &[u8],
    like: Option<&Stat>,
    mode: u16,
    beat: &mut Beat<'_>,
) -> Result<(), DiskError> {
    let failed = |e: std::io::Error| DiskError::io(path, "written", e);
    beat("create")?;
    match rustix::fs::unlinkat(&folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(e) => return Err(failed(e.into())),
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(&folder, name, flags, Mode::from_raw_mode(0o600)).map_err(|e| failed(e.into()))?;
    let mut file = File::from(fd);
    beat("write")?;
    file.write_all(bytes).map_err(failed)?;
    beat("permissions")?;
    let mode = match like {
        Some(stat) => {
            // Run as another user than the owner, such as root in a container: kept if allowed.
            let _ = fchown(&file, Some(stat.st_uid), Some(stat.st_gid));
            Mode::from_raw_mode(stat.st_mode & 0o777)
        }
        None => Mode::from_raw_mode(mode.into()),
    };
    rustix::fs::fchmod(&file, mode).map_err(|e| failed(e.into()))?;
    beat("sync")?;
    file.sync_all().map_err(failed)?;
    drop(file);
    beat("read back")?;
    if hash_plain(&folder, name, path)? == Some(Sha256::of(bytes)) {
        Ok(())
    } else {
        Err(DiskError::ReadBack(path.to_owned()))
    }
}

impl Plan {
    /// Applies the plan: all of it, with the file `last` last, or nothing.
    ///
    /// # Errors
    /// A file is not what it was when the plan was made, a symlink or no plain file is in the
    /// way, two changes concern one file, an earlier run is unfinished, or what the system says.
    /// After all of these no file is changed, but for [`DiskError::HalfDone`]: the journal stands
    /// and [`super::recover`] finishes it.
    pub fn apply(&self, root: &Root, lock: &ProcessLock, last: &RelPath) -> Result<(), DiskError> {
        apply(self, root, lock, last, &mut |_| Ok(()))
    }
}

pub(super) fn apply(
    plan: &Plan,
    root: &Root,
    lock: &ProcessLock,
    last: &RelPath,
    beat: &mut Beat<'_>,
) -> Result<(), DiskError> {
    let (first, end): (Vec<&Change>, Vec<&Change>) = plan.changes().iter().partition(|c| c.path != *last);
    let changes = [first, end].concat();
    if changes.is_empty() {
        return Ok(());
    }
    refuse_twins(&changes)?;
    if look(lock.state(), JOURNAL, JOURNAL)?.is_some() {
        return Err(DiskError::Interrupted);
    }
    let digest = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(Sha256::of);
    let items: Vec<Item> = changes
        .iter()
        .map(|c| Item { path: c.path.clone(), before: digest(&c.before), after: digest(&c.after) })
        .collect();
    let mut made = Vec::new();
    prepare(root, lock, &changes, &items, &mut made, beat)
        .and_then(|()| {
            let mut renamed = 0;
            finish(root, &items, &mut renamed, beat).map_err(|e| match renamed {
                0 => e,
                _ => DiskError::HalfDone(Box::new(e)),
            })
        })
        .inspect_err(|error| {
            if !matches!(error, DiskError::HalfDone(_)) {
                // The journal first: without it the rest is litter, which any next run sweeps.
                let _ = lock.forget(JOURNAL);
                unstage(root, &items);
                for path in made.iter().rev() {
                    if let Ok(Some((folder, name))) = root.folder_of(path) {
                        let _ = rustix::fs::unlinkat(folder, name, AtFlags::REMOVEDIR);
                    }
                }
                let _ = lock.forget(STAGING);
            }
        })?;
    // All is in place. A journal that cannot be removed does not make that untrue, but the next
    // verify would say so: so it is told.
    conclude(lock, beat).map_err(|e| DiskError::HalfDone(Box::new(e)))
}

/// All up to the journal, and the last look at the files as they stand.
fn prepare(
    root: &Root,
    lock: &ProcessLock,
    changes: &[&Change],
    items: &[Item],
    made: &mut Vec<String>,
    beat: &mut Beat<'_>,
) -> Result<(), DiskError> {
    beat("staging list")?;
    lock.note(STAGING, &journal::write_staging(items))?;
    let mut folders = BTreeSet::new();
    for (change, item) in changes.iter().zip(items) {
        stage(root, change, item, made, beat)?;
        folders.insert(above(&change.path));
    }
    for folder in folders {
        beat("sync folder")?;
        sync_path(root, folder)?;
    }
    beat("journal")?;
    lock.note(JOURNAL, &journal::write(items))?;
    beat("last look")?;
    for item in items {
        let now = match root.folder_of(item.path.as_str())? {
            Some((folder, name)) => hash_plain(folder, name, item.path.as_str())?,
            None => None,
        };
        if now != item.before {
            return Err(DiskError::Changed(item.path.to_string()));
        }
    }
    Ok(())
}

fn refuse_twins(changes: &[&Change]) -> Result<(), DiskError> {
    let mut twins = Twins::default();
    let mut seen = BTreeSet::new();
    for change in changes {
        let path = &change.path;
        let other = twins.note(path.as_str()).map(str::to_owned);
        if let Some(other) = other {
            return Err(DiskError::Twins(other, path.to_string()));
        }
        if !seen.insert(path) || journal::is_own(path) {
            return Err(DiskError::Twins(path.to_string(), path.to_string()));
        }
    }
    Ok(())
}

/// The path of the folder that holds a file; empty for the root.
fn above(path: &RelPath) -> &str {
    path.as_str().rsplit_once('/').map_or("", |(above, _)| above)
}

fn sync_path(root: &Root, folder: &str) -> Result<(), DiskError> {
    let fd = if folder.is_empty() {
        root.handle()?
    } else {
        match root.folder_of(folder)? {
            Some((above, name)) => match enter(above, name, folder)? {
                Some(fd) => fd,
                None => return Ok(()),
            },
            None => return Ok(()),
        }
    };
    sync_folder(fd, folder)
}

/// The folder of a file to be, made where it is missing. What was made is added to `made`.
fn make_way(root: &Root, path: &str, made: &mut Vec<String>, beat: &mut Beat<'_>) -> Result<OwnedFd, DiskError> {
    let mut folder = root.handle()?;
    let Some((above, _)) = path.rsplit_once('/') else {
        return Ok(folder);
    };
    let mut way = String::new();
    for component in above.split('/') {
        way.push_str(component);
        let next = match enter(&folder, component, &way)? {
            Some(next) => next,
            None => {
                beat("folder")?;
                match rustix::fs::mkdirat(&folder, component, Mode::from_raw_mode(0o755)) {
                    Ok(()) => made.push(way.clone()),
                    Err(Errno::EXIST) => {}
                    Err(e) => return Err(DiskError::io(&way, "written", e)),
                }
                sync_folder(&folder, &way)?;
                let gone = || DiskError::io(&way, "written", Errno::NOENT);
                enter(&folder, component, &way)?.ok_or_else(gone)?
            }
        };
        folder = next;
        way.push('/');
    }
    Ok(folder)
}

fn stage(
    root: &Root,
    change: &Change,
    item: &Item,
    made: &mut Vec<String>,
    beat: &mut Beat<'_>,
) -> Result<(), DiskError> {
    let path = change.path.as_str();
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some(bytes) = &change.after else {
        // Nothing to stage; the last look sees whether it still is what it was.
        return Ok(());
    };
    let folder = make_way(root, path, made, beat)?;
    if hash_plain(&folder, name, path)? != item.before {
        return Err(DiskError::Changed(path.to_owned()));
    }
    let like = look(&folder, name, path)?.filter(|s| kind(s).is_file());
    let mode = if change.executable { 0o755 } else { 0o644 };
    create(&folder, &staged_name(name), path, bytes, like.as_ref(), mode, beat)
}

/// Takes the temporaries away, as far as that is possible.
pub(super) fn unstage(root: &Root, items: &[Item]) {
    for item in items {
        if let Ok(Some((folder, name))) = root.folder_of(item.path.as_str()) {
            let _ = rustix::fs::unlinkat(folder, staged_name(name), AtFlags::empty());
        }
    }
}

/// The renames, in order. All but the last are durable before the last is begun. `renamed` counts
/// what was done, also on failure.
pub(super) fn finish(root: &Root, items: &[Item], renamed: &mut usize, beat: &mut Beat<'_>) -> Result<(), DiskError> {
    let mut folders = BTreeSet::new();
    let last = items.len().saturating_sub(1);
    for (at, item) in items.iter().enumerate() {
        if at == last {
            for folder in std::mem::take(&mut folders) {
                beat("sync folder")?;
                sync_path(root, folder)?;
            }
        }
        let path = item.path.as_str();
        beat("rename")?;
        let done = match (root.folder_of(path)?, item.after) {
            (Some((folder, name)), Some(_)) => rustix::fs::renameat(&folder, staged_name(name), &folder, name),
            (Some((folder, name)), None) => match rustix::fs::unlinkat(&folder, name, AtFlags::empty()) {
                Err(Errno::NOENT) => Ok(()),
                done => done,
            },
            (None, Some(_)) => Err(Errno::NOENT),
            (None, None) => Ok(()),
        };
        done.map_err(|e| DiskError::io(path, "written", e))?;
        *renamed += 1;
        folders.insert(above(&item.path));
    }
    for folder in folders {
        beat("sync folder")?;
        sync_path(root, folder)?;
    }
    Ok(())
}

/// All is in place: the notes go.
pub(super) fn conclude(lock: &ProcessLock, beat: &mut Beat<'_>) -> Result<(), DiskError> {
    beat("drop journal")?;
    lock.forget(JOURNAL)?;
    beat("drop staging list")?;
    lock.forget(STAGING)
}
