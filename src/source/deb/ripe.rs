//! What `min-age` makes of newer versions, where no snapshot says how old they are.
//!
//! For the resolver, which has chosen the newest by then, so that every alarm about it was raised. A
//! pin moves as a whole: as long as one changed version is too young, all of them stay. What comes from
//! a snapshot is not looked at here: `archives` takes one that is old enough.

use std::collections::{BTreeMap, BTreeSet};

use super::along;
use super::choose::{architecture, key_of};
use super::keys::Keys;
use super::pool::FORMAT;
use super::resolve::{Gathered, pick};
use super::vendored::{self, File};
use super::version::Version;
use crate::lock::{Artifact, Entry, Value};
use crate::model::{Class, Held, HeldBy, Platform, Token, Trouble};
use crate::remote::Remote;
use crate::source::cooldown::Cooldown;
use crate::source::resolve::{Aim, Fault, Resolved, Want};

/// The most newer versions that are told of one pin.
const TOLD: usize = 20;

/// What a pin comes to.
pub(super) struct Chosen {
    pub(super) resolved: Resolved,
    /// Its files, still to be vendored; `None` where the entry stays as it was.
    pub(super) files: Option<Vec<File>>,
    /// The newest ones, whether they are taken or not.
    pub(super) newest: Vec<File>,
}

/// A version that would be taken, and is not the locked one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    /// Security first.
    routine: bool,
    /// As a person would say it.
    said: String,
    token: String,
}

/// What is taken today of the newest.
pub(super) fn taken(
    keys: &Keys,
    want: &Want<'_>,
    gathered: &Gathered<'_>,
    (mut resolved, files): (Resolved, Vec<File>),
    remote: &Remote,
) -> Result<Chosen, Fault> {
    // What another archive had was not seen in this one.
    let edited = gathered.edited || want.old.is_some_and(|old| redrawn(old, &resolved.entry));
    let afresh = want.old.filter(|_| edited).map(|old| Entry { seen: BTreeMap::new(), ..old.clone() });
    let mut cooldown = Cooldown::of(&Want { old: afresh.as_ref().or(want.old), ..want.clone() });
    let Some(old) = want.old.filter(|_| cooldown.is_on()) else {
        if Cooldown::is_first(want) {
            let note = "nothing was locked before: the newest packages are taken at once, min-age or not";
            resolved.notes.push(note.to_owned());
        }
        return Ok(Chosen { resolved, files: Some(files.clone()), newest: files });
    };
    let mut passed = Vec::new();
    let mut ripe = true;
    // Each of them, so that each is kept as seen.
    for candidate in candidates(old, gathered, &files) {
        let token = Token::new(&candidate.token).map_err(|e| Fault::usage(Trouble::new(e.to_string())))?;
        if cooldown.passes(&token, &candidate.said) {
            passed.push(token);
        } else {
            ripe = false;
        }
    }
    // One that is old enough and waits for another does not begin anew.
    passed.iter().filter(|_| !ripe).for_each(|token| cooldown.keep(token));
    let (seen, mut held) = cooldown.end();
    if ripe {
        return Ok(Chosen { resolved, files: Some(files.clone()), newest: files });
    }
    held.truncate(TOLD);
    if as_it_was(old, want, gathered, &resolved.entry)? {
        there(old, want, gathered, &held, remote)?;
        let resolved = Resolved {
            entry: Entry { seen, ..old.clone() },
            between: None,
            files: Vec::new(),
            held,
            notes: gathered.notes.clone(),
        };
        return Ok(Chosen { resolved, files: None, newest: files });
    }
    let kept = Want { aim: Aim::Keep(kept(old, gathered, &files)), ..want.clone() };
    match pick(keys, &kept, gathered, remote) {
        Ok((mut resolved, kept)) => {
            (resolved.entry.seen, resolved.held) = (seen, held);
            Ok(Chosen { resolved, files: Some(kept), newest: files })
        }
        // The archive was edited, and has no longer what is locked: there is nothing to stay at.
        Err(fault) if fault.class == Class::Differs && edited => {
            let note = format!("{}: the newest are taken at once, min-age or not", fault.trouble.message);
            resolved.notes.push(note);
            Ok(Chosen { resolved, files: Some(files.clone()), newest: files })
        }
        Err(fault) if fault.class == Class::Differs => Err(gone(*fault.trouble, &held)),
        Err(fault) => Err(fault),
    }
}

