//! Reads a lock: the version first, then the format of that version, then the seals and the form.
//!
//! For every verb. Decides only whether the file is what dubo-pin wrote, not whether it is right.

use super::lines::Lines;
use super::{FILE, Lock, VERSION, conflict, v0, v1};
use crate::model::{Class, Finding, Id, PinName, Place, Trouble, quoted};

/// A lock, with what is wrong about its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Its content.
    pub lock: Lock,
    /// Entries that were altered since dubo-pin wrote them; their content cannot be relied on.
    pub altered: Vec<PinName>,
    /// All of it as findings: LOCK005 and LOCK006.
    pub findings: Vec<Finding>,
    /// The version that it has.
    pub version: u64,
    lines: Lines,
}

/// Why a file is no lock that this program can read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Written by a newer dubo-pin.
    #[error("{FILE} has version {found}, which this dubo-pin does not know")]
    Newer {
        /// The version that it has.
        found: u64,
        /// Where it says so.
        place: Place,
    },
    /// Git could not merge it.
    #[error("{FILE} holds git's conflict markers")]
    Conflict(Place),
    /// Not JSON, or not of the lock's shape.
    #[error("{FILE} is not readable: {what}")]
    Syntax {
        /// What the JSON reader says.
        what: String,
        /// Where.
        place: Place,
    },
}

impl LockError {
    /// What to tell the user.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        match self {
            Self::Newer { place, .. } => {
                trouble.at(place.clone()).expected(format!("version {VERSION} or older")).help("update dubo-pin to the version that your colleagues use")
            }
            Self::Conflict(place) => trouble.at(place.clone()).help("dubo-pin refresh --keep mends it; pins that both sides moved are locked at what their Dockerfile bears"),
            Self::Syntax { place, .. } => trouble.at(place.clone()).help(format!("git checkout -- {FILE} brings back the committed one")),
        }
    }

    /// Not readable: exit 2.
    #[must_use]
    pub fn class(&self) -> Class {
        Class::Usage
    }
}

#[derive(serde::Deserialize)]
struct Head {
    version: u64,
}

/// Reads a lock from its bytes.
///
/// # Errors
/// A newer version, conflict markers, or bytes that are not of the lock's shape.
pub fn open(bytes: &[u8]) -> Result<Opened, LockError> {
    let text = String::from_utf8_lossy(bytes);
    let lines = Lines::of(&text);
    if let Some(line) = conflict::marker(&text) {
        return Err(LockError::Conflict(lines.at(line, 1)));
    }
    let syntax = |e: &serde_json::Error| {
        let said = e.to_string();
        let what = said.rsplit_once(" at line ").map_or(said.as_str(), |(what, _)| what);
        let what = if text.starts_with('\u{feff}') { "it begins with a byte order mark (BOM)" } else { what };
        LockError::Syntax { what: crate::model::visible(what).into_owned(), place: lines.at(e.line(), e.column()) }
    };
    let read = versioned(bytes).map_err(|e| syntax(&e))?;
    let Some((lock, broken)) = read.content else {
        let line = text.lines().position(|l| l.contains("\"version\"")).map_or(1, |i| i + 1);
        return Err(LockError::Newer { found: read.version, place: lines.at(line, 1) });
    };
    let mut opened = Opened { lock, altered: Vec::new(), findings: Vec::new(), version: read.version, lines };
    for (section, name) in broken {
        let finding = Finding::error(
            Id::LOCK005,
            Some(&name),
            Trouble::new(format!("the entry of {} was altered since dubo-pin wrote it", quoted(name.as_str())))
                .at(opened.lines.entry(section, name.as_str()))
                .expected("an entry whose seal is the digest of its other fields")
                .found("another digest")
                .help(format!("git checkout -- {FILE} brings back the committed one; or remove the entry and run dubo-pin refresh {name}")),
        );
        opened.findings.push(finding);
        opened.altered.push(name);
    }
    if opened.findings.is_empty() {
        opened.findings.extend(form(bytes, &opened.canonical()));
    }
    Ok(opened)
}

