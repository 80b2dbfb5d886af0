//! The cache of berry, `.yarn/cache`: which zip is which entry's, and whether it is the right one.
//!
//! For `resolve`, which takes it from where yarn filled it, and for `prove`. A zip is yarn's own work:
//! it is not made here, but its bytes are what `checksum` in yarn.lock says, on every machine with the
//! same yarn (measured: two runs of 3.8.7 and of 4.18.1 gave the same bytes each).
//!
//! A zip is called `[@SCOPE-]NAME-HOW-HASH-END.zip`. HOW is such as `npm-1.0.0` or `git`. HASH is the
//! beginning of SHA-512 over package and reference, END that of the checksum; or, for a package with
//! `conditions`, of which yarn.lock has no checksum, the cache key: `10c0`. Such a package is there only
//! if yarn was asked for its platform (`supportedArchitectures`), and nothing but pins.lock binds its
//! bytes.
//!
//! yarn itself puts a `.gitignore` into the folder ([`is_yarns_own`]); no zip, so no file of the lock.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use sha2::Digest as _;

use super::fill::{GitTar, token, undone};
use crate::disk::Expect;
use crate::lock::Artifact;
use crate::model::{Place, RelPath, Sha512, Trouble, quoted};
use crate::remote::Remote;
use crate::source::resolve::Fault;
use crate::source::yarn::folder::Folder;
use crate::source::yarn::lockfile::{Entry, Format, Lockfile};

/// How many digits of a hash stand in a name.
const DIGITS: usize = 10;

/// The most bytes of one zip, unless the pin says otherwise: 2 GiB.
const LIMIT: u64 = 2 << 30;

/// The most that is read of the folder: files.
const FILES: usize = 200_000;

/// Bytes of the `.gitignore` that yarn 3 and 4 make in a cache.
const IGNORES: &[u8] = b"/.gitignore\n*.flock\n*.tmp\n";

/// Whether a file in a cache is the one that yarn makes there itself: `.gitignore` with yarn's bytes.
#[must_use]
pub fn is_yarns_own(name: &str, bytes: &[u8]) -> bool {
    name == ".gitignore" && bytes == IGNORES
}

/// One zip that a berry yarn.lock asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheFile<'a> {
    /// Its entry.
    pub entry: &'a Entry,
    /// The package, as `resolution` names it: `left-a`, `@scope/name`.
    pub package: &'a str,
    /// SHA-512 of the zip; `None` for a package with conditions.
    pub checksum: Option<Sha512>,
    hash: String,
    key: Option<&'a str>,
}

/// What is taken from the folder itself, and from no zip.
const LINKED: [&str; 3] = ["workspace:", "link:", "portal:"];

impl<'a> CacheFile<'a> {
    fn of(entry: &'a Entry, cache_key: Option<&'a str>) -> Result<Option<Self>, Trouble> {
        let Some(resolution) = entry.resolution.as_deref() else { return Ok(None) };
        let at = resolution.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
        let parts = at.and_then(|at| Some((resolution.get(..at)?, resolution.get(at + 1..)?)));
        let Some((package, reference)) = parts else {
            return Err(Trouble::new(format!("{} resolves to no package", quoted(resolution))));
        };
        if LINKED.iter().any(|scheme| reference.starts_with(scheme)) || entry.link_type.as_deref() == Some("soft") {
            return Ok(None);
        }
        let said = entry.checksum.as_deref();
        let (key, hex) = match said.map(|text| text.split_once('/').map_or((None, text), |(k, h)| (Some(k), h))) {
            Some((key, hex)) => (key, Some(hex)),
            None => (None, None),
        };
        let bad = |_| Trouble::new(format!("{} is no checksum of a zip", quoted(said.unwrap_or_default())));
        let checksum = hex.map(str::parse::<Sha512>).transpose().map_err(bad)?;
        if checksum.is_none() && entry.conditions.is_none() {
            let message = format!("yarn.lock has no checksum of {}", quoted(resolution));
            return Err(Trouble::new(message).help("yarn install adds it; find out who took it away"));
        }
        let (scope, name) = match package.strip_prefix('@').and_then(|rest| rest.split_once('/')) {
            Some((scope, name)) => (scope, name),
            None => ("", package),
        };
        let ident = sha512(&[scope, name]);
        let hash = sha512(&[&ident, reference]).chars().take(DIGITS).collect();
        Ok(Some(Self { entry, package, checksum, hash, key: key.or(cache_key) }))
    }

