//! ssh:// and `user@host:path`: the user's own `ssh`, never prompting, under the same limits.
//!
//! For the git client. Host, user and port were vetted by [`GitUrl`]; the path is quoted for the
//! shell at the other end.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use gix::protocol::transport::Protocol;
use gix::protocol::transport::client::git::ConnectMode;
use gix::protocol::transport::client::git::blocking_io::Connection;

use super::wire::Slot;
use crate::model::GitUrl;
use crate::remote::error::{Fault, RemoteError, said};
use crate::remote::limits::Limits;
use crate::remote::process;

/// A connection over `ssh`.
pub(super) type Ssh = Connection<Incoming, ChildStdin>;

/// What `ssh` is told of a URL.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    /// `user@host` or `host`.
    host: String,
    port: Option<String>,
    path: String,
}

fn target(url: &GitUrl) -> Option<Target> {
    let text = url.as_str();
    let Some((_, rest)) = text.split_once("://") else {
        let (host, path) = text.split_once(':').filter(|(h, _)| !h.contains('['))?;
        return Some(Target { host: host.to_owned(), port: None, path: path.to_owned() });
    };
    let (authority, path) = rest.split_once('/')?;
    let (user, host_port) = match authority.rsplit_once('@') {
        Some((user, host_port)) => (Some(user), host_port),
        None => (None, authority),
    };
    let port = host_port.rsplit_once(':').map(|(_, p)| p).filter(|p| !p.is_empty());
    let port = port.filter(|p| p.bytes().all(|b| b.is_ascii_digit())).map(str::to_owned);
    let host = match user {
        Some(user) => format!("{user}@{}", url.host()),
        None => url.host().to_owned(),
    };
    // As git does: `ssh://host/~user/repo` is relative to that home.
    let path = if path.starts_with('~') { path.to_owned() } else { format!("/{path}") };
    Some(Target { host, port, path })
}

fn command(program: &Path, target: &Target, limits: &Limits) -> Command {
    let mut command = Command::new(program);
    process::tame(&mut command);
    command.env("GIT_PROTOCOL", "version=2");
    command.args(["-o", "BatchMode=yes", "-o", "SendEnv=GIT_PROTOCOL", "-o", "ClearAllForwardings=yes"]);
    command.arg("-o").arg(format!("ConnectTimeout={}", limits.connect.as_secs().max(1)));
    if let Some(port) = &target.port {
        command.args(["-p", port]);
    }
    let path = target.path.replace('\'', "'\\''");
    command.arg(&target.host).arg(format!("git-upload-pack '{path}'"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts `ssh` for a URL.
pub(super) fn connect(
    url: &GitUrl,
    program: &Path,
    limits: &Limits,
    limit: u64,
    slot: &Slot,
) -> Result<Ssh, RemoteError> {
    let host = url.host();
    let local = |detail: String| RemoteError::new(Fault::Local, host, detail);
    let target = target(url)
        .ok_or_else(|| RemoteError::new(Fault::Refused, host, "this form of an ssh URL is not understood"))?;
    let mut child = command(program, &target, limits)
        .spawn()
        .map_err(|e| local(format!("ssh does not start: {e}")).help("install an ssh client, or use the https URL"))?;
    let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        process::end(&mut child);
        return Err(local("ssh has no input or output".to_owned()));
    };
    let incoming = Incoming::new(child, stdout, stderr, *limits, limit, host, slot.clone());
    Ok(Connection::new(
        incoming,
        stdin,
        Protocol::V2,
        target.path.as_str(),
        None::<(&str, Option<u16>)>,
        ConnectMode::Process,
        false,
    ))
}

/// What `ssh` says, under limits; ends it when dropped.
pub(super) struct Incoming {
    stdout: ChildStdout,
    child: Arc<Mutex<Child>>,
    complaint: mpsc::Receiver<String>,
    /// Tells the watch that something came; the watch ends with its sender.
    alive: mpsc::Sender<()>,
    stalled: Arc<AtomicBool>,
    left: u64,
    host: String,
    slot: Slot,
}

impl Incoming {
    fn new(
        child: Child,
        stdout: ChildStdout,
        stderr: ChildStderr,
        limits: Limits,
        limit: u64,
        host: &str,
        slot: Slot,
    ) -> Self {
        let child = Arc::new(Mutex::new(child));
        let stalled = Arc::new(AtomicBool::new(false));
        let (alive, heard) = mpsc::channel();
        let (complain, complaint) = mpsc::channel();
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.take(64 * 1024).read_to_end(&mut text);
            let _ = complain.send(String::from_utf8_lossy(&text).into_owned());
        });
        let (watched, tells) = (child.clone(), stalled.clone());
        std::thread::spawn(move || watch(&heard, &watched, &tells, &limits));
        Self { stdout, child, complaint, alive, stalled, left: limit, host: host.to_owned(), slot }
    }

    fn note(&self, error: RemoteError) -> io::Error {
        self.slot.borrow_mut().get_or_insert_with(|| error.clone());
        io::Error::other(error)
    }

    /// Why `ssh` ended, if it did not end well.
    fn ending(&self) -> Option<RemoteError> {
        if self.stalled.load(Ordering::Relaxed) {
            return Some(RemoteError::new(Fault::Unreachable, &self.host, "ssh stalled and was ended"));
        }
        let text = self.complaint.recv_timeout(Duration::from_secs(2)).unwrap_or_default();
        // The lock is let go between looks, so that the watch can still end it.
        let until = Instant::now() + Duration::from_secs(2);
        loop {
            let look = self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait();
            match look {
                Ok(Some(status)) if status.success() => return None,
                Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(2)),
                _ => return Some(explain(&self.host, &text)),
            }
        }
    }
}

