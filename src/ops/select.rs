//! Which pins a command line means: names and globs.
//!
//! For the verbs that take `NAME…`.

use crate::manifest::Manifest;
use crate::model::{Class, Failure, PinName, Trouble, glob, quoted, suggest};

use super::project::failure;

/// Pins by name, and whether they were all meant.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) names: Vec<PinName>,
    /// No name was given.
    pub(super) all: bool,
}

impl Selection {
    /// Whether a pin was named, rather than meant with all others.
    pub(super) fn named(&self, name: &PinName) -> bool {
        !self.all && self.names.contains(name)
    }
}

/// Finds the pins that names and globs mean; each must mean at least one.
pub(super) fn select(manifest: &Manifest, wanted: &[String]) -> Result<Selection, Vec<Failure>> {
    if wanted.is_empty() {
        return Ok(Selection { names: manifest.pins.keys().cloned().collect(), all: true });
    }
    let mut failures = Vec::new();
    for pattern in wanted {
        if !manifest.pins.keys().any(|name| glob(pattern, name.as_str())) {
            let trouble = Trouble::new(format!("no pin is called {}", quoted(pattern)));
            let near = suggest(pattern, manifest.pins.keys().map(PinName::as_str));
            let known: Vec<&str> = manifest.pins.keys().map(PinName::as_str).collect();
            let help = near
                .map_or_else(|| format!("pins.toml has: {}", known.join(", ")), |near| format!("did you mean {near}?"));
            failures.push(failure(Class::Usage, trouble.help(help)));
        }
    }
    let meant = |name: &&PinName| wanted.iter().any(|p| glob(p, name.as_str()));
    let names = manifest.pins.keys().filter(meant).cloned().collect();
    if failures.is_empty() { Ok(Selection { names, all: false }) } else { Err(failures) }
}
