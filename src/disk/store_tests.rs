//! The store with wrong bytes, many writers, altered entries, planted links and full disks.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;
use std::time::Duration;

use proptest::prelude::*;

use super::super::Freed;
use super::*;

const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("store")).unwrap();
    (dir, store)
}

fn put(store: &Store, bytes: &[u8]) -> Stored {
    store.put(&mut &*bytes, Expect::at_most(1 << 30)).unwrap()
}

fn out(store: &Store, digest: &Sha256) -> Vec<u8> {
    let mut bytes = Vec::new();
    store.copy_to(digest, &mut bytes).unwrap();
    bytes
}

/// All files below the store, by path.
fn files(store: &Store) -> Vec<String> {
    fn walk(dir: &Path, all: &mut Vec<String>) {
        for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), all);
            } else {
                all.push(entry.path().to_string_lossy().into_owned());
            }
        }
    }
    let mut all = Vec::new();
    walk(store.dir(), &mut all);
    let below = store.dir().to_string_lossy().into_owned() + "/";
    all.iter_mut().for_each(|p| *p = p.replacen(&below, "", 1));
    all.sort();
    all
}

/// Puts other bytes where an entry lies.
fn alter(path: &Path, bytes: &[u8]) {
    std::fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn last_used(path: &Path, seconds_ago: u64) {
    let file = File::open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(seconds_ago)).unwrap();
}

#[test]
fn an_entry_lies_under_its_digest_and_can_only_be_read() {
    let (_dir, store) = store();
    let stored = store.put(&mut &b"abc"[..], Expect { sha512: true, ..Expect::at_most(3) }).unwrap();
    assert_eq!((stored.sha256.to_string().as_str(), stored.size), (ABC, 3));
    assert_eq!(stored.sha512, Some(Sha512::of(b"abc")));
    assert_eq!(files(&store), [format!("sha256/ba/{ABC}")]);
    let path = store.get(&stored.sha256).unwrap();
    assert_eq!(path, store.dir().join("sha256/ba").join(ABC));
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o444);
    assert_eq!(store.dir().metadata().unwrap().permissions().mode() & 0o7777, 0o700);
    assert_eq!(store.verify(&stored.sha256, true).unwrap(), Some(stored));
    let other = Sha256::of(b"other");
    assert_eq!((store.get(&other), store.verify(&other, false).unwrap()), (None, None));
    assert!(matches!(store.copy_to(&other, &mut io::sink()), Err(StoreError::Missing(d)) if d == other));
}

/// Gives its bytes in small and uneven pieces, now and then interrupted.
struct Uneven<'a>(&'a [u8], usize);

impl Read for Uneven<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = self.1.wrapping_mul(31).wrapping_add(7);
        if self.1.is_multiple_of(5) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = (self.1 % 70_000 + 1).min(self.0.len()).min(buffer.len());
        let (now, later) = self.0.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn bytes_come_out_as_they_went_in(seed: Vec<u8>, times in 0..2_000_usize, step: usize) {
        let (_dir, store) = store();
        let bytes = seed.repeat(times);
        let expect = Expect { sha512: true, ..Expect::exactly(Sha256::of(&bytes), bytes.len() as u64) };
        let stored = store.put(&mut Uneven(&bytes, step), expect).unwrap();
        prop_assert_eq!(stored.sha512, Some(Sha512::of(&bytes)));
        prop_assert_eq!(out(&store, &stored.sha256), bytes);
    }
}

