//! Resolves a url pin: fetches each platform's file once, all of them or none, and hashes it.
//!
//! For `source`, which calls it for url pins. Versions are those that the manifest fixes: a list of
//! releases to choose from, checksum files and signatures are not built yet.

use std::collections::{BTreeMap, BTreeSet};

use super::keys::Keys;
use super::ripe;
use crate::disk::{Expect, Stored};
use crate::lock::{Artifact, Entry, Evidence, Value};
use crate::model::{Class, Id, Platform, RelPath, Sha256, Standing, Token, Trouble, quoted};
use crate::remote::{Fetch, Origin, Remote, RemoteError};
use crate::source::resolve::{Aim, Fault, Outlook, Resolved, Want};
use crate::source::template::PathTemplate;

/// The most bytes of a file, unless the pin says otherwise: 2 GiB.
const LIMIT: u64 = 2 << 30;

/// One file, and the platforms that it is for; none means all.
pub(super) struct Target<'a> {
    pub(super) platforms: Vec<&'a Platform>,
    pub(super) url: String,
    pub(super) path: Option<RelPath>,
}

/// A target, and what its URL came to.
pub(super) struct Held<'a> {
    pub(super) target: Target<'a>,
    pub(super) stored: Stored,
    pub(super) origin: Origin,
}

/// Resolves one pin.
pub(in crate::source) fn resolve(keys: &Keys, want: &Want<'_>, remote: &Remote) -> Result<Resolved, Fault> {
    let fetch = &remote.downloads().map_err(|e| Fault::unreachable(e.class(), e.trouble()))?;
    let version = version(keys)?;
    if let Aim::At(_) = want.aim {
        return Err(Fault::usage(
            Trouble::new("a url pin has no value that can be set").help("change `url` or `version` in pins.toml"),
        ));
    }
    let old = want.old.filter(|old| want.aim == Aim::Prove || old.value("version") == version.as_ref());
    let mut held = Vec::new();
    for target in targets(keys, want.platforms, version.as_ref(), want.vendor)? {
        held.push(get(keys, want, old, target, fetch, remote)?);
    }
    if let Aim::Keep(borne) = &want.aim {
        kept(&held, borne)?;
    }
    let mut entry = entry(keys, want, version, &held)?;
    if want.aim == Aim::Newest {
        let targets = held.into_iter().map(|h| h.target).collect();
        return ripe::taken(keys, want, old, entry, targets, fetch);
    }
    if let Some(old) = old.filter(|old| old.values == entry.values) {
        // Nothing that was seen is forgotten.
        entry.seen = old.seen.clone();
    }
    if want.aim == Aim::Prove
        && let Some(old) = want.old
        && (old.values != entry.values || old.artifacts != entry.artifacts)
    {
        return Err(Fault::alarm(
            Trouble::new("the locked values are not what upstream gives")
                .help("the lock was changed by hand or forged: git log -p pins.lock"),
        ));
    }
    Ok(Resolved { entry, between: None, files: Vec::new(), held: Vec::new(), notes: Vec::new() })
}

/// Says where a locked pin stands. A file that did not change costs no body.
pub(in crate::source) fn outlook(keys: &Keys, want: &Want<'_>, remote: &Remote) -> Result<Outlook, Fault> {
    let resolved = resolve(keys, want, remote)?;
    let same = want.old.is_some_and(|old| old.values == resolved.entry.values);
    let standing = if same { Standing::Current } else { Standing::Newer };
    let newest = resolved.held.first().map(|held| held.value.clone());
    Ok(Outlook { allowed: ripe::said(&resolved.entry), newest, held: resolved.held, ..Outlook::at(standing) })
}

