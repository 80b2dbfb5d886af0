//! Getting in: anonymous first, then what the registry asks for, once a run.
//!
//! For the client beside it. Basic (RFC 7617), and Bearer with a token service as the distribution
//! project's "Token Authentication Specification" has it. A login goes to the registry itself or
//! to the token service that the registry names, over https or on this machine, and never across
//! a redirect. A login that was not accepted is not tried again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use base64::Engine as _;
use serde_json::Value as Json;
use url::Url;

use super::challenge::{self, Challenge};
use super::fault::login_help;
use super::logins::{Book, Login, Logins, Secret};
use super::place::Base;
use crate::remote::error::{Fault, RemoteError, shown};
use crate::remote::http::{Access, Bound, Http, Length, Method, Request, Response};
use crate::remote::policy;

/// The largest answer of a token service, in bytes.
const ANSWER: u64 = 256 * 1024;

/// The longest token that is sent, in bytes.
const TOKEN: usize = 64 * 1024;

/// One repository's door. Its lock is held while a token is fetched, so that it is once.
type Slot = Arc<Mutex<Door>>;

/// The logins and tokens of one run.
#[derive(Debug, Default)]
pub struct Session {
    book: Book,
    /// By origin and path.
    doors: Mutex<HashMap<(String, String), Slot>>,
    /// By registry and path.
    found: Mutex<HashMap<(String, String), Result<Login, String>>>,
    /// Logins that an origin did not accept, with what was said then.
    rejected: Mutex<Vec<(String, Login, RemoteError)>>,
}

