//! The words behind git's name: options, their values, operands.
//!
//! For `verbs`. What a word is follows git's own parser of options: they may stand among operands, a
//! value stands behind `=`, behind the letter, or is the next word.

use super::super::fields::{Field, Fields, Unit, text};
use super::cut;

/// A word with all values that it may have.
pub(super) type Values = Vec<Field>;

/// The words that follow something.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Options without their dashes, each with its value if it takes one.
    given: Vec<(String, Values)>,
    pub(super) operands: Vec<Values>,
    /// How many operands stand before `--`.
    pub(super) dashes: Option<usize>,
}

impl Line {
    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.given.iter().any(|(name, _)| names.contains(&name.as_str()))
    }

    /// What the last of the options says.
    pub(super) fn value(&self, names: &[&str]) -> Option<&Values> {
        self.given.iter().rev().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value)
    }

    /// What all of the options say, in order.
    pub(super) fn values(&self, names: &[&str]) -> impl Iterator<Item = &Field> {
        self.given.iter().filter(|(name, _)| names.contains(&name.as_str())).filter_map(|(_, value)| value.first())
    }
}

/// The words, those of one variable with several values as one.
pub(super) fn words(fields: &Fields, all: &[Field]) -> Vec<Values> {
    let mut out: Vec<Values> = Vec::new();
    for field in all {
        let dash = |f: &Field| f.units.first().is_some_and(|u| plain(u, b'-'));
        let joins = |group: &Values| {
            !dash(field) && group.first().is_some_and(|first| !dash(first) && instead(fields, first, field))
        };
        match out.last_mut() {
            Some(group) if joins(group) => group.push(field.clone()),
            _ => out.push(vec![field.clone()]),
        }
    }
    out
}

/// Whether two fields are values of one variable, asked for once.
fn instead(fields: &Fields, one: &Field, other: &Field) -> bool {
    let (Some(a), Some(b)) = (one.units.first(), other.units.first()) else { return false };
    if one.word != other.word || a.from == b.from {
        return false;
    }
    let (a, b) = (fields.path(a.from), fields.path(b.from));
    let pairs = a.iter().rev().zip(b.iter().rev());
    let mut differ = pairs.filter(|(a, b)| !std::ptr::eq(**a, **b));
    differ.next().is_some_and(|(a, b)| a.name == b.name && a.at == b.at)
}

fn plain(unit: &Unit, byte: u8) -> bool {
    !unit.hole && unit.byte == byte
}

/// Reads words up to the end, or `first` of them up to the first operand. `short` and `long` are the
/// options that take a value.
pub(super) fn read<'w>(words: &'w [Values], first: bool, short: &[u8], long: &[&str]) -> (Line, &'w [Values]) {
    let mut out = Line::default();
    let mut rest = words;
    while let Some((group, behind)) = rest.split_first() {
        let Some(field) = group.first() else { break };
        let dash = field.units.first().is_some_and(|u| plain(u, b'-')) && field.units.len() > 1;
        if !dash || out.dashes.is_some() {
            if first {
                return (out, rest);
            }
            out.operands.push(group.clone());
            rest = behind;
            continue;
        }
        rest = behind;
        let mut next = || {
            let value = rest.first().cloned().unwrap_or_default();
            rest = rest.get(1..).unwrap_or_default();
            value
        };
        let end = field.units.iter().position(|u| plain(u, b'=')).unwrap_or(field.units.len());
        if field.units.get(1).is_some_and(|u| plain(u, b'-')) {
            let name = text(field.units.get(2..end).unwrap_or_default()).unwrap_or_default();
            if name.is_empty() && end == 2 {
                out.dashes = Some(out.operands.len());
            } else if end < field.units.len() {
                out.given.push((name, vec![cut(field, end + 1..field.units.len())]));
            } else if long.contains(&name.as_str()) {
                let value = next();
                out.given.push((name, value));
            } else {
                out.given.push((name, Values::new()));
            }
            continue;
        }
        for (at, unit) in field.units.iter().enumerate().skip(1) {
            if unit.hole {
                break;
            }
            let name = char::from(unit.byte).to_string();
            if !short.contains(&unit.byte) {
                out.given.push((name, Values::new()));
                continue;
            }
            let value = if at + 1 < field.units.len() { vec![cut(field, at + 1..field.units.len())] } else { next() };
            out.given.push((name, value));
            break;
        }
    }
    (out, rest)
}
