//! Coverage: what a Dockerfile takes in and no pin covers. COV001, and PKG001 of managers that no pin
//! knows.
//!
//! For `verify`, for `lint` and for `init`, which makes pins of exactly this. An intake is covered if
//! a pin of the manifest holds what is taken in there: claims it, has a site that gives it, or has
//! vendored it. Whether the value is the locked one is the join's question.

use crate::dockerfile::{Dockerfile, Intake};
use crate::manifest::Manifest;
use crate::model::Finding;

/// Something taken in that no pin covers.
#[derive(Clone, Debug)]
pub struct Uncovered<'a> {
    /// Where.
    pub file: &'a Dockerfile,
    /// What.
    pub intake: Intake<'a>,
    /// Of several things there, which ones: packages by name as a lock names them, URLs. Empty: all.
    pub parts: Vec<String>,
    /// As verify tells it.
    pub finding: Finding,
}

/// All of it, in the order of the files.
#[must_use]
pub fn uncovered<'a>(_manifest: &Manifest, _files: &'a [Dockerfile]) -> Vec<Uncovered<'a>> {
    Vec::new()
}
