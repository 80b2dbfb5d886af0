//! The rules for apt lines, with literal places.

use super::*;
use crate::dockerfile::apply;

fn file(text: &str) -> Dockerfile {
    Dockerfile::parse("Dockerfile", text.as_bytes().to_vec()).unwrap()
}

/// `ID line:column message`, of a RUN in a plain stage or of a whole file.
fn found(text: &str) -> Vec<String> {
    let text = if text.contains("FROM ") { text.to_owned() } else { format!("FROM a\n{text}\n") };
    let mut out = Vec::new();
    check(&[file(&text)], &mut out);
    out.iter()
        .map(|l| {
            let place = l.finding.trouble.place.as_ref().unwrap();
            format!("{} {}:{} {}", l.finding.id, place.line, place.column, l.finding.trouble.message)
        })
        .collect()
}

/// The ids alone.
fn ids(text: &str) -> Vec<String> {
    found(text).iter().map(|l| l.split(' ').next().unwrap().to_owned()).collect()
}

/// A text with all fixes.
fn fixed(text: &str) -> String {
    let file = file(text);
    let mut out = Vec::new();
    check(std::slice::from_ref(&file), &mut out);
    let edits: Vec<Edit> = out.into_iter().flat_map(|l| l.fix).collect();
    String::from_utf8(apply(file.bytes(), &edits).unwrap()).unwrap()
}

const NO: &str = "apt-get install --no-install-recommends";

#[test]
fn unpinned_packages_of_an_install_are_one_finding_that_names_five() {
    assert_eq!(
        found(&format!("RUN {NO} a=1 b c:arm64 b d e f g")),
        [
            "APT001 2:49 `b`, `c:arm64`, `d`, `e`, `f` and 1 more are installed without an exact version",
            "APT008 2:59 `b` is named twice in one install"
        ]
    );
    assert_eq!(found(&format!("RUN {NO} b")), ["APT001 2:45 `b` is installed without an exact version"]);
    assert_eq!(found(&format!("RUN {NO} b=1 && {NO} c:amd64=2")), [""; 0]);
    // a list in a variable that two installs take
    assert_eq!(
        found(&format!("FROM a\nARG P=\"b c\"\nRUN {NO} $P\nRUN {NO} $P\n")),
        ["APT001 2:8 `b`, `c` are installed without an exact version"]
    );
    assert_eq!(found(&format!("FROM a\nARG V=1\nRUN {NO} b=$V\n")), [""; 0]);
}

#[test]
fn patterns_and_suites_are_told_each() {
    assert_eq!(
        found(&format!("RUN {NO} a=1.2* b/stable c=1")),
        [
            "APT003 2:45 `a` is installed at whatever fits a pattern",
            "APT003 2:52 `b` is installed at whatever a suite has"
        ]
    );
    assert_eq!(found(&format!("RUN {NO} -t sid a b=1")), ["APT003 2:52 `a` is installed at whatever a suite has"]);
}

#[test]
fn what_cannot_be_known_is_told_at_its_word() {
    assert_eq!(
        found(&format!("FROM a\nARG X\nRUN {NO} $X 'lib*' ./x.deb b=$X\n")),
        [
            "APT005 3:45 which packages `$X` brings cannot be known",
            "APT005 3:48 which packages `'lib*'` brings cannot be known",
            "APT005 3:55 which packages `./x.deb` brings cannot be known",
            "APT005 3:63 the version of `b` cannot be known",
        ]
    );
}

#[test]
fn a_package_has_one_version_in_a_stage_and_in_those_below() {
    let text =
        |second: &str, base: &str| format!("FROM a AS x\nRUN {NO} b=1 b:arm64=7\nFROM {base}\nRUN {NO} {second}\n");
    assert_eq!(found(&text("b=2", "x")), ["APT006 4:45 `b` is installed at two versions"]);
    assert_eq!(found(&text("b:arm64=8", "x")), ["APT006 4:45 `b:arm64` is installed at two versions"]);
    assert_eq!(found(&text("b=1", "x")), [""; 0]);
    assert_eq!(found(&text("b=2", "a")), [""; 0]);
    assert_eq!(ids(&format!("RUN {NO} b=1\nRUN true\nRUN {NO} b=2")), ["APT006"]);
    // one RUN may take one of two branches
    assert_eq!(found(&format!("RUN if x; then {NO} b=1; else {NO} b=2; fi")), [""; 0]);
}

