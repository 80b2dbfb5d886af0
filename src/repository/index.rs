//! The index: the entries that a commit would take, sorted, to be looked up by path.
//!
//! For `ops`. Read once, as it stood then; a commit that is begun meanwhile does not change it.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cached::Cached;
use super::error::RepositoryError;
use super::find::Repository;
use super::objects::Stores;
use super::parse::{self, Entry, Parsed};
use super::tree::Tree;
use super::{sparse, split};
use crate::disk::Root;
use crate::model::{PathError, RelPath};

/// What stands in the index.
#[derive(Clone, Debug)]
pub struct Index {
    pub(super) held: Arc<Inner>,
}

/// Shared by all roots over it.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) top: PathBuf,
    pub(super) stores: Stores,
    /// The commit that HEAD names.
    pub(super) head: Option<gix::ObjectId>,
    pub(super) cached: Cached,
    paths: Vec<u8>,
    /// Those that a commit takes, sorted by the bytes of their paths.
    entries: Vec<Entry>,
    unmerged: Vec<String>,
}

/// Reads a file whole; `None` where none is.
fn file(path: &Path) -> Result<Option<Vec<u8>>, RepositoryError> {
    let failed = |e: std::io::Error| RepositoryError::Index {
        path: path.to_string_lossy().into_owned(),
        why: e.to_string().split(" (os error").next().unwrap_or_default().to_lowercase(),
    };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed(e)),
    };
    let size = file.metadata().map_err(failed)?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(parse::FILE)).unwrap_or_default());
    file.take(parse::FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > parse::FILE {
        let what = "git's index".to_owned();
        return Err(RepositoryError::TooLarge { what, cap: parse::FILE, unit: "bytes" });
    }
    Ok(Some(bytes))
}

/// Whether a path is one that can be looked up: no empty component, no `.`, no `..`.
fn is_plain(path: &[u8], is_folder: bool) -> bool {
    let path = if is_folder { path.strip_suffix(b"/") } else { Some(path) };
    path.is_some_and(|path| path.split(|b| *b == b'/').all(|c| !matches!(c, b"" | b"." | b"..")))
}

impl Index {
    pub(super) fn read(
        repository: &Repository,
        stores: Stores,
        head: Option<gix::ObjectId>,
    ) -> Result<Self, RepositoryError> {
        let path = repository.index_file();
        let at = |path: &Path| {
            let path = path.to_string_lossy().into_owned();
            move |why: &'static str| RepositoryError::Index { path: path.clone(), why: why.to_owned() }
        };
        let mut parsed = match file(&path)? {
            // Nothing was added yet.
            None => Parsed::default(),
            Some(bytes) => parse::parse(&bytes, stores.kind()).map_err(at(&path))?,
        };
        if let Some(link) = &parsed.link {
            let shared = repository.git_dir.join(format!("sharedindex.{}", link.shared));
            let bytes = file(&shared)?.ok_or_else(|| at(&shared)("the index shares it, but it is not there"))?;
            let base = parse::parse(&bytes, stores.kind()).map_err(at(&shared))?;
            if base.link.is_some() || base.checksum.is_some_and(|sum| sum != link.shared) {
                return Err(at(&shared)("it is not the one that the index shares"));
            }
            parsed = split::merged(parsed, base).map_err(at(&path))?;
        }
        let path_of = |entry: &Entry, paths: &[u8]| {
            is_plain(paths.get(entry.path.clone()).unwrap_or_default(), entry.mode == parse::FOLDER)
        };
        if !parsed.entries.iter().all(|entry| path_of(entry, &parsed.paths)) {
            return Err(at(&path)("a path of it is none that a file can have"));
        }
        sparse::spread(&mut parsed, &stores)?;
        let cached = Cached::parse(&parsed.cached, stores.kind());
        let Parsed { paths, entries, .. } = parsed;
        let of = |entry: &Entry| paths.get(entry.path.clone()).unwrap_or_default();
        if !entries.is_sorted_by(|a, b| (of(a), a.stage) < (of(b), b.stage)) {
            return Err(at(&path)("its entries are not in order"));
        }
        let mut unmerged: Vec<String> =
            entries.iter().filter(|e| e.stage > 0).map(|e| String::from_utf8_lossy(of(e)).into_owned()).collect();
        unmerged.dedup();
        let mut entries = entries;
        entries.retain(|entry| entry.stage == 0 && !entry.announced);
        let top = repository.top.clone();
        Ok(Self { held: Arc::new(Inner { top, stores, head, cached, paths, entries, unmerged }) })
    }

