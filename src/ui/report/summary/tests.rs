//! The summary against literal text, and with hostile words in every field.

use super::*;
use crate::model::{Failure, HeldBy, PinName, Trouble};
use crate::ui::report::Member;

const OLD: &str = "ae2bbc29be1aaae0b3ded5d188968a6c97bb3144";
const NEW: &str = "2fb0a4e61d7d8f0f5a6b3c9e1d4f7a8b0c2e5d61";

fn pin(text: &str) -> PinName {
    text.parse().unwrap()
}

fn moved(name: &str, old: &str, new: &str) -> PinOutcome {
    let value = |key: &str, old: &str, new: &str| (key.to_owned(), old.to_owned(), new.to_owned());
    PinOutcome::Moved {
        pin: pin(name),
        values: vec![value("tag", old, new), value("commit", OLD, NEW)],
        between: Some(Between { count: 2, more: false, subjects: vec![("2fb0a4e".into(), "fix".into())] }),
        notes: Vec::new(),
    }
}

fn of(pins: Vec<PinOutcome>) -> String {
    let refreshed = Refreshed { pins, ..Refreshed::default() };
    summary(&Report::new("refresh", Outcome::Refreshed(&refreshed), &[]))
}

fn subject_of(pins: Vec<PinOutcome>) -> String {
    of(pins).lines().next().unwrap().to_owned()
}

#[test]
fn the_subject_says_the_first_move_and_counts_the_rest() {
    assert_eq!(of(Vec::new()), "Refresh pins: nothing moved\n");
    assert_eq!(subject_of(vec![moved("coredns", "v1.11.1", "v1.11.3")]), "Refresh pins: coredns v1.11.1 -> v1.11.3");
    let four = ["coredns", "a", "b", "c"].map(|name| moved(name, "v1.11.1", "v1.11.3"));
    assert_eq!(subject_of(four.to_vec()), "Refresh pins: coredns v1.11.1 -> v1.11.3, 3 more");
    let unchanged = PinOutcome::Unchanged(pin("x"));
    assert_eq!(subject_of(vec![unchanged]), "Refresh pins: nothing moved");
}

#[test]
fn a_subject_is_never_longer_than_72_characters_and_never_cut() {
    let long = moved("coredns", &"1".repeat(30), &"2".repeat(30));
    assert_eq!(subject_of(vec![long.clone(), long.clone()]), "Refresh pins: coredns, 1 more");
    let name = "x".repeat(100);
    assert_eq!(subject_of(vec![moved(&name, "1", "2"), long]), "Refresh 2 pins");
}

