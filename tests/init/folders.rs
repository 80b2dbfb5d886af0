//! Which folders are adopted.

use super::*;

#[test]
fn a_folder_without_a_dockerfile_is_told_as_such() {
    let work = Work::new();
    work.write("README", "x").write(".hidden/Dockerfile", "FROM a").write("node_modules/x/Dockerfile", "FROM a");
    for arguments in [&["init"][..], &["init", "--check"]] {
        work.run(arguments).code(2).says("there is no Dockerfile in").says("-C DIR names another folder");
    }
    assert!(!work.image().join("pins.toml").exists());
}

#[test]
fn folders_become_members_of_a_workspace() {
    let work = Work::new();
    work.write("a/Dockerfile", "FROM debian:12\n").write("b/web.Dockerfile", "FROM scratch\n");
    work.write("notes/README", "x");
    work.run(&["init", "--offline"]).code(0).says("3 members: 1 pin, 1 UNLOCKED").says("a/Dockerfile:1:6");
    assert_eq!(work.read("pins.toml"), format!("{HEAD}\n[workspace]\nmembers = [\"*\"]\n"));
    assert!(work.read("a/pins.toml").contains("image = \"docker.io/library/debian:12\""));
    assert_eq!(work.read("b/pins.toml"), HEAD);
    let all = work.tree();
    work.run(&["init", "--offline"]).code(0).says("nothing new");
    assert!(work.tree() == all, "a second run changed something");
    work.run(&["verify"]).code(0);
    work.write("c/d/Dockerfile", "FROM debian:12\n");
    work.run(&["init", "--check"]).code(1).says("c/d/Dockerfile:1:6");
    work.run(&["init", "--offline"]).code(0);
    assert_eq!(work.read("pins.toml"), format!("{HEAD}\n[workspace]\nmembers = [\"*\", \"c/d\"]\n"));
    work.run(&["init", "--check"]).code(0);
}

#[test]
fn one_folder_alone_is_no_workspace_and_one_below_is() {
    let work = Work::new();
    work.write("Dockerfile", "FROM debian:12\n");
    work.run(&["init", "--offline"]).code(0);
    assert!(!work.read("pins.toml").contains("workspace"));
    work.write("sub/Dockerfile", "FROM debian:12\n");
    work.run(&["init", "--offline"]).code(0).says("sub/Dockerfile:1:6");
    assert!(work.read("pins.toml").ends_with("\n[workspace]\nmembers = [\"sub\"]\n"), "{}", work.read("pins.toml"));
    work.run(&["-C", "sub", "init", "--offline"]).code(0).says("nothing new");
}

#[test]
fn dockerfiles_that_a_manifest_above_names_make_no_member() {
    let work = Work::new();
    work.write("pins.toml", "version = 1\n[image]\ndockerfiles = [\"docker/Dockerfile\"]\n");
    work.write("docker/Dockerfile", "FROM debian:12\n");
    work.run(&["init", "--offline"]).code(0).says("1 pin");
    assert!(work.read("pins.toml").contains("[pins.debian]"));
    assert!(!work.image().join("docker/pins.toml").exists());
}
