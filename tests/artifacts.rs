//! Files by URL and git tars through the program: fetched once, vendored, verified bit by bit,
//! restored.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};

use super::join::releases;
use super::support::git_http::{self, GitHttp};
use super::support::git_memory::GitMemory;
use super::support::have;
use super::support::http::{Answer, Server};
use super::support::program::{Work, ran};

pub type Files = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A server of files with ETags; what it serves can be changed.
pub fn files(all: &[(&str, &[u8])]) -> (Server, Files) {
    let files: Files = Arc::new(Mutex::new(all.iter().map(|(p, b)| ((*p).to_owned(), b.to_vec())).collect()));
    let served = files.clone();
    let server = Server::start(move |asked| {
        let all = served.lock().unwrap();
        let Some((_, bytes)) = all.iter().find(|(path, _)| *path == asked.path) else { return Answer::new(404, "no") };
        let tag = format!("\"{}\"", dubo_pin::model::Sha256::of(bytes));
        if asked.header("if-none-match") == Some(&tag) {
            return Answer::new(304, "").with("ETag", &tag);
        }
        Answer::new(200, bytes.clone()).with("ETag", &tag)
    });
    (server, files)
}

pub fn change(files: &Files, path: &str, bytes: &[u8]) {
    let mut all = files.lock().unwrap();
    all.retain(|(p, _)| p != path);
    all.push((path.to_owned(), bytes.to_vec()));
}

const ROON: &str = "version = 1\n\n[image]\nplatforms = [\"linux/amd64\", \"linux/arm64\", \"linux/arm/v7\"]\n";

fn roon(server: &Server, more: &str) -> String {
    format!(
        "{ROON}\n[pins.bridge]\nurl = \"{}/RoonBridge_linux{{arch}}.tar.bz2\"\narch = {{ \"linux/amd64\" = \"x64\", \"linux/arm64\" = \"armv8\", \"linux/arm/v7\" = \"armv7hf\" }}\nvendor = \"context/cache/{{platform}}/bridge.tar.bz2\"\n{more}",
        server.url()
    )
}

fn bridges() -> (Server, Files) {
    files(&[
        ("/RoonBridge_linuxx64.tar.bz2", b"amd64 bytes"),
        ("/RoonBridge_linuxarmv8.tar.bz2", b"arm64 bytes\r\nand more"),
        ("/RoonBridge_linuxarmv7hf.tar.bz2", b"armv7 bytes"),
    ])
}

#[test]
fn an_image_as_roons_is_fetched_once_vendored_verified_and_an_unchanged_refresh_moves_no_body() {
    let (server, files) = bridges();
    let work = Work::new();
    work.write("Dockerfile", "FROM scratch\nADD ./cache/$TARGETPLATFORM/bridge.tar.bz2 /\n")
        .write("pins.toml", roon(&server, ""));
    work.run(&["refresh"]).code(0);
    assert_eq!(work.bytes("context/cache/linux/arm64/bridge.tar.bz2"), b"arm64 bytes\r\nand more");
    assert_eq!(work.bytes("context/cache/linux/amd64/bridge.tar.bz2"), b"amd64 bytes");
    assert_eq!(work.bytes("context/cache/linux/arm/v7/bridge.tar.bz2"), b"armv7 bytes");
    assert!(work.read(".gitattributes").contains("/context/cache/linux/arm/v7/bridge.tar.bz2 -text"));
    work.run(&["verify"]).code(0).says("1 verified");
    work.run(&["outdated"]).code(0).says("current");

    let before = (work.tree(), server.log().len());
    work.run(&["refresh"]).code(0).says("1 unchanged");
    assert_eq!(work.tree(), before.0);
    for asked in &server.log()[before.1..] {
        assert!(asked.header("if-none-match").is_some(), "{} was asked for without a condition", asked.path);
    }

    // The URL has no version: new bytes are news, all platforms together.
    change(&files, "/RoonBridge_linuxarmv8.tar.bz2", b"newer arm64 bytes");
    work.run(&["outdated"]).code(1).says("newer");
    work.run(&["refresh"]).code(0).says("bridge");
    assert_eq!(work.bytes("context/cache/linux/arm64/bridge.tar.bz2"), b"newer arm64 bytes");
    work.run(&["verify"]).code(0);
}

#[test]
fn one_platform_that_fails_keeps_all_of_them() {
    let (server, files) = bridges();
    let work = Work::new();
    work.write("Dockerfile", "FROM scratch\n").write("pins.toml", roon(&server, ""));
    work.run(&["refresh"]).code(0);
    let before = work.tree();
    change(&files, "/RoonBridge_linuxx64.tar.bz2", b"newer amd64 bytes");
    files.lock().unwrap().retain(|(path, _)| !path.contains("armv8"));
    work.run(&["refresh"]).code(3).says("armv8");
    assert_eq!(work.tree(), before);
    work.run(&["verify"]).code(0);
}

