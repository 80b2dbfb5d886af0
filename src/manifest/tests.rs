//! What a manifest must not be, said in full; and the whole grammar, read.
//!
//! Each folder of `tests/data/manifest` holds one manifest and what is said about it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::*;
use crate::source::Source;

/// What is said, one line each: `line:column+width message`, then what else there is.
fn said(troubles: &[Trouble]) -> String {
    let mut out = String::new();
    for trouble in troubles {
        if let Some(place) = &trouble.place {
            let width = place.excerpt.as_ref().map_or(0, |e| e.width);
            assert_eq!(place.file, "pins.toml");
            write!(out, "{}:{}+{width} ", place.line, place.column).unwrap();
        }
        out += &trouble.message;
        for (word, text) in [("expected", &trouble.expected), ("found", &trouble.found), ("help", &trouble.help)] {
            if let Some(text) = text {
                write!(out, "\n    {word}: {text}").unwrap();
            }
        }
        out.push('\n');
    }
    out
}

fn parse(bytes: &[u8]) -> Result<Manifest, String> {
    Manifest::parse_as("pins.toml", bytes, &super::Inherited::default(), "0.1.0").map_err(|t| said(&t))
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/manifest")
}

#[test]
fn every_bad_manifest_is_told_all_that_is_wrong_with_it() {
    let mut count = 0;
    for folder in std::fs::read_dir(data()).unwrap() {
        let folder = folder.unwrap().path();
        let Ok(expected) = std::fs::read_to_string(folder.join("expected.txt")) else {
            continue;
        };
        let bytes = std::fs::read(folder.join("pins.toml")).unwrap();
        let found = parse(&bytes).unwrap_err();
        assert_eq!(found, expected, "{}", folder.display());
        count += 1;
    }
    assert_eq!(count, 19);
}

#[test]
fn the_whole_grammar_is_read() {
    let text = std::fs::read(data().join("whole/pins.toml")).unwrap();
    let manifest = parse(&text).unwrap();
    assert_eq!(manifest.pins.len(), 6);
    let requests: Vec<String> = manifest.pins.values().map(Pin::request).collect();
    assert_eq!(
        requests,
        [
            "image=docker.io/library/debian:bookworm-slim platforms=linux/amd64,linux/arm/v7,linux/arm64",
            "git=https://github.com/coredns/coredns version=^1.11",
            "yarn=app platforms=linux/amd64,linux/arm/v7,linux/arm64",
            "url=https://nodejs.org/dist/v{version}/node-v{version}-linux-{arch}.tar.xz version=^20 releases=https://nodejs.org/dist/index.json jq=.[]%20|%20select(.lts)%20|%20.version checksums=https://nodejs.org/dist/v{version}/SHASUMS256.txt.asc signed-by=openpgp:keys/node.asc platforms=linux/amd64,linux/arm/v7,linux/arm64",
            "deb=dockerfile closure=full platforms=linux/amd64,linux/arm/v7,linux/arm64",
            "url=https://download.roonlabs.com/builds/RoonBridge_linux{arch}.tar.bz2 arch=linux/amd64=x64,linux/arm/v7=armv7hf,linux/arm64=armv8 platforms=linux/amd64,linux/arm/v7,linux/arm64",
        ]
    );
    let pin = &manifest.pins[&"coredns".parse::<PinName>().unwrap()];
    assert!(pin.is_moving());
    assert_eq!((pin.place.line, pin.place.column), (18, 7));
    let sites: Vec<(String, &str, usize, usize)> =
        pin.into.iter().map(|s| (s.value.to_string(), pin.value_key(&s.value), s.place.line, s.place.column)).collect();
    assert_eq!(
        sites,
        [
            ("{ stage = \"fetcher-coredns\", arg = \"GIT_COMMIT\" }".to_owned(), "commit", 21, 12),
            ("{ stage = \"fetcher-coredns\", arg = \"GIT_VERSION\" }".to_owned(), "tag", 22, 12),
        ]
    );
}

