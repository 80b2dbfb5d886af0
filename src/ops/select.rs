//! Which pins a command line means: names and globs.
//!
//! For the verbs that take `NAME…`.

use crate::manifest::Manifest;
use crate::model::{Class, Failure, PinName, glob};

use super::project::failure;

/// Pins by name, and whether they were all meant.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) names: Vec<PinName>,
    /// No name was given.
    pub(super) all: bool,
    /// Those of the names that nobody gave: they come along with one of their group.
    pub(super) along: Vec<PinName>,
}

impl Selection {
    /// Whether a pin was named, rather than meant with all others.
    pub(super) fn named(&self, name: &PinName) -> bool {
        !self.all && self.names.contains(name) && !self.along.contains(name)
    }
}

/// Finds the pins that names and globs mean; each must mean at least one.
pub(super) fn select(manifest: &Manifest, wanted: &[String]) -> Result<Selection, Vec<Failure>> {
    if wanted.is_empty() {
        return Ok(Selection { names: manifest.pins.keys().cloned().collect(), all: true, along: Vec::new() });
    }
    let mut failures = Vec::new();
    for pattern in wanted {
        if !manifest.pins.keys().any(|name| glob(pattern, name.as_str())) {
            failures.push(failure(Class::Usage, manifest.no_pin(pattern)));
        }
    }
    let meant = |name: &&PinName| wanted.iter().any(|p| glob(p, name.as_str()));
    let names = manifest.pins.keys().filter(meant).cloned().collect();
    if failures.is_empty() { Ok(Selection { names, all: false, along: Vec::new() }) } else { Err(failures) }
}
