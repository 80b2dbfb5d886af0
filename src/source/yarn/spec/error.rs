//! Why a `name@range` cannot be read or pinned.

use crate::model::{GitUrlError, Trouble, quoted};

/// What is wrong with a descriptor or a range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// No `@` between a name and a range.
    #[error("{} is not `name@range`", quoted(.0))]
    NoRange(String),
    /// A name that npm does not allow.
    #[error("{} is not the name of a package: {reason}", quoted(.name))]
    Name {
        /// The name.
        name: String,
        /// Why not.
        reason: &'static str,
    },
    /// A repository that is not followed.
    #[error("{} cannot be pinned: {source}", quoted(.range))]
    Repository {
        /// The range.
        range: String,
        /// What is wrong with its URL.
        source: GitUrlError,
    },
    /// A commit id that is not whole.
    #[error("{} names a commit by {} of its 40 digits", quoted(.range), .digits)]
    ShortCommit {
        /// The range.
        range: String,
        /// How many are there.
        digits: usize,
    },
    /// What yarn refuses, or reads as something that cannot be pinned.
    #[error("{} cannot be pinned: {reason}", quoted(.range))]
    Refused {
        /// The range.
        range: String,
        /// Why.
        reason: String,
        /// What to write instead, where that is known.
        instead: Option<String>,
    },
    /// A locked git package without a full commit id.
    #[error("{} does not end in a full commit id", quoted(.0))]
    NoCommit(String),
}

impl SpecError {
    pub(super) fn refused(range: &str, reason: impl Into<String>) -> Self {
        Self::Refused { range: range.to_owned(), reason: reason.into(), instead: None }
    }

    pub(super) fn instead(range: &str, reason: impl Into<String>, instead: impl Into<String>) -> Self {
        Self::Refused { range: range.to_owned(), reason: reason.into(), instead: Some(instead.into()) }
    }

    /// As a person wants to hear it; without a place.
    #[must_use]
    pub fn to_trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        match self {
            Self::Repository { source, .. } => match &source.instead {
                Some(instead) => trouble.help(format!("write {}", quoted(instead))),
                None => trouble,
            },
            Self::ShortCommit { .. } => {
                trouble.expected("all 40 digits").help("a short id can come to mean two commits: write the whole one")
            }
            Self::Refused { instead: Some(instead), .. } => trouble.help(format!("write {}", quoted(instead))),
            Self::NoCommit(_) => trouble.expected("`#` and 40 hexadecimal digits"),
            _ => trouble,
        }
    }
}
