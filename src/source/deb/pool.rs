//! The vendored archive of a pin: Packages, Release and install lists.
//!
//! For `refresh`, `fetch` and `verify`: from the locked .debs alone, without clock and without
//! network, so that it can be made again byte for byte. apt installs from it with a source line
//! `deb [trusted=yes] file:FOLDER ./`; what stands for the bytes is the SHA-256 of Packages, which
//! the Dockerfile checks (see `snippet`). Not the download, not the choice of the packages.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write as _;

use super::control::{Control, is_exact_version};
use super::keys::{is_architecture, is_name};
use crate::model::{Sha256, Trouble, quoted};

/// The number of this form. A lock freezes the bytes that are made here: another form is another
/// number, and this one stays.
pub const FORMAT: &str = "1";

/// The Date of every generated Release. apt 2.6 and 3.0 warn where it is missing and take this one
/// without a word; a real one would differ from run to run.
const DATE: &str = "Thu, 01 Jan 1970 00:00:00 UTC";

/// Fields that the index gives itself, or that mean something else in an index than in a package.
const DROPPED: [&str; 9] =
    ["filename", "size", "md5sum", "sha1", "sha256", "sha512", "status", "conffiles", "msdos-filename"];

/// A .deb of the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The last part of its path in the pool, such as `curl_7.88.1-10+deb12u8_amd64.deb`.
    pub file_name: String,
    /// Its control fields.
    pub control: Control,
    /// Its size in bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Sha256,
}

/// What an install list names: a package that is in the archive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Root {
    /// The package.
    pub name: String,
    /// The architecture that the .deb is for, `all` included: another than the list's is written out.
    pub architecture: String,
    /// The version that is locked, with epoch.
    pub version: String,
}

/// The files of the archive beside the .debs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// `Packages`.
    pub packages: Vec<u8>,
    /// `Release`, unsigned.
    pub release: Vec<u8>,
    /// `install.list.ARCH`, by ARCH in Debian's words.
    pub install_lists: BTreeMap<String, Vec<u8>>,
}

impl Generated {
    /// Every file, by its name in the folder.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, &[u8]> {
        let lists = self.install_lists.iter().map(|(arch, bytes)| (install_list(arch), bytes.as_slice()));
        [("Packages".to_owned(), self.packages.as_slice()), ("Release".to_owned(), self.release.as_slice())]
            .into_iter()
            .chain(lists)
            .collect()
    }

    /// The digest of every file, by its name: what the Dockerfile checks.
    #[must_use]
    pub fn sums(&self) -> BTreeMap<String, Sha256> {
        self.files().into_iter().map(|(name, bytes)| (name, Sha256::of(bytes))).collect()
    }
}

/// The name of an architecture's install list.
#[must_use]
pub fn install_list(architecture: &str) -> String {
    format!("install.list.{architecture}")
}

/// Why no archive can be made of these packages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// A file name that is no plain word, or does not end in `.deb`.
    #[error("{} cannot be the name of a vendored package", quoted(.0))]
    FileName(String),
    /// Two packages would be one file. Pools drop the epoch from their names, so `1:2-1` and `2-1` meet.
    #[error("two different packages would be vendored as {}", quoted(.file_name))]
    SameFile {
        /// The name.
        file_name: String,
        /// One version and its digest.
        first: String,
        /// The other.
        second: String,
    },
    /// The same package twice, with other bytes or another name.
    #[error("{} is locked twice", quoted(.package))]
    SamePackage {
        /// Name, version and architecture.
        package: String,
        /// One file and its digest.
        first: String,
        /// The other.
        second: String,
    },
    /// An architecture, name or version that is no plain word.
    #[error("{} cannot stand in an install list", quoted(.0))]
    Word(String),
    /// A root that no member is.
    #[error("{} is to be installed, but is not among the locked packages", quoted(.0))]
    NotThere(String),
    /// A root in two versions.
    #[error("{} is to be installed in two versions", quoted(.0))]
    TwoVersions(String),
}

impl PoolError {
    /// For a report.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        match self {
            Self::FileName(_) => trouble.expected("letters, digits and `.+~_-`, ending in `.deb`"),
            Self::SameFile { first, second, .. } => trouble
                .expected(first)
                .found(second)
                .help("names of pool files drop the epoch: take the two apart into pins with folders of their own"),
            Self::SamePackage { first, second, .. } => trouble.expected(first).found(second),
            Self::Word(_) | Self::NotThere(_) | Self::TwoVersions(_) => trouble,
        }
    }
}

/// Makes the archive's files.
///
/// `roots` gives, for each architecture in Debian's words, what its install list names. The order
/// of neither matters; a member that is given twice with the same bytes counts once.
///
/// # Errors
/// [`PoolError`], naming the packages.
pub fn generate(members: &[Member], roots: &BTreeMap<String, Vec<Root>>) -> Result<Generated, PoolError> {
    let members = unique(members)?;
    let packages = members.values().map(|m| stanza(m)).collect::<Vec<_>>().join("\n").into_bytes();
    let mut install_lists = BTreeMap::new();
    for (architecture, roots) in roots {
        if !is_architecture(architecture) {
            return Err(PoolError::Word(architecture.clone()));
        }
        install_lists.insert(architecture.clone(), list(architecture, roots, &members)?);
    }
    let release = release(&packages, members.keys().map(|k| k.2).chain(roots.keys().map(String::as_str)));
    Ok(Generated { packages, release, install_lists })
}

