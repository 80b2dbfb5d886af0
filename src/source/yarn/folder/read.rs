//! The files of the folder, read.

use crate::disk::{CAP, Root};
use crate::model::{Id, Place, RelPath, Trouble, quoted};

use super::super::lockfile::{Format, Lockfile};
use super::super::manifest::Package;
use super::{Folder, settings, workspaces};

/// Faults, each with its id.
pub(super) type Faults = Vec<(Id, Trouble)>;

pub(super) fn joined(folder: Option<&RelPath>, name: &str) -> String {
    match folder {
        Some(folder) if name.is_empty() => folder.to_string(),
        Some(folder) => format!("{folder}/{name}"),
        None => name.to_owned(),
    }
}

pub(super) fn folder(root: &Root, path: Option<&RelPath>) -> Result<Folder, Faults> {
    let mut faults = Vec::new();
    let lock = lockfile(root, path, &mut faults);
    let package = package(root, path, &mut faults);
    let is_v1 = lock.as_ref().is_none_or(|(lock, _)| lock.format == Format::V1);
    let settings = settings::read(root, path, is_v1, &mut faults);
    let workspaces = match (&package, &lock) {
        (Some(Some(package)), Some((lock, _))) => workspaces::read(root, path, package, &lock.format, &mut faults),
        _ => Vec::new(),
    };
    if let Some(None) = &package {
        faults.push((Id::YARN002, missing(path, "package.json")));
    }
    match (package.flatten(), lock) {
        (Some(package), Some((lock, lock_bytes))) if faults.is_empty() => {
            let lock_file = joined(path, "yarn.lock");
            Ok(Folder { path: path.cloned(), package, workspaces, lock, lock_bytes, lock_file, settings })
        }
        _ => Err(faults),
    }
}

fn missing(folder: Option<&RelPath>, name: &str) -> Trouble {
    let file = joined(folder, name);
    Trouble::new(format!("there is no {}", quoted(&file))).at(Place::file(&file))
}

/// Reads a file of the folder; `None` after a fault.
pub(super) fn file(
    root: &Root,
    folder: Option<&RelPath>,
    name: &str,
    id: Id,
    faults: &mut Faults,
) -> Option<Option<Vec<u8>>> {
    let file = joined(folder, name);
    let path: RelPath = match file.parse() {
        Ok(path) => path,
        Err(e) => {
            faults.push((id, Trouble::new(format!("{e}")).at(Place::file(&file))));
            return None;
        }
    };
    match root.read(&path, CAP) {
        Ok(bytes) => Some(bytes),
        Err(e) => {
            faults.push((id, e.to_trouble().at_or(&Place::file(&file))));
            None
        }
    }
}

/// A package.json: `None` after a fault, `Some(None)` where there is none.
pub(super) fn package(root: &Root, folder: Option<&RelPath>, faults: &mut Faults) -> Option<Option<Package>> {
    let Some(bytes) = file(root, folder, "package.json", Id::YARN002, faults)? else { return Some(None) };
    match Package::parse(&joined(folder, "package.json"), bytes) {
        Ok(package) => Some(Some(package)),
        Err(troubles) => {
            faults.extend(troubles.into_iter().map(|t| (Id::YARN002, t)));
            None
        }
    }
}

fn lockfile(root: &Root, folder: Option<&RelPath>, faults: &mut Faults) -> Option<(Lockfile, Vec<u8>)> {
    let Some(bytes) = file(root, folder, "yarn.lock", Id::YARN001, faults)? else {
        let help = "run yarn once: dubo-pin pins what yarn has resolved";
        faults.push((Id::YARN001, missing(folder, "yarn.lock").help(help)));
        return None;
    };
    let file = joined(folder, "yarn.lock");
    match Lockfile::parse(&bytes) {
        Ok(lock) => Some((lock, bytes)),
        Err(e) => {
            faults.push((Id::YARN001, e.trouble(&file, &bytes).at_or(&Place::file(&file))));
            None
        }
    }
}
