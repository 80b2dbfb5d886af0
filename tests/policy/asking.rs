//! What a kind that has archives, or fetches, answers to `outdated`, asked without the program around it.

use std::collections::BTreeMap;
use std::time::Duration;

use dubo_pin::disk::Root;
use dubo_pin::dockerfile::Dockerfile;
use dubo_pin::manifest::Manifest;
use dubo_pin::model::{Day, Time};
use dubo_pin::remote::git::GitOptions;
use dubo_pin::remote::registry::Logins;
use dubo_pin::remote::{Http, Limits, Mirrors, Options, Remote};
use dubo_pin::source::deb::{Archives, Effective};
use dubo_pin::source::resolve::{Aim, Fault, Outlook, Want};

use crate::support::program::Work;

/// The outlook of a pin, as `outdated` asks for it.
pub fn outlook(work: &Work, pin: &str) -> Result<Outlook, Fault> {
    let manifest = Manifest::parse("pins.toml", &work.bytes("pins.toml")).unwrap();
    let lock = dubo_pin::lock::open(&work.bytes("pins.lock")).unwrap().lock;
    let dockerfiles = [Dockerfile::parse("Dockerfile", work.bytes("Dockerfile")).unwrap()];
    let root = Root::open(&work.image()).unwrap();
    let limits = Limits { back_off: Duration::from_millis(2), ..Limits::default() };
    let http = Http::new(Options { limits, ..Options::default() });
    let remote = Remote::new(http, Mirrors::default(), GitOptions::default())
        .with_store(Some(work.home().join("a store of its own")))
        .with_logins(Logins::default());
    let read = |path: &dubo_pin::model::RelPath| Ok(work.bytes(path.as_str()));
    let effective: BTreeMap<_, _> = manifest
        .archives
        .iter()
        .map(|(name, a)| (name.clone(), Effective::new(name, &a.place, &a.keys, &read).unwrap()))
        .collect();
    let mut archives = Archives::new(&effective, &lock.archives, Time::now(), false, &|_, path| read(path));
    for pin in manifest.pins.values() {
        for name in pin.source.drawn(&effective) {
            pin.policy.min_age.into_iter().for_each(|age| archives.ripen(name, age));
        }
    }
    let name: dubo_pin::model::PinName = pin.parse().unwrap();
    let pin = &manifest.pins[&name];
    let want = Want {
        archives: Some(&archives),
        dockerfiles: &dockerfiles,
        root: Some(&root),
        records: false,
        ..pin.want(Aim::Newest, lock.pins.get(&name), false, Day::today())
    };
    pin.source.outlook(&want, &remote)
}
