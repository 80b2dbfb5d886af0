//! Archives of one refresh: which may move, and what the lock will hold of them.
//!
//! For `refresh`. A snapshot is one state for all pins that draw from it: it moves only if all of
//! them do, else a Dockerfile that names the snapshot would install from another state than the lock's.

use std::collections::BTreeMap;

use super::aim::Step;
use super::{Options, give_up, sound};
use crate::dockerfile::search;
use crate::lock::{Entry, Lock, Opened};
use crate::manifest::unstamped;
use crate::model::{Class, Failure, PinName, PinOutcome, Refreshed, Time, Trouble, quoted};
use crate::ops::project::Project;
use crate::source::deb::Archives;

/// The archives, each held at its locked snapshot where a pin that draws from it stays. A pin that
/// would move while another must stay, although the archive was edited, fails.
pub(super) fn archives(
    project: &Project,
    old: &Lock,
    opened: Option<&Opened>,
    steps: &mut [(PinName, Step)],
    options: &Options,
    refreshed: &mut Refreshed,
) -> Archives {
    let locked: BTreeMap<PinName, Entry> =
        old.archives.iter().filter(|(name, _)| sound(opened, name)).map(|(n, e)| (n.clone(), e.clone())).collect();
    let read = |archive: &PinName, path: &crate::model::RelPath| project.file_of(archive, path);
    let mut archives = Archives::new(&project.archives, &locked, options.now, options.locked, &read);
    ripen(project, &mut archives);
    for name in project.archives.iter().filter(|(_, e)| e.has_snapshots()).map(|(name, _)| name) {
        if options.locked {
            archives.hold(name);
            continue;
        }
        let held = match old.archives.get(name) {
            // Edited since, but nothing is to move: the locked state, if the edit still allows it.
            Some(entry) if options.keep => entry.value("snapshot").and_then(|s| s.as_str().parse().ok()),
            Some(_) => None,
            None => borne(project, name),
        };
        if let Some(time) = held {
            archives.adopt(name, time);
        }
        let drawers = drawers(project, name);
        let moves = |pin: &PinName| steps.iter().any(|(name, step)| name == pin && is_asked(step));
        let Some(stays) = drawers.iter().find(|pin| old.pins.contains_key(**pin) && !moves(pin)).copied() else {
            continue;
        };
        let moving: Vec<PinName> = drawers.iter().filter(|pin| moves(pin)).copied().cloned().collect();
        if moving.is_empty() {
            continue;
        }
        if archives.hold(name) {
            let note = format!(
                "the archive {name} stays at its locked snapshot, since {stays} draws from it and is not refreshed now"
            );
            refreshed.notes.push(Trouble::new(note).help("refresh them together to move it"));
            continue;
        }
        for (pin, step) in steps.iter_mut().filter(|(pin, _)| moving.contains(pin)) {
            let message = format!(
                "the archive {name} was edited since it was locked, and {stays} draws from it, which is not refreshed now"
            );
            let trouble = Trouble::new(message).help("dubo-pin refresh, without names, moves them together");
            let trouble = match project.manifest.archives.get(name) {
                Some(archive) => trouble.at(archive.place.clone()),
                None => trouble,
            };
            *step = Step::Fail(Box::new(Failure { pin: Some(pin.clone()), class: Class::Usage, trouble }));
        }
    }
    archives
}

/// Tells the archives how old what the pins draw from them must be.
pub(crate) fn ripen(project: &Project, archives: &mut Archives) {
    for pin in project.manifest.pins.values() {
        let Some(age) = pin.policy.min_age else { continue };
        for name in pin.source.drawn(&project.archives) {
            archives.ripen(name, age);
        }
    }
}

fn is_asked(step: &Step) -> bool {
    matches!(step, Step::Resolve { .. })
}

/// The snapshot that the sites of an archive bear, if they bear one.
fn borne(project: &Project, name: &PinName) -> Option<Time> {
    let archive = project.manifest.archives.get(name)?;
    let sites = archive.into.iter().filter_map(|placed| search(&project.dockerfiles, &placed.value).ok()).flatten();
    let mut times = sites.filter_map(|(_, at)| at.value.parse::<Time>().ok());
    times.next()
}

