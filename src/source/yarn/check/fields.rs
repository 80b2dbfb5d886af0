//! Fields of yarn.lock that make yarn install elsewhere or otherwise, and those that no yarn writes.
//!
//! For `check`. yarn 1 installs an entry under its `name`, whatever the keys say, even outside of
//! `node_modules`. What it does with other fields, and what the next yarn will, nobody has proved.

use std::collections::BTreeSet;

use super::Case;
use super::item::{From, Item};
use super::registry;
use super::report::Report;
use crate::model::{Id, Place, Trouble, quoted};
use crate::source::yarn::lockfile::Node;
use crate::source::yarn::spec::Spec;

const ANEW: &str = "git log -p yarn.lock tells who wrote it; take it out, or run the project's yarn";

pub(super) fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (field, line) in &case.folder.lock.unknown {
        let place = Place::line(&case.folder.lock_file, *line);
        report.at(Id::YARN001, &place, || foreign(field));
    }
    for item in &case.items {
        for (field, line) in &item.entry.unknown {
            report.lock(Id::YARN001, *line, field, || foreign(field));
        }
        match case.is_v1() {
            true => v1(item, report),
            false => language(item, report),
        }
    }
}

fn foreign(field: &str) -> Trouble {
    Trouble::new(format!("no yarn writes the field {}", quoted(field)))
        .expected("fields that yarn knows")
        .found(quoted(field))
        .help(ANEW)
}

fn v1(item: &Item<'_>, report: &mut Report<'_>) {
    let wrong = |report: &mut Report<'_>, field: &str, message: String, expected: String, found: &Node| {
        report.lock(Id::YARN007, item.line_or(field), field, || {
            let found = match found {
                Node::Text(text) => quoted(text),
                _ => "no text".to_owned(),
            };
            Trouble::new(message).expected(expected).found(found).help(ANEW)
        });
    };
    if let Some(found) = item.entry.more.get("name") {
        let mut names: BTreeSet<&str> = item.wanted.iter().map(|w| w.name.as_str()).collect();
        names.extend(item.wanted.iter().filter_map(|w| match &w.spec {
            Spec::Registry { alias, .. } => alias.as_deref(),
            _ => None,
        }));
        if !matches!(found, Node::Text(name) if names.contains(name.as_str())) {
            let message = format!("yarn installs {} under another name than its key says", quoted(item.said()));
            let expected: Vec<String> = names.into_iter().take(5).map(quoted).collect();
            wrong(report, "name", message, expected.join(", "), found);
        }
    }
    if let Some(found) = item.entry.more.get("registry")
        && !matches!(found, Node::Text(name) if matches!(name.as_str(), "npm" | "yarn"))
    {
        let message = format!("{} is of another sort of registry", quoted(item.said()));
        wrong(report, "registry", message, "npm or yarn".to_owned(), found);
    }
    if let Some(found) = item.entry.more.get("uid") {
        let expected = match &item.from {
            // yarn writes the commit there, or nothing.
            From::Git { commit, .. } => Some(commit.to_string()),
            _ if registry::is_of_one(item) => Some("no `uid`: only what comes from elsewhere has one".to_owned()),
            _ => None,
        };
        if let Some(expected) = expected
            && !matches!((&item.from, found), (From::Git { .. }, Node::Text(uid)) if uid.is_empty() || *uid == expected)
        {
            let message = format!("{} has a `uid` that yarn does not write", quoted(item.said()));
            wrong(report, "uid", message, expected, found);
        }
    }
}

/// berry: node is the one language that it knows.
fn language(item: &Item<'_>, report: &mut Report<'_>) {
    let known = |node: &Node| matches!(node, Node::Text(name) if matches!(name.as_str(), "node" | "unknown"));
    if item.entry.more.get("languageName").is_some_and(|node| !known(node)) {
        report.lock(Id::YARN001, item.line_or("languageName"), "languageName", || {
            Trouble::new(format!("{} is of a language that yarn does not know", quoted(item.said())))
                .expected("node")
                .help(ANEW)
        });
    }
}
