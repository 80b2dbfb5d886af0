//! What a `.gitattributes` would have changed, had it been applied; and pointers of Git LFS.
//!
//! For `write`. It matches no patterns: a note too many is better than one too few. Pure.

/// Attributes with which `git archive` writes other files, or other bytes.
const CHANGING: [&str; 4] = ["export-ignore", "export-subst", "ident", "working-tree-encoding"];

/// What one `.gitattributes` sets anywhere in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes {
    /// `filter=lfs`.
    pub(super) lfs: bool,
    /// Those that would have changed the tar, each once, in the order of their first use.
    pub(super) changing: Vec<String>,
}

/// Reads a `.gitattributes`.
pub(super) fn read(bytes: &[u8]) -> Attributes {
    let mut found = Attributes::default();
    for line in String::from_utf8_lossy(bytes).lines() {
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        for word in line.split_ascii_whitespace().skip(1) {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let told = match (name, value) {
                ("filter", "lfs") => {
                    found.lfs = true;
                    continue;
                }
                // Line ends are LF in the blobs already.
                ("eol", "crlf") | ("filter", _) => word.to_owned(),
                (name, _) if CHANGING.contains(&name) => name.to_owned(),
                _ => continue,
            };
            if !found.changing.contains(&told) {
                found.changing.push(told);
            }
        }
    }
    found
}

/// Whether a blob is the pointer that Git LFS stores instead of a file (git-lfs, docs/spec.md).
pub(super) fn is_pointer(bytes: &[u8]) -> bool {
    let heads = [&b"version https://git-lfs.github.com/spec/"[..], b"version https://hawser.github.com/spec/"];
    bytes.len() <= 1024
        && heads.iter().any(|head| bytes.starts_with(head))
        && bytes.split(|b| *b == b'\n').any(|line| line.starts_with(b"oid sha256:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_a_tar_is_told_and_the_rest_is_not() {
        let text = b"* text=auto eol=lf\n# a ident\n*.sh eol=crlf\n/doc export-ignore\nv export-subst ident\n\
            x -ident !export-ignore\n*.bin filter=lfs diff=lfs\n*.c filter=indent\n[attr]w working-tree-encoding=UTF-16\n";
        let found = read(text);
        assert!(found.lfs);
        assert_eq!(
            found.changing,
            ["eol=crlf", "export-ignore", "export-subst", "ident", "filter=indent", "working-tree-encoding"]
        );
        assert_eq!(read(b"*.md text diff=markdown -eol\n* -text\n\xff ident2"), Attributes::default());
    }

    #[test]
    fn a_pointer_is_told_from_a_text_about_pointers() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 5\n";
        assert!(is_pointer(pointer));
        assert!(!is_pointer(b"version https://git-lfs.github.com/spec/v1\nsize 5\n"));
        assert!(!is_pointer(&[b"See: ", &pointer[..]].concat()));
    }
}
