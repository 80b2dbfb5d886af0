//! An upstream that changed, lost or never had what is pinned; each with and without a lock entry.

use gix::objs::Kind;

use super::{Upstream, folder, idle, one_error, pin};
use crate::support::git_memory::{GitMemory, Repo};
use crate::support::program::Work;

/// A locked pin that follows a rule; its ARG bears the commit.
fn locked(up: &Upstream, rule: &str) -> Work {
    let work = folder(&[("widget", up.pin("widget", rule))]);
    work.run(&["refresh"]).code(0);
    work
}

/// The same pin, never locked.
fn fresh(up: &Upstream, rule: &str) -> Work {
    folder(&[("widget", up.pin("widget", rule))])
}

fn bears(work: &Work, id: impl std::fmt::Display) {
    assert_eq!(work.read("Dockerfile"), format!("FROM scratch\nARG WIDGET={id}\n"));
    work.run(&["verify"]).code(0);
}

#[test]
fn a_branch_that_vanished_is_an_alarm_once_it_was_locked_and_else_a_mistake() {
    let up = Upstream::new(2);
    let work = locked(&up, "branch = \"main\"");
    up.server.change(|r| {
        r.remove("refs/heads/main");
        r.set("refs/heads/master", up.ids[1]);
    });
    one_error(idle(&work, &["refresh"]).code(3).says("has no branch `main`").says("alarm:"));
    idle(&work, &["outdated"]).code(3).says("gone");
    idle(&work, &["refresh", "--locked"]).code(3);
    idle(&work, &["verify"]).code(0);
    one_error(idle(&fresh(&up, "branch = \"main\""), &["refresh"]).code(2).says("has no branch `main`"));
}

#[test]
fn a_tag_that_moved_is_an_alarm_until_it_is_accepted_by_name() {
    for rule in ["tag = \"v1.0.0\"", "version = \"=1.0.0\"", "version = \"~1.0\""] {
        let up = Upstream::new(2);
        let work = locked(&up, rule);
        up.server.change(|r| r.set("refs/tags/v1.0.0", up.ids[1]));
        let ran =
            one_error(idle(&work, &["refresh"]).code(3).says("the tag `v1.0.0`").says("was moved to another commit"));
        ran.says(&up.ids[0].to_string()).says(&up.ids[1].to_string()).says("--accept-changed widget");
        idle(&work, &["outdated"]).code(3).says("alarm");
        one_error(idle(&work, &["refresh", "--locked"]).code(3).says("another commit"));
        idle(&work, &["refresh", "--keep"]).code(0);
        one_error(idle(&work, &["refresh", "--accept-changed", "wigdet"]).code(2).says("did you mean widget?"));
        bears(&work, up.ids[0]);
        work.run(&["refresh", "--accept-changed", "widget"]).code(0).says("was moved to");
        bears(&work, up.ids[1]);
        // Never locked: what is there is what is there.
        let work = fresh(&up, rule);
        work.run(&["refresh"]).code(0);
        bears(&work, up.ids[1]);
    }
}

#[test]
fn a_tag_that_was_deleted_is_an_alarm_once_it_was_locked() {
    let up = Upstream::new(2);
    let exact = locked(&up, "tag = \"v1.1.0\"");
    let range = locked(&up, "version = \"^1\"");
    up.server.change(|r| r.remove("refs/tags/v1.1.0"));
    for work in [&exact, &range] {
        one_error(idle(work, &["refresh"]).code(3).says("the tag `v1.1.0`").says("is no longer there"));
        idle(work, &["outdated"]).code(3).says("gone");
        one_error(idle(work, &["refresh", "--locked"]).code(3).says("is no longer there"));
        idle(work, &["verify"]).code(0);
    }
    one_error(idle(&fresh(&up, "tag = \"v1.1.0\""), &["refresh"]).code(2).says("has no tag `v1.1.0`"));
    let work = fresh(&up, "version = \"^1\"");
    work.run(&["refresh"]).code(0);
    bears(&work, up.ids[0]);
    // Accepted, the range falls back to an older version only where that is allowed too.
    one_error(idle(&range, &["refresh", "--accept-changed", "widget"]).code(3).says("older than the locked one"));
    range.write(
        "pins.toml",
        range.read("pins.toml").replace("version = \"^1\"", "version = \"^1\"\nallow-downgrade = true"),
    );
    range.run(&["refresh", "--accept-changed", "widget"]).code(0);
    bears(&range, up.ids[0]);
}

