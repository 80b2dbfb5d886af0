//! `refresh`: resolves pins, writes the lock and the Dockerfiles as one plan.
//!
//! Straight on: read, choose what each pin aims at, resolve all at once, place the values, apply.
//! One pin that fails does not stop the others. Not here: how a kind resolves (`source`), where a
//! value stands (`dockerfile`), how files are written (`disk`).

mod aim;
mod drawn;
mod groups;
mod place;
mod settle;

use std::collections::BTreeMap;
use std::path::Path;

use super::members::{self, Answer};
use super::project::{CAP, MANIFEST, Project, disk, failure, known, no_manifest};
use super::select::{Selection, select};
use super::stand::Ground;
use super::vendoring::{self, From, Vendoring};
use crate::disk::{Change, Plan, ProcessLock, Recovery, recover};
use crate::lock::{self, Lock, LockError, Mended, Opened};
use crate::model::{Class, Day, Event, Events, Failure, PinName, PinOutcome, Refreshed, Time, Token, Trouble};
use crate::remote::Remote;
use crate::source::based::{Based, based};
use crate::source::deb::Archives;
use crate::source::resolve::{Aim, Fault, Want};

pub(super) use drawn::ripen;

use aim::Step;
use place::Placed;
use settle::{Following, Outcome, settle};

/// What the command line asks for.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is an independent flag of the command line")]
pub struct Options {
    /// Names and globs; none means every pin.
    pub names: Vec<String>,
    /// Move nothing: lock what the Dockerfile bears.
    pub keep: bool,
    /// Set exactly this value.
    pub to: Option<Token>,
    /// Prove what is locked from upstream; write nothing.
    pub locked: bool,
    /// Show what would change; write nothing.
    pub dry_run: bool,
    /// How many pins are resolved at once.
    pub jobs: usize,
    /// Overwrite and remove files at vendored places that dubo-pin did not write.
    pub force: bool,
    /// Pins whose changed content under a fixed source is accepted.
    pub accept_changed: Vec<String>,
    /// Today, in UTC.
    pub today: Day,
    /// Now: whether what an archive signed is still fresh.
    pub now: Time,
}

impl Options {
    fn writes(&self) -> bool {
        !self.dry_run && !self.locked
    }

    /// Whether pins follow upstream, rather than stay or go where they are told.
    fn moves(&self) -> bool {
        !self.keep && !self.locked && self.to.is_none()
    }
}

/// So many folders are held open at once, each under its process lock.
const HELD: usize = 64;

/// Refreshes a folder, or the members of a workspace. Without a remote, only what the lock already
/// holds is placed.
///
/// # Errors
/// What kept it from beginning, or from writing; a pin that fails is part of the answer.
pub fn run(
    dir: &Path,
    options: &Options,
    from: &From<'_>,
    events: &dyn Events,
) -> Result<Answer<Refreshed>, Vec<Failure>> {
    let (meant, whole) = members::meant(dir, &options.names)?;
    if options.to.is_some() && meant.len() > 1 {
        let trouble = Trouble::new("--to sets one pin, but several members have one of this name");
        return Err(vec![failure(Class::Usage, trouble.help("name it as MEMBER/PIN"))]);
    }
    let accepted: BTreeMap<String, Vec<String>> = match options.accept_changed.as_slice() {
        [] => BTreeMap::new(),
        some => members::meant(dir, some)?.0.into_iter().map(|(ground, names)| (ground.name(), names)).collect(),
    };
    let none = Vec::new();
    let mut results = Vec::with_capacity(meant.len());
    for chunk in meant.chunks(HELD) {
        let mut jobs: Vec<Result<Job, Vec<Failure>>> = chunk
            .iter()
            .map(|(ground, names)| {
                let names = Names { meant: names, accepted: accepted.get(&ground.name()).unwrap_or(&none) };
                Job::begin(ground, &names, whole.is_some(), options, from.remote, events)
            })
            .collect();
        let mut answers = resolve(&jobs, options, from.remote, events).into_iter();
        for ((ground, _), job) in chunk.iter().zip(jobs.drain(..)) {
            let result = job.and_then(|job| {
                let outcomes = job.steps.iter().map(|(name, _)| name.clone()).zip(answers.by_ref()).collect();
                job.end(outcomes, options, from, events)
            });
            results.push((ground.name(), result));
        }
    }
    members::answer(results.into_iter(), whole)
}

/// What the command line names in one folder.
struct Names<'a> {
    /// The pins; none means every one.
    meant: &'a [String],
    /// Those of which changed content is accepted.
    accepted: &'a [String],
}

