//! A lock that git left with conflict markers: seen as such, and mended without guessing.
//!
//! For `read`, which names them, and for `refresh`, which mends. Two branches that moved the same
//! pin to different values cannot both be right: that entry is dropped, so that `refresh` locks it
//! anew. Every other entry is taken from the side that has it.

use std::collections::BTreeMap;

use super::read::versioned;
use super::{Entry, Lock};
use crate::model::PinName;

/// What could be saved from a conflicted lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// All entries that the two sides do not contradict each other on.
    pub lock: Lock,
    /// Pins that both sides lock, differently.
    pub dropped: Vec<PinName>,
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
    let mut dropped = Vec::new();
    let archives = union(ours.archives, theirs.archives, &mut Vec::new());
    let pins = union(ours.pins, theirs.pins, &mut dropped);
    Some(Mended { lock: Lock { archives, pins, ..Lock::default() }, dropped })
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
