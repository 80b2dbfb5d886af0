//! The bytes of an index file: entries, and the extensions that change what they mean.
//!
//! For the index. Git's format of versions 2 to 4 (gitformat-index), read without trust: gix's own
//! decoder follows nested trees as deep as they go and unpacks paths without an end. Extensions that
//! say nothing of the tree are passed over.

use std::ops::Range;

use sha1::Digest as _;

/// The largest index file that is read: bytes.
pub(super) const FILE: u64 = 1 << 30;

/// The most entries, spread out.
pub(super) const ENTRIES: usize = 10_000_000;

/// The most bytes of all paths together.
pub(super) const PATHS: usize = 1 << 30;

/// A folder as one entry.
pub(super) const FOLDER: u32 = 0o040_000;

/// One entry. What the disk's file was when it was added is left out.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// In the paths of all.
    pub(super) path: Range<usize>,
    /// 0o100644, 0o100755, 0o120000, 0o160000; 0o040000 for a folder of a sparse index.
    pub(super) mode: u32,
    /// 0, or 1 to 3 for a path that is not merged.
    pub(super) stage: u8,
    /// Only announced: `git add -N`. A commit does not take it.
    pub(super) announced: bool,
    pub(super) id: gix::ObjectId,
}

/// An index that is the difference to a shared one: bits by the shared one's entries.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) shared: gix::ObjectId,
    /// Entries that go, and entries that the first of the own ones replace; `None` where no bitmap is.
    pub(super) bits: Option<(Vec<u64>, Vec<u64>)>,
}

/// What an index file says.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) paths: Vec<u8>,
    pub(super) entries: Vec<Entry>,
    pub(super) link: Option<Link>,
    /// The extension of noted trees, as it stands.
    pub(super) cached: Vec<u8>,
    /// The checksum at its end; `None` where git was told to write none.
    pub(super) checksum: Option<gix::ObjectId>,
}

/// Bytes that are taken from the front.
pub(super) struct Front<'a>(pub(super) &'a [u8]);

/// Why there is nothing more.
const SHORT: &str = "it ends too early";

impl<'a> Front<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Up to a byte, which is passed over.
    pub(super) fn until(&mut self, end: u8) -> Result<&'a [u8], &'static str> {
        let at = memchr::memchr(end, self.0).ok_or(SHORT)?;
        let taken = self.take(at)?;
        self.take(1)?;
        Ok(taken)
    }

    pub(super) fn u16(&mut self) -> Result<u16, &'static str> {
        Ok(self.take(2)?.iter().fold(0, |all, byte| all << 8 | u16::from(*byte)))
    }

    pub(super) fn u32(&mut self) -> Result<u32, &'static str> {
        Ok(self.take(4)?.iter().fold(0, |all, byte| all << 8 | u32::from(*byte)))
    }

    fn u64(&mut self) -> Result<u64, &'static str> {
        Ok(self.take(8)?.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)))
    }

    pub(super) fn id(&mut self, kind: gix::hash::Kind) -> Result<gix::ObjectId, &'static str> {
        gix::ObjectId::try_from(self.take(kind.len_in_bytes())?).map_err(|_| SHORT)
    }

    /// Git's number of any length, in which no value has two spellings.
    fn number(&mut self) -> Result<usize, &'static str> {
        let mut value = 0_usize;
        for _ in 0..5 {
            let byte = self.take(1)?.first().copied().unwrap_or_default();
            value = value << 7 | usize::from(byte & 127);
            if byte & 128 == 0 {
                return Ok(value);
            }
            value += 1;
        }
        Err("a length in it is too large")
    }
}

/// Whether the checksum at the end is the one of the bytes before it, or zeros.
fn is_sound(body: &[u8], checksum: &gix::oid) -> bool {
    // Against accidents, as git has it: nothing is proved by it.
    checksum.is_null()
        || match checksum.kind() {
            gix::hash::Kind::Sha1 => sha1::Sha1::digest(body)[..] == *checksum.as_bytes(),
            _ => sha2::Sha256::digest(body)[..] == *checksum.as_bytes(),
        }
}

