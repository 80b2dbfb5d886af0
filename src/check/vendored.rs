//! Lock against vendored bytes: each file is there, is the locked one, is plain, and nothing else
//! is in a vendored folder; git converts none of it, and the builder sees it.
//!
//! For `verify`. Reads files below the root, writes nothing, asks no network. Each finding names
//! its file.

use std::collections::{BTreeMap, BTreeSet};

use crate::disk::{DiskError, Found, Root};
use crate::dockerfile::Dockerfile;
use crate::lock::{FILE, Lock, Opened};
use crate::manifest::{Manifest, Pin};
use crate::model::{Finding, Id, PinName, Place, RelPath, Sha256, Trouble, quoted};
use crate::source::{POINTER, pointer};
use crate::vendor::{Dockerignore, Named, Placement, Stray, attributes, ignores, named, placed};

/// The most that is read of a file of patterns: bytes.
const CAP: u64 = 4 * 1024 * 1024;

/// Compares all vendored files with the lock. Costs nothing where nothing is vendored.
#[must_use]
pub fn check(root: &Root, manifest: &Manifest, lock: &Opened, dockerfiles: &[Dockerfile]) -> Vec<Finding> {
    let vendors = manifest.pins.values().any(|pin| pin.vendor.is_some());
    let locked = |(name, entry): (&PinName, &crate::lock::Entry)| {
        !lock.altered.contains(name) && entry.artifacts.iter().any(|a| a.path.is_some())
    };
    if !vendors && !lock.lock.pins.iter().any(locked) {
        return Vec::new();
    }
    let mut sound: Lock = lock.lock.clone();
    sound.pins.retain(|name, _| !lock.altered.contains(name));
    let all = placed(manifest, &sound);
    let mut findings: Vec<Finding> = all.strays.iter().map(|stray| misfit(manifest, lock, stray)).collect();
    let asked: Vec<(RelPath, u64)> = all.placements.iter().map(|p| (p.path.clone(), p.size)).collect();
    for (placement, looked) in all.placements.iter().zip(root.hash_all(&asked)) {
        match looked {
            Ok(Some(found)) => findings.extend(judge(root, placement, &found)),
            // What git is told to leave out is not in a commit: its lock alone is judged.
            Ok(None) if root.is_held() && !placement.track => {}
            Ok(None) => findings.push(missing(placement)),
            Err(error) => findings.push(unusable(placement, &error)),
        }
    }
    let (tracked, untracked) = named(manifest, &all.placements);
    findings.extend(extra(root, manifest, &all.placements));
    // What an altered entry wants of the blocks is not known.
    if lock.altered.is_empty() {
        findings.extend(blocks(root, &tracked, &untracked));
    }
    findings.extend(unseen(root, dockerfiles, &all.placements));
    findings
}

fn error(id: Id, placement: &Placement, trouble: Trouble) -> Finding {
    Finding::error(id, Some(&placement.pin), trouble.at(Place::file(placement.path.as_str())))
}

fn shown(size: u64, sha256: Option<Sha256>) -> String {
    sha256.map_or_else(|| format!("{size} bytes, not read"), |h| format!("{size} bytes, sha256 {h}"))
}

/// What puts the locked bytes back.
fn back(placement: &Placement) -> String {
    let path = placement.path.as_str();
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-+".contains(&b)) && !path.starts_with('-');
    if placement.track && plain {
        return format!("dubo-pin fetch {}, or git checkout -- {path}", placement.pin);
    }
    format!("dubo-pin fetch {}", placement.pin)
}

fn missing(placement: &Placement) -> Finding {
    let message = if placement.track { "the vendored file is missing" } else { "the vendored file is not fetched yet" };
    let trouble = Trouble::new(message).expected(shown(placement.size, Some(placement.sha256))).found("no file");
    error(Id::URL006, placement, trouble.help(format!("dubo-pin fetch {}", placement.pin)))
}

fn unusable(placement: &Placement, cause: &DiskError) -> Finding {
    let (id, help) = match cause {
        DiskError::Symlink(_) | DiskError::NotAFile { .. } | DiskError::NotAFolder(_) => {
            (Id::VEND003, format!("remove what stands there, then dubo-pin fetch {}", placement.pin))
        }
        _ => (Id::VEND001, "make it readable, then verify again".to_owned()),
    };
    let trouble = Trouble::new("the vendored file cannot be verified")
        .expected(format!("a plain file, {}", shown(placement.size, Some(placement.sha256))))
        .found(cause.to_string());
    error(id, placement, trouble.help(help))
}

fn judge(root: &Root, placement: &Placement, found: &Found) -> Vec<Finding> {
    if found.sha256 != Some(placement.sha256) || found.size != placement.size {
        // A commit has an LFS pointer in the file's place.
        let is_pointer = root.is_held() && found.size <= POINTER;
        if is_pointer && pointer(root, &placement.path) == Some((placement.sha256, placement.size)) {
            return executable(placement, found);
        }
        return vec![changed(root, placement, found)];
    }
    executable(placement, found)
}