#[test]
fn new_bytes_under_a_full_version_are_an_alarm_with_both_hashes() {
    let (server, files) = files(&[("/tool-1.2.3.tar", b"one")]);
    let work = Work::new();
    let one = dubo_pin::model::Sha256::of(b"one").to_string();
    let two = dubo_pin::model::Sha256::of(b"two").to_string();
    work.write("Dockerfile", "FROM scratch\nARG SUM=\nARG V=\n").write(
        "pins.toml",
        format!("version = 1\n[pins.tool]\nurl = \"{}/tool-{{version}}.tar\"\nversion = \"1.2.3\"\ninto = [{{ arg = \"SUM\" }}, {{ arg = \"V\", value = \"version\" }}]\n", server.url()),
    );
    work.run(&["refresh"]).code(0);
    assert_eq!(work.read("Dockerfile"), format!("FROM scratch\nARG SUM={one}\nARG V=1.2.3\n"));
    work.run(&["verify"]).code(0);
    let before = work.tree();
    change(&files, "/tool-1.2.3.tar", b"two");
    work.run(&["refresh"]).code(3).says(&one).says(&two);
    work.run(&["outdated"]).code(3).says("alarm");
    work.run(&["refresh", "--locked"]).code(3);
    assert_eq!(work.tree(), before);
    work.run(&["refresh", "tool", "--accept-changed", "tool"]).code(0);
    assert!(work.read("Dockerfile").contains(&two));
    work.run(&["verify"]).code(0);
}

#[test]
fn add_checksum_and_slots_for_each_platform_and_sha512() {
    let (server, _files) = files(&[("/go-arm64", b"arm"), ("/go-amd64", b"amd"), ("/plain", b"plain")]);
    let work = Work::new();
    let (arm, amd) = (dubo_pin::model::Sha512::of(b"arm"), dubo_pin::model::Sha512::of(b"amd"));
    let url = format!("{}/plain", server.url());
    let zeros = "0".repeat(64);
    work.write("Dockerfile", format!("FROM scratch\nARG GO_ARM64_SHA512=\nARG GO_AMD64_SHA512=\nADD --checksum=sha256:{zeros} {url} /x\n")).write(
        "pins.toml",
        format!(
            "version = 1\n[image]\nplatforms = [\"linux/amd64\", \"linux/arm64\"]\n[pins.go]\nurl = \"{}/go-{{arch}}\"\ninto = [{{ arg = \"GO_ARM64_SHA512\", value = \"sha512\", platform = \"linux/arm64\" }}, {{ arg = \"GO_AMD64_SHA512\", value = \"sha512\", platform = \"linux/amd64\" }}]\n[pins.plain]\nurl = \"{url}\"\ninto = [{{ checksum = \"{url}\" }}]\n",
            server.url()
        ),
    );
    work.run(&["refresh", "plain", "--keep"]).code(1).says(&zeros);
    work.run(&["refresh"]).code(0);
    let plain = dubo_pin::model::Sha256::of(b"plain");
    assert_eq!(
        work.read("Dockerfile"),
        format!(
            "FROM scratch\nARG GO_ARM64_SHA512={arm}\nARG GO_AMD64_SHA512={amd}\nADD --checksum=sha256:{plain} {url} /x\n"
        )
    );
    work.run(&["verify"]).code(0);
}

/// A real repository on a real server, vendored as a tar.
fn vendored_tar() -> Option<(GitHttp, Work, String, std::path::PathBuf)> {
    if !have("git") {
        return None;
    }
    let work = Work::new();
    let repository = git_http::init(&work.home(), "widget.git", "sha1");
    let blob = git_http::feed(&repository, &["hash-object", "-w", "--stdin"], b"all:\r\n\techo hi\n");
    let tree = git_http::feed(
        &repository,
        &["mktree"],
        format!("100644 blob {blob}\tMakefile\n100755 blob {blob}\trun\n").as_bytes(),
    );
    let commit = git_http::git(&repository, &["commit-tree", "-m", "first", &tree]);
    git_http::git(&repository, &["update-ref", "refs/heads/main", &commit]);
    git_http::git(&repository, &["tag", "v1.0.0", &commit]);
    let server = GitHttp::serve(&work.home(), true);
    work.write("Dockerfile", "FROM scratch\nARG X=\nADD src/widget.tar /src\n").write(
        "pins.toml",
        format!("version = 1\n[pins.widget]\ngit = \"{}\"\nversion = \"^1\"\nvendor = \"src/widget.tar\"\ninto = [{{ arg = \"X\" }}]\n", server.url("widget.git")),
    );
    Some((server, work, commit, repository))
}

