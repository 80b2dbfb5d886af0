//! What is found in which shell text, and what an edit makes of it.

use super::super::{Dockerfile, apply, undo};
use super::*;

mod any;
mod seen;
mod shared;
mod values;
mod yarn;

/// A file of one stage with one RUN.
pub(super) fn parse(text: &str) -> Dockerfile {
    Dockerfile::parse("Dockerfile", text.as_bytes().to_vec()).unwrap()
}

fn part(written: &Written) -> String {
    match written {
        Written::Literal(text) => text.clone(),
        Written::Variable { name, value: None } => format!("<{name}>"),
        Written::Variable { name, value: Some(value) } => format!("<{name}:{value}>"),
    }
}

/// Each install on a line: its suite, its operands, and in braces what was not understood.
pub(super) fn said(file: &Dockerfile) -> Vec<String> {
    let line = |install: &Install| {
        let mut out = vec![install.program.clone()];
        out.extend(install.suite.as_ref().map(|s| format!("-t {}", part(s))));
        for o in &install.operands {
            let arch = o.architecture.as_ref().map_or_else(String::new, |a| format!(":{}", part(a)));
            let version = o.version.as_ref().map_or_else(String::new, |v| format!("={}", part(v)));
            let suite = o.suite.as_ref().map_or_else(String::new, |s| format!("/{}", part(s)));
            out.push(format!("{}{arch}{version}{suite}", o.name));
        }
        out.extend(install.not_understood.iter().map(|n| format!("{{{} {:?}}}", n.text(file), n.why)));
        out.join(" ")
    };
    installs(file).iter().map(line).collect()
}

/// What is found in the shell text of one RUN.
fn run(text: &str) -> Vec<String> {
    said(&parse(&format!("FROM a\nRUN {text}\n")))
}

/// The file with all operands at version 9, and what could not be edited.
pub(super) fn pinned(text: &str) -> (String, Vec<String>) {
    let file = parse(text);
    let (mut edits, mut errors) = (Vec::new(), Vec::new());
    for operand in installs(&file).iter().flat_map(|i| &i.operands) {
        match operand.edit(&file, "9") {
            Ok(edit) => edits.extend(edit),
            Err(error) => errors.push(error.to_string()),
        }
    }
    let after = apply(file.bytes(), &edits).unwrap();
    assert_eq!(apply(&after, &undo(&edits)).unwrap(), file.bytes());
    (String::from_utf8(after).unwrap(), errors)
}

#[track_caller]
fn becomes(before: &str, after: &str) {
    let head = "FROM a\n";
    let (text, errors) = pinned(&format!("{head}{before}"));
    assert_eq!((text.as_str(), errors), (format!("{head}{after}").as_str(), vec![]));
}

#[test]
fn each_program_with_options_before_and_behind_the_verb() {
    for (text, found) in [
        ("apt install curl", "apt curl"),
        ("apt-get install -y curl git", "apt-get curl git"),
        ("aptitude -y install curl", "aptitude curl"),
        ("xx-apt install -y curl", "xx-apt curl"),
        ("xx-apt-get install -y curl", "xx-apt-get curl"),
        ("/usr/bin/apt-get -qq --yes install --no-install-recommends curl", "apt-get curl"),
        ("apt-get -o Acquire::Retries=3 install -o Dpkg::Use-Pty=0 curl", "apt-get curl"),
        ("apt-get -o=A::B=3 -oA::C=4 install curl", "apt-get curl"),
        ("apt-get install --option A::B=3 --config-file x -c y curl", "apt-get curl"),
        ("apt-get install -a arm64 -P nocheck --solver x curl", "apt-get curl"),
        ("apt-get install -yqqo A=1 curl", "apt-get curl"),
        ("apt-get install -q=2 -t sid curl", "apt-get -t sid curl"),
        ("apt-get install -t=sid curl", "apt-get -t sid curl"),
        ("apt-get install -tsid curl", "apt-get -t sid curl"),
        ("apt-get install -yt sid curl", "apt-get -t sid curl"),
        ("apt-get install --target-release=sid curl", "apt-get -t sid curl"),
        ("apt-get -t sid install --default-release bookworm-backports curl", "apt-get -t bookworm-backports curl"),
        ("apt-get install -- curl -x", "apt-get curl {-x Name}"),
        ("apt-get reinstall curl", "apt-get curl"),
        ("aptitude install -P -F %p curl", "aptitude curl"),
    ] {
        assert_eq!(run(text), [found], "{text}");
    }
}

