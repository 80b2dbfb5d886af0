//! The eighteen cases of real archives that go wrong in other tools, each in its number's order.

use super::{ALL, CURL_PINNED, Desk, bookworm, key};
use crate::support::debian::{Archive, Deb, Hashes, Packing, Served, at, in_days};

const SUITES: &str = "suites = [\"bookworm\"]";

fn security(architectures: [&str; 1]) -> Archive {
    Archive::new("bookworm-security")
        .sign([&key()])
        .architectures(architectures)
        .with(Deb::new("curl", "7.88.1-10+deb12u9"))
}

/// The archive at `/debian`, and another beside it.
fn beside(desk: &Desk, more: &str, pins: &str) {
    let uri = desk.served.uri("debian-security");
    let archive = format!(
        "[archives.security]\nuri = \"{uri}\"\nsuites = [\"bookworm-security\"]\nsigned-by = \"keys/test.asc\"\n{more}\n"
    );
    desk.manifest("\"linux/amd64\", \"linux/arm/v6\"", SUITES, &format!("{archive}{pins}"));
}

#[test]
fn case_1_an_architecture_that_a_suite_does_not_have_is_said_and_left_out_only_on_demand() {
    let archive =
        bookworm().architectures(["amd64", "armel"]).with(Deb::new("curl", "7.88.1-10+deb12u8").arch("armel"));
    let desk = Desk::new(&archive);
    desk.served.publish("debian-security", &security(["amd64"]));
    beside(&desk, "", ALL);
    desk.refused(
        &["refresh"],
        2,
        &["archive `security`, suite `bookworm-security`: ", "the suite has no packages for `armel`", "architectures"],
    );
    beside(&desk, "architectures = [\"amd64\"]\n", ALL);
    desk.run(&["refresh"]).code(0);
    assert_eq!(
        desk.values("packages")["curl"],
        serde_json::json!({ "linux/amd64": "7.88.1-10+deb12u9", "linux/arm/v6": "7.88.1-10+deb12u8" })
    );
    desk.run(&["verify"]).code(0);
}

#[test]
fn case_2_components_may_be_named_with_the_folder_that_their_paths_lack() {
    for components in ["main", "updates/main"] {
        let desk = Desk::new(&bookworm().says_components("updates/main contrib"));
        desk.manifest("\"linux/amd64\"", &format!("{SUITES}\ncomponents = [\"{components}\"]"), ALL);
        desk.run(&["refresh"]).code(0);
        assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED, "{components}");
    }
    let desk = Desk::new(&bookworm());
    desk.manifest("\"linux/amd64\"", &format!("{SUITES}\ncomponents = [\"main\", \"non-free\"]"), ALL);
    desk.refused(&["refresh"], 2, &["the suite has no component `non-free`", "main"]);
}

#[test]
fn case_3_a_release_without_valid_until_is_old_only_by_max_age() {
    let desk = Desk::new(&bookworm().date(in_days(-20)));
    desk.run(&["refresh", "--dry-run"]).code(0);
    desk.manifest("\"linux/amd64\"", &format!("{SUITES}\nmax-age = \"2w\""), ALL);
    desk.refused(&["refresh"], 3, &["the Release file is older than", "raise `max-age`"]);
    desk.edit("\"2w\"", "\"3w\"");
    desk.run(&["refresh"]).code(0);
}

#[test]
fn case_4_a_mirror_in_the_middle_of_an_update_is_asked_again_and_never_believed_in_half() {
    let new = bookworm().date(at("2024-05-05T08:15:30Z")).with(Deb::new("curl", "7.88.1-10+deb12u9"));
    let desk = Desk::new(&bookworm());
    desk.served.skew("debian", &bookworm(), &new, 1);
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.values("packages")["curl"], "7.88.1-10+deb12u9");

    let desk = Desk::locked(&bookworm());
    desk.served.skew("debian", &bookworm(), &new, 1_000);
    desk.refused(
        &["refresh"],
        3,
        &[
            "archive `debian`, suite `bookworm`: the index ",
            "is not the one that the Release names",
            "in the middle of an update",
        ],
    );
    assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED);
}

