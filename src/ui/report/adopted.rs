//! What `init` made, counted and for programs. How people see it is the matter of `human`.

use serde::Serialize;

use super::json::{File, Told, told};
use super::{Outcome, Report, many};
use crate::model::Adopted;

/// `12 pins, 3 not understood`.
pub(super) fn total(parts: &[Report<'_>]) -> String {
    let all: Vec<&Adopted> = parts
        .iter()
        .filter_map(|p| match p.outcome {
            Outcome::Adopted(adopted) => Some(adopted),
            _ => None,
        })
        .collect();
    let sum = |of: &dyn Fn(&Adopted) -> usize| all.iter().map(|a| of(a)).sum::<usize>();
    let count = |pins: usize, word: &str| (pins > 0).then(|| format!("{pins} {word}"));
    let pins = sum(&|a| a.pins.len());
    let written = sum(&|a| a.files.len()) > 0;
    let first = match (pins, written) {
        (0, false) => "nothing new".to_owned(),
        (0, true) => "no pins".to_owned(),
        _ => many(pins, "pin"),
    };
    let rest = [
        count(sum(&|a| a.pins.iter().filter(|p| p.unlocked).count()), "UNLOCKED"),
        count(sum(&|a| a.pins.iter().filter(|p| p.unproved.is_some()).count()), "unproved"),
        count(sum(&|a| a.not_understood.len()), "not understood"),
    ];
    std::iter::once(first).chain(rest.into_iter().flatten()).collect::<Vec<_>>().join(", ")
}

/// The same for programs.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Json<'a> {
    applied: bool,
    adopted: Vec<Pin<'a>>,
    not_understood: Vec<Told<'a>>,
    files: Vec<File<'a>>,
    notes: Vec<Told<'a>>,
}

#[derive(Serialize)]
struct Pin<'a> {
    pin: &'a str,
    kind: &'a str,
    source: &'a str,
    file: &'a str,
    line: usize,
    column: usize,
    unlocked: bool,
    unproved: Option<&'a str>,
}

pub(super) fn json(adopted: &Adopted) -> Json<'_> {
    let pins = adopted.pins.iter().map(|p| Pin {
        pin: p.name.as_str(),
        kind: &p.kind,
        source: &p.source,
        file: &p.place.file,
        line: p.place.line,
        column: p.place.column,
        unlocked: p.unlocked,
        unproved: p.unproved.as_deref(),
    });
    Json {
        applied: adopted.applied,
        adopted: pins.collect(),
        not_understood: adopted.not_understood.iter().map(told).collect(),
        files: adopted.files.iter().map(|f| File { path: &f.path, diff: &f.diff }).collect(),
        notes: adopted.notes.iter().map(told).collect(),
    }
}
