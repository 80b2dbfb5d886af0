//! Upstream moves: what refresh takes over, with each yarn, and what it does not.

use crate::support::yarn::{Package, Yarn};

use super::{BRANCH, Desk, TAG, desk, desks};

/// homebridge on a branch, locked; then upstream goes on with another package, and refresh follows.
#[track_caller]
fn moves_to(yarn: Yarn, next: &Package) -> (Desk, String) {
    let desk = Desk::locked(yarn, BRANCH);
    let id = desk.homebridge.commit("main", next);
    desk.run(&["refresh"]).code(0).says(&id[..7]);
    assert_eq!(desk.values(), [("homebridge".to_owned(), id.clone())]);
    assert!(desk.read("package.json").contains(&format!("homebridge.git#{id}\"")));
    for file in ["package.json", "yarn.lock"] {
        assert!(!desk.read(file).contains(&desk.first), "the old commit is still in {file}");
    }
    desk.verify().code(0);
    desk.idle(&["refresh"]).code(0);
    (desk, id)
}

fn each(next: &Package, packages: &[(&str, &str)], gone: &[&str]) {
    for yarn in crate::support::yarn::pair() {
        let (desk, _) = moves_to(yarn, next);
        for name in gone {
            let blocks = desk.blocks();
            assert!(!blocks.keys().any(|key| key.contains(&format!("{name}@"))), "{name} is still there: {blocks:?}");
        }
        desk.installs(packages);
    }
}

#[test]
fn version_only() {
    each(&super::homebridge("1.1.0"), &[("homebridge", "homebridge 1.1.0"), ("left-a", "left-a 1.1.0")], &[]);
}

/// yarn 1 with a warm cache would install the old commit here.
#[test]
fn another_commit_of_the_same_version() {
    each(&super::homebridge("1.0.0").says("mended"), &[("homebridge", "mended")], &[]);
}

#[test]
fn a_dependency_more() {
    let next = super::homebridge("1.1.0").needs("@scope/c", "^2.0.0");
    each(&next, &[("homebridge", "homebridge 1.1.0"), ("@scope/c", "@scope/c 2.0.1")], &[]);
}

#[test]
fn a_dependency_less() {
    each(&Package::new("homebridge", "1.1.0"), &[("homebridge", "homebridge 1.1.0")], &["left-a"]);
}

#[test]
fn a_dependency_swapped_for_one_that_the_lock_has() {
    let next = Package::new("homebridge", "1.1.0").needs("left-b", "^1.0.0");
    each(&next, &[("homebridge", "homebridge 1.1.0"), ("left-b", "left-b 1.0.0")], &["left-a"]);
}

#[test]
fn another_range_of_a_dependency_keeps_its_version_where_it_fits() {
    let next = Package::new("homebridge", "1.1.0").needs("left-a", "^1.1.0");
    each(&next, &[("homebridge", "homebridge 1.1.0"), ("left-a", "left-a 1.1.0")], &[]);
}

#[test]
fn what_the_registry_has_newer_meanwhile_is_not_taken_along() {
    for yarn in crate::support::yarn::pair() {
        let desk = Desk::locked(yarn, BRANCH);
        desk.hub.registry.publish_all(&[("left-a", "1.9.0"), ("left-b", "1.9.0")]);
        desk.homebridge.commit("main", &super::homebridge("1.1.0"));
        desk.run(&["refresh"]).code(0);
        desk.installs(&[("left-a", "left-a 1.1.0"), ("left-b", "left-b 1.0.0"), ("homebridge", "homebridge 1.1.0")]);
    }
}

#[test]
fn a_git_dependency_of_a_git_dependency_is_locked_and_moves_with_it() {
    for desk in desks() {
        let plugin = desk.hub.repository("dubo/plugin");
        let one = plugin.commit("main", &Package::new("plugin", "0.1.0"));
        let two = plugin.commit("main", &Package::new("plugin", "0.2.0").needs("@scope/c", "^2.0.0"));
        let with = |version: &str, id: &str| {
            super::homebridge(version).needs("plugin", &format!("git+https://github.com/dubo/plugin.git#{id}"))
        };
        let a = desk.homebridge.commit("main", &with("1.1.0", &one));
        desk.project(&[("homebridge", BRANCH)]);
        desk.run(&["refresh"]).code(0);
        assert_eq!(desk.values(), [("homebridge".to_owned(), a), ("plugin".to_owned(), one)]);
        desk.verify().code(0);
        desk.installs(&[("plugin", "plugin 0.1.0")]);
        let b = desk.homebridge.commit("main", &with("1.2.0", &two));
        desk.run(&["refresh"]).code(0);
        assert_eq!(desk.values(), [("homebridge".to_owned(), b), ("plugin".to_owned(), two)]);
        desk.verify().code(0);
        desk.installs(&[
            ("homebridge", "homebridge 1.2.0"),
            ("plugin", "plugin 0.2.0"),
            ("@scope/c", "@scope/c 2.0.1"),
        ]);
    }
}

