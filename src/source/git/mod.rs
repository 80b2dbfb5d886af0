//! git pins: a repository and what of it is followed.

pub mod archive;
mod keys;
mod locked;
mod naming;
mod offline;
pub mod proof;
mod resolve;
mod survey;
mod vendor;

pub(super) use locked::stored_object;
pub(super) use offline::check;
pub(super) use resolve::{outlook, resolve, site_value};
pub(super) use vendor::{obtain, prove, tar};

pub use keys::{Follow, Keys, RefName, RefNameError, TagTemplate};
