//! The git client before servers that refuse, move, forge, cut, stall and ask for passwords.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dubo_pin::model::{Class, CommitId, GitUrl};
use dubo_pin::remote::git::{Ask, Git, GitOptions, Origin, Relation};
use dubo_pin::remote::{CredentialSources, Credentials, Fault, Http, Limits, Mirrors, Options};

use crate::support::git_memory::{GitMemory, Repo};
use crate::support::http::{Answer, Framing, Server};

fn limits() -> Limits {
    Limits { idle: Duration::from_millis(400), back_off: Duration::from_millis(2), ..Limits::default() }
}

fn http_with(sources: CredentialSources) -> Http {
    let credentials = Credentials::new(sources);
    Http::new(Options { limits: limits(), credentials, ..Options::default() })
}

fn http() -> Http {
    http_with(CredentialSources::default())
}

fn url(text: &str) -> GitUrl {
    text.parse().unwrap()
}

fn of(id: gix::ObjectId) -> CommitId {
    CommitId::from_bytes(id.as_bytes()).unwrap()
}

const NONE: &Mirrors = &Mirrors::none();

fn client(http: &Http) -> Git<'_> {
    Git::new(http, NONE, GitOptions::default())
}

/// A line of commits on `main`, the first one first, and an annotated tag `v1` on the third.
fn line(count: usize) -> (Repo, Vec<gix::ObjectId>) {
    let mut repo = Repo::default();
    let mut all: Vec<gix::ObjectId> = Vec::new();
    for n in 0..count {
        let parents: Vec<_> = all.last().copied().into_iter().collect();
        all.push(repo.commit(&format!("Change {n}"), &parents));
    }
    repo.set("refs/heads/main", all[count - 1]);
    let tag = repo.tag("v1", all[2.min(count - 1)]);
    repo.set("refs/tags/v1", tag);
    (repo, all)
}

#[test]
fn a_server_that_refuses_bare_ids_is_climbed_by_the_hint() {
    let (repo, all) = line(1_200);
    let server = GitMemory::serve(repo);
    server.fault(|f| f.any_want = false);
    let http = http();
    let (git, url) = (client(&http), url(&server.url()));
    let hint = Some("refs/heads/main");
    // The tip; 10, 400 and 1,100 below it.
    for n in [1_199, 1_189, 799, 99] {
        assert_eq!(git.commit(&url, &of(all[n]), hint).unwrap().id, of(all[n]), "{n}");
    }
    // What a tag peels to, by way of the tag object.
    assert_eq!(git.commit(&url, &of(all[2]), Some("refs/tags/v1")).unwrap().id, of(all[2]));
    for hint in [None, Some("refs/heads/gone"), Some("refs/tags/v1")] {
        let error = git.commit(&url, &of(all[600]), hint).unwrap_err();
        assert_eq!(error.fault(), Fault::NoSuchCommit, "{hint:?} {error}");
    }
    let between = git.between(&url, &of(all[5]), &of(all[600]), 99).unwrap();
    assert_eq!(between.relation, Relation::Unknown);
}

#[test]
fn a_server_without_filter_or_depth_still_gives_the_commit() {
    let (repo, all) = line(30);
    let server = GitMemory::serve(repo);
    let http = http();
    let (git, url) = (client(&http), url(&server.url()));
    for (filter, shallow) in [(true, false), (false, true), (false, false)] {
        server.fault(|f| (f.filter, f.shallow) = (filter, shallow));
        assert_eq!(git.commit(&url, &of(all[9]), None).unwrap().subject, "Change 9");
        let between = git.between(&url, &of(all[9]), &of(all[29]), 99).unwrap();
        assert_eq!(between.relation, Relation::Unknown, "{filter} {shallow}");
    }
    server.fault(|f| f.any_want = false);
    assert_eq!(git.commit(&url, &of(all[9]), Some("refs/heads/main")).unwrap().id, of(all[9]));
}

#[test]
fn a_ref_that_moves_between_list_and_fetch_does_not_change_the_commit() {
    let (mut repo, all) = line(3);
    let next = repo.commit("Next", &all[2..]);
    let server = GitMemory::serve(repo);
    let http = http();
    let (git, url) = (client(&http), url(&server.url()));
    for any_want in [true, false] {
        server.change(|r| r.set("refs/heads/main", all[2]));
        server.fault(|f| {
            f.any_want = any_want;
            f.move_after_list = Some(("refs/heads/main".to_owned(), next));
        });
        let listing = git.refs(&url, Ask::Branch("main")).unwrap();
        let id = listing.refs["refs/heads/main"].target();
        assert_eq!(id, of(all[2]));
        assert_eq!(git.commit(&url, &id, Some("refs/heads/main")).unwrap().id, id);
    }
}

