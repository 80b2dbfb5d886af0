//! Trees that no honest git wrote, and tars that were changed: each is refused by name.
//!
//! Made as raw objects in memory; no git is needed.

use std::collections::BTreeMap;

use dubo_pin::lock::{Entry, Evidence, Value};
use dubo_pin::model::{Class, CommitId, Day, Token};
use dubo_pin::remote::git::{CommitObject, Objects, hash};
use dubo_pin::remote::{ObjectKind, RemoteError};
use dubo_pin::source::git::archive::{Archive, ArchiveError, Options, write};
use dubo_pin::source::git::proof::{Expected, ProofError, prove};

const SHA1: CommitId = CommitId::Sha1([0; 20]);

#[derive(Default, Clone)]
struct Memory(BTreeMap<CommitId, (ObjectKind, Vec<u8>)>);

impl Objects for Memory {
    fn find(&mut self, id: &CommitId) -> Result<Option<(ObjectKind, Vec<u8>)>, RemoteError> {
        Ok(self.0.get(id).cloned())
    }
}

impl Memory {
    fn put(&mut self, kind: ObjectKind, bytes: &[u8]) -> CommitId {
        let id = hash(kind, bytes, &SHA1).unwrap();
        self.0.insert(id, (kind, bytes.to_vec()));
        id
    }

    fn blob(&mut self, bytes: &[u8]) -> CommitId {
        self.put(ObjectKind::Blob, bytes)
    }

    /// A tree with exactly these entries, in this order, with these modes.
    fn tree(&mut self, entries: &[(&str, &[u8], CommitId)]) -> CommitId {
        let mut raw = Vec::new();
        for (mode, name, id) in entries {
            raw.extend_from_slice(&[mode.as_bytes(), b" ", name, b"\0", id.as_bytes()].concat());
        }
        self.put(ObjectKind::Tree, &raw)
    }

    fn commit(&mut self, tree: CommitId) -> CommitObject {
        let raw = format!("tree {tree}\nauthor T <t@e> 1700000000 +0000\ncommitter T <t@e> 1700000000 +0000\n\nm\n");
        let id = self.put(ObjectKind::Commit, raw.as_bytes());
        CommitObject::parse(id, raw.as_bytes()).unwrap()
    }

    fn write(&mut self, tree: CommitId, limit: u64) -> Result<(Vec<u8>, Archive, CommitObject), ArchiveError> {
        let commit = self.commit(tree);
        let mut out = Vec::new();
        let options = Options { omit_submodules: false, limit };
        let archive = write(&commit, self, &options, &mut out)?;
        Ok((out, archive, commit))
    }

    /// Why a tree is refused.
    fn refused(&mut self, tree: CommitId) -> String {
        let error = self.write(tree, 1 << 30).unwrap_err();
        assert!(matches!(error, ArchiveError::Refused(_)) && error.class() == Class::Usage, "{error}");
        error.to_string()
    }
}

/// A tree with one entry more than a good one, in a folder.
fn one(mode: &str, name: &[u8], bytes: &[u8]) -> (Memory, CommitId) {
    let mut memory = Memory::default();
    let id = if mode == "40000" {
        let file = memory.blob(b"x");
        memory.tree(&[("100644", b"x", file)])
    } else {
        memory.blob(bytes)
    };
    let inner = memory.tree(&[(mode, name, id)]);
    let root = memory.tree(&[("40000", b"in", inner)]);
    (memory, root)
}

#[test]
fn evil_names_are_refused_and_told() {
    let control = "its name holds a control, bidi or invisible character";
    let git = "it names a git folder";
    for (name, shown, why) in [
        (&b".git"[..], "in/.git", git),
        (b".GIT", "in/.GIT", git),
        (b"git~1", "in/git~1", git),
        (".g\u{200c}it".as_bytes(), "in/.g\\u{200c}it", git),
        (b".git::$INDEX_ALLOCATION", "in/.git::$INDEX_ALLOCATION", git),
        (b"a::$INDEX_ALLOCATION", "in/a::$INDEX_ALLOCATION", "it names a stream of NTFS"),
        (b".git.", "in/.git.", git),
        (b"a\r", "in/a\\u{d}", control),
        (b"a\x1b[2J", "in/a\\u{1b}[2J", control),
        ("a\u{202e}b".as_bytes(), "in/a\\u{202e}b", control),
        (b"..", "in/..", "`.` and `..` are not allowed"),
        (b".", "in/.", "`.` and `..` are not allowed"),
        (b"a/b", "in/a/b", "it is no name of a file"),
        (b"/etc", "in//etc", "it is no name of a file"),
        (b"", "in/", "it is empty"),
        (b"a\xff", "in/a\u{fffd}", "its name is not UTF-8"),
    ] {
        for mode in ["100644", "120000", "40000"] {
            let (mut memory, root) = one(mode, name, b"x");
            assert_eq!(memory.refused(root), format!("`{shown}` cannot be vendored: {why}"), "{mode}");
        }
    }
    let (mut memory, root) = one("120000", b".gitmodules", b"x");
    assert!(memory.refused(root).ends_with("`.gitmodules` may not be a symlink"));
}

