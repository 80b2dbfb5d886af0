//! Follows the git commands of each stage in order: which folder holds which repository, and what of
//! it is there at last.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::instruction::Command;
use super::super::parse::Dockerfile;
use super::super::shell::git::{GitCommand, GitVerb, canonical, join};
use super::super::shell::{Piece, Spelled};
use super::workdir;

/// No more repositories than this are compared for one command, and handed on to the next stage.
const MOST: usize = 128;
/// No more are handed on in a whole file.
const HANDED: usize = 20_000;
/// No more names than this are kept of one repository: of its remotes, of its folders.
const NAMES: usize = 64;
/// No more of what was said on the way is kept.
const ALSO: usize = 16;

/// A repository in a folder of a stage.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) instruction: usize,
    pub(super) stage: Option<usize>,
    pub(super) repository: Option<Spelled>,
    /// The instruction whose variables the repository is written with; likewise the references.
    pub(super) repository_at: usize,
    /// What it is at last: all values that it may have.
    pub(super) references: Vec<Spelled>,
    pub(super) reference_at: usize,
    pub(super) also: Vec<Spelled>,
    pub(super) recursive: bool,
    pub(super) span: Range<usize>,
    folders: Vec<String>,
    remotes: BTreeMap<String, Spelled>,
    /// What FETCH_HEAD is, once something was fetched.
    fetched: Option<Vec<Spelled>>,
    /// Whether something of it was checked out, by clone or later.
    checked: bool,
    /// Whether anything came from outside.
    told: bool,
    /// Whether what it was at first no longer counts: a child stage or another remote went on with it.
    continued: bool,
    /// Whether it was fetched into the folder of another one.
    joined: bool,
    /// The one of an earlier stage that it goes on with, if nothing was checked out here yet.
    from: Option<usize>,
}

/// All that is taken in, in the order of the file.
pub(super) fn follow(file: &Dockerfile) -> Vec<Taken> {
    let folders = workdir::folders(file);
    let mut follower = Follower { file, all: Vec::new(), seen: vec![Vec::new(); file.stages().len()], handed: 0 };
    let mut begun = 0;
    for command in &file.commands().git {
        let Some(stage) = command.stage else { continue };
        while begun <= stage {
            follower.begin(begun);
            begun += 1;
        }
        let from = folders.get(command.instruction).map_or("", String::as_str);
        follower.step(command, stage, &join(from, &command.standing));
    }
    let mut out: Vec<Taken> = follower.all.into_iter().filter(|t| t.told && t.from.is_none()).collect();
    out.retain(|t| !(t.continued && t.references.is_empty()));
    for taken in &mut out {
        if taken.references.is_empty() && !taken.checked {
            // `git init; git fetch URL REF` and no checkout
            taken.references = taken.fetched.take().unwrap_or_default();
            taken.references.truncate(1);
        }
        let last = taken.references.clone();
        taken.also.retain(|said| !last.iter().any(|l| l.text() == said.text()));
    }
    out.sort_by_key(|t| t.span.start);
    out
}

struct Follower<'a> {
    file: &'a Dockerfile,
    all: Vec<Taken>,
    /// Which of all stand in each stage.
    seen: Vec<Vec<usize>>,
    handed: usize,
}

