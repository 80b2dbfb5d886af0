//! Unpacking a layer: gzip of several members, Zstandard of several frames, or neither, with an end.
//!
//! For `layer`. What a layer is packed with is told by its first bytes, as container engines do.
//! A stream that unpacks to more than it may is an error; digests are proved elsewhere.

use std::io::{self, BufRead as _, BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::Flaw;

/// The most that any layer unpacks to, in bytes.
const LARGEST: u64 = 64 << 30;

/// What a layer may unpack to beyond its size: gzip makes at most 1,032 bytes of one.
const RATIO: u64 = 2_000;
const GRACE: u64 = 256 << 20;

const BUFFER: usize = 64 * 1024;

/// The first bytes again, and what follows them.
type Source<'a> = BufReader<io::Chain<Cursor<Vec<u8>>, &'a mut dyn Read>>;

/// The unpacked bytes of a layer.
pub(super) struct Unpacked<'a> {
    inner: Inner<'a>,
    limit: u64,
    read: u64,
}

enum Inner<'a> {
    Plain(Source<'a>),
    Gzip(Box<MultiGzDecoder<Source<'a>>>),
    Zstd(Frames<'a>),
}

/// Zstandard frames one after the other, skippable ones between them (RFC 8878, 3.1).
enum Frames<'a> {
    Between(Source<'a>),
    Within(Box<StreamingDecoder<Source<'a>, FrameDecoder>>),
    /// After an error.
    Spent,
}

/// Unpacks a layer of so many bytes.
pub(super) fn reader(source: &mut dyn Read, packed: u64) -> Result<Unpacked<'_>, Flaw> {
    let mut head = Vec::new();
    (&mut *source).take(6).read_to_end(&mut head).map_err(super::tar::of_io)?;
    let source = BufReader::with_capacity(BUFFER, Cursor::new(head.clone()).chain(source));
    let unsupported = |what: &str| Err(Flaw::Unsupported(format!("it is packed with {what}")));
    let inner = match head.as_slice() {
        [0x1f, 0x8b, ..] => Inner::Gzip(Box::new(MultiGzDecoder::new(source))),
        head if is_frame(head) => Inner::Zstd(Frames::Between(source)),
        [0xfd, b'7', b'z', b'X', b'Z', 0] => return unsupported("xz"),
        [b'B', b'Z', b'h', ..] => return unsupported("bzip2"),
        _ => Inner::Plain(source),
    };
    let limit = packed.saturating_mul(RATIO).saturating_add(GRACE).min(LARGEST);
    Ok(Unpacked { inner, limit, read: 0 })
}

/// Whether a Zstandard frame begins here, or one that is passed over.
fn is_frame(head: &[u8]) -> bool {
    matches!(head, [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

fn broken(kind: &str) -> io::Error {
    Flaw::Broken(format!("it is no sound {kind} stream")).into()
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.inner {
            Inner::Plain(source) => source.read(buffer)?,
            // What the network said is known below; any other error is the stream's.
            Inner::Gzip(source) => source.read(buffer).map_err(|_| broken("gzip"))?,
            Inner::Zstd(frames) => frames.read(buffer)?,
        };
        self.read += count as u64;
        if self.read > self.limit {
            return Err(Flaw::Bomb(self.limit).into());
        }
        Ok(count)
    }
}

impl Frames<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            *self = match std::mem::replace(self, Self::Spent) {
                Self::Spent => return Err(broken("zstd")),
                Self::Within(mut frame) => {
                    let count = frame.read(buffer).map_err(|_| broken("zstd"))?;
                    if count > 0 {
                        *self = Self::Within(frame);
                        return Ok(count);
                    }
                    Self::Between(frame.into_inner())
                }
                Self::Between(mut source) => {
                    let mut magic = [0; 4];
                    match source.fill_buf()? {
                        [] => {
                            *self = Self::Between(source);
                            return Ok(0);
                        }
                        [0x28, ..] => {
                            let frame = StreamingDecoder::new(source).map_err(|_| broken("zstd"))?;
                            Self::Within(Box::new(frame))
                        }
                        _ => {
                            source.read_exact(&mut magic).map_err(|_| broken("zstd"))?;
                            if !is_frame(&magic) {
                                return Err(broken("zstd"));
                            }
                            let mut size = [0; 4];
                            source.read_exact(&mut size).map_err(|_| broken("zstd"))?;
                            let size = u64::from(u32::from_le_bytes(size));
                            if io::copy(&mut (&mut source).take(size), &mut io::sink())? < size {
                                return Err(broken("zstd"));
                            }
                            Self::Between(source)
                        }
                    }
                }
            };
        }
    }
}
