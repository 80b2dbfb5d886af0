//! Every step of an application killed or failed, edits in between, full and read-only disks.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::process::Command;

use super::super::apply::apply;
use super::super::plan::{Change, Permissions, Plan};
use super::*;

const OLD: &[(&str, &str)] = &[
    ("Dockerfile", "FROM a\nARG V=1\n"),
    ("gone", "to be deleted\n"),
    ("pins.lock", "{\"v\": 1}\n"),
    ("sub/web.Dockerfile", "FROM b\n"),
    ("user", "the user's own\n"),
];
const NEW: &[(&str, &str)] = &[
    ("Dockerfile", "FROM a\nARG V=2\n"),
    ("new/deep/run.sh", "#!/bin/sh\n"),
    ("pins.lock", "{\"v\": 2}\n"),
    ("sub/web.Dockerfile", "FROM c\n"),
    ("user", "the user's own\n"),
];

type Tree = BTreeMap<String, String>;

fn tree_of(files: &[(&str, &str)]) -> Tree {
    let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    files.iter().map(owned).collect()
}

/// All files but those of `.dubo-pin`, by path.
fn tree(dir: &Path) -> Tree {
    fn walk(dir: &Path, above: &str, out: &mut Tree) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{above}{}", entry.file_name().to_str().unwrap());
            if path == ".dubo-pin" {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), &format!("{path}/"), out);
            } else {
                let text = std::fs::read_to_string(entry.path());
                out.insert(path, text.unwrap_or_default());
            }
        }
    }
    let mut out = Tree::new();
    walk(dir, "", &mut out);
    out
}

/// The tree without temporaries: what the user's tools see.
fn places(dir: &Path) -> Tree {
    let mut all = tree(dir);
    all.retain(|path, _| !path.ends_with(".dubo-pin-new"));
    all
}

