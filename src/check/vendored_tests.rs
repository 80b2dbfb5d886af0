//! Vendored files in a tree that is held, where git leaves out some and puts pointers for others.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::disk::{Held, Standing, Withheld};
use crate::lock::{Artifact, Entry};

const MANIFEST: &str = r#"
version = 1

[image]
platforms = ["linux/amd64"]

[pins.large]
url = "https://example.org/large.tar"
vendor = "large.tar"

[pins.other]
url = "https://example.org/other.tar"
vendor = "other.tar"

[pins.gone]
url = "https://example.org/gone.tar"
vendor = "gone.tar"

[pins.left]
url = "https://example.org/left.tar"
vendor = "left.tar"
track = false
"#;

/// Files by their names, at the top; those whose names begin with `x` are executable.
#[derive(Debug)]
struct Files(BTreeMap<String, Vec<u8>>);

impl Held for Files {
    fn name(&self) -> &'static str {
        "a map"
    }

    fn dir(&self) -> &Path {
        Path::new("nowhere")
    }

    fn look(&self, path: &str) -> Option<Standing> {
        self.0.contains_key(path).then_some(Standing::File { executable: path.starts_with('x') })
    }

    fn names(&self, _: &str) -> Vec<(Vec<u8>, Standing)> {
        self.0.keys().map(|name| (name.clone().into_bytes(), Standing::File { executable: false })).collect()
    }

    fn leads(&self, _: &str) -> bool {
        false
    }

    fn size(&self, path: &str) -> Result<u64, Withheld> {
        self.bytes(path).map(|bytes| bytes.len() as u64)
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, Withheld> {
        let no = || Withheld { why: "the map has it not".to_owned(), help: "put it in".to_owned() };
        self.0.get(path).cloned().ok_or_else(no)
    }
}

fn entry(path: &str, bytes: &[u8]) -> Entry {
    let artifact = Artifact {
        platforms: vec!["linux/amd64".parse().unwrap()],
        path: Some(path.parse().unwrap()),
        package: None,
        version: None,
        url: None,
        size: bytes.len() as u64,
        sha256: Sha256::of(bytes),
    };
    Entry {
        request: String::new(),
        values: BTreeMap::new(),
        artifacts: vec![artifact],
        evidence: BTreeMap::new(),
        first_seen: "2026-11-23".parse().unwrap(),
        seen: BTreeMap::new(),
    }
}

fn pointer_to(bytes: &[u8]) -> Vec<u8> {
    let (oid, size) = (Sha256::of(bytes), bytes.len());
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n").into_bytes()
}

fn found(root: &Root) -> Vec<(Id, String)> {
    let manifest = Manifest::parse("pins.toml", MANIFEST.as_bytes()).unwrap();
    let mut opened = Opened::none();
    for name in ["large", "other", "gone", "left"] {
        let path = format!("{name}.tar");
        opened.lock.pins.insert(name.parse().unwrap(), entry(&path, path.as_bytes()));
    }
    let all = check(root, &manifest, &opened, &[]).into_iter().filter(|f| f.id != Id::VEND006);
    all.map(|f| (f.id, f.pin.map(|pin| pin.to_string()).unwrap_or_default())).collect()
}

#[test]
fn in_a_commit_an_untracked_file_may_be_missing_and_a_pointer_stand_for_the_locked_bytes() {
    let files = [("large.tar", pointer_to(b"large.tar")), ("other.tar", pointer_to(b"something else"))];
    let files: BTreeMap<String, Vec<u8>> = files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect();
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in &files {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    let told = |all: &[(Id, &str)]| {
        let mut all: Vec<_> = all.iter().map(|(id, pin)| (*id, (*pin).to_owned())).collect();
        all.sort();
        all
    };
    let sorted = |root: &Root| {
        let mut all = found(root);
        all.sort();
        all
    };
    let on_disk = [(Id::VEND005, "large"), (Id::VEND001, "other"), (Id::URL006, "gone"), (Id::URL006, "left")];
    assert_eq!(sorted(&Root::open(dir.path()).unwrap()), told(&on_disk));
    let in_commit = [(Id::VEND001, "other"), (Id::URL006, "gone")];
    let mut files = files;
    assert_eq!(sorted(&Root::held(Arc::new(Files(files.clone())))), told(&in_commit));
    // What git was made to track all the same is judged.
    files.insert("left.tar".to_owned(), b"other bytes".to_vec());
    let tracked = [(Id::VEND001, "other"), (Id::VEND001, "left"), (Id::URL006, "gone")];
    assert_eq!(sorted(&Root::held(Arc::new(Files(files)))), told(&tracked));
}
