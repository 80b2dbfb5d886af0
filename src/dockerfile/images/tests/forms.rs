//! Every form in which an image is named, and the bytes it becomes.

use super::super::Role;
use super::*;

#[test]
fn a_literal_from_keeps_its_tag_and_gets_the_digest() {
    becomes("FROM debian\n", None, "FROM debian@SHA1\n");
    becomes("FROM debian:bookworm-slim\n", None, "FROM debian:bookworm-slim@SHA1\n");
    becomes("FROM debian@SHA0\n", None, "FROM debian@SHA1\n");
    becomes("FROM debian:12@SHA0\n", None, "FROM debian:12@SHA1\n");
    becomes("FROM host:5000/x\n", None, "FROM host:5000/x@SHA1\n");
    becomes("FROM [::1]:5000/x:t\n", None, "FROM [::1]:5000/x:t@SHA1\n");
    becomes("FROM localhost/x\n", None, "FROM localhost/x@SHA1\n");
    becomes("FROM a.b/c/d:1 AS name\n", None, "FROM a.b/c/d:1@SHA1 AS name\n");
    becomes(
        "FROM --platform=$BUILDPLATFORM debian:12 AS b\n",
        None,
        "FROM --platform=$BUILDPLATFORM debian:12@SHA1 AS b\n",
    );
    becomes("FROM debian:12@SHA1\n", None, "FROM debian:12@SHA1\n");
}

#[test]
fn a_wanted_tag_is_written_before_the_digest() {
    becomes("FROM debian\n", Some("12"), "FROM debian:12@SHA1\n");
    becomes("FROM debian@SHA0\n", Some("12"), "FROM debian:12@SHA1\n");
    becomes("FROM debian:11\n", Some("12"), "FROM debian:12@SHA1\n");
    becomes("FROM debian:11@SHA0\n", Some("12"), "FROM debian:12@SHA1\n");
    becomes("FROM debian:11@SHA1\n", Some("12"), "FROM debian:12@SHA1\n");
    becomes("FROM host:5000/x@SHA1\n", Some("1"), "FROM host:5000/x:1@SHA1\n");
    becomes("ARG I=debian@SHA0\nFROM $I\n", Some("12"), "ARG I=debian:12@SHA1\nFROM $I\n");
    becomes("ARG N=debian\nFROM $N@SHA0\n", Some("12"), "ARG N=debian\nFROM $N:12@SHA1\n");
    becomes("ARG N=debian\nFROM $N\n", Some("12"), "ARG N=debian:12@SHA1\nFROM $N\n");
}

#[test]
fn quotes_stay_where_they_are() {
    becomes("FROM \"debian:12\"\n", None, "FROM \"debian:12@SHA1\"\n");
    becomes("FROM 'debian:12' AS a\n", None, "FROM 'debian:12@SHA1' AS a\n");
    becomes("FROM deb\"ian\":12\n", None, "FROM deb\"ian\":12@SHA1\n");
    becomes("FROM \"debian:12@SHA0\"\n", None, "FROM \"debian:12@SHA1\"\n");
    becomes("ARG I=\"debian:12\"\nFROM \"$I\"\n", None, "ARG I=\"debian:12@SHA1\"\nFROM \"$I\"\n");
    becomes("ARG I='debian:12' X=1\nFROM \"${I}\"\n", None, "ARG I='debian:12@SHA1' X=1\nFROM \"${I}\"\n");
    becomes(
        "ARG T=12\nARG T2=$T\nFROM a:$T\nFROM \"b:$T\"\n",
        None,
        "ARG T=12\nARG T2=$T\nFROM a:$T@SHA1\nFROM \"b:$T@SHA1\"\n",
    );
}

