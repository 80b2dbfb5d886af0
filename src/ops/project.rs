//! What a folder holds: pins.toml, pins.lock and the Dockerfiles, read once, all errors at once.
//!
//! For the verbs. It judges nothing beyond whether a file can be read.

use std::collections::BTreeMap;
use std::path::Path;

use crate::disk::{DiskError, Root};
use crate::dockerfile::Dockerfile;
use crate::lock::{self, LockError, Opened};
use crate::manifest::Manifest;
use crate::model::{Class, Failure, PinName, Place, RelPath, Trouble};
use crate::source::deb::Effective;

/// The manifest's file name.
pub const MANIFEST: &str = "pins.toml";

/// No file that dubo-pin reads as text may be larger: bytes.
const CAP: u64 = crate::disk::CAP;

/// A folder, read.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) root: Root,
    pub(super) manifest: Manifest,
    /// Kept apart, since `refresh` mends what `verify` reports.
    pub(super) lock: Result<Opened, LockError>,
    pub(super) lock_bytes: Option<Vec<u8>>,
    pub(super) dockerfiles: Vec<Dockerfile>,
    /// The manifest's archives, with the files that they name read in.
    pub(super) archives: BTreeMap<PinName, Effective>,
    pub(super) interrupted: Option<Vec<RelPath>>,
}

/// A failure of the whole verb.
pub(super) fn failure(class: Class, trouble: Trouble) -> Failure {
    Failure { pin: None, class, trouble }
}

pub(super) fn disk(error: &DiskError) -> Failure {
    failure(error.class(), error.to_trouble())
}

/// A path that this program itself names.
pub(super) fn known(name: &str) -> Result<RelPath, Failure> {
    name.parse().map_err(|e: crate::model::PathError| failure(Class::Usage, Trouble::new(e.to_string())))
}

/// Opens the folder and reads its pins.toml, without parsing it.
pub(super) fn manifest_bytes(dir: &Path) -> Result<(Root, Option<Vec<u8>>), Failure> {
    let root = Root::open(dir).map_err(|e| disk(&e))?;
    let bytes = root.read(&known(MANIFEST)?, CAP).map_err(|e| disk(&e))?;
    Ok((root, bytes))
}

/// What to say of a folder without pins.toml.
pub(super) fn no_manifest(dir: &Path) -> Failure {
    let folder = crate::model::quoted(&dir.display().to_string());
    let trouble = Trouble::new(format!("there is no {MANIFEST} in {folder}"));
    failure(Class::Usage, trouble.help("dubo-pin add NAME --git URL makes one; -C DIR names another folder"))
}

impl Project {
    /// Reads everything, or says everything that cannot be read.
    pub(super) fn read(dir: &Path) -> Result<Self, Vec<Failure>> {
        let (root, bytes) = manifest_bytes(dir).map_err(|f| vec![f])?;
        let Some(bytes) = bytes else {
            return Err(vec![no_manifest(dir)]);
        };
        let mut failures = Vec::new();
        let manifest = Manifest::parse(MANIFEST, &bytes)
            .map_err(|troubles| failures.extend(troubles.into_iter().map(|t| failure(Class::Usage, t))));
        let (lock_bytes, lock) = match known(lock::FILE).and_then(|path| root.read(&path, CAP).map_err(|e| disk(&e))) {
            Ok(None) => (None, Ok(Opened::none())),
            Ok(Some(bytes)) => {
                let opened = lock::open(&bytes);
                (Some(bytes), opened)
            }
            Err(failure) => {
                failures.push(failure);
                (None, Ok(Opened::none()))
            }
        };
        let Ok(manifest) = manifest else { return Err(failures) };
        if manifest.workspace.is_some() {
            let trouble = Trouble::new("workspaces are not built yet in this version").at(Place::file(MANIFEST));
            failures
                .push(failure(Class::Usage, trouble.help("until then, run it in each member: dubo-pin -C MEMBER …")));
        }
        let dockerfiles = dockerfiles(&root, &manifest, &mut failures);
        let archives = archives(&root, &manifest, &mut failures);
        let interrupted = crate::disk::interrupted(&root);
        if failures.is_empty() {
            Ok(Self { root, manifest, lock, lock_bytes, dockerfiles, archives, interrupted })
        } else {
            Err(failures)
        }
    }
}

/// Reads a file that the manifest names, below the folder.
pub(super) fn named_file(root: &Root, path: &RelPath) -> Result<Vec<u8>, Trouble> {
    match root.read(path, CAP) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(Trouble::new(format!("there is no file {}", crate::model::quoted(path.as_str())))
            .help("paths are taken from the folder of pins.toml")),
        Err(error) => Err(error.to_trouble()),
    }
}

fn archives(root: &Root, manifest: &Manifest, failures: &mut Vec<Failure>) -> BTreeMap<PinName, Effective> {
    let mut all = BTreeMap::new();
    for (name, archive) in &manifest.archives {
        match Effective::new(name, &archive.place, &archive.keys, &|path| named_file(root, path)) {
            Ok(effective) => drop(all.insert(name.clone(), effective)),
            Err(troubles) => failures.extend(troubles.into_iter().map(|t| failure(Class::Usage, t))),
        }
    }
    all
}

fn dockerfiles(root: &Root, manifest: &Manifest, failures: &mut Vec<Failure>) -> Vec<Dockerfile> {
    let patterns: Vec<RelPath> = manifest.image.dockerfiles.iter().flatten().map(|p| p.path().clone()).collect();
    let listing = match root.list(&patterns) {
        Ok(listing) => listing,
        Err(error) => {
            failures.push(disk(&error));
            return Vec::new();
        }
    };
    let mut out = Vec::new();
    for pattern in &listing.missing {
        let trouble = Trouble::new(format!(
            "`[image] dockerfiles` names {}, but there is no such file",
            crate::model::quoted(pattern.as_str())
        ));
        failures.push(failure(Class::Usage, trouble.at(Place::file(MANIFEST))));
    }
    // A Dockerfile that cannot be named cannot be checked either: silence would be a wrong ok.
    let help = "rename it, or list the Dockerfiles that count: `[image] dockerfiles` in pins.toml";
    failures.extend(listing.notes.into_iter().map(|trouble| failure(Class::Usage, trouble.help(help))));
    for path in listing.files {
        match root.read(&path, CAP) {
            Ok(Some(bytes)) => match Dockerfile::parse(path.as_str(), bytes) {
                Ok(dockerfile) => out.push(dockerfile),
                Err(trouble) => failures.push(failure(Class::Usage, trouble)),
            },
            Ok(None) => failures.push(failure(
                Class::Usage,
                Trouble::new("the Dockerfile is not there")
                    .at(Place::file(path.as_str()))
                    .help("[image] dockerfiles in pins.toml names it"),
            )),
            Err(error) => failures.push(disk(&error)),
        }
    }
    out
}
