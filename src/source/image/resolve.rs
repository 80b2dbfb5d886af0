//! Resolves an image pin: a tag, or the newest of its versions, to the digest of its index, and the
//! digest of the image of each platform.
//!
//! For `source`, which calls it. The registry is spoken to by `remote::registry`; a digest is
//! believed only where the bytes have it.

use std::collections::BTreeMap;

use super::keys::{Follow, Keys};
use super::naming::digest;
use super::newest::newest;
use crate::lock::{Entry, Evidence, Value};
use crate::model::{Class, Platform, Sha256, Token, TokenError, Trouble, quoted};
use crate::remote::registry::{Kind, Manifest, Name, Reference, Registry};
use crate::remote::{Fault as Failing, Origin, Remote, RemoteError};
use crate::source::resolve::{Aim, Fault, Resolved, Want};

/// A tag, and what stands behind it.
pub(super) struct Found {
    pub(super) tag: String,
    version: Option<String>,
    pub(super) manifest: Manifest,
    /// The image of each platform.
    images: BTreeMap<Platform, Sha256>,
}

impl Found {
    /// Whether an index was locked, and this is the image of one platform.
    pub(super) fn narrows(&self, old: &Entry) -> bool {
        old.proof("kind") == Some("index") && self.manifest.kind == Kind::Manifest
    }

    fn evidence(&self) -> Evidence {
        let images = self.images.iter().map(|(platform, digest)| (platform.to_string(), format!("sha256:{digest}")));
        Evidence::Each(images.collect())
    }
}

/// Whether each platform has the very image that is locked for it, and no other platform has one.
pub(super) fn same_images(old: &Entry, found: &Found) -> bool {
    old.evidence.get("manifests") == Some(&found.evidence())
}

/// Resolves one pin.
pub(in crate::source) fn resolve(keys: &Keys, want: &Want<'_>, remote: &Remote) -> Result<Resolved, Fault> {
    stands(keys, want)?;
    let registry = remote.registry();
    let name = Name { host: keys.repository.host(), path: keys.repository.path() };
    let found = match &want.aim {
        Aim::Newest => return newest(keys, want, &registry, name).map(|newest| newest.resolved),
        Aim::Keep(borne) => {
            let reference =
                borne.get("reference").and_then(|r| r.as_str().parse::<crate::dockerfile::images::Reference>().ok());
            // That of another repository says nothing of this one.
            let reference = reference.filter(|r| r.repository == keys.repository.to_string());
            let kept = borne.get("digest").map(Token::as_str).or(reference.as_ref().and_then(|r| r.digest.as_deref()));
            let tag = borne.get("tag").map(Token::as_str).or(reference.as_ref().and_then(|r| r.tag.as_deref()));
            exactly(keys, want, kept.unwrap_or_default(), tag, &registry, name)?
        }
        Aim::At(token) => match token.as_str().split_once('@') {
            Some((tag, digest)) => exactly(keys, want, digest, Some(tag), &registry, name)?,
            None => exactly(keys, want, token.as_str(), None, &registry, name)?,
        },
        Aim::Prove => prove(keys, want, &registry, name)?,
    };
    let mut notes = Vec::new();
    if want.aim == Aim::Prove {
        still(want, &registry, name, &found, &mut notes)?;
    }
    moved(want, &found, &mut notes)?;
    let mirrored = found.manifest.origin == Origin::Mirror;
    let entry = entry(keys, want, found, mirrored).map_err(|e| Fault::usage(Trouble::new(e.to_string())))?;
    if want.aim == Aim::Prove
        && let Some(old) = want.old
        && (old.values != entry.values
            || ["kind", "manifests"].iter().any(|k| old.evidence.get(*k) != entry.evidence.get(*k)))
    {
        return Err(Fault::alarm(
            Trouble::new("the locked values are not what the registry gives")
                .help("the lock was changed by hand or forged: git log -p pins.lock"),
        ));
    }
    Ok(Resolved { entry, between: None, files: Vec::new(), held: Vec::new(), notes })
}

/// An image that no Dockerfile takes in is pinned nowhere.
fn stands(keys: &Keys, want: &Want<'_>) -> Result<(), Fault> {
    if !want.asked.is_empty() || !super::implied(keys, want.dockerfiles).sites.is_empty() {
        return Ok(());
    }
    let trouble = Trouble::new(format!("no Dockerfile takes in {}", keys.said()));
    Err(Fault::usage(
        trouble.help("write the image with its tag into FROM, or name the place: into = [{ arg = \"…\" }]"),
    ))
}

