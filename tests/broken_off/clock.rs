//! The clock is wrong, by decades, or jumps between two runs. `verify` never looks at it; what was
//! signed for a time is judged by it; nothing panics, and no date of the lock goes backwards in silence.
//!
//! With faketime, where it is there.

use std::path::PathBuf;
use std::process::Command;

use super::ground::{Ground, calm, same};
use super::{Args, Upstream, each};
use crate::deb::{Desk, bookworm};
use crate::support::have;
use crate::support::program::Work;

/// The library that tells a program another time.
fn library() -> Option<PathBuf> {
    if !have("faketime") {
        return None;
    }
    let folders = std::fs::read_dir("/usr/lib").unwrap().map(|e| e.unwrap().path().join("faketime"));
    let found = folders.map(|f| f.join("libfaketime.so.1")).find(|f| f.is_file());
    if found.is_none() {
        println!("skipped: libfaketime.so.1 is not where Debian has it");
    }
    found
}

/// The program at another time, such as `@1970-01-02 00:00:00` or `+400d`.
fn at(library: &std::path::Path, time: &str, work: &Work, arguments: &[&str]) -> Command {
    let mut command = work.command(arguments);
    command.env("LD_PRELOAD", library).env("FAKETIME", time).env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("TZ", "UTC");
    command
}

const Y1970: &str = "@1970-01-02 00:00:00";
const Y2100: &str = "@2100-01-01 00:00:00";

#[rustfmt::skip]
const TABLE: &[(Args, [i32; 2])] = &[
    //                               1970 2100
    (&["add", "x", "--git", "https://h.example/x", "--tag", "v1"], [0, 0]),
    (&["remove", "steady"],          [0, 0]),
    (&["rename", "steady", "still"], [0, 0]),
    // In 1970 the archive's key and its signature are not made yet: that pin alone is an alarm.
    (&["refresh"],                   [3, 0]),
    (&["refresh", "--keep"],         [0, 0]),
    (&["refresh", "--locked"],       [3, 0]),
    (&["refresh", "--dry-run"],      [3, 0]),
    (&["outdated"],                  [3, 1]),
    (&["fetch"],                     [0, 0]),
    (&["verify"],                    [0, 0]),
    (&["verify", "--strict"],        [0, 0]),
    (&["export", "env"],             [0, 0]),
    (&["export", "sha256sums"],      [0, 0]),
    (&["export", "buildkit-policy"], [0, 0]),
    (&["export", "apt-snippet"],     [0, 0]),
    (&["export", "store", "../home/out"], [0, 0]),
    (&["list"],                      [0, 0]),
    (&["gc"],                        [0, 0]),
];

#[derive(Debug)]
struct Cell(Args, &'static str, i32);

#[test]
fn every_verb_in_1970_and_in_2100() {
    let Some(library) = library() else { return };
    let cells: Vec<Cell> =
        TABLE.iter().flat_map(|(verb, [a, b])| [Cell(verb, Y1970, *a), Cell(verb, Y2100, *b)]).collect();
    each(&cells, 4, |ground: &Ground, Cell(arguments, time, code)| {
        let has = match arguments {
            ["refresh", "--locked"] | ["fetch"] => Upstream::Locked,
            _ => Upstream::Newer,
        };
        let healthy = ground.work(true).run(arguments);
        let expected = ground.after(arguments, has);
        ground.has(has);
        let work = ground.work(true);
        let ran = calm(&mut at(&library, time, &work, arguments)).code(*code);
        if *code == 3 {
            assert!(ran.all().contains("alarm: packages: "), "{}", ran.all());
        }
        if arguments[0] == "verify" {
            assert_eq!((ran.out.clone(), ran.code), (healthy.out, healthy.code), "the clock has a say");
        }
        if *arguments != ["refresh"] {
            return same(&work, &expected, &ran);
        }
        // All but the dates are as on any other day.
        let dockerfile = if *code == 3 { &ground.without("packages") } else { &expected };
        assert!(work.tree()[&PathBuf::from("Dockerfile")] == dockerfile[&PathBuf::from("Dockerfile")]);
        work.run(&["verify"]).code(0).says("5 verified");
    });
}

#[test]
fn a_release_that_has_run_out_since_and_one_that_is_not_made_yet_are_alarms() {
    let Some(library) = library() else { return };
    let soon = crate::support::debian::in_days(7);
    let desk = Desk::locked(&bookworm().valid_until(soon));
    let before = desk.work.tree();
    for (time, verb, code) in [
        ("+6d", &["refresh"][..], 0),
        ("+8d", &["refresh"], 3),
        ("+8d", &["outdated"], 3),
        ("+8d", &["verify"], 0),
        (Y1970, &["refresh"], 3),
        (Y1970, &["verify"], 0),
    ] {
        let ran = calm(&mut at(&library, time, &desk.work, verb));
        assert_eq!(ran.code, Some(code), "{time} {verb:?}: {}", ran.all());
        assert!(desk.work.tree() == before, "{time} {verb:?}");
    }
}

/// Each pin's `first_seen` in the lock.
fn seen(work: &Work) -> Vec<(String, String)> {
    let lock: serde_json::Value = serde_json::from_slice(&work.bytes("pins.lock")).unwrap();
    let pins = lock["pins"].as_object().unwrap();
    pins.iter().map(|(name, pin)| (name.clone(), pin["first_seen"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn a_lock_from_the_future_stands_and_what_did_not_move_keeps_its_date() {
    let Some(library) = library() else { return };
    let ground = Ground::new();
    ground.has(Upstream::Newer);
    let work = ground.work(true);
    calm(&mut at(&library, Y2100, &work, &["refresh"])).code(0);
    let future = seen(&work);
    assert!(future.iter().all(|(_, day)| day == "2100-01-01"), "{future:?}");
    let before = work.tree();
    // The clock is right again: nothing moved, so no byte changes, whatever the verb.
    for (verb, code) in [("verify", 0), ("refresh", 0), ("outdated", 0), ("verify", 0)] {
        let ran = calm(&mut work.command(&[verb])).code(code);
        same(&work, &before, &ran);
    }
    assert_eq!(seen(&work), future);
}
