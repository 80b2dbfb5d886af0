//! What `list` tells: which image pins what, and the filters that ask for some of it.
//!
//! Made by `ops`, shown by `ui`. It compares no versions: `source` knows in which order they stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use super::finding::Trouble;
use super::glob::glob;
use super::name::PinName;
use super::outcome::Failure;
use super::platform::Platform;
use super::text::{quoted, visible};

/// How a version stands to the one that a filter names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `>=`
    AtLeast,
    /// `>`
    Above,
}

impl Relation {
    /// Longer signs before those that begin them.
    const ALL: [Self; 6] = [Self::AtMost, Self::AtLeast, Self::NotEqual, Self::Below, Self::Above, Self::Equal];

    /// Its sign.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::AtLeast => ">=",
            Self::Above => ">",
        }
    }

    /// Whether it holds where a version stands so to the bound.
    #[must_use]
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Below => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::AtLeast => order.is_ge(),
            Self::Above => order.is_gt(),
        }
    }
}

/// One question of a command line: `NAME`, or `NAME<VERSION` with one or more bounds, a comma
/// between: all of them must hold. The name is a glob.
///
/// Blanks around its parts mean nothing. A name is at most 256 characters, without blanks, commas and
/// `<>=!`; a bound at most 1,024 bytes of printable ASCII without these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    pattern: String,
    bounds: Vec<(Relation, String)>,
}

/// Why a text is no [`Filter`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is no filter: {reason}", quoted(.text))]
pub struct FilterError {
    text: String,
    reason: &'static str,
}

impl FilterError {
    /// What to tell the user.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        Trouble::new(self.to_string())
            .expected("NAME, or NAME with bounds such as 'libssl3<3.0.15' or 'libssl3>=3,<3.0.15'")
    }
}

/// A character that parts a filter.
fn parts(c: char) -> bool {
    matches!(c, '<' | '>' | '=' | '!' | ',') || c.is_whitespace()
}

impl Filter {
    /// Whether one of the names that something has is meant.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        glob(&self.pattern, name)
    }

    /// What must hold of its version; empty: nothing.
    #[must_use]
    pub fn bounds(&self) -> &[(Relation, String)] {
        &self.bounds
    }

    /// The name, as it was written.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }
}

impl FromStr for Filter {
    type Err = FilterError;
    fn from_str(text: &str) -> Result<Self, FilterError> {
        let error = |reason| FilterError { text: text.to_owned(), reason };
        let at = text.find(['<', '>', '=', '!']).unwrap_or(text.len());
        let (pattern, rest) = text.split_at_checked(at).unwrap_or((text, ""));
        let pattern = pattern.trim();
        if pattern.is_empty() {
            return Err(error("it names nothing"));
        }
        if pattern.chars().count() > 256 || pattern.chars().any(parts) || visible(pattern) != pattern {
            return Err(error("a name has at most 256 characters, and no blanks, commas or control characters"));
        }
        let mut bounds = Vec::new();
        // A filter that is a name alone has no part to read.
        for part in rest.split(',').filter(|_| !rest.is_empty()) {
            let part = part.trim();
            let relation = Relation::ALL.into_iter().find_map(|r| Some((r, part.strip_prefix(r.sign())?)));
            let Some((relation, version)) = relation else {
                return Err(error("each bound begins with <, <=, =, !=, >= or >"));
            };
            let version = version.trim();
            if version.is_empty() {
                return Err(error("a bound names no version"));
            }
            if version.len() > 1024 || version.chars().any(|c| parts(c) || !c.is_ascii_graphic()) {
                return Err(error("what stands behind the sign is no version"));
            }
            bounds.push((relation, version.to_owned()));
        }
        Ok(Self { pattern: pattern.to_owned(), bounds })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern)?;
        for (i, (relation, version)) in self.bounds.iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            write!(f, "{comma}{}{version}", relation.sign())?;
        }
        Ok(())
    }
}

/// Whether what is listed can be relied on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockState {
    /// As the lock says.
    Locked,
    /// As the lock says, but the manifest asks for something else since.
    Edited,
    /// Not in the lock; with the reason that the manifest gives, if it does.
    Unlocked(Option<String>),
    /// The lock's entry was altered by hand: nothing of it is told.
    Altered,
}

impl LockState {
    /// The word for it, in tables and in JSON.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Edited => "edited",
            Self::Unlocked(_) => "unlocked",
            Self::Altered => "ALTERED",
        }
    }
}

/// What is locked for some platforms, where it differs between them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share {
    /// Which platforms.
    pub platforms: Vec<Platform>,
    /// The digest.
    pub id: String,
    /// Where the bytes come from, without secrets.
    pub url: Option<String>,
}

/// One row: one thing that an image takes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The member of a workspace, by its folder.
    pub member: Option<String>,
    /// The pin.
    pub pin: PinName,
    /// Its kind, such as `git`; `base` for a package of a pinned base image.
    pub kind: &'static str,
    /// The package, the repository or the URL; without secrets.
    pub what: String,
    /// The version, or the tag, as a person says it.
    pub version: Option<String>,
    /// The full commit or digest.
    pub id: Option<String>,
    /// The architecture of a Debian package, such as `arm64` or `all`.
    pub architecture: Option<String>,
    /// The suite that a Debian package was drawn from.
    pub suite: Option<String>,
    /// The archive that it was drawn from, where the lock can tell it.
    pub archive: Option<String>,
    /// Where it comes from, where that is one address; without secrets.
    pub url: Option<String>,
    /// The platforms that it is for, sorted; empty: whatever the image is built for.
    pub platforms: Vec<Platform>,
    /// All platforms of the pin, sorted.
    pub all: Vec<Platform>,
    /// What differs by platform.
    pub each: Vec<Share>,
    /// Whether it can be relied on.
    pub state: LockState,
    /// Who needs it, from a package that was asked for on: `curl`, `libcurl4`; empty: it was asked for.
    pub why: Vec<String>,
}

