//! A tree that somebody else holds, such as git's index, read as if it were checked out.
//!
//! For [`super::Root`], all of whose readers run over a [`Folder`]: an open one of the disk, or one
//! of a [`Held`] tree. So both give the same answers and the same errors. Nothing is written here.

use std::fmt::Debug;
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType};

use super::DiskError;
use super::root::{enter, kind, look, open_plain, vet};

/// What stands at a path of a held tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A folder with something in it.
    Folder,
    /// A plain file.
    File {
        /// Whether its owner may execute it.
        executable: bool,
    },
    /// A symlink, wherever it leads.
    Symlink,
    /// Another repository's place: an empty folder, as a checkout makes it.
    Submodule,
}

/// Why a held tree cannot give what it has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Withheld {
    /// Such as `the object … is missing`.
    pub why: String,
    /// What to do.
    pub help: String,
}

/// A tree that somebody else holds. Paths have `/` between their components and are relative to its
/// top, which is the empty path. Asked by several threads at once.
pub trait Held: Debug + Send + Sync {
    /// What it is, to be told, such as `git's index`.
    fn name(&self) -> &'static str;

    /// The folder that its top is checked out to.
    fn dir(&self) -> &Path;

    /// What stands at a path; `None` where nothing does.
    fn look(&self, path: &str) -> Option<Standing>;

    /// What is directly in a folder: names as they are, UTF-8 or not, each once.
    fn names(&self, folder: &str) -> Vec<(Vec<u8>, Standing)>;

    /// Whether a symlink leads, in the end, to a folder of the same tree.
    fn leads(&self, path: &str) -> bool;

    /// The size of a plain file in bytes, without reading it where that is possible.
    ///
    /// # Errors
    /// Its bytes cannot be had.
    fn size(&self, path: &str) -> Result<u64, Withheld>;

    /// The bytes of a plain file.
    ///
    /// # Errors
    /// They cannot be had.
    fn bytes(&self, path: &str) -> Result<Vec<u8>, Withheld>;
}

/// As the file system names it.
fn kind_of(standing: Standing) -> FileType {
    match standing {
        Standing::Folder | Standing::Submodule => FileType::Directory,
        Standing::File { .. } => FileType::RegularFile,
        Standing::Symlink => FileType::Symlink,
    }
}

fn withheld(path: &str) -> impl Fn(Withheld) -> DiskError + '_ {
    move |withheld| DiskError::Withheld { path: path.to_owned(), withheld }
}

/// A folder that is read, on either ground. In each method `path` is for messages.
pub(super) enum Folder<'a> {
    /// Open, on the disk.
    Open(OwnedFd),
    /// Of a held tree: its path, empty or with a `/` at its end.
    Held(&'a dyn Held, String),
}

impl<'a> Folder<'a> {
    /// The top of a held tree.
    pub(super) fn held(tree: &'a dyn Held) -> Self {
        Self::Held(tree, String::new())
    }

    /// What stands at a name, not following a symlink; `None` where nothing does.
    pub(super) fn look(&self, name: &str, path: &str) -> Result<Option<FileType>, DiskError> {
        match self {
            Self::Open(fd) => Ok(look(fd, name, path)?.as_ref().map(kind)),
            Self::Held(tree, above) => Ok(tree.look(&format!("{above}{name}")).map(kind_of)),
        }
    }

    /// Whether the symlink at a name leads to a folder.
    pub(super) fn leads(&self, name: &str) -> bool {
        match self {
            Self::Open(fd) => {
                rustix::fs::statat(fd, name, AtFlags::empty()).is_ok_and(|s| kind(&s) == FileType::Directory)
            }
            Self::Held(tree, above) => tree.leads(&format!("{above}{name}")),
        }
    }

