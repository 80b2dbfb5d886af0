//! Offline proof of one vendored file of a yarn folder.
//!
//! For `verify`, which has hashed the file against the lock already: here is told whether the locked
//! bytes are those that yarn.lock and the commits mean, so that neither lock can lie alone.
//!
//! | file | proved |
//! |---|---|
//! | git tar of a v1 mirror | every byte is the tree of the locked commit; its package.json says what evidence `manifest` says |
//! | tarball of a v1 mirror | `integrity`, and the SHA-1 of the URL, of yarn.lock |
//! | zip of berry | `checksum` of yarn.lock; of a package with `conditions` nothing but the SHA-256 of pins.lock |
//!
//! Cheap to share: the caller makes one [`Proofs`] a folder, and gives files to as many threads as there
//! are processors (`remote::each` over the artifacts, each thread opening its own file).

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

use sha2::Digest as _;

use super::cache::CacheFiles;
use super::git::root_manifest;
use super::integrity::Said;
use super::names::{From, MirrorFile, mirror_files};
use super::obtain::repository;
use crate::lock::{Artifact, Entry};
use crate::model::{CommitId, RelPath, Sha512, Trouble, quoted};
use crate::source::git;
use crate::source::yarn::lockfile::{Format, Lockfile};
use crate::source::yarn::manifest::Package;
use crate::source::yarn::package;

/// What a yarn.lock says of each file that can be vendored for it.
#[derive(Clone, Debug)]
pub struct Proofs<'a>(Kind<'a>);

