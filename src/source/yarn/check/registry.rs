//! URLs of registries: which package and version one is of, by the places where these stand.
//!
//! For `names`. The forms that registries have, each behind a prefix that all packages of a registry
//! share (`repository/npm`, `artifactory/api/npm/REPO`, `_packaging/FEED/npm/registry`):
//!
//! - `NAME/-/BASE-VERSION.tgz` and `@S/BASE/-/@S/BASE-VERSION.tgz`
//! - `NAME/download/NAME-VERSION.tgz`, with `?cache=…&sync_timestamp=…&other_urls=…`: old cnpm
//! - `repository/REPO/NAME/BASE-VERSION.tgz`
//! - `download/@S/BASE/VERSION/DIGEST`: GitHub, whose packages all have a scope
//!
//! A path is read as it is written: a server may take `..` and escapes otherwise than we do. Not
//! here: whether the host was reviewed, which is `address`'s.

use std::collections::BTreeMap;

use super::Case;
use super::item::{From, Item};
use crate::source::yarn::spec::Spec;

/// What stands before a package's name in its URL: segments, each with its `/`.
pub(super) type Prefix = String;

/// The prefix of a URL that is of this version of a package; `None` if it is not, or cannot be read.
pub(super) fn prefix(url: &str, name: &str, version: &str) -> Option<Prefix> {
    let (_, path) = url.split_once("://")?.1.split_once('/')?;
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let path = unscoped(path, name);
    let plain = |part: &str| {
        let all = part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-~@+!$()*,;=:".contains(&b));
        all && !matches!(part, "" | "." | "..")
    };
    if !path.split('/').all(plain) {
        return None;
    }
    let base = name.rsplit('/').next().unwrap_or_default();
    let scope = name.strip_suffix(base).unwrap_or_default();
    let bare = version.split('+').next().unwrap_or_default();
    let versions = if bare == version { vec![version] } else { vec![version, bare] };
    versions.into_iter().find_map(|version| {
        let file = format!("{base}-{version}.tgz");
        let end = |tail: String| path.strip_suffix(tail.as_str()).filter(|p| is_prefix(p)).map(str::to_owned);
        let found = match query {
            Some(query) if !is_cnpm(query) => return None,
            Some(_) => None,
            None => {
                let dashed = end(format!("{name}/-/{file}"));
                let dashed = dashed.or_else(|| end(format!("{name}/-/{scope}{file}")).filter(|_| !scope.is_empty()));
                let flat = || end(format!("{name}/{file}")).filter(|p| p.starts_with("repository/"));
                dashed.or_else(flat).or_else(|| packed(&path, name, version).filter(|_| !scope.is_empty()))
            }
        };
        found.or_else(|| end(format!("{name}/download/{scope}{file}")))
    })
}

/// The escaped separator of the scope taken back, at each place where the name stands.
fn unscoped(path: &str, name: &str) -> String {
    match name.split_once('/') {
        Some((scope, base)) => {
            let [small, large] = ["%2f", "%2F"].map(|escaped| format!("{scope}{escaped}{base}"));
            path.replace(&small, name).replace(&large, name)
        }
        None => path.to_owned(),
    }
}

/// Whether something may stand before the name: whole segments, none of which is a scope or the `-`
/// behind a name, so that no part of another package's path is passed over.
fn is_prefix(text: &str) -> bool {
    let odd = |part: &str| part.starts_with('@') || matches!(part, "-" | "download");
    text.is_empty() || text.strip_suffix('/').is_some_and(|inner| !inner.split('/').any(odd))
}

/// `download/NAME/VERSION/DIGEST`.
fn packed(path: &str, name: &str, version: &str) -> Option<Prefix> {
    let digest = path.strip_prefix("download/")?.strip_prefix(name)?.strip_prefix('/')?;
    let digest = digest.strip_prefix(version)?.strip_prefix('/')?;
    let whole = matches!(digest.len(), 40 | 64) && digest.bytes().all(|b| b.is_ascii_hexdigit());
    whole.then(|| "download/".to_owned())
}

/// What cnpm hung on its URLs, which says where else the file may be and nothing about which it is.
fn is_cnpm(query: &str) -> bool {
    query.split('&').all(|field| {
        let key = field.split('=').next().unwrap_or_default();
        matches!(key, "cache" | "sync_timestamp" | "other_urls")
    })
}

/// A registry: a host, and the scope for which it may be asked at another path of it.
type Registry<'a> = (&'a str, Option<&'a str>);

/// The prefix of each registry: the one that most packages of it have, of equals the shortest.
pub(super) struct Prefixes<'a>(BTreeMap<Registry<'a>, Prefix>);

impl<'a> Prefixes<'a> {
    pub(super) fn of(case: &'a Case<'_>) -> Self {
        let mut counts: BTreeMap<Registry<'a>, BTreeMap<Prefix, usize>> = BTreeMap::new();
        for item in &case.items {
            let From::Tarball(url) = &item.from else { continue };
            let names = item.wanted.iter().filter_map(|w| match &w.spec {
                Spec::Registry { alias, .. } => Some(alias.as_deref().unwrap_or(&w.name)),
                _ => None,
            });
            for name in names.take(1) {
                if let Some(prefix) = prefix(url, name, item.version()) {
                    *counts.entry(registry(url, name)).or_default().entry(prefix).or_default() += 1;
                }
            }
        }
        let most = |all: BTreeMap<Prefix, usize>| {
            all.into_iter().max_by_key(|(prefix, count)| (*count, std::cmp::Reverse(prefix.len()))).map(|(p, _)| p)
        };
        Self(counts.into_iter().filter_map(|(of, all)| Some((of, most(all)?))).collect())
    }

    /// What the URL of a package should have before the name, if its registry is known.
    pub(super) fn expected(&self, url: &'a str, name: &'a str) -> Option<&str> {
        self.0.get(&registry(url, name)).map(String::as_str)
    }
}

fn registry<'a>(url: &'a str, name: &'a str) -> Registry<'a> {
    let host = url.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
    (host, name.split_once('/').map(|(scope, _)| scope))
}

/// Whether the item is one of a registry, as its keys say.
pub(super) fn is_of_one(item: &Item<'_>) -> bool {
    item.wanted.iter().any(|w| matches!(w.spec, Spec::Registry { .. }))
}
