//! The made files of a vendored archive against the lock: each says what is locked, no more, no less.
//!
//! For `verify`, which hands in files whose digest is the locked one already. They are compared, not
//! made anew, so that no .deb is read for it: what the index says beyond name, version, architecture,
//! file, size and digest of each package is the word of the .debs (`refresh --locked` makes it anew).

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use super::super::choose::architecture;
use super::super::closure::{self, Universe};
use super::super::control::Control;
use super::super::deb822;
use super::super::vendored::base_name;
use super::files::{architectures, of_name, split};
use crate::lock::{Artifact, Entry, Value};
use crate::model::{Platform, RelPath, Trouble, quoted};

/// The most that a made file may weigh, in bytes; the index of all of bookworm has 50 million.
const CAP: u64 = 128 << 20;

/// Proves a made file, known by the last part of its path.
///
/// # Errors
/// It cannot be read, or says something else than the lock.
pub(in crate::source) fn prove(entry: &Entry, path: &RelPath, file: &mut dyn Read) -> Result<(), Trouble> {
    let mut bytes = Vec::new();
    let read = file.take(CAP + 1).read_to_end(&mut bytes);
    read.map_err(|e| Trouble::new(format!("{path} cannot be read: {e}")))?;
    if bytes.len() as u64 > CAP {
        return Err(Trouble::new(format!("{path} is too large to be what dubo-pin made")));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| Trouble::new(format!("{path} is not UTF-8")))?;
    let name = path.as_str().rsplit('/').next().unwrap_or_default();
    match (name, name.strip_prefix("install.list.")) {
        ("Packages", _) => index(entry, text),
        ("Release", _) => release(entry, text),
        (_, Some(architecture)) => list(entry, architecture, text),
        // APT013 tells that it is none of the archive.
        _ => Ok(()),
    }
}

fn debs(entry: &Entry) -> impl Iterator<Item = &Artifact> {
    entry.artifacts.iter().filter(|a| a.url.is_some())
}

/// The name of an artifact in the folder.
fn named(artifact: &Artifact) -> String {
    let path = artifact.path.as_ref().map(|p| p.as_str().rsplit('/').next().unwrap_or_default().to_owned());
    path.unwrap_or_else(|| base_name(artifact.url.as_deref().unwrap_or_default()))
}

/// `name=version` of all values on the platforms of an architecture, `name:arch=version` of those
/// that are for another; sorted.
fn list(entry: &Entry, of: &str, text: &str) -> Result<(), Trouble> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let held: BTreeSet<&str> = lines.iter().copied().collect();
    let platforms: BTreeSet<&Platform> =
        debs(entry).flat_map(|d| &d.platforms).filter(|p| architecture(p) == Some(of)).collect();
    // A version is either for all architectures, in one file, or has a file of each.
    let mut sorts: BTreeMap<(&str, &str), Option<String>> = BTreeMap::new();
    for deb in debs(entry) {
        if let (Some(package), Some(version), Some(url)) = (&deb.package, &deb.version, &deb.url) {
            let sort = of_name(url).map(|(_, _, architecture)| architecture);
            sorts.insert((package.as_str(), version.as_str()), sort);
        }
    }
    let mut wanted = BTreeSet::new();
    for (key, value) in &entry.values {
        for platform in &platforms {
            let version = match value {
                Value::One(version) => Some(version),
                Value::Each(each) => each.get(*platform),
            };
            let (Some(version), (name, own)) = (version, split(key.as_str(), platform)) else { continue };
            let plain = format!("{name}={version}\n");
            let sort = sorts.get(&(name, version.as_str()));
            // Where a file's name does not tell whether it is for all, the index does.
            let is_all = match sort {
                Some(None) => held.contains(plain.as_str()),
                Some(Some(sort)) => sort == "all",
                None => false,
            };
            wanted.insert(if own == of || is_all { plain } else { format!("{name}:{own}={version}\n") });
        }
    }
    let wanted: Vec<String> = wanted.into_iter().collect();
    let differs =
        (0..lines.len().max(wanted.len())).find(|i| lines.get(*i).copied() != wanted.get(*i).map(String::as_str));
    let Some(at) = differs else { return Ok(()) };
    let (line, want) = (lines.get(at).copied(), wanted.get(at).map(|w| w.trim_end_matches('\n')));
    let trouble = Trouble::new(format!("the install list is not what the lock says, line {}", at + 1));
    let bare = line.map(|l| l.strip_suffix('\n').unwrap_or(l));
    if bare.is_some() && bare == want {
        let expected = format!("{}, and the end of a line", quoted(want.unwrap_or_default()));
        return Err(trouble.expected(expected).found("no end of the line"));
    }
    let found = match bare {
        None => "nothing".to_owned(),
        Some("") => "an empty line".to_owned(),
        Some(text) => quoted(text),
    };
    Err(trouble.expected(want.map_or_else(|| "nothing".to_owned(), quoted)).found(found))
}

