//! Findings with their places, of one id at most a hundred.
//!
//! For all rules of `check`. A place is made only for what is told, so that a hostile yarn.lock with
//! a fault on every line costs no more than a sound one.

use std::collections::BTreeMap;

use memchr::memmem;

use super::Found;
use crate::model::{Id, Place, Severity, Trouble};
use crate::source::yarn::folder::Folder;

/// So many of one id are told.
const MOST: usize = 100;

/// A line that is longer is not shown.
const LONG: usize = 64 * 1024;

pub(super) struct Report<'a> {
    folder: &'a Folder,
    /// Where each line of yarn.lock begins.
    lines: Vec<usize>,
    found: Vec<Found>,
    counts: BTreeMap<(Id, Severity), usize>,
}

impl<'a> Report<'a> {
    pub(super) fn new(folder: &'a Folder) -> Self {
        let ends = memchr::memchr_iter(b'\n', &folder.lock_bytes).map(|at| at + 1);
        Self { folder, lines: std::iter::once(0).chain(ends).collect(), found: Vec::new(), counts: BTreeMap::new() }
    }

    /// An error in a line of yarn.lock, at a text that stands in it.
    pub(super) fn lock(&mut self, id: Id, line: usize, needle: &str, trouble: impl FnOnce() -> Trouble) {
        if self.counted(id, Severity::Error) {
            let place = self.line(line, needle);
            self.found.push((id, Severity::Error, trouble().at(place)));
        }
    }

    /// As [`Report::lock`], but only told.
    pub(super) fn note_lock(&mut self, id: Id, line: usize, needle: &str, trouble: impl FnOnce() -> Trouble) {
        if self.counted(id, Severity::Note) {
            let place = self.line(line, needle);
            self.found.push((id, Severity::Note, trouble().at(place)));
        }
    }

    /// An error at a place that is known; `trouble` may have one that is better.
    pub(super) fn at(&mut self, id: Id, place: &Place, trouble: impl FnOnce() -> Trouble) {
        if self.counted(id, Severity::Error) {
            self.found.push((id, Severity::Error, trouble().at_or(place)));
        }
    }

    /// As [`Report::at`], but only told.
    pub(super) fn note_at(&mut self, id: Id, place: &Place, trouble: impl FnOnce() -> Trouble) {
        if self.counted(id, Severity::Note) {
            self.found.push((id, Severity::Note, trouble().at_or(place)));
        }
    }

    /// An error of yarn.lock as a whole.
    pub(super) fn file(&mut self, id: Id, trouble: impl FnOnce() -> Trouble) {
        self.at(id, &Place::file(&self.folder.lock_file), trouble);
    }

    /// A note on yarn.lock as a whole.
    pub(super) fn note_file(&mut self, id: Id, trouble: impl FnOnce() -> Trouble) {
        self.note_at(id, &Place::file(&self.folder.lock_file), trouble);
    }

    /// An error of the entry in pins.lock, whose place is not known here.
    pub(super) fn pins(&mut self, id: Id, trouble: impl FnOnce() -> Trouble) {
        if self.counted(id, Severity::Error) {
            self.found.push((id, Severity::Error, trouble()));
        }
    }

    pub(super) fn has_errors(&self) -> bool {
        self.counts.keys().any(|(_, severity)| *severity == Severity::Error)
    }

    /// All findings, and of each id that was cut, how many more there are.
    pub(super) fn finish(mut self) -> Vec<Found> {
        for ((id, severity), count) in self.counts.iter().filter(|(_, count)| **count > MOST) {
            let message = format!("and {} more of {id}: {}", count - MOST, id.title());
            let trouble = Trouble::new(message).at(Place::file(&self.folder.lock_file));
            self.found.push((*id, *severity, trouble));
        }
        self.found
    }

    /// Counts one, and says whether it is to be told.
    fn counted(&mut self, id: Id, severity: Severity) -> bool {
        let count = self.counts.entry((id, severity)).or_default();
        *count += 1;
        *count <= MOST
    }

    fn line(&self, line: usize, needle: &str) -> Place {
        let file = &self.folder.lock_file;
        let bytes = &self.folder.lock_bytes;
        let start = self.lines.get(line.saturating_sub(1)).copied();
        let end = self.lines.get(line).copied().unwrap_or(bytes.len());
        let Some(raw) = start.and_then(|start| bytes.get(start..end)).filter(|raw| raw.len() <= LONG) else {
            return Place::line(file, line.max(1));
        };
        let at = match needle.is_empty() {
            true => None,
            false => memmem::find(raw, needle.as_bytes()).map(|at| at..at + needle.len()),
        };
        let text = raw.trim_ascii_end();
        let whole = text.len() - text.trim_ascii_start().len()..text.len();
        Place::in_line(file, line, raw, at.unwrap_or(whole))
    }
}
