//! What a registry or a host serves is held to a strong digest in yarn.lock.
//!
//! For `check`. What comes by git is held to its commit, what comes from the folder to its bytes
//! (`local`). Not here: whether the bytes have the digest, which is `vendored`'s and yarn's.
//!
//! yarn 1 accepts any tarball where both `integrity` and the `#sha1` of the URL are gone, and takes a
//! sort of digest that it does not know for none. berry fetches what has no checksum without a word,
//! and takes a checksum under another cache key than its own as out of date, not as wrong.
//!
//! Packages that are bound to a system (`conditions`) have no checksum in berry, ever
//! (yarnpkg/berry#6759). So they are held by pins.lock instead: one that an image of the pin's
//! platforms may install must be vendored, since then pins.lock has the digest of its file. One that
//! none of them installs is told in a note. One that something needs unconditionally is installed
//! whatever its `conditions` say, and must have its checksum.

use std::collections::BTreeSet;

use super::Case;
use super::item::{From, Item};
use super::mirror;
use super::report::Report;
use crate::model::{Id, Platform, Sha512, Trouble, quoted};
use crate::source::yarn::graph::By;
use crate::source::yarn::lockfile::{Format, Node};
use crate::source::yarn::vendored::integrity::{Digests, Sort};

const ANEW: &str = "dubo-pin refresh has it written anew; git log -p yarn.lock tells who took it away";

pub(super) fn check(case: &Case<'_>, report: &mut Report<'_>) {
    match case.format() {
        Format::V1 => {
            for item in &case.items {
                v1(item, report);
            }
        }
        Format::Berry { metadata, cache_key } => {
            known_key(*metadata, cache_key.as_deref(), report);
            berry(case, cache_key.as_deref(), report);
        }
    }
}

fn v1(item: &Item<'_>, report: &mut Report<'_>) {
    if item.entry.more.get("prebuiltVariants").is_some_and(|node| !matches!(node, Node::Map(all) if all.is_empty())) {
        report.lock(Id::YARN009, item.entry.line, item.said(), || {
            Trouble::new(format!("{} has prebuilt variants, which yarn installs instead of it", quoted(item.said())))
                .expected("no `prebuiltVariants`")
                .found("prebuilt variants")
                .help("switch off `experimental-pack-script-packages-in-mirror`, and run the project's yarn")
        });
    }
    if !matches!(item.from, From::Tarball(_) | From::Moving { .. } | From::Git { tarball: true, .. }) {
        return;
    }
    let Some(text) = item.entry.integrity.as_deref() else {
        return report.lock(Id::YARN009, item.source_line(), item.source(), || {
            let has_sha1 = item.source().split_once('#').is_some_and(|(_, f)| !f.is_empty());
            let message = match has_sha1 {
                true => format!("{} is held to a SHA-1 alone, which can be forged", quoted(item.said())),
                false => format!("{} has no integrity, so that yarn accepts any bytes", quoted(item.said())),
            };
            Trouble::new(message)
                .expected("`integrity` with a sha512")
                .found(if has_sha1 { "the #sha1 of its URL" } else { "none" })
                .help(ANEW)
        });
    };
    let line = item.line_or("integrity");
    let strong = "one sha512 (or sha384, sha256) in base64, in full";
    match Digests::parse(text) {
        Err(error) => report.lock(Id::YARN009, line, text, || {
            Trouble::new(format!("the integrity of {} is malformed: {error}", quoted(item.said())))
                .expected(strong)
                .found(quoted(text))
                .help(ANEW)
        }),
        Ok(digests) if digests.sort == Sort::Sha1 => report.lock(Id::YARN009, line, text, || {
            Trouble::new(format!("the integrity of {} is a SHA-1, which can be forged", quoted(item.said())))
                .expected(strong)
                .found(quoted(text))
                .help(ANEW)
        }),
        Ok(digests) if digests.any.iter().collect::<BTreeSet<_>>().len() > 1 => {
            report.lock(Id::YARN009, line, text, || {
                Trouble::new(format!("the integrity of {} allows more than one content", quoted(item.said())))
                    .expected(strong)
                    .found(format!("{} different digests of one sort", digests.any.len()))
                    .help(ANEW)
            });
        }
        Ok(_) => {}
    }
}

