//! What a variable in shell text may stand for: what the same RUN assigns, else ARG and ENV.
//!
//! For `fields`. Every assignment of the RUN counts, whatever its branch. ARG and ENV count beside
//! them, unless an assignment that no branch skips stands before.

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;

use super::super::instruction::Command as Instruction;
use super::super::lex::Var;
use super::super::logical::Logical;
use super::super::parse::Dockerfile;
use super::scan::{Assign, Atom, Form, Kind, Scan, Word, is_name};

/// No more assignments of one name are compared to find the one that counts.
const COMPARED: usize = 64;

/// A text that a shell reads.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) line: Logical,
    pub(super) scan: Scan,
    /// In how many others it stands.
    pub(super) depth: usize,
    /// In which other one, and where in its text.
    pub(super) parent: Option<(usize, usize)>,
}

/// Where an instruction looks for ARG and ENV.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    pub(super) stage: Option<usize>,
    /// What stands before this instruction is seen.
    pub(super) before: usize,
    pub(super) onbuild: bool,
}

/// Who gives a variable its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Giver {
    Shell,
    Arg,
    Env,
    /// Nobody in the Dockerfile.
    Outside,
}

/// One value of a shell variable.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) script: usize,
    pub(super) word: Word,
    /// Whether it is one of several words, of an array or a loop, which fell into words there.
    pub(super) listed: bool,
}

/// All values of a shell variable in one RUN.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    pub(super) all: Vec<Value>,
    /// Whether it has others, which only the build knows.
    pub(super) open: bool,
    /// Where in which script one of them surely holds; by script and start.
    sure: Vec<(usize, Range<usize>)>,
}

/// What is known of a variable where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The same RUN has set it, whatever its branch.
    Sure,
    /// The same RUN may have set it, or not.
    Maybe,
    /// It may have any value: a file was read in.
    Lost,
}

/// The start of the last range that holds a point, of ranges by start. `None`: none of the last ones.
fn last<'a>(all: impl Iterator<Item = &'a Range<usize>>, at: usize) -> Option<usize> {
    all.take(COMPARED).find(|r| r.contains(&at)).map(|r| r.start)
}

/// What is known of a variable at a point of a script.
pub(super) fn known(scripts: &[Script], values: Option<&Values>, script: usize, at: usize) -> Known {
    let mut point = Some((script, at));
    while let Some((index, at)) = point {
        let Some(script) = scripts.get(index) else { break };
        let sure = values.and_then(|v| {
            let before = v.sure.partition_point(|(s, r)| (*s, r.start) <= (index, at));
            let own = v.sure.get(..before).unwrap_or_default().iter().rev().take_while(|(s, _)| *s == index);
            last(own.map(|(_, r)| r), at)
        });
        let before = script.scan.lost.partition_point(|r| r.start <= at);
        let files = script.scan.lost.get(..before).unwrap_or_default();
        let lost = last(files.iter().rev(), at).or_else(|| (files.len() > COMPARED).then_some(at));
        match (sure, lost) {
            (Some(sure), lost) if lost.is_none_or(|l| l <= sure) => return Known::Sure,
            (_, Some(_)) => return Known::Lost,
            _ => point = script.parent,
        }
    }
    Known::Maybe
}

/// Collects what a script assigns.
pub(super) fn collect(scripts: &[Script], index: usize, into: &mut HashMap<Vec<u8>, Values>) {
    let Some(script) = scripts.get(index) else { return };
    let adds: Vec<bool> = script.scan.assigns.iter().map(|a| a.append || own(script, a)).collect();
    for assign in &script.scan.assigns {
        let values = into.entry(script.line.get(assign.name.clone()).to_vec()).or_default();
        let value = |word: &Word| Value { script: index, word: word.clone(), listed: assign.list };
        values.all.extend(assign.words.iter().map(value));
    }
    for (nth, range) in &script.scan.sure {
        let assign = script.scan.assigns.get(*nth).filter(|_| adds.get(*nth) == Some(&false));
        if let Some(values) = assign.and_then(|a| into.get_mut(script.line.get(a.name.clone()))) {
            values.sure.push((index, range.clone()));
        }
    }
    for command in &script.scan.commands {
        let mut words = command.words.iter().map(|w| script.line.get(w.range.clone())).peekable();
        while words.next_if(|w| matches!(*w, b"builtin" | b"command")).is_some() {}
        match words.next() {
            Some(b"read" | b"mapfile" | b"readarray" | b"getopts") => {}
            Some(b"printf") if words.peek() == Some(&&b"-v"[..]) => {}
            _ => continue,
        }
        for name in words.filter(|w| is_name(w)) {
            into.entry(name.to_vec()).or_default().open = true;
        }
    }
}

/// Whether a variable is among what is assigned to it.
fn own(script: &Script, assign: &Assign) -> bool {
    let name = script.line.get(assign.name.clone());
    let named = |a: &Atom| matches!(&a.kind, Kind::Variable(n, _) if script.line.get(n.clone()) == name);
    assign.words.iter().any(|w| script.scan.atoms(w).iter().any(named))
}

/// ARG and ENV of a whole file, by name.
pub(super) struct Declared<'a> {
    pub(super) file: &'a Dockerfile,
    /// Whether a SHELL of it ends at a command that fails: `SHELL ["/bin/bash", "-e", "-c"]`.
    pub(super) strict: bool,
    by_name: HashMap<&'a str, Vec<usize>>,
    /// How many bytes variables may still give.
    budget: Cell<usize>,
}

