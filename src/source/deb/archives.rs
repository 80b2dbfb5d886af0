//! The archives of one run: each opened at most once, whoever of the pins asks first.
//!
//! For `ops`, which makes it and takes from it what the lock will hold of each archive, and for the
//! resolver, which asks it for candidates. How an archive is opened and proved is `chain`'s matter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::archive::{Repository, Snapshot};
use super::chain::{self, Candidate, Opened, Problem, Settings};
use super::effective::Effective;
use crate::lock::{Entry, Evidence, Value};
use crate::model::{Age, Day, PinName, RelPath, Time, Token, Trouble, quoted};
use crate::remote::Remote;
use crate::source::resolve::Fault;
use crate::trust::openpgp::Certificates;

/// How often an archive is opened where it changed while it was read.
const TRIES: u32 = 3;

/// The first wait before that; it doubles. Mirrors take seconds to minutes for an update.
const BACK_OFF: Duration = Duration::from_millis(500);

/// The repositories of an archive at one moment.
type State = Arc<Vec<Opened>>;

/// Reads a file that an archive names, by the archive's name and the path.
pub type ReadFile<'a> = dyn Fn(&PinName, &RelPath) -> Result<Vec<u8>, Trouble> + 'a;

/// All archives of a manifest, as a run sees them.
#[derive(Debug)]
pub struct Archives {
    slots: BTreeMap<PinName, Slot>,
    now: Time,
    prove: bool,
}

#[derive(Debug)]
struct Slot {
    effective: Effective,
    /// For each repository.
    certificates: Result<Vec<Certificates>, Fault>,
    /// What the lock holds of it, if it holds something that can be relied on.
    locked: Option<Entry>,
    /// Whether it stays at the snapshot that is locked.
    held: bool,
    /// The snapshot that the Dockerfiles bear, where none is locked yet.
    adopted: Option<Time>,
    /// How old its newest snapshot must be to be taken.
    min_age: Option<Age>,
    opened: Mutex<Option<Result<State, Fault>>>,
    /// Who asks first for an architecture fetches and unpacks its indices; the others wait, and find
    /// them in the store.
    turns: Mutex<BTreeMap<String, Arc<Mutex<()>>>>,
}

/// Where a candidate was found, beside what it is.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Which archive.
    pub archive: PinName,
    /// What is offered there.
    pub candidate: Candidate,
    /// Whether the archive stands at a snapshot, which is old enough or was chosen by hand.
    pub dated: bool,
}

/// What is asked of one repository that is open.
type Look<'a, T> = &'a dyn Fn(&Opened, &Repository) -> Result<Vec<T>, Problem>;

impl Archives {
    /// Opens nothing yet. `read` gives the bytes of a keyring below pins.toml.
    #[must_use]
    pub fn new(
        all: &BTreeMap<PinName, Effective>,
        locked: &BTreeMap<PinName, Entry>,
        now: Time,
        prove: bool,
        read: &ReadFile<'_>,
    ) -> Self {
        let slot = |effective: &Effective| {
            let read = |path: &RelPath| read(&effective.name, path);
            let own = |r: &Repository| chain::certificates(effective.name.as_str(), &r.signed_by, &read);
            let certificates = effective.repositories.iter().map(own).collect();
            let locked = locked.get(&effective.name).cloned();
            Slot {
                effective: effective.clone(),
                certificates,
                locked,
                held: false,
                adopted: None,
                min_age: None,
                opened: Mutex::default(),
                turns: Mutex::default(),
            }
        };
        Self { slots: all.iter().map(|(name, e)| (name.clone(), slot(e))).collect(), now, prove }
    }

    /// Keeps an archive at the snapshot that is locked: not all pins that draw from it move.
    /// Says whether there is one.
    pub fn hold(&mut self, name: &PinName) -> bool {
        let Some(slot) = self.slots.get_mut(name) else { return false };
        slot.held = slot.at_lock().is_some();
        slot.held
    }

    /// Takes an archive that is not locked yet at the snapshot that the Dockerfiles bear, if its ceiling
    /// allows it.
    pub fn adopt(&mut self, name: &PinName, borne: Time) {
        if let Some(slot) = self.slots.get_mut(name) {
            slot.adopted = Some(borne);
        }
    }

    /// `min-age` of a pin that draws from an archive: of several the longest counts. An archive that
    /// follows the latest snapshot then takes the newest that is so old, which needs no waiting: the
    /// service says when it took it, and no author of a package can forge that. It never moves back
    /// behind the one that is locked, and one that was never locked is taken at its latest.
    pub fn ripen(&mut self, name: &PinName, age: Age) {
        if let Some(slot) = self.slots.get_mut(name) {
            slot.min_age = slot.min_age.max(Some(age));
        }
    }

