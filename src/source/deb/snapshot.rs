//! Which snapshot of an archive is taken, and how a file is found again that its pool has dropped.
//!
//! For the chain. A snapshot service keeps an archive as it was at each of its imports, at
//! `SERVICE/archive/NAME/TIME/`, lists the times of the imports at `SERVICE/mr/timestamp/`, and has
//! every file by its SHA-1 at `SERVICE/file/SHA1` (snapshot.debian.org, "machine-usable
//! interface"). A time between two imports stands for the earlier one. What comes from here decides
//! no content: that is proved by the archive's signature and by SHA-256.

mod find;

use std::collections::BTreeMap;

use url::Url;

use super::archive::{Repository, Snapshot};
use crate::disk::Expect;
use crate::model::{Age, Class, Sha256, Time, Trouble, quoted};
use crate::remote::{Fault as Failing, Fetch, Remote, RemoteError};
use crate::source::resolve::Fault;

pub use find::{by_sha1, sha1s};

/// Debian's own service.
pub const SERVICE: &str = "https://snapshot.debian.org";

/// How old the newest snapshot may be, in days: services import several times a day.
const FROZEN: i64 = 14;

/// How many answers of a snapshot service may be under way at once: it throttles whoever asks more.
pub const AT_ONCE: usize = 2;

/// The most bytes of a list of imports; that of twenty years has half a million.
const LIST_CAP: u64 = 4 << 20;

/// Where an archive stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The snapshot's time; none for a plain mirror.
    pub time: Option<Time>,
    /// The canonical URL, the time filled in, without a slash at its end.
    pub uri: String,
    /// Whether a mirror said which time it is.
    pub mirrored: bool,
}

/// The service of a snapshot's URL, and the archive's name there: of
/// `https://snapshot.debian.org/archive/debian/{snapshot}` the part before `/archive/`, and
/// `debian`. The time may be filled in.
#[must_use]
pub fn service(uri: &str) -> Option<(&str, &str)> {
    let at = uri.find("{snapshot}").or_else(|| literal(uri).map(|(at, _)| at))?;
    let (root, name) = uri.get(..at)?.strip_suffix('/')?.rsplit_once('/')?;
    root.strip_suffix("/archive").filter(|root| root.contains("://")).map(|root| (root, name))
}

/// A time that is written out as a part of a URL's path, and where.
fn literal(uri: &str) -> Option<(usize, Time)> {
    let mut at = 0;
    for part in uri.split('/') {
        if part.len() == 16
            && let Ok(time) = part.parse::<Time>()
        {
            return Some((at, time));
        }
        at += part.len() + 1;
    }
    None
}

/// The time of the snapshot that a URL names, such as
/// `https://snapshot.debian.org/archive/debian/20260901T000000Z/pool/…`.
#[must_use]
pub fn time_of(uri: &str) -> Option<Time> {
    literal(uri).map(|(_, time)| time)
}

/// The URL of an archive at a time.
#[must_use]
pub fn at(uri: &str, time: Time) -> String {
    uri.replacen("{snapshot}", &time.stamp(), 1)
}

/// Says which snapshot is taken.
///
/// `fixed` is the one that is locked and to be proved again: nobody is asked. Else the newest import
/// not after the ceiling (or not after `now`) is taken, as the service's list says it, or the
/// redirect of the folder of a time where there is no list. A mirror that has the folder of exactly
/// the ceiling, and that may decide, is taken as it is.
///
/// # Errors
/// Of class usage, if there is no import so early; of class undone, if nobody says which there are.
pub fn take(
    repository: &Repository,
    archive: &str,
    now: Time,
    fixed: Option<Time>,
    remote: &Remote,
) -> Result<Taken, Fault> {
    let uri = &repository.uri;
    let Some(which) = &repository.snapshot else {
        return Ok(Taken { time: time_of(uri), uri: uri.clone(), mirrored: false });
    };
    let taken = |time: Time, mirrored| Taken { time: Some(time), uri: at(uri, time), mirrored };
    if let Some(time) = fixed {
        return Ok(taken(time, false));
    }
    let (asked, newest) = match which {
        Snapshot::Latest => (now, true),
        Snapshot::UpTo(text) => (ceiling(text, archive)?, false),
    };
    let folder = format!("{}/", at(uri, asked));
    let mirror = remote.mirrored(&format!("{folder}dists/")).filter(|m| m.resolve);
    if !newest && mirror.as_ref().is_some_and(|m| !m.url.contains(&asked.stamp())) {
        // The mirror's rule is for this very time: there is no other to be had from it.
        return Ok(taken(asked, true));
    }
    let fetch = remote.downloads().map_err(|e| Fault::unreachable(e.class(), e.trouble()))?;
    let fetch = fetch.at_most(Some(AT_ONCE));
    let listed = match service(uri) {
        Some((root, name)) => list(root, name, &fetch),
        None => Err(RemoteError::new(Failing::NotThere, "the archive", "its URL is not that of a snapshot service")),
    };
    let error = match listed {
        Ok(list) => {
            let earliest = list.times.first().copied();
            let found = list.times.into_iter().rfind(|time| *time <= asked);
            return found.map(|time| taken(time, list.mirrored)).ok_or_else(|| too_early(archive, asked, earliest));
        }
        Err(error) => error,
    };
    let no_list = matches!(error.fault(), Failing::NotThere | Failing::Denied | Failing::Broken | Failing::Refused);
    if !no_list && mirror.is_none() {
        return Err(unknown(archive, &error, newest, now));
    }
    match fetch.leads(&folder) {
        Ok((place, asked_url, mirrored)) => match led(&asked_url, asked, &place) {
            Some(time) if time < asked || !newest => Ok(taken(time, mirrored)),
            _ => Err(unknown(archive, &error, newest, now)),
        },
        // A tree of files at exactly this time, without pages for its folders: its Release tells.
        Err(e) if !newest && matches!(e.fault(), Failing::NotThere | Failing::Denied) => {
            Ok(taken(asked, mirror.is_some()))
        }
        Err(e) if e.fault() == Failing::NotThere => Err(unknown(archive, &error, newest, now)),
        Err(e) => Err(unknown(archive, &e, newest, now)),
    }
}

