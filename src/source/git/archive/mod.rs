//! A commit's tree as a tar, the bytes that `git archive --format=tar` writes.
//!
//! For `resolve` and `fetch`, which vendor it, and for [`super::proof`], which reads it back. Pure:
//! objects in, bytes out. It applies no attributes: `export-ignore`, `export-subst`, `eol`, `ident`
//! and `working-tree-encoding` change what `git archive` writes with the machine and with time, so
//! the blobs are written as they are, and a note says so.
//!
//! The format is frozen by a number, [`FORMAT`], since a tar is made anew wherever it is missing.
//! Format 1: a pax global header with the commit's id; then the tree's entries in its own order, a
//! folder before what it holds; modes 0664, 0775 and 0777; owner root; all times the committer's;
//! pax headers for paths and link targets that ustar cannot hold; zeros up to a multiple of 10,240
//! bytes. (git 2.47, archive-tar.c; POSIX.1-2001, pax interchange format.)

mod attributes;
mod build;
mod error;
mod names;
mod tar;
mod write;

pub use error::{ArchiveError, Refused};
pub use write::{Archive, Options, write};

pub(super) use build::{Builder, Ids, Kind, Left, SHA256};
pub(super) use tar::{BLOCK, Head, field, global, padding, trailer};

/// The number of the tar's format, as it stands in the lock's evidence under `tar-format`.
pub const FORMAT: &str = "1";

/// How many entries a tree may have, folders included.
pub const ENTRIES: u64 = 1_000_000;

/// How many folders may lie within each other.
pub const DEPTH: usize = 128;
