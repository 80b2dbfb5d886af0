//! What is covered and what is not, by hand.

use super::*;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// Ids with line and message.
fn told(pins: &str, dockerfile: &str) -> Vec<(&'static str, usize, String)> {
    let manifest = Manifest::parse("pins.toml", format!("version = 1\n{pins}").as_bytes()).unwrap();
    let files = [Dockerfile::parse("Dockerfile", dockerfile.as_bytes().to_vec()).unwrap()];
    let one = |u: Uncovered<'_>| {
        let trouble = u.finding.trouble;
        assert!(trouble.help.is_some(), "{}", trouble.message);
        (u.finding.id.as_str(), trouble.place.unwrap().line, trouble.message)
    };
    uncovered(&manifest, &files).into_iter().map(one).collect()
}

fn lines(pins: &str, dockerfile: &str) -> Vec<(&'static str, usize)> {
    told(pins, dockerfile).into_iter().map(|(id, line, _)| (id, line)).collect()
}

#[test]
fn an_image_is_covered_by_a_pin_that_follows_its_tag() {
    let file = "FROM debian:12 AS a\nFROM scratch\nCOPY --from=a / /\nCOPY --from=alpine:3 / /\n";
    assert_eq!(
        told("", file),
        [
            ("COV001", 1, "FROM takes in the image `debian:12`, which no pin covers".to_owned()),
            ("COV001", 4, "COPY --from takes in the image `alpine:3`, which no pin covers".to_owned()),
        ]
    );
    assert_eq!(lines("[pins.d]\nimage = \"debian:12\"\n", file), [("COV001", 4)]);
    assert_eq!(lines("[pins.d]\nimage = \"debian:11\"\n", file), [("COV001", 1), ("COV001", 4)]);
    assert_eq!(lines("[pins.d]\nimage = \"debian:12\"\n[pins.a]\nimage = \"alpine:3\"\nunlocked = \"x\"\n", file), []);
}

#[test]
fn a_site_covers_an_image_of_another_tag() {
    let file = "FROM debian:12\n";
    assert_eq!(lines("[pins.d]\nimage = \"debian:13\"\ninto = [{ from = true }]\n", file), []);
}

#[test]
fn a_digest_without_a_tag_is_covered_by_its_repository() {
    let file = format!("FROM debian@sha256:{}\n", "0".repeat(64));
    assert_eq!(lines("", &file), [("COV001", 1)]);
    assert_eq!(lines("[pins.d]\nimage = \"debian:12\"\n", &file), []);
}

#[test]
fn an_unclear_image_is_told() {
    assert_eq!(lines("", "ARG X\nFROM debian:$X\n"), [("COV001", 2)]);
}

#[test]
fn apt_is_covered_by_all_of_its_stage_or_by_name() {
    let file =
        "FROM scratch AS a\nRUN apt-get install -y curl git:arm64=1\nFROM scratch AS b\nRUN apt install -y curl $X\n";
    assert_eq!(
        told("", file),
        [
            ("COV001", 2, "apt-get installs `curl`, `git:arm64`, which no pin covers".to_owned()),
            ("COV001", 4, "apt installs `curl`, which no pin covers".to_owned()),
        ]
    );
    let archive = "[archives.a]\nuri = \"https://example.org/debian\"\nsuites = [\"x\"]\ncomponents = [\"main\"]\nsigned-by = \"debian\"\n[image]\nplatforms = [\"linux/amd64\"]\n";
    assert_eq!(lines(&format!("{archive}[pins.p]\ndeb = \"dockerfile\"\n"), file), []);
    assert_eq!(lines(&format!("{archive}[pins.p]\ndeb = \"dockerfile\"\nstages = [\"a\"]\n"), file), [("COV001", 4)]);
    let list = format!("{archive}[pins.p]\ndeb = [\"curl\"]\n");
    assert_eq!(
        told(&list, file),
        [
            ("COV001", 2, "apt-get installs `git:arm64`, which no pin covers".to_owned()),
            (
                "COV001",
                4,
                "what apt installs for `$X` cannot be known before the build: the value of `X` is not known".to_owned()
            ),
        ]
    );
}

#[test]
fn yarn_is_covered_by_its_pin() {
    let file = "FROM scratch\nRUN yarn add o/r#v1\n";
    assert_eq!(told("", file), [("COV001", 2, "yarn adds `r` from git, which no pin covers".to_owned())]);
    assert_eq!(lines("[pins.y]\nyarn = \"dockerfile\"\n", file), []);
}

