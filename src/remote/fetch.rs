//! A URL's bytes into the store: from there, a second store, a mirror or upstream.
//!
//! For `source`, which resolves what stands behind a URL, and for the verb that puts locked files
//! back. Two questions, never mixed: *exactly these bytes* (their digest is known: whoever has
//! them may serve them), and *what stands there now* (upstream decides, or a mirror that may).
//! What a changed value means is the caller's matter.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use url::Url;

use super::cache::{Cache, Record};
use super::error::{Fault, RemoteError, flat, shown};
use super::http::{Bound, Http, Length, Request, Response};
use super::mirrors::Mirrors;
use super::resume::Resuming;
use crate::disk::{Expect, Store, StoreError, Stored};
use crate::model::{Sha256, quoted};

/// Who gave the bytes, or said that they are still the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// This machine's store: nothing was asked.
    Store,
    /// The second store, by digest.
    Second,
    /// A mirror: by digest, or one that may decide.
    Mirror,
    /// The URL itself.
    Upstream,
}

/// What a URL came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fetched {
    /// The bytes, held by the store.
    pub stored: Stored,
    /// Who said so.
    pub origin: Origin,
    /// Whether they are the known ones.
    pub unchanged: bool,
    /// How many bytes of bodies came over the network for it.
    pub moved: u64,
}

/// Another store than this machine's, asked by digest. What it serves is hashed like all else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecondStore {
    /// A folder with one file a digest, as [`Store::export`] fills it.
    Folder(PathBuf),
    /// A URL with `{sha256}` in it.
    Template(String),
}

impl SecondStore {
    /// Reads an absolute folder, or a http(s) URL with `{sha256}`.
    ///
    /// # Errors
    /// Neither of both, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        if Path::new(text).is_absolute() {
            return Ok(Self::Folder(PathBuf::from(text)));
        }
        let url = Url::parse(&text.replace("{sha256}", &"0".repeat(64)))
            .map_err(|_| format!("{} is neither an absolute folder nor a URL", quoted(text)))?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(format!("the store {} is neither https nor http", shown(&url)));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the store's URL holds credentials: use netrc".to_owned());
        }
        if !text.contains("{sha256}") {
            return Err(format!("the store's URL {} lacks {{sha256}}", quoted(text)));
        }
        Ok(Self::Template(text.to_owned()))
    }
}

/// Downloads. Cheap to make; threads share one.
#[derive(Debug, Clone)]
pub struct Fetch<'a> {
    http: &'a Http,
    mirrors: &'a Mirrors,
    store: &'a Store,
    cache: Cache,
    second: Option<&'a SecondStore>,
    files: bool,
    at_most: Option<usize>,
}

/// What one place answered.
enum Answer {
    Body(Stored),
    Same,
}

impl<'a> Fetch<'a> {
    /// Downloads into a store, without a second store and without `file:`.
    #[must_use]
    pub fn new(http: &'a Http, mirrors: &'a Mirrors, store: &'a Store, cache: Cache) -> Self {
        Self { http, mirrors, store, cache, second: None, files: false, at_most: None }
    }

    /// …with another store.
    #[must_use]
    pub fn second(mut self, second: Option<&'a SecondStore>) -> Self {
        self.second = second;
        self
    }

    /// …with `file:` URLs, where a manifest wrote one. Those of mirrors are always followed.
    #[must_use]
    pub fn with_files(mut self, allowed: bool) -> Self {
        self.files = allowed;
        self
    }

    /// …with at most so many answers of one host under way at once, of all downloads that say a
    /// number: for archives that throttle.
    #[must_use]
    pub fn at_most(mut self, answers: Option<usize>) -> Self {
        self.at_most = answers;
        self
    }

