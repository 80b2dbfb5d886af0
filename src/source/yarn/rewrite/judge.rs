//! What of yarn's answer is accepted: pure, two folders to a list of what is not.
//!
//! A new entry is taken if something needs it, an old one may go if nothing does, and what both locks
//! have must be the same to the letter, but for the git packages that move. So yarn, the registry and
//! whoever stands between can use a refresh of one package for nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::super::folder::Folder;
use super::super::graph::{self, By, Graph};
use super::super::lockfile::{Entry, Format, Lockfile};
use super::super::spec::{Descriptor, Spec, git_of};
use super::Wanted;
use crate::model::{Place, Trouble, quoted, shown};
use crate::source::resolve::Fault;

/// Something that yarn wanted to change and that is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The entry, by its key in yarn.lock.
    pub key: String,
    /// What, in words.
    pub what: String,
    /// Whether somebody serves other bytes, or from elsewhere, than was locked.
    pub alarm: bool,
}

/// All changes between two locks that are not accepted, sorted by key. `stale` are keys whose entries
/// yarn was not shown.
#[must_use]
pub fn judge(before: &Folder, after: &Folder, wanted: &[Wanted], stale: &[String]) -> Vec<Change> {
    let (old, new) = (by_key(&before.lock), by_key(&after.lock));
    let graph = graph::reach(after);
    let mut changes = Vec::new();
    for (key, was) in &old {
        match new.get(key) {
            Some(is) if !stale.iter().any(|s| s == key) && !moves(&before.lock, was, wanted) => {
                compare(key, was, is, &mut changes);
            }
            _ => {}
        }
    }
    lost(&old, &new, &graph, &mut changes);
    for entry in unneeded(after, &graph) {
        for key in entry.keys.iter().filter(|key| !old.contains_key(key.as_str())) {
            changes.push(Change::new(key, "it is new, and nothing needs it"));
        }
    }
    for (key, is) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
        changes.extend(elsewhere(&after.lock.format, key, is));
    }
    changes.sort();
    changes.dedup();
    changes
}

/// Whether yarn has something to do in a folder even if no package moves.
pub(super) fn incomplete(folder: &Folder) -> bool {
    let graph = graph::reach(folder);
    let optional = |m: &graph::Missing| is_optional(folder, m.by, &m.wanted.name);
    // For berry an orphan of a registry is a suspicion alone.
    let idle = |at: &usize| {
        let entry = folder.lock.entries.get(*at);
        super::target::classic(&folder.lock)
            || entry.is_some_and(|entry| super::spec::git_of(&folder.lock.format, entry).is_some())
    };
    !graph.missing.iter().all(optional) || graph.orphans.iter().any(idle)
}

fn is_optional(folder: &Folder, by: By, name: &str) -> bool {
    use super::super::manifest::Section;
    let package = match by {
        By::Root => Some(&folder.package),
        By::Workspace(at) => folder.workspaces.get(at).map(|(_, p)| p),
        By::Resolutions => None,
        By::Entry(at) => {
            let entry = folder.lock.entries.get(at);
            return entry.is_some_and(|e| e.optional.contains_key(name) || e.optional_names.iter().any(|n| n == name));
        }
    };
    package.is_some_and(|p| p.dependencies.iter().any(|d| d.name == name && d.section == Section::Optional))
}

/// As a failure: an alarm if any of the changes is one.
pub(super) fn refusal(lock_file: &str, changes: &[Change]) -> Fault {
    let mut lines: Vec<String> = changes.iter().take(10).map(|c| format!("{}: {}", quoted(&c.key), c.what)).collect();
    if changes.len() > 10 {
        lines.push(format!("and {} more", changes.len() - 10));
    }
    let alarm = changes.iter().any(|c| c.alarm);
    let message = match alarm {
        true => "what is served now is not what yarn.lock says",
        false => "yarn would change entries that have nothing to do with what moves",
    };
    let trouble = Trouble::new(message).at(Place::file(lock_file)).found(lines.join("\n"));
    if alarm {
        return Fault::alarm(trouble.help("no file was changed; find out who changed it before anything else"));
    }
    Fault::differs(
        trouble
            .help("no file was changed; run `yarn install` by hand, look at `git diff yarn.lock`, then refresh again"),
    )
}

impl Change {
    fn new(key: &str, what: impl Into<String>) -> Self {
        Self { key: key.to_owned(), what: what.into(), alarm: false }
    }
}

fn by_key(lock: &Lockfile) -> BTreeMap<&str, &Entry> {
    lock.entries.iter().flat_map(|e| e.keys.iter().map(move |k| (k.as_str(), e))).collect()
}

/// Whether an entry is a package that is wanted at a commit. One that stays where it is does not move.
fn moves(lock: &Lockfile, entry: &Entry, wanted: &[Wanted]) -> bool {
    let Some(Ok((url, commit))) = git_of(&lock.format, entry) else { return false };
    wanted.iter().any(|w| w.git.url == url && w.commit != commit)
        && entry.keys.iter().any(|key| direct(&lock.format, key, wanted))
}

