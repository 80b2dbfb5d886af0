//! An image reference, read as the distribution project's `reference` does and as strictly.
//!
//! For [`images`](super::images) and whoever speaks of an image. Asks no registry. Grammar:
//! `[host[:port]/]path[:tag][@algorithm:hex]`, where Docker's short names are written out.

use std::fmt;
use std::ops::Range;

use crate::model::{Trouble, quoted};

/// `debian:bookworm-slim@sha256:…`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The name as it is written: `debian`, `localhost:5000/x`.
    pub name: String,
    /// The name with everything that Docker leaves out: `docker.io/library/debian`.
    pub repository: String,
    /// What stands behind `:`.
    pub tag: Option<String>,
    /// What stands behind `@`, with its algorithm: `sha256:` and 64 digits, or another that
    /// builders know.
    pub digest: Option<String>,
}

/// Why a text is no reference. Each bears the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Nothing there.
    #[error("there is no image name")]
    Empty,
    /// 64 hexadecimal digits, which Docker keeps for the ids of images.
    #[error("{} is the id of an image, which no builder takes for a name", quoted(.0))]
    Id(String),
    /// Upper case in the name behind the host.
    #[error("the image name in {} has upper-case letters", quoted(.0))]
    Upper(String),
    /// The name.
    #[error("{} is no image reference: its name is malformed", quoted(.0))]
    Name(String),
    /// More than 255 characters behind the host.
    #[error("the image name in {} is longer than 255 characters", quoted(.0))]
    Long(String),
    /// The tag.
    #[error("{} is no image reference: its tag is malformed", quoted(.0))]
    Tag(String),
    /// The digest.
    #[error("{} is no image reference: its digest is malformed", quoted(.0))]
    Digest(String),
}

impl ReferenceError {
    /// As a message without a place.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        match self {
            Self::Empty | Self::Name(_) => trouble.expected("such as debian:bookworm-slim"),
            Self::Id(_) => trouble.help("name the image by repository and digest: name@sha256:…"),
            Self::Upper(_) => trouble.expected("lower-case letters, digits, and between them `.`, `_`, `__` or dashes"),
            Self::Long(_) => trouble,
            Self::Tag(_) => trouble.expected("at most 128 letters, digits, `_`, `.` and `-`; the first no `.` or `-`"),
            Self::Digest(_) => trouble.expected("sha256: and 64 lower-case hexadecimal digits"),
        }
    }
}

/// Where the parts of a reference stand in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) name: Range<usize>,
    pub(super) tag: Option<Range<usize>>,
    pub(super) digest: Option<Range<usize>>,
}

impl Reference {
    /// Whether the digest, if there is one, is of SHA-256.
    #[must_use]
    pub fn is_sha256(&self) -> bool {
        self.digest.as_ref().is_none_or(|d| d.starts_with("sha256:"))
    }

    /// Reads a text and tells where its parts stand.
    pub(super) fn read(text: &str) -> Result<(Self, Parts), ReferenceError> {
        let parts = parts(text)?;
        let part = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default().to_owned();
        let name = part(&parts.name);
        let (host, path) = split(&name);
        let reference = Self {
            // Hosts are compared without regard to case, and over https 443 says nothing.
            repository: match host.to_ascii_lowercase().trim_end_matches(":443") {
                "docker.io" | "index.docker.io" if !path.contains('/') => format!("docker.io/library/{path}"),
                "index.docker.io" => format!("docker.io/{path}"),
                host => format!("{host}/{path}"),
            },
            tag: parts.tag.as_ref().map(part),
            digest: parts.digest.as_ref().map(part),
            name,
        };
        Ok((reference, parts))
    }
}

impl std::str::FromStr for Reference {
    type Err = ReferenceError;
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        Self::read(text).map(|(reference, _)| reference)
    }
}

/// As it is written.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// Longer texts are no references: 255 for the path, 128 for the tag, the rest for host and digest.
pub(super) const MOST: usize = 1024;

