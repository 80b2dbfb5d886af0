//! The vendored archive before the real apt: what it chooses, what it installs without network,
//! and what it refuses. The packages are built here by dpkg-deb; the root is made of the machine's
//! own dpkg and apt.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dubo_pin::model::{RelPath, Sha256};
use dubo_pin::source::deb::{package, pool, snippet};

use super::support::debian::root::{QUERY, built, commands, in_root, ready, rootfs, run, text};

/// A folder with built packages and the archive made of them.
struct Vendor {
    folder: PathBuf,
    native: String,
    foreign: &'static str,
    sums: BTreeMap<String, Sha256>,
}

const APP: &str = "1:2.0~rc1-1+b1";
const LIB: &str = "1.5+dfsg-2~bpo12+1";

fn vendor(work: &Path) -> Vendor {
    let native = run(Command::new("dpkg").arg("--print-architecture")).trim().to_owned();
    let foreign = if native == "i386" { "armel" } else { "i386" };
    let third = if native == "s390x" { "ppc64el" } else { "s390x" };
    let folder = work.join("debs");
    fs::create_dir_all(&folder).unwrap();
    let lib = format!("Multi-Arch: same\nDescription: what demo-app needs\n in two\n .\n lines{}", "");
    let depends = format!("Depends: demo-c++-lib (= {LIB}), demo-data (>= 3)\nDescription: installed by name");
    build(&folder, "demo-app", APP, &native, &depends);
    build(&folder, "demo-c++-lib", LIB, &native, &lib);
    build(&folder, "demo-c++-lib", "1.5+dfsg-2~bpo12+2", third, &lib);
    build(&folder, "demo-data", "3.0-1", "all", "Description: for all");
    build(&folder, "demo-foreign", "0.1-1", foreign, "Description: of another architecture");
    let mut members = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let file_name = entry.unwrap().file_name().into_string().unwrap();
        let bytes = fs::read(folder.join(&file_name)).unwrap();
        let control = package::read(&file_name, bytes.as_slice()).unwrap();
        members.push(pool::Member { file_name, control, size: bytes.len() as u64, sha256: Sha256::of(&bytes) });
    }
    let root = |name: &str, architecture: &str, version: &str| pool::Root {
        name: name.to_owned(),
        architecture: architecture.to_owned(),
        version: version.to_owned(),
    };
    let roots = vec![root("demo-app", &native, APP), root("demo-foreign", foreign, "0.1-1")];
    let other = vec![root("demo-c++-lib", third, "1.5+dfsg-2~bpo12+2")];
    let roots = BTreeMap::from([(native.clone(), roots), (third.to_owned(), other)]);
    let generated = pool::generate(&members, &roots).unwrap();
    members.reverse();
    assert_eq!(generated, pool::generate(&members, &roots).unwrap());
    for (name, bytes) in generated.files() {
        fs::write(folder.join(name), bytes).unwrap();
    }
    Vendor { folder, native, foreign, sums: generated.sums() }
}

fn build(folder: &Path, name: &str, version: &str, architecture: &str, rest: &str) {
    let tree = tempfile::tempdir().unwrap();
    let control = tree.path().join("DEBIAN");
    fs::create_dir_all(&control).unwrap();
    fs::create_dir_all(tree.path().join("opt/demo")).unwrap();
    fs::write(tree.path().join("opt/demo").join(format!("{name}.{architecture}")), format!("{version}\n")).unwrap();
    let fields = format!(
        "Package: {name}\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: Nobody <nobody@example.org>\n{rest}\n"
    );
    fs::write(control.join("control"), fields).unwrap();
    // dpkg-deb names the file itself, as a pool does: without the epoch.
    let compression = if architecture == "all" { "-Zgzip" } else { "-Zxz" };
    run(Command::new("dpkg-deb").args(["--root-owner-group", compression, "--build"]).arg(tree.path()).arg(folder));
}

impl Vendor {
    fn block(&self, no_network: bool) -> String {
        let foreign = [self.foreign.to_owned()];
        let folder: RelPath = "debs".parse().unwrap();
        let input = snippet::Vendored { folder: Some(&folder), sums: &self.sums, foreign: &foreign, no_network };
        snippet::vendored(&input).unwrap()
    }

    /// What `dpkg-query -W` has to say after an install.
    fn installed(&self) -> String {
        let Self { native, foreign, .. } = self;
        format!(
            "demo-app {APP} {native}\ndemo-c++-lib {LIB} {native}\ndemo-data 3.0-1 all\ndemo-foreign 0.1-1 {foreign}\n"
        )
    }
}

