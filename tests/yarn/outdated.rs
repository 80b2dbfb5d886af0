//! outdated of a folder: newer, current, held, and without a yarn.

use serde_json::Value;

use crate::support::program::ran;

use super::{BRANCH, Desk, TAG, desks};

fn row(desk: &Desk, code: i32) -> Value {
    let ran = desk.idle(&["outdated", "--format", "json"]).code(code);
    let value: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}", ran.out));
    value["pins"][0].clone()
}

#[test]
fn a_branch_that_moved_is_newer_and_yarn_is_not_asked() {
    for desk in desks() {
        desk.project(&[("homebridge", BRANCH)]);
        desk.run(&["refresh"]).code(0);
        assert_eq!(row(&desk, 0)["standing"], "current");
        let runs = desk.yarn_runs();
        let next = desk.homebridge.commit("main", &super::homebridge("1.1.0"));
        let row = row(&desk, 1);
        assert_eq!((row["standing"].as_str(), row["kind"].as_str()), (Some("newer"), Some("yarn")));
        assert!(row.to_string().contains(&next[..7]), "{row}");
        assert_eq!(desk.yarn_runs(), runs);
        let nothing = desk.work.home().join("nothing");
        std::fs::create_dir_all(&nothing).unwrap();
        ran(desk.command(&["outdated"]).env("PATH", &nothing)).code(1).says("newer");
    }
}

#[test]
fn a_range_has_something_newer_when_a_tag_in_it_comes() {
    for desk in desks() {
        desk.project(&[("homebridge", "git+https://github.com/dubo/homebridge.git#semver:^1")]);
        desk.run(&["refresh"]).code(0);
        let next = desk.homebridge.commit("main", &super::homebridge("2.0.0"));
        desk.homebridge.tag("v2.0.0", &next);
        assert_eq!(row(&desk, 0)["standing"], "current");
        desk.homebridge.tag("v1.1.0", &next);
        assert_eq!(row(&desk, 1)["standing"], "newer");
        desk.run(&["refresh"]).code(0);
        assert_eq!(desk.values(), [("homebridge".to_owned(), next)]);
        assert_eq!(row(&desk, 0)["standing"], "current");
    }
}

#[test]
fn a_fixed_tag_has_nothing_newer_whatever_the_branch_does() {
    for desk in desks() {
        desk.project(&[("homebridge", TAG)]);
        desk.run(&["refresh"]).code(0);
        desk.homebridge.commit("main", &super::homebridge("1.1.0"));
        assert_eq!(row(&desk, 0)["standing"], "current");
    }
}

#[test]
fn one_of_several_packages_that_moved_is_named() {
    for desk in desks() {
        let plugin = desk.hub.repository("dubo/plugin");
        plugin.commit("main", &crate::support::yarn::Package::new("plugin", "0.1.0"));
        desk.project(&[("homebridge", BRANCH), ("plugin", "git+https://github.com/dubo/plugin.git#main")]);
        desk.run(&["refresh"]).code(0);
        let next = plugin.commit("main", &crate::support::yarn::Package::new("plugin", "0.2.0"));
        let told = desk.idle(&["outdated"]).code(1).says("newer").says("plugin").says(&next[..7]);
        assert!(!told.all().contains("error"), "{}", told.all());
    }
}

#[test]
fn a_server_that_is_not_there_is_unreachable() {
    for desk in desks() {
        desk.project(&[("homebridge", BRANCH)]);
        desk.run(&["refresh"]).code(0);
        let mut command = desk.command(&["outdated"]);
        ran(command.env("DUBO_PIN_MIRRORS", "https://github.com/=http://127.0.0.1:9/;resolve"))
            .code(4)
            .says("unreachable");
        desk.idle(&["outdated", "--offline"]).code(4).says("--offline asks nobody");
    }
}

#[test]
fn a_project_that_is_not_locked_yet_is_told() {
    for desk in desks() {
        desk.project(&[("homebridge", BRANCH)]);
        desk.idle(&["outdated"]).says("app").says(&desk.first[..7]);
        desk.verify().code(1).says("LOCK002");
    }
}
