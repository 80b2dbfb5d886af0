//! A change to a file as data: which bytes, what they must be, what they become.
//!
//! For whoever rewrites a Dockerfile. Writes nothing to a disk; the disk floor does.

use std::ops::Range;

use crate::model::{Place, Trouble, quoted};

/// Replaces bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Where; empty to insert.
    pub range: Range<usize>,
    /// What stands there.
    pub expected: Vec<u8>,
    /// What shall stand there.
    pub new: Vec<u8>,
}

/// Why edits cannot be applied. Ranges are of the file before any edit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Two edits change the same bytes.
    #[error("two changes want the same place")]
    Overlap(Range<usize>),
    /// An edit lies past the end.
    #[error("a change lies past the end of the file")]
    OutOfRange(Range<usize>),
    /// The bytes are not the ones that were read.
    #[error("the file holds {} where {} was read", quoted(.found), quoted(.expected))]
    Unexpected {
        /// Where.
        range: Range<usize>,
        /// What was read.
        expected: String,
        /// What is there.
        found: String,
    },
}

impl EditError {
    /// As a message about a file and its content.
    #[must_use]
    pub fn trouble(&self, file: &str, content: &[u8]) -> Trouble {
        let (Self::Overlap(range) | Self::OutOfRange(range) | Self::Unexpected { range, .. }) = self;
        Trouble::new(self.to_string()).at(Place::of(file, content, range.clone()))
    }
}

/// Sorted, each once; the same change wanted twice is one change.
fn sorted(edits: &[Edit]) -> Vec<&Edit> {
    let mut all: Vec<&Edit> = edits.iter().collect();
    all.sort_by_key(|e| (e.range.start, e.range.end, &e.new));
    all.dedup();
    all
}

/// The bytes with all edits applied.
///
/// # Errors
/// Edits that overlap, that lie outside, or that expect other bytes than there are. Nothing is
/// applied then.
pub fn apply(bytes: &[u8], edits: &[Edit]) -> Result<Vec<u8>, EditError> {
    let all = sorted(edits);
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let (mut done, mut last): (usize, Option<&Edit>) = (0, None);
    for edit in all {
        let range = edit.range.clone();
        let same = last.is_some_and(|l| l.range.start == range.start);
        if range.start < done || same {
            return Err(EditError::Overlap(range));
        }
        let (Some(kept), Some(found)) = (bytes.get(done..range.start), bytes.get(range.clone())) else {
            return Err(EditError::OutOfRange(range));
        };
        if found != edit.expected {
            return Err(EditError::Unexpected {
                range,
                expected: String::from_utf8_lossy(&edit.expected).into_owned(),
                found: String::from_utf8_lossy(found).into_owned(),
            });
        }
        out.extend_from_slice(kept);
        out.extend_from_slice(&edit.new);
        done = range.end;
        last = Some(edit);
    }
    out.extend_from_slice(bytes.get(done..).unwrap_or_default());
    Ok(out)
}

/// The edits that undo some edits, for the file as they leave it.
#[must_use]
pub fn undo(edits: &[Edit]) -> Vec<Edit> {
    let (mut grown, mut shrunk) = (0, 0);
    let back = |edit: &Edit| {
        let start = edit.range.start + grown - shrunk;
        grown += edit.new.len();
        shrunk += edit.range.len();
        Edit { range: start..start + edit.new.len(), expected: edit.new.clone(), new: edit.expected.clone() }
    };
    sorted(edits).into_iter().map(back).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(range: Range<usize>, expected: &str, new: &str) -> Edit {
        Edit { range, expected: expected.into(), new: new.into() }
    }

    #[test]
    fn edits_are_applied_in_any_order_and_undone() {
        let edits = [edit(4..6, "ef", "F"), edit(0..1, "a", "long"), edit(2..2, "", "+"), edit(0..1, "a", "long")];
        let after = apply(b"abcdef", &edits).unwrap();
        assert_eq!(after, b"longb+cdF");
        assert_eq!(apply(&after, &undo(&edits)).unwrap(), b"abcdef");
    }

    #[test]
    fn nothing_is_applied_to_bytes_that_are_not_the_ones_that_were_read() {
        let text = b"abcdef";
        assert_eq!(apply(text, &[edit(0..2, "ab", ""), edit(1..3, "bc", "")]), Err(EditError::Overlap(1..3)));
        assert_eq!(apply(text, &[edit(2..2, "", "x"), edit(2..2, "", "y")]), Err(EditError::Overlap(2..2)));
        assert_eq!(apply(text, &[edit(5..7, "f", "")]), Err(EditError::OutOfRange(5..7)));
        assert!(matches!(apply(text, &[edit(0..1, "b", "")]), Err(EditError::Unexpected { .. })));
        assert_eq!(apply(text, &[edit(0..1, "a", "x"), edit(1..2, "b", "y")]).unwrap(), b"xycdef");
    }
}
