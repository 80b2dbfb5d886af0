//! Lock against Dockerfile text: each site is found, found once, and bears the locked value.
//!
//! For `check`. What a site is and where it stands is the dockerfile floor's.

use super::Join;
use crate::dockerfile::{Dockerfile, Located, Site, claims, search, shadows};
use crate::lock::Entry;
use crate::manifest::Pin;
use crate::model::{Finding, Id, PinName, Trouble, quoted, visible};

pub(super) fn check(join: &Join<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, pin) in &join.manifest.pins {
        let entry = join.lock.lock.pins.get(name).filter(|_| !join.lock.altered.contains(name));
        for placed in &pin.into {
            let located = match search(join.dockerfiles, &placed.value) {
                Ok(located) => located,
                Err(error) => {
                    if entry.is_some() || pin.unlocked.is_none() {
                        findings.push(Finding::error(error.id(), Some(name), error.trouble(&placed.place)));
                    }
                    continue;
                }
            };
            let Some(entry) = entry else { continue };
            for (file, at) in located {
                findings.extend(one(name, pin, entry, &placed.value, file, &at));
            }
        }
    }
    findings
}

fn one(name: &PinName, pin: &Pin, entry: &Entry, site: &Site, file: &Dockerfile, at: &Located) -> Vec<Finding> {
    let mut findings = Vec::new();
    let key = pin.value_key(site);
    let Some(expected) = pin.source.site_value(entry, key, site.platform.as_ref(), &at.value) else {
        let have: Vec<&str> = entry.values.keys().map(crate::model::Token::as_str).collect();
        let trouble = Trouble::new(format!("the lock has no {key} for this site"))
            .at(at.place.clone())
            .expected(format!("one of {}", have.join(", ")))
            .found(key)
            .help("ask for another value in the site, or follow a tag or a version, which have one");
        return vec![Finding::error(Id::LOCK007, Some(name), trouble)];
    };
    if expected.as_str() != at.value {
        let trouble = Trouble::new("Dockerfile and lock differ")
            .at(at.place.clone())
            .expected(expected.as_str())
            .found(if at.value.is_empty() { "nothing".to_owned() } else { visible(&at.value).into_owned() })
            .help(format!("dubo-pin refresh --keep {name} writes the locked value back"));
        findings.push(Finding::error(Id::LOCK001, Some(name), trouble));
    }
    if let Err(error) = at.edit(file, &expected) {
        let help = "it is as locked now, but refresh cannot write another value there: write it in one piece";
        findings.push(Finding::note(error.id(), Some(name), error.trouble().help(help)));
    }
    findings.extend(shadows(file, at).into_iter().map(|t| Finding::error(Id::ARG001, Some(name), t)));
    let truths: Vec<&str> = ["tag", "version", "date"].iter().filter_map(|k| Some(entry.value(k)?.as_str())).collect();
    if !truths.is_empty()
        && let Some((claim, place)) = claims(file, at)
        && let Some(tag) = entry.value("tag")
        && !truths.iter().any(|truth| same_version(truth, &claim))
    {
        let trouble = Trouble::new("the version comment is not the locked version")
            .at(place)
            .expected(tag.as_str())
            .found(quoted(&claim))
            .help("mend the comment by hand; refresh rewrites it only where it finds the old version");
        findings.push(Finding::note(Id::GIT003, Some(name), trouble));
    }
    findings
}

/// Whether two spellings mean one version: a leading `v` does not matter.
fn same_version(a: &str, b: &str) -> bool {
    a.trim_start_matches('v') == b.trim_start_matches('v')
}
