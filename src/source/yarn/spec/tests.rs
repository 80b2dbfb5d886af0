//! Spellings as yarn 1.22, 3.8 and 4.18 were seen to take or refuse them.

use proptest::prelude::*;

use super::super::lockfile::Entry;
use super::*;

const FULL: &str = "e7eab7e326abd3e961664163ca53d52c668f59fc";

fn berry() -> Format {
    Format::Berry { metadata: 8, cache_key: Some("10c0".to_owned()) }
}

/// `git URL REFERENCE`, or what else it is, or why it is refused.
fn said(format: &Format, range: &str) -> String {
    match Spec::parse(format, range) {
        Ok(Spec::Git(git)) => {
            let reference = match &git.reference {
                Reference::Head => "head".to_owned(),
                Reference::Commit(id) => format!("commit {id}"),
                Reference::Semver(range) => format!("semver {range}"),
                Reference::Tag(tag) => format!("tag {tag}"),
                Reference::Branch(branch) => format!("branch {branch}"),
                Reference::Name(name) => format!("name {name}"),
            };
            let marks = [(git.hosted, " hosted"), (git.insecure, " insecure")];
            let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, m)| *m).collect();
            let workspace = git.workspace.as_ref().map(|w| format!(" of {w}")).unwrap_or_default();
            format!("git {} {reference}{workspace}{marks}", git.url)
        }
        Ok(Spec::Registry { alias, range }) => format!("registry {} {range}", alias.unwrap_or_default()),
        Ok(Spec::Tarball(url)) => format!("tarball {url}"),
        Ok(Spec::Local(local, path)) => format!("{local:?} {path}"),
        Ok(Spec::Patch(of, patch)) => format!("patch {of} {patch}"),
        Err(e) => format!("refused: {e}"),
    }
}

#[test]
fn every_spelling_that_yarn_1_takes_is_read_as_yarn_1_reads_it() {
    for (range, expected) in [
        ("git+https://github.com/own/homebridge.git#v1.0.0", "git https://github.com/own/homebridge.git name v1.0.0"),
        ("git+https://github.com/own/homebridge", "git https://github.com/own/homebridge.git head"),
        ("git://github.com/o/r#refs/tags/v1", "git https://github.com/o/r.git tag v1 insecure"),
        ("git+http://127.0.0.1:8080/o/r.git#main", "git http://127.0.0.1:8080/o/r.git name main"),
        ("git+ssh://git@github.com/o/r.git#semver:^1", "git ssh://git@github.com/o/r.git semver ^1"),
        ("git+ssh://git@github.com:o/r.git", "git ssh://git@github.com/o/r.git head"),
        ("git+ssh://git@example.org:o/r.git", "git git@example.org:o/r.git head"),
        ("git+ssh://git@example.org:2222/o/r", "git ssh://git@example.org:2222/o/r head"),
        ("ssh://git@example.org/o/r#feature/x", "git ssh://git@example.org/o/r name feature/x"),
        ("git+file:///srv/git/r#^1", "git file:///srv/git/r semver ^1"),
        ("https://example.org/o/r.git", "git https://example.org/o/r.git head"),
        ("https://example.org/o/r.git#abcdef", "git https://example.org/o/r.git name abcdef"),
        ("https://github.com/o/r#", "git https://github.com/o/r.git head"),
        ("https://gitlab.com/o/r", "git https://gitlab.com/o/r.git head"),
        ("o/r#refs/heads/x", "git https://github.com/o/r.git branch x hosted"),
        ("github:o/r.git#*", "git https://github.com/o/r.git head hosted"),
        ("gitlab:o/r#v1", "git https://gitlab.com/o/r.git name v1 hosted"),
        ("bitbucket:o/r", "git https://bitbucket.org/o/r.git head hosted"),
        ("gist:0123abc#v1", "git https://gist.github.com/0123abc.git name v1"),
        ("https://codeload.github.com/o/r/tar.gz/v2.0.0", "tarball https://codeload.github.com/o/r/tar.gz/v2.0.0"),
        ("https://github.com/o/r/archive/v1.tar.gz", "tarball https://github.com/o/r/archive/v1.tar.gz"),
        ("https://example.org/o/r.git#", "tarball https://example.org/o/r.git#"),
        ("file:./loc", "File ./loc"),
        ("file:./x.tgz", "File ./x.tgz"),
        ("../x", "File ../x"),
        ("link:../x", "Link ../x"),
        ("npm:left-a@1.0.0", "registry left-a 1.0.0"),
        ("npm:@s/left-a@^1", "registry @s/left-a ^1"),
        ("^1.0.0 || 2", "registry  ^1.0.0 || 2"),
        ("latest", "registry  latest"),
        ("", "registry  "),
    ] {
        assert_eq!(said(&Format::V1, range), expected, "{range}");
    }
    let range = format!("o/r#{}", FULL.to_uppercase());
    assert_eq!(said(&Format::V1, &range), format!("git https://github.com/o/r.git commit {FULL} hosted"));
}

