//! Git repositories that a Dockerfile takes in: where each comes from, and what holds it.
//!
//! For coverage, lint and `init`. Joins the git commands of a stage: a clone, what is checked out
//! behind it, and the ARGs that give repository and commit. Commands count in the order of the file,
//! whatever their branch.

use super::parse::Dockerfile;
use super::shell::Spelled;
use super::shell::git::Givers;
use crate::model::Place;

mod follow;
mod workdir;

#[cfg(test)]
mod tests;

/// One taking-in of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// Which instruction takes it in: the clone; where a later stage checks out something else of what
    /// a stage before cloned, that checkout.
    pub instruction: usize,
    /// The stage of that instruction.
    pub stage: Option<usize>,
    /// The repository; `None` if nobody can tell which one a ref is of.
    pub repository: Option<Spelled>,
    /// What is taken of it at last: of `clone --branch V` and then `checkout $C` it is `$C`. Without
    /// `origin/`, `refs/heads/` and `refs/tags/`. `None`: whatever the remote's HEAD is.
    pub reference: Option<Spelled>,
    /// What else was said of it on the way, such as a `--branch`; at most 16.
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

/// Every repository that the RUNs of a Dockerfile take in, in the order of the file. What comes from a
/// path of the build itself is none.
#[must_use]
pub fn checkouts(file: &Dockerfile) -> Vec<Checkout> {
    if file.commands().git.is_empty() {
        return Vec::new();
    }
    let givers = Givers::new(file);
    let mut out = Vec::new();
    for taken in follow::follow(file) {
        let of = |word: &Option<Spelled>, at: usize| word.as_ref().and_then(|w| givers.part(w, at));
        let repository_assignment = of(&taken.repository, taken.repository_at);
        let each = |reference: Option<Spelled>| Checkout {
            instruction: taken.instruction,
            stage: taken.stage,
            repository: taken.repository.clone(),
            assignment: reference.as_ref().and_then(|r| givers.whole(r, taken.reference_at)),
            reference,
            also: taken.also.clone(),
            repository_assignment,
            recursive: taken.recursive,
            place: file.place(taken.span.clone()),
        };
        if taken.references.is_empty() {
            out.push(each(None));
        }
        out.extend(taken.references.iter().cloned().map(Some).map(each));
    }
    out
}
