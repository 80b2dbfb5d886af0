//! What a checkout makes of a file's bytes: the attributes of git that convert them (gitattributes(5)).
//!
//! For the hook, which sees blobs. Only what is in the index counts, since a clone has nothing else;
//! what a filter of the user's own configuration does cannot be known.

use std::path::{Path, PathBuf};

use gix::attrs::search::{MetadataCollection, Outcome};
use gix::attrs::{Search, StateRef};
use gix::glob::pattern::Case;

use super::Index;
use crate::model::RelPath;

/// The name of the files.
pub const FILE: &str = ".gitattributes";

/// No larger one is heeded by git: bytes (gitattributes(5), since 2.38).
const MOST: u64 = 100 * 1024 * 1024;

/// What is asked for.
const NAMES: [&str; 4] = ["text", "eol", "ident", "working-tree-encoding"];

/// How a file is converted on its way to the work tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversion {
    /// Each lone LF becomes CRLF.
    pub crlf: bool,
    /// …only where git takes the file for text.
    pub auto: bool,
    /// `$Id$` is filled in.
    pub ident: bool,
    /// It is written in another encoding.
    pub encoding: Option<String>,
}

impl Conversion {
    /// Whether these bytes would be others.
    #[must_use]
    pub fn changes(&self, bytes: &[u8]) -> bool {
        let lone =
            || memchr::memchr_iter(b'\n', bytes).any(|at| at.checked_sub(1).and_then(|b| bytes.get(b)) != Some(&b'\r'));
        let text = || !self.auto || memchr::memchr(0, bytes).is_none();
        let marked = || memchr::memmem::find(bytes, b"$Id").is_some();
        self.encoding.is_some() || self.crlf && text() && lone() || self.ident && marked()
    }
}

/// All attributes of an index.
#[derive(Debug)]
pub struct Attributes {
    search: Search,
    names: MetadataCollection,
}

impl Attributes {
    /// Reads them. A file that cannot be read counts as none, as a checkout takes it.
    #[must_use]
    pub fn of(index: &Index) -> Self {
        let mut names = MetadataCollection::default();
        let mut search =
            Search::new_globals(std::iter::empty::<PathBuf>(), &mut Vec::new(), &mut names).unwrap_or_default();
        let mut folders: Vec<Option<RelPath>> = index.folders_with(FILE).into_iter().flatten().collect();
        // What stands deeper wins.
        folders.sort_by_key(|folder| folder.as_ref().map_or(0, |f| f.as_str().split('/').count()));
        let root = index.root(None);
        for folder in folders {
            let path = folder.as_ref().map_or_else(|| FILE.to_owned(), |folder| format!("{folder}/{FILE}"));
            let Some(bytes) = path.parse().ok().and_then(|path| root.read(&path, MOST).ok().flatten()) else {
                continue;
            };
            let top = folder.is_none();
            let _ = search.add_patterns_buffer(&bytes, path.into(), Some(Path::new("")), &mut names, top);
        }
        Self { search, names }
    }

    /// What a checkout does to the file at a path from the top.
    #[must_use]
    pub fn conversion(&self, path: &str) -> Conversion {
        let mut outcome = Outcome::default();
        outcome.initialize_with_selection(&self.names, NAMES);
        self.search.pattern_matching_relative_path(path.into(), Case::Sensitive, Some(false), &mut outcome);
        let mut conversion = Conversion::default();
        let (mut unset, mut eol) = (false, false);
        for found in outcome.iter_selected() {
            let state = found.assignment.state;
            match (found.assignment.name.as_str(), state) {
                ("text", StateRef::Unset) => unset = true,
                ("text", StateRef::Value(value)) => conversion.auto = value.as_bstr() == "auto",
                ("eol", StateRef::Value(value)) => eol = value.as_bstr() == "crlf",
                ("ident", StateRef::Set) => conversion.ident = true,
                ("working-tree-encoding", StateRef::Value(value)) => {
                    let name = value.as_bstr().to_string();
                    let same = ["utf-8", "utf8"].contains(&name.to_ascii_lowercase().as_str());
                    conversion.encoding = (!same).then_some(name);
                }
                _ => {}
            }
        }
        conversion.crlf = eol && !unset;
        conversion
    }
}
