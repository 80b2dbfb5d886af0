//! A logical line: physical lines joined over their continuations, with the way back to the file.
//!
//! For the parser, which builds it, and for whoever edits. Knows no instruction.

use std::ops::Range;

/// The text of one instruction without continuations, and where each piece of it stands in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logical {
    text: Vec<u8>,
    segs: Vec<Seg>,
}

/// What one physical line gave: `len` bytes at `at` of the text and at `from` of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seg {
    at: usize,
    from: usize,
    len: usize,
}

impl Logical {
    /// Appends what a physical line gave, which stands at `from` in the file.
    pub(super) fn push(&mut self, from: usize, bytes: &[u8]) {
        if !bytes.is_empty() || self.segs.is_empty() {
            self.segs.push(Seg { at: self.text.len(), from, len: bytes.len() });
            self.text.extend_from_slice(bytes);
        }
    }

    /// The joined text.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// A part of the text; empty if the range is not in it.
    #[must_use]
    pub fn get(&self, range: Range<usize>) -> &[u8] {
        self.text.get(range).unwrap_or_default()
    }

    /// Where a part of the text stands in the file. `None`: a continuation splits it, or it is no
    /// part of the text. An empty part stands behind the byte before it.
    #[must_use]
    pub fn span(&self, range: Range<usize>) -> Option<Range<usize>> {
        if range.start > range.end || range.end > self.text.len() {
            return None;
        }
        let at = if range.is_empty() { range.start.saturating_sub(1) } else { range.start };
        let seg = self.seg(at)?;
        let last = seg.at + seg.len;
        if range.end > last {
            return None;
        }
        Some(seg.from + (range.start - seg.at)..seg.from + (range.end - seg.at))
    }

    /// The bytes of the file from the first to the last byte of a part, whatever lies between.
    #[must_use]
    pub fn cover(&self, range: Range<usize>) -> Range<usize> {
        let first = self.seg(range.start);
        let start = first.map_or(0, |s| s.from + (range.start - s.at).min(s.len));
        if range.end <= range.start {
            return self.span(range).unwrap_or(start..start);
        }
        let end = self.seg(range.end - 1);
        start..end.map_or(start, |s| s.from + (range.end - s.at).min(s.len))
    }

    /// The piece that holds the byte at `at`, or the last one before it.
    fn seg(&self, at: usize) -> Option<&Seg> {
        let after = self.segs.partition_point(|s| s.at <= at);
        self.segs.get(after.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_over_a_continuation_has_no_span_but_a_cover() {
        // "ARG X=\\\n  ab\\\ncd"
        let mut line = Logical::default();
        line.push(0, b"ARG X=");
        line.push(8, b"  ab");
        line.push(14, b"cd");
        assert_eq!(line.text(), b"ARG X=  abcd");
        assert_eq!(line.span(4..5), Some(4..5));
        assert_eq!(line.span(8..10), Some(10..12));
        assert_eq!(line.span(8..12), None);
        assert_eq!(line.cover(8..12), 10..16);
        assert_eq!(line.span(6..6), Some(6..6));
        assert_eq!(line.span(12..12), Some(16..16));
        assert_eq!(line.span(12..13), None);
    }
}
