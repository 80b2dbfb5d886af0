//! yarn's settings lead to the vendored folder, and that holds what yarn.lock needs, nothing else.
//!
//! For `check`. Not here: the bytes of its files, which `vendored` proves, and files that are on the
//! disk but not in pins.lock, which `check` on the floor above finds.

use std::collections::{BTreeMap, BTreeSet};

use super::Case;
use super::item::From;
use super::local::joined;
use super::report::Report;
use crate::lock::Artifact;
use crate::model::{Id, Place, RelPath, Token, Trouble, quoted};
use crate::source::yarn::lockfile::Format;
use crate::source::yarn::package;
use crate::source::yarn::vendored::{mirror_files, names};

pub(super) fn check(case: &Case<'_>, report: &mut Report<'_>) {
    settings(case, report);
    manager(case, report);
    match (case.vendor, case.is_v1()) {
        (Some(vendor), true) => {
            leads_v1(case, vendor, report);
            files(case, vendor, report);
        }
        (Some(vendor), false) => {
            leads_berry(case, vendor, report);
            cache(case, vendor, report);
        }
        (None, _) => {
            unvendored(case, report);
            none(case, report);
        }
    }
}

/// Settings that switch off what yarn proves.
fn settings(case: &Case<'_>, report: &mut Report<'_>) {
    let settings = &case.folder.settings;
    if let Some(said) = settings.checksum_behavior.as_ref().filter(|s| s.value != "throw" && !case.is_v1()) {
        report.at(Id::YARN009, &said.place, || {
            Trouble::new("yarn is told to install packages whose bytes are not those of yarn.lock")
                .expected("`checksumBehavior: throw`, which goes without saying")
                .found(quoted(&said.value))
                .help("remove `checksumBehavior`")
        });
    }
    if let Some(said) = settings.pruning.as_ref().filter(|s| s.value && case.is_v1()) {
        report.at(Id::YARN012, &said.place, || {
            Trouble::new("pruning makes yarn delete files of the offline mirror that it does not know to need")
                .expected("`yarn-offline-mirror-pruning false`")
                .found("`true`")
                .help("remove it from .yarnrc: dubo-pin keeps the mirror exact")
        });
    }
    for said in settings.unread.iter().filter(|said| said.value == "lockfileFilename") {
        report.at(Id::YARN014, &said.place, || {
            Trouble::new("yarn is told to read another file than yarn.lock")
                .expected("no `lockfileFilename`")
                .found("`lockfileFilename`")
                .help("remove it, and rename that file to yarn.lock")
        });
    }
    for said in &settings.unknown {
        report.note_at(Id::YARN012, &said.place, || {
            Trouble::new(format!("{} is a setting of yarn that dubo-pin does not know", quoted(&said.value)))
                .help("see to it that it does not change what is installed")
        });
    }
    for said in settings.unread.iter().filter(|said| said.value != "lockfileFilename") {
        report.note_at(Id::YARN014, &said.place, || {
            Trouble::new(format!("{} changes what yarn resolves, and is not followed here", quoted(&said.value)))
        });
    }
}

/// package.json's `packageManager` is a version of the yarn that wrote yarn.lock: corepack runs it.
fn manager(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(said) = case.folder.package.package_manager.as_deref() else { return };
    let expected = if case.is_v1() { "yarn@1.X.Y" } else { "yarn@2 or later" };
    let major = plain_yarn(said);
    if major.is_some_and(|major| (major < 2) == case.is_v1()) {
        return;
    }
    report.at(Id::YARN012, &Place::file(&case.folder.package.file), || {
        let message = match major {
            Some(_) => "`packageManager` names a yarn that does not write this yarn.lock",
            None => "`packageManager` is not a plain version of yarn, so what runs cannot be known",
        };
        Trouble::new(message)
            .expected(expected)
            .found(quoted(said))
            .help("name the yarn that wrote yarn.lock: \"packageManager\": \"yarn@4.1.0\"")
    });
}

/// The major version of `yarn@X.Y.Z`, with or without `-rc.N` and the digest of corepack.
fn plain_yarn(said: &str) -> Option<u64> {
    let version = said.strip_prefix("yarn@")?;
    let (version, digest) = version.split_once('+').unwrap_or((version, "sha512.0"));
    let (numbers, pre) = version.split_once('-').unwrap_or((version, "rc"));
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
    let parts: Vec<u64> = numbers
        .split('.')
        .map(|part| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok()).flatten())
        .collect::<Option<_>>()?;
    let is_plain = parts.len() == 3 && is_word(pre) && digest.starts_with("sha") && is_word(digest);
    is_plain.then(|| parts.first().copied()).flatten()
}

