//! A user's folder, and reading below it without following a symlink or hanging on a fifo.
//!
//! Each folder on the way is opened relative to the one above it (openat, `O_NOFOLLOW`), so that
//! nobody can swap one for a symlink between a check and its use. Writing is `apply`'s.
//!
//! The folder may be one that nobody checked out, such as git's index: see [`Held`]. Reading is the
//! same there; writing is refused.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use sha2::Digest as _;

use crate::model::{RelPath, Sha256};

use super::DiskError;
use super::held::{Folder, Held, Plain};

/// The most that is read of a manifest, a lock or a Dockerfile, in bytes.
pub const CAP: u64 = 16 * 1024 * 1024;

/// A folder of the user's, held open, or one that somebody else holds.
#[derive(Debug)]
pub struct Root {
    dir: PathBuf,
    ground: Ground,
}

#[derive(Debug)]
pub(super) enum Ground {
    Open(OwnedFd),
    Held(Arc<dyn Held>),
}

pub(super) const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// `NONBLOCK`: the open of a fifo that somebody put there since returns at once.
const PLAIN: OFlags =
    OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

/// What stands at a name, not following a symlink; `None` where nothing does.
pub(super) fn look(folder: impl AsFd, name: &str, path: &str) -> Result<Option<Stat>, DiskError> {
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(e) => Err(DiskError::io(path, "read", e)),
    }
}

/// The type of what stands there.
pub(super) fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// Opens a folder in a folder; `None` where nothing is.
pub(super) fn enter(above: impl AsFd, name: &str, path: &str) -> Result<Option<OwnedFd>, DiskError> {
    match rustix::fs::openat(&above, name, FOLDER, Mode::empty()) {
        Ok(fd) => Ok(Some(fd)),
        Err(Errno::NOENT) => Ok(None),
        Err(e @ (Errno::LOOP | Errno::NOTDIR | Errno::MLINK)) => match look(&above, name, path)?.as_ref().map(kind) {
            Some(FileType::Symlink) => Err(DiskError::Symlink(path.to_owned())),
            Some(_) => Err(DiskError::NotAFolder(path.to_owned())),
            None => Err(DiskError::io(path, "read", e)),
        },
        Err(e) => Err(DiskError::io(path, "read", e)),
    }
}

/// Refuses what is no plain file.
pub(super) fn vet(kind: FileType, path: &str) -> Result<(), DiskError> {
    let what = match kind {
        FileType::RegularFile => return Ok(()),
        FileType::Symlink => return Err(DiskError::Symlink(path.to_owned())),
        FileType::Directory => "a folder",
        FileType::Fifo => "a fifo",
        FileType::Socket => "a socket",
        _ => "a device",
    };
    Err(DiskError::NotAFile { path: path.to_owned(), what })
}

/// Opens a plain file for reading; `None` where nothing is.
pub(super) fn open_plain(folder: impl AsFd, name: &str, path: &str) -> Result<Option<File>, DiskError> {
    // Looked at first: merely opening a device can do something.
    let Some(stat) = look(&folder, name, path)? else {
        return Ok(None);
    };
    vet(kind(&stat), path)?;
    let fd = match rustix::fs::openat(&folder, name, PLAIN, Mode::empty()) {
        Ok(fd) => fd,
        Err(Errno::NOENT) => return Ok(None),
        Err(Errno::LOOP) => return Err(DiskError::Symlink(path.to_owned())),
        Err(e) => return Err(DiskError::io(path, "read", e)),
    };
    let stat = rustix::fs::fstat(&fd).map_err(|e| DiskError::io(path, "read", e))?;
    vet(kind(&stat), path)?;
    Ok(Some(File::from(fd)))
}

/// Reads a plain file whole; `None` where nothing is.
pub(super) fn read_plain(folder: impl AsFd, name: &str, path: &str, cap: u64) -> Result<Option<Vec<u8>>, DiskError> {
    open_plain(folder, name, path)?.map(|file| read_whole(file, path, cap)).transpose()
}

/// Reads to the end, if that comes before the cap.
fn read_whole(file: impl std::io::Read, path: &str, cap: u64) -> Result<Vec<u8>, DiskError> {
    let mut bytes = Vec::new();
    file.take(cap.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| DiskError::io(path, "read", e))?;
    if u64::try_from(bytes.len()).is_ok_and(|n| n <= cap) {
        Ok(bytes)
    } else {
        Err(DiskError::TooLarge { path: path.to_owned(), cap })
    }
}

