//! yarn 1: `name@range` of a dependency is a key of yarn.lock, but for workspaces and resolutions.

use std::collections::{HashMap, HashSet};

use crate::model::Place;

use super::super::folder::Folder;
use super::super::lockfile::Format;
use super::super::manifest::Resolution;
use super::super::spec::{Descriptor, Spec, is_range, satisfies};
use super::ways::Ways;
use super::{By, Edge, Graph, Lack, Missing, place_of};

/// What `resolutions` of package.json say of one package.
#[derive(Default)]
struct Overrides {
    /// `a` and `**/a`: wherever it is wanted. The first holds.
    always: Option<String>,
    /// Patterns with more in front (`b/a`, `b/**/a`): where depends on the way yarn came, and that
    /// on what answered first. Either way the dependent's own pattern is a key of yarn.lock. What
    /// stands before the name, and the range.
    sometimes: Vec<(String, String)>,
}

struct Walk<'a> {
    folder: &'a Folder,
    keys: HashMap<&'a str, usize>,
    overrides: HashMap<&'a str, Overrides>,
    versions: HashMap<&'a str, &'a str>,
    reached: Vec<bool>,
    next: Vec<usize>,
    graph: Graph,
}

pub(super) fn reach(folder: &Folder) -> Graph {
    let mut keys = HashMap::new();
    for (at, entry) in folder.lock.entries.iter().enumerate() {
        for key in &entry.keys {
            keys.entry(key.as_str()).or_insert(at);
        }
    }
    let named = folder.workspaces.iter().map(|(_, package)| package);
    let versions = named.filter_map(|p| Some((p.name.as_deref()?, p.version.as_deref()?)));
    let mut walk = Walk {
        folder,
        keys,
        overrides: overrides(folder),
        versions: versions.collect(),
        reached: vec![false; folder.lock.entries.len()],
        next: Vec::new(),
        graph: Graph::default(),
    };
    walk.start();
    while let Some(at) = walk.next.pop() {
        let Some(entry) = folder.lock.entries.get(at) else { continue };
        for (section, map, optional) in
            [("dependencies", &entry.dependencies, false), ("optionalDependencies", &entry.optional, true)]
        {
            for (name, range) in map {
                let line = entry.lines.get(&format!("{section}.{name}")).copied().unwrap_or(entry.line);
                let place = || Place::line(&folder.lock_file, line);
                walk.want(By::Entry(at), Descriptor::new(name, range), optional, place);
            }
        }
    }
    walk.excuse();
    let orphans = walk.reached.iter().enumerate().filter(|(_, reached)| !**reached);
    walk.graph.orphans = orphans.map(|(at, _)| at).collect();
    walk.graph
}

/// The resolutions that yarn 1 obeys: it passes over a range that is neither one of versions nor
/// leads elsewhere than to a registry (`latest`), and over some patterns, each with a warning.
pub(in crate::source::yarn) fn obeyed(folder: &Folder) -> impl Iterator<Item = &Resolution> {
    let is_tag = |range: &str| {
        let is_bare = matches!(Spec::parse(&Format::V1, range), Ok(Spec::Registry { alias: None, .. }));
        is_bare && !is_range(range)
    };
    let is_odd = |pattern: &str| pattern.ends_with(['/', '*']) || pattern.contains("//");
    folder.package.resolutions.iter().filter(move |r| !is_tag(&r.range) && !is_odd(&r.pattern))
}

/// The resolutions that yarn 1 obeys, by the name of the package. A pattern is a glob over the names
/// on the way to a package; its last part is a name, which yarn reads literally.
fn overrides(folder: &Folder) -> HashMap<&str, Overrides> {
    let mut all: HashMap<&str, Overrides> = HashMap::new();
    for resolution in obeyed(folder) {
        let (way, name) = split_pattern(&resolution.pattern);
        let of = all.entry(name).or_default();
        match way {
            "" | "**" => {
                of.always.get_or_insert_with(|| resolution.range.clone());
            }
            // Behind one that always holds, none is asked.
            _ if of.always.is_some() => {}
            _ => of.sometimes.push((way.to_owned(), resolution.range.clone())),
        }
    }
    all
}

/// `b/**/@s/a` as `b/**` and `@s/a`.
fn split_pattern(pattern: &str) -> (&str, &str) {
    let Some((way, last)) = pattern.rsplit_once('/') else { return ("", pattern) };
    let scope_at = way.rfind('/').map_or(0, |at| at + 1);
    match way.get(scope_at..) {
        Some(scope) if scope.starts_with('@') => {
            let name = pattern.get(scope_at..).unwrap_or(last);
            (way.get(..scope_at.saturating_sub(1)).unwrap_or_default(), name)
        }
        _ => (way, last),
    }
}

