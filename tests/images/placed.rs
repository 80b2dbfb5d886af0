//! What refresh writes, and where: every form of a reference, and nothing else of the file.

use std::process::Command;

use super::{Shop, asked, base, digest, serve, single};
use crate::support::have;
use crate::support::program::ran;

/// What skopeo says the digest of a reference is.
fn by_skopeo(reference: &str) -> String {
    let script = "set -o pipefail; skopeo inspect --tls-verify=false --raw \"docker://$1\" | sha256sum";
    let done = Command::new("bash").args(["-c", script, "-", reference]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    format!("sha256:{}", &String::from_utf8(done.stdout).unwrap()[..64])
}

#[test]
fn a_tag_is_locked_to_the_digest_that_skopeo_sees_and_written_behind_it() {
    let Some(shop) = Shop::open() else { return };
    let image = base("one");
    let digest = shop.push("base", "1", &image);
    if have("skopeo") {
        assert_eq!(by_skopeo(&shop.text("HOST/base:1")), digest);
    }
    shop.lay("FROM HOST/base:1 AS build\n\tRUN  true # kept\n", "image = \"HOST/base:1\"");
    shop.run(&["refresh"]).code(0).says("base  new at 1  (").says("1 new");
    shop.has(&format!("FROM HOST/base:1@{digest} AS build\n\tRUN  true # kept\n"));
    let lock = shop.work.read("pins.lock");
    let day = lock.split_once("\"first_seen\": \"").unwrap().1[..10].to_owned();
    let seal = lock.split_once("\"seal\": \"").unwrap().1[..64].to_owned();
    let masked = lock.replace(&shop.text("HOST"), "HOST").replace(&day, "DAY").replace(&seal, "SEAL");
    // The attestations are no platforms.
    let (amd64, arm64) = (image.parts[0].digest(), image.parts[2].digest());
    let expected = format!(
        r#"{{
  "version": 1,
  "pins": {{
    "base": {{
      "request": "image=HOST/base:1 platforms=linux/amd64,linux/arm64",
      "values": {{
        "digest": "{digest}",
        "reference": "HOST/base:1@{digest}",
        "tag": "1"
      }},
      "evidence": {{
        "kind": "index",
        "manifests": {{
          "linux/amd64": "sha256:{amd64}",
          "linux/arm64": "sha256:{arm64}"
        }}
      }},
      "first_seen": "DAY",
      "seal": "SEAL"
    }}
  }}
}}
"#
    );
    assert_eq!(masked, expected);
    shop.run(&["verify"]).code(0).says("1 verified, 0 UNLOCKED");
    shop.run(&["outdated"]).code(0);
    let before = shop.work.tree();
    shop.run(&["refresh"]).code(0).says("1 unchanged");
    assert!(shop.work.tree() == before);
}

#[test]
fn an_unchanged_tag_costs_no_manifest() {
    let server = serve(&base("one"));
    let shop = Shop::before(&server);
    shop.lay("FROM HOST/base:1\n", "image = \"HOST/base:1\"");
    shop.run(&["refresh"]).code(0);
    let first = server.log().len();
    shop.run(&["refresh"]).code(0).says("1 unchanged");
    assert_eq!(asked(&server.log()[first..]), ["HEAD /v2/base/manifests/1"]);
    shop.run(&["outdated"]).code(0);
    // The index, the image of each platform in any order, the tag: all without a body.
    let image = base("one");
    let head = |of: &str| format!("HEAD /v2/base/manifests/{of}");
    let mut now = asked(&server.log()[first + 1..]);
    now[1..3].sort();
    let mut images = [&image.parts[0], &image.parts[2]].map(|part| head(&format!("sha256:{}", part.digest())));
    images.sort();
    let [one, other] = images;
    assert_eq!(now, [head(&digest(&image)), one, other, head("1")]);
}

