//! berry: a dependency, bound as yarn.lock binds it, is a key of yarn.lock.
//!
//! What a key looks like was measured with 3.8 and 4.18: a range of a registry gets `npm:`, a path
//! gets `file:`, and what is relative to its dependent gets `::locator=` with that. Patches that
//! berry makes by itself (`builtin<compat/typescript>`) stand beside what they patch. A workspace
//! has an entry, whose second key is the range that others want it by.

use std::collections::{HashMap, HashSet};

use crate::model::Place;

use super::super::folder::Folder;
use super::super::manifest::Package;
use super::super::spec::{Descriptor, escaped, is_registry, split_bindings, unescaped};
use super::{By, Edge, Graph, Lack, Missing, place_of};

/// An item of `resolutions`: `a`, `a@npm:^1`, `b/a`, `b@npm:1.0.0/a@npm:^1`.
struct Override {
    /// The dependent: its name, and its reference if one is given.
    from: Option<Descriptor>,
    /// The range that is replaced, if one is given.
    only: Option<String>,
    /// What is taken instead.
    range: String,
}

struct Walk<'a> {
    folder: &'a Folder,
    /// Entries by key, in one spelling.
    keys: HashMap<String, usize>,
    /// Entries of berry's own patches, by the key of what they patch.
    builtin: HashMap<String, usize>,
    overrides: HashMap<String, Vec<Override>>,
    /// `app@workspace:.`: what the ranges of `resolutions` are relative to.
    root: &'a str,
    reached: Vec<bool>,
    next: Vec<usize>,
    graph: Graph,
}

pub(super) fn reach(folder: &Folder) -> Graph {
    let (mut keys, mut builtin) = (HashMap::new(), HashMap::new());
    let mut by_path: HashMap<String, usize> = HashMap::new();
    for (at, entry) in folder.lock.entries.iter().enumerate() {
        for key in &entry.keys {
            let Ok(descriptor) = Descriptor::parse(key) else { continue };
            if let Some(inner) = patched(&descriptor.range)
                && descriptor.range.contains("builtin<")
            {
                builtin.entry(spelling(&inner)).or_insert(at);
            }
            if let Some(path) = descriptor.range.strip_prefix("workspace:") {
                by_path.entry(path.to_owned()).or_insert(at);
            }
            keys.entry(spelling(&descriptor)).or_insert(at);
        }
    }
    let root = by_path.get(".").and_then(|at| folder.lock.entries.get(*at));
    let mut walk = Walk {
        folder,
        keys,
        builtin,
        overrides: overrides(&folder.package),
        root: root.and_then(|e| e.resolution.as_deref()).unwrap_or_default(),
        reached: vec![false; folder.lock.entries.len()],
        next: Vec::new(),
        graph: Graph::default(),
    };
    walk.workspaces(&by_path);
    while let Some(at) = walk.next.pop() {
        walk.entry(at);
    }
    let orphans = walk.reached.iter().enumerate().filter(|(_, reached)| !**reached);
    walk.graph.orphans = orphans.map(|(at, _)| at).collect();
    walk.graph
}

/// A descriptor in the one spelling that keys are compared in: with `npm:` and `file:` where berry
/// puts them, and what is patched unescaped.
fn spelling(descriptor: &Descriptor) -> String {
    let (plain, bindings) = split_bindings(&descriptor.range);
    let range = match (patched(plain), plain.split_once('#')) {
        (Some(inner), Some((_, patch))) => {
            format!("patch:{}#{patch}", spelling(&inner))
        }
        _ if is_path(plain) => format!("file:{plain}"),
        _ if !plain.contains(':') && is_registry(plain) => format!("npm:{plain}"),
        _ => plain.to_owned(),
    };
    let locator = bindings.split('&').find(|b| b.starts_with("locator="));
    match locator {
        Some(locator) => format!("{}@{range}::{locator}", descriptor.name),
        None => format!("{}@{range}", descriptor.name),
    }
}

/// What a `patch:` range patches.
fn patched(range: &str) -> Option<Descriptor> {
    let (inner, _) = range.strip_prefix("patch:")?.split_once('#')?;
    Descriptor::parse(&unescaped(&inner.replace('+', "%2B"))?).ok()
}

