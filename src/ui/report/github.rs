//! The report as annotations of a pull request: workflow commands of GitHub Actions, a line each.
//!
//! Form and escaping: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>
//! and `escapeData`, `escapeProperty` of its toolkit.

use crate::model::{PinName, PinOutcome, Place, Severity, Standing, Trouble, visible};

use super::super::look::Look;
use super::sarif::{text, told};
use super::{Outcome, Report, label_of};

/// The lines; `prefix` leads from the repository's root to the folder of pins.toml.
pub(super) fn render(report: &Report<'_>, prefix: &str) -> String {
    let mut out = String::new();
    for (member, part) in report.parts() {
        made(&mut out, member, &part, prefix);
        for failure in part.all_failures() {
            let of = label_of(member, failure.pin.as_ref().map(|p| p.as_str()));
            let title = format!("dubo-pin {}", part.verb);
            line(&mut out, "error", &title, of.as_deref(), &failure.trouble, prefix);
        }
    }
    out
}

fn made(out: &mut String, member: Option<&str>, part: &Report<'_>, prefix: &str) {
    let called = |pin: &PinName| label_of(member, Some(pin.as_str())).unwrap_or_default();
    match part.outcome {
        Outcome::Verdict(verdict) => {
            for finding in &verdict.findings {
                let level = match finding.severity {
                    Severity::Error => "error",
                    Severity::Note => "notice",
                };
                let title = match label_of(member, finding.pin.as_ref().map(|p| p.as_str())) {
                    Some(of) => format!("{} {of}", finding.id),
                    None => finding.id.to_string(),
                };
                line(out, level, &title, None, &finding.trouble, prefix);
            }
            for note in verdict.linted.iter().flat_map(|l| &l.notes) {
                line(out, "notice", "dubo-pin", member, note, prefix);
            }
        }
        Outcome::Refreshed(refreshed) => {
            for pin in &refreshed.pins {
                if let PinOutcome::Moved { pin, values, .. } = pin {
                    let moves: Vec<String> = values
                        .iter()
                        .filter(|(_, old, new)| old != new)
                        .map(|(key, old, new)| format!("{key} {old} -> {new}"))
                        .collect();
                    let message = if moves.is_empty() { "locked anew at the same value" } else { &moves.join(", ") };
                    line(out, "notice", &called(pin), None, &Trouble::new(message), prefix);
                }
            }
            for note in &refreshed.notes {
                line(out, "notice", "dubo-pin", member, note, prefix);
            }
        }
        Outcome::Adopted(adopted) => {
            for note in adopted.not_understood.iter().chain(&adopted.notes) {
                line(out, "notice", "dubo-pin init", member, note, prefix);
            }
        }
        Outcome::Rows(rows) => {
            for row in rows {
                for warning in &row.warnings {
                    line(out, "warning", &called(&row.pin), None, warning, prefix);
                }
                let level = match row.standing {
                    Standing::Current | Standing::Unlocked => continue,
                    standing if !part.weighs(standing) => "notice",
                    Standing::Newer | Standing::Moved => "warning",
                    Standing::Alarm | Standing::Gone | Standing::Unreachable => "error",
                };
                let title = format!("{} {}", called(&row.pin), row.standing.word());
                line(out, level, &title, None, &told(row), prefix);
            }
        }
        // Plain lines of the log: what is pinned is no annotation.
        Outcome::Listed(listing) => {
            super::list::human(out, listing, &Look::default());
            for (pin, trouble) in super::list::troubles(listing) {
                line(out, "error", "dubo-pin list", Some(&pin), &trouble, prefix);
            }
        }
        Outcome::Collected(done) => super::gc::human(out, done, &Look::default()),
        Outcome::Nothing => {}
    }
}

fn line(out: &mut String, level: &str, title: &str, pin: Option<&str>, trouble: &Trouble, prefix: &str) {
    let place = trouble.place.as_ref().map(|p| place_of(p, prefix));
    let place = place.unwrap_or_default();
    let title = property(title);
    let message = data(&text(pin, trouble));
    out.push_str(&format!("::{level} {place}title={title}::{message}\n"));
}

fn place_of(place: &Place, prefix: &str) -> String {
    let file = property(&format!("{prefix}{}", place.file));
    let mut out = format!("file={file},line={},", place.line);
    if let Some(excerpt) = &place.excerpt {
        let end = place.column.saturating_add(excerpt.width);
        out.push_str(&format!("col={},endColumn={end},", place.column));
    }
    out
}

/// A message; only our own line ends are left in it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value, on one line.
fn property(text: &str) -> String {
    data(&visible(text)).replace(':', "%3A").replace(',', "%2C")
}
