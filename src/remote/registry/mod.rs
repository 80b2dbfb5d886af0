//! Image registries: what a tag means, the bytes of a digest (OCI distribution-spec 1.1).
//!
//! For `source::image`. A small client on [`Http`]: that one keeps the limits, follows redirects and
//! tries again; here the logins, the mirrors and the digests are settled. Every byte is hashed
//! here; what a registry says in a header is a hint. It resolves no pin.
//!
//! | file | what it is for |
//! |---|---|
//! | `place` | which host a repository is asked at: Docker Hub's, this machine's, a mirror's |
//! | `session` | anonymous, Basic, Bearer: once a run |
//! | `challenge` | `WWW-Authenticate` |
//! | `logins` | docker's configuration and credential helpers |
//! | [`Manifest`] | indices, images, configurations |
//! | `tags` | the pages of a list |
//! | `blob` | layers, proved while they are read |
//! | `fault` | what a refusal means |

mod blob;
mod challenge;
mod fault;
mod logins;
mod manifest;
mod place;
mod session;
mod tags;

use std::fs::File;
use std::io::Read;
use std::time::{Duration, Instant};

use fault::Asked;
use place::Base;

use super::Remote;
use super::error::{Fault, RemoteError};
use super::fetch::Origin;
use super::http::{Http, Length, Method, Request, Response};
use super::mirrors::Mirrors;
use crate::disk::{Expect, Stored};
use crate::model::{Sha256, quoted};

pub use logins::Logins;
pub use manifest::{Config, Descriptor, Kind, Manifest};
pub use place::Name;
pub use session::Session;

/// The largest manifest or configuration, in bytes; registries take no larger ones.
const LARGEST: u64 = 4 << 20;

/// What of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference<'a> {
    /// What a tag means now.
    Tag(&'a str),
    /// Exactly these bytes.
    Digest(&'a Sha256),
}

impl std::fmt::Display for Reference<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tag(tag) => f.write_str(tag),
            Self::Digest(digest) => write!(f, "sha256:{digest}"),
        }
    }
}

/// The client. Cheap to make; threads share one.
#[derive(Debug, Clone, Copy)]
pub struct Registry<'a> {
    remote: &'a Remote,
    http: &'a Http,
    mirrors: &'a Mirrors,
    session: &'a Session,
}

impl<'a> Registry<'a> {
    pub(super) fn new(remote: &'a Remote, http: &'a Http, mirrors: &'a Mirrors, session: &'a Session) -> Self {
        Self { remote, http, mirrors, session }
    }

