//! Archives that must not be believed: each is refused before the first lock and after it, with
//! nothing written, and says why in these words.

use super::{CURL_PINNED, Desk, bookworm, key};
use crate::support::debian::{Archive, Deb, Hashes, Key, Served, at, in_days};
use crate::support::http::Answer;

/// The same packages, a day later and one newer: what a good archive would bring next.
fn next() -> Archive {
    bookworm().date(at("2024-05-05T08:15:30Z")).without("curl").with(Deb::new("curl", "7.88.1-10+deb12u9"))
}

/// Refused before there is a lock, and when it comes in place of a good one.
#[track_caller]
fn refused(archive: &Archive, spoil: impl Fn(&Served), code: i32, says: &[&str]) {
    refused_with(&key(), archive, spoil, code, says);
}

#[track_caller]
fn refused_with(trusted: &Key, archive: &Archive, spoil: impl Fn(&Served), code: i32, says: &[&str]) {
    let fresh = Desk::new(archive);
    fresh.work.write("keys/test.asc", trusted.armored());
    spoil(&fresh.served);
    fresh.refused(&["refresh"], code, says);
    assert!(!fresh.work.image().join("pins.lock").exists());

    let locked = Desk::locked(&bookworm());
    locked.work.write("keys/test.asc", trusted.armored());
    locked.served.publish("debian", archive);
    spoil(&locked.served);
    locked.refused(&["refresh"], code, says);
    assert_eq!(locked.work.read("Dockerfile"), CURL_PINNED);
    idle_code(&locked, code);
}

/// `outdated` comes to the same, and `verify` does not ask.
#[track_caller]
fn idle_code(desk: &Desk, code: i32) {
    desk.run(&["outdated"]).code(code);
    desk.run(&["verify"]).code(0);
}

const IN_RELEASE: &str = "/debian/dists/bookworm/InRelease";

#[test]
fn two_keys_where_one_is_trusted_are_enough_and_one_bad_signature_is_too_many() {
    let second = Key::new("Second Key");
    let desk = Desk::new(&bookworm().sign([&second, &key()]));
    desk.run(&["refresh"]).code(0);
    let found = desk.lock()["archives"]["debian"]["evidence"]["key"]["bookworm"].clone();
    assert_eq!(found, key().fingerprint());

    // Both are trusted and one of the two is wrong: the other does not save it.
    for signers in [[second.signer().wrong(), key().signer()], [second.signer(), key().signer().wrong()]] {
        let desk = Desk::new(&bookworm().signers(signers));
        desk.work.write("keys/test.asc", format!("{}{}", key().armored(), second.armored()));
        desk.refused(&["refresh"], 3, &["does not hold: the text or the signature was changed"]);
    }
    let desk = Desk::new(&bookworm().sign([&second, &key()]));
    desk.work.write("keys/test.asc", format!("{}{}", key().armored(), second.armored()));
    desk.run(&["refresh"]).code(0);
}

#[test]
fn a_foreign_key_is_not_enough() {
    let foreign = Key::new("Foreign");
    let found = format!("signed by {}", foreign.fingerprint());
    refused(
        &next().sign([&foreign]),
        |_| (),
        3,
        &["archive `debian`, suite `bookworm`: ", "InRelease is refused: no trusted key signed it", &found],
    );
}

#[test]
fn an_expired_key_does_not_sign() {
    let expired = key().expires(at("2024-05-04T00:00:00Z"));
    let says = ["expired on 2024-05-04T00:00:00Z", "a key that is valid on "];
    refused_with(&expired, &next().sign([&expired]), |_| (), 3, &says);
}

#[test]
fn a_revoked_key_does_not_sign_whenever_it_did() {
    let revoked = key().revoked(at("2024-06-01T00:00:00Z"));
    refused_with(&revoked, &next().sign([&revoked]), |_| (), 3, &["was revoked", "do not go on with this one"]);
}

#[test]
fn a_signature_over_sha1_says_nothing() {
    let rsa = Key::rsa("RSA Archive");
    let desk = Desk::new(&bookworm().sign([&rsa]));
    desk.work.write("keys/test.asc", rsa.armored());
    desk.run(&["refresh"]).code(0);
    let says = ["is too weak: SHA-1", "SHA-256, SHA-384 or SHA-512"];
    refused_with(&rsa, &next().signers([rsa.signer().sha1()]), |_| (), 3, &says);
}

#[test]
fn an_expired_release_is_a_frozen_mirror() {
    let archive = next().valid_until(at("2024-05-12T08:15:30Z"));
    let says = ["the Release file has expired", "Valid-Until 2024-05-12T08:15:30Z", "replayed"];
    refused(&archive, |_| (), 3, &says);
    Desk::locked(&next().valid_until(in_days(7)));
}

#[test]
fn a_release_of_the_future_is_refused() {
    let signers = [key().signer().at(at("2024-05-05T08:15:30Z"))];
    refused(&next().date(in_days(3)).signers(signers), |_| (), 3, &["the Release file is dated in the future"]);
    // A signature of the future too, whatever the text says.
    let signers = [key().signer().at(in_days(3))];
    refused(&next().signers(signers), |_| (), 3, &["which is in the future"]);
    // A clock may be a little off.
    Desk::locked(&bookworm().date(jiff::Timestamp::from_second(in_days(0).as_second() + 3_600).unwrap()));
}

