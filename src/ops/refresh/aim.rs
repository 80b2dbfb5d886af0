//! What each pin aims at, before anybody is asked.
//!
//! For `refresh`. A pin without a lock entry is locked at the value that its Dockerfile bears, if
//! the manifest allows it: adoption changes nothing.

use std::collections::BTreeMap;

use super::{Options, sound};
use crate::dockerfile::search;
use crate::lock::{Lock, Opened};
use crate::manifest::Pin;
use crate::model::{Class, Failure, PinName, Place, Token, Trouble, quoted};
use crate::ops::project::Project;
use crate::ops::select::Selection;
use crate::source::resolve::Aim;

/// What is to be done for one pin.
pub(super) enum Step {
    /// The entry stays as it is; its values are placed.
    Keep,
    /// Nothing, for a reason.
    Skip(String),
    /// It failed before anybody was asked.
    Fail(Box<Failure>),
    /// Ask upstream; where the aim is not allowed, the newest may be taken instead.
    Resolve { aim: Aim, or_newest: bool },
}

/// A step for each selected pin, in the manifest's order.
pub(super) fn steps(
    project: &Project,
    old: &Lock,
    opened: Option<&Opened>,
    selection: &Selection,
    options: &Options,
    online: bool,
) -> Vec<(PinName, Step)> {
    selection
        .names
        .iter()
        .filter_map(|name| {
            let pin = project.manifest.pins.get(name)?;
            Some((name.clone(), step(project, old, opened, name, pin, selection.named(name), options, online)))
        })
        .collect()
}

#[allow(clippy::too_many_arguments, reason = "one call site; a struct would only rename them")]
fn step(
    project: &Project,
    old: &Lock,
    opened: Option<&Opened>,
    name: &PinName,
    pin: &Pin,
    named: bool,
    options: &Options,
    online: bool,
) -> Step {
    let fail =
        |trouble: Trouble| Step::Fail(Box::new(Failure { pin: Some(name.clone()), class: Class::Usage, trouble }));
    if let Some(why) = &pin.unlocked
        && !named
    {
        return Step::Skip(format!("unlocked: {why}"));
    }
    if !sound(opened, name) {
        let finding = opened.and_then(|o| o.findings.iter().find(|f| f.pin.as_ref() == Some(name)));
        return fail(finding.map_or_else(|| Trouble::new("the lock's entry was altered"), |f| f.trouble.clone()));
    }
    let entry = old.pins.get(name);
    let own = entry.is_some_and(|e| {
        e.request == pin.source.request(&pin.platforms) && crate::vendor::in_place(pin, e) && claimed(project, pin, e)
    });
    let current = own && drawn_current(project, old, pin);
    if options.locked {
        return match entry {
            Some(_) => Step::Resolve { aim: Aim::Prove, or_newest: false },
            None => fail(
                Trouble::new("the pin is not in the lock, so there is nothing to prove")
                    .at(pin.place.clone())
                    .help(format!("dubo-pin refresh {name}")),
            ),
        };
    }
    let borne = match borne(project, pin) {
        Ok(borne) => borne,
        Err(trouble) => return fail(trouble),
    };
    if let Some(to) = &options.to {
        return Step::Resolve { aim: Aim::At(to.clone()), or_newest: false };
    }
    // What stands in files of its own may be other than what was locked.
    let settled = options.keep && !pin.source.bears_itself();
    if current && (settled || !online) {
        return Step::Keep;
    }
    if let Some(freeze) = pin.frozen(options.today)
        && !named
        && current
    {
        return Step::Skip(format!("{freeze} (upstream was not asked; outdated asks)"));
    }
    match (entry, borne) {
        // Edited, or an archive that it draws from: a frozen pin stays what it is all the same.
        (Some(entry), _) if !current && !named && pin.frozen(options.today).is_some() => {
            Step::Resolve { aim: Aim::Keep(locked_values(pin, entry)), or_newest: false }
        }
        // Edited since it was locked: what is locked stays, if the manifest still allows it.
        (Some(entry), _) if (!current || pin.source.bears_itself()) && options.keep => {
            Step::Resolve { aim: Aim::Keep(locked_values(pin, entry)), or_newest: false }
        }
        (Some(_), _) => Step::Resolve { aim: Aim::Newest, or_newest: false },
        // A tag alone is nothing that could be kept.
        (None, Borne::Values(values))
            if !options.keep && pin.source.must_stand() && !values.values().any(|v| v.as_str().contains("sha256:")) =>
        {
            Step::Resolve { aim: Aim::Newest, or_newest: false }
        }
        (None, Borne::Values(values)) if !values.is_empty() && !pin.source.bears_itself() => {
            Step::Resolve { aim: Aim::Keep(values), or_newest: !options.keep }
        }
        (None, Borne::Contradiction(trouble)) if options.keep => fail(*trouble),
        // What it bears stands in files that the kind reads itself.
        (None, _) if options.keep && pin.source.bears_itself() => {
            Step::Resolve { aim: Aim::Keep(BTreeMap::new()), or_newest: false }
        }
        (None, _) if options.keep && !pin.into.is_empty() => fail(
            Trouble::new("there is no value to keep: the sites are empty")
                .at(pin.place.clone())
                .help(format!("dubo-pin refresh {name} locks the newest")),
        ),
        (None, _) => Step::Resolve { aim: Aim::Newest, or_newest: false },
    }
}

