//! Tags and versions of an image pin, and the reference as it stands at a site.
//!
//! For the resolver, for `check` and for `implied`. Pure.

use super::keys::{Follow, Keys};
use crate::dockerfile::images::Reference;
use crate::lock::Entry;
use crate::model::{Sha256, Token};
use crate::source::version::order;

impl Keys {
    /// The version in a tag: as it is spelt there, and as it is ordered; `None` if the pin does not
    /// follow versions, or this tag is none of its.
    pub(super) fn version_in<'t>(&self, tag: &'t str) -> Option<(&'t str, semver::Version)> {
        let Follow::Version { versions, tag: (before, after) } = &self.follow else { return None };
        let text = tag.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
        let version = order(text)?;
        versions.admits(&version).then_some((text, version))
    }

    /// What is followed, in words.
    pub(super) fn said(&self) -> String {
        match &self.follow {
            Follow::Tag(tag) => format!("{}:{tag}", self.repository),
            Follow::Version { versions, tag: (before, after) } => {
                format!("{}:{before}{{version}}{after} with version = \"{}\"", self.repository, versions.rule)
            }
        }
    }

    /// Whether the pin follows this tag.
    pub(super) fn follows(&self, tag: &str) -> bool {
        match &self.follow {
            Follow::Tag(own) => own == tag,
            Follow::Version { .. } => self.version_in(tag).is_some(),
        }
    }
}

/// `sha256:` and 64 digits.
pub(super) fn digest(text: &str) -> Option<Sha256> {
    text.strip_prefix("sha256:")?.parse().ok()
}

/// What should stand at a site that bears `now`: of a reference, the name as it is written there.
pub(in crate::source) fn site_value(entry: &Entry, key: &str, now: &str) -> Option<Token> {
    let locked = entry.value(key)?;
    if key != "reference" {
        return Some(locked.clone());
    }
    let full: Reference = locked.as_str().parse().ok()?;
    let Ok(written) = now.parse::<Reference>() else { return Some(locked.clone()) };
    if written.repository != full.repository {
        return Some(locked.clone());
    }
    let text = format!("{}:{}@{}", written.name, full.tag?, full.digest?);
    Token::new(&text).ok()
}
