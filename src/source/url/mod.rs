//! url pins: files by URL, one for each platform.

mod keys;

pub use keys::{Host, HostError, Keys, Releases, Signer, UrlTemplate, UrlTemplateError};
