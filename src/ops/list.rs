//! `list`: which image pins what, at which version and platform. Read from manifest and lock alone;
//! the packages of base images from the store, or from their layers.
//!
//! It judges nothing: that is `verify`'s. But what cannot be told is never left out silently: an
//! entry that was altered tells nothing, and a version that has no order is neither in nor out.

use std::collections::BTreeMap;
use std::path::Path;

use super::members::{self, Seen as _};
use super::project::{Project, failure};
use super::vendoring::From;
use crate::disk::Store;
use crate::lock::Opened;
use crate::manifest::Pin;
use crate::model::{
    Aside, Class, Event, Events, Failure, Filter, Listed, Listing, LockState, PinName, Platform, Sha256, Trouble,
    Unknown,
};
use crate::source::listed::{Base, Item, known_base};

/// What the command line asks for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Any of them may match; none means everything.
    pub filters: Vec<Filter>,
    /// Also the packages of each base image.
    pub base: bool,
    /// Who needs each package.
    pub why: bool,
    /// How many images are read at once.
    pub jobs: usize,
}

/// Lists a folder, or all members of a workspace.
///
/// # Errors
/// What kept the manifest, the lock or a Dockerfile from being read; of a member, it is part of the answer.
pub fn run(dir: &Path, options: &Options, from: &From<'_>, events: &dyn Events) -> Result<Listing, Vec<Failure>> {
    let (meant, whole) = members::meant(dir, &[])?;
    let mut all: Option<Listing> = None;
    let mut unread = Vec::new();
    for (ground, _) in meant {
        let name = ground.name();
        let member = whole.is_some().then_some(name.as_str());
        let listed = Project::of(&ground).and_then(|project| of(&project, member, options, from, events));
        let rise = |failures: &mut Vec<Failure>| {
            failures.iter_mut().for_each(|f| f.trouble.rise(member.unwrap_or(".")));
        };
        match listed {
            Ok(mut listing) => {
                rise(&mut listing.failures);
                match &mut all {
                    Some(all) => all.absorb(listing),
                    None => all = Some(listing),
                }
            }
            Err(failures) if member.is_none() => return Err(failures),
            Err(mut failures) => {
                rise(&mut failures);
                unread.append(&mut failures);
            }
        }
    }
    let mut all = all.unwrap_or_default();
    all.failures.append(&mut unread);
    all.failures.extend(whole.into_iter().flatten());
    Ok(all.settled())
}

/// Lists one folder, which may be a member of a workspace: whoever has several absorbs them into one
/// and settles it at the end.
///
/// # Errors
/// The lock cannot be read.
pub(super) fn of(
    project: &Project,
    member: Option<&str>,
    options: &Options,
    from: &From<'_>,
    events: &dyn Events,
) -> Result<Listing, Vec<Failure>> {
    let opened = project.lock.as_ref().map_err(|e| vec![failure(e.class(), e.trouble())])?;
    let mut sieve = Sieve::new(&options.filters);
    let mut bases =
        if options.base { Bases::read(project, opened, member, options, from, events) } else { Bases::default() };
    for (name, pin) in &project.manifest.pins {
        let (entry, state) = standing(opened, name, pin);
        let row = |kind, item: &Item, state| row(member, pin, kind, item, state);
        let kind = pin.source.kind();
        for item in pin.source.items(entry) {
            let item = placed(pin, item);
            sieve.judge(row(kind, &item, &state), &item);
        }
        if let Some(entry) = entry {
            let edited = state == LockState::Edited;
            for item in pin.source.asked_beyond(entry, edited, &project.dockerfiles) {
                let item = placed(pin, item);
                match item.opaque && item.version.is_none() {
                    // It has no name of its own that could be listed.
                    true if kind != "deb" || item.what == "dockerfile" => {
                        if sieve.listing.filtered {
                            sieve.judge(row(kind, &item, &state), &item);
                        }
                    }
                    _ => sieve.judge(row(kind, &item, &LockState::Unlocked(None)), &item),
                }
            }
        }
        let mut aside = Vec::new();
        if !options.base && kind == "image" {
            aside.push(Aside::Bases);
        }
        if pin.source.pulls_in() {
            aside.push(Aside::Dependencies);
        }
        if sieve.listing.filtered && kind == "yarn" {
            let sound = entry.filter(|_| state == LockState::Locked);
            match pin.source.registry_packages(sound, &project.root) {
                Some(all) => {
                    all.iter().for_each(|item| sieve.judge(row("registry", &placed(pin, item.clone()), &state), item))
                }
                None => aside.push(Aside::Registry),
            }
        }
        if options.filters.iter().any(|filter| !filter.bounds().is_empty()) {
            aside.into_iter().for_each(|kind| *sieve.listing.aside.entry(kind).or_default() += 1);
        }
        let held = bases.of.remove(name).unwrap_or_default().into_iter().flat_map(|(platforms, base)| {
            base.items.into_iter().map(move |item| Item { platforms: platforms.clone(), ..item })
        });
        let mut held: Vec<Item> = held.collect();
        held.sort_by(|a, b| (&a.what, &a.platforms, &a.architecture).cmp(&(&b.what, &b.platforms, &b.architecture)));
        for item in held {
            sieve.judge(row("base", &item, &state), &item);
        }
    }
    let mut listing = sieve.listing();
    listing.why = options.why;
    listing.failures = bases.failures;
    Ok(listing)
}

