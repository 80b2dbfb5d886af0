//! Plans with content that lies in a store: each step killed, bad content, permissions, folders.

use std::os::unix::fs::PermissionsExt as _;

use super::super::super::content::{Before, Content};
use super::*;

const OLD: &[(&str, &str)] = &[
    ("Dockerfile", "ARG V=1\n"),
    ("context/b.tar", "the old b"),
    ("context/gone/deep/old.tar", "to be removed"),
    ("context/gone/mine", "the user's own"),
    ("pins.lock", "{\"v\": 1}\n"),
];

/// Three blocks of copying.
fn large() -> String {
    "0123456789abcdef".repeat(40 * 1024)
}

fn new() -> Tree {
    let mut new = tree_of(&[
        ("Dockerfile", "ARG V=2\n"),
        ("context/b.tar", "the new b"),
        ("context/gone/mine", "the user's own"),
        ("pins.lock", "{\"v\": 2}\n"),
    ]);
    new.insert("context/x/new/large.tar".to_owned(), large());
    new
}

/// The folder of the user's, and a store.
fn sample() -> (tempfile::TempDir, Root, tempfile::TempDir) {
    let (dir, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (path, text) in OLD {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    std::fs::write(store.path().join("b"), "the new b").unwrap();
    std::fs::write(store.path().join("large"), large()).unwrap();
    let root = Root::open(dir.path()).unwrap();
    (dir, root, store)
}

fn path(text: &str) -> RelPath {
    text.parse().unwrap()
}

fn was(text: &str) -> Before {
    Before::Digest { sha256: Sha256::of(text.as_bytes()), size: text.len() as u64 }
}

fn stored(store: &Path, name: &str, bytes: &str) -> (std::path::PathBuf, Sha256, u64) {
    (store.join(name), Sha256::of(bytes.as_bytes()), bytes.len() as u64)
}

fn plan(store: &Path) -> Plan {
    let text = |t: &str| Some(t.as_bytes().to_vec());
    Plan::new([
        Change::new(path("pins.lock"), text("{\"v\": 1}\n"), text("{\"v\": 2}\n")),
        Change::new(path("Dockerfile"), text("ARG V=1\n"), text("ARG V=2\n")),
        Change::removed(path("context/gone/deep/old.tar"), was("to be removed")),
        Change::stored(path("context/x/new/large.tar"), Before::Absent, stored(store, "large", &large()), true),
        Change::stored(path("context/b.tar"), was("the old b"), stored(store, "b", "the new b"), false),
    ])
}

#[test]
fn stored_content_is_put_before_the_dockerfiles_and_empty_folders_go() {
    let (dir, root, store) = sample();
    let lock = ProcessLock::take(&root).unwrap();
    let place = |name: &str| dir.path().join(name);
    let mut early = Vec::new();
    let mut beat = |step| {
        let (vendored, text) = (place("context/b.tar"), place("Dockerfile"));
        if std::fs::read(text).unwrap() == b"ARG V=2\n" {
            early.push((step, std::fs::read(vendored).unwrap() == b"the new b"));
        }
        Ok(())
    };
    apply(&plan(store.path()), &root, &lock, &last(), &mut beat).unwrap();
    assert!(early.iter().all(|(_, vendored)| *vendored) && early.len() > 3);
    assert_eq!(tree(dir.path()), new());
    assert!(!place("context/gone/deep").exists() && place("context/gone").exists());
    let mode = |name: &str| std::fs::metadata(place(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("context/x/new/large.tar"), mode("context/b.tar")), (0o755, 0o644));
    assert!(is_swept(dir.path()));
}

#[test]
fn killed_at_any_step_of_a_stored_plan_nothing_is_lost_and_recover_mends_it() {
    let (old, new) = (tree_of(OLD), new());
    let (mut between, mut writes) = (0, 0);
    for at in 0.. {
        let (dir, root, store) = sample();
        let lock = ProcessLock::take(&root).unwrap();
        let mut step = 0;
        let ended = catch_unwind(AssertUnwindSafe(|| {
            let mut beat = |name: &'static str| {
                if step == at {
                    writes += usize::from(name == "write");
                    resume_unwind(Box::new(()));
                }
                step += 1;
                Ok(())
            };
            apply(&plan(store.path()), &root, &lock, &last(), &mut beat)
        }))
        .is_ok();
        drop(lock);
        let journal = interrupted(&root);
        let now = places(dir.path());
        assert!(journal.is_some() || now == old || now == new, "step {at}");
        assert_eq!(now.get("context/gone/mine").map(String::as_str), Some("the user's own"));
        between += usize::from(journal.is_some());
        // The store may be gone by now: all that is needed lies beside its place.
        drop(store);
        let lock = ProcessLock::take(&root).unwrap();
        recover(&root, &lock).unwrap();
        let now = tree(dir.path());
        assert!(now == if journal.is_some() || ended { new.clone() } else { now.clone() }, "step {at}");
        assert!(now == old || now == new, "step {at}");
        assert!(now == old || !dir.path().join("context/gone/deep").exists(), "step {at}");
        assert!(is_swept(dir.path()), "step {at}");
        if ended {
            break;
        }
    }
    assert!(between > 10 && writes == 6, "{between} {writes}");
}

#[test]
fn killed_in_recovery_of_a_stored_plan_the_next_one_mends_it() {
    let (old, new) = (tree_of(OLD), new());
    for at in (0..).step_by(5) {
        let mut ended = false;
        for again in 0.. {
            let (dir, root, store) = sample();
            let lock = ProcessLock::take(&root).unwrap();
            ended = dies_at(at, |beat| apply(&plan(store.path()), &root, &lock, &last(), beat)).is_some();
            let recovered = dies_at(again, |beat| recover_with(&root, &lock, beat));
            recover(&root, &lock).unwrap();
            let now = tree(dir.path());
            assert!(now == old || now == new, "killed at {at}, then at {again}");
            assert!(is_swept(dir.path()));
            if recovered.is_some() {
                break;
            }
        }
        if ended {
            break;
        }
    }
}

#[test]
fn stored_content_that_is_not_what_it_is_kept_as_changes_nothing() {
    let good = large();
    let flipped = good.replacen('7', "8", 1);
    let longer = format!("{good}x");
    for bad in ["", "short", flipped.as_str(), longer.as_str()] {
        let (dir, root, store) = sample();
        let lock = ProcessLock::take(&root).unwrap();
        std::fs::write(store.path().join("large"), bad).unwrap();
        let error = plan(store.path()).apply(&root, &lock, &last()).unwrap_err();
        assert!(matches!(&error, DiskError::Stored { path, .. } if path == "context/x/new/large.tar"), "{error}");
        assert_eq!(tree(dir.path()), tree_of(OLD));
        assert!(is_swept(dir.path()) && !dir.path().join("context/x").exists());
    }
    let (dir, root, store) = sample();
    let lock = ProcessLock::take(&root).unwrap();
    std::fs::remove_file(store.path().join("large")).unwrap();
    assert!(plan(store.path()).apply(&root, &lock, &last()).is_err());
    assert_eq!(tree(dir.path()), tree_of(OLD));
}

#[test]
fn a_vendored_file_edited_meanwhile_is_kept() {
    let (dir, root, store) = sample();
    let lock = ProcessLock::take(&root).unwrap();
    for name in ["context/b.tar", "context/gone/deep/old.tar"] {
        let before = std::fs::read(dir.path().join(name)).unwrap();
        std::fs::write(dir.path().join(name), "an edit").unwrap();
        let error = plan(store.path()).apply(&root, &lock, &last()).unwrap_err();
        assert_eq!(error.to_string(), format!("`{name}` changed while dubo-pin worked"));
        assert_eq!(std::fs::read(dir.path().join(name)).unwrap(), b"an edit");
        std::fs::write(dir.path().join(name), before).unwrap();
        assert_eq!(tree(dir.path()), tree_of(OLD));
    }
}

#[test]
fn the_execute_bit_alone_can_be_set() {
    let (dir, root, _store) = sample();
    let lock = ProcessLock::take(&root).unwrap();
    let file = dir.path().join("context/b.tar");
    let mode = || std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    // The stored file is not even opened: the bytes are there.
    let same = |executable| {
        Change::stored(
            path("context/b.tar"),
            was("the old b"),
            stored(Path::new("/none"), "b", "the old b"),
            executable,
        )
    };
    for (executable, expected) in [(true, 0o755), (false, 0o644)] {
        let plan = Plan::new([same(executable)]);
        assert!(!plan.is_empty());
        plan.apply(&root, &lock, &last()).unwrap();
        assert_eq!(mode(), expected);
    }
    std::fs::write(&file, "an edit").unwrap();
    assert!(matches!(Plan::new([same(true)]).apply(&root, &lock, &last()), Err(DiskError::Changed(_))));
    let kept =
        Change { after: Some(Content::Bytes(b"x".to_vec())), ..Change::new(path("f"), Some(b"x".to_vec()), None) };
    assert!(Plan::new([kept]).is_empty());
}
