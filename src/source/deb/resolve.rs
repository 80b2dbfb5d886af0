//! Resolves a deb pin: operands to one version and one file for each platform, through archives
//! whose signatures hold.
//!
//! For `source`, which calls it. Which version is chosen is `choose`'s matter, how an archive is
//! believed `chain`'s, what is put beside the Dockerfile `vendored`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::along::{self, NEEDED_BY, Universes};
use super::archives::{Archives, Offer};
use super::choose::{Choice, Wanted, against_lock, architecture_of, choose, key_of};
use super::implied;
use super::keys::{Closure, Keys, Operands};
use super::ripe::{self, Chosen};
use super::vendored::{self, File};
use crate::lock::{Entry, Evidence, Value};
use crate::model::{Platform, Standing, Token, Trouble};
use crate::remote::Remote;
use crate::source::resolve::{Aim, Fault, Outlook, Resolved, Want};

/// Resolves one pin.
pub(in crate::source) fn resolve(keys: &Keys, want: &Want<'_>, remote: &Remote) -> Result<Resolved, Fault> {
    let Chosen { resolved, files, .. } = choose_all(keys, want, &gather(keys, want, remote)?, remote)?;
    match (vendored::folder(want)?, files) {
        (Some(folder), Some(files)) => proved(want, vendored::add(resolved, &files, &folder, want, remote)?),
        _ => proved(want, resolved),
    }
}

/// What was locked must come out again.
fn proved(want: &Want<'_>, resolved: Resolved) -> Result<Resolved, Fault> {
    match want.old {
        Some(old)
            if want.aim == Aim::Prove
                && (old.values != resolved.entry.values || old.artifacts != resolved.entry.artifacts) =>
        {
            Err(Fault::alarm(
                Trouble::new("the locked packages are not what the archive gives")
                    .help("the lock was changed by hand or forged: git log -p pins.lock"),
            ))
        }
        _ => Ok(resolved),
    }
}

/// Says where a locked pin stands. Nothing is downloaded but indices.
pub(in crate::source) fn outlook(keys: &Keys, want: &Want<'_>, remote: &Remote) -> Result<Outlook, Fault> {
    let gathered = gather(keys, want, remote)?;
    let Chosen { resolved, files, newest } = choose_all(keys, want, &gathered, remote)?;
    let along = match (want.old, &files) {
        (Some(old), Some(files)) => along::told(old, files),
        _ => Vec::new(),
    };
    let (entry, files) = (resolved.entry, files.unwrap_or_default());
    let Some(old) = want.old else {
        return Ok(Outlook { allowed: said(&entry), trouble: None, ..Outlook::at(Standing::Unlocked) });
    };
    let mut newer: Vec<(bool, String)> = Vec::new();
    for (key, value) in &entry.values {
        if old.values.get(key) == Some(value) {
            continue;
        }
        let from = files.iter().filter(|f| f.key == key.as_str());
        let security = from.clone().any(|f| f.security);
        let versions: BTreeSet<&str> = from.map(|f| f.version.as_str()).collect();
        let versions = versions.into_iter().collect::<Vec<_>>().join(" / ");
        newer.push((!security, format!("{key} {versions}{}", if security { " (security)" } else { "" })));
    }
    // Security first, what comes along last.
    newer.sort();
    newer.extend(along.into_iter().map(|text| (true, text)));
    let standing = if newer.is_empty() { Standing::Current } else { Standing::Newer };
    let allowed = match newer.len() {
        0 => said(&entry),
        _ => Some(newer.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(", ")),
    };
    let mut held = resolved.held;
    held.extend(ripe::beyond(&newest, &gathered));
    held.truncate(20);
    let all: Vec<&str> = held.iter().map(|held| held.value.as_str()).collect();
    let newest = (!all.is_empty()).then(|| all.join(", "));
    Ok(Outlook { allowed, newest, held, ..Outlook::at(standing) })
}

