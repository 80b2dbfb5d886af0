//! package.json and yarn.lock as they are to be, by the project's own yarn.
//!
//! For `resolve`. Only package.json's ranges of git dependencies are edited here; yarn.lock is what
//! yarn makes of them, in a copy of the folder. What yarn gives back is not trusted: [`judge`] takes
//! nothing but what the moved packages need. Then yarn 1's entries for tarballs get the integrity
//! that it leaves out. Nothing is written to the folder itself.

mod integrity;
mod judge;
mod target;
#[cfg(test)]
mod tests;

use super::folder::Folder;
use super::lockfile::{self, Format};
use super::spec::{self, GitSpec};
use super::vendored::CacheFiles;
use crate::disk::Root;
use crate::model::{Class, CommitId, Place, RelPath, Trouble, quoted};
use crate::remote::Remote;
use crate::remote::yarn::{Copied, Copying, Line, Project, YarnError};
use crate::source::resolve::Fault;

pub use judge::{Change, judge};

/// A git dependency of a package.json, as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The workspace, by its index in `Folder::workspaces`; `None` is the folder's own package.json.
    pub workspace: Option<usize>,
    /// The dependency, by its index in `Package::dependencies`. One name in two sections is two.
    pub dependency: usize,
    /// Its repository, as package.json spells it.
    pub git: GitSpec,
    /// Its commit.
    pub commit: CommitId,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The folder of pins.toml.
    pub root: &'a Root,
    /// The folder as it stands.
    pub folder: &'a Folder,
    /// Each direct git dependency.
    pub wanted: &'a [Wanted],
    /// Keys of entries in yarn.lock that are known to be wrong, such as with dependencies that the
    /// package does not have at its commit. yarn does not get to see those entries.
    pub distrusted: &'a [String],
    /// Where packages are vendored, if they are: it is not copied.
    pub vendor: Option<&'a RelPath>,
}

/// What is to be written.
#[derive(Debug)]
pub struct Rewritten {
    /// The package.json files that change, by their path below the folder of pins.toml.
    pub package_json: Vec<(RelPath, Vec<u8>)>,
    /// The content of yarn.lock, changed or not.
    pub yarn_lock: Vec<u8>,
    /// The folder as it will stand.
    pub folder: Folder,
    /// The copy in which yarn ran, with what it fetched; `None` where nothing had to change.
    pub copied: Option<Copied>,
    /// Things worth knowing.
    pub notes: Vec<String>,
}

/// Makes package.json and yarn.lock what is wanted. yarn runs only if something has to change.
///
/// # Errors
/// No yarn that fits; yarn failed; it changed what it should not have ([`Change`]); an entry does not
/// come to the repository and commit that are wanted; somebody serves other bytes than yarn.lock says.
pub fn rewrite(asked: &Asked<'_>, remote: &Remote) -> Result<Rewritten, Fault> {
    let instead = target::package_json(asked)?;
    target::nothing_outside(asked.folder)?;
    let stale = target::stale(asked);
    if instead.is_empty() && stale.is_empty() && !judge::incomplete(asked.folder) {
        return finished(asked, instead, asked.folder.lock_bytes.clone(), None, Vec::new(), remote);
    }
    let (copied, mut notes) = run(asked, &instead, &stale, remote)?;
    let after = after(asked, &copied, &instead)?;
    if let (Format::Berry { metadata: before, .. }, Format::Berry { metadata: now, .. }) =
        (&asked.folder.lock.format, &after.lock.format)
        && before != now
    {
        let trouble = Trouble::new("the yarn that was found writes another version of yarn.lock than the project has");
        let trouble = trouble.expected(format!("metadata version {before}")).found(format!("metadata version {now}"));
        let help = "run `yarn install` once by hand with that yarn and commit yarn.lock, or name the right yarn: yarnPath, packageManager, DUBO_PIN_YARN";
        return Err(Fault::unreachable(Class::Undone, trouble.help(help)));
    }
    let changes = judge(asked.folder, &after, asked.wanted, &stale);
    if !changes.is_empty() {
        return Err(judge::refusal(&after.lock_file, &changes));
    }
    target::reached(asked, &after)?;
    notes.sort();
    notes.dedup();
    finished(asked, instead, after.lock_bytes, Some(copied), notes, remote)
}

