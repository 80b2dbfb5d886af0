//! What both formats have in common within a line: strings in double quotes, and a head of keys
//! and perhaps a value.
//!
//! For `v1` and `berry`.

use std::borrow::Cow;
use std::ops::Range;

use super::lines::Lines;
use super::{LockfileError, Node};

/// A key with the bytes it stands on.
pub(super) type Key<'a> = (Cow<'a, str>, Range<usize>);

/// One line, or berry's two of a long key, taken apart.
#[derive(Debug)]
pub(super) struct Head<'a> {
    /// At least one; several at the top level only.
    pub(super) keys: Vec<Key<'a>>,
    /// What stands behind the key, with its bytes; `None`: a block follows.
    pub(super) value: Option<(Node, Range<usize>)>,
    /// How many lines it takes: 1 or 2.
    pub(super) takes: usize,
}

/// What stands at the front of `rest`, which starts at `at` in the file and with a double quote:
/// the text of the JSON string, and how long it is with its quotes.
pub(super) fn quoted_string<'a>(
    lines: &Lines<'_>,
    rest: &'a str,
    at: usize,
) -> Result<(Cow<'a, str>, usize), LockfileError> {
    const OPEN: (&str, &str) = ("a quoted text has no end", "a closing `\"` on the same line");
    let bytes = rest.as_bytes();
    let (mut end, mut escapes) = (1, false);
    loop {
        match bytes.get(end) {
            Some(b'"') => break,
            Some(b'\\') => {
                escapes = true;
                end += 2;
            }
            Some(_) => end += 1,
            None => return Err(lines.syntax(at..at + rest.len(), OPEN.0, OPEN.1)),
        }
    }
    let Some((whole, inner)) = rest.get(..=end).zip(rest.get(1..end)) else {
        return Err(lines.syntax(at..at + rest.len(), OPEN.0, OPEN.1));
    };
    if !escapes {
        return Ok((Cow::Borrowed(inner), whole.len()));
    }
    match serde_json::from_str::<String>(whole) {
        Ok(text) => Ok((Cow::Owned(text), whole.len())),
        Err(_) => {
            let span = at..at + whole.len();
            Err(lines.syntax(span, "a quoted text has a wrong escape", "a string as JSON writes it"))
        }
    }
}
