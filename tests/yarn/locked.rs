//! What else refresh is asked for: --locked, --to, `packages` of the manifest; and what it is
//! without a yarn.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use dubo_pin::lock::open;

use crate::support::program::ran;
use crate::support::yarn::Yarn;

use super::{BRANCH, Desk, TAG, desk, desks};

#[test]
fn locked_proves_every_commit_from_upstream_and_writes_nothing() {
    for desk in desks() {
        for spec in [TAG, BRANCH] {
            let desk = Desk::new(desk.yarn);
            desk.project(&[("homebridge", spec), ("left-b", "^1.0.0")]);
            desk.run(&["refresh"]).code(0);
            let runs = desk.yarn_runs();
            desk.idle(&["refresh", "--locked"]).code(0);
            assert_eq!(desk.yarn_runs(), runs);
            // Upstream goes on: what is locked is still there.
            desk.homebridge.commit("main", &super::homebridge("1.1.0"));
            desk.idle(&["refresh", "--locked"]).code(0);
        }
    }
}

#[test]
fn locked_sees_a_forgery_that_is_consistent_in_itself() {
    for desk in desks() {
        let plugin = desk.hub.repository("dubo/fork");
        let evil = plugin.commit("main", &super::homebridge("1.0.0").says("evil"));
        desk.project(&[("homebridge", TAG)]);
        desk.run(&["refresh"]).code(0);
        // All that a forger can write without upstream: every file names the other commit.
        for file in ["package.json", "yarn.lock"] {
            let text = desk.read(file).replace(&desk.first, &evil);
            desk.work.write(&format!("app/{file}"), text);
        }
        let text = desk.work.read("pins.lock").replace(&desk.first, &evil);
        let mut lock = match open(text.as_bytes()) {
            Ok(opened) => opened.lock,
            Err(error) => panic!("{error:?}"),
        };
        // Sealed anew.
        let entry = lock.pins.remove("app").unwrap();
        lock = dubo_pin::lock::Lock::default();
        lock.pins.insert("app".parse().unwrap(), entry);
        desk.work.write("pins.lock", lock.to_bytes());
        desk.idle(&["verify"]).code(1);
        desk.idle(&["refresh", "--locked"]).code(3);
    }
}

#[test]
fn a_locked_commit_that_upstream_no_longer_has_is_an_alarm() {
    let Some(desk) = desk(Yarn::V1) else { return };
    desk.project(&[("homebridge", BRANCH)]);
    desk.run(&["refresh"]).code(0);
    desk.homebridge.delete("refs/tags/v1.0.0");
    desk.homebridge.force("main", None, &super::homebridge("1.1.0"));
    crate::support::git_http::git(&desk.homebridge.path, &["reflog", "expire", "--expire=now", "--all"]);
    crate::support::git_http::git(&desk.homebridge.path, &["gc", "-q", "--prune=now"]);
    desk.idle(&["refresh", "--locked"]).code(3);
}

#[test]
fn to_takes_one_package_to_exactly_one_value() {
    for desk in desks() {
        let ids: Vec<String> = ["1.1.0", "1.2.0"]
            .iter()
            .map(|version| {
                let id = desk.homebridge.commit("main", &super::homebridge(version));
                desk.homebridge.tag(&format!("v{version}"), &id);
                id
            })
            .collect();
        desk.project(&[("homebridge", "git+https://github.com/dubo/homebridge.git#semver:^1")]);
        desk.run(&["refresh"]).code(0);
        assert_eq!(desk.values(), [("homebridge".to_owned(), ids[1].clone())]);
        desk.pins("allow-downgrade = true\n");
        desk.run(&["refresh", "app", "--to", "homebridge=v1.1.0"]).code(0);
        assert_eq!(desk.values(), [("homebridge".to_owned(), ids[0].clone())]);
        desk.verify().code(0);
        desk.installs(&[("homebridge", "homebridge 1.1.0")]);
        desk.run(&["refresh", "app", "--to", &format!("homebridge={}", ids[1])]).code(0);
        assert_eq!(desk.values(), [("homebridge".to_owned(), ids[1].clone())]);
        let ran = desk.idle(&["refresh", "app", "--to", "other=v1.1.0"]);
        assert!(matches!(ran.code, Some(1 | 2)), "{ran:?}");
        ran.says("other");
        let ran = desk.idle(&["refresh", "app", "--to", "homebridge=v9.9.9"]);
        assert!(matches!(ran.code, Some(1 | 2)), "{ran:?}");
        ran.says("v9.9.9");
    }
}

