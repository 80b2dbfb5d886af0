//! How a locked version stands to the one that a filter names.
//!
//! For `list`. Debian's order for packages, semver's for all else. What cannot be compared is said
//! to be so: it is neither in nor out.

use std::cmp::Ordering;

use semver::{Prerelease, Version};

use super::Item;
use crate::model::{Relation, glob, quoted};
use crate::source::deb::version::Version as Debian;
use crate::source::version::order;

/// In which order a version stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// In none: a commit without tag, a digest, something that is not locked.
    None,
    /// Debian's (policy 5.6.12).
    Debian(String),
    /// Semver's; a leading `v` and missing numbers are tolerated.
    Version(String),
    /// That of an image's tag, which may move: `12` is any 12.x, and `20.18-slim` any 20.18.x.
    Tag(String),
}

/// Why a bound cannot be held against an item.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Incomparable {
    /// The item has no version.
    #[error("it has no version")]
    NoVersion,
    /// What it has is none.
    #[error("{} is no version", quoted(.0))]
    Locked(String),
    /// What the filter names is none.
    #[error("{} in the filter is no version", quoted(.0))]
    Bound(String),
    /// A tag that stands for several versions, and the bound is among them.
    #[error("the tag {} stands for several versions", quoted(.0))]
    Several(String),
}

