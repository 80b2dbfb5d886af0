//! git pins of what is not covered: of the clones in RUN, of ADD, and of ARGs that only a base image's
//! ONBUILD clones.
//!
//! | file | what it is for |
//! |---|---|
//! | `address` | the repository's URL as a manifest has it |
//! | `triple` | which ARGs belong together |
//! | `rule` | what is followed |
//! | `sites` | the `into` of an ARG, ENV or ADD |

mod address;
mod rule;
pub(super) mod sites;
#[cfg(test)]
mod tests;
mod triple;

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, Draft, Drafts, Names, floating};
use crate::dockerfile::added::{Remote, RemoteKind};
use crate::dockerfile::checkout::Checkout;
use crate::dockerfile::{Dockerfile, Intake, SearchError, Site, assigned, claims, search};
use crate::manifest::edit::{Literal, NewPin};
use crate::model::{CommitId, GitUrl, Place, Trouble, quoted};
use address::Address;
use rule::{Known, Rule, Stands};
use triple::Part;

/// What gives the reference.
#[derive(Clone, Debug)]
enum Held {
    Assignment(usize),
    /// The ADD of this URL.
    Add(String),
}

/// A repository at a reference that a site can hold.
struct Found<'a> {
    file: &'a Dockerfile,
    stage: Option<usize>,
    place: Place,
    address: Address,
    held: Held,
    stands: Stands,
    /// The ARG beside it that holds its tag or version.
    version: Option<usize>,
}

/// The repositories that `draft` will ask for, so that they can be asked for at once.
#[must_use]
pub(super) fn urls(case: &Case<'_>) -> Vec<GitUrl> {
    let mut urls: Vec<GitUrl> = found(case, &mut Drafts::default()).into_iter().map(|f| f.address.url).collect();
    urls.sort();
    urls.dedup();
    urls
}

pub(super) fn draft(case: &Case<'_>, names: &mut Names, out: &mut Drafts) {
    let all = found(case, out);
    let mut groups: BTreeMap<(usize, String, String), Vec<&Found<'_>>> = BTreeMap::new();
    let mut order: BTreeMap<(String, String), usize> = BTreeMap::new();
    for one in &all {
        let at = one.stands.commit.map(|c| c.to_string()).or_else(|| one.stands.reference.clone());
        let key = (address::identity(&one.address.url), at.unwrap_or_default());
        let next = order.len();
        let rank = *order.entry(key.clone()).or_insert(next);
        groups.entry((rank, key.0, key.1)).or_default().push(one);
    }
    for group in groups.values() {
        pin(case, group, names, out);
    }
}

/// One pin for one repository at one commit.
fn pin(case: &Case<'_>, group: &[&Found<'_>], names: &mut Names, out: &mut Drafts) {
    let mut into: Vec<Site> = Vec::new();
    let mut held = Vec::new();
    for one in group {
        match site(case, one) {
            Ok(site) if into.contains(&site) => {}
            Ok(site) => {
                into.push(site);
                held.push(*one);
            }
            Err(error) => out.not_understood.push(unsited(one, error)),
        }
    }
    let Some(first) = held.first() else { return };
    let mut stands = first.stands.clone();
    stands.said = held.iter().flat_map(|one| one.stands.said.iter().cloned()).collect();
    let refs = case.upstream.refs(&first.address.url);
    let known = match &refs {
        Ok(Some(refs)) => Known::Refs(refs),
        Ok(None) => Known::Nobody("offline".to_owned()),
        Err(trouble) => Known::Nobody(trouble.message.clone()),
    };
    let rule = rule::rule(&stands, &known);
    for one in &held {
        into.extend(beside(case, one, &rule).into_iter().filter(|site| !into.contains(site)).collect::<Vec<_>>());
    }
    let (owned, last) = address::names(&first.address.url);
    let stage = first.stage.and_then(|s| first.file.stages().get(s)).and_then(|s| s.name.as_deref());
    let staged = format!("{last}-{}", stage.unwrap_or("2"));
    let Some(name) = names.take(&[&last, &owned, &staged]) else { return };
    let mut keys = vec![("git".to_owned(), Literal::Text(first.address.url.to_string()))];
    keys.extend(rule.keys);
    if stands.commit.is_none() {
        keys.push(("unlocked".to_owned(), Literal::Text(floating(&name))));
    }
    let mut comment = Vec::new();
    if held.iter().any(|one| one.address.plain_git) {
        comment.push("The Dockerfile says git://, which is neither encrypted nor authenticated.".to_owned());
    }
    comment.extend(rule.unproved.iter().map(|why| format!("unproved: {}", crate::model::visible(why))));
    let pin = NewPin { name, keys, into, comment };
    out.pins.push(Draft { pin, place: first.place.clone(), unproved: rule.unproved });
}

