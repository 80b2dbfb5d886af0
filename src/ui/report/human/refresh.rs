//! What `refresh` did, for people: a few lines a pin, then the files.

use std::fmt::Write as _;

use crate::model::{Between, FileChange, Held, PinOutcome, Refreshed, TELLING, visible};
use crate::ui::look::Look;
use crate::ui::style::{Ink, columns, cut, flow, pad, paint, wrap};

use super::super::many;
use super::super::totals::passes;
use super::value::{is_id, short};
use super::{Head, PLAIN_WIDTH, block};

/// How many commits are shown without `-v`.
const SUBJECTS: usize = 5;
/// How many moved packages are shown without `-v`.
const PACKAGES: usize = 8;
/// How many held values are shown of a pin without `-v`.
const HELD: usize = 3;

/// Each pin with something to say, notes, files. Empty where there is nothing to say.
pub(super) fn body(refreshed: &Refreshed, look: &Look) -> String {
    let mut out = String::new();
    let quiet = look.quiet;
    let held = |p: &PinOutcome| p.pin().map(|name| waiting(refreshed, name, look)).unwrap_or_default();
    let is_shown = |p: &PinOutcome| match p {
        PinOutcome::Unchanged(_) => !quiet && (look.verbose || !held(p).is_empty()),
        PinOutcome::Proved { notes, .. } => !quiet && (look.verbose || !notes.is_empty()),
        PinOutcome::Failed(_) => false,
        _ => !quiet,
    };
    let shown: Vec<&PinOutcome> = refreshed.pins.iter().filter(|p| is_shown(p)).collect();
    let width = shown.iter().map(|p| columns(name(p))).max().unwrap_or(0).min(24);
    for pin in shown {
        pin_block(&mut out, pin, width, look);
        told_held(&mut out, &held(pin), look);
    }
    if !quiet {
        for trouble in &refreshed.notes {
            let head = Head { label: "note:", ink: Ink::Note, of: None };
            block(&mut out, &head, trouble, look, look.color_out);
        }
        if !refreshed.notes.is_empty() {
            out.push('\n');
        }
    }
    files(&mut out, &refreshed.files, refreshed.applied, look);
    out
}

fn name(pin: &PinOutcome) -> &str {
    pin.pin().map_or("", |p| p.as_str())
}

/// What is held back of a pin and to be told: what the manifest rules out only with `-v`.
fn waiting<'a>(refreshed: &'a Refreshed, pin: &crate::model::PinName, look: &Look) -> Vec<&'a Held> {
    let all = refreshed.held.get(pin).into_iter().flatten();
    all.filter(|held| look.verbose || passes(&held.by)).collect()
}

fn told_held(out: &mut String, held: &[&Held], look: &Look) {
    let most = if look.verbose { usize::MAX } else { HELD };
    for one in held.iter().take(most) {
        let value = format!("    held: {}", short(&one.value));
        let why = one.by.to_string();
        let pieces = [(None, value.as_str()), (None, &*visible(&why))];
        let _ = writeln!(out, "{}", flow(&pieces, look.width, 10, look.color_out));
    }
    if held.len() > most {
        let _ = writeln!(out, "    and {} more held back", held.len() - most);
    }
}

fn pin_block(out: &mut String, pin: &PinOutcome, width: usize, look: &Look) {
    let none = Vec::new();
    let good = Some(Ink::Good);
    let (line, ink, aside, notes) = match pin {
        PinOutcome::Unchanged(_) => ("unchanged".to_owned(), None, String::new(), &none),
        PinOutcome::Proved { notes, .. } => ("proved from upstream".to_owned(), None, String::new(), notes),
        PinOutcome::Pruned(_) => ("pruned: it is no longer in pins.toml".to_owned(), None, String::new(), &none),
        PinOutcome::Skipped(_, why) => (format!("skipped: {}", visible(why)), None, String::new(), &none),
        PinOutcome::Failed(_) => return,
        PinOutcome::New { values, notes, .. } if named(values.iter().map(|(key, _)| key)) => {
            (format!("new: {}", many(values.len(), "package")), good, String::new(), notes)
        }
        PinOutcome::Moved { values, notes, .. } if named(values.iter().map(|(key, ..)| key)) => {
            (format!("{} moved", many(values.len(), "package")), good, String::new(), notes)
        }
        PinOutcome::New { values, notes, .. } => {
            let first = values.first().map(|(_, v)| short(v)).unwrap_or_default();
            let id = values.iter().skip(1).find(|(_, v)| is_id(v));
            let id = id.map(|(_, id)| format!("({})", short(id))).unwrap_or_default();
            (format!("new at {first}"), good, id, notes)
        }
        PinOutcome::Moved { values, between, notes, .. } => {
            (arrow(values.first()), good, aside(values, between.as_ref()), notes)
        }
    };
    let head = pad(name(pin), width);
    let mut pieces = vec![(Some(Ink::Strong), head.as_str()), (ink, line.as_str())];
    if !aside.is_empty() {
        pieces.push((None, aside.as_str()));
    }
    let _ = writeln!(out, "{}", flow(&pieces, look.width, 4, look.color_out));
    if let PinOutcome::Moved { values, between, .. } = pin {
        if named(values.iter().map(|(key, ..)| key)) {
            moved_packages(out, values, look);
        } else if look.verbose {
            for (key, old, new) in values.iter().skip(1) {
                let line = format!("{}  {} -> {}", visible(key), visible(old), visible(new));
                let _ = writeln!(out, "    {}", wrap(&line, look.width, 4, 8));
            }
        }
        if let Some(between) = between {
            commits(out, between, look);
        }
    }
    for note in notes {
        let label = paint(Ink::Note, "note:", look.color_out);
        let _ = writeln!(out, "    {label} {}", wrap(&visible(note), look.width, 10, 10));
    }
}

