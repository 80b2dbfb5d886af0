//! The names that a manifest gives to its pins.

use std::fmt;
use std::str::FromStr;

use super::text::quoted;

/// A pin's name: 1 to 100 of `a-z A-Z 0-9 . _ + -`, the first a letter or a digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PinName(String);

/// Why a text is no pin's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a name: 1 to 100 letters, digits, `.`, `_`, `+` or `-`, the first a letter or a digit", quoted(.0))]
pub struct NameError(String);

impl PinName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for PinName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for PinName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let first = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        let rest = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b));
        if first && rest && text.len() <= 100 { Ok(Self(text.to_owned())) } else { Err(NameError(text.to_owned())) }
    }
}

impl fmt::Display for PinName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for good in ["coredns", "libssl3", "a+b", "x.y_z-1", "0"] {
            assert!(good.parse::<PinName>().is_ok(), "{good}");
        }
        for bad in ["", "-a", ".a", "a b", "a/b", "é", "a\u{202e}", &"x".repeat(101)] {
            assert!(bad.parse::<PinName>().is_err(), "{bad:?}");
        }
    }
}
