//! What comes from the folder itself: it lies below the folder of pins.toml, and tarballs, patches and
//! the files that yarn runs (`yarnPath`, plugins) have the bytes that were locked.
//!
//! For `check`. Folders that are copied or linked are part of the repository, as package.json is, and
//! have no digest; that yarn.lock has what they need is `linked`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::Case;
use super::item::{From, Item, binding};
use super::report::Report;
use crate::lock::Evidence;
use crate::model::{Id, Place, RelPath, Sha256, Trouble, quoted};
use crate::source::yarn::folder::Folder;
use crate::source::yarn::spec::{Descriptor, Spec};

pub(super) fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let none = BTreeMap::new();
    let locked = match case.entry.evidence.get("file-sha256") {
        Some(Evidence::Each(each)) => each,
        _ => &none,
    };
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for item in &case.items {
        for (text, base) in paths(case.folder, item) {
            let Some(path) = joined(&base, text) else {
                outside(item, text, report);
                continue;
            };
            if !is_file(item, text) || !seen.insert(path.clone()) {
                continue;
            }
            file(case, item, &path, locked.get(&path).map(String::as_str), report);
        }
    }
    for code in &case.folder.settings.code {
        let Some(path) = joined(&root(case.folder), &code.value) else {
            report.at(Id::YARN014, &code.place, || far(&code.value));
            continue;
        };
        if seen.insert(path.clone()) {
            let locked = locked.get(&path).map(String::as_str);
            if let Some(trouble) = differs(case, &path, locked) {
                report.at(Id::YARN013, &code.place, || trouble);
            }
        }
    }
    for stranger in locked.keys().filter(|path| !seen.contains(path.as_str())) {
        report.pins(Id::YARN017, || {
            Trouble::new(format!(
                "pins.lock has a digest of {}, which neither yarn.lock nor yarn uses",
                quoted(stranger)
            ))
        });
    }
}

/// The tarballs and patches of the folder itself that yarn.lock uses, and the files that yarn runs, below
/// the folder of pins.toml.
pub(super) fn used(folder: &Folder, items: &[Item<'_>]) -> BTreeSet<String> {
    let of = |item: &Item<'_>| {
        let all = paths(folder, item).into_iter().filter(|(text, _)| is_file(item, text));
        all.filter_map(|(text, base)| joined(&base, text)).collect::<Vec<_>>()
    };
    let code = folder.settings.code.iter().filter_map(|code| joined(&root(folder), &code.value));
    items.iter().flat_map(of).chain(code).collect()
}

/// Whether yarn takes one file there: a tarball or a patch.
pub(super) fn is_file(item: &Item<'_>, path: &str) -> bool {
    match item.from {
        From::Patch { .. } => true,
        From::Local => [".tgz", ".tar.gz", ".tar"].iter().any(|end| path.ends_with(end)),
        _ => false,
    }
}

/// The paths that an entry names, each with the folder that it starts from.
fn paths<'a>(folder: &Folder, item: &'a Item<'_>) -> Vec<(&'a str, String)> {
    let mut all = Vec::new();
    for wanted in &item.wanted {
        let base = base(folder, &wanted.range);
        match &wanted.spec {
            Spec::Local(local, path) if *local != crate::source::yarn::spec::Local::Workspace => {
                all.push((path.as_str(), base));
            }
            Spec::Patch(_, patch) => all.extend(patches(patch).into_iter().map(|p| patch_path(folder, p, &base))),
            _ => {}
        }
    }
    if let (From::Local, Some(resolved)) = (&item.from, item.entry.resolved.as_deref()) {
        let path = resolved.split('#').next().unwrap_or_default();
        all.push((path.strip_prefix("file:").unwrap_or(path), root(folder)));
    }
    all
}

fn file(case: &Case<'_>, item: &Item<'_>, path: &str, locked: Option<&str>, report: &mut Report<'_>) {
    if let Some(trouble) = differs(case, path, locked) {
        report.lock(Id::YARN013, item.entry.line, item.said(), || trouble);
    }
}

/// What is wrong with a file that yarn takes, if it has not the bytes that were locked.
fn differs(case: &Case<'_>, path: &str, locked: Option<&str>) -> Option<Trouble> {
    let parsed = path.parse::<RelPath>().map_err(|e| e.to_string());
    let found = parsed.and_then(|path| case.root.hash(&path).map_err(|e| e.to_trouble().message));
    let said = match found {
        Ok(Some(digest)) if locked.and_then(|l| l.parse::<Sha256>().ok()) == Some(digest) => return None,
        Ok(Some(digest)) => format!("sha256 {digest}"),
        Ok(None) => "no such file".to_owned(),
        Err(why) => why,
    };
    let message = match locked {
        Some(_) => format!("{} is not the file that was locked", quoted(path)),
        None => format!("{} is taken by yarn, but is not in pins.lock", quoted(path)),
    };
    let trouble = Trouble::new(message)
        .expected(locked.map_or_else(|| "a digest in pins.lock".to_owned(), |l| format!("sha256 {l}")))
        .found(said)
        .help("look at it; dubo-pin refresh locks it as it is");
    Some(trouble)
}

