//! Where the repository is: upwards from a folder as git looks, or as git's variables say.
//!
//! For `ops`. A linked worktree and a submodule have a file `.git`, which names the folder. Opened
//! with the repository's own configuration alone, of which only where things are is obeyed.

use std::path::{Path, PathBuf};

use super::error::{RepositoryError, said};
use super::index::Index;
use super::objects::Stores;
use crate::model::{RelPath, quoted};

/// What the environment says of the repository. Git itself sets some of these for its hooks. A
/// relative path counts from the folder that the process runs in, that of the index file from the
/// top of the work tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// `GIT_DIR`.
    pub git_dir: Option<PathBuf>,
    /// `GIT_WORK_TREE`.
    pub work_tree: Option<PathBuf>,
    /// `GIT_INDEX_FILE`: in a hook, the index that is about to be committed.
    pub index_file: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY`.
    pub object_directory: Option<PathBuf>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`, split.
    pub alternate_object_directories: Vec<PathBuf>,
    /// The system's and the user's configuration files, the strongest last; what is not there is
    /// passed over. Read for `core.hooksPath` alone.
    pub config_files: Vec<PathBuf>,
    /// The user's home, for `~` in a configuration.
    pub home: Option<PathBuf>,
}

/// A repository with a work tree.
#[derive(Clone, Debug)]
pub struct Repository {
    pub(super) top: PathBuf,
    pub(super) git_dir: PathBuf,
    pub(super) common_dir: PathBuf,
    pub(super) given: Given,
    kind: gix::hash::Kind,
}

fn unopened(path: &Path, why: impl Into<String>) -> RepositoryError {
    RepositoryError::Unopened { path: path.to_string_lossy().into_owned(), why: why.into() }
}

/// A folder's true name, without symlinks.
fn real(path: &Path) -> Result<PathBuf, RepositoryError> {
    path.canonicalize().map_err(|e| unopened(path, e.to_string()))
}

fn open(path: &Path) -> Result<gix::Repository, RepositoryError> {
    let options = gix::open::Options::isolated().open_path_as_is(true);
    match options.open(path) {
        Ok(repository) => Ok(repository.to_thread_local()),
        Err(e) => Err(unopened(path, said(&e))),
    }
}

/// Whether a folder is itself what `.git` is elsewhere.
fn looks_bare(dir: &Path) -> bool {
    dir.join("HEAD").is_file() && dir.join("objects").is_dir() && dir.join("refs").is_dir()
}

/// The `.git` that a folder belongs to, and the folder that holds it. A folder `.git` without a
/// HEAD is passed over, as git does.
fn upwards(dir: &Path) -> Result<Option<(PathBuf, PathBuf)>, RepositoryError> {
    for folder in dir.ancestors() {
        let candidate = folder.join(".git");
        if candidate.is_file() || candidate.join("HEAD").symlink_metadata().is_ok() {
            return Ok(Some((candidate, folder.to_owned())));
        }
        if looks_bare(folder) {
            return Err(RepositoryError::Bare(folder.to_string_lossy().into_owned()));
        }
    }
    Ok(None)
}

impl Repository {
    /// The repository that a folder is in; `None` if it is in none.
    ///
    /// # Errors
    /// It is bare, cannot be opened, or git's variables name what is none.
    pub fn find(dir: &Path, given: &Given) -> Result<Option<Self>, RepositoryError> {
        let dir = real(if dir.as_os_str().is_empty() { Path::new(".") } else { dir })?;
        let (path, holder) = match &given.git_dir {
            Some(git_dir) => (real(git_dir)?, real(Path::new("."))?),
            None => match upwards(&dir)? {
                Some(found) => found,
                None => return Ok(None),
            },
        };
        let repository = open(&path)?;
        let git_dir = real(repository.git_dir())?;
        let bare = || RepositoryError::Bare(path.to_string_lossy().into_owned());
        let common_dir = real(repository.common_dir())?;
        // A linked worktree of a bare repository has a work tree all the same.
        let is_bare = repository.is_bare() && git_dir == common_dir;
        // Where git's variables name the repository, its work tree is the folder of the process.
        let configured = repository.config_snapshot().string("core.worktree").is_some();
        let top = match &given.work_tree {
            Some(work_tree) => work_tree.clone(),
            None if given.git_dir.is_some() && !configured => match is_bare {
                true => return Err(bare()),
                false => holder,
            },
            None => repository.workdir().map(Path::to_owned).ok_or_else(bare)?,
        };
        Ok(Some(Self { top: real(&top)?, git_dir, common_dir, given: given.clone(), kind: repository.object_hash() }))
    }

    /// The top of the work tree, without symlinks.
    #[must_use]
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The repository's own folder: of a linked worktree, the worktree's.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// A folder's path below the top; `None` for the top itself.
    ///
    /// # Errors
    /// It is outside of the work tree, or its path is none that is safe everywhere.
    pub fn folder_of(&self, dir: &Path) -> Result<Option<RelPath>, RepositoryError> {
        let dir = real(if dir.as_os_str().is_empty() { Path::new(".") } else { dir })?;
        let outside = || RepositoryError::Outside {
            dir: dir.to_string_lossy().into_owned(),
            top: self.top.to_string_lossy().into_owned(),
        };
        let below = dir.strip_prefix(&self.top).map_err(|_| outside())?;
        match below.to_str() {
            Some("") => Ok(None),
            Some(text) => Ok(Some(text.parse()?)),
            None => Err(unopened(&dir, format!("{} is not UTF-8", quoted(&below.to_string_lossy())))),
        }
    }

    /// The index file: that of git's variables, or the repository's own.
    #[must_use]
    pub fn index_file(&self) -> PathBuf {
        match &self.given.index_file {
            Some(file) => self.top.join(file),
            None => self.git_dir.join("index"),
        }
    }

    /// The index as it stands now.
    ///
    /// # Errors
    /// It, or HEAD, cannot be read.
    pub fn index(&self) -> Result<Index, RepositoryError> {
        Index::read(self, self.stores(), self.head()?)
    }

    fn stores(&self) -> Stores {
        let own = self.given.object_directory.clone().unwrap_or_else(|| self.common_dir.join("objects"));
        let mut folders = vec![own];
        folders.extend(self.given.alternate_object_directories.iter().cloned());
        Stores::new(self.kind, folders)
    }

    /// The commit that HEAD names; `None` before the first one.
    fn head(&self) -> Result<Option<gix::ObjectId>, RepositoryError> {
        let failed = |e: gix::Error| unopened(&self.git_dir, said(&e));
        let repository = open(&self.git_dir)?;
        let head = repository.head().map_err(failed)?;
        if head.is_unborn() {
            return Ok(None);
        }
        Ok(head.id().map(gix::Id::detach))
    }
}
