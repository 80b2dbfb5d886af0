//! Who the user is to a registry: docker's configuration, and the helpers that it names.
//!
//! For `session`, which asks after a 401. The files are the user's own (docker-config.json,
//! containers-auth.json(5)), never a repository's; `cli` names them. Nothing is stored, and nobody
//! is prompted. Written here and not taken from a crate, since a helper must have a time limit and
//! the environment is read in `cli` alone.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Map, Value as Json};

use super::place::HUB;
use crate::model::quoted;
use crate::remote::process;

const PATIENCE: Duration = Duration::from_secs(60);
const ANSWER: u64 = 64 * 1024;

/// No file of the user's own configuration is larger: bytes.
const CAP: u64 = 1 << 20;

/// How docker's configuration and its helpers call Docker Hub.
const HUB_URL: &str = "https://index.docker.io/v1/";

/// Where logins to registries may be found; `cli` fills it from the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logins {
    /// Docker's `config.json` and containers' `auth.json`: the first that knows a registry wins.
    /// Those that do not exist are skipped.
    pub files: Vec<PathBuf>,
    /// Folders with `docker-credential-NAME` programs: `$PATH`. Relative ones are skipped.
    pub programs: Vec<PathBuf>,
}

/// How to log in.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Secret {
    /// A user and a password.
    Pair(String, String),
    /// A token that the registry's token service gives others for.
    Refresh(String),
    /// A token for the registry itself.
    Bearer(String),
}

/// A login, and where it was found.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) secret: Secret,
    pub(super) source: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("source", &self.source).finish_non_exhaustive()
    }
}

/// A file's name, and its configuration or why it cannot be read.
type Read = (String, Result<Map<String, Json>, String>);

/// The configurations, read once, and what helpers answered.
#[derive(Default)]
pub(super) struct Book {
    logins: Logins,
    files: OnceLock<Vec<Read>>,
    /// By helper and host.
    asked: Mutex<HashMap<(String, String), Result<Secret, String>>>,
}

// The configurations hold passwords.
impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.logins.fmt(f)
    }
}

impl Book {
    pub(super) fn new(logins: Logins) -> Self {
        Self { logins, ..Self::default() }
    }

    fn files(&self) -> &[Read] {
        self.files.get_or_init(|| {
            let name = |p: &std::path::Path| p.file_name().map(|n| n.to_string_lossy().into_owned());
            let all = self.logins.files.iter();
            all.filter_map(|p| Some((name(p).unwrap_or_default(), read(p).transpose()?))).collect()
        })
    }

    /// The login for a registry and a path in it; else, in words, where it was looked in vain.
    pub(super) fn find(&self, host: &str, path: &str) -> Result<Login, String> {
        let mut looked = Vec::new();
        for (name, config) in self.files() {
            let config = match config {
                Ok(config) => config,
                Err(why) => {
                    looked.push(format!("{name} cannot be read ({why})"));
                    continue;
                }
            };
            if let Some(helper) = helper_of(config, host) {
                match self.ask(&helper, host) {
                    Ok(secret) => return Ok(Login { secret, source: format!("docker-credential-{helper}") }),
                    Err(why) => looked.push(format!("{}: {why}", quoted(&format!("docker-credential-{helper}")))),
                }
            }
            match inline(config, host, path) {
                Some(Ok(secret)) => return Ok(Login { secret, source: name.clone() }),
                Some(Err(why)) => looked.push(format!("{name}: {why}")),
                None => looked.push(format!("{name} has no login for it")),
            }
        }
        if looked.is_empty() {
            looked.push("there is no docker configuration with a login".to_owned());
        }
        Err(looked.join(", "))
    }

    /// Asks a helper, once.
    fn ask(&self, helper: &str, host: &str) -> Result<Secret, String> {
        // Held while it runs: a helper may ask a person to unlock something.
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.entry((helper.to_owned(), host.to_owned())).or_insert_with(|| self.logins.ask(helper, host)).clone()
    }
}

