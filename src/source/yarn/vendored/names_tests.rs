//! Names that yarn 1.22.22 was seen to open; the files' names are its own.

use super::*;
use crate::source::yarn::lockfile::Format;

const ID: &str = "2222222222222222222222222222222222222222";

fn entry(key: &str, resolved: &str) -> Entry {
    Entry {
        keys: vec![key.to_owned()],
        line: 5,
        resolved: (!resolved.is_empty()).then(|| resolved.to_owned()),
        ..Entry::default()
    }
}

fn name(key: &str, resolved: &str) -> String {
    mirror_name(&entry(key, resolved)).unwrap().unwrap_or_default()
}

#[test]
fn tarballs_have_the_names_that_yarn_opens() {
    let host = "https://registry.example";
    for (path, expected) in [
        ("/left-a/-/left-a-1.1.0.tgz", "left-a-1.1.0.tgz"),
        ("/@s/n/-/n-1.1.0.tgz", "@s-n-1.1.0.tgz"),
        ("/@s%2fn/-/n-1.1.0.tgz", "@s-n-1.1.0.tgz"),
        ("/@s%2Fn/-/n-1.1.0.tgz", "n-1.1.0.tgz"),
        ("/@s/n/-/@s/n-1.1.0.tgz", "@s-n-1.1.0.tgz"),
        ("/api/npm/repo/@s/n/-/@s/n-1.1.0.tgz", "@s-n-1.1.0.tgz"),
        ("/download/@s/n/1.1.0/abcdef", "abcdef"),
        ("/n/_attachments/n-1.1.0.tgz", "n-1.1.0.tgz"),
        ("/n/-/n-1.1.0.tgz?x=/a/b.tgz", "n-1.1.0.tgz"),
        ("/x/%6e-1.tgz", "%6e-1.tgz"),
        ("/x/n-1.tgz/", "n-1.tgz"),
        ("/-/n-1.tgz", "n-1.tgz"),
    ] {
        assert_eq!(name("n@^1.0.0", &format!("{host}{path}#{ID}")), expected, "{path}");
    }
}

#[test]
fn hosted_tarballs_have_the_last_part_of_the_path() {
    for (url, expected) in [
        (format!("https://codeload.github.com/o/r/tar.gz/{ID}"), ID.to_owned()),
        (format!("https://codeload.github.com/o/r/tar.gz/feature/x#{ID}"), "x".to_owned()),
        (format!("https://codeload.github.com/o/r/tar.gz/v1.0.0#{ID}"), "v1.0.0".to_owned()),
        (format!("https://gitlab.com/o/r/repository/archive.tar.gz?ref={ID}"), "archive.tar.gz".to_owned()),
        (format!("https://bitbucket.org/o/r/get/{ID}.tar.gz"), format!("{ID}.tar.gz")),
    ] {
        assert_eq!(name("n@o/r#v1", &url), expected, "{url}");
    }
}

#[test]
fn git_packages_have_their_commit_in_the_name() {
    for (url, expected) in [
        ("git+https://h.example/o/r.git", "r.git"),
        ("git+https://h.example/o/r", "r"),
        ("git+https://h.example/o/r.git/", "r.git"),
        ("git+https://h.example/o/r/", "r"),
        ("git+http://127.0.0.1:1/o/r.git?x=1", "r.git"),
        ("git+http://127.0.0.1:1/o/a%20b.git", "a%20b.git"),
        ("git+ssh://git@h.example/o/r.git", "r.git"),
        ("git+ssh://git@h.example:o/r.git", "r.git"),
        ("git+ssh://git@h.example:r.git", "r.git"),
        ("git+ssh://git@h.example:22/r.git", "r.git"),
        ("git+file:///srv/a/r.git", "r.git"),
        ("git+file:///srv/a/r/.git", ".git"),
        ("git://127.0.0.1:1/o/r.git", "r.git"),
        ("git+https://gist.github.com/abcdef.git", "abcdef.git"),
    ] {
        let resolved = format!("{url}#{ID}");
        assert_eq!(name(&format!("n@{resolved}"), &resolved), format!("{expected}-{ID}"), "{url}");
    }
    for (range, url, expected) in [
        ("http://127.0.0.1:1/o/r.git#v1", "http://127.0.0.1:1/o/r.git", "r.git"),
        ("ssh://git@h.example/o/r.git#v1", "ssh://git@h.example/o/r.git", "r.git"),
        ("https://github.com/o/r#v1", "https://github.com/o/r", "r"),
        ("o/r#v1", "git+ssh://git@github.com/o/r.git", "r.git"),
    ] {
        assert_eq!(name(&format!("n@{range}"), &format!("{url}#{ID}")), format!("{expected}-{ID}"), "{range}");
    }
}

