//! Verbs that edit pins.toml, misused; and passwords, wherever they were written.

use super::{Upstream, folder, idle, one_error};
use crate::support::program::{self, Work};

#[test]
fn a_password_in_pins_toml_is_in_no_report() {
    for line in [
        "git = \"https://user:s3cret@github.com/a/b\"",
        "git = \"https://s3cret@github.com/a/b\"",
        "git = \"ssh://user:s3cret@github.com/a/b\"",
        "git = \"https://h/x?token=s3cret\"",
        "git = \"user:s3cret@host:path\"",
        "url = \"https://user:s3cret@h.example/x\"",
        "url = \"https://user:s3cret@h.example/x-{version}\"\nversion = \"*\"\nreleases = { url = \"https://u:s3cret@h/\", jq = \".\" }",
        "git = \"https://user:s3cret@github.com/a/b\" nonsense",
        "gti = \"https://user:s3cret@github.com/a/b\"",
    ] {
        let work = Work::new();
        work.write("Dockerfile", "FROM scratch\nARG A=\n");
        work.write("pins.toml", format!("version = 1\n[pins.a]\n{line}\ninto = [{{ arg = \"A\" }}]\n"));
        for format in ["human", "json", "sarif", "github"] {
            let ran = work.run(&["verify", "--format", format]).code(2);
            assert!(!ran.all().contains("s3cret"), "{line} as {format}:\n{}", ran.all());
        }
    }
    let work = Work::new();
    let archive = "version = 1\n[archives.x]\nurl = \"https://u:s3cret@h/debian\"\nsuites = [\"s\"]\n";
    work.write("pins.toml", archive);
    assert!(!work.run(&["verify"]).code(2).all().contains("s3cret"));
}

#[test]
fn a_password_of_the_command_line_or_of_a_mirror_is_in_no_report() {
    let work = Work::new();
    let ran = idle(&work, &["add", "a", "--git", "https://u:s3cret@h/x"]).code(2).says("`--git`: `https://…@h/x`");
    assert!(!ran.all().contains("s3cret"), "{}", ran.all());
    let up = Upstream::new(1);
    let work = folder(&[("a", up.pin("a", "version = \"^1\""))]);
    let mirrors = "https://github.com/=https://u:s3cret@m/;resolve";
    let ran =
        program::ran(work.command(&["outdated"]).env("DUBO_PIN_MIRRORS", mirrors)).code(2).says("holds a password");
    assert!(!ran.all().contains("s3cret"), "{}", ran.all());
}

#[test]
fn remove_and_rename_without_a_manifest_say_that_there_is_none() {
    let work = Work::new();
    one_error(idle(&work, &["remove", "a"]).code(2)).says("there is no pins.toml in");
    one_error(idle(&work, &["rename", "a", "b"]).code(2)).says("there is no pins.toml in");
}

#[test]
fn a_pin_that_is_not_there_is_told_with_those_that_are() {
    let up = Upstream::new(1);
    let work = folder(&[("aa", up.pin("aa", "version = \"^1\"")), ("bb", up.pin("bb", "version = \"^1\""))]);
    for arguments in [&["remove", "nosuch"][..], &["rename", "nosuch", "a"], &["refresh", "nosuch"]] {
        one_error(idle(&work, arguments).code(2)).says("no pin is called `nosuch`").says("pins.toml has: aa, bb");
    }
    one_error(idle(&work, &["remove", "aaa"]).code(2)).says("did you mean aa?");
}

#[test]
fn what_is_wrong_with_a_new_pin_is_said_of_its_option() {
    let up = Upstream::new(1);
    let work = folder(&[("aa", up.pin("aa", "version = \"^1\""))]);
    for (rest, option) in [
        (&["--git", "ext::x"][..], "`--git`"),
        (&["--git", "https://h/x", "--version", "x.y"], "`--version`"),
        (&["--git", "https://h/x", "--commit", "abc"], "`--commit`"),
        (&["--git", "https://h/x", "--branch", "main", "--into", "A=nosuch"], "`--into`"),
    ] {
        let arguments: Vec<&str> = ["add", "b"].into_iter().chain(rest.iter().copied()).collect();
        let ran = one_error(idle(&work, &arguments).code(2)).says(option);
        assert!(!ran.all().contains("pins.toml:") && !ran.all().contains("by hand"), "{}", ran.all());
    }
    one_error(idle(&work, &["add", "b", "--git", "https://h/x", "--into", "AA"]).code(2))
        .says("this site is pinned by `aa` already")
        .says("pins.toml:");
}

