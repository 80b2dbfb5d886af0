//! A server made distant: whatever passes waits 15 ms on its way, in both directions.
//!
//! A TCP proxy on loopback, one thread a direction and another that holds the bytes back, so that
//! much may be under way at once. Opening a connection costs a round trip, as on a real network:
//! what the client says first waits that much longer.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;

/// How long bytes are under way.
const WAY: Duration = Duration::from_millis(15);

/// The proxy. It lasts as long as the process.
pub struct Far {
    /// `127.0.0.1:port` of the server, and of the proxy.
    near: String,
    far: SocketAddr,
}

impl Far {
    /// A proxy before the server of a URL such as `http://127.0.0.1:4711/x`.
    pub fn before(url: &str) -> Result<Self> {
        let near = url.split('/').nth(2).ok_or("no host in the URL")?.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let far = listener.local_addr()?;
        let target: SocketAddr = near.parse()?;
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A client or server that hangs up is no failure of the proxy.
                drop(join(&client, target));
            }
        });
        Ok(Self { near, far })
    }

    /// The same URL, from afar.
    pub fn url(&self, url: &str) -> Result<String> {
        let path = url.strip_prefix(&format!("http://{}", self.near)).ok_or("the URL of another server")?;
        Ok(format!("http://{}{path}", self.far))
    }
}

fn join(client: &TcpStream, target: SocketAddr) -> std::io::Result<()> {
    let server = TcpStream::connect(target)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    carry(client.try_clone()?, server.try_clone()?, Instant::now() + 2 * WAY);
    carry(server, client.try_clone()?, Instant::now());
    Ok(())
}

/// Takes what comes from one side to the other, late; nothing sets out before `open`.
fn carry(mut from: TcpStream, mut to: TcpStream, open: Instant) {
    let (send, receive) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut block = vec![0; 64 * 1024];
        // The end of the stream is late as well: an empty piece.
        while let Ok(n) = from.read(&mut block) {
            let sent = send.send((open.max(Instant::now()) + WAY, block[..n].to_vec()));
            if n == 0 || sent.is_err() {
                break;
            }
        }
    });
    thread::spawn(move || {
        for (due, piece) in receive {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if piece.is_empty() || to.write_all(&piece).is_err() {
                break;
            }
        }
        drop(to.shutdown(Shutdown::Write));
    });
}
