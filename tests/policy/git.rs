//! min-age, outdated, impostors and moved tags of git pins.

use dubo_pin::lock::Evidence;
use dubo_pin::model::{Held, HeldBy, Standing};
use dubo_pin::remote::git::{Ask, Git, GitOptions, Reach};
use dubo_pin::remote::{Http, Mirrors};
use gix::ObjectId;
use gix::objs::Kind;

use super::{age, ago, entry, held, outlook, reseal, seen, waits};
use crate::support::git_http::{self, GitHttp};
use crate::support::git_memory::{GitMemory, Repo};
use crate::support::have;
use crate::support::program::Work;

/// An upstream of one repository, and a pin `p` of it.
struct Bench {
    server: GitMemory,
    work: Work,
    /// The commits of `main`, oldest first; the first one is `v1.0.0`.
    line: Vec<ObjectId>,
}

impl Bench {
    /// The pin as it is locked at the first release.
    fn new(rule: &str) -> Self {
        Self::with(Repo::default(), rule)
    }

    fn with(mut repo: Repo, rule: &str) -> Self {
        let first = repo.commit("release 1.0.0", &[]);
        repo.set("refs/tags/v1.0.0", first);
        repo.set("refs/heads/main", first);
        let bench = Self { server: GitMemory::serve(repo), work: Work::new(), line: vec![first] };
        bench.work.write("Dockerfile", "FROM scratch\nARG X=\n");
        bench.pin(rule);
        bench.refresh();
        bench
    }

    fn pin(&self, rule: &str) -> &Self {
        let url = self.server.url();
        let pin = format!("version = 1\n[pins.p]\ngit = \"{url}\"\n{rule}\ninto = [{{ arg = \"X\" }}]\n");
        self.work.write("pins.toml", pin);
        self
    }

    /// A commit more on main.
    fn commit(&mut self) -> ObjectId {
        let parent = *self.line.last().unwrap();
        let mut id = parent;
        self.server.change(|r| {
            id = r.commit(&format!("commit {}", self.line.len()), &[parent]);
            r.set("refs/heads/main", id);
        });
        self.line.push(id);
        id
    }

    /// A commit more on main, with a tag.
    fn release(&mut self, tag: &str) -> ObjectId {
        let id = self.commit();
        self.tag(tag, id);
        id
    }

    fn tag(&self, tag: &str, id: ObjectId) {
        self.server.change(|r| r.set(&format!("refs/tags/{tag}"), id));
    }

    #[track_caller]
    fn refresh(&self) -> crate::support::program::Ran {
        let ran = self.work.run(&["refresh"]).code(0);
        self.work.run(&["verify"]).code(0);
        ran
    }

    /// A refresh that leaves Dockerfile and lock as they are.
    #[track_caller]
    fn idle(&self, arguments: &[&str], code: i32) -> crate::support::program::Ran {
        let before = self.work.tree();
        let ran = self.work.run(arguments).code(code);
        assert!(before == self.work.tree(), "{arguments:?} changed files: {}", ran.all());
        ran
    }

    #[track_caller]
    fn bears(&self, id: ObjectId) {
        assert_eq!(self.work.read("Dockerfile"), format!("FROM scratch\nARG X={id}\n"));
        let locked = entry(&self.work, "p");
        assert_eq!(locked.value("commit").unwrap().as_str(), id.to_string());
    }

    #[track_caller]
    fn sees(&self, expected: &[(String, i64)]) {
        let expected: Vec<_> = expected.iter().map(|(token, days)| (token.clone(), ago(*days))).collect();
        assert_eq!(seen(&self.work, "p"), expected);
    }

    fn age(&self, days: i64) -> &Self {
        age(&self.work, "p", days);
        self
    }
}

const RANGE: &str = "version = \"^1\"\nmin-age = \"7d\"";
const BRANCH: &str = "branch = \"main\"\nmin-age = \"3d\"";