    /// Whether an archive was edited since it was locked.
    #[must_use]
    pub fn edited(&self, name: &PinName) -> bool {
        let Some(slot) = self.slots.get(name) else { return false };
        slot.locked.as_ref().is_none_or(|entry| entry.request != slot.effective.request())
    }

    /// Whether an archive has snapshots, so that what is drawn from it must be of one state.
    #[must_use]
    pub fn has_snapshots(&self, name: &PinName) -> bool {
        self.slots.get(name).is_some_and(|slot| slot.effective.has_snapshots())
    }

    /// The archives that a pin draws from: those that it names, or all.
    ///
    /// # Errors
    /// One that the manifest does not have; or none at all.
    pub fn drawn(&self, named: &[PinName]) -> Result<Vec<PinName>, Trouble> {
        if self.slots.is_empty() {
            return Err(Trouble::new("there is no archive to draw from")
                .help("write [archives.debian] with `uri` and `suites` into pins.toml"));
        }
        for name in named {
            if !self.slots.contains_key(name) {
                let known: Vec<&str> = self.slots.keys().map(PinName::as_str).collect();
                return Err(Trouble::new(format!("no archive is called {}", quoted(name.as_str())))
                    .expected(format!("one of {}", known.join(", "))));
            }
        }
        Ok(if named.is_empty() { self.slots.keys().cloned().collect() } else { named.to_vec() })
    }

    /// Whether an archive serves an architecture: it does unless it was told which to take.
    #[must_use]
    pub fn serves(&self, name: &PinName, architecture: &str) -> bool {
        self.slots.get(name).is_some_and(|slot| {
            let only = &slot.effective.architectures;
            only.is_empty() || only.iter().any(|a| a == architecture)
        })
    }

    /// Every version of some packages that an archive has for an architecture.
    ///
    /// # Errors
    /// The archive cannot be opened, or not be believed.
    pub fn offers(
        &self,
        name: &PinName,
        architecture: &str,
        names: &BTreeSet<&str>,
        remote: &Remote,
    ) -> Result<Vec<Offer>, Fault> {
        self.ask(name, architecture, remote, &|opened, repository| {
            let found = chain::lookup(opened, repository, architecture, names, remote)?;
            let dated = opened.snapshot.is_some();
            Ok(found.into_iter().map(|candidate| Offer { archive: name.clone(), candidate, dated }).collect())
        })
    }

    /// All packages that an archive has for an architecture, as stanzas of some fields: index by
    /// index, each with the priority of its suite.
    ///
    /// # Errors
    /// As [`offers`](Self::offers).
    pub(super) fn stanzas(
        &self,
        name: &PinName,
        architecture: &str,
        fields: &[&str],
        remote: &Remote,
    ) -> Result<Vec<(i32, String)>, Fault> {
        self.ask(name, architecture, remote, &|opened, repository| {
            chain::stanzas(opened, repository, architecture, fields, remote)
        })
    }

    /// Asks each repository of an archive, again where its files do not fit together yet.
    fn ask<T>(&self, name: &PinName, architecture: &str, remote: &Remote, one: Look<'_, T>) -> Result<Vec<T>, Fault> {
        let Some(slot) = self.slots.get(name) else { return Ok(Vec::new()) };
        let look = |opened: &[Opened]| -> Result<Vec<T>, Problem> {
            let mut all = Vec::new();
            for (index, opened) in opened.iter().enumerate() {
                let Some(repository) = slot.repository(index) else { continue };
                all.extend(one(opened, &repository)?);
            }
            Ok(all)
        };
        let (mut tries, mut wait) = (1, BACK_OFF);
        loop {
            let opened = slot.open(self, remote)?;
            let turn = slot.turn(architecture);
            let looked = {
                let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
                look(&opened)
            };
            match looked {
                Ok(all) => return Ok(all),
                Err(problem) if !problem.skew || tries == TRIES => return Err(slot.placed(problem.fault)),
                Err(_) => slot.forget(&opened),
            }
            std::thread::sleep(wait);
            wait *= 2;
            tries += 1;
        }
    }

    /// Which packages provide a virtual one, for a message; none where that cannot be told.
    #[must_use]
    pub fn providers(&self, name: &PinName, architecture: &str, package: &str, remote: &Remote) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        let Some(slot) = self.slots.get(name) else { return all };
        let names = BTreeSet::from([package]);
        for (index, opened) in slot.now().iter().flat_map(|state| state.iter()).enumerate() {
            let Some(repository) = slot.repository(index) else { continue };
            let found = chain::providers(opened, &repository, architecture, &names, remote);
            all.extend(found.unwrap_or_default().into_values().flatten());
        }
        all
    }

    /// What the lock will hold of an archive that was opened.
    #[must_use]
    pub fn entry(&self, name: &PinName, today: Day) -> Option<Entry> {
        let slot = self.slots.get(name)?;
        slot.entry(&slot.now()?, today)
    }

    /// Things worth knowing about the archives that were opened.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let opened = self.slots.values().filter_map(Slot::now);
        opened.flat_map(|state| state.iter().flat_map(|o| o.notes.clone()).collect::<Vec<_>>()).collect()
    }
}

