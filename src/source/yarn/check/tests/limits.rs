//! Hostile input costs linear time, and a report that can be read.

use std::fmt::Write as _;

use super::*;

#[test]
fn of_one_fault_in_many_entries_a_hundred_are_told() {
    let mut case = v1().unvendored();
    for at in 0..3000 {
        let _ = write!(
            case.lock,
            "\nx{at}@^1.0.0:\n  version \"1.0.0\"\n  resolved \"https://registry.example/x{at}/-/x{at}-1.0.0.tgz\"\n"
        );
    }
    let began = std::time::Instant::now();
    let found = case.run();
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
    for (id, more) in [(Id::YARN006, "and 2900 more of YARN006: "), (Id::YARN009, "and 2900 more of YARN009: ")] {
        let of: Vec<&Found> = found.iter().filter(|(i, _, _)| *i == id).collect();
        assert_eq!(of.len(), 101);
        assert!(of[100].2.message.starts_with(more), "{}", of[100].2.message);
    }
}

#[test]
fn a_line_of_megabytes_is_not_shown() {
    let mut case = v1().unvendored();
    let keys: Vec<String> = (0..60_000).map(|at| format!("x{at}@^1.0.0")).collect();
    let _ = write!(
        case.lock,
        "\n{}:\n  version \"1.0.0\"\n  resolved \"https://registry.example/y/-/y-1.0.0.tgz\"\n",
        keys.join(", ")
    );
    let began = std::time::Instant::now();
    let found = case.run();
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
    let shown = found.iter().map(|(_, _, t)| format!("{t:?}").len()).max().unwrap();
    assert!(shown < 4000, "{shown}");
}

#[test]
fn control_characters_and_logins_of_yarn_lock_are_not_shown() {
    let case = v1().unvendored().lock("is-odd@^3.0.1:", "\"is-odd@^3.0.1\\u001b[2J\":");
    let found = case.run();
    assert!(!found.is_empty());
    for (_, _, trouble) in found {
        for text in [Some(trouble.message), trouble.expected, trouble.found, trouble.help].into_iter().flatten() {
            assert!(!text.chars().any(char::is_control), "{text:?}");
        }
    }
}
