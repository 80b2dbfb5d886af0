//! Shell text into simple commands, words and assignments, each with its place in the text.
//!
//! For the reader of RUN. Knows the marks of POSIX sh and bash, not their grammar: branches, loops,
//! groups and functions are the commands in them. It never fails; each byte is looked at a bounded
//! number of times.

use std::ops::Range;

use super::super::logical::Logical;
use super::text::copy;

mod cut;
mod flow;
mod grammar;
mod word;

use flow::{Flow, Join, Kind as Closed};

/// How far the end of an arithmetic expression is looked for.
const ARITHMETIC: usize = 256;

/// What a piece of a word is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text as it stands, quotes and escapes taken off.
    Text,
    /// A variable, and where its name stands.
    Variable(Range<usize>, Form),
    /// `$(…)`, backquotes, arithmetic: only a run tells.
    Command,
}

/// How a variable is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `$X`, `${X}`, `${X[@]}`.
    Plain,
    /// `${X:-…}`, `${X:?…}`, `${X:=…}`: its value, if it is not empty.
    Default,
    /// Anything that makes another text of it.
    Other,
}

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Atom {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
    pub(super) quoted: bool,
}

/// A word: its text with its quotes, and its pieces among the atoms of the scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) range: Range<usize>,
    pub(super) atoms: Range<usize>,
}

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<Word>,
    /// The texts of its heredocs.
    pub(super) documents: Vec<Range<usize>>,
    /// What stands behind `<<<`.
    pub(super) strings: Vec<Word>,
    /// The files that its output goes to, behind `>`.
    pub(super) outputs: Vec<Word>,
    /// Where it ends, redirections included.
    pub(super) end: usize,
    /// Whether its output goes into the next command.
    pub(super) piped: bool,
}

/// What is assigned to a variable: the word of a scalar, the words of an array or a loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assign {
    pub(super) name: Range<usize>,
    pub(super) append: bool,
    /// Whether it is an array or a loop.
    pub(super) list: bool,
    pub(super) words: Vec<Word>,
}

/// All that was found in a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    pub(super) atoms: Vec<Atom>,
    pub(super) commands: Vec<Command>,
    pub(super) assigns: Vec<Assign>,
    /// The texts between backquotes, without their escapes, and where they stand.
    pub(super) inner: Vec<(usize, Logical)>,
    /// The texts of heredocs in which commands are run, and where their command stands.
    pub(super) expanded: Vec<(usize, Logical)>,
    /// The names of all variables that are asked for, and where.
    pub(super) uses: Vec<(Range<usize>, usize)>,
    /// The names of functions.
    pub(super) functions: Vec<Range<usize>>,
    /// Which assignment surely gives its name the value, and where that holds; by start.
    pub(super) sure: Vec<(usize, Range<usize>)>,
    /// Where any name may have any value, since a file was read in; by start.
    pub(super) lost: Vec<Range<usize>>,
    /// Where something was nested too deeply.
    pub(super) deep: Option<usize>,
    /// Comments that end the command which the line above continues, and what follows them goes on
    /// with it.
    pub(super) cuts: Vec<Range<usize>>,
}

impl Scan {
    /// The pieces of a word.
    pub(super) fn atoms(&self, word: &Word) -> &[Atom] {
        self.atoms.get(word.atoms.clone()).unwrap_or_default()
    }
}

/// Scans a text.
pub(super) fn scan(line: &Logical) -> Scan {
    let mut scanner = Scanner::new(line);
    scanner.list(false);
    scanner.done()
}

/// Scans the text of a heredoc: only what is run in it.
pub(super) fn document(line: &Logical) -> Scan {
    let mut scanner = Scanner::new(line);
    scanner.document();
    scanner.done()
}

/// Whether a name may be a variable's.
pub(super) fn is_name(text: &[u8]) -> bool {
    text.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_') && text.iter().all(|b| named(*b))
}

fn named(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

fn blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r')
}

/// A heredoc whose text is yet to come.
struct Pending {
    command: usize,
    name: Vec<u8>,
    tabs: bool,
    /// Whether commands in it are run: no part of its name is quoted.
    expands: bool,
}

/// What an open parenthesis or `case` waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Paren,
    Case,
}

