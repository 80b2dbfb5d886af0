//! What yarn 1 alone has: tarballs, files and links of the folder, resolutions, and entries that
//! verify must not mistake for broken ones.

use crate::support::yarn::{Package, Yarn};

use super::hostile::findings;
use super::{BRANCH, TAG, desk};

#[test]
fn resolutions_of_package_json_are_honoured() {
    let Some(desk) = desk(Yarn::V1) else { return };
    desk.yarn.write_project(&desk.app(), &desk.hub.registry.url(), &[("homebridge", BRANCH)]);
    let more = "  \"resolutions\": {\n    \"left-a\": \"1.0.0\"\n  },\n  \"dependencies\"";
    desk.edit("package.json", "  \"dependencies\"", more);
    desk.author();
    desk.run(&["refresh"]).code(0);
    desk.verify().code(0);
    desk.installs(&[("left-a", "left-a 1.0.0"), ("homebridge", "homebridge 1.0.0")]);
    desk.homebridge.commit("main", &super::homebridge("1.1.0"));
    desk.run(&["refresh"]).code(0);
    desk.verify().code(0);
    desk.installs(&[("left-a", "left-a 1.0.0"), ("homebridge", "homebridge 1.1.0")]);
}

#[test]
fn a_git_package_in_resolutions_is_pinned_there_too() {
    let Some(desk) = desk(Yarn::V1) else { return };
    desk.hub.registry.publish(&Package::new("user", "1.0.0").needs("homebridge", "^1.0.0"));
    desk.hub.registry.publish(&Package::new("homebridge", "1.0.0").says("from the registry"));
    desk.yarn.write_project(&desk.app(), &desk.hub.registry.url(), &[("user", "^1.0.0")]);
    let more = format!("  \"resolutions\": {{\n    \"homebridge\": \"{TAG}\"\n  }},\n  \"dependencies\"");
    desk.edit("package.json", "  \"dependencies\"", &more);
    desk.author();
    let ran = desk.run(&["refresh"]);
    // Pinned, or refused with its line; never left to float.
    if ran.code == Some(0) {
        assert!(!desk.read("package.json").contains(TAG), "{}", desk.read("package.json"));
        assert_eq!(desk.values(), [("homebridge".to_owned(), desk.first.clone())]);
        desk.verify().code(0);
        desk.installs(&[("homebridge", "homebridge 1.0.0")]);
    } else {
        assert!(matches!(ran.code, Some(1 | 2)), "{ran:?}");
        ran.says("app/package.json:7:").says(TAG);
    }
}

#[test]
fn a_tarball_and_a_link_of_the_folder_are_locked_by_their_bytes() {
    let Some(desk) = desk(Yarn::V1) else { return };
    desk.work.write("app/vendor/local.tgz", Package::new("local", "1.0.0").tgz());
    desk.work.write("app/linked/package.json", "{ \"name\": \"linked\", \"version\": \"1.0.0\" }\n");
    desk.project(&[("homebridge", BRANCH), ("linked", "link:./linked"), ("local", "file:./vendor/local.tgz")]);
    desk.run(&["refresh"]).code(0);
    desk.verify().code(0);
    desk.installs(&[("local", "local 1.0.0"), ("homebridge", "homebridge 1.0.0")]);
    desk.work.write("app/vendor/local.tgz", Package::new("local", "1.0.0").says("evil").tgz());
    let found = findings(&desk);
    assert!(found.iter().any(|(_, file, _, message)| format!("{file}{message}").contains("local.tgz")), "{found:?}");
    desk.work.write("app/vendor/local.tgz", Package::new("local", "1.0.0").tgz());
    desk.verify().code(0);
}

#[test]
fn a_path_that_leaves_the_folder_is_refused() {
    let Some(desk) = desk(Yarn::V1) else { return };
    desk.work.write("elsewhere/local.tgz", Package::new("local", "1.0.0").tgz());
    desk.project(&[("homebridge", BRANCH), ("local", "file:../elsewhere/local.tgz")]);
    let ran = desk.idle(&["refresh"]);
    assert!(matches!(ran.code, Some(1 | 2)), "{ran:?}");
    ran.says("outside the folder").says("../elsewhere/local.tgz").says("app/package.json:");
}

#[test]
fn peers_bundled_and_optional_dependencies_are_no_findings() {
    let Some(desk) = desk(Yarn::V1) else { return };
    let registry = &desk.hub.registry;
    registry.publish(&Package::new("only-mac", "1.0.0").field("os", serde_json::json!(["darwin"])));
    registry.publish(&Package::new("peer", "1.0.0").under("peerDependencies", "not-there", "^1.0.0"));
    let next = super::homebridge("1.1.0")
        .under("optionalDependencies", "only-mac", "^1.0.0")
        .under("peerDependencies", "not-there-either", "*")
        .under("devDependencies", "nor-this", "*");
    desk.homebridge.commit("main", &next);
    desk.project(&[("homebridge", BRANCH), ("peer", "^1.0.0")]);
    desk.run(&["refresh"]).code(0);
    desk.verify().code(0);
    assert_eq!(desk.proof("manifest", "homebridge"), "version=1.1.0 left-a=^1.0.0 optional:only-mac=^1.0.0");
    desk.installs(&[("homebridge", "homebridge 1.1.0"), ("peer", "peer 1.0.0")]);
}

/// A host that neither package.json nor pins.toml names is not taken over at refresh.
#[test]
fn a_host_that_was_never_allowed_stops_the_first_refresh() {
    let Some(desk) = desk(Yarn::V1) else { return };
    desk.project(&[("homebridge", TAG), ("left-b", "^1.0.0")]);
    let url = desk.hub.registry.url();
    let lock = desk.read("yarn.lock").replace(&format!("{url}/left-b"), "https://evil.example/left-b");
    desk.work.write("app/yarn.lock", lock);
    let ran = desk.idle(&["refresh"]);
    // Nothing was locked before, so it is asked, and is not there.
    assert!(matches!(ran.code, Some(1 | 2 | 4)), "{ran:?}");
    ran.says("evil.example");
}

#[test]
fn git_over_http_on_loopback_stays_as_it_was() {
    let Some(desk) = desk(Yarn::V1) else { return };
    let url = format!("git+{}", desk.hub.loopback("dubo/homebridge"));
    desk.project(&[("homebridge", &format!("{url}#v1.0.0"))]);
    desk.run(&["refresh"]).code(0);
    assert!(desk.read("package.json").contains(&format!("\"{url}#{}\"", desk.first)), "{}", desk.read("package.json"));
    desk.verify().code(0);
    desk.installs(&[("homebridge", "homebridge 1.0.0")]);
}

#[test]
fn crlf_line_ends_of_yarn_lock_stay() {
    let Some(desk) = desk(Yarn::V1) else { return };
    desk.project(&[("homebridge", BRANCH), ("left-b", "^1.0.0")]);
    let lock = desk.read("yarn.lock").replace('\n', "\r\n");
    desk.work.write("app/yarn.lock", lock);
    let ran = desk.run(&["refresh"]);
    if ran.code == Some(0) {
        desk.verify().code(0);
        desk.installs(&[("homebridge", "homebridge 1.0.0")]);
    } else {
        assert!(matches!(ran.code, Some(1 | 2)), "{ran:?}");
        ran.says("app/yarn.lock");
    }
}
