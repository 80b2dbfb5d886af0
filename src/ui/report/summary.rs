//! What a refresh did, as Markdown for the body of a commit or of a pull request.
//!
//! For `refresh --summary FILE`. Where this text goes it is acted on: names are notified, issues are
//! linked and closed, CI is skipped. What upstream wrote (tags, subjects, messages) must do none of
//! that, neither as Markdown nor in a plain commit message, so what forges look for is broken up by a
//! visible blank, and what Markdown or HTML would read is escaped. Not here: the report itself.

mod forge;
mod words;

use crate::model::{Between, Class, Held, PinOutcome, Refreshed, Trouble};

use super::human::short;
use super::totals::passes;
use super::{Outcome, Report, label_of, many};
use words::{plain, prose};

/// A subject is no longer, in characters.
const SUBJECT: usize = 72;
/// Forges take bodies up to 65,536 characters.
const WHOLE: usize = 60_000;
/// So many commits of a pin are named.
const COMMITS: usize = 5;
/// So many packages of a pin are named.
const PACKAGES: usize = 12;
/// So many held values of a pin are named.
const HELD: usize = 3;

/// Markdown: a subject of at most 72 characters, a blank line, then what moved, what failed, what is
/// held back and what is worth knowing. Of a run that is no refresh the subject alone.
#[must_use]
pub fn summary(report: &Report<'_>) -> String {
    let mut body = Body::default();
    let mut moved: Vec<(String, String)> = Vec::new();
    for (member, part) in report.parts() {
        if let Outcome::Refreshed(refreshed) = part.outcome {
            moved.extend(refreshed.pins.iter().filter_map(|p| headline(member, p)));
            body.member(member, refreshed);
        }
        for failure in part.all_failures() {
            let of = label_of(member, failure.pin.as_ref().map(|p| p.as_str()));
            let word = if failure.class == Class::Alarm { "alarm: " } else { "" };
            body.failed.push(format!("- {}{word}{}", head(of), told(&failure.trouble)));
        }
    }
    let subject = subject(&moved, body.failed.len());
    body.written(subject)
}

/// The first line. What of it does not fit is left out, never cut.
fn subject(moved: &[(String, String)], failed: usize) -> String {
    let fits = |line: &String| line.chars().count() <= SUBJECT;
    match moved {
        [] if failed > 0 => format!("Refresh pins: nothing moved, {failed} failed"),
        [] => "Refresh pins: nothing moved".to_owned(),
        [(name, what), rest @ ..] => {
            let more = if rest.is_empty() { String::new() } else { format!(", {} more", rest.len()) };
            let lines = [format!("Refresh pins: {name} {what}{more}"), format!("Refresh pins: {name}{more}")];
            lines.into_iter().find(fits).unwrap_or_else(|| format!("Refresh {}", many(moved.len(), "pin")))
        }
    }
}

/// What the subject says of a pin: its name, and what became of it.
fn headline(member: Option<&str>, pin: &PinOutcome) -> Option<(String, String)> {
    let name = plain(&label_of(member, Some(pin.pin()?.as_str()))?);
    let what = match pin {
        PinOutcome::Moved { values, .. } if super::human::named(values.iter().map(|(key, ..)| key)) => {
            format!("({})", many(values.len(), "package"))
        }
        PinOutcome::Moved { values, .. } => match values.first() {
            Some((_, old, new)) => format!("{} -> {}", plain(&short(old)), plain(&short(new))),
            None => "locked anew".to_owned(),
        },
        PinOutcome::New { values, .. } => match values.first() {
            Some((key, new)) if !super::human::named(std::iter::once(key)) => format!("at {}", plain(&short(new))),
            _ => "(new)".to_owned(),
        },
        PinOutcome::Pruned(_) => "(pruned)".to_owned(),
        _ => return None,
    };
    Some((name, what))
}

/// The paragraphs below the subject, as lines.
#[derive(Default)]
struct Body {
    pins: Vec<String>,
    failed: Vec<String>,
    held: Vec<String>,
    notes: Vec<String>,
}

impl Body {
    fn member(&mut self, member: Option<&str>, refreshed: &Refreshed) {
        let first = self.pins.len();
        for pin in &refreshed.pins {
            self.pin(pin, refreshed);
        }
        if let Some(member) = member.filter(|_| self.pins.len() > first) {
            let blank = (first > 0).then(String::new);
            let heading = [format!("**{}**", prose(member)), String::new()];
            self.pins.splice(first..first, blank.into_iter().chain(heading));
        }
        for (pin, held) in &refreshed.held {
            let of = label_of(member, Some(pin.as_str()));
            let told: Vec<&Held> = held.iter().filter(|h| passes(&h.by)).collect();
            for one in told.iter().take(HELD) {
                let (value, why) = (prose(&short(&one.value)), prose(&one.by.to_string()));
                self.held.push(format!("- {}{value}, {why}", head(of.clone())));
            }
            if told.len() > HELD {
                self.held.push(format!("- {}{} more", head(of), told.len() - HELD));
            }
        }
        for note in &refreshed.notes {
            self.notes.push(format!("- {}{}", head(label_of(member, None)), told(note)));
        }
    }