impl Follower<'_> {
    /// A stage begins with what stands in the one that it builds on, and with what it copies.
    fn begin(&mut self, stage: usize) {
        let mut sources = self.copied(stage);
        sources.extend(self.file.stages().get(stage).and_then(|s| s.parent));
        let mut handed = Vec::new();
        for source in sources {
            let all = self.seen.get(source).map_or(&[][..], Vec::as_slice);
            handed.extend(all.iter().rev().take(MOST).rev().copied());
        }
        let skipped = handed.len().saturating_sub(MOST);
        for index in handed.into_iter().skip(skipped) {
            let Some(taken) = self.all.get(index) else { continue };
            let origin = taken.from.unwrap_or(index);
            if self.handed >= HANDED {
                return;
            }
            self.handed += 1;
            let own = Taken { from: Some(origin), ..taken.clone() };
            self.push(stage, own);
        }
    }

    /// The stages that `COPY --from` names.
    fn copied(&self, stage: usize) -> Vec<usize> {
        let stages = self.file.stages();
        let Some(first) = stages.get(stage).map(|s| s.from) else { return Vec::new() };
        let end = stages.get(stage + 1).map_or(self.file.instructions().len(), |s| s.from);
        let mut out = Vec::new();
        for instruction in self.file.instructions().get(first..end).unwrap_or_default() {
            let body = instruction.effective();
            let flag = body.flags.iter().find(|f| f.name == "from" && body.command == Command::Copy);
            let Some(value) = flag.and_then(|f| f.value.clone()) else { continue };
            let name = String::from_utf8_lossy(instruction.line.get(value)).to_ascii_lowercase();
            let before = stages.get(..stage).unwrap_or_default();
            let found = before.iter().rev().take(MOST).find(|s| s.name.as_deref() == Some(name.as_str()));
            let found = found.map(|s| s.index).or_else(|| name.parse().ok().filter(|n| *n < stage));
            if out.len() < MOST && !found.is_none_or(|f| out.contains(&f)) {
                out.extend(found);
            }
        }
        out
    }

    fn push(&mut self, stage: usize, taken: Taken) -> usize {
        self.all.push(taken);
        if let Some(seen) = self.seen.get_mut(stage) {
            seen.push(self.all.len() - 1);
        }
        self.all.len() - 1
    }

    fn last(&self, stage: usize) -> impl Iterator<Item = (usize, &Taken)> {
        let seen = self.seen.get(stage).map_or(&[][..], Vec::as_slice);
        seen.iter().rev().take(MOST).filter_map(|i| self.all.get(*i).map(|t| (*i, t)))
    }

    /// The repository of a folder, by all of its path.
    fn exact(&self, stage: usize, folder: &str) -> Option<usize> {
        self.last(stage).find(|(_, t)| t.folders.iter().any(|f| f == folder)).map(|(i, _)| i)
    }

    /// The repository that a folder may be of: itself, one whose end it is, one above it, the nearest.
    fn find(&self, stage: usize, folder: &str) -> Option<usize> {
        let ends = |t: &Taken| t.folders.iter().any(|f| !f.is_empty() && (within(folder, f) || within(f, folder)));
        let above = |t: &Taken| {
            t.folders
                .iter()
                .any(|f| !f.is_empty() && folder.strip_prefix(f.as_str()).is_some_and(|r| r.starts_with('/')))
        };
        self.exact(stage, folder)
            .or_else(|| self.last(stage).find(|(_, t)| ends(t)).map(|(i, _)| i))
            .or_else(|| self.last(stage).find(|(_, t)| above(t)).map(|(i, _)| i))
            .or_else(|| self.last(stage).next().map(|(i, _)| i))
    }

    fn step(&mut self, command: &GitCommand, stage: usize, folder: &str) {
        match command.verb {
            GitVerb::Clone => self.clone(command, stage, folder),
            GitVerb::Remote => self.remote(command, stage, folder),
            GitVerb::Fetch => self.fetch(command, stage, folder),
            GitVerb::Checkout => self.checkout(command, stage, folder),
            GitVerb::Submodule => self.submodule(command, stage, folder),
        }
    }

    fn clone(&mut self, command: &GitCommand, stage: usize, folder: &str) {
        let url = command.repository.as_ref();
        let to = match (&command.folder, url) {
            (Some(to), _) => join(folder, &canonical(to)),
            (None, Some(url)) => join(folder, last_segment(&canonical(url))),
            (None, None) => folder.to_owned(),
        };
        let local = url.is_some_and(is_local);
        if local {
            let path = url.map(canonical).unwrap_or_default();
            let path = join(folder, path.strip_prefix("file://").unwrap_or(&path));
            if let Some(taken) = self.exact(stage, &path).and_then(|i| self.all.get_mut(i)) {
                // what is checked out there is of what was cloned before
                if taken.folders.len() < NAMES {
                    taken.folders.push(to);
                }
                return;
            }
        }
        let mut taken = fresh(command, url.cloned(), to);
        if let Some(url) = url {
            let name = command.remote.as_ref().map_or_else(|| "origin".to_owned(), canonical);
            taken.remotes.insert(name, url.clone());
        }
        taken.references = command.references.iter().map(|r| plain(r, &taken.remotes)).collect();
        taken.checked = true;
        taken.told = !local;
        self.push(stage, taken);
    }

    fn remote(&mut self, command: &GitCommand, stage: usize, folder: &str) {
        let Some(url) = command.repository.clone() else { return };
        let name = command.remote.as_ref().map(canonical).unwrap_or_default();
        if let Some(taken) = self.exact(stage, folder).and_then(|i| self.all.get_mut(i)) {
            if taken.remotes.len() < NAMES {
                taken.remotes.insert(name, url);
            }
            return;
        }
        let mut taken = fresh(command, Some(url.clone()), folder.to_owned());
        taken.remotes.insert(name, url);
        self.push(stage, taken);
    }

    fn fetch(&mut self, command: &GitCommand, stage: usize, folder: &str) {
        let found = self.find(stage, folder);
        let known = found.and_then(|i| self.all.get(i));
        let named = command.repository.as_ref().map(canonical);
        let by_name = known.and_then(|t| t.remotes.get(named.as_deref().unwrap_or("origin")));
        let url = match (&command.repository, by_name) {
            (_, Some(url)) => Some(url.clone()),
            (Some(word), None) if is_url(word) => Some(word.clone()),
            (Some(word), None) if word.value.is_none() && known.is_none() => Some(word.clone()),
            _ => known.and_then(|t| t.repository.clone()),
        };
        if url.as_ref().is_some_and(is_local) {
            return;
        }
        let same = known.is_some_and(|t| t.told || t.repository.is_some())
            && known.and_then(|t| t.repository.as_ref()).map(canonical) == url.as_ref().map(canonical);
        let index = match found.filter(|_| same) {
            Some(index) => self.own(index, command),
            None => {
                let mut taken = fresh(command, url, folder.to_owned());
                if let Some(old) = found.and_then(|i| self.all.get(i)) {
                    taken.remotes.clone_from(&old.remotes);
                    taken.joined = true;
                }
                self.push(stage, taken)
            }
        };
        let Some(taken) = self.all.get_mut(index) else { return };
        if !taken.told {
            (taken.instruction, taken.stage, taken.span) = (command.instruction, command.stage, command.span());
            taken.told = true;
        }
        if !taken.checked && taken.fetched.is_none() {
            taken.reference_at = command.instruction;
        }
        taken.recursive |= command.recursive;
        let fetched: Vec<Spelled> = command.references.iter().map(|r| plain(r, &taken.remotes)).collect();
        if let Some(before) = taken.fetched.replace(fetched) {
            also(taken, before);
        }
    }

    fn checkout(&mut self, command: &GitCommand, stage: usize, folder: &str) {
        let Some(mut index) = self.find(stage, folder) else { return };
        let text = command.references.first().map(canonical).unwrap_or_default();
        // `upstream/main` is of that remote
        if let Some(remote) = text.split_once('/').map(|(remote, _)| remote) {
            let url = self.all.get(index).and_then(|t| t.remotes.get(remote)).map(canonical);
            let of = |t: &Taken| url.is_some() && t.repository.as_ref().map(canonical) == url;
            index = self.last(stage).find(|(_, t)| of(t)).map_or(index, |(i, _)| i);
        }
        let index = self.own(index, command);
        let Some(taken) = self.all.get_mut(index) else { return };
        let fetched = taken.fetched.clone().unwrap_or_default();
        let before = std::mem::take(&mut taken.references);
        also(taken, before);
        taken.references = if text == "FETCH_HEAD" {
            fetched.into_iter().take(1).collect()
        } else {
            also(taken, fetched);
            let heads = |r: &Spelled| r.value.as_deref() == Some("HEAD");
            command.references.iter().map(|r| plain(r, &taken.remotes)).filter(|r| !heads(r)).collect()
        };
        (taken.reference_at, taken.checked) = (command.instruction, true);
        let now = taken.clone();
        let others: Vec<usize> = self.last(stage).map(|(i, _)| i).filter(|i| *i != index).collect();
        for other in others {
            let Some(other) = self.all.get_mut(other) else { continue };
            if !other.folders.iter().any(|f| now.folders.contains(f)) {
                continue;
            }
            if other.span == now.span {
                // one clone of a loop: each of its repositories is checked out so
                other.references.clone_from(&now.references);
                other.reference_at = now.reference_at;
            } else if now.joined && other.span.start < now.span.start {
                other.continued = true;
            }
        }
    }

    fn submodule(&mut self, command: &GitCommand, stage: usize, folder: &str) {
        if let Some(url) = &command.repository {
            if is_local(url) {
                return;
            }
            let to = command.folder.as_ref().map_or_else(|| last_segment(&canonical(url)).to_owned(), canonical);
            let mut taken = fresh(command, Some(url.clone()), join(folder, &to));
            taken.remotes.insert("origin".to_owned(), url.clone());
            taken.references = command.references.clone();
            (taken.checked, taken.told) = (true, true);
            self.push(stage, taken);
            return;
        }
        if let Some(taken) = self.find(stage, folder).and_then(|i| self.all.get_mut(i)) {
            taken.recursive = true;
        }
        if command.floats {
            let mut taken = fresh(command, None, String::new());
            (taken.checked, taken.told, taken.recursive) = (true, true, true);
            self.all.push(taken);
        }
    }

    /// The repository itself; of an earlier stage's, what this stage makes of it.
    fn own(&mut self, index: usize, command: &GitCommand) -> usize {
        let Some(origin) = self.all.get_mut(index).and_then(|t| t.from.take()) else { return index };
        if let Some(origin) = self.all.get_mut(origin) {
            origin.continued = true;
        }
        if let Some(taken) = self.all.get_mut(index) {
            (taken.instruction, taken.stage, taken.span) = (command.instruction, command.stage, command.span());
            taken.continued = false;
        }
        index
    }
}

