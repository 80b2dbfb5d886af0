//! min-age and outdated of image pins: what waits, what never waits, and what is an alarm whatever waits.

use super::asking::outlook;
use super::{age, ago, entry, held, seen};
use crate::bad_input::idle;
use crate::images::{Shop, base, digest, serve, single};
use crate::support::http::Answer;
use crate::support::oci::{Image, Packing, call, layer};
use dubo_pin::model::{Class, Standing};

const WEEK: &str = "image = \"HOST/base:1\"\nmin-age = \"7d\"";
const RANGE: &str = "image = \"HOST/base\"\nversion = \"^1\"\nmin-age = \"7d\"";

/// `base:1` is locked, and from now on waits a week.
fn week() -> Option<Shop> {
    let shop = Shop::locked()?;
    shop.lay(&shop.work.read("Dockerfile"), WEEK);
    Some(shop)
}

/// `base:1.0.0` is locked, and its range waits a week.
fn range() -> Option<Shop> {
    let shop = Shop::open()?;
    shop.push("base", "1.0.0", &base("one"));
    shop.lay("FROM HOST/base:1.0.0\n", RANGE);
    shop.run(&["refresh"]).code(0).says("taken at once");
    Some(shop)
}

fn from(tag: &str, digest: &str) -> String {
    format!("FROM HOST/base:{tag}@{digest}\n")
}

fn short(tag: &str, digest: &str) -> String {
    format!("{tag} ({})", &digest["sha256:".len()..][..12])
}

#[test]
fn a_tag_that_moved_is_taken_a_week_after_a_refresh_saw_it() {
    let Some(shop) = week() else { return };
    let (one, two) = (digest(&base("one")), shop.push("base", "1", &base("two")));
    // Nobody has seen it yet, and asking writes nothing.
    idle(&shop.work, &["outdated"]).code(0).says("current");
    idle(&shop.work, &["refresh", "--dry-run"]).code(0);
    assert!(seen(&shop.work, "base").is_empty());
    let now = outlook(&shop.work, "base").unwrap();
    assert_eq!(
        (now.standing, now.allowed, now.newest),
        (Standing::Current, Some(short("1", &one)), Some(short("1", &two)))
    );
    let first = shop.work.read("pins.lock");
    shop.run(&["refresh"]).code(0).says("1 unchanged");
    shop.has(&from("1", &one));
    assert_eq!(seen(&shop.work, "base"), [(format!("1@{two}"), ago(0))]);
    assert_ne!(shop.work.read("pins.lock"), first);
    shop.run(&["verify"]).code(0);
    // The same on the next day: nothing is written.
    idle(&shop.work, &["refresh"]).code(0);
    age(&shop.work, "base", 6);
    idle(&shop.work, &["refresh"]).code(0);
    let later = outlook(&shop.work, "base").unwrap();
    let (since, until) = (ago(6), ago(-1));
    assert_eq!(held(&later), [(&*short("1", &two), format!("min-age: first seen {since}, to be taken from {until}"))]);
    age(&shop.work, "base", 1);
    idle(&shop.work, &["outdated"]).code(1).says("newer");
    shop.run(&["refresh"]).code(0).says("1 moved");
    shop.has(&from("1", &two));
    assert!(seen(&shop.work, "base").is_empty());
    shop.run(&["verify"]).code(0);
    idle(&shop.work, &["outdated"]).code(0);
}

#[test]
fn what_replaced_a_held_image_waits_anew_and_what_came_back_is_forgotten() {
    let Some(shop) = week() else { return };
    let (one, _) = (digest(&base("one")), shop.push("base", "1", &base("two")));
    shop.run(&["refresh"]).code(0);
    age(&shop.work, "base", 30);
    let three = shop.push("base", "1", &base("three"));
    shop.run(&["refresh"]).code(0).says("1 unchanged");
    shop.has(&from("1", &one));
    assert_eq!(seen(&shop.work, "base"), [(format!("1@{three}"), ago(0))]);
    age(&shop.work, "base", 5);
    shop.push("base", "1", &base("one"));
    shop.run(&["refresh"]).code(0).says("1 unchanged");
    assert!(seen(&shop.work, "base").is_empty());
    // Back again: its days begin anew.
    shop.push("base", "1", &base("three"));
    shop.run(&["refresh"]).code(0);
    assert_eq!(seen(&shop.work, "base"), [(format!("1@{three}"), ago(0))]);
}