#[test]
fn a_version_is_taken_when_a_refresh_saw_it_so_long_ago_and_not_before() {
    let mut bench = Bench::new(RANGE);
    let first = bench.line[0];
    let next = bench.release("v1.1.0");
    bench.refresh();
    bench.bears(first);
    bench.sees(&[(format!("v1.1.0@{next}"), 0)]);
    let locked = entry(&bench.work, "p").first_seen;
    bench.idle(&["refresh"], 0);
    bench.age(6).idle(&["refresh"], 0);
    bench.bears(first);
    assert_eq!(entry(&bench.work, "p").first_seen, locked);
    bench.age(1).refresh().says("v1.1.0");
    bench.bears(next);
    bench.sees(&[]);
    assert_eq!(entry(&bench.work, "p").first_seen, ago(0));
}

#[test]
fn a_candidate_that_was_replaced_meanwhile_waits_anew() {
    let mut bench = Bench::new(RANGE);
    bench.release("v1.1.0");
    bench.refresh();
    let other = bench.commit();
    bench.tag("v1.1.0", other);
    bench.age(30).refresh();
    bench.bears(bench.line[0]);
    bench.sees(&[(format!("v1.1.0@{other}"), 0)]);
    // One that is taken away is forgotten, and waits from the start when it comes back.
    bench.server.change(|r| r.remove("refs/tags/v1.1.0"));
    bench.age(5).refresh();
    bench.sees(&[]);
    bench.tag("v1.1.0", other);
    bench.refresh();
    bench.sees(&[(format!("v1.1.0@{other}"), 0)]);
}

#[test]
fn of_two_candidates_the_newest_that_is_old_enough_is_taken() {
    let mut bench = Bench::new(RANGE);
    let one = bench.release("v1.1.0");
    bench.refresh();
    bench.age(4);
    let two = bench.release("v1.2.0");
    bench.refresh();
    bench.sees(&[(format!("v1.1.0@{one}"), 4), (format!("v1.2.0@{two}"), 0)]);
    bench.age(3).refresh();
    bench.bears(one);
    bench.sees(&[(format!("v1.2.0@{two}"), 3)]);
    // The older one is none any more where both are old enough.
    let three = bench.release("v1.3.0");
    bench.refresh();
    bench.age(9).refresh();
    bench.bears(three);
    bench.sees(&[]);
}

#[test]
fn a_branch_that_moves_daily_still_advances() {
    let mut bench = Bench::new(BRANCH);
    for day in 1..=8 {
        bench.commit();
        bench.refresh();
        // Heads of before today wait, at most one for each day.
        assert_eq!(seen(&bench.work, "p").len(), day.min(3));
        bench.bears(bench.line[day.saturating_sub(3)]);
        bench.age(1);
    }
}

#[test]
fn several_heads_of_one_day_are_kept_as_the_last_of_them() {
    let mut bench = Bench::new(BRANCH);
    for _ in 0..3 {
        bench.commit();
        bench.refresh();
    }
    let last = bench.line[3];
    bench.sees(&[(last.to_string(), 0)]);
    bench.commit();
    bench.age(3).refresh();
    bench.bears(last);
}

#[test]
fn a_branch_that_was_force_pushed_while_it_was_held_is_an_alarm() {
    let mut bench = Bench::new(BRANCH);
    bench.commit();
    bench.refresh();
    bench.server.change(|r| {
        let other = r.commit("rewritten", &[]);
        r.set("refs/heads/main", other);
    });
    for days in [0, 9] {
        bench.age(days).idle(&["refresh"], 3).says("was force-pushed");
    }
    bench.work.run(&["refresh", "--accept-changed", "p"]).code(0);
    bench.sees(&[]);
}

#[test]
fn a_head_that_was_taken_back_is_never_taken() {
    let mut bench = Bench::new(BRANCH);
    let first = bench.line[0];
    bench.commit();
    bench.refresh();
    let mut other = first;
    bench.server.change(|r| {
        other = r.commit("instead", &[first]);
        r.set("refs/heads/main", other);
    });
    bench.age(30).refresh();
    bench.bears(first);
    bench.sees(&[(other.to_string(), 0)]);
}

