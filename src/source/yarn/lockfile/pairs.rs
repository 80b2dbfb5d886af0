//! A file of `key value` lines, such as yarn 1's .yarnrc, which yarn 1 reads with the lexer of yarn.lock.
//!
//! For `folder`. Stricter than yarn 1, which takes several keys for one value and several pairs on a
//! line, and tries YAML next: where a person and yarn could read two things, nothing is read.

use std::collections::BTreeSet;

use super::lines::Lines;
use super::{LockfileError, Node, v1};

/// A line of such a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Unquoted.
    pub key: String,
    /// Never a map.
    pub value: Node,
    /// From 1.
    pub line: usize,
}

/// Reads the lines: one key and one value on each, nothing indented, no key twice.
///
/// # Errors
/// Anything else, with its place.
pub fn pairs(bytes: &[u8]) -> Result<Vec<Pair>, LockfileError> {
    let lines = Lines::read(bytes)?;
    let mut all = Vec::with_capacity(lines.lines.len());
    let mut seen = BTreeSet::new();
    for line in &lines.lines {
        if line.indent > 0 {
            let span = line.start..line.start + line.text.len();
            return Err(lines.syntax(span, "a line is indented", "each key at the start of a line"));
        }
        let head = v1::head(&lines, *line)?;
        let mut keys = head.keys.into_iter();
        let Some((key, span)) = keys.next() else { continue };
        if let Some((_, second)) = keys.next() {
            return Err(lines.syntax(second, "two keys share a value", "one key and its value"));
        }
        let Some((value, _)) = head.value else {
            return Err(lines.syntax(span, "a key has a block", "one key and its value"));
        };
        if !seen.insert(key.to_string()) {
            return Err(lines.syntax(span, "a key stands twice", "each key once"));
        }
        all.push(Pair { key: key.into_owned(), value, line: line.number });
    }
    Ok(all)
}
