//! Where a repository is asked for: upstream, or at one of the machine's mirrors.
//!
//! For the client beside it. The canonical URL of a repository is `https://HOST/PATH`, such as
//! `https://docker.io/library/debian`: mirrors replace its beginning, and what they give is read in
//! the same way. Nothing is asked here.

use url::Url;

use crate::model::quoted;
use crate::remote::error::{Fault, RemoteError};
use crate::remote::mirrors::Mirrors;
use crate::remote::policy;

/// Docker Hub is called so in references, and lives elsewhere.
pub(super) const HUB: &str = "docker.io";
const HUB_HOST: &str = "registry-1.docker.io";

/// A repository: the host as references write it (`docker.io`, `ghcr.io`, `localhost:5000`,
/// `[::1]:5000`), and the path below it (`library/debian`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name<'a> {
    /// The host, with its port if it has one.
    pub host: &'a str,
    /// The path, without `/` at either end.
    pub path: &'a str,
}

impl std::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.host, self.path)
    }
}

/// One place that has a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Base {
    /// Scheme, host and port, with `/` as its path.
    pub(super) root: Url,
    /// The repository's path there.
    pub(super) path: String,
    /// What logins call the host: `docker.io`, `ghcr.io`, `localhost:5000`.
    pub(super) login: String,
    /// Whether it is a mirror.
    pub(super) mirror: bool,
}

/// A path that stays what it is in a URL.
fn is_path(path: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    path.len() <= 255 && path.split('/').all(|p| !p.is_empty() && p != "." && p != ".." && p.bytes().all(plain))
}

impl Base {
    /// The registry itself: over https, or http where it is this machine.
    pub(super) fn upstream(name: Name<'_>) -> Result<Self, RemoteError> {
        let host = if name.host == HUB { HUB_HOST } else { name.host };
        let wrong = || {
            let detail = format!("{} is no repository of a registry", quoted(&name.to_string()));
            RemoteError::new(Fault::Refused, name.host, detail)
        };
        let mut root = Url::parse(&format!("https://{host}/")).map_err(|_| wrong())?;
        let plain = root.path() == "/" && root.query().is_none() && root.fragment().is_none();
        if !plain || !root.username().is_empty() || root.password().is_some() || !is_path(name.path) {
            return Err(wrong());
        }
        if policy::is_loopback(&root) {
            root = Url::parse(&format!("http://{host}/")).map_err(|_| wrong())?;
        }
        Ok(Self { root, path: name.path.to_owned(), login: name.host.to_owned(), mirror: false })
    }

    /// A mirror of it, and whether that one may say what a tag means.
    pub(super) fn mirror(mirrors: &Mirrors, name: Name<'_>) -> Result<Option<(Self, bool)>, RemoteError> {
        let Some(mirrored) = mirrors.for_url(&format!("https://{name}")) else {
            return Ok(None);
        };
        let wrong = || {
            let detail = format!("the mirror {} of {name} is no http or https repository", quoted(&mirrored.url));
            RemoteError::new(Fault::Refused, name.host, detail)
        };
        let url = Url::parse(&mirrored.url).map_err(|_| wrong())?;
        let path = url.path().trim_matches('/').to_owned();
        let known = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
        if !known || !is_path(&path) {
            return Err(wrong());
        }
        let root = url.join("/").map_err(|_| wrong())?;
        let host = root.host_str().unwrap_or_default();
        let login = root.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Some((Self { root, path, login, mirror: true }, mirrored.resolve)))
    }

    /// A URL of the distribution API: `/v2/PATH/…`.
    pub(super) fn url(&self, tail: &str) -> Result<Url, RemoteError> {
        self.root.join(&format!("/v2/{}/{tail}", self.path)).map_err(|_| {
            let detail = format!("{} cannot be asked for", quoted(tail));
            RemoteError::new(Fault::Refused, self.host(), detail)
        })
    }

    /// The host that messages name.
    pub(super) fn host(&self) -> &str {
        self.root.host_str().unwrap_or_default()
    }

    /// Its origin (RFC 6454).
    pub(super) fn origin(&self) -> String {
        self.root.origin().ascii_serialization()
    }

    /// Whether credentials may be sent to it.
    pub(super) fn is_private(&self) -> bool {
        self.root.scheme() == "https" || policy::is_loopback(&self.root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(host: &str, path: &str) -> String {
        Base::upstream(Name { host, path }).unwrap().url("tags/list").unwrap().to_string()
    }

    #[test]
    fn docker_hub_is_asked_where_it_lives_and_this_machine_over_http() {
        assert_eq!(url("docker.io", "library/debian"), "https://registry-1.docker.io/v2/library/debian/tags/list");
        assert_eq!(url("ghcr.io", "o/r"), "https://ghcr.io/v2/o/r/tags/list");
        assert_eq!(url("h.example:5000", "x"), "https://h.example:5000/v2/x/tags/list");
        assert_eq!(url("localhost:5000", "x"), "http://localhost:5000/v2/x/tags/list");
        assert_eq!(url("[::1]:5000", "x"), "http://[::1]:5000/v2/x/tags/list");
        assert_eq!(url("127.0.0.1:5000", "x"), "http://127.0.0.1:5000/v2/x/tags/list");
        assert_eq!(url("[2001:db8::1]:5000", "x"), "https://[2001:db8::1]:5000/v2/x/tags/list");
    }

    #[test]
    fn what_would_lead_elsewhere_is_refused() {
        for (host, path) in [
            ("h.example/x", "y"),
            ("u@h.example", "y"),
            ("h.example?x", "y"),
            ("h.example#x", "y"),
            ("", "y"),
            ("h.example", ""),
            ("h.example", "../y"),
            ("h.example", "a/../../y"),
            ("h.example", "a//b"),
            ("h.example", "a%2fb"),
            ("h.example", "a?b"),
        ] {
            assert!(Base::upstream(Name { host, path }).is_err(), "{host} {path}");
        }
    }

    #[test]
    fn a_mirror_takes_the_place_of_host_and_path() {
        let text = "https://docker.io/library/=https://mirror.example:8443/hub/ \
                    https://docker.io/=http://10.0.0.1/;resolve https://f.example/=file:///srv/";
        let mirrors = Mirrors::default().and_environment(text).unwrap();
        let of = |host, path| Base::mirror(&mirrors, Name { host, path });
        let (base, resolve) = of("docker.io", "library/debian").unwrap().unwrap();
        assert_eq!(base.url("x").unwrap().as_str(), "https://mirror.example:8443/v2/hub/debian/x");
        assert_eq!((base.login.as_str(), base.mirror, resolve), ("mirror.example:8443", true, false));
        let (base, resolve) = of("docker.io", "o/r").unwrap().unwrap();
        assert_eq!(base.url("x").unwrap().as_str(), "http://10.0.0.1/v2/o/r/x");
        assert!(resolve && !base.is_private());
        assert!(of("ghcr.io", "o/r").unwrap().is_none());
        assert!(of("f.example", "o/r").is_err());
    }
}
