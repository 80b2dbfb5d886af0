//! A word of FROM through the ARGs that give it, with the way back to the file for each byte.
//!
//! For [`images`](super::images). What a word says is decided by [`expand`](super::super::expand()):
//! this walk follows the same rules, and where the two do not agree the word counts as one that
//! stands nowhere. ARGs before the first FROM only.

use std::collections::HashMap;
use std::ops::Range;

use super::super::expand::expand_bytes;
use super::super::lex::{ExpandError, Piece, Var};
use super::super::lines::char_at;
use super::super::logical::Logical;
use super::super::parse::Dockerfile;
use super::reference::MOST;

/// The offset of a byte that stands nowhere in the file.
const NOWHERE: u32 = u32::MAX;
const DEEPEST: usize = 64;
/// No more ARGs in a row than this are offered a digest.
const TAILS: usize = 16;

/// A text, and where each of its bytes stands in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Traced {
    pub(super) text: Vec<u8>,
    at: Vec<u32>,
    /// Where something may be put behind the text, from the inmost ARG to the word itself.
    pub(super) tails: Vec<Tail>,
    /// Which assignments the word itself asks for; not what these ask for.
    pub(super) asks: Vec<Ask>,
    /// A variable without a value that stands in it as if it had one.
    pub(super) unset: Option<String>,
}

/// A place behind a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tail {
    /// The offset in the file.
    pub(super) at: usize,
    /// Which assignment holds it; `None`: the word itself.
    pub(super) owner: Option<usize>,
    /// Where in the text begins what the owner gives.
    pub(super) start: usize,
}

/// One use of an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) assignment: usize,
    /// Whether its value is, unchanged, the end of the text.
    pub(super) ends: bool,
}

impl Traced {
    /// A text of a flag or a directive, which knows no variables.
    pub(super) fn literal(text: Vec<u8>, at: impl Iterator<Item = Option<usize>>) -> Self {
        let at: Vec<u32> = at.map(offset).collect();
        let end = at.last().copied().and_then(known);
        let tails = end.map(|e| Tail { at: e + 1, owner: None, start: 0 }).into_iter().collect();
        Self { text, at, tails, ..Self::default() }
    }

    /// Where a byte of the text stands in the file.
    pub(super) fn offset(&self, index: usize) -> Option<usize> {
        self.at.get(index).copied().and_then(known)
    }

    /// A part of the text as pieces that stand in the file as such, each with its range in the text;
    /// `None` for what stands nowhere.
    pub(super) fn runs(&self, part: Range<usize>) -> Vec<(Range<usize>, Option<Range<usize>>)> {
        let mut out: Vec<(Range<usize>, Option<Range<usize>>)> = Vec::new();
        for index in part {
            let at = self.offset(index);
            match (out.last_mut(), at) {
                (Some((text, None)), None) => text.end += 1,
                (Some((text, Some(file))), Some(at)) if file.end == at => {
                    text.end += 1;
                    file.end += 1;
                }
                _ => out.push((index..index + 1, at.map(|a| a..a + 1))),
            }
        }
        out
    }

    /// Whether the text takes each of these bytes of the file exactly once.
    pub(super) fn once(&self, file: &Range<usize>) -> bool {
        self.at.iter().filter_map(|a| known(*a)).filter(|a| file.contains(a)).count() == file.len()
    }
}

fn offset(at: Option<usize>) -> u32 {
    at.and_then(|a| u32::try_from(a).ok()).unwrap_or(NOWHERE)
}

fn known(at: u32) -> Option<usize> {
    usize::try_from(at).ok().filter(|_| at != NOWHERE)
}

/// The ARGs before the first FROM, each traced.
pub(super) struct Tracer<'a> {
    file: &'a Dockerfile,
    /// The last assignment of a name so far.
    latest: HashMap<&'a str, usize>,
    /// By assignment; shorter than all of them, since those of stages come last.
    pub(super) args: Vec<Traced>,
}

