//! A .deb: its control fields, read out of it.
//!
//! For the pool, which writes them into a Packages index. The form is deb(5); whatever dpkg could
//! read in another way than we do is refused. Nothing is unpacked and no path of the package is
//! ever used: one file in it is read, the rest is counted. Whether these are the right bytes is
//! not asked here: the caller compares size and SHA-256.
//!
//! The outer wrapping is read by hand: 60 bytes before each member. A general reader would obey
//! name tables, which no .deb has and which cost memory as the file pleases.

use std::io::{self, BufRead, BufReader, Read};

use super::control::{CONTROL_CAP, Control, ControlError};
use crate::model::{Trouble, quoted};

/// The most that a control.tar may weigh as it stands in the package, in bytes.
const PACKED_CAP: u64 = 16 << 20;
/// The most that it may weigh unpacked, in bytes: a real one with scripts and sums has up to 5 MiB.
const UNPACKED_CAP: u64 = 32 << 20;
/// What the decompressor of xz may take for itself: `xz -9` needs 65 MiB.
const XZ_MEMORY: u64 = 80 << 20;

/// Why a .deb gives no control fields.
#[derive(Debug, thiserror::Error)]
#[error("{} is no package that can be used: {reason}", quoted(.package))]
pub struct PackageError {
    /// What the caller calls the package: its file name.
    pub package: String,
    /// What is wrong with it.
    pub reason: Broken,
}