/// Ends the child when nothing comes for too long, or when all of it takes too long.
fn watch(heard: &mpsc::Receiver<()>, child: &Mutex<Child>, stalled: &AtomicBool, limits: &Limits) {
    let until = Instant::now() + limits.total;
    loop {
        let patience = limits.idle.min(until.saturating_duration_since(Instant::now()));
        match heard.recv_timeout(patience) {
            Ok(()) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                stalled.store(true, Ordering::Relaxed);
                let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
                return;
            }
        }
    }
}

/// What `ssh` or the other end complained of.
fn explain(host: &str, text: &str) -> RemoteError {
    let lower = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| lower.contains(w));
    let fault = if has(&["permission denied", "host key verification failed", "access denied"]) {
        Fault::Denied
    } else if has(&[
        "could not resolve",
        "connection refused",
        "timed out",
        "connection closed",
        "connection reset",
        "no route",
        "network is unreachable",
    ]) {
        Fault::Unreachable
    } else if has(&["not found", "does not exist", "does not appear to be a git repository"]) {
        Fault::NotThere
    } else {
        Fault::Broken
    };
    let error = match said(text) {
        text if text.is_empty() => RemoteError::new(fault, host, "ssh failed and said nothing"),
        text => RemoteError::new(fault, host, format!("ssh says: {text}")),
    };
    match fault {
        Fault::Denied => error.help("check that `ssh` to this host works without a question"),
        _ => error,
    }
}

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stdout.read(buffer)?;
        if count == 0 {
            return match self.ending() {
                Some(error) => Err(self.note(error)),
                None => Ok(0),
            };
        }
        // The watch may have ended already, with the child.
        let _ = self.alive.send(());
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => {
                let detail = "it sends more than is taken";
                return Err(self.note(RemoteError::new(Fault::Refused, &self.host, detail)));
            }
        }
        Ok(count)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        process::end(&mut self.child.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (String, Option<String>, String) {
        let t = target(&text.parse().unwrap()).unwrap();
        (t.host, t.port, t.path)
    }

    #[test]
    fn urls_are_taken_apart_as_git_does() {
        let port = |p: &str| Some(p.to_owned());
        let is = |h: &str, p, path: &str| (h.to_owned(), p, path.to_owned());
        assert_eq!(of("ssh://git@h.example:2222/o/r.git"), is("git@h.example", port("2222"), "/o/r.git"));
        assert_eq!(of("ssh://h.example/~me/r"), is("h.example", None, "~me/r"));
        assert_eq!(of("ssh://[::1]:22/r"), is("::1", port("22"), "/r"));
        assert_eq!(of("ssh://[::1]/r"), is("::1", None, "/r"));
        assert_eq!(of("git@h.example:o/r"), is("git@h.example", None, "o/r"));
        assert_eq!(of("git@h.example:/o/r"), is("git@h.example", None, "/o/r"));
    }

    #[test]
    fn the_path_is_one_word_for_the_other_shell() {
        let target = Target { host: "h".to_owned(), port: None, path: "/a'; rm -rf x".to_owned() };
        let command = command(Path::new("ssh"), &target, &Limits::default());
        let last = command.get_args().last().unwrap().to_str().unwrap();
        assert_eq!(last, "git-upload-pack '/a'\\''; rm -rf x'");
        assert!(command.get_args().any(|a| a == "BatchMode=yes"));
    }

    #[test]
    fn complaints_are_told_apart() {
        let fault = |text| explain("h", text).fault();
        assert_eq!(fault("git@h: Permission denied (publickey)."), Fault::Denied);
        assert_eq!(fault("ssh: Could not resolve hostname h"), Fault::Unreachable);
        assert_eq!(fault("ERROR: Repository not found."), Fault::NotThere);
        assert_eq!(fault(""), Fault::Broken);
    }
}
