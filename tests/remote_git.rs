//! The git client held against git itself: real repositories behind `git http-backend`, over
//! protocol v2 and v0, as files, and over ssh.

use std::collections::BTreeMap;
use std::path::Path;

use dubo_pin::model::{CommitId, GitUrl};
use dubo_pin::remote::git::{Ask, Git, GitOptions, Origin, RefIds, Relation};
use dubo_pin::remote::{Fault, Http, Limits, Mirrors, ObjectKind, Options};

use crate::support::git_http::{self, COMMITS, GitHttp, TAGS, git};
use crate::support::have;

fn http() -> Http {
    let limits = Limits { back_off: std::time::Duration::from_millis(5), ..Limits::default() };
    Http::new(Options { limits, ..Options::default() })
}

fn url(text: &str) -> GitUrl {
    text.parse().unwrap()
}

fn id(text: &str) -> CommitId {
    text.parse().unwrap()
}

/// What `git ls-remote` says, by full name.
fn ls_remote(url: &str, v2: bool) -> BTreeMap<String, RefIds> {
    let version = if v2 { "protocol.version=2" } else { "protocol.version=0" };
    let text = git(Path::new("/"), &["-c", version, "ls-remote", url]);
    let mut refs: BTreeMap<String, RefIds> = BTreeMap::new();
    for line in text.lines() {
        let (object, name) = line.split_once('\t').unwrap();
        match name.strip_suffix("^{}") {
            Some(name) => refs.get_mut(name).unwrap().peeled = Some(id(object)),
            None => drop(refs.insert(name.to_owned(), RefIds { object: id(object), peeled: None })),
        }
    }
    refs
}

