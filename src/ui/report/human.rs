//! The report for people: calm, aligned, each trouble with its line and what mends it.

use std::fmt::Write as _;

use crate::model::{
    Between, Class, FileChange, Finding, PinOutcome, Refreshed, Row, Severity, TELLING, Trouble, Verdict, visible,
};

use super::super::excerpt;
use super::super::look::Look;
use super::super::style::{Ink, columns, cut, pad, paint, wrap};
use super::{Outcome, Report, gc, list, many, summary};

/// How wide a line of a file is shown where the width is not known.
const PLAIN_WIDTH: usize = 120;
/// How many commits are shown without `-v`.
const SUBJECTS: usize = 5;
/// How many moved packages are shown without `-v`.
const PACKAGES: usize = 8;

/// What goes to stdout.
pub(super) fn render(report: &Report<'_>, look: &Look) -> String {
    let mut out = String::new();
    match report.outcome {
        Outcome::Verdict(verdict) => verify(&mut out, verdict, look),
        Outcome::Refreshed(refreshed) => refresh(&mut out, refreshed, look),
        Outcome::Rows(rows) => outdated(&mut out, rows, look),
        Outcome::Listed(listing) => list::human(&mut out, listing, look),
        Outcome::Collected(done) => gc::human(&mut out, done, look),
        Outcome::Nothing => {}
    }
    out
}

/// What goes to stderr: what stopped the run or parts of it.
pub(super) fn failures(report: &Report<'_>, look: &Look) -> String {
    let mut out = String::new();
    for failure in report.all_failures() {
        let pin = failure.pin.as_ref().map(|p| p.as_str());
        let label = label(failure.class);
        block(&mut out, label, Ink::Bad, pin, &failure.trouble, look, look.color_err);
    }
    if let Outcome::Listed(listing) = report.outcome {
        list::open(&mut out, listing, look);
    }
    out
}

/// One note by itself.
pub(in super::super) fn note(trouble: &Trouble, look: &Look) -> String {
    let mut out = String::new();
    block(&mut out, "note:", Ink::Note, None, trouble, look, look.color_err);
    out
}

/// One failure by itself.
pub(in super::super) fn error(trouble: &Trouble, look: &Look) -> String {
    let mut out = String::new();
    block(&mut out, "error:", Ink::Bad, None, trouble, look, look.color_err);
    out
}

fn label(class: Class) -> &'static str {
    match class {
        Class::Alarm => "alarm:",
        _ => "error:",
    }
}

/// A trouble: its head, its line with carets, its fields.
fn block(out: &mut String, label: &str, ink: Ink, pin: Option<&str>, trouble: &Trouble, look: &Look, color: bool) {
    if !out.is_empty() {
        out.push('\n');
    }
    let pin = pin.map(|p| format!("{}: ", visible(p))).unwrap_or_default();
    let message = format!("{pin}{}", visible(&trouble.message));
    let at = columns(label) + 1;
    let message = wrap(&message, look.width, at, 2);
    let _ = writeln!(out, "{} {}", paint(ink, label, color), paint(Ink::Strong, &message, color));
    let frame = |text: &str| paint(Ink::Place, text, color);
    let mut gutter = 2;
    if let Some(place) = &trouble.place {
        let number = place.line.to_string();
        gutter = number.len().max(gutter);
        let blank = " ".repeat(gutter);
        let file = visible(&place.file);
        let _ = writeln!(out, "{blank}{} {file}:{}:{}", frame("-->"), place.line, place.column);
        if let Some(line) = &place.excerpt {
            let width = look.width.unwrap_or(PLAIN_WIDTH).saturating_sub(gutter + 3);
            let shown = excerpt::shown(&line.text, place.column.saturating_sub(line.skipped), line.width, width);
            let head = frame(&format!("{number:>gutter$} |"));
            let text = format!(" {}", shown.text);
            let carets = paint(ink, &"^".repeat(shown.carets), color);
            let _ = writeln!(out, "{blank} {}", frame("|"));
            let _ = writeln!(out, "{head}{}", text.trim_end());
            let _ = writeln!(out, "{blank} {} {}{carets}", frame("|"), " ".repeat(shown.before));
        }
    }
    let fields = [("expected", &trouble.expected), ("found", &trouble.found), ("help", &trouble.help)];
    for (name, text) in fields {
        if let Some(text) = text {
            let indent = gutter + 11;
            let text = wrap(&visible(text), look.width, indent, indent);
            let name = paint(Ink::Faint, &pad(name, 8), color);
            let _ = writeln!(out, "{}{name}  {text}", " ".repeat(gutter + 1));
        }
    }
}

