//! Who takes what an ARG before the first FROM gives, so that a digest put into it changes only the
//! images that are meant.
//!
//! For [`images`](super::images). Decides; edits nothing.

use std::collections::HashSet;

use super::super::parse::Dockerfile;
use super::trace::{Ask, Tail, Tracer};

/// What takes the value of one assignment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Taker {
    /// Nothing that was seen.
    #[default]
    Nobody,
    /// References of one kind, at their end.
    End(usize),
    /// Several things, or something else.
    Mixed,
}

impl Taker {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nobody, one) | (one, Self::Nobody) => one,
            (a, b) if a == b => a,
            _ => Self::Mixed,
        }
    }
}

/// The takers of all assignments.
#[derive(Debug)]
pub(super) struct Uses {
    takers: Vec<Taker>,
    /// Whether a stage may see the value.
    staged: Vec<bool>,
}

impl Uses {
    pub(super) fn new(file: &Dockerfile, tracer: &Tracer<'_>) -> Self {
        let global = file.assignments().get(..tracer.args.len()).unwrap_or_default();
        let declared = file.assignments().iter().filter(|a| a.stage.is_some() && !a.env && a.value.is_none());
        let declared: Vec<_> = declared.collect();
        let names: HashSet<&str> = declared.iter().map(|a| a.name.as_str()).collect();
        // `ARG "X"` and `ARG $X` declare what only the build knows
        let open = declared.iter().any(|a| !a.written || a.may.is_some());
        let staged = global.iter().map(|a| open || names.contains(a.name.as_str())).collect();
        Self { takers: vec![Taker::Nobody; global.len()], staged }
    }

    /// A word that asks; `kind` tells references apart, `None`: it is no clear reference.
    pub(super) fn take(&mut self, asks: &[Ask], kind: Option<usize>) {
        for ask in asks {
            let taker = match kind {
                Some(kind) if ask.ends => Taker::End(kind),
                _ => Taker::Mixed,
            };
            self.add(ask.assignment, taker);
        }
    }

    fn add(&mut self, assignment: usize, taker: Taker) {
        if let Some(all) = self.takers.get_mut(assignment) {
            *all = all.and(taker);
        }
    }

    /// Hands on what ARGs take from each other; the last first, since each asks for earlier ones.
    pub(super) fn hand_on(&mut self, tracer: &Tracer<'_>) {
        for (index, traced) in tracer.args.iter().enumerate().rev() {
            let taker = self.takers.get(index).copied().unwrap_or_default();
            let seen = self.staged.get(index) == Some(&true);
            for ask in &traced.asks {
                let used = taker != Taker::Nobody;
                self.add(ask.assignment, if used && !ask.ends { Taker::Mixed } else { taker });
                if let Some(staged) = self.staged.get_mut(ask.assignment) {
                    *staged |= seen;
                }
            }
        }
    }

    /// Whether a digest may be put there.
    pub(super) fn allow(&self, tail: &Tail) -> bool {
        let Some(owner) = tail.owner else { return true };
        let whole = tail.start == 0;
        matches!(self.takers.get(owner), Some(Taker::End(_))) && (whole || self.staged.get(owner) == Some(&false))
    }
}
