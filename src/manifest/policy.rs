//! What holds a pin back: `[policy]`, and the same keys on a pin.

use crate::model::{Age, Day, Trouble};
use crate::table::Table;

/// The effective policy of a pin: its own keys over those of `[policy]`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Policy {
    /// How long a candidate must have been seen before it is taken.
    pub min_age: Option<Age>,
    /// Whether an older version than the locked one may be taken.
    pub allow_downgrade: bool,
    /// The pin does not move.
    pub freeze: Option<Freeze>,
    /// How old an archive's Release may be.
    pub max_age: Option<Age>,
}

/// A pin that does not move, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeze {
    /// Why.
    pub reason: String,
    /// The last day of it.
    pub until: Day,
}

impl Policy {
    /// The keys of a policy.
    pub(super) const KNOWN: [&'static str; 4] = ["min-age", "allow-downgrade", "freeze", "max-age"];

    /// Reads the keys that stand in a table over what held before.
    pub(super) fn read(table: &Table<'_>, under: &Self) -> Self {
        let age = |key| table.parsed::<Age>(key).map(|a| a.value);
        Self {
            min_age: age("min-age").or(under.min_age),
            allow_downgrade: table.flag("allow-downgrade").unwrap_or(under.allow_downgrade),
            freeze: Freeze::read(table).or_else(|| under.freeze.clone()),
            max_age: age("max-age").or(under.max_age),
        }
    }
}

impl Freeze {
    fn read(table: &Table<'_>) -> Option<Self> {
        let freeze = table.table("freeze")?;
        freeze.only("in `freeze`", &["reason", "until"], |_| None);
        if !freeze.has("reason") || !freeze.has("until") {
            let trouble = Trouble::new("`freeze` needs a reason and an end");
            let such = "{ reason = \"…\", until = \"2026-12-31\" }";
            table.report(trouble.at(table.key_place("freeze")).expected(such));
        }
        let reason = freeze.words("reason");
        let until = freeze.date("until")?;
        match until.value.parse() {
            Ok(day) => Some(Self { reason: reason?.value.to_owned(), until: day }),
            Err(e) => {
                freeze.report(Trouble::new(format!("{e}")).at(until.place));
                None
            }
        }
    }
}
