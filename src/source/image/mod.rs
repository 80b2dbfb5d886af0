//! image pins: a repository in a registry, and a tag or versions of it.

mod keys;

pub use keys::{Follow, Keys, Repository, RepositoryError};
