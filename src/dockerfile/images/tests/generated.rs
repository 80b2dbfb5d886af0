//! Generated Dockerfiles of all forms: pinned, read back, undone. And any bytes at all.

use proptest::prelude::*;

use super::*;

/// One image in one way to name it: lines before the first FROM, and the word of FROM. `N` is told
/// apart by number.
fn forms() -> Vec<(&'static str, &'static str)> {
    vec![
        ("", "debian"),
        ("", "debian:1.2"),
        ("", "debian@SHA0"),
        ("", "debian:12@SHA0"),
        ("", "host:5000/x"),
        ("", "[::1]:5000/x:t"),
        ("", "'localhost/x:1'"),
        ("", "${NONE:-debian:12}"),
        ("", "${NONE-debian}"),
        ("ARG IN=debian:12\n", "$IN"),
        ("ARG IN=debian:12@SHA0\n", "\"${IN}\""),
        ("ARG IN=\"debian\"\n", "${IN:-x}"),
        ("ARG BN=debian:12\nARG IN=$BN\n", "$IN"),
        ("ARG BN=12\nARG IN=debian:$BN\n", "$IN"),
        ("ARG RN=ghcr.io/a TN=3\n", "$RN/b:$TN"),
        ("ARG TN=3-x\n", "a.b/c:${TN}"),
        ("ARG TN=3\n", "golang:${TN}-alpine"),
        ("ARG DN=SHA0\n", "debian:12@$DN"),
        ("ARG DN=SHA0\nARG TN='7'\n", "debian:$TN@$DN"),
        ("ARG VN=v12\n", "debian:${VN#v}"),
        ("ARG VN=12.1\n", "debian:${VN%.*}-slim"),
        ("ARG SHARED=9\n", "a:$SHARED"),
        ("ARG SHARED=9\n", "b:$SHARED"),
        ("ARG SHARED=9\n", "a:${SHARED}-x"),
        ("ARG ALL=debian:8\n", "$ALL"),
        ("ARG ALL=debian:8\n", "$ALL-x"),
    ]
}

/// Lines of a stage, with how many images they take in.
fn lines() -> Vec<(&'static str, usize)> {
    vec![
        ("COPY --from=busybox:1 /x /y\n", 1),
        ("RUN --mount=from=b@SHA0,target=/x --mount=type=cache,target=/c,from=c:2 x\n", 2),
        ("ONBUILD COPY --from=d:4 /x /y\n", 1),
        ("RUN <<E\nFROM x\nE\n", 0),
        ("# FROM debian\nENV X=1\n", 0),
        ("ARG SHARED\nRUN echo $SHARED\n", 0),
        ("ARG ALL\nLABEL x=$ALL\n", 0),
        ("COPY --from=0 /x /y\n", 0),
    ]
}