#[test]
fn a_tampered_text_is_seen() {
    for (old, new) in
        [("Label: Test", "Label: Tess"), ("Codename: bookworm", "Codename: bookworm\nX: y"), ("Date: ", "Date:  ")]
    {
        let spoil = |served: &Served| served.replace(IN_RELEASE, old, new);
        refused(&next(), spoil, 3, &["does not hold: the text or the signature was changed"]);
    }
    // Words around the signed text are not read: neither believed nor in the way.
    let desk = Desk::new(&bookworm());
    desk.served.edit(IN_RELEASE, |bytes| bytes.splice(..0, *b"Codename: other\n").for_each(drop));
    desk.refused(&["refresh"], 3, &["archive `debian`, suite `bookworm`: "]);
}

#[test]
fn an_archive_without_signature_is_refused() {
    let says = [
        "archive `debian`, suite `bookworm`: its Release file is not signed",
        "InRelease, or Release.gpg beside Release",
    ];
    refused(&next().signers([]), |_| (), 3, &says);
    let desk = Desk::locked(&bookworm().detached());
    desk.served.remove("/debian/dists/bookworm/Release.gpg");
    desk.refused(&["refresh"], 3, &says);
}

#[test]
fn a_tampered_detached_signature_or_release_is_seen() {
    let archive = next().detached();
    let spoil = |served: &Served| served.replace("/debian/dists/bookworm/Release", "Label: Test", "Label: Tess");
    refused(&archive, spoil, 3, &["does not hold: the text or the signature was changed"]);
}

#[test]
fn a_tampered_index_is_never_read() {
    let says = [
        "the index ",
        "is not the one that the Release names",
        "in the middle of an update, or its files were changed",
    ];
    for archive in [next(), next().no_by_hash()] {
        refused(&archive, |served| served.tamper_with_indices("debian", "bookworm"), 3, &says);
    }
}

#[test]
fn a_tampered_package_is_an_alarm_and_is_not_kept() {
    let archive = next();
    let curl = archive.debs().iter().find(|d| d.name == "curl").unwrap();
    let path = format!("/private/{}", curl.path());
    // A private archive: no public service is asked for what it should have been.
    let desk = Desk::serving(Served::start());
    desk.served.publish("private", &archive);
    desk.edit("/debian\"", "/private\"");
    desk.served.edit(&path, |bytes| {
        let at = bytes.len() - 20;
        bytes[at] ^= 1;
    });
    let says = [
        "the file of `curl 7.88.1-10+deb12u9 (amd64)` is not the one that the archive signed for",
        &curl.sha256(),
        &crate::support::debian::sha256(&desk.served.file(&path)),
    ];
    desk.refused(&["refresh"], 3, &says);
    let mut held = Vec::new();
    walk(&desk.work.home(), &mut held);
    let bad = desk.served.file(&path);
    assert!(!held.iter().any(|p| std::fs::read(p).unwrap() == bad), "the bad package is kept");
}

fn walk(folder: &std::path::Path, out: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, out) } else { out.push(path) }
    }
}

#[test]
fn another_suite_under_the_name_of_this_one_is_refused() {
    let other = next().codename("trixie").suite("testing");
    let says = ["the archive serves another suite than `bookworm`", "trixie"];
    refused(&other, |_| (), 3, &says);
}

#[test]
fn digests_of_md5_alone_are_refused() {
    let says = ["the Release file has no SHA-256 digests", "only MD5Sum", "MD5 and SHA-1 can be forged"];
    refused(&next().hashes(Hashes::Md5), |_| (), 3, &says);
}

#[test]
fn a_server_that_answers_anything_else_is_no_archive() {
    for (body, code) in [("", 3), ("<html>please log in</html>", 3), ("-----BEGIN PGP SIGNED MESSAGE-----\n", 3)] {
        let desk = Desk::new(&bookworm());
        desk.served.edit(IN_RELEASE, |bytes| *bytes = body.as_bytes().to_vec());
        desk.refused(&["refresh"], code, &["archive `debian`, suite `bookworm`: "]);
    }
    for (status, says) in [(500, "500"), (429, "429"), (401, "it asks for credentials"), (403, "403")] {
        let desk = Desk::new(&bookworm());
        desk.served.server().twist(move |_, _| Answer::new(status, "no"));
        desk.refused(&["refresh"], 4, &["archive `debian`, suite `bookworm`: ", says]);
    }
}

#[test]
fn endless_files_are_cut_off() {
    for parts in [["InRelease"; 2], ["by-hash", "Packages"], [".deb"; 2]] {
        let desk = Desk::new(&bookworm());
        desk.served
            .server()
            .twist(move |asked, answer| Answer { endless: parts.iter().any(|p| asked.path.contains(p)), ..answer });
        let begun = std::time::Instant::now();
        let ran = desk.run(&["refresh"]);
        assert!(matches!(ran.code, Some(3 | 4)), "{parts:?}: {ran:?}");
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{parts:?}");
        assert!(!desk.work.image().join("pins.lock").exists(), "{parts:?}");
    }
}

#[test]
fn what_the_archive_says_of_itself_is_shown_escaped() {
    let evil = next().codename("\u{1b}[31mred\u{202e}").suite("\u{7}bell");
    let desk = Desk::new(&evil);
    let ran = desk.run(&["refresh"]).code(3);
    let shown = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
    assert!(!ran.all().contains(shown), "{ran:?}");
}
