//! `add`, `remove`, `rename`: lossless edits of pins.toml, applied as one plan.
//!
//! How the text is edited is the manifest floor's. `rename` moves the lock's entry too, since the
//! entry's seal covers its name; `remove` takes it along. No other entry changes.

use std::path::Path;

use super::project::{MANIFEST, disk, failure, known, manifest_bytes, no_manifest};
use crate::disk::{Change, Plan, ProcessLock, Recovery, Root, recover};
use crate::lock::{self, Lock, Opened};
use crate::manifest::edit;
use crate::model::{Class, Event, Events, Failure, PinName, Place, Refreshed, Trouble, quoted};

pub use crate::manifest::edit::NewPin;

/// What an edit came to: the files that it changed, as diffs, and what else is worth knowing.
pub type Edited = Result<Refreshed, Vec<Failure>>;

/// Adds a pin; makes pins.toml where there is none.
///
/// # Errors
/// A name that is taken, keys that contradict each other, a file that cannot be written.
pub fn add(dir: &Path, pin: &NewPin, dry_run: bool, events: &dyn Events) -> Edited {
    let edit = Edit::begin(dir, dry_run, events)?;
    let after = edit::add(&edit.text()?, pin).map_err(usage)?;
    edit.end(after, None, Vec::new())
}

/// Removes a pin with the comment above it, and its lock entry, unless that one has vendored
/// files: those are refresh's to remove, which finds them by the entry.
///
/// # Errors
/// No pins.toml, no such pin, an unreadable lock, a file that cannot be written.
pub fn remove(dir: &Path, name: &PinName, dry_run: bool, events: &dyn Events) -> Edited {
    let edit = Edit::begin(dir, dry_run, events)?;
    edit.must_be(dir)?;
    let after = edit::remove(&edit.text()?, name).map_err(usage)?;
    let (bytes, opened) = edit.lock()?;
    let mut locked = opened.lock;
    let vendored = locked.pins.get(name).is_some_and(|e| e.artifacts.iter().any(|a| a.path.is_some()));
    if vendored {
        let trouble = Trouble::new(format!("{} and the vendored files of {name} are still there", lock::FILE))
            .at(Place::file(lock::FILE))
            .help("dubo-pin refresh --keep removes the entry and the files");
        return edit.end(after, None, vec![trouble]);
    }
    let change = locked.pins.remove(name).map(|_| (bytes, locked));
    edit.end(after, change, Vec::new())
}

/// Renames a pin in pins.toml and in pins.lock.
///
/// # Errors
/// No pins.toml, no such pin, a name that is taken, an unreadable lock, a file that cannot be
/// written.
pub fn rename(dir: &Path, old: &PinName, new: &PinName, dry_run: bool, events: &dyn Events) -> Edited {
    let edit = Edit::begin(dir, dry_run, events)?;
    edit.must_be(dir)?;
    let after = edit::rename(&edit.text()?, old, new).map_err(usage)?;
    let (bytes, opened) = edit.lock()?;
    if opened.altered.contains(old) {
        return Err(usage(
            Trouble::new(format!("the lock's entry of {} was altered, so it is not renamed", quoted(old.as_str())))
                .at(opened.place(old))
                .help("git checkout -- pins.lock"),
        ));
    }
    let mut locked = opened.lock;
    let change = locked.pins.remove(old).map(|entry| {
        locked.pins.insert(new.clone(), entry);
        (bytes, locked)
    });
    edit.end(after, change, Vec::new())
}

/// An edit that has begun: what an earlier run left is completed, pins.toml is read.
struct Edit<'a> {
    root: Root,
    before: Option<Vec<u8>>,
    notes: Vec<Trouble>,
    dry_run: bool,
    events: &'a dyn Events,
}

impl<'a> Edit<'a> {
    fn begin(dir: &Path, dry_run: bool, events: &'a dyn Events) -> Result<Self, Vec<Failure>> {
        let root = Root::open(dir).map_err(|e| vec![disk(&e)])?;
        let mut notes = Vec::new();
        if !dry_run && crate::disk::interrupted(&root).is_some() {
            let process = ProcessLock::take(&root).map_err(|e| vec![disk(&e)])?;
            events.emit(Event::Writing);
            let recovery = recover(&root, &process).map_err(|e| vec![disk(&e)])?;
            events.emit(Event::Written(recovery != Recovery::Nothing));
            notes.extend(recovery.to_trouble());
        }
        let (root, before) = manifest_bytes(dir).map_err(|f| vec![f])?;
        Ok(Self { root, before, notes, dry_run, events })
    }

    fn must_be(&self, dir: &Path) -> Result<(), Vec<Failure>> {
        if self.before.is_none() { Err(vec![no_manifest(dir)]) } else { Ok(()) }
    }

    fn text(&self) -> Result<String, Vec<Failure>> {
        String::from_utf8(self.before.clone().unwrap_or_default())
            .map_err(|_| usage(Trouble::new(format!("{MANIFEST} is not UTF-8")).at(Place::file(MANIFEST))))
    }

    fn lock(&self) -> Result<(Option<Vec<u8>>, Opened), Vec<Failure>> {
        let path = known(lock::FILE).map_err(|f| vec![f])?;
        let bytes = self.root.read(&path, crate::disk::CAP).map_err(|e| vec![disk(&e)])?;
        let opened = bytes.as_deref().map_or_else(|| Ok(Opened::none()), lock::open);
        opened.map(|opened| (bytes, opened)).map_err(|e| vec![failure(e.class(), e.trouble())])
    }

    /// Writes the new pins.toml, and the new lock with its old bytes.
    fn end(mut self, after: String, locked: Option<(Option<Vec<u8>>, Lock)>, notes: Vec<Trouble>) -> Edited {
        let name = |name: &str| known(name).map_err(|f| vec![f]);
        let mut changes = vec![Change::new(name(MANIFEST)?, self.before.take(), Some(after.into_bytes()))];
        if let Some((before, lock)) = locked {
            changes.push(Change::new(name(lock::FILE)?, before, Some(lock.to_bytes())));
        }
        let plan = Plan::new(changes);
        let files = plan.diff();
        if !self.dry_run && !plan.is_empty() {
            let process = ProcessLock::take(&self.root).map_err(|e| vec![disk(&e)])?;
            self.events.emit(Event::Writing);
            let recovery = recover(&self.root, &process).map_err(|e| vec![disk(&e)])?;
            self.notes.extend(recovery.to_trouble());
            plan.apply(&self.root, &process, &name(lock::FILE)?).map_err(|e| vec![disk(&e)])?;
            self.events.emit(Event::Written(true));
        }
        self.notes.extend(notes);
        Ok(Refreshed { files, notes: self.notes, applied: !self.dry_run, ..Refreshed::default() })
    }
}

fn usage(trouble: Trouble) -> Vec<Failure> {
    vec![failure(Class::Usage, trouble)]
}
