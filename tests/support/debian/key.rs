//! OpenPGP keys of archives: made from a name, so that the same name is always the same key.
//!
//! Ed25519 in the form that gpg knows (RFC 4880 with the `EdDSALegacy` algorithm), and one RSA
//! key for signatures over SHA-1, which Ed25519 does not sign.

use jiff::Timestamp;
use pgp::armor::BlockType;
use pgp::crypto::ed25519::Mode;
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::packet::{
    KeyFlags, PacketHeader, PacketTrait, PubKeyInner, PublicKey, PublicSubkey, RevocationCode, SecretKey, SecretSubkey,
    SignatureConfig, SignatureType, Subpacket, SubpacketData, UserId,
};
use pgp::ser::Serialize;
use pgp::types::{
    Duration, EddsaLegacyPublicParams, KeyDetails, KeyVersion, PacketHeaderVersion, Password, PlainSecretParams,
    PublicParams, SecretParams, SigningKey, Tag,
};

use super::at;

/// A key of an archive.
#[derive(Clone)]
pub struct Key {
    user: String,
    primary: SecretKey,
    subkey: Option<SecretSubkey>,
    created: Timestamp,
    expires: Option<Timestamp>,
    revoked: Option<Timestamp>,
}

/// A key at work.
#[derive(Clone)]
pub struct Signer {
    key: Key,
    hash: HashAlgorithm,
    at: Option<Timestamp>,
    wrong: bool,
}

fn time(time: Timestamp) -> pgp::types::Timestamp {
    pgp::types::Timestamp::from_secs(u32::try_from(time.as_second()).unwrap())
}

/// The parameters of an Ed25519 key made from a text.
fn ed25519(seed: &str) -> (PublicParams, SecretParams) {
    use sha2::Digest as _;
    let seed: [u8; 32] = sha2::Sha256::digest(seed.as_bytes()).into();
    let secret = pgp::crypto::ed25519::SecretKey::try_from_bytes(seed, Mode::EdDSALegacy).unwrap();
    let public = PublicParams::EdDSALegacy(EddsaLegacyPublicParams::from(&secret));
    let secret = pgp::crypto::eddsa_legacy::SecretKey::Ed25519(secret);
    (public, SecretParams::Plain(PlainSecretParams::EdDSALegacy(secret)))
}

fn inner(created: Timestamp, public: PublicParams) -> PubKeyInner {
    PubKeyInner::new(KeyVersion::V4, PublicKeyAlgorithm::EdDSALegacy, time(created), None, public).unwrap()
}

impl Key {
    /// A key that may certify and sign, made in 2020, that never expires.
    pub fn new(user: &str) -> Self {
        let created = at("2020-01-01T00:00:00Z");
        let (public, secret) = ed25519(user);
        let primary = SecretKey::new(PublicKey::from_inner(inner(created, public)).unwrap(), secret).unwrap();
        Self { user: user.to_owned(), primary, subkey: None, created, expires: None, revoked: None }
    }

    /// The same with a subkey that signs, as Debian's have it; the primary key then only certifies.
    pub fn with_subkey(mut self) -> Self {
        let (public, secret) = ed25519(&format!("{} subkey", self.user));
        let public = PublicSubkey::from_inner(inner(self.created, public)).unwrap();
        self.subkey = Some(SecretSubkey::new(public, secret).unwrap());
        self
    }

    /// An RSA key of 2048 bits, always the same.
    pub fn rsa(user: &str) -> Self {
        Self { primary: rsa::secret(), ..Self::new(user) }
    }

    /// It is no longer good from then on.
    pub fn expires(mut self, when: Timestamp) -> Self {
        self.expires = Some(when);
        self
    }

    /// It was revoked then, as compromised.
    pub fn revoked(mut self, when: Timestamp) -> Self {
        self.revoked = Some(when);
        self
    }

    /// The full fingerprint of the primary key, in capitals.
    pub fn fingerprint(&self) -> String {
        format!("{:X}", self.primary.public_key().fingerprint())
    }