    /// Whether a file's name is one that yarn gives to this zip.
    fn is_called(&self, name: &str) -> bool {
        let Some(stem) = name.strip_suffix(".zip") else { return false };
        let Some((stem, end)) = stem.rsplit_once('-') else { return false };
        let ends = match &self.checksum {
            Some(checksum) => checksum.to_string().starts_with(end) && end.len() == DIGITS,
            None => false,
        };
        let keyed = self.entry.conditions.is_some() && self.key == Some(end);
        let slug = self.package.replacen('/', "-", 1);
        let named = stem.strip_prefix(&*slug).is_some_and(|rest| rest.starts_with('-'));
        named && stem.ends_with(&format!("-{}", self.hash)) && (ends || keyed)
    }
}

fn sha512(parts: &[&str]) -> String {
    let mut hasher = sha2::Sha512::new();
    for part in parts {
        hasher.update(part.as_bytes());
    }
    Sha512::from_bytes(hasher.finalize().into()).to_string()
}

/// All zips that a yarn.lock asks for, by the hash in their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheFiles<'a>(BTreeMap<String, Vec<CacheFile<'a>>>);

impl<'a> CacheFiles<'a> {
    /// Those of a berry yarn.lock. `file` is the lock's path, for places.
    ///
    /// # Errors
    /// Entries without a checksum and without conditions, or with one that is none.
    pub fn of(lock: &'a Lockfile, file: &str) -> Result<Self, Vec<Trouble>> {
        let cache_key = match &lock.format {
            Format::V1 => None,
            Format::Berry { cache_key, .. } => cache_key.as_deref(),
        };
        let mut all: BTreeMap<String, Vec<CacheFile<'a>>> = BTreeMap::new();
        let mut troubles = Vec::new();
        for entry in &lock.entries {
            match CacheFile::of(entry, cache_key) {
                Ok(None) => {}
                Ok(Some(found)) => {
                    let same = all.entry(found.hash.clone()).or_default();
                    // One resolution in two blocks is one zip.
                    if same.len() < 2 {
                        same.push(found);
                    }
                }
                Err(trouble) => troubles.push(trouble.at(Place::line(file, entry.line))),
            }
        }
        if troubles.is_empty() { Ok(Self(all)) } else { Err(troubles) }
    }

    /// The one that a file's name stands for.
    #[must_use]
    pub fn called(&self, name: &str) -> Option<&CacheFile<'a>> {
        let stem = name.strip_suffix(".zip")?.rsplit_once('-')?.0;
        let hash = stem.rsplit_once('-')?.1;
        self.0.get(hash)?.iter().find(|file| file.is_called(name))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &CacheFile<'a>> {
        self.0.values().flatten()
    }
}

