//! Older versions of pins.lock: read as they were, judged by their own form, written as the newest.

use dubo_pin::lock::{self, LockError};

use super::join::releases;
use super::support::git_http::git_in;
use super::support::git_memory::GitMemory;
use super::support::have;
use super::support::program::Work;

/// Real locks of version 0, each with what version 1 has for it.
const OLD: [(&str, &str); 2] = [
    (
        include_str!("data/lock/version-0/homebridge/pins.lock"),
        include_str!("data/lock/version-0/homebridge/version-1.lock"),
    ),
    (include_str!("data/lock/version-0/caddy/pins.lock"), include_str!("data/lock/version-0/caddy/version-1.lock")),
];

#[test]
fn a_lock_of_version_0_is_read_and_becomes_version_1_with_the_same_seals() {
    for (old, new) in OLD {
        let before = lock::open(old.as_bytes()).unwrap();
        assert_eq!((before.findings.as_slice(), before.version, before.is_old()), (&[][..], 0, true));
        assert!(before.lock.to_bytes() == new.as_bytes());
        let after = lock::open(new.as_bytes()).unwrap();
        assert_eq!((after.findings.as_slice(), after.version, after.is_old()), (&[][..], 1, false));
        assert_eq!(before.lock, after.lock);
        let differ: Vec<_> = old.lines().zip(new.lines()).filter(|(a, b)| a != b).collect();
        assert_eq!(differ, [("  \"version\": 0,", "  \"version\": 1,")]);
    }
}

#[test]
fn a_lock_of_version_0_is_held_to_its_own_form_and_seals() {
    let (old, _) = OLD[1];
    let said = |text: String| {
        let finding = lock::open(text.as_bytes()).unwrap().findings.remove(0);
        (finding.id.as_str(), finding.trouble.expected, finding.trouble.found)
    };
    let quoted = |text: &str| Some(format!("`{text}`"));
    assert_eq!(
        said(old.replacen("  \"version\": 0,", "  \"version\": 0 ,", 1)),
        ("LOCK006", quoted("  \"version\": 0,"), quoted("  \"version\": 0 ,"))
    );
    assert_eq!(
        said(old.replace("\"2.11.4\"", "\"2.11.5\"")),
        (
            "LOCK005",
            Some("an entry whose seal is the digest of its other fields".to_owned()),
            Some("another digest".to_owned())
        )
    );
}

/// What git leaves if one branch has refreshed with a newer dubo-pin and the other has not.
#[test]
fn a_conflict_between_versions_is_mended() {
    if !have("git") {
        return;
    }
    let (old, new) = OLD[1];
    let mut moved = lock::open(old.as_bytes()).unwrap().lock;
    moved.pins.get_mut("caddy").unwrap().first_seen = "2026-11-24".parse().unwrap();
    let moved = String::from_utf8(moved.to_bytes()).unwrap();
    let mut other = lock::open(old.as_bytes()).unwrap().lock;
    other.pins.get_mut("caddy").unwrap().first_seen = "2026-11-25".parse().unwrap();
    let other = String::from_utf8(other.to_bytes()).unwrap().replacen("\"version\": 1", "\"version\": 0", 1);
    // the other branch has made a lock of its own, so that the number conflicts too
    for (base, both) in [(old, false), ("{\n  \"version\": 7,\n  \"pins\": {}\n}\n", true)] {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("base", base), ("ours", moved.as_str()), ("theirs", other.as_str())] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        git_in(folder.path(), &["merge-file", "ours", "base", "theirs"]).status().unwrap();
        let text = std::fs::read_to_string(folder.path().join("ours")).unwrap();
        assert!(matches!(lock::open(text.as_bytes()), Err(LockError::Conflict(_))));
        assert_eq!(text.contains("\"version\": 0") && text.contains("\"version\": 1"), both, "{text}");
        let mended = lock::mend(text.as_bytes()).unwrap();
        assert_eq!(mended.dropped.iter().map(|n| n.as_str()).collect::<Vec<_>>(), ["caddy"]);
        let kept = lock::open(new.as_bytes()).unwrap().lock.pins["healthcheckers"].clone();
        assert_eq!(mended.lock.pins.values().collect::<Vec<_>>(), [&kept]);
        // a side that is newer than this program is not guessed at
        assert!(lock::mend(text.replace("\"version\": 1", "\"version\": 2").as_bytes()).is_none());
    }
}

#[test]
fn verify_takes_version_0_and_any_refresh_writes_version_1() {
    let (repo, ids) = releases(1);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    let pin = "version = \"^1\"\ninto = [{ arg = \"X\" }]";
    work.write("Dockerfile", format!("FROM scratch\nARG X={}\n", ids[0]))
        .write("pins.toml", format!("version = 1\n[pins.widget]\ngit = \"{}\"\n{pin}\n", server.url()));
    work.run(&["refresh"]).code(0);
    let new = work.read("pins.lock");
    let old = new.replacen("  \"version\": 1,", "  \"version\": 0,", 1);
    assert_ne!(old, new);
    let note = "pins.lock has version 0, and is written as version 1";
    for refresh in [
        &["refresh", "--keep", "--offline"][..],
        &["refresh"],
        &["refresh", "widget"],
        &["refresh", "--keep", "widget"],
    ] {
        work.write("pins.lock", &old);
        work.run(&["verify"]).code(0).says("1 verified");
        work.run(&["export", "env"]).code(0);
        let mut dry = refresh.to_vec();
        dry.push("--dry-run");
        work.run(&dry).code(0).says("-  \"version\": 0,").says("+  \"version\": 1,").says(note);
        work.run(&["refresh", "--locked"]).code(0);
        assert_eq!(work.read("pins.lock"), old);
        work.run(refresh).code(0).says(note);
        assert_eq!(work.read("pins.lock"), new, "{refresh:?}");
        work.run(&["verify"]).code(0);
    }
    let before = work.tree();
    work.run(&["refresh"]).code(0);
    assert!(work.tree() == before);
}
