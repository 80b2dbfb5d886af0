//! What `min-age` makes of new bytes under a URL that moves.
//!
//! For the resolver, which has fetched and judged them by then: a candidate is its bytes, and other
//! bytes under a fixed URL are an alarm that never comes here. All platforms move together.

use std::collections::BTreeMap;

use super::resolve::{Held, Target, entry};
use crate::disk::{Expect, Stored};
use crate::lock::{Artifact, Entry, Value};
use crate::model::{Platform, Sha256, Sha512, Token, Trouble};
use crate::remote::{Fetch, Origin};
use crate::source::cooldown::{Cooldown, ELSEWHERE};
use crate::source::resolve::{Fault, Resolved, Want};
use crate::source::url::Keys;

/// The digest of what all platforms have: of one file its own, of several that of a line for each
/// platform, `linux/arm64 DIGEST`, sorted.
pub(super) fn content(entry: &Entry) -> Option<Sha256> {
    match entry.values.iter().find(|(key, _)| key.as_str() == "sha256")?.1 {
        Value::One(digest) => digest.as_str().parse().ok(),
        Value::Each(each) => {
            let lines: String = each.iter().map(|(platform, digest)| format!("{platform} {digest}\n")).collect();
            Some(Sha256::of(lines.as_bytes()))
        }
    }
}

/// A locked file as a person would say it: its version, or the beginning of its digest.
pub(in crate::source) fn said(entry: &Entry) -> Option<String> {
    let short = || Some(format!("sha256:{}", content(entry)?.to_string().chars().take(12).collect::<String>()));
    entry.value("version").map(ToString::to_string).or_else(short)
}

/// The entry that is taken today: the new one if it passes, else the locked one. `old` is the locked
/// one, if it is of the same version.
pub(super) fn taken(
    keys: &Keys,
    want: &Want<'_>,
    old: Option<&Entry>,
    new: Entry,
    targets: Vec<Target<'_>>,
    fetch: &Fetch<'_>,
) -> Result<Resolved, Fault> {
    let moving = want.moving.unwrap_or(keys.versions.is_none());
    // Another version is the user's own word in pins.toml.
    let old = old.filter(|_| moving);
    // Under another URL: then what was seen under the locked one does not count.
    let elsewhere =
        |a: &&Artifact| old.is_some_and(|old| by_url(old, a.url.as_deref()).is_none() && in_place(old, a).is_some());
    let edited = new.artifacts.iter().any(|a| elsewhere(&a));
    let afresh = old.filter(|_| edited).map(|old| Entry { seen: BTreeMap::new(), ..old.clone() });
    let mut cooldown = Cooldown::of(&Want { old: afresh.as_ref().or(old), ..want.clone() });
    let mut notes = Vec::new();
    let taken = said(&new).unwrap_or_default();
    let at_once = |why: &str| format!("{why}: {taken} is taken at once, min-age or not");
    let stays = match old {
        None => {
            let first = moving && Cooldown::is_first(&Want { old, ..want.clone() });
            let why =
                if want.old.is_some() { "pins.toml asks for another version" } else { "nothing was locked before" };
            notes.extend(first.then(|| at_once(why)));
            false
        }
        Some(old) => {
            let known = |a: &Artifact| in_place(old, a).map(|before| before.sha256);
            let other = new.artifacts.iter().filter(elsewhere).any(|a| known(a) != Some(a.sha256));
            if other {
                notes.extend(cooldown.is_on().then(|| at_once(ELSEWHERE)));
                false
            } else if new.artifacts.iter().any(|a| known(a).is_none()) {
                notes.extend(cooldown.is_on().then(|| at_once("one of its files was never locked")));
                false
            } else {
                new.artifacts.iter().any(|a| known(a) != Some(a.sha256)) && !passes(&new, &mut cooldown)?
            }
        }
    };
    let (seen, held) = cooldown.end();
    let entry = match old.filter(|_| stays) {
        Some(old) => locked(keys, want, old, targets, fetch)?,
        None => new,
    };
    Ok(Resolved { entry: Entry { seen, ..entry }, between: None, files: Vec::new(), held, notes })
}