#[derive(Clone, Debug)]
enum Kind<'a> {
    V1(BTreeMap<String, MirrorFile<'a>>),
    Berry(CacheFiles<'a>),
}

impl<'a> Proofs<'a> {
    /// Those of a yarn.lock. `file` is its path, for places.
    ///
    /// # Errors
    /// What cannot be vendored at all: YARN012 for yarn 1, YARN009 for berry.
    pub fn of(lock: &'a Lockfile, file: &str) -> Result<Self, Vec<Trouble>> {
        Ok(Self(match lock.format {
            Format::V1 => {
                let files = mirror_files(lock, file)?;
                Kind::V1(files.into_iter().map(|file| (file.name.clone(), file)).collect())
            }
            Format::Berry { .. } => Kind::Berry(CacheFiles::of(lock, file)?),
        }))
    }

    /// Where pins.lock and yarn.lock do not name the same vendored files: each a trouble. `vendor` is
    /// the folder. Files of berry's packages with conditions may be there or not.
    #[must_use]
    pub fn gaps(&self, entry: &Entry, vendor: &RelPath) -> Vec<Trouble> {
        let folder = format!("{vendor}/");
        let paths = entry.artifacts.iter().filter_map(|a| a.path.as_ref()?.as_str().strip_prefix(&*folder));
        let locked: std::collections::BTreeSet<&str> = paths.collect();
        let mut troubles = Vec::new();
        let mut trouble = |message: String| troubles.push(Trouble::new(message).help("dubo-pin refresh"));
        match &self.0 {
            Kind::V1(files) => {
                for file in files.values().filter(|file| !locked.contains(file.name.as_str())) {
                    let key = file.entry.keys.first().map_or("", String::as_str);
                    trouble(format!("{} of yarn.lock is not vendored: {} is missing", quoted(key), quoted(&file.name)));
                }
                for name in locked.iter().filter(|name| !files.contains_key(**name)) {
                    trouble(format!("yarn.lock does not ask for the vendored {}", quoted(name)));
                }
            }
            Kind::Berry(files) => {
                let mut found = std::collections::BTreeSet::new();
                for name in &locked {
                    match files.called(name) {
                        Some(file) => {
                            found.insert(file.entry.line);
                        }
                        None => trouble(format!("yarn.lock does not ask for the vendored {}", quoted(name))),
                    }
                }
                let needed = files.iter().filter(|file| file.entry.conditions.is_none());
                for file in needed.filter(|file| !found.contains(&file.entry.line)) {
                    let resolution = file.entry.resolution.as_deref().unwrap_or_default();
                    trouble(format!("{} of yarn.lock is not vendored", quoted(resolution)));
                }
            }
        }
        troubles
    }

    /// Proves one vendored file, whose SHA-256 is that of the lock. `artifact` is its artifact in
    /// `entry`, with a path.
    ///
    /// # Errors
    /// It is not what yarn.lock, or the commit, means (YARN013).
    pub fn prove<R: Read + Seek>(&self, entry: &Entry, artifact: &Artifact, file: &mut R) -> Result<(), Trouble> {
        let path = artifact.path.as_ref().map(RelPath::as_str).unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        let unknown = || Trouble::new("yarn.lock does not ask for it").help("dubo-pin refresh");
        match &self.0 {
            Kind::V1(files) => match &files.get(name).ok_or_else(unknown)? {
                MirrorFile { from: From::Git { commit, .. }, .. } => tar(entry, artifact, commit, file),
                tarball => {
                    let said: Vec<Said> = tarball
                        .entries()
                        .map(|e| Said::of(e).map_err(|e| Trouble::new(e.to_string())))
                        .collect::<Result<_, _>>()?;
                    if said.iter().all(Said::is_nothing) {
                        return Err(Trouble::new("yarn.lock says nothing of its bytes"));
                    }
                    let mut done: Vec<&Said> = Vec::new();
                    for said in &said {
                        if done.contains(&said) {
                            continue;
                        }
                        file.seek(SeekFrom::Start(0)).map_err(unread)?;
                        said.prove(file)?;
                        done.push(said);
                    }
                    Ok(())
                }
            },
            Kind::Berry(files) => {
                let Some(expected) = files.called(name).ok_or_else(unknown)?.checksum else { return Ok(()) };
                let found = sha512(file).map_err(unread)?;
                if found == expected {
                    return Ok(());
                }
                let trouble = Trouble::new("its bytes are not those of `checksum` in yarn.lock");
                Err(trouble.expected(expected.to_string()).found(found.to_string()))
            }
        }
    }
}

fn unread(e: std::io::Error) -> Trouble {
    Trouble::new(format!("it cannot be read: {e}"))
}

/// A git tar: the tree of the locked commit, which is that of yarn.lock; and its package.json.
fn tar<R: Read + Seek>(entry: &Entry, artifact: &Artifact, commit: &str, file: &mut R) -> Result<(), Trouble> {
    let forged = || Trouble::new("pins.lock does not say which git package it is").help("git log -p pins.lock");
    let key = repository(entry, artifact).ok_or_else(forged)?;
    let view = package::one(entry, key).ok_or_else(forged)?;
    let locked = package::commit_of(entry, key).ok_or_else(forged)?;
    if commit.parse::<CommitId>() != Ok(locked) {
        let trouble = Trouble::new("its name is of another commit than the locked one");
        return Err(trouble.expected(locked.to_string()).found(quoted(commit)));
    }
    git::prove(&view, file)?;
    file.seek(SeekFrom::Start(0)).map_err(unread)?;
    let (path, bytes) = root_manifest(file)?;
    let first = |troubles: Vec<Trouble>| troubles.into_iter().next().unwrap_or_else(|| Trouble::new("it is none"));
    let summary = Package::parse(&path, bytes).map_err(first)?.summary(&Format::V1);
    if view.proof("manifest") != Some(summary.as_str()) {
        let found = view.proof("manifest").map_or_else(|| "nothing".to_owned(), quoted);
        return Err(Trouble::new("what pins.lock says of its package.json is not what is in it")
            .expected(quoted(&summary))
            .found(found)
            .help("the lock was changed by hand or forged: git log -p pins.lock"));
    }
    Ok(())
}

fn sha512(file: &mut impl Read) -> std::io::Result<Sha512> {
    let mut hasher = sha2::Sha512::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(Sha512::from_bytes(hasher.finalize().into())),
            Ok(n) => hasher.update(piece.get(..n).unwrap_or_default()),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}
