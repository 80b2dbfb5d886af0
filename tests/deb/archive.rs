//! The archive that the other tests draw from, before apt and dpkg-deb: the good one is believed,
//! each bad one is refused, and versions and hashes are those that apt reads.

use crate::support::debian::apt::{Apt, dpkg_deb};
use crate::support::debian::{Archive, Deb, Hashes, Key, Packing, Served, at, in_days};
use crate::support::have;

fn good(key: &Key) -> Archive {
    Archive::new("bookworm")
        .sign([key])
        .with(Deb::new("curl", "7.88.1-10+deb12u8").depends("libcurl4 (= 7.88.1-10+deb12u8)"))
        .with(Deb::new("libcurl4", "7.88.1-10+deb12u8").source("curl").multi_arch("same"))
}

#[test]
fn every_packing_of_a_deb_is_read_by_dpkg_deb() {
    if !have("dpkg-deb") {
        return;
    }
    for packing in [Packing::Xz, Packing::Gz, Packing::Zst, Packing::Plain] {
        let deb = Deb::new("g++-12.x", "1:2.0~rc1-1+b1").arch("arm64").packing(packing).depends("libc6");
        let bytes = deb.bytes();
        assert_eq!(bytes, deb.bytes(), "{packing:?}: not the same bytes twice");
        let info = dpkg_deb("-I", &bytes).unwrap();
        for line in ["Package: g++-12.x", "Version: 1:2.0~rc1-1+b1", "Architecture: arm64", "Depends: libc6"] {
            assert!(info.contains(line), "{packing:?}: {line} is not in\n{info}");
        }
        let content = dpkg_deb("-c", &bytes).unwrap();
        assert!(content.contains("-rw-r--r-- root/root"), "{content}");
        assert!(content.contains(" ./usr/share/doc/g++-12.x/copyright"), "{content}");
        assert!(dpkg_deb("-c", &bytes[..bytes.len() - 200]).is_err(), "{packing:?}: cut short, yet read");
    }
}

#[test]
fn apt_believes_the_good_archive_and_reads_its_versions_and_hashes() {
    let Some(apt) = Apt::new(["amd64", "arm64"]) else { return };
    let key = Key::new("Test Archive").with_subkey();
    let archive =
        good(&key).architectures(["amd64", "arm64"]).with(Deb::new("curl", "7.88.1-10+deb12u8+b1").arch("arm64"));
    let served = Served::of(&archive);
    apt.sources(&[&key], &[&format!("{} bookworm main", served.uri("debian"))]);
    let (ok, said) = apt.update();
    assert!(ok, "{said}");
    assert_eq!(apt.candidate("curl").as_deref(), Some("7.88.1-10+deb12u8"));
    assert_eq!(apt.candidate("curl:arm64").as_deref(), Some("7.88.1-10+deb12u8+b1"));
    let curl = &archive.debs()[0];
    assert_eq!(apt.sha256("curl", "7.88.1-10+deb12u8"), Some(curl.sha256()));
    assert!(apt.download("curl").unwrap() == curl.bytes());
    assert!(served.sent().iter().any(|p| p.contains("/by-hash/SHA256/")), "{:?}", served.sent());
}

/// Whether apt believes what is served, and what it says; a fresh apt each time.
fn judged(keys: &[&Key], served: &Served) -> Option<(bool, String)> {
    let apt = Apt::new(["amd64"])?;
    apt.sources(keys, &[&format!("{} bookworm main", served.uri("debian"))]);
    Some(apt.update())
}

#[track_caller]
fn believed(keys: &[&Key], archive: &Archive) {
    let served = Served::of(archive);
    if let Some((ok, said)) = judged(keys, &served) {
        assert!(ok, "{said}");
    }
}

#[track_caller]
fn refused(keys: &[&Key], served: &Served, why: &str) {
    if let Some((ok, said)) = judged(keys, served) {
        assert!(!ok, "believed:\n{said}");
        assert!(said.contains(why), "{why:?} was not said:\n{said}");
    }
}

#[test]
fn apt_believes_every_good_form() {
    let (key, other) = (Key::new("Test Archive"), Key::new("Second Key"));
    let rsa = Key::rsa("RSA Archive");
    let base = good(&key);
    believed(&[&key], &base);
    believed(&[&key], &base.clone().sign([&key, &other]));
    believed(&[&other, &key], &base.clone().sign([&key, &other]));
    believed(&[&rsa], &base.clone().sign([&rsa]));
    believed(&[&key], &base.clone().detached());
    believed(&[&key], &base.clone().no_by_hash());
    believed(&[&key], &base.clone().valid_until(in_days(7)));
    believed(&[&key], &base.clone().packings([Packing::Gz]));
    believed(&[&key], &base.clone().packings([Packing::Plain]));
    believed(&[&key], &base.clone().says_components("updates/main"));
    believed(&[&key], &base.clone().all_apart().with(Deb::new("tzdata", "2024a-0+deb12u1").arch("all")));
    let expires_later = Key::new("Test Archive").expires(in_days(30));
    believed(&[&expires_later], &base.sign([&expires_later]));
}

