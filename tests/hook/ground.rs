//! A repository with members that verify, git with nothing of the machine's but PATH, and the program
//! on that PATH.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::artifacts::{change, files};
use crate::bad_input::Upstream;
use crate::support::program::{Ran, Work, ran};

/// The members of each repository.
pub const MEMBERS: [&str; 3] = ["a", "b", "c d"];

/// The files of a member: their bytes, and whether they may be executed.
pub type Member = BTreeMap<String, (Vec<u8>, bool)>;

/// A member as two refreshes left it, one after the other: its git pin and its tar moved.
pub fn made() -> &'static [Member; 2] {
    static MADE: OnceLock<[Member; 2]> = OnceLock::new();
    MADE.get_or_init(|| {
        let up = Upstream::new(2);
        let (server, served) = files(&[("/tool.tar", b"the tool\n"), ("/run.sh", b"#!/bin/sh\necho run\n")]);
        let work = Work::new();
        let manifest = format!(
            "version = 1\n{}\n[pins.tool]\nurl = \"{url}/tool.tar\"\nvendor = \"context/tool.tar\"\n\n[pins.run]\nurl = \"{url}/run.sh\"\nvendor = \"context/bin/run.sh\"\nexecutable = true\n",
            up.pin("widget", "version = \"^1\""),
            url = server.url(),
        );
        work.write("pins.toml", manifest);
        work.write(
            "Dockerfile",
            format!("FROM scratch\nARG WIDGET={}\nADD context/tool.tar /\nLABEL a=1\nLABEL b=2\nLABEL c=3\n", up.ids[0]),
        );
        work.run(&["refresh", "--keep"]).code(0);
        work.run(&["verify"]).code(0);
        let first = member(&work);
        change(&served, "/tool.tar", b"the newer tool\n");
        work.run(&["refresh"]).code(0);
        work.run(&["verify"]).code(0);
        let second = member(&work);
        assert!(first["Dockerfile"] != second["Dockerfile"] && first["context/tool.tar"] != second["context/tool.tar"]);
        assert!(first["context/bin/run.sh"].1);
        [first, second]
    })
}

fn member(work: &Work) -> Member {
    let with_mode = |(path, bytes): (PathBuf, Vec<u8>)| {
        let mode = std::fs::metadata(work.image().join(&path)).unwrap().permissions().mode();
        (path.to_str().unwrap().to_owned(), (bytes, mode & 0o100 != 0))
    };
    work.tree().into_iter().map(with_mode).collect()
}

/// A repository of three members.
pub struct Ground {
    folder: tempfile::TempDir,
}

