//! pins.toml: what to follow, and where each pin stands.
//!
//! For every verb. [`Manifest::parse`] reads it into types and says every error at once;
//! [`edit`] changes it without touching any other byte. The keys of a kind of pin are read by
//! that kind, in [`source`](crate::source). Nothing here reads a file.

#![allow(clippy::result_large_err, reason = "a trouble ends the run or is one of a few: its size is never felt")]

pub mod edit;
mod inherit;
mod pattern;
mod pin;
mod policy;
mod site;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::dockerfile::Site;
use crate::model::{PinName, Place, Platform, Severity, Trouble, Twins, quoted, suggest};
use crate::source::VersionRule;
use crate::source::deb;
use crate::table::{self, Document, Placed, Table};

pub use inherit::{Inherited, stamp, unstamped};
pub use pattern::{Pattern, is_dockerfile};
pub use pin::{Pin, Size, SizeError};
pub use policy::{Freeze, Policy};

/// Most pins of one manifest.
pub const MAX_PINS: usize = 10_000;

const KNOWN: [&str; 8] = ["version", "requires", "image", "archives", "pins", "policy", "lint", "workspace"];

const IMAGE: [&str; 2] = ["dockerfiles", "platforms"];

/// A manifest, whole and right.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Manifest {
    /// `[image]`
    pub image: Image,
    /// `[archives]`
    pub archives: BTreeMap<PinName, Archive>,
    /// `[pins]`
    pub pins: BTreeMap<PinName, Pin>,
    /// `[policy]`, which every pin already has under its own.
    pub policy: Policy,
    /// `atomic = true` under `[policy]`: a refresh applies all pins or none.
    pub atomic: bool,
    /// `[lint]`
    pub lint: Lint,
    /// `[workspace]`
    pub workspace: Option<Workspace>,
}

/// What is built.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Image {
    /// Its Dockerfiles; `None`: the usual names, see [`is_dockerfile`].
    pub dockerfiles: Option<Vec<Pattern>>,
    /// Its platforms, sorted. Empty if none are given: then a pin that differs by platform must
    /// give its own.
    pub platforms: Vec<Platform>,
    /// Whether the workspace's manifest gives them.
    pub inherited: bool,
}

/// An archive that `deb` pins draw from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Where the manifest names it.
    pub place: Place,
    /// What it is.
    pub keys: deb::Archive,
    /// Where the resolved snapshot stands in Dockerfiles.
    pub into: Vec<Placed<Site>>,
    /// Whether the workspace's manifest has it: files that it names are in that one's folder.
    pub inherited: bool,
    /// Its keys as TOML, a line each.
    pub lines: String,
}

/// How lint's findings are judged.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Lint {
    /// Ids of findings that are not told, such as `APT009`.
    pub ignore: Vec<Placed<LintId>>,
    /// Findings whose weight is changed.
    pub severity: BTreeMap<LintId, Severity>,
}

/// A finding's id by its form, such as `APT009`. Whether a rule has it is lint's question: this
/// program may be older than the manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LintId(String);

impl LintId {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for LintId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
        let digits = text.bytes().skip(letters);
        if (2..=8).contains(&letters) && text.len() == letters + 3 && digits.into_iter().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("{} is not the id of a finding such as APT009", quoted(text)))
        }
    }
}

/// Folders with manifests of their own, which inherit from this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Which folders.
    pub members: Vec<Placed<Pattern>>,
    /// Which of these are none.
    pub exclude: Vec<Placed<Pattern>>,
}

impl Workspace {
    /// Whether a folder, from that of the workspace, is a member.
    #[must_use]
    pub fn has(&self, folder: &str) -> bool {
        let any = |list: &[Placed<Pattern>]| list.iter().any(|p| p.value.matches(folder));
        any(&self.members) && !any(&self.exclude)
    }

    /// Reads `[workspace]` alone, if there is one. What else is wrong, [`Manifest::parse`] says.
    ///
    /// # Errors
    /// Whether there is one cannot be told, or it cannot be read.
    pub fn peek(file: &str, bytes: &[u8]) -> Result<Option<Self>, Trouble> {
        let document = table::parse(file, bytes)?;
        if !document.root().has("workspace") {
            return Ok(None);
        }
        if let Some(workspace) = read_workspace(&document.root()) {
            return Ok(Some(workspace));
        }
        let trouble = Trouble::new("the workspace cannot be read").at(Place::file(file));
        Err(document.troubles().into_iter().next().unwrap_or(trouble))
    }
}

