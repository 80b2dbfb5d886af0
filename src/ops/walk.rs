//! Where Dockerfiles are below a folder.
//!
//! For `init`, and for `lint` where there is no manifest yet. Folders whose name begins with a dot, `node_modules`, `vendor` and symlinks are not looked
//! into; whether git ignores a folder does not matter.

use super::project::{MANIFEST, known};
use crate::disk::{DiskError, Root};
use crate::model::RelPath;

/// How many entries of folders are looked at.
const MOST: usize = 200_000;

/// A folder with Dockerfiles or a manifest.
pub(super) struct Found {
    /// From that of the root.
    pub(super) folder: RelPath,
    pub(super) has_manifest: bool,
    /// Dockerfiles by their usual names, from the root's folder.
    pub(super) dockerfiles: Vec<RelPath>,
}

/// All of them, an outer one before those in it.
pub(super) fn folders(root: &Root) -> Result<Vec<Found>, DiskError> {
    let manifest = known(MANIFEST).ok();
    let mut left = MOST;
    let mut out = Vec::new();
    let mut open: Vec<Option<RelPath>> = vec![None];
    while let Some(folder) = open.pop() {
        for below in root.folders(folder.as_ref(), &mut left)? {
            let name = below.name.as_str();
            if below.is_link || name.starts_with('.') || matches!(name, "node_modules" | "vendor") {
                continue;
            }
            let path = folder.as_ref().map_or_else(|| name.to_owned(), |above| format!("{above}/{name}"));
            // What cannot be named here cannot be a member either.
            let Ok(path) = path.parse::<RelPath>() else { continue };
            let Some(inner) = root.below(&path)? else { continue };
            let listing = inner.list(&[])?;
            let has_manifest = match &manifest {
                Some(manifest) => !inner.list(std::slice::from_ref(manifest))?.files.is_empty(),
                None => false,
            };
            let full = |file: &RelPath| format!("{path}/{file}").parse().ok();
            let dockerfiles: Vec<RelPath> = listing.files.iter().filter_map(full).collect();
            if has_manifest || !dockerfiles.is_empty() {
                out.push(Found { folder: path.clone(), has_manifest, dockerfiles });
            }
            open.push(Some(path));
        }
    }
    out.sort_by(|a, b| a.folder.as_str().cmp(b.folder.as_str()));
    Ok(out)
}