#[test]
fn a_git_tree_is_vendored_as_git_archive_writes_it_and_proved_offline() {
    let Some((_server, work, commit, repository)) = vendored_tar() else { return };
    work.run(&["refresh"]).code(0);
    let archive = git_http::git_in(&repository, &["archive", "--format=tar", &commit]).output().unwrap().stdout;
    assert!(work.bytes("src/widget.tar") == archive, "the tar is not that of git archive");
    work.run(&["verify"]).code(0).says("1 verified");
    work.run(&["refresh"]).code(0).says("1 unchanged");
    work.run(&["refresh", "--locked"]).code(0);
    let lock = work.read("pins.lock");
    for key in ["commit-object", "\"tree\"", "tree-sha256", "tar-format"] {
        assert!(lock.contains(key), "{key} is not in the evidence");
    }

    // A consistent forgery of tar and lock, sealed anew: the tar is not the commit's tree.
    let mut forged = work.bytes("src/widget.tar");
    let at = forged.windows(7).position(|w| w == b"echo hi").unwrap();
    forged[at + 5] = b'H';
    let mut opened = dubo_pin::lock::open(lock.as_bytes()).unwrap();
    opened.lock.pins.get_mut("widget").unwrap().artifacts[0].sha256 = dubo_pin::model::Sha256::of(&forged);
    work.write("src/widget.tar", &forged).write("pins.lock", opened.lock.to_bytes());
    work.run(&["verify"]).code(1).says("GIT009").says("src/widget.tar");
    work.run(&["refresh", "--locked"]).code(3);
}

#[test]
fn every_way_to_spoil_a_vendored_file_is_a_finding_that_names_it() {
    let Some((_server, work, ..)) = vendored_tar() else { return };
    work.run(&["refresh"]).code(0);
    let path = work.image().join("src/widget.tar");
    let good = std::fs::read(&path).unwrap();
    let restore = |work: &Work| {
        let _ = std::fs::remove_file(&path);
        work.run(&["fetch"]).code(0);
        assert!(std::fs::read(&path).unwrap() == good);
        work.run(&["verify"]).code(0);
    };
    let spoil: [(&str, &dyn Fn()); 6] = [
        ("missing", &|| std::fs::remove_file(&path).unwrap()),
        ("emptied", &|| std::fs::write(&path, "").unwrap()),
        ("truncated", &|| std::fs::write(&path, &good[..good.len() - 512]).unwrap()),
        ("one bit", &|| {
            let mut bytes = good.clone();
            bytes[700] ^= 1;
            std::fs::write(&path, bytes).unwrap();
        }),
        ("executable", &|| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap()),
        ("a symlink to the same bytes", &|| {
            std::fs::write(work.home().join("same"), &good).unwrap();
            std::fs::remove_file(&path).unwrap();
            std::os::unix::fs::symlink(work.home().join("same"), &path).unwrap();
        }),
    ];
    for (what, spoil) in spoil {
        spoil();
        let ran = work.run(&["verify"]);
        assert_eq!(ran.code, Some(1), "{what}: {ran:?}");
        assert!(ran.all().contains("src/widget.tar"), "{what}: {ran:?}");
        restore(&work);
    }
}

#[test]
fn a_users_file_is_never_overwritten_or_deleted() {
    let (server, _files) = bridges();
    let work = Work::new();
    let path = "context/cache/linux/amd64/bridge.tar.bz2";
    work.write("Dockerfile", "FROM scratch\n").write("pins.toml", roon(&server, "")).write(path, "mine");
    work.run(&["refresh"]).code(2).says(path).says("--force");
    assert_eq!(work.read(path), "mine");
    assert!(!work.image().join("pins.lock").exists(), "a lock without its files");
    // Exactly the resolved bytes are adopted.
    work.write(path, "amd64 bytes");
    work.run(&["refresh"]).code(0);
    // An edited one is kept when the pin goes, and an untouched one goes.
    work.write(path, "edited");
    work.run(&["verify"]).code(1).says(path);
    work.write("pins.toml", ROON);
    work.run(&["refresh"]).code(2).says(path);
    assert_eq!(work.read(path), "edited");
    work.write(path, "amd64 bytes");
    work.run(&["refresh"]).code(0);
    assert!(!work.image().join("context").exists(), "{:?}", work.tree().keys());
    work.run(&["verify"]).code(0);
}