#[test]
fn what_is_not_as_expected_leaves_nothing() {
    let (_dir, store) = store();
    let bytes = vec![7; PIECE * 2 + 1];
    let (all, right) = (bytes.len() as u64, Sha256::of(&bytes));
    let wrong = Sha256::of(b"other");
    let fail = |expect: Expect| {
        let error = store.put(&mut &*bytes, expect).unwrap_err();
        assert_eq!(files(&store), Vec::<String>::new(), "{error}");
        error
    };
    let at_most = Expect::at_most;
    assert!(matches!(fail(at_most(all - 1)), StoreError::TooLarge { limit } if limit == all - 1));
    assert!(matches!(fail(at_most(0)), StoreError::TooLarge { limit: 0 }));
    let size = |s: u64| Expect { size: Some(s), ..at_most(all) };
    assert!(matches!(fail(size(all - 1)), StoreError::Size { .. }));
    assert!(matches!(fail(size(all + 1)), StoreError::Size { found, .. } if found == all));
    let error = fail(Expect { sha256: Some(wrong), ..at_most(all) });
    assert!(matches!(error, StoreError::Differs { expected, found } if expected == wrong && found == right));
    assert_eq!(error.class(), Class::Alarm);
    let trouble = error.to_trouble();
    assert_eq!((trouble.expected, trouble.found), (Some(wrong.to_string()), Some(right.to_string())));
    assert!(store.put(&mut &*bytes, Expect::exactly(right, all)).is_ok());
}

#[test]
fn a_source_that_breaks_off_leaves_nothing_and_its_error_is_kept() {
    struct Breaks(usize);
    impl Read for Breaks {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(1).ok_or_else(|| io::Error::other("unplugged"))?;
            buffer.fill(1);
            Ok(buffer.len())
        }
    }
    let (_dir, store) = store();
    for pieces in [0, 1, 3] {
        let error = store.put(&mut Breaks(pieces), Expect::at_most(1 << 30)).unwrap_err();
        assert!(matches!(&error, StoreError::Source(e) if e.to_string() == "unplugged"), "{error}");
        assert_eq!(files(&store), Vec::<String>::new());
    }
}

#[test]
fn many_threads_put_the_same_and_different_bytes() {
    let (_dir, store) = store();
    std::thread::scope(|scope| {
        for thread in 0..8_u8 {
            let store = &store;
            scope.spawn(move || {
                for round in 0..20_u8 {
                    let common = vec![round; 10_000];
                    assert_eq!(out(store, &put(store, &common).sha256), common);
                    let own = vec![thread, round];
                    assert_eq!(out(store, &put(store, &own).sha256), own);
                }
            });
        }
    });
    assert_eq!(files(&store).len(), 20 + 8 * 20);
    assert!(files(&store).iter().all(|f| f.starts_with("sha256/")));
}

const OTHER: &str = "a-store-for-another-process";

/// The other half of the test below: run alone in a folder without the store it does nothing.
#[test]
#[ignore = "started by many_processes_put_at_once"]
fn in_another_process() {
    if Path::new(OTHER).is_dir() {
        let store = Store::open(Path::new(OTHER)).unwrap();
        for round in 0..40_u8 {
            let bytes = vec![round; 300_000];
            let mut copy = Vec::new();
            match store.copy_to(&put(&store, &bytes).sha256, &mut copy) {
                Ok(_) => assert_eq!(copy, bytes),
                // Another process was ahead by so much that it had this one removed.
                Err(error) => assert!(matches!(error, StoreError::Missing(_)), "{error}"),
            }
            store.gc(3_000_000, &|_| false).unwrap();
            put(&store, &bytes);
        }
    }
}

#[test]
fn many_processes_put_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join(OTHER)).unwrap();
    let start = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "--ignored", "disk::store::tests::in_another_process"]);
        command.current_dir(dir.path()).stdout(std::process::Stdio::piped()).spawn().unwrap()
    };
    let all: Vec<_> = (0..4).map(|_| start()).collect();
    for process in all {
        let done = process.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success() && said.contains("1 passed"), "{said}");
    }
    assert!(files(&store).iter().all(|f| f.starts_with("sha256/")));
    for entry in store.entries().unwrap() {
        assert!(store.verify(&entry.digest, false).unwrap().is_some());
    }
}

