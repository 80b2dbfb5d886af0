//! `fetch`: puts back exactly what the lock says, by hash. Never changes the lock.

use std::path::Path;

use super::project::{Project, disk, failure, known};
use super::select::select;
use super::vendoring::{self, BLOCKS, From, Vendoring};
use crate::disk::{Change, Plan, ProcessLock, recover};
use crate::lock;
use crate::model::{Event, Events, Failure, PinOutcome, Refreshed, Sha256};

/// Restores vendored files from the store, the second store, a mirror or upstream, in that order.
///
/// # Errors
/// What kept it from beginning, or from writing; a pin whose files cannot be had is part of the
/// answer.
pub fn run(
    dir: &Path,
    names: &[String],
    dry_run: bool,
    force: bool,
    from: &From<'_>,
    events: &dyn Events,
) -> Result<Refreshed, Vec<Failure>> {
    let one = |f: Failure| vec![f];
    let mut fetched = Refreshed::default();
    let (root, _) = super::project::manifest_bytes(dir).map_err(one)?;
    let project = Project::read(dir)?;
    let process = if dry_run { None } else { Some(ProcessLock::take(&root).map_err(|e| one(disk(&e)))?) };
    if let Some(process) = &process {
        fetched.notes.extend(recover(&root, process).map_err(|e| one(disk(&e)))?.to_trouble());
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

/// The digests of all files that a lock names, each once.
///
/// # Errors
/// What kept the manifest, the lock or a Dockerfile from being read.
pub fn locked(dir: &Path) -> Result<Vec<Sha256>, Vec<Failure>> {
    let project = Project::read(dir)?;
    let opened = project.lock.as_ref().map_err(|e| vec![failure(e.class(), e.trouble())])?;
    let all: std::collections::BTreeSet<Sha256> =
        opened.lock.pins.values().flat_map(|e| &e.artifacts).map(|a| a.sha256).collect();
    Ok(all.into_iter().collect())
}
