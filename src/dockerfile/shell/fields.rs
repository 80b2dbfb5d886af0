//! The words of a command after expansion, each byte with its place in the file.
//!
//! For `command` and `apt`. A part that cannot be known is a hole, which says whose it is.

use std::collections::HashMap;
use std::ops::Range;

use super::super::logical::Logical;
use super::Why;
use super::scan::{Atom, Form, Kind, Word};
use super::variables::{self, Declared, Giver, Scope, Script, Values, pieces};

/// Variables in variables are followed this deep.
const DEEPEST: usize = 16;

/// One byte, or one hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) byte: u8,
    pub(super) hole: bool,
    /// Where it stands in the file.
    pub(super) at: usize,
    /// Which of the sources gave it; 0 is the word itself.
    pub(super) from: usize,
}

/// Who gave a part of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// The variable, or `$(…)`.
    pub(super) name: String,
    /// `None`: a command.
    pub(super) giver: Option<Giver>,
    /// Whether reading it was given up.
    pub(super) long: bool,
    /// Where it is asked for in the file, and which source holds that.
    pub(super) at: usize,
    pub(super) via: usize,
}

impl Source {
    /// Why a hole that it gave cannot be known.
    pub(super) fn why(&self) -> Why {
        match self.giver {
            _ if self.long => Why::Long,
            None => Why::Command,
            Some(_) => Why::Variable(self.name.clone()),
        }
    }
}

/// One word as the command sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) units: Vec<Unit>,
    /// Where the file goes on behind its last part.
    pub(super) tail: usize,
    /// The word of the command that it came from, in the file.
    pub(super) cover: Range<usize>,
    /// Which word of the command that is.
    pub(super) word: usize,
}

impl Field {
    /// Its text, if all of it is known and it is UTF-8.
    pub(super) fn known(&self) -> Option<String> {
        text(&self.units)
    }

    /// Where it stands: in one assignment if all of it does, else where the command names it.
    pub(super) fn span(&self) -> Range<usize> {
        let Some(first) = self.units.first() else { return self.cover.clone() };
        if first.from == 0 || self.units.iter().any(|u| u.from != first.from || u.hole) {
            return self.cover.clone();
        }
        let last = self.units.last().map_or(first.at, |u| u.at);
        if first.at <= last { first.at..last + 1 } else { self.cover.clone() }
    }
}

/// The text of units without a hole.
pub(super) fn text(units: &[Unit]) -> Option<String> {
    if units.iter().any(|u| u.hole) {
        return None;
    }
    String::from_utf8(units.iter().map(|u| u.byte).collect()).ok()
}

/// What expansion looks things up in.
pub(super) struct Known<'a> {
    pub(super) declared: &'a Declared<'a>,
    pub(super) scripts: &'a [Script],
    pub(super) shell: &'a HashMap<Vec<u8>, Values>,
    pub(super) scope: Scope,
}

impl Fields {
    /// The variables through which a source came, the innermost first.
    pub(super) fn path(&self, from: usize) -> Vec<&Source> {
        let mut out = Vec::new();
        let mut at = from;
        while at > 0
            && let Some(source) = self.sources.get(at)
        {
            out.push(source);
            at = if source.via < at { source.via } else { 0 };
        }
        out
    }
}

/// All words of a command, expanded, and who gave their parts.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pub(super) all: Vec<Field>,
    pub(super) sources: Vec<Source>,
}

/// Expands the words of a command.
pub(super) fn expand(known: &Known<'_>, script: usize, words: &[Word]) -> Fields {
    let Some(scan) = known.scripts.get(script).map(|s| &s.scan) else { return Fields::default() };
    expand_atoms(known, script, words.iter().map(|w| (w.range.clone(), scan.atoms(w))))
}

/// The same for words whose atoms are not among those of the scan.
pub(super) fn expand_atoms<'a>(
    known: &Known<'_>,
    script: usize,
    words: impl Iterator<Item = (Range<usize>, &'a [Atom])>,
) -> Fields {
    let own = Source { name: String::new(), giver: None, long: false, at: 0, via: 0 };
    let out = Fields { all: Vec::new(), sources: vec![own] };
    let mut expander = Expander { known, out, open: None, serial: 0, stack: Vec::new() };
    let (number, Some(script)) = (script, known.scripts.get(script)) else { return expander.out };
    for (index, (range, atoms)) in words.enumerate() {
        let cover = script.line.cover(range);
        expander.open = Some(Field { units: Vec::new(), tail: cover.end, cover, word: index });
        let part = Part { line: &script.line, atoms, from: 0, script: number, docker: None, closed: true };
        expander.part(&part, None);
        let quoted = atoms.iter().any(|a| a.quoted && a.kind == Kind::Text);
        if let Some(field) = expander.open.take().filter(|f| !f.units.is_empty() || quoted) {
            expander.out.all.push(field);
        }
    }
    expander.out
}

