//! What verify finds, without network.

use dubo_pin::lock::Evidence;

use super::{Shop, base, digest, each, put};

/// A finding, and only this one.
#[track_caller]
fn finds(shop: &Shop, id: &str, says: &[&str]) {
    let ran = shop.run(&["verify"]).code(1).says(&format!("{id} base: ")).says("1 finding");
    says.iter().fold(ran, |ran, text| ran.says(&shop.text(text)));
}

#[test]
fn a_digest_that_was_removed_or_changed_is_found_and_put_back() {
    let Some(shop) = Shop::locked() else { return };
    let (one, other) = (digest(&base("one")), digest(&base("two")));
    let good = format!("FROM HOST/base:1@{one}\n");
    shop.work.write("Dockerfile", shop.text("FROM HOST/base:1\n"));
    finds(
        &shop,
        "IMG001",
        &["Dockerfile:1:6", "taken in without its digest", &format!("HOST/base:1@{one}"), "refresh --keep base"],
    );
    shop.run(&["refresh", "--keep"]).code(0);
    shop.has(&good);
    shop.work.write("Dockerfile", shop.text(&format!("FROM HOST/base:1@{other}\n")));
    finds(&shop, "IMG008", &["Dockerfile:1:6", &one, &other]);
    shop.run(&["refresh", "--keep"]).code(0);
    shop.has(&good);
    shop.run(&["verify"]).code(0);
    // A second taking-in that nobody pinned.
    shop.work.write("Dockerfile", shop.text(&format!("{good}COPY --from=HOST/base:1 /a /b\n")));
    finds(&shop, "IMG001", &["Dockerfile:2:13"]);
}

#[test]
fn two_digests_of_one_image_are_told() {
    let Some(shop) = Shop::open() else { return };
    let (one, two) = (shop.push("base", "1", &base("one")), shop.push("base", "1", &base("two")));
    let dockerfile = format!("FROM HOST/base:1@{one} AS a\nFROM HOST/base:1@{two}\n");
    shop.lay(&dockerfile, "image = \"HOST/base:1\"");
    shop.refused(&["refresh", "--keep"], 2, &["Dockerfile:2:6", &one, &two]);
    shop.run(&["refresh"]).code(0);
    shop.has(&format!("FROM HOST/base:1@{two} AS a\nFROM HOST/base:1@{two}\n"));
    shop.work.write("Dockerfile", shop.text(&dockerfile));
    finds(&shop, "IMG008", &["Dockerfile:1:6", &one]);
}

#[test]
fn every_field_of_an_entry_is_held_to_the_pin_and_to_the_others() {
    let Some(shop) = Shop::locked() else { return };
    let (lock, one, other) = (shop.work.bytes("pins.lock"), digest(&base("one")), digest(&base("two")));
    let finds = |says: &str, change: &dyn Fn(&mut dubo_pin::lock::Entry)| {
        shop.work.write("pins.lock", &lock);
        shop.forge(change);
        shop.run(&["verify"]).code(1).says("IMG014 base: ").says(says);
    };
    finds("the locked digest is none", &|e| put(e, "digest", "sha256:00"));
    finds("the locked digest is none", &|e| drop(e.values.remove(&"digest".parse().unwrap())));
    finds("the locked tag is not one that the pin follows", &|e| put(e, "tag", "2"));
    finds("the locked reference is not made of repository, tag and digest", &|e| put(e, "digest", &other));
    finds("the locked reference is not made of", &|e| put(e, "reference", &format!("evil.example/base:1@{one}")));
    finds("the locked version is not that of the tag", &|e| put(e, "version", "1"));
    finds("the lock does not say which image each platform has", &|e| {
        drop(e.evidence.insert("manifests".to_owned(), each(&[("linux/amd64", &one)])));
    });
    finds("none for linux/arm64", &|e| {
        drop(e.evidence.insert("manifests".to_owned(), each(&[("linux/amd64", &one), ("linux/arm64", "sha256:0")])));
    });
    finds("the lock does not say which image each platform has", &|e| drop(e.evidence.remove("manifests")));
    finds("the lock does not say what the digest is of", &|e| drop(e.evidence.remove("kind")));
    finds("the lock does not say what the digest is of", &|e| {
        drop(e.evidence.insert("kind".to_owned(), Evidence::One("manifest".to_owned())));
    });
    shop.work.write("pins.lock", &lock);
    shop.run(&["verify"]).code(0);
}

