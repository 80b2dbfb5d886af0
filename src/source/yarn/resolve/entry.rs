//! The entry of a yarn pin, folded of the entries of its packages.
//!
//! For `folder` and `dockerfile`. The other way round is [`super::super::package::one`].

use std::collections::BTreeMap;

use super::super::{follow, package};
use crate::lock::{Artifact, Entry, Evidence, Value};
use crate::model::{Day, Token, Trouble, quoted};
use crate::source::git;
use crate::source::resolve::Fault;

/// What one package comes to.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Its key among the values.
    pub(super) key: String,
    /// As a git pin's entry.
    pub(super) entry: Entry,
    /// Further evidence: `follow`, `repository`, `manifest`.
    pub(super) proofs: BTreeMap<&'static str, String>,
}

impl Member {
    /// What a package was resolved to, with what it follows.
    pub(super) fn new(key: String, entry: Entry, keys: &git::Keys) -> Self {
        let proofs = BTreeMap::from([("follow", follow::text(&keys.follow)), ("repository", keys.url.to_string())]);
        Self { key, entry, proofs }
    }
}

/// One entry of all packages.
pub(super) fn fold(
    request: String,
    members: &[Member],
    artifacts: Vec<Artifact>,
    whole: BTreeMap<&'static str, Evidence>,
    old: Option<&Entry>,
    today: Day,
) -> Result<Entry, Fault> {
    let mut values = BTreeMap::new();
    let mut evidence: BTreeMap<String, Evidence> = BTreeMap::new();
    let mut seen = BTreeMap::new();
    for member in members {
        let own = member.entry.seen.iter();
        seen.extend(own.filter_map(|(candidate, day)| Some((package::seen(candidate, &member.key)?, *day))));
        let key = Token::new(&member.key)
            .map_err(|e| Fault::usage(Trouble::new(format!("the name of a package cannot stand in the lock: {e}"))))?;
        let commit = member.entry.value("commit").cloned();
        let commit =
            commit.ok_or_else(|| Fault::usage(Trouble::new(format!("{} has no commit", quoted(&member.key)))))?;
        values.insert(key, Value::One(commit));
        let own = member.entry.evidence.iter().filter_map(|(word, proof)| match proof {
            Evidence::One(text) => Some((word.as_str(), text.clone())),
            Evidence::Each(_) => None,
        });
        let further = member.proofs.iter().map(|(word, text)| (*word, text.clone()));
        for (word, text) in own.chain(further) {
            let each = evidence.entry(word.to_owned()).or_insert_with(|| Evidence::Each(BTreeMap::new()));
            if let Evidence::Each(each) = each {
                each.insert(member.key.clone(), text);
            }
        }
    }
    evidence.extend(whole.into_iter().map(|(word, proof)| (word.to_owned(), proof)));
    let mut artifacts = artifacts;
    Artifact::sort(&mut artifacts);
    let first_seen = old.filter(|old| old.values == values).map_or(today, |old| old.first_seen);
    Ok(Entry { request, values, artifacts, evidence, first_seen, seen })
}

/// What was proved now must be what the lock says.
pub(super) fn unchanged(old: &Entry, new: &Entry, notes: &mut Vec<String>) -> Result<(), Fault> {
    let forged = |what: String, expected: Option<&str>, found: Option<&str>| {
        let said = |text: Option<&str>| text.map_or_else(|| "nothing".to_owned(), quoted);
        Fault::alarm(
            Trouble::new(what)
                .expected(said(expected))
                .found(said(found))
                .help("the lock was changed by hand or forged: git log -p pins.lock"),
        )
    };
    let keys = old.values.keys().chain(new.values.keys());
    for key in keys {
        let text = |entry: &Entry| entry.value(key.as_str()).map(|t| t.as_str().to_owned());
        if text(old) != text(new) {
            let what = format!("the locked commit of {key} is not what upstream gives");
            return Err(forged(what, text(new).as_deref(), text(old).as_deref()));
        }
    }
    // Who served it, and how a ref leads there, is no matter of the proof.
    let other = ["origin", "tag-object", git::REACHABLE];
    for word in old.evidence.keys().chain(new.evidence.keys()).filter(|word| !other.contains(&word.as_str())) {
        if old.evidence.get(word) != new.evidence.get(word) {
            return Err(forged(format!("the locked evidence `{word}` is not what upstream gives"), None, None));
        }
    }
    let files = |entry: &Entry| {
        let all = entry.artifacts.iter().map(|a| (a.path.clone(), a.package.clone(), a.size, a.sha256));
        all.collect::<std::collections::BTreeSet<_>>()
    };
    if files(old) != files(new) {
        return Err(forged("the locked files are not those that upstream gives".to_owned(), None, None));
    }
    if old.request != new.request {
        notes.push("the pin was edited since it was locked: dubo-pin refresh".to_owned());
    }
    Ok(())
}
