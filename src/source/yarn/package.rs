//! One git package of a folder pin, seen as the entry of a git pin.
//!
//! For `check`, `resolve` and `vendored`: a yarn entry of pins.lock holds all packages of a folder
//! in flat maps, while what proves a commit or a tar takes the entry of one repository. Pure. It
//! judges nothing: what is missing in the folder's entry is missing in the view.

use std::collections::BTreeMap;

use super::follow;
use crate::lock::{Entry, Evidence, Value};
use crate::model::{CommitId, Day, GitUrl, Token};
use crate::remote::git::CommitObject;
use crate::source::git::{self, stored_object};
use crate::source::request::Request;
use crate::source::version::order;

/// The evidence of a folder's entry that has one text for each git package.
pub const PROOFS: [&str; 13] = [
    "follow",
    "ref",
    git::REACHABLE,
    "tag-object",
    "commit-object",
    "commit-object-base64",
    "tree",
    "tree-sha256",
    "tar-format",
    "manifest",
    "repository",
    "origin",
    "prepare",
];

/// The commit that is locked for a key of `values`.
#[must_use]
pub fn commit_of(entry: &Entry, key: &str) -> Option<CommitId> {
    entry.value(key)?.as_str().parse().ok()
}

/// The key of `values` for a git package, from the keys of its block in yarn.lock: one of these as it
/// is where a name stands for several commits, else the name. `None`: the folder's entry has neither.
#[must_use]
pub fn key<'a>(entry: &'a Entry, keys: &[String]) -> Option<&'a str> {
    let found = |text: &str| entry.values.get_key_value(&token(text)?).map(|(key, _)| key.as_str());
    keys.iter().find_map(|key| found(key)).or_else(|| keys.iter().find_map(|key| found(name(key))))
}

/// The name in `name@range`.
fn name(key: &str) -> &str {
    let at = key.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
    at.and_then(|at| key.get(..at)).unwrap_or(key)
}

/// One text of a flat map of the evidence.
#[must_use]
pub fn proof<'a>(entry: &'a Entry, word: &str, key: &str) -> Option<&'a str> {
    said(&entry.evidence, word, key)
}

/// The entry of one package: `values` has `commit`, and `tag` where its ref is one; the evidence has
/// the texts of this package under the names that a git pin's have; `artifacts` has its tar, if one
/// is locked. `request` is that of a git pin with the same repository and follow. `None`: the folder's
/// entry has no such value.
///
/// `key` is a key of `values`, as [`key`] finds it; an artifact's `package` is that key too.
#[must_use]
pub fn one(entry: &Entry, key: &str) -> Option<Entry> {
    let commit = entry.value(key)?.clone();
    let mut values = BTreeMap::from([(token("commit")?, Value::One(commit))]);
    let said = |word: &str| proof(entry, word, key);
    if let Some(tag) = said("ref").and_then(|r| r.strip_prefix("refs/tags/")).and_then(token) {
        let version = tag.as_str().strip_prefix(['v', 'V']).unwrap_or(tag.as_str());
        if let Some(version) = token(version).filter(|v| order(v.as_str()).is_some()) {
            values.insert(token("version")?, Value::One(version));
        }
        values.insert(token("tag")?, Value::One(tag));
    }
    let evidence = PROOFS.iter().filter_map(|word| Some(((*word).to_owned(), Evidence::One(said(word)?.to_owned()))));
    let repository = said("repository");
    let tar = entry.artifacts.iter().filter(|a| {
        a.package.as_ref().is_some_and(|p| p.as_str() == key) && a.url.is_some() && a.url.as_deref() == repository
    });
    let request = || {
        let url: GitUrl = repository?.parse().ok()?;
        let follow = follow::parse(said("follow")?, commit_of(entry, key)?).ok()?;
        Some(git::Keys { url, follow, omit_submodules: false }.request().finish(&[]))
    };
    // What cannot be read as a rule is no reason to forget the repository.
    let bare = || Request::default().put_some("git", repository).finish(&[]);
    let mut one = Entry {
        request: request().unwrap_or_else(bare),
        values,
        artifacts: tar.take(1).cloned().collect(),
        evidence: evidence.collect(),
        first_seen: entry.first_seen,
        seen: entry.seen.iter().filter_map(|(seen, day)| Some((candidate(seen, key)?, *day))).collect(),
    };
    // Not locked, but told by the commit object.
    let day = stored_object(&one).and_then(|object| Day::of_unix(object.committer_time));
    if let (Some(day), Some(word)) = (day.and_then(|day| token(&day.to_string())), token("date")) {
        one.values.insert(word, Value::One(day));
    }
    Some(one)
}

/// What the folder's entry keeps of a package's candidate that is held back: `key=CANDIDATE`. One
/// that is too long to be kept so is not.
#[must_use]
pub fn seen(candidate: &Token, key: &str) -> Option<Token> {
    token(&format!("{key}={candidate}"))
}

