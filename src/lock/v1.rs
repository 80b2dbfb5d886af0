//! Version 1 of pins.lock, frozen: no field is added, renamed, moved or dropped here. What must
//! change is a version 2 in a file of its own.
//!
//! For `read`, which dispatches on the version, and for [`Lock::to_bytes`](super::Lock::to_bytes).
//! Field order is the reader's order: what was asked, what it is, what proves it.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::{Map, Value as Json, json};

use super::canonical;
use super::{Artifact, Entry, Evidence, Lock, Value};
use crate::model::{Day, PinName, Platform, RelPath, Sha256, Token};

pub(super) const VERSION: u64 = 1;

/// A text that is parsed while JSON is read, so that an error knows its line.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Parsed<T>(T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map(Self).map_err(D::Error::custom)
    }
}

/// A lock with the digest that each entry carries.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(rename = "version")]
    _version: u64,
    #[serde(default)]
    archives: BTreeMap<Parsed<PinName>, RawEntry>,
    #[serde(default)]
    pins: BTreeMap<Parsed<PinName>, RawEntry>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    request: String,
    #[serde(default)]
    values: BTreeMap<Parsed<Token>, RawValue>,
    #[serde(default)]
    artifacts: Vec<RawArtifact>,
    #[serde(default)]
    evidence: BTreeMap<String, RawEvidence>,
    first_seen: Parsed<Day>,
    #[serde(default)]
    seen: BTreeMap<Parsed<Token>, Parsed<Day>>,
    seal: Parsed<Sha256>,
}

#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "a value, or one for each platform")]
enum RawValue {
    One(Parsed<Token>),
    Each(BTreeMap<Parsed<Platform>, Parsed<Token>>),
}

#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "a text, or several by name")]
enum RawEvidence {
    One(String),
    Each(BTreeMap<String, String>),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawArtifact {
    #[serde(default)]
    platforms: Vec<Parsed<Platform>>,
    path: Option<Parsed<RelPath>>,
    package: Option<Parsed<Token>>,
    version: Option<Parsed<Token>>,
    url: Option<String>,
    size: u64,
    sha256: Parsed<Sha256>,
}

/// Which section of the lock an entry stands in, and its name.
pub(super) type Broken = (&'static str, PinName);

/// Reads version 1; also names the entries whose seal is not theirs.
pub(super) fn read(bytes: &[u8]) -> Result<(Lock, Vec<Broken>), serde_json::Error> {
    let file: File = serde_json::from_slice(bytes)?;
    let mut altered = BTreeMap::new();
    let mut section = |label: &'static str, entries: BTreeMap<Parsed<PinName>, RawEntry>| {
        let mut out = BTreeMap::new();
        for (Parsed(name), raw) in entries {
            let claimed = raw.seal.0;
            let entry = typed(raw);
            if canonical::seal(name.as_str(), &to_json(&entry)) != claimed {
                altered.insert((label, name.clone()), claimed);
            }
            out.insert(name, entry);
        }
        out
    };
    let archives = section("archives", file.archives);
    let pins = section("pins", file.pins);
    let broken = altered.keys().cloned().collect();
    Ok((Lock { archives, pins, altered }, broken))
}

fn typed(raw: RawEntry) -> Entry {
    let value = |v| match v {
        RawValue::One(Parsed(token)) => Value::One(token),
        RawValue::Each(each) => Value::Each(each.into_iter().map(|(k, v)| (k.0, v.0)).collect()),
    };
    let evidence = |e| match e {
        RawEvidence::One(text) => Evidence::One(text),
        RawEvidence::Each(each) => Evidence::Each(each),
    };
    let artifact = |a: RawArtifact| Artifact {
        platforms: a.platforms.into_iter().map(|p| p.0).collect(),
        path: a.path.map(|p| p.0),
        package: a.package.map(|p| p.0),
        version: a.version.map(|v| v.0),
        url: a.url,
        size: a.size,
        sha256: a.sha256.0,
    };
    Entry {
        request: raw.request,
        values: raw.values.into_iter().map(|(k, v)| (k.0, value(v))).collect(),
        artifacts: raw.artifacts.into_iter().map(artifact).collect(),
        evidence: raw.evidence.into_iter().map(|(k, e)| (k, evidence(e))).collect(),
        first_seen: raw.first_seen.0,
        seen: raw.seen.into_iter().map(|(k, d)| (k.0, d.0)).collect(),
    }
}

/// The canonical text of a lock.
pub(super) fn write(lock: &Lock) -> String {
    numbered(lock, VERSION)
}

/// The canonical text under another number, for a version that is this one but for its number.
pub(super) fn numbered(lock: &Lock, version: u64) -> String {
    let section = |label: &'static str, entries: &BTreeMap<PinName, Entry>| {
        let sealed = |(name, entry): (&PinName, &Entry)| {
            let mut json = to_json(entry);
            let own = || canonical::seal(name.as_str(), &json);
            let seal = lock.altered.get(&(label, name.clone())).copied().unwrap_or_else(own);
            if let Json::Object(fields) = &mut json {
                fields.insert("seal".to_owned(), json!(seal.to_string()));
            }
            (name.to_string(), json)
        };
        Json::Object(entries.iter().map(sealed).collect())
    };
    let mut top = Map::new();
    top.insert("version".to_owned(), json!(version));
    if !lock.archives.is_empty() {
        top.insert("archives".to_owned(), section("archives", &lock.archives));
    }
    top.insert("pins".to_owned(), section("pins", &lock.pins));
    canonical::pretty(&Json::Object(top))
}