/// The version that the manifest fixes, if the URL has one.
fn version(keys: &Keys) -> Result<Option<Token>, Fault> {
    let later = [
        ("releases", keys.releases.is_some()),
        ("checksums", keys.checksums.is_some()),
        ("signed-by", keys.signed_by.is_some()),
    ];
    if let Some((key, _)) = later.into_iter().find(|(_, given)| *given) {
        let trouble = Trouble::new(format!("`{key}` is not built yet in this version"));
        return Err(Fault::usage(trouble.help("remove it, or say in the pin: unlocked = \"why\"")));
    }
    let Some(versions) = &keys.versions else { return Ok(None) };
    Token::new(&versions.rule.to_string()).map(Some).map_err(|e| Fault::usage(Trouble::new(e.to_string())))
}

/// What is to be fetched: platforms with the same URL and the same path share it.
fn targets<'a>(
    keys: &Keys,
    platforms: &'a [Platform],
    version: Option<&Token>,
    vendor: Option<&PathTemplate>,
) -> Result<Vec<Target<'a>>, Fault> {
    let template = keys.url.template();
    let version = version.map(Token::as_str);
    let unfilled = |text: &str| Fault::usage(Trouble::new(format!("{} has a slot that nothing fills", quoted(text))));
    let by_platform = template.has_platform() || vendor.is_some_and(|v| v.template().has_platform());
    let each: Vec<Option<&'a Platform>> = if by_platform { platforms.iter().map(Some).collect() } else { vec![None] };
    let mut all: Vec<Target<'a>> = Vec::new();
    for platform in each {
        let filling = keys.filling(platform, version);
        let url = template.fill(&filling).ok_or_else(|| unfilled(template.as_str()))?;
        let path = match vendor {
            Some(vendor) => {
                let path = vendor.fill(&filling).map_err(|e| Fault::usage(Trouble::new(e.to_string())))?;
                Some(path.ok_or_else(|| unfilled(vendor.template().as_str()))?)
            }
            None => None,
        };
        match all.iter_mut().find(|t| t.url == url && t.path == path) {
            Some(target) => target.platforms.extend(platform),
            None => all.push(Target { platforms: platform.into_iter().collect(), url, path }),
        }
    }
    Ok(all)
}

/// Fetches one file. Other bytes under a fixed URL are an alarm.
fn get<'a>(
    keys: &Keys,
    want: &Want<'_>,
    old: Option<&Entry>,
    target: Target<'a>,
    fetch: &Fetch<'_>,
    remote: &Remote,
) -> Result<Held<'a>, Fault> {
    let known = old.and_then(|old| old.artifacts.iter().find(|a| a.url.as_deref() == Some(&*target.url)));
    let limit = want.size_limit.unwrap_or(LIMIT);
    let sha512 = keys.asks_sha512(want);
    let expect = Expect { sha512, ..Expect::at_most(limit) };
    let fetch = fetch.clone().with_files(target.url.starts_with("file:"));
    let mirror_decides = remote.mirrored(&target.url).is_some_and(|m| m.resolve);
    let fetched =
        fetch.artifact(&target.url, expect, known.map(|a| a.sha256)).map_err(|e| fault(&e, known, mirror_decides))?;
    let moving = want.moving.unwrap_or(keys.versions.is_none());
    let fixed = !moving || want.aim == Aim::Prove;
    if let Some(known) = known
        && fixed
        && !want.accept_changed
        && known.sha256 != fetched.stored.sha256
    {
        return Err(Fault::alarm(
            Trouble::new(format!("the bytes of {} changed, although its URL is fixed", quoted(&target.url)))
                .expected(known.sha256.to_string())
                .found(fetched.stored.sha256.to_string())
                .help(format!(
                    "find out why; if the change is right: dubo-pin refresh {} --accept-changed {}",
                    want.pin, want.pin
                )),
        ));
    }
    Ok(Held { target, stored: fetched.stored, origin: fetched.origin })
}

impl Keys {
    /// Whether SHA-512 is wanted too.
    pub(super) fn asks_sha512(&self, want: &Want<'_>) -> bool {
        self.sha512 || want.asked.contains(&"sha512")
    }
}