#[test]
fn a_whole_image_in_an_arg_is_edited_there() {
    for used in ["$IMG", "${IMG}", "\"$IMG\"", "${IMG:-other}", "${IMG:?say}", "${NO:-$IMG}", "${IMG:+$IMG}"] {
        becomes(
            &format!("ARG IMG=debian:bookworm\nFROM {used} AS a\n"),
            None,
            &format!("ARG IMG=debian:bookworm@SHA1\nFROM {used} AS a\n"),
        );
    }
    becomes("ARG B=debian:12\nARG A=$B\nFROM $A\n", None, "ARG B=debian:12@SHA1\nARG A=$B\nFROM $A\n");
    becomes("ARG B=debian:12@SHA0\nARG A=${B}\nFROM $A\n", None, "ARG B=debian:12@SHA1\nARG A=${B}\nFROM $A\n");
    becomes("ARG A=old:1\nARG A=debian:12\nFROM $A\n", None, "ARG A=old:1\nARG A=debian:12@SHA1\nFROM $A\n");
    becomes(
        "ARG A=debian:12\nFROM $A\nARG A\nLABEL x=$A\n",
        None,
        "ARG A=debian:12@SHA1\nFROM $A\nARG A\nLABEL x=$A\n",
    );
}

#[test]
fn a_default_inside_of_from_is_edited_there() {
    becomes("FROM ${IMG:-debian:12}\n", None, "FROM ${IMG:-debian:12@SHA1}\n");
    becomes("ARG IMG\nFROM ${IMG-debian:12} AS a\n", None, "ARG IMG\nFROM ${IMG-debian:12@SHA1} AS a\n");
    becomes("FROM ${IMG:-\"debian:12\"}\n", None, "FROM ${IMG:-\"debian:12@SHA1\"}\n");
    becomes("FROM ${A:-${B:-debian:12@SHA0}}\n", None, "FROM ${A:-${B:-debian:12@SHA1}}\n");
    becomes("FROM debian:${TAG:-12}\n", None, "FROM debian:${TAG:-12@SHA1}\n");
    becomes("FROM debian:${TAG:-11}\n", Some("12"), "FROM debian:${TAG:-12@SHA1}\n");
    becomes("ARG X=1\nFROM debian${X:+:12}\n", None, "ARG X=1\nFROM debian${X:+:12}@SHA1\n");
    becomes("ARG I=${X:-debian:12}\nFROM $I\n", None, "ARG I=${X:-debian:12@SHA1}\nFROM $I\n");
}

#[test]
fn registry_and_image_apart() {
    becomes(
        "ARG REGISTRY=docker.io\nARG TAG=12\nFROM $REGISTRY/library/debian:$TAG\n",
        None,
        "ARG REGISTRY=docker.io\nARG TAG=12@SHA1\nFROM $REGISTRY/library/debian:$TAG\n",
    );
    becomes(
        "ARG REGISTRY=ghcr.io\nFROM ${REGISTRY}/a/b:1\nFROM ${REGISTRY}/a/c:1\n",
        None,
        "ARG REGISTRY=ghcr.io\nFROM ${REGISTRY}/a/b:1@SHA1\nFROM ${REGISTRY}/a/c:1@SHA1\n",
    );
    becomes("ARG R=ghcr.io I=a/b:1\nFROM $R/$I\n", None, "ARG R=ghcr.io I=a/b:1@SHA1\nFROM $R/$I\n");
}

#[test]
fn a_tag_in_an_arg_takes_the_digest_if_it_serves_that_alone() {
    becomes("ARG TAG=12\nFROM debian:${TAG}\n", None, "ARG TAG=12@SHA1\nFROM debian:${TAG}\n");
    becomes("ARG TAG=11\nFROM debian:${TAG}\n", Some("12"), "ARG TAG=12@SHA1\nFROM debian:${TAG}\n");
    becomes(
        "ARG TAG=12\nFROM debian:$TAG AS a\nFROM docker.io/library/debian:${TAG}\n",
        None,
        "ARG TAG=12@SHA1\nFROM debian:$TAG AS a\nFROM docker.io/library/debian:${TAG}\n",
    );
    becomes("ARG V=12\nARG TAG=$V\nFROM debian:$TAG\n", None, "ARG V=12@SHA1\nARG TAG=$V\nFROM debian:$TAG\n");
}

