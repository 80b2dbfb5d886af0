//! The independent judge of a closure: whether what would stand at the end is whole.
//!
//! For [`solve`](super::solve). It shares nothing with the marking but the packages.

use std::collections::BTreeSet;

use super::conflict::Conflict;
use super::universe::{MultiArch, Pid, Universe};

/// Judges a set of packages: one version in a slot, every need met, nothing refused. What the base itself
/// lacked before is no fault of the closure.
pub(super) fn check(universe: &Universe, all: &[Pid]) -> Result<(), Conflict> {
    let standing: BTreeSet<Pid> = all.iter().copied().collect();
    let before: BTreeSet<Pid> = universe.installed.iter().filter_map(|pid| *pid).collect();
    let met = |group: &[super::universe::Alternative], own: u8, by: &BTreeSet<Pid>| {
        group.iter().any(|one| universe.targets(one, own).iter().any(|pid| by.contains(pid)))
    };
    for pid in all {
        let package = universe.package(*pid);
        for group in &package.needs {
            let was = before.contains(pid) && !met(group, package.architecture, &before);
            if !was && !met(group, package.architecture, &standing) {
                return Err(Conflict::broken(universe, *pid, group));
            }
        }
        for refusal in &package.refuses {
            for hit in universe.refused(*pid, refusal) {
                let was = before.contains(pid) && before.contains(&hit);
                if standing.contains(&hit) && !was {
                    return Err(Conflict::refused(universe, *pid, Some(hit)));
                }
            }
        }
        for other in all.iter().filter(|other| *other != pid) {
            let two = universe.package(*other);
            let lockstep = package.multi_arch == MultiArch::Same
                && two.multi_arch == MultiArch::Same
                && two.version == package.version;
            if two.slot == package.slot || (two.name == package.name && !lockstep) {
                return Err(Conflict::refused(universe, *pid, Some(*other)));
            }
        }
    }
    Ok(())
}

/// Judges whether all packages of a universe have what they need among themselves; they need not stand
/// side by side.
pub(super) fn met(universe: &Universe) -> Result<(), Conflict> {
    for slot in &universe.by_slot {
        for pid in slot {
            let package = universe.package(*pid);
            let met = |group: &&Vec<super::universe::Alternative>| {
                group.iter().any(|one| !universe.targets(one, package.architecture).is_empty())
            };
            if let Some(group) = package.needs.iter().find(|group| !met(group)) {
                return Err(Conflict::broken(universe, *pid, group));
            }
        }
    }
    Ok(())
}
