//! Archives at points in time: the latest and a ceiling, the time in an ARG, expiry judged then,
//! and a service that bears two requests at once.

use super::{ALL, CURL, CURL_PINNED, Desk, bookworm, key};
use crate::support::debian::{Archive, Deb, Served, at};
use crate::support::program::ran;

const MAY: &str = "20240504T120000Z";
const JUNE: &str = "20240601T063015Z";

/// The imports of these tests are old: without it, the newest would be taken for one held back.
const OLD: &str = "max-age = \"36500d\"";

fn june() -> Archive {
    bookworm().date(at("2024-06-01T02:00:00Z")).without("curl").with(Deb::new("curl", "7.88.1-10+deb12u9"))
}

/// Two imports; the archive itself has moved on to nothing.
fn imports(may: &Archive) -> Served {
    let served = Served::of(may);
    served.snapshot("debian", MAY);
    served.publish("debian", &june());
    served.snapshot("debian", JUNE);
    served.publish("debian", &june().without("curl").date(at("2024-07-01T02:00:00Z")));
    served
}

fn desk(may: &Archive, snapshot: &str) -> Desk {
    let desk = Desk::serving(imports(may));
    let uri = desk.served.snapshot_uri("debian");
    desk.manifest("\"linux/amd64\"", &format!("uri = \"{uri}\"\n{snapshot}\n{OLD}\nsuites = [\"bookworm\"]"), ALL);
    desk
}

fn stamp(desk: &Desk) -> String {
    desk.lock()["archives"]["debian"]["values"]["snapshot"].as_str().unwrap().to_owned()
}

#[test]
fn the_latest_import_is_taken_and_its_time_is_locked_and_in_every_url() {
    let desk = desk(&bookworm(), "");
    desk.run(&["refresh"]).code(0);
    assert_eq!(stamp(&desk), JUNE);
    assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED.replace("deb12u8", "deb12u9"));
    let url =
        desk.artifact("packages", "curl_7.88.1-10+deb12u9_amd64.deb")["url"].as_str().unwrap().replace("%2B", "+");
    assert_eq!(
        url,
        format!("{}/{JUNE}/pool/main/c/curl/curl_7.88.1-10+deb12u9_amd64.deb", desk.served.uri("archive/debian"))
    );
    desk.run(&["verify"]).code(0);
    desk.run(&["outdated"]).code(0);
    desk.run(&["refresh"]).code(0).says("1 unchanged");
    desk.run(&["refresh", "--locked"]).code(0);
}

#[test]
fn a_ceiling_stands_for_the_import_before_it() {
    for (ceiling, taken) in
        [("20240531T235959Z", MAY), (MAY, MAY), ("20240601T063014Z", MAY), (JUNE, JUNE), ("20991231T000000Z", JUNE)]
    {
        let desk = desk(&bookworm(), &format!("snapshot = \"{ceiling}\""));
        desk.run(&["refresh"]).code(0);
        assert_eq!(stamp(&desk), taken, "{ceiling}");
        desk.run(&["verify"]).code(0);
    }
    let desk = desk(&bookworm(), "snapshot = \"20240101T000000Z\"");
    desk.refused(
        &["refresh"],
        2,
        &["there is no snapshot as old as 20240101T000000Z", &format!("the oldest is {MAY}")],
    );
}

#[test]
fn the_time_is_written_into_an_arg() {
    let desk = desk(&bookworm(), &format!("snapshot = \"{MAY}\"\ninto = [{{ arg = \"DEBIAN_SNAPSHOT\" }}]"));
    desk.work.write("Dockerfile", format!("ARG DEBIAN_SNAPSHOT=\n{CURL}"));
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.work.read("Dockerfile"), format!("ARG DEBIAN_SNAPSHOT={MAY}\n{CURL_PINNED}"));
    desk.run(&["verify"]).code(0);
    desk.work.write("Dockerfile", format!("ARG DEBIAN_SNAPSHOT={JUNE}\n{CURL_PINNED}"));
    desk.run(&["verify"]).code(1).says("LOCK001").says(MAY).says(JUNE);
    // A later one moves all of it.
    desk.edit(MAY, JUNE);
    desk.run(&["refresh"]).code(0);
    let pinned = CURL_PINNED.replace("deb12u8", "deb12u9");
    assert_eq!(desk.work.read("Dockerfile"), format!("ARG DEBIAN_SNAPSHOT={JUNE}\n{pinned}"));
    desk.run(&["verify"]).code(0);
}

