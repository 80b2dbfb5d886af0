//! The whole of a folder: commits, package.json and yarn.lock as they are to be, packages, what is
//! vendored; all of it verified again before it is an answer.
//!
//! For `resolve`. How yarn runs is `rewrite`'s, what is vendored is `vendored`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::super::folder::Folder;
use super::super::graph::{self, By};
use super::super::keys::Keys;
use super::super::lockfile::{self, Format};
use super::super::manifest::{Section, entry_summary};
use super::super::spec::{self, Descriptor, Spec, SpecError};
use super::super::vendored::{self, Fill, GitTar};
use super::super::{check, package, rewrite};
use super::entry::{self, Member};
use super::intent::{self, Direct};
use super::parts::{self, Part};
use crate::disk::{Change, Root};
use crate::lock::{Artifact, Entry, Evidence};
use crate::model::{CommitId, GitUrl, Place, RelPath, Severity, Sha256, Token, Trouble, quoted};
use crate::remote::Remote;
use crate::source::git::proof::Expected;
use crate::source::git::{self, Follow};
use crate::source::resolve::{Aim, Fault, Resolved, Want};

/// The folder of pins.toml, which `refresh` and `outdated` hand in.
fn root<'a>(want: &Want<'a>) -> Result<&'a Root, Fault> {
    want.root.ok_or_else(|| Fault::usage(Trouble::new("the folder of the pin is not known here")))
}

fn read(path: Option<&RelPath>, want: &Want<'_>) -> Result<Folder, Fault> {
    Folder::read(root(want)?, path).map_err(|faults| {
        let first = faults.into_iter().next().map(|(_, trouble)| trouble);
        Fault::usage(first.unwrap_or_else(|| Trouble::new("the folder cannot be read")))
    })
}

/// The packages that package.json takes from git.
pub(super) fn parts(keys: &Keys, path: Option<&RelPath>, want: &Want<'_>, remote: &Remote) -> Result<Vec<Part>, Fault> {
    let folder = read(path, want)?;
    let direct = intent::direct(keys, &folder, want, remote)?;
    Ok(direct.into_iter().map(|direct| direct.part).collect())
}

/// A git package of yarn.lock as it is to be.
struct Locked {
    /// Its key among the values.
    key: String,
    url: GitUrl,
    commit: CommitId,
    /// berry: the package within the repository.
    workspace: Option<String>,
    place: Place,
}

/// The git packages of a folder's yarn.lock. One that package.json takes bears its name; another one
/// of the same name, its whole descriptor.
fn locked(folder: &Folder, direct: &[Direct]) -> Result<Vec<Locked>, Fault> {
    let wanted: BTreeSet<usize> = graph::reach(folder)
        .edges
        .into_iter()
        .filter(|edge| !matches!(edge.by, By::Entry(_)) && direct.iter().any(|d| d.name == edge.wanted.name))
        .map(|edge| edge.to)
        .collect();
    let mut all: Vec<(bool, Locked)> = Vec::new();
    for (index, entry) in folder.lock.entries.iter().enumerate() {
        let place = Place::line(&folder.lock_file, entry.line);
        let usage = |e: SpecError| Fault::usage(e.to_trouble().at(place.clone()));
        let Some(found) = spec::git_of(&folder.lock.format, entry) else { continue };
        let (url, commit) = found.map_err(usage)?;
        let Some(key) = entry.keys.first() else { continue };
        let descriptor = Descriptor::parse(key).map_err(usage)?;
        let spec = Spec::parse(&folder.lock.format, &descriptor.range).ok();
        let workspace = spec.as_ref().and_then(Spec::git).and_then(|git| git.workspace.clone());
        all.push((!wanted.contains(&index), Locked { key: key.clone(), url, commit, workspace, place }));
    }
    all.sort_by(|a, b| (a.0, &a.1.key).cmp(&(b.0, &b.1.key)));
    let mut named = BTreeSet::new();
    let mut own = |mut l: Locked| {
        let name = Descriptor::parse(&l.key).map(|d| d.name).unwrap_or_default();
        if named.insert(name.clone()) {
            l.key = name;
        }
        l
    };
    Ok(all.into_iter().map(|(_, l)| own(l)).collect())
}

