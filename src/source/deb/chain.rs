//! From an archive to what it signs: the Release of each suite, proved and compared with the lock,
//! and the packages of its indices, proved by the Release.
//!
//! For the resolver of deb pins and for `refresh --locked`. Everything hangs on the signature: the
//! Release is read from the signed text alone, an index is taken by the Release's digest, a .deb by
//! the index's. Whoever served the bytes is of no matter. It chooses no version and writes no lock.

mod file;
mod keyrings;
mod locked;
mod packages;
mod release;

use std::collections::{BTreeMap, BTreeSet};

use super::archive::{Component, Repository, Snapshot, Suite};
use super::index::Stanza;
use super::release::Release;
use super::snapshot::{self, Taken};
use crate::lock;
use crate::model::{Age, Sha256, Time, Trouble, quoted};
use crate::remote::{Fetch, Remote, RemoteError};
use crate::source::resolve::Fault;
use crate::trust::openpgp::{Certificates, Signer};

pub use file::{Wanted, deb};
pub use keyrings::certificates;

/// What is asked of every suite of an archive.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The archive's name in the manifest, for messages.
    pub archive: &'a str,
    /// Its canonical request line, as the lock holds it: if that is another one, the lock's dates
    /// and keys bind no longer.
    pub request: &'a str,
    /// Now.
    pub now: Time,
    /// How old a Release may be.
    pub max_age: Option<Age>,
    /// The architectures that the archive is to be asked for, in Debian's words; none: all. For
    /// another one it has no packages, which is then no error.
    pub architectures: &'a [String],
    /// Whether exactly the locked state is to be proved again.
    pub prove: bool,
    /// The latest moment of a snapshot that is old enough to be taken in the place of the latest; none:
    /// the latest is taken.
    pub ripe: Option<Time>,
    /// What made it so, for messages.
    pub min_age: Option<Age>,
}

/// An archive whose Releases are proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The snapshot's time; none for a plain mirror.
    pub snapshot: Option<Time>,
    /// The canonical URL, with the snapshot's time in it, without a slash at its end.
    pub uri: String,
    /// The suites, in the order of the manifest.
    pub suites: Vec<OpenSuite>,
    /// Whether a mirror with `resolve` decided something of it.
    pub mirrored: bool,
    /// Things worth knowing.
    pub notes: Vec<String>,
    /// As [`Settings::architectures`].
    architectures: Vec<String>,
    /// As [`Settings::archive`].
    archive: String,
}

/// A suite whose Release is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSuite {
    /// Which.
    pub suite: Suite,
    /// What is signed.
    pub release: Release,
    /// Of InRelease, or of Release where the signature lies beside it.
    pub sha256: Sha256,
    /// Who signed, sorted by primary key; at least one.
    pub signers: Vec<Signer>,
    /// The folder of the Release, canonical, with a slash at its end.
    pub folder: String,
    /// Whether a mirror with `resolve` served it.
    mirrored: bool,
}

impl OpenSuite {
    /// The fingerprints of the primary keys that signed, sorted, a blank between: as the lock's
    /// evidence `key` has it.
    #[must_use]
    pub fn keys(&self) -> String {
        let keys: BTreeSet<&str> = self.signers.iter().map(|s| s.primary.as_str()).collect();
        keys.into_iter().collect::<Vec<_>>().join(" ")
    }
}

impl Opened {
    /// What the lock keeps of it: `date`, `inrelease-sha256`, `key` and `codename`, each by suite;
    /// and `origin`, where a mirror decided.
    #[must_use]
    pub fn evidence(&self) -> BTreeMap<String, lock::Evidence> {
        let each = |of: &dyn Fn(&OpenSuite) -> Option<String>| {
            let all = self.suites.iter().filter_map(|s| Some((s.suite.as_str().to_owned(), of(s)?)));
            lock::Evidence::Each(all.collect())
        };
        let mut all = BTreeMap::from([
            (locked::DATE.to_owned(), each(&|s| Some(s.release.date.to_string()))),
            (locked::DIGEST.to_owned(), each(&|s| Some(s.sha256.to_string()))),
            (locked::KEY.to_owned(), each(&|s| Some(s.keys()))),
        ]);
        if self.suites.iter().any(|s| s.release.codename.is_some()) {
            all.insert(locked::CODENAME.to_owned(), each(&|s| s.release.codename.clone()));
        }
        if self.mirrored {
            all.insert("origin".to_owned(), lock::Evidence::One("mirror".to_owned()));
        }
        all
    }
}