#[test]
fn policy_and_platforms_of_the_file_hold_unless_the_pin_says_otherwise() {
    let text = "version = 1
image.platforms = [\"linux/arm64\", \"linux/amd64\"]
[policy]
min-age = \"2w\"
allow-downgrade = true
atomic = true
[lint]
ignore = [\"APT009\"]
severity.APT001 = \"note\"
[workspace]
members = [\"*\", \"images/*\"]
[pins.a]
git = \"https://h/a\"
allow-downgrade = false
freeze = { reason = \"r\", until = 2026-12-31 }
platforms = [\"linux/amd64\"]
moving = false
unlocked = \"not yet\"
size-limit = \"2GB\"
submodules = \"omit\"
vendor = \"a.tar\"
track = false
[pins.b]
git = \"https://h/b\"
tag = \"v1\"
";
    let manifest = parse(text.as_bytes()).unwrap();
    let pin = |name: &str| &manifest.pins[&name.parse::<PinName>().unwrap()];
    let (a, b) = (pin("a"), pin("b"));
    assert_eq!(a.policy.min_age.map(|m| m.days()), Some(14));
    assert!(!a.policy.allow_downgrade && b.policy.allow_downgrade);
    let freeze = a.policy.freeze.as_ref().unwrap();
    assert_eq!((freeze.reason.as_str(), freeze.until.to_string().as_str()), ("r", "2026-12-31"));
    assert!(b.policy.freeze.is_none());
    assert_eq!((a.platforms.len(), b.platforms.len()), (1, 2));
    assert!(!a.is_moving() && !b.is_moving());
    assert_eq!(a.unlocked.as_deref(), Some("not yet"));
    assert_eq!(a.size_limit.map(Size::bytes), Some(2_000_000_000));
    assert!(!a.track && b.track);
    assert!(matches!(&a.source, Source::Git(keys) if keys.omit_submodules));
    assert!(manifest.atomic);
    assert_eq!(manifest.lint.ignore.len(), 1);
    assert_eq!(manifest.workspace.unwrap().members.len(), 2);
}

#[test]
fn a_program_that_is_too_old_says_only_that() {
    let text = b"requires = \">=0.3\"\nversion = 9\n[pins.a]\nhg = 1\n";
    for (program, is_enough) in
        [("0.1.0", false), ("0.2.9", false), ("0.3.0", true), ("0.3.0-dev", true), ("1.0.0", true)]
    {
        let troubles = Manifest::parse_as("pins.toml", text, &super::Inherited::default(), program).unwrap_err();
        assert_eq!(troubles.len(), 1);
        let expected = if is_enough {
            "the manifest is of another version".to_owned()
        } else {
            format!("needs dubo-pin >=0.3, this is {program}")
        };
        assert_eq!(troubles[0].message, expected);
    }
}

#[test]
fn what_is_no_text_at_all_is_refused_in_one_sentence() {
    let big = vec![b'#'; 17 * 1024 * 1024];
    let deep = format!("version = 1\na = {}", "[\n".repeat(100_000));
    let line = format!("version = 1\n# {}", "x".repeat(20_000));
    let pins: String = (0..10_001).map(|i| format!("p{i} = {{}}\n")).collect();
    let many = format!("version = 1\n[pins]\n{pins}");
    for (bytes, expected) in [
        (big.as_slice(), "1:1+0 pins.toml is too large\n    expected: at most 16 MiB\n    found: 17825792 bytes\n"),
        (b"version = 1\n# \xff\n", "2:3+1 the file is not UTF-8\n    help: save it as UTF-8\n"),
        (b"", "1:1+1 the manifest does not say its version\n    help: write `version = 1` at its head\n"),
        (deep.as_bytes(), "34:1+1 this is no manifest: tables and lists are nested deeper than 32\n"),
        (line.as_bytes(), "2:1+1 this is no manifest: a line is longer than 16,384 bytes\n"),
        (many.as_bytes(), "2:2+4 there are more than 10000 pins\n    found: 10001\n"),
    ] {
        assert_eq!(parse(bytes).unwrap_err(), expected);
    }
    assert!(parse("\u{feff}version = 1\r\n".as_bytes()).is_ok());
}

#[test]
fn ten_thousand_pins_are_read_in_one_pass() {
    let pins: String =
        (0..10_000).map(|i| format!("[pins.p{i}]\ngit = \"https://h/{i}\"\ninto = [{{ arg = \"A{i}\" }}]\n")).collect();
    let start = std::time::Instant::now();
    let manifest = parse(format!("version = 1\n{pins}").as_bytes()).unwrap();
    assert_eq!(manifest.pins.len(), 10_000);
    // quadratic reading takes minutes
    assert!(start.elapsed().as_secs() < 30);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
    #[test]
    fn no_text_makes_the_reader_stop(
        text in "(version = 1\n|\\[pins\\.a\\]\n|\\[image\\]\n|git = |url = |deb = |into = |\"https://h/\\{arch\\}\"|\\[\\{|arg = \"A\"|\\}\\]|\n|\\{|\\[|\\]|\"|,|=|\u{202e}|é){0,30}",
    ) {
        let _ = Manifest::parse("pins.toml", text.as_bytes());
    }
}
