//! All that reaches the outside, in one value: what a verb is handed, or is not.
//!
//! For `cli`, which makes it from the environment, and for `source`, which asks. A verb without it
//! is offline by construction.

use super::git::{Git, GitOptions};
use super::{Http, Mirrors};

/// The way to the network, and the machine's mirrors.
#[derive(Debug, Default)]
pub struct Remote {
    http: Http,
    mirrors: Mirrors,
    git: GitOptions,
}

impl Remote {
    /// Opens nothing yet.
    #[must_use]
    pub fn new(http: Http, mirrors: Mirrors, git: GitOptions) -> Self {
        Self { http, mirrors, git }
    }

    /// The git client.
    #[must_use]
    pub fn git(&self) -> Git<'_> {
        Git::new(&self.http, &self.mirrors, self.git.clone())
    }

    /// Things worth a warning that came up so far.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.http.warnings()
    }
}