#[test]
fn forged_objects_are_an_alarm_and_never_a_commit() {
    let (repo, all) = line(3);
    let server = GitMemory::serve(repo);
    server.fault(|f| f.forge = true);
    let http = http();
    let error = client(&http).commit(&url(&server.url()), &of(all[2]), None).unwrap_err();
    assert_eq!((error.fault(), error.class()), (Fault::Forged, Class::Alarm), "{error}");
}

#[test]
fn a_forgotten_old_commit_costs_a_deeper_walk_and_tells_no_lie() {
    let (repo, all) = line(700);
    let server = GitMemory::serve(repo);
    server.fault(|f| f.forget_haves = true);
    let http = http();
    let (git, url) = (client(&http), url(&server.url()));
    let near = git.between(&url, &of(all[690]), &of(all[699]), 9_999).unwrap();
    assert_eq!((near.relation, near.count), (Relation::Descendant, 9));
    let far = git.between(&url, &of(all[10]), &of(all[699]), 9_999).unwrap();
    assert_eq!((far.relation, far.count, far.more), (Relation::Descendant, 689, false));
    let capped = git.between(&url, &of(all[10]), &of(all[699]), 300).unwrap();
    assert_eq!((capped.relation, capped.more), (Relation::Unknown, true));
}

#[test]
fn a_pack_cut_at_any_place_is_never_a_commit() {
    let (repo, all) = line(3);
    let server = GitMemory::serve(repo);
    let http = http();
    let (git, url) = (client(&http), url(&server.url()));
    let whole = std::sync::Arc::new(AtomicUsize::new(0));
    let seen = whole.clone();
    server.http.twist(move |asked, answer| {
        if asked.method == "POST" {
            seen.store(answer.body.len(), Ordering::SeqCst);
        }
        answer
    });
    assert!(git.commit(&url, &of(all[2]), None).is_ok());
    let size = whole.load(Ordering::SeqCst);
    for at in (0..size).step_by(7).chain(size - 8..size) {
        // Once as a dropped connection, once as a server that ends too early.
        for honest in [true, false] {
            server.http.twist(move |asked, mut answer| {
                if asked.method == "POST" && honest {
                    answer.cut = Some(at);
                } else if asked.method == "POST" {
                    answer.body.truncate(at);
                }
                answer
            });
            let result = git.commit(&url, &of(all[2]), None);
            if at + 4 >= size {
                // The pack is whole; only the packet that says so is missing.
                assert!(result.is_err() || result.is_ok_and(|c| c.id == of(all[2])));
                continue;
            }
            let error = result.unwrap_err();
            let faults = [Fault::Unreachable, Fault::Broken];
            assert!(faults.contains(&error.fault()), "{at} {honest} {error}");
            assert!(!honest || error.fault() == Fault::Unreachable, "{at} {error}");
        }
    }
}

#[test]
fn a_connection_that_drops_once_in_the_middle_is_tried_again() {
    let (repo, all) = line(3);
    let server = GitMemory::serve(repo);
    let drops = AtomicUsize::new(1);
    server.http.twist(move |asked, mut answer| {
        let left = drops.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        if asked.method == "POST" && left.is_ok() {
            answer.cut = Some(60);
        }
        answer
    });
    let http = http();
    assert!(client(&http).commit(&url(&server.url()), &of(all[2]), None).is_ok());
}

#[test]
fn a_list_of_refs_costs_one_request() {
    let server = GitMemory::serve(line(3).0);
    let http = http();
    assert_eq!(client(&http).refs(&url(&server.url()), Ask::Tags).unwrap().refs.len(), 1);
    let methods: Vec<_> = server.http.log().into_iter().map(|a| a.method).collect();
    assert_eq!(methods, ["POST"]);
}

