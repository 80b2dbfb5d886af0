//! The promise of the hook: its verdict, and each finding, is that of `verify` on a checkout of the
//! commit. For states of the index that are drawn, the same ones each time.
//!
//! In each, some of the three members are changed in some ways, each way staged or not, and staged
//! before or after another change of the same file. A third of the states at least must be red, and a
//! third green: a hook that always says the same would not do.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::ground::{Ground, MEMBERS, made};
use crate::support::have;
use crate::support::program::Ran;

const STATES: u64 = 50;

/// Numbers that look drawn, and are the same each time (splitmix64).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// True once in `n`.
    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }
}

/// Ways to change a member, by name; the paths that were changed.
const HARMLESS: [&str; 8] =
    ["label", "note", "whole", "comment", "attributes-more", "extra-elsewhere", "exec-elsewhere", "moved-alike"];
const HARMFUL: [&str; 20] = [
    "pin",
    "other-pin",
    "no-pin",
    "lock-old",
    "lock-garbled",
    "lock-conflict",
    "lock-gone",
    "bytes",
    "bytes-crlf",
    "bytes-gone",
    "bytes-link",
    "exec-on",
    "exec-off",
    "extra",
    "dockerfile-gone",
    "manifest-edit",
    "manifest-typo",
    "manifest-gone",
    "attributes-gone",
    "ignored-by-docker",
];

#[allow(clippy::too_many_lines, reason = "one line a way")]
fn change(ground: &Ground, member: &str, way: &str, draw: &mut Draw) -> Vec<String> {
    let at = |path: &str| format!("{member}/{path}");
    let exists = |path: &str| ground.top().join(at(path)).symlink_metadata().is_ok();
    let text = |path: &str| std::fs::read_to_string(ground.top().join(at(path))).unwrap_or_default();
    let replace = |path: &str, from: &str, to: &str| {
        ground.put(&at(path), text(path).replacen(from, to, 1));
        vec![at(path)]
    };
    let gone = |path: &str| {
        if exists(path) {
            ground.remove(&at(path));
        }
        vec![at(path)]
    };
    let mode = |path: &str, mode: u32| {
        let file = ground.top().join(at(path));
        if file.is_file() {
            std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        vec![at(path)]
    };
    let second = |path: &str| String::from_utf8(made()[1][path].0.clone()).unwrap();
    let n = draw.below(1000);
    match way {
        "label" => replace("Dockerfile", "LABEL a=", &format!("LABEL a=x{n}")),
        "note" => {
            ground.put(&at("notes/some words.txt"), format!("{n}\n"));
            vec![at("notes/some words.txt")]
        }
        "whole" => {
            ground.member(member, 1);
            made()[1].keys().map(|path| at(path)).collect()
        }
        "comment" => {
            ground.put(&at("pins.toml"), format!("{}# {n}\n", text("pins.toml")));
            vec![at("pins.toml")]
        }
        "attributes-more" => {
            ground.put(&at(".gitattributes"), format!("*.txt text\n{}", text(".gitattributes")));
            vec![at(".gitattributes")]
        }
        "extra-elsewhere" => {
            ground.put(&at("context/mine.bin"), format!("{n}"));
            vec![at("context/mine.bin")]
        }
        "exec-elsewhere" => mode("Dockerfile", 0o755),
        "moved-alike" => {
            ground.put(&at("spare/Dockerfile"), text("Dockerfile"));
            vec![at("spare/Dockerfile")]
        }
        "pin" => {
            ground.put(&at("Dockerfile"), second("Dockerfile"));
            vec![at("Dockerfile")]
        }
        "other-pin" => replace("Dockerfile", "ARG WIDGET=", &format!("ARG WIDGET={n}")),
        "no-pin" => replace("Dockerfile", "ARG WIDGET=", "# "),
        "lock-old" => {
            ground.put(&at("pins.lock"), second("pins.lock"));
            vec![at("pins.lock")]
        }
        "lock-garbled" => replace("pins.lock", "\"sha256\": \"", "\"sha256\": \"0"),
        "lock-conflict" => {
            let ours = text("pins.lock");
            ground.put(&at("pins.lock"), format!("<<<<<<< a\n{ours}=======\n{}>>>>>>> b\n", second("pins.lock")));
            vec![at("pins.lock")]
        }
        "lock-gone" => gone("pins.lock"),
        "bytes" => {
            ground.put(&at("context/tool.tar"), format!("other bytes {n}\n"));
            vec![at("context/tool.tar")]
        }
        "bytes-crlf" => {
            ground.put(&at("context/tool.tar"), text("context/tool.tar").replace('\n', "\r\n"));
            vec![at("context/tool.tar")]
        }
        "bytes-gone" => gone("context/tool.tar"),
        "bytes-link" => {
            gone("context/tool.tar");
            symlink("bin/run.sh", ground.top().join(at("context/tool.tar"))).unwrap();
            vec![at("context/tool.tar")]
        }
        "exec-on" => mode("context/tool.tar", 0o755),
        "exec-off" => mode("context/bin/run.sh", 0o644),
        // Beside a file that is vendored by itself, this is the user's own; below its path, it is not.
        "extra" => {
            gone("context/tool.tar");
            ground.put(&at("context/tool.tar/inside"), format!("{n}"));
            vec![at("context/tool.tar"), at("context/tool.tar/inside")]
        }
        "dockerfile-gone" => gone("Dockerfile"),
        "manifest-edit" => replace("pins.toml", "version = \"^1\"", "version = \"~1.0\""),
        "manifest-typo" => replace("pins.toml", "version = \"^1\"", "verison = \"^1\""),
        "manifest-gone" => gone("pins.toml"),
        "attributes-gone" => gone(".gitattributes"),
        "ignored-by-docker" => {
            ground.put(&at(".dockerignore"), format!("context/\n# {n}\n"));
            vec![at(".dockerignore")]
        }
        other => panic!("no such way: {other}"),
    }
}

/// What a run found: exit code, and the ids with the files they are about, and errors.
fn found(ran: &Ran, member: Option<&str>) -> BTreeSet<String> {
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}", ran.all()));
    let mut out: BTreeSet<String> =
        json["members"].as_array().into_iter().flatten().flat_map(|one| told(one, member)).collect();
    out.extend(told(&json, member));
    out
}

