//! `[pins.NAME]`: one thing that is followed, and where its values stand.

use std::fmt;
use std::str::FromStr;

use super::policy::Policy;
use super::site::{self, Bears};
use crate::dockerfile::Site;
use crate::lock::Entry;
use crate::model::{Day, PinName, Place, Platform, Trouble, quoted, suggest};
use crate::source::resolve::{Aim, Want};
use crate::source::{KINDS, PathTemplate, Source};
use crate::table::{Placed, Table};

/// One pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Its name.
    pub name: PinName,
    /// Where the manifest names it.
    pub place: Place,
    /// What it follows.
    pub source: Source,
    /// Its platforms, else the image's; sorted. Empty if neither gives any.
    pub platforms: Vec<Platform>,
    /// Where its values stand.
    pub into: Vec<Placed<Site>>,
    /// Where its artifacts are put.
    pub vendor: Option<Placed<PathTemplate>>,
    /// Whether vendored files are committed.
    pub track: bool,
    /// Whether vendored files are executable.
    pub executable: bool,
    /// The most bytes that one artifact may have.
    pub size_limit: Option<Size>,
    /// Overrides whether the source counts as moving.
    pub moving: Option<bool>,
    /// Why it is not locked yet, if that is known.
    pub unlocked: Option<String>,
    /// The group that it is of: its pins move together or not at all.
    pub group: Option<PinName>,
    /// What holds it back.
    pub policy: Policy,
}

/// A number of bytes, at least 1; written `200MB` or `2GiB`, or as an integer of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(u64);

/// Why a text is no [`Size`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a size such as 200MB or 2GiB", quoted(.0))]
pub struct SizeError(String);

impl Size {
    /// The number of bytes.
    #[must_use]
    pub fn bytes(self) -> u64 {
        self.0
    }

    fn read(table: &Table<'_>) -> Option<Self> {
        if !table.is_number("size-limit") {
            return table.parsed("size-limit").map(|s| s.value);
        }
        let number = table.number("size-limit")?;
        match u64::try_from(number.value) {
            Ok(bytes) if bytes > 0 => Some(Self(bytes)),
            _ => {
                let error = SizeError(number.value.to_string());
                table.report(Trouble::new(error.to_string()).at(number.place));
                None
            }
        }
    }
}

impl FromStr for Size {
    type Err = SizeError;
    fn from_str(text: &str) -> Result<Self, SizeError> {
        let error = || SizeError(text.to_owned());
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at_checked(digits).ok_or_else(error)?;
        let unit = match unit.trim_start() {
            "B" => 1,
            "KB" | "kB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return Err(error()),
        };
        let bytes = number.parse::<u64>().ok().and_then(|n| n.checked_mul(unit));
        bytes.filter(|b| *b > 0).map(Self).ok_or_else(error)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0)
    }
}

/// The keys that every kind of pin has.
const COMMON: [&str; 5] = ["into", "platforms", "moving", "unlocked", "group"];

