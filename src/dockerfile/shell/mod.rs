//! The shell text of RUN: what its commands take in, and where each word stands.
//!
//! | file | what it is for |
//! |---|---|
//! | `text` | what a RUN gives a shell: its line, its heredocs, its JSON form |
//! | `scan` | shell text into simple commands, words and assignments, with their places |
//! | `variables`, `fields` | what the variables in a word stand for, and where |
//! | `command` | apt behind wrappers and inner shells |
//! | `run` | one RUN from its text to its installs |
//! | `apt` | apt's command line: options, verb, operands |
//! | [`yarn`] | yarn's, whose `add` takes packages from git |
//! | [`git`] | git's: clone, fetch, checkout |
//! | `program` | the program of a command behind wrappers |
//! | [`download`] | curl's and wget's, and whether the same RUN checks a hash |
//! | [`managed`] | the package managers that no pin knows |
//! | [`fetched`] | what other programs fetch, and URLs that no reader took |
//! | `spelled` | [`Spelled`]: a word with what it comes to and which variables give it |
//! | `commands` | [`Commands`]: all of these, read in one pass |
//! | `uses` | who else asks for the variables of an operand |
//! | `rewrite` | the version of an operand as an [`Edit`](super::Edit) |
//!
//! Not a shell: it runs nothing and takes no branch. What may be installed counts as installed: every
//! branch, every value that the same RUN gives a variable. What may be a package and cannot be known
//! is told, never passed over.

use std::fmt;
use std::ops::Range;

use super::instruction::{Command, Instruction};
use super::parse::Dockerfile;
use crate::model::{Place, quoted};

/// All bytes that variables may give in one file; what comes after is not understood.
const BUDGET: usize = 8 * 1024 * 1024;

mod apt;
mod command;
mod commands;
pub mod download;
pub mod fetched;
mod fields;
pub mod git;
pub mod managed;
mod program;
mod rewrite;
mod run;
mod scan;
mod spelled;
mod text;
mod uses;
mod variables;
pub mod yarn;

#[cfg(test)]
mod tests;

pub use commands::Commands;
pub use rewrite::OperandError;
pub use spelled::{Piece, Spelled};

/// One command that installs packages with apt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Install {
    /// Which instruction it stands in.
    pub instruction: usize,
    /// The stage of that instruction.
    pub stage: Option<usize>,
    /// `apt`, `apt-get`, `aptitude`, `xx-apt` or `xx-apt-get`; the last two install for the target
    /// platform.
    pub program: String,
    /// What `-t` says.
    pub suite: Option<Written>,
    /// The packages that it installs, in order.
    pub operands: Vec<Operand>,
    /// The words that may be packages and cannot be known, each once.
    pub not_understood: Vec<NotUnderstood>,
    /// Whether it brings recommended packages too, as far as its command line says.
    pub recommends: bool,
    pub(super) span: Range<usize>,
    verb: Option<Range<usize>>,
}

impl Install {
    /// Where it begins in the file: at apt's name.
    #[must_use]
    pub fn start(&self) -> usize {
        self.span.start
    }

    /// Where an option may be put behind `install`, if the word stands there as such.
    #[must_use]
    pub fn behind_verb(&self, file: &Dockerfile) -> Option<usize> {
        let verb = self.verb.clone()?;
        let is = matches!(file.bytes().get(verb.clone())?, b"install" | b"reinstall");
        is.then_some(verb.end)
    }

    /// Where apt's name stands.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        file.place(self.span.clone())
    }
}

/// One command that upgrades packages which it does not name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
    /// Which instruction it stands in.
    pub instruction: usize,
    /// The stage of that instruction.
    pub stage: Option<usize>,
    /// As [`Install::program`].
    pub program: String,
    /// Such as `dist-upgrade`.
    pub verb: String,
    span: Range<usize>,
}

impl Upgrade {
    /// Where apt's name stands.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        file.place(self.span.clone())
    }
}

/// A package that an install names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operand {
    /// The package, such as `curl`.
    pub name: String,
    /// What stands behind `:`.
    pub architecture: Option<Written>,
    /// What stands behind `=`; may hold `*` and `?`.
    pub version: Option<Written>,
    /// What stands behind `/`.
    pub suite: Option<Written>,
    span: Range<usize>,
    word: Option<Range<usize>>,
    hold: rewrite::Hold,
}