/// Lets berry fill a cache with all that the yarn.lock of a folder names. What stands of it already is
/// handed along.
///
/// # Errors
/// No yarn that fits; yarn failed.
pub fn cache(root: &Root, folder: &Folder, vendor: &RelPath, remote: &Remote) -> Result<Copied, Fault> {
    let fault = |e: YarnError| Fault::unreachable(e.class(), e.to_trouble());
    let yarns = remote.yarn();
    let yarn = yarns.find(&project(root, folder)).map_err(fault)?;
    let mut instead = vec![(target::path(&folder.lock_file)?, folder.lock_bytes.clone())];
    for (_, package) in folder.packages() {
        instead.push((target::path(&package.file)?, package.bytes.clone()));
    }
    let without = [vendor.clone()];
    let copying = Copying { root, folder: folder.path.as_ref(), without: &without, instead: &instead };
    let copied = yarns.copy(&copying).map_err(fault)?;
    let wanted = CacheFiles::of(&folder.lock, &folder.lock_file);
    for inside in root.inside(vendor).unwrap_or_default() {
        let name = inside.path.rsplit('/').next().unwrap_or_default();
        // What yarn.lock does not ask for any more, yarn would leave there.
        if wanted.as_ref().is_ok_and(|wanted| wanted.called(name).is_some()) {
            // One that is missing or is not the right one is fetched by yarn.
            let _ = std::fs::copy(root.dir().join(&inside.path), copied.packages().join(name));
        }
    }
    let locked = folder.lock.entries.iter().filter_map(|entry| spec::git_of(&folder.lock.format, entry)?.ok());
    let mut approved: Vec<String> = locked.map(|(url, _)| url.as_str().to_owned()).collect();
    approved.sort();
    approved.dedup();
    yarns.fill(&yarn, &copied, &approved).map_err(fault)?;
    Ok(copied)
}

/// The project, as its yarn is looked for.
fn project<'a>(root: &'a Root, folder: &'a Folder) -> Project<'a> {
    let line = match &folder.lock.format {
        Format::V1 => Line::Classic,
        Format::Berry { metadata, .. } => Line::Berry(*metadata),
    };
    Project {
        line,
        root,
        folder: folder.path.as_ref(),
        yarn_path: folder.settings.yarn_path.as_ref().map(|s| s.value.as_str()),
        package_manager: folder.package.package_manager.as_deref(),
    }
}

/// Runs the project's yarn in a copy.
fn run(
    asked: &Asked<'_>,
    instead: &[(RelPath, Vec<u8>)],
    stale: &[String],
    remote: &Remote,
) -> Result<(Copied, Vec<String>), Fault> {
    let folder = asked.folder;
    let fault = |e: YarnError| Fault::unreachable(e.class(), e.to_trouble());
    let yarns = remote.yarn();
    let yarn = yarns.find(&project(asked.root, folder)).map_err(fault)?;
    let mut instead = instead.to_vec();
    if !stale.is_empty() {
        let mut lock = folder.lock.clone();
        lock.entries.retain(|entry| !entry.keys.iter().any(|key| stale.contains(key)));
        instead.push((target::path(&folder.lock_file)?, lockfile::write(&lock).into_bytes()));
    }
    let without: Vec<RelPath> = asked.vendor.into_iter().cloned().collect();
    let copying = Copying { root: asked.root, folder: folder.path.as_ref(), without: &without, instead: &instead };
    let copied = yarns.copy(&copying).map_err(fault)?;
    let mut approved: Vec<String> = asked.wanted.iter().map(|w| w.git.url.as_str().to_owned()).collect();
    let locked = folder.lock.entries.iter().filter_map(|entry| spec::git_of(&folder.lock.format, entry)?.ok());
    approved.extend(locked.map(|(url, _)| url.as_str().to_owned()));
    approved.sort();
    approved.dedup();
    // berry looks for the zips of such packages even where it is to fetch nothing (measured with 4.18).
    let local = |key: &String| key.contains("@file:");
    let whole =
        folder.lock.format != Format::V1 && folder.lock.entries.iter().any(|entry| entry.keys.iter().any(local));
    yarns.install(&yarn, &copied, &approved, whole).map_err(fault)?;
    let mut notes = copied.notes.clone();
    if let Some(plugins) = folder.settings.unread.iter().find(|said| said.value == "plugins") {
        let Place { file, line, .. } = &plugins.place;
        notes.push(format!("yarn ran with the plugins that {file}:{line} names"));
    }
    Ok((copied, notes))
}