/// The entry that can be relied on, and how the pin stands.
fn standing<'a>(opened: &'a Opened, name: &PinName, pin: &Pin) -> (Option<&'a crate::lock::Entry>, LockState) {
    match opened.lock.pins.get(name) {
        _ if opened.altered.contains(name) => (None, LockState::Altered),
        None => (None, LockState::Unlocked(pin.unlocked.clone())),
        Some(entry) if entry.request == pin.source.request(&pin.platforms) => (Some(entry), LockState::Locked),
        Some(entry) => (Some(entry), LockState::Edited),
    }
}

/// The item with the platforms that it is for, if it is for all of the pin's.
fn placed(pin: &Pin, item: Item) -> Item {
    if item.platforms.is_empty() { Item { platforms: pin.platforms.clone(), ..item } } else { item }
}

fn row(member: Option<&str>, pin: &Pin, kind: &'static str, item: &Item, state: &LockState) -> Listed {
    let item = item.clone();
    let mut platforms = item.platforms;
    platforms.sort();
    Listed {
        member: member.map(str::to_owned),
        pin: pin.name.clone(),
        kind,
        what: item.what,
        version: item.version,
        id: item.id,
        architecture: item.architecture,
        suite: item.suite,
        archive: item.archive,
        url: item.url,
        platforms,
        all: pin.platforms.clone(),
        each: item.each,
        state: state.clone(),
        why: item.why,
    }
}

/// The filters, and what they let through.
struct Sieve<'a> {
    filters: &'a [Filter],
    /// Whether each names anything.
    named: Vec<bool>,
    listing: Listing,
}

const EDITED: &str = "pins.toml was edited since it was locked";

/// Whether a filter means a row.
enum Meant {
    Yes,
    No,
    /// It cannot be told.
    Unknown(String),
}

impl<'a> Sieve<'a> {
    fn new(filters: &'a [Filter]) -> Self {
        let listing = Listing { filtered: !filters.is_empty(), ..Listing::default() };
        Self { filters, named: vec![false; filters.len()], listing }
    }

    fn judge(&mut self, row: Listed, item: &Item) {
        let mut meant = self.filters.is_empty();
        let mut open = None;
        for (filter, named) in self.filters.iter().zip(&mut self.named) {
            let whole = row.member.as_ref().map(|member| format!("{member}/{}", row.pin));
            let of_pin = filter.names(row.pin.as_str()) || whole.is_some_and(|whole| filter.names(&whole));
            let is_named = of_pin || item.names().any(|name| filter.names(&name));
            *named |= is_named;
            if of_pin {
                self.listing.pins.insert(filter.to_string());
            }
            let answer = judged(filter, is_named, &row, item);
            match answer {
                // The pin asks for something else since: what it will take in is open all the same.
                Meant::Yes | Meant::No if is_named && !filter.bounds().is_empty() && row.state == LockState::Edited => {
                    meant |= matches!(answer, Meant::Yes);
                    let why = EDITED.to_owned();
                    open.get_or_insert_with(|| Unknown { filter: filter.clone(), row: row.clone(), why });
                }
                Meant::Yes => meant = true,
                Meant::No => {}
                Meant::Unknown(why) => {
                    open.get_or_insert_with(|| Unknown { filter: filter.clone(), row: row.clone(), why });
                }
            }
        }
        if !meant || row.state == LockState::Edited {
            self.listing.unknown.extend(open);
        }
        if meant {
            self.listing.rows.push(row);
        }
    }

    fn listing(self) -> Listing {
        let unnamed = self.filters.iter().zip(self.named).filter(|(_, named)| !named);
        Listing { unnamed: unnamed.map(|(filter, _)| filter.to_string()).collect(), ..self.listing }
    }
}

