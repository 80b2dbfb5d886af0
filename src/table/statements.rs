//! A TOML text cut into its statements, with the bytes of every key.
//!
//! For edits, which must leave each other byte alone: line ends, comments and spacing are not
//! kept by a tree that is printed again. The text must have been parsed before; this cut judges
//! nothing. Every byte belongs to exactly one statement, in order.

use std::ops::Range;

use super::scan::{after_string, bare, line_end};

/// One statement with the lines it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// From the start of its first line to after the line end of its last.
    pub lines: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// What a statement is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A line with nothing but blanks.
    Blank,
    /// A line with nothing but a comment.
    Comment,
    /// `[a.b]` or `[[a.b]]`.
    Header(Vec<Name>),
    /// `a.b = value`; the bytes of the value, without blanks and comment around it.
    Pair(Vec<Name>, Range<usize>),
}

/// One part of a dotted key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// What it says, quotes and escapes undone.
    pub text: String,
    /// Where it stands, quotes included.
    pub span: Range<usize>,
}

fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

fn after_blanks(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    at + rest.iter().take_while(|b| blank(**b)).count()
}

/// The next byte that is neither blank, line end nor comment.
fn after_trivia(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'#' => at = line_end(bytes, at),
            b'\n' => at += 1,
            b if blank(*b) => at += 1,
            _ => break,
        }
    }
    at
}

/// A dotted key from here on, and the byte after it.
fn key(text: &str, start: usize) -> (Vec<Name>, usize) {
    let bytes = text.as_bytes();
    let mut names = Vec::new();
    let mut at = after_blanks(text, start);
    loop {
        let from = at;
        at = match bytes.get(at) {
            Some(b'"' | b'\'') => after_string(bytes, at),
            _ => {
                let rest = bytes.get(at..).unwrap_or_default();
                let plain = |b: &&u8| !blank(**b) && !b"\n.=]}[{,#".contains(b);
                at + rest.iter().take_while(plain).count()
            }
        };
        let raw = text.get(from..at).unwrap_or_default();
        let said = raw.parse::<toml_edit::Key>().map(|k| k.get().to_owned());
        names.push(Name { text: said.unwrap_or_else(|_| raw.to_owned()), span: from..at });
        let next = after_blanks(text, at);
        if bytes.get(next) != Some(&b'.') {
            return (names, next);
        }
        at = after_blanks(text, next + 1);
    }
}

/// The value from here to a `stop` byte outside of brackets, and that byte's place.
fn value(text: &str, start: usize, stop: &[u8]) -> (Range<usize>, usize) {
    let bytes = text.as_bytes();
    let from = after_blanks(text, start);
    let mut depth = 0_usize;
    let end = bare(bytes, from, |at, byte| {
        if depth == 0 && stop.contains(&byte) {
            return Some(at);
        }
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        None
    })
    .unwrap_or(bytes.len());
    // what is meant ends with its last byte that is neither blank nor comment
    let mut last = from;
    let mut at = from;
    while at < end {
        match bytes.get(at) {
            Some(b'#') => at = line_end(bytes, at),
            Some(b'"' | b'\'') => {
                at = after_string(bytes, at).max(at + 1);
                last = at;
            }
            Some(b) if blank(*b) || *b == b'\n' => at += 1,
            _ => {
                at += 1;
                last = at;
            }
        }
    }
    (from..last.min(end), end)
}

/// Cuts a text into its statements.
#[must_use]
pub fn statements(text: &str) -> Vec<Statement> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut from = 0;
    while from < bytes.len() {
        let first = after_blanks(text, at);
        let (kind, end) = match bytes.get(first) {
            None | Some(b'\n') => (Kind::Blank, first),
            Some(b'#') => (Kind::Comment, line_end(bytes, first)),
            Some(b'[') => {
                let double = bytes.get(first + 1) == Some(&b'[');
                let (names, after) = key(text, first + if double { 2 } else { 1 });
                (Kind::Header(names), line_end(bytes, after))
            }
            Some(_) => {
                let (names, after) = key(text, first);
                let (span, end) = value(text, after + 1, b"\n");
                (Kind::Pair(names, span), end)
            }
        };
        at = (end + 1).min(bytes.len());
        out.push(Statement { lines: from..at, kind });
        from = at;
    }
    out
}

/// One `key = value` of an inline table: its key, and the bytes of key and value together.
pub type Element = (Vec<Name>, Range<usize>);

/// Cuts the inline table at these bytes of the text, braces included, into its elements.
#[must_use]
pub fn elements(text: &str, table: Range<usize>) -> Vec<Element> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = table.start + 1;
    while at < table.end {
        let start = after_trivia(bytes, at);
        if matches!(bytes.get(start), None | Some(b'}')) {
            break;
        }
        let (names, after) = key(text, start);
        let (span, end) = value(text, after + 1, b",}");
        out.push((names, start..span.end));
        at = end + 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(names: &[Name]) -> String {
        let texts: Vec<&str> = names.iter().map(|n| n.text.as_str()).collect();
        texts.join("|")
    }

    #[test]
    fn every_form_of_statement_is_cut_where_it_ends() {
        let text = "\u{feff}a = 1 # c\r\n\n # only\n[ x . \"y.z\" ] # t\nb.'c d'=[ # [\n 1,\n]  # e\nk = \"\"\"\n[no]\n\"\"\"\n[[t]]\nlast = {a=1,b='}'}";
        let seen: Vec<String> = statements(text)
            .iter()
            .map(|s| match &s.kind {
                Kind::Blank => "blank".to_owned(),
                Kind::Comment => "comment".to_owned(),
                Kind::Header(names) => format!("[{}]", words(names)),
                Kind::Pair(names, span) => {
                    format!("{}={}", words(names), text.get(span.clone()).unwrap())
                }
            })
            .collect();
        assert_eq!(
            seen,
            [
                "a=1",
                "blank",
                "comment",
                "[x|y.z]",
                "b|c d=[ # [\n 1,\n]",
                "k=\"\"\"\n[no]\n\"\"\"",
                "[t]",
                "last={a=1,b='}'}",
            ]
        );
    }

    #[test]
    fn the_elements_of_an_inline_table_are_found() {
        let text = "p = { a = 1, \"b\" = { c = [1, 2] }, # no\n d.e = '}' }";
        let table = 4..text.len();
        let seen: Vec<&str> = elements(text, table).into_iter().map(|(_, span)| text.get(span).unwrap()).collect();
        assert_eq!(seen, ["a = 1", "\"b\" = { c = [1, 2] }", "d.e = '}'"]);
        assert!(elements("p = {}", 4..6).is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn every_byte_belongs_to_one_statement(text in "[\\[\\]{}a.=,'\"#\\\\\r\n é]{0,60}") {
            let mut at = 0;
            for statement in statements(&text) {
                prop_assert_eq!(statement.lines.start, at);
                prop_assert!(statement.lines.end > at);
                at = statement.lines.end;
            }
            prop_assert_eq!(at, text.len());
            let _ = elements(&text, 0..text.len());
        }
    }
}
