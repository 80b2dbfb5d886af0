//! A Release file: what an archive signs, as data (apt-secure(8), the repository format of Debian).
//!
//! For the chain, which hands in the signed text. It knows no signature; what `judge` says is judged by
//! a time that is handed in.

mod judge;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::model::{Sha256, Time, Trouble, quoted};

use super::deb822::{self, Field, Flaw};

pub use judge::{IndexFile, Indices, Misfit};

/// A Release file that can be relied on: dated, with SHA-256 digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// `Origin`, such as `Debian`.
    pub origin: Option<String>,
    /// `Label`, such as `Debian-Security`.
    pub label: Option<String>,
    /// `Suite`, such as `oldstable`; it moves.
    pub suite: Option<String>,
    /// `Codename`, such as `bookworm`; it stays.
    pub codename: Option<String>,
    /// `Date`: when it was made.
    pub date: Time,
    /// `Valid-Until`.
    pub valid_until: Option<Time>,
    /// `Architectures`, possibly with `all`.
    pub architectures: Vec<String>,
    /// `Components`, as written: `main`, or `updates/main` on security suites.
    pub components: Vec<String>,
    /// `Acquire-By-Hash: yes`: files can be had by digest.
    pub acquire_by_hash: bool,
    /// `NotAutomatic: yes`: nothing of it is chosen unasked.
    pub not_automatic: bool,
    /// `ButAutomaticUpgrades: yes`.
    pub but_automatic_upgrades: bool,
    /// `No-Support-for-Architecture-all: Packages`: packages of architecture `all` stand in each
    /// architecture's index, and `binary-all` needs no reading.
    pub all_in_each: bool,
    files: BTreeMap<String, (Sha256, u64)>,
}

/// Why a text is no [`Release`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// Its lines are not those of one stanza.
    #[error("the Release file cannot be read: {0}")]
    Lines(#[from] Flaw),
    /// It has no such field, or an empty one.
    #[error("the Release file has no field `{0}`")]
    Missing(&'static str),
    /// It has no `SHA256`, only digests that can be forged, or none that are known here.
    #[error("the Release file has no SHA-256 digests")]
    WeakHashes {
        /// The fields with digests that it does have.
        found: Vec<&'static str>,
    },
    /// A date that is none.
    #[error("the `{field}` of the Release file is {}", quoted(.text))]
    Date {
        /// The field.
        field: &'static str,
        /// What it says.
        text: String,
    },
    /// A line of `SHA256` that is no digest, size and path.
    #[error("the Release file lists {}", quoted(.0))]
    File(String),
    /// A path that is listed with two digests or sizes.
    #[error("the Release file lists {} twice, with different digests", quoted(.0))]
    FileTwice(String),
}

impl ReleaseError {
    /// As it is shown.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        match self {
            Self::WeakHashes { found } if found.is_empty() => trouble.expected("a field SHA256"),
            Self::WeakHashes { found } => trouble
                .expected("a field SHA256")
                .found(format!("only {}", found.join(", ")))
                .help("MD5 and SHA-1 can be forged, so nothing is taken from this archive"),
            Self::Date { .. } => trouble.expected("a date such as Sat, 21 Nov 2026 00:53:02 UTC"),
            Self::File(_) => trouble.expected("a SHA-256 digest, a size and a path"),
            _ => trouble,
        }
    }
}

