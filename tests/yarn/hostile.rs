//! Hostile and broken folders, of both formats: from one sound folder by one change, each found by
//! `verify` with its id at its file and line, offline and without node. The change of one format
//! alone is in `hostile_v1` and `hostile_berry`.
//!
//! A file that cannot be read at all is a finding too: `verify` ends with 1. `refresh` cannot follow
//! it and writes nothing.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::program::ran;

use super::{BRANCH, Desk, TAG, desks};

/// What verify finds: id, file, line, message.
#[track_caller]
pub fn findings(desk: &Desk) -> Vec<(String, String, usize, String)> {
    let nothing = desk.work.home().join("nothing");
    std::fs::create_dir_all(&nothing).unwrap();
    let ran = ran(desk.work.command(&["verify", "--format", "json"]).env("PATH", &nothing)).code(1);
    let value: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}", ran.all()));
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let line = |finding: &Value| usize::try_from(finding["line"].as_u64().unwrap_or(0)).unwrap();
    let all = value["findings"].as_array().unwrap();
    all.iter().map(|f| (text(f, "id"), text(f, "file"), line(f), text(f, "message"))).collect()
}

/// The lines, from 1, in which a finding may stand: of JSON the one that holds a text; of yarn.lock
/// the block of that line.
#[track_caller]
fn lines(desk: &Desk, file: &str, at: &str) -> std::ops::RangeInclusive<usize> {
    let text = desk.read(file);
    let all: Vec<&str> = text.lines().collect();
    let Some(line) = all.iter().position(|l| l.contains(at)) else { panic!("{at:?} is not in {file}:\n{text}") };
    if file.ends_with(".json") || at.starts_with('<') || at.starts_with('#') {
        return line + 1..=line + 1;
    }
    let blank = |l: &&str| l.trim().is_empty();
    let begin = all[..line].iter().rposition(blank).map_or(0, |n| n + 1);
    let end = all[line..].iter().position(blank).map_or(all.len(), |n| line + n);
    begin + 1..=end
}

/// Asserts that verify finds `id` (or one of several, `A|B`) in `app/file`, at the place that `at` names.
#[track_caller]
pub fn finds(desk: &Desk, what: &str, id: &str, file: &str, at: &str) {
    let (found, lines) = (findings(desk), lines(desk, file, at));
    let path = format!("app/{file}");
    let hit = found.iter().any(|(i, f, line, message)| {
        id.split('|').any(|id| id == i) && *f == path && lines.contains(line) && !message.is_empty()
    });
    assert!(hit, "{what} ({:?}): no {id} at {path}:{lines:?}, but {found:#?}", desk.yarn);
}

/// One change of a sound folder, found; then the folder is sound again.
#[track_caller]
pub fn wrong(desk: &Desk, what: &str, file: &str, change: (&str, &str), id: &str, at: &str) {
    let sound = desk.read(file);
    desk.edit(file, change.0, change.1);
    finds(desk, what, id, file, at);
    desk.work.write(&format!("app/{file}"), sound);
}

/// A folder that takes homebridge by a branch, and left-b, locked.
pub fn sound() -> impl Iterator<Item = Desk> {
    crate::support::yarn::usual().into_iter().map(|yarn| Desk::locked(yarn, BRANCH))
}

