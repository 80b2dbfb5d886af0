//! The stanzas of a Packages index: found by name in one pass, without holding the index.
//!
//! For the chain, which hands in bytes that it has proved (or is proving), and for the resolver.
//! It judges no digest: whose index this is was settled by the Release.

mod stanza;
mod unpack;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use memchr::{memchr, memchr2, memmem};

use crate::model::{Trouble, quoted};

use super::deb822;

pub use stanza::{Stanza, StanzaFlaw, url_path};
pub use unpack::{Compression, UnpackError, Unpacked, reader};

/// How much is read at once, in bytes.
const PIECE: usize = 256 * 1024;

/// How long a stanza may be, in bytes. The longest of Debian 12 has 76,338.
pub const LONGEST_STANZA: usize = 1024 * 1024;

/// Why an index cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// It cannot be read or unpacked; [`UnpackError`] may stand within.
    #[error("the package index cannot be read: {}", crate::model::visible(&.0.to_string()))]
    Read(#[from] std::io::Error),
    /// A stanza beyond [`LONGEST_STANZA`].
    #[error("stanza {0} of the package index is longer than 1 MiB")]
    Long(u64),
    /// A carriage return or a NUL.
    #[error("the package index holds {what} in stanza {stanza}")]
    Byte {
        /// Which byte, in words.
        what: &'static str,
        /// In which stanza, from 1.
        stanza: u64,
    },
    /// A stanza that names no package.
    #[error("stanza {0} of the package index has no field `Package`")]
    Nameless(u64),
    /// A stanza that was asked for and cannot be used.
    #[error("the package index describes {} wrongly: {flaw}", quoted(.package))]
    Stanza {
        /// The package.
        package: String,
        /// What is wrong.
        flaw: StanzaFlaw,
    },
}

impl IndexError {
    /// As it is shown.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        match self {
            Self::Read(_) => trouble,
            Self::Long(_) | Self::Byte { .. } | Self::Nameless(_) => trouble.help("this is no Packages index"),
            Self::Stanza { flaw, .. } => Trouble { expected: flaw.expected().map(str::to_owned), ..trouble },
        }
    }
}

/// Finds packages by name in a Packages index (already unpacked), in the order of the index.
///
/// All stanzas of a name are given: one index may hold several versions of a package. Only these are
/// read in full; of the others only the name is looked at. Time is linear in the bytes;
/// memory is what is found, and at most [`LONGEST_STANZA`] and a piece beside it.
///
/// # Errors
/// The reader's; a CR or NUL anywhere; a stanza without a name or beyond [`LONGEST_STANZA`]; a stanza that was asked for with
/// a field missing, doubled or wrong.
pub fn scan(index: impl Read, names: &BTreeSet<&str>) -> Result<Vec<Stanza>, IndexError> {
    let wanted: BTreeSet<&[u8]> = names.iter().map(|name| name.as_bytes()).collect();
    let mut out = Vec::new();
    each_stanza(index, |number, bytes| {
        let name = package_of(bytes).ok_or(IndexError::Nameless(number))?;
        if wanted.contains(name) {
            out.push(Stanza::read(name, bytes)?);
        }
        Ok(())
    })?;
    Ok(out)
}

/// Which packages provide a (virtual) package, for each of the names that any provides.
///
/// For the message "X is a virtual package, provided by …". Stanzas with fields that cannot be read are passed over.
///
/// # Errors
/// As [`scan`], but for what a single stanza says.
pub fn providers(index: impl Read, names: &BTreeSet<&str>) -> Result<BTreeMap<String, BTreeSet<String>>, IndexError> {
    let finder = memmem::Finder::new(b"\nProvides:");
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    each_stanza(index, |_, bytes| {
        if finder.find(bytes).is_none() {
            return Ok(());
        }
        let Ok(text) = std::str::from_utf8(bytes) else { return Ok(()) };
        let fields = deb822::fields(text, false).unwrap_or_default();
        let package = fields.iter().find(|f| f.is("Package")).and_then(deb822::Field::one_line);
        let provides = fields.iter().find(|f| f.is("Provides"));
        let (Some(package), Some(provides)) = (package, provides) else { return Ok(()) };
        for group in provides.value.split(',') {
            let name = group.trim_start().split([' ', '\t', '\n', '(', ':']).next().unwrap_or_default();
            if let Some(name) = names.get(name) {
                out.entry((*name).to_owned()).or_default().insert(package.to_owned());
            }
        }
        Ok(())
    })?;
    Ok(out)
}

