//! Where a verb stands: in one folder, or in a workspace with its members.
//!
//! For the verbs. A member takes over what `[workspace]`'s pins.toml says for all, which is looked for
//! upwards: at most to the folder of the git repository, else to the file system's root.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::project::{CAP, MANIFEST, disk, failure, known};
use crate::disk::Root;
use crate::manifest::{Inherited, Manifest, Pattern, Workspace};
use crate::model::{Class, Failure, Place, RelPath, Trouble, glob, quoted};

/// How many entries of a folder are looked at.
const MOST: usize = 100_000;

/// A folder with a pins.toml, not read yet.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    /// Its folder from that of the workspace; `None` where the verb stands in it.
    pub(super) member: Option<RelPath>,
    /// Where the verb stands.
    top: Arc<Root>,
    /// The workspace that it is a member of.
    pub(super) above: Option<Arc<Above>>,
}

/// The workspace of a member.
#[derive(Debug)]
pub(super) struct Above {
    /// Its folder.
    pub(super) root: Root,
    pub(super) inherited: Inherited,
}

/// What stands in the folder that a verb was given.
#[derive(Debug)]
pub(crate) enum Stand {
    /// A folder by itself, or a member by itself.
    One(Ground),
    /// A workspace: its members by name, its own folder first if it has pins; and patterns that name
    /// none.
    Workspace(Vec<Ground>, Vec<Failure>),
}

impl Ground {
    /// Its name in a workspace: the folder, `.` for the workspace's own.
    pub(super) fn name(&self) -> String {
        self.member.as_ref().map_or_else(|| ".".to_owned(), ToString::to_string)
    }

    /// Whether it holds something of its own to be judged: all but a workspace without pins do.
    pub(super) fn is_judged(&self) -> bool {
        let bytes = self.root().ok().and_then(|root| root.read(&known(MANIFEST).ok()?, CAP).ok().flatten());
        let Some(bytes) = bytes.filter(|bytes| matches!(Workspace::peek(MANIFEST, bytes), Ok(Some(_)))) else {
            return true;
        };
        Manifest::parse(MANIFEST, &bytes).map_or(true, |manifest| !manifest.pins.is_empty())
    }

    /// Opens the folder.
    pub(super) fn root(&self) -> Result<Root, Failure> {
        let opened = match &self.member {
            Some(folder) => self.top.below(folder).map_err(|e| disk(&e))?,
            None => Some(self.top.again().map_err(|e| disk(&e))?),
        };
        opened.ok_or_else(|| failure(Class::Undone, Trouble::new(format!("the folder {} is gone", self.name()))))
    }
}

/// Looks where a verb stands.
pub(crate) fn stand(dir: &Path) -> Result<Stand, Vec<Failure>> {
    let root = Root::open(dir).map_err(|e| vec![disk(&e)])?;
    let bytes = root.read(&known(MANIFEST).map_err(|f| vec![f])?, CAP).map_err(|e| vec![disk(&e)])?;
    // What cannot be read is told where it is read as a manifest.
    let workspace = bytes.as_deref().and_then(|bytes| Workspace::peek(MANIFEST, bytes).ok().flatten());
    if let Some(workspace) = workspace {
        return members(root, &bytes.unwrap_or_default(), &workspace);
    }
    let above = repository(dir).map(|(top, folder)| above(&top, &folder)).transpose()?.flatten();
    Ok(Stand::One(Ground { member: None, top: Arc::new(root), above }))
}

/// What is wrong with the workspace that stands at the top of a tree, beyond its members; nothing if
/// there is none. A manifest that cannot be read is told by who judges the folder.
pub(crate) fn faults(root: Root) -> Vec<Failure> {
    let bytes = known(MANIFEST).ok().and_then(|path| root.read(&path, CAP).ok().flatten()).unwrap_or_default();
    match Workspace::peek(MANIFEST, &bytes).ok().flatten().map(|workspace| members(root, &bytes, &workspace)) {
        Some(Ok(Stand::Workspace(_, failures))) => failures,
        _ => Vec::new(),
    }
}

/// A folder of a tree, with what it inherits from a workspace in the tree: for the index of git.
pub(crate) fn in_tree(top: &Arc<Root>, folder: Option<RelPath>) -> Result<Ground, Vec<Failure>> {
    let above = folder.as_ref().map(|folder| above(top, folder)).transpose()?.flatten();
    Ok(Ground { member: folder, top: top.clone(), above })
}

