//! The ways of `git commit`: what it would commit is judged, and nothing else.

use super::ground::{Ground, MEMBERS};
use crate::support::have;
use crate::support::program::ran;

#[test]
fn a_commit_that_holds_together_is_made_and_one_that_does_not_is_refused() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.member("a", 1);
    ground.git(&["add", "a"]).code(0);
    let said = ground.commits(&["commit", "-q", "-m", "both pins moved"]);
    assert!(said.all().lines().count() <= 1, "{}", said.all());
    ground.break_dockerfile("b");
    ground.git(&["add", "b"]).code(0);
    let said = ground.refused(&["commit", "-q", "-m", "x"]).says("LOCK001").says("b/Dockerfile:2:12");
    said.says("git add").never_says("--no-verify").never_says("work tree passes");
    ground.git(&["checkout", "-q", "HEAD", "b"]).code(0);
    ground.edit("b/Dockerfile", "LABEL a=1", "LABEL a=one");
    ground.commits(&["commit", "-q", "-am", "nothing that is pinned"]);
}

#[test]
fn a_commit_outside_of_all_members_is_silent_and_only_the_touched_member_is_judged() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    // `b` is broken in HEAD, and nobody's matter but of those who touch it.
    ground.break_dockerfile("b");
    ground.commits(&["commit", "-qam", "broken", "--no-verify"]);
    ground.put("README", "read on\n");
    ground.put("notes/pins.toml.txt", "x\n");
    ground.git(&["add", "-A"]).code(0);
    assert_eq!(ground.commits(&["commit", "-qm", "words"]).all(), "");
    ground.member("a", 1);
    ground.commits(&["commit", "-qam", "a"]).never_says("LOCK001");
    assert_eq!(ground.dubo(&["hook", "run"]).code(0).all(), "");
    ground.put("b/README", "words\n");
    ground.git(&["add", "b/README"]).code(0);
    ground.refused(&["commit", "-qm", "x"]).says("b/Dockerfile").never_says("a/Dockerfile");
}

#[test]
fn commit_all_takes_the_work_tree() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.break_dockerfile("a");
    ground.git(&["add", "a"]).code(0);
    ground.member("a", 1);
    ground.commits(&["commit", "-qam", "the staged breakage is overwritten"]);
    ground.break_dockerfile("a");
    ground.member("c d", 1);
    ground.commits(&["commit", "-qm", "c d", "--", "c d"]);
    ground.edit("c d/Dockerfile", "ARG WIDGET=", "ARG WIDGET=0");
    ground.refused(&["commit", "-qam", "x"]).says("c d/Dockerfile");
    // The index is as it was: git gave the hook another one.
    assert_eq!(ground.git(&["diff", "--cached", "--name-only"]).out, "");
}

#[test]
fn a_partial_commit_is_judged_by_what_it_takes() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.member("a", 1);
    let said = ground.refused(&["commit", "-qm", "x", "a/Dockerfile"]);
    said.says("LOCK001").says("the work tree passes").says("a/pins.lock").says("git commit");
    // What was staged is not taken, if it is not named.
    ground.git(&["add", "a"]).code(0);
    ground.refused(&["commit", "-qm", "x", "a/Dockerfile"]).says("LOCK001");
    ground.break_dockerfile("b");
    ground.git(&["add", "b"]).code(0);
    ground.commits(&["commit", "-qm", "a", "a"]).never_says("b/Dockerfile");
    assert_eq!(ground.git(&["diff", "--cached", "--name-only"]).out, "b/Dockerfile\n");
    ground.refused(&["commit", "-qm", "x", "--include", "README"]).says("b/Dockerfile");
    // From a subfolder, and with a path relative to it.
    ground.git(&["reset", "-q", "--hard"]).code(0);
    ground.break_dockerfile("b");
    let below = ground.top().join("b");
    ground.refused_at(&below, &["commit", "-qm", "x", "Dockerfile"]).says("b/Dockerfile:2:12");
    ground.refused_at(&below, &["commit", "-qam", "x"]).says("b/Dockerfile:2:12");
    // By hand, paths are as seen from where the user stands.
    ground.git(&["add", "b"]).code(0);
    ground.dubo_at(&below, &["hook", "run"]).code(1).says("--> Dockerfile:2:12");
    ground.dubo_at(&ground.top().join("c d"), &["hook", "run"]).code(1).says("--> ../b/Dockerfile:2:12");
}