/// Dockerfile, further keys of the pin, and the Dockerfile after it; `D` is the digest.
#[track_caller]
fn placed(pin: &str, before: &str, after: &str) {
    let Some(shop) = Shop::open() else { return };
    let now = shop.push("base", "1", &base("one"));
    shop.lay(before, &format!("image = \"HOST/base:1\"\n{pin}"));
    let ran = shop.run(&["refresh"]);
    assert_eq!(ran.code, Some(0), "{pin}\n{before}{}", ran.all());
    shop.has(&after.replace("@D", &format!("@{now}")).replace("=D", &format!("={now}")));
    shop.run(&["verify"]).code(0).says("1 verified");
    shop.run(&["refresh"]).code(0).says("1 unchanged");

    // What stands there now moves as well as what did not.
    let next = shop.push("base", "1", &base("two"));
    shop.run(&["verify"]).code(0);
    shop.run(&["refresh"]).code(0).says("1 moved");
    shop.has(&after.replace("@D", &format!("@{next}")).replace("=D", &format!("={next}")));
    shop.run(&["verify"]).code(0);

    // A lock that was lost is taken from what stands there, and no byte changes.
    std::fs::remove_file(shop.work.image().join("pins.lock")).unwrap();
    shop.push("base", "1", &base("three"));
    shop.run(&["refresh", "--keep"]).code(0).says("1 new");
    shop.has(&after.replace("@D", &format!("@{next}")).replace("=D", &format!("={next}")));
    shop.run(&["verify"]).code(0);
}

#[test]
fn every_taking_in_of_the_tag_is_pinned_and_stages_and_scratch_are_left_alone() {
    placed(
        "",
        "# syntax=HOST/base:1\nARG V=1\nFROM HOST/base:1 AS base\nFROM base AS next\nFROM scratch\nFROM --platform=$BUILDPLATFORM HOST/base:$V\n# dubo-pin: ignore=COV001 not of this pin\nFROM HOST/base:2\n# dubo-pin: ignore=COV001 not of this pin\nFROM HOST/other:1\nCOPY --from=base /a /a\nCOPY --from=0 /a /b\nCOPY --from=HOST/base:1 /a /c\nRUN --mount=type=bind,from=HOST/base:1,target=/x true\nONBUILD COPY --from=HOST/base:1 /a /d\n# FROM HOST/base:1\nRUN echo HOST/base:1\n",
        "# syntax=HOST/base:1@D\nARG V=1@D\nFROM HOST/base:1@D AS base\nFROM base AS next\nFROM scratch\nFROM --platform=$BUILDPLATFORM HOST/base:$V\n# dubo-pin: ignore=COV001 not of this pin\nFROM HOST/base:2\n# dubo-pin: ignore=COV001 not of this pin\nFROM HOST/other:1\nCOPY --from=base /a /a\nCOPY --from=0 /a /b\nCOPY --from=HOST/base:1@D /a /c\nRUN --mount=type=bind,from=HOST/base:1@D,target=/x true\nONBUILD COPY --from=HOST/base:1@D /a /d\n# FROM HOST/base:1\nRUN echo HOST/base:1\n",
    );
}

#[test]
fn crlf_and_continuations_are_kept() {
    placed(
        "",
        "FROM \\\r\n  HOST/base:1 \\\r\n  AS a\r\nRUN true\r\n",
        "FROM \\\r\n  HOST/base:1@D \\\r\n  AS a\r\nRUN true\r\n",
    );
}

#[test]
fn two_stages_may_take_one_arg() {
    placed(
        "",
        "ARG BASE=HOST/base:1\nFROM $BASE AS a\nFROM ${BASE}\n",
        "ARG BASE=HOST/base:1@D\nFROM $BASE AS a\nFROM ${BASE}\n",
    );
}

#[test]
fn into_an_arg_goes_the_reference() {
    let into = "into = [{ arg = \"BASE\" }]";
    placed(into, "ARG BASE=HOST/base:1\nFROM $BASE\n", "ARG BASE=HOST/base:1@D\nFROM $BASE\n");
    placed(into, "ARG BASE=\nFROM $BASE\n", "ARG BASE=HOST/base:1@D\nFROM $BASE\n");
    placed(
        into,
        "ARG BASE=\"HOST/base:1\"\nFROM $BASE\nFROM HOST/base:1\n",
        "ARG BASE=\"HOST/base:1@D\"\nFROM $BASE\nFROM HOST/base:1@D\n",
    );
}

