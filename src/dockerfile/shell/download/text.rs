//! The commands of one RUN in their order: pipelines, substitutions, files, and whether the RUN fails
//! with a command.
//!
//! For [`downloads`](super::downloads()). All look-ups are by place, in sorted lists.

use std::collections::HashMap;

use super::super::program::{interpreter, named, program};
use super::super::run::{Run, Seen};
use super::super::scan::{Kind, Scan};
use super::super::spelled::Spelled;
use super::super::text::is_shell;
use super::line;

/// No more commands of a pipeline are followed.
const PIPED: usize = 8;
/// Scripts in scripts are followed this deep, and substitutions in each other.
const DEEPEST: usize = 40;

/// The commands of a RUN.
pub(super) struct Text<'r> {
    pub(super) run: &'r Run<'r>,
    pub(super) seen: Vec<Seen<'r>>,
    programs: Vec<Option<usize>>,
    /// The commands of each script by where they begin.
    order: HashMap<usize, Vec<(usize, usize)>>,
    previous: HashMap<usize, usize>,
    /// Where what an interpreter is given stands in each script, and its name; by start.
    given: HashMap<usize, Vec<(usize, usize, String)>>,
    /// Where `set -e` and `set +e` stand in the file, and which; by place.
    errexit: Vec<(usize, bool)>,
    /// Whether a failing command ends the RUN from its start.
    strict: bool,
}

impl<'r> Text<'r> {
    pub(super) fn new(run: &'r Run<'r>) -> Self {
        let seen: Vec<Seen<'r>> = run.commands().collect();
        let own = |name: &str, rest: &[_]| line::is_url_of(name, rest);
        let programs = seen.iter().map(|s| program(&s.fields.all, run.functions(), own)).collect();
        let mut order: HashMap<usize, Vec<(usize, usize)>> = HashMap::new();
        for (index, seen) in seen.iter().enumerate() {
            order.entry(seen.number).or_default().push((start(seen), index));
        }
        order.values_mut().for_each(|all| all.sort_unstable());
        let mut out = Self {
            run,
            seen,
            programs,
            order,
            previous: HashMap::new(),
            given: HashMap::new(),
            errexit: Vec::new(),
            strict: run.strict(),
        };
        out.previous = (0..out.seen.len()).filter_map(|i| Some((out.next(i)?, i))).collect();
        out.look();
        out
    }

    /// Which field of a command is its program.
    pub(super) fn program(&self, index: usize) -> Option<usize> {
        self.programs.get(index).copied().flatten()
    }

    fn name(&self, index: usize) -> Option<String> {
        named(self.seen.get(index)?.fields.all.get(self.program(index)?)?)
    }

    /// Where a command begins in its script.
    pub(super) fn start(&self, index: usize) -> usize {
        self.seen.get(index).map_or(0, start)
    }

    /// The command behind the first place that is not before `at`.
    fn behind(&self, script: usize, at: usize) -> Option<usize> {
        let order = self.order.get(&script)?;
        order.get(order.partition_point(|(start, _)| *start < at)).map(|(_, index)| *index)
    }

    /// The command that a command's output goes into.
    pub(super) fn next(&self, index: usize) -> Option<usize> {
        let seen = self.seen.get(index).filter(|s| s.command.piped)?;
        self.behind(seen.number, seen.command.end)
    }

    /// The command whose output a command reads.
    pub(super) fn previous(&self, index: usize) -> Option<usize> {
        self.previous.get(&index).copied()
    }

