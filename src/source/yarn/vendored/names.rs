//! Under which name yarn 1 looks for a package in its offline mirror.
//!
//! For `fill`, which writes such a folder, for `prove`, and for `check`, which says where no folder
//! can hold what yarn.lock names. Pure. Measured with yarn 1.22.22, which was watched opening files.
//!
//! | `resolved` | file |
//! |---|---|
//! | `…/NAME/-/FILE`, `…/NAME/_attachments/FILE` | `FILE` |
//! | `…/@SCOPE/NAME/-/FILE`, `…/@SCOPE%2fNAME/-/FILE`, also `…/-/@SCOPE/FILE` | `@SCOPE-FILE` |
//! | any other tarball, codeload's among them, and `…/@SCOPE%2FNAME/-/FILE` | the last part of the path |
//! | a git repository at a commit | the last part of the path, `-`, the commit |
//!
//! The query counts nowhere. `file:` and paths are taken from where they are, never from a mirror.
//! yarn looks only at the name: two packages of one name are installed one for the other
//! (yarnpkg/yarn#2646), so these are refused here.

use std::collections::BTreeMap;

use crate::model::{CommitId, Place, RelPath, Trouble, Twins, quoted};
use crate::source::yarn::lockfile::{Entry, Lockfile};

/// Hosts whose `https://HOST/OWNER/REPOSITORY` yarn 1 takes for a git repository.
const GIT_HOSTS: [&str; 4] = ["github.com", "gitlab.com", "bitbucket.com", "bitbucket.org"];

/// What an entry of a v1 yarn.lock is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From<'a> {
    /// The folder itself: `file:`, `link:`, a path. No mirror has it.
    Local,
    /// A git repository.
    Git {
        /// As written, without the fragment.
        url: &'a str,
        /// The commit, as the fragment says.
        commit: &'a str,
    },
    /// A tarball.
    Tarball {
        /// As written, without the fragment.
        url: &'a str,
        /// The fragment, where there is one: the SHA-1 of the bytes.
        sha1: Option<&'a str>,
    },
}

impl<'a> From<'a> {
    /// How yarn 1 takes an entry: the scheme of `resolved` decides, or else the range that was asked.
    #[must_use]
    pub fn of(entry: &'a Entry) -> Self {
        let Some(resolved) = entry.resolved.as_deref() else { return Self::Local };
        let (url, fragment) = resolved.split_once('#').map_or((resolved, None), |(url, f)| (url, Some(f)));
        if url.starts_with("file:") || url.starts_with(['.', '/', '\\']) {
            return Self::Local;
        }
        if has_git_scheme(url) || entry.keys.iter().any(|key| asks_for_git(range(key))) {
            return Self::Git { url, commit: fragment.unwrap_or_default() };
        }
        Self::Tarball { url, sha1: fragment.filter(|f| !f.is_empty()) }
    }
}

/// The package of a key: `left-a` of `left-a@^1` and of `x@npm:left-a@^1`.
#[must_use]
pub fn package(key: &str) -> &str {
    let (name, range) = split(key);
    match range.strip_prefix("npm:").map(split) {
        Some((aliased, _)) if !aliased.is_empty() && range != "npm:" && is_name(aliased) => aliased,
        _ => name,
    }
}

/// A name begins with a letter or a scope; a version does not.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '@')
}

fn split(key: &str) -> (&str, &str) {
    let at = key.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
    at.and_then(|at| Some((key.get(..at)?, key.get(at + 1..)?))).unwrap_or((key, ""))
}

fn range(key: &str) -> &str {
    split(key).1
}

fn has_git_scheme(url: &str) -> bool {
    let Some((scheme, _)) = url.split_once("://") else { return false };
    let plus = scheme.strip_prefix("git+").map(|rest| !rest.is_empty() && rest.bytes().all(lower));
    scheme == "git" || plus == Some(true)
}

fn lower(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

/// Whether yarn 1 asks git for a range.
fn asks_for_git(range: &str) -> bool {
    if range.starts_with("git:") || range.starts_with("ssh:") || range.starts_with("git+") && range.contains(':') {
        return true;
    }
    if !["http:", "https:"].iter().any(|scheme| range.starts_with(scheme)) {
        return false;
    }
    let (url, fragment) = range.split_once('#').map_or((range, None), |(url, f)| (url, Some(f)));
    if url.ends_with(".git") && fragment != Some("") {
        return true;
    }
    let host = url.split_once("://").map_or("", |(_, rest)| rest);
    let (host, path) = host.split_once('/').unwrap_or((host, ""));
    GIT_HOSTS.contains(&host) && path.split('/').filter(|part| !part.is_empty()).count() == 2
}

/// Why an entry has no file in a mirror.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not a URL, or one with characters that yarn writes in another way.
    #[error("{} is no URL that an offline mirror is filled from", quoted(.0))]
    Url(String),
    /// The fragment is no full commit id.
    #[error("{} does not name a full commit", quoted(.0))]
    Commit(String),
    /// The last part of the path is no name of a file.
    #[error("{} has no name that a file can have", quoted(.0))]
    Name(String),
}

/// The file of an entry in an offline mirror; `None` for what no mirror has.
///
/// # Errors
/// [`NameError`]
pub fn mirror_name(entry: &Entry) -> Result<Option<String>, NameError> {
    let resolved = || entry.resolved.clone().unwrap_or_default();
    let name = match From::of(entry) {
        From::Local => return Ok(None),
        From::Git { url, commit } => {
            let path = path(url).ok_or_else(|| NameError::Url(resolved()))?;
            let commit: CommitId = commit.parse().map_err(|_| NameError::Commit(resolved()))?;
            let last = base(path);
            // `git+ssh://git@host:repository` has the path `/:repository`.
            format!("{}-{commit}", last.strip_prefix(':').unwrap_or(last))
        }
        From::Tarball { url, .. } => tarball(path(url).ok_or_else(|| NameError::Url(resolved()))?),
    };
    match name.parse::<RelPath>() {
        Ok(_) if !name.contains('/') && !name.starts_with('-') => Ok(Some(name)),
        _ => Err(NameError::Name(resolved())),
    }
}