#[test]
fn into_an_arg_goes_the_digest() {
    let into = "into = [{ arg = \"DIGEST\", value = \"digest\" }]";
    placed(into, "ARG DIGEST=\nFROM HOST/base:1@$DIGEST\n", "ARG DIGEST=D\nFROM HOST/base:1@$DIGEST\n");
}

#[test]
fn into_an_arg_goes_the_tag_and_the_digest_into_from() {
    let into = "into = [{ arg = \"TAG\", value = \"tag\" }]";
    placed(into, "ARG TAG=1\nFROM HOST/base:$TAG\n", "ARG TAG=1\nFROM HOST/base:$TAG@D\n");
    placed(into, "ARG TAG=1\nFROM HOST/base:${TAG} AS a\n", "ARG TAG=1\nFROM HOST/base:${TAG}@D AS a\n");
}

#[test]
fn an_into_that_would_break_another_image_is_refused() {
    let Some(shop) = Shop::open() else { return };
    shop.push("base", "1", &base("one"));
    let into = "image = \"HOST/base:1\"\ninto = [{ arg = \"IMG\" }]";
    shop.lay("ARG IMG=HOST/base:1\nFROM $IMG\nFROM ${IMG}-x\n", into);
    shop.refused(&["refresh"], 2, &["is no image reference", "give it one of its own"]);
    shop.lay("ARG IMG=other:1\nFROM HOST/base:1\nFROM ${IMG}-x\n", into);
    shop.refused(&["refresh"], 2, &["Dockerfile:3:6", "give it one of its own"]);
    // What was unclear before is no reason.
    shop.lay("ARG IMG=HOST/base:1\nFROM $IMG\nFROM $OTHER\nFROM Bad\n", into);
    shop.run(&["refresh"]).code(0);
}

#[test]
fn many_references_of_one_pin_are_written_in_the_time_of_one() {
    let Some(shop) = Shop::open() else { return };
    let one = shop.push("base", "1", &base("one"));
    shop.lay(&"FROM HOST/base:1\n".repeat(5000), "image = \"HOST/base:1\"");
    let start = std::time::Instant::now();
    shop.run(&["refresh"]).code(0);
    // Each of them alone reads the file again: minutes.
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
    shop.has(&format!("FROM HOST/base:1@{one}\n").repeat(5000));
}

#[test]
fn sites_of_instructions_bear_the_reference() {
    placed("into = [{ from = \"HOST/base\" }]", "FROM HOST/base:1 AS build\n", "FROM HOST/base:1@D AS build\n");
    placed(
        "into = [{ syntax = true }, { copy-from = \"HOST/base\" }, { mount = true }]",
        "# syntax=HOST/base:1\nFROM scratch\nCOPY --from=HOST/base:1 /a /b\nRUN --mount=from=HOST/base:1,target=/x true\n",
        "# syntax=HOST/base:1@D\nFROM scratch\nCOPY --from=HOST/base:1@D /a /b\nRUN --mount=from=HOST/base:1@D,target=/x true\n",
    );
}

