//! git pins: a repository and what of it is followed.

pub mod archive;
mod choose;
mod elsewhere;
mod impostor;
mod keys;
mod locked;
mod moved;
mod naming;
mod offline;
mod outlook;
pub mod proof;
mod resolve;
mod survey;
mod vendor;

pub(super) use impostor::{EVIDENCE as REACHABLE, shown};
pub(super) use locked::stored_object;
pub(super) use offline::check;
pub(super) use outlook::{MOST as HELD, outlook};
pub(super) use resolve::{resolve, site_value};
pub(super) use vendor::{obtain, prove, tar};

pub use keys::{Follow, Keys, RefName, RefNameError, TagTemplate};
