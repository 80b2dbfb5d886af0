//! Digests and object ids, held as bytes, written in lower-case hexadecimal.
//!
//! For every floor. They hash nothing themselves but for [`Sha256::of`] and [`Sha512::of`].

use std::fmt;
use std::str::FromStr;

use super::text::quoted;

/// Why a text is no digest or object id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Not the number of digits that the hash function gives.
    #[error("{} has {found} characters, where {expected} hexadecimal digits are expected", quoted(.text))]
    Length {
        /// The text that was read.
        text: String,
        /// Its length in characters.
        found: usize,
        /// The lengths that would do, in words.
        expected: &'static str,
    },
    /// A character that is no lower-case hexadecimal digit.
    #[error("{} is not in lower-case hexadecimal", quoted(.0))]
    Digit(String),
}

fn digits<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut out = [0; N];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (to, [high, low]) in out.iter_mut().zip(pairs) {
        let digit = |c: &u8| match c {
            b'0'..=b'9' => Some(c - b'0'),
            b'a'..=b'f' => Some(c - b'a' + 10),
            _ => None,
        };
        *to = (digit(high)? << 4) | digit(low)?;
    }
    Some(out)
}

fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|b| write!(f, "{b:02x}"))
}

/// A SHA-256 digest (FIPS 180-4), 32 bytes, shown as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The digest of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// A digest that a hasher gave.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl FromStr for Sha256 {
    type Err = HashError;
    fn from_str(text: &str) -> Result<Self, HashError> {
        if text.len() != 64 {
            return Err(HashError::Length { text: text.to_owned(), found: text.chars().count(), expected: "64" });
        }
        digits(text).map(Self).ok_or_else(|| HashError::Digit(text.to_owned()))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

/// A SHA-512 digest (FIPS 180-4), 64 bytes, shown as 128 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha512([u8; 64]);

impl Sha512 {
    /// The digest of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha512::digest(bytes).into())
    }

    /// A digest that a hasher gave.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// Its 64 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for Sha512 {
    type Err = HashError;
    fn from_str(text: &str) -> Result<Self, HashError> {
        if text.len() != 128 {
            return Err(HashError::Length { text: text.to_owned(), found: text.chars().count(), expected: "128" });
        }
        digits(text).map(Self).ok_or_else(|| HashError::Digit(text.to_owned()))
    }
}

impl fmt::Display for Sha512 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for Sha512 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

/// A full git object id, of a repository in SHA-1 (20 bytes) or SHA-256 (32 bytes) object format.
/// Never an abbreviation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CommitId {
    /// 40 hexadecimal digits.
    Sha1([u8; 20]),
    /// 64 hexadecimal digits.
    Sha256([u8; 32]),
}

impl CommitId {
    /// The id's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Sha1(b) => b,
            Self::Sha256(b) => b,
        }
    }

    /// An id from its 20 or 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().map(Self::Sha1).or_else(|_| bytes.try_into().map(Self::Sha256)).ok()
    }
}

impl FromStr for CommitId {
    type Err = HashError;
    fn from_str(text: &str) -> Result<Self, HashError> {
        let id = match text.len() {
            40 => digits(text).map(Self::Sha1),
            64 => digits(text).map(Self::Sha256),
            _ => {
                return Err(HashError::Length {
                    text: text.to_owned(),
                    found: text.chars().count(),
                    expected: "40 (or 64)",
                });
            }
        };
        id.ok_or_else(|| HashError::Digit(text.to_owned()))
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(self.as_bytes(), f)
    }
}

impl fmt::Debug for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(self.as_bytes(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_lower_case_ids_are_ids() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(id.parse::<CommitId>().unwrap().to_string(), id);
        assert!(id.to_uppercase().parse::<CommitId>().is_err());
        assert!("0123456".parse::<CommitId>().unwrap_err().to_string().contains("7 characters"));
        assert!("é".repeat(20).parse::<CommitId>().is_err());
    }

    #[test]
    fn sha256_of_abc_is_the_one_of_fips_180() {
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Sha256::of(b"abc").to_string(), text);
        assert_eq!(text.parse::<Sha256>().unwrap(), Sha256::of(b"abc"));
    }

    #[test]
    fn sha512_of_abc_is_the_one_of_fips_180() {
        let text = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                    2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
        assert_eq!(Sha512::of(b"abc").to_string(), text);
        assert_eq!(text.parse::<Sha512>().unwrap(), Sha512::of(b"abc"));
        assert!(text.replace('d', "D").parse::<Sha512>().is_err());
        assert!("é".repeat(64).parse::<Sha512>().is_err());
    }
}