#[test]
fn what_yarn_1_rejects_or_misreads_is_refused_with_what_to_write() {
    for (range, why, help) in [
        ("https://github.com/o/r.git#commit=abc", "yarn 1 does not know `commit=`", "https://github.com/o/r.git#abc"),
        ("git@github.com:o/r.git", "does not read it as a repository", "git+ssh://git@github.com:o/r.git"),
        ("workspace:*", "yarn 1 knows no `workspace:`", ""),
        ("portal:./x", "yarn 1 knows no `portal:`", ""),
        ("patch:a@npm%3A1#x", "yarn 1 knows no `patch:`", ""),
        ("o/widgit", "cuts four letters", "git+https://github.com/o/widgit.git"),
        ("git+https://me:pw@github.com/o/r.git", "credentials", ""),
        ("git+https://h/o/r.git#-x", "starts with `-`", ""),
        ("git+ext::sh -c id", "", ""),
        ("o/r#a#b", "two `#`", ""),
        ("\u{202e}", "control or invisible", ""),
    ] {
        let error = Spec::parse(&Format::V1, range).expect_err(range);
        let trouble = error.to_trouble();
        assert!(trouble.message.contains(why), "{range}: {}", trouble.message);
        assert!(trouble.help.unwrap_or_default().contains(help), "{range}");
        assert!(!trouble.message.contains("pw"), "{range}");
    }
}

#[test]
fn every_spelling_that_berry_takes_is_read_as_berry_reads_it() {
    let commit = format!("commit {FULL}");
    for (range, expected) in [
        ("own/homebridge#v1.0.0", "git https://github.com/own/homebridge.git name v1.0.0".to_owned()),
        ("github:o/r", "git https://github.com/o/r.git head".into()),
        ("https://github.com/o/r#semver:^1", "git https://github.com/o/r.git semver ^1".into()),
        ("https://github.com/o/r/tarball/main", "git https://github.com/o/r.git name main".into()),
        ("git://github.com/o/r.git#tag=v1", "git https://github.com/o/r.git tag v1 insecure".into()),
        ("git+https://h.org/o/r.git#head=feature/x", "git https://h.org/o/r.git branch feature/x".into()),
        ("git@github.com:o/r.git", "git ssh://git@github.com/o/r.git head".into()),
        ("git@h.org:o/r.git", "git ssh://git@h.org/o/r.git head".into()),
        ("ssh://git@h.org:22/o/r.git", "git ssh://git@h.org:22/o/r.git head".into()),
        (&format!("o/r#{FULL}"), format!("git https://github.com/o/r.git {commit}")),
        (&format!("o/r#commit={FULL}"), format!("git https://github.com/o/r.git {commit}")),
        (&format!("o/r#commit:{FULL}"), format!("git https://github.com/o/r.git {commit}")),
        (&format!("o/r#commit={FULL}&workspace=%40s%2Fa"), format!("git https://github.com/o/r.git {commit} of @s/a")),
        ("o/r#workspace=a", "git https://github.com/o/r.git head of a".into()),
        ("o/r#semver=^1", "git https://github.com/o/r.git semver ^1".into()),
        ("^1.0.0", "registry  ^1.0.0".into()),
        ("npm:^1.0.0", "registry  ^1.0.0".into()),
        ("npm:", "registry  ".into()),
        ("npm:inherits@2.0.4", "registry inherits 2.0.4".into()),
        ("npm:@s/a@^1", "registry @s/a ^1".into()),
        ("npm:1.0.0::__archiveUrl=https%3A%2F%2Fregistry.example%2Fa.tgz", "registry  1.0.0".into()),
        ("latest", "registry  latest".into()),
        ("workspace:*", "Workspace *".into()),
        ("portal:./por::locator=app%40workspace%3A.", "Portal ./por".into()),
        ("link:./loc", "Link ./loc".into()),
        ("./loc", "File ./loc".into()),
        ("https://h.org/a.tgz", "tarball https://h.org/a.tgz".into()),
        ("patch:resolve@^1.22.0#~builtin<compat/resolve>", "patch resolve@^1.22.0 ~builtin<compat/resolve>".into()),
        (
            "patch:resolve@npm%3A^1.22.0#optional!builtin<compat/resolve>",
            "patch resolve@npm:^1.22.0 optional!builtin<compat/resolve>".into(),
        ),
        (
            "patch:ansi-regex@npm%3A5.0.1#./p.patch::version=5.0.1&hash=113cfc&locator=app%40workspace%3A.",
            "patch ansi-regex@npm:5.0.1 ./p.patch".into(),
        ),
    ] {
        assert_eq!(said(&berry(), range), expected, "{range}");
    }
}

