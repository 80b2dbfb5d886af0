//! `name@range`, and all that a range may be, in the spellings of yarn 1 and of berry.
//!
//! For `folder`, `graph`, `check`, `resolve`. Pure. How yarn reads each spelling was measured with
//! yarn 1.22, 3.8 and 4.18. It asks no repository: whether `#abcdef` is a tag, a branch or a short
//! commit id is the resolver's question.

mod berry;
mod error;
mod hosted;
mod locked;
mod name;
mod range;
mod reference;
mod repository;
#[cfg(test)]
mod tests;
mod v1;

use std::fmt;

use crate::model::{CommitId, GitUrl};

pub use error::SpecError;
pub use hosted::archive;
pub use locked::git_of;
pub use name::vet as vet_name;
pub use range::{is_range, npm_range, satisfies};

pub(in crate::source::yarn) use berry::{is_registry, split_bindings};
pub(in crate::source::yarn) use reference::{escaped, unescaped};

use super::lockfile::Format;

/// A package and what is wanted of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Descriptor {
    /// `left-pad`, `@scope/name`.
    pub name: String,
    /// What follows the `@`; may be empty.
    pub range: String,
}

/// What a range means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spec {
    /// A range, version or tag of a registry; berry's `npm:` is taken off. An alias names another
    /// package: `npm:left-a@1.0.0`.
    Registry {
        /// The package, if it is another than the key's.
        alias: Option<String>,
        /// `^1.0.0`, `latest`; empty for any.
        range: String,
    },
    /// A git repository.
    Git(GitSpec),
    /// A tarball by URL, codeload's among them: see [`archive`].
    Tarball(String),
    /// `file:`, `link:`, `portal:`, `workspace:`: something of the folder itself, by its path
    /// (`workspace:` also by a range), without berry's `::locator=`. Not vetted: it may point outside.
    Local(Local, String),
    /// berry's `patch:`: the patched descriptor, and the patch (`./a.patch`,
    /// `optional!builtin<compat/x>`).
    Patch(Box<Descriptor>, String),
}

/// What of the folder itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// `file:` or a path
    File,
    /// `link:`
    Link,
    /// `portal:`
    Portal,
    /// `workspace:`
    Workspace,
}

/// A git dependency, whatever spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitSpec {
    /// The repository in the canonical spelling, such as `https://github.com/o/r.git` or
    /// `ssh://git@host/o/r.git`; without `git+`.
    pub url: GitUrl,
    /// What of it.
    pub reference: Reference,
    /// berry: `workspace=NAME` of the fragment.
    pub workspace: Option<String>,
    /// berry: whether `workspace=` stands before what it is of.
    pub workspace_first: bool,
    /// Whether it was written as `git://`, which is neither encrypted nor authenticated.
    pub insecure: bool,
    /// Whether yarn 1 takes it as a tarball of the host rather than by git (hosted shorthands).
    pub hosted: bool,
}

/// What of a repository a fragment names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// Nothing: the tip of HEAD.
    Head,
    /// A full commit id.
    Commit(CommitId),
    /// `semver:^1`, or for yarn 1 a bare range that no ref can be named.
    Semver(String),
    /// `tag=x`, `refs/tags/x`.
    Tag(String),
    /// `head=x`, `refs/heads/x`.
    Branch(String),
    /// A name that may be a tag or a branch, for yarn 1 a range too (`1.x`), or else a short commit
    /// id: yarn's order decides (see `resolve`).
    Name(String),
}

impl Descriptor {
    /// A descriptor from its two halves, which are not vetted.
    #[must_use]
    pub fn new(name: impl Into<String>, range: impl Into<String>) -> Self {
        Self { name: name.into(), range: range.into() }
    }

    /// Reads `name@range`: a key of yarn.lock, a berry resolution. The range may be empty, the `@`
    /// before it must be there.
    ///
    /// # Errors
    /// There is no `@`, or the name is none that npm allows.
    pub fn parse(key: &str) -> Result<Self, SpecError> {
        let bare = key.strip_prefix('@').unwrap_or(key);
        let Some((name, range)) = bare.split_once('@') else {
            return Err(SpecError::NoRange(key.to_owned()));
        };
        let name = if key.starts_with('@') { format!("@{name}") } else { name.to_owned() };
        name::vet(&name)?;
        Ok(Self { name, range: range.to_owned() })
    }
}

impl fmt::Display for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.range)
    }
}

impl Spec {
    /// Reads a range as the yarn of a format reads it.
    ///
    /// # Errors
    /// What that yarn refuses, and what cannot be pinned: an unknown protocol, a short commit id
    /// where only a commit can stand, a repository URL that is not safe to follow.
    pub fn parse(format: &Format, range: &str) -> Result<Self, SpecError> {
        if range.len() > 4096 || crate::model::visible(range) != range {
            let why = "it is longer than 4,096 bytes or holds a control or invisible character";
            return Err(SpecError::refused(range, why));
        }
        match format {
            Format::V1 => v1::parse(range),
            Format::Berry { .. } => berry::parse(range),
        }
    }

    /// The git dependency, if it is one.
    #[must_use]
    pub fn git(&self) -> Option<&GitSpec> {
        match self {
            Self::Git(git) => Some(git),
            _ => None,
        }
    }
}

impl GitSpec {
    fn plain(url: GitUrl, reference: Reference) -> Self {
        Self { url, reference, workspace: None, workspace_first: false, insecure: false, hosted: false }
    }

    /// How it is written in package.json at a commit, in a spelling that both yarns take by git:
    /// `git+https://host/o/r.git#<commit>`. A workspace of the repository keeps its place.
    #[must_use]
    pub fn pinned(&self, commit: CommitId) -> String {
        let url = self.url.as_str();
        let url = match url.contains("://") {
            true => format!("git+{url}"),
            // user@host:path, which yarn 1 alone hands on to git as it is.
            false => format!("git+ssh://{url}"),
        };
        match &self.workspace {
            None => format!("{url}#{commit}"),
            Some(name) if self.workspace_first => {
                format!("{url}#workspace={}&commit={commit}", reference::escaped(name))
            }
            Some(name) => format!("{url}#commit={commit}&workspace={}", reference::escaped(name)),
        }
    }
}