fn is_path(range: &str) -> bool {
    range.starts_with("./") || range.starts_with("../") || range.starts_with('/')
}

/// Whether berry binds a range to its dependent: a path that is not one of the root's (`~/`).
fn is_relative(range: &str) -> bool {
    let source = match range.strip_prefix("patch:") {
        Some(rest) => {
            let (_, patch) = rest.split_once('#').unwrap_or((rest, ""));
            let patch = patch.strip_prefix("optional!").unwrap_or(patch);
            return patch.split('&').any(|p| !p.starts_with('~') && !p.starts_with("builtin<") && !p.starts_with('/'));
        }
        None => range,
    };
    is_path(source) || ["file:", "link:", "portal:"].iter().any(|p| source.starts_with(p))
}

/// The resolutions, by the name of the package that they concern.
fn overrides(package: &Package) -> HashMap<String, Vec<Override>> {
    let mut all: HashMap<String, Vec<Override>> = HashMap::new();
    for resolution in &package.resolutions {
        let Some((from, of)) = pattern(&resolution.pattern) else { continue };
        let only = (!of.range.is_empty()).then_some(of.range);
        all.entry(of.name).or_default().push(Override { from, only, range: resolution.range.clone() });
    }
    all
}

/// The dependent and the dependency of a pattern: each a name, and a range or nothing.
fn pattern(pattern: &str) -> Option<(Option<Descriptor>, Descriptor)> {
    let (first, rest) = piece(pattern)?;
    match rest.strip_prefix('/') {
        None if rest.is_empty() => Some((None, first)),
        None => None,
        Some(rest) => match piece(rest)? {
            (second, "") => Some((Some(first), second)),
            _ => None,
        },
    }
}

/// `@s/a@npm:^1` at the head of a text, and what follows it. A range may hold `/` only behind a `:`,
/// where it is the last.
fn piece(text: &str) -> Option<(Descriptor, &str)> {
    let scope = match text.strip_prefix('@') {
        Some(rest) => rest.find('/')? + 2,
        None => 0,
    };
    let behind = text.get(scope..)?;
    let name_end = scope + behind.find(['@', '/']).unwrap_or(behind.len());
    let name = text.get(..name_end)?;
    let rest = text.get(name_end..)?;
    match rest.strip_prefix('@') {
        None => Some((Descriptor::new(name, ""), rest)),
        Some(range) => {
            // The `/` of another package stands behind the range; one of a path or of an URL is
            // followed by no name.
            let end = range.rfind('/').filter(|at| range.get(..*at).is_some_and(|r| !r.contains('/')));
            let end = end.unwrap_or(range.len());
            Some((Descriptor::new(name, range.get(..end)?), range.get(end..)?))
        }
    }
}

