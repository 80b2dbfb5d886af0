//! Whether a key may sign at a moment: bound, for signing, neither expired nor revoked, strong.
//!
//! For [`super::verify`]. The crate checks none of this, and its own check of a whole certificate
//! fails where third parties vouched for it; so each self-signature is verified here (RFC 9580,
//! sections 5.2.3.10, 5.2.3.13, 5.2.3.29, 5.2.3.31). The newest that holds counts, whatever the
//! moment that is asked about: a key that was given more time has it for its old signatures too.

use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{RevocationCode, Signature, SignatureType, SignatureVersion, SubpacketData};
use pgp::ser::Serialize;
use pgp::types::{KeyDetails, PublicParams, Tag};

use super::certificate::{Certificate, Subkey};
use super::{By, OpenPgpError, Weakness};
use crate::model::Time;

/// When a signature was made, and the moment at which it is asked about.
#[derive(Clone, Copy)]
pub(super) struct Moments {
    pub(super) signed: Time,
    pub(super) at: Time,
}

/// What a key says about itself, in its newest self-signature.
struct Said {
    signs: bool,
    expires: Option<Time>,
}

/// Checks the primary key, and the subkey if one signed.
///
/// # Errors
/// What keeps the key from signing; a revocation before everything else.
pub(super) fn check(
    certificate: &Certificate,
    subkey: Option<&Subkey>,
    by: &By,
    moments: Moments,
) -> Result<(), OpenPgpError> {
    let by = || by.clone();
    if revoked(certificate, subkey, moments) {
        return Err(OpenPgpError::Revoked { by: by() });
    }
    let primary = &certificate.primary;
    let weak = weak_key(primary).or_else(|| subkey.and_then(|s| weak_key(&s.key)));
    if let Some(what) = weak {
        return Err(OpenPgpError::Weak { by: by(), what });
    }
    let flaw = |flaw| match flaw {
        Flaw::Weak(hash) => OpenPgpError::Weak { by: by(), what: Weakness::SelfHash(hash) },
        Flaw::Unbound => OpenPgpError::Unbound { by: by() },
    };
    let of_primary = said_of_primary(certificate, moments.at).map_err(flaw)?;
    let of_subkey = subkey.map(|s| said_of_subkey(certificate, s, moments.at)).transpose().map_err(flaw)?;
    let expires = [of_primary.expires, of_subkey.as_ref().and_then(|s| s.expires)].into_iter().flatten().min();
    if let Some(on) = expires.filter(|on| *on <= moments.at) {
        return Err(OpenPgpError::Expired { by: by(), on, at: moments.at });
    }
    if !of_subkey.unwrap_or(of_primary).signs {
        return Err(OpenPgpError::NotForSigning { by: by() });
    }
    let made = [Some(primary.created_at()), subkey.map(|s| s.key.created_at())];
    let key = made.into_iter().flatten().map(|t| time(t.as_secs())).max();
    match key.filter(|key| *key > moments.signed) {
        Some(key) => Err(OpenPgpError::Early { by: by(), created: moments.signed, key }),
        None => Ok(()),
    }
}

/// The name under which a certificate is shown: its first one that it vouches for itself.
pub(super) fn user(certificate: &Certificate) -> String {
    let own = certificate
        .users
        .iter()
        .find(|(id, signatures)| signatures.iter().any(|s| strong(s) && certifies(s) && vouches(certificate, s, id)));
    own.map(|(id, _)| String::from_utf8_lossy(id.id()).into_owned()).unwrap_or_default()
}

/// From seconds since 1970, which a packet has in 32 bits.
pub(super) fn time(seconds: u32) -> Time {
    // All of them are before the year 2107.
    Time::from_seconds(i64::from(seconds)).unwrap_or_else(Time::now)
}

/// When a signature was made, and when it expires if it does.
pub(super) fn dates(signature: &Signature) -> Option<(Time, Option<Time>)> {
    let created = time(signature.created()?.as_secs());
    let lasts = signature.signature_expiration_time().map(|d| d.as_secs()).filter(|seconds| *seconds != 0);
    Some((created, lasts.map(|seconds| created.plus(i64::from(seconds)))))
}