/// Resolves a folder.
pub(super) fn resolve(
    keys: &Keys,
    path: Option<&RelPath>,
    want: &Want<'_>,
    remote: &Remote,
) -> Result<Resolved, Fault> {
    let before = read(path, want)?;
    let direct = intent::direct(keys, &before, want, remote)?;
    let own: Vec<Part> = direct.iter().map(|direct| direct.part.clone()).collect();
    let answers = parts::resolve(&own, want, remote)?;
    let held = parts::held(&own, &answers);
    // Before anybody there is asked.
    let first = hosts(keys, &before, want)?;
    let mut notes = told(&direct, want);
    if want.old.is_none() && !first.is_empty() {
        notes.push(format!("yarn.lock takes tarballs from {}: no other host will be taken", first.join(", ")));
    }
    let mut between = None;
    let mut members: BTreeMap<String, Member> = BTreeMap::new();
    for (direct, answer) in direct.iter().zip(answers) {
        notes.extend(answer.notes.iter().map(|note| format!("{}: {note}", direct.name)));
        between = between.or(answer.between.filter(|_| direct.part.old.is_some() && own.len() == 1));
        members.insert(direct.name.clone(), Member::new(direct.name.clone(), answer.entry, &direct.part.keys));
    }
    let run = Run { keys, want, remote };
    // Before yarn sees them: it would run what they say of how they are built.
    let mut made: BTreeMap<String, GitTar> = BTreeMap::new();
    for d in &direct {
        let Some(member) = members.get_mut(&d.name) else { continue };
        let l = Locked {
            key: d.name.clone(),
            url: d.part.keys.url.clone(),
            commit: commit(&member.entry)?,
            workspace: d.spec.workspace.clone(),
            place: d.part.place.clone(),
        };
        made.insert(d.name.clone(), run.package(&l, &before.lock.format, member, &mut notes)?);
    }
    let after = run.rewritten(before, &direct, &members, &mut notes)?;
    let folder = &after.folder;
    let locked = locked(folder, &direct)?;
    run.transitive(&locked, &mut members, &mut notes)?;
    let mut tars = Vec::new();
    for l in &locked {
        let member = members.get_mut(&l.key);
        let member =
            member.ok_or_else(|| Fault::usage(Trouble::new(format!("{} was not resolved", quoted(&l.key)))))?;
        tars.push(match made.remove(&l.key).filter(|tar| tar.commit == l.commit) {
            Some(tar) => tar,
            None => run.package(l, &folder.lock.format, member, &mut notes)?,
        });
    }
    let artifacts = run.artifacts(&after, tars)?;
    let members: Vec<Member> = locked.iter().filter_map(|l| members.remove(&l.key)).collect();
    let whole = whole(keys, folder, want)?;
    let entry = entry::fold(keys.request().finish(want.platforms), &members, artifacts, whole, want.old, want.today)?;
    if want.aim == Aim::Prove
        && let Some(old) = want.old
    {
        entry::unchanged(old, &entry, &mut notes)?;
    }
    run.verified(folder, &entry)?;
    Ok(Resolved { entry, between, files: after.files, held, notes })
}

/// The folder as it is to be.
struct After {
    folder: Folder,
    /// What of it changes.
    files: Vec<Change>,
}

/// One resolving of one folder.
struct Run<'a> {
    keys: &'a Keys,
    want: &'a Want<'a>,
    remote: &'a Remote,
}