#[test]
fn a_tag_in_an_arg_that_serves_more_stays_and_the_digest_goes_behind() {
    becomes("ARG T=1\nFROM a:$T\nFROM b:$T\n", None, "ARG T=1\nFROM a:$T@SHA1\nFROM b:$T@SHA1\n");
    becomes("ARG T=1\nFROM a:$T\nFROM a:$T-slim\n", None, "ARG T=1\nFROM a:$T@SHA1\nFROM a:$T-slim@SHA1\n");
    becomes("ARG T=1\nFROM a:$T\nARG T\nRUN x $T\n", None, "ARG T=1\nFROM a:$T@SHA1\nARG T\nRUN x $T\n");
    becomes("ARG T=1\nFROM a:$T\nONBUILD ARG T\n", None, "ARG T=1\nFROM a:$T@SHA1\nONBUILD ARG T\n");
    becomes("ARG T=1\nFROM a:$T\nFROM b:${T%.*}\n", None, "ARG T=1\nFROM a:$T@SHA1\nFROM b:${T%.*}@SHA1\n");
    becomes("ARG T=1\nFROM a$T:$T\n", None, "ARG T=1\nFROM a$T:$T@SHA1\n");
    becomes(
        "ARG T=1\nFROM a:$T AS x\nFROM --platform=$T x\n",
        None,
        "ARG T=1\nFROM a:$T@SHA1 AS x\nFROM --platform=$T x\n",
    );
    becomes("ARG T=1\nFROM a:${T} AS x\nFROM $T$T:1\n", None, "ARG T=1\nFROM a:${T}@SHA1 AS x\nFROM $T$T:1@SHA1\n");
    becomes("ARG T=1 U=$T\nFROM a:$T\nARG U\n", None, "ARG T=1 U=$T\nFROM a:$T@SHA1\nARG U\n");
    becomes("ARG T=1\nARG I=a:$T\nFROM $I\nARG T\n", None, "ARG T=1\nARG I=a:$T@SHA1\nFROM $I\nARG T\n");
    becomes(
        "ARG T=1\nARG I=a:$T\nFROM $I\nFROM $I-x\nARG T\n",
        None,
        "ARG T=1\nARG I=a:$T\nFROM $I@SHA1\nFROM $I-x@SHA1\nARG T\n",
    );
    becomes(
        "ARG T=1\nARG I=a$T:1\nFROM a1:$T\nFROM $I\n",
        None,
        "ARG T=1\nARG I=a$T:1@SHA1\nFROM a1:$T@SHA1\nFROM $I\n",
    );
    becomes("ARG T=12 E=\nFROM a:$T$E\n", None, "ARG T=12 E=\nFROM a:$T$E@SHA1\n");
}

#[test]
fn a_digest_in_an_arg_is_edited_there() {
    becomes("ARG D=SHA0\nFROM debian:12@$D\n", None, "ARG D=SHA1\nFROM debian:12@$D\n");
    becomes("ARG D=SHA0\nFROM debian@${D}\n", Some("12"), "ARG D=SHA1\nFROM debian:12@${D}\n");
    let hex = |d: &str| d.replace("sha256:", "");
    becomes(
        &format!("ARG HEX={}\nFROM debian:12@sha256:$HEX\n", hex(OLD)),
        None,
        &format!("ARG HEX={}\nFROM debian:12@sha256:$HEX\n", hex(NEW)),
    );
    becomes(
        "ARG T=11\nARG D=SHA0\nFROM debian:$T@$D\nFROM debian:$T@$D\n",
        Some("12"),
        "ARG T=12\nARG D=SHA1\nFROM debian:$T@$D\nFROM debian:$T@$D\n",
    );
    becomes("ARG D=@SHA0\nFROM debian:12$D\n", None, "ARG D=@SHA1\nFROM debian:12$D\n");
    becomes("ARG D=SHA0\nFROM debian:12${D:+@$D}\n", None, "ARG D=SHA1\nFROM debian:12${D:+@$D}\n");
}