/// The cache key is one that the yarns of that format write: 8 (yarn 3) or 10 (yarn 4), and `c` with
/// the compression level unless that is `mixed`. All checksums under another are out of date to yarn.
fn known_key(metadata: u32, cache_key: Option<&str>, report: &mut Report<'_>) {
    let number = if metadata == 6 { "8" } else { "10" };
    let level = |rest: &str| rest.is_empty() || matches!(rest.as_bytes(), [b'c', b'0'..=b'9']);
    if let Some(key) = cache_key.filter(|key| !key.strip_prefix(number).is_some_and(level)) {
        report.file(Id::YARN009, || {
            Trouble::new("the cache key of yarn.lock is not that of its yarn, so that yarn replaces all checksums")
                .expected(format!("`cacheKey: {number}`, or with a level of compression `{number}c0`"))
                .found(quoted(key))
                .help(ANEW)
        });
    }
}

fn berry(case: &Case<'_>, cache_key: Option<&str>, report: &mut Report<'_>) {
    let needed = needed(case);
    let zips = mirror::zips(case);
    let mut elsewhere = 0;
    for (at, item) in case.items.iter().enumerate() {
        if matches!(item.from, From::Linked | From::Nothing | From::Unknown(_)) {
            continue;
        }
        if let Some(text) = item.entry.checksum.as_deref() {
            checksum(item, text, cache_key, report);
            continue;
        }
        let conditions = item.entry.conditions.as_deref().filter(|_| !needed.contains(&at));
        let Some(conditions) = conditions else {
            report.lock(Id::YARN009, item.source_line(), item.source(), || {
                let message = format!("{} has no checksum, so that yarn accepts any bytes", quoted(item.said()));
                let found = match item.entry.conditions {
                    Some(_) => "none: its `conditions` are no excuse, since a package needs it unconditionally",
                    None => "none",
                };
                Trouble::new(message).expected("`checksum`").found(found).help(ANEW)
            });
            continue;
        };
        if !case.platforms_may(conditions) {
            elsewhere += 1;
        } else if !zips.contains(&(item.name(), item.version())) {
            report.lock(Id::YARN009, item.line_or("conditions"), conditions, || {
                Trouble::new(format!("{} has no checksum, since yarn writes none for a package that is bound to a system", quoted(item.said())))
                    .expected("its file in the vendored cache, whose digest pins.lock then has")
                    .found("neither a checksum nor a vendored file")
                    .help("vendor the cache (`vendor = \".yarn/cache/\"`), with this system among `supportedArchitectures` of .yarnrc.yml")
            });
        }
    }
    if elsewhere > 0 {
        report.note_file(Id::YARN009, || {
            let (count, are) = if elsewhere == 1 { ("1 package".to_owned(), "is") } else { (format!("{elsewhere} packages"), "are") };
            Trouble::new(format!("{count} without a checksum {are} for other systems than the pin's platforms, and {are} not installed there"))
        });
    }
}

/// A checksum: under the file's cache key, and a whole SHA-512. yarn 3 leaves the key away.
fn checksum(item: &Item<'_>, text: &str, cache_key: Option<&str>, report: &mut Report<'_>) {
    let line = item.line_or("checksum");
    let (key, digest) = text.split_once('/').map_or((cache_key, text), |(key, digest)| (Some(key), digest));
    if key.is_none() || key != cache_key {
        report.lock(Id::YARN009, line, text, || {
            Trouble::new(format!("the checksum of {} is under another cache key than yarn.lock's, so that yarn replaces it without a word", quoted(item.said())))
                .expected(cache_key.map_or_else(|| "`cacheKey` in `__metadata`".to_owned(), quoted))
                .found(key.map_or_else(|| "none".to_owned(), quoted))
                .help(ANEW)
        });
    }
    if digest.parse::<Sha512>().is_err() {
        report.lock(Id::YARN009, line, text, || {
            Trouble::new(format!("the checksum of {} is malformed", quoted(item.said())))
                .expected("128 hexadecimal digits")
                .found(quoted(text))
                .help(ANEW)
        });
    }
}

/// The entries that are installed whatever the system: those that a way without optional steps
/// leads to, as yarn counts them.
fn needed(case: &Case<'_>) -> BTreeSet<usize> {
    let mut steps: Vec<Vec<usize>> = vec![Vec::new(); case.items.len()];
    let mut open = Vec::new();
    for edge in case.graph.edges.iter().filter(|edge| !edge.optional) {
        match edge.by {
            By::Entry(at) => {
                if let Some(to) = steps.get_mut(at) {
                    to.push(edge.to);
                }
            }
            By::Root | By::Workspace(_) | By::Resolutions => open.push(edge.to),
        }
    }
    let mut seen = BTreeSet::new();
    while let Some(at) = open.pop() {
        if seen.insert(at) {
            open.extend(steps.get(at).into_iter().flatten());
        }
    }
    seen
}

