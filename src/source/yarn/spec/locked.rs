//! Which repository and commit an entry of yarn.lock stands for.

use std::str::FromStr as _;

use crate::model::{CommitId, GitUrl};

use super::super::lockfile::{Entry, Format};
use super::{Descriptor, Reference, SpecError, berry, hosted, repository, v1};

/// The repository and commit of an entry: from `resolved` (yarn 1; hosts' tarballs too) or
/// `resolution` (berry). `None` for an entry that is not from git.
///
/// # Errors
/// It is from git, but names no full commit, or a repository that is not followed.
#[must_use]
pub fn git_of(format: &Format, entry: &Entry) -> Option<Result<(GitUrl, CommitId), SpecError>> {
    match format {
        Format::V1 => of_resolved(entry.resolved.as_deref()?),
        Format::Berry { .. } => of_resolution(entry.resolution.as_deref()?),
    }
}

fn of_resolved(resolved: &str) -> Option<Result<(GitUrl, CommitId), SpecError>> {
    let no_commit = || SpecError::NoCommit(resolved.to_owned());
    if let Some((url, reference)) = hosted::archive(resolved) {
        return Some(CommitId::from_str(&reference).map(|commit| (url, commit)).map_err(|_| no_commit()));
    }
    if !v1::is_git(resolved) {
        return None;
    }
    let (url, commit) = resolved.split_once('#').unwrap_or((resolved, ""));
    let Ok(commit) = CommitId::from_str(commit) else { return Some(Err(no_commit())) };
    Some(repository::canonical(resolved, url, false).map(|(url, _)| (url, commit)))
}

fn of_resolution(resolution: &str) -> Option<Result<(GitUrl, CommitId), SpecError>> {
    let reference = match Descriptor::parse(resolution) {
        Ok(descriptor) => descriptor.range,
        // Somebody else says that its name is no name; whether it is from git can still be seen.
        Err(_) => resolution.split_once('@')?.1.to_owned(),
    };
    if !berry::is_git(&reference) {
        return None;
    }
    Some(berry::git(&reference).and_then(|git| match git.reference {
        Reference::Commit(commit) => Ok((git.url, commit)),
        _ => Err(SpecError::NoCommit(resolution.to_owned())),
    }))
}
