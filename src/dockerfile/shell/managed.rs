//! Package managers in RUN that dubo-pin pins nothing of: apk, dnf, pip, npm, gem, go, cargo, …
//!
//! So that what they bring is told and never passed over. Their names count where a program stands:
//! behind wrappers, in inner shells and heredocs, as `python -m pip`. What a package is, and whether
//! its version is exact, is not read: no manager but one with a lock or hashes of its own holds it.
//! Those are known by their options alone; a lock file is not looked for.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::parse::Dockerfile;
use super::command::HANDS;
use super::fields::Field;
use super::program::{named, program};
use super::run::{Run, Seen};
use super::spelled::Spelled;
use crate::model::Place;

mod held;
mod manager;
mod more;
mod options;
mod table;

use manager::Manager;

#[cfg(test)]
mod tests;

/// One command that brings packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Managed {
    /// Which instruction it stands in.
    pub instruction: usize,
    /// The stage of that instruction.
    pub stage: Option<usize>,
    /// The manager, such as `pip`, whatever its name there (`pip3.11`, `python -m pip`).
    pub manager: &'static str,
    /// Its verb, such as `install`.
    pub verb: String,
    /// What it names.
    pub packages: Vec<Spelled>,
    /// Whether a lock file or hashes of its own hold it: `npm ci`, `pip install --require-hashes`,
    /// `cargo build --locked`.
    pub held: bool,
    pub(super) span: Range<usize>,
}

impl Managed {
    /// Where the manager's name stands.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        file.place(self.span.clone())
    }
}

/// What a RUN brings, each command once, in the order of the file.
pub(super) fn managed(run: &Run<'_>) -> Vec<Managed> {
    let (mut out, mut once) = (Vec::new(), BTreeSet::new());
    let (instruction, stage) = run.place();
    for Seen { fields, .. } in run.commands() {
        let Some((at, said)) = read(&fields.all, run.functions()) else { continue };
        let span = fields.all.get(at).map_or(0..0, |f| f.cover.clone());
        if !once.insert((span.start, span.end)) {
            continue;
        }
        out.push(Managed {
            instruction,
            stage,
            manager: said.manager,
            verb: said.verb,
            packages: said.packages.into_iter().map(|f| Spelled::new(fields, f)).collect(),
            held: said.held,
            span,
        });
    }
    out.sort_by_key(|m| m.span.start);
    out
}

/// What a command says.
struct Said<'a> {
    manager: &'static str,
    verb: String,
    packages: Vec<&'a Field>,
    held: bool,
}

/// The manager that a command runs: which of the fields names it, what it says.
fn read<'a>(fields: &'a [Field], functions: &BTreeSet<Vec<u8>>) -> Option<(usize, Said<'a>)> {
    let at = program(fields, functions, |name, rest| said(name, rest, false).is_some())?;
    let name = named(fields.get(at)?)?;
    let line = fields.get(at + 1..)?;
    // `xargs pip install`
    let handed = fields.iter().take(at).filter_map(named).any(|n| HANDS.contains(&n.as_str()));
    Some((at, said(&name, line, handed)?))
}

/// `handed`: whether packages come from the input too.
fn said<'a>(name: &str, words: &'a [Field], handed: bool) -> Option<Said<'a>> {
    if let Some((manager, words)) = module(name, words) {
        return said(&manager, words, handed);
    }
    let manager = table::find(name)?;
    let line = Line { handed, ..Line::read(manager, words) };
    let held = held::held(manager, &line)?;
    // the operands of a build are its goals
    let goals = matches!(manager.name, "mvn" | "gradle" | "sbt" | "lein" | "dotnet" | "R" | "julia");
    let packages = if goals { Vec::new() } else { line.packages };
    Some(Said { manager: manager.name, verb: line.verb, packages, held })
}

/// What `python -m pip` runs.
fn module<'a>(name: &str, words: &'a [Field]) -> Option<(String, &'a [Field])> {
    let version = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy"))?;
    if !version.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return None;
    }
    for (at, field) in words.iter().enumerate().take(8) {
        let word = field.known()?;
        if word == "-m" {
            return Some((words.get(at + 1)?.known()?, words.get(at + 2..)?));
        }
        if let Some(module) = word.strip_prefix("-m") {
            return Some((module.to_owned(), words.get(at + 1..)?));
        }
        if !word.starts_with('-') {
            return None;
        }
    }
    None
}

/// A command line, its options apart.
#[derive(Default)]
struct Line<'a> {
    /// The verb, its group before it: `install`, `tool install`; empty without one.
    verb: String,
    packages: Vec<&'a Field>,
    options: BTreeSet<String>,
    /// Whether packages come from the input of `xargs`.
    handed: bool,
}

impl<'a> Line<'a> {
    fn read(manager: &Manager, words: &'a [Field]) -> Self {
        let mut out = Self::default();
        let mut group = String::new();
        let mut named = manager.verbs.is_empty() || manager.dashed;
        let mut options = true;
        let mut words = words.iter();
        while let Some(field) = words.next() {
            let dash = field.units.first().is_some_and(|u| !u.hole && u.byte == b'-') && field.units.len() > 1;
            if options && dash {
                let word = field.known().unwrap_or_default();
                options = word != "--";
                let (name, value) = word.split_once('=').map_or((word.as_str(), None), |(n, v)| (n, Some(v)));
                if matches!(name, "-e" | "--editable") && manager.name == "pip" && value.is_none() {
                    out.packages.extend(words.next());
                } else if value.is_none() && manager.values.contains(&name) {
                    let _ = words.next();
                }
                let off = matches!(value, Some("false" | "no" | "0"));
                if !off && out.options.len() < 1000 {
                    out.options.insert(name.to_owned());
                    out.options.extend(value.map(|_| word.clone()));
                }
                continue;
            }
            if named {
                out.packages.push(field);
                continue;
            }
            // `apk $OPTIONS add x`
            let Some(word) = field.known() else { continue };
            // `cargo +nightly build`
            if manager.name == "cargo" && word.starts_with('+') {
                continue;
            }
            if group.is_empty() && manager.groups.contains(&word.as_str()) {
                group = word;
                continue;
            }
            named = true;
            out.verb = if group.is_empty() { word } else { format!("{group} {word}") };
        }
        if !named {
            out.verb = group;
        }
        out
    }

    fn has(&self, names: &[&str]) -> bool {
        names.iter().any(|n| self.options.contains(*n))
    }

    /// Whether all that it names stands in the context, and it names something.
    fn is_local(&self) -> bool {
        let local = |f: &&Field| {
            f.known().is_some_and(|w| {
                let path = w.starts_with(['.', '/']) && !w.contains("://");
                path || (w.ends_with(".whl") && !w.contains("://"))
            })
        };
        !self.handed && !self.packages.is_empty() && self.packages.iter().all(local)
    }
}
