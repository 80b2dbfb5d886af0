//! A plan applied so that no moment leaves files half written.
//!
//! The order: every new file beside its place under a temporary name, synced and read back; the
//! journal; then the renames, the lock of the pins last; then the journal goes. Up to the journal
//! a failure leaves the tree untouched; after it, `recover` finishes what was begun.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode};
use rustix::io::Errno;

use crate::model::{RelPath, Twins};

use super::content::{Beat, Content};
use super::fresh::{create, sync_folder};
use super::journal::{self, Item, JOURNAL, STAGING, staged_name};
use super::lock::ProcessLock;
use super::root::{Root, enter, hash_plain, kind, look, open_plain};
use super::{Change, DiskError, Plan};

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
    let mut all: Vec<&Change> = plan.changes().iter().collect();
    if all.is_empty() {
        return Ok(());
    }
    refuse_twins(&all)?;
    // What the Dockerfiles speak of comes before them, and the lock comes last.
    all.sort_by_key(|c| (c.path == *last, !c.is_stored()));
    let (modes, changes): (Vec<&Change>, Vec<&Change>) = all.into_iter().partition(|c| c.keeps_bytes());
    if look(lock.state(), JOURNAL, JOURNAL)?.is_some() {
        return Err(DiskError::Interrupted);
    }
    for change in modes {
        set_mode(root, change, beat)?;
    }
    if changes.is_empty() {
        return Ok(());
    }
    let item = |c: &&Change| Item {
        path: c.path.clone(),
        before: c.before.sha256(),
        after: c.after.as_ref().map(Content::sha256),
    };
    let items: Vec<Item> = changes.iter().map(item).collect();
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
    prune(root, &items, beat).map_err(|e| DiskError::HalfDone(Box::new(e)))?;
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
    let Some(content) = &change.after else {
        // Nothing to stage; the last look sees whether it still is what it was.
        return Ok(());
    };
    let folder = make_way(root, path, made, beat)?;
    if hash_plain(&folder, name, path)? != item.before {
        return Err(DiskError::Changed(path.to_owned()));
    }
    let like = look(&folder, name, path)?.filter(|s| kind(s).is_file());
    create(&folder, &staged_name(name), path, content, like.as_ref(), change.permissions.mode(), beat)
}

/// The permissions of a file that keeps its bytes. One step each, which nothing needs to undo.
fn set_mode(root: &Root, change: &Change, beat: &mut Beat<'_>) -> Result<(), DiskError> {
    let path = change.path.as_str();
    let Some(mode) = change.permissions.mode() else { return Ok(()) };
    let changed = || DiskError::Changed(path.to_owned());
    let (folder, name) = root.folder_of(path)?.ok_or_else(changed)?;
    if hash_plain(&folder, name, path)? != change.before.sha256() {
        return Err(changed());
    }
    let file = open_plain(&folder, name, path)?.ok_or_else(changed)?;
    beat("permissions")?;
    rustix::fs::fchmod(&file, Mode::from_raw_mode(mode.into())).map_err(|e| DiskError::io(path, "written", e))
}

/// Folders that a file which went has left empty go too, up to the root.
pub(super) fn prune(root: &Root, items: &[Item], beat: &mut Beat<'_>) -> Result<(), DiskError> {
    for item in items.iter().filter(|i| i.after.is_none()) {
        let mut folder = above(&item.path);
        while !folder.is_empty() {
            beat("prune")?;
            // Not empty, gone already, or not to be removed: in none of these is anything lost.
            let Ok(Some((parent, name))) = root.folder_of(folder) else { break };
            if rustix::fs::unlinkat(&parent, name, AtFlags::REMOVEDIR).is_err() {
                break;
            }
            let up = folder.rsplit_once('/').map_or("", |(up, _)| up);
            sync_folder(parent, up)?;
            folder = up;
        }
    }
    Ok(())
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