#[test]
fn a_short_question_that_fails_or_comes_back_empty_is_asked_again_in_full() {
    let flush = Answer::new(200, "0000").with("Content-Type", "application/x-git-upload-pack-result");
    let refusal = Answer::new(200, "000fERR not so\n").with("Content-Type", "application/x-git-upload-pack-result");
    let page = Answer::new(200, "<html>").with("Content-Type", "text/html");
    for first in [flush, refusal, page, Answer::new(500, ""), Answer::new(404, ""), Answer::new(405, "")] {
        let server = GitMemory::serve(line(3).0);
        server.http.first([first.clone()]);
        let http = http();
        let listing = client(&http).refs(&url(&server.url()), Ask::Tags);
        assert_eq!(listing.unwrap().refs.len(), 1, "{first:?}");
        let methods: Vec<_> = server.http.log().into_iter().map(|a| a.method).collect();
        assert_eq!(methods, ["POST", "GET", "POST"], "{first:?}");
    }
}

#[test]
fn stalls_end_within_the_limit_and_are_unreachable() {
    for (method, at) in [("GET", 0), ("GET", 150), ("POST", 0), ("POST", 150)] {
        let (repo, all) = line(3);
        let server = GitMemory::serve(repo);
        server.http.twist(move |asked, mut answer| {
            if asked.method == method {
                answer.stall = Some(at);
            }
            answer
        });
        let (http, begun) = (http(), Instant::now());
        let (git, url) = (client(&http), url(&server.url()));
        let asked = match method {
            "GET" => git.commit(&url, &of(all[2]), None).map(drop),
            _ => git.refs(&url, Ask::Tags).map(drop),
        };
        let error = asked.unwrap_err();
        assert_eq!(error.fault(), Fault::Unreachable, "{method} {at} {error}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{method} {at}");
    }
}

#[test]
fn too_many_refs_are_refused() {
    let (mut repo, all) = line(3);
    for n in 0..500 {
        repo.set(&format!("refs/tags/{n}"), all[0]);
    }
    let server = GitMemory::serve(repo);
    let http = http();
    for framing in [Framing::Length, Framing::Chunked] {
        server.http.twist(move |_, answer| Answer { framing, ..answer });
        let options = GitOptions { refs_limit: 5_000, ..GitOptions::default() };
        let git = Git::new(&http, NONE, options);
        let error = git.refs(&url(&server.url()), Ask::Tags).unwrap_err();
        assert_eq!(error.fault(), Fault::Refused, "{error}");
        assert!(git.refs(&url(&server.url()), Ask::Tag("7")).is_ok());
    }
}

#[test]
fn an_object_larger_than_the_limit_is_not_unpacked() {
    let mut repo = Repo::default();
    let big = repo.commit(&"x".repeat(400_000), &[]);
    repo.set("refs/heads/main", big);
    let server = GitMemory::serve(repo);
    let http = http();
    let options = GitOptions { object_limit: 100_000, ..GitOptions::default() };
    let error = Git::new(&http, NONE, options).commit(&url(&server.url()), &of(big), None).unwrap_err();
    assert_eq!(error.fault(), Fault::Broken, "{error}");
    let options = GitOptions { pack_limit: 100_000, ..GitOptions::default() };
    let error = Git::new(&http, NONE, options).commit(&url(&server.url()), &of(big), None).unwrap_err();
    assert_eq!(error.fault(), Fault::Refused, "{error}");
}

#[test]
fn what_is_no_git_server_is_named_so() {
    let page = Server::start(|_| Answer::new(200, "<html>").with("Content-Type", "text/html"));
    let http = http();
    let error = client(&http).refs(&url(&format!("{}/r", page.url())), Ask::Head).unwrap_err();
    assert_eq!(error.fault(), Fault::Broken);
    assert!(error.to_string().contains("not that of a git server"), "{error}");
    let nonsense = Server::start(|_| {
        Answer::new(200, "zzzz\u{1b}[2J").with("Content-Type", "application/x-git-upload-pack-advertisement")
    });
    let error = client(&http).refs(&url(&format!("{}/r", nonsense.url())), Ask::Head).unwrap_err();
    assert_eq!(error.fault(), Fault::Broken);
    assert!(!error.to_string().contains('\u{1b}'), "{error}");
}

#[test]
fn statuses_are_told_apart_and_only_404_is_not_there() {
    for (status, fault) in [
        (403, Fault::Denied),
        (404, Fault::NotThere),
        (410, Fault::NotThere),
        (429, Fault::Busy),
        (500, Fault::Busy),
        (503, Fault::Busy),
    ] {
        let server = Server::start(move |_| Answer::new(status, "no"));
        let http = http();
        let error = client(&http).refs(&url(&format!("{}/r", server.url())), Ask::Head).unwrap_err();
        assert_eq!((error.fault(), error.class()), (fault, Class::Undone), "{status}");
    }
}

