//! Which of a package's dependencies yarn takes where a name stands in more than one section.
//!
//! Measured: yarn 1 takes the first range that is not empty or `*`, of optionalDependencies, then
//! dependencies, then devDependencies. Berry takes devDependencies over optionalDependencies over
//! dependencies, and what is optional anywhere is optional.

use std::collections::BTreeMap;

use super::super::lockfile::Format;
use super::{Dependency, Package, Section};

/// A dependency as yarn takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The item whose range holds: its index in `Package::dependencies`.
    pub at: usize,
    /// The package.
    pub name: &'a str,
    /// Its range as written.
    pub range: &'a str,
    /// Whether the install goes on without it.
    pub optional: bool,
}

pub(super) fn of<'a>(package: &'a Package, format: &Format, dev: bool) -> Vec<Wanted<'a>> {
    let mut sections: BTreeMap<&str, [Option<(usize, &Dependency)>; 3]> = BTreeMap::new();
    for (at, dependency) in package.dependencies.iter().enumerate() {
        // The sections in the order of yarn 1.
        let column = match dependency.section {
            Section::Optional => 0,
            Section::Normal => 1,
            Section::Dev if dev => 2,
            Section::Dev | Section::Peer => continue,
        };
        let row = sections.entry(dependency.name.as_str()).or_default();
        if let Some(place) = row.get_mut(column) {
            *place = Some((at, dependency));
        }
    }
    let is_marked = |name: &str| package.optional_meta.binary_search_by(|m| m.as_str().cmp(name)).is_ok();
    let take = |(name, row): (&'a str, [Option<(usize, &'a Dependency)>; 3])| {
        let [optional, normal, dev] = row;
        let (chosen, is_optional) = match format {
            Format::V1 => {
                let said =
                    |d: &&Option<(usize, &Dependency)>| d.is_some_and(|(_, d)| !matches!(d.range.as_str(), "" | "*"));
                (row.iter().find(said).copied().flatten().or(optional).or(normal).or(dev), optional.is_some())
            }
            Format::Berry { .. } => (dev.or(optional).or(normal), optional.is_some() || is_marked(name)),
        };
        chosen.map(|(at, d)| Wanted { at, name, range: d.range.as_str(), optional: is_optional })
    };
    sections.into_iter().filter_map(take).collect()
}
