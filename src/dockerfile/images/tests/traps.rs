//! What is no image, what only looks like one, and what cannot be said.

use super::super::ReferenceError;
use super::*;

const NONE: [&str; 0] = [];

#[test]
fn what_is_no_image_is_left_alone() {
    for text in [
        "FROM scratch\n",
        "ARG B=scratch\nFROM $B\n",
        "FROM ${B:-scratch}\n",
        "FROM scratch AS a\nFROM a\nCOPY --from=a /x /y\nCOPY --from=A /x /y\nCOPY --from=0 /x /y\n",
        "FROM scratch AS Base\nARG N=base\nFROM base\n",
        "ARG N=base\nFROM scratch AS Base\nFROM ${N}\nRUN --mount=from=BASE,target=/x y\n",
        "FROM scratch\nCOPY --from=scratch /x /y\nRUN --mount=type=cache,from=scratch,target=/x y\n",
        "FROM scratch\n# FROM debian\n#COPY --from=x /a /b\nRUN echo FROM debian --from=x\n",
        "FROM scratch\nRUN <<E\nFROM debian:1\nCOPY --from=x /a /b\nE\n",
        "FROM scratch\nCOPY <<E /x\nFROM debian:1\nE\n",
        "FROM scratch\nRUN x \\\n# FROM debian\n  --mount=from=y\n",
        "FROM scratch\nADD --from=x a b\n",
        "FROM scratch\nCOPY a b\nRUN --mount=type=cache,target=/x y\n",
        "FROM scratch\nONBUILD COPY --from=late /x /y\nFROM scratch AS late\n",
        "FROM scratch\nRUN --mount=from=a,type=bind,from=,target=/x y\n",
        "FROM scratch AS later\nONBUILD COPY --from=later /x /y\n",
        "FROM scratch\nCOPY --from=-1 /x /y\nCOPY --from= /x /y\n",
    ] {
        let all = found(text);
        assert_eq!(references(text), NONE, "{text}");
        assert_eq!((all.unclear, all.notes), (vec![], vec![]), "{text}");
    }
}

#[test]
fn an_image_that_depends_on_the_build_is_told() {
    let is = |text: &str, why: Why| {
        assert_eq!(unclear(text).into_iter().map(|(_, why)| why).collect::<Vec<_>>(), [why], "{text}");
        assert_eq!(references(text), NONE, "{text}");
    };
    is("ARG IMG\nFROM $IMG\n", Why::Variable("IMG".into()));
    is("FROM debian:$TAG\n", Why::Variable("TAG".into()));
    is("FROM debian$TAG\n", Why::Variable("TAG".into()));
    is("ARG B=$A\nFROM x$B\n", Why::Variable("A".into()));
    is("ARG B=x${A#y}\nFROM $B\n", Why::Variable("A".into()));
    is("FROM ${IMG:?say}\n", Why::Variable("IMG".into()));
    is("FROM x/$TARGETARCH/debian:12\n", Why::Unknown("TARGETARCH".into()));
    is("ARG A=x-$TARGETARCH\nFROM $A\n", Why::Unknown("A".into()));
    is("FROM scratch\nARG T=1\nFROM debian:$T\n", Why::Variable("T".into()));
    is("FROM \"debian\n", Why::Unread("a double quote is not closed".into()));
    is("FROM scratch\nCOPY --from=$IMG /x /y\n", Why::NotExpanded("IMG".into()));
    is("FROM scratch\nRUN --mount=from=${IMG},target=/x y\n", Why::NotExpanded("IMG".into()));
    is("FROM scratch\nRUN --mount=from=0,target=/x y\n", Why::Number("0".into()));
    assert_eq!(references("ARG TARGETARCH=amd64\nFROM debian-$TARGETARCH:12\n"), ["debian-amd64:12"]);
    assert_eq!(references("FROM debian${SUFFIX:-}:12\n"), ["debian:12"]);
}

#[test]
fn a_choice_among_stages_by_platform_is_told_and_no_image() {
    for word in ["build-$TARGETARCH", "build-${TARGETOS}${DEBUG:+-x}", "build-$V", "b${TARGETARCH}4", "build-$P"] {
        let text = format!("ARG P=${{TARGETARCH#x}}\nFROM scratch AS build-arm64\nFROM {word} AS b\n");
        assert_eq!(notes(&text), [(3, Why::Choice(word.into()))], "{word}");
        assert_eq!((unclear(&text), references(&text)), (vec![], vec![]), "{word}");
    }
    for word in ["$TARGETARCH", "x-$TARGETARCH", "build-$TARGETARCH:1", "late-$TARGETARCH"] {
        let text = format!("FROM scratch AS build-arm64\nFROM {word} AS b\nFROM scratch AS late-arm64\n");
        assert_eq!(unclear(&text), [(2, Why::Unknown("TARGETARCH".into()))], "{word}");
    }
}