/// What was locked and is not there any more is gone; what never was is a mistake, or not reachable.
/// A mirror that has it not says nothing of upstream.
fn fault(error: &RemoteError, known: Option<&Artifact>, of_mirror: bool) -> Fault {
    if error.fault() != crate::remote::Fault::NotThere || known.is_none() {
        return Fault::unreachable(error.class(), error.trouble());
    }
    if !of_mirror {
        return Fault::gone(error.trouble());
    }
    let help = "the mirror does not have it, which says nothing of upstream: ask that, without `resolve`";
    Fault::unreachable(Class::Undone, error.trouble().help(help))
}

/// What the Dockerfile bears must be what was fetched.
fn kept(held: &[Held<'_>], borne: &BTreeMap<String, Token>) -> Result<(), Fault> {
    for (key, token) in borne {
        let (key, platform) = key.split_once(' ').map_or((key.as_str(), None), |(k, p)| (k, Some(p)));
        if key != "sha256" {
            continue;
        }
        let mine = held.iter().find(|h| match platform {
            Some(platform) => h.target.platforms.iter().any(|p| p.as_str() == platform),
            None => held.len() == 1,
        });
        if let Some(held) = mine
            && held.stored.sha256.to_string() != token.as_str()
        {
            return Err(Fault::differs(
                Trouble::new(format!("{} does not have the bytes that the Dockerfile names", quoted(&held.target.url)))
                    .expected(token.as_str())
                    .found(held.stored.sha256.to_string())
                    .help("find out which of the two is right; refresh without --keep takes upstream's"),
            ));
        }
    }
    Ok(())
}

pub(super) fn entry(keys: &Keys, want: &Want<'_>, version: Option<Token>, held: &[Held<'_>]) -> Result<Entry, Fault> {
    let mut values = BTreeMap::new();
    let bad = |e: crate::model::TokenError| Fault::usage(Trouble::new(e.to_string()));
    let mut put = |key: &str, of: &dyn Fn(&Held<'_>) -> Option<String>| -> Result<(), Fault> {
        let value = match held {
            [only] if only.target.platforms.is_empty() => match of(only) {
                Some(text) => Value::One(Token::new(&text).map_err(bad)?),
                None => return Ok(()),
            },
            several => {
                let mut each = BTreeMap::new();
                for held in several {
                    let Some(text) = of(held) else { return Ok(()) };
                    let token = Token::new(&text).map_err(bad)?;
                    each.extend(held.target.platforms.iter().map(|p| ((*p).clone(), token.clone())));
                }
                Value::Each(each)
            }
        };
        values.insert(Token::new(key).map_err(bad)?, value);
        Ok(())
    };
    put("sha256", &|h| Some(h.stored.sha256.to_string()))?;
    put("sha512", &|h| h.stored.sha512.map(|d| d.to_string()))?;
    put("url", &|h| Token::new(&h.target.url).is_ok().then(|| h.target.url.clone()))?;
    if let Some(version) = version {
        values.insert(Token::new("version").map_err(bad)?, Value::One(version));
    }
    let artifact = |h: &Held<'_>| Artifact {
        platforms: h.target.platforms.iter().map(|p| (*p).clone()).collect(),
        path: h.target.path.clone(),
        package: None,
        version: None,
        url: Some(h.target.url.clone()),
        size: h.stored.size,
        sha256: h.stored.sha256,
    };
    let mut artifacts: Vec<Artifact> = held.iter().map(artifact).collect();
    Artifact::sort(&mut artifacts);
    let mut evidence = BTreeMap::new();
    if held.iter().any(|h| h.origin == Origin::Mirror) {
        evidence.insert("origin".to_owned(), Evidence::One("mirror".to_owned()));
    }
    let first_seen = want.old.filter(|old| old.artifacts == artifacts).map_or(want.today, |old| old.first_seen);
    let request = keys.request().finish(want.platforms);
    Ok(Entry { request, values, artifacts, evidence, first_seen, seen: BTreeMap::new() })
}