#[test]
fn an_image_that_no_dockerfile_takes_in_is_pinned_nowhere() {
    let Some(shop) = Shop::locked() else { return };
    let one = digest(&base("one"));
    // A digest without a tag is claimed by none: nobody can tell what it follows.
    for text in [
        "FROM scratch\n".to_owned(),
        "# dubo-pin: ignore=COV001 another tag\nFROM HOST/base:2\n".to_owned(),
        format!("FROM HOST/base@{one}\n"),
    ] {
        shop.work.write("Dockerfile", shop.text(&text));
        finds(&shop, "IMG016", &["pins.toml", "no Dockerfile takes in the image of this pin"]);
        shop.forget();
        shop.run(&["outdated"]);
        drop(std::fs::rename(shop.work.image().join("pins.lock"), shop.work.image().join("kept")));
        shop.refused(&["refresh"], 2, &["no Dockerfile takes in HOST/base:1"]);
        drop(std::fs::rename(shop.work.image().join("kept"), shop.work.image().join("pins.lock")));
    }
}

#[test]
fn a_digest_without_a_tag_is_held_to_the_pins_of_its_repository() {
    let Some(shop) = Shop::locked() else { return };
    let (one, other) = (digest(&base("one")), digest(&base("two")));
    let good = shop.work.read("Dockerfile");
    let with = |line: &str| shop.work.write("Dockerfile", shop.text(&format!("{good}{line}\n")));
    with(&format!("FROM HOST/base@{one}"));
    shop.run(&["verify"]).code(0);
    with(&format!("FROM HOST/other@{other}"));
    shop.run(&["verify"]).code(1).says("COV001").says("Dockerfile:2:6").says("1 finding");
    with(&format!("FROM HOST/base@{other}"));
    finds(&shop, "IMG008", &["Dockerfile:2:6", "the image is not the locked one", &one, &other]);
    with(&format!("COPY --from=HOST/base@{other} /a /b"));
    finds(&shop, "IMG008", &["Dockerfile:2:13"]);
}

#[test]
fn what_an_into_writes_must_be_taken_in_by_something() {
    let Some(shop) = Shop::open() else { return };
    let one = shop.push("base", "1", &base("one"));
    for (value, written) in [("reference", format!("HOST/base:1@{one}")), ("digest", one.clone())] {
        let into = format!("image = \"HOST/base:1\"\ninto = [{{ arg = \"BASE\", value = \"{value}\" }}]");
        drop(std::fs::remove_file(shop.work.image().join("pins.lock")));
        shop.lay("FROM scratch\nARG BASE=\n", &into);
        shop.run(&["refresh"]).code(0);
        shop.has(&format!("FROM scratch\nARG BASE={written}\n"));
        finds(&shop, "IMG016", &["no Dockerfile takes in the image of this pin"]);
        // A mirror has the same image under the same digest.
        shop.work.write("Dockerfile", shop.text(&format!("FROM mirror.example/base@{one}\nARG BASE={written}\n")));
        shop.run(&["verify"]).code(0);
    }
}

#[test]
fn an_edit_of_the_pin_is_seen_until_it_is_refreshed() {
    let Some(shop) = Shop::locked() else { return };
    let two = shop.push("base", "2", &base("two"));
    shop.lay("FROM HOST/base:2\n", "image = \"HOST/base:2\"");
    shop.run(&["verify"]).code(1).says("LOCK004 base: ");
    shop.run(&["refresh"]).code(0);
    shop.has(&format!("FROM HOST/base:2@{two}\n"));
    shop.run(&["verify"]).code(0);
    shop.manifest("\"linux/amd64\"", "image = \"HOST/base:2\"");
    finds(&shop, "LOCK004", &[]);
}

#[test]
fn what_only_the_build_knows_is_not_covered() {
    let Some(shop) = Shop::locked() else { return };
    let good = shop.work.read("Dockerfile");
    shop.work.write("Dockerfile", format!("{good}FROM $OTHER\n"));
    shop.run(&["verify"]).code(1).says("COV001").says("Dockerfile:2:6").says("1 finding");
    shop.work.write("Dockerfile", format!("{good}COPY --from=$OTHER /a /b\n"));
    shop.run(&["verify"]).code(1).says("COV001").says("1 finding");
}

