//! Git repositories that a Dockerfile takes in: where each comes from, and what holds it.
//!
//! For coverage, lint and `init`. Joins the git commands of a stage: a clone, what is checked out
//! behind it, and the ARGs that give repository and commit.

use super::parse::Dockerfile;
use super::shell::Spelled;
use crate::model::Place;

/// One taking-in of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// Which instruction takes it in.
    pub instruction: usize,
    /// The stage of that instruction.
    pub stage: Option<usize>,
    /// The repository; `None` if nobody can tell which one a ref is of.
    pub repository: Option<Spelled>,
    /// What is taken of it at last: of `clone --branch V` and then `checkout $C` it is `$C`. `None`:
    /// whatever the remote's HEAD is.
    pub reference: Option<Spelled>,
    /// What else was said of it on the way, such as a `--branch`.
    pub also: Vec<Spelled>,
    /// Which of [`Dockerfile::assignments`] gives the reference as a whole, if one does.
    pub assignment: Option<usize>,
    /// Which of them gives the repository, or a part of it.
    pub repository_assignment: Option<usize>,
    /// Whether submodules are taken too, which the commit holds.
    pub recursive: bool,
    /// Where git's name stands.
    pub place: Place,
}

/// Every repository that the RUNs of a Dockerfile take in, in the order of the file.
#[must_use]
pub fn checkouts(_file: &Dockerfile) -> Vec<Checkout> {
    Vec::new()
}
