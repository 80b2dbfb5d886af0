use proptest::prelude::*;

use super::*;
use crate::model::Age;

const A: &str = "eb517821ea447f4a108a390e79b9b3c9115289ca8c142d0a38ffddef38ccefcc";
const B: &str = "8575ec1f224d635ce30646a2a1388bee267a7f37fae3f997687643c9ebb8fb43";

/// The head of a security suite's Release, as Debian writes it.
fn security() -> String {
    format!(
        "Origin: Debian
Label: Debian-Security
Suite: oldstable-security
Version: 12
Codename: bookworm-security
Date: Sat, 21 Nov 2026 00:53:02 UTC
Valid-Until: Sat, 28 Nov 2026 00:53:02 UTC
Acquire-By-Hash: yes
Architectures: amd64 arm64 armhf i386 ppc64el
Components: updates/main updates/contrib
Description: Debian 12 - Security Updates
SHA256:
 {A}  2523192 main/binary-amd64/Packages
 {B}   378100 main/binary-amd64/Packages.xz
 {B}      143 main/binary-amd64/Release
"
    )
}

/// A Release with all architectures' packages apart, which also has a gz.
fn apart() -> String {
    format!(
        "Codename: trixie
Date: Thu, 1 Jan 2026 9:00:00 +0000
Architectures: all amd64
Components: main
SHA256:
 {A} 10 main/binary-amd64/Packages
 {A} 8 main/binary-amd64/Packages.gz
 {B} 9 main/binary-amd64/Packages.xz
 {B} 9 main/binary-all/Packages.xz
"
    )
}

fn parse(text: &str) -> Release {
    Release::parse(text).unwrap_or_else(|e| panic!("{e}"))
}

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

#[test]
fn a_release_as_debian_writes_it() {
    let release = parse(&security());
    assert_eq!(release.origin.as_deref(), Some("Debian"));
    assert_eq!(release.label.as_deref(), Some("Debian-Security"));
    assert_eq!(release.date, time("2026-11-21T00:53:02Z"));
    assert_eq!(release.valid_until, Some(time("2026-11-28T00:53:02Z")));
    assert!(release.acquire_by_hash && !release.not_automatic && !release.all_in_each);
    assert_eq!(release.architectures.join(" "), "amd64 arm64 armhf i386 ppc64el");
    assert_eq!(release.file("main/binary-amd64/Packages.xz"), Some((B.parse().unwrap(), 378_100)));
    assert_eq!(release.file("main/binary-armel/Packages.xz"), None);
}

#[test]
fn lines_of_a_signed_text_may_end_in_crlf() {
    assert_eq!(parse(&security().replace('\n', "\r\n")), parse(&security()));
}

#[test]
fn weak_digests_alone_are_refused() {
    let weak = "Date: Sat, 21 Nov 2026 00:53:02 UTC\nMD5Sum:\n 0ed6d4c8891eb86358b94bb35d9e4da4 1 x\nSHA1:\n x\n";
    let trouble = Release::parse(weak).unwrap_err().trouble();
    assert_eq!(trouble.message, "the Release file has no SHA-256 digests");
    assert_eq!(trouble.found.as_deref(), Some("only MD5Sum, SHA1"));
    assert_eq!(trouble.help.as_deref(), Some("MD5 and SHA-1 can be forged, so nothing is taken from this archive"));
    let md5_too = weak.replace("SHA1:\n x\n", &format!("SHA256:\n {A} 1 y\n"));
    assert_eq!(parse(&md5_too).file("x"), None);
    assert!(parse(&md5_too).file("y").is_some());
}

