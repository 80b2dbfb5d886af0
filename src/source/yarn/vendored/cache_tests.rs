//! Names that yarn 3.8.7 and 4.18.1 gave to their zips.

use super::*;

const SUM: &str = "c9e4d3d3b7e11de6e04451f5896cde9379ff643b7f34688b637ad8cabf1e02a42011055eef82f47c0d52bee0104ef198c3abeb6e2c842732313b8e8f0faeb1f0";

fn lock(prefix: &str, cache_key: &str, entries: &[(&str, &str)]) -> Lockfile {
    let mut text = format!("__metadata:\n  version: 8\n  cacheKey: {cache_key}\n");
    for (resolution, more) in entries {
        text += &format!("\n\"{resolution}\":\n  version: 1.0.0\n  resolution: \"{resolution}\"\n");
        text += &more.replace("SUM", &format!("{prefix}{SUM}"));
        text += "  languageName: node\n  linkType: hard\n";
    }
    Lockfile::parse(text.as_bytes()).unwrap()
}

const CHECKED: &str = "  checksum: SUM\n";

#[test]
fn each_zip_is_found_by_the_name_that_yarn_gave_it() {
    let entries = [
        ("left-a@npm:1.1.0", CHECKED),
        ("@s/n@npm:1.0.0", CHECKED),
        ("gitty@git://127.0.0.1:9499/repo.git#commit=df34d65cefad1fba3d0b9c63b9ea1374fc052451", CHECKED),
        ("left-a@patch:left-a@npm%3A1.1.0#./p.patch::version=1.1.0&hash=2fd57e&locator=x%40workspace%3A.", CHECKED),
        ("loc@file:./loc#./loc::hash=6934ca&locator=x%40workspace%3A.", CHECKED),
        ("url@http://127.0.0.1:4873/left-a/-/left-a-1.0.0.tgz", CHECKED),
        ("lin-only@npm:1.0.0", "  conditions: os=linux\n"),
        ("mac-only@npm:1.0.0", "  conditions: os=darwin\n"),
    ];
    for (prefix, key) in [("", "8"), ("10c0/", "10c0")] {
        let lock = lock(prefix, key, &entries);
        let files = CacheFiles::of(&lock, "yarn.lock").unwrap();
        assert_eq!(files.iter().count(), entries.len());
        for (name, package) in [
            ("left-a-npm-1.1.0-389a25d12c-c9e4d3d3b7.zip", "left-a"),
            ("@s-n-npm-1.0.0-278eba127a-c9e4d3d3b7.zip", "@s/n"),
            ("gitty-git-5beaf17381-c9e4d3d3b7.zip", "gitty"),
            ("left-a-patch-35d5413136-c9e4d3d3b7.zip", "left-a"),
            ("loc-file-e84f08235c-c9e4d3d3b7.zip", "loc"),
            ("url-http-cbd21c5bde-c9e4d3d3b7.zip", "url"),
            (&format!("lin-only-npm-1.0.0-8631b84bda-{key}.zip"), "lin-only"),
            (&format!("mac-only-npm-1.0.0-693ff3c580-{key}.zip"), "mac-only"),
        ] {
            assert_eq!(files.called(name).map(|f| f.package), Some(package), "{name}");
        }
        for other in [
            "left-a-npm-1.1.0-389a25d12c-c9e4d3d3b8.zip",
            "left-a-npm-1.1.0-389a25d12c-c9e4d3d3.zip",
            "left-a-npm-1.1.0-389a25d12c-8.zip",
            "left-b-npm-1.1.0-389a25d12c-c9e4d3d3b7.zip",
            "left-a-npm-1.1.0-389a25d12d-c9e4d3d3b7.zip",
            "lin-only-npm-1.0.0-8631b84bda-9.zip",
            "left-a-npm-1.1.0-389a25d12c-c9e4d3d3b7.tgz",
            "zip",
            ".zip",
            "-.zip",
            "",
        ] {
            assert_eq!(files.called(other), None, "{other}");
        }
    }
}

#[test]
fn an_entry_without_checksum_and_without_conditions_is_told() {
    let lock = lock("10c0/", "10c0", &[("left-a@npm:1.1.0", ""), ("b@npm:1.0.0", "  checksum: 10c0/abc\n")]);
    let troubles = CacheFiles::of(&lock, "app/yarn.lock").unwrap_err();
    let told: Vec<&str> = troubles.iter().map(|t| t.message.as_str()).collect();
    assert_eq!(told, ["yarn.lock has no checksum of `left-a@npm:1.1.0`", "`10c0/abc` is no checksum of a zip"]);
}

#[test]
fn what_is_linked_from_the_folder_has_no_zip() {
    let entries = [("x@workspace:.", ""), ("ln@link:./loc::locator=x", ""), ("po@portal:./loc::locator=x", "")];
    let lock = lock("", "8", &entries);
    assert_eq!(CacheFiles::of(&lock, "yarn.lock").unwrap().iter().count(), 0);
}

#[test]
fn only_the_gitignore_that_yarn_writes_is_yarns_own() {
    assert!(is_yarns_own(".gitignore", b"/.gitignore\n*.flock\n*.tmp\n"));
    assert!(!is_yarns_own(".gitignore", b"*\n"));
    assert!(!is_yarns_own("a.zip", b"/.gitignore\n*.flock\n*.tmp\n"));
}
