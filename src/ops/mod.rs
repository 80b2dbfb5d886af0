//! The verbs, each a straight line: read, decide, write.
//!
//! For `cli`, which hands each verb its arguments and shows what it came to. Nothing here prints or
//! reads the environment; a verb that needs the network is handed it.

pub mod apt_snippet;
pub mod edit;
pub mod export;
pub mod fetch;
pub mod gc;
pub mod hook;
pub mod init;
pub mod lint;
pub mod list;
pub mod outdated;
pub mod refresh;
pub mod verify;

mod members;
mod project;
mod select;
mod stand;
mod vendoring;
mod walk;

pub use members::{Answer, Member};
pub use project::MANIFEST;
pub use vendoring::From;
