//! Rules for URLs: URL001, URL003 to URL005.
//!
//! For `lint`. Whether a checked hash is the locked one is the join's question.

use std::collections::BTreeSet;

use super::{Linted, next};
use crate::dockerfile::added::{Remote, RemoteKind};
use crate::dockerfile::shell::Spelled;
use crate::dockerfile::shell::download::Download;
use crate::dockerfile::{Dockerfile, Intake};
use crate::model::{Id, Place, Severity, Trouble, quoted};

/// Hash functions for which two files of one hash can be made, or that were never meant to hold.
const WEAK: [&str; 5] = ["md5", "sha1", "crc", "sysv", "bsd"];

pub(super) fn check(files: &[Dockerfile], out: &mut Vec<Linted>) {
    for (index, file) in files.iter().enumerate() {
        let mut told = BTreeSet::new();
        for intake in file.intakes() {
            match intake {
                Intake::Remote(remote) if matches!(remote.what, RemoteKind::File { .. }) => {
                    let url = remote.value.as_deref().unwrap_or(&remote.written);
                    out.extend(unchecked(remote, url).map(|t| Linted::new(index, Id::URL001, Severity::Error, t)));
                    newest(index, url, &remote.place, &mut told, out);
                }
                Intake::Download(download) => {
                    if let Some((id, trouble)) = fetched(file, download) {
                        out.push(Linted::new(index, id, Severity::Error, trouble));
                    }
                    for url in &download.urls {
                        newest(index, &text(url), &url.place(file), &mut told, out);
                    }
                }
                _ => {}
            }
        }
    }
}

fn text(url: &Spelled) -> String {
    url.value.clone().unwrap_or_else(|| url.text())
}

/// URL001.
fn unchecked(remote: &Remote, url: &str) -> Option<Trouble> {
    if !matches!(remote.what, RemoteKind::File { checksum: None }) {
        return None;
    }
    let trouble = Trouble::new("ADD takes in a file by URL without a checksum")
        .at(remote.place.clone())
        .expected("ADD --checksum=sha256:…")
        .found(quoted(url));
    let step = "dubo-pin init makes a pin of it, dubo-pin refresh NAME tells its sha256";
    Some(trouble.help(next(Id::URL001, step)))
}

/// URL004, else URL003.
fn fetched(file: &Dockerfile, download: &Download) -> Option<(Id, Trouble)> {
    if download.program.is_empty() {
        // too long to be read, which the rules for packages tell
        return None;
    }
    let found = match (download.urls.first(), download.not_understood.first()) {
        (Some(url), _) => quoted(&text(url)),
        (None, Some(unknown)) => quoted(&unknown.text(file)),
        (None, None) => return None,
    };
    let more = download.urls.len().saturating_sub(1);
    let found = if more > 0 { format!("{found} and {more} more") } else { found };
    let program = quoted(&download.program);
    let at = |message: String| Trouble::new(message).at(download.place(file)).found(found.clone());
    if let Some(shell) = &download.piped {
        let message = format!("what {program} fetches is run by {} before anybody can check it", quoted(shell));
        let step = "fetch it into a file, check its hash in the same RUN, then run it";
        let trouble = at(message).expected("echo \"HASH  FILE\" | sha256sum -c - before it is run");
        return Some((Id::URL004, trouble.help(next(Id::URL004, step))));
    }
    let weak = match &download.check {
        Some(check) => Some(WEAK.iter().find(|w| check.algorithm.eq_ignore_ascii_case(w))?),
        None => None,
    };
    let message = match weak {
        Some(weak) => format!("what {program} fetches is held to {weak} alone: {weak} is too weak"),
        None => format!("what {program} fetches is not held to a hash in the same RUN"),
    };
    let step = "check it behind the download, with the hash in an ARG that a pin of dubo-pin init can write";
    let trouble = at(message).expected("echo \"HASH  FILE\" | sha256sum -c -");
    Some((Id::URL003, trouble.help(next(Id::URL003, step))))
}

/// URL005, once at each place.
fn newest(index: usize, url: &str, place: &Place, told: &mut BTreeSet<(usize, usize)>, out: &mut Vec<Linted>) {
    let Some(word) = moving(url) else { return };
    if !told.insert((place.line, place.column)) {
        return;
    }
    let trouble = Trouble::new(format!("the URL names whatever is newest: {} in it moves", quoted(word)))
        .at(place.clone())
        .expected("a URL with a version or a commit in it")
        .found(quoted(url));
    let step = "name a version: a hash of what moves fails as soon as it has moved";
    out.push(Linted::new(index, Id::URL005, Severity::Note, trouble.help(next(Id::URL005, step))));
}

/// The part of a URL's path that moves: `latest`, `nightly`, a branch.
fn moving(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let mut parts = path.split('/');
    let host = parts.next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let parts: Vec<&str> = parts.collect();
    let word = |part: &&str| {
        let words = part.split(|c: char| !c.is_ascii_alphanumeric());
        words.into_iter().any(|w| ["latest", "nightly"].iter().any(|m| w.eq_ignore_ascii_case(m)))
    };
    if let Some(part) = parts.iter().find(|p| word(p)) {
        return Some(part);
    }
    let branch = |part: &str| matches!(part, "master" | "main" | "HEAD");
    let at = |i: usize| parts.get(i).copied().unwrap_or_default();
    let whole = |part: &str| part.split('.').next().map(str::to_owned).unwrap_or_default();
    if host.eq_ignore_ascii_case("raw.githubusercontent.com") {
        let reference = if at(2) == "refs" { 4 } else { 2 };
        return parts.get(reference).copied().filter(|p| branch(p));
    }
    if let Some(i) = parts.windows(2).position(|w| w == ["refs", "heads"]) {
        return parts.get(i + 2).copied();
    }
    // the section of a Debian archive, the sources of a program, and what stands behind a commit
    let fixed = |i: usize| {
        let earlier = parts.get(..i).unwrap_or_default();
        let commit = |p: &&str| p.len() == 40 && p.bytes().all(|b| b.is_ascii_hexdigit());
        earlier.iter().any(|p| matches!(*p, "pool" | "dists" | "src" | "cmd") || commit(p))
    };
    let found = (0..parts.len().saturating_sub(1)).find(|i| branch(at(*i)) && !fixed(*i));
    let archive = parts.len().checked_sub(1).filter(|l| *l > 0 && at(l - 1) == "archive" && branch(&whole(at(*l))));
    found.or(archive).map(at)
}

#[cfg(test)]
#[path = "downloads_tests.rs"]
mod tests;
