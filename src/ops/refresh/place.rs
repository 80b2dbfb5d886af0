//! Puts the locked values into the Dockerfiles: pinned tokens and their version comments, nothing
//! else.
//!
//! For `refresh`. How an edit keeps every other byte is the dockerfile floor's.

use std::collections::BTreeMap;

use super::sound;
use crate::disk::Change;
use crate::dockerfile::{Dockerfile, Edit, EditError, Said, apply, retell, search};
use crate::lock::{Entry, Lock, Value};
use crate::model::{Class, Failure, PinName, Token, Trouble, quoted};
use crate::ops::project::{Project, failure, known};
use crate::source::implied::{self, Implied};

/// The Dockerfiles that change, and what could not be kept true.
pub(super) struct Placed {
    pub(super) files: Vec<Change>,
    pub(super) notes: Vec<Trouble>,
}

/// Edits for every settled pin's sites.
pub(super) fn place(project: &Project, old: &Lock, new: &Lock, settled: &[&PinName]) -> Result<Placed, Failure> {
    let mut edits: Vec<(String, Edit)> = Vec::new();
    let mut owners: Vec<&PinName> = Vec::new();
    let mut notes = Vec::new();
    for name in settled {
        let (own, told) = of_pin(project, old, new, name)?;
        owners.extend(own.iter().map(|_| *name));
        edits.extend(own);
        notes.extend(told);
    }
    for (name, entry) in &new.archives {
        if sound(project.lock.as_ref().ok(), name) {
            edits.extend(of_archive(project, name, entry)?);
        }
    }
    let mut files = Vec::new();
    let mut after_all = Vec::new();
    for file in &project.dockerfiles {
        let own: Vec<Edit> = edits.iter().filter(|(name, _)| name == file.file()).map(|(_, e)| e.clone()).collect();
        let after = apply(file.bytes(), &own).map_err(|e| {
            let EditError::Overlap(range) = &e else {
                return failure(Class::Usage, e.trouble(file.file(), file.bytes()));
            };
            let meets = |edit: &Edit| edit.range.start <= range.end && range.start <= edit.range.end;
            let mine = edits.iter().zip(&owners).filter(|((name, edit), _)| name == file.file() && meets(edit));
            let pins: std::collections::BTreeSet<&str> = mine.map(|(_, owner)| owner.as_str()).collect();
            let pins = pins.into_iter().collect::<Vec<_>>().join(", ");
            let trouble = Trouble::new("two values are wanted at one place").at(file.place(range.clone()));
            let help = "let one pin have it: see `into`, `stages`, `file`, and the lists of packages";
            failure(Class::Usage, trouble.expected("one pin").found(pins).help(help))
        })?;
        let parsed = Dockerfile::parse(file.file(), after.clone()).map_err(|t| failure(Class::Usage, t))?;
        clouds(file, &parsed)?;
        after_all.push(parsed);
        if after != file.bytes() {
            files.push(Change::new(known(file.file())?, Some(file.bytes().to_vec()), Some(after)));
        }
    }
    for name in settled {
        reads_back(project, new, name, &after_all)?;
    }
    notes.dedup();
    Ok(Placed { files, notes })
}

/// No image may become unclear by what is written elsewhere, such as an ARG that others take too.
/// Edits keep the lines of a file.
fn clouds(before: &Dockerfile, after: &Dockerfile) -> Result<(), Failure> {
    let mut known: BTreeMap<usize, usize> = BTreeMap::new();
    for unclear in &before.images().unclear {
        *known.entry(unclear.place.line).or_default() += 1;
    }
    for unclear in &after.images().unclear {
        match known.get_mut(&unclear.place.line).filter(|left| **left > 0) {
            Some(left) => *left -= 1,
            None => {
                let trouble = unclear.trouble();
                let help =
                    "nothing was written: an ARG that is to be written serves this image too: give it one of its own";
                return Err(failure(Class::Usage, trouble.help(help)));
            }
        }
    }
    Ok(())
}

