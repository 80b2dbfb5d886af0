//! What is to be known of a package manager to read its command line.
//!
//! For the tables of managers.

/// A package manager.
pub(super) struct Manager {
    pub(super) name: &'static str,
    /// What it is called as a program.
    pub(super) programs: &'static [&'static str],
    /// The verbs that bring packages, with their group; empty: it has no verbs.
    pub(super) verbs: &'static [&'static str],
    /// Words that a verb follows.
    pub(super) groups: &'static [&'static str],
    /// Options that take the next word.
    pub(super) values: &'static [&'static str],
    /// Whether its verbs are options: `pacman -S`.
    pub(super) dashed: bool,
}

pub(super) const fn plain(
    name: &'static str,
    programs: &'static [&'static str],
    verbs: &'static [&'static str],
    values: &'static [&'static str],
) -> Manager {
    Manager { name, programs, verbs, groups: &[], values, dashed: false }
}
