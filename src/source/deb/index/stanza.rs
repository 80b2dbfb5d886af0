//! One package as an index describes it, and the parts of it that a lock holds.
//!
//! Read only from stanzas that were asked for. It is the index's word about a .deb; the .deb itself is read elsewhere.

use crate::model::{HashError, Sha256, quoted};

use super::super::deb822::{self, Field, Flaw};
use super::super::keys::{is_architecture, is_name};
use super::super::version::{Version, VersionError};
use super::IndexError;

/// A stanza of a Packages index (Debian policy 5.3, and the fields that archives add to it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stanza {
    /// `Package`.
    pub package: String,
    /// `Version`.
    pub version: Version,
    /// `Architecture`: such as `amd64`, or `all`.
    pub architecture: String,
    /// `Multi-Arch`: `same`, `foreign`, `allowed`, `no`.
    pub multi_arch: Option<String>,
    /// `Source`: its name and version; those of the package where the field does not say otherwise.
    pub source: (String, Version),
    /// `Filename`: where the .deb lies below the archive; relative, without `.` and `..`; not encoded, see [`url_path`].
    pub filename: String,
    /// `Size`: of the .deb, in bytes.
    pub size: u64,
    /// `SHA256` of the .deb.
    pub sha256: Sha256,
    /// `SHA1` of the .deb, 40 digits: the name that snapshot archives know it by; it decides nothing.
    pub sha1: Option<String>,
    text: String,
}

/// What is wrong with a stanza.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StanzaFlaw {
    /// It is not UTF-8.
    #[error("it is not UTF-8")]
    Bytes,
    /// Its lines are not those of a stanza.
    #[error(transparent)]
    Lines(#[from] Flaw),
    /// A field is not there or empty, or goes over several lines.
    #[error("it has no field `{0}` of one line")]
    Missing(&'static str),
    /// `Version`, or the version within `Source`.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// `SHA256`.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// Another field.
    #[error("its `{field}` is {}", quoted(.text))]
    Wrong {
        /// The field.
        field: &'static str,
        /// What it says.
        text: String,
    },
}

impl StanzaFlaw {
    pub(super) fn expected(&self) -> Option<&'static str> {
        let Self::Wrong { field, .. } = self else { return None };
        Some(match *field {
            "Package" | "Source" => "the name of a package",
            "Architecture" => "an architecture such as amd64, or all",
            "Filename" => "a path below the archive, such as pool/main/c/curl/curl_7.88.1-10_amd64.deb",
            "Size" => "a number of bytes",
            _ => "40 lower-case hexadecimal digits",
        })
    }
}

impl Stanza {
    /// Reads a stanza in full.
    pub(super) fn read(name: &[u8], bytes: &[u8]) -> Result<Self, IndexError> {
        let flaw = |flaw| IndexError::Stanza { package: String::from_utf8_lossy(name).into_owned(), flaw };
        let text = std::str::from_utf8(bytes).map_err(|_| flaw(StanzaFlaw::Bytes))?;
        Self::parse(text).map_err(flaw)
    }

    /// Reads a stanza from its text.
    ///
    /// # Errors
    /// A line that is no field, a field twice, or one of `Package`, `Version`, `Architecture`, `Filename`, `Size`, `SHA256` (and
    /// `Source`, `SHA1` where they stand) missing or wrong.
    pub fn parse(text: &str) -> Result<Self, StanzaFlaw> {
        let text = text.trim_end_matches('\n');
        let fields = deb822::fields(text, false)?;
        let get = |name: &str| fields.iter().find(|f| f.is(name));
        let need = |name: &'static str| get(name).and_then(Field::one_line).ok_or(StanzaFlaw::Missing(name));
        let vetted = |field: &'static str, text: &str, good: bool| {
            if good { Ok(text.to_owned()) } else { Err(StanzaFlaw::Wrong { field, text: text.to_owned() }) }
        };
        let package = need("Package")?;
        let package = vetted("Package", package, is_name(package))?;
        let version: Version = need("Version")?.parse()?;
        let architecture = need("Architecture")?;
        let filename = need("Filename")?;
        let filename = filename.strip_prefix("./").unwrap_or(filename);
        let size = need("Size")?;
        let digits = size.bytes().all(|b| b.is_ascii_digit());
        let wrong_size = || StanzaFlaw::Wrong { field: "Size", text: size.to_owned() };
        let source = match get("Source") {
            Some(field) => source(field.one_line().ok_or(StanzaFlaw::Missing("Source"))?, &version)?,
            None => (package.clone(), version.clone()),
        };
        let sha1 = get("SHA1").map(|f| vetted("SHA1", f.value, is_sha1(f.value))).transpose()?;
        Ok(Self {
            architecture: vetted("Architecture", architecture, is_architecture(architecture))?,
            multi_arch: get("Multi-Arch").and_then(Field::one_line).map(str::to_owned),
            source,
            filename: vetted("Filename", filename, is_pool_path(filename))?,
            size: size.parse().ok().filter(|_| digits).ok_or_else(wrong_size)?,
            sha256: need("SHA256")?.parse()?,
            sha1,
            package,
            version,
            text: text.to_owned(),
        })
    }

    /// The stanza as it stands in the index, without an end of line at its end.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A field's value, with its continuation lines, without blanks at both ends.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let fields = deb822::fields(&self.text, false).unwrap_or_default();
        fields.iter().find(|f| f.is(name)).map(|f| f.value)
    }

    /// `Section`, such as `web` or `non-free/net`.
    #[must_use]
    pub fn section(&self) -> Option<&str> {
        self.field("Section")
    }

    /// Whether dpkg keeps it installed (`Essential: yes`).
    #[must_use]
    pub fn is_essential(&self) -> bool {
        self.field("Essential") == Some("yes")
    }
}

/// `Source: gcc-12 (12.2.0-14)`, or the name alone, whose version then is the package's.
fn source(text: &str, version: &Version) -> Result<(String, Version), StanzaFlaw> {
    let wrong = || StanzaFlaw::Wrong { field: "Source", text: text.to_owned() };
    let (name, version) = match text.split_once('(') {
        Some((name, rest)) => (name.trim_end(), rest.strip_suffix(')').ok_or_else(wrong)?.trim().parse()?),
        None => (text, version.clone()),
    };
    if is_name(name) { Ok((name.to_owned(), version)) } else { Err(wrong()) }
}

fn is_sha1(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A path of a pool: parts of letters, digits and `.+-_~:%@,=` with `/` between them, none `.` or `..`.
fn is_pool_path(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b".+-_~:%@,=".contains(&b);
    let part = |p: &str| !matches!(p, "" | "." | "..") && p.len() <= 255 && p.bytes().all(plain);
    text.len() <= 1024 && text.split('/').all(part)
}

/// A path as it stands in a URL: all but letters, digits and `-._~/:@,=` percent-encoded (RFC 3986).
///
/// `+` is encoded, since some object stores take it for a blank, and so apt does it; `~` never is, since caches and
/// snapshot archives know the file by its plain name.
#[must_use]
pub fn url_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 16);
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:@,=".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