/// The name of a hash that is too weak; `None` for SHA-256, SHA-384 and SHA-512.
pub(super) fn weak_hash(signature: &Signature) -> Option<String> {
    match signature.hash_alg() {
        Some(HashAlgorithm::Sha256 | HashAlgorithm::Sha384 | HashAlgorithm::Sha512) => None,
        Some(HashAlgorithm::Sha1) => Some("SHA-1".to_owned()),
        Some(HashAlgorithm::Md5) => Some("MD5".to_owned()),
        Some(HashAlgorithm::Sha224) => Some("SHA-224".to_owned()),
        Some(HashAlgorithm::Ripemd160) => Some("RIPEMD-160".to_owned()),
        Some(other) => Some(format!("hash number {}", u8::from(other))),
        None => Some("an unknown hash".to_owned()),
    }
}

/// Whether it asks the reader to heed something that is not known here (section 5.2.3.7).
pub(super) fn asks_more(signature: &Signature) -> bool {
    use SubpacketData::{Experimental, Notation, Other};
    let unknown = |data: &SubpacketData| matches!(data, Notation(_) | Experimental(..) | Other(..));
    signature.config().is_none_or(|c| c.hashed_subpackets().any(|s| s.is_critical && unknown(&s.data)))
}

fn strong(signature: &Signature) -> bool {
    weak_hash(signature).is_none()
        && matches!(signature.version(), SignatureVersion::V4 | SignatureVersion::V6)
        && !asks_more(signature)
}

fn weak_key(key: &impl KeyDetails) -> Option<Weakness> {
    match key.public_params() {
        PublicParams::RSA(params) => {
            // An integer begins with its length in bits (section 3.2).
            let mut raw = Vec::new();
            let bits = match (params.to_writer(&mut raw), raw.as_slice()) {
                (Ok(()), [high, low, ..]) => u16::from_be_bytes([*high, *low]),
                _ => 0,
            };
            (bits < 2048).then_some(Weakness::Rsa(bits))
        }
        PublicParams::ECDSA(_) | PublicParams::EdDSALegacy(_) | PublicParams::Ed25519(_) | PublicParams::Ed448(_) => {
            None
        }
        PublicParams::DSA(_) => Some(Weakness::Kind("DSA".to_owned())),
        _ => Some(Weakness::Kind(format!("number {}", u8::from(key.algorithm())))),
    }
}

/// Whether the primary key, or the subkey if one is given, was taken back.
///
/// For a compromise, or for no reason given, it counts at whatever time; for a key that was
/// retired or replaced, from its date on (section 5.2.3.31). Its hash may be weak: a revocation
/// that is believed wrongly does no harm.
fn revoked(certificate: &Certificate, subkey: Option<&Subkey>, moments: Moments) -> bool {
    let primary = &certificate.primary;
    let counts = |s: &&Signature| {
        let soft =
            matches!(s.revocation_reason_code(), Some(RevocationCode::KeySuperseded | RevocationCode::KeyRetired));
        let from = s.created().map(|t| time(t.as_secs()));
        !soft || from.is_none_or(|from| from <= moments.at || from <= moments.signed)
    };
    let of_primary = certificate.direct.iter().filter(|s| s.typ() == Some(SignatureType::KeyRevocation));
    let of_subkey = subkey.into_iter().flat_map(|subkey| {
        let revocations = subkey.signatures.iter().filter(|s| s.typ() == Some(SignatureType::SubkeyRevocation));
        revocations.filter(counts).map(|s| s.verify_subkey_binding(primary, &subkey.key))
    });
    of_primary.filter(counts).map(|s| s.verify_key(primary)).chain(of_subkey).any(|verified| verified.is_ok())
}

/// Why a key is not vouched for.
enum Flaw {
    /// Only by a hash that is too weak.
    Weak(String),
    /// Not at all.
    Unbound,
}

