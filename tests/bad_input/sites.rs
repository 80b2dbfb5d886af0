//! Sites that are not there, are there twice, or cannot be written.

use super::{Upstream, folder, idle, one_error};
use crate::support::program::Work;

/// A folder with one pin, `widget`, that is written into these sites.
fn with(up: &Upstream, rule: &str, into: &str, dockerfile: &str) -> Work {
    let work = Work::new();
    let manifest = format!("version = 1\n\n[pins.widget]\ngit = \"{}\"\n{rule}\ninto = [{into}]\n", up.url());
    work.write("pins.toml", manifest).write("Dockerfile", dockerfile);
    work
}

#[test]
fn a_site_that_is_not_there_is_named_with_what_was_perhaps_meant() {
    let up = Upstream::new(1);
    for (into, dockerfile, said) in [
        ("{ arg = \"GIT_COMIT\" }", "FROM scratch AS build\nARG GIT_COMMIT=\n", "did you mean `GIT_COMMIT`?"),
        ("{ stage = \"biuld\", arg = \"A\" }", "FROM scratch AS build\nARG A=\n", "did you mean `build`?"),
        ("{ stage = 7, arg = \"A\" }", "FROM scratch AS build\nARG A=\n", "has no stage 7"),
        ("{ stage = \"global\", arg = \"A\" }", "FROM scratch\nARG A=\n", "nothing in the Dockerfile matches"),
        ("{ env = \"A\" }", "FROM scratch\nARG A=\n", "nothing in the Dockerfile matches"),
        ("{ file = \"other.Dockerfile\", arg = \"A\" }", "FROM scratch\nARG A=\n", "no Dockerfile other.Dockerfile"),
        ("{ arg = \"A\" }", "FROM scratch\nARG A\n", "has no value"),
        ("{ arg = \"A\" }", "FROM scratch\nARG B=1\nARG A=$B\n", "stands behind the variable `B`"),
    ] {
        let work = with(&up, "tag = \"v1.0.0\"", into, dockerfile);
        idle(&work, &["verify"]).code(1).says("DOC003").says(said);
        one_error(idle(&work, &["refresh"]).code(2).says(said));
        assert!(!work.image().join("pins.lock").exists());
    }
}

#[test]
fn a_site_that_matches_twice_is_told_with_both_lines_unless_all_are_meant() {
    let up = Upstream::new(1);
    let file = |v: &str| format!("FROM scratch AS a\nARG A={v}\nFROM scratch AS b\nARG A={v}\n");
    let work = with(&up, "tag = \"v1.0.0\"", "{ arg = \"A\" }", &file(""));
    idle(&work, &["verify"]).code(1).says("DOC004").says("lines 2, 4").says("all = true");
    one_error(idle(&work, &["refresh"]).code(2).says("2 instructions match"));
    let work = with(&up, "tag = \"v1.0.0\"", "{ arg = \"A\", all = true }", &file(""));
    work.run(&["refresh"]).code(0);
    assert_eq!(work.read("Dockerfile"), file(&up.ids[0].to_string()));
    work.run(&["verify"]).code(0);
    // One of the two is changed: that one is named.
    let id = up.ids[0].to_string();
    let changed = format!("FROM scratch AS a\nARG A={id}\nFROM scratch AS b\nARG A=x\n");
    work.write("Dockerfile", changed);
    work.run(&["verify"]).code(1).says("LOCK001").says("Dockerfile:4:7").never_says("Dockerfile:2:");
}

#[test]
fn a_site_in_two_dockerfiles_is_told_with_both_and_is_one_where_the_file_is_named() {
    let up = Upstream::new(1);
    let work = with(&up, "tag = \"v1.0.0\"", "{ arg = \"A\" }", "FROM scratch\nARG A=\n");
    work.write("web.Dockerfile", "FROM scratch\n\nARG A=\n");
    idle(&work, &["verify"]).code(1).says("DOC004").says("Dockerfile:2, web.Dockerfile:3");
    one_error(idle(&work, &["refresh"]).code(2).says("2 instructions match"));
    let manifest = work.read("pins.toml").replace("{ arg", "{ file = \"web.Dockerfile\", arg");
    work.write("pins.toml", manifest);
    work.run(&["refresh"]).code(0);
    assert_eq!(work.read("Dockerfile"), "FROM scratch\nARG A=\n");
    assert_eq!(work.read("web.Dockerfile"), format!("FROM scratch\n\nARG A={}\n", up.ids[0]));
}

#[test]
fn a_value_that_is_split_is_refused_with_its_line_and_not_edited() {
    let up = Upstream::new(2);
    let id = up.ids[0].to_string();
    let (head, tail) = id.split_at(20);
    for file in [format!("FROM scratch\nARG A={head}\\\n{tail}\n"), format!("FROM scratch\nARG A={head}\"{tail}\"\n")] {
        let work = with(&up, "tag = \"v1.1.0\"", "{ arg = \"A\" }", &file);
        one_error(idle(&work, &["refresh"]).code(2).says("the value is split by").says("Dockerfile:2:7"));
        assert!(!work.image().join("pins.lock").exists());
        // The same value, split, is the same value.
        let work = with(&up, "tag = \"v1.0.0\"", "{ arg = \"A\" }", &file);
        work.run(&["refresh", "--keep"]).code(0);
        assert_eq!(work.read("Dockerfile"), file);
        work.run(&["verify"]).code(0);
    }
}

#[test]
fn a_value_that_the_lock_lacks_is_told_with_those_it_has() {
    let up = Upstream::new(1);
    let work = with(&up, "branch = \"main\"", "{ arg = \"A\", value = \"tag\" }", "FROM scratch\nARG A=\n");
    one_error(idle(&work, &["refresh"]).code(2).says("this pin has no tag to write").says("one of commit, date"));
    let work = with(&up, "branch = \"main\"", "{ arg = \"A\" }", "FROM scratch\nARG A=\n");
    work.run(&["refresh"]).code(0);
    let manifest = work.read("pins.toml").replace("arg = \"A\"", "arg = \"A\", value = \"tag\"");
    work.write("pins.toml", manifest);
    idle(&work, &["verify"]).code(1).says("LOCK007").says("the lock has no tag for this site");
}

#[test]
fn two_pins_in_one_place_are_refused() {
    let up = Upstream::new(2);
    for (site, said) in
        [("{ arg", "this site is pinned by `other` too"), ("{ stage = 0, arg", "two values are wanted at one place")]
    {
        let work = folder(&[("widget", up.pin("widget", "tag = \"v1.0.0\""))]);
        let other = up.pin("other", "tag = \"v1.1.0\"").replace("OTHER", "WIDGET").replace("{ arg", site);
        work.write("pins.toml", work.read("pins.toml") + &other);
        one_error(idle(&work, &["refresh"]).code(2).says(said));
    }
}
