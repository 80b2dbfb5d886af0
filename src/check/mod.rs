//! The join that `verify` proves: manifest = lock = Dockerfile text.
//!
//! For `verify`, and for `refresh`, which looks for the same sites. It is handed what was read and
//! has no network to ask; only [`vendored`] reads files, to hash them, and kinds that pin what other
//! files of the folder say, such as package.json.

mod archives;
pub mod cover;
pub mod explain;
mod implied;
pub mod lint;
mod locked;
mod sites;
pub mod suppress;
pub mod vendored;

use std::collections::{BTreeMap, BTreeSet};

use crate::disk::Root;
use crate::dockerfile::Dockerfile;
use crate::lock::Opened;
use crate::manifest::Manifest;
use crate::model::{Finding, Id, PinName, RelPath, Severity, Trouble, Verdict};
use crate::source::based::{Based, based};
use crate::source::deb::Effective;

/// What stands on the disk, read once.
#[derive(Debug)]
pub struct Join<'a> {
    /// pins.toml.
    pub manifest: &'a Manifest,
    /// pins.lock; `Opened::none` where there is none.
    pub lock: &'a Opened,
    /// Every Dockerfile of the image.
    pub dockerfiles: &'a [Dockerfile],
    /// The archives of the manifest, with the files that they name read in.
    pub archives: &'a BTreeMap<PinName, Effective>,
    /// The files of a refresh that was interrupted.
    pub interrupted: Option<&'a [RelPath]>,
    /// The folder of pins.toml.
    pub root: &'a Root,
    /// What [`vendored::check`] found.
    pub vendored: &'a [Finding],
}

impl Join<'_> {
    /// The bases of the stages, as the sound entries of the lock have them; none where no pin asks.
    fn bases(&self) -> Vec<Based> {
        if !self.manifest.pins.values().any(|pin| pin.source.needs_bases()) {
            return Vec::new();
        }
        let sound = |name: &&PinName| !self.lock.altered.contains(*name);
        let pins = self.manifest.pins.iter().filter(|(name, _)| sound(name));
        let locked = pins.filter_map(|(name, pin)| Some((name, &pin.source, self.lock.lock.pins.get(name)?)));
        based(locked, self.dockerfiles)
    }
}

/// Compares everything with everything.
#[must_use]
pub fn verify(join: &Join<'_>, strict: bool) -> Verdict {
    let mut findings = locked::check(join);
    findings.extend(archives::check(join));
    findings.extend(sites::check(join));
    findings.extend(implied::check(join));
    findings.extend(join.vendored.iter().cloned());
    let mut verdict = Verdict::default();
    let wrong: BTreeSet<PinName> =
        findings.iter().filter(|f| f.severity == Severity::Error).filter_map(|f| f.pin.clone()).collect();
    for (name, pin) in &join.manifest.pins {
        let entry = join.lock.lock.pins.contains_key(name);
        if let (Some(reason), false) = (&pin.unlocked, entry) {
            verdict.unlocked.push((name.clone(), reason.clone()));
            if strict {
                findings.push(unlocked(name, reason, pin.place.clone()));
            }
        } else if entry && !wrong.contains(name) {
            verdict.verified += 1;
        }
    }
    findings.sort_by(|a, b| (&a.trouble.place, a.id, &a.pin).cmp(&(&b.trouble.place, b.id, &b.pin)));
    findings.dedup();
    verdict.findings = findings;
    verdict
}

fn unlocked(name: &PinName, reason: &str, place: crate::model::Place) -> Finding {
    let trouble = Trouble::new(format!("the pin is not locked: {reason}"))
        .at(place)
        .help(format!("dubo-pin refresh {name}, then remove `unlocked`"));
    Finding::error(Id::PIN001, Some(name), trouble)
}
