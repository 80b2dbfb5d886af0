//! yarn pins of what is not covered.

use super::{Case, Drafts, Names};

pub(super) fn draft(_case: &Case<'_>, _names: &mut Names, _out: &mut Drafts) {}