    /// The store that it fills.
    #[must_use]
    pub fn store(&self) -> &'a Store {
        self.store
    }

    /// A URL's bytes.
    ///
    /// With `expect.sha256` exactly those: the store is asked, the second store, a mirror, then
    /// upstream. A place that has other bytes is passed over with a warning; if it is upstream
    /// itself, that is [`Fault::Forged`].
    ///
    /// Without it what stands there now: upstream is asked, or a mirror with `resolve` in its
    /// place, on condition that something changed since the last time. `known` decides nothing:
    /// it is what [`Fetched::unchanged`] compares with.
    ///
    /// # Errors
    /// [`Fault::Forged`] for other bytes than expected; [`Fault::Local`] where the store cannot
    /// take them; every other fault but those of git.
    pub fn artifact(&self, url: &str, expect: Expect, known: Option<Sha256>) -> Result<Fetched, RemoteError> {
        let url = self.vetted(url, self.files)?;
        let mut fetched = match expect.sha256 {
            Some(digest) => self.exactly(&url, expect, &digest)?,
            None => self.current(&url, expect)?,
        };
        fetched.unchanged = known == Some(fetched.stored.sha256);
        Ok(fetched)
    }

    /// The bytes of a digest from the store or the second store; no other place is asked.
    #[must_use]
    pub fn by_hash(&self, digest: &Sha256, size: u64) -> Option<Stored> {
        self.held(Expect::exactly(*digest, size), digest).map(|f| f.stored)
    }

    /// Where a URL leads, without taking what is there: the last place, the URL that was asked (a
    /// mirror's, where one may decide), and whether that was a mirror's.
    ///
    /// # Errors
    /// As [`Http::send`].
    pub fn leads(&self, url: &str) -> Result<(Url, Url, bool), RemoteError> {
        let url = self.vetted(url, false)?;
        let mirrored = self.mirrors.for_url(url.as_str()).filter(|m| m.resolve);
        let target = mirrored.as_ref().map_or(Ok(url), |m| self.vetted(&m.url, false))?;
        let request = Request { length: Length::Free, at_most: self.at_most, ..Request::get(&target, u64::MAX) };
        let place = self.http.send(&request)?.url;
        Ok((place, target, mirrored.is_some()))
    }

    fn exactly(&self, url: &Url, expect: Expect, digest: &Sha256) -> Result<Fetched, RemoteError> {
        if let Some(found) = self.held(expect, digest) {
            return Ok(found);
        }
        let mirrored = match self.mirrors.for_url(url.as_str()) {
            Some(mirrored) => self.of_mirror(&mirrored.url, expect),
            None => None,
        };
        let first = match mirrored {
            Some(Ok(found)) => return Ok(found),
            Some(Err(e)) => Some(e),
            None => None,
        };
        match (self.whole(url, expect), first) {
            (Ok((stored, moved)), _) => Ok(told(stored, Origin::Upstream, moved)),
            // Behind a mirror the upstream is often out of reach: then the mirror's word counts.
            (Err(e), Some(first)) if e.fault() == Fault::Unreachable => Err(first),
            (Err(e), _) => Err(e),
        }
    }

    fn current(&self, url: &Url, expect: Expect) -> Result<Fetched, RemoteError> {
        let mirrored = self.mirrors.for_url(url.as_str()).filter(|m| m.resolve);
        let (target, origin) = match mirrored {
            Some(mirrored) => (self.vetted(&mirrored.url, true)?, Origin::Mirror),
            None => (url.clone(), Origin::Upstream),
        };
        let record = self.cache.get(target.as_str());
        let record = record.filter(|r| r.size <= expect.limit && expect.size.is_none_or(|s| s == r.size));
        let mut told_before = 0;
        if let Some(record) = record {
            match self.download(&target, expect, Some(&record))? {
                (Answer::Body(stored), moved) => return Ok(told(stored, origin, moved)),
                (Answer::Same, moved) => {
                    told_before = moved;
                    let same = Expect { sha256: Some(record.sha256), size: Some(record.size), ..expect };
                    if let Some(found) = self.held(same, &record.sha256) {
                        return Ok(Fetched { origin, moved: found.moved + moved, ..found });
                    }
                    let mirrored = self.mirrors.for_url(url.as_str()).filter(|_| origin == Origin::Upstream);
                    if let Some(Ok(found)) = mirrored.and_then(|m| self.of_mirror(&m.url, same)) {
                        return Ok(Fetched { origin, moved: found.moved + moved, ..found });
                    }
                }
            }
        }
        let (stored, moved) = self.whole(&target, expect)?;
        Ok(told(stored, origin, moved + told_before))
    }

    /// What the store or the second store has under a digest.
    fn held(&self, expect: Expect, digest: &Sha256) -> Option<Fetched> {
        self.at_hand(expect, digest).or_else(|| self.of_second(expect, digest))
    }

    fn at_hand(&self, expect: Expect, digest: &Sha256) -> Option<Fetched> {
        match self.store.verify(digest, expect.sha512) {
            Ok(Some(stored)) if expect.size.is_none_or(|s| s == stored.size) => Some(told(stored, Origin::Store, 0)),
            Ok(_) => None,
            Err(e) => {
                self.http.warn(e.to_string());
                None
            }
        }
    }

    fn of_second(&self, expect: Expect, digest: &Sha256) -> Option<Fetched> {
        let found = match self.second? {
            SecondStore::Folder(dir) => self.local(&dir.join(digest.to_string()), expect).map(|stored| (stored, 0)),
            SecondStore::Template(text) => {
                let url = self.vetted(&text.replace("{sha256}", &digest.to_string()), false);
                url.and_then(|url| self.whole(&url, expect))
            }
        };
        match found {
            Ok((stored, moved)) => Some(told(stored, Origin::Second, moved)),
            Err(e) if e.fault() == Fault::NotThere => None,
            Err(e) => {
                self.http.warn(format!("the second store is passed over: {e}"));
                None
            }
        }
    }

    /// A mirror's bytes, whose digest is known. Other bytes are passed over, never accepted.
    fn of_mirror(&self, url: &str, expect: Expect) -> Option<Result<Fetched, RemoteError>> {
        let found = self.vetted(url, true).and_then(|url| self.whole(&url, expect));
        match found {
            Ok((stored, moved)) => Some(Ok(told(stored, Origin::Mirror, moved))),
            Err(e) if e.fault() == Fault::Forged => {
                self.http.warn(format!("the mirror {} is passed over: {e}", quoted(url)));
                None
            }
            Err(e) => Some(Err(e)),
        }
    }

    /// A URL that may be asked: http(s) without credentials, or a file where that is allowed.
    fn vetted(&self, text: &str, files: bool) -> Result<Url, RemoteError> {
        let refused = |host: &str, detail: String| Err(RemoteError::new(Fault::Refused, host, detail));
        let Ok(mut url) = Url::parse(text) else {
            return refused("", format!("{} is no URL", quoted(text)));
        };
        url.set_fragment(None);
        let host = url.host_str().unwrap_or_default().to_owned();
        if !url.username().is_empty() || url.password().is_some() {
            return refused(&host, format!("{} holds credentials: use netrc", shown(&url)));
        }
        match url.scheme() {
            "https" | "http" => Ok(url),
            "file" if files => Ok(url),
            "file" => refused(&host, format!("{} is a file, which is not followed here", shown(&url))),
            _ => refused(&host, format!("{} is neither https nor http", shown(&url))),
        }
    }

    /// The whole of what a URL has, unconditionally.
    fn whole(&self, url: &Url, expect: Expect) -> Result<(Stored, u64), RemoteError> {
        if url.scheme() == "file" {
            let path = url
                .to_file_path()
                .map_err(|()| RemoteError::new(Fault::Refused, url.as_str(), "it is no path on this machine"))?;
            return Ok((self.local(&path, expect)?, 0));
        }
        match self.download(url, expect, None)? {
            (Answer::Body(stored), moved) => Ok((stored, moved)),
            (Answer::Same, _) => {
                let host = url.host_str().unwrap_or_default();
                Err(RemoteError::new(Fault::Broken, host, "not modified (304), which was not asked"))
            }
        }
    }

    fn local(&self, path: &Path, expect: Expect) -> Result<Stored, RemoteError> {
        let name = path.to_string_lossy();
        let failed = |e: std::io::Error| {
            let fault = if e.kind() == std::io::ErrorKind::NotFound { Fault::NotThere } else { Fault::Local };
            RemoteError::new(fault, &name, format!("{}: {}", quoted(&name), flat(&e)))
        };
        // Looked at first: the open of a fifo would wait.
        if !path.metadata().map_err(failed)?.is_file() {
            return Err(RemoteError::new(Fault::Refused, &name, "it is no plain file"));
        }
        let mut file = File::open(path).map_err(failed)?;
        self.store.put(&mut file, expect).map_err(|e| not_stored(e, &name, true))
    }

    /// Asks one place, again where that may help, and keeps the record of what it said. The second
    /// number counts the bytes that came.
    fn download(&self, url: &Url, expect: Expect, record: Option<&Record>) -> Result<(Answer, u64), RemoteError> {
        let limits = *self.http.limits();
        let until = Instant::now() + limits.total;
        let host = url.host_str().unwrap_or_default();
        let (mut tries, mut wait, mut join, mut moved) = (limits.tries, limits.back_off, true, 0);
        let mut next: Option<Response> = None;
        let mut condition = record;
        loop {
            let response = match next.take() {
                Some(response) => response,
                None => self.ask(url, expect, condition, until)?,
            };
            if response.status == 304 {
                if condition.is_some_and(|r| r.confirmed_by(&response)) {
                    return Ok((Answer::Same, moved));
                }
                // It speaks of another content than the one that was asked about.
                condition = None;
                continue;
            }
            if response.status != 200 {
                let detail = format!("HTTP {} where a file is expected", response.status);
                return Err(RemoteError::new(Fault::Broken, host, detail));
            }
            fits(&response, &expect, host)?;
            let sized = response.sized();
            let about = Record::of(url.as_str(), &response, Sha256::of(b""), 0);
            let mut body = Resuming::new(self.http, url, expect.limit, until, response, join);
            body.tries = tries.saturating_sub(1);
            body.at_most = self.at_most;
            let put = self.store.put(&mut body, expect);
            moved += body.read;
            tries = tries.saturating_sub(1).min(body.tries);
            let error = match put {
                Ok(stored) => {
                    match about {
                        Some(about) => self.cache.keep(&Record { sha256: stored.sha256, size: stored.size, ..about }),
                        None => self.cache.forget(url.as_str()),
                    }
                    return Ok((Answer::Body(stored), moved));
                }
                Err(StoreError::Differs { .. }) if body.joined && join => {
                    // The server's tag lied about the two halves, or it did not: once without.
                    join = false;
                    continue;
                }
                Err(error) => not_stored(error, host, sized),
            };
            next = body.anew.take();
            if tries == 0 || !(error.transient && error.midway) {
                return Err(error);
            }
            if next.is_none() {
                if Instant::now() + wait >= until {
                    return Err(error);
                }
                std::thread::sleep(wait);
                wait *= 2;
            }
        }
    }

    fn ask(&self, url: &Url, expect: Expect, record: Option<&Record>, until: Instant) -> Result<Response, RemoteError> {
        let conditions = record.map(Record::conditions).unwrap_or_default();
        let request = Request {
            // Bytes as they are: what is hashed is what is placed.
            headers: &[("Accept-Encoding", "identity")],
            bound: record.map(|r| Bound { origin: &r.origin, headers: &conditions }),
            // Where the size is known, a cut is seen by it.
            length: if expect.size.is_some() { Length::Free } else { Length::Needed },
            at_most: self.at_most,
            ..Request::get(url, expect.limit)
        };
        self.http.send_until(&request, until)
    }
}

