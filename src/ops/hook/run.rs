//! `hook run`: judges git's index as `verify` would judge a checkout of the commit.
//!
//! Only the members that the commit touches are judged. It is handed no network, runs no program and
//! writes nothing.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::super::members::{Member, rise};
use super::super::project::{CAP, MANIFEST, failure};
use super::super::stand::{faults, in_tree};
use super::super::verify::{self, Options};
use super::converted;
use super::differs::{self, Differing};
use super::touched::{folders, is_below, split, touched};
use crate::disk::Root;
use crate::lock;
use crate::manifest::{Manifest, Workspace};
use crate::model::{Class, Failure, Place, RelPath, Trouble, Verdict, quoted, visible};
use crate::repository::{Attributes, Index, Repository, RepositoryError};

/// What the index came to.
#[derive(Debug, Default)]
pub struct Judged {
    /// The members that the commit touches. Their names, and the places in them, are seen from where
    /// the user stands.
    pub members: Vec<Member<Verdict>>,
    /// What belongs to no member.
    pub failures: Vec<Failure>,
    /// What to do about what was found.
    pub hint: Option<Trouble>,
}

fn of(error: &RepositoryError) -> Vec<Failure> {
    vec![failure(error.class(), error.to_trouble())]
}

/// Judges what is staged. `here` is the folder in which the user stands.
///
/// # Errors
/// What kept the index from being read.
pub fn run(repository: &Repository, here: &Path, options: &Options) -> Result<Judged, Vec<Failure>> {
    let index = repository.index().map_err(|e| of(&e))?;
    let staged = index.staged(None).map_err(|e| of(&e))?;
    if staged.is_empty() {
        return Ok(Judged::default());
    }
    // Where the user stands elsewhere, paths are told from the top.
    let here = repository.folder_of(here).ok().flatten();
    let seen = View { here: here.as_ref().map_or("", RelPath::as_str) };
    let (members, odd) = members(&index);
    let mut judged = Judged { failures: unnamed(&odd, &staged), ..Judged::default() };
    judged.failures.extend(unmerged(&index, &members, &seen));
    judged.failures.extend(orphans(repository, &index, &members, &staged, &seen));
    let mut touched = touched(&members, &staged);
    touched.extend(inheriting(&index, &members, &staged));
    let attributes = Attributes::of(&index);
    let top = Arc::new(index.root(None));
    let workspaces: Vec<Failure> = touched.iter().flat_map(|folder| whole(&index, folder, &seen)).collect();
    judged.failures.extend(workspaces);
    let meant: Vec<&String> = touched.iter().filter(|f| !index.unmerged().iter().any(|p| is_below(p, f))).collect();
    let jobs = std::thread::available_parallelism().map_or(2, usize::from);
    let judge = |folder: &&String| one(&top, folder, options);
    let results = crate::remote::each(&meant, jobs, judge);
    let mut red = Vec::new();
    let mut told = BTreeSet::new();
    for (folder, mut result) in meant.into_iter().zip(results) {
        if let Ok(Some(verdict)) = &mut result {
            let ground = in_tree(&top, folder.parse().ok());
            let converted = ground.map(|ground| converted::findings(&attributes, folder, &ground));
            verdict.findings.extend(converted.unwrap_or_default());
        }
        let Some(result) = result.transpose() else { continue };
        if !result.as_ref().is_ok_and(Verdict::is_clean) {
            red.push(folder.as_str());
        }
        let name = seen.name(folder);
        let mut result = rise(&name, result);
        // What is wrong with a workspace's manifest is wrong in each member, and told once.
        if let Err(failures) = &mut result {
            failures.iter_mut().for_each(|failure| named(failure, &name));
            failures.retain(|failure| told.insert(failure.trouble.clone()));
            if failures.is_empty() {
                continue;
            }
        }
        judged.members.push(Member { name, result });
    }
    if !red.is_empty() {
        judged.hint = Some(hint(repository, &index, &red, options, &seen));
    }
    Ok(judged)
}

/// Members that inherit an archive which names a changed file of their workspace.
fn inheriting(index: &Index, members: &BTreeSet<String>, staged: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    for folder in members {
        let root = index.root(folder.parse().ok().as_ref());
        let bytes = MANIFEST.parse().ok().and_then(|path| root.read(&path, CAP).ok().flatten()).unwrap_or_default();
        if !matches!(Workspace::peek(MANIFEST, &bytes), Ok(Some(_))) {
            continue;
        }
        let Ok(manifest) = Manifest::parse(MANIFEST, &bytes) else { continue };
        let named = manifest.archives.values().flat_map(|archive| archive.keys.files());
        let path = |file: RelPath| if folder.is_empty() { file.to_string() } else { format!("{folder}/{file}") };
        if named.map(path).any(|path| staged.contains(&path)) {
            out.extend(members.iter().filter(|m| is_below(m, folder)).cloned());
        }
    }
    out
}

/// Says whose failure it is, where no place does.
fn named(failure: &mut Failure, member: &str) {
    if failure.trouble.place.is_none() && member != "." {
        failure.trouble.message = format!("{}: {}", visible(member), failure.trouble.message);
    }
}

/// One member of a tree; `None` for a workspace without pins of its own.
fn one(top: &Arc<Root>, folder: &str, options: &Options) -> Result<Option<Verdict>, Vec<Failure>> {
    let ground = in_tree(top, folder.parse().ok())?;
    if !ground.is_judged() {
        return Ok(None);
    }
    verify::judge(&ground, options).map(Some)
}

