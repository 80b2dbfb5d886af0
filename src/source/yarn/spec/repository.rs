//! The URL of a repository in yarn's spellings, and its canonical one.

use crate::model::GitUrl;

use super::SpecError;

/// The hosts whose repositories are `owner/name`, with or without `.git`.
const HOSTS: [&str; 4] = ["github.com", "gitlab.com", "bitbucket.org", "bitbucket.com"];

/// What follows the scheme, apart: the host without user and port, and the path without its slashes
/// at both ends.
pub(super) fn host_and_path(rest: &str) -> (&str, &str) {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host_port = authority.rsplit_once('@').map_or(authority, |(_, h)| h);
    let host = host_port.split_once(':').map_or(host_port, |(h, _)| h);
    (host, path.trim_matches('/'))
}

/// Whether this is one of the hosts whose repositories are `owner/name`.
pub(super) fn is_host(host: &str) -> bool {
    HOSTS.iter().any(|h| h.eq_ignore_ascii_case(host))
}

/// The canonical URL of a repository, and whether it was written as `git://`. `url` has no fragment;
/// `range` is what the user wrote. `scp_is_ssh`: berry hands `user@host:path` to git as `ssh://`.
pub(super) fn canonical(range: &str, url: &str, scp_is_ssh: bool) -> Result<(GitUrl, bool), SpecError> {
    let url = url.strip_prefix("git+").unwrap_or(url);
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (scheme, insecure) = match scheme {
        "git" => ("https", true),
        other => (other, false),
    };
    let text = match scheme {
        "" => scp(rest, scp_is_ssh),
        // ssh://git@host:o/r: a path, not a port.
        "ssh" if is_scp(rest) => scp(rest, scp_is_ssh),
        "https" | "http" | "ssh" => {
            let (host, path) = host_and_path(rest);
            match is_host(host) && path.split('/').count() == 2 {
                true => {
                    let authority = rest.split('/').next().unwrap_or_default();
                    let path = path.strip_suffix(".git").unwrap_or(path);
                    format!("{scheme}://{authority}/{path}.git")
                }
                false => format!("{scheme}://{rest}"),
            }
        }
        _ => format!("{scheme}://{rest}"),
    };
    let source = match text.parse() {
        Ok(url) => return Ok((url, insecure)),
        Err(source) => source,
    };
    Err(SpecError::Repository { range: range.to_owned(), source })
}

/// Whether what follows the host's `:` is no port.
fn is_scp(rest: &str) -> bool {
    let authority = rest.split('/').next().unwrap_or_default();
    let host_port = authority.rsplit_once('@').map_or(authority, |(_, h)| h);
    !host_port.starts_with('[')
        && host_port.split_once(':').is_some_and(|(_, port)| !port.bytes().all(|b| b.is_ascii_digit()))
}

/// `user@host:path`. On the known hosts the path is the same as that of `ssh://`; elsewhere it may be
/// one in the home of that user, which `ssh://` does not mean.
fn scp(text: &str, as_ssh: bool) -> String {
    let Some((authority, path)) = text.split_once(':') else { return text.to_owned() };
    let host = authority.rsplit_once('@').map_or(authority, |(_, h)| h);
    let path = path.trim_start_matches('/');
    match (is_host(host), as_ssh) {
        (true, _) => format!("ssh://{authority}/{}.git", path.strip_suffix(".git").unwrap_or(path)),
        (false, true) => format!("ssh://{authority}/{path}"),
        (false, false) => text.to_owned(),
    }
}
