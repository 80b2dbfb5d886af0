//! A moment in UTC, to the second.
//!
//! For what is dated and signed: Release files, signatures, snapshots of archives.

use std::fmt;
use std::str::FromStr;

use super::text::quoted;

/// Seconds since 1970-01-01T00:00:00Z, within years that four digits write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// Why a text is no [`Time`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a moment such as 2026-09-01T00:00:00Z or 20260901T000000Z", quoted(.0))]
pub struct TimeError(String);

/// 0000-01-01, and the last moment that each time zone can write, in seconds.
const BOUNDS: (i64, i64) = (-62_167_219_200, 253_402_207_200);

impl Time {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        Self(jiff::Timestamp::now().as_second())
    }

    /// From seconds since 1970; `None` outside the years 0 to 9999.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        (seconds >= BOUNDS.0 && seconds <= BOUNDS.1).then_some(Self(seconds))
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// So many seconds later; at the bounds of the years it stays there.
    #[must_use]
    pub fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds).clamp(BOUNDS.0, BOUNDS.1))
    }

    /// As snapshot archives write it: `20260901T000000Z`.
    #[must_use]
    pub fn stamp(self) -> String {
        self.to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect()
    }
}

impl FromStr for Time {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let error = || TimeError(text.to_owned());
        let plain: String = text.chars().filter(|c| !matches!(c, '-' | ':')).collect();
        let digits = plain.len() == 16
            && plain.bytes().enumerate().all(|(i, b)| match i {
                8 => b == b'T',
                15 => b == b'Z',
                _ => b.is_ascii_digit(),
            });
        let moment = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", &plain).map_err(|_| error())?;
        let moment = moment.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| error())?;
        let time = Self::from_seconds(moment.timestamp().as_second()).ok_or_else(error)?;
        // Only the two forms themselves, and only moments that there are.
        if digits && (time.to_string() == text || time.stamp() == text) { Ok(time) } else { Err(error()) }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(moment) => write!(f, "{}", moment.strftime("%Y-%m-%dT%H:%M:%SZ")),
            Err(_) => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_forms_of_one_moment() {
        let time: Time = "2026-09-01T12:34:56Z".parse().unwrap();
        assert_eq!(time.seconds(), 1_788_266_096);
        assert_eq!(
            (time.to_string(), time.stamp()),
            ("2026-09-01T12:34:56Z".to_owned(), "20260901T123456Z".to_owned())
        );
        assert_eq!("20260901T123456Z".parse(), Ok(time));
        for bad in
            ["", "2026-09-01", "20260931T000000Z", "20260901T250000Z", "2026-0901T000000Z", "20260901T000000", "é"]
        {
            assert!(bad.parse::<Time>().is_err(), "{bad}");
        }
    }

    #[test]
    fn moments_end_at_the_years_that_four_digits_write() {
        assert_eq!(Time::from_seconds(i64::MAX), None);
        let last = Time::from_seconds(BOUNDS.1).unwrap();
        assert_eq!(last.to_string(), "9999-12-30T22:00:00Z");
        assert_eq!(last.plus(i64::MAX), last);
        assert_eq!(Time::from_seconds(BOUNDS.0).unwrap().to_string(), "0000-01-01T00:00:00Z");
    }
}
