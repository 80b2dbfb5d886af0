//! What comes along with the packages that are asked for: chosen as apt would, locked with who needs
//! it, vendored, and installed without network.

use std::collections::BTreeSet;
use std::process::Command;

use dubo_pin::source::deb::closure::{Request, Universe, solve};

use super::{Desk, key};
use crate::support::debian::apt::Apt;
use crate::support::debian::{Archive, Deb, at};

/// curl with what it needs, as Debian names it; two that would do for one need, and one that nobody
/// needs.
fn curl() -> Archive {
    Archive::new("bookworm")
        .sign([&key()])
        .with(Deb::new("curl", "7.88.1-10+deb12u8").depends("libcurl4 (= 7.88.1-10+deb12u8), libc6 (>= 2.34)"))
        .with(Deb::new("libcurl4", "7.88.1-10+deb12u8").multi_arch("same").depends("libc6, libssl3 | libssl1.1"))
        .with(Deb::new("libssl3", "3.0.15-1").multi_arch("same").depends("libc6 (>= 2.34)"))
        .with(Deb::new("libssl1.1", "1.1.1w-0").multi_arch("same"))
        .with(Deb::new("libc6", "2.36-9").multi_arch("same"))
        .with(Deb::new("ca-certificates", "20230311").arch("all").depends("openssl"))
        .with(Deb::new("openssl", "3.0.15-1").depends("libssl3 (>= 3.0)"))
        .with(Deb::new("nobody", "1"))
}

const FULL: &str = "[pins.packages]\ndeb = \"dockerfile\"\nclosure = \"full\"\nvendor = \"debs/\"\n";

fn desk(archive: &Archive) -> Desk {
    let desk = Desk::new(archive);
    desk.manifest("\"linux/amd64\"", "suites = [\"bookworm\"]", FULL);
    desk
}

#[test]
fn a_full_closure_is_locked_with_who_needs_what_and_vendored() {
    let desk = desk(&curl());
    desk.run(&["refresh"]).code(0).says("packages  new: 2 packages").says("note: 4 came along");
    let lock = desk.lock();
    let pin = &lock["pins"]["packages"];
    assert_eq!(pin["values"], serde_json::json!({ "ca-certificates": "20230311", "curl": "7.88.1-10+deb12u8" }));
    assert_eq!(
        pin["evidence"]["needed-by"],
        serde_json::json!({ "libc6": "curl", "libcurl4": "curl", "libssl3": "libcurl4", "openssl": "ca-certificates" })
    );
    let files = std::fs::read_dir(desk.work.image().join("debs")).unwrap();
    let files: BTreeSet<String> = files.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    let debs: Vec<&String> = files.iter().filter(|f| f.ends_with(".deb")).collect();
    assert_eq!(
        debs,
        [
            "ca-certificates_20230311_all.deb",
            "curl_7.88.1-10+deb12u8_amd64.deb",
            "libc6_2.36-9_amd64.deb",
            "libcurl4_7.88.1-10+deb12u8_amd64.deb",
            "libssl3_3.0.15-1_amd64.deb",
            "openssl_3.0.15-1_amd64.deb",
        ]
    );
    // what was asked for alone is named to apt
    assert_eq!(desk.work.read("debs/install.list.amd64"), "ca-certificates=20230311\ncurl=7.88.1-10+deb12u8\n");
    desk.run(&["verify"]).code(0).says("1 verified, 0 UNLOCKED");
    let before = desk.work.tree();
    desk.run(&["refresh"]).code(0);
    desk.run(&["refresh", "--keep"]).code(0);
    desk.run(&["refresh", "--locked"]).code(0);
    assert_eq!(desk.work.tree(), before);
}

#[test]
fn what_came_along_and_is_taken_out_of_the_lock_or_put_into_it_is_found() {
    let desk = desk(&curl());
    desk.run(&["refresh"]).code(0);
    desk.edit("closure = \"full\"\n", "");
    desk.run(&["verify"]).code(1);
    desk.edit("deb = \"dockerfile\"\n", "deb = \"dockerfile\"\nclosure = \"full\"\n");
    desk.run(&["verify"]).code(0);
    std::fs::remove_file(desk.work.image().join("debs/libssl3_3.0.15-1_amd64.deb")).unwrap();
    desk.run(&["verify"]).code(1).says("libssl3");
}

