//! What `verify` finds of a deb pin: every way in which manifest, lock, folder and Dockerfile can
//! disagree. The archive is gone by then: nobody asks it.

use std::os::unix::fs::symlink;

use super::{ALL, CURL_PINNED, Desk, bookworm};
use crate::support::debian::Deb;

const CURL_DEB: &str = "debs/curl_7.88.1-10+deb12u8_amd64.deb";

/// Locked, and from now on alone.
fn locked() -> Desk {
    let desk = Desk::locked(&bookworm());
    desk.run(&["verify"]).code(0).says("1 verified, 0 UNLOCKED, 0 suppressed");
    desk.served.server().twist(|asked, _| panic!("verify asked for {}", asked.path));
    desk
}

/// Exit 1, these texts, and all well again once it is put back.
#[track_caller]
fn found(desk: &Desk, says: &[&str]) {
    let ran = super::idle(&desk.work, &["verify"]).code(1);
    says.iter().fold(ran, |ran, text| ran.says(text));
}

#[test]
fn a_version_that_was_changed_in_the_dockerfile() {
    let desk = locked();
    desk.work.write("Dockerfile", CURL_PINNED.replace("deb12u8", "deb12u7"));
    found(&desk, &["APT002", "Dockerfile:2:", "7.88.1-10+deb12u8", "7.88.1-10+deb12u7"]);
}

#[test]
fn a_version_that_was_taken_away() {
    let desk = locked();
    desk.work.write("Dockerfile", CURL_PINNED.replace("=20230311", ""));
    found(&desk, &["APT001", "Dockerfile:2:", "ca-certificates"]);
}

#[test]
fn a_package_that_was_added_to_the_list() {
    let desk = locked();
    desk.work.write("Dockerfile", CURL_PINNED.replace(" && rm", " jq && rm"));
    found(&desk, &["APT001", "Dockerfile:2:", "the package `jq` is installed, but it is not in the lock"]);
    desk.work.write("Dockerfile", format!("{CURL_PINNED}RUN apt-get install -y jq=1.6-2.1\n"));
    found(&desk, &["Dockerfile:3:", "jq"]);
}

#[test]
fn a_package_that_is_installed_nowhere_any_more() {
    let desk = locked();
    desk.work.write("Dockerfile", CURL_PINNED.replace(" ca-certificates=20230311", ""));
    found(&desk, &["APT012", "ca-certificates"]);
}

#[test]
fn an_install_that_cannot_be_known() {
    let desk = locked();
    desk.work.write("Dockerfile", format!("ARG MORE\n{CURL_PINNED}RUN apt-get install -y $(cat list)\n"));
    found(&desk, &["APT005", "Dockerfile:4:", "cannot be known"]);
}

#[test]
fn one_flipped_bit_in_any_vendored_file() {
    let desk = locked();
    for name in desk.folder("debs") {
        let path = format!("debs/{name}");
        let good = desk.work.bytes(&path);
        for at in [0, good.len() / 2, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            desk.work.write(&path, &bad);
            found(&desk, &["VEND001", &path]);
        }
        desk.work.write(&path, &good);
    }
    desk.run(&["verify"]).code(0);
}

#[test]
fn a_missing_an_extra_a_renamed_and_a_linked_file() {
    let desk = locked();
    let (path, good) = (desk.work.image().join(CURL_DEB), desk.work.bytes(CURL_DEB));
    std::fs::remove_file(&path).unwrap();
    found(&desk, &["URL006", CURL_DEB]);
    desk.work.write("debs/curl_7.88.1-10+deb12u9_amd64.deb", &good);
    found(&desk, &["URL006", CURL_DEB, "VEND002", "debs/curl_7.88.1-10+deb12u9_amd64.deb"]);
    std::fs::remove_file(desk.work.image().join("debs/curl_7.88.1-10+deb12u9_amd64.deb")).unwrap();
    desk.work.write("../home/same.deb", &good);
    symlink(desk.work.home().join("same.deb"), &path).unwrap();
    found(&desk, &["VEND003", CURL_DEB]);
    std::fs::remove_file(&path).unwrap();
    desk.work.write(CURL_DEB, &good);
    desk.run(&["verify"]).code(0);
    desk.work.write("debs/evil_1_amd64.deb", Deb::new("evil", "1").bytes());
    found(&desk, &["VEND002", "debs/evil_1_amd64.deb"]);
}

