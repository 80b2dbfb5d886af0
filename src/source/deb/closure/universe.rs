//! All packages that a build could install, as far as choosing among them asks: names, versions,
//! relations. From Packages indices and from dpkg's status of a base.
//!
//! For the marking and for its checker. It decides nothing. Names and versions are interned, since
//! an index of Debian has 63,000 stanzas and ten times as many relations.

use std::collections::HashMap;

use super::super::version::Version;
use super::relation::{Op, groups};

/// A name.
pub(super) type Name = u32;
/// One version of a package: its index among them.
pub(super) type Pid = u32;
/// A package on an architecture, whatever its version.
pub(super) type Slot = u32;

/// Why a stanza cannot be taken up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {field} of {package} cannot be read: {}", crate::model::quoted(.text))]
pub struct Unreadable {
    /// The package.
    pub package: String,
    /// The field.
    pub field: &'static str,
    /// What it says.
    pub text: String,
}

/// What a package says of other architectures (`Multi-Arch`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum MultiArch {
    #[default]
    No,
    Same,
    Foreign,
    Allowed,
}

/// Which architecture an alternative means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// That of who asks.
    Own,
    /// `:any`.
    Any,
    /// `:i386`; the index of an architecture.
    Named(u8),
}

/// One alternative.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alternative {
    pub(super) name: Name,
    pub(super) wanted: Wanted,
    pub(super) bound: Option<(Op, u32)>,
}

/// A package at a version.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: Name,
    pub(super) slot: Slot,
    /// The index of its architecture; that of `all` is the native one.
    pub(super) architecture: u8,
    pub(super) version: u32,
    /// The name and the version of its source.
    pub(super) source: (u32, u32),
    pub(super) multi_arch: MultiArch,
    pub(super) essential: bool,
    /// `Important: yes` or `Protected: yes`.
    pub(super) important: bool,
    /// `Priority`: 1 is required, 5 is extra.
    pub(super) priority: u8,
    /// Pre-Depends, then Depends.
    pub(super) needs: Vec<Vec<Alternative>>,
    pub(super) recommends: Vec<Vec<Alternative>>,
    pub(super) suggests: Vec<Vec<Alternative>>,
    /// Conflicts and Breaks.
    pub(super) refuses: Vec<Alternative>,
    pub(super) provides: Vec<(Name, Option<u32>)>,
    /// Whether an archive has it; else the base alone does.
    pub(super) offered: bool,
    /// How an index ranks: a higher one is preferred whatever the version.
    pub(super) rank: i32,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Universe {
    /// In the order in which they were first mentioned.
    names: Interned,
    versions: Interned,
    sources: Interned,
    parsed: Vec<Version>,
    architectures: Vec<String>,
    pub(super) packages: Vec<Package>,
    slots: HashMap<(Name, u8), Slot>,
    /// By slot: its versions.
    pub(super) by_slot: Vec<Vec<Pid>>,
    /// By name: its slots.
    by_name: HashMap<Name, Vec<Slot>>,
    /// By name: who provides it, with the version of that.
    providers: HashMap<Name, Vec<(Pid, Option<u32>)>>,
    /// By name: who refuses it.
    refusers: HashMap<Name, Vec<Pid>>,
    /// By slot: what the base has.
    pub(super) installed: Vec<Option<Pid>>,
}

#[derive(Debug, Default)]
struct Interned {
    by_text: HashMap<Box<str>, u32>,
    all: Vec<Box<str>>,
}

impl Interned {
    fn put(&mut self, text: &str) -> u32 {
        if let Some(found) = self.by_text.get(text) {
            return *found;
        }
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.by_text.insert(text.into(), next);
        self.all.push(text.into());
        next
    }

    fn get(&self, index: u32) -> &str {
        self.all.get(index as usize).map(AsRef::as_ref).unwrap_or_default()
    }
}

/// The fields of a stanza that are looked at.
#[derive(Default)]
struct Fields<'a> {
    of: HashMap<&'static str, &'a str>,
}

/// The fields of a stanza that [`Universe::add`] looks at.
pub const LOOKED_AT: [&str; 17] = [
    "Package",
    "Version",
    "Architecture",
    "Multi-Arch",
    "Source",
    "Essential",
    "Important",
    "Protected",
    "Priority",
    "Pre-Depends",
    "Depends",
    "Recommends",
    "Suggests",
    "Conflicts",
    "Breaks",
    "Provides",
    "Status",
];