/// Reads an index file.
pub(super) fn parse(bytes: &[u8], kind: gix::hash::Kind) -> Result<Parsed, &'static str> {
    let body = bytes.len().checked_sub(kind.len_in_bytes()).and_then(|end| bytes.split_at_checked(end));
    let (body, end) = body.ok_or(SHORT)?;
    let mut front = Front(body);
    if front.take(4)? != b"DIRC" {
        return Err("it is no index");
    }
    let version = front.u32()?;
    if !(2..=4).contains(&version) {
        return Err("it is of a version that dubo-pin does not know");
    }
    let count = usize::try_from(front.u32()?).unwrap_or(usize::MAX);
    let checksum = Front(end).id(kind)?;
    if !is_sound(body, &checksum) {
        return Err("its checksum does not hold");
    }
    let least = 40 + kind.len_in_bytes() + 2 + 2;
    if count > front.0.len() / least || count > ENTRIES {
        return Err("it says that it has more entries than there can be");
    }
    let mut parsed = Parsed { entries: Vec::with_capacity(count), ..Parsed::default() };
    let mut last = 0..0;
    for _ in 0..count {
        let entry = entry(&mut front, kind, version, &mut parsed.paths, last)?;
        last = entry.path.clone();
        parsed.entries.push(entry);
    }
    parsed.checksum = (!checksum.is_null()).then_some(checksum);
    while !front.0.is_empty() {
        let name = front.take(4)?;
        let size = usize::try_from(front.u32()?).unwrap_or(usize::MAX);
        let content = front.take(size)?;
        match name {
            b"TREE" => parsed.cached = content.to_vec(),
            b"link" => parsed.link = link(content, kind)?,
            // Only a sign that there may be folders among the entries.
            b"sdir" => {}
            // One that may be passed over begins with a capital.
            [b'A'..=b'Z', ..] => {}
            _ => return Err("it has an extension that dubo-pin does not know"),
        }
    }
    Ok(parsed)
}

fn entry(
    front: &mut Front<'_>,
    kind: gix::hash::Kind,
    version: u32,
    paths: &mut Vec<u8>,
    last: Range<usize>,
) -> Result<Entry, &'static str> {
    let before = front.0.len();
    front.take(24)?;
    let mode = front.u32()?;
    front.take(12)?;
    let id = front.id(kind)?;
    let flags = front.u16()?;
    let mut announced = false;
    if flags & 0x4000 != 0 {
        let more = front.u16()?;
        if version < 3 || more & !0x6000 != 0 {
            return Err("an entry of it has flags that dubo-pin does not know");
        }
        announced = more & 0x2000 != 0;
    }
    let start = paths.len();
    if version == 4 {
        let kept = last.len().checked_sub(front.number()?).ok_or("a path of it is cut from nothing")?;
        let rest = front.until(0)?;
        if start + kept + rest.len() > PATHS {
            return Err("its paths are too long");
        }
        paths.extend_from_within(last.start..last.start + kept);
        paths.extend_from_slice(rest);
    } else {
        let said = usize::from(flags & 0xfff);
        let path = front.until(0)?;
        if path.len() != said && (said != 0xfff || path.len() < 0xfff) {
            return Err("a path of it has another length than it says");
        }
        paths.extend_from_slice(path);
        // Up to a multiple of eight, of which the end of the path is one byte.
        let so_far = before - front.0.len();
        front.take(so_far.next_multiple_of(8) - so_far)?;
    }
    let stage = u8::try_from(flags >> 12 & 3).unwrap_or_default();
    let entry = Entry { path: start..paths.len(), mode, stage, announced, id };
    match mode {
        0o100_644 | 0o100_755 | 0o120_000 | 0o160_000 | FOLDER => Ok(entry),
        _ => Err("an entry of it is neither a file, a symlink nor a submodule"),
    }
}

