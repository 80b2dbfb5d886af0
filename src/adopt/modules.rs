//! yarn pins of what is not covered: one for all packages that `yarn add` takes from git.
//!
//! For [`adopt`](super::adopt). A folder with package.json and yarn.lock is not seen from a Dockerfile:
//! `yarn = "FOLDER"` is written by hand.

use super::{Case, Draft, Drafts, Names, floating};
use crate::dockerfile::Intake;
use crate::dockerfile::is_git;
use crate::dockerfile::shell::yarn::Package;
use crate::manifest::edit::{Literal, NewPin};
use crate::model::CommitId;
use crate::source::Source;
use crate::source::yarn::What;

pub(super) fn draft(case: &Case<'_>, names: &mut Names, out: &mut Drafts) {
    let adds = || {
        case.uncovered.iter().filter_map(|open| match open.intake {
            Intake::Yarn(add) if add.adds => Some((open, add)),
            _ => None,
        })
    };
    let from_git: Vec<&Package> = adds().flat_map(|(_, add)| &add.packages).filter(|p| takes_git(p)).collect();
    let first = adds().find(|(_, add)| add.packages.iter().any(takes_git));
    let Some((open, add)) = first else { return };
    // One that stands in the manifest claims all of them: what is open then is not a pin's to give.
    if case.manifest.pins.values().any(|pin| matches!(&pin.source, Source::Yarn(keys) if keys.what == What::Dockerfile))
    {
        return;
    }
    let Some(name) = names.take(&["yarn"]) else { return };
    let mut keys = vec![("yarn".to_owned(), Literal::Text("dockerfile".to_owned()))];
    let held = |p: &&Package| {
        let fragment = p.fragment.as_ref().and_then(|f| f.known());
        fragment.is_some_and(|text| text.parse::<CommitId>().is_ok())
    };
    if !from_git.iter().all(held) {
        keys.push(("unlocked".to_owned(), Literal::Text(floating(&name))));
    }
    let pin = NewPin { name, keys, into: Vec::new(), comment: Vec::new() };
    out.pins.push(Draft { pin, place: add.place(open.file), unproved: None });
}

fn takes_git(package: &Package) -> bool {
    let text = package.text.as_str();
    let behind = text.split_once("@git").map_or(text, |(_, rest)| rest);
    package.fragment.is_some() || [text, behind].iter().any(|t| is_git(t.as_bytes())) || text.ends_with(".git")
}
