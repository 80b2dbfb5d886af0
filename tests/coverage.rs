//! Through the program: what no pin covers is red, with its place; each way of covering is green; and
//! what somebody has judged is counted.

use super::support::program::Work;

const MANIFEST: &str = "version = 1\n";

fn work(pins: &str, dockerfile: &str) -> Work {
    let work = Work::new();
    work.write("pins.toml", format!("{MANIFEST}{pins}")).write("Dockerfile", dockerfile);
    work
}

/// Each intake: the Dockerfile, where it is told, and a pin that covers it.
fn intakes() -> Vec<(String, &'static str, String)> {
    let (hash, commit) = ("0".repeat(64), "0123456789abcdef0123456789abcdef01234567");
    let late = "unlocked = \"later\"\n";
    let url = format!("[pins.x]\nurl = \"https://example.org/x.tar\"\n{late}");
    let git = format!("[pins.r]\ngit = \"https://example.org/r.git\"\n{late}");
    let image = |reference: &str| format!("[pins.i]\nimage = \"{reference}\"\n{late}");
    let archive = "[archives.a]\nuri = \"https://example.org/debian\"\nsuites = [\"x\"]\ncomponents = [\"main\"]\nsigned-by = \"debian\"\n[image]\nplatforms = [\"linux/amd64\"]\n";
    vec![
        ("FROM debian:12\n".to_owned(), "Dockerfile:1:6", image("debian:12")),
        ("FROM scratch\nCOPY --from=alpine:3 / /\n".to_owned(), "Dockerfile:2:13", image("alpine:3")),
        ("FROM scratch\nRUN --mount=from=alpine:3,target=/x true\n".to_owned(), "Dockerfile:2:", image("alpine:3")),
        ("# syntax=docker/dockerfile:1\nFROM scratch\n".to_owned(), "Dockerfile:1:10", image("docker/dockerfile:1")),
        (
            "FROM scratch\nRUN apt-get install -y curl\n".to_owned(),
            "Dockerfile:2:5",
            format!("{archive}[pins.p]\ndeb = \"dockerfile\"\n{late}"),
        ),
        (
            "FROM scratch\nRUN yarn add o/r#v1\n".to_owned(),
            "Dockerfile:2:5",
            format!("[pins.y]\nyarn = \"dockerfile\"\n{late}"),
        ),
        (
            format!(
                "FROM scratch\nARG C={commit}\nRUN git clone https://example.org/r.git /r && cd /r && git checkout $C\n"
            ),
            "Dockerfile:3:5",
            format!("{git}into = [{{ arg = \"C\" }}]\n"),
        ),
        (
            format!("FROM scratch\nADD https://example.org/r.git#{commit} /r\n"),
            "Dockerfile:2:5",
            format!("{git}into = [{{ add = \"https://example.org/r.git\" }}]\n"),
        ),
        (
            format!("FROM scratch\nADD --checksum=sha256:{hash} https://example.org/x.tar /\n"),
            "Dockerfile:2:",
            format!("{url}into = [{{ checksum = \"https://example.org/x.tar\" }}]\n"),
        ),
        (
            format!(
                "FROM scratch\nARG S={hash}\nRUN curl -o x https://example.org/x.tar && echo \"$S  x\" | sha256sum -c -\n"
            ),
            "Dockerfile:3:5",
            format!("{url}into = [{{ arg = \"S\" }}]\n"),
        ),
        (
            "FROM scratch\nCOPY cache/x.tar /\n".to_owned(),
            "Dockerfile:2:6",
            format!("{url}vendor = \"context/cache/x.tar\"\n"),
        ),
    ]
}

#[test]
fn what_no_pin_covers_is_red_where_it_stands_and_a_pin_makes_it_green() {
    for (dockerfile, place, pin) in intakes() {
        work("", &dockerfile).run(&["verify"]).code(1).says("COV001").says(place).says("dubo-pin: ignore=COV001 why");
        work(&pin, &dockerfile).run(&["verify"]).code(0).never_says("COV001").says("0 verified, 1 UNLOCKED");
    }
}

#[test]
fn a_manager_that_no_pin_knows_is_only_told_unless_it_shall_weigh() {
    let file = "FROM scratch\nRUN pip install x\n";
    work("", file).run(&["verify"]).code(0).says("PKG001");
    work("[lint]\nseverity = { PKG001 = \"error\" }\n", file).run(&["verify"]).code(1).says("PKG001");
    work("[lint]\nseverity = { COV001 = \"note\" }\n", "FROM debian:12\n").run(&["verify"]).code(0).says("COV001");
}

#[test]
fn a_suppression_with_a_reason_is_counted_and_any_other_is_red() {
    let file = |comment: &str| format!("{comment}\nFROM debian:12\n");
    let verify = |comment: &str| work("", &file(comment)).run(&["verify"]);
    verify("# dubo-pin: ignore=COV001 the house has judged it").code(0).says("1 suppressed").never_says("COV001 ");
    verify("# dubo-pin: ignore=COV001").code(1).says("SUP001").says("gives no reason");
    verify("# dubo-pin ignore=COV001 x").code(1).says("SUP001").says("no colon");
    verify("# dubo-pin: ignore=COV001 x\n").code(1).says("SUP001").says("stands above nothing");
    verify("# dubo-pin: ignore=COV001,URL001 x").code(1).says("SUP001").says("suppresses: URL001");
    verify("# dubo-pin: ignore=LOCK001 x").code(1).says("LOCK001 cannot be suppressed");
}

#[test]
fn lint_settings_ignore_and_are_vetted() {
    let file = "FROM debian:12\n";
    work("[lint]\nignore = [\"COV001\"]\n", file).run(&["verify"]).code(0).says("1 suppressed");
    work("[lint]\nignore = [\"LOCK001\"]\n", "FROM scratch\n")
        .run(&["verify"])
        .code(1)
        .says("LINT001")
        .says("pins.toml:3");
    work("[lint]\nignore = [\"APT999\"]\n", "FROM scratch\n").run(&["verify"]).code(1).says("LINT001");
}
