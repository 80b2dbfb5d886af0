//! The holes of yarn 1: what `yarn install --frozen-lockfile` installs without a word, and verify
//! finds. Each case is first shown to pass real yarn where the facts say that it does.

use crate::support::yarn::{Package, Yarn};

use super::hostile::{findings, finds, wrong};
use super::{BRANCH, Desk, desk};

/// A sound folder, and packages of an attacker at the same hosts.
fn sound() -> Option<Desk> {
    let desk = desk(Yarn::V1)?;
    desk.hub.registry.publish(&Package::new("left-evil", "1.1.0").says("evil"));
    desk.project(&[("homebridge", BRANCH), ("left-b", "^1.0.0")]);
    desk.run(&["refresh"]).code(0);
    desk.verify().code(0);
    Some(desk)
}

/// `resolved` and `integrity` of a package, as they stand in the lock.
fn lines(desk: &Desk, name: &str, version: &str) -> (String, String) {
    let registry = &desk.hub.registry;
    (
        format!("  resolved \"{}#{}\"\n", registry.tarball(name, version), registry.shasum(name, version)),
        format!("  integrity {}\n", registry.integrity(name, version)),
    )
}

#[test]
fn an_entry_that_resolves_to_another_package_of_the_same_registry() {
    let Some(desk) = sound() else { return };
    let (resolved, integrity) = lines(&desk, "left-a", "1.1.0");
    let (evil, forged) = lines(&desk, "left-evil", "1.1.0");
    let change = (format!("{resolved}{integrity}"), format!("{evil}{forged}"));
    let before = desk.read("yarn.lock");
    desk.edit("yarn.lock", &change.0, &change.1);
    // Real yarn takes it.
    desk.yarn.install(&desk.hub, &desk.app(), &["--frozen-lockfile"]).code(0);
    assert_eq!(desk.yarn.says(&desk.app(), "left-a"), "evil");
    desk.tidy();
    finds(&desk, "another package", "YARN007", "yarn.lock", "left-a@");
    desk.work.write("app/yarn.lock", before);
    wrong(
        &desk,
        "the name of another package",
        "yarn.lock",
        ("\nleft-b@^1.0.0:", "\nleft-c@^1.0.0:"),
        "YARN007",
        "left-c@",
    );
    desk.verify().code(0);
}

#[test]
fn an_entry_that_resolves_to_another_repository() {
    let Some(desk) = sound() else { return };
    let fork = desk.hub.repository("evil/homebridge");
    // The same commit is in the fork, as it is in every fork.
    crate::support::git_http::git(&fork.path, &["fetch", "-q", desk.homebridge.path.to_str().unwrap(), "main:main"]);
    let resolved = format!("  resolved \"git+https://github.com/dubo/homebridge.git#{}\"", desk.first);
    for to in ["git+https://github.com/evil/homebridge.git", "git+https://gitlab.com/dubo/homebridge.git"] {
        let change = format!("  resolved \"{to}#{}\"", desk.first);
        wrong(&desk, to, "yarn.lock", (&resolved, &change), "YARN007", "homebridge@git");
    }
    let other = fork.commit("main", &super::homebridge("1.0.0").says("evil"));
    let change = format!("  resolved \"git+https://github.com/dubo/homebridge.git#{other}\"");
    wrong(&desk, "another commit", "yarn.lock", (&resolved, &change), "YARN004", "homebridge@git");
    let change = "  resolved \"git+https://github.com/dubo/homebridge.git#main\"";
    wrong(&desk, "a branch", "yarn.lock", (&resolved, change), "YARN003|YARN004|YARN014", "homebridge@git");
    let change = "  resolved \"git+ssh://git@github.com/dubo/homebridge.git\"";
    wrong(&desk, "no commit", "yarn.lock", (&resolved, change), "YARN003|YARN004|YARN007|YARN014", "homebridge@git");
    desk.verify().code(0);
}

#[test]
fn a_url_of_another_host_or_without_tls() {
    let Some(desk) = sound() else { return };
    let (resolved, _) = lines(&desk, "left-a", "1.1.0");
    let url = desk.hub.registry.url();
    for (what, to) in [
        ("another host", "https://evil.example"),
        ("a host that begins the same", "https://registry.example.evil.example"),
        ("no TLS", "http://registry.example"),
        ("git's protocol", "git://registry.example"),
        ("a user in the URL", "https://user:word@registry.example"),
        ("a file", "file:///left-a"),
    ] {
        let change = resolved.replace(&url, to);
        let id = if to.starts_with("file:") { "YARN008|YARN014" } else { "YARN008" };
        wrong(&desk, what, "yarn.lock", (&resolved, &change), id, "left-a@");
    }
    desk.verify().code(0);
}

#[test]
fn an_integrity_that_is_missing_weak_or_malformed() {
    let Some(desk) = sound() else { return };
    let (_, integrity) = lines(&desk, "left-a", "1.1.0");
    let (_, other) = lines(&desk, "left-b", "1.0.0");
    let digest = integrity.trim().trim_start_matches("integrity sha512-").to_owned();
    for (what, to) in [
        ("missing", String::new()),
        ("weak", "  integrity sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0=\n".to_owned()),
        ("MD5", "  integrity md5-1B2M2Y8AsgTpgAmY7PhCfg==\n".to_owned()),
        ("cut", format!("  integrity sha512-{}\n", &digest[..40])),
        ("not base64", "  integrity sha512-!!!!\n".to_owned()),
        ("empty", "  integrity \"\"\n".to_owned()),
        ("unknown", format!("  integrity sha999-{digest}\n")),
    ] {
        wrong(&desk, what, "yarn.lock", (&integrity, &to), "YARN009", "left-a@");
    }
    // One that is well made but of other bytes is found by the digest of the file.
    let before = desk.read("yarn.lock");
    desk.edit("yarn.lock", &integrity, &other);
    assert!(findings(&desk).iter().any(|(id, file, ..)| id == "YARN011" && file == "app/yarn.lock"));
    desk.work.write("app/yarn.lock", before);
    desk.verify().code(0);
}

