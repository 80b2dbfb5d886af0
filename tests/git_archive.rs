//! Git trees as tars, held against `git archive` and `git write-tree` themselves, and their proof
//! without network.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Stdio;

use dubo_pin::model::{CommitId, GitUrl};
use dubo_pin::remote::git::{CommitObject, Git, GitOptions};
use dubo_pin::remote::{Fault, Http, Limits, Mirrors, Options as HttpOptions};
use dubo_pin::source::git::archive::{Archive, Options, write};
use dubo_pin::source::git::proof::{Expected, ProofError, prove};

use crate::support::git_http::{self, GitHttp, feed, git, git_in};
use crate::support::git_memory::{GitMemory, Repo};
use crate::support::have;

const OPTIONS: Options = Options { omit_submodules: false, limit: 1 << 30 };

fn http() -> Http {
    let limits = Limits { back_off: std::time::Duration::from_millis(5), ..Limits::default() };
    Http::new(HttpOptions { limits, ..HttpOptions::default() })
}

/// The tar of a commit, through the client; proved at once.
fn tar(url: &str, id: &str, hint: Option<&str>, options: &Options) -> (Vec<u8>, Archive) {
    let (http, mirrors) = (http(), Mirrors::default());
    let client = Git::new(&http, &mirrors, GitOptions::default());
    let url: GitUrl = url.parse().unwrap();
    let id: CommitId = id.parse().unwrap();
    let commit = client.commit(&url, &id, hint).unwrap();
    let mut tree = client.tree(&url, &commit, hint).unwrap();
    let mut out = Vec::new();
    let archive = write(&commit, &mut tree, options, &mut out).unwrap();
    assert_eq!((archive.size, archive.tree), (out.len() as u64, commit.tree));
    prove(&mut &out[..], &expected(commit, &archive)).unwrap();
    (out, archive)
}

fn expected(commit: CommitObject, archive: &Archive) -> Expected {
    Expected { commit, tree_sha256: archive.tree_sha256, gitlinks: archive.gitlinks.clone() }
}

/// What a command of git writes, byte by byte.
fn bytes_of(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = git_in(folder, arguments).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    output.stdout
}

fn new_repository(below: &Path, format: &str) -> std::path::PathBuf {
    let folder = below.join("repository");
    git(below, &["init", "-q", "-b", "main", &format!("--object-format={format}"), "repository"]);
    folder
}

