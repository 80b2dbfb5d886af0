//! Words from upstream that do nothing where they are read: not as Markdown, not as HTML, not in a
//! plain commit message.
//!
//! Two kinds of harm. What a forge looks for in rendered and in raw text (`@name`, `#12`, `!12`,
//! `GH-12`, addresses) cannot be escaped there: a blank behind the sign breaks it, visibly. What
//! Markdown reads gets a backslash, which renders as the sign itself.

use crate::model::visible;

/// So many characters of one text are kept.
const LONG: usize = 300;

/// A text for a line of Markdown.
pub(super) fn prose(text: &str) -> String {
    let mut out = String::new();
    for c in plain(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '$' | '&') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A text for a subject, which is not Markdown: on one line, and without what forges look for.
pub(super) fn plain(text: &str) -> String {
    let shown = visible(text);
    let mut chars = shown.chars().take(LONG).peekable();
    let mut out = String::new();
    // The word so far, for `www.` and `GH-`, in lower case.
    let mut word = String::new();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let joins = next.is_some_and(|n| n.is_alphanumeric() || matches!(n, '"' | '\'' | '_' | '{'));
        let breaks = match c {
            '@' => next.is_some_and(|n| n != ' '),
            '#' | '!' | '%' | '~' | '&' | '^' => joins,
            ':' => next == Some('/'),
            '.' => word == "www",
            '-' => matches!(word.as_str(), "gh" | "gl") && next.is_some_and(|n| n.is_ascii_digit()),
            _ => false,
        };
        out.push(c);
        if breaks {
            out.push(' ');
        }
        if c.is_alphanumeric() {
            if word.len() < 8 {
                word.extend(c.to_lowercase());
            }
        } else {
            word.clear();
        }
    }
    // In a subject, too, `[skip ci]` and its like are orders.
    let mut out = broken(&out);
    if shown.chars().nth(LONG).is_some() {
        out.push('…');
    }
    out
}

/// The text with a blank behind each `[` and `*` that a letter follows: no order to a CI service is
/// left whole (`[skip ci]`, `[no ci]`, `***NO_CI***`).
fn broken(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(c);
        if matches!(c, '[' | '*') && chars.peek().is_some_and(|n| n.is_alphanumeric()) {
            out.push(' ');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nobody_is_mentioned_nothing_is_linked_and_nothing_is_closed() {
        let cases = [
            ("thanks @octocat", "thanks @ octocat"),
            ("Fixes #12", "Fixes # 12"),
            ("closes o/r#12", "closes o/r# 12"),
            ("see GH-12 and gh-1", "see GH- 12 and gh- 1"),
            ("merge !12", "merge ! 12"),
            ("Closes https://github.com/o/r/issues/1", "Closes https: //github.com/o/r/issues/1"),
            ("www.example.org", "www. example.org"),
            ("mail me@example.org", "mail me@ example.org"),
            ("[skip ci] x", "\\[ skip ci\\] x"),
            ("***NO_CI***", "\\*\\*\\* NO\\_CI\\*\\*\\*"),
            ("<img src=x>", "\\<img src=x\\>"),
            ("[a](javascript:b)", "\\[ a\\](javascript:b)"),
            ("`rm`", "\\`rm\\`"),
            ("a & b &lt; c", "a \\& b \\& lt; c"),
            ("a\nCo-authored-by: x", "a\\\\u{a}Co-authored-by: x"),
            ("100% of a_b", "100% of a\\_b"),
            ("v1.11.3", "v1.11.3"),
            ("C# and 8.5.0-2+deb12u1", "C# and 8.5.0-2+deb12u1"),
        ];
        for (text, expected) in cases {
            assert_eq!(prose(text), expected, "{text}");
        }
        assert_eq!(prose(&"x".repeat(301)), format!("{}…", "x".repeat(300)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn of_any_text_one_harmless_line_is_left(text in "(\\PC|[@#!:/.\\-\\[\\]*`<>&\n\r\u{202e}]|www|gh-|[a-z0-9 ]){0,60}") {
            let got = prose(&text);
            let moves = got.contains(['\n', '\r', '\u{202e}']);
            prop_assert!(!moves);
            let chars: Vec<char> = got.chars().collect();
            for pair in chars.windows(2) {
                let (sign, next) = (pair[0], pair[1]);
                prop_assert!(sign != '@' || next == ' ', "{}", got);
                prop_assert!(sign != '#' || !next.is_alphanumeric(), "{}", got);
                prop_assert!(next != '`' || sign == '\\', "{}", got);
                prop_assert!(next != '<' || sign == '\\', "{}", got);
                prop_assert!(next != '[' || sign == '\\', "{}", got);
            }
            prop_assert!(!got.contains("://"));
        }
    }
}