#[test]
fn what_berry_rejects_is_refused_with_what_to_write() {
    for (range, why, help) in [
        ("o/r#commit=abcdef", "names a commit by 6 of its 40 digits", "write the whole one"),
        ("o/r#^1.0.0", "only after `semver:`", "o/r#semver:^1.0.0"),
        ("o/r#refs/tags/v1", "does not know `refs/tags/`", "o/r#tag=v1"),
        ("o/r#", "empty fragment", "o/r"),
        ("o/r#cwd=x", "a key other than", ""),
        ("o/r#tag=a&tag=b", "two things of one sort", ""),
        ("gitlab:o/r", "knows no `gitlab:`", "git+https://gitlab.com/o/r"),
        ("git+file:///srv/r", "does not follow git+file:", ""),
        ("https://codeload.github.com/o/r/tar.gz/v1", "repository", "git+https://github.com/o/r.git#v1"),
        ("exec:./x.js", "`exec:`", ""),
        ("catalog:", "`catalog:`", ""),
        ("vnext", "no range, no tag", ""),
    ] {
        let trouble = Spec::parse(&berry(), range).expect_err(range).to_trouble();
        assert!(trouble.message.contains(why), "{range}: {}", trouble.message);
        assert!(trouble.help.unwrap_or_default().contains(help), "{range}");
    }
}

#[test]
fn a_pinned_spelling_is_read_back_by_both_yarns_as_that_commit() {
    let id: CommitId = FULL.parse().unwrap();
    for (format, range, expected) in [
        (Format::V1, "own/homebridge#v1.0.0", format!("git+https://github.com/own/homebridge.git#{FULL}")),
        (Format::V1, "git://127.0.0.1:9418/r", format!("git+https://127.0.0.1:9418/r#{FULL}")),
        (Format::V1, "git+http://127.0.0.1:80/r", format!("git+http://127.0.0.1:80/r#{FULL}")),
        (Format::V1, "git+ssh://git@h.org:o/r.git", format!("git+ssh://git@h.org:o/r.git#{FULL}")),
        (Format::V1, "git+file:///srv/r", format!("git+file:///srv/r#{FULL}")),
        (berry(), "git@h.org:o/r.git", format!("git+ssh://git@h.org/o/r.git#{FULL}")),
        (berry(), "o/r#workspace=@s/a", format!("git+https://github.com/o/r.git#commit={FULL}&workspace=%40s%2Fa")),
        (berry(), "o/r#workspace=a&tag=v1", format!("git+https://github.com/o/r.git#workspace=a&commit={FULL}")),
    ] {
        let spec = Spec::parse(&format, range).unwrap();
        let git = spec.git().unwrap();
        let pinned = git.pinned(id);
        assert_eq!(pinned, expected, "{range}");
        let again = Spec::parse(&format, &pinned).unwrap();
        let again = again.git().unwrap();
        assert_eq!((&again.url, &again.reference), (&git.url, &Reference::Commit(id)), "{pinned}");
        assert_eq!(again.pinned(id), pinned);
    }
}