impl Run<'_> {
    /// package.json and yarn.lock as they are to be; to prove what is locked, as they are.
    fn rewritten(
        &self,
        before: Folder,
        direct: &[Direct],
        members: &BTreeMap<String, Member>,
        notes: &mut Vec<String>,
    ) -> Result<After, Fault> {
        if self.want.aim == Aim::Prove {
            return Ok(After { folder: before, files: Vec::new() });
        }
        let root = root(self.want)?;
        let vendor = self.folder_of_vendor()?;
        let mut wanted = Vec::new();
        let manifests = std::iter::once((None, &before.package));
        let workspaces = before.workspaces.iter().enumerate().map(|(at, (_, package))| (Some(at), package));
        for (workspace, package) in manifests.chain(workspaces) {
            for (at, dependency) in package.dependencies.iter().enumerate().filter(|(_, d)| d.section != Section::Peer)
            {
                let Some(direct) = direct.iter().find(|d| d.name == dependency.name) else { continue };
                let Ok(Spec::Git(git)) = Spec::parse(&before.lock.format, &dependency.range) else { continue };
                let member = members.get(&direct.name);
                let commit = member.map(|m| commit(&m.entry)).transpose()?;
                wanted.extend(commit.map(|commit| rewrite::Wanted { workspace, dependency: at, git, commit }));
            }
        }
        let distrusted = self.distrusted(&before);
        let asked =
            rewrite::Asked { root, folder: &before, wanted: &wanted, distrusted: &distrusted, vendor: vendor.as_ref() };
        let rewritten = rewrite::rewrite(&asked, self.remote)?;
        notes.extend(rewritten.notes);
        let mut files = Vec::new();
        for (path, bytes) in rewritten.package_json {
            let package = before.packages().map(|(_, p)| p).find(|p| p.file == path.as_str());
            files.push(Change::new(path, package.map(|p| p.bytes.clone()), Some(bytes)));
        }
        let path =
            before.lock_file.parse().map_err(|e: crate::model::PathError| Fault::usage(Trouble::new(e.to_string())))?;
        files.push(Change::new(path, Some(before.lock_bytes.clone()), Some(rewritten.yarn_lock)));
        Ok(After { folder: rewritten.folder, files })
    }

    /// Entries of git packages that are not what the lock proved of the package at its commit.
    fn distrusted(&self, folder: &Folder) -> Vec<String> {
        let Some(old) = self.want.old else { return Vec::new() };
        let stale = |entry: &&lockfile::Entry| {
            let Some(Ok((_, commit))) = spec::git_of(&folder.lock.format, entry) else { return false };
            let Some(key) = package::key(old, &entry.keys) else { return false };
            package::commit_of(old, key) == Some(commit)
                && package::proof(old, "manifest", key).is_some_and(|m| m != entry_summary(&folder.lock.format, entry))
        };
        folder.lock.entries.iter().filter(stale).flat_map(|entry| entry.keys.clone()).collect()
    }

    /// The files of the lock: those that are vendored, and the tars that prove git packages.
    fn artifacts(&self, after: &After, tars: Vec<GitTar>) -> Result<Vec<Artifact>, Fault> {
        let Some(vendor) = self.folder_of_vendor()? else {
            return Ok(tars.into_iter().map(|tar| tar.artifact).collect());
        };
        let (folder, limit) = (&after.folder, self.want.size_limit);
        let old = self.want.old.filter(|_| self.want.aim != Aim::Prove);
        if folder.lock.format == Format::V1 {
            let fill = Fill { folder, vendor: &vendor, git: &tars, old, root: self.want.root, limit };
            return vendored::fill_mirror(&fill, self.remote);
        }
        // Zips are yarn's own work: those of the same yarn.lock are the same.
        let digest = Sha256::of(&folder.lock_bytes).to_string();
        let own = |a: &&Artifact| a.path.is_some() && a.url.is_none();
        if let Some(old) = self.want.old.filter(|old| old.proof("yarn-lock-sha256") == Some(&digest))
            && old.artifacts.iter().any(|a| own(&a))
            && old
                .artifacts
                .iter()
                .filter(own)
                .all(|a| a.path.as_ref().is_some_and(|p| p.as_str().starts_with(&format!("{vendor}/"))))
            && self.held(old)
        {
            let zips = old.artifacts.iter().filter(own).cloned();
            return Ok(tars.into_iter().map(|tar| tar.artifact).chain(zips).collect());
        }
        let root = root(self.want)?;
        let cache = rewrite::cache(root, folder, &vendor, self.remote)?;
        vendored::take_cache(folder, &cache.packages(), &vendor, &tars, limit, self.remote)
    }

    /// Whether all zips of the old entry can be had without yarn: they stand, or are in the store.
    fn held(&self, old: &Entry) -> bool {
        let zips: Vec<&Artifact> = old.artifacts.iter().filter(|a| a.url.is_none()).collect();
        let asked: Vec<(RelPath, u64)> = zips.iter().filter_map(|a| Some((a.path.clone()?, a.size))).collect();
        let Some(root) = self.want.root else { return false };
        let stands = |(artifact, looked): (&&Artifact, crate::disk::Looked)| {
            matches!(looked, Ok(Some(found)) if found.sha256 == Some(artifact.sha256))
                || self.remote.store().is_ok_and(|store| store.get(&artifact.sha256).is_some())
        };
        zips.iter().zip(root.hash_all(&asked)).all(stands)
    }

    /// What the old entry has of the git package, if it is still at that commit.
    fn kept(&self, l: &Locked) -> Option<Entry> {
        let old = self.want.old.filter(|_| self.want.aim != Aim::Prove)?;
        let same = package::commit_of(old, &l.key) == Some(l.commit)
            && package::proof(old, "repository", &l.key) == Some(l.url.as_str());
        package::one(old, &l.key).filter(|_| same)
    }

    /// Git packages that other packages take: each at the commit that yarn.lock has.
    fn transitive(
        &self,
        locked: &[Locked],
        members: &mut BTreeMap<String, Member>,
        notes: &mut Vec<String>,
    ) -> Result<(), Fault> {
        let others: Vec<&Locked> = locked.iter().filter(|l| !members.contains_key(&l.key)).collect();
        let part = |l: &Locked| Part {
            key: l.key.clone(),
            keys: git::Keys { url: l.url.clone(), follow: Follow::Commit(l.commit), omit_submodules: false },
            old: self.kept(l),
            bears: Some(l.commit),
            place: l.place.clone(),
        };
        let mut parts: Vec<Part> = others.into_iter().map(part).collect();
        // What is proved of a commit stays so: nobody follows it.
        parts.retain(|part| match &part.old {
            Some(old) if git::stored_object(old).is_some() => {
                members.insert(part.key.clone(), Member::new(part.key.clone(), old.clone(), &part.keys));
                false
            }
            _ => true,
        });
        let aim = if self.want.aim == Aim::Prove { Aim::Prove } else { Aim::Newest };
        let mut want = Want { aim, ..self.want.clone() };
        // One that is new here has nothing that could be proved: it is not in the lock.
        if want.aim == Aim::Prove
            && let Some(part) = parts.iter().find(|part| !self.is_locked(&part.key))
        {
            let trouble = Trouble::new(format!("{} is in yarn.lock, but not in pins.lock", quoted(&part.key)));
            return Err(Fault::alarm(trouble.at(part.place.clone())));
        }
        let old: Vec<Part>;
        let parts = if want.aim == Aim::Prove {
            let own =
                |part: &Part| Part { old: self.want.old.and_then(|e| package::one(e, &part.key)), ..part.clone() };
            old = parts.iter().map(own).collect();
            &old
        } else {
            want.accept_changed = true;
            &parts
        };
        let answers = parts::resolve(parts, &want, self.remote).map_err(no_commit)?;
        for (part, answer) in parts.iter().zip(answers) {
            notes.extend(answer.notes.iter().map(|note| format!("{}: {note}", part.key)));
            members.insert(part.key.clone(), Member::new(part.key.clone(), answer.entry, &part.keys));
        }
        Ok(())
    }

    fn is_locked(&self, key: &str) -> bool {
        self.want.old.is_some_and(|old| package::commit_of(old, key).is_some())
    }

    /// The tar of a git package, and what its own package.json says; what the lock proves already is
    /// not made again.
    fn package(
        &self,
        l: &Locked,
        format: &Format,
        member: &mut Member,
        notes: &mut Vec<String>,
    ) -> Result<GitTar, Fault> {
        if commit(&member.entry)? != l.commit {
            let message = format!("yarn.lock has {} at another commit than package.json", quoted(&l.key));
            return Err(Fault::usage(Trouble::new(message).at(l.place.clone()).found(l.commit.to_string())));
        }
        if let Some(kept) = self.kept(l)
            && KEPT.iter().all(|word| kept.proof(word).is_some())
            && let [tar] = kept.artifacts.as_slice()
        {
            for word in KEPT {
                if let Some(proof) = kept.proof(word) {
                    member.proofs.insert(word, proof.to_owned());
                }
            }
            let artifact = Artifact { path: None, ..tar.clone() };
            let prepare = kept.proof("prepare").is_some();
            if prepare {
                self.vet_prepare(l, format)?;
                member.proofs.insert("prepare", ALLOWED.to_owned());
            }
            return Ok(GitTar { commit: l.commit, artifact, prepare });
        }
        let object = git::stored_object(&member.entry)
            .ok_or_else(|| Fault::usage(Trouble::new("the commit object is not that of the commit")))?;
        let refname = member.entry.proof("ref");
        let at = |mut fault: Fault| {
            fault.trouble.place.get_or_insert_with(|| l.place.clone());
            fault
        };
        let limit = self.want.size_limit;
        let made =
            vendored::git_package(&l.url, &object, refname, l.workspace.as_deref(), limit, self.remote).map_err(at)?;
        notes.extend(made.notes.iter().cloned());
        if made.prepare() {
            self.vet_prepare(l, format)?;
            member.proofs.insert("prepare", ALLOWED.to_owned());
        }
        member.proofs.insert("manifest", made.manifest.summary(format));
        for (word, proof) in Expected::evidence(&made.archive) {
            if let (Some(word), Evidence::One(text)) = (KEPT.iter().find(|w| **w == word), proof) {
                member.proofs.insert(word, text);
            }
        }
        made.tar(&l.key).map_err(at)
    }

    /// What a `prepare` script builds is not pinned.
    fn vet_prepare(&self, l: &Locked, format: &Format) -> Result<(), Fault> {
        let name = Descriptor::parse(&l.key).map_or_else(|_| l.key.clone(), |d| d.name);
        if self.keys.prepare.iter().any(|allowed| allowed.as_str() == name) {
            return Ok(());
        }
        let trouble = Trouble::new(format!(
            "{} has a script `prepare`: what yarn installs is built when it is fetched, and not pinned",
            quoted(&name)
        ))
        .at(l.place.clone());
        let mirrored = self.want.vendor.is_some() && *format == Format::V1;
        let help = match mirrored {
            true => "take a commit with its built files, or a release of a registry: no mirror can hold what it builds"
                .to_owned(),
            false => format!("take a commit with its built files; or allow it in pins.toml: prepare = [\"{name}\"]"),
        };
        Err(Fault::usage(trouble.help(help)))
    }

    /// All of it once more, as `verify` will.
    fn verified(&self, folder: &Folder, entry: &Entry) -> Result<(), Fault> {
        let vendor = self.folder_of_vendor()?;
        let found = check::check(self.keys, self.want.platforms, vendor.as_ref(), entry, folder, root(self.want)?);
        match found.into_iter().find(|(_, severity, _)| *severity == Severity::Error) {
            None => Ok(()),
            Some((id, _, trouble)) => {
                let message = format!("{} ({id})", trouble.message);
                Err(Fault::usage(Trouble { message, ..trouble }))
            }
        }
    }

    fn folder_of_vendor(&self) -> Result<Option<RelPath>, Fault> {
        let Some(vendor) = self.want.vendor else { return Ok(None) };
        let path = vendor.fill(&crate::source::template::Filling::default());
        path.map_err(|e| Fault::usage(Trouble::new(e.to_string())))
    }
}