fn put(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn commit_all(folder: &Path) -> String {
    git(folder, &["add", "-A", "-f"]);
    git(folder, &["commit", "-q", "--allow-empty", "-m", "m"]);
    git(folder, &["rev-parse", "HEAD"])
}

fn file_url(folder: &Path) -> String {
    format!("file://{}/.git", folder.display())
}

/// The tree's id in the SHA-256 object format, by git over the unpacked tar.
fn tree_sha256(below: &Path, tar: &[u8]) -> String {
    let folder = below.join("unpacked");
    git(below, &["init", "-q", "--object-format=sha256", "unpacked"]);
    let mut command = std::process::Command::new("tar");
    let mut child = command.args(["-xf", "-", "-C"]).arg(&folder).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(tar).unwrap();
    assert!(child.wait().unwrap().success());
    git(&folder, &["add", "-A", "-f"]);
    git(&folder, &["write-tree"])
}

/// A tree with everything that a tar has a special way for.
fn fill_with_everything(root: &Path) {
    put(root, "README", b"hello\n");
    put(root, "empty", b"");
    put(root, "run.sh", b"#!/bin/sh\n");
    std::fs::set_permissions(root.join("run.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    for size in [1, 511, 512, 513, 10_239, 10_240, 70_000] {
        put(root, &format!("sizes/{size}"), &vec![b'x'; size]);
    }
    put(root, "crlf", b"a\r\nb\r\n");
    put(root, "binary", &(0..=255).collect::<Vec<u8>>());
    put(root, "ä/日本 語/ñ.txt", b"utf-8");
    put(root, "deep/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u", b"deep");
    // Sorted as `a-b`, `a.b`, `a/`, `a0`.
    for path in ["order/a-b", "order/a.b", "order/a/x", "order/a0"] {
        put(root, path, path.as_bytes());
    }
    let long = |n: usize| "l".repeat(n);
    for size in 96..=103 {
        put(root, &format!("n{}", long(size)), b"name");
        put(root, &format!("d{}/f", long(size)), b"folder");
    }
    for size in [50, 98, 99, 100, 101, 150, 153, 154, 155, 156] {
        put(root, &format!("p/{}/{}", long(size), long(99)), b"path");
        put(root, &format!("q/{}/{}", long(size), long(100)), b"path");
    }
    put(root, &format!("{}/{}/{}/end", long(200), long(201), long(202)), b"past 255");
    std::fs::create_dir_all(root.join("links")).unwrap();
    symlink("README", root.join("link")).unwrap();
    symlink("../README", root.join("links/up")).unwrap();
    symlink("nowhere", root.join("links/dangling")).unwrap();
    for size in [99, 100, 101, 255, 1000] {
        let target = format!("../{}", "t/".repeat(size / 2));
        symlink(&target[..size], root.join(format!("links/{size}"))).unwrap();
    }
    symlink(format!("../{}", "u/".repeat(80)), root.join("links").join(long(150))).unwrap();
}

#[test]
fn the_tar_is_byte_for_byte_that_of_git_archive() {
    if !have("git") || !have("tar") {
        return;
    }
    for format in ["sha1", "sha256"] {
        let below = tempfile::tempdir().unwrap();
        let folder = new_repository(below.path(), format);
        fill_with_everything(&folder);
        let id = commit_all(&folder);
        let (tar, archive) = tar(&file_url(&folder), &id, None, &OPTIONS);
        assert!(tar == bytes_of(&folder, &["archive", "--format=tar", &id]), "{format}");
        assert_eq!(archive.tree_sha256.to_string(), tree_sha256(below.path(), &tar), "{format}");
        let server = GitHttp::serve(below.path(), true);
        assert!(self::tar(&server.url("repository/.git"), &id, None, &OPTIONS).0 == tar, "{format}");
        assert_eq!((archive.notes, archive.gitlinks), (vec![], BTreeMap::new()));
        if format == "sha256" {
            assert_eq!(archive.tree, archive.tree_sha256);
        }
    }
}

#[test]
fn an_empty_tree_and_strange_times_are_those_of_git_archive() {
    if !have("git") || !have("tar") {
        return;
    }
    let below = tempfile::tempdir().unwrap();
    let folder = new_repository(below.path(), "sha1");
    let tree = feed(&folder, &["mktree"], b"");
    let blob = feed(&folder, &["hash-object", "-w", "--stdin"], b"x");
    let one = feed(&folder, &["mktree"], format!("100644 blob {blob}\tx\n").as_bytes());
    // The largest time that a header holds, one more, and the smallest.
    for (tree, time) in [(&tree, "1700000000"), (&one, "8589934591"), (&one, "8589934592"), (&one, "0")] {
        let raw = format!("tree {tree}\nauthor T <t@e> {time} +0000\ncommitter T <t@e> {time} +0000\n\nm\n");
        let id = feed(&folder, &["hash-object", "-t", "commit", "--literally", "-w", "--stdin"], raw.as_bytes());
        let (tar, archive) = tar(&file_url(&folder), &id, None, &OPTIONS);
        assert!(tar == bytes_of(&folder, &["archive", "--format=tar", &id]), "{time}");
        if time == "1700000000" {
            assert_eq!(archive.tree_sha256.to_string(), tree_sha256(below.path(), &tar));
        }
    }
}

#[test]
fn every_end_of_a_tar_is_that_of_git_archive() {
    if !have("git") {
        return;
    }
    // One file of n blocks: the end falls on every block of a record.
    let below = tempfile::tempdir().unwrap();
    let folder = new_repository(below.path(), "sha1");
    for blocks in 0..22 {
        put(&folder, "file", &vec![b'x'; blocks * 512]);
        let id = commit_all(&folder);
        let (tar, _) = tar(&file_url(&folder), &id, None, &OPTIONS);
        assert!(tar == bytes_of(&folder, &["archive", "--format=tar", &id]), "{blocks}");
    }
}

#[test]
fn ten_thousand_files_over_http_come_by_one_fetch_of_one_commit() {
    if !have("git") {
        return;
    }
    let below = tempfile::tempdir().unwrap();
    let repository = git_http::init(below.path(), "many.git", "sha1");
    let mut stream = String::from("commit refs/heads/main\ncommitter T <t@example> 1700000000 +0000\ndata 1\na\n");
    for n in 0..10_000 {
        let text = format!("{n:0>8}");
        stream += &format!("M 100644 inline d{}/e{}/f{n}\ndata 8\n{text}\n", n % 7, n % 31);
    }
    // History that must not come along.
    let noise = "n".repeat(4_000_000);
    stream += &format!(
        "commit refs/heads/main\ncommitter T <t@example> 1700000001 +0000\ndata 1\nb\nM 100644 inline noise\ndata {}\n{noise}\n",
        noise.len()
    );
    stream += "commit refs/heads/main\ncommitter T <t@example> 1700000002 +0000\ndata 1\nc\nD noise\nM 100755 inline d0/run\ndata 2\nhi\n";
    feed(&repository, &["fast-import", "--quiet"], stream.as_bytes());
    let id = git(&repository, &["rev-parse", "main"]);
    let truth = bytes_of(&repository, &["archive", "--format=tar", &id]);
    for v2 in [true, false] {
        let server = GitHttp::serve(below.path(), v2);
        let (http, mirrors) = (http(), Mirrors::default());
        let client = Git::new(&http, &mirrors, GitOptions { pack_limit: 2_000_000, ..GitOptions::default() });
        let url: GitUrl = server.url("many.git").parse().unwrap();
        let raw = bytes_of(&repository, &["cat-file", "commit", &id]);
        let commit = CommitObject::parse(id.parse().unwrap(), &raw).unwrap();
        let mut tree = client.tree(&url, &commit, None).unwrap();
        let posts: Vec<_> = server.http.log().into_iter().filter(|a| a.method == "POST").collect();
        assert_eq!(posts.len(), 1, "v2: {v2}");
        let mut out = Vec::new();
        let archive = write(&commit, &mut tree, &OPTIONS, &mut out).unwrap();
        assert!(out == truth, "v2: {v2}");
        assert_eq!(archive.entries, 10_000 + 7 + 7 * 31 + 1, "v2: {v2}");
    }
}

#[test]
fn a_server_that_refuses_bare_ids_is_asked_by_the_ref() {
    let mut repo = Repo::default();
    let first = repo.commit("one", &[]);
    let tip = repo.commit("two", &[first]);
    repo.set("refs/heads/main", tip);
    let server = GitMemory::serve(repo);
    server.fault(|f| f.any_want = false);
    // Behind the tip, in its history.
    let (bytes, archive) = tar(&server.url(), &first.to_string(), Some("refs/heads/main"), &OPTIONS);
    assert!(bytes.windows(3).any(|w| w == b"one") && !bytes.windows(3).any(|w| w == b"two"));
    assert_eq!(archive.entries, 1);
    let (bytes, _) = tar(&server.url(), &tip.to_string(), Some("refs/heads/main"), &OPTIONS);
    assert!(bytes.windows(3).any(|w| w == b"two"));
}

#[test]
fn a_commit_that_is_gone_gives_no_tree() {
    let mut repo = Repo::default();
    let tip = repo.commit("one", &[]);
    let raw = repo.raw(&tip).to_vec();
    let id: CommitId = tip.to_string().parse().unwrap();
    let commit = CommitObject::parse(id, &raw).unwrap();
    let server = GitMemory::serve(Repo::default());
    let (http, mirrors) = (http(), Mirrors::default());
    let client = Git::new(&http, &mirrors, GitOptions::default());
    let error = client.tree(&server.url().parse().unwrap(), &commit, Some("refs/heads/main")).err().unwrap();
    assert_eq!(error.fault(), Fault::NoSuchCommit);
}

#[test]
fn configuration_locale_and_time_zone_change_nothing() {
    if !have("git") {
        return;
    }
    let below = tempfile::tempdir().unwrap();
    let folder = new_repository(below.path(), "sha1");
    put(&folder, "é", b"a\n");
    let id = commit_all(&folder);
    let (plain, _) = tar(&file_url(&folder), &id, None, &OPTIONS);
    for (key, value) in
        [("tar.umask", "0077"), ("core.autocrlf", "true"), ("core.eol", "crlf"), ("core.fileMode", "false")]
    {
        git(&folder, &["config", key, value]);
    }
    put(&folder, ".git/info/attributes", b"* export-ignore eol=crlf\n");
    let (hostile, archive) = tar(&file_url(&folder), &id, None, &OPTIONS);
    assert!(plain == hostile && archive.notes.is_empty());
    // Git itself obeys these, and none of locale and time zone.
    assert!(bytes_of(&folder, &["archive", "--format=tar", &id]) != plain);
    std::fs::remove_file(folder.join(".git/info/attributes")).unwrap();
    let plainly = ["-c", "tar.umask=0002", "-c", "core.autocrlf=false", "archive", "--format=tar", &id];
    for (key, value) in [("LC_ALL", "tr_TR.ISO-8859-9"), ("TZ", "Asia/Kolkata")] {
        let output = git_in(&folder, &plainly).env(key, value).output().unwrap();
        assert!(output.stdout == plain, "{key}");
    }
}

#[test]
fn attributes_are_told_and_not_applied() {
    if !have("git") {
        return;
    }
    let below = tempfile::tempdir().unwrap();
    let folder = new_repository(below.path(), "sha1");
    put(&folder, ".gitattributes", b"version export-subst\n* text=auto\n");
    put(&folder, "version", b"$Format:%H$\n");
    put(&folder, "doc/.gitattributes", b"hidden export-ignore\n");
    put(&folder, "doc/hidden", b"here\n");
    let id = commit_all(&folder);
    let (tar, archive) = tar(&file_url(&folder), &id, None, &OPTIONS);
    assert!(tar.windows(11).any(|w| w == b"$Format:%H$"));
    assert!(tar.windows(10).any(|w| w == b"doc/hidden"));
    assert!(tar != bytes_of(&folder, &["archive", "--format=tar", &id]));
    assert_eq!(
        archive.notes,
        [
            "attributes are not applied (`export-subst` in `.gitattributes`, `export-ignore` in `doc/.gitattributes`): the \
          files are as they are committed, and the tar may differ from that of git archive"
        ]
    );
}

#[test]
fn a_submodule_is_refused_or_left_out_by_choice() {
    if !have("git") || !have("tar") {
        return;
    }
    let below = tempfile::tempdir().unwrap();
    let folder = new_repository(below.path(), "sha1");
    put(&folder, "a", b"a");
    git(&folder, &["add", "a"]);
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let long = format!("deep/{}", "s".repeat(120));
    for path in ["lib/sub", "z", &long] {
        git(&folder, &["update-index", "--add", "--cacheinfo", &format!("160000,{commit},{path}")]);
    }
    git(&folder, &["commit", "-q", "-m", "m"]);
    let id = git(&folder, &["rev-parse", "HEAD"]);
    let omit = Options { omit_submodules: true, ..OPTIONS };
    let (tar, archive) = tar(&file_url(&folder), &id, None, &omit);
    assert!(tar == bytes_of(&folder, &["archive", "--format=tar", &id]));
    assert_eq!(archive.tree_sha256.to_string(), tree_sha256(below.path(), &tar));
    let paths: Vec<_> = archive.gitlinks.iter().map(|(path, id)| (path.as_str(), id.to_string())).collect();
    let is = |path| (path, commit.to_owned());
    assert_eq!(paths, [is(&*long), is("lib/sub"), is("z")]);
    assert!(archive.notes[0].starts_with("3 submodules are left out, the first `deep/ss"));

    let (http, mirrors) = (http(), Mirrors::default());
    let client = Git::new(&http, &mirrors, GitOptions::default());
    let url: GitUrl = file_url(&folder).parse().unwrap();
    let commit = client.commit(&url, &id.parse().unwrap(), None).unwrap();
    let mut tree = client.tree(&url, &commit, None).unwrap();
    let trouble = write(&commit, &mut tree, &OPTIONS, &mut Vec::new()).unwrap_err().trouble();
    assert!(trouble.message.contains("it is a submodule"), "{}", trouble.message);
    assert_eq!(trouble.help.as_deref(), Some("submodules = \"omit\" leaves submodules out"));

    // Which commit was left out is part of the proof.
    let mut other = expected(commit.clone(), &archive);
    other.gitlinks.insert("z".to_owned(), CommitId::Sha1([9; 20]));
    assert!(matches!(prove(&mut &tar[..], &other), Err(ProofError::Tree { .. })));
    let mut none = expected(commit, &archive);
    none.gitlinks.remove("z");
    assert!(prove(&mut &tar[..], &none).unwrap_err().to_string().contains("empty folder"));
}