/// What is wrong with a .deb.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The bytes could not be read.
    #[error("it cannot be read: {0}")]
    Read(#[source] io::Error),
    /// It does not begin as a .deb does.
    #[error("it is not a Debian package")]
    Magic,
    /// It ends before it should.
    #[error("it is cut short")]
    Cut,
    /// A member's header is none.
    #[error("the header of a member is garbled")]
    Header,
    /// Another format than 2.x.
    #[error("its debian-binary holds {}, not a line `2.0`", quoted(.0))]
    Format(String),
    /// A member that does not belong there.
    #[error("it holds {} where {expected} belongs", quoted(.found))]
    Member {
        /// The member's name.
        found: String,
        /// What deb(5) has there.
        expected: &'static str,
    },
    /// A member is not there.
    #[error("it holds no {0}")]
    Missing(&'static str),
    /// A way of compression that is not known.
    #[error("{} is compressed in a way that is not known", quoted(.0))]
    Compression(String),
    /// It would take too much room.
    #[error("its {what} is larger than {cap} MiB")]
    Large {
        /// Which part.
        what: &'static str,
        /// The limit, in MiB.
        cap: u64,
    },
    /// It cannot be unpacked.
    #[error("its control.tar is garbled")]
    Garbled,
    /// A member of control.tar that leads elsewhere.
    #[error("its control.tar names {}", quoted(.0))]
    Name(String),
    /// Two control files.
    #[error("its control.tar holds two control files")]
    Twice,
    /// A link, a folder, a device.
    #[error("its control file is no plain file")]
    Kind,
    /// The control file itself.
    #[error(transparent)]
    Control(#[from] ControlError),
}

impl PackageError {
    /// For a report.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        Trouble::new(self.to_string())
    }
}

/// Reads the control fields of a .deb, and the .deb to its end, so that a cut one is seen.
///
/// `package` is what an error calls it. Takes memory for the packed control.tar (at most 16 MiB)
/// and its decompressor, whatever the size of the package.
///
/// # Errors
/// [`PackageError`], for every text of bytes that is no plain .deb.
pub fn read(package: &str, from: impl Read) -> Result<Control, PackageError> {
    members(&mut BufReader::new(from)).map_err(|reason| PackageError { package: package.to_owned(), reason })
}

/// The members in the order of deb(5): debian-binary, control.tar, data.tar. Those whose name
/// begins with `_` may stand between, and any after; none of the three may come again.
fn members(from: &mut impl BufRead) -> Result<Control, Broken> {
    let mut magic = Vec::new();
    from.take(8).read_to_end(&mut magic).map_err(Broken::Read)?;
    if magic != b"!<arch>\n" {
        return Err(Broken::Magic);
    }
    let first = header(from)?.ok_or(Broken::Missing("debian-binary"))?;
    if first.name != "debian-binary" {
        return Err(Broken::Member { found: first.name, expected: "debian-binary" });
    }
    format(&body(from, &first, "debian-binary", 1 << 20)?)?;
    let mut control = None;
    let mut data = false;
    while let Some(head) = header(from)? {
        let known = ["debian-binary", "control.tar", "data.tar"].iter().find(|k| head.name.starts_with(*k));
        match known {
            Some(&"control.tar") if control.is_none() && !data => {
                let packed = body(from, &head, "control.tar", PACKED_CAP)?;
                control = Some(unpacked(&head.name, &packed)?);
            }
            Some(&"data.tar") if control.is_some() && !data => {
                data = true;
                skip(from, &head)?;
            }
            None if data || head.name.starts_with('_') => skip(from, &head)?,
            _ => {
                let expected = match (&control, data) {
                    (None, _) => "control.tar",
                    (Some(_), false) => "data.tar",
                    _ => "nothing more",
                };
                return Err(Broken::Member { found: head.name, expected });
            }
        }
    }
    let control = control.ok_or(Broken::Missing("control.tar"))?;
    if data { Ok(control) } else { Err(Broken::Missing("data.tar")) }
}

struct Header {
    name: String,
    size: u64,
}

/// The 60 bytes before a member; none at the end.
fn header(from: &mut impl BufRead) -> Result<Option<Header>, Broken> {
    let mut bytes = Vec::with_capacity(60);
    from.take(60).read_to_end(&mut bytes).map_err(Broken::Read)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let whole: &[u8; 60] = bytes.as_slice().try_into().map_err(|_| Broken::Cut)?;
    if !whole.ends_with(b"`\n") {
        return Err(Broken::Header);
    }
    let text = |range: std::ops::Range<usize>| {
        let part = whole.get(range).and_then(|b| std::str::from_utf8(b).ok());
        part.map(|p| p.trim_end_matches(' ')).filter(|p| p.is_ascii()).ok_or(Broken::Header)
    };
    let name = text(0..16)?;
    // ar writes `name/`, dpkg-deb `name`.
    let name = name.strip_suffix('/').unwrap_or(name).to_owned();
    let size = text(48..58)?;
    if name.is_empty() || !size.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Broken::Header);
    }
    Ok(Some(Header { name, size: size.parse().map_err(|_| Broken::Header)? }))
}

/// A member's bytes, if they are few.
fn body(from: &mut impl BufRead, head: &Header, what: &'static str, cap: u64) -> Result<Vec<u8>, Broken> {
    if head.size > cap {
        return Err(Broken::Large { what, cap: cap >> 20 });
    }
    let mut bytes = Vec::new();
    from.take(head.size).read_to_end(&mut bytes).map_err(Broken::Read)?;
    if bytes.len() as u64 != head.size {
        return Err(Broken::Cut);
    }
    padding(from, head)?;
    Ok(bytes)
}

fn skip(from: &mut impl BufRead, head: &Header) -> Result<(), Broken> {
    let read = io::copy(&mut from.take(head.size), &mut io::sink()).map_err(Broken::Read)?;
    if read != head.size {
        return Err(Broken::Cut);
    }
    padding(from, head)
}

/// Members begin at even places. After the last one the newline may be missing: dpkg takes it so.
fn padding(from: &mut impl BufRead, head: &Header) -> Result<(), Broken> {
    if head.size.is_multiple_of(2) {
        return Ok(());
    }
    let mut byte = Vec::new();
    from.take(1).read_to_end(&mut byte).map_err(Broken::Read)?;
    if byte.is_empty() || byte == b"\n" { Ok(()) } else { Err(Broken::Header) }
}

