//! What follows the `#` of a git dependency.

use std::str::FromStr as _;

use crate::model::CommitId;
use crate::source::git::RefName;

use super::{Reference, SpecError};

/// The fragment as yarn 1 reads it; `range` is the whole range.
pub(super) fn v1(range: &str, fragment: &str) -> Result<Reference, SpecError> {
    if fragment.contains('#') {
        return Err(SpecError::refused(range, "it has two `#`"));
    }
    if fragment.trim().is_empty() || fragment == "*" {
        return Ok(Reference::Head);
    }
    if let Some(commit) = full(fragment) {
        return Ok(Reference::Commit(commit));
    }
    if let Some(semver) = fragment.strip_prefix("semver:") {
        return Ok(Reference::Semver(semver.to_owned()));
    }
    for word in ["commit", "tag", "head", "semver", "workspace"] {
        if let Some(value) = fragment.strip_prefix(word).and_then(|f| f.strip_prefix(['=', ':'])) {
            let (url, _) = range.split_once('#').unwrap_or((range, ""));
            let reason = format!("yarn 1 does not know `{word}=`");
            return Err(SpecError::instead(range, reason, format!("{url}#{value}")));
        }
    }
    // No ref can be named so: it can only be a range.
    if fragment.contains(['^', '~', '*', ' ', '[', ':']) {
        return Ok(Reference::Semver(fragment.to_owned()));
    }
    if let Some(tag) = fragment.strip_prefix("refs/tags/") {
        return Ok(Reference::Tag(ref_name(range, tag)?));
    }
    if let Some(branch) = fragment.strip_prefix("refs/heads/") {
        return Ok(Reference::Branch(ref_name(range, branch)?));
    }
    Ok(Reference::Name(ref_name(range, fragment)?))
}

/// What berry's fragment says, and the workspace with whether it stands first.
pub(super) type Berry = (Reference, Option<String>, bool);

/// The fragment as berry reads it.
pub(super) fn berry(range: &str, fragment: &str) -> Result<Berry, SpecError> {
    let word = fragment.bytes().take_while(u8::is_ascii_lowercase).count();
    if word > 0 && fragment.as_bytes().get(word) == Some(&b'=') {
        return query(range, fragment);
    }
    let reference = match fragment.split_once(':') {
        Some((protocol, request)) => of_protocol(range, protocol, request)?,
        None => bare(range, fragment)?,
    };
    Ok((reference, None, false))
}

fn query(range: &str, fragment: &str) -> Result<Berry, SpecError> {
    let mut workspace = None;
    let mut reference = None;
    let mut workspace_first = false;
    for item in fragment.split('&') {
        let (key, value) = item.split_once('=').unwrap_or((item, ""));
        let value = unescaped(value).ok_or_else(|| SpecError::refused(range, "its fragment is not UTF-8"))?;
        match key {
            "workspace" if workspace.is_none() => {
                workspace_first = reference.is_none();
                workspace = Some(value);
            }
            "commit" | "head" | "tag" | "semver" if reference.is_none() => {
                reference = Some(of_protocol(range, key, &value)?);
            }
            "workspace" | "commit" | "head" | "tag" | "semver" => {
                return Err(SpecError::refused(range, "its fragment says two things of one sort"));
            }
            _ => {
                let reason = "its fragment has a key other than commit, tag, head, semver and workspace";
                return Err(SpecError::refused(range, reason));
            }
        }
    }
    let workspace_first = workspace_first && reference.is_some();
    Ok((reference.unwrap_or(Reference::Head), workspace, workspace_first))
}

fn of_protocol(range: &str, protocol: &str, request: &str) -> Result<Reference, SpecError> {
    match protocol {
        "commit" => match full(request) {
            Some(commit) if request.len() == 40 && is_lower(request) => Ok(Reference::Commit(commit)),
            _ => Err(short(range, request)),
        },
        "tag" => Ok(Reference::Tag(ref_name(range, request)?)),
        "head" if request == "HEAD" => Ok(Reference::Head),
        "head" => Ok(Reference::Branch(ref_name(range, request)?)),
        "semver" => Ok(Reference::Semver(request.to_owned())),
        _ => Err(SpecError::refused(range, "berry knows only commit, tag, head and semver in a fragment")),
    }
}

/// A fragment without a word before it: berry tries a commit, a tag, a branch.
fn bare(range: &str, fragment: &str) -> Result<Reference, SpecError> {
    if fragment.is_empty() {
        let (url, _) = range.split_once('#').unwrap_or((range, ""));
        return Err(SpecError::instead(range, "berry does not read an empty fragment", url));
    }
    if let Some(commit) = full(fragment).filter(|_| is_lower(fragment)) {
        return Ok(Reference::Commit(commit));
    }
    let (url, _) = range.split_once('#').unwrap_or((range, ""));
    if let Some(tag) = fragment.strip_prefix("refs/tags/") {
        return Err(SpecError::instead(range, "berry does not know `refs/tags/`", format!("{url}#tag={tag}")));
    }
    if let Some(head) = fragment.strip_prefix("refs/heads/") {
        return Err(SpecError::instead(range, "berry does not know `refs/heads/`", format!("{url}#head={head}")));
    }
    if fragment.contains(['^', '~', '*', ' ']) {
        let instead = format!("{url}#semver:{fragment}");
        return Err(SpecError::instead(range, "berry reads a range only after `semver:`", instead));
    }
    Ok(Reference::Name(ref_name(range, fragment)?))
}

/// A commit id of 40 digits, in whatever case.
fn full(text: &str) -> Option<CommitId> {
    (text.len() == 40).then(|| CommitId::from_str(&text.to_ascii_lowercase()).ok()).flatten()
}

fn is_lower(text: &str) -> bool {
    !text.bytes().any(|b| b.is_ascii_uppercase())
}

fn short(range: &str, request: &str) -> SpecError {
    match !request.is_empty() && request.len() < 40 && request.bytes().all(|b| b.is_ascii_hexdigit()) {
        true => SpecError::ShortCommit { range: range.to_owned(), digits: request.len() },
        false => SpecError::refused(range, "a commit is 40 lower-case hexadecimal digits"),
    }
}

fn ref_name(range: &str, text: &str) -> Result<String, SpecError> {
    // refs/pull/1/head and the like are asked for by their full name.
    let vetted = text.strip_prefix("refs/").unwrap_or(text);
    match vetted.parse::<RefName>() {
        Ok(_) => Ok(text.to_owned()),
        Err(e) => Err(SpecError::refused(range, e.to_string())),
    }
}

/// A value of a query, decoded as node's querystring does.
pub(in crate::source::yarn) fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let pair = {
            let mut ahead = rest.clone();
            ahead.next().and_then(digit).zip(ahead.next().and_then(digit))
        };
        match (byte, pair) {
            (b'%', Some((high, low))) => {
                bytes.push(high << 4 | low);
                rest.next();
                rest.next();
            }
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

/// A value as node's querystring writes it.
pub(in crate::source::yarn) fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b if b.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&b) => out.push(char::from(b)),
            b => {
                let _ = write!(out, "%{b:02X}");
            }
        }
    }
    out
}
