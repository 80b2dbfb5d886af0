//! Which packages `yarn add` lines name, and what cannot be known of them.

use super::*;
use crate::dockerfile::apply;
use crate::model::Token;
use crate::source::implied::edits;

const COMMIT: &str = "0123456789012345678901234567890123456789";

fn files(texts: &[&str]) -> Vec<Dockerfile> {
    let file = |(i, text): (usize, &&str)| Dockerfile::parse(&format!("D{i}"), text.as_bytes().to_vec()).unwrap();
    texts.iter().enumerate().map(file).collect()
}

fn keys(text: &str) -> Vec<String> {
    let files = files(&[text]);
    implied(&files).sites.iter().map(|site| site.key.clone()).collect()
}

fn unclear(text: &str) -> Vec<(Id, Severity, String)> {
    let files = files(&[text]);
    implied(&files).unclear.into_iter().map(|u| (u.id, u.severity, u.trouble.message)).collect()
}

#[test]
fn each_spelling_of_a_repository_has_its_key() {
    for (text, key) in [
        ("git://github.com/o/r#v1", "r"),
        ("git+https://github.com/o/r.git#v1", "r"),
        ("git+ssh://git@host.example/a/b/r.git", "r"),
        ("git@host.example:o/r.git", "r"),
        ("https://host.example/o/r.git", "r"),
        ("https://github.com/o/r", "r"),
        ("github:o/r#x", "r"),
        ("gitlab:o/r", "r"),
        ("gist:0123456789abcdef", "0123456789abcdef"),
        ("o/r#semver:^1", "r"),
        ("n@o/r", "n"),
        ("n@git+https://host.example/o/r.git#v1", "n"),
        ("@s/n@git+ssh://git@host.example/o/r.git", "@s/n"),
        ("n@git@host.example:o/r.git", "n"),
        ("git+file:///srv/r.git#x", "r"),
    ] {
        assert_eq!(keys(&format!("FROM a\nRUN yarn add '{text}'")), [key], "{text}");
        assert_eq!(keys(&format!("FROM a\nRUN yarn --emoji true add '{text}'")), [key], "{text}");
        assert_eq!(keys(&format!("FROM a\nRUN yarn exec yarn add '{text}'")), [key], "{text}");
    }
}

#[test]
fn what_is_not_from_git_is_told_once_a_line() {
    let text = format!(
        "FROM a\nRUN yarn add left-pad @s/p@^2 x@npm:y@1 e@file:./x https://codeload.github.com/o/r/tar.gz/{COMMIT}"
    );
    let message = "`yarn add` takes what no commit pins: `left-pad`, `@s/p@^2`, `x@npm:y@1`, `e@file:./x`, `https://codeload.github.com/o/r/tar.gz/0123456789012345678901234567890123456789`";
    assert_eq!(unclear(&text), [(Id::YARN015, Severity::Note, message.to_owned())]);
    assert_eq!(keys(&text), [""; 0]);
}

#[test]
fn code_from_a_url_or_from_git_that_nothing_pins_is_an_error() {
    for (command, verb, package) in [
        ("add https://host.example/t.tgz", "add", "https://host.example/t.tgz"),
        ("add x@https://host.example/t.tgz", "add", "x@https://host.example/t.tgz"),
        ("add https://codeload.github.com/o/r/tar.gz/v1", "add", "https://codeload.github.com/o/r/tar.gz/v1"),
        ("upgrade ga@own/gb", "upgrade", "ga@own/gb"),
        ("upgrade --latest x ga@own/gb#v1", "upgrade", "ga@own/gb"),
        ("up 'ga@git+ssh://git@host.example/o/r.git'", "up", "ga@git+ssh://git@host.example/o/r.git"),
        ("dlx own/gb", "dlx", "own/gb"),
        ("dlx -p own/gb run", "dlx", "own/gb"),
        ("dlx --package=own/gb run", "dlx", "own/gb"),
        ("create https://host.example/t.tgz", "create", "https://host.example/t.tgz"),
        ("set version https://host.example/x.js", "set version", "https://host.example/x.js"),
        ("policies set-version https://host.example/x.js", "policies set-version", "https://host.example/x.js"),
        ("plugin import https://host.example/x.js", "plugin import", "https://host.example/x.js"),
    ] {
        let found = unclear(&format!("FROM a\nRUN yarn {command}"));
        let message = format!("`yarn {verb}` takes `{package}`, which nothing pins");
        assert!(found.contains(&(Id::YARN015, Severity::Error, message)), "{command}: {found:?}");
    }
}

#[test]
fn what_another_verb_takes_from_a_registry_or_at_a_commit_is_noted() {
    for command in [
        "upgrade left-pad@^1 @s/p",
        &format!("upgrade ga@own/gb#{COMMIT}"),
        "dlx serve public/files https://host.example/",
        "dlx -p ts-node own/gb",
        "create react-app my/app",
        "set version stable",
        "set version vendor/yarn.js",
        "plugin import workspace-tools",
    ] {
        let found = unclear(&format!("FROM a\nRUN yarn {command}"));
        let [(Id::YARN015, Severity::Note, _)] = found.as_slice() else { panic!("{command}: {found:?}") };
    }
    assert_eq!(unclear("FROM a\nRUN yarn set resolution a b && yarn plugin list && yarn config set x y"), []);
}

