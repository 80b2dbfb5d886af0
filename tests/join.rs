//! The main job through the program: refresh, read the diff, verify; on real git servers and in
//! memory.

use super::support::git_http::{self, GitHttp};
use super::support::git_memory::{GitMemory, Repo};
use super::support::have;
use super::support::program::Work;

/// A repository of `n` releases on one line, `v1.0.0` to `v1.(n-1).0`, annotated tags.
pub fn releases(n: usize) -> (Repo, Vec<String>) {
    let mut repo = Repo::default();
    let (mut ids, mut parent) = (Vec::new(), Vec::new());
    for i in 0..n {
        let id = repo.commit(&format!("release 1.{i}.0"), &parent);
        release(&mut repo, &format!("v1.{i}.0"), id);
        ids.push(id.to_string());
        parent = vec![id];
    }
    repo.set("refs/heads/main", parent[0]);
    (repo, ids)
}

/// An annotated tag.
fn release(repo: &mut Repo, name: &str, commit: gix::ObjectId) {
    let tag = repo.tag(name, commit);
    repo.set(&format!("refs/tags/{name}"), tag);
}

fn manifest(url: &str, rule: &str) -> String {
    format!(
        "version = 1\n\n[pins.widget]\ngit = \"{url}\"\n{rule}\ninto = [{{ stage = \"build\", arg = \"GIT_COMMIT\" }},\n        {{ stage = \"build\", arg = \"GIT_VERSION\", value = \"tag\" }}]\n"
    )
}

fn dockerfile(version: &str, commit: &str) -> String {
    format!(
        "FROM scratch AS build\n# widget, the best: {version}\nARG GIT_VERSION={version}\nARG GIT_COMMIT={commit}\nRUN git fetch origin $GIT_COMMIT\n"
    )
}

#[test]
fn keep_changes_no_byte_and_refresh_changes_only_the_pinned_tokens() {
    let (repo, ids) = releases(3);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    let before = dockerfile("v1.0.0", &ids[0]);
    work.write("Dockerfile", &before).write("pins.toml", manifest(&server.url(), "version = \"^1.0\""));

    work.run(&["verify"]).code(1).says("LOCK002").says("dubo-pin refresh widget");
    work.run(&["refresh", "--keep"]).code(0);
    assert_eq!(work.read("Dockerfile"), before);
    work.run(&["verify"]).code(0).says("1 verified, 0 UNLOCKED, 0 suppressed");
    work.run(&["outdated"]).code(1).says("v1.2.0").says("newer");

    work.run(&["refresh"]).code(0).says("v1.0.0 -> v1.2.0").says("2 commits").says("release 1.2.0");
    assert_eq!(work.read("Dockerfile"), dockerfile("v1.2.0", &ids[2]));
    work.run(&["verify"]).code(0);
    work.run(&["outdated"]).code(0).says("current");

    let (lock, file) = (work.bytes("pins.lock"), work.bytes("Dockerfile"));
    work.run(&["refresh"]).code(0);
    assert!(work.bytes("pins.lock") == lock && work.bytes("Dockerfile") == file, "nothing moved, but bytes changed");
}

#[test]
fn a_pin_without_an_entry_is_locked_at_what_its_dockerfile_bears() {
    let (repo, ids) = releases(3);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write("Dockerfile", dockerfile("v1.1.0", &ids[1]))
        .write("pins.toml", manifest(&server.url(), "version = \"^1.0\""));
    work.run(&["refresh"]).code(0);
    assert_eq!(work.read("Dockerfile"), dockerfile("v1.1.0", &ids[1]));
    work.run(&["refresh"]).code(0);
    assert_eq!(work.read("Dockerfile"), dockerfile("v1.2.0", &ids[2]));
}

#[test]
fn a_value_that_the_manifest_does_not_allow_is_not_kept() {
    let (repo, ids) = releases(3);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    let before = dockerfile("v1.0.0", &ids[0]);
    work.write("Dockerfile", &before).write("pins.toml", manifest(&server.url(), "version = \"^1.1\""));
    work.run(&["refresh", "--keep"]).code(1).says("v1.0.0").says("^1.1");
    assert_eq!(work.read("Dockerfile"), before);
    assert!(!work.image().join("pins.lock").exists());
    work.run(&["refresh"]).code(0).says("was not kept");
    assert!(work.read("Dockerfile").contains(&ids[2]));
}

