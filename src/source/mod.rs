//! The only place that knows the kinds of pins.
//!
//! The key that names a source decides its kind, as in Cargo's dependency tables. Each kind's
//! `keys.rs` is its grammar; what resolves it stands beside.

#![allow(clippy::result_large_err, reason = "a trouble ends the run or is one of a few: its size is never felt")]

pub mod based;
pub mod cooldown;
pub mod deb;
mod elsewhere;
pub mod git;
pub mod image;
pub mod implied;
pub mod intake;
pub mod listed;
mod request;
pub mod resolve;
mod stage;
pub mod template;
pub mod url;
pub mod version;
pub mod yarn;

#[cfg(test)]
mod tests;

use crate::disk::{Root, Stored};
use crate::dockerfile::{Dockerfile, Target};
use crate::lock::{Artifact, Entry};
use std::collections::BTreeMap;

use crate::model::{GitUrl, Id, PinName, Platform, RelPath, Severity, Token, Trouble, quoted};
use crate::remote::Remote;
use crate::table::Table;

use resolve::{Fault, Outlook, Resolved, Want};

pub use elsewhere::{POINTER, is_elsewhere, pointer};
pub use stage::stage;
pub use template::PathTemplate;
pub use version::VersionRule;

/// What a pin follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A git repository.
    Git(git::Keys),
    /// Files by URL.
    Url(Box<url::Keys>),
    /// Debian packages.
    Deb(deb::Keys),
    /// An image in a registry.
    Image(image::Keys),
    /// A JavaScript project whose packages come from git.
    Yarn(yarn::Keys),
}

/// The keys that name a source, each with all keys of its kind.
pub const KINDS: [(&str, &[&str]); 5] = [
    ("git", git::Keys::KNOWN),
    ("url", url::Keys::KNOWN),
    ("deb", deb::Keys::KNOWN),
    ("image", image::Keys::KNOWN),
    ("yarn", yarn::Keys::KNOWN),
];

/// What an entry is held against, beside its pin.
#[derive(Clone, Copy, Debug)]
pub struct Offline<'a> {
    /// The pin's platforms.
    pub platforms: &'a [Platform],
    /// The archives of the manifest.
    pub archives: &'a BTreeMap<PinName, deb::Effective>,
    /// What the lock holds of the archives, those alone that were not altered.
    pub locked: &'a BTreeMap<PinName, Entry>,
    /// The bases of the stages, as the lock has them.
    pub bases: &'a [based::Based],
    /// The Dockerfiles.
    pub dockerfiles: &'a [Dockerfile],
}

impl Source {
    /// Whether what it locks depends on the images that stages are built on.
    #[must_use]
    pub fn needs_bases(&self) -> bool {
        matches!(self, Self::Deb(keys) if keys.closure == deb::Closure::MinusBase)
    }

    /// Reads the keys of the one kind that the pin's table names, for the platforms of the pin.
    /// None or two of them is reported.
    #[must_use]
    pub fn read(table: &Table<'_>, platforms: &[Platform]) -> Option<Self> {
        let given = KINDS.map(|(kind, _)| kind).into_iter();
        let given: Vec<&str> = given.filter(|kind| table.has(kind)).collect();
        match given.as_slice() {
            ["git"] => git::Keys::read(table).map(Self::Git),
            ["url"] => url::Keys::read(table, platforms).map(|k| Self::Url(Box::new(k))),
            ["deb"] => deb::Keys::read(table, platforms).map(Self::Deb),
            ["image"] => image::Keys::read(table).map(Self::Image),
            ["yarn"] => yarn::Keys::read(table).map(Self::Yarn),
            [first, second, ..] => {
                let (a, b) = (table.key_place(first), table.key_place(second));
                let message = format!(
                    "the pin names two sources: `{first}` on line {} and `{second}` on line {}",
                    a.line, b.line
                );
                let later = a.max(b);
                let help = "keep one of them, or make two pins";
                table.report(Trouble::new(message).at(later).help(help));
                None
            }
            _ => {
                let trouble = Trouble::new("the pin names no source").at(table.place());
                table.report(trouble.expected("one of git, url, deb, image, yarn"));
                None
            }
        }
    }

