//! `export buildkit-policy`, `env` and `sha256sums` through the program: the very bytes, what others
//! make of them, and what is refused.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use dubo_pin::lock::{self, Entry, Lock, Value as Locked};
use dubo_pin::model::{Sha256, Token};
use serde_json::Value;

use super::artifacts::files;
use super::join::releases;
use super::support::git_memory::GitMemory;
use super::support::have;
use super::support::program::{Ran, Work};

const ALL: [&[&str]; 3] = [&["export", "buildkit-policy"], &["export", "env"], &["export", "sha256sums"]];

const MANIFEST: &[u8] = include_bytes!("data/lock/homebridge/pins.toml");
const LOCK: &[u8] = include_bytes!("data/lock/homebridge/pins.lock");

/// An image with every kind of pin.
fn homebridge() -> Work {
    let work = Work::new();
    work.write("pins.toml", MANIFEST).write("pins.lock", LOCK);
    work
}

/// What BuildKit's engine makes of a source, from reading its `sourcepolicy` package: all rules in
/// their order; the last ALLOW or DENY that matches wins; a CONVERT that changes something ends the
/// round, and at most 20 rounds follow the first. Of regular expressions it knows only the one that
/// matches everything.
/// BuildKit's own engine and Dockerfile frontend judged the homebridge policy alike, by hand.
struct Engine(Value);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Source(String, BTreeMap<String, String>);

