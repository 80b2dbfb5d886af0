//! `refresh`: resolves pins, writes the lock and the Dockerfiles as one plan.
//!
//! Straight on: read, choose what each pin aims at, resolve all at once, place the values, apply.
//! One pin that fails does not stop the others. Not here: how a kind resolves (`source`), where a
//! value stands (`dockerfile`), how files are written (`disk`).

mod aim;
mod drawn;
mod place;

use std::collections::BTreeMap;
use std::path::Path;

use super::project::{Project, disk, failure, known};
use super::select::{Selection, select};
use super::vendoring::{self, From, Vendoring};
use crate::disk::{Change, Plan, ProcessLock, Recovery, recover};
use crate::lock::{self, Entry, Lock, LockError, Mended, Opened};
use crate::model::{Class, Day, Event, Events, Failure, PinName, PinOutcome, Refreshed, TELLING, Time, Token, Trouble};
use crate::remote::Remote;
use crate::source::deb::Archives;
use crate::source::resolve::{Aim, Fault, Resolved, Want};

use aim::Step;
use place::Placed;

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
}

/// Refreshes one folder. Without a remote, only what the lock already holds is placed.
///
/// # Errors
/// What kept it from beginning, or from writing; a pin that fails is part of the answer.
pub fn run(dir: &Path, options: &Options, from: &From<'_>, events: &dyn Events) -> Result<Refreshed, Vec<Failure>> {
    let remote = from.remote;
    let mut refreshed = Refreshed::default();
    let process = if options.writes() { Some(begin(dir, &mut refreshed, events)?) } else { None };
    let project = Project::read(dir)?;
    let mended = old_lock(&project, options)?;
    for name in &mended.dropped {
        refreshed.notes.push(Trouble::new(format!("both sides of the merge moved {name}: it is locked anew")));
    }
    let selection = select(&project.manifest, &options.names)?;
    let accepted = select_accepted(&project, options)?;
    let opened = project.lock.as_ref().ok();
    let mut steps = aim::steps(&project, &mended.lock, opened, &selection, options, remote.is_some());
    let archives = drawn::archives(&project, &mended.lock, opened, &mut steps, options, &mut refreshed);
    let resolved = resolve(&project, &mended, &steps, &archives, &accepted, options, remote, events);
    let mut new = mended.lock.clone();
    let mut follow = Following::default();
    for (name, outcome) in resolved {
        let files = outcome.files();
        if let Outcome::Resolved(resolved) = &outcome
            && !resolved.held.is_empty()
        {
            refreshed.held.insert(name.clone(), resolved.held.clone());
        }
        refreshed.pins.push(settle(&project, &mended.lock, &mut new, &name, outcome, options));
        follow.extend(files.into_iter().map(|change| (name.clone(), change)));
    }
    refreshed.notes.extend(archives.notes().into_iter().map(Trouble::new));
    if selection.all && !options.locked {
        prune(&project, &mut new, &mut refreshed);
    }
    if options.locked {
        refreshed.pins.extend(drawn::proved(&project, &mended.lock, &archives, options));
        return Ok(refreshed);
    }
    unplaceable(&project, &mended.lock, &mut new, &mut refreshed);
    drawn::settle(&project, &mended.lock, &mut new, &steps, &archives, options, &mut refreshed);
    let vendored = vendor(&project, &mended.lock, &mut new, &mut refreshed, options, from).map_err(|f| vec![f])?;
    drawn::settle(&project, &mended.lock, &mut new, &steps, &archives, options, &mut refreshed);
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

/// Takes the process lock and completes what an interrupted refresh left.
fn begin(dir: &Path, refreshed: &mut Refreshed, events: &dyn Events) -> Result<ProcessLock, Vec<Failure>> {
    let (root, manifest) = super::project::manifest_bytes(dir).map_err(|f| vec![f])?;
    if manifest.is_none() {
        // Let the reader say so: nothing may be written beside no manifest.
        Project::read(dir)?;
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

fn select_accepted(project: &Project, options: &Options) -> Result<Selection, Vec<Failure>> {
    if options.accept_changed.is_empty() {
        return Ok(Selection { names: Vec::new(), all: false });
    }
    select(&project.manifest, &options.accept_changed)
}

/// What became of one pin before the lock is written.
enum Outcome {
    Resolved(Box<Resolved>),
    /// The entry stays as it is.
    Kept,
    Skipped(String),
    Failed(Failure),
}

impl Outcome {
    /// The user's files that follow the entry.
    fn files(&self) -> Vec<Change> {
        match self {
            Self::Resolved(resolved) => resolved.files.clone(),
            _ => Vec::new(),
        }
    }
}

/// Files of the user that follow a pin's entry.
type Following = Vec<(PinName, Change)>;

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

#[allow(clippy::too_many_arguments, reason = "one call site; a struct would only rename them")]
fn resolve(
    project: &Project,
    old: &Mended,
    steps: &[(PinName, Step)],
    archives: &Archives,
    accepted: &Selection,
    options: &Options,
    remote: Option<&Remote>,
    events: &dyn Events,
) -> Vec<(PinName, Outcome)> {
    events.emit(Event::Begin(steps.len()));
    let one = |(name, step): &(PinName, Step)| {
        events.emit(Event::Start(name.to_string()));
        let outcome = match step {
            Step::Keep => Outcome::Kept,
            Step::Skip(why) => Outcome::Skipped(why.clone()),
            Step::Fail(failure) => Outcome::Failed((**failure).clone()),
            Step::Resolve { aim, or_newest } => {
                ask(project, old, name, aim, *or_newest, archives, accepted, options, remote)
            }
        };
        events.emit(Event::Done(name.to_string()));
        (name.clone(), outcome)
    };
    let all = crate::remote::each(steps, options.jobs, one);
    events.emit(Event::End);
    all
}

#[allow(clippy::too_many_arguments, reason = "one call site; a struct would only rename them")]
fn ask(
    project: &Project,
    old: &Mended,
    name: &PinName,
    aim: &Aim,
    or_newest: bool,
    archives: &Archives,
    accepted: &Selection,
    options: &Options,
    remote: Option<&Remote>,
) -> Outcome {
    let (Some(pin), Some(remote)) = (project.manifest.pins.get(name), remote) else {
        let trouble =
            Trouble::new("the pin is not locked, and --offline asks nobody").help("run it once without --offline");
        return Outcome::Failed(Failure { pin: Some(name.clone()), class: Class::Undone, trouble });
    };
    let want = |aim: Aim| Want {
        archives: Some(archives),
        dockerfiles: &project.dockerfiles,
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

/// A fault without a place points at the pin in the manifest.
fn at_pin(fault: Fault, name: &PinName, pin: &crate::manifest::Pin) -> Failure {
    let mut failure = fault.of(name);
    failure.trouble.place.get_or_insert_with(|| pin.place.clone());
    failure
}

/// Writes one outcome into the new lock and says what it came to.
fn settle(
    project: &Project,
    old: &Lock,
    new: &mut Lock,
    name: &PinName,
    outcome: Outcome,
    options: &Options,
) -> PinOutcome {
    let resolved = match outcome {
        Outcome::Kept => return PinOutcome::Unchanged(name.clone()),
        Outcome::Skipped(why) => return PinOutcome::Skipped(name.clone(), why),
        Outcome::Failed(failure) => return PinOutcome::Failed(failure),
        Outcome::Resolved(resolved) => *resolved,
    };
    if options.locked {
        return PinOutcome::Proved { pin: name.clone(), notes: resolved.notes };
    }
    if options.keep
        && !old.pins.contains_key(name)
        && let Some(failure) = place::would_move(project, name, &resolved.entry)
    {
        return PinOutcome::Failed(failure);
    }
    let entry = resolved.entry;
    let before = old.pins.get(name);
    let outcome = match before {
        None => PinOutcome::New { pin: name.clone(), values: told(&entry), notes: resolved.notes },
        Some(before) if same(before, &entry) && resolved.notes.is_empty() => PinOutcome::Unchanged(name.clone()),
        Some(before) => PinOutcome::Moved {
            pin: name.clone(),
            values: changed(before, &entry),
            between: resolved.between,
            notes: resolved.notes,
        },
    };
    new.pins.insert(name.clone(), entry);
    outcome
}

/// Whether two entries differ at most in what is seen and held back.
fn same(before: &Entry, after: &Entry) -> bool {
    *before == Entry { seen: before.seen.clone(), ..after.clone() }
}

/// The values of an entry, the telling one first.
fn told(entry: &Entry) -> Vec<(String, String)> {
    let rank = |key: &str| TELLING.iter().position(|k| *k == key).unwrap_or(TELLING.len());
    let mut all: Vec<(String, String)> = entry
        .values
        .iter()
        .map(|(key, value)| {
            let text = match value {
                lock::Value::One(token) => token.to_string(),
                lock::Value::Each(each) => each.iter().map(|(p, t)| format!("{p} {t}")).collect::<Vec<_>>().join(", "),
            };
            (key.to_string(), text)
        })
        .collect();
    all.sort_by_key(|(key, _)| rank(key));
    all
}

fn changed(before: &Entry, after: &Entry) -> Vec<(String, String, String)> {
    let old: BTreeMap<String, String> = told(before).into_iter().collect();
    let new = told(after);
    let gone = old
        .iter()
        .filter(|(key, _)| !new.iter().any(|(k, _)| k == *key))
        .map(|(key, was)| (key.clone(), was.clone(), String::new()));
    let kept = new.iter().map(|(key, is)| (key.clone(), old.get(key).cloned().unwrap_or_default(), is.clone()));
    kept.chain(gone).filter(|(_, was, is)| was != is).collect()
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