/// What a run, or one member of it, found.
fn told(json: &serde_json::Value, member: Option<&str>) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for (list, key) in [("findings", "id"), ("failures", "class")] {
        for one in json[list].as_array().into_iter().flatten() {
            let file = one["file"].as_str().unwrap_or_default();
            let file = member.map_or_else(|| file.to_owned(), |m| format!("{m}/{file}"));
            let pin = one["pin"].as_str().unwrap_or_default();
            out.insert(format!(
                "{} {pin} {file}:{} {}",
                one[key].as_str().unwrap(),
                one["line"],
                one["message"].as_str().unwrap()
            ));
        }
    }
    out
}

/// The weightiest of several exit codes, as the design has it.
fn weightiest(codes: &[i32]) -> i32 {
    *[2, 3, 4, 1].iter().find(|code| codes.contains(code)).unwrap_or(&0)
}

#[test]
fn the_verdict_is_that_of_verify_on_a_checkout_of_the_commit() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    ground.git(&["tag", "start"]).code(0);
    let mut draw = Draw(20_261_123);
    let (mut red, mut green, mut ways) = (0, 0, BTreeMap::new());
    let mut codes: BTreeMap<i32, u64> = BTreeMap::new();
    for state in 0..STATES {
        ground.git(&["reset", "-q", "--hard", "start"]).code(0);
        ground.git(&["clean", "-qfdx"]).code(0);
        let mut told = Vec::new();
        for _ in 0..=draw.below(4) {
            let member = *draw.of(&MEMBERS);
            let way = if draw.one_in(3) { *draw.of(&HARMFUL) } else { *draw.of(&HARMLESS) };
            let changed = change(&ground, member, way, &mut draw);
            // Staged whole, in part, or not at all.
            let staged: Vec<&String> = match draw.below(4) {
                0 => Vec::new(),
                1 => changed.iter().filter(|_| draw.one_in(2)).collect(),
                _ => changed.iter().collect(),
            };
            for path in &staged {
                ground.git(&["add", "-A", "--", path]);
            }
            *ways.entry(way).or_insert(0) += usize::from(!staged.is_empty());
            told.push(format!("{way} in {member}: {} of {} staged", staged.len(), changed.len()));
        }
        let hook = ground.dubo(&["hook", "run", "--format", "json"]);
        let touched: BTreeSet<String> = ground
            .git(&["diff", "--cached", "--name-only", "--no-renames", "-z"])
            .out
            .split('\0')
            .filter_map(|path| Some(path.split_once('/')?.0.to_owned()))
            .collect();
        ground.git(&["commit", "-q", "--no-verify", "--allow-empty", "-m", "state"]).code(0);
        let clone = ground.folder().join(format!("clone {state}"));
        ground.git(&["clone", "-q", "--no-hardlinks", ".", clone.to_str().unwrap()]).code(0);
        let (mut expected, mut verdicts) = (BTreeSet::new(), Vec::new());
        for member in &touched {
            verdicts.extend(verdict(&ground, &clone, member, &mut expected));
        }
        let code = weightiest(&verdicts);
        let told = told.join("; ");
        let mut seen = found(&hook, None);
        // A member without a manifest is verify's usage error; the hook says it in words of its own.
        seen.retain(|f| !f.contains("is deleted, but"));
        assert_eq!(seen, expected, "state {state}: {told}\n{}", hook.all());
        assert_eq!(hook.code, Some(code), "state {state}: {told}\n{}", hook.all());
        *codes.entry(code).or_insert(0) += 1;
        if code == 0 {
            green += 1
        } else {
            red += 1
        }
        std::fs::remove_dir_all(clone).unwrap();
    }
    println!("{red} red, {green} green; exit codes {codes:?}; ways {ways:?}");
    assert!(red * 3 >= STATES && green * 3 >= STATES, "{red} red, {green} green");
    assert!(codes.contains_key(&1) && codes.contains_key(&2));
}

/// The exit code of `verify` in a member of a checkout, and its findings; none where nothing is pinned.
fn verdict(ground: &Ground, clone: &Path, member: &str, expected: &mut BTreeSet<String>) -> Option<i32> {
    let has = |name: &str| clone.join(member).join(name).symlink_metadata().is_ok();
    if !has("pins.toml") {
        return has("pins.lock").then_some(2);
    }
    let ran = ground.dubo_at(clone, &["-C", member, "verify", "--format", "json"]);
    expected.extend(found(&ran, Some(member)));
    ran.code
}
