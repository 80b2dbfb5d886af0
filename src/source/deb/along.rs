//! What comes along with the packages that a pin asks for: their closure, on each platform.
//!
//! For the resolver. Which packages those are is `closure`'s matter; here it is told what the archives
//! have and what the Dockerfiles install in which order, and each package that it names becomes a file
//! of the entry.

use std::collections::{BTreeMap, BTreeSet};

use super::archives::{Archives, Offer};
use super::choose::{Wanted, architecture, choose, key_of};
use super::closure::{self, LOOKED_AT, Picked, Request, Universe};
use super::implied;
use super::keys::{Keys, Operand, OperandError, Operands};
use super::vendored::File;
use crate::lock::Entry;
use crate::model::{PinName, Platform, Sha256, Token, Trouble, quoted};
use crate::remote::Remote;
use crate::source::Offline;
use crate::source::based::Based;
use crate::source::image::packages::{Layout, packages};
use crate::source::resolve::{Aim, Fault, Want};

/// The evidence that names each package that came along, and who needs it.
pub(super) const NEEDED_BY: &str = "needed-by";

/// The evidence that names the base that the packages were chosen for, by platform.
pub(super) const BASE: &str = "base";

/// All packages of the archives, by the architecture of the platforms and the base that they are put on.
pub(super) type Universes = BTreeMap<(String, Option<Sha256>), Universe>;

/// Reads all packages that a pin could install.
pub(super) fn universes(
    keys: &Keys,
    want: &Want<'_>,
    wanted: &[Wanted],
    drawn: &[PinName],
    archives: &Archives,
    remote: &Remote,
) -> Result<Universes, Fault> {
    let mut out = Universes::new();
    let unreadable = |e: closure::Unreadable| Fault::alarm(Trouble::new(e.to_string()));
    let foreign: BTreeSet<&str> =
        wanted.iter().filter_map(|w| w.operand.architecture()).filter(|a| !matches!(*a, "any" | "native")).collect();
    let mut indices: BTreeMap<&str, Vec<(i32, String)>> = BTreeMap::new();
    for platform in want.platforms {
        let Some(own) = architecture(platform) else { continue };
        for base in bases(keys, want, platform)?.into_iter().map(|(_, base)| base).collect::<BTreeSet<_>>() {
            let id = base.map(|(_, image)| image);
            if out.contains_key(&(own.to_owned(), id)) {
                continue;
            }
            let mut universe = Universe::new(own);
            for one in std::iter::once(own).chain(foreign.iter().copied().filter(|a| *a != own)) {
                if !indices.contains_key(one) {
                    let mut all = Vec::new();
                    for name in drawn.iter().filter(|name| archives.serves(name, one)) {
                        all.extend(archives.stanzas(name, one, &LOOKED_AT, remote)?);
                    }
                    indices.insert(one, all);
                }
                for (rank, index) in indices.get(one).into_iter().flatten() {
                    universe.add(index, *rank).map_err(unreadable)?;
                }
            }
            if let Some((based, image)) = base.and_then(|(at, image)| Some((want.bases.get(at)?, image))) {
                universe.base(&status(based, &image, remote)?).map_err(unreadable)?;
            }
            out.insert((own.to_owned(), id), universe);
        }
    }
    Ok(out)
}

/// dpkg's status of an image.
fn status(based: &Based, image: &Sha256, remote: &Remote) -> Result<String, Fault> {
    let found = packages(&remote.registry(), &based.repository, image)
        .map_err(|e| Fault::unreachable(e.class(), e.to_trouble()))?;
    if found.layout == Layout::None {
        let trouble =
            Trouble::new(format!("the base image {} has no list of packages that dpkg would read", based.pin));
        return Err(Fault::usage(trouble.help("closure = \"full\" chooses without a base")));
    }
    Ok(String::from_utf8_lossy(&found.text).into_owned())
}

/// The chains of a pin's commands, each with its base on a platform: which of the bases, and the image;
/// none for an empty one.
type Chains = Vec<(Vec<Vec<String>>, Option<(usize, Sha256)>)>;

