//! One line of a berry lock: a key and a value, in the YAML that berry writes.
//!
//! For `block`. Plain words, texts in single or double quotes, and `? "long key"` with its `:` on
//! the next line. Not YAML: lists, flow maps, anchors, tags and text over several lines, which
//! berry never writes, are refused.

use std::borrow::Cow;
use std::ops::Range;

use super::lines::{Line, Lines};
use super::word::{Head, quoted_string};
use super::{LockfileError, MAX_KEYS, Node};

/// No plain word starts with one of these.
const INDICATORS: &str = "-?:,][{}#&*!|>'\"%@`";

/// A scalar at `at` in the line: its text, and where in the line it ends. A plain one ends before
/// `: `, before ` #` or at the line's end.
fn scalar<'a>(lines: &Lines<'_>, line: Line<'a>, at: usize) -> Result<(Cow<'a, str>, usize), LockfileError> {
    let rest = line.text.get(at..).unwrap_or_default();
    let start = line.start + at;
    match rest.chars().next() {
        Some('"') => {
            let (text, long) = quoted_string(lines, rest, start)?;
            Ok((text, at + long))
        }
        Some('\'') => single(rest).map(|(text, long)| (text, at + long)).ok_or_else(|| {
            lines.syntax(start..start + rest.len(), "a quoted text has no end", "a closing `'` on the same line")
        }),
        Some(c) if !INDICATORS.contains(c) => {
            let bytes = rest.as_bytes();
            let ends = |i: usize| {
                let blank = matches!(bytes.get(i + 1), None | Some(b' '));
                (bytes.get(i) == Some(&b':') && blank)
                    || (bytes.get(i) == Some(&b' ') && bytes.get(i + 1) == Some(&b'#'))
            };
            let long = (0..bytes.len()).find(|i| ends(*i)).unwrap_or(bytes.len());
            let text = rest.get(..long).unwrap_or_default().trim_end_matches(' ');
            Ok((Cow::Borrowed(text), at + text.len()))
        }
        Some(_) => {
            let word = rest.bytes().take_while(|b| *b != b' ').count();
            Err(lines.syntax(start..start + word, "berry writes nothing that starts so", "a word, or a text in quotes"))
        }
        None => Err(lines.syntax(start..start, "something is missing", "a word, or a text in quotes")),
    }
}

/// A text in single quotes, where two of them stand for one.
fn single(rest: &str) -> Option<(Cow<'_, str>, usize)> {
    let bytes = rest.as_bytes();
    let (mut end, mut doubled) = (1, false);
    loop {
        match (bytes.get(end)?, bytes.get(end + 1)) {
            (b'\'', Some(b'\'')) => {
                doubled = true;
                end += 2;
            }
            (b'\'', _) => break,
            _ => end += 1,
        }
    }
    let inner = rest.get(1..end)?;
    let text = if doubled { Cow::Owned(inner.replace("''", "'")) } else { Cow::Borrowed(inner) };
    Some((text, end + 1))
}

/// What follows the `:` that ends at `at`.
fn value<'a>(lines: &Lines<'a>, line: Line<'a>, at: usize) -> Result<Option<(Node, Range<usize>)>, LockfileError> {
    let rest = line.text.get(at..).unwrap_or_default();
    let from = at + rest.bytes().take_while(|b| *b == b' ').count();
    if from == line.text.len() {
        return Ok(None);
    }
    let (text, to) = scalar(lines, line, from)?;
    if to != line.text.len() {
        let span = line.start + to..line.start + line.text.len();
        return Err(lines.syntax(span, "something follows the value", "the end of the line"));
    }
    Ok(Some((Node::Text(text.into_owned()), line.start + from..line.start + to)))
}

/// Takes a line apart, or two: `next` is the one behind it. Keys are split at commas where `list`.
pub(super) fn head<'a>(
    lines: &Lines<'a>,
    line: Line<'a>,
    next: Option<Line<'a>>,
    list: bool,
) -> Result<Head<'a>, LockfileError> {
    const COLON: &str = "`:` behind the key, and then a block or a blank and a value";
    let bare = line.text.strip_prefix('?').filter(|rest| rest.starts_with(' '));
    let from = bare.map_or(0, |rest| line.text.len() - rest.trim_start_matches(' ').len());
    let (key, to) = scalar(lines, line, from)?;
    let span = line.start + from..line.start + to;
    let (value, takes) = if bare.is_some() {
        let second = next.filter(|n| n.indent == line.indent && !n.gap && to == line.text.len());
        let Some(second) = second.filter(|n| n.text == ":" || n.text.starts_with(": ")) else {
            return Err(lines.syntax(span, "a long key has no value", "`:` on the next line"));
        };
        (value(lines, second, 1)?, 2)
    } else {
        let rest = line.text.get(to..).unwrap_or_default();
        let blanks = rest.bytes().take_while(|b| *b == b' ').count();
        let behind = rest.get(blanks..).and_then(|rest| rest.strip_prefix(':'));
        if !behind.is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')) {
            let end = line.start + line.text.len();
            return Err(lines.syntax(line.start + to..end, "a key has no value", COLON));
        }
        (value(lines, line, to + blanks + 1)?, 1)
    };
    let keys: Vec<_> = if list {
        // one more than may be: `block` refuses it
        let split =
            |text: &'a str| text.split(',').take(MAX_KEYS + 1).map(|k| Cow::Borrowed(k.trim_matches(' '))).collect();
        let names: Vec<Cow<'a, str>> = match key {
            Cow::Borrowed(text) => split(text),
            Cow::Owned(text) => {
                text.split(',').take(MAX_KEYS + 1).map(|k| Cow::Owned(k.trim_matches(' ').to_owned())).collect()
            }
        };
        names.into_iter().map(|name| (name, span.clone())).collect()
    } else {
        vec![(key, span.clone())]
    };
    if keys.iter().any(|(key, _)| key.is_empty()) {
        return Err(lines.syntax(span, "a key is empty", "a key"));
    }
    Ok(Head { keys, value, takes })
}