/// berry's locks name the object of an annotated tag for packages that other packages take: which
/// commit that is, nobody could prove offline.
fn no_commit(mut fault: Fault) -> Fault {
    if fault.trouble.message.ends_with("is a tag, not a commit") {
        fault.trouble.help = Some(
            "yarn.lock has an annotated tag here: name its commit in `resolutions` of package.json \
             (\"NAME\": \"git+https://…#COMMIT\"), run `yarn install` once, then refresh"
                .to_owned(),
        );
    }
    fault
}

/// Evidence of a package whose `prepare` script the manifest allows.
const ALLOWED: &str = "allowed";

/// What is proved of a package once and kept while it stays at its commit.
const KEPT: [&str; 3] = ["manifest", "tar-format", "tree-sha256"];

fn commit(entry: &Entry) -> Result<CommitId, Fault> {
    let text = entry.value("commit").map(Token::as_str).unwrap_or_default();
    text.parse().map_err(|_| Fault::usage(Trouble::new("a package was resolved to no commit")))
}

/// What a person should know of spellings, once: when the package is new to the lock.
fn told(direct: &[Direct], want: &Want<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    for d in direct.iter().filter(|d| d.part.old.is_none() && want.aim != Aim::Prove) {
        if d.spec.insecure {
            notes.push(format!("{}: git:// is neither encrypted nor authenticated: https is written instead", d.name));
        }
        notes.extend(parts::stays(&d.part, "package.json"));
    }
    notes
}