#[test]
fn a_head_that_cannot_be_proved_to_lie_on_the_way_is_not_taken_and_not_forgotten() {
    let mut bench = Bench::new(BRANCH);
    let first = bench.line[0];
    let one = bench.commit();
    bench.refresh();
    let two = bench.commit();
    bench.server.fault(|f| f.filter = false);
    bench.age(5).refresh();
    bench.bears(first);
    let mut expected = [(one.to_string(), 5), (two.to_string(), 0)];
    expected.sort();
    bench.sees(&expected);
    bench.server.fault(|f| f.filter = true);
    bench.refresh();
    bench.bears(one);
}

#[test]
fn dry_run_and_outdated_record_nothing() {
    let mut bench = Bench::new(RANGE);
    bench.release("v1.1.0");
    bench.idle(&["refresh", "--dry-run"], 0);
    bench.idle(&["outdated"], 0);
    bench.idle(&["refresh", "--keep"], 0);
    bench.idle(&["refresh", "--locked"], 0);
    let told = outlook(&bench.work, "p", ago(0));
    let by = HeldBy::MinAge { seen: None, from: ago(-7) };
    assert!(by.to_string().contains("no refresh has seen it yet"));
    assert_eq!(told.held, [Held { value: "v1.1.0".to_owned(), by }]);
    let said = |text: &str| Some(text.to_owned());
    assert_eq!((told.standing, told.allowed, told.newest), (Standing::Current, said("v1.0.0"), said("v1.1.0")));
}

#[test]
fn a_day_in_the_future_shortens_nothing() {
    let mut bench = Bench::new(RANGE);
    let next = bench.release("v1.1.0");
    bench.refresh();
    // It counts as today, and is written as today.
    bench.age(-1200);
    let told = outlook(&bench.work, "p", ago(0));
    assert_eq!(held(&told), [("v1.1.0", waits(0, 7))]);
    bench.refresh();
    bench.bears(bench.line[0]);
    bench.sees(&[(format!("v1.1.0@{next}"), 0)]);
    bench.age(7).refresh();
    bench.bears(next);
}

#[test]
fn what_the_manifest_does_not_allow_never_waits_and_each_newer_one_has_its_reason() {
    let rule = "version = \"^1\"\nexclude = [\"1.2.0\"]\nmin-age = \"7d\"";
    let mut bench = Bench::new(rule);
    let one = bench.release("v1.1.0");
    for tag in ["v1.2.0", "v2.0.0", "v1.3.0-rc.1", "v3.0.0-rc.1", "v0.9.0", "nightly"] {
        bench.release(tag);
    }
    bench.refresh();
    bench.sees(&[(format!("v1.1.0@{one}"), 0)]);
    let told = outlook(&bench.work, "p", ago(0));
    let reasons =
        [("v2.0.0", "outside ^1".to_owned()), ("v1.2.0", "excluded by pins.toml".to_owned()), ("v1.1.0", waits(0, 7))];
    assert_eq!(held(&told), reasons);
    assert_eq!((told.standing, told.newest.as_deref()), (Standing::Current, Some("v2.0.0")));
    // On its day it is what refresh would take.
    let later = outlook(&bench.work, "p", ago(-7));
    assert_eq!((later.standing, later.allowed.as_deref()), (Standing::Newer, Some("v1.1.0")));
    assert_eq!(held(&later).len(), 2);
}

#[test]
fn the_newest_outside_the_rule_is_told_without_a_policy_too() {
    for (rule, reason) in [
        ("version = \"^1\"", "outside ^1"),
        ("version = \"=1.0.0\"", "outside 1.0.0"),
        ("tag = \"v1.0.0\"", "outside tag = \"v1.0.0\""),
    ] {
        let mut bench = Bench::new(rule);
        let none = outlook(&bench.work, "p", ago(0));
        assert_eq!((none.newest, none.held), (None, Vec::new()));
        bench.release("v2.0.0");
        bench.release("v3.0.0-rc.1");
        let told = outlook(&bench.work, "p", ago(0));
        assert_eq!((told.standing, told.allowed.as_deref()), (Standing::Current, Some("v1.0.0")), "{rule}");
        assert_eq!((told.newest.as_deref(), held(&told)), (Some("v2.0.0"), vec![("v2.0.0", reason.to_owned())]));
    }
}

