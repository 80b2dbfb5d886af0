//! Why keys or a signature are not believed, in words.
//!
//! For whoever asked. What comes from outside (names of keys) is shown with `visible`.

use std::fmt;

use super::Fingerprint;
use crate::model::{Time, Trouble, visible};

/// A key that signed, as a message names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct By {
    /// The key that signed, which can be a subkey.
    pub key: Fingerprint,
    /// The name in its certificate; empty where it has none.
    pub user: String,
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.key)?;
        if self.user.is_empty() { Ok(()) } else { write!(f, " ({})", visible(&self.user)) }
    }
}

/// What is too weak to be believed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Weakness {
    /// The hash of the signature; its name.
    #[error("{0}")]
    Hash(String),
    /// The hash in what the key says about itself; its name.
    #[error("{0} in what the key says about itself")]
    SelfHash(String),
    /// An RSA key of so many bits.
    #[error("RSA of {0} bits")]
    Rsa(u16),
    /// A kind of key that is not believed, such as DSA.
    #[error("a key of the kind {0}")]
    Kind(String),
    /// A signature of version 2 or 3, which signs nothing but its date.
    #[error("a signature packet of version {0}")]
    Version(u8),
}

/// Why it is not believed.
///
/// Of several signatures that fail, the one is told whose reason stands first here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum OpenPgpError {
    /// Not what it should be; the reason in a few words.
    #[error("{0}")]
    Unreadable(&'static str),
    /// A secret key where public ones belong.
    #[error("the key file holds a secret key")]
    Secret,
    /// A wanted key that no certificate has.
    #[error("no certificate has the key {0}")]
    NoCertificate(Fingerprint),
    /// Nothing is signed.
    #[error("there is no signature")]
    NoSignature,
    /// A known key's signature that does not verify.
    #[error("the signature of {by} does not hold: the text or the signature was changed")]
    Bad {
        /// The key.
        by: By,
    },
    /// The key was revoked.
    #[error("the key {by} was revoked")]
    Revoked {
        /// The key.
        by: By,
    },
    /// Too weak to say anything.
    #[error("the signature of {by} is too weak: {what}")]
    Weak {
        /// The key.
        by: By,
        /// What is weak.
        what: Weakness,
    },
    /// The key has expired.
    #[error("the key {by} expired on {on}")]
    Expired {
        /// The key.
        by: By,
        /// When.
        on: Time,
        /// The moment that was asked about.
        at: Time,
    },
    /// The signature itself has expired.
    #[error("the signature of {by} expired on {on}")]
    Outdated {
        /// The key.
        by: By,
        /// When.
        on: Time,
        /// The moment that was asked about.
        at: Time,
    },
    /// The key is in a certificate that does not vouch for it.
    #[error("the key {by} is not bound to its certificate by a signature that holds")]
    Unbound {
        /// The key.
        by: By,
    },
    /// The key may not sign.
    #[error("the key {by} is not one for signing")]
    NotForSigning {
        /// The key.
        by: By,
    },
    /// A signature over something else than a file or a text.
    #[error("the signature of {by} is of another kind than is used for a Release file")]
    OtherKind {
        /// The key.
        by: By,
    },
    /// Made before the key was.
    #[error("the signature of {by} is dated {created}, before its key was made")]
    Early {
        /// The key.
        by: By,
        /// The date of the signature.
        created: Time,
        /// The date of the key.
        key: Time,
    },
    /// Made in the future.
    #[error("the signature of {by} is dated {created}, which is in the future")]
    Future {
        /// The key.
        by: By,
        /// The date of the signature.
        created: Time,
        /// The moment that was asked about.
        at: Time,
    },
    /// Signed, but by no key that is trusted.
    #[error("no trusted key signed it")]
    NoKey {
        /// Fingerprints, or key ids where a signature names only these; sorted.
        ids: Vec<String>,
    },
}

impl OpenPgpError {
    /// As a person wants to hear it; a place is the caller's to add.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        match self {
            Self::Unreadable(_) => trouble.help("a proxy or a login page in between can cause this: look at the file"),
            Self::Secret => trouble
                .expected("public keys alone")
                .help("take it out of the repository; gpg --export --armor FINGERPRINT writes the public key"),
            Self::NoCertificate(_) => trouble
                .expected(
                    "a certificate in the key file, or in the built-in keys of Debian, with this primary key or subkey",
                )
                .help("gpg --show-keys --with-subkey-fingerprint FILE lists what a key file holds"),
            Self::NoSignature => trouble.expected("at least one signature").found("none"),
            Self::Bad { .. } => trouble.expected("bytes as they were signed").help(
                "a mirror in the middle of an update can cause this: try again; if it stays, do not trust this mirror",
            ),
            Self::Revoked { .. } => trouble
                .expected("a key whose owner stands by it")
                .help("find out from the archive which key has replaced it; do not go on with this one"),
            Self::Weak { what, .. } => trouble
                .expected("SHA-256, SHA-384 or SHA-512, and a key of RSA from 2048 bits on, ECDSA or EdDSA")
                .found(what.to_string())
                .help("only the archive can sign anew; ask it to"),
            Self::Expired { at, .. } => trouble
                .expected(format!("a key that is valid on {at}"))
                .help("take the archive's keys anew: a newer copy may run longer, or a newer key may sign"),
            Self::Outdated { at, .. } => trouble
                .expected(format!("a signature that is valid on {at}"))
                .help("the mirror may be frozen: try another, or look when the archive last signed"),
            Self::Unbound { .. } => trouble
                .expected("the certificate's own signature over each of its keys, and the subkey's in return")
                .help("take the archive's keys anew, from the archive itself"),
            Self::NotForSigning { .. } => trouble
                .expected("a key that is flagged for signing")
                .help("take the archive's keys anew: a newer copy may say so"),
            Self::OtherKind { .. } => {
                trouble.expected("a signature over a text (InRelease) or over a file (Release.gpg)")
            }
            Self::Early { key, .. } => trouble.expected(format!("a date from {key} on, when the key was made")),
            Self::Future { at, .. } => {
                trouble.expected(format!("a date at most one day after {at}")).help("look at the clock of this machine")
            }
            Self::NoKey { ids } => trouble
                .expected("a signature by one of the keys in signed-by")
                .found(named(ids))
                .help("if the archive has a new key, get it from the archive itself and compare its fingerprint"),
        }
    }
}

/// Who signed instead: at most four are named.
fn named(ids: &[String]) -> String {
    let shown: Vec<&str> = ids.iter().take(4).map(String::as_str).collect();
    let more = ids.len().saturating_sub(shown.len());
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    match shown.as_slice() {
        [] => "signatures that name no key".to_owned(),
        _ => format!("signed by {}{more}", shown.join(", ")),
    }
}
