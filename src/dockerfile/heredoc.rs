//! The heredoc signs of a line, as BuildKit's `dockerfile/parser` finds them.
//!
//! For the parser, which then looks for the texts.

use super::lex::{ExpandError, Lexer, Mode, Var};
use super::pattern::Steps;

/// `<<EOF`, `<<-"EOF"`, `3<<EOF`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sign {
    pub(super) name: Vec<u8>,
    pub(super) expand: bool,
    pub(super) chomp: bool,
}

/// The escape character here is always `\`, whatever the file's directive says.
const RAW: Mode = Mode { escape: b'\\', raw_quotes: true, raw_escapes: true, keep_unset: true };

/// The signs of a logical line. A line whose quotes do not close has none.
pub(super) fn signs(line: &[u8]) -> Result<Vec<Sign>, ExpandError> {
    if !line.windows(2).any(|w| w == b"<<") {
        return Ok(Vec::new());
    }
    let unset = |_: &str| Var::Unset;
    let words = Lexer::new(line, 0, RAW, &unset, &Steps::default()).words().unwrap_or_default();
    let mut out = Vec::new();
    for word in words {
        out.extend(sign(&word)?);
    }
    Ok(out)
}

fn sign(word: &[u8]) -> Result<Option<Sign>, ExpandError> {
    let digits = word.iter().take_while(|b| b.is_ascii_digit()).count();
    let Some(rest) = word.get(digits..).and_then(|w| w.strip_prefix(b"<<")) else {
        return Ok(None);
    };
    let chomp = rest.first() == Some(&b'-');
    let rest = rest.get(usize::from(chomp)..).unwrap_or_default();
    let rest = rest.trim_ascii_start();
    if rest.is_empty() || rest.contains(&b'<') {
        return Ok(None);
    }
    let unset = |_: &str| Var::Unset;
    let read = |raw_quotes| {
        let mode = Mode { raw_quotes, raw_escapes: false, ..RAW };
        Lexer::new(rest, 0, mode, &unset, &Steps::default()).words()
    };
    let (plain, raw) = (read(false)?, read(true)?);
    let ([name], [raw]) = (plain.as_slice(), raw.as_slice()) else {
        return Ok(None);
    };
    let quotes = |word: &[u8]| word.iter().filter(|b| matches!(b, b'\'' | b'"')).count();
    Ok(Some(Sign { name: name.clone(), expand: quotes(name) == quotes(raw), chomp }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> Vec<(String, bool, bool)> {
        signs(line.as_bytes())
            .unwrap()
            .into_iter()
            .map(|s| (String::from_utf8(s.name).unwrap(), s.expand, s.chomp))
            .collect()
    }

    fn one(name: &str, expand: bool, chomp: bool) -> Vec<(String, bool, bool)> {
        vec![(name.to_owned(), expand, chomp)]
    }

    #[test]
    fn signs_in_every_quoting() {
        assert_eq!(names("RUN <<EOF"), one("EOF", true, false));
        assert_eq!(names("RUN 3<<-EOF cat"), one("EOF", true, true));
        assert_eq!(names("RUN <<\"EOF\""), one("EOF", false, false));
        assert_eq!(names("RUN <<-'one two'"), one("one two", false, true));
        assert_eq!(names("RUN <<eo\\'f"), one("eo'f", true, false));
        assert_eq!(names("RUN <<'e'o\\'f"), one("eo'f", false, false));
        assert_eq!(names("RUN <<  EOF  > foo"), one("EOF", true, false));
        assert_eq!(names("RUN <<$EOF"), one("$EOF", true, false));
        assert_eq!(names("COPY <<A <<B /x").len(), 2);
    }

    #[test]
    fn what_only_looks_like_a_sign() {
        for line in [
            "RUN \"<<EOF\"",
            "RUN cat <<<EOF",
            "RUN cat<<EOF",
            "RUN it's <<EOF",
            "RUN <<- EOF",
            "RUN x <<",
            "RUN a < b",
            "RUN ${A^^} <<EOF",
        ] {
            assert_eq!(names(line), [], "{line}");
        }
    }
}