fn finding(out: &mut String, finding: &Finding, look: &Look) {
    let (label, ink) = match finding.severity {
        Severity::Error => (finding.id.to_string(), Ink::Bad),
        Severity::Note => (format!("{} note:", finding.id), Ink::Note),
    };
    let pin = finding.pin.as_ref().map(|p| p.as_str());
    block(out, &label, ink, pin, &finding.trouble, look, look.color_out);
}

fn verify(out: &mut String, verdict: &Verdict, look: &Look) {
    for one in &verdict.findings {
        if !look.quiet || one.severity == Severity::Error {
            finding(out, one, look);
        }
    }
    if look.quiet {
        return;
    }
    if !verdict.findings.is_empty() {
        out.push('\n');
    }
    if look.verbose {
        for (pin, reason) in &verdict.unlocked {
            let label = paint(Ink::Note, "UNLOCKED", look.color_out);
            let _ = writeln!(out, "{label} {pin}: {}", visible(reason));
        }
    }
    let ink = if verdict.is_clean() { Ink::Good } else { Ink::Bad };
    let _ = writeln!(out, "{}", paint(ink, &summary(verdict), look.color_out));
}

/// A value as short as a person wants it: 7 digits of an id, 12 of a digest.
fn short(value: &str) -> String {
    let hex = |t: &str| t.bytes().all(|b| b.is_ascii_hexdigit());
    let head = |t: &str, n: usize| t.chars().take(n).collect::<String>();
    if let Some(digest) = value.strip_prefix("sha256:").filter(|d| d.len() == 64 && hex(d)) {
        return format!("sha256:{}", head(digest, 12));
    }
    if (value.len() == 40 || value.len() == 64) && hex(value) {
        return head(value, 7);
    }
    visible(value).into_owned()
}

fn is_id(value: &str) -> bool {
    short(value) != *value && visible(value) == value
}

fn refresh(out: &mut String, refreshed: &Refreshed, look: &Look) {
    let quiet = look.quiet;
    let is_shown = |p: &PinOutcome| match p {
        PinOutcome::Unchanged(_) => look.verbose,
        PinOutcome::Proved { notes, .. } => look.verbose || !(quiet || notes.is_empty()),
        PinOutcome::Failed(_) => false,
        _ => !quiet,
    };
    let names = refreshed.pins.iter().filter(|p| is_shown(p)).map(|p| columns(name(p)));
    let width = names.max().unwrap_or(0).min(24);
    for pin in refreshed.pins.iter().filter(|p| is_shown(p)) {
        pin_block(out, pin, width, look);
    }
    if !quiet {
        for trouble in &refreshed.notes {
            block(out, "note:", Ink::Note, None, trouble, look, look.color_out);
        }
        if !refreshed.notes.is_empty() {
            out.push('\n');
        }
    }
    files(out, refreshed, look);
    // An edit of pins.toml changes a file and counts no pins.
    if !quiet && (refreshed.files.is_empty() || !refreshed.pins.is_empty()) {
        let _ = writeln!(out, "{}", paint(Ink::Strong, &counts(&refreshed.pins), look.color_out));
    }
}

fn name(pin: &PinOutcome) -> &str {
    match pin {
        PinOutcome::Unchanged(pin)
        | PinOutcome::New { pin, .. }
        | PinOutcome::Moved { pin, .. }
        | PinOutcome::Proved { pin, .. }
        | PinOutcome::Skipped(pin, _)
        | PinOutcome::Pruned(pin) => pin.as_str(),
        PinOutcome::Failed(failure) => failure.pin.as_ref().map_or("", |p| p.as_str()),
    }
}