/// How one repository is entered.
#[derive(Clone, Default)]
enum Door {
    #[default]
    Untried,
    /// With this header.
    Open(String),
    /// Not at all.
    Shut(RemoteError),
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Untried => "Untried",
            Self::Open(_) => "Open",
            Self::Shut(_) => "Shut",
        })
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    /// Nobody is logged in yet.
    pub(in crate::remote) fn new(logins: Logins) -> Self {
        Self { book: Book::new(logins), ..Self::default() }
    }

    /// Asks, and after a 401 again with what was asked for.
    pub(super) fn send(
        &self,
        http: &Http,
        base: &Base,
        request: Request<'_>,
        until: Instant,
    ) -> Result<Response, RemoteError> {
        let slot = held(&self.doors).entry((base.origin(), base.path.clone())).or_default().clone();
        let mut known = match held(&slot).clone() {
            Door::Untried => None,
            Door::Open(header) => Some(header),
            Door::Shut(error) => return Err(error),
        };
        let mut entered = false;
        loop {
            let answer = http.send_until(&Request { access: Access::Own(known.as_deref()), ..request }, until)?;
            if answer.status != 401 {
                return Ok(answer);
            }
            if answer.url.origin().ascii_serialization() != base.origin() {
                let host = answer.url.host_str().unwrap_or_default();
                let detail = format!("{} leads there, and logins are not sent across a redirect", base.host());
                return Err(RemoteError::new(Fault::Denied, host, detail).help("ask the registry's operator"));
            }
            let mut door = held(&slot);
            if entered {
                let basic = known.is_some_and(|h| h.starts_with("Basic "));
                let error = self.refused(base, basic, &answer);
                *door = Door::Shut(error.clone());
                return Err(error);
            }
            match &*door {
                // Another thread was quicker; what it got may be for another question.
                Door::Open(header) if known.as_ref() != Some(header) => {
                    known = Some(header.clone());
                    continue;
                }
                Door::Shut(error) => return Err(error.clone()),
                _ => {}
            }
            match self.enter(http, base, &answer, until) {
                Ok(header) => {
                    *door = Door::Open(header.clone());
                    (known, entered) = (Some(header), true);
                }
                Err(error) => {
                    *door = if error.fault() == Fault::Denied { Door::Shut(error.clone()) } else { Door::Untried };
                    return Err(error);
                }
            }
        }
    }

    /// What a second 401 comes to.
    fn refused(&self, base: &Base, basic: bool, answer: &Response) -> RemoteError {
        let known = held(&self.found).get(&key(base)).cloned();
        let detail = match known {
            Some(Ok(login)) if basic => format!("the login from {} was not accepted", login.source),
            Some(Ok(login)) => {
                format!("the token for the login from {} does not open {}", login.source, base.path)
            }
            Some(Err(why)) => format!("nobody may have {} without a login; {why}", base.path),
            _ => "the token that it asked for was not accepted".to_owned(),
        };
        let insufficient = answer.all("www-authenticate").any(|v| v.contains("insufficient_scope"));
        let detail = if insufficient { format!("{detail} (insufficient scope)") } else { detail };
        let error = denied(base, detail);
        if basic {
            self.reject(base, &error);
        }
        error
    }

    /// Notes that a login was not accepted: no other repository of the origin tries it.
    fn reject(&self, base: &Base, error: &RemoteError) {
        let login = held(&self.found).get(&key(base)).cloned();
        if let Some(Ok(login)) = login {
            held(&self.rejected).push((base.origin(), login, error.clone()));
        }
    }

    /// The header that a challenge asks for.
    fn enter(&self, http: &Http, base: &Base, answer: &Response, until: Instant) -> Result<String, RemoteError> {
        let values: Vec<&str> = answer.all("www-authenticate").collect();
        if values.is_empty() {
            return Err(denied(base, "HTTP 401 without a word on what it asks for"));
        }
        let all: Option<Vec<Vec<Challenge>>> = values.iter().map(|v| challenge::parse(v)).collect();
        let Some(all) = all else {
            return Err(RemoteError::new(Fault::Broken, base.host(), "its WWW-Authenticate cannot be read"));
        };
        let of = |scheme: &str| all.iter().flatten().find(|c| c.scheme == scheme);
        if let Some(bearer) = of("bearer") {
            return self.token(http, base, bearer, until);
        }
        if of("basic").is_none() {
            return Err(denied(base, "it asks for another kind of credentials than Bearer or Basic"));
        }
        if !base.is_private() {
            return Err(denied(base, "it asks for credentials, which are not sent over http"));
        }
        match self.login(base)? {
            Ok(Login { secret: Secret::Pair(user, password), .. }) => Ok(basic(&user, &password)),
            Ok(login) => Err(denied(base, format!("it asks for a password, and {} has a token", login.source))),
            Err(why) => Err(denied(base, format!("it asks for a login; {why}"))),
        }
    }

    /// The user's login; else why there is none. An error where it was not accepted before.
    fn login(&self, base: &Base) -> Result<Result<Login, String>, RemoteError> {
        let find = || self.book.find(&base.login, &base.path);
        let found = held(&self.found).entry(key(base)).or_insert_with(find).clone();
        if let Ok(login) = &found {
            let origin = base.origin();
            let rejected = held(&self.rejected);
            if let Some((_, _, error)) = rejected.iter().find(|(o, l, _)| *o == origin && l == login) {
                return Err(error.clone());
            }
        }
        Ok(found)
    }

    /// A token from the service that a registry names.
    fn token(&self, http: &Http, base: &Base, bearer: &Challenge, until: Instant) -> Result<String, RemoteError> {
        let realm = realm(base, bearer)?;
        let login = if base.is_private() { self.login(base)?.ok() } else { None };
        if let Some(Login { secret: Secret::Bearer(token), .. }) = &login {
            return Ok(format!("Bearer {token}"));
        }
        let own = format!("repository:{}:pull", base.path);
        let scope = bearer.param("scope").filter(|s| !s.is_empty()).unwrap_or(&own);
        let service = bearer.param("service").filter(|s| !s.is_empty());
        let mut url = realm.clone();
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let mut header = None;
        match &login {
            Some(Login { secret: Secret::Refresh(token), .. }) => {
                form.append_pair("grant_type", "refresh_token").append_pair("client_id", "dubo-pin");
                form.append_pair("refresh_token", token).append_pair("scope", scope);
                form.extend_pairs(service.map(|s| ("service", s)));
            }
            other => {
                let mut query = url.query_pairs_mut();
                query.extend_pairs(service.map(|s| ("service", s)));
                query.extend_pairs(scope.split(' ').filter(|s| !s.is_empty()).map(|s| ("scope", s)));
                if let Some(Login { secret: Secret::Pair(user, password), .. }) = other {
                    query.append_pair("client_id", "dubo-pin");
                    header = Some(basic(user, password));
                }
            }
        }
        let (form, origin) = (form.finish(), realm.origin().ascii_serialization());
        let headers: Vec<(&str, &str)> = header.iter().map(|h| ("Authorization", h.as_str())).collect();
        let posted = [("Content-Type", "application/x-www-form-urlencoded")];
        let request = Request {
            method: if form.is_empty() { Method::Get } else { Method::Post(form.as_bytes()) },
            headers: if form.is_empty() { &[] } else { &posted },
            // Judged like a redirect: a registry of the internet does not lead into this network.
            asked: &base.root,
            bound: Some(Bound { origin: &origin, headers: &headers }),
            length: Length::Free,
            access: Access::Own(None),
            ..Request::get(&url, ANSWER)
        };
        let host = realm.host_str().unwrap_or_default();
        let refused = |why: &str| {
            let error = match &login {
                Some(login) => denied(base, format!("the login from {} was not accepted by {host}{why}", login.source)),
                None => denied(base, format!("{host} gives no token without a login{why}; {}", self.why_none(base))),
            };
            if login.is_some() {
                self.reject(base, &error);
            }
            error
        };
        let answer = match http.send_until(&request, until) {
            Ok(answer) if answer.status == 401 => return Err(refused("")),
            Ok(answer) => answer,
            Err(error) => {
                return Err(match error.fault() {
                    Fault::Denied => refused(&format!(" ({})", error.detail())),
                    // That the service is not there says nothing about the image.
                    Fault::NotThere => {
                        let detail = format!("its token service is not there: {}", error.detail());
                        RemoteError::new(Fault::Broken, host, detail)
                    }
                    _ => error,
                });
            }
        };
        let broken = |detail: &str| RemoteError::new(Fault::Broken, host, detail);
        let bytes = answer.body.bytes()?;
        let json: Json = serde_json::from_slice(&bytes).map_err(|_| broken("its token service answers no JSON"))?;
        let text = |key: &str| json.get(key).and_then(Json::as_str).filter(|t| !t.is_empty());
        let Some(token) = text("token").or(text("access_token")) else {
            return Err(broken("its token service answers without a token"));
        };
        if token.len() > TOKEN || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(broken("its token service answers with a token that cannot be sent"));
        }
        Ok(format!("Bearer {token}"))
    }

    fn why_none(&self, base: &Base) -> String {
        match held(&self.found).get(&key(base)) {
            Some(Err(why)) => why.clone(),
            _ => "no login is sent over http".to_owned(),
        }
    }
}

/// The token service, if logins may be sent to it.
fn realm(base: &Base, bearer: &Challenge) -> Result<Url, RemoteError> {
    let refused = |detail: String| RemoteError::new(Fault::Refused, base.host(), detail);
    let text = bearer.param("realm").unwrap_or_default();
    let realm = Url::parse(text).map_err(|_| refused("it names a token service that is no URL".to_owned()))?;
    let local = realm.scheme() == "http" && policy::is_loopback(&realm) && policy::is_loopback(&base.root);
    if !(realm.scheme() == "https" || local) {
        return Err(refused(format!("its token service {} is not on https", shown(&realm))));
    }
    if !realm.username().is_empty() || realm.password().is_some() {
        return Err(refused(format!("its token service {} carries credentials", shown(&realm))));
    }
    let mut realm = realm;
    realm.set_fragment(None);
    Ok(realm)
}

/// Under what a login is kept: entries may be for a part of a registry.
fn key(base: &Base) -> (String, String) {
    (base.origin(), base.path.clone())
}

fn denied(base: &Base, detail: impl Into<String>) -> RemoteError {
    RemoteError::new(Fault::Denied, base.host(), detail).help(login_help(base))
}

fn basic(user: &str, password: &str) -> String {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {pair}")
}
