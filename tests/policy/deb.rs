//! min-age of Debian packages: as a whole from a plain mirror; from snapshots by their time.

use super::asking::outlook;
use super::{age, ago, held, seen};
use crate::deb::{ALL, CURL_PINNED, Desk, bookworm, idle, key};
use crate::support::debian::{Archive, Deb, Served, in_days, stamp};
use dubo_pin::model::Standing;

const WEEK: &str = "[pins.packages]\ndeb = \"dockerfile\"\nvendor = \"debs/\"\nmin-age = \"7d\"\n";
const BARE: &str = "[pins.packages]\ndeb = \"dockerfile\"\nmin-age = \"7d\"\n";

/// A day later: another curl.
fn next(version: &str) -> Archive {
    bookworm().date(in_days(-1)).without("curl").with(Deb::new("curl", version))
}

fn week(pins: &str) -> Desk {
    let desk = Desk::new(&bookworm());
    desk.manifest("\"linux/amd64\"", "suites = [\"bookworm\"]", pins);
    desk.run(&["refresh"]).code(0).says("taken at once");
    desk
}

fn updated(version: &str) -> String {
    CURL_PINNED.replace("7.88.1-10+deb12u8", version)
}

#[test]
fn a_newer_package_is_taken_a_week_after_a_refresh_saw_it() {
    let desk = week(WEEK);
    desk.served.publish("debian", &next("7.88.1-10+deb12u9"));
    idle(&desk.work, &["outdated"]).code(0).says("current");
    idle(&desk.work, &["refresh", "--dry-run"]).code(0);
    desk.run(&["refresh"]).code(0).says("1 unchanged");
    assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED);
    assert_eq!(seen(&desk.work, "packages"), [("curl=7.88.1-10+deb12u9".to_owned(), ago(0))]);
    desk.run(&["verify"]).code(0);
    idle(&desk.work, &["refresh"]).code(0);
    let now = outlook(&desk.work, "packages").unwrap();
    assert_eq!((now.standing, now.newest.as_deref()), (Standing::Current, Some("curl 7.88.1-10+deb12u9")));
    age(&desk.work, "packages", 6);
    idle(&desk.work, &["refresh"]).code(0);
    age(&desk.work, "packages", 1);
    idle(&desk.work, &["outdated"]).code(1).says("curl 7.88.1-10+deb12u9");
    desk.run(&["refresh"]).code(0).says("1 moved");
    assert_eq!(desk.work.read("Dockerfile"), updated("7.88.1-10+deb12u9"));
    assert!(seen(&desk.work, "packages").is_empty());
    desk.run(&["verify"]).code(0);
}

#[test]
fn a_pin_moves_as_a_whole_and_what_waits_for_another_does_not_begin_anew() {
    let desk = week(WEEK);
    desk.served.publish("debian", &next("7.88.1-10+deb12u9"));
    desk.run(&["refresh"]).code(0);
    age(&desk.work, "packages", 7);
    let both =
        next("7.88.1-10+deb12u9").without("ca-certificates").with(Deb::new("ca-certificates", "20240203").arch("all"));
    desk.served.publish("debian", &both.date(in_days(0)));
    desk.run(&["refresh"]).code(0).says("1 unchanged");
    let expected = [("ca-certificates=20240203".to_owned(), ago(0)), ("curl=7.88.1-10+deb12u9".to_owned(), ago(7))];
    assert_eq!(seen(&desk.work, "packages"), expected);
    assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED);
    age(&desk.work, "packages", 7);
    desk.run(&["refresh"]).code(0).says("1 moved");
    assert_eq!(desk.work.read("debs/install.list.amd64"), "ca-certificates=20240203\ncurl=7.88.1-10+deb12u9\n");
}

#[test]
fn a_third_version_waits_anew() {
    let desk = week(WEEK);
    desk.served.publish("debian", &next("7.88.1-10+deb12u9"));
    desk.run(&["refresh"]).code(0);
    age(&desk.work, "packages", 30);
    desk.served.publish("debian", &next("7.88.1-10+deb12u10").date(in_days(0)));
    desk.run(&["refresh"]).code(0).says("1 unchanged");
    assert_eq!(seen(&desk.work, "packages"), [("curl=7.88.1-10+deb12u10".to_owned(), ago(0))]);
}