    /// The key that names it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Git(_) => "git",
            Self::Url(_) => "url",
            Self::Deb(_) => "deb",
            Self::Image(_) => "image",
            Self::Yarn(_) => "yarn",
        }
    }

    /// Whether what a pin without a lock entry stays at is read by the kind itself, from files of its
    /// own rather than from sites of a Dockerfile.
    #[must_use]
    pub fn bears_itself(&self) -> bool {
        matches!(self, Self::Yarn(keys) if keys.folder().is_some())
    }

    /// The value that stands at a site which does not say one; `None` where each site must,
    /// since the values are named after packages.
    #[must_use]
    pub fn default_value_key(&self) -> Option<&'static str> {
        match self {
            Self::Git(_) => Some("commit"),
            Self::Url(_) => Some("sha256"),
            Self::Image(_) => Some("reference"),
            Self::Deb(_) | Self::Yarn(_) => None,
        }
    }

    /// The values that a site may ask for; empty where they are named after packages.
    #[must_use]
    pub fn value_keys(&self) -> &'static [&'static str] {
        match self {
            Self::Git(_) => &["commit", "tag", "version", "short", "date"],
            Self::Url(_) => &["sha256", "sha512", "version", "url"],
            Self::Image(_) => &["reference", "digest", "tag", "version"],
            Self::Deb(_) | Self::Yarn(_) => &[],
        }
    }

    /// What fills the templates of this source for one platform and version.
    #[must_use]
    pub fn filling<'a>(&'a self, platform: Option<&'a Platform>, version: Option<&'a str>) -> template::Filling<'a> {
        match self {
            Self::Url(keys) => keys.filling(platform, version),
            _ => template::Filling { platform, version, arch: None },
        }
    }

    /// Whether a pin of this kind is vendored as a folder rather than as files.
    #[must_use]
    pub fn vendors_folder(&self) -> bool {
        matches!(self, Self::Deb(_) | Self::Yarn(_))
    }

    /// Whether a file in the vendored folder is made there by the tool that reads it, and means
    /// nothing: yarn's `.gitignore` in its cache.
    #[must_use]
    pub fn is_tools_own(&self, name: &str, bytes: &[u8]) -> bool {
        matches!(self, Self::Yarn(_)) && yarn::vendored::is_yarns_own(name, bytes)
    }

    /// Whether a file of the lock need not be vendored although the pin is: yarn takes some git
    /// packages in another form, beside which the tar is proof alone.
    #[must_use]
    pub fn may_lie_elsewhere(&self, artifact: &Artifact) -> bool {
        matches!(self, Self::Yarn(_)) && artifact.package.is_some()
    }

    /// What is wrong with a vendor path for this source, if anything.
    ///
    /// # Errors
    /// A file where a folder is written or the other way round; a slot that nothing fills; two
    /// platforms whose files would overwrite each other.
    pub fn vet_vendor(&self, vendor: &PathTemplate, platforms: &[Platform]) -> Result<(), Trouble> {
        let template = vendor.template();
        let text = quoted(template.as_str());
        if self.vendors_folder() && !vendor.is_folder() {
            let trouble = Trouble::new(format!("{} pins are vendored as a folder", self.kind()));
            return Err(trouble.help(format!("write `{}/`", template.as_str())));
        }
        if !self.vendors_folder() && vendor.is_folder() {
            let message = format!("{} pins are vendored as files, not as a folder", self.kind());
            return Err(Trouble::new(message).expected("the path of a file"));
        }
        let has_version = match self {
            Self::Git(keys) => {
                matches!(keys.follow, git::Follow::Version { .. } | git::Follow::Tag(_))
            }
            Self::Url(keys) => keys.versions.is_some(),
            _ => false,
        };
        if template.has(template::Slot::Version) && !has_version {
            return Err(Trouble::new(format!("{text} has a {{version}}, but the pin has none")));
        }
        match self {
            Self::Url(keys) => keys.vet_vendor(vendor, platforms),
            _ if template.has_platform() => {
                let message = format!("{text} differs by platform, but what is vendored does not");
                Err(Trouble::new(message))
            }
            _ => Ok(()),
        }
    }

    /// Whether a site of this form can bear a value of this kind.
    #[must_use]
    pub fn fits(&self, target: &Target) -> bool {
        match target {
            Target::Arg(_) | Target::Env(_) => true,
            Target::From(_) | Target::CopyFrom(_) | Target::Mount(_) | Target::Syntax => {
                matches!(self, Self::Image(_))
            }
            Target::Add(_) => matches!(self, Self::Git(_)),
            Target::Checksum(_) => matches!(self, Self::Url(_)),
        }
    }

    /// Whether new content under it would be an alarm rather than news: a full version, a git
    /// tag, a commit, a URL with a full version.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        match self {
            Self::Git(keys) => keys.follow.is_fixed(),
            Self::Url(keys) => keys.versions.as_ref().is_some_and(|v| v.rule.is_exact()),
            Self::Deb(_) | Self::Image(_) | Self::Yarn(_) => false,
        }
    }

    /// The canonical one line of what is asked for: equal for every spelling of the same request,
    /// different for different ones. A git pin's values do not depend on platforms.
    #[must_use]
    pub fn request(&self, platforms: &[Platform]) -> String {
        match self {
            Self::Git(keys) => keys.request().finish(&[]),
            Self::Url(keys) => keys.request().finish(platforms),
            Self::Deb(keys) => keys.request().finish(platforms),
            Self::Image(keys) => keys.request().finish(platforms),
            Self::Yarn(keys) => keys.request().finish(platforms),
        }
    }

    /// Asks upstream for what the pin aims at.
    ///
    /// # Errors
    /// What upstream changed or took away, what the manifest does not allow, and what kept it from
    /// being asked.
    pub fn resolve(&self, want: &Want<'_>, remote: &Remote) -> Result<Resolved, Fault> {
        match self {
            Self::Git(keys) => git::resolve(keys, want, remote),
            Self::Url(keys) => url::resolve(keys, want, remote),
            Self::Deb(keys) => deb::resolve(keys, want, remote),
            Self::Image(keys) => image::resolve(keys, want, remote),
            Self::Yarn(keys) => yarn::resolve(keys, want, remote),
        }
    }

    /// Asks upstream where a locked pin stands.
    ///
    /// # Errors
    /// As [`Source::resolve`].
    pub fn outlook(&self, want: &Want<'_>, remote: &Remote) -> Result<Outlook, Fault> {
        match self {
            Self::Git(keys) => git::outlook(keys, want, &remote.git()),
            Self::Url(keys) => url::outlook(keys, want, remote),
            Self::Deb(keys) => deb::outlook(keys, want, remote),
            Self::Image(keys) => image::outlook(keys, want, remote),
            Self::Yarn(keys) => yarn::outlook(keys, want, remote),
        }
    }

    /// Puts exactly a locked file back into the store, wherever it can be had by its digest.
    ///
    /// # Errors
    /// Upstream has other bytes, or cannot be asked.
    pub fn obtain(&self, pin: &PinName, entry: &Entry, artifact: &Artifact, remote: &Remote) -> Result<Stored, Fault> {
        match self {
            Self::Git(keys) => git::obtain(keys, entry, artifact, remote),
            Self::Url(_) => url::obtain(artifact, remote),
            Self::Deb(_) => deb::obtain(entry, artifact, remote),
            Self::Yarn(_) => yarn::obtain(pin.as_str(), entry, artifact, remote),
            Self::Image(_) => Err(Fault::usage(Trouble::new("images are not vendored"))),
        }
    }

    /// What is found if a vendored file is not what its entry proves; none for a file of which
    /// nothing but its digest is known. A git tar is proved from its commit, and what was made of
    /// .debs from what is locked of these.
    #[must_use]
    pub fn proof(&self, artifact: &Artifact) -> Option<Id> {
        match self {
            Self::Git(_) => Some(Id::GIT009),
            Self::Deb(_) if artifact.url.is_none() => Some(Id::APT015),
            _ => None,
        }
    }

    /// Proves a vendored file from its entry, without network.
    ///
    /// # Errors
    /// It is not what the entry says, or the evidence is not enough.
    pub fn prove(&self, entry: &Entry, path: &RelPath, file: &mut dyn std::io::Read) -> Result<(), Trouble> {
        match self {
            Self::Git(_) => git::prove(entry, file),
            Self::Deb(_) => deb::prove(entry, path, file),
            _ => Ok(()),
        }
    }

    /// What can be proved of an entry without network; each fault with the field it concerns.
    #[must_use]
    pub fn check_offline(&self, entry: &Entry, given: &Offline<'_>) -> Vec<(Id, &'static str, Trouble)> {
        match self {
            Self::Git(keys) => git::check(keys, entry),
            Self::Url(keys) => url::check(keys, entry, given.platforms),
            Self::Deb(keys) => deb::check(keys, entry, given),
            Self::Image(keys) => image::check(keys, entry, given.platforms),
            Self::Yarn(keys) => yarn::check_entry(keys, entry),
        }
    }

    /// What is found in files of the folder that the pin is about, beside Dockerfiles: each with its
    /// place there. `vendor` is the folder of what is vendored.
    #[must_use]
    pub fn check_files(
        &self,
        entry: &Entry,
        platforms: &[Platform],
        vendor: Option<&RelPath>,
        root: &Root,
    ) -> Vec<(Id, Severity, Trouble)> {
        match self {
            Self::Yarn(keys) => yarn::check_files(keys, platforms, vendor, entry, root),
            _ => Vec::new(),
        }
    }

    /// What is found of vendored files that have the locked bytes, where all of them are proved at
    /// once from files of the folder.
    #[must_use]
    pub fn check_vendored(&self, entry: &Entry, root: &Root) -> Vec<(Id, Trouble)> {
        match self {
            Self::Yarn(keys) => yarn::check_vendored(keys, entry, root),
            _ => Vec::new(),
        }
    }

    /// The places that the pin claims by what it is, without an `into`.
    #[must_use]
    pub fn implied<'a>(&self, files: &'a [Dockerfile]) -> implied::Claims<'a> {
        match self {
            Self::Deb(keys) => deb::implied(keys, files),
            Self::Image(keys) => image::implied(keys, files),
            Self::Yarn(keys) if keys.folder().is_none() => yarn::implied(files),
            _ => implied::Claims::default(),
        }
    }

    /// The repository that a git pin follows.
    #[must_use]
    pub fn remote(&self) -> Option<&GitUrl> {
        match self {
            Self::Git(keys) => Some(&keys.url),
            _ => None,
        }
    }

    /// The repository of an image pin, with everything that short names leave out.
    #[must_use]
    pub fn repository(&self) -> Option<String> {
        match self {
            Self::Image(keys) => Some(keys.repository.to_string()),
            _ => None,
        }
    }

    /// Whether a pin that stands nowhere pins nothing.
    #[must_use]
    pub fn must_stand(&self) -> bool {
        matches!(self, Self::Image(_))
    }

    /// Whether the pin claims everything of its sort, so that each of its values must stand somewhere.
    #[must_use]
    pub fn claims_all(&self) -> bool {
        match self {
            Self::Deb(keys) => matches!(keys.operands, deb::Operands::Dockerfile { .. }),
            Self::Yarn(keys) => keys.folder().is_none(),
            _ => false,
        }
    }

    /// What is worth knowing of a pin although all of it holds.
    #[must_use]
    pub fn caution(&self, vendored: bool) -> Option<(Id, Trouble)> {
        match self {
            Self::Deb(_) if !vendored => Some((
                Id::APT011,
                Trouble::new(
                    "the packages are locked, but a build installs whatever has their versions: nothing is vendored",
                )
                .help("name them as a list with `vendor = \"context/debs/\"`, and build from it: dubo-pin export apt-snippet"),
            )),
            _ => None,
        }
    }

    /// The RUN block that installs exactly what is locked.
    ///
    /// # Errors
    /// A kind that has no such block; what cannot stand in one.
    pub fn apt_block(&self, input: &deb::Block<'_>) -> Result<String, Trouble> {
        match self {
            Self::Deb(keys) => deb::block(keys, input),
            _ => Err(Trouble::new(format!("a {} pin installs nothing with apt", self.kind()))),
        }
    }

    /// The archives that the pin draws from: those that it names, or all.
    #[must_use]
    pub fn drawn<'a>(&'a self, archives: &'a BTreeMap<PinName, deb::Effective>) -> Vec<&'a PinName> {
        match self {
            Self::Deb(keys) if keys.archives.is_empty() => archives.keys().collect(),
            Self::Deb(keys) => keys.archives.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the pin may draw from an archive of this name.
    #[must_use]
    pub fn draws(&self, archive: &PinName) -> bool {
        matches!(self, Self::Deb(keys) if keys.archives.is_empty() || keys.archives.contains(archive))
    }

    /// What a builder takes in by itself where a Dockerfile names it, as locked; nothing of a kind
    /// that only a RUN step takes in.
    ///
    /// # Errors
    /// An entry that lacks what its kind needs, or names another image than the pin.
    pub fn intakes(&self, entry: &Entry) -> Result<Vec<intake::Intake>, Trouble> {
        match self {
            Self::Image(keys) => intake::images(&keys.repository.to_string(), entry),
            Self::Url(_) => intake::files(entry),
            Self::Git(keys) => intake::commit(&keys.url, entry),
            Self::Deb(_) | Self::Yarn(_) => Ok(Vec::new()),
        }
    }

    /// What should stand at a site that asks for a value and bears `now`.
    #[must_use]
    pub fn site_value(&self, entry: &Entry, key: &str, platform: Option<&Platform>, now: &str) -> Option<Token> {
        match self {
            Self::Git(_) => git::site_value(entry, key, now),
            Self::Image(_) => image::site_value(entry, key, now),
            _ => entry.value_on(key, platform).cloned(),
        }
    }

    /// A locked value as a person would say it.
    #[must_use]
    pub fn said(&self, entry: &Entry) -> Option<String> {
        match self {
            Self::Deb(_) => return deb::said(entry),
            Self::Image(_) => return image::said(entry),
            Self::Url(_) => return url::said(entry),
            Self::Yarn(_) => return yarn::said(entry),
            _ => {}
        }
        let text = |key: &str| entry.value(key).map(|t| t.as_str().to_owned());
        text("tag").or_else(|| text("version")).or_else(|| Some(text("commit")?.chars().take(12).collect()))
    }
}