#[test]
fn fetch_restores_from_the_store_then_the_second_store_then_a_mirror_then_upstream() {
    let (server, files) = bridges();
    let work = Work::new();
    work.write("Dockerfile", "FROM scratch\n").write("pins.toml", roon(&server, ""));
    work.run(&["refresh"]).code(0);
    let lost = |work: &Work| std::fs::remove_dir_all(work.image().join("context")).unwrap();
    let cache = work.home().join(".cache");
    let lock = work.bytes("pins.lock");

    let asked = server.log().len();
    lost(&work);
    work.run(&["fetch"]).code(0);
    lost(&work);
    work.run(&["fetch", "--offline"]).code(0);
    assert_eq!(server.log().len(), asked, "the store has it, yet upstream was asked");
    work.run(&["export", "store", work.home().join("second").to_str().unwrap()]).code(0).says("3 files");

    lost(&work);
    std::fs::remove_dir_all(&cache).unwrap();
    ran(work.command(&["fetch"]).env("DUBO_PIN_STORE", work.home().join("second"))).code(0);
    assert_eq!(server.log().len(), asked, "the second store has it, yet upstream was asked");

    lost(&work);
    std::fs::remove_dir_all(&cache).unwrap();
    let (mirror, _) = bridges();
    ran(work.command(&["fetch"]).env("DUBO_PIN_MIRRORS", format!("{}/={}/", server.url(), mirror.url()))).code(0);
    assert_eq!(server.log().len(), asked, "the mirror has it, yet upstream was asked");
    assert!(!mirror.log().is_empty());

    lost(&work);
    std::fs::remove_dir_all(&cache).unwrap();
    work.run(&["fetch"]).code(0);
    assert!(server.log().len() > asked);
    assert!(work.bytes("pins.lock") == lock);
    work.run(&["verify"]).code(0);

    // Upstream overwrote its file: other bytes are never accepted.
    lost(&work);
    std::fs::remove_dir_all(&cache).unwrap();
    change(&files, "/RoonBridge_linuxarmv8.tar.bz2", b"overwritten");
    work.run(&["fetch"]).code(3);
    assert!(!work.image().join("context/cache/linux/arm64/bridge.tar.bz2").exists());
}

#[test]
fn untracked_files_are_ignored_by_git_and_verify_says_fetch() {
    let (server, _files) = bridges();
    let work = Work::new();
    work.write("Dockerfile", "FROM scratch\n").write("pins.toml", roon(&server, "track = false\n"));
    work.run(&["refresh"]).code(0);
    assert!(work.read(".gitignore").contains("/context/cache/linux/arm64/bridge.tar.bz2"));
    std::fs::remove_dir_all(work.image().join("context")).unwrap();
    work.run(&["verify"]).code(1).says("dubo-pin fetch");
    work.run(&["fetch"]).code(0);
    work.run(&["verify"]).code(0);
}

#[test]
fn gc_bounds_the_store_and_touches_nothing_else() {
    let (server, _files) = bridges();
    let work = Work::new();
    work.write("Dockerfile", "FROM scratch\n").write("pins.toml", roon(&server, ""));
    work.run(&["refresh"]).code(0);
    let before = work.tree();
    work.run(&["gc", "--max", "20B"]).code(0).says("files gone");
    assert_eq!(work.tree(), before);
    work.run(&["verify"]).code(0);
    work.run(&["gc", "--max", "nonsense"]).code(2);
}

#[test]
fn a_server_in_memory_serves_trees_too_and_a_moved_pin_brings_its_new_tar() {
    let (repo, _ids) = releases(2);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    let manifest = |rule: &str| {
        format!(
            "version = 1\n[pins.w]\ngit = \"{}\"\nversion = \"{rule}\"\nvendor = \"w-{{version}}.tar\"\n",
            server.url()
        )
    };
    work.write("Dockerfile", "FROM scratch\n").write("pins.toml", manifest("=1.0.0"));
    work.run(&["refresh"]).code(0);
    assert!(work.image().join("w-1.0.0.tar").exists());
    work.write("pins.toml", manifest("^1"));
    work.run(&["refresh"]).code(0);
    assert!(work.image().join("w-1.1.0.tar").exists());
    assert!(!work.image().join("w-1.0.0.tar").exists(), "the old tar stays");
    work.run(&["verify"]).code(0);
}

