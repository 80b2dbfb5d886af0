//! Groups: pins that move together or not at all.
//!
//! For `refresh`, where it follows upstream; what is kept, or set by hand, is no matter of groups.

use std::collections::BTreeMap;

use super::Outcome;
use crate::lock::Lock;
use crate::manifest::Manifest;
use crate::model::{Held, HeldBy, PinName, PinOutcome, Refreshed};
use crate::ops::select::Selection;
use crate::source::resolve::Resolved;

/// Who names one pin of a group means all of it.
pub(super) fn complete(manifest: &Manifest, selection: &mut Selection) {
    let group = |name: &PinName| manifest.pins.get(name).and_then(|pin| pin.group.as_ref());
    let groups: Vec<&PinName> = selection.names.iter().filter_map(group).collect();
    let meant = |name: &&PinName| selection.names.contains(name) || group(name).is_some_and(|of| groups.contains(&of));
    let all: Vec<PinName> = manifest.pins.keys().filter(meant).cloned().collect();
    selection.along = all.iter().filter(|name| !selection.names.contains(name)).cloned().collect();
    selection.names = all;
}

/// Where a pin of a group failed, is frozen or waits for its age, the others of it stay too.
pub(super) fn hold(manifest: &Manifest, old: &Lock, outcomes: &mut [(PinName, Outcome)]) {
    let group = |name: &PinName| manifest.pins.get(name).and_then(|pin| pin.group.clone());
    let mut blockers: BTreeMap<PinName, PinName> = BTreeMap::new();
    for (name, outcome) in outcomes.iter() {
        let stays = match outcome {
            Outcome::Failed(_) => true,
            Outcome::Skipped(_) => old.pins.contains_key(name),
            Outcome::Resolved(resolved) => !moves(old, name, resolved) && waits(resolved),
            Outcome::Kept => false,
        };
        if let (true, Some(group)) = (stays, group(name)) {
            blockers.entry(group).or_insert_with(|| name.clone());
        }
    }
    for (name, outcome) in outcomes.iter_mut() {
        let Some(blocker) = group(name).and_then(|group| blockers.get(&group)) else { continue };
        let (Outcome::Resolved(resolved), Some(before)) = (&mut *outcome, old.pins.get(name)) else { continue };
        if !moves(old, name, resolved) {
            continue;
        }
        let said = manifest.pins.get(name).and_then(|pin| pin.source.said(&resolved.entry)).unwrap_or_default();
        let mut held = vec![Held { value: said, by: HeldBy::Group(blocker.clone()) }];
        held.append(&mut resolved.held);
        // What is ripe keeps its day: the group may not wait anew for it.
        let mut entry = before.clone();
        entry.seen.append(&mut resolved.entry.seen);
        **resolved = Resolved { entry, between: None, files: Vec::new(), held, notes: Vec::new() };
    }
}

/// Where a pin of a group failed after all were resolved, the others of it go back to what they were.
/// Gives those that did.
pub(super) fn revert(manifest: &Manifest, old: &Lock, new: &mut Lock, refreshed: &mut Refreshed) -> Vec<PinName> {
    let group = |name: &PinName| manifest.pins.get(name).and_then(|pin| pin.group.clone());
    let failed = |outcome: &PinOutcome| match outcome {
        PinOutcome::Failed(failure) => failure.pin.clone(),
        _ => None,
    };
    let blockers: BTreeMap<PinName, PinName> =
        refreshed.pins.iter().filter_map(failed).filter_map(|name| Some((group(&name)?, name))).collect();
    let mut reverted = Vec::new();
    for outcome in &mut refreshed.pins {
        let PinOutcome::Moved { pin: name, .. } = &*outcome else { continue };
        let name = name.clone();
        let Some(blocker) = group(&name).and_then(|group| blockers.get(&group)) else { continue };
        let (Some(before), Some(after)) = (old.pins.get(&name), new.pins.get(&name)) else { continue };
        let value = manifest.pins.get(&name).and_then(|pin| pin.source.said(after)).unwrap_or_default();
        let mut entry = before.clone();
        entry.seen.extend(after.seen.clone());
        new.pins.insert(name.clone(), entry);
        *outcome = PinOutcome::Unchanged(name.clone());
        refreshed.held.entry(name.clone()).or_default().insert(0, Held { value, by: HeldBy::Group(blocker.clone()) });
        reverted.push(name);
    }
    reverted
}

fn waits(resolved: &Resolved) -> bool {
    resolved.held.iter().any(|held| matches!(held.by, HeldBy::MinAge { .. }))
}

/// Whether its values would be others than those that are locked. Files at another place are no move.
fn moves(old: &Lock, name: &PinName, resolved: &Resolved) -> bool {
    old.pins.get(name).is_some_and(|before| before.values != resolved.entry.values)
}
