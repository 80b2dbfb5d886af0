//! What `yarn add` takes, and what an edit makes of it.

use super::super::super::{Dockerfile, apply, undo};
use super::super::yarn::{Add, adds};
use super::{parse, part};

const COMMIT: &str = "0123456789012345678901234567890123456789";
const OLD: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Each add on a line: its packages, and in braces what was not understood; `?` if it may be none.
pub(super) fn said(file: &Dockerfile) -> Vec<String> {
    let line = |add: &Add| {
        let mut out = vec![format!("{}{}", add.program, if add.adds { "" } else { "?" })];
        let fragment = |f| format!("#{}", part(f));
        out.extend(
            add.packages
                .iter()
                .map(|p| format!("{}{}", p.text, p.fragment.as_ref().map_or_else(String::new, fragment))),
        );
        out.extend(add.not_understood.iter().map(|n| format!("{{{} {:?}}}", n.text(file), n.why)));
        out.join(" ")
    };
    adds(file).iter().map(line).collect()
}

#[track_caller]
fn finds(rest: &str, found: &[&str]) {
    assert_eq!(said(&parse(&format!("FROM a\n{rest}\n"))), found, "{rest}");
}

/// The file with all packages at the commit, and what could not be edited.
fn pinned(text: &str) -> (String, Vec<String>) {
    let file = parse(text);
    let (mut edits, mut errors) = (Vec::new(), Vec::new());
    for package in adds(&file).iter().flat_map(|a| &a.packages) {
        match package.edit(&file, COMMIT) {
            Ok(edit) => edits.extend(edit),
            Err(error) => errors.push(error.to_string()),
        }
    }
    let after = apply(file.bytes(), &edits).unwrap();
    assert_eq!(apply(&after, &undo(&edits)).unwrap(), file.bytes());
    (String::from_utf8(after).unwrap(), errors)
}

/// `@` stands for the commit.
#[track_caller]
fn becomes(before: &str, after: &str) {
    let (text, errors) = pinned(&format!("FROM a\n{before}"));
    assert_eq!((text, errors), (format!("FROM a\n{}", after.replace('@', COMMIT)), vec![]));
}

#[track_caller]
fn refuses(before: &str, why: &str) {
    let before = format!("FROM a\n{before}");
    assert_eq!(pinned(&before), (before, vec![why.to_owned()]));
}

#[test]
fn each_program_with_options_before_and_behind_the_verb() {
    for (text, found) in [
        ("yarn add o/r#v1", "yarn o/r#v1"),
        ("yarnpkg add git://h/o/r#v1 --ignore-engines --network-timeout 100000 > /dev/null", "yarnpkg git://h/o/r#v1"),
        ("yarnv1 -s add o/r", "yarnv1 o/r"),
        ("yarn global add o/r p", "yarn o/r p"),
        ("yarn global --prefix /x add o/r", "yarn o/r"),
        ("yarn --cwd dir add o/r", "yarn o/r"),
        ("yarn --cwd=dir add o/r", "yarn o/r"),
        ("yarn --modules-folder m --cache-folder \"$C\" add --mutex file o/r", "yarn o/r"),
        ("yarn workspace X add -D o/r", "yarn o/r"),
        ("yarn workspaces foreach -A --include x -j 2 add o/r", "yarn o/r"),
        ("yarn $OPTIONS add o/r", "yarn o/r"),
        ("yarn add -- o/r", "yarn o/r"),
        ("yarn add --mode update-lockfile o/r", "yarn o/r"),
        ("corepack yarn add o/r", "yarn o/r"),
        ("corepack yarn@1.22.22 add o/r", "yarn@1.22.22 o/r"),
        ("npx --yes yarn add o/r", "yarn o/r"),
        ("npx -p yarn@1 yarn add o/r", "yarn o/r"),
        ("node .yarn/releases/yarn-3.8.7.cjs add o/r", "yarn-3.8.7.cjs o/r"),
        ("sudo -E /usr/bin/yarn add o/r", "yarn o/r"),
        ("sh -c 'yarn add o/r#v1'", "yarn o/r#v1"),
        ("retry 'yarn add o/r#v1'", "yarn o/r#v1"),
        ("if x; then yarn add o/r; fi", "yarn o/r"),
        ("(cd x && yarn add o/r)", "yarn o/r"),
        ("x=$(yarn add o/r)", "yarn o/r"),
        ("apk add yarn && yarn add o/r", "yarn o/r"),
    ] {
        finds(&format!("RUN {text}"), &[found]);
    }
    for none in [
        "yarn",
        "yarn install --frozen-lockfile",
        "yarn run add o/r",
        "apk add yarn git",
        "apt-get install -y yarn",
        "npm install -g yarn",
        "npm install git+https://h/o/r",
        "echo yarn add o/r",
        "git add yarn",
        "yarn build add",
        "# yarn add o/r",
    ] {
        finds(&format!("RUN {none}"), &[]);
    }
}

