//! A span of whole days, as policies and archives give it.

use std::fmt;
use std::str::FromStr;

use super::text::quoted;

/// A number of days, 0 to 36,500; written `7d` or `2w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Age(u32);

/// Why a text is no span of days.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a number of days or weeks such as 7d or 2w, at most 36500d", quoted(.0))]
pub struct AgeError(String);

impl Age {
    /// The number of days.
    #[must_use]
    pub fn days(self) -> u32 {
        self.0
    }
}

impl FromStr for Age {
    type Err = AgeError;
    fn from_str(text: &str) -> Result<Self, AgeError> {
        let error = || AgeError(text.to_owned());
        let (digits, each) = match (text.strip_suffix('d'), text.strip_suffix('w')) {
            (Some(digits), _) => (digits, 1),
            (_, Some(digits)) => (digits, 7),
            _ => return Err(error()),
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(error());
        }
        let days = digits.parse::<u32>().ok().and_then(|n| n.checked_mul(each));
        days.filter(|d| *d <= 36_500).map(Self).ok_or_else(error)
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}d", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_and_weeks_are_ages() {
        for (text, days) in [("0d", 0), ("7d", 7), ("2w", 14), ("36500d", 36_500)] {
            assert_eq!(text.parse::<Age>().map(Age::days), Ok(days));
        }
        for bad in ["", "d", "7", "7h", "-1d", "+1d", "1 d", "36501d", "99999999999w", "١d"] {
            assert!(bad.parse::<Age>().is_err(), "{bad:?}");
        }
    }
}
