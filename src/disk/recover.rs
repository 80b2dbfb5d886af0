//! What an interrupted run left behind: finished where that is safe, put away where it is not.
//!
//! For every verb that writes into the folder, right after it took the lock; and for `verify`, which only asks.
//! A file is touched only if its bytes are those that the journal names: an edit of the user's in
//! the meantime is never lost.

use crate::model::{RelPath, Sha256, Trouble, quoted};

use super::apply::{conclude, finish, prune, unstage};
use super::content::Beat;
use super::journal::{self, Item, JOURNAL, STAGING, staged_name};
use super::lock::{ProcessLock, STATE};
use super::root::{CAP, Root, enter, hash_plain, read_plain};
use super::{DiskError, apply};

/// What [`recover`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// No run was interrupted after it began to change files.
    Nothing,
    /// The interrupted changes to these files are done now, all of them.
    Completed(Vec<RelPath>),
    /// None of these files had been changed yet; none is, and the interrupted changes are dropped.
    RolledBack(Vec<RelPath>),
    /// The interrupted changes can neither be finished nor undone.
    Abandoned {
        /// Files that had got their new bytes.
        written: Vec<RelPath>,
        /// Files that had not, or that somebody edited since: left as they are.
        kept: Vec<RelPath>,
    },
    /// The journal could not be read; nothing but the journal was removed.
    Damaged,
}

impl Recovery {
    /// What to tell the user; `None` for [`Recovery::Nothing`].
    #[must_use]
    pub fn to_trouble(&self) -> Option<Trouble> {
        let names = |paths: &[RelPath]| {
            let all: Vec<String> = paths.iter().map(|p| quoted(p.as_str())).collect();
            all.join(", ")
        };
        let trouble = match self {
            Self::Nothing => return None,
            Self::Completed(paths) => Trouble::new(format!("an interrupted run was completed: {}", names(paths))),
            Self::RolledBack(paths) => {
                Trouble::new(format!("an interrupted run was dropped before it changed anything: {}", names(paths)))
            }
            Self::Abandoned { written, kept } => {
                Trouble::new("an interrupted run could not be completed, since files were edited after it")
                    .expected(format!("as the run wrote them: {}", names(written)))
                    .found(format!("left as they are: {}", names(kept)))
                    .help("review these files, with git diff for instance; your edits are kept")
            }
            Self::Damaged => Trouble::new("the journal of an interrupted run was damaged, and was dropped")
                .help("review the Dockerfiles and pins.lock, with git diff for instance"),
        };
        Some(trouble)
    }
}

/// Where one file of a journal stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    Before,
    After,
    Elsewhere,
}

/// Finishes or drops what an interrupted run left, and sweeps its temporaries away.
///
/// # Errors
/// What the system says. Files are as they were, or the journal still stands.
pub fn recover(root: &Root, lock: &ProcessLock) -> Result<Recovery, DiskError> {
    recover_with(root, lock, &mut |_| Ok(()))
}

fn recover_with(root: &Root, lock: &ProcessLock, beat: &mut Beat<'_>) -> Result<Recovery, DiskError> {
    let bytes = match read_plain(lock.state(), JOURNAL, &format!("{STATE}/{JOURNAL}"), CAP) {
        Ok(Some(bytes)) => Some(bytes),
        Ok(None) => {
            sweep(root, lock, beat)?;
            return Ok(Recovery::Nothing);
        }
        Err(DiskError::Symlink(_) | DiskError::TooLarge { .. }) => None,
        Err(e) => return Err(e),
    };
    let Some(items) = bytes.and_then(|b| journal::read(&b)) else {
        sweep(root, lock, beat)?;
        beat("drop journal")?;
        lock.forget(JOURNAL)?;
        return Ok(Recovery::Damaged);
    };
    let mut todo = Vec::new();
    let (mut written, mut kept) = (Vec::new(), Vec::new());
    let mut safe = true;
    for item in &items {
        let (stands, staged) = look_at(root, item)?;
        match stands {
            Stands::After => written.push(item.path.clone()),
            Stands::Before | Stands::Elsewhere => kept.push(item.path.clone()),
        }
        match stands {
            Stands::After => {}
            Stands::Before if staged => todo.push(item.clone()),
            Stands::Before | Stands::Elsewhere => safe = false,
        }
    }
    let outcome = if safe {
        finish(root, &todo, &mut 0, beat)?;
        prune(root, &items, beat)?;
        Recovery::Completed(items.iter().map(|i| i.path.clone()).collect())
    } else if written.is_empty() {
        Recovery::RolledBack(kept)
    } else {
        Recovery::Abandoned { written, kept }
    };
    beat("unstage")?;
    unstage(root, &items);
    sweep(root, lock, beat)?;
    conclude(lock, beat)?;
    Ok(outcome)
}