/// One folder, read under its process lock, and what is to be done for each pin.
struct Job {
    project: Project,
    mended: Mended,
    process: Option<ProcessLock>,
    selection: Selection,
    accepted: Selection,
    steps: Vec<(PinName, Step)>,
    archives: Archives,
    refreshed: Refreshed,
    /// The member's name, in a workspace.
    member: Option<String>,
}

impl Job {
    fn begin(
        ground: &Ground,
        names: &Names<'_>,
        member: bool,
        options: &Options,
        remote: Option<&Remote>,
        events: &dyn Events,
    ) -> Result<Self, Vec<Failure>> {
        let mut refreshed = Refreshed::default();
        let process = if options.writes() { Some(locked(ground, &mut refreshed, events)?) } else { None };
        let project = Project::of(ground)?;
        let mended = old_lock(&project, options)?;
        for name in &mended.dropped {
            refreshed.notes.push(Trouble::new(format!("both sides of the merge moved {name}: it is locked anew")));
        }
        let mut selection = select(&project.manifest, names.meant)?;
        if options.moves() {
            groups::complete(&project.manifest, &mut selection);
        }
        let accepted = accepted(&project, names.accepted)?;
        let opened = project.lock.as_ref().ok();
        let mut steps = aim::steps(&project, &mended.lock, opened, &selection, options, remote.is_some());
        let archives = drawn::archives(&project, &mended.lock, opened, &mut steps, options, &mut refreshed);
        let member = member.then(|| ground.name());
        Ok(Self { project, mended, process, selection, accepted, steps, archives, refreshed, member })
    }

    fn label(&self, name: &PinName) -> String {
        self.member.as_ref().map_or_else(|| name.to_string(), |member| format!("{member}/{name}"))
    }

    /// What the answers come to: the lock, the files, written.
    fn end(
        self,
        mut outcomes: Vec<(PinName, Outcome)>,
        options: &Options,
        from: &From<'_>,
        events: &dyn Events,
    ) -> Result<Refreshed, Vec<Failure>> {
        let Self { project, mended, process, selection, steps, archives, mut refreshed, .. } = self;
        let mut new = mended.lock.clone();
        let mut follow = Following::default();
        if options.moves() {
            groups::hold(&project.manifest, &mended.lock, &mut outcomes);
        }
        for (name, outcome) in outcomes {
            let files = outcome.files();
            if let Outcome::Resolved(resolved) = &outcome
                && !resolved.held.is_empty()
            {
                refreshed.held.insert(name.clone(), resolved.held.clone());
            }
            refreshed.pins.push(settle(&project, &mended.lock, &mut new, &name, outcome, options));
            follow.extend(files.into_iter().map(|change| (name.clone(), change)));
        }
        let remote = |name: &PinName| project.manifest.pins.get(name)?.source.remote().cloned();
        let pins = refreshed.pins.iter().filter_map(PinOutcome::pin);
        refreshed.remotes = pins.filter_map(|name| Some((name.clone(), remote(name)?))).collect();
        refreshed.notes.extend(archives.notes().into_iter().map(Trouble::new));
        if selection.all && !options.locked {
            prune(&project, &mut new, &mut refreshed);
        }
        if options.locked {
            refreshed.pins.extend(drawn::proved(&project, &mended.lock, &archives, options));
            return Ok(refreshed);
        }
        unplaceable(&project, &mended.lock, &mut new, &mut refreshed);
        // Whatever one gives up, others may have to give up with it: until all stand as they are.
        let vendored = loop {
            drawn::settle(&project, &mended.lock, &mut new, &steps, &archives, options, &mut refreshed);
            if options.moves() {
                let reverted = groups::revert(&project.manifest, &mended.lock, &mut new, &mut refreshed);
                follow.retain(|(name, _)| !reverted.contains(name));
            }
            let before = new.clone();
            let vendored =
                vendor(&project, &mended.lock, &mut new, &mut refreshed, options, from).map_err(|f| vec![f])?;
            if new == before {
                break vendored;
            }
        };
        if options.keep
            && let Some(failure) = drawn::would_move(&project, &mended.lock, &new)
        {
            return Err(vec![failure]);
        }
        let atomic = project.manifest.atomic && refreshed.pins.iter().any(|p| matches!(p, PinOutcome::Failed(_)));
        if atomic {
            refreshed.notes.push(Trouble::new("nothing was written: [policy] atomic = true, and a pin failed"));
            return Ok(refreshed);
        }
        if conflict_stays(&project, &mended.dropped, &new, &mut refreshed) {
            return Ok(refreshed);
        }
        crate::manifest::stamp(&project.manifest, &mut new);
        let follow = following(follow, &refreshed).map_err(|f| vec![f])?;
        let changes = vendored.into_iter().chain(follow).collect();
        let plan = plan(&project, &mended.lock, &new, changes, &mut refreshed).map_err(|f| vec![f])?;
        refreshed.files = plan.diff();
        if let Some(process) = &process
            && !plan.is_empty()
        {
            events.emit(Event::Writing);
            plan.apply(&project.root, process, &known(lock::FILE).map_err(|f| vec![f])?).map_err(|e| vec![disk(&e)])?;
            events.emit(Event::Written(true));
        }
        refreshed.applied = options.writes();
        Ok(refreshed)
    }
}

