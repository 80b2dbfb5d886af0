//! One word: quotes, escapes, variables and substitutions.
//!
//! For the scanner, which reads the commands in substitutions.

use super::super::super::logical::Logical;
use super::super::text::copy;
use super::{Atom, Form, Kind, Scanner, Word, blank, named};

/// Command substitutions, quotes and braces in each other are followed this deep.
const DEEPEST: usize = 40;

impl Scanner<'_> {
    /// Reads a word. `None`: none begins here.
    pub(super) fn word(&mut self) -> Option<Word> {
        let start = self.at;
        let mut atoms = Vec::new();
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' => break,
                _ if blank(byte) => break,
                b'\\' => match self.continuation() {
                    0 => {
                        let from = (self.at + 1).min(self.text.len());
                        self.at = (self.at + 2).min(self.text.len());
                        atoms.push(Atom { kind: Kind::Text, range: from..self.at, quoted: true });
                    }
                    len => self.at += len,
                },
                b'\'' => self.single(&mut atoms),
                b'"' => self.double(&mut atoms),
                b'$' => self.dollar(&mut atoms, false),
                b'`' => self.backquotes(&mut atoms, false),
                _ => {
                    let from = self.at;
                    self.at += self.rest().iter().take_while(|b| !special(**b)).count().max(1);
                    atoms.push(Atom { kind: Kind::Text, range: from..self.at, quoted: false });
                }
            }
        }
        if self.at == start {
            return None;
        }
        let from = self.out.atoms.len();
        self.out.atoms.append(&mut atoms);
        Some(Word { range: start..self.at, atoms: from..self.out.atoms.len() })
    }

    fn single(&mut self, atoms: &mut Vec<Atom>) {
        let from = self.at + 1;
        let rest = self.text.get(from..).unwrap_or_default();
        let end = rest.iter().position(|b| *b == b'\'').map_or(self.text.len(), |l| from + l);
        atoms.push(Atom { kind: Kind::Text, range: from..end, quoted: true });
        self.at = (end + 1).min(self.text.len());
    }

    /// Reads the text of a heredoc.
    pub(super) fn document(&mut self) {
        let mut atoms = Vec::new();
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' => self.at = (self.at + 2).min(self.text.len()),
                b'$' => self.dollar(&mut atoms, true),
                b'`' => self.backquotes(&mut atoms, true),
                _ => self.at += 1,
            }
            atoms.clear();
        }
    }

    /// Whether one level more is followed; remembers where it was not.
    fn deeper(&mut self) -> bool {
        if self.depth >= DEEPEST {
            self.out.deep.get_or_insert(self.at);
            return false;
        }
        self.depth += 1;
        true
    }

    fn double(&mut self, atoms: &mut Vec<Atom>) {
        self.at += 1;
        let text = |range| Atom { kind: Kind::Text, range, quoted: true };
        atoms.push(text(self.at..self.at));
        if !self.deeper() {
            return;
        }
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.at += 1;
                    break;
                }
                b'\\' => match (self.continuation(), self.ahead(1)) {
                    (0, Some(b'"' | b'$' | b'`' | b'\\')) => {
                        atoms.push(text(self.at + 1..self.at + 2));
                        self.at += 2;
                    }
                    (0, _) => {
                        atoms.push(text(self.at..self.at + 1));
                        self.at += 1;
                    }
                    (len, _) => self.at += len,
                },
                b'$' => self.dollar(atoms, true),
                b'`' => self.backquotes(atoms, true),
                _ => {
                    let from = self.at;
                    let plain = |b: &&u8| !matches!(**b, b'"' | b'\\' | b'$' | b'`');
                    self.at += self.rest().iter().take_while(plain).count().max(1);
                    atoms.push(text(from..self.at));
                }
            }
        }
        self.depth -= 1;
    }

    fn dollar(&mut self, atoms: &mut Vec<Atom>, quoted: bool) {
        let start = self.at;
        let text = |range, quoted| Atom { kind: Kind::Text, range, quoted };
        self.at += 1;
        let kind = match self.peek() {
            Some(b'(') => {
                if let Some(end) = self.arithmetic() {
                    self.at = end;
                } else {
                    self.at += 1;
                    if self.deeper() {
                        self.list(true);
                        self.depth -= 1;
                    }
                }
                Kind::Command
            }
            Some(b'{') => {
                self.at += 1;
                self.brace(quoted)
            }
            Some(b'\'') if !quoted => {
                let mut end = self.at + 1;
                while let Some(byte) = self.text.get(end).filter(|b| **b != b'\'') {
                    end += 1 + usize::from(*byte == b'\\');
                }
                let end = end.min(self.text.len());
                if self.text.get(self.at + 1..end).unwrap_or_default().contains(&b'\\') {
                    // an escape may be any byte
                    let range = start..(end + 1).min(self.text.len());
                    atoms.push(Atom { kind: Kind::Command, range, quoted: true });
                } else {
                    atoms.push(text(self.at + 1..end, true));
                }
                self.at = (end + 1).min(self.text.len());
                return;
            }
            Some(b'"') if !quoted => return,
            Some(byte) if named(byte) && !byte.is_ascii_digit() => {
                let from = self.at;
                self.at += self.rest().iter().take_while(|b| named(**b)).count();
                Kind::Variable(from..self.at, Form::Plain)
            }
            Some(b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' | b'0'..=b'9') => {
                self.at += 1;
                Kind::Variable(self.at - 1..self.at, Form::Plain)
            }
            _ => {
                atoms.push(text(start..self.at, quoted));
                return;
            }
        };
        if let Kind::Variable(name, _) = &kind {
            self.out.uses.push((name.clone(), start));
        }
        atoms.push(Atom { kind, range: start..self.at, quoted });
    }

    /// What stands behind `${`.
    fn brace(&mut self, quoted: bool) -> Kind {
        let start = self.at;
        self.at += self.rest().iter().take_while(|b| named(**b)).count();
        if self.at == start {
            self.at += usize::from(self.peek().is_some_and(|b| b"@*#?-$!".contains(&b)));
        }
        let name = start..self.at;
        for sign in [&b"[@]"[..], b"[*]"] {
            self.at += if self.rest().starts_with(sign) { sign.len() } else { 0 };
        }
        let form = match self.rest() {
            [b'}', ..] => Form::Plain,
            [b':', b'-' | b'?' | b'=', ..] | [b'-' | b'?' | b'=', ..] if !name.is_empty() => Form::Default,
            _ => Form::Other,
        };
        if !self.deeper() {
            return Kind::Variable(name, Form::Other);
        }
        let mut inside = Vec::new();
        while let Some(byte) = self.peek() {
            match byte {
                b'}' => {
                    self.at += 1;
                    break;
                }
                b'\\' => self.at = (self.at + 2).min(self.text.len()),
                b'\'' if !quoted => self.single(&mut inside),
                b'"' => self.double(&mut inside),
                b'$' => self.dollar(&mut inside, quoted),
                b'`' => self.backquotes(&mut inside, quoted),
                _ => self.at += 1,
            }
            inside.clear();
        }
        self.depth -= 1;
        Kind::Variable(name, form)
    }

    fn backquotes(&mut self, atoms: &mut Vec<Atom>, quoted: bool) {
        let start = self.at;
        self.at += 1;
        let mut inner = Logical::default();
        let mut from = self.at;
        while let Some(byte) = self.peek().filter(|b| *b != b'`') {
            let escape = byte == b'\\'
                && self.ahead(1).is_some_and(|b| matches!(b, b'`' | b'\\' | b'$') || (quoted && b == b'"'));
            if escape {
                copy(self.line, from..self.at, &mut inner);
                from = self.at + 1;
                self.at += 1;
            }
            self.at += 1;
        }
        self.at = self.at.min(self.text.len());
        copy(self.line, from..self.at, &mut inner);
        self.out.inner.push((start, inner));
        self.at = (self.at + 1).min(self.text.len());
        atoms.push(Atom { kind: Kind::Command, range: start..self.at, quoted });
    }
}

fn special(b: u8) -> bool {
    blank(b) || b"\n;&|()<>\\'\"$`".contains(&b)
}
