//! Package managers in RUN that dubo-pin pins nothing of: apk, dnf, pip, npm, gem, go, cargo, …
//!
//! So that what they bring is told and never passed over.

use std::ops::Range;

use super::super::parse::Dockerfile;
use super::run::Run;
use super::spelled::Spelled;
use crate::model::Place;

/// One command that brings packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Managed {
    /// Which instruction it stands in.
    pub instruction: usize,
    /// The stage of that instruction.
    pub stage: Option<usize>,
    /// The manager, such as `pip`, whatever its name there (`pip3.11`, `python -m pip`).
    pub manager: &'static str,
    /// Its verb, such as `install`.
    pub verb: String,
    /// What it names.
    pub packages: Vec<Spelled>,
    /// Whether a lock file or hashes of its own hold it: `npm ci`, `pip install --require-hashes`,
    /// `cargo build --locked`.
    pub held: bool,
    pub(super) span: Range<usize>,
}

impl Managed {
    /// Where the manager's name stands.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        file.place(self.span.clone())
    }
}

/// What a RUN brings.
pub(super) fn managed(_run: &Run<'_>) -> Vec<Managed> {
    Vec::new()
}
