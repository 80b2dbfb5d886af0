//! Public keys that are trusted: read from key files, merged, narrowed.
//!
//! For whoever decides which keys an archive may be signed with. A certificate is a primary key,
//! the names and subkeys under it, and signatures that bind them (RFC 9580, section 10.1). Here
//! they are only held; whether they hold at a moment is for [`super::standing`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use pgp::packet::{Packet, PacketParser, PublicKey, PublicSubkey, Signature, SignatureType, UserId};
use pgp::types::{KeyDetails, KeyId, KeyVersion};

use super::armor::{Block, packets};
use super::{Fingerprint, OpenPgpError, debian};

/// What a key file may weigh at most, in bytes; all of Debian's keys since 2005 have 130 KB.
const CAP: usize = 1024 * 1024;

/// How many packets a key file may hold at most.
const PACKETS: usize = 20_000;

/// Public certificates whose signatures are believed; none to begin with.
#[derive(Clone, Default)]
pub struct Certificates(BTreeMap<Fingerprint, Certificate>);

/// One certificate, with all that copies of it said.
#[derive(Clone)]
pub(super) struct Certificate {
    pub(super) primary: PublicKey,
    pub(super) fingerprint: Fingerprint,
    pub(super) users: Vec<(UserId, Vec<Signature>)>,
    /// Over the primary key itself: of type `Key` and `KeyRevocation`.
    pub(super) direct: Vec<Signature>,
    pub(super) subkeys: BTreeMap<Fingerprint, Subkey>,
    /// Which of its keys may have signed; `None` for all.
    allowed: Option<BTreeSet<Fingerprint>>,
}

/// A key under a primary key, and the signatures that bind or revoke it.
#[derive(Clone)]
pub(super) struct Subkey {
    pub(super) key: PublicSubkey,
    pub(super) signatures: Vec<Signature>,
}

impl Certificate {
    /// Whether signatures of this key of the certificate are looked at.
    pub(super) fn allows(&self, key: &Fingerprint) -> bool {
        self.allowed.as_ref().is_none_or(|allowed| allowed.contains(key))
    }

    /// Takes in what another copy says.
    fn merge(&mut self, other: Self) {
        for (id, signatures) in other.users {
            match self.users.iter_mut().find(|(own, _)| own.id() == id.id()) {
                Some((_, own)) => add(own, signatures),
                None => self.users.push((id, signatures)),
            }
        }
        add(&mut self.direct, other.direct);
        for (fingerprint, subkey) in other.subkeys {
            match self.subkeys.get_mut(&fingerprint) {
                Some(own) => add(&mut own.signatures, subkey.signatures),
                None => {
                    self.subkeys.insert(fingerprint, subkey);
                }
            }
        }
        self.allowed = match (self.allowed.take(), other.allowed) {
            (Some(own), Some(more)) => Some(own.into_iter().chain(more).collect()),
            _ => None,
        };
    }
}

fn add(own: &mut Vec<Signature>, more: Vec<Signature>) {
    for signature in more {
        if !own.contains(&signature) {
            own.push(signature);
        }
    }
}

impl Certificates {
    /// The keys that sign Debian's own archives: bullseye, bookworm and trixie.
    ///
    /// # Errors
    /// Never, unless the files that were built in are broken.
    pub fn debian() -> Result<Self, OpenPgpError> {
        let mut all = Self::default();
        for file in debian::FILES {
            all = all.and(Self::read(file)?);
        }
        Ok(all)
    }

    /// Reads a key file: one or more public certificates, armored (several blocks too) or not.
    ///
    /// # Errors
    /// What is no key file, a secret key, a file of more than 1 MiB, one without any key.
    pub fn read(bytes: &[u8]) -> Result<Self, OpenPgpError> {
        if bytes.len() > CAP {
            return Err(OpenPgpError::Unreadable("the key file is larger than 1 MiB"));
        }
        let mut all = Self::default();
        let mut open: Option<Open> = None;
        for (count, packet) in PacketParser::new(packets(bytes, Block::Keys)?.as_slice()).enumerate() {
            if count == PACKETS {
                return Err(OpenPgpError::Unreadable("the key file holds more than 20,000 packets"));
            }
            // A packet that was skipped could be a revocation.
            let packet = packet.map_err(|_| OpenPgpError::Unreadable("the key file holds what is no OpenPGP key"))?;
            match (packet, &mut open) {
                (Packet::SecretKey(_) | Packet::SecretSubkey(_), _) => return Err(OpenPgpError::Secret),
                (Packet::PublicKey(key), open) => {
                    all.close(open.take());
                    *open = Some(Open::new(key));
                }
                // What gpg notes for itself.
                (Packet::Trust(_) | Packet::Marker(_) | Packet::Padding(_), _) => {}
                (packet, Some(open)) => open.take(packet)?,
                (_, None) => return Err(OpenPgpError::Unreadable("the key file does not begin with a public key")),
            }
        }
        all.close(open);
        if all.is_empty() {
            return Err(OpenPgpError::Unreadable("the key file holds no public key that can be used"));
        }
        Ok(all)
    }

