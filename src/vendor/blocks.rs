//! The marked blocks of .gitattributes and .gitignore: git converts no vendored byte, and leaves
//! out what is not to be tracked.
//!
//! For `refresh`, which keeps them, and for `verify`, which demands them. What stands outside the
//! two markers is the user's: no byte of it changes, and a block stays where the user moved it.

use std::ops::Range;

use super::{Placement, is_below};
use crate::lock;
use crate::manifest::Manifest;
use crate::model::RelPath;

const BEGIN: &str = "# dubo-pin begin";
const END: &str = "# dubo-pin end";

/// What a line of a block is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// One file.
    File(RelPath),
    /// Everything in a folder.
    Folder(RelPath),
}

/// What git shall know of the vendored files: the tracked ones, and those that are not.
#[must_use]
pub fn named(manifest: &Manifest, placements: &[Placement]) -> (Vec<Named>, Vec<Named>) {
    let (mut tracked, mut untracked) = (Vec::new(), Vec::new());
    for placement in placements {
        let vendor = manifest.pins.get(&placement.pin).and_then(|p| p.vendor.as_ref());
        let folder = vendor.filter(|v| v.value.is_folder()).and_then(|v| v.value.template().as_str().parse().ok());
        let named = match folder {
            Some(folder) => Named::Folder(folder),
            None => Named::File(placement.path.clone()),
        };
        if placement.track { &mut tracked } else { &mut untracked }.push(named);
    }
    for list in [&mut tracked, &mut untracked] {
        list.sort();
        list.dedup();
    }
    (tracked, untracked)
}

/// A path as a pattern that matches itself alone: anchored, with git's wildcards escaped
/// (gitignore(5)). The `/` at its head also keeps `!` and `#` from meaning anything.
fn pattern(named: &Named, end: &str) -> String {
    let (path, end) = match named {
        Named::File(path) => (path, ""),
        Named::Folder(path) => (path, end),
    };
    let mut out = String::from("/");
    for c in path.as_str().chars() {
        if matches!(c, '*' | '?' | '[' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push_str(end);
    out
}

/// A line of .gitattributes; a pattern with blanks is quoted in C style (gitattributes(5)).
fn attribute_line(named: &Named) -> String {
    let pattern = pattern(named, "/**");
    if !pattern.contains(' ') {
        return format!("{pattern} -text -ident -diff");
    }
    let quoted = pattern.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{quoted}\" -text -ident -diff")
}

fn ignore_line(named: &Named) -> String {
    pattern(named, "/")
}

/// .gitattributes as it should be: with nothing vendored and no block, as it is.
#[must_use]
pub fn attributes(existing: &[u8], tracked: &[Named]) -> Vec<u8> {
    if tracked.is_empty() && blocks(existing).is_empty() {
        return existing.to_vec();
    }
    let mut lines = vec![format!("{} text eol=lf", lock::FILE)];
    lines.extend(tracked.iter().map(attribute_line));
    with_block(existing, &lines)
}

/// .gitignore as it should be: without anything to ignore, without a block.
#[must_use]
pub fn ignores(existing: &[u8], untracked: &[Named]) -> Vec<u8> {
    let lines: Vec<String> = untracked.iter().map(ignore_line).collect();
    with_block(existing, &lines)
}

/// Byte ranges of whole lines, each with its end.
fn lines(text: &[u8]) -> impl Iterator<Item = (Range<usize>, &[u8])> {
    let mut start = 0;
    text.split_inclusive(|b| *b == b'\n').map(move |line| {
        let range = start..start + line.len();
        start = range.end;
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        (range, bare.strip_suffix(b"\r").unwrap_or(bare))
    })
}

/// The blocks: from a begin to the next end. A marker without its other marks nothing.
fn blocks(text: &[u8]) -> Vec<Range<usize>> {
    let (mut found, mut begun) = (Vec::new(), None);
    for (range, line) in lines(text) {
        if line == BEGIN.as_bytes() {
            begun = Some(range.start);
        } else if line == END.as_bytes()
            && let Some(start) = begun.take()
        {
            found.push(start..range.end);
        }
    }
    found
}

/// The text with one block of these lines, in place of the first that is there, or at the end;
/// without one if there are no lines. Lines end as the block's did, or as the text's first.
fn with_block(existing: &[u8], content: &[String]) -> Vec<u8> {
    let blocks = blocks(existing);
    let at = blocks.first().map_or(existing.len()..existing.len(), Clone::clone);
    let sample = if at.is_empty() { Some(existing) } else { existing.get(at.clone()) };
    let first = sample.unwrap_or_default().split_inclusive(|b| *b == b'\n').next().unwrap_or_default();
    let newline: &[u8] = if first.ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
    let mut out = existing.get(..at.start).unwrap_or_default().to_vec();
    if !content.is_empty() {
        if !out.is_empty() && !out.ends_with(b"\n") {
            out.extend(newline);
        }
        let all = [BEGIN].into_iter().chain(content.iter().map(String::as_str)).chain([END]);
        for line in all {
            out.extend(line.as_bytes());
            out.extend(newline);
        }
    }
    // A second block, as a merge can leave one, goes.
    let mut rest = at.end;
    for block in blocks.iter().skip(1) {
        out.extend(existing.get(rest..block.start).unwrap_or_default());
        rest = block.end;
    }
    out.extend(existing.get(rest..).unwrap_or_default());
    out
}

/// The paths that the marked blocks name: those that an earlier dubo-pin chose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    lines: std::collections::BTreeSet<String>,
}

