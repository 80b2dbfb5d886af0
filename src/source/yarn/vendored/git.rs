//! A git package at its commit: the tar of its tree, and what its own package.json says.
//!
//! For `resolve`, for folders that are vendored and for those that are not: the tar's digest stands in
//! the lock either way. The tar is that of a git pin, made of objects that were hashed: the files as
//! they are committed. That is what `git archive` gives, and so what yarn 1 keeps of a commit, except
//! where attributes (`export-ignore`, `export-subst`) or a `prepare` script have yarn keep something
//! else; the notes and [`GitPackage::prepare`] say so.

use std::io::Read as _;

use crate::disk::Stored;
use crate::model::{Class, CommitId, GitUrl, Trouble, quoted};
use crate::remote::Remote;
use crate::remote::git::CommitObject;
use crate::source::git::archive::Archive;
use crate::source::git::{self, Follow};
use crate::source::resolve::Fault;
use crate::source::yarn::manifest::Package;

/// The most bytes of a package.json.
const MANIFEST: u64 = 16 << 20;

/// The most package.json files of one repository that are looked through for a workspace.
const MANIFESTS: usize = 10_000;

/// One git package.
#[derive(Clone, Debug)]
pub struct GitPackage {
    /// Where it was fetched from.
    pub url: GitUrl,
    /// Its commit.
    pub commit: CommitId,
    /// The tar, in the store.
    pub stored: Stored,
    /// What was proved of the tar; [`crate::source::git::proof::Expected::evidence`] makes the lock's
    /// evidence of it.
    pub archive: Archive,
    /// Its package.json; `file` is the path in the repository: `package.json`, or a workspace's.
    pub manifest: Package,
    /// Things worth knowing, each one sentence.
    pub notes: Vec<String>,
}

impl GitPackage {
    /// Whether it has a script `prepare`: yarn 1 then keeps what the script builds, not what is
    /// committed.
    #[must_use]
    pub fn prepare(&self) -> bool {
        self.manifest.lifecycle.iter().any(|script| script == "prepare")
    }
}

/// What is read of a package.json that may be a workspace's.
#[derive(serde::Deserialize)]
struct Head {
    name: Option<serde_json::Value>,
}

impl Head {
    fn name(&self) -> Option<&str> {
        self.name.as_ref()?.as_str()
    }
}

/// Fetches a git package: its tree becomes a tar in the store, and its package.json is read out of
/// that. `refname` may lead to the commit, for servers that refuse a bare id; `workspace` is the name of
/// a package within the repository, where berry takes one; `limit` is the tar's size at most, 2 GiB
/// without it.
///
/// # Errors
/// As for a vendored git pin: unreachable, forged, too large, or a tree with entries that are not taken,
/// submodules and pointers of Git LFS among them; besides, no package.json, or not the workspace.
pub fn git_package(
    url: &GitUrl,
    commit: &CommitObject,
    refname: Option<&str>,
    workspace: Option<&str>,
    limit: Option<u64>,
    remote: &Remote,
) -> Result<GitPackage, Fault> {
    let keys = git::Keys { url: url.clone(), follow: Follow::Commit(commit.id), omit_submodules: false };
    let (stored, archive) = git::tar(&keys, commit, refname, limit, remote, None).map_err(without_keys)?;
    let here = |trouble: Trouble| {
        let message = format!("{} at {}: {}", quoted(url.as_str()), commit.id, trouble.message);
        Fault::usage(Trouble { message, ..trouble })
    };
    let tar = open(&stored, remote)?;
    let (file, manifest) = match workspace {
        None => root_manifest(tar),
        Some(name) => workspace_manifest(tar, name),
    }
    .map_err(here)?;
    let first = |troubles: Vec<Trouble>| troubles.into_iter().next().unwrap_or_else(|| Trouble::new("it is none"));
    let manifest = Package::parse(&file, manifest).map_err(|troubles| here(first(troubles)))?;
    let notes = archive.notes.iter().map(|note| format!("{}: {note}", quoted(url.as_str()))).collect();
    Ok(GitPackage { url: url.clone(), commit: commit.id, stored, archive, manifest, notes })
}

/// A yarn pin has no key for submodules: the help of git pins would mislead.
fn without_keys(fault: Fault) -> Fault {
    let Fault { standing, class, mut trouble } = fault;
    if trouble.help.as_deref().is_some_and(|help| help.contains("submodules")) {
        trouble.help = Some("take a commit without submodules, or the package from a registry".to_owned());
    }
    Fault { standing, class, trouble }
}

fn open(stored: &Stored, remote: &Remote) -> Result<std::fs::File, Fault> {
    let store = remote.store().map_err(|e| Fault::unreachable(e.class(), e.trouble()))?;
    let undone = |what: String| Fault::unreachable(Class::Undone, Trouble::new(what));
    let path = store.get(&stored.sha256).ok_or_else(|| undone("the store lost a tar while it was read".to_owned()))?;
    std::fs::File::open(path).map_err(|e| undone(format!("a tar cannot be read from the store: {e}")))
}

fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Hands each package.json of a tar to `take`, with its path, until that says it has enough.
fn manifests(
    tar: impl std::io::Read,
    wanted: impl Fn(&str) -> bool,
    mut take: impl FnMut(&str, Vec<u8>) -> bool,
) -> Result<(), Trouble> {
    let unread = |e: std::io::Error| Trouble::new(format!("its tar cannot be read: {e}"));
    let mut tar = tar::Archive::new(std::io::BufReader::with_capacity(128 * 1024, tar));
    for entry in tar.entries().map_err(unread)? {
        let mut entry = entry.map_err(unread)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if path.rsplit('/').next() != Some("package.json") || !wanted(&path) {
            continue;
        }
        if !entry.header().entry_type().is_file() {
            return Err(Trouble::new(format!("{} is no plain file", quoted(&path))));
        }
        if entry.size() > MANIFEST {
            return Err(Trouble::new(format!("{} is larger than 16 MiB", quoted(&path))));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(unread)?;
        if take(&path, bytes) {
            break;
        }
    }
    Ok(())
}

pub(super) fn root_manifest(tar: impl std::io::Read) -> Result<(String, Vec<u8>), Trouble> {
    let mut found = None;
    manifests(
        tar,
        |path| path == "package.json",
        |path, bytes| {
            found = Some((path.to_owned(), bytes));
            true
        },
    )?;
    found.ok_or_else(|| Trouble::new("it has no package.json").help("take a commit that is a package"))
}

/// The one package.json that names itself so. Berry takes the workspace of that name; folders below
/// `node_modules` are never workspaces.
fn workspace_manifest(tar: impl std::io::Read, name: &str) -> Result<(String, Vec<u8>), Trouble> {
    let (mut found, mut seen) = (Vec::new(), 0);
    let wanted = |path: &str| path.split('/').all(|part| part != "node_modules");
    manifests(tar, wanted, |path, bytes| {
        seen += 1;
        let head = serde_json::from_slice::<Head>(without_bom(&bytes));
        if head.is_ok_and(|head| head.name() == Some(name)) {
            found.push((path.to_owned(), bytes));
        }
        found.len() > 1 || seen > MANIFESTS
    })?;
    let none = || Trouble::new(format!("it has no workspace {}", quoted(name)));
    if seen > MANIFESTS {
        return Err(none().found(format!("more than {MANIFESTS} package.json files")));
    }
    if let [(first, _), (second, _), ..] = found.as_slice() {
        let both = format!("{} and {}", quoted(first), quoted(second));
        return Err(Trouble::new(format!("it has more than one workspace {}", quoted(name))).found(both));
    }
    found.pop().ok_or_else(none)
}
