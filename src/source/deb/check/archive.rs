//! What can be proved of an archive's entry: it has one moment if the archive has snapshots, not a
//! later one than the manifest allows, and says of each suite what was believed, and why.
//!
//! For `verify`. Not here: whether it is true, which the archive alone can tell.

use std::collections::{BTreeMap, BTreeSet};

use super::super::archive::Snapshot;
use super::super::effective::Effective;
use crate::lock::{Entry, Evidence, Value};
use crate::model::{Id, Sha256, Time, Trouble, quoted};
use crate::trust::openpgp::Fingerprint;

/// What the lock holds of each suite: its word, whether it must, what it may be, and what that is.
type Word = (&'static str, bool, fn(&str) -> bool, &'static str);

const WORDS: [Word; 4] = [
    ("date", true, |text| text.parse::<Time>().is_ok(), "a moment such as 2026-09-01T00:00:00Z"),
    ("inrelease-sha256", true, |text| text.parse::<Sha256>().is_ok(), "64 lower-case hexadecimal digits"),
    ("key", true, are_fingerprints, "full fingerprints, sorted, a blank between"),
    ("codename", false, |text| !text.is_empty(), "the name of a release"),
];

impl Effective {
    /// All faults of its entry: APT013 of the snapshot, APT014 of the evidence.
    #[must_use]
    pub fn check(&self, entry: &Entry) -> Vec<(Id, Trouble)> {
        let moment = self.moment(entry).map(|trouble| (Id::APT013, trouble));
        moment.into_iter().chain(self.evidence(entry).into_iter().map(|trouble| (Id::APT014, trouble))).collect()
    }

    fn moment(&self, entry: &Entry) -> Option<Trouble> {
        let name = &self.name;
        if !self.has_snapshots() {
            let trouble = Trouble::new(format!("the lock has values of the archive {name}, which has no snapshots"));
            return (!entry.values.is_empty()).then(|| trouble.expected("none").found(said(entry)));
        }
        let Some(time) = snapshot(entry).filter(|_| entry.values.len() == 1) else {
            let trouble = Trouble::new(format!("the lock has no snapshot of the archive {name}"));
            let expected = "a moment such as 20260901T000000Z, under the key snapshot";
            return Some(trouble.expected(expected).found(said(entry)));
        };
        let late = |ceiling: &&String| ceiling.parse::<Time>().is_ok_and(|ceiling| time > ceiling);
        let ceilings = self.repositories.iter().filter_map(|r| match &r.snapshot {
            Some(Snapshot::UpTo(ceiling)) => Some(ceiling),
            _ => None,
        });
        let ceiling = ceilings.into_iter().find(late)?;
        let trouble = Trouble::new(format!("the locked snapshot of the archive {name} is later than pins.toml allows"));
        Some(trouble.expected(format!("{ceiling} or earlier")).found(time.stamp()))
    }

    fn evidence(&self, entry: &Entry) -> Vec<Trouble> {
        let suites: BTreeSet<&str> = self.repositories.iter().flat_map(|r| &r.suites).map(|s| s.as_str()).collect();
        let (name, none) = (&self.name, BTreeMap::new());
        let mut troubles = Vec::new();
        for (word, must, is, form) in WORDS {
            let each = match entry.evidence.get(word) {
                Some(Evidence::Each(each)) => each,
                _ => &none,
            };
            for suite in &suites {
                let of = format!("{word} of the suite {} of the archive {name}", quoted(suite));
                let trouble = match each.get(*suite) {
                    None if must => Trouble::new(format!("the lock has no {of}")).found("none"),
                    Some(text) if !is(text) => Trouble::new(format!("the {of} cannot be one")).found(quoted(text)),
                    _ => continue,
                };
                troubles.push(trouble.expected(form));
            }
            for stranger in each.keys().filter(|suite| !suites.contains(suite.as_str())) {
                let message = format!("the lock has the {word} of a suite that the archive {name} does not have");
                let all = suites.iter().copied().collect::<Vec<_>>().join(", ");
                troubles.push(Trouble::new(message).expected(all).found(quoted(stranger)));
            }
        }
        troubles
    }
}

/// The moment that an archive is locked at, if it is written as snapshots are named.
pub(super) fn snapshot(entry: &Entry) -> Option<Time> {
    let stamp = entry.value("snapshot")?.as_str();
    stamp.parse::<Time>().ok().filter(|time| time.stamp() == stamp)
}

/// At least one, as the lock writes them.
fn are_fingerprints(text: &str) -> bool {
    let one = |word: &str| word.parse::<Fingerprint>().is_ok_and(|f| f.to_string() == word);
    let sorted: BTreeSet<&str> = text.split(' ').collect();
    sorted.iter().all(|word| one(word)) && sorted.into_iter().collect::<Vec<_>>().join(" ") == text
}

fn said(entry: &Entry) -> String {
    let one = |value: &Value| match value {
        Value::One(text) => quoted(text.as_str()),
        Value::Each(_) => "one for each platform".to_owned(),
    };
    let all: Vec<String> = entry.values.iter().map(|(k, v)| format!("{}: {}", quoted(k.as_str()), one(v))).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}