impl<'a> Fields<'a> {
    fn read(stanza: &'a str) -> Self {
        let mut out = Self::default();
        let mut rest = stanza;
        while !rest.is_empty() {
            // a field goes on in lines that begin with a blank
            let mut end = 0;
            loop {
                let line = rest.get(end..).unwrap_or_default();
                end += line.find('\n').map_or(line.len(), |at| at + 1);
                if !rest.get(end..).is_some_and(|next| next.starts_with([' ', '\t'])) {
                    break;
                }
            }
            let (field, behind) = rest.split_at(end);
            rest = behind;
            let Some((name, value)) = field.split_once(':') else { continue };
            if let Some(known) = LOOKED_AT.iter().find(|k| k.eq_ignore_ascii_case(name)) {
                out.of.insert(known, value.trim());
            }
        }
        out
    }

    fn get(&self, name: &str) -> &'a str {
        self.of.get(name).copied().unwrap_or_default()
    }

    fn is(&self, name: &str) -> bool {
        self.get(name) == "yes"
    }
}

impl Universe {
    /// Of nothing, for a native architecture.
    #[must_use]
    pub fn new(native: &str) -> Self {
        Self { architectures: vec![native.to_owned()], ..Self::default() }
    }

    /// Takes up the stanzas of an index, with the rank of its suite.
    ///
    /// # Errors
    /// A relation or a version that cannot be read.
    pub fn add(&mut self, index: &str, rank: i32) -> Result<(), Unreadable> {
        for stanza in index.split("\n\n").filter(|s| !s.trim().is_empty()) {
            self.put(&Fields::read(stanza.trim_start_matches('\n')), true, rank)?;
        }
        Ok(())
    }

    /// Takes up dpkg's status: what of it is installed is the base.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn base(&mut self, status: &str) -> Result<(), Unreadable> {
        for stanza in status.split("\n\n").filter(|s| !s.trim().is_empty()) {
            let fields = Fields::read(stanza.trim_start_matches('\n'));
            let mut words = fields.get("Status").split_ascii_whitespace();
            if words.nth(1) != Some("ok") || words.next() != Some("installed") {
                continue;
            }
            let Some(pid) = self.put(&fields, false, 0)? else { continue };
            let slot = self.package(pid).slot;
            if let Some(installed) = self.installed.get_mut(slot as usize) {
                *installed = Some(pid);
            }
        }
        Ok(())
    }

    fn put(&mut self, fields: &Fields<'_>, offered: bool, rank: i32) -> Result<Option<Pid>, Unreadable> {
        let text = fields.get("Package");
        let bad =
            |field: &'static str, said: &str| Unreadable { package: text.to_owned(), field, text: said.to_owned() };
        let architecture = match fields.get("Architecture") {
            "all" => 0,
            own => self.architecture(own),
        };
        let name = self.names.put(text);
        let version = self.version(fields.get("Version")).ok_or_else(|| bad("Version", fields.get("Version")))?;
        let slot = self.slot(name, architecture);
        let same = |pid: &Pid| self.package(*pid).version == version;
        if let Some(pid) = self.by_slot.get(slot as usize).and_then(|all| all.iter().copied().find(same)) {
            // the same version again: of a second suite, or of the base
            if let Some(package) = self.packages.get_mut(pid as usize) {
                package.offered |= offered;
                package.rank = package.rank.max(rank);
            }
            return Ok(Some(pid));
        }
        let mut read = |field: &'static str| -> Result<Vec<Vec<Alternative>>, Unreadable> {
            let said = fields.get(field);
            let all = groups(said).ok_or_else(|| bad(field, said))?;
            let mut out = Vec::with_capacity(all.len());
            for group in all {
                let mut alternatives = Vec::with_capacity(group.len());
                for one in group {
                    let bound = match one.bound {
                        None => None,
                        Some((op, version)) => Some((op, self.version(version).ok_or_else(|| bad(field, version))?)),
                    };
                    let wanted = match one.architecture {
                        None | Some("native") => Wanted::Own,
                        Some("any") => Wanted::Any,
                        Some(own) => Wanted::Named(self.architecture(own)),
                    };
                    alternatives.push(Alternative { name: self.names.put(one.name), wanted, bound });
                }
                out.push(alternatives);
            }
            Ok(out)
        };
        let mut needs = read("Pre-Depends")?;
        needs.extend(read("Depends")?);
        let mut refuses: Vec<Alternative> = read("Conflicts")?.into_iter().flatten().collect();
        refuses.extend(read("Breaks")?.into_iter().flatten());
        let (recommends, suggests) = (read("Recommends")?, read("Suggests")?);
        let provides = read("Provides")?.into_iter().flatten();
        let provides: Vec<_> = provides.map(|p| (p.name, p.bound.map(|(_, version)| version))).collect();
        let source = fields.get("Source");
        let (source, of) =
            source.split_once('(').map_or((source, ""), |(name, v)| (name.trim(), v.trim_end_matches(')').trim()));
        let source_name = self.sources.put(if source.is_empty() { text } else { source });
        let source_version = if of.is_empty() { version } else { self.version(of).ok_or_else(|| bad("Source", of))? };
        let pid = Pid::try_from(self.packages.len()).unwrap_or(Pid::MAX);
        for refused in &refuses {
            self.refusers.entry(refused.name).or_default().push(pid);
        }
        for (provided, version) in &provides {
            self.providers.entry(*provided).or_default().push((pid, *version));
        }
        self.packages.push(Package {
            name,
            slot,
            architecture,
            version,
            source: (source_name, source_version),
            multi_arch: match fields.get("Multi-Arch") {
                "same" => MultiArch::Same,
                "foreign" => MultiArch::Foreign,
                "allowed" => MultiArch::Allowed,
                _ => MultiArch::No,
            },
            essential: fields.is("Essential"),
            important: fields.is("Important") || fields.is("Protected"),
            priority: match fields.get("Priority") {
                "required" => 1,
                "important" => 2,
                "standard" => 3,
                "extra" => 5,
                _ => 4,
            },
            needs,
            recommends,
            suggests,
            refuses,
            provides,
            offered,
            rank,
        });
        if let Some(all) = self.by_slot.get_mut(slot as usize) {
            all.push(pid);
        }
        Ok(Some(pid))
    }

    fn architecture(&mut self, name: &str) -> u8 {
        let found = self.architectures.iter().position(|a| a == name);
        let index = found.unwrap_or_else(|| {
            self.architectures.push(name.to_owned());
            self.architectures.len() - 1
        });
        u8::try_from(index).unwrap_or(u8::MAX)
    }

    fn version(&mut self, text: &str) -> Option<u32> {
        if let Some(found) = self.versions.by_text.get(text) {
            return Some(*found);
        }
        let parsed: Version = text.parse().ok()?;
        self.parsed.push(parsed);
        Some(self.versions.put(text))
    }

    fn slot(&mut self, name: Name, architecture: u8) -> Slot {
        let next = Slot::try_from(self.by_slot.len()).unwrap_or(Slot::MAX);
        let slot = *self.slots.entry((name, architecture)).or_insert(next);
        if slot == next {
            self.by_slot.push(Vec::new());
            self.installed.push(None);
            self.by_name.entry(name).or_default().push(slot);
        }
        slot
    }
}

