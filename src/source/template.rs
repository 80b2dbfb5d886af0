//! Texts with places for a platform or a version: `{platform}`, `{arch}`, `{os}`, `{variant}`,
//! `{version}`.
//!
//! For URLs, vendor paths and tag names. Nothing is looked up here: who fills a template brings
//! what stands in it.

use std::fmt;
use std::str::FromStr;

use crate::model::{PathError, Platform, RelPath, quoted, suggest};

/// What can stand between braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// `linux/arm/v7`
    Platform,
    /// `arm`, or what the pin's `arch` table says
    Arch,
    /// `linux`
    Os,
    /// `v7`, or nothing
    Variant,
    /// `1.11.1`
    Version,
}

const SLOTS: [(&str, Slot); 5] = [
    ("platform", Slot::Platform),
    ("arch", Slot::Arch),
    ("os", Slot::Os),
    ("variant", Slot::Variant),
    ("version", Slot::Version),
];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Slot(Slot),
}

/// A text with slots, kept as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A word that stands for nothing.
    #[error("{} stands for nothing here{}", quoted(&format!("{{{word}}}")), near.as_ref().map(|n| format!("; did you mean `{{{n}}}`?")).unwrap_or_default())]
    Unknown {
        /// What is between the braces.
        word: String,
        /// The known word that is nearest.
        near: Option<&'static str>,
    },
    /// A brace without its other.
    #[error("{} has a brace without its other", quoted(.0))]
    Brace(String),
    /// The path that it makes is not safe.
    #[error(transparent)]
    Path(#[from] PathError),
}

/// What fills a template.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filling<'a> {
    /// The platform.
    pub platform: Option<&'a Platform>,
    /// What stands for `{arch}`, where it is not the platform's own word.
    pub arch: Option<&'a str>,
    /// The version.
    pub version: Option<&'a str>,
}

impl<'a> Filling<'a> {
    fn of(&self, slot: Slot) -> Option<&'a str> {
        match slot {
            Slot::Platform => self.platform.map(Platform::as_str),
            Slot::Arch => self.arch.or(self.platform.map(Platform::arch)),
            Slot::Os => self.platform.map(Platform::os),
            Slot::Variant => self.platform.map(|p| p.variant().unwrap_or_default()),
            Slot::Version => self.version,
        }
    }
}

impl Template {
    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a slot is in it.
    #[must_use]
    pub fn has(&self, slot: Slot) -> bool {
        self.parts.contains(&Part::Slot(slot))
    }

    /// Whether it differs by platform.
    #[must_use]
    pub fn has_platform(&self) -> bool {
        let slots = [Slot::Platform, Slot::Arch, Slot::Os, Slot::Variant];
        slots.iter().any(|s| self.has(*s))
    }

    /// The text with its slots filled; `None` if one of them has no filling.
    #[must_use]
    pub fn fill(&self, filling: &Filling<'_>) -> Option<String> {
        self.fill_with(|slot| filling.of(slot))
    }

    fn fill_with<'a>(&'a self, of: impl Fn(Slot) -> Option<&'a str>) -> Option<String> {
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Slot(slot) => of(*slot),
        });
        parts.collect()
    }

    /// The text with plain words in its slots, to judge its form.
    pub(super) fn sample(&self) -> String {
        let sample = self.fill_with(|slot| {
            Some(match slot {
                Slot::Platform => "linux/arm/v7",
                Slot::Arch => "arm",
                Slot::Os => "linux",
                Slot::Variant => "v7",
                Slot::Version => "1.2.3",
            })
        });
        sample.unwrap_or_default()
    }

    /// What stands before and after the only slot `{version}`, if there is no other slot.
    #[must_use]
    pub fn around_version(&self) -> Option<(&str, &str)> {
        let version = Part::Slot(Slot::Version);
        match self.parts.as_slice() {
            [v] if *v == version => Some(("", "")),
            [Part::Text(before), v] if *v == version => Some((before, "")),
            [v, Part::Text(after)] if *v == version => Some(("", after)),
            [Part::Text(before), v, Part::Text(after)] if *v == version => Some((before, after)),
            _ => None,
        }
    }
}

