//! What entries of each kind come to, read from a lock that has one of every kind.

use super::*;
use crate::lock::{self, Lock};
use crate::manifest::Manifest;
use crate::model::Token;

const MANIFEST: &[u8] = include_bytes!("../../../tests/data/lock/homebridge/pins.toml");
const LOCK: &[u8] = include_bytes!("../../../tests/data/lock/homebridge/pins.lock");

fn read() -> (Manifest, Lock) {
    (Manifest::parse("pins.toml", MANIFEST).unwrap(), lock::open(LOCK).unwrap().lock)
}

fn items(name: &str) -> Vec<Item> {
    let (manifest, lock) = read();
    manifest.pins[name].source.items(Some(&lock.pins[name]))
}

fn line(item: &Item) -> String {
    let platforms: Vec<&str> = item.platforms.iter().map(Platform::as_str).collect();
    let architecture = item.architecture.as_deref().unwrap_or("-");
    format!("{} {} {architecture} {}", item.what, item.version.as_deref().unwrap_or("-"), platforms.join(","))
}

#[test]
fn packages_are_told_by_architecture() {
    let all: Vec<String> = items("avahi").iter().map(line).collect();
    let expected = [
        "avahi-daemon 0.8-10+deb12u1 amd64 linux/amd64",
        "avahi-daemon 0.8-10+deb12u1 arm64 linux/arm64",
        "avahi-daemon 0.8-10+deb12u1+b1 armhf linux/arm/v7",
        "libnss-mdns 0.15.1-3 amd64 linux/amd64",
        "libnss-mdns 0.15.1-3 arm64 linux/arm64",
        "libnss-mdns 0.15.1-3 armhf linux/arm/v7",
    ];
    assert_eq!(all, expected);
    assert_eq!(items("avahi")[0].archive.as_deref(), Some("debian"));
}

#[test]
fn a_package_without_a_file_is_told_too() {
    let (manifest, mut lock) = read();
    let entry = lock.pins.get_mut("avahi").unwrap();
    entry.artifacts.clear();
    entry.values.insert(Token::new("libc6:i386").unwrap(), Value::One(Token::new("2.36-9").unwrap()));
    let all: Vec<String> = manifest.pins["avahi"].source.items(Some(&lock.pins["avahi"])).iter().map(line).collect();
    assert!(all.contains(&"libc6 2.36-9 i386 ".to_owned()), "{all:?}");
    assert!(all.contains(&"avahi-daemon 0.8-10+deb12u1+b1 - linux/arm/v7".to_owned()), "{all:?}");
    assert_eq!(all.len(), 5);
}

#[test]
fn each_kind_says_what_it_is_at() {
    let one = |name: &str| {
        let all = items(name);
        assert_eq!(all.len(), 1, "{name}");
        all[0].clone()
    };
    let git = one("healthcheckers");
    assert_eq!((git.version, git.measure), (None, Measure::None));
    assert_eq!(git.id.as_deref(), Some("51ebf8ca3d255e0c846307bf72740f731e6210c3"));
    let image = one("base");
    assert_eq!(image.what, "docker.io/library/debian");
    assert_eq!((image.version.as_deref(), image.each.len()), (Some("bookworm-slim"), 3));
    assert_eq!(image.names().collect::<Vec<_>>(), ["docker.io/library/debian", "library/debian", "debian"]);
    let url = one("node");
    assert_eq!((url.version.as_deref(), url.each.len(), url.id), (Some("20.18.1"), 3, None));
    let yarn = items("homebridge");
    let versions: Vec<_> = yarn.iter().map(|i| (i.what.as_str(), i.version.as_deref())).collect();
    assert_eq!(versions, [("homebridge", Some("1.3.4")), ("homebridge-roku", Some("3.0.1"))]);
}

#[test]
fn a_file_without_a_version_has_one_row_for_each_content() {
    let (manifest, mut lock) = read();
    lock.pins.get_mut("node").unwrap().values.retain(|key, _| key.as_str() != "version");
    let all = manifest.pins["node"].source.items(Some(&lock.pins["node"]));
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|i| i.version.is_none() && i.platforms.len() == 1 && i.id.is_some()));
}

#[test]
fn without_an_entry_the_manifest_says_what_is_asked_for_and_what_is_open() {
    let (manifest, _) = read();
    let asked = |name: &str| manifest.pins[name].source.items(None);
    let names: Vec<_> = asked("avahi").into_iter().map(|i| (i.what, i.opaque)).collect();
    assert_eq!(names, [("avahi-daemon".to_owned(), false), ("libnss-mdns".to_owned(), false)]);
    assert_eq!(asked("homebridge").into_iter().map(|i| (i.what, i.opaque)).collect::<Vec<_>>(), [("app".into(), true)]);
    assert_eq!(asked("base")[0].version, None);
}

#[test]
fn each_platforms_image_is_a_base_and_equal_ones_are_read_once() {
    let (manifest, mut lock) = read();
    let bases = |lock: &Lock| manifest.pins["base"].source.bases(&lock.pins["base"]);
    assert_eq!(bases(&lock).len(), 3);
    assert!(manifest.pins["node"].source.bases(&lock.pins["node"]).is_empty());
    let entry = lock.pins.get_mut("base").unwrap();
    if let Some(Evidence::Each(images)) = entry.evidence.get_mut("manifests") {
        let first = images["linux/amd64"].clone();
        images.values_mut().for_each(|id| id.clone_from(&first));
    }
    assert_eq!(bases(&lock)[0].1.len(), 3);
    // Without platforms it is one image, whose digest is the pin's own.
    let entry = lock.pins.get_mut("base").unwrap();
    entry.evidence.remove("manifests");
    assert_eq!(bases(&lock).len(), 0);
    lock.pins.get_mut("base").unwrap().evidence.insert("kind".to_owned(), Evidence::One("manifest".to_owned()));
    assert_eq!(bases(&lock).len(), 1);
}