/// What is asked of it.
impl Universe {
    pub(super) fn package(&self, pid: Pid) -> &Package {
        // every Pid was given by this universe
        &self.packages[pid as usize]
    }

    /// Whether a package is there at a version, of whatever architecture.
    #[must_use]
    pub fn has(&self, name: &str, version: &str) -> bool {
        let slots = self.names.by_text.get(name).and_then(|name| self.by_name.get(name));
        let all = slots.into_iter().flatten().flat_map(|slot| self.by_slot.get(*slot as usize).into_iter().flatten());
        all.into_iter().any(|pid| self.version_of(self.package(*pid).version) == version)
    }

    /// The word for an architecture that is not the native one.
    pub(super) fn foreign(&self, architecture: u8) -> Option<&str> {
        self.architectures.get(usize::from(architecture)).filter(|_| architecture != 0).map(String::as_str)
    }

    pub(super) fn name_of(&self, name: Name) -> &str {
        self.names.get(name)
    }

    pub(super) fn version_of(&self, version: u32) -> &str {
        self.versions.get(version)
    }

    fn holds(&self, version: u32, bound: Option<(Op, u32)>) -> bool {
        let Some((op, wanted)) = bound else { return true };
        match (self.parsed.get(version as usize), self.parsed.get(wanted as usize)) {
            (Some(version), Some(wanted)) => op.holds(version, wanted),
            _ => false,
        }
    }

    pub(super) fn later(&self, one: Pid, other: Pid) -> std::cmp::Ordering {
        let version = |pid: Pid| self.parsed.get(self.package(pid).version as usize);
        match (version(one), version(other)) {
            (Some(one), Some(other)) => one.by_value(other),
            _ => std::cmp::Ordering::Equal,
        }
    }

