//! The words of the grammar: branches, loops, `case`, functions.
//!
//! For the scanner. A word that opens or closes something is taken; what stands between is commands.

use super::flow::Kind as Closed;
use super::{Assign, Open, Scanner, is_name};

impl Scanner<'_> {
    /// Takes a word that belongs to the grammar, with what it brings.
    pub(super) fn keyword(&mut self, text: &[u8], open: &mut Vec<Open>) -> bool {
        match text {
            b"!" | b"time" | b"coproc" => {}
            b"if" | b"while" | b"until" | b"{" => {
                self.flow.open(Closed::Word);
            }
            b"then" | b"elif" | b"else" => self.flow.branch(self.at, false),
            b"do" => self.flow.branch(self.at, true),
            b"fi" | b"done" | b"}" => self.flow.close(Closed::Word, self.at),
            b"esac" => self.esac(open),
            b"for" | b"select" => {
                self.flow.open(Closed::Word);
                self.each();
            }
            b"case" => {
                self.flow.open(Closed::Word);
                self.blanks();
                self.word();
                self.gap();
                if self.literal(b"in") {
                    open.push(Open::Case);
                    self.pattern(open);
                }
            }
            b"function" => {
                self.blanks();
                let name = self.word();
                self.out.functions.extend(name.map(|w| w.range));
                self.blanks();
                if self.rest().starts_with(b"()") {
                    self.at += 2;
                }
            }
            _ => return false,
        }
        true
    }

    /// Takes a word, if it is the next one.
    fn literal(&mut self, wanted: &[u8]) -> bool {
        let before = self.at;
        if !self.rest().starts_with(wanted) {
            return false;
        }
        let found = self.word().is_some_and(|w| self.slice(w.range) == wanted);
        if !found {
            self.at = before;
        }
        found
    }

    /// The head of a loop.
    fn each(&mut self) {
        self.blanks();
        let Some(name) = self.word() else { return };
        self.gap();
        if !self.literal(b"in") {
            return;
        }
        let mut words = Vec::new();
        loop {
            self.blanks();
            match self.word() {
                Some(word) => words.push(word),
                None => break,
            }
        }
        if is_name(self.slice(name.range.clone())) {
            self.flow.each(self.out.assigns.len());
            self.out.assigns.push(Assign { name: name.range, append: false, list: true, words });
        }
    }

    fn esac(&mut self, open: &mut Vec<Open>) {
        open.pop_if(|o| *o == Open::Case);
        self.flow.close(Closed::Word, self.at);
    }

    /// The pattern of an arm of `case`, or its end.
    pub(super) fn pattern(&mut self, open: &mut Vec<Open>) {
        self.gap();
        if self.literal(b"esac") {
            self.esac(open);
            return;
        }
        loop {
            self.blanks();
            match self.peek() {
                Some(b'(' | b'|') => self.at += 1,
                Some(b')') => {
                    self.at += 1;
                    return;
                }
                _ if self.word().is_none() => return,
                _ => {}
            }
        }
    }
}
