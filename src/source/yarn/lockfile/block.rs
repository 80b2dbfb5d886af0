//! Lines to blocks: two blanks of indentation for each level, at most four levels, no key twice.
//!
//! For `entry`. Both formats; how a line is spelled is `v1`'s and `berry`'s.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::lines::{Line, Lines};
use super::word::{Head, Key};
use super::{LockfileError, LockfileFault, MAX_DEPTH, MAX_KEYS, Node, berry, v1};

/// Blocks of fewer fields need no table of them.
const FEW: usize = 16;

/// How lines are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    V1,
    Berry,
}

/// A block at the start of a line.
#[derive(Debug)]
pub(super) struct Block<'a> {
    /// At least one.
    pub(super) keys: Vec<Key<'a>>,
    /// The line of the keys, from 1.
    pub(super) line: usize,
    /// At least one.
    pub(super) fields: Vec<Field<'a>>,
}

/// A field of a block.
#[derive(Debug)]
pub(super) struct Field<'a> {
    /// Its name.
    pub(super) key: Cow<'a, str>,
    /// The bytes of the key.
    pub(super) span: Range<usize>,
    /// Its line, from 1.
    pub(super) line: usize,
    /// What it holds.
    pub(super) value: Value<'a>,
}

/// What a field holds.
#[derive(Debug)]
pub(super) enum Value<'a> {
    /// One value, with its bytes.
    One(Node, Range<usize>),
    /// A block.
    Block(Vec<Field<'a>>),
}

impl Value<'_> {
    /// The value without places.
    pub(super) fn into_node(self) -> Node {
        match self {
            Self::One(node, _) => node,
            Self::Block(fields) => {
                Node::Map(fields.into_iter().map(|f| (f.key.into_owned(), f.value.into_node())).collect())
            }
        }
    }
}

/// Reads the blocks of a file one after the other.
pub(super) struct Reader<'l, 'a> {
    lines: &'l Lines<'a>,
    spelling: Spelling,
    at: usize,
    /// Every key at the start of a line, with its line.
    seen: HashMap<Cow<'a, str>, usize>,
}

impl<'l, 'a> Reader<'l, 'a> {
    pub(super) fn new(lines: &'l Lines<'a>, spelling: Spelling) -> Self {
        Self { lines, spelling, at: 0, seen: HashMap::new() }
    }

    /// The next block; `None` at the end of the file.
    pub(super) fn block(&mut self) -> Result<Option<Block<'a>>, LockfileError> {
        let Some(line) = self.peek(0)? else { return Ok(None) };
        let head = self.head(line, true)?;
        for (key, span) in &head.keys {
            if self.seen.len() >= MAX_KEYS {
                return Err(LockfileError::new(self.lines.bytes, span.clone(), LockfileFault::TooManyKeys));
            }
            if let Some(first) = self.seen.insert(key.clone(), line.number) {
                return Err(self.twice(key, span.clone(), first));
            }
        }
        if let Some((_, span)) = head.value {
            return Err(self.lines.syntax(span, "a value stands outside of an entry", "`:` and a block"));
        }
        let fields = self.fields(1, &head)?;
        Ok(Some(Block { keys: head.keys, line: line.number, fields }))
    }

    /// The next line, if it belongs to this level; `None` if it is a higher one's.
    fn peek(&self, level: usize) -> Result<Option<Line<'a>>, LockfileError> {
        let Some(line) = self.lines.lines.get(self.at).copied() else { return Ok(None) };
        let span = line.start - line.indent..line.start;
        if line.indent > 0 && line.gap {
            let span = line.start..line.start + line.text.len();
            return Err(LockfileError::new(self.lines.bytes, span, LockfileFault::Gap));
        }
        match line.indent.cmp(&(2 * level)) {
            std::cmp::Ordering::Equal => Ok(Some(line)),
            std::cmp::Ordering::Less if line.indent.is_multiple_of(2) => Ok(None),
            _ => {
                let expected = match level {
                    0 => "no blanks".to_owned(),
                    level => format!("two blanks for each level, here at most {}", 2 * level),
                };
                let fault = LockfileFault::Indent { found: line.indent, expected };
                Err(LockfileError::new(self.lines.bytes, span, fault))
            }
        }
    }

    /// Takes a line apart, and goes on behind it.
    fn head(&mut self, line: Line<'a>, top: bool) -> Result<Head<'a>, LockfileError> {
        let head = match self.spelling {
            Spelling::V1 => v1::head(self.lines, line)?,
            Spelling::Berry => berry::head(self.lines, line, self.lines.lines.get(self.at + 1).copied(), top)?,
        };
        self.at += head.takes;
        Ok(head)
    }

    /// The fields of a block whose head was read, at least one. Calls itself at most [`MAX_DEPTH`]
    /// times.
    fn fields(&mut self, level: usize, above: &Head<'a>) -> Result<Vec<Field<'a>>, LockfileError> {
        let place = above.keys.first().map_or(0..0, |(_, span)| span.clone());
        if level >= MAX_DEPTH {
            return Err(LockfileError::new(self.lines.bytes, place, LockfileFault::TooDeep));
        }
        let mut fields: Vec<Field<'a>> = Vec::new();
        let mut seen: HashMap<Cow<'a, str>, usize> = HashMap::new();
        while let Some(line) = self.peek(level)? {
            let mut head = self.head(line, false)?;
            let value = match head.value.take() {
                Some((node, span)) => Value::One(node, span),
                None => Value::Block(self.fields(level + 1, &head)?),
            };
            let mut keys = head.keys.into_iter();
            let Some((key, span)) = keys.next() else { continue };
            if let Some((_, span)) = keys.next() {
                return Err(self.lines.syntax(span, "a field has two keys", "one key for each field"));
            }
            // a few are found sooner by looking at each
            let first = match fields.len() {
                0..FEW => fields.iter().find(|field| field.key == key).map(|field| field.line),
                FEW => {
                    seen = fields.iter().map(|field| (field.key.clone(), field.line)).collect();
                    seen.insert(key.clone(), line.number)
                }
                _ => seen.insert(key.clone(), line.number),
            };
            if let Some(first) = first {
                return Err(self.twice(&key, span, first));
            }
            fields.push(Field { key, span, line: line.number, value });
        }
        if fields.is_empty() {
            return Err(self.lines.syntax(place, "a block is empty", "an indented line behind `:`"));
        }
        Ok(fields)
    }

    fn twice(&self, key: &str, span: Range<usize>, first: usize) -> LockfileError {
        LockfileError::new(self.lines.bytes, span, LockfileFault::Duplicate { key: key.to_owned(), first })
    }
}
