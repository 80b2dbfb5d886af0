//! What a verb comes to: data for `ui` to show and for main to turn into an exit code.
//!
//! Made by `ops`, shown by `ui`. Decides nothing.

use std::collections::BTreeMap;

use super::day::Day;
use super::finding::{Finding, Severity, Trouble};
use super::git_url::GitUrl;
use super::name::PinName;

/// How an outcome weighs for the exit code. Several at once: the first of 2, 3, 4, 1 wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Exit 1: differs, or something newer is there.
    Differs,
    /// Exit 2: the command line, the manifest or the lock cannot be followed.
    Usage,
    /// Exit 3: an alarm: upstream changed what was fixed, or took it away.
    Alarm,
    /// Exit 4: could not be done: network, refusal to serve, disk, a missing tool.
    Undone,
}

impl Class {
    /// The exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Differs => 1,
            Self::Usage => 2,
            Self::Alarm => 3,
            Self::Undone => 4,
        }
    }

    /// The exit code of several outcomes; 0 for none.
    #[must_use]
    pub fn exit(all: impl IntoIterator<Item = Self>) -> u8 {
        let all: Vec<Self> = all.into_iter().collect();
        [Self::Usage, Self::Alarm, Self::Undone, Self::Differs]
            .into_iter()
            .find(|c| all.contains(c))
            .map_or(0, Self::code)
    }
}

/// Something that stopped a verb, or one pin of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The pin concerned, if one.
    pub pin: Option<PinName>,
    /// How it weighs.
    pub class: Class,
    /// What happened.
    pub trouble: Trouble,
}

/// What `verify` or `lint` came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// All findings, by file, line and id.
    pub findings: Vec<Finding>,
    /// Pins that were verified.
    pub verified: usize,
    /// Pins that the manifest calls unlocked, with the reason it gives.
    pub unlocked: Vec<(PinName, String)>,
    /// Findings that a suppression with a reason silenced.
    pub suppressed: usize,
    /// What `lint` did beyond finding; `None` for `verify`.
    pub linted: Option<Linted>,
}

/// What `lint` looked at, and what it mended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linted {
    /// How many Dockerfiles.
    pub dockerfiles: usize,
    /// The findings that text alone mends, by their place among the verdict's, each with how.
    pub fixes: BTreeMap<usize, Vec<Replacement>>,
    /// The findings that `--fix` mended, or would.
    pub fixed: Vec<Finding>,
    /// Each file that changed, or would.
    pub files: Vec<FileChange>,
    /// Things worth knowing, such as a fix that was not applied.
    pub notes: Vec<Trouble>,
    /// Whether the files were written; not so with `--dry-run` and without `--fix`.
    pub applied: bool,
}

/// A part of a file that gets another text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The file, as a place names it.
    pub file: String,
    /// Line and column in characters, from 1, of its first character.
    pub start: (usize, usize),
    /// The same behind its last one; `start` for an insertion.
    pub end: (usize, usize),
    /// What stands there then.
    pub text: String,
}

impl Verdict {
    /// Whether nothing that weighs was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.iter().all(|f| f.severity != Severity::Error)
    }
}

/// A newer value that is there, but is not taken, and what holds it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The value as a person would say it, such as `v1.12.0`; of a package `curl 8.5.0-2`.
    pub value: String,
    /// What holds it back.
    pub by: HeldBy,
}

/// What holds a newer value back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeldBy {
    /// `min-age`: a refresh must have seen it so long ago.
    MinAge {
        /// The UTC day on which a refresh first saw it; `None` if none did yet.
        seen: Option<Day>,
        /// The first UTC day on which it may be taken, if a refresh sees it today at the latest.
        from: Day,
    },
    /// The manifest's rule does not allow it, such as `^1.11`.
    Rule(String),
    /// `exclude` names it.
    Excluded,
    /// `freeze`.
    Frozen {
        /// Why.
        reason: String,
        /// The last day of it.
        until: Day,
    },
    /// Another pin of the group stays.
    Group(PinName),
}

impl std::fmt::Display for HeldBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MinAge { seen: Some(seen), from } => write!(f, "min-age: first seen {seen}, to be taken from {from}"),
            Self::MinAge { seen: None, from } => {
                write!(f, "min-age: no refresh has seen it yet; to be taken from {from} if one does today")
            }
            Self::Rule(rule) => write!(f, "outside {rule}"),
            Self::Excluded => f.write_str("excluded by pins.toml"),
            Self::Frozen { reason, until } => write!(f, "frozen until {until}: {reason}"),
            Self::Group(pin) => write!(f, "group: {pin} stays"),
        }
    }
}

/// Commits between two pinned ones, newest first, where the remote gave them cheaply.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Between {
    /// How many there are.
    pub count: usize,
    /// Whether there are more than `count`, which were not asked for.
    pub more: bool,
    /// First lines of the newest ones: abbreviated id and subject.
    pub subjects: Vec<(String, String)>,
}

