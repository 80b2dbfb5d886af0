//! Git's smart HTTP over our own client: gix speaks the protocol, [`Http`] opens the socket.
//!
//! For `session`. Errors on the way through gix lose their type; the first one is kept here, to be
//! asked for afterwards.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Cursor, Read, Write};
use std::rc::Rc;

use gix::protocol::transport::client::blocking_io::http::{
    GetResponse, Http as GixHttp, PostBodyDataKind, PostResponse,
};
use url::Url;

use crate::remote::body::Body;
use crate::remote::error::{Fault, RemoteError, shown};
use crate::remote::http::{Access, Http, Length, Method, Request, Response};

/// How much of an answer is read at once, in bytes: what one TLS record holds. A buffer is zeroed
/// for each answer, and most answers are short.
const BUFFER: usize = 16 * 1024;

/// Where the first error of a session is kept.
pub(super) type Slot = Rc<RefCell<Option<RemoteError>>>;

/// Keeps the first error and turns it into one that gix hands on.
fn note(slot: &Slot, error: RemoteError) -> io::Error {
    slot.borrow_mut().get_or_insert_with(|| error.clone());
    // Never PermissionDenied: gix would ask for credentials, which `Http` did already.
    io::Error::other(error)
}

/// The HTTP of one session.
pub(super) struct Wire<'a> {
    http: &'a Http,
    asked: Url,
    limit: u64,
    slot: Slot,
    greeting: Greeting,
    base: Option<String>,
}

/// Where a session's greeting comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Greeting {
    /// From the server: a request of its own.
    Asked,
    /// From here: that of a server which speaks protocol v2 and lists refs, as nearly all do.
    /// What such a session gives counts only if it is no error and not empty.
    Assumed,
}

/// What such a server says, at the least (gitprotocol-v2, "Capability Advertisement").
const ASSUMED: &[u8] = b"000eversion 2\n000cls-refs\n0000";

impl<'a> Wire<'a> {
    pub(super) fn new(http: &'a Http, asked: Url, limit: u64, slot: Slot, greeting: Greeting) -> Self {
        Self { http, asked, limit, slot, greeting, base: None }
    }
}

/// Headers as gix gives them, `Name: value`, without its user agent.
fn pairs(headers: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<(String, String)> {
    let split = |h: &str| {
        let (name, value) = h.split_once(':')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    let all = headers.into_iter().filter_map(|h| split(h.as_ref()));
    all.filter(|(name, _)| !name.eq_ignore_ascii_case("user-agent")).collect()
}

fn ask(
    http: &Http,
    method: Method<'_>,
    url: &str,
    asked: &Url,
    headers: &[(String, String)],
    limit: u64,
) -> Result<Response, RemoteError> {
    let host = asked.host_str().unwrap_or_default();
    let url = Url::parse(url).map_err(|e| RemoteError::new(Fault::Refused, host, format!("no URL to ask at: {e}")))?;
    let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    http.send(&Request {
        method,
        url: &url,
        asked,
        headers: &headers,
        bound: None,
        limit,
        // Packet lines and packs carry their own ends.
        length: Length::Free,
        at_most: None,
        access: Access::Stored,
    })
}

fn lines(response: &Response) -> Cursor<Vec<u8>> {
    let mut text = String::new();
    for (name, value) in response.headers() {
        text.extend([name, ":", value, "\n"]);
    }
    Cursor::new(text.into_bytes())
}

/// A body that keeps its error in the slot.
pub(super) struct Noted {
    body: Body,
    slot: Slot,
}

impl Read for Noted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.body.read(buffer).map_err(|e| match RemoteError::of_io(&e) {
            Some(error) => note(&self.slot, error.clone()),
            None => e,
        })
    }
}

pub(super) type Bytes = Box<BufReader<Noted>>;

fn bytes(response: Response, slot: &Slot) -> Bytes {
    let noted = Noted { body: response.body, slot: slot.clone() };
    Box::new(BufReader::with_capacity(BUFFER, noted))
}

/// A POST that is being written; sent when its response's headers are first read.
pub(super) struct Pending<'a> {
    http: &'a Http,
    url: String,
    asked: Url,
    headers: Vec<(String, String)>,
    limit: u64,
    body: Vec<u8>,
    response: Option<Bytes>,
}

pub(super) struct Outgoing<'a>(Rc<RefCell<Pending<'a>>>);

