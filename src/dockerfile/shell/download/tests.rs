use std::time::{Duration, Instant};

use super::super::tests::parse;
use super::*;

/// Each download on a line.
fn said(text: &str) -> Vec<String> {
    let file = parse(text);
    let spell = |s: &Spelled| s.value.clone().unwrap_or_else(|| format!("?{}", s.text()));
    let line = |d: &Download| {
        let mut out = vec![d.program.clone()];
        out.extend(d.urls.iter().map(spell));
        out.extend(d.output.iter().map(|o| format!("> {}", spell(o))));
        out.extend(d.check.iter().map(|c| {
            let digest = c.digest.as_ref().map_or_else(|| "-".to_owned(), |d| d.text());
            format!("[{} {digest}]", c.algorithm)
        }));
        out.extend(d.piped.iter().map(|p| format!("| {p}")));
        out.extend(d.not_understood.iter().map(|n| format!("{{{:?}}}", n.why)));
        out.join(" ")
    };
    file.commands().downloads.iter().map(line).collect()
}

#[track_caller]
fn finds(run: &str, found: &[&str]) {
    assert_eq!(said(&format!("FROM a\nRUN {run}\n")), found, "{run}");
}

#[test]
fn curl_is_read_by_its_manual() {
    finds("curl https://h/x", &["curl https://h/x"]);
    finds("curl -fsSLo x https://h/x", &["curl https://h/x > x"]);
    finds("curl -fsSLox https://h/x", &["curl https://h/x > x"]);
    finds("curl -H 'A: b' --retry 3 -m 5 --proto '=https' --tlsv1.2 -sSf https://h/x", &["curl https://h/x"]);
    finds("curl --output x --url https://h/x --output-dir /d", &["curl https://h/x > x"]);
    finds("curl -O https://h/a -O https://h/b", &["curl https://h/a https://h/b"]);
    finds("curl example.org/x", &["curl example.org/x"]);
    finds("curl -X GET https://h/x", &["curl https://h/x"]);
    finds("curl -K f", &["curl {Input(\"curl\")}"]);
    finds("curl -O 'https://h/[1-3].tgz'", &["curl https://h/[1-3].tgz {Pattern}"]);
    finds("curl -gO 'https://h/[1-3].tgz'", &["curl https://h/[1-3].tgz"]);
    finds("curl -d a=b -G https://h/x", &["curl https://h/x"]);
    finds("curl https://h/x > y 2>/dev/null", &["curl https://h/x > y"]);
    finds("curl https://h/x 2>y >&2", &["curl https://h/x"]);
    finds("curl https://h/x | sudo tee /y", &["curl https://h/x > /y"]);
    finds("[\"curl\", \"-o\", \"x\", \"https://h/x\"]", &["curl https://h/x > x"]);
}

#[test]
fn wget_and_others() {
    finds("wget -q https://h/x", &["wget https://h/x"]);
    finds("wget -qO- https://h/x", &["wget https://h/x"]);
    finds("wget -O x -nv --tries=3 -P /d https://h/x", &["wget https://h/x > x"]);
    finds("wget -nc -i f", &["wget {Input(\"wget\")}"]);
    finds("wget --output-document=x https://h/x", &["wget https://h/x > x"]);
    finds("aria2c -x 4 -o x https://h/x", &["aria2c https://h/x > x"]);
    finds("aria2c --checksum=sha-256=ab https://h/x", &["aria2c https://h/x [sha256 ab]"]);
    finds("http --download https://h/x a=b; http POST https://h/x", &["http https://h/x"]);
    finds("busybox wget https://h/x", &["wget https://h/x"]);
}

#[test]
fn what_takes_nothing_in() {
    finds("curl -I https://h/x; curl --head https://h/x; curl --version; curl -V; wget --spider https://h/x", &[]);
    finds("curl -XPOST https://h/x; curl -X PUT https://h; curl -d a https://h/x; curl -T f https://h/x", &[]);
    finds("curl http://localhost:80/x; curl -f localhost/x; curl http://127.0.0.1; wget http://[::1]:8/x", &[]);
    finds("curl --unix-socket /s http://h/x; curl file:///x; curl localhost", &[]);
    finds("apt-get install -y curl wget; apk add curl; echo curl https://h/x; command -v curl; which curl", &[]);
    finds("curl http://localhost.org/x", &["curl http://localhost.org/x"]);
}

