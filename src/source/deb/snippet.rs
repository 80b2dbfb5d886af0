//! The text of the RUN instructions that install locked packages: from the vendored archive
//! without network, or from a pinned snapshot.
//!
//! For `export apt-snippet`. Only text is made here; nothing is read and no Dockerfile is edited.
//! The shell is the POSIX one: Debian's `/bin/sh` is dash. Both blocks let apt see one source
//! alone, in a folder of their own, so that what the image is configured for is neither used nor
//! changed, and neither block switches off a check for any other source.

use std::collections::{BTreeMap, BTreeSet};

use super::archive::{Component, Suite};
use super::keys::{Operand, is_architecture};
use crate::model::{RelPath, Sha256, Trouble, quoted};

/// The first line of a Dockerfile whose RUN has `--mount` and `--network`.
pub const SYNTAX: &str = "# syntax=docker/dockerfile:1";

/// What the block for a vendored archive is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vendored<'a> {
    /// The vendored folder, relative to the build context; none: the context itself.
    pub folder: Option<&'a RelPath>,
    /// The digests of `Packages`, `Release` and the install lists, by file name, as
    /// `pool::Generated::sums` gives them.
    pub sums: &'a BTreeMap<String, Sha256>,
    /// Architectures that an install list names beside its own, as `i386`: dpkg is told of them.
    pub foreign: &'a [String],
    /// Whether `--network=none` is written. A builder that does not know it (buildah before 1.31)
    /// has to be run without network itself.
    pub no_network: bool,
}

/// What the block for snapshots is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot<'a> {
    /// The archives.
    pub sources: &'a [Source<'a>],
    /// What is installed, for each architecture in Debian's words: every operand with its version.
    pub operands: &'a BTreeMap<String, Vec<Operand>>,
}

/// One archive in the block for snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source<'a> {
    /// The URL, with the timestamp in its place.
    pub uri: &'a str,
    /// The suites.
    pub suites: &'a [Suite],
    /// The components; none for a flat archive.
    pub components: &'a [Component],
    /// The keyring in the image, as `/usr/share/keyrings/debian-archive-keyring.gpg`.
    pub signed_by: &'a str,
    /// The digests of the InRelease files (or Release, where there is none) that the lock holds,
    /// one a suite, if the URL is that of one snapshot; empty for a mirror that moves.
    ///
    /// A snapshot's Valid-Until is long past, so apt must not ask for it. What stands against an
    /// old state in its place is stronger: the very Release files of the lock are asked for.
    /// Where this is empty, apt's own check stays on.
    pub releases: &'a [Sha256],
}

/// Why no block can be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnippetError {
    /// A text that would mean something else in a Dockerfile, a source line or a shell.
    #[error("{} cannot stand in a RUN instruction as {what}", quoted(.text))]
    Text {
        /// What it is.
        what: &'static str,
        /// The text.
        text: String,
    },
    /// Nothing to install, or nothing to install it from.
    #[error("there is no {0} to write a RUN instruction for")]
    Nothing(&'static str),
    /// A package without one exact version.
    #[error("{} has no exact version", quoted(.0))]
    NotExact(String),
    /// As many digests as suites, or none.
    #[error("{} has {suites} suites and {releases} locked Release files", quoted(.uri))]
    Releases {
        /// The archive.
        uri: String,
        /// How many suites it has.
        suites: usize,
        /// How many digests were given.
        releases: usize,
    },
}

impl SnippetError {
    /// For a report.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        match self {
            Self::Text { what: "folder", .. } => trouble
                .expected("letters, digits and `._+@/-`")
                .help("give the vendored folder a name without blanks, commas, quotes and `$`"),
            _ => trouble,
        }
    }
}

/// What apt is told in both blocks: one source, and lists in a folder that goes away.
const PRIVATE: [&str; 10] = [
    "-o Dir::Etc::SourceList=\"$dir/sources.list\"",
    "-o Dir::Etc::SourceParts=/dev/null",
    "-o Dir::Etc::Preferences=/dev/null",
    "-o Dir::Etc::PreferencesParts=/dev/null",
    "-o Dir::State::Lists=\"$dir/lists\"",
    "-o Dir::Cache::pkgcache=",
    "-o Dir::Cache::srcpkgcache=",
    "-o APT::Sandbox::User=root",
    "-o Acquire::Languages=none",
    // An index that cannot be had is an error, not a warning beside an old one.
    "-o APT::Update::Error-Mode=any",
];