#[test]
fn what_is_no_reference_is_told() {
    for (text, line, error) in [
        ("FROM Debian\n", 1, ReferenceError::Upper("Debian".into())),
        ("ARG E=\nFROM $E\n", 2, ReferenceError::Empty),
        ("FROM a:\n", 1, ReferenceError::Tag("a:".into())),
        ("FROM scratch\nCOPY --from=a@x /x /y\n", 2, ReferenceError::Digest("a@x".into())),
        ("# syntax=a//b\nFROM scratch\n", 1, ReferenceError::Name("a//b".into())),
    ] {
        assert_eq!(unclear(text), [(line, Why::Malformed(error))], "{text}");
        assert_eq!(references(text), NONE, "{text}");
    }
    let trouble = found("FROM Debian\n").unclear[0].trouble();
    assert_eq!(trouble.message, "the image name in `Debian` has upper-case letters");
    assert_eq!(found("FROM Debian\n").unclear[0].why.id(), "IMG015");
}

#[test]
fn a_name_that_is_a_stage_elsewhere_is_told() {
    let text = "FROM debian\nFROM golang AS debian\nFROM debian\n";
    assert_eq!(references(text), ["debian", "golang"]);
    assert_eq!(notes(text), [(1, Why::LaterStage("debian".into()))]);
    assert_eq!(notes("FROM golang AS golang\n"), [], "its own name is no trap");
    let text = "FROM scratch AS Base\nFROM Base\n";
    assert_eq!(unclear(text), [(2, Why::StageCase("Base".into(), "base".into()))]);
    assert_eq!(found(text).unclear[0].trouble().help.as_deref(), Some("write `base`"));
    let text = "FROM scratch\nCOPY --from=late /x /y\nRUN --mount=from=LATE,target=/x y\nFROM scratch AS late\n";
    assert_eq!(notes(text), [(2, Why::Forward("late".into())), (3, Why::Forward("LATE".into()))]);
    assert_eq!(references(text), NONE);
}

#[test]
fn a_digest_of_another_algorithm_is_read_and_told() {
    let digest = format!("sha512:{}", "a".repeat(128));
    let text = format!("FROM debian:12@{digest}\n");
    assert_eq!(references(&text), [format!("debian:12@{digest}")]);
    assert_eq!(notes(&text), [(1, Why::Algorithm(digest))]);
    assert_eq!(pin(&text, None), Ok(format!("FROM debian:12@{NEW}\n")));
}

#[test]
fn an_edit_that_would_move_another_image_is_refused() {
    let text = format!("ARG T=1\nFROM a:$T@{OLD}\nFROM b:$T@{OLD}\n");
    let file = file(&text);
    let all = images(&file);
    let error = all.found[0].edits(&file, Some("2"), NEW).unwrap_err();
    let ImageError::Shared { before, after, wanted, .. } = &error else { panic!("{error:?}") };
    assert_eq!((before, after, wanted), (&format!("b:1@{OLD}"), &format!("b:2@{OLD}"), before));
    assert_eq!(error.trouble().place.map(|p| p.line), Some(3));
    assert!(all.found[0].edits(&file, None, NEW).is_ok());
    let both = |tag| [Wanted { image: 0, tag: Some("2"), digest: NEW }, Wanted { image: 1, tag, digest: NEW }];
    assert!(all.pin(&file, &both(Some("2"))).is_ok());
    assert!(matches!(all.pin(&file, &both(Some("3"))), Err(ImageError::Edits { .. })));
    assert!(matches!(all.pin(&file, &both(None)), Err(ImageError::Shared { .. })));
}

#[test]
fn a_digest_that_another_image_takes_through_an_operator_is_refused() {
    let text = format!("ARG I=a:1@{OLD}\nFROM $I\nFROM b@${{I#*@}}\n");
    let file = file(&text);
    let all = images(&file);
    assert!(matches!(all.found[0].edits(&file, None, NEW), Err(ImageError::Shared { .. })));
    assert!(matches!(all.found[1].edits(&file, None, NEW), Err(ImageError::Composed { .. })));
}

#[test]
fn a_part_that_is_also_another_part_is_refused() {
    let text = format!("ARG V=1\nFROM a$V:$V@{OLD}\n");
    assert!(matches!(pin(&text, Some("2")), Err(ImageError::Twice { what: "tag", .. })));
    let text = format!("ARG V=12\nFROM a${{V%2}}:$V@{OLD}\n");
    assert!(matches!(pin(&text, Some("22")), Err(ImageError::Shared { .. })));
}

