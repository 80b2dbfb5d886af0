//! Files that are not staged as they stand: the commonest reason why a commit is refused although
//! `verify` passes.
//!
//! For [`super::run`], once it found something. It names files; it does not judge them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::project::{MANIFEST, Project};
use super::super::stand::in_tree;
use super::run::View;
use crate::disk::Root;
use crate::lock;
use crate::model::{RelPath, Trouble};
use crate::repository::Index;
use crate::vendor;

/// No more files than these are named.
const SHOWN: usize = 8;

/// Files that belong to a member whatever its pins are.
const USUAL: [&str; 5] = [MANIFEST, lock::FILE, ".gitattributes", ".gitignore", ".dockerignore"];

/// Files whose staged content, or mode, is not that of the work tree.
#[derive(Debug, Default)]
pub(super) struct Differing(BTreeSet<String>);

impl Differing {
    /// Looks through the members: all that is staged there, and what the work tree's lock and names
    /// say should be.
    pub(super) fn find(disk: &Arc<Root>, index: &Index, folders: &[&str]) -> Self {
        let mut all = BTreeSet::new();
        let held = index.root(None);
        for folder in folders {
            let paths = staged(index, folder).into_iter().chain(expected(disk, folder)).collect::<BTreeSet<_>>();
            let asked: Vec<(RelPath, u64)> = paths.into_iter().map(|path| (path, 0)).collect();
            let pairs = disk.hash_all(&asked).into_iter().zip(held.hash_all(&asked));
            for ((path, _), (there, staged)) in asked.into_iter().zip(pairs) {
                let same = match (&there, &staged) {
                    (Ok(there), Ok(staged)) => there == staged || is_pointer(&held, &path),
                    // Two symlinks, or the like: neither is ours to compare.
                    (Err(_), Err(_)) => true,
                    _ => false,
                };
                if !same {
                    all.insert(path.as_str().to_owned());
                }
            }
        }
        Self(all)
    }

    /// What to say of them, where the work tree passes. `taken`: git commits only the files that were
    /// named to it.
    pub(super) fn told(&self, taken: bool, seen: &View<'_>) -> Trouble {
        if self.0.is_empty() {
            let message = "the work tree passes, what is to be committed does not: something there is not staged";
            return Trouble::new(message).help("git status --ignored says what there is");
        }
        let (count, s) = (self.0.len(), if self.0.len() == 1 { " differs" } else { "s differ" });
        let message = format!("the work tree passes, what is to be committed does not: {count} file{s}");
        let paths: Vec<String> = self.0.iter().map(|path| seen.path(path)).collect();
        let words: Vec<String> = paths.iter().take(SHOWN).map(|path| word(path)).collect();
        let more = if count > SHOWN { " …" } else { "" };
        let words = format!("{}{more}", words.join(" "));
        let help = match taken {
            false => format!("git add {words}"),
            true => format!("git commit takes only what it was given; give it these as well: {words}"),
        };
        let shown = format!("{}{}", paths.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", "), more);
        Trouble::new(message).found(shown).help(help)
    }
}

/// What is staged below a folder.
fn staged(index: &Index, folder: &str) -> Vec<RelPath> {
    let folder: Option<RelPath> = folder.parse().ok();
    index.files(folder.as_ref()).iter().filter_map(|path| path.parse().ok()).collect()
}

/// What should be there by the work tree's own account, and may be forgotten.
fn expected(disk: &Arc<Root>, folder: &str) -> Vec<RelPath> {
    let below = |path: &str| {
        let whole = if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
        whole.parse::<RelPath>().ok()
    };
    let usual: Vec<RelPath> = USUAL.iter().filter_map(|name| below(name)).collect();
    let Some(project) = in_tree(disk, folder.parse().ok()).ok().and_then(|ground| Project::of(&ground).ok()) else {
        return usual;
    };
    let placed = project.lock.as_ref().map(|opened| vendor::placed(&project.manifest, &opened.lock).placements);
    let tracked = placed.unwrap_or_default().into_iter().filter(|p| p.track).filter_map(|p| below(p.path.as_str()));
    let dockerfiles = project.dockerfiles.iter().filter_map(|file| below(file.file()));
    usual.into_iter().chain(dockerfiles).chain(tracked).collect()
}

/// Whether an LFS pointer is staged, in whose place the work tree has what it points to.
fn is_pointer(held: &Root, path: &RelPath) -> bool {
    let head: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";
    matches!(held.read(path, 1024), Ok(Some(bytes)) if bytes.starts_with(head))
}

/// A path as one word of a shell.
pub(super) fn word(path: &str) -> String {
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-+@%=:,".contains(&b)) && !path.starts_with('-');
    if plain { path.to_owned() } else { format!("'{}'", path.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_of_a_shell() {
        assert_eq!(word("a/b.tar"), "a/b.tar");
        assert_eq!(word("c d/x"), "'c d/x'");
        assert_eq!(word("it's"), "'it'\\''s'");
        assert_eq!(word("$(x)"), "'$(x)'");
        assert_eq!(word("-rf"), "'-rf'");
    }
}