#[test]
fn the_second_of_two_goes_with_what_parts_it_from_the_one_before() {
    for (before, after) in [
        ("b=1 c=1 b=1\n", "b=1 c=1\n"),
        ("b=1 b c=1\n", "b=1 c=1\n"),
        ("b=1 \\\n    b=1 \\\n    c=1\n", "b=1 \\\n    c=1\n"),
        ("b=1 \\\r\n\tb=1\r\nRUN x\r\n", "b=1\r\nRUN x\r\n"),
        ("b=1 \"b=1\" && x\n", "b=1 && x\n"),
        ("b=1 \\\n # why\n b=1 \\\n c=1\n", "b=1 \\\n # why\n \\\n c=1\n"),
        // the versions are at odds; the line behind would be taken in
        ("b=1 b=2\n", "b=1 b=2\n"),
        ("b=1 \\\n # why\n b=1\nRUN x\n", "b=1 \\\n # why\n b=1\nRUN x\n"),
    ] {
        let text = format!("FROM a\nRUN {NO} {before}");
        assert!(ids(&text).contains(&"APT008".to_owned()), "{before:?}");
        let now = fixed(&text).replace(&format!("FROM a\nRUN {NO} "), "");
        assert_eq!(now, after, "{before:?}");
    }
    assert_eq!(found(&format!("RUN {NO} b=1 b:arm64=1")), [""; 0]);
    assert_eq!(found(&format!("RUN {NO} b=1; {NO} b=1")), [""; 0]);
}

#[test]
fn recommended_packages_are_kept_away_in_many_ways() {
    for (line, told) in [
        ("apt-get install -y b=1", true),
        ("apt-get install --no-install-suggests b=1", true),
        ("apt-get -y --no-install-recommends install b=1", false),
        ("apt-get install b=1 --no-install-recommends", false),
        ("apt-get install -o APT::Install-Recommends=false b=1", false),
        ("apt-get install -o APT::Install-Recommends=true b=1", true),
        ("apt-get install -oAPT::Install-Recommends=0 b=1", false),
        ("apt-get install -yo apt::install-recommends=no b=1", false),
        ("apt install --option=APT::Install-Recommends=off b=1", false),
        ("aptitude install b=1", true),
        ("aptitude -R install b=1", false),
        ("aptitude install --without-recommends b=1", false),
        ("apt-get install -R b=1", true),
        ("apt-get update", false),
        ("echo 'APT::Install-Recommends \"0\";' > /etc/apt/apt.conf.d/x && apt-get install b=1", false),
        ("apt-get install b=1 && echo 'APT::Install-Recommends \"0\";' > /x", true),
        ("apk add b", false),
    ] {
        assert_eq!(ids(&format!("RUN {line}")).contains(&"APT009".to_owned()), told, "{line}");
    }
    assert_eq!(ids("FROM a\nARG APT_OPTS\nRUN apt-get install $APT_OPTS b=1\n"), ["APT005"]);
    let conf = "FROM a AS x\nCOPY <<EOF /etc/apt/apt.conf.d/x\nAPT::Install-Recommends \"0\";\nEOF\n";
    assert_eq!(ids(&format!("{conf}FROM x\nRUN apt-get install b=1\n")), [""; 0]);
    assert_eq!(ids(&format!("{conf}FROM a\nRUN apt-get install b=1\n")), ["APT009"]);
}

#[test]
fn the_option_is_put_behind_the_verb() {
    for (before, after) in [
        ("apt-get install -y b=1", "apt-get install --no-install-recommends -y b=1"),
        ("sudo xx-apt-get  install\tb=1", "sudo xx-apt-get  install --no-install-recommends\tb=1"),
        ("aptitude install b=1", "aptitude install --without-recommends b=1"),
        ("sh -c 'apt install b=1'", "sh -c 'apt install --no-install-recommends b=1'"),
        ("apt-get \\\r\n  install \\\r\n  b=1", "apt-get \\\r\n  install --no-install-recommends \\\r\n  b=1"),
        ("apt-get \"install\" b=1", "apt-get \"install\" b=1"),
    ] {
        assert_eq!(fixed(&format!("FROM a\nRUN {before}\n")), format!("FROM a\nRUN {after}\n"));
    }
}

#[test]
fn upgrades_are_notes_and_no_installs() {
    for verb in ["upgrade", "dist-upgrade", "full-upgrade"] {
        let all = found(&format!("RUN apt-get update && apt-get -y {verb}"));
        assert_eq!(
            all,
            ["APT010 2:23 all packages of the base image are upgraded to whatever the archive has"],
            "{verb}"
        );
    }
    assert_eq!(ids("RUN aptitude safe-upgrade -y"), ["APT010"]);
    assert!(file("FROM a\nRUN apt-get upgrade\n").commands().installs.is_empty());
}