#[test]
fn an_operand_has_name_architecture_version_and_suite() {
    for (text, found) in [
        ("a=1:2~rc1+dfsg-1", "a=1:2~rc1+dfsg-1"),
        ("\"curl=1.2\" curl=\"1.2\" 'curl'=1.2", "curl=1.2 curl=1.2 curl=1.2"),
        ("a=1.1.0*", "a=1.1.0*"),
        ("'a=1.*'", "a=1.*"),
        ("foo:arm64=1 foo:any", "foo:arm64=1 foo:any"),
        ("foo:\"$ARCH\"=1", "foo:<ARCH>=1"),
        ("foo:$(dpkg --print-architecture)", "foo:<$(…)>"),
        ("a=$V b=${V} c=\"$V\"-1", "a=<V> b=<V> c=<V>"),
        ("foo/bookworm foo/$S", "foo/bookworm foo/<S>"),
        ("g++ libstdc++6 libsigc++-2.0-0v5 0ad", "g++ libstdc++6 libsigc++-2.0-0v5 0ad"),
    ] {
        assert_eq!(run(&format!("apt-get install {text}")), [format!("apt-get {found}")], "{text}");
    }
}

#[test]
fn what_cannot_be_known_is_told() {
    for (text, found) in [
        ("$PKGS", "{$PKGS Variable(\"PKGS\")}"),
        ("\"$@\" a", "a {$@ Variable(\"@\")}"),
        ("$(cat list) a", "a {$(cat list) Command}"),
        ("`cat list`", "{`cat list` Command}"),
        ("crossbuild-essential-\"$arch\"", "{crossbuild-essential-\"$arch\" Variable(\"arch\")}"),
        ("linux-headers-$(uname -r)", "{linux-headers-$(uname -r) Command}"),
        ("lib* a?b [a]x foo^ ~nvim", "{lib* Pattern} {a?b Pattern} {[a]x Pattern} {foo^ Pattern} {~nvim Pattern}"),
        ("lib{a,b}", "{lib{a,b} Pattern}"),
        (
            "./x.deb /tmp/y.deb ../z x.deb /tmp/*.deb",
            "{./x.deb File} {/tmp/y.deb File} {../z File} {x.deb File} {/tmp/*.deb File}",
        ),
        ("bar+ Foo a= a=1$", "{bar+ Plus} {Foo Name} {a= Version} {a=1$ Version}"),
        ("$A $A", "{$A Variable(\"A\")} {$A Variable(\"A\")}"),
        ("${A:-curl git}", "{${A:-curl git} Variable(\"A\")}"),
        ("curl${V:+=$V}", "{curl${V:+=$V} Variable(\"V\")}"),
        ("foo- foo:i386- a", "a"),
    ] {
        assert_eq!(run(&format!("apt-get install {text}")), [format!("apt-get {found}")], "{text}");
    }
    assert_eq!(run("apt-get build-dep -y curl"), ["apt-get {curl Verb(\"build-dep\")}"]);
    assert_eq!(run("apt satisfy 'a (>= 1)'"), ["apt {'a (>= 1)' Verb(\"satisfy\")}"]);
    assert_eq!(run("apt-get -y \"$@\""), ["apt-get {$@ Variable(\"@\")}"]);
    assert_eq!(run("apt-get $OPTIONS install a"), ["apt-get a"]);
    assert_eq!(run("xargs -a list apt-get install -y a"), ["apt-get a {xargs Input(\"xargs\")}"]);
    assert_eq!(run("cat list | xargs -r apt-get install -y"), ["apt-get {xargs Input(\"xargs\")}"]);
}

