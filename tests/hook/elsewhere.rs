//! Work trees that are not the repository's own folder: linked ones, and submodules.

use super::ground::{Ground, broken, put, write_member};
use crate::support::have;

#[test]
fn a_linked_work_tree_shares_the_hook_and_has_an_index_of_its_own() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.dubo(&["hook", "uninstall"]).code(0);
    ground.git(&["worktree", "add", "-q", "-b", "side", "../linked"]).code(0);
    let linked = ground.folder().join("linked");
    // Installed from within the linked one: there is one folder of hooks.
    ground.dubo_at(&linked.join("c d"), &["hook", "install"]).code(0);
    assert!(ground.top().join(".git/hooks/pre-commit").is_file());
    put(&linked, "a/Dockerfile", &broken());
    ground.refused_at(&linked, &["commit", "-qam", "x"]).says("a/Dockerfile:2:12");
    ground.refused_at(&linked.join("a"), &["commit", "-qm", "x", "Dockerfile"]).says("a/Dockerfile:2:12");
    write_member(&linked.join("a"), 1);
    // The other one's index is not this one's.
    ground.break_dockerfile("b");
    ground.git(&["add", "b"]).code(0);
    ground.commits_at(&linked, &["commit", "-qam", "a"]);
    ground.refused(&["commit", "-qm", "x"]).says("b/Dockerfile");
    // Each may have settings of its own.
    ground.git(&["config", "extensions.worktreeConfig", "true"]).code(0);
    ground.git_at(&linked, &["config", "--worktree", "core.hooksPath", "own-hooks"]).code(0);
    ground.dubo_at(&linked, &["hook", "install"]).code(0).says("written");
    assert!(linked.join("own-hooks/pre-commit").is_file());
    ground.dubo(&["hook", "install"]).code(0).says("there already");
}

#[test]
fn a_work_tree_linked_to_a_bare_repository() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.git(&["clone", "-q", "--bare", ".", "../bare.git"]).code(0);
    let (bare, linked) = (ground.folder().join("bare.git"), ground.folder().join("linked"));
    ground.git_at(&bare, &["worktree", "add", "-q", "../linked", "main"]).code(0);
    ground.dubo_at(&linked, &["hook", "install"]).code(0);
    assert!(bare.join("hooks/pre-commit").is_file());
    put(&linked, "a/Dockerfile", &broken());
    ground.refused_at(&linked, &["commit", "-qam", "x"]).says("a/Dockerfile:2:12");
}

#[test]
fn a_submodule_has_hooks_of_its_own_and_is_one_entry_above() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    let above = ground.folder().join("above");
    std::fs::create_dir(&above).unwrap();
    ground.git_at(&above, &["init", "-q", "-b", "main"]).code(0);
    let repo = ground.top();
    let add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", repo.to_str().unwrap(), "images"];
    ground.git_at(&above, &add).code(0);
    write_member(&above.join("own"), 0);
    ground.git_at(&above, &["add", "own"]).code(0);
    ground.commits_at(&above, &["commit", "-qm", "first"]);
    let within = above.join("images");
    ground.dubo_at(&within.join("a"), &["hook", "install"]).code(0);
    assert!(above.join(".git/modules/images/hooks/pre-commit").is_file());
    assert!(!above.join(".git/hooks/pre-commit").exists());
    put(&within, "a/Dockerfile", &broken());
    ground.refused_at(&within, &["commit", "-qam", "x"]).says("a/Dockerfile:2:12");
    write_member(&within.join("a"), 1);
    ground.commits_at(&within, &["commit", "-qam", "a"]);
    // Above, the submodule is one entry: its members are its own repository's matter.
    ground.dubo_at(&above, &["hook", "install"]).code(0);
    assert_eq!(ground.commits_at(&above, &["commit", "-qam", "images moved"]).all(), "");
    put(&above, "own/Dockerfile", &broken());
    ground.refused_at(&above, &["commit", "-qam", "x"]).says("own/Dockerfile");
}

#[test]
fn a_clone_and_a_git_folder_kept_elsewhere() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    let (clone, apart) = (ground.folder().join("clone"), ground.folder().join("apart.git"));
    let separate = format!("--separate-git-dir={}", apart.display());
    ground.git(&["clone", "-q", &separate, ".", clone.to_str().unwrap()]).code(0);
    // Hooks do not travel with a clone.
    put(&clone, "a/Dockerfile", &broken());
    ground.commits_at(&clone, &["commit", "-qam", "unseen"]);
    ground.dubo_at(&clone, &["hook", "install"]).code(0);
    assert!(apart.join("hooks/pre-commit").is_file());
    put(&clone, "b/Dockerfile", &broken());
    ground.refused_at(&clone, &["commit", "-qam", "x"]).says("b/Dockerfile").never_says("a/Dockerfile");
}

#[test]
fn the_top_of_the_repository_may_be_a_member_itself() {
    if !have("git") {
        return;
    }
    let ground = Ground::empty();
    ground.git(&["init", "-q", "-b", "main"]).code(0);
    write_member(&ground.top(), 0);
    ground.git(&["add", "-A"]).code(0);
    ground.dubo(&["hook", "install"]).code(0);
    ground.commits(&["commit", "-qm", "first"]);
    ground.put("Dockerfile", broken());
    ground.refused(&["commit", "-qam", "x"]).says("--> Dockerfile:2:12");
    // One within another: what is below both is both's.
    write_member(&ground.top(), 0);
    write_member(&ground.top().join("sub"), 0);
    ground.git(&["add", "-A"]).code(0);
    ground.commits(&["commit", "-qm", "sub"]);
    ground.put("sub/Dockerfile", broken());
    ground.refused(&["commit", "-qam", "x"]).says("--> sub/Dockerfile:2:12");
}

#[test]
fn a_repository_of_sha_256() {
    if !have("git") {
        return;
    }
    let ground = Ground::empty();
    ground.git(&["init", "-q", "-b", "main", "--object-format=sha256"]).code(0);
    ground.member("a", 0);
    ground.git(&["add", "-A"]).code(0);
    ground.dubo(&["hook", "install"]).code(0);
    ground.commits(&["commit", "-qm", "first"]);
    ground.break_dockerfile("a");
    ground.refused(&["commit", "-qam", "x"]).says("a/Dockerfile:2:12");
}