impl Manifest {
    /// Reads a manifest. The file's name is only shown.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file. What cannot be read at all
    /// (too large, not UTF-8, no TOML), a `requires` that this program does not meet, and a
    /// version that it does not know are each said alone.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Vec<Trouble>> {
        Self::parse_under(file, bytes, &Inherited::default())
    }

    /// …as a member of a workspace.
    ///
    /// # Errors
    /// As [`Manifest::parse`].
    pub fn parse_under(file: &str, bytes: &[u8], under: &Inherited) -> Result<Self, Vec<Trouble>> {
        Self::parse_as(file, bytes, under, env!("CARGO_PKG_VERSION"))
    }

    /// …as a program of the given version would.
    fn parse_as(file: &str, bytes: &[u8], under: &Inherited, program: &str) -> Result<Self, Vec<Trouble>> {
        let document = table::parse(file, bytes).map_err(|t| vec![t])?;
        let manifest = read(&document, under, program).map_err(|t| vec![t])?;
        let troubles = document.troubles();
        if troubles.is_empty() { Ok(manifest) } else { Err(troubles) }
    }

    /// What to say of a name, or a glob, that no pin has.
    #[must_use]
    pub fn no_pin(&self, wanted: &str) -> Trouble {
        let trouble = Trouble::new(format!("no pin is called {}", quoted(wanted)));
        let known: Vec<&str> = self.pins.keys().map(PinName::as_str).collect();
        trouble.help(match suggest(wanted, known.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None if known.is_empty() => "pins.toml has no pins".to_owned(),
            None => format!("pins.toml has: {}", known.join(", ")),
        })
    }

    /// All sites of all pins and archives, each with the name of its owner.
    pub fn sites(&self) -> impl Iterator<Item = (&PinName, &Placed<Site>)> {
        let of_pins = self.pins.iter().map(|(name, pin)| (name, &pin.into));
        let of_archives = self.archives.iter().map(|(name, a)| (name, &a.into));
        let all = of_pins.chain(of_archives);
        all.flat_map(|(name, into)| into.iter().map(move |site| (name, site)))
    }
}

fn read(document: &Document<'_>, under: &Inherited, program: &str) -> Result<Manifest, Trouble> {
    let root = document.root();
    vet_requires(&root, program)?;
    vet_version(&root)?;
    root.only("in pins.toml", &KNOWN, |key| {
        let belongs = IMAGE.contains(&key);
        belongs.then(|| format!("`{key}` belongs under [image]"))
    });
    let image = under.image(read_image(&root));
    let policy_table = root.table("policy");
    let policy = policy_table.as_ref().map(|t| Policy::read(t, &under.policy));
    let policy = policy.unwrap_or_else(|| under.policy.clone());
    if let Some(table) = &policy_table {
        let mut known = Policy::KNOWN.to_vec();
        known.push("atomic");
        table.only("in [policy]", &known, |_| None);
    }
    let atomic = policy_table.and_then(|t| t.flag("atomic"));
    let archives = named(&root, "archives")?;
    let archives = archives.into_iter().filter_map(|(name, place, table)| {
        let mut known = deb::Archive::KNOWN.to_vec();
        known.push("into");
        table.only(&format!("in archive `{name}`"), &known, |_| None);
        let into = site::read_all(&table, &site::Bears::Snapshot);
        let keys = deb::Archive::read(&table)?;
        Some((name, Archive { place, keys, into, inherited: false, lines: table.lines() }))
    });
    let archives = archives.collect();
    let pins = named(&root, "pins")?;
    let pins = pins.into_iter().filter_map(|(name, place, table)| {
        let pin = Pin::read(&table, (name.clone(), place), &image.platforms, &policy)?;
        Some((name, pin))
    });
    let pins = pins.collect();
    let mut manifest = Manifest {
        image,
        archives,
        pins,
        policy,
        atomic: atomic.unwrap_or(under.atomic),
        lint: under.lint(read_lint(&root)),
        workspace: read_workspace(&root),
    };
    let inherited = under.archives(&manifest);
    manifest.archives.extend(inherited);
    vet_sites(document, &manifest);
    vet_vendors(document, &manifest);
    Ok(manifest)
}

/// `requires` comes before all else: an older program cannot judge what it does not know.
fn vet_requires(root: &Table<'_>, program: &str) -> Result<(), Trouble> {
    let requires = root.read("requires", |text| text.parse::<VersionRule>().map_err(|e| e.trouble()));
    let (Some(requires), Ok(current)) = (requires, program.parse::<semver::Version>()) else {
        return Ok(());
    };
    if requires.value.matches(&current, true) {
        return Ok(());
    }
    let message = format!("needs dubo-pin {}, this is {program}", requires.value);
    let trouble = Trouble::new(message).at(requires.place);
    Err(trouble.help("install a version that meets it"))
}

fn vet_version(root: &Table<'_>) -> Result<(), Trouble> {
    if !root.has("version") {
        let trouble = Trouble::new("the manifest does not say its version").at(root.place());
        root.report(trouble.help("write `version = 1` at its head"));
        return Ok(());
    }
    let Some(version) = root.number("version") else {
        return Ok(());
    };
    if version.value == 1 {
        return Ok(());
    }
    let trouble = Trouble::new("the manifest is of another version").at(version.place);
    let trouble = trouble.expected("version = 1");
    Err(trouble.found(version.value.to_string()))
}

