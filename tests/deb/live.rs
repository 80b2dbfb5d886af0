//! The archive that this machine's own apt draws from: two hundred packages, before apt and before
//! the program. Only with `DUBO_PIN_LIVE=1`, for it asks the network; `.ci/run` sets it.
//!
//! The program is given copies of the machine's own source files, an apt with a folder of its own
//! the same. What is compared is literal: versions with `apt-cache policy`, files with
//! `apt-cache show`. Only Debian's own archives are asked.

use std::collections::{BTreeMap, BTreeSet};
use std::net::ToSocketAddrs as _;
use std::path::PathBuf;
use std::time::Duration;

use dubo_pin::source::deb::sources::{Described, SignedBy, parse};

use crate::support::debian::apt::Apt;
use crate::support::program::Work;

const DRAWN: usize = 200;
/// From so many names the draw is made good, where it lacks a kind.
const LOOKED_AT: usize = 3_000;

/// A source file of the machine's: its name in the test, its text, and what it describes.
pub struct Sources {
    name: String,
    text: String,
    pub described: Vec<Described>,
}

/// The files of the machine that describe nothing but Debian's own archives.
pub fn of_the_machine() -> Vec<Sources> {
    let mut paths = vec![PathBuf::from("/etc/apt/sources.list")];
    for entry in std::fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten() {
        paths.push(entry.unwrap().path());
    }
    paths.sort();
    let mut out = Vec::new();
    for path in paths {
        let end = match path.extension().and_then(|e| e.to_str()) {
            Some(end @ ("list" | "sources")) => end,
            _ => continue,
        };
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let name = format!("machine-{}.{end}", out.len());
        match parse(&name, &text) {
            Ok(described) if described.iter().all(debians) => out.push(Sources { name, text, described }),
            Ok(_) => println!("left out: {} is not Debian's alone", path.display()),
            Err(_) => {}
        }
    }
    out
}

/// Whether it is signed by Debian's keys, as far as it says by which.
fn debians(described: &Described) -> bool {
    let own = |key: &SignedBy| matches!(key, SignedBy::Path(p) if p.starts_with("/usr/share/keyrings/debian-archive-"));
    described.signed_by.iter().all(own)
}

/// Whether somebody listens there.
pub fn answers(uri: &str) -> bool {
    let Ok(url) = url::Url::parse(uri) else { return false };
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return false };
    let addresses = (host, port).to_socket_addrs().into_iter().flatten();
    addresses.take(4).any(|a| std::net::TcpStream::connect_timeout(&a, Duration::from_secs(5)).is_ok())
}

/// An apt of this architecture before the same files.
pub fn apt(architecture: &str, files: &[Sources]) -> Option<Apt> {
    let apt = Apt::new([architecture])?;
    for file in files {
        apt.put(&format!("etc/sources.list.d/{}", file.name), file.text.as_bytes());
    }
    // Sources that name no key are proved by these.
    for entry in std::fs::read_dir("/etc/apt/trusted.gpg.d").into_iter().flatten() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        apt.put(&format!("etc/trusted.gpg.d/{name}"), &std::fs::read(entry.path()).unwrap());
    }
    let (ok, said) = apt.update();
    assert!(ok, "{said}");
    Some(apt)
}

/// So many names in an order that only the seed and the names decide.
pub fn shuffled(mut names: Vec<String>, count: usize) -> Vec<String> {
    names.sort();
    names.dedup();
    let mut state: u64 = 20_260_901;
    let mut out = Vec::new();
    while out.len() < count && !names.is_empty() {
        // Knuth's linear congruential generator; the upper bits are the good ones.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(state >> 33).unwrap() % names.len();
        out.push(names.swap_remove(at));
    }
    out
}

/// Whether a name and its version are of a kind.
type Is = fn(&str, &str) -> bool;

/// What is easily got wrong.
const KINDS: [(&str, Is); 6] = [
    ("`+` in the name", |name, _| name.contains('+')),
    ("`.` in the name", |name, _| name.contains('.')),
    ("an epoch", |_, version| version.contains(':')),
    ("`~`", |_, version| version.contains('~')),
    ("a rebuild", |_, version| {
        let build = version.rsplit_once("+b").map(|(_, n)| n);
        build.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    }),
    ("`+` in the version", |_, version| version.contains("+deb") || version.contains("+dfsg")),
];

/// The first two hundred that apt has a candidate for, and one of each kind that they lack.
fn drawn(apt: &Apt, names: &[String]) -> BTreeMap<String, String> {
    let candidates = apt.candidates(names);
    let all: Vec<(&String, &String)> = names.iter().filter_map(|n| candidates.get_key_value(n)).collect();
    let mut out: BTreeMap<String, String> = BTreeMap::new();
    out.extend(all.iter().take(DRAWN).map(|(n, v)| ((*n).clone(), (*v).clone())));
    assert_eq!(out.len(), DRAWN);
    for (what, is) in KINDS {
        if !out.iter().any(|(n, v)| is(n, v)) {
            let (name, version) = all.iter().find(|(n, v)| is(n, v)).unwrap_or_else(|| panic!("none with {what}"));
            out.insert((*name).clone(), (*version).clone());
        }
    }
    out
}