#[test]
fn versions_that_differ_by_platform_are_named_with_their_architecture() {
    let both = |amd64: &str, arm64: &str| {
        bookworm()
            .architectures(["amd64", "arm64"])
            .without("curl")
            .with(Deb::new("curl", amd64))
            .with(Deb::new("curl", arm64).arch("arm64"))
    };
    let desk = Desk::new(&both("1.0-1", "1.0-1"));
    desk.work.write("Dockerfile", "FROM scratch\n");
    let pin = "[pins.packages]\ndeb = [\"curl\"]\nmin-age = \"7d\"\n";
    desk.manifest("\"linux/amd64\", \"linux/arm64\"", "suites = [\"bookworm\"]", pin);
    desk.run(&["refresh"]).code(0);
    desk.served.publish(
        "debian",
        &both("1.0-2", "1.0-2+b1")
            .with(Deb::new("curl", "1.0-1"))
            .with(Deb::new("curl", "1.0-1").arch("arm64"))
            .date(in_days(-1)),
    );
    desk.run(&["refresh"]).code(0);
    let expected = [("curl:amd64=1.0-2".to_owned(), ago(0)), ("curl:arm64=1.0-2+b1".to_owned(), ago(0))];
    assert_eq!(seen(&desk.work, "packages"), expected);
}

#[test]
fn without_a_vendored_copy_a_locked_version_that_left_the_archive_is_gone() {
    let desk = week(BARE);
    // Both are there: it can wait.
    desk.served.publish("debian", &next("7.88.1-10+deb12u9").with(bookworm().debs()[0].clone()));
    desk.run(&["refresh"]).code(0).says("1 unchanged");
    desk.served.publish("debian", &next("7.88.1-10+deb12u9").date(in_days(0)));
    desk.refused(
        &["refresh"],
        3,
        &["no archive has curl 7.88.1-10+deb12u8 any more", "held back by min-age: curl 7.88.1-10+deb12u9"],
    );
    idle(&desk.work, &["outdated"]).code(3).says("gone");
    desk.edit("7d", "0d");
    desk.run(&["refresh"]).code(0).says("1 moved");
}

#[test]
fn what_is_an_alarm_is_one_at_once() {
    let desk = week(WEEK);
    let made_again = bookworm().debs()[0].clone().content("made again\n");
    desk.served.publish("debian", &bookworm().without("curl").with(made_again).date(in_days(-1)));
    desk.refused(&["refresh"], 3, &["was modified in place"]);
    desk.run(&["outdated"]).code(3).says("alarm");
    desk.served.publish("debian", &next("7.88.1-9").date(in_days(0)));
    desk.refused(&["refresh"], 3, &["is older than the locked one"]);
    desk.served.publish("debian", &bookworm().without("curl").date(in_days(0)));
    desk.refused(&["refresh"], 3, &["no archive has the package `curl`"]);
    desk.served.publish("debian", &next("7.88.1-10+deb12u9").date(crate::support::debian::at("2024-05-01T00:00:00Z")));
    desk.refused(&["refresh"], 3, &["rolled back"]);
}

#[test]
fn keep_does_not_wait_and_a_package_that_was_never_locked_is_taken_while_the_others_stay() {
    let desk = week(WEEK);
    let more = next("7.88.1-10+deb12u9").with(bookworm().debs()[0].clone()).with(Deb::new("jq", "1.6-2.1"));
    desk.served.publish("debian", &more);
    desk.run(&["refresh"]).code(0);
    idle(&desk.work, &["refresh", "--keep"]).code(0);
    desk.work.write("Dockerfile", desk.work.read("Dockerfile").replace(" && rm", " jq && rm"));
    desk.run(&["refresh"]).code(0);
    assert_eq!(
        desk.work.read("debs/install.list.amd64"),
        "ca-certificates=20230311\ncurl=7.88.1-10+deb12u8\njq=1.6-2.1\n"
    );
    assert_eq!(seen(&desk.work, "packages"), [("curl=7.88.1-10+deb12u9".to_owned(), ago(0))]);
    desk.run(&["verify"]).code(0);
    // A version that is asked for by name is the user's own word.
    let list = "[pins.packages]\ndeb = [\"curl=7.88.1-10+deb12u9\", \"ca-certificates\", \"jq\"]\nvendor = \"debs/\"\nmin-age = \"7d\"\n";
    desk.work.write("Dockerfile", "FROM scratch\n");
    desk.manifest("\"linux/amd64\"", "suites = [\"bookworm\"]", list);
    desk.run(&["refresh"]).code(0).says("1 moved");
    assert_eq!(desk.values("packages")["curl"], "7.88.1-10+deb12u9");
}

