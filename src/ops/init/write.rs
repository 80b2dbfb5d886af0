//! From drafts to a pins.toml that reads back and covers what it was written for.
//!
//! For `init`. A draft that does not parse, or covers nothing of what it was made of, is dropped and
//! told as not understood; so is everything that no draft was made of.

use super::super::project::{MANIFEST, disk, failure, known};
use super::scope::Folder;
use super::{Found, unopened};
use crate::adopt::{Case, Draft, Drafts, Upstream, adopt};
use crate::check::cover::Uncovered;
use crate::disk::{Change, Plan, ProcessLock, recover};
use crate::lock;
use crate::manifest::edit::{self, Literal};
use crate::manifest::{Inherited, Manifest};
use crate::model::{Adopted, AdoptedPin, Class, Event, Events, Failure, Place, Trouble};

/// How often drafts are dropped and the rest is tried again.
const ROUNDS: usize = 4;

/// The drafts of one folder.
pub(super) fn draft(folder: &Folder, open: &Found<'_>, upstream: &dyn Upstream) -> Drafts {
    adopt(&case(folder, open, upstream))
}

/// What is handed to `adopt`.
pub(super) fn case<'a>(folder: &'a Folder, open: &'a Found<'_>, upstream: &'a dyn Upstream) -> Case<'a> {
    Case { files: &folder.files, manifest: &folder.manifest, uncovered: &open.uncovered, upstream }
}

/// A manifest that was made, not written yet.
pub(super) struct Made {
    text: String,
    adopted: Adopted,
}

/// Writes the drafts into the text of the manifest.
pub(super) fn compose(folder: &Folder, open: &Found<'_>, drafts: &Drafts) -> Result<Made, Vec<Failure>> {
    let usage = |trouble: Trouble| vec![failure(Class::Usage, trouble)];
    let mut dropped: Vec<Option<Trouble>> = vec![None; drafts.pins.len()];
    let mut rounds = 0;
    let (text, left) = loop {
        let text = written(folder, drafts, &mut dropped);
        let manifest = Manifest::parse_under(MANIFEST, text.as_bytes(), &folder.inherited).map_err(|all| {
            usage(all.into_iter().next().unwrap_or_else(|| Trouble::new("the manifest cannot be read")))
        })?;
        let left = super::open(&manifest, &folder.files).uncovered;
        let mut again = false;
        for (pin, dropped) in drafts.pins.iter().zip(&mut dropped).filter(|(_, dropped)| dropped.is_none()) {
            if rounds < ROUNDS && is_idle(pin, &open.uncovered, &left) {
                *dropped = Some(Trouble::new("no pin could be made that covers this").at(pin.place.clone()));
                again = true;
            }
        }
        rounds += 1;
        if !again {
            break (text, left);
        }
    };
    let mut not_understood = drafts.not_understood.clone();
    let told = |all: &[Trouble], place: &Place| all.iter().any(|t| t.place.as_ref() == Some(place));
    for open in &left {
        let place = open.intake.place(open.file);
        let finding = open.finding.trouble.place.as_ref().unwrap_or(&place);
        if !told(&not_understood, &place) && !told(&not_understood, finding) {
            not_understood.push(by_hand(open.finding.trouble.clone()));
        }
    }
    for trouble in dropped.iter().flatten() {
        if !trouble.place.as_ref().is_some_and(|place| told(&not_understood, place)) {
            not_understood.push(trouble.clone());
        }
    }
    not_understood.extend(folder.unread.iter().map(|f| f.trouble.clone()));
    not_understood.sort_by(|a, b| a.place.cmp(&b.place));
    not_understood.dedup();
    let kept = drafts.pins.iter().zip(&dropped).filter(|(_, dropped)| dropped.is_none());
    let pins = kept.map(|(draft, _)| adopted(draft)).collect();
    Ok(Made { text, adopted: Adopted { pins, not_understood, ..Adopted::default() } })
}

/// A finding of `verify` as `init` tells it, which has tried.
fn by_hand(mut trouble: Trouble) -> Trouble {
    trouble.help = trouble.help.map(|help| help.replace("`dubo-pin init` adds a pin of it", "write its pin by hand"));
    trouble
}

/// The text with every draft that was not dropped; those that do not parse are.
fn written(folder: &Folder, drafts: &Drafts, dropped: &mut [Option<Trouble>]) -> String {
    let under: &Inherited = &folder.inherited;
    let mut text = folder.text.clone();
    for archive in &drafts.archives {
        // Without it the pins that draw from it do not parse, and are told.
        if let Ok(after) = edit::add_archive(&text, archive, under) {
            text = after;
        }
    }
    for (draft, dropped) in drafts.pins.iter().zip(dropped).filter(|(_, dropped)| dropped.is_none()) {
        match edit::add_under(&text, &draft.pin, under) {
            Ok(after) => text = after,
            Err(trouble) => {
                let message = format!("no pin could be made of this: {}", trouble.message);
                *dropped = Some(Trouble { message, ..trouble }.at(draft.place.clone()));
            }
        }
    }
    text
}

/// Whether what a draft was made of is as little covered as before.
fn is_idle(draft: &Draft, before: &[Uncovered<'_>], after: &[Uncovered<'_>]) -> bool {
    let at = |all: &[Uncovered<'_>]| -> Vec<Vec<String>> {
        all.iter().filter(|u| u.intake.place(u.file) == draft.place).map(|u| u.parts.clone()).collect()
    };
    let before = at(before);
    !before.is_empty() && before == at(after)
}

fn adopted(draft: &Draft) -> AdoptedPin {
    let text = |literal: &Literal| match literal {
        Literal::Text(text) => text.clone(),
        Literal::Texts(texts) => texts.join(", "),
        _ => String::new(),
    };
    let first = draft.pin.keys.first();
    AdoptedPin {
        name: draft.pin.name.clone(),
        kind: first.map(|(key, _)| key.clone()).unwrap_or_default(),
        source: first.map(|(_, value)| text(value)).unwrap_or_default(),
        place: draft.place.clone(),
        unlocked: draft.pin.keys.iter().any(|(key, _)| key == "unlocked"),
        unproved: draft.unproved.clone(),
    }
}

/// Names the members, and applies the plan unless it is only to be shown.
pub(super) fn end(
    folder: &Folder,
    made: Made,
    members: &[String],
    dry_run: bool,
    events: &dyn Events,
) -> Result<Adopted, Vec<Failure>> {
    let Made { mut text, mut adopted } = made;
    if !members.is_empty() {
        text = edit::set_members(&text, members).map_err(|t| vec![failure(Class::Usage, t)])?;
    }
    let name = |name: &str| known(name).map_err(|f| vec![f]);
    let plan = Plan::new([Change::new(name(MANIFEST)?, folder.before.clone(), Some(text.into_bytes()))]);
    adopted.files = plan.diff();
    adopted.applied = !dry_run;
    if !dry_run && !plan.is_empty() {
        let process = ProcessLock::take(&folder.root).map_err(|e| unopened(&e))?;
        events.emit(Event::Writing);
        let recovery = recover(&folder.root, &process).map_err(|e| vec![disk(&e)])?;
        adopted.notes.extend(recovery.to_trouble());
        plan.apply(&folder.root, &process, &name(lock::FILE)?).map_err(|e| unopened(&e))?;
        process.leave(&folder.root);
        events.emit(Event::Written(true));
    }
    Ok(adopted)
}
