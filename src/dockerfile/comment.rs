//! The version that a comment above a pin tells: `# 1.0.4`, `# CoreDNS v1.6.6`.
//!
//! For `refresh`, which keeps it true, and for `verify` (GIT003), which asks whether it is. Only
//! the text of the version is ever touched.

use std::ops::Range;

use super::edit::Edit;
use super::instruction::{Command, Comment};
use super::locate::Located;
use super::parse::Dockerfile;
use crate::model::{Place, Token};

/// The names that people give to one pinned value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said<'a> {
    /// The tag, such as `v1.0.3`.
    pub tag: Option<&'a Token>,
    /// The version, such as `1.0.3`.
    pub version: Option<&'a Token>,
}

/// The edit that lets the comment of a pin tell the new tag or version where it tells the old one:
/// on the nearest line of its comment block that holds the old tag or, failing that, the old
/// version, as a whole word. `None`: no line does.
#[must_use]
pub fn retell(file: &Dockerfile, located: &Located, old: Said<'_>, new: Said<'_>) -> Option<Edit> {
    let pairs = [(old.tag, new.tag), (old.version, new.version)];
    for comment in block(file, located) {
        let text = text(file, comment);
        if commented_out(text) {
            continue;
        }
        for (old, new) in pairs {
            let (Some(old), Some(new)) = (old, new) else {
                continue;
            };
            let old = old.as_str().as_bytes();
            if let Some(at) = find(text, old) {
                let start = comment.span.start + at;
                return Some(Edit {
                    range: start..start + old.len(),
                    expected: old.to_vec(),
                    new: new.as_str().as_bytes().to_vec(),
                });
            }
        }
    }
    None
}

/// What the comment of a pin claims to be pinned: the nearest text of the form `1.2[.3…][-rc1]` in
/// its comment block, without a leading `v`. `None`: the block names no version, or the
/// instruction sets several values under one comment.
#[must_use]
pub fn claims(file: &Dockerfile, located: &Located) -> Option<(String, Place)> {
    let own = |a: &&super::Assignment| Some(a.instruction) == located.instruction;
    let inner = !inner(file, located).is_empty();
    if !inner && file.assignments().iter().filter(own).count() > 1 {
        return None;
    }
    for comment in block(file, located) {
        let text = text(file, comment);
        if commented_out(text) {
            continue;
        }
        if let Some(range) = version(text) {
            let said = String::from_utf8_lossy(text.get(range.clone())?).into_owned();
            let start = comment.span.start;
            return Some((said, file.place(start + range.start..start + range.end)));
        }
    }
    None
}

fn text<'a>(file: &'a Dockerfile, comment: &Comment) -> &'a [u8] {
    file.bytes().get(comment.span.clone()).unwrap_or_default()
}

/// Where the physical line of a value begins.
fn line_start(file: &Dockerfile, located: &Located) -> usize {
    let before = file.bytes().get(..located.cover.start).unwrap_or_default();
    before.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1)
}

/// The comment lines inside of the instruction, right above the value's own line, nearest first.
fn inner<'a>(file: &'a Dockerfile, located: &Located) -> Vec<&'a Comment> {
    let mut out = Vec::new();
    let mut below = line_start(file, located);
    let instruction = located.instruction.and_then(|i| file.instructions().get(i));
    for comment in instruction.iter().flat_map(|i| i.inner_comments.iter().rev()) {
        if comment.line.end == below {
            below = comment.line.start;
            out.push(comment);
        }
    }
    out
}

/// The comment lines that speak of a value, nearest first.
fn block<'a>(file: &'a Dockerfile, located: &Located) -> Vec<&'a Comment> {
    let inner = inner(file, located);
    if !inner.is_empty() {
        return inner;
    }
    let instruction = located.instruction.and_then(|i| file.instructions().get(i));
    let Some(instruction) = instruction else {
        return Vec::new();
    };
    let own = |a: &&super::Assignment| Some(a.instruction) == located.instruction;
    let first = line_start(file, located) <= instruction.span.start;
    if first || file.assignments().iter().filter(own).count() <= 1 {
        instruction.comments.iter().rev().collect()
    } else {
        Vec::new()
    }
}