/// Whether the keys are names of packages rather than of values.
pub(in super::super) fn named<'a>(mut keys: impl Iterator<Item = &'a String>) -> bool {
    keys.next().is_some_and(|key| !TELLING.contains(&key.as_str()))
}

fn moved_packages(out: &mut String, values: &[(String, String, String)], look: &Look) {
    let most = if look.verbose { usize::MAX } else { PACKAGES };
    let width = values.iter().take(most).map(|(key, ..)| columns(&visible(key))).max().unwrap_or(0).min(32);
    for (key, old, new) in values.iter().take(most) {
        let was = if old.is_empty() { "new".to_owned() } else { short(old) };
        let is = if new.is_empty() { "gone".to_owned() } else { short(new) };
        let line = format!("{}  {was} -> {is}", pad(&visible(key), width));
        let _ = writeln!(out, "    {}", wrap(&line, look.width, 4, 8));
    }
    if values.len() > most {
        let _ = writeln!(out, "    and {} more", values.len() - most);
    }
}

fn arrow(value: Option<&(String, String, String)>) -> String {
    match value {
        Some((_, old, new)) => format!("{} -> {}", short(old), short(new)),
        None => "locked anew at the same value".to_owned(),
    }
}

/// What stands in brackets behind a move: the ids, and how many commits lie between.
fn aside(values: &[(String, String, String)], between: Option<&Between>) -> String {
    // A reference that ends in the digest which is told already tells nothing more.
    let told =
        |old: &str, new: &str| values.first().is_some_and(|(_, o, n)| old.ends_with(&**o) && new.ends_with(&**n));
    let ids = values.iter().skip(1).find(|(_, old, new)| old != new && is_id(new) && !told(old, new));
    let ids = ids.map(|value| arrow(Some(value)));
    let parts: Vec<String> = [ids, between.and_then(counted)].into_iter().flatten().collect();
    if parts.is_empty() {
        return String::new();
    }
    format!("({})", parts.join(", "))
}

/// `35 commits`, `100+ commits`; nothing for none.
pub(in super::super) fn counted(between: &Between) -> Option<String> {
    match (between.count, between.more) {
        (0, false) => None,
        (count, true) => Some(format!("{count}+ commits")),
        (count, false) => Some(many(count, "commit")),
    }
}

fn commits(out: &mut String, between: &Between, look: &Look) {
    let most = if look.verbose { usize::MAX } else { SUBJECTS };
    let width = look.width.unwrap_or(PLAIN_WIDTH);
    for (id, subject) in between.subjects.iter().take(most) {
        let line = cut(&format!("    {} {}", visible(id), visible(subject)), width);
        let _ = writeln!(out, "{line}");
    }
    let shown = between.subjects.len().min(most);
    if shown > 0 && between.more {
        let _ = writeln!(out, "    and more");
    } else if shown > 0 && between.count > shown {
        let _ = writeln!(out, "    and {} more", between.count - shown);
    }
}

/// What was written; else the diffs of what would be.
pub(super) fn files(out: &mut String, files: &[FileChange], applied: bool, look: &Look) {
    if files.is_empty() {
        return;
    }
    if !applied {
        for file in files {
            diff(out, file, look.color_out);
        }
        if !look.quiet {
            let _ = writeln!(out, "{} would change, nothing was written", many(files.len(), "file"));
        }
    } else if !look.quiet {
        let _ = writeln!(out, "{} written:", many(files.len(), "file"));
        for file in files {
            let _ = writeln!(out, "    {}", visible(&file.path));
        }
    }
}

/// A diff line by line; a CR at the end of a line is shown as `␍`.
pub(super) fn diff(out: &mut String, file: &FileChange, color: bool) {
    for line in file.diff.split_terminator('\n') {
        let (text, end) = match line.strip_suffix('\r') {
            Some(text) => (text, "␍"),
            None => (line, ""),
        };
        let text = format!("{}{end}", visible(text));
        let ink = match text.get(..1) {
            _ if text.starts_with("--- ") || text.starts_with("+++ ") => Some(Ink::Strong),
            Some("-") => Some(Ink::Bad),
            Some("+") => Some(Ink::Good),
            Some("@") => Some(Ink::Place),
            _ => None,
        };
        let text = ink.map_or(text.clone(), |ink| paint(ink, &text, color));
        let _ = writeln!(out, "{text}");
    }
}