/// A version of semver's order; `v1.2` is 1.2.0.
fn version(text: &str) -> Option<Version> {
    order(text.strip_prefix(['v', 'V']).filter(|t| t.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(text))
}

/// The lowest version that a tag may stand for, and the first that it cannot any more.
fn span(tag: &str) -> Option<(Version, Version)> {
    let text = tag.strip_prefix(['v', 'V']).unwrap_or(tag);
    let (numbers, rest) = text.split_at_checked(text.find(['-', '+']).unwrap_or(text.len()))?;
    // `-rc.1` is part of the version, `-slim` and `-bookworm` are what else is in the image.
    let word = rest.trim_start_matches(['-', '+']).to_ascii_lowercase();
    let is_early = ["rc", "alpha", "beta", "pre", "dev", "preview", "nightly"]
        .iter()
        .any(|early| word.strip_prefix(early).is_some_and(|r| !r.starts_with(|c: char| c.is_ascii_alphabetic())));
    if is_early {
        let exact = version(text)?;
        return Some((exact.clone(), exact));
    }
    let low = order(numbers)?;
    // Below all pre-releases of the first version that is not meant.
    let before = |mut v: Version| {
        v.pre = Prerelease::new("0").unwrap_or(Prerelease::EMPTY);
        v
    };
    let high = match numbers.split('.').count() {
        1 => before(Version::new(low.major.saturating_add(1), 0, 0)),
        2 => before(Version::new(low.major, low.minor.saturating_add(1), 0)),
        _ => low.clone(),
    };
    Some((low, high))
}

impl Item {
    /// Whether its version stands so to a bound.
    ///
    /// The same text is equal, whatever it is: a tag, a digest, the first 7 or more digits of an id. A
    /// bound of `=` and `!=` that is no version, or has `*` or `?`, is held against the text alone.
    ///
    /// # Errors
    /// [`Incomparable`]: the question has no answer.
    pub fn stands(&self, relation: Relation, bound: &str) -> Result<bool, Incomparable> {
        if self.is_called(bound) {
            return Ok(relation.holds(Ordering::Equal));
        }
        let by_text = matches!(relation, Relation::Equal | Relation::NotEqual);
        if by_text && bound.contains(['*', '?']) {
            let version = self.version.as_deref().ok_or(Incomparable::NoVersion)?;
            return Ok(glob(bound, version) == (relation == Relation::Equal));
        }
        let bad = || Incomparable::Bound(bound.to_owned());
        match &self.measure {
            // That the texts differ is known even if they have no order.
            Measure::Debian(_) if by_text && bound.parse::<Debian>().is_err() => Ok(relation == Relation::NotEqual),
            Measure::Version(_) | Measure::Tag(_) if by_text && version(bound).is_none() => {
                Ok(relation == Relation::NotEqual)
            }
            Measure::None if by_text && version(bound).is_none() && self.id.is_some() => {
                Ok(relation == Relation::NotEqual)
            }
            Measure::None => Err(Incomparable::NoVersion),
            Measure::Debian(own) => {
                let own: Debian = own.parse().map_err(|_| Incomparable::Locked(own.clone()))?;
                Ok(relation.holds(own.by_value(&bound.parse().map_err(|_| bad())?)))
            }
            Measure::Version(own) => {
                let own = version(own).ok_or_else(|| Incomparable::Locked(own.clone()))?;
                Ok(relation.holds(own.cmp_precedence(&version(bound).ok_or_else(bad)?)))
            }
            Measure::Tag(own) => {
                let (low, high) = span(own).ok_or_else(|| Incomparable::Locked(own.clone()))?;
                let bound = version(bound).ok_or_else(bad)?;
                let order = match (low.cmp_precedence(&bound), high.cmp_precedence(&bound)) {
                    (Ordering::Greater, _) => Ordering::Greater,
                    (_, Ordering::Less) => Ordering::Less,
                    (Ordering::Equal, Ordering::Equal) => Ordering::Equal,
                    // The lowest of several: it is not below, and all else depends.
                    (Ordering::Equal, _) if relation == Relation::AtLeast => Ordering::Equal,
                    (Ordering::Equal, _) if relation == Relation::Below => Ordering::Equal,
                    _ => return Err(Incomparable::Several(own.clone())),
                };
                Ok(relation.holds(order))
            }
        }
    }

    /// Whether a bound is the very text of the version, the tag or the id.
    fn is_called(&self, bound: &str) -> bool {
        let bare = |id: &str| id.strip_prefix("sha256:").unwrap_or(id).to_owned();
        let hex = bare(bound);
        let short = hex.len() >= 7 && hex.bytes().all(|b| b.is_ascii_hexdigit());
        let measured = match &self.measure {
            Measure::Debian(own) | Measure::Version(own) | Measure::Tag(own) => Some(own.as_str()),
            Measure::None => None,
        };
        self.version.as_deref() == Some(bound)
            || measured == Some(bound)
            || self.id.as_deref().is_some_and(|id| id == bound || short && bare(id).starts_with(&hex))
            || self.each.iter().any(|s| s.id == bound || short && bare(&s.id).starts_with(&hex))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(measure: Measure) -> Item {
        let version = match &measure {
            Measure::Debian(v) | Measure::Version(v) | Measure::Tag(v) => Some(v.clone()),
            Measure::None => None,
        };
        Item { version, measure, id: Some("ae2bbc29be1aaae0b3ded5d188968a6c97bb3144".to_owned()), ..Item::new("x") }
    }

    fn all(measure: &Measure, bound: &str) -> String {
        use Relation::{Above, AtLeast, AtMost, Below, Equal, NotEqual};
        let item = item(measure.clone());
        let said = [Below, AtMost, Equal, NotEqual, AtLeast, Above].map(|r| match item.stands(r, bound) {
            Ok(true) => 'y',
            Ok(false) => 'n',
            Err(_) => '?',
        });
        said.iter().collect()
    }

    /// The answers of `dpkg --compare-versions A lt|le|eq|ne|ge|gt B`.
    #[test]
    fn packages_stand_in_debians_order() {
        for (own, bound, said) in [
            ("3.0.11-1~deb12u2", "3.0.15", "yynynn"),
            ("3.0.15-1~deb12u1", "3.0.15", "nnnyyy"),
            ("3.0.15-1~deb12u1", "3.0.15-1", "yynynn"),
            ("3.0.15~rc1-1", "3.0.15", "yynynn"),
            ("1:1.0", "2.0", "nnnyyy"),
            ("0:1-0", "1", "nyynyn"),
            ("1.0+b1", "1.0", "nnnyyy"),
            ("1.0-1", "1.0-10", "yynynn"),
        ] {
            assert_eq!(all(&Measure::Debian(own.to_owned()), bound), said, "{own} {bound}");
        }
        assert_eq!(all(&Measure::Debian("1.0".to_owned()), "-x"), "??ny??");
        assert_eq!(all(&Measure::Debian("7.88.1-10".to_owned()), "7.88*"), "??yn??");
    }

    #[test]
    fn versions_stand_in_semvers_order_and_what_has_none_is_told() {
        let of = |own: &str, bound: &str| all(&Measure::Version(own.to_owned()), bound);
        assert_eq!(of("v1.11.1", "1.12"), "yynynn");
        assert_eq!(of("v1.11.1", "v1.11.1"), "nyynyn");
        assert_eq!(of("1.11.1", "v1.11.1"), "nyynyn");
        assert_eq!(of("2.0.0-rc.1", "2"), "yynynn");
        assert_eq!(of("1.10.0", "1.9.0"), "nnnyyy");
        assert_eq!(of("release-1.2", "1.2"), "??????");
        assert_eq!(of("v1.11.1", "banana"), "??ny??");
        assert_eq!(of("v1.11.1", "ae2bbc2"), "nyynyn");
        assert_eq!(all(&Measure::None, "1.0"), "??????");
        assert_eq!(all(&Measure::None, "master"), "??ny??");
        assert_eq!(all(&Measure::None, "ae2bbc29be1a"), "nyynyn");
    }

    #[test]
    fn a_tag_that_may_be_several_versions_is_compared_as_far_as_it_can_be() {
        let of = |own: &str, bound: &str| all(&Measure::Tag(own.to_owned()), bound);
        assert_eq!(of("12", "13"), "yynynn");
        assert_eq!(of("12", "11.5"), "nnnyyy");
        assert_eq!(of("12", "12.5"), "??????");
        assert_eq!(of("12", "12.0"), "n???y?");
        assert_eq!(of("12", "12"), "nyynyn");
        assert_eq!(of("20.18.1-slim", "20.18.1"), "nyynyn");
        assert_eq!(of("20.18-slim", "20.19"), "yynynn");
        assert_eq!(of("1.25.0-rc1", "1.25.0"), "yynynn");
        assert_eq!(of("bookworm-slim", "12"), "??????");
        assert_eq!(of("bookworm-slim", "bookworm-slim"), "nyynyn");
        assert_eq!(of("bookworm-slim", "latest"), "??ny??");
    }
}
