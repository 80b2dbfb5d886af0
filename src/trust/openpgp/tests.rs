//! What is believed and what is not, signature by signature.

use pgp::packet::{Packet, RevocationCode, Signature, SignatureType};

use super::making::*;
use super::*;

mod gpg;

const TEXT: &str = "Origin: Example\nSuite: stable\n\n- a dash\nlast";

/// Says how a file signed by key 1 fares with these certificates.
fn tried(making: &Making) -> Result<Vec<Signer>, OpenPgpError> {
    by(making, &sign(&primary(1), &Says::text(), TEXT))
}

fn by(making: &Making, signature: &Signature) -> Result<Vec<Signer>, OpenPgpError> {
    many(&making.read(), std::slice::from_ref(signature))
}

fn many(certificates: &Certificates, signatures: &[Signature]) -> Result<Vec<Signer>, OpenPgpError> {
    let signed = clearsigned(clear(TEXT, signatures).as_bytes(), certificates, at())?;
    assert_eq!(signed.text, TEXT);
    Ok(signed.signers)
}

/// All that a person is told, a line each.
fn told(result: Result<Vec<Signer>, OpenPgpError>) -> String {
    let trouble = result.unwrap_err().trouble();
    let parts = [Some(trouble.message), trouble.expected, trouble.found, trouble.help];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// Its first line.
fn message(result: Result<Vec<Signer>, OpenPgpError>) -> String {
    result.unwrap_err().to_string()
}

fn is_good(result: Result<Vec<Signer>, OpenPgpError>, key: u8) {
    let keys: Vec<Fingerprint> = result.unwrap().into_iter().map(|s| s.key).collect();
    assert_eq!(keys, [fingerprint(&primary(key))]);
}

fn one() -> String {
    let name = fingerprint(&primary(1)).to_string();
    format!("{name} (Archive 1)")
}

#[test]
fn a_good_signature_gives_its_text_and_its_signer() {
    let file = clear(TEXT, &[sign(&primary(1), &Says::text(), TEXT)]);
    let signed = clearsigned(file.as_bytes(), &Making::good(1).read(), at()).unwrap();
    let name = fingerprint(&primary(1));
    let signer = Signer { primary: name.clone(), key: name, user: "Archive 1".to_owned(), created: moment(SIGNED) };
    assert_eq!(signed, Signed { text: TEXT.to_owned(), signers: vec![signer] });
    is_good(by(&Making::good(1), &sign(&primary(1), &Says::binary(), &TEXT.replace('\n', "\r\n"))), 1);
}

#[test]
fn a_subkey_signs_for_its_primary_key() {
    let making = Making::good(1).subkey(2, &binding(), true);
    let signer = &by(&making, &sign(&subkey(2), &Says::text(), TEXT)).unwrap()[0];
    assert_eq!(signer.primary, fingerprint(&primary(1)));
    assert_eq!(signer.key, fingerprint(&subkey(2)));
}

#[test]
fn two_good_ones_are_both_named_and_sorted() {
    let certificates = Making::good(1).read().and(Making::good(2).read());
    let (a, b) = (sign(&primary(1), &Says::text(), TEXT), sign(&primary(2), &Says::text(), TEXT));
    let there = many(&certificates, &[a.clone(), b.clone()]).unwrap();
    assert_eq!(there.len(), 2);
    assert!(there[0].primary < there[1].primary);
    assert_eq!(many(&certificates, &[b, a.clone()]).unwrap(), there);
    assert_eq!(many(&certificates, &[a.clone(), a]).unwrap().len(), 1);
}

#[test]
fn a_foreign_signature_beside_a_good_one_is_passed_over() {
    let (own, foreign) = (sign(&primary(1), &Says::text(), TEXT), sign(&primary(9), &Says::text(), "other"));
    is_good(many(&Making::good(1).read(), &[foreign, own]), 1);
}

#[test]
fn no_trusted_key_names_those_that_signed() {
    let foreign = sign(&primary(9), &Says::text(), TEXT);
    let name = fingerprint(&primary(9));
    assert_eq!(
        told(by(&Making::good(1), &foreign)),
        format!(
            "no trusted key signed it\n\
             a signature by one of the keys in signed-by\n\
             signed by {name}\n\
             if the archive has a new key, get it from the archive itself and compare its fingerprint"
        )
    );
    let none = many(&Certificates::default(), &[foreign]);
    assert_eq!(none, Err(OpenPgpError::NoKey { ids: vec![name.to_string()] }));
}

#[test]
fn a_bad_signature_of_a_known_key_rejects_also_beside_a_good_one() {
    let certificates = Making::good(1).read().and(Making::good(2).read());
    let (good, bad) = (sign(&primary(2), &Says::text(), TEXT), sign(&primary(1), &Says::text(), "other"));
    let expected = format!(
        "the signature of {} does not hold: the text or the signature was changed\n\
         bytes as they were signed\n\
         a mirror in the middle of an update can cause this: try again; if it stays, do not trust this mirror",
        one()
    );
    for order in [[good.clone(), bad.clone()], [bad.clone(), good]] {
        assert_eq!(told(many(&certificates, &order)), expected);
    }
    assert_eq!(told(many(&certificates, &[bad])), expected);
}

#[test]
fn an_expired_key_is_refused_from_its_moment_on() {
    let lasting = |days: u32| Making::bare(1).name("Archive 1", &Says { key_lasts: Some(days * DAY), ..Says::name() });
    // Asked on day 152.
    is_good(tried(&lasting(153)), 1);
    assert_eq!(
        told(tried(&lasting(152))),
        format!(
            "the key {} expired on 2026-06-02T00:00:00Z\n\
             a key that is valid on 2026-06-02T00:00:00Z\n\
             take the archive's keys anew: a newer copy may run longer, or a newer key may sign",
            one()
        )
    );
    // A snapshot of a day when it was valid.
    let file = clear(TEXT, &[sign(&primary(1), &Says::text(), TEXT)]);
    assert!(clearsigned(file.as_bytes(), &lasting(152).read(), moment(SIGNED)).is_ok());
}

#[test]
fn the_newest_self_signature_counts() {
    let short = Says { key_lasts: Some(DAY), ..Says::name() };
    let longer = Says { created: MADE + 9, key_lasts: Some(1000 * DAY), ..Says::name() };
    is_good(tried(&Making::bare(1).name("Archive 1", &short).again("Archive 1", &longer)), 1);
    is_good(tried(&Making::bare(1).name("Archive 1", &longer).again("Archive 1", &short)), 1);
    let taken = Says { created: MADE + 9, signs: Some(false), ..Says::name() };
    let refused = format!("the key {} is not one for signing", one());
    assert_eq!(message(tried(&Making::good(1).again("Archive 1", &taken))), refused);
    // Without a word on use or expiry it changes nothing: it names who may revoke.
    is_good(tried(&Making::good(1).direct(&Says::new(SignatureType::Key, MADE + 9), None)), 1);
    let direct = Says { signs: Some(false), ..Says::new(SignatureType::Key, MADE + 9) };
    assert_eq!(message(tried(&Making::good(1).direct(&direct, None))), refused);
    // Another's word is no word.
    is_good(tried(&Making::good(1).direct(&direct, Some(&primary(9)))), 1);
    // Two copies of one certificate: what either says.
    let copies = Making::bare(1).name("Archive 1", &short).read();
    let both = copies.and(Making::bare(1).name("Archive 1", &longer).read());
    is_good(many(&both, &[sign(&primary(1), &Says::text(), TEXT)]), 1);
}

#[test]
fn a_subkey_lives_no_longer_than_its_primary_key() {
    let signature = sign(&subkey(2), &Says::text(), TEXT);
    let short = Says { key_lasts: Some(DAY), ..Says::name() };
    let expired = |making: &Making| matches!(by(making, &signature), Err(OpenPgpError::Expired { .. }));
    assert!(expired(&Making::bare(1).name("Archive 1", &short).subkey(2, &binding(), true)));
    assert!(expired(&Making::good(1).subkey(2, &Says { key_lasts: Some(DAY), ..binding() }, true)));
}

#[test]
fn a_revoked_key_is_refused() {
    let revoked = |reason, created| {
        let says = Says { reason, ..Says::new(SignatureType::KeyRevocation, created) };
        tried(&Making::good(1).direct(&says, None))
    };
    let expected = format!(
        "the key {} was revoked\n\
         a key whose owner stands by it\n\
         find out from the archive which key has replaced it; do not go on with this one",
        one()
    );
    // For a compromise, or without a reason, whenever it was.
    for reason in [None, Some(RevocationCode::NoReason), Some(RevocationCode::KeyCompromised)] {
        assert_eq!(told(revoked(reason, SIGNED + 99 * DAY)), expected, "{reason:?}");
    }
    for reason in [RevocationCode::KeyRetired, RevocationCode::KeySuperseded] {
        assert_eq!(told(revoked(Some(reason), SIGNED + DAY)), expected, "{reason:?}");
        is_good(revoked(Some(reason), SIGNED + 2 * DAY), 1);
    }
    // Only the key itself can take itself back.
    let says = Says::new(SignatureType::KeyRevocation, MADE);
    is_good(tried(&Making::good(1).direct(&says, Some(&primary(9)))), 1);
    // A copy without the revocation does not hide it.
    let both = Making::good(1).direct(&says, None).read().and(Making::good(1).read());
    assert_eq!(told(many(&both, &[sign(&primary(1), &Says::text(), TEXT)])), expected);
}

#[test]
fn a_revoked_subkey_is_refused_and_its_primary_key_is_not() {
    let says = Says::new(SignatureType::SubkeyRevocation, MADE);
    let making = Making::good(1).subkey(2, &binding(), true).subkey_again(2, &says, false);
    let refused = by(&making, &sign(&subkey(2), &Says::text(), TEXT));
    assert_eq!(message(refused), format!("the key {} (Archive 1) was revoked", fingerprint(&subkey(2))));
    is_good(tried(&making), 1);
    let making = Making::good(1).subkey(2, &binding(), true);
    let making = making.direct(&Says::new(SignatureType::KeyRevocation, MADE), None);
    assert!(matches!(by(&making, &sign(&subkey(2), &Says::text(), TEXT)), Err(OpenPgpError::Revoked { .. })));
}

#[test]
fn a_subkey_that_did_not_consent_is_not_believed() {
    let signature = sign(&subkey(2), &Says::text(), TEXT);
    let stolen = by(&Making::good(1).subkey(2, &binding(), false), &signature);
    assert_eq!(
        told(stolen),
        format!(
            "the key {} (Archive 1) is not bound to its certificate by a signature that holds\n\
             the certificate's own signature over each of its keys, and the subkey's in return\n\
             take the archive's keys anew, from the archive itself",
            fingerprint(&subkey(2))
        )
    );
    // The binding of another certificate, put under this one.
    let other = Making::good(3).subkey(2, &binding(), true);
    let mut bytes = Making::good(1).bytes();
    let own = Making::good(3).bytes().len();
    bytes.extend_from_slice(&other.bytes()[own..]);
    let certificates = Certificates::read(&bytes).unwrap();
    // Its issuer is not this primary key, so it is not even kept.
    assert!(matches!(many(&certificates, &[signature]), Err(OpenPgpError::Unbound { .. })));
    assert!(matches!(tried(&Making::bare(1)), Err(OpenPgpError::Unbound { .. })));
}

#[test]
fn a_key_that_is_not_for_signing_does_not_sign() {
    let mute = Making::bare(1).name("Archive 1", &Says { signs: Some(false), ..Says::name() });
    assert_eq!(
        told(tried(&mute)),
        format!(
            "the key {} is not one for signing\n\
             a key that is flagged for signing\n\
             take the archive's keys anew: a newer copy may say so",
            one()
        )
    );
    let making = Making::good(1).subkey(2, &Says { signs: Some(false), ..binding() }, true);
    let refused = by(&making, &sign(&subkey(2), &Says::text(), TEXT));
    assert!(matches!(refused, Err(OpenPgpError::NotForSigning { .. })));
    // Its primary key need not sign itself.
    let making = mute.subkey(2, &binding(), true);
    assert!(by(&making, &sign(&subkey(2), &Says::text(), TEXT)).is_ok());
}

#[test]
fn signatures_from_the_future_and_from_before_their_key_are_refused() {
    let dated = |created| by(&Making::good(1), &sign(&primary(1), &Says { created, ..Says::text() }, TEXT));
    is_good(dated(SIGNED + 2 * DAY), 1);
    assert_eq!(
        told(dated(SIGNED + 2 * DAY + 1)),
        format!(
            "the signature of {} is dated 2026-06-03T00:00:01Z, which is in the future\n\
             a date at most one day after 2026-06-02T00:00:00Z\n\
             look at the clock of this machine",
            one()
        )
    );
    is_good(dated(MADE), 1);
    assert_eq!(
        told(dated(MADE - 1)),
        format!(
            "the signature of {} is dated 2025-12-31T23:59:59Z, before its key was made\n\
             a date from 2026-01-01T00:00:00Z on, when the key was made",
            one()
        )
    );
}

#[test]
fn a_signature_that_has_expired_is_refused() {
    let lasting = |lasts| by(&Making::good(1), &sign(&primary(1), &Says { lasts: Some(lasts), ..Says::text() }, TEXT));
    is_good(lasting(DAY + 1), 1);
    is_good(lasting(0), 1);
    assert_eq!(
        told(lasting(DAY)),
        format!(
            "the signature of {} expired on 2026-06-02T00:00:00Z\n\
             a signature that is valid on 2026-06-02T00:00:00Z\n\
             the mirror may be frozen: try another, or look when the archive last signed",
            one()
        )
    );
}

#[test]
fn a_demand_that_is_not_known_is_not_passed_over() {
    let demanding = sign(&primary(1), &Says { demands: true, ..Says::text() }, TEXT);
    assert!(matches!(by(&Making::good(1), &demanding), Err(OpenPgpError::Bad { .. })));
    let making = Making::bare(1).name("Archive 1", &Says { demands: true, ..Says::name() });
    assert!(matches!(tried(&making), Err(OpenPgpError::Unbound { .. })));
}

#[test]
fn signatures_of_another_kind_are_refused() {
    let certificates = Making::good(1).read();
    let text = sign(&primary(1), &Says::text(), TEXT);
    let refused = detached(TEXT.as_bytes(), &bare(&[text]), &certificates, at());
    assert_eq!(
        told(refused),
        format!(
            "the signature of {} is of another kind than is used for a Release file\n\
             a signature over a text (InRelease) or over a file (Release.gpg)",
            one()
        )
    );
}

#[test]
fn of_several_failures_the_gravest_is_told() {
    let revoked = Making::good(1).direct(&Says::new(SignatureType::KeyRevocation, MADE), None).read();
    let expired = Making::bare(2).name("Archive 2", &Says { key_lasts: Some(DAY), ..Says::name() }).read();
    let certificates = revoked.and(expired);
    let signatures = [2, 9, 1].map(|number| sign(&primary(number), &Says::text(), TEXT));
    assert!(matches!(many(&certificates, &signatures), Err(OpenPgpError::Revoked { .. })));
    assert!(matches!(many(&certificates, &signatures[..2]), Err(OpenPgpError::Expired { .. })));
    // None of them keeps a good one from counting.
    let certificates = certificates.and(Making::good(9).read());
    is_good(many(&certificates, &signatures), 9);
}

#[test]
fn detached_signatures_are_over_the_bytes_as_they_are() {
    let certificates = Making::good(1).read().and(Making::good(2).read());
    let file = "a \r\nb\n";
    let (a, b) = (sign(&primary(1), &Says::binary(), file), sign(&primary(2), &Says::binary(), file));
    let tried = |bytes: &str, signature: &[u8]| detached(bytes.as_bytes(), signature, &certificates, at());
    is_good(tried(file, &bare(std::slice::from_ref(&a))), 1);
    assert_eq!(tried(file, &bare(&[a.clone(), b.clone()])).unwrap().len(), 2);
    assert_eq!(tried(file, armored(&[a.clone(), b.clone()]).as_bytes()).unwrap().len(), 2);
    let blocks = format!("{}\n{}", armored(std::slice::from_ref(&a)), armored(&[b]));
    assert_eq!(tried(file, blocks.as_bytes()).unwrap().len(), 2);
    assert!(matches!(tried("a\nb\n", &bare(&[a])), Err(OpenPgpError::Bad { .. })));
    assert_eq!(told(tried(file, b"")), "there is no signature\nat least one signature\nnone");
    assert_eq!(
        told(tried(file, b"<html>")),
        "the signature file holds more than signatures\n\
         a proxy or a login page in between can cause this: look at the file"
    );
    let key = Making::good(1).bytes();
    assert_eq!(message(tried(file, &key)), "the signature cannot be read");
    assert_eq!(message(tried(file, &[0xC2, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])), "the signature cannot be read");
}

#[test]
fn endless_input_is_refused_at_once() {
    let certificates = Making::good(1).read();
    let signature = sign(&primary(1), &Says::binary(), "a");
    let many = detached(b"a", &bare(&vec![signature.clone(); 17]), &certificates, at());
    assert_eq!(message(many), "there are more than 16 signatures");
    let large = vec![b'a'; 8 * 1024 * 1024 + 1];
    let refused = detached(&large, &bare(&[signature]), &certificates, at());
    assert_eq!(message(refused), "the signed file is larger than 8 MiB");
    assert!(clearsigned(&large, &certificates, at()).is_err());
    assert_eq!(
        message(detached(b"a", &large[..65 * 1024], &certificates, at())),
        "the signatures are larger than 64 KiB"
    );
    let keys = Certificates::read(&large).unwrap_err();
    assert_eq!(keys.to_string(), "the key file is larger than 1 MiB");
}

#[test]
fn secret_keys_and_other_files_are_no_key_files() {
    let read = |bytes: &[u8]| Certificates::read(bytes).unwrap_err();
    let mut secret = Vec::new();
    pgp::ser::Serialize::to_writer(&Packet::SecretKey(primary(1)), &mut secret).unwrap();
    assert_eq!(
        told(Err(read(&secret))),
        "the key file holds a secret key\n\
         public keys alone\n\
         take it out of the repository; gpg --export --armor FINGERPRINT writes the public key"
    );
    let mut both = Making::good(2).bytes();
    both.extend(&secret);
    assert_eq!(read(&both), OpenPgpError::Secret);
    assert_eq!(read(b"").to_string(), "the key file holds no public key that can be used");
    assert_eq!(read(b"<html>").to_string(), "the key file holds more than public keys");
    assert_eq!(
        read(&bare(&[sign(&primary(1), &Says::text(), "a")])).to_string(),
        "the key file does not begin with a public key"
    );
    let cut = Making::good(1).bytes();
    assert_eq!(read(&cut[..cut.len() - 1]).to_string(), "the key file holds what is no OpenPGP key");
    let one = Making::good(1).packet(Packet::SecretKey(primary(2)));
    assert_eq!(read(&one.bytes()), OpenPgpError::Secret);
}

#[test]
fn keys_are_narrowed_by_fingerprint() {
    let all = Making::good(1).subkey(2, &binding(), true).subkey(3, &binding(), true).read();
    let all = all.and(Making::good(4).read());
    let of = |number| fingerprint(&primary(number));
    let tried = |keys: &[u8], signer: u8| {
        let keys: Vec<Fingerprint> = keys.iter().map(|n| of(*n)).collect();
        many(&all.only(&keys).unwrap(), &[sign(&primary(signer), &Says::text(), TEXT)]).map(|s| s.len())
    };
    // The primary key stands for its subkeys, a subkey only for itself.
    for signer in [1, 2, 3] {
        assert_eq!(tried(&[1], signer), Ok(1), "{signer}");
        assert_eq!(tried(&[1, 2], signer), Ok(1), "{signer}");
        let foreign = Err(OpenPgpError::NoKey { ids: vec![of(signer).to_string()] });
        assert_eq!(tried(&[2], signer), if signer == 2 { Ok(1) } else { foreign.clone() }, "{signer}");
        assert_eq!(tried(&[4], signer), foreign, "{signer}");
    }
    assert_eq!(tried(&[2, 3], 3), Ok(1));
    assert!(tried(&[2, 3], 1).is_err());
    // Narrowing a narrowed one never widens it.
    let narrow = all.only(&[of(2)]).unwrap();
    assert_eq!(narrow.only(&[of(3)]).unwrap_err(), OpenPgpError::NoCertificate(of(3)));
    let again = narrow.only(&[of(1)]).unwrap();
    assert!(many(&again, &[sign(&primary(3), &Says::text(), TEXT)]).is_err());
    assert_eq!(
        told(all.only(&[of(9)]).map(|_| Vec::new())),
        format!(
            "no certificate has the key {}\n\
             a certificate in the key file, or in the built-in keys of Debian, with this primary key or subkey\n\
             gpg --show-keys --with-subkey-fingerprint FILE lists what a key file holds",
            of(9)
        )
    );
    assert!(all.only(&[]).unwrap().is_empty());
    let mut both = vec![of(1), of(4)];
    both.sort();
    assert_eq!(all.fingerprints(), both);
}

#[test]
fn names_of_keys_are_shown_escaped() {
    let making = Making::bare(1).name("A\u{1b}[2J\u{202e}", &Says { signs: Some(false), ..Says::name() });
    let name = fingerprint(&primary(1));
    assert_eq!(message(tried(&making)), format!("the key {name} (A\\u{{1b}}[2J\\u{{202e}}) is not one for signing"));
    // A name that the key does not vouch for is not shown at all.
    let stolen = Making::bare(1).packet(named("Somebody else"));
    assert_eq!(
        message(tried(&stolen)),
        format!("the key {name} is not bound to its certificate by a signature that holds")
    );
}

/// The fingerprints that `gpg --show-keys --with-subkey-fingerprint` prints for the files.
#[test]
fn the_keys_of_debian_are_those_that_debian_publishes() {
    let wanted = [
        "04B54C3CDCA79751B16BC6B5225629DF75B188BD",
        "05AB90340C0C5E797F44A8C8254CF3B5AEC0A8F0",
        "1F89983E0081FDE018F3CC9673A4F27B8DD47936",
        "41587F7DB8C774BCCF131416762F67A0B2C39DE4",
        "4D64FEC119C2029067D6E791F8D2585B8783D481",
        "5E04A1E3223A19A20706E20F9904613D4CCE68C6",
        "A4285295FC7B1A81600062A9605C66F00D6C9793",
        "AC530D520F2F3269F5E98313A48449044AAD5C5D",
        "B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8",
    ];
    let debian = Certificates::debian().unwrap();
    let found: Vec<String> = debian.fingerprints().iter().map(Fingerprint::to_string).collect();
    assert_eq!(found, wanted);
    let subkeys = [
        "4CB50190207B4758A3F73A796ED0E7B82643E131",
        "89C87ACEA5DD6B8E6A7068808E9F831205B4BA95",
        "A7236886F3CCCAAD148A27F80E98404D386FA1D9",
        "B0CAB9266E8C3929798B3EEEBDE6D2B9216EC7A8",
        "B8E5F13176D2A7A75220028078DBA3BC47EF2265",
        "ED541312A33F1128F10B1C6C54404762BBB6E853",
    ];
    let mut all: Vec<String> = debian.iter().flat_map(|c| c.subkeys.keys().map(Fingerprint::to_string)).collect();
    all.sort();
    assert_eq!(all, subkeys);
    // uid, pub and sub of `--with-colons`: names, and when they expire.
    let mut standing = Vec::new();
    for certificate in debian.iter() {
        let by = By { key: certificate.fingerprint.clone(), user: standing::user(certificate) };
        let moments = |seconds| standing::Moments { signed: moment(1_750_000_000), at: moment(seconds) };
        for subkey in std::iter::once(None).chain(certificate.subkeys.values().map(Some)) {
            assert_eq!(standing::check(certificate, subkey, &by, moments(1_760_000_000)), Ok(()), "{by}");
            let Err(OpenPgpError::Expired { on, .. }) =
                standing::check(certificate, subkey, &by, moments(4_000_000_000))
            else {
                panic!("{by} does not expire");
            };
            standing.push(format!(
                "{} {}",
                by.user.split(" <").next().unwrap(),
                on.to_string().split('T').next().unwrap()
            ));
        }
    }
    standing.sort();
    standing.dedup();
    assert_eq!(
        standing,
        [
            "Debian Archive Automatic Signing Key (11/bullseye) 2029-01-15",
            "Debian Archive Automatic Signing Key (12/bookworm) 2031-01-19",
            "Debian Archive Automatic Signing Key (13/trixie) 2035-03-28",
            "Debian Security Archive Automatic Signing Key (11/bullseye) 2029-01-15",
            "Debian Security Archive Automatic Signing Key (12/bookworm) 2031-01-19",
            "Debian Security Archive Automatic Signing Key (13/trixie) 2035-03-28",
            "Debian Stable Release Key (11/bullseye) 2029-02-11",
            "Debian Stable Release Key (12/bookworm) 2031-01-21",
            "Debian Stable Release Key (13/trixie) 2033-03-22",
        ]
    );
    assert!(format!("{debian:?}").starts_with("{\"04B54C3CDCA79751B16BC6B5225629DF75B188BD\", "));
}

/// 10,000 files with one byte changed: none is taken for another text, none is a panic.
#[test]
fn no_flipped_byte_changes_what_is_believed() {
    let line = "0123456789abcdef0123456789abcdef 12345 main/binary-amd64/Packages.xz\n- dash \t\n";
    let text = format!("Origin: Example\n{}last", line.repeat(25)).replace(" \t\n", "\n");
    let certificates = Making::good(1).subkey(2, &binding(), true).read();
    let signatures = [sign(&subkey(2), &Says::text(), &text)];
    let good = clear(&text, &signatures).into_bytes();
    assert_eq!(clearsigned(&good, &certificates, at()).unwrap().text, text);
    let key = Making::good(1).subkey(2, &binding(), true).bytes();
    let detached_signature = bare(&signatures);
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut next = |below: usize| {
        // xorshift64*
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        usize::try_from(state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % below
    };
    let mut accepted = 0;
    for round in 0..10_000 {
        // Every other time in the signature, which is a small part of the file.
        let tail = if round % 2 == 0 { good.len() } else { good.len() - text.len() - 60 };
        let at_byte = good.len() - 1 - next(tail);
        let mut bytes = good.clone();
        bytes[at_byte] ^= u8::try_from(1 + next(255)).unwrap();
        if let Ok(signed) = clearsigned(&bytes, &certificates, at()) {
            assert_eq!(signed.text, text, "byte {at_byte}");
            accepted += 1;
        }
        if round % 10 == 0 {
            let mut bytes = key.clone();
            bytes[next(key.len())] ^= u8::try_from(1 + next(255)).unwrap();
            let _ = Certificates::read(&bytes).map(|c| clearsigned(&good, &c, at()));
            let mut bytes = detached_signature.clone();
            bytes[next(detached_signature.len())] ^= u8::try_from(1 + next(255)).unwrap();
            let _ = detached(text.as_bytes(), &bytes, &certificates, at());
        }
    }
    // In the comment of the armor, in blanks at line ends, in the unsigned part of the signature.
    assert!(accepted < 1000, "{accepted}");
}