impl<'a> Tracer<'a> {
    pub(super) fn new(file: &'a Dockerfile) -> Self {
        let mut out = Self { file, latest: HashMap::new(), args: Vec::new() };
        for (index, a) in file.assignments().iter().enumerate() {
            if a.stage.is_some() {
                break;
            }
            let mut traced = Traced::default();
            if let Some(raw) = a.value.clone() {
                let said = match &a.worth {
                    Some(Var::Set(text)) => Some(text.as_bytes()),
                    _ => None,
                };
                traced = out.scan(a.instruction, raw, Some(index), said.is_some());
                traced.agree(said.unwrap_or_default());
                out.latest.insert(&a.name, index);
            }
            out.args.push(traced);
        }
        out
    }

    /// A word as FROM reads it.
    pub(super) fn word(&self, instruction: usize, raw: Range<usize>) -> Result<Traced, ExpandError> {
        let vars = self.file.variables();
        let line = self.file.instructions().get(instruction).map(|i| i.line.get(raw.clone()));
        let look = |name: &str| vars.global(name);
        let said = expand_bytes(line.unwrap_or_default(), self.file.escape(), &look, &vars.steps)?;
        let mut traced = self.scan(instruction, raw, None, true);
        traced.agree(said.as_bytes());
        Ok(traced)
    }

    /// Which assignments a text asks for, whatever it gives.
    pub(super) fn asks(&self, instruction: usize, raw: Range<usize>) -> Vec<Ask> {
        self.scan(instruction, raw, None, false).asks
    }

    fn scan(&self, instruction: usize, raw: Range<usize>, owner: Option<usize>, live: bool) -> Traced {
        let Some(line) = self.file.instructions().get(instruction).map(|i| &i.line) else {
            return Traced::default();
        };
        let source = line.text().get(..raw.end).unwrap_or_default();
        let mut scan = Scan {
            tracer: self,
            line,
            source,
            at: raw.start,
            owner,
            depth: 0,
            out: Traced::default(),
            end: None,
            closed: None,
            full: false,
        };
        let whole = scan.until(None, live);
        scan.finish(raw, whole.is_some())
    }

    fn look(&self, name: &str) -> Var {
        let worth = self.latest.get(name).and_then(|a| self.file.assignments().get(*a)?.worth.clone());
        worth.unwrap_or(Var::Unset)
    }
}

impl Traced {
    /// Takes over what was said by the judge of it, if this is another text.
    fn agree(&mut self, said: &[u8]) {
        if self.text != said {
            let said = said.get(..said.len().min(MOST + 1)).unwrap_or_default();
            self.text = said.to_vec();
            self.at = vec![NOWHERE; said.len()];
            // the end of the word itself is still the end of the text
            self.tails.drain(..self.tails.len().saturating_sub(1));
            self.asks.iter_mut().for_each(|a| a.ends = false);
        }
    }
}

/// The walk over one word. `None` anywhere: it cannot be read.
struct Scan<'a, 'b> {
    tracer: &'b Tracer<'a>,
    line: &'b Logical,
    /// The logical line up to the end of the word.
    source: &'b [u8],
    at: usize,
    owner: Option<usize>,
    depth: usize,
    out: Traced,
    /// Which of the asks gave the end of the text so far.
    end: Option<usize>,
    /// The quote that closed last, if nothing stands behind it.
    closed: Option<usize>,
    full: bool,
}