impl<'a> Declared<'a> {
    pub(super) fn new(file: &'a Dockerfile, budget: usize) -> Self {
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, assignment) in file.assignments().iter().enumerate() {
            by_name.entry(&assignment.name).or_default().push(index);
        }
        let mut shells = file.instructions().iter().filter(|i| i.effective().command == Instruction::Shell);
        let strict = shells.any(|i| {
            let words = i.effective().words.iter().map(|w| i.line.get(w.clone()));
            words
                .into_iter()
                .any(|w| matches!(w, [b'-', letters @ ..] if !letters.starts_with(b"-") && letters.contains(&b'e')))
        });
        Self { file, strict, by_name, budget: Cell::new(budget) }
    }

    /// Whether so much more may be read.
    pub(super) fn take(&self, cost: usize) -> bool {
        let left = self.budget.get().checked_sub(cost);
        self.budget.set(left.unwrap_or(0));
        left.is_some()
    }

    /// The last assignments of a name that an instruction may see, last first.
    fn last(&self, scope: Scope, name: &str) -> impl Iterator<Item = usize> {
        let all = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        let seen = move |index: &usize| {
            let Some(a) = self.file.assignments().get(*index) else { return false };
            let own = a.stage == scope.stage;
            a.instruction < scope.before && !(own && a.onbuild) && (!scope.onbuild || a.env || !own)
        };
        all.iter().rev().copied().filter(seen).take(COMPARED)
    }

    /// The ARG or ENV that gives a name the value that it has.
    pub(super) fn value(&self, scope: Scope, name: &str) -> Option<usize> {
        let variables = self.file.variables();
        let value = match scope.stage {
            Some(stage) => variables.at(stage, scope.before, name),
            None => variables.global(name),
        };
        let Var::Set(text) = value else { return None };
        if !self.take(1 + text.len() / 16) {
            return None;
        }
        let gives = |index: &usize| {
            let a = self.file.assignments().get(*index);
            a.is_some_and(|a| a.value.is_some() && matches!(&a.worth, Some(Var::Set(t)) if *t == text))
        };
        self.last(scope, name).find(gives)
    }

    /// Who would give a name a value.
    pub(super) fn giver(&self, scope: Scope, name: &str) -> Giver {
        match self.last(scope, name).next().and_then(|i| self.file.assignments().get(i)) {
            Some(a) if a.env => Giver::Env,
            Some(_) => Giver::Arg,
            None => Giver::Outside,
        }
    }
}

/// The pieces of the value of an ARG or ENV.
pub(super) fn pieces(line: &Logical, range: Range<usize>, escape: u8) -> Vec<Atom> {
    let mut reader = Pieces { text: line.get(0..range.end), at: range.start, escape, out: Vec::new() };
    reader.run();
    reader.out
}

struct Pieces<'a> {
    text: &'a [u8],
    at: usize,
    escape: u8,
    out: Vec<Atom>,
}

impl Pieces<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn push(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.out.push(Atom { kind: Kind::Text, range, quoted: false });
        }
    }

    fn run(&mut self) {
        let (mut quote, mut from) = (None, self.at);
        while let Some(byte) = self.peek() {
            let closes = quote == Some(byte);
            let opens = quote.is_none() && matches!(byte, b'"' | b'\'');
            if closes || opens {
                self.push(from..self.at);
                quote = opens.then_some(byte);
                self.at += 1;
                from = self.at;
            } else if byte == self.escape && quote != Some(b'\'') {
                let next = self.text.get(self.at + 1).copied();
                let means = quote.is_none() || next.is_some_and(|b| b == b'"' || b == b'$' || b == self.escape);
                if means {
                    self.push(from..self.at);
                    from = self.at + 1;
                }
                self.at += 2;
            } else if byte == b'$' && quote != Some(b'\'') {
                self.push(from..self.at);
                from = self.dollar();
            } else {
                self.at += 1;
            }
        }
        self.push(from..self.text.len());
    }

    /// Takes a variable; where text goes on.
    fn dollar(&mut self) -> usize {
        let start = self.at;
        let names = |at: usize| {
            let rest = self.text.get(at..).unwrap_or_default();
            at + rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count()
        };
        if self.text.get(start + 1) != Some(&b'{') {
            let end = names(start + 1);
            self.at = end;
            if end == start + 1 {
                return start;
            }
            let kind = Kind::Variable(start + 1..end, Form::Plain);
            self.out.push(Atom { kind, range: start..end, quoted: false });
            return end;
        }
        let name = start + 2..names(start + 2);
        let rest = self.text.get(name.end..).unwrap_or_default();
        let form = match rest {
            [b'}', ..] => Form::Plain,
            [b':', b'-' | b'?', ..] | [b'-' | b'?', ..] => Form::Default,
            _ => Form::Other,
        };
        let mut depth = 1usize;
        let close = rest.iter().position(|b| {
            depth = match b {
                b'{' => depth + 1,
                b'}' => depth - 1,
                _ => depth,
            };
            depth == 0
        });
        self.at = close.map_or(self.text.len(), |c| name.end + c + 1);
        self.out.push(Atom { kind: Kind::Variable(name, form), range: start..self.at, quoted: false });
        self.at
    }
}
