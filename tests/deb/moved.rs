//! An archive that moves on: what `outdated` and `refresh` say of it, what stays provable, and what
//! is gone.

use super::{ALL, CURL, CURL_PINNED, Desk, bookworm, key};
use crate::support::debian::{Archive, Deb, Served, at};
use crate::support::program::ran;

/// A day later: curl is newer.
fn next() -> Archive {
    bookworm().date(at("2024-05-05T08:15:30Z")).without("curl").with(Deb::new("curl", "7.88.1-10+deb12u9"))
}

fn with_security(desk: &Desk) {
    let uri = desk.served.uri("debian-security");
    let archive = format!(
        "[archives.security]\nuri = \"{uri}\"\nsuites = [\"bookworm-security\"]\nsigned-by = \"keys/test.asc\"\n\n"
    );
    desk.manifest("\"linux/amd64\"", "suites = [\"bookworm\"]", &format!("{archive}{ALL}"));
}

#[test]
fn a_newer_version_is_told_by_outdated_and_brought_by_refresh_with_all_that_hangs_on_it() {
    let desk = Desk::locked(&bookworm());
    desk.served.publish("debian", &next());
    desk.run(&["outdated"]).code(1).says("newer").says("curl 7.88.1-10+deb12u9");
    desk.run(&["refresh"]).code(0).says("curl 7.88.1-10+deb12u8 -> 7.88.1-10+deb12u9 from bookworm");
    assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED.replace("deb12u8", "deb12u9"));
    assert!(!desk.work.image().join("debs/curl_7.88.1-10+deb12u8_amd64.deb").exists(), "the old file stays");
    assert!(desk.work.image().join("debs/curl_7.88.1-10+deb12u9_amd64.deb").exists());
    assert_eq!(desk.work.read("debs/install.list.amd64"), "ca-certificates=20230311\ncurl=7.88.1-10+deb12u9\n");
    desk.run(&["verify"]).code(0);
    desk.run(&["outdated"]).code(0).says("current");
}

#[test]
fn security_updates_are_told_first_and_as_such() {
    let desk = Desk::new(&bookworm());
    let security =
        |date: &str| Archive::new("bookworm-security").suite("stable-security").sign([&key()]).date(at(date));
    desk.served.publish("debian-security", &security("2024-05-01T00:00:00Z"));
    with_security(&desk);
    desk.run(&["refresh"]).code(0);
    desk.served.publish(
        "debian",
        &next().without("ca-certificates").with(Deb::new("ca-certificates", "20240203").arch("all")),
    );
    desk.served
        .publish("debian-security", &security("2024-05-06T00:00:00Z").with(Deb::new("curl", "7.88.1-10+deb12u10")));
    let said = desk.run(&["outdated"]).code(1).says("curl 7.88.1-10+deb12u10 (security)").all();
    assert!(said.find("curl").unwrap() < said.find("ca-certificates").unwrap(), "{said}");
    let said = desk.run(&["refresh"]).code(0).all();
    let first = said.find("curl 7.88.1-10+deb12u8 -> 7.88.1-10+deb12u10 from bookworm-security, a security update");
    let second = said.find("ca-certificates 20230311 -> 20240203 from bookworm");
    assert!(first.is_some() && first < second, "{said}");
}

#[test]
fn refresh_locked_proves_every_version_and_writes_nothing() {
    let desk = Desk::locked(&bookworm());
    super::idle(&desk.work, &["refresh", "--locked"]).code(0);
    // The archive has moved on, and still has the locked version.
    desk.served.publish("debian", &next().with(bookworm().debs()[0].clone()));
    super::idle(&desk.work, &["refresh", "--locked"]).code(0);
    // It has it no more.
    desk.served.publish("debian", &next().date(at("2024-05-06T08:15:30Z")));
    desk.refused(
        &["refresh", "--locked"],
        3,
        &["no archive has curl `7.88.1-10+deb12u8` for amd64", "7.88.1-10+deb12u9 (debian/bookworm)"],
    );
}

#[test]
fn a_package_that_left_the_archive_is_gone_once_it_was_locked() {
    let desk = Desk::locked(&bookworm());
    desk.served.publish("debian", &next().without("curl"));
    desk.refused(
        &["refresh"],
        3,
        &["no archive has the package `curl` for amd64", "it was there when the pin was locked"],
    );
    desk.run(&["outdated"]).code(3).says("gone");
    desk.run(&["verify"]).code(0);
    let never = Desk::new(&bookworm().without("curl"));
    never.refused(&["refresh"], 2, &["no archive has the package `curl` for amd64", "Dockerfile:2:"]);
    assert_eq!(never.work.read("Dockerfile"), CURL);
}

