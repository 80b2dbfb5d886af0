//! The folder that git runs hooks from.
//!
//! For the verb that installs one. `core.hooksPath` of the system's, the user's and the repository's
//! configuration, as git reads it: `~` is the home, a relative path counts from the top of the work
//! tree. Nothing is run and nothing is written.

use std::path::PathBuf;

use super::error::{RepositoryError, said};
use super::find::Repository;

/// Where git looks for hooks. It need not be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HooksDir {
    /// The folder.
    pub path: PathBuf,
    /// Whether `core.hooksPath` names it: then it may belong to another tool, or to other
    /// repositories as well.
    pub configured: bool,
}

impl Repository {
    /// The folder of the hooks.
    ///
    /// # Errors
    /// A configuration file cannot be read.
    pub fn hooks_dir(&self) -> Result<HooksDir, RepositoryError> {
        use gix::config::{Source, file};
        let failed = |e: &gix::Error| RepositoryError::Config { why: said(e) };
        let home = self.given.home.as_deref();
        let mut files: Vec<(PathBuf, Source)> =
            self.given.config_files.iter().map(|path| (path.clone(), Source::User)).collect();
        files.push((self.common_dir.join("config"), Source::Local));
        files.push((self.git_dir.join("config.worktree"), Source::Worktree));
        files.retain(|(path, _)| path.is_file());
        let interpolate = gix::config::path::interpolate::Context { home_dir: home, ..Default::default() };
        let mut includes = file::includes::Options::follow_without_conditional(home);
        includes.conditional.git_dir = Some(&self.git_dir);
        includes.err_on_missing_config_path = false;
        let options = file::init::Options { includes, ..Default::default() };
        let mut configured = None;
        // One by one: a worktree's file counts only where the repository's says so.
        let mut has_worktrees = false;
        for (path, source) in files {
            if source == Source::Worktree && !has_worktrees {
                continue;
            }
            let meta = file::Metadata::from(source).at(path);
            let read = gix::config::File::from_paths_metadata([meta], options).map_err(|e| failed(&e))?;
            let Some(read) = read else { continue };
            has_worktrees |= matches!(read.boolean("extensions.worktreeConfig"), Ok(Some(true)));
            if let Some(path) = read.path("core.hooksPath") {
                configured = Some(path.interpolate(interpolate).map_err(|e| failed(&e))?);
            }
        }
        Ok(match configured {
            Some(path) => HooksDir { path: self.top.join(path), configured: true },
            None => HooksDir { path: self.common_dir.join("hooks"), configured: false },
        })
    }
}