/// A locked entry as a person would say it: its one version, or how many packages it has.
pub(in crate::source) fn said(entry: &Entry) -> Option<String> {
    let mut values = entry.values.values();
    let said = match (values.next(), values.next()) {
        (Some(Value::One(version)), None) => Some(version.to_string()),
        (Some(_), None) => Some("1 package".to_owned()),
        (Some(_), Some(_)) => Some(format!("{} packages", entry.values.len())),
        (None, _) => None,
    }?;
    Some(match along::companions(entry).len() {
        0 => said,
        along => format!("{said} and {along} that came along"),
    })
}

/// What the pin asks for: the manifest's list, or all operands of the Dockerfiles.
fn wanted(keys: &Keys, want: &Want<'_>, notes: &mut Vec<String>) -> Result<Vec<Wanted>, Fault> {
    if let Operands::List(list) = &keys.operands {
        let plain = |operand: &super::Operand| Wanted { operand: operand.clone(), suite: None, place: None };
        return Ok(list.iter().map(plain).collect());
    }
    let found = implied::wanted(keys, want.dockerfiles, notes).map_err(Fault::usage)?;
    if found.is_empty() {
        let trouble = Trouble::new("no Dockerfile of this pin installs a package with apt");
        return Err(Fault::usage(
            trouble.help("name the packages: `deb = [\"curl\"]`, or look at `stages` and `file`"),
        ));
    }
    Ok(found)
}

/// What a pin asks for, and all that its archives have of it.
pub(super) struct Gathered<'a> {
    pub(super) archives: &'a Archives,
    pub(super) drawn: Vec<crate::model::PinName>,
    pub(super) wanted: Vec<Wanted>,
    /// By architecture.
    pub(super) offers: BTreeMap<String, Vec<Offer>>,
    /// All packages of the archives, where what comes along is asked for.
    pub(super) universes: Option<Universes>,
    pub(super) notes: Vec<String>,
    /// Whether one of the archives was edited since it was locked.
    pub(super) edited: bool,
    /// Whether one of the archives has snapshots.
    pub(super) snapshots: bool,
}

fn gather<'a>(keys: &Keys, want: &Want<'a>, remote: &Remote) -> Result<Gathered<'a>, Fault> {
    if let Aim::At(_) = want.aim {
        let trouble = Trouble::new("a deb pin has no single value that can be set");
        return Err(Fault::usage(trouble.help("write the version into the list: deb = [\"curl=7.88.1-10+deb12u8\"]")));
    }
    let archives = want.archives.ok_or_else(|| Fault::usage(Trouble::new("there is no archive to draw from")))?;
    let drawn = archives.drawn(&keys.archives).map_err(Fault::usage)?;
    let mut notes = Vec::new();
    let wanted = wanted(keys, want, &mut notes)?;
    let offers = offers(&wanted, &drawn, archives, want.platforms, remote)?;
    let universes = match keys.closure {
        Closure::None => None,
        Closure::Full | Closure::MinusBase => Some(along::universes(keys, want, &wanted, &drawn, archives, remote)?),
    };
    let edited = drawn.iter().any(|name| archives.edited(name));
    let snapshots = drawn.iter().any(|name| archives.has_snapshots(name));
    Ok(Gathered { archives, drawn, wanted, offers, universes, notes, edited, snapshots })
}

/// Chooses by what is aimed at; of the newest, what may be taken today.
fn choose_all(keys: &Keys, want: &Want<'_>, gathered: &Gathered<'_>, remote: &Remote) -> Result<Chosen, Fault> {
    let picked = pick(keys, want, gathered, remote)?;
    if want.aim == Aim::Newest {
        return ripe::taken(keys, want, gathered, picked, remote);
    }
    let (mut resolved, files) = picked;
    resolved.entry.seen = ripe::unmoved(want.old, &resolved.entry.values);
    Ok(Chosen { resolved, files: Some(files), newest: Vec::new() })
}