    /// A folder of the index as a root that is only read; `None` for the top. A folder that is not
    /// there is as an empty one.
    #[must_use]
    pub fn root(&self, folder: Option<&RelPath>) -> Root {
        Root::held(Arc::new(Tree::new(Arc::clone(&self.held), folder)))
    }

    /// The paths of which a merge left more than one version, below the top; sorted. They are in no
    /// root.
    #[must_use]
    pub fn unmerged(&self) -> &[String] {
        &self.held.unmerged
    }

    /// How many files, symlinks and submodules a commit would hold.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.entries.len()
    }

    /// Whether a commit would hold nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.entries.is_empty()
    }

    /// The folders that directly hold something of this name, sorted; `None` for the top. A folder
    /// whose path is none that is safe everywhere is told as such.
    #[must_use]
    pub fn folders_with(&self, name: &str) -> Vec<Result<Option<RelPath>, PathError>> {
        let name = name.as_bytes();
        let mut folders = Vec::new();
        for entry in &self.held.entries {
            let path = self.held.path(entry);
            let Some(above) = path.strip_suffix(name) else { continue };
            if above.is_empty() {
                folders.push(Ok(None));
            } else if let Some(folder) = above.strip_suffix(b"/") {
                folders.push(String::from_utf8_lossy(folder).parse().map(Some));
            }
        }
        folders
    }
}

impl Index {
    /// The paths of all files, symlinks and submodules below a folder, or below the top; from the top,
    /// sorted, bytes that are not UTF-8 replaced.
    #[must_use]
    pub fn files(&self, folder: Option<&RelPath>) -> Vec<String> {
        let prefix = folder.map(|folder| format!("{folder}/")).unwrap_or_default();
        let below = self.held.below(prefix.as_bytes()).iter();
        below.map(|entry| String::from_utf8_lossy(self.held.path(entry)).into_owned()).collect()
    }
}

impl Inner {
    pub(super) fn path(&self, entry: &Entry) -> &[u8] {
        self.paths.get(entry.path.clone()).unwrap_or_default()
    }

    /// The entry of exactly this path.
    pub(super) fn entry(&self, path: &[u8]) -> Option<&Entry> {
        let at = self.entries.binary_search_by(|entry| self.path(entry).cmp(path)).ok()?;
        self.entries.get(at)
    }

    /// All entries whose paths begin with this, which is empty or ends in `/`.
    pub(super) fn below(&self, prefix: &[u8]) -> &[Entry] {
        let start = self.entries.partition_point(|entry| self.path(entry) < prefix);
        let rest = self.entries.get(start..).unwrap_or_default();
        let count = rest.partition_point(|entry| self.path(entry).starts_with(prefix));
        rest.get(..count).unwrap_or_default()
    }
}

/// Something directly in a folder of the index.
pub(super) enum Child<'a> {
    Entry(&'a Entry),
    /// All that is below it.
    Folder(&'a [Entry]),
}

/// What is directly in a folder, of all entries below it, whose paths begin with `length` bytes of
/// its own.
pub(super) fn children<'a>(
    inner: &'a Inner,
    mut below: &'a [Entry],
    length: usize,
) -> impl Iterator<Item = (&'a [u8], Child<'a>)> {
    std::iter::from_fn(move || {
        let (first, rest) = below.split_first()?;
        let path = inner.path(first).get(length..).unwrap_or_default();
        let Some(slash) = memchr::memchr(b'/', path) else {
            below = rest;
            return Some((path, Child::Entry(first)));
        };
        let (name, head) = (path.get(..slash)?, path.get(..=slash)?);
        let of_it = |entry: &Entry| inner.path(entry).get(length..).is_some_and(|path| path.starts_with(head));
        let (folder, rest) = below.split_at_checked(below.partition_point(of_it))?;
        below = rest;
        Some((name, Child::Folder(folder)))
    })
}