/// A tag that was locked and is not there any more is gone, if the registry itself says so.
pub(super) fn tagged(
    error: &RemoteError,
    want: &Want<'_>,
    tag: &str,
    registry: &Registry<'_>,
    name: Name<'_>,
) -> Fault {
    let was = want.old.and_then(|old| old.value("tag")).is_some_and(|t| t.as_str() == tag);
    match error.fault() {
        Failing::NotThere if was => gone(error.trouble(), registry, name),
        Failing::NotThere => Fault::usage(error.trouble()),
        _ => Fault::unreachable(error.class(), error.trouble()),
    }
}

/// What was locked and is not there: gone if the registry itself says so; a mirror's word is not enough.
fn gone(trouble: Trouble, registry: &Registry<'_>, name: Name<'_>) -> Fault {
    if registry.decides(name) == Origin::Upstream {
        return Fault::gone(trouble);
    }
    let help = "the mirror does not have it, which says nothing of the registry: ask that one, without `resolve`";
    Fault::unreachable(Class::Undone, trouble.help(help))
}

/// Whether the registry still has what is locked: the index, and the image of each platform.
pub(super) fn present(keys: &Keys, old: &Entry, registry: &Registry<'_>, name: Name<'_>) -> Result<(), Fault> {
    let Some(locked) = old.value("digest").and_then(|d| digest(d.as_str())) else { return Ok(()) };
    let there = |digest: &Sha256, trouble: &dyn Fn() -> Trouble| match registry.head(name, Reference::Digest(digest)) {
        Ok(_) => Ok(()),
        Err(e) if e.fault() == Failing::NotThere => Err(gone(trouble(), registry, name)),
        Err(e) => Err(Fault::unreachable(e.class(), e.trouble())),
    };
    there(&locked, &|| {
        Trouble::new(format!("the registry no longer has the locked sha256:{locked} of {}", keys.repository))
            .help("a build cannot take it in any more: dubo-pin refresh")
    })?;
    let Some(Evidence::Each(images)) = old.evidence.get("manifests").filter(|_| old.proof("kind") == Some("index"))
    else {
        return Ok(());
    };
    let images: Vec<(&String, Sha256)> = images.iter().filter_map(|(p, d)| Some((p, digest(d)?))).collect();
    let all = crate::remote::each(&images, 4, |(platform, digest)| {
        there(digest, &|| {
            Trouble::new(format!(
                "the registry no longer has the image of {} for {}, which the locked sha256:{locked} names",
                keys.repository,
                quoted(platform)
            ))
            .found(format!("no sha256:{digest}"))
            .help("a build for this platform cannot take it in any more: dubo-pin refresh")
        })
    });
    all.into_iter().collect()
}

/// What was pinned as the image of one platform stays that, though the tag leads to an index.
pub(super) fn kind_kept(
    manifest: Manifest,
    want: &Want<'_>,
    registry: &Registry<'_>,
    name: Name<'_>,
) -> Result<Manifest, Fault> {
    let single = want.old.filter(|old| old.proof("kind") == Some("manifest") && manifest.kind == Kind::Index);
    let Some(Evidence::Each(images)) = single.and_then(|old| old.evidence.get("manifests")) else {
        return Ok(manifest);
    };
    let Some(platform) = images.keys().next().and_then(|p| p.parse::<Platform>().ok()) else { return Ok(manifest) };
    // One image cannot serve platforms that were added since.
    if want.platforms.iter().any(|wanted| *wanted != platform) {
        return Ok(manifest);
    }
    let Some(child) = manifest.children.iter().find(|c| c.platform.as_ref() == Some(&platform)) else {
        return Ok(manifest);
    };
    let origin = manifest.origin;
    let child = registry.manifest(name, Reference::Digest(&child.digest));
    child.map(|child| Manifest { origin, ..child }).map_err(|e| Fault::unreachable(e.class(), e.trouble()))
}

/// Exactly one digest, for the tag that goes with it.
pub(super) fn exactly(
    keys: &Keys,
    want: &Want<'_>,
    text: &str,
    tag: Option<&str>,
    registry: &Registry<'_>,
    name: Name<'_>,
) -> Result<Found, Fault> {
    let Some(kept) = digest(text) else {
        let found = if text.is_empty() { "no digest".to_owned() } else { quoted(text) };
        let trouble = Trouble::new(format!("there is no digest of {name} to keep"))
            .expected("sha256: and 64 digits")
            .found(found);
        return Err(Fault::differs(
            trouble.help(format!("dubo-pin refresh {} locks what the tag means now", want.pin)),
        ));
    };
    let own = match &keys.follow {
        Follow::Tag(own) => Some(own.as_str()).filter(|own| tag.is_none_or(|tag| tag == *own)),
        Follow::Version { .. } => tag.filter(|tag| keys.follows(tag)),
    };
    let Some(tag) = own else {
        let trouble = Trouble::new("the tag beside the digest is not one that the pin follows").expected(keys.said());
        return Err(Fault::differs(trouble.found(tag.map_or_else(|| "no tag".to_owned(), quoted))));
    };
    let manifest = registry.manifest(name, Reference::Digest(&kept)).map_err(|e| {
        if e.fault() == Failing::NotThere {
            Fault::differs(e.trouble())
        } else {
            Fault::unreachable(e.class(), e.trouble())
        }
    })?;
    let version = keys.version_in(tag).map(|(text, _)| text.to_owned());
    read(tag.to_owned(), version, manifest, want, registry, name)
}