impl FromStr for Template {
    type Err = TemplateError;
    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let brace = || TemplateError::Brace(text.to_owned());
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (word, after) = after.split_once('}').ok_or_else(brace)?;
            if before.contains('}') || word.contains('{') {
                return Err(brace());
            }
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let slot = SLOTS.iter().find(|(name, _)| *name == word);
            let (_, slot) = slot.ok_or_else(|| TemplateError::Unknown {
                word: word.to_owned(),
                near: suggest(word, SLOTS.map(|(name, _)| name)),
            })?;
            parts.push(Part::Slot(*slot));
            rest = after;
        }
        if rest.contains('}') {
            return Err(brace());
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { text: text.to_owned(), parts })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A path in the user's folder, with slots; ends in `/` where it names a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate {
    template: Template,
    folder: bool,
}

impl PathTemplate {
    /// The path with its slots, without the `/` of a folder.
    #[must_use]
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// Whether it names a folder.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.folder
    }

    /// The path with its slots filled; `None` if one of them has no filling.
    ///
    /// # Errors
    /// What filled a slot made the path unsafe.
    pub fn fill(&self, filling: &Filling<'_>) -> Result<Option<RelPath>, PathError> {
        let path = self.template.fill(filling);
        path.map(|p| p.parse()).transpose()
    }
}

impl FromStr for PathTemplate {
    type Err = TemplateError;
    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let plain = text.strip_suffix('/');
        let template: Template = plain.unwrap_or(text).parse()?;
        template.sample().parse::<RelPath>()?;
        Ok(Self { template, folder: plain.is_some() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_filled_from_the_platform() {
        let template: Template = "{platform}|{arch}|{os}|{variant}|{version}".parse().unwrap();
        let platform: Platform = "linux/arm/v7".parse().unwrap();
        let mut filling = Filling { platform: Some(&platform), version: Some("1.0"), arch: None };
        assert_eq!(template.fill(&filling).as_deref(), Some("linux/arm/v7|arm|linux|v7|1.0"));
        filling.arch = Some("armhf");
        assert_eq!(template.fill(&filling).as_deref(), Some("linux/arm/v7|armhf|linux|v7|1.0"));
        filling.version = None;
        assert_eq!(template.fill(&filling), None);
    }

    #[test]
    fn a_wrong_slot_or_brace_is_refused() {
        for (bad, message) in [
            ("a/{versoin}", "`{versoin}` stands for nothing here; did you mean `{version}`?"),
            ("a/{TARGETARCH}", "`{TARGETARCH}` stands for nothing here"),
            ("a/{version", "`a/{version` has a brace without its other"),
            ("a/version}", "`a/version}` has a brace without its other"),
            ("}{version}", "`}{version}` has a brace without its other"),
            ("{{version}}", "`{{version}}` has a brace without its other"),
        ] {
            assert_eq!(bad.parse::<Template>().unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn a_filled_path_is_vetted_again() {
        assert!("../{version}".parse::<PathTemplate>().is_err());
        assert!("/{version}".parse::<PathTemplate>().is_err());
        let path: PathTemplate = "a/{version}/".parse().unwrap();
        assert!(path.is_folder());
        let fill = |version| path.fill(&Filling { version: Some(version), ..Filling::default() });
        assert_eq!(fill("1.0").unwrap().unwrap().as_str(), "a/1.0");
        assert!(fill("../..").is_err());
        assert_eq!(path.fill(&Filling::default()), Ok(None));
    }

    #[test]
    fn what_stands_around_the_version() {
        let around = |t: &str| {
            let template: Template = t.parse().unwrap();
            template.around_version().map(|(a, b)| (a.to_owned(), b.to_owned()))
        };
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(around("{version}"), pair("", ""));
        assert_eq!(around("release-{version}-final"), pair("release-", "-final"));
        assert_eq!(around("v1"), None);
        assert_eq!(around("{version}{version}"), None);
        assert_eq!(around("{version}-{arch}"), None);
    }
}