fn fill(dir: &Path) {
    for (path, text) in OLD {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn sample() -> (tempfile::TempDir, Root) {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path());
    let root = Root::open(dir.path()).unwrap();
    (dir, root)
}

fn plan() -> Plan {
    let (old, new) = (tree_of(OLD), tree_of(NEW));
    let mut paths: Vec<&String> = old.keys().chain(new.keys()).collect();
    // The lock comes first here, so that it is seen to be put last.
    paths.sort_by_key(|p| (p.as_str() != "pins.lock", p.as_str()));
    paths.dedup();
    let bytes = |tree: &Tree, path: &str| tree.get(path).map(|t| t.as_bytes().to_vec());
    Plan::new(paths.into_iter().map(|path| Change {
        permissions: if path.ends_with(".sh") { Permissions::Executable } else { Permissions::Keep },
        ..Change::new(path.parse().unwrap(), bytes(&old, path), bytes(&new, path))
    }))
}

fn last() -> RelPath {
    "pins.lock".parse().unwrap()
}

/// Runs with a world that ends before step `at`; whether it came to its end.
fn dies_at<T>(at: usize, run: impl FnOnce(&mut Beat<'_>) -> T) -> Option<T> {
    let mut step = 0;
    let mut beat = |_: &'static str| {
        if step == at {
            resume_unwind(Box::new(()));
        }
        step += 1;
        Ok(())
    };
    catch_unwind(AssertUnwindSafe(|| run(&mut beat))).ok()
}

fn is_swept(dir: &Path) -> bool {
    let state = |name: &str| dir.join(".dubo-pin").join(name).exists();
    !state("journal") && !state("staging") && places(dir) == tree(dir)
}

#[test]
fn a_plan_is_applied_whole_with_permissions_kept_and_the_lock_last() {
    use std::os::unix::fs::PermissionsExt as _;
    let (dir, root) = sample();
    let mode = |path: &str| {
        let data = std::fs::metadata(dir.path().join(path)).unwrap();
        data.permissions().mode() & 0o7777
    };
    let given = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(dir.path().join("Dockerfile"), given).unwrap();
    let lock = ProcessLock::take(&root).unwrap();
    let mut steps = Vec::new();
    let mut order = Vec::new();
    let mut beat = |step| {
        steps.push(step);
        let changed = std::fs::read(dir.path().join("pins.lock")).unwrap() != b"{\"v\": 1}\n";
        order.push((step, changed));
        Ok(())
    };
    apply(&plan(), &root, &lock, &last(), &mut beat).unwrap();
    assert_eq!(tree(dir.path()), tree_of(NEW));
    assert_eq!((mode("Dockerfile"), mode("new/deep/run.sh")), (0o640, 0o755));
    assert!(is_swept(dir.path()));
    let renames: Vec<bool> = order.iter().filter(|(step, _)| *step == "rename").map(|(_, changed)| *changed).collect();
    assert_eq!(renames, [false; 5]);
    let after_last = order.iter().find(|(_, changed)| *changed).unwrap();
    assert_eq!(after_last.0, "sync folder");
    assert_eq!(recover(&root, &lock).unwrap(), Recovery::Nothing);
}

#[test]
fn killed_at_any_step_the_tree_is_old_new_or_interrupted_and_recover_mends_it() {
    let (old, new) = (tree_of(OLD), tree_of(NEW));
    let (mut seen_old, mut seen_new, mut seen_between) = (0, 0, 0);
    for at in 0.. {
        let (dir, root) = sample();
        let lock = ProcessLock::take(&root).unwrap();
        let ended = dies_at(at, |beat| apply(&plan(), &root, &lock, &last(), beat));
        drop(lock);
        let now = places(dir.path());
        match interrupted(&root) {
            None if now == old => seen_old += 1,
            None => {
                assert_eq!(now, new, "step {at}: neither old nor new, and no journal");
                seen_new += 1;
            }
            Some(paths) => {
                assert_eq!(paths.len(), 5);
                seen_between += 1;
            }
        }
        let journal = interrupted(&root).is_some();
        let lock = ProcessLock::take(&root).unwrap();
        let outcome = recover(&root, &lock).unwrap();
        assert_eq!(matches!(outcome, Recovery::Completed(_)), journal, "step {at}");
        let now = tree(dir.path());
        assert_eq!(now, if journal || seen_new > 0 { new.clone() } else { old.clone() });
        assert!(is_swept(dir.path()), "step {at}");
        assert_eq!(recover(&root, &lock).unwrap(), Recovery::Nothing);
        if ended.is_some() {
            break;
        }
    }
    assert!(seen_old > 20 && seen_between > 10 && seen_new == 2);
}

#[test]
fn killed_in_recovery_too_the_next_one_mends_it() {
    let (old, new) = (tree_of(OLD), tree_of(NEW));
    for at in (0..).step_by(3) {
        let mut ended = false;
        for again in 0.. {
            let (dir, root) = sample();
            let lock = ProcessLock::take(&root).unwrap();
            ended = dies_at(at, |beat| apply(&plan(), &root, &lock, &last(), beat)).is_some();
            let recovered = dies_at(again, |beat| recover_with(&root, &lock, beat));
            recover(&root, &lock).unwrap();
            let now = tree(dir.path());
            assert!(now == old || now == new, "killed at {at}, then at {again}: {now:?}");
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
fn failed_at_any_step_nothing_is_changed_or_the_journal_says_so() {
    let (old, new) = (tree_of(OLD), tree_of(NEW));
    let mut half = 0;
    for at in 0.. {
        let (dir, root) = sample();
        let lock = ProcessLock::take(&root).unwrap();
        let mut step = 0;
        let mut beat = |_: &'static str| {
            step += 1;
            if step == at + 1 {
                let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
                return Err(DiskError::io("x", "written", full));
            }
            Ok(())
        };
        match apply(&plan(), &root, &lock, &last(), &mut beat) {
            Ok(()) => break,
            Err(DiskError::NoSpace { .. }) => {
                assert_eq!(tree(dir.path()), old, "step {at}");
                assert!(!dir.path().join("new").exists(), "step {at}");
                assert!(is_swept(dir.path()), "step {at}");
            }
            Err(DiskError::HalfDone(_)) => {
                half += 1;
                recover(&root, &lock).unwrap();
                assert_eq!(tree(dir.path()), new, "step {at}");
            }
            Err(e) => panic!("{e}"),
        }
    }
    assert!(half > 5);
}

#[test]
fn a_file_edited_meanwhile_stops_the_plan_and_keeps_the_edit() {
    for (path, step) in [
        ("Dockerfile", "staging list"),
        ("pins.lock", "journal"),
        ("gone", "last look"),
        ("new/deep/run.sh", "last look"),
    ] {
        let (dir, root) = sample();
        let lock = ProcessLock::take(&root).unwrap();
        let mut beat = |now| {
            if now == step {
                std::fs::write(dir.path().join(path), "an edit").unwrap();
            }
            Ok(())
        };
        let error = apply(&plan(), &root, &lock, &last(), &mut beat).unwrap_err();
        assert_eq!(error.to_string(), format!("`{path}` changed while dubo-pin worked"));
        let mut expected = tree_of(OLD);
        expected.insert(path.to_owned(), "an edit".to_owned());
        assert_eq!(tree(dir.path()), expected);
        assert!(is_swept(dir.path()));
    }
}

#[test]
fn a_disk_that_keeps_other_bytes_is_caught_before_anything_is_renamed() {
    let (dir, root) = sample();
    let lock = ProcessLock::take(&root).unwrap();
    let staged = dir.path().join("sub/.web.Dockerfile.dubo-pin-new");
    let mut beat = |step| {
        if step == "read back" && staged.exists() {
            std::fs::write(&staged, "FROM").unwrap();
        }
        Ok(())
    };
    let error = apply(&plan(), &root, &lock, &last(), &mut beat).unwrap_err();
    assert!(matches!(error, DiskError::ReadBack(p) if p == "sub/web.Dockerfile"));
    assert_eq!(tree(dir.path()), tree_of(OLD));
    assert!(is_swept(dir.path()));
}

/// Dies with the given number of renames done; gives the folder.
fn after_renames(count: usize) -> (tempfile::TempDir, Root) {
    let (dir, root) = sample();
    let lock = ProcessLock::take(&root).unwrap();
    let mut renames = 0;
    let mut beat = |step: &'static str| {
        if step == "rename" {
            if renames == count {
                resume_unwind(Box::new(()));
            }
            renames += 1;
        }
        Ok(())
    };
    let run = AssertUnwindSafe(|| apply(&plan(), &root, &lock, &last(), &mut beat));
    catch_unwind(run).unwrap_err();
    drop(lock);
    (dir, root)
}

#[test]
fn an_edit_after_an_interruption_is_kept_and_told() {
    let path = |p: &str| p.parse::<RelPath>().unwrap();
    // Nothing renamed yet: dropped, the edit stays.
    let (dir, root) = after_renames(0);
    std::fs::write(dir.path().join("Dockerfile"), "an edit").unwrap();
    let lock = ProcessLock::take(&root).unwrap();
    assert!(matches!(recover(&root, &lock).unwrap(), Recovery::RolledBack(p) if p.len() == 5));
    let mut expected = tree_of(OLD);
    expected.insert("Dockerfile".to_owned(), "an edit".to_owned());
    assert_eq!(tree(dir.path()), expected);
    assert!(is_swept(dir.path()));
    // The Dockerfile is renamed; the edit is in a file that was to follow.
    let (dir, root) = after_renames(1);
    std::fs::write(dir.path().join("pins.lock"), "an edit").unwrap();
    let lock = ProcessLock::take(&root).unwrap();
    let outcome = recover(&root, &lock).unwrap();
    assert_eq!(
        outcome,
        Recovery::Abandoned {
            written: vec![path("Dockerfile")],
            kept: ["gone", "new/deep/run.sh", "sub/web.Dockerfile", "pins.lock"].map(path).to_vec(),
        }
    );
    let lost = outcome.to_trouble().unwrap();
    assert_eq!(lost.expected.unwrap(), "as the run wrote them: `Dockerfile`");
    let mut expected = tree_of(OLD);
    expected.insert("Dockerfile".to_owned(), "FROM a\nARG V=2\n".to_owned());
    expected.insert("pins.lock".to_owned(), "an edit".to_owned());
    assert_eq!(tree(dir.path()), expected);
    assert!(is_swept(dir.path()));
}

#[test]
fn a_damaged_temporary_or_one_that_is_a_symlink_is_not_moved_into_place() {
    for damage in ["flip", "link", "gone"] {
        let (dir, root) = after_renames(0);
        let staged = dir.path().join(".Dockerfile.dubo-pin-new");
        match damage {
            "flip" => std::fs::write(&staged, "FROM a\nARG V=3\n").unwrap(),
            other => {
                std::fs::remove_file(&staged).unwrap();
                if other == "link" {
                    std::os::unix::fs::symlink("/etc/hostname", &staged).unwrap();
                }
            }
        }
        let lock = ProcessLock::take(&root).unwrap();
        let outcome = recover(&root, &lock).unwrap();
        assert!(matches!(outcome, Recovery::RolledBack(_)), "{damage}");
        assert_eq!(tree(dir.path()), tree_of(OLD));
    }
}

#[test]
fn a_damaged_journal_counts_as_interrupted_and_is_dropped() {
    for bytes in ["", "{", "{\"version\":1}", "null"] {
        let (dir, root) = after_renames(1);
        std::fs::write(dir.path().join(".dubo-pin/journal"), bytes).unwrap();
        assert_eq!(interrupted(&root), Some(Vec::new()));
        let lock = ProcessLock::take(&root).unwrap();
        let refused = plan().apply(&root, &lock, &last()).unwrap_err();
        assert!(matches!(refused, DiskError::Interrupted));
        assert_eq!(recover(&root, &lock).unwrap(), Recovery::Damaged);
        assert_eq!(interrupted(&root), None);
        assert!(is_swept(dir.path()));
    }
    let (_dir, root) = sample();
    assert_eq!(interrupted(&root), None);
}

#[test]
fn a_symlink_in_the_way_is_never_written_through() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("f"), "precious").unwrap();
    let (dir, root) = sample();
    let lock = ProcessLock::take(&root).unwrap();
    std::os::unix::fs::symlink(outside.path(), dir.path().join("way")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("f"), dir.path().join("f")).unwrap();
    for (path, named) in [("way/f", "way"), ("f", "f"), ("way/new/x", "way")] {
        let change = Change::new(path.parse().unwrap(), None, Some(b"evil".to_vec()));
        let error = Plan::new([change]).apply(&root, &lock, &last()).unwrap_err();
        assert!(matches!(error, DiskError::Symlink(p) if p == named));
    }
    assert_eq!(std::fs::read(outside.path().join("f")).unwrap(), b"precious");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
    assert!(is_swept(dir.path()));
}

