//! yarn pins: a folder whose package.json takes packages from git.
//!
//! | file | what it is for |
//! |---|---|
//! | `keys` | the grammar of a yarn pin |
//! | [`lockfile`] | yarn.lock, of yarn 1 and of berry: read losslessly, written canonically |
//! | [`spec`] | `name@range` and all spellings of what a range may be |
//! | [`manifest`] | package.json: read, and edited losslessly |
//! | [`folder`] | the folder as a whole: manifests, workspaces, lock, yarn's own settings |
//! | [`graph`] | what package.json reaches in yarn.lock: nothing missing, nothing orphaned |

pub mod folder;
pub mod graph;
mod keys;
pub mod lockfile;
pub mod manifest;
pub mod spec;

pub use keys::Keys;
