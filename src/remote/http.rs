//! One HTTP client for every kind of source: retries, redirects, credentials, limits.
//!
//! For the git client and for whoever fetches an artifact. It is made on first use and shared by
//! all threads. What a response means is the caller's matter; that it is 2xx (or 304 where that
//! was asked for) is settled here.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use reqwest::StatusCode;
use reqwest::blocking::Client;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::body::Body;
use super::client::{self, Proxies, Trust, Vetted};
use super::credentials::Credentials;
use super::error::{Fault, RemoteError, flat, shown};
use super::gate::{Gate, Permit};
use super::limits::Limits;
use super::policy;
use super::refusal::failure;

/// What the client is made of; `cli` fills it from the environment.
#[derive(Debug, Default)]
pub struct Options {
    /// Times and tries.
    pub limits: Limits,
    /// Proxies.
    pub proxies: Proxies,
    /// Who is asked after a 401.
    pub credentials: Credentials,
}

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method<'a> {
    /// GET.
    Get,
    /// HEAD: the same answer without its body.
    Head,
    /// POST of these bytes. It is sent again on a dropped connection: only for questions.
    Post(&'a [u8]),
}

/// Whether an answer must say how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// A length, or chunks: else a body that was cut short would pass for the whole.
    Needed,
    /// What comes carries its own end or digest.
    Free,
}

/// Who a request says it comes from.
#[derive(Debug, Clone, Copy)]
pub enum Access<'a> {
    /// Whom the user's netrc and credential helpers name, if the server asks.
    Stored,
    /// Whom this header names, or nobody. A 401 is an answer then, for the caller to judge, and an
    /// error carries what the server said about it.
    Own(Option<&'a str>),
}

/// Conditions and ranges: they hold what one origin told, and are sent to that one alone.
#[derive(Debug, Clone, Copy)]
pub struct Bound<'a> {
    /// The origin (RFC 6454) in its ASCII form, such as `https://h.example`.
    pub origin: &'a str,
    /// `If-None-Match`, `Range` and the like.
    pub headers: &'a [(&'a str, &'a str)],
}

/// One question.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What to do.
    pub method: Method<'a>,
    /// Where.
    pub url: &'a Url,
    /// The URL that a manifest or a mirror wrote. Redirects are judged against it, and credentials
    /// go to its origin alone. Usually `url` itself.
    pub asked: &'a Url,
    /// Further headers. Across origins only `Accept`, `Accept-Encoding`, `Content-Type` and
    /// `Git-Protocol` stay.
    pub headers: &'a [(&'a str, &'a str)],
    /// Headers for one origin alone, wherever on the way it is asked.
    pub bound: Option<Bound<'a>>,
    /// Most bytes of the answer's body.
    pub limit: u64,
    /// Whether a length is needed.
    pub length: Length,
    /// How many answers of the URL's host may be under way at once, of all that say a number.
    /// A host that needs one is also asked more often before it is given up.
    pub at_most: Option<usize>,
    /// Who asks.
    pub access: Access<'a>,
}

impl<'a> Request<'a> {
    /// A GET of a URL that somebody wrote, with at most so many bytes.
    #[must_use]
    pub fn get(url: &'a Url, limit: u64) -> Self {
        Self {
            method: Method::Get,
            url,
            asked: url,
            headers: &[],
            bound: None,
            limit,
            length: Length::Needed,
            at_most: None,
            access: Access::Stored,
        }
    }
}

/// An answer: 2xx, or 304 where a condition was sent, or 401 where the caller brought its own header. 206 only where a range was sent; whether it
/// is the right part is the caller's matter.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Where it came from, after redirects.
    pub url: Url,
    headers: HeaderMap,
    /// Its bytes.
    pub body: Body,
}

impl Response {
    /// A header's value, if it is there and plain text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How long it says its body is, where it does.
    #[must_use]
    pub fn announced(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }

    /// Whether a cut of its body is seen: it has a length, or comes in chunks.
    #[must_use]
    pub fn sized(&self) -> bool {
        self.headers.contains_key(header::CONTENT_LENGTH) || self.headers.contains_key(header::TRANSFER_ENCODING)
    }

    /// Every value of a header that is plain text.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.headers.get_all(name).iter().filter_map(|v| v.to_str().ok())
    }

    /// All headers that are plain text, as name and value.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().filter_map(|(n, v)| Some((n.as_str(), v.to_str().ok()?)))
    }
}

