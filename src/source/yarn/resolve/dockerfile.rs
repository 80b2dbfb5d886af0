//! A pin of the `yarn add` lines of Dockerfiles: each git operand to its commit.
//!
//! For `resolve`. Only the commits are locked here: what those packages depend on floats, which the
//! advice says; a folder with a yarn.lock pins that too.

use std::collections::BTreeMap;

use super::super::keys::Keys;
use super::super::lockfile::Format;
use super::super::operands;
use super::super::package;
use super::super::spec::{Reference, Spec};
use super::entry::{self, Member};
use super::intent;
use super::parts::{self, Part};
use crate::model::{Token, Trouble, quoted};
use crate::remote::Remote;
use crate::source::git;
use crate::source::resolve::{Aim, Fault, Resolved, Want};

/// The packages that the lines of the Dockerfiles take from git.
pub(super) fn parts(keys: &Keys, want: &Want<'_>, remote: &Remote) -> Result<Vec<Part>, Fault> {
    let wanted = operands::wanted(want.dockerfiles).map_err(Fault::usage)?;
    let named = |key: &Token| wanted.iter().any(|w| w.key == key.as_str());
    if (wanted.is_empty() || !keys.packages.keys().all(named))
        && let Some(trouble) = operands::obstacle(want.dockerfiles)
    {
        return Err(Fault::usage(trouble));
    }
    let mut all = Vec::new();
    for operand in wanted {
        let place = operand.place.clone();
        let at = |mut fault: Fault| {
            fault.trouble.place.get_or_insert_with(|| place.clone());
            fault
        };
        all.push(part(keys, operand, want, remote).map_err(at)?);
    }
    if let Some(name) = keys.packages.keys().find(|name| !all.iter().any(|part| part.key == name.as_str())) {
        let known: Vec<&str> = all.iter().map(|part| part.key.as_str()).collect();
        let trouble =
            Trouble::new(format!("`packages` names {}, which no `yarn add` takes from git", quoted(name.as_str())));
        return Err(Fault::usage(trouble.expected(known.join(", "))));
    }
    Ok(all)
}

fn part(keys: &Keys, operand: operands::Wanted, want: &Want<'_>, remote: &Remote) -> Result<Part, Fault> {
    let text = match &operand.fragment {
        Some(fragment) if !fragment.is_empty() => format!("{}#{fragment}", operand.repository),
        _ => operand.repository.clone(),
    };
    let spec = match Spec::parse(&Format::V1, &text) {
        Ok(Spec::Git(spec)) => spec,
        Ok(_) => return Err(Fault::usage(Trouble::new(format!("{} is no git repository", quoted(&text))))),
        Err(error) => return Err(Fault::usage(error.to_trouble())),
    };
    let repository = spec.url.to_string();
    let old = want
        .old
        .filter(|old| package::proof(old, "repository", &operand.key) == Some(repository.as_str()))
        .and_then(|old| package::one(old, &operand.key));
    let follow = match keys.packages.iter().find(|(key, _)| key.as_str() == operand.key) {
        Some((_, rule)) => rule.clone(),
        None => intent::said(&Format::V1, &spec, intent::before(old.as_ref(), want, &operand.key), remote)?,
    };
    let bears = match spec.reference {
        Reference::Commit(commit) => Some(commit),
        _ => None,
    };
    let keys = git::Keys { url: spec.url, follow, omit_submodules: false };
    Ok(Part { key: operand.key, keys, old, bears, place: operand.place })
}

/// Resolves the operands of all lines.
pub(super) fn resolve(keys: &Keys, want: &Want<'_>, remote: &Remote) -> Result<Resolved, Fault> {
    let parts = parts(keys, want, remote)?;
    if parts.is_empty() {
        return Err(Fault::usage(
            Trouble::new("no `yarn add` of the Dockerfiles takes a package from git")
                .help("for a folder with package.json and yarn.lock write its path: yarn = \"app\""),
        ));
    }
    let answers = parts::resolve(&parts, want, remote)?;
    let mut notes = Vec::new();
    let held = parts::held(&parts, &answers);
    let mut between = None;
    let mut members = Vec::new();
    for (part, answer) in parts.iter().zip(answers) {
        notes.extend(answer.notes.into_iter().map(|note| format!("{}: {note}", part.key)));
        between = between.or(answer.between.filter(|_| parts.len() == 1));
        members.push(Member::new(part.key.clone(), answer.entry, &part.keys));
    }
    let request = keys.request().finish(want.platforms);
    let entry = entry::fold(request, &members, Vec::new(), BTreeMap::new(), want.old, want.today)?;
    if want.aim == Aim::Prove
        && let Some(old) = want.old
    {
        entry::unchanged(old, &entry, &mut notes)?;
    } else if want.old.is_none() {
        notes.extend(parts.iter().filter_map(|part| parts::stays(part, "the Dockerfile")));
        notes.extend(operands::notes(want.dockerfiles));
    }
    Ok(Resolved { entry, between, files: Vec::new(), held, notes })
}
