use super::super::tests::{D1, D2, clean, has, lines, parse};
use super::*;

#[test]
fn an_image_without_its_digest_is_one_finding() {
    has("FROM debian:12\n", &["Dockerfile:1:6 IMG001 the image is taken in without its digest"]);
    has("FROM debian\n", &["Dockerfile:1:6 IMG002 the image has no tag: whatever is `latest` is taken in"]);
    has("FROM debian:latest\n", &["Dockerfile:1:6 IMG002 the tag `latest` names another image every day"]);
    has(
        "ARG T=12\nFROM --platform=$BUILDPLATFORM debian:$T AS a\nFROM a\n",
        &["Dockerfile:2:32 IMG001 the image is taken in without its digest"],
    );
    has(
        "FROM scratch\nCOPY --from=debian:12 /a /b\n",
        &["Dockerfile:2:13 IMG009 the image to copy from is taken in without its digest"],
    );
    has(
        "FROM scratch\nRUN --mount=type=bind,from=debian,target=/x true\n",
        &["Dockerfile:2:13 IMG009 the image of a mount is taken in without its digest"],
    );
    has(
        "FROM scratch\nONBUILD COPY --from=debian:12 /a /b\n",
        &["Dockerfile:2:21 IMG009 the image of an ONBUILD is taken in without its digest"],
    );
    has(
        "# syntax=docker/dockerfile:1\nFROM scratch\n",
        &["Dockerfile:1:10 IMG010 the frontend that reads this file is taken in without its digest"],
    );
}

#[test]
fn what_is_pinned_or_no_image_is_left_alone() {
    clean(&format!("# syntax=docker/dockerfile:1@{D1}\nFROM debian:12@{D1} AS a\nFROM a\nCOPY --from=a /x /y\n"));
    clean(&format!("ARG B=debian:12@{D1}\nFROM $B\nFROM scratch\nCOPY --from=0 /x /y\n"));
    clean(&format!("FROM debian:12@{D1} AS build-amd64\nFROM build-$TARGETARCH\n"));
    clean("ARG B=scratch\nFROM $B\nRUN <<EOF\nFROM debian\nEOF\n");
    clean(&format!("FROM --platform=$BUILDPLATFORM debian:latest@{D1}\n"));
}

#[test]
fn a_digest_that_tells_a_reader_nothing_or_the_wrong_thing() {
    has(
        &format!("FROM debian@{D1}\n"),
        &["Dockerfile:1:6 IMG003 the image has a digest and no tag, so that nobody reads which version it is (note)"],
    );
    has(
        &format!("ARG T=12\nFROM debian:$T@{D1}\n"),
        &[
            "Dockerfile:2:6 IMG013 an ARG gives the tag and the digest stands here: with another tag the same image is built (note)",
        ],
    );
    clean(&format!("ARG T=12@{D1}\nFROM debian:$T\n"));
}

#[test]
fn one_image_at_two_digests_in_a_folder() {
    let one = parse("a/Dockerfile", &format!("FROM debian:12@{D1}\nFROM docker.io/library/debian:12@{D1}\n"));
    let two = parse("b/Dockerfile", &format!("FROM debian:12@{D2}\nFROM debian:12@{D2}\nFROM debian:13@{D2}\n"));
    assert_eq!(
        lines(&[one, two]),
        ["b/Dockerfile:1:6 IMG008 the image is taken in with another digest elsewhere (note)",]
    );
    clean(&format!("FROM --platform=linux/amd64 a:1@{D1}\nFROM --platform=linux/arm64 a:1@{D2}\n"));
}

#[test]
fn names_that_are_no_stage_and_images_that_nobody_can_know() {
    has(
        &format!("FROM debian:12@{D1} AS Build\nFROM Build\n"),
        &["Dockerfile:2:6 IMG011 `Build` is no stage: FROM knows the stage as `build`"],
    );
    has(
        &format!("FROM build\nFROM debian:12@{D1} AS build\n"),
        &["Dockerfile:1:6 IMG011 this is the image `build`, not the stage of that name: it comes later"],
    );
    has(
        "ARG B\nFROM $B\n",
        &["Dockerfile:2:6 IMG012 which image this is depends on the variable `B`, which has no value here (note)"],
    );
    has(
        "FROM x-$TARGETARCH\n",
        &[
            "Dockerfile:1:6 IMG012 which image this is depends on `TARGETARCH`, which is known only when the image is built (note)",
        ],
    );
    has("FROM Debian:12\n", &["Dockerfile:1:6 IMG015 the image name in `Debian:12` has upper-case letters"]);
    has(
        "FROM debian:12@sha256:00\n",
        &["Dockerfile:1:6 IMG015 `debian:12@sha256:00` is no image reference: its digest is malformed"],
    );
}

#[test]
fn the_help_tells_the_next_step() {
    let files = [parse("Dockerfile", "FROM debian:12\n")];
    let mut out = Vec::new();
    check(&files, &mut out);
    let trouble = &out.first().unwrap().finding.trouble;
    assert_eq!(trouble.found.as_deref(), Some("`debian:12`"));
    assert_eq!(trouble.expected.as_deref(), Some("`debian:12@sha256:…`"));
    assert_eq!(
        trouble.help.as_deref(),
        Some(
            "dubo-pin init makes a pin that follows it, dubo-pin refresh NAME writes the digest (why: dubo-pin lint --explain IMG001)"
        )
    );
}