/// Package, version as text, architecture: the order of the index.
type Key<'a> = (&'a str, &'a str, &'a str);

fn unique(members: &[Member]) -> Result<BTreeMap<Key<'_>, &Member>, PoolError> {
    let mut by_file: BTreeMap<String, &Member> = BTreeMap::new();
    let mut by_key: BTreeMap<Key<'_>, &Member> = BTreeMap::new();
    let sort = |a: &Member, b: &Member, tell: fn(&Member) -> String| {
        let (a, b) = (tell(a), tell(b));
        if a <= b { (a, b) } else { (b, a) }
    };
    for member in members {
        if !is_file_name(&member.file_name) {
            return Err(PoolError::FileName(member.file_name.clone()));
        }
        let control = &member.control;
        // Where upper and lower case are one, `1RC` and `1rc` are one file.
        if let Some(other) = by_file.insert(member.file_name.to_ascii_lowercase(), member)
            && (other.sha256, other.size, &other.file_name) != (member.sha256, member.size, &member.file_name)
        {
            let (first, second) = sort(other, member, |m| {
                format!("{} {}, sha256:{}", m.control.package(), m.control.version(), m.sha256)
            });
            return Err(PoolError::SameFile { file_name: member.file_name.clone(), first, second });
        }
        match by_key.entry((control.package(), control.version(), control.architecture())) {
            Entry::Vacant(place) => {
                place.insert(member);
            }
            Entry::Occupied(other) if *other.get() == member => {}
            Entry::Occupied(other) => {
                let (first, second) = sort(other.get(), member, |m| format!("{}, sha256:{}", m.file_name, m.sha256));
                let package = format!("{} {} {}", control.package(), control.version(), control.architecture());
                return Err(PoolError::SamePackage { package, first, second });
            }
        }
    }
    Ok(by_key)
}

/// A file name that means itself in a URL of apt, in a shell and on every file system.
fn is_file_name(text: &str) -> bool {
    text.len() <= 255
        && text.strip_suffix(".deb").is_some_and(|stem| !stem.is_empty())
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".+~_-".contains(&b))
}

fn stanza(member: &Member) -> String {
    let mut out = String::new();
    for (name, value) in member.control.fields() {
        if DROPPED.iter().any(|d| name.eq_ignore_ascii_case(d)) {
            continue;
        }
        let gap = if value.is_empty() || value.starts_with('\n') { "" } else { " " };
        // Writing into a String cannot fail.
        let _ = writeln!(out, "{name}:{gap}{value}");
    }
    let _ = writeln!(out, "Filename: ./{}\nSize: {}\nSHA256: {}", member.file_name, member.size, member.sha256);
    out
}

fn list(architecture: &str, roots: &[Root], members: &BTreeMap<Key<'_>, &Member>) -> Result<Vec<u8>, PoolError> {
    let mut lines: BTreeMap<String, &str> = BTreeMap::new();
    for root in roots {
        if !is_name(&root.name) || !is_architecture(&root.architecture) || !is_exact_version(&root.version) {
            return Err(PoolError::Word(format!("{}:{}={}", root.name, root.architecture, root.version)));
        }
        let foreign = root.architecture != architecture && root.architecture != "all";
        let name = if foreign { format!("{}:{}", root.name, root.architecture) } else { root.name.clone() };
        if !members.contains_key(&(root.name.as_str(), root.version.as_str(), root.architecture.as_str())) {
            return Err(PoolError::NotThere(format!("{name}={}", root.version)));
        }
        if lines.insert(name.clone(), &root.version).is_some_and(|version| version != root.version) {
            return Err(PoolError::TwoVersions(name));
        }
    }
    let mut lines: Vec<String> = lines.into_iter().map(|(name, version)| format!("{name}={version}\n")).collect();
    lines.sort();
    Ok(lines.concat().into_bytes())
}

/// The unsigned Release of a flat archive. `Suite` and `Codename` are what `apt-cache policy` and
/// a preference of the user's can know the archive by.
fn release<'a>(packages: &[u8], architectures: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut architectures: Vec<&str> = architectures.collect();
    architectures.sort_unstable();
    architectures.dedup();
    let architectures = architectures.join(" ");
    let (sum, size) = (Sha256::of(packages), packages.len());
    let text = format!(
        "Origin: dubo-pin\nLabel: dubo-pin\nSuite: vendored\nCodename: vendored\nDate: {DATE}\n\
         Architectures: {architectures}\nDescription: vendored packages, format {FORMAT}\n\
         SHA256:\n {sum} {size} Packages\n"
    );
    text.into_bytes()
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