impl Ground {
    /// Nothing but a home and a PATH: no repository yet.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "bin", "repo"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        symlink(env!("CARGO_BIN_EXE_dubo-pin"), folder.path().join("bin/dubo-pin")).unwrap();
        Self { folder }
    }

    /// The members, none of them committed yet, and no hook.
    pub fn unborn() -> Self {
        let ground = Self::empty();
        ground.git(&["init", "-q", "-b", "main"]).code(0);
        ground.put("README", "read me\n");
        for name in MEMBERS {
            ground.member(name, 0);
        }
        ground
    }

    /// The members in a first commit, and the hook installed.
    pub fn new() -> Self {
        let ground = Self::unborn();
        ground.git(&["add", "-A"]).code(0);
        ground.git(&["commit", "-q", "-m", "first"]).code(0);
        ground.dubo(&["hook", "install"]).code(0);
        ground
    }

    /// The folder of everything.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The top of the work tree.
    pub fn top(&self) -> PathBuf {
        self.folder().join("repo")
    }

    /// Writes a member as it was at the first or the second refresh.
    pub fn member(&self, name: &str, at: usize) {
        write_member(&self.top().join(name), at);
    }

    pub fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        put(&self.top(), path, content.as_ref());
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.top().join(path)).unwrap()
    }

    /// Replaces a text that must be there.
    #[track_caller]
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        self.put(path, text.replace(from, to));
    }

    pub fn remove(&self, path: &str) {
        let path = self.top().join(path);
        if path.is_dir() { std::fs::remove_dir_all(path).unwrap() } else { std::fs::remove_file(path).unwrap() }
    }

    /// A Dockerfile that bears another commit than the lock's.
    pub fn break_dockerfile(&self, member: &str) {
        self.put(&format!("{member}/Dockerfile"), broken());
    }

    /// A command in the environment that a user's would be, but for the machine's own settings.
    #[allow(clippy::disallowed_methods, reason = "a test's own environment")]
    pub fn command(&self, at: &Path, program: &str, arguments: &[&str]) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let all = std::iter::once(self.folder().join("bin")).chain(std::env::split_paths(&path));
        let mut command = Command::new(program);
        command.args(arguments).current_dir(at).env_clear().stdin(Stdio::null());
        command
            .env("PATH", std::env::join_paths(all).unwrap())
            .env("HOME", self.folder().join("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "T")
            .env("GIT_AUTHOR_EMAIL", "t@example")
            .env("GIT_COMMITTER_NAME", "T")
            .env("GIT_COMMITTER_EMAIL", "t@example")
            .env("GIT_EDITOR", "true");
        command
    }

    pub fn git_at(&self, at: &Path, arguments: &[&str]) -> Ran {
        ran(&mut self.command(at, "git", arguments))
    }

    pub fn git(&self, arguments: &[&str]) -> Ran {
        self.git_at(&self.top(), arguments)
    }

    pub fn dubo_at(&self, at: &Path, arguments: &[&str]) -> Ran {
        ran(&mut self.command(at, "dubo-pin", arguments))
    }

    pub fn dubo(&self, arguments: &[&str]) -> Ran {
        self.dubo_at(&self.top(), arguments)
    }

    /// What HEAD is at; empty before the first commit.
    pub fn head_at(&self, at: &Path) -> String {
        self.git_at(at, &["rev-parse", "-q", "--verify", "HEAD"]).out.trim().to_owned()
    }

    /// Runs git, which must make a commit.
    #[track_caller]
    pub fn commits_at(&self, at: &Path, arguments: &[&str]) -> Ran {
        let before = self.head_at(at);
        let ran = self.git_at(at, arguments).code(0);
        assert_ne!(self.head_at(at), before, "{arguments:?} made no commit: {}", ran.all());
        ran
    }

    #[track_caller]
    pub fn commits(&self, arguments: &[&str]) -> Ran {
        self.commits_at(&self.top(), arguments)
    }

    /// Runs git, which the hook must keep from making a commit.
    #[track_caller]
    pub fn refused_at(&self, at: &Path, arguments: &[&str]) -> Ran {
        let before = self.head_at(at);
        let ran = self.git_at(at, arguments);
        assert_ne!(ran.code, Some(0), "{arguments:?}: {}", ran.all());
        assert_eq!(self.head_at(at), before, "{arguments:?} made a commit: {}", ran.all());
        ran
    }

    #[track_caller]
    pub fn refused(&self, arguments: &[&str]) -> Ran {
        self.refused_at(&self.top(), arguments)
    }
}

/// The Dockerfile of a member, with the commit of the other release.
pub fn broken() -> Vec<u8> {
    let [first, second] = made();
    assert!(first["pins.lock"] != second["pins.lock"]);
    second["Dockerfile"].0.clone()
}

pub fn put(folder: &Path, path: &str, content: &[u8]) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// Writes a member's files into a folder.
pub fn write_member(folder: &Path, at: usize) {
    for (path, (bytes, executable)) in &made()[at] {
        put(folder, path, bytes);
        let mode = if *executable { 0o755 } else { 0o644 };
        std::fs::set_permissions(folder.join(path), std::fs::Permissions::from_mode(mode)).unwrap();
    }
}
