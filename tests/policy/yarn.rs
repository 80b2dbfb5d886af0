//! min-age and outdated of yarn pins: each package for itself.

use dubo_pin::model::Standing;

use super::{age, ago, entry, held, outlook_by, seen, waits};
use crate::support::have;
use crate::support::program::{Ran, Work};
use crate::support::yarn::{Hub, Package, Repository};
use crate::yarn::{Desk, desks, homebridge, verify};

/// Two packages of a Dockerfile, each on its branch.
struct Bench {
    hub: Hub,
    work: Work,
    homebridge: Repository,
    plugin: Repository,
    first: [String; 2],
}

fn dockerfile(a: &str, b: &str) -> String {
    format!(
        "FROM scratch\nARG A={a}\nARG B={b}\nRUN yarn add --exact dubo/homebridge#$A git+https://github.com/dubo/plugin.git#$B\n"
    )
}

impl Bench {
    fn new(a: &str, b: &str) -> Option<Self> {
        if !have("git") {
            return None;
        }
        let hub = Hub::start();
        let (one, two) = (hub.repository("dubo/homebridge"), hub.repository("dubo/plugin"));
        let first = [one.commit("main", &homebridge("1.0.0")), two.commit("main", &Package::new("plugin", "0.1.0"))];
        one.tag("v1.0.0", &first[0]);
        two.tag("v0.1.0", &first[1]);
        let bench = Self { hub, work: Work::new(), homebridge: one, plugin: two, first };
        bench.work.write("Dockerfile", dockerfile(a, b));
        bench.work.write("pins.toml", "version = 1\n\n[pins.app]\nyarn = \"dockerfile\"\nmin-age = \"7d\"\n");
        bench.run(&["refresh"]).code(0);
        Some(bench)
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Ran {
        self.hub.run(&self.work, arguments)
    }

    #[track_caller]
    fn bears(&self, a: &str, b: &str) {
        assert_eq!(self.work.read("Dockerfile"), dockerfile(a, b));
        verify(&self.work).code(0);
    }
}

#[test]
fn a_package_that_is_held_back_stays_while_another_moves() {
    let Some(bench) = Bench::new("main", "main") else { return };
    let [a, b] = &bench.first;
    bench.bears(a, b);
    let next = bench.homebridge.commit("main", &homebridge("1.1.0"));
    bench.run(&["refresh"]).code(0);
    bench.bears(a, b);
    assert_eq!(seen(&bench.work, "app"), [(format!("homebridge={next}"), ago(0))]);
    age(&bench.work, "app", 7);
    let other = bench.plugin.commit("main", &Package::new("plugin", "0.2.0"));
    bench.run(&["refresh"]).code(0);
    bench.bears(&next, b);
    assert_eq!(seen(&bench.work, "app"), [(format!("plugin={other}"), ago(0))]);
    let told = outlook_by(&bench.work, "app", ago(0), &bench.hub.mirrors());
    assert_eq!((told.standing, told.allowed), (Standing::Current, None));
    assert_eq!(told.newest, Some(format!("plugin {}", &other[..12])));
    let said: Vec<_> = told.held.iter().map(|held| (held.value.clone(), held.by.to_string())).collect();
    assert_eq!(said, [(format!("plugin {}", &other[..12]), waits(0, 7))]);
    // --keep and what is set by hand ask no age, and leave the days of the others.
    let before = bench.work.tree();
    bench.run(&["refresh", "--keep"]).code(0);
    bench.run(&["outdated"]).code(0);
    bench.run(&["refresh", "--dry-run"]).code(0);
    assert!(before == bench.work.tree());
    bench.run(&["refresh", "app", "--to", &format!("plugin={other}")]).code(0);
    bench.bears(&next, &other);
    assert_eq!(seen(&bench.work, "app"), []);
}

#[test]
fn a_range_of_npm_waits_and_tells_what_is_beyond_it() {
    let Some(bench) = Bench::new("semver:^1", "v0.1.0") else { return };
    let [a, b] = &bench.first;
    let next = bench.homebridge.commit("main", &homebridge("1.1.0"));
    bench.homebridge.tag("v1.1.0", &next);
    bench.homebridge.tag("v2.0.0", &next);
    bench.plugin.tag("v0.2.0", b);
    bench.run(&["refresh"]).code(0);
    bench.bears(a, b);
    assert_eq!(seen(&bench.work, "app"), [(format!("homebridge=v1.1.0@{next}"), ago(0))]);
    let told = outlook_by(&bench.work, "app", ago(0), &bench.hub.mirrors());
    let reasons = [
        ("homebridge v2.0.0", "outside semver:^1".to_owned()),
        ("plugin v0.2.0", "outside tag = \"v0.1.0\"".to_owned()),
        ("homebridge v1.1.0", waits(0, 7)),
    ];
    assert_eq!(held(&told), reasons);
    age(&bench.work, "app", 7);
    bench.run(&["refresh"]).code(0).says("homebridge");
    bench.bears(&next, b);
}

#[test]
fn a_packages_commit_that_is_on_no_ref_is_warned_of() {
    let Some(bench) = Bench::new("main", "main") else { return };
    let fork = bench.plugin.commit("fork", &Package::new("plugin", "6.6.6"));
    // Its objects stay, as those of a fork would be there.
    bench.plugin.branch("gone", &fork);
    for branch in ["fork", "gone"] {
        bench.hub.repository("dubo/plugin").delete(&format!("refs/heads/{branch}"));
    }
    std::fs::remove_file(bench.work.image().join("pins.lock")).unwrap();
    bench.work.write("Dockerfile", dockerfile(&bench.first[0], &fork));
    bench.run(&["refresh"]).code(0).says("plugin: ").says("is on no branch or tag of");
    let told = outlook_by(&bench.work, "app", ago(0), &bench.hub.mirrors());
    let warned: Vec<_> = told.warnings.iter().map(|w| w.message.as_str()).collect();
    assert_eq!(warned.len(), 1);
    assert!(warned[0].starts_with("plugin") || warned[0].contains("dubo/plugin"), "{warned:?}");
    let proofs = &entry(&bench.work, "app").evidence["reachable-from"];
    let each = std::collections::BTreeMap::from([("homebridge".to_owned(), "refs/heads/main".to_owned())]);
    assert_eq!(*proofs, dubo_pin::lock::Evidence::Each(each));
    let before = bench.work.tree();
    bench.run(&["refresh"]).code(0);
    bench.run(&["refresh", "--locked"]).code(0).says("is on no branch or tag of");
    assert!(before == bench.work.tree());
}

#[test]
fn in_a_folder_too_a_package_waits_for_itself_and_the_proof_is_kept() {
    for desk in desks() {
        folder(&desk);
    }
}

fn folder(desk: &Desk) {
    let plugin = desk.hub.repository("dubo/plugin");
    let one = plugin.commit("main", &Package::new("plugin", "0.1.0"));
    let with =
        |version: &str| homebridge(version).needs("plugin", &format!("git+https://github.com/dubo/plugin.git#{one}"));
    let a = desk.homebridge.commit("main", &with("1.1.0"));
    desk.pins("min-age = \"7d\"\n");
    desk.project(&[("homebridge", "git+https://github.com/dubo/homebridge.git#main")]);
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.proof("reachable-from", "plugin"), "refs/heads/main");
    let b = desk.homebridge.commit("main", &with("1.2.0"));
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.values(), [("homebridge".to_owned(), a), ("plugin".to_owned(), one.clone())]);
    assert_eq!(seen(&desk.work, "app"), [(format!("homebridge={b}"), ago(0))]);
    desk.verify().code(0);
    desk.idle(&["refresh"]).code(0);
    age(&desk.work, "app", 7);
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.values(), [("homebridge".to_owned(), b), ("plugin".to_owned(), one.clone())]);
    assert_eq!(desk.proof("reachable-from", "plugin"), "refs/heads/main");
    assert_eq!(seen(&desk.work, "app"), []);
    desk.verify().code(0);
    desk.idle(&["refresh"]).code(0);
    desk.idle(&["refresh", "--locked"]).code(0);
    // What only another package takes is asked about as well.
    let other = plugin.commit("other", &Package::new("plugin", "0.9.0"));
    plugin.branch("main", &other);
    let told = outlook_by(&desk.work, "app", ago(0), &desk.hub.mirrors());
    assert_eq!(told.warnings.len(), 1, "{:?}", told.warnings);
    assert!(told.warnings[0].message.starts_with("plugin: "), "{:?}", told.warnings);
}