#[test]
fn case_5_an_archive_that_was_rolled_back_is_an_alarm() {
    let older = bookworm().date(at("2024-05-03T08:15:30Z"));
    let desk = Desk::locked(&bookworm());
    desk.served.publish("debian", &older);
    let says = [
        "archive `debian`, suite `bookworm`: the archive was rolled back",
        "a Date from 2024-05-04T08:15:30Z on, the locked one",
        "Date 2024-05-03T08:15:30Z",
    ];
    desk.refused(&["refresh"], 3, &says);
    desk.run(&["outdated"]).code(3);
    desk.run(&["verify"]).code(0);
    // Another content under the same date is none either.
    desk.served.publish("debian", &bookworm().with(Deb::new("more", "1")));
    desk.refused(&["refresh"], 3, &["two different Release files are dated 2024-05-04T08:15:30Z", "which is locked"]);
    // The same again is.
    desk.served.publish("debian", &bookworm());
    desk.run(&["refresh"]).code(0).says("1 unchanged");
}

#[test]
fn case_6_a_suite_that_became_another_release_is_an_alarm() {
    let stable = |codename: &str| {
        let mut archive = Archive::new("stable").suite("stable").codename(codename).sign([&key()]);
        for deb in bookworm().debs() {
            archive = archive.with(deb.clone());
        }
        archive
    };
    let desk = Desk::new(&stable("bookworm"));
    desk.manifest("\"linux/amd64\"", "suites = [\"stable\"]", ALL);
    desk.run(&["refresh"]).code(0);
    desk.served.publish("debian", &stable("trixie").date(at("2025-08-09T08:00:00Z")));
    let says = [
        "archive `debian`, suite `stable`: the suite has become another release of the distribution",
        "codename `bookworm`, which is locked",
        "codename `trixie`",
    ];
    desk.refused(&["refresh"], 3, &says);

    // The suite's word may change under one codename: `stable` became `oldstable`.
    let desk = Desk::locked(&bookworm().suite("stable"));
    desk.served.publish("debian", &bookworm().suite("oldstable").date(at("2025-08-09T08:00:00Z")));
    desk.run(&["refresh"]).code(0);
}

#[test]
fn case_7_md5_alone_proves_nothing() {
    let desk = Desk::new(&bookworm().hashes(Hashes::Md5));
    desk.refused(&["refresh"], 3, &["the Release file has no SHA-256 digests", "only MD5Sum"]);
}

#[test]
fn case_8_packages_of_all_architectures_are_found_in_either_place() {
    for (archive, apart) in [(bookworm(), false), (bookworm().all_apart(), true)] {
        let desk = Desk::locked(&archive);
        assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED);
        // Where each index has them, nobody asks for the other.
        let digest =
            crate::support::debian::sha256(&desk.served.file("/debian/dists/bookworm/main/binary-all/Packages.xz"));
        let asked = |a: &crate::support::http::Asked| a.path.contains("binary-all/") || a.path.contains(&digest);
        assert_eq!(desk.served.log().iter().any(asked), apart);
    }
}

#[test]
fn case_9_versions_that_differ_between_architectures_are_not_written_but_said() {
    let archive =
        bookworm().architectures(["amd64", "armel"]).with(Deb::new("curl", "7.88.1-10+deb12u8+b1").arch("armel"));
    let desk = Desk::new(&archive);
    desk.manifest("\"linux/amd64\", \"linux/arm/v6\"", SUITES, ALL);
    desk.run(&["refresh"]).code(0).says("install.list");
    assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED.replace("curl=7.88.1-10+deb12u8", "curl"));
    desk.run(&["verify"]).code(0).says("APT004").says("7.88.1-10+deb12u8+b1");
    assert_eq!(desk.work.read("debs/install.list.armel"), "ca-certificates=20230311\ncurl=7.88.1-10+deb12u8+b1\n");
    assert_eq!(desk.work.read("debs/install.list.amd64"), "ca-certificates=20230311\ncurl=7.88.1-10+deb12u8\n");
}

