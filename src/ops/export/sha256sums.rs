//! `export sha256sums`: every vendored file of the lock, as `sha256sum -c` reads it.
//!
//! No name needs the escaping that sha256sum knows for backslashes and line ends: a `RelPath` holds
//! none, and a lock that has one is not read.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Exported, locked};
use crate::model::Failure;

/// One line a file, by path, relative to the folder of pins.toml.
///
/// # Errors
/// What kept the manifest or the lock from being read; a pin that is not locked as pins.toml has it.
pub fn run(dir: &Path) -> Result<Exported, Vec<Failure>> {
    let locked = locked(dir, &[])?;
    let artifacts = locked.pins.iter().flat_map(|(_, entry)| &entry.artifacts);
    let files: BTreeSet<_> = artifacts.filter_map(|a| Some((a.path.as_ref()?.as_str(), a.sha256))).collect();
    let text = files.into_iter().map(|(path, sha256)| format!("{sha256}  {path}\n")).collect();
    Ok(Exported { text, notes: locked.notes })
}
