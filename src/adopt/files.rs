//! url pins of what is not covered: ADD of a URL with its checksum, and downloads in RUN whose hash check
//! takes its digest from an ARG or ENV.
//!
//! For [`adopt`](super::adopt). Where no digest stands that a pin could give, no pin holds the file: it is
//! told, with what to write. The URL is written with its variables' values, not as a template. Git by ADD
//! is the matter of [`repositories`](super::repositories).

use super::repositories::sites;
use super::{Case, Draft, Drafts, Names};
use crate::check::cover::Uncovered;
use crate::dockerfile::added::{Local, RemoteKind};
use crate::dockerfile::shell::download::Download;
use crate::dockerfile::{Dockerfile, Intake, Site};
use crate::manifest::edit::{Literal, NewPin};
use crate::model::{Place, Trouble, quoted};

/// A file that a pin can hold.
struct Held {
    url: String,
    site: Site,
    sha512: bool,
    place: Place,
}

pub(super) fn draft(case: &Case<'_>, names: &mut Names, out: &mut Drafts) {
    let mut all: Vec<(String, bool, Vec<Held>)> = Vec::new();
    for open in case.uncovered {
        let held = match open.intake {
            Intake::Remote(remote) => match &remote.what {
                RemoteKind::File { checksum: Some(checksum) } => added(case, open, checksum),
                RemoteKind::File { checksum: None } => {
                    out.not_understood.push(bare(&remote.written, remote.place.clone()));
                    None
                }
                RemoteKind::Git { .. } => None,
            },
            Intake::Download(download) => downloaded(case, open.file, download),
            Intake::Local(local) => {
                out.not_understood.push(vendored(local));
                None
            }
            _ => None,
        };
        let Some(held) = held else { continue };
        match all.iter_mut().find(|(url, sha512, _)| *url == held.url && *sha512 == held.sha512) {
            Some((_, _, group)) => group.push(held),
            None => all.push((held.url.clone(), held.sha512, vec![held])),
        }
    }
    for (url, sha512, group) in all {
        let Some(place) = group.first().map(|held| held.place.clone()) else { continue };
        let file = file_name(&url);
        let Some(name) = names.take(&[stem(file).as_str(), file, "file"]) else { continue };
        let mut keys = vec![("url".to_owned(), Literal::Text(url))];
        if sha512 {
            keys.push(("sha512".to_owned(), Literal::Flag(true)));
        }
        let mut into: Vec<Site> = Vec::new();
        for held in group {
            if !into.contains(&held.site) {
                into.push(held.site);
            }
        }
        out.pins.push(Draft { pin: NewPin { name, keys, into, comment: Vec::new() }, place, unproved: None });
    }
}

fn added(case: &Case<'_>, open: &Uncovered<'_>, checksum: &str) -> Option<Held> {
    let Intake::Remote(remote) = open.intake else { return None };
    let url = remote.value.clone()?;
    let digest = checksum.strip_prefix("sha256:").unwrap_or(checksum);
    let written = sites::checksum(case.files, open.file, remote.stage, &remote.written);
    let site = written.ok().or_else(|| given(case, open.file, remote.stage, None, digest, None))?;
    Some(Held { url, site, sha512: false, place: remote.place.clone() })
}

fn downloaded(case: &Case<'_>, file: &Dockerfile, download: &Download) -> Option<Held> {
    let check = download.check.as_ref()?;
    let sha512 = match check.algorithm.as_str() {
        "sha256" => false,
        "sha512" => true,
        _ => return None,
    };
    let [url] = download.urls.as_slice() else { return None };
    let word = check.digest.as_ref()?;
    let (name, digest) = (word.variable()?, word.value.as_deref()?);
    let site = given(case, file, download.stage, Some(name), digest, sha512.then_some("sha512"))?;
    Some(Held { url: url.value.clone()?, site, sha512, place: download.place(file) })
}

/// The site of the ARG or ENV that gives a digest: of the stage itself, else the one before it.
fn given(
    case: &Case<'_>,
    file: &Dockerfile,
    stage: Option<usize>,
    name: Option<&str>,
    digest: &str,
    value: Option<&str>,
) -> Option<Site> {
    let says = |index: usize| {
        let a = file.assignments().get(index)?;
        let line = &file.instructions().get(a.instruction)?.line;
        let text = String::from_utf8_lossy(line.get(a.value.clone()?)).into_owned();
        let fits = name.is_none_or(|name| a.name == name) && text.trim_matches(['"', '\'']) == digest;
        (fits && !digest.is_empty()).then_some(a.stage)
    };
    let all: Vec<(usize, Option<usize>)> =
        (0..file.assignments().len()).filter_map(|index| Some((index, says(index)?))).collect();
    let own = all.iter().rev().find(|(_, of)| *of == stage);
    let (index, _) = own.or_else(|| all.iter().rev().find(|(_, of)| *of <= stage))?;
    sites::of(case.files, file, *index, value).ok()
}

fn bare(url: &str, place: Place) -> Trouble {
    Trouble::new(format!("ADD fetches {} without a checksum: nothing tells what was fetched", quoted(url)))
        .at(place)
        .expected("ADD --checksum=sha256:…")
        .help("write `--checksum=sha256:` with what sha256sum says of the file, then dubo-pin init again")
}

fn vendored(local: &Local) -> Trouble {
    let path = local.pattern.replace('*', "{version}");
    let name = stem(file_name(&path));
    let name = if name.is_empty() { "NAME".to_owned() } else { name };
    Trouble::new(format!("{} of the context: what it was fetched from is not said here", quoted(&local.written)))
        .at(local.place.clone())
        .help(format!("write into pins.toml: [pins.{name}] with url = \"https://…\" and vendor = \"{path}\""))
}

fn file_name(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// The name of a file without its endings, versions, systems and architectures.
fn stem(file: &str) -> String {
    const NOISE: [&str; 22] = [
        "linux", "gnu", "musl", "unknown", "static", "amd64", "x86", "x64", "64", "i386", "i686", "arm", "arm64",
        "armv7", "armv6", "armhf", "aarch64", "riscv64", "ppc64le", "s390x", "latest", "src",
    ];
    let mut text = file;
    for ending in [".asc", ".sig", ".gz", ".xz", ".bz2", ".zst", ".tar", ".tgz", ".zip", ".deb", ".sh", ".jar", ".gpg"]
    {
        text = text.strip_suffix(ending).unwrap_or(text);
    }
    let is_version = |part: &str| {
        let bare = part.strip_prefix('v').unwrap_or(part);
        bare.starts_with(|c: char| c.is_ascii_digit()) || part.starts_with('{')
    };
    let parts: Vec<&str> =
        text.split(['-', '_']).filter(|p| !p.is_empty() && !is_version(p) && !NOISE.contains(p)).collect();
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_without_version_and_architecture() {
        for (file, name) in [
            ("node-v20.11.1-linux-x64.tar.xz", "node"),
            ("s6-overlay-noarch-3.1.6.2.tar.xz", "s6-overlay-noarch"),
            ("tini_0.19.0_amd64.deb", "tini"),
            ("install.sh", "install"),
            ("1.2.3.tar.gz", ""),
            ("bridge-{version}.tar.bz2", "bridge"),
        ] {
            assert_eq!(stem(file), name, "{file}");
        }
        assert_eq!(file_name("https://h/a/b.tgz?x=/y"), "b.tgz");
    }
}
