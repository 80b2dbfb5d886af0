//! Which version is taken: what `apt-cache policy` says of the same archives, literally written
//! here and compared with apt where the machine has it.

use super::{Desk, key};
use crate::support::debian::apt::Apt;
use crate::support::debian::{Archive, Deb, Served, at};

/// A package, and the version that is the candidate on amd64 and on arm64.
const CANDIDATES: [(&str, &str, &str); 12] = [
    // security is newer than main
    ("curl", "7.88.1-10+deb12u9", "7.88.1-10+deb12u9"),
    // updates is newer than security
    ("tzdata", "2024b-0+deb12u1", "2024b-0+deb12u1"),
    // backports are newer and not automatic
    ("git", "1:2.39.5-0+deb12u1", "1:2.39.5-0+deb12u1"),
    // in backports alone
    ("only-new", "3.0-1~bpo12+1", "3.0-1~bpo12+1"),
    // an epoch beats a higher number
    ("epoch", "1:1.0-1", "1:1.0-1"),
    // a tilde sorts before the end
    ("tilde", "1.0-1", "1.0-1"),
    // a rebuild on one architecture alone
    ("libfoo1.2+x", "1.0-2", "1.0-2+b1"),
    // two versions in one index
    ("twice", "1.10-1", "1.10-1"),
    // hyphens in the upstream version, a native version, letters against digits
    ("hyphens", "1.0-rc1-2", "1.0-rc1-2"),
    ("native", "20230311", "20230311"),
    ("letters", "1.0a-1", "1.0a-1"),
    // of all architectures, newer in updates
    ("g++-all", "12.0.1+really11-1", "12.0.1+really11-1"),
];

/// Main, updates, security and backports, with the two places that Debian has them in.
fn debian() -> Served {
    let both = |archive: Archive| archive.architectures(["amd64", "arm64"]).sign([&key()]);
    let main = both(Archive::new("bookworm").suite("stable"))
        .with_each(&Deb::new("curl", "7.88.1-10+deb12u8"))
        .with(Deb::new("tzdata", "2024a-0+deb12u1").arch("all"))
        .with_each(&Deb::new("git", "1:2.39.5-0+deb12u1"))
        .with_each(&Deb::new("epoch", "9.9-1"))
        .with_each(&Deb::new("epoch", "1:1.0-1"))
        .with_each(&Deb::new("tilde", "1.0~rc3-1"))
        .with(Deb::new("libfoo1.2+x", "1.0-2").source("foo"))
        .with(Deb::new("libfoo1.2+x", "1.0-2+b1").source("foo (1.0-2)").arch("arm64"))
        .with_each(&Deb::new("twice", "1.9-1"))
        .with_each(&Deb::new("twice", "1.10-1"))
        .with_each(&Deb::new("hyphens", "1.0-rc1-2"))
        .with_each(&Deb::new("hyphens", "1.0-rc1-1.1"))
        .with(Deb::new("native", "20230311").arch("all"))
        .with_each(&Deb::new("letters", "1.0-1"))
        .with_each(&Deb::new("letters", "1.0a-1"))
        .with(Deb::new("g++-all", "12.0.1-9").arch("all"));
    let updates = both(Archive::new("bookworm-updates").suite("stable-updates"))
        .with(Deb::new("tzdata", "2024b-0+deb12u1").arch("all"))
        .with_each(&Deb::new("tilde", "1.0-1"))
        .with(Deb::new("g++-all", "12.0.1+really11-1").arch("all"));
    let security = both(Archive::new("bookworm-security").suite("stable-security").says_components("updates/main"))
        .with_each(&Deb::new("curl", "7.88.1-10+deb12u9"))
        .with(Deb::new("tzdata", "2024a-0+deb12u1.1").arch("all"));
    let backports = both(Archive::new("bookworm-backports").suite("stable-backports"))
        .field("NotAutomatic", "yes")
        .field("ButAutomaticUpgrades", "yes")
        .with_each(&Deb::new("git", "1:2.45.2-1~bpo12+1"))
        .with_each(&Deb::new("only-new", "3.0-1~bpo12+1"));
    let served = Served::start();
    served.publish("debian", &main);
    served.publish("debian", &updates);
    served.publish("debian", &backports);
    served.publish("debian-security", &security);
    served
}

