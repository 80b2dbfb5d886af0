//! The list against literal text: wide, narrow, hostile, and for programs.

use super::*;
use crate::ui::look::Format;
use crate::ui::report::{Outcome, Report, render};

const COMMIT: &str = "ae2bbc29be1aaae0b3ded5d188968a6c97bb3144";
const DIGEST: &str = "sha256:4c61e07f35a8c4d91b6e2f7a0835d6c1e94b7f20a3586d9e1c4b7a3f08529b2d";

fn platforms(of: &[&str]) -> Vec<Platform> {
    of.iter().map(|p| p.parse().unwrap()).collect()
}

fn row(pin: &str, kind: &'static str, what: &str, version: Option<&str>, id: Option<&str>) -> Listed {
    let all = platforms(&["linux/amd64", "linux/arm/v7", "linux/arm64"]);
    Listed {
        member: None,
        pin: pin.parse().unwrap(),
        kind,
        what: what.to_owned(),
        version: version.map(str::to_owned),
        id: id.map(str::to_owned),
        architecture: None,
        suite: None,
        archive: None,
        url: None,
        platforms: all.clone(),
        all,
        each: Vec::new(),
        state: LockState::Locked,
        why: Vec::new(),
    }
}

fn deb(what: &str, version: &str, platform: &str) -> Listed {
    let suite = Some("bookworm".to_owned());
    Listed { platforms: platforms(&[platform]), suite, ..row("avahi", "deb", what, Some(version), Some("aa")) }
}

fn listing() -> Listing {
    let rows = vec![
        deb("avahi-daemon", "0.8-10+deb12u1", "linux/amd64"),
        deb("avahi-daemon", "0.8-10+deb12u1", "linux/arm64"),
        deb("avahi-daemon", "0.8-10+deb12u1+b1", "linux/arm/v7"),
        deb("libnss-mdns", "0.15.1-3", "linux/amd64"),
        deb("libnss-mdns", "0.15.1-3", "linux/arm64"),
        deb("libnss-mdns", "0.15.1-3", "linux/arm/v7"),
        row("base", "image", "docker.io/library/debian", Some("bookworm-slim"), Some(DIGEST)),
        row("coredns", "git", "https://github.com/coredns/coredns", Some("v1.11.1"), Some(COMMIT)),
        row("healthcheckers", "git", "https://github.com/dubo-dubon-duponey/healthcheckers.git", None, Some(COMMIT)),
        row("homebridge", "yarn", "homebridge-roku", Some("3.0.1"), Some(COMMIT)),
        row(
            "node",
            "url",
            "https://nodejs.org/dist/v{version}/node-v{version}-linux-{arch}.tar.xz",
            Some("20.18.1"),
            None,
        ),
    ];
    Listing { rows, ..Listing::default() }
}

fn shown(listing: &Listing, look: &Look) -> (String, String, u8) {
    let report = Report::new("list", Outcome::Listed(listing), &[]);
    let rendered = render(&report, look.format, look);
    (rendered.out, rendered.err, report.exit())
}

fn at(width: Option<usize>) -> Look {
    Look { width, ..Look::default() }
}

#[test]
fn platforms_of_one_version_are_one_line_and_what_says_nothing_is_left_out() {
    let (out, err, code) = shown(&listing(), &at(None));
    assert_eq!((err.as_str(), code), ("", 0));
    assert!(
        out.contains("\navahi           deb    libnss-mdns  ") && out.contains("  0.15.1-3                    all\n"),
        "{out}"
    );
    assert!(!out.contains("state") && !out.contains("member") && out.ends_with("\n\n6 pins: 6 locked\n"), "{out}");
    let (out, ..) = shown(&listing(), &at(Some(60)));
    assert!(out.lines().all(|l| columns(l) <= 60), "{out}");
    // The version says most: it gives way last; of an address its end is kept.
    assert!(out.contains("  bookworm-slim@4c61e0") && out.contains("…") && out.contains("debian  "), "{out}");
    let (out, ..) = shown(&listing(), &Look { verbose: true, ..at(None) });
    assert!(out.contains("amd64, arm/v7, arm64  bookworm\n"), "{out}");
}

#[test]
fn hostile_texts_are_tamed_and_members_are_told() {
    let hostile = "a\u{1b}[2J\u{202e}b";
    let mut bad = row("base", "image", hostile, Some(hostile), Some(hostile));
    bad.member = Some("coredns".to_owned());
    bad.state = LockState::Unlocked(Some(hostile.to_owned()));
    let filter = "base<1".parse().unwrap();
    let unknown = vec![Unknown { filter, row: bad.clone(), why: hostile.to_owned() }];
    let listing = Listing { rows: vec![bad], unknown, filtered: true, ..Listing::default() };
    for format in [Format::Human, Format::Json, Format::Sarif, Format::Github] {
        let (out, err, code) = shown(&listing, &Look { format, ..at(Some(80)) });
        assert_eq!(code, 4);
        let all = format!("{out}{err}");
        assert!(!all.contains('\u{1b}') && !all.contains('\u{202e}'), "{all}");
        if format == Format::Human {
            assert!(out.starts_with("member ") && out.contains("\nnote: coredns/base: unlocked: a"), "{out}");
            assert!(err.contains("base<1 cannot be told for 1 row:\n  coredns/base: "), "{err}");
        }
    }
}

#[test]
fn programs_get_all_of_it() {
    let (out, _, code) = shown(&listing(), &Look { format: Format::Json, ..at(None) });
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, json["rows"].as_array().unwrap().len()), (0, 11));
    let expected = serde_json::json!({
        "member": null, "pin": "avahi", "kind": "deb", "what": "avahi-daemon", "version": "0.8-10+deb12u1",
        "id": "aa", "architecture": null, "suite": "bookworm", "archive": null, "url": null,
        "platforms": ["linux/amd64"], "each": [], "state": "locked", "reason": null, "why": [],
    });
    assert_eq!(json["rows"][0], expected);
    assert_eq!((&json["unknown"], &json["unnamed"]), (&serde_json::json!([]), &serde_json::json!([])));
}

#[test]
fn nothing_that_matches_differs_and_nothing_at_all_does_not() {
    assert_eq!(
        shown(&Listing { filtered: true, ..Listing::default() }, &at(None)),
        ("no match\n".into(), String::new(), 1)
    );
    assert_eq!(shown(&Listing::default(), &at(None)).2, 0);
}

#[test]
fn who_needs_a_package_is_told_where_it_is_asked_for() {
    let libssl =
        Listed { why: vec!["curl".to_owned(), "libcurl4".to_owned()], ..deb("libssl3", "3.0.15-1", "linux/amd64") };
    let rows = vec![deb("curl", "7.88.1-10", "linux/amd64"), libssl];
    let listing = Listing { rows, why: true, ..Listing::default() };
    let expected = "\
pin    kind  what     version    platforms  needed by
avahi  deb   curl     7.88.1-10  amd64      (asked for)
avahi  deb   libssl3  3.0.15-1   amd64      curl > libcurl4

1 pin: 1 locked
";
    assert_eq!(shown(&listing, &at(None)).0, expected);
    let without = Listing { why: false, ..listing };
    assert!(!shown(&without, &at(None)).0.contains("needed by"));
}
