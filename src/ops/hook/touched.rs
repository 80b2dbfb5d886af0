//! Which members a commit touches, by the paths that it changes.
//!
//! For [`super::run`]. Pure: paths are from the top of the work tree, the top itself is the empty one.

use std::collections::{BTreeSet, HashSet};

use super::super::MANIFEST;
use crate::repository::FILE;

/// The folder and the name of a path.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Whether a path is below a folder.
pub(super) fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// All folders that hold one of these paths, each once.
pub(super) fn folders(paths: &[String]) -> HashSet<&str> {
    let mut seen = HashSet::new();
    for path in paths {
        let mut folder = split(path).0;
        // Those above one that was seen were seen with it.
        while seen.insert(folder) && !folder.is_empty() {
            folder = split(folder).0;
        }
    }
    seen
}

/// The members with a changed path below their folder; and where a manifest or a .gitattributes changed,
/// all below it, which may take over what it says, or be converted by it.
pub(super) fn touched(members: &BTreeSet<String>, staged: &[String]) -> BTreeSet<String> {
    let folders = folders(staged);
    let mut out: BTreeSet<String> = members.iter().filter(|m| folders.contains(m.as_str())).cloned().collect();
    let manifests: Vec<&str> =
        staged.iter().map(|p| split(p)).filter(|(_, n)| [MANIFEST, FILE].contains(n)).map(|(f, _)| f).collect();
    for above in &manifests {
        // An outer one covers what is below an inner one.
        let covered = |outer: &&str| is_below(above, outer) && outer != above;
        if !manifests.iter().any(covered) {
            out.extend(members.iter().filter(|m| is_below(m, above)).cloned());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|t| (*t).to_owned()).collect()
    }

    #[track_caller]
    fn check(members: &[&str], staged: &[&str], expected: &[&str]) {
        let members = all(members).into_iter().collect();
        assert_eq!(Vec::from_iter(touched(&members, &all(staged))), all(expected), "{staged:?}");
    }

    #[test]
    fn a_member_is_touched_by_whatever_is_below_its_manifest() {
        let members = ["a", "a/b", "ab", "c d"];
        check(&members, &["README", "other/pins.lock", "a-file"], &[]);
        check(&members, &["a/x/y/z"], &["a"]);
        check(&members, &["a/b/Dockerfile"], &["a", "a/b"]);
        check(&members, &["ab/x", "c d/x"], &["ab", "c d"]);
        // A file of a member's name.
        check(&members, &["a"], &[]);
        check(&["", "a"], &["README"], &[""]);
        check(&["", "a"], &["a/x"], &["", "a"]);
    }

    #[test]
    fn a_manifest_that_changes_touches_all_members_below_it() {
        check(&["", "a", "a/b", "ab"], &["pins.toml"], &["", "a", "a/b", "ab"]);
        check(&["", "a", "a/b", "ab"], &["a/pins.toml"], &["", "a", "a/b"]);
        // It may have been deleted.
        check(&["w/a", "w/b", "x"], &["w/pins.toml", "w/a/pins.toml"], &["w/a", "w/b"]);
        check(&["w/a", "w/b", "x"], &["w/.gitattributes"], &["w/a", "w/b"]);
    }
}
