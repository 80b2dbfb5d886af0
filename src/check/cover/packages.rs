//! Packages that no pin covers: apt's, yarn's, and those of managers that no pin knows.

use std::collections::BTreeSet;

use super::held::Held;
use super::{Told, listed, spot};
use crate::dockerfile::Dockerfile;
use crate::dockerfile::shell::managed::Managed;
use crate::dockerfile::shell::{Install, Operand, Upgrade, Why, Written, yarn::Add};
use crate::model::{Id, Severity, Trouble, quoted};

pub(super) fn apt(held: &Held<'_>, file: &Dockerfile, install: &Install) -> Option<Told> {
    let free = |operand: &&Operand| !held.claims(&operand.place(file));
    let mut seen = BTreeSet::new();
    let names = install.operands.iter().filter(free).map(key);
    let names: Vec<String> = names.filter(|name| seen.insert(name.clone())).collect();
    if !names.is_empty() {
        let message = format!("{} installs {}, which no pin covers", install.program, listed(&names));
        return Some(Told::unpinned(message).parts(names));
    }
    // a file on the disk came there by another way, which is told where it stands
    let mut unknown = install.not_understood.iter().filter(|n| n.why != Why::File);
    let first = unknown.find(|n| !held.claims(&n.place(file)))?;
    if replaced(held, file, install.instruction) {
        return None;
    }
    let what = format!("what {} installs for {}", install.program, quoted(&first.text(file)));
    Some(Told::unclear(&what, &first.why.to_string(), "write the packages out, so that a pin can hold them"))
}

/// Whether an instruction lets apt take packages from the vendored archive alone.
fn replaced(held: &Held<'_>, file: &Dockerfile, instruction: usize) -> bool {
    let text = file.instructions().get(instruction).map(|i| i.line.text()).unwrap_or_default();
    held.debs && memchr::memmem::find(text, b"deb [trusted=yes] file:/vendor/apt ./").is_some()
}

pub(super) fn upgrade(held: &Held<'_>, file: &Dockerfile, upgrade: &Upgrade) -> Option<Told> {
    if replaced(held, file, upgrade.instruction) {
        return None;
    }
    let message =
        format!("{} {} takes whatever is newer in the archive, which no pin holds", upgrade.program, upgrade.verb);
    let how = "leave it out: dubo-pin refresh takes a newer base image by its digest";
    Some(Told::rewrite(message, how))
}

/// As a lock names it.
fn key(operand: &Operand) -> String {
    let own = |name: &str| matches!(name, "any" | "native");
    match operand.architecture.as_ref().map(|a| (a, a.known())) {
        Some((Written::Literal(_), Some(architecture))) if !own(architecture) => {
            format!("{}:{architecture}", operand.name)
        }
        _ => operand.name.clone(),
    }
}

pub(super) fn yarn(held: &Held<'_>, file: &Dockerfile, add: &Add) -> Option<Told> {
    let would = held.yarn.as_ref()?;
    let mut places: Vec<_> = add.packages.iter().map(|package| spot(&package.place(file))).collect();
    let mut seen = BTreeSet::new();
    let names = places.iter().filter_map(|place| would.git.get(place)).cloned();
    let names: Vec<String> = names.filter(|name| seen.insert(name.clone())).collect();
    if !names.is_empty() {
        let message = format!("yarn adds {} from git, which no pin covers", listed(&names));
        return Some(Told::unpinned(message).parts(names));
    }
    places.push(spot(&add.place(file)));
    places.extend(add.brought.iter().map(|(_, package)| spot(&package.place(file))));
    places.extend(add.not_understood.iter().map(|n| spot(&n.place(file))));
    let told: Vec<_> = places.iter().filter_map(|place| would.unclear.get(place)).collect();
    let worst = told.iter().find(|u| u.severity == Severity::Error).or(told.first()).copied()?;
    let how = worst.trouble.help.clone().unwrap_or_else(|| "write the packages out".to_owned());
    let mut told = Told::rewrite(worst.trouble.message.clone(), &how);
    if worst.severity == Severity::Note {
        told.id = Id::PKG001;
        told.trouble.help = Some(how);
    }
    Some(told)
}

pub(super) fn managed(managed: &Managed) -> Option<Told> {
    if managed.held {
        return None;
    }
    let names: Vec<String> = managed.packages.iter().map(|package| package.text()).collect();
    let what = if names.is_empty() { "packages".to_owned() } else { listed(&names) };
    let command = format!("{} {}", managed.manager, managed.verb);
    let message = format!("{} brings {what}, which dubo-pin does not pin", command.trim_end());
    let help =
        "let a lock file or hashes of the manager hold them; or say why this is well: # dubo-pin: ignore=PKG001 why";
    Some(Told { id: Id::PKG001, parts: names, trouble: Trouble::new(message).help(help) })
}
