//! Where a locked image pin stands: what `outdated` tells.
//!
//! For `source`. It writes nothing, and asks for no layer.

use super::keys::{Follow, Keys};
use super::newest::{Newest, newest, settled};
use super::resolve::present;
use crate::lock::Entry;
use crate::model::{Held, HeldBy, Standing, Token, Trouble};
use crate::remote::Remote;
use crate::remote::registry::Name;
use crate::source::resolve::{Aim, Fault, Outlook, Want};
use crate::source::version::order;

/// The most newer values that are told of one pin.
const TOLD: usize = 20;

/// Says where a locked pin stands. An unchanged tag costs requests without a body alone: one for
/// the tag, one for the locked digest, one for the image of each platform.
pub(in crate::source) fn outlook(keys: &Keys, want: &Want<'_>, remote: &Remote) -> Result<Outlook, Fault> {
    let registry = remote.registry();
    let name = Name { host: keys.repository.host(), path: keys.repository.path() };
    if let Some(old) = settled(keys, want) {
        present(keys, old, &registry, name)?;
    }
    let want = &Want { aim: Aim::Newest, ..want.clone() };
    let Newest { resolved, tags } = newest(keys, want, &registry, name)?;
    let allowed = said(&resolved.entry);
    let Some(old) = want.old else {
        return Ok(Outlook { allowed, ..Outlook::at(Standing::Unlocked) });
    };
    let entry = &resolved.entry;
    let is = |key: &str| old.value(key) == entry.value(key);
    let text = |entry: &Entry| entry.value("digest").map(ToString::to_string).unwrap_or_default();
    let (standing, trouble) = match (is("tag"), is("digest")) {
        (true, true) => (Standing::Current, None),
        (true, false) if same(old, entry) => {
            let tag = entry.value("tag").map(Token::as_str).unwrap_or_default();
            let message =
                format!("{name}:{tag} leads to another index, with the same image for each platform of the pin");
            let trouble = Trouble::new(message).expected(text(old)).found(text(entry));
            let help = format!("dubo-pin refresh {} takes the index; what is built is the same", want.pin);
            (Standing::Moved, Some(trouble.help(help)))
        }
        _ => (Standing::Newer, None),
    };
    let beyond = beyond(keys, entry, &tags);
    let mut held = beyond;
    held.extend(resolved.held);
    // By version where there are versions; else there is one tag, and one that waits.
    held.sort_by_cached_key(|held| {
        let tag = held.value.split(' ').next().unwrap_or_default();
        std::cmp::Reverse(version(keys, tag).map(|(version, _)| version))
    });
    held.truncate(TOLD);
    let newest = held.first().map(|held| held.value.clone());
    Ok(Outlook { allowed, newest, held, trouble, ..Outlook::at(standing) })
}

/// Whether two entries are indices with the same images.
fn same(old: &Entry, new: &Entry) -> bool {
    let is = |entry: &Entry| entry.proof("kind") == Some("index");
    is(old) && is(new) && old.evidence.get("manifests") == new.evidence.get("manifests")
}

/// The version in a tag, admitted or not, and as it is spelt there.
fn version<'t>(keys: &Keys, tag: &'t str) -> Option<(semver::Version, &'t str)> {
    let Follow::Version { tag: (before, after), .. } = &keys.follow else { return None };
    let text = tag.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
    Some((order(text)?, text))
}

/// The tags with newer versions than what is taken that the manifest does not admit, newest first.
/// Only versions that are written in as many parts: `22` beside `20.1.0` is a name for others, and
/// `20260901` a date.
fn beyond(keys: &Keys, entry: &Entry, tags: &[String]) -> Vec<Held> {
    let Follow::Version { versions, .. } = &keys.follow else { return Vec::new() };
    let taken = entry.value("version").map(Token::as_str).unwrap_or_default();
    let Some(floor) = order(taken) else { return Vec::new() };
    let parts = |text: &str| text.split(['-', '+']).next().unwrap_or_default().split('.').count();
    let mut newer: Vec<(semver::Version, &String)> = tags
        .iter()
        .filter_map(|tag| {
            let (version, text) = version(keys, tag).filter(|(v, _)| *v > floor && !versions.admits(v))?;
            let wanted = version.pre.is_empty() || versions.pre_releases || versions.exclude.contains(&version);
            (wanted && parts(text) == parts(taken)).then_some((version, tag))
        })
        .collect();
    newer.sort_by(|a, b| b.cmp(a));
    let held = |(version, tag): (semver::Version, &String)| Held {
        value: tag.clone(),
        by: match versions.exclude.contains(&version) {
            true => HeldBy::Excluded,
            false => HeldBy::Rule(versions.rule.to_string()),
        },
    };
    newer.into_iter().take(TOLD).map(held).collect()
}

/// A locked image as a person would say it: its tag, and the beginning of its digest.
pub(in crate::source) fn said(entry: &Entry) -> Option<String> {
    let digest: String = entry.value("digest")?.as_str().strip_prefix("sha256:")?.chars().take(12).collect();
    Some(match entry.value("tag") {
        Some(tag) => format!("{tag} ({digest})"),
        None => digest,
    })
}
