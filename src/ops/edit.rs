//! `add`, `remove`, `rename`: lossless edits of pins.toml, applied as one plan.
//!
//! How the text is edited is the manifest floor's. `rename` moves the lock's entry too, since the
//! entry's seal covers its name.

use std::path::Path;

use super::project::{MANIFEST, Project, disk, failure, known, manifest_bytes};
use crate::disk::{Change, Plan, ProcessLock};
use crate::lock;
use crate::manifest::edit;
use crate::model::{Class, Event, Events, Failure, FileChange, PinName, Trouble, quoted};

pub use crate::manifest::edit::NewPin;

/// What an edit came to: the files that it changed, as diffs.
pub type Edited = Result<Vec<FileChange>, Vec<Failure>>;

/// Adds a pin; makes pins.toml where there is none.
///
/// # Errors
/// A name that is taken, keys that contradict each other, a file that cannot be written.
pub fn add(dir: &Path, pin: &NewPin, dry_run: bool, events: &dyn Events) -> Edited {
    text(dir, dry_run, events, |before| edit::add(before, pin))
}

/// Removes a pin with the comment above it. Its lock entry goes with the next refresh of all pins.
///
/// # Errors
/// No such pin, or a file that cannot be written.
pub fn remove(dir: &Path, name: &PinName, dry_run: bool, events: &dyn Events) -> Edited {
    text(dir, dry_run, events, |before| edit::remove(before, name))
}

/// Renames a pin in pins.toml and in pins.lock.
///
/// # Errors
/// No such pin, a name that is taken, an unreadable lock, a file that cannot be written.
pub fn rename(dir: &Path, old: &PinName, new: &PinName, dry_run: bool, events: &dyn Events) -> Edited {
    let project = Project::read(dir)?;
    let opened = project.lock.as_ref().map_err(|e| vec![failure(e.class(), e.trouble())])?;
    let (root, before) = manifest_bytes(dir).map_err(|f| vec![f])?;
    let before_text = utf8(before.as_deref())?;
    let after = edit::rename(&before_text, old, new).map_err(usage)?;
    let path = known(MANIFEST).map_err(|f| vec![f])?;
    let mut changes = vec![Change::new(path, before, Some(after.into_bytes()))];
    let mut locked = opened.lock.clone();
    if opened.altered.contains(old) {
        return Err(usage(
            Trouble::new(format!("the lock's entry of {} was altered, so it is not renamed", quoted(old.as_str())))
                .at(opened.place(old))
                .help("git checkout -- pins.lock"),
        ));
    }
    if let Some(entry) = locked.pins.remove(old) {
        locked.pins.insert(new.clone(), entry);
        let path = known(lock::FILE).map_err(|f| vec![f])?;
        changes.push(Change::new(path, project.lock_bytes.clone(), Some(locked.to_bytes())));
    }
    write(&root, Plan::new(changes), dry_run, events)
}

fn text(dir: &Path, dry_run: bool, events: &dyn Events, change: impl Fn(&str) -> Result<String, Trouble>) -> Edited {
    let (root, before) = manifest_bytes(dir).map_err(|f| vec![f])?;
    let after = change(&utf8(before.as_deref())?).map_err(usage)?;
    let path = known(MANIFEST).map_err(|f| vec![f])?;
    write(&root, Plan::new(vec![Change::new(path, before, Some(after.into_bytes()))]), dry_run, events)
}

fn utf8(bytes: Option<&[u8]>) -> Result<String, Vec<Failure>> {
    String::from_utf8(bytes.unwrap_or_default().to_vec())
        .map_err(|_| usage(Trouble::new(format!("{MANIFEST} is not UTF-8")).at(crate::model::Place::file(MANIFEST))))
}

fn usage(trouble: Trouble) -> Vec<Failure> {
    vec![failure(Class::Usage, trouble)]
}

fn write(root: &crate::disk::Root, plan: Plan, dry_run: bool, events: &dyn Events) -> Edited {
    let files = plan.diff();
    if !dry_run && !plan.is_empty() {
        let process = ProcessLock::take(root).map_err(|e| vec![disk(&e)])?;
        events.emit(Event::Writing);
        plan.apply(root, &process, &known(lock::FILE).map_err(|f| vec![f])?).map_err(|e| vec![disk(&e)])?;
        events.emit(Event::Written(true));
    }
    Ok(files)
}
