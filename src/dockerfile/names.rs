//! What a name that stands behind variables may turn out to be.
//!
//! For [`scope`](super::scope), which knows what variables are worth, and for
//! [`shadow`](super::shadow), which must not overlook one.

use super::lex::Piece;

/// What is known of a name that only the build knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum May {
    /// Exactly this one.
    Be(String),
    /// Any that begins and ends so.
    Between(String, String),
}

impl May {
    /// Any name at all.
    pub(super) fn anything() -> Self {
        Self::Between(String::new(), String::new())
    }

    /// From a name that was read as if no variable were set: what stands before and behind them.
    pub(super) fn of(read: &Piece) -> Self {
        let Some(first) = read.used.iter().map(|(_, at)| *at).min() else {
            return Self::Be(read.string());
        };
        let (start, end) = (read.text.get(..first), read.text.get(read.literal_end()..));
        // a cut through a character would not fit what it fits
        let text = |part: Option<&[u8]>| std::str::from_utf8(part.unwrap_or_default()).unwrap_or_default().to_owned();
        Self::Between(text(start), text(end))
    }

    /// Whether it may be this name.
    pub(super) fn fits(&self, name: &str) -> bool {
        match self {
            Self::Be(one) => one == name,
            Self::Between(start, end) => {
                name.strip_prefix(start.as_str()).is_some_and(|rest| rest.ends_with(end.as_str()))
            }
        }
    }
}

/// Whether a name holds nothing that quotes, escapes or variables could change.
pub(super) fn plain(raw: &[u8]) -> bool {
    !raw.iter().any(|b| matches!(b, b'"' | b'\'' | b'\\' | b'`' | b'$'))
}