fn parts(text: &str) -> Result<Parts, ReferenceError> {
    use ReferenceError as E;
    let told = || text.chars().take(MOST).collect::<String>();
    if text.is_empty() {
        return Err(E::Empty);
    }
    if text.len() > MOST {
        return Err(E::Long(told()));
    }
    if text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(E::Id(told()));
    }
    let (front, digest) = match text.find('@') {
        Some(at) => (text.get(..at).unwrap_or_default(), Some(at + 1..text.len())),
        None => (text, None),
    };
    let slash = front.rfind('/').map_or(0, |i| i + 1);
    let colon = front.get(slash..).and_then(|last| last.find(':')).map(|i| slash + i);
    let name = 0..colon.unwrap_or(front.len());
    let tag = colon.map(|c| c + 1..front.len());
    let (host, path) = split(text.get(name.clone()).unwrap_or_default());
    if path.chars().any(char::is_uppercase) {
        return Err(E::Upper(told()));
    }
    if !is_host(host) || !path.split('/').all(is_component) {
        return Err(E::Name(told()));
    }
    if path.len() > 255 {
        return Err(E::Long(told()));
    }
    let get = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
    if tag.as_ref().is_some_and(|t| !is_tag(get(t))) {
        return Err(E::Tag(told()));
    }
    if digest.as_ref().is_some_and(|d| !is_digest(get(d))) {
        return Err(E::Digest(told()));
    }
    Ok(Parts { name, tag, digest })
}

/// Host and path of a name, with Docker Hub and its `library/` written out.
fn split(name: &str) -> (&str, std::borrow::Cow<'_, str>) {
    let (host, path) = match name.split_once('/') {
        Some(("index.docker.io", path)) => ("docker.io", path),
        Some((host, path))
            if host.contains(['.', ':']) || host == "localhost" || host.chars().any(char::is_uppercase) =>
        {
            (host, path)
        }
        _ => ("docker.io", name),
    };
    if host == "docker.io" && !path.contains('/') {
        return (host, format!("library/{path}").into());
    }
    (host, path.into())
}

