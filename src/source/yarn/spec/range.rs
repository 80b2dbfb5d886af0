//! npm's ranges of versions, as npm's own reader takes them.
//!
//! For `graph`, `check` and `version`. `nodejs_semver` reads some texts otherwise than npm does
//! (`~=2.1`, `>*`, `2 ||`), and what yarn passes over must not be found sound here. So a text is
//! first brought into a plain form, in which both agree; what npm reads nothing in is no range.

use std::fmt::Write as _;

use nodejs_semver::{Range, Version};

/// npm's largest number in a version.
const MOST: u64 = 9_007_199_254_740_991;
/// Longer texts are no ranges.
const LONGEST: usize = 4096;

/// Whether a version is in a range; an empty range holds every version. What is no version or no
/// range satisfies nothing.
#[must_use]
pub fn satisfies(version: &str, range: &str) -> bool {
    let Ok(version) = Version::parse(version) else { return false };
    range.trim().is_empty() || npm_range(range).is_some_and(|r| r.satisfies(&version))
}

/// Whether npm reads a range of versions in it; an empty text is one.
#[must_use]
pub fn is_range(text: &str) -> bool {
    npm_range(text).is_some()
}

/// The range that npm reads in a text.
#[must_use]
pub fn npm_range(text: &str) -> Option<Range> {
    if text.len() > LONGEST {
        return None;
    }
    let plain: Option<Vec<String>> = text.split("||").map(alternative).collect();
    Range::parse(plain?.join(" || ")).ok()
}

/// One alternative in plain form; an empty one is `*`.
fn alternative(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if let [low, "-", high] = words.as_slice() {
        return Some(format!("{} - {}", Partial::read(low)?.plain()?, Partial::read(high)?.plain()?));
    }
    let mut out = String::new();
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        // An operator may stand apart from what it is for.
        let (mut op, mut rest) = operator(word);
        while rest.is_empty() {
            let (more, after) = operator(words.next()?);
            // `~ >1` is `~>1`; no other two make one.
            op = match (op, more) {
                (op, "") => op,
                ("~", ">") => "~",
                _ => return None,
            };
            rest = after;
        }
        let part = Partial::read(rest)?;
        let blank = if out.is_empty() { "" } else { " " };
        match (op, &part.numbers) {
            // npm: below or above everything is nothing.
            ("<" | ">", [None, ..]) => write!(out, "{blank}<0.0.0-0").ok()?,
            (_, [None, ..]) => write!(out, "{blank}*").ok()?,
            ("=", _) => write!(out, "{blank}{}", part.plain()?).ok()?,
            _ => write!(out, "{blank}{op}{}", part.plain()?).ok()?,
        }
    }
    Some(if out.is_empty() { "*".to_owned() } else { out })
}

/// The operator at the head of a word, and the rest without the `v` and `=` that npm passes over.
fn operator(word: &str) -> (&'static str, &str) {
    let found = [("~>", "~"), (">=", ">="), ("<=", "<="), ("~", "~"), ("^", "^"), (">", ">"), ("<", "<"), ("=", "=")]
        .into_iter()
        .find_map(|(head, op)| Some((op, word.strip_prefix(head)?)));
    let (op, rest) = found.unwrap_or(("", word));
    // But for `==2`, in which it reads nothing.
    let rest = match op {
        "=" | "" => rest,
        _ => rest.trim_start_matches(['v', '=']),
    };
    (op, rest)
}

/// A version with parts left away or written as `x`, `X`, `*`.
struct Partial<'a> {
    numbers: [Option<u64>; 3],
    /// `-rc.1`, or nothing. What follows a `+` says nothing.
    pre: &'a str,
}

impl<'a> Partial<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, build) = text.split_once('+').unwrap_or((text, "0"));
        let cut = text.find('-').unwrap_or(text.len());
        let (dotted, pre) = text.split_at_checked(cut)?;
        let mut numbers = [None; 3];
        let parts: Vec<&str> = dotted.split('.').collect();
        if parts.len() > 3 || !words(build) || !pre.is_empty() && (parts.len() != 3 || !words(pre.strip_prefix('-')?)) {
            return None;
        }
        let mut open = false;
        for (to, part) in numbers.iter_mut().zip(&parts) {
            let wild = matches!(*part, "x" | "X" | "*");
            let number = if wild { None } else { Some(number(part)?) };
            // `1.x.3` is read in two ways by two versions of npm's reader.
            if open && !wild {
                return None;
            }
            open |= wild;
            *to = number;
        }
        match open && !pre.is_empty() {
            true => None,
            false => Some(Self { numbers, pre }),
        }
    }

    /// `1`, `1.2`, `1.2.3-rc.1`; `*` for none.
    fn plain(&self) -> Option<String> {
        let mut out = String::new();
        for (at, number) in self.numbers.iter().flatten().enumerate() {
            let dot = if at > 0 { "." } else { "" };
            write!(out, "{dot}{number}").ok()?;
        }
        Some(if out.is_empty() { "*".to_owned() } else { out + self.pre })
    }
}

fn number(text: &str) -> Option<u64> {
    let digits =
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|n| digits && *n <= MOST)
}

/// What follows a `-` or `+`: words with dots between.
fn words(text: &str) -> bool {
    text.split('.').all(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}