#[test]
fn busy_servers_are_asked_again_and_their_wish_is_kept() {
    let server = GitMemory::serve(line(3).0);
    let (http, url) = (http(), url(&server.url()));
    server.http.first([Answer::new(503, ""), Answer::new(502, "")]);
    assert!(client(&http).refs(&url, Ask::Tags).is_ok());
    server.http.first([Answer::new(429, "").with("Retry-After", "1")]);
    let begun = Instant::now();
    assert!(client(&http).refs(&url, Ask::Tags).is_ok());
    assert!(begun.elapsed() >= Duration::from_secs(1));
    // Too long a wait is told, not kept.
    server.http.first([Answer::new(429, "").with("Retry-After", "3600")]);
    let begun = Instant::now();
    let error = client(&http).refs(&url, Ask::Tags).unwrap_err();
    assert_eq!(error.fault(), Fault::Busy);
    assert!(error.trouble().help.unwrap().contains("3600 s"));
    assert!(begun.elapsed() < Duration::from_secs(1));
}

fn netrc(password: &str) -> CredentialSources {
    let netrc = Some(format!("machine 127.0.0.1 login me password {password}"));
    CredentialSources { netrc, ..CredentialSources::default() }
}

#[test]
fn a_password_comes_from_netrc_and_only_after_it_was_asked_for() {
    let server = GitMemory::serve(line(3).0);
    let http = http_with(netrc("right-one"));
    let (git, url) = (client(&http), url(&server.url()));
    assert!(git.refs(&url, Ask::Tags).is_ok());
    assert!(server.http.log().iter().all(|a| a.header("authorization").is_none()));
    server.http.want("me:right-one");
    assert!(git.refs(&url, Ask::Tags).is_ok());
    assert!(git.refs(&url, Ask::Tags).is_ok());
    // Once asked, it is sent at once.
    let sent: Vec<_> = server.http.log().iter().skip(1).map(|a| a.header("authorization").is_some()).collect();
    assert_eq!(sent, [false, true, true]);
}

#[test]
fn missing_and_wrong_passwords_are_denied_and_never_shown() {
    let server = GitMemory::serve(line(3).0);
    server.http.want("me:right-one");
    let url = url(&server.url());
    let none = http();
    let error = client(&none).refs(&url, Ask::Tags).unwrap_err();
    assert_eq!(error.fault(), Fault::Denied);
    assert!(error.to_string().contains("there is no netrc, git has no credential helper"), "{error}");
    let wrong = http_with(netrc("wrong-one"));
    for _ in 0..2 {
        let error = client(&wrong).refs(&url, Ask::Tags).unwrap_err();
        assert_eq!(error.fault(), Fault::Denied);
        assert!(error.to_string().contains("from netrc were not accepted"), "{error}");
        let all = format!("{error:?} {:?} {wrong:?}", error.trouble());
        assert!(!all.contains("wrong-one"), "{all}");
    }
    // One that was not accepted is not sent again: hosts lock accounts for less.
    let log = server.http.log();
    let sent = log.iter().filter(|a| a.header("authorization").is_some());
    assert_eq!(sent.count(), 1);
}