/// What a text says in its own version.
pub(super) struct Versioned {
    pub(super) version: u64,
    /// The lock, and the entries whose seal is not theirs; `None` of a version that is newer.
    pub(super) content: Option<(Lock, Vec<v1::Broken>)>,
}

/// Reads the version, then what that version has.
pub(super) fn versioned(bytes: &[u8]) -> Result<Versioned, serde_json::Error> {
    let Head { version } = serde_json::from_slice(bytes)?;
    let content = match version {
        v0::VERSION => Some(v0::read(bytes)?),
        v1::VERSION => Some(v1::read(bytes)?),
        _ => None,
    };
    Ok(Versioned { version, content })
}

/// LOCK006: the first place at which the bytes are not the canonical ones.
fn form(bytes: &[u8], canonical: &[u8]) -> Option<Finding> {
    if canonical == bytes {
        return None;
    }
    let position = canonical.iter().zip(bytes).position(|(a, b)| a != b).unwrap_or(canonical.len().min(bytes.len()));
    let line_of = |all: &[u8]| {
        let start = all.get(..position).unwrap_or_default().iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        let line = all.get(start..).unwrap_or_default().split(|b| *b == b'\n').next().unwrap_or_default();
        quoted(&String::from_utf8_lossy(line))
    };
    let crlf = bytes.windows(2).any(|w| w == b"\r\n");
    let line_of = |all: &[u8]| match all.get(position..) {
        None | Some([]) if all == bytes => "no line end after the last line".to_owned(),
        None | Some([]) => "nothing after the last line".to_owned(),
        Some(rest) if position >= canonical.len() && rest.trim_ascii().is_empty() => "blank lines".to_owned(),
        Some(b"\n") if position >= bytes.len() => "a line end after the last line".to_owned(),
        Some(_) => line_of(all),
    };
    let (found, help) = if crlf {
        (
            "CRLF line ends".to_owned(),
            "add `pins.lock text eol=lf` to .gitattributes, then git checkout -- pins.lock".to_owned(),
        )
    } else {
        (
            line_of(bytes),
            format!("dubo-pin refresh --keep writes it anew; git checkout -- {FILE} brings back the committed one"),
        )
    };
    let trouble = Trouble::new(format!("{FILE} is not as dubo-pin writes it"))
        .at(Place::of(FILE, bytes, position..position + 1))
        .expected(if crlf { "LF line ends".to_owned() } else { line_of(canonical) })
        .found(found)
        .help(help);
    Some(Finding::error(Id::LOCK006, None, trouble))
}

impl Opened {
    /// A lock that is not there.
    #[must_use]
    pub fn none() -> Self {
        let (altered, findings) = (Vec::new(), Vec::new());
        Self { lock: Lock::default(), altered, findings, version: VERSION, lines: Lines::default() }
    }

    /// The only bytes that the lock may have in its version.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        match self.version {
            v0::VERSION => v0::canonical(&self.lock).into_bytes(),
            _ => self.lock.to_bytes(),
        }
    }

    /// Whether a newer version is to be written.
    #[must_use]
    pub fn is_old(&self) -> bool {
        self.version < VERSION
    }

    /// Where a pin's entry begins.
    #[must_use]
    pub fn place(&self, name: &PinName) -> Place {
        self.lines.entry("pins", name.as_str())
    }

    /// Where an archive's entry begins.
    #[must_use]
    pub fn archive(&self, name: &PinName) -> Place {
        self.lines.entry("archives", name.as_str())
    }

    /// Where a field of a pin's entry stands, or else where the entry begins.
    #[must_use]
    pub fn field(&self, name: &PinName, field: &str) -> Place {
        self.lines.field("pins", name.as_str(), field)
    }
}
