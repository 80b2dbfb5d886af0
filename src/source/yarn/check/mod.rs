//! What can be proved of a yarn folder without network and without node.
//!
//! For `verify`, and for `resolve` before it accepts what yarn wrote. yarn itself installs the wrong
//! thing with exit 0 in many ways (yarnpkg/yarn#2646, #4722, #6291, #8513, yarnpkg/berry#6759): each
//! of these is a finding of its own here. Not here: the bytes of vendored files (`vendored`), and
//! whether yarn.lock and package.json can be read at all (`folder`).
//!
//! | file | what it proves |
//! |---|---|
//! | `locked` | the entry of pins.lock is whole, and of the packages of yarn.lock alone |
//! | `direct` | package.json writes each git dependency as the locked commit |
//! | `reach` | nothing of yarn.lock is missing, nothing is left over |
//! | `git` | git packages are of their repository, at the locked commit, with what they need there |
//! | `names` | every other entry is the package that its key names |
//! | `registry` | which package and version a registry's URL is of |
//! | `fields` | no field makes yarn install otherwise, or is one that no yarn writes |
//! | `address` | URLs are https, without logins, of hosts that were reviewed |
//! | `integrity` | what a registry or a host serves is held to a strong digest |
//! | `local` | what comes from the folder lies inside it and has the locked bytes |
//! | `linked` | folders that are copied or linked need what yarn.lock says; nothing is installed beforehand |
//! | `mirror` | yarn's settings lead to the vendored folder, and that holds what is needed, nothing else |
//! | `item` | an entry of yarn.lock: what its keys want, where it comes from |
//! | `report` | findings with their places, counted and cut |

mod address;
mod direct;
mod fields;
mod git;
mod integrity;
mod item;
mod linked;
mod local;
mod locked;
mod mirror;
mod names;
mod reach;
mod registry;
mod report;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::folder::Folder;
use super::graph::{self, Graph, Lack};
use super::keys::Keys;
use super::lockfile::Format;
use crate::disk::Root;
use crate::lock::Entry;
use crate::model::{Id, Platform, RelPath, Severity, Sha256, Trouble};

use item::Item;
use report::Report;

/// A finding; one without a place concerns the entry in pins.lock.
pub type Found = (Id, Severity, Trouble);

/// All that is looked at together.
struct Case<'a> {
    keys: &'a Keys,
    platforms: &'a [Platform],
    vendor: Option<&'a RelPath>,
    entry: &'a Entry,
    folder: &'a Folder,
    root: &'a Root,
    /// The entries of yarn.lock, in its order.
    items: Vec<Item<'a>>,
    graph: Graph,
    /// The lines of entries that yarn 1 passes over, since their version was not asked for.
    passed_over: BTreeSet<usize>,
    /// What folders that are linked lead to.
    linked: linked::Linked,
}

impl Case<'_> {
    fn format(&self) -> &Format {
        &self.folder.lock.format
    }

    fn is_v1(&self) -> bool {
        *self.format() == Format::V1
    }

    /// Whether yarn 1 passes over an entry, as the graph found.
    fn is_passed_over(&self, item: &Item<'_>) -> bool {
        self.passed_over.contains(&item.entry.line)
    }
}

/// All findings of a folder against its entry of pins.lock. `vendor` is the folder of the pin's
/// `vendor`, `platforms` are those of the pin: they decide which packages bound to a system may be
/// installed. Of one id at most a hundred are told, then how many more there are. Costs time linear in
/// the size of yarn.lock.
#[must_use]
pub fn check(
    keys: &Keys,
    platforms: &[Platform],
    vendor: Option<&RelPath>,
    entry: &Entry,
    folder: &Folder,
    root: &Root,
) -> Vec<Found> {
    let items = item::all(folder);
    let graph = graph::reach(folder);
    let passed_over = graph.missing.iter().filter_map(|missing| match missing.lack {
        Lack::Outdated(at) => folder.lock.entries.get(at).map(|entry| entry.line),
        Lack::Absent => None,
    });
    let passed_over = passed_over.collect();
    let linked = linked::Linked::default();
    let mut case = Case { keys, platforms, vendor, entry, folder, root, items, graph, passed_over, linked };
    case.linked = linked::reach(&case);
    let needed = &case.linked.needed;
    case.graph.orphans.retain(|at| !needed.contains(at));
    let mut report = Report::new(folder);
    locked::check(&case, &mut report);
    direct::check(&case, &mut report);
    reach::check(&case, &mut report);
    git::check(&case, &mut report);
    names::check(&case, &mut report);
    fields::check(&case, &mut report);
    address::check(&case, &mut report);
    integrity::check(&case, &mut report);
    local::check(&case, &mut report);
    linked::check(&case, &mut report);
    mirror::check(&case, &mut report);
    changed(&case, &mut report);
    report.finish()
}

/// The hosts that tarballs of a folder's yarn.lock are taken from, with their ports.
#[must_use]
pub fn hosts(folder: &Folder) -> std::collections::BTreeSet<String> {
    address::named(&item::all(folder))
}

/// The tarballs and patches of a folder itself that its yarn.lock uses, and the files that yarn runs, below
/// the folder of pins.toml.
#[must_use]
pub fn local_files(folder: &Folder) -> std::collections::BTreeSet<String> {
    local::used(folder, &item::all(folder))
}

/// YARN011: the last word, where nothing else says what was changed.
fn changed(case: &Case<'_>, report: &mut Report<'_>) {
    let found = Sha256::of(&case.folder.lock_bytes).to_string();
    let locked = case.entry.proof("yarn-lock-sha256");
    if locked != Some(&found) {
        let explained = report.has_errors();
        report.file(Id::YARN011, || {
            let message = match explained {
                true => "yarn.lock is not the one that was locked; what is wrong with it is told beside this",
                false => "yarn.lock was changed since it was locked, to something that is sound in itself",
            };
            Trouble::new(message)
                .expected(locked.map_or_else(|| "a digest in pins.lock".to_owned(), |l| format!("sha256 {l}")))
                .found(format!("sha256 {found}"))
                .help("git diff tells what was changed; if it is right, dubo-pin refresh --keep with the pin's name locks it as it is")
        });
    }
    if !case.folder.lock.canonical {
        report.note_file(Id::YARN001, || {
            Trouble::new("yarn.lock is not written as yarn writes it, so yarn will change it")
                .help("run the project's yarn once, then dubo-pin refresh --keep with the pin's name")
        });
    }
}
