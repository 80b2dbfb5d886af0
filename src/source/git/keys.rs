//! The grammar of a git pin: `git`, and one of `version`, `tag`, `branch`, `commit`, or none of
//! them for the tip of HEAD.
//!
//! It asks no server: whether the tag exists is the resolver's question.

use std::fmt;
use std::str::FromStr;

use crate::model::{CommitId, GitUrl, GitUrlError, HashError, Trouble, quoted, visible};
use crate::source::request::Request;
use crate::source::template::{Slot, Template};
use crate::source::version::Versions;
use crate::table::Table;

/// What a git pin asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The repository.
    pub url: GitUrl,
    /// What of it.
    pub follow: Follow,
    /// `submodules = "omit"`: a vendored tree leaves its submodules out; else they are refused.
    pub omit_submodules: bool,
}

/// What of a repository is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Follow {
    /// The tip of the remote's HEAD.
    Head,
    /// The tip of a branch.
    Branch(RefName),
    /// The commit of one tag.
    Tag(RefName),
    /// One commit.
    Commit(CommitId),
    /// The newest admitted version among the tags.
    Version {
        /// Which versions are admitted.
        versions: Versions,
        /// How a version is written as a tag; if not given, the resolver finds the prefix.
        tag: Option<TagTemplate>,
    },
}

impl Follow {
    /// Whether new content under it would be an alarm rather than news.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        match self {
            Self::Head | Self::Branch(_) => false,
            Self::Tag(_) | Self::Commit(_) => true,
            Self::Version { versions, .. } => versions.rule.is_exact(),
        }
    }

    /// Reads `version`, `tag`, `branch`, `commit`; none of them is HEAD, two are reported.
    pub(in crate::source) fn read(table: &Table<'_>) -> Option<Self> {
        let versions = Versions::read(table);
        let branch = table.parsed::<RefName>("branch");
        let commit = table.read("commit", commit);
        let follow = if table.has("version") {
            let tag = table.read("tag", |text| {
                if text.contains('{') {
                    return tag_template(text);
                }
                Err(Trouble::new("`version` and `tag` are both given").help(
                    "keep one of the two; beside `version`, `tag` says how a version is written \
                     as a tag, such as \"release-{version}\"",
                ))
            });
            versions.map(|versions| Self::Version { versions, tag: tag.map(|t| t.value) })
        } else if table.has("tag") {
            let tag = table.read("tag", |text| {
                if text.parse::<Template>().is_ok_and(|t| t.has(Slot::Version)) {
                    return Err(Trouble::new(format!(
                        "{} has a place for a version, but the pin has no `version`",
                        quoted(text)
                    ))
                    .help("add a range, such as `version = \"*\"`"));
                }
                text.parse::<RefName>().map_err(|e| Trouble::new(e.to_string()))
            });
            tag.map(|t| Self::Tag(t.value))
        } else if let Some(branch) = branch {
            Some(Self::Branch(branch.value))
        } else if let Some(commit) = commit {
            Some(Self::Commit(commit.value))
        } else {
            Some(Self::Head)
        };
        let given: Vec<&str> = ["version", "tag", "branch", "commit"]
            .into_iter()
            .filter(|key| table.has(key))
            // `tag` beside `version` is its template, or was complained about above
            .filter(|key| *key != "tag" || !table.has("version"))
            .collect();
        if let [first, second, ..] = given.as_slice() {
            let line = table.key_place(first).line;
            table.report(
                Trouble::new(format!("`{second}` is given beside `{first}` on line {line}"))
                    .at(table.key_place(second))
                    .expected("one of version, tag, branch, commit, or none of them for HEAD")
                    .help("keep the one that is to be followed"),
            );
        }
        follow
    }
}

/// The name of a branch or tag without `refs/…/`, valid by `git check-ref-format`, at most 512
/// bytes, without control, bidi and invisible characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefName(String);

/// Why a text is no [`RefName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not the name of a branch or tag: {reason}", quoted(.text))]
pub struct RefNameError {
    text: String,
    reason: &'static str,
}

