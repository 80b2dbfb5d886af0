//! The git client before answers whose bytes were changed at random: an error or the truth, and
//! never a panic, neither ours nor one of the git library's.

use std::time::Duration;

use dubo_pin::model::{CommitId, GitUrl};
use dubo_pin::remote::git::{Ask, Git, GitOptions};
use dubo_pin::remote::{Http, Limits, Mirrors, Options};

use crate::support::git_http::{self, GitHttp};
use crate::support::git_memory::{GitMemory, Repo};
use crate::support::have;

fn http() -> Http {
    let limits = Limits { idle: Duration::from_millis(400), back_off: Duration::from_millis(1), ..Limits::default() };
    Http::new(Options { limits, ..Options::default() })
}

fn client(http: &Http) -> Git<'_> {
    const NONE: &Mirrors = &Mirrors::none();
    Git::new(http, NONE, GitOptions { object_limit: 1 << 20, ..GitOptions::default() })
}

/// Bytes changed at random places, the same ones in every run.
fn garbled(mut bytes: Vec<u8>, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 11).unwrap() % below.max(1)
    };
    for _ in 0..=next(4) {
        let at = next(bytes.len());
        match next(5) {
            0 => bytes[at] ^= 1 << next(8),
            1 => bytes[at] = b"0123456789abcdef \n\0"[next(19)],
            2 => drop(bytes.remove(at)),
            3 => bytes.insert(at, b"0af \n\x01\x03"[next(7)]),
            _ => bytes.truncate(at.max(1)),
        }
    }
    bytes
}

#[test]
fn garbled_answers_are_errors_or_the_truth_and_never_a_panic() {
    let mut repo = Repo::default();
    let mut all: Vec<gix::ObjectId> = Vec::new();
    for n in 0..12 {
        let parents: Vec<_> = all.last().copied().into_iter().collect();
        all.push(repo.commit(&format!("Change {n}"), &parents));
    }
    repo.set("refs/heads/main", all[11]);
    let tag = repo.tag("v1", all[2]);
    repo.set("refs/tags/v1", tag);
    let of = |n: usize| CommitId::from_bytes(all[n].as_bytes()).unwrap();
    let server = GitMemory::serve(repo);
    let http = http();
    let (git, url): (_, GitUrl) = (client(&http), server.url().parse().unwrap());
    for seed in 0..120 {
        server.http.twist(move |asked, mut answer| {
            if (asked.method == "GET") == (seed % 4 == 0) {
                answer.body = garbled(answer.body, seed);
            }
            answer
        });
        let _ = git.refs(&url, Ask::All);
        if let Ok(commit) = git.commit(&url, &of(9), Some("refs/heads/main")) {
            assert_eq!((commit.id, commit.subject.as_str()), (of(9), "Change 9"));
        }
        let _ = git.between(&url, &of(3), &of(9), 99);
    }
}

#[test]
fn garbled_answers_of_an_old_server_are_errors_or_the_truth_and_never_a_panic() {
    if !have("git") {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let repository = git_http::init(root.path(), "r.git", "sha1");
    let first = git_http::commit(&repository, "one", &[]);
    let second = git_http::commit(&repository, "two", &[&first]);
    git_http::git(&repository, &["update-ref", "refs/heads/main", &second]);
    git_http::git(&repository, &["tag", "-a", "v1", "-m", "m", &second]);
    let server = GitHttp::serve(root.path(), false);
    let http = http();
    let (git, url): (_, GitUrl) = (client(&http), server.url("r.git").parse().unwrap());
    let id: CommitId = second.parse().unwrap();
    for seed in 0..60 {
        server.http.twist(move |asked, mut answer| {
            if (asked.method == "GET") == (seed % 2 == 0) {
                answer.body = garbled(answer.body, seed);
            }
            answer
        });
        let _ = git.refs(&url, Ask::All);
        if let Ok(commit) = git.commit(&url, &id, None) {
            assert_eq!((commit.id, commit.subject.as_str()), (id, "two"));
        }
    }
}
