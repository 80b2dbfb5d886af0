//! Keys and signatures made on the spot, for the tests of this room.
//!
//! Ed25519 keys from a number, self-signatures with whatever fault a test asks for, and files
//! signed by them. What comes from gpg instead stands in `fixtures`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pgp::crypto::ed25519::{self, Mode};
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::packet::{
    KeyFlags, Notation, Packet, PubKeyInner, PublicKey, PublicSubkey, RevocationCode, SecretKey, SecretSubkey,
    Signature, SignatureConfig, SignatureType, Subpacket, SubpacketData, UserId,
};
use pgp::ser::Serialize;
use pgp::types::{
    Duration, KeyDetails, KeyVersion, Password, PlainSecretParams, PublicParams, SecretParams, SigningKey, Tag,
    Timestamp,
};

use super::{Certificates, Fingerprint};
use crate::model::Time;

/// 2026-01-01, when all keys were made.
pub(super) const MADE: u32 = 1_767_225_600;
/// A day, in seconds.
pub(super) const DAY: u32 = 86_400;
/// 2026-06-01, when the files were signed.
pub(super) const SIGNED: u32 = MADE + 151 * DAY;

/// 2026-06-02, the moment that is asked about.
pub(super) fn at() -> Time {
    moment(SIGNED + DAY)
}

pub(super) fn moment(seconds: u32) -> Time {
    Time::from_seconds(i64::from(seconds)).unwrap()
}

/// What a signature says besides what it is over.
#[derive(Clone)]
pub(super) struct Says {
    pub(super) typ: SignatureType,
    pub(super) created: u32,
    /// Seconds after its date.
    pub(super) lasts: Option<u32>,
    /// For a key: whether it signs.
    pub(super) signs: Option<bool>,
    /// For a key: seconds after it was made.
    pub(super) key_lasts: Option<u32>,
    /// Why it is revoked.
    pub(super) reason: Option<RevocationCode>,
    /// A critical notation.
    pub(super) demands: bool,
    pub(super) back: Option<Box<Signature>>,
}

impl Says {
    pub(super) fn new(typ: SignatureType, created: u32) -> Self {
        Self { typ, created, lasts: None, signs: None, key_lasts: None, reason: None, demands: false, back: None }
    }

    pub(super) fn text() -> Self {
        Self::new(SignatureType::Text, SIGNED)
    }

    pub(super) fn binary() -> Self {
        Self::new(SignatureType::Binary, SIGNED)
    }

    /// A name of a primary key that signs.
    pub(super) fn name() -> Self {
        Self { signs: Some(true), ..Self::new(SignatureType::CertPositive, MADE) }
    }

    fn config(&self, key: &impl SigningKey) -> SignatureConfig {
        let mut data = vec![
            SubpacketData::SignatureCreationTime(Timestamp::from_secs(self.created)),
            SubpacketData::IssuerFingerprint(key.fingerprint()),
        ];
        data.extend(self.lasts.map(|s| SubpacketData::SignatureExpirationTime(Duration::from_secs(s))));
        data.extend(self.key_lasts.map(|s| SubpacketData::KeyExpirationTime(Duration::from_secs(s))));
        data.extend(self.reason.map(|r| SubpacketData::RevocationReason(r, "".into())));
        data.extend(self.back.clone().map(SubpacketData::EmbeddedSignature));
        data.extend(self.signs.map(|signs| {
            let mut flags = KeyFlags::default();
            flags.set_certify(true);
            flags.set_sign(signs);
            SubpacketData::KeyFlags(flags)
        }));
        let mut hashed: Vec<Subpacket> = data.into_iter().map(|d| Subpacket::regular(d).unwrap()).collect();
        if self.demands {
            let notation = Notation { readable: true, name: "a@example.org".into(), value: "b".into() };
            hashed.push(Subpacket::critical(SubpacketData::Notation(notation)).unwrap());
        }
        let mut config = SignatureConfig::v4(self.typ, key.algorithm(), HashAlgorithm::Sha256);
        config.hashed_subpackets = hashed;
        config.unhashed_subpackets = vec![Subpacket::regular(SubpacketData::IssuerKeyId(key.legacy_key_id())).unwrap()];
        config
    }
}

fn parts(number: u8) -> (PubKeyInner, SecretParams) {
    let secret = ed25519::SecretKey::try_from_bytes([number; 32], Mode::Ed25519).unwrap();
    let params = PublicParams::Ed25519((&secret).into());
    let made = Timestamp::from_secs(MADE);
    let inner = PubKeyInner::new(KeyVersion::V4, PublicKeyAlgorithm::Ed25519, made, None, params).unwrap();
    (inner, SecretParams::Plain(PlainSecretParams::Ed25519(secret)))
}

pub(super) fn primary(number: u8) -> SecretKey {
    let (inner, secret) = parts(number);
    SecretKey::new(PublicKey::from_inner(inner).unwrap(), secret).unwrap()
}

pub(super) fn subkey(number: u8) -> SecretSubkey {
    let (inner, secret) = parts(number);
    SecretSubkey::new(PublicSubkey::from_inner(inner).unwrap(), secret).unwrap()
}

