//! What is to be installed so far: which version stands in each slot, and what was given up on.
//!
//! For the marking. A row of changes can be taken back.

use super::universe::{Alternative, Package, Pid, Slot, Universe};

/// The plan.
#[derive(Debug)]
pub(super) struct Marks<'u> {
    pub(super) universe: &'u Universe,
    /// By slot: the version that will be installed at the end.
    planned: Vec<Option<Pid>>,
    /// By slot: the version that would be taken.
    candidate: Vec<Option<Pid>>,
    /// By slot: whether it may not be given up.
    protected: Vec<bool>,
    /// What stood in a slot before, to be taken back.
    trail: Vec<(Slot, Option<Pid>)>,
}

impl<'u> Marks<'u> {
    pub(super) fn new(universe: &'u Universe) -> Self {
        let count = universe.by_slot.len();
        let candidate = (0..count).map(|slot| best(universe, slot)).collect();
        Self {
            universe,
            planned: universe.installed.clone(),
            candidate,
            protected: vec![false; count],
            trail: Vec::new(),
        }
    }

    pub(super) fn planned(&self, slot: Slot) -> Option<Pid> {
        self.planned.get(slot as usize).copied().flatten()
    }

    pub(super) fn candidate(&self, slot: Slot) -> Option<Pid> {
        self.candidate.get(slot as usize).copied().flatten()
    }

    pub(super) fn installed(&self, slot: Slot) -> Option<Pid> {
        self.universe.installed.get(slot as usize).copied().flatten()
    }

    pub(super) fn is_protected(&self, slot: Slot) -> bool {
        self.protected.get(slot as usize).copied().unwrap_or_default()
    }

    pub(super) fn protect(&mut self, slot: Slot) {
        if let Some(protected) = self.protected.get_mut(slot as usize) {
            *protected = true;
        }
    }

    /// Takes exactly this version, whatever ranks higher.
    pub(super) fn choose(&mut self, pid: Pid) {
        let slot = self.universe.package(pid).slot;
        if let Some(candidate) = self.candidate.get_mut(slot as usize) {
            *candidate = Some(pid);
        }
    }

    /// Gives a candidate up for good: what is installed stays the only choice.
    pub(super) fn discard(&mut self, slot: Slot) {
        let installed = self.installed(slot);
        if let Some(candidate) = self.candidate.get_mut(slot as usize) {
            *candidate = installed.filter(|pid| Some(*pid) != *candidate);
        }
    }

    pub(super) fn plan(&mut self, slot: Slot, pid: Option<Pid>) {
        if let Some(planned) = self.planned.get_mut(slot as usize) {
            self.trail.push((slot, *planned));
            *planned = pid;
        }
    }

    /// How far changes have gone.
    pub(super) fn now(&self) -> usize {
        self.trail.len()
    }

    /// Takes all changes behind a point back.
    pub(super) fn back_to(&mut self, point: usize) {
        while self.trail.len() > point {
            let Some((slot, before)) = self.trail.pop() else { return };
            if let Some(planned) = self.planned.get_mut(slot as usize) {
                *planned = before;
            }
        }
    }

    pub(super) fn of(&self, pid: Pid) -> &'u Package {
        self.universe.package(pid)
    }

    /// Whether a version is what stands in its slot.
    pub(super) fn stands(&self, pid: Pid) -> bool {
        self.planned(self.of(pid).slot) == Some(pid)
    }

    /// Whether a version may be taken.
    pub(super) fn may(&self, pid: Pid) -> bool {
        self.candidate(self.of(pid).slot) == Some(pid)
    }

    /// Whether what stands meets a group.
    pub(super) fn meets(&self, group: &[Alternative], asker: u8) -> bool {
        group.iter().any(|one| self.universe.targets(one, asker).into_iter().any(|pid| self.stands(pid)))
    }

    /// All that stands at the end.
    pub(super) fn standing(&self) -> impl Iterator<Item = Pid> + '_ {
        self.planned.iter().filter_map(|pid| *pid)
    }
}

/// The version that apt would take: the highest of the suites that rank highest, but none below the
/// installed one.
fn best(universe: &Universe, slot: usize) -> Option<Pid> {
    let all = universe.by_slot.get(slot)?;
    let offered = all.iter().copied().filter(|pid| universe.package(*pid).offered);
    let best = offered.max_by(|a, b| {
        let rank = |pid: Pid| universe.package(pid).rank;
        rank(*a).cmp(&rank(*b)).then_with(|| universe.later(*a, *b))
    });
    let installed = universe.installed.get(slot).copied().flatten();
    match (best, installed) {
        (Some(best), Some(installed)) if universe.later(best, installed).is_lt() => Some(installed),
        (best, installed) => best.or(installed),
    }
}
