//! A logical line into keyword, flags and words, as BuildKit's `dockerfile/parser` splits them.
//!
//! For the parser. Variables and quotes stay in the words; [`lex`](super::lex) reads them.

use std::ops::Range;

use super::fault::near;
use super::instruction::{Body, Command, Flag};
use super::lex::Piece;
use super::lines::{char_at, lead, trim};
use crate::model::{Trouble, quoted};

/// What is wrong with a line, and where in the logical text.
pub(super) type Fault = (Range<usize>, Trouble);

/// What separates words for BuildKit where quotes do not count.
fn plain_blank(b: u8) -> bool {
    matches!(b, b'\t' | 0x0b | 0x0c | b'\r' | b' ')
}

fn slice(text: &[u8], range: Range<usize>) -> &[u8] {
    text.get(range).unwrap_or_default()
}

fn lossy(text: &[u8], range: &Range<usize>) -> String {
    String::from_utf8_lossy(slice(text, range.clone())).into_owned()
}

/// Reads the instruction in a range of a logical line.
pub(super) fn body(text: &[u8], at: Range<usize>, escape: u8) -> Result<Body, Fault> {
    let at = trim(text, at);
    let len = slice(text, at.clone()).iter().take_while(|b| !plain_blank(**b)).count();
    let keyword = at.start..at.start + len;
    let Some(command) = Command::read(slice(text, keyword.clone())) else {
        return Err(unknown(text, keyword));
    };
    let (flags, rest) = flags(text, keyword.end..at.end, escape);
    let args = trim(text, rest..at.end);
    let mut body = Body { command, keyword, flags, args, words: Vec::new(), json: false };
    use Command as C;
    let json = match command {
        C::Add | C::Copy | C::Volume | C::Cmd | C::Entrypoint | C::Run | C::Shell => json(text, body.args.clone())?,
        _ => None,
    };
    body.words = match (json, command) {
        (Some(words), _) => {
            body.json = true;
            words
        }
        (None, C::Arg | C::Env | C::Label) => quoted_words(text, body.args.clone(), escape),
        (None, C::Add | C::Copy | C::Volume | C::From | C::Expose) => plain_words(text, body.args.clone()),
        _ if body.args.is_empty() => Vec::new(),
        _ => vec![body.args.clone()],
    };
    check(text, &body)?;
    Ok(body)
}

fn unknown(text: &[u8], keyword: Range<usize>) -> Fault {
    let word = lossy(text, &keyword);
    let upper = word.to_ascii_uppercase();
    let known = Command::ALL.iter().map(|c| c.word());
    let mut trouble = Trouble::new(if word.is_empty() {
        "no instruction stands before the continuation ends".to_owned()
    } else {
        format!("unknown instruction {}", quoted(&word))
    });
    if let Some(near) = near(&upper, known) {
        trouble = trouble.help(format!("did you mean `{near}`?"));
    } else if word.starts_with('{') {
        trouble = trouble.help("a JSON document for another BuildKit frontend is not a Dockerfile to dubo-pin");
    }
    (keyword, trouble)
}