/// Takes the process lock and completes what an interrupted refresh left.
fn locked(ground: &Ground, refreshed: &mut Refreshed, events: &dyn Events) -> Result<ProcessLock, Vec<Failure>> {
    let root = ground.root().map_err(|f| vec![f])?;
    let manifest = known(MANIFEST).and_then(|path| root.read(&path, CAP).map_err(|e| disk(&e))).map_err(|f| vec![f])?;
    if manifest.is_none() {
        // Nothing may be written beside no manifest.
        return Err(vec![no_manifest(root.dir())]);
    }
    let process = ProcessLock::take(&root).map_err(|e| vec![disk(&e)])?;
    events.emit(Event::Writing);
    let recovery = recover(&root, &process).map_err(|e| vec![disk(&e)])?;
    events.emit(Event::Written(recovery != Recovery::Nothing));
    refreshed.notes.extend(recovery.to_trouble());
    Ok(process)
}

/// The old lock; one with conflict markers is mended.
fn old_lock(project: &Project, options: &Options) -> Result<Mended, Vec<Failure>> {
    match &project.lock {
        Ok(opened) => Ok(Mended { lock: opened.lock.clone(), dropped: Vec::new(), agreed: BTreeMap::new() }),
        Err(error @ LockError::Conflict(_)) if options.writes() || options.dry_run => {
            let mended = project.lock_bytes.as_deref().and_then(lock::mend);
            mended.ok_or_else(|| vec![failure(error.class(), error.trouble().help("one side of the merge is no lock: resolve it by hand, or take one side with git checkout --ours pins.lock"))])
        }
        Err(error) => Err(vec![failure(error.class(), error.trouble())]),
    }
}

/// A conflict leaves the lock only if each pin that it concerns is locked anew: none is lost. Says
/// so where one is not.
fn conflict_stays(project: &Project, dropped: &[PinName], new: &Lock, refreshed: &mut Refreshed) -> bool {
    let lost = |name: &&PinName| !new.pins.contains_key(*name) && project.manifest.pins.contains_key(*name);
    let Some(name) = dropped.iter().find(lost) else { return false };
    let told = |p: &PinOutcome| matches!(p, PinOutcome::Failed(f) if f.pin.as_ref() == Some(name));
    if !refreshed.pins.iter().any(told) {
        let trouble = Trouble::new(format!(
            "{} holds git's conflict markers about this pin, which is not refreshed now",
            lock::FILE
        ))
        .help("dubo-pin refresh --keep, without names, mends it");
        refreshed.pins.push(PinOutcome::Failed(Failure { pin: Some(name.clone()), class: Class::Usage, trouble }));
    }
    let note = format!("nothing was written: both sides of the merge moved {name}, which was not locked anew");
    refreshed.notes.push(Trouble::new(note));
    true
}

/// The pins of which changed content is accepted.
fn accepted(project: &Project, names: &[String]) -> Result<Selection, Vec<Failure>> {
    if names.is_empty() {
        return Ok(Selection { names: Vec::new(), all: false, along: Vec::new() });
    }
    select(&project.manifest, names)
}

/// Those of the pins whose entry stands; two pins cannot write one file.
fn following(all: Following, refreshed: &Refreshed) -> Result<Vec<Change>, Failure> {
    let settled = settled(refreshed);
    let mut of: BTreeMap<crate::model::RelPath, PinName> = BTreeMap::new();
    let mut changes = Vec::new();
    for (name, change) in all.into_iter().filter(|(name, _)| settled.contains(&name)) {
        if let Some(other) = of.insert(change.path.clone(), name.clone()) {
            let trouble = Trouble::new(format!("{other} and {name} would both write {}", change.path));
            let help = "let one pin have the folder, with all its workspaces";
            return Err(Failure { pin: Some(name), class: Class::Usage, trouble: trouble.help(help) });
        }
        changes.push(change);
    }
    Ok(changes)
}