#[test]
fn what_contradicts_itself_is_refused() {
    let told = |from: &str, to: &str| {
        let text = security();
        assert!(text.contains(from), "{from}");
        Release::parse(&text.replace(from, to)).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(
        told("Label:", "Suite: x\nLabel:"),
        "the Release file cannot be read: line 4: the field `Suite` stands there twice"
    );
    let twice = "the Release file lists `main/binary-amd64/Packages` twice, with different digests";
    assert_eq!(told("SHA256:\n", &format!("SHA256:\n {B} 2523192 main/binary-amd64/Packages\n")), twice);
    assert_eq!(told("SHA256:\n", &format!("SHA256:\n {A} 2523193 main/binary-amd64/Packages\n")), twice);
    let same = security().replace("SHA256:\n", &format!("SHA256:\n {A} 2523192 main/binary-amd64/Packages\n"));
    assert_eq!(parse(&same), parse(&security()));
    assert_eq!(told(" 2523192 ", " -1 "), format!("the Release file lists `{A}  -1 main/binary-amd64/Packages`"));
    assert_eq!(told("  2523192 ", "  "), format!("the Release file lists `{A}  main/binary-amd64/Packages`"));
    assert!(told(A, &A.to_uppercase()).starts_with("the Release file lists `EB5178"));
    assert_eq!(told("Date: Sat, 21 Nov 2026 00:53:02 UTC\n", ""), "the Release file has no field `Date`");
    assert_eq!(
        told("Description:", "\nDescription:"),
        "the Release file cannot be read: line 11: it is empty in the midst of a stanza"
    );
}

#[test]
fn dates_are_those_of_release_files() {
    for (text, expected) in [
        ("Sat, 21 Nov 2026 00:53:02 UTC", "2026-11-21T00:53:02Z"),
        ("Sat, 15 Nov 2026 10:07:11 UTC", "2026-11-15T10:07:11Z"),
        ("Thu, 1 Jan 2026 9:00:00 +0000", "2026-01-01T09:00:00Z"),
        ("Thu,  1 Jan 2026 09:00:00 GMT", "2026-01-01T09:00:00Z"),
        ("29 Feb 2028 23:59:59 UTC", "2028-02-29T23:59:59Z"),
    ] {
        assert_eq!(moment(text), Some(time(expected)), "{text}");
    }
    for bad in [
        "",
        "now",
        "Sat, 21 Nov 2026 00:53:02",
        "Sat, 21 Nov 2026 00:53:02 CET",
        "Sat, 21 Nov 2026 00:53:02 +0100",
        "Sat, 31 Nov 2026 00:53:02 UTC",
        "Sat, 21 Nov 26 00:53:02 UTC",
        "Sat, 21 Nov 2026 24:00:00 UTC",
        "Sat, 21 Nov 2026 00:53 UTC",
        "Sam, 21 Nov 2026 00:53:02 UTC",
        "Sat, +1 Nov 2026 00:53:02 UTC",
        "2026-11-21T00:53:02Z",
    ] {
        assert_eq!(moment(bad), None, "{bad}");
    }
    let trouble = Release::parse(&security().replace("28 Nov", "28 Nof")).unwrap_err().trouble();
    assert_eq!(trouble.message, "the `Valid-Until` of the Release file is `Sat, 28 Nof 2026 00:53:02 UTC`");
    assert_eq!(trouble.expected.as_deref(), Some("a date such as Sat, 21 Nov 2026 00:53:02 UTC"));
}

#[test]
fn the_suite_that_was_asked_for() {
    let release = parse(&security());
    for good in ["bookworm-security", "oldstable-security", "./", "flat/"] {
        assert_eq!(release.is_named(good), Ok(()), "{good}");
    }
    let old = parse(&security().replace("bookworm-security", "buster"));
    assert_eq!(old.is_named("buster/updates"), Ok(()));
    for bad in ["bookworm", "stable-security", "trixie-security", "", "bookworm-security2", "bookworm/updates"] {
        assert!(release.is_named(bad).is_err(), "{bad}");
    }
    let trouble = release.is_named("stable-security").unwrap_err().trouble();
    assert_eq!(trouble.message, "the archive serves another suite than `stable-security`");
    assert_eq!(trouble.found.as_deref(), Some("`bookworm-security oldstable-security`"));
    let nameless = security().replace("Suite: oldstable-security\n", "").replace("Codename: bookworm-security\n", "");
    assert_eq!(parse(&nameless).is_named("bookworm-security").unwrap_err().trouble().found.as_deref(), Some("none"));
}

#[test]
fn a_release_out_of_its_time_is_refused() {
    let release = parse(&security());
    let week: Age = "7d".parse().unwrap();
    let day: Age = "1d".parse().unwrap();
    assert_eq!(release.fresh(time("2026-11-28T00:53:02Z"), Some(week)), Ok(()));
    let expired = release.fresh(time("2026-11-28T00:53:03Z"), None).unwrap_err().trouble();
    assert_eq!(expired.message, "the Release file has expired");
    assert_eq!(expired.expected.as_deref(), Some("Valid-Until after 2026-11-28T00:53:03Z"));
    assert_eq!(expired.found.as_deref(), Some("Valid-Until 2026-11-28T00:53:02Z"));
    assert_eq!(release.fresh(time("2026-11-22T00:53:02Z"), Some(day)), Ok(()));
    let old = release.fresh(time("2026-11-22T00:53:03Z"), Some(day)).unwrap_err().trouble();
    assert_eq!(old.message, "the Release file is older than 1d");
    assert_eq!(old.found.as_deref(), Some("Date 2026-11-21T00:53:02Z, judged at 2026-11-22T00:53:03Z"));
    assert_eq!(release.fresh(time("2026-11-20T00:53:02Z"), None), Ok(()));
    let future = release.fresh(time("2026-11-20T00:53:01Z"), None).unwrap_err().trouble();
    assert_eq!(future.message, "the Release file is dated in the future");
    assert_eq!(future.expected.as_deref(), Some("a Date until a day after 2026-11-20T00:53:01Z"));
    let lasting = parse(&security().replace("Valid-Until: Sat, 28 Nov 2026 00:53:02 UTC\n", ""));
    assert_eq!(lasting.fresh(time("2030-01-01T00:00:00Z"), None), Ok(()));
}

#[test]
fn a_suite_of_updates_serves_main_below_main() {
    let release = parse(&security());
    assert!(release.has_component("main") && release.has_component("updates/main"));
    assert!(!release.has_component("ain") && !release.has_component("non-free") && !release.has_component(""));
    for component in ["main", "updates/main"] {
        let all = release.indices(component, "amd64").unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].architecture, "amd64");
        assert_eq!(all[0].unpacked, Some((A.parse().unwrap(), 2_523_192)));
        let paths: Vec<&str> = all[0].files.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(paths, ["main/binary-amd64/Packages.xz", "main/binary-amd64/Packages"]);
        assert_eq!(all[0].files[0].by_hash(), format!("main/binary-amd64/by-hash/SHA256/{B}"));
    }
}

