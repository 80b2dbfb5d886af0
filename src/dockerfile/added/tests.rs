use super::super::Dockerfile;
use super::*;

fn parse(text: &str) -> Dockerfile {
    Dockerfile::parse("Dockerfile", text.as_bytes().to_vec()).unwrap()
}

/// Each remote source on a line: kind, value or `?`, what holds it, variables.
fn remotes(text: &str) -> Vec<String> {
    let line = |r: &Remote| {
        let value = r.value.clone().unwrap_or_else(|| format!("?{}", r.written));
        let what = match &r.what {
            RemoteKind::File { checksum } => format!("file {value} {checksum:?}"),
            RemoteKind::Git { repository, reference, variable } => {
                format!("git {repository} {reference:?} {variable:?}")
            }
        };
        format!("{what} [{}]", r.variables.join(" ")).replace("Some(", "(").replace("None", "-")
    };
    added(&parse(text)).remote.iter().map(line).collect()
}

fn locals(text: &str) -> Vec<String> {
    let all = added(&parse(text)).local;
    all.iter().map(|l| format!("{}{}", l.pattern, if l.by_platform { " by platform" } else { "" })).collect()
}

#[track_caller]
fn finds(line: &str, found: &[&str]) {
    assert_eq!(remotes(&format!("FROM a\n{line}\n")), found, "{line}");
}

#[track_caller]
fn keeps(line: &str, found: &[&str]) {
    assert_eq!(locals(&format!("FROM a\n{line}\n")), found, "{line}");
}

#[test]
fn each_url_of_an_add_is_told_with_its_checksum() {
    finds("ADD https://h/x.tgz /x", &["file https://h/x.tgz - []"]);
    finds("add HTTP://h/x /x", &["file HTTP://h/x - []"]);
    finds(
        "ADD --checksum=sha256:ab https://h/a.tgz https://h/b /x/",
        &["file https://h/a.tgz (\"sha256:ab\") []", "file https://h/b (\"sha256:ab\") []"],
    );
    finds("ADD [\"https://h/a b\", \"c\", \"/x\"]", &["file https://h/a b - []"]);
    finds("ADD \"https://h/x\" /x", &["file https://h/x - []"]);
    finds("ONBUILD ADD https://h/x /x", &["file https://h/x - []"]);
    finds("ADD --chown=1:1 \\\n  https://h/x \\\n  /x", &["file https://h/x - []"]);
    finds("ADD ftp://h/x https /x", &[]);
    finds("COPY https://h/x /x", &[]);
    finds("ADD /x https://h/x", &[]);
}

#[test]
fn a_heredoc_is_no_source() {
    finds("ADD <<https://h/x /x\nhttps://h/y\nhttps://h/x", &[]);
    finds("ADD <<E https://h/x /x/\nADD https://h/z /z\nE", &["file https://h/x - []"]);
}

#[test]
fn variables_are_taken_from_the_file_alone() {
    finds(
        "ARG V=1.2\nARG SHA=sha256:ab\nADD --checksum=$SHA https://h/x-${V}.tgz /x",
        &["file https://h/x-1.2.tgz (\"sha256:ab\") [V]"],
    );
    finds("ARG V\nADD https://h/$V /x", &["file ?https://h/$V - [V]"]);
    finds("ADD https://h/$V /x", &["file ?https://h/$V - [V]"]);
    finds("ADD https://h/${V:-1} /x", &["file https://h/1 - [V]"]);
    finds("ARG S\nADD --checksum=sha256:$S https://h/x /x", &["file https://h/x (\"sha256:$S\") []"]);
    finds("ARG S=\nADD --checksum=$S https://h/x /x", &["file https://h/x - []"]);
    finds("ARG X_URL\nADD $X_URL /x", &["file ?$X_URL - [X_URL]"]);
    finds("ARG X\nADD $X /x", &[]);
    finds("ENV U=https://h/x\nADD $U /x", &["file https://h/x - [U]"]);
    finds("ADD https://h/$TARGETARCH/x /x", &["file ?https://h/$TARGETARCH/x - [TARGETARCH]"]);
}

