//! yarn's own settings, from every file that yarn reads between the folder and that of pins.toml.
//!
//! `yarnrc` reads those of yarn 1, `yaml` those of berry; here is what they come to together. Not
//! here: files above the folder of pins.toml, those of the user's home, the environment.

use crate::disk::Root;
use crate::model::{Id, Place, RelPath, Trouble, quoted};

use super::read::{Faults, file};
use super::{yaml, yarnrc};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub place: Place,
}

/// What yarn's own files say. Paths are relative to the folder of yarn.lock; otherwise as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// yarn 1: `yarn-offline-mirror`.
    pub mirror: Option<Said<String>>,
    /// yarn 1: `yarn-offline-mirror-pruning`.
    pub pruning: Option<Said<bool>>,
    /// `yarn-path` or `yarnPath`.
    pub yarn_path: Option<Said<String>>,
    /// berry: `cacheFolder`.
    pub cache_folder: Option<Said<String>>,
    /// berry: `enableGlobalCache`.
    pub global_cache: Option<Said<bool>>,
    /// berry: `checksumBehavior`; one that is not `throw`, if a file has such.
    pub checksum_behavior: Option<Said<String>>,
    /// berry: `compressionLevel`, as written.
    pub compression_level: Option<Said<String>>,
    /// berry: `defaultProtocol`, as written.
    pub default_protocol: Option<Said<String>>,
    /// The files that yarn runs: of each `yarn-path` and `yarnPath`, and berry's plugins.
    pub code: Vec<Said<String>>,
    /// Keys that change what yarn resolves and that nobody here follows, such as
    /// `packageExtensions`.
    pub unread: Vec<Said<String>>,
    /// yarn 1: keys that nobody here knows.
    pub unknown: Vec<Said<String>>,
}

/// One file of settings, while it is read.
pub(super) struct Source<'a> {
    /// As the user knows it.
    pub(super) shown: &'a str,
    pub(super) bytes: &'a [u8],
    /// How many folders above that of yarn.lock it lies.
    pub(super) above: usize,
}

impl Source<'_> {
    /// A line of the file.
    pub(super) fn place(&self, line: usize) -> Place {
        let raw = self.bytes.split(|b| *b == b'\n').nth(line.saturating_sub(1)).unwrap_or_default();
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        Place::in_line(self.shown, line, raw, 0..raw.len())
    }

    /// A path of the file, which starts from the file's folder, from that of yarn.lock.
    ///
    /// # Errors
    /// None is written, or one that yarn would fill in from the environment.
    pub(super) fn path(&self, value: &str) -> Result<String, String> {
        if value.is_empty() {
            return Err("a path is empty".to_owned());
        }
        if value.contains('$') {
            return Err(format!("{} takes a part from the environment, which nobody can pin", quoted(value)));
        }
        let is_far = value.starts_with(['/', '~']);
        Ok(if is_far { value.to_owned() } else { format!("{}{value}", "../".repeat(self.above)) })
    }
}

/// The folder, and each above it up to that of pins.toml, which is `None`.
fn levels(folder: Option<&RelPath>) -> Vec<Option<RelPath>> {
    let mut all = Vec::new();
    let mut rest = folder.map(RelPath::as_str).unwrap_or_default();
    while !rest.is_empty() {
        all.push(rest.parse().ok());
        rest = rest.rsplit_once('/').map_or("", |(above, _)| above);
    }
    all.push(None);
    all
}

pub(super) fn read(root: &Root, folder: Option<&RelPath>, is_v1: bool, faults: &mut Faults) -> Settings {
    let mut settings = Settings::default();
    // The program's own file first: the first `yarn_path` counts.
    let names = if is_v1 { [".yarnrc", ".yarnrc.yml", ".npmrc"] } else { [".yarnrc.yml", ".yarnrc", ".npmrc"] };
    for (above, level) in levels(folder).iter().enumerate() {
        for name in names {
            // berry does not read it.
            if name == ".npmrc" && !is_v1 {
                continue;
            }
            let Some(Some(bytes)) = file(root, level.as_ref(), name, Id::YARN014, faults) else { continue };
            let shown = super::read::joined(level.as_ref(), name);
            let source = Source { shown: &shown, bytes: &bytes, above };
            match name {
                ".yarnrc" => yarnrc::read(&source, is_v1, &mut settings, faults),
                ".npmrc" => yarnrc::npm(&source, faults),
                _ => yaml::read(&source, &mut settings, faults),
            }
        }
    }
    settings
}

/// `true` or `false`.
pub(super) fn flag(key: &str, value: &str) -> Result<bool, String> {
    match value {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(format!("`{key}` is neither true nor false")),
    }
}

/// YARN014 at a line.
pub(super) fn unread(source: &Source<'_>, line: usize, why: impl Into<String>, faults: &mut Faults) {
    faults.push((Id::YARN014, Trouble::new(why).at(source.place(line))));
}