fn read_image(root: &Table<'_>) -> Image {
    let Some(table) = root.table("image") else {
        return Image::default();
    };
    table.only("in [image]", &IMAGE, |_| None);
    let dockerfiles = table.list::<Pattern>("dockerfiles");
    let platforms = table.list::<Platform>("platforms").unwrap_or_default();
    let mut platforms: Vec<Platform> = platforms.into_iter().map(|p| p.value).collect();
    platforms.sort();
    Image {
        dockerfiles: dockerfiles.map(|list| list.into_iter().map(|p| p.value).collect()),
        platforms,
        inherited: false,
    }
}

type Named<'d> = Vec<(PinName, Place, Table<'d>)>;

/// The tables under `[pins]` or `[archives]`, each with its name and where that stands.
fn named<'d>(root: &Table<'d>, key: &str) -> Result<Named<'d>, Trouble> {
    let Some(table) = root.table(key) else {
        return Ok(Vec::new());
    };
    let names = table.names();
    if names.len() > MAX_PINS {
        let message = format!("there are more than {MAX_PINS} {key}");
        let trouble = Trouble::new(message).at(root.key_place(key));
        return Err(trouble.found(names.len().to_string()));
    }
    let mut twins = Twins::default();
    let mut out = Vec::with_capacity(names.len());
    for text in names {
        let place = table.key_place(text);
        let inner = table.table(text);
        match text.parse::<PinName>() {
            Err(e) => table.report(Trouble::new(e.to_string()).at(place)),
            Ok(name) => {
                if let Some(twin) = twins.note(text) {
                    let message = format!("`{text}` and `{twin}` differ only in case");
                    table.report(Trouble::new(message).at(place.clone()));
                }
                out.extend(inner.map(|inner| (name, place, inner)));
            }
        }
    }
    Ok(out)
}

fn read_lint(root: &Table<'_>) -> Lint {
    let Some(table) = root.table("lint") else {
        return Lint::default();
    };
    table.only("in [lint]", &["ignore", "severity"], |_| None);
    let ignore = table.list::<LintId>("ignore").unwrap_or_default();
    let mut severity = BTreeMap::new();
    if let Some(weights) = table.table("severity") {
        for name in weights.names() {
            let weight = weights.read(name, |text| match text {
                "error" => Ok(Severity::Error),
                "note" => Ok(Severity::Note),
                other => {
                    Err(Trouble::new(format!("{} is no severity", quoted(other))).expected("\"error\" or \"note\""))
                }
            });
            match name.parse::<LintId>() {
                Ok(id) => severity.extend(weight.map(|w| (id, w.value))),
                Err(e) => weights.report(Trouble::new(e).at(weights.key_place(name))),
            }
        }
    }
    Lint { ignore, severity }
}

fn read_workspace(root: &Table<'_>) -> Option<Workspace> {
    let table = root.table("workspace")?;
    table.only("in [workspace]", &["members", "exclude"], |_| None);
    if !table.has("members") {
        let trouble = Trouble::new("the workspace names no members").at(table.place());
        table.report(trouble.help("write `members = [\"*\"]`"));
    }
    let exclude = table.list::<Pattern>("exclude").unwrap_or_default();
    let members = table.list::<Pattern>("members")?;
    for pattern in members.iter().chain(&exclude).filter(|p| p.value.as_str().contains("**")) {
        let trouble = Trouble::new("`**` is not understood here").at(pattern.place.clone());
        table.report(trouble.help("write a pattern for each depth: members = [\"*\", \"*/*\"]"));
    }
    Some(Workspace { members, exclude })
}

/// One site cannot bear two values.
fn vet_sites(document: &Document<'_>, manifest: &Manifest) {
    let mut seen: BTreeMap<String, (&PinName, usize)> = BTreeMap::new();
    for (name, site) in manifest.sites() {
        let spot = site::spot(&site.value);
        if let Some((other, line)) = seen.get(&spot) {
            let message = if *other == name {
                format!("pin `{name}` names this site twice: see line {line}")
            } else {
                format!("this site is pinned by `{other}` too, on line {line}")
            };
            let trouble = Trouble::new(message).at(site.place.clone());
            document.report(trouble.help("one site bears one value: remove one of the two"));
        } else {
            seen.insert(spot, (name, site.place.line));
        }
    }
}

/// Two pins cannot be vendored at one path, nor at two that some file system takes for one.
fn vet_vendors(document: &Document<'_>, manifest: &Manifest) {
    let mut twins = Twins::default();
    let mut seen: BTreeMap<&str, &PinName> = BTreeMap::new();
    for pin in manifest.pins.values() {
        let Some(vendor) = &pin.vendor else { continue };
        let path = vendor.value.template().as_str();
        let message = if let Some(other) = seen.get(path) {
            format!("pin `{other}` is vendored at this path too")
        } else if let Some(twin) = twins.note(path) {
            format!("this path and {} differ only in case or normal form", quoted(twin))
        } else {
            seen.insert(path, &pin.name);
            continue;
        };
        document.report(Trouble::new(message).at(vendor.place.clone()));
    }
}
