//! A commit object as bytes that prove themselves: hashed again, then read.
//!
//! For the git client, and for `verify`, which checks a locked commit object without network.
//! Pure: no socket, no file. SHA-1 is computed with collision detection.

use gix::objs::Kind;

use super::super::error::ObjectKind;
use crate::model::{CommitId, quoted};

/// A commit, proved to be the one of its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitObject {
    /// Its id.
    pub id: CommitId,
    /// Its content as git hashes it, without the `commit <size>\0` before.
    pub raw: Vec<u8>,
    /// The tree that it records.
    pub tree: CommitId,
    /// When it was committed, in seconds since 1970; the committer may have made it up.
    pub committer_time: i64,
    /// Its parents, the first the main line.
    pub parents: Vec<CommitId>,
    /// The first line of its message; bytes that are not UTF-8 are replaced.
    pub subject: String,
}

/// Why bytes are not the commit of an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// They hash to another id.
    #[error("the commit object hashes to {found}, not to {expected}")]
    Forged {
        /// The id that was asked for.
        expected: CommitId,
        /// The id of the bytes.
        found: CommitId,
    },
    /// They were made to collide under SHA-1.
    #[error("the commit object is a SHA-1 collision attack on {0}")]
    Collision(CommitId),
    /// They are no commit, although the hash is right.
    #[error("{id} is not a well-formed commit: {reason}")]
    Malformed {
        /// Its id.
        id: CommitId,
        /// What is wrong.
        reason: String,
    },
}

/// The id of an object of some kind, in the hash function of `like`.
///
/// # Errors
/// [`ObjectError::Collision`] for bytes made to collide under SHA-1.
pub fn hash(kind: ObjectKind, raw: &[u8], like: &CommitId) -> Result<CommitId, ObjectError> {
    let function = match like {
        CommitId::Sha1(_) => gix::hash::Kind::Sha1,
        CommitId::Sha256(_) => gix::hash::Kind::Sha256,
    };
    let kind = match kind {
        ObjectKind::Commit => Kind::Commit,
        ObjectKind::Tree => Kind::Tree,
        ObjectKind::Blob => Kind::Blob,
        ObjectKind::Tag => Kind::Tag,
    };
    gix::objs::compute_hash(function, kind, raw)
        .ok()
        .and_then(|id| CommitId::from_bytes(id.as_bytes()))
        .ok_or(ObjectError::Collision(*like))
}

impl CommitObject {
    /// Proves that the bytes are the commit of this id, and reads them.
    ///
    /// # Errors
    /// The bytes hash to another id, are a collision attack, or are no commit.
    pub fn parse(id: CommitId, raw: &[u8]) -> Result<Self, ObjectError> {
        let found = hash(ObjectKind::Commit, raw, &id)?;
        if found != id {
            return Err(ObjectError::Forged { expected: id, found });
        }
        let fault = |reason: &str| ObjectError::Malformed { id, reason: reason.to_owned() };
        let mut lines = raw.split(|b| *b == b'\n');
        let mut tree = None;
        let mut parents = Vec::new();
        let mut committer_time = None;
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            if let Some(hex) = line.strip_prefix(b"tree ") {
                if tree.is_some() {
                    return Err(fault("it has two trees"));
                }
                tree = Some(same_format(hex, &id).ok_or_else(|| fault("its tree is no id"))?);
            } else if let Some(hex) = line.strip_prefix(b"parent ") {
                parents.push(same_format(hex, &id).ok_or_else(|| fault("a parent is no id"))?);
            } else if let Some(person) = line.strip_prefix(b"committer ") {
                let time = time_of(person).ok_or_else(|| fault("its committer has no time"))?;
                committer_time.get_or_insert(time);
            }
        }
        let message = lines.map(String::from_utf8_lossy);
        let subject = message.map(|l| l.trim().to_owned()).find(|l| !l.is_empty());
        Ok(Self {
            id,
            raw: raw.to_vec(),
            tree: tree.ok_or_else(|| fault("it has no tree"))?,
            committer_time: committer_time.ok_or_else(|| fault("it has no committer"))?,
            parents,
            subject: subject.unwrap_or_default(),
        })
    }
}

