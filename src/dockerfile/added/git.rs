//! The repository and the ref of an ADD of git, as recent BuildKit reads its URL.
//!
//! For [`added`](super::added()). Nothing is asked of the repository.

use super::{HOLE, RemoteKind, Word, variable};

/// A URL in its parts: before `?` and `#`, the query, the fragment.
struct Parts<'a> {
    plain: &'a str,
    query: &'a str,
    fragment: &'a str,
}

/// Where a sign stands first that is not in the braces of a variable, as in `${V#v}`.
fn find(text: &str, sign: char) -> Option<usize> {
    let (mut depth, mut last) = (0usize, ' ');
    for (at, c) in text.char_indices() {
        match c {
            '{' if last == '$' || depth > 0 => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if c == sign && depth == 0 => return Some(at),
            _ => {}
        }
        last = c;
    }
    None
}

fn cut(text: &str, sign: char) -> (&str, &str) {
    let Some((before, behind)) = find(text, sign).and_then(|at| text.split_at_checked(at)) else { return (text, "") };
    (before, behind.strip_prefix(sign).unwrap_or_default())
}

fn parts(text: &str) -> Parts<'_> {
    let (before, fragment) = cut(text, '#');
    let (plain, query) = cut(before, '?');
    Parts { plain, query, fragment }
}

/// The commit, else the ref that a URL names.
fn reference(text: &str) -> Option<String> {
    let parts = parts(text);
    let asked = |names: &[&str]| {
        let mut pairs = parts.query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(name, _)| names.contains(name)).map(|(_, value)| value);
        value.filter(|v| !v.is_empty()).map(str::to_owned)
    };
    let (fragment, _) = cut(parts.fragment, ':');
    let fragment = Some(fragment.to_owned()).filter(|f| !f.is_empty());
    asked(&["commit", "checksum"]).or(fragment).or_else(|| asked(&["ref", "tag", "branch"]))
}

/// Reads an ADD of git.
pub(super) fn read(word: &Word, checksum: Option<&Word>) -> RemoteKind {
    let known = word.known();
    let plain = parts(known).plain;
    let plain = if plain.contains(HOLE) { parts(&word.written).plain } else { plain };
    let checksum = checksum.filter(|c| !c.known().is_empty());
    let (said, written) = match checksum {
        Some(checksum) => (Some(checksum.known().to_owned()), Some(checksum.written.clone())),
        None => (reference(known), reference(&word.written)),
    };
    let variable = written.as_deref().and_then(variable);
    let reference = said.and_then(|said| if said.contains(HOLE) { written } else { Some(said) });
    RemoteKind::Git { repository: plain.to_owned(), reference, variable }
}