/// The digest of a plain file of any size; `None` where nothing is.
pub(super) fn hash_plain(folder: impl AsFd, name: &str, path: &str) -> Result<Option<Sha256>, DiskError> {
    open_plain(folder, name, path)?.map(|file| hash_whole(file, path)).transpose()
}

fn hash_whole(mut file: impl std::io::Read, path: &str) -> Result<Sha256, DiskError> {
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(Sha256::from_bytes(hasher.finalize().into())),
            Ok(n) => hasher.update(buffer.get(..n).unwrap_or_default()),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(DiskError::io(path, "read", e)),
        }
    }
}

impl Root {
    /// Opens a folder. Symlinks on the way to it are the user's own matter and are followed.
    ///
    /// # Errors
    /// It is not there, is no folder, or may not be opened.
    pub fn open(dir: &Path) -> Result<Self, DiskError> {
        let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
        let shown = dir.to_string_lossy();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match rustix::fs::open(dir, flags, Mode::empty()) {
            Ok(fd) => Ok(Self { dir: dir.to_owned(), ground: Ground::Open(fd) }),
            Err(Errno::NOENT) => Err(DiskError::NoRoot(shown.into_owned())),
            Err(Errno::NOTDIR) => Err(DiskError::NotAFolder(shown.into_owned())),
            Err(e) => Err(DiskError::io(&shown, "read", e)),
        }
    }

    /// A tree that somebody else holds: only read, never written.
    #[must_use]
    pub fn held(tree: Arc<dyn Held>) -> Self {
        Self { dir: tree.dir().to_owned(), ground: Ground::Held(tree) }
    }

    /// What it stands on.
    pub(super) fn ground(&self) -> &Ground {
        &self.ground
    }

    /// A root on an open folder.
    pub(super) fn of(dir: PathBuf, fd: OwnedFd) -> Self {
        Self { dir, ground: Ground::Open(fd) }
    }

    /// Whether somebody else holds it, so that it is only read.
    #[must_use]
    pub fn is_held(&self) -> bool {
        matches!(self.ground, Ground::Held(_))
    }

    /// The folder as it was named; of a held tree, the folder that it is checked out to, whose files
    /// may be others.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The open folder; a held tree has none.
    pub(super) fn fd(&self) -> Result<&OwnedFd, DiskError> {
        match &self.ground {
            Ground::Open(fd) => Ok(fd),
            Ground::Held(tree) => Err(DiskError::OnlyRead(tree.name())),
        }
    }

    /// Another handle on the open folder.
    pub(super) fn handle(&self) -> Result<OwnedFd, DiskError> {
        self.fd()?.try_clone().map_err(|e| DiskError::io(".", "read", e))
    }