    /// A folder in the folder; `None` where nothing is.
    pub(super) fn enter(&self, name: &str, path: &str) -> Result<Option<Self>, DiskError> {
        match self {
            Self::Open(fd) => Ok(enter(fd, name, path)?.map(Folder::Open)),
            Self::Held(tree, above) => match tree.look(&format!("{above}{name}")).map(kind_of) {
                None => Ok(None),
                Some(FileType::Directory) => Ok(Some(Self::Held(*tree, format!("{above}{name}/")))),
                Some(FileType::Symlink) => Err(DiskError::Symlink(path.to_owned())),
                Some(_) => Err(DiskError::NotAFolder(path.to_owned())),
            },
        }
    }

    /// All names in the folder but `.` and `..`, in any order, and what they are as far as is known.
    /// `left` is counted down for each.
    pub(super) fn names(
        &self,
        path: &str,
        left: &mut usize,
        too_many: &dyn Fn() -> DiskError,
    ) -> Result<Vec<(Vec<u8>, FileType)>, DiskError> {
        let failed = |e| DiskError::io(path, "read", e);
        let mut names = Vec::new();
        let mut count = || {
            *left = left.checked_sub(1).ok_or_else(too_many)?;
            Ok(())
        };
        match self {
            Self::Open(fd) => {
                for entry in Dir::read_from(fd).map_err(failed)? {
                    let entry = entry.map_err(failed)?;
                    let name = entry.file_name().to_bytes();
                    if !matches!(name, b"." | b"..") {
                        count()?;
                        names.push((name.to_vec(), entry.file_type()));
                    }
                }
            }
            Self::Held(tree, above) => {
                for (name, standing) in tree.names(above.strip_suffix('/').unwrap_or(above)) {
                    count()?;
                    names.push((name, kind_of(standing)));
                }
            }
        }
        Ok(names)
    }

    /// Opens a plain file for reading; `None` where nothing is.
    pub(super) fn open_plain(&self, name: &str, path: &str) -> Result<Option<Plain<'a>>, DiskError> {
        let (tree, above) = match self {
            Self::Held(tree, above) => (*tree, above),
            Self::Open(fd) => {
                let Some(file) = open_plain(fd, name, path)? else { return Ok(None) };
                let stat = rustix::fs::fstat(&file).map_err(|e| DiskError::io(path, "read", e))?;
                let executable = stat.st_mode & 0o100 != 0;
                let size = u64::try_from(stat.st_size).unwrap_or_default();
                return Ok(Some(Plain { size, executable, body: Body::Open(file) }));
            }
        };
        let at = format!("{above}{name}");
        let Some(standing) = tree.look(&at) else { return Ok(None) };
        vet(kind_of(standing), path)?;
        let executable = standing == Standing::File { executable: true };
        let size = tree.size(&at).map_err(withheld(path))?;
        Ok(Some(Plain { size, executable, body: Body::Held(tree, at) }))
    }
}

/// A plain file, opened for reading from its start. A held one is unpacked when it is first read.
#[derive(Debug)]
pub struct Plain<'a> {
    size: u64,
    executable: bool,
    body: Body<'a>,
}

#[derive(Debug)]
enum Body<'a> {
    Open(File),
    Held(&'a dyn Held, String),
    Unpacked(Cursor<Vec<u8>>),
}

impl Plain<'_> {
    /// How many bytes it says it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether its owner may execute it.
    #[must_use]
    pub fn executable(&self) -> bool {
        self.executable
    }
}

impl Plain<'_> {
    /// Unpacks a held file.
    fn unpack(&mut self) -> std::io::Result<()> {
        if let Body::Held(tree, path) = &self.body {
            let bytes = tree.bytes(path).map_err(std::io::Error::other)?;
            self.body = Body::Unpacked(Cursor::new(bytes));
        }
        Ok(())
    }
}

impl Read for Plain<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.unpack()?;
        match &mut self.body {
            Body::Open(file) => file.read(buffer),
            Body::Unpacked(bytes) => bytes.read(buffer),
            Body::Held(..) => Ok(0),
        }
    }
}

impl Seek for Plain<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.unpack()?;
        match &mut self.body {
            Body::Open(file) => file.seek(to),
            Body::Unpacked(bytes) => bytes.seek(to),
            Body::Held(..) => Ok(0),
        }
    }
}