impl Write for Outgoing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().body.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The headers of a response that is there, or of one that is asked for on the first read.
pub(super) enum Heads<'a> {
    Here(Cursor<Vec<u8>>),
    Later(Rc<RefCell<Pending<'a>>>, Slot),
}

impl Heads<'_> {
    fn here(&mut self) -> io::Result<&mut Cursor<Vec<u8>>> {
        if let Heads::Later(pending, slot) = self {
            let mut post = pending.borrow_mut();
            let method = Method::Post(&post.body);
            let response =
                ask(post.http, method, &post.url, &post.asked, &post.headers, post.limit).map_err(|e| note(slot, e))?;
            let heads = lines(&response);
            post.response = Some(bytes(response, slot));
            drop(post);
            *self = Heads::Here(heads);
        }
        match self {
            Heads::Here(cursor) => Ok(cursor),
            Heads::Later(..) => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Read for Heads<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.here()?.read(buffer)
    }
}

impl BufRead for Heads<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.here()?.fill_buf()
    }
    fn consume(&mut self, count: usize) {
        if let Heads::Here(cursor) = self {
            cursor.consume(count);
        }
    }
}

/// The bytes of a response that is there, or that the headers' reader fetches.
pub(super) enum Incoming<'a> {
    Assumed(&'static [u8]),
    Here(Bytes),
    Later(Rc<RefCell<Pending<'a>>>),
}

impl Incoming<'_> {
    fn here(&mut self) -> io::Result<&mut dyn BufRead> {
        if let Incoming::Later(pending) = self {
            let response = pending.borrow_mut().response.take();
            *self = Incoming::Here(response.ok_or(io::ErrorKind::NotConnected)?);
        }
        match self {
            Incoming::Assumed(bytes) => Ok(bytes),
            Incoming::Here(bytes) => Ok(bytes),
            Incoming::Later(_) => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Read for Incoming<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.here()?.read(buffer)
    }
}

impl BufRead for Incoming<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.here()?.fill_buf()
    }
    fn consume(&mut self, count: usize) {
        if let Incoming::Here(bytes) = self {
            bytes.consume(count);
        }
    }
}

impl<'a> GixHttp for Wire<'a> {
    type Headers = Heads<'a>;
    type ResponseBody = Incoming<'a>;
    type PostBody = Outgoing<'a>;

    fn get(
        &mut self,
        url: &str,
        base: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> gix::Result<GetResponse<Self::Headers, Self::ResponseBody>> {
        if self.greeting == Greeting::Assumed {
            let heads = b"content-type: application/x-git-upload-pack-advertisement\n".to_vec();
            return Ok(GetResponse { headers: Heads::Here(Cursor::new(heads)), body: Incoming::Assumed(ASSUMED) });
        }
        let headers = pairs(headers);
        let failed = |e| gix::Error::from_error(note(&self.slot, e));
        let response = ask(self.http, Method::Get, url, &self.asked, &headers, self.limit).map_err(failed)?;
        let tail = url.strip_prefix(base).unwrap_or_default().trim_start_matches('/');
        if Url::parse(url).is_ok_and(|u| u != response.url) {
            let Some(moved) = response.url.as_str().strip_suffix(tail).filter(|_| !tail.is_empty()) else {
                let detail = format!("the redirect to {} is no repository", shown(&response.url));
                let host = self.asked.host_str().unwrap_or_default();
                return Err(failed(RemoteError::new(Fault::Refused, host, detail)));
            };
            self.base = Some(moved.trim_end_matches('/').to_owned());
        }
        Ok(GetResponse { headers: Heads::Here(lines(&response)), body: Incoming::Here(bytes(response, &self.slot)) })
    }

    fn post(
        &mut self,
        url: &str,
        _base: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _kind: PostBodyDataKind,
    ) -> gix::Result<PostResponse<Self::Headers, Self::ResponseBody, Self::PostBody>> {
        let pending = Rc::new(RefCell::new(Pending {
            http: self.http,
            url: url.to_owned(),
            asked: self.asked.clone(),
            headers: pairs(headers),
            limit: self.limit,
            body: Vec::new(),
            response: None,
        }));
        Ok(PostResponse {
            post_body: Outgoing(pending.clone()),
            headers: Heads::Later(pending.clone(), self.slot.clone()),
            body: Incoming::Later(pending),
        })
    }

    fn configure(&mut self, _: &dyn std::any::Any) -> gix::Result {
        Ok(())
    }

    fn redirected_base_url(&self) -> Option<String> {
        self.base.clone()
    }
}
