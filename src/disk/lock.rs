//! One dubo-pin at a time in a folder, and the folder `.dubo-pin/` where its notes lie.
//!
//! For every verb that writes. `verify` takes no lock: it only reads.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::DiskError;
use super::fresh::{sync_folder, write_new};
use super::root::{Root, enter, kind, look};

/// The folder of dubo-pin's own notes, below the root.
pub(super) const STATE: &str = ".dubo-pin";
/// Keeps that folder out of git.
const IGNORE: &str = ".gitignore";

/// The right to write below a root, held until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct ProcessLock {
    state: OwnedFd,
    _held: File,
    /// Whether the folder was not there before.
    made: bool,
}

impl ProcessLock {
    /// Takes the lock, at once or not at all. Makes `.dubo-pin/` with its own `.gitignore`.
    ///
    /// # Errors
    /// [`DiskError::Busy`] if another process has it; what the system says of the folder.
    pub fn take(root: &Root) -> Result<Self, DiskError> {
        let made = match rustix::fs::mkdirat(root.fd()?, STATE, Mode::from_raw_mode(0o755)) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(e) => return Err(DiskError::io(STATE, "written", e)),
        };
        let Some(state) = enter(root.fd()?, STATE, STATE)? else {
            return Err(DiskError::io(STATE, "read", Errno::NOENT));
        };
        let path = format!("{STATE}/lock");
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = match rustix::fs::openat(&state, "lock", flags, Mode::from_raw_mode(0o644)) {
            Ok(fd) => fd,
            Err(Errno::LOOP) => return Err(DiskError::Symlink(path)),
            Err(e) => return Err(DiskError::io(&path, "written", e)),
        };
        let stat = rustix::fs::fstat(&fd).map_err(|e| DiskError::io(&path, "read", e))?;
        if !kind(&stat).is_file() {
            return Err(DiskError::NotAFile { path, what: "something else" });
        }
        let mut held = File::from(fd);
        match rustix::fs::flock(&held, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let mut text = String::new();
                let _ = held.take(20).read_to_string(&mut text);
                let pid = text.trim_end();
                let plain = !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit());
                return Err(DiskError::Busy { pid: plain.then(|| pid.to_owned()) });
            }
            Err(e) => return Err(DiskError::io(&path, "locked", e)),
        }
        // Who held it may have taken it away meanwhile: then it is a lock on nothing.
        let stands = rustix::fs::statat(root.fd()?, &path, AtFlags::SYMLINK_NOFOLLOW);
        if !stands.is_ok_and(|now| (now.st_dev, now.st_ino) == (stat.st_dev, stat.st_ino)) {
            return Err(DiskError::Busy { pid: None });
        }
        // Only for the message of who comes second: not worth a failure.
        let _ = held.set_len(0).and_then(|()| writeln!(held, "{}", std::process::id()));
        let taken = Self { state, _held: held, made };
        if look(&taken.state, IGNORE, &format!("{STATE}/{IGNORE}"))?.is_none() {
            // As a note, since half a file would stay for ever: it is never written again.
            taken.note(IGNORE, b"*\n")?;
        }
        Ok(taken)
    }

    /// Gives the lock back and leaves no trace, if this process made the folder and nothing else came
    /// to lie in it: for a folder that dubo-pin does not keep.
    pub fn leave(self, root: &Root) {
        if !self.made {
            return;
        }
        for name in [IGNORE, "lock"] {
            let _ = rustix::fs::unlinkat(&self.state, name, AtFlags::empty());
        }
        if let Ok(folder) = root.fd() {
            let _ = rustix::fs::unlinkat(folder, STATE, AtFlags::REMOVEDIR);
        }
    }

    /// `.dubo-pin/`, open.
    pub(super) fn state(&self) -> &OwnedFd {
        &self.state
    }

    /// Writes a note: whole or not at all, and durable when this returns.
    pub(super) fn note(&self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        let (fresh, path) = (format!("{name}.new"), format!("{STATE}/{name}"));
        write_new(&self.state, &fresh, &path, bytes)?;
        rustix::fs::renameat(&self.state, fresh.as_str(), &self.state, name)
            .map_err(|e| DiskError::io(&path, "written", e))?;
        sync_folder(&self.state, STATE)
    }

    /// Takes a note away; that it is not there is as good.
    pub(super) fn forget(&self, name: &str) -> Result<(), DiskError> {
        match rustix::fs::unlinkat(&self.state, name, AtFlags::empty()) {
            Ok(()) => sync_folder(&self.state, STATE),
            Err(Errno::NOENT) => Ok(()),
            Err(e) => Err(DiskError::io(&format!("{STATE}/{name}"), "removed", e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_one_works_and_one_says_busy() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::open(dir.path()).unwrap();
        let first = ProcessLock::take(&root).unwrap();
        let error = ProcessLock::take(&root).unwrap_err();
        let pid = std::process::id();
        assert_eq!(error.to_string(), format!("another dubo-pin (process {pid}) is at work in this folder"));
        assert_eq!(error.class().code(), 4);
        drop(first);
        assert!(ProcessLock::take(&root).is_ok());
        let ignore = std::fs::read(dir.path().join(".dubo-pin/.gitignore")).unwrap();
        assert_eq!(ignore, b"*\n");
    }

    #[test]
    fn who_leaves_takes_away_what_it_made_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::open(dir.path()).unwrap();
        let first = ProcessLock::take(&root).unwrap();
        assert!(matches!(ProcessLock::take(&root), Err(DiskError::Busy { .. })));
        first.leave(&root);
        assert!(!dir.path().join(".dubo-pin").exists());
        drop(ProcessLock::take(&root).unwrap());
        ProcessLock::take(&root).unwrap().leave(&root);
        assert!(dir.path().join(".dubo-pin/lock").exists());
        let other = tempfile::tempdir().unwrap();
        let root = Root::open(other.path()).unwrap();
        let held = ProcessLock::take(&root).unwrap();
        std::fs::write(other.path().join(".dubo-pin/journal"), "x").unwrap();
        held.leave(&root);
        assert!(other.path().join(".dubo-pin/journal").exists());
    }

    #[test]
    fn a_state_folder_or_lock_that_is_a_symlink_is_refused() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = Root::open(dir.path()).unwrap();
        std::os::unix::fs::symlink(other.path(), dir.path().join(".dubo-pin")).unwrap();
        let error = ProcessLock::take(&root).unwrap_err();
        assert!(matches!(error, DiskError::Symlink(p) if p == ".dubo-pin"));
        std::fs::remove_file(dir.path().join(".dubo-pin")).unwrap();
        std::fs::create_dir(dir.path().join(".dubo-pin")).unwrap();
        let target = other.path().join("precious");
        std::fs::write(&target, "x").unwrap();
        std::os::unix::fs::symlink(&target, dir.path().join(".dubo-pin/lock")).unwrap();
        let error = ProcessLock::take(&root).unwrap_err();
        assert!(matches!(error, DiskError::Symlink(p) if p == ".dubo-pin/lock"));
        assert_eq!(std::fs::read(&target).unwrap(), b"x");
    }
}
