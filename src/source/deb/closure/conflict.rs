//! Why packages cannot be installed together, as a person would say it.
//!
//! For the marking, which finds it, and for the checker.

use super::universe::{Alternative, Pid, Universe};

/// Why: from what was asked for down to the cause, one sentence each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The sentences.
    pub said: Vec<String>,
}

fn list(universe: &Universe, group: &[Alternative]) -> String {
    group.iter().map(|one| universe.written(one)).collect::<Vec<_>>().join(" | ")
}

impl Conflict {
    fn new(first: String, why: Option<Self>) -> Self {
        let mut said = vec![first];
        said.extend(why.into_iter().flat_map(|w| w.said));
        // a chain of a hundred names nobody reads
        if said.len() > 6 {
            let last = said.split_off(said.len() - 2);
            said.truncate(3);
            said.push("…".to_owned());
            said.extend(last);
        }
        Self { said }
    }

    pub(super) fn unmet(universe: &Universe, root: Pid, why: Option<Self>) -> Self {
        why.unwrap_or_else(|| Self::new(format!("{} cannot be installed", universe.said(root)), None))
    }

    pub(super) fn group(universe: &Universe, pid: Pid, group: &[Alternative], why: Option<Self>) -> Self {
        let first = format!("{} needs {}, which cannot be installed", universe.said(pid), list(universe, group));
        Self::new(first, why)
    }

    pub(super) fn nobody(universe: &Universe, pid: Pid, group: &[Alternative]) -> Self {
        let first = format!("{} needs {}, which no archive of the pin has", universe.said(pid), list(universe, group));
        Self::new(first, None)
    }

    pub(super) fn refused(universe: &Universe, pid: Pid, by: Option<Pid>) -> Self {
        let own = universe.said(pid);
        Self::new(
            match by {
                Some(by) => format!("{own} and {} cannot stand side by side", universe.said(by)),
                None => format!("{own} cannot stand beside what else is asked for"),
            },
            None,
        )
    }

    pub(super) fn deep(universe: &Universe, pid: Pid) -> Self {
        Self::new(format!("the needs of {} are nested too deeply", universe.said(pid)), None)
    }

    pub(super) fn broken(universe: &Universe, pid: Pid, group: &[Alternative]) -> Self {
        Self::new(
            format!("{} needs {}, which nothing that would stand meets", universe.said(pid), list(universe, group)),
            None,
        )
    }
}
