//! What a pin takes in, one item for each thing that a person asks about: a repository, an image, a
//! package on an architecture.
//!
//! For `list`. It tells what an entry says and judges nothing. Where there is no entry to rely on, it
//! tells what the manifest asks for.
//!
//! | file | what it is for |
//! |---|---|
//! | `beyond` | what is asked for and not locked; the registry packages of a yarn.lock |
//! | `compare` | how a locked version stands to the one that a filter names |

mod beyond;
mod compare;

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Source, deb, git, image};
use crate::disk::Store;
use crate::lock::{Artifact, Entry, Evidence, Value};
use crate::model::{Platform, Sha256, Share, shown};
use crate::remote::Remote;
use image::packages::{Layout, Packages, PackagesError};

pub use compare::{Incomparable, Measure};

/// One thing that a pin takes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The package, the repository or the URL; without secrets.
    pub what: String,
    /// The version, or the tag, as a person says it.
    pub version: Option<String>,
    /// The full commit or digest.
    pub id: Option<String>,
    /// The architecture of a Debian package.
    pub architecture: Option<String>,
    /// The suite that it was drawn from.
    pub suite: Option<String>,
    /// The archive that it was drawn from, if the pin draws from one alone.
    pub archive: Option<String>,
    /// Where it comes from, if that is one address; without secrets.
    pub url: Option<String>,
    /// The platforms that it is for; empty: all of the pin's.
    pub platforms: Vec<Platform>,
    /// What differs by platform.
    pub each: Vec<Share>,
    /// In which order its version stands.
    pub measure: Measure,
    /// It stands for packages whose very names are not known.
    pub opaque: bool,
    /// It is a Debian package.
    pub debian: bool,
    /// Who needs it, from a package that was asked for on.
    pub why: Vec<String>,
}

impl Item {
    fn new(what: &str) -> Self {
        Self {
            what: shown(what),
            version: None,
            id: None,
            architecture: None,
            suite: None,
            archive: None,
            url: None,
            platforms: Vec::new(),
            each: Vec::new(),
            measure: Measure::None,
            opaque: false,
            debian: false,
            why: Vec::new(),
        }
    }

    /// Every name that it goes by: `docker.io/library/debian` is also `library/debian` and `debian`, and a
    /// Debian package is `name:architecture` too.
    pub fn names(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let plain = self.what.strip_suffix(".git").filter(|_| self.what.contains("://"));
        let plain = [Some(self.what.as_str()), plain].into_iter().flatten().flat_map(|whole| {
            let behind = whole.match_indices('/').filter_map(move |(at, _)| whole.get(at + 1..));
            std::iter::once(whole).chain(behind).filter(|name| !name.is_empty())
        });
        plain.map(Cow::Borrowed).chain(self.architectures().map(|of| Cow::Owned(format!("{}:{of}", self.what))))
    }

    /// The architectures that apt knows it by. One for `all`, or that is not known, is its platforms'.
    fn architectures(&self) -> impl Iterator<Item = &str> {
        let own = self.architecture.as_deref().filter(|_| self.debian);
        let any = own.is_none_or(|own| matches!(own, "all" | "any" | "native"));
        let of_platforms = self
            .platforms
            .iter()
            .filter(move |_| self.debian && any)
            .filter_map(|p| -> Option<&str> { deb::architecture(p) });
        own.into_iter().chain(of_platforms)
    }
}

/// One text of an entry's evidence: of a package, or of the whole pin.
fn proof<'a>(entry: &'a Entry, word: &str, key: &str) -> Option<&'a str> {
    match entry.evidence.get(word)? {
        Evidence::One(text) => Some(text),
        Evidence::Each(each) => each.get(key).map(String::as_str),
    }
}

fn text(entry: &Entry, key: &str) -> Option<String> {
    entry.value(key).map(|token| token.as_str().to_owned())
}

impl Source {
    /// What the pin takes in, as its entry says; without one, as the manifest does.
    #[must_use]
    pub fn items(&self, entry: Option<&Entry>) -> Vec<Item> {
        match (self, entry) {
            (Self::Git(keys), entry) => vec![of_git(keys, entry)],
            (Self::Image(keys), entry) => vec![of_image(keys, entry)],
            (Self::Url(keys), None) => vec![Item::new(keys.url.template().as_str())],
            (Self::Url(keys), Some(entry)) => of_url(keys.url.template().as_str(), entry),
            (Self::Deb(keys), None) => asked_of_deb(keys),
            (Self::Deb(_), Some(entry)) => of_deb(entry),
            (Self::Yarn(keys), None) => {
                let what = match keys.folder() {
                    None => "dockerfile",
                    Some(None) => ".",
                    Some(Some(folder)) => folder.as_str(),
                };
                vec![Item { opaque: true, ..Item::new(what) }]
            }
            (Self::Yarn(_), Some(entry)) => of_yarn(entry),
        }
    }

