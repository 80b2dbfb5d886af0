//! Debian's versions and their order (Debian policy 5.6.12, deb-version(7)).
//!
//! For the choice of candidates. Not `source::version`, which reads the ranges of other kinds.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::model::quoted;

/// A version, `[epoch:]upstream[-revision]`, kept as it was written; at most 1,024 bytes.
///
/// Two versions are equal (`==`, hashing) if their texts are. `0:1`, `1` and `1-0` are three texts of
/// one value: [`by_value`](Self::by_value) takes them for equal, as dpkg does. `Ord` is the order by
/// value, and among texts of one value the order of the texts, so that it agrees with `==`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(String);

/// Why a text is no [`Version`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is no version of a package: {reason}", quoted(.text))]
pub struct VersionError {
    text: String,
    reason: &'static str,
}

/// The parts of a version: epoch, upstream version, revision (empty if there is none).
fn split(text: &str) -> (&str, &str, &str) {
    let (epoch, rest) = text.split_once(':').unwrap_or(("0", text));
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch, upstream, revision)
}

impl Version {
    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The epoch; 0 if none is written.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        split(&self.0).0.parse().unwrap_or_default()
    }

    /// The version as it stands in the names of pool files: without the epoch.
    #[must_use]
    pub fn without_epoch(&self) -> &str {
        self.0.split_once(':').map_or(self.0.as_str(), |(_, rest)| rest)
    }

    /// The order of policy 5.6.12: epochs as numbers, then upstream versions, then revisions;
    /// `~` before the end, letters before all else, runs of digits as numbers. No revision is
    /// revision `0`.
    #[must_use]
    pub fn by_value(&self, other: &Self) -> Ordering {
        let ((_, upstream, revision), (_, upstream2, revision2)) = (split(&self.0), split(&other.0));
        let epochs = self.epoch().cmp(&other.epoch());
        epochs.then_with(|| compare(upstream, upstream2)).then_with(|| compare(revision, revision2))
    }

    /// Whether it is what stands behind the `=` of an operand: the same text, or a text that
    /// begins with what stands before a final `*`.
    ///
    /// Texts are compared, as apt does, not values: `7.88*` does not fit `0:7.88.1`. Narrower than apt, which
    /// also disregards case and so would take `1.0RC*` for `1.0rc1`.
    #[must_use]
    pub fn fits(&self, pattern: &str) -> bool {
        match pattern.strip_suffix('*') {
            Some(start) => self.0.starts_with(start),
            None => self.0 == pattern,
        }
    }
}

/// How a byte that is no digit sorts: `~`, then the end and digits, then letters, then the rest.
fn weight(byte: Option<&u8>) -> u16 {
    match byte {
        Some(b'~') => 0,
        None => 1,
        Some(b) if b.is_ascii_digit() => 1,
        Some(b) if b.is_ascii_alphabetic() => u16::from(*b) + 1,
        Some(b) => u16::from(*b) + 257,
    }
}

/// The digits at the start without leading zeros, and the rest.
fn number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let zeros = digits.iter().take_while(|b| **b == b'0').count();
    (digits.get(zeros..).unwrap_or_default(), rest)
}

/// Compares upstream versions or revisions: by turns what is no digit, and numbers.
fn compare(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    loop {
        loop {
            let (a, b) = (weight(left.first()), weight(right.first()));
            if a != b {
                return a.cmp(&b);
            }
            if a == 1 {
                break;
            }
            left = left.get(1..).unwrap_or_default();
            right = right.get(1..).unwrap_or_default();
        }
        let ((a, rest), (b, rest2)) = (number(left), number(right));
        let numbers = a.len().cmp(&b.len()).then_with(|| a.cmp(b));
        if numbers.is_ne() || (rest.is_empty() && rest2.is_empty()) {
            return numbers;
        }
        (left, right) = (rest, rest2);
    }
}

impl FromStr for Version {
    type Err = VersionError;
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let error = |reason| VersionError { text: text.to_owned(), reason };
        let of = |extra: &'static [u8]| move |b: u8| b.is_ascii_alphanumeric() || extra.contains(&b);
        if text.is_empty() {
            return Err(error("it is empty"));
        }
        if text.len() > 1024 {
            return Err(error("it is longer than 1,024 bytes"));
        }
        let (epoch, upstream, revision) = split(text);
        // dpkg reads an epoch into an int.
        let small = epoch.len() <= 10 && epoch.parse::<u32>().is_ok_and(|n| i32::try_from(n).is_ok());
        if !epoch.bytes().all(|b| b.is_ascii_digit()) || !small {
            return Err(error("what stands before the `:` is no small number"));
        }
        if upstream.is_empty() {
            return Err(error("it has no upstream version"));
        }
        if !upstream.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric()) {
            return Err(error("the upstream version starts with neither digit nor letter"));
        }
        if !upstream.bytes().all(of(b".+-~")) {
            return Err(error("the upstream version has a character besides letters, digits and `.+-~`"));
        }
        if text.ends_with('-') {
            return Err(error("the revision after the last `-` is empty"));
        }
        if !revision.bytes().all(of(b".+~")) {
            return Err(error("the revision has a character besides letters, digits and `.+~`"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.by_value(other).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests;
