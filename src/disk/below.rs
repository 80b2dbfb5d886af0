//! A folder below a folder, as a root of its own: a member below its workspace.

use super::DiskError;
use super::root::{Root, enter};
use crate::model::RelPath;

impl Root {
    /// A folder below this one; `None` if it is not there.
    ///
    /// # Errors
    /// A symlink at the path or on the way to it, something that is no folder, and what the system says.
    pub fn below(&self, folder: &RelPath) -> Result<Option<Self>, DiskError> {
        let path = folder.as_str();
        let Some((above, name)) = self.folder_of(path)? else { return Ok(None) };
        Ok(enter(above, name, path)?.map(|fd| self.at(path, fd)))
    }

    /// Another hold on the same folder.
    ///
    /// # Errors
    /// What the system says.
    pub fn again(&self) -> Result<Self, DiskError> {
        Ok(self.at("", self.handle()?))
    }
}