    /// The file that a command's output goes to: `> x`, `| tee x`.
    pub(super) fn output(&self, index: usize) -> Option<Spelled> {
        let seen = self.seen.get(index)?;
        if let Some(word) = seen.command.outputs.first() {
            let words = std::iter::once((word.range.clone(), seen.script.scan.atoms(word)));
            let fields = self.run.expand(seen.number, words);
            let file = fields.all.first()?;
            let none = file.known().is_some_and(|w| w.starts_with("/dev/"));
            return (!none).then(|| Spelled::new(&fields, file));
        }
        let next = self.next(index)?;
        let name = self.name(next)?;
        if name == "cat" {
            return self.seen.get(next).filter(|s| !s.command.outputs.is_empty()).and_then(|_| self.output(next));
        }
        if name != "tee" {
            return None;
        }
        let fields = self.seen.get(next)?.fields;
        let words = fields.all.get(self.program(next)? + 1..)?;
        let file = words.iter().find(|w| w.units.first().is_some_and(|u| u.hole || u.byte != b'-'))?;
        Some(Spelled::new(fields, file))
    }

    /// Collects the interpreters and `set -e`.
    fn look(&mut self) {
        for index in 0..self.seen.len() {
            let (Some(seen), Some(at), Some(name)) = (self.seen.get(index), self.program(index), self.name(index))
            else {
                continue;
            };
            let place = seen.fields.all.get(at).map_or(0, |f| f.cover.start);
            let words = seen.fields.all.get(at + 1..).unwrap_or_default();
            if name == "set" || is_shell(&name) {
                let mut options =
                    words.iter().filter_map(|w| w.known()).take_while(|w| w.starts_with(['-', '+']) || w == "errexit");
                let plus = words.first().and_then(|w| w.known()).is_some_and(|w| w == "+o");
                let last = options.by_ref().filter_map(|w| errexit(&w).map(|on| on && !plus)).last();
                self.errexit.extend(last.map(|on| (place, on)));
            }
            let takes = matches!(name.as_str(), "eval" | "." | "source") || interpreter(&name);
            if takes {
                let scan: &Scan = &seen.script.scan;
                let words = seen.command.words.iter().chain(&seen.command.strings);
                let atoms = words.flat_map(|w| scan.atoms(w)).filter(|a| a.kind == Kind::Command);
                let ranges: Vec<_> = atoms.map(|a| (a.range.start, a.range.end, name.clone())).collect();
                self.given.entry(seen.number).or_default().extend(ranges);
            }
        }
        self.given.values_mut().for_each(|all| all.sort_unstable());
        for script in self.run.scripts() {
            let text = script.line.text();
            if text.starts_with(b"#!") {
                let first = text.split(|b| *b == b'\n').next().unwrap_or_default();
                let first = String::from_utf8_lossy(first);
                self.strict |= first.split_ascii_whitespace().skip(1).any(|w| errexit(w) == Some(true));
            }
        }
        self.errexit.sort_unstable();
    }

    /// The shell or interpreter that a command's output is given to.
    pub(super) fn piped(&self, index: usize) -> Option<String> {
        let mut at = index;
        for _ in 0..PIPED {
            let Some(next) = self.next(at) else { break };
            at = next;
            let (name, seen) = (self.name(at)?, self.seen.get(at)?);
            let words = seen.fields.all.get(self.program(at)? + 1..).unwrap_or_default();
            if interpreter(&name) && line::reads_input(&name, words) {
                return Some(name);
            }
        }
        let seen = self.seen.get(index)?;
        let (mut number, mut place) = (seen.number, self.start(index));
        // `bash <(curl …)`
        let before = seen.script.line.get(0..place).trim_ascii_end();
        if let Some(before) = before.strip_suffix(b"<(") {
            let order = self.order.get(&number)?;
            let outer = order.partition_point(|(start, _)| *start < before.len()).checked_sub(1)?;
            let name = order.get(outer).and_then(|(_, i)| self.name(*i))?;
            return (interpreter(&name) || matches!(name.as_str(), "." | "source")).then_some(name);
        }
        for _ in 0..DEEPEST {
            if let Some(all) = self.given.get(&number) {
                let end = all.partition_point(|(start, ..)| *start <= place);
                let around = all.get(..end)?.iter().rev().take(DEEPEST).find(|(_, end, _)| place < *end);
                if let Some((.., name)) = around {
                    return Some(name.clone());
                }
            }
            (number, place) = self.run.scripts().get(number)?.parent?;
        }
        None
    }