/// The RUN instruction that installs from the vendored archive, without network.
///
/// It checks the digests of Packages, Release and the install list against those written in the
/// Dockerfile; apt then checks every .deb against Packages. Its Dockerfile begins with [`SYNTAX`].
/// It ends in a newline.
///
/// # Errors
/// [`SnippetError::Text`] if the folder's name has a meaning of its own in `--mount`;
/// [`SnippetError::Nothing`] if the digests of Packages, of Release or of all lists are missing.
pub fn vendored(input: &Vendored<'_>) -> Result<String, SnippetError> {
    let source = match input.folder {
        Some(folder) => word("folder", folder.as_str(), b"._+@/-")?,
        None => ".",
    };
    let sum = |name: &'static str| input.sums.get(name).ok_or(SnippetError::Nothing(name));
    let mut block = Block::new(&format!("RUN --mount=type=bind,source={source},target=/vendor/apt"));
    if input.no_network {
        block.flag("--network=none");
    }
    block.line("set -eu; cd /vendor/apt");
    block.line(&format!("echo '{}  Packages' | sha256sum -c -", sum("Packages")?));
    block.line(&format!("echo '{}  Release' | sha256sum -c -", sum("Release")?));
    block.line("arch=\"$(dpkg --print-architecture)\"");
    block.raw("case \"$arch\" in");
    let mut lists = 0;
    for (name, sum) in input.sums {
        let Some(arch) = name.strip_prefix("install.list.") else { continue };
        architecture(arch)?;
        lists += 1;
        block.raw(&format!("  {arch}) sum={sum} ;;"));
    }
    if lists == 0 {
        return Err(SnippetError::Nothing("install list"));
    }
    block.raw("  *) echo \"no packages are vendored for $arch\" >&2; exit 1 ;;");
    block.line("esac");
    block.line("echo \"$sum  install.list.$arch\" | sha256sum -c -");
    for foreign in input.foreign {
        architecture(foreign)?;
        // Only where this architecture's list asks for it.
        block.line(&format!(
            "if grep -q ':{foreign}=' \"install.list.$arch\"; then dpkg --add-architecture {foreign}; fi"
        ));
    }
    block.line("dir=\"$(mktemp -d)\"; mkdir -p \"$dir/lists/partial\"");
    block.line("echo 'deb [trusted=yes] file:/vendor/apt ./' > \"$dir/sources.list\"");
    apt(&mut block);
    block.line("apt_get update");
    block.line("apt_get install -y --no-install-recommends -- $(cat \"install.list.$arch\")");
    Ok(block.end("rm -rf \"$dir\""))
}

/// The RUN instruction that installs locked versions from a snapshot, or from a mirror that still
/// has them. It ends in a newline.
///
/// # Errors
/// [`SnippetError`], naming what cannot be written.
pub fn snapshot(input: &Snapshot<'_>) -> Result<String, SnippetError> {
    if input.sources.is_empty() {
        return Err(SnippetError::Nothing("archive"));
    }
    let mut lines = Vec::new();
    for source in input.sources {
        source_lines(source, &mut lines)?;
    }
    let mut block = Block::new("RUN set -eu");
    let all = || input.operands.values().flatten().filter_map(Operand::architecture);
    let foreign: BTreeSet<&str> = all().filter(|a| !matches!(*a, "any" | "native")).collect();
    for foreign in foreign {
        architecture(foreign)?;
        block.line(&format!("[ \"$(dpkg --print-architecture)\" = {foreign} ] || dpkg --add-architecture {foreign}"));
    }
    operands(&mut block, input.operands)?;
    block.line("dir=\"$(mktemp -d)\"; mkdir -p \"$dir/lists/partial\"");
    for line in &lines {
        block.line(&format!("echo '{line}' >> \"$dir/sources.list\""));
    }
    apt(&mut block);
    block.line("apt_get update");
    let mut releases: Vec<&Sha256> = input.sources.iter().flat_map(|s| s.releases).collect();
    releases.sort_unstable_by_key(ToString::to_string);
    for release in releases {
        // The Release files of the lock and no others: this stands for Valid-Until.
        block.raw(&format!("sha256sum \"$dir/lists/\"*Release | grep -q '^{release} ' ||"));
        block.line("  { echo 'a Release file is not the locked one' >&2; exit 1; }");
    }
    block.line("apt_get install -y --no-install-recommends -- \"$@\"");
    Ok(block.end("rm -rf \"$dir\""))
}