#[test]
fn a_git_repository_has_its_ref() {
    finds("ADD https://h/o/r.git /x", &["git https://h/o/r.git - - []"]);
    finds("ADD https://h/o/r.git#v1:sub/dir /x", &["git https://h/o/r.git (\"v1\") - []"]);
    finds("ADD https://h/o/r.git#:sub /x", &["git https://h/o/r.git - - []"]);
    finds("ADD git@h.x:o/r#main /x", &["git git@h.x:o/r (\"main\") - []"]);
    finds("ADD git://h/o/r /x", &["git git://h/o/r - - []"]);
    finds("ADD https://h/o/r.git?ref=v1&subdir=x /x", &["git https://h/o/r.git (\"v1\") - []"]);
    finds("ADD https://h/o/r.git?branch=main /x", &["git https://h/o/r.git (\"main\") - []"]);
    finds("ADD https://h/o/r.git?tag=v1&commit=abc /x", &["git https://h/o/r.git (\"abc\") - []"]);
    finds("ADD https://h/o/r.git?checksum=abc#v1 /x", &["git https://h/o/r.git (\"abc\") - []"]);
    finds("ADD --checksum=abc https://h/o/r.git#v1 /x", &["git https://h/o/r.git (\"abc\") - []"]);
    finds("ADD https://h/o/r#v1 /x", &["file https://h/o/r#v1 - []"]);
}

#[test]
fn the_variable_that_gives_a_ref_is_told() {
    finds("ARG C=ab\nADD https://h/r.git#$C /x", &["git https://h/r.git (\"ab\") (\"C\") [C]"]);
    finds("ARG C=ab\nADD https://h/r.git#${C}:x /x", &["git https://h/r.git (\"ab\") (\"C\") [C]"]);
    finds("ARG C\nADD https://h/r.git?ref=${C} /x", &["git https://h/r.git (\"${C}\") (\"C\") [C]"]);
    finds("ARG V=1\nADD https://h/r.git#v$V /x", &["git https://h/r.git (\"v1\") - [V]"]);
    finds("ARG V=v1\nADD https://h/r.git#${V#v} /x", &["git https://h/r.git (\"1\") - [V]"]);
    finds("ARG C=ab\nADD --checksum=${C} https://h/r.git#v1 /x", &["git https://h/r.git (\"ab\") (\"C\") []"]);
    finds("ADD https://${H}/r.git#v1 /x", &["git https://${H}/r.git (\"v1\") - [H]"]);
}

#[test]
fn an_archive_of_the_context_is_told_whatever_takes_it() {
    for (line, pattern) in [
        ("ADD ./a/x.tar.gz /", "a/x.tar.gz"),
        ("COPY x.tar /", "x.tar"),
        ("COPY /a//b/../x.TGZ /", "a/x.TGZ"),
        ("COPY a.zip /", "a.zip"),
        ("COPY *.deb /", "*.deb"),
        ("COPY a/x.tar.* /", "a/x.tar.*"),
        ("COPY x-?.[0-9].whl /", "x-*.*.whl"),
        ("ARG V=1\nADD x-$V.txz /", "x-1.txz"),
        ("ADD x-$V.gz /", "x-*.gz"),
        ("ADD [\"a b.jar\", \"/\"]", "a b.jar"),
        ("ONBUILD COPY x.rpm /", "x.rpm"),
        ("COPY {a}.zip /", "*a*.zip"),
    ] {
        keeps(line, &[pattern]);
    }
    keeps("COPY a.apk b c.tbz2 /x/", &["a.apk", "c.tbz2"]);
}

