//! Detached minisign signatures: of `pins.lock`, in `pins.lock.minisig`.
//!
//! For `verify` and `refresh` of a lock that must be signed. It is stricter than minisign itself:
//! exactly four lines, prehashed signatures alone (<https://jedisct1.github.io/minisign/>, "Signature
//! format"). No signing here, and no word of the crate's own errors reaches a user.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minisign_verify::{PublicKey, Signature};

use crate::model::{Trouble, visible};

/// What a signature file may weigh at most, in bytes; a real one has about 300.
const SIGNATURE_CAP: usize = 8 * 1024;

/// A public key that the user trusts, from outside the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    key: PublicKey,
    id: KeyId,
}

/// The comment that is signed together with the bytes; without its `trusted comment: `.
///
/// It comes from whoever signed: [`fmt::Display`] shows it with deceiving characters escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedComment(String);

impl TrustedComment {
    /// As it was signed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TrustedComment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&visible(&self.0))
    }
}

/// The eight bytes that name a key, shown as minisign shows them: 16 upper-case digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyId([u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", u64::from_le_bytes(self.0))
    }
}

/// Why a key or a signature is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// Not the text of a minisign public key.
    #[error("the trusted key is not a minisign public key")]
    Key,
    /// Not a signature file in its one form.
    #[error("the signature is not a minisign signature: {0}")]
    Form(&'static str),
    /// The older kind, which signs the bytes and not their hash.
    #[error("the signature is of minisign's legacy kind, which is not accepted")]
    Legacy,
    /// Signed by a key with another id.
    #[error("the signature is by another key than the trusted one")]
    OtherKey {
        /// The trusted key.
        trusted: KeyId,
        /// The key that the signature names.
        found: KeyId,
    },
    /// Bytes, signature or trusted comment are not those that the key signed.
    #[error("the signature does not hold: the bytes or the trusted comment were changed")]
    Wrong,
}

impl TrustError {
    /// As a person wants to hear it; a place is the caller's to add.
    #[must_use]
    pub fn to_trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        match self {
            Self::Key => trouble
                .expected("a line such as RWQ…, or the file minisign.pub")
                .help("minisign -R writes the public key of a secret key"),
            Self::Form(_) | Self::Legacy => trouble.help("review the lock and sign it again: minisign -Sm pins.lock"),
            Self::OtherKey { trusted, found } => {
                trouble.expected(format!("key {trusted}")).found(format!("key {found}"))
            }
            Self::Wrong => trouble.help("review what changed; if it is right, sign again: minisign -Sm pins.lock"),
        }
    }
}

/// Decodes `N` bytes of canonical base64 (RFC 4648).
fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

impl TrustedKey {
    /// Reads a `RW…` line, or the two lines of a `minisign.pub`.
    ///
    /// # Errors
    /// [`TrustError::Key`] for anything else.
    pub fn parse(text: &str) -> Result<Self, TrustError> {
        let lines: Vec<&str> = text.trim().lines().map(str::trim).collect();
        let line = match lines.as_slice() {
            [line] => line,
            [comment, line] if comment.starts_with("untrusted comment:") => line,
            _ => return Err(TrustError::Key),
        };
        let raw: [u8; 42] = decode(line).ok_or(TrustError::Key)?;
        let [b'E', b'd', id @ ..] = raw else {
            return Err(TrustError::Key);
        };
        let id = id.first_chunk::<8>().ok_or(TrustError::Key)?;
        Ok(Self { key: PublicKey::from_base64(line).map_err(|_| TrustError::Key)?, id: KeyId(*id) })
    }

    /// The name of the key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }
}