/// What BuildKit demands of an instruction's words.
fn check(text: &[u8], body: &Body) -> Result<(), Fault> {
    use Command as C;
    let name = body.command.word();
    let fault = |at: Range<usize>, message: String| Err((at, Trouble::new(message)));
    match body.command {
        C::Run | C::Cmd | C::Entrypoint | C::Healthcheck => {}
        _ if body.words.is_empty() => {
            return fault(body.keyword.clone(), format!("{name} requires at least one argument"));
        }
        C::Add | C::Copy if body.words.len() < 2 => {
            return fault(
                body.args.clone(),
                format!("{name} requires a source and a destination, and there is one argument"),
            );
        }
        C::From => {
            let alias = body.words.get(1).map(|w| slice(text, w.clone()).eq_ignore_ascii_case(b"as"));
            if body.words.len() != 1 && !(body.words.len() == 3 && alias == Some(true)) {
                return Err((
                    body.args.clone(),
                    Trouble::new("FROM requires either one or three arguments")
                        .expected("`FROM image` or `FROM image AS name`")
                        .found(quoted(&lossy(text, &body.args))),
                ));
            }
            if let Some(name) = body.words.get(2) {
                let word = slice(text, name.clone());
                let letter = word.first().is_some_and(u8::is_ascii_alphabetic);
                let rest = word.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b));
                if !letter || !rest {
                    let trouble = Trouble::new("invalid name for a build stage")
                        .expected("a letter, then letters, digits, `-`, `_` or `.`")
                        .found(quoted(&lossy(text, name)));
                    return Err((name.clone(), trouble));
                }
            }
        }
        C::Arg => {
            for word in &body.words {
                if slice(text, word.clone()).first() == Some(&b'=') {
                    return fault(word.clone(), "ARG names cannot be blank".to_owned());
                }
            }
        }
        C::Env | C::Label if legacy(text, body).is_none() => {
            for word in &body.words {
                match slice(text, word.clone()).iter().position(|b| *b == b'=') {
                    Some(0) => {
                        return fault(word.clone(), format!("{name} names cannot be blank"));
                    }
                    Some(_) => {}
                    None => {
                        let trouble = Trouble::new(format!("{name} lacks a `=`"))
                            .expected("name=value")
                            .found(quoted(&lossy(text, word)));
                        return Err((word.clone(), trouble));
                    }
                }
            }
        }
        C::Env | C::Label if legacy(text, body).is_some_and(|(_, v)| v.is_empty()) => {
            return fault(body.args.clone(), format!("{name} must have two arguments"));
        }
        _ => {}
    }
    Ok(())
}

/// Name and value of the old form `ENV name value`, which has no `=` in its first word.
pub(super) fn legacy(text: &[u8], body: &Body) -> Option<(Range<usize>, Range<usize>)> {
    if !matches!(body.command, Command::Env | Command::Label) {
        return None;
    }
    let first = body.words.first()?;
    if slice(text, first.clone()).contains(&b'=') {
        return None;
    }
    let args = slice(text, body.args.clone());
    let len = args.iter().take_while(|b| !plain_blank(**b)).count();
    let gap = args.iter().skip(len).take_while(|b| plain_blank(**b)).count();
    let start = body.args.start;
    Some((start..start + len, start + len + gap..body.args.end))
}

/// The flags at the start of a range, and where the arguments begin.
fn flags(text: &[u8], range: Range<usize>, escape: u8) -> (Vec<Flag>, usize) {
    let mut out = Vec::new();
    let mut at = range.start;
    loop {
        at += lead(slice(text, at..range.end));
        if !slice(text, at..range.end).starts_with(b"--") {
            return (out, at);
        }
        let start = at;
        let mut quote = None;
        while let Some(&byte) = text.get(at).filter(|_| at < range.end) {
            if byte == escape {
                at += 2;
                continue;
            }
            match quote {
                Some(open) if open == byte => quote = None,
                Some(_) => {}
                None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
                None if lead(slice(text, at..range.end)) > 0 => break,
                None => {}
            }
            at += 1;
        }
        at = at.min(range.end);
        let raw = slice(text, start..at);
        if raw == b"--" {
            return (out, at);
        }
        let equals = raw.iter().position(|b| *b == b'=').map(|i| start + i);
        let name = flag_text(text, start..equals.unwrap_or(at), escape);
        out.push(Flag {
            name: name.string().trim_start_matches("--").to_owned(),
            range: start..at,
            value: equals.map(|e| e + 1..at),
        });
    }
}

/// A part of a flag without its quotes and escapes. Flags know no variables here.
pub(super) fn flag_text(text: &[u8], range: Range<usize>, escape: u8) -> Piece {
    let mut out = Piece::default();
    let mut quote = None;
    let mut at = range.start;
    while let Some(&byte) = text.get(at).filter(|_| at < range.end) {
        if byte == escape {
            at += 1;
            if let Some(&next) = text.get(at).filter(|_| at < range.end) {
                out.push_at(next, at);
            }
        } else if quote == Some(byte) {
            quote = None;
        } else if quote.is_none() && matches!(byte, b'"' | b'\'') {
            quote = Some(byte);
        } else {
            out.push_at(byte, at);
        }
        at += 1;
    }
    out
}

