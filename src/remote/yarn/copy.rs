//! The project's folder, copied to where yarn may write.
//!
//! Left out is what yarn makes itself and what it would not read. No symlink is followed, and none
//! is copied: what it points to may lie anywhere. Gone when dropped.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::disk::Root;
use crate::model::{RelPath, quoted};

use super::{YarnError, Yarns};

/// The most bytes that are copied.
const SIZE: u64 = 512 << 20;
/// The most files.
const FILES: usize = 50_000;
/// The deepest folder in a folder.
const DEPTH: usize = 64;

/// What is to be copied.
#[derive(Clone, Copy, Debug)]
pub struct Copying<'a> {
    /// The folder of pins.toml.
    pub root: &'a Root,
    /// The project's folder below it; `None` is that one itself.
    pub folder: Option<&'a RelPath>,
    /// Folders that are left out, below that of pins.toml: what is vendored.
    pub without: &'a [RelPath],
    /// Files that get another content, below that of pins.toml.
    pub instead: &'a [(RelPath, Vec<u8>)],
}

/// A copy, with a home and a folder for packages beside it.
#[derive(Debug)]
pub struct Copied {
    dir: tempfile::TempDir,
    inner: String,
    /// What was left out and could matter, in sentences.
    pub notes: Vec<String>,
}

impl Copied {
    /// All of it; it goes away with this value.
    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The project's folder.
    pub(super) fn project(&self) -> PathBuf {
        self.dir.path().join("copy").join(&self.inner)
    }

    /// yarn's home.
    pub(super) fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// What yarn fetched: for yarn 1 an offline mirror, for berry a cache of zips. Only what this run
    /// needed: berry fetches no package that yarn.lock has already.
    #[must_use]
    pub fn packages(&self) -> PathBuf {
        self.dir.path().join("packages")
    }

    /// A file as yarn left it, by its path below the folder of pins.toml.
    ///
    /// # Errors
    /// It is no plain file, or larger than what is read of such files.
    pub fn read(&self, file: &RelPath) -> Result<Option<Vec<u8>>, YarnError> {
        let root = Root::open(&self.dir.path().join("copy"))?;
        Ok(root.read(file, crate::disk::CAP)?)
    }

    /// The copy as a root, with the paths of the user's own.
    ///
    /// # Errors
    /// It is gone.
    pub fn root(&self) -> Result<Root, YarnError> {
        Ok(Root::open(&self.dir.path().join("copy"))?)
    }
}

struct Walk<'a> {
    copying: &'a Copying<'a>,
    to: PathBuf,
    size: u64,
    files: usize,
    notes: Vec<String>,
    links: usize,
}

impl Yarns<'_> {
    /// Copies a folder and makes a home beside it.
    ///
    /// # Errors
    /// More than 512 MiB or 50,000 files, what cannot be read, no room.
    pub fn copy(&self, copying: &Copying<'_>) -> Result<Copied, YarnError> {
        let dir = tempfile::Builder::new().prefix("dubo-pin-yarn-").tempdir().map_err(io)?;
        let to = dir.path().join("copy");
        let inner = copying.folder.map(ToString::to_string).unwrap_or_default();
        // yarn 1 makes no folder for its offline mirror: without it, it says ENOENT and never ends.
        for folder in [to.join(&inner), dir.path().join("packages"), dir.path().join("home").join("tmp")] {
            fs::create_dir_all(folder).map_err(io)?;
        }
        let mut walk = Walk { copying, to, size: 0, files: 0, notes: Vec::new(), links: 0 };
        walk.folder(&inner, 0)?;
        for (path, bytes) in copying.instead {
            write(&path.under(&walk.to), bytes)?;
        }
        if walk.links > 5 {
            walk.notes.push(format!("{} further symlinks were left out of the copy for yarn", walk.links - 5));
        }
        let notes = std::mem::take(&mut walk.notes);
        let copied = Copied { dir, inner, notes };
        self.furnish(&copied.home())?;
        Ok(copied)
    }
}

fn io(e: std::io::Error) -> YarnError {
    YarnError::local("copying the folder for yarn", e)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), YarnError> {
    fs::write(path, bytes).map_err(io)
}

/// What is left out: by its name anywhere, or by its path below the project's folder.
fn left_out(name: &str, below: &str) -> bool {
    matches!(name, ".git" | "node_modules")
        || matches!(below, ".yarn/cache" | ".yarn/unplugged" | ".yarn/install-state.gz" | ".yarn/build-state.yml")
        || below.starts_with(".pnp.") && !below.contains('/')
}

impl Walk<'_> {
    fn folder(&mut self, path: &str, depth: usize) -> Result<(), YarnError> {
        if depth > DEPTH {
            return Err(YarnError::TooLarge("64 folders in each other"));
        }
        let dir = self.copying.root.dir();
        let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
        let entries = fs::read_dir(dir.join(path)).map_err(io)?;
        for entry in entries {
            let entry = entry.map_err(io)?;
            let name = entry.file_name();
            let full = match name.to_str() {
                Some(name) if path.is_empty() => name.to_owned(),
                Some(name) => format!("{path}/{name}"),
                None => {
                    self.note(&name.to_string_lossy(), "its name is not UTF-8");
                    continue;
                }
            };
            let inner = self.copying.folder.map_or("", RelPath::as_str);
            let below = full.strip_prefix(inner).unwrap_or(&full).trim_start_matches('/');
            if left_out(name.to_str().unwrap_or_default(), below) {
                continue;
            }
            let rel: RelPath = match full.parse() {
                Ok(rel) => rel,
                Err(_) => {
                    self.note(&full, "its name is not one that dubo-pin follows");
                    continue;
                }
            };
            if self.copying.without.contains(&rel) {
                continue;
            }
            self.entry(&entry, &rel, depth)?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: &fs::DirEntry, path: &RelPath, depth: usize) -> Result<(), YarnError> {
        let kind = entry.file_type().map_err(io)?;
        let to = path.under(&self.to);
        if kind.is_dir() {
            fs::create_dir(&to).map_err(io)?;
            return self.folder(path.as_str(), depth + 1);
        }
        if !kind.is_file() {
            let why = if kind.is_symlink() { "it is a symlink" } else { "it is no plain file" };
            self.note(path.as_str(), why);
            return Ok(());
        }
        self.files += 1;
        if self.files > FILES {
            return Err(YarnError::TooLarge("50,000 files"));
        }
        let mode = entry.metadata().map_err(io)?.permissions().mode();
        let left = SIZE.saturating_sub(self.size);
        let bytes = match self.copying.root.read(path, left) {
            Ok(Some(bytes)) => bytes,
            // It went away meanwhile.
            Ok(None) => return Ok(()),
            Err(crate::disk::DiskError::TooLarge { .. }) => return Err(YarnError::TooLarge("512 MiB")),
            Err(e) => return Err(e.into()),
        };
        self.size += bytes.len() as u64;
        write(&to, &bytes)?;
        // berry hashes the mode of what `file:` takes in.
        fs::set_permissions(&to, fs::Permissions::from_mode(mode & 0o777 | 0o600)).map_err(io)
    }

    fn note(&mut self, path: &str, why: &str) {
        self.links += 1;
        if self.links <= 5 {
            self.notes.push(format!("{} was left out of the copy for yarn: {why}", quoted(path)));
        }
    }
}
