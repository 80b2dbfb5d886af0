//! What can be staged besides bytes: modes, links, conflicts, attributes, odd names.

use std::os::unix::fs::symlink;

use super::ground::{Ground, made};
use crate::support::have;

#[test]
fn an_execute_bit_that_is_staged_alone_is_seen() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.git(&["update-index", "--chmod=+x", "a/context/tool.tar"]).code(0);
    let said = ground.refused(&["commit", "-qm", "x"]).says("VEND004").says("the work tree passes");
    said.says("git add a/context/tool.tar");
    ground.git(&["update-index", "--chmod=-x", "a/context/tool.tar"]).code(0);
    ground.git(&["update-index", "--chmod=-x", "b/context/bin/run.sh"]).code(0);
    ground.refused(&["commit", "-qm", "x"]).says("VEND004").says("b/context/bin/run.sh");
    // Where the file system keeps no such bit, the index alone says it.
    ground.git(&["reset", "-q"]).code(0);
    ground.git(&["config", "core.fileMode", "false"]).code(0);
    ground.git(&["update-index", "--chmod=-x", "b/context/bin/run.sh"]).code(0);
    ground.refused(&["commit", "-qm", "x"]).says("VEND004");
}

#[test]
fn a_symlink_that_is_staged_in_a_files_place_is_seen() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.put("a/spare.tar", &made()[0]["context/tool.tar"].0);
    ground.remove("a/context/tool.tar");
    symlink("../spare.tar", ground.top().join("a/context/tool.tar")).unwrap();
    ground.git(&["add", "a"]).code(0);
    ground.refused(&["commit", "-qm", "x"]).says("VEND003").says("a/context/tool.tar");
    ground.git(&["reset", "-q", "--hard"]).code(0);
    // A folder on the way.
    ground.git(&["mv", "b/context", "b/elsewhere"]).code(0);
    symlink("elsewhere", ground.top().join("b/context")).unwrap();
    ground.git(&["add", "b"]).code(0);
    let said = ground.refused(&["commit", "-qm", "x"]);
    assert_ne!(ground.dubo(&["-C", "b", "verify"]).code, Some(0));
    said.says("symlink");
    ground.git(&["reset", "-q", "--hard"]).code(0);
    // The manifest itself.
    ground.git(&["mv", "b/pins.toml", "b/real.toml"]).code(0);
    symlink("real.toml", ground.top().join("b/pins.toml")).unwrap();
    ground.git(&["add", "b"]).code(0);
    ground.refused(&["commit", "-qm", "x"]).says("b: `pins.toml` is a symlink");
}

#[test]
fn a_staged_lock_with_conflict_markers_is_named_as_such() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    let (one, two) = (ground.read("a/pins.lock"), String::from_utf8(made()[1]["pins.lock"].0.clone()).unwrap());
    ground.put("a/pins.lock", format!("<<<<<<< ours\n{one}=======\n{two}>>>>>>> theirs\n"));
    ground.git(&["add", "a"]).code(0);
    ground.refused(&["commit", "-qm", "x"]).says("pins.lock holds git's conflict markers").says("--> a/pins.lock:1");
    ground.dubo(&["hook", "run"]).code(2).says("refresh --keep");
}

#[test]
fn what_git_has_not_merged_is_told_by_name() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.git(&["checkout", "-qb", "theirs"]).code(0);
    ground.member("a", 1);
    ground.commits(&["commit", "-qam", "theirs"]);
    ground.git(&["checkout", "-q", "main"]).code(0);
    ground.edit("a/Dockerfile", "ARG WIDGET=", "ARG WIDGET=0");
    ground.commits(&["commit", "-qam", "ours", "--no-verify"]);
    ground.git(&["merge", "-q", "theirs"]).code(1);
    // Git itself stops before it runs the hook; other programs may not.
    ground.git(&["commit", "-qm", "x"]).code(128);
    ground.dubo(&["hook", "run"]).code(2).says("a/Dockerfile").says("not merged").says("git add");
}

#[test]
fn attributes_that_are_staged_without_their_block_are_seen() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.put("a/.gitattributes", "* text=auto\n");
    ground.git(&["add", "a/.gitattributes"]).code(0);
    ground.member("a", 0);
    ground
        .refused(&["commit", "-qm", "x"])
        .says("VEND006")
        .says("the work tree passes")
        .says("git add a/.gitattributes");
}

#[test]
fn a_manifest_that_cannot_be_read_is_an_error_with_its_line() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.edit("c d/pins.toml", "version = \"^1\"", "verison = \"^1\"");
    ground.git(&["add", "-A"]).code(0);
    ground.dubo(&["hook", "run"]).code(2).says("c d/pins.toml:5").says("verison");
    ground.refused(&["commit", "-qm", "x"]);
    // Another member's findings are told beside it.
    ground.break_dockerfile("a");
    ground.git(&["add", "-A"]).code(0);
    ground.dubo(&["hook", "run"]).code(2).says("verison").says("a/Dockerfile:2:12");
}

#[test]
fn the_index_is_read_and_never_written() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.break_dockerfile("a");
    ground.git(&["add", "a"]).code(0);
    let before = (std::fs::read(ground.top().join(".git/index")).unwrap(), ground.git(&["status", "--porcelain"]).out);
    ground.dubo(&["hook", "run"]).code(1);
    ground.dubo(&["hook", "run", "--format", "json"]).code(1).says("\"LOCK001\"").says("\"hook run\"");
    assert_eq!(std::fs::read(ground.top().join(".git/index")).unwrap(), before.0);
    assert_eq!(ground.git(&["status", "--porcelain"]).out, before.1);
    ground.git(&["reset", "-q", "--hard"]).code(0);
    let empty = ground.dubo(&["hook", "run", "--format", "json"]).code(0);
    serde_json::from_str::<serde_json::Value>(&empty.out).unwrap();
}

#[test]
fn an_index_that_cannot_be_read_stops_the_commit() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    let index = ground.top().join(".git/index");
    let whole = std::fs::read(&index).unwrap();
    for broken in [&whole[..whole.len() / 2], b"DIRC\0\0\0\x09\0\0\0\0", b"nonsense"] {
        std::fs::write(&index, broken).unwrap();
        let said = ground.dubo(&["hook", "run"]);
        assert!(matches!(said.code, Some(2 | 4)), "{said:?}");
        said.says("error: ").says("index").never_says("panicked");
    }
    // None at all is an empty one: everything is deleted.
    std::fs::remove_file(&index).unwrap();
    ground.dubo(&["hook", "run"]).code(0);
}
