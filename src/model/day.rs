//! A calendar day in UTC: the only grain of time that the lock knows.

use std::fmt;
use std::str::FromStr;

use super::text::quoted;

/// A day in UTC, written `YYYY-MM-DD` (RFC 3339 full-date).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(jiff::civil::Date);

/// Why a text is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a date of the form YYYY-MM-DD", quoted(.0))]
pub struct DayError(String);

impl Day {
    /// Today, by the system's clock.
    #[must_use]
    pub fn today() -> Self {
        Self(jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date())
    }

    /// The UTC day of a Unix time in seconds; `None` outside the years -9999 to 9999.
    #[must_use]
    pub fn of_unix(seconds: i64) -> Option<Self> {
        let time = jiff::Timestamp::from_second(seconds).ok()?;
        Some(Self(time.to_zoned(jiff::tz::TimeZone::UTC).date()))
    }

    /// The day so many days later; the last one there is where that is too far.
    #[must_use]
    pub fn after(self, days: u32) -> Self {
        Self(self.0.saturating_add(jiff::Span::new().days(i64::from(days))))
    }

    /// Days from another day to this one; negative if this one is earlier.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        let day = |d: jiff::civil::Date| {
            d.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |z| z.timestamp().as_second() / 86_400)
        };
        day(self.0) - day(earlier.0)
    }
}

impl FromStr for Day {
    type Err = DayError;
    fn from_str(text: &str) -> Result<Self, DayError> {
        let date: jiff::civil::Date = text.parse().map_err(|_| DayError(text.to_owned()))?;
        let day = Self(date);
        if day.to_string() == text { Ok(day) } else { Err(DayError(text.to_owned())) }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_one_way() {
        assert_eq!("2026-11-23".parse::<Day>().unwrap().to_string(), "2026-11-23");
        for bad in ["2026-11-3", "20261123", "2026-13-01", "2026-11-23T00:00", ""] {
            assert!(bad.parse::<Day>().is_err(), "{bad:?}");
        }
        assert_eq!(Day::of_unix(1_700_000_000).unwrap().to_string(), "2023-11-14");
        let (a, b): (Day, Day) = ("2024-02-28".parse().unwrap(), "2024-03-01".parse().unwrap());
        assert_eq!(b.days_since(a), 2);
    }
}
