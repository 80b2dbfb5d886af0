//! What can be proved of a locked image pin without network.
//!
//! For `verify`: the reference is the one of digest, tag and repository, the tag is one that the pin
//! follows, and each platform of the pin has its image. Not here: what stands in Dockerfiles.

use super::keys::Keys;
use super::naming::digest;
use crate::lock::{Entry, Evidence};
use crate::model::{Id, Platform, Token, Trouble, quoted};

/// All faults of an entry, each with the field that it concerns.
pub(in crate::source) fn check(keys: &Keys, entry: &Entry, platforms: &[Platform]) -> Vec<(Id, &'static str, Trouble)> {
    let mut faults = Vec::new();
    let mut fault = |field: &'static str, trouble: Trouble| faults.push((Id::IMG014, field, trouble));
    let value = |key: &str| entry.value(key).map(Token::as_str).unwrap_or_default();
    let locked = digest(value("digest"));
    if locked.is_none() {
        fault(
            "digest",
            Trouble::new("the locked digest is none").expected("sha256: and 64 digits").found(quoted(value("digest"))),
        );
    }
    if !keys.follows(value("tag")) {
        let trouble = Trouble::new("the locked tag is not one that the pin follows");
        fault("tag", trouble.expected(keys.said()).found(quoted(value("tag"))));
    }
    let whole = format!("{}:{}@{}", keys.repository, value("tag"), value("digest"));
    if value("reference") != whole {
        let trouble = Trouble::new("the locked reference is not made of repository, tag and digest");
        fault("reference", trouble.expected(whole).found(quoted(value("reference"))));
    }
    let version = keys.version_in(value("tag")).map(|(text, _)| text).unwrap_or_default();
    if value("version") != version {
        fault(
            "version",
            Trouble::new("the locked version is not that of the tag").expected(version).found(quoted(value("version"))),
        );
    }
    let none = std::collections::BTreeMap::new();
    let images = match entry.evidence.get("manifests") {
        Some(Evidence::Each(images)) => images,
        _ => &none,
    };
    let has = |p: &&Platform| images.get(p.as_str()).is_some_and(|d| digest(d).is_some());
    let missing: Vec<&str> = platforms.iter().filter(|p| !has(p)).map(Platform::as_str).collect();
    if !missing.is_empty() {
        let trouble = Trouble::new("the lock does not say which image each platform has");
        fault(
            "manifests",
            trouble.expected("the digest of an image").found(format!("none for {}", missing.join(", "))),
        );
    }
    let strange = images.iter().find(|(platform, d)| {
        let named = platforms.is_empty() || platforms.iter().any(|p| p.as_str() == platform.as_str());
        !named || digest(d).is_none() || platform.parse::<Platform>().is_err()
    });
    if let Some((platform, d)) = strange {
        let trouble = Trouble::new("the lock has an image that is none of the pin's platforms");
        fault(
            "manifests",
            trouble.expected("a digest for each platform of the pin").found(format!(
                "{} {}",
                quoted(platform),
                quoted(d)
            )),
        );
    }
    match entry.proof("kind") {
        Some("index") if images.values().all(|d| digest(d) != locked) => {}
        Some("manifest") if images.values().all(|d| digest(d) == locked) => {}
        kind => {
            let trouble = Trouble::new("the lock does not say what the digest is of");
            fault(
                "kind",
                trouble
                    .expected("`index` with the digests of others, or `manifest` with its own")
                    .found(quoted(kind.unwrap_or_default())),
            );
        }
    }
    faults
}
