//! All commands of a Dockerfile's RUNs that take something in, read in one pass.

use std::collections::BTreeSet;

use super::super::parse::Dockerfile;
use super::download::{Download, downloads};
use super::fetched::{Fetch, fetched};
use super::git::GitCommand;
use super::managed::{Managed, managed};
use super::variables::Declared;
use super::yarn::Add;
use super::{BUDGET, Cut, Install, Upgrade, run, runs, uses};

/// What the RUNs of a Dockerfile take in, ONBUILD included, each in order of instructions.
#[derive(Clone, Debug, Default)]
pub struct Commands {
    /// apt.
    pub installs: Vec<Install>,
    /// apt's upgrades of whatever there is.
    pub upgrades: Vec<Upgrade>,
    /// `yarn add`.
    pub adds: Vec<Add>,
    /// git.
    pub git: Vec<GitCommand>,
    /// curl and its like.
    pub downloads: Vec<Download>,
    /// Managers that no pin knows.
    pub managed: Vec<Managed>,
    /// What other programs fetch.
    pub fetched: Vec<Fetch>,
    /// Comments in heredocs that cut a command.
    pub cuts: Vec<Cut>,
}

impl Commands {
    pub(in crate::dockerfile) fn read(file: &Dockerfile) -> Self {
        let declared = Declared::new(file, BUDGET);
        let (mut out, mut uses) = (Self::default(), uses::Uses::default());
        for (index, instruction) in runs(file) {
            let run = run::read(&declared, index, instruction, &mut uses);
            let mut taken = BTreeSet::new();
            let (installs, upgrades) = run.installs();
            take(installs, &mut out.installs, |i| i.span.start, &mut taken);
            take(upgrades, &mut out.upgrades, |u| u.span.start, &mut taken);
            take(run.adds(), &mut out.adds, |a| a.span.start, &mut taken);
            take(run.git(), &mut out.git, |g| g.span.start, &mut taken);
            take(downloads(&run), &mut out.downloads, |d| d.span.start, &mut taken);
            take(managed(&run), &mut out.managed, |m| m.span.start, &mut taken);
            out.fetched.extend(fetched(&run, &taken));
            out.cuts.extend(run.cuts());
        }
        uses.of_others(file);
        let installs =
            out.installs.iter_mut().flat_map(|i| i.operands.iter_mut().map(|o| (i.instruction, &mut o.hold)));
        uses.tell(installs.collect());
        let adds = out.adds.iter_mut().flat_map(|a| a.packages.iter_mut().map(|p| (a.instruction, &mut p.hold)));
        uses.tell(adds.collect());
        out
    }
}

/// Keeps what a reader found, and where it stands.
fn take<T>(found: Vec<T>, all: &mut Vec<T>, start: fn(&T) -> usize, taken: &mut BTreeSet<usize>) {
    taken.extend(found.iter().map(start));
    all.extend(found);
}
