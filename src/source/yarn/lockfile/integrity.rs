//! The one edit of a yarn.lock that is made without yarn: `integrity` of yarn 1's entries.
//!
//! For `rewrite`: yarn 1 enforces and keeps an integrity on tarballs of codeload, but never writes
//! one. Every other byte stays as it is.

use std::collections::BTreeMap;

use super::lines::{Line, Lines};
use super::{Format, Lockfile, LockfileError, v1};

/// Why an integrity cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntegrityError {
    /// The file cannot be read.
    #[error(transparent)]
    Lockfile(#[from] LockfileError),
    /// berry has checksums instead.
    #[error("only locks of yarn 1 have integrity")]
    NotV1,
    /// No entry has this index.
    #[error("there is no entry {0}")]
    NoEntry(usize),
    /// Not `sha512-` and base64, several of them parted by a blank.
    #[error("this is no integrity")]
    Malformed,
}

/// Gives entries of a yarn 1 lock an `integrity`, by their index in `Lockfile::entries`, such as
/// `(3, "sha512-…==")`. A line that is there is changed, a new one stands behind `resolved`, where
/// yarn itself puts it. Of two for one entry the last counts.
///
/// # Errors
///
/// If the file cannot be read, is berry's, has no such entry, or the text is no integrity.
pub fn with_integrity(bytes: &[u8], add: &[(usize, String)]) -> Result<Vec<u8>, IntegrityError> {
    let lock = Lockfile::parse(bytes)?;
    if lock.format != Format::V1 {
        return Err(IntegrityError::NotV1);
    }
    // by the number of the line: what to put in its place, or behind it
    let (mut replaced, mut behind) = (BTreeMap::new(), BTreeMap::new());
    for (index, integrity) in add {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | ' ' | '_');
        if !integrity.starts_with("sha") || integrity.ends_with(' ') || !integrity.chars().all(plain) {
            return Err(IntegrityError::Malformed);
        }
        let entry = lock.entries.get(*index).ok_or(IntegrityError::NoEntry(*index))?;
        match entry.lines.get("integrity") {
            Some(line) => replaced.insert(*line, integrity.as_str()),
            None => {
                let above = ["resolved", "uid", "version", "name"].iter().find_map(|field| entry.lines.get(*field));
                behind.insert(*above.unwrap_or(&entry.line), integrity.as_str())
            }
        };
    }
    let lines = Lines::read(bytes)?;
    let by_number: BTreeMap<usize, Line<'_>> = lines.lines.iter().map(|line| (line.number, *line)).collect();
    let mut out = Vec::with_capacity(bytes.len() + add.len() * 128);
    let mut start = 0;
    for (at, whole) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
        let number = at + 1;
        match (replaced.get(&number), by_number.get(&number)) {
            (Some(integrity), Some(line)) => {
                let head = v1::head(&lines, *line)?;
                let span = head.value.map_or(start..start, |(_, span)| span);
                out.extend_from_slice(bytes.get(start..span.start).unwrap_or_default());
                word(&mut out, integrity);
                out.extend_from_slice(bytes.get(span.end..start + whole.len()).unwrap_or_default());
            }
            _ => out.extend_from_slice(whole),
        }
        if let Some(integrity) = behind.get(&number) {
            let end: &[u8] =
                if whole.ends_with(b"\r\n") || (lines.crlf && !whole.ends_with(b"\n")) { b"\r\n" } else { b"\n" };
            let ended = whole.ends_with(b"\n");
            if !ended {
                out.extend_from_slice(end);
            }
            out.extend_from_slice(b"  integrity ");
            word(&mut out, integrity);
            if ended {
                out.extend_from_slice(end);
            }
        }
        start += whole.len();
    }
    Ok(out)
}

/// As yarn writes it: one hash bare, several in quotes.
fn word(out: &mut Vec<u8>, integrity: &str) {
    let quote: &[u8] = if integrity.contains(' ') { b"\"" } else { b"" };
    out.extend_from_slice(quote);
    out.extend_from_slice(integrity.as_bytes());
    out.extend_from_slice(quote);
}
