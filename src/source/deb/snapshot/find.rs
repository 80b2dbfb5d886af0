//! A file that its pool has dropped, by the name that snapshot services know it by: its SHA-1.
//!
//! For the chain's downloads. The SHA-1 finds, and decides nothing: what comes is proved by SHA-256.

use crate::disk::Expect;
use crate::remote::{Fault, Fetch, RemoteError};

use super::super::index::url_path;

/// The most bytes of the list of a package's files.
const CAP: u64 = 256 << 10;

/// How many files of one name, version and size are tried.
const MOST: usize = 8;

/// Where a service has a file; `None` if the text is no SHA-1.
#[must_use]
pub fn by_sha1(service: &str, sha1: &str) -> Option<String> {
    let hex = sha1.len() == 40 && sha1.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    hex.then(|| format!("{}/file/{sha1}", service.trim_end_matches('/')))
}

/// The SHA-1s that a service knows for a package of a version, for an architecture in Debian's
/// words, with so many bytes.
///
/// # Errors
/// As a download; [`Fault::Broken`] for what is no such list.
pub fn sha1s(
    service: &str,
    (package, version): (&str, &str),
    architecture: &str,
    size: u64,
    fetch: &Fetch<'_>,
) -> Result<Vec<String>, RemoteError> {
    let part = |text: &str| url_path(text).replace('/', "%2F").replace(':', "%3A");
    let url =
        format!("{}/mr/binary/{}/{}/binfiles?fileinfo=1", service.trim_end_matches('/'), part(package), part(version));
    let fetched = fetch.artifact(&url, Expect::at_most(CAP), None)?;
    let broken = |why: &str| RemoteError::new(Fault::Broken, service, format!("its list of files {why}"));
    let bytes = super::read(fetch, &fetched.stored.sha256).map_err(|why| broken(&why))?;
    named(&bytes, architecture, size).ok_or_else(|| broken("cannot be read"))
}

/// `{"result": [{"architecture", "hash"}], "fileinfo": {HASH: [{"size"}]}}`.
pub(super) fn named(page: &[u8], architecture: &str, size: u64) -> Option<Vec<String>> {
    let page: serde_json::Value = serde_json::from_slice(page).ok()?;
    let info = page.get("fileinfo");
    let mut found = Vec::new();
    for file in page.get("result")?.as_array()? {
        let text = |key: &str| file.get(key).and_then(serde_json::Value::as_str);
        let Some(hash) = text("hash").filter(|hash| by_sha1("", hash).is_some()) else { continue };
        let sizes = info.and_then(|i| i.get(hash)).and_then(serde_json::Value::as_array);
        let fits = sizes.is_none_or(|all| {
            all.iter().any(|i| i.get("size").and_then(serde_json::Value::as_u64).is_none_or(|s| s == size))
        });
        if text("architecture") == Some(architecture) && fits && !found.iter().any(|f| f == hash) {
            found.push(hash.to_owned());
        }
        if found.len() == MOST {
            break;
        }
    }
    Some(found)
}