#[test]
fn an_altered_entry_is_seen_and_dropped() {
    let (_dir, store) = store();
    let good: Vec<u8> = (0..=255).cycle().take(1_000).collect();
    let changes: [fn(&mut Vec<u8>); 4] = [|b| b[999] ^= 1, |b| b[0] ^= 128, |b| b.truncate(999), Vec::clear];
    for change in changes {
        let digest = put(&store, &good).sha256;
        let path = store.get(&digest).unwrap();
        let mut bad = good.clone();
        change(&mut bad);
        alter(&path, &bad);
        let error = store.copy_to(&digest, &mut Vec::new()).unwrap_err();
        let found = Sha256::of(&bad);
        assert!(matches!(error, StoreError::Corrupted { expected, found: f } if expected == digest && f == found));
        assert_eq!(files(&store), Vec::<String>::new());
        assert!(matches!(store.copy_to(&digest, &mut Vec::new()), Err(StoreError::Missing(_))));
    }
    // Put again, it is mended in place.
    let digest = put(&store, &good).sha256;
    alter(&store.get(&digest).unwrap(), b"bad");
    put(&store, &good);
    assert_eq!(out(&store, &digest), good);
}

#[test]
fn a_planted_link_is_not_followed() {
    let (dir, store) = store();
    let precious = dir.path().join("precious");
    std::fs::write(&precious, "abc").unwrap();
    let digest: Sha256 = ABC.parse().unwrap();
    std::fs::create_dir_all(store.dir().join("sha256/ba")).unwrap();
    let place = store.dir().join("sha256/ba").join(ABC);
    symlink(&precious, &place).unwrap();
    assert_eq!((store.get(&digest), store.verify(&digest, false).unwrap()), (None, None));
    put(&store, b"abc");
    assert!(place.symlink_metadata().unwrap().is_file());
    assert_eq!(precious.metadata().unwrap().permissions().mode() & 0o200, 0o200);
    // A link in place of a folder is named, and nothing is written through it.
    let away = dir.path().join("away");
    std::fs::create_dir(&away).unwrap();
    for folder in ["sha256/ba", "sha256", "new"] {
        std::fs::remove_dir_all(store.dir().join(folder)).unwrap();
        symlink(&away, store.dir().join(folder)).unwrap();
        let error = store.put(&mut &b"abc"[..], Expect::at_most(9)).unwrap_err();
        assert!(matches!(&error, StoreError::Disk(DiskError::Symlink(p)) if p.ends_with(folder)), "{error}");
        std::fs::remove_file(store.dir().join(folder)).unwrap();
    }
    assert_eq!(std::fs::read_dir(&away).unwrap().count(), 0);
}

#[test]
fn a_folder_or_a_fifo_in_an_entrys_place_is_no_entry() {
    let (_dir, store) = store();
    let digest: Sha256 = ABC.parse().unwrap();
    let place = store.dir().join("sha256/ba").join(ABC);
    std::fs::create_dir_all(&place).unwrap();
    assert_eq!((store.get(&digest), store.verify(&digest, false).unwrap()), (None, None));
    std::fs::remove_dir(&place).unwrap();
    let shelf = store.shelf(ABC, false).unwrap().unwrap();
    rustix::fs::mkfifoat(shelf, ABC, Mode::from_raw_mode(0o600)).unwrap();
    assert_eq!((store.get(&digest), store.verify(&digest, false).unwrap()), (None, None));
    put(&store, b"abc");
    assert_eq!(out(&store, &digest), b"abc");
}

struct Mount(PathBuf);

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[test]
fn on_a_full_disk_nothing_is_kept_and_the_rest_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=256k", "none"]).arg(dir.path()).output();
    if !mount.is_ok_and(|m| m.status.success()) {
        eprintln!("skipped: this user may not mount");
        return;
    }
    let _mount = Mount(dir.path().to_owned());
    let store = Store::open(dir.path()).unwrap();
    let first = put(&store, b"abc");
    let error = store.put(&mut io::repeat(1), Expect::at_most(1 << 20)).unwrap_err();
    assert!(matches!(error, StoreError::Disk(DiskError::NoSpace { .. })), "{error}");
    assert_eq!(error.class(), Class::Undone);
    assert!(error.to_trouble().help.unwrap().contains("make room"));
    assert_eq!(files(&store), [format!("sha256/ba/{ABC}")]);
    assert_eq!(out(&store, &first.sha256), b"abc");
    assert_eq!(put(&store, &[1; 100_000]).size, 100_000);
}