/// The newest snapshot is taken several times a day: one that is old was held back.
///
/// # Errors
/// Class alarm: it is older than `max_age`, or [`FROZEN`] days where that is not said.
pub fn not_frozen(archive: &str, newest: Time, now: Time, max_age: Option<Age>) -> Result<(), Fault> {
    let days = max_age.map_or(FROZEN, |age| i64::from(age.days()));
    if newest.plus(days.saturating_mul(86_400)) >= now {
        return Ok(());
    }
    let trouble =
        Trouble::new(format!("archive {}: its newest snapshot is old: nothing was added since", quoted(archive)));
    let trouble = trouble.expected(format!("one of the last {days} days")).found(newest.to_string());
    Err(Fault::alarm(trouble.help("ask another service, and find out why; for this very state write it as `snapshot`")))
}

fn ceiling(text: &str, archive: &str) -> Result<Time, Fault> {
    text.parse().map_err(|_| {
        let trouble = Trouble::new(format!("archive {}: the snapshot {} is no moment", quoted(archive), quoted(text)));
        Fault::usage(trouble.expected("\"latest\" or a time such as \"20260901T000000Z\""))
    })
}

fn too_early(archive: &str, asked: Time, earliest: Option<Time>) -> Fault {
    let trouble =
        Trouble::new(format!("archive {}: there is no snapshot as old as {}", quoted(archive), asked.stamp()));
    Fault::usage(match earliest {
        Some(time) => trouble.found(format!("the oldest is {}", time.stamp())).help("write a later `snapshot`"),
        None => trouble.found("no snapshot at all").help("check the `uri` of the archive"),
    })
}

fn unknown(archive: &str, error: &RemoteError, newest: bool, now: Time) -> Fault {
    let what = if newest { "which snapshot is the latest" } else { "which snapshots there are" };
    let trouble = Trouble::new(format!("archive {}: nobody says {what}: {error}", quoted(archive)));
    let trouble = match newest {
        true => trouble.help(format!(
            "write a ceiling in the place of \"latest\", such as snapshot = \"{}\"",
            now.plus(-now.seconds().rem_euclid(86_400)).stamp()
        )),
        false => Trouble { help: error.trouble().help, ..trouble },
    };
    Fault::unreachable(Class::Undone, trouble)
}

/// The times of an archive's imports, sorted.
struct List {
    times: Vec<Time>,
    mirrored: bool,
}

/// What `mr/timestamp/` answers: for each archive the times of its imports.
#[derive(serde::Deserialize)]
struct Page {
    result: BTreeMap<String, Vec<String>>,
}

fn list(root: &str, name: &str, fetch: &Fetch<'_>) -> Result<List, RemoteError> {
    let url = format!("{root}/mr/timestamp/?archive={name}");
    let fetched = fetch.artifact(&url, Expect::at_most(LIST_CAP), None)?;
    let broken = |why: &str| RemoteError::new(Failing::Broken, root, format!("its list of snapshots {why}"));
    let bytes = read(fetch, &fetched.stored.sha256).map_err(|why| broken(&why))?;
    let page: Page = serde_json::from_slice(&bytes).map_err(|_| broken("cannot be read"))?;
    let times = page.result.get(name).ok_or_else(|| broken("does not name this archive"))?;
    let mut times: Vec<Time> = times.iter().filter_map(|t| t.parse().ok()).collect();
    times.sort_unstable();
    Ok(List { times, mirrored: fetched.origin == crate::remote::Origin::Mirror })
}

/// The bytes of something small that was just fetched.
fn read(fetch: &Fetch<'_>, digest: &Sha256) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    fetch.store().copy_to(digest, &mut bytes).map_err(|e| e.to_string())?;
    Ok(bytes)
}

/// Which time a folder's redirect led to: the same place on the same host but for the time, which
/// is not after the asked one. `http` may have become `https`.
fn led(asked_url: &Url, asked: Time, place: &Url) -> Option<Time> {
    let schemes = (asked_url.scheme(), place.scheme());
    let upgraded = schemes == ("http", "https");
    let same_port = asked_url.port_or_known_default() == place.port_or_known_default()
        || (upgraded && asked_url.port().is_none() && place.port().is_none());
    if !(schemes.0 == schemes.1 || upgraded) || asked_url.host_str() != place.host_str() || !same_port {
        return None;
    }
    if asked_url.path() == place.path() {
        return Some(asked);
    }
    let (at, _) = literal(asked_url.path())?;
    let (there, time) = literal(place.path())?;
    let rest = |path: &'_ str| path.get(at + 16..).map(|rest| rest.trim_end_matches('/').to_owned());
    let same = at == there
        && asked_url.path().get(..at) == place.path().get(..at)
        && rest(asked_url.path()) == rest(place.path())
        && place.query().is_none();
    (same && time <= asked).then_some(time)
}
