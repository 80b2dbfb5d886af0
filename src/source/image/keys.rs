//! The grammar of an image pin: `image = "repository:tag"`, or `image = "repository"` with
//! `version` and a template for the tag.
//!
//! References are those of the distribution project, with Docker's short names written out.

use std::fmt;
use std::str::FromStr;

use crate::model::{Trouble, quoted};
use crate::source::request::Request;
use crate::source::template::Template;
use crate::source::version::Versions;
use crate::table::Table;

/// What an image pin asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The repository.
    pub repository: Repository,
    /// What of it.
    pub follow: Follow,
}

/// What of a repository is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Follow {
    /// One tag.
    Tag(String),
    /// The newest admitted version among the tags.
    Version {
        /// Which versions are admitted.
        versions: Versions,
        /// What stands before and after the version in a tag.
        tag: (String, String),
    },
}

/// `host[:port]/path` with the host always written: `docker.io/library/debian`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    host: String,
    path: String,
}

/// Why a text is no [`Repository`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not an image repository such as docker.io/library/debian", quoted(.0))]
pub struct RepositoryError(String);

impl Repository {
    /// The registry's host, with its port if one is given.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path below the host.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|p| p > 0)
}

fn is_host(text: &str) -> bool {
    let v6 = text.strip_prefix('[').and_then(|t| t.split_once(']'));
    if let Some((address, port)) = v6 {
        let port_ok = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return address.parse::<std::net::Ipv6Addr>().is_ok() && port_ok;
    }
    let (name, port) = text.split_once(':').map_or((text, None), |(n, p)| (n, Some(p)));
    let plain = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    name.split('.').all(plain) && port.is_none_or(is_port)
}

/// One part of a path: lower case letters and digits, between them `.`, `_`, `__` or dashes.
fn is_component(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = [text.bytes().next(), text.bytes().next_back()];
    ends.iter().all(|e| e.is_some_and(word))
        && text.bytes().all(|b| word(b) || b"._-".contains(&b))
        && !["..", "___", "._", "_.", ".-", "-.", "_-", "-_"].iter().any(|s| text.contains(s))
}

fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

impl FromStr for Repository {
    type Err = RepositoryError;
    fn from_str(text: &str) -> Result<Self, RepositoryError> {
        let (host, path) = match text.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
            _ => ("docker.io", text),
        };
        let host = host.to_ascii_lowercase();
        // Over https 443 says nothing.
        let host = host.strip_suffix(":443").map_or(host.clone(), str::to_owned);
        let host = if host == "index.docker.io" { "docker.io".to_owned() } else { host };
        let path = if host == "docker.io" && !path.contains('/') { format!("library/{path}") } else { path.to_owned() };
        if text.len() <= 255 && is_host(&host) && path.split('/').all(is_component) {
            Ok(Self { host, path })
        } else {
            Err(RepositoryError(text.to_owned()))
        }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.path)
    }
}

/// A reference as the manifest writes it: the repository, and the tag if there is one.
fn reference(text: &str) -> Result<(Repository, Option<String>), Trouble> {
    if let Some((name, _)) = text.split_once('@') {
        return Err(Trouble::new(format!("{} names a digest", quoted(text)))
            .help(format!("write {}: the digest is kept in the lock", quoted(name))));
    }
    let slash = text.rfind('/').map_or(0, |i| i + 1);
    let tagged = text.get(slash..).and_then(|last| last.split_once(':'));
    let (name, tag) = match tagged {
        Some((_, tag)) => (text.strip_suffix(tag).and_then(|t| t.strip_suffix(':')), Some(tag)),
        None => (Some(text), None),
    };
    let repository: Repository =
        name.unwrap_or_default().parse().map_err(|e: RepositoryError| Trouble::new(e.to_string()))?;
    match tag {
        Some(tag) if !is_tag(tag) => Err(Trouble::new(format!("{} is not a tag", quoted(tag)))),
        tag => Ok((repository, tag.map(str::to_owned))),
    }
}

