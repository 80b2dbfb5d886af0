//! What a member of a workspace takes over from the pins.toml of the workspace.
//!
//! Entry by entry, the member's own wins: `[archives]` by name, `[policy]` by key, `[lint]` by id, the
//! platforms as a whole. `[pins]` are never inherited, nor which files are Dockerfiles.

use std::collections::BTreeMap;

use super::{Archive, Image, Lint, Manifest, Policy};
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

impl Inherited {
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
        if own.platforms.is_empty() { Image { platforms: self.platforms.clone(), ..own } } else { own }
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
