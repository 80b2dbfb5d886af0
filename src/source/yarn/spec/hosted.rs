//! What the hosts of repositories serve without git: shorthands in, tarballs out.

use crate::model::GitUrl;

use super::SpecError;

/// The repository and the ref of a tarball that a host makes of it:
/// `https://codeload.github.com/o/r/tar.gz/REF`, `https://gitlab.com/o/r/repository/archive.tar.gz?ref=REF`,
/// `https://bitbucket.org/o/r/get/REF.tar.gz`. What follows a `#` is passed over. `None` for any other.
#[must_use]
pub fn archive(url: &str) -> Option<(GitUrl, String)> {
    let url = url.split('#').next().unwrap_or_default();
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (host, path) = rest.split_once('/')?;
    let mut parts = path.splitn(4, '/');
    let (owner, name, kind, tail) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let (host, reference) = match (host, kind) {
        ("codeload.github.com", "tar.gz" | "legacy.tar.gz") => ("github.com", tail),
        ("gitlab.com", "repository") => ("gitlab.com", tail.strip_prefix("archive.tar.gz?ref=")?),
        ("bitbucket.org", "get") => ("bitbucket.org", tail.strip_suffix(".tar.gz")?),
        _ => return None,
    };
    let name = name.strip_suffix(".git").unwrap_or(name);
    let url = format!("https://{host}/{owner}/{name}.git").parse().ok()?;
    (!owner.is_empty() && !name.is_empty() && !reference.is_empty()).then(|| (url, reference.to_owned()))
}

/// The repository of `owner/name` on a host. `range` is what the user wrote.
pub(super) fn repository(range: &str, host: &str, path: &str) -> Result<GitUrl, SpecError> {
    let path = path.strip_suffix(".git").unwrap_or(path);
    let plain = |part: &str| {
        let all = part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        all && !part.is_empty() && part != "." && part != ".."
    };
    match path.split_once('/') {
        Some((owner, name)) if plain(owner) && plain(name) => {}
        _ => return Err(SpecError::refused(range, "`owner/name` is expected")),
    }
    let url = format!("https://{host}/{path}.git");
    url.parse().map_err(|source| SpecError::Repository { range: range.to_owned(), source })
}