/// A row of atoms that is put in.
struct Part<'a> {
    line: &'a Logical,
    atoms: &'a [Atom],
    from: usize,
    /// Which script it stands in.
    script: usize,
    /// The scope in which ARG and ENV see theirs; `None` in a shell.
    docker: Option<Scope>,
    /// Whether nothing of the same word follows.
    closed: bool,
}

struct Expander<'k> {
    known: &'k Known<'k>,
    out: Fields,
    open: Option<Field>,
    /// Counts the fields.
    serial: usize,
    /// The shell variables that are being expanded.
    stack: Vec<Vec<u8>>,
}

impl Expander<'_> {
    fn is_empty(&self) -> bool {
        self.open.as_ref().is_none_or(|f| f.units.is_empty())
    }

    /// Ends a field, where blanks do.
    fn cut(&mut self) {
        let Some(field) = &mut self.open else { return };
        if field.units.is_empty() {
            return;
        }
        let units = std::mem::take(&mut field.units);
        self.out.all.push(Field { units, ..field.clone() });
        self.serial += 1;
    }

    fn push(&mut self, unit: Unit, end: usize) {
        if let Some(field) = &mut self.open {
            field.units.push(unit);
            field.tail = end;
        }
    }

    /// Puts atoms in. `split`: whether blanks end fields; `None` for the word itself, where each
    /// variable says so.
    fn part(&mut self, part: &Part<'_>, split: Option<bool>) {
        for (index, atom) in part.atoms.iter().enumerate() {
            match &atom.kind {
                Kind::Text => self.text(part, atom, split == Some(true)),
                Kind::Command if part.line.get(atom.range.clone()).starts_with(b"$'") => {
                    self.hole(part, atom, Some(Giver::Outside), false, "$'…'");
                }
                Kind::Command => self.hole(part, atom, None, false, "$(…)"),
                Kind::Variable(name, form) => {
                    let split = split.unwrap_or(!atom.quoted);
                    let ends = match part.atoms.get(index + 1) {
                        None => part.closed,
                        Some(next) => split && starts_blank(part.line, next),
                    };
                    let (empty, serial) = (self.is_empty(), self.serial);
                    self.variable(part, atom, name, *form, split, empty && ends, ends);
                    if !empty && serial == self.serial {
                        let end = part.line.cover(atom.range.clone()).end;
                        if let Some(field) = &mut self.open {
                            field.tail = end;
                        }
                    }
                }
            }
        }
    }

    fn text(&mut self, part: &Part<'_>, atom: &Atom, split: bool) {
        let Some(span) = part.line.span(atom.range.clone()) else {
            for at in atom.range.clone() {
                let one = Atom { range: at..at + 1, ..atom.clone() };
                if part.line.span(one.range.clone()).is_some() {
                    self.text(part, &one, split);
                }
            }
            return;
        };
        for (i, byte) in part.line.get(atom.range.clone()).iter().enumerate() {
            if split && matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                self.cut();
            } else {
                let at = span.start + i;
                self.push(Unit { byte: *byte, hole: false, at, from: part.from }, at + 1);
            }
        }
    }

    fn source(&mut self, part: &Part<'_>, atom: &Atom, name: &str, giver: Option<Giver>, long: bool) -> usize {
        let (at, via) = (part.line.cover(atom.range.clone()).start, part.from);
        self.out.sources.push(Source { name: name.to_owned(), giver, long, at, via });
        self.out.sources.len() - 1
    }

    fn hole(&mut self, part: &Part<'_>, atom: &Atom, giver: Option<Giver>, long: bool, name: &str) {
        let from = self.source(part, atom, name, giver, long);
        let cover = part.line.cover(atom.range.clone());
        self.push(Unit { byte: 0, hole: true, at: cover.start, from }, cover.end);
    }

    /// Puts the values of a variable in. `alone`: whether it is a whole field, which may be several.
    #[expect(clippy::too_many_arguments, reason = "one place calls it")]
    fn variable(
        &mut self,
        part: &Part<'_>,
        atom: &Atom,
        name: &Range<usize>,
        form: Form,
        split: bool,
        alone: bool,
        closed: bool,
    ) {
        let raw = part.line.get(name.clone());
        let name = String::from_utf8_lossy(raw).into_owned();
        if self.stack.len() >= DEEPEST || !self.known.declared.take(1) {
            return self.hole(part, atom, Some(Giver::Outside), true, &name);
        }
        let values = self.known.shell.get(raw).filter(|_| part.docker.is_none());
        if values.is_some() && self.stack.iter().any(|n| n == raw) {
            // what it adds to is among its values; a default is not
            if form != Form::Plain {
                self.hole(part, atom, Some(Giver::Shell), false, &name);
            }
            return;
        }
        let scope = part.docker.unwrap_or(self.known.scope);
        let sure = match part.docker {
            Some(_) => variables::Known::Maybe,
            None => variables::known(self.known.scripts, values, part.script, atom.range.start),
        };
        let outer = self.known.declared.giver(scope, &name);
        let declared = match sure {
            variables::Known::Sure => None,
            _ => self.known.declared.value(scope, &name),
        };
        let giver = if values.is_some() { Giver::Shell } else { outer };
        // what no branch has to set may be unset, or what a build gives an ARG without a value
        let maybe = sure == variables::Known::Maybe && declared.is_none();
        let unset = maybe && outer == Giver::Outside;
        let count = values.map_or(0, |v| v.all.len()) + usize::from(declared.is_some()) + usize::from(unset);
        let open = sure == variables::Known::Lost
            || values.map_or(declared.is_none(), |v| v.open || (maybe && outer != Giver::Outside));
        if form == Form::Other || (open && !alone) || (count > 1 && !alone) {
            return self.hole(part, atom, Some(giver), false, &name);
        }
        let before = (self.serial, self.open.as_ref().map_or(0, |f| f.units.len()));
        self.stack.push(raw.to_vec());
        if let Some(index) = declared {
            let from = self.source(part, atom, &name, Some(outer), false);
            self.declared(index, from, split, closed);
        }
        for value in values.map_or(&[][..], |v| v.all.as_slice()) {
            if alone {
                self.cut();
            }
            let Some(script) = self.known.scripts.get(value.script) else { continue };
            let atoms = script.scan.atoms(&value.word);
            if !self.known.declared.take(value.word.range.len()) {
                self.hole(part, atom, Some(giver), true, &name);
                break;
            }
            let from = self.source(part, atom, &name, Some(giver), false);
            let split = if value.listed && !split { None } else { Some(split) };
            self.part(&Part { line: &script.line, atoms, from, script: value.script, docker: None, closed }, split);
        }
        self.stack.pop();
        if open {
            self.cut();
            self.hole(part, atom, Some(giver), false, &name);
        }
        let after = (self.serial, self.open.as_ref().map_or(0, |f| f.units.len()));
        if form == Form::Default && before == after {
            self.hole(part, atom, Some(giver), false, &name);
        }
    }

    fn declared(&mut self, index: usize, from: usize, split: bool, closed: bool) {
        let file = self.known.declared.file;
        let Some(assignment) = file.assignments().get(index) else { return };
        let Some(range) = assignment.value.clone() else { return };
        let Some(instruction) = file.instructions().get(assignment.instruction) else { return };
        let line = &instruction.line;
        let fits = self.known.declared.take(range.len());
        let atoms = pieces(line, range.clone(), file.escape());
        // one ENV sees what was before it, one ARG what it has set so far
        let before = assignment.instruction + usize::from(!assignment.env);
        let scope = Scope { stage: assignment.stage, before, onbuild: assignment.onbuild };
        let part = Part { line, atoms: &atoms, from, script: 0, docker: Some(scope), closed };
        if fits {
            self.part(&part, Some(split));
        } else {
            let all = Atom { kind: Kind::Command, range, quoted: false };
            self.hole(&part, &all, None, true, "$(…)");
        }
    }
}

fn starts_blank(line: &Logical, atom: &Atom) -> bool {
    let first = line.get(atom.range.clone()).first();
    atom.kind == Kind::Text && first.is_some_and(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
}
