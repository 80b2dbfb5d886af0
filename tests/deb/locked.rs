//! The promises of a good archive: what is locked, written, vendored and verified.

use super::{ALL, CURL, CURL_PINNED, Desk, bookworm, key};
use crate::support::debian::{Archive, Deb, Packing, at};

/// For three platforms: a version that differs, one for all, and one in two forms.
fn many() -> Archive {
    Archive::new("bookworm")
        .sign([&key()])
        .architectures(["amd64", "arm64", "armhf"])
        .with_each(&Deb::new("curl", "7.88.1-10+deb12u8").depends("libc6 (>= 2.34)").packing(Packing::Gz))
        .with(Deb::new("ca-certificates", "20230311").arch("all"))
        .with(Deb::new("avahi-daemon", "0.8-10+deb12u1").source("avahi"))
        .with(Deb::new("avahi-daemon", "0.8-10+deb12u1").source("avahi").arch("arm64"))
        .with(Deb::new("avahi-daemon", "0.8-10+deb12u1+b1").source("avahi (0.8-10+deb12u1)").arch("armhf"))
}

const THREE: &str = "\"linux/amd64\", \"linux/arm64\", \"linux/arm/v7\"";

#[test]
fn every_operand_of_the_dockerfile_is_locked_written_vendored_and_verified() {
    let desk = Desk::new(&bookworm());
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED);
    assert_eq!(
        desk.values("packages"),
        serde_json::json!({ "ca-certificates": "20230311", "curl": "7.88.1-10+deb12u8" })
    );
    assert_eq!(
        desk.folder("debs"),
        [
            "Packages",
            "Release",
            "ca-certificates_20230311_all.deb",
            "curl_7.88.1-10+deb12u8_amd64.deb",
            "install.list.amd64"
        ]
    );
    assert_eq!(desk.work.read("debs/install.list.amd64"), "ca-certificates=20230311\ncurl=7.88.1-10+deb12u8\n");
    let curl = &bookworm().debs()[0].clone();
    assert!(desk.work.bytes("debs/curl_7.88.1-10+deb12u8_amd64.deb") == curl.bytes());
    let packages = desk.work.read("debs/Packages");
    let stanza = format!(
        "Filename: ./curl_7.88.1-10+deb12u8_amd64.deb\nSize: {}\nSHA256: {}\n",
        curl.bytes().len(),
        curl.sha256()
    );
    assert!(packages.contains(&stanza), "{packages}");
    desk.run(&["verify"]).code(0).says("1 verified, 0 UNLOCKED, 0 suppressed");
    desk.run(&["outdated"]).code(0).says("current");
}

#[test]
fn a_second_refresh_changes_no_byte_and_reads_no_index() {
    let desk = Desk::locked(&bookworm());
    let before = desk.work.tree();
    assert!(
        desk.served.sent().iter().any(|p| p.contains("Packages") || p.contains("by-hash")),
        "{:?}",
        desk.served.sent()
    );
    desk.served.forget();
    desk.run(&["refresh"]).code(0).says("1 unchanged");
    assert!(desk.work.tree() == before, "a second refresh changed files");
    assert!(desk.served.sent().is_empty(), "bodies were read again: {:?}", desk.served.sent());
    desk.run(&["refresh", "--locked"]).code(0);
    desk.run(&["outdated"]).code(0);
    assert!(desk.served.sent().is_empty(), "bodies were read again: {:?}", desk.served.sent());
}

#[test]
fn another_machine_makes_the_same_bytes() {
    let desk = Desk::locked(&bookworm());
    let before = desk.work.tree();
    std::fs::remove_dir_all(desk.work.home().join(".cache")).unwrap();
    std::fs::remove_file(desk.work.image().join("pins.lock")).unwrap();
    std::fs::remove_dir_all(desk.work.image().join("debs")).unwrap();
    desk.work.write("Dockerfile", CURL);
    desk.run(&["refresh"]).code(0);
    assert!(desk.work.tree() == before);
}