#[test]
fn empty_sites_get_the_newest() {
    let (repo, ids) = releases(2);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write("Dockerfile", "FROM scratch AS build\nARG GIT_VERSION=\nARG GIT_COMMIT=\n")
        .write("pins.toml", manifest(&server.url(), "version = \"^1\""));
    work.run(&["refresh", "--keep"]).code(2).says("no value to keep");
    work.run(&["refresh"]).code(0);
    assert_eq!(
        work.read("Dockerfile"),
        format!("FROM scratch AS build\nARG GIT_VERSION=v1.1.0\nARG GIT_COMMIT={}\n", ids[1])
    );
}

#[test]
fn every_rule_resolves_to_what_git_ls_remote_says() {
    if !have("git") {
        return;
    }
    let root = git_http::large();
    let big = &root.join("large.git");
    let server = GitHttp::serve(root, true);
    let url = server.url("large.git");
    let listed = git_http::git(big, &["ls-remote", &url]);
    let says = |name: &str| {
        let find = |n: &str| {
            listed.lines().find_map(|l| l.split_once('\t').filter(|(_, r)| *r == n).map(|(id, _)| id.to_owned()))
        };
        find(&format!("{name}^{{}}")).or_else(|| find(name)).unwrap_or_else(|| panic!("{name} is not in the list"))
    };
    let tags: Vec<&str> = listed
        .lines()
        .filter_map(|l| l.split_once("refs/tags/"))
        .map(|(_, t)| t)
        .filter(|t| !t.ends_with("^{}"))
        .collect();
    assert!(tags.len() >= 80, "{}", tags.len());
    assert!(git_http::git(big, &["rev-list", "--count", "--all"]).trim().parse::<usize>().unwrap() > 10_000);
    let newest = |req: &str| {
        let req = semver::VersionReq::parse(req).unwrap();
        let versions = tags.iter().filter_map(|t| semver::Version::parse(t.strip_prefix('v')?).ok());
        format!("v{}", versions.filter(|v| req.matches(v)).max().unwrap())
    };
    let branch = listed.lines().find_map(|l| l.split_once("refs/heads/")).unwrap().1;
    let one = tags[tags.len() / 2];
    let wide = newest("*");
    let narrow = newest("~1.2");
    let cases = [
        (String::new(), says("HEAD")),
        (format!("branch = \"{branch}\""), says(&format!("refs/heads/{branch}"))),
        (format!("tag = \"{one}\""), says(&format!("refs/tags/{one}"))),
        ("version = \"*\"".to_owned(), says(&format!("refs/tags/{wide}"))),
        ("version = \"~1.2\"".to_owned(), says(&format!("refs/tags/{narrow}"))),
        (format!("version = \"<{}\"", &wide[1..]), says(&format!("refs/tags/{}", newest(&format!("<{}", &wide[1..]))))),
        (
            format!("version = \"*\"\nexclude = [\"{}\"]", &wide[1..]),
            says(&format!("refs/tags/{}", newest(&format!("<{}", &wide[1..])))),
        ),
    ];
    for v2 in [true, false] {
        let server = GitHttp::serve(root, v2);
        let url = server.url("large.git");
        let work = Work::new();
        let mut manifest = "version = 1\n".to_owned();
        let mut file = "FROM scratch\n".to_owned();
        for (i, (rule, _)) in cases.iter().enumerate() {
            manifest += &format!("[pins.p{i}]\ngit = \"{url}\"\n{rule}\ninto = [{{ arg = \"P{i}\" }}]\n");
            file += &format!("ARG P{i}=\n");
        }
        work.write("pins.toml", manifest).write("Dockerfile", file);
        work.run(&["refresh"]).code(0);
        let after = work.read("Dockerfile");
        for (i, (rule, expected)) in cases.iter().enumerate() {
            assert!(after.contains(&format!("ARG P{i}={expected}\n")), "v2 {v2}, {rule:?}: {expected} in\n{after}");
        }
        work.run(&["verify"]).code(0);
        work.run(&["refresh", "--locked"]).code(0);
    }
}

