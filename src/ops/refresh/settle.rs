//! What became of each pin, written into the new lock and said.
//!
//! For `refresh`, after upstream was asked and before any file is written.

use std::collections::BTreeMap;

use super::{Options, place};
use crate::disk::Change;
use crate::lock::{self, Entry, Lock};
use crate::manifest::unstamped;
use crate::model::{Failure, PinName, PinOutcome, TELLING};
use crate::ops::project::Project;
use crate::source::resolve::Resolved;

/// What became of one pin before the lock is written.
pub(super) enum Outcome {
    Resolved(Box<Resolved>),
    /// The entry stays as it is.
    Kept,
    Skipped(String),
    Failed(Failure),
}

impl Outcome {
    /// The user's files that follow the entry.
    pub(super) fn files(&self) -> Vec<Change> {
        match self {
            Self::Resolved(resolved) => resolved.files.clone(),
            _ => Vec::new(),
        }
    }
}

/// Files of the user that follow a pin's entry.
pub(super) type Following = Vec<(PinName, Change)>;

/// Writes one outcome into the new lock and says what it came to.
pub(super) fn settle(
    project: &Project,
    old: &Lock,
    new: &mut Lock,
    name: &PinName,
    outcome: Outcome,
    options: &Options,
) -> PinOutcome {
    let resolved = match outcome {
        Outcome::Kept => return PinOutcome::Unchanged(name.clone()),
        Outcome::Skipped(why) => return PinOutcome::Skipped(name.clone(), why),
        Outcome::Failed(failure) => return PinOutcome::Failed(failure),
        Outcome::Resolved(resolved) => *resolved,
    };
    if options.locked {
        return PinOutcome::Proved { pin: name.clone(), notes: resolved.notes };
    }
    if options.keep
        && !old.pins.contains_key(name)
        && let Some(failure) = place::would_move(project, name, &resolved.entry)
    {
        return PinOutcome::Failed(failure);
    }
    let entry = resolved.entry;
    let before = old.pins.get(name);
    let outcome = match before {
        None => PinOutcome::New { pin: name.clone(), values: told(&entry), notes: resolved.notes },
        Some(before) if same(before, &entry) && resolved.notes.is_empty() => PinOutcome::Unchanged(name.clone()),
        Some(before) => PinOutcome::Moved {
            pin: name.clone(),
            values: changed(before, &entry),
            between: resolved.between,
            notes: resolved.notes,
        },
    };
    new.pins.insert(name.clone(), entry);
    outcome
}

/// Whether two entries differ at most in what is seen and held back.
fn same(before: &Entry, after: &Entry) -> bool {
    unstamped(before) == Entry { seen: before.seen.clone(), ..unstamped(after) }
}

/// The values of an entry, the telling one first.
fn told(entry: &Entry) -> Vec<(String, String)> {
    let rank = |key: &str| TELLING.iter().position(|k| *k == key).unwrap_or(TELLING.len());
    let mut all: Vec<(String, String)> = entry
        .values
        .iter()
        .map(|(key, value)| {
            let text = match value {
                lock::Value::One(token) => token.to_string(),
                lock::Value::Each(each) => each.iter().map(|(p, t)| format!("{p} {t}")).collect::<Vec<_>>().join(", "),
            };
            (key.to_string(), text)
        })
        .collect();
    all.sort_by_key(|(key, _)| rank(key));
    all
}

fn changed(before: &Entry, after: &Entry) -> Vec<(String, String, String)> {
    let old: BTreeMap<String, String> = told(before).into_iter().collect();
    let new = told(after);
    let gone = old
        .iter()
        .filter(|(key, _)| !new.iter().any(|(k, _)| k == *key))
        .map(|(key, was)| (key.clone(), was.clone(), String::new()));
    let kept = new.iter().map(|(key, is)| (key.clone(), old.get(key).cloned().unwrap_or_default(), is.clone()));
    kept.chain(gone).filter(|(_, was, is)| was != is).collect()
}