#[test]
fn a_vanished_pool_file_is_found_by_its_sha1_at_a_snapshot_service() {
    let desk = Desk::locked(&bookworm());
    let before = desk.work.tree();
    let curl = bookworm().debs()[0].clone();
    desk.served.snapshot("debian", "20240504T120000Z");
    desk.served.remove(&format!("/debian/{}", curl.path()));
    std::fs::remove_dir_all(desk.work.image().join("debs")).unwrap();
    std::fs::remove_dir_all(desk.work.home().join(".cache")).unwrap();
    let mirror = format!("https://snapshot.debian.org/={}/", desk.served.server().url());
    ran(desk.work.command(&["fetch"]).env("DUBO_PIN_MIRRORS", &mirror)).code(0);
    assert!(desk.work.tree() == before);
    let asked: Vec<String> =
        desk.served.log().into_iter().map(|a| a.path).filter(|p| p.starts_with("/file/")).collect();
    assert_eq!(asked, [format!("/file/{}", crate::support::debian::sha1(&curl.bytes()))]);
    desk.run(&["verify"]).code(0);
}

#[test]
fn a_package_file_that_a_private_archive_lacks_is_said_with_its_url() {
    let desk = Desk::serving(Served::start());
    desk.served.publish("private", &bookworm());
    desk.edit("/debian\"", "/private\"");
    desk.served.remove(&format!("/private/{}", bookworm().debs()[0].path()));
    let mirror = format!("https://snapshot.debian.org/={}/", desk.served.server().url());
    let ran = ran(desk.work.command(&["refresh"]).env("DUBO_PIN_MIRRORS", &mirror)).code(4);
    ran.says("`curl 7.88.1-10+deb12u8 (amd64)`").says("/private/pool/main/c/curl/curl_7.88.1-10");
    assert!(!desk.work.image().join("pins.lock").exists());
    // Its packages are no matter of Debian's snapshot service.
    assert!(!desk.served.log().iter().any(|a| a.path.starts_with("/mr/") || a.path.starts_with("/file/")));
}

#[test]
fn a_package_added_to_the_dockerfile_and_one_removed_change_the_lock_and_the_folder() {
    let desk = Desk::new(&bookworm().with(Deb::new("jq", "1.6-2.1")));
    desk.run(&["refresh"]).code(0);
    desk.work.write("Dockerfile", CURL_PINNED.replace(" ca-certificates=20230311", " jq"));
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED.replace(" ca-certificates=20230311", " jq=1.6-2.1"));
    assert_eq!(
        desk.folder("debs"),
        ["Packages", "Release", "curl_7.88.1-10+deb12u8_amd64.deb", "install.list.amd64", "jq_1.6-2.1_amd64.deb"]
    );
    desk.run(&["verify"]).code(0);
}

#[test]
fn a_user_s_own_file_in_the_folder_is_never_overwritten() {
    let desk = Desk::new(&bookworm());
    desk.work.write("debs/Packages", "mine");
    desk.run(&["refresh"]).code(2).says("debs/Packages").says("--force");
    assert_eq!(desk.work.read("debs/Packages"), "mine");
    assert_eq!(desk.work.read("Dockerfile"), CURL);
}

#[test]
fn offline_places_what_is_locked_and_asks_nobody() {
    let desk = Desk::new(&bookworm());
    desk.run(&["refresh", "--offline"]).code(4).says("--offline asks nobody");
    desk.run(&["refresh"]).code(0);
    let asked = desk.served.log().len();
    desk.work.write("Dockerfile", CURL);
    desk.run(&["verify"]).code(1).says("APT001");
    desk.run(&["refresh", "--offline"]).code(0);
    assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED);
    desk.run(&["outdated", "--offline"]).code(4).says("--offline asks nobody");
    desk.run(&["verify"]).code(0);
    assert_eq!(desk.served.log().len(), asked);
}

#[test]
fn outdated_says_each_standing_in_its_own_word_and_as_json() {
    let desk = Desk::new(&bookworm().with(Deb::new("jq", "1.6-2.1")).with(Deb::new("wget", "1.21.3-1")));
    let pin = |name: &str| format!("[pins.{name}]\ndeb = [\"{name}\"]\n");
    let pins = ["curl", "jq", "wget", "ca-certificates"].map(pin).concat();
    desk.manifest("\"linux/amd64\"", "suites = [\"bookworm\"]", &pins);
    desk.run(&["refresh"]).code(0);
    let later = next().with(Deb::new("jq", "1.6-2.1").content("made again\n"));
    desk.served.publish("debian", &later);
    let ran = desk.run(&["outdated", "--format", "json"]).code(3);
    let rows: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let rows = rows["pins"].as_array().or(rows.as_array()).unwrap_or_else(|| panic!("{rows:#}")).clone();
    let told: Vec<(String, String)> = rows
        .iter()
        .map(|r| (r["pin"].as_str().unwrap().to_owned(), r["standing"].as_str().unwrap().to_owned()))
        .collect();
    let expected = [("ca-certificates", "current"), ("curl", "newer"), ("jq", "alarm"), ("wget", "gone")];
    assert_eq!(told, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
}
