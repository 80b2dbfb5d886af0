//! Files as they stand, and a plan of changes applied crash-safely.
//!
//! For `ops`, which reads a user's folder here and changes it here, and for `verify`, which only
//! reads. Every path is a [`crate::model::RelPath`] below one [`Root`]; no symlink below the root
//! is followed. Nothing here knows what is in a file. What somebody else holds, such as git's index,
//! is read through a root too ([`Held`]), and never written.
//!
//! Apart from that folder stands the [`Store`], in the user's cache: bytes by their digest.
//!
//! Killed at any moment, the tree is as it was, as it should be, or there is a journal that says
//! what is half done ([`interrupted`]) and lets the next run finish it ([`recover`]).

mod apply;
mod below;
mod bulk;
mod collect;
mod content;
mod error;
mod fresh;
mod held;
mod journal;
mod list;
mod lock;
mod plan;
mod recover;
mod root;
mod store;

pub use bulk::{Found, Inside, Looked};
pub use collect::Freed;
pub use content::{Before, Content};
pub use error::DiskError;
pub use held::{Held, Plain, Standing, Withheld};
pub use list::{Below, Listing};
pub use lock::ProcessLock;
pub use plan::{Change, Permissions, Plan};
pub use recover::{Recovery, interrupted, recover};
pub use root::{CAP, Root};
pub use store::{Expect, Store, StoreError, Stored};
