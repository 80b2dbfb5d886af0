//! The workspaces that package.json's globs name, as each yarn reads these.
//!
//! Measured: yarn 1 takes `!x` for a name, and passes over a package without a name or a version;
//! berry takes away what `!x` names with all below it, and reads the globs of workspaces too. Of
//! globs `*`, `?`, `**` and `{a,b}` are read; any other is told.

use std::collections::{BTreeMap, BTreeSet};

use crate::disk::Root;
use crate::model::{Id, Place, RelPath, Trouble, glob, quoted};

use super::super::lockfile::Format;
use super::super::manifest::Package;
use super::read::{Faults, joined, package};

/// How many entries of folders are looked at.
const ENTRIES: usize = 100_000;
/// How many workspaces there may be.
const WORKSPACES: usize = 5_000;
/// How many globs `{a,b}` may give.
const GLOBS: usize = 1_000;
/// How deep below the folder a workspace may lie.
const DEPTH: usize = 32;

/// Folders that berry does not look into; yarn 1 leaves out the first alone.
const NEVER: [&str; 3] = ["node_modules", ".git", ".yarn"];

impl Walk<'_> {
    fn leaves_out(&self, name: &str) -> bool {
        let never = if self.is_v1 { NEVER.get(..1) } else { NEVER.get(..) };
        never.is_some_and(|never| never.contains(&name))
    }
}

pub(super) fn read(
    root: &Root,
    folder: Option<&RelPath>,
    manifest: &Package,
    format: &Format,
    faults: &mut Faults,
) -> Vec<(RelPath, Package)> {
    let is_v1 = *format == Format::V1;
    if is_v1 && !manifest.workspaces.is_empty() && !manifest.private {
        let trouble = Trouble::new("yarn 1 reads `workspaces` only beside `\"private\": true`");
        faults.push((Id::YARN002, trouble.at(Place::file(&manifest.file))));
        return Vec::new();
    }
    let mut walk = Walk { root, folder, is_v1, left: ENTRIES, found: BTreeSet::new() };
    let mut all: BTreeMap<RelPath, Package> = BTreeMap::new();
    let mut asked = vec![(String::new(), manifest.workspaces.clone(), manifest.file.clone())];
    while let Some((base, globs, file)) = asked.pop() {
        let fault = |id, trouble: Trouble| (id, trouble.at_or(&Place::file(&file)));
        let (takes, leaves) = match expanded(&base, &globs, is_v1) {
            Ok(globs) => globs,
            Err(trouble) => {
                faults.push(fault(Id::YARN014, trouble));
                continue;
            }
        };
        walk.found.clear();
        let active = takes.iter().map(|g| (g.as_slice(), 0)).collect();
        if let Err(trouble) = walk.below("", active, 0) {
            faults.push(fault(Id::YARN014, trouble));
            continue;
        }
        let found = std::mem::take(&mut walk.found);
        for path in found.into_iter().filter(|p| !leaves.iter().any(|g| is_under(g, p))) {
            let Ok(full) = joined(folder, &path).parse::<RelPath>() else { continue };
            if all.contains_key(&full) {
                continue;
            }
            let Some(Some(package)) = package(root, Some(&full), faults) else { continue };
            if is_v1 && (package.name.is_none() || package.version.is_none()) {
                continue;
            }
            if all.len() >= WORKSPACES {
                let message = format!("there are more than {WORKSPACES} workspaces");
                faults.push(fault(Id::YARN014, Trouble::new(message)));
                return Vec::new();
            }
            if !is_v1 && !package.workspaces.is_empty() {
                asked.push((format!("{path}/"), package.workspaces.clone(), package.file.clone()));
            }
            all.insert(full, package);
        }
    }
    refuse_twins(manifest, &all, faults);
    all.into_iter().collect()
}

fn refuse_twins(manifest: &Package, all: &BTreeMap<RelPath, Package>, faults: &mut Faults) {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for package in std::iter::once(manifest).chain(all.values()) {
        let Some(name) = package.name.as_deref() else { continue };
        if let Some(first) = names.insert(name, &package.file) {
            let message =
                format!("two packages are named {}: {} and {}", quoted(name), quoted(first), quoted(&package.file));
            faults.push((Id::YARN002, Trouble::new(message).at(Place::file(&package.file))));
        }
    }
}

type Globs = Vec<Vec<String>>;

/// The globs as components, those that take and those that leave out.
fn expanded(base: &str, globs: &[String], is_v1: bool) -> Result<(Globs, Globs), Trouble> {
    let (mut takes, mut leaves) = (Vec::new(), Vec::new());
    for glob in globs {
        let (text, out) = match glob.strip_prefix('!') {
            // yarn 1 finds no folder of that name.
            Some(text) if is_v1 && text.trim() == text => continue,
            Some(text) => (text, &mut leaves),
            None => (glob.as_str(), &mut takes),
        };
        if glob.trim() != glob || text.trim() != text || glob.contains(char::is_control) {
            let message = format!("the glob {} of `workspaces` starts or ends with a blank", quoted(glob));
            return Err(Trouble::new(message).help("take the blank away"));
        }
        let mut done = Vec::new();
        braces(text, &mut done)
            .map_err(|why| Trouble::new(format!("the glob {} of `workspaces` {why}", quoted(glob))))?;
        for text in done {
            let text = format!("{base}{text}");
            let parts: Vec<String> = text.split('/').filter(|p| !matches!(*p, "" | ".")).map(str::to_owned).collect();
            if text.starts_with('/') || parts.iter().any(|p| p == "..") {
                let message = format!("the glob {} of `workspaces` leads out of the folder", quoted(glob));
                return Err(Trouble::new(message).help("name the folder above as the pin's: yarn.lock belongs there"));
            }
            if parts.iter().any(|p| p.contains(['[', ']', '(', ')', '\\', '$', '}']) || p.starts_with(['#', '!'])) {
                let message = format!("the glob {} of `workspaces` cannot be read", quoted(glob));
                return Err(Trouble::new(message).expected("names with `*`, `?`, `**` and `{a,b}`"));
            }
            out.push(parts);
        }
        if takes.len() + leaves.len() > GLOBS {
            return Err(Trouble::new(format!("`workspaces` has more than {GLOBS} globs")));
        }
    }
    Ok((takes, leaves))
}

