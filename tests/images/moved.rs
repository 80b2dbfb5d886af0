//! Upstream moves: what is news, what is an alarm, and what is gone.

use super::{Shop, base, digest, idle, single};
use crate::support::oci::{Image, Packing, call, layer};

/// The same images as [`base`], with fewer attestations: only the index is another.
fn bare(what: &str) -> Image {
    let files = layer(&[("etc/", None), ("etc/what", Some(what))], Packing::Gzip);
    let files = std::slice::from_ref(&files);
    Image::default().one("linux/amd64", files, false).attested().one("linux/arm64", files, false).index(false)
}

#[test]
fn a_tag_that_moved_is_news_and_verify_stays_clean() {
    let Some(shop) = Shop::locked() else { return };
    let two = shop.push("base", "1", &base("two"));
    let short = &two["sha256:".len()..][..12];
    idle(&shop.work, &["outdated"]).code(1).says("newer").says(short);
    shop.run(&["verify"]).code(0);
    shop.run(&["refresh"]).code(0).says("1 moved").never_says("only the index");
    shop.has(&format!("FROM HOST/base:1@{two}\n"));
    shop.run(&["outdated"]).code(0);
}

#[test]
fn an_index_that_changed_alone_is_told_as_such() {
    let Some(shop) = Shop::locked() else { return };
    let two = shop.push("base", "1", &bare("one"));
    shop.run(&["outdated"]).code(1);
    shop.run(&["refresh"]).code(0).says("only the index changed: the images of the pin's platforms are the same");
    shop.has(&format!("FROM HOST/base:1@{two}\n"));
}

#[test]
fn a_move_of_a_tag_that_must_not_move_is_an_alarm() {
    let Some(shop) = Shop::locked() else { return };
    shop.lay(&shop.work.read("Dockerfile"), "image = \"HOST/base:1\"\nmoving = false");
    shop.run(&["outdated"]).code(0);
    let two = shop.push("base", "1", &base("two"));
    let one = digest(&base("one"));
    shop.refused(&["refresh"], 3, &["the tag `1` moved", &one, &two, "--accept-changed base"]);
    shop.run(&["outdated"]).code(3).says("alarm");
    shop.run(&["verify"]).code(0);
    shop.run(&["refresh", "base", "--accept-changed", "base"]).code(0);
    shop.has(&format!("FROM HOST/base:1@{two}\n"));
    shop.run(&["outdated"]).code(0);
}

#[test]
fn a_platform_that_was_lost_is_an_alarm_and_one_that_never_was_is_not() {
    let Some(shop) = Shop::locked() else { return };
    let files = layer(&[("etc/what", Some("two"))], Packing::Gzip);
    let amd64 = Image::default().one("linux/amd64", &[files], false).index(false);
    let two = shop.push("base", "1", &amd64);
    shop.refused(&["refresh"], 3, &["HOST/base:1 lost linux/arm64", "linux/amd64", "narrow the pin"]);
    shop.run(&["outdated"]).code(3).says("linux/arm64");
    shop.run(&["verify"]).code(0);
    // The same, narrowed, as it says.
    shop.lay(&shop.work.read("Dockerfile"), "image = \"HOST/base:1\"\nplatforms = [\"linux/amd64\"]");
    shop.run(&["refresh"]).code(0);
    shop.has(&format!("FROM HOST/base:1@{two}\n"));

    shop.manifest("\"linux/amd64\", \"linux/s390x\"", "image = \"HOST/base:1\"");
    shop.refused(&["refresh"], 2, &["HOST/base:1 does not have linux/s390x"]);
}

#[test]
fn a_tag_that_is_not_there_any_more_is_gone() {
    let Some(shop) = Shop::locked() else { return };
    shop.untag("base", "1");
    shop.run(&["outdated"]).code(3).says("gone");
    shop.refused(&["refresh"], 3, &["HOST/base"]);
    shop.run(&["verify"]).code(0);
    // The digest is there.
    shop.run(&["refresh", "--locked"]).code(0);
}

#[test]
fn a_tag_that_never_was_is_a_mistake() {
    let Some(shop) = Shop::open() else { return };
    shop.push("base", "1", &base("one"));
    shop.lay("FROM HOST/base:2\n", "image = \"HOST/base:2\"");
    shop.refused(&["refresh"], 2, &["HOST/base"]);
    shop.lay("FROM HOST/base:3.0\n", "image = \"HOST/base\"\nversion = \"^3\"");
    shop.refused(&["refresh"], 2, &["HOST/base has no tag with a version that the pin admits"]);
}

