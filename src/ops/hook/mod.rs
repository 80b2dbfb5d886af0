//! `hook install`, `hook uninstall`, `hook run`: what is staged is judged before it is committed.
//!
//! For `cli`. Git runs the hook; the hook runs `hook run`, which judges git's index as `verify` would
//! judge a checkout of the commit. Nothing here writes but [`install`] and [`uninstall`], and these
//! touch only hooks that this program wrote.

mod converted;
mod differs;
mod install;
mod run;
mod text;
mod touched;

pub use install::{Placed, install, uninstall};
pub use run::{Judged, run};