impl Operand {
    /// The bytes of the file in which it stands as a word of the command itself, whole and unbroken,
    /// quotes included; `None` if a variable gives any of it.
    #[must_use]
    pub fn word(&self, file: &Dockerfile) -> Option<Range<usize>> {
        let word = self.word.clone()?;
        let bytes = file.bytes().get(word.clone())?;
        let inner = match bytes {
            [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] => inner,
            _ => bytes,
        };
        let plain = |b: &u8| apt::is_version(*b) || b"=/".contains(b);
        (!inner.is_empty() && inner.iter().all(plain)).then_some(word)
    }

    /// Where it stands: in the assignment, if a variable gives it as a whole.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        file.place(self.span.clone())
    }
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It stands there.
    Literal(String),
    /// A variable gives it or a piece of it.
    Variable {
        /// The variable, or `$(…)`.
        name: String,
        /// What it comes to, if that is known: a build may give an ARG another value.
        value: Option<String>,
    },
}

impl Written {
    /// What it comes to, if that is known.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Variable { value, .. } => value.as_deref(),
        }
    }
}

/// A comment of a script that ends the command which the line above it continues, so that the lines
/// behind it are commands of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Which instruction it stands in.
    pub instruction: usize,
    span: Range<usize>,
}

impl Cut {
    /// Where the comment stands.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        file.place(self.span.clone())
    }
}

/// A word that may name packages, which ones cannot be known from the Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUnderstood {
    /// Why.
    pub why: Why,
    span: Range<usize>,
}

impl NotUnderstood {
    /// Where it stands.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        file.place(self.span.clone())
    }

    /// As it is written, at most 200 bytes of it.
    #[must_use]
    pub fn text(&self, file: &Dockerfile) -> String {
        let end = self.span.end.min(self.span.start.saturating_add(200));
        String::from_utf8_lossy(file.bytes().get(self.span.start..end).unwrap_or_default()).into_owned()
    }
}

/// Why a word cannot be known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// A variable whose value is unknown, or that has several where it stands in a word.
    Variable(String),
    /// The output of a command.
    Command,
    /// A glob, a regular expression, a task, a search term.
    Pattern,
    /// A .deb or another file on the disk: no package of an archive.
    File,
    /// A trailing `+`: the package, or the command to install it.
    Plus,
    /// No name that a package can have.
    Name,
    /// No version that a package can have.
    Version,
    /// The words come from the input of a command such as `xargs`.
    Input(String),
    /// A verb that brings packages without naming them: `build-dep`, `satisfy`, `download`, `source`.
    /// Upgrades are [`Upgrade`]s.
    Verb(String),
    /// Commands or variables nested too deeply, or too much text, to be read.
    Long,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "the value of {} is not known", quoted(name)),
            Self::Command => f.write_str("a command gives it when the image is built"),
            Self::Pattern => f.write_str("a pattern, which may fit any number of packages"),
            Self::File => f.write_str("a file, not a package of an archive"),
            Self::Plus => f.write_str("a `+` behind a package is a command to apt, or a part of its name"),
            Self::Name => f.write_str("not a name that a package can have"),
            Self::Version => f.write_str("not a version that a package can have"),
            Self::Input(by) => write!(f, "{} takes the packages from its input", quoted(by)),
            Self::Verb(verb) => write!(f, "{} is not pinned by dubo-pin", quoted(verb)),
            Self::Long => f.write_str("too long, or nested too deeply, to be read"),
        }
    }
}

/// Finds every apt install of a Dockerfile, ONBUILD included, in order of instructions.
#[must_use]
pub fn installs(file: &Dockerfile) -> Vec<Install> {
    file.commands().installs.clone()
}

/// The RUNs of a Dockerfile, those in an ONBUILD too.
fn runs(file: &Dockerfile) -> impl Iterator<Item = (usize, &Instruction)> {
    file.instructions().iter().enumerate().filter(|(_, i)| i.effective().command == Command::Run)
}
