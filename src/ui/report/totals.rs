//! The line that ends a report: everything, counted. Of a workspace over all its members.
//!
//! For the renderer for people, and for stderr beside the formats for programs.

use crate::model::{HeldBy, PinOutcome, Row, Severity, Standing, Verdict};

use super::{Outcome, Report, many};

/// The line, and whether nothing in it is wrong.
pub(super) struct Total {
    pub(super) text: String,
    pub(super) clean: bool,
}

/// Counts a run. `None` where it came to nothing that is counted.
pub(super) fn of(report: &Report<'_>) -> Option<Total> {
    let parts: Vec<Report<'_>> = report.parts().map(|(_, part)| part).collect();
    let workspace = report.members.is_some();
    let text = match report.kind() {
        Outcome::Verdict(_) => Some(verdicts(&parts, workspace)),
        Outcome::Refreshed(_) => refreshes(&parts, workspace),
        Outcome::Adopted(_) => Some(super::adopted::total(&parts)),
        Outcome::Rows(_) => Some(rows(&parts)),
        Outcome::Listed(_) | Outcome::Collected(_) | Outcome::Nothing => None,
    };
    let clean = report.exit() == 0;
    let Some(members) = report.members else {
        return text.map(|text| Total { text, clean });
    };
    let broken = members.iter().filter(|m| report.of(m).is_broken()).count();
    let broken = (broken > 0).then(|| format!("{} FAILED", many(broken, "member")));
    let parts: Vec<String> = [text, broken].into_iter().flatten().collect();
    if parts.is_empty() {
        return None;
    }
    Some(Total { text: format!("{}: {}", many(members.len(), "member"), parts.join(", ")), clean })
}

/// Of lint: `3 errors, 5 notes in 4 Dockerfiles, 2 can be fixed by --fix, 1 suppressed`.
fn lints(all: &[&Verdict]) -> String {
    let linted = || all.iter().filter_map(|v| v.linted.as_ref());
    let of = |severity| all.iter().flat_map(|v| &v.findings).filter(|f| f.severity == severity).count();
    let (errors, notes) = (of(Severity::Error), of(Severity::Note));
    let files = many(linted().map(|l| l.dockerfiles).sum(), "Dockerfile");
    let found: Vec<String> = [(errors, "error"), (notes, "note")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| many(count, word))
        .collect();
    let mut line =
        if found.is_empty() { format!("{files}, nothing to tell") } else { format!("{} in {files}", found.join(", ")) };
    let fixed: usize = linted().map(|l| l.fixed.len()).sum();
    let changed: usize = linted().map(|l| l.files.len()).sum();
    let fixable: usize = linted().map(|l| l.fixes.len()).sum();
    let suppressed: usize = all.iter().map(|v| v.suppressed).sum();
    if changed > 0 && linted().all(|l| l.applied) {
        line.push_str(&format!(", {fixed} fixed in {}", many(changed, "file")));
    } else if changed > 0 {
        line.push_str(&format!(", {fixed} would be fixed in {}, nothing was written", many(changed, "file")));
    } else if fixable > 0 && linted().all(|l| !l.applied) {
        line.push_str(&format!(", {fixable} can be fixed by --fix"));
    }
    if suppressed > 0 {
        line.push_str(&format!(", {suppressed} suppressed"));
    }
    line
}

/// `N verified, M UNLOCKED, K suppressed`, and what was found.
fn verdicts(parts: &[Report<'_>], workspace: bool) -> String {
    let all: Vec<&Verdict> = parts
        .iter()
        .filter_map(|p| match p.outcome {
            Outcome::Verdict(verdict) => Some(verdict),
            _ => None,
        })
        .collect();
    if all.iter().any(|v| v.linted.is_some()) {
        return lints(&all);
    }
    let count = |verdict: &Verdict, severity| verdict.findings.iter().filter(|f| f.severity == severity).count();
    let sum = |of: &dyn Fn(&Verdict) -> usize| all.iter().map(|v| of(v)).sum::<usize>();
    let mut line = format!(
        "{} verified, {} UNLOCKED, {} suppressed",
        sum(&|v| v.verified),
        sum(&|v| v.unlocked.len()),
        sum(&|v| v.suppressed)
    );
    for (severity, word) in [(Severity::Error, "finding"), (Severity::Note, "note")] {
        let found = sum(&|v| count(v, severity));
        if found > 0 {
            line.push_str(&format!(", {}", many(found, word)));
            let within = all.iter().filter(|v| count(v, severity) > 0).count();
            if workspace && severity == Severity::Error {
                line.push_str(&format!(" in {}", many(within, "member")));
            }
        }
    }
    line
}

/// What became of the pins, and how many files changed. `None` for an edit of pins.toml, which
/// changes a file and counts no pins.
fn refreshes(parts: &[Report<'_>], workspace: bool) -> Option<String> {
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
    let all = || {
        parts.iter().filter_map(|p| match p.outcome {
            Outcome::Refreshed(refreshed) => Some(refreshed),
            _ => None,
        })
    };
    let files: usize = all().map(|r| r.files.len()).sum();
    let pins: Vec<&PinOutcome> = all().flat_map(|r| &r.pins).collect();
    if pins.is_empty() && files > 0 {
        return None;
    }
    let mut counted: Vec<String> = kinds
        .iter()
        .map(|(word, is)| (pins.iter().filter(|p| is(p)).count(), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if counted.is_empty() {
        counted.push("nothing to do".to_owned());
    }
    if workspace && files > 0 {
        let done = if all().all(|r| r.applied) { "written" } else { "would change, nothing was written" };
        counted.push(format!("{} {done}", many(files, "file")));
    }
    Some(counted.join(", "))
}

/// Where the pins stand, the worst first.
fn rows(parts: &[Report<'_>]) -> String {
    let rows: Vec<&Row> = parts
        .iter()
        .flat_map(|p| match p.outcome {
            Outcome::Rows(rows) => rows,
            _ => &[],
        })
        .collect();
    let words = [
        (Standing::Alarm, "alarm"),
        (Standing::Gone, "gone"),
        (Standing::Unreachable, "unreachable"),
        (Standing::Moved, "moved"),
        (Standing::Newer, "newer"),
        (Standing::Unlocked, "UNLOCKED"),
        (Standing::Current, "current"),
    ];
    let mut counted: Vec<String> = words
        .iter()
        .map(|(standing, word)| (rows.iter().filter(|r| r.standing == *standing).count(), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let ruled = |r: &&&Row| r.standing == Standing::Current && r.held.iter().any(|h| !passes(&h.by));
    let ruled = rows.iter().filter(ruled).count();
    if let Some(last) = counted.last_mut().filter(|_| ruled > 0) {
        last.push_str(&format!(" ({ruled} held by a rule)"));
    }
    if counted.is_empty() {
        counted.push("no pins".to_owned());
    }
    counted.join(", ")
}

/// Whether what holds a value back ends by itself: with time, or with another pin's move. What the
/// manifest rules out stays until somebody edits it, and need not be told on every day.
pub(super) fn passes(by: &HeldBy) -> bool {
    match by {
        HeldBy::MinAge { .. } | HeldBy::Frozen { .. } | HeldBy::Group(_) => true,
        HeldBy::Rule(_) | HeldBy::Excluded => false,
    }
}
