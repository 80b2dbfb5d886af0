//! All that reaches the outside, in one value: what a verb is handed, or is not.
//!
//! For `cli`, which makes it from the environment, and for `source`, which asks. A verb without it
//! is offline by construction.

use super::git::{Git, GitOptions};
use super::{Cache, Fetch, Http, Mirrors, SecondStore};
use crate::disk::Store;

/// The way to the network, and the machine's mirrors.
#[derive(Debug, Default)]
pub struct Remote {
    http: Http,
    mirrors: Mirrors,
    git: GitOptions,
    second: Option<SecondStore>,
}

impl Remote {
    /// Opens nothing yet.
    #[must_use]
    pub fn new(http: Http, mirrors: Mirrors, git: GitOptions) -> Self {
        Self { http, mirrors, git, second: None }
    }

    /// …with another store, which is asked by digest before a mirror or upstream is.
    #[must_use]
    pub fn with_second(mut self, second: Option<SecondStore>) -> Self {
        self.second = second;
        self
    }

    /// Downloads into a store. What URLs answered last is kept beside its entries.
    #[must_use]
    pub fn fetch<'a>(&'a self, store: &'a Store) -> Fetch<'a> {
        let cache = Cache::new(store.dir().join("answers"));
        Fetch::new(&self.http, &self.mirrors, store, cache).second(self.second.as_ref())
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