/// What was written must be what a builder will read: else nothing is written at all.
fn reads_back(project: &Project, new: &Lock, name: &PinName, files: &[Dockerfile]) -> Result<(), Failure> {
    let (Some(pin), Some(entry)) = (project.manifest.pins.get(name), new.pins.get(name)) else { return Ok(()) };
    let usage = |trouble: Trouble| Failure { pin: Some(name.clone()), class: Class::Usage, trouble };
    for placed in &pin.into {
        let key = pin.value_key(&placed.value);
        for (_, at) in search(files, &placed.value).map_err(|e| usage(e.trouble(&placed.place)))? {
            let wanted = pin.source.site_value(entry, key, placed.value.platform.as_ref(), &at.value);
            if wanted.as_ref().map(crate::model::Token::as_str) != Some(at.value.as_str()) {
                let trouble =
                    Trouble::new("the value that would be written does not read back as it is; nothing was written")
                        .at(at.place)
                        .expected(wanted.map_or_else(String::new, |w| w.to_string()))
                        .found(quoted(&at.value));
                return Err(usage(trouble.help("write the instruction in a plainer form")));
            }
        }
    }
    for site in pin.source.implied(files).sites {
        let wanted = pin.source.site_value(entry, &site.key, None, site.bears.as_deref().unwrap_or_default());
        if let Some(wanted) = wanted
            && site.bears.as_deref() != Some(wanted.as_str())
        {
            let trouble =
                Trouble::new("the value that would be written does not read back as it is; nothing was written")
                    .at(site.place.clone())
                    .expected(wanted.to_string())
                    .found(site.bears.as_deref().map_or_else(|| format!("no {}", site.part()), quoted));
            return Err(usage(trouble.help("write the instruction in a plainer form")));
        }
    }
    Ok(())
}

/// Edits by the name of their Dockerfile, and what could not be kept true.
type OfPin = (Vec<(String, Edit)>, Vec<Trouble>);

/// The edits of one pin. A failure here is that pin's alone.
pub(super) fn of_pin(project: &Project, old: &Lock, new: &Lock, name: &PinName) -> Result<OfPin, Failure> {
    let (mut edits, mut notes) = (Vec::new(), Vec::new());
    let (Some(pin), Some(entry)) = (project.manifest.pins.get(name), new.pins.get(name)) else {
        return Ok((edits, notes));
    };
    if !sound(project.lock.as_ref().ok(), name) {
        return Ok((edits, notes));
    }
    let usage = |trouble: Trouble| Failure { pin: Some(name.clone()), class: Class::Usage, trouble };
    // What `into` writes, changed or not.
    let mut into: Vec<(&str, Edit)> = Vec::new();
    for placed in &pin.into {
        let key = pin.value_key(&placed.value);
        for (file, at) in search(&project.dockerfiles, &placed.value).map_err(|e| usage(e.trouble(&placed.place)))? {
            let Some(token) = pin.source.site_value(entry, key, placed.value.platform.as_ref(), &at.value) else {
                return Err(usage(no_value(key, entry).at(placed.place.clone())));
            };
            let edit = at.edit(file, &token);
            into.extend(edit.clone().ok().map(|edit| (file.file(), edit)));
            if token.as_str() != at.value {
                edits.push((file.file().to_owned(), edit.map_err(|e| usage(e.trouble()))?));
            }
            let Some(before) = old.pins.get(name).filter(|before| before.values != entry.values) else { continue };
            match retell(file, &at, said(before), said(entry)) {
                Some(edit) => edits.push((file.file().to_owned(), edit)),
                None => notes.extend(stale(file, &at, entry)),
            }
        }
    }
    let mut claims = pin.source.implied(&project.dockerfiles);
    for file in &project.dockerfiles {
        let own: Vec<Edit> =
            into.iter().filter(|(name, _)| *name == file.file()).map(|(_, edit)| edit.clone()).collect();
        // What cannot be applied or read is told when all edits are.
        let after = apply(file.bytes(), &own).ok().filter(|after| after != file.bytes());
        if let Some(after) = after.and_then(|after| Dockerfile::parse(file.file(), after).ok()) {
            let later = pin.source.implied(std::slice::from_ref(&after));
            claims.add_later(file, &after, &later);
        }
    }
    let mut written: BTreeMap<&str, Vec<(&Implied<'_>, Token)>> = BTreeMap::new();
    for site in &claims.sites {
        match pin.source.site_value(entry, &site.key, None, site.bears.as_deref().unwrap_or_default()) {
            // Written where the `into` says; whether it comes to the same is read back.
            Some(_) if site.by_variable && pin.into.iter().any(|p| pin.value_key(&p.value) == site.key) => {}
            Some(token) => written.entry(site.file.file()).or_default().push((site, token)),
            None => notes.push(differs(entry, site)),
        }
    }
    for file in &project.dockerfiles {
        let Some(sites) = written.get(file.file()) else { continue };
        let into: Vec<Edit> =
            into.iter().filter(|(name, _)| *name == file.file()).map(|(_, edit)| edit.clone()).collect();
        let own = implied::edits(file, sites, &into).map_err(usage)?;
        edits.extend(own.into_iter().map(|edit| (file.file().to_owned(), edit)));
    }
    Ok((edits, notes))
}

/// A value that no one text can stand for: it differs by platform, or the lock does not have it.
fn differs(entry: &Entry, site: &Implied<'_>) -> Trouble {
    let at = |trouble: Trouble| trouble.at(site.place.clone());
    match entry.values.iter().find(|(key, _)| key.as_str() == site.key) {
        Some((_, Value::Each(each))) => {
            let said = each.iter().map(|(platform, version)| format!("{version} on {platform}"));
            at(Trouble::new("APT004 the version was not written, since it differs between platforms"))
                .found(said.collect::<Vec<_>>().join(", "))
                .help("install from the vendored archive, whose install list has the version of each: give the pin the packages as a list, then dubo-pin export apt-snippet")
        }
        _ => at(Trouble::new(format!("the lock has no {} of {}", site.part(), quoted(&site.key)))),
    }
}

/// The edits of an archive's snapshot.
fn of_archive(project: &Project, name: &PinName, entry: &Entry) -> Result<Vec<(String, Edit)>, Failure> {
    let Some(archive) = project.manifest.archives.get(name) else { return Ok(Vec::new()) };
    let usage = |trouble: Trouble| failure(Class::Usage, trouble);
    let mut edits = Vec::new();
    for placed in &archive.into {
        for (file, at) in search(&project.dockerfiles, &placed.value).map_err(|e| usage(e.trouble(&placed.place)))? {
            let Some(token) = entry.value("snapshot") else {
                let trouble =
                    Trouble::new(format!("the archive {name} has no snapshot to write")).at(placed.place.clone());
                return Err(usage(trouble.help("its `uri` needs {snapshot}")));
            };
            if token.as_str() != at.value {
                edits.push((file.file().to_owned(), at.edit(file, token).map_err(|e| usage(e.trouble()))?));
            }
        }
    }
    Ok(edits)
}

fn no_value(key: &str, entry: &Entry) -> Trouble {
    let have: Vec<&str> = entry.values.keys().map(crate::model::Token::as_str).collect();
    Trouble::new(format!("this pin has no {key} to write"))
        .expected(format!("one of {}", have.join(", ")))
        .found(key)
        .help("follow a tag or a version, which have one")
}

/// The texts that a version comment may hold.
fn said(entry: &Entry) -> Said<'_> {
    Said { tag: entry.value("tag"), version: entry.value("version") }
}

