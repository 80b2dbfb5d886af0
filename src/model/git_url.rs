//! The URL of a git repository, in the few schemes that are safe to follow.
//!
//! For the manifest, the lock and the git client. Refused here, once: `git://`, `ext::`, `fd::`,
//! options posing as hosts, credentials in the URL, control characters, percent-encoded ones too.

use std::fmt;
use std::str::FromStr;

use super::text::{quoted, visible};

/// How a repository is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// `https://`
    Https,
    /// `http://`: with a warning, unless the host is loopback.
    Http,
    /// `ssh://` or `user@host:path`
    Ssh,
    /// `file://`, only where a manifest or a mirror writes it out.
    File,
}

/// A vetted repository URL, kept as written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GitUrl {
    text: String,
    scheme: Scheme,
    host: String,
}

/// Why a text is no repository URL that dubo-pin follows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is refused: {reason}", quoted(.text))]
pub struct GitUrlError {
    text: String,
    reason: String,
    /// What to write instead, where that is known.
    pub instead: Option<String>,
}

const CREDENTIALS: &str = "credentials do not belong into a manifest: use netrc or a credential helper";

impl GitUrl {
    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How it is reached.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host, without user and port; empty for `file://`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl FromStr for GitUrl {
    type Err = GitUrlError;
    fn from_str(text: &str) -> Result<Self, GitUrlError> {
        let error = |reason: &str, instead: Option<String>| GitUrlError {
            text: text.to_owned(),
            reason: reason.to_owned(),
            instead,
        };
        if text.is_empty() {
            return Err(error("it is empty", None));
        }
        if text.len() > 2048 {
            return Err(error("it is longer than 2,048 bytes", None));
        }
        if visible(text) != text || text.contains([' ', '\\', '"', '\'', '`', '$', '<', '>']) {
            return Err(error("it holds a blank, a quote or a control character", None));
        }
        let lower = text.to_ascii_lowercase();
        if lower
            .match_indices('%')
            .any(|(i, _)| matches!(lower.get(i + 1..i + 3), Some("00" | "0a" | "0d" | "09" | "1b" | "7f")))
        {
            return Err(error("it holds an encoded control character", None));
        }
        if text.starts_with('-') || text.contains("::") && !text.contains("://") {
            return Err(error("options and remote helpers (ext::, fd::) are not followed", None));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            if text.split_once('@').is_some_and(|(user, _)| user.contains(':') && !user.contains('/')) {
                return Err(error(CREDENTIALS, None));
            }
            return scp_like(text)
                .ok_or_else(|| error("no scheme: https://, ssh://, user@host:path or file:// is expected", None));
        };
        let scheme = match scheme {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            "ssh" | "git+ssh" => Scheme::Ssh,
            "file" => Scheme::File,
            "git" => {
                return Err(error("git:// is neither encrypted nor authenticated", Some(format!("https://{rest}"))));
            }
            _ => return Err(error("only https, ssh, file and http are followed", None)),
        };
        if scheme == Scheme::File {
            if !rest.starts_with('/') {
                return Err(error("file:// takes an absolute path: file:///srv/git/repo", None));
            }
            return Ok(Self { text: text.to_owned(), scheme, host: String::new() });
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, host_port) = authority.rsplit_once('@').map_or((None, authority), |(u, h)| (Some(u), h));
        let host = host_of(host_port).ok_or_else(|| error("its host is not a host name", None))?;
        if path.trim_matches('/').is_empty() {
            return Err(error("it names a host but no repository", None));
        }
        if user.is_some_and(|u| scheme != Scheme::Ssh || u.contains(':') || u.starts_with('-') || u.is_empty()) {
            return Err(error(CREDENTIALS, None));
        }
        if text.contains(['?', '#']) {
            return Err(error("a query or a fragment is no part of a repository's URL", None));
        }
        Ok(Self { text: text.to_owned(), scheme, host })
    }
}

/// `user@host:path`, as git and ssh read it.
fn scp_like(text: &str) -> Option<GitUrl> {
    let (authority, path) = text.split_once(':')?;
    let (user, host) = authority.split_once('@')?;
    let plain = |s: &str| !s.is_empty() && !s.starts_with('-');
    if !plain(user) || !plain(path) || authority.contains('/') || user.contains(':') {
        return None;
    }
    Some(GitUrl { text: text.to_owned(), scheme: Scheme::Ssh, host: host_of(host)? })
}

fn host_of(host_port: &str) -> Option<String> {
    if let Some(v6) = host_port.strip_prefix('[') {
        let (address, port) = v6.split_once(']')?;
        let port_ok = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return (address.parse::<std::net::Ipv6Addr>().is_ok() && port_ok).then(|| address.to_ascii_lowercase());
    }
    let (host, port) = host_port.split_once(':').map_or((host_port, None), |(h, p)| (h, Some(p)));
    let plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    let ok = plain && !host.is_empty() && !host.starts_with(['-', '.']) && port.is_none_or(is_port);
    ok.then(|| host.to_ascii_lowercase())
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|p| p > 0)
}

impl fmt::Display for GitUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_url_injection_is_refused() {
        for bad in [
            "",
            "ext::sh -c id",
            "ext::x",
            "fd::7",
            "-uupload",
            "--upload-pack=x",
            "ssh://-oProxyCommand=id/x",
            "ssh://git@-oProxyCommand=id/x",
            "ssh://-l@h/x",
            "https://h/a%0ab",
            "https://h/a\nb",
            "git@-x:y",
            "-x@h:y",
            "https://user:pw@h/x",
            "https://user@h/x",
            "https://h",
            "https:///x",
            "https://h/x?y",
            "https://h/x#y",
            "ftp://h/x",
            "file://host/x",
            "relative/path",
            "https://h:99999/x",
            "https://[zz]/x",
            "https://h/\u{202e}x",
            "../x",
        ] {
            assert!(bad.parse::<GitUrl>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_usual_forms_are_read() {
        for (text, scheme, host) in [
            ("https://github.com/coredns/coredns", Scheme::Https, "github.com"),
            ("http://127.0.0.1:8080/r.git", Scheme::Http, "127.0.0.1"),
            ("https://[::1]:8443/r", Scheme::Https, "::1"),
            ("ssh://git@Example.org:22/o/r.git", Scheme::Ssh, "example.org"),
            ("git@github.com:o/r.git", Scheme::Ssh, "github.com"),
            ("file:///srv/git/r", Scheme::File, ""),
        ] {
            let url: GitUrl = text.parse().unwrap();
            assert_eq!((url.scheme(), url.host(), url.as_str()), (scheme, host, text));
        }
    }

    #[test]
    fn a_password_in_a_url_is_never_said_again() {
        let said = "https://me:s3cret@h/x".parse::<GitUrl>().unwrap_err().to_string();
        assert_eq!(
            said,
            "`https://…@h/x` is refused: credentials do not belong into a manifest: use netrc or a credential helper"
        );
    }

    #[test]
    fn the_unencrypted_scheme_is_refused_with_the_https_form() {
        let error = "git://github.com/o/r".parse::<GitUrl>().unwrap_err();
        assert_eq!(error.instead.as_deref(), Some("https://github.com/o/r"));
    }
}