fn fresh(command: &GitCommand, repository: Option<Spelled>, folder: String) -> Taken {
    Taken {
        instruction: command.instruction,
        stage: command.stage,
        repository,
        repository_at: command.instruction,
        references: Vec::new(),
        reference_at: command.instruction,
        also: Vec::new(),
        recursive: command.recursive,
        span: command.span(),
        folders: vec![folder],
        remotes: BTreeMap::new(),
        fetched: None,
        checked: false,
        told: false,
        joined: false,
        continued: false,
        from: None,
    }
}

fn also(taken: &mut Taken, said: Vec<Spelled>) {
    for word in said {
        if taken.also.len() < ALSO && !taken.also.iter().any(|a| a.text() == word.text()) {
            taken.also.push(word);
        }
    }
}

/// Whether the end of a folder is another one.
fn within(folder: &str, end: &str) -> bool {
    folder.strip_suffix(end).is_some_and(|before| before.ends_with('/'))
}

/// A ref without what says only where it is kept.
fn plain(reference: &Spelled, remotes: &BTreeMap<String, Spelled>) -> Spelled {
    let mut out = reference.clone();
    for prefix in ["refs/heads/", "refs/tags/", "refs/remotes/", "remotes/", "heads/", "tags/"] {
        if let Some(rest) = out.behind(prefix) {
            out = rest;
            break;
        }
    }
    let names = remotes.keys().take(ALSO).map(String::as_str);
    let names = names.chain(std::iter::once("origin")).map(|name| format!("{name}/"));
    let rest = names.filter(|name| name.len() > 1).find_map(|name| out.behind(&name));
    rest.unwrap_or(out)
}

/// The folder that git makes of a URL.
fn last_segment(url: &str) -> &str {
    let url = url.trim_end_matches('/');
    let last = url.rsplit(['/', ':']).next().unwrap_or(url);
    last.strip_suffix(".git").unwrap_or(last)
}

/// Whether a word is the URL of a repository, rather than the name of a remote.
fn is_url(word: &Spelled) -> bool {
    let text = canonical(word);
    text.contains("://") || text.contains([':', '/']) || text.starts_with('.')
}

/// Whether a repository is a path of the build itself. As git decides: a `:` before the first `/` makes
/// a host of it.
fn is_local(word: &Spelled) -> bool {
    let text = match (&word.value, word.pieces.first()) {
        (Some(value), _) => value.as_str(),
        (None, Some(Piece::Text(first))) if first.contains('/') || first.starts_with("file:") => first.as_str(),
        (None, Some(Piece::Text(first))) if first.starts_with('.') => first.as_str(),
        _ => return false,
    };
    if text.is_empty() {
        return false;
    }
    if text.contains("://") || text.starts_with("file:") {
        return text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:"));
    }
    let head = text.split('/').next().unwrap_or_default();
    !head.contains(':') || text.starts_with(['/', '.', '~'])
}
