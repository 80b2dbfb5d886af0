//! pins.lock: what every pin resolved to.
//!
//! Goals, in this order: an auditor can read it and its diff; two branches that move different
//! pins merge; the same manifest, old lock, answers and UTC date give the same bytes on every
//! machine; any flipped bit that says something of a pin is seen without network. So it is JSON in one canonical form, one
//! field a line, each entry sealed by a digest of itself, with no global serial.
//!
//! Kind-blind: an entry is a request, values, artifacts and evidence, whatever source it came from.
//! A new kind changes nothing here. Not here: whether an entry is right (see `check`).
//!
//! | version | what it is |
//! |---|---|
//! | 0 | open while the five kinds were built one after the other; read, no longer written |
//! | 1 | the same under another number, frozen with the last kind (yarn); what is written |
//!
//! The version is read first. Each has a file of its own, and none changes any more. An older lock
//! is judged by the form that its version had, and counts as any other; the next `refresh` writes it
//! in the newest version, even if nothing else changes. A newer one is refused.

mod canonical;
mod conflict;
mod lines;
mod read;
mod v0;
mod v1;

use std::collections::BTreeMap;

pub use canonical::recipe;
pub use conflict::{Mended, mend};
pub use read::{LockError, Opened, open};

use crate::model::{Day, PinName, Platform, RelPath, Sha256, Token};

/// The name of the file, beside pins.toml.
pub const FILE: &str = "pins.lock";

/// The format that this program writes, the newest that it reads.
pub const VERSION: u64 = v1::VERSION;

/// A whole lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// What the archives that `deb` pins draw from resolved to, by their name in the manifest.
    pub archives: BTreeMap<PinName, Entry>,
    /// What the pins resolved to.
    pub pins: BTreeMap<PinName, Entry>,
    /// The seals of altered entries, by section and name: written as they are, so that an altered
    /// entry beside one that moved is never sealed anew.
    altered: BTreeMap<v1::Broken, Sha256>,
}

/// What one pin, or one archive, resolved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The source keys that the values were resolved from, in one canonical line.
    pub request: String,
    /// What stands in Dockerfiles, by key: `commit`, `tag`, `digest`, a package's name…
    pub values: BTreeMap<Token, Value>,
    /// Files that were fetched or made, each bound to platform, URL, size and SHA-256.
    pub artifacts: Vec<Artifact>,
    /// What was proved when the values were resolved.
    pub evidence: BTreeMap<String, Evidence>,
    /// The UTC day on which these values were first locked.
    pub first_seen: Day,
    /// Newer candidates that policy holds back, with the day each was first seen.
    pub seen: BTreeMap<Token, Day>,
}

/// A value, the same on every platform of the pin or one for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// One for all.
    One(Token),
    /// One for each platform.
    Each(BTreeMap<Platform, Token>),
}

/// A proof, or several proofs of one sort by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// One text; may have several lines, as a commit object has.
    One(String),
    /// Several, by suite, platform or property.
    Each(BTreeMap<String, String>),
}

/// One file, and where its bytes came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The platforms that it is for.
    pub platforms: Vec<Platform>,
    /// Where it is vendored, below the folder of pins.toml.
    pub path: Option<RelPath>,
    /// The package that it is, for kinds that have packages.
    pub package: Option<Token>,
    /// That package's version.
    pub version: Option<Token>,
    /// The canonical URL, whichever mirror served it; none for a file that dubo-pin makes.
    pub url: Option<String>,
    /// Bytes.
    pub size: u64,
    /// Of the bytes.
    pub sha256: Sha256,
}

impl Artifact {
    /// The order in which artifacts stand in a lock.
    pub fn sort(all: &mut [Self]) {
        all.sort_by(|a, b| a.place().cmp(&b.place()));
    }

    fn place(&self) -> (&Option<RelPath>, &Option<Token>, &[Platform], &Sha256) {
        (&self.path, &self.package, &self.platforms, &self.sha256)
    }
}

impl Lock {
    /// The canonical bytes of this lock, in the newest version: what is written.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        v1::write(self).into_bytes()
    }
}