/// A package that an archive has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What its index says.
    pub stanza: Stanza,
    /// In which suite.
    pub suite: Suite,
    /// In which component; none in a flat archive.
    pub component: Option<Component>,
    /// The priority that apt gives the suite by itself.
    pub priority: i32,
    /// Whether the suite brings security updates.
    pub security: bool,
    /// Its .deb, canonical.
    pub url: String,
}

/// Why something failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What happened.
    pub fault: Fault,
    /// Whether it may be for an archive that changed since its Releases were read: then it may be
    /// opened anew.
    pub skew: bool,
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self { fault, skew: false }
    }
}

/// Proves the Release of every suite.
///
/// `locked` is what the lock holds of this archive.
///
/// # Errors
/// Class alarm: a signature that does not hold, an expired, foreign or future Release, one older
/// than the locked one, or another of the same date, another codename, none of the locked keys.
/// Class usage: no such suite. Class undone: nobody answers.
pub fn open(
    repository: &Repository,
    certificates: &Certificates,
    locked: Option<&lock::Entry>,
    settings: &Settings<'_>,
    remote: &Remote,
) -> Result<Opened, Fault> {
    let fixed = match (settings.prove, locked.and_then(locked::snapshot)) {
        (true, Some(time)) => Some(time),
        _ => None,
    };
    let taken = snapshot::take(repository, settings.archive, settings.now, fixed, remote)?;
    let newest = fixed.is_none() && repository.snapshot == Some(Snapshot::Latest);
    if let Some(time) = taken.time.filter(|_| newest) {
        snapshot::not_frozen(settings.archive, time, settings.now, settings.max_age)?;
    }
    let state = |taken: &Taken, newest: bool| {
        let fetch = downloads(&taken.uri, taken.time, remote)?;
        let opening = release::Opening { taken, newest, certificates, settings, locked, fetch: &fetch, remote };
        let all = in_parallel(&repository.suites, |suite| {
            let mut notes = Vec::new();
            let open = opening.suite(suite)?;
            locked::compare(&open, taken.time.is_some(), locked, settings, &mut notes)?;
            Ok::<_, Fault>((open, notes))
        })?;
        let (suites, notes): (Vec<OpenSuite>, Vec<Vec<String>>) = all.into_iter().unzip();
        Ok::<_, Fault>((suites, notes.concat()))
    };
    // The latest state is proved and compared with the lock whatever is taken: what is wrong with it is
    // an alarm today.
    let (mut suites, mut notes) = state(&taken, newest)?;
    let mut taken = taken;
    if let Some(ripe) = older(repository, &taken, locked, settings, remote)? {
        (suites, notes) = state(&ripe, false)?;
        notes.extend(told(&ripe, &taken, locked, settings));
        taken = ripe;
    }
    Ok(Opened {
        snapshot: taken.time,
        mirrored: taken.mirrored || suites.iter().any(|s| s.mirrored),
        uri: taken.uri,
        suites,
        notes,
        architectures: settings.architectures.to_vec(),
        archive: settings.archive.to_owned(),
    })
}

/// The snapshot that is taken in the place of the latest, if that one is not old enough: the newest
/// that is, but none older than the locked one.
fn older(
    repository: &Repository,
    latest: &Taken,
    locked: Option<&lock::Entry>,
    settings: &Settings<'_>,
    remote: &Remote,
) -> Result<Option<Taken>, Fault> {
    // A ceiling that has come is the user's own word; one to come is as the latest.
    let follows = match &repository.snapshot {
        Some(Snapshot::Latest) => true,
        Some(Snapshot::UpTo(ceiling)) => ceiling.parse::<Time>().is_ok_and(|ceiling| ceiling > settings.now),
        None => false,
    };
    let here = locked.filter(|entry| follows && locked::same(entry, settings, "uri"));
    let (Some(ripe), Some(time), Some(floor)) = (settings.ripe, latest.time, here.and_then(locked::snapshot)) else {
        return Ok(None);
    };
    if time <= ripe || time <= floor {
        return Ok(None);
    }
    let at_floor = || Taken { time: Some(floor), uri: snapshot::at(&repository.uri, floor), mirrored: false };
    if ripe <= floor {
        return Ok(Some(at_floor()));
    }
    let up_to = Repository { snapshot: Some(Snapshot::UpTo(ripe.stamp())), ..repository.clone() };
    match snapshot::take(&up_to, settings.archive, settings.now, None, remote) {
        Ok(taken) if taken.time >= Some(floor) => Ok(Some(taken)),
        Ok(_) => Ok(Some(at_floor())),
        Err(fault) if fault.class == crate::model::Class::Usage => Ok(Some(at_floor())),
        Err(fault) => Err(fault),
    }
}

