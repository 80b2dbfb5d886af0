//! What RUN fetches by a program that no other reader knows: rsync, svn, `docker pull`, debootstrap, a
//! URL in a script of Python's.
//!
//! For coverage alone: no pin can hold what they bring, so that it is told and never passed over. Two
//! nets, one beneath the other. Programs of a table count by their command line. Beneath, any URL that a
//! command is given and that no reader took: what the command does with it nobody can tell, unless it
//! is known to fetch nothing. A URL that a program puts together itself is not seen, nor what a script of
//! the context fetches.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::parse::Dockerfile;
use super::apt::PROGRAMS;
use super::command::{behind_c, is_mute};
use super::download;
use super::fields::Field;
use super::program::{interpreter, named, program};
use super::run::{Run, Seen};
use super::text::is_shell;
use crate::model::Place;

mod table;
mod urls;

#[cfg(test)]
mod tests;

use urls::{urls, urls_of, urls_of_script};

/// One command that fetches something, or may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Which instruction it stands in.
    pub instruction: usize,
    /// The stage of that instruction.
    pub stage: Option<usize>,
    /// The program, such as `rsync`; empty where it cannot be known.
    pub program: String,
    /// What it is given: URLs, repositories, images, as far as they are known.
    pub what: Vec<String>,
    /// Whether it is known to fetch. Else it is given a URL, and what it does with that is not known.
    pub sure: bool,
    pub(super) span: Range<usize>,
}

impl Fetch {
    /// Where the program's name stands.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        file.place(self.span.clone())
    }
}

/// What a RUN fetches so, each command once, in the order of the file. `taken`: where the other readers
/// found something, as bytes of the file.
pub(super) fn fetched(run: &Run<'_>, taken: &BTreeSet<usize>) -> Vec<Fetch> {
    let (instruction, stage) = run.place();
    let (mut out, mut once) = (Vec::new(), BTreeSet::new());
    let all: Vec<Seen<'_>> = run.commands().collect();
    let ran = ran(&all);
    for (index, seen) in all.iter().enumerate() {
        let next = all.get(index + 1).filter(|next| seen.command.piped && next.number == seen.number);
        let into = next.is_some_and(|next| runs(next, run.functions()).is_some());
        let writes = || writes(run, seen, next).is_some_and(|file| ran.contains(&file));
        let Some(found) = read(seen, run.functions(), taken, into || writes()) else { continue };
        if once.insert((found.span.start, found.span.end)) {
            let Found { program, what, sure, span } = found;
            out.push(Fetch { instruction, stage, program, what, sure, span });
        }
    }
    for span in sockets(run) {
        let (program, what) = ("/dev/tcp".to_owned(), Vec::new());
        out.push(Fetch { instruction, stage, program, what, sure: true, span });
    }
    out.sort_by_key(|fetch| fetch.span.start);
    out
}

/// The files that the commands run: as a program, or handed to an interpreter; without their folders.
fn ran(all: &[Seen<'_>]) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for seen in all {
        let mut words = seen.fields.all.iter().filter_map(named).filter(|word| !word.starts_with('-'));
        let Some(first) = words.next() else { continue };
        if matches!(first.as_str(), "." | "source") || interpreter(&first) {
            out.extend(words.next());
        }
        out.insert(first);
    }
    out
}

/// The file that a command writes, itself or by `| tee`; without its folders.
fn writes(run: &Run<'_>, seen: &Seen<'_>, next: Option<&Seen<'_>>) -> Option<String> {
    let of = |fields: &super::fields::Fields| {
        let tees = fields.all.first().and_then(named).is_some_and(|n| n == "tee");
        tees.then(|| fields.all.iter().skip(1).filter_map(named).find(|word| !word.starts_with('-'))).flatten()
    };
    if let Some(word) = seen.command.outputs.first() {
        let words = std::iter::once((word.range.clone(), seen.script.scan.atoms(word)));
        return run.expand(seen.number, words).all.first().and_then(named);
    }
    of(seen.fields).or_else(|| of(next?.fields))
}

