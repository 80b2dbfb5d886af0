//! What one layer says about dpkg's status, and what the layers say together.
//!
//! For the reader of an image. A layer on top wins; `.wh.NAME` hides what lies below it under that
//! name, `.wh..wh..opq` all that lies below a folder (OCI image-spec, "Whiteouts"). Neither hides
//! anything of its own layer.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use sha2::Digest as _;

use super::tar::{Entry, Kind, of_io, walk};
use super::{Flaw, LARGEST, Layout, unpack};
use crate::model::Sha256;

/// The folder of dpkg's own files.
const DPKG: [&[u8]; 3] = [b"var", b"lib", b"dpkg"];
const STATUS: &[u8] = b"status";
const PIECES: &[u8] = b"status.d";

/// Files in `status.d`, at most.
const MOST: usize = 65_536;

/// What one layer has and hides.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Layer {
    /// `var/lib/dpkg/status`.
    status: Option<Vec<u8>>,
    /// `var/lib/dpkg/status.d/*`, by name.
    pieces: BTreeMap<Vec<u8>, Vec<u8>>,
    hides_status: bool,
    hides_pieces: bool,
    /// Names in `status.d` that are hidden.
    hidden: BTreeSet<Vec<u8>>,
    /// The bytes of all that is kept.
    kept: u64,
}

/// Bytes that are hashed on the way.
struct Hashed<R> {
    inner: R,
    hasher: sha2::Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Reads a layer of so many packed bytes to its end, and gives the digest of its unpacked bytes.
pub(super) fn read(source: &mut dyn Read, packed: u64) -> Result<(Layer, Sha256), Flaw> {
    let mut unpacked = Hashed { inner: unpack::reader(source, packed)?, hasher: sha2::Sha256::new() };
    let mut layer = Layer::default();
    let mut buffered = io::BufReader::with_capacity(64 * 1024, &mut unpacked);
    walk(&mut buffered, &mut |entry, content| layer.see(entry, content))?;
    io::copy(&mut buffered, &mut io::sink()).map_err(of_io)?;
    drop(buffered);
    Ok((layer, Sha256::from_bytes(unpacked.hasher.finalize().into())))
}

/// Whether a path is a folder on the way to dpkg's files, that folder included.
fn is_above(path: &[Vec<u8>]) -> bool {
    path.len() <= DPKG.len() && path.iter().zip(DPKG).all(|(a, b)| a == b)
}

/// What lies in dpkg's folder: the rest of a path.
fn within(path: &[Vec<u8>]) -> Option<&[Vec<u8>]> {
    let (folder, rest) = path.split_at_checked(DPKG.len())?;
    (is_above(folder) && !rest.is_empty()).then_some(rest)
}

fn shown(path: &[Vec<u8>]) -> String {
    String::from_utf8_lossy(&path.join(&b'/')).into_owned()
}

impl Layer {
    fn see(&mut self, entry: &Entry, content: &mut dyn Read) -> Result<(), Flaw> {
        let Some(path) = &entry.path else { return Ok(()) };
        let Some((last, folder)) = path.split_last() else { return Ok(()) };
        if last == b".wh..wh..opq" {
            self.opaque(folder);
            return Ok(());
        }
        if let Some(name) = last.strip_prefix(b".wh.".as_slice()) {
            // Names that begin so twice are the engines' own.
            if !name.starts_with(b".wh.") {
                self.hide(&[folder, &[name.to_vec()]].concat());
            }
            return Ok(());
        }
        if is_above(path) {
            return match entry.kind {
                Kind::Folder => Ok(()),
                // What stands in a folder's place hides all of it; where a link leads is not known.
                Kind::File => {
                    self.hide(path);
                    Ok(())
                }
                Kind::Other => Err(Flaw::Linked(shown(path))),
            };
        }
        match within(path) {
            Some([name]) if name == STATUS => {
                if entry.kind != Kind::File {
                    return Err(Flaw::Linked(shown(path)));
                }
                self.status = Some(self.take(entry, content)?);
            }
            Some([name]) if name == PIECES => match entry.kind {
                Kind::Folder => {}
                Kind::File => self.hide(path),
                Kind::Other => return Err(Flaw::Linked(shown(path))),
            },
            // Beside each piece there may be the digests of its files.
            Some([pieces, name]) if pieces == PIECES && !name.ends_with(b".md5sums") => match entry.kind {
                Kind::Folder => {}
                Kind::File => {
                    let piece = self.take(entry, content)?;
                    self.pieces.insert(name.clone(), piece);
                    if self.pieces.len() > MOST {
                        return Err(Flaw::Large(LARGEST));
                    }
                }
                Kind::Other => return Err(Flaw::Linked(shown(path))),
            },
            _ => {}
        }
        Ok(())
    }

