//! Vendored files against a lock made by hand: every way in which one can be wrong is a finding
//! that names it; git itself is asked what the marked blocks mean.

use std::collections::BTreeMap;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use dubo_pin::check::vendored::check;
use dubo_pin::disk::Root;
use dubo_pin::dockerfile::Dockerfile;
use dubo_pin::lock::{Artifact, Entry, Lock, Opened, open};
use dubo_pin::manifest::Manifest;
use dubo_pin::model::{Finding, Sha256};
use dubo_pin::vendor::{Named, attributes, ignores, named, placed};

use super::support::have;

const MANIFEST: &str = r#"
version = 1

[pins.tool]
url = "https://example.org/tool.tar"
vendor = "context/tool.tar"

[pins.run]
url = "https://example.org/run.sh"
vendor = "context/bin/run.sh"
executable = true

[pins.data]
url = "https://example.org/data"
vendor = "data.bin"
track = false

[archives.debian]
uri = "https://deb.example.org/debian"
suites = ["stable"]
components = ["main"]
signed-by = "debian"

[pins.packages]
deb = ["curl"]
platforms = ["linux/amd64"]
archives = ["debian"]
vendor = "context/debs/"
"#;

const TOOL: &[u8] = b"line one\nline two\nthe end\n";

/// A folder as `refresh` would leave it.
struct Folder {
    dir: tempfile::TempDir,
    manifest: Manifest,
    lock: Opened,
}

fn artifact(path: &str, bytes: &[u8]) -> Artifact {
    Artifact {
        platforms: Vec::new(),
        path: Some(path.parse().unwrap()),
        package: None,
        version: None,
        url: None,
        size: bytes.len() as u64,
        sha256: Sha256::of(bytes),
    }
}

