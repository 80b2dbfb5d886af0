//! Lock against the apt lines, the `yarn add` lines and the images of Dockerfiles: each package,
//! commit or reference that a pin claims is the locked one, and each locked one stands somewhere.
//!
//! For `check`. What is claimed, and what is not understood, is told by `source`.

use std::collections::{BTreeMap, BTreeSet};

use super::Join;
use crate::dockerfile::Dockerfile;
use crate::dockerfile::images::Why;
use crate::lock::{Entry, Value};
use crate::manifest::Pin;
use crate::model::{Finding, Id, PinName, Severity, Token, Trouble, quoted};
use crate::source::implied::Implied;

pub(super) fn check(join: &Join<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, pin) in &join.manifest.pins {
        let Some(entry) = join.lock.lock.pins.get(name).filter(|_| !join.lock.altered.contains(name)) else { continue };
        let claims = pin.source.implied(join.dockerfiles);
        findings.extend(claims.unclear.into_iter().map(|unclear| match unclear.severity {
            Severity::Error => Finding::error(unclear.id, Some(name), unclear.trouble.at_or(&pin.place)),
            Severity::Note => Finding::note(unclear.id, Some(name), unclear.trouble.at_or(&pin.place)),
        }));
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for site in &claims.sites {
            seen.insert(&site.key);
            findings.extend(match site.part() {
                "reference" => image(name, pin, entry, site),
                "commit" => commit(name, entry, site),
                _ => one(name, entry, site),
            });
        }
        findings.extend(claims.empty.iter().filter_map(|site| image(name, pin, entry, site)).map(by_empty));
        if pin.source.must_stand() && claims.sites.is_empty() && claims.empty.is_empty() && !stands(join, pin, entry) {
            let trouble = Trouble::new("no Dockerfile takes in the image of this pin").at(pin.place.clone());
            let trouble = trouble.expected(entry.value("reference").map_or_else(String::new, ToString::to_string));
            let help = "write the image with its tag, or name the place: into = [{ arg = \"…\" }]; or remove the pin";
            findings.push(Finding::error(Id::IMG016, Some(name), trouble.found("no such reference").help(help)));
        }
        if pin.source.claims_all() {
            findings.extend(nowhere(join, name, pin, entry, &seen));
        }
    }
    findings.extend(by_digest(join));
    findings.extend(unclear(join));
    findings
}

/// Whether what an `into` writes is what some image is taken in by. A tag or a version says nothing
/// of the image, and who asks for no more asks for nothing else.
fn stands(join: &Join<'_>, pin: &Pin, entry: &Entry) -> bool {
    let whole = |key: &str| matches!(key, "reference" | "digest");
    if !pin.into.iter().any(|placed| whole(pin.value_key(&placed.value))) {
        return !pin.into.is_empty();
    }
    let locked = entry.value("digest").map(Token::as_str);
    let mut images = join.dockerfiles.iter().flat_map(|file| &file.images().found);
    images.any(|image| locked.is_some() && image.reference.digest.as_deref() == locked)
}

/// No refresh writes there.
fn by_empty(mut finding: Finding) -> Finding {
    let help = "a variable here has no value, and builders read that as empty: give it a default before the first FROM";
    finding.trouble.help = Some(help.to_owned());
    finding
}

/// IMG008: a digest without a tag follows nothing, so that no pin claims it. Where the repository is
/// a pin's, it must be one that is locked.
fn by_digest(join: &Join<'_>) -> Vec<Finding> {
    let mut locked: BTreeMap<String, Vec<(&PinName, &str)>> = BTreeMap::new();
    for (name, pin) in &join.manifest.pins {
        let entry = join.lock.lock.pins.get(name).filter(|_| !join.lock.altered.contains(name));
        if let (Some(repository), Some(digest)) = (pin.source.repository(), entry.and_then(|e| e.value("digest"))) {
            locked.entry(repository).or_default().push((name, digest.as_str()));
        }
    }
    let mut findings = Vec::new();
    let images = join.dockerfiles.iter().map(Dockerfile::images);
    for image in images.flat_map(|images| images.found.iter().chain(&images.empty)) {
        let (None, Some(digest)) = (&image.reference.tag, &image.reference.digest) else { continue };
        let Some(pins) = locked.get(&image.reference.repository) else { continue };
        if let Some((name, _)) = pins.first().filter(|_| pins.iter().all(|(_, locked)| locked != digest)) {
            let all: Vec<&str> = pins.iter().map(|(_, locked)| *locked).collect();
            let trouble = Trouble::new("the image is not the locked one").at(image.place.clone());
            let trouble = trouble.expected(all.join(", ")).found(quoted(&image.reference.to_string()));
            let help = "write its tag before the digest, so that a pin can follow it, or the locked digest";
            findings.push(Finding::error(Id::IMG008, Some(name), trouble.help(help)));
        }
    }
    findings
}

/// IMG011, IMG015: no builder takes this in as it stands. IMG012: what may be the image of a pin, and
/// nobody can know. A note: it may be none of theirs; an error where nobody looked.
fn unclear(join: &Join<'_>) -> Vec<Finding> {
    if !join.manifest.pins.values().any(|pin| pin.source.must_stand()) {
        return Vec::new();
    }
    let all = join.dockerfiles.iter().flat_map(|file| &file.images().unclear);
    all.map(|unclear| match (unclear.why.id(), &unclear.why) {
        ("IMG011", _) => Finding::error(Id::IMG011, None, unclear.trouble()),
        ("IMG015", _) => Finding::error(Id::IMG015, None, unclear.trouble()),
        (_, Why::TooMany(_)) => Finding::error(Id::IMG012, None, unclear.trouble()),
        _ => Finding::note(Id::IMG012, None, unclear.trouble()),
    })
    .collect()
}