#[test]
fn links_out_of_the_tree_are_refused() {
    for (target, why) in [
        (&b"/etc/passwd"[..], "its target is absolute"),
        (b"../../etc/passwd", "its target leads out of the tree"),
        (b"x/../../../etc", "its target goes down and up again"),
        (b"../.git/hooks/post-checkout", "its target holds a name that is not taken"),
        (b"", "its target is empty"),
        (b"a\0b", "its target holds a control, bidi or invisible character"),
        (b"\xff", "its target is not UTF-8"),
    ] {
        let (mut memory, root) = one("120000", b"link", target);
        assert_eq!(memory.refused(root), format!("`in/link` cannot be vendored: {why}"));
    }
    let (mut memory, root) = one("120000", b"link", b"../in/link");
    assert!(memory.write(root, 1 << 30).is_ok());
}

#[test]
fn twins_doubles_and_disorder_are_refused() {
    let mut memory = Memory::default();
    let x = memory.blob(b"x");
    let folder = memory.tree(&[("100644", b"x", x)]);
    let file = |name: &'static str| ("100644", name.as_bytes(), x);
    let mut check = |entries: &[(&str, &[u8], CommitId)], why: &str| {
        let root = memory.tree(entries);
        let told = memory.refused(root);
        assert!(told.ends_with(why), "{told}");
    };
    check(&[file("A"), file("a")], "`a` cannot be vendored: `A` is the same name on some file systems");
    check(&[file("e\u{301}"), file("é")], "is the same name on some file systems");
    check(&[file("a"), file("a")], "`a` cannot be vendored: the name is there twice");
    // A file and a folder of one name, apart by what is sorted between them.
    check(&[file("a"), file("a.b"), ("40000", b"a", folder)], "`a` cannot be vendored: the name is there twice");
    check(&[file("b"), file("a")], "`a` cannot be vendored: it is not where a tree's order puts it");
    check(&[("40000", b"a", folder), file("a.b")], "`a.b` cannot be vendored: it is not where a tree's order puts it");
}

#[test]
fn odd_modes_kinds_and_shapes_are_refused() {
    for mode in ["100664", "100600", "100777", "0100644", "040000", "000000", "120777", "140000", ""] {
        let (mut memory, root) = one(mode, b"f", b"x");
        assert_eq!(
            memory.refused(root),
            format!("`in/f` cannot be vendored: its mode `{mode}` is none that git writes")
        );
    }
    let mut memory = Memory::default();
    let (blob, empty) = (memory.blob(b"x"), memory.tree(&[]));
    let root = memory.tree(&[("100644", b"f", empty)]);
    assert!(memory.refused(root).ends_with("`f` cannot be vendored: it should be a blob, and its object is a tree"));
    let root = memory.tree(&[("40000", b"f", blob)]);
    assert!(memory.refused(root).ends_with("it should be a tree, and its object is a blob"));
    let root = memory.tree(&[("40000", b"f", empty)]);
    assert_eq!(memory.refused(root), "`f` cannot be vendored: it is an empty folder, which no tar of git holds");
    for raw in [&b"100644 f\0short"[..], b"100644", b"100644 f", b" "] {
        let root = memory.put(ObjectKind::Tree, raw);
        assert!(memory.refused(root).ends_with("its folder is no well-formed tree"), "{raw:?}");
    }
}

