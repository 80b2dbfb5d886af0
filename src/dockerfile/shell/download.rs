//! curl, wget and their like in RUN: what is fetched by URL, and whether the same RUN checks it.

use std::ops::Range;

use super::super::parse::Dockerfile;
use super::run::Run;
use super::spelled::Spelled;
use super::{NotUnderstood, Why};
use crate::model::Place;

/// One command that fetches files by URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// Which instruction it stands in.
    pub instruction: usize,
    /// The stage of that instruction.
    pub stage: Option<usize>,
    /// `curl`, `wget`, …
    pub program: String,
    /// What it fetches, in order.
    pub urls: Vec<Spelled>,
    /// Where the first of them goes, if it says so.
    pub output: Option<Spelled>,
    /// The hash check of the same RUN that this download is held to.
    pub check: Option<HashCheck>,
    /// The shell or interpreter that its output is piped into.
    pub piped: Option<String>,
    /// Words that may be URLs and cannot be known.
    pub not_understood: Vec<NotUnderstood>,
    pub(super) span: Range<usize>,
}

/// A check of a file's hash, such as `echo "$SHA256  x.tar.gz" | sha256sum -c -`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashCheck {
    /// `sha256`, `sha512`, `sha1`, `md5`, …
    pub algorithm: String,
    /// The digest, where it is told in the Dockerfile; else it comes from a file.
    pub digest: Option<Spelled>,
    pub(super) span: Range<usize>,
}

impl HashCheck {
    /// Where the check stands.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        file.place(self.span.clone())
    }
}

impl Download {
    /// Where the program's name stands.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        file.place(self.span.clone())
    }

    /// Why its URLs are not known, if they are not.
    #[must_use]
    pub fn why(&self) -> Option<&Why> {
        self.not_understood.first().map(|n| &n.why)
    }
}

/// What a RUN fetches.
pub(super) fn downloads(_run: &Run<'_>) -> Vec<Download> {
    Vec::new()
}