#[test]
fn of_a_range_the_newest_that_is_old_enough_is_taken() {
    let Some(shop) = range() else { return };
    let two = shop.push("base", "1.1.0", &base("two"));
    shop.run(&["refresh"]).code(0).says("1 unchanged");
    age(&shop.work, "base", 7);
    let three = shop.push("base", "1.2.0", &base("three"));
    idle(&shop.work, &["outdated"]).code(1);
    let now = outlook(&shop.work, "base").unwrap();
    assert_eq!((now.standing, &now.allowed), (Standing::Newer, &Some(short("1.1.0", &two))));
    assert_eq!(now.newest, Some(short("1.2.0", &three)));
    shop.run(&["refresh"]).code(0).says("1 moved");
    shop.has(&from("1.1.0", &two));
    assert_eq!(seen(&shop.work, "base"), [(format!("1.2.0@{three}"), ago(0))]);
    shop.run(&["verify"]).code(0);
    // The taken tag was made again under the same name: it waits as well, and is no downgrade.
    let again = shop.push("base", "1.1.0", &base("two, made again"));
    shop.run(&["refresh"]).code(0).says("1 unchanged");
    let all = seen(&shop.work, "base");
    assert_eq!(all, [(format!("1.1.0@{again}"), ago(0)), (format!("1.2.0@{three}"), ago(0))]);
    // Only what the tag still names can be taken.
    age(&shop.work, "base", 7);
    shop.push("base", "1.2.0", &base("another three"));
    shop.run(&["refresh"]).code(0).says("1 moved");
    shop.has(&from("1.1.0", &again));
}

#[test]
fn a_version_seen_long_ago_is_found_behind_any_number_of_newer_ones() {
    let Some(shop) = range() else { return };
    let two = shop.push("base", "1.0.1", &base("two"));
    shop.run(&["refresh"]).code(0);
    age(&shop.work, "base", 7);
    for n in 2..30 {
        shop.push("base", &format!("1.0.{n}"), &base(&format!("number {n}")));
    }
    shop.run(&["refresh"]).code(0).says("1 moved");
    shop.has(&from("1.0.1", &two));
    assert_eq!(seen(&shop.work, "base").len(), 20);
}

#[test]
fn what_must_not_move_and_what_was_lost_are_alarms_at_once() {
    let Some(shop) = week() else { return };
    let fixed = format!("{WEEK}\nmoving = false");
    shop.lay(&shop.work.read("Dockerfile"), &fixed);
    let two = shop.push("base", "1", &base("two"));
    shop.refused(&["refresh"], 3, &["the tag `1` moved"]);
    shop.run(&["outdated"]).code(3).says("alarm");
    // Said by name, it is taken at once.
    shop.run(&["refresh", "base", "--accept-changed", "base"]).code(0).says("1 moved");
    shop.has(&from("1", &two));
    shop.lay(&shop.work.read("Dockerfile"), WEEK);
    let files = layer(&[("etc/what", Some("three"))], Packing::Gzip);
    shop.push("base", "1", &Image::default().one("linux/amd64", &[files], false).index(false));
    shop.refused(&["refresh"], 3, &["HOST/base:1 lost linux/arm64"]);
    shop.run(&["outdated"]).code(3).says("alarm");
    shop.push("base", "1", &single("four"));
    shop.run(&["refresh"]).code(3);
    shop.untag("base", "1");
    shop.refused(&["refresh"], 3, &["HOST/base"]);
    shop.run(&["outdated"]).code(3).says("gone");
    shop.has(&from("1", &two));
}

#[test]
fn a_locked_image_that_was_deleted_is_gone_while_its_successor_waits() {
    let Some(shop) = week() else { return };
    let (one, two) = (digest(&base("one")), shop.push("base", "1", &base("two")));
    shop.run(&["refresh"]).code(0);
    shop.delete("base", &one);
    let gone = format!("the registry no longer has the locked {one}");
    shop.refused(&["refresh"], 3, &[&gone, &format!("dubo-pin refresh base --to 1@{two}")]);
    idle(&shop.work, &["outdated"]).code(3).says("gone");
    // What the help says.
    shop.run(&["refresh", "base", "--to", &format!("1@{two}")]).code(0);
    shop.has(&from("1", &two));
}

#[test]
fn a_locked_tag_that_was_withdrawn_is_gone_while_a_newer_one_waits() {
    let Some(shop) = range() else { return };
    shop.push("base", "1.1.0", &base("two"));
    shop.run(&["refresh"]).code(0);
    shop.untag("base", "1.0.0");
    shop.refused(&["refresh"], 3, &["the locked tag `1.0.0` of HOST/base is not there any more", "--to 1.1.0@sha256:"]);
    idle(&shop.work, &["outdated"]).code(3).says("gone");
    // One that must not move is an alarm where a newer one waits, too.
    shop.push("base", "1.0.0", &base("another one"));
    shop.lay(&shop.work.read("Dockerfile"), &format!("{RANGE}\nmoving = false"));
    shop.refused(&["refresh"], 3, &["the tag `1.0.0` moved"]);
}

