//! Archives of one refresh: which may move, and what the lock will hold of them.
//!
//! For `refresh`. A snapshot is one state for all pins that draw from it: it moves only if all of
//! them do, else a Dockerfile that names the snapshot would install from another state than the lock's.

use std::collections::BTreeMap;

use super::aim::Step;
use super::{Options, give_up, sound};
use crate::lock::{Entry, Lock, Opened};
use crate::model::{Class, Failure, PinName, PinOutcome, Refreshed, Trouble};
use crate::ops::project::{Project, named_file};
use crate::source::deb::Archives;

/// The archives, each held at its locked snapshot where a pin that draws from it stays.
pub(super) fn archives(
    project: &Project,
    old: &Lock,
    opened: Option<&Opened>,
    steps: &[(PinName, Step)],
    options: &Options,
    refreshed: &mut Refreshed,
) -> Archives {
    let locked: BTreeMap<PinName, Entry> =
        old.archives.iter().filter(|(name, _)| sound(opened, name)).map(|(n, e)| (n.clone(), e.clone())).collect();
    let read = |path: &crate::model::RelPath| named_file(&project.root, path);
    let mut archives = Archives::new(&project.archives, &locked, options.now, options.locked, &read);
    let moves = |pin: &PinName| steps.iter().any(|(name, step)| name == pin && matches!(step, Step::Resolve { .. }));
    for name in project.archives.iter().filter(|(_, e)| e.has_snapshots()).map(|(name, _)| name) {
        let drawers = drawers(project, name);
        if options.locked {
            archives.hold(name);
            continue;
        }
        let stays = drawers.iter().find(|pin| old.pins.contains_key(**pin) && !moves(pin));
        if let Some(stays) = stays
            && drawers.iter().any(|pin| moves(pin))
            && archives.hold(name)
        {
            let note = format!(
                "the archive {name} stays at its locked snapshot, since {stays} draws from it and is not refreshed now"
            );
            refreshed.notes.push(Trouble::new(note).help("refresh them together to move it"));
        }
    }
    archives
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
    let asked = |pin: &PinName| steps.iter().any(|(name, step)| name == pin && matches!(step, Step::Resolve { .. }));
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
