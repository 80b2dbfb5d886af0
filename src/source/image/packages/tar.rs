//! The entries of a tar, as a stream (POSIX.1-2001 pax, and GNU's long names).
//!
//! For `layer`, which looks for a few small files in archives of any size. Only names, kinds and
//! sizes are read, by the rules of the library that container engines use; names and records have a
//! limit, so that no archive costs memory. Not for unpacking.

use std::io::{self, Read};

use super::Flaw;

/// The most that a long name, or the pax records of an entry, may take in bytes.
const LONGEST: u64 = 1 << 20;

const BLOCK: u64 = 512;

/// What kind of thing an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    /// A link, a device, a fifo, a sparse file.
    Other,
}

/// One entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The parts of its path, without `.`; `None` if it leads upwards.
    pub(super) path: Option<Vec<Vec<u8>>>,
    pub(super) kind: Kind,
    /// Its content in bytes.
    pub(super) size: u64,
}

fn broken(text: &str) -> Flaw {
    Flaw::Broken(format!("its archive is not sound: {text}"))
}

/// An error of the stream below, in words; one of ours is given back as it was.
pub(super) fn of_io(error: io::Error) -> Flaw {
    match error.get_ref().and_then(|e| e.downcast_ref::<Flaw>()) {
        Some(flaw) => flaw.clone(),
        None => Flaw::Broken(error.to_string()),
    }
}

impl From<Flaw> for io::Error {
    fn from(flaw: Flaw) -> Self {
        Self::new(io::ErrorKind::InvalidData, flaw)
    }
}

fn parts(path: &[u8]) -> Option<Vec<Vec<u8>>> {
    let parts = path.split(|b| *b == b'/').filter(|p| !p.is_empty() && *p != b".");
    parts.map(|p| (p != b"..").then(|| p.to_vec())).collect()
}

/// Reads a block; `None` at the end of the stream.
fn block(source: &mut dyn Read) -> Result<Option<[u8; 512]>, Flaw> {
    let mut block = [0; 512];
    let mut filled = 0;
    while filled < block.len() {
        match source.read(block.get_mut(filled..).unwrap_or_default()) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(broken("it ends within a header")),
            Ok(count) => filled += count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(of_io(e)),
        }
    }
    Ok(Some(block))
}

fn skip(source: &mut dyn Read, count: u64) -> Result<(), Flaw> {
    let skipped = io::copy(&mut source.take(count), &mut io::sink()).map_err(of_io)?;
    if skipped < count { Err(broken("it ends within an entry")) } else { Ok(()) }
}

fn padding(size: u64) -> u64 {
    (BLOCK - size % BLOCK) % BLOCK
}

/// A small content: a long name, or pax records.
fn small(source: &mut dyn Read, size: u64) -> Result<Vec<u8>, Flaw> {
    if size > LONGEST {
        return Err(broken("a name in it is longer than 1 MiB"));
    }
    let mut bytes = Vec::new();
    source.take(size).read_to_end(&mut bytes).map_err(of_io)?;
    if (bytes.len() as u64) < size {
        return Err(broken("it ends within a name"));
    }
    skip(source, padding(size))?;
    Ok(bytes)
}

