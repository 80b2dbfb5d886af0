//! A new file, whole: written, synced, read back; and folders whose entries are made durable.
//!
//! For `apply`, which stages files so, and for the process lock's own. It renames nothing.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::fchown;

use rustix::fs::{AtFlags, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::DiskError;
use super::content::{Beat, Content};
use super::root::hash_plain;

/// Makes a folder's entries durable. File systems that cannot do so for a folder are excused.
pub(super) fn sync_folder(folder: impl AsFd, path: &str) -> Result<(), DiskError> {
    match rustix::fs::fsync(folder) {
        Ok(()) | Err(Errno::INVAL | Errno::NOTSUP | Errno::NOSYS) => Ok(()),
        Err(e) => Err(DiskError::io(path, "written", e)),
    }
}

/// Writes a file that must not be there yet; one of our own left-overs of that name goes first.
/// Synced and read back. `path` is for messages.
pub(super) fn write_new(folder: impl AsFd, name: &str, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
    create(folder, name, path, &Content::Bytes(bytes.to_vec()), None, None, &mut |_| Ok(()))
}

/// As [`write_new`], with any content, the owner and mode of `like`, or a mode of its own.
pub(super) fn create(
    folder: impl AsFd,
    name: &str,
    path: &str,
    content: &Content,
    like: Option<&Stat>,
    mode: Option<u16>,
    beat: &mut Beat<'_>,
) -> Result<(), DiskError> {
    let failed = |e: std::io::Error| DiskError::io(path, "written", e);
    beat("create")?;
    match rustix::fs::unlinkat(&folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(e) => return Err(failed(e.into())),
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(&folder, name, flags, Mode::from_raw_mode(0o600)).map_err(|e| failed(e.into()))?;
    let mut file = File::from(fd);
    content.write_to(&mut file, path, beat)?;
    beat("permissions")?;
    if let Some(stat) = like {
        // Run as another user than the owner, such as root in a container: kept if allowed.
        let _ = fchown(&file, Some(stat.st_uid), Some(stat.st_gid));
    }
    let mode = match (mode, like) {
        (Some(mode), _) => Mode::from_raw_mode(mode.into()),
        (None, Some(stat)) => Mode::from_raw_mode(stat.st_mode & 0o777),
        (None, None) => Mode::from_raw_mode(0o644),
    };
    rustix::fs::fchmod(&file, mode).map_err(|e| failed(e.into()))?;
    beat("sync")?;
    file.sync_all().map_err(failed)?;
    drop(file);
    beat("read back")?;
    if hash_plain(&folder, name, path)? == Some(content.sha256()) {
        Ok(())
    } else {
        Err(DiskError::ReadBack(path.to_owned()))
    }
}
