//! A set of changes to files, as data: to be shown as a diff, or applied as one.
//!
//! For `refresh`, which builds it, `--dry-run`, which shows it, and `apply`, which writes it.

use std::path::PathBuf;
use std::time::Duration;

use super::content::{Before, Content};
use crate::model::{FileChange, RelPath, Sha256};

/// What one file was when it was read, and what it shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub path: RelPath,
    /// What it was when it was read.
    pub before: Before,
    /// What it shall be; `None` if it shall go.
    pub after: Option<Content>,
    /// Who may read and run it afterwards.
    pub permissions: Permissions,
}

/// Who may read and run a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Permissions {
    /// As it was; 0644 for a new file.
    #[default]
    Keep,
    /// 0644.
    Plain,
    /// 0755.
    Executable,
}

impl Permissions {
    /// The mode that is set whatever the file had.
    pub(super) fn mode(self) -> Option<u16> {
        match self {
            Self::Keep => None,
            Self::Plain => Some(0o644),
            Self::Executable => Some(0o755),
        }
    }
}

impl Change {
    /// A change of a file whose bytes are in memory.
    #[must_use]
    pub fn new(path: RelPath, before: Option<Vec<u8>>, after: Option<Vec<u8>>) -> Self {
        Self { path, before: before.into(), after: after.map(Content::Bytes), permissions: Permissions::Keep }
    }

    /// A file that gets the bytes of a stored one, and 0755 or 0644. Where it has the bytes
    /// already, only its permissions are set.
    #[must_use]
    pub fn stored(
        path: RelPath,
        before: Before,
        (from, sha256, size): (PathBuf, Sha256, u64),
        executable: bool,
    ) -> Self {
        let permissions = if executable { Permissions::Executable } else { Permissions::Plain };
        Self { path, before, after: Some(Content::File { path: from, sha256, size }), permissions }
    }

    /// A file that goes, with the folders that it leaves empty.
    #[must_use]
    pub fn removed(path: RelPath, before: Before) -> Self {
        Self { path, before, after: None, permissions: Permissions::Keep }
    }

    /// Whether its bytes stay as they are.
    pub(super) fn keeps_bytes(&self) -> bool {
        match (&self.before, &self.after) {
            (Before::Bytes(before), Some(Content::Bytes(after))) => before == after,
            (before, after) => before.sha256() == after.as_ref().map(Content::sha256),
        }
    }

    /// Whether bytes of it lie outside memory.
    pub(super) fn is_stored(&self) -> bool {
        matches!(self.before, Before::Digest { .. }) || matches!(self.after, Some(Content::File { .. }))
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

    /// Adds a change, unless it changes nothing: neither bytes nor, where it says so, permissions.
    pub fn push(&mut self, change: Change) {
        let sets = change.permissions != Permissions::Keep && change.after.is_some();
        if sets || !change.keeps_bytes() {
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
    /// ends in CRLF does so here. What is not text, or over 1 MiB, is named by its size alone; what
    /// is stored, by size and digest.
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

/// A number with a comma after each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// One line for content that is no text to compare.
fn told(change: &Change) -> String {
    let path = &change.path;
    let size = |size: Option<u64>| grouped(size.unwrap_or_default());
    let (before, now) = (change.before.size(), change.after.as_ref().map(Content::size));
    let (was, is) = (change.before.sha256(), change.after.as_ref().map(Content::sha256));
    match (was, is) {
        (None, Some(is)) => format!("new file {path} ({} bytes, sha256 {is})\n", size(now)),
        (Some(was), None) => format!("removed file {path} ({} bytes, sha256 {was})\n", size(before)),
        (Some(was), Some(is)) if was == is => match change.permissions {
            Permissions::Executable => format!("{path} becomes executable\n"),
            _ => format!("{path} is no longer executable\n"),
        },
        (Some(was), Some(is)) => {
            let (before, now) = (size(before), size(now));
            format!("changed file {path} ({before} bytes, sha256 {was} -> {now} bytes, sha256 {is})\n")
        }
        (None, None) => String::new(),
    }
}

fn unified(change: &Change) -> String {
    let (before, after) = match (&change.before, &change.after) {
        _ if change.is_stored() || change.keeps_bytes() => return told(change),
        (Before::Bytes(before), Some(Content::Bytes(after))) => (Some(before.as_slice()), Some(after.as_slice())),
        (Before::Bytes(before), _) => (Some(before.as_slice()), None),
        (_, Some(Content::Bytes(after))) => (None, Some(after.as_slice())),
        _ => (None, None),
    };
    let side = |letter, bytes: Option<&[u8]>| match bytes {
        Some(_) => format!("{letter}/{}", change.path),
        None => "/dev/null".to_owned(),
    };
    let (a, b) = (side('a', before), side('b', after));
    let (Some(old), Some(new)) = (text(before), text(after)) else {
        let size = |bytes: Option<&[u8]>| match bytes {
            Some(bytes) => format!("{} bytes", bytes.len()),
            None => "nothing".to_owned(),
        };
        return format!("--- {a}\n+++ {b}\nBinary or long: {} -> {}\n", size(before), size(after));
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

    #[test]
    fn stored_content_is_named_by_size_and_digest() {
        let path = || "context/x.tar".parse::<RelPath>().unwrap();
        let (one, two) = (Sha256::of(b"abc"), Sha256::of(b""));
        let before = Before::Digest { sha256: two, size: 0 };
        let stored = |before, executable| Change::stored(path(), before, ("/s".into(), one, 1_234_567), executable);
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let none = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(
            unified(&stored(Before::Absent, false)),
            format!("new file context/x.tar (1,234,567 bytes, sha256 {abc})\n")
        );
        assert_eq!(
            unified(&stored(before.clone(), false)),
            format!("changed file context/x.tar (0 bytes, sha256 {none} -> 1,234,567 bytes, sha256 {abc})\n")
        );
        assert_eq!(
            unified(&Change::removed(path(), before)),
            format!("removed file context/x.tar (0 bytes, sha256 {none})\n")
        );
        let same = Before::Digest { sha256: one, size: 1_234_567 };
        assert_eq!(unified(&stored(same.clone(), true)), "context/x.tar becomes executable\n");
        assert_eq!(unified(&stored(same, false)), "context/x.tar is no longer executable\n");
        assert_eq!([0, 999, 1000, 12_345, 123_456].map(grouped), ["0", "999", "1,000", "12,345", "123,456"]);
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
