//! The index against git itself: what it would check out, what it says is staged, where it looks.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::*;
use crate::disk::{CAP, DiskError, Root};
use crate::model::{Class, RelPath, Sha256};

/// A git command apart from the user's own configuration.
fn git_in(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "protocol.file.allow=always"]).args(arguments).env_clear();
    #[allow(clippy::disallowed_methods, reason = "a test's own environment")]
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", "/nonexistent").env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "T").env(format!("GIT_{who}_EMAIL"), "t@example");
        command.env(format!("GIT_{who}_DATE"), "1700000000 +0000");
    }
    command
}

fn feed(folder: &Path, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = git_in(folder, arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    String::from_utf8(feed(folder, arguments, b"")).unwrap().trim_end().to_owned()
}

fn init(format: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q", "-b", "main", &format!("--object-format={format}")]);
    dir
}

fn put(dir: &Path, name: &str, bytes: &[u8]) {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn path(text: &str) -> RelPath {
    text.parse().unwrap()
}

fn find(dir: &Path) -> Repository {
    Repository::find(dir, &Given::default()).unwrap().unwrap()
}

fn index(dir: &Path) -> Index {
    find(dir).index().unwrap()
}

fn told<T>(result: Result<T, DiskError>) -> Result<T, String> {
    result.map_err(|e| e.to_string())
}

/// All that a checkout of the index would have, in a folder of its own.
fn checked_out(repository: &Path) -> tempfile::TempDir {
    let out = tempfile::tempdir().unwrap();
    git(repository, &["checkout-index", "--all", &format!("--prefix={}/", out.path().display())]);
    out
}

/// Every path of a checkout that can be asked for, and some that are not there.
fn asked(dir: &Path) -> BTreeSet<RelPath> {
    fn walk(dir: &Path, above: &str, all: &mut BTreeSet<RelPath>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            let Ok(name) = entry.file_name().into_string() else { continue };
            for end in ["", "/none", "0"] {
                all.extend(format!("{above}{name}{end}").parse::<RelPath>());
            }
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), &format!("{above}{name}/"), all);
            }
        }
    }
    let mut all = BTreeSet::from([path("none")]);
    walk(dir, "", &mut all);
    all
}

/// Every reader gives the same on both.
fn agree(held: &Root, disk: &Root) {
    assert!(held.is_held() && !disk.is_held());
    let all = asked(disk.dir());
    let sizes: Vec<(RelPath, u64)> = all.iter().map(|path| (path.clone(), 5)).collect();
    for ((path, _), (ours, theirs)) in sizes.iter().zip(held.hash_all(&sizes).into_iter().zip(disk.hash_all(&sizes))) {
        assert_eq!(told(ours), told(theirs), "hash_all {path}");
    }
    let whole = |root: &Root, path: &RelPath| {
        told(root.open_file(path)).map(|file| {
            let mut bytes = Vec::new();
            file.map(|mut file| file.read_to_end(&mut bytes).unwrap()).map(|_| bytes)
        })
    };
    for path in &all {
        assert_eq!(told(held.read(path, CAP)), told(disk.read(path, CAP)), "read {path}");
        assert_eq!(told(held.read(path, 4)), told(disk.read(path, 4)), "read at most 4 of {path}");
        assert_eq!(told(held.hash(path)), told(disk.hash(path)), "hash {path}");
        assert_eq!(whole(held, path), whole(disk, path), "open {path}");
        let (ours, theirs) = (held.hash_without_line_ends(path), disk.hash_without_line_ends(path));
        assert_eq!(told(ours), told(theirs), "hash without line ends {path}");
        assert_eq!(told(held.inside(path)), told(disk.inside(path)), "inside {path}");
        let folders = |root: &Root| told(root.folders(Some(path), &mut 1000));
        assert_eq!(folders(held), folders(disk), "folders {path}");
        assert_eq!(told(held.list(std::slice::from_ref(path))), told(disk.list(std::slice::from_ref(path))));
    }
    assert_eq!(told(held.folders(None, &mut 1000)), told(disk.folders(None, &mut 1000)), "folders at the top");
    for patterns in [&[][..], &["*"], &["*/*"], &["a*/Docker*", "*/a/?"], &["*/a/*", ".dot*"]] {
        let patterns: Vec<RelPath> = patterns.iter().map(|p| path(p)).collect();
        assert_eq!(told(held.list(&patterns)), told(disk.list(&patterns)), "list {patterns:?}");
    }
}

