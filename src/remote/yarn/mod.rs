//! The project's own yarn, run in a temporary copy of its folder.
//!
//! For `source::yarn::rewrite`, which says what is to come of it and judges what came. Only yarn
//! itself knows what it would write: each version resolves, merges and hashes in its own way. It is
//! run without scripts, in a home of its own, with a fresh cache, under a time limit; the folder
//! itself is never touched. It is the project's program, chosen as yarn's own launchers choose it:
//! to run it is to trust the repository as far as `yarn install` does.
//!
//! | file | what it is for |
//! |---|---|
//! | `find` | which yarn |
//! | `copy` | the folder, copied |
//! | `environment` | the variables that yarn gets, and no other |
//! | `home` | the home that it gets: the user's registries and logins, nothing else |
//! | `run` | start, wait, end it with all its children |
//! | `said` | the last lines it said, without secrets |
//! | `error` | [`YarnError`] |

mod copy;
mod environment;
mod error;
mod find;
mod home;
mod run;
mod said;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use super::Mirrors;

pub use copy::{Copied, Copying};
pub use error::YarnError;
pub use find::{Line, Project, Yarn};
pub use run::Ran;

/// What the user's environment says of yarn; `cli` fills it.
#[derive(Clone, Default)]
pub struct YarnOptions {
    /// `DUBO_PIN_YARN`: a program, or a `.js` file for node, that is taken before any other.
    pub program: Option<PathBuf>,
    /// `$PATH`, in its order.
    pub path: Vec<PathBuf>,
    /// The user's home.
    pub home: Option<PathBuf>,
    /// `$XDG_CACHE_HOME`, or `~/.cache`: where corepack keeps what it has.
    pub cache_home: Option<PathBuf>,
    /// The whole environment. Handed on is only what names registries, proxies, certificates and
    /// logins, and what the user's .npmrc or .yarnrc.yml refers to as `${NAME}`.
    pub variables: Vec<(String, String)>,
    /// How long one run of yarn may take; 30 minutes if nothing is said.
    pub patience: Option<Duration>,
}

// The environment holds tokens.
impl std::fmt::Debug for YarnOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("YarnOptions")
            .field("program", &self.program)
            .field("path", &self.path)
            .field("home", &self.home)
            .field("variables", &self.variables.len())
            .finish_non_exhaustive()
    }
}

impl YarnOptions {
    fn patience(&self) -> Duration {
        self.patience.unwrap_or(Duration::from_secs(30 * 60))
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// A program on the path.
    fn on_path(&self, name: &str) -> Option<PathBuf> {
        self.path.iter().filter(|p| p.is_absolute()).map(|p| p.join(name)).find(|p| executable(p))
    }
}

fn executable(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

/// The yarns of this machine. Cheap to make.
#[derive(Clone, Copy, Debug)]
pub struct Yarns<'a> {
    options: &'a YarnOptions,
    mirrors: &'a Mirrors,
}

impl<'a> Yarns<'a> {
    pub(super) fn new(options: &'a YarnOptions, mirrors: &'a Mirrors) -> Self {
        Self { options, mirrors }
    }
}
