//! One line of a yarn 1 lock: keys and a value, as yarn 1's lexer reads them.
//!
//! For `block`. Bare words start with a letter, `/` or `-` and end at `:`, `,` or a blank. Not a
//! tokenizer of everything that yarn would swallow: two fields on one line are refused.

use std::borrow::Cow;
use std::ops::Range;

use super::lines::{Line, Lines};
use super::word::{Head, Key, quoted_string};
use super::{LockfileError, LockfileFault, MAX_KEYS, Node};

/// More digits than these yarn would round.
const DIGITS: usize = 15;

/// A line from left to right.
struct Cursor<'l, 'a> {
    lines: &'l Lines<'a>,
    line: Line<'a>,
    at: usize,
}

impl<'a> Cursor<'_, 'a> {
    fn rest(&self) -> &'a str {
        self.line.text.get(self.at..).unwrap_or_default()
    }

    fn next(&self) -> Option<u8> {
        self.line.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        self.at += self.rest().bytes().take_while(|b| *b == b' ').count();
    }

    /// The bytes from `from` in this line to where the cursor is.
    fn span(&self, from: usize) -> Range<usize> {
        self.line.start + from..self.line.start + self.at
    }

    fn fail(&self, what: &'static str, expected: &'static str) -> LockfileError {
        let start = self.line.start + self.at;
        let word = self.rest().bytes().take_while(|b| *b != b' ').count();
        self.lines.syntax(start..start + word, what, expected)
    }

    /// A quoted or a bare text.
    fn text(&mut self) -> Result<Option<Key<'a>>, LockfileError> {
        let from = self.at;
        let rest = self.rest();
        let text = match self.next() {
            Some(b'"') => {
                let (text, long) = quoted_string(self.lines, rest, self.line.start + self.at)?;
                // yarn 1 takes a quote for escaped if one backslash stands before it, but not two or more
                let bytes = rest.as_bytes();
                let escaped =
                    |i: usize| bytes.get(i - 1) == Some(&b'\\') && bytes.get(i.saturating_sub(2)) != Some(&b'\\');
                let ends = (1..long).find(|i| bytes.get(*i) == Some(&b'"') && !escaped(*i));
                if ends != Some(long - 1) {
                    return Err(self.fail("yarn 1 cannot read this escape", "no `\\\"` behind another backslash"));
                }
                self.at += long;
                text
            }
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'/' | b'-')
                if !rest.starts_with("true") && !rest.starts_with("false") =>
            {
                let long = rest.bytes().take_while(|b| !matches!(b, b':' | b' ' | b',')).count();
                self.at += long;
                Cow::Borrowed(rest.get(..long).unwrap_or_default())
            }
            _ => return Ok(None),
        };
        Ok(Some((text, self.span(from))))
    }

    fn key(&mut self) -> Result<Key<'a>, LockfileError> {
        let from = self.at;
        match self.text()? {
            Some((text, span)) if !text.is_empty() => Ok((text, span)),
            Some(_) => Err(self.lines.syntax(self.span(from), "a key is empty", "a key")),
            None => Err(self.fail("this is no key", "a word that starts with a letter, or a text in quotes")),
        }
    }

    fn value(&mut self) -> Result<Option<(Node, Range<usize>)>, LockfileError> {
        let from = self.at;
        if let Some((text, span)) = self.text()? {
            return Ok(Some((Node::Text(text.into_owned()), span)));
        }
        let rest = self.rest();
        let word = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (node, long) = if rest.starts_with("true") {
            (Node::Flag(true), 4)
        } else if rest.starts_with("false") {
            (Node::Flag(false), 5)
        } else if (1..=DIGITS).contains(&word) {
            let number = rest.get(..word).and_then(|digits| digits.parse().ok());
            (Node::Number(number.unwrap_or_default()), word)
        } else {
            return Ok(None);
        };
        self.at += long;
        if !matches!(self.next(), None | Some(b' ')) {
            return Err(self.fail("something follows a bare value", "a text in quotes"));
        }
        Ok(Some((node, self.span(from))))
    }

    /// Nothing but blanks and a comment.
    fn end(&mut self) -> Result<(), LockfileError> {
        self.blanks();
        match self.next() {
            None => Ok(()),
            Some(b'#') => Err(self.fail("a comment stands behind a value", "the end of the line")),
            Some(_) => Err(self.fail("something follows on the same line", "the end of the line")),
        }
    }
}

/// Takes a line apart.
pub(super) fn head<'a>(lines: &Lines<'a>, line: Line<'a>) -> Result<Head<'a>, LockfileError> {
    let mut cursor = Cursor { lines, line, at: 0 };
    let mut keys = vec![cursor.key()?];
    cursor.blanks();
    while cursor.next() == Some(b',') {
        if keys.len() >= MAX_KEYS {
            let at = line.start + cursor.at;
            return Err(LockfileError::new(lines.bytes, at..at + 1, LockfileFault::TooManyKeys));
        }
        cursor.at += 1;
        cursor.blanks();
        keys.push(cursor.key()?);
        cursor.blanks();
    }
    if cursor.next() == Some(b':') {
        cursor.at += 1;
        cursor.end()?;
        return Ok(Head { keys, value: None, takes: 1 });
    }
    match cursor.value()? {
        Some(value) => {
            cursor.end()?;
            Ok(Head { keys, value: Some(value), takes: 1 })
        }
        None => Err(cursor.fail("a key has no value", "`:` and a block, or a value, such as a text in quotes")),
    }
}
