//! url pins: files by URL, one for each platform.

mod keys;
mod resolve;
mod ripe;

pub use keys::{Host, HostError, Keys, Releases, Signer, UrlTemplate, UrlTemplateError};

pub(super) use resolve::{check, obtain, outlook, resolve};
pub(super) use ripe::said;