#[test]
fn a_list_is_locked_for_every_platform_and_stands_wherever_it_is_installed() {
    let desk = Desk::new(&many());
    desk.manifest(
        THREE,
        "suites = [\"bookworm\"]",
        "[pins.avahi]\ndeb = [\"avahi-daemon\", \"curl\"]\nvendor = \"context/debs/\"\n",
    );
    let dockerfile = "FROM scratch\n# dubo-pin: ignore=COV001 ca-certificates is no package of the pin\nRUN apt-get update \\\n && apt-get install -qq -y --no-install-recommends \\\n      curl \\\n      ca-certificates \\\n      # the daemon\n      avahi-daemon \\\n && true\n";
    desk.work.write("Dockerfile", dockerfile);
    desk.run(&["refresh"]).code(0);
    // ca-certificates is no package of the pin; one text cannot bear two versions.
    assert_eq!(desk.work.read("Dockerfile"), dockerfile.replace("      curl \\", "      curl=7.88.1-10+deb12u8 \\"));
    assert_eq!(
        desk.values("avahi"),
        serde_json::json!({
            "avahi-daemon": {
                "linux/amd64": "0.8-10+deb12u1",
                "linux/arm/v7": "0.8-10+deb12u1+b1",
                "linux/arm64": "0.8-10+deb12u1",
            },
            "curl": "7.88.1-10+deb12u8",
        })
    );
    assert_eq!(
        desk.folder("context/debs"),
        [
            "Packages",
            "Release",
            "avahi-daemon_0.8-10+deb12u1+b1_armhf.deb",
            "avahi-daemon_0.8-10+deb12u1_amd64.deb",
            "avahi-daemon_0.8-10+deb12u1_arm64.deb",
            "curl_7.88.1-10+deb12u8_amd64.deb",
            "curl_7.88.1-10+deb12u8_arm64.deb",
            "curl_7.88.1-10+deb12u8_armhf.deb",
            "install.list.amd64",
            "install.list.arm64",
            "install.list.armhf",
        ]
    );
    let list = |arch: &str| desk.work.read(&format!("context/debs/install.list.{arch}"));
    assert_eq!(list("armhf"), "avahi-daemon=0.8-10+deb12u1+b1\ncurl=7.88.1-10+deb12u8\n");
    assert_eq!(list("arm64"), "avahi-daemon=0.8-10+deb12u1\ncurl=7.88.1-10+deb12u8\n");
    desk.run(&["verify"]).code(0).says("1 verified");
}

#[test]
fn packages_in_a_shell_variable_and_behind_an_architecture_are_written_too() {
    let desk = Desk::new(
        &bookworm()
            .architectures(["amd64", "i386"])
            .with(Deb::new("libc6", "2.36-9+deb12u9").arch("i386").source("glibc")),
    );
    desk.work.write(
        "Dockerfile",
        "FROM scratch\nRUN dpkg --add-architecture i386; packages=\"curl libc6:i386\"; \\\n    apt-get update; \\\n    apt-get install -y $packages\nRUN apt install -y 'ca-certificates=20220101'\n",
    );
    desk.run(&["refresh"]).code(0);
    assert_eq!(
        desk.work.read("Dockerfile"),
        "FROM scratch\nRUN dpkg --add-architecture i386; packages=\"curl=7.88.1-10+deb12u8 libc6:i386=2.36-9+deb12u9\"; \\\n    apt-get update; \\\n    apt-get install -y $packages\nRUN apt install -y 'ca-certificates=20230311'\n"
    );
    assert_eq!(desk.values("packages")["libc6:i386"], "2.36-9+deb12u9");
    assert_eq!(
        desk.work.read("debs/install.list.amd64"),
        "ca-certificates=20230311\ncurl=7.88.1-10+deb12u8\nlibc6:i386=2.36-9+deb12u9\n"
    );
    desk.run(&["verify"]).code(0);
}

#[test]
fn without_vendor_nothing_is_downloaded_but_indices_and_that_is_said() {
    let desk = Desk::new(&bookworm());
    desk.edit("vendor = \"debs/\"\n", "");
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED);
    assert!(!desk.served.sent().iter().any(|p| p.ends_with(".deb")), "{:?}", desk.served.sent());
    assert!(!desk.work.image().join("debs").exists());
    let curl = desk.artifact("packages", "curl_7.88.1-10+deb12u8_amd64.deb");
    assert_eq!(curl["sha256"], bookworm().debs()[0].sha256());
    desk.run(&["verify"]).code(0).says("APT011");
}