/// One stanza for each locked .deb, with its name, version, architecture, size and digest.
fn index(entry: &Entry, text: &str) -> Result<(), Trouble> {
    let mut left: BTreeMap<String, &Artifact> = BTreeMap::new();
    for deb in debs(entry) {
        if left.insert(named(deb), deb).is_some() {
            return Err(Trouble::new(format!("two locked files are called {}", quoted(&named(deb)))));
        }
    }
    let body = match text.strip_suffix('\n') {
        Some(body) => body,
        None if text.is_empty() => "",
        None => return Err(Trouble::new("the index does not end with the end of a line")),
    };
    for (number, stanza) in body.split("\n\n").filter(|_| !body.is_empty()).enumerate() {
        let control = Control::parse(stanza.as_bytes()).map_err(|e| {
            Trouble::new(format!("stanza {} of the index cannot be read", number + 1)).found(e.to_string())
        })?;
        let filename = control.field("Filename").unwrap_or_default();
        let deb = filename.strip_prefix("./").and_then(|name| Some((name, left.remove(name)?)));
        let Some((name, deb)) = deb else {
            let trouble = Trouble::new("the index names a file that is not locked").expected("each locked file, once");
            let found = format!("stanza {}, `Filename: {}`", number + 1, quoted(filename).trim_matches('`'));
            return Err(trouble.found(found));
        };
        let said = |field| control.field(field).unwrap_or_default().to_owned();
        let found = [control.package().to_owned(), control.version().to_owned(), said("Size"), said("SHA256")];
        let word = |token: &Option<crate::model::Token>| token.as_ref().map(ToString::to_string).unwrap_or_default();
        let wanted = [word(&deb.package), word(&deb.version), deb.size.to_string(), deb.sha256.to_string()];
        let sorts = architectures(entry, deb);
        if found != wanted || !sorts.contains(control.architecture()) {
            let trouble = Trouble::new(format!("the index says other than the lock of {}", quoted(name)));
            let sorts = sorts.into_iter().collect::<Vec<_>>().join(" or ");
            let line = |[package, version, size, sha256]: [String; 4], sort: &str| {
                format!("{package} {version} for {sort}, {size} bytes, sha256 {sha256}")
            };
            let found = quoted(&line(found, control.architecture()));
            return Err(trouble.expected(line(wanted, &sorts)).found(found));
        }
    }
    match left.keys().next() {
        None => closed(entry, body),
        Some(name) => {
            let trouble = Trouble::new("the index does not name every locked file");
            Err(trouble.expected(quoted(name)).found("nothing of it"))
        }
    }
}

/// Where the whole closure is locked, each package has what it needs in the archive, on each platform.
fn closed(entry: &Entry, index: &str) -> Result<(), Trouble> {
    if !entry.request.split(' ').any(|key| key == "closure=full") {
        return Ok(());
    }
    let platforms: BTreeSet<&Platform> = debs(entry).flat_map(|deb| &deb.platforms).collect();
    for platform in platforms {
        let on = |stanza: &&str| {
            let digest = stanza.lines().find_map(|line| line.strip_prefix("SHA256: ")).unwrap_or_default();
            debs(entry).any(|deb| deb.sha256.to_string() == digest && deb.platforms.contains(platform))
        };
        let mut universe = Universe::new(architecture(platform).unwrap_or_default());
        for stanza in index.split("\n\n").filter(on) {
            universe.add(stanza, 0).map_err(|e| Trouble::new(e.to_string()))?;
        }
        if let Err(conflict) = closure::met(&universe) {
            let why = conflict.said.join("; ");
            let trouble = Trouble::new(format!("the vendored archive lacks what a package needs on {platform}"));
            return Err(trouble.expected("every package with all that it needs").found(why));
        }
    }
    Ok(())
}

/// The digest and size of the locked index, and no digest of another sort.
fn release(entry: &Entry, text: &str) -> Result<(), Trouble> {
    let packages = entry.artifacts.iter().find(|a| a.url.is_none() && named(a) == "Packages");
    let wanted = packages.map(|a| format!("{} {} Packages", a.sha256, a.size)).unwrap_or_default();
    let trouble = || Trouble::new("Release is not what the lock says").expected(format!("SHA256: {wanted}"));
    let fields = deb822::fields(text, false).map_err(|e| trouble().found(e.to_string()))?;
    let sums = ["MD5Sum", "SHA1", "SHA256", "SHA512"];
    let found = fields.iter().filter(|field| sums.iter().any(|sum| field.is(sum)));
    let found: Vec<String> =
        found.map(|f| format!("{}: {}", f.name, f.words().collect::<Vec<_>>().join(" "))).collect();
    if found == [format!("SHA256: {wanted}")] {
        return Ok(());
    }
    Err(trouble().found(if found.is_empty() { "no digest".to_owned() } else { quoted(&found.join(", ")) }))
}