#[test]
fn forms_of_a_run() {
    finds("RUN x && \\\n  # yarn add z#1\n  yarn add \\\n  a/b#1 \\\n\n  c/d", &["yarn a/b#1 c/d"]);
    finds("RUN [\"yarn\",\"add\",\"a/b#1\", \"c\"]", &["yarn a/b#1 c"]);
    finds("RUN <<E\ncd x\nyarn add a/b#1\nE", &["yarn a/b#1"]);
    finds("RUN <<E bash\nyarn add 'a/b#1' \"c/d#2\"\nE", &["yarn a/b#1 c/d#2"]);
    finds("RUN yarn add a/b; yarn add c/d", &["yarn a/b", "yarn c/d"]);
    finds("RUN for p in a/b#1 c/d#2; do yarn add $p; done", &["yarn a/b#1 c/d#2"]);
    finds("ONBUILD RUN yarn add a/b", &["yarn a/b"]);
    finds("RUN --mount=type=cache,target=/x yarn add a/b", &["yarn a/b"]);
}

#[test]
fn a_package_has_a_text_and_a_fragment() {
    finds("ARG V=v1\nRUN yarn add n@git+https://h/o/r.git#${V}", &["yarn n@git+https://h/o/r.git#<V:v1>"]);
    finds("ENV V v1\nRUN yarn add \"o/r#$V\"", &["yarn o/r#<V:v1>"]);
    finds("RUN V=v1; yarn add o/r#$V", &["yarn o/r#<V:v1>"]);
    finds("ARG V=1\nRUN yarn add o/r#v$V", &["yarn o/r#<V:v1>"]);
    finds("ARG V\nRUN yarn add o/r#$V", &["yarn o/r#<V>"]);
    finds("RUN yarn add o/r#$(cat v)", &["yarn o/r#<$(…)>"]);
    finds("RUN if x; then V=a; else V=b; fi; yarn add o/r#$V", &["yarn o/r#<V>"]);
    finds("ARG P=o/r#v1\nRUN yarn add $P", &["yarn o/r#v1"]);
    finds("RUN yarn add left-pad@^1.0.0 @s/p@2 x@npm:y@1", &["yarn left-pad@^1.0.0 @s/p@2 x@npm:y@1"]);
    finds("RUN yarn add 'o/r#semver:^1' o/s#", &["yarn o/r#semver:^1 o/s"]);
}

#[test]
fn what_cannot_be_known_is_told() {
    finds("RUN yarn add $PKGS", &["yarn {$PKGS Variable(\"PKGS\")}"]);
    finds("RUN yarn add $O/r#v1", &["yarn {$O/r#v1 Variable(\"O\")}"]);
    finds("RUN yarn add \"$(cat l)\" a", &["yarn a {$(cat l) Command}"]);
    finds("RUN yarn add ./x ../y file:z a.tgz", &["yarn {./x File} {../y File} {file:z File} {a.tgz File}"]);
    finds("RUN yarn add {a,b}/r", &["yarn {{a,b}/r Pattern}"]);
    finds("RUN cat l | xargs yarn add", &["yarn {xargs Input(\"xargs\")}"]);
    finds("RUN yarn \"$@\"", &["yarn? {$@ Variable(\"@\")}"]);
    finds("RUN yarn dlx create-x; yarn upgrade", &["yarn? {dlx Verb(\"dlx\")}", "yarn? {upgrade Verb(\"upgrade\")}"]);
    finds("RUN ${YARN:-yarn} add o/r", &[" {${YARN:-yarn} Variable(\"YARN\")}"]);
    finds("RUN $(command -v yarnpkg) add o/r", &[" {$(command -v yarnpkg) Command}"]);
    finds("RUN $PM add git+https://h/o/r.git", &[" {$PM Variable(\"PM\")}"]);
    finds("RUN $GIT add o/r", &[]);
}

