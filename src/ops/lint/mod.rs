//! `lint`: what is wrong with Dockerfiles, without network and without a lock; and the mending of what
//! text alone can mend.
//!
//! Works with a pins.toml, whose `[lint]` counts and whose pins cover what is taken in, and without.
//! Writes nothing but the fixes that it was asked for; `fix` says which these are.

mod fix;
mod taken;

use std::path::Path;
use std::sync::Mutex;

use super::members::{self, Answer};
use super::project::{CAP, MANIFEST, disk, dockerfiles, failure, known, parsed};
use super::stand::Ground;
use super::walk;
use crate::check::cover::uncovered;
use crate::check::lint::{Linted as Told, lint};
use crate::check::suppress::settle;
use crate::disk::{Change, Plan, ProcessLock, Root, interrupted, recover};
use crate::dockerfile::Dockerfile;
use crate::lock;
use crate::manifest::{Inherited, Lint, Manifest};
use crate::model::{
    Class, Event, Events, Failure, Finding, Id, Linted, RelPath, Replacement, Trouble, Verdict, quoted,
};
use taken::Taken;

/// What is asked of lint.
#[derive(Debug, Default)]
pub struct Options {
    /// Members of the workspace, by folder or glob; none means all.
    pub members: Vec<String>,
    /// Mend what text alone can mend.
    pub fix: bool,
    /// Only say what `fix` would do.
    pub dry_run: bool,
}

/// Lints a folder, or all members of a workspace.
///
/// # Errors
/// What kept the manifest or a Dockerfile from being read; a folder with neither.
pub fn run(dir: &Path, options: &Options, events: &dyn Events) -> Result<Answer<Verdict>, Vec<Failure>> {
    // Members are read side by side and written one after the other.
    let turn = Mutex::new(());
    members::each(dir, &options.members, |ground| one(ground, options, events, &turn))
}

/// A folder, as far as lint asks.
struct Case {
    root: Root,
    manifest: Option<Manifest>,
    settings: Lint,
    files: Vec<Dockerfile>,
    /// Dockerfiles that cannot be read as such.
    unread: Vec<Trouble>,
    /// Folders below that are left alone, and why.
    notes: Vec<Trouble>,
}

/// What is told of a folder, and what mends it.
struct Judged {
    verdict: Verdict,
    /// Rules' findings that are told and can be mended.
    mended: Vec<Told>,
}

fn one(ground: &Ground, options: &Options, events: &dyn Events, turn: &Mutex<()>) -> Result<Verdict, Vec<Failure>> {
    let root = ground.root().map_err(|f| vec![f])?;
    let mut notes = Vec::new();
    let writes = options.fix && !options.dry_run;
    if writes && interrupted(&root).is_some() {
        let _turn = turn.lock();
        notes.extend(write(&root, None, events)?);
    }
    let mut case = Case::read(root, ground)?;
    notes.append(&mut case.notes);
    let mut linted = Linted { notes, ..Linted::default() };
    let mut judged = case.judge();
    if options.fix {
        let before: Vec<Vec<u8>> = case.files.iter().map(|f| f.bytes().to_vec()).collect();
        let fixed = fix::fix(&case.files, |files| case.judge_of(files).mended);
        linted.fixed = fixed.findings;
        linted.notes.extend(fixed.notes);
        let mut changes = Vec::new();
        for (file, before) in fixed.files.iter().zip(before) {
            let path = file
                .file()
                .parse()
                .map_err(|e: crate::model::PathError| vec![failure(Class::Usage, Trouble::new(e.to_string()))])?;
            changes.push(Change::new(path, Some(before), Some(file.bytes().to_vec())));
        }
        let plan = Plan::new(changes);
        linted.files = plan.diff();
        if writes && !plan.is_empty() {
            let _turn = turn.lock();
            linted.notes.extend(write(&case.root, Some(&plan), events)?);
            case.files = fixed.files;
            judged = case.judge();
        }
        linted.applied = writes;
    }
    linted.dockerfiles = case.files.len() + case.unread.len();
    linted.fixes = places(&judged, &case.files);
    let mut verdict = judged.verdict;
    verdict.linted = Some(linted);
    Ok(verdict)
}

impl Case {
    fn read(root: Root, ground: &Ground) -> Result<Self, Vec<Failure>> {
        let one = |f: Failure| vec![f];
        let bytes = |name: &str| known(name).and_then(|path| root.read(&path, CAP).map_err(|e| disk(&e)));
        let manifest = match bytes(MANIFEST).map_err(one)? {
            None => None,
            Some(text) => {
                let above = ground.above.as_ref().map(|above| &above.inherited);
                // Without its workspace a member inherits what its lock says.
                let opened = bytes(lock::FILE).ok().flatten().and_then(|bytes| lock::open(&bytes).ok());
                let recorded = if above.is_none() { opened.as_ref().and_then(Inherited::recorded) } else { None };
                let none = Inherited::default();
                let inherited = above.or(recorded.as_ref()).unwrap_or(&none);
                let wrong = |all: Vec<Trouble>| all.into_iter().map(|t| failure(Class::Usage, t)).collect::<Vec<_>>();
                Some(Manifest::parse_under(MANIFEST, &text, inherited).map_err(wrong)?)
            }
        };
        let (mut unread, mut failures) = (Vec::new(), Vec::new());
        let patterns = manifest.as_ref().and_then(|m| m.image.dockerfiles.as_deref());
        let mut files = dockerfiles(&root, patterns, &mut unread, &mut failures);
        let mut notes = Vec::new();
        if manifest.is_none() {
            // as `init` would find them
            let (own, others) = below(&root).map_err(one)?;
            notes = others;
            files.extend(parsed(&root, own, &mut unread, &mut failures));
        }
        if failures.is_empty() && manifest.is_none() && files.is_empty() && unread.is_empty() && notes.is_empty() {
            failures.push(nothing(root.dir()));
        }
        if !failures.is_empty() {
            return Err(failures);
        }
        let settings = manifest.as_ref().map(|m| m.lint.clone()).unwrap_or_default();
        Ok(Self { root, manifest, settings, files, unread, notes })
    }