impl Walk<'_> {
    /// The entries of the root and of the workspaces, and what their package.json says.
    fn workspaces(&mut self, by_path: &HashMap<String, usize>) {
        let folder = self.folder;
        for (at, (path, package)) in folder.packages().enumerate() {
            let by = at.checked_sub(1).map_or(By::Root, By::Workspace);
            let entry = by_path.get(path).copied();
            let locator = match entry.and_then(|at| folder.lock.entries.get(at)) {
                Some(entry) => entry.resolution.clone().unwrap_or_default(),
                None => format!("{}@workspace:{path}", package.name.as_deref().unwrap_or_default()),
            };
            match entry {
                Some(at) => {
                    if let Some(reached) = self.reached.get_mut(at) {
                        *reached = true;
                    }
                }
                None => self.graph.missing.push(Missing {
                    wanted: Descriptor::new(package.name.as_deref().unwrap_or(path), format!("workspace:{path}")),
                    by,
                    place: Place::file(&package.file),
                    lack: Lack::Absent,
                    optional: false,
                }),
            }
            for wanted in package.wanted(&folder.lock.format, true) {
                let place = || place_of(package, wanted.at);
                self.want(by, &locator, &Descriptor::new(wanted.name, wanted.range), wanted.optional, place);
            }
        }
    }

    fn entry(&mut self, at: usize) {
        let folder = self.folder;
        let Some(entry) = folder.lock.entries.get(at) else { return };
        let locator = entry.resolution.as_deref().unwrap_or_default();
        let marked: HashSet<&str> = entry.optional_names.iter().map(String::as_str).collect();
        for (name, range) in &entry.dependencies {
            let optional = marked.contains(name.as_str());
            let line = entry.lines.get(&format!("dependencies.{name}")).copied().unwrap_or(entry.line);
            let place = || Place::line(&folder.lock_file, line);
            self.want(By::Entry(at), locator, &Descriptor::new(name, range), optional, place);
        }
        // What is patched is an entry of its own.
        for key in &entry.keys {
            if let Some(inner) = Descriptor::parse(key).ok().and_then(|d| patched(&d.range)) {
                let place = || Place::line(&folder.lock_file, entry.line);
                let to = self.keys.get(&spelling(&inner)).copied();
                self.step(By::Entry(at), inner, false, to, place);
            }
        }
    }

    fn want(&mut self, by: By, locator: &str, wanted: &Descriptor, optional: bool, place: impl Fn() -> Place) {
        let instead = self.instead(locator, wanted);
        // A version of berry may read a pattern otherwise: then the plain key stands.
        if let Some(instead) = instead {
            let root = self.root;
            if let Some((bound, to)) = self.look(root, &instead) {
                return self.step(by, bound, optional, Some(to), place);
            }
        }
        match self.look(locator, wanted) {
            Some((bound, to)) => self.step(by, bound, optional, Some(to), place),
            None => self.step(by, self.bound(locator, wanted), optional, None, place),
        }
    }

    /// What `resolutions` take instead.
    fn instead(&self, locator: &str, wanted: &Descriptor) -> Option<Descriptor> {
        let same = |a: &str, b: &str| {
            let name = wanted.name.as_str();
            spelling(&Descriptor::new(name, a)) == spelling(&Descriptor::new(name, b))
        };
        let dependent = Descriptor::parse(locator).ok();
        let holds = |o: &&Override| {
            let from = o.from.as_ref().is_none_or(|from| {
                dependent.as_ref().is_some_and(|d| {
                    d.name == from.name
                        && (from.range.is_empty()
                            || d.range == from.range
                            || d.range.strip_prefix("npm:") == Some(from.range.as_str()))
                })
            });
            from && o.only.as_ref().is_none_or(|only| same(only, &wanted.range))
        };
        let found = self.overrides.get(&wanted.name)?.iter().find(holds)?;
        Some(Descriptor::new(&wanted.name, &found.range))
    }

    /// A range as yarn.lock binds it to its dependent.
    fn bound(&self, locator: &str, wanted: &Descriptor) -> Descriptor {
        let mut range = wanted.range.clone();
        if is_path(&range) {
            range = format!("file:{range}");
        } else if !range.contains(':') && is_registry(&range) {
            range = format!("npm:{range}");
        }
        if is_relative(&range) {
            range = format!("{range}::locator={}", escaped(locator));
        }
        Descriptor::new(&wanted.name, range)
    }

    /// The entry of a dependency: berry's own patch of it, the key as berry binds it, or the key as
    /// it is written.
    fn look(&self, locator: &str, wanted: &Descriptor) -> Option<(Descriptor, usize)> {
        let bound = self.bound(locator, wanted);
        let key = spelling(&bound);
        let to = self.builtin.get(&key).or_else(|| self.keys.get(&key)).copied();
        if let Some(to) = to {
            return Some((bound, to));
        }
        let to = *self.keys.get(&spelling(wanted))?;
        Some((wanted.clone(), to))
    }

    fn step(&mut self, by: By, wanted: Descriptor, optional: bool, to: Option<usize>, place: impl Fn() -> Place) {
        let Some(to) = to else {
            self.graph.missing.push(Missing { wanted, by, place: place(), lack: Lack::Absent, optional });
            return;
        };
        if let Some(reached) = self.reached.get_mut(to)
            && !std::mem::replace(reached, true)
        {
            self.next.push(to);
        }
        self.graph.edges.push(Edge { by, wanted, optional, to });
    }
}
