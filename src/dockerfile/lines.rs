//! Physical lines, comments and parser directives, as BuildKit's `dockerfile/parser` reads them.
//!
//! For the parser. Knows no instruction.

use std::ops::Range;

/// One physical line of a file.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// From its first byte (behind a BOM) to its last before the end of line.
    pub(super) content: Range<usize>,
    /// Where the next line begins.
    pub(super) next: usize,
}

/// The lines of a file, one after the other.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// UTF-8's byte order mark.
const BOM: &[u8] = b"\xEF\xBB\xBF";

impl<'a> Lines<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;
    fn next(&mut self) -> Option<Line> {
        let rest = self.bytes.get(self.at..).filter(|r| !r.is_empty())?;
        let next = rest.iter().position(|b| *b == b'\n').map_or(self.bytes.len(), |i| self.at + i + 1);
        let mut start = self.at;
        if start == 0 && rest.starts_with(BOM) {
            start = BOM.len();
        }
        let raw = self.bytes.get(start..next).unwrap_or_default();
        let len = raw.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |i| i + 1);
        self.at = next;
        Some(Line { content: start..start + len, next })
    }
}

/// The first character of some bytes and its length; U+FFFD and 1 where they are not UTF-8.
pub(super) fn char_at(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    if first.is_ascii() {
        return Some((char::from(first), 1));
    }
    let len = match first {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 1,
    };
    let c = bytes.get(..len).and_then(|b| std::str::from_utf8(b).ok()).and_then(|s| s.chars().next());
    Some(c.map_or((char::REPLACEMENT_CHARACTER, 1), |c| (c, len)))
}

/// How many bytes of Unicode white space stand at the start.
pub(super) fn lead(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some((c, len)) = char_at(bytes.get(at..).unwrap_or_default()) {
        if !c.is_whitespace() {
            break;
        }
        at += len;
    }
    at
}

/// A range of a text without the Unicode white space at both of its ends.
pub(super) fn trim(text: &[u8], range: Range<usize>) -> Range<usize> {
    let inner = text.get(range.clone()).unwrap_or_default();
    let start = range.start + lead(inner);
    let mut end = start;
    let mut at = start;
    while let Some((c, len)) = text.get(at..range.end).and_then(char_at) {
        at += len;
        if !c.is_whitespace() {
            end = at;
        }
    }
    start..end
}

/// Whether a line is a comment: its first character that is no white space is `#`.
pub(super) fn is_comment(line: &[u8]) -> bool {
    line.get(lead(line)..).is_some_and(|l| l.starts_with(b"#"))
}

/// The part of a line before its continuation character, and whether it has one: the escape
/// character, not behind another one, with nothing but blanks and tabs after it.
pub(super) fn continued(line: &[u8], escape: u8) -> (usize, bool) {
    let end = line.iter().rposition(|b| !matches!(b, b' ' | b'\t')).map_or(0, |i| i + 1);
    let Some((last, before)) = line.get(..end).and_then(<[u8]>::split_last) else {
        return (line.len(), false);
    };
    if *last == escape && before.last() != Some(&escape) { (before.len(), true) } else { (line.len(), false) }
}

/// A parser directive such as `# syntax=docker/dockerfile:1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directive {
    /// `syntax`, `escape` or `check`.
    pub(super) name: &'static str,
    /// Where its value stands in the file.
    pub(super) value: Range<usize>,
}

/// Reads a line as a directive behind the given comment sign. `at` is where the line stands in the
/// file. `None`: it is no directive, and none may follow.
pub(super) fn directive(line: &[u8], at: usize, sign: &[u8]) -> Option<Directive> {
    let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\x0c' | b'\r' | b'\n');
    let body = line.strip_prefix(sign)?;
    let skip = |from: usize| from + line.get(from..).unwrap_or_default().iter().take_while(|b| blank(b)).count();
    let start = sign.len() + lead(body);
    let word = line.get(start..)?;
    let len = word.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    let name = word.get(..len)?;
    let name = ["syntax", "escape", "check"].into_iter().find(|n| name.eq_ignore_ascii_case(n.as_bytes()))?;
    let equals = skip(start + len);
    if line.get(equals) != Some(&b'=') {
        return None;
    }
    let from = skip(equals + 1);
    let to = line.iter().rposition(|b| !blank(b))? + 1;
    (from < to).then(|| Directive { name, value: at + from..at + to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubled_escape_character_continues_nothing() {
        assert_eq!(continued(b"a \\ \t", b'\\'), (2, true));
        assert_eq!(continued(b"\\", b'\\'), (0, true));
        assert_eq!(continued(b"a\\\\", b'\\'), (3, false));
        assert_eq!(continued(b"a\\\\\\", b'\\'), (4, false));
        assert_eq!(continued(b"a`", b'`'), (1, true));
        assert_eq!(continued(b"  ", b'\\'), (2, false));
    }

    #[test]
    fn only_known_names_make_a_directive() {
        let read = |line: &'static str| {
            directive(line.as_bytes(), 10, b"#").map(|d| {
                let value = d.value.start - 10..d.value.end - 10;
                (d.name, line.get(value).unwrap())
            })
        };
        assert_eq!(read("# Syntax = a/b:1 "), Some(("syntax", "a/b:1")));
        assert_eq!(read("#escape=`"), Some(("escape", "`")));
        for none in ["# syntax", "# syntax=", "# syntax =  ", "# other=1", "#", "x=1"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn lines_lose_a_bom_and_every_carriage_return_at_their_end() {
        let all: Vec<_> = Lines::new(b"\xEF\xBB\xBFa\r\r\n\r\nb").map(|l| (l.content, l.next)).collect();
        assert_eq!(all, [(3..4, 7), (7..7, 9), (9..10, 10)]);
    }

    #[test]
    fn white_space_is_unicodes() {
        let text = "\u{a0}\t x y\u{2003} ".as_bytes();
        let range = trim(text, 0..text.len());
        assert_eq!(text.get(range), Some(&b"x y"[..]));
        assert_eq!(trim(b"   ", 0..3), 3..3);
    }
}
