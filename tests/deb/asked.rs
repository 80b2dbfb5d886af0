//! What a pin asks for, and what an edit of the manifest or of a Dockerfile frees from: nothing but
//! what it says anew.

use super::{ALL, CURL, CURL_PINNED, Desk, bookworm, key};
use crate::support::debian::{Archive, Deb, Key, Served, at};

const MAY: &str = "20240504T120000Z";
const JUNE: &str = "20240601T063015Z";

fn older_and_newer() -> Archive {
    bookworm().date(at("2024-05-03T02:00:00Z"))
}

/// An archive with two imports: curl moved in between.
fn imports() -> Served {
    let served = Served::of(&older_and_newer());
    served.snapshot("debian", MAY);
    let june = bookworm().date(at("2024-06-01T02:00:00Z")).without("curl").with(Deb::new("curl", "7.88.1-10+deb12u9"));
    served.publish("debian", &june);
    served.snapshot("debian", JUNE);
    served
}

fn at_ceiling(ceiling: &str, pins: &str) -> Desk {
    let desk = Desk::serving(imports());
    let uri = desk.served.snapshot_uri("debian");
    let archive = format!("uri = \"{uri}\"\nsnapshot = \"{ceiling}\"\nsuites = [\"bookworm\"]");
    desk.manifest("\"linux/amd64\"", &archive, pins);
    desk
}

#[test]
fn an_edited_archive_does_not_move_under_one_pin_alone() {
    let pins = "[pins.a]\ndeb = [\"curl\"]\n[pins.b]\ndeb = [\"ca-certificates\"]\n";
    let desk = at_ceiling(MAY, pins);
    desk.work.write("Dockerfile", "FROM scratch\n");
    desk.run(&["refresh"]).code(0);
    desk.edit(MAY, JUNE);
    desk.refused(&["refresh", "b"], 2, &["the archive debian was edited since it was locked, and a draws from it"]);
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.lock()["archives"]["debian"]["values"]["snapshot"], JUNE);
    desk.run(&["verify"]).code(0);
}

#[test]
fn an_edit_of_the_components_does_not_free_from_the_locked_date_and_key() {
    let desk = Desk::locked(&bookworm().date(at("2024-06-01T02:00:00Z")));
    desk.served.publish("debian", &older_and_newer());
    desk.refused(&["refresh"], 3, &["the archive was rolled back"]);
    desk.edit("suites = [\"bookworm\"]", "suites = [\"bookworm\"]\ncomponents = [\"main\", \"main\"]");
    desk.edit("components = [\"main\", \"main\"]", "architectures = [\"amd64\"]");
    desk.refused(&["refresh"], 3, &["the archive was rolled back"]);
    let other = Key::new("Another");
    let both = format!("{}{}", key().armored(), other.armored());
    desk.work.write("keys/test.asc", both);
    desk.served.publish("debian", &bookworm().date(at("2024-07-01T02:00:00Z")).sign([&other]));
    desk.refused(&["refresh"], 3, &["none of the locked keys signs the suite any more"]);
}

#[test]
fn the_newest_snapshot_that_is_old_was_held_back() {
    let desk = at_ceiling(MAY, ALL);
    desk.edit(&format!("snapshot = \"{MAY}\""), "snapshot = \"latest\"");
    desk.refused(&["refresh"], 3, &["its newest snapshot is old", "one of the last 14 days", "2024-06-01T06:30:15Z"]);
}

#[test]
fn a_kept_version_that_the_manifest_does_not_allow_is_not_kept() {
    let archive = bookworm().with(Deb::new("curl", "7.88.1-10+deb12u5"));
    let desk = Desk::new(&archive);
    desk.manifest(
        "\"linux/amd64\"",
        "suites = [\"bookworm\"]",
        "[pins.a]\ndeb = [\"curl=7.88.1-10+deb12u8\", \"ca-certificates\"]\n",
    );
    desk.work.write("Dockerfile", CURL_PINNED.replace("deb12u8", "deb12u5"));
    desk.refused(&["refresh", "--keep"], 1, &["the version of curl that would be kept is not one that is asked for"]);
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.values("a")["curl"], "7.88.1-10+deb12u8");
    desk.run(&["verify"]).code(0);
}

#[test]
fn keep_takes_the_snapshot_that_the_dockerfile_bears() {
    let desk = at_ceiling(JUNE, "[pins.packages]\ndeb = \"dockerfile\"\n");
    desk.edit("suites =", "into = [{ arg = \"SNAP\" }]\nsuites =");
    let dockerfile = format!("ARG SNAP={MAY}\n{CURL_PINNED}");
    desk.work.write("Dockerfile", &dockerfile);
    desk.run(&["refresh", "--keep"]).code(0);
    assert_eq!(desk.work.read("Dockerfile"), dockerfile);
    assert_eq!(desk.lock()["archives"]["debian"]["values"]["snapshot"], MAY);
    // A moment between two imports is no import's: writing the import would move a byte.
    let desk = at_ceiling(JUNE, "[pins.packages]\ndeb = \"dockerfile\"\n");
    desk.edit("suites =", "into = [{ arg = \"SNAP\" }]\nsuites =");
    desk.work.write("Dockerfile", dockerfile.replace(MAY, "20240510T000000Z"));
    desk.refused(&["refresh", "--keep"], 1, &["--keep moves nothing, but this is not the snapshot of debian"]);
}

