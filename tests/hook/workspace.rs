//! Members that take over what a workspace says.

use super::ground::Ground;
use crate::support::have;

/// The members in a workspace, at the top or in a folder below it.
fn workspace(members: &str, broken: &[&str]) -> Ground {
    let ground = Ground::new();
    ground.put("pins.toml", format!("version = 1\n\n[workspace]\nmembers = {members}\n"));
    for member in broken {
        ground.break_dockerfile(member);
    }
    ground.git(&["add", "-A"]).code(0);
    ground.commits(&["commit", "-qm", "a workspace", "--no-verify"]);
    ground
}

#[test]
fn the_workspaces_manifest_touches_all_its_members_and_another_file_beside_it_none() {
    if !have("git") {
        return;
    }
    let ground = workspace("[\"*\"]", &["b"]);
    ground.put("README", "words\n");
    ground.git(&["add", "README"]).code(0);
    assert_eq!(ground.commits(&["commit", "-qm", "words"]).all(), "");
    ground.member("a", 1);
    ground.commits(&["commit", "-qam", "a"]).never_says("b/Dockerfile");
    ground.edit("pins.toml", "version = 1", "version = 1 # one");
    ground.refused(&["commit", "-qam", "x"]).says("b/Dockerfile:2:12").never_says("a/Dockerfile");
    ground.member("b", 1);
    ground.commits(&["commit", "-qam", "mended"]);
    // Gone: whatever the members took over is gone with it.
    ground.break_dockerfile("c d");
    ground.commits(&["commit", "-qam", "broken", "--no-verify"]);
    ground.git(&["rm", "-q", "pins.toml"]).code(0);
    ground.refused(&["commit", "-qm", "x"]).says("c d/Dockerfile:2:12");
}

#[test]
fn what_is_wrong_with_a_workspace_is_told_once_and_a_member_that_it_misses_too() {
    if !have("git") {
        return;
    }
    let ground = workspace("[\"a\", \"b\"]", &[]);
    ground.edit("pins.toml", "version = 1", "version = 1\nnonsense = true");
    ground.git(&["add", "-A"]).code(0);
    let said = ground.dubo(&["hook", "run"]).code(2).says("--> pins.toml:2:1");
    assert_eq!(said.all().matches("nonsense").count(), 2, "the message and its line: {}", said.all());
    ground.git(&["reset", "-q", "--hard"]).code(0);
    ground.git(&["rm", "-q", "-r", "b"]).code(0);
    ground.refused(&["commit", "-qm", "x"]).says("there is no pins.toml in the member `b`").says("--> pins.toml:4");
    ground.dubo(&["verify"]).code(2).says("there is no pins.toml in the member `b`");
}

#[test]
fn a_workspace_in_a_folder_is_one_as_well() {
    if !have("git") {
        return;
    }
    let ground = workspace("[\"*\"]", &[]);
    std::fs::create_dir(ground.top().join("w")).unwrap();
    for name in ["a", "b", "pins.toml"] {
        ground.git(&["mv", name, "w"]).code(0);
    }
    ground.commits(&["commit", "-qm", "moved"]);
    ground.break_dockerfile("w/b");
    ground.refused(&["commit", "-qam", "x"]).says("--> w/b/Dockerfile:2:12");
    let below = ground.top().join("w/a");
    ground.git(&["add", "-A"]).code(0);
    ground.dubo_at(&below, &["hook", "run"]).code(1).says("--> ../b/Dockerfile:2:12");
}