#[test]
fn a_hundred_newer_versions_are_told_as_twenty() {
    let mut bench = Bench::new(RANGE);
    let id = bench.commit();
    for n in 0..130 {
        bench.tag(&format!("v1.1.{n}"), id);
    }
    bench.refresh();
    assert_eq!(seen(&bench.work, "p").len(), 100);
    let told = outlook(&bench.work, "p", ago(0));
    assert_eq!((told.held.len(), told.held[0].value.as_str()), (20, "v1.1.129"));
    bench.age(7).refresh();
    assert_eq!(entry(&bench.work, "p").value("tag").unwrap().as_str(), "v1.1.129");
}

#[test]
fn what_was_never_locked_is_taken_at_once_and_it_is_told() {
    for rule in [RANGE, BRANCH, "min-age = \"3d\""] {
        let bench = Bench::new(rule);
        std::fs::remove_file(bench.work.image().join("pins.lock")).unwrap();
        bench.work.write("Dockerfile", "FROM scratch\nARG X=\n");
        bench.refresh().says("nothing was locked before").says("is taken at once, min-age or not");
        bench.bears(bench.line[0]);
        bench.sees(&[]);
        bench.idle(&["refresh"], 0).never_says("at once");
    }
}

#[test]
fn what_the_edited_rule_forbids_is_left_at_once() {
    let mut bench = Bench::new(RANGE);
    let next = bench.release("v1.1.0");
    bench.refresh();
    bench.pin("version = \"^1\"\nexclude = [\"1.0.0\"]\nmin-age = \"7d\"");
    bench.refresh().says("what is locked is not allowed any more").says("at once");
    bench.bears(next);
    // One that allows it still holds.
    bench.release("v1.2.0");
    bench.pin("version = \">=1.1, <2\"\nmin-age = \"7d\"").refresh();
    bench.bears(next);
}

#[test]
fn of_what_the_edited_rule_allows_the_newest_that_is_old_enough_is_taken() {
    let mut bench = Bench::new(RANGE);
    let one = bench.release("v1.1.0");
    bench.refresh();
    bench.age(7);
    let two = bench.release("v1.2.0");
    bench.pin("version = \"^1\"\nexclude = [\"1.0.0\"]\nmin-age = \"7d\"");
    bench.refresh().never_says("at once");
    bench.bears(one);
    bench.sees(&[(format!("v1.2.0@{two}"), 0)]);
    // Nothing else was seen long enough ago: then the newest, and why.
    bench.pin("version = \">=1.1.1, <2\"\nmin-age = \"7d\"");
    bench.refresh().says("nothing allowed that is newer was seen long enough ago: v1.2.0 is taken at once");
    bench.bears(two);
}

const ELSEWHERE: &str = "the source changed: nothing that was locked is there";

/// The same history under another URL, as a clone has it.
fn elsewhere(bench: &mut Bench, change: impl FnOnce(&mut Repo)) -> GitMemory {
    let mut repo = None;
    bench.server.change(|r| repo = Some(r.clone()));
    let mut repo = repo.unwrap();
    change(&mut repo);
    std::mem::replace(&mut bench.server, GitMemory::serve(repo))
}

