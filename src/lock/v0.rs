//! Version 0 of pins.lock, frozen: what was written while the kinds of pins were being built. It is
//! read, never written.
//!
//! For `read`. It differs from version 1 in its number alone, and no seal covers the number: so its
//! reader is that of version 1, which is frozen as well, and a lock of version 1 whose number is made 0
//! is a sound lock that says the same.

use super::{Lock, v1};

pub(super) const VERSION: u64 = 0;

/// Reads version 0; also names the entries whose seal is not theirs.
pub(super) fn read(bytes: &[u8]) -> Result<(Lock, Vec<v1::Broken>), serde_json::Error> {
    v1::read(bytes)
}

/// The text that version 0 had for a lock: the only one that is accepted of it.
pub(super) fn canonical(lock: &Lock) -> String {
    v1::numbered(lock, VERSION)
}
