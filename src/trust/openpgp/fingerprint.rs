//! The name of an OpenPGP key: its full fingerprint.
//!
//! For manifests (`signed-by`), locks and messages. Never a key id: two keys can share one.

use std::fmt;
use std::str::FromStr;

use crate::model::quoted;

/// 40 (version 4) or 64 (version 6) upper-case hexadecimal digits (RFC 9580, section 5.5.4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

/// Why a text is no [`Fingerprint`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a fingerprint: 40 or 64 hexadecimal digits are expected", quoted(.0))]
pub struct FingerprintError(String);

impl Fingerprint {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As the crate has it; `None` for the keys of 1991 to 1998, whose fingerprints are MD5.
    pub(super) fn of(key: &pgp::types::Fingerprint) -> Option<Self> {
        use pgp::types::Fingerprint as Raw;
        matches!(key, Raw::V4(_) | Raw::V6(_)).then(|| Self(key.to_string().to_ascii_uppercase()))
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    /// In either case, with or without blanks between the digits, as `gpg --fingerprint` prints it.
    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let digits: String = text.chars().filter(|c| *c != ' ').map(|c| c.to_ascii_uppercase()).take(65).collect();
        let right = matches!(digits.len(), 40 | 64) && digits.bytes().all(|b| b.is_ascii_hexdigit());
        if right { Ok(Self(digits)) } else { Err(FingerprintError(text.to_owned())) }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_case_do_not_matter() {
        let printed: Fingerprint = "4d64 FEC1 19C2 0290 67D6  E791 F8D2 585B 8783 d481".parse().unwrap();
        assert_eq!(printed.to_string(), "4D64FEC119C2029067D6E791F8D2585B8783D481");
        assert_eq!(printed.as_str().parse(), Ok(printed.clone()));
        assert_eq!("ab".repeat(32).parse::<Fingerprint>().unwrap().as_str(), "AB".repeat(32));
    }

    #[test]
    fn key_ids_and_other_texts_are_refused() {
        let long = "A".repeat(1_000_000);
        for bad in ["", "F8D2585B8783D481", "0x4D64FEC119C2029067D6E791F8D2585B8783D481", &"G".repeat(40), &long, "é"]
        {
            assert!(bad.parse::<Fingerprint>().is_err(), "{}", bad.len());
        }
        assert_eq!(
            "8783D481".parse::<Fingerprint>().unwrap_err().to_string(),
            "`8783D481` is not a fingerprint: 40 or 64 hexadecimal digits are expected"
        );
    }
}
