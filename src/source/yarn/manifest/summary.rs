//! One line that says what a package from git is and needs: the same from its package.json and from
//! its entry of yarn.lock.
//!
//! Not in it: peers, which yarn installs nothing for, and scripts. A package without a version is
//! `0.0.0` to both yarns.

use std::collections::BTreeMap;

use crate::source::request::Request;

use super::super::lockfile::{Entry, Format};
use super::super::spec::{Descriptor, escaped};
use super::Package;

type Needs<'a> = BTreeMap<&'a str, (bool, &'a str)>;

pub(super) fn of_package(package: &Package, format: &Format) -> String {
    let wanted = package.wanted(format, false).into_iter();
    line(package.version.as_deref(), &wanted.map(|w| (w.name, (w.optional, w.range))).collect())
}

/// The same text as [`Package::summary`] gives, from an entry of yarn.lock.
#[must_use]
pub fn entry_summary(format: &Format, entry: &Entry) -> String {
    let marked: std::collections::HashSet<&str> = match format {
        Format::V1 => std::collections::HashSet::new(),
        Format::Berry { .. } => entry.optional_names.iter().map(String::as_str).collect(),
    };
    let normal = entry.dependencies.iter().map(|(n, r)| (n.as_str(), (marked.contains(n.as_str()), r.as_str())));
    let optional = entry.optional.iter().map(|(n, r)| (n.as_str(), (true, r.as_str())));
    line(entry.version.as_deref(), &normal.chain(optional).collect())
}

fn line(version: Option<&str>, needs: &Needs<'_>) -> String {
    let mut line = Request::default().put("version", version.unwrap_or("0.0.0"));
    for optional in [false, true] {
        for (name, (_, range)) in needs.iter().filter(|(_, (is, _))| *is == optional) {
            // A name that npm allows stays as it is: nothing else may pose as a further item.
            let name = escaped(name).replace("%40", "@").replace("%2F", "/");
            line = line.put(&format!("{}{name}", if optional { "optional:" } else { "" }), plain(range));
        }
    }
    line.finish(&[])
}

/// A range without berry's `npm:`, which berry puts there itself; that of an alias is part of it.
fn plain(range: &str) -> &str {
    match range.strip_prefix("npm:") {
        Some(rest) if Descriptor::parse(rest).is_err() => rest,
        _ => range,
    }
}
