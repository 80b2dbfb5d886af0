//! The ARGs of a repository that belong together: `GIT_REPO`, `GIT_VERSION`, `GIT_COMMIT`.
//!
//! For the git pins that are drafted. Goes by names and by what stands there; a clone that uses them is
//! not asked for.

use super::address;
use crate::dockerfile::{Assignment, Dockerfile, assigned};
use crate::model::CommitId;

/// What an ARG is for, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Repository,
    Version,
    Commit,
}

const ENDS: [(&str, Part); 14] = [
    ("REPO", Part::Repository),
    ("REPOSITORY", Part::Repository),
    ("URL", Part::Repository),
    ("REMOTE", Part::Repository),
    ("VERSION", Part::Version),
    ("TAG", Part::Version),
    ("BRANCH", Part::Version),
    ("COMMIT", Part::Commit),
    ("SHA", Part::Commit),
    ("SHA1", Part::Commit),
    ("REF", Part::Commit),
    ("REV", Part::Commit),
    ("REVISION", Part::Commit),
    ("HASH", Part::Commit),
];

/// The stem of a name and what its end says: `GIT` and a commit of `GIT_COMMIT`.
pub(super) fn read(name: &str) -> Option<(String, Part)> {
    let upper = name.to_ascii_uppercase();
    let (stem, end) = upper.rsplit_once('_').unwrap_or(("", &upper));
    ENDS.iter().find(|(word, _)| *word == end).map(|(_, part)| (stem.to_owned(), *part))
}

/// The value of an assignment, if it stands there as such.
pub(super) fn value(file: &Dockerfile, assignment: usize) -> Option<String> {
    assigned(file, assignment).ok().map(|located| located.value).filter(|v| !v.is_empty())
}

/// Where an assignment stands, if it is one that sets something here.
fn home(a: &Assignment) -> Option<Option<usize>> {
    (!a.onbuild && a.value.is_some()).then_some(a.stage)
}

/// The assignment of the same stem and stage that says another part: the nearest one.
pub(super) fn sibling(file: &Dockerfile, assignment: usize, part: Part) -> Option<usize> {
    let own = file.assignments().get(assignment)?;
    let (stem, _) = read(&own.name)?;
    let fits =
        |a: &Assignment| home(a) == Some(own.stage) && read(&a.name).is_some_and(|(s, p)| s == stem && p == part);
    let all = file.assignments().iter().enumerate();
    let others = all.filter(|(index, a)| *index != assignment && fits(a));
    others.min_by_key(|(index, _)| index.abs_diff(assignment)).map(|(index, _)| index)
}

/// A repository and a full commit under names that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Triple {
    pub(super) repository: usize,
    pub(super) commit: usize,
}

/// All of a file, in the order of their commits.
pub(super) fn all(file: &Dockerfile) -> Vec<Triple> {
    // Bounds what a file of nothing but ARGs costs.
    const MOST: usize = 2_000;
    let mut out = Vec::new();
    for (index, a) in file.assignments().iter().enumerate().take(MOST) {
        let part = read(&a.name).map(|(_, part)| part);
        if home(a).is_none() || !matches!(part, Some(Part::Commit | Part::Version)) {
            continue;
        }
        let is_commit = value(file, index).is_some_and(|v| v.parse::<CommitId>().is_ok());
        let repository = sibling(file, index, Part::Repository).filter(|_| is_commit);
        let like = repository.filter(|r| value(file, *r).is_some_and(|v| address::is_like(&v)));
        out.extend(like.map(|repository| Triple { repository, commit: index }));
    }
    out
}

/// The assignment that gives a variable to an instruction: the last in its stage or in those that it
/// builds on, else the one before the first FROM.
pub(super) fn giver(file: &Dockerfile, stage: Option<usize>, instruction: usize, name: &str) -> Option<usize> {
    let last = |home: Option<usize>| {
        let all = file.assignments().iter().enumerate().rev();
        let fits = |a: &Assignment| a.stage == home && a.instruction < instruction && a.name == name && !a.onbuild;
        all.filter(|(_, a)| fits(a)).map(|(index, a)| (index, a.value.is_some())).next()
    };
    let mut next = stage;
    for _ in 0..100 {
        let Some(stage) = next else { break };
        match last(Some(stage)) {
            Some((index, true)) => return Some(index),
            Some((_, false)) => break,
            None => next = file.stages().get(stage).and_then(|s| s.parent),
        }
    }
    last(None).filter(|(_, valued)| *valued).map(|(index, _)| index)
}