fn judged(filter: &Filter, is_named: bool, row: &Listed, item: &Item) -> Meant {
    let why = match &row.state {
        LockState::Altered => Some("its entry in pins.lock was altered"),
        LockState::Unlocked(_) => Some("it is not locked"),
        LockState::Locked | LockState::Edited => None,
    };
    match (is_named, why) {
        (false, _) if !item.opaque => return Meant::No,
        (false, why) => {
            let why = why.unwrap_or(match row.state {
                LockState::Edited => EDITED,
                _ => "not all that the Dockerfiles install is understood",
            });
            return Meant::Unknown(format!("{why}, so its packages are not known"));
        }
        (true, _) if filter.bounds().is_empty() => return Meant::Yes,
        (true, Some(why)) => return Meant::Unknown(why.to_owned()),
        (true, None) => {}
    }
    let mut unknown = None;
    for (relation, bound) in filter.bounds() {
        match item.stands(*relation, bound) {
            Ok(true) => {}
            Ok(false) => return Meant::No,
            Err(why) => unknown = Some(why.to_string()),
        }
    }
    unknown.map_or(Meant::Yes, Meant::Unknown)
}

/// The packages of base images, by pin.
#[derive(Default)]
struct Bases {
    of: BTreeMap<PinName, Vec<(Vec<Platform>, Base)>>,
    failures: Vec<Failure>,
}

/// One image that is to be read.
struct Job<'a> {
    pin: &'a Pin,
    /// As it is called while it is read.
    label: String,
    image: Sha256,
    platforms: Vec<Platform>,
}

impl Bases {
    fn read(
        project: &Project,
        opened: &Opened,
        member: Option<&str>,
        options: &Options,
        from: &From<'_>,
        events: &dyn Events,
    ) -> Self {
        let mut bases = Self::default();
        let bounded = options.filters.iter().any(|filter| !filter.bounds().is_empty());
        let mut all = Vec::new();
        for (name, pin) in project.manifest.pins.iter().filter(|(_, pin)| pin.source.kind() == "image") {
            let (entry, state) = standing(opened, name, pin);
            let images = entry.map(|entry| pin.source.bases(entry)).unwrap_or_default();
            if images.is_empty() || bounded && state == LockState::Edited {
                let why = match state {
                    LockState::Altered => "its entry in pins.lock was altered",
                    LockState::Unlocked(_) => "it is not locked",
                    LockState::Edited => EDITED,
                    LockState::Locked => "the lock names no image of a platform",
                };
                let trouble = Trouble::new(format!("the packages of this base image are not known: {why}"));
                bases.failures.push(undone(pin, trouble.help(format!("dubo-pin refresh {name}"))));
            }
            for (image, platforms) in images {
                let of: Vec<&str> = platforms.iter().map(Platform::as_str).collect();
                let whole = member.map_or_else(|| name.to_string(), |member| format!("{member}/{name}"));
                let label = if of.is_empty() { whole } else { format!("{whole} ({})", of.join(", ")) };
                all.push(Job { pin, label, image, platforms });
            }
        }
        events.emit(Event::Begin(all.len()));
        let store = from.store.filter(|folder| folder.is_dir()).and_then(|folder| Store::open(folder).ok());
        let answers = crate::remote::each(&all, options.jobs, |job| {
            events.emit(Event::Start(job.label.clone()));
            let answer = job.read(store.as_ref(), from, events);
            events.emit(Event::Done(job.label.clone()));
            answer
        });
        events.emit(Event::End);
        for (job, answer) in all.into_iter().zip(answers) {
            match answer {
                Ok(base) => bases.of.entry(job.pin.name.clone()).or_default().push((job.platforms, base)),
                Err(failure) => bases.failures.push(failure),
            }
        }
        bases
    }
}

impl Job<'_> {
    fn read(&self, store: Option<&Store>, from: &From<'_>, events: &dyn Events) -> Result<Base, Failure> {
        let base = match (store.and_then(|store| known_base(&self.image, store)), from.remote) {
            (Some(base), _) => base,
            (None, Some(remote)) => {
                events.emit(Event::Step(self.label.clone(), "reading the layers of the image".to_owned()));
                let found = self.pin.source.base_packages(&self.image, remote);
                let found = found.map_err(|e| Failure { class: e.class(), ..undone(self.pin, e.to_trouble()) })?;
                found.unwrap_or(Base { items: Vec::new(), unknown: true })
            }
            (None, None) => {
                let trouble = Trouble::new(format!(
                    "the packages of sha256:{} are not in the store, and --offline asks nobody",
                    self.image
                ));
                return Err(undone(self.pin, trouble.help("run it once without --offline")));
            }
        };
        if base.unknown {
            let trouble = Trouble::new(format!("sha256:{} has no list of packages that dpkg would read", self.image))
                .help("it may be of another distribution, or from scratch: what it holds cannot be told");
            return Err(undone(self.pin, trouble));
        }
        Ok(base)
    }
}

fn undone(pin: &Pin, trouble: Trouble) -> Failure {
    Failure { pin: Some(pin.name.clone()), class: Class::Undone, trouble: trouble.at_or(&pin.place) }
}