#[test]
fn packages_of_the_manifest_say_what_is_followed() {
    for desk in desks() {
        let rules = [
            ("{ branch = \"main\" }", "branch main"),
            ("{ tag = \"v1.0.0\" }", "tag v1.0.0"),
            ("{ version = \"^1\" }", "version ^1"),
            ("{}", "head"),
        ];
        for (rule, follow) in rules {
            let desk = Desk::new(desk.yarn);
            // package.json has but a commit: what to follow stands in pins.toml.
            desk.pins(&format!("[pins.app.packages]\nhomebridge = {rule}\n"));
            desk.project(&[("homebridge", &format!("git+https://github.com/dubo/homebridge.git#{}", desk.first))]);
            desk.run(&["refresh"]).code(0);
            assert_eq!(desk.values(), [("homebridge".to_owned(), desk.first.clone())], "{rule}");
            assert_eq!(desk.proof("follow", "homebridge"), follow);
            let next = desk.homebridge.commit("main", &super::homebridge("1.1.0"));
            desk.homebridge.tag("v1.1.0", &next);
            let moves = !follow.starts_with("tag");
            desk.run(&["refresh"]).code(0);
            let expected = if moves { next } else { desk.first.clone() };
            assert_eq!(desk.values(), [("homebridge".to_owned(), expected)], "{rule}");
            desk.verify().code(0);
        }
    }
}

#[test]
fn packages_that_name_nothing_or_ask_too_much_are_told_with_their_line() {
    let Some(desk) = desk(Yarn::V1) else { return };
    desk.project(&[("homebridge", TAG)]);
    for (line, said) in [
        ("homebrigde = { branch = \"main\" }", "homebrigde"),
        ("homebridge = { branch = \"main\", tag = \"v1.0.0\" }", "tag"),
        ("homebridge = { brunch = \"main\" }", "branch"),
        ("homebridge = \"main\"", "homebridge"),
        ("left-b = { commit = \"0123456\" }", "left-b"),
    ] {
        desk.pins(&format!("[pins.app.packages]\n{line}\n"));
        desk.idle(&["refresh"]).code(2).says(said).says("pins.toml:");
    }
}

#[test]
fn the_manifest_says_more_than_the_lock_until_it_is_refreshed() {
    for desk in desks() {
        desk.project(&[("homebridge", TAG)]);
        desk.run(&["refresh"]).code(0);
        desk.pins("[pins.app.packages]\nhomebridge = { branch = \"main\" }\n");
        desk.verify().code(1).says("LOCK004");
        desk.run(&["refresh", "--keep"]).code(0);
        desk.verify().code(0);
        assert_eq!(desk.proof("follow", "homebridge"), "branch main");
    }
}

/// A PATH with these programs of the machine alone.
#[allow(clippy::disallowed_methods, reason = "a test's own environment")]
fn path(desk: &Desk, programs: &[&str]) -> PathBuf {
    let folder = desk.work.home().join(format!("only-{}", programs.join("-")));
    std::fs::create_dir_all(&folder).unwrap();
    for program in programs {
        let all = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&all).map(|p| p.join(program)).find(|p| p.is_file()).unwrap();
        drop(symlink(found, folder.join(program)));
    }
    folder
}

#[test]
fn without_yarn_or_node_a_refresh_that_needs_them_names_what_is_missing_and_writes_nothing() {
    for desk in desks() {
        desk.project(&[("homebridge", BRANCH)]);
        let before = desk.work.tree();
        for (programs, missing) in [(&["git", "node"][..], "yarn"), (&["git"], "node")] {
            let path = path(&desk, programs);
            let ran = ran(desk.command(&["refresh"]).env("PATH", path)).code(4);
            assert!(ran.err.contains(missing), "{missing}: {}", ran.all());
        }
        assert!(before == desk.work.tree(), "it wrote something");
        desk.run(&["refresh"]).code(0);
    }
}

/// The lock of another yarn than the one at hand would be rewritten whole.
#[test]
fn a_yarn_of_another_line_than_the_lock_is_refused() {
    for desk in desks() {
        for other in crate::support::yarn::installed().into_iter().filter(|y| *y != desk.yarn) {
            let desk = Desk::new(desk.yarn);
            desk.project(&[("homebridge", BRANCH)]);
            let before = desk.work.tree();
            let mut command = desk.command(&["refresh"]);
            let paths = [other.shim(&desk.work.home()), path(&desk, &["node", "git"])];
            let ran = ran(command.env("PATH", std::env::join_paths(paths).unwrap())).code(4);
            assert!(ran.all().contains(desk.yarn.version()) || ran.all().contains("yarn"), "{}", ran.all());
            assert!(before == desk.work.tree(), "it wrote something");
        }
    }
}

#[test]
fn what_needs_no_yarn_is_done_without_one() {
    for desk in desks() {
        let spec = format!("git+https://github.com/dubo/homebridge.git#{}", desk.first);
        desk.project(&[("homebridge", &spec)]);
        let path = path(&desk, &[]);
        ran(desk.command(&["refresh"]).env("PATH", path)).code(0);
        desk.verify().code(0);
    }
}