#[test]
fn a_branch_may_only_grow() {
    for rule in ["branch = \"main\"", ""] {
        let up = Upstream::new(2);
        let work = locked(&up, rule);
        let mut grown = up.ids[1];
        up.server.change(|r| {
            grown = r.commit("grown", &[up.ids[1]]);
            r.set("refs/heads/main", grown);
        });
        work.run(&["refresh"]).code(0).says("1 commit");
        bears(&work, grown);
        let mut forced = grown;
        up.server.change(|r| {
            forced = r.commit("forced", &[up.ids[0]]);
            r.set("refs/heads/main", forced);
        });
        let ran = one_error(idle(&work, &["refresh"]).code(3).says("was force-pushed").says(&forced.to_string()));
        ran.says("--accept-changed widget");
        idle(&work, &["outdated"]).code(3).says("alarm");
        idle(&work, &["refresh", "--keep"]).code(0);
        idle(&work, &["refresh", "--locked"]).code(3);
        work.run(&["refresh", "--accept-changed", "widget"]).code(0);
        bears(&work, forced);
        let work = fresh(&up, rule);
        work.run(&["refresh"]).code(0);
        bears(&work, forced);
    }
}

#[test]
fn a_tag_made_anew_at_the_same_commit_is_a_note() {
    let up = Upstream::new(1);
    let work = locked(&up, "tag = \"v1.0.0\"");
    up.server.change(|r| {
        let object = r.tag("v1.0.0", up.ids[0]);
        r.set("refs/tags/v1.0.0", object);
    });
    idle(&work, &["outdated"]).code(0).says("was made anew at the same commit");
    work.run(&["refresh"]).code(0).says("was made anew at the same commit: a lightweight tag became tag object");
    bears(&work, up.ids[0]);
    work.run(&["refresh"]).code(0).never_says("anew");
}

#[test]
fn an_empty_repository_is_told_for_each_rule() {
    let server = GitMemory::serve(Repo::default());
    for (rule, said) in [
        ("", "has no commit yet: its HEAD is unborn"),
        ("branch = \"main\"", "has no branch `main`"),
        ("tag = \"v1.0.0\"", "has no tag `v1.0.0`"),
        ("version = \"^1\"", "no tag at all"),
    ] {
        let work = folder(&[("widget", pin("widget", &server.url(), rule))]);
        one_error(idle(&work, &["refresh"]).code(2).says(said));
        idle(&work, &["outdated"]).code(0).says("unlocked");
    }
}

#[test]
fn a_repository_that_was_emptied_is_an_alarm() {
    for rule in ["", "branch = \"main\"", "tag = \"v1.0.0\"", "version = \"^1\""] {
        let up = Upstream::new(1);
        let work = locked(&up, rule);
        up.server.change(|r| *r = Repo::default());
        one_error(idle(&work, &["refresh"]).code(3).says("alarm:"));
        idle(&work, &["outdated"]).code(3).says("gone");
    }
}

#[test]
fn a_tag_on_a_tree_or_a_blob_is_no_commit() {
    for (kind, word) in [(Kind::Tree, "is a tree"), (Kind::Blob, "is a blob")] {
        let up = Upstream::new(1);
        let was_commit = locked(&up, "tag = \"v1.0.0\"");
        for annotated in [false, true] {
            up.server.change(|r| {
                let object = match kind {
                    Kind::Tree => r.tree(&[("file", "text")]),
                    _ => r.blob(b"text"),
                };
                let target = if annotated { r.tag("v2.0.0", object) } else { object };
                r.set("refs/tags/v2.0.0", target);
                r.set("refs/tags/v1.0.0", target);
            });
            for rule in ["tag = \"v2.0.0\"", "version = \"^2\""] {
                one_error(idle(&fresh(&up, rule), &["refresh"]).code(2).says(word).says("not a commit"));
            }
            one_error(idle(&was_commit, &["refresh"]).code(3).says("was moved to another commit"));
        }
    }
}

#[test]
fn a_short_commit_id_is_refused_before_anybody_is_asked() {
    let up = Upstream::new(1);
    let short = &up.ids[0].to_string()[..12];
    let work = fresh(&up, &format!("commit = \"{short}\""));
    one_error(idle(&work, &["refresh"]).code(2).says("is a short commit id").says("pins.toml:5:"));
    let work = locked(&up, "tag = \"v1.0.0\"");
    let asked = up.server.http.log().len();
    idle(&work, &["refresh", "widget", "--to", short]).code(1).says("v1.0.0");
    assert!(up.server.http.log().len() >= asked);
    bears(&work, up.ids[0]);
}

#[test]
fn a_commit_that_the_server_does_not_have_or_not_hand_out_is_never_another_one() {
    let up = Upstream::new(3);
    let absent = "0123456789abcdef0123456789abcdef01234567";
    let work = fresh(&up, &format!("commit = \"{absent}\""));
    one_error(idle(&work, &["refresh"]).code(4).says("does not hand out the commit").says(absent));
    // An older commit, by a server that hands out tips alone: had through the tag that names it.
    up.server.fault(|f| f.any_want = false);
    let work = fresh(&up, &format!("commit = \"{}\"", up.ids[1]));
    work.run(&["refresh"]).code(0);
    bears(&work, up.ids[1]);
    up.server.change(|r| {
        r.remove("refs/tags/v1.0.0");
        r.remove("refs/tags/v1.1.0");
    });
    let work = fresh(&up, &format!("commit = \"{}\"", up.ids[0]));
    one_error(idle(&work, &["refresh"]).code(4).says("does not hand out the commit"));
}