impl Case<'_> {
    /// Whether an image of the pin's platforms may install what is bound by these conditions. What is
    /// not understood may be.
    fn platforms_may(&self, conditions: &str) -> bool {
        let all: Vec<(&str, &str)> = self.platforms.iter().map(node_names).collect();
        let may = |(os, cpu): &(&str, &str)| allows(conditions, "os", os) && allows(conditions, "cpu", cpu);
        match all.is_empty() {
            true => allows(conditions, "os", "linux"),
            false => all.iter().any(may),
        }
    }
}

/// What node calls a platform: `process.platform` and `process.arch`. An empty one is not known.
fn node_names(platform: &Platform) -> (&str, &str) {
    let mut parts = platform.as_str().split('/');
    let os = match parts.next().unwrap_or_default() {
        "windows" => "win32",
        other => other,
    };
    let cpu = match parts.next().unwrap_or_default() {
        "amd64" => "x64",
        "386" => "ia32",
        "ppc64le" => "ppc64",
        "mips64le" => "mips64el",
        "mipsle" => "mipsel",
        known @ ("arm64" | "arm" | "s390x" | "riscv64" | "loong64") => known,
        _ => "",
    };
    (os, cpu)
}

/// Whether conditions allow a value of one field. They are groups joined by ` & `, each `field=value`,
/// `!field=value`, or several of these as `(… | …)`, as berry writes them. Anything else is taken to
/// allow it.
fn allows(conditions: &str, field: &str, value: &str) -> bool {
    if value.is_empty() {
        return true;
    }
    let groups: Option<Vec<Vec<Term<'_>>>> = conditions.split(" & ").map(group).collect();
    groups.is_none_or(|groups| groups.iter().all(|group| group.iter().any(|term| term.allows(field, value))))
}

/// `field=value`, or its opposite.
struct Term<'a> {
    field: &'a str,
    value: &'a str,
    not: bool,
}

impl Term<'_> {
    fn allows(&self, field: &str, value: &str) -> bool {
        self.field != field || (self.value == value) != self.not
    }
}

fn group(text: &str) -> Option<Vec<Term<'_>>> {
    match text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        Some(inner) => inner.split(" | ").map(term).collect(),
        None => Some(vec![term(text)?]),
    }
}

fn term(text: &str) -> Option<Term<'_>> {
    let (not, rest) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
    let (field, value) = rest.split_once('=')?;
    let word = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    (word(field) && word(value)).then_some(Term { field, value, not })
}

#[cfg(test)]
mod tests {
    use super::allows;

    #[test]
    fn conditions_are_read_and_what_is_not_understood_allows() {
        for (conditions, field, value, expected) in [
            ("os=darwin", "os", "linux", false),
            ("os=darwin & cpu=arm64", "os", "linux", false),
            ("os=linux & cpu=arm64 & libc=glibc", "os", "linux", true),
            ("os=linux & cpu=arm64 & libc=glibc", "cpu", "x64", false),
            ("(os=darwin | os=win32)", "os", "linux", false),
            ("(os=darwin | os=linux) & cpu=x64", "os", "linux", true),
            ("!os=win32", "os", "linux", true),
            ("!os=linux", "os", "linux", false),
            ("(!os=linux | os=darwin)", "os", "linux", false),
            ("os=darwin|os=linux", "os", "linux", true),
            ("os=darwin | os=linux", "os", "linux", true),
            ("(cpu=x64 | libc=musl & os=darwin & cpu=x64)", "os", "linux", true),
            ("os=darwin & !!os=linux", "os", "linux", true),
            ("os=!win32", "os", "linux", true),
            ("((os=darwin))", "os", "linux", true),
            ("os = darwin", "os", "linux", true),
            ("", "os", "linux", true),
            ("cpu=x64", "os", "linux", true),
            ("cpu=x64", "cpu", "", true),
        ] {
            assert_eq!(allows(conditions, field, value), expected, "{conditions} {field} {value}");
        }
    }
}