fn tag_template(text: &str) -> Result<(String, String), Trouble> {
    let template: Template = text.parse().map_err(|e| Trouble::new(format!("{e}")))?;
    match template.around_version() {
        Some((before, after)) if is_tag(&template.sample()) => Ok((before.to_owned(), after.to_owned())),
        _ => Err(Trouble::new(format!("{} is no template for a tag", quoted(text)))
            .expected("such as \"{version}-bookworm-slim\"")),
    }
}

impl Keys {
    /// The keys of an image pin beside the common ones.
    pub const KNOWN: &'static [&'static str] = &["image", "version", "tag", "exclude", "pre-releases"];

    pub(in crate::source) fn read(table: &Table<'_>) -> Option<Self> {
        let image = table.read("image", reference);
        let versions = Versions::read(table);
        let tag = table.read("tag", tag_template);
        let image = image?;
        let (repository, in_reference) = image.value;
        let follow = if table.has("version") {
            if in_reference.is_some() {
                let trouble = Trouble::new("`image` has a tag, and `version` chooses one");
                let help = format!("write `image = \"{repository}\"`, and `tag` as a template");
                table.report(trouble.at(image.place).help(help));
                return None;
            }
            Follow::Version { versions: versions?, tag: tag.map(|t| t.value).unwrap_or_default() }
        } else {
            if table.has("tag") {
                let trouble = Trouble::new("`tag` says nothing without `version`");
                let trouble = trouble.at(table.key_place("tag"));
                table.report(trouble.help("write the tag into `image`, after a colon"));
            }
            let Some(tag) = in_reference else {
                let trouble = Trouble::new("`image` has no tag").at(image.place);
                let help = format!("write the one that is to be followed: `{repository}:latest`");
                table.report(trouble.help(help));
                return None;
            };
            Follow::Tag(tag)
        };
        Some(Self { repository, follow })
    }

    pub(in crate::source) fn request(&self) -> Request {
        match &self.follow {
            Follow::Tag(tag) => Request::default().put("image", &format!("{}:{tag}", self.repository)),
            Follow::Version { versions, tag } => Request::default()
                .put("image", &self.repository.to_string())
                .put("tag", &format!("{}{{version}}{}", tag.0, tag.1))
                .put_versions(Some(versions)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_written_out() {
        for (text, full, tag) in [
            ("debian:bookworm-slim", "docker.io/library/debian", Some("bookworm-slim")),
            ("docker.io/debian", "docker.io/library/debian", None),
            ("index.docker.io/a/b:1", "docker.io/a/b", Some("1")),
            ("ghcr.io/o/r:v1.2", "ghcr.io/o/r", Some("v1.2")),
            ("localhost/x", "localhost/x", None),
            ("host:5000/x:y", "host:5000/x", Some("y")),
            ("[::1]:5000/x:y", "[::1]:5000/x", Some("y")),
            ("a/b__c-d.e", "docker.io/a/b__c-d.e", None),
        ] {
            let (repository, found) = reference(text).unwrap();
            assert_eq!((repository.to_string().as_str(), found.as_deref()), (full, tag));
        }
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for bad in [
            "",
            ":tag",
            "a:",
            "A/b:c",
            "a//b",
            "a/b/",
            "-h.x/a",
            "h.x:0/a",
            "h.x:99999/a",
            "a:b c",
            "a:-b",
            "a..b",
            "a___b",
            "https://h.x/a",
            "a\u{202e}b",
            "[::z]:1/a",
        ] {
            assert!(reference(bad).is_err(), "{bad:?}");
        }
        let digest = format!("debian@sha256:{}", "0".repeat(64));
        let trouble = reference(&digest).unwrap_err();
        assert_eq!(trouble.help.as_deref(), Some("write `debian`: the digest is kept in the lock"));
    }
}