/// Chooses a file for each package on each platform, and makes the entry of it.
pub(super) fn pick(
    keys: &Keys,
    want: &Want<'_>,
    gathered: &Gathered<'_>,
    remote: &Remote,
) -> Result<(Resolved, Vec<File>), Fault> {
    let Gathered { archives, drawn, wanted, offers, .. } = gathered;
    let mut files: Vec<File> = Vec::new();
    for wanted in wanted {
        for platform in want.platforms {
            let choice = choose(want, wanted, platform, offers)
                .map_err(|fault| provided(fault, wanted, platform, drawn, archives, remote))?;
            against_lock(want, &choice)?;
            put(&mut files, &choice, None);
        }
    }
    if let Some(universes) = &gathered.universes {
        along::add(keys, want, universes, drawn, archives, &mut files, remote)?;
    }
    let mut notes = gathered.notes.clone();
    notes.extend(told(want, &files));
    let entry = entry(keys, want, drawn, &files)?;
    Ok((Resolved { entry, between: None, files: Vec::new(), held: Vec::new(), notes }, files))
}

/// A virtual package is said to be one, with those that provide it (policy 7.5).
fn provided(
    mut fault: Fault,
    wanted: &Wanted,
    platform: &Platform,
    drawn: &[crate::model::PinName],
    archives: &Archives,
    remote: &Remote,
) -> Fault {
    let name = wanted.operand.name();
    if fault.class != crate::model::Class::Usage || fault.trouble.found.is_some() {
        return fault;
    }
    let Ok(architecture) = architecture_of(&wanted.operand, platform) else { return fault };
    let all: BTreeSet<String> =
        drawn.iter().flat_map(|archive| archives.providers(archive, &architecture, name, remote)).collect();
    if !all.is_empty() {
        let some: Vec<&str> = all.iter().take(5).map(String::as_str).collect();
        let more = if all.len() > some.len() { format!(" and {} more", all.len() - some.len()) } else { String::new() };
        fault.trouble.found = Some(format!("a virtual package, which {}{more} provide", some.join(", ")));
        fault.trouble.help = Some("name the package that is to be installed".to_owned());
    }
    fault
}

/// All that the archives have of the wanted packages, by architecture.
fn offers(
    wanted: &[Wanted],
    drawn: &[crate::model::PinName],
    archives: &Archives,
    platforms: &[Platform],
    remote: &Remote,
) -> Result<BTreeMap<String, Vec<Offer>>, Fault> {
    let mut names: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for wanted in wanted {
        for platform in platforms {
            names.entry(architecture_of(&wanted.operand, platform)?).or_default().insert(wanted.operand.name());
        }
    }
    let mut jobs = Vec::new();
    for (architecture, names) in &names {
        let serving: Vec<_> = drawn.iter().filter(|name| archives.serves(name, architecture)).collect();
        if serving.is_empty() {
            let trouble = Trouble::new(format!("no archive of this pin serves the architecture {architecture}"));
            return Err(Fault::usage(
                trouble.help("add it to `architectures` of an archive, or narrow the pin's `platforms`"),
            ));
        }
        jobs.extend(serving.into_iter().map(|name| (name, architecture, names)));
    }
    let answers = crate::remote::each(&jobs, jobs.len().min(8), |(name, architecture, names)| {
        archives.offers(name, architecture, names, remote)
    });
    let mut all: BTreeMap<String, Vec<Offer>> = BTreeMap::new();
    for ((_, architecture, _), answer) in jobs.iter().zip(answers) {
        all.entry((*architecture).clone()).or_default().extend(answer?);
    }
    Ok(all)
}

/// Adds a choice to the files; one file may serve several platforms.
pub(super) fn put(files: &mut Vec<File>, choice: &Choice<'_>, by: Option<String>) {
    let stanza = &choice.offer.candidate.stanza;
    let key = key_of(&choice.wanted.operand);
    let same = |f: &&mut File| f.key == key && f.sha256 == stanza.sha256 && f.architecture == stanza.architecture;
    if let Some(file) = files.iter_mut().find(same) {
        file.platforms.push((choice.platform.clone(), choice.architecture.clone()));
        return;
    }
    files.push(File {
        key,
        package: stanza.package.clone(),
        version: stanza.version.to_string(),
        architecture: stanza.architecture.clone(),
        platforms: vec![(choice.platform.clone(), choice.architecture.clone())],
        url: choice.offer.candidate.url.clone(),
        size: stanza.size,
        sha256: stanza.sha256,
        sha1: stanza.sha1.clone(),
        suite: choice.offer.candidate.suite.to_string(),
        security: choice.offer.candidate.security,
        dated: choice.offer.dated,
        by,
    });
}

