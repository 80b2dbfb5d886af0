//! What package.json reaches in yarn.lock: nothing missing, nothing orphaned.
//!
//! For `check` and `resolve`. It follows names alone: whether an entry is what it says is `check`'s.
//! Linear in the size of the lock; cycles are nothing special.

mod berry;
#[cfg(test)]
mod tests;
mod v1;
mod ways;

use crate::model::Place;

pub(in crate::source::yarn) use v1::obeyed;

use super::folder::Folder;
use super::lockfile::Format;
use super::manifest::Package;
use super::spec::Descriptor;

/// Who wants a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// package.json of the folder.
    Root,
    /// A workspace: its index in `Folder::workspaces`.
    Workspace(usize),
    /// `resolutions` of package.json.
    Resolutions,
    /// An entry of yarn.lock: its index.
    Entry(usize),
}

/// Why there is no entry that would be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// No entry has that key.
    Absent,
    /// yarn 1: the entry's version is not in the key's range, so that yarn passes it over and
    /// resolves anew: the index of the entry.
    Outdated(usize),
}

/// A dependency that yarn.lock does not hold: yarn would take what is newest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What is wanted, as the key of yarn.lock would be.
    pub wanted: Descriptor,
    /// By whom.
    pub by: By,
    /// Where that is written.
    pub place: Place,
    /// Why not.
    pub lack: Lack,
    /// Whether the install goes on without it.
    pub optional: bool,
}

/// One step from who wants a package to the entry that yarn takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Who wants it.
    pub by: By,
    /// The dependency: its name as the dependent writes it, and what is wanted of it after
    /// `resolutions`, as the key of yarn.lock.
    pub wanted: Descriptor,
    /// Whether the install goes on without it.
    pub optional: bool,
    /// The entry: its index in `Lockfile::entries`.
    pub to: usize,
}

/// What package.json and the workspaces reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// Dependencies without an entry.
    pub missing: Vec<Missing>,
    /// Entries that nothing wants: their indices. For berry this is a suspicion, not a proof: a
    /// version of berry adds dependencies to packages that it knows to lack some.
    pub orphans: Vec<usize>,
    /// The steps, in the order in which they were gone.
    pub edges: Vec<Edge>,
}

/// Follows all dependencies of package.json and the workspaces through yarn.lock.
#[must_use]
pub fn reach(folder: &Folder) -> Graph {
    match folder.lock.format {
        Format::V1 => v1::reach(folder),
        Format::Berry { .. } => berry::reach(folder),
    }
}

/// The place of a dependency in a package.json.
fn place_of(package: &Package, at: usize) -> Place {
    package.dependencies.get(at).map_or_else(|| Place::file(&package.file), |d| d.place.clone())
}
