//! What stands behind a reference: an index of images, or one image's manifest.
//!
//! For whoever resolves an image. Read only from bytes whose digest is known; what is kept is what
//! a pin needs. Formats: OCI image-spec 1.1 (image-index, manifest, config, descriptor) and Docker's
//! image manifest V2, schema 2.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::model::{Platform, PlatformError, Sha256, quoted};
use crate::remote::error::{Fault, RemoteError};
use crate::remote::fetch::Origin;

/// The four media types of manifests, all sent as `Accept`.
pub(super) const MEDIA: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// Entries of an index, or layers of an image, at most.
const MOST: usize = 4096;

/// One thing that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// Its media type.
    pub media_type: String,
    /// Its digest.
    pub digest: Sha256,
    /// Its size in bytes.
    pub size: u64,
    /// The platform of an entry of an index, in its normal form.
    pub platform: Option<Platform>,
    /// Its annotations whose names begin with `vnd.docker.reference.`: what an attestation is about.
    pub annotations: BTreeMap<String, String>,
}

/// Whether a digest names one image or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One image for each platform.
    Index,
    /// One image.
    Manifest,
}

/// A manifest, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// An index or an image.
    pub kind: Kind,
    /// What it says it is.
    pub media_type: String,
    /// The digest of its bytes.
    pub digest: Sha256,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// An index's images, in its order, without attestations.
    pub children: Vec<Descriptor>,
    /// An index's attestations (`vnd.docker.reference.type`, or the platform `unknown/unknown`).
    pub attestations: Vec<Descriptor>,
    /// An image's configuration.
    pub config: Option<Descriptor>,
    /// An image's layers, the base first.
    pub layers: Vec<Descriptor>,
    /// Who had it. A tag answered by a mirror is a mirror's word.
    pub origin: Origin,
}

/// What an image's configuration says, as far as it is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// What the image is for; `None` where it does not say so, or says `unknown`.
    pub platform: Option<Platform>,
    /// The digests of its layers when unpacked, the base first.
    pub diff_ids: Vec<Sha256>,
}

/// `sha256:` and 64 digits.
pub(super) fn digest(text: &str) -> Option<Sha256> {
    text.strip_prefix("sha256:")?.parse().ok()
}

/// The normal form of a platform; `None` for what is none, `unknown` included.
fn platform(fields: &Map<String, Json>) -> Option<Platform> {
    let text = |key: &str| fields.get(key).and_then(Json::as_str).filter(|t| !t.is_empty());
    let (os, arch) = (text("os")?, text("architecture")?);
    if os == "unknown" || arch == "unknown" {
        return None;
    }
    let whole = match text("variant") {
        Some(variant) => format!("{os}/{arch}/{variant}"),
        None => format!("{os}/{arch}"),
    };
    match whole.parse() {
        Err(PlatformError::NotNormal { normal, .. }) => normal.parse().ok(),
        other => other.ok(),
    }
}

/// What is wrong with a document, in words; the host is added outside.
type Flaw = (Fault, String);

fn broken<T>(text: impl Into<String>) -> Result<T, Flaw> {
    Err((Fault::Broken, text.into()))
}

fn descriptor(json: &Json) -> Result<Descriptor, Flaw> {
    let Some(fields) = json.as_object() else { return broken("an entry of it is no descriptor") };
    let text = |key: &str| fields.get(key).and_then(Json::as_str);
    let Some(written) = text("digest") else { return broken("an entry of it has no digest") };
    let Some(digest) = digest(written) else {
        return Err((Fault::Unsupported, format!("it names {}, which is no SHA-256 digest", quoted(written))));
    };
    let Some(size) = fields.get("size").and_then(Json::as_u64) else {
        return broken(format!("its entry sha256:{digest} has no size"));
    };
    let known = fields.get("annotations").and_then(Json::as_object);
    let annotations = known
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.starts_with("vnd.docker.reference."))
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    Ok(Descriptor {
        media_type: text("mediaType").unwrap_or_default().to_owned(),
        digest,
        size,
        platform: fields.get("platform").and_then(Json::as_object).and_then(platform),
        annotations,
    })
}

fn list(json: Option<&Json>, what: &str) -> Result<Vec<Json>, Flaw> {
    match json {
        Some(Json::Array(all)) if all.len() <= MOST => Ok(all.clone()),
        Some(Json::Array(_)) => Err((Fault::Refused, format!("it has more than {MOST} {what}"))),
        _ => broken(format!("its {what} are no list")),
    }
}

