//! A small HTTP/1.1 server on loopback that can do everything wrong: cut, stall, drip, lie.
//!
//! For all tests of the remote floor. It records what it was asked. Not a model of a good server.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One request, as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// How a body's end is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    Length,
    Chunked,
    Close,
}

/// What is sent, and what goes wrong with it.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub framing: Framing,
    /// Send so many bytes of the body, then close.
    pub cut: Option<usize>,
    /// Send so many bytes of head and body together, then nothing more.
    pub stall: Option<usize>,
    /// Send the body in pieces of so many bytes, with a pause after each.
    pub drip: Option<(usize, Duration)>,
    /// Send the body over and over.
    pub endless: bool,
    /// Close without a byte.
    pub hang_up: bool,
    /// Close in the middle of the head.
    pub half_head: bool,
}

impl Answer {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            framing: Framing::Length,
            cut: None,
            stall: None,
            drip: None,
            endless: false,
            hang_up: false,
            half_head: false,
        }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn redirect(status: u16, to: &str) -> Self {
        Self::new(status, "").with("Location", to)
    }

    pub fn hang_up() -> Self {
        Self { hang_up: true, ..Self::new(200, "") }
    }
}

type Handler = dyn Fn(&Asked) -> Answer + Send + Sync;
type Twist = dyn Fn(&Asked, Answer) -> Answer + Send + Sync;

#[derive(Default)]
struct Shared {
    log: Mutex<Vec<Asked>>,
    first: Mutex<VecDeque<Answer>>,
    twist: Mutex<Option<Arc<Twist>>>,
    auth: Mutex<Option<String>>,
    stop: AtomicBool,
}

/// A running server; it stops when dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    pub fn start(handler: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let handler: Arc<Handler> = Arc::new(handler);
        let state = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if state.stop.load(Ordering::SeqCst) {
                    return;
                }
                let (state, handler) = (state.clone(), handler.clone());
                if let Ok(stream) = stream {
                    // A client that hangs up is no failure of the server.
                    std::thread::spawn(move || drop(converse(&stream, &state, &*handler)));
                }
            }
        });
        Self { address, shared }
    }

    /// `http://127.0.0.1:port`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers the first requests so, before the handler is asked.
    pub fn first(&self, answers: impl IntoIterator<Item = Answer>) {
        self.shared.first.lock().unwrap().extend(answers);
    }

    /// Changes every answer of the handler.
    pub fn twist(&self, twist: impl Fn(&Asked, Answer) -> Answer + Send + Sync + 'static) {
        *self.shared.twist.lock().unwrap() = Some(Arc::new(twist));
    }

    /// Wants HTTP Basic credentials: `user:password`.
    pub fn want(&self, pair: &str) {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(pair);
        *self.shared.auth.lock().unwrap() = Some(format!("Basic {text}"));
    }

    /// What was asked so far.
    pub fn log(&self) -> Vec<Asked> {
        self.shared.log.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // Wakes the listener.
        drop(TcpStream::connect(self.address));
    }
}

fn converse(stream: &TcpStream, shared: &Shared, handler: &Handler) -> std::io::Result<()> {
    // Head and body are written one after the other: without this each answer waits 40 ms.
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(asked) = read(&mut reader)? {
        shared.log.lock().unwrap().push(asked.clone());
        let scripted = shared.first.lock().unwrap().pop_front();
        let auth = shared.auth.lock().unwrap().clone();
        let answer = if let Some(answer) = scripted {
            answer
        } else if auth.is_some_and(|a| asked.header("authorization") != Some(&a)) {
            Answer::new(401, "no").with("WWW-Authenticate", "Basic realm=\"test\"")
        } else {
            let answer = handler(&asked);
            let twist = shared.twist.lock().unwrap().clone();
            match twist {
                Some(twist) => twist(&asked, answer),
                None => answer,
            }
        };
        if !write(stream, shared, &answer)? {
            return stream.shutdown(std::net::Shutdown::Both);
        }
    }
    Ok(())
}

fn read(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Asked>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(n, _)| n == "content-length").map(|(_, v)| v.parse());
    let mut body = vec![0; length.and_then(Result::ok).unwrap_or(0)];
    reader.read_exact(&mut body)?;
    Ok(Some(Asked { method: method.to_owned(), path: path.to_owned(), headers, body }))
}

/// Whether the connection may be used again.
fn write(mut stream: &TcpStream, shared: &Shared, answer: &Answer) -> std::io::Result<bool> {
    if answer.hang_up {
        return Ok(false);
    }
    let mut head = format!("HTTP/1.1 {} X\r\n", answer.status);
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    match answer.framing {
        // An endless body has no length that would be true.
        Framing::Length if answer.endless => head += "Content-Length: 9223372036854775807\r\n",
        Framing::Length => head += &format!("Content-Length: {}\r\n", answer.body.len()),
        Framing::Chunked => head += "Transfer-Encoding: chunked\r\n",
        Framing::Close => head += "Connection: close\r\n",
    }
    head += "\r\n";
    if answer.half_head {
        stream.write_all(&head.as_bytes()[..head.len() / 2])?;
        return Ok(false);
    }
    let framed = |piece: &[u8]| match answer.framing {
        Framing::Chunked => [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat(),
        _ => piece.to_vec(),
    };
    let body = &answer.body[..answer.cut.unwrap_or(answer.body.len()).min(answer.body.len())];
    if let Some(stall) = answer.stall {
        let all = [head.as_bytes(), &framed(body)].concat();
        stream.write_all(&all[..stall.min(all.len())])?;
        while !shared.stop.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(20));
        }
        return Ok(false);
    }
    stream.write_all(head.as_bytes())?;
    let (size, pause) = answer.drip.unwrap_or((usize::MAX, Duration::ZERO));
    for piece in body.chunks(size.min(body.len()).max(1)) {
        stream.write_all(&framed(piece))?;
        std::thread::sleep(pause);
        if shared.stop.load(Ordering::SeqCst) {
            return Ok(false);
        }
    }
    while answer.endless && !shared.stop.load(Ordering::SeqCst) {
        stream.write_all(&framed(body))?;
    }
    if answer.cut.is_some() || answer.endless {
        return Ok(false);
    }
    if answer.framing == Framing::Chunked {
        stream.write_all(b"0\r\n\r\n")?;
    }
    Ok(answer.framing != Framing::Close)
}