/// The client.
#[derive(Debug, Default)]
pub struct Http {
    options: Options,
    open: OnceLock<Result<Client, String>>,
    /// The open one for `http:` without a proxy, which spares the reading of root certificates.
    plain: OnceLock<Result<Client, String>>,
    guarded: OnceLock<Result<Client, String>>,
    vetted: Vetted,
    gate: Gate,
    warnings: Mutex<BTreeSet<String>>,
}

/// Headers that name no person and open no door: they stay on the way to another origin.
const CARRIED: [&str; 4] = ["accept", "accept-encoding", "content-type", "git-protocol"];

/// The state of one try, hop by hop.
struct Hop {
    url: Url,
    /// Whether the asked origin was ever left: what was for it alone is not sent any more.
    left: bool,
    authorization: Option<HeaderValue>,
}

impl Hop {
    /// The caller's headers that are sent at this hop.
    fn headers<'a>(&self, request: &Request<'a>) -> Vec<(&'a str, &'a str)> {
        let carried = |name: &str| !self.left || CARRIED.iter().any(|c| name.eq_ignore_ascii_case(c));
        let general = request.headers.iter().filter(|(name, _)| carried(name));
        let bound = request.bound.filter(|b| self.url.origin().ascii_serialization() == b.origin);
        general.chain(bound.map_or(&[][..], |b| b.headers)).copied().collect()
    }
}