fn said_of_primary(certificate: &Certificate, at: Time) -> Result<Said, Flaw> {
    let primary = &certificate.primary;
    let direct = certificate.direct.iter().filter(|s| s.typ() == Some(SignatureType::Key)).map(|s| (s, None));
    let named = certificate.users.iter().flat_map(|(id, signatures)| {
        let taken_back = taken_back(certificate, id, signatures);
        let own = signatures.iter().filter(|s| certifies(s));
        own.filter(move |s| taken_back.is_none_or(|from| s.created().map(|t| t.as_secs()) > Some(from)))
            .map(move |s| (s, Some(id)))
    });
    newest(primary.created_at().as_secs(), direct.chain(named), at, |signature, id| match id {
        Some(id) => vouches(certificate, signature, id),
        None => signature.verify_key(primary).is_ok(),
    })
}

fn said_of_subkey(certificate: &Certificate, subkey: &Subkey, at: Time) -> Result<Said, Flaw> {
    let bindings = subkey.signatures.iter().filter(|s| s.typ() == Some(SignatureType::SubkeyBinding));
    newest(subkey.key.created_at().as_secs(), bindings.map(|s| (s, ())), at, |signature, ()| {
        if signature.verify_subkey_binding(&certificate.primary, &subkey.key).is_err() {
            return false;
        }
        // The subkey must want to be bound, else anybody could take it under his name (section
        // 10.1.5); only a key that signs can say so.
        !signature.key_flags().sign()
            || signature.embedded_signature().is_some_and(|back| {
                strong(back) && back.verify_primary_key_binding(&subkey.key, &certificate.primary).is_ok()
            })
    })
}

/// What the newest self-signature that holds says about use and expiry.
///
/// A self-signature without a word on either (it names who may revoke) is passed over.
fn newest<'a, T: Copy>(
    made: u32,
    signatures: impl Iterator<Item = (&'a Signature, T)>,
    at: Time,
    holds: impl Fn(&Signature, T) -> bool,
) -> Result<Said, Flaw> {
    let mut all: Vec<(&Signature, T)> = signatures.collect();
    all.sort_by_key(|(s, _)| std::cmp::Reverse(s.created()));
    let mut weak = None;
    let mut expires = None;
    for (signature, over) in all {
        let Some((_, ends)) = dates(signature) else { continue };
        let flags = says(signature, |data| matches!(data, SubpacketData::KeyFlags(_)));
        let lasts = signature.key_expiration_time().map(|d| d.as_secs()).filter(|seconds| *seconds != 0);
        if (!flags && lasts.is_none() && weak_hash(signature).is_none()) || ends.is_some_and(|ends| ends <= at) {
            continue;
        }
        if !strong(signature) {
            weak = weak.or_else(|| weak_hash(signature));
            continue;
        }
        if !holds(signature, over) {
            continue;
        }
        let expires = *expires.get_or_insert(lasts.map(|seconds| time(made).plus(i64::from(seconds))));
        if flags {
            return Ok(Said { signs: signature.key_flags().sign(), expires });
        }
    }
    match (expires, weak) {
        (Some(expires), _) => Ok(Said { signs: false, expires }),
        (None, Some(hash)) => Err(Flaw::Weak(hash)),
        (None, None) => Err(Flaw::Unbound),
    }
}

fn says(signature: &Signature, what: impl Fn(&SubpacketData) -> bool) -> bool {
    signature.config().is_some_and(|c| c.hashed_subpackets().any(|s| what(&s.data)))
}

fn certifies(signature: &Signature) -> bool {
    signature.is_certification() && signature.typ() != Some(SignatureType::CertRevocation)
}

fn vouches(certificate: &Certificate, signature: &Signature, id: &pgp::packet::UserId) -> bool {
    signature.verify_certification(&certificate.primary, Tag::UserId, id).is_ok()
}

/// When the newest revocation of a name was made, in seconds.
fn taken_back(certificate: &Certificate, id: &pgp::packet::UserId, signatures: &[Signature]) -> Option<u32> {
    let revocations = signatures.iter().filter(|s| s.typ() == Some(SignatureType::CertRevocation));
    let held = revocations.filter(|s| vouches(certificate, s, id));
    held.map(|s| s.created().map_or(u32::MAX, |t| t.as_secs())).max()
}
