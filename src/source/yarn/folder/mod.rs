//! The folder of a yarn pin as it stands: manifests, workspaces, lock, yarn's own settings.
//!
//! For `check` and `resolve`. Read through `disk`'s root: no symlink is followed. What it says of
//! packages is `graph`'s and `check`'s.

mod read;
mod settings;
#[cfg(test)]
mod tests;
mod workspaces;
mod yaml;
mod yarnrc;

use crate::disk::Root;
use crate::model::{Id, RelPath, Trouble};

use super::lockfile::Lockfile;
use super::manifest::Package;

pub use settings::{Said, Settings};

/// A folder with package.json and yarn.lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// The folder below that of pins.toml; `None` is that one itself.
    pub path: Option<RelPath>,
    /// Its package.json.
    pub package: Package,
    /// The workspaces: the folder of each, below that of pins.toml, and its package.json. Sorted by
    /// folder; the root is not among them.
    pub workspaces: Vec<(RelPath, Package)>,
    /// Its yarn.lock.
    pub lock: Lockfile,
    /// The content of yarn.lock.
    pub lock_bytes: Vec<u8>,
    /// yarn.lock as the user knows it: `app/yarn.lock`.
    pub lock_file: String,
    /// What .yarnrc and .yarnrc.yml say, those of the folders above too, up to that of pins.toml.
    pub settings: Settings,
}

impl Folder {
    /// Reads a folder.
    ///
    /// # Errors
    /// All faults at once: YARN001 (yarn.lock), YARN002 (package.json, of a workspace too), YARN014
    /// (a workspace outside the folder, settings that cannot be read), YARN012 (settings that switch off
    /// what is proved).
    pub fn read(root: &Root, folder: Option<&RelPath>) -> Result<Self, Vec<(Id, Trouble)>> {
        read::folder(root, folder)
    }

    /// A path of the folder as the user knows it: `app/package.json`.
    #[must_use]
    pub fn file(&self, name: &str) -> String {
        read::joined(self.path.as_ref(), name)
    }

    /// The folder of a workspace relative to this one, as yarn.lock names it: `packages/a`.
    #[must_use]
    pub fn relative<'a>(&self, workspace: &'a RelPath) -> &'a str {
        let full = workspace.as_str();
        match &self.path {
            Some(path) => full.strip_prefix(path.as_str()).and_then(|r| r.strip_prefix('/')).unwrap_or(full),
            None => full,
        }
    }

    /// All manifests: the root's, then those of the workspaces; each with its folder relative to
    /// this one, `.` for the root.
    pub fn packages(&self) -> impl Iterator<Item = (&str, &Package)> {
        let workspaces = self.workspaces.iter().map(|(path, package)| (self.relative(path), package));
        std::iter::once((".", &self.package)).chain(workspaces)
    }
}