    fn pin(&mut self, pin: &PinOutcome, refreshed: &Refreshed) {
        let Some(name) = pin.pin() else { return };
        let none = Vec::new();
        let (text, notes) = match pin {
            PinOutcome::Moved { values, notes, .. } if super::human::named(values.iter().map(|(key, ..)| key)) => {
                self.pins.push(format!("- {}: {} moved", prose(name.as_str()), many(values.len(), "package")));
                for (key, old, new) in values.iter().take(PACKAGES) {
                    let was = if old.is_empty() { "new".to_owned() } else { prose(&short(old)) };
                    let is = if new.is_empty() { "gone".to_owned() } else { prose(&short(new)) };
                    self.pins.push(format!("  - {} {was} -> {is}", prose(key)));
                }
                if values.len() > PACKAGES {
                    self.pins.push(format!("  - and {} more", values.len() - PACKAGES));
                }
                self.noted(notes);
                return;
            }
            PinOutcome::Moved { values, between, notes, .. } => {
                let text = match values.first() {
                    Some((_, old, new)) => format!("{} -> {}", prose(&short(old)), prose(&short(new))),
                    None => "locked anew at the same value".to_owned(),
                };
                let old_new = values.iter().find(|(key, ..)| key == "commit").map(|(_, old, new)| (old, new));
                let link = old_new.and_then(|(old, new)| forge::compare(refreshed.remotes.get(name)?, old, new));
                let count = between.as_ref().and_then(super::human::counted);
                let aside = match (link, count) {
                    (Some(link), count) => format!(" ([{}]({link}))", count.as_deref().unwrap_or("compare")),
                    (None, Some(count)) => format!(" ({count})"),
                    (None, None) => String::new(),
                };
                self.pins.push(format!("- {}: {text}{aside}", prose(name.as_str())));
                self.commits(between.as_ref());
                self.noted(notes);
                return;
            }
            PinOutcome::New { values, notes, .. } => {
                let text = match values.first() {
                    Some((key, new)) if !super::human::named(std::iter::once(key)) => {
                        format!("new at {}", prose(&short(new)))
                    }
                    _ => format!("new, {}", many(values.len(), "package")),
                };
                (text, notes)
            }
            PinOutcome::Pruned(_) => ("pruned, it is no longer in pins.toml".to_owned(), &none),
            _ => return,
        };
        self.pins.push(format!("- {}: {text}", prose(name.as_str())));
        self.noted(notes);
    }

    fn commits(&mut self, between: Option<&Between>) {
        let Some(between) = between.filter(|b| !b.subjects.is_empty()) else { return };
        for (id, subject) in between.subjects.iter().take(COMMITS) {
            self.pins.push(format!("  - {} {}", prose(id), prose(subject)));
        }
        let shown = between.subjects.len().min(COMMITS);
        if between.more {
            self.pins.push("  - and more".to_owned());
        } else if between.count > shown {
            self.pins.push(format!("  - and {} more", between.count - shown));
        }
    }

    fn noted(&mut self, notes: &[String]) {
        self.pins.extend(notes.iter().map(|note| format!("  - note: {}", prose(note))));
    }

    fn written(self, subject: String) -> String {
        let mut out = subject;
        out.push('\n');
        let mut room = WHOLE;
        let mut left = 0_usize;
        let paragraphs = [
            ("", self.pins),
            ("Failed, and kept as they were:", self.failed),
            ("Held back:", self.held),
            ("Worth knowing:", self.notes),
        ];
        for (heading, lines) in paragraphs {
            if lines.is_empty() {
                continue;
            }
            out.push('\n');
            if !heading.is_empty() {
                out.push_str(heading);
                out.push_str("\n\n");
            }
            for line in lines {
                let size = line.chars().count() + 1;
                if left > 0 || size > room {
                    left += 1;
                    continue;
                }
                room -= size;
                out.push_str(&line);
                out.push('\n');
            }
        }
        if left > 0 {
            out.push_str(&format!("\nand {} more, which have no room here\n", many(left, "line")));
        }
        out
    }
}

/// `coredns: `, or nothing.
fn head(of: Option<String>) -> String {
    of.map(|of| format!("{}: ", prose(&of))).unwrap_or_default()
}

/// A trouble on one line.
fn told(trouble: &Trouble) -> String {
    let mut out = prose(&trouble.message);
    for (name, text) in [("expected", &trouble.expected), ("found", &trouble.found)] {
        if let Some(text) = text {
            out.push_str(&format!("; {name} {}", prose(text)));
        }
    }
    out
}

#[cfg(test)]
mod tests;