fn desk(pins: &str) -> Desk {
    let desk = Desk::serving(debian());
    let security = desk.served.uri("debian-security");
    desk.manifest(
        "\"linux/amd64\", \"linux/arm64\"",
        "suites = [\"bookworm\", \"bookworm-updates\", \"bookworm-backports\"]",
        &format!("[archives.security]\nuri = \"{security}\"\nsuites = [\"bookworm-security\"]\nsigned-by = \"keys/test.asc\"\n\n{pins}"),
    );
    desk.work.write("Dockerfile", "FROM scratch\n");
    desk
}

fn all() -> String {
    let names: Vec<String> = CANDIDATES.iter().map(|(name, ..)| format!("\"{name}\"")).collect();
    format!("[pins.all]\ndeb = [{}]\nvendor = \"debs/\"\n", names.join(", "))
}

/// The version of a package on a platform, whether one stands there or several.
fn version<'a>(values: &'a serde_json::Value, name: &str, platform: &str) -> Option<&'a str> {
    values[name].as_str().or_else(|| values[name][platform].as_str())
}

#[test]
fn candidates_over_suites_security_and_backports_are_those_of_apt() {
    let desk = desk(&all());
    desk.run(&["refresh"]).code(0);
    let values = desk.values("all");
    for (name, amd64, arm64) in CANDIDATES {
        assert_eq!(version(&values, name, "linux/amd64"), Some(amd64), "{name}");
        assert_eq!(version(&values, name, "linux/arm64"), Some(arm64), "{name}");
    }
    desk.run(&["verify"]).code(0);
}

#[test]
fn apt_says_the_same_candidates_and_hashes() {
    let desk = desk(&all());
    desk.run(&["refresh"]).code(0);
    let (here, security) = (desk.served.uri("debian"), desk.served.uri("debian-security"));
    for arch in ["amd64", "arm64"] {
        let Some(apt) = Apt::new([arch]) else { return };
        apt.sources(
            &[&key()],
            &[
                &format!("{here} bookworm main"),
                &format!("{here} bookworm-updates main"),
                &format!("{here} bookworm-backports main"),
                &format!("{security} bookworm-security main"),
            ],
        );
        let (ok, said) = apt.update();
        assert!(ok, "{said}");
        for (name, amd64, arm64) in CANDIDATES {
            let version = if arch == "amd64" { amd64 } else { arm64 };
            assert_eq!(apt.candidate(name).as_deref(), Some(version), "{name} on {arch}");
            let base = version.split_once(':').map_or(version, |(_, v)| v);
            let mut files = desk.folder("debs").into_iter();
            let file = files.find(|f| [arch, "all"].iter().any(|a| *f == format!("{name}_{base}_{a}.deb")));
            let file = file.unwrap_or_else(|| panic!("{name} is not vendored for {arch}"));
            let locked = desk.artifact("all", &format!("/{file}"))["sha256"].as_str().map(str::to_owned);
            assert_eq!(locked, apt.sha256(name, version), "{name} on {arch}");
        }
    }
}

#[test]
fn apt_reads_the_vendored_archive_and_gives_the_locked_bytes() {
    let Some(apt) = Apt::new(["amd64"]) else { return };
    let desk = desk(&all());
    desk.run(&["refresh"]).code(0);
    apt.plain(&[&format!("deb [trusted=yes] file:{} ./", desk.work.image().join("debs").display())]);
    let (ok, said) = apt.update();
    assert!(ok, "{said}");
    for line in desk.work.read("debs/install.list.amd64").lines() {
        let (name, version) = line.split_once('=').unwrap();
        assert_eq!(apt.candidate(name).as_deref(), Some(version), "{name}");
    }
    assert_eq!(desk.work.read("debs/install.list.amd64").lines().count(), CANDIDATES.len());
}

