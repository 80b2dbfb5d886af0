//! What a pin takes in beside what its entry says: what the manifest or the Dockerfiles ask for since,
//! and the registry packages of a yarn.lock.
//!
//! For `list`, so that a question about something the lock does not have is not answered with no.

use std::collections::BTreeSet;

use super::{Item, Measure};
use crate::disk::Root;
use crate::lock::Entry;
use crate::model::{RelPath, Severity, Sha256};
use crate::source::yarn::lockfile::{self, Lockfile, MAX_SIZE};
use crate::source::{Source, deb};

use crate::dockerfile::Dockerfile;

impl Source {
    /// What is asked for and is not among the locked items: by the manifest where the pin was `edited`,
    /// and by the Dockerfiles. None of it is locked.
    #[must_use]
    pub fn asked_beyond(&self, entry: &Entry, edited: bool, files: &[Dockerfile]) -> Vec<Item> {
        let mut have: BTreeSet<String> = self.items(Some(entry)).into_iter().map(|item| item.what).collect();
        have.extend(entry.values.keys().map(|key| key.as_str().to_owned()));
        let mut all: Vec<Item> = Vec::new();
        if edited {
            all.extend(self.items(None).into_iter().filter(|item| item.opaque || !have.contains(&item.what)));
        }
        let claims = self.implied(files);
        let debian = matches!(self, Self::Deb(_));
        for site in claims.sites.iter().filter(|site| debian || site.is_commit()) {
            if entry.values.keys().any(|key| key.as_str() == site.key) {
                continue;
            }
            let (name, architecture) = site.key.split_once(':').filter(|_| debian).unzip();
            let item = Item::new(name.unwrap_or(&site.key));
            let version = site.bears.clone();
            let measure = version.clone().filter(|_| debian).map_or(Measure::None, Measure::Debian);
            let architecture = architecture.map(str::to_owned);
            let item = Item { version, measure, architecture, debian, ..item };
            let same = |own: &Item| (&own.what, &own.architecture) == (&item.what, &item.architecture);
            match all.iter_mut().find(|own| same(own)) {
                Some(own) if own.version.is_none() => *own = Item { opaque: own.opaque, ..item },
                Some(own) if own.version == item.version => {}
                _ => all.push(item),
            }
        }
        // What may be a package of it and cannot be read.
        let unclear = claims.unclear.iter().any(|unclear| unclear.severity == Severity::Error);
        if unclear && !all.iter().any(|item| item.opaque) {
            all.push(Item { opaque: true, ..Item::new("dockerfile") });
        }
        all
    }

    /// Whether apt pulls in packages beside those that the pin names.
    #[must_use]
    pub fn pulls_in(&self) -> bool {
        matches!(self, Self::Deb(keys) if keys.closure == deb::Closure::None)
    }

    /// The packages that the yarn.lock of a folder takes from a registry; `None` where that file is not
    /// the locked one, or cannot be read. Nothing of other kinds.
    #[must_use]
    pub fn registry_packages(&self, entry: Option<&Entry>, root: &Root) -> Option<Vec<Item>> {
        let Self::Yarn(keys) = self else { return Some(Vec::new()) };
        let folder = keys.folder()?;
        let entry = entry?;
        let path = folder.map_or_else(|| "yarn.lock".to_owned(), |folder| format!("{folder}/yarn.lock"));
        let bytes = root.read(&path.parse::<RelPath>().ok()?, MAX_SIZE as u64).ok()??;
        if entry.proof("yarn-lock-sha256") != Some(Sha256::of(&bytes).to_string().as_str()) {
            return None;
        }
        let locked = self.items(Some(entry));
        let from_git = |item: &Item| locked.iter().any(|own| own.what == item.what && own.version == item.version);
        let lock = Lockfile::parse(&bytes).ok()?;
        let mut all: Vec<Item> = lock.entries.iter().filter_map(package).filter(|item| !from_git(item)).collect();
        all.sort_by(|a, b| (&a.what, &a.version).cmp(&(&b.what, &b.version)));
        all.dedup();
        Some(all)
    }
}

/// `name@range` as name and range; the name of a scope starts with `@`.
fn split(text: &str) -> Option<(&str, &str)> {
    let at = text.char_indices().skip(1).find(|(_, c)| *c == '@')?.0;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// One block of a yarn.lock; not a folder of a workspace.
fn package(entry: &lockfile::Entry) -> Option<Item> {
    if entry.link_type.as_deref() == Some("soft") {
        return None;
    }
    let (name, range) = split(entry.resolution.as_ref().or(entry.keys.first())?)?;
    // Of an alias, the package itself: `mine@npm:lodash@^4`.
    let aliased = range.strip_prefix("npm:").filter(|_| entry.resolution.is_none());
    let name = aliased.and_then(split).map_or(name, |(name, _)| name);
    let version = entry.version.clone()?;
    Some(Item { measure: Measure::Version(version.clone()), version: Some(version), ..Item::new(name) })
}
