//! Everything that a yarn project takes from: a registry, and the git repositories behind
//! `https://github.com/` (and gitlab.com, bitbucket.org, git.example).

use std::path::PathBuf;
use std::process::Command;

use super::super::git_http::GitHttp;
use super::super::program::{Ran, Work, ran};
use super::{Codeload, Registry, Repository};

/// The hosts whose repositories are here.
const HOSTS: [&str; 4] =
    ["https://github.com/", "https://gitlab.com/", "https://bitbucket.org/", "https://git.example/"];

/// All servers of a test.
pub struct Hub {
    folder: tempfile::TempDir,
    pub git: GitHttp,
    pub registry: Registry,
    pub codeload: Codeload,
}

impl Hub {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let git = GitHttp::serve(folder.path(), true);
        let codeload = Codeload::serve(folder.path());
        Self { git, registry: Registry::start(), codeload, folder }
    }

    /// Where the bare repositories are.
    pub fn root(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// A new, empty repository.
    pub fn repository(&self, slug: &str) -> Repository {
        Repository::make(self.folder.path(), slug)
    }

    /// A repository's URL on loopback, for `git+http://127.0.0.1…`.
    pub fn loopback(&self, slug: &str) -> String {
        self.git.url(&format!("{slug}.git"))
    }

    /// What `DUBO_PIN_MIRRORS` is to be, so that the hosts are found here.
    pub fn mirrors(&self) -> String {
        HOSTS.map(|host| format!("{host}={}/;resolve", self.git.http.url())).join(" ")
    }

    /// The same for git itself: the environment of a yarn that the test runs.
    pub fn git_environment(&self) -> Vec<(String, String)> {
        // An author's yarn may still take git's own protocol.
        let hosts = HOSTS.iter().chain(&["git://github.com/"]);
        let mut all = vec![("GIT_CONFIG_COUNT".to_owned(), (HOSTS.len() + 1).to_string())];
        for (n, host) in hosts.enumerate() {
            all.push((format!("GIT_CONFIG_KEY_{n}"), format!("url.{}/.insteadOf", self.git.http.url())));
            all.push((format!("GIT_CONFIG_VALUE_{n}"), (*host).to_owned()));
        }
        all
    }

    /// dubo-pin in a folder, with the hosts found here; not yet run.
    pub fn command(&self, work: &Work, arguments: &[&str]) -> Command {
        let mut command = work.command(arguments);
        command.env("DUBO_PIN_MIRRORS", self.mirrors());
        command
    }

    /// …run.
    #[track_caller]
    pub fn run(&self, work: &Work, arguments: &[&str]) -> Ran {
        ran(&mut self.command(work, arguments))
    }
}