#[test]
fn bombs_end_at_the_limits() {
    // Ten folders that are all the same one, ten deep: ten thousand million files.
    let mut memory = Memory::default();
    let mut id = memory.blob(b"x");
    let mut mode = "100644";
    for _ in 0..10 {
        let names: Vec<_> = (b'0'..=b'9').map(|n| vec![n]).collect();
        let entries: Vec<_> = names.iter().map(|n| (mode, n.as_slice(), id)).collect();
        id = memory.tree(&entries);
        mode = "40000";
    }
    let error = memory.write(id, 1 << 20).unwrap_err();
    assert!(matches!(error, ArchiveError::Large { limit: 1_048_576 }), "{error}");
    // A chain of folders.
    let file = memory.blob(b"x");
    let mut chain = memory.tree(&[("100644", b"x", file)]);
    for _ in 0..128 {
        chain = memory.tree(&[("40000", b"d", chain)]);
    }
    memory.write(chain, 1 << 20).unwrap();
    let chain = memory.tree(&[("40000", b"d", chain)]);
    assert!(memory.refused(chain).ends_with("more than 128 folders lie within each other"));
    let name = [b'n'; 255];
    let mut chain = memory.tree(&[("100644", &name, file)]);
    for _ in 0..16 {
        chain = memory.tree(&[("40000", &name, chain)]);
    }
    assert!(memory.refused(chain).ends_with("its path is longer than 4,095 bytes"));
}

#[test]
fn lfs_pointers_are_refused_by_name() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";
    let mut memory = Memory::default();
    let (blob, attributes) = (memory.blob(pointer), memory.blob(b"*.bin filter=lfs diff=lfs merge=lfs -text\n"));
    // The folder sorts before the attributes.
    let folder = memory.tree(&[("100644", b"a.bin", blob)]);
    let root = memory.tree(&[("40000", b"-x", folder), ("100644", b".gitattributes", attributes)]);
    let told =
        "`-x/a.bin` cannot be vendored: its bytes are kept by Git LFS, and the repository has only a pointer to them";
    assert_eq!(memory.refused(root), told);
    // The same file where no attribute makes a pointer of it.
    let root = memory.tree(&[("40000", b"-x", folder)]);
    memory.write(root, 1 << 20).unwrap();
}

#[test]
fn forged_and_missing_objects_are_told_apart() {
    let (mut memory, root) = one("100644", b"f", b"right");
    let id = hash(ObjectKind::Blob, b"right", &SHA1).unwrap();
    memory.0.insert(id, (ObjectKind::Blob, b"wrong".to_vec()));
    let error = memory.write(root, 1 << 20).unwrap_err();
    assert_eq!(error.class(), Class::Alarm);
    assert_eq!(error.trouble().message, "the object at `in/f` is not the one of its id");
    memory.0.remove(&id);
    let error = memory.write(root, 1 << 20).unwrap_err();
    assert_eq!(error.class(), Class::Undone);
    assert_eq!(error.trouble().message, "the object of `in/f` is missing");
    // A tree under the id of another one.
    let (mut memory, root) = one("100644", b"f", b"x");
    let (other, _) = one("100755", b"f", b"x");
    let inner = hash(
        ObjectKind::Tree,
        &[b"100644 f\0", hash(ObjectKind::Blob, b"x", &SHA1).unwrap().as_bytes()].concat(),
        &SHA1,
    )
    .unwrap();
    let raw = other.0.values().find(|(_, raw)| raw.starts_with(b"100755 f\0")).unwrap().1.clone();
    memory.0.insert(inner, (ObjectKind::Tree, raw));
    let error = memory.write(root, 1 << 20).unwrap_err();
    assert!(matches!(&error, ArchiveError::Forged { path, .. } if path == "in"), "{error}");
}

/// A small tar of every sort of entry.
fn small() -> (Vec<u8>, Expected) {
    let mut memory = Memory::default();
    let long = [b'n'; 120];
    let (a, run, link, pax) =
        (memory.blob(b"hello\n"), memory.blob(b"#!/bin/sh\n"), memory.blob(b"../a"), memory.blob(b"under a long name"));
    let far = memory.blob(format!("../{}", "t/".repeat(60)).as_bytes());
    let inner = memory.tree(&[
        ("120000", b"far", far),
        ("120000", b"link", link),
        ("100644", &long, pax),
        ("100755", b"run", run),
    ]);
    let folder = memory.tree(&[("100644", b"x", a)]);
    let name = [b'f'; 110];
    let root = memory.tree(&[("100644", b"a", a), ("40000", b"d", inner), ("40000", &name, folder)]);
    let (tar, archive, commit) = memory.write(root, 1 << 20).unwrap();
    let expected = Expected { commit, tree_sha256: archive.tree_sha256, gitlinks: BTreeMap::new() };
    prove(&mut &tar[..], &expected).unwrap();
    (tar, expected)
}

