//! The fields of one stanza: the common form of Release files, Packages and .sources
//! (Debian policy 5.1, deb822(5)).
//!
//! For the readers of this folder. It knows no field; where a stanza ends is its callers' matter.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::model::quoted;

/// One field as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field<'a> {
    /// Its name as written; names are compared without regard to case.
    pub(super) name: &'a str,
    /// Its value with all continuation lines, without blanks at both ends.
    pub(super) value: &'a str,
    /// Where the name stands in the text.
    pub(super) name_at: Range<usize>,
    /// Where the value stands in the text.
    pub(super) value_at: Range<usize>,
}

/// Why a text is no stanza.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A line that is neither a field nor the continuation of one.
    #[error("line {line}: {reason}")]
    Line {
        /// The line in the stanza, from 1.
        line: usize,
        /// Where the line stands in the text.
        at: Range<usize>,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A field that stands there twice.
    #[error("line {line}: the field {} stands there twice", quoted(.name))]
    Twice {
        /// The line of the second one in the stanza, from 1.
        line: usize,
        /// Where it stands in the text.
        at: Range<usize>,
        /// The field.
        name: String,
    },
}

const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

impl<'a> Field<'a> {
    /// Whether this is the field of that name.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The lines of the value that are not empty, without blanks at both ends and without comments.
    pub(super) fn lines(&self) -> impl Iterator<Item = &'a str> {
        let plain = self.value.split('\n').filter(|line| !line.starts_with('#'));
        plain.map(|line| line.trim_matches(BLANK)).filter(|line| !line.is_empty())
    }

    /// The words of the value, over all its lines.
    pub(super) fn words(&self) -> impl Iterator<Item = &'a str> {
        self.lines().flat_map(|line| line.split([' ', '\t'])).filter(|word| !word.is_empty())
    }

    /// The value, if it stands on one line and is not empty.
    pub(super) fn one_line(&self) -> Option<&'a str> {
        (!self.value.is_empty() && !self.value.contains('\n')).then_some(self.value)
    }
}

/// A field's name: printable ASCII without `:`, not starting with `#` or `-` (policy 5.1).
fn is_field_name(text: &str) -> bool {
    !text.is_empty() && !text.starts_with(['#', '-']) && text.bytes().all(|b| b.is_ascii_graphic() && b != b':')
}

/// The fields of one stanza in their order. A CR before the end of a line is no part of it.
///
/// # Errors
/// The first line that is no field and continues none (with `comments`, lines that start with `#`
/// are passed over), a control character, or a field that stands there twice.
pub(super) fn fields(text: &str, comments: bool) -> Result<Vec<Field<'_>>, Flaw> {
    let mut out: Vec<Field<'_>> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut start = 0;
    for (index, raw) in text.split_inclusive('\n').enumerate() {
        let begin = start;
        start += raw.len();
        let line = raw.strip_suffix('\n').unwrap_or(raw);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let at = begin..begin + line.len();
        let flaw = |reason| Flaw::Line { line: index + 1, at: at.clone(), reason };
        if comments && line.starts_with('#') {
            continue;
        }
        if line.bytes().any(|b| b.is_ascii_control() && b != b'\t') {
            return Err(flaw("a control character stands in it"));
        }
        if line.starts_with([' ', '\t']) {
            let last = out.last_mut().ok_or_else(|| flaw("it continues no field"))?;
            if line.trim_matches(BLANK).is_empty() {
                return Err(flaw("it holds nothing but blanks"));
            }
            last.value_at.end = at.end;
            continue;
        }
        if line.is_empty() {
            return Err(flaw("it is empty in the midst of a stanza"));
        }
        let (name, value) = line.split_once(':').ok_or_else(|| flaw("it is no `Field: value`"))?;
        if !is_field_name(name) {
            return Err(flaw("it does not start with the name of a field"));
        }
        let name_at = begin..begin + name.len();
        if !seen.insert(name.to_ascii_lowercase()) {
            return Err(Flaw::Twice { line: index + 1, at: name_at, name: name.to_owned() });
        }
        let value_at = at.end - value.len()..at.end;
        out.push(Field { name, value: "", name_at, value_at });
    }
    for field in &mut out {
        let raw = text.get(field.value_at.clone()).unwrap_or_default();
        let lead = raw.len() - raw.trim_start_matches(BLANK).len();
        field.value = raw.trim_matches(BLANK);
        let begin = field.value_at.start + lead.min(raw.len());
        field.value_at = begin..begin + field.value.len();
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_over_several_lines() {
        let text = "A: one\nB:\n two\n\tthree \nc:four\r\n";
        let all = fields(text, false).unwrap();
        assert_eq!(
            all.iter().map(|f| (f.name, f.value)).collect::<Vec<_>>(),
            [("A", "one"), ("B", "two\n\tthree"), ("c", "four")]
        );
        assert_eq!(all[1].words().collect::<Vec<_>>(), ["two", "three"]);
        assert_eq!(all[1].one_line(), None);
        assert!(all[2].is("C"));
        for field in &all {
            assert_eq!(text.get(field.value_at.clone()), Some(field.value));
            assert_eq!(text.get(field.name_at.clone()), Some(field.name));
        }
    }

    #[test]
    fn what_is_no_field_is_told_with_its_line() {
        let told = |text| fields(text, false).unwrap_err().to_string();
        assert_eq!(told("A: 1\nb\n"), "line 2: it is no `Field: value`");
        assert_eq!(told(" A: 1\n"), "line 1: it continues no field");
        assert_eq!(told("A: 1\n \nB: 2\n"), "line 2: it holds nothing but blanks");
        assert_eq!(told("A: 1\n\nB: 2\n"), "line 2: it is empty in the midst of a stanza");
        assert_eq!(told("A: 1\nB: 2\na: 3\n"), "line 3: the field `a` stands there twice");
        assert_eq!(told("A: 1\0\n"), "line 1: a control character stands in it");
        assert_eq!(told("A: 1\rB: 2\n"), "line 1: a control character stands in it");
        assert_eq!(told("-A: 1\n"), "line 1: it does not start with the name of a field");
        assert_eq!(told("#A: 1\n"), "line 1: it does not start with the name of a field");
        assert_eq!(told("é: 1\n"), "line 1: it does not start with the name of a field");
    }

    #[test]
    fn comments_are_passed_over_where_they_may_stand() {
        let all = fields("# x\nA: 1\n# y\n 2\n", true).unwrap();
        assert_eq!(all[0].words().collect::<Vec<_>>(), ["1", "2"]);
    }
}