#[test]
fn what_moves_is_told_apart_asked_for_and_came_along() {
    let desk = desk(&curl());
    desk.run(&["refresh"]).code(0);
    let newer = curl()
        .without("curl")
        .without("libssl3")
        .with(Deb::new("curl", "7.88.1-10+deb12u9").depends("libcurl4, libc6 (>= 2.34)"))
        .date(at("2024-05-05T08:15:30Z"))
        .with(Deb::new("libssl3", "3.0.16-1").multi_arch("same").depends("libc6 (>= 2.34), zlib1g"))
        .with(Deb::new("zlib1g", "1.2.13-1").multi_arch("same"));
    desk.served.publish("debian", &newer);
    desk.run(&["outdated"]).code(1).says("libssl3 3.0.15-1 -> 3.0.16-1").says("zlib1g 1.2.13-1 is new");
    let ran = desk.run(&["refresh"]).code(0);
    ran.says("curl 7.88.1-10+deb12u8 -> 7.88.1-10+deb12u9")
        .says("came along: libssl3 3.0.15-1 -> 3.0.16-1, zlib1g 1.2.13-1 is new");
    assert_eq!(desk.lock()["pins"]["packages"]["evidence"]["needed-by"]["zlib1g"], "libssl3");
    desk.run(&["verify"]).code(0);
}

#[test]
fn list_says_why_a_package_is_there() {
    let desk = desk(&curl());
    desk.run(&["refresh"]).code(0);
    desk.run(&["list", "--why", "libcurl4"]).code(0).says("needed by").says("  curl\n");
    desk.run(&["list", "--why", "libssl3"]).code(0).says("  curl > libcurl4\n");
    desk.run(&["list", "--why", "curl"]).code(0).says("  (asked for)\n");
    desk.run(&["list", "--why", "nobody"]).code(1).says("no match");
    let json: serde_json::Value =
        serde_json::from_str(&desk.run(&["list", "--format", "json", "libssl3"]).out).unwrap();
    assert_eq!(json["rows"][0]["why"], serde_json::json!(["curl", "libcurl4"]));
}

#[test]
fn a_younger_companion_waits_for_min_age_with_all_of_its_pin() {
    let desk = desk(&curl());
    desk.edit("closure = \"full\"\n", "closure = \"full\"\nmin-age = \"3d\"\n");
    desk.run(&["refresh"]).code(0);
    let newer = curl()
        .without("libssl3")
        .date(at("2024-05-05T08:15:30Z"))
        .with(Deb::new("libssl3", "3.0.16-1").multi_arch("same").depends("libc6 (>= 2.34)"));
    desk.served.publish("debian", &newer);
    let before = desk.artifact("packages", "libssl3_3.0.15-1_amd64.deb");
    desk.run(&["refresh"]).code(0).says("libssl3 3.0.16-1");
    assert_eq!(desk.artifact("packages", "libssl3_3.0.15-1_amd64.deb"), before);
    desk.run(&["verify"]).code(0);
}

#[test]
fn the_block_that_installs_from_the_archive_names_what_comes_along_too() {
    let desk = desk(&curl());
    desk.edit("vendor = \"debs/\"\n", "");
    desk.run(&["refresh"]).code(0);
    desk.run(&["export", "apt-snippet"]).code(0).says("libssl3=3.0.15-1").says("curl=7.88.1-10+deb12u8");
}

#[test]
fn what_cannot_be_had_is_said_as_a_chain() {
    let archive = curl().without("openssl");
    let says = ["on linux/amd64", "ca-certificates 20230311 needs openssl, which no archive of the pin has"];
    desk(&archive).refused(&["refresh"], 2, &says);
    let archive = curl().with(Deb::new("wget", "1").field("Conflicts", "curl"));
    let two = desk(&archive);
    two.work.write("Dockerfile", "FROM scratch\nRUN apt-get install -y curl wget\n");
    two.refused(&["refresh"], 2, &["cannot stand side by side", "curl 7.88.1-10+deb12u8", "wget 1"]);
}