impl Logins {
    /// Asks a helper (docker-credential-helpers: `get`, the server on stdin, JSON on stdout).
    fn ask(&self, helper: &str, host: &str) -> Result<Secret, String> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        if helper.is_empty() || helper.len() > 64 || !helper.bytes().all(plain) {
            return Err("it is no name of a helper".to_owned());
        }
        let program = format!("docker-credential-{helper}");
        let folders = self.programs.iter().filter(|p| p.is_absolute());
        let found = folders.map(|p| p.join(&program)).find(|p| p.is_file());
        let Some(found) = found else { return Err("it is not installed".to_owned()) };
        let mut command = Command::new(found);
        command.arg("get");
        process::tame(&mut command);
        let server = if host == HUB { HUB_URL } else { host };
        let output = process::run(command, server.as_bytes(), ANSWER, PATIENCE)?;
        let Ok(Json::Object(answer)) = serde_json::from_slice::<Json>(&output) else {
            return Err("its answer cannot be read".to_owned());
        };
        let text = |key: &str| answer.get(key).and_then(Json::as_str).filter(|t| !t.is_empty());
        match (text("Username"), text("Secret")) {
            (Some("<token>"), Some(secret)) => Ok(Secret::Refresh(secret.to_owned())),
            (Some(user), Some(secret)) => Ok(Secret::Pair(user.to_owned(), secret.to_owned())),
            _ => Err("it knows no login".to_owned()),
        }
    }
}

/// A configuration; `None` where there is none. Never a text of the file in an error.
fn read(path: &std::path::Path) -> Result<Option<Map<String, Json>>, String> {
    match std::fs::metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e.to_string()),
        Ok(about) if !about.is_file() => return Ok(None),
        Ok(about) if about.len() > CAP => return Err("it is larger than 1 MiB".to_owned()),
        Ok(_) => {}
    }
    let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
    match serde_json::from_slice::<Json>(&bytes) {
        Ok(Json::Object(config)) => Ok(Some(config)),
        Ok(_) => Err("it is no JSON object".to_owned()),
        Err(e) => Err(format!("no JSON, line {}", e.line())),
    }
}

/// A key of `auths` or `credHelpers`: its host, and its path where it is for a part of a registry.
fn key(text: &str) -> (String, String) {
    let (scheme, rest) = text.split_once("://").map_or((None, text), |(s, r)| (Some(s), r));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.to_ascii_lowercase();
    let hub = matches!(host.as_str(), "docker.io" | "index.docker.io" | "registry-1.docker.io");
    // After a scheme comes the version of the API: `https://index.docker.io/v1/`.
    let path = if scheme.is_some() { "" } else { path.trim_matches('/') };
    (if hub { HUB.to_owned() } else { host }, path.to_owned())
}

fn helper_of(config: &Map<String, Json>, host: &str) -> Option<String> {
    let own = config.get("credHelpers").and_then(Json::as_object).into_iter().flatten();
    let own = own.filter(|(name, _)| key(name) == (host.to_owned(), String::new())).find_map(|(_, v)| v.as_str());
    let common = config.get("credsStore").and_then(Json::as_str);
    own.or(common).filter(|h| !h.is_empty()).map(str::to_owned)
}

/// The entry for the longest part of a path.
fn inline(config: &Map<String, Json>, host: &str, path: &str) -> Option<Result<Secret, &'static str>> {
    let mut best: Option<(usize, &Map<String, Json>)> = None;
    for (name, entry) in config.get("auths").and_then(Json::as_object)? {
        let (for_host, for_path) = key(name);
        let below = path.strip_prefix(for_path.as_str());
        let fits = for_path.is_empty() || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let Some(entry) = entry.as_object().filter(|e| fits && for_host == host && !e.is_empty()) else { continue };
        if best.is_none_or(|(length, _)| for_path.len() > length) {
            best = Some((for_path.len(), entry));
        }
    }
    let (_, entry) = best?;
    let text = |key: &str| entry.get(key).and_then(Json::as_str).filter(|t| !t.is_empty());
    if let Some(token) = text("identitytoken") {
        return Some(Ok(Secret::Refresh(token.to_owned())));
    }
    if let Some(token) = text("registrytoken") {
        return Some(Ok(Secret::Bearer(token.to_owned())));
    }
    if let Some(auth) = text("auth") {
        let pair = base64::engine::general_purpose::STANDARD.decode(auth).ok().and_then(|b| String::from_utf8(b).ok());
        let pair = pair.as_deref().and_then(|p| p.split_once(':'));
        let Some((user, password)) = pair else { return Some(Err("its `auth` cannot be read")) };
        return Some(Ok(Secret::Pair(user.to_owned(), password.trim_end_matches('\0').to_owned())));
    }
    match (text("username"), text("password")) {
        (Some(user), Some(password)) => Some(Ok(Secret::Pair(user.to_owned(), password.to_owned()))),
        _ => None,
    }
}

#[cfg(test)]
#[path = "logins_tests.rs"]
mod tests;