fn pin_block(out: &mut String, pin: &PinOutcome, width: usize, look: &Look) {
    let color = look.color_out;
    let head = paint(Ink::Strong, &pad(name(pin), width), color);
    let good = |text: String| paint(Ink::Good, &text, color);
    let none = Vec::new();
    let (line, notes) = match pin {
        PinOutcome::Unchanged(_) => ("unchanged".to_owned(), &none),
        PinOutcome::Proved { notes, .. } => ("proved from upstream".to_owned(), notes),
        PinOutcome::Pruned(_) => ("pruned: it is no longer in pins.toml".to_owned(), &none),
        PinOutcome::Skipped(_, why) => (format!("skipped: {}", visible(why)), &none),
        PinOutcome::Failed(_) => return,
        PinOutcome::New { values, notes, .. } if named(values.iter().map(|(key, _)| key)) => {
            (good(format!("new: {}", packages(values.len()))), notes)
        }
        PinOutcome::Moved { values, notes, .. } if named(values.iter().map(|(key, ..)| key)) => {
            (good(format!("{} moved", packages(values.len()))), notes)
        }
        PinOutcome::New { values, notes, .. } => {
            let first = values.first().map(|(_, v)| short(v)).unwrap_or_default();
            let mut line = good(format!("new at {first}"));
            if let Some((_, id)) = values.iter().skip(1).find(|(_, v)| is_id(v)) {
                let _ = write!(line, "  ({})", short(id));
            }
            (line, notes)
        }
        PinOutcome::Moved { values, between, notes, .. } => {
            (good(arrow(values.first())) + &aside(values, between.as_ref()), notes)
        }
    };
    let _ = writeln!(out, "{head}  {line}");
    if let PinOutcome::Moved { values, between, .. } = pin {
        if named(values.iter().map(|(key, ..)| key)) {
            moved_packages(out, values, look);
        } else if look.verbose {
            for value in values.iter().skip(1) {
                let (key, old, new) = value;
                let (key, old, new) = (visible(key), visible(old), visible(new));
                let _ = writeln!(out, "    {key}  {old} -> {new}");
            }
        }
        if let Some(between) = between {
            commits(out, between, look);
        }
    }
    for note in notes {
        let label = paint(Ink::Note, "note:", color);
        let _ = writeln!(out, "    {label} {}", wrap(&visible(note), look.width, 10, 6));
    }
}

/// Whether values are named after packages: then none tells more than the others.
fn named<'a>(mut keys: impl Iterator<Item = &'a String>) -> bool {
    keys.next().is_some_and(|first| !TELLING.contains(&first.as_str()))
}

/// Each package that moved; the first few, unless all are wanted.
fn moved_packages(out: &mut String, values: &[(String, String, String)], look: &Look) {
    let most = if look.verbose { usize::MAX } else { PACKAGES };
    let width = values.iter().take(most).map(|(key, ..)| columns(key)).max().unwrap_or(0).min(32);
    for (key, old, new) in values.iter().take(most) {
        let was = if old.is_empty() { "new".to_owned() } else { short(old) };
        let is = if new.is_empty() { "gone".to_owned() } else { short(new) };
        let _ = writeln!(out, "    {}  {was} -> {is}", pad(&visible(key), width));
    }
    if values.len() > most {
        let _ = writeln!(out, "    and {} more", values.len() - most);
    }
}

fn packages(count: usize) -> String {
    format!("{count} package{}", if count == 1 { "" } else { "s" })
}

fn arrow(value: Option<&(String, String, String)>) -> String {
    match value {
        Some((_, old, new)) => format!("{} -> {}", short(old), short(new)),
        None => "locked anew at the same value".to_owned(),
    }
}