#[test]
fn what_installs_nothing_is_left_alone() {
    for text in [
        "echo \"apt-get install x\"",
        "echo apt-get install x",
        "printf '%s' 'apt-get install x'",
        "# apt-get install x",
        "true # && apt-get install x",
        "apt-get remove x",
        "apt-get purge -y x && apt-get autoremove && apt-get clean",
        "apt-get update -qq",
        "apt-get install -f",
        "apt-get install x-",
        "apt-mark manual x",
        "apt-cache show install x",
        "dpkg -i x.deb",
        "apk add x && dnf install -y y && pip install z",
        "cat > /x <<< 'apt-get install x'",
        "command -v apt-get",
        "rm -rf /var/lib/apt/lists/*",
        "sed -i 's/apt-get install x/y/' f",
        "install_apt install x",
        "[ \"$(id -u)\" = 0 ] || exit 1",
    ] {
        assert_eq!(run(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn commands_wherever_the_shell_runs_them() {
    for text in [
        "apt-get update && apt-get install -y a b && rm -rf /x",
        "set -e; apt-get update; apt-get install -y a b;",
        "true || apt-get install -y a b | tee log",
        "apt-get install -y a b > /dev/null 2>&1",
        "apt-get install -y a 2>/dev/null b",
        "apt-get install -y a b &",
        "if apt-get install -y a b; then x; fi",
        "if x; then apt-get install -y a b; else true; fi",
        "! apt-get install -y a b",
        "{ apt-get install -y a b; }",
        "( cd /x && apt-get install -y a b )",
        "(apt-get install -y a b)",
        "((apt-get install -y a b); (true))",
        "x=$((1<<2)); apt-get install -y a b",
        "((x<<2)); apt-get install -y a b",
        "f() { apt-get install -y a b; }; f",
        "function f { apt-get install -y a b; }",
        "function f() { apt-get install -y a b; }",
        "x=$(apt-get install -y a b)",
        "x=\"`apt-get install -y a b`\"",
        "echo \"$(apt-get install -y a b)\"",
        "x=${y:-$(apt-get install -y a b)}",
        "case $x in y) apt-get install -y a b;; esac",
        "case \"$x\" in (y|z) true;; *) if q; then apt-get install -y a b; fi ;; esac; true",
        "x=$(case y in y) echo;; esac; apt-get install -y a b)",
        "while read x; do apt-get install -y a b; done",
        "for i in 1 2; do apt-get install -y a b && break; done",
        "time apt-get install -y a b",
        "DEBIAN_FRONTEND=noninteractive X=\"y z\" apt-get install -y a b",
        "sudo -E apt-get install -y a b",
        "env X=y apt-get install -y a b",
        "env -u X apt-get install -y a b",
        "chroot /mnt apt-get install -y a b",
        "nice -n 19 apt-get install -y a b",
        "eatmydata apt-get install -y a b",
        "timeout 60 eatmydata apt-get -y install a b",
        "retry 5 apt-get install -y a b",
        "retry 5 \"apt-get install -y a b\"",
        "sh -c 'apt-get install -y a b'",
        "bash -ec \"apt-get update; apt-get install -y a b\"",
        "bash -o pipefail -c 'apt-get install -y a b'",
        "chroot /mnt sh -c \"apt-get install -y a b\"",
        "sudo bash -c \"sh -c 'apt-get install -y a b'\"",
        "su - me -c 'apt-get install -y a b'",
        "su --command='apt-get install -y a b' me",
        "eval apt-get install -y \"a b\"",
        "bash <<< 'apt-get install -y a b'",
        "[[ $x =~ (y|z) ]] && apt-get install -y a b",
        "cat <(apt-get install -y a b)",
        "trap 'apt-get install -y a b' EXIT",
        "'apt-get' \"install\" -y a b",
        "a\\pt-get install -y a b",
        "if true; then if true; then apt-get install -y a b; fi; fi",
        "apt-get install -y a b # c d",
        "apt-get install -y a b #",
        "x='#'; apt-get install -y a b",
        "echo a#b; apt-get install -y a b",
    ] {
        assert_eq!(run(text), ["apt-get a b"], "{text}");
    }
}

#[test]
fn heredocs_that_a_shell_reads() {
    for text in [
        "<<EOF\napt-get install -y a b\nEOF",
        "<<-EOF\n\tapt-get install -y a b\n\tEOF",
        "<<'EOF'\nset -e\napt-get install -y \\\n  a \\\n  b\nEOF",
        "<<EOF bash\napt-get install -y a b\nEOF",
        "bash -e <<'EOF'\napt-get install -y a b\nEOF",
        "<<EOF\n#!/usr/bin/env bash\napt-get install -y a b\nEOF",
        "<<EOF\n#!/bin/sh -e\n# apt-get install c\napt-get install -y a b # d\nEOF",
        "cat <<EOF > x && apt-get install -y a b\napt-get install c\nEOF",
        "cat <<EOF | bash\napt-get install -y a b\nEOF",
        "<<EOF\ncat > x <<X\napt-get install c\nX\napt-get install -y a b\nEOF",
        "<<A cat > x; bash <<B\napt-get install c\nA\napt-get install -y a b\nB",
        "<<EOF\nif true; then\n  apt-get install -y a b\nfi\nEOF",
    ] {
        assert_eq!(run(text), ["apt-get a b"], "{text}");
    }
    for text in [
        "<<EOF cat > /x.sh\napt-get install -y a b\nEOF",
        "<<EOF\n#!/usr/bin/env python3\napt-get install -y a b\nEOF",
        "python3 <<EOF\napt-get install -y a b\nEOF",
        "<<EOF\n# apt-get install a\nFROM b\nEOF",
    ] {
        assert_eq!(run(text), Vec::<String>::new(), "{text}");
    }
    // a comment line ends the continued command there, as the shell sees it
    assert_eq!(run("<<EOF\napt-get install a \\\n# c\nb\nEOF"), ["apt-get a"]);
}

#[test]
fn the_json_form_and_onbuild() {
    let found = |text: &str| said(&parse(&format!("FROM a\n{text}\n")));
    assert_eq!(
        found(r#"RUN ["apt-get", "install", "-y", "a=1", "$b"]"#),
        ["apt-get a=1 {$b Name}".replace("Name", "Pattern")]
    );
    assert_eq!(found(r#"RUN ["/bin/bash", "-c", "x=\"a b\"; apt-get install $x"]"#), ["apt-get a b"]);
    assert_eq!(found("ONBUILD RUN apt-get install a"), ["apt-get a"]);
    assert_eq!(
        found("SHELL [\"/bin/bash\", \"-c\"]\nRUN --mount=type=cache,target=/x apt-get install a"),
        ["apt-get a"]
    );
    assert_eq!(found("CMD apt-get install a"), Vec::<String>::new());
}

#[test]
fn variables_of_the_same_run() {
    for (text, found) in [
        ("p=\"a b\"; apt-get install $p", "a b"),
        ("p='a b' && apt-get install -y ${p} c", "a b c"),
        ("p=(a b) && apt-get install \"${p[@]}\"", "a b"),
        ("p=(a \"b\" # c\n)\n", ""),
        ("p=(a); p+=(b); apt-get install \"${p[@]}\"", "a b"),
        ("p=\"a\"; p=\"$p b\"; apt-get install $p", "a b"),
        ("p=a; p+=\" b\"; apt-get install $p", "a b"),
        ("export p=\"a b\"; apt-get install $p", "a b"),
        ("declare -a p=(a b); apt-get install ${p[*]}", "a b"),
        ("for p in a b; do apt-get install -y $p; done", "a b"),
        ("l='a b'; for p in $l c; do apt-get install -y \"$p\"; done", "a b c"),
        ("if x; then p=a; else p=b; fi; apt-get install $p", "a b"),
        ("p=\"a b\"; q=\"$p c\"; apt-get install $q", "a b c"),
        ("p=\"a $q\"; apt-get install $p", "a {$q Variable(\"q\")}"),
        ("p=\"a b\"; sh -c \"apt-get install $p\"", "a b"),
        ("sh -c 'p=\"a b\"; apt-get install $p'", "a b"),
        ("g=apt-get; $g install a", "a"),
        ("g='apt-get install -y'; $g a", "a"),
        ("v=12; apt-get install gcc-$v", "gcc-12"),
        ("for v in 1 2; do apt-get install gcc-$v; done", "{gcc-$v Variable(\"v\")}"),
        ("v=1.2; apt-get install a=$v", "a=<v:1.2>"),
        ("case x in y) v=1;; *) v=2;; esac; apt-get install a=$v", "a=<v>"),
        ("read p; p=a; apt-get install $p", "a {$p Variable(\"p\")}"),
        ("p=\"${p:-a b}\"; apt-get install $p", "{${p:-a b} Variable(\"p\")}"),
        ("p=\"a b\"; apt-get install \"$p\"", "{a b Name}"),
        ("p=a; apt-get install ${p:-x}", "a"),
        ("p=; apt-get install $p b", "b"),
        ("s=sid; apt-get install -t $s-x a", "-t <s:sid-x> a"),
    ] {
        let found: Vec<String> = if found.is_empty() { vec![] } else { vec![format!("apt-get {found}")] };
        assert_eq!(run(&text.replace("\n)\n", " )")), found, "{text}");
    }
}

#[test]
fn variables_of_arg_and_env() {
    for (text, found) in [
        ("FROM a\nARG P=\"a b\"\nRUN apt-get install $P\n", "a b"),
        ("FROM a\nENV P=a\\ b\nRUN apt-get install ${P}\n", "a b"),
        ("FROM a\nENV P a   b\nRUN apt-get install $P\n", "a b"),
        ("ARG P='a b'\nFROM a\nARG P\nRUN apt-get install $P\n", "a b"),
        ("FROM a AS x\nENV P=\"a b\"\nFROM x\nRUN apt-get install $P\n", "a b"),
        ("FROM a\nARG V=1.2\nRUN apt-get install a=$V\n", "a=<V:1.2>"),
        ("FROM a\nARG V=1.2\nARG P=\"a=$V b\"\nRUN apt-get install $P\n", "a=<V:1.2> b"),
        ("FROM a\nARG TARGETARCH\nRUN apt-get install a:$TARGETARCH\n", "a:<TARGETARCH>"),
        ("FROM a\nARG P\nRUN apt-get install $P\n", "{$P Variable(\"P\")}"),
        ("FROM a\nARG P=b\nRUN P=a; apt-get install $P\n", "a"),
        ("FROM a\nARG P=b\nRUN P=\"$P a\"; apt-get install $P\n", "b a"),
        ("FROM a\nENV A=apt-get\nRUN $A install b\n", "b"),
        ("FROM a\nARG P=\"$(x) lib*\"\nRUN apt-get install $P\n", "{$(x) Pattern} {lib* Pattern}"),
        ("# escape=`\nFROM a\nARG P=\"a `\n  b\"\nRUN apt-get install $P `\n  c\n", "a b c"),
    ] {
        assert_eq!(said(&parse(text)), [format!("apt-get {found}")], "{text}");
    }
}

#[test]
fn the_place_is_the_one_to_edit() {
    let file = parse("FROM a\nARG P=\"curl git\"\nRUN apt-get install $P \\\n    # wget\n    'nano' $Q\n");
    let found = &installs(&file)[0];
    let at = |place: Place| (place.line, place.column, place.excerpt.unwrap().width);
    let places: Vec<_> = found.operands.iter().map(|o| at(o.place(&file))).collect();
    assert_eq!(places, [(2, 8, 4), (2, 13, 3), (5, 5, 6)]);
    assert_eq!(at(found.not_understood[0].place(&file)), (5, 12, 2));
    assert_eq!(at(found.place(&file)), (3, 5, 7));
    assert_eq!((found.instruction, found.stage), (2, Some(0)));
}

#[test]
fn a_version_is_written_and_every_other_byte_stays() {
    becomes("RUN apt-get install curl", "RUN apt-get install curl=9");
    becomes("RUN apt-get install curl=1.1 a;b", "RUN apt-get install curl=9 a=9;b");
    becomes("RUN apt-get install curl=1.1* 'a=1.*'", "RUN apt-get install curl=9 'a=9'");
    becomes("RUN apt-get install \"curl=1.1\" 'a' b=\"1\"", "RUN apt-get install \"curl=9\" 'a=9' b=\"9\"");
    becomes("RUN apt-get install foo:arm64=1 bar:arm64", "RUN apt-get install foo:arm64=9 bar:arm64=9");
    becomes("RUN apt-get install foo:\"$A\"=1 b:\"$A\" c:$A", "RUN apt-get install foo:\"$A\"=9 b:\"$A=9\" c:$A=9");
    becomes("RUN apt-get install cu\\\nrl \\\n# x y\n  a", "RUN apt-get install cu\\\nrl=9 \\\n# x y\n  a=9");
    becomes("RUN p=\"a b=1\"; apt-get install $p c", "RUN p=\"a=9 b=9\"; apt-get install $p c=9");
    becomes("RUN p=(a b); apt-get install \"${p[@]}\"", "RUN p=(a=9 b=9); apt-get install \"${p[@]}\"");
    becomes("RUN for p in a b; do apt-get install $p; done", "RUN for p in a=9 b=9; do apt-get install $p; done");
    becomes("RUN p=a; apt-get install $p; apt-get install $p", "RUN p=a=9; apt-get install $p; apt-get install $p");
    becomes("RUN v=1; apt-get install a=$v b=$v", "RUN v=9; apt-get install a=$v b=$v");
    becomes(
        "RUN v=12; apt-get install gcc-$v \"g++-${v}\" l$v-x",
        "RUN v=12; apt-get install gcc-$v=9 \"g++-${v}=9\" l$v-x=9",
    );
    becomes("RUN v=1; sh -c \"apt-get install gcc-$v a\"", "RUN v=1; sh -c \"apt-get install gcc-$v=9 a=9\"");
    becomes("RUN x=1 y=2; apt-get install a$x$y", "RUN x=1 y=2; apt-get install a$x$y=9");
    becomes("RUN x=a y=b; apt-get install $x$y", "RUN x=a y=b; apt-get install $x$y=9");
    becomes("RUN [\"apt-get\", \"install\", \"a\", \"b=1\"]", "RUN [\"apt-get\", \"install\", \"a=9\", \"b=9\"]");
    becomes("RUN <<E\napt-get install a \\\n b\nE", "RUN <<E\napt-get install a=9 \\\n b=9\nE");
    becomes(
        "ARG P=\"a b\"\nENV Q c d\nRUN apt-get install $P $Q",
        "ARG P=\"a=9 b=9\"\nENV Q c=9 d=9\nRUN apt-get install $P $Q",
    );
    becomes("ARG P=a\nENV Q=b\nRUN apt-get install $P $Q", "ARG P=a=9\nENV Q=b=9\nRUN apt-get install $P $Q");
    becomes("RUN echo `apt-get install a \\`x\\` b`", "RUN echo `apt-get install a=9 \\`x\\` b=9`");
    becomes("RUN apt-get install a=9", "RUN apt-get install a=9");
}

#[test]
fn what_cannot_be_edited_says_why() {
    for (text, why) in [
        ("RUN apt-get install curl=1\\\n.1", "`curl` is split by a continuation, quotes or a variable"),
        ("RUN apt-get install curl=1.\"1\"", "`curl` is split by a continuation, quotes or a variable"),
        ("RUN l=\"b c\"; apt-get install a$l", "`ab` is split by a continuation, quotes or a variable"),
        ("ARG V=1\nRUN apt-get install curl=$V", "the version of `curl` stands in the variable `V`"),
        ("RUN apt-get install curl=$V", "the version of `curl` stands in the variable `V`"),
        ("RUN v=1; apt-get install curl=$v-1", "the version of `curl` stands in the variable `v`"),
        ("RUN apt-get install curl=$(x)", "the version of `curl` stands in the variable `$(…)`"),
        ("RUN apt-get install curl/sid", "`curl` takes whatever version its suite has"),
    ] {
        assert_eq!(pinned(&format!("FROM a\n{text}\n")).1.first().map(String::as_str), Some(why), "{text}");
    }
    let help = |text: &str| {
        let file = parse(text);
        installs(&file)[0].operands[0].edit(&file, "9").unwrap_err().trouble().help.unwrap()
    };
    let into = "pin it with `into = [{ arg = \"V\", value = \"curl\" }]`";
    assert_eq!(help("FROM a\nARG V=1\nRUN apt-get install curl=$V\n"), into);
    assert_eq!(help("FROM a\nENV V=1\nRUN apt-get install curl=$V\n"), into.replace("arg", "env"));
    let file = parse("FROM a\nARG V=9\nRUN apt-get install curl=$V\n");
    assert_eq!(installs(&file)[0].operands[0].edit(&file, "9"), Ok(None));
    for version in ["", "1 2", "1;x", "$X", "1*"] {
        assert!(matches!(installs(&file)[0].operands[0].edit(&file, version), Err(OperandError::Version { .. })));
    }
}