#[test]
fn half_of_a_file_is_staged_and_that_half_is_judged() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    // Staged: another label. Not staged: another commit.
    ground.edit("a/Dockerfile", "LABEL c=3", "LABEL c=three");
    ground.git(&["add", "a"]).code(0);
    ground.edit("a/Dockerfile", "ARG WIDGET=", "ARG WIDGET=0");
    ground.commits(&["commit", "-qm", "the label"]);
    ground.dubo(&["-C", "a", "verify"]).code(1);
    // The other way round: the broken hunk staged, and mended in the work tree alone.
    ground.git(&["add", "a"]).code(0);
    ground.edit("a/Dockerfile", "ARG WIDGET=0", "ARG WIDGET=");
    ground.dubo(&["-C", "a", "verify"]).code(0);
    let said = ground.refused(&["commit", "-qm", "x"]).says("LOCK001").says("the work tree passes");
    said.says("git add a/Dockerfile");
    ground.git(&["add", "a/Dockerfile"]).code(0);
    ground.edit("a/Dockerfile", "LABEL c=three", "LABEL c=3");
    ground.git(&["add", "a/Dockerfile"]).code(0);
    ground.commits(&["commit", "-qm", "mended"]);
}

#[test]
fn a_file_that_was_forgotten_is_named() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.member("c d", 1);
    ground.git(&["add", "c d/Dockerfile", "c d/pins.lock"]).code(0);
    let said = ground.refused(&["commit", "-qm", "x"]);
    said.says("VEND001").says("the work tree passes").says("git add 'c d/context/tool.tar'");
    // One that git does not know yet.
    ground.git(&["rm", "-q", "--cached", "c d/context/tool.tar"]).code(0);
    ground.refused(&["commit", "-qm", "x"]).says("URL006").says("git add 'c d/context/tool.tar'");
    // One that is only promised.
    ground.git(&["add", "-N", "c d/context/tool.tar"]).code(0);
    ground.refused(&["commit", "-qm", "x"]).says("URL006").says("git add 'c d/context/tool.tar'");
    ground.git(&["add", "c d/context/tool.tar"]).code(0);
    ground.commits(&["commit", "-qm", "all of it"]);
    // Where the work tree does not pass either, nothing of the kind is said.
    ground.edit("c d/Dockerfile", "ARG WIDGET=", "ARG WIDGET=0");
    ground.git(&["add", "c d"]).code(0);
    ground.edit("c d/Dockerfile", "ARG WIDGET=0", "ARG WIDGET=1");
    ground.refused(&["commit", "-qm", "x"]).never_says("the work tree passes");
}

#[test]
fn amending_judges_what_the_amended_commit_holds() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.member("a", 1);
    ground.commits(&["commit", "-qam", "a"]);
    ground.commits(&["commit", "-q", "--amend", "-m", "other words"]);
    ground.break_dockerfile("b");
    ground.refused(&["commit", "-qa", "--amend", "--no-edit"]).says("b/Dockerfile");
    ground.git(&["checkout", "-q", "b"]).code(0);
    ground.edit("a/Dockerfile", "LABEL a=1", "LABEL a=one");
    ground.commits(&["commit", "-qa", "--amend", "--no-edit"]);
}

