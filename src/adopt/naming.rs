//! Names that a person would give to pins.

use std::collections::BTreeSet;

use crate::manifest::Manifest;
use crate::model::PinName;

/// The names that are taken.
#[derive(Clone, Debug, Default)]
pub struct Names(BTreeSet<String>);

impl Names {
    /// Those of a manifest.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        Self(manifest.pins.keys().map(|name| name.as_str().to_lowercase()).collect())
    }

    /// A free name: the first wish that is free, in lower case, what no name holds as `-`; else the
    /// first wish with a number behind it. `None` if none of the wishes holds anything that a name may.
    pub fn take(&mut self, wishes: &[&str]) -> Option<PinName> {
        let clean = |wish: &str| {
            let sign =
                |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c.to_ascii_lowercase() } else { '-' };
            let text: String = wish.chars().map(sign).collect();
            let parts: Vec<&str> = text.split('-').filter(|p| !p.is_empty()).collect();
            parts.join("-").chars().take(48).collect::<String>()
        };
        let wishes: Vec<String> = wishes.iter().map(|w| clean(w)).filter(|w| !w.is_empty()).collect();
        let numbered = wishes.first().into_iter().flat_map(|w| (2..10_000).map(move |n| format!("{w}-{n}")));
        let free = wishes.iter().cloned().chain(numbered).find(|name| !self.0.contains(name))?;
        let name = free.parse().ok()?;
        self.0.insert(free);
        Some(name)
    }
}