/// `2.` and a number in the first line; what follows is for later formats.
fn format(bytes: &[u8]) -> Result<(), Broken> {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let minor = line.strip_prefix(b"2.").filter(|m| !m.is_empty() && m.iter().all(u8::is_ascii_digit));
    if minor.is_some() && bytes.contains(&b'\n') {
        return Ok(());
    }
    Err(Broken::Format(String::from_utf8_lossy(line.get(..64.min(line.len())).unwrap_or_default()).into_owned()))
}

/// A reader that gives no more than it should, and knows afterwards whether there was more.
struct Capped<R> {
    from: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        let left = self.left.checked_sub(read as u64);
        self.left = left.unwrap_or(0);
        if left.is_some_and(|l| l > 0) { Ok(read) } else { Err(io::ErrorKind::FileTooLarge.into()) }
    }
}

fn unpacked(name: &str, packed: &[u8]) -> Result<Control, Broken> {
    match name.strip_prefix("control.tar").unwrap_or_default() {
        "" => scan(packed),
        ".gz" => scan(flate2::bufread::MultiGzDecoder::new(packed)),
        ".xz" => {
            let stream = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, 0).map_err(|_| Broken::Garbled)?;
            scan(liblzma::bufread::XzDecoder::new_stream(packed, stream))
        }
        ".zst" => scan(ruzstd::decoding::StreamingDecoder::new(packed).map_err(|_| Broken::Garbled)?),
        _ => Err(Broken::Compression(name.to_owned())),
    }
}

fn scan(from: impl Read) -> Result<Control, Broken> {
    let mut tar = tar::Archive::new(Capped { from, left: UNPACKED_CAP });
    let found = find(&mut tar);
    let mut rest = tar.into_inner();
    // To the end: the sums of gzip and xz stand there.
    let end = found.and_then(|control| {
        io::copy(&mut rest, &mut io::sink()).map_err(|_| Broken::Garbled)?;
        Ok(control)
    });
    if rest.left == 0 {
        return Err(Broken::Large { what: "control.tar unpacked", cap: UNPACKED_CAP >> 20 });
    }
    let bytes = end?.ok_or(Broken::Missing("control file"))?;
    Ok(Control::parse(&bytes)?)
}

/// The one control file in a control.tar.
fn find(tar: &mut tar::Archive<impl Read>) -> Result<Option<Vec<u8>>, Broken> {
    let garbled = |_| Broken::Garbled;
    let mut found = None;
    for entry in tar.entries().map_err(garbled)? {
        let mut entry = entry.map_err(garbled)?;
        if !is_control(&entry.path_bytes())? {
            continue;
        }
        if found.is_some() {
            return Err(Broken::Twice);
        }
        if entry.header().entry_type() != tar::EntryType::Regular {
            return Err(Broken::Kind);
        }
        if entry.size() > CONTROL_CAP as u64 {
            return Err(ControlError::Large.into());
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(garbled)?;
        if bytes.len() as u64 != entry.size() {
            return Err(Broken::Garbled);
        }
        found = Some(bytes);
    }
    Ok(found)
}

/// Whether a name in control.tar is that of the control file. dpkg unpacks this archive, so a
/// name that leads out of its folder is an attack on whoever installs it.
fn is_control(name: &[u8]) -> Result<bool, Broken> {
    let hostile = name.starts_with(b"/")
        || name.iter().any(|b| b.is_ascii_control() || *b == b'\\')
        || name.split(|b| *b == b'/').any(|part| part == b"..");
    if hostile {
        return Err(Broken::Name(
            String::from_utf8_lossy(name.get(..256.min(name.len())).unwrap_or(name)).into_owned(),
        ));
    }
    let mut parts = name.split(|b| *b == b'/').filter(|part| !part.is_empty() && *part != b".");
    Ok(parts.next() == Some(b"control") && parts.next().is_none())
}

#[cfg(test)]
#[path = "package_tests.rs"]
mod tests;