/// Each way to the large repository: v2, v0, as a file.
fn each_way(test: impl Fn(&Git<'_>, &GitUrl, &str)) {
    if !have("git") {
        return;
    }
    let root = git_http::large();
    let (v2, v0) = (GitHttp::serve(root, true), GitHttp::serve(root, false));
    let file = format!("file://{}/large.git", root.display());
    let (http, mirrors) = (http(), Mirrors::default());
    let git = Git::new(&http, &mirrors, GitOptions::default());
    for (way, text) in [("v2", v2.url("large.git")), ("v0", v0.url("large.git")), ("file", file)] {
        test(&git, &url(&text), way);
    }
    let asked = v2.http.log().into_iter().filter(|a| a.path.contains("info/refs"));
    assert!(asked.into_iter().all(|a| a.header("git-protocol") == Some("version=2")));
}

#[test]
fn refs_equal_git_ls_remote() {
    each_way(|git, url, way| {
        let truth = ls_remote(url.as_str(), way == "v2");
        let all = git.refs(url, Ask::All).unwrap();
        let (heads, tags) = (all.refs.keys(), all.refs.keys());
        assert_eq!(heads.filter(|n| n.starts_with("refs/heads/")).count(), 5, "{way}");
        assert_eq!(tags.filter(|n| n.starts_with("refs/tags/")).count(), TAGS + 6, "{way}");
        let head = all.head.clone().unwrap();
        assert_eq!(head.target.as_deref(), Some("refs/heads/main"), "{way}");
        assert_eq!(head.id, truth["HEAD"].object, "{way}");
        let mut told = all.refs.clone();
        told.insert("HEAD".to_owned(), RefIds { object: head.id, peeled: None });
        assert_eq!(told, truth, "{way}");
        assert_eq!(all.origin, Origin::Upstream);
        let tags = git.refs(url, Ask::Tags).unwrap().refs;
        assert_eq!(tags.len(), TAGS + 6);
        assert!(tags.iter().all(|(name, ids)| truth[name] == *ids), "{way}");
    });
}

#[test]
fn one_ref_is_that_ref_and_no_other() {
    each_way(|git, url, way| {
        let truth = ls_remote(url.as_str(), true);
        let one = |ask| {
            let listing = git.refs(url, ask).unwrap();
            assert!(listing.refs.len() <= 1 && listing.head.is_none(), "{way}");
            listing.refs.into_iter().next()
        };
        let is = |name: &str| Some((name.to_owned(), truth[name]));
        // A prefix of eleven others.
        assert_eq!(one(Ask::Tag("v1")), is("refs/tags/v1"), "{way}");
        assert_eq!(one(Ask::Tag("v1.0")), None, "{way}");
        // The same name as branch and as tag.
        assert_eq!(one(Ask::Tag("both")), is("refs/tags/both"), "{way}");
        assert_eq!(one(Ask::Branch("both")), is("refs/heads/both"), "{way}");
        assert_ne!(truth["refs/tags/both"], truth["refs/heads/both"]);
        assert_eq!(one(Ask::Branch("feature/x")), is("refs/heads/feature/x"), "{way}");
        assert_eq!(one(Ask::Branch("feature")), None, "{way}");
        // A tag of a tag comes to the commit in the end.
        let (_, nested) = one(Ask::Tag("nested")).unwrap();
        assert_eq!(Some(nested), truth.get("refs/tags/nested").copied(), "{way}");
        assert_eq!(nested.target(), truth["refs/tags/inner"].target(), "{way}");
        let head = git.refs(url, Ask::Head).unwrap();
        assert!(head.refs.is_empty() && head.head.is_some(), "{way}");
    });
}

#[test]
fn a_commit_is_byte_for_byte_that_of_git() {
    each_way(|git, url, way| {
        let repository = git_http::large().join("large.git");
        let truth = ls_remote(url.as_str(), true);
        for name in ["refs/heads/main", "refs/tags/v1.3.1", "refs/tags/nested"] {
            let want = truth[name].target();
            let commit = git.commit(url, &want, Some(name)).unwrap();
            let raw = git_http::git(&repository, &["cat-file", "commit", &want.to_string()]);
            assert_eq!(String::from_utf8_lossy(&commit.raw).trim_end(), raw, "{way} {name}");
            let show = git_http::git(&repository, &["show", "-s", "--format=%T %ct %P|%s", &want.to_string()]);
            let parents: Vec<_> = commit.parents.iter().map(ToString::to_string).collect();
            let told = format!("{} {} {}|{}", commit.tree, commit.committer_time, parents.join(" "), commit.subject);
            assert_eq!(told, show, "{way} {name}");
        }
    });
}

#[test]
fn a_commit_that_no_ref_points_at_is_had_by_its_id() {
    each_way(|git, url, way| {
        let repository = git_http::large().join("large.git");
        let deep = id(&git_http::git(&repository, &["rev-parse", "main~300"]));
        assert_eq!(git.commit(url, &deep, None).unwrap().id, deep, "{way}");
    });
}

#[test]
fn what_is_no_commit_is_named_for_what_it_is() {
    each_way(|git, url, way| {
        let truth = ls_remote(url.as_str(), true);
        for (name, kind) in [("refs/tags/to-tree", ObjectKind::Tree), ("refs/tags/to-blob", ObjectKind::Blob)] {
            let hint = Some(name);
            let error = git.commit(url, &truth[name].target(), hint).unwrap_err();
            assert_eq!(error.fault(), Fault::NotACommit(kind), "{way} {name} {error}");
        }
        let tag = truth["refs/tags/inner"].object;
        let error = git.commit(url, &tag, None).unwrap_err();
        assert_eq!(error.fault(), Fault::NotACommit(ObjectKind::Tag), "{way} {error}");
    });
}

#[test]
fn an_id_that_is_not_there_is_not_there() {
    each_way(|git, url, way| {
        let absent = CommitId::Sha1([0x11; 20]);
        let error = git.commit(url, &absent, Some("refs/tags/v1.0.2")).unwrap_err();
        assert_eq!(error.fault(), Fault::NoSuchCommit, "{way} {error}");
        let other_format = CommitId::Sha256([0x11; 32]);
        let error = git.commit(url, &other_format, None).unwrap_err();
        assert_eq!(error.fault(), Fault::NoSuchCommit, "{way} {error}");
    });
}

#[test]
fn what_lies_between_equals_git_rev_list() {
    each_way(|git, url, way| {
        let repository = git_http::large().join("large.git");
        let rev = |name: &str| id(&git_http::git(&repository, &["rev-parse", name]));
        for (old, new) in [("main~3", "main"), ("main~120", "main"), ("main~2000", "main~1"), ("main", "main")] {
            let between = git.between(url, &rev(old), &rev(new), 65_536).unwrap();
            let range = format!("{old}..{new}");
            let count = git_http::git(&repository, &["rev-list", "--count", &range]);
            assert_eq!(between.relation, Relation::Descendant, "{way} {range}");
            assert_eq!(between.count.to_string(), count, "{way} {range}");
            assert!(!between.more, "{way} {range}");
            let log = git_http::git(&repository, &["log", "-20", "--format=%s", "--date-order", &range]);
            let subjects: Vec<_> = between.subjects.iter().map(|(_, s)| s.as_str()).collect();
            assert_eq!(subjects.join("\n"), log, "{way} {range}");
        }
        let rewritten = git.between(url, &rev("main"), &rev("rewritten"), 65_536).unwrap();
        assert_eq!((rewritten.relation, rewritten.count), (Relation::NotDescendant, 1), "{way}");
        let back = git.between(url, &rev("main"), &rev("v1"), 65_536).unwrap();
        assert_eq!((back.relation, back.count), (Relation::NotDescendant, 0), "{way}");
        let unknown = git.between(url, &CommitId::Sha1([7; 20]), &rev("main"), 300).unwrap();
        assert_eq!(unknown.relation, Relation::Unknown, "{way}");
        assert!(unknown.more && unknown.count >= 256, "{way} {}", unknown.count);
        // Once is enough: without optimisation ten thousand commits take their time.
        if way == "v2" {
            let all = git.between(url, &CommitId::Sha1([7; 20]), &rev("main"), 65_536).unwrap();
            assert_eq!((all.relation, all.count), (Relation::NotDescendant, COMMITS), "{way}");
        }
    });
}

#[test]
fn little_is_fetched_for_what_lies_between() {
    if !have("git") {
        return;
    }
    let server = GitHttp::serve(git_http::large(), true);
    let repository = git_http::large().join("large.git");
    let rev = |name: &str| id(&git_http::git(&repository, &["rev-parse", name]));
    let (http, mirrors) = (http(), Mirrors::default());
    let options = GitOptions { pack_limit: 20_000, ..GitOptions::default() };
    let git = Git::new(&http, &mirrors, options);
    let between = git.between(&url(&server.url("large.git")), &rev("main~35"), &rev("main"), 9_999).unwrap();
    assert_eq!(between.relation, Relation::Descendant);
    assert_eq!(server.http.log().len(), 2);
}

#[test]
fn sha256_repositories_work_over_v2_v0_and_files() {
    if !have("git") {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let repository = git_http::init(root.path(), "r.git", "sha256");
    let first = git_http::commit(&repository, "one", &[]);
    let second = git_http::commit(&repository, "two", &[&first]);
    git(&repository, &["update-ref", "refs/heads/main", &second]);
    git(&repository, &["tag", "-a", "v1", "-m", "m", &second]);
    let (v2, v0) = (GitHttp::serve(root.path(), true), GitHttp::serve(root.path(), false));
    let file = format!("file://{}", repository.display());
    let (http, mirrors) = (http(), Mirrors::default());
    let client = Git::new(&http, &mirrors, GitOptions::default());
    for text in [v2.url("r.git"), v0.url("r.git"), file] {
        let url = url(&text);
        let listing = client.refs(&url, Ask::All).unwrap();
        assert_eq!(listing.refs["refs/tags/v1"].target().to_string(), second, "{text}");
        assert_eq!(listing.head.unwrap().id.to_string(), second);
        let commit = client.commit(&url, &id(&second), None).unwrap();
        assert_eq!(commit.parents, [id(&first)]);
        assert_eq!(client.between(&url, &id(&first), &id(&second), 9).unwrap().count, 1, "{text}");
    }
}

#[test]
fn an_empty_repository_has_no_head_and_no_refs() {
    if !have("git") {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let repository = git_http::init(root.path(), "r.git", "sha1");
    let (v2, v0) = (GitHttp::serve(root.path(), true), GitHttp::serve(root.path(), false));
    let file = format!("file://{}", repository.display());
    let (http, mirrors) = (http(), Mirrors::default());
    let client = Git::new(&http, &mirrors, GitOptions::default());
    for (text, tells) in [(v2.url("r.git"), true), (v0.url("r.git"), false), (file, true)] {
        let listing = client.refs(&url(&text), Ask::All).unwrap();
        assert!(listing.refs.is_empty() && listing.head.is_none(), "{text}");
        assert_eq!(listing.unborn.as_deref(), tells.then_some("refs/heads/main"), "{text}");
    }
    let missing = client.refs(&url(&v2.url("other.git")), Ask::Head).unwrap_err();
    assert_eq!(missing.fault(), Fault::NotThere, "{missing}");
    let text = format!("file://{}/other", root.path().display());
    let missing = client.refs(&url(&text), Ask::Head).unwrap_err();
    assert_eq!(missing.fault(), Fault::NotThere, "{missing}");
}

/// A program that takes the place of `ssh`: it drops the options and the host and runs the rest.
#[cfg(unix)]
fn fake_ssh(folder: &Path, body: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join("ssh");
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[cfg(unix)]
#[test]
fn ssh_is_asked_without_a_prompt_and_serves_refs_commits_and_between() {
    if !have("git") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let body = format!("echo \"$GIT_PROTOCOL|$*\" >> '{}'\nfor last; do :; done\nexec sh -c \"$last\"", log.display());
    let (http, mirrors) = (http(), Mirrors::default());
    let options = GitOptions { ssh: fake_ssh(folder.path(), &body), ..GitOptions::default() };
    let client = Git::new(&http, &mirrors, options);
    let repository = git_http::large().join("large.git");
    let rev = |name: &str| id(&git(&repository, &["rev-parse", name]));
    for text in [
        format!("ssh://git@host.example:2222{}", repository.display()),
        format!("git@host.example:{}", repository.display()),
    ] {
        let url = url(&text);
        let listing = client.refs(&url, Ask::Tag("nested")).unwrap();
        assert_eq!(listing.refs["refs/tags/nested"].target(), rev("main~5"));
        assert_eq!(client.commit(&url, &rev("main~5"), None).unwrap().id, rev("main~5"));
        let between = client.between(&url, &rev("main~9"), &rev("main"), 99).unwrap();
        assert_eq!(between.relation, Relation::Descendant);
    }
    let log = std::fs::read_to_string(&log).unwrap();
    let first = log.lines().next().unwrap();
    assert!(first.starts_with("version=2|-o BatchMode=yes "), "{first}");
    assert!(first.contains(" -p 2222 git@host.example git-upload-pack '/"), "{first}");
}

#[cfg(unix)]
#[test]
fn ssh_that_fails_says_why_and_ssh_that_stalls_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { idle: std::time::Duration::from_millis(300), ..Limits::default() };
    let http = Http::new(Options { limits, ..Options::default() });
    let mirrors = Mirrors::default();
    let refs = |ssh: &Path| {
        let options = GitOptions { ssh: ssh.to_owned(), ..GitOptions::default() };
        let client = Git::new(&http, &mirrors, options);
        client.refs(&url("git@host.example:r"), Ask::Head).unwrap_err()
    };
    let denied = refs(&fake_ssh(folder.path(), "echo 'Permission denied (publickey).' >&2; exit 255"));
    assert_eq!(denied.fault(), Fault::Denied, "{denied}");
    let begun = std::time::Instant::now();
    let stalled = refs(&fake_ssh(folder.path(), "exec sleep 30"));
    assert_eq!(stalled.fault(), Fault::Unreachable, "{stalled}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(10));
    let missing = refs(&folder.path().join("no-such-program"));
    assert_eq!(missing.fault(), Fault::Local, "{missing}");
}

#[test]
fn a_local_repository_cannot_start_programs() {
    if !have("git") {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let repository = git_http::init(root.path(), "r.git", "sha1");
    let first = git_http::commit(&repository, "one", &[]);
    git(&repository, &["update-ref", "refs/heads/main", &first]);
    let witness = root.path().join("witness");
    let touch = format!("touch '{}'", witness.display());
    for key in
        ["core.fsmonitor", "core.sshCommand", "uploadpack.packObjectsHook", "core.pager", "core.alternateRefsCommand"]
    {
        git(&repository, &["config", key, &touch]);
    }
    std::fs::write(repository.join("hooks/post-checkout"), format!("#!/bin/sh\n{touch}\n")).unwrap();
    let (http, mirrors) = (http(), Mirrors::default());
    let client = Git::new(&http, &mirrors, GitOptions::default());
    let url = url(&format!("file://{}", repository.display()));
    assert_eq!(client.refs(&url, Ask::All).unwrap().head.unwrap().id, id(&first));
    assert_eq!(client.commit(&url, &id(&first), None).unwrap().subject, "one");
    assert!(!witness.exists());
}
