//! A suite as it is now against the suite that is locked: rolled back, replaced, of other hands.
//!
//! For `open`. Pure. An edit of the archive in the manifest frees from what it says anew and from
//! nothing else: another URL from all of it, another ceiling from the date, another `signed-by` from
//! the keys.

use std::collections::BTreeSet;

use super::super::archive::Suite;
use super::{OpenSuite, Settings, of};
use crate::lock::{Entry, Evidence};
use crate::model::{Sha256, Time, Trouble, quoted};
use crate::source::resolve::Fault;

pub(super) const DATE: &str = "date";
pub(super) const DIGEST: &str = "inrelease-sha256";
pub(super) const KEY: &str = "key";
pub(super) const CODENAME: &str = "codename";

/// The snapshot that is locked.
pub(super) fn snapshot(entry: &Entry) -> Option<Time> {
    entry.value("snapshot")?.as_str().parse().ok()
}

/// What the lock holds for one suite under a word.
fn evidence<'a>(entry: &'a Entry, word: &str, suite: &str) -> Option<&'a str> {
    match entry.evidence.get(word)? {
        Evidence::Each(each) => each.get(suite).map(String::as_str),
        Evidence::One(_) => None,
    }
}

/// Whether a suite is locked.
pub(super) fn has(entry: &Entry, suite: &Suite) -> bool {
    evidence(entry, DATE, suite.as_str()).is_some()
}

/// Whether a word of the archive's request is what it was when it was locked.
pub(super) fn same(locked: &Entry, settings: &Settings<'_>, word: &str) -> bool {
    let of = |request: &str| -> Vec<String> {
        let values = request.split(' ').filter_map(|item| item.split_once('=')).filter(|(key, _)| *key == word);
        values.map(|(_, value)| value.to_owned()).collect()
    };
    of(&locked.request) == of(settings.request)
}

/// Compares a suite with the lock.
///
/// # Errors
/// Alarms alone.
pub(super) fn compare(
    open: &OpenSuite,
    is_snapshot: bool,
    locked: Option<&Entry>,
    settings: &Settings<'_>,
    notes: &mut Vec<String>,
) -> Result<(), Fault> {
    let Some(locked) = locked.filter(|entry| settings.prove || same(entry, settings, "uri")) else {
        return Ok(());
    };
    let same_ceiling = settings.prove || same(locked, settings, "snapshot");
    let same_keys = settings.prove || same(locked, settings, "signed-by");
    let suite = open.suite.as_str();
    let held = |word| evidence(locked, word, suite);
    let alarm = |trouble: Trouble| Err(Fault::alarm(of(settings.archive, &open.suite, trouble)));
    let digest = held(DIGEST).and_then(|text| text.parse::<Sha256>().ok());
    let same_digest = digest == Some(open.sha256);
    let date = open.release.date;
    if let Some(before) = held(DATE).and_then(|text| text.parse::<Time>().ok()) {
        if date < before && same_ceiling {
            let trouble = Trouble::new("the archive was rolled back")
                .expected(format!("a Date from {before} on, the locked one"));
            return alarm(
                trouble
                    .found(format!("Date {date}"))
                    .help("the mirror serves an older state than it did before: try another mirror, and find out why"),
            );
        }
        if date == before
            && let Some(digest) = digest.filter(|_| !same_digest)
        {
            let trouble = Trouble::new(format!("two different Release files are dated {date}"));
            return alarm(
                trouble
                    .expected(format!("SHA-256 {digest}, which is locked"))
                    .found(format!("SHA-256 {}", open.sha256))
                    .help("the signature holds for both: find out from the archive why it was made anew"),
            );
        }
    }
    if let (Some(before), Some(now)) = (held(CODENAME), open.release.codename.as_deref())
        && before != now
    {
        return alarm(
            Trouble::new("the suite has become another release of the distribution")
                .expected(format!("codename {}, which is locked", quoted(before)))
                .found(format!("codename {}", quoted(now)))
                .help(format!("write the codename in `suites`: {} to stay, {} to move", quoted(before), quoted(now))),
        );
    }
    if let Some(before) = held(KEY).filter(|k| !k.is_empty()) {
        let known: BTreeSet<&str> = before.split(' ').collect();
        let now: BTreeSet<&str> = open.signers.iter().map(|s| s.primary.as_str()).collect();
        if known.is_disjoint(&now) && same_keys {
            return alarm(
                Trouble::new("none of the locked keys signs the suite any more")
                    .expected(before)
                    .found(open.keys())
                    .help("both are trusted keys; if the archive announced the change, say so in `signed-by` with the new fingerprint"),
            );
        }
        for new in now.difference(&known) {
            notes.push(format!("{}: a new key signs: {new}", quoted(suite)));
        }
        for lost in known.difference(&now) {
            notes.push(format!("{}: a locked key does not sign any more: {lost}", quoted(suite)));
        }
    }
    match digest {
        Some(digest) if settings.prove && is_snapshot && !same_digest => alarm(
            Trouble::new("the Release file of the locked snapshot is not the locked one")
                .expected(format!("SHA-256 {digest}"))
                .found(format!("SHA-256 {}", open.sha256))
                .help("the lock was changed by hand or forged: git log -p pins.lock"),
        ),
        _ => Ok(()),
    }
}
