//! Secrets in text that is shown: a login in a URL, a token in its query.
//!
//! For `quoted` and for the lines that messages point at, so that no message can say a password
//! again, wherever it stood. It refuses nothing: that is the business of whoever reads a URL.

use std::borrow::Cow;
use std::ops::Range;

/// What stands for a secret.
const MASK: &str = "…";

/// Parts of the names of query parameters whose values are secrets.
const NAMES: [&str; 9] = ["token", "key", "secret", "pass", "pwd", "sig", "auth", "cred", "jwt"];

/// The text with every login and token written as `…`.
#[must_use]
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    let spans = secrets(text);
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for span in spans {
        out.push_str(text.get(from..span.start).unwrap_or_default());
        out.push_str(MASK);
        from = span.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

/// A line that a message points at, without its secrets, and how many of its characters from
/// `start` (from 0) on are meant. What stands before `start` keeps its width, so that the column
/// stays true; a secret within is one character.
#[must_use]
pub(super) fn masked_line(line: &str, start: usize, width: usize) -> (String, usize) {
    let spans = secrets(line);
    if spans.is_empty() {
        return (line.to_owned(), width);
    }
    let mut out = String::with_capacity(line.len());
    let mut meant = width;
    let mut spans = spans.into_iter().peekable();
    let mut said = false;
    for (index, (at, c)) in line.char_indices().enumerate() {
        while spans.next_if(|span| span.end <= at).is_some() {
            said = false;
        }
        if !spans.peek().is_some_and(|span| span.contains(&at)) {
            out.push(c);
        } else if index < start || !said {
            said = index >= start;
            out.push_str(MASK);
        } else if index < start.saturating_add(width) {
            meant -= 1;
        }
    }
    (out, meant.max(1))
}

/// Where secrets stand, in order, in bytes.
fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    if !text.contains('@') && !text.contains('?') {
        return out;
    }
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>');
    let mut start = 0;
    for word in text.split_inclusive(ends) {
        let bare = word.trim_end_matches(ends);
        if bare.contains("://") {
            of_urls(bare, start, &mut out);
        } else {
            out.extend(of_scp(bare).map(|r| start + r.start..start + r.end));
        }
        start += word.len();
    }
    out
}

/// Every URL of a word: `DUBO_PIN_MIRRORS` has two in one.
fn of_urls(word: &str, base: usize, out: &mut Vec<Range<usize>>) {
    let marks: Vec<usize> = word.match_indices("://").map(|(i, _)| i).collect();
    for (nth, mark) in marks.iter().enumerate() {
        let from = mark + 3;
        let to = marks.get(nth + 1).copied().unwrap_or(word.len());
        let rest = word.get(from..to).unwrap_or_default();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let login = match authority.rfind('@') {
            Some(at) => Some(at),
            // A password may hold what ends a host.
            None if no_port(authority) => rest.rfind('@'),
            None => None,
        };
        let ssh = word.get(..*mark).is_some_and(|before| before.ends_with("ssh"));
        if let Some(at) = login
            && at > 0
            && (!ssh || rest.get(..at).unwrap_or_default().contains(':'))
        {
            out.push(base + from..base + from + at);
        }
        of_query(rest, login.unwrap_or_default(), base + from, out);
    }
}

/// Whether something follows a colon that is no port.
fn no_port(authority: &str) -> bool {
    let port = authority.rsplit_once(':').filter(|(host, _)| !host.starts_with('['));
    port.is_some_and(|(_, port)| !port.bytes().all(|b| b.is_ascii_digit()))
}

fn of_query(rest: &str, after: usize, base: usize, out: &mut Vec<Range<usize>>) {
    let Some(mark) = rest.get(after..).and_then(|r| r.find('?')).map(|at| after + at + 1) else { return };
    let query = rest.get(mark..).unwrap_or_default();
    let query = query.split('#').next().unwrap_or_default();
    let mut start = base + mark;
    for parameter in query.split_inclusive(['&', ';']) {
        let bare = parameter.trim_end_matches(['&', ';']);
        let (name, value) = bare.split_once('=').unwrap_or(("", bare));
        let lower = name.to_ascii_lowercase();
        if !value.is_empty() && (name.is_empty() || NAMES.iter().any(|n| lower.contains(n))) {
            let end = start + bare.len();
            out.push(end - value.len()..end);
        }
        start += parameter.len();
    }
}

/// `user:password@host:path`; an image with a digest looks alike.
fn of_scp(word: &str) -> Option<Range<usize>> {
    let at = word.rfind('@')?;
    let (login, host) = (word.get(..at)?, word.get(at + 1..)?);
    let digest = ["sha256:", "sha384:", "sha512:"].iter().any(|algorithm| host.starts_with(algorithm));
    let colon = login.find(':')?;
    if digest || login.contains('/') || !host.contains([':', '/']) {
        return None;
    }
    let from = login.get(..colon)?.rfind('=').map_or(0, |i| i + 1);
    Some(from..at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_login_and_no_token_is_left() {
        for (text, said) in [
            ("git = \"https://user:s3cret@github.com/a/b\"", "git = \"https://…@github.com/a/b\""),
            ("https://s3cret@h/x", "https://…@h/x"),
            ("ssh://user:s3cret@h/x", "ssh://…@h/x"),
            ("https://u:s3/cr@et@h/x", "https://…@h/x"),
            ("user:s3cret@host:path", "…@host:path"),
            ("ARG X=user:s3cret@host:path", "ARG X=…@host:path"),
            ("https://h/x?token=s3cret&v=1#y", "https://h/x?token=…&v=1#y"),
            ("https://h/x?s3cret", "https://h/x?…"),
            ("https://a/=https://u:s3cret@m/;resolve", "https://a/=https://…@m/;resolve"),
            ("https://u:s3cret@a/ https://u:s3cret@b/", "https://…@a/ https://…@b/"),
        ] {
            assert_eq!(masked(text), said);
        }
    }

    #[test]
    fn what_is_no_secret_is_left() {
        for text in [
            "ssh://git@h/x",
            "git@github.com:o/r.git",
            "FROM alpine:3.20@sha256:0123456789abcdef",
            "https://h:8080/@scope/x",
            "https://h/x?file=a&v=1",
            "https://[::1]:80/@x",
            "a@b?",
            "why?",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn carets_stand_under_what_is_left() {
        let line = "a = \"https://u:p@h/x\" # y";
        assert_eq!(masked_line(line, 4, 17), ("a = \"https://…@h/x\" # y".to_owned(), 15));
        assert_eq!(masked_line(line, 22, 3), ("a = \"https://………@h/x\" # y".to_owned(), 3));
        assert_eq!(masked_line(line, 0, 1), ("a = \"https://…@h/x\" # y".to_owned(), 1));
        assert_eq!(masked_line(line, 14, 2), ("a = \"https://……@h/x\" # y".to_owned(), 1));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
        #[test]
        fn a_password_is_never_shown(
            before in "[a-z =\"]{0,8}", user in "[a-z0-9]{1,5}", after in "[a-z/\" ]{0,9}", start in 0usize..50, width in 0usize..50,
        ) {
            let text = format!("{before} https://{user}:S3CRET@h/{after}");
            proptest::prop_assert!(!masked(&text).contains("S3CRET"));
            let (line, meant) = masked_line(&text, start, width);
            proptest::prop_assert!(!line.contains('S'));
            proptest::prop_assert!(meant >= 1);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[a-zé:@/?&=#\" ]{0,40}", start in 0usize..50, width in 0usize..50) {
            let _ = masked(&text);
            let _ = masked_line(&text, start, width);
        }
    }
}