fn is_attestation(json: &Json, entry: &Descriptor) -> bool {
    let part = |key: &str| json.get("platform").and_then(|p| p.get(key)).and_then(Json::as_str);
    entry.annotations.contains_key("vnd.docker.reference.type")
        || (part("os") == Some("unknown") && part("architecture") == Some("unknown"))
}

impl Manifest {
    /// Reads bytes of a digest. `said` is the media type that came with them.
    pub(super) fn read(host: &str, bytes: Vec<u8>, said: Option<&str>, origin: Origin) -> Result<Self, RemoteError> {
        let digest = Sha256::of(&bytes);
        let fail = |(fault, detail): Flaw| RemoteError::new(fault, host, format!("{detail} (sha256:{digest})"));
        let mut manifest = Self {
            kind: Kind::Manifest,
            media_type: String::new(),
            digest,
            bytes: Vec::new(),
            children: Vec::new(),
            attestations: Vec::new(),
            config: None,
            layers: Vec::new(),
            origin,
        };
        manifest.fill(&bytes, said).map_err(fail)?;
        manifest.bytes = bytes;
        Ok(manifest)
    }

    fn fill(&mut self, bytes: &[u8], said: Option<&str>) -> Result<(), Flaw> {
        let Ok(Json::Object(fields)) = serde_json::from_slice::<Json>(bytes) else {
            return broken("it is no manifest: no JSON object");
        };
        if fields.contains_key("fsLayers") || fields.get("schemaVersion").and_then(Json::as_u64) == Some(1) {
            return Err((Fault::Unsupported, "it is an image in Docker's schema 1, which has no digest".to_owned()));
        }
        let (index, image) = (fields.contains_key("manifests"), fields.contains_key("layers"));
        // One digest that two readers take for different things (CVE-2021-41190).
        if index && (image || fields.contains_key("config")) {
            return broken("it is both an index and an image");
        }
        if !index && !image {
            return broken("it is neither an index nor an image");
        }
        let known = if index { [MEDIA[0], MEDIA[1]] } else { [MEDIA[2], MEDIA[3]] };
        let said = said.map(|s| s.split(';').next().unwrap_or_default().trim());
        let written = fields.get("mediaType").and_then(Json::as_str).filter(|m| !m.is_empty());
        if let (Some(written), Some(said)) = (written, said.filter(|s| MEDIA.contains(s)))
            && written != said
        {
            return broken(format!("it says it is {}, and came as {}", quoted(written), quoted(said)));
        }
        let media = written.or(said.filter(|s| known.contains(s))).unwrap_or(known[0]);
        if !known.contains(&media) {
            let what = if index { "an index" } else { "an image" };
            return broken(format!("it is {what} by its form, and {} by its media type", quoted(media)));
        }
        media.clone_into(&mut self.media_type);
        if index {
            self.kind = Kind::Index;
            for json in list(fields.get("manifests"), "manifests")? {
                let entry = descriptor(&json)?;
                let to = if is_attestation(&json, &entry) { &mut self.attestations } else { &mut self.children };
                to.push(entry);
            }
            return Ok(());
        }
        let Some(config) = fields.get("config") else { return broken("it is an image without a configuration") };
        self.config = Some(descriptor(config)?);
        for json in list(fields.get("layers"), "layers")? {
            self.layers.push(descriptor(&json)?);
        }
        Ok(())
    }
}

impl Config {
    /// Reads the bytes of a configuration.
    pub(super) fn read(host: &str, bytes: &[u8]) -> Result<Self, RemoteError> {
        let broken = |detail: &str| RemoteError::new(Fault::Broken, host, detail);
        let Ok(Json::Object(fields)) = serde_json::from_slice::<Json>(bytes) else {
            return Err(broken("the image's configuration is no JSON object"));
        };
        let ids = fields.get("rootfs").and_then(|r| r.get("diff_ids")).and_then(Json::as_array);
        let ids = ids.map(|all| all.iter().map(|id| id.as_str().and_then(digest)).collect::<Option<Vec<_>>>());
        let diff_ids = match ids {
            None => Vec::new(),
            Some(ids) => ids.ok_or_else(|| broken("the image's configuration has a diff_id that is no digest"))?,
        };
        Ok(Self { platform: platform(&fields), diff_ids })
    }
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
