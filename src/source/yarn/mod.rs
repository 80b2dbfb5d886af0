//! yarn pins: a folder whose package.json takes packages from git.

mod keys;

pub use keys::Keys;
