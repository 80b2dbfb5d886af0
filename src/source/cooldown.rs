//! `min-age`: how long a newer value must have been known before it is taken.
//!
//! For the kinds' resolvers, where they aim at the newest. Only a day on which a refresh of this
//! repository saw a candidate counts, as the lock keeps it under `seen`: dates that come with what is
//! resolved can be forged. What a candidate is, a kind says: a token that names its content too, such
//! as `v1.2.3@COMMIT`, so that what is replaced meanwhile waits anew.

use std::collections::BTreeMap;

use super::resolve::Want;
use crate::model::{Age, Day, Held, HeldBy, Token};

/// The cooldown of one pin in one run.
#[derive(Debug)]
pub struct Cooldown<'a> {
    min_age: Option<Age>,
    before: Option<&'a BTreeMap<Token, Day>>,
    today: Day,
    records: bool,
    seen: BTreeMap<Token, Day>,
    held: Vec<Held>,
}

impl<'a> Cooldown<'a> {
    /// That of a pin. What was never locked has nothing to stay at, so that nothing is held back then.
    #[must_use]
    pub fn of(want: &Want<'a>) -> Self {
        Self {
            min_age: want.min_age.filter(|age| age.days() > 0 && want.old.is_some()),
            before: want.old.map(|entry| &entry.seen),
            today: want.today,
            records: want.records,
            seen: BTreeMap::new(),
            held: Vec::new(),
        }
    }

    /// Whether anything can be held back at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.min_age.is_some()
    }

    /// Whether a candidate other than the locked value may be taken today. One that may not is kept
    /// as seen, and told as held: `said` is how a person would say it.
    pub fn passes(&mut self, candidate: &Token, said: &str) -> bool {
        let Some(age) = self.min_age else { return true };
        let seen = self.before.and_then(|seen| seen.get(candidate)).copied();
        let first = seen.unwrap_or(self.today);
        if seen.is_some() && self.today.days_since(first) >= i64::from(age.days()) {
            return true;
        }
        self.seen.insert(candidate.clone(), first);
        let seen = seen.or_else(|| self.records.then_some(self.today));
        self.held.push(Held { value: said.to_owned(), by: HeldBy::MinAge { seen, from: first.after(age.days()) } });
        false
    }

    /// What was seen and held back before, so that older candidates can be asked for: each with its day.
    pub fn known(&self) -> impl Iterator<Item = (&'a Token, Day)> {
        self.before.into_iter().flatten().map(|(token, day)| (token, *day))
    }

    /// What the lock keeps as seen, and what is told as held back.
    #[must_use]
    pub fn end(self) -> (BTreeMap<Token, Day>, Vec<Held>) {
        (self.seen, self.held)
    }
}
