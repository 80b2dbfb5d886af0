//! What package.json writes.

use super::*;

const PINNED: &str = "git+https://git.example/own/homebridge.git#361052c761c368331ac6e16e4ffa52acda8091a5";

/// package.json and the key of yarn.lock with another range.
fn ranged(range: &str) -> Case {
    v1().unvendored().package(PINNED, range).lock(PINNED, range)
}

#[test]
fn a_git_dependency_that_can_move() {
    for range in ["#master", "#v1.0.0", "#semver:^1", ""] {
        let range = format!("git+https://git.example/own/homebridge.git{range}");
        let case = ranged(&range);
        case.says("YARN003 package.json:6:19: `homebridge` is not taken at a full commit, so it can move");
        let expected = case.run()[0].2.expected.clone();
        assert_eq!(expected, Some(format!("`{PINNED}`")));
    }
}

#[test]
fn a_short_commit_id() {
    ranged("git+https://git.example/own/homebridge.git#361052c")
        .says("YARN003 package.json:6:19: `homebridge` is taken at `361052c`, which may be a short commit id");
}

#[test]
fn git_without_encryption() {
    let case = ranged(&PINNED.replace("git+https", "git"));
    case.says("YARN014 package.json:6:19: `homebridge` comes by git://, which is neither encrypted nor authenticated");
    assert_eq!(case.run()[0].2.expected, Some(format!("`{PINNED}`")));
}

#[test]
fn a_spelling_that_yarn_1_does_not_read() {
    let errors = v1().unvendored().package(PINNED, "git@github.com:own/homebridge.git").errors();
    assert!(errors[0].starts_with("YARN014 package.json:6:19: "), "{errors:?}");
    let errors = v1().unvendored().package(PINNED, "portal:../x").errors();
    assert!(errors[0].starts_with("YARN014 package.json:6:19: "), "{errors:?}");
}

#[test]
fn another_commit_in_package_json_alone() {
    let errors = v1().unvendored().package(HOMEBRIDGE, OTHER).errors();
    assert_eq!(
        errors,
        [
            "YARN004 package.json:6:19: `homebridge` is not at the locked commit".to_owned(),
            format!("YARN005 package.json:6:19: `homebridge@git+https://git.example/own/homebridge.git#{OTHER}` has no entry in yarn.lock, so what is newest would be taken"),
            "YARN006 yarn.lock:10:2: nothing needs the entry `homebridge@git+https://git.example/own/homebridge.git#361052c761c368331ac6e16e4ffa52acda8091a5`".to_owned(),
            "YARN006 yarn.lock:19:1: nothing needs the entry `is-number@^6.0.0`".to_owned(),
            "YARN006 yarn.lock:24:1: nothing needs the entry `is-odd@^3.0.1`".to_owned(),
            "YARN006 yarn.lock:31:1: nothing needs the entry `ms@^2.1.0`".to_owned(),
            "YARN006 yarn.lock:41:2: nothing needs the entry `plugin@git+https://git.example/own/plugin.git#v1.0.0`".to_owned(),
        ]
    );
}

#[test]
fn another_commit_in_package_json_and_yarn_lock() {
    let mut case = v1().unvendored();
    case.package = case.package.replace(HOMEBRIDGE, OTHER);
    case.lock = case.lock.replace(HOMEBRIDGE, OTHER);
    assert_eq!(
        case.errors(),
        [
            "YARN004 package.json:6:19: `homebridge` is not at the locked commit",
            "YARN004 yarn.lock:12:56: yarn.lock has `homebridge` at another commit than pins.lock",
        ]
    );
}

#[test]
fn another_repository_in_package_json_and_yarn_lock() {
    let mut case = v1().unvendored();
    case.package = case.package.replace("own/homebridge", "evil/homebridge");
    case.lock = case.lock.replace("own/homebridge", "evil/homebridge");
    assert_eq!(
        case.errors(),
        [
            "YARN007 package.json:6:19: `homebridge` is taken from another repository than the locked one",
            "YARN007 yarn.lock:12:13: yarn.lock takes `homebridge` from another repository than the locked one",
        ]
    );
}

#[test]
fn a_dependency_that_was_added_without_yarn() {
    v1().unvendored()
        .package("\"number\": ", "\"left\": \"^1.0.0\",\n    \"number\": ")
        .says("YARN005 package.json:7:13: `left@^1.0.0` has no entry in yarn.lock, so what is newest would be taken");
}

#[test]
fn a_git_dependency_of_a_workspace_that_can_move() {
    let mut case = v1().unvendored();
    let range = "git+https://git.example/own/plugin.git#v1.0.0";
    case.workspaces = vec![(
        "app/p/w",
        format!(
            "{{\n  \"name\": \"w\",\n  \"version\": \"1.0.0\",\n  \"devDependencies\": {{ \"plugin\": \"{range}\" }}\n}}\n"
        ),
    )];
    case.says("YARN003 p/w/package.json:4:34: `plugin` is not taken at a full commit, so it can move");
}

#[test]
fn a_git_resolution_that_can_move() {
    let range = "git+https://git.example/own/plugin.git#v1.0.0";
    let case = v1()
        .unvendored()
        .package("\n  }\n}", &format!("\n  }},\n  \"resolutions\": {{\n    \"**/plugin\": \"{range}\"\n  }}\n}}"));
    case.says("YARN003 package.json:10:18: `plugin` is not taken at a full commit, so it can move");
}

#[test]
fn peers_install_nothing() {
    let case = v1().unvendored().package(
        "\n  }\n}",
        "\n  },\n  \"peerDependencies\": { \"plugin\": \"git+https://git.example/own/plugin.git\" }\n}",
    );
    assert_eq!(case.errors(), Vec::<String>::new());
}
