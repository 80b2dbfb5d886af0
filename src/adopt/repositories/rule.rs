//! What of a repository is followed, guessed from what is said beside the commit and held against the
//! refs that the server tells.
//!
//! For the git pins that are drafted. A guess that the refs do not bear out is written as one.

use semver::Version;

use super::super::Refs;
use crate::manifest::edit::Literal;
use crate::model::{CommitId, quoted};
use crate::source::VersionRule;
use crate::source::git::RefName;

/// Who knows the refs.
pub(super) enum Known<'a> {
    /// They are these.
    Refs(&'a Refs),
    /// Nobody: why.
    Nobody(String),
}

/// What stands in the Dockerfile.
#[derive(Clone, Debug, Default)]
pub(super) struct Stands {
    /// The full commit, if that is what stands there.
    pub(super) commit: Option<CommitId>,
    /// Else a branch, a tag or a short commit.
    pub(super) reference: Option<String>,
    /// What is said to be its tag or version, the most trustworthy first: as it is written, and
    /// whether it may be the number alone (a comment).
    pub(super) said: Vec<(String, bool)>,
}

/// The rule of a pin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rule {
    /// `version`, `tag`, `branch`: as they are written.
    pub(super) keys: Vec<(String, Literal)>,
    /// The tag that comes to the commit by this rule.
    pub(super) tag: Option<String>,
    /// What nobody proved.
    pub(super) unproved: Option<String>,
}

impl Rule {
    fn of(key: &str, text: &str) -> Self {
        let sound = text.parse::<RefName>().is_ok();
        let keys = if sound { vec![(key.to_owned(), Literal::Text(text.to_owned()))] } else { Vec::new() };
        Self { keys, ..Self::default() }
    }

    fn but(mut self, unproved: impl Into<String>) -> Self {
        self.unproved = Some(unproved.into());
        self
    }
}

/// The rule for what stands there.
pub(super) fn rule(stands: &Stands, known: &Known<'_>) -> Rule {
    let said = || stands.said.iter().filter(|(text, _)| !is_hex(text));
    match known {
        Known::Nobody(why) => {
            let named = stands.reference.iter().filter(|r| !is_hex(r)).map(|r| (r.clone(), false));
            let guess = named.chain(said().cloned()).find_map(|(text, number)| blind(&text, number));
            match guess {
                Some((rule, what)) => rule.but(format!("{why}: {what}")),
                None => Rule::default().but(format!("{why}: what is followed is the branch that HEAD names")),
            }
        }
        Known::Refs(refs) => told(stands, refs, said()),
    }
}

/// The guess that nobody proved, and in words.
fn blind(text: &str, number: bool) -> Option<(Rule, String)> {
    let (before, version) = split(text)?.unwrap_or((text, ""));
    if version.is_empty() {
        // A branch's name, or a tag's; a comment says neither.
        return (!number && text.parse::<RefName>().is_ok())
            .then(|| (Rule::of("branch", text), format!("{} is taken for a branch", quoted(text))));
    }
    match version.parse::<Version>() {
        Ok(full) if full.pre.is_empty() => {
            let tag = (!number).then(|| text.to_owned());
            let said = format!("that the commit is {} was not proved", quoted(text));
            Some((Rule { tag, ..ranged(before, &full)? }, said))
        }
        _ if number => None,
        _ => {
            let tag = Some(text.to_owned());
            Some((Rule { tag, ..Rule::of("tag", text) }, format!("that the commit is {} was not proved", quoted(text))))
        }
    }
}

fn told<'a>(stands: &Stands, refs: &Refs, said: impl Iterator<Item = &'a (String, bool)>) -> Rule {
    let mut commit = stands.commit;
    let mut said: Vec<&str> = said.map(|(text, _)| text.as_str()).collect();
    if let Some(reference) = stands.reference.as_deref() {
        if refs.branches.contains_key(reference) {
            return Rule::of("branch", reference);
        }
        if is_hex(reference) {
            let all = refs.tags.values().chain(refs.branches.values());
            commit = all.copied().find(|id| id.to_string().starts_with(reference));
        } else {
            commit = refs.tags.get(reference).copied();
            if commit.is_none() {
                return head(refs, None).but(format!("upstream has no branch and no tag {}", quoted(reference)));
            }
            said.insert(0, reference);
        }
    }
    let mut doubt = None;
    for text in said {
        if refs.branches.contains_key(text) {
            return Rule::of("branch", text);
        }
        let all: Vec<(&String, &CommitId)> = refs.tags.iter().filter(|(tag, _)| means(tag, text)).collect();
        let exact = |tag: &str| (tag != text, tag.len(), tag.to_owned());
        let here = all.iter().filter(|(_, id)| Some(**id) == commit).min_by_key(|(tag, _)| exact(tag));
        if let Some((tag, _)) = here {
            return tagged(tag);
        }
        doubt.get_or_insert_with(|| match all.iter().min_by_key(|(tag, _)| exact(tag)) {
            Some((tag, id)) => {
                format!("upstream the tag {} is at {id}, not at the commit that stands here", quoted(tag))
            }
            None => format!("upstream has no tag of {}", quoted(text)),
        });
    }
    match doubt {
        Some(doubt) => head(refs, commit).but(doubt),
        None => head(refs, None),
    }
}

