//! Bytes to lines: size, UTF-8, line ends, control characters, conflict markers, indentation.
//!
//! For `block`. Knows no key and no value.

use super::{LockfileError, LockfileFault, MAX_LINES, MAX_SIZE};

/// How git marks the sides of a conflict, at the start of a line.
const MARKERS: [&str; 4] = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];
/// U+FEFF in UTF-8.
const BOM: &str = "\u{feff}";

/// A line that is neither blank nor a comment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: usize,
    /// Where `text` starts in the file, in bytes.
    pub(super) start: usize,
    /// How many blanks stand before it.
    pub(super) indent: usize,
    /// Without indentation, line end and blanks before it; not empty.
    pub(super) text: &'a str,
    /// Whether a blank line or a comment stands directly before it.
    pub(super) gap: bool,
}

/// A file as lines.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    /// The file, for the places of errors.
    pub(super) bytes: &'a [u8],
    /// Those that are neither blank nor comments.
    pub(super) lines: Vec<Line<'a>>,
    /// The comments before the first of them, without `#` and the blanks around.
    pub(super) header: Vec<&'a str>,
    /// Whether the first line ends in CR LF.
    pub(super) crlf: bool,
    /// Whether a byte order mark stands first.
    pub(super) bom: bool,
}

impl<'a> Lines<'a> {
    /// Splits a file and refuses what no line of a yarn.lock may hold.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, LockfileError> {
        if bytes.len() > MAX_SIZE {
            return Err(LockfileError { line: 1, column: 1, span: 0..0, fault: LockfileFault::TooLarge(bytes.len()) });
        }
        let text = std::str::from_utf8(bytes).map_err(|e| {
            let (from, long) = (e.valid_up_to(), e.error_len().unwrap_or(1));
            LockfileError::new(bytes, from..from + long, LockfileFault::NotUtf8)
        })?;
        let body = text.strip_prefix(BOM);
        let mut out = Self { bytes, lines: Vec::new(), header: Vec::new(), crlf: false, bom: body.is_some() };
        let mut start = text.len() - body.unwrap_or(text).len();
        let mut gap = false;
        for (at, whole) in body.unwrap_or(text).split_inclusive('\n').enumerate() {
            if at >= MAX_LINES {
                return Err(LockfileError::new(bytes, start..start, LockfileFault::TooManyLines));
            }
            let (raw, ends) = match whole.strip_suffix('\n') {
                Some(raw) => (raw, true),
                None => (whole, false),
            };
            let crlf = ends && raw.ends_with('\r');
            out.crlf |= crlf && at == 0;
            let raw = if crlf { raw.strip_suffix('\r').unwrap_or(raw) } else { raw };
            let text = raw.trim_start_matches(' ');
            let indent = raw.len() - text.len();
            out.vet(raw, start)?;
            if text.is_empty() {
                if indent > 0 {
                    return Err(out.syntax(start..start + indent, "a line holds nothing but blanks", "an empty line"));
                }
                gap = true;
            } else if let Some(comment) = text.strip_prefix('#') {
                if indent > 0 {
                    let span = start + indent..start + raw.len();
                    return Err(out.syntax(span, "a comment is indented", "comments at the start of a line"));
                }
                if !ends {
                    // yarn 1 looks for the end of the line forever
                    let span = start..start + raw.len();
                    return Err(out.syntax(span, "the file ends within a comment", "a line end behind the comment"));
                }
                if out.lines.is_empty() {
                    out.header.push(comment.trim());
                }
                gap = true;
            } else {
                let text = text.trim_end_matches(' ');
                out.lines.push(Line { number: at + 1, start: start + indent, indent, text, gap });
                gap = false;
            }
            start += whole.len();
        }
        Ok(out)
    }

    /// No conflict marker at the start of a line, no control character anywhere.
    fn vet(&self, raw: &str, start: usize) -> Result<(), LockfileError> {
        if let Some(marker) = MARKERS.into_iter().find(|m| raw.starts_with(m)) {
            let span = start..start + marker.len();
            return Err(LockfileError::new(self.bytes, span, LockfileFault::Conflict(marker)));
        }
        let control = |b: &u8| *b < b' ' || *b == 0x7f;
        match raw.bytes().position(|b| control(&b)) {
            Some(at) => {
                let byte = raw.as_bytes().get(at).copied().unwrap_or_default();
                let span = start + at..start + at + 1;
                Err(LockfileError::new(self.bytes, span, LockfileFault::Control(char::from(byte))))
            }
            None => Ok(()),
        }
    }

    /// Something else than the grammar allows.
    pub(super) fn syntax(
        &self,
        span: std::ops::Range<usize>,
        what: &'static str,
        expected: &'static str,
    ) -> LockfileError {
        LockfileError::new(self.bytes, span, LockfileFault::Syntax { what, expected })
    }
}
