//! Brings what is vendored to the state that the lock says: which files change, and with what bytes.
//!
//! For `refresh` and `fetch`. Whose a file is, is decided by `vendor`; where bytes come from, by
//! `source`; here the two meet the disk, and nothing is written.

use std::collections::BTreeMap;
use std::path::Path;

use super::project::{Project, disk, failure, known};
use crate::disk::{Before, CAP, Change, Looked, Store};
use crate::lock::Lock;
use crate::model::{Class, Failure, PinName, RelPath, Trouble};
use crate::remote::Remote;
use crate::vendor::{self, Decided, Listed, Placement, Step};

/// The files of git that carry a marked block.
pub(super) const BLOCKS: [&str; 2] = [".gitattributes", ".gitignore"];

/// Where bytes may come from.
#[derive(Clone, Copy, Debug)]
pub struct From<'a> {
    /// The network, and the store that it fills; none if the run is offline.
    pub remote: Option<&'a Remote>,
    /// The folder of this machine's store, for a run that is offline.
    pub store: Option<&'a Path>,
}

/// What is to be done about vendored files.
#[derive(Debug, Default)]
pub(super) struct Vendoring {
    pub(super) changes: Vec<Change>,
    /// Pins whose files cannot be put in place; their entries must stay as they were.
    pub(super) failures: Vec<(PinName, Failure)>,
    pub(super) notes: Vec<Trouble>,
}

/// Looks at all vendored files, decides about each, and fetches the bytes that are missing.
pub(super) fn changes(
    project: &Project,
    old: &Lock,
    new: &Lock,
    force: bool,
    from: &From<'_>,
) -> Result<Vendoring, Failure> {
    let mut vendoring = Vendoring::default();
    let placed = vendor::placed(&project.manifest, new);
    let asked = vendor::asked(old, new);
    let (attributes, ignores) = (read(project, BLOCKS[0])?, read(project, BLOCKS[1])?);
    if asked.is_empty() && placed.placements.is_empty() {
        return Ok(vendoring);
    }
    let others =
        project.dockerfiles.iter().map(crate::dockerfile::Dockerfile::file).chain([super::MANIFEST, crate::lock::FILE]);
    if let Some(trouble) = vendor::vet(&project.manifest, &placed.placements, others).into_iter().next() {
        return Err(failure(Class::Usage, trouble));
    }
    let looked = project.root.hash_all(&asked);
    let now: BTreeMap<RelPath, Looked> = asked.into_iter().map(|(path, _)| path).zip(looked).collect();
    let empty: &[u8] = &[];
    let listed = Listed::read(attributes.as_deref().unwrap_or(empty), ignores.as_deref().unwrap_or(empty));
    let sound = sound(project, old);
    let Decided { steps, refusals, left } = vendor::decide(&project.manifest, &sound, new, &listed, &now, force);
    for refusal in refusals {
        let failure = Failure { pin: Some(refusal.pin.clone()), class: Class::Usage, trouble: refusal.to_trouble() };
        vendoring.failures.push((refusal.pin, failure));
    }
    for (pin, path) in left {
        let trouble = Trouble::new(format!(
            "{path} is left where it is: {pin} had it, but nothing says that dubo-pin chose the place"
        ));
        vendoring.notes.push(trouble.help("remove it by hand if it is not wanted"));
    }
    for step in steps {
        match step {
            Step::Write(placement, before) => match content(project, new, &placement, from) {
                Ok(from) => vendoring.changes.push(Change::stored(placement.path, before, from, placement.executable)),
                // Several files may be made of one that cannot be had: that is one failure.
                Err(failure) if vendoring.failures.iter().any(|(_, other)| *other == failure) => {}
                Err(failure) => vendoring.failures.push((placement.pin, failure)),
            },
            Step::Mode(placement) => {
                let before = Before::Digest { sha256: placement.sha256, size: placement.size };
                let from = (std::path::PathBuf::new(), placement.sha256, placement.size);
                vendoring.changes.push(Change::stored(placement.path, before, from, placement.executable));
            }
            Step::Remove(path, before) => vendoring.changes.push(Change::removed(path, before)),
        }
    }
    // Files of a pin that left the manifest but could not be removed: the blocks still tell that
    // dubo-pin chose their places.
    let lingering = new.pins.iter().any(|(name, entry)| {
        !project.manifest.pins.contains_key(name) && entry.artifacts.iter().any(|a| a.path.is_some())
    });
    if lingering {
        return Ok(vendoring);
    }
    let (tracked, untracked) = vendor::named(&project.manifest, &placed.placements);
    let blocks = [
        (BLOCKS[0], &attributes, vendor::attributes(attributes.as_deref().unwrap_or(empty), &tracked)),
        (BLOCKS[1], &ignores, vendor::ignores(ignores.as_deref().unwrap_or(empty), &untracked)),
    ];
    for (name, before, after) in blocks {
        if before.is_some() || !after.is_empty() {
            vendoring.changes.push(Change::new(known(name)?, before.clone(), Some(after)));
        }
    }
    Ok(vendoring)
}

fn read(project: &Project, name: &str) -> Result<Option<Vec<u8>>, Failure> {
    project.root.read(&known(name)?, CAP).map_err(|e| disk(&e))
}

/// The old lock without entries that were altered: they prove nothing about whose a file is.
fn sound(project: &Project, old: &Lock) -> Lock {
    let mut sound = old.clone();
    if let Ok(opened) = &project.lock {
        sound.pins.retain(|name, _| !opened.altered.contains(name));
    }
    sound
}

type Stored = (std::path::PathBuf, crate::model::Sha256, u64);

/// Where the bytes of a file lie now: in the store, after they were fetched if need be.
fn content(project: &Project, new: &Lock, placement: &Placement, from: &From<'_>) -> Result<Stored, Failure> {
    let undone = |trouble: Trouble| Failure { pin: Some(placement.pin.clone()), class: Class::Undone, trouble };
    let (Some(pin), Some(entry)) = (project.manifest.pins.get(&placement.pin), new.pins.get(&placement.pin)) else {
        return Err(undone(Trouble::new("the pin of this file is not there")));
    };
    let artifact =
        entry.artifacts.iter().find(|a| a.path.as_ref() == Some(&placement.path) && a.sha256 == placement.sha256);
    let Some(remote) = from.remote else {
        let shelf = from.store.filter(|folder| folder.is_dir()).and_then(|folder| Store::open(folder).ok());
        if let Some(path) = shelf.and_then(|store| store.get(&placement.sha256)) {
            return Ok((path, placement.sha256, placement.size));
        }
        let trouble =
            Trouble::new(format!("the bytes of {} are not in the store, and --offline asks nobody", placement.path));
        return Err(undone(trouble.help("run it once without --offline")));
    };
    let Some(artifact) = artifact else {
        return Err(undone(Trouble::new(format!("the lock has no file at {}", placement.path))));
    };
    let store: &Store = remote.store().map_err(|e| undone(e.trouble()))?;
    // Hashed here, since a damaged entry must not stop this run and each one after it: the store
    // drops it, and the bytes are obtained anew.
    let sound = matches!(store.verify(&artifact.sha256, false), Ok(Some(_)));
    let path = match store.get(&artifact.sha256).filter(|_| sound) {
        Some(path) => path,
        None => {
            pin.source.obtain(&placement.pin, entry, artifact, remote).map_err(|fault| fault.of(&placement.pin))?;
            store
                .get(&artifact.sha256)
                .ok_or_else(|| undone(Trouble::new("the store lost the file while it was used")))?
        }
    };
    Ok((path, artifact.sha256, artifact.size))
}