/// A transitive range that is a tag or a branch stays what its parent says; its commit is locked.
#[test]
fn a_transitive_tag_stays_written_and_its_commit_is_locked() {
    for desk in desks() {
        let plugin = desk.hub.repository("dubo/plugin");
        let one = plugin.commit("main", &Package::new("plugin", "0.1.0"));
        plugin.tag("v0.1.0", &one);
        let with = super::homebridge("1.1.0").needs("plugin", "git+https://github.com/dubo/plugin.git#v0.1.0");
        let a = desk.homebridge.commit("main", &with);
        desk.project(&[("homebridge", BRANCH)]);
        desk.run(&["refresh"]).code(0);
        assert_eq!(desk.values(), [("homebridge".to_owned(), a), ("plugin".to_owned(), one.clone())]);
        desk.verify().code(0);
        desk.installs(&[("plugin", "plugin 0.1.0")]);
        desk.idle(&["refresh"]).code(0);
        // The tag moves: nobody follows it, and what was locked is what is installed.
        plugin.commit("main", &Package::new("plugin", "0.1.0").says("evil"));
        plugin.tag("v0.1.0", &plugin.tip("main").unwrap());
        desk.run(&["refresh"]).code(0);
        assert_eq!(desk.values()[1].1, one);
        desk.verify().code(0);
        desk.installs(&[("plugin", "plugin 0.1.0")]);
    }
}

#[test]
fn keys_that_were_merged_part_when_one_of_them_moves() {
    for desk in desks() {
        let plugin = desk.hub.repository("dubo/plugin");
        plugin.commit("main", &Package::new("plugin", "0.1.0").needs("homebridge", TAG));
        desk.project(&[("homebridge", BRANCH), ("plugin", "git+https://github.com/dubo/plugin.git#main")]);
        if desk.yarn.berry() {
            // Its lock names the tag's object, of which nobody knows offline what it tags.
            desk.run(&["refresh"]).code(2).says("`resolutions`");
            continue;
        }
        desk.run(&["refresh"]).code(0);
        desk.verify().code(0);
        desk.installs(&[("homebridge", "homebridge 1.0.0"), ("plugin", "plugin 0.1.0")]);
        let next = desk.homebridge.commit("main", &super::homebridge("1.1.0"));
        desk.run(&["refresh"]).code(0);
        let values = desk.values();
        assert!(values.contains(&("homebridge".to_owned(), next.clone())), "{values:?}");
        assert!(values.contains(&(format!("homebridge@{TAG}"), desk.first.clone())), "{values:?}");
        desk.verify().code(0);
        desk.installs(&[("homebridge", "homebridge 1.1.0"), ("plugin/node_modules/homebridge", "homebridge 1.0.0")]);
    }
}

#[test]
fn a_dependency_under_another_name_is_moved_under_that_name() {
    for desk in desks() {
        desk.project(&[("hb", BRANCH)]);
        desk.run(&["refresh"]).code(0);
        assert_eq!(desk.values(), [("hb".to_owned(), desk.first.clone())]);
        desk.verify().code(0);
        let next = desk.homebridge.commit("main", &super::homebridge("1.1.0"));
        desk.run(&["refresh"]).code(0);
        assert_eq!(desk.values(), [("hb".to_owned(), next)]);
        desk.verify().code(0);
        desk.installs(&[("hb", "homebridge 1.1.0")]);
    }
}

#[test]
fn a_registry_alias_beside_it_is_left_alone() {
    for desk in desks() {
        desk.project(&[("homebridge", BRANCH), ("other", "npm:left-b@1.0.0")]);
        desk.run(&["refresh"]).code(0);
        desk.homebridge.commit("main", &super::homebridge("1.1.0"));
        desk.run(&["refresh"]).code(0);
        desk.verify().code(0);
        desk.installs(&[("homebridge", "homebridge 1.1.0"), ("other", "left-b 1.0.0")]);
    }
}