#[test]
fn what_no_builder_takes_for_an_image_is_an_error() {
    let Some(shop) = Shop::locked() else { return };
    let good = shop.work.read("Dockerfile");
    for (id, line, says, all) in [
        ("IMG011", "FROM scratch AS base\nFROM Base", "Dockerfile:3:6", "1 finding"),
        ("IMG015", "FROM HOST/Base:1", "Dockerfile:2:6", "1 finding"),
        // and none of those that are looked at has a pin
        ("IMG012", &"FROM a\n".repeat(10_001), "takes in more than 10000 images", "10000 findings"),
    ] {
        shop.work.write("Dockerfile", shop.text(&format!("{good}{line}\n")));
        shop.run(&["verify"]).code(1).says(&format!("{id} ")).says(says).says(all);
    }
}

#[test]
fn a_variable_without_a_value_hides_no_image_since_builders_read_it_as_empty() {
    let Some(shop) = Shop::locked() else { return };
    let (good, other) = (shop.work.read("Dockerfile"), digest(&base("two")));
    let bad = |id: &str, text: String| {
        shop.work.write("Dockerfile", shop.text(&text));
        finds(&shop, id, &["give it a default before the first FROM"]);
    };
    bad("IMG001", format!("{good}FROM HOST/base:1$U\n"));
    bad("IMG001", format!("ARG U\nARG B=HOST/base:${{U}}1\n{good}FROM $B\n"));
    bad("IMG001", format!("FROM scratch AS a1\n{good}FROM HOST/base:1${{U%x}}\n"));
    bad("IMG008", format!("ARG U\n{good}FROM HOST/base:1${{U}}@{other}\n"));
    shop.work.write("Dockerfile", shop.text(&format!("{good}FROM HOST/base$U@{other}\n")));
    finds(&shop, "IMG008", &["the image is not the locked one"]);
    for line in ["FROM HOST/base:2$U", "FROM HOST/base:$U", "FROM HOST/other:1$U"] {
        shop.work.write("Dockerfile", shop.text(&format!("{good}{line}\n")));
        shop.run(&["verify"]).code(1).says("COV001").says("give it a default").says("1 finding");
    }
}

#[test]
fn what_is_locked_is_kept_through_an_edit_that_still_allows_it() {
    let Some(shop) = Shop::open() else { return };
    let one = shop.push("base", "1.0.0", &base("one"));
    let pin = "image = \"HOST/base\"\nversion = \"^1\"";
    shop.lay("FROM HOST/base:1.0.0\n", pin);
    shop.run(&["refresh"]).code(0);
    shop.push("base", "1.1.0", &base("two"));
    shop.manifest("\"linux/amd64\"", pin);
    shop.run(&["verify"]).code(1).says("LOCK004 base: ");
    shop.run(&["refresh", "--keep"]).code(0);
    shop.has(&format!("FROM HOST/base:1.0.0@{one}\n"));
    shop.run(&["verify"]).code(0);

    // The digest of a tag is not kept as that of another, nor that of another repository.
    shop.push("base", "2", &base("two"));
    shop.lay(&format!("FROM HOST/base:2@{one}\n"), "image = \"HOST/base:2\"");
    shop.refused(&["refresh", "--keep"], 1, &["the tag beside the digest is not one that the pin follows", "`1.0.0`"]);
    drop(std::fs::remove_file(shop.work.image().join("pins.lock")));
    let into = "image = \"HOST/base:2\"\ninto = [{ arg = \"BASE\" }]";
    shop.lay(&format!("ARG BASE=HOST/base:1.0.0@{one}\nFROM $BASE\n"), into);
    shop.refused(&["refresh", "--keep"], 1, &["the tag beside the digest is not one that the pin follows"]);
    shop.lay(&format!("ARG BASE=HOST/other:2@{one}\nFROM $BASE\n"), into);
    shop.refused(&["refresh", "--keep"], 1, &["there is no digest of HOST/base to keep"]);
}