#[test]
fn to_and_keep_do_not_ask_how_old_it_is_and_freeze_comes_first() {
    let Some(shop) = week() else { return };
    let (one, two) = (digest(&base("one")), shop.push("base", "1", &base("two")));
    shop.run(&["refresh"]).code(0);
    idle(&shop.work, &["refresh", "--keep"]).code(0);
    shop.run(&["refresh", "base", "--to", &format!("1@{two}")]).code(0).says("1 moved");
    shop.has(&from("1", &two));
    shop.run(&["refresh", "base", "--to", &format!("1@{one}")]).code(0);
    // A first lock keeps what the Dockerfile bears.
    std::fs::remove_file(shop.work.image().join("pins.lock")).unwrap();
    shop.run(&["refresh"]).code(0).says("1 new").never_says("taken at once");
    shop.has(&from("1", &one));
    let until = ago(-30);
    shop.lay(
        &shop.work.read("Dockerfile"),
        &format!("{WEEK}\nfreeze = {{ reason = \"a release\", until = \"{until}\" }}"),
    );
    idle(&shop.work, &["refresh"]).code(0).says("a release");
    assert!(seen(&shop.work, "base").is_empty());
}

#[test]
fn another_tag_in_the_manifest_is_taken_at_once_and_another_platform_too() {
    let Some(shop) = week() else { return };
    let two = shop.push("base", "2", &base("two"));
    shop.lay("FROM HOST/base:2\n", &WEEK.replace(":1", ":2"));
    shop.run(&["refresh"]).code(0).says("taken at once");
    shop.has(&from("2", &two));
    // What is locked serves the pin as it was edited: it stays, under the new request.
    let three = shop.push("base", "2", &base("three"));
    shop.lay(&shop.work.read("Dockerfile"), &format!("{}\nplatforms = [\"linux/amd64\"]", WEEK.replace(":1", ":2")));
    shop.run(&["refresh"]).code(0);
    shop.has(&from("2", &two));
    assert_eq!(seen(&shop.work, "base"), [(format!("2@{three}"), ago(0))]);
    shop.run(&["verify"]).code(0);
    // It does not serve one that it never had.
    let files = layer(&[("etc/what", Some("four"))], Packing::Gzip);
    let files = std::slice::from_ref(&files);
    let more = Image::default().one("linux/amd64", files, false).one("linux/s390x", files, false).index(false);
    let four = shop.push("base", "2", &more);
    shop.manifest("\"linux/amd64\", \"linux/s390x\"", &WEEK.replace(":1", ":2"));
    shop.run(&["refresh"]).code(0).says("does not have linux/s390x").says("taken at once");
    shop.has(&from("2", &four));
}

#[test]
fn the_same_images_under_another_index_have_moved_and_wait_for_nothing() {
    let Some(shop) = week() else { return };
    let files = layer(&[("etc/", None), ("etc/what", Some("one"))], Packing::Gzip);
    let files = std::slice::from_ref(&files);
    let bare = Image::default().one("linux/amd64", files, false).one("linux/arm64", files, false).index(false);
    let (one, two) = (digest(&base("one")), shop.push("base", "1", &bare));
    idle(&shop.work, &["outdated"]).code(1).says("moved");
    let now = outlook(&shop.work, "base").unwrap();
    assert_eq!(now.standing, Standing::Moved);
    let trouble = now.trouble.unwrap();
    assert!(
        trouble.message.ends_with("base:1 leads to another index, with the same image for each platform of the pin")
    );
    assert_eq!((trouble.expected, trouble.found), (Some(one), Some(two.clone())));
    shop.run(&["refresh"]).code(0).says("only the index changed");
    shop.has(&from("1", &two));
    idle(&shop.work, &["outdated"]).code(0);
}

#[test]
fn an_index_whose_image_for_one_platform_is_gone_is_told_by_outdated() {
    let Some(shop) = Shop::locked() else { return };
    idle(&shop.work, &["outdated"]).code(0);
    let arm64 = format!("sha256:{}", base("one").parts[2].digest());
    let path = format!("/v2/base/manifests/{arm64}");
    assert_eq!(call(shop.registry.as_ref().unwrap().address, "DELETE", &path, &[], b"").status, 202);
    idle(&shop.work, &["outdated"]).code(3).says("gone").says("for `linux/arm64`").says(&arm64);
}

