//! Rules for the text of Dockerfiles itself.

use super::Linted;
use crate::dockerfile::Dockerfile;

pub(super) fn check(_files: &[Dockerfile], _out: &mut Vec<Linted>) {}