/// yarn 1: `.yarnrc` names the vendored folder.
fn leads_v1(case: &Case<'_>, vendor: &RelPath, report: &mut Report<'_>) {
    let said = case.folder.settings.mirror.as_ref();
    let leads = said.and_then(|s| joined(&root(case), &s.value));
    if leads.as_deref() == Some(vendor.as_str()) {
        return;
    }
    let place = said.map_or_else(|| Place::file(&case.folder.file(".yarnrc")), |s| s.place.clone());
    report.at(Id::YARN012, &place, || {
        Trouble::new("yarn is not told to install from the vendored folder")
            .expected(format!("yarn-offline-mirror {}", quoted(&relative(case, vendor))))
            .found(said.map_or_else(|| "no yarn-offline-mirror".to_owned(), |s| quoted(&s.value)))
            .help(format!("write into .yarnrc: yarn-offline-mirror \"{}\"", relative(case, vendor)))
    });
}

/// berry: the cache is that of the project, and there.
fn leads_berry(case: &Case<'_>, vendor: &RelPath, report: &mut Report<'_>) {
    let settings = &case.folder.settings;
    let file = case.folder.file(".yarnrc.yml");
    let folder = settings.cache_folder.as_ref().map_or("./.yarn/cache", |s| s.value.as_str());
    if joined(&root(case), folder).as_deref() != Some(vendor.as_str()) {
        let place = settings.cache_folder.as_ref().map_or_else(|| Place::file(&file), |s| s.place.clone());
        report.at(Id::YARN012, &place, || {
            Trouble::new("yarn's cache is not the vendored folder")
                .expected(format!("cacheFolder: {}", quoted(&relative(case, vendor))))
                .found(quoted(folder))
                .help(format!("write into .yarnrc.yml: cacheFolder: {}", relative(case, vendor)))
        });
    }
    // yarn 4 has one cache for all projects unless it is told otherwise.
    let by_default = matches!(case.format(), Format::Berry { metadata, .. } if *metadata >= 8);
    if settings.global_cache.as_ref().map_or(by_default, |s| s.value) {
        let place = settings.global_cache.as_ref().map_or_else(|| Place::file(&file), |s| s.place.clone());
        report.at(Id::YARN012, &place, || {
            Trouble::new("yarn installs from a cache outside the project, not from the vendored folder")
                .expected("`enableGlobalCache: false`")
                .found(if settings.global_cache.is_some() { "`true`" } else { "nothing, which means `true`" })
                .help("write into .yarnrc.yml: enableGlobalCache: false")
        });
    }
}

/// yarn 1 installs what lies in an offline mirror, git tars without any proof: one that is not the
/// pin's is a hole.
fn unvendored(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(said) = case.folder.settings.mirror.as_ref().filter(|_| case.is_v1()) else { return };
    report.at(Id::YARN012, &said.place, || {
        Trouble::new("yarn installs from an offline mirror that the pin does not vendor, so nothing proves its files")
            .expected(format!("vendor = {} in the pin", quoted(&said.value)))
            .found("no `vendor`")
            .help("add `vendor`, then dubo-pin refresh; or remove yarn-offline-mirror from .yarnrc")
    });
}

/// What is vendored of a pin that vendors nothing.
fn none(case: &Case<'_>, report: &mut Report<'_>) {
    for artifact in &case.entry.artifacts {
        let is_tar = artifact.path.is_none() && artifact.url.is_some();
        let known = artifact.package.as_ref().is_some_and(|p| case.entry.values.contains_key(p));
        if !is_tar || !known {
            extra(artifact, report);
        }
    }
}

fn extra(artifact: &Artifact, report: &mut Report<'_>) {
    report.pins(Id::YARN012, || {
        let name = artifact.package.as_ref().map_or("", Token::as_str);
        let said = artifact.path.as_ref().map_or(name, RelPath::as_str);
        Trouble::new(format!("pins.lock has the file {}, which yarn.lock does not need", quoted(said)))
            .expected("the files of yarn.lock alone")
            .found(quoted(said))
            .help("dubo-pin refresh takes it out")
    });
}

