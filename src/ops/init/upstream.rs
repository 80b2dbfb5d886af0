//! Which refs the repositories have that `init` meets: each asked once, many at a time.
//!
//! For `init`, which hands the answers to `adopt`. Without a remote nobody is asked. What refs mean is
//! not decided here.

use std::collections::BTreeMap;

use crate::adopt::{Refs, Upstream};
use crate::model::{Event, Events, GitUrl, Trouble};
use crate::remote::git::{Ask, Git, Listing};
use crate::remote::{self, Remote};

/// What servers answered, and the way to those that were not asked yet.
pub(super) struct Asked<'a> {
    remote: Option<&'a Remote>,
    answers: BTreeMap<GitUrl, Result<Refs, Trouble>>,
}

/// Asks for the refs of some repositories, at most `jobs` at once; nobody without a remote.
pub(super) fn ask<'a>(remote: Option<&'a Remote>, urls: &[GitUrl], jobs: usize, events: &dyn Events) -> Asked<'a> {
    let mut answers = BTreeMap::new();
    if let Some(client) = remote {
        let mut urls = urls.to_vec();
        urls.sort();
        urls.dedup();
        events.emit(Event::Begin(urls.len()));
        let one = |url: &GitUrl| {
            events.emit(Event::Start(url.to_string()));
            let answer = refs(&client.git(), url);
            events.emit(Event::Done(url.to_string()));
            answer
        };
        let all = remote::each(&urls, jobs, one);
        events.emit(Event::End);
        answers = urls.into_iter().zip(all).collect();
    }
    Asked { remote, answers }
}

impl Upstream for Asked<'_> {
    fn refs(&self, repository: &GitUrl) -> Result<Option<Refs>, Trouble> {
        match (self.answers.get(repository), self.remote) {
            (Some(answer), _) => answer.clone().map(Some),
            (None, Some(remote)) => refs(&remote.git(), repository).map(Some),
            (None, None) => Ok(None),
        }
    }
}

fn refs(git: &Git<'_>, url: &GitUrl) -> Result<Refs, Trouble> {
    git.refs(url, Ask::All).map(read).map_err(|error| error.trouble())
}

/// Branches and tags by their short names.
fn read(listing: Listing) -> Refs {
    let named = listing.head.and_then(|head| head.target).or(listing.unborn);
    let head = named.and_then(|name| name.strip_prefix("refs/heads/").map(str::to_owned));
    let mut refs = Refs { head, ..Refs::default() };
    for (name, ids) in listing.refs {
        if let Some(branch) = name.strip_prefix("refs/heads/") {
            refs.branches.insert(branch.to_owned(), ids.target());
        } else if let Some(tag) = name.strip_prefix("refs/tags/") {
            refs.tags.insert(tag.to_owned(), ids.target());
        }
    }
    refs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CommitId, Silent};
    use crate::remote::git::{Head, Origin, RefIds};

    fn id(n: u8) -> CommitId {
        CommitId::Sha1([n; 20])
    }

    #[test]
    fn a_tag_comes_to_its_commit_and_head_to_its_branch() {
        let ids = |object: u8, peeled: Option<u8>| RefIds { object: id(object), peeled: peeled.map(id) };
        let refs = [
            ("refs/heads/main", ids(1, None)),
            ("refs/heads/a/b", ids(2, None)),
            ("refs/tags/v1", ids(3, Some(1))),
            ("refs/tags/light", ids(2, None)),
        ];
        let listing = Listing {
            head: Some(Head { target: Some("refs/heads/main".to_owned()), id: id(1) }),
            unborn: None,
            refs: refs.map(|(name, ids)| (name.to_owned(), ids)).into(),
            origin: Origin::Upstream,
        };
        let named = |all: [(&str, u8); 2]| all.map(|(name, n)| (name.to_owned(), id(n))).into();
        let expected = Refs {
            head: Some("main".to_owned()),
            branches: named([("main", 1), ("a/b", 2)]),
            tags: named([("v1", 1), ("light", 2)]),
        };
        assert_eq!(read(listing), expected);
    }

    #[test]
    fn offline_nobody_is_asked() {
        let url: GitUrl = "https://example.org/x/y".parse().unwrap();
        let asked = ask(None, std::slice::from_ref(&url), 4, &Silent);
        assert_eq!(asked.refs(&url), Ok(None));
    }
}
