//! Fixtures under `tests/data/dockerfile`: `Dockerfile` becomes `expected`, byte for byte.

use super::super::*;
use super::{site, token};

/// Rewrites each named ARG or ENV (with the comment that tells `old`) and compares all bytes.
fn fixture(name: &str, before: &[u8], expected: &[u8], changes: &[(Option<usize>, Target, &str, &str)]) {
    roundtrip(before).unwrap();
    let file = Dockerfile::parse(name, before.to_vec()).unwrap();
    let mut edits = Vec::new();
    for (stage, target, old, new) in changes {
        let mut site = site(target.clone());
        site.stage = stage.map(StageSel::Index);
        let located = locate(&file, &site).unwrap().remove(0);
        if let Some((value, version)) = new.split_once(' ') {
            edits.push(located.edit(&file, &token(value)).unwrap());
            let (old, new) = (token(old), token(version));
            let said = |version| Said { tag: None, version: Some(version) };
            edits.extend(retell(&file, &located, said(&old), said(&new)));
        } else {
            assert_eq!(located.value, *old, "{name}");
            edits.push(located.edit(&file, &token(new)).unwrap());
        }
    }
    let after = apply(before, &edits).unwrap();
    assert_eq!(String::from_utf8_lossy(&after), String::from_utf8_lossy(expected), "{name}");
    assert_eq!(after, expected, "{name}");
    Dockerfile::parse(name, after.clone()).unwrap();
    assert_eq!(apply(&after, &undo(&edits)).unwrap(), before, "{name}");
}

macro_rules! fixtures {
    ($($test:ident $folder:literal: [$($change:expr),* $(,)?];)+) => { $(
        #[test]
        fn $test() {
            let before = include_bytes!(concat!("../../../tests/data/dockerfile/", $folder, "/Dockerfile"));
            let expected = include_bytes!(concat!("../../../tests/data/dockerfile/", $folder, "/expected"));
            fixture($folder, before, expected, &[$($change),*]);
        }
    )+ };
}

fn a(name: &str) -> Target {
    Target::Arg(name.to_owned())
}

fn e(name: &str) -> Target {
    Target::Env(name.to_owned())
}

const OLD: &str = "0123456789abcdef0123456789abcdef01234567";
const NEW: &str = "fedcba9876543210fedcba9876543210fedcba98";

fixtures! {
    one_name_in_two_stages "same-name-two-stages": [
        (Some(1), a("GIT_COMMIT"), OLD, NEW),
        (Some(1), a("GIT_VERSION"), "v2.0.1", "v2.1.0"),
    ];
    older_pins_stay_commented_out "commented-out-pins": [
        (None, a("SHAIRPORT_VERSION"), "3.3.7", "fedcba9876543210fedcba9876543210fedcba98 4.0"),
        (None, a("ALAC_VERSION"), "1.0.4", "fedcba9876543210fedcba9876543210fedcba98 1.0.5"),
    ];
    tag_beside_commit "version-beside-commit": [
        (None, a("GIT_COMMIT"), OLD, NEW),
        (None, a("GIT_VERSION"), "v1.6.6", "v1.7.0"),
    ];
    from_in_heredocs "heredoc-with-from": [
        (None, Target::From(None), "debian:12-slim", "debian:12-slim@sha256:0000"),
        (None, a("VERSION"), "1.0", "1.1"),
    ];
    crlf "crlf": [
        (None, a("A_VERSION"), OLD, NEW),
        (None, a("B_VERSION"), "1.0.4", "2.0.0 1.0.5"),
    ];
    old_env_form "env-legacy": [
        (None, e("NODE_VERSION"), "20.1.0", "20.2.0"),
        (None, e("WORDS"), "a b  c", "d"),
    ];
    quotes_stay "quoted": [
        (None, a("DOUBLE"), "1.0", "1.1"),
        (None, a("SINGLE"), "1.0", "1.1"),
        (None, a("EMPTY"), "", "1.1"),
        (None, e("INNER"), "it's 1.0", "1.1"),
    ];
    several_on_a_line "several-on-a-line": [
        (None, a("ONE"), "1", "11"),
        (None, a("TWO"), "2", "22"),
        (None, e("THREE"), "3", "33"),
        (None, e("FOUR"), "4", "44"),
    ];
    backtick_escapes "escape-backtick": [
        (None, a("TOOL"), "1.0", "1.1"),
        (None, e("DIR"), "C:\\tools", "D:/tools"),
        (None, a("LAST"), "2", "3"),
    ];
}
