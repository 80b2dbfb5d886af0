//! A folder below a folder, as a root of its own: a member below its workspace.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::DiskError;
use super::held::{Held, Standing, Withheld};
use super::root::{Ground, Root, enter};
use crate::model::RelPath;

impl Root {
    /// A folder below this one; `None` if it is not there.
    ///
    /// # Errors
    /// A symlink at the path or on the way to it, something that is no folder, and what the system says.
    pub fn below(&self, folder: &RelPath) -> Result<Option<Self>, DiskError> {
        let path = folder.as_str();
        let dir = folder.under(self.dir());
        match self.ground() {
            Ground::Open(_) => {
                let Some((above, name)) = self.folder_of(path)? else { return Ok(None) };
                Ok(enter(above, name, path)?.map(|fd| Self::of(dir, fd)))
            }
            Ground::Held(tree) => {
                let Some((above, name)) = self.way(path)? else { return Ok(None) };
                let there = above.enter(name, path)?.is_some();
                let below = Below { tree: tree.clone(), prefix: format!("{path}/"), dir };
                Ok(there.then(|| Self::held(Arc::new(below))))
            }
        }
    }

    /// Another hold on the same folder.
    ///
    /// # Errors
    /// What the system says.
    pub fn again(&self) -> Result<Self, DiskError> {
        match self.ground() {
            Ground::Open(_) => Ok(Self::of(self.dir().to_owned(), self.handle()?)),
            Ground::Held(tree) => Ok(Self::held(tree.clone())),
        }
    }
}

/// A folder of a held tree, as a tree.
#[derive(Debug)]
struct Below {
    tree: Arc<dyn Held>,
    /// With a `/` at its end.
    prefix: String,
    dir: PathBuf,
}

impl Below {
    fn at(&self, path: &str) -> String {
        let whole = format!("{}{path}", self.prefix);
        whole.strip_suffix('/').map_or(whole.clone(), str::to_owned)
    }
}

impl Held for Below {
    fn name(&self) -> &'static str {
        self.tree.name()
    }

    fn dir(&self) -> &Path {
        &self.dir
    }

    fn look(&self, path: &str) -> Option<Standing> {
        self.tree.look(&self.at(path))
    }

    fn names(&self, folder: &str) -> Vec<(Vec<u8>, Standing)> {
        self.tree.names(&self.at(folder))
    }

    fn leads(&self, path: &str) -> bool {
        self.tree.leads(&self.at(path))
    }

    fn size(&self, path: &str) -> Result<u64, Withheld> {
        self.tree.size(&self.at(path))
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, Withheld> {
        self.tree.bytes(&self.at(path))
    }
}
