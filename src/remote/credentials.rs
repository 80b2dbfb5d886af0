//! Who we are to a host: asked only after a 401, for that origin alone, once a run.
//!
//! For `http`. The order is netrc, apt's auth.conf, then the credential helpers of the user's and the system's git
//! configuration. A repository's configuration is never read, nobody is prompted, and nothing is
//! stored or erased.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use reqwest::header::HeaderValue;
use url::Url;

use super::error::{Fault, RemoteError};
use super::helpers::ask_helpers;
use super::sources::{Account, CredentialSources};
use super::{auth_conf, netrc, policy};

/// The credentials of one run.
#[derive(Debug, Default)]
pub struct Credentials {
    sources: CredentialSources,
    /// By origin, and by the place within it where an auth.conf names one. The lock is held while a helper runs, so that it is asked once.
    found: Mutex<HashMap<String, Found>>,
}

#[derive(Debug, Clone)]
struct Found {
    header: HeaderValue,
    source: String,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Untried,
    Accepted,
    Rejected,
}

impl Credentials {
    /// Credentials from these sources; none is read yet.
    #[must_use]
    pub fn new(sources: CredentialSources) -> Self {
        Self { sources, found: Mutex::default() }
    }

    fn found(&self) -> std::sync::MutexGuard<'_, HashMap<String, Found>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The header that this origin accepted before.
    pub(super) fn known(&self, url: &Url) -> Option<HeaderValue> {
        let found = self.found();
        let known = found.get(&self.key(url))?;
        (known.state == State::Accepted).then(|| known.header.clone())
    }

    /// The header for an origin that answered 401 with these challenges.
    pub(super) fn ask(&self, url: &Url, challenges: &[String]) -> Result<HeaderValue, RemoteError> {
        let host = url.host_str().unwrap_or_default();
        let denied = |detail: String| RemoteError::new(Fault::Denied, host, detail);
        // An auth.conf can say http, and then means it.
        let written = url.scheme() == "http" && self.of_apt(url).is_ok_and(|found| found.is_some());
        if url.scheme() == "http" && !policy::is_loopback(url) && !written {
            let detail = "it asks for credentials, which are not sent over http".to_owned();
            return Err(denied(detail).help("use the https URL"));
        }
        let basic = |c: &String| c.get(..5).is_some_and(|s| s.eq_ignore_ascii_case("basic"));
        if !challenges.is_empty() && !challenges.iter().any(basic) {
            return Err(denied("it asks for another kind of credentials than Basic".to_owned()));
        }
        let mut found = self.found();
        if let Some(known) = found.get(&self.key(url)) {
            return match known.state {
                State::Rejected => Err(denied(not_accepted(&known.source))),
                _ => Ok(known.header.clone()),
            };
        }
        let account = self.look(url, host, written)?;
        let pair = format!("{}:{}", account.login, account.password);
        let text = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
        let mut header = HeaderValue::from_str(&text)
            .map_err(|_| denied("its credentials cannot be sent in a header".to_owned()))?;
        header.set_sensitive(true);
        let source = account.source;
        let entry = Found { header: header.clone(), source, state: State::Untried };
        found.insert(self.key(url), entry);
        Ok(header)
    }

    /// What the auth.conf files have for a URL, and its place among all entries.
    fn of_apt(&self, url: &Url) -> Result<Option<(usize, netrc::Login)>, auth_conf::AuthConfError> {
        let mut entries = Vec::new();
        for text in &self.sources.apt_auth {
            entries.extend(auth_conf::read(text)?);
        }
        Ok(auth_conf::best(&entries, url).map(|(at, entry)| (at, entry.login.clone())))
    }

    /// Under what a URL's credentials are kept: its origin, and the entry of an auth.conf that is
    /// for a part of it alone.
    fn key(&self, url: &Url) -> String {
        let origin = url.origin().ascii_serialization();
        match self.of_apt(url) {
            Ok(Some((at, _))) => format!("{origin} {at}"),
            _ => origin,
        }
    }

    /// `apt` where http was asked and an auth.conf alone may answer.
    fn look(&self, url: &Url, host: &str, apt: bool) -> Result<Account, RemoteError> {
        let denied = |detail: String| RemoteError::new(Fault::Denied, host, detail);
        let mut looked = Vec::new();
        match self.sources.netrc.as_ref().filter(|_| !apt || policy::is_loopback(url)) {
            None => looked.push("there is no netrc".to_owned()),
            Some(text) => match netrc::look_up(text, host) {
                Ok(Some(found)) => {
                    let source = "netrc".to_owned();
                    return Ok(Account { login: found.login, password: found.password, source });
                }
                Ok(None) => looked.push("netrc does not name it".to_owned()),
                Err(e) => looked.push(format!("netrc cannot be read ({e})")),
            },
        }
        match self.of_apt(url) {
            Ok(Some((_, found))) => {
                let source = "apt's auth.conf".to_owned();
                return Ok(Account { login: found.login, password: found.password, source });
            }
            Ok(None) if self.sources.apt_auth.is_empty() => {}
            Ok(None) => looked.push("apt's auth.conf does not name it".to_owned()),
            Err(e) => looked.push(format!("apt's auth.conf cannot be read ({e})")),
        }
        match ask_helpers(&self.sources, url) {
            Ok(account) => Ok(account),
            Err(why) => {
                looked.push(why);
                Err(denied(format!("it asks for credentials; {}", looked.join(", "))))
            }
        }
    }

    /// The origin answered well with this header.
    pub(super) fn accepted(&self, url: &Url, header: &HeaderValue) {
        if let Some(known) = self.found().get_mut(&self.key(url)).filter(|k| k.header == header) {
            known.state = State::Accepted;
        }
    }

    /// What a 401 comes to when nothing further can be tried.
    pub(super) fn rejected(&self, url: &Url, sent: bool) -> RemoteError {
        let host = url.host_str().unwrap_or_default();
        let mut found = self.found();
        match found.get_mut(&self.key(url)).filter(|_| sent) {
            Some(known) => {
                known.state = State::Rejected;
                RemoteError::new(Fault::Denied, host, not_accepted(&known.source))
            }
            None => {
                let detail = "it asks for credentials, which are not sent after a redirect";
                RemoteError::new(Fault::Denied, host, detail).help("name this host's own URL")
            }
        }
    }
}

fn not_accepted(source: &str) -> String {
    format!("the credentials from {source} were not accepted")
}
