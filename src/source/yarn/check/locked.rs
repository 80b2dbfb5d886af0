//! The entry of pins.lock itself: it has the git packages of yarn.lock, no other, and of each what
//! proves its commit.
//!
//! For `check`. Nothing here has a place but what yarn.lock has: who calls knows pins.lock's lines.
//! Not here: that yarn.lock has these commits, which is `git`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::Case;
use super::item::From;
use super::report::Report;
use crate::lock::{Artifact, Evidence, Value};
use crate::model::{CommitId, Id, Sha256, Token, Trouble, quoted};
use crate::source::git::Follow;
use crate::source::git::proof::Expected;
use crate::source::yarn::{follow, package};

/// Evidence with one text for each git package, each of which must be there.
const EACH: [&str; 6] = ["follow", "manifest", "repository", "tree", "tree-sha256", "tar-format"];

pub(super) fn check(case: &Case<'_>, report: &mut Report<'_>) {
    format(case, report);
    let named = named(case);
    for (key, value) in &case.entry.values {
        let key = key.as_str();
        let Value::One(commit) = value else {
            report.pins(Id::YARN017, || {
                Trouble::new(format!("the commit of {} is told apart by platform", quoted(key))).expected("one commit")
            });
            continue;
        };
        if !named.contains(key) {
            report.pins(Id::YARN004, || {
                Trouble::new(format!("pins.lock has {}, which is no git package of yarn.lock", quoted(key)))
                    .expected(said(&named))
                    .found(quoted(key))
            });
        }
        match commit.as_str().parse::<CommitId>() {
            Ok(id @ CommitId::Sha1(_)) => one(case, key, id, report),
            _ => report.pins(Id::YARN017, || {
                Trouble::new(format!("the locked value of {} is no full commit id", quoted(key)))
                    .expected("40 hexadecimal digits")
                    .found(quoted(commit.as_str()))
            }),
        }
    }
    strangers(case, report);
    followed(case, report);
}

/// `lockfile` says which yarn wrote yarn.lock: another one reads it differently.
fn format(case: &Case<'_>, report: &mut Report<'_>) {
    let is = case.format().to_string();
    let locked = case.entry.proof("lockfile");
    if locked != Some(&is) {
        report.file(Id::YARN011, || {
            Trouble::new("yarn.lock is of another format than the one that was locked")
                .expected(locked.map_or_else(|| "a format in pins.lock".to_owned(), quoted))
                .found(quoted(&is))
                .help("use the yarn that wrote it, or dubo-pin refresh to lock it anew")
        });
    }
}

/// The keys of `values` that git packages of yarn.lock have.
fn named<'a>(case: &Case<'a>) -> BTreeSet<&'a str> {
    let git = case.items.iter().filter(|item| matches!(item.from, From::Git { .. }));
    git.filter_map(|item| package::key(case.entry, &item.entry.keys)).collect()
}

fn said(all: &BTreeSet<&str>) -> String {
    match all.is_empty() {
        true => "none: yarn.lock has no git package".to_owned(),
        false => all.iter().take(20).map(|key| quoted(key)).collect::<Vec<_>>().join(", "),
    }
}

/// What proves one package.
fn one(case: &Case<'_>, key: &str, commit: CommitId, report: &mut Report<'_>) {
    for word in EACH {
        if package::proof(case.entry, word, key).is_none() {
            report.pins(Id::YARN017, || {
                Trouble::new(format!("pins.lock does not say the `{word}` of {}", quoted(key))).found("nothing")
            });
        }
    }
    let Some(view) = package::one(case.entry, key) else { return };
    match package::object(case.entry, key) {
        None => report.pins(Id::GIT007, || {
            Trouble::new(format!("the stored commit object of {} is not that of its commit", quoted(key)))
                .expected(commit.to_string())
                .found("no object, or one with another id")
        }),
        Some(object) => {
            let tree = view.proof("tree").unwrap_or_default();
            if tree != object.tree.to_string() {
                report.pins(Id::GIT007, || {
                    Trouble::new(format!("the locked tree of {} is not that of its commit", quoted(key)))
                        .expected(object.tree.to_string())
                        .found(quoted(tree))
                });
            } else if let Err(error) = Expected::of(&view) {
                report.pins(Id::YARN017, || {
                    let trouble = error.trouble();
                    Trouble { message: format!("{}: {}", quoted(key), trouble.message), ..trouble }
                });
            }
        }
    }
    let rule = view.proof("follow").map(|line| (line, follow::parse(line, commit)));
    let name = view.proof("ref");
    match rule {
        Some((_, Err(trouble))) => report.pins(Id::GIT008, || trouble),
        Some((line, Ok(rule))) if !leads_to(&rule, name) => report.pins(Id::GIT008, || {
            Trouble::new(format!("what was followed of {} does not lead to the locked ref", quoted(key)))
                .expected(quoted(line))
                .found(name.map_or_else(|| "no ref".to_owned(), quoted))
        }),
        _ => {}
    }
    tar(case, key, &view.artifacts, view.proof("repository"), report);
}