    /// The slot of a package, by its name and architecture; none: it is unknown.
    pub(super) fn find(&self, name: &str, architecture: Option<&str>) -> Option<Slot> {
        let name = *self.names.by_text.get(name)?;
        let architecture = match architecture {
            None => 0,
            Some(own) => u8::try_from(self.architectures.iter().position(|a| a == own)?).ok()?,
        };
        self.slots.get(&(name, architecture)).copied()
    }

    /// The slots of a name, over all architectures.
    pub(super) fn slots_of(&self, name: Name) -> &[Slot] {
        self.by_name.get(&name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The versions that an alternative of a package of an architecture is met by, whether or not
    /// they can be installed: real ones, then those that provide it.
    pub(super) fn targets(&self, alternative: &Alternative, asker: u8) -> Vec<Pid> {
        let fits = |package: &Package| match alternative.wanted {
            Wanted::Own => package.architecture == asker || package.multi_arch == MultiArch::Foreign,
            Wanted::Any => package.multi_arch == MultiArch::Allowed,
            Wanted::Named(own) => package.architecture == own,
        };
        let mut out = Vec::new();
        for slot in self.by_name.get(&alternative.name).into_iter().flatten() {
            for pid in self.by_slot.get(*slot as usize).into_iter().flatten() {
                let package = self.package(*pid);
                if fits(package) && self.holds(package.version, alternative.bound) {
                    out.push(*pid);
                }
            }
        }
        out.extend(self.provided(alternative).filter(|pid| fits(self.package(*pid))));
        out
    }

    /// Who provides what an alternative names, at a version that it allows.
    fn provided(&self, alternative: &Alternative) -> impl Iterator<Item = Pid> {
        let all = self.providers.get(&alternative.name).into_iter().flatten();
        let bound = alternative.bound;
        all.filter(move |(_, version)| match (version, bound) {
            (_, None) => true,
            (Some(version), Some(_)) => self.holds(*version, bound),
            (None, Some(_)) => false,
        })
        .map(|(pid, _)| *pid)
    }

    /// The versions that a refusal of a package hits, of all architectures; never itself.
    pub(super) fn refused(&self, by: Pid, refusal: &Alternative) -> Vec<Pid> {
        let own = self.package(by).slot;
        let mut out = Vec::new();
        for slot in self.by_name.get(&refusal.name).into_iter().flatten() {
            for pid in self.by_slot.get(*slot as usize).into_iter().flatten() {
                if self.holds(self.package(*pid).version, refusal.bound) {
                    out.push(*pid);
                }
            }
        }
        out.extend(self.provided(refusal));
        let meant = |pid: &Pid| match refusal.wanted {
            Wanted::Named(architecture) => self.package(*pid).architecture == architecture,
            Wanted::Own | Wanted::Any => true,
        };
        out.retain(|pid| self.package(*pid).slot != own && meant(pid));
        out
    }

    /// Who refuses a package at its version.
    pub(super) fn refusing(&self, pid: Pid) -> Vec<Pid> {
        let package = self.package(pid);
        let names = std::iter::once(package.name).chain(package.provides.iter().map(|(name, _)| *name));
        let mut out: Vec<Pid> = Vec::new();
        for by in names.flat_map(|name| self.refusers.get(&name).into_iter().flatten()) {
            let hits = |refusal: &Alternative| self.refused(*by, refusal).contains(&pid);
            if !out.contains(by) && self.package(*by).slot != package.slot && self.package(*by).refuses.iter().any(hits)
            {
                out.push(*by);
            }
        }
        out
    }

    /// As a person says it: `libc6 2.36-9`, of another architecture `libc6:i386 2.36-9`.
    pub(super) fn said(&self, pid: Pid) -> String {
        let package = self.package(pid);
        let name = self.name_of(package.name);
        let version = self.version_of(package.version);
        match self.foreign(package.architecture) {
            Some(own) => format!("{name}:{own} {version}"),
            None => format!("{name} {version}"),
        }
    }

    /// An alternative as it is written.
    pub(super) fn written(&self, alternative: &Alternative) -> String {
        let mut out = self.name_of(alternative.name).to_owned();
        match alternative.wanted {
            Wanted::Own => {}
            Wanted::Any => out.push_str(":any"),
            Wanted::Named(own) => {
                out.push(':');
                out.push_str(self.architectures.get(usize::from(own)).map(String::as_str).unwrap_or_default());
            }
        }
        if let Some((op, version)) = alternative.bound {
            out.push_str(&format!(" ({} {})", op.sign(), self.version_of(version)));
        }
        out
    }
}