/// How an image is named, and the lines below it.
type Below = ((&'static str, &'static str), Vec<(&'static str, usize)>);

fn text(stages: &[Below]) -> (String, usize) {
    let (mut args, mut rest, mut count) = (String::new(), String::new(), 0);
    for (number, ((arg, word), lines)) in stages.iter().enumerate() {
        let name = |text: &str| {
            ["IN", "BN", "TN", "DN", "RN", "VN"]
                .iter()
                .fold(text.to_owned(), |t, n| t.replace(n, &format!("{n}{number}")))
                .replace("SHA0", OLD)
        };
        let arg = name(arg);
        if !args.contains(&arg) {
            args.push_str(&arg);
        }
        rest.push_str(&format!("FROM {} AS s{number}\n", name(word)));
        count += 1;
        for (line, images) in lines {
            rest.push_str(&line.replace("SHA0", OLD));
            count += images;
        }
    }
    (format!("# syntax=docker/dockerfile:1\n{args}{rest}"), count + 1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_image_reads_back_as_it_was_wanted_and_the_undone_file_is_the_old_one(
        stages in proptest::collection::vec(
            (proptest::sample::select(forms()), proptest::collection::vec(proptest::sample::select(lines()), 0..4)),
            1..6,
        ),
        variant in 0..8_usize,
    ) {
        let (plain, count) = text(&stages);
        let text = variants(&plain).swap_remove(variant);
        let all = found(&text);
        prop_assert_eq!(all.found.len(), count, "{}", text);
        prop_assert_eq!(&all.unclear, &vec![]);
        // each image has a digest of its own, unless two are the same reference
        let file = file(&text);
        let mut digests: Vec<String> = Vec::new();
        for image in &all.found {
            let same = all.found.iter().position(|o| o.reference == image.reference).unwrap();
            digests.push(format!("sha256:{same:064x}"));
        }
        let wanted: Vec<_> = digests
            .iter()
            .enumerate()
            .map(|(image, digest)| Wanted { image, tag: None, digest })
            .collect();
        let edits = all.pin(&file, &wanted).unwrap();
        let after = apply(text.as_bytes(), &edits).unwrap();
        prop_assert_eq!(apply(&after, &undo(&edits)).unwrap(), text.as_bytes());
        let read = images(&Dockerfile::parse("Dockerfile", after).unwrap());
        prop_assert_eq!(read.found.len(), count);
        for (index, image) in read.found.iter().enumerate() {
            let before = &all.found[index].reference;
            prop_assert_eq!(image.reference.digest.as_ref(), digests.get(index));
            prop_assert_eq!((&image.reference.name, &image.reference.tag), (&before.name, &before.tag));
        }
    }

    #[test]
    fn any_bytes_end_well(parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..40)) {
        whatever(format!("ARG A=x:1\nFROM {}", parts.concat()).into_bytes())?;
        whatever(parts.concat().into_bytes())?;
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        whatever([b"FROM a\nFROM ", &bytes[..]].concat())?;
        whatever(bytes)?;
    }
}

/// What edits there are read back, and nothing else changes.
fn whatever(bytes: Vec<u8>) -> Result<(), TestCaseError> {
    let Ok(file) = Dockerfile::parse("Dockerfile", bytes) else { return Ok(()) };
    let all = images(&file);
    for told in all.unclear.iter().chain(&all.notes) {
        prop_assert!(!told.trouble().message.is_empty());
    }
    for image in &all.found {
        for tag in [None, Some("t")] {
            let Ok(edits) = image.edits(&file, tag, NEW) else { continue };
            let after = apply(file.bytes(), &edits).unwrap();
            prop_assert_eq!(apply(&after, &undo(&edits)).unwrap(), file.bytes());
            let read = images(&Dockerfile::parse("Dockerfile", after).unwrap());
            prop_assert_eq!(read.found.len(), all.found.len());
            let pinned = format!("@{NEW}");
            prop_assert!(read.found.iter().any(|i| i.reference.to_string().ends_with(&pinned)));
        }
    }
    Ok(())
}

const PARTS: &[&str] = &[
    "ARG ",
    "FROM ",
    "COPY ",
    "RUN ",
    "ONBUILD ",
    "--from=",
    "--mount=from=",
    "--mount=type=bind,from=",
    "--platform=",
    "A=",
    "B=",
    "$A",
    "${A",
    "$B",
    "}",
    ":-",
    ":+",
    "#",
    "##",
    "%",
    "/",
    "\"",
    "'",
    "\\",
    "\\\n",
    "\n",
    "\r\n",
    " ",
    "\t",
    "x",
    "a:1",
    ":t",
    "@",
    "debian",
    "scratch",
    " AS s\n",
    "s",
    "0",
    ",",
    "é",
    "X",
    "# syntax=a:1\n",
    "sha256:0000000000000000000000000000000000000000000000000000000000000000",
    "\nFROM $A\n",
    "\nARG B=$A\n",
    "\nFROM b:$B\n",
    "\nARG A\n",
];