/// That `min-age` chose the snapshot, where it moves.
fn told(ripe: &Taken, latest: &Taken, locked: Option<&lock::Entry>, settings: &Settings<'_>) -> Option<String> {
    let (time, latest, age) = (ripe.time?, latest.time?, settings.min_age?);
    let moves = locked.and_then(locked::snapshot) != Some(time);
    moves.then(|| {
        let archive = quoted(settings.archive);
        let (time, latest) = (time.stamp(), latest.stamp());
        format!("archive {archive}: min-age = {age} takes the snapshot {time}; the latest is {latest}")
    })
}

/// Finds packages by name for one architecture, in every suite and component. Several versions of
/// one are all given, those of architecture `all` too; the same stanza twice in a suite once.
///
/// # Errors
/// Class usage: a suite without this component or architecture. Class alarm: an index that is not
/// the one that the Release names. Class undone: nobody answers.
pub fn lookup(
    opened: &Opened,
    repository: &Repository,
    architecture: &str,
    names: &BTreeSet<&str>,
    remote: &Remote,
) -> Result<Vec<Candidate>, Problem> {
    packages::lookup(opened, repository, architecture, names, remote)
}

/// All packages for one architecture, as stanzas with some fields alone: index by index, each with the
/// priority of its suite (apt_preferences(5)).
///
/// # Errors
/// As [`lookup`].
pub fn stanzas(
    opened: &Opened,
    repository: &Repository,
    architecture: &str,
    fields: &[&str],
    remote: &Remote,
) -> Result<Vec<(i32, String)>, Problem> {
    packages::stanzas(opened, repository, architecture, fields, remote)
}

/// Which packages provide virtual ones: for the message about a name that no package has.
///
/// # Errors
/// As [`lookup`].
pub fn providers(
    opened: &Opened,
    repository: &Repository,
    architecture: &str,
    names: &BTreeSet<&str>,
    remote: &Remote,
) -> Result<BTreeMap<String, BTreeSet<String>>, Fault> {
    packages::providers(opened, repository, architecture, names, remote).map_err(|p| p.fault)
}

/// Downloads for an archive: a snapshot's host is asked little at once.
fn downloads<'a>(uri: &str, snapshot: Option<Time>, remote: &'a Remote) -> Result<Fetch<'a>, Fault> {
    let fetch = remote.downloads().map_err(|e| Fault::unreachable(e.class(), e.trouble()))?;
    Ok(fetch.with_files(uri.starts_with("file:")).at_most(snapshot.map(|_| snapshot::AT_ONCE)))
}

/// A trouble that says of which archive and suite it is.
fn of(archive: &str, suite: &Suite, trouble: Trouble) -> Trouble {
    let message = format!("archive {}, suite {}: {}", quoted(archive), quoted(suite.as_str()), trouble.message);
    Trouble { message, ..trouble }
}

/// A failed download, as of an archive and suite.
fn unreachable(archive: &str, suite: &Suite, error: &RemoteError) -> Fault {
    Fault::unreachable(error.class(), of(archive, suite, error.trouble()))
}

/// Does the same with each, on as many threads as pay; the first error in the order of the list.
fn in_parallel<T: Sync, R: Send, E: Send>(all: &[T], work: impl Fn(&T) -> Result<R, E> + Sync) -> Result<Vec<R>, E> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 4);
    crate::remote::each(all, threads, work).into_iter().collect()
}
