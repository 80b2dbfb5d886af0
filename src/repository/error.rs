//! What can go wrong with the user's own repository, and what that means.
//!
//! For everything of this floor. Whatever a repository says of itself is quoted.

use crate::disk::Withheld;
use crate::model::{Class, Trouble, quoted};

/// Why the repository, its index or an object of it could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RepositoryError {
    /// It has no work tree.
    #[error("the repository {} is bare: it has no index", quoted(.0))]
    Bare(String),
    /// Git's variables name what is no repository, or it cannot be opened.
    #[error("{} cannot be opened as a git repository: {why}", quoted(path))]
    Unopened {
        /// What was opened.
        path: String,
        /// Why not.
        why: String,
    },
    /// A folder that is not in the work tree.
    #[error("{} is not in the work tree {}", quoted(dir), quoted(top))]
    Outside {
        /// The folder.
        dir: String,
        /// The top of the work tree.
        top: String,
    },
    /// A folder whose path within the work tree cannot be told safely.
    #[error("{0}")]
    Path(#[from] crate::model::PathError),
    /// The index cannot be read, or makes no sense.
    #[error("git's index {} cannot be read: {why}", quoted(path))]
    Index {
        /// The index file.
        path: String,
        /// Why not.
        why: String,
    },
    /// More than is read.
    #[error("{what} is larger than {cap} {unit}, the most that is read")]
    TooLarge {
        /// Such as `git's index`.
        what: String,
        /// The limit.
        cap: u64,
        /// Such as `bytes`.
        unit: &'static str,
    },
    /// An object that is not in the repository.
    #[error("the object {id} is not in this repository")]
    Missing {
        /// Its id.
        id: String,
    },
    /// An object that cannot be read, or is not of the kind that its place wants.
    #[error("the object {id} cannot be read: {why}")]
    Object {
        /// Its id.
        id: String,
        /// Why not.
        why: String,
    },
    /// A configuration file of git that cannot be read.
    #[error("git's configuration cannot be read: {why}")]
    Config {
        /// Why not.
        why: String,
    },
}

impl RepositoryError {
    /// How it weighs: what was named wrongly, or what could not be done.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Bare(_) | Self::Outside { .. } | Self::Path(_) => Class::Usage,
            _ => Class::Undone,
        }
    }

    fn help(&self) -> &'static str {
        match self {
            Self::Bare(_) => "run it in a checkout of the repository",
            Self::Unopened { .. } => "git status says what is wrong with it; GIT_DIR, if it is set, must name it",
            Self::Outside { .. } => "name a folder of the repository with -C DIR",
            Self::Path(_) => "rename the folder",
            Self::Index { .. } => "git status says what is wrong with it; git read-tree HEAD writes it anew from HEAD",
            Self::TooLarge { .. } => "git fsck says whether the repository is sound",
            Self::Missing { .. } => {
                "git fsck says what is missing; in a partial clone, git cat-file -p with that id fetches it"
            }
            Self::Object { .. } => "git fsck says what is wrong with it",
            Self::Config { .. } => "git config --list says what is wrong with it",
        }
    }

    /// As a person wants to hear it.
    #[must_use]
    pub fn to_trouble(&self) -> Trouble {
        Trouble::new(self.to_string()).help(self.help())
    }

    /// As a held tree says it.
    pub(super) fn withheld(&self) -> Withheld {
        Withheld { why: self.to_string(), help: self.help().to_owned() }
    }
}

/// An error of gix with all its causes, safe to show.
pub(super) fn said(error: &(dyn std::error::Error + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if !text.is_empty() && !texts.iter().any(|t| t.contains(&text)) {
            texts.push(text);
        }
        next = error.source();
    }
    crate::model::visible(&texts.join(": ")).into_owned()
}
