//! The marking: from the packages that are asked for to all that they need, as apt would choose it.
//!
//! The specification is that of this project's notes on apt's answers: depth first, in the order of the
//! fields, the first alternative that can be had. Not a search for any answer that would do: another one
//! is not what a build would install.

use std::collections::BTreeSet;

use super::conflict::Conflict;
use super::marks::Marks;
use super::universe::{Alternative, MultiArch, Pid, Slot};

/// No chain of needs is followed deeper.
const DEEPEST: usize = 2000;

/// Marks, and says why what cannot be had cannot.
pub(super) struct Marker<'u> {
    pub(super) marks: Marks<'u>,
    pub(super) recommends: bool,
    /// Why the last one could not be had.
    why: Option<Conflict>,
}

impl<'u> Marker<'u> {
    pub(super) fn new(marks: Marks<'u>, recommends: bool) -> Self {
        Self { marks, recommends, why: None }
    }

    /// Installs what one command names.
    pub(super) fn command(&mut self, roots: &[Pid]) -> Result<(), Conflict> {
        for root in roots {
            self.marks.choose(*root);
        }
        for root in roots {
            self.marks.protect(self.marks.of(*root).slot);
        }
        for root in roots {
            let slot = self.marks.of(*root).slot;
            if !self.marks.may(*root) {
                return Err(self.refused(*root, roots));
            }
            self.marks.plan(slot, Some(*root));
            self.settle(*root);
        }
        for root in roots {
            self.why = None;
            if !self.marks.may(*root) {
                return Err(self.refused(*root, roots));
            }
            if !self.complete(*root, 0) {
                let why = self.why.take();
                return Err(Conflict::unmet(self.marks.universe, *root, why));
            }
        }
        Ok(())
    }

    fn refused(&self, root: Pid, roots: &[Pid]) -> Conflict {
        let universe = self.marks.universe;
        let hits =
            |by: &Pid, hit: Pid| universe.package(*by).refuses.iter().any(|r| universe.refused(*by, r).contains(&hit));
        let by = roots.iter().copied().find(|by| hits(by, root) || hits(&root, *by));
        Conflict::refused(universe, root, by)
    }

    /// What a package that stays refuses, and what refuses it, is given up on.
    fn settle(&mut self, pid: Pid) {
        let universe = self.marks.universe;
        let package = universe.package(pid);
        let hit = package.refuses.iter().flat_map(|refusal| universe.refused(pid, refusal));
        for other in hit.chain(universe.refusing(pid)) {
            if self.marks.may(other) {
                self.marks.discard(self.marks.of(other).slot);
            }
        }
    }

    /// What alone meets a need of a package that stays, stays too.
    fn hold(&mut self, group: &[Alternative], asker: u8) {
        let choices = self.choices(group, asker);
        let slots: BTreeSet<Slot> = choices.iter().map(|choice| self.marks.of(*choice).slot).collect();
        if let (1, Some(only)) = (slots.len(), choices.first()) {
            let slot = self.marks.of(*only).slot;
            if !self.marks.is_protected(slot) {
                self.marks.protect(slot);
                self.settle(*only);
            }
        }
    }

    /// The versions that could meet a group: what stands, or what may be taken.
    fn choices(&self, group: &[Alternative], asker: u8) -> Vec<Pid> {
        let mut out: Vec<Pid> = Vec::new();
        for one in group {
            for pid in self.marks.universe.targets(one, asker) {
                if (self.marks.may(pid) || self.marks.stands(pid)) && !out.contains(&pid) {
                    out.push(pid);
                }
            }
        }
        out
    }

    /// Takes the candidate of a slot, with all that it needs. On failure nothing is changed but that it
    /// is given up on.
    fn install(&mut self, slot: Slot, depth: usize) -> bool {
        let Some(pid) = self.marks.candidate(slot) else { return false };
        if self.marks.planned(slot) == Some(pid) {
            return true;
        }
        let before = self.marks.now();
        self.marks.plan(slot, Some(pid));
        if self.complete(pid, depth) {
            return true;
        }
        self.marks.back_to(before);
        self.marks.discard(slot);
        false
    }

    /// Brings about what a package needs that stands already.
    fn complete(&mut self, pid: Pid, depth: usize) -> bool {
        let universe = self.marks.universe;
        let package = universe.package(pid);
        if depth > DEEPEST {
            return self.fails(Conflict::deep(universe, pid));
        }
        if let Some(group) = package.needs.iter().find(|g| self.choices(g, package.architecture).is_empty()) {
            return self.fails(Conflict::nobody(universe, pid, group));
        }
        if !self.clear(pid, depth) || !self.carry(pid, depth) {
            return false;
        }
        for group in &package.needs {
            if self.marks.is_protected(package.slot) {
                self.hold(group, package.architecture);
            }
            if !self.meet(pid, group, depth) {
                let why = self.why.take();
                return self.fails(Conflict::group(universe, pid, group, why));
            }
        }
        if self.recommends {
            for group in &package.recommends {
                let why = self.why.take();
                let _ = self.meet(pid, group, depth);
                self.why = why;
            }
        }
        true
    }

    fn fails(&mut self, why: Conflict) -> bool {
        self.why = Some(why);
        false
    }

