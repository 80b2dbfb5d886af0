//! The report for programs: one JSON object a run, with its own version.
//!
//! ```json
//! {
//!   "dubo-pin": {"version": "0.1.0", "schema": 1},
//!   "verb": "verify",
//!   "exit": 1,
//!   "findings": […], "verified": 2, "unlocked": […], "suppressed": 0,
//!   "failures": []
//! }
//! ```
//!
//! A key, once there, stays and keeps its meaning within a schema; new ones may come. What is not
//! known is null, never left out. Texts are as they are: characters that would deceive a reader are
//! written as `\uXXXX`, which means the same. `failures` holds every failure, also those of pins.

use serde::Serialize;

use crate::model::{Class, Failure, Finding, PinOutcome, Refreshed, Row, Severity, Trouble, Verdict, visible};

use super::{Outcome, Report};

/// The version of what is described above.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Run<'a> {
    #[serde(rename = "dubo-pin")]
    program: Program,
    verb: &'a str,
    exit: u8,
    #[serde(flatten)]
    made: Made<'a>,
    failures: Vec<Failed<'a>>,
}

#[derive(Serialize)]
struct Program {
    version: &'static str,
    schema: u32,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Made<'a> {
    Verify { findings: Vec<Found<'a>>, verified: usize, unlocked: Vec<Unlocked<'a>>, suppressed: usize },
    Refresh { applied: bool, pins: Vec<Pin<'a>>, files: Vec<File<'a>>, notes: Vec<Told<'a>> },
    Outdated { pins: Vec<Stands<'a>> },
    List(super::list::Json<'a>),
    Gc(super::gc::Json),
    Nothing {},
}

#[derive(Serialize)]
struct Told<'a> {
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    message: &'a str,
    expected: Option<&'a str>,
    found: Option<&'a str>,
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct Found<'a> {
    id: &'static str,
    severity: &'static str,
    pin: Option<&'a str>,
    #[serde(flatten)]
    told: Told<'a>,
}

#[derive(Serialize)]
struct Failed<'a> {
    class: &'static str,
    exit: u8,
    pin: Option<&'a str>,
    #[serde(flatten)]
    told: Told<'a>,
}

#[derive(Serialize)]
struct Unlocked<'a> {
    pin: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Pin<'a> {
    pin: Option<&'a str>,
    outcome: &'static str,
    values: Vec<Value<'a>>,
    between: Option<Commits<'a>>,
    notes: &'a [String],
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Value<'a> {
    key: &'a str,
    old: Option<&'a str>,
    new: &'a str,
}

#[derive(Serialize)]
struct Commits<'a> {
    count: usize,
    more: bool,
    subjects: Vec<Subject<'a>>,
}

#[derive(Serialize)]
struct Subject<'a> {
    id: &'a str,
    subject: &'a str,
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    diff: &'a str,
}

#[derive(Serialize)]
struct Stands<'a> {
    pin: &'a str,
    kind: &'a str,
    standing: &'static str,
    current: Option<&'a str>,
    newest: Option<&'a str>,
    trouble: Option<Told<'a>>,
}

/// The object, indented by two, with a final newline.
pub(super) fn render(report: &Report<'_>) -> String {
    let run = Run {
        program: Program { version: env!("CARGO_PKG_VERSION"), schema: SCHEMA },
        verb: report.verb,
        exit: report.exit(),
        made: match report.outcome {
            Outcome::Verdict(verdict) => verify(verdict),
            Outcome::Refreshed(refreshed) => refresh(refreshed),
            Outcome::Rows(rows) => Made::Outdated { pins: rows.iter().map(stands).collect() },
            Outcome::Listed(listing) => Made::List(super::list::json(listing)),
            Outcome::Collected(done) => Made::Gc(super::gc::json(done)),
            Outcome::Nothing => Made::Nothing {},
        },
        failures: report.all_failures().map(failed).collect(),
    };
    harmless(&run)
}

