//! `# dubo-pin: ignore=APT001 reason`: findings of one instruction that somebody has judged.
//!
//! For `verify` and `lint`. It stands in the comment lines right above an instruction, or between its
//! continued lines, and holds for that instruction alone.

use super::parse::Dockerfile;
use crate::model::Place;

/// One such comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The ids as written, each with its place.
    pub ids: Vec<(String, Place)>,
    /// Why; empty if it does not say.
    pub reason: String,
    /// Which instruction it holds for; `None` if it stands above none.
    pub instruction: Option<usize>,
    /// Where the comment stands.
    pub place: Place,
    /// What is wrong with it, so that it means nothing.
    pub wrong: Option<String>,
}

/// All of them, in the order of the file.
#[must_use]
pub fn suppressions(_file: &Dockerfile) -> Vec<Suppression> {
    Vec::new()
}