#[test]
fn a_tag_that_moved_is_an_alarm_and_nothing_is_written() {
    for desk in desks() {
        desk.project(&[("homebridge", TAG)]);
        desk.run(&["refresh"]).code(0);
        let evil = desk.homebridge.commit("main", &super::homebridge("1.0.0").says("evil"));
        desk.homebridge.annotated("v1.0.0", &evil);
        desk.idle(&["refresh"]).code(3).says("homebridge").says("v1.0.0").says("was moved to another commit");
        desk.idle(&["outdated"]).code(3).says("alarm");
        desk.idle(&["refresh", "--locked"]).code(3).says("another commit");
        desk.verify().code(0);
        desk.run(&["refresh", "--accept-changed", "app"]).code(0);
        assert_eq!(desk.values(), [("homebridge".to_owned(), evil)]);
        desk.verify().code(0);
        desk.installs(&[("homebridge", "evil")]);
    }
}

#[test]
fn a_tag_or_branch_that_is_gone_is_an_alarm() {
    for (spec, name) in [(TAG, "refs/tags/v1.0.0"), (BRANCH, "refs/heads/main")] {
        for desk in desks() {
            desk.project(&[("homebridge", spec)]);
            desk.run(&["refresh"]).code(0);
            desk.homebridge.delete(name);
            desk.idle(&["refresh"]).code(3).says("homebridge");
            desk.idle(&["outdated"]).code(3).says("gone");
            desk.verify().code(0);
        }
    }
}

#[test]
fn a_branch_that_was_force_pushed_is_an_alarm() {
    for desk in desks() {
        desk.project(&[("homebridge", BRANCH)]);
        desk.run(&["refresh"]).code(0);
        let forced = desk.homebridge.force("main", None, &super::homebridge("1.1.0"));
        desk.idle(&["refresh"]).code(3).says("was force-pushed").says(&forced);
        desk.idle(&["outdated"]).code(3).says("alarm");
        desk.run(&["refresh", "--accept-changed", "app"]).code(0);
        assert_eq!(desk.values(), [("homebridge".to_owned(), forced)]);
        desk.installs(&[("homebridge", "homebridge 1.1.0")]);
    }
}

/// The tree that is locked is git's own: modes and links are part of it.
#[test]
fn links_and_executables_of_a_git_package_are_locked_as_git_has_them() {
    for desk in desks() {
        let mut files: Vec<_> =
            super::homebridge("1.1.0").all().into_iter().map(|(path, bytes)| (path, "100644", bytes)).collect();
        files.push(("bin/run".to_owned(), "100755", b"#!/bin/sh\n".to_vec()));
        files.push(("bin/link".to_owned(), "120000", b"run".to_vec()));
        let id = desk.homebridge.commit_files("main", "With a link", &files);
        desk.project(&[("homebridge", BRANCH)]);
        desk.run(&["refresh"]).code(0);
        assert_eq!(desk.proof("tree", "homebridge").len(), 40);
        assert_eq!(desk.values(), [("homebridge".to_owned(), id)]);
        desk.verify().code(0);
        desk.installs(&[("homebridge", "homebridge 1.1.0")]);
    }
}

/// A script of a git package must not run while dubo-pin rewrites, and is not silently left out.
#[test]
fn a_prepare_script_of_a_git_package_is_never_run() {
    for yarn in crate::support::yarn::pair() {
        let desk = Desk::locked(yarn, BRANCH);
        let told = desk.work.home().join("ran");
        let script = format!("touch '{}'", told.display());
        let next = super::homebridge("1.1.0")
            .under("scripts", "prepare", &script)
            .under("scripts", "prepack", &script)
            .under("scripts", "postinstall", &script)
            .under("scripts", "install", &script);
        desk.homebridge.commit("main", &next);
        let ran = desk.run(&["refresh"]);
        assert!(!told.exists(), "a script ran: {}", ran.all());
        assert!(matches!(ran.code, Some(0 | 1 | 2 | 4)), "{ran:?}");
        if ran.code != Some(0) {
            assert!(ran.all().contains("prepare"), "{}", ran.all());
        }
        desk.verify().code(0);
    }
}

#[test]
fn a_server_that_fails_midway_leaves_everything_as_it_was() {
    let Some(desk) = desk(Yarn::V1) else { return };
    desk.project(&[("homebridge", BRANCH)]);
    desk.run(&["refresh"]).code(0);
    desk.homebridge.commit("main", &super::homebridge("1.1.0").needs("@scope/c", "^2.0.0"));
    desk.hub.registry.fault("@scope/c", "2.0.1", crate::support::yarn::Fault::Missing);
    desk.idle(&["refresh"]).code(4);
    desk.hub.registry.heal();
    desk.run(&["refresh"]).code(0);
    desk.installs(&[("@scope/c", "@scope/c 2.0.1")]);
}
