//! Which versions a pin admits: one exactly, or a range.
//!
//! For the kinds that follow versions: git, url, image. It compares versions; where a list of
//! them comes from is each kind's matter.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use semver::{Comparator, Op, Prerelease, Version, VersionReq};

use crate::model::{Trouble, quoted, visible};
use crate::table::Table;

/// A full version, meant exactly, or a range with an operator or wildcard in each part.
///
/// `1.2.3` and `=1.2.3` are the same rule; `^1.11`, `~1.2`, `>=1, <2`, `1.2.*`, `*` are ranges, as
/// Cargo reads them. A bare `1.11` is refused: Cargo, npm and Docker tags each take it for
/// something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRule(Rule);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Exact(Version),
    /// Sorted, without doubles; empty means any.
    Range(VersionReq),
    /// As npm reads it, and as it was written.
    Npm(Box<nodejs_semver::Range>, String),
}

/// Why a text is no [`VersionRule`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a version or a range of versions: {reason}", quoted(.text))]
pub struct VersionRuleError {
    text: String,
    reason: String,
    /// What to write instead, where that can be guessed.
    pub help: Option<String>,
}

impl VersionRuleError {
    fn new(text: &str, reason: impl Into<String>, help: Option<String>) -> Self {
        Self { text: text.to_owned(), reason: reason.into(), help }
    }

    /// The error as it is shown, without a place.
    #[must_use]
    pub fn trouble(self) -> Trouble {
        let mut trouble = Trouble::new(self.to_string());
        trouble.help = self.help;
        trouble
    }
}

impl VersionRule {
    /// A range as npm and yarn read it, such as `^1 || 2.x`: what a package.json says, not what a
    /// manifest says.
    ///
    /// # Errors
    /// Text that npm does not take for a range, or longer than 256 bytes.
    pub fn npm(text: &str) -> Result<Self, VersionRuleError> {
        let error = |reason: &str| VersionRuleError::new(text, reason, None);
        if text.len() > 256 || visible(text) != text {
            return Err(error("it is longer than 256 bytes, or holds a control character"));
        }
        let text = text.trim();
        let range = crate::source::yarn::spec::npm_range(text).ok_or_else(|| error("npm reads no range in it"))?;
        Ok(Self(Rule::Npm(Box::new(range), text.to_owned())))
    }

    /// Whether exactly one version is meant.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        matches!(self.0, Rule::Exact(_))
    }

    /// Whether a version is admitted.
    ///
    /// A pre-release is admitted by the exact rule that names it, by a range of which one part
    /// names a pre-release of the same version (as in Cargo), and, with `pre_releases`, by every
    /// range around it. `^1` and `<2` never admit 2.0.0-rc.1: nobody means it who writes them.
    #[must_use]
    pub fn matches(&self, version: &Version, pre_releases: bool) -> bool {
        match &self.0 {
            Rule::Exact(exact) if exact.build.is_empty() => exact.cmp_precedence(version) == Ordering::Equal,
            Rule::Exact(exact) => exact == version,
            Rule::Range(range) => {
                range.matches(version)
                    || pre_releases && !version.pre.is_empty() && range.comparators.iter().all(|c| around(c, version))
            }
            Rule::Npm(range, _) => {
                nodejs_semver::Version::parse(version.to_string()).is_ok_and(|version| range.satisfies(&version))
            }
        }
    }
}

/// Whether a pre-release lies within one part of a range, by precedence (SemVer 2.0, 11).
fn around(part: &Comparator, version: &Version) -> bool {
    let (major, minor, patch) = (part.major, part.minor, part.patch);
    // below every pre-release of a version
    let floor = |major, minor, patch| Version {
        pre: Prerelease::new("0").unwrap_or(Prerelease::EMPTY),
        ..Version::new(major, minor, patch)
    };
    let at = |v: &Version| version.cmp_precedence(v);
    let from = |v: &Version| at(v) != Ordering::Less;
    let below = |v: &Version| at(v) == Ordering::Less;
    let named = match (minor, patch) {
        (Some(minor), Some(patch)) => Version { pre: part.pre.clone(), ..Version::new(major, minor, patch) },
        _ => floor(major, minor.unwrap_or(0), 0),
    };
    // the first version after all that a partial one stands for
    let next_major = floor(major.saturating_add(1), 0, 0);
    let next_minor = |minor: u64| floor(major, minor.saturating_add(1), 0);
    let after = || match (minor, patch) {
        (None, _) => next_major.clone(),
        (Some(minor), None) => next_minor(minor),
        (Some(minor), Some(patch)) => floor(major, minor, patch.saturating_add(1)),
    };
    let full = patch.is_some();
    match part.op {
        Op::Exact | Op::Wildcard if full => at(&named) == Ordering::Equal,
        Op::Greater if full => at(&named) == Ordering::Greater,
        Op::Greater => from(&after()),
        Op::GreaterEq => from(&named),
        Op::Less if full && part.pre.is_empty() => below(&floor(major, minor.unwrap_or(0), patch.unwrap_or(0))),
        Op::Less => below(&named),
        Op::LessEq if full => at(&named) != Ordering::Greater,
        Op::LessEq => below(&after()),
        Op::Tilde => from(&named) && below(&minor.map_or(next_major, next_minor)),
        Op::Caret => {
            let end = match (major, minor, patch) {
                (0, Some(0), Some(patch)) => floor(0, 0, patch.saturating_add(1)),
                (0, Some(minor), _) => next_minor(minor),
                _ => next_major,
            };
            from(&named) && below(&end)
        }
        _ => from(&named) && below(&after()),
    }
}