#[test]
fn an_entry_of_a_git_package_that_is_stale() {
    let Some(desk) = sound() else { return };
    let dependencies = "  dependencies:\n    left-a \"^1.0.0\"\n";
    let before = desk.read("yarn.lock");
    // yarn#6291: real yarn takes it, and left-a is not there.
    let left = desk.blocks()["left-a@^1.0.0:"].clone();
    desk.work.write("app/yarn.lock", before.replace(dependencies, "").replace(&format!("{left}\n\n"), ""));
    desk.yarn.install(&desk.hub, &desk.app(), &["--frozen-lockfile"]).code(0);
    assert!(!desk.app().join("node_modules/left-a").exists());
    desk.tidy();
    finds(&desk, "without its dependencies", "YARN010", "yarn.lock", "homebridge@git");
    desk.work.write("app/yarn.lock", &before);
    for (what, from, to) in [
        ("another range", dependencies.to_owned(), "  dependencies:\n    left-a \"^1.1.0\"\n".to_owned()),
        ("a dependency more", dependencies.to_owned(), format!("{dependencies}    left-b \"^1.0.0\"\n")),
        ("optional instead", dependencies.to_owned(), dependencies.replace("dependencies:", "optionalDependencies:")),
        (
            "another version",
            "#".to_owned() + &desk.first + "\":\n  version \"1.0.0\"",
            "#".to_owned() + &desk.first + "\":\n  version \"1.0.1\"",
        ),
    ] {
        wrong(&desk, what, "yarn.lock", (&from, &to), "YARN010", "homebridge@git");
    }
    desk.verify().code(0);
}

#[test]
fn an_entry_that_is_absent_and_one_that_nothing_needs() {
    let Some(desk) = sound() else { return };
    let before = desk.read("yarn.lock");
    let left = desk.blocks()["left-a@^1.0.0:"].clone();
    // Real yarn resolves it anew, without a word.
    desk.work.write("app/yarn.lock", before.replace(&format!("{left}\n\n"), ""));
    desk.hub.registry.publish_all(&[("left-a", "1.2.0")]);
    desk.yarn.install(&desk.hub, &desk.app(), &["--frozen-lockfile"]).code(0);
    assert_eq!(desk.yarn.says(&desk.app(), "left-a"), "left-a 1.2.0");
    desk.tidy();
    finds(&desk, "absent", "YARN005", "yarn.lock", "homebridge@git");
    let (resolved, integrity) = lines(&desk, "left-evil", "1.1.0");
    let orphan = format!("left-evil@^1.0.0:\n  version \"1.1.0\"\n{resolved}{integrity}");
    desk.work.write("app/yarn.lock", format!("{before}\n{orphan}"));
    desk.yarn.install(&desk.hub, &desk.app(), &["--frozen-lockfile"]).code(0);
    desk.tidy();
    finds(&desk, "an orphan", "YARN006", "yarn.lock", "left-evil@");
    // A key more on a sound entry.
    let keys = "left-a@^1.0.0, left-a@^1.1.0:";
    desk.work.write("app/yarn.lock", &before);
    // It stands for the same package: harmless, but not what was locked.
    desk.edit("yarn.lock", "\nleft-a@^1.0.0:", &format!("\n{keys}"));
    assert!(
        findings(&desk).iter().any(|(id, file, ..)| (id == "YARN006" || id == "YARN011") && file == "app/yarn.lock")
    );
    desk.work.write("app/yarn.lock", &before);
    desk.verify().code(0);
}

#[test]
fn a_tarball_by_url_is_held_to_its_integrity_too() {
    let Some(desk) = desk(Yarn::V1) else { return };
    let url = desk.hub.codeload.url("dubo/homebridge", "v1.0.0");
    // A pin of a folder wants something from git beside it.
    let plugin = desk.hub.repository("dubo/plugin");
    plugin.commit("main", &Package::new("plugin", "0.1.0"));
    desk.project(&[("homebridge", &url), ("plugin", "git+https://github.com/dubo/plugin.git#main")]);
    let before = desk.read("yarn.lock");
    assert!(!before.contains("homebridge.git"), "{before}");
    desk.run(&["refresh"]).code(0);
    // codeload recompresses: the entry gains what yarn itself then enforces.
    let after = desk.read("yarn.lock");
    let gained = after.lines().filter(|l| l.starts_with("  integrity sha512-")).count();
    assert_eq!(gained, before.lines().filter(|l| l.starts_with("  integrity sha512-")).count() + 1, "{after}");
    desk.verify().code(0);
    desk.installs(&[("homebridge", "homebridge 1.0.0")]);
    // The tag moves: yarn refuses what codeload then gives.
    let evil = desk.homebridge.commit("main", &super::homebridge("1.0.0").says("evil"));
    desk.homebridge.tag("v1.0.0", &evil);
    desk.yarn.install(&desk.hub, &desk.app(), &["--frozen-lockfile"]).code(1);
    desk.tidy();
    let integrity = after.lines().find(|l| l.starts_with("  integrity sha512-")).unwrap().to_owned() + "\n";
    wrong(&desk, "without integrity", "yarn.lock", (&integrity, ""), "YARN009", "homebridge@");
}