/// The keys whose value tells a person most, in that order. Values under other keys are named after
/// packages.
pub const TELLING: [&str; 6] = ["tag", "version", "commit", "digest", "reference", "sha256"];

/// What `refresh` did with one pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PinOutcome {
    /// Locked as before.
    Unchanged(PinName),
    /// Locked for the first time, at these values.
    New {
        /// Which pin.
        pin: PinName,
        /// Key and value, the telling one first.
        values: Vec<(String, String)>,
        /// Things worth knowing.
        notes: Vec<String>,
    },
    /// Locked at other values than before.
    Moved {
        /// Which pin.
        pin: PinName,
        /// Key, old value, new value, the telling one first.
        values: Vec<(String, String, String)>,
        /// What lies between.
        between: Option<Between>,
        /// Things worth knowing.
        notes: Vec<String>,
    },
    /// Proved anew from upstream, by `--locked`.
    Proved {
        /// Which pin.
        pin: PinName,
        /// Things worth knowing.
        notes: Vec<String>,
    },
    /// Left alone, for a reason.
    Skipped(PinName, String),
    /// Its entry left the lock, since it left the manifest.
    Pruned(PinName),
    /// Kept its old entry, for this failure.
    Failed(Failure),
}

impl PinOutcome {
    /// Which pin.
    #[must_use]
    pub fn pin(&self) -> Option<&PinName> {
        match self {
            Self::Unchanged(pin)
            | Self::New { pin, .. }
            | Self::Moved { pin, .. }
            | Self::Proved { pin, .. }
            | Self::Skipped(pin, _)
            | Self::Pruned(pin) => Some(pin),
            Self::Failed(failure) => failure.pin.as_ref(),
        }
    }
}

/// One file that `refresh` changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Its path as the user knows it.
    pub path: String,
    /// A unified diff, lines with their ends.
    pub diff: String,
}

/// What `refresh` came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Each pin, in the order of the manifest.
    pub pins: Vec<PinOutcome>,
    /// Each file that changed, or would.
    pub files: Vec<FileChange>,
    /// Newer values that are not taken, and why, by pin.
    pub held: BTreeMap<PinName, Vec<Held>>,
    /// The repositories of git pins, as their requests name them: where a reader may look at what
    /// lies between.
    pub remotes: BTreeMap<PinName, GitUrl>,
    /// Things worth knowing that belong to no pin, with a place where they have one.
    pub notes: Vec<Trouble>,
    /// Whether the files were written; not so with `--dry-run` and `--locked`.
    pub applied: bool,
}

/// Where a pin stands against upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Nothing newer is allowed by the manifest.
    Current,
    /// Something newer is there.
    Newer,
    /// What was fixed stands elsewhere upstream, with the same content: the same tree, the same images.
    Moved,
    /// What was fixed has changed upstream.
    Alarm,
    /// What was fixed has been taken away.
    Gone,
    /// Upstream could not be asked.
    Unreachable,
    /// Not locked, and known to be so, or not locked yet.
    Unlocked,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Current, Self::Newer, Self::Moved, Self::Alarm, Self::Gone, Self::Unreachable, Self::Unlocked];

    /// The word for it, in tables and in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Newer => "newer",
            Self::Moved => "moved",
            Self::Alarm => "alarm",
            Self::Gone => "gone",
            Self::Unreachable => "unreachable",
            Self::Unlocked => "unlocked",
        }
    }

    /// How it weighs; `None` is clean.
    #[must_use]
    pub fn class(self) -> Option<Class> {
        match self {
            Self::Current | Self::Unlocked => None,
            Self::Newer | Self::Moved => Some(Class::Differs),
            Self::Alarm | Self::Gone => Some(Class::Alarm),
            Self::Unreachable => Some(Class::Undone),
        }
    }
}

/// One row of `outdated`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which pin.
    pub pin: PinName,
    /// Its kind, such as `git`.
    pub kind: &'static str,
    /// Where it stands.
    pub standing: Standing,
    /// The locked value as a person would say it, such as `v1.11.1`.
    pub current: Option<String>,
    /// The newest value that manifest and policy allow now.
    pub allowed: Option<String>,
    /// The newest value that there is, whatever holds it back; `None` where nothing is known beyond
    /// what is allowed.
    pub newest: Option<String>,
    /// Days since the locked value was first locked.
    pub age: Option<u32>,
    /// Newer values that are not taken, and why.
    pub held: Vec<Held>,
    /// Warnings that change no class, such as a commit that is on no ref of its repository.
    pub warnings: Vec<Trouble>,
    /// What happened, for an alarm, something gone or unreachable.
    pub trouble: Option<Trouble>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_at_once_weigh_two_three_four_one() {
        use Class::{Alarm, Differs, Undone, Usage};
        assert_eq!(Class::exit([]), 0);
        assert_eq!(Class::exit([Differs]), 1);
        assert_eq!(Class::exit([Differs, Undone]), 4);
        assert_eq!(Class::exit([Differs, Undone, Alarm]), 3);
        assert_eq!(Class::exit([Alarm, Usage, Differs]), 2);
    }
}