#[test]
fn an_edited_source_that_has_what_is_locked_shortens_no_wait() {
    for rule in [RANGE, BRANCH] {
        let mut bench = Bench::new(rule);
        let next = bench.release("v1.1.0");
        bench.refresh();
        bench.age(1);
        let before = seen(&bench.work, "p");
        let _old = elsewhere(&mut bench, |_| {});
        let told = outlook(&bench.work, "p", ago(0));
        assert_eq!(told.standing, Standing::Current);
        bench.pin(rule).refresh().never_says("at once");
        bench.bears(bench.line[0]);
        let fresh: Vec<_> = before.into_iter().map(|(token, _)| (token, ago(0))).collect();
        assert_eq!(seen(&bench.work, "p"), fresh, "{rule}");
        bench.idle(&["refresh"], 0);
        bench.age(7).refresh();
        bench.bears(next);
    }
}

#[test]
fn a_wait_of_another_source_does_not_count() {
    for rule in [RANGE, BRANCH] {
        let mut bench = Bench::new(rule);
        bench.release("v1.1.0");
        bench.refresh();
        bench.age(100);
        let _old = elsewhere(&mut bench, |_| {});
        bench.pin(rule).refresh().never_says("at once");
        bench.bears(bench.line[0]);
        assert_eq!(seen(&bench.work, "p")[0].1, ago(0));
    }
}

#[test]
fn an_edited_source_without_what_is_locked_is_taken_at_once_and_told() {
    for rule in [RANGE, BRANCH, "tag = \"v1.0.0\"\nmoving = true\nmin-age = \"7d\""] {
        let mut bench = Bench::new(rule);
        let mut other = bench.line[0];
        let _old = elsewhere(&mut bench, |r| {
            other = r.commit("of another project", &[]);
            r.set("refs/tags/v1.0.0", other);
            r.set("refs/heads/main", other);
        });
        bench.pin(rule).refresh().says(ELSEWHERE).says("at once").never_says("nothing was locked before");
        bench.bears(other);
        bench.idle(&["refresh"], 0).never_says("at once");
    }
}

#[test]
fn the_same_version_under_another_spelling_of_its_tag_is_what_was_locked() {
    let mut bench = Bench::new(RANGE);
    let next = bench.release("v1.1.0");
    let first = bench.line[0];
    let _old = elsewhere(&mut bench, |r| {
        r.remove("refs/tags/v1.0.0");
        r.set("refs/tags/1.0.0", first);
    });
    bench.pin(RANGE).refresh().never_says("at once");
    bench.bears(first);
    bench.sees(&[(format!("v1.1.0@{next}"), 0)]);
}

#[test]
fn a_merge_that_drops_the_entry_begins_the_wait_anew_and_shortens_none() {
    let mut bench = Bench::new(RANGE);
    let next = bench.release("v1.1.0");
    bench.refresh();
    bench.age(3);
    let ours = bench.work.read("pins.lock");
    bench.age(2);
    let theirs = bench.work.read("pins.lock");
    bench.work.write("pins.lock", format!("<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n"));
    bench.refresh();
    bench.bears(bench.line[0]);
    bench.refresh();
    bench.bears(bench.line[0]);
    bench.sees(&[(format!("v1.1.0@{next}"), 0)]);
}

#[test]
fn to_and_accept_changed_ask_no_age() {
    let mut bench = Bench::new(RANGE);
    let one = bench.release("v1.1.0");
    let two = bench.release("v1.2.0");
    bench.refresh();
    bench.work.run(&["refresh", "p", "--to", "1.1.0"]).code(0);
    bench.bears(one);
    bench.sees(&[(format!("v1.2.0@{two}"), 0)]);
    bench.tag("v1.1.0", bench.line[0]);
    bench.idle(&["refresh"], 3).says("was moved to another commit");
    // It is the moved tag that is accepted, not what came after it.
    bench.work.run(&["refresh", "--accept-changed", "p"]).code(0);
    bench.bears(bench.line[0]);
    bench.sees(&[(format!("v1.2.0@{two}"), 0)]);
}

#[test]
fn a_tag_that_may_move_waits_too() {
    let mut bench = Bench::new("tag = \"v1.0.0\"\nmoving = true\nmin-age = \"7d\"");
    let next = bench.commit();
    bench.tag("v1.0.0", next);
    bench.refresh().never_says("was moved");
    bench.bears(bench.line[0]);
    bench.sees(&[(format!("v1.0.0@{next}"), 0)]);
    bench.age(7).refresh().says("was moved");
    bench.bears(next);
}

