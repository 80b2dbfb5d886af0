//! deb pins: Debian packages, and the archives that they are drawn from.

mod archive;
mod index;
mod keys;
mod package;
mod pool;
mod release;
mod sources;
mod version;

pub use archive::{Archive, Component, Keyring, Origin, Repository, Snapshot, Suite};
pub use keys::{Closure, Keys, Operand, OperandError, Operands};