/// What is generated: components with letters around `/`, and names that are unusual.
const NAMES: [&[u8]; 14] = [
    b"a",
    b"a.b",
    b"a-",
    b"a0",
    b"b",
    b"Dockerfile",
    b"Dockerfile.x",
    b"x.Dockerfile",
    b".dot",
    b"sp ace",
    b"t\tab",
    "\u{e9}".as_bytes(),
    b"\xff",
    b"NUL",
];
const CONTENTS: [&[u8]; 5] = [b"", b"12345", b"a\r\nb\nc\r", b"FROM x\n", &[7; 3000]];
const TARGETS: [&[u8]; 8] = [b"a", b".", b"a/b", b"Dockerfile", b"none", b"a/../b/a", b"/nonexistent/a", b"a-/"];

type Leaf = (Vec<u8>, usize);

/// Paths and what stands there, without a file and a folder of one name.
fn trees() -> impl Strategy<Value = Vec<Leaf>> {
    let components = proptest::collection::vec(0..NAMES.len(), 1..4);
    let leaf = (components, 0..CONTENTS.len() * 2 + TARGETS.len() + 1);
    proptest::collection::vec(leaf, 0..14).prop_map(|leaves| {
        let mut all: Vec<Leaf> = Vec::new();
        for (components, what) in leaves {
            let path = components.iter().map(|at| NAMES[*at]).collect::<Vec<_>>().join(&b'/');
            let in_the_way = |(other, _): &Leaf| {
                let below = |a: &[u8], b: &[u8]| a == b || a.starts_with(&[b, b"/"].concat());
                below(other, &path) || below(&path, other)
            };
            if !all.iter().any(in_the_way) {
                all.push((path, what));
            }
        }
        all
    })
}

/// A repository, and the ids of what its trees are made of.
struct Bench {
    dir: tempfile::TempDir,
    blobs: Vec<String>,
}

impl Bench {
    fn new(format: &str) -> Self {
        let dir = init(format);
        let all = CONTENTS.iter().chain(&TARGETS);
        let add =
            |bytes: &&[u8]| String::from_utf8(feed(dir.path(), &["hash-object", "-w", "--stdin"], bytes)).unwrap();
        let blobs = all.map(|bytes| add(bytes).trim_end().to_owned()).collect();
        Self { dir, blobs }
    }

    /// Makes the index hold exactly these.
    fn hold(&self, leaves: &[Leaf]) {
        git(self.dir.path(), &["read-tree", "--empty"]);
        let mut lines = Vec::new();
        for (path, what) in leaves {
            let (mode, id) = match what {
                0..5 => ("100644", self.blobs[*what].clone()),
                5..10 => ("100755", self.blobs[*what - 5].clone()),
                10..18 => ("120000", self.blobs[*what - 5].clone()),
                _ => ("160000", "1".repeat(self.blobs[0].len())),
            };
            lines.extend(format!("{mode} {id}\t").bytes());
            lines.extend(path);
            lines.push(0);
        }
        feed(self.dir.path(), &["update-index", "-z", "--index-info"], &lines);
    }

    fn commit(&self) {
        let tree = git(self.dir.path(), &["write-tree"]);
        let commit = git(self.dir.path(), &["commit-tree", "-m", "c", &tree]);
        git(self.dir.path(), &["update-ref", "refs/heads/main", &commit]);
    }