/// Whether the archives that the pin draws from are locked as the manifest has them.
fn drawn_current(project: &Project, old: &Lock, pin: &Pin) -> bool {
    let same = |name: &&PinName| {
        let request = project.archives.get(*name).map(crate::source::deb::Effective::request);
        old.archives.get(*name).map(|e| &e.request) == request.as_ref()
    };
    pin.source.drawn(&project.archives).iter().all(same)
}

/// Whether the lock has a value for each place that the pin claims.
fn claimed(project: &Project, pin: &Pin, entry: &crate::lock::Entry) -> bool {
    let has = |key: &str| entry.values.keys().any(|k| k.as_str() == key);
    pin.source.implied(&project.dockerfiles).sites.iter().all(|site| has(&site.key))
}

/// What is locked, as a Dockerfile would bear it.
fn locked_values(pin: &Pin, entry: &crate::lock::Entry) -> BTreeMap<String, Token> {
    let mut values = BTreeMap::new();
    // Where values are named after packages, all of them stand there.
    let named = pin.source.value_keys().is_empty();
    // A digest is kept with the tag that it is of.
    let tag = |key: &Token| pin.source.must_stand() && key.as_str() == "tag";
    let stands = |key: &Token| named || tag(key) || ["commit", "digest", "sha256"].contains(&key.as_str());
    for (key, value) in entry.values.iter().filter(|(key, _)| stands(key)) {
        match value {
            crate::lock::Value::One(token) => {
                values.insert(key.to_string(), token.clone());
            }
            crate::lock::Value::Each(each) => {
                values.extend(each.iter().map(|(platform, token)| (format!("{key} {platform}"), token.clone())));
            }
        }
    }
    values
}

/// What the Dockerfiles say of a pin.
enum Borne {
    Values(BTreeMap<String, Token>),
    Contradiction(Box<Trouble>),
}

/// The values that a pin's sites bear, by value key; every site must be found, once.
fn borne(project: &Project, pin: &Pin) -> Result<Borne, Trouble> {
    let mut values: BTreeMap<String, (Token, Place)> = BTreeMap::new();
    let mut contradiction = None;
    for placed in &pin.into {
        let key = pin.value_key(&placed.value);
        for (_, at) in search(&project.dockerfiles, &placed.value).map_err(|e| e.trouble(&placed.place))? {
            if at.value.is_empty() {
                continue;
            }
            let token = match Token::new(&at.value) {
                Ok(token) => token,
                Err(error) => {
                    contradiction =
                        Some(Trouble::new(format!("the site bears no pinned value: {error}")).at(at.place.clone()));
                    continue;
                }
            };
            let key = match &placed.value.platform {
                Some(platform) => format!("{key} {platform}"),
                None => key.to_owned(),
            };
            match values.get(&key) {
                Some((first, place)) if *first != token => {
                    contradiction = Some(
                        Trouble::new(format!("the sites of this pin bear different values of {key}"))
                            .at(at.place.clone())
                            .expected(format!("{} as in {}:{}", quoted(first.as_str()), place.file, place.line))
                            .found(quoted(token.as_str()))
                            .help("make them equal, or give them pins of their own"),
                    );
                }
                Some(_) => {}
                None => {
                    values.insert(key, (token, at.place.clone()));
                }
            }
        }
    }
    for site in pin.source.implied(&project.dockerfiles).sites {
        let Some((key, token)) = site.keeps() else { continue };
        match values.get(&key) {
            Some((first, place)) if *first != token => {
                contradiction = Some(
                    Trouble::new(format!("the Dockerfiles install different versions of {}", quoted(&site.key)))
                        .at(site.place.clone())
                        .expected(format!("{} as in {}:{}", quoted(first.as_str()), place.file, place.line))
                        .found(quoted(token.as_str()))
                        .help("make them equal, or give the stages pins of their own: `stages = [\"…\"]`"),
                );
            }
            Some(_) => {}
            None => drop(values.insert(key, (token, site.place.clone()))),
        }
    }
    Ok(match contradiction {
        Some(trouble) => Borne::Contradiction(Box::new(trouble)),
        None => Borne::Values(values.into_iter().map(|(key, (token, _))| (key, token)).collect()),
    })
}
