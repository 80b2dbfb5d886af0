//! Commits that git makes of others: merges, rebases, cherry-picks. Which of these steps run a hook
//! is git's to say; what it says is written down here.

use super::ground::Ground;
use crate::support::have;

/// `theirs` moves `a`, `main` stays where it is, with something else on it.
fn forked() -> Ground {
    let ground = Ground::new();
    ground.git(&["checkout", "-qb", "theirs"]).code(0);
    ground.member("a", 1);
    ground.commits(&["commit", "-qam", "theirs"]);
    ground.git(&["checkout", "-q", "main"]).code(0);
    ground.put("README", "ours\n");
    ground.commits(&["commit", "-qam", "ours"]);
    ground
}

/// `theirs` holds a breakage of `a`.
fn broken() -> Ground {
    let ground = Ground::new();
    ground.git(&["checkout", "-qb", "theirs"]).code(0);
    ground.break_dockerfile("a");
    ground.commits(&["commit", "-qam", "theirs", "--no-verify"]);
    ground.git(&["checkout", "-q", "main"]).code(0);
    ground.put("README", "ours\n");
    ground.commits(&["commit", "-qam", "ours"]);
    ground
}

#[test]
fn a_merge_that_needs_no_help_is_judged_by_pre_merge_commit() {
    if !have("git") {
        return;
    }
    let ground = forked();
    ground.commits(&["merge", "-q", "--no-edit", "theirs"]).never_says("LOCK001");
    let ground = broken();
    ground.refused(&["merge", "-q", "--no-edit", "theirs"]).says("a/Dockerfile:2:12");
    // Mended, it is finished by a commit.
    ground.member("a", 0);
    ground.git(&["add", "a"]).code(0);
    ground.commits(&["commit", "-q", "--no-edit"]);
    assert_eq!(ground.git(&["rev-list", "--parents", "-1", "HEAD"]).out.split_whitespace().count(), 3);
}

#[test]
fn two_sides_that_agree_with_git_but_not_with_each_other_are_refused() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.git(&["checkout", "-qb", "theirs"]).code(0);
    ground.member("a", 1);
    ground.commits(&["commit", "-qam", "theirs"]);
    ground.git(&["checkout", "-q", "main"]).code(0);
    // Ours takes the tar's pin away; theirs moves it: other lines of other files.
    ground.edit("a/Dockerfile", "LABEL b=2\n", "LABEL b=2\nARG WIDGET=0000000000000000000000000000000000000000\n");
    ground.commits(&["commit", "-qam", "ours", "--no-verify"]);
    ground.refused(&["merge", "-q", "--no-edit", "theirs"]).says("a/Dockerfile");
}

#[test]
fn a_merge_with_conflicts_is_judged_when_it_is_finished() {
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
    ground.git(&["merge", "-q", "--no-edit", "theirs"]).code(1);
    ground.git(&["checkout", "-q", "--ours", "a/Dockerfile"]).code(0);
    ground.git(&["add", "a"]).code(0);
    ground.refused(&["commit", "-q", "--no-edit"]).says("a/Dockerfile:2:12");
    ground.member("a", 1);
    ground.git(&["add", "a"]).code(0);
    ground.commits(&["commit", "-q", "--no-edit"]);
}

#[test]
fn a_squashed_merge_is_a_commit_like_any_other() {
    if !have("git") {
        return;
    }
    let ground = broken();
    ground.git(&["merge", "-q", "--squash", "theirs"]).code(0);
    ground.refused(&["commit", "-qm", "x"]).says("a/Dockerfile:2:12");
}

#[test]
fn a_fast_forward_makes_no_commit_and_a_rebase_runs_no_hook_for_what_it_takes_over() {
    if !have("git") {
        return;
    }
    let ground = broken();
    ground.git(&["checkout", "-q", "theirs"]).code(0);
    // Git runs pre-commit for none of the commits that a rebase applies.
    ground.commits(&["rebase", "-q", "main"]);
    ground.git(&["checkout", "-q", "main"]).code(0);
    ground.commits(&["merge", "-q", "--ff-only", "theirs"]);
    // The next commit that touches the member says it; so does verify in CI.
    ground.put("a/notes", "words\n");
    ground.git(&["add", "a"]).code(0);
    ground.refused(&["commit", "-qm", "x"]).says("a/Dockerfile:2:12");
}

#[test]
fn a_commit_made_while_a_rebase_stands_still_is_judged() {
    if !have("git") {
        return;
    }
    let ground = forked();
    ground.git(&["checkout", "-q", "theirs"]).code(0);
    let mut command =
        ground.command(&ground.top(), "git", &["-c", "sequence.editor=sed -i s/^pick/edit/", "rebase", "-qi", "main"]);
    crate::support::program::ran(&mut command).code(0);
    ground.break_dockerfile("b");
    ground.refused(&["commit", "-qam", "x"]).says("b/Dockerfile");
    ground.refused(&["commit", "-qa", "--amend", "--no-edit"]).says("b/Dockerfile");
    ground.member("b", 1);
    ground.commits(&["commit", "-qa", "--amend", "--no-edit"]);
    ground.git(&["rebase", "--continue"]).code(0);
}

#[test]
fn a_cherry_pick_is_judged_where_git_runs_the_hook() {
    if !have("git") {
        return;
    }
    // Applied without help: git runs no pre-commit.
    let ground = broken();
    ground.commits(&["cherry-pick", "theirs"]);
    // Without committing, and after a conflict, the commit is the user's own.
    let ground = broken();
    ground.git(&["cherry-pick", "-n", "theirs"]).code(0);
    ground.refused(&["commit", "-qm", "x"]).says("a/Dockerfile:2:12");
    ground.git(&["reset", "-q", "--hard"]).code(0);
    ground.edit("a/Dockerfile", "ARG WIDGET=", "ARG WIDGET=0");
    ground.commits(&["commit", "-qam", "ours", "--no-verify"]);
    ground.git(&["cherry-pick", "theirs"]).code(1);
    ground.git(&["checkout", "-q", "--theirs", "a/Dockerfile"]).code(0);
    ground.git(&["add", "a"]).code(0);
    ground.refused(&["commit", "-q", "--no-edit"]).says("a/Dockerfile:2:12");
    ground.refused(&["cherry-pick", "--continue"]).says("a/Dockerfile:2:12");
}