#[test]
fn the_newest_version_of_a_range_is_followed_by_its_tag() {
    let Some(shop) = Shop::open() else { return };
    for tag in ["19.9.9-slim", "20-slim", "20.1.0-slim", "20.2.0", "20.3.0-rc.1-slim", "21.0.0-slim", "latest"] {
        shop.push("base", tag, &base(tag));
    }
    let pin = "image = \"HOST/base\"\nversion = \"^20\"\ntag = \"{version}-slim\"";
    let one = shop.push("base", "20.1.0-slim", &base("20.1.0-slim"));
    let cases = [
        ("", "FROM HOST/base:20.1.0-slim\n", "FROM HOST/base:VER-slim@DIG\n"),
        ("", "FROM HOST/base:20-slim\n", "FROM HOST/base:VER-slim@DIG\n"),
        (
            "into = [{ arg = \"TAG\", value = \"tag\" }]",
            "ARG TAG=20.1.0-slim\nFROM HOST/base:$TAG\n",
            "ARG TAG=VER-slim\nFROM HOST/base:$TAG@DIG\n",
        ),
        (
            "into = [{ arg = \"V\", value = \"version\" }]",
            "ARG V=20.1.0\nFROM HOST/base:$V-slim\n",
            "ARG V=VER\nFROM HOST/base:$V-slim@DIG\n",
        ),
    ];
    let mut laid = Vec::new();
    for (more, before, after) in cases {
        shop.lay(before, &format!("{pin}\n{more}"));
        drop(std::fs::remove_file(shop.work.image().join("pins.lock")));
        shop.run(&["refresh"]).code(0).says("new at 20.1.0-slim");
        shop.has(&after.replace("VER", "20.1.0").replace("DIG", &one));
        shop.run(&["verify"]).code(0);
        laid.push((more, shop.work.read("Dockerfile"), shop.work.read("pins.lock"), after));
    }
    let two = shop.push("base", "20.2.0-slim", &base("20.2.0-slim"));
    for (more, dockerfile, lock, after) in laid {
        shop.lay(&dockerfile, &format!("{pin}\n{more}"));
        shop.work.write("pins.lock", lock);
        shop.run(&["outdated"]).code(1).says("newer").says("20.2.0-slim");
        shop.run(&["refresh"]).code(0).says("20.1.0-slim -> 20.2.0-slim");
        shop.has(&after.replace("VER", "20.2.0").replace("DIG", &two));
        shop.run(&["verify"]).code(0);
    }
}

#[test]
fn a_version_that_the_range_no_longer_has_is_left_through_its_arg() {
    let Some(shop) = Shop::open() else { return };
    shop.push("base", "19.0.0-slim", &base("19"));
    let new = shop.push("base", "20.1.0-slim", &base("20"));
    let pin = |range: &str| {
        format!(
            "image = \"HOST/base\"\nversion = \"{range}\"\ntag = \"{{version}}-slim\"\ninto = [{{ arg = \"V\", value = \"version\" }}]"
        )
    };
    shop.lay("ARG V=19.0.0\nFROM HOST/base:$V-slim\n", &pin("^19"));
    shop.run(&["refresh"]).code(0);
    shop.manifest("\"linux/amd64\", \"linux/arm64\"", &pin("^20"));
    shop.run(&["refresh"]).code(0);
    shop.has(&format!("ARG V=20.1.0\nFROM HOST/base:$V-slim@{new}\n"));
    shop.run(&["verify"]).code(0);
    // The same from nothing.
    drop(std::fs::remove_file(shop.work.image().join("pins.lock")));
    shop.lay("ARG V=19.0.0\nFROM HOST/base:$V-slim\n", &pin("^20"));
    shop.run(&["refresh"]).code(0);
    shop.has(&format!("ARG V=20.1.0\nFROM HOST/base:$V-slim@{new}\n"));
}

#[test]
fn a_tag_without_a_digest_is_not_kept() {
    let Some(shop) = Shop::open() else { return };
    shop.push("base", "1", &base("one"));
    shop.lay("FROM HOST/base:1\n", "image = \"HOST/base:1\"");
    shop.refused(&["refresh", "--keep"], 1, &["--keep moves nothing"]);
    shop.lay(
        "ARG TAG=1\nFROM HOST/base:$TAG\n",
        "image = \"HOST/base:1\"\ninto = [{ arg = \"TAG\", value = \"tag\" }]",
    );
    shop.refused(&["refresh", "--keep"], 1, &["there is no digest of HOST/base to keep"]);
}

