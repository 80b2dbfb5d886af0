//! A range as yarn 1 reads it: its resolvers, in its order.

use super::{GitSpec, Local, Reference, Spec, SpecError, hosted, name, reference, repository};

pub(super) fn parse(range: &str) -> Result<Spec, SpecError> {
    let (url, fragment) = range.split_once('#').unwrap_or((range, ""));
    if is_git(range) {
        let (canonical, insecure) = repository::canonical(range, url, false)?;
        let reference = reference::v1(range, fragment)?;
        return Ok(Spec::Git(GitSpec { insecure, ..GitSpec::plain(canonical, reference) }));
    }
    if range.starts_with("http://") || range.starts_with("https://") {
        return Ok(Spec::Tarball(range.to_owned()));
    }
    if !range.contains('@') && (range.ends_with(".tgz") || range.ends_with(".tar.gz")) {
        return Ok(Spec::Local(Local::File, range.strip_prefix("file:").unwrap_or(range).to_owned()));
    }
    if let Some(path) = url.strip_prefix("github:") {
        return shorthand(range, "github.com", path, fragment);
    }
    if is_shorthand(range) {
        return shorthand(range, "github.com", url, fragment);
    }
    if let Some(path) = range.strip_prefix("file:") {
        return Ok(Spec::Local(Local::File, path.to_owned()));
    }
    if range.starts_with("./") || range.starts_with("../") || range.starts_with('/') {
        return Ok(Spec::Local(Local::File, range.to_owned()));
    }
    let Some((protocol, rest)) = range.split_once(':') else {
        return registry(range);
    };
    match protocol {
        "link" => Ok(Spec::Local(Local::Link, rest.to_owned())),
        "gitlab" => shorthand(range, "gitlab.com", url.strip_prefix("gitlab:").unwrap_or(url), fragment),
        "bitbucket" => shorthand(range, "bitbucket.org", url.strip_prefix("bitbucket:").unwrap_or(url), fragment),
        "gist" => gist(range, url.strip_prefix("gist:").unwrap_or(url), fragment),
        "npm" | "yarn" => alias(range, rest),
        _ if range.starts_with("git@") => {
            Err(SpecError::instead(range, "yarn 1 does not read it as a repository", format!("git+ssh://{range}")))
        }
        _ => Err(SpecError::refused(range, format!("yarn 1 knows no `{}:`", crate::model::visible(protocol)))),
    }
}

/// Whether yarn 1 asks git for it.
pub(super) fn is_git(range: &str) -> bool {
    let (url, fragment) = range.split_once('#').unwrap_or((range, ""));
    let web = range.starts_with("http:") || range.starts_with("https:");
    if range.starts_with("git:") || range.starts_with("ssh:") {
        return true;
    }
    if range.starts_with("git+") && range.contains(':') {
        return true;
    }
    if web && (range.ends_with(".git") || url.ends_with(".git") && !fragment.is_empty()) {
        return true;
    }
    let Some((_, rest)) = url.split_once("://") else { return false };
    let (host, path) = repository::host_and_path(rest);
    repository::is_host(host) && path.split('/').filter(|part| !part.is_empty()).count() == 2
}

/// `owner/name`: no dot, dash, blank, `:`, `@`, `%` at its head or in it.
fn is_shorthand(range: &str) -> bool {
    let (path, _) = range.split_once('#').unwrap_or((range, ""));
    let plain = |part: &str| !part.is_empty() && !part.contains([':', '@', '%']) && !part.contains(char::is_whitespace);
    match path.split_once('/') {
        Some((owner, name)) => plain(owner) && !owner.starts_with(['.', '-']) && plain(name) && !name.contains('/'),
        None => false,
    }
}

fn shorthand(range: &str, host: &str, path: &str, fragment: &str) -> Result<Spec, SpecError> {
    // Its pattern for `.git` has a bare dot: four letters go from `o/widgit` too.
    let bare = path.strip_suffix(".git").unwrap_or(path);
    if bare.ends_with("git") && bare == path {
        let instead = format!("git+https://{host}/{path}.git");
        return Err(SpecError::instead(range, "yarn 1 cuts four letters off a name that ends in `git`", instead));
    }
    let url = hosted::repository(range, host, path)?;
    Ok(Spec::Git(GitSpec { hosted: true, ..GitSpec::plain(url, reference::v1(range, fragment)?) }))
}

fn gist(range: &str, id: &str, fragment: &str) -> Result<Spec, SpecError> {
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-/".contains(&b)) {
        return Err(SpecError::refused(range, "the id of a gist is expected"));
    }
    let (url, _) = repository::canonical(range, &format!("https://gist.github.com/{id}.git"), false)?;
    let reference: Reference = reference::v1(range, fragment)?;
    Ok(Spec::Git(GitSpec::plain(url, reference)))
}

fn alias(range: &str, rest: &str) -> Result<Spec, SpecError> {
    let bare = rest.strip_prefix('@').unwrap_or(rest);
    let (alias, wanted) = match bare.split_once('@') {
        Some((_, wanted)) => (rest.strip_suffix(wanted).and_then(|r| r.strip_suffix('@')).unwrap_or(rest), wanted),
        None => (rest, "latest"),
    };
    name::vet(alias)?;
    match registry(wanted) {
        Ok(Spec::Registry { range, .. }) => Ok(Spec::Registry { alias: Some(alias.to_owned()), range }),
        _ => Err(SpecError::refused(range, "an alias names a package of a registry")),
    }
}

fn registry(range: &str) -> Result<Spec, SpecError> {
    if range.contains(['@', ':', '/', '#']) {
        return Err(SpecError::refused(range, "it is no range, no version and no tag of a registry"));
    }
    Ok(Spec::Registry { alias: None, range: range.to_owned() })
}
