//! An npm registry in memory: packuments and tarballs, and what can be wrong with them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use serde_json::{Map, Value, json};
use sha2::Digest as _;

use super::super::http::{Answer, Asked, Server};
use super::Package;

/// What is wrong with a tarball.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Other bytes than the packument tells.
    Bytes(Vec<u8>),
    /// It is not there.
    Missing,
    /// It is elsewhere.
    Redirect(String),
}

#[derive(Default)]
struct State {
    /// Name, then version in the order of publication: the tarball and its manifest.
    packages: BTreeMap<String, Vec<(String, Vec<u8>, Value)>>,
    /// By tarball file name.
    faults: BTreeMap<String, Fault>,
}

/// A running registry.
pub struct Registry {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl Registry {
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        Self { server: Server::start(move |asked| answer(&shared.lock().unwrap(), asked)), state }
    }

    /// `http://127.0.0.1:port`, without a slash at the end.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Its HTTP side: what it was asked, and more faults.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Publishes a package; the newest is `latest`. The same version again replaces it.
    pub fn publish(&self, package: &Package) -> &Self {
        let mut state = self.state.lock().unwrap();
        let versions = state.packages.entry(package.name.clone()).or_default();
        versions.retain(|(version, ..)| *version != package.version);
        versions.push((package.version.clone(), package.tgz(), package.manifest()));
        drop(state);
        self
    }

    /// Publishes packages without dependencies.
    pub fn publish_all(&self, all: &[(&str, &str)]) -> &Self {
        for (name, version) in all {
            self.publish(&Package::new(name, version));
        }
        self
    }

    /// Where a tarball is, as yarn 1 writes it in `resolved` before `#`.
    pub fn tarball(&self, name: &str, version: &str) -> String {
        format!("{}/{name}/-/{}", self.url(), file_name(name, version))
    }

    /// A tarball's bytes.
    pub fn bytes(&self, name: &str, version: &str) -> Vec<u8> {
        let state = self.state.lock().unwrap();
        state.packages[name].iter().find(|(v, ..)| v == version).unwrap().1.clone()
    }

    /// `sha512-…` of a tarball.
    pub fn integrity(&self, name: &str, version: &str) -> String {
        integrity(&self.bytes(name, version))
    }

    /// SHA-1 of a tarball, in hex.
    pub fn shasum(&self, name: &str, version: &str) -> String {
        shasum(&self.bytes(name, version))
    }

    /// From now on a tarball is wrong.
    pub fn fault(&self, name: &str, version: &str, fault: Fault) {
        self.state.lock().unwrap().faults.insert(file_name(name, version), fault);
    }

    /// All is well again.
    pub fn heal(&self) {
        self.state.lock().unwrap().faults.clear();
    }
}

/// `left-a-1.0.0.tgz`, also of `@scope/left-a`.
fn file_name(name: &str, version: &str) -> String {
    format!("{}-{version}.tgz", name.rsplit('/').next().unwrap())
}

pub fn integrity(bytes: &[u8]) -> String {
    format!("sha512-{}", base64::engine::general_purpose::STANDARD.encode(sha2::Sha512::digest(bytes)))
}

pub fn shasum(bytes: &[u8]) -> String {
    sha1::Sha1::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

fn answer(state: &State, asked: &Asked) -> Answer {
    let missing = || Answer::new(404, r#"{"error":"Not found"}"#).with("Content-Type", "application/json");
    let path = asked.path.split('?').next().unwrap();
    let path = path.trim_start_matches('/').replace("%2f", "/").replace("%2F", "/").replace("%40", "@");
    let Some((name, file)) = path.split_once("/-/") else {
        let Some(versions) = state.packages.get(&path) else { return missing() };
        let host = asked.header("host").unwrap_or_default();
        let body = packument(&path, versions, host).to_string();
        return Answer::new(200, body).with("Content-Type", "application/json");
    };
    match state.faults.get(file) {
        Some(Fault::Bytes(bytes)) => return Answer::new(200, bytes.clone()),
        Some(Fault::Missing) => return missing(),
        Some(Fault::Redirect(to)) => return Answer::redirect(302, to),
        None => {}
    }
    let versions = state.packages.get(name).map(Vec::as_slice).unwrap_or_default();
    match versions.iter().find(|(version, ..)| file_name(name, version) == file) {
        Some((_, bytes, _)) => Answer::new(200, bytes.clone()).with("Content-Type", "application/octet-stream"),
        None => missing(),
    }
}

fn packument(name: &str, versions: &[(String, Vec<u8>, Value)], host: &str) -> Value {
    // Old enough for every rule about age.
    let date = "2020-01-01T00:00:00.000Z";
    let (mut all, mut time) = (Map::new(), Map::new());
    time.insert("created".to_owned(), date.into());
    time.insert("modified".to_owned(), date.into());
    for (version, bytes, manifest) in versions {
        let mut manifest = manifest.clone();
        manifest["_id"] = format!("{name}@{version}").into();
        manifest["dist"] = json!({
            "tarball": format!("http://{host}/{name}/-/{}", file_name(name, version)),
            "integrity": integrity(bytes),
            "shasum": shasum(bytes),
        });
        all.insert(version.clone(), manifest);
        time.insert(version.clone(), date.into());
    }
    let latest = versions.last().map(|(version, ..)| version);
    json!({ "_id": name, "name": name, "dist-tags": { "latest": latest }, "versions": all, "time": time })
}
