//! A builder takes what is pinned, whatever the tag means by then.

use std::path::Path;
use std::process::Command;

use super::{Shop, base};

/// Builds with buildah from the registry on loopback; what the image has in `etc/what`.
fn build(shop: &Shop, store: &Path) -> String {
    let script = "set -e; b() { buildah --root \"$1/store\" --runroot \"$1/run\" --storage-driver vfs \"${@:2}\"; }
        b \"$1\" build --tls-verify=false --pull-always --isolation chroot --layers=false --iidfile \"$1/id\" . >&2
        c=$(b \"$1\" from --pull-never \"$(cat \"$1/id\")\"); m=$(b \"$1\" mount \"$c\"); cat \"$m/etc/what\"; b \"$1\" rm \"$c\" >&2";
    let done = Command::new("bash")
        .args(["-c", script, "-"])
        .arg(store)
        .current_dir(shop.work.image())
        .env("HOME", shop.work.home())
        .env("BUILDAH_ISOLATION", "chroot")
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn buildah_takes_the_pinned_image_after_the_tag_moved() {
    // Not every Debian machine has it, so its absence fails nowhere.
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
    if !root || !Command::new("buildah").arg("--version").output().is_ok_and(|o| o.status.success()) {
        println!("skipped: no build with buildah");
        return;
    }
    let Some(shop) = Shop::open() else { return };
    shop.push("base", "1", &base("one"));
    shop.lay(
        "ARG TAG=1\nFROM HOST/base:$TAG\nCOPY pins.toml /\n",
        "image = \"HOST/base:1\"\ninto = [{ arg = \"TAG\", value = \"tag\" }]",
    );
    shop.run(&["refresh"]).code(0);
    let store = tempfile::tempdir().unwrap();
    assert_eq!(build(&shop, store.path()), "one");
    shop.push("base", "1", &base("two"));
    let fresh = tempfile::tempdir().unwrap();
    assert_eq!(build(&shop, fresh.path()), "one");
    shop.run(&["outdated"]).code(1).says("newer");
    shop.run(&["verify"]).code(0);
    shop.run(&["refresh"]).code(0).says("1 moved");
    assert_eq!(build(&shop, fresh.path()), "two");
}