/// The locked digest, from the registry itself.
fn prove(keys: &Keys, want: &Want<'_>, registry: &Registry<'_>, name: Name<'_>) -> Result<Found, Fault> {
    let locked = |key: &str| want.old.and_then(|old| old.value(key)).map(Token::as_str);
    let Some(digest) = locked("digest").and_then(digest) else {
        return Err(Fault::alarm(Trouble::new("the locked digest is none")));
    };
    registry.head(name, Reference::Digest(&digest)).map_err(|e| match e.fault() {
        Failing::NotThere => gone(e.trouble(), registry, name),
        _ => Fault::unreachable(e.class(), e.trouble()),
    })?;
    let manifest = registry.manifest(name, Reference::Digest(&digest));
    let manifest = manifest.map_err(|e| Fault::unreachable(e.class(), e.trouble()))?;
    let tag = locked("tag").unwrap_or_default();
    let version = keys.version_in(tag).map(|(text, _)| text.to_owned());
    read(tag.to_owned(), version, manifest, want, registry, name)
}

/// What a tag meant once cannot be proved any more; what it means now is told beside the proof.
fn still(
    want: &Want<'_>,
    registry: &Registry<'_>,
    name: Name<'_>,
    found: &Found,
    notes: &mut Vec<String>,
) -> Result<(), Fault> {
    let tag = quoted(&found.tag);
    match registry.head(name, Reference::Tag(&found.tag)) {
        Ok(Some(now)) if now != found.manifest.digest && want.moving == Some(false) => Err(Fault::alarm(
            Trouble::new(format!("the tag {tag} means another digest, although the pin says that it does not move"))
                .expected(format!("sha256:{}", found.manifest.digest))
                .found(format!("sha256:{now}")),
        )),
        Ok(Some(now)) if now != found.manifest.digest => {
            notes.push(format!("the registry has the locked digest, but the tag {tag} means sha256:{now} now"));
            Ok(())
        }
        Ok(_) => Ok(()),
        Err(e) if e.fault() == Failing::NotThere => {
            notes.push(format!("the registry has the locked digest, but the tag {tag} is gone"));
            Ok(())
        }
        Err(e) => Err(Fault::unreachable(e.class(), e.trouble())),
    }
}

/// The media types of the image of one platform.
const IMAGES: [&str; 2] =
    ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];

/// Finds the image of each platform of the pin, and whether the registry has it.
pub(super) fn read(
    tag: String,
    version: Option<String>,
    manifest: Manifest,
    want: &Want<'_>,
    registry: &Registry<'_>,
    name: Name<'_>,
) -> Result<Found, Fault> {
    let mut all: BTreeMap<Platform, Sha256> = BTreeMap::new();
    match manifest.kind {
        Kind::Index => {
            for child in &manifest.children {
                // The first of a platform is the one that a builder takes.
                if let Some(platform) = child.platform.as_ref().filter(|_| IMAGES.contains(&&*child.media_type)) {
                    all.entry(platform.clone()).or_insert(child.digest);
                }
            }
        }
        Kind::Manifest => {
            let config = registry.config(name, &manifest).map_err(|e| Fault::unreachable(e.class(), e.trouble()))?;
            all.extend(config.platform.map(|platform| (platform, manifest.digest)));
        }
    }
    let missing: Vec<&str> = want.platforms.iter().filter(|p| !all.contains_key(*p)).map(Platform::as_str).collect();
    if !missing.is_empty() {
        let have: Vec<&str> = all.keys().map(Platform::as_str).collect();
        let had = |old: &Entry| matches!(old.evidence.get("manifests"), Some(Evidence::Each(of)) if missing.iter().all(|p| of.contains_key(*p)));
        let lost = want.old.is_some_and(had);
        let message = if lost { "lost" } else { "does not have" };
        let trouble = Trouble::new(format!("{name}:{tag} {message} {}", missing.join(", ")))
            .expected("an image for each platform of the pin")
            .found(if have.is_empty() { "none that says its platform".to_owned() } else { have.join(", ") });
        let trouble = trouble.help("narrow the pin: `platforms = […]`, or follow another tag");
        return Err(if lost { Fault::alarm(trouble) } else { Fault::usage(trouble) });
    }
    if !want.platforms.is_empty() {
        all.retain(|platform, _| want.platforms.contains(platform));
    }
    if manifest.kind == Kind::Index {
        for (platform, digest) in &all {
            if let Err(e) = registry.head(name, Reference::Digest(digest)) {
                let trouble = e.trouble();
                let message = format!("the image of {name}:{tag} for {platform}: {}", trouble.message);
                let trouble = Trouble { message, ..trouble };
                return Err(match e.fault() {
                    Failing::NotThere if registry.decides(name) == Origin::Upstream => Fault::alarm(trouble.help(
                        "the index names it, but the registry does not have it: a build for this platform fails",
                    )),
                    _ => Fault::unreachable(e.class(), trouble),
                });
            }
        }
    }
    Ok(Found { tag, version, manifest, images: all })
}