#[test]
fn every_flipped_bit_of_a_pinned_token_is_a_finding_that_names_the_line() {
    let (repo, ids) = releases(2);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    let file = format!("FROM scratch AS build\nARG GIT_VERSION=v1.0.0\nENV OTHER=1\nARG GIT_COMMIT=\"{}\"\n", ids[0]);
    work.write("Dockerfile", &file).write("pins.toml", manifest(&server.url(), "version = \"=1.0.0\""));
    work.run(&["refresh"]).code(0);
    work.run(&["verify"]).code(0);
    let verify = || dubo_pin::ops::verify::folder(&work.image(), &Default::default());
    for (token, line) in [("v1.0.0", 2), (ids[0].as_str(), 4)] {
        let start = file.find(token).unwrap();
        for bit in 0..token.len() * 8 {
            let mut flipped = file.clone().into_bytes();
            flipped[start + bit / 8] ^= 1 << (bit % 8);
            work.write("Dockerfile", &flipped);
            let place = match verify() {
                Err(failures) => failures[0].trouble.place.clone().unwrap(),
                Ok(verdict) => {
                    assert!(!verdict.is_clean(), "bit {bit} of {token} was not seen");
                    verdict.findings[0].trouble.place.clone().unwrap()
                }
            };
            let near = place.file == "Dockerfile" && place.line.abs_diff(line) <= 1 || place.file == "pins.toml";
            assert!(near, "bit {bit} of {token}: {place:?}");
        }
    }
}

#[test]
fn every_flipped_bit_of_the_lock_is_seen_and_its_line_named() {
    let (repo, ids) = releases(1);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write("Dockerfile", dockerfile("v1.0.0", &ids[0]))
        .write("pins.toml", manifest(&server.url(), "tag = \"v1.0.0\""));
    work.run(&["refresh"]).code(0);
    let good = work.bytes("pins.lock");
    for bit in 0..good.len() * 8 {
        let mut flipped = good.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        work.write("pins.lock", &flipped);
        if flipped.starts_with(b"{\n  \"version\": 0,\n") {
            // an older lock that says the same of every pin
            work.run(&["verify"]).code(0);
            continue;
        }
        let place = match dubo_pin::ops::verify::folder(&work.image(), &Default::default()) {
            Err(failures) => failures[0].trouble.place.clone(),
            Ok(verdict) => {
                assert!(!verdict.is_clean(), "bit {bit} was not seen");
                verdict.findings.iter().filter_map(|f| f.trouble.place.clone()).find(|p| p.file == "pins.lock")
            }
        };
        assert_eq!(place.map(|p| p.file).as_deref(), Some("pins.lock"), "bit {bit}");
    }
    work.write("pins.lock", &good);
    work.run(&["verify"]).code(0);
}

#[test]
fn two_machines_and_any_order_of_answers_give_the_same_lock() {
    let locks: Vec<Vec<u8>> = ["1", "8"]
        .iter()
        .map(|jobs| {
            let (repo, _) = releases(3);
            let server = GitMemory::serve(repo);
            let work = Work::new();
            let mut manifest = "version = 1\n".to_owned();
            for i in 0..9 {
                manifest += &format!("[pins.p{i}]\ngit = \"https://git.example.org/r{i}\"\nversion = \"^1\"\n");
            }
            work.write("pins.toml", manifest).write("Dockerfile", "FROM scratch\n");
            let mirrors: Vec<String> =
                (0..9).map(|i| format!("https://git.example.org/r{i}={};resolve", server.url())).collect();
            let mirror = mirrors.join(" ");
            let ran = super::support::program::ran(
                work.command(&["refresh", "--jobs", jobs]).env("DUBO_PIN_MIRRORS", mirror),
            );
            ran.code(0);
            work.bytes("pins.lock")
        })
        .collect();
    assert!(locks[0] == locks[1]);
    assert!(String::from_utf8_lossy(&locks[0]).contains("\"origin\": \"mirror\""));
}

#[test]
fn a_mirror_that_may_not_resolve_decides_no_new_value() {
    let (repo, ids) = releases(1);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write(
        "pins.toml",
        "version = 1\n[pins.p]\ngit = \"http://127.0.0.1:1/r\"\nversion = \"^1\"\ninto = [{ arg = \"X\" }]\n",
    )
    .write("Dockerfile", format!("FROM scratch\nARG X={}\n", ids[0]));
    let mirror = format!("http://127.0.0.1:1/={}/", server.http.url());
    super::support::program::ran(work.command(&["refresh"]).env("DUBO_PIN_MIRRORS", mirror)).code(4);
    assert!(!work.image().join("pins.lock").exists());
}

