//! Whose a file is, and so what may be done with it.
//!
//! A file is dubo-pin's own only if the old lock lists its path, and its bytes are those of the
//! lock, and the path is one that dubo-pin itself chose: the pin's `vendor` gives it, or, where
//! pin or `vendor` left the manifest, the marked block names it. So neither an edited file nor one
//! that a stranger's lock points at is overwritten or deleted.

use std::collections::{BTreeMap, BTreeSet};

use super::{Listed, Placement, derives, is_reserved, placed};
use crate::disk::{Before, Found, Looked};
use crate::lock::Lock;
use crate::manifest::Manifest;
use crate::model::{PinName, Place, RelPath, Sha256, Trouble, quoted};

/// What is done with one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It gets its bytes, and its permissions.
    Write(Placement, Before),
    /// It has its bytes, whoever put them there; only the execute bit is set.
    Mode(Placement),
    /// It goes, since no pin has it any more.
    Remove(RelPath, Before),
}

/// Why a file is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It has other bytes than dubo-pin wrote.
    Edited(Option<Sha256>),
    /// The lock does not know it.
    Foreign(Option<Sha256>),
    /// It is no plain file, or cannot be read.
    Unusable(String),
}

/// A file in the way that is not dubo-pin's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The pin that wants the place, or had it.
    pub pin: PinName,
    /// The file.
    pub path: RelPath,
    /// Why it is not touched.
    pub why: Why,
    /// What should stand there; `None` if it should go.
    pub expected: Option<Sha256>,
}

impl Refusal {
    /// As a person wants to hear it.
    #[must_use]
    pub fn to_trouble(&self) -> Trouble {
        let path = quoted(self.path.as_str());
        let does = if self.expected.is_some() { "overwritten" } else { "removed" };
        let message = match &self.why {
            Why::Edited(_) => format!("{path} is not {does}, since it is not as dubo-pin wrote it"),
            Why::Foreign(_) => format!("{path} is not {does}, since dubo-pin did not write it"),
            Why::Unusable(what) => format!("{path} is not {does}: {what}"),
        };
        let found = match &self.why {
            Why::Edited(hash) | Why::Foreign(hash) => {
                hash.map_or_else(|| "a far larger file".to_owned(), |h| format!("sha256 {h}"))
            }
            Why::Unusable(what) => what.clone(),
        };
        let expected = self.expected.map_or_else(|| "the bytes of the lock".to_owned(), |h| format!("sha256 {h}"));
        let force = if matches!(self.why, Why::Unusable(_)) { "" } else { ", or let --force take it" };
        let trouble = Trouble::new(message).at(Place::file(self.path.as_str())).expected(expected).found(found);
        trouble.help(format!("move it away if it is yours{force}; git checkout brings back the committed one"))
    }
}

/// What is to be done, and what is in the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// What is done.
    pub steps: Vec<Step>,
    /// What must be settled by the user first; nothing of it is touched.
    pub refusals: Vec<Refusal>,
    /// Paths that the old lock lists but that dubo-pin never chose: left as they are.
    pub left: Vec<(PinName, RelPath)>,
}

/// The files whose standing [`decide`] needs to know, each with the size it should have.
#[must_use]
pub fn asked(old: &Lock, new: &Lock) -> Vec<(RelPath, u64)> {
    let all = old.pins.values().chain(new.pins.values()).flat_map(|e| &e.artifacts);
    let paths: BTreeMap<&RelPath, u64> = all.filter_map(|a| Some((a.path.as_ref()?, a.size))).collect();
    paths.into_iter().map(|(path, size)| (path.clone(), size)).collect()
}

/// Decides about every vendored file. `old` is the lock as it was, without entries whose seal is
/// broken; `now` is what [`crate::disk::Root::hash_all`] says of [`asked`]; `listed` is what the
/// marked blocks named before.
#[must_use]
pub fn decide(
    manifest: &Manifest,
    old: &Lock,
    new: &Lock,
    listed: &Listed,
    now: &BTreeMap<RelPath, Looked>,
    force: bool,
) -> Decided {
    let owned = owned(manifest, old, listed);
    let mut decided = Decided::default();
    let placements = placed(manifest, new).placements;
    for placement in &placements {
        let path = &placement.path;
        let own = owned.get(path).filter(|own| own.chosen);
        match now.get(path) {
            None | Some(Ok(None)) => decided.steps.push(Step::Write(placement.clone(), Before::Absent)),
            Some(Err(error)) => decided.refusals.push(Refusal {
                pin: placement.pin.clone(),
                path: path.clone(),
                why: Why::Unusable(error.to_string()),
                expected: Some(placement.sha256),
            }),
            Some(Ok(Some(found))) if found.sha256 == Some(placement.sha256) => {
                if found.executable != placement.executable {
                    decided.steps.push(Step::Mode(placement.clone()));
                }
            }
            Some(Ok(Some(found))) => match (before(found), own) {
                (Some(before), Some(own)) if force || own.hashes.contains(&before.0) => {
                    decided.steps.push(Step::Write(placement.clone(), before.1));
                }
                (Some(before), None) if force => decided.steps.push(Step::Write(placement.clone(), before.1)),
                (_, own) => decided.refusals.push(Refusal {
                    pin: placement.pin.clone(),
                    path: path.clone(),
                    why: if own.is_some() { Why::Edited(found.sha256) } else { Why::Foreign(found.sha256) },
                    expected: Some(placement.sha256),
                }),
            },
        }
    }
    let kept: BTreeSet<&RelPath> =
        new.pins.values().flat_map(|e| &e.artifacts).filter_map(|a| a.path.as_ref()).collect();
    for (path, own) in owned.iter().filter(|(path, _)| !kept.contains(*path)) {
        let refuse = |why| Refusal { pin: own.pin.clone(), path: path.clone(), why, expected: None };
        match now.get(path) {
            None | Some(Ok(None)) => {}
            Some(_) if !own.chosen => decided.left.push((own.pin.clone(), path.clone())),
            Some(Err(error)) => decided.refusals.push(refuse(Why::Unusable(error.to_string()))),
            Some(Ok(Some(found))) => match before(found) {
                Some((hash, before)) if force || own.hashes.contains(&hash) => {
                    decided.steps.push(Step::Remove(path.clone(), before));
                }
                _ => decided.refusals.push(refuse(Why::Edited(found.sha256))),
            },
        }
    }
    decided
}

fn before(found: &Found) -> Option<(Sha256, Before)> {
    let sha256 = found.sha256?;
    Some((sha256, Before::Digest { sha256, size: found.size }))
}

/// A path of the old lock.
struct Own {
    pin: PinName,
    hashes: BTreeSet<Sha256>,
    /// Whether dubo-pin itself chose it.
    chosen: bool,
}

fn owned(manifest: &Manifest, old: &Lock, listed: &Listed) -> BTreeMap<RelPath, Own> {
    let mut all: BTreeMap<RelPath, Own> = BTreeMap::new();
    for (name, entry) in &old.pins {
        for artifact in &entry.artifacts {
            let Some(path) = &artifact.path else { continue };
            let given = manifest.pins.get(name).is_some_and(|pin| derives(pin, entry, artifact));
            let chosen = !is_reserved(manifest, path.as_str()) && (given || listed.contains(path));
            let own =
                all.entry(path.clone()).or_insert_with(|| Own { pin: name.clone(), hashes: BTreeSet::new(), chosen });
            own.hashes.insert(artifact.sha256);
        }
    }
    all
}