#[test]
fn a_downgrade_is_refused_whatever_waits() {
    let mut bench = Bench::new("version = \">=0.9\"\nmin-age = \"7d\"\nmoving = true");
    bench.release("v0.9.0");
    bench.server.change(|r| r.remove("refs/tags/v1.0.0"));
    bench.idle(&["refresh"], 3).says("older than the locked one");
}

/// A commit with the same tree as another one, and another message.
fn twin(repo: &mut Repo, of: ObjectId) -> ObjectId {
    let text = String::from_utf8(repo.raw(&of).to_vec()).unwrap();
    repo.put(Kind::Commit, (text + "again\n").as_bytes())
}

#[test]
fn a_tag_moved_to_the_same_tree_is_told_and_followed_where_sha256_proves_it() {
    let vendored = "tag = \"v1.0.0\"\nvendor = \"x.tar\"";
    for (repo, rule) in [
        (Repo::default(), vendored),
        (Repo::default(), "version = \"^1\"\nvendor = \"x.tar\""),
        (Repo::default(), "version = \"1.0.0\"\nmoving = false\nvendor = \"x.tar\""),
        (Repo::new(gix::hash::Kind::Sha256), "tag = \"v1.0.0\""),
    ] {
        let bench = Bench::with(repo, rule);
        let mut id = bench.line[0];
        bench.server.change(|r| {
            id = twin(r, bench.line[0]);
            r.set("refs/tags/v1.0.0", id);
        });
        let told = outlook(&bench.work, "p", ago(0));
        assert_eq!(told.standing, Standing::Moved, "{rule}");
        let trouble = told.trouble.unwrap();
        assert!(trouble.message.contains("its tree is the same, proved by the SHA-256 id"), "{trouble:?}");
        assert_eq!(trouble.expected, Some(bench.line[0].to_string()));
        assert_eq!(trouble.found, Some(id.to_string()));
        bench.idle(&["outdated"], 1).says("moved");
        bench.idle(&["refresh", "--locked"], 3).says("is at another commit than the locked one");
        bench.refresh().says("which should stand still, was moved").says("find out why");
        bench.bears(id);
        bench.idle(&["outdated"], 0);
        bench.idle(&["refresh"], 0).never_says("was moved");
    }
}

#[test]
fn the_same_sha1_tree_alone_decides_nothing() {
    let bench = Bench::new("tag = \"v1.0.0\"");
    bench.server.change(|r| {
        let id = twin(r, bench.line[0]);
        r.set("refs/tags/v1.0.0", id);
    });
    bench.idle(&["outdated"], 3).says("alarm").says("was moved to another commit");
    bench.idle(&["refresh"], 3).says("the same SHA-1 id, which alone decides nothing").says("--accept-changed p");
}

#[test]
fn a_tag_moved_to_another_tree_is_an_alarm_though_it_is_vendored() {
    let mut bench = Bench::new("tag = \"v1.0.0\"\nvendor = \"x.tar\"");
    let next = bench.commit();
    bench.tag("v1.0.0", next);
    for verb in ["outdated", "refresh"] {
        bench.idle(&[verb], 3).says("was moved to another commit").never_says("SHA-1");
    }
    // Nor does a tree count that the lock has under another digest.
    let bench = Bench::new("tag = \"v1.0.0\"\nvendor = \"x.tar\"");
    bench.server.change(|r| {
        let id = twin(r, bench.line[0]);
        r.set("refs/tags/v1.0.0", id);
    });
    reseal(&bench.work, "p", |entry| {
        entry.evidence.insert("tree-sha256".to_owned(), Evidence::One("0".repeat(64)));
    });
    bench.idle(&["refresh"], 3).says("was moved to another commit");
}

