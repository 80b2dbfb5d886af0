//! How the shared HTTP client is built: TLS, roots, proxy, name resolution.
//!
//! For `http` alone. There are two clients: the open one, and the guarded one for hosts that only
//! a redirect named. The guarded one connects to addresses that were vetted before, so that a name
//! cannot be resolved a second time to something else.

use std::collections::HashMap;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::error::{Fault, RemoteError, flat};
use super::limits::Limits;
use super::policy::is_public;

/// Proxies as the environment gives them, handed in by `cli`: each a URL, `no_proxy` a list.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For `http://` (`http_proxy`).
    pub http: Option<String>,
    /// For `https://` (`https_proxy`).
    pub https: Option<String>,
    /// Hosts that are reached directly (`no_proxy`).
    pub none: Option<String>,
}

// A proxy's URL may hold a password.
impl std::fmt::Debug for Proxies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proxies")
            .field("http", &self.http.is_some())
            .field("https", &self.https.is_some())
            .field("none", &self.none)
            .finish()
    }
}

impl Proxies {
    /// Whether a scheme goes through a proxy, `no_proxy` aside.
    pub(super) fn serve(&self, scheme: &str) -> bool {
        let proxy = if scheme == "https" { &self.https } else { &self.http };
        proxy.as_deref().is_some_and(|p| !p.is_empty())
    }
}

/// Addresses that were vetted, by host; what the guarded client may connect to.
#[derive(Debug, Default, Clone)]
pub(super) struct Vetted(Arc<Mutex<HashMap<String, Vec<SocketAddr>>>>);

impl Vetted {
    fn note(&self, host: &str, addresses: Vec<SocketAddr>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(host.to_ascii_lowercase(), addresses);
    }
}

impl Resolve for Vetted {
    fn resolve(&self, name: Name) -> Resolving {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(&name.as_str().to_ascii_lowercase()).cloned();
        Box::pin(std::future::ready(match found {
            Some(addresses) => Ok(Box::new(addresses.into_iter()) as Addrs),
            None => Err("the host was not vetted".into()),
        }))
    }
}

/// Resolves a URL's host and returns its addresses.
pub(super) fn addresses(url: &Url) -> Result<Vec<SocketAddr>, RemoteError> {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    let found: Vec<SocketAddr> = match url.host() {
        Some(Host::Ipv4(a)) => vec![(a, port).into()],
        Some(Host::Ipv6(a)) => vec![(a, port).into()],
        Some(Host::Domain(name)) => (name, port)
            .to_socket_addrs()
            .map_err(|e| RemoteError::new(Fault::Unreachable, host, flat(&e)).transient())?
            .collect(),
        None => Vec::new(),
    };
    if found.is_empty() {
        return Err(RemoteError::new(Fault::Unreachable, host, "its name has no address"));
    }
    Ok(found)
}

/// Vets the host that a redirect names. `Ok(true)`: all its addresses are public and noted.
/// `Ok(false)`: one is private, loopback or link-local.
pub(super) fn vet(url: &Url, vetted: &Vetted) -> Result<bool, RemoteError> {
    let found = addresses(url)?;
    if !found.iter().all(|a| is_public(a.ip())) {
        return Ok(false);
    }
    vetted.note(url.host_str().unwrap_or_default(), found);
    Ok(true)
}

/// Whom a client trusts over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// The system's roots. Reading them takes milliseconds.
    System,
    /// Nobody: for `http:` alone; an `https:` connection fails.
    Nobody,
}

/// Builds a client: HTTP/1.1, no redirects, no cookies, no compression, no proxy but the given.
pub(super) fn build(
    limits: &Limits,
    proxies: &Proxies,
    guard: Option<&Vetted>,
    trust: Trust,
) -> Result<reqwest::blocking::Client, String> {
    let mut roots = rustls::RootCertStore::empty();
    if trust == Trust::System {
        for certificate in rustls_native_certs::load_native_certs().certs {
            // One that cannot be read is one that is not trusted.
            let _ = roots.add(certificate);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| flat(&e))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut builder = reqwest::blocking::Client::builder()
        .tls_backend_preconfigured(tls)
        .http1_only()
        .user_agent(concat!("dubo-pin/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(limits.connect)
        .timeout(limits.idle)
        .no_proxy();
    let exempt = proxies.none.as_deref().and_then(reqwest::NoProxy::from_string);
    let proxy_error = |_| "the proxy's URL cannot be read".to_owned();
    if let Some(url) = proxies.http.as_deref().filter(|p| !p.is_empty()) {
        let proxy = reqwest::Proxy::http(url).map_err(proxy_error)?;
        builder = builder.proxy(proxy.no_proxy(exempt.clone()));
    }
    if let Some(url) = proxies.https.as_deref().filter(|p| !p.is_empty()) {
        let proxy = reqwest::Proxy::https(url).map_err(proxy_error)?;
        builder = builder.proxy(proxy.no_proxy(exempt));
    }
    if let Some(vetted) = guard {
        builder = builder.dns_resolver(Arc::new(vetted.clone()));
    }
    builder.build().map_err(|e| flat(&e.without_url()))
}