impl Pin {
    /// Whether new content under the source is news rather than an alarm.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        self.moving.unwrap_or(!self.source.is_fixed())
    }

    /// The values that its sites ask for.
    #[must_use]
    pub fn asked(&self) -> Vec<&str> {
        self.into.iter().map(|placed| self.value_key(&placed.value)).collect()
    }

    /// What is asked of the pin's source.
    #[must_use]
    pub fn want<'a>(&'a self, aim: Aim, old: Option<&'a Entry>, accept_changed: bool, today: Day) -> Want<'a> {
        Want {
            pin: &self.name,
            aim,
            old,
            agreed: None,
            moving: self.moving,
            platforms: &self.platforms,
            vendor: self.vendor.as_ref().map(|v| &v.value),
            size_limit: self.size_limit.map(Size::bytes),
            asked: self.asked(),
            allow_downgrade: self.policy.allow_downgrade,
            min_age: self.policy.min_age,
            records: true,
            accept_changed,
            archives: None,
            dockerfiles: &[],
            bases: &[],
            root: None,
            today,
        }
    }

    /// Why the pin does not move on a day, if it is frozen then.
    #[must_use]
    pub fn frozen(&self, today: Day) -> Option<String> {
        let freeze = self.policy.freeze.as_ref().filter(|f| today <= f.until)?;
        Some(format!("frozen until {}: {}", freeze.until, freeze.reason))
    }

    /// Which of the lock's values stands at a site of this pin: the one that it asks for, or the
    /// kind's default. Empty only for a site that the manifest could not have had.
    #[must_use]
    pub fn value_key<'a>(&'a self, site: &'a Site) -> &'a str {
        let given = site.value.as_deref();
        given.or(self.source.default_value_key()).unwrap_or_default()
    }

    /// The canonical line of what the pin asks for, as the lock keeps it.
    #[must_use]
    pub fn request(&self) -> String {
        self.source.request(&self.platforms)
    }

    pub(super) fn read(
        table: &Table<'_>,
        (name, place): (PinName, Place),
        image: &[Platform],
        policy: &Policy,
    ) -> Option<Self> {
        vet_keys(table, &name);
        let platforms = read_platforms(table, image);
        let source = Source::read(table, &platforms);
        let moving = table.flag("moving");
        let group = table.parsed::<PinName>("group").map(|g| g.value);
        let unlocked = table.words("unlocked").map(|w| w.value.to_owned());
        let policy = Policy::read(table, policy);
        let track = table.flag("track");
        let executable = table.flag("executable");
        let size_limit = Size::read(table);
        let vendor = table.parsed::<PathTemplate>("vendor");
        for key in ["track", "executable"] {
            if table.has(key) && !table.has("vendor") {
                let trouble = Trouble::new(format!("`{key}` says nothing without `vendor`"));
                table.report(trouble.at(table.key_place(key)));
            }
        }
        let into = site::read_all(table, &Bears::Pin(source.as_ref(), &platforms));
        let source = source?;
        if let Some(vendor) = &vendor
            && let Err(trouble) = source.vet_vendor(&vendor.value, &platforms)
        {
            table.report(trouble.at(vendor.place.clone()));
        }
        Some(Self {
            name,
            place,
            source,
            platforms,
            into,
            vendor,
            track: track.unwrap_or(true),
            executable: executable.unwrap_or(false),
            size_limit,
            moving,
            unlocked,
            group,
            policy,
        })
    }
}

/// Reports the keys that a pin of its kind does not have.
fn vet_keys(table: &Table<'_>, name: &PinName) {
    let given = KINDS.iter().filter(|(kind, _)| table.has(kind));
    let mut known: Vec<&str> = given.flat_map(|(_, keys)| keys.iter().copied()).collect();
    if known.is_empty() {
        known = KINDS.iter().flat_map(|(_, keys)| keys.iter().copied()).collect();
    }
    known.extend(COMMON);
    known.extend(Policy::KNOWN);
    known.dedup();
    let mut seen = Vec::with_capacity(known.len());
    for key in known {
        if !seen.contains(&key) {
            seen.push(key);
        }
    }
    table.only(&format!("in pin `{name}`"), &seen, |key| {
        let kinds: Vec<&str> = KINDS.iter().filter(|(_, keys)| keys.contains(&key)).map(|(kind, _)| *kind).collect();
        if kinds.is_empty() {
            let near = suggest(key, seen.iter().copied());
            return near.map(|k| format!("did you mean `{k}`?"));
        }
        Some(format!("`{key}` belongs to pins of kind {}", kinds.join(", ")))
    });
}

/// The pin's platforms, which must be among the image's if it has any; else the image's.
fn read_platforms(table: &Table<'_>, image: &[Platform]) -> Vec<Platform> {
    let Some(list) = table.list::<Platform>("platforms") else {
        return image.to_vec();
    };
    if list.is_empty() {
        let trouble = Trouble::new("`platforms` is empty");
        table.report(trouble.at(table.value_place("platforms")));
    }
    for platform in &list {
        if !image.is_empty() && !image.contains(&platform.value) {
            let image: Vec<&str> = image.iter().map(Platform::as_str).collect();
            let message = format!("{} is no platform of the image", platform.value);
            let trouble = Trouble::new(message).at(platform.place.clone());
            table.report(trouble.expected(format!("some of {}", image.join(", "))));
        }
    }
    let mut platforms: Vec<Platform> = list.into_iter().map(|p| p.value).collect();
    platforms.sort();
    platforms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_unit() {
        for (text, bytes) in [("1B", 1), ("200MB", 200_000_000), ("2 GiB", 2_147_483_648)] {
            assert_eq!(text.parse::<Size>().map(Size::bytes), Ok(bytes));
        }
        for bad in ["", "5", "MB", "0MB", "-1MB", "1.5GB", "1TB", "99999999999999999999GB", "é"] {
            assert!(bad.parse::<Size>().is_err(), "{bad}");
        }
    }
}