fn is_wild(part: &str) -> bool {
    part.split('.').any(|p| matches!(p, "*" | "x" | "X"))
}

impl FromStr for VersionRule {
    type Err = VersionRuleError;
    fn from_str(text: &str) -> Result<Self, VersionRuleError> {
        let error = |reason: &str, help| VersionRuleError::new(text, reason, help);
        if text.len() > 256 {
            return Err(error("it is longer than 256 bytes", None));
        }
        if text.contains("||") {
            return Err(error("`||` is not read", Some("write one range and `exclude` what is not wanted".to_owned())));
        }
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        for part in &parts {
            if part.starts_with(['^', '~', '=', '<', '>']) || is_wild(part) {
                continue;
            }
            if let (Ok(version), [_]) = (part.parse::<Version>(), parts.as_slice()) {
                return Ok(Self(Rule::Exact(version)));
            }
            return Err(bare(text, part));
        }
        let mut range: VersionReq = text.parse().map_err(|e: semver::Error| error(&visible(&e.to_string()), None))?;
        if let [one] = range.comparators.as_slice()
            && let (Op::Exact, Some(minor), Some(patch)) = (one.op, one.minor, one.patch)
        {
            return Ok(Self(Rule::Exact(Version { pre: one.pre.clone(), ..Version::new(one.major, minor, patch) })));
        }
        range.comparators.sort_by_cached_key(|c| {
            let rank = match c.op {
                Op::Greater | Op::GreaterEq => 0,
                Op::Less | Op::LessEq => 2,
                _ => 1,
            };
            (rank, c.major, c.minor, c.patch, c.to_string())
        });
        range.comparators.dedup();
        Ok(Self(Rule::Range(range)))
    }
}

/// What is wrong with a part that has neither operator nor wildcard.
fn bare(text: &str, part: &str) -> VersionRuleError {
    if part.is_empty() {
        return VersionRuleError::new(text, "it is empty", Some("`*` means any".to_owned()));
    }
    let digits = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit());
    if let Some(rest) = part.strip_prefix(['v', 'V'])
        && rest.starts_with(|c: char| c.is_ascii_digit())
    {
        return VersionRuleError::new(
            text,
            "a version has no leading `v` here",
            Some(format!("write `{}`", visible(rest))),
        );
    }
    let fields: Vec<&str> = part.split('.').collect();
    if fields.len() < 3 && fields.iter().all(|f| digits(f)) {
        let zeros = if fields.len() == 1 { ".0.0" } else { ".0" };
        return VersionRuleError::new(
            text,
            "a partial version could mean many things",
            Some(format!("write `^{part}` for the newest compatible one, or `={part}{zeros}` for exactly that")),
        );
    }
    if part.parse::<Version>().is_ok() {
        return VersionRuleError::new(
            text,
            format!("{} has no operator", quoted(part)),
            Some(format!("write `={part}`, `^{part}` or `>={part}`")),
        );
    }
    let reason = part.parse::<Version>().err().map_or_else(String::new, |e| visible(&e.to_string()).into_owned());
    VersionRuleError::new(text, reason, None)
}

/// The canonical form: no blanks, lower bounds first.
impl fmt::Display for VersionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Rule::Exact(version) => write!(f, "{version}"),
            Rule::Npm(_, text) => write!(f, "npm:{text}"),
            Rule::Range(range) if range.comparators.is_empty() => f.write_str("*"),
            Rule::Range(range) => {
                for (i, part) in range.comparators.iter().enumerate() {
                    let comma = if i > 0 { "," } else { "" };
                    write!(f, "{comma}{part}")?;
                }
                Ok(())
            }
        }
    }
}

