//! SIGKILL at every call that changes the disk: the tree is old, new, or said to be half done, and
//! the next refresh completes it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Upstream, behind};
use crate::support::program::{Work, ran};
use crate::support::traces;

type Tree = BTreeMap<PathBuf, Vec<u8>>;

/// The tree without what a killed run left beside the files.
fn places(work: &Work) -> Tree {
    let mut tree = work.tree();
    tree.retain(|path, _| !path.to_string_lossy().ends_with(".dubo-pin-new"));
    tree
}

/// A fresh copy of a folder.
fn copy(tree: &Tree) -> Work {
    let work = Work::new();
    for (path, bytes) in tree {
        work.write(path.to_str().unwrap(), bytes);
    }
    work
}

/// Kills a refresh at the n-th of some calls, for every n; how often it was killed, and how often
/// the killed run was said to be half done.
fn killed_at_each(calls: &str) -> (usize, usize) {
    let up = Upstream::new(2);
    let old = behind(&up).tree();
    let done = copy(&old);
    done.run(&["refresh"]).code(0);
    let new = done.tree();
    assert!(old != new);
    let (mut killed, mut half) = (0, 0);
    for n in 1.. {
        let work = copy(&old);
        let inject = format!("inject={calls}:signal=KILL:when={n}");
        // Without -f: the main thread alone, which does all the writing.
        let run = ran(&mut work.under(&["strace", "-qq", "-o", "/dev/null", "-e", &inject], &["refresh"]));
        if run.code == Some(0) {
            assert!(work.tree() == new, "{calls} {n}");
            break;
        }
        assert_eq!(run.code, None, "{calls} {n}: {}", run.err);
        killed += 1;
        let verdict = work.run(&["verify"]);
        let stands = places(&work);
        match verdict.code {
            Some(0) => assert!(stands == old || stands == new, "{calls} {n}: half done, but verify is content"),
            Some(1) => {
                half += 1;
                assert!(verdict.out.contains("LOCK008"), "{calls} {n}: {}", verdict.out);
                assert!(work.image().join(".dubo-pin/journal").exists(), "{calls} {n}");
            }
            other => panic!("{calls} {n}: {other:?} {}", verdict.err),
        }
        work.run(&["refresh"]).code(0);
        assert!(work.tree() == new, "{calls} {n}: the next refresh did not complete it");
        assert!(!work.image().join(".dubo-pin/journal").exists());
    }
    (killed, half)
}

#[test]
fn killed_at_any_rename() {
    if !traces() {
        return;
    }
    // Three notes, two Dockerfiles, the lock: killed at the first Dockerfile or later, it is half done.
    assert_eq!(killed_at_each("renameat,renameat2,rename"), (6, 3));
}

#[test]
fn killed_at_any_sync() {
    if !traces() {
        return;
    }
    let (killed, half) = killed_at_each("fsync,fdatasync");
    assert!(killed >= 10 && half >= 3, "{killed} {half}");
}

#[test]
fn killed_at_any_file_that_goes() {
    if !traces() {
        return;
    }
    let (killed, half) = killed_at_each("unlinkat,unlink");
    assert!(killed >= 5 && half >= 1, "{killed} {half}");
}

#[test]
fn killed_at_any_write() {
    if !traces() {
        return;
    }
    let (killed, half) = killed_at_each("write");
    assert!(killed >= 6 && half <= 1, "{killed} {half}");
}
