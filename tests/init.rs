//! `init` through the program: Dockerfiles as people have them, on loopback servers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::images::{Shop, base};
use crate::join::releases;
use crate::support::git_memory::GitMemory;
use crate::support::http::{Answer, Server};
use crate::support::program::{Ran, Work, ran};

mod again;
mod folders;
mod told;

const SHA: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const HEAD: &str = "\
# What these Dockerfiles take in, and what each pin follows; yours to edit.
# Next: `dubo-pin refresh --keep` locks what the Dockerfiles bear, `dubo-pin verify` proves it.
version = 1
";

/// Where files are said to be: RUN's downloads from loopback are no intake.
const FILES: &str = "https://files.example";

/// A server whose every file says `hello`.
fn hello() -> Server {
    Server::start(|_| Answer::new(200, "hello"))
}

/// Runs the program with a server in the place of [`FILES`].
#[track_caller]
fn with(work: &Work, files: &Server, arguments: &[&str]) -> Ran {
    let mirror = format!("{FILES}/={}/;resolve", files.url());
    ran(work.command(arguments).env("DUBO_PIN_MIRRORS", mirror))
}

/// The Dockerfiles of a folder, with their bytes.
fn dockerfiles(work: &Work) -> BTreeMap<PathBuf, Vec<u8>> {
    let is = |path: &PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().contains("Dockerfile"));
    work.tree().into_iter().filter(|(path, _)| is(path)).collect()
}

fn json(ran: &Ran) -> serde_json::Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}", ran.all()))
}

/// A Dockerfile with a git pin, a file by ADD, one by curl with an ARG for its hash, and one without.
fn mixed(git: &str, commit: &str) -> String {
    format!(
        "FROM scratch AS build\n\
         # widget 1.0.0\n\
         ARG GIT_COMMIT={commit}\n\
         RUN git clone {git} /w && cd /w && git checkout $GIT_COMMIT\n\
         ADD --checksum=sha256:{SHA} {FILES}/plain-1.0.txt /\n\
         ARG TOOL_SHA={SHA}\n\
         RUN curl -fsSLo t.tgz {FILES}/tool-2.1.tgz && echo \"$TOOL_SHA  t.tgz\" | sha256sum -c -\n\
         RUN curl -fsSL {FILES}/install.sh | sh\n"
    )
}

#[test]
fn adoption_changes_no_byte_of_a_dockerfile_and_only_what_was_listed_stays_red() {
    let (repo, ids) = releases(3);
    let (git, files, work) = (GitMemory::serve(repo), hello(), Work::new());
    work.write("Dockerfile", mixed(&git.url(), &ids[0]));
    let before = dockerfiles(&work);
    let ran = work.run(&["init"]).code(0).says("3 pins, 1 not understood");
    let ran = ran.says("next: dubo-pin refresh --keep, then dubo-pin verify").says("Dockerfile:8:5");
    assert!(!work.image().join("pins.lock").exists(), "init wrote a lock: {}", ran.all());
    let manifest = work.read("pins.toml");
    assert!(manifest.starts_with(HEAD), "{manifest}");
    assert!(manifest.contains("version = \"^1.0\""), "{manifest}");
    with(&work, &files, &["refresh", "--keep"]).code(0);
    assert!(dockerfiles(&work) == before, "a Dockerfile changed");
    let verified = work.run(&["verify", "--format", "json"]).code(1);
    let findings = json(&verified)["findings"].clone();
    let told: Vec<(&str, u64)> = findings
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["severity"] == "error")
        .map(|f| (f["id"].as_str().unwrap(), f["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [("COV001", 8)], "{}", verified.all());
    assert_eq!(json(&verified)["verified"], 3);
}

#[test]
fn images_get_one_pin_for_all_references_to_a_tag() {
    let Some(shop) = Shop::open() else { return };
    let digest = shop.push("base", "1", &base("one"));
    shop.push("tool", "2", &base("two"));
    let host = shop.registry.as_ref().unwrap().host();
    let work = &shop.work;
    work.write(
        "Dockerfile",
        format!(
            "ARG TAG=1\nFROM {host}/base:${{TAG}}@{digest} AS a\nFROM {host}/base:1@{digest}\n\
             COPY --from={host}/tool:2 /etc /e\n"
        ),
    );
    let before = dockerfiles(work);
    work.run(&["init"]).code(0).says("2 pins, 1 UNLOCKED");
    let manifest = work.read("pins.toml");
    let expected = format!(
        "{HEAD}\n[pins.base]\nimage = \"{host}/base:1\"\n\n[pins.tool]\nimage = \"{host}/tool:2\"\nunlocked = \"not pinned in the Dockerfile yet: dubo-pin refresh tool pins it; then remove this line\"\n"
    );
    assert_eq!(manifest, expected);
    work.run(&["refresh", "--keep"]).code(0);
    assert!(dockerfiles(work) == before, "a Dockerfile changed");
    work.run(&["verify"]).code(0).says("1 verified, 1 UNLOCKED");
    work.run(&["refresh", "tool"]).code(0);
    assert!(work.read("Dockerfile").contains(&format!("{host}/tool:2@sha256:")));
}