fn apt(block: &mut Block) {
    block.raw("apt_get() { DEBIAN_FRONTEND=noninteractive apt-get");
    for option in PRIVATE {
        block.raw(&format!("  {option}"));
    }
    block.line("  \"$@\"; }");
}

fn source_lines(source: &Source<'_>, lines: &mut Vec<String>) -> Result<(), SnippetError> {
    let uri = word("the URL of an archive", source.uri, b"._+@/-:%~")?;
    let keyring = word("the path of a keyring", source.signed_by, b"._+/-")?;
    if !keyring.starts_with('/') {
        return Err(SnippetError::Text { what: "the path of a keyring", text: keyring.to_owned() });
    }
    if source.suites.is_empty() {
        return Err(SnippetError::Nothing("suite"));
    }
    if !source.releases.is_empty() && source.releases.len() != source.suites.len() {
        return Err(SnippetError::Releases {
            uri: uri.to_owned(),
            suites: source.suites.len(),
            releases: source.releases.len(),
        });
    }
    let unchecked = if source.releases.is_empty() { "" } else { " check-valid-until=no" };
    for suite in source.suites {
        let mut line = format!("deb [signed-by={keyring}{unchecked}] {uri} {suite}");
        for component in source.components {
            line.push(' ');
            line.push_str(component.as_str());
        }
        lines.push(line);
    }
    Ok(())
}

/// `set --` with the operands; by architecture, where these differ.
fn operands(block: &mut Block, by_arch: &BTreeMap<String, Vec<Operand>>) -> Result<(), SnippetError> {
    let mut words = BTreeMap::new();
    for (arch, list) in by_arch {
        architecture(arch)?;
        let mut list: Vec<String> = list
            .iter()
            .map(|operand| match operand.version() {
                Some(version) if !version.contains('*') => Ok(operand.to_string()),
                _ => Err(SnippetError::NotExact(operand.to_string())),
            })
            .collect::<Result<_, _>>()?;
        list.sort();
        list.dedup();
        words.insert(arch, list);
    }
    let first = words.values().next().filter(|l| !l.is_empty()).ok_or(SnippetError::Nothing("package"))?;
    if words.values().all(|list| list == first) {
        block.line(&format!("set -- {}", first.join(" ")));
        return Ok(());
    }
    block.line("arch=\"$(dpkg --print-architecture)\"");
    block.raw("case \"$arch\" in");
    for (arch, list) in &words {
        block.raw(&format!("  {arch}) set -- {} ;;", list.join(" ")));
    }
    block.raw("  *) echo \"no versions are locked for $arch\" >&2; exit 1 ;;");
    block.line("esac");
    Ok(())
}

fn architecture(text: &str) -> Result<(), SnippetError> {
    if is_architecture(text) {
        return Ok(());
    }
    Err(SnippetError::Text { what: "an architecture", text: text.to_owned() })
}

/// A text of letters, digits and these few, which needs no quotes anywhere.
fn word<'a>(what: &'static str, text: &'a str, more: &[u8]) -> Result<&'a str, SnippetError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || more.contains(&b);
    if !text.is_empty() && text.bytes().all(plain) && !text.starts_with('-') {
        return Ok(text);
    }
    Err(SnippetError::Text { what, text: text.to_owned() })
}

/// An instruction over several lines: each but the last ends in a continuation.
struct Block(String);

impl Block {
    fn new(start: &str) -> Self {
        // The flags end without `;`, a command with it.
        let end = if start.contains("--mount") { "" } else { ";" };
        Self(format!("{start}{end} \\\n"))
    }

    fn flag(&mut self, flag: &str) {
        self.raw(flag);
    }

    /// A command.
    fn line(&mut self, text: &str) {
        self.raw(&format!("{text};"));
    }

    /// A part of one.
    fn raw(&mut self, text: &str) {
        self.0.push_str("    ");
        self.0.push_str(text);
        self.0.push_str(" \\\n");
    }

    fn end(mut self, text: &str) -> String {
        self.0.push_str("    ");
        self.0.push_str(text);
        self.0.push('\n');
        self.0
    }
}

#[cfg(test)]
#[path = "snippet_tests.rs"]
mod tests;
