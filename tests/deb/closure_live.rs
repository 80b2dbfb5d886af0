//! The closure before the real archive: real apt's choice for sets of packages drawn by a fixed seed, on
//! an empty system, over a base, and for another architecture. Only with `DUBO_PIN_LIVE=1`; a quarter of
//! the sets, all of them with `DUBO_PIN_CLOSURE=all`.

use dubo_pin::source::deb::closure::Universe;

use super::closure::{by_apt, compared};
use super::live::{answers, apt, of_the_machine, shuffled};
use crate::support::debian::apt::Apt;

/// What a naive walk gets wrong, and what is large.
const HARD: [&str; 12] = [
    "php8.2-ps",
    "speechd-el",
    "libreoffice",
    "kde-standard",
    "texlive-full",
    "gcc-multilib",
    "default-jdk nodejs npm",
    "apache2 php",
    "sysvinit-core",
    "r-cran-estimatr",
    "task-desktop",
    "mono-complete",
];

fn universe(apt: &Apt, architecture: &str, status: &str) -> Universe {
    let mut universe = Universe::new(architecture);
    for index in apt.indices() {
        universe.add(&index, 500).unwrap();
    }
    universe.base(status).unwrap();
    universe
}

/// dpkg's status of a small system: what is essential, apt, and what they need, in the versions of the
/// first index that has them.
fn small(apt: &Apt) -> String {
    let indices = apt.indices();
    let stanzas = || indices.iter().flat_map(|index| index.split("\n\n"));
    let field = |stanza: &str, name: &str| {
        stanza.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default().to_owned()
    };
    let essential = stanzas().filter(|s| field(s, "Essential") == "yes").map(|s| field(s, "Package"));
    let mut names: Vec<String> = essential.chain(["apt".to_owned(), "ca-certificates".to_owned()]).collect();
    names.sort();
    names.dedup();
    let all = by_apt(apt, &names).unwrap();
    let mut out = String::new();
    for one in all {
        let (name, _) = one.split_once('=').unwrap();
        let stanza = stanzas().find(|s| field(s, "Package") == name).unwrap();
        out += &stanza.replacen('\n', "\nStatus: install ok installed\n", 1);
        out += "\n\n";
    }
    out
}

/// So many sets of so many names.
fn sets(names: &[String], count: usize, size: usize) -> Vec<Vec<String>> {
    shuffled(names.to_vec(), count * size).chunks(size).map(<[String]>::to_vec).collect()
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test's own environment")]
fn the_real_archive_is_closed_as_apt_closes_it() {
    if std::env::var("DUBO_PIN_LIVE").as_deref() != Ok("1") {
        println!("skipped: the real archive is asked only with DUBO_PIN_LIVE=1");
        return;
    }
    let part = if std::env::var("DUBO_PIN_CLOSURE").as_deref() == Ok("all") { 1 } else { 5 };
    let files = of_the_machine();
    let Some(uri) = files.first().map(|f| f.described[0].uri.clone()) else {
        println!("skipped: no source file of this machine is Debian's alone");
        return;
    };
    if !answers(&uri) {
        println!("skipped: the archive of this machine does not answer");
        return;
    }
    let (Some(amd64), Some(arm64)) = (apt("amd64", &files), apt("arm64", &files)) else { return };
    let of = |apt: &Apt| -> Vec<String> { apt.cache(&["pkgnames"]).lines().map(str::to_owned).collect() };
    let real = |apt: &Apt| -> Vec<String> {
        let names = shuffled(of(apt), 3_000);
        apt.candidates(&names).into_keys().collect()
    };
    let hard: Vec<Vec<String>> = HARD.iter().map(|set| set.split(' ').map(str::to_owned).collect()).collect();
    let names = real(&amd64);
    let (mut same, mut wrong) = (0, Vec::new());
    let mut tell = |what: &str, apt: &Apt, universe: &Universe, sets: &[Vec<String>]| {
        let found = compared(apt, universe, sets);
        println!("{what}: {} the same, {} refused by both", found.same, found.refused);
        same += found.same;
        wrong.extend(found.given_up.iter().map(|why| format!("{what}: {why}")));
        wrong.extend(found.differ.iter().map(|(names, theirs, ours)| {
            let apart: Vec<_> = theirs.symmetric_difference(ours).collect();
            format!("{what}: {names:?}: {apart:?}")
        }));
    };
    let empty = universe(&amd64, "amd64", "");
    tell("single packages", &amd64, &empty, &sets(&names, 300 / part, 1));
    tell("sets of five", &amd64, &empty, &sets(&names, 50 / part, 5));
    tell("hard ones", &amd64, &empty, &hard);
    tell("arm64", &arm64, &universe(&arm64, "arm64", ""), &sets(&real(&arm64), 50 / part, 1));
    let status = small(&amd64);
    amd64.put("status", status.as_bytes());
    tell("over a base", &amd64, &universe(&amd64, "amd64", &status), &sets(&names, 100 / part, 1));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(same * 10 >= (500 / part) * 8, "only {same} sets could be installed");
}