fn put(dir: &Path, name: &str, bytes: &[u8]) {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn mode(dir: &Path, name: &str, mode: u32) {
    std::fs::set_permissions(dir.join(name), std::fs::Permissions::from_mode(mode)).unwrap();
}

impl Folder {
    fn new(tool: &[u8]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let files: [(&str, &str, &[u8]); 5] = [
            ("tool", "context/tool.tar", tool),
            ("run", "context/bin/run.sh", b"#!/bin/sh\n"),
            ("data", "data.bin", b"data"),
            ("packages", "context/debs/curl.deb", b"curl"),
            ("packages", "context/debs/dists/Packages", b"index\n"),
        ];
        let mut lock = Lock::default();
        for (pin, path, bytes) in files {
            put(dir.path(), path, bytes);
            let entry = lock.pins.entry(pin.parse().unwrap()).or_insert_with(|| Entry {
                request: String::new(),
                values: BTreeMap::new(),
                artifacts: Vec::new(),
                evidence: BTreeMap::new(),
                first_seen: "2026-11-23".parse().unwrap(),
                seen: BTreeMap::new(),
            });
            entry.artifacts.push(artifact(path, bytes));
        }
        mode(dir.path(), "context/bin/run.sh", 0o755);
        let manifest = Manifest::parse("pins.toml", MANIFEST.as_bytes()).unwrap();
        let (tracked, untracked) = named(&manifest, &placed(&manifest, &lock).placements);
        put(dir.path(), ".gitattributes", &attributes(b"", &tracked));
        put(dir.path(), ".gitignore", &ignores(b"", &untracked));
        put(dir.path(), "pins.lock", &lock.to_bytes());
        let lock = open(&lock.to_bytes()).unwrap();
        Self { dir, manifest, lock }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn findings(&self) -> Vec<Finding> {
        self.at(self.path())
    }

    /// What is found in another folder that should be the same.
    fn at(&self, dir: &Path) -> Vec<Finding> {
        let dockerfile = Dockerfile::parse("Dockerfile", b"FROM scratch\n".to_vec()).unwrap();
        check(&Root::open(dir).unwrap(), &self.manifest, &self.lock, &[dockerfile])
    }

    /// Each finding as its id and its file.
    #[track_caller]
    fn finds(&self, expected: &[(&str, &str)]) -> Vec<Finding> {
        let findings = self.findings();
        assert_eq!(told(&findings), expected.iter().map(|(id, f)| format!("{id} {f}")).collect::<Vec<_>>());
        findings
    }
}

fn told(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|f| format!("{} {}", f.id, f.trouble.place.as_ref().unwrap().file)).collect()
}

#[test]
fn a_folder_as_it_should_be_is_clean() {
    Folder::new(TOOL).finds(&[]);
}

#[test]
fn every_byte_flip_of_a_vendored_file_is_found() {
    let tool: Vec<u8> = (0..16 * 1024_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut folder = Folder::new(&tool);
    folder.finds(&[]);
    folder.manifest.pins.retain(|name, _| name.as_str() == "tool");
    let (tracked, _) = named(&folder.manifest, &placed(&folder.manifest, &folder.lock.lock).placements);
    put(folder.path(), ".gitattributes", &attributes(b"", &tracked));
    put(folder.path(), ".gitignore", b"");
    folder.finds(&[]);
    let root = Root::open(folder.path()).unwrap();
    // One byte is written in place: some file systems flush a file that is truncated and rewritten.
    let file = std::fs::File::options().write(true).open(folder.path().join("context/tool.tar")).unwrap();
    for (at, byte) in tool.iter().enumerate() {
        file.write_all_at(&[byte ^ (1 << (at % 8))], at as u64).unwrap();
        let findings = check(&root, &folder.manifest, &folder.lock, &[]);
        assert_eq!(told(&findings), ["VEND001 context/tool.tar"], "byte {at}");
        file.write_all_at(&[*byte], at as u64).unwrap();
    }
}

#[test]
fn missing_emptied_truncated_and_longer() {
    let folder = Folder::new(TOOL);
    let tool = folder.path().join("context/tool.tar");
    for bad in [&b""[..], &TOOL[..TOOL.len() - 1], &[TOOL, b"x"].concat()] {
        std::fs::write(&tool, bad).unwrap();
        let findings = folder.finds(&[("VEND001", "context/tool.tar")]);
        let trouble = &findings[0].trouble;
        assert_eq!(trouble.expected, Some(format!("{} bytes, sha256 {}", TOOL.len(), Sha256::of(TOOL))));
        assert_eq!(trouble.found, Some(format!("{} bytes, sha256 {}", bad.len(), Sha256::of(bad))));
        assert_eq!(trouble.help.as_deref(), Some("dubo-pin fetch tool, or git checkout -- context/tool.tar"));
    }
    std::fs::remove_file(&tool).unwrap();
    let findings = folder.finds(&[("URL006", "context/tool.tar")]);
    assert_eq!(findings[0].pin.as_ref().unwrap().as_str(), "tool");
    std::fs::remove_dir_all(folder.path().join("context")).unwrap();
    std::fs::remove_file(folder.path().join("data.bin")).unwrap();
    let findings = folder.finds(&[
        ("URL006", "context/bin/run.sh"),
        ("URL006", "context/debs/curl.deb"),
        ("URL006", "context/debs/dists/Packages"),
        ("URL006", "context/tool.tar"),
        ("URL006", "data.bin"),
    ]);
    assert_eq!(findings[4].trouble.message, "the vendored file is not fetched yet");
    assert_eq!(findings[4].trouble.help.as_deref(), Some("dubo-pin fetch data"));
}

#[test]
fn extra_renamed_and_empty_in_a_vendored_folder() {
    let folder = Folder::new(TOOL);
    put(folder.path(), "context/mine", b"beside vendored files, the user's");
    folder.finds(&[]);
    put(folder.path(), "context/debs/dists/extra", b"x");
    std::fs::create_dir(folder.path().join("context/debs/empty")).unwrap();
    symlink("/", folder.path().join("context/debs/link")).unwrap();
    folder.finds(&[
        ("VEND002", "context/debs/dists/extra"),
        ("VEND002", "context/debs/empty"),
        ("VEND002", "context/debs/link"),
    ]);
    let folder = Folder::new(TOOL);
    let debs = folder.path().join("context/debs");
    std::fs::rename(debs.join("curl.deb"), debs.join("Curl.deb")).unwrap();
    folder.finds(&[("URL006", "context/debs/curl.deb"), ("VEND002", "context/debs/Curl.deb")]);
}

#[test]
fn the_execute_bit_and_only_it() {
    let folder = Folder::new(TOOL);
    mode(folder.path(), "context/tool.tar", 0o600);
    mode(folder.path(), "context/bin/run.sh", 0o700);
    folder.finds(&[]);
    mode(folder.path(), "context/tool.tar", 0o755);
    mode(folder.path(), "context/bin/run.sh", 0o644);
    folder.finds(&[("VEND004", "context/bin/run.sh"), ("VEND004", "context/tool.tar")]);
}

#[test]
fn a_symlink_to_the_same_bytes_and_other_kinds() {
    let folder = Folder::new(TOOL);
    let tool = folder.path().join("context/tool.tar");
    std::fs::rename(&tool, folder.path().join("elsewhere")).unwrap();
    symlink("../elsewhere", &tool).unwrap();
    let findings = folder.finds(&[("VEND003", "context/tool.tar")]);
    let said = "`context/tool.tar` is a symlink, which dubo-pin does not follow";
    assert_eq!(findings[0].trouble.found.as_deref(), Some(said));
    std::fs::remove_file(&tool).unwrap();
    std::fs::create_dir(&tool).unwrap();
    folder.finds(&[("VEND003", "context/tool.tar")]);
    // A folder on the way is a symlink to the same files.
    let folder = Folder::new(TOOL);
    std::fs::rename(folder.path().join("context"), folder.path().join("real")).unwrap();
    symlink("real", folder.path().join("context")).unwrap();
    let said = told(&folder.findings());
    assert_eq!(said.len(), 4);
    assert!(said.iter().all(|s| s.starts_with("VEND003 context/")));
}

#[test]
fn an_lfs_pointer_is_not_fetched_and_never_tampered_with() {
    let folder = Folder::new(TOOL);
    let pointer = |oid: Sha256, size: usize| {
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n")
    };
    put(folder.path(), "context/tool.tar", pointer(Sha256::of(TOOL), TOOL.len()).as_bytes());
    let findings = folder.finds(&[("VEND005", "context/tool.tar")]);
    assert!(findings[0].trouble.message.contains("not fetched"));
    assert_eq!(findings[0].trouble.help.as_deref(), Some("git lfs pull, or dubo-pin fetch tool"));
    for other in [
        pointer(Sha256::of(b"evil"), TOOL.len()),
        pointer(Sha256::of(TOOL), 4),
        "version https://git-lfs.github.com/spec/v1\n".into(),
    ] {
        put(folder.path(), "context/tool.tar", other.as_bytes());
        folder.finds(&[("VEND001", "context/tool.tar")]);
    }
}

#[test]
fn a_missing_or_edited_block_is_found() {
    let folder = Folder::new(TOOL);
    let good = std::fs::read_to_string(folder.path().join(".gitattributes")).unwrap();
    for bad in [String::new(), good.replace("-text", "text"), good.replace("/context/tool.tar", "/context/other.tar")] {
        put(folder.path(), ".gitattributes", bad.as_bytes());
        folder.finds(&[("VEND006", ".gitattributes")]);
    }
    put(folder.path(), ".gitattributes", format!("* text=auto\r\n{}mine", good.replace('\n', "\r\n")).as_bytes());
    folder.finds(&[]);
    std::fs::remove_file(folder.path().join(".gitignore")).unwrap();
    std::fs::remove_file(folder.path().join(".gitattributes")).unwrap();
    let findings = folder.finds(&[("VEND006", ".gitattributes"), ("VEND006", ".gitignore")]);
    assert_eq!(findings[0].trouble.expected.as_deref(), Some("`# dubo-pin begin`"));
}

#[test]
fn a_vendored_file_that_no_build_sees_is_cov002() {
    let folder = Folder::new(TOOL);
    put(folder.path(), ".dockerignore", b"*\n!context\n!data.bin\ncontext/*.tar\n");
    folder.finds(&[("COV002", "context/tool.tar")]);
    // Its own ignore file counts for a Dockerfile instead.
    put(folder.path(), "Dockerfile.dockerignore", b"data.bin\n");
    folder.finds(&[("COV002", "data.bin")]);
    std::fs::remove_file(folder.path().join("Dockerfile.dockerignore")).unwrap();
    // The context may be a folder below.
    put(folder.path(), "context/.dockerignore", b"bin\ntool.tar\n");
    let findings = folder.finds(&[("COV002", "context/tool.tar")]);
    assert_eq!(findings[0].trouble.found.as_deref(), Some("excluded by .dockerignore, context/.dockerignore"));
}

#[test]
fn manifest_and_lock_that_name_other_places_are_told() {
    let mut folder = Folder::new(TOOL);
    let moved =
        MANIFEST.replace("context/tool.tar", "context/new.tar").replace("vendor = \"data.bin\"\ntrack = false\n", "");
    folder.manifest = Manifest::parse("pins.toml", moved.as_bytes()).unwrap();
    let (tracked, untracked) = named(&folder.manifest, &placed(&folder.manifest, &folder.lock.lock).placements);
    put(folder.path(), ".gitattributes", &attributes(b"", &tracked));
    put(folder.path(), ".gitignore", &ignores(b"", &untracked));
    let findings = folder.finds(&[("VEND007", "pins.lock"), ("VEND007", "pins.lock")]);
    assert_eq!(findings[1].trouble.expected.as_deref(), Some("`context/new.tar`"));
    assert_eq!(findings[1].trouble.found.as_deref(), Some("`context/tool.tar`"));
}

/// Git in a folder, with a home of its own.
fn git(dir: &Path, home: &Path, arguments: &[&str]) -> String {
    let run = Command::new("git")
        .args(arguments)
        .current_dir(dir)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", home)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs([("GIT_AUTHOR_NAME", "a"), ("GIT_AUTHOR_EMAIL", "a@example.org")])
        .envs([("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@example.org")])
        .output()
        .unwrap();
    assert!(run.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

fn committed(folder: &Folder, home: &Path) {
    git(folder.path(), home, &["init", "-q"]);
    git(folder.path(), home, &["add", "-A"]);
    git(folder.path(), home, &["commit", "-q", "-m", "x"]);
}

fn clone(folder: &Folder, home: &Path, options: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let from = folder.path().to_str().unwrap();
    let mut arguments = vec!["clone", "-q"];
    arguments.extend(options);
    arguments.extend([from, "."]);
    git(dir.path(), home, &arguments);
    std::fs::copy(folder.path().join("data.bin"), dir.path().join("data.bin")).unwrap();
    dir
}

#[test]
fn a_clone_with_autocrlf_is_named_without_the_block_and_clean_with_it() {
    if !have("git") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let folder = Folder::new(TOOL);
    std::fs::remove_file(folder.path().join(".gitattributes")).unwrap();
    committed(&folder, home.path());
    let clone_of = clone(&folder, home.path(), &["-c", "core.autocrlf=true"]);
    let findings = folder.at(clone_of.path());
    assert_eq!(
        told(&findings),
        [
            "VEND001 context/bin/run.sh",
            "VEND001 context/debs/dists/Packages",
            "VEND001 context/tool.tar",
            "VEND006 .gitattributes"
        ]
    );
    assert!(findings[2].trouble.found.as_ref().unwrap().ends_with("with LF line ends turned into CRLF"));
    assert!(findings[2].trouble.help.as_ref().unwrap().contains(".gitattributes"));

    let folder = Folder::new(TOOL);
    committed(&folder, home.path());
    let clone_of = clone(&folder, home.path(), &["-c", "core.autocrlf=true"]);
    assert_eq!(told(&folder.at(clone_of.path())), Vec::<String>::new());
}

#[test]
fn crlf_that_git_took_away_is_named_too() {
    let folder = Folder::new(b"a\r\nb\r\n");
    put(folder.path(), "context/tool.tar", b"a\nb\n");
    let findings = folder.finds(&[("VEND001", "context/tool.tar")]);
    assert!(findings[0].trouble.found.as_ref().unwrap().ends_with("with CRLF line ends turned into LF"));
}

#[test]
fn a_clone_with_a_hostile_git_config_of_the_users_is_clean() {
    if !have("git") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let folder = Folder::new(b"$Id$\r\n$Id: x $\nmixed\r\n");
    committed(&folder, home.path());
    put(home.path(), "attributes", b"* text eol=crlf ident diff=x merge=union\n*.tar text eol=lf ident\n");
    let config = format!(
        "[core]\nautocrlf = true\neol = crlf\nsafecrlf = false\nsymlinks = false\npager = false\nquotePath = false\nprecomposeUnicode = true\nignoreCase = true\nattributesFile = {}\n[diff \"x\"]\ntextconv = false\n[merge]\nrenormalize = true\n",
        home.path().join("attributes").display()
    );
    put(home.path(), ".gitconfig", config.as_bytes());
    let clone_of = clone(&folder, home.path(), &[]);
    assert_eq!(told(&folder.at(clone_of.path())), Vec::<String>::new());
    let lock = std::fs::read(clone_of.path().join("pins.lock")).unwrap();
    assert_eq!(open(&lock).unwrap().findings, []);
    // Added again under that config, nothing changes either.
    git(clone_of.path(), home.path(), &["add", "--renormalize", "."]);
    assert_eq!(git(clone_of.path(), home.path(), &["status", "--porcelain"]), "");
}

/// Names that mean something in git's patterns.
const ODD: [&str; 14] = [
    "plain.tar",
    "a b/c d.tar",
    "!not",
    "#hash",
    "star*.tar",
    "q?.tar",
    "[a]/[!b].tar",
    "\"quoted\".tar",
    "mid\"dle quote [x].tar",
    "é/ü ö.tar",
    "-dash",
    "**/x",
    "[attr]x",
    "tab'apostrophe",
];

#[test]
fn git_reads_the_attributes_block_as_it_is_meant() {
    if !have("git") {
        return;
    }
    let (dir, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    git(dir.path(), home.path(), &["init", "-q"]);
    let mut all: Vec<Named> = ODD.iter().map(|p| Named::File(p.parse().unwrap())).collect();
    all.push(Named::Folder("fold er/[x]".parse().unwrap()));
    let block = attributes(b"* text ident diff\n", &all);
    put(dir.path(), ".gitattributes", &block);
    let unset = |path: &str| {
        let said = git(dir.path(), home.path(), &["check-attr", "-z", "text", "ident", "diff", "eol", "--", path]);
        let fields: Vec<&str> = said.split('\0').skip(2).step_by(3).collect();
        assert!(fields[..3].iter().all(|f| *f == fields[0]), "{path}: {fields:?}");
        fields[0] == "unset"
    };
    for path in ODD.into_iter().chain(["fold er/[x]/y", "fold er/[x]/y/z w"]) {
        assert!(unset(path), "{path}");
    }
    for other in ["x/plain.tar", "starry.tar", "qq.tar", "a/b.tar", "not", "hash", "fold er/x/y", "x", "é", "y/x"] {
        assert!(!unset(other), "{other}");
    }
    let eol = git(dir.path(), home.path(), &["check-attr", "text", "eol", "--", "pins.lock"]);
    assert_eq!(eol, "pins.lock: text: set\npins.lock: eol: lf\n");
}

#[test]
fn git_reads_the_ignore_block_as_it_is_meant() {
    if !have("git") {
        return;
    }
    let (dir, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    git(dir.path(), home.path(), &["init", "-q"]);
    for newline in ["\n", "\r\n"] {
        let mut all: Vec<Named> = ODD.iter().map(|p| Named::File(p.parse().unwrap())).collect();
        all.push(Named::Folder("fold er/[x]".parse().unwrap()));
        put(dir.path(), ".gitignore", &ignores(format!("*.o{newline}").as_bytes(), &all));
        let ignored = |path: &str| {
            let mut run = Command::new("git");
            run.args(["check-ignore", "-q", "--no-index", "--"]).arg(format!("./{path}"));
            run.current_dir(dir.path()).env("HOME", home.path()).env("GIT_CONFIG_NOSYSTEM", "1");
            match run.output().unwrap().status.code() {
                Some(0) => true,
                Some(1) => false,
                other => panic!("{path}: {other:?}"),
            }
        };
        for path in ODD.into_iter().chain(["fold er/[x]/y", "fold er/[x]/y/z w", "x.o"]) {
            assert!(ignored(path), "{path}");
        }
        for other in ["x/plain.tar", "starry.tar", "qq.tar", "a/b.tar", "not", "hash", "fold er/x/y", "x", "y/x"] {
            assert!(!ignored(other), "{other}");
        }
    }
}
