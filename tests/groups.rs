//! Groups: pins that move together or not at all, whatever keeps one of them. And what freezes.

use super::join::releases;
use super::policy::{age, ago, seen};
use super::support::git_memory::{GitMemory, Repo};
use super::support::program::Work;

/// Two pins `a` and `b` of one group, each of a repository of its own, locked at v1.0.0.
struct Two {
    a: GitMemory,
    b: GitMemory,
    work: Work,
    old: String,
}

/// Of each pin its own keys.
fn pins(a: &GitMemory, b: &GitMemory, [of_a, of_b]: [&str; 2]) -> String {
    let one = |name: &str, server: &GitMemory, keys: &str| {
        let arg = name.to_uppercase();
        format!(
            "[pins.{name}]\ngit = \"{}\"\nversion = \"^1\"\ngroup = \"g\"\n{keys}into = [{{ arg = \"{arg}\" }}]\n",
            server.url()
        )
    };
    format!("version = 1\n{}{}", one("a", a, of_a), one("b", b, of_b))
}

impl Two {
    fn new(keys: [&str; 2]) -> Self {
        let (first, ids) = releases(1);
        let (a, b) = (GitMemory::serve(first), GitMemory::serve(releases(1).0));
        let work = Work::new();
        work.write("Dockerfile", format!("FROM scratch\nARG A={0}\nARG B={0}\n", ids[0]));
        work.write("pins.toml", pins(&a, &b, keys));
        work.run(&["refresh", "--keep"]).code(0);
        Self { a, b, work, old: ids[0].clone() }
    }

    fn keys(&self, keys: [&str; 2]) {
        self.work.write("pins.toml", pins(&self.a, &self.b, keys));
    }

    /// Which of the two are not at v1.0.0 any more.
    fn moved(&self) -> [bool; 2] {
        let dockerfile = self.work.read("Dockerfile");
        ["A", "B"].map(|name| !dockerfile.contains(&format!("ARG {name}={}", self.old)))
    }
}

fn newer(repo: &mut Repo) {
    let next = repo.commit("release 1.1.0", &[]);
    repo.set("refs/tags/v1.1.0", next);
}

const WEEK: &str = "min-age = \"7d\"\n";
const FROZEN: &str = "freeze = { reason = \"audit\", until = \"2999-12-31\" }\n";

#[test]
fn what_is_ripe_keeps_its_day_while_its_group_waits() {
    let two = Two::new([WEEK, WEEK]);
    two.a.change(newer);
    two.work.run(&["refresh"]).code(0);
    age(&two.work, "a", 8);
    two.b.change(newer);
    // a is ripe, b is seen for the first time.
    two.work.run(&["refresh"]).code(0).says("group: b stays");
    assert_eq!(seen(&two.work, "a").iter().map(|(_, day)| *day).collect::<Vec<_>>(), [ago(8)]);
    assert_eq!(two.moved(), [false, false]);
    age(&two.work, "b", 8);
    two.work.run(&["refresh"]).code(0);
    assert_eq!(two.moved(), [true, true]);
    assert_eq!(seen(&two.work, "a"), []);
}

#[test]
fn a_pin_that_comes_along_with_its_group_is_not_named() {
    let two = Two::new(["", FROZEN]);
    two.a.change(newer);
    two.b.change(newer);
    two.work.run(&["refresh", "a"]).code(0).says("group: b stays").says("frozen until 2999-12-31: audit");
    assert_eq!(two.moved(), [false, false]);
    // Named itself, it moves, and the other with it.
    two.work.run(&["refresh", "b"]).code(0);
    assert_eq!(two.moved(), [true, true]);
}

#[test]
fn one_of_a_group_that_fails_late_takes_the_others_back() {
    let vendor = "vendor = \"b.tar\"\n";
    let two = Two::new(["", vendor]);
    two.a.change(newer);
    two.b.change(newer);
    two.work.write("b.tar", "not what was vendored");
    let before = two.work.tree();
    two.work.run(&["refresh"]).code(2).says("b.tar").says("group: b stays");
    assert_eq!(two.moved(), [false, false]);
    assert_eq!(two.work.tree(), before);
    two.work.run(&["refresh", "--force"]).code(0);
    assert_eq!(two.moved(), [true, true]);
}

#[test]
fn one_of_a_group_that_was_never_locked_and_cannot_be_holds_the_others() {
    let two = Two::new(["", ""]);
    two.a.change(newer);
    let gone = GitMemory::serve(Repo::default());
    let url = gone.url();
    drop(gone);
    let text = pins(&two.a, &two.b, ["", ""]) + &format!("[pins.c]\ngit = \"{url}\"\ntag = \"v1\"\ngroup = \"g\"\n");
    two.work.write("pins.toml", text);
    two.work.run(&["refresh"]).code(4).says("group: c stays");
    assert_eq!(two.moved(), [false, false]);
}

#[test]
fn an_edit_does_not_thaw_a_frozen_pin() {
    let two = Two::new([FROZEN, FROZEN]);
    two.a.change(newer);
    two.b.change(newer);
    for keys in [format!("{FROZEN}exclude = [\"1.7.0\"]\n"), format!("{FROZEN}vendor = \"a.tar\"\n")] {
        two.keys([&keys, FROZEN]);
        two.work.run(&["refresh"]).code(0);
        assert_eq!(two.moved(), [false, false], "{keys}");
        two.work.run(&["verify"]).code(0);
    }
    // What the edit forbids cannot stay: it is an error, and nothing moves.
    two.keys([&format!("{FROZEN}exclude = [\"1.0.0\"]\n"), FROZEN]);
    two.work.run(&["refresh"]).code(1);
    assert_eq!(two.moved(), [false, false]);
}
