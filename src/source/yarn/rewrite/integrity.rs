//! The integrity that yarn 1 leaves out: of tarballs by URL, codeload's among them, and of registry
//! entries from before it had any.
//!
//! yarn 1 enforces an integrity that is there, and keeps it. Where the entry has a SHA-1, the bytes
//! are held to it; where it has nothing, what is served today is what is locked.

use std::io::Read as _;

use base64::Engine as _;
use sha1::Digest as _;

use super::super::lockfile::{Entry, Format, Lockfile, with_integrity};
use super::super::spec::{Spec, archive};
use crate::disk::Expect;
use crate::model::{Class, Place, Sha512, Trouble, quoted};
use crate::remote::{Remote, each};
use crate::source::resolve::Fault;

/// The most bytes of a package.
const LIMIT: u64 = 512 << 20;
/// So many are fetched at once.
const AT_ONCE: usize = 8;

/// An entry without an integrity, and what it names.
struct Bare {
    index: usize,
    line: usize,
    url: String,
    sha1: Option<String>,
}

/// Adds what is missing; berry's locks are left alone.
pub(super) fn add(file: &str, lock: Vec<u8>, remote: &Remote, notes: &mut Vec<String>) -> Result<Vec<u8>, Fault> {
    let parsed = Lockfile::parse(&lock).map_err(|e| Fault::unreachable(Class::Undone, e.trouble(file, &lock)))?;
    let bare: Vec<Bare> = bare(&parsed);
    if bare.is_empty() {
        return Ok(lock);
    }
    let found = each(&bare, AT_ONCE, |bare| of(file, bare, remote));
    let mut add = Vec::with_capacity(bare.len());
    for (bare, digest) in bare.iter().zip(found) {
        add.push((bare.index, format!("sha512-{}", digest?)));
    }
    let first = bare.iter().filter(|b| b.sha1.is_none()).count();
    if first > 0 {
        notes.push(format!("{first} tarballs had no digest in {}: what is served today is locked", quoted(file)));
    }
    with_integrity(&lock, &add).map_err(|e| {
        let trouble = Trouble::new(format!("the integrity cannot be added: {e}")).at(Place::file(file));
        Fault::unreachable(Class::Undone, trouble)
    })
}

fn bare(lock: &Lockfile) -> Vec<Bare> {
    if lock.format != Format::V1 {
        return Vec::new();
    }
    let of = |(index, entry): (usize, &Entry)| {
        let resolved = entry.resolved.as_deref().filter(|_| entry.integrity.is_none())?;
        let (url, hash) = resolved.split_once('#').map_or((resolved, None), |(url, hash)| (url, Some(hash)));
        // A git repository has no integrity, and yarn 1 ignores one that is there.
        let tarball = archive(url).is_some() || matches!(Spec::parse(&lock.format, resolved), Ok(Spec::Tarball(_)));
        let http = url.starts_with("https://") || url.starts_with("http://");
        let sha1 = hash.filter(|h| h.len() == 40 && h.bytes().all(|b| b.is_ascii_hexdigit()));
        let line = entry.lines.get("resolved").copied().unwrap_or(entry.line);
        (tarball && http).then(|| Bare { index, line, url: url.to_owned(), sha1: sha1.map(str::to_ascii_lowercase) })
    };
    lock.entries.iter().enumerate().filter_map(of).collect()
}

/// The SHA-512 of a tarball's bytes, in base64.
fn of(file: &str, bare: &Bare, remote: &Remote) -> Result<String, Fault> {
    let undone = |e: crate::remote::RemoteError| Fault::unreachable(e.class(), e.trouble());
    let fetch = remote.downloads().map_err(undone)?;
    let expect = Expect { sha512: true, ..Expect::at_most(LIMIT) };
    let stored = fetch.artifact(&bare.url, expect, None).map_err(undone)?.stored;
    let local = |why: String| {
        let trouble = Trouble::new(format!("{} cannot be read from the store: {why}", quoted(&bare.url)));
        Fault::unreachable(Class::Undone, trouble)
    };
    if let Some(expected) = &bare.sha1 {
        let path = fetch.store().get(&stored.sha256).ok_or_else(|| local("it is gone".to_owned()))?;
        let mut from = std::fs::File::open(path).map_err(|e| local(e.to_string()))?;
        let mut hash = sha1::Sha1::new();
        let mut piece = vec![0; 128 * 1024];
        loop {
            match from.read(&mut piece).map_err(|e| local(e.to_string()))? {
                0 => break,
                n => hash.update(piece.get(..n).unwrap_or_default()),
            }
        }
        let found: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
        if found != *expected {
            let trouble = Trouble::new(format!("{} has other bytes than yarn.lock says", quoted(&bare.url)));
            let trouble = trouble.at(Place { line: bare.line, ..Place::file(file) });
            let trouble = trouble.expected(format!("SHA-1 {expected}")).found(format!("SHA-1 {found}"));
            return Err(Fault::alarm(
                trouble.help("no file was changed; find out who changed it before anything else"),
            ));
        }
    }
    let digest = stored.sha512.ok_or_else(|| local("it was not hashed".to_owned()))?;
    Ok(base64(&digest))
}

fn base64(digest: &Sha512) -> String {
    base64::engine::general_purpose::STANDARD.encode(digest.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tarballs_without_integrity_get_one() {
        let lock = "# yarn lockfile v1\n\n\na@^1.0.0:\n  version \"1.0.0\"\n  resolved \"https://registry.example/a/-/a-1.0.0.tgz#0123456789abcdef0123456789abcdef01234567\"\n\nb@^1.0.0:\n  version \"1.0.0\"\n  resolved \"https://registry.example/b/-/b-1.0.0.tgz\"\n  integrity sha512-AAAA\n\nc@o/c:\n  version \"1.0.0\"\n  resolved \"https://codeload.github.com/o/c/tar.gz/0123456789abcdef0123456789abcdef01234567\"\n\n\"d@git+https://github.com/o/d.git\":\n  version \"1.0.0\"\n  resolved \"git+https://github.com/o/d.git#0123456789abcdef0123456789abcdef01234567\"\n\n\"e@file:./e.tgz\":\n  version \"1.0.0\"\n  resolved \"file:./e.tgz#0123456789abcdef0123456789abcdef01234567\"\n";
        let found = bare(&Lockfile::parse(lock.as_bytes()).unwrap());
        let found: Vec<_> = found.iter().map(|b| (b.index, b.line, b.url.as_str(), b.sha1.is_some())).collect();
        assert_eq!(
            found,
            [
                (0, 6, "https://registry.example/a/-/a-1.0.0.tgz", true),
                (2, 15, "https://codeload.github.com/o/c/tar.gz/0123456789abcdef0123456789abcdef01234567", false),
            ]
        );
    }
}
