//! Debian archives in memory, signed here, served on loopback: good ones and every bad one.
//!
//! For the tests of deb pins. No tool of Debian's and no gpg is needed to make them; what they
//! are is proved against those tools in `tests/deb/archive.rs`. Not a model of a whole mirror:
//! no sources, no translations, no diffs.
//!
//! An [`Archive`] is one suite with its packages ([`Deb`]) and its signers ([`Key`]); a
//! [`Served`] holds any number of them, and snapshots of them, under one server.

pub mod apt;
pub mod archive;
pub mod key;
pub mod package;
pub mod root;
pub mod served;
pub mod snapshot;

pub use archive::{Archive, Hashes};
pub use key::Key;
pub use package::{Deb, Packing};
pub use served::Served;

use jiff::Timestamp;

/// What stands where in an archive: paths without a slash at their head.
pub type Files = std::collections::BTreeMap<String, Vec<u8>>;

/// A time as it is written in RFC 3339.
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// So many days from now: for what the program judges by its own clock. The second is whole.
pub fn in_days(days: i64) -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second() + days * 86_400).unwrap()
}

/// A time as Release files write it.
pub fn rfc_2822(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S UTC").to_string()
}

/// A time as snapshots are named.
pub fn stamp(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A digest in lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// SHA-256 of bytes.
pub fn sha256(bytes: &[u8]) -> String {
    dubo_pin::model::Sha256::of(bytes).to_string()
}

/// SHA-1 of bytes, by which snapshots name files.
pub fn sha1(bytes: &[u8]) -> String {
    use sha1::Digest as _;
    hex(&sha1::Sha1::digest(bytes))
}

/// MD5 of bytes, which decides nothing.
pub fn md5(bytes: &[u8]) -> String {
    hex(&pgp::crypto::hash::HashAlgorithm::Md5.digest(bytes).unwrap())
}