impl Release {
    /// Reads the signed text of an InRelease, or a Release file. Lines may end in CR LF, as in the canonical form of signed texts.
    ///
    /// # Errors
    /// It is not exactly one stanza, lacks `Date`, has a date that is none, has no `SHA256`, or lists one
    /// path with two digests.
    pub fn parse(text: &str) -> Result<Self, ReleaseError> {
        let text = text.trim_matches(['\n', '\r']);
        let fields = deb822::fields(text, false)?;
        let get = |name: &str| fields.iter().find(|f| f.is(name));
        let word = |name| get(name).and_then(Field::one_line).map(str::to_owned);
        let words = |name| get(name).map(|f| f.words().map(str::to_owned).collect::<Vec<_>>()).unwrap_or_default();
        let flag = |name| get(name).is_some_and(|f| f.value.eq_ignore_ascii_case("yes"));
        let date = |field: &'static str| {
            let moment = |f: &Field<'_>| moment(f.value).ok_or(ReleaseError::Date { field, text: f.value.to_owned() });
            get(field).map(moment).transpose()
        };
        let sums = get("SHA256").filter(|f| !f.value.is_empty());
        let Some(sums) = sums else {
            let known = ["MD5Sum", "SHA1", "SHA512"];
            return Err(ReleaseError::WeakHashes { found: known.into_iter().filter(|n| get(n).is_some()).collect() });
        };
        Ok(Self {
            origin: word("Origin"),
            label: word("Label"),
            suite: word("Suite"),
            codename: word("Codename"),
            date: date("Date")?.ok_or(ReleaseError::Missing("Date"))?,
            valid_until: date("Valid-Until")?,
            architectures: words("Architectures"),
            components: words("Components"),
            acquire_by_hash: flag("Acquire-By-Hash"),
            not_automatic: flag("NotAutomatic"),
            but_automatic_upgrades: flag("ButAutomaticUpgrades"),
            all_in_each: words("No-Support-for-Architecture-all").iter().any(|w| w == "Packages"),
            files: files(sums)?,
        })
    }

    /// The digest and size of a file that it lists, by its path below the folder of the Release file.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<(Sha256, u64)> {
        self.files.get(path).copied()
    }

    /// The priority that apt gives its packages if none is configured (apt_preferences(5)): 500; 1 with
    /// `NotAutomatic`, 100 with `ButAutomaticUpgrades` too.
    #[must_use]
    pub fn priority(&self) -> i32 {
        match (self.not_automatic, self.but_automatic_upgrades) {
            (false, _) => 500,
            (true, false) => 1,
            (true, true) => 100,
        }
    }
}

fn files(field: &Field<'_>) -> Result<BTreeMap<String, (Sha256, u64)>, ReleaseError> {
    let mut out: BTreeMap<String, (Sha256, u64)> = BTreeMap::new();
    for line in field.lines() {
        let error = || ReleaseError::File(line.to_owned());
        let mut words = line.split([' ', '\t']).filter(|w| !w.is_empty());
        let (Some(digest), Some(size), Some(path), None) = (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(error());
        };
        let digits = size.bytes().all(|b| b.is_ascii_digit());
        let digest: Sha256 = digest.parse().map_err(|_| error())?;
        let size: u64 = size.parse().ok().filter(|_| digits).ok_or_else(error)?;
        match out.entry(path.to_owned()) {
            Entry::Occupied(held) if *held.get() != (digest, size) => {
                return Err(ReleaseError::FileTwice(path.to_owned()));
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(place) => {
                place.insert((digest, size));
            }
        }
    }
    Ok(out)
}

/// A date such as `Sat, 21 Nov 2026 00:53:02 UTC` (RFC 5322 section 3.3): the day of the week may be missing and
/// is not compared with the date; days and hours may have one digit; the zone is UTC in one of its names.
fn moment(text: &str) -> Option<Time> {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = match text.split_once(',') {
        Some((day, rest)) if DAYS.contains(&day) => rest,
        Some(_) => return None,
        None => text,
    };
    let words: Vec<&str> = text.split(' ').filter(|w| !w.is_empty()).collect();
    let [day, month, year, clock, zone] = *words.as_slice() else { return None };
    let number = |text: &str, lengths: &[usize]| -> Option<i16> {
        let digits = text.bytes().all(|b| b.is_ascii_digit()) && lengths.contains(&text.len());
        text.parse().ok().filter(|_| digits)
    };
    let small = |text, lengths| number(text, lengths).and_then(|n| i8::try_from(n).ok());
    let month = MONTHS.iter().position(|m| *m == month).and_then(|i| i8::try_from(i + 1).ok())?;
    let parts: Vec<&str> = clock.split(':').collect();
    let [hour, minute, second] = *parts.as_slice() else { return None };
    if !matches!(zone, "UTC" | "GMT" | "Z" | "+0000" | "-0000") {
        return None;
    }
    let date = jiff::civil::Date::new(number(year, &[4])?, month, small(day, &[1, 2])?).ok()?;
    let clock = jiff::civil::Time::new(small(hour, &[1, 2])?, small(minute, &[2])?, small(second, &[2])?, 0).ok()?;
    let zoned = date.to_datetime(clock).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Time::from_seconds(zoned.timestamp().as_second())
}