#[test]
fn a_version_that_is_asked_for_is_taken_from_wherever_it_is() {
    for (asked, found) in [
        ("git=1:2.45.2-1~bpo12+1", "1:2.45.2-1~bpo12+1"),
        ("git=1:2.4*", "1:2.45.2-1~bpo12+1"),
        ("git=1:2.39*", "1:2.39.5-0+deb12u1"),
        ("curl=7.88.1-10+deb12u8", "7.88.1-10+deb12u8"),
        ("twice=1.9*", "1.9-1"),
        ("tilde=1.0~rc3-1", "1.0~rc3-1"),
    ] {
        let desk = desk(&format!("[pins.one]\ndeb = [\"{asked}\"]\n"));
        desk.run(&["refresh"]).code(0);
        let name = asked.split('=').next().unwrap();
        assert_eq!(desk.values("one"), serde_json::json!({ name: found }), "{asked}");
    }
    let desk = desk("[pins.one]\ndeb = [\"curl=8*\"]\n");
    desk.refused(
        &["refresh"],
        2,
        &[
            "no archive has curl `8*` for amd64 (linux/amd64)",
            "7.88.1-10+deb12u8 (debian/bookworm), 7.88.1-10+deb12u9 (security/bookworm-security)",
        ],
    );
}

#[test]
fn a_suite_that_the_apt_line_names_narrows_the_choice() {
    let desk = desk("[pins.all]\ndeb = \"dockerfile\"\n");
    let line = |text: &str| format!("FROM scratch\nRUN apt-get install -y {text}\n");
    desk.work.write("Dockerfile", line("-t bookworm-backports git only-new && apt-get install -y curl"));
    desk.run(&["refresh"]).code(0);
    assert_eq!(
        desk.values("all"),
        serde_json::json!({ "curl": "7.88.1-10+deb12u9", "git": "1:2.45.2-1~bpo12+1", "only-new": "3.0-1~bpo12+1" })
    );
    let written = "-t bookworm-backports git=1:2.45.2-1~bpo12+1 only-new=3.0-1~bpo12+1 && apt-get install -y curl=7.88.1-10+deb12u9";
    assert_eq!(desk.work.read("Dockerfile"), line(written));
    desk.run(&["verify"]).code(0);
    // One word cannot bear both a suite and a version.
    desk.work.write("Dockerfile", line("git/bookworm-backports"));
    desk.refused(
        &["refresh"],
        2,
        &["`git` takes whatever version its suite has", "Dockerfile:2:24", "give the suite with `-t`"],
    );
}

#[test]
fn a_pin_draws_from_the_archives_that_it_names_alone() {
    let desk = desk("[pins.one]\ndeb = [\"curl\"]\narchives = [\"debian\"]\n");
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.values("one"), serde_json::json!({ "curl": "7.88.1-10+deb12u8" }));
    desk.edit("[\"debian\"]", "[\"debain\"]");
    desk.refused(&["refresh"], 2, &["no archive is called `debain`", "one of debian, security"]);
}

#[test]
fn a_virtual_or_unknown_package_is_not_there_and_that_is_said() {
    let desk = Desk::new(&super::bookworm().with(Deb::new("exim4", "4.96-15").provides("mail-transport-agent")));
    for name in ["mail-transport-agent", "crul"] {
        desk.manifest("\"linux/amd64\"", "suites = [\"bookworm\"]", &format!("[pins.one]\ndeb = [\"{name}\"]\n"));
        let says = format!("no archive has the package `{name}` for amd64 (linux/amd64)");
        desk.refused(&["refresh"], 2, &[&says]);
    }
    desk.edit("crul", "mail-transport-agent");
    desk.refused(&["refresh"], 2, &["exim4"]);
    // One platform of two is not enough.
    desk.served
        .publish("debian", &super::bookworm().architectures(["amd64", "arm64"]).date(at("2024-05-05T00:00:00Z")));
    desk.manifest("\"linux/amd64\", \"linux/arm64\"", "suites = [\"bookworm\"]", "[pins.one]\ndeb = [\"curl\"]\n");
    desk.refused(&["refresh"], 2, &["no archive has the package `curl` for arm64 (linux/arm64)"]);
}