struct Scanner<'a> {
    line: &'a Logical,
    text: &'a [u8],
    at: usize,
    depth: usize,
    pending: Vec<Pending>,
    flow: Flow,
    out: Scan,
}

impl<'a> Scanner<'a> {
    fn new(line: &'a Logical) -> Self {
        let (flow, out) = (Flow::default(), Scan::default());
        Self { line, text: line.text(), at: 0, depth: 0, pending: Vec::new(), flow, out }
    }

    fn done(mut self) -> Scan {
        self.out.sure = self.flow.sure;
        self.out.lost = self.flow.lost;
        self.out
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn ahead(&self, by: usize) -> Option<u8> {
        self.text.get(self.at + by).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.text.get(range).unwrap_or_default()
    }

    /// Skips blanks and continuations.
    fn blanks(&mut self) {
        while let Some(byte) = self.peek() {
            let len = if blank(byte) { 1 } else { self.continuation() };
            if len == 0 {
                return;
            }
            self.at += len;
        }
    }

    /// The length of a `\` with the end of line behind it.
    fn continuation(&self) -> usize {
        match self.rest() {
            [b'\\', b'\n', ..] => 2,
            [b'\\', b'\r', b'\n', ..] => 3,
            _ => 0,
        }
    }

    /// Skips blanks, ends of lines and comments.
    fn gap(&mut self) {
        loop {
            self.blanks();
            match self.peek() {
                Some(b'\n') => self.newline(),
                Some(b'#') => self.comment(),
                _ => return,
            }
        }
    }

    fn comment(&mut self) {
        let len = self.rest().iter().position(|b| *b == b'\n');
        self.at = len.map_or(self.text.len(), |l| self.at + l);
    }

    /// Takes an end of line and the heredocs behind it.
    fn newline(&mut self) {
        self.at += 1;
        for pending in std::mem::take(&mut self.pending) {
            let start = self.at;
            let mut stop = self.text.len();
            while self.at < self.text.len() {
                let from = self.at;
                self.comment();
                let mut line = self.slice(from..self.at);
                self.at = (self.at + 1).min(self.text.len());
                line = line.strip_suffix(b"\r").unwrap_or(line);
                if pending.tabs {
                    let tabs = line.iter().take_while(|b| **b == b'\t').count();
                    line = line.get(tabs..).unwrap_or_default();
                }
                if line == pending.name {
                    stop = from;
                    break;
                }
            }
            if let Some(command) = self.out.commands.get_mut(pending.command) {
                command.documents.push(start..stop);
                let text = self.text.get(start..stop).unwrap_or_default();
                if pending.expands && (text.contains(&b'`') || text.contains(&b'$')) {
                    let mut inside = Logical::default();
                    copy(self.line, start..stop, &mut inside);
                    self.out.expanded.push((command.words.first().map_or(start, |w| w.range.start), inside));
                }
            }
        }
    }

    /// Reads commands to the end of the text, or to the `)` that closes a substitution.
    fn list(&mut self, nested: bool) {
        let frames = self.flow.open(Closed::Text);
        self.commands(nested);
        self.flow.close_to(frames, self.at);
    }

    fn commands(&mut self, nested: bool) {
        let mut open: Vec<Open> = Vec::new();
        let mut now: Option<usize> = None;
        loop {
            self.blanks();
            let Some(byte) = self.peek() else {
                self.finish(now.take());
                return;
            };
            match byte {
                b'#' => {
                    let start = self.at;
                    self.comment();
                    if now.is_some() {
                        self.cut(start);
                    }
                }
                b'\n' => {
                    self.finish(now.take());
                    self.flow.list(self.at, false);
                    self.newline();
                }
                b';' => {
                    self.finish(now.take());
                    self.flow.list(self.at, false);
                    let next = matches!(self.ahead(1), Some(b';' | b'&'));
                    self.at += 1 + usize::from(next);
                    if next {
                        self.at += usize::from(self.peek() == Some(b'&'));
                        if open.last() == Some(&Open::Case) {
                            self.flow.branch(self.at, false);
                            self.pattern(&mut open);
                        }
                    }
                }
                b'&' if self.ahead(1) == Some(b'>') => {
                    self.at += 1;
                    self.redirect(&mut now);
                }
                b'&' => {
                    self.finish(now.take());
                    let and = self.ahead(1) == Some(b'&');
                    if and {
                        self.flow.join(self.at, Join::And);
                    } else {
                        self.flow.list(self.at, true);
                    }
                    self.at += 1 + usize::from(and);
                }
                b'|' => {
                    let or = self.ahead(1) == Some(b'|');
                    if let Some(command) = now.and_then(|n| self.out.commands.get_mut(n)) {
                        command.piped = !or;
                    }
                    if or {
                        self.finish(now.take());
                        self.flow.join(self.at, Join::Or);
                    } else {
                        self.flow.pipe();
                        self.finish(now.take());
                        self.flow.piped();
                    }
                    self.at += 1 + usize::from(or || self.ahead(1) == Some(b'&'));
                }
                b'(' => self.paren(&mut open, &mut now),
                b')' => {
                    self.finish(now.take());
                    self.at += 1;
                    while open.pop_if(|o| *o == Open::Case).is_some() {}
                    if open.pop().is_some() {
                        self.flow.close(Closed::Paren, self.at);
                    } else if nested {
                        return;
                    }
                }
                b'<' | b'>' => self.redirect(&mut now),
                _ => self.next(&mut open, &mut now),
            }
        }
    }

    fn paren(&mut self, open: &mut Vec<Open>, now: &mut Option<usize>) {
        let words = now.and_then(|n| self.out.commands.get(n)).map_or(0, |c| c.words.len());
        let here = self.at;
        self.at += 1;
        self.blanks();
        if words == 1 && self.peek() == Some(b')') {
            // the head of a function
            self.at += 1;
            if let Some(command) = now.take().and_then(|n| self.out.commands.get_mut(n)) {
                let name = command.words.drain(..).next();
                self.out.functions.extend(name.map(|w| w.range));
            }
            return;
        }
        self.at = here;
        self.finish(now.take());
        match self.arithmetic() {
            Some(end) => self.at = end,
            None => {
                self.at += 1;
                self.flow.open(Closed::Paren);
                open.push(Open::Paren);
            }
        }
    }

    /// Where `((…))`, which begins here, ends.
    fn arithmetic(&self) -> Option<usize> {
        if self.ahead(1) != Some(b'(') {
            return None;
        }
        let mut depth = 0usize;
        for (i, byte) in self.rest().iter().take(ARITHMETIC).enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                _ => continue,
            }
            if depth == 1 && i > 1 {
                return (self.ahead(i + 1) == Some(b')')).then_some(self.at + i + 2);
            }
        }
        None
    }

    /// The command that is being read.
    fn command(&mut self, now: &mut Option<usize>) -> Option<(usize, &mut Command)> {
        let index = *now.get_or_insert_with(|| {
            self.out.commands.push(Command::default());
            self.out.commands.len() - 1
        });
        self.out.commands.get_mut(index).map(|c| (index, c))
    }

    fn redirect(&mut self, now: &mut Option<usize>) {
        let sign = self.rest().iter().take(3).take_while(|b| matches!(b, b'<' | b'>')).count();
        let document = self.rest().starts_with(b"<<");
        // neither `2>x` nor `>&2`
        let own =
            self.at.checked_sub(1).and_then(|i| self.text.get(i)).is_none_or(|b| *b == b'1' || !b.is_ascii_digit());
        let output = own && self.peek() == Some(b'>') && self.ahead(sign) != Some(b'&');
        self.at += sign;
        let tabs = document && sign == 2 && self.peek() == Some(b'-');
        if tabs || matches!(self.peek(), Some(b'&' | b'|')) {
            self.at += 1;
        }
        self.blanks();
        let Some(word) = self.word() else { return };
        if !document {
            if output && let Some((_, command)) = self.command(now) {
                command.outputs.push(word);
            }
            return;
        }
        let (mut name, mut expands) = (Vec::new(), true);
        for atom in self.out.atoms.get(word.atoms.clone()).unwrap_or_default() {
            name.extend_from_slice(self.slice(atom.range.clone()));
            expands &= !atom.quoted;
        }
        let mut pending = None;
        if let Some((index, command)) = self.command(now) {
            if sign == 2 {
                pending = Some(Pending { command: index, name, tabs, expands });
            } else {
                command.strings.push(word);
            }
        }
        self.pending.extend(pending);
    }

    /// Reads a word where a command may begin or go on.
    fn next(&mut self, open: &mut Vec<Open>, now: &mut Option<usize>) {
        let Some(word) = self.word() else {
            // no byte may stop the scan
            self.at += 1;
            return;
        };
        let text = self.slice(word.range.clone());
        if matches!(self.peek(), Some(b'<' | b'>')) && text.iter().all(u8::is_ascii_digit) {
            return;
        }
        let fresh = now.and_then(|n| self.out.commands.get(n)).is_none_or(|c| c.words.is_empty());
        let first = now.is_none();
        if first && self.keyword(text, open) {
            return;
        }
        if let Some((name, append)) = assigned(text).filter(|_| fresh || self.peek() == Some(b'(')) {
            let name = word.range.start..word.range.start + name;
            let behind = name.end + 1 + usize::from(append);
            let list = self.peek() == Some(b'(') && behind == word.range.end;
            let words = if list {
                self.at += 1;
                self.array()
            } else {
                vec![self.without(&word, behind)]
            };
            self.flow.assign(self.out.assigns.len());
            self.out.assigns.push(Assign { name, append, list, words });
            // no keyword may follow
            self.command(now);
            return;
        }
        if let Some((_, command)) = self.command(now) {
            command.words.push(word);
        }
    }

    /// A word without its first bytes, which are no quotes and no variables.
    fn without(&mut self, word: &Word, from: usize) -> Word {
        let start = self.out.atoms.len();
        for index in word.atoms.clone() {
            let Some(mut atom) = self.out.atoms.get(index).cloned() else { continue };
            if atom.range.end > from || (atom.quoted && atom.range.end == from) {
                atom.range.start = atom.range.start.max(from);
                self.out.atoms.push(atom);
            }
        }
        Word { range: from..word.range.end, atoms: start..self.out.atoms.len() }
    }

    fn array(&mut self) -> Vec<Word> {
        let mut out = Vec::new();
        loop {
            self.gap();
            match self.peek() {
                None => return out,
                Some(b')') => {
                    self.at += 1;
                    return out;
                }
                _ => match self.word() {
                    Some(word) => out.push(word),
                    None => self.at += 1,
                },
            }
        }
    }

    /// A command ends: what `export` and its kin assign is assigned.
    fn finish(&mut self, now: Option<usize>) {
        let Some(command) = now.and_then(|n| self.out.commands.get(n)) else { return };
        let word = |i: usize| command.words.get(i).map_or(&[][..], |w| self.slice(w.range.clone()));
        let skipped = usize::from(matches!(word(0), b"builtin" | b"command"));
        let first = word(skipped);
        let declares: [&[u8]; 5] = [b"export", b"local", b"declare", b"typeset", b"readonly"];
        let declares = declares.contains(&first);
        let runs = |word: &Word| self.out.atoms(word).iter().any(|a| a.kind == Kind::Command);
        let loses = matches!(first, b"." | b"source") || (first == b"eval" && command.words.iter().any(runs));
        let empty = command.words.is_empty();
        let words = if declares { command.words.clone() } else { Vec::new() };
        for word in words.into_iter().skip(1) {
            if let Some((name, append)) = assigned(self.slice(word.range.clone())) {
                let name = word.range.start..word.range.start + name;
                let words = vec![self.without(&word, name.end + 1 + usize::from(append))];
                self.flow.assign(self.out.assigns.len());
                self.out.assigns.push(Assign { name, append, list: false, words });
            }
        }
        self.flow.command(self.at, empty || declares, loses);
        let end = self.at;
        if let Some(command) = now.and_then(|n| self.out.commands.get_mut(n)) {
            command.end = end;
        }
    }
}

/// The length of the name that a word assigns to, and whether it appends.
fn assigned(text: &[u8]) -> Option<(usize, bool)> {
    let len = text.iter().take_while(|b| named(**b)).count();
    let append = text.get(len) == Some(&b'+');
    let sign = text.get(len + usize::from(append)) == Some(&b'=');
    (sign && is_name(text.get(..len)?)).then_some((len, append))
}
