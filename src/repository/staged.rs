//! What differs between the index and HEAD's tree: what a commit would change.
//!
//! For `ops`, which judges only folders that a commit changes. Folders that are equal, by the trees
//! that git noted in the index, are not walked; nothing is asked of the disk's files.

use std::collections::BTreeMap;

use super::error::RepositoryError;
use super::index::{Child, Index, children};
use super::objects::TreeEntry;
use super::parse::{Entry, FOLDER};
use crate::model::RelPath;

/// A level of folders below this is refused.
const DEEP: usize = 4096;

/// One folder to be compared.
struct Pair<'a> {
    /// With a `/` at its end, unless it is the top.
    prefix: Vec<u8>,
    head: Option<gix::ObjectId>,
    below: &'a [Entry],
    noted: Option<usize>,
    depth: usize,
}

/// What stands on either side of a name.
#[derive(Default)]
struct Sides<'a> {
    head: Option<TreeEntry>,
    file: Option<&'a Entry>,
    folder: Option<&'a [Entry]>,
}

impl Index {
    /// Whether a commit would change anything below a folder, or below the top: something added,
    /// removed, with other bytes or another mode, or not merged. Before the first commit, all is
    /// added.
    ///
    /// # Errors
    /// A tree of HEAD cannot be read.
    pub fn staged_below(&self, folder: Option<&RelPath>) -> Result<bool, RepositoryError> {
        let mut any = false;
        self.compare(folder, &mut |_| {
            any = true;
            false
        })?;
        Ok(any)
    }

    /// The paths below a folder, or below the top, that a commit would change; from the top, sorted,
    /// bytes that are not UTF-8 replaced.
    ///
    /// # Errors
    /// As [`Index::staged_below`].
    pub fn staged(&self, folder: Option<&RelPath>) -> Result<Vec<String>, RepositoryError> {
        let mut all = Vec::new();
        self.compare(folder, &mut |path| {
            all.push(String::from_utf8_lossy(path).into_owned());
            true
        })?;
        all.sort();
        all.dedup();
        Ok(all)
    }

    /// Tells each path that differs, until it is told to stop.
    fn compare(&self, folder: Option<&RelPath>, tell: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), RepositoryError> {
        let inner = &*self.held;
        let mut head = inner.head.as_deref().map(|commit| inner.stores.tree_of(commit)).transpose()?;
        let mut noted = inner.cached.top();
        let mut prefix = Vec::new();
        for component in folder.iter().flat_map(|folder| folder.as_str().split('/')) {
            let found = match &head {
                Some(tree) => inner.stores.tree(tree)?,
                None => Vec::new(),
            };
            let same = |entry: &TreeEntry| entry.name == component.as_bytes() && entry.mode == FOLDER;
            head = found.into_iter().find(same).map(|entry| entry.id);
            noted = noted.and_then(|node| inner.cached.child(node, component.as_bytes()));
            prefix.extend_from_slice(component.as_bytes());
            prefix.push(b'/');
        }
        let unmerged = self.unmerged().iter().map(String::as_bytes).filter(|path| path.starts_with(&prefix));
        for path in unmerged {
            if !tell(path) {
                return Ok(());
            }
        }
        let below = inner.below(&prefix);
        let mut todo = vec![Pair { prefix, head, below, noted, depth: 0 }];
        while let Some(pair) = todo.pop() {
            if !self.one(pair, &mut todo, tell)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Compares what is directly in one folder; whether to go on.
    fn one<'a>(
        &'a self,
        pair: Pair<'a>,
        todo: &mut Vec<Pair<'a>>,
        tell: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<bool, RepositoryError> {
        let inner = &*self.held;
        let noted = pair.noted.and_then(|node| inner.cached.id(node));
        if pair.head.is_some() && pair.head.as_deref() == noted {
            return Ok(true);
        }
        if pair.depth > DEEP {
            let what = "a tree of HEAD".to_owned();
            return Err(RepositoryError::TooLarge { what, cap: DEEP as u64, unit: "levels" });
        }
        let mut names: BTreeMap<Vec<u8>, Sides<'a>> = BTreeMap::new();
        for entry in pair.head.as_deref().map(|tree| inner.stores.tree(tree)).transpose()?.unwrap_or_default() {
            let name = entry.name.clone();
            names.entry(name).or_default().head = Some(entry);
        }
        for (name, child) in children(inner, pair.below, pair.prefix.len()) {
            let sides = names.entry(name.to_vec()).or_default();
            match child {
                Child::Entry(entry) => sides.file = Some(entry),
                Child::Folder(below) => sides.folder = Some(below),
            }
        }
        for (name, sides) in names {
            let path = [pair.prefix.as_slice(), &name].concat();
            let (tree, blob) = match sides.head {
                Some(entry) if entry.mode == FOLDER => (Some(entry.id), None),
                other => (None, other.map(|entry| (entry.mode, entry.id))),
            };
            if blob != sides.file.map(|entry| (entry.mode, entry.id)) && !tell(&path) {
                return Ok(false);
            }
            if tree.is_some() || sides.folder.is_some() {
                todo.push(Pair {
                    prefix: [path.as_slice(), b"/"].concat(),
                    head: tree,
                    below: sides.folder.unwrap_or_default(),
                    noted: pair.noted.and_then(|node| inner.cached.child(node, &name)),
                    depth: pair.depth + 1,
                });
            }
        }
        Ok(true)
    }
}
