//! Variable expansion of a word, as BuildKit's `dockerfile/shell` does it.
//!
//! For the parser, [`locate`](super::locate()) and whoever must know what an instruction really says.
//! What a variable is worth where is the matter of [`Variables`](super::Variables).

use super::lex::{ExpandError, Lexer, Mode, Piece, Var};
use super::pattern::Steps;

/// Expands variables, quotes and escapes: `$X`, `${X}`, and with `:-`, `-`, `:+`, `+`, `:?`, `?`,
/// `#`, `##`, `%`, `%%`, `/` and `//`. An unset variable gives nothing. `escape` is the
/// Dockerfile's escape character.
///
/// # Errors
/// An open quote or brace, a form that BuildKit does not know, a required variable that is not
/// set, and a variable whose value only the build knows.
pub fn expand(word: &str, escape: u8, vars: &dyn Fn(&str) -> Var) -> Result<String, ExpandError> {
    expand_bytes(word.as_bytes(), escape, vars, &Steps::default())
}

/// The same for a word that may not be UTF-8; what is not, is replaced. `steps` is what patterns may
/// still cost.
pub(super) fn expand_bytes(
    word: &[u8],
    escape: u8,
    vars: &dyn Fn(&str) -> Var,
    steps: &Steps,
) -> Result<String, ExpandError> {
    piece(word, 0, escape, vars, steps).map(|p| p.string())
}

/// The same, with the way back: `base` is where the word stands in its logical line.
pub(super) fn piece(
    word: &[u8],
    base: usize,
    escape: u8,
    vars: &dyn Fn(&str) -> Var,
    steps: &Steps,
) -> Result<Piece, ExpandError> {
    let mode = Mode { escape, raw_quotes: false, raw_escapes: false, keep_unset: false };
    Lexer::new(word, base, mode, vars, steps).word()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(word: &str) -> Result<String, ExpandError> {
        expand(word, b'\\', &|name| match name {
            "HOME" => Var::Set("/root".to_owned()),
            "EMPTY" => Var::Set(String::new()),
            "V" => Var::Set("v1.2.3".to_owned()),
            "IMG" => Var::Set("docker.io/library/debian".to_owned()),
            "TARGETARCH" => Var::Unknown,
            "é" => Var::Set("e".to_owned()),
            _ => Var::Unset,
        })
    }

    #[test]
    fn quotes_and_escapes_go_as_in_buildkit() {
        for (word, said) in [
            ("a", "a"),
            ("a'b'c", "abc"),
            (r"a\'b", "a'b"),
            (r"a\tb", "atb"),
            (r#""a\tb""#, r"a\tb"),
            (r#""a\\tb""#, r"a\tb"),
            (r"'a\tb'", r"a\tb"),
            (r"a\", "a"),
            (r"a\\", r"a\"),
            (r#""it's""#, "it's"),
            (r"'x\'", r"x\"),
            (r#"\$HOME "\$HOME" '$HOME'"#, "$HOME $HOME $HOME"),
            (r"\\$HOME", r"\/root"),
            (r"안\'녕", "안'녕"),
        ] {
            assert_eq!(with(word).as_deref(), Ok(said), "{word}");
        }
        for (word, quote) in [("it's", "single"), ("\"a", "double"), ("\"a\\\"", "double")] {
            assert_eq!(with(word), Err(ExpandError::Quote(quote)), "{word}");
        }
        let backtick = expand("a`b\"`$HOME\"\\", b'`', &|_| Var::Unset);
        assert_eq!(backtick.as_deref(), Ok("ab$HOME\\"));
    }

    #[test]
    fn each_form_of_a_variable() {
        for (word, said) in [
            ("$HOME.", "/root."),
            ("${HOME}x", "/rootx"),
            ("$NONE.", "."),
            ("$.", "$."),
            ("$é", "e"),
            ("$12x", "x"),
            ("$@@", "@"),
            ("${NONE:-a${HOME}}b", "a/rootb"),
            ("${EMPTY:-a}", "a"),
            ("${EMPTY-a}", ""),
            ("${NONE-a}", "a"),
            ("${HOME:+a}", "a"),
            ("${EMPTY:+a}", ""),
            ("${EMPTY+a}", "a"),
            ("${NONE+a}", ""),
            ("${HOME?x}", "/root"),
            ("${V#v}", "1.2.3"),
            ("${V#*.}", "2.3"),
            ("${V##*.}", "3"),
            ("${V%.*}", "v1.2"),
            ("${V%%.*}", "v1"),
            ("${V/./-}", "v1-2.3"),
            ("${V//./-}", "v1-2-3"),
            ("${IMG##*/}", "debian"),
            ("${IMG//\\//_}", "docker.io_library_debian"),
            ("${NONE:-\\}}", "}"),
            ("${NONE:-\"}\"}", "}"),
            ("${HOME}}", "/root}"),
            ("\"${NONE:-a b}\"", "a b"),
            ("\\${}", "${}"),
        ] {
            assert_eq!(with(word).as_deref(), Ok(said), "{word}");
        }
        for (word, error) in [
            ("${", ExpandError::Brace),
            ("${HOME", ExpandError::Brace),
            ("${HOME:-a", ExpandError::Brace),
            ("${}", ExpandError::Name),
            ("${:-a}", ExpandError::Name),
            ("${HOME=a}", ExpandError::Modifier("=".to_owned())),
            ("${HOME:a}", ExpandError::Modifier("a".to_owned())),
            ("${HOME^^}", ExpandError::Modifier("^".to_owned())),
            ("${V#\\x}", ExpandError::Pattern),
            ("${NONE:?say it}", ExpandError::Required("NONE".to_owned(), "say it".to_owned())),
            ("$TARGETARCH", ExpandError::Unknown("TARGETARCH".to_owned())),
        ] {
            assert_eq!(with(word), Err(error), "{word}");
        }
    }

    #[test]
    fn hostile_words_end_in_an_error() {
        assert_eq!(with(&"${a:-".repeat(100_000)), Err(ExpandError::Deep));
        let long = |_: &str| Var::Set("x".repeat(40_000));
        assert_eq!(expand("$A", b'\\', &long), Err(ExpandError::Long));
    }
}