/// The branch whose tip a commit is, HEAD's before others; else HEAD's.
fn head(refs: &Refs, commit: Option<CommitId>) -> Rule {
    let own = refs.head.as_ref();
    let is_tip = |name: &&String| commit.is_some() && refs.branches.get(*name).copied() == commit;
    let tip = own.filter(is_tip).or_else(|| refs.branches.keys().find(is_tip));
    tip.or(own).map_or_else(Rule::default, |name| Rule::of("branch", name))
}

/// The rule that follows on from a tag at which the commit stands.
fn tagged(tag: &str) -> Rule {
    let version = split(tag).flatten().and_then(|(before, v)| Some((before, v.parse::<Version>().ok()?)));
    let range = version.filter(|(_, v)| v.pre.is_empty()).and_then(|(before, v)| ranged(before, &v));
    Rule { tag: Some(tag.to_owned()), ..range.unwrap_or_else(|| Rule::of("tag", tag)) }
}

/// `version`, and the form of the tags where the resolver does not find it; `None` where the rule
/// would not admit the version from which it was made.
fn ranged(before: &str, version: &Version) -> Option<Rule> {
    let text = format!("^{}.{}", version.major, version.minor);
    let rule: VersionRule = text.parse().ok()?;
    if !rule.matches(version, false) {
        return None;
    }
    let mut keys = vec![("version".to_owned(), Literal::Text(text))];
    if !matches!(before, "" | "v" | "V") {
        keys.push(("tag".to_owned(), Literal::Text(format!("{before}{{version}}"))));
    }
    Some(Rule { keys, ..Rule::default() })
}

/// What stands before the version in a tag, and the version: `release-` and `1.2.3`. The inner `None`:
/// there is no version in it. The outer: nothing at all.
fn split(text: &str) -> Option<Option<(&str, &str)>> {
    if text.is_empty() {
        return None;
    }
    let starts = text.char_indices().filter(|(at, c)| {
        let before = text.get(..*at).and_then(|b| b.chars().next_back());
        let two = before.and_then(|b| text.get(..at - b.len_utf8())).and_then(|b| b.chars().next_back());
        c.is_ascii_digit()
            && match before {
                None => true,
                Some('v' | 'V') => !two.is_some_and(char::is_alphanumeric),
                Some(b) => !b.is_alphanumeric() && b != '.',
            }
    });
    let dotted = |rest: &str| {
        let numbers = rest.split(['-', '+', '_']).next().unwrap_or_default();
        numbers.contains('.') && numbers.split('.').all(|n| n.starts_with(|c: char| c.is_ascii_digit()))
    };
    // A few digits are enough: a tag of nothing else is no version.
    let found = starts.take(16).find_map(|(at, _)| text.split_at_checked(at).filter(|(_, rest)| dotted(rest)));
    Some(found)
}

/// Whether a tag is of a version that is said: the same text, or the same version behind a prefix.
fn means(tag: &str, said: &str) -> bool {
    if tag == said {
        return true;
    }
    let version = |text| split(text).flatten();
    match (version(tag), version(said)) {
        (Some((before, a)), Some((wanted, b))) => a == b && (matches!(wanted, "" | "v" | "V") || before == wanted),
        _ => false,
    }
}

/// Whether a text may be a commit, whole or in part.
pub(super) fn is_hex(text: &str) -> bool {
    let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    hex && (7..=64).contains(&text.len())
}