#[test]
fn case_10_of_two_versions_in_one_index_the_higher_is_taken_whichever_comes_first() {
    for versions in [["7.88.1-10+deb12u8", "7.88.1-10+deb12u12"], ["7.88.1-10+deb12u12", "7.88.1-10+deb12u8"]] {
        let archive = versions.iter().fold(bookworm().without("curl"), |a, v| a.with(Deb::new("curl", v)));
        let desk = Desk::locked(&archive);
        assert_eq!(desk.values("packages")["curl"], "7.88.1-10+deb12u12");
    }
}

#[test]
fn case_11_a_source_version_is_not_the_binary_one() {
    let cpp = Deb::new("cpp", "4:12.2.0-3").source("gcc-defaults (1.203)");
    let desk = Desk::new(&bookworm().with(cpp.clone()));
    desk.work.write("Dockerfile", "FROM scratch\nRUN apt-get install -y cpp\n");
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.work.read("Dockerfile"), "FROM scratch\nRUN apt-get install -y cpp=4:12.2.0-3\n");
    let url = desk.artifact("packages", "cpp_12.2.0-3_amd64.deb")["url"].as_str().unwrap().to_owned();
    assert!(url.ends_with("/debian/pool/main/g/gcc-defaults/cpp_12.2.0-3_amd64.deb"), "{url}");
    desk.run(&["verify"]).code(0);
}

#[test]
fn case_12_epochs_tildes_hyphens_and_native_versions_are_ordered_as_dpkg_orders_them() {
    // Each is higher than the one before (Debian policy 5.6.12).
    let rising = [
        "0.9",
        "1.0~~",
        "1.0~rc1-1",
        "1.0",
        "1.0-1",
        "1.0-1.1",
        "1.0+dfsg-1",
        "1.0-rc1-1",
        "1.0.1",
        "1.10",
        "1:0.1",
        "2:0",
    ];
    for pair in rising.windows(2) {
        let archive = bookworm().with(Deb::new("x1", pair[1])).with(Deb::new("x1", pair[0]));
        let desk = Desk::new(&archive);
        desk.manifest("\"linux/amd64\"", SUITES, "[pins.one]\ndeb = [\"x1\"]\n");
        desk.run(&["refresh"]).code(0);
        assert_eq!(desk.values("one"), serde_json::json!({ "x1": pair[1] }));
    }
}

#[test]
fn case_13_names_of_files_drop_the_epoch_and_a_tilde_is_never_encoded() {
    let deb = Deb::new("g++-12.x", "2:1.0~rc1+dfsg-1~deb12u1");
    let desk = Desk::new(&bookworm().with(deb.clone()));
    desk.work.write("Dockerfile", "FROM scratch\nRUN apt-get install -y g++-12.x\n");
    desk.run(&["refresh"]).code(0);
    assert_eq!(
        desk.work.read("Dockerfile"),
        "FROM scratch\nRUN apt-get install -y g++-12.x=2:1.0~rc1+dfsg-1~deb12u1\n"
    );
    assert!(desk.work.bytes("debs/g++-12.x_1.0~rc1+dfsg-1~deb12u1_amd64.deb") == deb.bytes());
    let asked: Vec<String> = desk.served.log().into_iter().map(|a| a.path).filter(|p| p.ends_with(".deb")).collect();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].contains("1.0~rc1") && !asked[0].contains("%7"), "{asked:?}");
    assert!(!asked[0].contains(':'), "{asked:?}");
    desk.run(&["verify"]).code(0);
}