    fn close(&mut self, open: Option<Open>) {
        if let Some(certificate) = open.and_then(|open| open.certificate) {
            self.insert(certificate);
        }
    }

    fn insert(&mut self, certificate: Certificate) {
        match self.0.get_mut(&certificate.fingerprint) {
            Some(own) => own.merge(certificate),
            None => {
                self.0.insert(certificate.fingerprint.clone(), certificate);
            }
        }
    }

    /// These and those; of a certificate in both, all that either copy says.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (_, certificate) in other.0 {
            self.insert(certificate);
        }
        self
    }

    /// Only the keys with these fingerprints: a primary key with all its subkeys, or one subkey
    /// alone.
    ///
    /// # Errors
    /// [`OpenPgpError::NoCertificate`] for a fingerprint that no key here has.
    pub fn only(&self, fingerprints: &[Fingerprint]) -> Result<Self, OpenPgpError> {
        let mut some = Self::default();
        for wanted in fingerprints {
            let mut found = false;
            for certificate in self.0.values() {
                let primary = certificate.fingerprint == *wanted;
                let known = primary || certificate.subkeys.contains_key(wanted);
                let mut narrowed = certificate.clone();
                if primary {
                    // As it is: with what an earlier narrowing allowed.
                } else if known && certificate.allows(wanted) {
                    narrowed.allowed = Some(BTreeSet::from([wanted.clone()]));
                } else {
                    continue;
                }
                found = true;
                some.insert(narrowed);
            }
            if !found {
                return Err(OpenPgpError::NoCertificate(wanted.clone()));
            }
        }
        Ok(some)
    }

    /// The primary keys, sorted.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        self.0.keys().cloned().collect()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Certificate> {
        self.0.values()
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys().map(Fingerprint::as_str)).finish()
    }
}

/// A certificate while its packets are read.
struct Open {
    /// `None` for a primary key of a version that is not believed: its packets are skipped.
    certificate: Option<Certificate>,
    /// What the next signature is over.
    over: Over,
    /// The key id of the primary key: what others say about it is not kept.
    id: KeyId,
}

#[derive(Clone)]
enum Over {
    Primary,
    User,
    Subkey(Fingerprint),
    /// A photograph, an old subkey: of no account here.
    Nothing,
}

impl Open {
    fn new(primary: PublicKey) -> Self {
        let id = primary.legacy_key_id();
        let known = matches!(primary.version(), KeyVersion::V4 | KeyVersion::V6);
        let certificate = Fingerprint::of(&primary.fingerprint()).filter(|_| known).map(|fingerprint| Certificate {
            primary,
            fingerprint,
            users: Vec::new(),
            direct: Vec::new(),
            subkeys: BTreeMap::new(),
            allowed: None,
        });
        Self { certificate, over: Over::Primary, id }
    }

    fn take(&mut self, packet: Packet) -> Result<(), OpenPgpError> {
        let Some(certificate) = &mut self.certificate else {
            return Ok(());
        };
        match packet {
            Packet::UserId(id) => {
                certificate.users.push((id, Vec::new()));
                self.over = Over::User;
            }
            Packet::UserAttribute(_) => self.over = Over::Nothing,
            Packet::PublicSubkey(key) => {
                self.over = Over::Nothing;
                if let Some(fingerprint) = Fingerprint::of(&key.fingerprint()) {
                    certificate
                        .subkeys
                        .entry(fingerprint.clone())
                        .or_insert_with(|| Subkey { key, signatures: Vec::new() });
                    self.over = Over::Subkey(fingerprint);
                }
            }
            Packet::Signature(signature) => {
                // Third parties vouch for keys too; that is no matter of ours.
                let ids = signature.issuer_key_id();
                if !ids.is_empty() && !ids.contains(&&self.id) {
                    return Ok(());
                }
                match (&self.over, signature.typ()) {
                    // Wherever it stands.
                    (_, Some(SignatureType::KeyRevocation)) | (Over::Primary, _) => certificate.direct.push(signature),
                    (Over::User, _) => {
                        if let Some((_, signatures)) = certificate.users.last_mut() {
                            signatures.push(signature);
                        }
                    }
                    (Over::Subkey(fingerprint), _) => {
                        if let Some(subkey) = certificate.subkeys.get_mut(fingerprint) {
                            subkey.signatures.push(signature);
                        }
                    }
                    (Over::Nothing, _) => {}
                }
            }
            _ => return Err(OpenPgpError::Unreadable("the key file holds more than public keys")),
        }
        Ok(())
    }
}
