//! OpenPGP signatures under a strict policy: who signed a Release file.
//!
//! For the archives of `deb` pins: `InRelease` ([`clearsigned`]) and `Release` with `Release.gpg`
//! ([`detached`]). The crate below does the arithmetic; what counts is decided here (RFC 9580,
//! sections 5.2 and 7): which keys are trusted, which hashes are strong, when a key has expired or
//! was revoked. The clock is handed in. It fetches nothing, opens no file, and no word of the
//! crate's own errors reaches a user.

mod armor;
mod certificate;
mod debian;
mod error;
mod fingerprint;
#[cfg(test)]
mod making;
mod standing;
#[cfg(test)]
mod tests;
mod verify;

pub use certificate::Certificates;
pub use error::{By, OpenPgpError, Weakness};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use verify::{Signed, Signer, clearsigned, detached};
