//! What a member of a workspace takes over from the pins.toml of the workspace.
//!
//! Entry by entry, the member's own wins: `[archives]` by name, `[policy]` by key, `[lint]` by id, the
//! platforms as a whole. `[pins]` are never inherited, nor which files are Dockerfiles.

use std::collections::BTreeMap;

use super::{Archive, Image, Lint, Manifest, Policy};
use crate::lock::{Entry, Evidence, Lock, Opened};
use crate::model::{PinName, Platform};

/// What a member has where it says nothing itself.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Inherited {
    /// `[image] platforms`, sorted.
    pub platforms: Vec<Platform>,
    /// `[archives]`.
    pub archives: BTreeMap<PinName, Archive>,
    /// `[policy]`.
    pub policy: Policy,
    /// `atomic` under `[policy]`.
    pub atomic: bool,
    /// `[lint]`.
    pub lint: Lint,
}

/// The key of the lock's evidence under which stands what an entry's request inherited.
const EVIDENCE: &str = "inherited";

/// Writes beside each entry what it has from the workspace, so that a member is judged alone too.
pub fn stamp(manifest: &Manifest, lock: &mut Lock) {
    for (name, entry) in &mut lock.archives {
        let own = manifest.archives.get(name).filter(|archive| archive.inherited);
        mark(entry, own.map(|archive| archive.lines.clone()));
    }
    for (name, entry) in &mut lock.pins {
        let image = &manifest.image;
        // Also where the pin has its own: others of the member, not locked yet, may not.
        let has = manifest.pins.get(name).filter(|_| image.inherited);
        let words: Vec<String> = image.platforms.iter().map(|p| format!("\"{p}\"")).collect();
        mark(entry, has.map(|_| format!("platforms = [{}]\n", words.join(", "))));
    }
}

/// An entry without what it has from the workspace, which is no part of what was resolved.
#[must_use]
pub fn unstamped(entry: &Entry) -> Entry {
    let mut entry = entry.clone();
    entry.evidence.remove(EVIDENCE);
    entry
}

fn mark(entry: &mut Entry, text: Option<String>) {
    match text {
        Some(text) => drop(entry.evidence.insert(EVIDENCE.to_owned(), Evidence::One(text))),
        None => drop(entry.evidence.remove(EVIDENCE)),
    }
}

impl Inherited {
    /// What a lock says that its entries inherited, where the workspace is not at hand; `None` where it
    /// says nothing. Altered entries say nothing.
    #[must_use]
    pub fn recorded(opened: &Opened) -> Option<Self> {
        let sound = |name: &&PinName| !opened.altered.contains(name);
        let mut text = "version = 1\n".to_owned();
        let platforms = opened.lock.pins.iter().filter(|(name, _)| sound(name)).find_map(|(_, e)| e.proof(EVIDENCE));
        text.extend(platforms.map(|line| format!("[image]\n{line}")));
        let mut any = platforms.is_some();
        for (name, entry) in opened.lock.archives.iter().filter(|(name, _)| sound(name)) {
            if let Some(lines) = entry.proof(EVIDENCE) {
                text.push_str(&format!("[archives.{name}]\n{lines}"));
                any = true;
            }
        }
        let manifest = any.then(|| Manifest::parse(crate::lock::FILE, text.as_bytes()).ok()).flatten()?;
        Some(Self::of(&manifest))
    }

    /// What the members of a workspace inherit from its manifest.
    #[must_use]
    pub fn of(workspace: &Manifest) -> Self {
        let inherited = |archive: &Archive| Archive { inherited: true, ..archive.clone() };
        Self {
            platforms: workspace.image.platforms.clone(),
            archives: workspace.archives.iter().map(|(name, a)| (name.clone(), inherited(a))).collect(),
            policy: workspace.policy.clone(),
            atomic: workspace.atomic,
            lint: workspace.lint.clone(),
        }
    }

    /// The platforms, where the member's `[image]` has none.
    pub(super) fn image(&self, own: Image) -> Image {
        if !own.platforms.is_empty() || self.platforms.is_empty() {
            return own;
        }
        Image { platforms: self.platforms.clone(), inherited: true, ..own }
    }

    /// The archives that a pin of the member may draw from, beside its own.
    pub(super) fn archives(&self, manifest: &Manifest) -> BTreeMap<PinName, Archive> {
        let drawn = |name: &PinName| manifest.pins.values().any(|pin| pin.source.draws(name));
        self.archives
            .iter()
            .filter(|(name, _)| !manifest.archives.contains_key(*name) && drawn(name))
            .map(|(name, archive)| (name.clone(), archive.clone()))
            .collect()
    }

    /// Both lists, where one id is judged in two ways the member's.
    pub(super) fn lint(&self, own: Lint) -> Lint {
        let mut lint = own;
        for id in &self.lint.ignore {
            if !lint.ignore.iter().any(|own| own.value == id.value) && !lint.severity.contains_key(&id.value) {
                lint.ignore.push(id.clone());
            }
        }
        for (id, severity) in &self.lint.severity {
            if !lint.ignore.iter().any(|own| own.value == *id) {
                lint.severity.entry(id.clone()).or_insert(*severity);
            }
        }
        lint
    }
}
