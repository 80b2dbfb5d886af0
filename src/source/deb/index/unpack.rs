//! Decompression with an end: a stream that unpacks to more than it may is an error.
//!
//! For indices and the members of .debs. It checks no digest; those of the packed and of the unpacked bytes are the callers'.

use std::io::{self, BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;
use liblzma::read::XzDecoder;
use liblzma::stream::{CONCATENATED, Error as XzError, Stream};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compression {
    /// xz.
    Xz,
    /// Zstandard.
    Zstd,
    /// gzip.
    Gzip,
    /// Not at all.
    Plain,
}

/// What a decompressor may hold, in bytes: `xz -9` needs 65 MiB.
const MEMORY: u64 = 80 * 1024 * 1024;

/// Why a stream cannot be unpacked; it stands within the [`io::Error`] of [`Unpacked`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// More comes out than may.
    #[error("it unpacks to more than the {0} bytes that it may have")]
    Long(u64),
    /// Unpacking would need more memory than may be given to it.
    #[error("unpacking it would need more than 80 MiB of memory")]
    Memory,
    /// The bytes are not what they are said to be.
    #[error("it is no sound {} stream", .0.name())]
    Broken(Compression),
}

impl From<UnpackError> for io::Error {
    fn from(error: UnpackError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

impl Compression {
    /// By the end of a file's name; what is not known is taken for plain.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        match name.rsplit_once('.').map(|(_, end)| end) {
            Some("xz") => Self::Xz,
            Some("zst") => Self::Zstd,
            Some("gz") => Self::Gzip,
            _ => Self::Plain,
        }
    }

    /// By the first bytes of a file (6 are enough).
    #[must_use]
    pub fn of_magic(head: &[u8]) -> Self {
        match head {
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            [0x1f, 0x8b, ..] => Self::Gzip,
            _ => Self::Plain,
        }
    }

    /// The end of a file's name: `.xz`, or nothing.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Xz => ".xz",
            Self::Zstd => ".zst",
            Self::Gzip => ".gz",
            Self::Plain => "",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Xz => "xz",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
            Self::Plain => "plain",
        }
    }
}

/// A stream, unpacked. At its end the packed stream has been read to its end, too.
pub struct Unpacked<R: Read> {
    inner: Inner<R>,
    limit: u64,
    left: u64,
}

type Framed<R> = StreamingDecoder<io::Chain<Cursor<Vec<u8>>, BufReader<R>>, FrameDecoder>;

enum Inner<R: Read> {
    Plain(R),
    Xz(XzDecoder<R>),
    Gzip(MultiGzDecoder<BufReader<R>>),
    Zstd(Box<Framed<R>>),
    /// Before its first byte was asked for.
    Unread(BufReader<R>),
    /// After an error at its head.
    Spent,
}

/// Unpacks a stream, to at most `limit` bytes; an error comes instead of the byte after them.
///
/// Errors are those of `packed`, as they are, and [`UnpackError`] within an [`io::Error`] of kind `InvalidData`.
/// Zstandard streams have one frame with a window of at most 64 MiB.
pub fn reader<R: Read>(kind: Compression, packed: R, limit: u64) -> Unpacked<R> {
    let inner = match kind {
        Compression::Plain => Inner::Plain(packed),
        Compression::Gzip => Inner::Gzip(MultiGzDecoder::new(BufReader::with_capacity(64 * 1024, packed))),
        Compression::Zstd => Inner::Unread(BufReader::with_capacity(64 * 1024, packed)),
        Compression::Xz => match Stream::new_stream_decoder(MEMORY, CONCATENATED) {
            Ok(stream) => Inner::Xz(XzDecoder::new_stream(packed, stream)),
            Err(_) => Inner::Spent,
        },
    };
    Unpacked { inner, limit, left: limit }
}

impl<R: Read> Unpacked<R> {
    fn pull(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.inner {
            Inner::Plain(source) => source.read(buf),
            Inner::Xz(source) => source.read(buf).map_err(xz_error),
            Inner::Gzip(source) => source.read(buf).map_err(gzip_error),
            Inner::Zstd(source) => {
                let read = source.read(buf).map_err(zstd_error)?;
                // Behind the frame nothing may come.
                if read == 0 && !buf.is_empty() && source.get_mut().read(&mut [0])? > 0 {
                    return Err(UnpackError::Broken(Compression::Zstd).into());
                }
                Ok(read)
            }
            Inner::Unread(_) => {
                let Inner::Unread(source) = std::mem::replace(&mut self.inner, Inner::Spent) else {
                    return Err(UnpackError::Memory.into());
                };
                self.inner = Inner::Zstd(Box::new(frame(source)?));
                self.pull(buf)
            }
            Inner::Spent => Err(UnpackError::Memory.into()),
        }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            // One byte more would be too much; none is the end.
            return match self.pull(&mut [0; 1])? {
                0 => Ok(0),
                _ => Err(UnpackError::Long(self.limit).into()),
            };
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buf.len());
        let read = self.pull(buf.get_mut(..most).unwrap_or_default())?;
        self.left -= read as u64;
        Ok(read)
    }
}

fn xz_error(error: io::Error) -> io::Error {
    match error.get_ref().and_then(|e| e.downcast_ref::<XzError>()) {
        Some(XzError::MemLimit | XzError::Mem) => UnpackError::Memory.into(),
        Some(_) => UnpackError::Broken(Compression::Xz).into(),
        None => error,
    }
}

/// flate2 gives no error type of its own: these are the kinds that it makes.
fn gzip_error(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => UnpackError::Broken(Compression::Gzip).into(),
        _ => error,
    }
}

fn zstd_error(error: io::Error) -> io::Error {
    use ruzstd::decoding::errors::FrameDecoderError;
    match error.get_ref().and_then(|e| e.downcast_ref::<FrameDecoderError>()) {
        Some(_) => UnpackError::Broken(Compression::Zstd).into(),
        None => error,
    }
}

/// Opens a Zstandard frame (RFC 8878 section 3.1.1) whose window is not too large.
fn frame<R: Read>(mut source: BufReader<R>) -> io::Result<Framed<R>> {
    let mut head = Vec::with_capacity(6);
    (&mut source).take(6).read_to_end(&mut head)?;
    let single = head.get(4).is_some_and(|descriptor| descriptor & 0x20 != 0);
    // Exponent and mantissa; from 64 MiB on the exponent is 16.
    if !single && head.get(5).is_some_and(|window| *window > 16 << 3) {
        return Err(UnpackError::Memory.into());
    }
    let framed = StreamingDecoder::new(Cursor::new(head).chain(source))
        .map_err(|_| io::Error::from(UnpackError::Broken(Compression::Zstd)))?;
    // A frame in one segment is its own window.
    if single && framed.decoder.content_size() > 64 * 1024 * 1024 {
        return Err(UnpackError::Memory.into());
    }
    Ok(framed)
}