#[test]
fn lines_of_a_chain_of_stages_build_on_each_other() {
    // after the first line libssl1.1 meets what the second needs
    let desk = desk(&curl());
    desk.work.write(
        "Dockerfile",
        "FROM scratch AS base\nRUN apt-get install -y libssl1.1\nFROM base\nRUN apt-get install -y libcurl4\n",
    );
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.lock()["pins"]["packages"]["evidence"]["needed-by"], serde_json::json!({ "libc6": "libcurl4" }));
}

/// Knuth's linear congruential generator; the upper bits are the good ones.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % count
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn one<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

const NAMES: usize = 30;

/// A name, real or virtual, or one that nobody has.
fn named(dice: &mut Dice) -> String {
    match dice.below(20) {
        0 => "missing".to_owned(),
        1 | 2 => format!("v{}", dice.below(3)),
        _ => format!("p{}", dice.below(NAMES)),
    }
}

fn group(dice: &mut Dice) -> String {
    let count = dice.one(&[1, 1, 2, 3]);
    let mut one = || {
        let mut text = named(dice);
        if dice.chance(10) {
            text += ":any";
        }
        if dice.chance(30) {
            text += &format!(" ({} {})", dice.one(&[">=", "<=", "=", "<<", ">>"]), dice.one(&["1.0", "1.5", "2.0"]));
        }
        text
    };
    (0..count).map(|_| one()).collect::<Vec<_>>().join(" | ")
}

/// A Packages index of thirty names at random.
fn generated(dice: &mut Dice, refusals: usize) -> String {
    let mut out = String::new();
    for number in 0..NAMES {
        let versions: &[&str] = if dice.chance(20) { &["1.0", "2.0"] } else { &["1.5"] };
        for version in versions {
            out += &format!(
                "Package: p{number}\nVersion: {version}\nArchitecture: {}\nPriority: {}\nMaintainer: T <t@example.com>\n\
                 Filename: ./p{number}_{version}.deb\nSize: 1\nSHA256: {:064x}\nDescription: x\n",
                dice.one(&["amd64", "amd64", "all"]),
                dice.one(&["optional", "optional", "extra", "standard", "important", "required"]),
                dice.0,
            );
            if dice.chance(30) {
                out += &format!("Multi-Arch: {}\n", dice.one(&["foreign", "allowed"]));
            }
            let fields = [("Depends", 75, 3), ("Recommends", 20, 2), ("Suggests", 20, 1)];
            for (field, chance, most) in fields {
                if dice.chance(chance) {
                    let count = 1 + dice.below(most);
                    let groups: Vec<String> = (0..count).map(|_| group(dice)).collect();
                    out += &format!("{field}: {}\n", groups.join(", "));
                }
            }
            for field in ["Conflicts", "Breaks"] {
                if dice.chance(refusals) {
                    out +=
                        &format!("{field}: {}{}\n", named(dice), dice.one(&["", " (<< 1.5)", " (= 1.0)", " (>> 1.5)"]));
                }
            }
            if dice.chance(30) {
                out += &format!("Provides: v{}{}\n", dice.below(3), dice.one(&["", " (= 1.0)", " (= 2.0)"]));
            }
            out.push('\n');
        }
    }
    out
}

fn request(name: &str) -> Request {
    Request { name: name.to_owned(), architecture: None, version: None }
}

/// What apt would install, as `name=version`; `None` where it refuses.
pub fn by_apt(apt: &Apt, names: &[String]) -> Option<BTreeSet<String>> {
    let mut command = Command::new("apt-get");
    command.args(["-s", "-y", "--no-install-recommends", "-o", "Debug::NoLocking=1", "install"]).args(names);
    let out = command.env("APT_CONFIG", apt.configured("")).env("LC_ALL", "C.UTF-8").output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let installed = said.lines().filter_map(|line| line.strip_prefix("Inst "));
    let word = |line: &str| {
        let name = line.split([' ', ':']).next().unwrap().to_owned();
        let version = line.split_once('(').unwrap().1.split(' ').next().unwrap();
        format!("{name}={version}")
    };
    out.status.success().then(|| installed.map(word).collect())
}