/// Puts exactly a locked file back into the store: from there, the second store, a mirror, upstream.
pub(in crate::source) fn obtain(artifact: &Artifact, remote: &Remote) -> Result<Stored, Fault> {
    let url = artifact.url.as_deref().unwrap_or_default();
    let fetch = remote.downloads().map_err(|e| Fault::unreachable(e.class(), e.trouble()))?;
    let fetch = fetch.with_files(url.starts_with("file:"));
    let expect = Expect::exactly(artifact.sha256, artifact.size);
    let fetched = fetch.artifact(url, expect, Some(artifact.sha256)).map_err(|e| {
        // Behind a mirror upstream may be out of reach: then this is the mirror's word.
        let host = url::Url::parse(url).ok().and_then(|u| u.host_str().map(str::to_owned));
        let of_mirror = remote.mirrored(url).is_some() && host.as_deref() != Some(e.host());
        fault(&e, Some(artifact), of_mirror)
    })?;
    Ok(fetched.stored)
}

/// What can be proved of a locked url pin without network and without its bytes.
pub(in crate::source) fn check(keys: &Keys, entry: &Entry, platforms: &[Platform]) -> Vec<(Id, &'static str, Trouble)> {
    let mut faults = Vec::new();
    let version = match version(keys) {
        Ok(version) => version,
        Err(fault) => return vec![(Id::PIN002, "request", *fault.trouble)],
    };
    let Ok(targets) = targets(keys, platforms, version.as_ref(), None) else { return faults };
    let all = |url: &'_ str, of: &[&Platform]| -> Vec<(String, String)> {
        if of.is_empty() {
            vec![(url.to_owned(), String::new())]
        } else {
            of.iter().map(|p| (url.to_owned(), p.to_string())).collect()
        }
    };
    let of = |a: &Artifact| all(a.url.as_deref().unwrap_or_default(), &a.platforms.iter().collect::<Vec<_>>());
    let locked: BTreeSet<(String, String)> = entry.artifacts.iter().flat_map(of).collect();
    let mut meant: BTreeSet<(String, String)> = targets.iter().flat_map(|t| all(&t.url, &t.platforms)).collect();
    if locked.iter().any(|(_, p)| !p.is_empty()) && meant.iter().all(|(_, p)| p.is_empty()) {
        // One URL, vendored at a path of its own for each platform.
        meant = meant.iter().flat_map(|(url, _)| all(url, &platforms.iter().collect::<Vec<_>>())).collect();
    }
    if locked != meant {
        let said = |all: &BTreeSet<(String, String)>| all.iter().map(|(u, _)| quoted(u)).collect::<Vec<_>>().join(", ");
        faults.push((
            Id::URL007,
            "artifacts",
            Trouble::new("the locked files are not those that pins.toml names")
                .expected(said(&meant))
                .found(said(&locked)),
        ));
    }
    for artifact in &entry.artifacts {
        let platforms: Vec<Option<&Platform>> =
            if artifact.platforms.is_empty() { vec![None] } else { artifact.platforms.iter().map(Some).collect() };
        for platform in platforms {
            let value = entry.value_on("sha256", platform).and_then(|t| t.as_str().parse::<Sha256>().ok());
            if value != Some(artifact.sha256) {
                faults.push((
                    Id::URL007,
                    "sha256",
                    Trouble::new("the locked value is not the digest of the locked file")
                        .expected(artifact.sha256.to_string())
                        .found(value.map_or_else(|| "no digest".to_owned(), |v| v.to_string())),
                ));
            }
        }
    }
    if entry.value("version") != version.as_ref() {
        faults.push((Id::URL007, "version", Trouble::new("the locked version is not the one of pins.toml")));
    }
    faults
}