impl Slot {
    fn turn(&self, architecture: &str) -> Arc<Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.entry(architecture.to_owned()).or_default().clone()
    }

    /// The locked snapshot, if the lock speaks of this archive as the manifest has it.
    fn at_lock(&self) -> Option<&Token> {
        let entry = self.locked.as_ref().filter(|e| e.request == self.effective.request())?;
        entry.value("snapshot")
    }

    /// A repository; at the locked snapshot, if it is held there or to be proved.
    fn repository(&self, index: usize) -> Option<Repository> {
        let mut repository = self.effective.repositories.get(index)?.clone();
        if self.held
            && repository.snapshot.is_some()
            && let Some(stamp) = self.at_lock()
        {
            repository.snapshot = Some(Snapshot::UpTo(stamp.to_string()));
        }
        if let (Some(borne), Some(snapshot)) = (self.adopted, &repository.snapshot) {
            let allowed = match snapshot {
                Snapshot::Latest => true,
                Snapshot::UpTo(ceiling) => ceiling.parse::<Time>().is_ok_and(|ceiling| borne <= ceiling),
            };
            if allowed {
                repository.snapshot = Some(Snapshot::UpTo(borne.stamp()));
            }
        }
        Some(repository)
    }

    /// As it was opened, if it was.
    fn now(&self) -> Option<State> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.as_ref().ok().cloned()
    }

    /// Lets it be opened anew, unless somebody did so meanwhile.
    fn forget(&self, old: &State) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(&*opened, Some(Ok(state)) if Arc::ptr_eq(state, old)) {
            *opened = None;
        }
    }

    fn open(&self, archives: &Archives, remote: &Remote) -> Result<State, Fault> {
        // Held while it is opened: who comes later waits for the answer.
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.get_or_insert_with(|| self.open_now(archives, remote).map(Arc::new)).clone()
    }

    fn open_now(&self, archives: &Archives, remote: &Remote) -> Result<Vec<Opened>, Fault> {
        let certificates = self.certificates.as_ref().map_err(|f| self.placed(f.clone()))?;
        let request = self.effective.request();
        let settings = Settings {
            archive: self.effective.name.as_str(),
            request: &request,
            now: archives.now,
            max_age: self.effective.max_age,
            architectures: &self.effective.architectures,
            prove: archives.prove,
            ripe: self.ripe(archives),
            min_age: self.min_age,
        };
        let mut all = Vec::new();
        for (index, certificates) in certificates.iter().enumerate() {
            let Some(repository) = self.repository(index) else { continue };
            let opened = chain::open(&repository, certificates, self.locked.as_ref(), &settings, remote);
            all.push(opened.map_err(|f| self.placed(f))?);
        }
        Ok(all)
    }

    /// The latest moment of a snapshot that is old enough: so many days before today's first second, so
    /// that it is the same all day.
    fn ripe(&self, archives: &Archives) -> Option<Time> {
        let days = self.min_age.map(Age::days).filter(|days| *days > 0)?;
        if self.held || self.adopted.is_some() || archives.prove {
            return None;
        }
        let today = archives.now.plus(-archives.now.seconds().rem_euclid(86_400));
        Some(today.plus(-i64::from(days) * 86_400))
    }

    /// A fault with the archive's place.
    fn placed(&self, mut fault: Fault) -> Fault {
        fault.trouble.place.get_or_insert_with(|| self.effective.place.clone());
        fault
    }

    fn entry(&self, opened: &[Opened], today: Day) -> Option<Entry> {
        let mut values = BTreeMap::new();
        if let Some(snapshot) = opened.iter().find_map(|o| o.snapshot)
            && self.effective.has_snapshots()
        {
            values.insert(Token::new("snapshot").ok()?, Value::One(Token::new(&snapshot.stamp()).ok()?));
        }
        let mut evidence = BTreeMap::new();
        for opened in opened {
            for (key, proof) in opened.evidence() {
                match (evidence.get_mut(&key), proof) {
                    (Some(Evidence::Each(all)), Evidence::Each(more)) => all.extend(more),
                    (_, proof) => drop(evidence.insert(key, proof)),
                }
            }
        }
        let request = self.effective.request();
        let same = |old: &&Entry| old.request == request && old.values == values && old.evidence == evidence;
        let first_seen = self.locked.as_ref().filter(same).map_or(today, |old| old.first_seen);
        Some(Entry { request, values, artifacts: Vec::new(), evidence, first_seen, seen: BTreeMap::new() })
    }
}
