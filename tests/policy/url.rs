//! min-age of files whose URL has no version.

use super::asking::outlook;
use super::{age, ago, entry, held, seen};
use crate::artifacts::{Files, change, files};
use crate::bad_input::idle;
use crate::support::http::Server;
use crate::support::program::{Work, ran};
use dubo_pin::model::{Sha256, Standing};

/// Two platforms, vendored, with the digest of one in the Dockerfile.
fn work(server: &Server, more: &str) -> Work {
    let work = Work::new();
    work.write("Dockerfile", "FROM scratch\nARG SUM=\nADD ./cache/$TARGETPLATFORM/tool /\n");
    manifest(&work, server, "\"linux/amd64\", \"linux/arm64\"", more);
    work
}

fn manifest(work: &Work, server: &Server, platforms: &str, more: &str) {
    let url = server.url();
    work.write(
        "pins.toml",
        format!(
            "version = 1\n[image]\nplatforms = [{platforms}]\n[pins.tool]\nurl = \"{url}/{{arch}}\"\nvendor = \"cache/{{platform}}/tool\"\ninto = [{{ arg = \"SUM\", platform = \"linux/amd64\" }}]\n{more}\n"
        ),
    );
}

fn tools() -> (Server, Files) {
    files(&[("/amd64", b"amd64 one"), ("/arm64", b"arm64 one"), ("/s390x", b"s390x one")])
}

/// The candidate: a line for each platform.
fn candidate(amd64: &[u8], arm64: &[u8]) -> String {
    let lines = format!("linux/amd64 {}\nlinux/arm64 {}\n", Sha256::of(amd64), Sha256::of(arm64));
    format!("sha256:{}", Sha256::of(lines.as_bytes()))
}

const WEEK: &str = "min-age = \"1w\"";

#[test]
fn new_bytes_wait_a_week_and_leave_every_file_as_it_is() {
    let (server, files) = tools();
    let work = work(&server, WEEK);
    work.run(&["refresh"]).code(0).says("taken at once");
    change(&files, "/arm64", b"arm64 two");
    idle(&work, &["outdated"]).code(0).says("current");
    idle(&work, &["refresh", "--dry-run"]).code(0);
    let before = work.tree();
    work.run(&["refresh"]).code(0).says("1 unchanged");
    let new = candidate(b"amd64 one", b"arm64 two");
    assert_eq!(seen(&work, "tool"), [(new.clone(), ago(0))]);
    // The lock alone was written.
    let mut after = work.tree();
    after.insert("pins.lock".into(), before[std::path::Path::new("pins.lock")].clone());
    assert!(before == after);
    work.run(&["verify"]).code(0);
    idle(&work, &["refresh"]).code(0);
    let now = outlook(&work, "tool").unwrap();
    let short = &new[.."sha256:".len() + 12];
    assert_eq!((now.standing, now.newest.as_deref()), (Standing::Current, Some(short)));
    assert_eq!(held(&now), [(short, format!("min-age: first seen {}, to be taken from {}", ago(0), ago(-7)))]);
    age(&work, "tool", 7);
    idle(&work, &["outdated"]).code(1).says("newer");
    work.run(&["refresh"]).code(0).says("1 moved");
    assert_eq!(work.bytes("cache/linux/arm64/tool"), b"arm64 two");
    assert!(seen(&work, "tool").is_empty());
    work.run(&["verify"]).code(0);
}

#[test]
fn bytes_that_replace_held_ones_on_any_platform_wait_anew() {
    let (server, files) = tools();
    let work = work(&server, WEEK);
    work.run(&["refresh"]).code(0);
    change(&files, "/arm64", b"arm64 two");
    work.run(&["refresh"]).code(0);
    age(&work, "tool", 100);
    change(&files, "/amd64", b"amd64 two");
    work.run(&["refresh"]).code(0).says("1 unchanged");
    assert_eq!(seen(&work, "tool"), [(candidate(b"amd64 two", b"arm64 two"), ago(0))]);
    assert_eq!(work.bytes("cache/linux/arm64/tool"), b"arm64 one");
    // What is locked again is no candidate.
    change(&files, "/amd64", b"amd64 one");
    change(&files, "/arm64", b"arm64 one");
    work.run(&["refresh"]).code(0).says("1 unchanged");
    assert!(seen(&work, "tool").is_empty());
}