/// The hosts that tarballs of yarn.lock are taken from: those that were locked, or stand in the pin.
fn hosts(keys: &Keys, folder: &Folder, want: &Want<'_>) -> Result<Vec<String>, Fault> {
    let hosts = check::hosts(folder);
    let Some(old) = want.old else { return Ok(hosts.into_iter().collect()) };
    let locked = old.proof("hosts").unwrap_or_default().split(',').filter(|host| !host.is_empty());
    let known: BTreeSet<&str> = locked.chain(keys.hosts.iter().map(|h| h.as_str())).collect();
    let Some(host) = hosts.iter().find(|host| !known.contains(host.as_str())) else {
        return Ok(hosts.into_iter().collect());
    };
    let said = if known.is_empty() { "no host".to_owned() } else { known.into_iter().collect::<Vec<_>>().join(", ") };
    let message = format!("yarn.lock names a host that it did not name when it was locked: {}", quoted(host));
    Err(Fault::usage(
        Trouble::new(message)
            .at(Place::file(&folder.lock_file))
            .expected(said)
            .help(format!("find out why; if it is right, add it to the pin: hosts = [\"{host}\"]")),
    ))
}

/// The evidence of the folder as a whole.
fn whole(keys: &Keys, folder: &Folder, want: &Want<'_>) -> Result<BTreeMap<&'static str, Evidence>, Fault> {
    let mut all = BTreeMap::new();
    let mut put = |word, text: String| all.insert(word, Evidence::One(text));
    put("yarn-lock-sha256", Sha256::of(&folder.lock_bytes).to_string());
    put("lockfile", folder.lock.format.to_string());
    let hosts = hosts(keys, folder, want)?;
    if !hosts.is_empty() {
        put("hosts", hosts.join(","));
    }
    let mut files = BTreeMap::new();
    for path in check::local_files(folder) {
        let here = |trouble: Trouble| Fault::usage(trouble.at(Place::file(&folder.lock_file)));
        let parsed: RelPath = path.parse().map_err(|e: crate::model::PathError| here(Trouble::new(e.to_string())))?;
        match root(want)?.hash(&parsed).map_err(|e| here(e.to_trouble()))? {
            Some(digest) => drop(files.insert(path, digest.to_string())),
            None => return Err(here(Trouble::new(format!("yarn uses {}, which is not there", quoted(&path))))),
        }
    }
    if !files.is_empty() {
        all.insert("file-sha256", Evidence::Each(files));
    }
    Ok(all)
}
