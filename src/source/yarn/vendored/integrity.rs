//! What yarn.lock says of a tarball's bytes: `integrity`, and the `#sha1` of its URL.
//!
//! For `fill` and `prove`. Of several digests the strongest sort counts, and one of that sort must be
//! met (W3C, Subresource Integrity, 3.3); the SHA-1 behind the URL must be met besides, since yarn 1
//! asks for both. Pure. Whether what is said is enough is `check`'s.

use std::io::{self, Read};

use base64::Engine as _;
use sha2::Digest as _;

use crate::model::{Trouble, quoted};
use crate::source::yarn::lockfile::Entry;

use super::names::From;

/// The sorts of digests, the strongest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// 20 bytes; can be forged.
    Sha1,
    /// 32 bytes.
    Sha256,
    /// 48 bytes.
    Sha384,
    /// 64 bytes.
    Sha512,
}

impl Sort {
    const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    fn word(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    fn size(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// Why what yarn.lock says of bytes is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is no digest that yarn checks", quoted(.0))]
pub struct IntegrityError(String);

/// Digests of one sort, any of which will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Which sort.
    pub sort: Sort,
    /// The digests, at least one.
    pub any: Vec<Vec<u8>>,
}

impl Digests {
    /// Reads the value of `integrity`: digests with blanks between them, the strongest kept.
    ///
    /// # Errors
    /// One that is none of SHA-1 to SHA-512 in base64, of its full length; or none at all.
    pub fn parse(text: &str) -> Result<Self, IntegrityError> {
        let mut best: Option<Self> = None;
        for item in text.split_ascii_whitespace() {
            let bad = || IntegrityError(item.to_owned());
            let digest = item.split('?').next().unwrap_or_default();
            let (word, code) = digest.split_once('-').ok_or_else(bad)?;
            let sort = Sort::ALL.into_iter().find(|sort| sort.word() == word).ok_or_else(bad)?;
            let bytes = base64::engine::general_purpose::STANDARD.decode(code).map_err(|_| bad())?;
            if bytes.len() != sort.size() {
                return Err(bad());
            }
            match &mut best {
                Some(best) if best.sort > sort => {}
                Some(best) if best.sort == sort => best.any.push(bytes),
                _ => best = Some(Self { sort, any: vec![bytes] }),
            }
        }
        best.ok_or_else(|| IntegrityError(text.to_owned()))
    }

    fn shown(&self) -> String {
        self.any.iter().map(|bytes| shown(self.sort, bytes)).collect::<Vec<_>>().join(" or ")
    }
}

fn shown(sort: Sort, bytes: &[u8]) -> String {
    format!("{}-{}", sort.word(), base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// All that yarn.lock says of a tarball's bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// `integrity`.
    pub integrity: Option<Digests>,
    /// The SHA-1 behind the URL.
    pub sha1: Option<Vec<u8>>,
}

/// A hasher of one sort.
enum Hasher {
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
}

impl Hasher {
    fn new(sort: Sort) -> Self {
        match sort {
            Sort::Sha1 => Self::Sha1(sha1::Sha1::new()),
            Sort::Sha256 => Self::Sha256(sha2::Sha256::new()),
            Sort::Sha384 => Self::Sha384(sha2::Sha384::new()),
            Sort::Sha512 => Self::Sha512(sha2::Sha512::new()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha384(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha1(hasher) => hasher.finalize().to_vec(),
            Self::Sha256(hasher) => hasher.finalize().to_vec(),
            Self::Sha384(hasher) => hasher.finalize().to_vec(),
            Self::Sha512(hasher) => hasher.finalize().to_vec(),
        }
    }
}

impl Said {
    /// What an entry of yarn 1 says.
    ///
    /// # Errors
    /// Its `integrity` is not understood, or what stands behind its URL is no SHA-1.
    pub fn of(entry: &Entry) -> Result<Self, IntegrityError> {
        let sha1 = match From::of(entry) {
            From::Tarball { sha1: Some(hex), .. } => {
                Some(from_hex(hex).filter(|bytes| bytes.len() == 20).ok_or_else(|| IntegrityError(hex.to_owned()))?)
            }
            _ => None,
        };
        Ok(Self { integrity: entry.integrity.as_deref().map(Digests::parse).transpose()?, sha1 })
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.integrity.is_none() && self.sha1.is_none()
    }

    /// Hashes bytes to their end, and compares with all that is said.
    ///
    /// # Errors
    /// They cannot be read, or are others.
    pub fn prove(&self, bytes: &mut dyn Read) -> Result<(), Trouble> {
        let mut integrity = self.integrity.as_ref().map(|digests| (digests, Hasher::new(digests.sort)));
        let mut sha1 = self.sha1.as_ref().map(|digest| (digest, Hasher::new(Sort::Sha1)));
        let mut piece = vec![0; 64 * 1024];
        loop {
            match bytes.read(&mut piece) {
                Ok(0) => break,
                Ok(n) => {
                    let read = piece.get(..n).unwrap_or_default();
                    if let Some((_, hasher)) = &mut integrity {
                        hasher.update(read);
                    }
                    if let Some((_, hasher)) = &mut sha1 {
                        hasher.update(read);
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(Trouble::new(format!("it cannot be read: {e}"))),
            }
        }
        if let Some((digests, hasher)) = integrity {
            let found = hasher.finish();
            if !digests.any.contains(&found) {
                let trouble = Trouble::new("its bytes are not those of `integrity` in yarn.lock");
                return Err(trouble.expected(digests.shown()).found(shown(digests.sort, &found)));
            }
        }
        if let Some((expected, hasher)) = sha1 {
            let found = hasher.finish();
            if *expected != found {
                let trouble = Trouble::new("its bytes are not those of the SHA-1 in yarn.lock");
                return Err(trouble.expected(to_hex(expected)).found(to_hex(&found)));
            }
        }
        Ok(())
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? * 16 + digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // `printf abc | openssl dgst -sha512 -binary | base64`, and so on.
    const SHA512: &str =
        "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==";
    const SHA384: &str = "sha384-ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn";
    const SHA256: &str = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    const SHA1: &str = "sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0=";
    const HEX: &str = "a9993e364706816aba3e25717850c26c9cd0d89d";

    fn entry(integrity: Option<&str>, fragment: &str) -> Entry {
        Entry {
            keys: vec!["a@^1".to_owned()],
            resolved: Some(format!("https://registry.example/a/-/a-1.0.0.tgz{fragment}")),
            integrity: integrity.map(str::to_owned),
            ..Entry::default()
        }
    }

    fn proves(integrity: Option<&str>, fragment: &str, bytes: &[u8]) -> bool {
        Said::of(&entry(integrity, fragment)).unwrap().prove(&mut &bytes[..]).is_ok()
    }

    #[test]
    fn each_sort_takes_its_own_bytes_and_no_others() {
        for text in [SHA512, SHA384, SHA256, SHA1] {
            assert!(proves(Some(text), "", b"abc"), "{text}");
            assert!(!proves(Some(text), "", b"abd"), "{text}");
            assert!(!proves(Some(text), "", b""), "{text}");
        }
        assert!(proves(None, &format!("#{HEX}"), b"abc"));
        assert!(!proves(None, &format!("#{HEX}"), b"abd"));
    }

    #[test]
    fn a_weaker_digest_does_not_make_up_for_a_stronger_one() {
        let other = format!("sha512-{}", base64::engine::general_purpose::STANDARD.encode([7; 64]));
        assert!(!proves(Some(&format!("{SHA1} {other} {SHA256}")), "", b"abc"));
        assert!(proves(Some(&format!("{other} {SHA512}")), "", b"abc"));
        assert!(proves(Some(&format!("{SHA512}?opt")), "", b"abc"));
    }

    #[test]
    fn the_sha1_of_the_url_counts_beside_integrity() {
        assert!(proves(Some(SHA512), &format!("#{HEX}"), b"abc"));
        assert!(!proves(Some(SHA512), &format!("#{}", "0".repeat(40)), b"abc"));
    }

    #[test]
    fn what_is_no_full_digest_is_refused() {
        for bad in [
            "",
            " ",
            "sha512-",
            "sha512-3a81",
            "md5-kAFQmDzST7DWlj99KOF/cg==",
            "sha512",
            "sha1-****",
            SHA1.trim_end_matches('='),
        ] {
            assert!(Digests::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Said::of(&entry(None, "#v1")).is_err());
        assert!(Said::of(&entry(None, "#")).unwrap().is_nothing());
        assert!(Said::of(&entry(None, "")).unwrap().is_nothing());
    }
}
