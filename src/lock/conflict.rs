//! A lock that git left with conflict markers: seen as such, and mended without guessing.
//!
//! For `read`, which names them, and for `refresh`, which mends. Two branches that moved the same
//! pin to different values cannot both be right: that entry is dropped, so that `refresh` locks it
//! anew. Every other entry is taken from the side that has it.

use std::collections::BTreeMap;

use super::read::versioned;
use super::{Entry, Evidence, Lock};
use crate::model::PinName;

/// What could be saved from a conflicted lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// All entries that the two sides do not contradict each other on.
    pub lock: Lock,
    /// Pins that both sides lock, differently.
    pub dropped: Vec<PinName>,
    /// Of these, the evidence that both sides agree on, such as what is followed; no values.
    pub agreed: BTreeMap<PinName, BTreeMap<String, Evidence>>,
}

/// The first line, from 1, that is a conflict marker.
pub(super) fn marker(text: &str) -> Option<usize> {
    text.lines().position(|l| l.starts_with("<<<<<<< ") || l.starts_with(">>>>>>> ")).map(|i| i + 1)
}

/// Reads both sides of a conflicted lock, each in its own version; `None` if a side is not a lock.
#[must_use]
pub fn mend(bytes: &[u8]) -> Option<Mended> {
    let text = std::str::from_utf8(bytes).ok()?;
    marker(text)?;
    let (ours, theirs) = sides(text)?;
    let side = |text: &str| {
        let (mut lock, broken) = versioned(text.as_bytes()).ok()?.content?;
        for (section, name) in broken {
            if section == "pins" {
                lock.pins.remove(&name)
            } else {
                lock.archives.remove(&name)
            };
        }
        Some(lock)
    };
    let (ours, theirs) = (side(&ours)?, side(&theirs)?);
    let (mut dropped, mut agreed) = (Vec::new(), BTreeMap::new());
    for (name, entry) in &ours.pins {
        if let Some(other) = theirs.pins.get(name).filter(|other| *other != entry && other.request == entry.request) {
            let same = entry.evidence.iter().filter(|(word, proof)| other.evidence.get(*word) == Some(*proof));
            agreed.insert(name.clone(), same.map(|(word, proof)| (word.clone(), proof.clone())).collect());
        }
    }
    let archives = union(ours.archives, theirs.archives, &mut Vec::new());
    let pins = union(ours.pins, theirs.pins, &mut dropped);
    Some(Mended { lock: Lock { archives, pins, ..Lock::default() }, dropped, agreed })
}

fn union(
    ours: BTreeMap<PinName, Entry>,
    mut theirs: BTreeMap<PinName, Entry>,
    dropped: &mut Vec<PinName>,
) -> BTreeMap<PinName, Entry> {
    let mut out = BTreeMap::new();
    for (name, entry) in ours {
        match theirs.remove(&name) {
            Some(other) if other != entry => dropped.push(name),
            _ => {
                out.insert(name, entry);
            }
        }
    }
    out.extend(theirs);
    out
}

/// The two texts between which git could not choose; a base part (diff3) is left out.
fn sides(text: &str) -> Option<(String, String)> {
    #[derive(PartialEq)]
    enum In {
        Both,
        Ours,
        Base,
        Theirs,
    }
    let (mut ours, mut theirs, mut state) = (String::new(), String::new(), In::Both);
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        match state {
            In::Both if bare.starts_with("<<<<<<< ") => state = In::Ours,
            In::Ours if bare.starts_with("||||||| ") || bare == "|||||||" => state = In::Base,
            In::Ours | In::Base if bare == "=======" => state = In::Theirs,
            In::Theirs if bare.starts_with(">>>>>>> ") => state = In::Both,
            In::Both => {
                ours.push_str(line);
                theirs.push_str(line);
            }
            In::Ours => ours.push_str(line),
            In::Base => {}
            In::Theirs => theirs.push_str(line),
        }
    }
    (state == In::Both).then_some((ours, theirs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::{Value, open};
    use crate::model::Token;

    #[test]
    fn what_both_sides_follow_outlives_the_entry() {
        let ours = open(include_bytes!("../../tests/data/lock/homebridge/pins.lock")).unwrap().lock;
        let mut theirs = ours.clone();
        let name: PinName = "homebridge".parse().unwrap();
        let entry = theirs.pins.get_mut(&name).unwrap();
        entry.values.insert(Token::new("homebridge").unwrap(), Value::One(Token::new(&"a".repeat(40)).unwrap()));
        entry.evidence.remove("tree");
        let text = |lock: &Lock| String::from_utf8(lock.to_bytes()).unwrap();
        let merged = format!("<<<<<<< ours\n{}=======\n{}>>>>>>> theirs\n", text(&ours), text(&theirs));
        let mended = mend(merged.as_bytes()).unwrap();
        assert_eq!(mended.dropped.as_slice(), std::slice::from_ref(&name));
        assert!(!mended.lock.pins.contains_key(&name));
        let agreed = &mended.agreed[&name];
        assert!(agreed.contains_key("ref") && !agreed.contains_key("tree"), "{agreed:?}");
        assert_eq!(mended.agreed.len(), 1);
    }
}