/// The version of a tag, as a site with `value = "version"` bears it.
pub(super) fn version_of<'a>(rule: &Rule, tag: &'a str) -> Option<&'a str> {
    let (before, version) = split(tag).flatten()?;
    let plain = matches!(before, "" | "v" | "V");
    let form = rule.keys.iter().any(|(key, value)| {
        key == "tag" && matches!(value, Literal::Text(text) if *text == format!("{before}{{version}}"))
    });
    (plain || form).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> CommitId {
        CommitId::Sha1([n; 20])
    }

    fn refs() -> Refs {
        let branches = [("main", 9), ("dev", 8), ("release-1.x", 7)];
        let tags = [
            ("v1.11.1", 1),
            ("v1.12.0-rc1", 2),
            ("release-2.3.4", 3),
            ("0.4.7", 4),
            ("1.2.3.4", 5),
            ("v20", 6),
            ("foo-v3.1.0", 10),
        ];
        Refs {
            head: Some("main".to_owned()),
            branches: branches.map(|(name, n)| (name.to_owned(), id(n))).into(),
            tags: tags.map(|(name, n)| (name.to_owned(), id(n))).into(),
        }
    }

    fn said(rule: &Rule) -> String {
        let key = |(key, value): &(String, Literal)| match value {
            Literal::Text(text) => format!("{key}={text}"),
            other => format!("{key}={other:?}"),
        };
        let mut out: Vec<String> = rule.keys.iter().map(key).collect();
        out.extend(rule.unproved.iter().map(|text| format!("? {text}")));
        out.join(" ")
    }

    fn of_commit(n: u8, text: &str) -> Stands {
        let said = if text.is_empty() { Vec::new() } else { vec![(text.to_owned(), false)] };
        Stands { commit: Some(id(n)), reference: None, said }
    }

    #[test]
    fn a_commit_is_followed_by_the_tag_that_is_said_and_proved() {
        for (n, text, rule) in [
            (1, "v1.11.1", "version=^1.11"),
            (1, "1.11.1", "version=^1.11"),
            (2, "v1.12.0-rc1", "tag=v1.12.0-rc1"),
            (3, "2.3.4", "version=^2.3 tag=release-{version}"),
            (4, "0.4.7", "version=^0.4"),
            (5, "1.2.3.4", "tag=1.2.3.4"),
            (6, "v20", "tag=v20"),
            (10, "3.1.0", "version=^3.1 tag=foo-v{version}"),
            (1, "", "branch=main"),
            (8, "dev", "branch=dev"),
        ] {
            assert_eq!(said(&super::rule(&of_commit(n, text), &Known::Refs(&refs()))), rule, "{text}");
        }
    }

    #[test]
    fn what_the_refs_do_not_bear_out_is_said() {
        let at = |n, text| said(&super::rule(&of_commit(n, text), &Known::Refs(&refs())));
        assert_eq!(
            at(7, "v1.11.1"),
            "branch=release-1.x ? upstream the tag `v1.11.1` is at 0101010101010101010101010101010101010101, \
             not at the commit that stands here"
        );
        assert_eq!(at(77, "v9.9.9"), "branch=main ? upstream has no tag of `v9.9.9`");
    }

    #[test]
    fn a_floating_reference_is_followed_as_what_it_is() {
        let at = |text: &str| {
            let stands = Stands { reference: Some(text.to_owned()), ..Stands::default() };
            said(&super::rule(&stands, &Known::Refs(&refs())))
        };
        assert_eq!(at("dev"), "branch=dev");
        assert_eq!(at("v1.11.1"), "version=^1.11");
        assert_eq!(at("0101010"), "branch=main");
        assert_eq!(at("nowhere"), "branch=main ? upstream has no branch and no tag `nowhere`");
    }

    #[test]
    fn offline_a_guess_is_told_as_one() {
        let at = |text: &str, number| {
            let stands = Stands { commit: Some(id(1)), reference: None, said: vec![(text.to_owned(), number)] };
            said(&super::rule(&stands, &Known::Nobody("offline".to_owned())))
        };
        assert_eq!(at("v1.11.1", false), "version=^1.11 ? offline: that the commit is `v1.11.1` was not proved");
        assert_eq!(at("1.11.1", true), "version=^1.11 ? offline: that the commit is `1.11.1` was not proved");
        assert_eq!(at("1.2.3.4", false), "tag=1.2.3.4 ? offline: that the commit is `1.2.3.4` was not proved");
        assert_eq!(at("1.0.4-rc1", true), "? offline: what is followed is the branch that HEAD names");
        assert_eq!(at("main", false), "branch=main ? offline: `main` is taken for a branch");
    }
}
