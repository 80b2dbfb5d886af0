//! A second run, and runs that write nothing.

use super::*;

#[test]
fn a_second_run_is_nothing_new_and_changes_nothing() {
    let (repo, ids) = releases(2);
    let (git, work) = (GitMemory::serve(repo), Work::new());
    work.write("Dockerfile", mixed(&git.url(), &ids[0]));
    work.run(&["init"]).code(0);
    let all = work.tree();
    work.run(&["init"]).code(0).says("nothing new, 1 not understood").never_says("next:");
    assert!(work.tree() == all, "a second run changed something");
}

#[test]
fn what_came_later_is_added_behind_and_every_byte_before_it_kept() {
    let work = Work::new();
    work.write("Dockerfile", "FROM debian:bookworm-slim\n");
    let mine = "# mine\r\nversion   = 1 # one\r\n\r\n[pins.debian]   # base\r\nimage = 'debian:bookworm-slim'\r\n\
                unlocked = 'later'\r\n# end, without a line end";
    work.write("pins.toml", mine);
    work.run(&["init", "--offline"]).code(0).says("nothing new");
    assert_eq!(work.read("pins.toml"), mine);
    work.write("Dockerfile", "FROM debian:bookworm-slim\nCOPY --from=busybox:1.36 /bin/sh /s\n");
    work.run(&["init", "--check"]).code(1).says("COV001").says("Dockerfile:2:13");
    work.run(&["init", "--offline"]).code(0).says("1 pin, 1 UNLOCKED");
    let after = work.read("pins.toml");
    let added = after.strip_prefix(mine).expect("the old part changed");
    assert_eq!(
        added,
        "\r\n\r\n[pins.busybox]\r\nimage = \"docker.io/library/busybox:1.36\"\r\nunlocked = \"not pinned in the Dockerfile yet: dubo-pin refresh busybox pins it; then remove this line\"\r\n"
    );
    work.run(&["init", "--check"]).code(0);
}

#[test]
fn check_and_dry_run_write_nothing_and_ask_nobody() {
    let (repo, ids) = releases(1);
    let (git, files, work) = (GitMemory::serve(repo), hello(), Work::new());
    work.write("Dockerfile", mixed(&git.url(), &ids[0]));
    let before = work.tree();
    work.run(&["init", "--check"]).code(1).says("4 errors in 1 Dockerfile");
    let report = json(&work.run(&["init", "--check", "--format", "json"]).code(1));
    assert_eq!(report["verb"], "init");
    assert_eq!(report["findings"].as_array().unwrap().len(), 4);
    with(&work, &files, &["init", "-n"]).code(0).says("+[pins.tool]").says("nothing was written").never_says("next:");
    assert!(work.tree() == before, "something was written");
    assert!(files.log().is_empty(), "init fetched a file");
    work.run(&["init", "--check", "-n"]).code(2);
}

#[test]
fn offline_a_guess_is_told_as_one() {
    let (repo, ids) = releases(1);
    let (git, files, work) = (GitMemory::serve(repo), hello(), Work::new());
    work.write("Dockerfile", mixed(&git.url(), &ids[0]));
    with(&work, &files, &["init", "--offline"]).code(0).says("3 pins, 1 unproved").says("offline");
    assert!(work.read("pins.toml").contains("offline"), "the guess is not written above its pin");
    assert!(files.log().is_empty());
}