/// Asks for all pins of all folders at once; the answers in the order of folders and steps.
fn resolve(
    jobs: &[Result<Job, Vec<Failure>>],
    options: &Options,
    remote: Option<&Remote>,
    events: &dyn Events,
) -> Vec<Outcome> {
    let steps: Vec<(&Job, &PinName, &Step)> =
        jobs.iter().flatten().flat_map(|job| job.steps.iter().map(move |(name, step)| (job, name, step))).collect();
    events.emit(Event::Begin(steps.len()));
    let one = |(job, name, step): &(&Job, &PinName, &Step), bases: &[Based]| {
        let label = job.label(name);
        events.emit(Event::Start(label.clone()));
        let outcome = match step {
            Step::Keep => Outcome::Kept,
            Step::Skip(why) => Outcome::Skipped(why.clone()),
            Step::Fail(failure) => Outcome::Failed((**failure).clone()),
            Step::Resolve { aim, or_newest } => job.ask(name, aim, *or_newest, bases, options, remote),
        };
        events.emit(Event::Done(label));
        outcome
    };
    // What is chosen for a base is asked for when the bases are known.
    let (later, first): (Vec<_>, Vec<_>) =
        steps.iter().enumerate().partition(|(_, (job, name, _))| job.needs_bases(name));
    let answers = crate::remote::each(&first, options.jobs, |(_, step)| one(step, &[]));
    let mut all: Vec<Option<Outcome>> = std::iter::repeat_with(|| None).take(steps.len()).collect();
    for ((index, _), answer) in first.iter().zip(answers) {
        if let Some(slot) = all.get_mut(*index) {
            *slot = Some(answer);
        }
    }
    let bases: Vec<Vec<Based>> = later.iter().map(|(_, (job, _, _))| job.bases(&steps, &all)).collect();
    let later: Vec<_> = later.into_iter().zip(bases).collect();
    let answers = crate::remote::each(&later, options.jobs, |((_, step), bases)| one(step, bases));
    for (((index, _), _), answer) in later.iter().zip(answers) {
        if let Some(slot) = all.get_mut(*index) {
            *slot = Some(answer);
        }
    }
    events.emit(Event::End);
    all.into_iter().map(|answer| answer.unwrap_or(Outcome::Kept)).collect()
}

impl Job {
    fn needs_bases(&self, name: &PinName) -> bool {
        self.project.manifest.pins.get(name).is_some_and(|pin| pin.source.needs_bases())
    }

    /// The bases of the stages: as the pins of images were just resolved, else as they are locked.
    fn bases(&self, steps: &[(&Job, &PinName, &Step)], answers: &[Option<Outcome>]) -> Vec<Based> {
        let fresh = |wanted: &PinName| {
            let mut all =
                steps.iter().zip(answers).filter(|((job, name, _), _)| std::ptr::eq(*job, self) && *name == wanted);
            match all.next() {
                Some((_, Some(Outcome::Resolved(resolved)))) => Some(&resolved.entry),
                _ => None,
            }
        };
        let pins = self.project.manifest.pins.iter();
        let locked = pins.filter_map(|(name, pin)| {
            Some((name, &pin.source, fresh(name).or_else(|| self.mended.lock.pins.get(name))?))
        });
        based(locked, &self.project.dockerfiles)
    }
}

impl Job {
    fn ask(
        &self,
        name: &PinName,
        aim: &Aim,
        or_newest: bool,
        bases: &[Based],
        options: &Options,
        remote: Option<&Remote>,
    ) -> Outcome {
        let Self { project, mended: old, archives, accepted, .. } = self;
        let (Some(pin), Some(remote)) = (project.manifest.pins.get(name), remote) else {
            let trouble =
                Trouble::new("the pin is not locked, and --offline asks nobody").help("run it once without --offline");
            return Outcome::Failed(Failure { pin: Some(name.clone()), class: Class::Undone, trouble });
        };
        let want = |aim: Aim| Want {
            archives: Some(archives),
            dockerfiles: &project.dockerfiles,
            bases,
            root: Some(&project.root),
            agreed: old.agreed.get(name),
            ..pin.want(aim, old.lock.pins.get(name), accepted.named(name), options.today)
        };
        let first = pin.source.resolve(&want(aim.clone()), remote);
        let answer = match first {
            Err(fault) if or_newest && fault.class == Class::Differs => {
                let note = format!("the Dockerfile's value was not kept: {}", fault.trouble.message);
                pin.source.resolve(&want(Aim::Newest), remote).map(|mut resolved| {
                    resolved.notes.insert(0, note);
                    resolved
                })
            }
            other => other,
        };
        match answer {
            Ok(resolved) => Outcome::Resolved(Box::new(resolved)),
            Err(fault) => Outcome::Failed(at_pin(fault, name, pin)),
        }
    }
}

