//! The patterns of `${X#p}`, `${X%p}` and `${X/p/t}`: `*`, `?` and escaped signs.
//!
//! For the lexer. Not a glob over files: there are no bracket expressions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// `*`: any characters.
    Any,
    /// `?`: one character.
    One,
    /// This character.
    Is(char),
}

/// A pattern over characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Part>);

/// What matching may still cost, shared by all words of one Dockerfile: what a hostile file can make
/// us do is bounded.
#[derive(Clone, Debug)]
pub(super) struct Steps(Arc<AtomicUsize>);

impl Default for Steps {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(STEPS)))
    }
}

impl Steps {
    /// Takes some; false if there are not so many left, and then nothing is left.
    pub(super) fn take(&self, steps: usize) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(steps), Ordering::Relaxed);
        steps <= left
    }
}

const STEPS: usize = 1 << 24;

impl Pattern {
    /// Reads a pattern; `None` if it escapes something that needs no escape.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(text);
        let mut parts = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            parts.push(match c {
                '*' => Part::Any,
                '?' => Part::One,
                '\\' => match chars.next()? {
                    c @ ('*' | '?' | '\\' | '}' | '/') => Part::Is(c),
                    _ => return None,
                },
                c => Part::Is(c),
            });
        }
        Some(Self(parts))
    }

    /// How many characters of a text match from its start: the most or the fewest.
    /// Outer `None`: too many steps.
    fn prefix(parts: &[Part], text: &[char], longest: bool) -> Option<usize> {
        let mut ends = vec![false; text.len() + 1];
        if let Some(first) = ends.first_mut() {
            *first = true;
        }
        for part in parts {
            match part {
                Part::Any => {
                    let first = ends.iter().position(|e| *e)?;
                    for end in ends.iter_mut().skip(first) {
                        *end = true;
                    }
                }
                one => {
                    for i in (0..text.len()).rev() {
                        let fits = match one {
                            Part::Is(c) => text.get(i) == Some(c),
                            _ => true,
                        };
                        let from = ends.get(i).copied().unwrap_or_default();
                        if let Some(end) = ends.get_mut(i + 1) {
                            *end = from && fits;
                        }
                    }
                    if let Some(first) = ends.first_mut() {
                        *first = false;
                    }
                }
            }
        }
        if longest { ends.iter().rposition(|e| *e) } else { ends.iter().position(|e| *e) }
    }

    /// The text without what matches at its start; `None`: too long to match.
    pub(super) fn trim_start(&self, text: &str, longest: bool, steps: &Steps) -> Option<String> {
        let chars: Vec<char> = text.chars().collect();
        if !steps.take((self.0.len() + 1).saturating_mul(chars.len())) {
            return None;
        }
        let len = Self::prefix(&self.0, &chars, longest).unwrap_or(0);
        Some(chars.iter().skip(len).collect())
    }

    /// The text without what matches at its end; `None`: too long to match.
    pub(super) fn trim_end(&self, text: &str, longest: bool, steps: &Steps) -> Option<String> {
        let back = Self(self.0.iter().rev().copied().collect());
        let text: String = text.chars().rev().collect();
        let cut = back.trim_start(&text, longest, steps)?;
        Some(cut.chars().rev().collect())
    }

    /// The text with the first match, or each, replaced; `None`: too long to match.
    pub(super) fn replace(&self, text: &str, with: &str, all: bool, steps: &Steps) -> Option<String> {
        let chars: Vec<char> = text.chars().collect();
        let matching = (self.0.len() + 1).saturating_mul(chars.len()).saturating_mul(chars.len());
        if (chars.len() + 1).saturating_mul(with.len()) > STEPS || !steps.take(matching) {
            return None;
        }
        let (mut out, mut at, mut again, mut behind) = (String::new(), 0, true, false);
        while at <= chars.len() {
            let rest = chars.get(at..).unwrap_or_default();
            let found = again.then(|| Self::prefix(&self.0, rest, true)).flatten().filter(|len| *len > 0 || !behind);
            behind = false;
            if let Some(len) = found {
                out.push_str(with);
                again = all;
                if len > 0 {
                    at += len;
                    behind = true;
                    continue;
                }
            }
            out.extend(rest.first());
            at += 1;
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn shortest_and_longest_at_both_ends() {
        let trim = |p: &str, v: &str| {
            let p = pattern(p);
            [
                p.trim_start(v, false, &Steps::default()).unwrap(),
                p.trim_start(v, true, &Steps::default()).unwrap(),
                p.trim_end(v, false, &Steps::default()).unwrap(),
                p.trim_end(v, true, &Steps::default()).unwrap(),
            ]
        };
        assert_eq!(trim("*.", "a.b.c"), ["b.c", "c", "a.b.c", "a.b.c"]);
        assert_eq!(trim(".*", "a.b.c"), ["a.b.c", "a.b.c", "a.b", "a"]);
        assert_eq!(trim("a?", "abab"), ["ab", "ab", "ab", "ab"]);
        assert_eq!(trim("\\*", "*x*"), ["x*", "x*", "*x", "*x"]);
        assert_eq!(trim("z", "é"), ["é", "é", "é", "é"]);
    }

    #[test]
    fn the_first_match_or_each() {
        let p = pattern("b*b");
        assert_eq!(p.replace("abcbdb", "X", false, &Steps::default()).unwrap(), "aX");
        assert_eq!(pattern("b").replace("abab", "X", false, &Steps::default()).unwrap(), "aXab");
        assert_eq!(pattern("b").replace("abab", "X", true, &Steps::default()).unwrap(), "aXaX");
        assert_eq!(pattern("").replace("ab", "-", true, &Steps::default()).unwrap(), "-a-b-");
        assert_eq!(pattern("\\/").replace("a/b", "", true, &Steps::default()).unwrap(), "ab");
        assert_eq!(Pattern::parse(b"\\x"), None);
    }
}
