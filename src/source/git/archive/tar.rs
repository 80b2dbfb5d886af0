//! The bytes of a tar, as git writes them: headers, pax records, ends.
//!
//! For `write` and for the proof, which encodes again what it read and compares. Pure.

use super::build::Kind;
use crate::model::CommitId;

/// A tar's unit, in bytes.
pub(in crate::source::git) const BLOCK: usize = 512;

/// What a tar's size is a multiple of, in bytes: twenty blocks.
const RECORD: u64 = 10_240;

/// The largest number that eleven octal digits hold: the limit of a size and of a time.
pub(in crate::source::git) const LARGEST: u64 = 0o777_7777_7777;

/// Fields of a ustar header (POSIX.1-2001, ustar interchange format): offset and size.
pub(in crate::source::git) mod field {
    pub(in crate::source::git) type Field = (usize, usize);
    pub(in crate::source::git) const NAME: Field = (0, 100);
    pub(in crate::source::git) const MODE: Field = (100, 8);
    pub(super) const UID: Field = (108, 8);
    pub(super) const GID: Field = (116, 8);
    pub(in crate::source::git) const SIZE: Field = (124, 12);
    pub(super) const TIME: Field = (136, 12);
    pub(super) const SUM: Field = (148, 8);
    pub(in crate::source::git) const TYPE: Field = (156, 1);
    pub(in crate::source::git) const LINK: Field = (157, 100);
    pub(super) const MAGIC: Field = (257, 8);
    pub(super) const OWNER: Field = (265, 32);
    pub(super) const GROUP: Field = (297, 32);
    pub(super) const MAJOR: Field = (329, 8);
    pub(super) const MINOR: Field = (337, 8);
    pub(in crate::source::git) const PREFIX: Field = (345, 155);
}
use field::Field;

/// One header block under way.
struct Header([u8; BLOCK]);

impl Header {
    fn put(&mut self, (at, size): Field, bytes: &[u8]) {
        for (to, from) in self.0.iter_mut().skip(at).take(size).zip(bytes) {
            *to = *from;
        }
    }

    fn new(kind: u8, mode: u32, size: u64, time: u64) -> Self {
        let mut header = Self([0; BLOCK]);
        header.put(field::TYPE, &[kind]);
        header.put(field::MODE, format!("{mode:07o}").as_bytes());
        header.put(field::SIZE, format!("{size:011o}").as_bytes());
        header.put(field::TIME, format!("{:011o}", time.min(LARGEST)).as_bytes());
        for zero in [field::UID, field::GID, field::MAJOR, field::MINOR] {
            header.put(zero, b"0000000");
        }
        header.put(field::MAGIC, b"ustar\x0000");
        header.put(field::OWNER, b"root");
        header.put(field::GROUP, b"root");
        header
    }

    /// The block, with its checksum: the sum of all bytes, the checksum's own taken as blanks.
    fn finish(mut self) -> [u8; BLOCK] {
        self.put(field::SUM, b"        ");
        let sum: u32 = self.0.iter().map(|b| u32::from(*b)).sum();
        self.put(field::SUM, format!("{sum:07o}\0").as_bytes());
        self.0
    }
}

/// A pax record: its own length in bytes, a key, a value.
fn record(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut size = rest + 1;
    while rest + size.to_string().len() > size {
        size += 1;
    }
    out.extend_from_slice(format!("{size} {key}=").as_bytes());
    out.extend_from_slice(value);
    out.push(b'\n');
}

/// How many zeros follow `size` bytes up to a whole block.
pub(in crate::source::git) fn padding(size: u64) -> usize {
    let over = usize::try_from(size % BLOCK as u64).unwrap_or_default();
    (BLOCK - over) % BLOCK
}

fn extended(out: &mut Vec<u8>, kind: u8, name: &str, records: &[u8], time: u64) {
    let mut header = Header::new(kind, 0o666, records.len() as u64, time);
    header.put(field::NAME, name.as_bytes());
    out.extend_from_slice(&header.finish());
    out.extend_from_slice(records);
    out.resize(out.len() + padding(records.len() as u64), 0);
}

/// The pax global header, with which a tar begins: it names the commit.
pub(in crate::source::git) fn global(commit: &CommitId, time: u64) -> Vec<u8> {
    let mut records = Vec::new();
    record(&mut records, "comment", commit.to_string().as_bytes());
    if time > LARGEST {
        record(&mut records, "mtime", time.to_string().as_bytes());
    }
    let mut out = Vec::new();
    extended(&mut out, b'g', "pax_global_header", &records, time);
    out
}

