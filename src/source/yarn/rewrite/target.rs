//! What is to be: ranges of package.json, and what an entry of yarn.lock must come to.

use super::super::folder::Folder;
use super::super::graph::{self, By};
use super::super::lockfile::{Format, Lockfile};
use super::super::manifest::Package;
use super::super::spec::{Descriptor, Local, Spec, git_of};
use super::{Asked, Wanted};
use crate::model::{Class, Place, RelPath, Trouble, quoted};
use crate::source::resolve::Fault;

/// A path of the folder as a path below the folder of pins.toml.
pub(super) fn path(file: &str) -> Result<RelPath, Fault> {
    file.parse().map_err(|e| Fault::usage(Trouble::new(format!("{e}"))))
}

fn package(folder: &Folder, workspace: Option<usize>) -> Option<&Package> {
    match workspace {
        None => Some(&folder.package),
        Some(at) => folder.workspaces.get(at).map(|(_, package)| package),
    }
}

/// The package.json files that change.
pub(super) fn package_json(asked: &Asked<'_>) -> Result<Vec<(RelPath, Vec<u8>)>, Fault> {
    let all = std::iter::once(None).chain((0..asked.folder.workspaces.len()).map(Some));
    let mut changed = Vec::new();
    for workspace in all {
        let Some(package) = package(asked.folder, workspace) else { continue };
        let of_it = asked.wanted.iter().filter(|w| w.workspace == workspace);
        let ranges: Vec<(usize, String)> = of_it.map(|w| (w.dependency, w.git.pinned(w.commit))).collect();
        let bytes = package.with_ranges(&ranges);
        let same = |(at, range): &(usize, String)| package.dependencies.get(*at).is_some_and(|d| d.range == *range);
        if !ranges.iter().all(same) {
            changed.push((path(&package.file)?, bytes));
        }
    }
    Ok(changed)
}

/// yarn runs in a copy: what lies outside the folder is not there.
pub(super) fn nothing_outside(folder: &Folder) -> Result<(), Fault> {
    for (name, package) in folder.packages() {
        for dependency in &package.dependencies {
            let Ok(Spec::Local(kind, target)) = Spec::parse(&folder.lock.format, &dependency.range) else { continue };
            if kind != Local::Workspace && leaves(name, &target) {
                let trouble = Trouble::new(format!(
                    "{} of {} lies outside the folder",
                    quoted(&dependency.range),
                    quoted(&dependency.name)
                ));
                let trouble = trouble.at(dependency.place.clone());
                return Err(Fault::usage(trouble.help("move it into the folder, or pin a folder that holds both")));
            }
        }
    }
    Ok(())
}

/// Whether a path, relative to a folder below the project's, leads out of the project's.
fn leaves(from: &str, target: &str) -> bool {
    // berry: `./x::locator=…`, and `~/` for the project's own folder.
    let target = target.split("::").next().unwrap_or(target);
    let (from, target) = match target.strip_prefix("~/") {
        Some(target) => (".", target),
        None => (from, target),
    };
    if target.starts_with(['/', '~']) {
        return true;
    }
    let mut depth = 0_usize;
    for part in from.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return true,
            },
            _ => depth += 1,
        }
    }
    false
}

/// Keys of entries that yarn is not to see: the distrusted ones, and those that stand for a wanted
/// commit and hold another one. yarn 1 believes `resolved`, whatever the key says.
pub(super) fn stale(asked: &Asked<'_>) -> Vec<String> {
    let lock = &asked.folder.lock;
    let mut keys: Vec<String> = asked.distrusted.to_vec();
    for wanted in asked.wanted {
        let Some(name) = package(asked.folder, wanted.workspace).and_then(|p| p.dependencies.get(wanted.dependency))
        else {
            continue;
        };
        let key = Descriptor::new(&name.name, wanted.git.pinned(wanted.commit)).to_string();
        let wrong = |e: &&super::super::lockfile::Entry| e.keys.contains(&key) && !is(lock, e, wanted);
        keys.extend(lock.entries.iter().filter(wrong).flat_map(|e| e.keys.iter().cloned()));
    }
    keys.retain(|key| lock.entries.iter().any(|e| e.keys.contains(key)));
    keys.sort();
    keys.dedup();
    keys
}