/// What a move means: an alarm under a tag that must not move, and where an index became the image of
/// one platform; a note where only the index did.
pub(super) fn moved(want: &Want<'_>, found: &Found, notes: &mut Vec<String>) -> Result<(), Fault> {
    let Some(old) = want.old else { return Ok(()) };
    if found.narrows(old) && want.aim == Aim::Newest && !want.accept_changed {
        return Err(Fault::alarm(
            Trouble::new(format!(
                "the tag {} leads to the image of one platform now, no longer to an index",
                quoted(&found.tag)
            ))
            .expected("an index, as it was locked")
            .found(format!("sha256:{}", found.manifest.digest))
            .help(format!("find out why; if it is right: dubo-pin refresh {} --accept-changed {}", want.pin, want.pin)),
        ));
    }
    let (Some(before), Some(tag)) = (old.value("digest"), old.value("tag")) else { return Ok(()) };
    let now = format!("sha256:{}", found.manifest.digest);
    if before.as_str() == now || tag.as_str() != found.tag {
        return Ok(());
    }
    if want.moving == Some(false) && !want.accept_changed && want.aim == Aim::Newest {
        return Err(Fault::alarm(
            Trouble::new(format!("the tag {} moved, although the pin says that it does not", quoted(&found.tag)))
                .expected(before.as_str())
                .found(now)
                .help(format!(
                    "find out why; if it is right: dubo-pin refresh {} --accept-changed {}",
                    want.pin, want.pin
                )),
        ));
    }
    if let Some(Evidence::Each(images)) = old.evidence.get("manifests")
        && !images.is_empty()
        && images
            .iter()
            .all(|(p, d)| found.images.iter().any(|(np, nd)| np.as_str() == p && format!("sha256:{nd}") == *d))
    {
        notes.push("only the index changed: the images of the pin's platforms are the same".to_owned());
    }
    Ok(())
}

pub(super) fn entry(keys: &Keys, want: &Want<'_>, found: Found, mirrored: bool) -> Result<Entry, TokenError> {
    let digest = format!("sha256:{}", found.manifest.digest);
    let mut values = BTreeMap::new();
    let mut put = |key: &str, text: &str| -> Result<(), TokenError> {
        values.insert(Token::new(key)?, Value::One(Token::new(text)?));
        Ok(())
    };
    put("digest", &digest)?;
    put("reference", &format!("{}:{}@{digest}", keys.repository, found.tag))?;
    put("tag", &found.tag)?;
    if let Some(version) = &found.version {
        put("version", version)?;
    }
    let kind = match found.manifest.kind {
        Kind::Index => "index",
        Kind::Manifest => "manifest",
    };
    let mut evidence = BTreeMap::from([
        ("kind".to_owned(), Evidence::One(kind.to_owned())),
        ("manifests".to_owned(), found.evidence()),
    ]);
    let same = want.old.filter(|old| old.values == values);
    // A mirror decided when the value was new, whoever proved it since.
    if mirrored || same.is_some_and(|old| old.proof("origin").is_some()) {
        evidence.insert("origin".to_owned(), Evidence::One("mirror".to_owned()));
    }
    let first_seen = same.map_or(want.today, |old| old.first_seen);
    // Who keeps a value forgets nothing of what was seen; who aims at the newest says it anew.
    let seen = same.map(|old| old.seen.clone()).unwrap_or_default();
    let request = keys.request().finish(want.platforms);
    Ok(Entry { request, values, artifacts: Vec::new(), evidence, first_seen, seen })
}