/// The versions that a pin admits: a rule, and what is taken out of it or let in beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The rule.
    pub rule: VersionRule,
    /// Versions that are never taken; sorted.
    pub exclude: Vec<Version>,
    /// Whether the rule admits pre-releases too.
    pub pre_releases: bool,
}

impl Versions {
    /// Whether a version may be taken.
    #[must_use]
    pub fn admits(&self, version: &Version) -> bool {
        self.rule.matches(version, self.pre_releases) && !self.exclude.contains(version)
    }

    /// Reads `version`, `exclude` and `pre-releases`.
    pub(super) fn read(table: &Table<'_>) -> Option<Self> {
        let rule = table.read("version", |text| text.parse().map_err(VersionRuleError::trouble));
        let exclude = table.list_by("exclude", |text| {
            text.parse::<Version>().map_err(|_| {
                Trouble::new(format!("{} is not a full version", quoted(text))).expected("such as \"1.11.2\"")
            })
        });
        let pre_releases = table.flag("pre-releases");
        for key in ["exclude", "pre-releases"] {
            if table.has(key) && !table.has("version") {
                table.report(Trouble::new(format!("`{key}` says nothing without `version`")).at(table.key_place(key)));
            }
        }
        let mut exclude: Vec<Version> = exclude.into_iter().flatten().map(|p| p.value).collect();
        exclude.sort();
        Some(Self { rule: rule?.value, exclude, pre_releases: pre_releases.unwrap_or(false) })
    }
}

