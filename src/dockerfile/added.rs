//! What ADD and COPY take in: URLs, git repositories, and files of the context that somebody put
//! there.
//!
//! For coverage, lint and `init`. COPY of an image is the matter of [`images`](super::images).

use super::parse::Dockerfile;
use crate::model::Place;

/// One source of an ADD that is remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Which instruction it stands in.
    pub instruction: usize,
    /// The stage of that instruction.
    pub stage: Option<usize>,
    /// Whether it stands in an ONBUILD.
    pub onbuild: bool,
    /// As it is written, without quotes.
    pub written: String,
    /// What it comes to with the defaults of the file's ARGs, if that is known.
    pub value: Option<String>,
    /// The variables in it.
    pub variables: Vec<String>,
    /// What it is.
    pub what: RemoteKind,
    /// Where it stands.
    pub place: Place,
}

/// What an ADD takes from afar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteKind {
    /// A file by URL, with what `--checksum` says, variables expanded.
    File {
        /// Such as `sha256:…`.
        checksum: Option<String>,
    },
    /// A git repository.
    Git {
        /// The URL without fragment and query.
        repository: String,
        /// The ref of `#ref` or `?ref=`.
        reference: Option<String>,
        /// The variable that gives the ref as a whole.
        variable: Option<String>,
    },
}

/// A file of the build's context that is taken in and was put there by a tool: an archive, or
/// something that differs by platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Which instruction it stands in.
    pub instruction: usize,
    /// The stage of that instruction.
    pub stage: Option<usize>,
    /// As it is written, without quotes.
    pub written: String,
    /// The path in the context as a pattern: variables and globs that are not known as `*`; a platform
    /// as `{platform}`, an architecture as `{arch}`.
    pub pattern: String,
    /// Whether it differs by platform.
    pub by_platform: bool,
    /// Where it stands.
    pub place: Place,
}

/// What a Dockerfile adds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// From afar.
    pub remote: Vec<Remote>,
    /// From the context.
    pub local: Vec<Local>,
}

/// All of it, in the order of the file.
#[must_use]
pub fn added(_file: &Dockerfile) -> Added {
    Added::default()
}
