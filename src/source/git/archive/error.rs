//! Why a tree does not become a tar.
//!
//! For whoever calls [`super::write`]. Each is shown with the path that it is about.

use std::io;

use crate::model::{Class, CommitId, Trouble, quoted};
use crate::remote::RemoteError;

/// An entry of a tree that is not taken, whoever signed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} cannot be vendored: {reason}", quoted(.path))]
pub struct Refused {
    /// Its path below the tree's root; bytes that are not UTF-8 are replaced.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
    /// What to do.
    pub help: Option<&'static str>,
}

impl Refused {
    pub(in crate::source::git) fn new(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into(), help: None }
    }

    pub(super) fn help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }
}

/// Why a tree does not become a tar.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// An entry of it is not taken.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// An object is not the one of its id.
    #[error("the object at {} is not the one of its id", quoted(.path))]
    Forged {
        /// Where it stands in the tree; empty for the tree itself.
        path: String,
        /// The id that the tree names.
        expected: CommitId,
        /// The id of the bytes; none for a collision attack on SHA-1.
        found: Option<CommitId>,
    },
    /// An object did not come.
    #[error("the object of {} is missing", quoted(.path))]
    Missing {
        /// Where it stands in the tree.
        path: String,
        /// Its id.
        id: CommitId,
    },
    /// The tar would grow larger than is taken.
    #[error("the tar is larger than {limit} bytes")]
    Large {
        /// The limit in bytes.
        limit: u64,
    },
    /// The objects could not be had.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The tar could not be written.
    #[error("the tar cannot be written: {0}")]
    Write(#[from] io::Error),
}

impl ArchiveError {
    /// How it weighs: forged objects are an alarm; a tree that is not taken wants another choice in
    /// pins.toml; all else could not be done.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Forged { .. } => Class::Alarm,
            Self::Refused(_) | Self::Large { .. } => Class::Usage,
            Self::Remote(e) => e.class(),
            Self::Missing { .. } | Self::Write(_) => Class::Undone,
        }
    }

    /// The failure as a person wants to hear it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        match self {
            Self::Refused(Refused { help: Some(help), .. }) => trouble.help(*help),
            Self::Forged { expected, found, .. } => {
                let found = found.map_or_else(|| "a SHA-1 collision attack".to_owned(), |id| id.to_string());
                trouble
                    .expected(expected.to_string())
                    .found(found)
                    .help("do not use what this server sends; ask another mirror or the upstream itself")
            }
            Self::Missing { id, .. } => trouble.expected(id.to_string()).help("try again, or ask another mirror"),
            Self::Large { .. } => trouble.help("raise `size-limit` of the pin if that is right"),
            Self::Remote(e) => e.trouble(),
            Self::Refused(_) | Self::Write(_) => trouble,
        }
    }
}
