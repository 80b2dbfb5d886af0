//! An entry of yarn.lock: what each of its keys wants, and where yarn takes it from.
//!
//! For all rules of `check`. It judges nothing: that the two agree is `git`'s and `names`'.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{CommitId, GitUrl};
use crate::source::yarn::folder::Folder;
use crate::source::yarn::graph;
use crate::source::yarn::lockfile::{Entry, Format};
use crate::source::yarn::spec::{self, Descriptor, Local, Spec, SpecError};
use crate::source::yarn::vendored::names;

pub(super) struct Item<'a> {
    pub(super) entry: &'a Entry,
    /// What the keys want, but for those that cannot be read.
    pub(super) wanted: Vec<Wanted<'a>>,
    /// Keys that cannot be read, and why.
    pub(super) unread: Vec<(&'a str, SpecError)>,
    pub(super) from: From<'a>,
}

/// One key.
pub(super) struct Wanted<'a> {
    /// As it stands there.
    pub(super) key: &'a str,
    pub(super) name: String,
    pub(super) range: String,
    pub(super) spec: Spec,
    /// yarn 1: another key of the block is what `resolutions` puts in its place.
    pub(super) replaced: bool,
}

/// Where yarn takes an entry from.
pub(super) enum From<'a> {
    /// Nothing is said: yarn would resolve it anew.
    Nothing,
    /// A commit; `tarball` if a host packs it.
    Git { url: GitUrl, commit: CommitId, tarball: bool },
    /// A host's tarball of a ref that can move.
    Moving { url: &'a str, reference: String },
    /// berry: a version of a registry; `archive` is where, if that is not where it is expected.
    Registry { name: String, version: String, archive: Option<String> },
    /// A tarball by URL, without what follows the `#`.
    Tarball(&'a str),
    /// A file or folder by its path, which yarn copies.
    Local,
    /// A folder by its path, which yarn links: workspaces too.
    Linked,
    /// berry: another package, patched.
    Patch { of: Descriptor, patch: String },
    /// None of these.
    Unknown(SpecError),
}

impl From<'_> {
    /// In words, for `found`.
    pub(super) fn said(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Git { tarball: false, .. } => "a git repository",
            Self::Git { tarball: true, .. } | Self::Moving { .. } => "a tarball that a host packs",
            Self::Registry { .. } => "a registry",
            Self::Tarball(_) => "a tarball",
            Self::Local => "a file or folder",
            Self::Linked => "a folder that is linked",
            Self::Patch { .. } => "a patched package",
            Self::Unknown(_) => "what nobody knows",
        }
    }
}

impl<'a> Item<'a> {
    /// What yarn takes it from, as written.
    pub(super) fn source(&self) -> &'a str {
        self.entry.resolved.as_deref().or(self.entry.resolution.as_deref()).unwrap_or_default()
    }

    /// The line that says so, or else that of the entry.
    pub(super) fn source_line(&self) -> usize {
        self.line("resolved").or_else(|| self.line("resolution")).unwrap_or(self.entry.line)
    }

    /// The line of a field.
    pub(super) fn line(&self, field: &str) -> Option<usize> {
        self.entry.lines.get(field).copied()
    }

    /// The line of a field, or else that of the entry.
    pub(super) fn line_or(&self, field: &str) -> usize {
        self.line(field).unwrap_or(self.entry.line)
    }

    /// Its first key, to name it by.
    pub(super) fn said(&self) -> &'a str {
        self.entry.keys.first().map_or("", String::as_str)
    }

    /// The package that it is: the one behind an alias.
    pub(super) fn name(&self) -> &'a str {
        match self.entry.resolution.as_deref() {
            Some(resolution) => names::package(resolution),
            None => names::package(self.said()),
        }
    }

    /// `version`.
    pub(super) fn version(&self) -> &'a str {
        self.entry.version.as_deref().unwrap_or_default()
    }
}

/// All entries of a folder's yarn.lock.
pub(super) fn all(folder: &Folder) -> Vec<Item<'_>> {
    let format = &folder.lock.format;
    let replaced = match format {
        Format::V1 => resolutions(folder),
        Format::Berry { .. } => BTreeMap::new(),
    };
    folder.lock.entries.iter().map(|entry| one(format, entry, &replaced)).collect()
}

fn one<'a>(format: &Format, entry: &'a Entry, resolutions: &BTreeMap<&str, BTreeSet<&str>>) -> Item<'a> {
    let (mut wanted, mut unread) = (Vec::new(), Vec::new());
    for key in &entry.keys {
        let parsed = Descriptor::parse(key).and_then(|d| Ok((Spec::parse(format, &d.range)?, d)));
        match parsed {
            Ok((spec, Descriptor { name, range })) => {
                wanted.push(Wanted { key, name, range, spec, replaced: false });
            }
            Err(error) => unread.push((key.as_str(), error)),
        }
    }
    let instead = |w: &Wanted<'_>| resolutions.get(w.name.as_str()).is_some_and(|all| all.contains(w.range.as_str()));
    let by: BTreeSet<String> = wanted.iter().filter(|w| instead(w)).map(|w| w.name.clone()).collect();
    for one in &mut wanted {
        one.replaced = by.contains(&one.name) && !instead(one);
    }
    let from = match format {
        Format::V1 => of_v1(entry, &wanted),
        Format::Berry { .. } => of_berry(format, entry),
    };
    Item { entry, wanted, unread, from }
}