pub(super) fn fingerprint(key: &impl KeyDetails) -> Fingerprint {
    Fingerprint::of(&key.fingerprint()).unwrap()
}

/// A certificate that grows.
pub(super) struct Making {
    primary: SecretKey,
    packets: Vec<Packet>,
}

impl Making {
    /// A primary key that says nothing about itself yet.
    pub(super) fn bare(number: u8) -> Self {
        let primary = primary(number);
        let packets = vec![Packet::PublicKey(primary.public_key().clone())];
        Self { primary, packets }
    }

    /// A primary key that signs, named by its number.
    pub(super) fn good(number: u8) -> Self {
        Self::bare(number).name(&format!("Archive {number}"), &Says::name())
    }

    pub(super) fn name(mut self, user: &str, says: &Says) -> Self {
        let id = UserId::from_str(Default::default(), user).unwrap();
        let signature = says
            .config(&self.primary)
            .sign_certification(&self.primary, self.primary.public_key(), &Password::empty(), Tag::UserId, &id)
            .unwrap();
        self.packets.extend([Packet::UserId(id), Packet::Signature(signature)]);
        self
    }

    /// One more signature over the name that was added last.
    pub(super) fn again(self, user: &str, says: &Says) -> Self {
        let mut more = self.name(user, says);
        let at = more.packets.len() - 2;
        more.packets.remove(at);
        more
    }

    /// Of type `Key` or `KeyRevocation`; by another key if one is given.
    pub(super) fn direct(mut self, says: &Says, by: Option<&SecretKey>) -> Self {
        let by = by.unwrap_or(&self.primary);
        let mut signature = says.config(by).sign_key(by, &Password::empty(), self.primary.public_key()).unwrap();
        if by != &self.primary {
            // It says to be by the primary key, which it is not.
            let config = says.config(&self.primary);
            let (prefix, bytes) = (signature.signed_hash_value().unwrap(), signature.signature().unwrap().clone());
            signature = Signature::from_config(config, prefix, bytes).unwrap();
        }
        self.packets.insert(1, Packet::Signature(signature));
        self
    }

    /// A subkey, bound, with its own consent if `back`.
    pub(super) fn subkey(mut self, number: u8, says: &Says, back: bool) -> Self {
        let key = subkey(number);
        let mut says = says.clone();
        if back {
            let consent = Says::new(SignatureType::KeyBinding, says.created).config(&key);
            let consent = consent
                .sign_primary_key_binding(&key, key.public_key(), &Password::empty(), self.primary.public_key())
                .unwrap();
            says.back = Some(Box::new(consent));
        }
        let signature = says
            .config(&self.primary)
            .sign_subkey_binding(&self.primary, self.primary.public_key(), &Password::empty(), key.public_key())
            .unwrap();
        self.packets.extend([Packet::PublicSubkey(key.public_key().clone()), Packet::Signature(signature)]);
        self
    }

    /// One more signature over the subkey that was added last: a revocation, a new binding.
    pub(super) fn subkey_again(self, number: u8, says: &Says, back: bool) -> Self {
        let mut more = self.subkey(number, says, back);
        let at = more.packets.len() - 2;
        more.packets.remove(at);
        more
    }

    /// Puts a packet at the end.
    pub(super) fn packet(mut self, packet: Packet) -> Self {
        self.packets.push(packet);
        self
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for packet in &self.packets {
            packet.to_writer(&mut out).unwrap();
        }
        out
    }

    pub(super) fn read(&self) -> Certificates {
        Certificates::read(&self.bytes()).unwrap()
    }
}

/// A name that nobody vouches for.
pub(super) fn named(user: &str) -> Packet {
    Packet::UserId(UserId::from_str(Default::default(), user).unwrap())
}

/// A subkey's binding that says it signs.
pub(super) fn binding() -> Says {
    Says { signs: Some(true), ..Says::new(SignatureType::SubkeyBinding, MADE) }
}

pub(super) fn sign(key: &impl SigningKey, says: &Says, text: &str) -> Signature {
    let lines = if says.typ == SignatureType::Text { text.replace('\n', "\r\n") } else { text.to_owned() };
    says.config(key).sign(key, &Password::empty(), lines.as_bytes()).unwrap()
}

pub(super) fn bare(signatures: &[Signature]) -> Vec<u8> {
    let mut out = Vec::new();
    for signature in signatures {
        Packet::Signature(signature.clone()).to_writer(&mut out).unwrap();
    }
    out
}

pub(super) fn armored(signatures: &[Signature]) -> String {
    let base64 = STANDARD.encode(bare(signatures));
    let mut out = "-----BEGIN PGP SIGNATURE-----\nComment: made for a test\n\n".to_owned();
    for line in base64.as_bytes().chunks(64) {
        out.push_str(std::str::from_utf8(line).unwrap());
        out.push('\n');
    }
    out + "-----END PGP SIGNATURE-----\n"
}

/// A file such as `InRelease`.
pub(super) fn clear(text: &str, signatures: &[Signature]) -> String {
    let escaped: Vec<String> =
        text.split('\n').map(|l| if l.starts_with('-') { format!("- {l}") } else { l.to_owned() }).collect();
    let body = escaped.join("\n");
    format!("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{body}\n{}", armored(signatures))
}
