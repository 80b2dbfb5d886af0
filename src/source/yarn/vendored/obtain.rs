//! A locked file of a yarn folder, put back into the store by its hash.
//!
//! For `fetch`, and for `refresh` before it writes. A git tar can always be made again from its commit,
//! and a tarball fetched from its URL; a zip of berry is yarn's own work, and is only in stores.

use crate::disk::{Expect, Stored};
use crate::lock::{Artifact, Entry};
use crate::model::{GitUrl, GitUrlError, Token, Trouble, quoted};
use crate::remote::{self, Remote, RemoteError};
use crate::source::git::{self, Follow};
use crate::source::resolve::Fault;
use crate::source::yarn::package;

/// Puts exactly a locked file back into the store. `pin` is the name to refresh, where only that helps.
///
/// # Errors
/// It is in no store and cannot be had again, its source is out of reach or has other bytes, or the
/// lock's evidence does not fit together.
pub fn obtain(pin: &str, entry: &Entry, artifact: &Artifact, remote: &Remote) -> Result<Stored, Fault> {
    let fault = |e: RemoteError| match e.fault() {
        remote::Fault::NotThere => Fault::gone(e.trouble()),
        _ => Fault::unreachable(e.class(), e.trouble()),
    };
    let fetch = remote.downloads().map_err(fault)?;
    if let Some(stored) = fetch.by_hash(&artifact.sha256, artifact.size) {
        return Ok(stored);
    }
    let Some(url) = artifact.url.as_deref() else {
        let name = artifact.path.as_ref().map_or("a file of the lock", |p| p.as_str());
        let trouble = Trouble::new(format!("{} is in no store, and only yarn can make it again", quoted(name)))
            .help(format!("git checkout brings it back; or dubo-pin refresh {pin}, which runs yarn"));
        return Err(Fault::usage(trouble));
    };
    match repository(entry, artifact) {
        Some(key) => {
            let forged =
                || Fault::usage(Trouble::new(format!("the lock does not say which commit {} is", quoted(key))));
            let view = package::one(entry, key).ok_or_else(forged)?;
            let url: GitUrl = url.parse().map_err(|e: GitUrlError| Fault::usage(Trouble::new(e.to_string())))?;
            let commit = package::commit_of(entry, key).ok_or_else(forged)?;
            let keys = git::Keys { url, follow: Follow::Commit(commit), omit_submodules: false };
            git::obtain(&keys, &view, artifact, remote)
        }
        None => {
            let expect = Expect::exactly(artifact.sha256, artifact.size);
            Ok(fetch.artifact(url, expect, Some(artifact.sha256)).map_err(fault)?.stored)
        }
    }
}

/// The key of the git package that an artifact is the tar of; `None` for every other file.
#[must_use]
pub fn repository<'a>(entry: &Entry, artifact: &'a Artifact) -> Option<&'a str> {
    let key = artifact.package.as_ref().map(Token::as_str)?;
    let url = package::proof(entry, "repository", key)?;
    (artifact.url.as_deref() == Some(url)).then_some(key)
}
