//! Which files are vendored, where, and whose they are: manifest and lock to placements.
//!
//! For `refresh` and `fetch`, which put the files there, and for `verify`, which looks whether
//! they stand. Pure: it is told what stands on the disk and changes nothing. How a file is written
//! is `disk`'s; where its bytes come from is `source`'s.

mod blocks;
mod ignored;
mod own;

use std::collections::{BTreeMap, BTreeSet};

pub use blocks::{Listed, Named, attributes, ignores, named};
pub use ignored::Dockerignore;
pub use own::{Decided, Refusal, Step, Why, asked, decide};

use crate::lock::{Artifact, Entry, Lock};
use crate::manifest::{Manifest, Pin};
use crate::model::{PinName, Place, Platform, RelPath, Sha256, Trouble, Twins, quoted};

/// The most bytes of a file that git tracks: the large hosts refuse 100 MB.
pub const TRACKED: u64 = 95_000_000;

/// One vendored file: where it stands and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Whose it is.
    pub pin: PinName,
    /// Where it stands, below the folder of pins.toml.
    pub path: RelPath,
    /// Of its bytes.
    pub sha256: Sha256,
    /// How many they are.
    pub size: u64,
    /// Whether it is 0755 rather than 0644.
    pub executable: bool,
    /// Whether git tracks it.
    pub track: bool,
    /// The platforms that it is for.
    pub platforms: Vec<Platform>,
}

/// Where manifest and lock disagree about what is vendored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stray {
    /// The lock has a file at a path that the pin's `vendor` does not give.
    Path(PinName, RelPath),
    /// The pin has a `vendor`, but its entry has no file.
    None(PinName),
}

/// All that manifest and lock say about vendored files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placed {
    /// The files, by path; a path once.
    pub placements: Vec<Placement>,
    /// What does not fit together.
    pub strays: Vec<Stray>,
}

/// The path that a pin's `vendor` gives for one platform, with the values of an entry; `None`
/// without `vendor`, or if a slot has no filling. For a pin that is vendored as a folder, the folder.
#[must_use]
pub fn path_of(pin: &Pin, entry: &Entry, platform: Option<&Platform>) -> Option<RelPath> {
    let version = entry.value_on("version", platform).map(crate::model::Token::as_str);
    let vendor = &pin.vendor.as_ref()?.value;
    vendor.fill(&pin.source.filling(platform, version)).ok().flatten()
}

/// Whether an artifact's path is the one that the pin's `vendor` gives, on each of its platforms.
#[must_use]
pub fn derives(pin: &Pin, entry: &Entry, artifact: &Artifact) -> bool {
    let (Some(path), Some(vendor)) = (&artifact.path, &pin.vendor) else { return false };
    let fits = |platform: Option<&Platform>| {
        path_of(pin, entry, platform).is_some_and(|given| {
            if vendor.value.is_folder() { is_below(path.as_str(), given.as_str()) } else { given == *path }
        })
    };
    match artifact.platforms.as_slice() {
        [] => fits(None),
        // What does not differ by platform says no platform in its path.
        platforms => platforms.iter().all(|p| fits(Some(p))),
    }
}

