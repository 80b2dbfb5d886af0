//! Files and keys that gpg 2.2.40 made on 2026-01-01: RSA, with a subkey that signs.

use super::*;
use crate::model::Time;

const KEYS: &[u8] = include_bytes!("../fixtures/rsa.asc");
const RELEASE: &str = include_str!("../fixtures/Release");
const BY: &str = "E09A35673FF0BFFB2B2CFA03EB123F977B48541D (Example Archive <archive@example.org>)";

fn tried(file: &[u8], keys: &[u8]) -> Result<Signed, OpenPgpError> {
    clearsigned(file, &Certificates::read(keys).unwrap(), moment(MADE))
}

#[test]
fn a_clearsigned_file_verifies() {
    let signed = tried(include_bytes!("../fixtures/InRelease"), KEYS).unwrap();
    assert_eq!(
        signed.text,
        "Origin: Example\nDate: Thu, 01 Jan 2026 00:00:00 UTC\n- dash\nblank at the end\n\nlast: é"
    );
    let signer = &signed.signers[0];
    assert_eq!(signer.primary.as_str(), "A6070CADE258218307AC8E3A3EC6E2C8D0E38E43");
    assert_eq!(signer.key.as_str(), "E09A35673FF0BFFB2B2CFA03EB123F977B48541D");
    assert_eq!(signer.user, "Example Archive <archive@example.org>");
    assert_eq!(signer.created.to_string(), "2026-01-01T00:00:00Z");
}

#[test]
fn detached_signatures_verify() {
    let certificates = Certificates::read(KEYS).unwrap();
    for signature in [include_bytes!("../fixtures/Release.gpg").as_slice(), include_bytes!("../fixtures/Release.sig")] {
        let tried = |bytes: &str| detached(bytes.as_bytes(), signature, &certificates, moment(MADE));
        assert_eq!(tried(RELEASE).unwrap().len(), 1);
        assert!(matches!(tried(RELEASE.trim_end()), Err(OpenPgpError::Bad { .. })));
    }
}

#[test]
fn sha1_is_refused_as_weak() {
    let weak = tried(include_bytes!("../fixtures/InRelease.sha1"), KEYS).map(|s| s.signers);
    assert_eq!(
        told(weak),
        format!(
            "the signature of {BY} is too weak: SHA-1\n\
             SHA-256, SHA-384 or SHA-512, and a key of RSA from 2048 bits on, ECDSA or EdDSA\n\
             SHA-1\n\
             only the archive can sign anew; ask it to"
        )
    );
}

#[test]
fn short_rsa_keys_are_refused_as_weak() {
    let weak = tried(include_bytes!("../fixtures/InRelease.small"), include_bytes!("../fixtures/small.asc"));
    assert_eq!(
        weak.unwrap_err().to_string(),
        "the signature of 1028B2C494EB9DDF3344389475B1C87F5052D854 (Small Archive) is too weak: RSA of 1024 bits"
    );
}

#[test]
fn the_expiry_that_gpg_printed_is_the_one_that_counts() {
    let expired = |seconds| {
        let certificates = Certificates::read(KEYS).unwrap();
        let time = Time::from_seconds(seconds).unwrap();
        clearsigned(include_bytes!("../fixtures/InRelease"), &certificates, time).map(|s| s.signers)
    };
    // 2030-01-01
    assert!(expired(1_893_455_999).is_ok());
    assert_eq!(message(expired(1_893_456_000)), format!("the key {BY} expired on 2030-01-01T00:00:00Z"));
}
