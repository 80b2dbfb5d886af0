//! Why yarn could not be run, or did not do what it was asked for.

use crate::disk::DiskError;
use crate::model::{Class, Trouble, quoted};

/// Why there is no answer of yarn's.
#[derive(Debug, thiserror::Error)]
pub enum YarnError {
    /// A program is not on this machine.
    #[error("{what} is not there, and {why}")]
    Missing {
        /// `node`, `git`, `yarn 1`.
        what: String,
        /// What it is needed for.
        why: &'static str,
        /// How it is had.
        help: String,
    },
    /// There is a yarn, but of another major version than the one that wrote yarn.lock.
    #[error("{} is yarn {version}, and {lock}", quoted(.program))]
    Other {
        /// The program, as the user knows it.
        program: String,
        /// What it says it is.
        version: String,
        /// What yarn.lock is.
        lock: String,
        /// How the right one is had.
        help: String,
    },
    /// A program does not say which version it is.
    #[error("{} does not say its version: {why}", quoted(.program))]
    Silent {
        /// The program.
        program: String,
        /// What came instead.
        why: String,
    },
    /// What the folder names cannot be used.
    #[error("{0}")]
    Refused(String),
    /// The folder is too large to be copied.
    #[error("the folder holds more than {0}, the most that is copied for yarn")]
    TooLarge(&'static str),
    /// A file of the folder cannot be read.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// This machine: the temporary folder, starting a program.
    #[error("{doing} failed: {why}")]
    Local {
        /// What was done.
        doing: &'static str,
        /// What the system says.
        why: String,
    },
    /// It took too long, or said too much.
    #[error("yarn {version} was ended: {why}")]
    Ended {
        /// Which yarn.
        version: String,
        /// Why.
        why: String,
        /// The last lines it said.
        said: String,
    },
    /// It failed.
    #[error("yarn {version} failed ({status})")]
    Failed {
        /// Which yarn.
        version: String,
        /// `exit status: 1`.
        status: String,
        /// The last lines it said.
        said: String,
    },
    /// It failed since somebody gave other bytes than yarn.lock's integrity or checksum says.
    #[error("yarn {version} got other bytes than yarn.lock says")]
    Tampered {
        /// Which yarn.
        version: String,
        /// The lines that say so.
        said: String,
    },
}

impl YarnError {
    pub(super) fn local(doing: &'static str, why: impl std::fmt::Display) -> Self {
        Self::Local { doing, why: why.to_string() }
    }

    /// How it weighs.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Tampered { .. } => Class::Alarm,
            Self::Refused(_) | Self::TooLarge(_) => Class::Usage,
            Self::Disk(e) => e.class(),
            _ => Class::Undone,
        }
    }

    /// As a person wants to hear it.
    #[must_use]
    pub fn to_trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        match self {
            Self::Missing { help, .. } | Self::Other { help, .. } => trouble.help(help.clone()),
            Self::Silent { .. } => trouble.help("try it with --version, or name another one in DUBO_PIN_YARN"),
            Self::Refused(_) => trouble.help("name the yarn to run in DUBO_PIN_YARN"),
            Self::TooLarge(_) => trouble.help("name a smaller folder: the one with package.json and yarn.lock alone"),
            Self::Disk(e) => e.to_trouble(),
            Self::Local { .. } => {
                trouble.help("check the room in the folder for temporary files (TMPDIR), then run again")
            }
            Self::Ended { said, .. } => {
                trouble.found(one_line(said)).help("run `yarn install` in the folder to see where it stops")
            }
            Self::Failed { said, .. } => trouble
                .found(one_line(said))
                .help("no file was changed; if it is not the network, run `yarn install` in the folder to see more"),
            Self::Tampered { said, .. } => trouble.found(one_line(said)).help(
                "no file was changed; find out who changed the bytes, the registry or yarn.lock, before anything else",
            ),
        }
    }
}

/// So many of the last lines are told.
const TOLD: usize = 6;

/// The last lines as one: whoever shows a trouble makes a newline visible instead of obeying it.
fn one_line(said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.get(lines.len().saturating_sub(TOLD)..).unwrap_or_default().join(" | ")
}

#[cfg(test)]
mod tests {
    use super::YarnError;

    #[test]
    fn the_last_lines_of_yarn_are_told_without_newlines() {
        let said = "1\n2\n  3\n4\n\n5\nerror x\nat y".to_owned();
        let all = [
            YarnError::Failed {
                version: "1.22.22".to_owned(),
                status: "exit status: 1".to_owned(),
                said: said.clone(),
            },
            YarnError::Ended { version: "1.22.22".to_owned(), why: "it took too long".to_owned(), said: said.clone() },
            YarnError::Tampered { version: "1.22.22".to_owned(), said },
        ];
        for error in all {
            assert_eq!(error.to_trouble().found.as_deref(), Some("2 | 3 | 4 | 5 | error x | at y"));
        }
    }
}