fn told(stored: Stored, origin: Origin, moved: u64) -> Fetched {
    Fetched { stored, origin, unchanged: false, moved }
}

/// What the head alone tells against an answer: another length than the one that is known.
fn fits(response: &Response, expect: &Expect, host: &str) -> Result<(), RemoteError> {
    match (response.announced(), expect.size) {
        (Some(found), Some(expected)) if found != expected => {
            Err(not_stored(StoreError::Size { expected, found }, host, true))
        }
        _ => Ok(()),
    }
}

/// Why bytes were not kept, as a fault of the one who sent them, or of this machine.
fn not_stored(error: StoreError, host: &str, sized: bool) -> RemoteError {
    let new = |fault, detail: String| RemoteError::new(fault, host, detail);
    match error {
        StoreError::Source(e) => match RemoteError::of_io(&e) {
            Some(error) => error.clone(),
            None => new(Fault::Local, format!("{} cannot be read: {}", quoted(host), flat(&e))),
        },
        StoreError::TooLarge { limit } => new(Fault::Refused, format!("it is larger than {limit} bytes")),
        StoreError::Size { expected, found } if found < expected && !sized => {
            let detail = format!("the connection dropped after {found} bytes of {expected}");
            new(Fault::Unreachable, detail).transient().midway()
        }
        StoreError::Size { expected, found } => {
            let detail = format!("{found} bytes, where {expected} are expected");
            new(Fault::Forged, detail).differs(format!("{expected} bytes"), format!("{found} bytes"))
        }
        StoreError::Differs { expected, found } => {
            new(Fault::Forged, "their SHA-256 is not the expected one".to_owned()).differs(expected, found)
        }
        other => {
            let trouble = other.to_trouble();
            let error = new(Fault::Local, trouble.message);
            match trouble.help {
                Some(help) => error.help(help),
                None => error,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_store_is_a_folder_or_a_url_with_a_digest_in_it() {
        assert_eq!(SecondStore::parse("/srv/store"), Ok(SecondStore::Folder("/srv/store".into())));
        let template = "https://s.example/{sha256}";
        assert_eq!(SecondStore::parse(template), Ok(SecondStore::Template(template.to_owned())));
        for bad in [
            "",
            "store",
            "https://s.example/",
            "file:///srv/{sha256}",
            "ftp://s.example/{sha256}",
            "https://u:p@s.example/{sha256}",
            "https://u@s.example/{sha256}",
        ] {
            assert!(SecondStore::parse(bad).is_err(), "{bad}");
        }
        let error = SecondStore::parse("https://u:hunter2@s.example/{sha256}").unwrap_err();
        assert!(!error.contains("hunter2"));
    }

    #[test]
    fn urls_with_other_schemes_or_credentials_are_refused_before_anything_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let (http, mirrors) = (Http::default(), Mirrors::none());
        let fetch = Fetch::new(&http, &mirrors, &store, Cache::new(dir.path().join("answers")));
        for bad in ["ftp://h/x", "ext::sh", "file:///etc/passwd", "https://u:hunter2@h/x", "x", "", "data:,x"] {
            let error = fetch.artifact(bad, Expect::at_most(9), None).unwrap_err();
            assert_eq!(error.fault(), Fault::Refused, "{error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_full_disk_is_this_machines_and_forged_bytes_are_the_servers() {
        let digest = Sha256::of(b"");
        let of = |error| not_stored(error, "h.example", true);
        let error = of(StoreError::Differs { expected: digest, found: Sha256::of(b"x") });
        assert_eq!((error.fault(), error.class().code()), (Fault::Forged, 3));
        let trouble = error.trouble();
        assert_eq!(trouble.expected, Some(digest.to_string()));
        assert_eq!(trouble.found, Some(Sha256::of(b"x").to_string()));
        assert_eq!(of(StoreError::Missing(digest)).fault(), Fault::Local);
        assert_eq!(of(StoreError::TooLarge { limit: 1 }).fault(), Fault::Refused);
        let short = StoreError::Size { expected: 9, found: 1 };
        assert_eq!(not_stored(short, "h.example", false).fault(), Fault::Unreachable);
    }
}
