//! What Dockerfiles take in, for findings that are about the same thing: one fault, one finding.
//!
//! For [`lint`](super). What a pin covers is the pin's: `verify` proves a locked value and counts an
//! unlocked one, so that no rule says again that it stands bare in a Dockerfile.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::cover::Uncovered;
use crate::dockerfile::{Dockerfile, Intake};
use crate::model::{Finding, Id, Place, Severity};

/// The rules that say nothing but that something is not pinned.
const BARE: [Id; 9] =
    [Id::APT001, Id::GIT001, Id::GIT002, Id::IMG001, Id::IMG009, Id::IMG010, Id::URL001, Id::URL002, Id::URL003];

/// All that rules speak of.
pub(super) struct Taken {
    all: Vec<One>,
    by_place: BTreeMap<Spot, Vec<usize>>,
    /// By file and first line of the instruction: its last line, and what it takes in.
    by_line: BTreeMap<(String, usize), (usize, Vec<usize>)>,
}

/// A file, a line, a column.
type Spot = (String, usize, usize);

/// One thing taken in.
struct One {
    /// The rules that may say it is not pinned.
    rules: &'static [Id],
    /// Whether a pin covers it.
    covered: bool,
}

fn rules(intake: &Intake<'_>) -> Option<&'static [Id]> {
    Some(match intake {
        Intake::Image(..) | Intake::UnclearImage(_) => {
            &[Id::IMG001, Id::IMG002, Id::IMG009, Id::IMG010, Id::IMG011, Id::IMG012, Id::IMG015]
        }
        Intake::Install(_) => &[Id::APT001, Id::APT003],
        Intake::Upgrade(_) => &[Id::APT010],
        Intake::Git(_) => &[Id::GIT001, Id::GIT002],
        Intake::Remote(_) => &[Id::URL001, Id::URL002],
        Intake::Download(_) => &[Id::URL003, Id::URL004],
        Intake::Yarn(_) | Intake::Local(_) | Intake::Managed(_) | Intake::Fetch(_) => return None,
    })
}

fn spot(place: &Place) -> Spot {
    (place.file.clone(), place.line, place.column)
}

impl Taken {
    /// `open`: what no pin covers; `None` without a manifest.
    pub(super) fn of(files: &[Dockerfile], open: Option<&[Uncovered<'_>]>) -> Self {
        let key = |file: &Dockerfile, intake: &Intake<'_>| Some((spot(&intake.place(file)), rules(intake)?));
        let bare: BTreeSet<_> = open.into_iter().flatten().filter_map(|u| key(u.file, &u.intake)).collect();
        let mut out = Self { all: Vec::new(), by_place: BTreeMap::new(), by_line: BTreeMap::new() };
        for file in files {
            let mut lines: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
            for intake in file.intakes() {
                let Some((spot, rules)) = key(file, &intake) else { continue };
                let index = out.all.len();
                let span = intake.instruction().and_then(|i| Some((i, file.instructions().get(i)?.span.clone())));
                let (first, last) = match span {
                    Some((i, span)) => *lines.entry(i).or_insert_with(|| {
                        let last = span.end.saturating_sub(1).max(span.start);
                        (file.place(span.start..span.start).line, file.place(last..last).line)
                    }),
                    None => (spot.1, spot.1),
                };
                let covered = open.is_some() && !bare.contains(&(spot.clone(), rules));
                out.all.push(One { rules, covered });
                out.by_place.entry(spot).or_default().push(index);
                let line = (file.file().to_owned(), first);
                out.by_line.entry(line).or_insert_with(|| (last, Vec::new())).1.push(index);
            }
        }
        out
    }

    /// What a finding may be about: what stands at its place, else its like in the same instruction.
    fn about(&self, id: Id, place: &Place) -> Vec<usize> {
        let its = |all: &Vec<usize>| -> Vec<usize> {
            let about = |i: &usize| self.all.get(*i).is_some_and(|one| one.rules.contains(&id));
            all.iter().copied().filter(about).collect()
        };
        let here = self.by_place.get(&spot(place)).map(its).unwrap_or_default();
        if !here.is_empty() {
            return here;
        }
        let last = self.by_line.range(..=(place.file.clone(), place.line)).next_back();
        let within = last.filter(|((file, _), (last, _))| *file == place.file && place.line <= *last);
        within.map(|(_, (_, all))| its(all)).unwrap_or_default()
    }

    fn covered(&self, index: usize) -> bool {
        self.all.get(index).is_some_and(|one| one.covered)
    }

    /// Whether a finding says only that something is not pinned, of what a pin covers.
    pub(super) fn covers(&self, finding: &Finding) -> bool {
        let Some(place) = finding.trouble.place.as_ref().filter(|_| BARE.contains(&finding.id)) else { return false };
        let about = self.about(finding.id, place);
        !about.is_empty() && about.into_iter().all(|index| self.covered(index))
    }

    /// Takes out what coverage says where a rule says it as an error; and a rule's note where coverage
    /// says it as one.
    pub(super) fn once(&self, findings: &mut Vec<Finding>) {
        let errors = findings.iter().filter(|f| f.severity == Severity::Error && f.id != Id::COV001);
        let about = |f: &Finding| f.trouble.place.as_ref().map(|place| self.about(f.id, place)).unwrap_or_default();
        let told: BTreeSet<usize> = errors.flat_map(about).collect();
        let bare_at = |place: &Place| {
            let here = self.by_place.get(&spot(place)).into_iter().flatten().copied();
            here.filter(|index| !self.covered(*index))
        };
        let place = |f: &Finding| f.trouble.place.clone();
        findings.retain(|f| f.id != Id::COV001 || !place(f).is_some_and(|p| bare_at(&p).any(|i| told.contains(&i))));
        let open: BTreeSet<Spot> =
            findings.iter().filter(|f| f.id == Id::COV001).filter_map(|f| f.trouble.place.as_ref().map(spot)).collect();
        findings.retain(|f| {
            let here = place(f).filter(|p| f.severity == Severity::Note && open.contains(&spot(p)));
            !here.is_some_and(|p| {
                bare_at(&p).any(|index| self.all.get(index).is_some_and(|one| one.rules.contains(&f.id)))
            })
        });
    }
}