    /// What git says is staged; bytes that are not UTF-8 replaced.
    fn staged(&self, below: &[&str]) -> Vec<String> {
        let head = ["diff-index", "--cached", "--name-only", "-z", "--no-renames", "HEAD", "--"];
        let out = feed(self.dir.path(), &[&head[..], below].concat(), b"");
        let names = out.split(|b| *b == 0).filter(|name| !name.is_empty());
        let mut names: Vec<String> = names.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        names.sort();
        names.dedup();
        names
    }
}

#[test]
fn the_index_reads_as_its_checkout_whatever_is_in_it() {
    let bench = Bench::new("sha1");
    proptest!(ProptestConfig::with_cases(48), |(leaves in trees(), form in 0_usize..4)| {
        bench.hold(&leaves);
        let form = ["--index-version=2", "--index-version=4", "--split-index", "--no-split-index"][form];
        git(bench.dir.path(), &["update-index", form]);
        let out = checked_out(bench.dir.path());
        agree(&index(bench.dir.path()).root(None), &Root::open(out.path()).unwrap());
    });
}

#[test]
fn what_is_staged_is_what_git_says() {
    let bench = Bench::new("sha1");
    proptest!(ProptestConfig::with_cases(48), |(old in trees(), more in trees(), kept in any::<u16>(), flip in any::<u16>(), note in any::<bool>())| {
        bench.hold(&old);
        bench.commit();
        let mut new: Vec<Leaf> = Vec::new();
        for (at, leaf) in old.iter().enumerate().filter(|(at, _)| kept >> at & 1 == 1).chain(more.iter().enumerate()) {
            let below = |a: &[u8], b: &[u8]| a == b || a.starts_with(&[b, b"/"].concat());
            if at < 14 && !new.iter().any(|(other, _)| below(other, &leaf.0) || below(&leaf.0, other)) {
                // The same bytes with the other mode.
                let what = if flip >> at & 1 == 1 && leaf.1 < 10 { (leaf.1 + 5) % 10 } else { leaf.1 };
                new.push((leaf.0.clone(), what));
            }
        }
        bench.hold(&new);
        if note {
            git(bench.dir.path(), &["write-tree"]);
        }
        let index = index(bench.dir.path());
        let all = bench.staged(&[]);
        prop_assert_eq!(&index.staged(None).unwrap(), &all);
        prop_assert_eq!(index.staged_below(None).unwrap(), !all.is_empty());
        for name in ["a", "b", "Dockerfile", "a/a", "none"] {
            let pathspec = format!("{name}/");
            // A file that stands or stood in the folder's place is not below it.
            let below: Vec<String> = all.iter().filter(|path| path.starts_with(&pathspec)).cloned().collect();
            prop_assert_eq!(index.staged_below(Some(&path(name))).unwrap(), !below.is_empty());
            prop_assert_eq!(index.staged(Some(&path(name))).unwrap(), below);
        }
    });
}

/// A file, a program, a symlink, folders and a submodule, added.
fn furnish(dir: &Path) {
    put(dir, "Dockerfile", b"FROM x\n");
    put(dir, "sub/pins.toml", b"[pins]\n");
    put(dir, "sub/deep/run.sh", b"#!/bin/sh\n");
    put(dir, "pins.toml/odd", b"");
    put(dir, "other/b/c", b"c");
    std::os::unix::fs::symlink("deep", dir.join("sub/link")).unwrap();
    git(dir, &["add", "-A"]);
    git(dir, &["update-index", "--chmod=+x", "sub/deep/run.sh"]);
    let id = "1".repeat(git(dir, &["hash-object", "Dockerfile"]).len());
    git(dir, &["update-index", "--add", "--cacheinfo", &format!("160000,{id},module")]);
}

