//! deb pins: Debian packages, and the archives that they are drawn from.
//!
//! | file | what it is for |
//! |---|---|
//! | `keys` | the grammar of a deb pin |
//! | `archive` | the grammar of `[archives.NAME]` |
//! | `sources` | apt's own `.sources` and `.list` files |
//! | [`Effective`] | an archive with such a file read in |
//! | `deb822`, `version`, `release`, `index`, `control` | Debian's formats: stanzas, versions, Release, Packages, control fields |
//! | `snapshot`, `chain` | from a signature to indices and files, each by its hash |
//! | [`Archives`] | the archives of one run, each opened once |
//! | `choose` | which version is taken, as apt would |
//! | [`closure`] | what an install brings along, as apt would choose it: pure |
//! | `along` | the closure of a pin's packages, as files of its entry |
//! | `resolve` | operands to an entry of the lock |
//! | `ripe` | what `min-age` makes of newer versions |
//! | `package`, `pool`, `vendored` | the archive beside the Dockerfile, and how it is made of .debs |
//! | `block`, `snippet` | the RUN block that installs from it |
//! | `implied` | the operands of apt lines that a pin claims |
//! | `check` | what can be proved of an entry without network |

mod along;
mod archive;
mod archives;
mod block;
pub mod chain;
mod check;
mod choose;
pub mod closure;
mod control;
mod deb822;
mod effective;
mod implied;
pub mod index;
mod keys;
pub mod package;
pub mod pool;
pub mod release;
mod resolve;
mod ripe;
pub mod snapshot;
pub mod snippet;
pub mod sources;
mod vendored;
pub mod version;

pub(super) use along::companions;
pub use archive::{Archive, Component, Keyring, Origin, Repository, Snapshot, Suite};
pub use archives::{Archives, ReadFile};
pub use block::Block;
pub(super) use choose::architecture;
pub use control::{CONTROL_CAP, Control, ControlError};
pub use effective::Effective;
pub use keys::{Closure, Keys, Operand, OperandError, Operands};

pub(super) use block::block;
pub(super) use check::{check, prove};
pub(super) use implied::implied;
pub(super) use resolve::{outlook, resolve, said};
pub(super) use vendored::obtain;