#[test]
fn the_commit_of_an_entry_is_found_in_every_form_that_the_yarns_write() {
    let of = |format: &Format, text: &str| {
        let text = Some(text.to_owned());
        let entry = Entry { resolved: text.clone(), resolution: text, ..Entry::default() };
        git_of(format, &entry).map(|r| r.map(|(url, id)| format!("{url} {id}")).map_err(|e| e.to_string()))
    };
    for (format, text, url) in [
        (Format::V1, "git+https://github.com/own/homebridge.git#ID", "https://github.com/own/homebridge.git"),
        (Format::V1, "https://github.com/o/r#ID", "https://github.com/o/r.git"),
        (Format::V1, "https://gist.github.com/0a.git#ID", "https://gist.github.com/0a.git"),
        (Format::V1, "https://codeload.github.com/o/r/tar.gz/ID", "https://github.com/o/r.git"),
        (Format::V1, "https://gitlab.com/o/r/repository/archive.tar.gz?ref=ID", "https://gitlab.com/o/r.git"),
        (Format::V1, "https://bitbucket.org/o/r/get/ID.tar.gz", "https://bitbucket.org/o/r.git"),
        (Format::V1, "git://127.0.0.1/r#ID", "https://127.0.0.1/r"),
        (
            berry(),
            "homebridge@https://github.com/own/homebridge.git#commit=ID",
            "https://github.com/own/homebridge.git",
        ),
        (berry(), "@s/a@git@github.com:o/r.git#workspace=a&commit=ID", "ssh://git@github.com/o/r.git"),
        (berry(), "hb@git://127.0.0.1:29418/gr/.git#commit=ID", "https://127.0.0.1:29418/gr/.git"),
    ] {
        let found = of(&format, &text.replace("ID", FULL));
        assert_eq!(found, Some(Ok(format!("{url} {FULL}"))), "{text}");
    }
    for (format, text) in [
        (Format::V1, "https://registry.example/left-a/-/left-a-1.1.0.tgz#8af1e4c1221244cc62459faf38940d4e644a5723"),
        (Format::V1, "file:./loc.tgz#8af1e4c1221244cc62459faf38940d4e644a5723"),
        (berry(), "inherits@npm:2.0.4"),
        (berry(), "a@workspace:packages/a"),
        (berry(), "resolve@patch:resolve@npm%3A1.22.14#~builtin<compat/resolve>::version=1.22.14&hash=c3c19d"),
    ] {
        assert_eq!(of(&format, text), None, "{text}");
    }
    for (format, text) in [
        (Format::V1, "https://codeload.github.com/o/r/tar.gz/v2.0.0#8af1e4c1221244cc62459faf38940d4e644a5723"),
        (Format::V1, "git+https://github.com/o/r.git#main"),
        (Format::V1, "git+https://github.com/o/r.git"),
        (berry(), "a@https://github.com/o/r.git#main"),
    ] {
        assert!(matches!(of(&format, text), Some(Err(_))), "{text}");
    }
}

#[test]
fn names_that_npm_does_not_allow_are_refused() {
    for good in ["left-pad", "@scope/name", "JSONStream", "a.b_c~d", "@_s/x", &"a".repeat(214)] {
        assert!(Descriptor::parse(&format!("{good}@1")).is_ok(), "{good}");
    }
    for bad in [
        "",
        "@s",
        "@/a",
        "@s/",
        ".hidden",
        "_x",
        "-x",
        "a b",
        "a/b",
        "../x",
        "@s/../x",
        "@s/..",
        "node_modules",
        "a%2f",
        "a\\b",
        "é",
        "a\u{0}",
        "@s/-x",
        &"a".repeat(215),
    ] {
        assert!(vet_name(bad).is_err(), "{bad:?}");
    }
    assert!(matches!(Descriptor::parse("left-pad"), Err(SpecError::NoRange(_))));
    let alias = Descriptor::parse("left-x@npm:left-a@1.0.0").unwrap();
    assert_eq!((alias.name.as_str(), alias.range.as_str()), ("left-x", "npm:left-a@1.0.0"));
    assert_eq!(Descriptor::parse("@s/a@").unwrap(), Descriptor::new("@s/a", ""));
}

#[test]
fn ranges_are_npms() {
    for (version, range, holds) in [
        ("1.2.3", "^1.0.0", true),
        ("1.2.3", "", true),
        ("1.2.3", "1.x || >=3", true),
        ("2.0.0", "^1.0.0", false),
        ("1.0.0-rc.1", "*", false),
        ("x", "*", false),
        ("1.0.0", "latest", false),
    ] {
        assert_eq!(satisfies(version, range), holds, "{version} {range}");
    }
}

