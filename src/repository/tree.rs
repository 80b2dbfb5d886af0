//! A folder of the index as a tree that is held: what a checkout of the commit would have there.
//!
//! For [`crate::disk::Root`]. Blobs as they are: no filter, no line end is converted. A symlink is
//! followed within the repository only, and only to say whether it leads to a folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::RepositoryError;
use super::index::{Child, Inner, children};
use super::parse::Entry;
use crate::disk::{Held, Standing, Withheld};
use crate::model::RelPath;

/// So many symlinks are followed, as Linux does.
const LINKS: usize = 40;

/// The longest target of a symlink: bytes.
const TARGET: u64 = 4096;

/// A folder of the index.
#[derive(Debug)]
pub(super) struct Tree {
    inner: Arc<Inner>,
    /// Empty, or with a `/` at its end.
    prefix: String,
    dir: PathBuf,
}

fn standing(entry: &Entry) -> Standing {
    match entry.mode {
        0o120_000 => Standing::Symlink,
        0o160_000 => Standing::Submodule,
        mode => Standing::File { executable: mode & 0o100 != 0 },
    }
}

impl Inner {
    /// What stands at a path below the top.
    fn standing(&self, path: &[u8]) -> Option<Standing> {
        if path.is_empty() {
            return Some(Standing::Folder);
        }
        if let Some(entry) = self.entry(path) {
            return Some(standing(entry));
        }
        (!self.below(&[path, b"/"].concat()).is_empty()).then_some(Standing::Folder)
    }

    /// Where the symlinks of a path lead to is a folder of this repository.
    fn leads(&self, path: &[u8]) -> Option<bool> {
        let mut links = LINKS;
        let mut at: Vec<Vec<u8>> = Vec::new();
        let split = |path: &[u8]| path.split(|b| *b == b'/').rev().map(<[u8]>::to_vec).collect::<Vec<_>>();
        // What is still to go, the next last.
        let mut way = split(path);
        while let Some(component) = way.pop() {
            match component.as_slice() {
                b"" | b"." => continue,
                b".." => {
                    at.pop()?;
                    continue;
                }
                _ => at.push(component),
            }
            let here = at.join(&b'/');
            match self.standing(&here)? {
                Standing::Folder | Standing::Submodule => {}
                Standing::File { .. } => return None,
                Standing::Symlink => {
                    links = links.checked_sub(1)?;
                    at.pop();
                    let id = &self.entry(&here)?.id;
                    let target = self.stores.blob_size(id).ok().filter(|size| *size < TARGET)?;
                    let target = if target == 0 { return None } else { self.stores.blob(id).ok()? };
                    // Out of the repository, wherever that is.
                    if target.starts_with(b"/") {
                        return None;
                    }
                    way.extend(split(&target));
                }
            }
        }
        Some(true)
    }
}

impl Tree {
    pub(super) fn new(inner: Arc<Inner>, folder: Option<&RelPath>) -> Self {
        let dir = folder.map_or_else(|| inner.top.clone(), |folder| folder.under(&inner.top));
        Self { inner, prefix: folder.map(|folder| format!("{folder}/")).unwrap_or_default(), dir }
    }

    fn whole(&self, path: &str) -> Vec<u8> {
        let whole = format!("{}{path}", self.prefix);
        whole.strip_suffix('/').unwrap_or(&whole).as_bytes().to_vec()
    }

    fn entry(&self, path: &str) -> Result<&Entry, Withheld> {
        self.inner
            .entry(&self.whole(path))
            .ok_or_else(|| Withheld { why: "it is not in git's index".to_owned(), help: "git add adds it".to_owned() })
    }
}

impl Held for Tree {
    fn name(&self) -> &'static str {
        "git's index"
    }

    fn dir(&self) -> &Path {
        &self.dir
    }

    fn look(&self, path: &str) -> Option<Standing> {
        if path.is_empty() {
            return Some(Standing::Folder);
        }
        self.inner.standing(&self.whole(path))
    }

    fn names(&self, folder: &str) -> Vec<(Vec<u8>, Standing)> {
        let mut prefix = self.whole(folder);
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        let all = children(&self.inner, self.inner.below(&prefix), prefix.len());
        let mut names: Vec<(Vec<u8>, Standing)> = all
            .map(|(name, child)| match child {
                Child::Entry(entry) => (name.to_vec(), standing(entry)),
                Child::Folder(_) => (name.to_vec(), Standing::Folder),
            })
            .collect();
        // A file and a folder of one name, which git does not write: the file, as `look` has it.
        names.sort_by(|a, b| a.0.cmp(&b.0));
        names.dedup_by(|b, a| a.0 == b.0);
        names
    }

    fn leads(&self, path: &str) -> bool {
        self.inner.leads(&self.whole(path)).unwrap_or(false)
    }

    fn size(&self, path: &str) -> Result<u64, Withheld> {
        let id = &self.entry(path)?.id;
        self.inner.stores.blob_size(id).map_err(|e: RepositoryError| e.withheld())
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, Withheld> {
        let id = &self.entry(path)?.id;
        self.inner.stores.blob(id).map_err(|e| e.withheld())
    }
}
