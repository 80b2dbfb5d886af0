//! What `init` works on: the folder that it was given, and those below that hold Dockerfiles.
//!
//! For `init`. Reads; decides which folders are members of a workspace, and drafts nothing.

use std::path::Path;

use super::super::members::Seen as _;
use super::super::project::{CAP, MANIFEST, disk, dockerfiles, failure, known};
use super::super::stand::{Stand, stand};
use super::super::walk;
use super::{no_dockerfile, unopened};
use crate::disk::{ProcessLock, Recovery, Root, interrupted, recover};
use crate::dockerfile::Dockerfile;
use crate::manifest::edit::HEAD;
use crate::manifest::{Inherited, Manifest, Workspace, is_dockerfile};
use crate::model::{Class, Event, Events, Failure, Place, RelPath, Trouble, quoted};

/// One folder, read.
pub(super) struct Folder {
    /// From the folder that was given; `None` for that itself.
    pub(super) member: Option<RelPath>,
    pub(super) root: Root,
    pub(super) inherited: Inherited,
    /// pins.toml as it stands.
    pub(super) before: Option<Vec<u8>>,
    /// The same as text; where there is none, the head of a new one.
    pub(super) text: String,
    pub(super) manifest: Manifest,
    pub(super) files: Vec<Dockerfile>,
    /// Dockerfiles that cannot be read, and why.
    pub(super) unread: Vec<Failure>,
}

/// All of them; the given folder first, if it has something of its own or must name the others.
pub(super) struct Scope {
    pub(super) folders: Vec<Folder>,
    /// Folders that are left alone, and why.
    pub(super) notes: Vec<Trouble>,
    workspace: Option<Workspace>,
    /// Whether `*` means the new members and no other folder.
    star: bool,
}

impl Folder {
    pub(super) fn name(&self) -> String {
        self.member.as_ref().map_or_else(|| ".".to_owned(), ToString::to_string)
    }

    fn read(member: Option<RelPath>, root: Root, inherited: &Inherited) -> Result<Self, Vec<Failure>> {
        let one = |f: Failure| vec![f];
        let before = known(MANIFEST).and_then(|p| root.read(&p, CAP).map_err(|e| disk(&e))).map_err(one)?;
        let usage = |trouble: Trouble| failure(Class::Usage, trouble);
        let text = match &before {
            None => HEAD.to_owned(),
            Some(bytes) => String::from_utf8(bytes.clone())
                .map_err(|_| vec![usage(Trouble::new(format!("{MANIFEST} is not UTF-8")).at(Place::file(MANIFEST)))])?,
        };
        let text = if text.trim().is_empty() { HEAD.to_owned() } else { text };
        let manifest = Manifest::parse_under(MANIFEST, text.as_bytes(), inherited)
            .map_err(|all| all.into_iter().map(usage).collect::<Vec<_>>())?;
        let (mut broken, mut unread) = (Vec::new(), Vec::new());
        let files = dockerfiles(&root, manifest.image.dockerfiles.as_deref(), &mut broken, &mut unread);
        unread.extend(broken.into_iter().map(usage));
        Ok(Self { member, root, inherited: inherited.clone(), before, text, manifest, files, unread })
    }
}

impl Scope {
    /// Reads everything, or says everything that stops it.
    pub(super) fn read(dir: &Path) -> Result<Self, Vec<Failure>> {
        let root = Root::open(dir).map_err(|e| unopened(&e))?;
        let workspace = workspace(&root, MANIFEST)?;
        let above = match &workspace {
            Some(_) => None,
            None => match stand(dir)? {
                Stand::One(ground) => ground.above,
                Stand::Workspace(..) => None,
            },
        };
        let inherited = above.as_ref().map(|above| above.inherited.clone()).unwrap_or_default();
        let own = Folder::read(None, root.again().map_err(|e| unopened(&e))?, &inherited)?;
        let mut notes = Vec::new();
        let below = candidates(&root, &own.manifest, workspace.as_ref(), &mut notes)?;
        let mut scope = Self { folders: Vec::new(), notes, workspace, star: false };
        if above.is_some() && !below.is_empty() {
            let names: Vec<&str> = below.iter().map(RelPath::as_str).collect();
            let trouble = Trouble::new(format!("Dockerfiles below a member are not adopted: {}", names.join(", ")));
            scope.notes.push(trouble.help("dubo-pin -C DIR init, in the folder of the workspace"));
        }
        let below = if above.is_some() { Vec::new() } else { below };
        let has_own = !own.files.is_empty() || !own.unread.is_empty() || !own.manifest.pins.is_empty();
        if !has_own && below.is_empty() {
            return Err(no_dockerfile(dir));
        }
        let inherited = Inherited::of(&own.manifest);
        let mut failures = Vec::new();
        scope.folders.push(own);
        for folder in below {
            let name = folder.to_string();
            let read = match root.below(&folder) {
                Ok(Some(inner)) => Folder::read(Some(folder), inner, &inherited),
                Ok(None) => continue,
                Err(error) => Err(unopened(&error)),
            };
            match read {
                Ok(folder) => scope.folders.push(folder),
                Err(mut all) => {
                    all.iter_mut().for_each(|f| f.trouble.rise(&name));
                    failures.extend(all);
                }
            }
        }
        if !failures.is_empty() {
            return Err(failures);
        }
        scope.star = scope.is_star(&root)?;
        Ok(scope)
    }