/// What the entries before one say about it.
#[derive(Default)]
struct Ahead {
    path: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

impl Ahead {
    /// Records of the form `LENGTH KEY=VALUE\n` (POSIX.1-2001, pax extended header).
    fn records(&mut self, mut bytes: &[u8]) -> Result<(), Flaw> {
        let bad = || broken("its pax records cannot be read");
        while !bytes.is_empty() {
            let blank = bytes.iter().take(20).position(|b| *b == b' ').ok_or_else(bad)?;
            let number = bytes.get(..blank).and_then(|n| std::str::from_utf8(n).ok());
            let length: usize = number.and_then(|n| n.parse().ok()).ok_or_else(bad)?;
            let record = bytes.get(blank + 1..length).and_then(|r| r.strip_suffix(b"\n")).ok_or_else(bad)?;
            let equals = record.iter().position(|b| *b == b'=').ok_or_else(bad)?;
            let (key, value) = record.split_at_checked(equals).ok_or_else(bad)?;
            let value = value.get(1..).unwrap_or_default();
            match key {
                b"path" | b"GNU.sparse.name" => self.path = Some(value.to_vec()),
                b"size" => {
                    let size = std::str::from_utf8(value).ok().and_then(|v| v.parse().ok());
                    self.size = Some(size.ok_or_else(bad)?);
                }
                _ => {}
            }
            self.sparse |= key.starts_with(b"GNU.sparse.");
            bytes = bytes.get(length..).unwrap_or_default();
        }
        Ok(())
    }
}

/// The sum of a header's bytes, its own sum taken as blanks; old writers summed signed bytes.
fn sum_is_right(header: &tar::Header) -> bool {
    let told = header.cksum().ok();
    let bytes = || header.as_bytes().iter().enumerate().map(|(at, b)| if (148..156).contains(&at) { b' ' } else { *b });
    let unsigned: u32 = bytes().map(u32::from).sum();
    let signed: i32 = bytes().map(|b| i32::from(b.cast_signed())).sum();
    told.is_some_and(|t| t == unsigned || i32::try_from(t) == Ok(signed))
}

/// Goes through an archive. What `see` leaves of an entry's content is passed over.
///
/// # Errors
/// An archive that is not sound, or the first error of `see`.
pub(super) fn walk(
    source: &mut dyn Read,
    see: &mut dyn FnMut(&Entry, &mut dyn Read) -> Result<(), Flaw>,
) -> Result<(), Flaw> {
    let mut ahead = Ahead::default();
    while let Some(bytes) = block(source)? {
        if bytes.iter().all(|b| *b == 0) {
            return match block(source)? {
                Some(second) if second.iter().any(|b| *b != 0) => Err(broken("it goes on after its end")),
                _ => Ok(()),
            };
        }
        let mut header = tar::Header::new_old();
        header.as_mut_bytes().copy_from_slice(&bytes);
        if !sum_is_right(&header) {
            return Err(broken("the sum of a header is wrong"));
        }
        let written = header.entry_size().map_err(|_| broken("an entry has no size"))?;
        match header.entry_type().as_byte() {
            b'x' => {
                ahead.records(&small(source, written)?)?;
                continue;
            }
            b'L' => {
                let mut name = small(source, written)?;
                name.truncate(name.iter().position(|b| *b == 0).unwrap_or(name.len()));
                ahead.path = Some(name);
                continue;
            }
            // For all that follows, or the target of a link: nothing of it is needed.
            b'g' | b'K' => {
                small(source, written)?;
                continue;
            }
            kind => {
                let ahead = std::mem::take(&mut ahead);
                let path = ahead.path.unwrap_or_else(|| header.path_bytes().into_owned());
                let mut size = ahead.size.unwrap_or(written);
                // Links, devices, folders and fifos have no content, whatever they say.
                if (b'1'..=b'6').contains(&kind) {
                    size = 0;
                }
                let kind = match kind {
                    b'5' => Kind::Folder,
                    b'0' | 0 | b'7' if path.ends_with(b"/") => Kind::Folder,
                    b'0' | 0 | b'7' if !ahead.sparse => Kind::File,
                    _ => Kind::Other,
                };
                let mut more = header.entry_type().is_gnu_sparse() && header.as_gnu().is_some_and(|g| g.is_extended());
                while more {
                    let map = block(source)?.ok_or_else(|| broken("it ends within a header"))?;
                    more = map.get(504) == Some(&1);
                }
                let entry = Entry { path: parts(&path), kind, size };
                let mut content = Read::take(&mut *source, size);
                see(&entry, &mut content)?;
                let left = content.limit();
                skip(source, left)?;
                skip(source, padding(size))?;
            }
        }
    }
    Ok(())
}