/// A file of the archive: package, version, the name of the .deb, size, SHA-256.
type File = (String, String, String, u64, String);

/// The files that `apt-cache show` has for these versions.
fn shown(apt: &Apt, versions: &BTreeMap<String, String>) -> BTreeSet<File> {
    let exact: Vec<String> = versions.iter().map(|(n, v)| format!("{n}={v}")).collect();
    let mut arguments = vec!["show"];
    arguments.extend(exact.iter().map(String::as_str));
    let of_stanza = |stanza: &str| {
        let field = |name: &str| {
            let value = stanza.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": "));
            value.unwrap_or_else(|| panic!("no {name} in\n{stanza}")).to_owned()
        };
        let file = field("Filename").rsplit('/').next().unwrap().to_owned();
        (field("Package"), field("Version"), file, field("Size").parse().unwrap(), field("SHA256"))
    };
    apt.cache(&arguments).split("\n\n").filter(|s| !s.trim().is_empty()).map(of_stanza).collect()
}

/// The files that the program locks, drawing these for one platform; their versions are compared here.
fn locked(platform: &str, sources: &[Sources], versions: &BTreeMap<String, String>) -> BTreeSet<File> {
    let work = Work::new();
    let mut manifest = format!("version = 1\n\n[image]\nplatforms = [\"{platform}\"]\n");
    for (n, source) in sources.iter().enumerate() {
        work.write(&source.name, &source.text);
        manifest += &format!("\n[archives.machine-{n}]\nsources = \"{}\"\n", source.name);
    }
    let names: Vec<&String> = versions.keys().collect();
    manifest += &format!("\n[pins.drawn]\ndeb = {names:?}\n");
    work.write("Dockerfile", "FROM scratch\n").write("pins.toml", manifest);
    work.run(&["refresh"]).code(0);
    let lock: serde_json::Value = serde_json::from_slice(&work.bytes("pins.lock")).unwrap();
    let pin = &lock["pins"]["drawn"];
    assert_eq!(pin["values"], serde_json::json!(versions));
    let of_artifact = |artifact: &serde_json::Value| {
        let text = |name: &str| artifact[name].as_str().unwrap().to_owned();
        let file = text("url").rsplit('/').next().unwrap().replace("%2B", "+");
        (text("package"), text("version"), file, artifact["size"].as_u64().unwrap(), text("sha256"))
    };
    let artifacts = pin["artifacts"].as_array().unwrap();
    assert_eq!(artifacts.len(), versions.len());
    artifacts.iter().map(of_artifact).collect()
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test's own environment")]
fn two_hundred_packages_of_the_real_archive_are_locked_as_apt_reads_them() {
    if std::env::var("DUBO_PIN_LIVE").as_deref() != Ok("1") {
        println!("skipped: the real archive is asked only with DUBO_PIN_LIVE=1");
        return;
    }
    let files = of_the_machine();
    let Some(uri) = files.first().map(|f| f.described[0].uri.clone()) else {
        println!("skipped: no source file of this machine is Debian's alone");
        return;
    };
    if !answers(&uri) {
        println!("skipped: the archive of this machine does not answer");
        return;
    }
    let Some(amd64) = apt("amd64", &files) else { return };
    let names = amd64.cache(&["pkgnames"]).lines().map(str::to_owned).collect();
    let names = shuffled(names, LOOKED_AT);
    assert_eq!(names.len(), LOOKED_AT);
    for (architecture, platform) in [("amd64", "linux/amd64"), ("arm64", "linux/arm64")] {
        let only = |d: &Described| !d.architectures.is_empty() && !d.architectures.iter().any(|a| a == architecture);
        if files.iter().flat_map(|f| &f.described).any(only) {
            println!("skipped: the sources of this machine leave out {architecture}");
            continue;
        }
        let other = if architecture == "amd64" { None } else { apt(architecture, &files) };
        let apt = other.as_ref().unwrap_or(&amd64);
        let versions = drawn(apt, &names);
        let (ours, apts) = (locked(platform, &files, &versions), shown(apt, &versions));
        // The differences alone are shown, if there are any.
        assert_eq!(ours.difference(&apts).collect::<Vec<_>>(), apts.difference(&ours).collect::<Vec<_>>());
        assert_eq!(ours.len(), versions.len());
        println!("{platform}: {} packages, every version and every hash as apt has them", versions.len());
    }
}