#[test]
fn another_suite_has_nothing_to_stay_at() {
    let desk = week(BARE);
    let trixie = Archive::new("trixie")
        .sign([&key()])
        .date(in_days(-1))
        .with(Deb::new("curl", "8.14.1-2"))
        .with(Deb::new("ca-certificates", "20250419").arch("all"));
    desk.served.publish("debian", &trixie);
    desk.edit("\"bookworm\"", "\"trixie\"");
    desk.run(&["refresh"]).code(0).says("taken at once");
    assert_eq!(desk.work.read("Dockerfile"), updated("8.14.1-2").replace("20230311", "20250419"));
    desk.run(&["verify"]).code(0);
}

#[test]
fn what_apt_would_not_choose_is_told_as_newer_all_the_same() {
    let desk = Desk::new(&bookworm());
    let backports = Archive::new("bookworm-backports")
        .sign([&key()])
        .field("NotAutomatic", "yes")
        .field("ButAutomaticUpgrades", "yes")
        .with(Deb::new("curl", "8.5.0-2~bpo12+1"));
    desk.served.publish("debian", &backports);
    desk.manifest("\"linux/amd64\"", "suites = [\"bookworm\", \"bookworm-backports\"]", ALL);
    desk.run(&["refresh"]).code(0);
    let now = outlook(&desk.work, "packages").unwrap();
    assert_eq!((now.standing, now.newest.as_deref()), (Standing::Current, Some("curl 8.5.0-2~bpo12+1")));
    let why = "outside what apt prefers: bookworm-backports has the priority 100";
    assert_eq!(held(&now), [("curl 8.5.0-2~bpo12+1", why.to_owned())]);
}

/// An archive with one import of so many days ago, which is good for long.
fn imported(days: i64) -> Served {
    let served = Served::start();
    imports(&served, days, "1.0-0", 365);
    served
}

/// Imports another curl, which was good for a week then.
fn import(served: &Served, days: i64, version: &str) {
    imports(served, days, version, 7);
}

fn imports(served: &Served, days: i64, version: &str, valid: i64) {
    let archive = bookworm().date(in_days(-days - 1)).valid_until(in_days(-days - 1 + valid));
    served.publish("debian", &archive.without("curl").with(Deb::new("curl", version)));
    served.snapshot("debian", &stamp(in_days(-days)));
}

fn snapshots(served: Served, pins: &str) -> Desk {
    let desk = Desk::serving(served);
    let uri = desk.served.snapshot_uri("debian");
    desk.manifest("\"linux/amd64\"", &format!("uri = \"{uri}\"\nsuites = [\"bookworm\"]"), pins);
    desk
}

fn at(desk: &Desk) -> String {
    desk.lock()["archives"]["debian"]["values"]["snapshot"].as_str().unwrap().to_owned()
}

#[test]
fn the_newest_snapshot_that_is_old_enough_is_taken_without_waiting() {
    // Locked three weeks ago, so to say.
    let desk = snapshots(imported(12), WEEK);
    let first = stamp(in_days(-12));
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.values("packages")["curl"], "1.0-0");
    import(&desk.served, 9, "1.0-1");
    import(&desk.served, 2, "1.0-2");
    desk.run(&["outdated"]).code(1).says("curl 1.0-1").never_says("1.0-2");
    desk.run(&["refresh"]).code(0).says("min-age = 7d takes the snapshot").says("1 moved");
    assert_eq!(desk.values("packages")["curl"], "1.0-1");
    assert!(at(&desk) > first && at(&desk) < stamp(in_days(-8)), "{}", at(&desk));
    assert!(seen(&desk.work, "packages").is_empty());
    desk.run(&["verify"]).code(0);
    desk.run(&["refresh", "--locked"]).code(0);
    idle(&desk.work, &["refresh"]).code(0);
    idle(&desk.work, &["outdated"]).code(0);
    // Without min-age it is the latest, as ever; and a locked one never moves back.
    desk.edit("min-age = \"7d\"", "");
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.values("packages")["curl"], "1.0-2");
    desk.work.write("pins.toml", format!("{}min-age = \"7d\"\n", desk.work.read("pins.toml")));
    idle(&desk.work, &["refresh"]).code(0);
    idle(&desk.work, &["outdated"]).code(0);
    assert_eq!(desk.values("packages")["curl"], "1.0-2");
    import(&desk.served, 1, "1.0-3");
    idle(&desk.work, &["refresh"]).code(0);
    assert_eq!(desk.values("packages")["curl"], "1.0-2");
}

