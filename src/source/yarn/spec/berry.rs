//! A range as berry reads it: its resolvers, in its order.

use super::{Descriptor, GitSpec, Local, Reference, Spec, SpecError, hosted, name, reference, repository};

pub(super) fn parse(range: &str) -> Result<Spec, SpecError> {
    if is_git(range) {
        return git(range).map(Spec::Git);
    }
    // What berry binds to a range in yarn.lock: `::locator=…`, `::__archiveUrl=…`.
    let (plain, _) = split_bindings(range);
    if let Some(rest) = plain.strip_prefix("npm:") {
        return npm(range, rest);
    }
    for (protocol, local) in
        [("workspace:", Local::Workspace), ("portal:", Local::Portal), ("link:", Local::Link), ("file:", Local::File)]
    {
        if let Some(path) = plain.strip_prefix(protocol) {
            return Ok(Spec::Local(local, path.to_owned()));
        }
    }
    if let Some(rest) = plain.strip_prefix("patch:") {
        return patch(range, rest);
    }
    if plain.starts_with("./") || plain.starts_with("../") || plain.starts_with('/') {
        return Ok(Spec::Local(Local::File, plain.to_owned()));
    }
    if plain.starts_with("https://") || plain.starts_with("http://") {
        let path = plain.split('?').next().unwrap_or_default();
        if path.ends_with(".tgz") || path.ends_with(".tar.gz") {
            return Ok(Spec::Tarball(plain.to_owned()));
        }
        let reason = "berry takes a URL only if it is a repository (`….git`) or ends in .tgz or .tar.gz";
        return match hosted::archive(plain) {
            Some((url, reference)) => Err(SpecError::instead(range, reason, format!("git+{url}#{reference}"))),
            None => Err(SpecError::refused(range, reason)),
        };
    }
    if is_registry(plain) {
        return Ok(Spec::Registry { alias: None, range: plain.to_owned() });
    }
    match plain.split_once(':') {
        Some(("gitlab", path)) => {
            let instead = format!("git+https://gitlab.com/{path}");
            Err(SpecError::instead(range, "berry knows no `gitlab:`", instead))
        }
        Some((protocol, _)) => Err(SpecError::refused(
            range,
            format!("`{}:` is not one that is followed", crate::model::visible(protocol)),
        )),
        None => Err(SpecError::refused(range, "berry reads it as no range, no tag, no path and no repository")),
    }
}

/// What berry takes without a protocol, and writes into yarn.lock after `npm:`.
pub(in crate::source::yarn) fn is_registry(range: &str) -> bool {
    let is_tag = !range.is_empty()
        && !range.starts_with(['v', 'V'])
        && range.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    is_tag || super::is_range(range)
}

/// A range apart from its `::` bindings.
pub(in crate::source::yarn) fn split_bindings(range: &str) -> (&str, &str) {
    match range.rsplit_once("::") {
        Some((plain, bindings)) if bindings.contains('=') => (plain, bindings),
        _ => (range, ""),
    }
}

fn npm(range: &str, rest: &str) -> Result<Spec, SpecError> {
    let bare = rest.strip_prefix('@').unwrap_or(rest);
    if let Some((_, wanted)) = bare.split_once('@') {
        let alias = rest.strip_suffix(wanted).and_then(|r| r.strip_suffix('@')).unwrap_or(rest);
        name::vet(alias)?;
        let wanted = wanted.strip_prefix("npm:").unwrap_or(wanted);
        if !is_registry(wanted) {
            return Err(SpecError::refused(range, "an alias names a package of a registry"));
        }
        return Ok(Spec::Registry { alias: Some(alias.to_owned()), range: wanted.to_owned() });
    }
    if !is_registry(rest) {
        return Err(SpecError::refused(range, "it is no range, no version and no tag of a registry"));
    }
    Ok(Spec::Registry { alias: None, range: rest.to_owned() })
}

/// `patch:` then the patched `name@range`, escaped, `#`, the patch: `patch:a@npm%3A1.0.0#./a.patch`.
fn patch(range: &str, rest: &str) -> Result<Spec, SpecError> {
    let (inner, patch) = rest.split_once('#').unwrap_or((rest, ""));
    let inner = reference::unescaped(&inner.replace('+', "%2B"))
        .ok_or_else(|| SpecError::refused(range, "what it patches is not UTF-8"))?;
    Ok(Spec::Patch(Box::new(Descriptor::parse(&inner)?), patch.to_owned()))
}

/// Whether berry asks git for it.
pub(super) fn is_git(range: &str) -> bool {
    let (url, _) = range.split_once('#').unwrap_or((range, ""));
    if range.starts_with("ssh:") || range.starts_with("git:") {
        return true;
    }
    if range.strip_prefix("git+").is_some_and(|r| r.find(':').is_some_and(|at| at > 0)) {
        return true;
    }
    let web = url.strip_prefix("https:").or_else(|| url.strip_prefix("http:"));
    let scp = url.strip_prefix("git@");
    let repository = |rest: &str| rest.strip_suffix(".git").is_some_and(|r| r.contains('/'));
    web.is_some_and(repository) || scp.is_some_and(repository) || github(range).is_some()
}

/// `o/r`, `github:o/r`, `https://github.com/o/r` and GitHub's `/tarball/REF`: `o/r` and the fragment.
fn github(range: &str) -> Option<(&str, Option<&str>)> {
    let (url, fragment) = match range.split_once('#') {
        Some((url, fragment)) => (url, Some(fragment)),
        None => (range, None),
    };
    let web = range.strip_prefix("https://github.com/");
    if let Some((path, reference)) = web.and_then(|r| r.split_once("/tarball/")) {
        return is_owner_name(path).then_some((path, Some(reference)));
    }
    let path = ["github:", "https://github.com/", "git://github.com/"].iter().find_map(|p| url.strip_prefix(p));
    let path = path.unwrap_or(url);
    is_owner_name(path).then_some((path, fragment))
}

fn is_owner_name(path: &str) -> bool {
    let plain = |part: &str| {
        let all = part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        all && !part.is_empty() && part != "." && part != ".."
    };
    path.split_once('/').is_some_and(|(owner, name)| plain(owner) && plain(name))
}

/// A git dependency: in package.json, or as a resolution of yarn.lock has it.
pub(super) fn git(range: &str) -> Result<GitSpec, SpecError> {
    let (url, insecure, fragment) = match github(range) {
        Some((path, fragment)) => {
            let url = hosted::repository(range, "github.com", path)?;
            (url, range.starts_with("git:"), fragment)
        }
        None => {
            let (url, fragment) = match range.split_once('#') {
                Some((url, fragment)) => (url, Some(fragment)),
                None => (range, None),
            };
            if url.starts_with("git+file:") {
                return Err(SpecError::refused(range, "berry does not follow git+file:"));
            }
            let (url, insecure) = repository::canonical(range, url, true)?;
            (url, insecure, fragment)
        }
    };
    let (reference, workspace, workspace_first) = match fragment {
        Some(fragment) => reference::berry(range, fragment)?,
        None => (Reference::Head, None, false),
    };
    Ok(GitSpec { url, reference, workspace, workspace_first, insecure, hosted: false })
}
