//! The offline mirror of yarn 1, filled without yarn.
//!
//! For `resolve`. Every tarball that yarn.lock names is fetched once and proved by what yarn.lock says
//! of its bytes; git packages are the tars that were made of their commits. So the folder holds exactly
//! what `yarn install --frozen-lockfile --offline` opens, under the names that it opens.
//!
//! Refused, since no file of ours would be what yarn itself keeps: a git package with a script
//! `prepare` (yarn keeps what it built), and a tarball of which yarn.lock says nothing.

use std::collections::BTreeMap;
use std::fs::File;

use super::git::GitPackage;
use super::integrity::Said;
use super::names::{From, MirrorFile, mirror_files, package};
use crate::disk::{Expect, Root, Store, Stored};
use crate::lock::{Artifact, Entry};
use crate::model::{Class, CommitId, Place, RelPath, Token, Trouble, quoted};
use crate::remote::{self, Fetch, Remote};
use crate::source::resolve::Fault;
use crate::source::yarn::folder::Folder;
use crate::source::yarn::spec::git_of;

/// How many files are fetched at once.
const AT_ONCE: usize = 12;

/// The most bytes of one file, unless the pin says otherwise: 2 GiB.
const LIMIT: u64 = 2 << 30;

/// A git package whose tar was made, now or when it was locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitTar {
    /// Its commit.
    pub commit: CommitId,
    /// The tar: `package` is the key of the lock's `values`, `url` the canonical repository; no `path`.
    pub artifact: Artifact,
    /// As [`GitPackage::prepare`].
    pub prepare: bool,
}

impl GitPackage {
    /// The tar for the lock, under the key that the package has in its `values`.
    ///
    /// # Errors
    /// A key or version that cannot stand there.
    pub fn tar(&self, key: &str) -> Result<GitTar, Fault> {
        let artifact = Artifact {
            platforms: Vec::new(),
            path: None,
            package: Some(token(key)?),
            version: Some(token(self.manifest.version.as_deref().unwrap_or("0.0.0"))?),
            url: Some(self.url.to_string()),
            size: self.stored.size,
            sha256: self.stored.sha256,
        };
        Ok(GitTar { commit: self.commit, artifact, prepare: self.prepare() })
    }
}

/// What a mirror is filled for.
#[derive(Clone, Copy, Debug)]
pub struct Fill<'a> {
    /// The folder, as it is to be: with the new yarn.lock.
    pub folder: &'a Folder,
    /// Where the mirror is, below the folder of pins.toml.
    pub vendor: &'a RelPath,
    /// All git packages of the new yarn.lock.
    pub git: &'a [GitTar],
    /// The old entry of the lock: what it has under the same URL is looked for in the store and among
    /// the vendored files before it is fetched.
    pub old: Option<&'a Entry>,
    /// The folder of pins.toml, where the vendored files may stand already.
    pub root: Option<&'a Root>,
    /// The most bytes of one file; 2 GiB without it.
    pub limit: Option<u64>,
}

/// Fills a mirror: all its files are then in the store. Gives the artifacts of the lock, sorted: those
/// of the mirror with their `path`, and the tars of git packages that yarn takes as a tarball of their
/// host without one.
///
/// # Errors
/// The first that fails: names that no mirror can have (YARN012), bytes that are not those of yarn.lock
/// (an alarm), what cannot be fetched.
pub fn fill_mirror(fill: &Fill<'_>, remote: &Remote) -> Result<Vec<Artifact>, Fault> {
    let files = mirror_files(&fill.folder.lock, &fill.folder.lock_file).map_err(first)?;
    let mut artifacts: Vec<Artifact> = fill.git.iter().map(|tar| tar.artifact.clone()).collect();
    let mut by_commit: BTreeMap<CommitId, Vec<usize>> = BTreeMap::new();
    for (at, tar) in fill.git.iter().enumerate() {
        by_commit.entry(tar.commit).or_default().push(at);
    }
    let mut tarballs = Vec::new();
    for file in &files {
        let From::Git { .. } = file.from else {
            tarballs.push(file);
            continue;
        };
        let path = inside(fill.vendor, &file.name)?;
        let here = |trouble: Trouble| Fault::usage(trouble.at(Place::line(&fill.folder.lock_file, file.entry.line)));
        let (url, commit) = match git_of(&fill.folder.lock.format, file.entry) {
            Some(Ok(found)) => found,
            Some(Err(error)) => return Err(here(error.to_trouble())),
            None => return Err(here(Trouble::new("an entry is taken from git, but names no repository"))),
        };
        let mut found = false;
        for at in by_commit.get(&commit).into_iter().flatten() {
            let (Some(tar), Some(artifact)) = (fill.git.get(*at), artifacts.get_mut(*at)) else { continue };
            if artifact.url.as_deref() != Some(url.as_str()) {
                continue;
            }
            if tar.prepare {
                return Err(here(builds(&file.name, artifact)));
            }
            artifact.path = Some(path.clone());
            found = true;
        }
        if !found {
            let message = format!("{} at {commit} was not made into a tar", quoted(url.as_str()));
            return Err(here(Trouble::new(message)));
        }
    }
    let held = remote::each(&tarballs, AT_ONCE, |file| tarball(fill, file, remote));
    for artifact in held {
        artifacts.push(artifact?);
    }
    Artifact::sort(&mut artifacts);
    Ok(artifacts)
}

/// All that is wrong is in the first, and how many more there are.
fn first(troubles: Vec<Trouble>) -> Fault {
    let more = troubles.len().saturating_sub(1);
    let mut trouble = troubles.into_iter().next().unwrap_or_else(|| Trouble::new("the mirror cannot be filled"));
    if more > 0 {
        trouble.message = format!("{} (and {more} more of the kind)", trouble.message);
    }
    Fault::usage(trouble)
}