#[test]
fn to_sets_exactly_one_value_that_the_manifest_allows() {
    let (repo, ids) = releases(3);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write("Dockerfile", dockerfile("v1.2.0", &ids[2]))
        .write("pins.toml", manifest(&server.url(), "version = \"^1.1\""));
    work.run(&["refresh"]).code(0);
    for to in ["v1.1.0", "1.1.0", &ids[1]] {
        work.run(&["refresh", "widget", "--to", "1.2.0"]).code(0);
        work.run(&["refresh", "widget", "--to", to]).code(0);
        assert_eq!(work.read("Dockerfile"), dockerfile("v1.1.0", &ids[1]), "{to}");
        work.run(&["verify"]).code(0);
    }
    work.run(&["refresh", "widget", "--to", "v1.0.0"]).code(1).says("^1.1");
    work.run(&["refresh", "--to", "v1.1.0"]).code(2).says("name exactly one");
    assert_eq!(work.read("Dockerfile"), dockerfile("v1.1.0", &ids[1]));
}

#[test]
fn dry_run_shows_the_diff_and_writes_nothing() {
    let (repo, ids) = releases(2);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write("Dockerfile", "FROM scratch AS build\nARG GIT_VERSION=\nARG GIT_COMMIT=\n")
        .write("pins.toml", manifest(&server.url(), "version = \"^1\""));
    let before = work.tree();
    work.run(&["refresh", "--dry-run"]).code(0).says(&format!("+ARG GIT_COMMIT={}", ids[1])).says("+++ b/pins.lock");
    assert_eq!(work.tree(), before);
    assert!(!work.image().join(".dubo-pin").exists());
}

#[test]
fn offline_places_what_is_locked_and_asks_nobody() {
    let (repo, ids) = releases(2);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write("Dockerfile", dockerfile("v1.1.0", &ids[1]))
        .write("pins.toml", manifest(&server.url(), "version = \"^1\""));
    work.run(&["refresh", "--offline"]).code(4).says("--offline asks nobody");
    work.run(&["refresh"]).code(0);
    let asked = server.http.log().len();
    work.write("Dockerfile", dockerfile("v1.1.0", "0123456789012345678901234567890123456789"));
    work.run(&["verify"]).code(1).says("LOCK001").says("Dockerfile:4:16").says(&ids[1]);
    work.run(&["refresh", "--offline"]).code(0);
    assert_eq!(work.read("Dockerfile"), dockerfile("v1.1.0", &ids[1]));
    assert_eq!(server.http.log().len(), asked);
}

#[test]
fn names_and_globs_choose_pins_and_only_all_of_them_prune() {
    let (repo, ids) = releases(1);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    let pin = |name: &str| {
        format!(
            "[pins.{name}]\ngit = \"{}\"\ntag = \"v1.0.0\"\ninto = [{{ arg = \"{}\" }}]\n",
            server.url(),
            name.to_uppercase().replace('-', "_")
        )
    };
    let file = "FROM scratch\nARG GO_A=\nARG GO_B=\nARG OTHER=\n";
    work.write("Dockerfile", file)
        .write("pins.toml", format!("version = 1\n{}{}{}", pin("go-a"), pin("go-b"), pin("other")));
    work.run(&["refresh", "go-*"]).code(0);
    assert_eq!(work.read("Dockerfile"), format!("FROM scratch\nARG GO_A={0}\nARG GO_B={0}\nARG OTHER=\n", ids[0]));
    work.run(&["refresh", "goa"]).code(2).says("no pin is called `goa`").says("go-a");
    work.run(&["refresh"]).code(0);
    work.write("pins.toml", format!("version = 1\n{}", pin("go-a")));
    work.run(&["verify"]).code(1).says("LOCK003").says("other");
    work.run(&["refresh", "go-a"]).code(0);
    work.run(&["verify"]).code(1).says("LOCK003");
    work.run(&["refresh"]).code(0);
    work.run(&["verify"]).code(0).says("1 verified");
}

#[test]
fn an_edited_manifest_is_seen_offline() {
    let (repo, ids) = releases(3);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write("Dockerfile", dockerfile("v1.0.0", &ids[0]))
        .write("pins.toml", manifest(&server.url(), "version = \"=1.0.0\""));
    work.run(&["refresh"]).code(0);
    work.write("pins.toml", manifest(&server.url(), "version = \"^1.0\""));
    work.run(&["verify"]).code(1).says("LOCK004").says("version=1.0.0").says("version=^1.0");
    work.run(&["refresh", "--keep"]).code(0);
    assert_eq!(work.read("Dockerfile"), dockerfile("v1.0.0", &ids[0]));
    work.run(&["verify"]).code(0);
}