/// What moved, from where: security first; what came along behind what was asked for, in one line.
fn told(want: &Want<'_>, files: &[File]) -> Vec<String> {
    let Some(old) = want.old else {
        let along: BTreeSet<&str> = files.iter().filter(|f| f.by.is_some()).map(|f| f.key.as_str()).collect();
        let note = || format!("{} came along: dubo-pin list --why tells with what", along.len());
        return if along.is_empty() { Vec::new() } else { vec![note()] };
    };
    let mut notes = BTreeSet::new();
    for file in files.iter().filter(|file| file.by.is_none()) {
        for (platform, _) in &file.platforms {
            let before = old.value_on(&file.key, Some(platform)).map(Token::as_str);
            let Some(before) = before.filter(|b| *b != file.version) else { continue };
            let what = if file.security { ", a security update" } else { "" };
            notes.insert((
                !file.security,
                format!("{} {before} -> {} from {}{what}", file.key, file.version, file.suite),
            ));
        }
    }
    let mut notes: Vec<String> = notes.into_iter().map(|(_, note)| note).collect();
    let along = along::told(old, files);
    if !along.is_empty() {
        notes.push(format!("came along: {}", along.join(", ")));
    }
    notes
}

fn entry(keys: &Keys, want: &Want<'_>, drawn: &[crate::model::PinName], files: &[File]) -> Result<Entry, Fault> {
    let bad = |e: crate::model::TokenError| Fault::usage(Trouble::new(e.to_string()));
    let mut each: BTreeMap<&str, BTreeMap<Platform, Token>> = BTreeMap::new();
    let mut suites: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let (mut sha1, mut needed) = (BTreeMap::new(), BTreeMap::new());
    for file in files {
        match &file.by {
            Some(by) => drop(needed.insert(file.key.clone(), by.clone())),
            None => {
                let version = Token::new(&file.version).map_err(bad)?;
                let of = each.entry(&file.key).or_default();
                of.extend(file.platforms.iter().map(|(p, _)| (p.clone(), version.clone())));
            }
        }
        suites.entry(file.key.clone()).or_default().insert(&file.suite);
        if let Some(digest) = &file.sha1 {
            sha1.insert(file.base_name(), digest.clone());
        }
    }
    let artifacts = vendored::artifacts(files, None)?;
    let mut values = BTreeMap::new();
    for (key, each) in each {
        let one = each.values().next().filter(|first| each.values().all(|v| v == *first)).cloned();
        let value = one.map_or(Value::Each(each), Value::One);
        values.insert(Token::new(key).map_err(bad)?, value);
    }
    let mut evidence = BTreeMap::new();
    let names: Vec<&str> = drawn.iter().map(crate::model::PinName::as_str).collect();
    evidence.insert("archives".to_owned(), Evidence::One(names.join(" ")));
    let suites = suites.into_iter().map(|(key, of)| (key, of.into_iter().collect::<Vec<_>>().join(" ")));
    evidence.insert("suite".to_owned(), Evidence::Each(suites.collect()));
    let base = along::evidence(keys, want)?;
    if !base.is_empty() {
        evidence.insert(along::BASE.to_owned(), Evidence::Each(base));
    }
    if !needed.is_empty() {
        evidence.insert(NEEDED_BY.to_owned(), Evidence::Each(needed));
    }
    if !sha1.is_empty() {
        evidence.insert("sha1".to_owned(), Evidence::Each(sha1));
    }
    let first_seen = want.old.filter(|old| old.values == values).map_or(want.today, |old| old.first_seen);
    let request = keys.request().finish(want.platforms);
    Ok(Entry { request, values, artifacts, evidence, first_seen, seen: BTreeMap::new() })
}