/// `a{b,c}` as `ab` and `ac`; one pair in another is not read.
fn braces(text: &str, out: &mut Vec<String>) -> Result<(), &'static str> {
    let mut done = vec![String::new()];
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        let (inside, after) = behind.split_once('}').ok_or("has a `{` without its `}`")?;
        if inside.contains('{') {
            return Err("has a `{` in another");
        }
        if inside.contains("..") {
            return Err("has a range in `{}`: write its names");
        }
        if !inside.contains(',') {
            return Err("has a `{}` without a choice");
        }
        let mut next = Vec::new();
        for start in &done {
            next.extend(inside.split(',').map(|choice| format!("{start}{before}{choice}")));
        }
        if next.len() > GLOBS {
            return Err("gives too many names");
        }
        done = next;
        rest = after;
    }
    out.extend(done.into_iter().map(|start| format!("{start}{rest}")));
    Ok(())
}

/// Whether a component matches; a dot at the head must be spelt.
fn matches(part: &str, name: &str) -> bool {
    (!name.starts_with('.') || part.starts_with('.')) && glob(part, name)
}

/// Whether a path, or a folder above it, matches.
fn is_under(globbed: &[String], path: &str) -> bool {
    let mut at: BTreeSet<usize> = closed(globbed, [0]);
    if at.contains(&globbed.len()) {
        return true;
    }
    for name in path.split('/') {
        at = closed(globbed, at.iter().filter_map(|i| step(globbed, *i, name)));
        if at.contains(&globbed.len()) {
            return true;
        }
    }
    false
}

/// Where one is behind a name.
fn step(globbed: &[String], at: usize, name: &str) -> Option<usize> {
    match globbed.get(at)?.as_str() {
        "**" => (!name.starts_with('.')).then_some(at),
        part => matches(part, name).then_some(at + 1),
    }
}

/// With all places that are reached without a name.
fn closed(globbed: &[String], at: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
    let mut all = BTreeSet::new();
    for mut at in at {
        while all.insert(at) && globbed.get(at).is_some_and(|p| p == "**") {
            at += 1;
        }
    }
    all
}

struct Walk<'a> {
    root: &'a Root,
    folder: Option<&'a RelPath>,
    is_v1: bool,
    left: usize,
    found: BTreeSet<String>,
}

impl Walk<'_> {
    /// Looks for what the globs name below a path, which is empty or ends in `/`. Each glob comes
    /// with how many of its components are used up.
    fn below(&mut self, above: &str, active: Vec<(&[String], usize)>, depth: usize) -> Result<(), Trouble> {
        if active.is_empty() {
            return Ok(());
        }
        let here = joined(self.folder, above.trim_end_matches('/'));
        let path = match here.trim_end_matches('/') {
            "" => None,
            here => Some(here.parse::<RelPath>().map_err(|e| Trouble::new(format!("{e}")))?),
        };
        let below = self.root.folders(path.as_ref(), &mut self.left).map_err(|e| e.to_trouble())?;
        for folder in &below {
            let name = folder.name.as_str();
            if self.leaves_out(name) {
                continue;
            }
            let mut next = BTreeSet::new();
            for (globbed, at) in &active {
                for at in closed(globbed, [*at]) {
                    next.extend(step(globbed, at, name).map(|at| (*globbed, at)));
                }
            }
            if next.is_empty() {
                continue;
            }
            if depth >= DEPTH {
                let message = format!("the globs of `workspaces` lead deeper than {DEPTH} folders");
                return Err(Trouble::new(message).found(quoted(&format!("{above}{name}"))).help("name the folders"));
            }
            let path = format!("{above}{name}");
            if folder.is_link {
                let message = format!("{} is a symlink, which dubo-pin does not follow", quoted(&path));
                return Err(Trouble::new(message).help("put the folder itself there, or leave it out of `workspaces`"));
            }
            let is_whole = |(globbed, at): &(&[String], usize)| {
                let behind = globbed.get(*at..).unwrap_or_default();
                // A last `**` stands for one folder at least in berry, and for none in yarn 1.
                behind.is_empty() || behind.iter().all(|p| p == "**") && (self.is_v1 || entered(globbed, *at, &path))
            };
            if next.iter().any(is_whole) {
                self.found.insert(path.clone());
            }
            self.below(&format!("{path}/"), next.into_iter().collect(), depth + 1)?;
        }
        Ok(())
    }
}

/// Whether a name was spent on the `**` at a place: the path is longer than what stands before.
fn entered(globbed: &[String], at: usize, path: &str) -> bool {
    let before = globbed.get(..at).unwrap_or_default();
    before.iter().any(|p| p == "**") || path.split('/').count() > before.len()
}