    /// The locked images whose packages are a base of what is built, each with its platforms; nothing
    /// of other kinds than `image`.
    #[must_use]
    pub fn bases(&self, entry: &Entry) -> Vec<(Sha256, Vec<Platform>)> {
        if !matches!(self, Self::Image(_)) {
            return Vec::new();
        }
        let digest = |text: &str| text.strip_prefix("sha256:")?.parse::<Sha256>().ok();
        let mut all: BTreeMap<Sha256, Vec<Platform>> = BTreeMap::new();
        if let Some(Evidence::Each(images)) = entry.evidence.get("manifests") {
            for (platform, id) in images {
                if let (Ok(platform), Some(id)) = (platform.parse(), digest(id)) {
                    all.entry(id).or_default().push(platform);
                }
            }
        }
        if all.is_empty() && proof(entry, "kind", "") == Some("manifest") {
            all.extend(entry.value("digest").and_then(|d| digest(d.as_str())).map(|id| (id, Vec::new())));
        }
        all.into_iter().collect()
    }

    /// The packages of one such image, read from its layers, or from the store if they were before.
    ///
    /// # Errors
    /// [`PackagesError`], as [`image::packages::packages`] has it.
    pub fn base_packages(&self, image: &Sha256, remote: &Remote) -> Result<Option<Base>, PackagesError> {
        let Self::Image(keys) = self else { return Ok(None) };
        image::packages::packages(&remote.registry(), &keys.repository, image).map(|found| Some(of_base(&found)))
    }
}

/// What is known of a base image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// Its packages; none if [`Base::unknown`].
    pub items: Vec<Item>,
    /// It has no list of packages that dpkg would read: what it holds cannot be told.
    pub unknown: bool,
}

/// The packages of a base image that were read before, from the store alone.
#[must_use]
pub fn known_base(image: &Sha256, store: &Store) -> Option<Base> {
    image::packages::known(store, image).map(|found| of_base(&found))
}

fn of_base(found: &Packages) -> Base {
    let item = |package: &image::packages::Package| Item {
        version: Some(package.version.clone()),
        architecture: Some(package.architecture.clone()),
        measure: Measure::Debian(package.version.clone()),
        debian: true,
        ..Item::new(&package.name)
    };
    Base { items: found.installed.iter().map(item).collect(), unknown: found.layout == Layout::None }
}

fn of_git(keys: &git::Keys, entry: Option<&Entry>) -> Item {
    let item = Item::new(&keys.url.to_string());
    let Some(entry) = entry else { return item };
    let (tag, version) = (text(entry, "tag"), text(entry, "version"));
    let measure = version.clone().or_else(|| tag.clone()).map_or(Measure::None, Measure::Version);
    Item { version: tag.or(version), id: text(entry, "commit"), url: Some(item.what.clone()), measure, ..item }
}

fn of_image(keys: &image::Keys, entry: Option<&Entry>) -> Item {
    let item = Item::new(&keys.repository.to_string());
    let Some(entry) = entry else { return item };
    let (tag, version) = (text(entry, "tag"), text(entry, "version"));
    let measure = version.or_else(|| tag.clone()).map_or(Measure::None, Measure::Tag);
    let each = match entry.evidence.get("manifests") {
        Some(Evidence::Each(images)) => images
            .iter()
            .filter_map(|(p, id)| Some(Share { platforms: vec![p.parse().ok()?], id: id.clone(), url: None }))
            .collect(),
        _ => Vec::new(),
    };
    Item { version: tag, id: text(entry, "digest"), each, measure, ..item }
}

/// One row where a version names all of it; else one for each content.
fn of_url(template: &str, entry: &Entry) -> Vec<Item> {
    let mut each: Vec<Share> = entry
        .artifacts
        .iter()
        .map(|a| Share { platforms: a.platforms.clone(), id: a.sha256.to_string(), url: a.url.as_deref().map(shown) })
        .collect();
    if each.is_empty() {
        let values = entry.values.iter().filter(|(key, _)| key.as_str() == "sha256");
        each = values
            .flat_map(|(_, value)| match value {
                Value::One(id) => vec![Share { platforms: Vec::new(), id: id.to_string(), url: None }],
                Value::Each(of) => of
                    .iter()
                    .map(|(p, id)| Share { platforms: vec![p.clone()], id: id.to_string(), url: None })
                    .collect(),
            })
            .collect();
    }
    let item = Item::new(template);
    let row = |share: &Share| Item {
        id: Some(share.id.clone()),
        url: share.url.clone(),
        platforms: share.platforms.clone(),
        ..item.clone()
    };
    match (text(entry, "version"), each.as_slice()) {
        (Some(version), [only]) => {
            let measure = Measure::Version(version.clone());
            vec![Item { version: Some(version), measure, ..row(only) }]
        }
        (Some(version), _) => {
            let measure = Measure::Version(version.clone());
            vec![Item { version: Some(version), measure, each, ..item }]
        }
        (None, []) => vec![item],
        (None, several) => several.iter().map(row).collect(),
    }
}