#[test]
fn one_arg_for_one_image_in_two_stages_is_one_edit() {
    let file = file("ARG I=debian:12\nFROM $I AS a\nFROM a AS b\nFROM ${I}\n");
    let all = images(&file);
    assert_eq!(all.found.len(), 2);
    let edits: Vec<_> = all.found.iter().flat_map(|i| i.edits(&file, None, NEW).unwrap()).collect();
    assert_eq!(edits.len(), 2);
    let after = apply(file.bytes(), &edits).unwrap();
    assert_eq!(after, format!("ARG I=debian:12@{NEW}\nFROM $I AS a\nFROM a AS b\nFROM ${{I}}\n").into_bytes());
}

#[test]
fn what_cannot_stand_in_a_reference_is_refused() {
    for (tag, digest) in [
        (Some("a b"), NEW),
        (Some("-x"), NEW),
        (Some(""), NEW),
        (Some("a\nRUN x"), NEW),
        (None, "sha256:12"),
        (None, ""),
        (None, &NEW.to_uppercase()),
        (None, &format!("sha512:{}", "a".repeat(128))),
    ] {
        let file = file("FROM a\n");
        let error = images(&file).found[0].edits(&file, tag, digest).unwrap_err();
        assert!(matches!(error, ImageError::Wanted { .. }), "{error:?}");
    }
}

#[test]
fn hostile_files_cost_little_time() {
    let begin = std::time::Instant::now();
    let many = "FROM a\n".repeat(50_000);
    assert_eq!(found(&many).found.len(), 10_000);
    assert!(matches!(found(&many).unclear[..], [super::super::Unclear { why: Why::TooMany(10_000), .. }]));
    let mounts = format!("FROM a\nRUN {}x\n", "--mount=from=a,target=/x ".repeat(50_000));
    assert_eq!(found(&mounts).found.len(), 10_000);
    let mut chain = String::from("ARG A0=debian:12\n");
    for i in 1..20_000 {
        chain.push_str(&format!("ARG A{i}=$A{}\n", i - 1));
    }
    chain.push_str("FROM $A19999\n");
    assert_eq!(references(&chain), ["debian:12"]);
    pin(&chain, None).unwrap();
    let wide = format!("ARG A={}\n{}FROM scratch\n", "a".repeat(1000), "ARG B=${A:+x}${B:-$A}$A$A\n".repeat(10_000));
    assert_eq!(references(&wide), NONE);
    let deep = format!("FROM {}\n", "${a:-".repeat(100_000));
    assert!(matches!(unclear(&deep)[..], [(1, Why::Unread(_))]));
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}

#[test]
fn a_digest_behind_a_variable_tag_is_seen() {
    for (text, varies) in [
        ("ARG T=1\nFROM a:$T@SHA0\n", true),
        ("ARG T=1\nFROM a:${T}-x@SHA0\n", true),
        ("ARG T=v1\nFROM a:${T#v}@SHA0\n", true),
        ("ARG T=1@SHA0\nFROM a:$T\n", false),
        ("ARG T=1\nARG D=SHA0\nFROM a:$T@$D\n", false),
        ("FROM a:1@SHA0\n", false),
        ("FROM a:1\n", false),
        ("ARG N=a\nFROM $N@SHA0\n", false),
    ] {
        let file = file(&text.replace("SHA0", OLD));
        assert_eq!(images(&file).found[0].tag_alone_varies(&file), varies, "{text}");
    }
}

#[test]
fn the_assignment_that_holds_a_pin_is_known() {
    let digest = format!("@{OLD}");
    let names = |text: &str| {
        let file = file(&text.replace("@D", &digest));
        let images = images(&file);
        let givers = images.found.iter().flat_map(|i| i.givers(&file));
        givers.filter_map(|i| Some(file.assignments().get(i)?.name.clone())).collect::<Vec<_>>()
    };
    assert_eq!(names("ARG A=debian:12\nFROM $A\n"), ["A"]);
    assert_eq!(names("ARG A=debian:12@D\nARG B=$A\nFROM $B\n"), ["A"]);
    assert_eq!(names("ARG X=1 D=\"@D\" Y\nFROM debian$D\n"), ["D"]);
    assert_eq!(names("ARG N=debian T=12@D\nFROM $N:$T\n"), ["T"]);
    assert_eq!(names("ARG T=12\nFROM debian:$T@D\n"), Vec::<String>::new());
    assert_eq!(names("ARG T=12\nFROM debian:$T\n"), Vec::<String>::new());
    assert_eq!(names("FROM ${A:-debian:12}\n"), Vec::<String>::new());
}