#[test]
fn two_vendored_packages_that_changed_places() {
    let desk = locked();
    let all = "debs/ca-certificates_20230311_all.deb";
    let (one, two) = (desk.work.bytes(CURL_DEB), desk.work.bytes(all));
    desk.work.write(CURL_DEB, two).write(all, one);
    found(&desk, &["VEND001", CURL_DEB, all]);
}

#[test]
fn a_manifest_that_asks_for_something_else_than_is_locked() {
    let desk = locked();
    for (old, new) in [
        ("suites = [\"bookworm\"]", "suites = [\"bookworm\", \"bookworm-updates\"]"),
        ("/debian\"", "/other\""),
        ("keys/test.asc", "keys/other.asc"),
        ("deb = \"dockerfile\"", "deb = [\"curl\"]"),
        ("\"linux/amd64\"", "\"linux/amd64\", \"linux/arm64\""),
    ] {
        let before = desk.work.read("pins.toml");
        desk.edit(old, new);
        found(&desk, &["LOCK004"]);
        desk.work.write("pins.toml", before);
    }
    desk.edit(ALL, "[pins.packages]\ndeb = \"dockerfile\"\nvendor = \"other/\"\n");
    found(&desk, &["VEND007"]);
}

#[test]
fn a_lock_that_was_changed_by_hand() {
    let desk = locked();
    let good = desk.work.read("pins.lock");
    for (old, new) in [("20230311", "20240203"), ("\"bookworm\"", "\"trixie\""), ("_amd64.deb", "_arm64.deb")] {
        desk.work.write("pins.lock", good.replacen(old, new, 1));
        let ran = super::idle(&desk.work, &["verify"]);
        assert!(matches!(ran.code, Some(1 | 2)), "{old} -> {new}: {ran:?}");
    }
    desk.work.write("pins.lock", good);
    desk.run(&["verify"]).code(0);
}

/// Bytes and lock changed together and sealed anew: only the archive can tell, and it is asked.
#[test]
fn a_consistent_forgery_is_found_by_refresh_locked() {
    let desk = Desk::locked(&bookworm());
    let evil = Deb::new("curl", "7.88.1-10+deb12u8").content("evil\n");
    let mut lock = dubo_pin::lock::open(&desk.work.bytes("pins.lock")).unwrap().lock;
    let (old, new) = (bookworm().debs()[0].clone(), evil.bytes());
    let packages = desk
        .work
        .read("debs/Packages")
        .replace(&old.sha256(), &evil.sha256())
        .replace(&format!("Size: {}\n", old.bytes().len()), &format!("Size: {}\n", new.len()));
    let release = desk.work.read("debs/Release").replace(
        &dubo_pin::model::Sha256::of(&desk.work.bytes("debs/Packages")).to_string(),
        &dubo_pin::model::Sha256::of(packages.as_bytes()).to_string(),
    );
    let files = [(CURL_DEB, new), ("debs/Packages", packages.into_bytes()), ("debs/Release", release.into_bytes())];
    for (path, bytes) in files {
        let entry = lock.pins.get_mut("packages").unwrap();
        let artifact =
            entry.artifacts.iter_mut().find(|a| a.path.as_ref().is_some_and(|p| p.as_str() == path)).unwrap();
        artifact.size = bytes.len() as u64;
        artifact.sha256 = dubo_pin::model::Sha256::of(&bytes);
        desk.work.write(path, bytes);
    }
    desk.work.write("pins.lock", lock.to_bytes());
    desk.run(&["verify"]).code(0);
    desk.refused(&["refresh", "--locked"], 3, &["curl 7.88.1-10+deb12u8", &old.sha256(), &evil.sha256()]);
}

