//! What a run came to, rendered: one file a format.
//!
//! Pure: data in, text out; the shell writes it. One [`Report`] a run, whatever the verb.

mod adopted;
mod explained;
mod gc;
mod github;
mod human;
mod json;
mod list;
mod sarif;
mod summary;
mod totals;

use crate::model::{Adopted, Class, Collected, Failure, Id, Listing, PinOutcome, Refreshed, Row, Standing, Verdict};

use super::look::{Format, Look};

pub use explained::{Explained, explained};
pub(super) use human::{error, note};
pub use json::schema;
pub use summary::summary;

/// What the verb made.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// Of `verify` and `lint`.
    Verdict(&'a Verdict),
    /// Of `init`.
    Adopted(&'a Adopted),
    /// Of `refresh`.
    Refreshed(&'a Refreshed),
    /// Of `outdated`.
    Rows(&'a [Row]),
    /// Of `list`.
    Listed(&'a Listing),
    /// Of `gc`.
    Collected(&'a Collected),
    /// The verb came to nothing but failures, or makes nothing that is reported.
    Nothing,
}

/// What a verb made of one member of a workspace.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Its folder, from that of the workspace, without a final slash; `.` for the workspace's own.
    pub name: &'a str,
    /// What the verb made.
    pub outcome: Outcome<'a>,
    /// What stopped it.
    pub failures: &'a [Failure],
}

/// A whole run.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The verb, such as `verify`.
    pub verb: &'a str,
    /// What it made; of a workspace nothing but what its members hold.
    pub outcome: Outcome<'a>,
    /// What stopped it, or parts of it. Failed pins of a [`Refreshed`] are not repeated here.
    pub failures: &'a [Failure],
    /// The members of a workspace, by name, each place in them as seen from the workspace's folder;
    /// `None` for a folder by itself.
    pub members: Option<&'a [Member<'a>]>,
    /// Where only some standings of pins weigh: which. Failures weigh always.
    pub fail_on: Option<&'a [Standing]>,
    /// What a finding means, for formats that hold such texts.
    pub help: Option<fn(Id) -> String>,
}

impl<'a> Report<'a> {
    /// The run of a verb over one folder.
    #[must_use]
    pub fn new(verb: &'a str, outcome: Outcome<'a>, failures: &'a [Failure]) -> Self {
        Self { verb, outcome, failures, members: None, fail_on: None, help: None }
    }

    /// The run of a verb over a workspace: what stopped it as a whole, and its members.
    #[must_use]
    pub fn of_workspace(verb: &'a str, members: &'a [Member<'a>], failures: &'a [Failure]) -> Self {
        Self { members: Some(members), ..Self::new(verb, Outcome::Nothing, failures) }
    }

    /// The run of one member as if it stood alone.
    fn of(&self, member: &Member<'a>) -> Self {
        Self { fail_on: self.fail_on, ..Self::new(self.verb, member.outcome, member.failures) }
    }

    /// The run but for its members, then each member as if it stood alone, with its folder.
    fn parts(&self) -> impl Iterator<Item = (Option<&'a str>, Self)> {
        let own = Self { members: None, ..*self };
        let members = self.members.unwrap_or_default().iter();
        let members: Vec<_> = members.map(|m| (Some(m.name), self.of(m))).collect();
        std::iter::once((None, own)).chain(members)
    }

    /// What the verb made, whatever of a workspace's members made it.
    fn kind(&self) -> Outcome<'a> {
        let all = std::iter::once(self.outcome).chain(self.members.unwrap_or_default().iter().map(|m| m.outcome));
        all.into_iter().find(|o| !matches!(o, Outcome::Nothing)).unwrap_or(Outcome::Nothing)
    }

    /// Whether something kept the verb from its work, or from a part of it that is no pin's.
    fn is_broken(&self) -> bool {
        !self.failures.is_empty()
    }

    /// Whether a standing changes the exit code of this run.
    fn weighs(&self, standing: Standing) -> bool {
        // Unreachable is never clean: who asks for alarms alone was not answered then.
        let asked = standing == Standing::Unreachable;
        standing.class().is_some() && (asked || self.fail_on.is_none_or(|some| some.contains(&standing)))
    }

    /// The exit code: that of the weightiest of everything in it.
    #[must_use]
    pub fn exit(&self) -> u8 {
        Class::exit(self.parts().flat_map(|(_, part)| part.classes()))
    }

    /// How everything weighs that is not a member's.
    fn classes(&self) -> Vec<Class> {
        let mut made: Vec<Class> = match self.outcome {
            Outcome::Verdict(v) if v.is_clean() => Vec::new(),
            Outcome::Verdict(_) => vec![Class::Differs],
            Outcome::Rows(rows) => {
                rows.iter().map(|r| r.standing).filter(|s| self.weighs(*s)).filter_map(Standing::class).collect()
            }
            Outcome::Listed(listing) => list::class(listing).into_iter().collect(),
            Outcome::Adopted(_) | Outcome::Refreshed(_) | Outcome::Collected(_) | Outcome::Nothing => Vec::new(),
        };
        made.extend(self.all_failures().map(|f| f.class));
        made
    }

    /// Failures of the run, then those of its pins.
    fn all_failures(&self) -> impl Iterator<Item = &'a Failure> + use<'a> {
        let pins: &[PinOutcome] = match self.outcome {
            Outcome::Refreshed(refreshed) => &refreshed.pins,
            _ => &[],
        };
        let of_pins = pins.iter().filter_map(|p| match p {
            PinOutcome::Failed(failure) => Some(failure),
            _ => None,
        });
        self.failures.iter().chain(of_pins)
    }
}

/// Text for both streams.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rendered {
    pub(super) out: String,
    pub(super) err: String,
}

/// Renders a run in a format. In those for programs, stdout holds that format alone.
pub(super) fn render(report: &Report<'_>, format: Format, look: &Look) -> Rendered {
    let errors = || human::failures(report, look);
    // What was verified is not in formats that list what is wrong.
    let counted = || match (report.kind(), look.quiet) {
        (Outcome::Verdict(_), false) => totals::of(report).map(|t| t.text + "\n").unwrap_or_default(),
        _ => String::new(),
    };
    let (out, err) = match format {
        Format::Human => (human::render(report, look), errors()),
        Format::Json => (json::render(report), errors()),
        Format::Sarif => (sarif::render(report, &look.prefix), errors() + &counted()),
        // The annotations are in the log already: no error is said twice.
        Format::Github => (github::render(report, &look.prefix), counted()),
    };
    Rendered { out, err }
}

/// How a pin of a member is called, as it is called on the command line: `member/pin`; without a pin
/// the member, without a member the pin.
fn label_of(member: Option<&str>, pin: Option<&str>) -> Option<String> {
    match (member, pin) {
        (Some(member), Some(pin)) => Some(format!("{member}/{pin}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

/// `1 finding`, `2 findings`.
fn many(count: usize, word: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {word}{s}")
}

#[cfg(test)]
mod tests;
