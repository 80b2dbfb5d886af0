//! `outdated`: where each pin stands against upstream. Writes nothing.

use std::path::Path;

use super::members::{self, Answer};
use super::project::{Project, failure};
use super::select::select;
use super::stand::Ground;
use crate::lock::Opened;
use crate::manifest::Pin;
use crate::model::{Day, Event, Events, Failure, Held, HeldBy, PinName, RelPath, Row, Standing, Time, Trouble};
use crate::remote::Remote;
use crate::source::based::based;
use crate::source::deb::Archives;
use crate::source::resolve::{Aim, Outlook, Want};

/// What the command line asks for.
#[derive(Debug)]
pub struct Options {
    /// Names and globs; none means every pin.
    pub names: Vec<String>,
    /// How many pins are asked for at once.
    pub jobs: usize,
    /// Today, in UTC.
    pub today: Day,
    /// Now: whether what an archive signed is still fresh.
    pub now: Time,
}

/// So many folders are held open at once.
const HELD: usize = 64;

/// Asks for every selected pin, in a folder or in the members of a workspace.
///
/// # Errors
/// What kept the manifest, the lock or a Dockerfile from being read.
pub fn run(
    dir: &Path,
    options: &Options,
    remote: Option<&Remote>,
    events: &dyn Events,
) -> Result<Answer<Vec<Row>>, Vec<Failure>> {
    let (meant, whole) = members::meant(dir, &options.names)?;
    let mut results = Vec::with_capacity(meant.len());
    for chunk in meant.chunks(HELD) {
        let begun: Vec<Result<Asked, Vec<Failure>>> =
            chunk.iter().map(|(ground, names)| Asked::begin(ground, names, whole.is_some(), options)).collect();
        let pins: Vec<(&Asked, &PinName)> =
            begun.iter().flatten().flat_map(|asked| asked.names.iter().map(move |name| (asked, name))).collect();
        events.emit(Event::Begin(pins.len()));
        let one = |(asked, name): &(&Asked, &PinName)| {
            let label = asked.label(name);
            events.emit(Event::Start(label.clone()));
            let row = asked.row(name, options, remote);
            events.emit(Event::Done(label));
            row
        };
        let mut rows = crate::remote::each(&pins, options.jobs, one).into_iter();
        for ((ground, _), asked) in chunk.iter().zip(begun) {
            let result = asked.map(|asked| {
                let mut own: Vec<Row> = rows.by_ref().take(asked.names.len()).flatten().collect();
                asked.hold_groups(&mut own);
                own
            });
            results.push((ground.name(), result));
        }
    }
    events.emit(Event::End);
    members::answer(results.into_iter(), whole)
}

/// One folder, read, and what is asked of it.
struct Asked {
    project: Project,
    opened: Opened,
    archives: Archives,
    names: Vec<PinName>,
    /// The member's name, in a workspace.
    member: Option<String>,
}

impl Asked {
    fn begin(ground: &Ground, names: &[String], member: bool, options: &Options) -> Result<Self, Vec<Failure>> {
        let project = Project::of(ground)?;
        let opened = project.lock.as_ref().map_err(|e| vec![failure(e.class(), e.trouble())])?.clone();
        let names = select(&project.manifest, names)?.names;
        let read = |archive: &PinName, path: &RelPath| project.file_of(archive, path);
        let sound = |name: &PinName| !opened.altered.contains(name);
        let locked = opened.lock.archives.iter().filter(|(name, _)| sound(name)).map(|(n, e)| (n.clone(), e.clone()));
        let mut archives = Archives::new(&project.archives, &locked.collect(), options.now, false, &read);
        super::refresh::ripen(&project, &mut archives);
        Ok(Self { project, opened, archives, names, member: member.then(|| ground.name()) })
    }

    fn label(&self, name: &PinName) -> String {
        self.member.as_ref().map_or_else(|| name.to_string(), |member| format!("{member}/{name}"))
    }