/// Where bash opens a socket: `< /dev/tcp/host/80`.
fn sockets(run: &Run<'_>) -> Vec<Range<usize>> {
    let mut out = BTreeSet::new();
    for script in run.scripts() {
        for at in memchr::memmem::find_iter(script.line.text(), b"/dev/tcp/") {
            let span = script.line.cover(at..at + 8);
            out.insert((span.start, span.end));
        }
    }
    out.into_iter().map(|(start, end)| start..end).collect()
}

struct Found {
    program: String,
    what: Vec<String>,
    sure: bool,
    span: Range<usize>,
}

/// The interpreter, no shell, that a command runs.
fn runs(seen: &Seen<'_>, functions: &BTreeSet<Vec<u8>>) -> Option<String> {
    let fields = &seen.fields.all;
    let name = named(fields.get(program(fields, functions, |_, _| false)?)?)?;
    (interpreter(&name) && !is_shell(&name)).then_some(name)
}

/// `piped`: whether its output goes to an interpreter that is no shell, or into a file that is run.
fn read(seen: &Seen<'_>, functions: &BTreeSet<Vec<u8>>, taken: &BTreeSet<usize>, piped: bool) -> Option<Found> {
    let fields = &seen.fields.all;
    let Some(first) = fields.first() else { return script(seen) };
    let at = program(fields, functions, |name, rest| table::says(name, rest).is_some()).unwrap_or(0);
    let field = fields.get(at).unwrap_or(first);
    let words = fields.get(at + 1..).unwrap_or_default();
    let name = named(field);
    let bare = |name: &str| !functions.contains(name.as_bytes());
    let found = |what: Vec<String>, sure| {
        let program = name.clone().unwrap_or_default();
        Some(Found { program, what, sure, span: field.cover.clone() })
    };
    if taken.contains(&field.cover.start) {
        return None;
    }
    if let Some(what) = name.as_deref().filter(|n| bare(n)).and_then(|n| table::says(n, words)) {
        return found(what, true);
    }
    let runs = name.as_deref().is_some_and(|n| interpreter(n) && !is_shell(n));
    if !piped && is_mute(fields, functions) {
        return None;
    }
    if name.as_deref().is_some_and(|n| bare(n) && !piped && judged(n, words)) {
        return None;
    }
    // what stands in a script of a shell was read there
    let free = |field: &&Field| taken.range(field.cover.clone()).next().is_none();
    let mut what: Vec<String> = words.iter().filter(free).flat_map(urls_of).collect();
    if runs || piped {
        what.extend(seen.command.documents.iter().flat_map(|d| urls_of_script(seen.script.line.get(d.clone()))));
        what.extend(seen.command.strings.iter().flat_map(|w| urls(seen.script.line.get(w.range.clone()))));
    }
    if what.is_empty() { None } else { found(what, false) }
}

/// Whether another reader judged the program, or it fetches nothing that it is given.
fn judged(name: &str, words: &[Field]) -> bool {
    let shell = is_shell(name) && behind_c(words).is_some();
    shell
        || matches!(name, "eval" | "git")
        || PROGRAMS.contains(&name)
        || download::is_known(name)
        || table::is_idle(name, words)
}

/// A heredoc that is a script of its own interpreter's: `#!/usr/bin/env python3`.
fn script(seen: &Seen<'_>) -> Option<Found> {
    let [document] = seen.command.documents.as_slice() else { return None };
    let text = seen.script.line.get(document.clone());
    let first = text.split(|b| *b == b'\n').next().unwrap_or_default();
    let shebang = String::from_utf8_lossy(first.trim_ascii_start().strip_prefix(b"#!")?).into_owned();
    let base = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let mut words = shebang.split_ascii_whitespace().map(base).filter(|w| w != "env" && !w.starts_with('-'));
    let program = words.next()?;
    if is_shell(&program) {
        return None;
    }
    let what = urls_of_script(text);
    let start = document.start;
    let span = seen.script.line.cover(start..start + first.len().max(1));
    (!what.is_empty()).then_some(Found { program, what, sure: false, span })
}
