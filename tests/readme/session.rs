//! One shell in which everything is typed, with a home of the test's own and the program on PATH.

use std::fmt::Write as _;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use super::upstream::Upstream;
use crate::support::program::ran;

/// What stands between two answers; nothing says it by itself.
const MARK: char = '\u{1e}';

pub struct Session {
    folder: tempfile::TempDir,
    mirrors: String,
    script: String,
    /// Command, what is shown of it, and its line, from 1.
    typed: Vec<(String, String, usize)>,
}

/// A command and its answers.
pub struct Said {
    pub command: String,
    pub shown: String,
    pub really: String,
    pub line: usize,
}

impl Session {
    /// A shell in an empty folder.
    pub fn new(up: &Upstream) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "bin", "src"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        symlink(env!("CARGO_BIN_EXE_dubo-pin"), folder.path().join("bin/dubo-pin")).unwrap();
        let config = format!(
            "[user]\n\tname = T\n\temail = t@example\n[init]\n\tdefaultBranch = main\n[url \"{}\"]\n\tinsteadOf = https://git.example/\n",
            up.git_url()
        );
        std::fs::write(folder.path().join("home/.gitconfig"), config).unwrap();
        Self { folder, mirrors: up.mirrors(), script: "exec 2>&1\n".to_owned(), typed: Vec::new() }
    }

    /// What is done before a section, and must say nothing.
    pub fn silently(&mut self, command: &str) {
        writeln!(self.script, "{{ {}; }} || exit 99", if command.is_empty() { "true" } else { command }).unwrap();
    }

    /// A file that the reader writes.
    pub fn lay(&mut self, path: &str, content: &str) {
        writeln!(self.script, "mkdir -p \"$(dirname '{path}')\"\ncat > '{path}' <<'\u{1f}'\n{content}\u{1f}").unwrap();
    }

    /// A command that the reader types.
    pub fn typed(&mut self, command: &str, shown: &str, line: usize) {
        writeln!(self.script, "{command}\nprintf '\\036'").unwrap();
        self.typed.push((command.to_owned(), shown.to_owned(), line));
    }

    /// Types it all.
    #[allow(clippy::disallowed_methods, reason = "a test's own environment")]
    pub fn run(self) -> Vec<Said> {
        let script = self.folder.path().join("script");
        std::fs::write(&script, &self.script).unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let all = std::iter::once(self.folder.path().join("bin")).chain(std::env::split_paths(&path));
        let mut command = Command::new("bash");
        command.arg(script).current_dir(self.folder.path().join("src")).env_clear().stdin(Stdio::null());
        command
            .env("PATH", std::env::join_paths(all).unwrap())
            .env("HOME", self.folder.path().join("home"))
            .env("TMPDIR", self.folder.path().join("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("DUBO_PIN_MIRRORS", &self.mirrors);
        let done = ran(&mut command).code(0);
        let mut answers: Vec<&str> = done.out.split(MARK).collect();
        assert_eq!(answers.pop(), Some(""), "something was said that nobody typed");
        assert_eq!(answers.len(), self.typed.len(), "{}", done.out);
        let said = |((command, shown, line), really): ((String, String, usize), &str)| {
            assert!(really.is_empty() || really.ends_with('\n'), "{command}: its last line has no end");
            Said { command, shown, really: really.to_owned(), line }
        };
        self.typed.into_iter().zip(answers).map(said).collect()
    }
}