#[test]
fn a_moved_tag_does_not_hide_what_is_newer_nor_lets_it_in_too_soon() {
    let mut bench = Bench::new("version = \"^1\"\nvendor = \"x.tar\"\nmin-age = \"7d\"");
    let next = bench.release("v1.1.0");
    let mut id = next;
    bench.server.change(|r| {
        id = twin(r, bench.line[0]);
        r.set("refs/tags/v1.0.0", id);
    });
    assert_eq!(outlook(&bench.work, "p", ago(0)).standing, Standing::Moved);
    bench.refresh();
    bench.bears(id);
    bench.sees(&[(format!("v1.1.0@{next}"), 0)]);
}

const NOWHERE: &str = "is on no branch or tag of";

/// A pin of one commit.
fn commit(bench: &Bench, id: ObjectId) -> crate::support::program::Ran {
    bench.pin(&format!("commit = \"{id}\"")).refresh()
}

fn warnings(bench: &Bench) -> Vec<String> {
    outlook(&bench.work, "p", ago(0)).warnings.into_iter().map(|w| w.message).collect()
}

fn reachable(bench: &Bench) -> Option<String> {
    entry(&bench.work, "p").proof("reachable-from").map(str::to_owned)
}

#[test]
fn a_commit_of_a_fork_that_the_server_hands_out_is_warned_of() {
    let mut bench = Bench::new("branch = \"main\"");
    let (first, second) = (bench.line[0], bench.commit());
    bench.commit();
    let mut fork = first;
    bench.server.change(|r| fork = r.commit("evil", &[second]));
    commit(&bench, fork).says(NOWHERE);
    assert_eq!((reachable(&bench), warnings(&bench).len()), (None, 1));
    assert!(warnings(&bench)[0].contains(NOWHERE), "{:?}", warnings(&bench));
    bench.idle(&["outdated"], 0);
    bench.idle(&["refresh"], 0).never_says(NOWHERE);
    bench.idle(&["refresh", "--locked"], 0).says(NOWHERE);
    // It stands above all that the repository has.
    bench.server.change(|r| r.set("refs/heads/main", second));
    assert!(warnings(&bench)[0].contains(NOWHERE));
    // Merged, it is one of its own.
    bench.server.change(|r| {
        let merge = r.commit("merge", &[second, fork]);
        r.set("refs/heads/main", merge);
    });
    assert_eq!(warnings(&bench), [""; 0]);
}

#[test]
fn a_commit_of_the_repository_itself_is_shown_to_be_one() {
    let mut bench = Bench::new("branch = \"main\"");
    let (first, second, third) = (bench.line[0], bench.commit(), bench.commit());
    let mut side = first;
    bench.server.change(|r| {
        side = r.commit("side", &[first]);
        let end = r.commit("end", &[side]);
        let tag = r.tag("odd", end);
        r.set("refs/tags/odd", tag);
    });
    for (id, name) in
        [(third, "refs/heads/main"), (second, "refs/heads/main"), (first, "refs/tags/v1.0.0"), (side, "refs/tags/odd")]
    {
        commit(&bench, id).never_says(NOWHERE);
        assert_eq!((reachable(&bench).as_deref(), warnings(&bench)), (Some(name), Vec::new()));
        bench.idle(&["refresh"], 0);
        bench.idle(&["refresh", "--locked"], 0);
    }
}

#[test]
fn a_commit_that_only_a_tag_or_its_history_holds_is_no_impostor() {
    let bench = Bench::new("branch = \"main\"");
    let first = bench.line[0];
    let (mut gone, mut tip) = (first, first);
    bench.server.change(|r| {
        gone = r.commit("on a branch that was deleted", &[first]);
        tip = r.commit("the tag of a release", &[gone]);
        r.set("refs/heads/release", tip);
        r.set("refs/tags/r1", tip);
        r.remove("refs/heads/release");
    });
    for id in [tip, gone] {
        commit(&bench, id).never_says(NOWHERE);
        assert_eq!((reachable(&bench).as_deref(), warnings(&bench)), (Some("refs/tags/r1"), Vec::new()));
    }
    bench.server.change(|r| r.remove("refs/tags/r1"));
    assert!(warnings(&bench)[0].contains(NOWHERE), "{:?}", warnings(&bench));
}

