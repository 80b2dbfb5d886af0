//! What is locked of another repository than the one that pins.toml names now.
//!
//! For `resolve` and `outlook`. Who edits the source must not shorten the wait by it: where the new
//! repository has the locked commit under its tag, the pin stays at it, and what is newer waits anew,
//! because what was seen elsewhere does not count here. Whether a branch has it, `choose` asks.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::keys::{Follow, Keys};
use super::locked::commit_of;
use super::survey;
use crate::lock::{Entry, Evidence};
use crate::remote::git::Listing;
use crate::source::resolve::{Aim, Want};

/// What a pin has to stay at.
pub(super) struct Before<'a> {
    /// What is locked, if it is of this repository, or may be.
    pub(super) old: Option<Cow<'a, Entry>>,
    /// Whether it is of another one.
    pub(super) edited: bool,
}

/// What is locked, as far as the repository that is asked has it.
pub(super) fn before<'a>(keys: &Keys, want: &Want<'a>, listing: &Listing) -> Before<'a> {
    let own = super::resolve::of_repository(keys, want);
    let edited = own.is_none() && want.old.is_some();
    let waits = want.aim == Aim::Newest && want.min_age.is_some_and(|age| age.days() > 0);
    let carried = || want.old.filter(|_| waits).and_then(|old| carried(keys, old, listing));
    Before { old: own.map(Cow::Borrowed).or_else(|| carried().map(Cow::Owned)), edited }
}

/// The entry of another repository, with nothing seen; `None` if this one does not have its tag at its
/// commit, or the pin names a commit, which waits for nothing.
fn carried(keys: &Keys, old: &Entry, listing: &Listing) -> Option<Entry> {
    let commit = commit_of(old)?;
    let mut carried = Entry { seen: BTreeMap::new(), ..old.clone() };
    if let Follow::Head | Follow::Branch(_) = keys.follow {
        return Some(carried);
    }
    if let Follow::Commit(_) = keys.follow {
        return None;
    }
    let tag = old.proof("ref")?.strip_prefix("refs/tags/")?;
    let same = survey::tag(keys, listing, tag).filter(|found| found.commit == commit);
    // The same version may be spelt otherwise there.
    let spelt = || {
        let (_, version) = keys.version_in(tag)?;
        survey::tagged(keys, listing, |v| *v == version).into_iter().rev().find(|found| found.commit == commit)
    };
    let name = same.or_else(spelt)?.refname?;
    carried.evidence.insert("ref".to_owned(), Evidence::One(name));
    Some(carried)
}