/// The path of a URL, as yarn sees it; `None` for what yarn would write in another way first.
fn path(url: &str) -> Option<&str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~%!$&()*+,;=:@/?[]".contains(&b);
    if !url.bytes().all(plain) {
        return None;
    }
    let (scheme, rest) = url.split_once("://")?;
    if scheme.is_empty() {
        return None;
    }
    let rest = rest.split('?').next().unwrap_or_default();
    if let Some(at) = rest.find('/') {
        // The scp-like form behind a scheme: what follows the host's colon is no port.
        let authority = rest.get(..at)?;
        return match authority.rsplit_once(':') {
            Some((_, port)) if !port.bytes().all(|b| b.is_ascii_digit()) => rest.get(authority.rfind(':')?..),
            _ => rest.get(at..),
        };
    }
    let (_, path) = rest.rsplit_once(':')?;
    (!path.is_empty() && !path.bytes().all(|b| b.is_ascii_digit())).then_some(path)
}

/// The last part, slashes at the end not counted.
fn base(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

fn tarball(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    let scoped = |part: &&str| part.len() > 1 && part.starts_with('@');
    let from_end = |n: usize| parts.len().checked_sub(n).filter(|at| *at > 0).and_then(|at| parts.get(at)).copied();
    let separator = |part: &str| matches!(part, "-" | "_attachments");
    let file = from_end(1).filter(|file| !file.is_empty());
    let name_at = match (from_end(2), from_end(3)) {
        (Some(part), _) if separator(part) => Some(3),
        (Some(part), Some(before)) if scoped(&part) && separator(before) => Some(4),
        _ => None,
    };
    let (Some(file), Some(at)) = (file, name_at) else { return base(path).to_owned() };
    let Some(name) = from_end(at).filter(|name| !name.is_empty()) else { return base(path).to_owned() };
    let inside = |name: &'_ str| {
        let (scope, rest) = name.rsplit_once("%2f")?;
        (scope.len() > 1 && scope.starts_with('@') && !rest.is_empty()).then(|| scope.to_owned())
    };
    match from_end(at + 1).filter(scoped).map(str::to_owned).or_else(|| inside(name)) {
        Some(scope) => format!("{scope}-{file}"),
        None => file.to_owned(),
    }
}

/// One file of an offline mirror.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorFile<'a> {
    /// Its name.
    pub name: String,
    /// The first entry that it is for.
    pub entry: &'a Entry,
    /// What it is taken from.
    pub from: From<'a>,
    /// Further entries with the same bytes.
    pub more: Vec<&'a Entry>,
}

impl MirrorFile<'_> {
    /// All entries that it is for.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        std::iter::once(self.entry).chain(self.more.iter().copied())
    }
}

/// Whether two entries mean the same bytes.
fn same(a: &Entry, b: &Entry) -> bool {
    match (From::of(a), From::of(b)) {
        (From::Git { url: a, commit: x }, From::Git { url: b, commit: y }) => (a, x) == (b, y),
        (From::Tarball { url: x, .. }, From::Tarball { url: y, .. }) => {
            x == y || a.integrity.is_some() && a.integrity == b.integrity
        }
        _ => false,
    }
}

/// The files that an offline mirror must have for a yarn.lock of yarn 1, in the order of their names.
/// `file` is the lock's path, for places.
///
/// # Errors
/// What no mirror can serve: an entry without a name for its file, two packages with one name, or
/// with names that are one file on some systems.
pub fn mirror_files<'a>(lock: &'a Lockfile, file: &str) -> Result<Vec<MirrorFile<'a>>, Vec<Trouble>> {
    let mut files: BTreeMap<String, MirrorFile<'a>> = BTreeMap::new();
    let mut troubles = Vec::new();
    let mut twins = Twins::default();
    let said = |entry: &Entry| {
        let key = entry.keys.first().map_or("", String::as_str);
        format!("{} on line {}", quoted(key), entry.line)
    };
    let help = "take one of the two from git (git+https://…#<commit>), or the pin without `vendor`";
    for entry in &lock.entries {
        let at = |trouble: Trouble| trouble.at(Place::line(file, entry.line));
        let name = match mirror_name(entry) {
            Ok(None) => continue,
            Ok(Some(name)) => name,
            Err(error) => {
                troubles.push(at(Trouble::new(error.to_string())
                    .help("an offline mirror cannot serve it: take another URL, or the pin without `vendor`")));
                continue;
            }
        };
        if let Some(held) = files.get_mut(&name) {
            if same(held.entry, entry) {
                held.more.push(entry);
                continue;
            }
            let message = format!("two packages would be the file {} of the offline mirror", quoted(&name));
            let found = format!("{} and {}", said(held.entry), said(entry));
            troubles.push(at(Trouble::new(message).found(found).help(help)));
            continue;
        }
        if let Some(other) = twins.note(&name) {
            let message = format!("{} and {} are one file on some systems", quoted(&name), quoted(other));
            troubles.push(at(Trouble::new(message).help(help)));
            continue;
        }
        let from = From::of(entry);
        files.insert(name.clone(), MirrorFile { name, entry, from, more: Vec::new() });
    }
    if troubles.is_empty() { Ok(files.into_values().collect()) } else { Err(troubles) }
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