fn plain_words(text: &[u8], range: Range<usize>) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = range.start;
    for at in range.clone() {
        if text.get(at).is_some_and(|b| plain_blank(*b)) {
            if start < at {
                out.push(start..at);
            }
            start = at + 1;
        }
    }
    if start < range.end {
        out.push(start..range.end);
    }
    out
}

/// Words separated by white space outside of quotes; the quotes stay.
fn quoted_words(text: &[u8], range: Range<usize>, escape: u8) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut at = range.start;
    loop {
        at += lead(slice(text, at..range.end));
        if at >= range.end {
            return out;
        }
        let start = at;
        let (mut quote, mut end) = (None, at);
        while let Some((c, len)) = char_at(slice(text, at..range.end)) {
            if quote.is_none() && c.is_whitespace() {
                break;
            }
            let byte = text.get(at).copied().unwrap_or_default();
            at += len;
            if byte == escape && quote != Some(b'\'') {
                // an escape at the very end is no part of the word
                let Some((_, len)) = char_at(slice(text, at..range.end)) else {
                    break;
                };
                at += len;
            } else if quote == Some(byte) {
                quote = None;
            } else if quote.is_none() && matches!(byte, b'"' | b'\'') {
                quote = Some(byte);
            }
            end = at;
        }
        if start < end {
            out.push(start..end);
        }
    }
}

/// The insides of the strings of a JSON array. `None`: it is no JSON array.
fn json(text: &[u8], range: Range<usize>) -> Result<Option<Vec<Range<usize>>>, Fault> {
    let raw = slice(text, range.clone());
    if raw.first() != Some(&b'[') {
        return Ok(None);
    }
    let Ok(values) = serde_json::from_str::<Vec<serde_json::Value>>(&String::from_utf8_lossy(raw)) else {
        return Ok(None);
    };
    if !values.iter().all(serde_json::Value::is_string) {
        let trouble = Trouble::new("an array in JSON form may hold strings only");
        return Err((range, trouble));
    }
    let mut out = Vec::new();
    let mut open = None;
    let mut at = range.start;
    while let Some(&byte) = text.get(at).filter(|_| at < range.end) {
        match (open, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(start), b'"') => {
                out.push(start..at);
                open = None;
            }
            (None, b'"') => open = Some(at + 1),
            _ => {}
        }
        at += 1;
    }
    Ok(Some(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<&str> {
        let body = body(line.as_bytes(), 0..line.len(), b'\\').unwrap();
        body.words.into_iter().map(|w| line.get(w).unwrap()).collect()
    }

    #[test]
    fn quotes_hold_words_together_where_they_count() {
        assert_eq!(words("ENV A=\"x y\" B='p \\' C=q\\ r"), ["A=\"x y\"", "B='p \\'", "C=q\\ r"]);
    }

    #[test]
    fn the_json_form_is_json_or_it_is_none() {
        assert_eq!(words(r#"COPY ["a b", "c\"d"]"#), ["a b", r#"c\"d"#]);
        assert_eq!(words("COPY ['a', 'b']"), ["['a',", "'b']"]);
        assert_eq!(words("RUN [ -f x ] && y"), ["[ -f x ] && y"]);
        let line = "RUN [1]";
        assert!(body(line.as_bytes(), 0..line.len(), b'\\').is_err());
    }

    #[test]
    fn flags_lose_quotes_and_escapes_and_end_at_two_dashes() {
        let line = "RUN --mount=type=bind,from=\"a b\" --x -- --y z";
        let body = body(line.as_bytes(), 0..line.len(), b'\\').unwrap();
        let names: Vec<_> = body.flags.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["mount", "x"]);
        assert_eq!(line.get(body.args.clone()), Some("--y z"));
        let value = body.flags[0].value.clone().unwrap();
        let text = flag_text(line.as_bytes(), value, b'\\');
        assert_eq!(text.string(), "type=bind,from=a b");
    }
}
