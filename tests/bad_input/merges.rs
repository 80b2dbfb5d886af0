//! A lock that git merged, or could not merge, or that somebody edited.

use super::{Upstream, folder, idle, one_error};
use crate::support::git_http::{git, git_in};
use crate::support::have;
use crate::support::program::Work;

/// Two neighbours in manifest, lock and Dockerfile, both at v1.0.0.
fn two(up: &Upstream) -> Work {
    let work = folder(&[("aa", up.pin("aa", "version = \"^1\"")), ("bb", up.pin("bb", "version = \"^1\""))]);
    work.write("Dockerfile", file(up, 0, 0));
    work.run(&["refresh", "--keep"]).code(0);
    work
}

fn file(up: &Upstream, a: usize, b: usize) -> String {
    format!("FROM scratch\nARG AA={}\n\nRUN one\nRUN two\n\nARG BB={}\n", up.ids[a], up.ids[b])
}

fn commit(work: &Work, message: &str) {
    git(&work.image(), &["add", "-A"]);
    git(&work.image(), &["commit", "-q", "-m", message]);
}

/// A repository in which two branches each ran their verb, and are being merged; whether git could.
fn merged(work: &Work, ours: &[&str], theirs: &[&str]) -> bool {
    let folder = work.image();
    git(&folder, &["init", "-q", "-b", "main"]);
    commit(work, "base");
    git(&folder, &["checkout", "-q", "-b", "theirs"]);
    work.run(theirs).code(0);
    commit(work, "theirs");
    git(&folder, &["checkout", "-q", "main"]);
    work.run(ours).code(0);
    commit(work, "ours");
    git_in(&folder, &["merge", "-q", "--no-edit", "theirs"]).output().unwrap().status.success()
}

#[test]
fn two_branches_that_move_different_pins_merge_by_git_alone() {
    if !have("git") {
        return;
    }
    let up = Upstream::new(3);
    let work = two(&up);
    let clean = merged(&work, &["refresh", "aa", "--to", "v1.1.0"], &["refresh", "bb", "--to", "v1.2.0"]);
    assert!(
        clean,
        "{}",
        git_in(&work.image(), &["diff"]).output().map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap()
    );
    assert_eq!(work.read("Dockerfile"), file(&up, 1, 2));
    work.run(&["verify"]).code(0).says("2 verified");
    idle(&work, &["refresh", "--keep"]).code(0);
}

#[test]
fn a_pin_that_both_branches_moved_is_a_conflict_that_keep_mends() {
    if !have("git") {
        return;
    }
    let up = Upstream::new(3);
    let work = two(&up);
    let clean = merged(&work, &["refresh", "aa", "--to", "v1.1.0"], &["refresh", "aa", "--to", "v1.2.0"]);
    assert!(!clean);
    assert!(work.read("pins.lock").contains("<<<<<<< "));
    // Both files are in conflict: nothing is touched.
    for verb in [&["verify"][..], &["refresh", "--keep"], &["outdated"]] {
        one_error(idle(&work, verb).code(2).says("Dockerfile:2:1"));
    }
    git(&work.image(), &["checkout", "--theirs", "Dockerfile"]);
    assert_eq!(work.read("Dockerfile"), file(&up, 2, 0));
    one_error(
        idle(&work, &["verify"]).code(2).says("pins.lock holds git's conflict markers").says("dubo-pin refresh --keep"),
    );
    one_error(idle(&work, &["refresh", "--locked"]).code(2).says("conflict markers"));
    one_error(idle(&work, &["rename", "bb", "cc"]).code(2).says("conflict markers"));
    // Only a refresh that locks the pin anew may take the conflict away.
    one_error(idle(&work, &["refresh", "--keep", "bb"]).code(2).says("aa"));
    work.run(&["refresh", "--keep"]).code(0).says("both sides of the merge moved aa");
    assert_eq!(work.read("Dockerfile"), file(&up, 2, 0));
    work.run(&["verify"]).code(0).says("2 verified");
}

#[test]
fn a_conflict_stays_if_its_pin_cannot_be_locked_anew() {
    let up = Upstream::new(3);
    let work = two(&up);
    let side = |to: &str| {
        work.run(&["refresh", "aa", "--to", to]).code(0);
        work.read("pins.lock")
    };
    let (ours, theirs) = (side("v1.1.0"), side("v1.2.0"));
    work.write("pins.lock", format!("<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n"));
    idle(&work, &["refresh", "--keep", "--offline"])
        .code(4)
        .says("nothing was written")
        .says("both sides of the merge moved aa");
    work.run(&["refresh", "--keep"]).code(0);
    assert!(work.read("pins.lock") == theirs);
}

#[test]
fn a_lock_one_side_of_which_is_none_is_not_guessed_at() {
    let up = Upstream::new(1);
    let work = two(&up);
    let lock = work.read("pins.lock");
    for text in [format!("<<<<<<< ours\n{lock}=======\nnonsense\n>>>>>>> theirs\n"), format!("<<<<<<< ours\n{lock}")] {
        work.write("pins.lock", text);
        one_error(
            idle(&work, &["refresh", "--keep"]).code(2).says("conflict markers").says("git checkout --ours pins.lock"),
        );
    }
}

#[test]
fn an_altered_entry_is_named_and_does_not_stop_the_others() {
    let up = Upstream::new(2);
    let work = two(&up);
    let (good, lock) = (work.read("pins.lock"), up.ids[0].to_string());
    let forged = good.replacen(&lock, &up.ids[1].to_string(), 1);
    assert_ne!(forged, good);
    work.write("pins.lock", &forged);
    idle(&work, &["verify"]).code(1).says("LOCK005").says("the entry of `aa` was altered").says("1 verified");
    idle(&work, &["outdated", "aa"]).code(3).says("alarm").says("was altered");
    one_error(work.run(&["refresh"]).code(2).says("the entry of `aa` was altered").says("v1.0.0 -> v1.1.0"));
    assert_eq!(work.read("Dockerfile"), file(&up, 0, 1));
    // What was altered is neither used nor healed: it is still seen.
    work.run(&["verify"]).code(1).says("LOCK005").says("1 verified");
    one_error(idle(&work, &["rename", "aa", "cc"]).code(2).says("was altered"));
}

#[test]
fn a_lock_with_line_ends_of_windows_is_named_as_such() {
    let up = Upstream::new(1);
    let work = two(&up);
    let lock = work.read("pins.lock");
    work.write("pins.lock", lock.replace('\n', "\r\n"));
    idle(&work, &["verify"]).code(1).says("LOCK006").says("CRLF line ends").says(".gitattributes");
    work.run(&["refresh", "--keep"]).code(0);
    assert_eq!(work.read("pins.lock"), lock);
}