fn source(identifier: &str, attrs: &[(&str, &str)]) -> Source {
    Source(identifier.to_owned(), attrs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
}

impl Engine {
    fn of(ran: &Ran) -> Self {
        let policy: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(policy["version"], 1);
        Self(policy)
    }

    /// The source as it is taken in, or `None` if it is denied.
    fn judge(&self, mut source: Source) -> Option<Source> {
        for _ in 0..=20 {
            match self.round(&mut source) {
                (true, _) => {}
                (false, denied) => return (!denied).then_some(source),
            }
        }
        panic!("too many operations on {}", source.0);
    }

    fn round(&self, source: &mut Source) -> (bool, bool) {
        let mut deny = false;
        for rule in self.0["rules"].as_array().unwrap() {
            if !matches(&rule["selector"], source) {
                continue;
            }
            match rule["action"].as_str().unwrap() {
                "ALLOW" => deny = false,
                "DENY" => deny = true,
                "CONVERT" => {
                    let before = source.clone();
                    let updates = rule["updates"].as_object().unwrap();
                    if let Some(identifier) = updates.get("identifier") {
                        source.0 = identifier.as_str().unwrap().to_owned();
                    }
                    for (key, value) in updates.get("attrs").and_then(Value::as_object).into_iter().flatten() {
                        source.1.insert(key.clone(), value.as_str().unwrap().to_owned());
                    }
                    if *source != before {
                        return (true, deny);
                    }
                }
                other => panic!("{other}"),
            }
        }
        (false, deny)
    }
}

fn matches(selector: &Value, source: &Source) -> bool {
    for constraint in selector["constraints"].as_array().into_iter().flatten() {
        assert_eq!(constraint["condition"], "EQUAL");
        let has = source.1.get(constraint["key"].as_str().unwrap()).map_or("", String::as_str);
        if constraint["value"] != has {
            return false;
        }
    }
    let identifier = selector["identifier"].as_str().unwrap();
    match selector["match_type"].as_str().unwrap() {
        _ if identifier == source.0 => true,
        "EXACT" => false,
        "REGEX" if identifier == ".*" => true,
        "WILDCARD" => {
            let (before, after) = identifier.split_once('*').unwrap();
            assert!(!after.contains('*'));
            let rest = source.0.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            rest.is_some_and(|rest| !rest.contains('\n'))
        }
        other => panic!("{other} {identifier}"),
    }
}

const DEBIAN: &str = "docker-image://docker.io/library/debian";
const DIGEST: &str = "sha256:4c61e07f35a8c4d91b6e2f7a0835d6c1e94b7f20a3586d9e1c4b7a3f08529b2d";
const NODE: &str = "https://nodejs.org/dist/v20.18.1/node-v20.18.1-linux-x64.tar.xz";
const NODE_SUM: &str = "sha256:c6fa75c841cbffac851678a472f2a5bd612fff8308ef39236190e1f8dbb0e567";
const CHECKERS: &str = "github.com/dubo-dubon-duponey/healthcheckers";
const COMMIT: &str = "51ebf8ca3d255e0c846307bf72740f731e6210c3";

#[test]
fn each_export_of_an_image_with_every_kind_of_pin_is_these_bytes() {
    let work = homebridge();
    let before = work.tree();
    // The last two were written by jq.
    for (verb, expected) in ALL.into_iter().zip([
        include_str!("data/export/policy.json"),
        include_str!("data/export/pins.env"),
        include_str!("data/export/sha256sums"),
    ]) {
        let ran = work.run(verb).code(0);
        assert_eq!(ran.out, expected, "{verb:?}");
        assert_eq!(work.run(&[verb, &["-q", "--format", "json", "--offline"]].concat()).code(0).out, expected);
    }
    assert_eq!(work.tree(), before);
    assert!(!work.image().join(".dubo-pin").exists());
}

#[test]
fn the_policy_says_of_what_it_says_nothing() {
    let work = homebridge();
    let ran = work.run(ALL[0]).code(0);
    assert_eq!(
        ran.err,
        "note: a source policy does not cover what a RUN step fetches (apt, git, curl)\n   found     pins of which the policy says nothing: avahi (deb), homebridge (yarn)\n   help      vendor what RUN needs, and give it no network: RUN --network=none\n"
    );
    assert_eq!(work.run(&["export", "buildkit-policy", "-q"]).code(0).err, "");
}

#[test]
fn the_policy_allows_what_is_locked_and_nothing_else() {
    let engine = Engine::of(&homebridge().run(ALL[0]).code(0));
    let allowed = |s: Source| assert_eq!(engine.judge(s.clone()), Some(s));
    let git =
        |name: &str, end: &str| source(&format!("git://{name}#{end}"), &[("git.fullurl", &format!("https://{name}"))]);
    let with_git = format!("{CHECKERS}.git");
    allowed(source("local://context", &[("local.session", "x")]));
    allowed(source("local://dockerfile", &[]));
    allowed(source(&format!("{DEBIAN}:bookworm-slim@{DIGEST}"), &[("image.resolvemode", "pull")]));
    allowed(source(&format!("{DEBIAN}@{DIGEST}"), &[]));
    allowed(source(NODE, &[("http.checksum", NODE_SUM), ("http.filename", "node.tar.xz")]));
    allowed(git(&with_git, COMMIT));
    allowed(git(CHECKERS, COMMIT));
    allowed(git(&with_git, &format!("{COMMIT}:cmd/http")));

    let other = DIGEST.replace("4c61", "5c61");
    let ssh = source(
        &format!("git://{with_git}#{COMMIT}"),
        &[("git.fullurl", "git@github.com:dubo-dubon-duponey/healthcheckers.git")],
    );
    for denied in [
        source("local://elsewhere", &[]),
        source("oci-layout://context", &[]),
        source(&format!("{DEBIAN}:bookworm-slim@{other}"), &[]),
        source(&format!("{DEBIAN}:bookworm@{DIGEST}"), &[]),
        source(&format!("{DEBIAN}:bookworm"), &[]),
        source(&format!("{DEBIAN}:latest"), &[]),
        source(&format!("docker-image://ghcr.io/library/debian:bookworm-slim@{DIGEST}"), &[]),
        source(&format!("docker-image+blob://docker.io/library/debian@{DIGEST}"), &[]),
        source("docker-image://docker.io/docker/dockerfile:1", &[]),
        source(NODE, &[("http.checksum", &NODE_SUM.replace("c6fa", "c6fb"))]),
        source(&format!("{NODE}?x"), &[("http.checksum", NODE_SUM)]),
        source(&NODE.replace("https", "http"), &[("http.checksum", NODE_SUM)]),
        source("https://example.org/\nx", &[]),
        source(
            "https://snapshot.debian.org/archive/debian/20261120T023456Z/pool/main/a/avahi/avahi-daemon_0.8-10+deb12u1_amd64.deb",
            &[],
        ),
        git(&with_git, "master"),
        git(&with_git, &format!("{COMMIT}0")),
        git(&with_git, &COMMIT.replace("51eb", "52eb")),
        git("github.com/someone/healthcheckers.git", COMMIT),
        source(&format!("git://{with_git}"), &[("git.fullurl", &format!("https://{with_git}"))]),
        source(&format!("git://{with_git}#{COMMIT}"), &[]),
        ssh,
    ] {
        assert_eq!(engine.judge(denied.clone()), None, "{denied:?}");
    }
}

#[test]
fn what_names_no_digest_is_converted_to_the_locked_one() {
    let engine = Engine::of(&homebridge().run(ALL[0]).code(0));
    let tag = source(&format!("{DEBIAN}:bookworm-slim"), &[]);
    assert_eq!(engine.judge(tag), Some(source(&format!("{DEBIAN}:bookworm-slim@{DIGEST}"), &[])));
    assert_eq!(engine.judge(source(NODE, &[])), Some(source(NODE, &[("http.checksum", NODE_SUM)])));
}

/// The hand-written lock, changed.
fn changed(change: impl FnOnce(&mut Lock)) -> Vec<u8> {
    let mut lock = lock::open(LOCK).unwrap().lock;
    change(&mut lock);
    lock.to_bytes()
}

fn one(text: &str) -> Locked {
    Locked::One(Token::new(text).unwrap())
}

fn token(text: &str) -> Token {
    Token::new(text).unwrap()
}

/// A second pin as an old one, under another name.
fn doubled(work: &Work, old: &str, new: &str, change: impl FnOnce(&mut Entry)) {
    let text = String::from_utf8(MANIFEST.to_vec()).unwrap();
    let table = text.split_once(&format!("[pins.{old}]\n")).unwrap().1.split("\n[").next().unwrap().to_owned();
    let table: String = table.lines().filter(|l| !l.starts_with("into")).map(|l| format!("{l}\n")).collect();
    let table = table.replace("{platform}/", "second/{platform}/");
    work.write("pins.toml", format!("{text}\n[pins.{new}]\n{table}"));
    let lock = changed(|lock| {
        let mut entry = lock.pins[old].clone();
        change(&mut entry);
        lock.pins.insert(new.parse().unwrap(), entry);
    });
    work.write("pins.lock", lock);
}

#[test]
fn a_tag_at_two_digests_stays_denied_and_both_digests_are_allowed() {
    let work = homebridge();
    let other = DIGEST.replace("4c61", "5c61");
    doubled(&work, "base", "second", |entry| {
        let tagged = format!("docker.io/library/debian:bookworm-slim@{other}");
        entry.values.insert(token("reference"), one(&tagged));
        entry.values.insert(token("digest"), one(&other));
    });
    let ran = work.run(ALL[0]).code(0).says(&format!(
        "docker.io/library/debian:bookworm-slim is locked at 2 digests, so the name alone stays denied\n   found     {DIGEST}, {other}\n"
    ));
    let engine = Engine::of(&ran);
    assert_eq!(engine.judge(source(&format!("{DEBIAN}:bookworm-slim"), &[])), None);
    for digest in [DIGEST, &other] {
        let pinned = source(&format!("{DEBIAN}:bookworm-slim@{digest}"), &[]);
        assert_eq!(engine.judge(pinned.clone()), Some(pinned));
    }
}

#[test]
fn a_url_with_two_contents_is_allowed_with_either_checksum_alone() {
    let work = homebridge();
    let other = NODE_SUM.replace("c6fa", "c6fb");
    doubled(&work, "node", "second", |entry| {
        let file = entry.artifacts.iter_mut().find(|a| a.url.as_deref() == Some(NODE)).unwrap();
        file.sha256 = other.strip_prefix("sha256:").unwrap().parse().unwrap();
    });
    let engine = Engine::of(&work.run(ALL[0]).code(0).says("is locked at 2 digests"));
    assert_eq!(engine.judge(source(NODE, &[])), None);
    for sum in [NODE_SUM, &other] {
        let pinned = source(NODE, &[("http.checksum", sum)]);
        assert_eq!(engine.judge(pinned.clone()), Some(pinned));
    }
}

#[test]
fn an_image_of_another_repository_than_the_pins_is_refused() {
    let work = homebridge();
    let foreign = format!("ghcr.io/library/debian:bookworm-slim@{DIGEST}");
    work.write(
        "pins.lock",
        changed(|lock| {
            lock.pins.get_mut("base").unwrap().values.insert(token("reference"), one(&foreign));
        }),
    );
    let ran = work.run(ALL[0]).code(2).says("not of the repository that the pin names").says("ghcr.io/library/debian");
    assert_eq!(ran.out, "");
    for bad in ["docker.io/library/debian:bookworm-slim", "docker.io/library/debian@sha256:00"] {
        work.write(
            "pins.lock",
            changed(|lock| {
                lock.pins.get_mut("base").unwrap().values.insert(token("reference"), one(bad));
            }),
        );
        work.run(ALL[0]).code(2).says("is no reference with a digest");
    }
}

#[test]
fn pins_that_were_resolved_and_vendored_are_allowed_and_their_sums_hold() {
    let (repo, commits) = releases(2);
    let git = GitMemory::serve(repo);
    let (server, _) = files(&[("/tool 1.tar", b""), ("/tool.tar", b"the bytes")]);
    let work = Work::new();
    work.write("Dockerfile", "FROM scratch\nARG WIDGET=\nARG SUM=\n").write(
        "pins.toml",
        format!(
            "version = 1\n\n[pins.tool]\nurl = \"{}/tool.tar\"\nsha512 = true\nvendor = \"context/a (b) & *c/tool.tar\"\ninto = [{{ arg = \"SUM\" }}]\n\n[pins.widget]\ngit = \"{}\"\ntag = \"v1.1.0\"\nvendor = \"context/widget.tar\"\ninto = [{{ arg = \"WIDGET\" }}]\n",
            server.url(),
            git.url()
        ),
    );
    work.run(&["refresh"]).code(0);
    let lock: Value = serde_json::from_str(&work.read("pins.lock")).unwrap();
    let commit = lock["pins"]["widget"]["values"]["commit"].as_str().unwrap();
    assert!(commits.iter().any(|c| c == commit), "{commit} is none of {commits:?}");
    let asked = (server.log().len(), work.tree());

    let engine = Engine::of(&work.run(ALL[0]).code(0));
    let url = format!("{}/tool.tar", server.url());
    let sum = format!("sha256:{}", Sha256::of(b"the bytes"));
    assert_eq!(engine.judge(source(&url, &[])), Some(source(&url, &[("http.checksum", &sum)])));
    let long = format!("sha512:{}", lock["pins"]["tool"]["values"]["sha512"].as_str().unwrap());
    for sum in [&sum, &long] {
        let pinned = source(&url, &[("http.checksum", sum)]);
        assert_eq!(engine.judge(pinned.clone()), Some(pinned));
    }
    let name = git.url().replace("http://", "");
    let pinned = source(&format!("git://{name}#{commit}"), &[("git.fullurl", &git.url())]);
    assert_eq!(engine.judge(pinned.clone()), Some(pinned));

    work.run(ALL[1]).code(0).says(&format!("WIDGET_COMMIT={commit}\n")).says("WIDGET_TAG=v1.1.0\n");
    let sums = work.run(ALL[2]).code(0).out;
    assert_eq!((server.log().len(), work.tree()), asked);
    if !have("sha256sum") {
        return;
    }
    std::fs::write(work.home().join("sums"), sums).unwrap();
    let check = || {
        let mut command = Command::new("sha256sum");
        let out = command.args(["--strict", "-c"]).arg(work.home().join("sums")).current_dir(work.image()).output();
        let out = out.unwrap();
        (out.status.success(), String::from_utf8(out.stdout).unwrap())
    };
    assert_eq!(check(), (true, "context/a (b) & *c/tool.tar: OK\ncontext/widget.tar: OK\n".to_owned()));
    work.write("context/a (b) & *c/tool.tar", "the bytez");
    assert_eq!(check(), (false, "context/a (b) & *c/tool.tar: FAILED\ncontext/widget.tar: OK\n".to_owned()));
}

/// What `set -a; . ./pins.env` gives in a shell, of the variables that begin so.
fn sourced(shell: &str, folder: &Path, prefix: &str) -> Vec<String> {
    let script = "set -eua; . ./pins.env; env";
    let mut command = Command::new(shell);
    command.args(["-c", script]).current_dir(folder).env_clear().env("PATH", "/usr/bin:/bin");
    let out = command.output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let mut lines: Vec<String> =
        String::from_utf8(out.stdout).unwrap().lines().filter(|l| l.starts_with(prefix)).map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn no_value_does_anything_in_a_shell() {
    let work = homebridge();
    let odd =
        ["1.0~rc1", "~", "a;touch${IFS}x", "*", "a|b", "#a", "a&b", "(a)", "<a>b", "!a", "[a]", "{a,b}", "a=~/b:~"];
    let values: Vec<&str> = odd.into_iter().filter(|v| Token::new(v).is_ok()).collect();
    assert_eq!(values.len(), odd.len() - 1, "a token holds no `$`");
    let entry = |lock: &mut Lock| {
        let entry = lock.pins.get_mut("avahi").unwrap();
        entry.values.clear();
        entry.values.extend(values.iter().enumerate().map(|(i, v)| (token(&format!("p{i:02}")), one(v))));
    };
    work.write("pins.lock", changed(entry));
    let ran = work.run(&["export", "env", "--pin", "avahi"]).code(0);
    assert!(ran.out.starts_with("AVAHI_P00='1.0~rc1'\nAVAHI_P01='~'\nAVAHI_P02='*'\n"), "{}", ran.out);
    work.write("pins.env", &ran.out);
    let expected: Vec<String> = values.iter().enumerate().map(|(i, v)| format!("AVAHI_P{i:02}={v}")).collect();
    for shell in ["dash", "bash", "sh"].into_iter().filter(|shell| have(shell)) {
        assert_eq!(sourced(shell, &work.image(), "AVAHI_"), expected, "{shell}");
    }
}

#[test]
fn pins_are_chosen_by_name_and_glob() {
    let work = homebridge();
    let out = work.run(&["export", "env", "--pin", "healthcheckers", "--pin", "ba*"]).code(0).out;
    assert_eq!(
        out,
        format!(
            "BASE_DIGEST={DIGEST}\nBASE_REFERENCE=docker.io/library/debian:bookworm-slim@{DIGEST}\nBASE_TAG=bookworm-slim\nHEALTHCHECKERS_COMMIT={COMMIT}\nHEALTHCHECKERS_DATE=2021-02-18\n"
        )
    );
    work.run(&["export", "env", "--pin", "bass"]).code(2).says("base");
}

/// Git pins with these values, by name and key.
fn git_pins(pins: &[(&str, &str)]) -> Work {
    let work = Work::new();
    let text: String = pins
        .iter()
        .map(|(name, _)| format!("\n[pins.\"{name}\"]\ngit = \"https://github.com/dubo-dubon-duponey/healthcheckers\"\nbranch = \"master\"\n"))
        .collect();
    work.write("pins.toml", format!("version = 1\n{text}"));
    let lock = changed(|lock| {
        let mut entry = lock.pins["healthcheckers"].clone();
        (lock.archives, lock.pins) = Default::default();
        for (name, key) in pins {
            entry.values = [(token(key), one("1"))].into();
            lock.pins.insert(name.parse().unwrap(), entry.clone());
        }
    });
    work.write("pins.lock", lock);
    work
}

#[test]
fn two_values_of_one_name_are_an_error_that_names_both() {
    let work = git_pins(&[("a", "b-c"), ("a.b", "c"), ("x", "c")]);
    let ran = work.run(ALL[1]).code(2);
    assert_eq!(ran.out, "");
    let ran = ran.says("A_B_C would be the name of two values").says("`b-c` of a, and `c` of a.b").says("--pin NAME");
    assert_eq!(ran.err.matches("error:").count(), 1);
    assert_eq!(work.run(&["export", "env", "--pin", "a.b", "--pin", "x"]).code(0).out, "A_B_C=1\nX_C=1\n");
}

#[test]
fn a_name_is_one_that_a_shell_takes_and_no_linker_acts_on() {
    assert_eq!(git_pins(&[("7zip", "c++")]).run(ALL[1]).code(0).out, "_7ZIP_C__=1\n");
    for (name, key, variable) in [("ld", "preload", "LD_PRELOAD"), ("bash", "env", "BASH_ENV")] {
        let ran = git_pins(&[(name, key)]).run(ALL[1]).code(2).says(variable).says("dubo-pin rename");
        assert_eq!(ran.out, "");
    }
}

#[test]
fn a_lock_that_is_not_as_it_was_written_is_refused() {
    let text = String::from_utf8(LOCK.to_vec()).unwrap();
    let altered = text.replace("\"20.18.1\"", "\"20.18.2\"");
    let both = altered.replacen("  \"pins\": {", "  \"pins\":  {", 1);
    for (lock, said) in [
        (altered.clone(), "the entry of `node` was altered"),
        (text.replacen("  \"pins\": {", "  \"pins\":  {", 1), "pins.lock is not as dubo-pin writes it"),
        (text.replace('\n', "\r\n"), "CRLF"),
        (both.clone(), "pins.lock is not as dubo-pin writes it"),
        (text.replace("context/debs/Packages", "context/debs\\\\Packages"), "safe relative path"),
        (text.replace("context/debs/Packages", "context/debs\\nPackages"), "safe relative path"),
        ("{".to_owned(), "pins.lock is not readable"),
    ] {
        let work = homebridge();
        work.write("pins.lock", &lock);
        for verb in ALL {
            let ran = work.run(verb).code(2).says(said).says("help");
            assert_eq!(ran.out, "");
        }
    }
    // What is altered beside the pins that are wanted is not their matter; the form is.
    let work = homebridge();
    work.write("pins.lock", altered);
    work.run(&["export", "env", "--pin", "base"]).code(0).says("BASE_TAG=bookworm-slim\n");
    work.run(&["export", "env", "--pin", "node"]).code(2);
    work.write("pins.lock", both);
    work.run(&["export", "env", "--pin", "base"]).code(2).says("not as dubo-pin writes it");
}

#[test]
fn pins_that_are_edited_or_missing_are_refused_all_at_once() {
    let work = homebridge();
    let text = String::from_utf8(MANIFEST.to_vec()).unwrap();
    let edited = text.replace("\"20.18.1\"", "\"20.18.2\"").replace("[pins.base]", "[pins.ground]");
    work.write("pins.toml", edited);
    for verb in ALL {
        let ran =
            work.run(verb).code(2).says("node: the pin was edited since it was locked").says("dubo-pin refresh node");
        let ran = ran.says("ground: the pin is not in the lock").says("dubo-pin refresh ground");
        assert_eq!(ran.out, "");
    }
}

#[test]
fn an_unlocked_pin_without_an_entry_is_left_out_with_a_note_unless_it_is_named() {
    let work = homebridge();
    let text = String::from_utf8(MANIFEST.to_vec()).unwrap();
    work.write("pins.toml", text.replace("[pins.base]", "[pins.ground]\nunlocked = \"no registry here\""));
    for verb in ALL {
        let ran = work.run(verb).code(0).says("note: ").says("ground is not locked yet and is left out");
        assert!(ran.err.contains("unlocked: no registry here"), "{}", ran.err);
        assert!(!ran.out.contains("GROUND") && !ran.out.contains("library/debian"), "{}", ran.out);
    }
    work.run(&["export", "env", "--pin", "ground"]).code(2).says("ground: the pin is not in the lock");
}
