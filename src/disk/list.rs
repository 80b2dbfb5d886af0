//! Which Dockerfiles there are: the usual names, or what the manifest names.
//!
//! Not a walk of the tree: only folders that a pattern spells are looked into.

use std::collections::BTreeSet;

use rustix::fs::FileType;

use crate::model::{RelPath, Trouble, glob, quoted};

use super::held::Folder;
use super::root::Root;
use super::{DiskError, journal};

/// The names that a builder's user gives to Dockerfiles.
const DEFAULTS: [&str; 4] = ["Dockerfile", "Dockerfile.*", "*.Dockerfile", "Containerfile*"];

/// Endings that such names never have, although a pattern matches.
const NEVER: [&str; 4] = [".dockerignore", "~", ".bak", ".orig"];

/// How many entries of folders are looked at for one pattern.
const ENTRIES: usize = 100_000;

/// What a listing found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The files, sorted, each once. A symlink or a fifo is listed too: reading it says what it is.
    pub files: Vec<RelPath>,
    /// Patterns of the user's that matched nothing.
    pub missing: Vec<RelPath>,
    /// Names that matched but cannot be used.
    pub notes: Vec<Trouble>,
}

/// Whether a name matches, where `*` is any characters and `?` is one. A dot at the head must be
/// spelt, as in a shell.
fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    glob(pattern, name)
}

fn is_glob(component: &str) -> bool {
    component.contains(['*', '?'])
}

struct Walk<'a> {
    pattern: &'a str,
    left: usize,
    files: BTreeSet<RelPath>,
    notes: BTreeSet<Trouble>,
}

