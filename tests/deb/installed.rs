//! The whole way of a package: from the archive through refresh, verify and the printed block into
//! a root without network. What dpkg then has is what the lock says.

use std::process::Command;

use super::{Desk, key};
use crate::support::debian::root::{QUERY, built, commands, in_root, ready, rootfs, run, text};
use crate::support::debian::{Archive, Deb, Packing};

const DOCKERFILE: &str = "FROM scratch\nRUN apt-get update && apt-get install -y --no-install-recommends demo-app demo-c++-lib \\\n    demo-data && rm -rf /var/lib/apt/lists/*\n";

/// This machine's architecture in Debian's words and as a platform, and another one.
pub fn architectures() -> Option<(String, &'static str, &'static str, &'static str)> {
    let native = run(Command::new("dpkg").arg("--print-architecture")).trim().to_owned();
    let platform = match &native[..] {
        "amd64" => "linux/amd64",
        "arm64" => "linux/arm64",
        "armhf" => "linux/arm/v7",
        "i386" => "linux/386",
        _ => {
            println!("skipped: no platform is known for {native}");
            return None;
        }
    };
    Some((native, platform, "s390x", "linux/s390x"))
}

/// An image that is refreshed, vendored and verified, and its platform here.
fn vendored() -> Option<(Desk, &'static str)> {
    if !ready() {
        return None;
    }
    let (native, platform, other, elsewhere) = architectures()?;
    let lib = "1.5+dfsg-2~bpo12+1";
    let app = Deb::new("demo-app", "1:2.0~rc1-1+b1").source("demo (1:2.0~rc1-1)");
    let app = app.depends(&format!("demo-c++-lib (= {lib}), demo-data (>= 3)"));
    let archive = Archive::new("bookworm")
        .sign([&key()])
        .architectures([&native, other])
        .with(app.clone().arch(&native))
        // An older one in the same index, and other versions on another machine.
        .with(Deb::new("demo-app", "1:2.0~beta9-1").arch(&native))
        .with(Deb::new("demo-app", "1:2.0~rc1-1+b2").source("demo (1:2.0~rc1-1)").arch(other))
        .with(Deb::new("demo-c++-lib", lib).multi_arch("same").packing(Packing::Gz).arch(&native))
        .with(Deb::new("demo-c++-lib", "1.5+dfsg-2~bpo12+2").multi_arch("same").arch(other))
        .with(Deb::new("demo-data", "3.0-1").arch("all"));
    let desk = Desk::new(&archive);
    desk.work.write("Dockerfile", DOCKERFILE);
    let pin = "[pins.demo]\ndeb = \"dockerfile\"\nvendor = \"debs/\"\n";
    desk.manifest(&format!("\"{platform}\", \"{elsewhere}\""), "suites = [\"bookworm\"]", pin);
    desk.run(&["refresh"]).code(0);
    desk.run(&["verify"]).code(0).says("1 verified, 0 UNLOCKED");
    Some((desk, platform))
}

/// `name version`, one a line, as the lock has them for a platform.
fn of_the_lock(desk: &Desk, platform: &str) -> Vec<String> {
    let values = desk.values("demo");
    let version = |value: &serde_json::Value| value.as_str().or_else(|| value[platform].as_str()).unwrap().to_owned();
    let values = values.as_object().unwrap().iter();
    values.map(|(name, value)| format!("{name} {}", version(value))).collect()
}

/// The same out of what dpkg says.
pub fn of_dpkg(said: &str) -> Vec<String> {
    said.lines().map(|line| line.rsplit_once(' ').unwrap_or_else(|| panic!("{said}")).0.to_owned()).collect()
}

#[test]
fn what_is_refreshed_verified_and_exported_is_what_dpkg_has_in_a_root_without_network() {
    let Some((desk, platform)) = vendored() else { return };
    assert_eq!(
        of_the_lock(&desk, platform),
        ["demo-app 1:2.0~rc1-1+b1", "demo-c++-lib 1.5+dfsg-2~bpo12+1", "demo-data 3.0-1"]
    );
    let block = desk.run(&["export", "apt-snippet"]).code(0).out;
    assert!(block.contains("--network=none"), "{block}");
    let root = desk.work.home().join("root");
    rootfs(&root);
    let (debs, script) = (desk.work.image().join("debs"), commands(&block));

    // What verify refuses, the block does not install either.
    let deb = "debs/demo-data_3.0-1_all.deb";
    let good = desk.work.bytes(deb);
    let mut bad = good.clone();
    bad[good.len() / 2] ^= 1;
    desk.work.write(deb, bad);
    desk.run(&["verify"]).code(1);
    let done = in_root(&root, &debs, &script);
    assert!(!done.status.success(), "{}", text(&done));
    assert_eq!(text(&in_root(&root, &debs, QUERY)), "");
    desk.work.write(deb, good);
    desk.run(&["verify"]).code(0);

    let done = in_root(&root, &debs, &script);
    assert!(done.status.success(), "{}", text(&done));
    assert_eq!(of_dpkg(&text(&in_root(&root, &debs, QUERY))), of_the_lock(&desk, platform));
}

#[test]
fn what_is_refreshed_verified_and_exported_is_what_a_builder_without_network_installs() {
    let Some((desk, platform)) = vendored() else { return };
    let block = desk.run(&["export", "apt-snippet", "--network"]).code(0).out;
    rootfs(&desk.work.image().join("root"));
    if let Some(installed) = built(&desk.work.image(), &block) {
        assert_eq!(of_dpkg(&installed), of_the_lock(&desk, platform));
    }
}