/// Any value as indented JSON with a final newline, deceiving characters as `\uXXXX`.
pub(super) fn harmless(value: &impl Serialize) -> String {
    let plain = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut out = String::with_capacity(plain.len() + 1);
    for c in plain.chars() {
        // Newlines inside texts are escaped already: these are the indentation's.
        if c == '\n' || visible(c.encode_utf8(&mut [0; 4])).chars().eq([c]) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out.push('\n');
    out
}

fn told(trouble: &Trouble) -> Told<'_> {
    let place = trouble.place.as_ref();
    Told {
        file: place.map(|p| p.file.as_str()),
        line: place.map(|p| p.line),
        column: place.map(|p| p.column),
        message: &trouble.message,
        expected: trouble.expected.as_deref(),
        found: trouble.found.as_deref(),
        help: trouble.help.as_deref(),
    }
}

fn found(finding: &Finding) -> Found<'_> {
    Found {
        id: finding.id.as_str(),
        severity: match finding.severity {
            Severity::Error => "error",
            Severity::Note => "note",
        },
        pin: finding.pin.as_ref().map(|p| p.as_str()),
        told: told(&finding.trouble),
    }
}

fn failed(failure: &Failure) -> Failed<'_> {
    Failed {
        class: match failure.class {
            Class::Differs => "differs",
            Class::Usage => "usage",
            Class::Alarm => "alarm",
            Class::Undone => "undone",
        },
        exit: failure.class.code(),
        pin: failure.pin.as_ref().map(|p| p.as_str()),
        told: told(&failure.trouble),
    }
}

fn verify(verdict: &Verdict) -> Made<'_> {
    let unlocked = verdict.unlocked.iter().map(|(pin, reason)| Unlocked { pin: pin.as_str(), reason });
    Made::Verify {
        findings: verdict.findings.iter().map(found).collect(),
        verified: verdict.verified,
        unlocked: unlocked.collect(),
        suppressed: verdict.suppressed,
    }
}

fn refresh(refreshed: &Refreshed) -> Made<'_> {
    let files = refreshed.files.iter().map(|f| File { path: &f.path, diff: &f.diff });
    Made::Refresh {
        applied: refreshed.applied,
        pins: refreshed.pins.iter().map(pin).collect(),
        files: files.collect(),
        notes: refreshed.notes.iter().map(told).collect(),
    }
}

fn pin(outcome: &PinOutcome) -> Pin<'_> {
    match outcome {
        PinOutcome::Unchanged(name) => Pin { pin: Some(name.as_str()), ..empty("unchanged") },
        PinOutcome::Proved { pin: name, notes } => Pin { pin: Some(name.as_str()), notes, ..empty("proved") },
        PinOutcome::Pruned(name) => Pin { pin: Some(name.as_str()), ..empty("pruned") },
        PinOutcome::Skipped(name, reason) => Pin { pin: Some(name.as_str()), reason: Some(reason), ..empty("skipped") },
        PinOutcome::Failed(failure) => Pin {
            pin: failure.pin.as_ref().map(|p| p.as_str()),
            reason: Some(&failure.trouble.message),
            ..empty("failed")
        },
        PinOutcome::New { pin: name, values, notes } => Pin {
            pin: Some(name.as_str()),
            values: values.iter().map(|(key, new)| Value { key, old: None, new }).collect(),
            notes,
            ..empty("new")
        },
        PinOutcome::Moved { pin: name, values, between, notes } => Pin {
            pin: Some(name.as_str()),
            values: values.iter().map(|(key, old, new)| Value { key, old: Some(old), new }).collect(),
            between: between.as_ref().map(|b| Commits {
                count: b.count,
                more: b.more,
                subjects: b.subjects.iter().map(|(id, subject)| Subject { id, subject }).collect(),
            }),
            notes,
            ..empty("moved")
        },
    }
}

fn empty(outcome: &'static str) -> Pin<'static> {
    Pin { pin: None, outcome, values: Vec::new(), between: None, notes: &[], reason: None }
}

fn stands(row: &Row) -> Stands<'_> {
    Stands {
        pin: row.pin.as_str(),
        kind: row.kind,
        standing: row.standing.word(),
        current: row.current.as_deref(),
        newest: row.allowed.as_deref(),
        trouble: row.trouble.as_ref().map(told),
    }
}
