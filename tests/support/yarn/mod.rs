//! What yarn talks to, on loopback: an npm registry, git repositories of packages, a codeload; and
//! the real yarns of npm, run apart from the machine.
//!
//! For the tests of yarn pins and their bench. Every package is made here, of fixed bytes and dates.

#![allow(unused_imports, reason = "each test takes what it needs")]

mod codeload;
mod hub;
mod package;
mod registry;
mod repository;
mod tool;

pub use codeload::Codeload;
pub use hub::Hub;
pub use package::{Package, tar, tgz};
pub use registry::{Fault, Registry};
pub use repository::Repository;
pub use tool::{Yarn, berries, installed, pair, usual};