/// The folders of a workspace that has this manifest.
fn members(root: Root, bytes: &[u8], workspace: &Workspace) -> Result<Stand, Vec<Failure>> {
    let usage = |trouble: Trouble| failure(Class::Usage, trouble);
    let manifest = Manifest::parse(MANIFEST, bytes).map_err(|all| all.into_iter().map(usage).collect::<Vec<_>>())?;
    let mut failures = Vec::new();
    let mut folders = BTreeSet::new();
    for pattern in &workspace.members {
        let file: RelPath = format!("{}/{MANIFEST}", pattern.value)
            .parse()
            .map_err(|e: crate::model::PathError| vec![usage(Trouble::new(e.to_string()).at(pattern.place.clone()))])?;
        let listing = root.list(std::slice::from_ref(&file)).map_err(|e| vec![disk(&e)])?;
        if pattern.value.is_plain() && !listing.missing.is_empty() {
            let message = format!("there is no {MANIFEST} in the member {}", quoted(pattern.value.as_str()));
            failures.push(usage(Trouble::new(message).at(pattern.place.clone())));
        }
        failures.extend(listing.notes.into_iter().map(usage));
        failures.extend(linked(&root, workspace, &pattern.value).into_iter().map(usage));
        let named = listing.files.iter().filter_map(|f| f.as_str().rsplit_once('/')?.0.parse::<RelPath>().ok());
        folders.extend(named.filter(|folder| workspace.has(folder.as_str())));
    }
    let top = Arc::new(root);
    // Places in it are told as seen from a member, whose depth counts.
    let mut above: BTreeMap<usize, Arc<Above>> = BTreeMap::new();
    let mut all = Vec::with_capacity(folders.len() + 1);
    if !manifest.pins.is_empty() {
        all.push(Ground { member: None, top: top.clone(), above: None });
    }
    for folder in folders {
        let depth = folder.as_str().split('/').count();
        let above = match above.get(&depth) {
            Some(above) => above.clone(),
            None => {
                let root = top.again().map_err(|e| vec![disk(&e)])?;
                let new = seen_from(depth, bytes, root)?;
                above.insert(depth, new.clone());
                new
            }
        };
        all.push(Ground { member: Some(folder), top: top.clone(), above: Some(above) });
    }
    if all.is_empty() && failures.is_empty() {
        let place = workspace.members.first().map_or_else(|| Place::file(MANIFEST), |p| p.place.clone());
        let trouble = Trouble::new("the workspace has no members").at(place);
        failures.push(usage(trouble.expected(format!("folders with a {MANIFEST}")).found("none")));
    }
    Ok(Stand::Workspace(all, failures))
}

/// Folders that a pattern names but that are symlinks, though there is a pins.toml behind: they are not
/// followed, and silence would be a wrong ok.
fn linked(root: &Root, workspace: &Workspace, pattern: &Pattern) -> Vec<Trouble> {
    let (above, last) = pattern.as_str().rsplit_once('/').map_or((None, pattern.as_str()), |(a, l)| (Some(a), l));
    let above: Option<RelPath> = match above.map(str::parse).transpose() {
        Ok(above) => above,
        Err(_) => return Vec::new(),
    };
    let mut left = MOST;
    let folders = root.folders(above.as_ref(), &mut left).unwrap_or_default();
    let path = |name: &str| above.as_ref().map_or_else(|| name.to_owned(), |above| format!("{above}/{name}"));
    folders
        .into_iter()
        .filter(|below| below.is_link && glob(last, &below.name) && workspace.has(&path(&below.name)))
        .filter(|below| root.is_held() || root.dir().join(path(&below.name)).join(MANIFEST).exists())
        .map(|below| {
            let trouble =
                Trouble::new(format!("the member {} is a symlink, which is not followed", quoted(&path(&below.name))));
            trouble
                .at(Place::file(MANIFEST))
                .help("name the folder that it leads to, and write the link under `exclude`")
        })
        .collect()
}

/// A workspace as a member so many folders below sees it.
fn seen_from(depth: usize, bytes: &[u8], root: Root) -> Result<Arc<Above>, Vec<Failure>> {
    let file = format!("{}{MANIFEST}", "../".repeat(depth));
    let manifest = Manifest::parse(&file, bytes)
        .map_err(|all| all.into_iter().map(|t| failure(Class::Usage, t)).collect::<Vec<_>>())?;
    Ok(Arc::new(Above { root, inherited: Inherited::of(&manifest) }))
}

/// The tree in which a workspace is looked for, and the folder's path in it.
fn repository(dir: &Path) -> Option<(Root, RelPath)> {
    let full = if dir.as_os_str().is_empty() { Path::new(".") } else { dir }.canonicalize().ok()?;
    let top = full.ancestors().find(|a| a.join(".git").exists()).or_else(|| full.ancestors().last())?;
    let folder = full.strip_prefix(top).ok()?.to_str()?.parse().ok()?;
    Some((Root::open(top).ok()?, folder))
}

/// The workspace that a folder of a tree is a member of.
fn above(top: &Root, folder: &RelPath) -> Result<Option<Arc<Above>>, Vec<Failure>> {
    let path = folder.as_str();
    let cuts: Vec<usize> = std::iter::once(0).chain(path.match_indices('/').map(|(at, _)| at)).collect();
    for cut in cuts.into_iter().rev() {
        let (outer, inner) = path.split_at_checked(cut).unwrap_or(("", path));
        let inner = inner.trim_start_matches('/');
        let file = if outer.is_empty() { MANIFEST.to_owned() } else { format!("{outer}/{MANIFEST}") };
        // One that cannot be read may be this folder's workspace: then nothing is known of what it inherits.
        let Ok(known) = file.parse::<RelPath>() else { continue };
        let Some(bytes) = top.read(&known, CAP).map_err(|e| vec![disk(&e)])? else { continue };
        let shown = format!("{}{MANIFEST}", "../".repeat(inner.split('/').count()));
        let workspace = Workspace::peek(&shown, &bytes).map_err(|trouble| vec![failure(Class::Usage, trouble)])?;
        if !workspace.is_some_and(|w| w.has(inner)) {
            continue;
        }
        let root = match outer.parse::<RelPath>() {
            Ok(outer) => top.below(&outer),
            Err(_) => top.again().map(Some),
        };
        let root = root.map_err(|e| vec![disk(&e)])?;
        return root.map(|root| seen_from(inner.split('/').count(), &bytes, root)).transpose();
    }
    Ok(None)
}
