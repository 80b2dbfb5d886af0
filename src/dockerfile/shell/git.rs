//! git's command line in RUN: which repository is taken, and at what.
//!
//! For [`checkouts`](super::super::checkout::checkouts), which joins the commands of a stage.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::parse::Dockerfile;
use super::fields::Fields;
use super::scan::Command;
use super::spelled::Spelled;
use super::variables::Script;
use crate::model::Place;

/// One git command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitCommand {
    /// Which instruction it stands in.
    pub instruction: usize,
    /// The stage of that instruction.
    pub stage: Option<usize>,
    /// What it does.
    pub verb: GitVerb,
    /// The repository, as a URL or the name of a remote.
    pub repository: Option<Spelled>,
    /// The branch, tag or commit, or the refspecs' sources.
    pub references: Vec<Spelled>,
    /// The folder: where `clone` puts it, or what `-C` says.
    pub folder: Option<Spelled>,
    /// Whether submodules are taken too.
    pub recursive: bool,
    pub(super) span: Range<usize>,
}

/// What a git command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GitVerb {
    /// `clone`; `init` is none.
    Clone,
    /// `remote add`, `remote set-url`.
    Remote,
    /// `fetch`, `pull`.
    Fetch,
    /// `checkout`, `switch`, `reset`, `worktree add`.
    Checkout,
    /// `submodule add`, `submodule update`.
    Submodule,
}

impl GitCommand {
    /// Where git's name stands.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        file.place(self.span.clone())
    }

    /// The bytes of git's name.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

/// What a command says.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) verb: GitVerb,
    pub(super) repository: Option<Spelled>,
    pub(super) references: Vec<Spelled>,
    pub(super) folder: Option<Spelled>,
    pub(super) recursive: bool,
}

/// The git command that a command is: which of the fields names it, what it says.
pub(super) fn git(
    _script: &Script,
    _command: &Command,
    _fields: &Fields,
    _functions: &BTreeSet<Vec<u8>>,
) -> Option<(String, usize, Read)> {
    None
}
