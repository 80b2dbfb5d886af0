//! What each finding means, for who sees it for the first time.

use crate::model::Id;

/// What is to be said of a finding beyond its title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Why it matters.
    pub why: &'static str,
    /// An example that is found.
    pub wrong: &'static str,
    /// The same, mended.
    pub right: &'static str,
    /// How it is mended.
    pub mend: &'static str,
}

/// What a finding means.
#[must_use]
pub fn explain(_id: Id) -> Explanation {
    Explanation { why: "", wrong: "", right: "", mend: "" }
}
