//! The network breaks for one pin: exit 4, that pin named and kept as it was, the others go on.
//! Never "gone", never an alarm, never 0.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::ground::{At, Ground, calm, same};
use super::{Args, Upstream, each};
use crate::support::http::{Answer, Asked, Framing};

/// What a server does instead of answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// Closes without a byte.
    Cut,
    /// Closes in the middle of the head.
    CutHead,
    /// Closes in the middle of a body whose length it told.
    Short,
    /// Closes in the middle of a body of chunks.
    CutChunks,
    /// An error of its own.
    Status500,
    /// Come again in an hour.
    Status429,
    /// Who are you?
    Status401,
    /// Takes the request and says nothing.
    Silent,
}

impl How {
    fn of(self, asked: &Asked, answer: Answer) -> Answer {
        let half = answer.body.len() / 2;
        match self {
            Self::Cut => Answer::hang_up(),
            Self::CutHead => Answer { half_head: true, ..answer },
            // A HEAD has no body that could be short.
            Self::Short | Self::CutChunks if asked.method == "HEAD" => Answer::hang_up(),
            Self::Short => Answer { cut: Some(half), ..answer },
            Self::CutChunks => Answer { cut: Some(half), framing: Framing::Chunked, ..answer },
            Self::Status500 => Answer::new(500, "no"),
            Self::Status429 => Answer::new(429, "no").with("Retry-After", "3600"),
            Self::Status401 => Answer::new(401, "no").with("WWW-Authenticate", "Basic realm=\"r\""),
            Self::Silent => Answer { stall: Some(0), ..answer },
        }
    }
}

use At::*;
use How::*;

const REFRESH: Args = &["refresh"];
const DRY: Args = &["refresh", "--dry-run"];
const LOCKED: Args = &["refresh", "--locked"];
const OUTDATED: Args = &["outdated"];
const FETCH: Args = &["fetch"];

/// The verb, where it breaks, and how: each of them exits with 4.
const CELLS: &[(Args, At, &[How])] = &[
    (REFRESH, GitRefs, &[Cut, CutHead, Short, CutChunks, Status500, Status429, Status401]),
    (REFRESH, GitPack, &[Cut, CutHead, Short, CutChunks, Status500, Status429, Status401]),
    (REFRESH, UrlBody, &[Cut, CutHead, Short, CutChunks, Status500, Status429, Status401]),
    (REFRESH, DebRelease, &[Cut, CutHead, Short, CutChunks, Status500, Status429, Status401]),
    (REFRESH, DebPackages, &[Cut, CutHead, Short, CutChunks, Status500, Status429, Status401]),
    (REFRESH, DebFile, &[Cut, CutHead, Short, CutChunks, Status500, Status429, Status401]),
    (REFRESH, ImageToken, &[Cut, CutHead, Short, CutChunks, Status500, Status429, Status401]),
    (REFRESH, ImageManifest, &[Cut, CutHead, Short, CutChunks, Status500, Status429, Status401]),
    (DRY, GitRefs, &[Status429]),
    (DRY, UrlBody, &[Short]),
    (DRY, DebPackages, &[Status500]),
    (DRY, ImageManifest, &[Cut]),
    (LOCKED, GitRefs, &[Cut, Status429]),
    (LOCKED, GitPack, &[Short]),
    (LOCKED, UrlBody, &[Short, Status500]),
    (LOCKED, DebRelease, &[Status401]),
    (LOCKED, DebFile, &[Short, Status429]),
    (LOCKED, ImageToken, &[Status500]),
    (LOCKED, ImageManifest, &[Cut, Status429]),
    (OUTDATED, GitRefs, &[Cut, Short, Status429]),
    (OUTDATED, UrlBody, &[CutHead, Status500]),
    (OUTDATED, DebRelease, &[Short, Status429]),
    (OUTDATED, DebPackages, &[Status500]),
    (OUTDATED, ImageToken, &[Status401]),
    (OUTDATED, ImageManifest, &[Cut, Status500]),
    (FETCH, GitPack, &[Cut, Short, Status401]),
    (FETCH, UrlBody, &[Short, CutChunks, Status429]),
    (FETCH, DebFile, &[CutHead, Short, Status500]),
];

#[derive(Debug)]
struct Cell(Args, At, How);

