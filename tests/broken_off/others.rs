//! Another process does something in the middle: edits a file, deletes the store, refreshes too,
//! dies as a credential helper or as yarn. Exit 4 with the file or program named, and the user's edit kept.
//!
//! Beside `interrupted::disks`, which has the same for the Dockerfiles and the lock of git pins.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::sync::atomic::Ordering;

use super::ground::{At, Ground, calm, same};
use super::{Args, Upstream, each};
use crate::interrupted::until;
use crate::support::git_memory::{GitMemory, Repo};
use crate::support::http::Answer;
use crate::support::program::{Work, ended};

/// What becomes of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// It writes nothing.
    Nothing,
    /// The pin whose file it is stays as it was; the others go on.
    Others(&'static str),
    /// It does all, around the edit.
    All,
}
use Then::*;

/// A verb, a file that somebody edits while upstream is asked, what the server was asked then, the
/// code, and what becomes of the run.
#[rustfmt::skip]
const EDITS: &[(Args, &str, At, i32, Then)] = &[
    (&["refresh"],              "pins.toml",      At::DebFile,       0, All),
    (&["refresh"],              "pins.lock",      At::ImageManifest, 4, Nothing),
    (&["refresh"],              "Dockerfile",     At::UrlBody,       4, Nothing),
    (&["refresh"],              "cache/file",     At::UrlBody,       2, Others("file")),
    (&["refresh"],              "src/widget.tar", At::GitPack,       2, Others("widget")),
    (&["refresh"],              "debs/Packages",  At::DebFile,       2, Others("packages")),
    (&["refresh"],              ".gitattributes", At::GitRefs,       0, All),
    (&["refresh", "--dry-run"], "Dockerfile",     At::UrlBody,       0, Nothing),
    (&["refresh", "--locked"],  "Dockerfile",     At::UrlBody,       0, Nothing),
    (&["outdated"],             "pins.lock",      At::GitRefs,       1, Nothing),
    (&["fetch"],                "cache/file",     At::UrlBody,       4, Nothing),
    (&["fetch"],                "src/widget.tar", At::UrlBody,       4, Nothing),
];

#[test]
fn a_file_that_is_edited_meanwhile_is_never_overwritten() {
    each(EDITS, 4, |ground, (arguments, file, at, code, then)| {
        let has = match arguments {
            ["refresh", "--locked"] | ["fetch"] => Upstream::Locked,
            _ => Upstream::Newer,
        };
        let mut expected = match then {
            Nothing => ground.old.clone(),
            Others(pin) => ground.without(pin),
            All => ground.after(arguments, has),
        };
        ground.has(has);
        let work = ground.work(false);
        if *arguments == ["fetch"] {
            for name in ["cache/file", "src/widget.tar"] {
                std::fs::remove_file(work.image().join(name)).unwrap();
                expected.remove(std::path::Path::new(name));
            }
        }
        let before = std::fs::read(work.image().join(file)).unwrap_or_default();
        let edited = [&before[..], b"# mine\n"].concat();
        let (place, text) = (work.image().join(file), edited.clone());
        let met = ground.spoil(*at, move |_, answer| {
            std::fs::write(&place, &text).unwrap();
            answer
        });
        let ran = calm(&mut work.command(arguments));
        assert_eq!(ran.code, Some(*code), "{}", ran.all());
        assert!(met.load(Ordering::SeqCst) > 0, "{}", ran.all());
        assert!(*code < 2 || ran.all().contains(&format!("`{file}`")), "{}", ran.all());
        expected.insert(file.into(), edited);
        same(&work, &expected, &ran);
    });
}

#[test]
fn a_store_that_is_deleted_meanwhile_costs_a_refresh_at_most() {
    each(&[At::GitPack, At::UrlBody, At::DebPackages, At::DebFile, At::ImageManifest], 5, |ground, at| {
        let new = ground.after(&["refresh"], Upstream::Newer);
        ground.has(Upstream::Newer);
        let work = ground.work(true);
        let store = work.home().join(".cache");
        let met = ground.spoil(*at, move |_, answer| {
            drop(std::fs::remove_dir_all(&store));
            answer
        });
        let ran = calm(&mut work.command(&["refresh"]));
        assert!(met.load(Ordering::SeqCst) > 0);
        match ran.code {
            Some(0) => same(&work, &new, &ran),
            // Which pins had their bytes already is chance; each is whole, old or new.
            Some(4) => assert!(!ran.all().contains("no file was changed"), "{}", ran.all()),
            _ => panic!("{:?} {}", ran.code, ran.all()),
        }
        work.run(&["verify"]).code(0).says("5 verified");
        ground.has(Upstream::Newer);
        let ran = work.run(&["refresh"]).code(0);
        same(&work, &new, &ran);
    });
}

#[test]
fn two_that_start_together_leave_what_one_leaves() {
    let ground = Ground::new();
    let new = ground.after(&["refresh"], Upstream::Newer);
    ground.has(Upstream::Newer);
    for pair in [[&["refresh"][..], &["refresh"]], [&["refresh"], &["gc", "--max", "1KB"]], [&["refresh"], &["fetch"]]]
    {
        let work = ground.work(true);
        let start =
            |arguments: &[&str]| work.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let children = pair.map(start);
        let [first, second] = children.map(ended);
        for ran in [&first, &second] {
            let busy = ran.all().contains("another dubo-pin");
            // A file that gc took from under a refresh is told as such.
            let lost = pair[1][0] == "gc" && ran.all().contains("the store");
            assert!(ran.code == Some(0) || ran.code == Some(4) && (busy || lost), "{pair:?}: {ran:?}");
        }
        assert!(pair[1][0] == "gc" || [&first, &second].iter().any(|r| r.code == Some(0)), "{first:?} {second:?}");
        let again = work.run(&["refresh"]).code(0);
        same(&work, &new, &again);
        work.run(&["verify"]).code(0);
    }
}

