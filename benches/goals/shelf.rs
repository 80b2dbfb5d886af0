//! A server of files of any size that costs next to nothing: no file, no copy, no log.
//!
//! `/NAME/SIZE` is a file of so many bytes. All of them change at a word; until then conditions
//! (If-None-Match, If-Modified-Since) are answered with 304. It counts the bytes of bodies.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Result;

/// Bodies repeat this many bytes, each time with a stamp of their own at the front.
const BLOCK: usize = 1024 * 1024;
/// When everything was changed last, as far as anybody is told.
pub const MODIFIED: &str = "Mon, 02 Nov 2026 00:00:00 GMT";

#[derive(Default)]
struct Told {
    /// Which edition of its files it serves.
    edition: AtomicU64,
    bodies: AtomicU64,
    not_modified: AtomicU64,
}

/// A running server; it lasts as long as the process.
pub struct Shelf {
    address: SocketAddr,
    told: Arc<Told>,
}

impl Shelf {
    pub fn open() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let told = Arc::new(Told::default());
        let mut mixed = 0x2545_f491_4f6c_dd1d_u64;
        let block: Arc<Vec<u8>> = Arc::new(
            std::iter::repeat_with(|| {
                mixed ^= mixed << 13;
                mixed ^= mixed >> 7;
                mixed ^= mixed << 17;
                mixed.to_le_bytes()
            })
            .take(BLOCK / 8)
            .flatten()
            .collect(),
        );
        let shared = told.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (told, block) = (shared.clone(), block.clone());
                // A client that hangs up is no failure of the server.
                std::thread::spawn(move || drop(converse(&stream, &told, &block)));
            }
        });
        Ok(Self { address, told })
    }

    /// The URL of a file of so many bytes.
    pub fn url(&self, name: &str, size: u64) -> String {
        format!("http://{}/{name}/{size}", self.address)
    }

    /// From now on all files are others.
    pub fn change(&self) {
        self.told.edition.fetch_add(1, Ordering::SeqCst);
    }

    /// How many bytes of bodies were sent so far, and how often 304 was said.
    pub fn sent(&self) -> (u64, u64) {
        (self.told.bodies.load(Ordering::SeqCst), self.told.not_modified.load(Ordering::SeqCst))
    }
}

fn converse(mut stream: &TcpStream, told: &Told, block: &[u8]) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let tag = format!("\"{}\"", told.edition.load(Ordering::SeqCst));
        let mut same = false;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            let value = value.trim();
            same |= name.eq_ignore_ascii_case("if-none-match") && value == tag;
            same |= name.eq_ignore_ascii_case("if-modified-since") && value == MODIFIED;
        }
        let about = format!("ETag: {tag}\r\nLast-Modified: {MODIFIED}\r\n");
        if same {
            told.not_modified.fetch_add(1, Ordering::SeqCst);
            stream.write_all(format!("HTTP/1.1 304 Not Modified\r\n{about}\r\n").as_bytes())?;
            continue;
        }
        let size: usize = path.rsplit('/').next().and_then(|size| size.parse().ok()).unwrap_or(0);
        stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n{about}\r\n").as_bytes())?;
        let stamp = format!("{path} {tag}\n");
        let mut left = size;
        while left > 0 {
            let front = &stamp.as_bytes()[..left.min(stamp.len())];
            stream.write_all(front)?;
            left -= front.len();
            let rest = &block[..left.min(BLOCK - front.len())];
            stream.write_all(rest)?;
            left -= rest.len();
        }
        told.bodies.fetch_add(size as u64, Ordering::SeqCst);
    }
}
