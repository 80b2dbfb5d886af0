//! Rules for apt lines.

use super::Linted;
use crate::dockerfile::Dockerfile;

pub(super) fn check(_files: &[Dockerfile], _out: &mut Vec<Linted>) {}