    /// All that reaches the outside: its store is where blobs go.
    #[must_use]
    pub fn remote(&self) -> &'a Remote {
        self.remote
    }

    /// Who says what a repository's tags mean: a mirror that may, else upstream. What a mirror
    /// said is told in the evidence.
    #[must_use]
    pub fn decides(&self, name: Name<'_>) -> Origin {
        match Base::mirror(self.mirrors, name) {
            Ok(Some((_, true))) => Origin::Mirror,
            _ => Origin::Upstream,
        }
    }

    /// Asks whether a reference is there, without its bytes; Docker Hub does not count it. The
    /// digest is what a header says: a hint, `None` where there is none.
    ///
    /// # Errors
    /// [`Fault::NotThere`] where the registry says so; 401, 403, 429 and 5xx are never told so.
    pub fn head(&self, name: Name<'_>, reference: Reference<'_>) -> Result<Option<Sha256>, RemoteError> {
        let base = self.deciding(name)?;
        let written = reference.to_string();
        let answer = self.ask_manifest(&base, name, reference, Method::Head)?;
        if answer.header("content-type").is_some_and(fault::is_page) {
            return Err(page(&base, &written));
        }
        Ok(answer.header("docker-content-digest").and_then(manifest::digest))
    }

    /// The manifest of a reference. With a digest exactly those bytes: from the store, a mirror or
    /// upstream. With a tag what it means now, by [`Registry::decides`].
    ///
    /// # Errors
    /// [`Fault::Forged`] for other bytes than the digest's; [`Fault::Broken`] for what is no manifest;
    /// [`Fault::Unsupported`] for Docker's schema 1 and other digests than SHA-256; else as
    /// [`Registry::head`].
    pub fn manifest(&self, name: Name<'_>, reference: Reference<'_>) -> Result<Manifest, RemoteError> {
        let Reference::Digest(digest) = reference else {
            let base = self.deciding(name)?;
            let manifest = self.get_manifest(&base, name, reference)?;
            self.keep(&manifest.bytes);
            return Ok(manifest);
        };
        if let Some(bytes) = self.held(digest, LARGEST) {
            return Manifest::read(name.host, bytes, None, Origin::Store);
        }
        let manifest = self.of_all(name, |base| self.get_manifest(base, name, reference))?;
        self.keep(&manifest.bytes);
        Ok(manifest)
    }

    /// All tags of a repository, each once, sorted by bytes. By [`Registry::decides`].
    ///
    /// # Errors
    /// As [`Registry::head`]; [`Fault::Refused`] for a list that leads elsewhere or does not end.
    pub fn tags(&self, name: Name<'_>) -> Result<Vec<String>, RemoteError> {
        let base = self.deciding(name)?;
        let until = self.deadline();
        let mut pages = tags::Pages::default();
        let mut next = Some(base.url(tags::PAGE)?);
        let limits = self.http.limits();
        let (mut tries, mut wait) = (limits.tries, limits.back_off);
        while let Some(url) = next.take() {
            let request = Request { asked: &base.root, ..Request::get(&url, tags::LARGEST) };
            let answer = self.session.send(self.http, &base, request, until);
            let answer = answer.map_err(|e| fault::told(e, &base, name, Asked::Tags))?;
            if answer.header("content-type").is_some_and(fault::is_page) {
                return Err(page(&base, "its tags"));
            }
            let links: Vec<String> = answer.all("link").map(str::to_owned).collect();
            let links: Vec<&str> = links.iter().map(String::as_str).collect();
            match answer.body.bytes() {
                Ok(bytes) => next = pages.add(&base, &url, &bytes, &links)?,
                Err(e) => {
                    tries = again(e, tries, &mut wait)?;
                    next = Some(url);
                }
            }
        }
        Ok(pages.into_tags())
    }

    /// Reads a blob from the store, a mirror or upstream, and gives back what `read` made of it, if
    /// its bytes are those of the digest. What `read` leaves is read for the digest. It may be
    /// called again from the beginning: after a dropped connection, or where a mirror lied.
    ///
    /// # Errors
    /// As [`Registry::manifest`].
    pub fn blob<T>(
        &self,
        name: Name<'_>,
        what: &Descriptor,
        read: &mut dyn FnMut(&mut dyn Read) -> T,
    ) -> Result<T, RemoteError> {
        if what.size > blob::LARGEST {
            let detail = format!("{} bytes, more than the {} that are taken", what.size, blob::LARGEST);
            return Err(RemoteError::new(Fault::Refused, name.host, detail));
        }
        let stored = self.remote.store().ok().and_then(|store| store.get(&what.digest));
        if let Some(mut file) = stored.and_then(|path| File::open(path).ok())
            && let Ok(made) = blob::proved(&mut file, "the store", what, true, read)
        {
            return Ok(made);
        }
        let mut first = None;
        if let Some((base, _)) = Base::mirror(self.mirrors, name)? {
            match self.get_blob(&base, name, what, read) {
                Ok(made) => return Ok(made),
                Err(e) => first = self.passed_over(&base, e),
            }
        }
        match (self.get_blob(&Base::upstream(name)?, name, what, read), first) {
            (Err(e), Some(first)) if e.fault() == Fault::Unreachable => Err(first),
            (other, _) => other,
        }
    }

    /// A blob into the store.
    ///
    /// # Errors
    /// As [`Registry::blob`]; [`Fault::Local`] where the store cannot take it.
    pub fn store_blob(&self, name: Name<'_>, what: &Descriptor) -> Result<Stored, RemoteError> {
        let store = self.remote.store()?;
        if let Ok(Some(stored)) = store.verify(&what.digest, false) {
            return Ok(stored);
        }
        let expect = Expect::exactly(what.digest, what.size);
        let put = self.blob(name, what, &mut |source| store.put(source, expect))?;
        put.map_err(|e| RemoteError::new(Fault::Local, "the store", e.to_string()))
    }

    /// The configuration of one image: its platform, and the digests of its unpacked layers.
    ///
    /// # Errors
    /// As [`Registry::manifest`].
    pub fn config(&self, name: Name<'_>, manifest: &Manifest) -> Result<Config, RemoteError> {
        let Some(what) = &manifest.config else {
            let detail = format!("sha256:{} is an index, which has no configuration", manifest.digest);
            return Err(RemoteError::new(Fault::Broken, name.host, detail));
        };
        if what.size > LARGEST {
            let detail = format!("a configuration of {} bytes, more than the {LARGEST} that are taken", what.size);
            return Err(RemoteError::new(Fault::Refused, name.host, detail));
        }
        let read = &mut |source: &mut dyn Read| {
            let mut bytes = Vec::new();
            source.read_to_end(&mut bytes).map(|_| bytes)
        };
        let bytes = self.blob(name, what, read)?;
        let bytes = bytes.map_err(|e| RemoteError::new(Fault::Local, name.host, e.to_string()))?;
        self.keep(&bytes);
        Config::read(name.host, &bytes)
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.http.limits().total
    }

    /// Who may say what is there now.
    fn deciding(&self, name: Name<'_>) -> Result<Base, RemoteError> {
        match Base::mirror(self.mirrors, name)? {
            Some((base, true)) => Ok(base),
            _ => Base::upstream(name),
        }
    }

    /// Asks a mirror, and upstream where that one has it not.
    fn of_all<T>(&self, name: Name<'_>, ask: impl Fn(&Base) -> Result<T, RemoteError>) -> Result<T, RemoteError> {
        let mut first = None;
        if let Some((base, _)) = Base::mirror(self.mirrors, name)? {
            match ask(&base) {
                Ok(found) => return Ok(found),
                Err(e) => first = self.passed_over(&base, e),
            }
        }
        match (ask(&Base::upstream(name)?), first) {
            // Behind a mirror the upstream is often out of reach: then the mirror's word counts.
            (Err(e), Some(first)) if e.fault() == Fault::Unreachable => Err(first),
            (other, _) => other,
        }
    }

    /// Why a mirror did not serve; forged bytes are worth a warning, and nothing more.
    fn passed_over(&self, base: &Base, error: RemoteError) -> Option<RemoteError> {
        if error.fault() != Fault::Forged {
            return Some(error);
        }
        self.http.warn(format!("the mirror {} is passed over: {error}", quoted(base.root.as_str())));
        None
    }

    fn ask_manifest(
        &self,
        base: &Base,
        name: Name<'_>,
        reference: Reference<'_>,
        method: Method<'_>,
    ) -> Result<Response, RemoteError> {
        let written = reference.to_string();
        if matches!(reference, Reference::Tag(tag) if !tags::is_tag(tag)) {
            let detail = format!("{} is not a tag", quoted(&written));
            return Err(RemoteError::new(Fault::Refused, base.host(), detail));
        }
        let url = base.url(&format!("manifests/{written}"))?;
        let accept = manifest::MEDIA.join(", ");
        let headers = [("Accept", accept.as_str())];
        let request = Request { method, asked: &base.root, headers: &headers, ..Request::get(&url, LARGEST) };
        let answer = self.session.send(self.http, base, request, self.deadline());
        answer.map_err(|e| fault::told(e, base, name, Asked::Reference(&written)))
    }

    fn get_manifest(&self, base: &Base, name: Name<'_>, reference: Reference<'_>) -> Result<Manifest, RemoteError> {
        let written = reference.to_string();
        let limits = self.http.limits();
        let (mut tries, mut wait) = (limits.tries, limits.back_off);
        let (bytes, said) = loop {
            let answer = self.ask_manifest(base, name, reference, Method::Get)?;
            let said = answer.header("content-type").map(str::to_owned);
            match answer.body.bytes() {
                Ok(bytes) => break (bytes, said),
                Err(e) => tries = again(e, tries, &mut wait)?,
            }
        };
        if let Reference::Digest(expected) = reference {
            let found = Sha256::of(&bytes);
            if found != *expected {
                let error = if said.as_deref().is_some_and(fault::is_page) {
                    page(base, &written)
                } else {
                    RemoteError::new(
                        Fault::Forged,
                        base.host(),
                        "the manifest's SHA-256 is not the one that it was asked by",
                    )
                };
                return Err(error.differs(&written, format!("sha256:{found}")));
            }
        } else if said.as_deref().is_some_and(fault::is_page) {
            return Err(page(base, &written));
        }
        let origin = if base.mirror { Origin::Mirror } else { Origin::Upstream };
        Manifest::read(base.host(), bytes, said.as_deref(), origin)
    }

    fn get_blob<T>(
        &self,
        base: &Base,
        name: Name<'_>,
        what: &Descriptor,
        read: &mut dyn FnMut(&mut dyn Read) -> T,
    ) -> Result<T, RemoteError> {
        let written = format!("sha256:{}", what.digest);
        let url = base.url(&format!("blobs/{written}"))?;
        let limits = self.http.limits();
        let (mut tries, mut wait, until) = (limits.tries, limits.back_off, self.deadline());
        loop {
            let request = Request {
                asked: &base.root,
                // Bytes as they are: what is hashed is what is read.
                headers: &[("Accept-Encoding", "identity")],
                // The size is known: a cut is seen by it.
                length: Length::Free,
                ..Request::get(&url, what.size.saturating_add(1))
            };
            let answer = self.session.send(self.http, base, request, until);
            let mut answer = answer.map_err(|e| fault::told(e, base, name, Asked::Blob(&written)))?;
            let host = answer.url.host_str().unwrap_or_default().to_owned();
            if let Some(found) = answer.announced().filter(|found| *found != what.size) {
                let detail = format!("{found} bytes, where {} are expected", what.size);
                let (expected, found) = (format!("{} bytes", what.size), format!("{found} bytes"));
                return Err(RemoteError::new(Fault::Forged, &host, detail).differs(expected, found));
            }
            let sized = answer.sized();
            match blob::proved(&mut answer.body, &host, what, sized, read) {
                Ok(made) => return Ok(made),
                Err(e) => tries = again(e, tries, &mut wait)?,
            }
        }
    }

    /// Bytes that the store holds under a digest.
    fn held(&self, digest: &Sha256, most: u64) -> Option<Vec<u8>> {
        let store = self.remote.store().ok()?;
        let size = store.get(digest)?.metadata().ok()?.len();
        let mut bytes = Vec::new();
        (size <= most && store.copy_to(digest, &mut bytes).is_ok()).then_some(bytes)
    }

    /// Keeps bytes for the next run. What cannot be kept costs a request later, no more.
    fn keep(&self, bytes: &[u8]) {
        if let Ok(store) = self.remote.store()
            && store.get(&Sha256::of(bytes)).is_none()
        {
            let mut source = bytes;
            let _ = store.put(&mut source, Expect::at_most(LARGEST));
        }
    }
}

/// Waits before another try; else gives the error back.
fn again(error: RemoteError, tries: u32, wait: &mut Duration) -> Result<u32, RemoteError> {
    if tries <= 1 || !(error.transient && error.midway) {
        return Err(error);
    }
    std::thread::sleep(*wait);
    *wait *= 2;
    Ok(tries - 1)
}

fn page(base: &Base, what: &str) -> RemoteError {
    let detail = format!("a web page, where a registry would answer for {}", quoted(what));
    RemoteError::new(Fault::Broken, base.host(), detail).help("check the registry's host and the proxy")
}