#[test]
fn behind_wrappers_and_in_substitutions() {
    finds("sudo -E timeout 5 curl -O https://h/x", &["curl https://h/x"]);
    finds("x=\"$(curl -s https://h/x)\"", &["curl https://h/x"]);
    finds("x=`curl -s https://h/x`", &["curl https://h/x"]);
    finds("sh -c 'curl -O https://h/x'", &["curl https://h/x"]);
    finds("retry 5 curl -O https://h/x", &["curl https://h/x"]);
    finds("cat l | xargs -n 1 curl -O https://h/x", &["curl https://h/x"]);
    finds("<<E\ncurl -O https://h/x\nE", &["curl https://h/x"]);
    finds("if a; then curl -O https://h/x; else wget https://h/y; fi", &["curl https://h/x", "wget https://h/y"]);
    finds("for f in a b; do curl -O https://h/$f; done", &["curl ?https://h/${f}"]);
    assert_eq!(said("FROM a\nONBUILD RUN curl https://h/x\n"), ["curl https://h/x"]);
}

#[test]
fn a_variable_in_a_url() {
    assert_eq!(said("FROM a\nARG V=1\nRUN curl -O https://h/$V.tgz\n"), ["curl https://h/1.tgz"]);
    assert_eq!(said("FROM a\nARG V\nRUN curl -O https://h/$V.tgz\n"), ["curl ?https://h/${V}.tgz"]);
    assert_eq!(said("FROM a\nARG U\nRUN curl -O \"$U\"\n"), ["curl ?${U} {Variable(\"U\")}"]);
    finds("curl $O https://h/x", &["curl https://h/x"]);
}

#[test]
fn what_is_given_to_a_shell() {
    for (run, by) in [
        ("curl https://h/x | sh", "sh"),
        ("curl https://h/x | sudo bash -s -- -y", "bash"),
        ("curl https://h/x | sudo -E bash -", "bash"),
        ("curl https://h/x | A=b python3 -", "python3"),
        ("curl https://h/x | perl", "perl"),
        ("curl https://h/x | gunzip | sh -x", "sh"),
        ("curl https://h/x | /bin/bash", "bash"),
        ("sh -c \"$(curl https://h/x)\"", "sh"),
        ("bash <(curl https://h/x)", "bash"),
        ("bash <<< \"$(curl https://h/x)\"", "bash"),
        ("eval \"$(curl https://h/x)\"", "eval"),
        ("eval `curl https://h/x`", "eval"),
        (". <(curl https://h/x)", "."),
        ("python3 -c \"$(curl https://h/x)\"", "python3"),
    ] {
        finds(run, &[&format!("curl https://h/x | {by}")]);
    }
    for run in [
        "curl https://h/x | tar xz",
        "curl https://h/x | gpg --dearmor",
        "curl https://h/x | apt-key add -",
        "curl https://h/x | python3 -c 'import json'",
        "curl https://h/x | python3 -m json.tool",
        "curl https://h/x | sh -c 'cat'",
        "tar x <(curl https://h/x)",
        "curl https://h/x && sh",
        "x=$(curl https://h/x); sh -c y",
    ] {
        finds(run, &["curl https://h/x"]);
    }
}

#[test]
fn a_check_of_a_hash_holds_the_file_that_it_names() {
    for check in [
        "echo \"ab  x\" | sha256sum -c -",
        "echo ab x | sha256sum -c",
        "echo 'ab *x' | sha256sum --check --strict",
        "echo -n 'ab  /d/x' | sha256sum -c --status",
        "printf '%s  %s\\n' ab x | sha256sum -c -",
        "printf 'ab  x\\n' | sha256sum -c --ignore-missing -",
        "sha256sum -c <<< 'ab  x'",
        "sha256sum -c <<E\nab  x\nE",
        "echo 'ab  x' > x.sha256 && sha256sum -c x.sha256",
        "echo 'ab  x' | tee sums && sha256sum -c sums",
        "echo 'ab  x' | shasum -a 256 -c",
        "echo 'ab  x' | shasum -a256 -c",
        "echo 'SHA256 (x) = ab' | sha256sum -c",
        "[ \"$(sha256sum x | cut -d' ' -f1)\" = ab ]",
        "test ab = `sha256sum x | cut -c -64`",
        "test \"$(openssl dgst -sha256 x | awk '{print $2}')\" = ab",
        "s=$(sha256sum x | cut -c 1-64); [[ $s == ab ]]",
        "sha256sum x | grep -q ab",
        "sudo sha256sum -c <<< 'ab  x'",
    ] {
        finds(&format!("curl -o x https://h/y && {check}"), &["curl https://h/y > x [sha256 ab]"]);
    }
    finds("curl -O https://h/x && echo 'ab  x' | sha512sum -c", &["curl https://h/x [sha512 ab]"]);
    finds("wget https://h/x?a=b && echo 'ab  x' | md5sum -c", &["wget https://h/x?a=b [md5 ab]"]);
    finds("curl https://h/x > y && echo 'ab  y' | sha1sum -c", &["curl https://h/x > y [sha1 ab]"]);
    finds("curl -O https://h/x && mv x y && echo 'ab  y' | b2sum -c", &["curl https://h/x [blake2b ab]"]);
    finds(
        "curl -O https://h/x && curl -O https://h/y && printf 'ab x\\ncd y\\n' | sha256sum -c",
        &["curl https://h/x [sha256 ab]", "curl https://h/y [sha256 cd]"],
    );
    finds("curl -O https://h/x -O https://h/y && echo 'ab x' | sha256sum -c", &["curl https://h/x https://h/y"]);
}

