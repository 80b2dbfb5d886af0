//! `fetch`: puts back exactly what the lock says, by hash. Never changes the lock.

use std::path::Path;

use super::members::{self, Answer, Seen as _};
use super::project::{Project, disk, failure, known};
use super::select::select;
use super::stand::Ground;
use super::vendoring::{self, BLOCKS, From, Vendoring};
use crate::disk::{Change, Plan, ProcessLock, Recovery, recover};
use crate::lock;
use crate::model::{Event, Events, Failure, PinOutcome, Refreshed, Sha256};

/// What the command line asks for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Names and globs; none means every pin.
    pub names: Vec<String>,
    /// Show what would change; write nothing.
    pub dry_run: bool,
    /// Overwrite files at vendored places that dubo-pin did not write.
    pub force: bool,
}

/// Restores vendored files from the store, the second store, a mirror or upstream, in that order; in a
/// folder, or in the members of a workspace.
///
/// # Errors
/// What kept it from beginning, or from writing; a pin whose files cannot be had is part of the
/// answer.
pub fn run(
    dir: &Path,
    options: &Options,
    from: &From<'_>,
    events: &dyn Events,
) -> Result<Answer<Refreshed>, Vec<Failure>> {
    let (meant, whole) = members::meant(dir, &options.names)?;
    // One after the other: what one fetched, the next finds in the store.
    let results = meant.iter().map(|(ground, names)| (ground.name(), one_folder(ground, names, options, from, events)));
    members::answer(results, whole)
}

fn one_folder(
    ground: &Ground,
    names: &[String],
    options: &Options,
    from: &From<'_>,
    events: &dyn Events,
) -> Result<Refreshed, Vec<Failure>> {
    let (dry_run, force) = (options.dry_run, options.force);
    let one = |f: Failure| vec![f];
    let mut fetched = Refreshed::default();
    let mut project = Project::of(ground)?;
    let process = if dry_run { None } else { Some(ProcessLock::take(&project.root).map_err(|e| one(disk(&e)))?) };
    if let Some(process) = &process {
        let recovery = recover(&project.root, process).map_err(|e| one(disk(&e)))?;
        if recovery != Recovery::Nothing {
            // The lock is another one now.
            project = Project::of(ground)?;
        }
        fetched.notes.extend(recovery.to_trouble());
    }
    let opened = project.lock.as_ref().map_err(|e| one(failure(e.class(), e.trouble())))?;
    let selection = select(&project.manifest, names)?;
    let mut now = opened.lock.clone();
    if !selection.all {
        now.pins.retain(|name, _| selection.names.contains(name));
    }
    let Vendoring { changes, failures, notes } = vendoring::changes(&project, &now, &now, force, from).map_err(one)?;
    fetched.notes.extend(notes);
    fetched.pins.extend(failures.into_iter().map(|(_, failure)| PinOutcome::Failed(failure)));
    // The blocks of git's files name every pin's places: some pins alone cannot tell them.
    let whole = |change: &Change| selection.all || !BLOCKS.contains(&change.path.as_str());
    let plan = Plan::new(changes.into_iter().filter(whole));
    fetched.files = plan.diff();
    if let Some(process) = &process
        && !plan.is_empty()
    {
        events.emit(Event::Writing);
        plan.apply(&project.root, process, &known(lock::FILE).map_err(one)?).map_err(|e| one(disk(&e)))?;
        events.emit(Event::Written(true));
    }
    fetched.applied = !dry_run;
    Ok(fetched)
}

/// The digests of all files that a lock names, or the locks of a workspace's members, each once.
///
/// # Errors
/// What kept a manifest, a lock or a Dockerfile from being read.
pub fn locked(dir: &Path) -> Result<Vec<Sha256>, Vec<Failure>> {
    let (meant, whole) = members::meant(dir, &[])?;
    let mut all = std::collections::BTreeSet::new();
    for (ground, _) in meant {
        let project = Project::of(&ground);
        let opened = project
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|project| project.lock.as_ref().map_err(|e| vec![failure(e.class(), e.trouble())]));
        let opened = opened.map_err(|mut failures| {
            if whole.is_some() {
                failures.iter_mut().for_each(|f| f.trouble.rise(&ground.name()));
            }
            failures
        })?;
        all.extend(opened.lock.pins.values().flat_map(|e| &e.artifacts).map(|a| a.sha256));
    }
    match whole {
        Some(failures) if !failures.is_empty() => Err(failures),
        _ => Ok(all.into_iter().collect()),
    }
}
