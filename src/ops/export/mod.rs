//! `export buildkit-policy`, `env` and `sha256sums`: what is locked, in forms that others read.
//!
//! For `cli`. Reads the manifest and the lock, asks nobody and writes nothing. The lock must be as
//! dubo-pin wrote it, and each pin locked as pins.toml has it: what others are given to rely on is
//! never half right. Whether a lock is right is `verify`'s question.

mod buildkit_policy;
mod env;
mod sha256sums;

use std::path::Path;

pub use buildkit_policy::run as buildkit_policy;
pub use env::run as env;
pub use sha256sums::run as sha256sums;

use super::project::{Project, failure};
use super::select::select;
use crate::lock::{Entry, Opened};
use crate::manifest::Pin;
use crate::model::{Class, Failure, Id, PinName, Place, Trouble};

/// What is exported.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// The artefact, to its last line end.
    pub text: String,
    /// Things worth knowing, which are no part of it.
    pub notes: Vec<Trouble>,
}

/// The pins that are exported, each with its entry, by name.
#[derive(Debug)]
struct Locked {
    pins: Vec<(Pin, Entry)>,
    notes: Vec<Trouble>,
}

fn of(name: &PinName, trouble: Trouble) -> Failure {
    Failure { pin: Some(name.clone()), class: Class::Usage, trouble }
}

/// The pins that names and globs mean, or all, with their entries: everything that is wrong at once.
fn locked(dir: &Path, names: &[String]) -> Result<Locked, Vec<Failure>> {
    let project = Project::read(dir)?;
    let opened = project.lock.as_ref().map_err(|e| vec![failure(e.class(), e.trouble())])?;
    let selection = select(&project.manifest, names)?;
    let mut failures: Vec<Failure> = form(opened, project.lock_bytes.as_deref()).into_iter().collect();
    let mut out = Locked { pins: Vec::new(), notes: Vec::new() };
    for name in &selection.names {
        let Some(pin) = project.manifest.pins.get(name) else { continue };
        match (entry(pin, opened), &pin.unlocked) {
            (Ok(Some(entry)), _) => out.pins.push((pin.clone(), entry.clone())),
            (Ok(None), Some(why)) if !selection.named(name) => {
                let note = Trouble::new(format!("{name} is not locked yet and is left out"));
                out.notes.push(note.at(pin.place.clone()).found(format!("unlocked: {why}")));
            }
            (Ok(None), _) => {
                let trouble = Trouble::new("the pin is not in the lock").at(pin.place.clone());
                failures.push(of(name, trouble.help(format!("dubo-pin refresh {name}"))));
            }
            (Err(trouble), _) => failures.push(of(name, *trouble)),
        }
    }
    if failures.is_empty() { Ok(out) } else { Err(failures) }
}

/// LOCK006, also where an altered entry stands beside it, which then is all that reading reports.
fn form(opened: &Opened, bytes: Option<&[u8]>) -> Option<Failure> {
    let said = opened.findings.iter().find(|f| f.id == Id::LOCK006).map(|f| f.trouble.clone());
    let differs = bytes.is_some_and(|bytes| opened.canonical() != bytes);
    let other = || {
        let file = crate::lock::FILE;
        let trouble = Trouble::new(format!("{file} is not as dubo-pin writes it")).at(Place::file(file));
        trouble.help(format!("git checkout -- {file} brings back the committed one"))
    };
    said.or_else(|| differs.then(other)).map(|trouble| failure(Class::Usage, trouble))
}

/// A pin's entry, if it has one, unaltered and of the same request.
fn entry<'a>(pin: &Pin, opened: &'a Opened) -> Result<Option<&'a Entry>, Box<Trouble>> {
    let altered = |f: &&crate::model::Finding| f.id == Id::LOCK005 && f.pin.as_ref() == Some(&pin.name);
    if let Some(finding) = opened.findings.iter().find(altered) {
        return Err(Box::new(finding.trouble.clone()));
    }
    let Some(entry) = opened.lock.pins.get(&pin.name) else { return Ok(None) };
    let request = pin.request();
    if entry.request == request {
        return Ok(Some(entry));
    }
    let trouble = Trouble::new("the pin was edited since it was locked").at(pin.place.clone());
    let trouble = trouble.expected(entry.request.clone()).found(request);
    Err(Box::new(trouble.help(format!("dubo-pin refresh {}", pin.name))))
}
