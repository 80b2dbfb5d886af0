//! The RUN block of a locked pin: which archive it installs from, and what.
//!
//! For `export apt-snippet`. The text itself is `snippet`'s matter; here it gets what the lock says.

use std::collections::{BTreeMap, BTreeSet};

use super::along;
use super::archive::Keyring;
use super::choose::architecture;
use super::effective::Effective;
use super::keys::{Keys, Operand};
use super::snippet;
use crate::lock::{Entry, Evidence};
use crate::model::{PinName, Platform, RelPath, Sha256, Trouble, quoted};

/// Where Debian's images have Debian's keys.
const DEBIAN: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// What the block is made for.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// The locked pin.
    pub entry: &'a Entry,
    /// The pin's platforms.
    pub platforms: &'a [Platform],
    /// The archives of the manifest.
    pub archives: &'a BTreeMap<PinName, Effective>,
    /// What the lock holds of them.
    pub locked: &'a BTreeMap<PinName, Entry>,
    /// Where it is vendored below the folder of pins.toml, if it is.
    pub folder: Option<&'a RelPath>,
    /// The folder of pins.toml that the build is given as its context; none: that folder itself.
    pub context: Option<&'a RelPath>,
    /// Whether `--network=none` is written.
    pub no_network: bool,
}

/// The text of the block.
///
/// # Errors
/// A vendored folder outside of the context; a name that cannot stand in a RUN.
pub(in crate::source) fn block(keys: &Keys, input: &Block<'_>) -> Result<String, Trouble> {
    match input.folder {
        Some(folder) => vendored(folder, input),
        None => of_archives(keys, input),
    }
}

fn vendored(folder: &RelPath, input: &Block<'_>) -> Result<String, Trouble> {
    let inside = match input.context {
        None => Some(folder.clone()),
        Some(context) if context == folder => None,
        Some(context) => {
            let below = folder.as_str().strip_prefix(context.as_str()).and_then(|rest| rest.strip_prefix('/'));
            let below = below.and_then(|rest| rest.parse().ok());
            Some(below.ok_or_else(|| {
                Trouble::new(format!("the packages are vendored in {folder}, which is not in the context {context}"))
                    .help("give the context that the build is given, as a folder beside pins.toml")
            })?)
        }
    };
    let name = |path: &RelPath| path.as_str().rsplit('/').next().unwrap_or_default().to_owned();
    let made = input.entry.artifacts.iter().filter(|a| a.url.is_none());
    let sums: BTreeMap<String, Sha256> = made.filter_map(|a| Some((name(a.path.as_ref()?), a.sha256))).collect();
    let foreign =
        input.entry.values.keys().filter_map(|key| key.as_str().split_once(':')).map(|(_, arch)| arch.to_owned());
    let foreign: BTreeSet<String> = foreign.filter(|a| !matches!(a.as_str(), "any" | "native")).collect();
    let foreign: Vec<String> = foreign.into_iter().collect();
    let text =
        snippet::Vendored { folder: inside.as_ref(), sums: &sums, foreign: &foreign, no_network: input.no_network };
    snippet::vendored(&text).map_err(|e| e.trouble())
}

fn of_archives(keys: &Keys, input: &Block<'_>) -> Result<String, Trouble> {
    let mut operands: BTreeMap<String, Vec<Operand>> = BTreeMap::new();
    for platform in input.platforms {
        let Some(arch) = architecture(platform) else { continue };
        let list = operands.entry(arch.to_owned()).or_default();
        for key in input.entry.values.keys() {
            let Some(version) = input.entry.value_on(key.as_str(), Some(platform)) else { continue };
            let operand = format!("{key}={version}").parse::<Operand>();
            list.push(operand.map_err(|e| Trouble::new(e.to_string()))?);
        }
        for key in along::companions(input.entry).into_keys() {
            let Some(version) = along::version_on(input.entry, key, platform) else { continue };
            let operand = format!("{key}={version}").parse::<Operand>();
            list.push(operand.map_err(|e| Trouble::new(e.to_string()))?);
        }
    }
    let drawn: Vec<&Effective> = if keys.archives.is_empty() {
        input.archives.values().collect()
    } else {
        keys.archives.iter().filter_map(|name| input.archives.get(name)).collect()
    };
    let mut parts = Vec::new();
    for archive in drawn {
        let entry = input.locked.get(&archive.name);
        for repository in &archive.repositories {
            let snapshot = entry.and_then(|e| e.value("snapshot"));
            let at_snapshot = repository.snapshot.is_some();
            let uri = match snapshot.filter(|_| at_snapshot) {
                Some(stamp) => repository.uri.replace("{snapshot}", stamp.as_str()),
                None if at_snapshot => {
                    let trouble = Trouble::new(format!("the archive {} is not locked", archive.name));
                    return Err(trouble.help("dubo-pin refresh"));
                }
                None => repository.uri.clone(),
            };
            let digest = |suite: &str| match entry?.evidence.get("inrelease-sha256")? {
                Evidence::Each(each) => each.get(suite)?.parse::<Sha256>().ok(),
                Evidence::One(_) => None,
            };
            let suites = repository.suites.iter().filter(|_| at_snapshot);
            let releases: Vec<Sha256> = suites.filter_map(|s| digest(s.as_str())).collect();
            let own = !repository.signed_by.iter().all(|k| matches!(k, Keyring::Debian | Keyring::Fingerprint(_)));
            // apt tells a binary keyring by its ending.
            let binary = |k: &Keyring| matches!(k, Keyring::Path(p) if !p.as_str().ends_with(".asc"));
            let ending = if repository.signed_by.iter().any(binary) { "gpg" } else { "asc" };
            let keyring = if own { format!("/etc/apt/keyrings/{}.{ending}", archive.name) } else { DEBIAN.to_owned() };
            parts.push((uri, repository, releases, keyring, own));
        }
    }
    let sources: Vec<snippet::Source<'_>> = parts
        .iter()
        .map(|(uri, repository, releases, keyring, _)| snippet::Source {
            uri,
            suites: &repository.suites,
            components: &repository.components,
            signed_by: keyring,
            releases,
        })
        .collect();
    let text =
        snippet::snapshot(&snippet::Snapshot { sources: &sources, operands: &operands }).map_err(|e| e.trouble())?;
    let copies = parts.iter().filter(|p| p.4).map(|(_, repository, _, keyring, _)| {
        let from = repository.signed_by.iter().find_map(|k| match k {
            Keyring::Path(path) => Some(path.as_str()),
            _ => None,
        });
        match from {
            Some(from) => format!("COPY {from} {keyring}\n"),
            None => format!("# the keys of {} must stand in {keyring}\n", quoted(&repository.uri)),
        }
    });
    Ok(copies.collect::<String>() + &text)
}