fn is(lock: &Lockfile, entry: &super::super::lockfile::Entry, wanted: &Wanted) -> bool {
    matches!(git_of(&lock.format, entry), Some(Ok((url, commit))) if url == wanted.git.url && commit == wanted.commit)
}

/// Each wanted dependency must come to its repository and commit.
pub(super) fn reached(asked: &Asked<'_>, after: &Folder) -> Result<(), Fault> {
    let graph = graph::reach(after);
    for wanted in asked.wanted {
        let Some(dependency) = package(after, wanted.workspace).and_then(|p| p.dependencies.get(wanted.dependency))
        else {
            continue;
        };
        let by = wanted.workspace.map_or(By::Root, By::Workspace);
        let mut edges = graph.edges.iter().filter(|e| e.by == by && e.wanted.name == dependency.name).peekable();
        let key = Descriptor::new(&dependency.name, &dependency.range).to_string();
        let mut entries: Vec<usize> = edges.by_ref().map(|e| e.to).collect();
        if entries.is_empty() {
            let held = |e: &super::super::lockfile::Entry| e.keys.contains(&key);
            entries.extend(after.lock.entries.iter().position(held));
        }
        // yarn 1 leaves out a dependency that stands in a section that another one overrides.
        for at in &entries {
            let Some(entry) = after.lock.entries.get(*at).filter(|entry| !is(&after.lock, entry, wanted)) else {
                continue;
            };
            let found = entry.resolved.as_deref().or(entry.resolution.as_deref()).unwrap_or("nothing");
            let trouble = Trouble::new(format!("yarn resolves {} to something else than is wanted", quoted(&key)));
            let trouble = trouble
                .at(Place::file(&after.lock_file))
                .expected(format!("{} at {}", quoted(wanted.git.url.as_str()), wanted.commit))
                .found(quoted(found));
            return Err(Fault::differs(trouble.help("look for `resolutions` in package.json that replace it")));
        }
        if entries.is_empty() {
            let trouble = Trouble::new(format!("yarn leaves {} out of yarn.lock", quoted(&key)));
            return Err(Fault::unreachable(Class::Undone, trouble.at(dependency.place.clone())));
        }
    }
    Ok(())
}

/// The folder with other files.
pub(super) fn with(folder: &Folder, package_json: &[(RelPath, Vec<u8>)], yarn_lock: &[u8]) -> Result<Folder, Fault> {
    let mut folder = folder.clone();
    let first = |troubles: Vec<Trouble>| {
        Fault::unreachable(Class::Undone, troubles.into_iter().next().unwrap_or_else(|| Trouble::new("unreadable")))
    };
    let packages = std::iter::once(&mut folder.package).chain(folder.workspaces.iter_mut().map(|(_, p)| p));
    for package in packages {
        if let Some((_, bytes)) = package_json.iter().find(|(path, _)| path.as_str() == package.file) {
            *package = Package::parse(&package.file, bytes.clone()).map_err(first)?;
        }
    }
    folder.lock = Lockfile::parse(yarn_lock).map_err(|e| first(vec![e.trouble(&folder.lock_file, yarn_lock)]))?;
    yarn_lock.clone_into(&mut folder.lock_bytes);
    Ok(folder)
}

/// Whether yarn 1 wrote it.
pub(super) fn classic(lock: &Lockfile) -> bool {
    lock.format == Format::V1
}

#[cfg(test)]
mod tests {
    use super::leaves;

    #[test]
    fn what_leads_out_of_the_folder_is_seen() {
        for (from, target) in
            [(".", "../x"), ("packages/a", "../../../x"), (".", "/srv/x"), (".", "~me/x"), (".", "a/../../x")]
        {
            assert!(leaves(from, target), "{from} {target}");
        }
        for (from, target) in
            [(".", "./x"), ("packages/a", "../b"), ("packages/a", "../../x.tgz"), ("a", "~/x::locator=y")]
        {
            assert!(!leaves(from, target), "{from} {target}");
        }
    }
}