#[test]
fn the_digest_is_the_variable_that_gives_it() {
    let file = parse("FROM a\nARG S=ab\nARG V=1\nRUN curl -O https://h/x-$V && echo \"$S  x-${V}\" | sha256sum -c -\n");
    let check = file.commands().downloads[0].check.clone().unwrap();
    let digest = check.digest.unwrap();
    assert_eq!((digest.variable(), digest.value.as_deref()), (Some("S"), Some("ab")));
    assert_eq!(digest.place(&file).line, 2);
    for run in [
        "printf '%s x' $S | sha256sum -c",
        "sha256sum -c <<E\n$S  x\nE",
        "sha256sum -c <<< \"$S x\"",
        "[ $(sha256sum x) = $S ]",
    ] {
        let file = parse(&format!("FROM a\nARG S=ab\nRUN curl -O https://h/x && {run}\n"));
        let digest = file.commands().downloads[0].check.clone().unwrap().digest.unwrap();
        assert_eq!((digest.variable(), digest.value.as_deref()), (Some("S"), Some("ab")), "{run}");
    }
    // one of several, and none that is known
    finds(
        "case $A in a) s=ab;; b) s=cd;; esac; curl -o x https://h/x && echo \"$s  x\" | sha256sum -c",
        &["curl https://h/x > x [sha256 ${s}]"],
    );
    finds("curl -O https://h/x && echo \"$S  x\" | sha256sum -c", &["curl https://h/x [sha256 ${S}]"]);
    finds(
        "curl -o x-$A https://h/x && echo \"ab  x-${A}\" | sha256sum -c",
        &["curl https://h/x > ?x-${A} [sha256 ab]"],
    );
}

#[test]
fn a_digest_from_a_file_is_not_told() {
    finds("curl -O https://h/x && sha256sum -c sums", &["curl https://h/x [sha256 -]"]);
    finds("curl -O https://h/x && grep x sums | sha256sum -c -", &["curl https://h/x [sha256 -]"]);
    finds("curl -O https://h/x && echo \"$(cat y)  x\" | sha256sum -c -", &["curl https://h/x [sha256 -]"]);
}

#[test]
fn a_check_of_another_file_or_before_it_holds_nothing() {
    finds("curl -O https://h/x && echo 'ab  y' | sha256sum -c", &["curl https://h/x"]);
    finds("echo 'ab  x' | sha256sum -c && curl -O https://h/x", &["curl https://h/x"]);
    finds("curl https://h/x | tar xz && echo 'ab  y' | sha256sum -c", &["curl https://h/x"]);
    finds("curl -O https://h/x && sha256sum x", &["curl https://h/x"]);
    assert_eq!(said("FROM a\nRUN curl -O https://h/x\nRUN echo 'ab  x' | sha256sum -c\n"), ["curl https://h/x"]);
}

#[test]
fn a_check_that_stops_nothing_is_none() {
    let check = "echo 'ab  x' | sha256sum -c";
    finds(&format!("curl -O https://h/x && {check} || true"), &["curl https://h/x"]);
    finds(&format!("curl -O https://h/x && {check} >/dev/null || echo bad"), &["curl https://h/x"]);
    finds(&format!("set -e; curl -O https://h/x; set +e; {check}; y"), &["curl https://h/x"]);
    finds(&format!("curl -O https://h/x; {check}; y"), &["curl https://h/x"]);
    let held = &["curl https://h/x [sha256 ab]"];
    finds(&format!("curl -O https://h/x && {check} || exit 1"), held);
    finds(&format!("curl -O https://h/x && {check} || {{ echo bad; exit 1; }}"), held);
    finds(&format!("set -eux; curl -O https://h/x; {check}; y"), held);
    finds(&format!("curl -O https://h/x; {check}"), held);
    finds(&format!("if a; then curl -O https://h/x && {check}; fi && y"), held);
    finds(&format!("bash -ec \"curl -O https://h/x; {check}; y\""), held);
    finds(&format!("<<E\nset -e\ncurl -O https://h/x\n{check}\ny\nE"), held);
}

