//! A blob on its way: read, hashed, and believed only when it is whole.
//!
//! For the client beside it, which knows the places. The reader that a caller is given may end in
//! the middle; the rest is read all the same, since only the digest of the whole says whether what
//! the caller saw was true.

use std::io::{self, Read};

use sha2::Digest as _;

use super::manifest::Descriptor;
use crate::model::Sha256;
use crate::remote::error::{Fault, RemoteError, flat};

/// The largest blob that is read, in bytes.
pub(super) const LARGEST: u64 = 64 << 30;

/// Bytes that are counted and hashed on the way.
struct Counted<'a> {
    inner: &'a mut dyn Read,
    hasher: sha2::Sha256,
    read: u64,
    size: u64,
    host: &'a str,
    /// The first error: what came before it is not the whole.
    failed: Option<RemoteError>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = &self.failed {
            return Err(error.clone().into());
        }
        let count = match self.inner.read(buffer) {
            Ok(count) => count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Err(e),
            Err(e) => {
                let error = RemoteError::of_io(&e).cloned();
                let error = error.unwrap_or_else(|| RemoteError::new(Fault::Local, self.host, flat(&e)));
                self.failed = Some(error.clone());
                return Err(error.into());
            }
        };
        self.read += count as u64;
        if self.read > self.size {
            let detail = format!("more than the {} bytes that are expected", self.size);
            let error = RemoteError::new(Fault::Forged, self.host, detail);
            self.failed = Some(error.clone());
            return Err(error.into());
        }
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Gives a caller the bytes, reads what it leaves, and gives back what it made of them if they were
/// the right ones. `sized` says whether a cut would have been an error of the source.
pub(super) fn proved<T>(
    source: &mut dyn Read,
    host: &str,
    what: &Descriptor,
    sized: bool,
    read: &mut dyn FnMut(&mut dyn Read) -> T,
) -> Result<T, RemoteError> {
    let mut counted =
        Counted { inner: source, hasher: sha2::Sha256::new(), read: 0, size: what.size, host, failed: None };
    let made = read(&mut counted);
    let rest = io::copy(&mut counted, &mut io::sink());
    if let Some(error) = counted.failed {
        return Err(error);
    }
    rest.map_err(|e| RemoteError::new(Fault::Local, host, flat(&e)))?;
    if counted.read < what.size && !sized {
        let detail = format!("the connection dropped after {} bytes of {}", counted.read, what.size);
        return Err(RemoteError::new(Fault::Unreachable, host, detail).transient().midway());
    }
    if counted.read != what.size {
        let detail = format!("{} bytes, where {} are expected", counted.read, what.size);
        let (expected, found) = (format!("{} bytes", what.size), format!("{} bytes", counted.read));
        return Err(RemoteError::new(Fault::Forged, host, detail).differs(expected, found));
    }
    let found = Sha256::from_bytes(counted.hasher.finalize().into());
    if found != what.digest {
        let detail = "the blob's SHA-256 is not the one that it was asked by";
        let error = RemoteError::new(Fault::Forged, host, detail);
        return Err(error.differs(format!("sha256:{}", what.digest), format!("sha256:{found}")));
    }
    Ok(made)
}