#[test]
fn a_forged_object_is_an_alarm_and_is_not_locked() {
    let up = Upstream::new(1);
    let old = locked(&up, "version = \"^1\"");
    up.server.change(|r| {
        let id = r.commit("new", &[up.ids[0]]);
        r.set("refs/tags/v1.5.0", id);
    });
    up.server.fault(|f| f.forge = true);
    for work in [old, fresh(&up, "version = \"^1\"")] {
        one_error(idle(&work, &["refresh"]).code(3).says("forged").says("alarm:"));
    }
}

#[test]
fn a_tag_that_moves_between_the_list_and_the_fetch_is_resolved_to_what_was_listed() {
    let up = Upstream::new(2);
    up.server.fault(|f| f.move_after_list = Some(("refs/tags/v1.0.0".to_owned(), up.ids[1])));
    let work = fresh(&up, "tag = \"v1.0.0\"");
    work.run(&["refresh"]).code(0);
    bears(&work, up.ids[0]);
    idle(&work, &["refresh"]).code(3).says("was moved to another commit");
}

#[test]
fn names_of_refs_with_control_or_bidi_characters_are_shown_escaped_and_never_chosen() {
    let up = Upstream::new(1);
    let names = ["v1.9.0\u{1b}[2J", "v1.9.1\u{202e}gpj", "v1.9.2\u{7f}", "v1.9.3-\u{2066}a", "v1.9.4+\u{200b}b"];
    up.server.change(|r| {
        for name in names {
            r.set(&format!("refs/tags/{name}"), up.ids[0]);
            r.set(&format!("refs/heads/{name}"), up.ids[0]);
        }
    });
    let clean = |text: &str| !text.contains(|c: char| c.is_control() && c != '\n' || visible_names(c));
    let work = fresh(&up, "version = \">=1, <2\"");
    let ran = work.run(&["refresh"]).code(0).says("v1.0.0");
    assert!(clean(&ran.all()), "{:?}", ran.all());
    bears(&work, up.ids[0]);
    for (rule, code) in [("version = \"^7\"", 2), ("tag = \"v1.9\"", 2), ("branch = \"v1.9.1gpj\"", 2)] {
        let ran = one_error(idle(&fresh(&up, rule), &["refresh"]).code(code));
        assert!(clean(&ran.all()), "{:?}", ran.all());
    }
}

fn visible_names(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn a_pin_that_fails_does_not_stop_the_others_and_gives_the_exit_code() {
    let (good, bad) = (Upstream::new(1), Upstream::new(1));
    let dead = &format!("{}/nothing/there", bad.server.http.url());
    let alarm = bad.pin("alarm", "tag = \"v1.0.0\"");
    let cases: [(&[(&str, String)], i32); 4] = [
        (&[("typo", bad.pin("typo", "branch = \"x\""))], 2),
        (&[("typo", bad.pin("typo", "branch = \"x\"")), ("dead", pin("dead", dead, ""))], 2),
        (&[("dead", pin("dead", dead, ""))], 4),
        (&[("alarm", alarm.clone()), ("dead", pin("dead", dead, ""))], 3),
    ];
    for (others, code) in cases {
        let mut pins = vec![("widget", good.pin("widget", "tag = \"v1.0.0\""))];
        pins.extend(others.iter().cloned());
        let work = folder(&pins);
        if others[0].0 == "alarm" {
            bad.server.change(|r| r.set("refs/tags/v1.0.0", bad.ids[0]));
            work.run(&["refresh", "alarm"]).code(0);
            bad.server.change(|r| {
                let id = r.commit("other", &[]);
                r.set("refs/tags/v1.0.0", id);
            });
        }
        let policy = work.read("pins.toml") + "\n[policy]\natomic = true\n";
        let plain = work.read("pins.toml");
        work.write("pins.toml", policy);
        idle(&work, &["refresh"]).code(code).says("nothing was written: [policy] atomic = true");
        work.write("pins.toml", plain);
        let ran = work.run(&["refresh"]).code(code);
        let heads = ran.err.lines().filter(|l| l.starts_with("error: ") || l.starts_with("alarm: ")).count();
        assert_eq!(heads, others.len(), "{}", ran.err);
        assert!(work.read("Dockerfile").contains(&format!("ARG WIDGET={}\n", good.ids[0])));
        assert!(work.read("pins.lock").contains("\"widget\""));
    }
}