    /// The root itself, to be read.
    pub(super) fn top(&self) -> Result<Folder<'_>, DiskError> {
        match &self.ground {
            Ground::Open(_) => self.handle().map(Folder::Open),
            Ground::Held(tree) => Ok(Folder::held(tree.as_ref())),
        }
    }

    /// The folder that holds a path, to be read, and the path's last component; `None` where it is
    /// missing.
    pub(super) fn way<'a>(&self, path: &'a str) -> Result<Option<(Folder<'_>, &'a str)>, DiskError> {
        let mut folder = self.top()?;
        let Some((above, name)) = path.rsplit_once('/') else {
            return Ok(Some((folder, path)));
        };
        let mut way = String::new();
        for component in above.split('/') {
            way.push_str(component);
            match folder.enter(component, &way)? {
                Some(next) => folder = next,
                None => return Ok(None),
            }
            way.push('/');
        }
        Ok(Some((folder, name)))
    }

    /// The folder that holds a path, to be written to, and the path's last component; `None` where it
    /// is missing.
    pub(super) fn folder_of<'a>(&self, path: &'a str) -> Result<Option<(OwnedFd, &'a str)>, DiskError> {
        let mut folder = self.handle()?;
        let Some((above, name)) = path.rsplit_once('/') else {
            return Ok(Some((folder, path)));
        };
        let mut way = String::new();
        for component in above.split('/') {
            way.push_str(component);
            match enter(&folder, component, &way)? {
                Some(next) => folder = next,
                None => return Ok(None),
            }
            way.push('/');
        }
        Ok(Some((folder, name)))
    }

    /// Reads a file of at most `cap` bytes; `None` if it, or a folder on the way, is missing.
    ///
    /// # Errors
    /// A symlink at the path or on the way to it, anything but a plain file, a file over the cap,
    /// and what the system says.
    pub fn read(&self, path: &RelPath, cap: u64) -> Result<Option<Vec<u8>>, DiskError> {
        let Some(file) = self.open_file(path)? else { return Ok(None) };
        if file.size() > cap {
            return Err(DiskError::TooLarge { path: path.to_string(), cap });
        }
        read_whole(file, path.as_str(), cap).map(Some)
    }

    /// The digest of a file of any size; `None` if it, or a folder on the way, is missing.
    ///
    /// # Errors
    /// As [`Root::read`], but for the cap.
    pub fn hash(&self, path: &RelPath) -> Result<Option<Sha256>, DiskError> {
        self.open_file(path)?.map(|file| hash_whole(file, path.as_str())).transpose()
    }

    /// A file of any size, to be read from its start; `None` if it, or a folder on the way, is
    /// missing.
    ///
    /// # Errors
    /// As [`Root::read`], but for the cap.
    pub fn open_file(&self, path: &RelPath) -> Result<Option<Plain<'_>>, DiskError> {
        match self.way(path.as_str())? {
            Some((folder, name)) => folder.open_plain(name, path.as_str()),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn path(text: &str) -> RelPath {
        text.parse().unwrap()
    }

    fn folder() -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::open(dir.path()).unwrap();
        (dir, root)
    }

    #[test]
    fn a_missing_file_is_none_and_a_missing_folder_too() {
        let (dir, root) = folder();
        std::fs::write(dir.path().join("a"), "x").unwrap();
        assert_eq!(root.read(&path("a"), CAP).unwrap(), Some(b"x".to_vec()));
        assert_eq!(root.read(&path("b"), CAP).unwrap(), None);
        assert_eq!(root.read(&path("c/d/e"), CAP).unwrap(), None);
        assert!(matches!(
            root.read(&path("a/b"), CAP),
            Err(DiskError::NotAFolder(p)) if p == "a"
        ));
        let gone = Root::open(&dir.path().join("gone")).unwrap_err();
        assert!(gone.to_string().starts_with("there is no folder"));
        assert_eq!(gone.class().code(), 2);
    }

    #[test]
    fn a_file_over_the_cap_is_refused() {
        let (dir, root) = folder();
        std::fs::write(dir.path().join("a"), "12345").unwrap();
        assert!(root.read(&path("a"), 5).unwrap().is_some());
        let error = root.read(&path("a"), 4).unwrap_err();
        assert_eq!(error.to_string(), "`a` is larger than 4 bytes, the most that is read");
        let sparse = std::fs::File::create(dir.path().join("huge")).unwrap();
        sparse.set_len(100 << 30).unwrap();
        assert!(matches!(root.read(&path("huge"), CAP), Err(DiskError::TooLarge { .. })));
    }

    #[test]
    fn a_symlink_at_the_path_or_on_the_way_is_named() {
        let (dir, root) = folder();
        std::fs::create_dir(dir.path().join("real")).unwrap();
        std::fs::write(dir.path().join("real/f"), "x").unwrap();
        symlink("real", dir.path().join("link")).unwrap();
        symlink("real/f", dir.path().join("f")).unwrap();
        symlink("nowhere", dir.path().join("dangling")).unwrap();
        for (asked, named) in [("link/f", "link"), ("f", "f"), ("dangling", "dangling")] {
            let error = root.read(&path(asked), CAP).unwrap_err();
            assert_eq!(error.to_string(), format!("`{named}` is a symlink, which dubo-pin does not follow"));
        }
    }

    #[test]
    fn a_fifo_a_folder_and_a_device_are_refused_at_once() {
        let (dir, root) = folder();
        std::fs::create_dir(dir.path().join("d")).unwrap();
        rustix::fs::mkfifoat(root.fd().unwrap(), "p", Mode::from_raw_mode(0o644)).unwrap();
        std::os::unix::net::UnixListener::bind(dir.path().join("s")).unwrap();
        for (name, what) in [("d", "a folder"), ("p", "a fifo"), ("s", "a socket")] {
            let error = root.read(&path(name), CAP).unwrap_err();
            assert_eq!(error.to_string(), format!("`{name}` is {what}, where a file is expected"));
        }
        let dev = Root::open(Path::new("/dev")).unwrap();
        let error = dev.read(&path("zero"), CAP).unwrap_err();
        assert_eq!(error.to_string(), "`zero` is a device, where a file is expected");
    }
}
