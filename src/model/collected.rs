//! What `gc` came to.
//!
//! Made by `ops`, shown by `ui`.

/// What left the store of this machine, or would.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Nothing was removed: it is only told what would go.
    pub dry_run: bool,
    /// How many files go.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many leftovers of interrupted downloads go beside.
    pub leftovers: u64,
    /// Their bytes.
    pub leftover_bytes: u64,
    /// The bytes that stay.
    pub left: u64,
    /// How many bytes may stay; more do where locks list them.
    pub most: u64,
    /// How many of the files that the heeded locks list are there, and stay.
    pub kept: u64,
}