#[test]
fn other_bytes_under_a_fixed_url_and_a_file_that_is_gone_are_alarms_at_once() {
    let (server, files) = tools();
    let work = work(&server, &format!("{WEEK}\nmoving = false"));
    work.run(&["refresh"]).code(0);
    let before = work.tree();
    change(&files, "/arm64", b"arm64 two");
    work.run(&["refresh"]).code(3).says("changed, although its URL is fixed");
    work.run(&["outdated"]).code(3).says("alarm");
    assert_eq!(work.tree(), before);
    work.run(&["refresh", "tool", "--accept-changed", "tool"]).code(0).says("1 moved");
    assert_eq!(work.bytes("cache/linux/arm64/tool"), b"arm64 two");
    manifest(&work, &server, "\"linux/amd64\", \"linux/arm64\"", WEEK);
    change(&files, "/amd64", b"amd64 two");
    files.lock().unwrap().retain(|(path, _)| path != "/arm64");
    work.run(&["refresh"]).code(3).says("/arm64");
    work.run(&["outdated"]).code(3).says("gone");
}

#[test]
fn a_platform_that_was_never_locked_and_keep_wait_for_nothing() {
    let (server, files) = tools();
    let work = work(&server, WEEK);
    work.run(&["refresh"]).code(0);
    change(&files, "/arm64", b"arm64 two");
    work.run(&["refresh"]).code(0);
    let sealed = entry(&work, "tool");
    idle(&work, &["refresh", "--keep"]).code(0);
    assert_eq!(entry(&work, "tool"), sealed);
    // Fewer platforms: what is locked of the others stays.
    manifest(&work, &server, "\"linux/arm64\"", &format!("{WEEK}\ninto = []").replace("\ninto = []", ""));
    work.write(
        "pins.toml",
        work.read("pins.toml").replace("into = [{ arg = \"SUM\", platform = \"linux/amd64\" }]\n", ""),
    );
    work.run(&["refresh"]).code(0);
    assert_eq!(work.bytes("cache/linux/arm64/tool"), b"arm64 one");
    work.run(&["verify"]).code(0);
    // One more: it was never locked, and what belongs together is taken together.
    work.write("pins.toml", work.read("pins.toml").replace("[\"linux/arm64\"]", "[\"linux/arm64\", \"linux/s390x\"]"));
    work.run(&["refresh"]).code(0).says("taken at once");
    assert_eq!(work.bytes("cache/linux/arm64/tool"), b"arm64 two");
    assert_eq!(work.bytes("cache/linux/s390x/tool"), b"s390x one");
    work.run(&["verify"]).code(0);
}

#[test]
fn what_a_mirror_does_not_have_is_not_gone() {
    let (server, files) = tools();
    let work = work(&server, "");
    work.write("pins.toml", work.read("pins.toml").replace(&server.url(), "https://files.invalid"));
    let mirror = format!("https://files.invalid/={}/;resolve", server.url());
    let run = |arguments: &[&str]| ran(work.command(arguments).env("DUBO_PIN_MIRRORS", &mirror));
    run(&["refresh"]).code(0);
    files.lock().unwrap().clear();
    run(&["outdated"]).code(4).says("unreachable");
    run(&["refresh"]).code(4).says("the mirror does not have it");
}

/// The pin's files under other URLs.
fn query(work: &Work, query: &str) {
    work.write("pins.toml", work.read("pins.toml").replace("/{arch}", &format!("/{{arch}}{query}")));
}

#[test]
fn another_url_with_the_locked_bytes_moves_nothing_and_what_follows_waits_anew() {
    let (server, files) = tools();
    let work = work(&server, WEEK);
    work.run(&["refresh"]).code(0);
    change(&files, "/arm64", b"arm64 two");
    work.run(&["refresh"]).code(0);
    age(&work, "tool", 100);
    files
        .lock()
        .unwrap()
        .extend([("/amd64/new".to_owned(), b"amd64 one".to_vec()), ("/arm64/new".to_owned(), b"arm64 one".to_vec())]);
    query(&work, "/new");
    work.run(&["refresh"]).code(0).never_says("at once");
    assert_eq!(work.bytes("cache/linux/arm64/tool"), b"arm64 one");
    assert!(seen(&work, "tool").is_empty());
    work.run(&["verify"]).code(0);
    change(&files, "/arm64/new", b"arm64 two");
    work.run(&["refresh"]).code(0).says("1 unchanged");
    assert_eq!(seen(&work, "tool"), [(candidate(b"amd64 one", b"arm64 two"), ago(0))]);
}

#[test]
fn another_url_without_the_locked_bytes_is_taken_at_once_and_told_truly() {
    let (server, files) = tools();
    let work = work(&server, WEEK);
    work.run(&["refresh"]).code(0);
    files
        .lock()
        .unwrap()
        .extend([("/amd64/new".to_owned(), b"amd64 two".to_vec()), ("/arm64/new".to_owned(), b"arm64 two".to_vec())]);
    query(&work, "/new");
    let ran = work.run(&["refresh"]).code(0);
    ran.says("the source changed").says("taken at once").never_says("never locked").never_says("locked before");
    assert_eq!(work.bytes("cache/linux/arm64/tool"), b"arm64 two");
    work.run(&["verify"]).code(0);
}