fn bases(keys: &Keys, want: &Want<'_>, platform: &Platform) -> Result<Chains, Fault> {
    let unpinned = |what: &str| {
        let trouble =
            Trouble::new(format!("the base of {what} is not known: no locked image pin holds its FROM on {platform}"));
        Fault::usage(trouble.help("pin the base image, and refresh it first; or write closure = \"full\""))
    };
    let image = |at: usize| want.bases.get(at).and_then(|based| Some((at, based.on(platform)?)));
    let minus = keys.closure == super::keys::Closure::MinusBase;
    match &keys.operands {
        Operands::List(list) => {
            let all = vec![list.iter().map(key_of).collect()];
            if !minus {
                return Ok(vec![(all, None)]);
            }
            let mut found: Vec<(usize, Sha256)> = Vec::new();
            for one in (0..want.bases.len()).filter_map(image) {
                if !found.iter().any(|(_, other)| *other == one.1) {
                    found.push(one);
                }
            }
            match found.as_slice() {
                [one] => Ok(vec![(all, Some(*one))]),
                [] => Err(unpinned("the packages")),
                _ => {
                    let trouble =
                        Trouble::new("the stages have several bases, and a list does not say which one is meant");
                    Err(Fault::usage(trouble.help("write deb = \"dockerfile\" with `stages`, or closure = \"full\"")))
                }
            }
        }
        Operands::Dockerfile { .. } => {
            let chains = implied::chains(keys, want.dockerfiles).into_iter();
            let one = |chain: implied::Chain| {
                let file = want.dockerfiles.iter().find(|f| f.file() == chain.file);
                let scratch = file.and_then(|f| f.stages().get(chain.bottom)).is_some_and(|s| s.base == "scratch");
                if !minus || scratch {
                    return Ok((chain.commands, None));
                }
                let mut at = (0..want.bases.len())
                    .filter(|at| want.bases.get(*at).is_some_and(|b| b.file == chain.file && b.stage == chain.bottom));
                let what = format!("stage {} of {}", chain.bottom, quoted(&chain.file));
                let found = at.next().and_then(image).ok_or_else(|| unpinned(&what))?;
                Ok((chain.commands, Some(found)))
            };
            chains.map(one).collect()
        }
    }
}

/// The bases that the packages are chosen for, by platform, as the lock holds them: `sha256:…`, several
/// with blanks between.
pub(super) fn evidence(keys: &Keys, want: &Want<'_>) -> Result<BTreeMap<String, String>, Fault> {
    let mut out = BTreeMap::new();
    for platform in want.platforms.iter().filter(|_| keys.closure == super::keys::Closure::MinusBase) {
        let all: BTreeSet<String> = bases(keys, want, platform)?
            .into_iter()
            .filter_map(|(_, base)| Some(format!("sha256:{}", base?.1)))
            .collect();
        out.insert(platform.to_string(), all.into_iter().collect::<Vec<_>>().join(" "));
    }
    Ok(out)
}

/// Adds the files of what comes along with `files` on each platform.
pub(super) fn add(
    keys: &Keys,
    want: &Want<'_>,
    universes: &Universes,
    drawn: &[PinName],
    archives: &Archives,
    files: &mut Vec<File>,
    remote: &Remote,
) -> Result<(), Fault> {
    for platform in want.platforms {
        let Some(own) = architecture(platform).map(str::to_owned) else { continue };
        let picked = closed(keys, want, universes, files, platform)?;
        let mut along: Vec<(Wanted, &Picked)> = Vec::new();
        for one in picked.values() {
            let operand = operand(one).map_err(|e| Fault::usage(Trouble::new(e.to_string())))?;
            along.push((Wanted { operand, suite: None, place: None }, one));
        }
        let mut offers: BTreeMap<String, Vec<Offer>> = BTreeMap::new();
        let of = |picked: &Picked| picked.architecture.clone().unwrap_or_else(|| own.clone());
        let architectures: BTreeSet<String> = picked.values().map(of).collect();
        for architecture in architectures {
            let names: BTreeSet<&str> =
                picked.values().filter(|p| of(p) == architecture).map(|p| p.name.as_str()).collect();
            let mut all = Vec::new();
            for name in drawn.iter().filter(|name| archives.serves(name, &architecture)) {
                all.extend(archives.offers(name, &architecture, &names, remote)?);
            }
            offers.insert(architecture, all);
        }
        // the version is settled, whatever is aimed at
        let settled = Want { aim: Aim::Newest, old: None, ..want.clone() };
        for (wanted, one) in &along {
            let choice = choose(&settled, wanted, platform, &offers)?;
            super::choose::against_lock(want, &choice)?;
            super::resolve::put(files, &choice, Some(one.by.clone().unwrap_or_default()));
        }
    }
    Ok(())
}