    /// Everything that is to be told.
    fn judge(&self) -> Judged {
        let mut judged = self.judge_of(&self.files);
        if interrupted(&self.root).is_some() {
            let trouble = Trouble::new("a run was interrupted while it wrote, so files may be half done")
                .help("dubo-pin lint --fix completes it");
            judged.verdict.findings.insert(0, Finding::error(Id::LOCK008, None, trouble));
        }
        judged
    }

    /// The same of other texts of the Dockerfiles, which need not stand on the disk.
    fn judge_of(&self, files: &[Dockerfile]) -> Judged {
        let told = lint(files);
        let open = self.manifest.as_ref().map(|m| uncovered(m, files));
        let taken = Taken::of(files, open.as_deref());
        let (covered, mut findings): (Vec<_>, Vec<_>) =
            told.iter().map(|t| t.finding.clone()).partition(|f| taken.covers(f));
        findings.extend(open.iter().flatten().map(|u| u.finding.clone()));
        findings.extend(self.unread.iter().map(|t| Finding::error(Id::DOC002, None, t.clone())));
        let settled = settle(files, &self.settings, findings, &covered);
        let mut findings = settled.findings;
        taken.once(&mut findings);
        findings.sort_by(|a, b| (&a.trouble.place, a.id, &a.pin).cmp(&(&b.trouble.place, b.id, &b.pin)));
        findings.dedup();
        let is_told = |t: &Told| findings.iter().any(|f| f.id == t.finding.id && f.trouble == t.finding.trouble);
        let mended = told.into_iter().filter(|t| !t.fix.is_empty()).filter(is_told).collect();
        Judged { verdict: Verdict { findings, suppressed: settled.suppressed, ..Verdict::default() }, mended }
    }
}

/// Where the texts of fixes go, by finding of the verdict.
fn places(judged: &Judged, files: &[Dockerfile]) -> std::collections::BTreeMap<usize, Vec<Replacement>> {
    let mut out = std::collections::BTreeMap::new();
    for (index, finding) in judged.verdict.findings.iter().enumerate() {
        let Some(told) =
            judged.mended.iter().find(|t| t.finding.id == finding.id && t.finding.trouble == finding.trouble)
        else {
            continue;
        };
        let Some(file) = files.get(told.file) else { continue };
        let point = |at: usize| {
            let place = file.place(at..at);
            (place.line, place.column)
        };
        let replacement = |edit: &crate::dockerfile::Edit| Replacement {
            file: file.file().to_owned(),
            start: point(edit.range.start),
            end: point(edit.range.end),
            text: String::from_utf8_lossy(&edit.new).into_owned(),
        };
        out.insert(index, told.fix.iter().map(replacement).collect());
    }
    out
}

/// Finishes what an earlier run left, then applies a plan. What it made for that in the folder goes
/// again, unless it was there before.
fn write(root: &Root, plan: Option<&Plan>, events: &dyn Events) -> Result<Option<Trouble>, Vec<Failure>> {
    let one = |e: crate::disk::DiskError| vec![disk(&e)];
    let last = known(lock::FILE).map_err(|f| vec![f])?;
    let process = ProcessLock::take(root).map_err(one)?;
    events.emit(Event::Writing);
    let recovery = recover(root, &process).map_err(one)?;
    if let Some(plan) = plan {
        plan.apply(root, &process, &last).map_err(one)?;
    }
    process.leave(root);
    events.emit(Event::Written(true));
    Ok(recovery.to_trouble())
}

/// The Dockerfiles of the folders below; and folders with a manifest, whose matter theirs are.
fn below(root: &Root) -> Result<(Vec<RelPath>, Vec<Trouble>), Failure> {
    let (mut own, mut others): (Vec<RelPath>, Vec<Trouble>) = (Vec::new(), Vec::new());
    let mut closed: Vec<String> = Vec::new();
    for found in walk::folders(root).map_err(|e| disk(&e))? {
        let folder = found.folder.as_str();
        if found.has_manifest {
            let trouble = Trouble::new(format!("{} has a {MANIFEST} of its own: it is left alone", quoted(folder)));
            others.push(trouble.help(format!("dubo-pin -C {folder} lint")));
            closed.push(format!("{folder}/"));
        } else if !closed.iter().any(|above| folder.starts_with(above.as_str())) {
            own.extend(found.dockerfiles);
        }
    }
    Ok((own, others))
}

fn nothing(dir: &Path) -> Failure {
    let folder = quoted(&dir.display().to_string());
    let trouble = Trouble::new(format!("there is no Dockerfile in {folder}, nor in a folder below it"))
        .expected("Dockerfile, Dockerfile.*, *.Dockerfile or Containerfile*")
        .help("-C DIR names another folder; `[image] dockerfiles` in pins.toml names files of other names");
    failure(Class::Usage, trouble)
}
