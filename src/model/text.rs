//! Text that comes from outside: escaped before it is shown, vetted before it is kept.
//!
//! For whoever prints or stores a name, a tag, a URL. Not a formatter: it changes no words.

use std::borrow::Cow;
use std::fmt;

/// Whether a character could move the cursor, hide, or reorder what a reader sees.
///
/// C0 and C1 controls, the bidirectional controls of Unicode UAX #9, and the invisible
/// characters that let two different names look the same.
fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{00AD}' | '\u{180E}' | '\u{E0000}'..='\u{E007F}')
}

/// The text with every deceiving character written as `\u{…}`; tabs become a space.
///
/// What is shown on a terminal or written to a report goes through here.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(deceives) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            c if deceives(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The text in backticks, made visible, without passwords in URLs, cut at 120 characters.
#[must_use]
pub fn quoted(text: &str) -> String {
    let text = super::secret::masked(text);
    let shown = visible(&text);
    if shown.chars().count() <= 120 {
        return format!("`{shown}`");
    }
    format!("`{}…`", shown.chars().take(119).collect::<String>())
}

/// A line of another program, made visible, without passwords in URLs.
#[must_use]
pub fn shown(text: &str) -> String {
    visible(&super::secret::masked(text)).into_owned()
}

/// The known word nearest to a wrong one, if it is near enough to be what was meant.
#[must_use]
pub fn suggest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(wrong, k), k))
        .filter(|(d, k)| *d <= 1 + k.chars().count() / 4)
        .min()
        .map(|(_, k)| k)
}

/// One pinned value as it stands in a lock and in a Dockerfile: 1 to 1,024 bytes of printable
/// ASCII without blanks, quotes, `$`, backslash or backtick, so that it means the same in every
/// quoting of a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(String);

/// Why a text is no [`Token`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Nothing there.
    #[error("the value is empty")]
    Empty,
    /// Longer than 1,024 bytes.
    #[error("the value is longer than 1,024 bytes")]
    Long,
    /// A character that would change its meaning inside a Dockerfile.
    #[error("{} holds {:?}, which a pinned value cannot hold", quoted(.0), .1)]
    Character(String, char),
}

impl Token {
    /// Parses a pinned value.
    ///
    /// # Errors
    /// Empty, too long, or with a character that a Dockerfile would read as something else.
    pub fn new(text: &str) -> Result<Self, TokenError> {
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        if text.len() > 1024 {
            return Err(TokenError::Long);
        }
        match text.chars().find(|c| !c.is_ascii_graphic() || matches!(c, '"' | '\'' | '$' | '\\' | '`')) {
            Some(c) => Err(TokenError::Character(text.to_owned(), c)),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Token {
    type Err = TokenError;
    fn from_str(text: &str) -> Result<Self, TokenError> {
        Self::new(text)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_bidi_characters_are_shown_not_obeyed() {
        assert_eq!(visible("a\u{1b}[2Jb\u{202e}c\rd"), "a\\u{1b}[2Jb\\u{202e}c\\u{d}d");
        assert!(matches!(visible("plain é"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_token_means_the_same_in_every_quoting() {
        assert!(Token::new("v1.2.3+b1~rc:x@sha256").is_ok());
        for bad in ["", "a b", "a$b", "a\"b", "a'b", "a\\b", "a`b", "é", "a\nb"] {
            assert!(Token::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_nearest_word_is_suggested_only_when_it_is_near() {
        assert_eq!(suggest("verison", ["version", "vendor"]), Some("version"));
        assert_eq!(suggest("xyzzy", ["version", "vendor"]), None);
    }
}