#[cfg(unix)]
#[test]
fn a_credential_helper_of_the_users_configuration_is_asked_once() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let script = format!(
        "#!/bin/sh\necho \"$1 $GIT_TERMINAL_PROMPT\" >> '{0}'\ncat >> '{0}'\necho username=me\necho password=right-one\n",
        path("log").display()
    );
    std::fs::write(path("helper"), script).unwrap();
    std::fs::set_permissions(path("helper"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let server = GitMemory::serve(line(3).0);
    server.http.want("me:right-one");
    let config = |text: String| {
        std::fs::write(path("gitconfig"), text).unwrap();
        let git_configs: Vec<PathBuf> = vec![path("missing"), path("gitconfig")];
        http_with(CredentialSources { git_configs, ..CredentialSources::default() })
    };
    let helper = path("helper").display().to_string();
    let url = url(&server.url());
    // One that is named for another host is not asked.
    let http = config(format!("[credential \"https://other.example\"]\n\thelper = {helper}\n"));
    assert_eq!(client(&http).refs(&url, Ask::Tags).unwrap_err().fault(), Fault::Denied);
    assert!(!path("log").exists());
    let section = format!("[credential \"{}\"]\n\thelper = {helper}\n", server.http.url());
    let http = config(format!("[credential]\n\thelper = /no/such/helper\n{section}"));
    for _ in 0..3 {
        assert!(client(&http).refs(&url, Ask::Tags).is_ok());
    }
    let log = std::fs::read_to_string(path("log")).unwrap();
    let host = server.http.url().trim_start_matches("http://").to_owned();
    assert!(log.starts_with("get 0\n"), "{log}");
    assert!(log.contains("protocol=http\n") && log.contains(&format!("host={host}\n")), "{log}");
    assert_eq!(log.matches("get").count(), 1, "{log}");
}

#[test]
fn a_renamed_repository_is_followed_and_a_foreign_host_gets_no_password() {
    let (repo, all) = line(3);
    let server = GitMemory::serve(repo);
    let to = server.url();
    let old =
        Server::start(move |asked| Answer::redirect(301, &format!("{to}{}", asked.path.trim_start_matches("/old"))));
    old.want("me:right-one");
    let http = http_with(netrc("right-one"));
    let url = url(&format!("{}/old", old.url()));
    let git = client(&http);
    assert_eq!(git.refs(&url, Ask::Tags).unwrap().refs.len(), 1);
    assert_eq!(git.commit(&url, &of(all[2]), None).unwrap().id, of(all[2]));
    assert!(old.log().iter().any(|a| a.header("authorization").is_some()));
    // A redirected question is not followed; the short form of the list is one, asked twice for
    // the password's sake.
    assert_eq!(old.log().iter().filter(|a| a.method == "POST").count(), 2);
    assert!(server.http.log().iter().all(|a| a.header("authorization").is_none()));
    assert!(server.http.log().iter().all(|a| a.header("git-protocol") == Some("version=2")));
    // The other host asks for a password itself: it was not named, so it gets none.
    server.http.want("me:right-one");
    assert_eq!(git.refs(&url, Ask::Tags).unwrap_err().fault(), Fault::Denied);
    assert!(server.http.log().iter().all(|a| a.header("authorization").is_none()));
}

#[test]
fn a_redirect_to_no_repository_is_refused() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/login" => Answer::new(200, "<html>").with("Content-Type", "text/html"),
        _ => Answer::redirect(302, "/login"),
    });
    let http = http();
    let error = client(&http).refs(&url(&format!("{}/r", server.url())), Ask::Head).unwrap_err();
    assert_eq!(error.fault(), Fault::Refused, "{error}");
}

#[test]
fn mirrors_serve_known_hashes_and_decide_only_if_they_may() {
    let (repo, all) = line(5);
    let (mut newer, tip) = (repo.clone(), all[4]);
    let fresh = newer.commit("Fresh", &[tip]);
    newer.set("refs/heads/main", fresh);
    let (upstream, mirror) = (GitMemory::serve(newer), GitMemory::serve(repo));
    let mirrors = |resolve: &str| {
        let text = format!("{}/={}/{resolve}", upstream.http.url(), mirror.http.url());
        Mirrors::default().and_environment(&text).unwrap()
    };
    let (http, url) = (http(), url(&upstream.url()));
    let main = |mirrors: &Mirrors| {
        let git = Git::new(&http, mirrors, GitOptions::default());
        let listing = git.refs(&url, Ask::Branch("main")).unwrap();
        (listing.refs["refs/heads/main"].target(), listing.origin)
    };
    assert_eq!(main(&mirrors("")), (of(fresh), Origin::Upstream));
    assert_eq!(main(&mirrors(";resolve")), (of(tip), Origin::Mirror));
    let plain = mirrors("");
    let git = Git::new(&http, &plain, GitOptions::default());
    let before = upstream.http.log().len();
    assert_eq!(git.commit(&url, &of(tip), None).unwrap().id, of(tip));
    assert_eq!(upstream.http.log().len(), before);
    // What the mirror has not yet, upstream has.
    assert_eq!(git.commit(&url, &of(fresh), None).unwrap().id, of(fresh));
    // A mirror that lies is not passed over.
    mirror.fault(|f| f.forge = true);
    assert_eq!(git.commit(&url, &of(tip), None).unwrap_err().fault(), Fault::Forged);
}
