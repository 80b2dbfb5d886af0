//! What comes along on top of a base image, and what a newer base makes of it.

use super::key;
use crate::images::Shop;
use crate::support::debian::{Archive, Deb, Served, at};
use crate::support::oci::{Image, Packing, layer};

const STATUS: &str = "var/lib/dpkg/status";

/// A base that has libc6, and libssl3 at a version.
fn base(libssl3: &str) -> Image {
    let stanza = |name: &str, version: &str, more: &str| {
        format!(
            "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\nMulti-Arch: same\n{more}\n"
        )
    };
    let status = stanza("libc6", "2.36-9", "") + &stanza("libssl3", libssl3, "Depends: libc6\nSource: openssl\n");
    Image::default().one("linux/amd64", &[layer(&[(STATUS, Some(&status))], Packing::Gzip)], false).index(false)
}

fn archive(openssl: &str) -> Archive {
    Archive::new("bookworm")
        .sign([&key()])
        .with(Deb::new("curl", "7.88.1-10").depends("libcurl4, libc6 (>= 2.34)"))
        .with(Deb::new("libcurl4", "7.88.1-10").multi_arch("same").depends("libc6, libssl3 (>= 3.0)"))
        .with(Deb::new("libssl3", openssl).multi_arch("same").source("openssl").depends("libc6 (>= 2.34)"))
        .with(Deb::new("openssl", openssl).depends(&format!("libssl3 (>= {openssl})")))
        .with(Deb::new("libc6", "2.36-9").multi_arch("same"))
}

struct Scene {
    shop: Shop,
    served: Served,
}

fn scene(dockerfile: &str, openssl: &str) -> Option<Scene> {
    let Some(shop) = Shop::open() else {
        println!("skipped: no docker-registry");
        return None;
    };
    let served = Served::of(&archive(openssl));
    shop.push("base", "1", &base("3.0.11-1"));
    shop.work.write("Dockerfile", shop.text(dockerfile)).write("keys/test.asc", key().armored());
    let uri = served.uri("debian");
    let manifest = format!(
        "version = 1\n\n[image]\nplatforms = [\"linux/amd64\"]\n\n[archives.debian]\nuri = \"{uri}\"\nsuites = [\"bookworm\"]\n\
         signed-by = \"keys/test.asc\"\n\n[pins.base]\nimage = \"HOST/base:1\"\n\n[pins.packages]\ndeb = \"dockerfile\"\n\
         closure = \"minus-base\"\nvendor = \"debs/\"\n"
    );
    shop.work.write("pins.toml", shop.text(&manifest));
    Some(Scene { shop, served })
}

impl Scene {
    fn needed(&self) -> serde_json::Value {
        let lock: serde_json::Value = serde_json::from_slice(&self.shop.work.bytes("pins.lock")).unwrap();
        lock["pins"]["packages"]["evidence"]["needed-by"].clone()
    }
}

const CURL: &str = "FROM HOST/base:1\nRUN apt-get install -y curl\n";

#[test]
fn what_the_base_has_does_not_come_along() {
    let Some(scene) = scene(CURL, "3.0.15-1") else { return };
    scene.shop.run(&["refresh"]).code(0);
    assert_eq!(scene.needed(), serde_json::json!({ "libcurl4": "curl" }));
    scene.shop.run(&["verify"]).code(0);
    let before = scene.shop.work.tree();
    scene.shop.run(&["refresh"]).code(0);
    scene.shop.run(&["refresh", "--locked"]).code(0);
    assert_eq!(scene.shop.work.tree(), before);
}

#[test]
fn what_the_base_has_too_old_comes_along_newer() {
    let Some(scene) = scene("FROM HOST/base:1\nRUN apt-get install -y openssl\n", "3.0.15-1") else { return };
    scene.shop.run(&["refresh"]).code(0);
    assert_eq!(scene.needed(), serde_json::json!({ "libssl3": "openssl" }));
    scene.shop.run(&["verify"]).code(0);
}

#[test]
fn a_base_newer_than_the_lock_is_told_and_one_refresh_moves_both() {
    let Some(scene) = scene("FROM HOST/base:1\nRUN apt-get install -y openssl\n", "3.0.15-1") else { return };
    scene.shop.run(&["refresh"]).code(0);
    scene.shop.push("base", "1", &base("3.0.16-1"));
    scene.shop.run(&["refresh", "base"]).code(0);
    scene
        .shop
        .run(&["verify"])
        .code(1)
        .says("APT007")
        .says("chosen for another base image")
        .says("dubo-pin refresh packages");
    scene.shop.run(&["refresh"]).code(0).says("came along: libssl3 is gone");
    scene.shop.run(&["verify"]).code(0);
    assert_eq!(scene.needed(), serde_json::Value::Null);
    // base and packages in one refresh
    scene.shop.push("base", "1", &base("3.0.17-1"));
    scene.shop.run(&["refresh"]).code(0);
    scene.shop.run(&["verify"]).code(0);
}

#[test]
fn a_package_that_the_base_has_newer_is_refused_as_apt_would() {
    let Some(scene) = scene("FROM HOST/base:1\nRUN apt-get install -y libssl3\n", "3.0.9-1") else { return };
    scene.shop.run(&["refresh"]).code(2).says("the base has libssl3 3.0.11-1, newer than libssl3 3.0.9-1");
    scene.served.publish("debian", &archive("3.0.11-1").date(at("2024-05-05T08:15:30Z")));
    scene.shop.run(&["refresh"]).code(0);
    scene.shop.run(&["verify"]).code(0);
}

#[test]
fn a_base_that_no_pin_holds_is_no_base() {
    let Some(scene) = scene(CURL, "3.0.15-1") else { return };
    let text = scene.shop.work.read("pins.toml").replace("base:1", "other:1");
    scene.shop.work.write("pins.toml", text);
    scene
        .shop
        .run(&["refresh", "packages"])
        .code(2)
        .says("the base of stage 0 of `Dockerfile` is not known")
        .says("closure = \"full\"");
}
