//! What a file was and what it shall be: bytes in memory, or content that is stored elsewhere.
//!
//! For a plan. Large files never come into memory: what they were is a digest, what they shall be
//! is a file of the store, copied block by block.

use std::io::{Read as _, Write};
use std::path::PathBuf;

use sha2::Digest as _;

use crate::model::Sha256;

use super::DiskError;

/// How much is copied at once: bytes.
const BLOCK: usize = 256 * 1024;

/// Called before each step that changes the disk, with its name; tests stop the world here.
pub(super) type Beat<'a> = dyn FnMut(&'static str) -> Result<(), DiskError> + 'a;

/// The bytes that a file shall have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// These.
    Bytes(Vec<u8>),
    /// Those of another file, which are vetted while they are copied.
    File {
        /// Where they lie, usually in the store.
        path: PathBuf,
        /// Their digest.
        sha256: Sha256,
        /// How many they are.
        size: u64,
    },
}

/// What a file was when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// Not there.
    Absent,
    /// These bytes.
    Bytes(Vec<u8>),
    /// Bytes of this digest, not kept in memory.
    Digest {
        /// Of the bytes.
        sha256: Sha256,
        /// How many they were.
        size: u64,
    },
}

impl Content {
    /// The digest of the bytes.
    #[must_use]
    pub fn sha256(&self) -> Sha256 {
        match self {
            Self::Bytes(bytes) => Sha256::of(bytes),
            Self::File { sha256, .. } => *sha256,
        }
    }

    /// How many bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { size, .. } => *size,
        }
    }

    /// Writes the bytes; those of a file are hashed on the way. `path` is for messages.
    pub(super) fn write_to(&self, out: &mut impl Write, path: &str, beat: &mut Beat<'_>) -> Result<(), DiskError> {
        let written = |e| DiskError::io(path, "written", e);
        let (source, expected, size) = match self {
            Self::Bytes(bytes) => {
                beat("write")?;
                return out.write_all(bytes).map_err(written);
            }
            Self::File { path, sha256, size } => (path, sha256, *size),
        };
        let read = |e: std::io::Error| DiskError::io(&source.to_string_lossy(), "read", e);
        let mut file = std::fs::File::open(source).map_err(read)?;
        let mut hasher = sha2::Sha256::new();
        let (mut block, mut copied) = (vec![0; BLOCK], 0_u64);
        loop {
            let n = match file.read(&mut block) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(read(e)),
            };
            copied = copied.saturating_add(n as u64);
            if copied > size {
                break;
            }
            let bytes = block.get(..n).unwrap_or_default();
            hasher.update(bytes);
            beat("write")?;
            out.write_all(bytes).map_err(written)?;
        }
        if copied == size && Sha256::from_bytes(hasher.finalize().into()) == *expected {
            Ok(())
        } else {
            Err(DiskError::Stored { path: path.to_owned(), stored: source.to_string_lossy().into_owned() })
        }
    }
}

impl Before {
    /// The digest of what was there.
    #[must_use]
    pub fn sha256(&self) -> Option<Sha256> {
        match self {
            Self::Absent => None,
            Self::Bytes(bytes) => Some(Sha256::of(bytes)),
            Self::Digest { sha256, .. } => Some(*sha256),
        }
    }

    /// How many bytes were there.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Absent => None,
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Digest { size, .. } => Some(*size),
        }
    }
}

impl From<Option<Vec<u8>>> for Before {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        bytes.map_or(Self::Absent, Self::Bytes)
    }
}