impl Http {
    /// A client that opens nothing yet.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options, ..Self::default() }
    }

    /// Its limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// Things worth a warning that came up so far, sorted.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) fn warn(&self, text: String) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).insert(text);
    }

    /// Asks, and asks again where that may help.
    ///
    /// # Errors
    /// Every [`Fault`] but those of git. A 401, 429 or 5xx is never told as "not there".
    pub fn send(&self, request: &Request<'_>) -> Result<Response, RemoteError> {
        self.send_until(request, Instant::now() + self.options.limits.total)
    }

    /// …all of it, the body included, before a moment.
    pub(super) fn send_until(&self, request: &Request<'_>, until: Instant) -> Result<Response, RemoteError> {
        let limits = &self.options.limits;
        let most = if request.at_most.is_some() { limits.tries.saturating_mul(2) } else { limits.tries };
        let mut wait = limits.back_off;
        let mut tries = 1;
        loop {
            let error = match self.follow(request, until) {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let pause = error.retry_after.unwrap_or(wait);
            if !error.transient || tries >= most || pause > limits.longest_wait {
                return Err(error);
            }
            if Instant::now() + pause >= until {
                return Err(error);
            }
            std::thread::sleep(pause);
            wait *= 2;
            tries += 1;
        }
    }

    /// One try: the request and its redirects.
    fn follow(&self, request: &Request<'_>, until: Instant) -> Result<Response, RemoteError> {
        let permit = self.permit(request, until)?;
        let credentials = &self.options.credentials;
        let mut hop = Hop {
            url: request.url.clone(),
            left: !policy::same_origin(request.url, request.asked),
            authorization: match request.access {
                Access::Stored => credentials.known(request.asked),
                Access::Own(header) => header.map(secret).transpose()?,
            },
        };
        let mut redirects = 0;
        loop {
            let answer = self.once(request, &hop)?;
            let status = answer.status();
            let host = hop.url.host_str().unwrap_or_default().to_owned();
            if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
                redirects += 1;
                if redirects > self.options.limits.redirects {
                    let detail = format!("more than {} redirects", self.options.limits.redirects);
                    return Err(RemoteError::new(Fault::Refused, &host, detail));
                }
                let next = target(request, &hop.url, &answer)?;
                hop.left |= !policy::same_origin(&next, request.asked);
                if hop.left && matches!((&request.method, &request.access), (Method::Post(_), Access::Own(_))) {
                    let detail = "a login was redirected to another host: it is not sent there";
                    return Err(RemoteError::new(Fault::Refused, &host, detail));
                }
                hop.url = next;
                continue;
            }
            if status == StatusCode::UNAUTHORIZED && matches!(request.access, Access::Own(_)) {
                let headers = answer.headers().clone();
                let body = Body::new(answer, &host, request.limit, until, self.options.limits);
                return Ok(Response { status: status.as_u16(), url: hop.url, headers, body });
            }
            if status == StatusCode::UNAUTHORIZED && !hop.left && hop.authorization.is_none() {
                hop.authorization = Some(credentials.ask(request.asked, &challenges(&answer))?);
                continue;
            }
            if status == StatusCode::UNAUTHORIZED {
                let sent = !hop.left && hop.authorization.is_some();
                // What was sent was found for the asked URL.
                return Err(credentials.rejected(if sent { request.asked } else { &hop.url }, sent));
            }
            let mut response = self.accept(request, &hop, &host, answer, until)?;
            response.body = response.body.holding(permit);
            return Ok(response);
        }
    }

    fn permit(&self, request: &Request<'_>, until: Instant) -> Result<Option<Permit>, RemoteError> {
        let Some(most) = request.at_most else { return Ok(None) };
        let late = || {
            let host = request.url.host_str().unwrap_or_default();
            let detail = format!("the time limit passed while {most} other answers of it were under way");
            RemoteError::new(Fault::Unreachable, host, detail)
        };
        self.gate.enter(request.url, most, until).map(Some).ok_or_else(late)
    }

    fn once(&self, request: &Request<'_>, hop: &Hop) -> Result<reqwest::blocking::Response, RemoteError> {
        let host = hop.url.host_str().unwrap_or_default();
        if !matches!(hop.url.scheme(), "http" | "https") || host.is_empty() {
            let detail = format!("{} is neither http nor https", shown(&hop.url));
            return Err(RemoteError::new(Fault::Refused, host, detail));
        }
        let client = self.client_for(request, hop)?;
        let mut headers = HeaderMap::new();
        for (name, value) in hop.headers(request) {
            let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) else {
                let detail = format!("the header {name} cannot be sent");
                return Err(RemoteError::new(Fault::Refused, host, detail));
            };
            headers.append(name, value);
        }
        if let (Some(value), false) = (&hop.authorization, hop.left) {
            headers.insert(header::AUTHORIZATION, value.clone());
        }
        if hop.url.scheme() == "http" && !policy::is_loopback(&hop.url) {
            self.warn(format!("{host} is asked over http: what it says can be changed on the way"));
        }
        let builder = match request.method {
            Method::Get => client.get(hop.url.clone()),
            Method::Head => client.head(hop.url.clone()),
            Method::Post(body) => client.post(hop.url.clone()).body(body.to_vec()),
        };
        builder.headers(headers).send().map_err(|e| self.explain(host, e))
    }

    /// The open client for the asked origin; for others the guarded one, unless what was asked
    /// was a private host itself.
    fn client_for(&self, request: &Request<'_>, hop: &Hop) -> Result<&Client, RemoteError> {
        let host = hop.url.host_str().unwrap_or_default();
        let options = &self.options;
        let open = || {
            let plain = hop.url.scheme() == "http" && !options.proxies.serve("http");
            let (client, trust) = if plain { (&self.plain, Trust::Nobody) } else { (&self.open, Trust::System) };
            client.get_or_init(|| client::build(&options.limits, &options.proxies, None, trust))
        };
        let client = if policy::same_origin(&hop.url, request.asked) {
            open()
        } else {
            // Behind a proxy names may not resolve here; what does resolve is judged all the same.
            let proxied = options.proxies.serve(hop.url.scheme());
            let public = match client::vet(&hop.url, &self.vetted) {
                Err(_) if proxied => true,
                other => other?,
            };
            if !public && !self.asked_is_private(request.asked) {
                let detail = "the redirect leads to a private, loopback or link-local address";
                return Err(RemoteError::new(Fault::Refused, host, detail));
            }
            if proxied || !public {
                open()
            } else {
                let make = || client::build(&options.limits, &options.proxies, Some(&self.vetted), Trust::System);
                self.guarded.get_or_init(make)
            }
        };
        client
            .as_ref()
            .map_err(|e| RemoteError::new(Fault::Local, host, format!("the HTTP client cannot be made: {e}")))
    }

    fn asked_is_private(&self, asked: &Url) -> bool {
        client::addresses(asked).is_ok_and(|found| found.iter().all(|a| !policy::is_public(a.ip())))
    }

    fn explain(&self, host: &str, error: reqwest::Error) -> RemoteError {
        let error = error.without_url();
        let text = flat(&error);
        let unreachable = |text: String| RemoteError::new(Fault::Unreachable, host, text);
        if text.contains("content-length parsed") || text.contains("transfer-encoding parsed") {
            return RemoteError::new(Fault::Broken, host, "its lengths contradict each other");
        }
        if text.contains("HTTP header parsed") || text.contains("message head is too large") {
            return RemoteError::new(Fault::Broken, host, "the head of its answer cannot be read");
        }
        if text.contains("certificate") {
            let help = "if the certificate is right, its root is missing here: install \
                        ca-certificates or set SSL_CERT_FILE";
            return RemoteError::new(Fault::Refused, host, text).help(help);
        }
        if error.is_dns() {
            return unreachable(format!("its name does not resolve: {text}")).transient();
        }
        if error.is_connect() {
            return unreachable(format!("no connection: {text}")).transient();
        }
        if error.is_timeout() {
            let seconds = self.options.limits.idle.as_secs_f64();
            return unreachable(format!("no answer within {seconds:.1} s"));
        }
        unreachable(format!("the connection dropped: {text}")).transient()
    }

    /// Judges the head of a final answer.
    fn accept(
        &self,
        request: &Request<'_>,
        hop: &Hop,
        host: &str,
        answer: reqwest::blocking::Response,
        until: Instant,
    ) -> Result<Response, RemoteError> {
        let status = answer.status();
        let headers = answer.headers();
        let broken = |detail: &str| Err(RemoteError::new(Fault::Broken, host, detail));
        let sent = hop.headers(request);
        let asked_with = |header: &str| sent.iter().any(|(name, _)| name.eq_ignore_ascii_case(header));
        let conditional = asked_with("if-none-match") || asked_with("if-modified-since");
        match status {
            StatusCode::PARTIAL_CONTENT if asked_with("range") => {}
            StatusCode::PARTIAL_CONTENT => return broken("a part (206) that was not asked for"),
            StatusCode::NOT_MODIFIED if conditional => {}
            s if s.is_success() => {}
            _ => {
                let error = failure(host, &hop.url, status, headers);
                if matches!(request.access, Access::Stored) {
                    return Err(error);
                }
                let media =
                    headers.get(header::CONTENT_TYPE).and_then(|m| m.to_str().ok()).unwrap_or_default().to_owned();
                let body = Body::new(answer, host, u64::MAX, until, self.options.limits);
                return Err(error.saying(status.as_u16(), media, body));
            }
        }
        let length = headers.get(header::CONTENT_LENGTH);
        let transfer = headers.get(header::TRANSFER_ENCODING);
        if length.is_some() && transfer.is_some() {
            return broken("both a Content-Length and a Transfer-Encoding");
        }
        // Anything else than chunks ends where the connection does.
        let chunked = transfer.is_some_and(|t| t.as_bytes().eq_ignore_ascii_case(b"chunked"));
        if transfer.is_some() && !chunked {
            return broken("a Transfer-Encoding that was not asked for");
        }
        let encoding = headers.get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|e| !e.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return broken("a Content-Encoding that was not asked for");
        }
        let head = request.method == Method::Head;
        let bare = length.is_none() && !chunked && status != StatusCode::NOT_MODIFIED && !head;
        if bare && request.length == Length::Needed {
            let detail = "it does not say how long it is, so that a cut would not be seen";
            return Err(RemoteError::new(Fault::Refused, host, detail));
        }
        let announced = length.and_then(|l| l.to_str().ok()).and_then(|l| l.parse::<u64>().ok());
        if let Some(size) = announced.filter(|size| *size > request.limit && !head) {
            let detail = format!("{size} bytes, more than the {} that are taken", request.limit);
            return Err(RemoteError::new(Fault::Refused, host, detail));
        }
        if !hop.left
            && let (Some(value), Access::Stored) = (&hop.authorization, request.access)
        {
            self.options.credentials.accepted(request.asked, value);
        }
        Ok(Response {
            status: status.as_u16(),
            url: hop.url.clone(),
            headers: headers.clone(),
            body: Body::new(answer, host, request.limit, until, self.options.limits),
        })
    }
}