/// All that comes along on a platform, over all chains of commands, by key.
fn closed(
    keys: &Keys,
    want: &Want<'_>,
    universes: &Universes,
    files: &[File],
    platform: &Platform,
) -> Result<BTreeMap<String, Picked>, Fault> {
    let mut out: BTreeMap<String, Picked> = BTreeMap::new();
    let version = |key: &str| {
        let of =
            |file: &&File| file.by.is_none() && file.key == key && file.platforms.iter().any(|(p, _)| p == platform);
        files.iter().find(of).map(|file| file.version.clone())
    };
    let request = |key: &String| {
        let (name, own) = key.split_once(':').map_or((key.as_str(), None), |(name, own)| (name, Some(own)));
        let own = own.filter(|own| !matches!(*own, "any" | "native") && Some(*own) != architecture(platform));
        Request { name: name.to_owned(), architecture: own.map(str::to_owned), version: version(key) }
    };
    let kept = kept(want, platform);
    let failed = |conflict: &closure::Conflict| unmet(conflict, platform);
    for (commands, base) in bases(keys, want, platform)? {
        let own = architecture(platform).unwrap_or_default().to_owned();
        let Some(universe) = universes.get(&(own, base.map(|(_, image)| image))) else { continue };
        let chain: Vec<Vec<Request>> = commands.iter().map(|one| one.iter().map(&request).collect()).collect();
        let closure = closure::solve(universe, &chain, &kept, keys.recommends).map_err(|e| failed(&e))?;
        if let Some(removed) = closure.removed.first() {
            let trouble = Trouble::new(format!("on {platform}: apt would take {removed} out of the base image"));
            return Err(Fault::usage(trouble.help("name other packages, or another base")));
        }
        for one in &closure.picked {
            let key = key(one);
            match out.get(&key) {
                Some(other) if other.version != one.version => {
                    return Err(Fault::usage(
                        Trouble::new(format!(
                            "the stages need {} at two versions: {} and {}",
                            quoted(&key),
                            other.version,
                            one.version
                        ))
                        .help("give the stages pins of their own: `stages = [\"…\"]`"),
                    ));
                }
                Some(_) => {}
                None => drop(out.insert(key, one.clone())),
            }
        }
    }
    // what a pin's list names already is no companion
    let asked: BTreeSet<String> = files
        .iter()
        .filter(|file| file.by.is_none() && file.platforms.iter().any(|(p, _)| p == platform))
        .map(|file| file.package.clone())
        .collect();
    out.retain(|_, one| !(one.architecture.is_none() && asked.contains(&one.name)) && one.by.is_some());
    Ok(out)
}

fn unmet(conflict: &closure::Conflict, platform: &Platform) -> Fault {
    let (first, rest) = conflict.said.split_first().map_or(("", [].as_slice()), |(first, rest)| (first.as_str(), rest));
    let trouble = Trouble::new(format!("on {platform}: {first}"));
    let trouble = if rest.is_empty() { trouble } else { trouble.found(rest.join("; ")) };
    Fault::usage(
        trouble.help("apt would refuse the same: name other packages or versions, or add the archive that has them"),
    )
}

/// What the lock has of companions, which stays where nothing is to move.
fn kept(want: &Want<'_>, platform: &Platform) -> Vec<Request> {
    let Some(old) = want.old.filter(|_| want.aim != Aim::Newest) else { return Vec::new() };
    let names = companions(old);
    let on = old.artifacts.iter().filter(|a| a.url.is_some() && a.platforms.contains(platform));
    let request = |package: &Token, version: &Token| Request {
        name: package.as_str().to_owned(),
        architecture: None,
        version: Some(version.as_str().to_owned()),
    };
    on.filter_map(|a| Some(request(a.package.as_ref()?, a.version.as_ref()?)))
        .filter(|r| names.contains_key(r.name.as_str()))
        .collect()
}

