//! What README.md promises beside the join: the signed lock, formats, quiet, colours, places.

use std::process::Command;

use super::join::releases;
use super::support::git_memory::GitMemory;
use super::support::have;
use super::support::program::{Work, ran};

/// A folder whose one pin is locked and verifies.
fn locked() -> (GitMemory, Work, String) {
    let (repo, ids) = releases(1);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write("Dockerfile", format!("FROM scratch\nARG X={}\n", ids[0])).write(
        "pins.toml",
        format!("version = 1\n[pins.p]\ngit = \"{}\"\ntag = \"v1.0.0\"\ninto = [{{ arg = \"X\" }}]\n", server.url()),
    );
    work.run(&["refresh"]).code(0);
    (server, work, ids[0].clone())
}

/// A key pair of the real minisign, without a password.
fn key(work: &Work, name: &str) -> String {
    let output = Command::new("minisign")
        .args(["-G", "-f", "-W", "-p", &format!("{name}.pub"), "-s", &format!("{name}.key")])
        .current_dir(work.home())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(work.home().join(format!("{name}.pub"))).unwrap();
    text.lines().nth(1).unwrap().to_owned()
}

fn sign(work: &Work, name: &str) {
    let key = work.home().join(format!("{name}.key"));
    let output = Command::new("minisign")
        .args(["-S", "-s"])
        .arg(key)
        .args(["-m", "pins.lock"])
        .current_dir(work.image())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_trusted_key_demands_its_signature_under_the_lock() {
    if !have("minisign") {
        return;
    }
    let (_server, work, _) = locked();
    let (trusted, other) = (key(&work, "trusted"), key(&work, "other"));
    let verify = |key: &str| work.run(&["verify", "--trusted-key", key]);
    verify(&trusted).code(1).says("LOCK009").says("the lock is not signed");
    sign(&work, "other");
    verify(&trusted).code(1).says("LOCK009");
    sign(&work, "trusted");
    verify(&trusted).code(0);
    verify(work.home().join("trusted.pub").to_str().unwrap()).code(0);
    ran(work.command(&["verify"]).env("DUBO_PIN_TRUSTED_KEY", &trusted)).code(0);
    ran(work.command(&["verify"]).env("DUBO_PIN_TRUSTED_KEY", &other)).code(1);
    work.run(&["verify", "--trusted-key", "RWQnonsense"]).code(2);
    // A consistent forgery of lock and Dockerfile is not signed.
    let mut lock = dubo_pin::lock::open(&work.bytes("pins.lock")).unwrap().lock;
    lock.pins.get_mut("p").unwrap().first_seen = "2020-01-01".parse().unwrap();
    work.write("pins.lock", lock.to_bytes());
    work.run(&["verify"]).code(0);
    verify(&trusted).code(1).says("LOCK009");
}

#[test]
fn json_is_one_object_with_a_versioned_schema_whatever_happens() {
    let (_server, work, id) = locked();
    let json = |arguments: &[&str], code: i32| {
        let ran = work.run(arguments).code(code);
        serde_json::from_str::<serde_json::Value>(&ran.out).unwrap_or_else(|e| panic!("{e}: {}", ran.out))
    };
    let good = json(&["verify", "--format", "json"], 0);
    assert_eq!((good["dubo-pin"]["schema"].as_u64(), good["verified"].as_u64()), (Some(2), Some(1)));
    work.write("Dockerfile", "FROM scratch\nARG X=0123456789012345678901234567890123456789\n");
    let bad = json(&["verify", "--format", "json"], 1);
    let finding = &bad["findings"][0];
    assert_eq!(finding["id"], "LOCK001");
    assert_eq!(
        (finding["file"].as_str(), finding["line"].as_u64(), finding["column"].as_u64()),
        (Some("Dockerfile"), Some(2), Some(7))
    );
    assert_eq!(
        (finding["expected"].as_str(), finding["found"].as_str()),
        (Some(id.as_str()), Some("0123456789012345678901234567890123456789"))
    );
    assert_eq!(json(&["outdated", "--format", "json"], 0)["pins"][0]["standing"], "current");
    let refreshed = json(&["refresh", "--format", "json"], 0);
    assert_eq!(refreshed["files"][0]["path"], "Dockerfile");
    work.write("pins.toml", "version = 2\n");
    assert_eq!(json(&["verify", "--format", "json"], 2)["exit"], 2);
}

#[test]
fn sarif_and_annotations_point_at_the_line_from_the_repository_root() {
    if !have("git") {
        return;
    }
    let (_server, work, _) = locked();
    super::support::git_http::git(work.image().parent().unwrap(), &["init", "-q", "."]);
    work.write("Dockerfile", "FROM scratch\nARG X=0123456789012345678901234567890123456789\n");
    let sarif: serde_json::Value =
        serde_json::from_str(&work.run(&["verify", "--format", "sarif"]).code(1).out).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!((sarif["version"].as_str(), result["ruleId"].as_str()), (Some("2.1.0"), Some("LOCK001")));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "image/Dockerfile");
    assert_eq!((place["region"]["startLine"].as_u64(), place["region"]["startColumn"].as_u64()), (Some(2), Some(7)));
    let line = work.run(&["verify", "--format", "github"]).code(1).out;
    assert!(line.starts_with("::error file=image/Dockerfile,line=2,col=7,"), "{line}");
}