    fn meet(&mut self, pid: Pid, group: &[Alternative], depth: usize) -> bool {
        let package = self.marks.of(pid);
        if self.marks.meets(group, package.architecture) {
            return true;
        }
        for choice in self.ordered(pid, group) {
            let slot = self.marks.of(choice).slot;
            // one that failed before may have been given up on
            if self.marks.may(choice) && self.install(slot, depth + 1) && self.marks.stands(choice) {
                return true;
            }
        }
        false
    }

    /// The candidates that meet a group, in the order in which they are tried.
    fn ordered(&self, asker: Pid, group: &[Alternative]) -> Vec<Pid> {
        let universe = self.marks.universe;
        let own = self.marks.of(asker).architecture;
        let mut out: Vec<Pid> = Vec::new();
        for one in group {
            let mut some: Vec<Pid> = universe.targets(one, own);
            some.retain(|pid| self.marks.may(*pid) && !out.contains(pid));
            some.sort_by(|a, b| self.order(*a, *b, one.name));
            out.extend(some);
        }
        // what is there, at another version, goes first
        let (mut there, others): (Vec<Pid>, Vec<Pid>) =
            out.into_iter().partition(|pid| self.marks.installed(self.marks.of(*pid).slot).is_some());
        there.extend(others);
        there
    }

    fn order(&self, a: Pid, b: Pid, name: u32) -> std::cmp::Ordering {
        let key = |pid: Pid| {
            let package = self.marks.of(pid);
            let same = package.multi_arch == MultiArch::Same && self.sibling(pid);
            let there = self.marks.installed(package.slot).is_some();
            let first = (self.marks.is_protected(package.slot), same, there, package.name == name);
            let native = package.architecture == 0;
            (first, package.essential, package.important, native, std::cmp::Reverse(package.priority), package.name)
        };
        // the greatest goes first
        key(b).cmp(&key(a))
    }

    /// Whether the same package of another architecture is installed.
    fn sibling(&self, pid: Pid) -> bool {
        let package = self.marks.of(pid);
        let siblings = self.marks.universe.slots_of(package.name);
        siblings.iter().any(|slot| *slot != package.slot && self.marks.installed(*slot).is_some())
    }

    /// Takes away what a package refuses, or brings it to a version that it does not.
    fn clear(&mut self, pid: Pid, depth: usize) -> bool {
        let universe = self.marks.universe;
        let package = universe.package(pid);
        let refused = package.refuses.iter().flat_map(|refusal| universe.refused(pid, refusal));
        let mut victims: Vec<Pid> = Vec::new();
        for victim in refused.chain(universe.refusing(pid)).chain(self.mixed(pid)) {
            if self.marks.stands(victim) && !victims.contains(&victim) {
                victims.push(victim);
            }
        }
        for victim in victims {
            let slot = self.marks.of(victim).slot;
            if !self.marks.stands(victim) {
                continue;
            }
            let other = self.marks.candidate(slot).filter(|other| *other != victim && !self.hits(pid, *other));
            if other.is_some() && self.install(slot, depth + 1) {
                continue;
            }
            if self.marks.is_protected(slot) {
                return self.fails(Conflict::refused(universe, pid, Some(victim)));
            }
            self.marks.plan(slot, None);
        }
        true
    }

    fn hits(&self, one: Pid, other: Pid) -> bool {
        let universe = self.marks.universe;
        let by =
            |by: Pid, hit: Pid| universe.package(by).refuses.iter().any(|r| universe.refused(by, r).contains(&hit));
        by(one, other) || by(other, one) || self.mixed(one).contains(&other)
    }

    /// The same package of other architectures that cannot stand beside it (`Multi-Arch`).
    fn mixed(&self, pid: Pid) -> Vec<Pid> {
        let package = self.marks.of(pid);
        let same = |other: Pid| {
            let other = self.marks.of(other);
            let both = package.multi_arch == MultiArch::Same && other.multi_arch == MultiArch::Same;
            both && other.version == package.version
        };
        let slots = self.marks.universe.slots_of(package.name);
        let others = slots.iter().filter(|slot| **slot != package.slot);
        others.filter_map(|slot| self.marks.planned(*slot)).filter(|other| !same(*other)).collect()
    }

    /// What follows a package into the base: those of its source that stand there at another version,
    /// and those that need the version which it takes the place of.
    fn carry(&mut self, pid: Pid, depth: usize) -> bool {
        let universe = self.marks.universe;
        let package = universe.package(pid);
        let old = self.marks.installed(package.slot).filter(|old| *old != pid);
        let there: Vec<Pid> = universe.installed.iter().filter_map(|pid| *pid).collect();
        for other in there {
            let its = self.marks.of(other);
            if !self.marks.stands(other) || its.slot == package.slot {
                continue;
            }
            let needs_old = |group: &&Vec<Alternative>| {
                let all = |one| universe.targets(one, its.architecture);
                old.is_some_and(|old| group.iter().any(|one| all(one).contains(&old)))
            };
            let breaks = its.needs.iter().filter(needs_old).any(|group| !self.marks.meets(group, its.architecture));
            let follows = its.source.0 == package.source.0
                && its.source != package.source
                && self.marks.candidate(its.slot).is_some_and(|new| self.marks.of(new).source == package.source);
            if breaks || follows {
                let _ = self.install(its.slot, depth + 1);
            }
        }
        true
    }
}