#[test]
fn two_changes_to_one_file_or_to_dubo_pins_own_are_refused() {
    let (_dir, root) = sample();
    let lock = ProcessLock::take(&root).unwrap();
    for paths in [["a", "a"], ["a", "A"], ["b", ".dubo-pin/journal"]] {
        let change = |p: &str| Change::new(p.parse().unwrap(), None, Some(b"x".to_vec()));
        let error = Plan::new(paths.map(change)).apply(&root, &lock, &last()).unwrap_err();
        assert!(matches!(error, DiskError::Twins(..)), "{paths:?}");
    }
}

/// Mounts something for a test and unmounts it afterwards; `None` where that is not allowed.
struct Mount(std::path::PathBuf);

impl Mount {
    fn new(at: &Path, arguments: &[&str]) -> Option<Self> {
        let run = Command::new("mount").args(arguments).arg(at).output().ok()?;
        run.status.success().then(|| Self(at.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[test]
fn on_a_full_disk_nothing_is_changed() {
    let dir = tempfile::tempdir().unwrap();
    let Some(_mount) = Mount::new(dir.path(), &["-t", "tmpfs", "-o", "size=128k", "none"]) else {
        eprintln!("skipped: this user may not mount");
        return;
    };
    fill(dir.path());
    let root = Root::open(dir.path()).unwrap();
    let lock = ProcessLock::take(&root).unwrap();
    let mut full = plan();
    full.push(Change::new("big".parse().unwrap(), None, Some(vec![b'x'; 1 << 20])));
    let error = full.apply(&root, &lock, &last()).unwrap_err();
    assert_eq!(error.to_string(), "`big` cannot be written: no space left");
    assert!(error.to_trouble().help.unwrap().contains("no file was changed"));
    assert_eq!(tree(dir.path()), tree_of(OLD));
    assert!(is_swept(dir.path()));
}

#[test]
fn in_a_read_only_folder_nothing_can_begin() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path());
    let source = dir.path().to_str().unwrap();
    let Some(_mount) = Mount::new(dir.path(), &["--bind", source]) else {
        eprintln!("skipped: this user may not mount");
        return;
    };
    let Some(_again) = Mount::new(dir.path(), &["-o", "remount,bind,ro"]) else {
        eprintln!("skipped: this user may not mount");
        return;
    };
    let root = Root::open(dir.path()).unwrap();
    let error = ProcessLock::take(&root).unwrap_err();
    assert_eq!(error.to_string(), "`.dubo-pin` cannot be written: the file system is read-only");
    assert_eq!(interrupted(&root), None);
}

#[path = "stored_tests.rs"]
mod stored;
