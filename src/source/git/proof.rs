//! Proves without network that a vendored tar is the tree of a locked commit.
//!
//! For `verify`, and for `fetch` before it puts a tar in its place. Every byte counts: headers are
//! encoded again from what they say and compared, files are hashed in both of git's object formats,
//! and the ids of all folders up to the commit's tree come out of that. Pure; it holds one header
//! at a time. What [`super::archive`] writes passes; nothing else does.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};

use super::archive::field::{self, Field};
use super::archive::{BLOCK, Builder, FORMAT, Head, Ids, Kind, Left, Refused, SHA256, global, padding, trailer};
use crate::lock::{Entry, Evidence};
use crate::model::{CommitId, Trouble, quoted};
use crate::remote::ObjectKind;
use crate::remote::git::{CommitObject, ObjectHasher};

/// The most bytes of one pax header: a path and a link target, each as long as may be.
const PAX: u64 = 16 * 1024;

/// How many bytes are read and hashed at once.
const PIECE: usize = 128 * 1024;

/// What a tar must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The commit, which names the tree and the time.
    pub commit: CommitObject,
    /// The tree's id in git's SHA-256 object format.
    pub tree_sha256: CommitId,
    /// Submodules that were left out: path and commit.
    pub gitlinks: BTreeMap<String, CommitId>,
}

impl Expected {
    /// The evidence that a lock keeps of a tar, beside that of its commit.
    #[must_use]
    pub fn evidence(archive: &super::archive::Archive) -> BTreeMap<String, Evidence> {
        let mut all = BTreeMap::from([
            ("tar-format".to_owned(), Evidence::One(FORMAT.to_owned())),
            ("tree-sha256".to_owned(), Evidence::One(archive.tree_sha256.to_string())),
        ]);
        if !archive.gitlinks.is_empty() {
            let each = archive.gitlinks.iter().map(|(path, id)| (path.clone(), id.to_string()));
            all.insert("gitlinks".to_owned(), Evidence::Each(each.collect()));
        }
        all
    }

    /// What a lock's entry says of its tar.
    ///
    /// # Errors
    /// [`ProofError::Evidence`] where something is missing, or of a format that is not known.
    pub fn of(entry: &Entry) -> Result<Self, ProofError> {
        let commit = super::locked::stored_object(entry).ok_or(ProofError::Evidence("commit-object"))?;
        if entry.proof("tree") != Some(commit.tree.to_string().as_str()) {
            return Err(ProofError::Evidence("tree"));
        }
        if entry.proof("tar-format") != Some(FORMAT) {
            return Err(ProofError::Evidence("tar-format"));
        }
        let sha256 = entry.proof("tree-sha256").and_then(|text| text.parse().ok());
        let tree_sha256 = sha256.filter(|id| matches!(id, CommitId::Sha256(_)));
        let gitlinks = match entry.evidence.get("gitlinks") {
            None => Some(BTreeMap::new()),
            Some(Evidence::One(_)) => None,
            Some(Evidence::Each(each)) => each.iter().map(|(p, id)| Some((p.clone(), id.parse().ok()?))).collect(),
        };
        Ok(Self {
            commit,
            tree_sha256: tree_sha256.ok_or(ProofError::Evidence("tree-sha256"))?,
            gitlinks: gitlinks.ok_or(ProofError::Evidence("gitlinks"))?,
        })
    }
}