#[test]
fn a_repository_with_sha256_reads_alike_and_a_folder_is_a_root_of_its_own() {
    for format in ["sha1", "sha256"] {
        let dir = init(format);
        furnish(dir.path());
        let out = checked_out(dir.path());
        let index = index(&dir.path().join("sub/deep"));
        agree(&index.root(None), &Root::open(out.path()).unwrap());
        agree(&index.root(Some(&path("sub"))), &Root::open(&out.path().join("sub")).unwrap());
        assert_eq!(index.len(), 7);
        assert!(index.staged_below(Some(&path("sub/deep"))).unwrap());
        git(dir.path(), &["commit", "-qm", "c"]);
        let index = self::index(dir.path());
        assert!(!index.staged_below(None).unwrap());
        let folders: Vec<_> = index.folders_with("pins.toml").into_iter().map(Result::unwrap).collect();
        assert_eq!(folders, [Some(path("sub"))]);
    }
}

#[test]
fn nothing_is_written_into_an_index() {
    let dir = init("sha1");
    furnish(dir.path());
    let root = index(dir.path()).root(None);
    let error = crate::disk::ProcessLock::take(&root).unwrap_err();
    assert_eq!(error.to_string(), "git's index is only read: nothing is written into it");
    assert_eq!(crate::disk::interrupted(&root), None);
    let here = Root::open(dir.path()).unwrap();
    let lock = crate::disk::ProcessLock::take(&here).unwrap();
    let change = crate::disk::Change::new(path("Dockerfile"), Some(b"FROM x\n".to_vec()), Some(b"FROM y\n".to_vec()));
    let error = crate::disk::Plan::new([change]).apply(&root, &lock, &path("pins.lock")).unwrap_err();
    assert!(matches!(error, DiskError::OnlyRead(_)), "{error}");
    assert!(matches!(crate::disk::recover(&root, &lock), Ok(crate::disk::Recovery::Nothing)));
    assert_eq!(std::fs::read(dir.path().join("Dockerfile")).unwrap(), b"FROM x\n");
}

#[test]
fn what_is_only_announced_is_not_part_of_a_commit() {
    let dir = init("sha1");
    furnish(dir.path());
    git(dir.path(), &["commit", "-qm", "c"]);
    put(dir.path(), "sub/new", b"n");
    git(dir.path(), &["add", "-N", "sub/new"]);
    let index = index(dir.path());
    assert_eq!(index.root(None).read(&path("sub/new"), 9).unwrap(), None);
    assert!(index.staged(None).unwrap().is_empty());
    assert_eq!(index.len(), 7);
}

#[test]
fn paths_that_are_not_merged_are_told_and_are_in_no_root() {
    let dir = init("sha1");
    furnish(dir.path());
    git(dir.path(), &["commit", "-qm", "base"]);
    git(dir.path(), &["checkout", "-qb", "side"]);
    put(dir.path(), "other/b/c", b"side");
    git(dir.path(), &["add", "other/b/c"]);
    git(dir.path(), &["commit", "-qm", "side"]);
    git(dir.path(), &["checkout", "-q", "main"]);
    put(dir.path(), "other/b/c", b"main");
    git(dir.path(), &["add", "other/b/c"]);
    git(dir.path(), &["commit", "-qm", "main"]);
    assert!(!git_in(dir.path(), &["merge", "side"]).output().unwrap().status.success());
    let index = index(dir.path());
    assert_eq!(index.unmerged(), ["other/b/c"]);
    assert_eq!(index.root(None).read(&path("other/b/c"), 9).unwrap(), None);
    assert!(index.staged_below(Some(&path("other"))).unwrap());
    assert!(!index.staged_below(Some(&path("sub"))).unwrap());
}