#[test]
fn the_body_names_what_moved_and_links_only_where_the_forge_is_known() {
    let refreshed = Refreshed {
        pins: vec![moved("coredns", "v1", "v2"), moved("own", "v1", "v2")],
        remotes: [
            (pin("coredns"), "https://github.com/coredns/coredns.git".parse().unwrap()),
            (pin("own"), "https://git.example.org/o/r".parse().unwrap()),
        ]
        .into(),
        ..Refreshed::default()
    };
    let expected = format!(
        "\
Refresh pins: coredns v1 -> v2, 1 more

- coredns: v1 -> v2 ([2 commits](https://github.com/coredns/coredns/compare/{OLD}...{NEW}))
  - 2fb0a4e fix
  - and 1 more
- own: v1 -> v2 (2 commits)
  - 2fb0a4e fix
  - and 1 more
"
    );
    assert_eq!(summary(&Report::new("refresh", Outcome::Refreshed(&refreshed), &[])), expected);
}

#[test]
fn members_have_a_paragraph_each_and_those_that_stay_have_none() {
    let moves = Refreshed { pins: vec![moved("base", "v1", "v2")], ..Refreshed::default() };
    let stays = Refreshed { pins: vec![PinOutcome::Unchanged(pin("base"))], ..Refreshed::default() };
    let failure = Failure { pin: None, class: Class::Undone, trouble: Trouble::new("disk full") };
    let member = |name, outcome, failures| Member { name, outcome, failures };
    let failures = [failure];
    let members = [
        member("a", Outcome::Refreshed(&moves), &[]),
        member("b", Outcome::Refreshed(&stays), &[]),
        member("c_d", Outcome::Refreshed(&moves), &[]),
        member("e", Outcome::Nothing, &failures),
    ];
    let expected = "\
Refresh pins: a/base v1 -> v2, 1 more

**a**

- base: v1 -> v2 (2 commits)
  - 2fb0a4e fix
  - and 1 more

**c\\_d**

- base: v1 -> v2 (2 commits)
  - 2fb0a4e fix
  - and 1 more

Failed, and kept as they were:

- e: disk full
";
    assert_eq!(summary(&Report::of_workspace("refresh", &members, &[])), expected);
}

/// Mentions, closes, links, skips CI, signs off, ends lists and hides.
const EVIL: &str = "x\n\n# y @octocat fixes #1 o/r#2 GH-3 !4 <img src=//e> [a](https://e/) `z` [skip ci]\nCo-authored-by: E <e@e.e>\u{202e}";

#[test]
fn nothing_from_upstream_acts() {
    let evil = || EVIL.to_owned();
    let moved = PinOutcome::Moved {
        pin: pin("p"),
        values: vec![("tag".to_owned(), evil(), evil())],
        between: Some(Between { count: 1, more: true, subjects: vec![(evil(), evil())] }),
        notes: vec![evil()],
    };
    let packages =
        PinOutcome::Moved { pin: pin("q"), values: vec![(evil(), evil(), evil())], between: None, notes: vec![] };
    let new = PinOutcome::New { pin: pin("r"), values: vec![("tag".to_owned(), evil())], notes: vec![evil()] };
    let trouble = || Trouble::new(EVIL).expected(EVIL).found(EVIL).help(EVIL);
    let failed = PinOutcome::Failed(Failure { pin: Some(pin("s")), class: Class::Alarm, trouble: trouble() });
    let held = |by| Held { value: evil(), by };
    let frozen = HeldBy::Frozen { reason: evil(), until: "2027-01-01".parse().unwrap() };
    let refreshed = Refreshed {
        pins: vec![moved, packages, new, failed],
        held: [(pin("p"), vec![held(frozen), held(HeldBy::Group(pin("q")))])].into(),
        notes: vec![trouble()],
        ..Refreshed::default()
    };
    let members = [Member { name: EVIL, outcome: Outcome::Refreshed(&refreshed), failures: &[] }];
    for text in [
        summary(&Report::new("refresh", Outcome::Refreshed(&refreshed), &[])),
        summary(&Report::of_workspace("refresh", &members, &[])),
    ] {
        let lower = text.to_lowercase();
        for bad in ["@o", "@e", "#1", "r#2", "gh-3", "!4", "://", "<img", "](", "[skip", "[ skip ci]\n", "\u{202e}"] {
            let escaped = bad == "<img";
            let found = if escaped { lower.replace("\\<", "").contains(bad) } else { lower.contains(bad) };
            assert!(!found || bad == "](" && !lower.replace("\\](", "").contains("]("), "{bad} in {text}");
        }
        for line in text.lines().skip(1).filter(|l| !l.is_empty()) {
            let ours = ["- ", "  - ", "**", "Failed, ", "Held back:", "Worth knowing:"];
            assert!(ours.iter().any(|start| line.starts_with(start)), "{line}");
            assert!(!line.replace("\\`", "").contains('`'), "{line}");
        }
        assert!(text.lines().next().unwrap().chars().count() <= SUBJECT);
    }
}

#[test]
fn a_body_has_room_in_every_forge() {
    let pins = (0..3000).map(|n| moved(&format!("pin{n}"), "v1.11.1", "v1.11.3")).collect();
    let text = of(pins);
    assert!(text.chars().count() < 65_536);
    assert!(text.ends_with(" lines more, which have no room here\n"), "{}", text.lines().last().unwrap());
}