/// What stands in brackets behind a move: the ids, and how many commits lie between.
fn aside(values: &[(String, String, String)], between: Option<&Between>) -> String {
    let ids = values.iter().skip(1).find(|(_, old, new)| old != new && is_id(new));
    let ids = ids.map(|value| arrow(Some(value)));
    let count = between.filter(|b| b.count > 0 || b.more).map(|b| {
        let more = if b.more { "+" } else { "" };
        let s = if b.count == 1 && !b.more { "" } else { "s" };
        format!("{}{more} commit{s}", b.count)
    });
    let parts: Vec<String> = [ids, count].into_iter().flatten().collect();
    if parts.is_empty() {
        return String::new();
    }
    format!("  ({})", parts.join(", "))
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

fn files(out: &mut String, refreshed: &Refreshed, look: &Look) {
    let files = &refreshed.files;
    if files.is_empty() {
        return;
    }
    if !refreshed.applied {
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
fn diff(out: &mut String, file: &FileChange, color: bool) {
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

fn counts(pins: &[PinOutcome]) -> String {
    type Is = fn(&PinOutcome) -> bool;
    let kinds: [(&str, Is); 8] = [
        ("moved", |p| matches!(p, PinOutcome::Moved { values, .. } if !values.is_empty())),
        ("renewed", |p| matches!(p, PinOutcome::Moved { values, .. } if values.is_empty())),
        ("new", |p| matches!(p, PinOutcome::New { .. })),
        ("unchanged", |p| matches!(p, PinOutcome::Unchanged(_))),
        ("proved", |p| matches!(p, PinOutcome::Proved { .. })),
        ("skipped", |p| matches!(p, PinOutcome::Skipped(..))),
        ("pruned", |p| matches!(p, PinOutcome::Pruned(_))),
        ("FAILED", |p| matches!(p, PinOutcome::Failed(_))),
    ];
    let parts: Vec<String> = kinds
        .iter()
        .map(|(word, is)| (pins.iter().filter(|p| is(p)).count(), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") }
}

fn outdated(out: &mut String, rows: &[Row], look: &Look) {
    let shown: Vec<&Row> = rows.iter().filter(|r| !look.quiet || r.standing.class().is_some()).collect();
    let cell = |value: &Option<String>| value.as_deref().map_or("-".to_owned(), short);
    let cells = shown.iter().map(|row| {
        [
            row.pin.to_string(),
            row.kind.to_owned(),
            cell(&row.current),
            cell(&row.allowed),
            row.standing.word().to_owned(),
        ]
    });
    let heads = ["pin", "kind", "current", "newest", "standing"].map(str::to_owned);
    let table: Vec<[String; 5]> = std::iter::once(heads).chain(cells).collect();
    if !shown.is_empty() {
        let widths = widths(&table, look.width);
        for (at, line) in table.iter().enumerate() {
            let standing = at.checked_sub(1).and_then(|i| shown.get(i)).map(|r| r.standing);
            let padded: Vec<String> =
                line.iter().zip(widths).map(|(text, width)| pad(&cut(text, width), width)).collect();
            let text = padded.join("  ");
            let ink = match standing.map(|s| s.class()) {
                None => Some(Ink::Faint),
                Some(None) => None,
                Some(Some(Class::Differs)) => Some(Ink::Good),
                Some(Some(_)) => Some(Ink::Bad),
            };
            let text = text.trim_end();
            let _ = match ink {
                Some(ink) => writeln!(out, "{}", paint(ink, text, look.color_out)),
                None => writeln!(out, "{text}"),
            };
        }
    }
    for row in shown {
        if let Some(trouble) = &row.trouble {
            let label = row.standing.class().map_or("note:", label);
            let pin = Some(row.pin.as_str());
            block(out, label, Ink::Bad, pin, trouble, look, look.color_out);
        }
    }
}

/// The columns of a table: as wide as their cells; where that is too much, the widest of pin,
/// current and newest gives way.
fn widths(table: &[[String; 5]], most: Option<usize>) -> [usize; 5] {
    let mut widths = [0; 5];
    for line in table {
        for (width, text) in widths.iter_mut().zip(line) {
            *width = columns(text).max(*width);
        }
    }
    let most = most.unwrap_or(usize::MAX);
    while widths.iter().sum::<usize>() + 8 > most {
        let [pin, _, current, newest, _] = &mut widths;
        match [pin, current, newest].into_iter().max() {
            Some(widest) if *widest > 4 => *widest -= 1,
            _ => break,
        }
    }
    widths
}
