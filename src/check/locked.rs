//! Manifest against lock: nothing missing, nothing extra, nothing edited since.
//!
//! For `check`. What a kind alone knows about its entries is asked of `source`.

use super::Join;
use crate::lock::FILE;
use crate::model::{Finding, Id, PinName, Place, Trouble};
use crate::source::Offline;

pub(super) fn check(join: &Join<'_>) -> Vec<Finding> {
    let mut findings = join.lock.findings.clone();
    if let Some(paths) = join.interrupted {
        let names: Vec<&str> = paths.iter().map(crate::model::RelPath::as_str).collect();
        let trouble = Trouble::new("a refresh was interrupted before it had written everything")
            .at(Place::file(names.first().copied().unwrap_or(FILE)))
            .expected("a refresh that ended")
            .found(if names.is_empty() {
                "a journal that names no file".to_owned()
            } else {
                format!("a journal that names {}", names.join(", "))
            })
            .help("dubo-pin refresh completes it");
        findings.push(Finding::error(Id::LOCK008, None, trouble));
    }
    let mut archives = join.lock.lock.archives.clone();
    archives.retain(|name, _| !join.lock.altered.contains(name));
    let bases = join.bases();
    for (name, pin) in &join.manifest.pins {
        let Some(entry) = join.lock.lock.pins.get(name) else {
            if pin.unlocked.is_none() {
                findings.push(missing(join, name));
            }
            continue;
        };
        if join.lock.altered.contains(name) {
            continue;
        }
        let request = pin.source.request(&pin.platforms);
        if entry.request != request {
            let trouble = Trouble::new("the pin was edited since it was locked")
                .at(pin.place.clone())
                .expected(entry.request.clone())
                .found(request)
                .help(format!("dubo-pin refresh {name}"));
            findings.push(Finding::error(Id::LOCK004, Some(name), trouble));
            continue;
        }
        let offline = Offline {
            platforms: &pin.platforms,
            archives: join.archives,
            locked: &archives,
            bases: &bases,
            dockerfiles: join.dockerfiles,
        };
        for (id, field, trouble) in pin.source.check_offline(entry, &offline) {
            let trouble = trouble.at(join.lock.field(name, field)).help(format!(
                "git log -p {FILE} tells who changed it; dubo-pin refresh {name} --locked asks upstream"
            ));
            findings.push(Finding::error(id, Some(name), trouble));
        }
        let vendor = crate::vendor::path_of(pin, entry, None);
        for (id, severity, trouble) in pin.source.check_files(entry, &pin.platforms, vendor.as_ref(), join.root) {
            let trouble = trouble.at_or(&pin.place);
            findings.push(Finding { id, severity, pin: Some(name.clone()), trouble });
        }
        if let Some((id, trouble)) = pin.source.caution(pin.vendor.is_some()) {
            findings.push(Finding::note(id, Some(name), trouble.at(pin.place.clone())));
        }
    }
    for name in join.lock.lock.pins.keys().filter(|name| !join.manifest.pins.contains_key(*name)) {
        let trouble = Trouble::new("the lock has an entry that no pin of pins.toml asks for")
            .at(join.lock.place(name))
            .expected(format!("[pins.{name}] in pins.toml, or no entry"))
            .found("an entry without a pin")
            .help("dubo-pin refresh --keep removes it");
        findings.push(Finding::error(Id::LOCK003, Some(name), trouble));
    }
    findings
}

fn missing(join: &Join<'_>, name: &PinName) -> Finding {
    let Some(pin) = join.manifest.pins.get(name) else {
        return Finding::error(Id::LOCK002, Some(name), Trouble::new("the pin is not in the lock"));
    };
    let trouble = Trouble::new("the pin is not in the lock")
        .at(pin.place.clone())
        .expected(format!("an entry in {FILE}"))
        .found("none")
        .help(format!("dubo-pin refresh {name}"));
    Finding::error(Id::LOCK002, Some(name), trouble)
}