    fn row(&self, name: &PinName, options: &Options, remote: Option<&Remote>) -> Option<Row> {
        let Self { project, opened, archives, .. } = self;
        let pin = project.manifest.pins.get(name)?;
        let entry = opened.lock.pins.get(name).filter(|_| !opened.altered.contains(name));
        let current = entry.and_then(|e| pin.source.said(e));
        let age = entry.and_then(|e| u32::try_from(options.today.days_since(e.first_seen).max(0)).ok());
        let told = |outlook: Outlook| {
            let Outlook { standing, allowed, newest, held, warnings, trouble } = outlook;
            let (kind, current) = (pin.source.kind(), current.clone());
            Some(Row { pin: name.clone(), kind, standing, current, allowed, newest, age, held, warnings, trouble })
        };
        let row = |standing, trouble| told(Outlook { trouble, ..Outlook::at(standing) });
        if opened.altered.contains(name) {
            let finding = opened.findings.iter().find(|f| f.pin.as_ref() == Some(name));
            return row(Standing::Alarm, finding.map(|f| f.trouble.clone()));
        }
        if entry.is_none()
            && let Some(why) = &pin.unlocked
        {
            return row(Standing::Unlocked, Some(Trouble::new(why.clone())));
        }
        let Some(remote) = remote else {
            return row(Standing::Unreachable, Some(Trouble::new("--offline asks nobody").at(pin.place.clone())));
        };
        let bases = if pin.source.needs_bases() {
            let pins = project.manifest.pins.iter();
            let locked = pins.filter_map(|(name, pin)| Some((name, &pin.source, opened.lock.pins.get(name)?)));
            based(locked, &project.dockerfiles)
        } else {
            Vec::new()
        };
        let want = Want {
            archives: Some(archives),
            dockerfiles: &project.dockerfiles,
            bases: &bases,
            root: Some(&project.root),
            records: false,
            ..pin.want(Aim::Newest, entry, false, options.today)
        };
        match pin.source.outlook(&want, remote) {
            Ok(outlook) => told(frozen(outlook, pin, current.clone(), options.today)),
            Err(fault) => {
                let mut trouble = *fault.trouble;
                trouble.place.get_or_insert_with(|| pin.place.clone());
                row(fault.standing, Some(trouble))
            }
        }
    }

    /// Where one pin of a group stays, none of it would move.
    fn hold_groups(&self, rows: &mut [Row]) {
        let group = |pin: &PinName| self.project.manifest.pins.get(pin).and_then(|p| p.group.clone());
        let stays = |row: &Row| {
            matches!(row.standing, Standing::Alarm | Standing::Gone | Standing::Unreachable)
                || row.standing == Standing::Current
                    && row.held.iter().any(|h| matches!(h.by, HeldBy::MinAge { .. } | HeldBy::Frozen { .. }))
        };
        let blockers: Vec<(PinName, PinName)> =
            rows.iter().filter(|row| stays(row)).filter_map(|row| Some((group(&row.pin)?, row.pin.clone()))).collect();
        for row in rows.iter_mut().filter(|row| row.standing == Standing::Newer) {
            let Some(own) = group(&row.pin) else { continue };
            let Some((_, blocker)) = blockers.iter().find(|(group, _)| *group == own) else { continue };
            row.held.extend(row.allowed.take().map(|value| Held { value, by: HeldBy::Group(blocker.clone()) }));
            row.allowed = row.current.clone();
            row.standing = Standing::Current;
        }
    }
}

/// A frozen pin stays where it is, whatever there is.
fn frozen(outlook: Outlook, pin: &Pin, current: Option<String>, today: Day) -> Outlook {
    let Some(freeze) = pin.policy.freeze.as_ref().filter(|f| today <= f.until) else { return outlook };
    if outlook.standing != Standing::Newer {
        return outlook;
    }
    let by = HeldBy::Frozen { reason: freeze.reason.clone(), until: freeze.until };
    let held = outlook.allowed.clone().map(|value| Held { value, by });
    let newest = outlook.newest.or(outlook.allowed);
    let held = held.into_iter().chain(outlook.held).collect();
    Outlook { standing: Standing::Current, allowed: current, newest, held, ..outlook }
}
