//! Who says that these are the bytes.
//!
//! For whoever must decide whether to believe a file. Pure: bytes in, a verdict out. It reads no
//! file and knows no kind of source; which key is trusted is decided by who calls.

mod minisign;
pub mod openpgp;

pub use minisign::{KeyId, TrustError, TrustedComment, TrustedKey, verify};