#[test]
fn package_json_that_is_not_what_was_locked() {
    for desk in sound() {
        let pinned = format!("git+https://github.com/dubo/homebridge.git#{}", desk.first);
        let newer = desk.homebridge.commit("main", &super::homebridge("1.1.0"));
        let other = |id: &str| format!("git+https://github.com/dubo/homebridge.git#{id}");
        // Without upstream nobody knows whether a short id is a tag that looks like one.
        for (what, change, id) in [
            ("a tag again", TAG.to_owned(), "YARN003"),
            ("a branch again", BRANCH.to_owned(), "YARN003"),
            ("nothing behind the repository", "git+https://github.com/dubo/homebridge.git".to_owned(), "YARN003"),
            ("another commit", other(&newer), "YARN004"),
            ("a short commit", other(&desk.first[..10]), "YARN003|YARN014"),
            (
                "a protocol that nobody knows",
                format!("gopher://github.com/dubo/homebridge.git#{}", desk.first),
                "YARN014",
            ),
        ] {
            wrong(&desk, what, "package.json", (&pinned, &change), id, &change);
        }
        let elsewhere = pinned.replace("dubo/", "evil/");
        desk.edit("package.json", &pinned, &elsewhere);
        let found = findings(&desk);
        assert!(found.iter().any(|(id, ..)| id == "YARN004" || id == "YARN005" || id == "YARN007"), "{found:?}");
        desk.edit("package.json", &elsewhere, &pinned);
        let line = "    \"left-b\": \"^1.0.0\"";
        let more = "    \"@scope/c\": \"^2.0.0\",\n    \"left-b\": \"^1.0.0\"";
        wrong(&desk, "a dependency more", "package.json", (line, more), "YARN005", "@scope/c");
        wrong(&desk, "another range", "package.json", (line, "    \"left-b\": \"^1.0.1\""), "YARN005", "left-b");
        let sound = desk.read("package.json");
        desk.work.write("app/package.json", sound.replace(&format!(",\n{line}"), ""));
        finds(&desk, "a dependency less", "YARN006", "yarn.lock", "left-b@");
        desk.work.write("app/package.json", &sound);
        desk.verify().code(0);
    }
}

