//! Whether a commit is one of the repository itself: a forge hands out the commits of its forks
//! under the parent's URL too, so that anybody can make one that a full id seems to vouch for.
//!
//! For `resolve` and `outlook`, where the manifest names a commit. What follows a branch, a tag or a
//! version is on a ref by what it is: that is proved there, also for --keep and --to.

use super::choose::DEPTH;
use super::survey::short;
use crate::model::{CommitId, GitUrl, Trouble};
use crate::remote::git::{Git, Listing, Reach, RefIds};

/// The evidence that names the ref that a commit was proved to lie on.
pub(in crate::source) const EVIDENCE: &str = "reachable-from";

/// How many refs are walked from at most.
const TIPS: usize = 4_096;

/// The full name of a ref whose tip the commit is, or in whose history it lies; else what a person
/// should know. `listing` has all branches and tags.
pub(in crate::source) fn shown(
    url: &GitUrl,
    listing: &Listing,
    id: &CommitId,
    git: &Git<'_>,
) -> Result<String, Trouble> {
    let tips = tips(listing);
    let ids: Vec<RefIds> = tips.iter().take(TIPS).map(|(_, ids)| *ids).collect();
    let named = |tip: &CommitId| tips.iter().find(|(_, ids)| ids.target() == *tip).map(|(name, _)| (*name).to_owned());
    let short = short(id);
    let of = |told: String| {
        Trouble::new(told)
            .expected("a commit of the repository itself: forges hand out those of forks under its URL too")
            .found(id.to_string())
            .help("find out where it comes from; then name a tag, a branch or a commit that is on one")
    };
    // Beyond the limit, a tip is told all the same: that costs nothing.
    if let Some(name) = named(id) {
        return Ok(name);
    }
    match git.reach(url, &ids, id, DEPTH) {
        Ok(Reach::From(tip)) => named(&tip).ok_or_else(|| of(format!("{short} is on a ref of {url} that has no name"))),
        Ok(Reach::Nowhere) if ids.len() == tips.len() => Err(of(format!("{short} is on no branch or tag of {url}"))),
        Ok(Reach::Nowhere) => Err(of(format!(
            "{short} is on none of {} branches and tags of {url}; the other {} were not walked",
            ids.len(),
            tips.len() - ids.len()
        ))),
        Ok(Reach::Further(walked)) => Err(of(format!(
            "{short} was not met among {walked} commits of {url}: it lies further back, or on no branch or tag"
        ))),
        Ok(Reach::Untold) => Err(of(format!(
            "{url} does not tell whether {short} is on a branch or tag: it gives no history without its files"
        ))),
        Err(error) => Err(of(format!(
            "whether {short} is on a branch or tag of {url} could not be asked: {}",
            error.trouble().message
        ))),
    }
}

/// All refs: the branch of HEAD, the other branches, the tags.
fn tips(listing: &Listing) -> Vec<(&str, RefIds)> {
    let head = listing.head.as_ref().and_then(|head| head.target.as_deref());
    let rank = |name: &str| if Some(name) == head { 0 } else { 1 + u8::from(!name.starts_with("refs/heads/")) };
    let mut all: Vec<(&str, RefIds)> = listing.refs.iter().map(|(name, ids)| (name.as_str(), *ids)).collect();
    all.sort_by_key(|(name, _)| rank(name));
    all
}
