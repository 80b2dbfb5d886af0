//! The first refresh, with each yarn: package.json and yarn.lock as they are to be, the lock, and a
//! yarn that has nothing to add.

use super::{BRANCH, Desk, TAG, desks};

fn pinned(id: &str) -> String {
    format!("git+https://github.com/dubo/homebridge.git#{id}")
}

#[test]
fn a_tag_becomes_the_commit_it_stands_for_and_nothing_else_changes() {
    for desk in desks() {
        desk.project(&[("left-b", "^1.0.0"), ("homebridge", TAG)]);
        let (package, before) = (desk.read("package.json"), desk.blocks());
        desk.run(&["refresh"]).code(0);
        // The commit, not the tag object, whatever the yarn.
        assert_eq!(desk.read("package.json"), package.replace(TAG, &pinned(&desk.first)), "{:?}", desk.yarn);
        let after = desk.blocks();
        for (key, block) in &before {
            let own = key.contains("homebridge@") || block.contains("workspace:");
            assert!(own || after.get(key) == Some(block), "{:?} changed {block}", desk.yarn);
        }
        assert_eq!(before.len(), after.len());
        assert_eq!(desk.values(), [("homebridge".to_owned(), desk.first.clone())]);
        assert_eq!(desk.proof("follow", "homebridge"), "tag v1.0.0");
        assert_eq!(desk.proof("tag-object", "homebridge"), desk.object);
        assert_eq!(desk.proof("repository", "homebridge"), "https://github.com/dubo/homebridge.git");
        assert_eq!(desk.proof("manifest", "homebridge"), "version=1.0.0 left-a=^1.0.0");
        desk.verify().code(0).says("1 verified");
        desk.installs(&[("homebridge", "homebridge 1.0.0"), ("left-a", "left-a 1.1.0")]);
    }
}

#[test]
fn a_second_refresh_changes_no_byte_and_runs_no_yarn() {
    for desk in desks() {
        desk.project(&[("homebridge", BRANCH)]);
        desk.run(&["refresh"]).code(0);
        let runs = desk.yarn_runs();
        assert!(runs > 0, "the shim counts nothing");
        desk.idle(&["refresh"]).code(0);
        desk.idle(&["refresh", "--keep"]).code(0);
        assert_eq!(desk.yarn_runs(), runs);
    }
}

#[test]
fn a_dry_run_shows_what_it_would_write_and_writes_nothing() {
    for desk in desks() {
        desk.project(&[("homebridge", BRANCH)]);
        let ran = desk.idle(&["refresh", "--dry-run"]).code(0);
        for file in ["app/package.json", "app/yarn.lock", "pins.lock"] {
            assert!(ran.out.contains(&format!("+++ b/{file}")), "{file}: {}", ran.all());
        }
        assert!(ran.out.contains(&desk.first));
        assert!(!desk.work.image().join("pins.lock").exists());
    }
}

#[test]
fn keep_locks_what_yarn_lock_bears_although_upstream_moved_on() {
    for desk in desks() {
        desk.project(&[("homebridge", BRANCH)]);
        let newer = desk.homebridge.commit("main", &super::homebridge("1.1.0"));
        desk.run(&["refresh", "--keep"]).code(0);
        assert_eq!(desk.values(), [("homebridge".to_owned(), desk.first.clone())]);
        assert_eq!(desk.proof("follow", "homebridge"), "branch main");
        desk.verify().code(0);
        desk.installs(&[("homebridge", "homebridge 1.0.0")]);
        desk.idle(&["refresh", "--keep"]).code(0);
        desk.run(&["refresh"]).code(0);
        assert_eq!(desk.values(), [("homebridge".to_owned(), newer)]);
        desk.installs(&[("homebridge", "homebridge 1.1.0")]);
    }
}

#[test]
fn verify_asks_neither_node_nor_yarn_nor_git_nor_the_network() {
    for desk in desks() {
        desk.project(&[("homebridge", TAG), ("left-b", "^1.0.0")]);
        desk.run(&["refresh"]).code(0);
        let Desk { hub, work, .. } = desk;
        drop(hub);
        super::verify(&work).code(0).says("1 verified, 0 UNLOCKED, 0 suppressed");
    }
}

#[test]
fn every_other_byte_of_package_json_is_kept() {
    for desk in desks() {
        desk.yarn.write_project(&desk.app(), &desk.hub.registry.url(), &[("homebridge", TAG)]);
        let version = desk.yarn.version();
        let text = format!(
            "{{\r\n\t\"name\":\"app\" ,\r\n\t\"version\": \"1.0.0\",\r\n\r\n\t\"packageManager\": \"yarn@{version}\",\r\n\t\"config\": {{ \"n\": 1.50e3, \"u\": \"\\u00e9/\\/\" , \"empty\": [ ] }},\r\n\t\"dependencies\" : {{\"left-b\" : \"^1.0.0\",   \"homebridge\":\"{TAG}\"}}\r\n}}"
        );
        desk.work.write("app/package.json", &text);
        desk.author();
        // Berry itself lays the file out anew at each install; here it stays as its author has it.
        desk.work.write("app/package.json", &text);
        desk.run(&["refresh"]).code(0);
        assert_eq!(desk.read("package.json"), text.replace(TAG, &pinned(&desk.first)));
        desk.verify().code(0);
        let lock = desk.read("yarn.lock");
        desk.yarn.install(&desk.hub, &desk.app(), desk.yarn.frozen()).code(0);
        assert_eq!(desk.read("yarn.lock"), lock);
        assert_eq!(desk.yarn.says(&desk.app(), "homebridge"), "homebridge 1.0.0");
    }
}

#[test]
fn dev_and_optional_dependencies_are_pinned_too() {
    for desk in desks() {
        let plugin = desk.hub.repository("dubo/plugin");
        let id = plugin.commit("main", &crate::support::yarn::Package::new("plugin", "0.1.0"));
        desk.yarn.write_project(&desk.app(), &desk.hub.registry.url(), &[("left-b", "^1.0.0")]);
        desk.edit(
            "package.json",
            "  \"dependencies\"",
            &format!(
                "  \"devDependencies\": {{\n    \"homebridge\": \"{TAG}\"\n  }},\n  \"optionalDependencies\": {{\n    \"plugin\": \"git+https://github.com/dubo/plugin.git\"\n  }},\n  \"dependencies\""
            ),
        );
        desk.author();
        desk.run(&["refresh"]).code(0);
        let expected = [("homebridge", desk.first.as_str()), ("plugin", id.as_str())];
        assert_eq!(desk.values(), expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert_eq!(desk.proof("follow", "plugin"), "head");
        desk.verify().code(0);
        desk.installs(&[("homebridge", "homebridge 1.0.0"), ("plugin", "plugin 0.1.0")]);
    }
}

#[test]
fn a_folder_that_is_no_yarn_project_is_told() {
    let desk = Desk::new(crate::support::yarn::Yarn::V1);
    desk.idle(&["refresh"]).code(2).says("app");
    desk.work.write("app/package.json", "{ \"name\": \"app\" }\n");
    desk.idle(&["refresh"]).code(2).says("app/yarn.lock");
    desk.work.write("app/yarn.lock", "# yarn lockfile v1\n\n");
    desk.idle(&["verify"]).code(1).says("LOCK002");
}