/// Whether a comment is an instruction that was taken out, such as an older pin. Words that are
/// English too (`# from`, `# run`) count in upper case only.
fn commented_out(text: &[u8]) -> bool {
    let mut words = text.split(|b| b.is_ascii_whitespace() || *b == b'#').filter(|w| !w.is_empty());
    let (Some(word), second) = (words.next(), words.next()) else {
        return false;
    };
    match Command::read(word) {
        Some(Command::Arg | Command::Env) => {
            word.iter().all(u8::is_ascii_uppercase) || second.is_some_and(|w| w.contains(&b'='))
        }
        Some(_) => word.iter().all(u8::is_ascii_uppercase),
        None => false,
    }
}

/// The first place where a text holds a word as a whole.
fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    let fits =
        |at: usize| text.get(at..at + word.len()) == Some(word) && begins(text, at) && ends(text, at + word.len());
    (0..text.len()).find(|at| fits(*at))
}

/// Whether a version may begin here: not inside a word or number, but behind a `v`.
fn begins(text: &[u8], at: usize) -> bool {
    let back = |n: usize| at.checked_sub(n).and_then(|i| text.get(i)).copied();
    let digit = text.get(at).is_some_and(u8::is_ascii_digit);
    let (one, two) = (back(1), back(2));
    match one {
        None => true,
        Some(b'v' | b'V') => digit && !two.is_some_and(|b| b.is_ascii_alphanumeric()),
        Some(b'.' | b'+' | b'~') => false,
        Some(b'-' | b'_') => !two.is_some_and(|b| b.is_ascii_digit()),
        Some(b) => !b.is_ascii_alphanumeric(),
    }
}

/// Whether a version may end here: not before more of it.
fn ends(text: &[u8], at: usize) -> bool {
    let more = text.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
    match text.get(at) {
        None => true,
        Some(b'.' | b'-' | b'+' | b'~' | b'_') => !more,
        Some(b) => !b.is_ascii_alphanumeric(),
    }
}