#[test]
fn a_digest_that_stands_there_is_adopted_before_the_tag_moves_it() {
    let Some(shop) = Shop::open() else { return };
    let old = shop.push("base", "1", &base("one"));
    shop.push("base", "1", &base("two"));
    let dockerfile = format!("FROM HOST/base:1@{old}\n");
    shop.lay(&dockerfile, "image = \"HOST/base:1\"");
    shop.run(&["refresh"]).code(0).says("1 new");
    shop.has(&dockerfile);
    shop.run(&["verify"]).code(0);
    shop.run(&["outdated"]).code(1).says("newer");
}

#[test]
fn an_image_of_one_platform_is_followed_as_such() {
    let Some(shop) = Shop::open() else { return };
    let digest = shop.push("base", "1", &single("one"));
    shop.lay("FROM HOST/base:1\n", "image = \"HOST/base:1\"").manifest("\"linux/amd64\"", "image = \"HOST/base:1\"");
    shop.run(&["refresh"]).code(0);
    shop.has(&format!("FROM HOST/base:1@{digest}\n"));
    assert!(shop.work.read("pins.lock").contains("\"kind\": \"manifest\""));
    shop.run(&["verify"]).code(0);
    shop.run(&["refresh", "--locked"]).code(0);
}

/// Docker Hub, at a mirror of the machine that may say what a tag means.
#[test]
fn short_names_stay_as_they_are_written() {
    let Some(shop) = Shop::open() else { return };
    let debian = shop.push("hub/library/debian", "12", &base("debian"));
    let mirror = shop.text("https://docker.io/=http://HOST/hub/;resolve");
    let run = |arguments: &[&str]| ran(shop.work.command(arguments).env("DUBO_PIN_MIRRORS", &mirror));
    for image in ["debian:12", "docker.io/debian:12", "index.docker.io/library/debian:12"] {
        drop(std::fs::remove_file(shop.work.image().join("pins.lock")));
        shop.lay(
            "FROM debian:12 AS a\nFROM library/debian:12\nFROM docker.io/debian:12\n# dubo-pin: ignore=COV001 not of this pin\nFROM debian\nFROM a\n",
            &format!("image = \"{image}\""),
        );
        run(&["refresh"]).code(0);
        shop.has(&format!(
            "FROM debian:12@{debian} AS a\nFROM library/debian:12@{debian}\nFROM docker.io/debian:12@{debian}\n# dubo-pin: ignore=COV001 not of this pin\nFROM debian\nFROM a\n"
        ));
        let lock = shop.work.read("pins.lock");
        assert!(lock.contains(&format!("\"reference\": \"docker.io/library/debian:12@{debian}\"")), "{lock}");
        assert!(lock.contains("\"origin\": \"mirror\""), "{lock}");
        run(&["verify"]).code(0);
        run(&["outdated"]).code(0);
    }
    // A name without a tag is the tag `latest`.
    let latest = shop.push("hub/library/debian", "latest", &base("latest"));
    drop(std::fs::remove_file(shop.work.image().join("pins.lock")));
    shop.lay("FROM debian\n", "image = \"debian:latest\"");
    run(&["refresh"]).code(0);
    shop.has(&format!("FROM debian:latest@{latest}\n"));
}

#[test]
fn one_exact_digest_is_set_by_hand() {
    let Some(shop) = Shop::locked() else { return };
    let (one, two) = (digest(&base("one")), shop.push("base", "1", &base("two")));
    shop.run(&["refresh"]).code(0);
    let before = shop.work.tree();
    shop.run(&["refresh", "base", "--to", &one, "--dry-run"]).code(0).says(&one);
    assert!(shop.work.tree() == before);
    shop.run(&["refresh", "base", "--to", &one]).code(0);
    shop.has(&format!("FROM HOST/base:1@{one}\n"));
    shop.run(&["verify"]).code(0);
    shop.run(&["refresh", "base", "--to", &format!("1@{two}")]).code(0);
    shop.has(&format!("FROM HOST/base:1@{two}\n"));
    for bad in ["1", "sha256:00", &format!("2@{one}"), &digest(&base("nowhere"))] {
        shop.refused(&["refresh", "base", "--to", bad], 1, &[]);
    }
}
