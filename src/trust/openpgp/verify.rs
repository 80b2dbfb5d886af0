//! Signatures over a Release file: at least one good, none bad.
//!
//! For whoever fetched `InRelease`, or `Release` with `Release.gpg`. Unknown keys are passed over,
//! since archives sign with several; a known key's signature that does not verify rejects the
//! file. Only the signed text is handed out.

use std::collections::BTreeSet;

use pgp::packet::{Packet, PacketParser, Signature, SignatureType, SignatureVersion};
use pgp::types::{KeyDetails, VerifyingKey};

use super::armor::{Block, Cleartext, cleartext, packets};
use super::certificate::{Certificate, Subkey};
use super::standing::{self, Moments, asks_more, dates, weak_hash};
use super::{By, Certificates, Fingerprint, OpenPgpError, Weakness};
use crate::model::Time;

/// What a signed file may weigh at most, in bytes; Debian's largest has 200 KB.
const FILE_CAP: usize = 8 * 1024 * 1024;

/// What the signatures may weigh at most, in bytes; real ones have 1 to 5 KB.
const SIGNATURES_CAP: usize = 64 * 1024;

/// How many signatures a file may carry; Debian's carry two to four.
const SIGNATURES: usize = 16;

/// How far ahead of the asked moment a signature may be dated, in seconds: a day.
const AHEAD: i64 = 24 * 60 * 60;

/// A good signature.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signer {
    /// The primary key of the certificate.
    pub primary: Fingerprint,
    /// The key that signed: the primary key or a subkey of it.
    pub key: Fingerprint,
    /// The name in the certificate, as it stands there: show it with `visible`. It can be empty.
    pub user: String,
    /// When it was signed.
    pub created: Time,
}

/// A text that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// What the signatures cover and nothing else: lines without blanks at their ends, joined by
    /// `\n`, without the end of the last line.
    pub text: String,
    /// The good signatures, sorted by primary key; at least one.
    pub signers: Vec<Signer>,
}

/// Checks a clearsigned file, such as `InRelease`, as of the moment `at`.
///
/// `at` is now for a plain mirror, and the snapshot's own time for a snapshot.
///
/// # Errors
/// Whatever is not one clearsigned message in UTF-8 and nothing around it, of at most 8 MiB; and
/// all that [`detached`] refuses.
pub fn clearsigned(bytes: &[u8], certificates: &Certificates, at: Time) -> Result<Signed, OpenPgpError> {
    within(bytes, FILE_CAP, "the signed file is larger than 8 MiB")?;
    let file = std::str::from_utf8(bytes).map_err(|_| OpenPgpError::Unreadable("the signed file is not UTF-8 text"))?;
    let Cleartext { text, signatures } = cleartext(file)?;
    within(&signatures, SIGNATURES_CAP, "the signatures are larger than 64 KiB")?;
    // Signatures are over lines that end in CRLF (RFC 9580, section 7.1).
    let lines = text.replace('\n', "\r\n");
    let kinds = [SignatureType::Text, SignatureType::Binary];
    let signers = judge(lines.as_bytes(), &signatures, &kinds, certificates, at)?;
    Ok(Signed { text, signers })
}

/// Checks detached signatures, such as `Release.gpg`, over the bytes of a file, as of the moment
/// `at`. They may be armored or not, and several. The good ones come back, sorted by primary key.
///
/// # Errors
/// No signature, no trusted key's one, one of a trusted key that does not hold, and none that is
/// good at the moment `at`; files of more than 8 MiB, signatures of more than 64 KiB.
pub fn detached(
    bytes: &[u8],
    signature: &[u8],
    certificates: &Certificates,
    at: Time,
) -> Result<Vec<Signer>, OpenPgpError> {
    within(bytes, FILE_CAP, "the signed file is larger than 8 MiB")?;
    within(signature, SIGNATURES_CAP, "the signatures are larger than 64 KiB")?;
    let signatures = packets(signature, Block::Signature)?;
    judge(bytes, &signatures, &[SignatureType::Binary], certificates, at)
}

fn within(bytes: &[u8], cap: usize, why: &'static str) -> Result<(), OpenPgpError> {
    if bytes.len() > cap { Err(OpenPgpError::Unreadable(why)) } else { Ok(()) }
}