/// Whether the locked packages were chosen for the bases that the lock has now.
pub(super) fn stale(keys: &Keys, entry: &Entry, given: &Offline<'_>) -> Option<Trouble> {
    if keys.closure != super::keys::Closure::MinusBase {
        return None;
    }
    let locked = match entry.evidence.get(BASE) {
        Some(crate::lock::Evidence::Each(each)) => each.clone(),
        _ => BTreeMap::new(),
    };
    for platform in given.platforms {
        let mut now: BTreeSet<String> = BTreeSet::new();
        let all: Vec<&Based> = match &keys.operands {
            Operands::List(_) => given.bases.iter().collect(),
            Operands::Dockerfile { .. } => {
                let chains = implied::chains(keys, given.dockerfiles);
                let at = |b: &&Based| chains.iter().any(|c| c.file == b.file && c.bottom == b.stage);
                given.bases.iter().filter(at).collect()
            }
        };
        now.extend(all.iter().filter_map(|b| b.on(platform)).map(|image| format!("sha256:{image}")));
        let now = now.into_iter().collect::<Vec<_>>().join(" ");
        let was = locked.get(platform.as_str()).cloned().unwrap_or_default();
        if was != now {
            let none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
            let trouble =
                Trouble::new(format!("the packages were chosen for another base image than {platform} has now"));
            return Some(trouble.expected(none(now)).found(none(was)));
        }
    }
    None
}

/// The locked version of what came along, on a platform.
pub(super) fn version_on<'e>(entry: &'e Entry, key: &str, platform: &Platform) -> Option<&'e Token> {
    let name = key.split(':').next().unwrap_or_default();
    let of = entry.artifacts.iter().filter(|a| a.url.is_some() && a.platforms.contains(platform));
    let mut named = of.filter(|a| a.package.as_ref().is_some_and(|p| p.as_str() == name));
    named.next()?.version.as_ref().filter(|_| companions(entry).contains_key(key))
}

/// What came along anew, moved, or went: at most so many are told.
pub(super) fn told(old: &Entry, files: &[File]) -> Vec<String> {
    const MOST: usize = 20;
    let before = companions(old);
    let versions = |name: &str| -> BTreeSet<&str> {
        let of =
            old.artifacts.iter().filter(|a| a.url.is_some() && a.package.as_ref().is_some_and(|p| p.as_str() == name));
        of.filter_map(|a| a.version.as_ref().map(Token::as_str)).collect()
    };
    let mut after: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.by.is_some()) {
        after.entry(&file.key).or_default().insert(&file.version);
    }
    let all = |versions: &BTreeSet<&str>| versions.iter().copied().collect::<Vec<_>>().join(" / ");
    let mut out = Vec::new();
    for (key, now) in &after {
        let was = versions(key.split(':').next().unwrap_or_default());
        if !before.contains_key(key) {
            out.push(format!("{key} {} is new", all(now)));
        } else if was != *now {
            out.push(format!("{key} {} -> {}", all(&was), all(now)));
        }
    }
    out.extend(before.keys().filter(|key| !after.contains_key(*key)).map(|key| format!("{key} is gone")));
    if out.len() > MOST {
        let more = out.len() - MOST;
        out.truncate(MOST);
        out.push(format!("and {more} more"));
    }
    out
}

/// The packages of an entry that came along, each with who needs it.
pub(in crate::source) fn companions(entry: &Entry) -> BTreeMap<&str, &str> {
    match entry.evidence.get(NEEDED_BY) {
        Some(crate::lock::Evidence::Each(each)) => each.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect(),
        _ => BTreeMap::new(),
    }
}

fn key(picked: &Picked) -> String {
    match &picked.architecture {
        Some(own) => format!("{}:{own}", picked.name),
        None => picked.name.clone(),
    }
}

fn operand(picked: &Picked) -> Result<Operand, OperandError> {
    format!("{}={}", key(picked), picked.version).parse()
}