#[test]
fn quiet_says_nothing_where_nothing_is_wrong_and_no_escape_reaches_a_pipe() {
    let (_server, work, _) = locked();
    let quiet = work.run(&["verify", "-q"]).code(0);
    assert!(!quiet.all().contains("verified"), "{quiet:?}");
    work.write("Dockerfile", "FROM scratch\nARG X=0123456789012345678901234567890123456789\n");
    let ran = work.run(&["verify"]).code(1);
    assert!(!ran.all().contains('\u{1b}'), "{ran:?}");
}

#[test]
fn help_version_and_wrong_usage_have_their_exit_codes() {
    let work = Work::new();
    work.run(&["--help"]).code(0).says("Exit codes");
    work.run(&["--version"]).code(0).says(env!("CARGO_PKG_VERSION"));
    for verb in ["refresh", "verify", "outdated", "add", "remove", "rename"] {
        work.run(&[verb, "--help"]).code(0).says("Usage");
    }
    work.run(&[]).code(2);
    work.run(&["verifi"]).code(2).says("verify");
    work.run(&["refresh", "--keep", "--locked"]).code(2);
    work.run(&["refresh", "--jobs", "0"]).code(2);
    work.run(&["-C", "no-such-folder", "verify"]).code(2).says("no-such-folder");
}

#[test]
fn another_folder_is_named_with_c() {
    let (_server, work, _) = locked();
    let elsewhere = work.home();
    let folder = work.image();
    let mut command =
        super::support::program::command(&elsewhere, &elsewhere, &["-C", folder.to_str().unwrap(), "verify"]);
    ran(&mut command).code(0).says("1 verified");
}

#[test]
fn freeze_holds_until_its_day_and_a_named_pin_moves() {
    let (repo, ids) = releases(2);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    let manifest = |until: &str| {
        format!(
            "version = 1\n[pins.p]\ngit = \"{}\"\nversion = \"^1\"\nfreeze = {{ reason = \"holidays\", until = \"{until}\" }}\ninto = [{{ arg = \"X\" }}]\n",
            server.url()
        )
    };
    work.write("Dockerfile", format!("FROM scratch\nARG X={}\n", ids[0])).write("pins.toml", manifest("2999-12-31"));
    work.run(&["refresh", "--keep"]).code(0);
    work.run(&["refresh"]).code(0).says("frozen until 2999-12-31: holidays");
    assert!(work.read("Dockerfile").contains(&ids[0]));
    work.write("pins.toml", manifest("2020-01-01"));
    work.run(&["refresh"]).code(0);
    assert!(work.read("Dockerfile").contains(&ids[1]));
}

#[test]
fn a_dockerfile_whose_name_cannot_be_shown_is_never_passed_over() {
    use std::os::unix::ffi::OsStrExt as _;
    let (_server, work, _) = locked();
    let odd = work.image().join(std::ffi::OsStr::from_bytes(b"Dockerfile.\xff"));
    std::fs::write(odd, "FROM scratch\n").unwrap();
    work.run(&["verify"]).code(2).says("cannot be looked at: its name is not UTF-8").says("rename it");
}
