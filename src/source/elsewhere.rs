//! Vendored files whose bytes are rightly not in the tree that is judged.
//!
//! For `verify` over git's index, where files of `track = false` pins never are, and where git-lfs
//! puts a pointer in a file's place. On the disk nothing is elsewhere.

use crate::disk::Root;
use crate::lock::Artifact;
use crate::model::{RelPath, Sha256};

/// The most that an LFS pointer has: bytes (git-lfs, docs/spec.md).
pub const POINTER: u64 = 1024;

/// The digest and the size that an LFS pointer names, if the file is one.
#[must_use]
pub fn pointer(root: &Root, path: &RelPath) -> Option<(Sha256, u64)> {
    let bytes = root.read(path, POINTER).ok().flatten()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let mut lines = text.lines();
    if lines.next() != Some("version https://git-lfs.github.com/spec/v1") {
        return None;
    }
    let (mut oid, mut size) = (None, None);
    for line in lines {
        match line.split_once(' ') {
            Some(("oid", value)) => oid = value.strip_prefix("sha256:").and_then(|h| h.parse().ok()),
            Some(("size", value)) => size = value.parse().ok(),
            _ => {}
        }
    }
    Some((oid?, size?))
}

/// Whether a held tree has nothing in an artifact's place, or an LFS pointer to its bytes: then
/// there is nothing to be proved there. Whether something must be there is judged before.
#[must_use]
pub fn is_elsewhere(root: &Root, artifact: &Artifact, path: &RelPath) -> bool {
    root.is_held()
        && (matches!(root.open_file(path), Ok(None)) || pointer(root, path) == Some((artifact.sha256, artifact.size)))
}