/// VEND004.
fn executable(placement: &Placement, found: &Found) -> Vec<Finding> {
    if found.executable == placement.executable {
        return Vec::new();
    }
    let word = |executable| if executable { "executable (0755)" } else { "not executable (0644)" };
    let sign = if placement.executable { "+x" } else { "-x" };
    let trouble = Trouble::new("the execute bit of the vendored file differs")
        .expected(word(placement.executable))
        .found(word(found.executable))
        .help(format!("chmod {sign}, or dubo-pin fetch {}; `executable` in pins.toml says which", placement.pin));
    vec![error(Id::VEND004, placement, trouble)]
}

/// Other bytes; what git or LFS made of the right ones is named as such.
fn changed(root: &Root, placement: &Placement, found: &Found) -> Finding {
    let expected = shown(placement.size, Some(placement.sha256));
    if found.size <= POINTER
        && let Some((oid, size)) = pointer(root, &placement.path)
    {
        let says = format!("an LFS pointer to {}", shown(size, Some(oid)));
        if oid == placement.sha256 && size == placement.size {
            let trouble = Trouble::new("the vendored file is not fetched: an LFS pointer stands in its place");
            let trouble = trouble.expected(expected).found(says);
            let help = format!("git lfs pull, or dubo-pin fetch {}", placement.pin);
            return error(Id::VEND005, placement, trouble.help(help));
        }
        let trouble = Trouble::new("the vendored file is an LFS pointer to other bytes than the locked ones");
        return error(Id::VEND001, placement, trouble.expected(expected).found(says).help(back(placement)));
    }
    let now = shown(found.size, found.sha256);
    let trouble = Trouble::new("the vendored file has other bytes than the locked ones").expected(expected);
    // A conversion changes the size.
    let resized = found.sha256.filter(|_| found.size != placement.size);
    let ends = resized.and_then(|_| root.hash_without_line_ends(&placement.path).ok().flatten());
    let converted = |what: &str| format!("{now}; the locked bytes with {what}");
    let help = "git converted it on its way: dubo-pin refresh writes the block of .gitattributes that \
                forbids it; then remove the file and git checkout it";
    let trouble = match ends {
        Some((lf, _)) if lf == placement.sha256 => trouble.found(converted("LF line ends turned into CRLF")).help(help),
        Some((_, crlf)) if crlf == placement.sha256 => {
            trouble.found(converted("CRLF line ends turned into LF")).help(help)
        }
        _ => trouble.found(now).help(back(placement)),
    };
    error(Id::VEND001, placement, trouble)
}

/// VEND002: what is in a vendored folder and in no lock.
fn extra(root: &Root, manifest: &Manifest, placements: &[Placement]) -> Vec<Finding> {
    let known: BTreeSet<&str> = placements.iter().map(|p| p.path.as_str()).collect();
    let mut findings = Vec::new();
    for (name, pin) in &manifest.pins {
        let vendor = pin.vendor.as_ref().filter(|v| v.value.is_folder());
        let held = placements.iter().any(|p| p.pin == *name);
        let Some(folder) = vendor.filter(|_| held).and_then(|v| v.value.template().as_str().parse().ok()) else {
            continue;
        };
        // A folder that cannot be walked is told for its files.
        for inside in root.inside(&folder).unwrap_or_default() {
            if known.contains(inside.path.as_str()) || is_tools_own(root, pin, &inside.path) {
                continue;
            }
            let trouble = Trouble::new("something in the vendored folder is not in the lock")
                .at(Place::file(&inside.path))
                .expected(format!("only the locked files in {}", quoted(folder.as_str())))
                .found(inside.what)
                .help(format!("remove it, or dubo-pin refresh {name}"));
            findings.push(Finding::error(Id::VEND002, Some(name), trouble));
        }
    }
    findings
}

/// Whether the tool that reads the folder makes the file itself.
fn is_tools_own(root: &Root, pin: &Pin, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let bytes = || root.read(&path.parse().ok()?, POINTER).ok().flatten();
    name.starts_with('.') && bytes().is_some_and(|bytes| pin.source.is_tools_own(name, &bytes))
}

