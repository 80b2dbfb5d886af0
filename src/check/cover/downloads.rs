//! Files and repositories by URL that no pin covers: ADD, curl, wget, and what other programs
//! fetch.

use super::held::Held;
use super::{Told, listed};
use crate::dockerfile::added::{Remote, RemoteKind};
use crate::dockerfile::shell::download::Download;
use crate::dockerfile::shell::fetched::Fetch;
use crate::dockerfile::{Dockerfile, Target};
use crate::model::quoted;

pub(super) fn remote(held: &Held<'_>, file: &Dockerfile, remote: &Remote) -> Option<Told> {
    let cut = |text: &str| text.split(['#', '?']).next().unwrap_or_default().to_owned();
    let said = |wanted: &str| {
        let mut all = [Some(remote.written.as_str()), remote.value.as_deref()].into_iter().flatten();
        all.any(|own| own == wanted || cut(own) == wanted)
    };
    let here = |placed: &&super::held::Placed<'_>| placed.at.instruction == Some(remote.instruction);
    match &remote.what {
        RemoteKind::File { checksum } => {
            let mut sites = held.of("url", &["sha256"], file);
            let covered = sites.any(|placed| match &placed.site.target {
                Target::Checksum(url) => here(&placed) && said(url),
                // newer builders expand variables in the flag
                Target::Arg(_) | Target::Env(_) => checksum.as_deref().is_some_and(|checksum| {
                    let own = placed.at.value.as_str();
                    !own.is_empty() && checksum.strip_prefix("sha256:").unwrap_or(checksum) == own
                }),
                _ => false,
            });
            let message = format!("ADD fetches {}, which no pin covers", quoted(&remote.written));
            (!covered).then(|| Told::unpinned(message).parts(vec![remote.written.clone()]))
        }
        RemoteKind::Git { repository, reference, variable } => {
            let mut sites = held.of("git", &["commit"], file);
            let by_site = sites
                .any(|placed| matches!(&placed.site.target, Target::Add(url) if here(&placed) && (said(url) || url == repository)));
            let at = (remote.stage, remote.instruction);
            let giver = variable.as_deref().and_then(|name| held.giver(file, at, name));
            if by_site || giver.is_some_and(|a| held.gives("git", &["commit"], file, a)) {
                return None;
            }
            let at = match (variable, reference) {
                (Some(name), _) => quoted(&format!("${name}")),
                (None, Some(reference)) => quoted(reference),
                (None, None) => "whatever its HEAD is".to_owned(),
            };
            Some(Told::unpinned(format!("ADD takes {} at {at}, which no pin covers", quoted(repository))))
        }
    }
}

pub(super) fn download(held: &Held<'_>, file: &Dockerfile, download: &Download) -> Option<Told> {
    let digest = download.check.as_ref().and_then(|check| check.digest.as_ref());
    let at = (download.stage, download.instruction);
    if digest.is_some_and(|word| held.spells("url", &["sha256", "sha512"], file, at, word)) {
        return None;
    }
    let urls: Vec<String> = download.urls.iter().map(|url| url.text()).collect();
    if let (true, Some(why)) = (urls.is_empty(), download.why()) {
        let what = format!("what {} fetches", download.program);
        let how = "write the URL out, check its hash from an ARG in the same RUN, and let a pin give that";
        return Some(Told::unclear(&what, &why.to_string(), how));
    }
    let message = format!("{} fetches {}, which no pin covers", download.program, listed(&urls));
    let told = match (&download.check, digest) {
        (Some(_), Some(word)) if word.variable().is_none() => Told::rewrite(
            message,
            "write the hash into an ARG, so that a pin can give it: `dubo-pin init` adds one then",
        ),
        (Some(_), Some(_)) => Told::unpinned(message),
        _ => Told::rewrite(
            message,
            "check its hash in the same RUN from an ARG that a pin gives, or use ADD --checksum: `dubo-pin init` adds one then",
        ),
    };
    Some(told.parts(urls))
}

/// No pin can hold it as it is written.
pub(super) fn fetch(fetch: &Fetch) -> Told {
    let how =
        "take it by curl with its hash checked, by ADD --checksum or by git at a commit, so that a pin can hold it";
    let what = if fetch.what.is_empty() { "something".to_owned() } else { listed(&fetch.what) };
    let program = if fetch.program.is_empty() { "a command".to_owned() } else { quoted(&fetch.program) };
    let told = if fetch.sure {
        Told::rewrite(format!("{program} takes in {what}, which no pin can hold"), how)
    } else {
        let message = format!("{program} is given {what}, and nobody can tell what it fetches there");
        Told::rewrite(message, how)
    };
    told.parts(fetch.what.clone())
}