fn site(case: &Case<'_>, one: &Found<'_>) -> Result<Site, Option<SearchError>> {
    match &one.held {
        Held::Assignment(index) => sites::of(case.files, one.file, *index, None),
        Held::Add(url) => sites::add(case.files, one.file, one.stage, url),
    }
}

/// The site of the ARG beside the commit, if it holds what the lock will hold.
fn beside(case: &Case<'_>, one: &Found<'_>, rule: &Rule) -> Option<Site> {
    let index = one.version?;
    let value = triple::value(one.file, index)?;
    let commit = one.stands.commit.map(|c| c.to_string());
    let key = if commit.as_deref() == Some(value.as_str()) {
        None
    } else if rule::is_hex(&value) && commit.is_some_and(|c| c.starts_with(&value)) {
        Some("short")
    } else if let Some(tag) = rule.tag.as_deref() {
        let version = rule::version_of(rule, tag);
        Some(if tag == value { "tag" } else { version.filter(|v| *v == value).map(|_| "version")? })
    } else {
        return None;
    };
    sites::of(case.files, one.file, index, key).ok()
}

fn unsited(one: &Found<'_>, error: Option<SearchError>) -> Trouble {
    let why = error.map(|e| e.trouble(&one.place));
    let message = format!("no site means this reference of {} alone", one.address.url);
    let trouble = Trouble::new(message).at(one.place.clone());
    let trouble = match &why {
        Some(why) => trouble.found(why.message.clone()),
        None => trouble,
    };
    trouble.help("give it an ARG with a name of its own, whose default is the commit and nothing else")
}

/// Everything that a site can hold; the rest is told.
fn found<'a>(case: &Case<'a>, out: &mut Drafts) -> Vec<Found<'a>> {
    let mut all = Vec::new();
    let mut used: BTreeSet<(&str, usize)> = taken(case);
    for uncovered in case.uncovered {
        let file = uncovered.file;
        let one = match uncovered.intake {
            Intake::Git(checkout) => from_checkout(file, checkout),
            Intake::Remote(remote) => match from_add(file, remote) {
                Some(one) => one,
                None => continue,
            },
            _ => continue,
        };
        match one {
            Ok(one) => {
                if let Held::Assignment(index) = one.held {
                    used.insert((file.file(), index));
                }
                used.extend(one.version.map(|index| (file.file(), index)));
                all.push(one);
            }
            Err(trouble) => out.not_understood.push(trouble),
        }
    }
    for file in case.files {
        let triples = triple::all(file);
        if triples.is_empty() {
            continue;
        }
        // A clone that uses them speaks for them, covered or told above.
        let intakes = file.intakes();
        let spoken = |index: usize| {
            intakes.iter().any(|i| match i {
                Intake::Git(c) => c.assignment == Some(index) || c.repository_assignment == Some(index),
                _ => false,
            })
        };
        for triple in triples {
            if used.contains(&(file.file(), triple.commit)) || spoken(triple.commit) || spoken(triple.repository) {
                continue;
            }
            all.extend(from_triple(file, triple.repository, triple.commit));
        }
    }
    all
}

/// The assignments that are sites of the manifest already.
fn taken<'a>(case: &Case<'a>) -> BTreeSet<(&'a str, usize)> {
    let sites = case.manifest.sites();
    let found = sites.filter_map(|(_, site)| search(case.files, &site.value).ok()).flatten();
    found.filter_map(|(file, located)| Some((file.file(), located.assignment?))).collect()
}

