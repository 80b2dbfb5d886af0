//! The program itself, run as a user would, in a folder and a home of the test's own.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

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

    /// The program with arguments under another one, such as `strace`.
    pub fn under(&self, outer: &[&str], arguments: &[&str]) -> Command {
        let inner = self.command(arguments);
        let mut command = Command::new(outer[0]);
        command.args(&outer[1..]).arg(inner.get_program()).args(inner.get_args());
        command.current_dir(self.image()).env_clear().envs(inner.get_envs().filter_map(|(k, v)| Some((k, v?))));
        command.stdin(Stdio::null());
        command
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
                let about = std::fs::symlink_metadata(&path).unwrap();
                if about.is_dir() {
                    walk(&path, root, out);
                    continue;
                }
                let bytes = if about.is_file() {
                    std::fs::read(&path).unwrap_or_default()
                } else if about.is_symlink() {
                    std::fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
                } else {
                    // A fifo: reading it would wait for ever.
                    format!("{:?}", about.file_type()).into_bytes()
                };
                out.insert(path.strip_prefix(root).unwrap().to_owned(), bytes);
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
        // What a killed run leaves there goes away with the test.
        .env("TMPDIR", home)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null());
    command
}

/// No run of a test takes longer; one that does hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a command to its end; one that hangs is killed, and fails the test.
#[track_caller]
pub fn ran(command: &mut Command) -> Ran {
    ended(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

/// Waits for a program whose streams are pipes.
#[track_caller]
pub fn ended(mut child: Child) -> Ran {
    fn all(stream: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            drop(stream.map(|mut s| s.read_to_end(&mut bytes)));
            String::from_utf8_lossy(&bytes).into_owned()
        })
    }
    let (out, err) = (all(child.stdout.take()), all(child.stderr.take()));
    let begun = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if begun.elapsed() > PATIENCE => {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("it hangs.\nstdout:\n{}\nstderr:\n{}", out.join().unwrap(), err.join().unwrap());
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    Ran { code: status.code(), out: out.join().unwrap(), err: err.join().unwrap() }
}
