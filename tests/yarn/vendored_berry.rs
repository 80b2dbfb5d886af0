//! The cache of berry, filled by yarn and locked by dubo-pin: real yarn installs from it without
//! network and forbids itself every change; whatever is wrong with it is found.

use std::path::PathBuf;

use dubo_pin::lock::Lock;
use dubo_pin::model::Sha256;

use super::hostile::findings;
use super::{BRANCH, Desk};

const VENDOR: &str = "vendor = \"app/.yarn/cache/\"\n";

fn filled() -> impl Iterator<Item = Desk> {
    crate::support::yarn::berries().into_iter().map(|yarn| {
        let desk = Desk::new(yarn);
        desk.homebridge.commit("main", &super::homebridge("1.1.0").needs("@scope/c", "^2.0.0"));
        desk.project(&[("homebridge", BRANCH), ("left-b", "^1.0.0")]);
        desk.pins(VENDOR);
        desk.run(&["refresh"]).code(0);
        desk.verify().code(0);
        desk
    })
}

/// The zips of the cache, by name.
fn zips(desk: &Desk) -> Vec<String> {
    let all = std::fs::read_dir(desk.app().join(".yarn/cache")).unwrap();
    let mut names: Vec<String> = all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != ".gitignore");
    names.sort();
    names
}

fn path(desk: &Desk, name: &str) -> PathBuf {
    desk.app().join(".yarn/cache").join(name)
}

#[track_caller]
fn offline(desk: &Desk, packages: &[(&str, &str)]) {
    let before = desk.work.tree();
    let Some(ran) = desk.yarn.offline_install(&desk.app(), &["--immutable", "--immutable-cache", "--check-cache"][..2])
    else {
        return;
    };
    ran.code(0);
    for (name, says) in packages {
        assert_eq!(desk.yarn.says(&desk.app(), name), *says);
    }
    desk.tidy();
    assert!(before == desk.work.tree(), "the install changed files");
}

#[test]
fn the_cache_holds_exactly_what_the_lock_needs_and_yarn_installs_from_it_without_network() {
    for desk in filled() {
        let names = zips(&desk);
        assert_eq!(names.len(), 4, "{names:?}");
        for (name, begin) in
            names.iter().zip(["@scope-c-npm-2.0.1-", "homebridge-https-", "left-a-npm-1.1.0-", "left-b-npm-1.0.0-"])
        {
            let zip = std::path::Path::new(name).extension().is_some_and(|e| e == "zip");
            assert!(name.starts_with(begin) && zip, "{name}");
        }
        let entry = desk.entry();
        let vendored: Vec<_> = entry.artifacts.iter().filter(|a| a.path.is_some()).collect();
        assert_eq!(vendored.len(), 4, "{:?}", entry.artifacts);
        for artifact in vendored {
            let bytes = desk.work.bytes(artifact.path.as_ref().unwrap().as_str());
            assert_eq!((artifact.size, artifact.sha256), (bytes.len() as u64, Sha256::of(&bytes)));
            assert_eq!(artifact.url, None);
        }
        offline(
            &desk,
            &[("homebridge", "homebridge 1.1.0"), ("@scope/c", "@scope/c 2.0.1"), ("left-b", "left-b 1.0.0")],
        );
        desk.idle(&["refresh"]).code(0);
    }
}

#[test]
fn the_cache_moves_with_upstream_and_keeps_nothing_old() {
    for desk in filled() {
        let before = zips(&desk);
        desk.homebridge.commit("main", &super::homebridge("1.2.0"));
        desk.run(&["refresh"]).code(0);
        let after = zips(&desk);
        assert_eq!(after.len(), 3, "{after:?}");
        assert!(!after.iter().any(|name| name.starts_with("homebridge") && before.contains(name)), "{after:?}");
        desk.verify().code(0);
        offline(&desk, &[("homebridge", "homebridge 1.2.0"), ("left-a", "left-a 1.1.0")]);
    }
}