/// Whether the pin draws from other archives than when it was locked.
fn redrawn(old: &Entry, new: &Entry) -> bool {
    let archives = |entry: &Entry| entry.request.split(' ').find(|i| i.starts_with("archives=")).map(str::to_owned);
    archives(old) != archives(new)
}

/// Whether a file is a candidate: not from a snapshot, and another version than the locked one, which
/// is one that is still asked for. An operand that asks for another is the user's own word.
fn changed<'o>(old: &'o Entry, gathered: &Gathered<'_>, file: &File, platform: &Platform) -> Option<&'o Token> {
    if file.by.is_some() {
        let before = along::version_on(old, &file.key, platform)?;
        return (!file.dated && before.as_str() != file.version).then_some(before);
    }
    let before = old.value_on(&file.key, Some(platform))?;
    let pattern = gathered.wanted.iter().find(|w| key_of(&w.operand) == file.key)?.operand.version();
    let fits = |pattern| before.as_str().parse::<Version>().is_ok_and(|v| v.fits(pattern));
    (!file.dated && before.as_str() != file.version && pattern.is_none_or(fits)).then_some(before)
}

/// `name=version`; `name:arch=version` where platforms differ.
fn candidates(old: &Entry, gathered: &Gathered<'_>, files: &[File]) -> BTreeSet<Candidate> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in files {
        versions.entry(&file.key).or_default().insert(&file.version);
    }
    let mut all = BTreeSet::new();
    for file in files {
        for (platform, own) in &file.platforms {
            if changed(old, gathered, file, platform).is_none() {
                continue;
            }
            let differs = versions.get(file.key.as_str()).is_some_and(|v| v.len() > 1);
            let name = match differs && !file.key.contains(':') {
                true => format!("{}:{}", file.key, architecture(platform).unwrap_or(own)),
                false => file.key.clone(),
            };
            let security = if file.security { " (security)" } else { "" };
            all.insert(Candidate {
                routine: !file.security,
                said: format!("{name} {}{security}", file.version),
                token: format!("{name}={}", file.version),
            });
        }
    }
    all
}

/// Whether the locked entry is one of the pin and of its archives as they are now.
fn as_it_was(old: &Entry, want: &Want<'_>, gathered: &Gathered<'_>, new: &Entry) -> Result<bool, Fault> {
    let folder = vendored::folder(want)?;
    let placed = |a: &Artifact| match (&folder, &a.path) {
        (Some(folder), Some(path)) => path.as_str().strip_prefix(folder.as_str()).is_some_and(|p| p.starts_with('/')),
        (None, None) => true,
        _ => false,
    };
    Ok(!gathered.edited
        && !gathered.snapshots
        && old.request == new.request
        && old.values.keys().eq(new.values.keys())
        && old.artifacts.iter().all(placed)
        && (folder.is_none() || old.proof("apt-archive") == Some(FORMAT)))
}

/// The locked versions that stay, as a Dockerfile would bear them; those from snapshots go with these.
fn kept(old: &Entry, gathered: &Gathered<'_>, files: &[File]) -> BTreeMap<String, Token> {
    let mut kept = BTreeMap::new();
    for file in files.iter().filter(|f| !f.dated) {
        for (platform, _) in &file.platforms {
            let before = old.value_on(&file.key, Some(platform));
            let stays = before.filter(|b| b.as_str() == file.version).or(changed(old, gathered, file, platform));
            kept.extend(stays.map(|version| (format!("{} {platform}", file.key), version.clone())));
        }
    }
    kept
}

