//! A body that goes on where its connection dropped.
//!
//! For `fetch`. Bytes of two answers are joined only where the server vouches with a strong entity
//! tag that they are of one content (RFC 9110, 13.1.5), and where the part fits to the byte. Else
//! the reader ends with the error, and the download starts anew.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use url::Url;

use super::body::Body;
use super::cache::strong;
use super::error::{Fault, RemoteError};
use super::http::{Bound, Http, Length, Request, Response};

/// What a part must be of, to be joined.
struct Whole {
    etag: String,
    origin: String,
    modified: Option<String>,
    /// The length of the whole, where it was told.
    total: Option<u64>,
}

/// A body with its second chances.
pub(super) struct Resuming<'a> {
    http: &'a Http,
    url: &'a Url,
    limit: u64,
    until: Instant,
    /// As [`Request::at_most`].
    pub(super) at_most: Option<usize>,
    body: Body,
    whole: Option<Whole>,
    /// How often it may still go on.
    pub(super) tries: u32,
    wait: Duration,
    /// Bytes of the whole so far.
    pub(super) read: u64,
    /// Whether bytes of two answers were joined.
    pub(super) joined: bool,
    /// The answer to a range that was the whole instead, since its content has changed.
    pub(super) anew: Option<Response>,
}

impl<'a> Resuming<'a> {
    /// A body; `may` says whether it may be joined with parts at all.
    pub(super) fn new(http: &'a Http, url: &'a Url, limit: u64, until: Instant, response: Response, may: bool) -> Self {
        let etag = response.header("etag").and_then(strong).filter(|_| may && response.status == 200);
        let whole = etag.map(|etag| Whole {
            etag: etag.to_owned(),
            origin: response.url.origin().ascii_serialization(),
            modified: response.header("last-modified").map(str::to_owned),
            total: response.announced(),
        });
        let limits = http.limits();
        Self {
            http,
            url,
            limit,
            until,
            at_most: None,
            body: response.body,
            whole,
            tries: limits.tries.saturating_sub(1),
            wait: limits.back_off,
            read: 0,
            joined: false,
            anew: None,
        }
    }

    /// Asks for the rest. `Ok(false)`: it cannot be had, or does not fit.
    fn go_on(&mut self) -> Result<bool, RemoteError> {
        let Some(whole) = &mut self.whole else {
            return Ok(false);
        };
        if self.read == 0 || self.tries == 0 {
            return Ok(false);
        }
        self.tries -= 1;
        std::thread::sleep(self.wait);
        self.wait *= 2;
        let range = format!("bytes={}-", self.read);
        let headers = [("Range", range.as_str()), ("If-Range", whole.etag.as_str())];
        let request = Request {
            headers: &[("Accept-Encoding", "identity")],
            bound: Some(Bound { origin: &whole.origin, headers: &headers }),
            length: Length::Needed,
            at_most: self.at_most,
            ..Request::get(self.url, self.limit)
        };
        let response = match self.http.send_until(&request, self.until) {
            Ok(response) => response,
            // Such as 416: the range is not one of what is there now.
            Err(e) if e.fault() == Fault::Broken => return Ok(false),
            Err(e) => return Err(e),
        };
        if response.status != 206 {
            self.anew = Some(response);
            return Ok(false);
        }
        let part = response.header("content-range").and_then(part_of);
        let fits = part.is_some_and(|(first, last, total)| {
            first == self.read && last.checked_add(1) == Some(total) && whole.total.is_none_or(|t| t == total)
        });
        let same = response.header("etag") == Some(&whole.etag)
            && response.header("last-modified").is_none_or(|m| whole.modified.as_deref() == Some(m));
        if !fits || !same {
            return Ok(false);
        }
        whole.total = part.map(|(_, _, total)| total);
        self.body = response.body;
        self.joined = true;
        Ok(true)
    }
}

impl Read for Resuming<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let error = match self.body.read(buffer) {
                Ok(0) if !buffer.is_empty() && self.joined => {
                    let total = self.whole.as_ref().and_then(|w| w.total);
                    if total.is_some_and(|t| t != self.read) {
                        let host = self.url.host_str().unwrap_or_default();
                        let detail = format!("a part that ends at {} bytes and not where it said", self.read);
                        return Err(RemoteError::new(Fault::Broken, host, detail).into());
                    }
                    return Ok(0);
                }
                Ok(count) => {
                    self.read += count as u64;
                    return Ok(count);
                }
                Err(error) => error,
            };
            let dropped = RemoteError::of_io(&error).is_some_and(|e| e.transient && e.midway);
            if !dropped {
                return Err(error);
            }
            match self.go_on() {
                Ok(true) => {}
                Ok(false) => return Err(error),
                Err(e) => return Err(e.into()),
            }
        }
    }
}

/// `bytes FIRST-LAST/TOTAL` (RFC 9110, 14.4), all three known.
fn part_of(text: &str) -> Option<(u64, u64, u64)> {
    let number = |t: &str| t.bytes().all(|b| b.is_ascii_digit()).then(|| t.parse().ok()).flatten();
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last, total) = (number(first)?, number(last)?, number(total)?);
    (first <= last && last < total).then_some((first, last, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_says_from_where_to_where_of_how_much() {
        assert_eq!(part_of("bytes 5-9/10"), Some((5, 9, 10)));
        let max = "bytes 0-18446744073709551614/18446744073709551615";
        assert_eq!(part_of(max), Some((0, u64::MAX - 1, u64::MAX)));
        for bad in [
            "",
            "5-9/10",
            "bytes 5-9",
            "bytes 5-9/*",
            "bytes */10",
            "bytes 9-5/10",
            "bytes 5-10/10",
            "bytes +5-9/10",
            "bytes 5--9/10",
            "items 5-9/10",
            "bytes 5-9/10, bytes 1-2/10",
            "bytes 0-1/99999999999999999999999",
        ] {
            assert_eq!(part_of(bad), None, "{bad}");
        }
    }
}
