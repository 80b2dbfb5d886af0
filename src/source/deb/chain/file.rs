//! One file of an archive's pool, by digest: from the pool, or from a snapshot service that has it
//! after the pool has dropped it.
//!
//! For refresh, which fetches what an index names, and for `fetch`, which fetches what the lock names.

use super::super::snapshot;
use crate::disk::{Expect, Stored};
use crate::model::{Sha256, Trouble, quoted};
use crate::remote::{Fault as Failing, Remote, RemoteError};
use crate::source::resolve::Fault;

/// A .deb whose digest is known.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Where it stands, canonical.
    pub url: &'a str,
    /// Its bytes.
    pub size: u64,
    /// Of these.
    pub sha256: Sha256,
    /// Of these, if it is known: what a snapshot service finds it by.
    pub sha1: Option<&'a str>,
    /// The package.
    pub package: &'a str,
    /// Its version, with its epoch.
    pub version: &'a str,
    /// Its architecture in Debian's words, or `all`.
    pub architecture: &'a str,
    /// The snapshot service that may have it, if its URL names none: [`snapshot::SERVICE`] for what
    /// Debian signs.
    pub service: Option<&'a str>,
    /// Whether it is locked: then it is gone, where nobody has it.
    pub locked: bool,
}

/// Puts exactly this file into the store: from there, the second store, a mirror, the pool, the
/// snapshot service.
///
/// # Errors
/// Class alarm: only other bytes were to be had, or a locked file is gone. Class undone: nobody
/// answers.
pub fn deb(wanted: &Wanted<'_>, remote: &Remote) -> Result<Stored, Fault> {
    let snapshots = snapshot::time_of(wanted.url).is_some();
    let fetch = remote.downloads().map_err(|e| Fault::unreachable(e.class(), e.trouble()))?;
    let own = fetch.clone().with_files(wanted.url.starts_with("file:"));
    let own = own.at_most(snapshots.then_some(snapshot::AT_ONCE));
    let expect = Expect::exactly(wanted.sha256, wanted.size);
    let error = match own.artifact(wanted.url, expect, Some(wanted.sha256)) {
        Ok(fetched) => return Ok(fetched.stored),
        Err(error) => error,
    };
    let service = snapshot::service(wanted.url).map(|(root, _)| root).or(wanted.service);
    let elsewhere = matches!(error.fault(), Failing::NotThere | Failing::Denied | Failing::Forged);
    let Some(service) = service.filter(|_| elsewhere) else { return Err(fault(wanted, &error, None)) };
    let fetch = fetch.at_most(Some(snapshot::AT_ONCE));
    let by = |sha1: &str| -> Option<Result<Stored, RemoteError>> {
        let url = snapshot::by_sha1(service, sha1)?;
        Some(fetch.artifact(&url, expect, Some(wanted.sha256)).map(|f| f.stored))
    };
    let mut last = None;
    match wanted.sha1.and_then(by) {
        Some(Ok(stored)) => return Ok(stored),
        Some(Err(e)) => last = Some(e),
        None => {}
    }
    match snapshot::sha1s(service, (wanted.package, wanted.version), wanted.architecture, wanted.size, &fetch) {
        Ok(all) => {
            for sha1 in all.iter().filter(|s| Some(s.as_str()) != wanted.sha1) {
                match by(sha1) {
                    Some(Ok(stored)) => return Ok(stored),
                    Some(Err(e)) => last = Some(e),
                    None => {}
                }
            }
        }
        Err(e) => last = Some(e),
    }
    Err(fault(wanted, &error, last.as_ref()))
}

fn fault(wanted: &Wanted<'_>, error: &RemoteError, other: Option<&RemoteError>) -> Fault {
    let name = quoted(&format!("{} {} ({})", wanted.package, wanted.version, wanted.architecture));
    // One that could not be asked may have it.
    let unsure = other.is_some_and(|e| !matches!(e.fault(), Failing::NotThere | Failing::Forged));
    let told = match other {
        Some(other) => format!("{error}; the snapshot service: {other}"),
        None => error.to_string(),
    };
    match error.fault() {
        Failing::Forged => {
            let trouble = error.trouble();
            let message = format!("the file of {name} is not the one that the archive signed for: {told}");
            Fault::alarm(Trouble { message, ..trouble })
        }
        Failing::NotThere if wanted.locked && !unsure => Fault::gone(
            Trouble::new(format!("the locked file of {name} is gone: {told}"))
                .expected(format!("SHA-256 {}", wanted.sha256))
                .help("if you have it, put it into a second store (DUBO_PIN_STORE); else refresh"),
        ),
        _ => {
            let trouble = error.trouble();
            Fault::unreachable(error.class(), Trouble { message: format!("{name}: {told}"), ..trouble })
        }
    }
}