#[test]
fn a_file_by_add_is_covered_by_its_checksum() {
    let file = format!("FROM scratch\nADD --checksum=sha256:{} https://example.org/x.tar /\n", "0".repeat(64));
    assert_eq!(lines("", &file), [("COV001", 2)]);
    let pin = "[pins.x]\nurl = \"https://example.org/x.tar\"\ninto = [{ checksum = \"https://example.org/x.tar\" }]\n";
    assert_eq!(lines(pin, &file), []);
}

#[test]
fn a_repository_by_add_is_covered_by_its_site_or_its_arg() {
    let pin = "[pins.r]\ngit = \"https://example.org/r.git\"\n";
    let file = format!("FROM scratch\nADD https://example.org/r.git#{COMMIT} /r\n");
    assert_eq!(lines(pin, &file), [("COV001", 2)]);
    assert_eq!(lines(&format!("{pin}into = [{{ add = \"https://example.org/r.git\" }}]\n"), &file), []);
    let file = format!("FROM scratch\nARG C={COMMIT}\nADD https://example.org/r.git#$C /r\n");
    assert_eq!(lines(pin, &file), [("COV001", 3)]);
    assert_eq!(lines(&format!("{pin}into = [{{ arg = \"C\" }}]\n"), &file), []);
}

#[test]
fn a_checkout_is_covered_by_who_gives_its_commit() {
    let pin = "[pins.r]\ngit = \"https://example.org/r.git\"\n";
    let run = "RUN git clone https://example.org/r.git /r && git -C /r checkout";
    let file = format!("FROM scratch\nARG C={COMMIT}\n{run} $C\n");
    assert_eq!(
        told(pin, &file),
        [("COV001", 3, "git takes `https://example.org/r.git` at `${C}`, which no pin covers".to_owned())]
    );
    assert_eq!(lines(&format!("{pin}into = [{{ arg = \"C\" }}]\n"), &file), []);
    let tag = format!("{pin}tag = \"v1\"\ninto = [{{ arg = \"C\", value = \"tag\" }}]\n");
    assert_eq!(lines(&tag, &file), [("COV001", 3)]);
    assert_eq!(lines(pin, &format!("FROM scratch\n{run} {COMMIT}\n")), [("COV001", 2)]);
    // empty as yet: the first refresh writes it
    let file = format!("FROM scratch\nARG C=\nARG D=\n{run} $C\n");
    assert_eq!(lines(&format!("{pin}into = [{{ arg = \"C\" }}]\n"), &file), []);
    assert_eq!(lines(&format!("{pin}into = [{{ arg = \"D\" }}]\n"), &file), [("COV001", 4)]);
}

#[test]
fn a_download_is_covered_by_the_hash_that_a_pin_gives() {
    let hash = "0".repeat(64);
    let file =
        format!("FROM scratch\nARG S={hash}\nRUN curl -o x https://example.org/x && echo \"$S  x\" | sha256sum -c -\n");
    assert_eq!(
        told("", &file),
        [("COV001", 3, "curl fetches `https://example.org/x`, which no pin covers".to_owned())]
    );
    assert_eq!(lines("[pins.x]\nurl = \"https://example.org/x\"\ninto = [{ arg = \"S\" }]\n", &file), []);
    let file = format!("FROM scratch\nRUN curl -o x https://example.org/x && echo \"{hash}  x\" | sha256sum -c -\n");
    assert_eq!(lines("[pins.x]\nurl = \"https://example.org/x\"\n", &file), [("COV001", 2)]);
}

#[test]
fn a_file_of_the_context_is_covered_by_who_vendored_it() {
    let file = "FROM scratch\nARG TARGETPLATFORM\nCOPY ./cache/$TARGETPLATFORM/tool /\n";
    assert_eq!(lines("", file), [("COV001", 3)]);
    let pin = "[image]\nplatforms = [\"linux/amd64\"]\n[pins.x]\nurl = \"https://example.org/{arch}\"\nvendor = ";
    assert_eq!(lines(&format!("{pin}\"context/cache/{{platform}}/tool\"\n"), file), []);
    assert_eq!(lines(&format!("{pin}\"context/cache/{{platform}}/other\"\n"), file), [("COV001", 3)]);
}

#[test]
fn other_managers_are_a_note() {
    assert_eq!(lines("", "FROM scratch\nRUN pip install x\nRUN npm ci\n"), [("PKG001", 2)]);
}
