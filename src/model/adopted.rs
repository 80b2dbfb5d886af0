//! What `init` came to.
//!
//! Made by `ops`, shown by `ui`. Decides nothing.

use super::finding::Trouble;
use super::name::PinName;
use super::outcome::FileChange;
use super::place::Place;

/// What `init` made of one folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adopted {
    /// The pins that are new in pins.toml, in the order of what they pin.
    pub pins: Vec<AdoptedPin>,
    /// What was not understood, each with its place and what to do: no pin covers it.
    pub not_understood: Vec<Trouble>,
    /// Things worth knowing that are no one pin's.
    pub notes: Vec<Trouble>,
    /// pins.toml as it changed, or would.
    pub files: Vec<FileChange>,
    /// Whether it was written; not so with `--dry-run`.
    pub applied: bool,
}

/// A pin that `init` wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdoptedPin {
    /// Its name.
    pub name: PinName,
    /// Its kind, such as `git`.
    pub kind: String,
    /// What it follows, as its source's key says it.
    pub source: String,
    /// Where what it pins was seen.
    pub place: Place,
    /// Whether what it pins floats in the Dockerfile, so that it is written as `unlocked`.
    pub unlocked: bool,
    /// What of it rests on a guess that nobody proved.
    pub unproved: Option<String>,
}