/// What `resolutions` puts in the place of each package, as far as yarn obeys them: yarn 1 keeps the key of what was wanted
/// beside it.
fn resolutions(folder: &Folder) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for resolution in graph::obeyed(folder) {
        all.entry(pattern_name(&resolution.pattern)).or_default().insert(&resolution.range);
    }
    all
}

/// The package that a pattern of `resolutions` replaces, its last name: `a`, `**/a`, `x/@s/a`; for
/// berry without what follows its `@`.
pub(super) fn pattern_name(pattern: &str) -> &str {
    let bare = pattern
        .char_indices()
        .skip(1)
        .find(|(at, c)| *c == '@' && at.checked_sub(1).and_then(|at| pattern.as_bytes().get(at)) != Some(&b'/'));
    let pattern = bare.and_then(|(at, _)| pattern.get(..at)).unwrap_or(pattern);
    let last = pattern.rfind('/').map_or(0, |at| at + 1);
    let before = pattern.get(..last.saturating_sub(1)).unwrap_or_default();
    let scope = before.rfind('/').map_or(0, |at| at + 1);
    let start = if last > 0 && pattern.get(scope..).is_some_and(|rest| rest.starts_with('@')) { scope } else { last };
    pattern.get(start..).unwrap_or_default()
}

fn of_v1<'a>(entry: &'a Entry, wanted: &[Wanted<'_>]) -> From<'a> {
    let Some(resolved) = entry.resolved.as_deref() else {
        let local = wanted.iter().find_map(|w| match w.spec {
            Spec::Local(local, _) => Some(local),
            _ => None,
        });
        return match local {
            Some(Local::File) => From::Local,
            Some(_) => From::Linked,
            None => From::Nothing,
        };
    };
    let url = resolved.split('#').next().unwrap_or_default();
    if url.starts_with("file:") || url.starts_with(['.', '/']) {
        return From::Local;
    }
    let archive = spec::archive(resolved);
    match (spec::git_of(&Format::V1, entry), archive) {
        (Some(Ok((url, commit))), archive) => From::Git { url, commit, tarball: archive.is_some() },
        (Some(Err(_)), Some((_, reference))) => From::Moving { url, reference },
        (Some(Err(error)), None) => From::Unknown(error),
        (None, _) if is_web(url) => From::Tarball(url),
        (None, _) => unknown(resolved, "it is neither a URL nor a repository nor a path"),
    }
}

fn of_berry<'a>(format: &Format, entry: &'a Entry) -> From<'a> {
    let Some(resolution) = entry.resolution.as_deref() else { return From::Nothing };
    match spec::git_of(format, entry) {
        Some(Ok((url, commit))) => return From::Git { url, commit, tarball: false },
        Some(Err(error)) => return From::Unknown(error),
        None => {}
    }
    let parsed = Descriptor::parse(resolution).and_then(|d| Ok((Spec::parse(format, &d.range)?, d)));
    let (spec, locator) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return From::Unknown(error),
    };
    match spec {
        // berry's own locators always name the registry's protocol
        Spec::Registry { alias: None, range } if locator.range.starts_with("npm:") => {
            From::Registry { name: locator.name, version: range, archive: binding(&locator.range, "__archiveUrl") }
        }
        Spec::Tarball(_) => {
            let url = resolution.strip_prefix(&locator.name).and_then(|r| r.strip_prefix('@')).unwrap_or_default();
            From::Tarball(url.split(['#']).next().unwrap_or_default())
        }
        Spec::Local(Local::File, _) => From::Local,
        Spec::Local(..) => From::Linked,
        Spec::Patch(of, patch) => From::Patch { of: *of, patch },
        Spec::Registry { .. } | Spec::Git(_) => unknown(resolution, "berry resolves nothing to it"),
    }
}

fn unknown(range: &str, reason: &str) -> From<'static> {
    From::Unknown(SpecError::Refused { range: range.to_owned(), reason: reason.to_owned(), instead: None })
}

pub(super) fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// What berry binds to a range under a name: `…::locator=a%40workspace%3A.&hash=ab`.
pub(super) fn binding(range: &str, name: &str) -> Option<String> {
    let (_, bindings) = range.rsplit_once("::")?;
    let (_, value) = bindings.split('&').filter_map(|b| b.split_once('=')).find(|(key, _)| *key == name)?;
    Some(unescaped(value))
}

/// Percent-encoding taken off; what is no UTF-8 then is replaced.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let digit = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
        let mut ahead = bytes.clone();
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                bytes.nth(1);
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