/// The first version-like text that is not part of an address.
fn version(text: &[u8]) -> Option<Range<usize>> {
    let mut at = 0;
    for word in text.split(u8::is_ascii_whitespace) {
        let address = word.windows(3).any(|w| w == b"://");
        for start in at..at + word.len() {
            if address || !text.get(start)?.is_ascii_digit() || !begins(text, start) {
                continue;
            }
            let rest = text.get(start..at + word.len())?;
            let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            let dotted = rest.get(digits) == Some(&b'.') && rest.get(digits + 1).is_some_and(u8::is_ascii_digit);
            if !dotted {
                continue;
            }
            let part = |b: &&u8| b.is_ascii_alphanumeric() || b".-+~_".contains(*b);
            let len = rest.iter().take_while(part).count();
            let last = rest.get(..len)?.iter().rposition(u8::is_ascii_alphanumeric)?;
            return Some(start..start + last + 1);
        }
        at += word.len() + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::{Site, Target, apply, locate};
    use super::*;

    fn token(text: &str) -> Token {
        Token::new(text).unwrap()
    }

    fn found(text: &str, name: &str) -> (Dockerfile, Located) {
        let file = Dockerfile::parse("Dockerfile", text.as_bytes().to_vec()).unwrap();
        let site = Site {
            file: None,
            stage: None,
            platform: None,
            target: Target::Arg(name.to_owned()),
            value: None,
            all: false,
        };
        let located = locate(&file, &site).unwrap().remove(0);
        (file, located)
    }

    fn retold(text: &str, name: &str) -> Option<String> {
        let (file, located) = found(text, name);
        let (old, new) = ([token("v1.0.3"), token("1.0.3")], [token("v2.0.0"), token("2.0.0")]);
        let edit = retell(
            &file,
            &located,
            Said { tag: Some(&old[0]), version: Some(&old[1]) },
            Said { tag: Some(&new[0]), version: Some(&new[1]) },
        )?;
        let after = apply(file.bytes(), &[edit]).unwrap();
        Some(String::from_utf8(after).unwrap())
    }

    #[test]
    fn only_the_version_in_the_comment_changes() {
        for (before, after) in [
            ("# 1.0.3", "# 2.0.0"),
            ("# v1.0.3", "# v2.0.0"),
            ("# CoreDNS v1.0.3", "# CoreDNS v2.0.0"),
            ("# x: v1.0.3 (July 2020)", "# x: v2.0.0 (July 2020)"),
            ("# is 1.0.3.", "# is 2.0.0."),
            ("#1.0.3, not v1.0.3", "#1.0.3, not v2.0.0"),
            ("# x-1.0.3", "# x-2.0.0"),
            ("# refs/tags/1.0.3", "# refs/tags/2.0.0"),
            ("# 1.0.3\n#ARG X=1.0.3\n#ARG X=v1.0.3", "# 2.0.0\n#ARG X=1.0.3\n#ARG X=v1.0.3"),
            ("# v1.0.3\n# from 1.0.3 on", "# v1.0.3\n# from 2.0.0 on"),
        ] {
            let text = |comment: &str| format!("FROM a\n\n{comment}\nARG X=0\n");
            assert_eq!(retold(&text(before), "X"), Some(text(after)), "{before}");
        }
    }

    #[test]
    fn what_is_not_the_version_stays() {
        for before in [
            "# 1.0.30",
            "# 11.0.3",
            "# 1.0.3-rc1",
            "# 1.0.3.1",
            "# 1.0.3+b",
            "# a1.0.3",
            "# rev1.0.3",
            "# 0.1.0.3",
            "# v1.0.3-1",
            "# ARG X=1.0.3",
            "# v1.0.3\n",
            "# 1.0.3\nARG Y=1",
        ] {
            let text = format!("FROM a\n{before}\nARG X=0\n");
            assert_eq!(retold(&text, "X"), None, "{before}");
        }
    }

    #[test]
    fn a_comment_between_continued_lines_speaks_of_the_line_below() {
        let text = "FROM a\n# 1.0.3\nARG X=1 \\\n  # v1.0.3\n  Y=2\n";
        let after = text.replace("v1.0.3", "v2.0.0");
        assert_eq!(retold(text, "Y"), Some(after));
        let text = "FROM a\n# 1.0.3\nARG X=1 \\\n  Y=2\n";
        assert_eq!(retold(text, "Y"), None);
        assert_eq!(retold(text, "X"), Some(text.replace("1.0.3", "2.0.0")));
    }

    #[test]
    fn a_claim_is_the_nearest_version() {
        for (comment, said) in [
            ("# 1.0.4", Some("1.0.4")),
            ("# shairport-sync: v3.3.7 (July 2020)", Some("3.3.7")),
            ("# 1.0\n# words\n#ARG X=9.9", Some("1.0")),
            ("# 1.2.3-rc1, soon", Some("1.2.3-rc1")),
            ("# 1.2.3.", Some("1.2.3")),
            ("# see https://x.org/1.2.3", None),
            ("# since 2020", None),
            ("# 1.0\n\n", None),
        ] {
            let (file, located) = found(&format!("FROM a\n{comment}\nARG X=0\n"), "X");
            let claim = claims(&file, &located).map(|(text, _)| text);
            assert_eq!(claim.as_deref(), said, "{comment}");
        }
        let (file, located) = found("FROM a\n# is v1.2\nARG X=0\n", "X");
        let (_, place) = claims(&file, &located).unwrap();
        assert_eq!((place.line, place.column), (2, 7));
    }
}