/// Takes a cache that yarn filled: each zip is compared with yarn.lock and put into the store. Gives the
/// artifacts of the lock, sorted: the zips with `path` and without URL, and the git packages' tars.
///
/// `cache` is the folder that yarn filled, of the same yarn.lock as `folder` has.
///
/// # Errors
/// A zip that is not the one of yarn.lock (an alarm), one that is missing, one too many; a folder or
/// store that cannot be read or written.
pub fn take_cache(
    folder: &Folder,
    cache: &Path,
    vendor: &RelPath,
    git: &[GitTar],
    limit: Option<u64>,
    remote: &Remote,
) -> Result<Vec<Artifact>, Fault> {
    let first = |troubles: Vec<Trouble>| {
        let trouble = troubles.into_iter().next();
        Fault::usage(trouble.unwrap_or_else(|| Trouble::new("yarn.lock cannot be vendored")))
    };
    let wanted = CacheFiles::of(&folder.lock, &folder.lock_file).map_err(first)?;
    let store = remote.store().map_err(|e| Fault::unreachable(e.class(), e.trouble()))?;
    let mut artifacts: Vec<Artifact> = git.iter().map(|tar| tar.artifact.clone()).collect();
    let mut taken: BTreeMap<&str, Vec<&CacheFile<'_>>> = BTreeMap::new();
    for name in zips(cache)? {
        let Some(file) = wanted.called(&name) else {
            let trouble = Trouble::new(format!("yarn made {}, which yarn.lock does not ask for", quoted(&name)));
            return Err(Fault::usage(trouble.help("remove the cache of the folder, and refresh again")));
        };
        let same = taken.entry(&file.hash).or_default();
        if same.contains(&file) {
            let message = format!("yarn made two files of {}", quoted(file.package));
            return Err(Fault::usage(Trouble::new(message).found(quoted(&name))));
        }
        same.push(file);
        let unread = |e: std::io::Error| undone(format!("{} cannot be read from yarn's cache: {e}", quoted(&name)));
        let mut zip = File::open(cache.join(&name)).map_err(unread)?;
        let expect = Expect { sha512: true, ..Expect::at_most(limit.unwrap_or(LIMIT)) };
        let stored = store.put(&mut zip, expect).map_err(|e| Fault::unreachable(e.class(), e.to_trouble()))?;
        if let Some(expected) = file.checksum
            && stored.sha512 != Some(expected)
        {
            let found = stored.sha512.map(|d| d.to_string()).unwrap_or_default();
            return Err(Fault::alarm(
                Trouble::new(format!("{} is not what yarn.lock says", quoted(&name)))
                    .at(Place::line(&folder.lock_file, file.entry.line))
                    .expected(expected.to_string())
                    .found(found),
            ));
        }
        let path = format!("{vendor}/{name}");
        artifacts.push(Artifact {
            platforms: Vec::new(),
            path: Some(path.parse().map_err(|e: crate::model::PathError| Fault::usage(Trouble::new(e.to_string())))?),
            package: Some(token(file.package)?),
            version: Some(token(file.entry.version.as_deref().unwrap_or("0.0.0"))?),
            url: None,
            size: stored.size,
            sha256: stored.sha256,
        });
    }
    for file in wanted.iter().filter(|file| file.entry.conditions.is_none()) {
        if !taken.get(file.hash.as_str()).is_some_and(|same| same.contains(&file)) {
            let resolution = file.entry.resolution.as_deref().unwrap_or_default();
            let trouble = Trouble::new(format!("yarn did not put {} into its cache", quoted(resolution)));
            return Err(Fault::usage(trouble.at(Place::line(&folder.lock_file, file.entry.line))));
        }
    }
    Artifact::sort(&mut artifacts);
    Ok(artifacts)
}

/// The names of the zips in a cache, sorted. Anything else there is yarn's own housekeeping.
fn zips(cache: &Path) -> Result<Vec<String>, Fault> {
    let unread = |e: std::io::Error| undone(format!("yarn's cache cannot be read: {e}"));
    let mut names = Vec::new();
    for entry in std::fs::read_dir(cache).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if !name.ends_with(".zip") {
            continue;
        }
        if !entry.file_type().map_err(unread)?.is_file() {
            return Err(undone(format!("{} in yarn's cache is no plain file", quoted(&name))));
        }
        names.push(name);
        if names.len() > FILES {
            return Err(undone(format!("yarn's cache has more than {FILES} files")));
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