fn is_host(text: &str) -> bool {
    let is_port = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if let Some((address, port)) = text.strip_prefix('[').and_then(|t| t.split_once(']')) {
        let inner = !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
        return inner && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    let (name, port) = text.split_once(':').map_or((text, None), |(n, p)| (n, Some(p)));
    let label = |label: &str| {
        let ends = !label.starts_with('-') && !label.ends_with('-');
        ends && !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    name.split('.').all(label) && port.is_none_or(is_port)
}

/// Lower-case letters and digits, between them one `.`, one or two `_`, or any number of dashes.
fn is_component(text: &str) -> bool {
    let word = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    let ends = bytes.first().is_some_and(word) && bytes.last().is_some_and(word);
    ends && bytes.split(word).all(|gap| matches!(gap, b"" | b"." | b"_" | b"__") || gap.iter().all(|b| *b == b'-'))
}

/// Whether a text can be a tag.
pub(super) fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

/// Whether a text is a digest of an algorithm that builders know.
pub(super) fn is_digest(text: &str) -> bool {
    let digits =
        |len: usize, hex: &str| hex.len() == len && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match text.split_once(':') {
        Some(("sha256", hex)) => digits(64, hex),
        Some(("sha384", hex)) => digits(96, hex),
        Some(("sha512", hex)) => digits(128, hex),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_spelling_of_the_host_is_the_same_repository() {
        for (text, full) in [
            ("LocalHost:5000/base:1", "localhost:5000/base"),
            ("GHCR.io/o/r", "ghcr.io/o/r"),
            ("ghcr.io:443/o/r:1", "ghcr.io/o/r"),
            ("Docker.IO/debian", "docker.io/library/debian"),
            ("Index.Docker.io/a/b", "docker.io/a/b"),
        ] {
            assert_eq!(text.parse::<Reference>().unwrap().repository, full, "{text}");
        }
    }

    const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    /// name, repository, tag, whether there is a digest
    fn read(text: &str) -> Result<(String, String, String, bool), ReferenceError> {
        let r: Reference = text.parse()?;
        assert_eq!(r.to_string(), text);
        Ok((r.name, r.repository, r.tag.unwrap_or_default(), r.digest.is_some()))
    }

    #[test]
    fn a_reference_is_taken_apart_as_docker_does() {
        for (text, name, repository, tag, digest) in [
            ("debian", "debian", "docker.io/library/debian", "", false),
            ("debian:12", "debian", "docker.io/library/debian", "12", false),
            (&format!("debian@{A}"), "debian", "docker.io/library/debian", "", true),
            (&format!("debian:12@{A}"), "debian", "docker.io/library/debian", "12", true),
            ("a/b:1", "a/b", "docker.io/a/b", "1", false),
            ("index.docker.io/debian", "index.docker.io/debian", "docker.io/library/debian", "", false),
            ("docker.io/a/b/c", "docker.io/a/b/c", "docker.io/a/b/c", "", false),
            ("host:5000/x", "host:5000/x", "host:5000/x", "", false),
            ("host:5000/x:1", "host:5000/x", "host:5000/x", "1", false),
            ("localhost/x", "localhost/x", "localhost/x", "", false),
            ("[::1]:5000/x:t", "[::1]:5000/x", "[::1]:5000/x", "t", false),
            ("[fd00::1]/x", "[fd00::1]/x", "[fd00::1]/x", "", false),
            ("Host/x", "Host/x", "host/x", "", false),
            ("a.b/c__d/e---f.g:T_1.-", "a.b/c__d/e---f.g", "a.b/c__d/e---f.g", "T_1.-", false),
            ("0", "0", "docker.io/library/0", "", false),
        ] {
            assert_eq!(read(text), Ok((name.into(), repository.into(), tag.into(), digest)), "{text}");
        }
    }

    #[test]
    fn what_a_builder_refuses_is_refused() {
        use ReferenceError as E;
        let hex = "a".repeat(64);
        assert_eq!(read(""), Err(E::Empty));
        assert_eq!(read(&hex), Err(E::Id(hex.clone())));
        for text in ["Debian", "a.b/C", "a/B:1"] {
            assert_eq!(read(text), Err(E::Upper(text.into())), "{text}");
        }
        for text in [
            ":1",
            "@",
            "a//b",
            "/a",
            "a/",
            "-a",
            "a-",
            "a..b",
            "a___b",
            "a._b",
            "a b",
            "é",
            "$x",
            "a.b:x/c",
            "[]/x",
            "[::1/x",
            "[::1]x/x",
            "http://a/b",
            "a:1:2/b",
            "host:/x",
            ".a/x",
            "a/b-:1",
        ] {
            assert_eq!(read(text), Err(E::Name(text.into())), "{text}");
        }
        for text in ["a:", "a:-1", "a:.1", "a:1:2", "a:é", &format!("a:{}", "1".repeat(129)), &format!("a:@{A}")] {
            assert_eq!(read(text), Err(E::Tag(text.into())), "{text}");
        }
        for text in [
            "a@",
            "a@sha256:",
            "a@sha256:12",
            &format!("a@{A}a"),
            &format!("a@md5:{}", "a".repeat(32)),
            &format!("a@{}", A.to_uppercase()),
            &format!("a@{A}:1"),
            &format!("a@{A}@{A}"),
        ] {
            assert_eq!(read(text), Err(E::Digest(text.into())), "{text}");
        }
        let long = format!("h.x/{}", "a".repeat(256));
        assert_eq!(read(&long), Err(E::Long(long.clone())));
        assert!(read(&format!("h.x/{}", "a".repeat(255))).is_ok());
        assert!(matches!(read(&"a".repeat(1025)), Err(E::Long(_))));
    }

    #[test]
    fn other_algorithms_are_read_and_told() {
        let other: Reference = format!("a@sha512:{}", "a".repeat(128)).parse().unwrap();
        assert!(!other.is_sha256());
        assert!("a".parse::<Reference>().unwrap().is_sha256());
        assert!(format!("a@{A}").parse::<Reference>().unwrap().is_sha256());
    }
}
