//! Folders that stand in a sparse index as one entry, spread out to the files of their trees.
//!
//! For the index: a commit takes those files, although no checkout has them.

use super::error::RepositoryError;
use super::objects::Stores;
use super::parse::{ENTRIES, Entry, FOLDER, PATHS, Parsed};

/// A level of folders below this is refused.
const DEEP: usize = 4096;

fn too_large(what: &str, cap: usize, unit: &'static str) -> RepositoryError {
    RepositoryError::TooLarge { what: what.to_owned(), cap: u64::try_from(cap).unwrap_or(u64::MAX), unit }
}

/// Spreads out each entry that is a folder. Does nothing where there is none.
pub(super) fn spread(parsed: &mut Parsed, stores: &Stores) -> Result<(), RepositoryError> {
    if parsed.entries.iter().all(|entry| entry.mode != FOLDER) {
        return Ok(());
    }
    let mut all = Vec::with_capacity(parsed.entries.len());
    for entry in std::mem::take(&mut parsed.entries) {
        if entry.mode != FOLDER {
            all.push(entry);
            continue;
        }
        // The last is the next to be looked at, so that the order of the paths is the tree's.
        let mut todo = vec![(entry, 0)];
        while let Some((entry, depth)) = todo.pop() {
            if entry.mode != FOLDER {
                all.push(entry);
                continue;
            }
            if depth > DEEP || all.len() + todo.len() > ENTRIES {
                return Err(too_large("git's index", ENTRIES, "entries"));
            }
            for found in stores.tree(&entry.id)?.into_iter().rev() {
                let start = parsed.paths.len();
                if start + entry.path.len() + found.name.len() > PATHS {
                    return Err(too_large("git's index", PATHS, "bytes of paths"));
                }
                parsed.paths.extend_from_within(entry.path.clone());
                parsed.paths.extend_from_slice(&found.name);
                if found.mode == FOLDER {
                    parsed.paths.push(b'/');
                }
                let path = start..parsed.paths.len();
                let entry = Entry { path, mode: found.mode, stage: 0, announced: false, id: found.id };
                todo.push((entry, depth + 1));
            }
        }
    }
    parsed.entries = all;
    Ok(())
}
