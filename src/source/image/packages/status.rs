//! dpkg's status file (dpkg(1), deb822(5)): which packages are installed.
//!
//! For the reader of an image. Lenient where dpkg is: bytes that are no UTF-8 may stand in fields
//! that are not looked at. Strict in the few that are.

/// An installed package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Package {
    /// `Package`.
    pub name: String,
    /// `Architecture`, such as `arm64` or `all`.
    pub architecture: String,
    /// `Version`.
    pub version: String,
    /// `Status`, such as `install ok installed` or `hold ok installed`.
    pub status: String,
}

/// Why a status file cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Misread {
    /// The line, from 1.
    pub(super) line: usize,
    pub(super) reason: &'static str,
}

/// The fields of one stanza that are looked at.
#[derive(Default)]
struct Stanza<'a> {
    line: usize,
    name: Option<&'a [u8]>,
    version: Option<&'a [u8]>,
    architecture: Option<&'a [u8]>,
    status: Option<&'a [u8]>,
}

fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

fn text(bytes: Option<&[u8]>, plain: fn(u8) -> bool) -> Option<String> {
    let text = std::str::from_utf8(bytes?).ok()?;
    (!text.is_empty() && text.len() <= 512 && text.bytes().all(plain)).then(|| text.to_owned())
}

impl Stanza<'_> {
    /// The package, if it is installed.
    fn package(&self) -> Result<Option<Package>, Misread> {
        let fail = |reason| Misread { line: self.line, reason };
        let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+.-".contains(&b);
        let status = text(self.status, |b| b.is_ascii_lowercase() || b == b'-' || b == b' ');
        let status = status.ok_or_else(|| fail("a package without a status that can be read"))?;
        // want, error flag, state (dpkg-query(1)): a package that is to be removed is still there.
        if !matches!(status.split_ascii_whitespace().collect::<Vec<_>>().as_slice(), [_, "ok", "installed"]) {
            return Ok(None);
        }
        let name = text(self.name, word).ok_or_else(|| fail("a package without a name that can be read"))?;
        let version = text(self.version, |b| b.is_ascii_alphanumeric() || b".+-:~".contains(&b));
        let version = version.ok_or_else(|| fail("a package without a version that can be read"))?;
        let architecture = text(self.architecture, word);
        let architecture = architecture.ok_or_else(|| fail("a package without an architecture that can be read"))?;
        Ok(Some(Package { name, architecture, version, status }))
    }
}

/// The installed packages of a status file, sorted; equal ones once.
pub(super) fn installed(text: &[u8]) -> Result<Vec<Package>, Misread> {
    let mut all = Vec::new();
    let mut open: Option<Stanza<'_>> = None;
    for (at, line) in text.split(|b| *b == b'\n').enumerate() {
        if is_blank(line) {
            if let Some(stanza) = open.take() {
                all.extend(stanza.package()?);
            }
            continue;
        }
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            if open.is_none() {
                return Err(Misread { line: at + 1, reason: "it continues no field" });
            }
            continue;
        }
        let Some(colon) = line.iter().position(|b| *b == b':') else {
            return Err(Misread { line: at + 1, reason: "it is no `Field: value`" });
        };
        let (field, value) = (line.get(..colon).unwrap_or_default(), line.get(colon + 1..).unwrap_or_default());
        let stanza = open.get_or_insert_with(|| Stanza { line: at + 1, ..Stanza::default() });
        let slot = match field.to_ascii_lowercase().as_slice() {
            b"package" => &mut stanza.name,
            b"version" => &mut stanza.version,
            b"architecture" => &mut stanza.architecture,
            b"status" => &mut stanza.status,
            _ => continue,
        };
        if slot.replace(value.trim_ascii()).is_some() {
            return Err(Misread { line: at + 1, reason: "a field stands there twice" });
        }
    }
    if let Some(stanza) = open {
        all.extend(stanza.package()?);
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// Pieces as one status file. They are control files, which name no state: they are installed.
pub(super) fn joined<'a>(pieces: impl Iterator<Item = &'a Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces {
        let piece = piece.trim_ascii_end();
        let mut stanza: Vec<&[u8]> = Vec::new();
        for line in piece.split(|b| *b == b'\n').chain([b"".as_slice()]) {
            if !is_blank(line) {
                stanza.push(line);
                continue;
            }
            if stanza.is_empty() {
                continue;
            }
            let told = |l: &&[u8]| l.get(..7).is_some_and(|f| f.eq_ignore_ascii_case(b"status:"));
            if !stanza.iter().any(told) {
                out.extend_from_slice(b"Status: install ok installed\n");
            }
            for line in stanza.drain(..) {
                out.extend_from_slice(line);
                out.push(b'\n');
            }
            out.push(b'\n');
        }
    }
    out
}