#[test]
fn versions_that_the_dockerfile_bears_are_kept_on_adoption() {
    let desk = Desk::new(&bookworm().with(Deb::new("curl", "7.88.1-10+deb12u9")));
    desk.work.write("Dockerfile", CURL_PINNED);
    desk.run(&["refresh", "--keep"]).code(0);
    assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED);
    assert_eq!(desk.values("packages")["curl"], "7.88.1-10+deb12u8");
    desk.run(&["verify"]).code(0);
    desk.run(&["outdated"]).code(1).says("curl 7.88.1-10+deb12u9");
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED.replace("deb12u8", "deb12u9"));
    desk.run(&["verify"]).code(0);
}

#[test]
fn fetch_puts_back_what_is_locked_from_the_store_and_from_the_archive() {
    let desk = Desk::locked(&bookworm());
    let before = desk.work.tree();
    let lose = || std::fs::remove_dir_all(desk.work.image().join("debs")).unwrap();
    lose();
    desk.run(&["verify"]).code(1).says("debs/curl_7.88.1-10+deb12u8_amd64.deb");
    desk.served.forget();
    desk.run(&["fetch"]).code(0);
    assert!(desk.work.tree() == before && desk.served.sent().is_empty(), "{:?}", desk.served.sent());
    lose();
    std::fs::remove_dir_all(desk.work.home().join(".cache")).unwrap();
    desk.run(&["fetch"]).code(0);
    assert!(desk.work.tree() == before, "what is made of the packages is not the same again");
    assert!(desk.served.sent().iter().all(|p| p.ends_with(".deb")), "{:?}", desk.served.sent());
}

#[test]
fn the_lock_is_this() {
    let desk = Desk::locked(&bookworm().clone());
    let mut lock = desk.work.read("pins.lock").replace(&desk.served.server().url(), "http://archive.test");
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    lock = lock.replace(&today, "TODAY");
    let seals: Vec<String> = lock.lines().filter(|l| l.contains("\"seal\"")).map(str::to_owned).collect();
    for seal in seals {
        lock = lock.replace(&seal, "      \"seal\": \"…\"");
    }
    assert_eq!(lock, include_str!("../data/deb/pins.lock"));
}

#[test]
fn two_pins_may_share_an_archive_and_each_keeps_its_own_packages() {
    let desk = Desk::new(&bookworm());
    desk.manifest(
        "\"linux/amd64\"",
        "suites = [\"bookworm\"]",
        "[pins.curl]\ndeb = [\"curl\"]\nvendor = \"a/\"\n[pins.certificates]\ndeb = [\"ca-certificates\"]\nvendor = \"b/\"\n",
    );
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED);
    assert_eq!(desk.values("curl"), serde_json::json!({ "curl": "7.88.1-10+deb12u8" }));
    let indices = desk.served.sent().iter().filter(|p| p.contains("by-hash") || p.contains("Packages")).count();
    assert_eq!(indices, 1, "an archive of two pins is read once: {:?}", desk.served.sent());
    desk.run(&["verify"]).code(0).says("2 verified");
    // One pin by its name leaves the other alone.
    let later = bookworm()
        .date(at("2024-05-05T08:15:30Z"))
        .with(Deb::new("curl", "8"))
        .with(Deb::new("ca-certificates", "30000000").arch("all"));
    desk.served.publish("debian", &later);
    desk.run(&["refresh", "curl"]).code(0);
    assert_eq!(desk.values("curl"), serde_json::json!({ "curl": "8" }));
    assert_eq!(desk.values("certificates"), serde_json::json!({ "ca-certificates": "20230311" }));
    desk.run(&["verify"]).code(0).says("2 verified");
}

#[test]
fn a_dry_run_writes_nothing_and_shows_the_edit() {
    let desk = Desk::new(&bookworm());
    let before = desk.work.tree();
    desk.run(&["refresh", "--dry-run"]).code(0).says("+RUN apt-get update && apt-get install -y --no-install-recommends curl=7.88.1-10+deb12u8 ca-certificates=20230311");
    assert!(desk.work.tree() == before);
    assert_eq!(desk.work.read("Dockerfile"), CURL);
    assert!(desk.work.read("pins.toml").contains(ALL));
}