#[test]
fn a_signature_is_told_as_such() {
    finds("curl -O https://h/x && gpg --batch --verify x.asc x", &["curl https://h/x [gpg -]"]);
    finds(
        "curl -O https://h/x && gpg --verify x.asc x && echo 'ab  x' | sha256sum -c",
        &["curl https://h/x [sha256 ab]"],
    );
    finds("curl -O https://h/x && gpg --verify y.asc y", &["curl https://h/x"]);
}

#[test]
fn thousands_of_downloads_and_checks_cost_linear_time() {
    let many = |part: &str| part.repeat(100_000 / part.len());
    for text in [
        many("curl -O https://h/x && "),
        many("curl -O https://h/x && echo 'ab x' | sha256sum -c && "),
        format!("{}{}", many("curl -O https://h/x; "), many("echo 'ab y' | sha256sum -c; ")),
        format!("curl {}", many("https://h/x ")),
        many("curl https://h/x | "),
        many("bash <(curl https://h/x "),
        many("[ \"$(sha256sum x)\" = a ]; "),
        many("sha256sum -c || "),
        format!("curl -O https://h/x && sha256sum -c <<E\n{}\nE", many("ab x\n")),
        format!("echo '{}' | sha256sum -c; curl -O https://h/x", many("ab x ")),
        format!("p='{}'; {}", many("ab x "), "echo \"$p\" | sha256sum -c; ".repeat(200)),
        many("sh -c \"$(curl x "),
        many("mv a b; "),
        many("set -e; sha256sum -c x;"),
        many("retry 3 "),
    ] {
        let file = parse(&format!("FROM a\nRUN {text}\n"));
        let began = Instant::now();
        let found = file.commands().downloads.len();
        let took = began.elapsed();
        let start: String = text.chars().take(40).collect();
        // a second or two without optimisation; quadratic, it would be minutes
        assert!(took < Duration::from_secs(20), "{start}: {found} in {took:?}");
    }
}

mod generated {
    use proptest::prelude::*;

    use super::super::super::super::Dockerfile;

    const PARTS: &[&str] = &[
        "curl ",
        "wget ",
        "-O ",
        "-o x ",
        "https://h/x ",
        "$U ",
        "\"",
        "'",
        "`",
        "$(",
        ")",
        "(",
        "<(",
        "| ",
        "|| ",
        "&& ",
        "; ",
        "\n",
        "\\\n",
        "sh ",
        "bash -c ",
        "echo ",
        "printf '%s %s\\n' ",
        "ab ",
        "x ",
        "sha256sum ",
        "-c ",
        "<<< ",
        "<<E\n",
        "\nE\n",
        "> x ",
        "[ ",
        "] ",
        "= ",
        "set -e ",
        "set +e ",
        "true ",
        "pip install ",
        "npm ci ",
        "sudo ",
        "env A=b ",
        "timeout ",
        "xargs ",
        "python -m pip ",
        "gpg --verify ",
        "mv x y ",
        "\nARG U=x",
        "\nRUN ",
        "é",
        "{",
        "}",
        "tee ",
        "if ",
        "then ",
        "fi ",
        "for x in ",
        "do ",
        "done ",
        "openssl dgst -sha256 ",
        "aria2c --checksum=",
        "a=",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_panics_and_all_spans_lie_in_the_file(
            parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..60),
        ) {
            let text = format!("FROM a\nRUN curl {}", parts.concat());
            let size = text.len();
            if let Ok(file) = Dockerfile::parse("Dockerfile", text.into_bytes()) {
                for d in &file.commands().downloads {
                    prop_assert!(d.span.start <= d.span.end && d.span.end <= size);
                    for s in d.urls.iter().chain(&d.output).chain(d.check.as_ref().and_then(|c| c.digest.as_ref())) {
                        prop_assert!(s.span().start <= s.span().end && s.span().end <= size, "{s:?}");
                    }
                    prop_assert!(d.check.as_ref().is_none_or(|c| c.span.end <= size));
                }
                for m in &file.commands().managed {
                    prop_assert!(m.span.end <= size && m.packages.iter().all(|p| p.span().end <= size));
                }
            }
        }
    }
}

#[test]
fn urls_from_the_input_of_xargs_are_not_understood() {
    for run in ["echo https://dl.example/x | xargs curl -O", "xargs -n1 wget < urls.txt"] {
        let file =
            crate::dockerfile::Dockerfile::parse("Dockerfile", format!("FROM a\nRUN {run}\n").into_bytes()).unwrap();
        let found = &file.commands().downloads;
        assert_eq!(found.len(), 1, "{run}");
        assert_eq!(found[0].why(), Some(&crate::dockerfile::shell::Why::Input("xargs".to_owned())), "{run}");
    }
}
