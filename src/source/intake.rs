//! What a builder takes in by itself where a Dockerfile names it: images, files by URL, commits.
//!
//! For `ops::export`, which tells a builder what it may take in. Not what a RUN step fetches: no
//! builder sees that as a source. It judges no Dockerfile.

use crate::dockerfile::repository;
use crate::lock::{Entry, Value};
use crate::model::{CommitId, GitUrl, Scheme, Sha256, Token, Trouble, quoted};

/// One thing that a builder takes in, exactly as it is locked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Intake {
    /// FROM, COPY --from, RUN --mount=from=, `# syntax=`.
    Image {
        /// With its host: `docker.io/library/debian`.
        repository: String,
        /// The tag that the lock names beside the digest.
        tag: Option<String>,
        /// `sha256:` and 64 hex digits.
        digest: String,
    },
    /// ADD of a URL.
    File {
        /// The canonical URL.
        url: String,
        /// What `--checksum` may say, `sha256:…` first.
        checksums: Vec<String>,
    },
    /// ADD of a git repository.
    Commit {
        /// Host with port, and path: `github.com/coredns/coredns`.
        name: String,
        /// The URL as the manifest has it.
        url: String,
        /// The full id.
        commit: String,
    },
}

fn lacks(key: &str) -> Trouble {
    Trouble::new(format!("the entry in pins.lock has no {key}"))
}

fn tokens<'a>(entry: &'a Entry, key: &str) -> Vec<&'a Token> {
    match entry.values.iter().find(|(k, _)| k.as_str() == key) {
        Some((_, Value::One(token))) => vec![token],
        Some((_, Value::Each(each))) => each.values().collect(),
        None => Vec::new(),
    }
}

fn image(reference: &str) -> Option<Intake> {
    let (name, digest) = reference.split_once('@')?;
    digest.strip_prefix("sha256:")?.parse::<Sha256>().ok()?;
    let last = name.rsplit('/').next()?;
    let tag = last.split_once(':').map(|(_, tag)| tag.to_owned());
    Some(Intake::Image { repository: repository(reference)?, tag, digest: digest.to_owned() })
}

/// The images of an entry; each must be of the repository that the pin names.
pub(super) fn images(of: &str, entry: &Entry) -> Result<Vec<Intake>, Trouble> {
    let references = tokens(entry, "reference");
    if references.is_empty() {
        return Err(lacks("reference"));
    }
    let one = |reference: &Token| match image(reference.as_str()) {
        Some(Intake::Image { repository, .. }) if repository != of => {
            let trouble = Trouble::new("the locked image is not of the repository that the pin names");
            Err(trouble.expected(of).found(repository))
        }
        Some(image) => Ok(image),
        None => Err(Trouble::new(format!("{} is no reference with a digest", quoted(reference.as_str())))),
    };
    references.into_iter().map(one).collect()
}

/// The files of an entry.
pub(super) fn files(entry: &Entry) -> Result<Vec<Intake>, Trouble> {
    let mut out = Vec::new();
    for artifact in &entry.artifacts {
        let Some(url) = artifact.url.clone() else { continue };
        let mut checksums = vec![format!("sha256:{}", artifact.sha256)];
        let sha512 = entry.value_on("sha512", artifact.platforms.first());
        checksums.extend(sha512.map(|hex| format!("sha512:{hex}")));
        out.push(Intake::File { url, checksums });
    }
    if out.is_empty() { Err(lacks("file")) } else { Ok(out) }
}

/// Host with port, and path, as BuildKit names a repository whatever way leads there (its
/// `client/llb/source.go` and `source/git/identifier.go`). `None` for a URL that it would respell.
fn name(url: &GitUrl) -> Option<String> {
    let text = url.as_str();
    let (authority, path) = match text.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?,
        None => text.split_once(':')?,
    };
    let host = authority.rsplit('@').next()?;
    let path = path.trim_start_matches('/');
    let path = path.strip_suffix('/').unwrap_or(path);
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    let ok = path.split('/').all(plain) && !path.contains(['%', '#', '?', '*']);
    ok.then(|| format!("{host}/{path}"))
}

/// The commit of an entry; nothing where a builder knows no such way to a repository.
pub(super) fn commit(url: &GitUrl, entry: &Entry) -> Result<Vec<Intake>, Trouble> {
    let commit = entry.value("commit").ok_or_else(|| lacks("commit"))?;
    let commit: CommitId = commit.as_str().parse().map_err(|e: crate::model::HashError| Trouble::new(e.to_string()))?;
    let known = match url.scheme() {
        Scheme::Https | Scheme::Http => true,
        Scheme::Ssh => !url.as_str().starts_with("git+"),
        Scheme::File => false,
    };
    let name = name(url).filter(|_| known);
    Ok(name.map(|name| Intake::Commit { name, url: url.to_string(), commit: commit.to_string() }).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_taken_apart_as_it_is_written() {
        let digest = format!("sha256:{}", "4c".repeat(32));
        for (name, repository, tag) in [
            ("docker.io/library/debian:bookworm-slim", "docker.io/library/debian", Some("bookworm-slim")),
            ("debian", "docker.io/library/debian", None),
            ("host:5000/a/b", "host:5000/a/b", None),
            ("[::1]:5000/x:1", "[::1]:5000/x", Some("1")),
        ] {
            let found = image(&format!("{name}@{digest}")).unwrap();
            let tag = tag.map(str::to_owned);
            assert_eq!(found, Intake::Image { repository: repository.to_owned(), tag, digest: digest.clone() });
        }
        for bad in ["debian:12", "debian@sha256:4c", "debian@md5:00", "@sha256:", ""] {
            assert_eq!(image(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_repository_is_named_by_host_and_path_alone() {
        for (url, expected) in [
            ("https://github.com/coredns/coredns", Some("github.com/coredns/coredns")),
            ("https://h:8443/a/b.git", Some("h:8443/a/b.git")),
            ("https://[::1]:8443/r", Some("[::1]:8443/r")),
            ("ssh://git@h:22/o/r.git/", Some("h:22/o/r.git")),
            ("git@h:o/r.git", Some("h/o/r.git")),
            ("git@h:/o/r.git", Some("h/o/r.git")),
            ("https://h/a//b", None),
            ("https://h/a/../b", None),
            ("https://h/a%2fb", None),
            ("https://h/a*b", None),
        ] {
            assert_eq!(name(&url.parse().unwrap()).as_deref(), expected, "{url}");
        }
    }
}