#[test]
fn of_a_composed_tag_the_part_that_differs_is_edited() {
    becomes("ARG V=1.21\nFROM golang:$V-alpine\n", Some("1.22-alpine"), "ARG V=1.22\nFROM golang:$V-alpine@SHA1\n");
    becomes(
        "ARG V=1.21\nARG OS=bookworm\nFROM golang:${V}-${OS}@SHA0\n",
        Some("1.22-bookworm"),
        "ARG V=1.22\nARG OS=bookworm\nFROM golang:${V}-${OS}@SHA1\n",
    );
    becomes(
        "ARG V=1.21\nARG OS=bookworm\nFROM golang:${V}-${OS}@SHA0\n",
        Some("1.21-trixie"),
        "ARG V=1.21\nARG OS=trixie\nFROM golang:${V}-${OS}@SHA1\n",
    );
    becomes("ARG V=1.21\nFROM golang:$V-alpine\n", Some("1.21-slim"), "ARG V=1.21\nFROM golang:$V-slim@SHA1\n");
}

#[test]
fn a_continuation_does_not_hide_an_image() {
    becomes("FROM deb\\\nian:12\n", None, "FROM deb\\\nian:12@SHA1\n");
    becomes(
        "ARG A=x \\\n  I=debian:12 \\\n  B=y\nFROM $I\n",
        None,
        "ARG A=x \\\n  I=debian:12@SHA1 \\\n  B=y\nFROM $I\n",
    );
    becomes("COPY\n".replace("COPY", "FROM a:1 \\\n  AS b").as_str(), None, "FROM a:1@SHA1 \\\n  AS b\n");
    let split = "FROM debian:1\\\n2\n";
    let ImageError::Composed { what: "tag", .. } = pin(split, Some("20")).unwrap_err() else {
        panic!("{:?}", pin(split, Some("20")));
    };
    assert_eq!(pin(split, None), Ok(format!("FROM debian:1\\\n2@{NEW}\n")));
}

#[test]
fn a_backtick_escapes_as_well() {
    let text = "# escape=`\nARG I=debian:12 `\n  J=1\nFROM $I\n";
    assert_eq!(pin(text, None), Ok(text.replace("debian:12", &format!("debian:12@{NEW}"))));
}

#[test]
fn an_operator_in_the_way_is_refused_or_gone_around() {
    becomes("ARG V=v12\nFROM debian:${V#v}\n", None, "ARG V=v12\nFROM debian:${V#v}@SHA1\n");
    becomes("ARG V=x/debian\nFROM ${V##*/}:12\n", None, "ARG V=x/debian\nFROM ${V##*/}:12@SHA1\n");
    becomes("ARG V=12.1\nFROM debian:${V%.*}\n", None, "ARG V=12.1\nFROM debian:${V%.*}@SHA1\n");
    becomes("ARG V=12.1.2\nFROM debian:${V%%.*}-slim\n", None, "ARG V=12.1.2\nFROM debian:${V%%.*}-slim@SHA1\n");
    becomes("ARG V=12_1\nFROM debian:${V/_/.}\n", None, "ARG V=12_1\nFROM debian:${V/_/.}@SHA1\n");
    becomes("ARG V=1_2_1\nFROM debian:\"${V//_/.}\"\n", None, "ARG V=1_2_1\nFROM debian:\"${V//_/.}@SHA1\"\n");
    becomes("ARG V=v12\nARG T=${V#v}\nFROM debian:$T\n", None, "ARG V=v12\nARG T=${V#v}@SHA1\nFROM debian:$T\n");
    for form in ["${V#v}", "${V##v}", "${V%-x}", "${V%%-x}", "${V/v/}", "${V//v/}"] {
        let text = format!("ARG V=v12\nFROM debian:{form}\n");
        let error = pin(&text, Some("13")).unwrap_err();
        let ImageError::Composed { what: "tag", reference, .. } = &error else { panic!("{error:?}") };
        assert!(reference.starts_with("debian:"), "{reference}");
        let trouble = error.trouble();
        assert_eq!(trouble.place.map(|p| p.line), Some(2));
        assert_eq!(
            trouble.help.as_deref(),
            Some("write the whole tag in one piece, into one ARG or into the instruction: 13")
        );
    }
}