fn from_checkout<'a>(file: &'a Dockerfile, checkout: &Checkout) -> Result<Found<'a>, Trouble> {
    let told = |message: String, help: String| Err(Trouble::new(message).at(checkout.place.clone()).help(help));
    let Some(repository) = &checkout.repository else {
        let help = "name the repository in the same stage, or write the pin by hand: dubo-pin add --help";
        return told("a git command takes a ref, and nobody can tell of which repository".to_owned(), help.to_owned());
    };
    let Some(text) = &repository.value else {
        let message = format!("the repository {} is not known before the build", quoted(&repository.text()));
        return told(message, "give its ARG a default".to_owned());
    };
    let address = match address::read(text) {
        Ok(address) => address,
        Err(trouble) => {
            let place = checkout.place.clone();
            return Err(trouble.at(place).help("write a URL that can be followed: https://, ssh:// or user@host:path"));
        }
    };
    let (_, last) = address::names(&address.url);
    let name: String =
        last.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    let Some(reference) = &checkout.reference else {
        return told(
            format!("{} is cloned at whatever HEAD is", address.url),
            format!(
                "write `ARG {name}_COMMIT=<the full commit>` above the RUN, and check out \"${name}_COMMIT\" behind the clone"
            ),
        );
    };
    let Some(held) = checkout.assignment else {
        let text = reference.value.clone().unwrap_or_else(|| reference.text());
        let full = text.parse::<CommitId>().is_ok();
        let stands = if full { text.clone() } else { "<the full commit>".to_owned() };
        return told(
            format!("{} is taken at {}, which stands in the command", address.url, quoted(&text)),
            format!("write `ARG {name}_COMMIT={stands}` above the RUN, and \"${name}_COMMIT\" in the command"),
        );
    };
    let value = triple::value(file, held).or_else(|| reference.value.clone()).filter(|v| !v.is_empty());
    let Some(value) = value else {
        let arg = file.assignments().get(held).map_or("", |a| a.name.as_str());
        return told(
            format!("the reference {} of {} has no value", quoted(&reference.text()), address.url),
            format!("give it one: `ARG {arg}=<the full commit>`"),
        );
    };
    let also = checkout.also.iter().filter_map(|s| s.value.clone());
    Ok(of_assignment(file, checkout.stage, checkout.place.clone(), address, held, value, also))
}

/// `None` if it is no repository.
fn from_add<'a>(file: &'a Dockerfile, remote: &Remote) -> Option<Result<Found<'a>, Trouble>> {
    let RemoteKind::Git { repository, reference, variable } = &remote.what else { return None };
    let address = match address::read(repository) {
        Ok(address) => address,
        Err(trouble) => return Some(Err(trouble.at(remote.place.clone()))),
    };
    let giver = variable.as_ref().map(|name| triple::giver(file, remote.stage, remote.instruction, name));
    let (place, stage) = (remote.place.clone(), remote.stage);
    Some(match giver {
        Some(None) => {
            let name = variable.as_deref().unwrap_or_default();
            let trouble = Trouble::new(format!("nothing here gives {} a value", quoted(name))).at(place);
            Err(trouble.help(format!("give it one: `ARG {name}=<the full commit>`")))
        }
        Some(Some(index)) => {
            let value = triple::value(file, index).or_else(|| reference.clone()).unwrap_or_default();
            Ok(of_assignment(file, stage, place, address, index, value, std::iter::empty()))
        }
        None => {
            let value = reference.clone().unwrap_or_default();
            let held = Held::Add(repository.clone());
            Ok(Found { file, stage, place, address, held, stands: stands(value, Vec::new()), version: None })
        }
    })
}

fn from_triple(file: &Dockerfile, repository: usize, commit: usize) -> Option<Found<'_>> {
    let address = address::read(&triple::value(file, repository)?).ok()?;
    let located = assigned(file, commit).ok()?;
    let value = located.value.clone();
    Some(of_assignment(file, located.stage, located.place, address, commit, value, std::iter::empty()))
}

/// A reference that an ARG or ENV gives, with what is said beside it.
fn of_assignment<'a>(
    file: &'a Dockerfile,
    stage: Option<usize>,
    place: Place,
    address: Address,
    mut held: usize,
    mut value: String,
    also: impl Iterator<Item = String>,
) -> Found<'a> {
    let is_commit = |text: &str| text.parse::<CommitId>().is_ok();
    let mut version = None;
    if is_commit(&value) {
        version = triple::sibling(file, held, Part::Version);
    } else if let Some(commit) = triple::sibling(file, held, Part::Commit)
        && let Some(full) = triple::value(file, commit).filter(|v| is_commit(v))
    {
        // The tag is what is cloned, and the commit stands beside it.
        version = Some(held);
        (held, value) = (commit, full);
    }
    let mut said: Vec<(String, bool)> =
        version.and_then(|index| triple::value(file, index)).into_iter().map(|text| (text, false)).collect();
    let claim = |index: usize| Some(claims(file, &assigned(file, index).ok()?)?.0);
    let comment = claim(held).or_else(|| version.and_then(claim));
    said.extend(also.map(|text| (text, false)));
    said.extend(comment.map(|text| (text, true)));
    Found { file, stage, place, address, held: Held::Assignment(held), stands: stands(value, said), version }
}

fn stands(value: String, said: Vec<(String, bool)>) -> Stands {
    match value.parse::<CommitId>() {
        Ok(commit) => Stands { commit: Some(commit), reference: None, said },
        Err(_) => Stands { commit: None, reference: (!value.is_empty()).then_some(value), said },
    }
}