impl<'a> Walk<'a> {
    fn start(&mut self) {
        let folder = self.folder;
        let packages = std::iter::once((By::Root, &folder.package));
        let workspaces = folder.workspaces.iter().enumerate().map(|(at, (_, p))| (By::Workspace(at), p));
        for (by, package) in packages.chain(workspaces) {
            for wanted in package.wanted(&folder.lock.format, true) {
                let place = || place_of(package, wanted.at);
                self.want(by, Descriptor::new(wanted.name, wanted.range), wanted.optional, place);
            }
        }
        // yarn asks for each of them as if package.json did.
        for resolution in obeyed(folder) {
            let (_, name) = split_pattern(&resolution.pattern);
            let wanted = Descriptor::new(name, &resolution.range);
            self.find(By::Resolutions, wanted, false, || resolution.place.clone());
        }
    }

    fn want(&mut self, by: By, wanted: Descriptor, optional: bool, place: impl Fn() -> Place) {
        let always = self.overrides.get(wanted.name.as_str()).and_then(|of| of.always.as_ref());
        match always.map(|range| Descriptor::new(&wanted.name, range)) {
            Some(always) => self.find(by, always, optional, place),
            None => self.find(by, wanted, optional, place),
        }
    }

    fn find(&mut self, by: By, wanted: Descriptor, optional: bool, place: impl Fn() -> Place) {
        // A workspace of that name and a version in that range is taken before yarn.lock.
        if let Some(version) = self.versions.get(wanted.name.as_str())
            && satisfies(version, &wanted.range)
        {
            return;
        }
        let lack = match self.keys.get(wanted.to_string().as_str()) {
            None => Lack::Absent,
            Some(&to) => {
                if !std::mem::replace(self.reached.get_mut(to).unwrap_or(&mut true), true) {
                    self.next.push(to);
                }
                let version = self.folder.lock.entries.get(to).and_then(|e| e.version.as_deref());
                if version.is_none_or(|v| !is_outdated(v, &wanted.range)) {
                    self.graph.edges.push(Edge { by, wanted, optional, to });
                    return;
                }
                Lack::Outdated(to)
            }
        };
        self.graph.missing.push(Missing { wanted, by, place: place(), lack, optional });
    }
}

impl Walk<'_> {
    /// Takes back what was found to be passed over where a resolution puts that entry in the place of
    /// what is wanted, so that its version may be any: one whose pattern holds on a way that leads there.
    fn excuse(&mut self) {
        let mut missing = std::mem::take(&mut self.graph.missing);
        let outdated = missing.iter().filter_map(|m| match m.lack {
            Lack::Outdated(to) => Some(Edge { by: m.by, wanted: m.wanted.clone(), optional: false, to }),
            Lack::Absent => None,
        });
        let outdated: Vec<Edge> = outdated.collect();
        if outdated.iter().all(|e| self.overrides.get(e.wanted.name.as_str()).is_none_or(|o| o.sometimes.is_empty())) {
            self.graph.missing = missing;
            return;
        }
        let names = self.folder.workspaces.iter().map(|(_, p)| p.name.as_deref().unwrap_or_default());
        let names = Some(names.collect::<Vec<&str>>()).filter(|names| !names.is_empty());
        let steps = self.graph.edges.iter().chain(&outdated);
        let mut ways = Ways::new(steps, self.folder.lock.entries.len(), names);
        let mut ends: HashMap<&str, HashSet<By>> = HashMap::new();
        let mut found = Vec::new();
        missing.retain(|m| {
            let Lack::Outdated(to) = m.lack else { return true };
            let Some(of) = self.overrides.get(m.wanted.name.as_str()) else { return true };
            let holds = of.sometimes.iter().any(|(way, range)| {
                let key = Descriptor::new(&m.wanted.name, range).to_string();
                self.keys.get(key.as_str()) == Some(&to)
                    && ends.entry(way).or_insert_with(|| ways.ends(way)).contains(&m.by)
            });
            if holds {
                found.push(Edge { by: m.by, wanted: m.wanted.clone(), optional: m.optional, to });
            }
            !holds
        });
        self.graph.missing = missing;
        self.graph.edges.extend(found);
    }
}

/// Whether yarn 1 passes over an entry of that version: its range is one of versions, and does not
/// hold it.
fn is_outdated(version: &str, range: &str) -> bool {
    let both = is_range(range) && nodejs_semver::Version::parse(version).is_ok();
    both && !range.is_empty() && !satisfies(version, range)
}