#[test]
fn the_commit_is_written_where_the_fragment_stands() {
    becomes("RUN yarn add git://h/o/r#v1 && x", "RUN yarn add git://h/o/r#@ && x");
    becomes("RUN yarn add o/r o/s#", "RUN yarn add o/r#@ o/s#@");
    becomes("RUN yarn add \"o/r\" 'o/s#master'", "RUN yarn add \"o/r#@\" 'o/s#@'");
    becomes("RUN [\"yarn\",\"add\",\"o/r\"]", "RUN [\"yarn\",\"add\",\"o/r#@\"]");
    becomes("RUN yarn add \\\n  o/r#v1 \\\n  o/s && x", "RUN yarn add \\\n  o/r#@ \\\n  o/s#@ && x");
    becomes("RUN <<E\nyarn add o/r#v1\nE\n", "RUN <<E\nyarn add o/r#@\nE\n");
    becomes(&format!("RUN yarn add o/r#{COMMIT}"), "RUN yarn add o/r#@");
    becomes("RUN yarn add 'o/r#semver:^1'", "RUN yarn add 'o/r#@'");
}

#[test]
fn the_commit_is_written_into_the_arg_or_env() {
    becomes("ARG V=v1\nRUN yarn add o/r#$V", "ARG V=@\nRUN yarn add o/r#$V");
    becomes("ARG A=1 V=\"v1\"\nRUN yarn add \"o/r#${V}\"", "ARG A=1 V=\"@\"\nRUN yarn add \"o/r#${V}\"");
    becomes("ENV V v1\nRUN yarn add o/r#$V", "ENV V @\nRUN yarn add o/r#$V");
    becomes("ENV V='v1'\nRUN yarn add o/r#${V:-x}", "ENV V='@'\nRUN yarn add o/r#${V:-x}");
    becomes("ARG A=v1\nARG V=$A\nRUN yarn add o/r#$V", "ARG A=@\nARG V=$A\nRUN yarn add o/r#$V");
    becomes("RUN V=v1; yarn add o/r#$V", "RUN V=@; yarn add o/r#$V");
    becomes("ARG P=o/r\nRUN yarn add $P", "ARG P=o/r#@\nRUN yarn add $P");
    becomes("ARG P=\"o/r#v1 o/s\"\nRUN yarn add $P", "ARG P=\"o/r#@ o/s#@\"\nRUN yarn add $P");
    let (before, after) =
        ("ARG V=v1\nFROM a\nARG V\nRUN yarn add o/r#$V\nFROM b\nARG V\nRUN yarn add o/r#$V", "ARG V=@");
    let (text, errors) = pinned(before);
    assert_eq!((text, errors), (before.replace("ARG V=v1", after).replace('@', COMMIT), vec![]));
    becomes(
        "ARG V=v1\nRUN yarn add o/r#$V\nFROM b\nARG V=v2\nRUN yarn add o/r#$V",
        "ARG V=@\nRUN yarn add o/r#$V\nFROM b\nARG V=@\nRUN yarn add o/r#$V",
    );
}

#[test]
fn no_edit_where_the_commit_would_not_stand_alone() {
    let unknown = |why: &str| format!("what follows the `#` of `o/r` is not known before the build: {why}");
    refuses("ARG V\nRUN yarn add o/r#$V", &unknown("the value of `V` is not known"));
    refuses(
        "ARG V=\nRUN yarn add o/r#$V",
        "what follows the `#` of `o/r` is split by a continuation, quotes or a variable",
    );
    refuses("RUN yarn add o/r#$(cat v)", &unknown("a command gives it when the image is built"));
    refuses("RUN if x; then V=a; else V=b; fi; yarn add o/r#$V", &unknown("the value of `V` is not known"));
    refuses("ARG V=1\nRUN yarn add o/r#v$V", "what follows the `#` of `o/r` is only in part in the variable `V`");
    refuses(
        "RUN yarn add o/r#v\\\n1",
        "what follows the `#` of `o/r` is split by a continuation, quotes or a variable",
    );
    refuses(
        "ARG N=r\nRUN yarn add o/$N",
        "what follows the `#` of `o/r` is split by a continuation, quotes or a variable",
    );
    refuses("FROM b\nRUN yarn add o/r#$V", &unknown("the value of `V` is not known"));
    let before = "ARG V=v1\nFROM a\nRUN yarn add o/r#$V\n";
    assert_eq!(pinned(before), (before.to_owned(), vec![unknown("the value of `V` is not known")]));
}