impl RefName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RefName {
    type Err = RefNameError;
    fn from_str(text: &str) -> Result<Self, RefNameError> {
        let fault = if text.is_empty() {
            Some("it is empty")
        } else if text.len() > 512 {
            Some("it is longer than 512 bytes")
        } else if visible(text) != text {
            Some("it holds a control, bidi or invisible character")
        } else if text.contains([' ', '~', '^', ':', '?', '*', '[', '\\']) {
            Some("git allows no blank and none of ~ ^ : ? * [ \\ in it")
        } else if text.contains("..") || text.contains("@{") || text == "@" || text.ends_with('.') {
            Some("git allows no `..`, no `@{`, no `@` alone, no dot at its end")
        } else if text.starts_with('-') {
            Some("it starts with `-`")
        } else if text.split('/').any(str::is_empty) {
            Some("it has an empty part")
        } else if text.split('/').any(|part| part.starts_with('.') || part.ends_with(".lock")) {
            Some("a part of it starts with a dot or ends in `.lock`")
        } else if text.starts_with("refs/") {
            Some("the short name is wanted, without refs/heads/ or refs/tags/")
        } else {
            None
        };
        match fault {
            Some(reason) => Err(RefNameError { text: text.to_owned(), reason }),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a version is written as a tag: `release-{version}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagTemplate {
    before: String,
    after: String,
}

impl TagTemplate {
    /// The version's part of a tag, if the tag has this form.
    #[must_use]
    pub fn version_of<'a>(&self, tag: &'a str) -> Option<&'a str> {
        tag.strip_prefix(&*self.before)?.strip_suffix(&*self.after)
    }

    /// The tag of a version.
    #[must_use]
    pub fn tag_of(&self, version: &str) -> String {
        format!("{}{version}{}", self.before, self.after)
    }
}

impl fmt::Display for TagTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{{version}}{}", self.before, self.after)
    }
}

fn tag_template(text: &str) -> Result<TagTemplate, Trouble> {
    let template: Template = text.parse().map_err(|e| Trouble::new(format!("{e}")))?;
    let Some((before, after)) = template.around_version() else {
        let message = format!("{} needs exactly one {{version}} and no other", quoted(text));
        return Err(Trouble::new(message).expected("such as \"release-{version}\""));
    };
    template.sample().parse::<RefName>().map_err(|e| Trouble::new(e.to_string()))?;
    Ok(TagTemplate { before: before.to_owned(), after: after.to_owned() })
}

fn url(text: &str) -> Result<GitUrl, Trouble> {
    text.parse().map_err(|e: GitUrlError| {
        let trouble = Trouble::new(e.to_string());
        match e.instead {
            Some(instead) => trouble.help(format!("write {}", quoted(&instead))),
            None => trouble,
        }
    })
}

fn commit(text: &str) -> Result<CommitId, Trouble> {
    text.parse().map_err(|e: HashError| {
        let hex = !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
        match e {
            HashError::Length { found, .. } if hex && found < 40 => {
                Trouble::new(format!("{} is a short commit id", quoted(text)))
                    .expected("all 40 (or 64) hexadecimal digits")
                    .found(format!("{found}"))
                    .help(
                        "a short id can come to mean another commit: write the full one, which \
                         `git rev-parse` gives",
                    )
            }
            HashError::Digit(_) if hex => {
                Trouble::new(e.to_string()).help(format!("write `{}`", text.to_ascii_lowercase()))
            }
            _ => Trouble::new(e.to_string()).help("for a tag or a branch write `tag = …` or `branch = …`"),
        }
    })
}

impl Keys {
    /// The keys of a git pin beside the common ones.
    pub const KNOWN: &'static [&'static str] = &[
        "git",
        "version",
        "tag",
        "branch",
        "commit",
        "exclude",
        "pre-releases",
        "submodules",
        "vendor",
        "track",
        "executable",
        "size-limit",
    ];

    pub(in crate::source) fn read(table: &Table<'_>) -> Option<Self> {
        let url = table.read("git", url);
        let follow = Follow::read(table);
        let submodules = table.read("submodules", |text| match text {
            "omit" => Ok(true),
            other => Err(Trouble::new(format!("{} is no choice here", quoted(other)))
                .expected("\"omit\", or nothing: a tree with submodules is then refused")),
        });
        Some(Self { url: url?.value, follow: follow?, omit_submodules: submodules.is_some() })
    }

    pub(in crate::source) fn request(&self) -> Request {
        let line = Request::default().put("git", self.url.as_str());
        match &self.follow {
            Follow::Head => line,
            Follow::Branch(name) => line.put("branch", name.as_str()),
            Follow::Tag(name) => line.put("tag", name.as_str()),
            Follow::Commit(id) => line.put("commit", &id.to_string()),
            Follow::Version { versions, tag } => {
                line.put_some("tag", tag.as_ref().map(ToString::to_string).as_deref()).put_versions(Some(versions))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_git_would_refuse_are_refused() {
        for good in ["master", "v1.11.1", "feature/x", "release-1.x", "a@b", "é"] {
            assert!(good.parse::<RefName>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "a b",
            "a~1",
            "a^{}",
            "a:b",
            "a?",
            "a*",
            "a[",
            "a\\b",
            "a..b",
            "a@{1}",
            "@",
            "a.",
            "-a",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a.lock/b",
            "a\nb",
            "a\u{7f}",
            "a\u{202e}b",
            "refs/heads/a",
        ] {
            assert!(bad.parse::<RefName>().is_err(), "{bad:?}");
        }
        assert!("x".repeat(513).parse::<RefName>().is_err());
    }

    #[test]
    fn a_tag_is_read_by_its_template_and_written_back() {
        let template = tag_template("release-{version}-final").unwrap();
        assert_eq!(template.version_of("release-1.2.3-final"), Some("1.2.3"));
        assert_eq!(template.version_of("release-final"), None);
        assert_eq!(template.version_of("v1.2.3"), None);
        assert_eq!(template.tag_of("1.2.3"), "release-1.2.3-final");
        assert_eq!(template.to_string(), "release-{version}-final");
        for bad in ["{version}{version}", "{arch}-{version}", "a b{version}", "-{version}"] {
            assert!(tag_template(bad).is_err(), "{bad}");
        }
    }
}