/// Where a redirect leads, if it may.
fn target(request: &Request<'_>, from: &Url, answer: &reqwest::blocking::Response) -> Result<Url, RemoteError> {
    let host = from.host_str().unwrap_or_default();
    let status = answer.status();
    let refused = |detail: String| Err(RemoteError::new(Fault::Refused, host, detail));
    let keeps = matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    let known = keeps || matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER);
    if !known || (matches!(request.method, Method::Post(_)) && !keeps) {
        return refused(format!("HTTP {} is not followed here", status.as_u16()));
    }
    let location = answer.headers().get(header::LOCATION).and_then(|l| l.to_str().ok());
    let Some(next) = location.and_then(|l| from.join(l).ok()) else {
        return refused("a redirect without a target that can be read".to_owned());
    };
    match policy::scheme_allowed(from, &next) {
        Ok(()) => Ok(next),
        Err(why) => refused(format!("the redirect to {} {why}", shown(&next))),
    }
}

/// A header's value that no message shows.
fn secret(text: &str) -> Result<HeaderValue, RemoteError> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| RemoteError::new(Fault::Local, "", "the credentials cannot be sent in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn challenges(answer: &reqwest::blocking::Response) -> Vec<String> {
    let all = answer.headers().get_all(header::WWW_AUTHENTICATE);
    all.iter().filter_map(|v| Some(v.to_str().ok()?.to_owned())).collect()
}