fn by_us(universe: &Universe, names: &[String]) -> Result<BTreeSet<String>, String> {
    let all: Vec<Request> = names.iter().map(|name| request(name)).collect();
    let closure = solve(universe, &[all], &[], false).map_err(|e| e.said.join("; "))?;
    Ok(closure.picked.iter().map(|p| format!("{}={}", p.name, p.version)).collect())
}

/// What came of asking both.
#[derive(Debug, Default)]
pub struct Compared {
    /// Both install the same.
    pub same: usize,
    /// Both refuse.
    pub refused: usize,
    /// apt finds a way, and we say that there is none.
    pub given_up: Vec<String>,
    /// apt installs something else.
    pub differ: Vec<(Vec<String>, BTreeSet<String>, BTreeSet<String>)>,
}

pub fn compared(apt: &Apt, universe: &Universe, sets: &[Vec<String>]) -> Compared {
    let mut out = Compared::default();
    for names in sets {
        match (by_apt(apt, names), by_us(universe, names)) {
            (Some(theirs), Ok(ours)) if theirs == ours => out.same += 1,
            (None, Err(_)) => out.refused += 1,
            (Some(_), Err(why)) => out.given_up.push(format!("{names:?}: {why}")),
            (theirs, Ok(ours)) => out.differ.push((names.clone(), theirs.unwrap_or_default(), ours)),
        }
    }
    out
}

/// An apt that draws from one index, none of whose packages can be fetched.
fn before(index: &str) -> Option<Apt> {
    let apt = Apt::new(["amd64"])?;
    apt.put("repo/Packages", index.as_bytes());
    let repo = apt.configured("").parent().unwrap().join("repo");
    apt.plain(&[&format!("deb [trusted=yes] file:{} ./", repo.display())]);
    let (ok, said) = apt.update();
    assert!(ok, "{said}");
    Some(apt)
}

/// Providers with versions, alternatives, cycles, refusals, `:any`: whatever a generator makes of them.
/// Where apt took something up on a way that came to nothing and kept it because another package
/// recommends it, it differs; given the chosen packages alone, as a vendored archive has them, it installs
/// exactly these.
#[test]
fn generated_archives_are_solved_as_apt_solves_them() {
    let mut all = Compared::default();
    for seed in 0..12 {
        let mut dice = Dice(20_261_124 + seed);
        let index = generated(&mut dice, 5);
        let Some(apt) = before(&index) else {
            println!("skipped: no apt to ask");
            return;
        };
        let mut universe = Universe::new("amd64");
        universe.add(&index, 500).unwrap();
        let mut sets: Vec<Vec<String>> = (0..NAMES).step_by(3).map(|n| vec![format!("p{n}")]).collect();
        sets.extend((0..5).map(|_| vec![format!("p{}", dice.below(NAMES)), format!("p{}", dice.below(NAMES))]));
        let found = compared(&apt, &universe, &sets);
        for (names, theirs, ours) in &found.differ {
            let chosen = |stanza: &&str| {
                let field = |name: &str| stanza.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default();
                ours.contains(&format!("{}={}", field("Package: "), field("Version: ")))
            };
            let alone: Vec<&str> = index.split("\n\n").filter(chosen).collect();
            let again = by_apt(&before(&(alone.join("\n\n") + "\n\n")).unwrap(), names);
            assert_eq!(again.as_ref(), Some(ours), "seed {seed}, {names:?}: apt {theirs:?}\n{index}");
        }
        all.same += found.same;
        all.refused += found.refused;
        all.given_up.extend(found.given_up);
        all.differ.extend(found.differ);
    }
    println!("{all:?}");
    assert!(all.same >= 50 && all.differ.len() * 20 <= all.same && all.given_up.len() * 20 <= all.same, "{all:?}");
}