/// Why a tar is not the tree of a commit.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// It cannot be read.
    #[error("the tar cannot be read: {0}")]
    Read(io::Error),
    /// The lock does not say enough, or says what is not known here.
    #[error("the lock's evidence `{0}` is missing or not understood")]
    Evidence(&'static str),
    /// It ends too soon.
    #[error("the tar ends too soon, at byte {at}{}", after(.path))]
    Truncated {
        /// Where it ends.
        at: u64,
        /// The last entry that was begun; empty if none was.
        path: String,
    },
    /// Its first header is not that of the commit.
    #[error("the tar does not begin with the header of commit {0}")]
    Commit(CommitId),
    /// A header is not as `git archive` writes it.
    #[error("the header at byte {at} is not one of git{}", after(.path))]
    Header {
        /// Where it begins.
        at: u64,
        /// The entry that it is of, or the last one before it.
        path: String,
    },
    /// An entry is not taken, or stands where none may.
    #[error("the tar's entry {} is not taken: {}", quoted(&.0.path), .0.reason)]
    Entry(#[from] Refused),
    /// What follows a file up to the next block, or the last file up to the end, is not zeros.
    #[error("there is something where only zeros belong, at byte {at}{}", after(.path))]
    Zeros {
        /// Where the zeros should begin.
        at: u64,
        /// The last entry.
        path: String,
    },
    /// There is more after its end.
    #[error("the tar goes on after its end, at byte {at}")]
    Longer {
        /// Where it should have ended.
        at: u64,
    },
    /// The bytes of one entry are not those of the id that its header names.
    #[error("{} is changed", quoted(.path))]
    Changed {
        /// Its path.
        path: String,
        /// The id in its header.
        expected: CommitId,
        /// The id of its bytes.
        found: CommitId,
    },
    /// Bytes were made to collide under SHA-1.
    #[error("{} is a SHA-1 collision attack", quoted(.0))]
    Collision(String),
    /// The files are not those of the commit.
    #[error("the files in the tar are not those of the commit's tree")]
    Tree {
        /// The tree that the commit records, or its SHA-256 form.
        expected: CommitId,
        /// The tree of the files.
        found: CommitId,
    },
}

fn after(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(", in or after {}", quoted(path)) }
}

impl ProofError {
    /// The failure as a person wants to hear it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        match self {
            Self::Changed { expected, found, .. } | Self::Tree { expected, found } => {
                trouble.expected(expected.to_string()).found(found.to_string())
            }
            _ => trouble,
        }
    }
}

/// Proves a tar, from its first byte to its end.
///
/// # Errors
/// The first thing that differs, with the path where one can be told: which file's bytes differ
/// cannot, since only the ids of the whole tree are known.
pub fn prove(tar: &mut dyn Read, expected: &Expected) -> Result<(), ProofError> {
    let commit = &expected.commit;
    let mut reader = Reader {
        tar: BufReader::with_capacity(PIECE, tar),
        buffer: vec![0; PIECE],
        at: 0,
        path: String::new(),
        time: u64::try_from(commit.committer_time).unwrap_or_default(),
        builder: Builder::new(&commit.tree),
        claims: Vec::new(),
        gitlinks: &expected.gitlinks,
    };
    let first = global(&commit.id, reader.time);
    if reader.bytes(first.len())? != first {
        return Err(ProofError::Commit(commit.id));
    }
    while reader.entry()? {}
    let ids = loop {
        let root = reader.builder.is_at_root();
        let ids = reader.leave()?;
        if root {
            break ids;
        }
    };
    for (expected, found) in [(commit.tree, ids.native), (expected.tree_sha256, ids.sha256)] {
        if expected != found {
            return Err(ProofError::Tree { expected, found });
        }
    }
    Ok(())
}

struct Reader<'a> {
    tar: BufReader<&'a mut dyn Read>,
    buffer: Vec<u8>,
    at: u64,
    /// The entry that is being read.
    path: String,
    time: u64,
    builder: Builder,
    /// For each open folder, the id that its pax header names.
    claims: Vec<Option<CommitId>>,
    gitlinks: &'a BTreeMap<String, CommitId>,
}

/// What a header and the pax header before it say.
#[derive(Default)]
struct Said {
    id: Option<CommitId>,
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
}

fn text(block: &[u8], (at, size): Field) -> &[u8] {
    let all = block.get(at..at + size).unwrap_or_default();
    all.split(|b| *b == 0).next().unwrap_or_default()
}

fn octal(bytes: &[u8]) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(bytes).ok()?, 8).ok()
}

