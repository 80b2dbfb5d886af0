//! package.json: read with a place for every fault, and edited losslessly.
//!
//! For `folder`, `rewrite`. Only what yarn takes packages from; scripts and the rest are nobody's
//! business here, but for the names of those that yarn runs on a package from git.
//!
//! Read strictly, as both yarns do (`JSON.parse` after an optional byte order mark), and stricter in
//! one point: a key that stands twice in an object is refused, since each reader takes another one.

mod json;
mod read;
mod summary;
#[cfg(test)]
mod tests;
mod wanted;

use std::ops::Range;

use crate::model::{Place, Trouble};

use super::lockfile::Format;

pub use summary::entry_summary;
pub use wanted::Wanted;

/// The most that is read of a package.json, in bytes.
pub const CAP: usize = 16 * 1024 * 1024;

/// The most dependencies that one package.json may have.
pub const DEPENDENCIES: usize = 20_000;

/// The most `resolutions` that it may have.
pub const RESOLUTIONS: usize = 1_000;

/// A package.json.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The file as the user knows it, relative to the folder of pins.toml.
    pub file: String,
    /// `name`
    pub name: Option<String>,
    /// `version`
    pub version: Option<String>,
    /// `private`
    pub private: bool,
    /// All dependencies, sections and items in the order of the file.
    pub dependencies: Vec<Dependency>,
    /// `resolutions`, in the order of the file.
    pub resolutions: Vec<Resolution>,
    /// The globs of `workspaces`, also of `workspaces.packages`.
    pub workspaces: Vec<String>,
    /// `packageManager`, such as `yarn@4.1.0`.
    pub package_manager: Option<String>,
    /// Names that `dependenciesMeta` marks `optional: true`; sorted.
    pub optional_meta: Vec<String>,
    /// `bundledDependencies` or `bundleDependencies`.
    pub bundled: Vec<String>,
    /// Names of its scripts that yarn runs when it packs the package from git (`prepare`, `prepack`,
    /// `preinstall`…).
    pub lifecycle: Vec<String>,
    /// The file's content.
    pub bytes: Vec<u8>,
}

/// In which object of package.json a dependency stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// `dependencies`
    Normal,
    /// `devDependencies`
    Dev,
    /// `optionalDependencies`
    Optional,
    /// `peerDependencies`
    Peer,
}

/// One item of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Where it stands.
    pub section: Section,
    /// The package's name, decoded.
    pub name: String,
    /// The range, decoded.
    pub range: String,
    /// The place of the range.
    pub place: Place,
    /// The bytes of the range's string in the file, quotes included.
    pub span: Range<usize>,
}

/// One item of `resolutions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// `a`, `**/a`, `a/b`, `a@npm:^1`.
    pub pattern: String,
    /// What it takes instead.
    pub range: String,
    /// The place of the range.
    pub place: Place,
    /// The bytes of the range's string in the file, quotes included.
    pub span: Range<usize>,
}

impl Section {
    /// The key of package.json.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Normal => "dependencies",
            Self::Dev => "devDependencies",
            Self::Optional => "optionalDependencies",
            Self::Peer => "peerDependencies",
        }
    }
}

impl Package {
    /// Reads a package.json. `file` is what the places name.
    ///
    /// # Errors
    /// All faults: no JSON (comments, trailing commas and single quotes are none), too large, too
    /// deep, a key that stands twice, a section that is no object, a range that is no string.
    pub fn parse(file: &str, bytes: Vec<u8>) -> Result<Self, Vec<Trouble>> {
        read::package(file, bytes)
    }

    /// The file with other ranges: pairs of an index into `dependencies` and the new range. Every
    /// other byte is kept. An index that does not exist is passed over; of two for one index the
    /// last holds.
    #[must_use]
    pub fn with_ranges(&self, new: &[(usize, String)]) -> Vec<u8> {
        let mut edits: Vec<(&Range<usize>, &str)> = Vec::with_capacity(new.len());
        let mut seen = std::collections::BTreeSet::new();
        for (at, range) in new.iter().rev() {
            if let Some(dependency) = self.dependencies.get(*at).filter(|_| seen.insert(*at)) {
                edits.push((&dependency.span, range));
            }
        }
        edits.sort_by_key(|(span, _)| span.start);
        let mut out = Vec::with_capacity(self.bytes.len() + 64 * edits.len());
        let mut done = 0;
        for (span, range) in edits {
            out.extend_from_slice(self.bytes.get(done..span.start).unwrap_or_default());
            out.extend_from_slice(json::quote(range).as_bytes());
            done = span.end;
        }
        out.extend_from_slice(self.bytes.get(done..).unwrap_or_default());
        out
    }

    /// What yarn takes of its dependencies, each name once, sorted by name: where a name stands in
    /// several sections, yarn 1 and berry choose differently. `dev`: also `devDependencies`, as of a
    /// root or a workspace. Peers are not among them.
    #[must_use]
    pub fn wanted(&self, format: &Format, dev: bool) -> Vec<Wanted<'_>> {
        wanted::of(self, format, dev)
    }

    /// What yarn makes of it as a dependency from git: its version and what it needs, as evidence of
    /// the lock: `version=0.4.50 chalk=^1.1.1 optional:fsevents=^1`. See [`entry_summary`].
    #[must_use]
    pub fn summary(&self, format: &Format) -> String {
        summary::of_package(self, format)
    }
}