/// The other way round; `None` for what is another package's.
fn candidate(seen: &Token, key: &str) -> Option<Token> {
    token(seen.as_str().strip_prefix(key)?.strip_prefix('=')?)
}

/// One text of a flat map of some evidence.
#[must_use]
pub fn said<'a>(evidence: &'a BTreeMap<String, Evidence>, word: &str, key: &str) -> Option<&'a str> {
    match evidence.get(word)? {
        Evidence::Each(each) => each.get(key).map(String::as_str),
        Evidence::One(_) => None,
    }
}

/// The locked packages as a person would say them: one by its tag or commit, more by their number.
#[must_use]
pub fn summary(entry: &Entry) -> Option<String> {
    let key = entry.values.keys().next()?;
    if entry.values.len() > 1 {
        return Some(format!("{} packages", entry.values.len()));
    }
    let one = one(entry, key.as_str())?;
    let text = |key: &str| one.value(key).map(|t| t.as_str().to_owned());
    text("tag").or_else(|| Some(text("commit")?.chars().take(12).collect()))
}

/// The stored commit object of a package, if it hashes to the package's commit.
#[must_use]
pub fn object(entry: &Entry, key: &str) -> Option<CommitObject> {
    stored_object(&one(entry, key)?)
}

fn token(text: &str) -> Option<Token> {
    Token::new(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::Artifact;
    use crate::model::Sha256;

    const COMMIT: &str = "f36f2c9e44c0cf5b1d38a6ba9b1ae0a8ac9de0c0";

    fn tar(package: &str, url: &str) -> Artifact {
        Artifact {
            platforms: Vec::new(),
            path: None,
            package: token(package),
            version: None,
            url: Some(url.to_owned()),
            size: 3,
            sha256: Sha256::of(b"tar"),
        }
    }

    fn folder() -> Entry {
        let each = |pairs: &[(&str, &str)]| {
            Evidence::Each(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
        };
        let value = |text: &str| Value::One(token(text).unwrap());
        Entry {
            request: "yarn=app".to_owned(),
            values: BTreeMap::from([
                (token("a").unwrap(), value(COMMIT)),
                (token("b").unwrap(), value(&"b".repeat(40))),
            ]),
            artifacts: vec![
                tar("a", "https://registry.example/a.tgz"),
                tar("a", "https://github.com/o/a.git"),
                tar("b", "https://github.com/o/b.git"),
            ],
            evidence: BTreeMap::from([
                (
                    "repository".to_owned(),
                    each(&[("a", "https://github.com/o/a.git"), ("b", "https://github.com/o/b.git")]),
                ),
                ("follow".to_owned(), each(&[("a", "tag v1.0.0"), ("b", "head")])),
                ("ref".to_owned(), each(&[("a", "refs/tags/v1.0.0"), ("b", "refs/heads/main")])),
                ("lockfile".to_owned(), Evidence::One("v1".to_owned())),
            ]),
            first_seen: "2026-11-23".parse().unwrap(),
            seen: BTreeMap::new(),
        }
    }

    #[test]
    fn a_package_is_seen_without_anything_of_the_others() {
        let one = one(&folder(), "a").unwrap();
        assert_eq!(one.request, "git=https://github.com/o/a.git tag=v1.0.0");
        assert_eq!(one.value("commit").unwrap().as_str(), COMMIT);
        assert_eq!(one.value("tag").unwrap().as_str(), "v1.0.0");
        assert_eq!((one.values.len(), one.evidence.len()), (3, 3));
        assert_eq!(one.artifacts, [tar("a", "https://github.com/o/a.git")]);
        assert_eq!(object(&folder(), "a"), None);
    }

    #[test]
    fn what_is_seen_of_a_package_is_its_own_alone() {
        let mut folder = folder();
        let day: Day = "2026-11-20".parse().unwrap();
        let of_a = token(&format!("v1.1.0@{COMMIT}")).unwrap();
        for (key, text) in [("a", of_a.clone()), ("b", token(COMMIT).unwrap()), ("ab", token("x").unwrap())] {
            folder.seen.insert(seen(&text, key).unwrap(), day);
        }
        assert_eq!(one(&folder, "a").unwrap().seen, BTreeMap::from([(of_a, day)]));
        assert_eq!(one(&folder, "b").unwrap().seen.len(), 1);
        assert_eq!(seen(&token("v1@c").unwrap(), "@scope/n").unwrap().as_str(), "@scope/n=v1@c");
        assert_eq!(seen(&token("x").unwrap(), &"n".repeat(1024)), None);
    }

    #[test]
    fn what_the_folder_has_not_is_not_made_up() {
        assert_eq!(one(&folder(), "c"), None);
        let b = one(&folder(), "b").unwrap();
        assert_eq!(b.value("tag"), None);
        assert_eq!(b.request, "git=https://github.com/o/b.git");
    }
}
