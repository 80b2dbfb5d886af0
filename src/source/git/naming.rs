//! How versions stand in the names of tags, and whether a name or a commit is one that a pin allows.
//!
//! For `survey` and `offline`. Pure.

use std::fmt;

use super::keys::{Follow, Keys};
use crate::model::CommitId;
use crate::source::version::order;

impl Keys {
    /// The version in a tag's name: as it is spelt there, and as it is ordered. Without a template,
    /// a leading `v` is a prefix; `1.2` and `1` count as `1.2.0` and `1.0.0`.
    pub(super) fn version_in(&self, tag: &str) -> Option<(String, semver::Version)> {
        let text = match &self.follow {
            Follow::Version { tag: Some(template), .. } => template.version_of(tag)?,
            _ => tag.strip_prefix(['v', 'V']).unwrap_or(tag),
        };
        Some((text.to_owned(), order(text)?))
    }

    /// Whether the pin follows versions, and admits this one.
    pub(super) fn admits_version(&self, version: &semver::Version) -> bool {
        matches!(&self.follow, Follow::Version { versions, .. } if versions.admits(version))
    }

    /// Whether the manifest allows what is locked, as far as names tell.
    pub(super) fn allows(&self, commit: &CommitId, tag: Option<&str>) -> bool {
        match &self.follow {
            Follow::Head | Follow::Branch(_) => tag.is_none(),
            Follow::Commit(id) => id == commit,
            Follow::Tag(name) => tag == Some(name.as_str()),
            Follow::Version { .. } => {
                tag.and_then(|t| self.version_in(t)).is_some_and(|(_, v)| self.admits_version(&v))
            }
        }
    }

    /// The request's first word: which repository was asked.
    pub(super) fn asked(&self) -> String {
        let line = self.request().finish(&[]);
        line.split(' ').next().unwrap_or_default().to_owned()
    }
}

impl fmt::Display for Follow {
    /// As it stands in pins.toml.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("HEAD"),
            Self::Branch(name) => write!(f, "branch = \"{name}\""),
            Self::Tag(name) => write!(f, "tag = \"{name}\""),
            Self::Commit(id) => write!(f, "commit = \"{id}\""),
            Self::Version { versions, tag } => {
                match versions.rule.to_string().strip_prefix("npm:") {
                    Some(range) => write!(f, "semver:{range}")?,
                    None => write!(f, "version = \"{}\"", versions.rule)?,
                }
                if let Some(tag) = tag {
                    write!(f, " with tag = \"{tag}\"")?;
                }
                if !versions.exclude.is_empty() {
                    let out: Vec<String> = versions.exclude.iter().map(ToString::to_string).collect();
                    write!(f, " without {}", out.join(", "))?;
                }
                Ok(())
            }
        }
    }
}
