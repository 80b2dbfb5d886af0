//! What is taken away is judged as well: a hook that only looks at files that are there misses it.

use super::ground::Ground;
use crate::support::have;

#[test]
fn a_vendored_file_that_is_deleted_is_missed() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.git(&["rm", "-q", "a/context/tool.tar"]).code(0);
    ground
        .refused(&["commit", "-qm", "x"])
        .says("URL006")
        .says("a/context/tool.tar")
        .never_says("the work tree passes");
    ground.git(&["reset", "-q", "--hard"]).code(0);
    // Only in the work tree: `commit -a` takes that too, and a plain commit does not.
    ground.remove("a/context/tool.tar");
    ground.put("a/README", "words\n");
    ground.git(&["add", "a/README"]).code(0);
    ground.commits(&["commit", "-qm", "words"]);
    ground.refused(&["commit", "-qam", "x"]).says("URL006");
}

#[test]
fn a_dockerfile_that_is_deleted_leaves_its_sites_without_a_place() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.git(&["rm", "-q", "--cached", "a/Dockerfile"]).code(0);
    let said = ground.refused(&["commit", "-qm", "x"]).says("DOC003");
    said.says("the work tree passes").says("git add a/Dockerfile");
}

#[test]
fn a_lock_that_is_deleted_leaves_pins_unlocked() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.git(&["rm", "-q", "a/pins.lock"]).code(0);
    ground.refused(&["commit", "-qm", "x"]).says("a/pins.toml");
}

#[test]
fn a_member_goes_whole_or_says_what_stays() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.git(&["rm", "-q", "a/pins.toml"]).code(0);
    let said = ground.refused(&["commit", "-qm", "x"]);
    said.says("a/pins.toml is deleted, but a/pins.lock stays").says("git rm --cached a/pins.lock");
    ground.dubo(&["hook", "run"]).code(2);
    // Without its lock, the folder is one like any other.
    ground.git(&["rm", "-q", "--cached", "a/pins.lock"]).code(0);
    ground.commits(&["commit", "-qm", "a is no longer pinned"]);
    ground.git(&["rm", "-q", "-r", "b"]).code(0);
    assert_eq!(ground.commits(&["commit", "-qm", "b is gone"]).all(), "");
    // Moved: gone here, new there.
    ground.git(&["mv", "c d", "d"]).code(0);
    ground.commits(&["commit", "-qm", "moved"]);
    ground.break_dockerfile("d");
    ground.refused(&["commit", "-qam", "x"]).says("d/Dockerfile");
}

#[test]
fn a_lock_whose_manifest_was_forgotten_is_told() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.member("new", 0);
    ground.git(&["add", "new"]).code(0);
    ground.git(&["rm", "-q", "--cached", "new/pins.toml"]).code(0);
    ground
        .refused(&["commit", "-qm", "x"])
        .says("new/pins.lock is staged without new/pins.toml")
        .says("git add new/pins.toml");
    ground.git(&["add", "new/pins.toml"]).code(0);
    ground.commits(&["commit", "-qm", "new"]);
    // A file of that name which is not ours stops nobody.
    ground.put("other/pins.lock", "of another program\n");
    ground.git(&["add", "other"]).code(0);
    assert_eq!(ground.commits(&["commit", "-qm", "other"]).all(), "");
}