#[test]
fn versions_outside_of_the_rule_and_excluded_ones_are_told_newest_first() {
    let Some(shop) = range() else { return };
    for tag in ["1.0.1", "2.1.0", "2.0.0", "2", "20260901", "3.0.0-rc.1", "latest"] {
        shop.push("base", tag, &base(tag));
    }
    shop.lay(&shop.work.read("Dockerfile"), &format!("{RANGE}\nexclude = [\"1.0.1\"]"));
    shop.run(&["refresh"]).code(0);
    let now = outlook(&shop.work, "base").unwrap();
    assert_eq!((now.standing, now.newest.as_deref()), (Standing::Current, Some("2.1.0")));
    let expected = [("2.1.0", "outside ^1"), ("2.0.0", "outside ^1"), ("1.0.1", "excluded by pins.toml")];
    assert_eq!(held(&now), expected.map(|(value, by)| (value, by.to_owned())));
    assert_eq!(entry(&shop.work, "base").value("tag").unwrap().as_str(), "1.0.0");
    // One that waits stands among them, by its version.
    let waits = shop.push("base", "1.1.0", &base("two"));
    let now = outlook(&shop.work, "base").unwrap();
    let values: Vec<&str> = now.held.iter().map(|h| h.value.as_str()).collect();
    assert_eq!(values, ["2.1.0", "2.0.0", &*short("1.1.0", &waits), "1.0.1"]);
}

/// A mirror that decides what a tag means says nothing of what the registry has.
#[test]
fn what_a_mirror_does_not_have_is_not_gone() {
    let server = serve(&base("one"));
    let shop = Shop::before(&server);
    shop.lay("FROM registry.invalid/base:1\n", "image = \"registry.invalid/base:1\"");
    let mirror = shop.text("https://registry.invalid/=http://HOST/;resolve");
    let run = |arguments: &[&str]| {
        crate::support::program::ran(shop.work.command(arguments).env("DUBO_PIN_MIRRORS", &mirror))
    };
    run(&["refresh"]).code(0);
    run(&["outdated"]).code(0);
    server.twist(|_, _| Answer::new(404, r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#));
    run(&["outdated"]).code(4).says("unreachable").never_says("gone");
    run(&["refresh"]).code(4).says("the mirror does not have it");
    run(&["refresh", "--locked"]).code(4);
    assert_eq!(Class::Undone.code(), 4);
}

#[test]
fn another_repository_with_the_locked_image_shortens_no_wait() {
    let Some(shop) = week() else { return };
    let (one, two) = (digest(&base("one")), shop.push("base", "1", &base("two")));
    shop.run(&["refresh"]).code(0);
    age(&shop.work, "base", 100);
    shop.push("copy", "1", &base("one"));
    shop.push("copy", "1", &base("two"));
    let from = |digest: &str| format!("FROM HOST/copy:1@{digest}\n");
    shop.lay(&from(&one), &WEEK.replace("base", "copy"));
    shop.run(&["refresh"]).code(0).never_says("at once");
    shop.has(&from(&one));
    assert_eq!(seen(&shop.work, "base"), [(format!("1@{two}"), ago(0))]);
    shop.run(&["verify"]).code(0);
    age(&shop.work, "base", 7);
    shop.run(&["refresh"]).code(0).says("1 moved");
    shop.has(&from(&two));
}

#[test]
fn another_repository_without_the_locked_image_is_taken_at_once_and_told() {
    let Some(shop) = week() else { return };
    let three = shop.push("other", "1", &base("three"));
    shop.lay("FROM HOST/other:1\n", &WEEK.replace("base", "other"));
    shop.run(&["refresh"]).code(0).says("the source changed: nothing that was locked is there").says("at once");
    shop.has(&format!("FROM HOST/other:1@{three}\n"));
}

#[test]
fn an_excluded_image_is_left_for_the_newest_that_is_old_enough() {
    let Some(shop) = range() else { return };
    let two = shop.push("base", "1.1.0", &base("two"));
    shop.run(&["refresh"]).code(0);
    age(&shop.work, "base", 7);
    let three = shop.push("base", "1.2.0", &base("three"));
    shop.lay("FROM HOST/base:1.1.0\n", &format!("{RANGE}\nexclude = [\"1.0.0\"]"));
    shop.run(&["refresh"]).code(0).never_says("at once");
    shop.has(&from("1.1.0", &two));
    assert_eq!(seen(&shop.work, "base"), [(format!("1.2.0@{three}"), ago(0))]);
    shop.lay("FROM HOST/base:1.2.0\n", &format!("{RANGE}\nexclude = [\"1.1.0\"]"));
    shop.run(&["refresh"]).code(0).says("what is locked is not allowed any more").says("at once");
    shop.has(&from("1.2.0", &three));
}
