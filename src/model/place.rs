//! A place in a file, with the line it stands on, so that a message can point at it.

use std::ops::Range;

/// A file, line and column, and the text of the line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file as the user knows it, relative to the folder of pins.toml.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The line's text and what in it is meant, where it was at hand.
    pub excerpt: Option<Excerpt>,
}

/// One line of a file, and the part of it that is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excerpt {
    /// The line without its end and without secrets; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// How many characters from `column` on are meant, at least 1.
    pub width: usize,
}

impl Place {
    /// The place of a byte range in a file's content. A range past the end points at the end.
    #[must_use]
    pub fn of(file: &str, content: &[u8], span: Range<usize>) -> Self {
        let start = span.start.min(content.len());
        let before = content.get(..start).unwrap_or_default();
        let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        let rest = content.get(line_start..).unwrap_or_default();
        let raw = rest.split(|b| *b == b'\n').next().unwrap_or_default();
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        let chars = |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().count();
        let lead = raw.get(..(start - line_start).min(raw.len())).unwrap_or_default();
        let end = span.end.saturating_sub(line_start).min(raw.len());
        let meant = raw.get(lead.len()..end.max(lead.len())).unwrap_or_default();
        let (text, width) = super::secret::masked_line(&String::from_utf8_lossy(raw), chars(lead), chars(meant).max(1));
        Self {
            file: file.to_owned(),
            line: before.iter().filter(|b| **b == b'\n').count() + 1,
            column: chars(lead) + 1,
            excerpt: Some(Excerpt { text, width }),
        }
    }

    /// A place whose text is not at hand.
    #[must_use]
    pub fn line(file: &str, line: usize) -> Self {
        Self { file: file.to_owned(), line, column: 1, excerpt: None }
    }

    /// A whole file.
    #[must_use]
    pub fn file(file: &str) -> Self {
        Self::line(file, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_crlf_is_no_part_of_a_line() {
        let place = Place::of("f", "one\r\né X=1\r\n".as_bytes(), 8..9);
        assert_eq!((place.line, place.column), (2, 3));
        assert_eq!(place.excerpt, Some(Excerpt { text: "é X=1".to_owned(), width: 1 }));
        let end = Place::of("f", b"a\n", 9..12);
        assert_eq!((end.line, end.column), (2, 1));
    }
}