#[test]
fn a_missing_architecture_or_component_is_told() {
    let release = parse(&security());
    let trouble = release.indices("main", "armel").unwrap_err().trouble();
    assert_eq!(trouble.message, "the suite has no packages for `armel`");
    assert_eq!(trouble.found.as_deref(), Some("`amd64 arm64 armhf i386 ppc64el`"));
    let trouble = release.indices("universe", "amd64").unwrap_err().trouble();
    assert_eq!(trouble.message, "the suite has no component `universe`");
    let trouble = release.indices("main", "i386").unwrap_err().trouble();
    assert_eq!(trouble.message, "the Release file lists no `main/binary-i386/Packages`");
}

#[test]
fn the_index_of_all_is_read_unless_it_need_not_be() {
    let names = |text: &str, arch: &str| {
        let all = parse(text).indices("main", arch).unwrap();
        all.into_iter().map(|i| i.architecture).collect::<Vec<_>>()
    };
    assert_eq!(names(&apart(), "amd64"), ["amd64", "all"]);
    assert_eq!(names(&apart(), "all"), ["all"]);
    let in_each = apart().replace("Components", "No-Support-for-Architecture-all: Packages\nComponents");
    assert_eq!(names(&in_each, "amd64"), ["amd64"]);
    assert_eq!(names(&apart().replace("main/binary-all/Packages.xz", "x"), "amd64"), ["amd64"]);
    let index = parse(&apart()).indices("main", "amd64").unwrap().swap_remove(0);
    let kinds: Vec<&str> = index.files.iter().map(|f| f.compression.suffix()).collect();
    assert_eq!(kinds, [".xz", ".gz", ""]);
}

#[test]
fn a_flat_archive_keeps_its_index_beside_the_release() {
    let text = format!("Date: Thu, 1 Jan 2026 09:00:00 UTC\nSHA256:\n {A} 10 ./Packages\n {B} 9 Packages.gz\n");
    let all = parse(&text).flat_indices().unwrap();
    let paths: Vec<&str> = all[0].files.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(paths, ["Packages.gz", "Packages"]);
    assert_eq!(all[0].files[0].by_hash(), format!("by-hash/SHA256/{B}"));
    assert_eq!(parse(&security()).flat_indices().unwrap_err(), Misfit::NoIndex("Packages".to_owned()));
}

#[test]
fn priorities_are_those_of_apt() {
    let with = |more: &str| parse(&format!("{more}{}", security())).priority();
    assert_eq!(with(""), 500);
    assert_eq!(with("NotAutomatic: yes\n"), 1);
    assert_eq!(with("NotAutomatic: yes\nButAutomaticUpgrades: yes\n"), 100);
    assert_eq!(with("ButAutomaticUpgrades: yes\n"), 500);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_release_panics(text in "([A-Z: \n\ta0]|SHA256:|Date: |\\PC){0,60}") {
        let _ = Release::parse(&text).map_err(|e| e.trouble());
    }

    #[test]
    fn no_change_of_a_release_panics(at in 0usize..700, byte in 0u8..128) {
        let mut bytes = security().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(release) = Release::parse(&String::from_utf8(bytes).unwrap()) {
            let _ = release.indices("main", "amd64");
        }
    }
}