fn cell(ground: &Ground, Cell(arguments, at, how): &Cell) {
    let (verb, pin) = (arguments[0], at.pin());
    let has = if *arguments == LOCKED || *arguments == FETCH { Upstream::Locked } else { Upstream::Newer };
    let mut expected = if *arguments == REFRESH { ground.without(pin) } else { ground.old.clone() };
    ground.has(has);
    let work = ground.work(false);
    let mut taken = None;
    if verb == "fetch" {
        for path in ground.old.keys().filter(|p| ["src", "cache", "debs"].iter().any(|f| p.starts_with(f))) {
            std::fs::remove_file(work.image().join(path)).unwrap();
        }
        let folder = match at {
            GitPack => "src",
            UrlBody => "cache",
            _ => "debs",
        };
        taken = Some(folder);
    }
    let how = *how;
    let met = ground.spoil(*at, move |asked, answer| how.of(asked, answer));
    let ran = calm(&mut work.command(arguments)).code(4);
    assert!(met.load(Ordering::SeqCst) > 0, "nobody asked there: {}", ran.all());
    assert!(ran.all().contains(&format!("error: {pin}: ")), "{pin} is not named: {}", ran.all());
    let errors = ran.all().lines().filter(|l| l.starts_with("error: ")).count();
    assert_eq!(errors, 1, "{}", ran.all());
    let said = ran.all().to_lowercase();
    assert!(!said.contains("gone") && !said.contains("alarm"), "{}", ran.all());
    if verb == "outdated" {
        let row = ran.out.lines().find(|l| l.starts_with(&format!("{pin} "))).unwrap_or_default();
        assert!(row.contains("unreachable"), "{}", ran.out);
        assert_eq!(ran.out.lines().filter(|l| l.ends_with("  unreachable")).count(), 1, "{}", ran.out);
        assert_eq!(ran.out.lines().filter(|l| l.ends_with("  newer")).count(), 4, "{}", ran.out);
    }
    if let Some(folder) = taken {
        // The others' files are back; of this one's none is half there.
        expected.retain(|path, _| !path.starts_with(folder));
        let mut now = work.tree();
        now.retain(|path, _| !path.starts_with(folder));
        assert!(now == expected, "{}", ran.all());
        for (path, bytes) in work.tree().iter().filter(|(path, _)| path.starts_with(folder)) {
            assert!(ground.old.get(path) == Some(bytes), "{path:?}: {}", ran.all());
        }
        work.run(&["verify"]).code(1).says("fetch");
        ground.has(has);
        work.run(&["fetch"]).code(0);
        same(&work, &ground.old, &ran);
    } else {
        same(&work, &expected, &ran);
        work.run(&["verify"]).code(0).says("5 verified");
    }
}

#[test]
fn each_kind_of_pin_each_answer_each_verb() {
    let all: Vec<Cell> =
        CELLS.iter().flat_map(|(verb, at, hows)| hows.iter().map(|how| Cell(verb, *at, *how))).collect();
    assert!(all.len() >= 60);
    each(&all, 12, cell);
}

/// The longest of these tests, though it only waits: 30 seconds, all places at once.
#[test]
fn a_server_that_takes_the_request_and_says_nothing_is_waited_for_half_a_minute() {
    // A list of packages is asked for by two names, one after the other: that takes a minute.
    let all = At::ALL.into_iter();
    let all: Vec<Cell> = all.map(|at| Cell(REFRESH, at, Silent)).collect();
    let begun = Instant::now();
    each(&all, all.len(), cell);
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(30) && took < Duration::from_secs(58), "{took:?}");
}

#[test]
fn what_comes_back_after_a_while_is_waited_for_and_nothing_is_said_of_it() {
    each(&[GitRefs, UrlBody, DebRelease, DebFile, ImageToken, ImageManifest], 6, |ground, at| {
        let expected = ground.after(&["refresh"], Upstream::Newer);
        ground.has(Upstream::Newer);
        let work = ground.work(false);
        let count = std::sync::atomic::AtomicUsize::new(0);
        ground.spoil(*at, move |_, answer| match count.fetch_add(1, Ordering::SeqCst) {
            0 => Answer::new(503, "").with("Retry-After", "1"),
            _ => answer,
        });
        let ran = calm(&mut work.command(&["refresh"])).code(0);
        assert_eq!(ran.err, "");
        same(&work, &expected, &ran);
    });
}
