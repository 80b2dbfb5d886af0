//! What can be proved of a locked deb pin without network and without its bytes.
//!
//! For `verify`: each package has one version and one file on each platform, each file is called as
//! its package is and lies in an archive of the manifest, and the vendored archive is whole. Not
//! here: the bytes (`check::vendored`), and where the versions stand (`check::implied`).

use std::collections::{BTreeMap, BTreeSet};

use super::choose::{architecture, key_of};
use super::effective::Effective;
use super::keys::{Closure, Keys, Operands};
use super::pool::install_list;
use super::vendored::base_name;
use super::version::Version;
use crate::lock::{Artifact, Entry};
use crate::model::{Id, PinName, Platform, Token, Trouble, quoted};

type Fault = (Id, &'static str, Trouble);

/// All faults of an entry, each with the field that it concerns.
pub(in crate::source) fn check(
    keys: &Keys,
    entry: &Entry,
    platforms: &[Platform],
    archives: &BTreeMap<PinName, Effective>,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    if keys.closure != Closure::None {
        let trouble = Trouble::new("the closure of packages is not built yet in this version");
        return vec![(Id::PIN002, "request", trouble.expected("closure = \"none\""))];
    }
    faults.extend(asked(keys, entry));
    faults.extend(keys.archives.iter().filter(|name| !archives.contains_key(*name)).map(|name| {
        let trouble = Trouble::new(format!("no archive is called {}", quoted(name.as_str())));
        (Id::APT013, "request", trouble.expected("the name of an archive in pins.toml"))
    }));
    let debs: Vec<&Artifact> = entry.artifacts.iter().filter(|a| a.url.is_some()).collect();
    for key in entry.values.keys() {
        for platform in platforms {
            faults.extend(one(key.as_str(), entry, platform, &debs));
        }
    }
    let drawn: Vec<&Effective> = if keys.archives.is_empty() {
        archives.values().collect()
    } else {
        keys.archives.iter().filter_map(|name| archives.get(name)).collect()
    };
    for deb in debs {
        faults.extend(file(deb, entry, platforms, &drawn));
    }
    faults.extend(whole(entry, platforms));
    faults
}

/// The locked packages are those of the list, at versions that it allows.
fn asked(keys: &Keys, entry: &Entry) -> Vec<Fault> {
    let Operands::List(list) = &keys.operands else { return Vec::new() };
    let wanted: BTreeSet<String> = list.iter().map(key_of).collect();
    let locked: BTreeSet<String> = entry.values.keys().map(ToString::to_string).collect();
    let said = |all: &BTreeSet<String>| all.iter().map(|k| quoted(k)).collect::<Vec<_>>().join(", ");
    let mut faults = Vec::new();
    if wanted != locked {
        let trouble = Trouble::new("the locked packages are not those that pins.toml names");
        faults.push((Id::APT013, "values", trouble.expected(said(&wanted)).found(said(&locked))));
    }
    for operand in list {
        let (Some(pattern), key) = (operand.version(), key_of(operand)) else { continue };
        let value = entry.values.iter().find(|(k, _)| k.as_str() == key).map(|(_, value)| value);
        let versions: Vec<&Token> = match value {
            Some(crate::lock::Value::One(version)) => vec![version],
            Some(crate::lock::Value::Each(each)) => each.values().collect(),
            None => Vec::new(),
        };
        let fits = |v: &&&Token| v.as_str().parse::<Version>().is_ok_and(|v| v.fits(pattern));
        if let Some(version) = versions.iter().find(|v| !fits(v)) {
            let trouble =
                Trouble::new(format!("the locked version of {} is not one that pins.toml allows", quoted(&key)));
            faults.push((Id::APT013, "values", trouble.expected(pattern).found(version.as_str())));
        }
    }
    faults
}

/// A package on a platform: one version, and the one file of it.
fn one(key: &str, entry: &Entry, platform: &Platform, debs: &[&Artifact]) -> Option<Fault> {
    let (name, own) = key.split_once(':').map_or((key, None), |(n, a)| (n, Some(a)));
    let own = own.filter(|a| !matches!(*a, "any" | "native")).or_else(|| architecture(platform)).unwrap_or_default();
    let Some(version) = entry.value_on(key, Some(platform)) else {
        let trouble = Trouble::new(format!("the lock has no version of {} for {platform}", quoted(key)));
        return Some((Id::APT013, "values", trouble.help("dubo-pin refresh")));
    };
    let is = |a: &&&Artifact| {
        a.package.as_ref().is_some_and(|p| p.as_str() == name)
            && a.platforms.contains(platform)
            && a.url.as_deref().and_then(of_name).is_none_or(|(_, _, of)| of == own || of == "all")
    };
    let files: Vec<&&Artifact> = debs.iter().filter(is).collect();
    let right = matches!(files.as_slice(), [file] if file.version.as_ref() == Some(version));
    if right {
        return None;
    }
    let found: Vec<String> = files
        .iter()
        .map(|f| f.version.as_ref().map_or_else(|| "a file without version".to_owned(), ToString::to_string))
        .collect();
    let trouble = Trouble::new(format!("the lock does not have one file of {} for {platform}", quoted(key)))
        .expected(format!("one file of version {version}"))
        .found(if found.is_empty() { "none".to_owned() } else { found.join(", ") });
    Some((Id::APT013, "artifacts", trouble))
}

/// `name_version_architecture` of a pool's file name (Debian policy 5.6.12 for the version; pools drop
/// the epoch); `None` for names of another form.
fn of_name(url: &str) -> Option<(String, String, String)> {
    let base = base_name(url);
    let mut parts = base.strip_suffix(".deb")?.split('_');
    let (name, version, architecture) = (parts.next()?, parts.next()?, parts.next()?);
    parts.next().is_none().then(|| (name.to_owned(), version.to_owned(), architecture.to_owned()))
}

/// A locked file: named after its package, from an archive of the pin, for platforms of the pin.
fn file(deb: &Artifact, entry: &Entry, platforms: &[Platform], drawn: &[&Effective]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let url = deb.url.as_deref().unwrap_or_default();
    let package = deb.package.as_ref().map(Token::as_str).unwrap_or_default();
    let version = deb.version.as_ref().map(Token::as_str).unwrap_or_default();
    let mut fault = |trouble: Trouble| faults.push((Id::APT013, "artifacts", trouble));
    if !drawn.iter().any(|archive| archive.holds(url)) {
        let names: Vec<&str> = drawn.iter().map(|a| a.name.as_str()).collect();
        let trouble = Trouble::new(format!("the URL of {} is in no archive of the pin", quoted(package)));
        fault(trouble.expected(format!("a file of {}", names.join(", "))).found(quoted(url)));
    }
    if let Some((named, said, own)) = of_name(url) {
        let without_epoch = version.split_once(':').map_or(version, |(_, rest)| rest);
        let takes = |platform: &Platform| {
            let foreign = entry.values.keys().any(|k| k.as_str() == format!("{package}:{own}"));
            own == "all" || foreign || architecture(platform) == Some(own.as_str())
        };
        if named != package || said != without_epoch || !deb.platforms.iter().all(takes) {
            let on: Vec<&str> = deb.platforms.iter().map(Platform::as_str).collect();
            let trouble = Trouble::new("the locked file is named after another package than the lock says");
            fault(
                trouble.expected(format!("{package} {version} for {}", on.join(", "))).found(quoted(&base_name(url))),
            );
        }
    }
    let named = entry.values.keys().any(|k| k.as_str().split(':').next() == Some(package));
    if !named {
        fault(Trouble::new(format!("the lock has a file of {}, which is no package of the pin", quoted(package))));
    }
    if let Some(stranger) = deb.platforms.iter().find(|p| !platforms.contains(p)) {
        fault(Trouble::new(format!(
            "the lock has a file of {} for {stranger}, which is no platform of the pin",
            quoted(package)
        )));
    }
    let base = deb.path.as_ref().map(|p| p.as_str().rsplit('/').next().unwrap_or_default().to_owned());
    if base.as_deref().is_some_and(|base| base != base_name(url)) {
        let trouble = Trouble::new(format!("the vendored file of {} is not called as in the archive", quoted(package)));
        fault(trouble.expected(base_name(url)).found(base.unwrap_or_default()));
    }
    faults
}

/// A vendored archive has its index, its Release and an install list for each architecture, once.
fn whole(entry: &Entry, platforms: &[Platform]) -> Option<Fault> {
    let is_vendored = entry.artifacts.iter().any(|a| a.path.is_some());
    let made: Vec<&str> = entry
        .artifacts
        .iter()
        .filter(|a| a.url.is_none())
        .map(|a| a.path.as_ref().map_or("", |p| p.as_str().rsplit('/').next().unwrap_or_default()))
        .collect();
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    if is_vendored {
        wanted.extend(["Packages".to_owned(), "Release".to_owned()]);
        wanted.extend(platforms.iter().filter_map(architecture).map(install_list));
    }
    let found: BTreeSet<String> = made.iter().map(ToString::to_string).collect();
    if found == wanted && made.len() == wanted.len() {
        return None;
    }
    let said = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>().join(", ");
    let trouble = Trouble::new("the vendored archive is not whole").expected(said(&wanted)).found(said(&found));
    Some((Id::APT013, "artifacts", trouble))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    const MANIFEST: &[u8] = include_bytes!("../../../tests/data/lock/homebridge/pins.toml");
    const LOCK: &[u8] = include_bytes!("../../../tests/data/lock/homebridge/pins.lock");

    /// The deb pin of a lock that was written by hand, after a change.
    fn told(change: impl FnOnce(&mut Entry)) -> Vec<String> {
        let manifest = Manifest::parse("pins.toml", MANIFEST).unwrap();
        let mut lock = crate::lock::open(LOCK).unwrap().lock;
        let pin = manifest.pins.values().find(|p| p.name.as_str() == "avahi").unwrap();
        let crate::source::Source::Deb(keys) = &pin.source else { panic!("avahi is a deb pin") };
        let of = |(name, a): (&PinName, &crate::manifest::Archive)| {
            let read = |_: &crate::model::RelPath| Err(Trouble::new("no file is read"));
            (name.clone(), Effective::new(name, &a.place, &a.keys, &read).unwrap())
        };
        let archives: BTreeMap<PinName, Effective> = manifest.archives.iter().map(of).collect();
        let entry = lock.pins.get_mut(&pin.name).unwrap();
        change(entry);
        let faults = check(keys, entry, &pin.platforms, &archives);
        let line =
            |t: Trouble| format!("{}: {} | {}", t.message, t.expected.unwrap_or_default(), t.found.unwrap_or_default());
        faults.into_iter().map(|(_, _, t)| line(t)).collect()
    }

    fn deb<'a>(entry: &'a mut Entry, name: &str) -> &'a mut Artifact {
        entry.artifacts.iter_mut().find(|a| a.url.as_deref().is_some_and(|u| u.ends_with(name))).unwrap()
    }

    #[test]
    fn a_lock_that_was_written_by_hand_holds() {
        assert_eq!(told(|_| {}), Vec::<String>::new());
    }

    #[test]
    fn two_swapped_files_are_both_named() {
        let told = told(|entry| {
            let amd64 = deb(entry, "libnss-mdns_0.15.1-3_amd64.deb").clone();
            let arm64 = deb(entry, "libnss-mdns_0.15.1-3_arm64.deb").clone();
            deb(entry, "libnss-mdns_0.15.1-3_amd64.deb").platforms = arm64.platforms;
            deb(entry, "libnss-mdns_0.15.1-3_arm64.deb").platforms = amd64.platforms;
        });
        let said = |platform: &str, file: &str| {
            format!(
                "the locked file is named after another package than the lock says: libnss-mdns 0.15.1-3 for {platform} | `{file}`"
            )
        };
        assert!(told.contains(&said("linux/arm64", "libnss-mdns_0.15.1-3_amd64.deb")), "{told:#?}");
        assert!(told.contains(&said("linux/amd64", "libnss-mdns_0.15.1-3_arm64.deb")), "{told:#?}");
    }

    #[test]
    fn a_url_outside_of_the_archives_is_seen() {
        for url in [
            "https://evil.example/archive/debian/20261120T023456Z/pool/main/n/nss-mdns/libnss-mdns_0.15.1-3_amd64.deb",
            "https://snapshot.debian.org/archive/debian/latest/pool/main/n/nss-mdns/libnss-mdns_0.15.1-3_amd64.deb",
            "https://snapshot.debian.org/archive/debian-security/20261120T023456Z/pool/libnss-mdns_0.15.1-3_amd64.deb",
        ] {
            let told = told(|entry| deb(entry, "libnss-mdns_0.15.1-3_amd64.deb").url = Some(url.to_owned()));
            assert_eq!(
                told,
                [format!("the URL of `libnss-mdns` is in no archive of the pin: a file of debian | `{url}`")]
            );
        }
    }

    #[test]
    fn a_package_without_its_one_file_is_seen() {
        let gone =
            told(|entry| entry.artifacts.retain(|a| !a.url.as_deref().is_some_and(|u| u.ends_with("-3_amd64.deb"))));
        assert_eq!(
            gone,
            ["the lock does not have one file of `libnss-mdns` for linux/amd64: one file of version 0.15.1-3 | none"]
        );
        let other =
            told(|entry| deb(entry, "libnss-mdns_0.15.1-3_amd64.deb").version = Some(Token::new("0.15.1-4").unwrap()));
        assert!(other.iter().any(|t| t.contains("one file of version 0.15.1-3 | 0.15.1-4")), "{other:#?}");
        let lost = told(|entry| drop(entry.values.remove(&Token::new("libnss-mdns").unwrap())));
        assert!(lost.contains(&"the locked packages are not those that pins.toml names: `avahi-daemon`, `libnss-mdns` | `avahi-daemon`".to_owned()));
        assert!(lost.contains(&"the lock has a file of `libnss-mdns`, which is no package of the pin:  | ".to_owned()));
    }

    #[test]
    fn a_vendored_archive_without_its_index_is_not_whole() {
        let told = told(|entry| {
            entry.artifacts.retain(|a| !a.path.as_ref().is_some_and(|p| p.as_str().ends_with("/Packages")))
        });
        let wanted = "Packages, Release, install.list.amd64, install.list.arm64, install.list.armhf";
        let found = "Release, install.list.amd64, install.list.arm64, install.list.armhf";
        assert_eq!(told, [format!("the vendored archive is not whole: {wanted} | {found}")]);
    }
}
