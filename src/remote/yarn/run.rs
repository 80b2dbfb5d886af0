//! yarn, started, waited for, and ended with all its children.
//!
//! A shell stands between: its input is a pipe of ours. When that closes, because time is up, an
//! error came, or this program was ended in whatever way, the shell ends the whole process group and
//! removes the temporary folder. So Ctrl-C leaves no yarn behind that goes on fetching.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::remote::process;

use super::copy::Copied;
use super::find::{Line, Yarn};
use super::{YarnError, Yarns, said};

/// `$0` is the temporary folder, `$@` the command. Its input goes to nobody but the watcher.
const SHELL: &str = r#"
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
{ read -r _ <&3; trap '' TERM; kill -TERM 0; sleep 1; rm -rf -- "$0"; kill -KILL 0; } >/dev/null 2>&1 &
watcher=$!
wait "$child"
code=$?
kill -KILL "$watcher" 2>/dev/null
exit "$code"
"#;

/// What yarn may say before it is ended: bytes.
const OUTPUT: u64 = 64 << 20;
/// What is read of it: the last bytes.
const TAIL: u64 = 256 * 1024;

/// How a run went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// How long it took.
    pub took: Duration,
    /// The last lines it said, without secrets.
    pub said: String,
}

impl Yarns<'_> {
    /// Lets yarn bring yarn.lock of a copy up to its package.json. `approved` are the repositories
    /// that it may take from, as canonical URLs (heeded by later ones of berry 4). `whole`: berry fetches
    /// all packages, not only what it has to know.
    ///
    /// # Errors
    /// It does not start, fails, takes longer than the options allow, or was given other bytes than
    /// yarn.lock says.
    pub fn install(&self, yarn: &Yarn, copied: &Copied, approved: &[String], whole: bool) -> Result<Ran, YarnError> {
        if yarn.line == Line::Classic {
            own_settings(copied)?;
        }
        self.started(yarn, copied, approved, &arguments(yarn.line, copied, whole))
    }

    /// Lets berry fill its cache with all that yarn.lock of a copy names.
    ///
    /// # Errors
    /// As [`Yarns::install`].
    pub fn fill(&self, yarn: &Yarn, copied: &Copied, approved: &[String]) -> Result<Ran, YarnError> {
        let words = ["install", "--mode=skip-build", "--immutable"].map(OsString::from);
        self.started(yarn, copied, approved, &words)
    }

    fn started(
        &self,
        yarn: &Yarn,
        copied: &Copied,
        approved: &[String],
        arguments: &[OsString],
    ) -> Result<Ran, YarnError> {
        let project = copied.project();
        let referred = self.referred(&project);
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(SHELL).arg(copied.dir()).args(yarn.argv()).args(arguments);
        command.current_dir(&project).env_clear().envs(self.environment(yarn, copied, approved, &referred));
        self.watched(command, yarn, copied, &self.secrets(&project))
    }

    fn watched(
        &self,
        mut command: Command,
        yarn: &Yarn,
        copied: &Copied,
        secrets: &[String],
    ) -> Result<Ran, YarnError> {
        let io = |e: std::io::Error| YarnError::local("starting yarn", e);
        let log = copied.dir().join("output");
        let (out, err) = (File::create(&log).map_err(io)?, File::options().append(true).open(&log).map_err(io)?);
        drop(out);
        let out = err.try_clone().map_err(io)?;
        command.stdin(Stdio::piped()).stdout(out).stderr(err).process_group(0);
        let started = Instant::now();
        let mut child = command.spawn().map_err(io)?;
        let ended = |why: String| YarnError::Ended {
            version: yarn.version.clone(),
            why,
            said: said::last_lines(&tail(&log), secrets),
        };
        let mut pause = 5;
        let status = loop {
            let why = match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if started.elapsed() > self.options.patience() => {
                    format!("it took longer than {} s", self.options.patience().as_secs())
                }
                Ok(None) if std::fs::metadata(&log).is_ok_and(|m| m.len() > OUTPUT) => "it says too much".to_owned(),
                Ok(None) => {
                    std::thread::sleep(Duration::from_millis(pause));
                    pause = (pause * 2).min(100);
                    continue;
                }
                Err(e) => e.to_string(),
            };
            let error = ended(why);
            // The watcher sees the end of its input, and ends the group, the shell with it.
            drop(child.stdin.take());
            let until = Instant::now() + Duration::from_secs(10);
            while Instant::now() < until && matches!(child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(20));
            }
            process::end(&mut child);
            return Err(error);
        };
        let output = tail(&log);
        let said = said::last_lines(&output, secrets);
        if status.success() {
            return Ok(Ran { took: started.elapsed(), said });
        }
        let version = yarn.version.clone();
        if let Some(said) = said::tampered(&output, secrets) {
            return Err(YarnError::Tampered { version, said });
        }
        let said = match packing(&copied.home().join("tmp")) {
            Some(log) => format!("{said}\n{}", said::last_lines(&log, secrets)),
            None => said,
        };
        Err(YarnError::Failed { version, status: status.to_string(), said })
    }
}

fn arguments(line: Line, copied: &Copied, whole: bool) -> Vec<OsString> {
    let words: &[&str] = match line {
        Line::Classic => &[
            "install",
            "--ignore-scripts",
            "--non-interactive",
            "--no-progress",
            "--ignore-engines",
            "--ignore-platform",
            "--no-bin-links",
            "--cache-folder",
        ],
        Line::Berry(_) if whole => &["install", "--mode=skip-build"],
        Line::Berry(_) => &["install", "--mode=update-lockfile"],
    };
    let mut all: Vec<OsString> = words.iter().map(OsString::from).collect();
    if line == Line::Classic {
        all.push(copied.home().join("cache").into());
    }
    all
}

/// .yarnrc of the copy without what would keep yarn 1 from writing yarn.lock or make it write
/// elsewhere: arguments there count as if given on the command line.
fn own_settings(copied: &Copied) -> Result<(), YarnError> {
    const UNWANTED: [&str; 9] = [
        "frozen-lockfile",
        "pure-lockfile",
        "no-lockfile",
        "offline",
        "modules-folder",
        "yarn-offline-mirror",
        "yarn-path",
        "cache-folder",
        "cwd",
    ];
    let file = copied.project().join(".yarnrc");
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(YarnError::local("reading .yarnrc", e)),
    };
    let wanted = |line: &&str| {
        let word = line.split_whitespace().next().unwrap_or_default().trim_matches('"');
        let bare = word.trim_start_matches("--").trim_start_matches("install.");
        !UNWANTED
            .iter()
            .any(|u| bare.strip_prefix(u).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '='])))
    };
    let text: String = text.lines().filter(wanted).map(|line| format!("{line}\n")).collect();
    std::fs::write(&file, text).map_err(|e| YarnError::local("writing .yarnrc of the copy", e))
}

fn tail(log: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Ok(mut file) = File::open(log) else { return bytes };
    let size = file.metadata().map_or(0, |m| m.len());
    if file.seek(SeekFrom::Start(size.saturating_sub(TAIL))).is_ok() {
        let _ = file.take(TAIL).read_to_end(&mut bytes);
    }
    bytes
}

/// berry writes why it could not pack a git dependency to a file, which it names and leaves.
fn packing(tmp: &Path) -> Option<Vec<u8>> {
    let folders = std::fs::read_dir(tmp).ok()?.flatten().map(|e| e.path().join("pack.log"));
    folders.filter(|log| log.is_file()).map(|log| tail(&log)).find(|bytes| !bytes.is_empty())
}
