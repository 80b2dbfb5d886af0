//! One line of a file with carets under what is meant, cut to the width around them.
//!
//! For the report to people. The line comes from outside: what would move the cursor is spelt out,
//! and the carets count the columns of what is shown, not of what was read.

use crate::model::visible;

use super::style::columns;

/// What to print of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// The line, safe to print, at most as wide as was asked.
    pub(super) text: String,
    /// Columns before the first caret.
    pub(super) before: usize,
    /// How many carets, at least 1.
    pub(super) carets: usize,
}

/// How many times the width is looked at on either side: characters may have no width.
const NEAR: usize = 4;

/// Shows the line with the `meant` characters from `column` (from 1) in at most `width` columns,
/// though never in less than 16.
pub(super) fn shown(line: &str, column: usize, meant: usize, width: usize) -> Shown {
    let width = width.max(16);
    // only what may be shown is measured, however long the line is
    let near = width.saturating_mul(NEAR);
    let first = column.saturating_sub(1).saturating_sub(near);
    if first > 0 && line.chars().nth(first).is_none() {
        return shown(line, line.chars().count() + 1, meant, width);
    }
    let most = near.saturating_mul(2).saturating_add(meant.min(width));
    let mut chars = line.chars().skip(first);
    let cells: Vec<String> =
        chars.by_ref().take(most).map(|c| visible(c.encode_utf8(&mut [0; 4])).into_owned()).collect();
    let more = chars.next().is_some();
    let sizes: Vec<usize> = cells.iter().map(|c| columns(c)).collect();
    let start = column.saturating_sub(1).saturating_sub(first).min(cells.len());
    let end = start.saturating_add(meant).min(cells.len());
    let size = |from: usize, to: usize| sizes.get(from..to).unwrap_or_default().iter().sum::<usize>();
    let (low, high) = if first == 0 && !more && size(0, cells.len()) <= width {
        (0, cells.len())
    } else {
        // Both ellipses are paid for, needed or not.
        window(&sizes, start, end, width - 2)
    };
    let mut text = String::new();
    let cut = low > 0 || first > 0;
    if cut {
        text.push('…');
    }
    text.extend(cells.get(low..high).unwrap_or_default().iter().map(String::as_str));
    if high < cells.len() || more {
        text.push('…');
    }
    Shown { text, before: usize::from(cut) + size(low, start), carets: size(start, end.min(high)).max(1) }
}

/// The cells around `start..end` that fit: first what is meant, then both sides in turn.
fn window(sizes: &[usize], start: usize, end: usize, mut left: usize) -> (usize, usize) {
    let (mut low, mut high) = (start, start);
    let mut fits = |at: Option<usize>| match at.and_then(|at| sizes.get(at)) {
        Some(size) if *size <= left => {
            left -= size;
            true
        }
        _ => false,
    };
    while high < end {
        if !fits(Some(high)) {
            return (low, high);
        }
        high += 1;
    }
    loop {
        let right = fits(Some(high));
        high += usize::from(right);
        let before = fits(low.checked_sub(1));
        low -= usize::from(before);
        if !right && !before {
            return (low, high);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(line: &str, column: usize, meant: usize, width: usize) -> (String, usize, usize) {
        let shown = shown(line, column, meant, width);
        (shown.text, shown.before, shown.carets)
    }

    #[test]
    fn a_line_that_fits_is_whole() {
        assert_eq!(at("ARG A=1", 7, 1, 80), ("ARG A=1".to_owned(), 6, 1));
        assert_eq!(at("", 1, 1, 80), (String::new(), 0, 1));
        assert_eq!(at("abc", 4, 3, 80), ("abc".to_owned(), 3, 1));
        assert_eq!(at("abc", 900, 900, 80), ("abc".to_owned(), 3, 1));
    }

    #[test]
    fn a_long_line_is_cut_around_what_is_meant() {
        let line = "abcdefghijklmnopqrstuvwxyz";
        assert_eq!(at(line, 13, 2, 16), ("…ghijklmnopqrst…".to_owned(), 7, 2));
        assert_eq!(at(line, 1, 1, 16), ("abcdefghijklmn…".to_owned(), 0, 1));
        assert_eq!(at(line, 26, 1, 16), ("…mnopqrstuvwxyz".to_owned(), 14, 1));
        assert_eq!(at(line, 3, 20, 16), ("…cdefghijklmnop…".to_owned(), 1, 14));
    }

    #[test]
    fn carets_stand_under_what_is_shown_not_under_what_was_read() {
        assert_eq!(at("a\u{1b}b", 3, 1, 80), ("a\\u{1b}b".to_owned(), 7, 1));
        assert_eq!(at("日\tx", 3, 1, 80), ("日 x".to_owned(), 3, 1));
    }

    #[test]
    fn a_line_of_a_million_characters_is_measured_only_around_what_is_meant() {
        let line = "abcde ".repeat(200_000);
        let began = std::time::Instant::now();
        for column in (1..10_000).step_by(10) {
            assert_eq!(at(&line, column, 5, 80).0.chars().count(), 80 - usize::from(column < 39));
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn no_line_is_wider_than_asked(
            line in "(\\PC|\t|\r|[a-z日\u{301}\u{202e}\u{1b}]){0,60}",
            column in 0usize..80, meant in 0usize..80, width in 16usize..70,
        ) {
            let got = shown(&line, column, meant, width);
            prop_assert!(columns(&got.text) <= width);
            prop_assert!(got.carets >= 1 && got.before + got.carets <= width + 1);
            prop_assert_eq!(visible(&got.text), got.text.as_str());
        }
    }
}