#[test]
fn a_split_index_is_read_over_the_shared_one_wherever_it_lies() {
    let dir = init("sha1");
    for at in 0..200 {
        put(dir.path(), &format!("d{}/f{at}", at % 7), format!("{at}").as_bytes());
    }
    git(dir.path(), &["add", "-A"]);
    git(dir.path(), &["update-index", "--split-index"]);
    git(dir.path(), &["config", "splitIndex.maxPercentChange", "100"]);
    put(dir.path(), "d0/f0", b"other");
    put(dir.path(), "d9/new", b"new");
    git(dir.path(), &["add", "d0/f0", "d9/new"]);
    git(dir.path(), &["rm", "-q", "--cached", "d1/f1", "d2/f2"]);
    assert!(std::fs::read(dir.path().join(".git/index")).unwrap().windows(4).any(|w| w == b"link"));
    let out = checked_out(dir.path());
    let disk = Root::open(out.path()).unwrap();
    agree(&index(dir.path()).root(None), &disk);
    // As in a hook of `git commit -a`, whose index lies elsewhere.
    let file = dir.path().join("elsewhere");
    std::fs::rename(dir.path().join(".git/index"), &file).unwrap();
    let given = Given { index_file: Some(PathBuf::from("elsewhere")), ..Given::default() };
    let index = Repository::find(&dir.path().join("d0"), &given).unwrap().unwrap().index().unwrap();
    agree(&index.root(None), &disk);
    for entry in std::fs::read_dir(dir.path().join(".git")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().as_bytes().starts_with(b"sharedindex") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    let error = Repository::find(dir.path(), &given).unwrap().unwrap().index().unwrap_err();
    assert!(error.to_string().ends_with("the index shares it, but it is not there"), "{error}");
}

#[test]
fn a_sparse_index_has_all_that_a_commit_has() {
    let dir = init("sha1");
    furnish(dir.path());
    git(dir.path(), &["commit", "-qm", "c"]);
    let out = checked_out(dir.path());
    git(dir.path(), &["rm", "-q", "--cached", "module"]);
    git(dir.path(), &["commit", "-qm", "c2"]);
    git(dir.path(), &["sparse-checkout", "set", "--cone", "--sparse-index", "sub/deep"]);
    let listed = git(dir.path(), &["ls-files", "--sparse", "-s"]);
    assert!(listed.contains("040000 ") && listed.contains("other/"), "{listed}");
    std::fs::remove_dir(out.path().join("module")).unwrap();
    let index = index(dir.path());
    agree(&index.root(None), &Root::open(out.path()).unwrap());
    assert!(!index.staged_below(None).unwrap());
}

#[test]
fn a_linked_worktree_and_a_submodule_have_indexes_of_their_own() {
    let (dir, inner) = (init("sha1"), init("sha1"));
    furnish(inner.path());
    git(inner.path(), &["rm", "-q", "--cached", "module"]);
    git(inner.path(), &["commit", "-qm", "c"]);
    put(dir.path(), "a", b"a");
    git(dir.path(), &["add", "a"]);
    git(dir.path(), &["commit", "-qm", "c"]);
    let linked = tempfile::tempdir().unwrap();
    let linked = linked.path().canonicalize().unwrap().join("linked");
    git(dir.path(), &["worktree", "add", "-q", linked.to_str().unwrap(), "-b", "other"]);
    put(&linked, "only/here", b"x");
    git(&linked, &["add", "-A"]);
    let repository = find(&linked.join("only"));
    assert_eq!(repository.top(), linked);
    assert!(repository.git_dir().ends_with(".git/worktrees/linked"));
    assert_eq!(repository.folder_of(&linked.join("only")).unwrap(), Some(path("only")));
    assert_eq!(repository.folder_of(&linked).unwrap(), None);
    assert!(matches!(repository.folder_of(dir.path()), Err(RepositoryError::Outside { .. })));
    assert_eq!(repository.index().unwrap().staged(None).unwrap(), ["only/here"]);
    assert!(!index(dir.path()).staged_below(None).unwrap());
    let hooks = HooksDir { path: dir.path().canonicalize().unwrap().join(".git/hooks"), configured: false };
    assert_eq!(repository.hooks_dir().unwrap(), hooks);

    git(dir.path(), &["submodule", "--quiet", "add", inner.path().to_str().unwrap(), "m"]);
    let below = find(&dir.path().join("m/sub"));
    assert_eq!(below.top(), dir.path().canonicalize().unwrap().join("m"));
    assert!(below.git_dir().ends_with(".git/modules/m"));
    agree(&below.index().unwrap().root(None), &Root::open(checked_out(inner.path()).path()).unwrap());
    let above = index(dir.path()).root(None);
    let looked = above.read(&path("m/sub/pins.toml"), 99);
    assert_eq!(looked.unwrap(), None, "what is in a submodule is not in the index");
    // As git calls a hook in a worktree: GIT_DIR alone; the work tree is where the process stands.
    let git_dir = Some(linked.parent().unwrap().join("linked/.git"));
    let given = Given { git_dir, work_tree: Some(linked.clone()), ..Given::default() };
    let named = Repository::find(Path::new("/"), &given).unwrap().unwrap();
    assert_eq!((named.top(), named.git_dir()), (repository.top(), repository.git_dir()));
}

#[test]
fn no_repository_is_none_and_a_bare_one_an_error() {
    let dir = tempfile::tempdir().unwrap();
    assert!(Repository::find(dir.path(), &Given::default()).unwrap().is_none());
    git(dir.path(), &["init", "-q", "--bare", "b.git"]);
    let error = Repository::find(&dir.path().join("b.git/refs"), &Given::default()).unwrap_err();
    assert!(matches!(error, RepositoryError::Bare(_)), "{error}");
    assert_eq!(error.class(), Class::Usage);
    let made = init("sha1");
    let new = index(made.path());
    assert!(new.is_empty() && !new.staged_below(None).unwrap());
    assert_eq!(new.root(None).list(&[]).unwrap(), crate::disk::Listing::default());
    let error = Repository::find(&made.path().join(".git/objects"), &Given::default()).unwrap_err();
    assert!(matches!(error, RepositoryError::Bare(_)), "{error}");
    std::fs::write(made.path().join(".git/config"), "[core]\n\trepositoryformatversion = 99\n").unwrap();
    let given = Given { git_dir: Some(dir.path().to_owned()), ..Given::default() };
    let error = Repository::find(dir.path(), &given).unwrap_err();
    assert_eq!(error.class().code(), 4, "{error}");
}

#[test]
fn objects_of_alternates_are_found_and_a_missing_one_is_named() {
    let dir = init("sha1");
    furnish(dir.path());
    let away = tempfile::tempdir().unwrap();
    let away = away.path().join("objects");
    std::fs::rename(dir.path().join(".git/objects"), &away).unwrap();
    std::fs::create_dir_all(dir.path().join(".git/objects/pack")).unwrap();
    let root = index(dir.path()).root(None);
    let error = root.read(&path("Dockerfile"), CAP).unwrap_err();
    let id = git(dir.path(), &["hash-object", "Dockerfile"]);
    assert_eq!(error.to_string(), format!("`Dockerfile` cannot be read: the object {id} is not in this repository"));
    assert_eq!(error.class().code(), 4);
    assert!(error.to_trouble().help.unwrap().contains("partial clone"));
    let looked = root.hash_all(&[(path("Dockerfile"), 7)]).pop().unwrap();
    assert_eq!(looked.unwrap_err().to_string(), error.to_string());
    let given = Given { alternate_object_directories: vec![away.clone()], ..Given::default() };
    let index_of = |given: &Given| Repository::find(dir.path(), given).unwrap().unwrap().index().unwrap();
    let root = index_of(&given).root(None);
    assert_eq!(root.read(&path("Dockerfile"), CAP).unwrap(), Some(b"FROM x\n".to_vec()));
    let given = Given { object_directory: Some(away.clone()), ..Given::default() };
    let root = index_of(&given).root(None);
    assert_eq!(root.hash(&path("Dockerfile")).unwrap(), Some(Sha256::of(b"FROM x\n")));
    put(dir.path(), ".git/objects/info/alternates", format!("{}\n", away.display()).as_bytes());
    assert!(index(dir.path()).root(None).hash(&path("other/b/c")).unwrap().is_some());
}

#[test]
fn a_damaged_index_is_an_error_and_never_a_panic() {
    let dir = init("sha1");
    furnish(dir.path());
    git(dir.path(), &["write-tree"]);
    let file = dir.path().join(".git/index");
    for version in ["2", "4"] {
        git(dir.path(), &["update-index", "--index-version", version]);
        let sound = std::fs::read(&file).unwrap();
        proptest!(ProptestConfig::with_cases(64), |(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(), cuts in any::<bool>())| {
            let mut bytes = sound.clone();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if cuts {
                bytes.truncate(cut.index(bytes.len()));
            }
            let changed = bytes != sound;
            std::fs::write(&file, &bytes).unwrap();
            let read = find(dir.path()).index();
            prop_assert_eq!(read.is_err(), changed);
            // With the checksum that git leaves out on wish, no accident is noticed by it.
            let end = bytes.len().saturating_sub(20);
            bytes[end..].fill(0);
            std::fs::write(&file, &bytes).unwrap();
            if let Ok(index) = find(dir.path()).index() {
                let root = index.root(None);
                let _ = (root.list(&[]), root.inside(&path("sub")), root.read(&path("sub/pins.toml"), CAP));
                let _ = (index.staged(None), index.folders_with("pins.toml"));
            }
        });
        std::fs::write(&file, &sound).unwrap();
    }
    std::fs::write(&file, b"").unwrap();
    let error = find(dir.path()).index().unwrap_err();
    assert!(error.to_string().ends_with("cannot be read: it ends too early"), "{error}");
    assert_eq!(error.class().code(), 4);
    assert!(error.to_trouble().help.unwrap().contains("git read-tree HEAD"));
}

#[test]
fn hooks_are_where_git_looks_for_them() {
    let dir = init("sha1");
    let top = dir.path().canonicalize().unwrap();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let config = home.join("config");
    let given = Given { config_files: vec![config.clone()], home: Some(home.to_owned()), ..Given::default() };
    let hooks = || Repository::find(dir.path(), &given).unwrap().unwrap().hooks_dir().unwrap();
    assert_eq!(hooks(), HooksDir { path: top.join(".git/hooks"), configured: false });
    std::fs::write(&config, "[core]\n\thooksPath = ~/h\n").unwrap();
    assert_eq!(hooks(), HooksDir { path: home.join("h"), configured: true });
    put(home, "more", b"[core]\n\thooksPath = /abs\n");
    std::fs::write(&config, format!("[includeIf \"gitdir:{}/\"]\n\tpath = more\n", top.display())).unwrap();
    assert_eq!(hooks(), HooksDir { path: PathBuf::from("/abs"), configured: true });
    git(dir.path(), &["config", "core.hooksPath", ".husky"]);
    assert_eq!(hooks(), HooksDir { path: top.join(".husky"), configured: true });
    let said = git(dir.path(), &["rev-parse", "--git-path", "hooks"]);
    assert_eq!(top.join(said), top.join(".husky"));
}

#[test]
fn a_symlink_out_of_the_repository_leads_to_no_folder() {
    let dir = init("sha1");
    for (name, target) in [("up", ".."), ("abs", "/"), ("round", "round"), ("own", "sub"), ("far", "sub/../up/sub")] {
        std::os::unix::fs::symlink(target, dir.path().join(name)).unwrap();
    }
    put(dir.path(), "sub/f", b"");
    std::os::unix::fs::symlink("../own", dir.path().join("sub/back")).unwrap();
    git(dir.path(), &["add", "-A"]);
    let index = index(dir.path());
    let links = |root: Root| {
        let below = root.folders(None, &mut 99).unwrap();
        below.into_iter().filter(|b| b.is_link).map(|b| b.name).collect::<Vec<_>>()
    };
    assert_eq!(links(index.root(None)), ["own"]);
    assert_eq!(links(index.root(Some(&path("sub")))), ["back"], "the root is a folder of it, not its end");
}