    /// Whether the RUN goes on where a command fails: `|| true`, `set +e`, or `;` without `set -e`.
    pub(super) fn void(&self, index: usize) -> bool {
        let Some(seen) = self.seen.get(index) else { return true };
        let text = seen.script.line.text();
        let mut rest = text.get(seen.command.end..).unwrap_or_default();
        if let Some(document) = seen.command.documents.last().filter(|_| rest.starts_with(b"\n")) {
            // behind the line that ends it
            rest = text.get(document.end..).unwrap_or_default();
            let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            rest = rest.get(end..).unwrap_or_default();
        }
        if let Some(behind) = rest.strip_prefix(b"||") {
            return self.forgives(seen.number, seen.command.end, behind);
        }
        // `… && tar x || true` forgives all of it
        if rest.starts_with(b"&&") && self.chain_forgives(seen.number, seen.command.end) {
            return true;
        }
        let place = seen.script.line.cover(start(seen)..start(seen) + 1).start;
        let before = self.errexit.partition_point(|(at, _)| *at < place);
        let strict = before.checked_sub(1).and_then(|i| self.errexit.get(i)).map_or(self.strict, |(_, on)| *on);
        if strict || !matches!(rest.first(), Some(b';' | b'\n')) || rest.starts_with(b";;") {
            return false;
        }
        // the end of a branch has its own end
        let next: Vec<u8> = rest
            .iter()
            .copied()
            .skip_while(|b| b.is_ascii_whitespace() || *b == b';')
            .take_while(|b| !b.is_ascii_whitespace() && !b";)&|".contains(b))
            .take(8)
            .collect();
        let ends: [&[u8]; 9] = [b"", b"fi", b"done", b"esac", b"}", b"else", b"elif", b"then", b"do"];
        !ends.contains(&next.as_slice())
    }

    /// Whether a `||` behind some `&&` of the same list forgives.
    fn chain_forgives(&self, script: usize, mut end: usize) -> bool {
        for _ in 0..PIPED {
            let Some(seen) = self.behind(script, end).and_then(|i| self.seen.get(i)) else { return false };
            let rest = seen.script.line.text().get(seen.command.end..).unwrap_or_default();
            if let Some(behind) = rest.strip_prefix(b"||") {
                return self.forgives(script, seen.command.end, behind);
            }
            if seen.command.end <= end || !(rest.starts_with(b"&&") || rest.starts_with(b"|")) {
                return false;
            }
            end = seen.command.end;
        }
        false
    }

    /// Whether what stands behind `||` lets the RUN go on.
    fn forgives(&self, script: usize, end: usize, behind: &[u8]) -> bool {
        let group = behind.trim_ascii_start().first().is_some_and(|b| matches!(b, b'{' | b'('));
        let Some(order) = self.order.get(&script) else { return false };
        let first = order.partition_point(|(start, _)| *start < end);
        let count = if group { PIPED } else { 1 };
        let names = order.get(first..).unwrap_or_default().iter().take(count);
        let mut passes = false;
        for (_, index) in names {
            let word = self.name(*index).unwrap_or_default();
            match word.as_str() {
                "exit" | "return" => {
                    let code = self.seen.get(*index).and_then(|s| s.fields.all.get(1)).and_then(|f| f.known());
                    return code.is_some_and(|c| c == "0");
                }
                "false" | "kill" => return false,
                "true" | ":" | "echo" | "printf" | "log" | "warn" => passes = true,
                _ => {}
            }
        }
        passes
    }
}

fn start(seen: &Seen<'_>) -> usize {
    seen.command.words.first().map_or(seen.command.end, |w| w.range.start)
}

/// What an option says about `set -e`: `-eux`, `+e`, `errexit`.
fn errexit(word: &str) -> Option<bool> {
    if word == "errexit" {
        return Some(true);
    }
    let plus = word.starts_with('+');
    let letters = word.strip_prefix(['-', '+']).filter(|l| !l.starts_with('-'))?;
    letters.contains('e').then_some(!plus)
}