/// A version with one to three numbers, as semver orders it.
pub(super) fn order(text: &str) -> Option<Version> {
    if let Ok(version) = text.parse() {
        return Some(version);
    }
    let cut = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at_checked(cut)?;
    let padded = match numbers.split('.').count() {
        1 => format!("{numbers}.0.0{rest}"),
        2 => format!("{numbers}.0{rest}"),
        _ => return None,
    };
    padded.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rule(text: &str) -> VersionRule {
        text.parse().unwrap()
    }

    #[test]
    fn a_bare_partial_version_is_refused_with_what_could_be_meant() {
        for (bad, message, help) in [
            (
                "1.11",
                "`1.11` is not a version or a range of versions: a partial version could mean many things",
                Some("write `^1.11` for the newest compatible one, or `=1.11.0` for exactly that"),
            ),
            (
                "1",
                "`1` is not a version or a range of versions: a partial version could mean many things",
                Some("write `^1` for the newest compatible one, or `=1.0.0` for exactly that"),
            ),
            (
                "v1.2.3",
                "`v1.2.3` is not a version or a range of versions: a version has no leading `v` here",
                Some("write `1.2.3`"),
            ),
            (
                ">=1, 1.2.3",
                "`>=1, 1.2.3` is not a version or a range of versions: `1.2.3` has no operator",
                Some("write `=1.2.3`, `^1.2.3` or `>=1.2.3`"),
            ),
            ("", "`` is not a version or a range of versions: it is empty", Some("`*` means any")),
            (
                "^1 || ^2",
                "`^1 || ^2` is not a version or a range of versions: `||` is not read",
                Some("write one range and `exclude` what is not wanted"),
            ),
            (
                "latest",
                "`latest` is not a version or a range of versions: unexpected character 'l' while parsing major version number",
                None,
            ),
        ] {
            let error = bad.parse::<VersionRule>().unwrap_err();
            assert_eq!(error.to_string(), message);
            assert_eq!(error.help.as_deref(), help, "{bad}");
        }
        for bad in ["^", "1.2.3,", ",", "^1 <2", "==1", "01.2.3", "1.2.3.4", "^v1"] {
            assert!(bad.parse::<VersionRule>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_same_rule_is_written_one_way() {
        for (text, canonical, exact) in [
            ("1.2.3", "1.2.3", true),
            ("= 1.2.3", "1.2.3", true),
            ("1.2.3-rc.1", "1.2.3-rc.1", true),
            ("1.2.3+k8s", "1.2.3+k8s", true),
            ("=1.2", "=1.2", false),
            ("^1.11", "^1.11", false),
            ("<2 , >= 1", ">=1,<2", false),
            (">=1,<2,>=1", ">=1,<2", false),
            ("1.2.x", "1.2.*", false),
            ("1.*", "1.*", false),
            ("*", "*", false),
        ] {
            assert_eq!(rule(text).to_string(), canonical, "{text}");
            assert_eq!(rule(text).is_exact(), exact, "{text}");
            assert_eq!(rule(canonical), rule(text));
        }
    }

    #[test]
    fn pre_releases_only_when_asked_and_never_of_the_next_version() {
        for (text, version, plain, asked) in [
            ("^1.11", "1.11.0", true, true),
            ("^1.11", "1.12.0-rc.1", false, true),
            ("^1.11", "1.11.0-rc.1", false, true),
            ("^1.11.0", "1.11.0-rc.1", false, false),
            ("^1.11.0-rc.1", "1.11.0-rc.2", true, true),
            ("^1.11.0-rc.1", "1.12.0-rc.2", false, true),
            ("^1", "2.0.0-rc.1", false, false),
            ("^0.3", "0.4.0-a", false, false),
            ("^0.3", "0.3.9-a", false, true),
            ("^0.0.3", "0.0.4-a", false, false),
            ("^0.3.1", "0.4.0-a", false, false),
            ("^0.3.1", "0.3.1-a", false, false),
            ("~1.2", "1.2.9-a", false, true),
            ("~1.2", "1.3.0-a", false, false),
            ("~1", "1.3.0-a", false, true),
            (">=1, <2", "2.0.0-rc.1", false, false),
            (">=1, <2.0.0", "2.0.0-rc.1", false, false),
            (">=1, <2.0.0-rc.2", "2.0.0-rc.1", true, true),
            ("<=1.2", "1.2.9-a", false, true),
            ("<=1.2", "1.3.0-a", false, false),
            ("<=1.2.0", "1.2.0-a", false, true),
            (">1.2", "1.2.9-a", false, false),
            (">1.2", "1.3.0-a", false, true),
            (">1.2.0", "1.2.1-a", false, true),
            (">1.2.0", "1.2.0-a", false, false),
            ("1.2.*", "1.2.0-a", false, true),
            ("*", "1.2.0-a", false, true),
            ("1.2.3-rc.1", "1.2.3-rc.1", true, true),
            ("1.2.3-rc.1", "1.2.3", false, false),
            ("1.2.3", "1.2.3+build", true, true),
            ("1.2.3+a", "1.2.3+b", false, false),
            ("1.2.3+a", "1.2.3+a", true, true),
        ] {
            let v: Version = version.parse().unwrap();
            assert_eq!(rule(text).matches(&v, false), plain, "{text} {version}");
            assert_eq!(rule(text).matches(&v, true), asked, "{text} {version}, asked");
        }
    }

    #[test]
    fn our_bounds_of_releases_are_those_of_semver() {
        let mut parts: Vec<String> = (0..4_u64).map(|n| n.to_string()).collect();
        for n in 0..20 {
            let longer: Vec<String> = (0..4_u64).map(|m| format!("{}.{m}", parts[n])).collect();
            parts.extend(longer);
        }
        assert_eq!(parts.len(), 4 + 16 + 64);
        for op in ["^", "~", "=", ">", ">=", "<", "<="] {
            for part in &parts {
                let part: Comparator = format!("{op}{part}").parse().unwrap();
                for n in 0..64 {
                    let version = Version::new(n / 16, n / 4 % 4, n % 4);
                    assert_eq!(around(&part, &version), part.matches(&version), "{part} {version}");
                }
            }
        }
    }

    #[test]
    fn a_range_of_npm_is_read_as_npm_reads_it() {
        // npm's semver: satisfies(version, range)
        for (range, version, expected) in [
            ("^1", "1.9.0", true),
            ("1.x || 3.x", "3.0.1", true),
            ("1.x || 3.x", "2.0.1", false),
            ("1.2 - 1.4", "1.4.9", true),
            ("1", "1.4.9", true),
            ("~1.2.3-beta.2", "1.2.3-beta.4", true),
            ("^1.2.3", "1.3.0-rc.1", false),
            ("", "0.0.1", true),
            ("*", "1.0.0-rc.1", false),
            (">=1.2.3 <2.0.0", "2.0.0", false),
        ] {
            let rule = VersionRule::npm(range).unwrap();
            assert_eq!(rule.matches(&version.parse().unwrap(), false), expected, "{range} {version}");
        }
        for bad in ["master", "feature/x", "v1.x.y.z", "\u{202e}1"] {
            assert!(VersionRule::npm(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn a_rule_survives_its_own_text(text in "[\\^~=<>0-9.,* xa-]{0,12}") {
            if let Ok(rule) = text.parse::<VersionRule>() {
                prop_assert_eq!(rule.to_string().parse::<VersionRule>(), Ok(rule));
            }
        }
    }
}
