//! `outdated`: where each pin stands against upstream. Writes nothing.

use std::path::Path;

use super::project::{Project, failure, named_file};
use super::select::select;
use crate::model::{Day, Event, Events, Failure, PinName, Row, Standing, Time, Trouble};
use crate::remote::Remote;
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

/// Asks for every selected pin.
///
/// # Errors
/// What kept the manifest, the lock or a Dockerfile from being read.
pub fn run(
    dir: &Path,
    options: &Options,
    remote: Option<&Remote>,
    events: &dyn Events,
) -> Result<Vec<Row>, Vec<Failure>> {
    let project = Project::read(dir)?;
    let opened = project.lock.as_ref().map_err(|e| vec![failure(e.class(), e.trouble())])?;
    let selection = select(&project.manifest, &options.names)?;
    let read = |path: &crate::model::RelPath| named_file(&project.root, path);
    let sound = |name: &PinName| !opened.altered.contains(name);
    let locked = opened.lock.archives.iter().filter(|(name, _)| sound(name)).map(|(n, e)| (n.clone(), e.clone()));
    let archives = Archives::new(&project.archives, &locked.collect(), options.now, false, &read);
    events.emit(Event::Begin(selection.names.len()));
    let one = |name: &PinName| {
        events.emit(Event::Start(name.to_string()));
        let row = row(&project, opened, name, &archives, options, remote);
        events.emit(Event::Done(name.to_string()));
        row
    };
    let rows = crate::remote::each(&selection.names, options.jobs, one);
    events.emit(Event::End);
    Ok(rows.into_iter().flatten().collect())
}

fn row(
    project: &Project,
    opened: &crate::lock::Opened,
    name: &PinName,
    archives: &Archives,
    options: &Options,
    remote: Option<&Remote>,
) -> Option<Row> {
    let pin = project.manifest.pins.get(name)?;
    let entry = opened.lock.pins.get(name).filter(|_| !opened.altered.contains(name));
    let current = entry.and_then(|e| pin.source.said(e));
    let age = entry.and_then(|e| u32::try_from(options.today.days_since(e.first_seen)).ok());
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
    let want = Want {
        archives: Some(archives),
        dockerfiles: &project.dockerfiles,
        root: Some(&project.root),
        records: false,
        ..pin.want(Aim::Newest, entry, false, options.today)
    };
    match pin.source.outlook(&want, remote) {
        Ok(outlook) => told(outlook),
        Err(fault) => {
            let mut trouble = *fault.trouble;
            trouble.place.get_or_insert_with(|| pin.place.clone());
            row(fault.standing, Some(trouble))
        }
    }
}
