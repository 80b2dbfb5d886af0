//! Archives: manifest against lock, and the snapshot where it stands in Dockerfiles.
//!
//! For `check`. An archive that no locked pin draws from need not be locked.

use std::collections::BTreeSet;

use super::Join;
use crate::dockerfile::{search, shadows};
use crate::lock::{Entry, FILE};
use crate::manifest::Archive;
use crate::model::{Finding, Id, PinName, Trouble, visible};

pub(super) fn check(join: &Join<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut used: BTreeSet<&PinName> = BTreeSet::new();
    for (_, pin) in join.manifest.pins.iter().filter(|(name, _)| join.lock.lock.pins.contains_key(*name)) {
        used.extend(pin.source.drawn(join.archives));
    }
    for (name, archive) in &join.manifest.archives {
        let entry = join.lock.lock.archives.get(name).filter(|_| !join.lock.altered.contains(name));
        match entry {
            Some(entry) => findings.extend(one(join, name, archive, entry)),
            None if used.contains(name) && !join.lock.altered.contains(name) => {
                let trouble =
                    Trouble::new(format!("the archive {name} is not in the lock, although locked pins draw from it"));
                let trouble = trouble.at(archive.place.clone()).expected(format!("an entry in {FILE}")).found("none");
                findings.push(Finding::error(Id::LOCK002, None, trouble.help("dubo-pin refresh")));
            }
            None => {}
        }
    }
    for name in join.lock.lock.archives.keys().filter(|name| !join.manifest.archives.contains_key(*name)) {
        let trouble = Trouble::new(format!("the lock has an archive {name} that pins.toml does not have"))
            .at(join.lock.archive(name))
            .expected(format!("[archives.{name}] in pins.toml, or no entry"))
            .found("an entry without an archive")
            .help("dubo-pin refresh --keep removes it");
        findings.push(Finding::error(Id::LOCK003, None, trouble));
    }
    findings
}

fn one(join: &Join<'_>, name: &PinName, archive: &Archive, entry: &Entry) -> Vec<Finding> {
    let request = join.archives.get(name).map(crate::source::deb::Effective::request).unwrap_or_default();
    if entry.request != request {
        let trouble = Trouble::new(format!("the archive {name} was edited since it was locked"))
            .at(archive.place.clone())
            .expected(entry.request.clone())
            .found(request)
            .help("dubo-pin refresh");
        return vec![Finding::error(Id::LOCK004, None, trouble)];
    }
    let mut findings = Vec::new();
    for (id, trouble) in join.archives.get(name).map(|a| a.check(entry)).unwrap_or_default() {
        let help = format!("git log -p {FILE} tells who changed it; dubo-pin refresh --locked asks upstream");
        findings.push(Finding::error(id, None, trouble.at(join.lock.archive(name)).help(help)));
    }
    for placed in &archive.into {
        let located = match search(join.dockerfiles, &placed.value) {
            Ok(located) => located,
            Err(error) => {
                findings.push(Finding::error(error.id(), None, error.trouble(&placed.place)));
                continue;
            }
        };
        for (file, at) in located {
            let locked = entry.value("snapshot").map(crate::model::Token::as_str).unwrap_or_default();
            if at.value != locked || locked.is_empty() {
                let trouble = Trouble::new(format!("Dockerfile and lock differ about the snapshot of {name}"))
                    .at(at.place.clone())
                    .expected(locked)
                    .found(if at.value.is_empty() { "nothing".to_owned() } else { visible(&at.value).into_owned() })
                    .help("dubo-pin refresh --keep writes the locked value back");
                findings.push(Finding::error(Id::LOCK001, None, trouble));
            }
            findings.extend(shadows(file, &at).into_iter().map(|t| Finding::error(Id::ARG001, None, t)));
        }
    }
    findings
}
