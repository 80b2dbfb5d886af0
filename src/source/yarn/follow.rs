//! What one package follows, as one line: so pins.lock keeps the intent that package.json loses
//! when a full commit is written there.
//!
//! For `keys`, `resolve` and `check`. `head`, `branch X`, `tag X`, `commit`, `version RULE` as
//! pins.toml has it, `semver RANGE` as npm reads it.

use super::spec::Reference;
use crate::model::{CommitId, Trouble, quoted};
use crate::source::git::{Follow, RefName};
use crate::source::version::{VersionRule, Versions};
use crate::table::Table;

/// The keys of one package in `packages`.
const KNOWN: [&str; 6] = ["version", "exclude", "pre-releases", "tag", "branch", "commit"];

/// Reads one package of `packages`: as a git pin, without its URL.
pub(super) fn read(table: &Table<'_>, name: &str) -> Option<Follow> {
    table.only(&format!("for the package {}", quoted(name)), &KNOWN, |key| {
        crate::model::suggest(key, KNOWN).map(|near| format!("did you mean `{near}`?"))
    });
    Follow::read(table)
}

/// The line of a rule.
#[must_use]
pub(super) fn text(follow: &Follow) -> String {
    match follow {
        Follow::Head => "head".to_owned(),
        Follow::Branch(name) => format!("branch {name}"),
        Follow::Tag(name) => format!("tag {name}"),
        Follow::Commit(_) => "commit".to_owned(),
        Follow::Version { versions, tag } => {
            let rule = versions.rule.to_string();
            let rule = match rule.strip_prefix("npm:") {
                Some(range) => format!("semver {range}"),
                None => format!("version {rule}"),
            };
            let form = tag.as_ref().map_or_else(String::new, |tag| format!(" as {tag}"));
            let out: Vec<String> = versions.exclude.iter().map(ToString::to_string).collect();
            let out = if out.is_empty() { String::new() } else { format!(" without {}", out.join(",")) };
            let pre = if versions.pre_releases { " with pre-releases" } else { "" };
            format!("{rule}{form}{out}{pre}")
        }
    }
}

/// The rule of a line; `commit` is what stands beside it. The additions of `version` (`as`,
/// `without`, `with`) are the manifest's alone: a line that has them is none that package.json said.
///
/// # Errors
/// No such line.
pub(super) fn parse(line: &str, commit: CommitId) -> Result<Follow, Trouble> {
    let bad = |why: String| {
        Trouble::new(format!("{} says nothing that a package could follow{why}", quoted(line)))
            .expected("head, branch NAME, tag NAME, commit, version RULE or semver RANGE")
    };
    let name = |text: &str| text.parse::<RefName>().map_err(|e| bad(format!(": {e}")));
    let versions = |rule: VersionRule| Follow::Version {
        versions: Versions { rule, exclude: Vec::new(), pre_releases: false },
        tag: None,
    };
    match line.split_once(' ') {
        None if line == "head" => Ok(Follow::Head),
        None if line == "commit" => Ok(Follow::Commit(commit)),
        Some(("branch", rest)) => name(rest).map(Follow::Branch),
        Some(("tag", rest)) => name(rest).map(Follow::Tag),
        Some(("version", rest)) => {
            rest.parse().map(versions).map_err(|e: crate::source::version::VersionRuleError| bad(format!(": {e}")))
        }
        Some(("semver", rest)) => VersionRule::npm(rest).map(versions).map_err(|e| bad(format!(": {e}"))),
        _ if line == "semver" => VersionRule::npm("").map(versions).map_err(|e| bad(format!(": {e}"))),
        _ => Err(bad(String::new())),
    }
}

/// The rule that a fragment of package.json states, if it needs no list of refs to be known.
pub(super) fn of_reference(reference: &Reference) -> Option<Result<Follow, Trouble>> {
    let name = |text: &str| text.parse::<RefName>().map_err(|e| Trouble::new(e.to_string()));
    match reference {
        Reference::Head => Some(Ok(Follow::Head)),
        Reference::Commit(id) => Some(Ok(Follow::Commit(*id))),
        Reference::Semver(range) => Some(npm(range)),
        Reference::Tag(tag) => Some(name(tag).map(Follow::Tag)),
        Reference::Branch(branch) => Some(name(branch).map(Follow::Branch)),
        Reference::Name(_) => None,
    }
}

/// A range as npm reads it.
pub(super) fn npm(range: &str) -> Result<Follow, Trouble> {
    let rule = VersionRule::npm(range).map_err(|e| e.trouble())?;
    Ok(Follow::Version { versions: Versions { rule, exclude: Vec::new(), pre_releases: false }, tag: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_means_the_rule_that_it_was_made_of() {
        let id: CommitId = "0123456789012345678901234567890123456789".parse().unwrap();
        for line in ["head", "branch feature/x", "tag v1.0.0", "commit", "version ^1.3", "semver ^1 || 3.x"] {
            assert_eq!(text(&parse(line, id).unwrap()), line);
        }
        for bad in ["", "Head", "branch", "branch a..b", "version latest", "semver master", "tag -x"] {
            assert!(parse(bad, id).is_err(), "{bad}");
        }
    }
}
