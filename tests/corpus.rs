//! The corpus: one small Dockerfile for each form, each case to leave alone and each trap that is
//! known, with what is to be found in it, written by hand.
//!
//! For whoever changes a reader, a rule or an edit. `tests/data/corpus/NAME/expected` has sections:
//!
//! - `[intakes]`: line, kind, what is taken in, as [`told`] writes it;
//! - `[lint]`: id, line, and the text at which the finding points;
//! - `[pinned]`: the lines that change when images, packages and commits are pinned, `PIN`, `VERSION`
//!   and `COMMIT` standing for the values; no section: not looked at;
//! - `[fixed]`: the lines that change by `lint --fix`; no section: none.
//!
//! Ids are held against the list here that [`LINTED`] keeps: a rule that no fixture tries is told.

mod read;
mod told;
mod variants;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use dubo_pin::check::lint::lint;
use dubo_pin::dockerfile::{Dockerfile, Edit, apply, undo};

use read::{Fixture, fixtures};

/// What lint can say of text alone.
const LINTED: &[&str] = &[
    "APT001", "APT003", "APT005", "APT006", "APT008", "APT009", "APT010", "ARG001", "DOC001", "GIT001", "GIT002",
    "GIT005", "GIT006", "IMG001", "IMG002", "IMG003", "IMG008", "IMG009", "IMG010", "IMG011", "IMG012", "IMG013",
    "IMG015", "URL001", "URL002", "URL003", "URL004", "URL005",
];

fn parse(fixture: &Fixture) -> Dockerfile {
    Dockerfile::parse("Dockerfile", fixture.bytes.clone())
        .unwrap_or_else(|e| panic!("{}: cannot be read: {e:?}", fixture.name))
}

/// Fails with everything that differs, fixture by fixture.
#[track_caller]
fn same(differ: impl Fn(&Fixture) -> Option<(Vec<String>, Vec<String>)>) {
    let mut report = String::new();
    for fixture in fixtures() {
        let Some((expected, found)) = differ(&fixture) else { continue };
        if expected == found {
            continue;
        }
        let _ = writeln!(report, "{}:", fixture.name);
        for line in expected.iter().filter(|l| !found.contains(l)) {
            let _ = writeln!(report, "  expected, not there: {line}");
        }
        for line in found.iter().filter(|l| !expected.contains(l)) {
            let _ = writeln!(report, "  there, not expected: {line}");
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn every_intake_is_found_and_nothing_else() {
    same(|fixture| {
        let file = parse(fixture);
        Some((fixture.intakes.clone(), told::intakes(&file)))
    });
}

#[test]
fn every_finding_of_lint_points_at_its_cause() {
    same(|fixture| {
        let file = parse(fixture);
        let found = lint(std::slice::from_ref(&file));
        let mut found: Vec<String> = found.iter().filter_map(|l| told::finding(&l.finding, &fixture.lint)).collect();
        // a note that is in the way of every second fixture
        found.retain(|line| !line.starts_with("PKG001"));
        found.sort();
        let mut expected: Vec<String> = fixture.lint.clone();
        expected.sort();
        Some((expected, found))
    });
}

#[test]
fn every_id_of_lint_has_a_fixture() {
    let all = fixtures();
    let tried: BTreeSet<&str> = all.iter().flat_map(|f| &f.lint).filter_map(|l| l.split(' ').next()).collect();
    let missing: Vec<_> = LINTED.iter().filter(|id| !tried.contains(*id)).collect();
    assert!(missing.is_empty(), "no fixture for {missing:?}");
}

#[test]
fn pinned_files_are_the_ones_that_were_wanted() {
    same(|fixture| {
        let wanted = fixture.pinned.as_ref()?;
        let file = parse(fixture);
        let after = apply(file.bytes(), &told::pin(&file)).unwrap_or_else(|e| panic!("{}: {e}", fixture.name));
        Some((wanted.clone(), fixture.changed(&after)))
    });
}

#[test]
fn fixed_files_are_the_ones_that_were_wanted() {
    same(|fixture| {
        let file = parse(fixture);
        let fixes: Vec<Edit> = lint(std::slice::from_ref(&file)).into_iter().flat_map(|l| l.fix).collect();
        let after = apply(file.bytes(), &fixes).unwrap_or_else(|e| panic!("{}: {e}", fixture.name));
        Some((fixture.fixed.clone(), fixture.changed(&after)))
    });
}

#[test]
fn pins_and_fixes_of_every_variant_are_undone_to_the_byte() {
    for fixture in fixtures() {
        for (name, bytes) in variants::of(&fixture.bytes) {
            let what = format!("{} {name}", fixture.name);
            let file = match Dockerfile::parse("Dockerfile", bytes.clone()) {
                Ok(file) => file,
                Err(e) => panic!("{what}: cannot be read: {}", e.message),
            };
            dubo_pin::dockerfile::roundtrip(&bytes).unwrap_or_else(|e| panic!("{what}: {e}"));
            let fixes = lint(std::slice::from_ref(&file)).into_iter().flat_map(|l| l.fix).collect();
            for edits in [told::pin(&file), fixes] {
                let after = apply(&bytes, &edits).unwrap_or_else(|e| panic!("{what}: {e}"));
                let again = Dockerfile::parse("Dockerfile", after.clone());
                let again = again.unwrap_or_else(|e| panic!("{what}: edited, cannot be read: {}", e.message));
                assert_eq!(again.instructions().len(), file.instructions().len(), "{what}");
                assert_eq!(again.intakes().len(), file.intakes().len(), "{what}");
                let back = apply(&after, &undo(&edits)).unwrap_or_else(|e| panic!("{what}: {e}"));
                assert!(back == bytes, "{what}: undone edits left other bytes");
            }
        }
    }
}

#[test]
fn variants_take_in_what_the_file_does() {
    let mut report = String::new();
    for fixture in fixtures() {
        let plain: Vec<String> = told::unplaced(&parse(&fixture));
        for (name, bytes) in variants::of(&fixture.bytes) {
            let Ok(file) = Dockerfile::parse("Dockerfile", bytes) else { continue };
            let found = told::unplaced(&file);
            if found != plain {
                let _ = writeln!(report, "{} {name}:\n  {plain:?}\n  {found:?}", fixture.name);
            }
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

/// Cut, doubled and mixed at random from the corpus, for a second: nothing panics, and what can be
/// edited comes back. The targets in `fuzz/` do the same for as long as one likes.
#[test]
fn mutated_files_never_panic() {
    let all = fixtures();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or_default() % below.max(1)
    };
    let until = std::time::Instant::now() + std::time::Duration::from_secs(1);
    while std::time::Instant::now() < until {
        let mut bytes = all[next(all.len())].bytes.clone();
        for _ in 0..=next(4) {
            let (from, other) = (next(bytes.len()), &all[next(all.len())].bytes);
            let piece = next(other.len());
            let piece = &other[piece..(piece + next(40)).min(other.len())];
            let to = (from + next(8)).min(bytes.len());
            bytes.splice(from..to, piece.iter().copied());
        }
        if let Err(why) = dubo_pin::dockerfile::roundtrip(&bytes) {
            panic!("{why}:\n{}", String::from_utf8_lossy(&bytes));
        }
        let Ok(file) = Dockerfile::parse("Dockerfile", bytes.clone()) else { continue };
        let _ = file.intakes();
        for linted in lint(std::slice::from_ref(&file)) {
            let after = apply(&bytes, &linted.fix).unwrap_or_else(|e| panic!("{e}"));
            assert!(apply(&after, &undo(&linted.fix)).is_ok_and(|back| back == bytes));
        }
    }
}
