//! Rules for the text of Dockerfiles itself: ARG001, DOC001.
//!
//! For `lint`, which has no pins to ask: what looks like the place of a pin counts as one. `verify`
//! tells ARG001 of the sites that a manifest names.

use std::collections::BTreeSet;
use std::ops::Range;

use super::names::Names;
use super::{Linted, next};
use crate::dockerfile::added::{Remote, RemoteKind};
use crate::dockerfile::{Dockerfile, Intake, assigned, shadows};
use crate::model::{Id, Severity, Trouble, quoted};

/// So much is spent on looking for what overrides an ARG, in one file: assignments compared.
const BUDGET: usize = 20_000_000;

pub(super) fn check(files: &[Dockerfile], out: &mut Vec<Linted>) {
    for (index, file) in files.iter().enumerate() {
        shadowed(index, file, out);
        for cut in &file.commands().cuts {
            let place = cut.place(file);
            let trouble = Trouble::new("the comment ends the command that the line above continues")
                .at(place)
                .expected("no comment between the lines of one command of a heredoc")
                .found("the lines below it are commands of their own");
            let step = "move the comment above the command: in a heredoc no builder takes it out";
            out.push(Linted::new(index, Id::DOC001, Severity::Error, trouble.help(next(Id::DOC001, step))));
        }
    }
}

/// ARG001, each place once.
fn shadowed(index: usize, file: &Dockerfile, out: &mut Vec<Linted>) {
    let names = Names::of(file);
    let mut left = BUDGET;
    let mut told = BTreeSet::new();
    for assignment in pinned(file, &names) {
        if !names.again(assignment) {
            continue;
        }
        let Some(rest) = left.checked_sub(file.assignments().len() + file.stages().len()) else { return };
        left = rest;
        let Ok(located) = assigned(file, assignment) else { continue };
        for trouble in shadows(file, &located) {
            let place = trouble.place.as_ref().map(|p| (p.line, p.column));
            if told.insert(place) {
                let name = file.assignments().get(assignment).map_or("", |a| a.name.as_str());
                let step = format!(
                    "give it another name, or declare it again without a value: {}",
                    quoted(&format!("ARG {name}"))
                );
                out.push(Linted::new(index, Id::ARG001, Severity::Note, trouble.help(next(Id::ARG001, &step))));
            }
        }
    }
}

/// The assignments that hold what a pin would write: digests, references, commits, hashes.
fn pinned(file: &Dockerfile, names: &Names<'_>) -> BTreeSet<usize> {
    let mut out: BTreeSet<usize> = file.images().found.iter().flat_map(|image| image.givers(file)).collect();
    for intake in file.intakes() {
        match intake {
            Intake::Git(checkout) => out.extend(checkout.assignment),
            Intake::Remote(remote) => out.extend(of_remote(file, remote, names)),
            Intake::Download(download) => {
                let digest = download.check.as_ref().and_then(|c| c.digest.as_ref());
                out.extend(digest.filter(|d| d.variable().is_some()).and_then(|d| holder(file, &d.span())));
            }
            _ => {}
        }
    }
    out
}

fn of_remote(file: &Dockerfile, remote: &Remote, names: &Names<'_>) -> Option<usize> {
    let name = match &remote.what {
        RemoteKind::Git { variable, .. } => variable.clone()?,
        RemoteKind::File { .. } => {
            let instruction = file.instructions().get(remote.instruction)?;
            let flag = instruction.effective().flags.iter().find(|f| f.name == "checksum")?;
            let raw = String::from_utf8_lossy(instruction.line.get(flag.value.clone()?)).into_owned();
            let bare = raw.trim_matches(['"', '\'']);
            let name = bare.strip_prefix("sha256:").unwrap_or(bare).strip_prefix('$')?;
            let name = name.strip_prefix('{').and_then(|n| n.strip_suffix('}')).unwrap_or(name);
            name.to_owned()
        }
    };
    names.giver(remote.stage, remote.instruction, &name)
}

/// The assignment in which a part of the file stands.
fn holder(file: &Dockerfile, span: &Range<usize>) -> Option<usize> {
    let all = file.assignments();
    let line = |i: usize| file.instructions().get(i).map(|i| &i.line);
    let start = |range: &Range<usize>, i: usize| line(i).map_or(0, |l| l.cover(range.clone()).start);
    let index = all.partition_point(|a| start(&a.range, a.instruction) <= span.start).checked_sub(1)?;
    let found = all.get(index)?;
    line(found.instruction)?.cover(found.value.clone()?).contains(&span.start).then_some(index)
}

#[cfg(test)]
#[path = "texts_tests.rs"]
mod tests;