/// The folder as yarn left it. Every package.json must say what it said; berry may lay it out anew in
/// its copy, which is not taken over.
fn after(asked: &Asked<'_>, copied: &Copied, instead: &[(RelPath, Vec<u8>)]) -> Result<Folder, Fault> {
    let fault = |e: YarnError| Fault::unreachable(e.class(), e.to_trouble());
    let root = copied.root().map_err(fault)?;
    let after = Folder::read(&root, asked.folder.path.as_ref());
    let after = after.map_err(|faults| {
        let first = faults.into_iter().next().map(|(_, trouble)| trouble);
        let why = first.unwrap_or_else(|| Trouble::new("it cannot be read"));
        let trouble = Trouble::new(format!("what yarn wrote cannot be used: {}", why.message));
        Fault::unreachable(
            Class::Undone,
            trouble.help("no file was changed; run `yarn install` by hand and look at what it writes"),
        )
    })?;
    for (name, package) in after.packages() {
        let path = target::path(&package.file)?;
        let given = instead.iter().find(|(p, _)| *p == path).map(|(_, bytes)| bytes.as_slice());
        let before = asked.folder.packages().find(|(n, _)| *n == name).map(|(_, p)| p.bytes.as_slice());
        if !given.or(before).is_some_and(|bytes| says_the_same(bytes, &package.bytes)) {
            let trouble = Trouble::new(format!("yarn would change {} by itself", quoted(&package.file)));
            let help = "run `yarn install` by hand, commit what it makes of package.json, then refresh again";
            return Err(Fault::differs(trouble.help(help)));
        }
    }
    // Its dependencies in the order in which they stand, which berry sorts.
    let mut ours = target::with(asked.folder, instead, &after.lock_bytes)?;
    ours.settings = after.settings;
    Ok(ours)
}

/// Whether two texts of JSON say the same, in the same order.
fn says_the_same(a: &[u8], b: &[u8]) -> bool {
    let read = |bytes: &[u8]| {
        let bare = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        serde_json::from_slice::<serde_json::Value>(bare).ok()
    };
    a == b || matches!((read(a), read(b)), (Some(a), Some(b)) if same(&a, &b))
}

/// Equal but for the spelling of numbers, which is another one after JavaScript read them.
fn same(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// Adds the integrity that yarn 1 leaves out, and reads all of it once more.
fn finished(
    asked: &Asked<'_>,
    package_json: Vec<(RelPath, Vec<u8>)>,
    yarn_lock: Vec<u8>,
    copied: Option<Copied>,
    mut notes: Vec<String>,
    remote: &Remote,
) -> Result<Rewritten, Fault> {
    let yarn_lock = integrity::add(&asked.folder.lock_file, yarn_lock, remote, &mut notes)?;
    let folder = target::with(asked.folder, &package_json, &yarn_lock)?;
    Ok(Rewritten { package_json, yarn_lock, folder, copied, notes })
}