/// What a tar says of one entry before its bytes.
pub(in crate::source::git) struct Head<'a> {
    /// From the root, with `/` between names; a folder's without one at its end.
    pub(in crate::source::git) path: &'a str,
    /// What it is.
    pub(in crate::source::git) kind: Kind,
    /// Its object's id, which stands in a tar only where ustar cannot hold the path or the target.
    pub(in crate::source::git) id: &'a CommitId,
    /// A file's bytes, at most [`LARGEST`].
    pub(in crate::source::git) size: u64,
    /// A symlink's target.
    pub(in crate::source::git) target: &'a [u8],
    /// Seconds since 1970.
    pub(in crate::source::git) time: u64,
}

impl Head<'_> {
    /// Appends its header, after a pax header where one is needed.
    pub(in crate::source::git) fn encode(&self, out: &mut Vec<u8>) {
        let (code, mode) = match self.kind {
            Kind::File { executable: false } => (b'0', 0o664),
            Kind::File { executable: true } => (b'0', 0o775),
            Kind::Link => (b'2', 0o777),
            Kind::Folder | Kind::Gitlink => (b'5', 0o775),
        };
        let size = if code == b'0' { self.size } else { 0 };
        let mut path = self.path.as_bytes().to_vec();
        if code == b'5' {
            path.push(b'/');
        }
        let mut header = Header::new(code, mode, size, self.time);
        let mut records = Vec::new();
        match split(&path) {
            Some((prefix, name)) => {
                header.put(field::PREFIX, prefix);
                header.put(field::NAME, name);
            }
            None => {
                header.put(field::NAME, format!("{}.data", self.id).as_bytes());
                record(&mut records, "path", &path);
            }
        }
        if self.target.len() > field::LINK.1 {
            header.put(field::LINK, format!("see {}.paxheader", self.id).as_bytes());
            record(&mut records, "linkpath", self.target);
        } else {
            header.put(field::LINK, self.target);
        }
        if !records.is_empty() {
            extended(out, b'x', &format!("{}.paxheader", self.id), &records, self.time);
        }
        out.extend_from_slice(&header.finish());
    }
}

/// A path as prefix and name, if ustar can hold it so. As git does, it is cut only at the last slash
/// within the first 155 bytes.
fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    if path.len() <= field::NAME.1 {
        return Some((&[], path));
    }
    // A folder's own slash is no cut, and no byte before the first one is a prefix.
    let until = path.strip_suffix(b"/").unwrap_or(path).len().min(field::PREFIX.1);
    let cut = path.iter().take(until).rposition(|b| *b == b'/').filter(|at| *at > 0)?;
    let (prefix, rest) = path.split_at_checked(cut)?;
    let name = rest.strip_prefix(b"/")?;
    (name.len() <= field::NAME.1).then_some((prefix, name))
}

/// How many zeros end a tar of `size` bytes: at least two blocks, up to a whole record.
pub(in crate::source::git) fn trailer(size: u64) -> u64 {
    (size + 2 * BLOCK as u64).next_multiple_of(RECORD) - size
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(key: &str, value: &str) -> String {
        let mut out = Vec::new();
        record(&mut out, key, value.as_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_record_counts_its_own_length() {
        assert_eq!(text("path", "a"), "9 path=a\n");
        assert_eq!(text("a", "bb"), "7 a=bb\n");
        assert_eq!(text("path", ""), "8 path=\n");
        // 99 bytes with two digits; one more makes three digits.
        assert_eq!(text("path", &"x".repeat(90)).len(), 99);
        assert_eq!(text("path", &"x".repeat(91)).len(), 101);
        for size in 0..1100 {
            let text = text("path", &"x".repeat(size));
            assert!(text.starts_with(&format!("{} path=", text.len())), "{size}");
        }
    }

    #[test]
    fn ends_are_whole_records_of_at_least_two_blocks() {
        assert_eq!(trailer(1024), 10_240 - 1024);
        assert_eq!(trailer(10_240), 10_240);
        assert_eq!(trailer(10_240 - 512), 512 + 10_240);
        assert_eq!(trailer(10_240 - 1024), 1024);
        assert_eq!((padding(0), padding(1), padding(512)), (0, 511, 0));
    }

    #[test]
    fn long_paths_are_cut_where_git_cuts_them() {
        let long = |n: usize| "x".repeat(n);
        assert_eq!(split(b"a"), Some((&b""[..], &b"a"[..])));
        let path = format!("{}/{}", long(155), long(100));
        assert_eq!(split(path.as_bytes()).map(|(p, n)| (p.len(), n.len())), None);
        let path = format!("{}/{}", long(154), long(100));
        assert_eq!(split(path.as_bytes()).map(|(p, n)| (p.len(), n.len())), Some((154, 100)));
        assert_eq!(split(long(101).as_bytes()), None);
        let path = format!("/{}", long(100));
        assert_eq!(split(path.as_bytes()), None);
        let path = format!("{}/", long(100));
        assert_eq!(split(path.as_bytes()), None);
    }
}