#[test]
fn remove_takes_its_own_lock_entry_and_no_other_pin_moves() {
    let up = Upstream::new(2);
    let work = folder(&[("aa", up.pin("aa", "tag = \"v1.0.0\"")), ("bb", up.pin("bb", "version = \"^1\""))]);
    work.run(&["refresh"]).code(0);
    work.run(&["remove", "aa"]).code(0);
    let lock = work.read("pins.lock");
    assert!(!lock.contains("\"aa\"") && lock.contains("\"bb\""), "{lock}");
    work.run(&["verify"]).code(0).says("1 verified");
}

#[test]
fn a_manifest_with_conflict_markers_is_called_so() {
    let up = Upstream::new(1);
    let work = folder(&[("aa", up.pin("aa", "version = \"^1\""))]);
    let text = work.read("pins.toml").replace("[pins.aa]", "<<<<<<< HEAD\n[pins.aa]\n=======\n[pins.bb]\n>>>>>>> x");
    work.write("pins.toml", text);
    one_error(idle(&work, &["verify"]).code(2)).says("pins.toml holds git's conflict markers").says("pins.toml:3:1");
}

#[test]
fn a_stage_is_a_name_or_an_index() {
    let work = Work::new();
    let text = "version = 1\n[pins.a]\ngit = \"https://h/x\"\ninto = [{ stage = 1.5, arg = \"A\" }]\n";
    work.write("Dockerfile", "FROM scratch\nARG A=\n").write("pins.toml", text);
    one_error(idle(&work, &["verify"]).code(2)).says("a stage's name or index").says("a float");
}

#[test]
fn a_short_commit_is_not_taken_and_that_is_said() {
    let up = Upstream::new(2);
    let work = folder(&[("aa", up.pin("aa", "version = \"^1\"")), ("bb", up.pin("bb", "branch = \"main\""))]);
    work.run(&["refresh"]).code(0);
    let short = &up.ids[0].to_string()[..7];
    for pin in ["aa", "bb"] {
        one_error(work.run(&["refresh", pin, "--to", short]).code(1)).says("short").says("40");
    }
}

#[test]
fn remove_leaves_vendored_files_and_their_entry_to_refresh() {
    let up = Upstream::new(1);
    let rule = "tag = \"v1.0.0\"\nvendor = \"context/aa.tar\"";
    let work = folder(&[("aa", up.pin("aa", rule)), ("bb", up.pin("bb", "tag = \"v1.0.0\""))]);
    work.run(&["refresh"]).code(0);
    work.run(&["remove", "aa"]).code(0).says("dubo-pin refresh --keep");
    assert!(work.read("pins.lock").contains("\"aa\""));
    assert!(work.image().join("context/aa.tar").exists());
    work.run(&["verify"]).code(1).says("LOCK003").says("dubo-pin refresh --keep removes it");
    work.run(&["refresh", "--keep"]).code(0);
    assert!(!work.read("pins.lock").contains("\"aa\""));
    assert!(!work.image().join("context/aa.tar").exists());
    work.run(&["verify"]).code(0);
}

#[test]
fn an_edit_first_settles_what_an_interrupted_run_left() {
    let up = Upstream::new(1);
    let work = folder(&[("aa", up.pin("aa", "tag = \"v1.0.0\""))]);
    work.run(&["refresh"]).code(0);
    work.write(".dubo-pin/journal", "no journal");
    work.run(&["verify"]).code(1).says("LOCK008");
    work.run(&["rename", "aa", "bb"]).code(0).says("the journal of an interrupted run was damaged");
    work.run(&["verify"]).code(0);
}