#[test]
fn expiry_is_judged_at_the_time_of_the_snapshot() {
    // Both ran out long ago, and were good then.
    let expired = key().expires(at("2024-05-20T00:00:00Z"));
    let may = bookworm().sign([&expired]).valid_until(at("2024-05-11T08:15:30Z"));
    let good = desk(&may, &format!("snapshot = \"{MAY}\""));
    good.work.write("keys/test.asc", expired.armored());
    good.run(&["refresh"]).code(0);
    // Good neither then nor now.
    let late = bookworm().sign([&expired]).valid_until(at("2024-05-04T11:00:00Z"));
    let late = desk(&late, &format!("snapshot = \"{MAY}\""));
    late.work.write("keys/test.asc", expired.armored());
    late.refused(&["refresh"], 3, &["the Release file has expired"]);
    // A key that was revoked is refused whenever it signed.
    let revoked = key().revoked(at("2025-01-01T00:00:00Z"));
    let gone = desk(&bookworm().sign([&revoked]), &format!("snapshot = \"{MAY}\""));
    gone.work.write("keys/test.asc", revoked.armored());
    gone.refused(&["refresh"], 3, &["was revoked"]);
}

#[test]
fn a_lock_at_a_snapshot_is_proved_there_whatever_came_later() {
    let desk = desk(&bookworm(), &format!("snapshot = \"{MAY}\""));
    desk.run(&["refresh"]).code(0);
    desk.edit(MAY, "latest");
    desk.run(&["verify"]).code(1).says("LOCK004");
    desk.run(&["refresh", "--keep"]).code(0);
    assert_eq!(desk.values("packages")["curl"], "7.88.1-10+deb12u8");
}

#[test]
fn the_service_is_asked_at_most_two_things_at_once_and_its_refusals_are_waited_out() {
    let mut archive = Archive::new("bookworm").sign([&key()]);
    let mut names = Vec::new();
    for n in 0..12 {
        archive = archive.with(Deb::new(&format!("package-{n}"), "1.0-1"));
        names.push(format!("package-{n}"));
    }
    let served = Served::of(&archive);
    served.snapshot("debian", MAY);
    served.snapshots().throttle(2);
    let desk = Desk::serving(served);
    let uri = desk.served.snapshot_uri("debian");
    desk.manifest("\"linux/amd64\"", &format!("uri = \"{uri}\"\n{OLD}\nsuites = [\"bookworm\"]"), ALL);
    desk.work.write("Dockerfile", format!("FROM scratch\nRUN apt-get install -y {}\n", names.join(" ")));
    desk.run(&["refresh", "--jobs", "8"]).code(0);
    assert_eq!(desk.folder("debs").len(), 12 + 3);
    assert_eq!((desk.served.snapshots().peak(), desk.served.snapshots().refused()), (2, 0));
}

#[test]
fn the_canonical_url_is_locked_whichever_mirror_served_it() {
    let desk = desk(&bookworm(), "");
    desk.manifest(
        "\"linux/amd64\"",
        &format!("uri = \"https://snapshot.debian.org/archive/debian/{{snapshot}}\"\n{OLD}\nsuites = [\"bookworm\"]"),
        ALL,
    );
    let mirror = |end: &str| format!("https://snapshot.debian.org/={}/{end}", desk.served.server().url());
    let run = |arguments: &[&str], end: &str| ran(desk.work.command(arguments).env("DUBO_PIN_MIRRORS", mirror(end)));
    run(&["refresh"], ";resolve").code(0);
    let lock = desk.work.read("pins.lock");
    assert!(
        lock.contains(&format!("https://snapshot.debian.org/archive/debian/{JUNE}/pool/main/c/curl/curl_7.88.1-10")),
        "{lock}"
    );
    assert!(lock.contains("\"origin\": \"mirror\"") && !lock.contains("127.0.0.1"), "{lock}");
    desk.run(&["verify"]).code(0);
    // What is locked may come from any mirror: its hash proves it.
    std::fs::remove_dir_all(desk.work.image().join("debs")).unwrap();
    std::fs::remove_dir_all(desk.work.home().join(".cache")).unwrap();
    run(&["fetch"], "").code(0);
    desk.run(&["verify"]).code(0);
}