/// All stanzas, each with these fields alone, joined by empty lines: for whoever must see every package.
///
/// # Errors
/// As [`scan`], and a stanza that is not UTF-8.
pub fn reduced(index: impl Read, fields: &[&str]) -> Result<String, IndexError> {
    let mut out = String::new();
    each_stanza(index, |_, bytes| {
        let package = package_of(bytes).unwrap_or_default();
        let flaw = |flaw| IndexError::Stanza { package: String::from_utf8_lossy(package).into_owned(), flaw };
        let text = std::str::from_utf8(bytes).map_err(|_| flaw(StanzaFlaw::Bytes))?;
        let mut kept = false;
        for line in text.split_inclusive('\n') {
            if !line.starts_with([' ', '\t']) {
                let name = line.split(':').next().unwrap_or_default();
                kept = fields.iter().any(|field| field.eq_ignore_ascii_case(name));
            }
            if kept {
                out.push_str(line);
            }
        }
        if !out.ends_with('\n') {
            out.push('\n');
        }
        out.push('\n');
        Ok(())
    })?;
    Ok(out)
}

/// The value of `Package` in a stanza, which usually is its first line.
fn package_of(stanza: &[u8]) -> Option<&[u8]> {
    let value = |line: &'_ [u8]| -> Option<usize> {
        let (name, rest) = line.split_at_checked(b"package:".len())?;
        name.eq_ignore_ascii_case(b"package:").then_some(line.len() - rest.len())
    };
    let mut rest = stanza;
    loop {
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..end)?;
        if let Some(start) = value(line) {
            return line.get(start..).map(<[u8]>::trim_ascii).filter(|name| !name.is_empty());
        }
        rest = rest.get(end + 1..)?;
    }
}

/// Calls `each` with every stanza and its number from 1; a stanza ends with its last line's end, if that has one.
fn each_stanza(
    mut index: impl Read,
    mut each: impl FnMut(u64, &[u8]) -> Result<(), IndexError>,
) -> Result<(), IndexError> {
    let finder = memmem::Finder::new(b"\n\n");
    let mut buffer: Vec<u8> = Vec::with_capacity(PIECE * 2);
    let mut number = 1;
    loop {
        let old = buffer.len();
        let read = (&mut index).take(PIECE as u64).read_to_end(&mut buffer)?;
        let fresh = buffer.get(old..).unwrap_or_default();
        if let Some(at) = memchr2(b'\r', 0, fresh) {
            let what = if fresh.get(at) == Some(&0) { "a NUL byte" } else { "a carriage return" };
            let before = buffer.get(..old + at).unwrap_or_default();
            let stanza = number + finder.find_iter(before).count() as u64;
            return Err(IndexError::Byte { what, stanza });
        }
        // What was there before has been searched; its last byte may begin an end.
        let mut from = old.saturating_sub(1);
        let mut start = empty_lines(&buffer);
        while let Some(at) = buffer.get(from.max(start)..).and_then(|rest| finder.find(rest)) {
            let end = from.max(start) + at + 1;
            let stanza = buffer.get(start..end).unwrap_or_default();
            if stanza.len() > LONGEST_STANZA {
                return Err(IndexError::Long(number));
            }
            each(number, stanza)?;
            number += 1;
            start = end + empty_lines(buffer.get(end..).unwrap_or_default());
            from = start;
        }
        buffer.drain(..start);
        if buffer.len() > LONGEST_STANZA {
            return Err(IndexError::Long(number));
        }
        if read == 0 {
            break;
        }
    }
    if buffer.is_empty() { Ok(()) } else { each(number, &buffer) }
}

fn empty_lines(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| **b == b'\n').count()
}