fn link(content: &[u8], kind: gix::hash::Kind) -> Result<Option<Link>, &'static str> {
    let mut front = Front(content);
    let shared = front.id(kind)?;
    // Written by git for an index that does not share yet.
    if shared.is_null() {
        return Ok(None);
    }
    if front.0.is_empty() {
        return Ok(Some(Link { shared, bits: None }));
    }
    let bits = (bitmap(&mut front)?, bitmap(&mut front)?);
    Ok(Some(Link { shared, bits: Some(bits) }))
}

/// A bitmap in words of 64 bits, unpacked (gitformat-index, EWAH): its size in bits, the words as
/// runs of equal ones and literal ones, the place of the last run.
fn bitmap(front: &mut Front<'_>) -> Result<Vec<u64>, &'static str> {
    let malformed = "a bitmap of it is malformed";
    let bits = usize::try_from(front.u32()?).unwrap_or(usize::MAX);
    let mut left = usize::try_from(front.u32()?).unwrap_or(usize::MAX);
    let most = bits.div_ceil(64);
    if bits > ENTRIES {
        return Err(malformed);
    }
    let mut words: Vec<u64> = Vec::new();
    while let Some(rest) = left.checked_sub(1) {
        let head = front.u64()?;
        let run = usize::try_from(head >> 1 & 0xffff_ffff).unwrap_or(usize::MAX);
        let literal = usize::try_from(head >> 33).unwrap_or(usize::MAX);
        if run > most || literal > rest || words.len() + run + literal > most {
            return Err(malformed);
        }
        let word = if head & 1 == 1 { u64::MAX } else { 0 };
        words.resize(words.len() + run, word);
        for _ in 0..literal {
            words.push(front.u64()?);
        }
        left = rest - literal;
    }
    front.u32()?;
    Ok(words)
}

/// The places of the bits that are set.
pub(super) fn places(words: &[u64]) -> impl Iterator<Item = usize> + '_ {
    let set = |(at, word): (usize, &u64)| {
        let word = *word;
        (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
    };
    words.iter().enumerate().flat_map(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bitmap_is_unpacked_from_runs_and_literal_words() {
        // Two words of ones, one literal, one of zeros; 256 bits; by gitformat-index, "EWAH".
        let mut bytes = Vec::new();
        bytes.extend(256_u32.to_be_bytes());
        bytes.extend(3_u32.to_be_bytes());
        bytes.extend((1_u64 | 2 << 1 | 1 << 33).to_be_bytes());
        bytes.extend(5_u64.to_be_bytes());
        bytes.extend((1_u64 << 1).to_be_bytes());
        bytes.extend(0_u32.to_be_bytes());
        let words = bitmap(&mut Front(&bytes)).unwrap();
        assert_eq!(words, [u64::MAX, u64::MAX, 5, 0]);
        let all: Vec<usize> = places(&words).skip(126).collect();
        assert_eq!(all, [126, 127, 128, 130]);
    }

    #[test]
    fn a_bitmap_that_claims_a_run_without_end_is_refused() {
        let mut bytes = Vec::new();
        bytes.extend(64_u32.to_be_bytes());
        bytes.extend(1_u32.to_be_bytes());
        bytes.extend((1_u64 | 0xffff_ffff << 1).to_be_bytes());
        bytes.extend(0_u32.to_be_bytes());
        assert_eq!(bitmap(&mut Front(&bytes)), Err("a bitmap of it is malformed"));
    }

    #[test]
    fn numbers_are_gits() {
        // 0x80 0x00 is 128, 0x81 0x00 is 256: gitformat-pack, "offset encoding".
        for (bytes, value) in [(&[5_u8][..], 5), (&[0x80, 0], 128), (&[0x81, 0], 256), (&[0x80, 0x7f], 255)] {
            assert_eq!(Front(bytes).number(), Ok(value));
        }
        assert!(Front(&[0xff; 9]).number().is_err());
    }
}