impl Entry {
    /// A value that is the same on every platform.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Token> {
        match self.values.iter().find(|(k, _)| k.as_str() == key)?.1 {
            Value::One(token) => Some(token),
            Value::Each(_) => None,
        }
    }

    /// The value for one platform, or the one for all.
    #[must_use]
    pub fn value_on(&self, key: &str, platform: Option<&Platform>) -> Option<&Token> {
        match (self.values.iter().find(|(k, _)| k.as_str() == key)?.1, platform) {
            (Value::One(token), _) => Some(token),
            (Value::Each(each), Some(platform)) => each.get(platform),
            (Value::Each(_), None) => None,
        }
    }

    /// A proof that is one text.
    #[must_use]
    pub fn proof(&self, key: &str) -> Option<&str> {
        match self.evidence.get(key)? {
            Evidence::One(text) => Some(text),
            Evidence::Each(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY_HAND: &[u8] = include_bytes!("../../tests/data/lock/homebridge/pins.lock");

    fn small() -> Lock {
        let mut lock = open(BY_HAND).unwrap().lock;
        lock.archives.clear();
        lock.pins.retain(|name, _| name.as_str() == "healthcheckers");
        lock
    }

    #[test]
    fn the_lock_that_was_written_by_hand_is_canonical_and_sealed() {
        let opened = open(BY_HAND).unwrap();
        assert_eq!(opened.findings, []);
        assert_eq!(opened.lock.pins.len(), 5);
        assert_eq!(opened.version, 0);
        assert_eq!(String::from_utf8(opened.canonical()).unwrap(), String::from_utf8_lossy(BY_HAND));
        let newest = String::from_utf8_lossy(BY_HAND).replacen("\"version\": 0", "\"version\": 1", 1);
        assert_eq!(String::from_utf8(opened.lock.to_bytes()).unwrap(), newest);
    }

    #[test]
    fn a_shuffled_lock_gives_the_same_bytes() {
        let (mut lock, bytes) = (open(BY_HAND).unwrap().lock, open(BY_HAND).unwrap().lock.to_bytes());
        for entry in lock.pins.values_mut() {
            entry.artifacts.reverse();
        }
        assert!(lock.to_bytes() == bytes);
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let bytes = small().to_bytes();
        assert!(open(&bytes).unwrap().findings.is_empty());
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            match open(&flipped) {
                Err(error) => assert!(error.trouble().place.is_some(), "bit {bit}: {error}"),
                // an older lock that says the same: the number is no part of what is sealed
                Ok(opened) if opened.is_old() && bytes[bit / 8] == b'1' && bit % 8 == 0 => {
                    assert_eq!((opened.findings.as_slice(), opened.lock), (&[][..], small()));
                }
                Ok(opened) => {
                    let finding = opened
                        .findings
                        .first()
                        .unwrap_or_else(|| panic!("bit {bit} of byte {:?} was not seen", bytes[bit / 8] as char));
                    assert!(finding.trouble.place.is_some(), "bit {bit}");
                }
            }
        }
    }

    #[test]
    fn what_differs_behind_the_last_line_is_said_in_words() {
        let text = String::from_utf8(small().to_bytes()).unwrap();
        let said = |text: &str| {
            let finding = open(text.as_bytes()).unwrap().findings.remove(0);
            (finding.trouble.expected.unwrap(), finding.trouble.found.unwrap())
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(said(&format!("{text}\n\n")), pair("nothing after the last line", "blank lines"));
        let bare = text.trim_end();
        assert_eq!(said(bare), pair("a line end after the last line", "no line end after the last line"));
    }

    #[test]
    fn a_byte_order_mark_and_a_newer_version_are_named() {
        let text = String::from_utf8(small().to_bytes()).unwrap();
        let trouble = open(format!("\u{feff}{text}").as_bytes()).unwrap_err().trouble();
        assert_eq!(trouble.message, "pins.lock is not readable: it begins with a byte order mark (BOM)");
        let trouble = open(text.replace("\"version\": 1", "\"version\": 2").as_bytes()).unwrap_err().trouble();
        assert_eq!(trouble.expected.unwrap(), "version 1 or older");
    }

    #[test]
    fn an_entry_under_another_name_is_seen() {
        let text = String::from_utf8(small().to_bytes()).unwrap().replace("\"healthcheckers\"", "\"healthcheckerz\"");
        let opened = open(text.as_bytes()).unwrap();
        assert_eq!(opened.altered[0].as_str(), "healthcheckerz");
        assert_eq!(opened.findings[0].trouble.place.as_ref().unwrap().line, 4);
    }

    #[test]
    fn writing_the_lock_does_not_seal_an_altered_entry_anew() {
        let text = String::from_utf8(BY_HAND.to_vec()).unwrap();
        let day = open(BY_HAND).unwrap().lock.pins["healthcheckers"].first_seen.to_string();
        let (head, tail) = text.split_once("\"healthcheckers\"").unwrap();
        let altered = format!("{head}\"healthcheckers\"{}", tail.replacen(&day, "2001-01-01", 1));
        let opened = open(altered.as_bytes()).unwrap();
        assert!(opened.canonical() == altered.as_bytes());
        let mut lock = opened.lock;
        lock.pins.retain(|name, _| name.as_str() == "healthcheckers");
        assert_eq!(open(&lock.to_bytes()).unwrap().altered[0].as_str(), "healthcheckers");
    }

    #[test]
    fn a_newer_version_is_refused_whatever_its_fields() {
        let error = open(b"{\n  \"version\": 7,\n  \"unheard-of\": {}\n}\n").unwrap_err();
        assert_eq!(error.to_string(), "pins.lock has version 7, which this dubo-pin does not know");
        assert_eq!(error.trouble().place.unwrap().line, 2);
    }

    #[test]
    fn a_duplicate_entry_is_not_canonical() {
        let text = String::from_utf8(small().to_bytes()).unwrap();
        let entry = text.split_once("\"pins\": {\n").unwrap().1.rsplit_once("\n  }\n}").unwrap().0;
        let twice = text.replace(entry, &format!("{entry},\n{entry}"));
        assert_eq!(open(twice.as_bytes()).unwrap().findings[0].id, crate::model::Id::LOCK006);
    }

    #[test]
    fn crlf_is_named_as_such() {
        let text = String::from_utf8(small().to_bytes()).unwrap().replace('\n', "\r\n");
        assert_eq!(open(text.as_bytes()).unwrap().findings[0].trouble.found.as_deref(), Some("CRLF line ends"));
    }

    #[test]
    fn conflict_markers_are_named_and_mended_without_guessing() {
        let base = open(BY_HAND).unwrap().lock;
        let mut theirs = base.clone();
        theirs.pins.get_mut("healthcheckers").unwrap().first_seen = "2026-11-23".parse().unwrap();
        let (a, b) = (String::from_utf8(base.to_bytes()).unwrap(), String::from_utf8(theirs.to_bytes()).unwrap());
        let mut text = String::new();
        for (x, y) in a.lines().zip(b.lines()) {
            if x == y {
                text += &format!("{x}\n")
            } else {
                text += &format!("<<<<<<< ours\n{x}\n||||||| base\n{x}\n=======\n{y}\n>>>>>>> theirs\n")
            }
        }
        let error = open(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "pins.lock holds git's conflict markers");
        let mended = mend(text.as_bytes()).unwrap();
        assert_eq!(mended.dropped.iter().map(PinName::as_str).collect::<Vec<_>>(), ["healthcheckers"]);
        assert_eq!(mended.lock.pins.len(), 4);
        assert_eq!(mended.lock.archives, base.archives);
    }

    #[test]
    fn deep_and_broken_json_is_an_error_with_a_line() {
        let deep = format!("{{\"version\": 1, \"pins\": {}", "[".repeat(100_000));
        assert!(matches!(open(deep.as_bytes()), Err(LockError::Syntax { .. })));
        let error = open(b"{\n  \"version\": 1,\n  \"pins\": {\n    \"a b\": {}\n  }\n}\n").unwrap_err();
        assert_eq!(error.trouble().place.unwrap().line, 4);
        assert!(matches!(open(b""), Err(LockError::Syntax { .. })));
        assert!(matches!(open(b"\xff\xfe"), Err(LockError::Syntax { .. })));
    }
}