#[test]
fn a_stage_that_went_away_is_a_finding() {
    let desk = Desk::new(&bookworm());
    desk.manifest(
        "\"linux/amd64\"",
        "suites = [\"bookworm\"]",
        "[pins.a]\ndeb = \"dockerfile\"\nstages = [\"one\", \"two\"]\n",
    );
    let line = "RUN apt-get update && apt-get install -y curl\n";
    desk.work.write("Dockerfile", format!("FROM scratch AS one\n{line}FROM scratch AS two\n{line}"));
    desk.run(&["refresh"]).code(0);
    let locked = desk.work.read("Dockerfile");
    let renamed = locked.replace(
        "AS two\nRUN apt-get update && apt-get install -y curl=7.88.1-10+deb12u8",
        "AS three\nRUN apt-get update && apt-get install -y curl",
    );
    assert_ne!(locked, renamed);
    desk.work.write("Dockerfile", renamed);
    desk.run(&["verify"]).code(1).says("DOC003").says("`stages` names `two`, which no Dockerfile of the pin has");
}

#[test]
fn an_architecture_that_a_variable_brings_is_the_one_that_is_locked() {
    let archive = bookworm().architectures(["amd64", "i386"]).with(Deb::new("curl", "7.88.1-10+deb12u7").arch("i386"));
    let desk = Desk::new(&archive);
    let with = |text: &str| {
        desk.work.write("Dockerfile", format!("FROM scratch\nARG F=i386\nRUN apt-get install -y {text}\n"))
    };
    with("curl:$F");
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.values("packages"), serde_json::json!({ "curl:i386": "7.88.1-10+deb12u7" }));
    desk.run(&["verify"]).code(0);
    with("curl:$UNKNOWN");
    desk.run(&["verify"]).code(1).says("APT005").says("the architecture of `curl` is not known before the build");
}

#[test]
fn a_list_passes_over_no_install_of_its_own_packages() {
    let desk = Desk::new(&bookworm());
    desk.manifest("\"linux/amd64\"", "suites = [\"bookworm\"]", "[pins.a]\ndeb = [\"curl\"]\nvendor = \"debs/\"\n");
    desk.work.write("Dockerfile", CURL);
    desk.run(&["refresh"]).code(0);
    desk.run(&["verify"]).code(1).says("COV001 apt-get installs `ca-certificates`").says("1 finding");
    for (word, id) in [
        ("curl", "APT001"),
        ("curl:native", "APT001"),
        ("curl:any=0.9", "APT002"),
        ("curl:i386", "APT005"),
        ("curl+", "APT005"),
        ("'^curl$'", "APT005"),
    ] {
        desk.work.write("Dockerfile", format!("FROM scratch\nRUN apt-get install -y {word}\n"));
        desk.run(&["verify"]).code(1).says(id);
    }
    // What may be anything no list covers.
    desk.work.write("Dockerfile", "FROM scratch\nRUN apt-get install -y $(cat list)\n");
    desk.run(&["verify"]).code(1).says("COV001").says("cannot be known before the build").says("1 finding");
    // The block that installs from the vendored archive names the packages there.
    let block = desk.run(&["export", "apt-snippet"]).code(0).out;
    desk.work.write("Dockerfile", format!("FROM scratch\n{block}"));
    desk.run(&["verify"]).code(0).says("1 verified, 0 UNLOCKED, 0 suppressed\n");
}

#[test]
fn refresh_locked_proves_what_the_lock_says_of_the_archive_too() {
    let desk = at_ceiling(MAY, ALL);
    desk.run(&["refresh"]).code(0);
    desk.run(&["refresh", "--locked"]).code(0);
    let good = desk.work.bytes("pins.lock");
    for (word, text) in [("date", "2024-05-02T02:00:00Z"), ("key", "AAAA")] {
        let mut lock = dubo_pin::lock::open(&good).unwrap().lock;
        let archive = lock.archives.get_mut(&"debian".parse::<dubo_pin::model::PinName>().unwrap()).unwrap();
        let each = std::collections::BTreeMap::from([("bookworm".to_owned(), text.to_owned())]);
        archive.evidence.insert(word.to_owned(), dubo_pin::lock::Evidence::Each(each));
        desk.work.write("pins.lock", lock.to_bytes());
        desk.run(&["refresh", "--locked"]).code(3);
    }
}