/// Reads the signatures and weighs them together.
fn judge(
    data: &[u8],
    signatures: &[u8],
    kinds: &[SignatureType],
    certificates: &Certificates,
    at: Time,
) -> Result<Vec<Signer>, OpenPgpError> {
    let mut good = BTreeSet::new();
    let mut failed: Option<OpenPgpError> = None;
    let mut unknown = BTreeSet::new();
    let mut count = 0;
    for packet in PacketParser::new(signatures) {
        let Ok(Packet::Signature(signature)) = packet else {
            return Err(OpenPgpError::Unreadable("the signature cannot be read"));
        };
        count += 1;
        if count > SIGNATURES {
            return Err(OpenPgpError::Unreadable("there are more than 16 signatures"));
        }
        match one(data, &signature, kinds, certificates, at) {
            Some(Ok(signer)) => {
                good.insert(signer);
            }
            // Of two reasons the one that stands first among the reasons.
            Some(Err(error)) => failed = Some(failed.map_or(error.clone(), |other| other.min(error))),
            None => unknown.extend(issuer(&signature)),
        }
    }
    match failed {
        Some(bad @ OpenPgpError::Bad { .. }) => Err(bad),
        _ if !good.is_empty() => Ok(good.into_iter().collect()),
        Some(error) => Err(error),
        None if count == 0 => Err(OpenPgpError::NoSignature),
        None => Err(OpenPgpError::NoKey { ids: unknown.into_iter().collect() }),
    }
}

/// Who says to have signed: the fingerprint, or the key id where there is none.
fn issuer(signature: &Signature) -> Vec<String> {
    let fingerprints = signature.issuer_fingerprint().into_iter().map(ToString::to_string);
    let mut names: Vec<String> = fingerprints.map(|name| name.to_ascii_uppercase()).collect();
    if names.is_empty() {
        let ids = signature.issuer_key_id().into_iter().map(ToString::to_string);
        names.extend(ids.map(|name| name.to_ascii_uppercase()));
    }
    names
}

/// Judges one signature; `None` if no trusted key made it, by its own word.
fn one(
    data: &[u8],
    signature: &Signature,
    kinds: &[SignatureType],
    certificates: &Certificates,
    at: Time,
) -> Option<Result<Signer, OpenPgpError>> {
    let mut bad: Option<OpenPgpError> = None;
    // Keys can share a key id, by chance or on purpose: one that verifies made it.
    for certificate in certificates.iter() {
        let primary = std::iter::once((&certificate.fingerprint, None));
        let subkeys = certificate.subkeys.iter().map(|(fingerprint, subkey)| (fingerprint, Some(subkey)));
        for (key, subkey) in primary.chain(subkeys) {
            let named = match subkey {
                Some(subkey) => names(signature, &subkey.key),
                None => names(signature, &certificate.primary),
            };
            if !named || !certificate.allows(key) {
                continue;
            }
            let by = By { key: key.clone(), user: standing::user(certificate) };
            match by_key(data, signature, kinds, (certificate, subkey), &by, at) {
                Err(error @ OpenPgpError::Bad { .. }) => {
                    bad.get_or_insert(error);
                }
                Err(error) => return Some(Err(error)),
                Ok(created) => {
                    let primary = certificate.fingerprint.clone();
                    return Some(Ok(Signer { primary, key: by.key, user: by.user, created }));
                }
            }
        }
    }
    bad.map(Err)
}

/// Whether a signature says to be by this key. Its word is only a hint: the key decides.
fn names(signature: &Signature, key: &impl KeyDetails) -> bool {
    let fingerprints = signature.issuer_fingerprint();
    if fingerprints.is_empty() {
        signature.issuer_key_id().contains(&&key.legacy_key_id())
    } else {
        fingerprints.contains(&&key.fingerprint())
    }
}

/// Judges one signature by one key; gives its date.
fn by_key(
    data: &[u8],
    signature: &Signature,
    kinds: &[SignatureType],
    (certificate, subkey): (&Certificate, Option<&Subkey>),
    by: &By,
    at: Time,
) -> Result<Time, OpenPgpError> {
    let weak = match signature.version() {
        SignatureVersion::V4 | SignatureVersion::V6 => weak_hash(signature).map(Weakness::Hash),
        version => Some(Weakness::Version(version.into())),
    };
    if let Some(what) = weak {
        return Err(OpenPgpError::Weak { by: by.clone(), what });
    }
    if !signature.typ().is_some_and(|typ| kinds.contains(&typ)) {
        return Err(OpenPgpError::OtherKind { by: by.clone() });
    }
    let holds = match subkey {
        Some(subkey) => verifies(signature, &subkey.key, data),
        None => verifies(signature, &certificate.primary, data),
    };
    let Some((created, ends)) = dates(signature).filter(|_| holds && !asks_more(signature)) else {
        return Err(OpenPgpError::Bad { by: by.clone() });
    };
    standing::check(certificate, subkey, by, Moments { signed: created, at })?;
    if let Some(on) = ends.filter(|on| *on <= at) {
        return Err(OpenPgpError::Outdated { by: by.clone(), on, at });
    }
    if created > at.plus(AHEAD) {
        return Err(OpenPgpError::Future { by: by.clone(), created, at });
    }
    Ok(created)
}

fn verifies(signature: &Signature, key: &impl VerifyingKey, data: &[u8]) -> bool {
    signature.verify(key, data).is_ok()
}