/// Where a file stands, and whether its new bytes, if it gets any, wait beside it.
fn look_at(root: &Root, item: &Item) -> Result<(Stands, bool), DiskError> {
    let path = item.path.as_str();
    let (folder, name) = match root.folder_of(path) {
        Ok(Some(found)) => found,
        Ok(None) => {
            let stands = match (item.before, item.after) {
                (None, _) => Stands::Before,
                (_, None) => Stands::After,
                _ => Stands::Elsewhere,
            };
            return Ok((stands, item.after.is_none()));
        }
        Err(DiskError::Symlink(_) | DiskError::NotAFolder(_)) => {
            return Ok((Stands::Elsewhere, false));
        }
        Err(e) => return Err(e),
    };
    // Something else than a file is somebody's edit too.
    let digest = |name: &str| -> Result<Result<Option<Sha256>, ()>, DiskError> {
        match hash_plain(&folder, name, path) {
            Ok(digest) => Ok(Ok(digest)),
            Err(DiskError::Symlink(_) | DiskError::NotAFile { .. }) => Ok(Err(())),
            Err(e) => Err(e),
        }
    };
    let stands = match digest(name)? {
        Ok(now) if now == item.after => Stands::After,
        Ok(now) if now == item.before => Stands::Before,
        _ => Stands::Elsewhere,
    };
    let staged = item.after.is_none() || digest(&staged_name(name))? == Ok(item.after);
    Ok((stands, staged))
}

/// Removes the temporaries of a run that did not come to its journal.
fn sweep(root: &Root, lock: &ProcessLock, beat: &mut Beat<'_>) -> Result<(), DiskError> {
    let list = read_plain(lock.state(), STAGING, &format!("{STATE}/{STAGING}"), CAP);
    let Ok(Some(bytes)) = list else {
        return Ok(());
    };
    let items: Vec<Item> =
        journal::read_staging(&bytes).into_iter().map(|path| Item { path, before: None, after: None }).collect();
    beat("sweep")?;
    apply::unstage(root, &items);
    beat("drop staging list")?;
    lock.forget(STAGING)
}

/// Whether a run was interrupted after it began to change files, and which; only reads. A journal
/// that cannot be read counts, with no file named.
#[must_use]
pub fn interrupted(root: &Root) -> Option<Vec<RelPath>> {
    // Nobody writes into a held tree.
    let Ok(folder) = root.fd() else { return None };
    let path = format!("{STATE}/{JOURNAL}");
    let state = match enter(folder, STATE, STATE) {
        Ok(Some(state)) => state,
        Ok(None) => return None,
        Err(_) => return Some(Vec::new()),
    };
    match read_plain(state, JOURNAL, &path, CAP) {
        Ok(None) => None,
        Ok(Some(bytes)) => {
            let items = journal::read(&bytes).unwrap_or_default();
            Some(items.into_iter().map(|i| i.path).collect())
        }
        Err(_) => Some(Vec::new()),
    }
}

#[cfg(test)]
#[path = "crash_tests.rs"]
mod tests;