/// Whether a key is the spelling of a wanted dependency.
fn direct(format: &Format, key: &str, wanted: &[Wanted]) -> bool {
    let Ok(descriptor) = Descriptor::parse(key) else { return false };
    matches!(Spec::parse(format, &descriptor.range), Ok(Spec::Git(git)) if wanted.iter().any(|w| w.git == git))
}

/// A text field of an entry.
type Field = fn(&Entry) -> Option<&str>;
/// A map of an entry.
type Map = fn(&Entry) -> &BTreeMap<String, String>;

/// What both locks have must be the same. What was absent may be added: yarn computes it from the
/// bytes that the rest of the entry names.
fn compare(key: &str, was: &Entry, is: &Entry, changes: &mut Vec<Change>) {
    let mut note = |what: String, alarm: bool| changes.push(Change { key: key.to_owned(), what, alarm });
    let differs = |what: &str, was: Option<&str>, is: Option<&str>| {
        let said =
            |text: Option<&str>| text.map_or_else(|| "nothing".to_owned(), |t| shown(t).chars().take(160).collect());
        format!("{what} {} → {}", said(was), said(is))
    };
    let same_version = was.version == is.version;
    let plain: [(&str, Field); 4] = [
        ("version", |e| e.version.as_deref()),
        ("resolution", |e| e.resolution.as_deref()),
        ("conditions", |e| e.conditions.as_deref()),
        ("linkType", |e| e.link_type.as_deref()),
    ];
    for (what, of) in plain {
        if of(was) != of(is) {
            note(differs(what, of(was), of(is)), false);
        }
    }
    let proofs: [(&str, Field); 2] =
        [("integrity", |e| e.integrity.as_deref()), ("checksum", |e| e.checksum.as_deref())];
    for (what, of) in proofs {
        if of(was).is_some() && of(was) != of(is) {
            note(differs(what, of(was), of(is)), same_version);
        }
    }
    if was.resolved != is.resolved && !hash_added(was.resolved.as_deref(), is.resolved.as_deref()) {
        note(differs("resolved", was.resolved.as_deref(), is.resolved.as_deref()), same_version);
    }
    // What package.json of a workspace says, yarn.lock repeats; `graph` reads the first.
    if was.resolution.as_deref().is_some_and(|r| r.contains("@workspace:")) {
        return;
    }
    let maps: [(&str, Map); 3] = [
        ("dependencies", |e| &e.dependencies),
        ("optionalDependencies", |e| &e.optional),
        ("peerDependencies", |e| &e.peers),
    ];
    for (what, of) in maps {
        for name in of(was).keys().chain(of(is).keys()).collect::<BTreeSet<_>>() {
            let (was, is) = (of(was).get(name).map(String::as_str), of(is).get(name).map(String::as_str));
            if was != is {
                note(differs(&format!("{what} {}", quoted(name)), was, is), false);
            }
        }
    }
}

/// `…tgz` became `…tgz#<sha1>`.
fn hash_added(was: Option<&str>, is: Option<&str>) -> bool {
    let (Some(was), Some(is)) = (was, is) else { return false };
    let hash = is.strip_prefix(was).and_then(|rest| rest.strip_prefix('#'));
    !was.contains('#') && hash.is_some_and(|h| h.len() == 40 && h.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// What went, although something needs it.
fn lost(old: &BTreeMap<&str, &Entry>, new: &BTreeMap<&str, &Entry>, graph: &Graph, changes: &mut Vec<Change>) {
    for missing in &graph.missing {
        let key = missing.wanted.to_string();
        if old.contains_key(key.as_str()) && !new.contains_key(key.as_str()) {
            changes.push(Change::new(&key, "it is gone, and something needs it"));
        }
    }
}

/// Entries that nothing needs. For berry that cannot be told: it adds dependencies to packages that it
/// knows to lack some, and leaves out of yarn.lock which.
fn unneeded<'a>(after: &'a Folder, graph: &Graph) -> Vec<&'a Entry> {
    if !super::target::classic(&after.lock) {
        return Vec::new();
    }
    graph.orphans.iter().filter_map(|at| after.lock.entries.get(*at)).collect()
}

/// A new entry from git must come from where its key says.
fn elsewhere(format: &Format, key: &str, entry: &Entry) -> Option<Change> {
    let descriptor = Descriptor::parse(key).ok()?;
    let Ok(Spec::Git(git)) = Spec::parse(format, &descriptor.range) else { return None };
    let found = git_of(format, entry);
    let alarm = |what: String| Some(Change { key: key.to_owned(), what, alarm: true });
    let Some(Ok((url, commit))) = found else {
        return alarm("it is from git, and yarn resolved it to something else".to_owned());
    };
    if url != git.url {
        return alarm(format!("yarn took it from {}", quoted(url.as_str())));
    }
    match git.reference {
        super::super::spec::Reference::Commit(asked) if asked != commit => alarm(format!("yarn took commit {commit}")),
        _ => None,
    }
}