impl Walk<'_> {
    /// Looks for the components below a folder whose path, with its `/`, is `above`.
    fn below(&mut self, folder: &Folder<'_>, above: &str, components: &[&str]) -> Result<(), DiskError> {
        let Some((component, deeper)) = components.split_first() else {
            return Ok(());
        };
        if !is_glob(component) {
            let path = format!("{above}{component}");
            return if deeper.is_empty() {
                if folder.look(component, &path)?.is_some() {
                    self.add(&path);
                }
                Ok(())
            } else {
                match folder.enter(component, &path)? {
                    Some(next) => self.below(&next, &format!("{path}/"), deeper),
                    None => Ok(()),
                }
            };
        }
        for name in self.names(folder, above, component, deeper.is_empty())? {
            let path = format!("{above}{name}");
            let Some(kind) = folder.look(&name, &path)? else {
                continue;
            };
            // A symlink to a folder is passed over like a folder; any other is listed.
            let is_folder = kind == FileType::Directory || kind == FileType::Symlink && folder.leads(&name);
            match (deeper.is_empty(), kind) {
                (true, _) if !is_folder && !NEVER.iter().any(|end| name.ends_with(end)) => {
                    self.add(&path);
                }
                (false, FileType::Directory) => {
                    if let Some(next) = folder.enter(&name, &path)? {
                        self.below(&next, &format!("{path}/"), deeper)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The names in a folder that match, sorted; those that are not UTF-8 are noted.
    fn names(
        &mut self,
        folder: &Folder<'_>,
        above: &str,
        pattern: &str,
        is_last: bool,
    ) -> Result<Vec<String>, DiskError> {
        let shown = if above.is_empty() { "." } else { above };
        let too_many = || DiskError::TooMany { pattern: self.pattern.to_owned(), cap: ENTRIES };
        let all = folder.names(shown, &mut self.left, &too_many)?;
        let mut names = Vec::new();
        for (name, kind) in all {
            match std::str::from_utf8(&name) {
                Ok(name) if journal::is_staged_name(name) => {}
                Ok(name) if matches(pattern, name) => names.push(name.to_owned()),
                Ok(_) => {}
                Err(_) => {
                    let lossy = String::from_utf8_lossy(&name).into_owned();
                    let of_use = is_last || kind != FileType::RegularFile;
                    if of_use && matches(pattern, &lossy) {
                        self.ignored(&format!("{above}{lossy}"), "its name is not UTF-8");
                    }
                }
            }
        }
        names.sort();
        Ok(names)
    }

    fn add(&mut self, path: &str) {
        match path.parse() {
            Ok(path) => {
                self.files.insert(path);
            }
            Err(_) => self.ignored(path, "its name is not one that is safe everywhere"),
        }
    }

    fn ignored(&mut self, path: &str, why: &str) {
        self.notes.insert(Trouble::new(format!("{} cannot be looked at: {why}", quoted(path))));
    }
}

impl Root {
    /// The Dockerfiles of this folder: those of the usual names if no pattern is given, otherwise
    /// what the patterns name. In a component, `*` is any characters and `?` is one; neither
    /// crosses a `/`, nor matches a dot at the head. What ends in `.dockerignore`, `~`, `.bak` or
    /// `.orig` must be named in full.
    ///
    /// # Errors
    /// A folder on the way is a symlink or cannot be read; a pattern leads through too many.
    pub fn list(&self, patterns: &[RelPath]) -> Result<Listing, DiskError> {
        let mut listing = Listing::default();
        let (mut files, mut notes) = (BTreeSet::new(), BTreeSet::new());
        let given = patterns.iter().map(|p| (p.as_str(), Some(p)));
        let usual = DEFAULTS.iter().map(|p| (*p, None));
        let all: Vec<_> = if patterns.is_empty() { usual.collect() } else { given.collect() };
        for (pattern, given) in all {
            let mut walk = Walk { pattern, left: ENTRIES, files: BTreeSet::new(), notes: BTreeSet::new() };
            let components: Vec<&str> = pattern.split('/').collect();
            walk.below(&self.top()?, "", &components)?;
            if let (true, Some(path)) = (walk.files.is_empty(), given) {
                listing.missing.push(path.clone());
            }
            files.append(&mut walk.files);
            notes.append(&mut walk.notes);
        }
        listing.files = files.into_iter().collect();
        listing.notes = notes.into_iter().collect();
        Ok(listing)
    }
}

/// A folder in a folder, or a symlink to one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Below {
    /// Its name; names that are not UTF-8 are left out.
    pub name: String,
    /// Whether it is a symlink.
    pub is_link: bool,
}

impl Root {
    /// The folders directly in a folder, sorted by name; `None` for the root. Empty if it is not
    /// there. `left` is how many entries may still be looked at, and is counted down.
    ///
    /// # Errors
    /// A symlink or a file on the way, a folder that cannot be read, more entries than are left.
    pub fn folders(&self, folder: Option<&RelPath>, left: &mut usize) -> Result<Vec<Below>, DiskError> {
        let shown = folder.map_or(".", RelPath::as_str);
        let opened = match folder {
            None => Some(self.top()?),
            Some(path) => match self.way(path.as_str())? {
                Some((above, name)) => above.enter(name, path.as_str())?,
                None => None,
            },
        };
        let mut below = Vec::new();
        let Some(opened) = opened else { return Ok(below) };
        let too_many = || DiskError::TooMany { pattern: shown.to_owned(), cap: ENTRIES };
        for (name, kind) in opened.names(shown, left, &too_many)? {
            let Ok(name) = std::str::from_utf8(&name) else { continue };
            if kind == FileType::RegularFile {
                continue;
            }
            match opened.look(name, shown)? {
                Some(FileType::Directory) => below.push(Below { name: name.to_owned(), is_link: false }),
                Some(FileType::Symlink) if opened.leads(name) => {
                    below.push(Below { name: name.to_owned(), is_link: true });
                }
                _ => {}
            }
        }
        below.sort();
        Ok(below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::os::unix::ffi::OsStrExt as _;

    fn shown(listing: &Listing) -> Vec<&str> {
        listing.files.iter().map(RelPath::as_str).collect()
    }

    fn list(root: &Root, patterns: &[&str]) -> Listing {
        let patterns: Vec<RelPath> = patterns.iter().map(|p| p.parse().unwrap()).collect();
        root.list(&patterns).unwrap()
    }

    #[test]
    fn the_usual_names_and_never_a_backup() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "Dockerfile",
            "Dockerfile.dev",
            "web.Dockerfile",
            "Containerfile",
            "Containerfile.x",
            "Dockerfile.dockerignore",
            "Dockerfile.dev~",
            "Dockerfile.bak",
            "web.Dockerfile.orig",
            ".Dockerfile.dubo-pin-new",
            ".hidden.Dockerfile",
            "Dockerfile2",
            "README",
            "sub/Dockerfile",
        ] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        std::fs::create_dir(dir.path().join("Dockerfile.d")).unwrap();
        let bad = std::ffi::OsStr::from_bytes(b"Dockerfile.\xff");
        std::fs::write(dir.path().join(bad), "").unwrap();
        std::fs::write(dir.path().join("Dockerfile.\u{202e}x"), "").unwrap();
        let root = Root::open(dir.path()).unwrap();
        let found = list(&root, &[]);
        assert_eq!(
            shown(&found),
            ["Containerfile", "Containerfile.x", "Dockerfile", "Dockerfile.dev", "web.Dockerfile"]
        );
        let notes: Vec<&str> = found.notes.iter().map(|n| n.message.as_str()).collect();
        assert_eq!(
            notes,
            [
                "`Dockerfile.\\u{202e}x` cannot be looked at: its name is not one that is safe everywhere",
                "`Dockerfile.\u{fffd}` cannot be looked at: its name is not UTF-8"
            ]
        );
        let found = list(&root, &["*/Dockerfile", "Dockerfile.bak", "nope", "s?b/D*"]);
        assert_eq!(shown(&found), ["Dockerfile.bak", "sub/Dockerfile"]);
        assert_eq!(found.missing, ["nope".parse().unwrap()]);
        assert!(found.notes.is_empty());
    }

    #[test]
    fn a_symlinked_dockerfile_is_listed_so_that_reading_names_it() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/hostname", dir.path().join("Dockerfile")).unwrap();
        let root = Root::open(dir.path()).unwrap();
        let found = list(&root, &[]);
        assert_eq!(shown(&found), ["Dockerfile"]);
        assert!(matches!(root.read(&found.files[0], 100), Err(DiskError::Symlink(_))));
        std::os::unix::fs::symlink("/", dir.path().join("sub")).unwrap();
        let pattern: RelPath = "sub/etc/hostname".parse().unwrap();
        assert!(matches!(root.list(&[pattern]), Err(DiskError::Symlink(_))));
    }

    #[test]
    fn folders_of_a_folder_are_listed_and_a_symlink_to_one_is_marked() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a/b", "a/.c", "d"] {
            std::fs::create_dir_all(dir.path().join(name)).unwrap();
        }
        std::fs::write(dir.path().join("a/file"), "").unwrap();
        std::os::unix::fs::symlink("../d", dir.path().join("a/link")).unwrap();
        std::os::unix::fs::symlink("file", dir.path().join("a/to-file")).unwrap();
        let root = Root::open(dir.path()).unwrap();
        let names = |path: Option<&str>, mut left: usize| {
            let path: Option<RelPath> = path.map(|p| p.parse().unwrap());
            let below = root.folders(path.as_ref(), &mut left)?;
            Ok(below.into_iter().map(|b| (b.name, b.is_link)).collect::<Vec<_>>())
        };
        let named = |all: &[(&str, bool)]| all.iter().map(|(n, l)| ((*n).to_owned(), *l)).collect::<Vec<_>>();
        assert_eq!(names(None, 99).unwrap(), named(&[("a", false), ("d", false)]));
        assert_eq!(names(Some("a"), 99).unwrap(), named(&[(".c", false), ("b", false), ("link", true)]));
        assert_eq!(names(Some("none/x"), 99).unwrap(), []);
        let error: DiskError = names(Some("a/link"), 99).unwrap_err();
        assert!(matches!(error, DiskError::Symlink(_)));
        assert!(matches!(names(Some("a"), 3), Err(DiskError::TooMany { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        /// Against the definition, read letter by letter.
        #[test]
        fn a_glob_matches_as_its_definition_says(pattern in "[ab*?]{0,8}", name in "[ab]{0,8}") {
            fn plain(p: &[u8], n: &[u8]) -> bool {
                match (p.split_first(), n.split_first()) {
                    (None, None) => true,
                    (Some((b'*', rest)), _) => {
                        plain(rest, n) || n.split_first().is_some_and(|(_, m)| plain(p, m))
                    }
                    (Some((x, rest)), Some((y, m))) => (*x == b'?' || x == y) && plain(rest, m),
                    _ => false,
                }
            }
            prop_assert_eq!(matches(&pattern, &name), plain(pattern.as_bytes(), name.as_bytes()));
        }
    }
}
