//! `gc`: bounds this machine's store. What the locks of some folders list stays.
//!
//! It touches the store alone, and only reads locks: nothing in a repository is changed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::project::{MANIFEST, disk, failure, known};
use super::stand::{Stand, stand};
use crate::disk::{CAP, Root, Store};
use crate::lock;
use crate::manifest::Workspace;
use crate::model::{Class, Collected, Failure, Sha256, Trouble, quoted};

/// What the command line asks for.
#[derive(Debug)]
pub struct Options {
    /// The store's folder.
    pub store: PathBuf,
    /// How many bytes may stay.
    pub most: u64,
    /// Folders whose locks are heeded; one without a lock keeps nothing.
    pub keep: Vec<PathBuf>,
    /// Say what would go; remove nothing.
    pub dry_run: bool,
}

/// Removes what was not used for longest, until the store is small enough.
///
/// # Errors
/// A lock that cannot be read: then nothing is removed, since what it lists is not known; the store
/// cannot be read.
pub fn run(options: &Options) -> Result<Collected, Vec<Failure>> {
    let mut locked = BTreeSet::new();
    let mut failures = Vec::new();
    for folder in &options.keep {
        match listed(folder) {
            Ok(digests) => locked.extend(digests),
            Err(failure) => failures.push(failure),
        }
    }
    if !failures.is_empty() {
        return Err(failures);
    }
    let stored = |e: &crate::disk::StoreError| vec![failure(e.class(), e.to_trouble())];
    let there = options.store.metadata();
    if there.as_ref().is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound) {
        return Ok(Collected { dry_run: options.dry_run, most: options.most, ..Collected::default() });
    }
    let unusable = match there {
        Ok(about) if about.is_dir() => None,
        Ok(_) => Some("it is not a folder".to_owned()),
        Err(error) => Some(error.to_string()),
    };
    if let Some(why) = unusable {
        let store = quoted(&options.store.display().to_string());
        return Err(vec![failure(Class::Undone, Trouble::new(format!("the store {store} cannot be read: {why}")))]);
    }
    // Not opened: that would sweep, also in a dry run.
    let store = Store::standing(&options.store);
    let left: Vec<u64> = store.left_behind(std::time::SystemTime::now()).into_iter().map(|(_, size)| size).collect();
    let keep = |digest: &Sha256| locked.contains(digest);
    let freed = if options.dry_run { store.would_free(options.most, &keep) } else { store.gc(options.most, &keep) };
    let freed = freed.map_err(|e| stored(&e))?;
    Ok(Collected {
        dry_run: options.dry_run,
        files: freed.entries,
        bytes: freed.bytes,
        leftovers: left.len() as u64,
        leftover_bytes: left.iter().sum(),
        left: freed.left,
        most: options.most,
        kept: locked.iter().filter(|digest| store.holds(digest)).count() as u64,
    })
}

/// The digests of all files that a folder's lock lists, or the locks of a workspace's members, whatever
/// else may be wrong with the folder.
fn listed(folder: &Path) -> Result<BTreeSet<Sha256>, Failure> {
    let root = Root::open(folder).map_err(|e| disk(&e))?;
    let mut all = of(&root)?;
    let manifest = root.read(&known(MANIFEST)?, CAP).map_err(|e| disk(&e))?;
    if let Some(Err(trouble)) = manifest.map(|bytes| Workspace::peek(MANIFEST, &bytes)) {
        return Err(failure(Class::Usage, trouble));
    }
    match stand(folder).map_err(first)? {
        Stand::One(_) => {}
        Stand::Workspace(members, failures) => {
            failures.into_iter().next().map_or(Ok(()), Err)?;
            for member in members {
                all.append(&mut of(&member.root()?)?);
            }
        }
    }
    Ok(all)
}

/// What a workspace lists is not known where it cannot be read.
fn first(failures: Vec<Failure>) -> Failure {
    let unknown = || failure(Class::Usage, Trouble::new("the folder cannot be read"));
    failures.into_iter().next().unwrap_or_else(unknown)
}

fn of(root: &Root) -> Result<BTreeSet<Sha256>, Failure> {
    let Some(bytes) = root.read(&known(lock::FILE)?, CAP).map_err(|e| disk(&e))? else { return Ok(BTreeSet::new()) };
    let opened = lock::open(&bytes).map_err(|e| failure(e.class(), e.trouble()))?;
    Ok(opened.lock.pins.values().flat_map(|entry| &entry.artifacts).map(|a| a.sha256).collect())
}
