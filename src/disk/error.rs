//! What can go wrong with files, and what that means for the user's.
//!
//! For every reader and writer of this floor. Each message says what is wrong; the help says what
//! was not lost, and what to do.

use std::io;

use crate::model::{Class, Trouble, quoted};

use super::held::Withheld;

/// Why a file could not be read or a plan not be applied.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The system's permissions forbid it.
    #[error("{} cannot be {doing}: permission denied", quoted(path))]
    Permission {
        /// The path below the root.
        path: String,
        /// `read`, `written`, …
        doing: &'static str,
    },
    /// The file system is mounted for reading only.
    #[error("{} cannot be {doing}: the file system is read-only", quoted(path))]
    ReadOnly {
        /// The path below the root.
        path: String,
        /// `read`, `written`, …
        doing: &'static str,
    },
    /// Disk or quota full.
    #[error("{} cannot be {doing}: no space left", quoted(path))]
    NoSpace {
        /// The path below the root.
        path: String,
        /// `read`, `written`, …
        doing: &'static str,
    },
    /// Another process holds the lock of the folder.
    #[error("another dubo-pin{} is at work in this folder", .pid.as_ref().map(|p| format!(" (process {p})")).unwrap_or_default())]
    Busy {
        /// Its process id, where it could be read.
        pid: Option<String>,
    },
    /// A symlink where a file or a folder of the user's own is expected.
    #[error("{} is a symlink, which dubo-pin does not follow", quoted(.0))]
    Symlink(String),
    /// A folder, a fifo, a socket or a device where a file is expected.
    #[error("{} is {what}, where a file is expected", quoted(path))]
    NotAFile {
        /// The path below the root.
        path: String,
        /// What it is, such as `a folder`.
        what: &'static str,
    },
    /// The root itself is not there.
    #[error("there is no folder {}", quoted(.0))]
    NoRoot(String),
    /// A file where a folder is expected.
    #[error("{} is no folder", quoted(.0))]
    NotAFolder(String),
    /// Larger than what is read.
    #[error("{} is larger than {cap} bytes, the most that is read", quoted(path))]
    TooLarge {
        /// The path below the root.
        path: String,
        /// The limit in bytes.
        cap: u64,
    },
    /// More files and folders than are looked through.
    #[error("{} matches in too many folders: more than {cap} entries were looked through", quoted(pattern))]
    TooMany {
        /// The pattern that was followed.
        pattern: String,
        /// The limit.
        cap: usize,
    },
    /// Somebody else wrote a file in the meantime.
    #[error("{} changed while dubo-pin worked", quoted(.0))]
    Changed(String),
    /// What was written is not what stands there.
    #[error("{} reads back other bytes than were written", quoted(.0))]
    ReadBack(String),
    /// What lies in the store is not what it is kept as.
    #[error("{} cannot be written: the stored {} has other bytes than it is kept for", quoted(path), quoted(stored))]
    Stored {
        /// The path below the root.
        path: String,
        /// The stored file.
        stored: String,
    },
    /// Two changes to one file, or to two that some file systems take for one.
    #[error("{} and {} are changed at once, and are one file on some systems", quoted(.0), quoted(.1))]
    Twins(String, String),
    /// A journal of an earlier run is still there.
    #[error("an earlier run was interrupted and is not finished yet")]
    Interrupted,
    /// The plan stopped between its first file and its last.
    #[error("the changes are half done: {0}")]
    HalfDone(Box<Self>),
    /// Writing was asked of a tree that somebody else holds.
    #[error("{0} is only read: nothing is written into it")]
    OnlyRead(&'static str),
    /// A tree that somebody else holds has a file, but cannot give it.
    #[error("{} cannot be read: {}", quoted(path), .withheld.why)]
    Withheld {
        /// The path below the root.
        path: String,
        /// Why.
        withheld: Withheld,
    },
    /// Anything else that the system says.
    #[error("{} cannot be {doing}: {}", quoted(path), plain(source))]
    Io {
        /// The path below the root.
        path: String,
        /// `read`, `written`, …
        doing: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

/// The system's words without the number that Rust adds.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

impl DiskError {
    /// Sorts a system's error into what a person can act on.
    pub(super) fn io(path: &str, doing: &'static str, source: impl Into<io::Error>) -> Self {
        let source: io::Error = source.into();
        let path = path.to_owned();
        if let Some(withheld) = source.get_ref().and_then(|e| e.downcast_ref::<Withheld>()) {
            return Self::Withheld { path, withheld: withheld.clone() };
        }
        match source.kind() {
            io::ErrorKind::PermissionDenied => Self::Permission { path, doing },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path, doing },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::NoSpace { path, doing }
            }
            _ => Self::Io { path, doing, source },
        }
    }

    /// How it weighs: it could not be done; but what is no file, no folder or too large to be read
    /// was named wrongly, or is no input of ours.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::NoRoot(_)
            | Self::NotAFolder(_)
            | Self::NotAFile { .. }
            | Self::Symlink(_)
            | Self::TooLarge { .. }
            | Self::TooMany { .. } => Class::Usage,
            _ => Class::Undone,
        }
    }

    /// As a person wants to hear it.
    #[must_use]
    pub fn to_trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        let help = match self {
            Self::Permission { doing, .. } if *doing == "read" => {
                "make it readable for this user, or run as the user it belongs to"
            }
            Self::Permission { .. } => "no file was changed; make the folder writable for this user, then run again",
            Self::ReadOnly { .. } => "no file was changed; run again where the folder is mounted for writing",
            Self::NoSpace { .. } => "no file was changed; make room on the disk, then run again",
            Self::Busy { .. } => "no file was changed; wait until it has ended, then run again",
            Self::Symlink(_) => "no file was changed; put the file itself there, or name the place it points to",
            Self::NoRoot(_) => "name the folder of pins.toml with -C DIR",
            Self::NotAFile { .. } | Self::NotAFolder(_) => {
                "no file was changed; move it out of the way, or name another path"
            }
            Self::TooLarge { .. } => "no file was changed; check that the path is the right one",
            Self::TooMany { .. } => "name the folders, without `*`",
            Self::Changed(_) => "no file was changed by dubo-pin, your edit is kept; run again",
            Self::ReadBack(_) => "no file was changed; the disk or its file system fails: check it, then run again",
            Self::Stored { .. } => "no file was changed; remove that stored file, then run again: it is fetched anew",
            Self::Twins(..) => "no file was changed; give one of them another name",
            Self::Interrupted => "dubo-pin refresh finishes it, or puts it back",
            Self::HalfDone(_) => "nothing is lost: mend the cause, then dubo-pin refresh finishes what was begun",
            Self::OnlyRead(_) => "no file was changed; run again on the folder itself",
            Self::Withheld { withheld, .. } => &withheld.help,
            Self::Io { doing, .. } if *doing == "read" => "check the path and the disk",
            Self::Io { .. } => "no file was changed; check the disk, then run again",
        };
        trouble.help(help)
    }
}