#[test]
fn a_range_with_odd_operators_or_an_empty_alternative_is_read_as_npm_reads_it() {
    // npm's semver 7: validRange(range) !== null, satisfies("2.1.3", range), satisfies("1.0.0", range)
    for (range, read, two, one) in [
        ("~> 2.1", true, true, false),
        ("~>2.1.0", true, true, false),
        ("=v2.1.3", true, true, false),
        ("v2.1.3", true, true, false),
        ("^ 2.0.0", true, true, false),
        ("> 1.5", true, true, false),
        ("^2.0.0 || ", true, true, true),
        ("||2.1.3", true, true, true),
        ("2.1.3 ||", true, true, true),
        ("||", true, true, true),
        ("2.1.3 - 2.x", true, true, false),
        ("~=2.1", true, true, false),
        ("^=2", true, true, false),
        ("~^2", false, false, false),
        (">X", true, false, false),
        (">*", true, false, false),
        ("<*", true, false, false),
        ("<x", true, false, false),
        (">=*", true, true, true),
        ("<=*", true, true, true),
        ("=*", true, true, true),
        ("~*", true, true, true),
        ("^*", true, true, true),
        ("> *", true, false, false),
        ("2-3", false, false, false),
        ("==2.1.3", false, false, false),
        ("^^2", false, false, false),
        ("=<2", false, false, false),
        ("=>1", false, false, false),
        (">==1", true, true, true),
        ("~>=1", true, false, true),
        ("~>1", true, false, true),
        ("!2", false, false, false),
        ("v*", true, true, true),
        ("^v2", true, true, false),
        ("~ > 2", true, true, false),
        ("^2,<3", false, false, false),
        ("x2", false, false, false),
        ("2.x-rc", false, false, false),
        ("2 || junk", false, false, false),
        ("2 || !2", false, false, false),
        ("*-beta", false, false, false),
        ("x.1", false, false, false),
        ("*.1", false, false, false),
        (">x.1", false, false, false),
        ("1.x.3", false, false, false),
        (">=1.*.3", false, false, false),
        (">1.x", true, true, false),
        (">01", false, false, false),
        ("1 - ", false, false, false),
        ("- 1", false, false, false),
        ("1.0.0 -2", false, false, false),
        ("| 1", false, false, false),
        ("1|2", false, false, false),
        ("1 | 2", false, false, false),
        ("1||2", true, true, true),
        ("1 || || 2", true, true, true),
        (">=2 || <1", true, true, false),
        ("^*.*", true, true, true),
        (">x.x.x", true, false, false),
        ("<x.x.x", true, false, false),
        ("<=x.x", true, true, true),
        ("~>x", true, true, true),
        ("=x", true, true, true),
        ("=v*", true, true, true),
        (" ", true, true, true),
        ("2.1.3.4", false, false, false),
        ("1.2.3-", false, false, false),
    ] {
        assert_eq!(is_range(range), read, "{range}");
        assert_eq!(satisfies("2.1.3", range), two, "2.1.3 {range}");
        assert_eq!(satisfies("1.0.0", range), one, "1.0.0 {range}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn nothing_that_is_written_as_a_range_makes_it_panic(range in "(git\\+)?(https://|ssh://|npm:|patch:|github:|)[a-z@:/.#&=%^~ é-]{0,40}") {
        for format in [Format::V1, berry()] {
            if let Ok(Spec::Git(git)) = Spec::parse(&format, &range) {
                // What can be pinned is read back as what it was pinned to.
                let id: CommitId = FULL.parse().unwrap();
                let pinned = Spec::parse(&format, &git.pinned(id)).unwrap();
                prop_assert_eq!(&pinned.git().unwrap().reference, &Reference::Commit(id));
                prop_assert_eq!(&pinned.git().unwrap().workspace, &git.workspace);
            }
            let _ = archive(&range);
        }
    }

    #[test]
    fn a_descriptor_is_its_text(name in "(@[a-z]{1,5}/)?[a-z][a-z0-9.-]{0,8}", range in "[a-z@:/.#^ 0-9]{0,20}") {
        let text = format!("{name}@{range}");
        prop_assert_eq!(Descriptor::parse(&text).unwrap(), Descriptor::new(name, range));
        prop_assert_eq!(Descriptor::parse(&text).unwrap().to_string(), text);
    }

    #[test]
    fn a_workspace_of_a_fragment_is_escaped_and_read_back(name in "\\PC{0,20}") {
        prop_assert_eq!(reference::unescaped(&reference::escaped(&name)), Some(name));
    }
}
