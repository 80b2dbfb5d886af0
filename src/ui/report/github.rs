//! The report as annotations of a pull request: workflow commands of GitHub Actions, a line each.
//!
//! Form and escaping: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>
//! and `escapeData`, `escapeProperty` of its toolkit.

use crate::model::{PinOutcome, Place, Severity, Standing, Trouble, visible};

use super::super::look::Look;
use super::sarif::text;
use super::{Outcome, Report};

/// The lines; `prefix` leads from the repository's root to the folder of pins.toml.
pub(super) fn render(report: &Report<'_>, prefix: &str) -> String {
    let mut out = String::new();
    match report.outcome {
        Outcome::Verdict(verdict) => {
            for finding in &verdict.findings {
                let level = match finding.severity {
                    Severity::Error => "error",
                    Severity::Note => "notice",
                };
                let pin = finding.pin.as_ref().map(|p| p.as_str());
                let title = match pin {
                    Some(pin) => format!("{} {pin}", finding.id),
                    None => finding.id.to_string(),
                };
                line(&mut out, level, &title, None, &finding.trouble, prefix);
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
                    let trouble = Trouble::new(moves.join(", "));
                    line(&mut out, "notice", pin.as_str(), None, &trouble, prefix);
                }
            }
            for note in &refreshed.notes {
                line(&mut out, "notice", "dubo-pin", None, note, prefix);
            }
        }
        Outcome::Rows(rows) => {
            for row in rows {
                let level = match row.standing {
                    Standing::Current | Standing::Unlocked => continue,
                    Standing::Newer | Standing::Moved => "warning",
                    Standing::Alarm | Standing::Gone | Standing::Unreachable => "error",
                };
                let current = row.current.as_deref().unwrap_or("-");
                let newest = row.allowed.as_deref().unwrap_or("-");
                let newer = Trouble::new(format!("{current} -> {newest}"));
                let trouble = row.trouble.as_ref().unwrap_or(&newer);
                let title = format!("{} {}", row.pin, row.standing.word());
                line(&mut out, level, &title, None, trouble, prefix);
            }
        }
        // Plain lines of the log: what is pinned is no annotation.
        Outcome::Listed(listing) => {
            super::list::human(&mut out, listing, &Look::default());
            for (pin, trouble) in super::list::troubles(listing) {
                line(&mut out, "error", "dubo-pin list", Some(&pin), &trouble, prefix);
            }
        }
        Outcome::Collected(done) => super::gc::human(&mut out, done, &Look::default()),
        Outcome::Nothing => {}
    }
    for failure in report.all_failures() {
        let pin = failure.pin.as_ref().map(|p| p.as_str());
        let title = format!("dubo-pin {}", report.verb);
        line(&mut out, "error", &title, pin, &failure.trouble, prefix);
    }
    out
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
