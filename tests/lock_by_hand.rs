//! The lock that was written by hand before the code: an image as homebridge's, with every kind of
//! pin, judged as an auditor and as a merger of two branches would.

use dubo_pin::{lock, manifest};

use super::support::{git_http, have};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/lock/homebridge");

fn read(name: &str) -> Vec<u8> {
    std::fs::read(format!("{FOLDER}/{name}")).unwrap()
}

#[test]
fn its_requests_are_those_of_its_manifest() {
    let manifest = manifest::Manifest::parse("pins.toml", &read("pins.toml")).unwrap();
    let lock = lock::open(&read("pins.lock")).unwrap().lock;
    assert_eq!(manifest.pins.keys().collect::<Vec<_>>(), lock.pins.keys().collect::<Vec<_>>());
    for (name, pin) in &manifest.pins {
        assert_eq!(pin.source.request(&pin.platforms), lock.pins[name].request, "{name}");
    }
}

#[test]
fn anybody_computes_a_seal_with_jq_and_sha256sum() {
    if !have("jq") {
        return;
    }
    let lock = lock::open(&read("pins.lock")).unwrap().lock;
    for (name, _) in lock.pins {
        let output = std::process::Command::new("sh")
            .arg("-c")
            .arg(lock::recipe(name.as_str()))
            .current_dir(FOLDER)
            .output()
            .unwrap();
        let computed = String::from_utf8(output.stdout).unwrap();
        let text = String::from_utf8(read("pins.lock")).unwrap();
        let entry = text.split_once(&format!("    \"{name}\": {{")).unwrap().1;
        let seal = entry.split_once("\"seal\": \"").unwrap().1.split('"').next().unwrap();
        assert_eq!(computed.split(' ').next().unwrap(), seal, "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Two branches, made from the lock by changing entries, merged by the real git.
fn merge(ours: &[&str], theirs: &[&str]) -> (bool, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let moved = |names: &[&str], day: &str| {
        let mut lock = lock::open(&read("pins.lock")).unwrap().lock;
        for name in names {
            lock.pins.get_mut(*name).unwrap().first_seen = day.parse().unwrap();
        }
        lock.to_bytes()
    };
    std::fs::write(folder.path().join("base"), read("pins.lock")).unwrap();
    std::fs::write(folder.path().join("ours"), moved(ours, "2026-11-24")).unwrap();
    std::fs::write(folder.path().join("theirs"), moved(theirs, "2026-11-25")).unwrap();
    let merged = git_http::git_in(folder.path(), &["merge-file", "ours", "base", "theirs"]).status().unwrap().success();
    (merged, std::fs::read(folder.path().join("ours")).unwrap())
}

#[test]
fn branches_that_move_different_pins_merge_even_neighbours() {
    for (ours, theirs) in [("base", "healthcheckers"), ("avahi", "node"), ("healthcheckers", "homebridge")] {
        let (clean, bytes) = merge(&[ours], &[theirs]);
        assert!(clean, "{ours} and {theirs} conflict");
        let opened = lock::open(&bytes).unwrap();
        assert_eq!(opened.findings, []);
        assert_eq!(opened.lock.pins[ours].first_seen.to_string(), "2026-11-24");
        assert_eq!(opened.lock.pins[theirs].first_seen.to_string(), "2026-11-25");
    }
}

#[test]
fn branches_that_move_one_pin_conflict_and_that_pin_alone_is_dropped() {
    let (clean, bytes) = merge(&["node", "base"], &["node"]);
    assert!(!clean);
    assert!(matches!(lock::open(&bytes), Err(lock::LockError::Conflict(_))));
    let mended = lock::mend(&bytes).unwrap();
    assert_eq!(mended.dropped.iter().map(|n| n.as_str()).collect::<Vec<_>>(), ["node"]);
    assert_eq!(mended.lock.pins["base"].first_seen.to_string(), "2026-11-24");
}