#[test]
fn images_that_are_copied_from_and_mounted() {
    becomes("FROM a:1\nCOPY --from=busybox:1 /x /y\n", None, "FROM a:1@SHA1\nCOPY --from=busybox:1@SHA1 /x /y\n");
    becomes(
        "FROM a:1\nCOPY --chown=1 --from=\"b/c@SHA0\" [\"x\", \"y\"]\n",
        None,
        "FROM a:1@SHA1\nCOPY --chown=1 --from=\"b/c@SHA1\" [\"x\", \"y\"]\n",
    );
    becomes(
        "FROM a:1\nRUN --mount=type=bind,from=b:1,target=/b --mount=from=c,target=/c x --mount=from=d\n",
        None,
        "FROM a:1@SHA1\nRUN --mount=type=bind,from=b:1@SHA1,target=/b --mount=from=c@SHA1,target=/c x --mount=from=d\n",
    );
    becomes(
        "FROM a:1\nRUN --mount=type=cache,target=/x,from=b \\\n  --mount=\"from=c:1,target=/c\" \\\n  x\n",
        None,
        "FROM a:1@SHA1\nRUN --mount=type=cache,target=/x,from=b@SHA1 \\\n  --mount=\"from=c:1@SHA1,target=/c\" \\\n  x\n",
    );
    becomes(
        "FROM a:1\nRUN --mount=from=b,target=/x,FROM=c:1 x\n",
        None,
        "FROM a:1@SHA1\nRUN --mount=from=b,target=/x,FROM=c:1@SHA1 x\n",
    );
    becomes(
        "FROM a:1\nONBUILD COPY --from=b:1 /x /y\nONBUILD RUN --mount=from=c,target=/c x\n",
        None,
        "FROM a:1@SHA1\nONBUILD COPY --from=b:1@SHA1 /x /y\nONBUILD RUN --mount=from=c@SHA1,target=/c x\n",
    );
    let all = found("FROM a:1 AS x\nONBUILD COPY --from=b:1 /x /y\nRUN --mount=from=c,target=/c x\n").found;
    let told: Vec<_> = all.iter().map(|i| (i.role, i.onbuild, i.stage, i.instruction, i.place.column)).collect();
    assert_eq!(
        told,
        [
            (Role::From, false, Some(0), Some(0), 6),
            (Role::CopyFrom, true, Some(0), Some(1), 21),
            (Role::Mount, false, Some(0), Some(2), 13),
        ]
    );
}

#[test]
fn the_frontend_of_the_file_is_an_image() {
    for (before, after) in [
        ("# syntax=docker/dockerfile:1\nFROM scratch\n", "# syntax=docker/dockerfile:1@SHA1\nFROM scratch\n"),
        ("#Syntax = docker/dockerfile\nFROM scratch\n", "#Syntax = docker/dockerfile@SHA1\nFROM scratch\n"),
        ("// syntax=a/b:1 x\nFROM scratch\n", "// syntax=a/b:1@SHA1 x\nFROM scratch\n"),
        ("# escape=\\\n# syntax=a/b:1@SHA0\nFROM scratch\n", "# escape=\\\n# syntax=a/b:1@SHA1\nFROM scratch\n"),
        ("FROM scratch\n# syntax=a/b:1\n", "FROM scratch\n# syntax=a/b:1\n"),
        ("# x\n# syntax=a/b:1\nFROM scratch\n", "# x\n# syntax=a/b:1\nFROM scratch\n"),
    ] {
        becomes(before, None, after);
    }
    let all = found("# syntax=docker/dockerfile:1\nFROM scratch\n").found;
    assert_eq!((all[0].role, all[0].stage, all[0].instruction), (Role::Syntax, None, None));
    assert_eq!(all[0].reference.repository, "docker.io/docker/dockerfile");
}

#[test]
fn the_platform_is_told_as_written() {
    let all = found("FROM --platform=$BUILDPLATFORM a:1 AS x\nFROM --platform=linux/arm64 b\nFROM c\n").found;
    let told: Vec<_> = all.iter().map(|i| i.platform.as_deref()).collect();
    assert_eq!(told, [Some("$BUILDPLATFORM"), Some("linux/arm64"), None]);
}