#[test]
fn two_repositories_of_one_name_are_told_apart() {
    assert_eq!(keys("FROM a\nRUN yarn add a/r b/r c/s"), ["a/r", "b/r", "s"]);
    assert_eq!(keys("FROM a\nRUN yarn add a/r git://github.com/a/r.git#v1 github:a/r"), ["r", "r", "r"]);
    assert_eq!(keys("FROM a\nRUN yarn add a/r git+https://host.example/a/r"), ["github.com/a/r", "host.example/a/r"]);
    assert_eq!(keys("FROM a\nRUN yarn add r@a/x b/r"), ["a/x", "b/r"]);
}

#[test]
fn git_without_encryption_is_noted_and_still_pinned() {
    let text = "FROM a\nARG V=v1\nRUN yarnpkg add git://github.com/o/r#${V}";
    let message = "yarn takes `git://github.com/o/r` over git://, where anybody on the way can read and change it";
    assert_eq!(unclear(text), [(Id::YARN015, Severity::Note, message.to_owned())]);
    assert_eq!(keys(text), ["r"]);
    assert_eq!(unclear("FROM a\nRUN yarn add git+http://127.0.0.1:8080/o/r.git"), []);
}

#[test]
fn what_cannot_be_known_or_written_is_an_error() {
    for text in [
        "ARG V\nRUN yarn add o/r#$V",
        "RUN yarn add $P",
        "ARG V=1\nRUN yarn add o/r#v$V",
        "ARG C\nRUN yarn $C git+https://github.com/o/a.git#v1.0.0",
        "ARG PM\nRUN $PM add github:o/a#v1",
        "ARG PM\nRUN $PM add o/a#v1",
        "RUN yarn add o/r#$(cat v)",
        "RUN yarn add p#v1",
        "RUN yarn add 'o/r#commit=0123&workspace=w'",
        "ARG V=v1\nRUN yarn add o/r#$V\nRUN curl https://host.example/$V",
        "ARG V=v1\nRUN yarn add o/r#$V o/s#$V",
    ] {
        let all = unclear(&format!("FROM a\n{text}"));
        assert!(!all.is_empty(), "{text}");
        assert!(all.iter().all(|(id, severity, _)| (*id, *severity) == (Id::YARN016, Severity::Error)), "{all:?}");
        assert_eq!(keys(&format!("FROM a\n{text}")), [""; 0], "{text}");
    }
    assert_eq!(unclear("FROM a\nRUN yarn $ARGS").first().map(|u| (u.0, u.1)), Some((Id::YARN016, Severity::Note)));
}

#[test]
fn what_is_wanted_is_each_repository_once() {
    let all =
        files(&["FROM a\nARG V=v1\nRUN yarn add git://github.com/o/r#$V n@o/s", "FROM a\nRUN yarn add github:o/r#v1"]);
    let said: Vec<_> = wanted(&all).unwrap().into_iter().map(|w| (w.key, w.repository, w.fragment)).collect();
    let own = str::to_owned;
    assert_eq!(said, [(own("r"), own("git://github.com/o/r"), Some(own("v1"))), (own("n"), own("o/s"), None)]);
    let trouble = wanted(&files(&["FROM a\nRUN yarn add o/r#v1", "FROM a\nRUN yarn add o/r"])).unwrap_err();
    assert_eq!(trouble.message, "the Dockerfiles want `r` in two ways");
    assert_eq!((trouble.expected, trouble.found), (Some(own("`v1` as in D0:2")), Some(own("HEAD"))));
}

#[test]
fn the_arg_of_the_homebridge_image_takes_the_locked_commit() {
    let before = "FROM a AS builder\nARG HOMEBRIDGE_VERSION=2f9ad6ba3ca5b7c1d0e8f6a4c2b0d9e7f5a3c1b8\nRUN yarnpkg init -p -y\nRUN yarnpkg add git://github.com/o/homebridge#${HOMEBRIDGE_VERSION} --ignore-engines > /dev/null\n";
    let files = files(&[before]);
    let claims = implied(&files);
    let [site] = claims.sites.as_slice() else { panic!("{claims:?}") };
    let old = "2f9ad6ba3ca5b7c1d0e8f6a4c2b0d9e7f5a3c1b8";
    assert_eq!((site.key.as_str(), site.bears.as_deref(), site.is_pinned()), ("homebridge", Some(old), true));
    assert_eq!(site.keeps(), Some(("homebridge".to_owned(), Token::new(old).unwrap())));
    let edits = edits(&files[0], &[(site, Token::new(COMMIT).unwrap())], &[]).unwrap();
    let after = apply(files[0].bytes(), &edits).unwrap();
    assert_eq!(String::from_utf8(after).unwrap(), before.replace(old, COMMIT));
}

#[test]
fn a_refresh_tells_each_thing_with_its_line_and_the_advice_last() {
    let notes = notes(&files(&["FROM a\nRUN yarn add p && yarn add p\nRUN yarn add git://h.example/o/r $P"]));
    assert_eq!(
        notes[..3],
        [
            "D0:2: `yarn add` takes what no commit pins: `p`",
            "D0:3: yarn takes `git://h.example/o/r` over git://, where anybody on the way can read and change it",
            "D0:3: what yarn adds for `$P` cannot be known: the value of `P` is not known",
        ]
    );
    assert_eq!((notes.len(), notes[3].contains("(4) dubo-pin refresh")), (4, true));
}

#[test]
fn a_branch_is_no_pin() {
    let files = files(&["FROM a\nRUN yarn add o/r#master"]);
    let claims = implied(&files);
    assert_eq!((claims.sites[0].is_pinned(), claims.sites[0].keeps()), (false, None));
}
