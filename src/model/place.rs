//! A place in a file, with the line it stands on, so that a message can point at it.

use std::ops::Range;

/// So many bytes are kept on either side of what is meant in a long line.
const AROUND: usize = 400;
/// So far a blank is looked for: a line is cut at blanks alone, since a piece of a URL could show a
/// login that the whole URL hides.
const WORD: usize = 4096;

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
    /// How many characters of the line stand before `text`.
    pub skipped: usize,
}

/// The part of a line to keep around a range. `None`: it cannot be cut at a blank.
fn window(raw: &[u8], span: Range<usize>) -> Option<Range<usize>> {
    let blank = |b: &u8| matches!(b, b' ' | b'\t');
    let low = span.start.saturating_sub(AROUND);
    let high = span.end.min(span.start.saturating_add(AROUND)).saturating_add(AROUND).min(raw.len());
    let before = raw.get(low.saturating_sub(WORD)..low)?;
    let start = match before.iter().rposition(blank) {
        Some(at) => low - before.len() + at + 1,
        None if low <= WORD => 0,
        None => return None,
    };
    let behind = raw.get(high..high.saturating_add(WORD).min(raw.len()))?;
    let end = match behind.iter().position(blank) {
        Some(at) => high + at,
        None if behind.len() < WORD => raw.len(),
        None => return None,
    };
    Some(start..end)
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
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        Self::in_line(file, line, raw, start - line_start..span.end.saturating_sub(line_start))
    }

    /// The place of a byte range in a line, whose number is known. Of a long line only what stands
    /// around the range is kept.
    #[must_use]
    pub fn in_line(file: &str, line: usize, raw: &[u8], span: Range<usize>) -> Self {
        let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        let chars = |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().count();
        let start = span.start.min(raw.len());
        let lead = chars(raw.get(..start).unwrap_or_default());
        let end = span.end.min(raw.len()).max(start);
        let meant = chars(raw.get(start..end).unwrap_or_default()).max(1);
        let shown = window(raw, start..end).map(|window| {
            let (cut, more) = (window.start > 0, window.end < raw.len());
            let text = String::from_utf8_lossy(raw.get(window.clone()).unwrap_or_default());
            let inside = chars(raw.get(window.start..start).unwrap_or_default());
            let (text, width) = super::secret::masked_line(&text, inside, meant);
            let sign = |is: bool| if is { "…" } else { "" };
            let skipped = (lead - inside.min(lead)).saturating_sub(usize::from(cut));
            Excerpt { text: format!("{}{text}{}", sign(cut), sign(more)), width, skipped }
        });
        let none = || Excerpt { text: "…".to_owned(), width: meant, skipped: lead };
        let excerpt = Some(shown.unwrap_or_else(none));
        Self { file: file.to_owned(), line, column: lead + 1, excerpt }
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
    fn of_a_long_line_only_what_stands_around_is_kept_and_no_login_is_cut_open() {
        let word = "https://user:pass@host/x ";
        let line = word.repeat(1000);
        let place = Place::of("f", line.as_bytes(), 12_500..12_505);
        assert_eq!((place.line, place.column), (1, 12_501));
        let excerpt = place.excerpt.unwrap();
        assert!(!excerpt.text.contains("pass") && !excerpt.text.contains("user"), "{}", excerpt.text);
        assert!(excerpt.text.starts_with("…https://") && excerpt.text.ends_with("/x…"), "{}", excerpt.text);
        assert!(excerpt.text.chars().count() < 900);
        let plain = "abcd ".repeat(1000);
        let excerpt = Place::of("f", plain.as_bytes(), 2500..2504).excerpt.unwrap();
        assert_eq!(excerpt.text.chars().skip(2500 - excerpt.skipped).take(5).collect::<String>(), "abcd ");
        let one = "x".repeat(20_000);
        let excerpt = Place::of("f", one.as_bytes(), 9000..9001).excerpt.unwrap();
        assert_eq!((excerpt.text.as_str(), excerpt.width, excerpt.skipped), ("…", 1, 9000));
    }

    #[test]
    fn columns_count_characters_and_crlf_is_no_part_of_a_line() {
        let place = Place::of("f", "one\r\né X=1\r\n".as_bytes(), 8..9);
        assert_eq!((place.line, place.column), (2, 3));
        assert_eq!(place.excerpt, Some(Excerpt { text: "é X=1".to_owned(), width: 1, skipped: 0 }));
        let end = Place::of("f", b"a\n", 9..12);
        assert_eq!((end.line, end.column), (2, 1));
    }
}
