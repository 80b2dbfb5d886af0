//! The report for programs: one JSON object a run, with its own version.
//!
//! ```json
//! {
//!   "dubo-pin": {"version": "0.1.0", "schema": 2},
//!   "verb": "verify",
//!   "exit": 1,
//!   "findings": […], "verified": 2, "unlocked": […], "suppressed": 0,
//!   "failures": []
//! }
//! ```
//!
//! Of a workspace the head holds `members`, each of them what a run over its folder alone would be:
//!
//! ```json
//! {
//!   "dubo-pin": …, "verb": "verify", "exit": 1,
//!   "members": [{"member": "coredns", "exit": 0, "findings": [], …, "failures": []}],
//!   "failures": []
//! }
//! ```
//!
//! Of `lint` the findings stand beside `dockerfiles` (how many), `fixed`, `files` and `notes`, and each
//! finding has `fix`: the texts that mend it, none if text alone cannot.
//!
//! Every shape is written down in `schema/report-2.json`, which [`schema`] gives out. A key, once
//! there, stays and keeps its meaning within a schema; new ones may come, so a reader passes over
//! those it does not know. What is not known is null, never left out. Texts are as they are:
//! characters that would deceive a reader are written as `\uXXXX`, which means the same. `failures`
//! holds every failure, also those of pins.
//!
//! 2: `allowed` of a row is what 1 called `newest`; `newest` is the newest there is. `held`, `age`,
//! `warnings`, `members`. A package that came or went has `old` or `new` null, not empty.

use serde::Serialize;

use crate::model::{
    Class, Failure, Finding, Held, HeldBy, Linted, PinOutcome, Refreshed, Replacement, Row, Severity, Trouble, Verdict,
    visible,
};

use super::{Outcome, Report};

/// The version of what is described above.
const SCHEMA: u32 = 2;

/// The JSON Schema (draft 2020-12) of every report in JSON. It is closed, so that this program is
/// held to it; a reader had better be open.
#[must_use]
pub fn schema() -> &'static str {
    include_str!("schema/report-2.json")
}

#[derive(Serialize)]
struct Run<'a> {
    #[serde(rename = "dubo-pin")]
    program: Program,
    verb: &'a str,
    #[serde(flatten)]
    came: Came<'a>,
}

/// What a run came to, or a member of one.
#[derive(Serialize)]
struct Came<'a> {
    exit: u8,
    #[serde(flatten)]
    made: Made<'a>,
    failures: Vec<Failed<'a>>,
}

#[derive(Serialize)]
struct One<'a> {
    member: &'a str,
    #[serde(flatten)]
    came: Came<'a>,
}

#[derive(Serialize)]
struct Program {
    version: &'static str,
    schema: u32,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Made<'a> {
    Verify {
        findings: Vec<Found<'a>>,
        verified: usize,
        unlocked: Vec<Unlocked<'a>>,
        suppressed: usize,
        #[serde(flatten)]
        lint: Option<Lint<'a>>,
    },
    Refresh {
        applied: bool,
        pins: Vec<Pin<'a>>,
        files: Vec<File<'a>>,
        notes: Vec<Told<'a>>,
    },
    Init(super::adopted::Json<'a>),
    Outdated {
        pins: Vec<Stands<'a>>,
    },
    List(super::list::Json<'a>),
    Gc(super::gc::Json),
    Workspace {
        members: Vec<One<'a>>,
    },
    Nothing {},
}

/// What `lint` says beside its findings.
#[derive(Serialize)]
struct Lint<'a> {
    dockerfiles: usize,
    applied: bool,
    fixed: Vec<Found<'a>>,
    files: Vec<File<'a>>,
    notes: Vec<Told<'a>>,
}

#[derive(Serialize)]
pub(super) struct Told<'a> {
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
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Vec<Replaced<'a>>>,
}

/// A part of a file that gets another text.
#[derive(Serialize)]
struct Replaced<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    text: &'a str,
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
    held: Vec<Kept<'a>>,
    notes: &'a [String],
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Value<'a> {
    key: &'a str,
    old: Option<&'a str>,
    new: Option<&'a str>,
}

#[derive(Serialize)]
struct Kept<'a> {
    value: &'a str,
    by: &'static str,
    /// All that is known, in words.
    reason: String,
    seen: Option<String>,
    from: Option<String>,
    until: Option<String>,
    rule: Option<&'a str>,
    why: Option<&'a str>,
    group: Option<&'a str>,
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
pub(super) struct File<'a> {
    pub(super) path: &'a str,
    pub(super) diff: &'a str,
}

#[derive(Serialize)]
struct Stands<'a> {
    pin: &'a str,
    kind: &'a str,
    standing: &'static str,
    current: Option<&'a str>,
    allowed: Option<&'a str>,
    newest: Option<&'a str>,
    age: Option<u32>,
    held: Vec<Kept<'a>>,
    warnings: Vec<Told<'a>>,
    trouble: Option<Told<'a>>,
}

/// The object, indented by two, with a final newline.
pub(super) fn render(report: &Report<'_>) -> String {
    let program = Program { version: env!("CARGO_PKG_VERSION"), schema: SCHEMA };
    harmless(&Run { program, verb: report.verb, came: came(report) })
}

