//! image pins: a repository in a registry, and a tag or versions of it.
//!
//! | file | what it is for |
//! |---|---|
//! | `keys` | the grammar of an image pin |
//! | `naming` | versions in tags, references as they stand at a site |
//! | `resolve` | a tag to the digest of its index and of each platform's image |
//! | `newest` | the newest tag that may be taken today: `min-age` |
//! | `outlook` | where a locked pin stands |
//! | `implied` | the references that a pin claims without an `into` |
//! | `check` | what can be proved of an entry without network |
//! | [`packages`] | which packages a base has: read out of its layers |

mod check;
mod implied;
mod keys;
mod naming;
mod newest;
mod outlook;
pub mod packages;
mod resolve;

pub use keys::{Follow, Keys, Repository, RepositoryError};

pub(super) use check::check;
pub(super) use implied::implied;
pub(super) use naming::site_value;
pub(super) use outlook::{outlook, said};
pub(super) use resolve::resolve;
