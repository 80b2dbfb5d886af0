//! deb pins: Debian packages, and the archives that they are drawn from.

mod archive;
mod keys;

pub use archive::{Archive, Component, Keyring, Origin, Repository, Snapshot, Suite};
pub use keys::{Closure, Keys, Operand, OperandError, Operands};