/// Checks that the key signed these bytes, and gives the comment that was signed with them.
///
/// `signature` is the content of a `.minisig` file: four lines, the last with or without its end.
///
/// # Errors
/// Every other form, the legacy kind, another key, and whatever does not verify.
pub fn verify(key: &TrustedKey, data: &[u8], signature: &[u8]) -> Result<TrustedComment, TrustError> {
    if signature.len() > SIGNATURE_CAP {
        return Err(TrustError::Form("it is longer than 8 KiB"));
    }
    let text = std::str::from_utf8(signature).map_err(|_| TrustError::Form("it is not UTF-8 text"))?;
    if text.contains(['\r', '\0']) {
        return Err(TrustError::Form("its lines end in CRLF"));
    }
    let lines: Vec<&str> = text.strip_suffix('\n').unwrap_or(text).split('\n').collect();
    let [untrusted, line, trusted, global] = lines.as_slice() else {
        return Err(TrustError::Form("exactly four lines are expected"));
    };
    if !untrusted.starts_with("untrusted comment: ") {
        return Err(TrustError::Form("the first line is not its comment"));
    }
    let Some(comment) = trusted.strip_prefix("trusted comment: ") else {
        return Err(TrustError::Form("the third line is not its trusted comment"));
    };
    let (Some(raw), Some(_)) = (decode::<74>(line), decode::<64>(global)) else {
        return Err(TrustError::Form("the second or the fourth line is not what it should be"));
    };
    let [b'E', kind, rest @ ..] = raw else {
        return Err(TrustError::Form("its algorithm is unknown"));
    };
    match kind {
        b'D' => {}
        b'd' => return Err(TrustError::Legacy),
        _ => return Err(TrustError::Form("its algorithm is unknown")),
    }
    let found = KeyId(*rest.first_chunk::<8>().ok_or(TrustError::Wrong)?);
    if found != key.id {
        return Err(TrustError::OtherKey { trusted: key.id, found });
    }
    let decoded = Signature::decode(text).map_err(|_| TrustError::Wrong)?;
    key.key.verify(data, &decoded, false).map_err(|_| TrustError::Wrong)?;
    // The comment that was verified, not the one that we cut: they must be one.
    if decoded.trusted_comment() != comment {
        return Err(TrustError::Wrong);
    }
    Ok(TrustedComment(comment.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made by minisign 0.11: -G -W, then -S -W, -S -l, and -S with another key.
    const KEY: &str = "RWS8PJr1oNDCcuABIitDVaN9ZAgH2PIwrarJyvlCiAiVjz9fNgbG+YOD";
    const OTHER: &str = "RWT/uYio0smMBGn1EMwROFvwuY7IjwdP8WfsSDcEN86ElDg3IvNM4hTK";
    const DATA: &[u8] = b"{\"version\": 0}\n";
    const GOOD: &str = "untrusted comment: signature of pins.lock
RUS8PJr1oNDCcrBxw1W3U1ev6nNm/hcKu+u984QcBDlvIpMN1Ymses2glZAzSmFjgn25oTTtBOZIXMLpUT27pFDtUpGZ3w/RwQk=
trusted comment: pins.lock of example, 2026-11-23
RxPJbAK+lWPh8pXERH8nKhXr6iLV8rFWluD4QbEAOBW+4E+Xs1DvJ1YoXjWXsRJBoqvrZIzqwfQcJgdfp8JgAg==
";
    const LEGACY: &str = "untrusted comment: signature from minisign secret key
RWS8PJr1oNDCcq2HuqobEKXyU9bBUsx1rnPTOORuBbT9kk6TbWW68YZagnZD/IgmAbhqnfh5DpR7HwkqatoDnUfMqqYUtdUl3Qo=
trusted comment: legacy
FAAfbI9AnsF9nB2CwiA8dr/VYWUMUgQBNHcbPSlNa8r2P5ikEI5pG1HXE8DoPfxtvOMA07W25rn02jsdb5XdCA==
";
    const BY_OTHER: &str = "untrusted comment: signature from minisign secret key
RUT/uYio0smMBBamndJyGptjq4txfqUuyXQCebYqOC7few3LTX54NFhFyEg87TAbm1PTQPlIADqxfvP6kaKDItyOnlgNddpATQ4=
trusted comment: pins.lock of example, 2026-11-23
FIzK1RpovPa9QHn+1AtwLlrgJyPXJn5mkS2kCXWUfnhst0y3yFZPg3STPBhdowz5oA9bAsu+LOkE+UYyQFUODA==
";

    fn key() -> TrustedKey {
        TrustedKey::parse(KEY).unwrap()
    }

    fn tried(signature: &str) -> Result<String, TrustError> {
        verify(&key(), DATA, signature.as_bytes()).map(|c| c.to_string())
    }

    #[test]
    fn what_minisign_signed_verifies() {
        let comment = "pins.lock of example, 2026-11-23";
        assert_eq!(tried(GOOD).unwrap(), comment);
        assert_eq!(tried(GOOD.trim_end()).unwrap(), comment);
        let file = format!("untrusted comment: minisign public key 72C2D0A0F59A3CBC\n{KEY}\n");
        assert_eq!(TrustedKey::parse(&file).unwrap(), key());
        assert_eq!(key().id().to_string(), "72C2D0A0F59A3CBC");
    }

    #[test]
    fn every_flipped_bit_of_the_data_is_seen() {
        for at in 0..DATA.len() * 8 {
            let mut data = DATA.to_vec();
            data[at / 8] ^= 1 << (at % 8);
            assert_eq!(verify(&key(), &data, GOOD.as_bytes()), Err(TrustError::Wrong), "bit {at}");
        }
    }

    #[test]
    fn every_flipped_bit_of_the_signature_but_its_untrusted_comment_is_seen() {
        let start = GOOD.find('\n').unwrap() + 1;
        // The last byte is the end of the last line: without it the file still is one.
        for at in start * 8..(GOOD.len() - 1) * 8 {
            let mut bytes = GOOD.as_bytes().to_vec();
            bytes[at / 8] ^= 1 << (at % 8);
            assert!(verify(&key(), DATA, &bytes).is_err(), "bit {at}");
        }
    }

    #[test]
    fn a_changed_trusted_comment_does_not_hold() {
        let changed = GOOD.replace("2026-11-23", "2027-11-23");
        assert_eq!(tried(&changed), Err(TrustError::Wrong));
        let comment = TrustedComment("a\u{1b}[2J".to_owned());
        assert_eq!(comment.to_string(), "a\\u{1b}[2J");
    }

    #[test]
    fn another_key_is_named() {
        let error = tried(BY_OTHER).unwrap_err();
        let trouble = error.to_trouble();
        assert_eq!(trouble.expected.as_deref(), Some("key 72C2D0A0F59A3CBC"));
        assert_eq!(trouble.found.as_deref(), Some("key 048CC9D2A888B9FF"));
        let other = TrustedKey::parse(OTHER).unwrap();
        assert!(verify(&other, DATA, BY_OTHER.as_bytes()).is_ok());
        // Another key under our key's id.
        let mut lines: Vec<&str> = BY_OTHER.lines().collect();
        let forged = lines[1].replacen("RUT/uYio0smMBB", "RUS8PJr1oNDCcr", 1);
        lines[1] = &forged;
        assert_eq!(tried(&lines.join("\n")), Err(TrustError::Wrong));
    }

    #[test]
    fn legacy_signatures_are_refused() {
        assert_eq!(tried(LEGACY), Err(TrustError::Legacy));
    }

    #[test]
    fn only_four_lines_are_a_signature() {
        let form = |text: &str| matches!(tried(text), Err(TrustError::Form(_)));
        assert!(form(&format!("{GOOD}\n")));
        assert!(form(&format!("{GOOD}more\n")));
        assert!(form(&GOOD.replace('\n', "\r\n")));
        assert!(form(&GOOD.lines().take(3).collect::<Vec<_>>().join("\n")));
        assert!(form(&GOOD.replacen("untrusted comment: ", "", 1)));
        assert!(form(&"x".repeat(9000)));
        assert!(form(""));
        assert!(matches!(verify(&key(), DATA, b"\xff\n\n\n\n"), Err(TrustError::Form(_))));
    }

    #[test]
    fn what_is_no_public_key_is_refused() {
        let three = format!("untrusted comment: x\n{KEY}\n{KEY}\n");
        let short = KEY.get(..40).unwrap();
        for bad in ["", "RWQ", "x", short, three.as_str(), "é", &format!("x\n{KEY}")] {
            assert_eq!(TrustedKey::parse(bad), Err(TrustError::Key), "{bad}");
        }
    }
}
