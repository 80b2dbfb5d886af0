//! The vocabulary: values that are parsed once and cannot be wrong afterwards.
//!
//! For every floor of the house. Nothing here reads a file, opens a socket or prints; nothing here
//! knows a kind of source, a verb or a format.

mod adopted;
mod age;
mod collected;
mod day;
mod event;
mod finding;
mod git_url;
mod glob;
mod hash;
mod listing;
mod name;
mod outcome;
mod path;
mod place;
mod platform;
mod secret;
mod text;
mod time;

pub use adopted::{Adopted, AdoptedPin};
pub use age::{Age, AgeError};
pub use collected::Collected;
pub use day::{Day, DayError};
pub use event::{Event, Events, Silent};
pub use finding::{Finding, Id, Severity, Trouble};
pub use git_url::{GitUrl, GitUrlError, Scheme};
pub use glob::glob;
pub use hash::{CommitId, HashError, Sha256, Sha512};
pub use listing::{Aside, Filter, FilterError, Listed, Listing, LockState, Relation, Share, Unknown};
pub use name::{NameError, PinName};
pub use outcome::{
    Between, Class, Failure, FileChange, Held, HeldBy, Linted, PinOutcome, Refreshed, Replacement, Row, Standing,
    TELLING, Verdict,
};
pub use path::{PathError, RelPath, Twins};
pub use place::{Excerpt, Place};
pub use platform::{Platform, PlatformError};
pub use text::{Token, TokenError, quoted, shown, suggest, visible};
pub use time::{Time, TimeError};