    /// The full fingerprint of what signs, in capitals.
    pub fn signing_fingerprint(&self) -> String {
        match &self.subkey {
            Some(subkey) => format!("{:X}", subkey.public_key().fingerprint()),
            None => self.fingerprint(),
        }
    }

    /// The certificate, armored.
    pub fn armored(&self) -> String {
        armored(&[self.certificate()], BlockType::PublicKey)
    }

    /// The certificate, binary.
    pub fn certificate(&self) -> Vec<u8> {
        let public = self.primary.public_key();
        let mut out = packet(public);
        if let Some(when) = self.revoked {
            let reason = SubpacketData::RevocationReason(RevocationCode::KeyCompromised, "lost".into());
            let config = self.config(SignatureType::KeyRevocation, when, vec![reason]);
            out.extend(packet(&config.sign_key(&self.primary, &Password::empty(), public).unwrap()));
        }
        let user = UserId::from_str(PacketHeaderVersion::New, &self.user).unwrap();
        let mut more = vec![self.flags(true, self.subkey.is_none())];
        more.extend(self.expires.map(|when| self.expiry(when)));
        let certification = self
            .config(SignatureType::CertPositive, self.created, more)
            .sign_certification(&self.primary, public, &Password::empty(), Tag::UserId, &user)
            .unwrap();
        out.extend(packet(&user));
        out.extend(packet(&certification));
        if let Some(subkey) = &self.subkey {
            let back = config(subkey, SignatureType::KeyBinding, self.created, HashAlgorithm::Sha512, Vec::new())
                .sign_primary_key_binding(subkey, subkey.public_key(), &Password::empty(), public)
                .unwrap();
            let mut more = vec![self.flags(false, true), SubpacketData::EmbeddedSignature(Box::new(back))];
            more.extend(self.expires.map(|when| self.expiry(when)));
            let binding = self
                .config(SignatureType::SubkeyBinding, self.created, more)
                .sign_subkey_binding(&self.primary, public, &Password::empty(), subkey.public_key())
                .unwrap();
            out.extend(packet(subkey.public_key()));
            out.extend(packet(&binding));
        }
        out
    }

    /// This key as a signer, with SHA-512, at the Date of what it signs.
    pub fn signer(&self) -> Signer {
        Signer { key: self.clone(), hash: HashAlgorithm::Sha512, at: None, wrong: false }
    }

    fn flags(&self, certify: bool, sign: bool) -> SubpacketData {
        let mut flags = KeyFlags::default();
        flags.set_certify(certify);
        flags.set_sign(sign);
        SubpacketData::KeyFlags(flags)
    }

    fn expiry(&self, when: Timestamp) -> SubpacketData {
        let seconds = u64::try_from(when.as_second() - self.created.as_second()).unwrap();
        SubpacketData::KeyExpirationTime(Duration::try_from(std::time::Duration::from_secs(seconds)).unwrap())
    }

    fn config(&self, kind: SignatureType, when: Timestamp, more: Vec<SubpacketData>) -> SignatureConfig {
        config(&self.primary, kind, when, HashAlgorithm::Sha512, more)
    }
}

impl Signer {
    /// With SHA-1, which nobody should believe.
    pub fn sha1(mut self) -> Self {
        self.hash = HashAlgorithm::Sha1;
        self
    }

    /// Signs at this time, whatever the Date says.
    pub fn at(mut self, when: Timestamp) -> Self {
        self.at = Some(when);
        self
    }

    /// Signs another text than the one that stands there.
    pub fn wrong(mut self) -> Self {
        self.wrong = true;
        self
    }

    fn sign(&self, kind: SignatureType, date: Timestamp, bytes: &[u8]) -> Vec<u8> {
        let when = self.at.unwrap_or(date);
        let bytes = if self.wrong { b"another text" } else { bytes };
        match &self.key.subkey {
            Some(subkey) => signed(subkey, kind, when, self.hash, bytes),
            None => signed(&self.key.primary, kind, when, self.hash, bytes),
        }
    }
}