#[test]
fn a_store_that_cannot_be_made_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(Store::open(&file), Err(StoreError::Disk(_))));
    let error = Store::open(&file.join("below")).unwrap_err();
    assert!(error.to_string().contains("file/below` cannot be made"), "{error}");
}

#[test]
fn gc_removes_the_longest_unused_first_and_no_more_than_it_must() {
    let (_dir, store) = store();
    let all: Vec<Sha256> = (0..5_u8).map(|n| put(&store, &[n; 100]).sha256).collect();
    for (n, digest) in all.iter().enumerate() {
        last_used(&store.get(digest).unwrap(), 1_000 - n as u64);
    }
    let held = || all.iter().map(|d| store.path(&d.to_string()).exists()).collect::<Vec<_>>();
    assert_eq!(store.gc(500, &|_| false).unwrap(), Freed { entries: 0, bytes: 0, left: 500 });
    // Reading the oldest makes it the youngest; the next is kept by name.
    out(&store, &all[0]);
    let freed = store.gc(300, &|d| *d == all[1]).unwrap();
    assert_eq!(freed, Freed { entries: 2, bytes: 200, left: 300 });
    assert_eq!(held(), [true, true, false, false, true]);
    assert_eq!(store.gc(299, &|_| false).unwrap(), Freed { entries: 1, bytes: 100, left: 200 });
    assert_eq!(held(), [true, false, false, false, true]);
    assert_eq!(store.gc(0, &|_| true).unwrap(), Freed { entries: 0, bytes: 0, left: 200 });
    assert_eq!(store.gc(0, &|_| false).unwrap(), Freed { entries: 2, bytes: 200, left: 0 });
}

#[test]
fn gc_leaves_alone_what_is_no_entry() {
    let (_dir, store) = store();
    put(&store, b"abc");
    std::fs::write(store.dir().join("sha256/ba/notes"), "mine").unwrap();
    std::fs::write(store.dir().join("sha256/notes"), "mine").unwrap();
    let elsewhere = "00".repeat(32);
    std::fs::write(store.dir().join("sha256/ba").join(&elsewhere), "mine").unwrap();
    assert_eq!(store.gc(0, &|_| false).unwrap().entries, 1);
    assert_eq!(files(&store), [format!("sha256/ba/{elsewhere}"), "sha256/ba/notes".into(), "sha256/notes".into()]);
}

#[test]
fn what_was_left_behind_is_swept_after_a_day() {
    let (_dir, store) = store();
    put(&store, b"abc");
    let (old, young) = (store.dir().join("new/part-1-0"), store.dir().join("new/part-2-0"));
    std::fs::write(&old, "x").unwrap();
    std::fs::write(&young, "x").unwrap();
    last_used(&old, 24 * 60 * 60 + 5);
    last_used(&young, 24 * 60 * 60 - 60);
    Store::open(store.dir()).unwrap();
    assert_eq!((old.exists(), young.exists()), (false, true));
    assert!(store.get(&ABC.parse().unwrap()).is_some());
}

#[test]
fn export_writes_each_entry_once_under_its_digest() {
    let (dir, store) = store();
    let (a, b) = (put(&store, b"abc").sha256, put(&store, b"b").sha256);
    let to = dir.path().join("deep/export");
    assert_eq!(store.export(&[a, b], &to).unwrap(), 2);
    assert_eq!(std::fs::read(to.join(ABC)).unwrap(), b"abc");
    assert_eq!(store.export(&[a, b], &to).unwrap(), 0);
    std::fs::write(to.join(ABC), "altered").unwrap();
    assert_eq!(store.export(&[a, b], &to).unwrap(), 1);
    assert_eq!(std::fs::read(to.join(ABC)).unwrap(), b"abc");
    // An altered entry is not exported.
    alter(&store.get(&b).unwrap(), b"c");
    let bad = dir.path().join("bad");
    assert!(matches!(store.export(&[a, b], &bad), Err(StoreError::Corrupted { .. })));
    let names: Vec<_> = std::fs::read_dir(&bad).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, [ABC]);
}