/// A fault without a place points at the pin in the manifest.
fn at_pin(fault: Fault, name: &PinName, pin: &crate::manifest::Pin) -> Failure {
    let mut failure = fault.of(name);
    failure.trouble.place.get_or_insert_with(|| pin.place.clone());
    failure
}

/// Entries whose pin left the manifest leave the lock.
fn prune(project: &Project, new: &mut Lock, refreshed: &mut Refreshed) {
    let gone: Vec<PinName> =
        new.pins.keys().filter(|name| !project.manifest.pins.contains_key(*name)).cloned().collect();
    for name in gone {
        new.pins.remove(&name);
        refreshed.pins.push(PinOutcome::Pruned(name));
    }
    new.archives.retain(|name, _| project.manifest.archives.contains_key(name));
}

/// All files that change: the Dockerfiles, and the lock.
fn plan(
    project: &Project,
    old: &Lock,
    new: &Lock,
    vendored: Vec<Change>,
    refreshed: &mut Refreshed,
) -> Result<Plan, Failure> {
    let Placed { files, notes } = place::place(project, old, new, &settled(refreshed))?;
    refreshed.notes.extend(notes);
    let mut changes = vendored;
    changes.extend(files);
    let empty = new.pins.is_empty() && new.archives.is_empty() && project.lock_bytes.is_none();
    // A lock of the newest version without findings is byte for byte what would be written.
    let sound = project.lock.as_ref().is_ok_and(|o| o.findings.is_empty() && !o.is_old());
    let same = new == old && sound && project.lock_bytes.is_some();
    if let Some(opened) = project.lock.as_ref().ok().filter(|o| o.is_old()) {
        let (file, from, to) = (lock::FILE, opened.version, lock::VERSION);
        refreshed.notes.push(Trouble::new(format!("{file} has version {from}, and is written as version {to}")));
    }
    if !empty && !same {
        let bytes = new.to_bytes();
        changes.push(Change::new(known(lock::FILE)?, project.lock_bytes.clone(), Some(bytes)));
    }
    Ok(Plan::new(changes))
}

/// Pins whose value cannot be written keep their old entry and are reported; the others go on.
fn unplaceable(project: &Project, old: &Lock, new: &mut Lock, refreshed: &mut Refreshed) {
    let settled: Vec<PinName> = settled(refreshed).into_iter().cloned().collect();
    for name in settled {
        if let Err(failure) = place::of_pin(project, old, new, &name) {
            give_up(&name, failure, old, new, refreshed);
        }
    }
}

/// One pin fails after it was resolved: its entry is as it was before.
fn give_up(name: &PinName, failure: Failure, old: &Lock, new: &mut Lock, refreshed: &mut Refreshed) {
    match refreshed.pins.iter_mut().find(|p| p.pin() == Some(name)) {
        Some(PinOutcome::Failed(_)) => {}
        Some(outcome) => *outcome = PinOutcome::Failed(failure),
        None => refreshed.pins.push(PinOutcome::Failed(failure)),
    }
    match old.pins.get(name) {
        Some(entry) => new.pins.insert(name.clone(), entry.clone()),
        None => new.pins.remove(name),
    };
}

/// Pins whose entry stands, so that their values are placed.
fn settled(refreshed: &Refreshed) -> Vec<&PinName> {
    let stands = |outcome: &&PinOutcome| {
        matches!(outcome, PinOutcome::Unchanged(_) | PinOutcome::New { .. } | PinOutcome::Moved { .. })
    };
    refreshed.pins.iter().filter(stands).filter_map(PinOutcome::pin).collect()
}

/// The vendored files. A pin whose files cannot be put in place keeps its old entry and is reported.
fn vendor(
    project: &Project,
    old: &Lock,
    new: &mut Lock,
    refreshed: &mut Refreshed,
    options: &Options,
    from: &From<'_>,
) -> Result<Vec<Change>, Failure> {
    loop {
        let Vendoring { changes, failures, notes } = vendoring::changes(project, old, new, options.force, from)?;
        // A pin that did not move and whose file is in the way anyway keeps what it has.
        let mut again = false;
        for (name, failure) in failures {
            again |= new.pins.get(&name) != old.pins.get(&name);
            give_up(&name, failure, old, new, refreshed);
        }
        if !again {
            refreshed.notes.extend(notes);
            return Ok(changes);
        }
    }
}

/// Whether an entry of the lock can be relied on.
fn sound(opened: Option<&Opened>, name: &PinName) -> bool {
    opened.is_none_or(|o| !o.altered.contains(name))
}