/// GIT003: a comment that claims another version and was left alone.
fn stale(file: &crate::dockerfile::Dockerfile, at: &crate::dockerfile::Located, entry: &Entry) -> Option<Trouble> {
    let tag = entry.value("tag")?.as_str();
    let (claim, place) = crate::dockerfile::claims(file, at)?;
    let plain = |v: &str| v.trim_start_matches('v').to_owned();
    (plain(tag) != plain(&claim)).then(|| {
        Trouble::new("GIT003 the version comment was left alone, since it does not hold the old version")
            .at(place)
            .expected(tag)
            .found(quoted(&claim))
            .help("mend it by hand")
    })
}

/// With `--keep`, a first lock must change no byte: says what it would change.
pub(super) fn would_move(project: &Project, name: &PinName, entry: &Entry) -> Option<Failure> {
    let pin = project.manifest.pins.get(name)?;
    for placed in &pin.into {
        let key = pin.value_key(&placed.value);
        for (_, at) in search(&project.dockerfiles, &placed.value).ok()? {
            let wanted = pin.source.site_value(entry, key, placed.value.platform.as_ref(), &at.value);
            if wanted.as_ref().map(crate::model::Token::as_str) != Some(at.value.as_str()) {
                let expected = wanted.map_or_else(|| format!("no {key}"), |w| w.to_string());
                let trouble =
                    Trouble::new(format!("--keep moves nothing, but this {key} is not the one of the kept value"))
                        .at(at.place.clone())
                        .expected(expected)
                        .found(quoted(&at.value))
                        .help(format!("dubo-pin refresh {name} without --keep mends it"));
                return Some(Failure { pin: Some(name.clone()), class: Class::Differs, trouble });
            }
        }
    }
    for site in pin.source.implied(&project.dockerfiles).sites {
        let wanted = pin.source.site_value(entry, &site.key, None, site.bears.as_deref().unwrap_or_default());
        if let Some(wanted) = wanted
            && site.bears.as_deref() != Some(wanted.as_str())
        {
            let trouble = Trouble::new(format!(
                "--keep moves nothing, but this {} does not bear the value that would be locked",
                site.noun()
            ))
            .at(site.place.clone())
            .expected(wanted.to_string())
            .found(site.bears.as_deref().map_or_else(|| format!("no {}", site.part()), quoted))
            .help(format!("dubo-pin refresh {name} without --keep writes it"));
            return Some(Failure { pin: Some(name.clone()), class: Class::Differs, trouble });
        }
    }
    None
}