#[test]
fn apt_refuses_every_bad_form() {
    let key = Key::new("Test Archive");
    let rsa = Key::rsa("RSA Archive");
    let base = good(&key);
    let served = |archive: Archive| Served::of(&archive);
    refused(&[&key], &served(base.clone().sign([&Key::new("Foreign")])), "NO_PUBKEY");
    let expired = Key::new("Test Archive").expires(at("2024-01-01T00:00:00Z"));
    refused(&[&expired], &served(base.clone()), "EXPKEYSIG");
    let revoked = Key::new("Test Archive").revoked(at("2024-01-01T00:00:00Z"));
    refused(&[&revoked], &served(base.clone()), "REVKEYSIG");
    refused(&[&rsa], &served(base.clone().signers([rsa.signer().sha1()])), "signatures were invalid");
    refused(&[&key], &served(base.clone().valid_until(at("2024-05-11T08:15:30Z"))), "expired");
    refused(&[&key], &served(base.clone().date(in_days(3))), "not valid yet");
    refused(&[&key], &served(base.clone().hashes(Hashes::Md5)), "weak security information");
    refused(&[&key], &served(base.clone().signers([])), "not signed");

    let tampered = served(base.clone());
    tampered.replace("/debian/dists/bookworm/InRelease", "Label: Test", "Label: Tess");
    refused(&[&key], &tampered, "BADSIG");
    let tampered = served(base.clone());
    tampered.tamper_with_indices("debian", "bookworm");
    refused(&[&key], &tampered, "Hash Sum mismatch");
    let skewed = Served::start();
    skewed.skew("debian", &base, &base.clone().with(Deb::new("more", "1")), 100);
    refused(&[&key], &skewed, "Mirror sync in progress?");
}

#[test]
fn a_skewed_mirror_heals_and_a_snapshot_serves_what_was_and_knows_it_by_sha1() {
    let key = Key::new("Test Archive");
    let old = good(&key);
    let new = old.clone().without("curl").with(Deb::new("curl", "7.88.1-10+deb12u9")).date(at("2024-06-01T00:00:00Z"));
    let served = Served::of(&old);
    served.snapshot("debian", "20240504T120000Z");
    served.skew("debian", &old, &new, 1);
    served.snapshot("debian", "20240601T120000Z");
    let get = |path: &str| {
        use std::io::{Read as _, Write as _};
        let address = served.server().url().replace("http://", "");
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut out = Vec::new();
        stream.read_to_end(&mut out).unwrap();
        let cut = out.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
        (String::from_utf8(out[..cut].to_vec()).unwrap(), out[cut..].to_vec())
    };
    let index = "/debian/dists/bookworm/main/binary-amd64/Packages.xz";
    let (first, second) = (get(index).1, get(index).1);
    assert!(first != second && second == served.file(index));

    let curl = &old.debs()[0];
    let path = format!("/archive/debian/20240504T120000Z/{}", curl.path());
    assert!(get(&path.replace('+', "%2b")).1 == curl.bytes());
    let (head, _) = get(&path.replace("20240504T120000Z", "20240531T000000Z"));
    assert!(head.starts_with("HTTP/1.1 302 ") && head.contains(&format!("Location: {path}")), "{head}");
    assert!(get("/archive/debian/20240504T115959Z/").0.starts_with("HTTP/1.1 404 "));

    let digest = super::super::support::debian::sha1(&curl.bytes());
    assert!(get(&format!("/file/{digest}")).1 == curl.bytes());
    let all = "/mr/package/curl/7.88.1-10+deb12u8/binfiles/libcurl4/7.88.1-10+deb12u8?fileinfo=1";
    let answer: serde_json::Value = serde_json::from_slice(&get(all).1).unwrap();
    let libcurl = old.debs()[1].bytes();
    let digest = super::super::support::debian::sha1(&libcurl);
    assert_eq!(answer["result"][0]["hash"], digest[..]);
    assert_eq!(answer["fileinfo"][&digest[..]][0]["path"], "/pool/main/c/curl");
    let answer: serde_json::Value = serde_json::from_slice(&get("/mr/binary/curl/").1).unwrap();
    assert_eq!(answer["result"].as_array().unwrap().len(), 2, "{answer}");
}