#[test]
fn case_13_two_versions_that_differ_by_their_epoch_alone_cannot_share_a_folder() {
    let archive = Archive::new("bookworm")
        .sign([&key()])
        .architectures(["amd64", "arm64"])
        .with(Deb::new("pair", "1:2-1").filename("pool/a/pair_2-1_all.deb").arch("all"));
    let desk = Desk::new(&archive);
    let other = Archive::new("other")
        .sign([&key()])
        .with(Deb::new("other", "1").filename("pool/b/pair_2-1_all.deb").arch("all"));
    desk.served.publish("debian", &other);
    desk.manifest(
        "\"linux/amd64\"",
        "suites = [\"bookworm\", \"other\"]",
        "[pins.one]\ndeb = [\"pair\", \"other\"]\nvendor = \"debs/\"\n",
    );
    desk.refused(&["refresh"], 2, &["two different packages would be vendored as `pair_2-1_all.deb`"]);
}

#[test]
fn case_14_an_architecture_behind_a_name_is_looked_up_there() {
    let archive = bookworm()
        .architectures(["amd64", "i386"])
        .with(Deb::new("gcc", "4:12.2.0-3").depends("cpp:amd64 (= 4:12.2.0-3)"))
        .with(Deb::new("gcc", "4:12.2.0-2").arch("i386"));
    let desk = Desk::new(&archive);
    desk.manifest(
        "\"linux/amd64\"",
        SUITES,
        "[pins.one]\ndeb = [\"gcc\", \"gcc:i386\", \"curl:amd64\"]\nvendor = \"debs/\"\n",
    );
    desk.work.write("Dockerfile", "FROM scratch\nRUN apt-get update && apt-get install -y gcc:any gcc:i386\n");
    desk.run(&["refresh"]).code(0);
    assert_eq!(
        desk.values("one"),
        serde_json::json!({ "curl:amd64": "7.88.1-10+deb12u8", "gcc": "4:12.2.0-3", "gcc:i386": "4:12.2.0-2" })
    );
    assert_eq!(
        desk.work.read("debs/install.list.amd64"),
        "curl=7.88.1-10+deb12u8\ngcc:i386=4:12.2.0-2\ngcc=4:12.2.0-3\n"
    );
    desk.run(&["verify"]).code(0);
}

#[test]
fn case_15_the_same_version_with_other_bytes_is_an_alarm_that_shows_both_digests() {
    let other = Deb::new("curl", "7.88.1-10+deb12u8").content("made again\n");
    let changed = bookworm().date(at("2024-05-05T08:15:30Z")).without("curl").with(other.clone());
    let desk = Desk::locked(&bookworm());
    desk.served.publish("debian", &changed);
    let (old, new) = (bookworm().debs()[0].sha256(), other.sha256());
    assert_ne!(old, new);
    let says = [
        "curl 7.88.1-10+deb12u8 for amd64 was modified in place: the same version has other bytes now",
        &old,
        &new,
        "--accept-changed packages",
    ];
    desk.refused(&["refresh"], 3, &says);
    desk.run(&["outdated"]).code(3).says("alarm");
    desk.run(&["refresh", "--accept-changed", "packages"]).code(0);
    assert_eq!(desk.artifact("packages", "curl_7.88.1-10+deb12u8_amd64.deb")["sha256"], new[..]);
    desk.run(&["verify"]).code(0);

    // Two archives that disagree, before anything is locked.
    let desk = Desk::new(&bookworm());
    let second = Archive::new("bookworm-security").sign([&key()]).with(other);
    desk.served.publish("debian-security", &second);
    let uri = desk.served.uri("debian-security");
    let archive = format!(
        "[archives.security]\nuri = \"{uri}\"\nsuites = [\"bookworm-security\"]\nsigned-by = \"keys/test.asc\"\n"
    );
    desk.manifest("\"linux/amd64\"", SUITES, &format!("{archive}{ALL}"));
    desk.refused(&["refresh"], 3, &["curl 7.88.1-10+deb12u8 for amd64 has other bytes in ", &old, &new]);
}