/// YARN014 of a path in package.json, which starts from the folder of that.
pub(super) fn inside(case: &Case<'_>, folder: &str, path: &str, place: &Place, report: &mut Report<'_>) {
    let base = joined(&root(case.folder), folder).unwrap_or_default();
    if joined(&base, path).is_none() {
        report.at(Id::YARN014, place, || far(path));
    }
}

/// As [`inside`], of a patch.
pub(super) fn inside_patch(case: &Case<'_>, folder: &str, patch: &str, place: &Place, report: &mut Report<'_>) {
    let base = joined(&root(case.folder), folder).unwrap_or_default();
    let (path, base) = patch_path(case.folder, patch, &base);
    if joined(&base, path).is_none() {
        report.at(Id::YARN014, place, || far(path));
    }
}

fn outside(item: &Item<'_>, path: &str, report: &mut Report<'_>) {
    report.lock(Id::YARN014, item.entry.line, path, || far(path));
}

fn far(path: &str) -> Trouble {
    Trouble::new(format!("{} lies outside the folder of pins.toml, so nobody can prove it", quoted(path)))
        .expected("a path below that folder")
        .found(quoted(path))
        .help("move it inside, or put pins.toml above it")
}

/// The patches of `patch:`, without those that berry brings itself: `optional!builtin<compat/x>`.
pub(super) fn patches(text: &str) -> Vec<&str> {
    let bare = |p: &'_ str| p.trim_start_matches("optional!").trim_start_matches('~').starts_with("builtin<");
    text.split('&').filter(|p| !p.is_empty() && !bare(p)).map(|p| p.trim_start_matches("optional!")).collect()
}

/// A patch's path and where it starts: `~/` is the folder of yarn.lock.
fn patch_path<'p>(folder: &Folder, patch: &'p str, base: &str) -> (&'p str, String) {
    match patch.strip_prefix("~/") {
        Some(rest) => (rest, root(folder)),
        None => (patch.strip_prefix('~').unwrap_or(patch), base.to_owned()),
    }
}

pub(super) fn root(folder: &Folder) -> String {
    folder.path.as_ref().map_or_else(String::new, |path| path.as_str().to_owned())
}

/// The folder that a range of yarn.lock starts from: berry binds the workspace to it, and that of a
/// package that is itself a folder.
pub(super) fn base(folder: &Folder, range: &str) -> String {
    let root = root(folder);
    let Some(locator) = binding(range, "locator") else { return root };
    let within = Descriptor::parse(&locator).ok().and_then(|d| {
        let path = d.range.split("::").next().unwrap_or_default();
        path.split_once(':').map(|(_, path)| path.to_owned())
    });
    within.and_then(|within| joined(&root, &within)).unwrap_or(root)
}

/// A path below a folder, without `.` and `..`; `None` if it is absolute or leads out of the folder of
/// pins.toml.
pub(super) fn joined(base: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '~']) || path.contains(['\\', '\0']) || path.as_bytes().get(1) == Some(&b':') {
        return None;
    }
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{joined, patches};

    #[test]
    fn paths_stay_below_the_folder_of_the_manifest() {
        for (base, path, expected) in [
            ("app", "./loc", Some("app/loc")),
            ("app", "../loc", Some("loc")),
            ("app", "../../loc", None),
            ("app", "a/../../..", None),
            ("", "..", None),
            ("", "./", Some("")),
            ("app", "/etc", None),
            ("app", "~/x", None),
            ("app", "C:/x", None),
            ("app", "a\\..\\..", None),
            ("app/p/w", "../../yarn/x.tgz", Some("app/yarn/x.tgz")),
        ] {
            assert_eq!(joined(base, path).as_deref(), expected, "{base} {path}");
        }
    }

    #[test]
    fn what_berry_brings_itself_is_no_file() {
        assert_eq!(patches("optional!builtin<compat/typescript>"), Vec::<&str>::new());
        assert_eq!(patches("~builtin<compat/fsevents>"), Vec::<&str>::new());
        assert_eq!(patches("./a.patch&optional!~/.yarn/patches/b.patch"), ["./a.patch", "~/.yarn/patches/b.patch"]);
    }
}