fn signed(key: &impl SigningKey, kind: SignatureType, when: Timestamp, hash: HashAlgorithm, bytes: &[u8]) -> Vec<u8> {
    packet(&config(key, kind, when, hash, Vec::new()).sign(key, &Password::empty(), bytes).unwrap())
}

fn config(
    key: &impl SigningKey,
    kind: SignatureType,
    when: Timestamp,
    hash: HashAlgorithm,
    more: Vec<SubpacketData>,
) -> SignatureConfig {
    let mut config = SignatureConfig::v4(kind, key.algorithm(), hash);
    let own = [SubpacketData::SignatureCreationTime(time(when)), SubpacketData::IssuerFingerprint(key.fingerprint())];
    config.hashed_subpackets = own.into_iter().chain(more).map(|d| Subpacket::regular(d).unwrap()).collect();
    config.unhashed_subpackets = vec![Subpacket::regular(SubpacketData::IssuerKeyId(key.legacy_key_id())).unwrap()];
    config
}

/// InRelease: the text signed in the clear by all of these (RFC 9580, section 7).
pub fn in_release(text: &str, date: Timestamp, signers: &[Signer]) -> Vec<u8> {
    // The line break before the signature is not part of what is signed.
    let text = text.trim_end_matches('\n');
    assert!(!text.lines().any(|l| l.starts_with('-') || l.ends_with([' ', '\t'])), "this text would need escapes");
    let crlf = text.replace('\n', "\r\n");
    let signatures: Vec<_> = signers.iter().map(|s| s.sign(SignatureType::Text, date, crlf.as_bytes())).collect();
    let mut names: Vec<&str> =
        signers.iter().map(|s| if s.hash == HashAlgorithm::Sha1 { "SHA1" } else { "SHA512" }).collect();
    names.dedup();
    let names: String = names.iter().map(|n| format!("Hash: {n}\n")).collect();
    let armor = armored(&signatures, BlockType::Signature);
    format!("-----BEGIN PGP SIGNED MESSAGE-----\n{names}\n{text}\n{armor}").into_bytes()
}

/// Release.gpg: the detached signatures of Release.
pub fn release_gpg(text: &str, date: Timestamp, signers: &[Signer]) -> Vec<u8> {
    let signatures: Vec<_> = signers.iter().map(|s| s.sign(SignatureType::Binary, date, text.as_bytes())).collect();
    armored(&signatures, BlockType::Signature).into_bytes()
}

/// A packet with its header.
fn packet(packet: &impl PacketTrait) -> Vec<u8> {
    let mut out = Vec::new();
    packet.to_writer_with_header(&mut out).unwrap();
    out
}

/// Packets in ASCII armor.
fn armored(packets: &[Vec<u8>], kind: BlockType) -> String {
    struct Raw(Vec<u8>);
    impl Serialize for Raw {
        fn to_writer<W: std::io::Write>(&self, writer: &mut W) -> pgp::errors::Result<()> {
            Ok(writer.write_all(&self.0)?)
        }
        fn write_len(&self) -> usize {
            self.0.len()
        }
    }
    let mut out = Vec::new();
    pgp::armor::write(&Raw(packets.concat()), kind, &mut out, None, true).unwrap();
    String::from_utf8(out).unwrap()
}

/// One RSA key; whoever reads this has it.
mod rsa {
    use super::{PacketHeader, SecretKey, Tag, at};

    /// Its secret key packet (RFC 9580, section 5.5.3), not encrypted.
    pub fn secret() -> SecretKey {
        let created = u32::try_from(at("2020-01-01T00:00:00Z").as_second()).unwrap();
        let secret = [mpi(D), mpi(P), mpi(Q), mpi(U)].concat();
        let sum = secret.iter().fold(0_u16, |sum, b| sum.wrapping_add(u16::from(*b)));
        let body = [&[4][..], &created.to_be_bytes(), &[1], &mpi(N), &mpi("10001"), &[0], &secret, &sum.to_be_bytes()]
            .concat();
        let header = PacketHeader::new_fixed(Tag::SecretKey, u32::try_from(body.len()).unwrap());
        SecretKey::try_from_reader(header, &body[..]).unwrap()
    }