    pub(super) fn is_workspace(&self) -> bool {
        self.workspace.is_some() || self.folders.len() > 1
    }

    /// What `[workspace] members` must name beside what it does.
    pub(super) fn new_members(&self) -> Vec<String> {
        if self.star {
            return vec!["*".to_owned()];
        }
        let all = self.folders.iter().filter_map(|f| f.member.as_ref()).map(RelPath::as_str);
        all.filter(|f| !self.workspace.as_ref().is_some_and(|w| w.has(f))).map(str::to_owned).collect()
    }

    /// Whether `*` names the members: several, all directly below, and no other folder that it means.
    fn is_star(&self, root: &Root) -> Result<bool, Vec<Failure>> {
        let members: Vec<&str> = self.folders.iter().filter_map(|f| f.member.as_ref()).map(RelPath::as_str).collect();
        if self.workspace.is_some() || members.len() < 2 || members.iter().any(|m| m.contains('/')) {
            return Ok(false);
        }
        let pattern = known(&format!("*/{MANIFEST}")).map_err(|f| vec![f])?;
        let listing = root.list(&[pattern]).map_err(|e| unopened(&e))?;
        let mut meant = listing.files.iter().filter_map(|f| f.as_str().split_once('/'));
        Ok(meant.all(|(folder, _)| members.contains(&folder)))
    }
}

/// The folders below that are to be members.
fn candidates(
    root: &Root,
    own: &Manifest,
    workspace: Option<&Workspace>,
    notes: &mut Vec<Trouble>,
) -> Result<Vec<RelPath>, Vec<Failure>> {
    let mut out: Vec<RelPath> = Vec::new();
    let mut nested: Vec<String> = Vec::new();
    // Who names Dockerfiles below its folder has these: folder with a slash, and its manifest's patterns.
    let mut naming = vec![(String::new(), own.image.dockerfiles.clone())];
    for found in walk::folders(root).map_err(|e| unopened(&e))? {
        let folder = found.folder.as_str();
        let excluded = workspace.is_some_and(|w| w.exclude.iter().any(|p| p.value.matches(folder)));
        if excluded || nested.iter().any(|n| folder.starts_with(n.as_str())) {
            continue;
        }
        let named = workspace.is_some_and(|w| w.has(folder));
        if found.has_manifest {
            let file = format!("{folder}/{MANIFEST}");
            let bytes = known(&file).and_then(|p| root.read(&p, CAP).map_err(|e| disk(&e))).map_err(|f| vec![f])?;
            let bytes = bytes.unwrap_or_default();
            if !named && matches!(Workspace::peek(&file, &bytes), Ok(Some(_))) {
                let trouble = Trouble::new(format!("{} is a workspace of its own: it is left alone", quoted(folder)));
                notes.push(trouble.help(format!("dubo-pin -C {folder} init")));
                nested.push(format!("{folder}/"));
                continue;
            }
            let patterns = Manifest::parse(&file, &bytes).ok().and_then(|m| m.image.dockerfiles);
            naming.push((format!("{folder}/"), patterns));
        }
        let claimed = |path: &RelPath| {
            naming.iter().any(|(above, patterns)| {
                let inner = path.as_str().strip_prefix(above.as_str());
                patterns.is_some() && inner.is_some_and(|inner| is_dockerfile(patterns.as_deref(), inner))
            })
        };
        let new = found.dockerfiles.iter().any(|path| !claimed(path));
        if new || (named && found.has_manifest) {
            out.push(found.folder);
        }
    }
    Ok(out)
}

fn workspace(root: &Root, file: &str) -> Result<Option<Workspace>, Vec<Failure>> {
    let bytes = known(MANIFEST).and_then(|p| root.read(&p, CAP).map_err(|e| disk(&e))).map_err(|f| vec![f])?;
    let Some(bytes) = bytes else { return Ok(None) };
    Workspace::peek(file, &bytes).map_err(|trouble| vec![failure(Class::Usage, trouble)])
}

/// Completes or undoes what an earlier run left in the given folder and below, before anything is read.
pub(super) fn recover_all(dir: &Path, events: &dyn Events) -> Result<(), Vec<Failure>> {
    let root = Root::open(dir).map_err(|e| unopened(&e))?;
    let mut all = vec![root.again().map_err(|e| unopened(&e))?];
    for found in walk::folders(&root).map_err(|e| unopened(&e))? {
        all.extend(root.below(&found.folder).map_err(|e| unopened(&e))?);
    }
    for root in all.iter().filter(|root| interrupted(root).is_some()) {
        let process = ProcessLock::take(root).map_err(|e| unopened(&e))?;
        events.emit(Event::Writing);
        let recovery = recover(root, &process).map_err(|e| unopened(&e))?;
        events.emit(Event::Written(recovery != Recovery::Nothing));
    }
    Ok(())
}