/// yarn 1: each file of the mirror, with the URL, the package and the version of its entry.
fn files(case: &Case<'_>, vendor: &RelPath, report: &mut Report<'_>) {
    let files = match mirror_files(&case.folder.lock, &case.folder.lock_file) {
        Ok(files) => files,
        Err(troubles) => {
            for trouble in troubles {
                let line = trouble.place.as_ref().map_or(1, |p| p.line);
                report.lock(Id::YARN012, line, "", || Trouble { place: None, ..trouble });
            }
            return;
        }
    };
    let mut locked: BTreeMap<&str, &Artifact> = BTreeMap::new();
    for artifact in &case.entry.artifacts {
        let Some(path) = artifact.path.as_ref() else {
            if artifact.package.as_ref().is_none_or(|p| !case.entry.values.contains_key(p)) {
                extra(artifact, report);
            }
            continue;
        };
        if locked.insert(path.as_str(), artifact).is_some() {
            extra(artifact, report);
        }
    }
    for file in files {
        let path = format!("{vendor}/{}", file.name);
        let line = file.entry.lines.get("resolved").copied().unwrap_or(file.entry.line);
        let Some(artifact) = locked.remove(path.as_str()) else {
            report.lock(Id::YARN012, line, &file.name, || {
                Trouble::new(format!("the offline mirror lacks {}", quoted(&file.name)))
                    .expected(format!("{} in pins.lock", quoted(&path)))
                    .found("none")
                    .help("dubo-pin refresh adds it")
            });
            continue;
        };
        let first = file.entry.keys.first().map_or("", String::as_str);
        let (package, url) = match file.from {
            names::From::Tarball { url, .. } => (names::package(first).to_owned(), url.to_owned()),
            names::From::Git { .. } | names::From::Local => {
                let key = package::key(case.entry, &file.entry.keys).unwrap_or_default();
                (key.to_owned(), package::proof(case.entry, "repository", key).unwrap_or_default().to_owned())
            }
        };
        let version = file.entry.version.as_deref().unwrap_or_default();
        let is = (
            artifact.package.as_ref().map_or("", Token::as_str),
            artifact.version.as_ref().map_or("", Token::as_str),
            artifact.url.as_deref().unwrap_or_default(),
        );
        if is != (package.as_str(), version, url.as_str()) {
            report.lock(Id::YARN012, line, &file.name, || {
                let said = |(package, version, url): (&str, &str, &str)| format!("{package} {version} of {url}");
                Trouble::new(format!("pins.lock has {} as the file of another package", quoted(&path)))
                    .expected(quoted(&said((&package, version, &url))))
                    .found(quoted(&said(is)))
                    .help("dubo-pin refresh locks it anew")
            });
        }
    }
    for artifact in locked.into_values() {
        extra(artifact, report);
    }
}

/// berry: the package and the version of each file of the cache that pins.lock has.
pub(super) fn zips<'a>(case: &Case<'a>) -> BTreeSet<(&'a str, &'a str)> {
    let Some(vendor) = case.vendor else { return BTreeSet::new() };
    case.entry.artifacts.iter().filter(|a| is_below(a, vendor)).map(named).collect()
}

fn named(artifact: &Artifact) -> (&str, &str) {
    (artifact.package.as_ref().map_or("", Token::as_str), artifact.version.as_ref().map_or("", Token::as_str))
}

fn is_below(artifact: &Artifact, vendor: &RelPath) -> bool {
    let name = artifact.path.as_ref().and_then(|p| p.as_str().strip_prefix(vendor.as_str())?.strip_prefix('/'));
    name.is_some_and(|name| !name.contains('/') && name.ends_with(".zip"))
}

/// berry: as many files for each package and version as yarn.lock has entries of it; those without a
/// checksum may lack theirs, which `integrity` judges.
fn cache(case: &Case<'_>, vendor: &RelPath, report: &mut Report<'_>) {
    let mut locked: BTreeMap<(&str, &str), Vec<&Artifact>> = BTreeMap::new();
    for artifact in &case.entry.artifacts {
        if is_below(artifact, vendor) {
            locked.entry(named(artifact)).or_default().push(artifact);
        } else if artifact.path.is_some()
            || artifact.package.as_ref().is_none_or(|p| !case.entry.values.contains_key(p))
        {
            extra(artifact, report);
        }
    }
    let mut later = Vec::new();
    for item in case.items.iter().filter(|item| !matches!(item.from, From::Linked | From::Nothing | From::Unknown(_))) {
        if item.entry.checksum.is_none() {
            later.push((item.name(), item.version()));
            continue;
        }
        let found = locked.get_mut(&(item.name(), item.version())).and_then(Vec::pop);
        if found.is_none() {
            report.lock(Id::YARN012, item.source_line(), item.source(), || {
                Trouble::new(format!("the vendored cache lacks {}", quoted(item.said())))
                    .expected(format!("a file of {} {} in pins.lock", quoted(item.name()), quoted(item.version())))
                    .found("none")
                    .help("dubo-pin refresh adds it")
            });
        }
    }
    for key in later {
        locked.get_mut(&key).and_then(Vec::pop);
    }
    for artifact in locked.into_values().flatten() {
        extra(artifact, report);
    }
}

fn root(case: &Case<'_>) -> String {
    case.folder.path.as_ref().map_or_else(String::new, |path| path.as_str().to_owned())
}

/// The vendored folder as the settings of the folder would name it.
fn relative(case: &Case<'_>, vendor: &RelPath) -> String {
    let vendor = vendor.as_str();
    match &case.folder.path {
        None => format!("./{vendor}"),
        Some(path) => match vendor.strip_prefix(path.as_str()).and_then(|r| r.strip_prefix('/')) {
            Some(rest) => format!("./{rest}"),
            None => format!("{}{vendor}", "../".repeat(path.as_str().split('/').count())),
        },
    }
}
