//! The program itself, run as a user would, in a folder and a home of the test's own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder with Dockerfiles, and an environment that knows nothing of the machine's.
pub struct Work {
    folder: tempfile::TempDir,
}

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Asserts the exit code, with everything said shown if it is another one.
    #[track_caller]
    pub fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, Some(expected), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Both streams.
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    /// Asserts that something was said, on either stream.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.all().contains(text), "{text:?} was not said.\nstdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Asserts that something was not said.
    #[track_caller]
    pub fn never_says(self, text: &str) -> Self {
        assert!(!self.all().contains(text), "{text:?} was said.\nstdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }
}

impl Work {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("home")).unwrap();
        std::fs::create_dir_all(folder.path().join("image")).unwrap();
        Self { folder }
    }

    /// The folder of pins.toml.
    pub fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    /// The user's home.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.image().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.image().join(name)).unwrap()
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.image().join(name)).unwrap()
    }

    /// The program with arguments, not yet run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        command(&self.image(), &self.home(), arguments)
    }

    /// Runs it.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Ran {
        ran(&mut self.command(arguments))
    }

    /// Every file below the image's folder with its bytes, but for the program's own state.
    pub fn tree(&self) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
        fn walk(folder: &Path, root: &Path, out: &mut std::collections::BTreeMap<PathBuf, Vec<u8>>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.file_name().is_some_and(|n| n == ".dubo-pin") {
                    continue;
                }
                if path.is_dir() {
                    walk(&path, root, out);
                } else {
                    out.insert(path.strip_prefix(root).unwrap().to_owned(), std::fs::read(&path).unwrap_or_default());
                }
            }
        }
        let mut out = std::collections::BTreeMap::new();
        walk(&self.image(), &self.image(), &mut out);
        out
    }
}

/// The program in a folder, with a home and nothing else of the environment but PATH.
#[allow(clippy::disallowed_methods, reason = "a test's own environment")]
pub fn command(folder: &Path, home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dubo-pin"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", home)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null());
    command
}

#[track_caller]
pub fn ran(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().unwrap();
    Ran {
        code: status.code(),
        out: String::from_utf8_lossy(&stdout).into_owned(),
        err: String::from_utf8_lossy(&stderr).into_owned(),
    }
}