/// The folders of the index with a manifest, and those whose paths cannot be told safely.
fn members(index: &Index) -> (BTreeSet<String>, Vec<crate::model::PathError>) {
    let (mut members, mut odd) = (BTreeSet::new(), Vec::new());
    for folder in index.folders_with(MANIFEST) {
        match folder {
            Ok(folder) => drop(members.insert(folder.map(|f| f.as_str().to_owned()).unwrap_or_default())),
            Err(error) => odd.push(error),
        }
    }
    (members, odd)
}

/// Members that are touched, but cannot be named.
fn unnamed(odd: &[crate::model::PathError], staged: &[String]) -> Vec<Failure> {
    if odd.is_empty() {
        return Vec::new();
    }
    let folders = folders(staged);
    let wrong: Vec<_> = folders.iter().filter_map(|f| f.parse::<RelPath>().err()).collect();
    let is_touched = |e: &&crate::model::PathError| wrong.contains(e);
    let told = |e: &crate::model::PathError| {
        let trouble = Trouble::new(format!("the folder of a {MANIFEST} cannot be judged: {e}"));
        failure(Class::Usage, trouble.help("rename the folder"))
    };
    odd.iter().filter(is_touched).map(told).collect()
}

/// What a merge left open in a member.
fn unmerged(index: &Index, members: &BTreeSet<String>, seen: &View<'_>) -> Vec<Failure> {
    let of_member = |path: &&String| split(path).1 == MANIFEST || members.iter().any(|m| is_below(path, m));
    let told = |path: &String| {
        let path = seen.path(path);
        let trouble = Trouble::new(format!("{} is not merged: git holds more than one version of it", quoted(&path)));
        let help = format!("write it as it should be, then git add {}", differs::word(&path));
        failure(Class::Usage, trouble.at(Place::file(&path)).help(help))
    };
    index.unmerged().iter().filter(of_member).map(told).collect()
}

/// Locks whose manifest the commit does not have.
fn orphans(
    repository: &Repository,
    index: &Index,
    members: &BTreeSet<String>,
    staged: &[String],
    seen: &View<'_>,
) -> Vec<Failure> {
    let changes: BTreeSet<&str> = staged.iter().map(String::as_str).collect();
    let locks = index.folders_with(lock::FILE).into_iter().flatten();
    let mut failures = Vec::new();
    for folder in locks.map(|f| f.map(|f| f.as_str().to_owned()).unwrap_or_default()) {
        let path = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let (toml, lock) = (path(MANIFEST), path(lock::FILE));
        if members.contains(&folder) || index.unmerged().contains(&toml) {
            continue;
        }
        let is_there = repository.top().join(&toml).is_file();
        let (shown_toml, shown_lock) = (seen.path(&toml), seen.path(&lock));
        let message = if changes.contains(toml.as_str()) {
            format!("{shown_toml} is deleted, but {shown_lock} stays")
        } else if changes.contains(lock.as_str()) && is_there {
            format!("{shown_lock} is staged without {shown_toml}")
        } else {
            continue;
        };
        let help = match is_there {
            true => format!("git add {}", differs::word(&shown_toml)),
            false => format!("git rm --cached {}, if nothing is pinned there any more", differs::word(&shown_lock)),
        };
        failures.push(failure(Class::Usage, Trouble::new(message).at(Place::file(&shown_lock)).help(help)));
    }
    failures
}

/// What is wrong with a workspace as a whole, if a folder is one.
fn whole(index: &Index, folder: &str, seen: &View<'_>) -> Vec<Failure> {
    let root = index.root(folder.parse().ok().as_ref());
    match rise(&seen.name(folder), Err::<Verdict, _>(faults(root))) {
        Ok(_) => Vec::new(),
        Err(failures) => failures,
    }
}

/// What to do: where the work tree is as it should be, what was not staged; otherwise, to stage what
/// is mended.
fn hint(repository: &Repository, index: &Index, red: &[&str], options: &Options, seen: &View<'_>) -> Trouble {
    let passes = |top: &Arc<Root>| {
        red.iter().all(|folder| matches!(one(top, folder, options), Ok(Some(verdict)) if verdict.is_clean()))
    };
    match Root::open(repository.top()).ok().map(Arc::new).filter(passes) {
        Some(disk) => {
            let index_file = repository.index_file();
            let name = index_file.file_name().map(|name| name.to_string_lossy().into_owned());
            let taken = name.is_some_and(|name| name.starts_with("next-index-"));
            Differing::find(&disk, index, red).told(taken, seen)
        }
        None => {
            Trouble::new("what is staged is judged, not the work tree").help("mend it, then git add what was mended")
        }
    }
}

/// From where the user looks.
pub(super) struct View<'a> {
    /// The folder in which the user stands, from the top.
    here: &'a str,
}

impl View<'_> {
    /// A path from the top, as it is from where the user stands; `.` for that folder itself.
    pub(super) fn name(&self, path: &str) -> String {
        let parts = |path: &'_ str| path.split('/').filter(|c| !c.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let (here, path) = (parts(self.here), parts(path));
        let same = here.iter().zip(&path).take_while(|(a, b)| a == b).count();
        let up = here.iter().skip(same).map(|_| "..".to_owned());
        let all: Vec<String> = up.chain(path.into_iter().skip(same)).collect();
        if all.is_empty() { ".".to_owned() } else { all.join("/") }
    }

    /// …and of a file.
    pub(super) fn path(&self, path: &str) -> String {
        self.name(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_where_the_user_stands() {
        for (here, path, expected) in [
            ("", "a/b", "a/b"),
            ("", "", "."),
            ("a", "a", "."),
            ("a", "a/b", "b"),
            ("a", "b", "../b"),
            ("a/x", "a", ".."),
            ("a/x", "ab/y", "../../ab/y"),
        ] {
            assert_eq!(View { here }.name(path), expected, "{path} from {here}");
        }
    }
}