#[test]
fn a_file_that_the_snapshot_lost_is_found_by_its_sha1() {
    let desk = desk(&bookworm(), "");
    desk.run(&["refresh"]).code(0);
    let before = desk.work.tree();
    let curl = Deb::new("curl", "7.88.1-10+deb12u9");
    desk.served.snapshots().lose(&curl.path());
    // The lock knows the SHA-1; without a lock the service is asked for it.
    for fresh in [false, true] {
        std::fs::remove_dir_all(desk.work.image().join("debs")).unwrap();
        std::fs::remove_dir_all(desk.work.home().join(".cache")).unwrap();
        if fresh {
            std::fs::remove_file(desk.work.image().join("pins.lock")).unwrap();
            desk.run(&["refresh"]).code(0);
        } else {
            desk.run(&["fetch"]).code(0);
        }
        assert!(desk.work.tree() == before, "fresh: {fresh}");
        let last = desk.served.sent().into_iter().rfind(|p| p.starts_with("/file/"));
        assert_eq!(last, Some(format!("/file/{}", crate::support::debian::sha1(&curl.bytes()))));
        desk.served.forget();
    }
    desk.run(&["verify"]).code(0);
}

#[test]
fn a_pin_that_moves_alone_leaves_the_archive_of_the_others_where_it_is() {
    let desk = desk(&bookworm(), "");
    let uri = desk.served.snapshot_uri("debian");
    let pins = "[pins.a]\ndeb = [\"curl\"]\nvendor = \"a/\"\n[pins.b]\ndeb = [\"ca-certificates\"]\nvendor = \"b/\"\n";
    desk.manifest("\"linux/amd64\"", &format!("uri = \"{uri}\"\n{OLD}\nsuites = [\"bookworm\"]"), pins);
    desk.run(&["refresh"]).code(0);
    assert_eq!(stamp(&desk), JUNE);
    let july = june().date(at("2024-07-02T02:00:00Z")).without("curl").with(Deb::new("curl", "7.88.1-10+deb12u10"));
    desk.served.publish("debian", &july);
    desk.served.snapshot("debian", "20240702T063015Z");
    // One timestamp is locked for the archive: what one pin alone may not change.
    desk.run(&["refresh", "a"]).code(0);
    assert_eq!(stamp(&desk), JUNE);
    assert_eq!(desk.values("a")["curl"], "7.88.1-10+deb12u9");
    desk.run(&["verify"]).code(0);
    desk.run(&["refresh"]).code(0);
    assert_eq!(stamp(&desk), "20240702T063015Z");
    assert_eq!(desk.values("a")["curl"], "7.88.1-10+deb12u10");
    desk.run(&["verify"]).code(0);
}

#[test]
fn a_mirror_may_not_decide_which_snapshot_is_the_latest_unless_it_is_told() {
    let desk = desk(&bookworm(), "");
    desk.manifest(
        "\"linux/amd64\"",
        &format!("uri = \"http://127.0.0.1:1/archive/debian/{{snapshot}}\"\n{OLD}\nsuites = [\"bookworm\"]"),
        ALL,
    );
    let mirror = |end: &str| format!("http://127.0.0.1:1/={}/{end}", desk.served.server().url());
    let run = |end: &str| ran(desk.work.command(&["refresh"]).env("DUBO_PIN_MIRRORS", mirror(end)));
    run("").code(4).says("nobody says which snapshot is the latest");
    assert!(!desk.work.image().join("pins.lock").exists());
    run(";resolve").code(0);
    assert_eq!(stamp(&desk), JUNE);
}

/// Sealed anew, so that only what the lock says can tell.
#[test]
fn a_lock_of_two_snapshots_or_of_one_that_the_manifest_does_not_allow_is_found() {
    let desk = desk(&bookworm(), &format!("snapshot = \"{MAY}\""));
    desk.run(&["refresh"]).code(0);
    let forge = |of_archive: &str, of_files: &str| {
        let mut lock = dubo_pin::lock::open(&desk.work.bytes("pins.lock")).unwrap().lock;
        for value in lock.archives.get_mut("debian").unwrap().values.values_mut() {
            *value = dubo_pin::lock::Value::One(dubo_pin::model::Token::new(of_archive).unwrap());
        }
        let artifacts = &mut lock.pins.get_mut("packages").unwrap().artifacts;
        for url in artifacts.iter_mut().filter_map(|a| a.url.as_mut()) {
            *url = url.replace(MAY, of_files);
        }
        let good = desk.work.bytes("pins.lock");
        desk.work.write("pins.lock", lock.to_bytes());
        let ran = desk.run(&["verify"]);
        desk.work.write("pins.lock", good);
        ran
    };
    forge(MAY, MAY).code(0);
    forge(MAY, "20200101T000000Z").code(1).says("APT013").says("is not at the snapshot that is locked");
    forge("20200101T000000Z", MAY).code(1).says("APT013").says("is not at the snapshot that is locked");
    forge(JUNE, JUNE).code(1).says("APT013").says("is later than pins.toml allows");
    forge("nonsense", MAY).code(1).says("APT013").says("the lock has no snapshot of the archive debian");
}