/// With `--keep`, an archive that is locked for the first time must change no byte.
pub(super) fn would_move(project: &Project, old: &Lock, new: &Lock) -> Option<Failure> {
    for (name, entry) in new.archives.iter().filter(|(name, _)| !old.archives.contains_key(*name)) {
        let Some(archive) = project.manifest.archives.get(name) else { continue };
        let locked = entry.value("snapshot").map(crate::model::Token::as_str).unwrap_or_default();
        for placed in &archive.into {
            for (_, at) in search(&project.dockerfiles, &placed.value).ok()? {
                if at.value != locked {
                    let message =
                        format!("--keep moves nothing, but this is not the snapshot of {name} that would be locked");
                    let trouble = Trouble::new(message).at(at.place).expected(locked).found(quoted(&at.value));
                    let trouble = trouble.help("dubo-pin refresh without --keep writes it");
                    return Some(Failure { pin: None, class: Class::Differs, trouble });
                }
            }
        }
    }
    None
}

/// With `--locked`, what a snapshot gives must be what the lock holds of it, its dates and keys too.
pub(super) fn proved(project: &Project, old: &Lock, archives: &Archives, options: &Options) -> Vec<PinOutcome> {
    let mut outcomes = Vec::new();
    for (name, effective) in project.archives.iter().filter(|(_, e)| e.has_snapshots()) {
        let (Some(now), Some(locked)) = (archives.entry(name, options.today), old.archives.get(name)) else { continue };
        // Who serves it today, a mirror or not, is no matter of the proof.
        let bare = |entry: &Entry| {
            let mut entry = unstamped(entry);
            entry.evidence.remove("origin");
            (entry.values, entry.evidence)
        };
        if bare(&now) != bare(locked) {
            let trouble = Trouble::new(format!("what is locked of the archive {name} is not what its snapshot gives"))
                .at(effective.place.clone())
                .help("the lock was changed by hand or forged: git log -p pins.lock");
            outcomes.push(PinOutcome::Failed(Failure { pin: None, class: Class::Alarm, trouble }));
        }
    }
    outcomes
}

/// The pins that draw from an archive.
fn drawers<'a>(project: &'a Project, archive: &PinName) -> Vec<&'a PinName> {
    let draws = |(_, pin): &(&PinName, &crate::manifest::Pin)| pin.source.drawn(&project.archives).contains(&archive);
    project.manifest.pins.iter().filter(draws).map(|(name, _)| name).collect()
}

/// Puts the opened archives into the new lock. Where a snapshot moves but a pin that draws from it
/// could not, the others stay as well.
pub(super) fn settle(
    project: &Project,
    old: &Lock,
    new: &mut Lock,
    steps: &[(PinName, Step)],
    archives: &Archives,
    options: &Options,
    refreshed: &mut Refreshed,
) {
    let failed = |refreshed: &Refreshed, pin: &PinName| {
        refreshed.pins.iter().any(|p| matches!(p, PinOutcome::Failed(f) if f.pin.as_ref() == Some(pin)))
    };
    let asked = |pin: &PinName| steps.iter().any(|(name, step)| name == pin && is_asked(step));
    // Giving up one pin may strand another archive of it: until nothing changes.
    loop {
        let mut again = false;
        for name in project.archives.keys() {
            let Some(entry) = archives.entry(name, options.today) else { continue };
            let drawers: Vec<&PinName> = drawers(project, name).into_iter().filter(|pin| asked(pin)).collect();
            let before = old.archives.get(name);
            let moved = before.is_some_and(|before| before.values != entry.values);
            let stuck = drawers.iter().find(|pin| failed(refreshed, pin) && old.pins.contains_key(**pin)).copied();
            if let Some(stuck) = stuck.filter(|_| moved) {
                for pin in drawers.iter().filter(|pin| !failed(refreshed, pin)).copied().collect::<Vec<_>>() {
                    let trouble = Trouble::new(format!(
                        "it was not moved, since {stuck} failed and draws from the same snapshot of {name}"
                    ));
                    let failure = Failure { pin: Some(pin.clone()), class: Class::Differs, trouble };
                    give_up(pin, failure, old, new, refreshed);
                    again = true;
                }
            }
            let stands = drawers.iter().any(|pin| !failed(refreshed, pin));
            match (stands, before) {
                (true, _) => drop(new.archives.insert(name.clone(), entry)),
                (false, Some(before)) => drop(new.archives.insert(name.clone(), before.clone())),
                (false, None) => drop(new.archives.remove(name)),
            }
        }
        if !again {
            return;
        }
    }
}
