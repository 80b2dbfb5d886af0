//! `min-age`: how long a newer value must have been known before it is taken.
//!
//! For the kinds' resolvers, where they aim at the newest. Only a day on which a refresh of this
//! repository saw a candidate counts, as the lock keeps it under `seen`: dates that come with what is
//! resolved can be forged. What a candidate is, a kind says: a token that names its content too, such
//! as `v1.2.3@COMMIT`, so that what is replaced meanwhile waits anew.

use std::collections::BTreeMap;

use super::resolve::Want;
use crate::model::{Age, Day, Held, HeldBy, Token};

/// Why nothing of another source is waited for.
pub const ELSEWHERE: &str = "the source changed: nothing that was locked is there";

/// Why a value is left that the edited rule forbids.
pub const FORBIDDEN: &str =
    "what is locked is not allowed any more, and nothing allowed that is newer was seen long enough ago";

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

    /// Whether the pin would be held back, had it anything to stay at: then what is taken now is told
    /// as taken at once.
    #[must_use]
    pub fn is_first(want: &Want<'_>) -> bool {
        want.old.is_none() && want.min_age.is_some_and(|age| age.days() > 0)
    }

    /// Whether anything can be held back at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.min_age.is_some()
    }

    /// Whether a candidate was seen long enough ago. Asking changes nothing.
    #[must_use]
    pub fn is_ripe(&self, candidate: &Token) -> bool {
        let Some(age) = self.min_age else { return true };
        self.day(candidate).is_some_and(|first| self.today.days_since(first) >= i64::from(age.days()))
    }

    /// The day on which a refresh first saw a candidate. One after today, of a clock that was wrong once,
    /// is today: it shortens nothing, and holds nothing back for years.
    #[must_use]
    pub fn day(&self, candidate: &Token) -> Option<Day> {
        self.before.and_then(|seen| seen.get(candidate)).map(|day| (*day).min(self.today))
    }

    /// Keeps the day of what was seen before and can be neither taken nor forgotten now.
    pub fn keep(&mut self, candidate: &Token) {
        if let Some(first) = self.day(candidate) {
            self.seen.insert(candidate.clone(), first);
        }
    }

    /// Whether a candidate other than the locked value may be taken today. One that may not is kept
    /// as seen, and told as held: `said` is how a person would say it.
    pub fn passes(&mut self, candidate: &Token, said: &str) -> bool {
        let Some(age) = self.min_age else { return true };
        if self.is_ripe(candidate) {
            return true;
        }
        let seen = self.day(candidate);
        let first = seen.unwrap_or(self.today);
        self.seen.insert(candidate.clone(), first);
        let seen = seen.or_else(|| self.records.then_some(self.today));
        self.held.push(Held { value: said.to_owned(), by: HeldBy::MinAge { seen, from: first.after(age.days()) } });
        false
    }

    /// What was seen and held back before, so that older candidates can be asked for: each with its day.
    pub fn known(&self) -> impl Iterator<Item = (&'a Token, Day)> {
        let today = self.today;
        self.before.into_iter().flatten().map(move |(token, day)| (token, (*day).min(today)))
    }

    /// What the lock keeps as seen, and what is told as held back.
    #[must_use]
    pub fn end(self) -> (BTreeMap<Token, Day>, Vec<Held>) {
        (self.seen, self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::Entry;
    use crate::model::PinName;
    use crate::source::resolve::Aim;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn token(text: &str) -> Token {
        text.parse().unwrap()
    }

    fn entry(seen: &[(&str, &str)]) -> Entry {
        Entry {
            request: String::new(),
            values: BTreeMap::new(),
            artifacts: Vec::new(),
            evidence: BTreeMap::new(),
            first_seen: day("2026-01-01"),
            seen: seen.iter().map(|(t, d)| (token(t), day(d))).collect(),
        }
    }

    fn want<'a>(pin: &'a PinName, old: Option<&'a Entry>, age: Option<&str>, today: &str) -> Want<'a> {
        Want {
            pin,
            aim: Aim::Newest,
            old,
            agreed: None,
            moving: None,
            platforms: &[],
            vendor: None,
            size_limit: None,
            asked: Vec::new(),
            allow_downgrade: false,
            min_age: age.map(|text| text.parse().unwrap()),
            records: true,
            accept_changed: false,
            archives: None,
            dockerfiles: &[],
            bases: &[],
            root: None,
            today: day(today),
        }
    }

    /// Whether `a`, seen on the 10th, passes with an age of 7 days on a day.
    fn passes(today: &str) -> bool {
        let (pin, old) = ("p".parse().unwrap(), entry(&[("a", "2026-11-10")]));
        Cooldown::of(&want(&pin, Some(&old), Some("7d"), today)).passes(&token("a"), "a")
    }

    #[test]
    fn the_day_counts_that_a_refresh_saw_it_and_none_before_it() {
        for (today, taken) in [
            ("2026-11-16", false),
            ("2026-11-17", true),
            ("2027-11-17", true),
            ("2026-11-10", false),
            ("2026-11-01", false),
        ] {
            assert_eq!(passes(today), taken, "{today}");
        }
    }

    #[test]
    fn a_day_after_today_counts_as_today() {
        let (pin, old) = ("p".parse().unwrap(), entry(&[("a", "2030-01-02"), ("b", "9999-12-31")]));
        let mut cooldown = Cooldown::of(&want(&pin, Some(&old), Some("7d"), "2026-10-01"));
        assert!(!cooldown.passes(&token("a"), "a"));
        cooldown.keep(&token("b"));
        assert!(cooldown.known().all(|(_, seen)| seen == day("2026-10-01")));
        let (seen, held) = cooldown.end();
        assert_eq!(seen, entry(&[("a", "2026-10-01"), ("b", "2026-10-01")]).seen);
        assert_eq!(held[0].by, HeldBy::MinAge { seen: Some(day("2026-10-01")), from: day("2026-10-08") });
    }

    #[test]
    fn what_is_new_waits_from_today_and_what_nobody_asked_for_is_forgotten() {
        let (pin, old) = ("p".parse().unwrap(), entry(&[("a", "2026-11-10"), ("b", "2026-11-11")]));
        let mut cooldown = Cooldown::of(&want(&pin, Some(&old), Some("7d"), "2026-11-12"));
        assert!(!cooldown.passes(&token("c"), "c"));
        cooldown.keep(&token("b"));
        cooldown.keep(&token("d"));
        let (seen, held) = cooldown.end();
        assert_eq!(seen, entry(&[("b", "2026-11-11"), ("c", "2026-11-12")]).seen);
        assert_eq!(held.len(), 1);
        assert_eq!(held[0].by, HeldBy::MinAge { seen: Some(day("2026-11-12")), from: day("2026-11-19") });
    }

    #[test]
    fn nothing_is_held_back_without_an_age_or_of_what_was_never_locked() {
        let (pin, old) = ("p".parse().unwrap(), entry(&[]));
        for (old, age) in [(Some(&old), None), (Some(&old), Some("0d")), (None, Some("7d"))] {
            let want = want(&pin, old, age, "2026-11-12");
            let mut cooldown = Cooldown::of(&want);
            assert!(!cooldown.is_on() && cooldown.passes(&token("a"), "a"));
            assert_eq!(cooldown.end(), (BTreeMap::new(), Vec::new()));
            assert_eq!(Cooldown::is_first(&want), old.is_none());
        }
    }
}
