//! `init`: adopts Dockerfiles as they are. Writes pins.toml and nothing else.
//!
//! Straight on: find the folders, read each, see what no pin covers, ask upstreams once, draft pins,
//! write one plan a folder; that of the workspace last. Not here: what is covered (`check`), what a pin
//! is made of (`adopt`), how the text is edited (`manifest`).

mod scope;
mod upstream;
mod write;

use std::path::Path;

use super::members::{self, Answer};
use super::project::{disk, failure};
use crate::adopt;
use crate::check::cover::{Uncovered, uncovered};
use crate::check::{lint, suppress};
use crate::dockerfile::Dockerfile;
use crate::manifest::Manifest;
use crate::model::{Adopted, Class, Events, Failure, GitUrl, Id, Linted, Trouble, Verdict};
use crate::remote::{Remote, each};
use scope::{Folder, Scope};

/// What the command line asks for.
#[derive(Debug)]
pub struct Options {
    /// Show what would be written; write nothing.
    pub dry_run: bool,
    /// How many repositories are asked at once.
    pub jobs: usize,
}

/// Adopts a folder and those below it. Without a remote nobody is asked, and what rests on a guess says
/// so.
///
/// # Errors
/// No Dockerfile; a manifest that cannot be read; a file that cannot be written.
pub fn run(
    dir: &Path,
    options: &Options,
    remote: Option<&Remote>,
    events: &dyn Events,
) -> Result<Answer<Adopted>, Vec<Failure>> {
    if !options.dry_run {
        scope::recover_all(dir, events)?;
    }
    let scope = Scope::read(dir)?;
    let folders: Vec<&Folder> = scope.folders.iter().collect();
    let found: Vec<Found<'_>> = each(&folders, threads(), |folder| {
        let folder: &Folder = folder;
        open(&folder.manifest, &folder.files)
    });
    let nobody = upstream::ask(None, &[], options.jobs, events);
    let cases: Vec<_> = scope.folders.iter().zip(&found).map(|(f, open)| write::case(f, open, &nobody)).collect();
    let mut urls: Vec<GitUrl> = cases.iter().flat_map(adopt::repositories).collect();
    urls.sort();
    urls.dedup();
    let asked = upstream::ask(remote.filter(|_| !urls.is_empty()), &urls, options.jobs, events);
    // Upstreams are asked from one thread at a time; what is drafted then is written side by side.
    let drafts: Vec<_> = scope.folders.iter().zip(&found).map(|(f, open)| write::draft(f, open, &asked)).collect();
    let work: Vec<_> = scope.folders.iter().zip(&found).zip(drafts).collect();
    let made = each(&work, threads(), |((folder, open), drafts)| write::compose(folder, open, drafts));
    let members = scope.new_members();
    let mut results = Vec::with_capacity(made.len());
    // The workspace's own folder stands first, and names the others: it is written last.
    for (folder, made) in scope.folders.iter().zip(made).rev() {
        let name = folder.name();
        let members = if folder.member.is_none() { members.as_slice() } else { &[] };
        let mut result = made.and_then(|made| write::end(folder, made, members, options.dry_run, events));
        if let (Ok(adopted), None) = (&mut result, &folder.member) {
            adopted.notes.extend(scope.notes.iter().cloned());
        }
        results.push((name, result));
    }
    results.reverse();
    members::answer(results.into_iter(), scope.is_workspace().then(Vec::new))
}

/// Says what no pin covers; asks nobody, writes nothing.
///
/// # Errors
/// No Dockerfile; a manifest or a Dockerfile that cannot be read.
pub fn check(dir: &Path) -> Result<Answer<Verdict>, Vec<Failure>> {
    let scope = Scope::read(dir)?;
    let verdict = |folder: &Folder| {
        if !folder.unread.is_empty() {
            return Err(folder.unread.clone());
        }
        let open = open(&folder.manifest, &folder.files);
        let findings = open.uncovered.into_iter().map(|u| u.finding).collect();
        let linted = Linted { dockerfiles: folder.files.len(), ..Linted::default() };
        Ok(Verdict { findings, suppressed: open.suppressed, linted: Some(linted), ..Verdict::default() })
    };
    let results = each(&scope.folders, threads(), verdict);
    let names = scope.folders.iter().map(Folder::name);
    members::answer(names.zip(results), scope.is_workspace().then(Vec::new))
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// What no pin covers, but for what somebody has judged.
struct Found<'a> {
    uncovered: Vec<Uncovered<'a>>,
    suppressed: usize,
}

fn open<'a>(manifest: &Manifest, files: &'a [Dockerfile]) -> Found<'a> {
    let mut uncovered = uncovered(manifest, files);
    let findings = uncovered.iter().map(|u| u.finding.clone()).collect();
    let unseen: Vec<_> = lint::lint(files).into_iter().map(|l| l.finding).collect();
    let settled = suppress::settle(files, &manifest.lint, findings, &unseen);
    uncovered.retain_mut(|u| {
        let own = &u.finding;
        let left = settled.findings.iter().find(|f| f.id == own.id && f.trouble == own.trouble);
        if let Some(left) = left {
            u.finding.severity = left.severity;
        }
        left.is_some() && matches!(u.finding.id, Id::COV001 | Id::PKG001)
    });
    Found { uncovered, suppressed: settled.suppressed }
}

fn no_dockerfile(dir: &Path) -> Vec<Failure> {
    let folder = crate::model::quoted(&dir.display().to_string());
    let trouble = Trouble::new(format!("there is no Dockerfile in {folder}, nor in a folder below it"));
    let help =
        "-C DIR names another folder; Dockerfiles of other names are named by `[image] dockerfiles` in pins.toml";
    vec![failure(Class::Usage, trouble.expected("Dockerfile, Dockerfile.*, *.Dockerfile or Containerfile*").help(help))]
}

fn unopened(error: &crate::disk::DiskError) -> Vec<Failure> {
    vec![disk(error)]
}