#[test]
fn the_roon_image_of_pins_is_refreshed_whole_through_a_mirror() {
    let (server, _files) = files(&[
        ("/RoonBridge_linuxx64.tar.bz2", b"amd64 bridge"),
        ("/RoonBridge_linuxarmv8.tar.bz2", b"arm64 bridge"),
        ("/RoonBridge_linuxarmv7hf.tar.bz2", b"armv7 bridge"),
        ("/RoonServer_linuxx64.tar.bz2", b"amd64 server"),
    ]);
    let work = Work::new();
    for name in ["Dockerfile", "pins.toml", "pins.lock"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pins/roon").join(name);
        work.write(name, std::fs::read(path).unwrap());
    }
    // What it inherits stands in the lock, which has it from the pins beside these.
    let mirror = format!("https://download.roonlabs.com/builds/={}/;resolve", server.url());
    let run = |arguments: &[&str]| ran(work.command(arguments).env("DUBO_PIN_MIRRORS", &mirror));
    let dockerfile = work.bytes("Dockerfile");
    run(&["refresh", "--keep"]).code(0).says("3 skipped");
    run(&["verify"]).code(0).says("1 verified, 3 UNLOCKED");
    run(&["refresh", "bridge", "server"]).code(0);
    run(&["verify"]).code(0).says("3 verified, 1 UNLOCKED");
    assert!(work.bytes("Dockerfile") == dockerfile);
    assert_eq!(work.read("context/cache/linux/amd64/server.tar.bz2"), "amd64 server");
    assert_eq!(work.read("context/cache/linux/arm/v7/bridge.tar.bz2"), "armv7 bridge");
    let lock = work.read("pins.lock");
    assert!(lock.contains("https://download.roonlabs.com/builds/RoonBridge_linuxarmv8.tar.bz2"), "{lock}");
    assert!(lock.contains("\"origin\": \"mirror\"") && !lock.contains("127.0.0.1"), "{lock}");
    // A mirror that may not decide: nothing new is believed, what is known by its hash is served.
    std::fs::remove_dir_all(work.image().join("context")).unwrap();
    std::fs::remove_dir_all(work.home().join(".cache")).unwrap();
    let mirror = mirror.replace(";resolve", "");
    ran(work.command(&["fetch"]).env("DUBO_PIN_MIRRORS", &mirror)).code(0);
    run(&["verify"]).code(0);
}

#[test]
fn a_vendor_that_is_added_or_taken_away_moves_no_value() {
    let Some((_server, work, commit, _)) = vendored_tar() else { return };
    let with = work.read("pins.toml");
    let without = with.replace("vendor = \"src/widget.tar\"\n", "");
    work.write("pins.toml", &without);
    work.run(&["refresh"]).code(0);
    assert!(!work.image().join("src").exists());
    work.write("pins.toml", &with);
    work.run(&["verify"]).code(1).says("VEND007");
    work.run(&["refresh", "--keep"]).code(0);
    assert!(work.image().join("src/widget.tar").exists());
    work.run(&["verify"]).code(0);
    work.write("pins.toml", &without);
    work.run(&["verify"]).code(1).says("VEND007");
    work.run(&["refresh", "--keep"]).code(0);
    assert!(!work.image().join("src").exists());
    // the Dockerfile still takes the file in, and nothing vendors it now
    work.run(&["verify"]).code(1).says("COV001 `src/widget.tar`").says("1 verified").says("1 finding");
    assert!(work.read("Dockerfile").contains(&commit));
}

#[test]
fn a_damaged_entry_of_the_store_is_fetched_anew_and_stops_no_refresh() {
    let (server, _files) = bridges();
    let work = Work::new();
    work.write("Dockerfile", "FROM scratch\n").write("pins.toml", roon(&server, ""));
    work.run(&["refresh"]).code(0);
    let tree = work.tree();
    let name = dubo_pin::model::Sha256::of(b"amd64 bytes").to_string();
    let entry = work.home().join(".cache/dubo-pin");
    let entry = find(&entry, &name).unwrap();
    for verb in ["refresh", "fetch"] {
        // As a disk that lost a write leaves it.
        std::fs::set_permissions(&entry, std::fs::Permissions::from_mode(0o644)).unwrap();
        std::fs::write(&entry, "md64 bytes").unwrap();
        std::fs::remove_file(work.image().join("context/cache/linux/amd64/bridge.tar.bz2")).unwrap();
        work.run(&[verb]).code(0);
        assert_eq!(work.tree(), tree, "{verb}");
        assert_eq!(std::fs::read(&entry).unwrap(), b"amd64 bytes", "{verb}");
        work.run(&["verify"]).code(0);
    }
}

/// A file of this name somewhere below a folder.
fn find(folder: &std::path::Path, name: &str) -> Option<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?.map(|e| e.unwrap().path());
    entries.into_iter().find_map(|p| if p.is_dir() { find(&p, name) } else { p.ends_with(name).then_some(p) })
}