#[test]
fn an_older_lock_without_the_proof_is_as_good_as_before() {
    let bench = Bench::new("branch = \"main\"");
    commit(&bench, bench.line[0]);
    reseal(&bench.work, "p", |entry| {
        entry.evidence.remove("reachable-from");
    });
    bench.work.run(&["verify"]).code(0);
    for arguments in [&["refresh"][..], &["refresh", "--locked"], &["outdated"]] {
        bench.idle(arguments, 0);
    }
}

#[test]
fn a_server_that_cannot_tell_is_not_taken_for_one_that_says_no() {
    let mut bench = Bench::new("branch = \"main\"");
    let second = bench.commit();
    bench.commit();
    bench.server.fault(|f| f.filter = false);
    commit(&bench, second).says("gives no history without its files").never_says(NOWHERE);
    assert_eq!(reachable(&bench), None);
    // A tip needs no history.
    commit(&bench, bench.line[2]).never_says("history");
}

#[test]
fn too_far_back_is_not_nowhere() {
    let mut bench = Bench::new("branch = \"main\"");
    for _ in 0..9 {
        bench.commit();
    }
    let mut fork = bench.line[0];
    bench.server.change(|r| fork = r.commit("evil", &[]));
    let (http, mirrors) = (Http::default(), Mirrors::default());
    let git = Git::new(&http, &mirrors, GitOptions::default());
    let url = bench.server.url().parse().unwrap();
    let tips: Vec<_> = git.refs(&url, Ask::All).unwrap().refs.into_values().collect();
    let head = bench.line[9].to_string().parse().unwrap();
    let reach = |id: ObjectId, cap| git.reach(&url, &tips, &id.to_string().parse().unwrap(), cap).unwrap();
    assert_eq!(reach(bench.line[5], 99), Reach::From(head));
    assert_eq!(reach(fork, 99), Reach::Nowhere);
    // v1.0.0, and three commits from the head.
    assert_eq!(reach(fork, 3), Reach::Further(4));
    bench.server.fault(|f| f.forget_haves = true);
    assert_eq!(reach(bench.line[5], 3), Reach::Further(4));
    assert_eq!(reach(bench.line[5], 4), Reach::From(head));
}

#[test]
fn the_real_server_tells_forks_from_its_own_too() {
    if !have("git") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let parent = git_http::init(folder.path(), "parent.git", "sha1");
    let first = git_http::commit(&parent, "first", &[]);
    let second = git_http::commit(&parent, "second", &[&first]);
    let third = git_http::commit(&parent, "third", &[&second]);
    git_http::git(&parent, &["update-ref", "refs/heads/main", &third]);
    git_http::git(&parent, &["tag", "-a", "-m", "m", "odd", &format!("{third}^{{tree}}")]);
    // What a forge does: the objects of all forks in one store.
    let fork = git_http::commit(&parent, "evil", &[&second]);
    for (v2, url) in [(true, None), (false, None), (true, Some(format!("file://{}", parent.display())))] {
        let server = GitHttp::serve(folder.path(), v2);
        git_http::git(&parent, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
        let url = url.unwrap_or_else(|| server.url("parent.git"));
        for (id, warned) in [(&second, false), (&third, false), (&fork, true)] {
            let work = Work::new();
            work.write("Dockerfile", "FROM scratch\nARG X=\n").write(
                "pins.toml",
                format!("version = 1\n[pins.p]\ngit = \"{url}\"\ncommit = \"{id}\"\ninto = [{{ arg = \"X\" }}]\n"),
            );
            let ran = work.run(&["refresh"]).code(0);
            assert_eq!(ran.all().contains(NOWHERE), warned, "{v2} {url}: {}", ran.all());
            assert_eq!(outlook(&work, "p", ago(0)).warnings.len(), usize::from(warned), "{v2} {url}");
        }
    }
}
