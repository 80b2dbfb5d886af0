//! Which names and link targets may stand in a tree.
//!
//! For `build`. Stricter than git, which lets a tree hold whatever its author's system could
//! write. Pure.

use unicode_normalization::UnicodeNormalization as _;

use crate::model::visible;
use crate::remote::git::tree_name;

/// The longest name, in bytes, that file systems hold.
const LONGEST_NAME: usize = 255;

/// The longest path and link target, in bytes.
pub(super) const LONGEST_PATH: usize = 4095;

/// A name in a tree, if it is one that does no harm on any file system. `link` says that it is a
/// symlink's.
pub(super) fn name(bytes: &[u8], link: bool) -> Result<&str, &'static str> {
    let Ok(name) = std::str::from_utf8(bytes) else {
        return Err("its name is not UTF-8");
    };
    // Some of git's own rules ignore invisible characters: a `.git` with one in it is told as such.
    tree_name(bytes, link)?;
    if name.len() > LONGEST_NAME {
        return Err("its name is longer than 255 bytes");
    }
    if visible(name) != name {
        return Err("its name holds a control, bidi or invisible character");
    }
    for part in name.split('\\') {
        let folded = fold(part);
        let bare = folded.trim_end_matches(['.', ' ']);
        // `..` behind a backslash, `.git` behind one, `git~2` where `git~1` is taken.
        if name != part && (part == "." || part == "..") {
            return Err("a backslash in it leads to another folder");
        }
        if bare == ".git" || bare.starts_with(".git:") || short_git(bare) {
            return Err("it names a git folder");
        }
    }
    if name.contains(":$") {
        return Err("it names a stream of NTFS");
    }
    Ok(name)
}

/// `git~1` and its like, under which some file systems know `.git`.
fn short_git(name: &str) -> bool {
    let digits = name.strip_prefix("git~").map(|rest| rest.split(['.', ':', ' ']).next().unwrap_or_default());
    digits.is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
}

/// What some file system would take for the same name.
pub(super) fn fold(name: &str) -> String {
    // Folding can undo the normal form.
    name.nfc().flat_map(char::to_lowercase).nfc().collect()
}

/// A symlink's target, if it stays within the tree. `depth` is how many folders the link lies in.
pub(super) fn target(bytes: &[u8], depth: usize) -> Result<(), &'static str> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err("its target is not UTF-8");
    };
    if text.is_empty() {
        return Err("its target is empty");
    }
    if text.len() > LONGEST_PATH {
        return Err("its target is longer than 4,095 bytes");
    }
    if visible(text) != text {
        return Err("its target holds a control, bidi or invisible character");
    }
    if text.starts_with('/') {
        return Err("its target is absolute");
    }
    let (mut left, mut descended) = (depth, false);
    for part in text.split('/') {
        match part {
            "" | "." => {}
            // What comes before may be a link itself, so that `..` would leave from elsewhere.
            ".." if descended => return Err("its target goes down and up again"),
            ".." => left = left.checked_sub(1).ok_or("its target leads out of the tree")?,
            part => {
                name(part.as_bytes(), false).map_err(|_| "its target holds a name that is not taken")?;
                descended = true;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_dot_git_is_refused() {
        for bad in [
            ".git",
            ".GIT",
            ".Git",
            "git~1",
            "GIT~1",
            "git~2",
            "GIT~1.",
            ".git.",
            ".git ",
            ".git . .",
            ".git::$INDEX_ALLOCATION",
            ".git:x",
            ".g\u{200c}it",
            ".gi\u{feff}t",
            ".git\\hooks",
            "a\\.git\\hooks",
            "x\\GIT~1",
        ] {
            assert_eq!(name(bad.as_bytes(), false), Err("it names a git folder"), "{bad:?}");
        }
        assert_eq!(name(b".gitmodules", true), Err("`.gitmodules` may not be a symlink"));
        assert_eq!(name(b".GITMOD~1", true), Ok(".GITMOD~1"));
        assert_eq!(name(b"GITMOD~1", true), Err("`.gitmodules` may not be a symlink"));
    }

    #[test]
    fn names_that_hide_or_lead_away_are_refused() {
        let control = "its name holds a control, bidi or invisible character";
        for (bad, why) in [
            (&b"a\r"[..], control),
            (b"a\n", control),
            (b"a\x1b[2J", control),
            (b"a\x7f", control),
            ("a\u{202e}b".as_bytes(), control),
            ("a\u{200d}b".as_bytes(), control),
            (b"a\xff", "its name is not UTF-8"),
            (b"", "it is empty"),
            (b".", "`.` and `..` are not allowed"),
            (b"..", "`.` and `..` are not allowed"),
            (b"a/b", "it is no name of a file"),
            (b"a\\..\\b", "a backslash in it leads to another folder"),
            (b"a::$INDEX_ALLOCATION", "it names a stream of NTFS"),
            (b"a:$DATA", "it names a stream of NTFS"),
        ] {
            assert_eq!(name(bad, false), Err(why), "{bad:?}");
        }
        assert!(name(&[b'a'; 256], false).is_err() && name(&[b'a'; 255], false).is_ok());
    }

    #[test]
    fn names_of_real_trees_are_taken() {
        for good in [
            ".gitignore",
            ".gitattributes",
            ".gitmodules",
            ".github",
            "git",
            "git~",
            "git~x",
            "aux.c",
            "a b",
            "é",
            "日本",
            "-",
            "a:b",
            "x\\x2dy",
            "#",
            "con",
            "...",
            "a.",
        ] {
            assert_eq!(name(good.as_bytes(), false), Ok(good));
        }
    }

    #[test]
    fn a_link_stays_within_the_tree() {
        for (good, depth) in [("a", 0), ("a/b", 0), ("../a", 1), ("../../a/b", 2), ("./a", 0), ("..", 1), ("a//b/", 0)]
        {
            assert_eq!(target(good.as_bytes(), depth), Ok(()), "{good}");
        }
        let out = "its target leads out of the tree";
        for (bad, depth, why) in [
            ("/etc/passwd", 3, "its target is absolute"),
            ("..", 0, out),
            ("../../a", 1, out),
            ("./../a", 0, out),
            ("a/../../../b", 1, "its target goes down and up again"),
            ("", 0, "its target is empty"),
            (".git/hooks", 0, "its target holds a name that is not taken"),
            ("../.GIT", 1, "its target holds a name that is not taken"),
            ("a\nb", 0, "its target holds a control, bidi or invisible character"),
        ] {
            assert_eq!(target(bad.as_bytes(), depth), Err(why), "{bad:?}");
        }
        assert_eq!(target(b"\xff", 0), Err("its target is not UTF-8"));
    }

    #[test]
    fn twins_fold_to_the_same() {
        assert_eq!(fold("README"), fold("readme"));
        assert_eq!(fold("e\u{301}"), fold("É"));
        assert_ne!(fold("a"), fold("b"));
    }
}