#[test]
fn every_flipped_byte_is_seen() {
    let (tar, expected) = small();
    assert_eq!(tar.len() % 10_240, 0);
    // Every third byte comes to every field; the zeros at the end are all alike.
    let end = tar.iter().rposition(|b| *b != 0).unwrap();
    for at in (0..end).step_by(3).chain((end..tar.len()).step_by(61)) {
        let mut flipped = tar.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(prove(&mut &flipped[..], &expected).is_err(), "byte {at}");
    }
}

#[test]
fn what_was_flipped_is_told() {
    let (tar, expected) = small();
    let at = |text: &[u8]| tar.windows(text.len()).position(|w| w == text).unwrap();
    let told = |at: usize| {
        let mut flipped = tar.clone();
        flipped[at] ^= 1;
        prove(&mut &flipped[..], &expected).unwrap_err().to_string()
    };
    assert_eq!(told(5), format!("the tar does not begin with the header of commit {}", expected.commit.id));
    // The header of `a`, its bytes, the zeros after them, the zeros at the end.
    assert_eq!(told(1024 + 40), "the header at byte 1024 is not one of git, in or after `a`");
    assert_eq!(told(at(b"hello")), "the files in the tar are not those of the commit's tree");
    assert_eq!(told(at(b"hello") + 100), "there is something where only zeros belong, at byte 1542, in or after `a`");
    assert!(told(tar.len() - 1).starts_with("there is something where only zeros belong, at byte"));
    // Where a header names an id, the file is told.
    assert_eq!(told(at(b"under a")), format!("`d/{}…` is changed", "n".repeat(117)));
}

#[test]
fn a_shorter_or_longer_tar_is_none() {
    let (tar, expected) = small();
    for end in (0..tar.len()).step_by(97) {
        let error = prove(&mut &tar[..end], &expected).unwrap_err();
        assert!(matches!(error, ProofError::Truncated { .. }), "{end}: {error}");
    }
    for more in [1, 512, 10_240] {
        for byte in [0, b'x'] {
            let longer = [&tar[..], &vec![byte; more]].concat();
            let error = prove(&mut &longer[..], &expected).unwrap_err();
            assert!(matches!(error, ProofError::Longer { .. }), "{more}: {error}");
        }
    }
    // Whole records of zeros taken away.
    assert!(matches!(prove(&mut &tar[..tar.len() - 512], &expected), Err(ProofError::Truncated { .. })));
}

/// A tar of other entries under the header of the expected commit.
fn under(expected: &Expected, memory: &mut Memory, tree: CommitId) -> Vec<u8> {
    let commit = CommitObject { tree, ..expected.commit.clone() };
    let mut out = Vec::new();
    write(&commit, memory, &Options { omit_submodules: false, limit: 1 << 20 }, &mut out).unwrap();
    out
}

#[test]
fn an_entry_more_less_renamed_changed_or_retargeted_is_seen() {
    let mut memory = Memory::default();
    let (a, b, to_a, to_b) = (memory.blob(b"a"), memory.blob(b"b"), memory.blob(b"a"), memory.blob(b"b"));
    let good = [("100644", &b"a"[..], a), ("100755", b"b", b), ("120000", b"link", to_a)];
    let tree = memory.tree(&good);
    let (tar, archive, commit) = memory.write(tree, 1 << 20).unwrap();
    let expected = Expected { commit, tree_sha256: archive.tree_sha256, gitlinks: BTreeMap::new() };
    assert_eq!(under(&expected, &mut memory, tree), tar);
    let changes = [
        ("less", good[1..].to_vec()),
        ("more", [&good[..], &[("100644", b"more", a)]].concat()),
        ("renamed", vec![good[0], ("100755", b"c", b), good[2]]),
        ("chmod", vec![good[0], ("100644", b"b", b), good[2]]),
        ("other bytes", vec![("100644", b"a", b), good[1], good[2]]),
        ("other target", vec![good[0], good[1], ("120000", b"link", to_b)]),
        ("a file with a link's bytes", vec![good[0], good[1], ("100644", b"link", to_a)]),
    ];
    for (what, entries) in changes {
        let tree = memory.tree(&entries);
        let changed = under(&expected, &mut memory, tree);
        assert!(matches!(prove(&mut &changed[..], &expected), Err(ProofError::Tree { .. })), "{what}");
    }
    // Two entries of one block each, the one in the other's place.
    let mut swapped = tar.clone();
    swapped[1024..2048].copy_from_slice(&tar[2048..3072]);
    swapped[2048..3072].copy_from_slice(&tar[1024..2048]);
    let told = prove(&mut &swapped[..], &expected).unwrap_err().to_string();
    assert_eq!(told, "the tar's entry `a` is not taken: it is not where a tree's order puts it");
    let mut doubled = tar.clone();
    doubled[2048..3072].copy_from_slice(&tar[1024..2048]);
    let told = prove(&mut &doubled[..], &expected).unwrap_err().to_string();
    assert_eq!(told, "the tar's entry `a` is not taken: the name is there twice");
}

