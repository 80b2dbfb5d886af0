//! What berry alone has: its own program in the project, workspaces of a git repository, patches,
//! portals; yarn 3 and yarn 4.

use crate::support::program::ran;
use crate::support::yarn::{Package, Yarn, berries};

use super::hostile::findings;
use super::{BRANCH, Desk, TAG};

fn desks() -> impl Iterator<Item = Desk> {
    berries().into_iter().map(Desk::new)
}

/// Most berry projects have their yarn committed; no other may touch their lock.
#[test]
fn the_yarn_that_yarn_path_names_is_the_one_that_runs() {
    for desk in desks() {
        desk.project(&[("homebridge", BRANCH)]);
        let release = format!(".yarn/releases/yarn-{}.cjs", desk.yarn.version());
        desk.work.write(&format!("app/{release}"), std::fs::read(desk.yarn.js().unwrap()).unwrap());
        let settings = desk.read(".yarnrc.yml");
        desk.work.write("app/.yarnrc.yml", format!("{settings}yarnPath: {release}\n"));
        // The yarn on PATH is another one, and is not asked.
        let shim = desk.work.home().join("other");
        std::fs::create_dir_all(&shim).unwrap();
        desk.work.write("../home/other/yarn", "#!/bin/sh\nexit 99\n");
        std::fs::set_permissions(shim.join("yarn"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let mut command = desk.hub.command(&desk.work, &["refresh"]);
        command.env("PATH", with_node(&shim));
        ran(&mut command).code(0);
        desk.verify().code(0);
        desk.installs(&[("homebridge", "homebridge 1.0.0")]);
        assert_eq!(desk.yarn_runs(), 0);
    }
}

#[allow(clippy::disallowed_methods, reason = "a test's own environment")]
fn with_node(first: &std::path::Path) -> std::ffi::OsString {
    let all = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(first.to_owned()).chain(std::env::split_paths(&all))).unwrap()
}

#[test]
fn a_yarn_path_outside_the_folder_is_never_run() {
    for desk in desks() {
        desk.project(&[("homebridge", BRANCH)]);
        let told = desk.work.home().join("ran");
        desk.work.write("evil.cjs", format!("require('fs').writeFileSync({:?}, 'x')", told.display().to_string()));
        let settings = desk.read(".yarnrc.yml");
        desk.work.write("app/.yarnrc.yml", format!("{settings}yarnPath: ../evil.cjs\n"));
        let ran = desk.idle(&["refresh"]);
        assert!(ran.code != Some(0) && !told.exists(), "{ran:?}");
        ran.says("../evil.cjs");
    }
}

#[test]
fn a_workspace_of_a_git_repository_keeps_its_name_behind_the_commit() {
    for desk in desks() {
        let mono = desk.hub.repository("dubo/mono");
        let json = |name: &str, more: &str| {
            format!("{{ \"name\": \"{name}\", \"version\": \"1.0.0\", \"private\": true{more} }}\n").into_bytes()
        };
        let root = json("mono", ", \"workspaces\": [\"packages/*\"]");
        let inner = b"{ \"name\": \"inner\", \"version\": \"0.3.0\" }\n".to_vec();
        let files = |says: &str| {
            vec![
                ("package.json".to_owned(), "100644", root.clone()),
                ("packages/inner/package.json".to_owned(), "100644", inner.clone()),
                (
                    "packages/inner/index.js".to_owned(),
                    "100644",
                    format!("module.exports = \"{says}\";\n").into_bytes(),
                ),
            ]
        };
        let one = mono.commit_files("main", "one", &files("one"));
        let spec = "https://github.com/dubo/mono.git#head=main&workspace=inner";
        desk.project(&[("inner", spec)]);
        desk.run(&["refresh"]).code(0);
        let pinned = |id: &str| format!("#commit={id}&workspace=inner\"");
        assert!(desk.read("package.json").contains(&pinned(&one)), "{}", desk.read("package.json"));
        assert_eq!(desk.values(), [("inner".to_owned(), one)]);
        desk.verify().code(0);
        desk.installs(&[("inner", "one")]);
        let two = mono.commit_files("main", "two", &files("two"));
        desk.run(&["refresh"]).code(0);
        assert!(desk.read("package.json").contains(&pinned(&two)), "{}", desk.read("package.json"));
        desk.verify().code(0);
        desk.installs(&[("inner", "two")]);
    }
}

#[test]
fn a_patched_package_is_locked_with_its_patch() {
    for desk in desks() {
        let patch = "diff --git a/index.js b/index.js\n--- a/index.js\n+++ b/index.js\n@@ -1,1 +1,1 @@\n-module.exports = \"left-b 1.0.0\";\n+module.exports = \"patched\";\n";
        desk.work.write("app/patches/left-b.patch", patch);
        desk.project(&[("homebridge", BRANCH), ("left-b", "patch:left-b@npm%3A^1.0.0#./patches/left-b.patch")]);
        desk.run(&["refresh"]).code(0);
        desk.verify().code(0);
        desk.installs(&[("left-b", "patched"), ("homebridge", "homebridge 1.0.0")]);
        desk.work.write("app/patches/left-b.patch", patch.replace("patched", "evil"));
        let found = findings(&desk);
        assert!(
            found.iter().any(|(_, file, _, message)| format!("{file}{message}").contains("left-b.patch")),
            "{found:?}"
        );
    }
}

#[test]
fn portals_links_and_files_of_the_folder_are_read() {
    for desk in desks() {
        desk.work.write("app/portal/package.json", "{ \"name\": \"portal\", \"version\": \"1.0.0\" }\n");
        desk.work.write("app/linked/package.json", "{ \"name\": \"linked\", \"version\": \"1.0.0\" }\n");
        desk.work.write("app/vendor/local.tgz", Package::new("local", "1.0.0").tgz());
        desk.project(&[
            ("homebridge", TAG),
            ("linked", "link:./linked"),
            ("local", "file:./vendor/local.tgz"),
            ("portal", "portal:./portal"),
        ]);
        desk.run(&["refresh"]).code(0);
        desk.verify().code(0);
        desk.installs(&[("local", "local 1.0.0"), ("homebridge", "homebridge 1.0.0")]);
    }
}

#[test]
fn the_metadata_of_the_lock_stays_that_of_its_yarn() {
    for desk in desks() {
        desk.project(&[("homebridge", BRANCH)]);
        desk.homebridge.commit("main", &super::homebridge("1.1.0"));
        desk.run(&["refresh"]).code(0);
        let known = if desk.yarn == Yarn::V3 { ("  version: 6\n", "berry 6") } else { ("  version: 10\n", "berry 10") };
        assert!(desk.read("yarn.lock").contains(known.0));
        assert_eq!(desk.entry().proof("lockfile"), Some(known.1));
    }
}

/// A repository that the project's settings do not approve is none that yarn 4 would take.
#[test]
fn settings_of_the_project_are_left_as_they_are() {
    for desk in desks() {
        desk.project(&[("homebridge", BRANCH)]);
        let settings = desk.read(".yarnrc.yml");
        desk.run(&["refresh"]).code(0);
        assert_eq!(desk.read(".yarnrc.yml"), settings);
        let mut left: Vec<_> = desk.work.tree().into_keys().map(|p| p.display().to_string()).collect();
        left.retain(|p| p.starts_with("app/"));
        assert_eq!(left, ["app/.yarnrc.yml", "app/package.json", "app/yarn.lock"]);
    }
}
