//! What nobody needs goes again; what stays is told with who needs it.
//!
//! For [`solve`](super::solve). Recommended and suggested packages keep what is marked, as they do in
//! apt, whatever an install takes of them.

use std::collections::VecDeque;

use super::marks::Marks;
use super::universe::{Alternative, Pid};
use super::{Closure, Picked};

/// Takes back what is planned and cannot be reached from the roots and the base.
pub(super) fn sweep(marks: &mut Marks<'_>, roots: &[Pid]) {
    let reached = reached(marks, roots, true);
    let all: Vec<Pid> = marks.standing().collect();
    for pid in all {
        let slot = marks.of(pid).slot;
        if marks.installed(slot).is_none() && reached.get(pid as usize).is_none_or(Option::is_none) {
            marks.plan(slot, None);
        }
    }
}

/// For each package that can be reached, who leads to it; itself for a root.
fn reached(marks: &Marks<'_>, roots: &[Pid], weak: bool) -> Vec<Option<Pid>> {
    let universe = marks.universe;
    let mut by: Vec<Option<Pid>> = vec![None; universe.packages.len()];
    let mut open: VecDeque<Pid> = VecDeque::new();
    let base: Vec<Pid> = marks.standing().filter(|pid| marks.installed(marks.of(*pid).slot).is_some()).collect();
    let mut put = |pid: Pid, from: Pid, open: &mut VecDeque<Pid>| {
        if let Some(by @ None) = by.get_mut(pid as usize) {
            *by = Some(from);
            open.push_back(pid);
        }
    };
    for pid in roots.iter().filter(|pid| marks.stands(**pid)) {
        put(*pid, *pid, &mut open);
    }
    let mut base = base.into_iter();
    loop {
        // what was asked for explains before the base does
        let Some(pid) = open.pop_front() else {
            let Some(pid) = base.next() else { break };
            put(pid, pid, &mut open);
            continue;
        };
        let package = marks.of(pid);
        let weaker = package.recommends.iter().chain(&package.suggests).filter(|_| weak);
        let groups: Vec<&Vec<Alternative>> = package.needs.iter().chain(weaker).collect();
        for group in groups {
            for one in group {
                for target in universe.targets(one, package.architecture) {
                    if marks.stands(target) {
                        put(target, pid, &mut open);
                    }
                }
            }
        }
    }
    by
}

/// What will be installed, and why.
pub(super) fn told(marks: &Marks<'_>, roots: &[Pid]) -> Closure {
    let universe = marks.universe;
    let by = reached(marks, roots, true);
    let mut out = Closure::default();
    for pid in marks.standing() {
        let package = marks.of(pid);
        if marks.installed(package.slot) == Some(pid) {
            continue;
        }
        // what of the base moves with its like is there for the first that was asked for
        let from = by.get(pid as usize).copied().flatten().filter(|from| *from != pid);
        let from = from.or_else(|| roots.first().copied()).filter(|_| !roots.contains(&pid));
        out.picked.push(Picked {
            name: universe.name_of(package.name).to_owned(),
            version: universe.version_of(package.version).to_owned(),
            architecture: universe.foreign(package.architecture).map(str::to_owned),
            by: from.map(|from| universe.name_of(universe.package(from).name).to_owned()),
        });
    }
    out.picked.sort();
    for (slot, installed) in universe.installed.iter().enumerate() {
        let Some(pid) = installed else { continue };
        let slot = u32::try_from(slot).unwrap_or(u32::MAX);
        if marks.planned(slot).is_none() {
            out.removed.push(universe.said(*pid));
        }
    }
    out
}
