//! All that reaches the outside, in one value: what a verb is handed, or is not.
//!
//! For `cli`, which makes it from the environment, and for `source`, which asks. A verb without it
//! is offline by construction.

use super::git::{Git, GitOptions};
use std::path::PathBuf;
use std::sync::OnceLock;

use super::registry::{Logins, Registry, Session};
use super::yarn::{YarnOptions, Yarns};
use super::{Cache, Fault, Fetch, Http, Mirrored, Mirrors, RemoteError, SecondStore};
use crate::disk::Store;

/// The way to the network, and the machine's mirrors.
#[derive(Debug, Default)]
pub struct Remote {
    http: Http,
    mirrors: Mirrors,
    git: GitOptions,
    second: Option<SecondStore>,
    folder: Option<PathBuf>,
    store: OnceLock<Result<Store, RemoteError>>,
    registries: Session,
    yarn: YarnOptions,
}

impl Remote {
    /// Opens nothing yet.
    #[must_use]
    pub fn new(http: Http, mirrors: Mirrors, git: GitOptions) -> Self {
        Self { http, mirrors, git, ..Self::default() }
    }

    /// …with another store, which is asked by digest before a mirror or upstream is.
    #[must_use]
    pub fn with_second(mut self, second: Option<SecondStore>) -> Self {
        self.second = second;
        self
    }

    /// …with the folder of the store, which is opened on first use.
    #[must_use]
    pub fn with_store(mut self, folder: Option<PathBuf>) -> Self {
        self.folder = folder;
        self
    }

    /// …with the logins to registries.
    #[must_use]
    pub fn with_logins(mut self, logins: Logins) -> Self {
        self.registries = Session::new(logins);
        self
    }

    /// …with what the user's environment says of yarn.
    #[must_use]
    pub fn with_yarn(mut self, options: YarnOptions) -> Self {
        self.yarn = options;
        self
    }

    /// The yarns of this machine.
    #[must_use]
    pub fn yarn(&self) -> Yarns<'_> {
        Yarns::new(&self.yarn, &self.mirrors)
    }

    /// The store that downloads fill.
    ///
    /// # Errors
    /// [`Fault::Local`] where it has no folder, or the folder cannot be used.
    pub fn store(&self) -> Result<&Store, RemoteError> {
        let open = || {
            let folder = self.folder.as_ref().ok_or_else(|| {
                RemoteError::new(Fault::Local, "the store", "there is no home folder to keep it in")
                    .help("set XDG_CACHE_HOME or HOME")
            })?;
            Store::open(folder).map_err(|e| RemoteError::new(Fault::Local, "the store", e.to_string()))
        };
        self.store.get_or_init(open).as_ref().map_err(Clone::clone)
    }

    /// Downloads into the store.
    ///
    /// # Errors
    /// As [`Remote::store`].
    pub fn downloads(&self) -> Result<Fetch<'_>, RemoteError> {
        Ok(self.fetch(self.store()?))
    }

    /// Downloads into a store. What URLs answered last is kept beside its entries.
    #[must_use]
    pub fn fetch<'a>(&'a self, store: &'a Store) -> Fetch<'a> {
        let cache = Cache::new(store.dir().join("answers"));
        Fetch::new(&self.http, &self.mirrors, store, cache).second(self.second.as_ref())
    }

    /// Where a mirror has a URL, and whether it may decide what is there.
    #[must_use]
    pub fn mirrored(&self, url: &str) -> Option<Mirrored> {
        self.mirrors.for_url(url)
    }

    /// The git client.
    #[must_use]
    pub fn git(&self) -> Git<'_> {
        Git::new(&self.http, &self.mirrors, self.git.clone())
    }

    /// The client of image registries.
    #[must_use]
    pub fn registry(&self) -> Registry<'_> {
        Registry::new(self, &self.http, &self.mirrors, &self.registries)
    }

    /// Things worth a warning that came up so far.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.http.warnings()
    }
}