fn one(name: &PinName, entry: &Entry, site: &Implied<'_>) -> Option<Finding> {
    let value = entry.values.iter().find(|(key, _)| key.as_str() == site.key).map(|(_, value)| value);
    let at = |trouble: Trouble| trouble.at(site.place.clone());
    let bears = site.bears.as_deref();
    let found = || match bears {
        Some(version) => quoted(version),
        None if site.by_variable => "a version that is not known before the build".to_owned(),
        None => "no version".to_owned(),
    };
    let (id, trouble) = match value {
        None => (
            Id::APT001,
            at(Trouble::new(format!("the package {} is installed, but it is not in the lock", quoted(&site.key))))
                .expected(format!("a version of it in the entry of {name}"))
                .found("none")
                .help(format!("dubo-pin refresh {name}")),
        ),
        Some(Value::One(version)) if bears == Some(version.as_str()) => return None,
        Some(Value::One(version)) => (
            if bears.is_none() { Id::APT001 } else { Id::APT002 },
            at(Trouble::new(if bears.is_none() && site.by_variable {
                "the version of the package is not known before the build"
            } else if bears.is_none() {
                "the package is installed without a version"
            } else {
                "the version of the package is not the locked one"
            }))
            .expected(version.as_str())
            .found(found())
            .help(format!("dubo-pin refresh --keep {name} writes the locked value back")),
        ),
        Some(Value::Each(each)) => {
            let said = each.iter().map(|(platform, version)| format!("{version} on {platform}"));
            let trouble = at(Trouble::new(
                "the version of the package differs between platforms, so that no one version can stand here",
            ))
            .expected(said.collect::<Vec<_>>().join(", "))
            .found(found());
            let help = "install from the vendored archive, whose install list has the version of each: give the pin the packages as a list, then dubo-pin export apt-snippet";
            if bears.is_none() {
                return Some(Finding::note(Id::APT004, Some(name), trouble.help(help)));
            }
            (Id::APT004, trouble.help(format!("remove the version; {help}")))
        }
    };
    Some(Finding::error(id, Some(name), trouble))
}

/// A package of a `yarn add` line.
fn commit(name: &PinName, entry: &Entry, site: &Implied<'_>) -> Option<Finding> {
    let bears = site.bears.as_deref();
    let at = |message: &str| Trouble::new(message.to_owned()).at(site.place.clone());
    let found = bears.map_or_else(|| "nothing behind the `#`".to_owned(), quoted);
    let Some(locked) = entry.value(&site.key) else {
        let trouble = at(&format!("yarn adds {}, but it is not in the lock", quoted(&site.key)));
        let trouble = trouble.expected(format!("a commit of it in the entry of {name}")).found(found);
        return Some(Finding::error(Id::LOCK007, Some(name), trouble.help(format!("dubo-pin refresh {name}"))));
    };
    if bears == Some(locked.as_str()) {
        return None;
    }
    let (id, message) = if site.is_pinned() {
        (Id::YARN004, "the commit that yarn adds is not the locked one")
    } else {
        (Id::YARN003, "what yarn adds from git is not a full commit")
    };
    let trouble = at(message).expected(locked.as_str()).found(found);
    let help = format!("dubo-pin refresh --keep {name} writes the locked value back");
    Some(Finding::error(id, Some(name), trouble.help(help)))
}

/// A reference of an image: name as written, tag and digest as locked.
fn image(name: &PinName, pin: &Pin, entry: &Entry, site: &Implied<'_>) -> Option<Finding> {
    let bears = site.bears.as_deref().unwrap_or_default();
    let wanted = pin.source.site_value(entry, &site.key, None, bears)?;
    if wanted.as_str() == bears {
        return None;
    }
    let (id, message) = if site.is_pinned() {
        (Id::IMG008, "the image is not the locked one")
    } else {
        (Id::IMG001, "the image is taken in without its digest")
    };
    let trouble = Trouble::new(message).at(site.place.clone()).expected(wanted.to_string()).found(quoted(bears));
    let help = format!("dubo-pin refresh --keep {name} writes the locked value back");
    Some(Finding::error(id, Some(name), trouble.help(help)))
}

/// APT012, YARN018: what is locked for the Dockerfiles, but stands in none.
fn nowhere(join: &Join<'_>, name: &PinName, pin: &Pin, entry: &Entry, seen: &BTreeSet<&str>) -> Vec<Finding> {
    let (id, installs, line) = match pin.source.kind() {
        "yarn" => (Id::YARN018, "adds with yarn", "`yarn add` line"),
        _ => (Id::APT012, "installs", "apt line"),
    };
    let lost = entry.values.keys().filter(|key| !seen.contains(key.as_str()));
    lost.map(|key| {
        let key = key.as_str();
        let message = format!("the lock has the package {}, which no Dockerfile of the pin {installs}", quoted(key));
        let trouble = Trouble::new(message)
            .at(join.lock.field(name, key))
            .expected(format!("only packages of {line}s"))
            .found(format!("no {line} with it; see {}:{}", pin.place.file, pin.place.line))
            .help(format!("dubo-pin refresh {name}"));
        Finding::error(id, Some(name), trouble)
    })
    .collect()
}