    /// A number: its length in bits, then its bytes.
    fn mpi(digits: &str) -> Vec<u8> {
        let digits = if digits.len() % 2 == 1 { format!("0{digits}") } else { digits.to_owned() };
        let bytes: Vec<u8> =
            (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap()).collect();
        let bits = u16::try_from(bytes.len() * 8).unwrap() - u16::try_from(bytes[0].leading_zeros()).unwrap();
        [&bits.to_be_bytes()[..], &bytes].concat()
    }

    const N: &str = "\
        bbd7ed5e836c4179a21c57d93565995bb0e574bc8f88a60f3c5cc024b065990a999575ed95a24a342e0350e4cade7a04\
        f10734319faf3d781eaa3256054377e1c1348ab86f45c4998b47a94b7be81c71e68be6637ffed81548c6e7bf494680d7\
        cd76860e0ad1f357c111eb08c0748d37a7a30be3d4c9f66957a090aa9d054e867a18e30b0c9e36b2bbc82862c888abd5\
        e6e50e75d0f2adc14fbecfd9ef3db318c8fe4ccc0b1fe9097cdf2077045500cbf3deb113df279a8a71ff899a168daeeb\
        5b6544882735c8dab2ed8110ffc3922ae9b3a17f63fdf6cd125acfadc2160c3b1e6d9884b285501d8b965df70924204a\
        61189f4baf22835acf345a646ccff2c9";
    const D: &str = "\
        1fda30950b420b243dfa026781a775c6d78b412d4c4586ab24b83198c714a34be9d92f4317518ab5a86bc586d663bd5b\
        2327ee90cf9c1e9744d3e56f32bb4b13cbf845e19a74c12eac307da3a0222ed89d98717bc3d389fea9f5988c96374f57\
        c8ae6572f220c1dbca90684376a70cdf381cecc2386dfacbc8212106dd536e0a126c9988792df5e23d8c58666f46832f\
        6cb3e4b002108efd5f6f30f04b52bc7f7e9a9d15f51dcc9b8cb369c2fc63789c6aa431d012f39da47010844a16b23f28\
        32f1b0d4f68b4e37547a671690b6a79b527c676f31756566aa0c114a17acfd7003a4ae400d20cc2ff86d0345e88d8b99\
        aa4c0390e4d320b46044416dc23b7365";
    const P: &str = "\
        bcdcd2fd770fb168a56e44c72339612a9abada29675c14e96580385971e53f1f68d59551324a0a54a493e4087eebbda0\
        123251aafebc0ec7decf7a4b98555a0afd24a6ecbebb4675bf854e1d6c6d3d57aa20a5d2835af46a3ab89df032d8b27d\
        bcc42dd6919f8d360b3e6d01902720809620f9c86271b7d6a5804cb221ade55b";
    const Q: &str = "\
        fe9e5bd12acc29ec756e3b2c57c580933450b047ed169592e984739fa0ddd022dc7b782fc48bd69cdb736096d4b0dbc9\
        bdf40cef2eb43024f21ed7fba7d6a974654dd20b8fe8fef57694a547c103417f9a288902cdf6c591c78f81189953daac\
        31d88d0e6338cc95b588c2fb0d255ad854bb04cad14f10503d7ff3f119006dab";
    const U: &str = "\
        c6c9f016e54e73bd8c82182f633dbb838d510f9940ad67f3a697d6751f44abd7ec5d00f7d53b020960149e4df0c8993b\
        b732d495b4b750920bd138eba65eab5a105100fc8be996998355e7ce2f9d4cb3ffc0270aa91ccd6e2e7e8ecbbbf4633c\
        748f9915e1e3b56a658b79be0b9e3f40564e9b4897e784976c032657ecdb1c2d";
}