impl Listed {
    /// Reads the blocks of .gitattributes and .gitignore; of a file that is not there, no bytes.
    #[must_use]
    pub fn read(attributes: &[u8], ignores: &[u8]) -> Self {
        let of = |text: &[u8]| {
            let all = blocks(text).into_iter().flat_map(|block| {
                let inside = text.get(block).unwrap_or_default();
                lines(inside).map(|(_, line)| String::from_utf8_lossy(line).into_owned()).collect::<Vec<_>>()
            });
            all.collect::<Vec<String>>()
        };
        Self { lines: of(attributes).into_iter().chain(of(ignores)).collect() }
    }

    /// Whether a block names the file, or a folder that holds it.
    #[must_use]
    pub fn contains(&self, path: &RelPath) -> bool {
        let names = |n: &Named| self.lines.contains(&attribute_line(n)) || self.lines.contains(&ignore_line(n));
        let folders = super::prefixes(path.as_str()).filter(|p| is_below(path.as_str(), p));
        names(&Named::File(path.clone()))
            || folders.filter_map(|p| p.parse().ok()).any(|p: RelPath| names(&Named::Folder(p)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(path: &str) -> Named {
        Named::File(path.parse().unwrap())
    }

    fn folder(path: &str) -> Named {
        Named::Folder(path.parse().unwrap())
    }

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_block_is_made_at_the_end_and_kept_where_the_user_put_it() {
        let named = [folder("context/debs"), file("context/x.tar")];
        let made = attributes(b"*.png binary", &named);
        let block = "# dubo-pin begin\npins.lock text eol=lf\n/context/debs/** -text -ident -diff\n/context/x.tar -text -ident -diff\n# dubo-pin end\n";
        assert_eq!(text(made), format!("*.png binary\n{block}"));
        let moved = format!("{block}*.png binary");
        assert_eq!(text(attributes(moved.as_bytes(), &named)), moved);
        let fewer = text(attributes(moved.as_bytes(), &[]));
        assert_eq!(fewer, "# dubo-pin begin\npins.lock text eol=lf\n# dubo-pin end\n*.png binary");
        assert_eq!(attributes(b"x", &[]), b"x");
        assert_eq!(text(ignores(b"", &named)), "# dubo-pin begin\n/context/debs/\n/context/x.tar\n# dubo-pin end\n");
        assert_eq!(ignores(b"a\n# dubo-pin begin\n/x\n# dubo-pin end\nb", &[]), b"a\nb");
    }

    #[test]
    fn crlf_is_kept() {
        let made = text(attributes(b"*.png binary\r\n", &[file("x")]));
        assert_eq!(
            made,
            "*.png binary\r\n# dubo-pin begin\r\npins.lock text eol=lf\r\n/x -text -ident -diff\r\n# dubo-pin end\r\n"
        );
        assert_eq!(text(attributes(made.as_bytes(), &[file("x")])), made);
    }

    #[test]
    fn a_marker_without_its_other_marks_nothing_and_a_second_block_goes() {
        let open = b"# dubo-pin begin\nmine\n";
        assert_eq!(text(ignores(open, &[file("x")])), "# dubo-pin begin\nmine\n# dubo-pin begin\n/x\n# dubo-pin end\n");
        let once = ignores(open, &[file("x")]);
        assert_eq!(ignores(&once, &[file("x")]), once);
        let two = b"# dubo-pin begin\n/a\n# dubo-pin end\nmine\n# dubo-pin begin\n/b\n# dubo-pin end\nend\n";
        assert_eq!(text(ignores(two, &[file("x")])), "# dubo-pin begin\n/x\n# dubo-pin end\nmine\nend\n");
    }

    #[test]
    fn blanks_are_quoted_and_wildcards_escaped() {
        assert_eq!(attribute_line(&file("a b/\"c\"[1].tar")), "\"/a b/\\\"c\\\"\\\\[1].tar\" -text -ident -diff");
        assert_eq!(attribute_line(&file("!a*?")), "/!a\\*\\? -text -ident -diff");
        assert_eq!(ignore_line(&file("#a [b]")), "/#a \\[b]");
        assert_eq!(ignore_line(&folder("a")), "/a/");
    }

    #[test]
    fn what_a_block_names_is_listed_and_nothing_else() {
        let attributes = attributes(b"/y -text -ident -diff\n", &[file("a b"), folder("d")]);
        let listed = Listed::read(&attributes, &ignores(b"", &[file("u"), folder("e/f")]));
        let has = |path: &str| listed.contains(&path.parse().unwrap());
        assert!(["a b", "d/x", "d/x/y", "u", "e/f/g"].into_iter().all(has));
        assert!(!["y", "d", "e/x", "a", "dd/x"].into_iter().any(has));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        /// Whatever the user's file is: made once it stays, and what is outside is kept.
        #[test]
        fn a_block_changes_nothing_of_the_users(
            before in "([a-z#/ *]{0,9}(\r?\n|# dubo-pin (begin|end)\n)){0,6}[a-z]{0,3}",
            paths in proptest::collection::vec("[a-z][a-z *?\\[\"]{0,4}[a-z]", 1..4),
        ) {
            let named: Vec<Named> = paths.iter().map(|p| file(p)).collect();
            for edit in [attributes, ignores] {
                let once = edit(before.as_bytes(), &named);
                prop_assert_eq!(edit(&once, &named), once.clone());
                if blocks(before.as_bytes()).is_empty() {
                    prop_assert!(once.starts_with(before.as_bytes()));
                    let bare = ignores(&once, &[]);
                    prop_assert_eq!(bare.strip_suffix(b"\n").unwrap_or(&bare).strip_suffix(b"\r").unwrap_or(bare.strip_suffix(b"\n").unwrap_or(&bare)),
                        before.as_bytes().strip_suffix(b"\n").unwrap_or(before.as_bytes()).strip_suffix(b"\r").unwrap_or(before.as_bytes().strip_suffix(b"\n").unwrap_or(before.as_bytes())));
                }
                let listed = Listed::read(&once, b"");
                prop_assert!(paths.iter().all(|p| listed.contains(&p.parse().unwrap())));
            }
        }
    }
}