/// What a deb pin asks for; of those of the Dockerfiles, and of what they depend on, the names are
/// not in the manifest.
fn asked_of_deb(keys: &deb::Keys) -> Vec<Item> {
    let more = keys.closure != deb::Closure::None;
    match &keys.operands {
        deb::Operands::Dockerfile { .. } => vec![Item { opaque: true, ..Item::new("dockerfile") }],
        deb::Operands::List(all) => {
            let architecture = |o: &deb::Operand| o.architecture().map(str::to_owned);
            let item = |o| Item { opaque: more, architecture: architecture(o), debian: true, ..Item::new(o.name()) };
            all.iter().map(item).collect()
        }
    }
}

/// The architecture in the name of a .deb: `name_version_arch.deb` (dpkg-name(1)).
fn architecture(artifact: &Artifact) -> Option<String> {
    let file = artifact.url.as_deref()?.rsplit('/').next()?.strip_suffix(".deb")?;
    let (_, architecture) = file.rsplit_once('_')?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (!architecture.is_empty() && architecture.bytes().all(plain)).then(|| architecture.to_owned())
}

/// From a package that was asked for on to the one that needs this.
fn why(needed: &BTreeMap<&str, &str>, name: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut at = name;
    while let Some(by) = needed.get(at) {
        if out.iter().any(|seen| seen == by) || out.len() > needed.len() {
            break;
        }
        out.push((*by).to_owned());
        at = by;
    }
    out.reverse();
    out
}

fn of_deb(entry: &Entry) -> Vec<Item> {
    let archive = proof(entry, "archives", "").filter(|names| !names.contains(' ')).map(str::to_owned);
    let item = |name: &str, version: Option<&str>, platforms: &[Platform]| Item {
        version: version.map(str::to_owned),
        suite: proof(entry, "suite", name).map(str::to_owned),
        archive: archive.clone(),
        platforms: platforms.to_vec(),
        measure: version.map_or(Measure::None, |v| Measure::Debian(v.to_owned())),
        debian: true,
        ..Item::new(name)
    };
    let needed = deb::companions(entry);
    let files = entry.artifacts.iter().filter_map(|a| Some((a, a.package.as_ref()?)));
    let mut items: Vec<Item> = files
        .map(|(artifact, name)| Item {
            id: Some(artifact.sha256.to_string()),
            url: artifact.url.as_deref().map(shown),
            architecture: architecture(artifact),
            why: why(&needed, name.as_str()),
            ..item(name.as_str(), artifact.version.as_ref().map(crate::model::Token::as_str), &artifact.platforms)
        })
        .collect();
    // What a Dockerfile installs, although the lock has no file of it.
    for (key, value) in &entry.values {
        let (name, architecture) = key.as_str().split_once(':').map_or((key.as_str(), None), |(n, a)| (n, Some(a)));
        let versions: Vec<(&str, &[Platform])> = match value {
            Value::One(version) => vec![(version.as_str(), &[])],
            Value::Each(each) => each.iter().map(|(p, v)| (v.as_str(), std::slice::from_ref(p))).collect(),
        };
        for (version, platforms) in versions {
            let is_it = |i: &&Item| i.what == name && i.version.as_deref() == Some(version);
            let files = items.iter().filter(is_it).any(|i| platforms.iter().all(|p| i.platforms.contains(p)));
            if !files {
                let architecture = architecture.map(str::to_owned);
                items.push(Item { architecture, ..item(name, Some(version), platforms) });
            }
        }
    }
    items.sort_by(|a, b| (&a.what, &a.architecture, &a.version).cmp(&(&b.what, &b.architecture, &b.version)));
    items
}

fn of_yarn(entry: &Entry) -> Vec<Item> {
    let one = |(key, commit): (&str, String)| {
        let of = |a: &&Artifact| a.package.as_ref().is_some_and(|p| p.as_str() == key);
        let version = entry.artifacts.iter().find(of).and_then(|a| a.version.as_ref()).map(|v| v.as_str().to_owned());
        let tag = proof(entry, "ref", key).and_then(|r| r.strip_prefix("refs/tags/")).map(str::to_owned);
        let version = version.or(tag);
        Item {
            measure: version.clone().map_or(Measure::None, Measure::Version),
            version,
            id: Some(commit),
            url: proof(entry, "repository", key).map(shown),
            ..Item::new(key)
        }
    };
    let keys = entry.values.keys().map(crate::model::Token::as_str);
    keys.filter_map(|key| Some((key, text(entry, key)?))).map(one).collect()
}

#[cfg(test)]
mod tests;
