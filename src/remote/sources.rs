//! Where credentials may be found, and what is found there.
//!
//! For `credentials`, which asks in order, and for what it asks: netrc, auth.conf and the helpers.

use std::path::PathBuf;

/// Where credentials may be found; `cli` fills it from the environment.
#[derive(Clone, Default)]
pub struct CredentialSources {
    /// The text of `~/.netrc`.
    pub netrc: Option<String>,
    /// The texts of apt's auth.conf and of the files in auth.conf.d, in apt's order.
    pub apt_auth: Vec<String>,
    /// The system's and the user's git configuration, in git's order. Those that do not exist are
    /// skipped.
    pub git_configs: Vec<PathBuf>,
    /// The user's home, for `~/` within these.
    pub home: Option<PathBuf>,
}

// A netrc and an auth.conf hold passwords.
impl std::fmt::Debug for CredentialSources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CredentialSources")
            .field("netrc", &self.netrc.is_some())
            .field("apt_auth", &self.apt_auth.len())
            .field("git_configs", &self.git_configs)
            .finish_non_exhaustive()
    }
}

/// A login and its password, and where they were found.
pub(super) struct Account {
    pub(super) login: String,
    pub(super) password: String,
    pub(super) source: String,
}