#[test]
fn unlocked_pins_are_counted_and_strict_finds_them() {
    let (repo, ids) = releases(1);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    let unlocked = manifest(&server.url(), "version = \"^1\"\nunlocked = \"not yet\"");
    work.write("Dockerfile", dockerfile("v1.0.0", &ids[0])).write("pins.toml", unlocked);
    work.run(&["refresh"]).code(0).says("not yet");
    work.run(&["verify"]).code(0).says("0 verified, 1 UNLOCKED");
    work.run(&["verify", "--strict"]).code(1).says("PIN001");
    work.run(&["refresh", "widget"]).code(0);
    work.run(&["verify", "--strict"]).code(0).says("1 verified");
}

#[test]
fn add_refresh_verify_rename_remove_as_a_new_user_would() {
    let (repo, ids) = releases(2);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write("Dockerfile", "FROM scratch AS build\nARG GIT_COMMIT=\n");
    work.run(&["verify"]).code(2).says("there is no pins.toml").says("dubo-pin add");
    work.run(&["add", "widget", "--git", &server.url(), "--version", "^1", "--into", "build:GIT_COMMIT"]).code(0);
    work.run(&["add", "widget", "--git", &server.url()]).code(2).says("widget");
    work.run(&["refresh"]).code(0);
    assert_eq!(work.read("Dockerfile"), format!("FROM scratch AS build\nARG GIT_COMMIT={}\n", ids[1]));
    work.run(&["rename", "widget", "gadget"]).code(0);
    work.run(&["verify"]).code(0).says("1 verified");
    work.run(&["remove", "gadget"]).code(0);
    assert!(!work.read("pins.lock").contains("gadget"));
    work.run(&["verify"]).code(0);
}

#[test]
fn two_pins_at_one_version_by_other_prefixes() {
    let mut repo = Repo::default();
    let a = repo.commit("a", &[]);
    let b = repo.commit("b", &[a]);
    for (tag, id) in [("release-2.0", a), ("release-2.1", b), ("v1.9.0", a), ("junk", b), ("release-3.0-rc1", b)] {
        release(&mut repo, tag, id);
    }
    repo.set("refs/heads/main", b);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write("Dockerfile", "FROM scratch AS build\nARG GIT_VERSION=\nARG GIT_COMMIT=\n")
        .write("pins.toml", manifest(&server.url(), "version = \">=2\"\ntag = \"release-{version}\""));
    work.run(&["refresh"]).code(0);
    assert_eq!(
        work.read("Dockerfile"),
        format!("FROM scratch AS build\nARG GIT_VERSION=release-2.1\nARG GIT_COMMIT={b}\n")
    );
    work.write("pins.toml", manifest(&server.url(), "version = \"*\""));
    work.run(&["refresh"]).code(3).says("older than the locked one");
    work.run(&["refresh", "widget", "--to", "v1.9.0"]).code(0);
    assert!(work.read("Dockerfile").contains("GIT_VERSION=v1.9.0"));
}

#[test]
fn one_version_spelt_twice_at_different_commits_is_ambiguous() {
    let mut repo = Repo::default();
    let a = repo.commit("a", &[]);
    let b = repo.commit("b", &[a]);
    release(&mut repo, "v1.0.0", a);
    release(&mut repo, "1.0.0", b);
    repo.set("refs/heads/main", b);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write("Dockerfile", "FROM scratch AS build\nARG GIT_VERSION=\nARG GIT_COMMIT=\n")
        .write("pins.toml", manifest(&server.url(), "version = \"^1\""));
    work.run(&["refresh"]).code(2).says("are the same version at different commits").says("tag = \"v{version}\"");
    work.write("pins.toml", manifest(&server.url(), "version = \"^1\"\ntag = \"v{version}\""));
    work.run(&["refresh"]).code(0);
    assert!(work.read("Dockerfile").contains(&a.to_string()));
}

#[test]
fn short_and_date_are_values_too() {
    let (repo, ids) = releases(1);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write("Dockerfile", format!("FROM scratch\nARG FULL={}\nARG SEVEN={}\nARG NONE=\nARG DAY=\n", ids[0], &ids[0][..7])).write(
        "pins.toml",
        format!(
            "version = 1\n[pins.w]\ngit = \"{}\"\ntag = \"v1.0.0\"\ninto = [{{ arg = \"FULL\" }}, {{ arg = \"SEVEN\", value = \"short\" }}, {{ arg = \"NONE\", value = \"short\" }}, {{ arg = \"DAY\", value = \"date\" }}]\n",
            server.url()
        ),
    );
    work.run(&["refresh"]).code(0);
    assert_eq!(
        work.read("Dockerfile"),
        format!(
            "FROM scratch\nARG FULL={}\nARG SEVEN={}\nARG NONE={}\nARG DAY=2023-11-14\n",
            ids[0],
            &ids[0][..7],
            &ids[0][..12]
        )
    );
    work.run(&["verify"]).code(0);
}

