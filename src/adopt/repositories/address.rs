//! The URL of a repository as a manifest has it, from what stands in a Dockerfile.
//!
//! For the git pins that are drafted. Follows nothing; what [`GitUrl`] refuses stays refused.

use crate::model::{GitUrl, Trouble};

/// A repository, and whether the Dockerfile reaches it over the dead `git://`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) url: GitUrl,
    pub(super) plain_git: bool,
}

/// Reads `https://h/x/y`, `git://h/x/y`, `h/x/y`, `user@host:path`.
///
/// # Errors
/// What no manifest may have, such as credentials.
pub(super) fn read(text: &str) -> Result<Address, Trouble> {
    let text = text.trim().trim_end_matches('/');
    let plain_git = text.starts_with("git://");
    let text = match text.split_once("://") {
        Some(("git", rest)) => format!("https://{rest}"),
        Some((scheme, rest)) => format!("{}://{rest}", scheme.strip_prefix("git+").unwrap_or(scheme)),
        None if is_bare(text) => format!("https://{text}"),
        None => text.to_owned(),
    };
    let url = text.parse().map_err(|e: crate::model::GitUrlError| Trouble::new(e.to_string()))?;
    Ok(Address { url, plain_git })
}

/// Whether a text is `host.tld/path`, which stands behind a scheme in the command.
fn is_bare(text: &str) -> bool {
    let host = |h: &str| h.contains('.') && !h.starts_with('.') && !h.contains(['@', ':']);
    text.split_once('/').is_some_and(|(h, path)| host(h) && path.contains('/'))
}

/// Whether an ARG's value looks like a repository.
pub(super) fn is_like(text: &str) -> bool {
    read(text).is_ok()
}

/// What two spellings of one repository have in common.
pub(super) fn identity(url: &GitUrl) -> String {
    let text = url.as_str();
    text.strip_suffix(".git").unwrap_or(text).to_ascii_lowercase()
}

/// The last segment of the path and the one before it, for names.
pub(super) fn names(url: &GitUrl) -> (String, String) {
    let text = url.as_str().strip_suffix(".git").unwrap_or(url.as_str());
    let mut parts = text.rsplit(['/', ':']);
    let last = parts.next().unwrap_or_default().to_owned();
    let owner = parts.next().unwrap_or_default();
    (format!("{owner}-{last}"), last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_the_form_that_a_manifest_has() {
        for (text, url) in [
            ("github.com/coredns/coredns", "https://github.com/coredns/coredns"),
            ("https://github.com/coredns/coredns/", "https://github.com/coredns/coredns"),
            ("git://github.com/o/r.git", "https://github.com/o/r.git"),
            ("git+https://github.com/o/r", "https://github.com/o/r"),
            ("git@github.com:o/r.git", "git@github.com:o/r.git"),
            ("http://127.0.0.1:80/r.git", "http://127.0.0.1:80/r.git"),
        ] {
            assert_eq!(read(text).unwrap().url.as_str(), url, "{text}");
        }
        assert!(read("git://github.com/o/r.git").unwrap().plain_git);
        for bad in ["", "coredns", "/srv/x", "../x", "v1.2.3", "1.2/3", "https://me:pw@h/x", "ext::sh -c id"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