fn came<'a>(report: &Report<'a>) -> Came<'a> {
    let made = match (report.members, report.outcome) {
        (Some(members), _) => {
            let one = |m| Report::of(report, m);
            Made::Workspace { members: members.iter().map(|m| One { member: m.name, came: came(&one(m)) }).collect() }
        }
        (None, Outcome::Verdict(verdict)) => verify(verdict),
        (None, Outcome::Refreshed(refreshed)) => refresh(refreshed),
        (None, Outcome::Adopted(adopted)) => Made::Init(super::adopted::json(adopted)),
        (None, Outcome::Rows(rows)) => Made::Outdated { pins: rows.iter().map(stands).collect() },
        (None, Outcome::Listed(listing)) => Made::List(super::list::json(listing)),
        (None, Outcome::Collected(done)) => Made::Gc(super::gc::json(done)),
        (None, Outcome::Nothing) => Made::Nothing {},
    };
    Came { exit: report.exit(), made, failures: report.all_failures().map(failed).collect() }
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

pub(super) fn told(trouble: &Trouble) -> Told<'_> {
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

/// `fix`: what mends it, by `lint`.
fn found<'a>(finding: &'a Finding, fix: Option<&'a [Replacement]>) -> Found<'a> {
    let replaced = |r: &'a Replacement| Replaced {
        file: &r.file,
        line: r.start.0,
        column: r.start.1,
        end_line: r.end.0,
        end_column: r.end.1,
        text: &r.text,
    };
    Found {
        id: finding.id.as_str(),
        severity: match finding.severity {
            Severity::Error => "error",
            Severity::Note => "note",
        },
        pin: finding.pin.as_ref().map(|p| p.as_str()),
        told: told(&finding.trouble),
        fix: fix.map(|all| all.iter().map(replaced).collect()),
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
    let fix = |index| verdict.linted.as_ref().map(|l| l.fixes.get(&index).map(Vec::as_slice).unwrap_or_default());
    Made::Verify {
        findings: verdict.findings.iter().enumerate().map(|(i, f)| found(f, fix(i))).collect(),
        verified: verdict.verified,
        unlocked: unlocked.collect(),
        suppressed: verdict.suppressed,
        lint: verdict.linted.as_ref().map(linted),
    }
}

fn linted(linted: &Linted) -> Lint<'_> {
    Lint {
        dockerfiles: linted.dockerfiles,
        applied: linted.applied,
        fixed: linted.fixed.iter().map(|f| found(f, None)).collect(),
        files: linted.files.iter().map(|f| File { path: &f.path, diff: &f.diff }).collect(),
        notes: linted.notes.iter().map(told).collect(),
    }
}

fn refresh(refreshed: &Refreshed) -> Made<'_> {
    let files = refreshed.files.iter().map(|f| File { path: &f.path, diff: &f.diff });
    Made::Refresh {
        applied: refreshed.applied,
        pins: refreshed.pins.iter().map(|p| pin(refreshed, p)).collect(),
        files: files.collect(),
        notes: refreshed.notes.iter().map(told).collect(),
    }
}

/// Of a text that is empty for nothing.
fn some(text: &str) -> Option<&str> {
    Some(text).filter(|t| !t.is_empty())
}

fn kept(held: &Held) -> Kept<'_> {
    let mut out = Kept {
        value: &held.value,
        by: "",
        reason: held.by.to_string(),
        seen: None,
        from: None,
        until: None,
        rule: None,
        why: None,
        group: None,
    };
    match &held.by {
        HeldBy::MinAge { seen, from } => {
            (out.by, out.seen, out.from) = ("min-age", seen.map(|d| d.to_string()), Some(from.to_string()));
        }
        HeldBy::Rule(rule) => (out.by, out.rule) = ("rule", Some(rule.as_str())),
        HeldBy::Excluded => out.by = "excluded",
        HeldBy::Frozen { reason, until } => {
            (out.by, out.why, out.until) = ("freeze", Some(reason.as_str()), Some(until.to_string()));
        }
        HeldBy::Group(pin) => (out.by, out.group) = ("group", Some(pin.as_str())),
    }
    out
}

fn pin<'a>(refreshed: &'a Refreshed, outcome: &'a PinOutcome) -> Pin<'a> {
    let held = outcome.pin().and_then(|pin| refreshed.held.get(pin)).into_iter().flatten().map(kept).collect();
    let empty = |outcome| Pin { pin: None, outcome, values: Vec::new(), between: None, held, notes: &[], reason: None };
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
            values: values.iter().map(|(key, new)| Value { key, old: None, new: Some(new) }).collect(),
            notes,
            ..empty("new")
        },
        PinOutcome::Moved { pin: name, values, between, notes } => Pin {
            pin: Some(name.as_str()),
            values: values.iter().map(|(key, old, new)| Value { key, old: some(old), new: some(new) }).collect(),
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

fn stands(row: &Row) -> Stands<'_> {
    Stands {
        pin: row.pin.as_str(),
        kind: row.kind,
        standing: row.standing.word(),
        current: row.current.as_deref(),
        allowed: row.allowed.as_deref(),
        newest: row.newest.as_deref(),
        age: row.age,
        held: row.held.iter().map(kept).collect(),
        warnings: row.warnings.iter().map(told).collect(),
        trouble: row.trouble.as_ref().map(told),
    }
}