#[test]
fn of_several_pins_the_longest_age_counts_for_the_archive() {
    let pins =
        "[pins.a]\ndeb = [\"curl\"]\nmin-age = \"3d\"\n[pins.b]\ndeb = [\"ca-certificates\"]\nmin-age = \"8d\"\n";
    let desk = snapshots(imported(13), pins);
    desk.work.write("Dockerfile", "FROM scratch\n");
    desk.run(&["refresh"]).code(0);
    for (days, version) in [(10, "1.0-1"), (5, "1.0-2"), (0, "1.0-3")] {
        import(&desk.served, days, version);
    }
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.values("a")["curl"], "1.0-1");
    desk.edit("8d", "2d");
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.values("a")["curl"], "1.0-2");
    desk.run(&["verify"]).code(0);
}

#[test]
fn a_ceiling_that_has_come_is_the_users_word_and_one_to_come_is_as_the_latest() {
    let desk = snapshots(imported(12), WEEK);
    desk.run(&["refresh"]).code(0);
    import(&desk.served, 9, "1.0-1");
    import(&desk.served, 2, "1.0-2");
    desk.edit("suites =", "snapshot = \"20991231T000000Z\"\nsuites =");
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.values("packages")["curl"], "1.0-1");
    desk.edit("20991231T000000Z", &stamp(in_days(-1)));
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.values("packages")["curl"], "1.0-2");
    desk.run(&["verify"]).code(0);
}

#[test]
fn a_service_that_stands_still_or_goes_back_is_an_alarm_whatever_is_taken() {
    // The latest has expired, though what would be taken is good.
    let desk = snapshots(imported(12), WEEK);
    desk.run(&["refresh"]).code(0);
    import(&desk.served, 9, "1.0-1");
    desk.refused(&["refresh"], 3, &["has expired"]);
    // Nothing new for twenty days.
    let desk = snapshots(imported(20), WEEK);
    desk.refused(&["refresh"], 3, &["its newest snapshot is old"]);
    // The latest is of an older state than the locked one.
    let desk = snapshots(Served::start(), WEEK);
    let good = |days: i64, date: i64, version: &str| {
        desk.served.publish("debian", &bookworm().date(in_days(-date)).without("curl").with(Deb::new("curl", version)));
        desk.served.snapshot("debian", &stamp(in_days(-days)));
    };
    good(12, 12, "1.0-1");
    desk.run(&["refresh"]).code(0);
    good(9, 10, "1.0-2");
    good(1, 13, "1.0-3");
    desk.refused(&["refresh"], 3, &["the archive was rolled back"]);
    desk.run(&["outdated"]).code(3).says("alarm");
}

#[test]
fn a_plain_archive_beside_snapshots_is_waited_for_alone() {
    let served = imported(12);
    let own = |version: &str, days: i64| {
        Archive::new("own").sign([&key()]).date(in_days(-days)).with(Deb::new("tool", version))
    };
    served.publish("own", &own("1-1", 3));
    let desk = Desk::serving(served);
    let (uri, plain) = (desk.served.snapshot_uri("debian"), desk.served.uri("own"));
    let pins = format!(
        "[archives.own]\nuri = \"{plain}\"\nsuites = [\"own\"]\nsigned-by = \"keys/test.asc\"\n\n[pins.packages]\ndeb = [\"curl\", \"tool\"]\nmin-age = \"7d\"\n"
    );
    desk.work.write("Dockerfile", "FROM scratch\n");
    desk.manifest("\"linux/amd64\"", &format!("uri = \"{uri}\"\nsuites = [\"bookworm\"]"), &pins);
    desk.run(&["refresh"]).code(0);
    import(&desk.served, 9, "1.0-1");
    import(&desk.served, 1, "1.0-2");
    desk.served.publish("own", &own("1-1", 2).with(Deb::new("tool", "1-2")));
    desk.run(&["refresh"]).code(0).says("1 moved");
    assert_eq!(
        (desk.values("packages")["curl"].as_str(), desk.values("packages")["tool"].as_str()),
        (Some("1.0-1"), Some("1-1"))
    );
    assert_eq!(seen(&desk.work, "packages"), [("tool=1-2".to_owned(), ago(0))]);
    desk.run(&["verify"]).code(0);
    age(&desk.work, "packages", 7);
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.values("packages")["tool"], "1-2");
}