#[test]
fn what_the_user_wrote_is_not_told() {
    keeps("COPY . /x", &[]);
    keeps("COPY a/ *.go package.json /x/", &[]);
    keeps("COPY .gz tar zip /x/", &[]);
    keeps("COPY --from=a x.tar.gz /", &[]);
    keeps("COPY <<x.tgz /x\nCOPY y.tgz /\nx.tgz", &[]);
    keeps("COPY a /x.tgz", &[]);
}

#[test]
fn a_path_that_differs_by_platform_is_told() {
    let by = |line: &str, pattern: &str| keeps(line, &[&format!("{pattern} by platform")]);
    by("COPY cache/$TARGETPLATFORM/x /x", "cache/{platform}/x");
    by("ARG TARGETPLATFORM\nADD ./cache/*/${TARGETPLATFORM}/x-$V.tar.gz /", "cache/*/{platform}/x-*.tar.gz");
    by("COPY bin/$TARGETOS/${TARGETARCH}${TARGETVARIANT}/ /", "bin/{os}/{arch}{variant}");
    by("ARG TARGETARCH=amd64\nCOPY x-${TARGETARCH:-amd64} /", "x-{arch}");
    by("COPY x/$BUILDPLATFORM/y /", "x/{platform}/y");
    by("COPY x/${TARGETPLATFORM//\\//-}/y /", "x/*/y");
    keeps("COPY $TARGETSTAGE /", &[]);
}

#[test]
fn a_source_has_its_place() {
    let file = parse("FROM a\nADD --checksum=x \\\n  https://h/x /x\n");
    let place = &added(&file).remote[0].place;
    assert_eq!((place.line, place.column), (3, 3));
}

#[test]
fn hostile_sources_cost_linear_time() {
    let value = "x".repeat(30_000);
    for (head, word) in [
        (format!("ARG X={value}\n"), "$X "),
        (format!("ARG X=https://h/{value}\n"), "$X "),
        (String::new(), "https://h/x.git#a "),
        (String::new(), "${a:-"),
        (String::new(), "${TARGETARCH"),
        (String::new(), "[x "),
        (String::new(), "["),
        (String::new(), "$A$B/"),
    ] {
        let text = format!("{head}FROM a\nARG X\nADD {}/x.tgz /\n", word.repeat(100_000 / word.len()));
        if let Ok(file) = Dockerfile::parse("Dockerfile", text.into_bytes()) {
            let began = std::time::Instant::now();
            let found = added(&file);
            let took = began.elapsed();
            // a second or two without optimisation; quadratic, minutes
            assert!(took < std::time::Duration::from_secs(20), "{word}: {} in {took:?}", found.remote.len());
        }
    }
}

mod generated {
    use proptest::prelude::*;

    use super::super::super::Dockerfile;
    use super::super::added;

    const PARTS: &[&str] = &[
        "\nADD ",
        "\nCOPY ",
        "\nONBUILD ADD ",
        "--checksum=",
        "https://h/",
        ".git",
        "#",
        "?ref=",
        "&",
        ":",
        "$A",
        "${A",
        "}",
        ":-",
        "${TARGETARCH}",
        "/",
        "..",
        "*",
        "[",
        "]",
        "\"",
        "'",
        "\\",
        "\\\n",
        " ",
        " ",
        "x.tgz",
        "[\"",
        "\",\"",
        "\"]",
        "<<E",
        "\nE\n",
        "é",
        "\nARG A=1",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_panics_and_each_source_stands_in_its_line(
            parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..40),
        ) {
            let text = format!("FROM a\nADD x {}", parts.concat());
            let lines = text.split('\n').count();
            if let Ok(file) = Dockerfile::parse("Dockerfile", text.into_bytes()) {
                let all = added(&file);
                prop_assert!(all.remote.iter().all(|r| r.place.line > 1 && r.place.line <= lines));
                prop_assert!(all.local.iter().all(|l| l.place.line > 1 && !l.pattern.starts_with(['/', '.'])
                    || l.pattern.starts_with('.') && !l.pattern.starts_with("./")));
            }
        }
    }
}