impl<'b> Scan<'_, 'b> {
    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn file(&self, at: usize) -> Option<usize> {
        self.line.span(at..at + 1).map(|s| s.start)
    }

    /// Takes the next byte as it stands.
    fn take(&mut self, live: bool) {
        let at = self.at;
        let Some(byte) = self.next() else { return };
        self.closed = None;
        if !live || !self.room(1) {
            return;
        }
        let file = self.file(at);
        self.out.text.push(byte);
        self.out.at.push(offset(file));
        self.end = None;
        self.out.tails.clear();
        self.out.tails.extend(file.map(|f| Tail { at: f + 1, owner: self.owner, start: 0 }));
    }

    /// Whether so much more may be given; nothing is given once it may not.
    fn room(&mut self, more: usize) -> bool {
        self.full |= self.out.text.len() + more > MOST;
        !self.full
    }

    /// What stands behind this is not a byte of the file.
    fn breaks(&mut self) {
        self.closed = None;
        self.end = None;
        self.out.tails.clear();
    }

    fn until(&mut self, stop: Option<u8>, live: bool) -> Option<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let escape = self.tracer.file.escape();
        while let Some(byte) = self.peek() {
            if stop == Some(byte) {
                break;
            }
            match byte {
                b'\'' => self.single(live)?,
                b'"' => self.double(live)?,
                b'$' => self.dollar(live)?,
                _ if byte == escape => {
                    self.at += 1;
                    self.take(live);
                }
                _ => self.take(live),
            }
        }
        self.depth -= 1;
        match stop {
            Some(_) => self.next().map(|_| ()),
            None => Some(()),
        }
    }

    fn single(&mut self, live: bool) -> Option<()> {
        self.at += 1;
        while self.peek()? != b'\'' {
            self.take(live);
        }
        self.closed = Some(self.at);
        self.at += 1;
        Some(())
    }

    fn double(&mut self, live: bool) -> Option<()> {
        let escape = self.tracer.file.escape();
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => {
                    self.closed = Some(self.at);
                    self.at += 1;
                    return Some(());
                }
                b'$' => self.dollar(live)?,
                byte if byte == escape => {
                    let after = self.source.get(self.at + 1).copied();
                    if after.is_some_and(|b| matches!(b, b'"' | b'$') || b == escape) {
                        self.at += 1;
                    }
                    self.take(live);
                }
                _ => self.take(live),
            }
        }
    }

    fn name(&mut self) -> &'b str {
        let start = self.at;
        let digits = self.peek().is_some_and(|b| b.is_ascii_digit());
        if matches!(self.peek(), Some(b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!')) {
            self.at += 1;
        } else {
            while let Some((c, len)) = self.source.get(self.at..).and_then(char_at) {
                let part = if digits { c.is_ascii_digit() } else { c.is_alphanumeric() || c == '_' };
                if !part {
                    break;
                }
                self.at += len;
            }
        }
        let source: &'b [u8] = self.source;
        std::str::from_utf8(source.get(start..self.at).unwrap_or_default()).unwrap_or_default()
    }

    fn dollar(&mut self, live: bool) -> Option<()> {
        let start = self.at;
        self.at += 1;
        if self.peek() != Some(b'{') {
            let name = self.name();
            if name.is_empty() {
                self.at = start;
                self.take(live);
            } else {
                self.given(name, live);
            }
            return Some(());
        }
        self.at += 1;
        if matches!(self.peek()?, b'{' | b'}' | b':') {
            return None;
        }
        let name = self.name();
        let sign = self.next()?;
        let (colon, sign) = if sign == b':' { (true, self.next()?) } else { (false, sign) };
        match sign {
            b'}' if !colon => self.given(name, live),
            b'-' | b'+' | b'?' => {
                let empty = match self.tracer.look(name) {
                    Var::Unset => true,
                    Var::Unknown => return None,
                    Var::Set(value) => colon && value.is_empty(),
                };
                let instead = match sign {
                    b'-' => empty,
                    b'+' => !empty,
                    _ => false,
                };
                self.breaks();
                let said = !self.out.text.is_empty();
                self.until(Some(b'}'), live && instead)?;
                if sign == b'+' && said {
                    // inside, a build without the variable would have an image and no digest
                    self.breaks();
                }
                match sign {
                    // whether it is set at all is no use of what it is worth: no edit changes that
                    b'-' | b'?' if !empty => self.given(name, live),
                    b'?' => return None,
                    // a quote that closed inside of the braces is not the word's
                    _ => self.closed = None,
                }
            }
            b'#' | b'%' | b'/' => {
                self.ask(name);
                if sign == b'/' && !colon {
                    self.at += usize::from(self.peek() == Some(b'/'));
                    self.until(Some(b'/'), false)?;
                } else if sign == b'/' {
                    return None;
                }
                self.until(Some(b'}'), false)?;
                self.operator(name, start, live)?;
            }
            _ => return None,
        }
        Some(())
    }

    /// Remembers that an assignment is asked for.
    fn ask(&mut self, name: &str) -> Option<usize> {
        let assignment = *self.tracer.latest.get(name)?;
        self.out.asks.push(Ask { assignment, ends: false });
        Some(self.out.asks.len() - 1)
    }

    /// `$X`
    fn given(&mut self, name: &str, live: bool) {
        let ask = self.ask(name);
        self.value(name, ask, live);
    }

    /// The value of a variable, unchanged.
    fn value(&mut self, name: &str, ask: Option<usize>, live: bool) {
        self.breaks();
        if !live {
            return;
        }
        let assignment = self.tracer.latest.get(name).copied();
        let Some(value) = assignment.and_then(|a| self.tracer.args.get(a)) else {
            self.out.unset.get_or_insert_with(|| name.to_owned());
            return;
        };
        if let Some(unset) = &value.unset {
            self.out.unset.get_or_insert_with(|| unset.clone());
        }
        if value.text.is_empty() || !self.room(value.text.len()) {
            return;
        }
        let base = self.out.text.len();
        self.out.text.extend_from_slice(&value.text);
        self.out.at.extend_from_slice(&value.at);
        self.out.tails.extend(value.tails.iter().map(|t| Tail { start: base + t.start, ..*t }));
        self.end = ask;
    }

    /// `${X%…}` and the like, from `start` to here: what it gives stands nowhere.
    fn operator(&mut self, name: &str, start: usize, live: bool) -> Option<()> {
        self.breaks();
        if !live {
            return Some(());
        }
        match self.tracer.latest.get(name).and_then(|a| self.tracer.args.get(*a)) {
            None => drop(self.out.unset.get_or_insert_with(|| name.to_owned())),
            Some(value) => {
                if let Some(unset) = &value.unset {
                    self.out.unset.get_or_insert_with(|| unset.clone());
                }
            }
        }
        let file = self.tracer.file;
        let source = self.source.get(start..self.at)?;
        let look = |name: &str| self.tracer.look(name);
        let value = expand_bytes(source, file.escape(), &look, &file.variables().steps).ok()?;
        if self.room(value.len()) {
            self.out.text.extend_from_slice(value.as_bytes());
            self.out.at.resize(self.out.text.len(), NOWHERE);
        }
        Some(())
    }

    fn finish(mut self, raw: Range<usize>, whole: bool) -> Traced {
        if !whole || self.full {
            // it will not agree with what the word says
            self.out.text.clear();
            self.out.at.clear();
            self.end = None;
        }
        if let Some(ask) = self.end.and_then(|e| self.out.asks.get_mut(e)) {
            ask.ends = true;
        }
        let own = Tail { at: 0, owner: self.owner, start: 0 };
        let literal = self.out.tails.iter().any(|t| t.owner == self.owner);
        // behind the word; before the quote that ends it
        let end = match self.closed {
            Some(quote) => self.file(quote),
            None => raw.end.checked_sub(1).and_then(|last| self.file(last)).map(|f| f + 1),
        };
        if !literal && !raw.is_empty() {
            self.out.tails.extend(end.map(|at| Tail { at, ..own }));
        }
        let more = self.out.tails.len().saturating_sub(TAILS);
        self.out.tails.drain(..more);
        self.out
    }
}

/// A part of a flag's text with the way back to the file.
pub(super) fn flag(text: &Piece, part: Range<usize>, line: &Logical, raw: &Range<usize>) -> Traced {
    let bytes = text.text.get(part.clone()).unwrap_or_default().to_vec();
    let at = part.map(|i| {
        let range = text.logical(i..i + 1, raw.clone(), line.text()).ok()?;
        Some(line.span(range)?.start)
    });
    Traced::literal(bytes, at)
}

#[cfg(test)]
mod tests;
