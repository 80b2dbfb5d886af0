//! The user's own git repository: where it is, its index, HEAD's tree, its hooks folder.
//!
//! For `ops`, which judges what would be committed. Only read, and no program is started: neither
//! git nor what a configuration names. Objects and refs are read through gix; the index by `parse`,
//! under limits of its own. The environment is not looked at: see [`Given`].
//!
//! | file | what it is for |
//! |---|---|
//! | `find` | [`Repository`]: found from a folder upwards, or named by git's variables |
//! | `hooks` | the folder that git runs hooks from |
//! | `index` | [`Index`]: the entries that a commit would take |
//! | `parse` | the bytes of an index file: entries, and the extensions that change them |
//! | `split` | an index that is only the difference to a shared one |
//! | `cached` | the trees that git noted in the index, so that equal ones are not walked |
//! | `sparse` | folders that stand in the index as one entry, spread out |
//! | `tree` | the index as a [`crate::disk::Held`] |
//! | `staged` | what differs from HEAD's tree |
//! | `attributes` | what a checkout converts, by the .gitattributes of the index |
//! | `objects` | blobs and trees by their ids, also of alternates |

mod attributes;
mod cached;
mod error;
mod find;
mod hooks;
mod index;
mod objects;
mod parse;
mod sparse;
mod split;
mod staged;
mod tree;

pub use attributes::{Attributes, Conversion, FILE};
pub use error::RepositoryError;
pub use find::{Given, Repository};
pub use hooks::HooksDir;
pub use index::Index;

#[cfg(test)]
mod tests;
