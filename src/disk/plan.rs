//! A set of changes to files, as data: to be shown as a diff, or applied as one.
//!
//! For `refresh`, which builds it, `--dry-run`, which shows it, and `apply`, which writes it.

use std::time::Duration;

use crate::model::{FileChange, RelPath};

/// What one file was when it was read, and what it shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub path: RelPath,
    /// Its bytes when it was read; `None` if it was not there.
    pub before: Option<Vec<u8>>,
    /// Its bytes to be; `None` if it shall go.
    pub after: Option<Vec<u8>>,
    /// Whether a new file gets 0755 and not 0644. A file that is there keeps its permissions.
    pub executable: bool,
}

impl Change {
    /// A change of a plain file.
    #[must_use]
    pub fn new(path: RelPath, before: Option<Vec<u8>>, after: Option<Vec<u8>>) -> Self {
        Self { path, before, after, executable: false }
    }
}

/// Changes, none of which leaves its file as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    changes: Vec<Change>,
}

/// Longer than this, a file is not compared line by line.
const DIFF_CAP: usize = 1024 * 1024;
/// After this, a diff may be longer than it need be.
const DIFF_TIME: Duration = Duration::from_secs(1);

impl Plan {
    /// A plan of these changes; those that change nothing are dropped.
    #[must_use]
    pub fn new(changes: impl IntoIterator<Item = Change>) -> Self {
        let mut plan = Self::default();
        changes.into_iter().for_each(|c| plan.push(c));
        plan
    }

    /// Adds a change, unless it changes nothing.
    pub fn push(&mut self, change: Change) {
        if change.before != change.after {
            self.changes.push(change);
        }
    }

    /// The changes, in the order in which they were added.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Each change as a unified diff with three lines of context, bytes as they are: a line that
    /// ends in CRLF does so here. What is not text, or over 1 MiB, is named by its size alone.
    #[must_use]
    pub fn diff(&self) -> Vec<FileChange> {
        self.changes.iter().map(|change| FileChange { path: change.path.to_string(), diff: unified(change) }).collect()
    }
}

/// The text of a file, if it is one that a diff can show.
fn text(bytes: Option<&[u8]>) -> Option<&str> {
    let bytes = bytes.unwrap_or_default();
    if bytes.len() > DIFF_CAP || bytes.contains(&0) {
        return None;
    }
    std::str::from_utf8(bytes).ok()
}

fn unified(change: &Change) -> String {
    let side = |letter, bytes: &Option<Vec<u8>>| match bytes {
        Some(_) => format!("{letter}/{}", change.path),
        None => "/dev/null".to_owned(),
    };
    let (a, b) = (side('a', &change.before), side('b', &change.after));
    let (Some(old), Some(new)) = (text(change.before.as_deref()), text(change.after.as_deref())) else {
        let size = |bytes: &Option<Vec<u8>>| match bytes {
            Some(bytes) => format!("{} bytes", bytes.len()),
            None => "nothing".to_owned(),
        };
        return format!("--- {a}\n+++ {b}\nBinary or long: {} -> {}\n", size(&change.before), size(&change.after));
    };
    // Cut at LF alone: a CR inside a line is a character of that line.
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let diff = similar::TextDiff::configure().timeout(DIFF_TIME).newline_terminated(true).diff_slices(&old, &new);
    let shown = diff.unified_diff().context_radius(3).header(&a, &b).to_string();
    if shown.is_empty() {
        // An empty file comes or goes.
        return format!("--- {a}\n+++ {b}\n");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn change(before: Option<&str>, after: Option<&str>) -> Change {
        let bytes = |t: Option<&str>| t.map(|t| t.as_bytes().to_vec());
        Change::new("d/f".parse().unwrap(), bytes(before), bytes(after))
    }

    fn diff(before: Option<&str>, after: Option<&str>) -> String {
        unified(&change(before, after))
    }

    #[test]
    fn identical_bytes_are_dropped() {
        let plan = Plan::new([change(Some("x"), Some("x")), change(None, None)]);
        assert!(plan.is_empty());
        let plan = Plan::new([change(Some("x"), Some("y")), change(None, Some(""))]);
        assert_eq!(plan.changes().len(), 2);
    }

    #[test]
    fn a_diff_has_three_lines_of_context() {
        let old = "1\n2\n3\n4\nARG A=1\n6\n7\n8\n9\n";
        let new = old.replace("A=1", "A=2");
        let expected = "--- a/d/f\n+++ b/d/f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-ARG A=1\n+ARG A=2\n 6\n 7\n 8\n";
        assert_eq!(diff(Some(old), Some(&new)), expected);
        let plan = Plan::new([change(Some(old), Some(&new))]);
        assert_eq!(plan.diff()[0].path, "d/f");
        assert_eq!(plan.diff()[0].diff, expected);
    }

    #[test]
    fn carriage_returns_and_a_missing_last_newline_are_told() {
        assert_eq!(
            diff(Some("a\r\nb\rc\r\n"), Some("a\nb\rc\r\n")),
            "--- a/d/f\n+++ b/d/f\n@@ -1,2 +1,2 @@\n-a\r\n+a\n b\rc\r\n"
        );
        assert_eq!(
            diff(Some("a"), Some("a\n")),
            "--- a/d/f\n+++ b/d/f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"
        );
    }

    #[test]
    fn a_file_that_comes_or_goes_or_is_no_text() {
        assert_eq!(diff(None, Some("a\n")), "--- /dev/null\n+++ b/d/f\n@@ -0,0 +1 @@\n+a\n");
        assert_eq!(diff(Some("a\n"), None), "--- a/d/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n");
        assert_eq!(diff(None, Some("")), "--- /dev/null\n+++ b/d/f\n");
        assert_eq!(diff(Some("a\0"), None), "--- a/d/f\n+++ /dev/null\nBinary or long: 2 bytes -> nothing\n");
        let long = "x".repeat(DIFF_CAP + 1);
        assert_eq!(diff(Some("a"), Some(&long)), "--- a/d/f\n+++ b/d/f\nBinary or long: 1 bytes -> 1048577 bytes\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        /// Of files so short that the context spans them all: the lines with `-` and those with `+`, each with the context, are what was and will be.
        #[test]
        fn a_diff_loses_no_line(old in "([ab]\r?\n){0,4}", new in "([ab]\r?\n){0,4}") {
            prop_assume!(old != new);
            let shown = diff(Some(&old), Some(&new));
            let side = |sign: char| -> String {
                shown.split_inclusive('\n').skip(3)
                    .filter(|l| l.starts_with([' ', sign]))
                    .filter_map(|l| l.get(1..)).collect()
            };
            prop_assert_eq!(side('-'), old);
            prop_assert_eq!(side('+'), new);
        }
    }
}