#[test]
fn a_locked_digest_that_was_deleted_is_gone_though_the_tag_lives_on() {
    let Some(shop) = Shop::locked() else { return };
    shop.push("base", "1", &base("two"));
    shop.delete("base", &digest(&base("one")));
    let gone = format!("the registry no longer has the locked {}", digest(&base("one")));
    idle(&shop.work, &["outdated"]).code(3).says("gone").says(&gone);
    // What the store still has proves nothing of the registry.
    shop.refused(&["refresh", "--locked"], 3, &["HOST/base"]);
    shop.run(&["verify"]).code(0);
    shop.run(&["refresh"]).code(0);
    shop.has(&format!("FROM HOST/base:1@{}\n", digest(&base("two"))));
}

#[test]
fn an_older_version_is_an_alarm_unless_it_is_allowed() {
    let Some(shop) = Shop::open() else { return };
    shop.push("base", "1.0.0", &base("one"));
    shop.push("base", "1.1.0", &base("two"));
    let pin = "image = \"HOST/base\"\nversion = \"^1\"";
    shop.lay("FROM HOST/base:1.0.0\n", pin);
    shop.run(&["refresh"]).code(0).says("1.1.0");
    shop.untag("base", "1.1.0");
    shop.refused(&["refresh"], 3, &["the newest admitted version of HOST/base is older than the locked one", "1.0.0"]);
    shop.run(&["outdated"]).code(3);
    shop.lay(&shop.work.read("Dockerfile"), &format!("{pin}\nallow-downgrade = true"));
    shop.run(&["refresh"]).code(0);
    shop.has(&format!("FROM HOST/base:1.0.0@{}\n", digest(&base("one"))));
}

#[test]
fn what_was_pinned_as_one_platforms_image_stays_that() {
    let Some(shop) = Shop::open() else { return };
    let image = base("one");
    shop.push("base", "1", &image);
    let amd64 = format!("sha256:{}", image.parts[0].digest());
    shop.lay(&format!("FROM HOST/base:1@{amd64}\n"), "image = \"HOST/base:1\"\nplatforms = [\"linux/amd64\"]");
    shop.run(&["refresh"]).code(0).says("1 new");
    shop.has(&format!("FROM HOST/base:1@{amd64}\n"));
    assert!(shop.work.read("pins.lock").contains("\"kind\": \"manifest\""));
    shop.run(&["refresh"]).code(0).says("1 unchanged");
    let image = base("two");
    shop.push("base", "1", &image);
    shop.run(&["outdated"]).code(1);
    shop.run(&["refresh"]).code(0).says("1 moved");
    shop.has(&format!("FROM HOST/base:1@sha256:{}\n", image.parts[0].digest()));
    shop.run(&["verify"]).code(0);
    shop.run(&["refresh", "--locked"]).code(0);
    // An image of one platform under the tag is its own image.
    shop.push("base", "1", &single("three"));
    shop.run(&["refresh"]).code(0);
    shop.has(&format!("FROM HOST/base:1@{}\n", digest(&single("three"))));
}

#[test]
fn an_index_that_became_the_image_of_one_platform_is_an_alarm() {
    let Some(shop) = Shop::open() else { return };
    shop.push("base", "1", &base("one"));
    shop.lay("FROM HOST/base:1\n", "image = \"HOST/base:1\"\nplatforms = [\"linux/amd64\"]");
    shop.run(&["refresh"]).code(0);
    let alone = shop.push("base", "1", &single("one"));
    shop.refused(&["refresh"], 3, &["leads to the image of one platform now, no longer to an index", &alone]);
    shop.run(&["refresh", "base", "--accept-changed", "base"]).code(0);
    shop.has(&format!("FROM HOST/base:1@{alone}\n"));
    // With another platform wanted, one image is not enough, and the tag's index is taken again.
    let index = shop.push("base", "1", &base("one"));
    shop.lay(&shop.work.read("Dockerfile"), "image = \"HOST/base:1\"");
    shop.run(&["refresh"]).code(0);
    shop.has(&format!("FROM HOST/base:1@{index}\n"));
}

#[test]
fn locked_tells_what_the_tag_means_now_and_misses_no_platforms_image() {
    let Some(shop) = Shop::locked() else { return };
    shop.run(&["refresh", "--locked"]).code(0).never_says("means");
    let two = shop.push("base", "1", &base("two"));
    shop.run(&["refresh", "--locked"]).code(0).says(&format!("the tag `1` means {two} now"));
    let arm64 = shop.work.read("pins.lock");
    let arm64 = arm64.split("\"linux/arm64\": \"").nth(1).unwrap().split('"').next().unwrap();
    let path = format!("/v2/base/manifests/{arm64}");
    let address = shop.registry.as_ref().unwrap().address;
    assert_eq!(call(address, "DELETE", &path, &[], b"").status, 202);
    shop.refused(&["refresh", "--locked"], 3, &["base:1 for linux/arm64", "a build for this platform fails"]);
}