fn builds(name: &str, artifact: &Artifact) -> Trouble {
    let package = artifact.package.as_ref().map(Token::as_str).unwrap_or_default();
    let message =
        format!("{} cannot be vendored: its script `prepare` builds it after it was fetched", quoted(package));
    Trouble::new(message)
        .expected("a package that is installed as it is committed")
        .found(format!("what yarn would keep as {} is what the script makes", quoted(name)))
        .help("take a release of it from a registry, or a commit with the built files; or the pin without `vendor`")
}

/// One tarball, in the store and proved.
fn tarball(fill: &Fill<'_>, file: &MirrorFile<'_>, remote: &Remote) -> Result<Artifact, Fault> {
    let From::Tarball { url, .. } = file.from else {
        return Err(Fault::usage(Trouble::new(format!("{} is no tarball", quoted(&file.name)))));
    };
    let at = |trouble: Trouble| trouble.at(Place::line(&fill.folder.lock_file, file.entry.line));
    let path = inside(fill.vendor, &file.name)?;
    let mut said: Vec<Said> = Vec::new();
    for entry in file.entries() {
        let one = Said::of(entry).map_err(|e| Fault::usage(at(Trouble::new(e.to_string()))))?;
        if !said.contains(&one) {
            said.push(one);
        }
    }
    if said.iter().all(Said::is_nothing) {
        let message = format!("yarn.lock says nothing of the bytes of {}", quoted(url));
        return Err(Fault::usage(at(Trouble::new(message).help("yarn install, with a network, adds `integrity`"))));
    }
    let known = fill.old.and_then(|old| old.artifacts.iter().find(|a| a.url.as_deref() == Some(url)));
    let wanted = Wanted { url, name: &file.name, said: &said, limit: fill.limit.unwrap_or(LIMIT), known };
    let stored = wanted.get(fill.root, remote)?;
    Ok(Artifact {
        platforms: Vec::new(),
        path: Some(path),
        package: Some(token(file.entry.keys.first().map_or("", |key| package(key)))?),
        version: Some(token(file.entry.version.as_deref().unwrap_or("0.0.0"))?),
        url: Some(url.to_owned()),
        size: stored.size,
        sha256: stored.sha256,
    })
}

struct Wanted<'a> {
    url: &'a str,
    name: &'a str,
    said: &'a [Said],
    limit: u64,
    known: Option<&'a Artifact>,
}

impl Wanted<'_> {
    fn get(&self, root: Option<&Root>, remote: &Remote) -> Result<Stored, Fault> {
        let local = |e: remote::RemoteError| Fault::unreachable(e.class(), e.trouble());
        let fetch = remote.downloads().map_err(local)?;
        if let Some(stored) = self.at_hand(root, &fetch) {
            return Ok(stored);
        }
        // Whoever serves the bytes that yarn.lock names may serve them, so any mirror may.
        if let Some(mirrored) = remote.mirrored(self.url).filter(|m| !m.resolve)
            && let Ok(fetched) = fetch.clone().with_files(true).artifact(&mirrored.url, self.expect(), None)
            && self.proves(&fetched.stored, fetch.store()).is_ok()
        {
            return Ok(fetched.stored);
        }
        let fetched = fetch.artifact(self.url, self.expect(), self.known.map(|a| a.sha256)).map_err(|e| {
            let gone = e.fault() == remote::Fault::NotThere && self.known.is_some();
            if gone { Fault::gone(e.trouble()) } else { local(e) }
        })?;
        self.proves(&fetched.stored, fetch.store()).map_err(|trouble| {
            let message = format!("{} is not what yarn.lock says: {}", quoted(self.url), trouble.message);
            Fault::alarm(Trouble { message, ..trouble }.help(
                "find out why: the registry serves other bytes than those that were locked, or yarn.lock was changed",
            ))
        })?;
        Ok(fetched.stored)
    }

    fn expect(&self) -> Expect {
        Expect::at_most(self.limit)
    }

    /// What the lock names, in the store or where it is vendored, if yarn.lock still means it.
    fn at_hand(&self, root: Option<&Root>, fetch: &Fetch<'_>) -> Option<Stored> {
        let known = self.known.filter(|known| known.size <= self.limit)?;
        let held = fetch.by_hash(&known.sha256, known.size).or_else(|| {
            let bytes = root?.read(known.path.as_ref()?, known.size).ok()??;
            fetch.store().put(&mut bytes.as_slice(), Expect::exactly(known.sha256, known.size)).ok()
        })?;
        self.proves(&held, fetch.store()).ok().map(|()| held)
    }

    /// Whether the bytes in the store are those that yarn.lock names.
    fn proves(&self, stored: &Stored, store: &Store) -> Result<(), Trouble> {
        let lost = |what: String| Trouble::new(format!("the store cannot give {} back: {what}", quoted(self.name)));
        for said in self.said {
            let path = store.get(&stored.sha256).ok_or_else(|| lost("it is not there".to_owned()))?;
            let mut file = File::open(path).map_err(|e| lost(e.to_string()))?;
            said.prove(&mut file)?;
        }
        Ok(())
    }
}

fn inside(folder: &RelPath, name: &str) -> Result<RelPath, Fault> {
    format!("{folder}/{name}").parse().map_err(|e: crate::model::PathError| Fault::usage(Trouble::new(e.to_string())))
}

pub(super) fn token(text: &str) -> Result<Token, Fault> {
    Token::new(text).map_err(|e| Fault::usage(Trouble::new(e.to_string())))
}

/// What the store or the disk says, as a fault of this machine.
pub(super) fn undone(what: impl Into<String>) -> Fault {
    Fault::unreachable(Class::Undone, Trouble::new(what))
}
