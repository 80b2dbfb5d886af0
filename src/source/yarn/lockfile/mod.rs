//! yarn.lock: read losslessly, both formats, into one shape; written as yarn writes it.
//!
//! For `folder`, `graph`, `check`, `rewrite`. It judges no entry: whether a resolution is right is
//! `check`'s. Hostile input costs linear time: sizes, depths and counts are capped.
//!
//! What yarn reads in a surprising way is refused here rather than guessed: yarn 1 silently stops
//! reading at an indented line behind a blank one, and berry lets the last of two equal keys win.
//! So a file that is read at all is read here as yarn reads it.
//!
//! | file | what it is for |
//! |---|---|
//! | `error` | [`LockfileError`]: where the reading stopped, and why |
//! | `lines` | bytes to lines: size, UTF-8, line ends, tabs, conflict markers |
//! | `word` | quoted strings, common to both formats |
//! | `v1`, `berry` | one line as keys and a value, in each format's spelling |
//! | `block` | lines to nested fields: indentation, depth, nothing twice |
//! | `entry` | the fields of a block to an [`Entry`] |
//! | `write` | [`write()`]: what yarn's own writers give |
//! | `integrity` | [`with_integrity`]: the one edit that is made without yarn |

mod berry;
mod block;
mod entry;
mod error;
mod integrity;
mod lines;
mod pairs;
mod v1;
mod word;
mod write;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use error::{LockfileError, LockfileFault};
pub use integrity::{IntegrityError, with_integrity};
pub use pairs::{Pair, pairs};
pub use write::write;

/// The largest yarn.lock that is read: 16 MiB.
pub const MAX_SIZE: usize = 16 * 1024 * 1024;
/// So many keys (`name@range`) are read; an entry has one or more.
pub const MAX_KEYS: usize = 200_000;
/// So many lines are read.
pub const MAX_LINES: usize = 1_000_000;
/// So deep fields are nested: entry, `dependenciesMeta`, a name, `optional`.
pub const MAX_DEPTH: usize = 4;
/// The `__metadata` versions that are read: yarn 3 writes 6, yarn 4 writes 8 to 10.
pub const METADATA: [u32; 4] = [6, 8, 9, 10];

/// Which yarn wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// `# yarn lockfile v1`.
    V1,
    /// `__metadata: version: N`: 6 (yarn 3), 8, 9, 10 (yarn 4).
    Berry {
        /// `version`, one of [`METADATA`].
        metadata: u32,
        /// `cacheKey`, as it is written.
        cache_key: Option<String>,
    },
}

/// As pins.lock has it: `v1`, `berry 8`.
impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::V1 => f.write_str("v1"),
            Self::Berry { metadata, .. } => write!(f, "berry {metadata}"),
        }
    }
}

/// A yarn.lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lockfile {
    /// Which yarn wrote it.
    pub format: Format,
    /// In the order of the file.
    pub entries: Vec<Entry>,
    /// Whether the bytes are those that yarn's own writer gives (a warning, not an error).
    pub canonical: bool,
    /// Whether its first line ends in CR LF; yarn keeps that when it writes.
    pub crlf: bool,
    /// Whether it starts with a byte order mark; yarn drops it.
    pub bom: bool,
    /// v1: the comments `# yarn v…` and `# node v…`, which yarn writes where it is told to.
    pub versions: Vec<String>,
    /// berry: fields of `__metadata` beside `version` and `cacheKey`, for the writer.
    pub more: BTreeMap<String, Node>,
    /// berry: those of `more` that no yarn writes, with their lines: all of them.
    pub unknown: Vec<(String, usize)>,
}

/// One block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// `name@range`, each as it is written, unquoted; at least one.
    pub keys: Vec<String>,
    /// The line of its first key, from 1.
    pub line: usize,
    /// `version`.
    pub version: Option<String>,
    /// v1: `resolved`.
    pub resolved: Option<String>,
    /// v1: `integrity`.
    pub integrity: Option<String>,
    /// berry: `resolution`.
    pub resolution: Option<String>,
    /// berry: `checksum`.
    pub checksum: Option<String>,
    /// berry: `conditions`, such as `os=darwin`.
    pub conditions: Option<String>,
    /// berry: `linkType`: `hard` or `soft`.
    pub link_type: Option<String>,
    /// `dependencies`: name to range.
    pub dependencies: BTreeMap<String, String>,
    /// v1: `optionalDependencies`. Berry has them among `dependencies`, marked in `dependenciesMeta`.
    pub optional: BTreeMap<String, String>,
    /// berry: `peerDependencies`.
    pub peers: BTreeMap<String, String>,
    /// berry: names that `dependenciesMeta` marks as optional.
    pub optional_names: Vec<String>,
    /// All other fields, for the writer: `uid`, `registry`, `bin`, `languageName`,
    /// `dependenciesMeta` in full, and the unknown ones.
    pub more: BTreeMap<String, Node>,
    /// Those of `more` that no yarn writes, with their lines, in the order of the file.
    pub unknown: Vec<(String, usize)>,
    /// The line of each field, by its name (`version`, `resolved`, `dependencies.NAME`…), from 1.
    pub lines: BTreeMap<String, usize>,
}

/// A value that has no field of its own in [`Entry`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Text, unquoted. In berry everything that is not a map.
    Text(String),
    /// v1: a number: at most 15 digits.
    Number(u64),
    /// v1: `true` or `false`.
    Flag(bool),
    /// A nested block.
    Map(BTreeMap<String, Node>),
}

impl Lockfile {
    /// Reads a yarn.lock of either format.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, with its place: see [`LockfileFault`]. Linear in the size,
    /// which is looked at before anything else.
    pub fn parse(bytes: &[u8]) -> Result<Self, LockfileError> {
        let lines = lines::Lines::read(bytes)?;
        let mut lock = entry::lockfile(&lines)?;
        lock.canonical = !lock.bom && write(&lock).as_bytes() == bytes;
        Ok(lock)
    }
}