/// Whether a rule can end at a ref.
fn leads_to(rule: &Follow, name: Option<&str>) -> bool {
    match rule {
        Follow::Branch(branch) => name.and_then(|n| n.strip_prefix("refs/heads/")) == Some(branch.as_str()),
        Follow::Tag(tag) => name.and_then(|n| n.strip_prefix("refs/tags/")) == Some(tag.as_str()),
        Follow::Version { .. } => name.is_some_and(|n| n.starts_with("refs/tags/")),
        Follow::Head => name.is_none_or(|n| n == "HEAD" || n.starts_with("refs/heads/")),
        Follow::Commit(_) => true,
    }
}

/// Each git package has the digest of its tar, once.
fn tar(case: &Case<'_>, key: &str, found: &[Artifact], repository: Option<&str>, report: &mut Report<'_>) {
    let of = |a: &&Artifact| a.package.as_ref().map(Token::as_str) == Some(key) && a.url.as_deref() == repository;
    let count = case.entry.artifacts.iter().filter(of).count();
    if found.is_empty() || count != 1 {
        report.pins(Id::YARN017, || {
            Trouble::new(format!("pins.lock does not have the tar of {} once", quoted(key)))
                .expected(format!("an artifact of {} with the URL of its repository", quoted(key)))
                .found(if count == 0 { "none".to_owned() } else { count.to_string() })
        });
    }
}

/// Evidence of packages that have no value.
fn strangers(case: &Case<'_>, report: &mut Report<'_>) {
    let known: BTreeSet<&str> = case.entry.values.keys().map(Token::as_str).collect();
    for (word, evidence) in case.entry.evidence.iter().filter(|(word, _)| *word != "file-sha256") {
        let Evidence::Each(each) = evidence else { continue };
        for stranger in each.keys().filter(|key| !known.contains(key.as_str())) {
            report.pins(Id::YARN017, || {
                Trouble::new(format!("pins.lock has a `{word}` of {}, which has no commit there", quoted(stranger)))
            });
        }
    }
    let files = match case.entry.evidence.get("file-sha256") {
        None => &BTreeMap::new(),
        Some(Evidence::Each(each)) => each,
        Some(Evidence::One(_)) => {
            return report.pins(Id::YARN017, || Trouble::new("`file-sha256` is no map of paths to digests"));
        }
    };
    for (path, digest) in files.iter().filter(|(_, digest)| digest.parse::<Sha256>().is_err()) {
        report.pins(Id::YARN017, || {
            Trouble::new(format!("the locked digest of {} is none", quoted(path)))
                .expected("64 hexadecimal digits")
                .found(quoted(digest))
        });
    }
}

/// What pins.toml says of packages is what was locked.
fn followed(case: &Case<'_>, report: &mut Report<'_>) {
    for (name, rule) in &case.keys.packages {
        let name = name.as_str();
        let (line, locked) = (follow::text(rule), package::proof(case.entry, "follow", name));
        let commit = package::commit_of(case.entry, name);
        let same = match rule {
            Follow::Commit(id) => commit == Some(*id),
            _ => true,
        };
        if locked != Some(&line) || !same {
            report.pins(Id::GIT008, || {
                let found = match (locked, commit) {
                    (None, _) => "nothing".to_owned(),
                    (Some("commit"), Some(commit)) => format!("commit {commit}"),
                    (Some(line), _) => quoted(line),
                };
                let expected = match rule {
                    Follow::Commit(id) => format!("commit {id}"),
                    _ => quoted(&line),
                };
                let message = format!("{} is not locked at what pins.toml follows", quoted(name));
                Trouble::new(message).expected(expected).found(found)
            });
        }
    }
}