#[test]
fn locked_proves_from_upstream_what_a_consistent_forgery_cannot() {
    let (repo, ids) = releases(2);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write("Dockerfile", dockerfile("v1.0.0", &ids[0]))
        .write("pins.toml", manifest(&server.url(), "version = \"~1.0\""));
    work.run(&["refresh"]).code(0);
    let before = work.tree();
    work.run(&["refresh", "--locked"]).code(0);
    assert_eq!(work.tree(), before);
    // Somebody with the means to write a sealed, canonical lock claims another commit for the tag.
    let mut lock = dubo_pin::lock::open(&work.bytes("pins.lock")).unwrap().lock;
    let forged = {
        let mut other = Repo::default();
        other.commit("evil", &[]).to_string()
    };
    let mut other = Repo::default();
    let id = other.commit("evil", &[]);
    let raw = String::from_utf8(other.raw(&id).to_vec()).unwrap();
    let entry = lock.pins.get_mut("widget").unwrap();
    let one = |text: &str| dubo_pin::lock::Value::One(text.parse().unwrap());
    entry.values.insert("commit".parse().unwrap(), one(&forged));
    let tree = raw.lines().next().unwrap().trim_start_matches("tree ").to_owned();
    entry.evidence.insert("commit-object".to_owned(), dubo_pin::lock::Evidence::One(raw));
    entry.evidence.insert("tree".to_owned(), dubo_pin::lock::Evidence::One(tree));
    work.write("pins.lock", lock.to_bytes());
    work.write("Dockerfile", dockerfile("v1.0.0", &forged));
    work.run(&["verify"]).code(0);
    work.run(&["refresh", "--locked"]).code(3).says(&ids[0]).says(&forged);
}

#[test]
fn a_branch_or_tag_that_is_not_there_gets_the_nearest_name() {
    let (repo, _) = releases(2);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write("Dockerfile", "FROM scratch AS build\nARG GIT_VERSION=\nARG GIT_COMMIT=\n");
    for (rule, near) in [("branch = \"mian\"", "did you mean `main`?"), ("tag = \"v1.1.O\"", "did you mean `v1.1.0`?")]
    {
        work.write("pins.toml", manifest(&server.url(), rule));
        work.run(&["refresh"]).code(2).says(near);
    }
}

#[test]
fn a_pin_that_cannot_be_placed_does_not_stop_the_others() {
    let (repo, ids) = releases(2);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    let pin = |name: &str, rule: &str| {
        format!("[pins.{name}]\ngit = \"{}\"\n{rule}\ninto = [{{ arg = \"{}\" }}]\n", server.url(), name.to_uppercase())
    };
    let (head, tail) = ids[0].split_at(10);
    let split = format!("FROM scratch\nARG A={}\nARG B={head}\\\n{tail}\n", ids[0]);
    work.write("Dockerfile", &split)
        .write("pins.toml", format!("version = 1\n{}{}", pin("a", "version = \"^1\""), pin("b", "version = \"^1\"")));
    work.run(&["refresh", "--keep"]).code(0);
    work.run(&["verify"]).code(0);
    work.run(&["refresh"]).code(2).says("v1.0.0 -> v1.1.0").says("split");
    assert_eq!(work.read("Dockerfile"), split.replace(&format!("ARG A={}", ids[0]), &format!("ARG A={}", ids[1])));
    work.run(&["verify"]).code(0).says("2 verified");
}

#[test]
fn thousands_of_altered_entries_are_told() {
    let work = Work::new();
    let entry = serde_json::json!({"request": "", "first_seen": "2020-01-01", "seal": "0".repeat(64)});
    let pins: serde_json::Map<String, serde_json::Value> =
        (0..12000).map(|i| (format!("p{i}"), entry.clone())).collect();
    let lock = serde_json::to_string_pretty(&serde_json::json!({"version": 0, "pins": pins})).unwrap() + "\n";
    work.write("Dockerfile", "FROM scratch\n").write("pins.toml", "version = 1\n").write("pins.lock", lock);
    // Were it quadratic, the run would be ended from outside after its minute.
    work.run(&["verify", "-q"]).code(1);
}
