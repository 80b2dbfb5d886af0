//! What a folder holds: pins.toml, pins.lock and the Dockerfiles, read once, all errors at once.
//!
//! For the verbs. It judges nothing beyond whether a file can be read.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::disk::{DiskError, Root};
use crate::dockerfile::Dockerfile;
use crate::lock::{self, LockError, Opened};
use crate::manifest::{Inherited, Manifest, Pattern};
use crate::model::{Class, Failure, PinName, Place, RelPath, Trouble};
use crate::source::deb::Effective;

use super::stand::{Above, Ground, Stand, stand};

/// The manifest's file name.
pub const MANIFEST: &str = "pins.toml";

/// No file that dubo-pin reads as text may be larger: bytes.
pub(super) const CAP: u64 = crate::disk::CAP;

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
    /// The workspace that the folder is a member of.
    above: Option<Arc<Above>>,
    /// Whether it has from the lock what it once inherited, since no workspace is at hand.
    pub(super) alone: bool,
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
    /// Reads everything of the one folder that a verb was given, or says everything that cannot be read.
    pub(super) fn read(dir: &Path) -> Result<Self, Vec<Failure>> {
        match stand(dir)? {
            Stand::One(ground) => Self::of(&ground),
            Stand::Workspace(grounds, _) => match grounds.iter().find(|g| g.member.is_none()) {
                Some(own) => Self::of(own),
                None => {
                    let trouble =
                        Trouble::new("this verb works on one folder, and this one is a workspace without pins");
                    let help = "dubo-pin -C MEMBER … names one of its members";
                    Err(vec![failure(Class::Usage, trouble.at(Place::file(MANIFEST)).help(help))])
                }
            },
        }
    }

    /// Reads everything of a folder, or says everything that cannot be read.
    pub(super) fn of(ground: &Ground) -> Result<Self, Vec<Failure>> {
        let root = ground.root().map_err(|f| vec![f])?;
        let one = |f: Failure| vec![f];
        let bytes = known(MANIFEST).and_then(|path| root.read(&path, CAP).map_err(|e| disk(&e))).map_err(one)?;
        let Some(bytes) = bytes else {
            return Err(vec![no_manifest(root.dir())]);
        };
        let mut failures = Vec::new();
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
        let above = ground.above.clone();
        let recorded = if above.is_none() { lock.as_ref().ok().and_then(Inherited::recorded) } else { None };
        let none = Inherited::default();
        let inherited = above.as_ref().map(|above| &above.inherited).or(recorded.as_ref()).unwrap_or(&none);
        let manifest = Manifest::parse_under(MANIFEST, &bytes, inherited)
            .map_err(|troubles| failures.extend(troubles.into_iter().map(|t| failure(Class::Usage, t))));
        let Ok(manifest) = manifest else { return Err(failures) };
        if manifest.workspace.is_some() && above.is_some() {
            let trouble = Trouble::new("a member of a workspace cannot be a workspace").at(Place::file(MANIFEST));
            let help = "remove [workspace] here, or exclude the folder there: exclude = [\"…\"]";
            failures.push(failure(Class::Usage, trouble.help(help)));
        }
        let mut unread = Vec::new();
        let patterns = manifest.image.dockerfiles.as_deref();
        let dockerfiles = dockerfiles(&root, patterns, &mut unread, &mut failures);
        failures.extend(unread.into_iter().map(|trouble| failure(Class::Usage, trouble)));
        let archives = archives(&root, above.as_deref(), &manifest, &mut failures);
        let interrupted = crate::disk::interrupted(&root);
        if failures.is_empty() {
            let alone = recorded.is_some();
            Ok(Self { root, manifest, lock, lock_bytes, dockerfiles, archives, interrupted, above, alone })
        } else {
            Err(failures)
        }
    }

    /// Reads a file that an archive of the manifest names: where the workspace has the archive, below
    /// the workspace's folder.
    pub(super) fn file_of(&self, archive: &PinName, path: &RelPath) -> Result<Vec<u8>, Trouble> {
        let inherited = self.manifest.archives.get(archive).is_some_and(|a| a.inherited);
        let above = self.above.as_ref().filter(|_| inherited);
        named_file(above.map_or(&self.root, |above| &above.root), path)
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

fn archives(
    root: &Root,
    above: Option<&Above>,
    manifest: &Manifest,
    failures: &mut Vec<Failure>,
) -> BTreeMap<PinName, Effective> {
    let mut all = BTreeMap::new();
    for (name, archive) in &manifest.archives {
        let root = above.filter(|_| archive.inherited).map_or(root, |above| &above.root);
        match Effective::new(name, &archive.place, &archive.keys, &|path| named_file(root, path)) {
            Ok(effective) => drop(all.insert(name.clone(), effective)),
            Err(troubles) => failures.extend(troubles.into_iter().map(|t| failure(Class::Usage, t))),
        }
    }
    all
}

/// Reads the Dockerfiles of a folder: what the patterns name, or those of the usual names. What is no
/// Dockerfile goes to `unread`.
pub(super) fn dockerfiles(
    root: &Root,
    patterns: Option<&[Pattern]>,
    unread: &mut Vec<Trouble>,
    failures: &mut Vec<Failure>,
) -> Vec<Dockerfile> {
    let patterns: Vec<RelPath> = patterns.iter().copied().flatten().map(|p| p.path().clone()).collect();
    let listing = match root.list(&patterns) {
        Ok(listing) => listing,
        Err(error) => {
            failures.push(disk(&error));
            return Vec::new();
        }
    };
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
    parsed(root, listing.files, unread, failures)
}

/// Reads Dockerfiles by their paths, as [`dockerfiles`] does.
pub(super) fn parsed(
    root: &Root,
    paths: Vec<RelPath>,
    unread: &mut Vec<Trouble>,
    failures: &mut Vec<Failure>,
) -> Vec<Dockerfile> {
    let mut out = Vec::new();
    for path in paths {
        match root.read(&path, CAP) {
            Ok(Some(bytes)) => match Dockerfile::parse(path.as_str(), bytes) {
                Ok(dockerfile) => out.push(dockerfile),
                Err(trouble) => unread.push(trouble),
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