#[test]
fn the_first_commit_of_all_is_judged_whole() {
    if !have("git") {
        return;
    }
    let ground = Ground::unborn();
    ground.dubo(&["hook", "install"]).code(0);
    ground.break_dockerfile("b");
    ground.git(&["add", "-A"]).code(0);
    ground.refused(&["commit", "-qm", "x"]).says("b/Dockerfile").never_says("a/Dockerfile");
    ground.member("b", 0);
    ground.git(&["add", "-A"]).code(0);
    let said = ground.commits(&["commit", "-qm", "first"]);
    assert!(said.all().lines().count() <= 1, "{}", said.all());
    // A folder that git was never told of holds no member: nothing of it is in the commit.
    ground.put("new/pins.toml", "nonsense");
    ground.put("README", "more\n");
    ground.commits(&["commit", "-qam", "words"]);
}

#[test]
fn git_is_told_from_outside_where_its_folders_are() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    let (top, elsewhere) = (ground.top(), ground.folder().join("elsewhere"));
    std::fs::create_dir(&elsewhere).unwrap();
    let from_outside = |program: &str, arguments: &[&str]| {
        let mut command = ground.command(&elsewhere, program, arguments);
        ran(command.env("GIT_DIR", top.join(".git")).env("GIT_WORK_TREE", &top))
    };
    ground.break_dockerfile("a");
    from_outside("git", &["commit", "-qam", "x"]).code(1).says("a/Dockerfile:2:12");
    ground.git(&["add", "a"]).code(0);
    from_outside("dubo-pin", &["hook", "run"]).code(1).says("LOCK001");
    ground.member("a", 1);
    from_outside("git", &["commit", "-qam", "x"]).code(0);
    // An index of its own, as programs that make commits beside the user's work have it.
    ground.break_dockerfile("b");
    let other = ground.folder().join("other index");
    std::fs::copy(top.join(".git/index"), &other).unwrap();
    let with_index =
        |program: &str, arguments: &[&str]| ran(ground.command(&top, program, arguments).env("GIT_INDEX_FILE", &other));
    with_index("git", &["add", "b"]).code(0);
    with_index("dubo-pin", &["hook", "run"]).code(1).says("b/Dockerfile");
    ground.dubo(&["hook", "run"]).code(0);
    with_index("git", &["commit", "-qm", "x"]).code(1).says("b/Dockerfile");
}

#[test]
fn a_split_and_a_sparse_index_are_judged_as_a_plain_one() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.git(&["update-index", "--split-index"]).code(0);
    ground.break_dockerfile("a");
    ground.git(&["add", "a"]).code(0);
    ground.refused(&["commit", "-qm", "x"]).says("a/Dockerfile");
    ground.member("a", 1);
    ground.commits(&["commit", "-qam", "a"]);
    ground.git(&["update-index", "--no-split-index"]).code(0);
    for sparse in [&["sparse-checkout", "set", "--cone", "a"][..], &["sparse-checkout", "set", "--sparse-index", "a"]] {
        ground.git(sparse).code(0);
        assert!(!ground.top().join("b").exists());
        ground.edit("a/Dockerfile", "ARG WIDGET=", "ARG WIDGET=0");
        ground.refused(&["commit", "-qam", "x"]).says("a/Dockerfile");
        ground.git(&["checkout", "-q", "a"]).code(0);
        ground.edit("a/Dockerfile", "LABEL a=", "LABEL a=x");
        ground.commits(&["commit", "-qam", "a"]);
        // What lies outside of the cone is in the index all the same.
        ground.put("a/spare", super::ground::broken());
        let blob = ground.git(&["hash-object", "-w", "a/spare"]).code(0).out.trim().to_owned();
        ground.remove("a/spare");
        let entry = format!("100644,{blob},b/Dockerfile");
        ground.git(&["update-index", "--cacheinfo", &entry]).code(0);
        ground.refused(&["commit", "-qm", "x"]).says("b/Dockerfile");
        ground.git(&["reset", "-q"]).code(0);
        ground.git(&["sparse-checkout", "disable"]).code(0);
        ground.git(&["checkout", "-q", "."]).code(0);
    }
    assert_eq!(MEMBERS.map(|m| ground.dubo(&["-C", m, "verify"]).code), [Some(0); 3]);
}
