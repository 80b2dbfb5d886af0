//! Where a locked git pin stands against upstream: what is newer, and what holds it back.
//!
//! For `outdated`. It takes the choice that `refresh` would take, and fetches no object unless a
//! branch or a tag moved, or the pin names a bare commit.

use super::choose::{Asking, Choice, choose};
use super::elsewhere::{Before, before};
use super::impostor;
use super::keys::{Follow, Keys};
use super::locked::commit_of;
use super::resolve::{fault, list};
use super::survey::{self, Candidate};
use crate::model::{Held, HeldBy, Standing, Trouble};
use crate::remote::git::{Ask, Git, Listing};
use crate::source::cooldown::Cooldown;
use crate::source::resolve::{Fault, Outlook, Want};

/// How many held-back values are told at most.
pub(in crate::source) const MOST: usize = 20;

/// Says where a locked pin stands.
pub(in crate::source) fn outlook(keys: &Keys, want: &Want<'_>, git: &Git<'_>) -> Result<Outlook, Fault> {
    let listing = match &keys.follow {
        // Beside the one that is wanted: what is newer.
        Follow::Tag(name) if keys.version_in(name.as_str()).is_some() => {
            git.refs(&keys.url, Ask::Tags).map_err(fault)?
        }
        _ => list(keys, git)?,
    };
    let Before { old, edited } = before(keys, want, &listing);
    let old = old.as_deref();
    let own = Want { old, ..want.clone() };
    let mut cooldown = Cooldown::of(&own);
    let mut notes = Vec::new();
    let asking = Asking { keys, want: &own, edited, listing: &listing, git };
    let Choice { found, moved, .. } = choose(&asking, &mut cooldown, &mut notes)?;
    let (_, waiting) = cooldown.end();
    let standing = match &moved {
        Some(_) => Standing::Moved,
        None if old.and_then(commit_of) == Some(found.commit) => Standing::Current,
        None => Standing::Newer,
    };
    let (newest, held) = beyond(keys, &listing, &found, waiting);
    let warnings = match &keys.follow {
        Follow::Commit(id) => impostor::shown(&keys.url, &listing, id, git).err().into_iter().collect(),
        _ => Vec::new(),
    };
    let trouble = moved.or_else(|| notes.into_iter().next().map(Trouble::new));
    Ok(Outlook { standing, allowed: Some(found.said()), newest, held, warnings, trouble })
}

/// The newest that there is beyond what is taken, and what holds each newer one back, newest first.
fn beyond(keys: &Keys, listing: &Listing, found: &Candidate, waiting: Vec<Held>) -> (Option<String>, Vec<Held>) {
    let Some(at) = found.order().filter(|_| !matches!(keys.follow, Follow::Head | Follow::Branch(_))) else {
        let newest = waiting.first().map(|held| held.value.clone());
        return (newest, waiting.into_iter().take(MOST).collect());
    };
    let wanted = |version: &semver::Version| {
        version > at
            && (version.pre.is_empty()
                || match &keys.follow {
                    Follow::Version { versions, .. } => versions.pre_releases || versions.rule.matches(version, false),
                    _ => !at.pre.is_empty(),
                })
    };
    let mut all = survey::tagged(keys, listing, wanted);
    all.reverse();
    // Of several spellings of one version, the first is the fullest.
    all.dedup_by(|next, first| next.same_version(first));
    let newest = all.first().map(Candidate::said);
    let by = |candidate: &Candidate| {
        let value = candidate.said();
        if let Some(held) = waiting.iter().find(|held| held.value == value) {
            return Some(held.clone());
        }
        let by = match &keys.follow {
            Follow::Version { versions, .. } => {
                let version = candidate.order()?;
                if !versions.rule.matches(version, versions.pre_releases) {
                    let rule = versions.rule.to_string();
                    HeldBy::Rule(rule.strip_prefix("npm:").map_or(rule.clone(), |npm| format!("semver:{npm}")))
                } else if versions.exclude.contains(version) {
                    HeldBy::Excluded
                } else {
                    return None;
                }
            }
            other => HeldBy::Rule(other.to_string()),
        };
        Some(Held { value, by })
    };
    (newest, all.iter().filter_map(by).take(MOST).collect())
}