/// An id in the object format of another.
fn same_format(hex: &[u8], like: &CommitId) -> Option<CommitId> {
    let id: CommitId = std::str::from_utf8(hex).ok()?.parse().ok()?;
    (id.as_bytes().len() == like.as_bytes().len()).then_some(id)
}

/// The seconds of `Name <mail> seconds zone`.
fn time_of(person: &[u8]) -> Option<i64> {
    let after = person.rsplit(|b| *b == b'>').next()?;
    let text = std::str::from_utf8(after).ok()?;
    text.split_ascii_whitespace().next()?.parse().ok()
}

/// What an annotated tag's bytes point at.
pub(super) fn tag_target(raw: &[u8], like: &CommitId) -> Option<CommitId> {
    let line = raw.split(|b| *b == b'\n').next()?;
    same_format(line.strip_prefix(b"object ")?, like)
}

impl ObjectError {
    /// The reason in words that follow the host's name.
    pub(super) fn detail(&self) -> String {
        match self {
            Self::Malformed { id, reason } => format!("{}: {reason}", quoted(&id.to_string())),
            other => other.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &[u8] = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\
        parent 0123456789abcdef0123456789abcdef01234567\n\
        author A <a@example> 1700000000 +0100\n\
        committer C > D <c@example> 1700000001 -0500\n\
        gpgsig -----BEGIN\n tree x\n\
        \n\n  First line  \nsecond\n";

    fn id() -> CommitId {
        hash(ObjectKind::Commit, RAW, &CommitId::Sha1([0; 20])).unwrap()
    }

    #[test]
    fn a_commit_is_read_after_it_was_proved() {
        let commit = CommitObject::parse(id(), RAW).unwrap();
        assert_eq!(commit.tree.to_string(), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
        assert_eq!(commit.parents.len(), 1);
        assert_eq!(commit.committer_time, 1_700_000_001);
        assert_eq!(commit.subject, "First line");
    }

    #[test]
    fn a_flipped_bit_is_forged() {
        for at in 0..RAW.len() {
            let mut raw = RAW.to_vec();
            raw[at] ^= 1;
            assert!(matches!(CommitObject::parse(id(), &raw), Err(ObjectError::Forged { .. })), "{at}");
        }
    }

    #[test]
    fn hashes_are_those_of_git() {
        let sha1 = hash(ObjectKind::Blob, b"", &CommitId::Sha1([0; 20])).unwrap();
        assert_eq!(sha1.to_string(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        let sha256 = hash(ObjectKind::Tree, b"", &CommitId::Sha256([0; 32])).unwrap();
        assert_eq!(sha256.to_string(), "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321");
    }

    #[test]
    fn a_right_hash_over_nonsense_is_malformed() {
        for raw in [
            &b""[..],
            b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nno committer\n",
            b"committer C <c> 1 +0\n\nno tree\n",
            b"tree 4b825dc6\ncommitter C <c> 1 +0\n\nshort\n",
            b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ncommitter C <c> x +0\n\nm\n",
        ] {
            let id = hash(ObjectKind::Commit, raw, &CommitId::Sha1([0; 20])).unwrap();
            assert!(matches!(CommitObject::parse(id, raw), Err(ObjectError::Malformed { .. })));
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
        #[test]
        fn no_bytes_make_it_panic(raw in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
            head in proptest::bool::ANY) {
            let raw = if head { [&b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ncommitter "[..], &raw].concat() } else { raw };
            let id = hash(ObjectKind::Commit, &raw, &CommitId::Sha1([0; 20])).unwrap();
            let _ = CommitObject::parse(id, &raw);
        }
    }
}