/// A program in the user's PATH.
fn program(work: &Work, name: &str, script: &str) -> std::path::PathBuf {
    let path = work.home().join("bin").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// What a credential helper does instead of answering.
const HELPERS: [(&str, &str); 4] = [
    ("it exits with 1", "exit 1"),
    ("it is killed", "kill -9 $$"),
    ("it says nonsense", "printf '\\377\\000= \\n\\n'"),
    ("it closes its mouth", "exec >&-; exit 0"),
];

#[test]
fn a_credential_helper_that_dies_is_told_and_the_others_go_on() {
    let ground = Ground::new();
    let cells: [(At, &str); 2] = [(At::GitRefs, "git"), (At::ImageToken, "registry")];
    for (at, kind) in cells {
        let expected = ground.without(at.pin());
        for (what, script) in HELPERS {
            ground.has(Upstream::Newer);
            let work = ground.work(false);
            let path = program(&work, if kind == "git" { "dies" } else { "docker-credential-dies" }, script);
            if kind == "git" {
                let text = format!("[credential]\n\thelper = {}\n", path.display());
                std::fs::write(work.home().join(".gitconfig"), text).unwrap();
            } else {
                std::fs::create_dir(work.home().join(".docker")).unwrap();
                std::fs::write(work.home().join(".docker/config.json"), r#"{"credsStore":"dies"}"#).unwrap();
            }
            ground.spoil(at, |_, _| Answer::new(401, "no").with("WWW-Authenticate", "Basic realm=\"r\""));
            let mut command = work.command(&["refresh"]);
            let old = command.get_envs().find(|(n, _)| *n == "PATH").unwrap().1.unwrap().to_owned();
            let mut folders = vec![path.parent().unwrap().to_owned()];
            folders.extend(std::env::split_paths(&old));
            command.env("PATH", std::env::join_paths(folders).unwrap());
            let ran = calm(&mut command);
            assert_eq!(ran.code, Some(4), "{kind}, {what}: {}", ran.all());
            assert!(ran.all().contains(&format!("error: {}: ", at.pin())), "{kind}, {what}: {}", ran.all());
            assert!(ran.all().contains("helper") || ran.all().contains("dies"), "{kind}, {what}: {}", ran.all());
            same(&work, &expected, &ran);
        }
    }
}

#[test]
fn ctrl_c_ends_a_credential_helper_that_hangs() {
    let ground = Ground::new();
    ground.has(Upstream::Newer);
    let work = ground.work(false);
    let before = work.tree();
    let asked = work.home().join("asked");
    let path = program(&work, "hangs", &format!("echo $$ > {}; exec sleep 300", asked.display()));
    let text = format!("[credential]\n\thelper = {}\n", path.display());
    std::fs::write(work.home().join(".gitconfig"), text).unwrap();
    ground.spoil(At::GitRefs, |_, _| Answer::new(401, "no").with("WWW-Authenticate", "Basic realm=\"r\""));
    let child = work.command(&["refresh"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the helper", || std::fs::read_to_string(&asked).is_ok_and(|t| t.ends_with('\n')));
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    // The helper has the program's own stderr, as a terminal's password prompt needs: it is ended first.
    let helper = std::fs::read_to_string(&asked).unwrap();
    drop(std::process::Command::new("kill").arg(helper.trim()).status());
    let ran = ended(child).code(130);
    same(&work, &before, &ran);
}

/// What a yarn does in the middle of its work.
const YARNS: [(&str, &str); 3] = [
    ("it is killed", "kill -9 $$"),
    ("it fails", "echo 'error An unexpected error occurred' >&2; exit 1"),
    ("it spoils the lock and is killed", "echo half > yarn.lock; kill -9 $$"),
];

#[test]
fn a_yarn_that_dies_leaves_package_json_and_yarn_lock_as_they_were() {
    let mut repo = Repo::default();
    let id = repo.commit_of(&[("package.json", "{\"name\": \"w\", \"version\": \"1.0.0\"}")], "first", &[]);
    repo.set("refs/tags/v1.0.0", id);
    repo.set("refs/heads/main", id);
    let server = GitMemory::serve(repo);
    for (what, script) in YARNS {
        let work = Work::new();
        let begun = work.home().join("begun");
        let script =
            format!("case \"$1\" in --version) echo 1.22.22; exit 0;; esac\necho >{}\n{script}", begun.display());
        let yarn = program(&work, "yarn", &script);
        let git = format!("git+{}#v1.0.0", server.url());
        work.write("pins.toml", "version = 1\n\n[pins.app]\nyarn = \"app\"\n")
            .write("Dockerfile", "FROM scratch\nCOPY app /app\n")
            .write(
                "app/package.json",
                format!("{{\n  \"name\": \"app\",\n  \"dependencies\": {{ \"w\": \"{git}\" }}\n}}\n"),
            )
            .write(
                "app/yarn.lock",
                "# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.\n# yarn lockfile v1\n\n",
            );
        let before = work.tree();
        let ran = calm(work.command(&["refresh"]).env("DUBO_PIN_YARN", &yarn));
        assert_eq!(ran.code, Some(4), "{what}: {}", ran.all());
        assert!(ran.all().contains("error: app: ") && begun.exists(), "{what}: {}", ran.all());
        same(&work, &before, &ran);
    }
}