/// The records of a pax header; `None` where it is not what git writes.
fn records(mut bytes: &[u8], said: &mut Said) -> Option<()> {
    while !bytes.is_empty() {
        let blank = bytes.iter().position(|b| *b == b' ')?;
        let size: usize = std::str::from_utf8(bytes.get(..blank)?).ok()?.parse().ok()?;
        let (record, rest) = bytes.split_at_checked(size)?;
        let pair = record.get(blank + 1..)?.strip_suffix(b"\n")?;
        let equals = pair.iter().position(|b| *b == b'=')?;
        let value = pair.get(equals + 1..)?.to_vec();
        match pair.get(..equals)? {
            b"path" => said.path = Some(value),
            b"linkpath" => said.target = Some(value),
            _ => return None,
        }
        bytes = rest;
    }
    Some(())
}

impl Reader<'_> {
    fn bytes(&mut self, count: usize) -> Result<Vec<u8>, ProofError> {
        let mut bytes = vec![0; count];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), ProofError> {
        match self.tar.read_exact(bytes) {
            Ok(()) => {
                self.at += bytes.len() as u64;
                Ok(())
            }
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                Err(ProofError::Truncated { at: self.at, path: self.path.clone() })
            }
            Err(e) => Err(ProofError::Read(e)),
        }
    }

    fn zeros(&mut self, mut count: u64) -> Result<(), ProofError> {
        let at = self.at;
        let mut block = [0; BLOCK];
        while count > 0 {
            let size = usize::try_from(count.min(BLOCK as u64)).unwrap_or(BLOCK);
            let piece = block.get_mut(..size).unwrap_or_default();
            self.fill(piece)?;
            if piece.iter().any(|b| *b != 0) {
                return Err(ProofError::Zeros { at, path: self.path.clone() });
            }
            count -= size as u64;
        }
        Ok(())
    }

    /// Reads one entry. Says whether there was one; after the last, all is read to the end.
    fn entry(&mut self) -> Result<bool, ProofError> {
        let at = self.at;
        let bad = |path: &str| ProofError::Header { at, path: path.to_owned() };
        let mut seen = self.bytes(BLOCK)?;
        if seen.iter().all(|b| *b == 0) {
            self.zeros(trailer(at) - BLOCK as u64)?;
            return match self.tar.read(&mut [0]) {
                Ok(0) => Ok(false),
                Ok(_) => Err(ProofError::Longer { at: self.at }),
                Err(e) => Err(ProofError::Read(e)),
            };
        }
        let mut said = Said::default();
        let mut head = 0;
        if text(&seen, field::TYPE) == b"x" {
            let name = std::str::from_utf8(text(&seen, field::NAME)).unwrap_or_default();
            said.id = name.strip_suffix(".paxheader").and_then(|hex| hex.parse().ok());
            let size = octal(text(&seen, field::SIZE)).filter(|size| *size <= PAX);
            let size = size.and_then(|size| usize::try_from(size).ok()).ok_or_else(|| bad(&self.path))?;
            let all = self.bytes(size + padding(size as u64))?;
            records(all.get(..size).unwrap_or_default(), &mut said).ok_or_else(|| bad(&self.path))?;
            seen.extend(all);
            head = seen.len();
            seen.extend(self.bytes(BLOCK)?);
        }
        let block = seen.get(head..).unwrap_or_default();
        let mode = text(block, field::MODE);
        let kind = match text(block, field::TYPE) {
            b"0" => Kind::File { executable: mode == b"0000775" },
            b"2" => Kind::Link,
            b"5" => Kind::Folder,
            _ => return Err(bad(&self.path)),
        };
        let path = said.path.clone().unwrap_or_else(|| match (text(block, field::PREFIX), text(block, field::NAME)) {
            (b"", name) => name.to_vec(),
            (prefix, name) => [prefix, b"/", name].concat(),
        });
        let path = String::from_utf8(path).map_err(|_| bad(&self.path))?;
        let path = if kind == Kind::Folder { path.strip_suffix('/').unwrap_or(&path).to_owned() } else { path };
        let size = octal(text(block, field::SIZE)).ok_or_else(|| bad(&path))?;
        let target = said.target.unwrap_or_else(|| text(block, field::LINK).to_vec());
        // What is not said anywhere cannot matter to the bytes.
        let id = said.id.unwrap_or_else(|| self.builder.format());
        let again = Head { path: &path, kind, id: &id, size, target: &target, time: self.time };
        let mut bytes = Vec::new();
        again.encode(&mut bytes);
        if bytes != seen || (kind != Kind::Link && !target.is_empty()) {
            return Err(bad(&path));
        }
        self.path.clone_from(&path);
        self.body(&path, kind, size, &target, said.id)?;
        Ok(true)
    }

    /// Takes an entry into its folder, which may close others.
    fn body(
        &mut self,
        path: &str,
        kind: Kind,
        size: u64,
        target: &[u8],
        claimed: Option<CommitId>,
    ) -> Result<(), ProofError> {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        while self.builder.at() != parent {
            if self.builder.is_at_root() {
                return Err(Refused::new(path, "its folder does not come right before it").into());
            }
            self.leave()?;
        }
        let commit = self.gitlinks.get(path).filter(|_| kind == Kind::Folder);
        let kind = if commit.is_some() { Kind::Gitlink } else { kind };
        let entry = self.builder.admit(name.as_bytes(), kind)?;
        if let Some(commit) = commit {
            same(path, claimed, commit)?;
            self.builder.gitlink(&entry, commit);
        } else if kind == Kind::Folder {
            self.builder.enter(entry);
            self.claims.push(claimed);
        } else if kind == Kind::Link {
            self.builder.points_to(&entry, target)?;
            let mut hashers = self.hashers(target.len() as u64);
            hashers.update(target);
            let ids = hashers.finish(path)?;
            same(path, claimed, &ids.native)?;
            self.builder.add(&entry, &ids);
        } else {
            let mut hashers = self.hashers(size);
            let mut buffer = std::mem::take(&mut self.buffer);
            let mut left = size;
            while left > 0 {
                let count = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
                let piece = buffer.get_mut(..count).unwrap_or_default();
                self.fill(piece)?;
                hashers.update(piece);
                left -= count as u64;
            }
            self.buffer = buffer;
            let ids = hashers.finish(path)?;
            same(path, claimed, &ids.native)?;
            self.builder.add(&entry, &ids);
            self.zeros(padding(size) as u64)?;
        }
        Ok(())
    }

    /// Closes the folder that is open.
    fn leave(&mut self) -> Result<Ids, ProofError> {
        let closed = self.builder.leave().map_err(|left| match left {
            Left::Refused(refused) => ProofError::Entry(refused),
            Left::Collision(path) => ProofError::Collision(path),
        })?;
        if let Some(claimed) = self.claims.pop() {
            same(&closed.path, claimed, &closed.ids.native)?;
        }
        Ok(closed.ids)
    }

    fn hashers(&self, size: u64) -> Hashers {
        let native = self.builder.format();
        let other = matches!(native, CommitId::Sha1(_));
        Hashers {
            native: ObjectHasher::new(ObjectKind::Blob, size, &native),
            sha256: other.then(|| ObjectHasher::new(ObjectKind::Blob, size, &SHA256)),
        }
    }
}

/// The id in a pax header is that of the bytes.
fn same(path: &str, claimed: Option<CommitId>, found: &CommitId) -> Result<(), ProofError> {
    match claimed {
        Some(expected) if expected != *found => {
            Err(ProofError::Changed { path: path.to_owned(), expected, found: *found })
        }
        _ => Ok(()),
    }
}

/// A blob's two ids under way; one where the repository is in the SHA-256 object format itself.
struct Hashers {
    native: ObjectHasher,
    sha256: Option<ObjectHasher>,
}

impl Hashers {
    fn update(&mut self, bytes: &[u8]) {
        self.native.update(bytes);
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
    }

    fn finish(self, path: &str) -> Result<Ids, ProofError> {
        let attack = |_| ProofError::Collision(path.to_owned());
        let native = self.native.finish().map_err(attack)?;
        let sha256 = self.sha256.map(ObjectHasher::finish).transpose().map_err(attack)?;
        Ok(Ids { native, sha256: sha256.unwrap_or(native) })
    }
}