/// VEND006: the marked blocks.
fn blocks(root: &Root, tracked: &[Named], untracked: &[Named]) -> Vec<Finding> {
    let one = |file: &str, edit: fn(&[u8], &[Named]) -> Vec<u8>, named: &[Named]| {
        let path: RelPath = file.parse().ok()?;
        let now = match root.read(&path, CAP) {
            Ok(now) => now.unwrap_or_default(),
            Err(error) => {
                let trouble = Trouble::new(error.to_string()).at(Place::file(file));
                return Some(Finding::error(Id::VEND006, None, trouble.help("git itself does not follow it")));
            }
        };
        let wanted = edit(&now, named);
        if wanted == now {
            return None;
        }
        let line = now.iter().zip(&wanted).take_while(|(a, b)| a == b).filter(|(a, _)| **a == b'\n').count();
        let text = |all: &[u8]| {
            let line = all.split(|b| *b == b'\n').nth(line).unwrap_or_default();
            if line.is_empty() { "no such line".to_owned() } else { quoted(String::from_utf8_lossy(line).trim_end()) }
        };
        let message = if file == ".gitattributes" {
            "the marked block that keeps git from converting vendored files is missing or differs"
        } else {
            "the marked block that keeps git from tracking vendored files is missing or differs"
        };
        let trouble = Trouble::new(message)
            .at(Place::line(file, line + 1))
            .expected(text(&wanted))
            .found(text(&now))
            .help("dubo-pin refresh writes it");
        Some(Finding::error(Id::VEND006, None, trouble))
    };
    let all = [one(".gitattributes", attributes, tracked), one(".gitignore", ignores, untracked)];
    all.into_iter().flatten().collect()
}

/// COV002: files that no build sees. A Dockerfile's own `NAME.dockerignore` counts for it alone,
/// from the folder of pins.toml; else each folder above the file that has a `.dockerignore` may be
/// the build's context. Told only where all of them agree, since a context is named nowhere.
fn unseen(root: &Root, dockerfiles: &[Dockerfile], placements: &[Placement]) -> Vec<Finding> {
    let read = |path: &str| {
        let bytes = root.read(&path.parse().ok()?, CAP).ok().flatten()?;
        Some((path.to_owned(), Dockerignore::parse(&bytes)))
    };
    let own: Vec<_> = dockerfiles.iter().map(|d| read(&format!("{}.dockerignore", d.file()))).collect();
    let mut folders: BTreeMap<&str, Option<(String, Dockerignore)>> = BTreeMap::new();
    let mut findings = Vec::new();
    for placement in placements {
        let path = placement.path.as_str();
        let mut by = BTreeSet::new();
        let mut seen = false;
        for (file, ignore) in own.iter().flatten() {
            if ignore.excludes(path) {
                by.insert(file.clone());
            } else {
                seen = true;
            }
        }
        let cuts = path.match_indices('/').map(|(at, _)| at);
        let above = [""].into_iter().chain(cuts.filter_map(|at| path.get(..at)));
        let general = own.is_empty() || own.iter().any(Option::is_none);
        let mut contexts = 0;
        for folder in above.filter(|_| general) {
            let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            let ignore = folders.entry(folder).or_insert_with(|| read(&format!("{prefix}.dockerignore")));
            let Some((file, ignore)) = ignore else { continue };
            contexts += 1;
            let inside = path.strip_prefix(&prefix).unwrap_or(path);
            if ignore.excludes(inside) {
                by.insert(file.clone());
            } else {
                seen = true;
            }
        }
        // A Dockerfile without its own ignore file, and no general one: it sees everything.
        seen |= general && contexts == 0;
        if seen || by.is_empty() {
            continue;
        }
        let by: Vec<String> = by.into_iter().collect();
        let trouble = Trouble::new("no build sees the vendored file")
            .expected("a file of the build's context")
            .found(format!("excluded by {}", by.join(", ")))
            .help(format!("add `!{path}` at the end of that file, as the context names it"));
        findings.push(error(Id::COV002, placement, trouble));
    }
    findings
}

/// VEND007: the manifest says another place than the lock.
fn misfit(manifest: &Manifest, lock: &Opened, stray: &Stray) -> Finding {
    let vendor = |name: &PinName| manifest.pins.get(name).and_then(|p| p.vendor.as_ref());
    let wanted = |name: &PinName| {
        vendor(name).map_or_else(
            || "no vendored file: the pin has no `vendor`".to_owned(),
            |v| quoted(&format!("{}{}", v.value.template(), if v.value.is_folder() { "/" } else { "" })),
        )
    };
    match stray {
        Stray::Path(name, path) => {
            let trouble = Trouble::new("the lock has a vendored file where pins.toml wants none")
                .at(lock.place(name))
                .expected(wanted(name))
                .found(quoted(path.as_str()))
                .help(format!("dubo-pin refresh {name}"));
            Finding::error(Id::VEND007, Some(name), trouble)
        }
        Stray::None(name) => {
            let place = vendor(name).map_or_else(|| Place::file(FILE), |v| v.place.clone());
            let trouble = Trouble::new("the pin was given a `vendor` since it was locked")
                .at(place)
                .expected(format!("a file in {FILE} for {}", wanted(name)))
                .found("none")
                .help(format!("dubo-pin refresh {name}"));
            Finding::error(Id::VEND007, Some(name), trouble)
        }
    }
}

#[cfg(test)]
#[path = "vendored_tests.rs"]
mod tests;
