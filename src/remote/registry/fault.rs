//! What a registry's refusal means, from its status and its own words.
//!
//! For the client beside it. The words are JSON (distribution-spec, "Error Codes"):
//! `{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "…"}]}`. A web page is nobody's word.

use serde_json::Value as Json;

use super::place::{Base, Name};
use crate::model::quoted;
use crate::remote::error::{Fault, RemoteError, said};

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'a> {
    /// A tag or a digest, as it is written.
    Reference(&'a str),
    /// The list of tags.
    Tags,
    /// A blob's digest, as it is written.
    Blob(&'a str),
}

/// The codes and messages of an answer's body.
fn words(bytes: &[u8]) -> Vec<(String, String)> {
    let Ok(json) = serde_json::from_slice::<Json>(bytes) else { return Vec::new() };
    let text = |e: &Json, key: &str| e.get(key).and_then(Json::as_str).map(said).unwrap_or_default();
    let errors = json.get("errors").and_then(Json::as_array);
    errors.into_iter().flatten().take(4).map(|e| (text(e, "code"), text(e, "message"))).collect()
}

fn sentence(words: &[(String, String)]) -> Option<String> {
    let one = |(code, message): &(String, String)| match (code.as_str(), message.as_str()) {
        ("", message) => message.to_owned(),
        (code, "") => code.to_owned(),
        (code, message) => format!("{code}: {message}"),
    };
    let all: Vec<String> = words.iter().map(one).filter(|t| !t.is_empty()).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// Whether a media type is that of a web page.
pub(super) fn is_page(media: &str) -> bool {
    let media = media.split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("text/html") || media.eq_ignore_ascii_case("application/xhtml+xml")
}

/// The help for a refused login.
pub(super) fn login_help(base: &Base) -> String {
    let login = format!("`docker login {}`", base.login);
    format!("log in with {login}; a repository that does not exist may also answer so")
}

/// An error in the words of registries.
pub(super) fn told(error: RemoteError, base: &Base, name: Name<'_>, asked: Asked<'_>) -> RemoteError {
    let Some(kept) = error.said() else { return error };
    let (status, page) = (kept.status, is_page(&kept.media));
    let known = words(&kept.bytes);
    let has = |code: &str| known.iter().any(|(c, _)| c == code);
    if error.fault() == Fault::NotThere {
        if page {
            let detail = format!("HTTP {status} with a web page, where a registry would answer");
            return error.but(Fault::Broken, detail).help("check the registry's host and the proxy");
        }
        let name = quoted(&name.to_string());
        let detail = match asked {
            _ if has("NAME_UNKNOWN") => format!("there is no repository {name}"),
            Asked::Reference(what) => format!("{name} has no {} (HTTP {status})", quoted(what)),
            Asked::Blob(what) => format!("{name} has no blob {} (HTTP {status})", quoted(what)),
            Asked::Tags => format!("there is no list of the tags of {name} (HTTP {status})"),
        };
        return error.but(Fault::NotThere, detail).help("check the reference; a private repository may also answer so");
    }
    let fault = error.fault();
    let detail = match sentence(&known).filter(|_| !page) {
        Some(words) => format!("{} ({words})", error.detail()),
        None => error.detail().to_owned(),
    };
    let error = error.but(fault, detail);
    if fault == Fault::Denied { error.help(login_help(base)) } else { error }
}