/// Something of which a filter cannot tell whether it is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The filter.
    pub filter: Filter,
    /// What it is about.
    pub row: Listed,
    /// Why it cannot be told.
    pub why: String,
}

/// A kind of things that an image takes in and `list` did not look into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aside {
    /// The packages of base images.
    Bases,
    /// What apt pulls in beside the packages that are named.
    Dependencies,
    /// What a yarn.lock takes from a registry.
    Registry,
}

impl Aside {
    /// Its word in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Bases => "base-images",
            Self::Dependencies => "apt-dependencies",
            Self::Registry => "registry-packages",
        }
    }
}

/// What `list` came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// What any of the filters matches, or everything; by member, pin and what.
    pub rows: Vec<Listed>,
    /// What cannot be told: never silently left out.
    pub unknown: Vec<Unknown>,
    /// Whether filters were given.
    pub filtered: bool,
    /// Whether it is asked why each package is there.
    pub why: bool,
    /// Filters, as they were written, whose NAME names nothing here.
    pub unnamed: Vec<String>,
    /// Filters whose NAME is that of a pin: such a one, without bounds, asks of no package.
    pub pins: BTreeSet<String>,
    /// What was not looked into although a filter has bounds, each kind with the number of its pins.
    pub aside: BTreeMap<Aside, usize>,
    /// What kept packages of base images from being read.
    pub failures: Vec<Failure>,
}

impl Listing {
    /// Adds what another folder has, asked with the same filters.
    pub fn absorb(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.unknown.extend(other.unknown);
        self.pins.extend(other.pins);
        self.failures.extend(other.failures);
        for (kind, count) in other.aside {
            *self.aside.entry(kind).or_default() += count;
        }
        self.filtered |= other.filtered;
        self.why |= other.why;
        // What names something anywhere is no slip of the pen.
        self.unnamed.retain(|filter| other.unnamed.contains(filter));
    }

    /// The end of it, after all folders are in: a NAME without bounds that is a pin's asks for that
    /// pin, and nothing stays open.
    #[must_use]
    pub fn settled(mut self) -> Self {
        let pins = &self.pins;
        self.unknown.retain(|u| !u.filter.bounds.is_empty() || !pins.contains(&u.filter.to_string()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Filter, FilterError> {
        text.parse()
    }

    #[test]
    fn filters_are_names_with_bounds() {
        let filter = read(" libssl3 >= 3 , <3.0.15-1~deb12u1 ").unwrap();
        assert_eq!(filter.to_string(), "libssl3>=3,<3.0.15-1~deb12u1");
        assert_eq!(filter.bounds()[1], (Relation::Below, "3.0.15-1~deb12u1".to_owned()));
        assert!(filter.names("libssl3") && !filter.names("libssl3t64"));
        for text in ["coredns", "lib*", "@scope/name!=1", "docker.io/library/debian=12", "x<=1:2", "x=7.88*"] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
        for bad in
            ["", " ", "<1", "a<", "a<1,", "a,b", "a b", "a!1", "a==1", "a<<1", "a=<1", "a<1 2", "a<é", "a\u{202e}"]
        {
            let error = read(bad).unwrap_err();
            assert!(error.trouble().expected.is_some(), "{bad:?}");
        }
        assert!(read(&"x".repeat(257)).is_err() && read(&format!("x<{}", "1".repeat(1025))).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_text_is_read_or_refused(text in "[a-z0-9*<>=!, .é\u{202e}-]{0,24}|\\PC{0,24}") {
            if let Ok(filter) = read(&text) {
                prop_assert_eq!(read(&filter.to_string()), Ok(filter));
            }
        }

        #[test]
        fn what_is_written_is_read_back(
            name in "[a-z0-9*?@/._+:-]{1,20}",
            bounds in prop::collection::vec((0..6_usize, "[0-9][0-9a-z.:~+-]{0,12}"), 0..4),
        ) {
            let bounds: Vec<_> = bounds.into_iter().map(|(i, v)| (Relation::ALL[i], v)).collect();
            let filter = Filter { pattern: name, bounds };
            prop_assert_eq!(read(&filter.to_string()), Ok(filter));
        }
    }

    #[test]
    fn a_name_that_one_member_has_is_no_slip_and_a_pins_own_name_leaves_nothing_open() {
        let filter = read("coredns").unwrap();
        let row = Listed {
            member: None,
            pin: "packages".parse().unwrap(),
            kind: "deb",
            what: "dockerfile".to_owned(),
            version: None,
            id: None,
            architecture: None,
            suite: None,
            archive: None,
            url: None,
            platforms: Vec::new(),
            all: Vec::new(),
            each: Vec::new(),
            state: LockState::Unlocked(None),
            why: Vec::new(),
        };
        let open = |filter: &Filter| Unknown { filter: filter.clone(), row: row.clone(), why: "why".to_owned() };
        let mut a = Listing { unnamed: vec!["coredns".to_owned()], unknown: vec![open(&filter)], ..Listing::default() };
        let b = Listing { pins: BTreeSet::from(["coredns".to_owned()]), ..Listing::default() };
        assert_eq!(a.clone().settled().unknown.len(), 1);
        a.absorb(b);
        a.unknown.push(open(&read("coredns<1").unwrap()));
        assert!(a.unnamed.is_empty());
        assert_eq!(a.settled().unknown.len(), 1);
    }
}