/// What is locked under a file's URL.
fn by_url<'e>(old: &'e Entry, url: Option<&str>) -> Option<&'e Artifact> {
    old.artifacts.iter().find(|a| a.url.as_deref() == url)
}

/// What is locked in a file's place: under its URL, or for its platforms under another one.
fn before<'e>(old: &'e Entry, url: Option<&str>, platforms: &[&Platform]) -> Option<&'e Artifact> {
    let all = |a: &Artifact| !platforms.is_empty() && platforms.iter().all(|p| a.platforms.contains(p));
    by_url(old, url).or_else(|| old.artifacts.iter().find(|a| a.platforms.is_empty() || all(a)))
}

/// What is locked in the place of a file of the new entry.
fn in_place<'e>(old: &'e Entry, file: &Artifact) -> Option<&'e Artifact> {
    before(old, file.url.as_deref(), &file.platforms.iter().collect::<Vec<_>>())
}

fn passes(new: &Entry, cooldown: &mut Cooldown<'_>) -> Result<bool, Fault> {
    let (Some(content), Some(said)) = (content(new), said(new)) else { return Ok(true) };
    let token = Token::new(&format!("sha256:{content}")).map_err(|e| Fault::usage(Trouble::new(e.to_string())))?;
    Ok(cooldown.passes(&token, &said))
}

/// What is locked, for the pin as it is now: its vendored places may be others.
fn locked(
    keys: &Keys,
    want: &Want<'_>,
    old: &Entry,
    targets: Vec<Target<'_>>,
    fetch: &Fetch<'_>,
) -> Result<Entry, Fault> {
    let sha512 = keys.asks_sha512(want);
    let stored = |target: &Target<'_>| -> Result<Stored, Fault> {
        let artifact = before(old, Some(&target.url), &target.platforms);
        let artifact = artifact.ok_or_else(|| Fault::usage(Trouble::new("a file of the pin is not locked")))?;
        let known = old.value_on("sha512", target.platforms.first().copied());
        let known: Option<Sha512> = known.and_then(|t| t.as_str().parse().ok());
        if sha512 && known.is_none() {
            // Asked for since: only the bytes tell.
            let expect = Expect { sha512, ..Expect::exactly(artifact.sha256, artifact.size) };
            let fetched = fetch.artifact(&target.url, expect, Some(artifact.sha256));
            return fetched.map(|f| f.stored).map_err(|e| Fault::unreachable(e.class(), e.trouble()));
        }
        Ok(Stored { sha256: artifact.sha256, size: artifact.size, sha512: known.filter(|_| sha512) })
    };
    let held = targets
        .into_iter()
        .map(|target| Ok(Held { stored: stored(&target)?, target, origin: Origin::Store }))
        .collect::<Result<Vec<_>, Fault>>()?;
    let made = entry(keys, want, old.value("version").cloned(), &held)?;
    Ok(Entry { evidence: old.evidence.clone(), ..made })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(value: Value) -> Entry {
        Entry {
            request: String::new(),
            values: BTreeMap::from([("sha256".parse().unwrap(), value)]),
            artifacts: Vec::new(),
            evidence: BTreeMap::new(),
            first_seen: "2026-01-01".parse().unwrap(),
            seen: BTreeMap::new(),
        }
    }

    /// Expected values by sha256sum.
    #[test]
    fn one_file_is_its_own_digest_and_several_are_that_of_all() {
        let (one, two) = (
            "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed",
            "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3",
        );
        let alone = entry(Value::One(one.parse().unwrap()));
        assert_eq!(content(&alone).unwrap().to_string(), one);
        assert_eq!(said(&alone).as_deref(), Some("sha256:7692c3ad3540"));
        let each = |a: &str, b: &str| {
            let all = [("linux/arm64", b), ("linux/amd64", a)];
            entry(Value::Each(all.into_iter().map(|(p, d)| (p.parse().unwrap(), d.parse().unwrap())).collect()))
        };
        let both = "c1f3b53ac5cab9b7e8dd8cdb370d45783d8093b741bc369912cae9edafbf07a1";
        assert_eq!(content(&each(one, two)).unwrap().to_string(), both);
        // Which platform has which bytes counts.
        assert_ne!(content(&each(two, one)).unwrap().to_string(), both);
    }
}
