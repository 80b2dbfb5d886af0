//! git pins: a repository and what of it is followed.

mod keys;

pub use keys::{Follow, Keys, RefName, RefNameError, TagTemplate};
