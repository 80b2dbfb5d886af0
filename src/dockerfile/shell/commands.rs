//! All commands of a Dockerfile's RUNs that take something in, read in one pass.

use super::super::parse::Dockerfile;
use super::download::{Download, downloads};
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
    /// Comments in heredocs that cut a command.
    pub cuts: Vec<Cut>,
}

impl Commands {
    pub(in crate::dockerfile) fn read(file: &Dockerfile) -> Self {
        let declared = Declared::new(file, BUDGET);
        let (mut out, mut uses) = (Self::default(), uses::Uses::default());
        for (index, instruction) in runs(file) {
            let run = run::read(&declared, index, instruction, &mut uses);
            let (installs, upgrades) = run.installs();
            out.installs.extend(installs);
            out.upgrades.extend(upgrades);
            out.adds.extend(run.adds());
            out.git.extend(run.git());
            out.downloads.extend(downloads(&run));
            out.managed.extend(managed(&run));
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