#[test]
fn a_range_of_the_registry_makes_a_tarball_of_what_looks_like_a_repository() {
    assert_eq!(name("n@^1", &format!("https://h.example/o/r.git#{ID}")), "r.git");
}

#[test]
fn what_is_of_the_folder_itself_is_in_no_mirror() {
    for resolved in ["", "file:./a.tgz#22", "./a.tgz#22", "../a.tgz", "/srv/a.tgz"] {
        assert_eq!(mirror_name(&entry("n@x", resolved)), Ok(None), "{resolved}");
    }
}

#[test]
fn names_that_no_file_should_have_are_refused() {
    for resolved in [
        "https://h.example/..",
        "https://h.example/",
        "https://h.example",
        "https://h.example/a b.tgz",
        "https://h.example/é.tgz",
        "https://h.example/a\\b.tgz",
        "https://h.example/a{b}.tgz",
        "https://h.example/con",
        "https://h.example/a:b",
        "https://h.example/-x.tgz",
        "n-1.0.0.tgz#22",
        "git+https://h.example/o/r.git",
        "git+https://h.example/o/r.git#v1",
        "git+https://h.example/o/r.git#2222222",
    ] {
        assert!(mirror_name(&entry("n@^1", resolved)).is_err(), "{resolved}");
    }
}

#[test]
fn an_alias_is_the_package_behind_it() {
    for (key, expected) in [
        ("left-a@^1.0.0", "left-a"),
        ("@s/n@^1.0.0", "@s/n"),
        ("left-x@npm:left-a@1.0.0", "left-a"),
        ("x@npm:@s/n@^1", "@s/n"),
        ("left-a@npm:^1.0.0", "left-a"),
        ("n@git+ssh://git@h.example/o/r.git", "n"),
        ("", ""),
        ("@", "@"),
        ("n@npm:", "n"),
    ] {
        assert_eq!(package(key), expected, "{key}");
    }
}

fn lock(entries: Vec<Entry>) -> Lockfile {
    Lockfile {
        format: Format::V1,
        entries,
        canonical: true,
        crlf: false,
        bom: false,
        versions: Vec::new(),
        more: BTreeMap::new(),
        unknown: Vec::new(),
    }
}

#[test]
fn two_packages_under_one_name_are_refused() {
    let codeload = |o: &str| format!("https://codeload.github.com/{o}/tar.gz/v1.0.0#{ID}");
    let collision = lock(vec![entry("a@o/a#v1.0.0", &codeload("o/a")), entry("b@o/b#v1.0.0", &codeload("o/b"))]);
    let troubles = mirror_files(&collision, "app/yarn.lock").unwrap_err();
    assert_eq!(troubles.len(), 1);
    assert_eq!(troubles[0].message, "two packages would be the file `v1.0.0` of the offline mirror");
    assert_eq!(troubles[0].found.as_deref(), Some("`a@o/a#v1.0.0` on line 5 and `b@o/b#v1.0.0` on line 5"));
    let folded = lock(vec![
        entry("JSONStream@^1", "https://registry.example/JSONStream/-/JSONStream-1.0.0.tgz"),
        entry("jsonstream@^1", "https://registry.example/jsonstream/-/jsonstream-1.0.0.tgz"),
    ]);
    let troubles = mirror_files(&folded, "yarn.lock").unwrap_err();
    assert!(troubles[0].message.contains("one file on some systems"), "{troubles:?}");
}

#[test]
fn one_file_may_serve_several_entries_with_the_same_bytes() {
    let url = format!("https://registry.example/a/-/a-1.0.0.tgz#{ID}");
    let mut other = entry("a@1.0.0", &url.replace("registry", "other"));
    other.integrity = Some("sha512-x".to_owned());
    let mut first = entry("a@^1", &url);
    first.integrity = Some("sha512-x".to_owned());
    let lock = lock(vec![first, entry("x@npm:a@^1", &url), other, entry("loc@file:./loc", "")]);
    let files = mirror_files(&lock, "yarn.lock").unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!((files[0].name.as_str(), files[0].more.len()), ("a-1.0.0.tgz", 2));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

    #[test]
    fn a_name_is_always_one_plain_file(key in "[a@/#:.]{0,8}", url in "(git\\+)?[a-z]{0,5}:?/{0,2}[-a@%2f:./#?~]{0,24}") {
        if let Ok(Some(name)) = mirror_name(&entry(&key, &url)) {
            proptest::prop_assert!(name.parse::<RelPath>().is_ok());
            proptest::prop_assert!(!name.contains('/'));
        }
    }
}