/// Whether an entry's files are where the pin wants them now: each at the path that `vendor` gives,
/// or none at any path without it.
#[must_use]
pub fn in_place(pin: &Pin, entry: &Entry) -> bool {
    match &pin.vendor {
        Some(_) => {
            let loose = |a: &Artifact| a.path.is_none() && pin.source.may_lie_elsewhere(a);
            let mut placed = entry.artifacts.iter().filter(|a| !loose(a)).peekable();
            placed.peek().is_some() && placed.all(|a| derives(pin, entry, a))
        }
        None => entry.artifacts.iter().all(|a| a.path.is_none()),
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// What is vendored, of the pins that stand in both manifest and lock.
#[must_use]
pub fn placed(manifest: &Manifest, lock: &Lock) -> Placed {
    let mut all: BTreeMap<(RelPath, Sha256), Placement> = BTreeMap::new();
    let mut strays = Vec::new();
    for (name, entry) in &lock.pins {
        let Some(pin) = manifest.pins.get(name) else { continue };
        let mut found = false;
        for artifact in &entry.artifacts {
            let Some(path) = &artifact.path else { continue };
            found = true;
            if !derives(pin, entry, artifact) {
                strays.push(Stray::Path(name.clone(), path.clone()));
                continue;
            }
            let placement = Placement {
                pin: name.clone(),
                path: path.clone(),
                sha256: artifact.sha256,
                size: artifact.size,
                executable: pin.executable,
                track: pin.track,
                platforms: Vec::new(),
            };
            let placement = all.entry((path.clone(), artifact.sha256)).or_insert(placement);
            placement.platforms.extend(artifact.platforms.iter().cloned());
        }
        if pin.vendor.is_some() && !found {
            strays.push(Stray::None(name.clone()));
        }
    }
    Placed { placements: all.into_values().collect(), strays }
}

/// Files that no pin is ever vendored at: the user's and dubo-pin's own.
#[must_use]
pub fn is_reserved(manifest: &Manifest, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let head = path.split('/').next().unwrap_or_default().to_lowercase();
    head == ".dubo-pin"
        || matches!(name.as_str(), "pins.toml" | "pins.lock" | ".gitattributes" | ".gitignore" | ".gitmodules")
        || name.ends_with(".dockerignore")
        || name == "dockerfile"
        || name.starts_with("dockerfile.")
        || name.ends_with(".dockerfile")
        || name.starts_with("containerfile")
        || crate::manifest::is_dockerfile(manifest.image.dockerfiles.as_deref(), path)
}

/// What is wrong about the files to be, before one is written. `tree` is what else is tracked, or
/// stands, below the folder of pins.toml.
#[must_use]
pub fn vet<'a>(manifest: &Manifest, placements: &[Placement], tree: impl IntoIterator<Item = &'a str>) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    let at = |placement: &Placement, trouble: Trouble| {
        let pin = manifest.pins.get(&placement.pin);
        let place = pin.map(|p| p.vendor.as_ref().map_or(&p.place, |v| &v.place));
        trouble.at(place.cloned().unwrap_or_else(|| Place::file("pins.toml")))
    };
    let mut twins = Twins::default();
    for path in tree {
        for prefix in prefixes(path) {
            // Twins among the user's own files are the user's matter.
            let _ = twins.note(prefix);
        }
    }
    let paths: BTreeSet<&str> = placements.iter().map(|p| p.path.as_str()).collect();
    let mut before: Option<&Placement> = None;
    for placement in placements {
        let path = placement.path.as_str();
        if is_reserved(manifest, path) {
            let trouble = Trouble::new(format!("nothing can be vendored at {}", quoted(path)));
            troubles.push(at(placement, trouble.help("write another path in `vendor`")));
        }
        if before.is_some_and(|b| b.path == placement.path) {
            let other = before.map_or("", |b| b.pin.as_str());
            let trouble = Trouble::new(format!("two files with other bytes would be vendored at {}", quoted(path)))
                .found(format!("pins {other} and {}", placement.pin));
            troubles.push(at(placement, trouble.help("add {platform} or {arch} to the path")));
        }
        before = Some(placement);
        for prefix in prefixes(path) {
            if let Some(other) = twins.note(prefix) {
                let message = format!("{} and {} are one file on some systems", quoted(prefix), quoted(other));
                troubles.push(at(placement, Trouble::new(message).help("write another path in `vendor`")));
                break;
            }
        }
        let folders = prefixes(path).filter(|p| *p != path);
        if let Some(file) = folders.into_iter().find(|p| paths.contains(p)) {
            let trouble = Trouble::new(format!("{} would be a file and a folder", quoted(file)));
            troubles.push(at(placement, trouble.help("write another path in `vendor`")));
        }
        if placement.track && placement.size > TRACKED {
            let trouble = Trouble::new(format!("{} is too large to be committed", quoted(path)))
                .expected(format!("at most {TRACKED} bytes"))
                .found(format!("{} bytes", placement.size));
            troubles.push(at(placement, trouble.help("write `track = false`; `dubo-pin fetch` puts it back")));
        }
    }
    troubles
}

/// `a`, `a/b`, `a/b/c`.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    let cuts = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    cuts.filter_map(|at| path.get(..at))
}

#[cfg(test)]
mod tests;
