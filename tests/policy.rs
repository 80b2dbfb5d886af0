//! What policy makes of newer values, through the program: min-age, what `outdated` tells, what moved.

mod asking;
mod deb;
mod git;
mod image;
mod url;
mod yarn;

use dubo_pin::disk::Root;
use dubo_pin::dockerfile::Dockerfile;
use dubo_pin::lock::{Entry, Lock, open};
use dubo_pin::manifest::Manifest;
use dubo_pin::model::{Day, HeldBy};
use dubo_pin::remote::git::GitOptions;
use dubo_pin::remote::{Http, Mirrors, Remote};
use dubo_pin::source::resolve::{Aim, Outlook, Want};

use super::support::program::Work;

/// A day so many days before today; after it, where they are negative.
pub fn ago(days: i64) -> Day {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    Day::of_unix(i64::try_from(now).unwrap() - days * 86_400).unwrap()
}

/// The lock of a folder.
#[track_caller]
pub fn lock(work: &Work) -> Lock {
    open(&work.bytes("pins.lock")).unwrap().lock
}

/// The entry of a pin.
#[track_caller]
pub fn entry(work: &Work, pin: &str) -> Entry {
    lock(work).pins[pin].clone()
}

/// Changes the entry of a pin, and seals the lock anew.
#[track_caller]
pub fn reseal(work: &Work, pin: &str, change: impl FnOnce(&mut Entry)) {
    let mut lock = lock(work);
    change(lock.pins.get_mut(pin).unwrap());
    work.write("pins.lock", lock.to_bytes());
}

/// Makes everything that the lock has seen of a pin so many days older.
#[track_caller]
pub fn age(work: &Work, pin: &str, days: i64) {
    reseal(work, pin, |entry| {
        for day in entry.seen.values_mut() {
            *day = ago(ago(0).days_since(*day) + days);
        }
    });
}

/// What the lock has seen of a pin and holds back.
#[track_caller]
pub fn seen(work: &Work, pin: &str) -> Vec<(String, Day)> {
    entry(work, pin).seen.iter().map(|(token, day)| (token.to_string(), *day)).collect()
}

/// Where a pin stands on a day, as `outdated` asks.
#[track_caller]
pub fn outlook(work: &Work, pin: &str, today: Day) -> Outlook {
    outlook_by(work, pin, today, "")
}

/// …with mirrors, as `DUBO_PIN_MIRRORS` has them.
#[track_caller]
pub fn outlook_by(work: &Work, pin: &str, today: Day, mirrors: &str) -> Outlook {
    let manifest = Manifest::parse("pins.toml", &work.bytes("pins.toml")).unwrap();
    let pin = manifest.pins.iter().find(|(name, _)| name.as_str() == pin).unwrap().1;
    let lock = lock(work);
    let old = lock.pins.get(pin.name.as_str());
    let root = Root::open(&work.image()).unwrap();
    let mirrors = Mirrors::none().and_environment(mirrors).unwrap();
    let remote = Remote::new(Http::default(), mirrors, GitOptions::default());
    let dockerfile = [Dockerfile::parse("Dockerfile", work.bytes("Dockerfile")).unwrap()];
    let want = Want {
        root: Some(&root),
        dockerfiles: &dockerfile,
        records: false,
        ..pin.want(Aim::Newest, old, false, today)
    };
    pin.source.outlook(&want, &remote).unwrap_or_else(|fault| panic!("{fault:?}"))
}

/// What is held back, each with its reason as it is said.
pub fn held(outlook: &Outlook) -> Vec<(&str, String)> {
    outlook.held.iter().map(|held| (held.value.as_str(), held.by.to_string())).collect()
}

/// Held back by min-age, first seen so many days ago, for an age of days.
pub fn waits(seen: i64, age: i64) -> String {
    HeldBy::MinAge { seen: Some(ago(seen)), from: ago(seen - age) }.to_string()
}