#[test]
fn apt_chooses_exactly_the_locked_versions() {
    if !ready() {
        return;
    }
    let work = tempfile::tempdir().unwrap();
    let vendor = vendor(work.path());
    let at = |name: &str| work.path().join(name);
    for folder in ["lists/partial", "cache/archives/partial", "etc"] {
        fs::create_dir_all(at(folder)).unwrap();
    }
    fs::write(at("status"), "").unwrap();
    fs::write(at("apt.conf"), "").unwrap();
    fs::write(at("sources.list"), format!("deb [trusted=yes] file:{} ./\n", vendor.folder.display())).unwrap();
    let apt = |arguments: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.env("LC_ALL", "C").env("APT_CONFIG", at("apt.conf"));
        for (key, value) in [
            ("Dir::State::Lists", at("lists")),
            ("Dir::State::status", at("status")),
            ("Dir::State::extended_states", at("extended")),
            ("Dir::Cache", at("cache")),
            ("Dir::Etc", at("etc")),
            ("Dir::Etc::SourceList", at("sources.list")),
            ("Dir::Log", at("log")),
        ] {
            apt.arg("-o").arg(format!("{key}={}", value.display()));
        }
        let known = format!("APT::Architectures={},{}", vendor.native, vendor.foreign);
        apt.args(["-o", &known, "-o", "APT::Sandbox::User=root", "-o", "Acquire::Languages=none"]).args(arguments);
        let done = apt.output().unwrap();
        assert!(done.status.success(), "{}", text(&done));
        text(&done)
    };
    let update = apt(&["update"]);
    for bad in ["W:", "E:", "N:"] {
        assert!(!update.contains(bad), "{update}");
    }
    let list = fs::read_to_string(vendor.folder.join(format!("install.list.{}", vendor.native))).unwrap();
    let mut arguments = vec!["-s", "install", "--no-install-recommends"];
    arguments.extend(list.lines());
    let chosen = apt(&arguments);
    let mut chosen: Vec<&str> = chosen.lines().filter(|l| l.starts_with("Inst ")).collect();
    chosen.sort_unstable();
    let (native, foreign) = (&vendor.native, vendor.foreign);
    let expected = [
        format!("Inst demo-app ({APP} dubo-pin:vendored [{native}])"),
        format!("Inst demo-c++-lib ({LIB} dubo-pin:vendored [{native}])"),
        "Inst demo-data (3.0-1 dubo-pin:vendored [all])".to_owned(),
        format!("Inst demo-foreign:{foreign} (0.1-1 dubo-pin:vendored [{foreign}])"),
    ];
    assert_eq!(chosen, expected);
}

#[test]
fn the_printed_block_installs_the_lock_without_network_and_nothing_that_was_altered() {
    if !ready() {
        return;
    }
    let work = tempfile::tempdir().unwrap();
    let vendor = vendor(work.path());
    let root = work.path().join("root");
    rootfs(&root);
    let script = commands(&vendor.block(true));
    let app = format!("demo-app_2.0~rc1-1+b1_{}.deb", vendor.native);
    let list = format!("install.list.{}", vendor.native);
    for (name, says) in [
        (app.as_str(), "Hash Sum mismatch"),
        ("Packages", "Packages: FAILED"),
        ("Release", "Release: FAILED"),
        (list.as_str(), ": FAILED"),
    ] {
        let path = vendor.folder.join(name);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 1;
        fs::write(&path, bad).unwrap();
        let done = in_root(&root, &vendor.folder, &script);
        assert!(!done.status.success() && text(&done).contains(says), "{name}: {}", text(&done));
        fs::remove_file(&path).unwrap();
        let done = in_root(&root, &vendor.folder, &script);
        assert!(!done.status.success(), "{name} is missing: {}", text(&done));
        fs::write(&path, good).unwrap();
        let none = in_root(&root, &vendor.folder, QUERY);
        assert_eq!(text(&none), "", "{name}");
    }
    // What a failed build leaves is thrown away with its layer.
    fs::remove_dir_all(root.join("tmp")).unwrap();
    fs::create_dir(root.join("tmp")).unwrap();
    let done = in_root(&root, &vendor.folder, &script);
    assert!(done.status.success(), "{}", text(&done));
    let said = text(&done);
    for bad in ["W:", "E:", "N:"] {
        assert!(!said.lines().any(|l| l.starts_with(bad)), "{said}");
    }
    let query = in_root(&root, &vendor.folder, QUERY);
    assert_eq!(text(&query), vendor.installed());
    assert!(fs::read_dir(root.join("tmp")).unwrap().next().is_none());
    let sources = fs::read_to_string(root.join("etc/apt/sources.list")).unwrap();
    assert_eq!(sources, "deb http://archive.invalid/ sid main\n");
}

#[test]
fn a_builder_without_network_runs_the_printed_block() {
    if !ready() {
        return;
    }
    let work = tempfile::tempdir().unwrap();
    let vendor = vendor(work.path());
    rootfs(&work.path().join("root"));
    if let Some(installed) = built(work.path(), &vendor.block(false)) {
        assert_eq!(installed, vendor.installed());
    }
}