#[test]
fn a_variable_that_is_no_commit_and_used_elsewhere_is_not_edited() {
    let why = "the variable `V` is no full commit, and is used elsewhere too, in line 4";
    refuses("ARG V=v1\nRUN yarn add o/r#$V\nRUN curl https://h/$V", why);
    refuses("ARG V=v1\nRUN yarn add o/r#$V\nLABEL v=${V}", why);
    becomes(&format!("ARG V={OLD}\nRUN yarn add o/r#$V\nLABEL v=${{V}}"), "ARG V=@\nRUN yarn add o/r#$V\nLABEL v=${V}");
}

#[test]
fn only_a_full_commit_is_written() {
    let file = parse("FROM a\nRUN yarn add o/r");
    for bad in ["", "master", "0123456", COMMIT.get(1..).unwrap(), &"A".repeat(40)] {
        assert!(adds(&file)[0].packages[0].edit(&file, bad).is_err(), "{bad}");
    }
}

mod any {
    //! Generated RUNs, and hostile ones.

    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    const PARTS: &[&str] = &[
        "\nRUN ",
        "\nARG V=",
        "\nENV V ",
        "yarn add ",
        "yarn ",
        "add ",
        "o/r",
        "git://h/o/r",
        "#",
        "#v1",
        "$V",
        "${V}",
        "${V:-",
        "v=",
        "$v",
        "\"",
        "'",
        "`",
        "\\",
        "\\\n",
        "\n",
        "\r\n",
        " ",
        " ",
        ";",
        "&&",
        "|",
        "(",
        ")",
        "$(",
        "}",
        "<<E\n",
        "\nE\n",
        "@",
        "--cwd ",
        "-- ",
        "for p in ",
        "do ",
        "if ",
        "sh -c ",
        "[\"",
        "\",\"",
        "\"]",
        "é",
        "global ",
        "workspace ",
        "xargs ",
        "{",
        "é",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn an_edit_reads_back_and_is_undone(
            parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..40),
        ) {
            let text = format!("FROM a\nARG V=v0\nRUN yarn add {}", parts.concat());
            let Ok(file) = Dockerfile::parse("Dockerfile", text.clone().into_bytes()) else { return Ok(()) };
            let all = adds(&file);
            let packages: Vec<_> = all.iter().flat_map(|a| &a.packages).collect();
            for (index, package) in packages.iter().enumerate() {
                let Ok(Some(edit)) = package.edit(&file, COMMIT) else { continue };
                let edits = [edit];
                let after = apply(text.as_bytes(), &edits).unwrap();
                prop_assert_eq!(apply(&after, &undo(&edits)).unwrap(), text.as_bytes());
                let again = Dockerfile::parse("Dockerfile", after).unwrap();
                let back = adds(&again);
                let back: Vec<_> = back.iter().flat_map(|a| &a.packages).collect();
                prop_assert_eq!(back.len(), packages.len());
                let borne = back[index].fragment.as_ref().and_then(super::super::Written::known);
                prop_assert_eq!((back[index].text.as_str(), borne), (package.text.as_str(), Some(COMMIT)));
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut text = b"FROM a\nRUN yarn add ".to_vec();
            text.extend(bytes);
            if let Ok(file) = Dockerfile::parse("Dockerfile", text) {
                said(&file);
            }
        }
    }

    #[test]
    fn hostile_text_costs_linear_time() {
        for part in ["o/r#1 ", "#", "$V", "yarn add a/b;", "x@", "yarn ", "global ", "\\\n a/b#1 "] {
            let text = format!("FROM a\nARG V=v\nRUN yarn add {}", part.repeat(300_000 / part.len()));
            let begin = Instant::now();
            if let Ok(file) = Dockerfile::parse("Dockerfile", text.into_bytes()) {
                let all = adds(&file);
                for package in all.iter().flat_map(|a| &a.packages) {
                    let _ = package.edit(&file, COMMIT);
                }
            }
            assert!(begin.elapsed() < Duration::from_secs(20), "{part:?} {:?}", begin.elapsed());
        }
    }
}