/// An entry without its seal; empty parts are left out.
fn to_json(entry: &Entry) -> Json {
    let mut out = Map::new();
    let mut put = |key: &str, value: Json| {
        let empty = value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty);
        if !empty {
            out.insert(key.to_owned(), value);
        }
    };
    let value = |v: &Value| match v {
        Value::One(token) => json!(token.as_str()),
        Value::Each(each) => each.iter().map(|(k, v)| (k.to_string(), json!(v.as_str()))).collect::<Map<_, _>>().into(),
    };
    let evidence = |e: &Evidence| match e {
        Evidence::One(text) => json!(text),
        Evidence::Each(each) => json!(each),
    };
    put("request", json!(entry.request));
    put("values", entry.values.iter().map(|(k, v)| (k.to_string(), value(v))).collect::<Map<_, _>>().into());
    let mut artifacts: Vec<&Artifact> = entry.artifacts.iter().collect();
    artifacts.sort_by_key(|a| (&a.path, &a.package, &a.platforms, &a.sha256));
    put("artifacts", artifacts.into_iter().map(artifact_json).collect());
    put("evidence", entry.evidence.iter().map(|(k, e)| (k.clone(), evidence(e))).collect::<Map<_, _>>().into());
    put("first_seen", json!(entry.first_seen.to_string()));
    put("seen", entry.seen.iter().map(|(k, d)| (k.to_string(), json!(d.to_string()))).collect::<Map<_, _>>().into());
    Json::Object(out)
}

fn artifact_json(artifact: &Artifact) -> Json {
    let mut out = Map::new();
    if !artifact.platforms.is_empty() {
        out.insert("platforms".to_owned(), artifact.platforms.iter().map(|p| json!(p.as_str())).collect());
    }
    let texts = [
        ("path", artifact.path.as_ref().map(RelPath::as_str)),
        ("package", artifact.package.as_ref().map(Token::as_str)),
        ("version", artifact.version.as_ref().map(Token::as_str)),
        ("url", artifact.url.as_deref()),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            out.insert(key.to_owned(), json!(text));
        }
    }
    out.insert("size".to_owned(), json!(artifact.size));
    out.insert("sha256".to_owned(), json!(artifact.sha256.to_string()));
    Json::Object(out)
}