#[test]
fn the_commit_and_both_trees_must_agree() {
    let (tar, expected) = small();
    let wrong = CommitId::Sha256([7; 32]);
    let other = Expected { tree_sha256: wrong, ..expected.clone() };
    let error = prove(&mut &tar[..], &other).unwrap_err();
    assert!(matches!(&error, ProofError::Tree { expected, .. } if *expected == wrong), "{error}");
    assert_eq!(error.trouble().found, Some(expected.tree_sha256.to_string()));
    let commit = CommitObject { tree: CommitId::Sha1([7; 20]), ..expected.commit.clone() };
    let other = Expected { commit, ..expected.clone() };
    assert!(matches!(prove(&mut &tar[..], &other), Err(ProofError::Tree { .. })));
    let commit = CommitObject { committer_time: 1_700_000_001, ..expected.commit.clone() };
    let other = Expected { commit, ..expected };
    assert!(matches!(prove(&mut &tar[..], &other), Err(ProofError::Commit(_))));
}

#[test]
fn a_lock_keeps_what_the_proof_needs() {
    let mut memory = Memory::default();
    let a = memory.blob(b"a");
    let sub = CommitId::Sha1([3; 20]);
    let tree = memory.tree(&[("100644", b"a", a), ("160000", b"lib", sub)]);
    let commit = memory.commit(tree);
    let mut tar = Vec::new();
    let archive = write(&commit, &mut memory, &Options { omit_submodules: true, limit: 1 << 20 }, &mut tar).unwrap();
    let mut evidence = Expected::evidence(&archive);
    evidence.insert("commit-object".to_owned(), Evidence::One(String::from_utf8(commit.raw.clone()).unwrap()));
    evidence.insert("tree".to_owned(), Evidence::One(commit.tree.to_string()));
    let id = Token::new(&commit.id.to_string()).unwrap();
    let entry = Entry {
        request: "git=https://h.example/r".to_owned(),
        values: BTreeMap::from([(Token::new("commit").unwrap(), Value::One(id))]),
        artifacts: Vec::new(),
        evidence,
        first_seen: Day::of_unix(1_700_000_000).unwrap(),
        seen: BTreeMap::new(),
    };
    let expected = Expected::of(&entry).unwrap();
    assert_eq!(expected.gitlinks, BTreeMap::from([("lib".to_owned(), sub)]));
    prove(&mut &tar[..], &expected).unwrap();
    for (key, value) in [("tar-format", "2"), ("tree-sha256", &*sub.to_string()), ("gitlinks", "lib"), ("tree", "x")] {
        let mut other = entry.clone();
        other.evidence.insert(key.to_owned(), Evidence::One(value.to_owned()));
        assert!(matches!(Expected::of(&other), Err(ProofError::Evidence(told)) if told == key), "{key}");
    }
    let mut other = entry;
    other.evidence.remove("tree-sha256");
    assert!(Expected::of(&other).is_err());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
    /// Whatever is written over whatever: it is seen, and nothing panics.
    #[test]
    fn no_bytes_make_the_proof_panic_or_pass(at in 0_usize..10_240, garbage in proptest::collection::vec(proptest::prelude::any::<u8>(), 1..600),
        digits in proptest::bool::ANY) {
        let (tar, expected) = small();
        let mut changed = tar.clone();
        for (to, from) in changed.iter_mut().skip(at).zip(&garbage) {
            *to = if digits { b"0123456789 =x\npath"[usize::from(*from) % 18] } else { *from };
        }
        proptest::prop_assert_eq!(prove(&mut &changed[..], &expected).is_ok(), changed == tar);
    }

    #[test]
    fn no_tree_makes_the_writer_panic(raw in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80),
        head in proptest::bool::ANY) {
        let mut memory = Memory::default();
        let raw = if head { [&b"100644 "[..], &raw].concat() } else { raw };
        let root = memory.put(ObjectKind::Tree, &raw);
        let _ = memory.write(root, 1 << 20);
    }
}