#[test]
fn package_json_that_two_readers_read_in_two_ways() {
    for desk in sound() {
        let pinned = format!("\"homebridge\": \"git+https://github.com/dubo/homebridge.git#{}\"", desk.first);
        let twice = format!("{pinned},\n    \"homebridge\": \"{TAG}\"");
        wrong(&desk, "a dependency twice", "package.json", (&pinned, &twice), "YARN002", TAG);
        let escaped = format!("{pinned},\n    \"home\\u0062ridge\": \"{TAG}\"");
        wrong(&desk, "twice, once escaped", "package.json", (&pinned, &escaped), "YARN002", "\\u0062");
        let section = "  \"dependencies\": {";
        let sections = "  \"dependencies\": {},\n  \"dependencies\": {";
        let sound = desk.read("package.json");
        desk.edit("package.json", section, sections);
        let found = findings(&desk);
        assert!(
            found.iter().any(|(id, f, line, _)| id == "YARN002" && f == "app/package.json" && *line > 1),
            "{found:?}"
        );
        desk.work.write("app/package.json", &sound);
        for (what, change, at) in [
            (
                "a conflict",
                "<<<<<<< ours\n  \"private\": true,\n=======\n  \"private\": false,\n>>>>>>> theirs",
                "<<<<<<<",
            ),
            ("a comment", "  \"private\": true, // not JSON", "// not JSON"),
        ] {
            wrong(&desk, what, "package.json", ("  \"private\": true,", change), "YARN002", at);
        }
        for bytes in
            [&b""[..], b"{", b"[]", b"\xff\xfe{\0}\0", b"{\"dependencies\": []}", b"{\"dependencies\": {\"x\": 1}}"]
        {
            desk.work.write("app/package.json", bytes);
            let found = findings(&desk);
            assert!(found.iter().any(|(id, f, ..)| id == "YARN002" && f == "app/package.json"), "{bytes:?}: {found:?}");
            let ran = desk.idle(&["refresh"]);
            assert!(matches!(ran.code, Some(1 | 2)), "{bytes:?}: {ran:?}");
        }
        let deep = format!("{{\"x\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        desk.work.write("app/package.json", deep);
        assert!(findings(&desk).iter().any(|(id, ..)| id == "YARN002"));
        std::fs::remove_file(desk.app().join("package.json")).unwrap();
        assert!(findings(&desk).iter().any(|(id, f, ..)| id == "YARN002" && f == "app/package.json"));
        desk.work.write("app/package.json", &sound);
        desk.verify().code(0);
    }
}

#[test]
fn yarn_lock_that_cannot_be_read() {
    for desk in sound() {
        let sound = desk.read("yarn.lock");
        let at = sound.lines().find(|l| l.contains("left-b@")).unwrap().to_owned();
        let conflict = format!("<<<<<<< ours\n{at}\n=======\n{at}\n>>>>>>> theirs");
        wrong(&desk, "a conflict", "yarn.lock", (&at, &conflict), "YARN001", "<<<<<<<");
        let block = &desk.blocks()[&at].clone();
        let twice = format!("{block}\n\n{block}");
        desk.edit("yarn.lock", block, &twice);
        let found = findings(&desk);
        assert!(found.iter().any(|(id, f, line, _)| id == "YARN001" && f == "app/yarn.lock" && *line > 5), "{found:?}");
        desk.work.write("app/yarn.lock", &sound);
        for bytes in
            [&b"\xff\xfe\0"[..], b"not a lock", b"\"open", b"a@b:\n\tversion \"1\"\n", b"# yarn lockfile v1\na@b:\n"]
        {
            desk.work.write("app/yarn.lock", bytes);
            let found = findings(&desk);
            assert!(
                found.iter().any(|(id, f, ..)| id.starts_with("YARN0") && f.starts_with("app/")),
                "{bytes:?}: {found:?}"
            );
            let ran = desk.idle(&["refresh"]);
            assert!(matches!(ran.code, Some(1 | 2)), "{bytes:?}: {ran:?}");
        }
        std::fs::remove_file(desk.app().join("yarn.lock")).unwrap();
        assert!(findings(&desk).iter().any(|(id, f, ..)| id == "YARN001" && f == "app/yarn.lock"));
        desk.work.write("app/yarn.lock", &sound);
        desk.verify().code(0);
    }
}

#[test]
fn yarn_lock_of_fifty_megabytes_is_refused_at_once() {
    for desk in sound() {
        let sound = desk.read("yarn.lock");
        let mut large = sound.clone();
        let mut n = 0;
        while large.len() < 50 << 20 {
            n += 1;
            large += &format!(
                "\nx{n}@^1.0.0:\n  version \"1.0.0\"\n  resolved \"https://registry.example/x{n}.tgz#{n:040x}\"\n"
            );
        }
        desk.work.write("app/yarn.lock", &large);
        let begun = Instant::now();
        let found = findings(&desk);
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        assert!(found.iter().any(|(id, f, ..)| id == "YARN001" && f == "app/yarn.lock"), "{found:?}");
        let ran = desk.idle(&["refresh"]);
        assert!(matches!(ran.code, Some(1 | 2)), "{ran:?}");
        desk.work.write("app/yarn.lock", sound);
        desk.verify().code(0);
    }
}

#[test]
fn any_other_change_of_yarn_lock_is_found_too() {
    for desk in sound() {
        let sound = desk.read("yarn.lock");
        desk.work.write("app/yarn.lock", format!("{sound}\n# a word\n"));
        assert!(findings(&desk).iter().any(|(id, f, ..)| id == "YARN011" && f == "app/yarn.lock"));
        desk.work.write("app/yarn.lock", sound.replace('\n', "\r\n"));
        assert!(findings(&desk).iter().any(|(id, ..)| id == "YARN011" || id == "YARN001"));
        desk.work.write("app/yarn.lock", &sound);
        desk.verify().code(0);
    }
}

#[test]
fn files_that_are_no_plain_files_are_not_followed() {
    for desk in sound() {
        for file in ["package.json", "yarn.lock"] {
            let (path, kept) = (desk.app().join(file), desk.work.home().join(file));
            std::fs::rename(&path, &kept).unwrap();
            std::os::unix::fs::symlink(&kept, &path).unwrap();
            let id = if file == "yarn.lock" { "YARN001" } else { "YARN002" };
            let found = findings(&desk);
            assert!(found.iter().any(|(i, f, ..)| i == id && *f == format!("app/{file}")), "{found:?}");
            std::fs::remove_file(&path).unwrap();
            std::fs::create_dir(&path).unwrap();
            assert!(findings(&desk).iter().any(|(i, ..)| i == id));
            std::fs::remove_dir(&path).unwrap();
            std::fs::rename(&kept, &path).unwrap();
        }
        desk.verify().code(0);
    }
}

/// What a name of a package may do to a terminal, a path or a URL.
#[test]
fn names_with_control_characters_and_paths_are_shown_escaped() {
    for desk in desks().take(1) {
        let evil = "../../\u{1b}[31mx";
        desk.project(&[("homebridge", TAG)]);
        desk.run(&["refresh"]).code(0);
        desk.edit(
            "package.json",
            "\"homebridge\":",
            &format!("{}: \"^1.0.0\",\n    \"homebridge\":", serde_json::json!(evil)),
        );
        let ran = desk.verify().code(1);
        assert!(!ran.all().contains('\u{1b}'), "{}", ran.all());
    }
}
