//! Workspaces: every package.json of the project is pinned, in one yarn.lock.

use crate::support::yarn::Package;

use super::{BRANCH, Desk, TAG, desks};

const GLOBS: &str = "[\n    \"packages/*\"\n  ]";

/// A root that takes left-b, and two workspaces that take homebridge.
fn project(desk: &Desk, globs: &str, specs: [&str; 2]) {
    desk.yarn.write_project(&desk.app(), &desk.hub.registry.url(), &[("left-b", "^1.0.0")]);
    desk.edit("package.json", "  \"dependencies\"", &format!("  \"workspaces\": {globs},\n  \"dependencies\""));
    for (name, spec) in ["one", "two"].into_iter().zip(specs) {
        let text = format!(
            "{{\n  \"name\": \"{name}\",\n  \"version\": \"1.0.0\",\n  \"dependencies\": {{\n    \"homebridge\": \"{spec}\"\n  }}\n}}\n"
        );
        desk.work.write(&format!("app/packages/{name}/package.json"), text);
    }
    desk.author();
}

#[test]
fn every_workspace_is_pinned_and_moves_with_the_others() {
    for desk in desks() {
        project(&desk, GLOBS, [BRANCH, BRANCH]);
        desk.run(&["refresh"]).code(0);
        let next = desk.homebridge.commit("main", &super::homebridge("1.1.0"));
        desk.run(&["refresh"]).code(0);
        for name in ["one", "two"] {
            let text = desk.read(&format!("packages/{name}/package.json"));
            assert!(text.contains(&format!("homebridge.git#{next}\"")), "{text}");
        }
        assert_eq!(desk.values(), [("homebridge".to_owned(), next)]);
        desk.verify().code(0);
        desk.idle(&["refresh"]).code(0);
        // What each workspace finds, hoisted or not.
        let before = desk.work.tree();
        desk.yarn.install(&desk.hub, &desk.app(), desk.yarn.frozen()).code(0);
        let says = |name: &str| {
            let own = format!("../packages/{name}/node_modules/homebridge");
            let hoisted = !desk.app().join("packages").join(name).join("node_modules/homebridge").exists();
            desk.yarn.says(&desk.app(), if hoisted { "homebridge" } else { &own })
        };
        assert_eq!((says("one"), says("two")), ("homebridge 1.1.0".to_owned(), "homebridge 1.1.0".to_owned()));
        desk.tidy();
        for name in ["one", "two"] {
            drop(std::fs::remove_dir_all(desk.app().join("packages").join(name).join("node_modules")));
        }
        assert!(before == desk.work.tree(), "the install changed files");
    }
}

/// One name is one commit for the whole project; the lock has one value for it.
#[test]
fn one_package_that_two_workspaces_want_in_two_ways_is_refused() {
    for desk in desks() {
        project(&desk, GLOBS, [BRANCH, TAG]);
        desk.idle(&["refresh"])
            .code(2)
            .says("app/packages/two/package.json:5:")
            .says("app/packages/one/package.json:5");
    }
}

#[test]
fn a_workspace_that_was_edited_is_found_in_its_own_file() {
    for desk in desks() {
        project(&desk, GLOBS, [TAG, TAG]);
        desk.run(&["refresh"]).code(0);
        let file = "app/packages/two/package.json";
        let text = desk.work.read(file);
        desk.work.write(file, text.replace(&format!("#{}", desk.first), "#v1.0.0"));
        desk.verify().code(1).says("YARN003").says(&format!("{file}:5:"));
        desk.work
            .write(file, text.replace("  \"dependencies\": {", "  \"dependencies\": {\n    \"@scope/c\": \"^2.0.0\","));
        desk.verify().code(1).says("YARN005").says(&format!("{file}:5:")).says("@scope/c");
        desk.work.write(file, &text);
        desk.verify().code(0);
        // A workspace more floats; one less leaves nothing behind that needs it.
        let more = Package::new("three", "1.0.0").needs("@scope/c", "^2.0.0");
        desk.work.write("app/packages/three/package.json", more.manifest().to_string());
        desk.verify().code(1).says("YARN005").says("app/packages/three/package.json:");
    }
}

#[test]
fn the_object_form_and_exclusions_are_read_as_yarn_reads_them() {
    for desk in desks() {
        let globs = if desk.yarn.berry() {
            GLOBS
        } else {
            "{\n    \"packages\": [\n      \"packages/*\"\n    ],\n    \"nohoist\": []\n  }"
        };
        project(&desk, globs, [TAG, TAG]);
        desk.run(&["refresh"]).code(0);
        desk.verify().code(0);
        assert_eq!(desk.values(), [("homebridge".to_owned(), desk.first.clone())]);
    }
}

#[test]
fn a_workspace_outside_the_folder_is_refused() {
    for desk in desks() {
        desk.project(&[("homebridge", TAG)]);
        desk.edit(
            "package.json",
            "  \"dependencies\"",
            "  \"workspaces\": [\n    \"../elsewhere\"\n  ],\n  \"dependencies\"",
        );
        desk.work.write("elsewhere/package.json", "{ \"name\": \"elsewhere\", \"version\": \"1.0.0\" }\n");
        let ran = desk.idle(&["refresh"]);
        assert!(matches!(ran.code, Some(1 | 2)), "{ran:?}");
        ran.says("../elsewhere").says("app/package.json:");
    }
}