    fn take(&mut self, entry: &Entry, content: &mut dyn Read) -> Result<Vec<u8>, Flaw> {
        self.kept = self.kept.saturating_add(entry.size);
        if self.kept > LARGEST {
            return Err(Flaw::Large(LARGEST));
        }
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes).map_err(of_io)?;
        if bytes.len() as u64 != entry.size {
            return Err(Flaw::Broken("its archive is not sound: it ends within an entry".to_owned()));
        }
        Ok(bytes)
    }

    fn opaque(&mut self, folder: &[Vec<u8>]) {
        if is_above(folder) {
            self.hides_status = true;
            self.hides_pieces = true;
        }
        if matches!(within(folder), Some([name]) if name == PIECES) {
            self.hides_pieces = true;
        }
    }

    fn hide(&mut self, path: &[Vec<u8>]) {
        if is_above(path) {
            self.hides_status = true;
            self.hides_pieces = true;
        }
        match within(path) {
            Some([name]) if name == STATUS => self.hides_status = true,
            Some([name]) if name == PIECES => self.hides_pieces = true,
            Some([pieces, name]) if pieces == PIECES => drop(self.hidden.insert(name.clone())),
            _ => {}
        }
    }
}

/// What the layers so far say together, from the top down.
#[derive(Debug, Default)]
pub(super) struct Found {
    status: Option<Vec<u8>>,
    pieces: BTreeMap<Vec<u8>, Vec<u8>>,
    hidden: BTreeSet<Vec<u8>>,
    status_settled: bool,
    pieces_settled: bool,
    kept: u64,
}

impl Found {
    /// Adds the next layer below.
    pub(super) fn below(&mut self, layer: Layer) -> Result<(), Flaw> {
        self.kept = self.kept.saturating_add(layer.kept);
        if self.kept > LARGEST || self.pieces.len() > MOST {
            return Err(Flaw::Large(LARGEST));
        }
        if !self.status_settled {
            self.status_settled = layer.status.is_some() || layer.hides_status;
            self.status = layer.status;
        }
        if !self.pieces_settled {
            for (name, piece) in layer.pieces {
                if !self.hidden.contains(&name) {
                    self.pieces.entry(name).or_insert(piece);
                }
            }
            self.hidden.extend(layer.hidden);
            self.pieces_settled = layer.hides_pieces;
        }
        Ok(())
    }

    /// Whether no layer below can say more. An image with a status that says something has no
    /// pieces; an empty one is no word on them.
    pub(super) fn is_settled(&self) -> bool {
        let said = self.status.as_ref().is_some_and(|s| !s.trim_ascii().is_empty());
        said || (self.status_settled && self.pieces_settled)
    }

    /// All of it as one status file.
    pub(super) fn text(self) -> (Layout, Vec<u8>) {
        let said = self.status.as_ref().is_some_and(|s| !s.trim_ascii().is_empty());
        match self.status {
            Some(status) if said || self.pieces.is_empty() => (Layout::Status, status),
            _ if self.pieces.is_empty() => (Layout::None, Vec::new()),
            _ => (Layout::Pieces, super::status::joined(self.pieces.values())),
        }
    }
}