/// A URL that leads elsewhere is found without network.
#[test]
fn a_file_from_an_archive_that_the_manifest_does_not_have() {
    let desk = locked();
    let mut lock = dubo_pin::lock::open(&desk.work.bytes("pins.lock")).unwrap().lock;
    let entry = lock.pins.get_mut("packages").unwrap();
    let artifact = entry.artifacts.iter_mut().find(|a| a.url.is_some()).unwrap();
    artifact.url = Some(artifact.url.as_ref().unwrap().replace("127.0.0.1", "127.0.0.2"));
    desk.work.write("pins.lock", lock.to_bytes());
    found(&desk, &["APT013", "is in no archive of the pin"]);
}

/// The lock changed by somebody who knows how to seal it.
fn forge(desk: &Desk, change: impl FnOnce(&mut dubo_pin::lock::Lock)) {
    let mut lock = dubo_pin::lock::open(&desk.work.bytes("pins.lock")).unwrap().lock;
    change(&mut lock);
    desk.work.write("pins.lock", lock.to_bytes());
}

/// A made file changed, and its size and digest in the lock with it.
fn forge_file(desk: &Desk, path: &str, bytes: &[u8]) {
    desk.work.write(path, bytes);
    forge(desk, |lock| {
        let all = &mut lock.pins.get_mut("packages").unwrap().artifacts;
        let artifact = all.iter_mut().find(|a| a.path.as_ref().is_some_and(|p| p.as_str() == path)).unwrap();
        (artifact.size, artifact.sha256) = (bytes.len() as u64, dubo_pin::model::Sha256::of(bytes));
    });
}

#[test]
fn a_made_file_that_does_not_say_what_the_lock_says_although_its_digest_is_locked() {
    let desk = locked();
    let lock = desk.work.read("pins.lock");
    let (list, packages, release) = ("debs/install.list.amd64", "debs/Packages", "debs/Release");
    for (path, old, new, says) in [
        (list, "curl=7.88.1-10+deb12u8", "curl", "line 2"),
        (list, "ca-certificates", "-o=APT::Update::Pre-Invoke::=x\nca-certificates", "line 1"),
        (packages, "Version: 7.88.1-10+deb12u8", "Version: 7.88.1-10+deb12u9", CURL_DEB.rsplit('/').next().unwrap()),
        (packages, "Filename: ./curl", "Filename: ./../curl", "stanza 2"),
        (release, " Packages\n", " Packages.xz\n", "SHA256"),
    ] {
        let good = desk.work.read(path);
        assert!(good.contains(old), "{good}");
        forge_file(&desk, path, good.replacen(old, new, 1).as_bytes());
        found(&desk, &["APT015", path, says]);
        desk.work.write(path, good).write("pins.lock", &lock);
    }
    desk.run(&["verify"]).code(0);
    // Where the digest differs, that alone is said.
    desk.work.write(list, "curl\n");
    let ran = super::idle(&desk.work, &["verify"]).code(1).says("VEND001");
    assert!(!format!("{ran:?}").contains("APT015"), "{ran:?}");
}

#[test]
fn an_archive_whose_evidence_was_taken_away() {
    let desk = locked();
    let good = desk.work.read("pins.lock");
    for word in ["date", "inrelease-sha256", "key"] {
        forge(&desk, |lock| drop(lock.archives.get_mut("debian").unwrap().evidence.remove(word)));
        found(&desk, &["APT014", "pins.lock:", word, "`bookworm`"]);
        desk.work.write("pins.lock", &good);
    }
    desk.run(&["verify"]).code(0);
}

#[test]
fn a_file_whose_url_leads_out_of_its_archive() {
    let desk = locked();
    let good = desk.work.read("pins.lock");
    for (old, new) in
        [("/debian/pool/", "/debian/../evil/pool/"), ("/debian/pool/", "/debian/%2e%2e/pool/"), (".deb", ".deb?x")]
    {
        forge(&desk, |lock| {
            let all = &mut lock.pins.get_mut("packages").unwrap().artifacts;
            let url = all.iter_mut().find_map(|a| a.url.as_mut()).unwrap();
            assert!(url.contains(old), "{url}");
            *url = url.replacen(old, new, 1);
        });
        found(&desk, &["APT013", "is in no archive of the pin"]);
        desk.work.write("pins.lock", &good);
    }
}