#[test]
fn case_16_keys_are_named_by_path_fingerprint_or_inside_a_sources_file() {
    let desk = Desk::new(&bookworm());
    // A fingerprint narrows the certificates of the file; a subkey's is enough.
    for (fingerprint, code) in [
        (key().fingerprint(), 0),
        (key().signing_fingerprint(), 0),
        ("0123456789ABCDEF0123456789ABCDEF01234567".to_owned(), 2),
    ] {
        let archive = format!("{SUITES}\nsigned-by = [\"keys/test.asc\", \"{fingerprint}\"]");
        desk.manifest("\"linux/amd64\"", &archive, ALL);
        desk.run(&["refresh", "--dry-run"]).code(code);
    }
    let uri = desk.served.uri("debian");
    let embedded: String =
        key().armored().lines().map(|l| if l.is_empty() { " .\n".to_owned() } else { format!(" {l}\n") }).collect();
    let sources = [
        (
            "debian.sources",
            format!("Types: deb\nURIs: {uri}\nSuites: bookworm\nComponents: main\nSigned-By:\n{embedded}"),
        ),
        (
            "debian.sources",
            format!(
                "# comment\nTypes: deb\nURIs: {uri}/\nSuites: bookworm\nComponents: main\nTrusted: no\nSigned-By: keys/test.asc\n"
            ),
        ),
        ("debian.list", format!("deb [arch=amd64 signed-by=keys/test.asc] {uri} bookworm main # comment\n")),
    ];
    for (name, text) in sources {
        desk.work.write(name, text);
        desk.work.write(
            "pins.toml",
            format!(
                "version = 1\n[image]\nplatforms = [\"linux/amd64\"]\n[archives.debian]\nsources = \"{name}\"\n{ALL}"
            ),
        );
        desk.run(&["refresh"]).code(0);
        assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED);
        desk.run(&["verify"]).code(0);
    }
    desk.work.write("debian.list", format!("deb [trusted=yes] {uri} bookworm main\n"));
    desk.refused(&["refresh"], 2, &["debian.list"]);
}

#[test]
fn case_16_flat_archives_and_detached_signatures_are_read() {
    let mut flat = Archive::flat("./").sign([&key()]);
    for deb in bookworm().debs() {
        flat = flat.with(deb.clone().filename(&format!("./{}", deb.basename())));
    }
    let desk = Desk::new(&flat);
    desk.manifest("\"linux/amd64\"", "suites = [\"./\"]", ALL);
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED);
    desk.run(&["verify"]).code(0);

    let desk = Desk::locked(&bookworm().detached().no_by_hash().packings([Packing::Gz]));
    assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED);
}

#[test]
fn case_17_a_version_behind_the_locked_one_is_refused_unless_allowed() {
    let older = bookworm().date(at("2024-05-05T08:15:30Z")).without("curl").with(Deb::new("curl", "7.88.1-10+deb12u7"));
    let desk = Desk::locked(&bookworm());
    desk.served.publish("debian", &older);
    let says = [
        "curl for amd64 is older than the locked one",
        "7.88.1-10+deb12u8 or newer",
        "7.88.1-10+deb12u7 in debian/bookworm",
        "allow-downgrade",
    ];
    desk.refused(&["refresh"], 3, &says);
    desk.edit("deb = \"dockerfile\"", "deb = \"dockerfile\"\nallow-downgrade = true");
    desk.run(&["refresh"]).code(0);
    assert_eq!(desk.work.read("Dockerfile"), CURL_PINNED.replace("deb12u8", "deb12u7"));
}

/// Not a case of its own, but what they all rest on: a server is empty before something is published.
#[test]
fn an_archive_that_is_not_there_is_said() {
    let desk = Desk::serving(Served::start());
    desk.refused(
        &["refresh"],
        2,
        &["archive `debian`, suite `bookworm`: there is no such suite", "check `uri` and `suites`"],
    );
}
