//! Paths inside a user's folder, safe to join to its root.
//!
//! For everything that a manifest, a lock, an archive or a tree names. Not a walk: whether a
//! symlink stands on the way is the disk floor's question.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization as _;

use super::text::{quoted, visible};

/// A relative path of plain components with `/` between them: no `..`, no `.`, no empty
/// component, no control or bidi character, no component that names `.git` on any file system, and
/// none that Windows reserves. At most 1,024 bytes, 255 a component.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(String);

/// Why a text is no [`RelPath`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a safe relative path: {reason}", quoted(.text))]
pub struct PathError {
    text: String,
    reason: &'static str,
}

const RESERVED: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2",
    "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

fn fault(component: &str) -> Option<&'static str> {
    let folded: String = component.nfc().flat_map(char::to_lowercase).collect();
    let stem = folded.split(['.', ':']).next().unwrap_or_default();
    if component.is_empty() {
        return Some("it has an empty component");
    }
    if component == "." || component == ".." {
        return Some("`.` and `..` are not allowed");
    }
    if component.len() > 255 {
        return Some("a component is longer than 255 bytes");
    }
    if visible(component) != component {
        return Some("it holds a control, bidi or invisible character");
    }
    if component.contains(['\\', ':']) {
        return Some("`\\` and `:` are not allowed");
    }
    if component.ends_with(['.', ' ']) {
        return Some("a component ends in a dot or a blank");
    }
    if folded == ".git" || folded.starts_with("git~") {
        return Some("it names a git folder");
    }
    if RESERVED.contains(&stem) {
        return Some("it is a reserved device name");
    }
    None
}

impl RelPath {
    /// The path as written, with `/` between its components.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path below a root.
    #[must_use]
    pub fn under(&self, root: &Path) -> PathBuf {
        root.join(&self.0)
    }
}

impl FromStr for RelPath {
    type Err = PathError;
    fn from_str(text: &str) -> Result<Self, PathError> {
        let error = |reason| PathError { text: text.to_owned(), reason };
        if text.is_empty() {
            return Err(error("it is empty"));
        }
        if text.starts_with('/') || text.starts_with('~') {
            return Err(error("it is not relative"));
        }
        if text.len() > 1024 {
            return Err(error("it is longer than 1,024 bytes"));
        }
        match text.split('/').find_map(fault) {
            Some(reason) => Err(error(reason)),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Finds paths that some file system would take for the same: equal after NFC and case folding.
#[derive(Default, Debug)]
pub struct Twins(BTreeMap<String, String>);

impl Twins {
    /// Notes a path; returns the earlier, differently spelt one that it would collide with.
    pub fn note(&mut self, path: &str) -> Option<&str> {
        let folded: String = path.nfc().flat_map(char::to_lowercase).collect();
        let first = self.0.entry(folded).or_insert_with(|| path.to_owned());
        (first != path).then_some(first.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_paths_are_refused() {
        for bad in [
            "",
            "/etc/passwd",
            "~/x",
            "a/../b",
            "./a",
            "a//b",
            "a/",
            ".git/config",
            "x/.GIT/hooks",
            "git~1",
            "a\\b",
            "c:x",
            "a\r",
            "nul",
            "COM1.txt",
            "a.",
            "a ",
            ".g\u{200c}it/config",
            "x\u{202e}y",
        ] {
            assert!(bad.parse::<RelPath>().is_err(), "{bad:?}");
        }
        for good in ["Dockerfile", "context/src/coredns.tar", ".gitattributes", "a b/c", "é"] {
            assert!(good.parse::<RelPath>().is_ok(), "{good:?}");
        }
    }

    #[test]
    fn twins_by_case_and_by_normal_form() {
        let mut twins = Twins::default();
        assert_eq!(twins.note("a/É"), None);
        assert_eq!(twins.note("a/É"), None);
        assert_eq!(twins.note("A/e\u{301}"), Some("a/É"));
    }
}