/// Each locked file must still be had: from the archive, from the vendored folder, from the store. What
/// is not vendored is installed from the archive alone.
fn there(old: &Entry, want: &Want<'_>, gathered: &Gathered<'_>, held: &[Held], remote: &Remote) -> Result<(), Fault> {
    let known = |a: &Artifact| {
        let (package, version) = (a.package.as_ref()?, a.version.as_ref()?);
        let mut all = gathered.universes.iter().flat_map(BTreeMap::values);
        all.any(|universe| universe.has(package.as_str(), version.as_str())).then_some(())
    };
    let offered = |a: &Artifact| {
        let is = |offer: &super::archives::Offer| offer.candidate.stanza.sha256 == a.sha256;
        gathered.offers.values().flatten().any(is) || known(a).is_some()
    };
    let at_hand = |a: &Artifact| {
        let on_disk = want.root.zip(a.path.as_ref()).and_then(|(root, path)| root.hash(path).ok().flatten());
        let stored = || remote.store().is_ok_and(|store| store.get(&a.sha256).is_some());
        a.path.is_some() && (on_disk == Some(a.sha256) || stored())
    };
    let lost = old.artifacts.iter().find(|a| a.url.is_some() && !offered(a) && !at_hand(a));
    let Some(lost) = lost else { return Ok(()) };
    let text = |token: &Option<Token>| token.as_ref().map(ToString::to_string).unwrap_or_default();
    let (package, version) = (text(&lost.package), text(&lost.version));
    Err(gone(Trouble::new(format!("no archive has {package} {version} any more, which is locked")), held))
}

/// What is locked is not there any more, and nothing newer may be taken yet.
fn gone(trouble: Trouble, held: &[Held]) -> Fault {
    let all: Vec<&str> = held.iter().map(|h| h.value.as_str()).collect();
    let trouble = trouble.found(format!("held back by min-age: {}", all.join(", ")));
    let help = "a snapshot archive still has it; to take the newer one now, give the pin min-age = \"0d\"";
    Fault::gone(trouble.help(help))
}

/// Newer versions that the archives have, and that are not chosen whatever their age: those of suites
/// that apt prefers less, and those that are not asked for.
pub(super) fn beyond(newest: &[File], gathered: &Gathered<'_>) -> Vec<Held> {
    let mut all: BTreeMap<(String, Version), String> = BTreeMap::new();
    for file in newest {
        let Ok(chosen) = file.version.parse::<Version>() else { continue };
        let Some(wanted) = gathered.wanted.iter().find(|w| key_of(&w.operand) == file.key) else { continue };
        let offers = file.platforms.iter().filter_map(|(_, own)| gathered.offers.get(own)).flatten();
        for offer in offers.filter(|o| o.candidate.stanza.package == file.package) {
            let version = &offer.candidate.stanza.version;
            if *version <= chosen {
                continue;
            }
            let suite = &offer.candidate.suite;
            let rule = match (wanted.operand.version(), &wanted.suite) {
                (Some(pattern), _) => format!("{}={pattern}", file.key),
                (None, Some(suite)) => format!("the suite {suite}"),
                (None, None) => format!("what apt prefers: {suite} has the priority {}", offer.candidate.priority),
            };
            all.entry((file.key.clone(), version.clone())).or_insert(rule);
        }
    }
    let held = all
        .into_iter()
        .rev()
        .map(|((key, version), rule)| Held { value: format!("{key} {version}"), by: HeldBy::Rule(rule) });
    held.take(TOLD).collect()
}

/// The versions of an entry's packages, by key and platform; what a locked entry has of them is kept as
/// seen where nothing moved.
pub(super) fn unmoved(old: Option<&Entry>, values: &BTreeMap<Token, Value>) -> BTreeMap<Token, crate::model::Day> {
    old.filter(|old| old.values == *values).map(|old| old.seen.clone()).unwrap_or_default()
}
