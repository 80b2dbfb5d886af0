//! yarn pins: a folder whose package.json takes packages from git, or `yarn add` lines of a
//! Dockerfile.
//!
//! | file | what it is for |
//! |---|---|
//! | `keys` | the grammar of a yarn pin |
//! | `follow` | what one package follows, as one line |
//! | [`lockfile`] | yarn.lock, of yarn 1 and of berry: read losslessly, written canonically |
//! | [`spec`] | `name@range` and all spellings of what a range may be |
//! | [`manifest`] | package.json: read, and edited losslessly |
//! | [`folder`] | the folder as a whole: manifests, workspaces, lock, yarn's own settings |
//! | [`graph`] | what package.json reaches in yarn.lock: nothing missing, nothing orphaned |
//! | `operands` | `yarn add` lines in Dockerfiles |
//! | `resolve` | git dependencies to commits, and the whole to an entry of the lock |
//! | [`rewrite`] | package.json and yarn.lock as they are to be, by the project's own yarn |
//! | [`package`] | one git package of the entry, seen as the entry of a git pin |
//! | [`vendored`] | the offline mirror of yarn 1, the cache of berry |
//! | [`check`] | what can be proved of a folder without network and without node |
//! | `offline` | what `verify` asks, handed to `check` and `vendored` |

pub mod check;
pub mod folder;
mod follow;
pub mod graph;
mod keys;
pub mod lockfile;
pub mod manifest;
mod offline;
mod operands;
pub mod package;
mod resolve;
pub mod rewrite;
pub mod spec;
pub mod vendored;

pub use keys::{Keys, What};

pub(super) use offline::{entry as check_entry, files as check_files, vendored as check_vendored};
pub(super) use operands::implied;
pub(super) use package::summary as said;
pub(super) use resolve::{outlook, resolve};
pub(super) use vendored::obtain;