#[test]
fn fetch_brings_back_what_was_deleted_or_says_what_does() {
    for desk in filled() {
        let whole = desk.work.tree();
        for name in zips(&desk) {
            std::fs::remove_file(path(&desk, &name)).unwrap();
            desk.verify().code(1).says("URL006").says(&format!("app/.yarn/cache/{name}"));
            desk.run(&["fetch"]).code(0);
            assert!(desk.work.tree() == whole, "{name} came back different");
        }
        desk.verify().code(0);
    }
}

#[test]
fn a_zip_that_is_tampered_empty_or_too_much_is_found() {
    for desk in filled() {
        for name in zips(&desk) {
            let good = std::fs::read(path(&desk, &name)).unwrap();
            let mut flipped = good.clone();
            let middle = flipped.len() / 2;
            flipped[middle] ^= 1;
            for bad in [&flipped[..], b""] {
                std::fs::write(path(&desk, &name), bad).unwrap();
                desk.verify().code(1).says("VEND001").says(&format!("app/.yarn/cache/{name}"));
            }
            std::fs::write(path(&desk, &name), &good).unwrap();
        }
        std::fs::write(path(&desk, "left-evil-npm-1.0.0-0123456789-10c0.zip"), b"x").unwrap();
        desk.verify().code(1).says("VEND002").says("left-evil-npm");
        std::fs::remove_file(path(&desk, "left-evil-npm-1.0.0-0123456789-10c0.zip")).unwrap();
        desk.verify().code(0);
    }
}

/// A tampered zip installs if its checksum line is taken away: the lock written anew agrees.
#[test]
fn a_zip_that_the_lock_agrees_with_is_still_held_to_its_checksum() {
    for desk in filled() {
        for begin in ["left-a-", "homebridge-"] {
            let name = zips(&desk).into_iter().find(|n| n.starts_with(begin)).unwrap();
            let (good, lock) = (std::fs::read(path(&desk, &name)).unwrap(), desk.work.bytes("pins.lock"));
            let mut bytes = good.clone();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            std::fs::write(path(&desk, &name), &bytes).unwrap();
            let mut entry = desk.entry();
            let place = format!("app/.yarn/cache/{name}");
            let artifact =
                entry.artifacts.iter_mut().find(|a| a.path.as_ref().is_some_and(|p| p.as_str() == place)).unwrap();
            (artifact.size, artifact.sha256) = (bytes.len() as u64, Sha256::of(&bytes));
            let mut forged = Lock::default();
            forged.pins.insert("app".parse().unwrap(), entry);
            desk.work.write("pins.lock", forged.to_bytes());
            let found = findings(&desk);
            assert!(found.iter().any(|(id, file, ..)| id == "YARN013" && *file == place), "{name}: {found:#?}");
            std::fs::write(path(&desk, &name), good).unwrap();
            desk.work.write("pins.lock", lock);
        }
        desk.verify().code(0);
    }
}

/// Every install that may write leaves a .gitignore in the cache, which ignores itself.
#[test]
fn what_yarn_leaves_in_its_cache_folder_is_no_finding() {
    for desk in filled() {
        desk.yarn.install(&desk.hub, &desk.app(), &["--immutable"]).code(0);
        assert!(desk.app().join(".yarn/cache/.gitignore").exists(), "yarn no longer leaves it");
        desk.verify().code(0);
        desk.idle(&["refresh"]).code(0);
    }
}

#[test]
fn a_cache_that_yarn_does_not_use_is_found() {
    for desk in filled() {
        let sound = desk.read(".yarnrc.yml");
        for settings in [
            sound.replace("enableGlobalCache: false", "enableGlobalCache: true"),
            format!("{sound}cacheFolder: ./elsewhere\n"),
        ] {
            desk.work.write("app/.yarnrc.yml", settings);
            let found = findings(&desk);
            assert!(found.iter().any(|(id, file, ..)| id == "YARN012" && file == "app/.yarnrc.yml"), "{found:#?}");
        }
        desk.work.write("app/.yarnrc.yml", sound);
        desk.verify().code(0);
    }
}
