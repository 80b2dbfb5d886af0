//! A closure of sixty packages, vendored: a builder without network installs exactly these, each time.

use std::collections::BTreeSet;

use super::installed::{architectures, of_dpkg};
use super::{Desk, key};
use crate::support::debian::root::{built, ready, rootfs};
use crate::support::debian::{Archive, Deb};

const LIBRARIES: usize = 64;

#[test]
fn sixty_packages_that_came_along_are_what_a_builder_without_network_installs() {
    if !ready() {
        return;
    }
    let Some((native, platform, ..)) = architectures() else { return };
    let mut archive = Archive::new("bookworm").sign([&key()]).architectures([&native[..]]);
    for number in 0..LIBRARIES {
        let mut lib = Deb::new(&format!("libdemo{number}"), "1.0-1").arch(&native).multi_arch("same");
        if number > 0 {
            lib = lib.depends(&format!("libdemo{} (>= 1.0), libdemo{}", number / 2, number - 1));
        }
        // a newer one of each that nobody asks for by name would be taken if it were there
        archive = archive.with(lib).with(Deb::new(&format!("unasked{number}"), "2.0-1").arch(&native));
    }
    let app = Deb::new("demo-app", "1:2.0-1").arch(&native).depends(&format!("libdemo{}, demo-mail", LIBRARIES - 1));
    let archive = archive
        .with(app.field("Recommends", "unasked1"))
        .with(Deb::new("demo-mta", "3.0-1").arch("all").field("Provides", "demo-mail"));
    let desk = Desk::new(&archive);
    desk.work.write("Dockerfile", "FROM scratch\nRUN apt-get install -y demo-app\n");
    let pin = "[pins.demo]\ndeb = \"dockerfile\"\nclosure = \"full\"\nvendor = \"debs/\"\n";
    desk.manifest(&format!("\"{platform}\""), "suites = [\"bookworm\"]", pin);
    desk.run(&["refresh"]).code(0);
    desk.run(&["verify"]).code(0);
    let lock = desk.lock();
    let locked: BTreeSet<String> = lock["pins"]["demo"]["artifacts"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|a| Some(format!("{} {}", a["package"].as_str()?, a["version"].as_str()?)))
        .collect();
    assert_eq!(locked.len(), LIBRARIES + 2);
    assert_eq!(lock["pins"]["demo"]["evidence"]["needed-by"]["demo-mta"], "demo-app");

    // the vendored bytes come out the same again
    let before = desk.work.tree();
    std::fs::remove_dir_all(desk.work.image().join("debs")).unwrap();
    desk.run(&["fetch"]).code(0);
    assert_eq!(desk.work.tree(), before);

    let block = desk.run(&["export", "apt-snippet", "--network"]).code(0).out;
    rootfs(&desk.work.image().join("root"));
    for _ in 0..2 {
        let Some(installed) = built(&desk.work.image(), &block) else { return };
        let installed: BTreeSet<String> = of_dpkg(&installed).into_iter().collect();
        assert_eq!(installed, locked);
    }
}
