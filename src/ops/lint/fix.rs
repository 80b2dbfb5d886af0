//! Which fixes are applied: those that leave a Dockerfile that can be read and in which nothing new is
//! found.
//!
//! For `lint --fix`. Texts in, texts out; the disk is its caller's.

use std::collections::BTreeMap;

use crate::check::lint::{Linted as Told, lint};
use crate::dockerfile::{Dockerfile, Edit, EditError, apply};
use crate::model::{Finding, Id, Trouble};

/// A fix may lay bare what another mends: it is looked so often.
const ROUNDS: usize = 8;

/// What the fixes came to.
pub(super) struct Fixed {
    /// All Dockerfiles, mended.
    pub(super) files: Vec<Dockerfile>,
    /// The findings that are mended, each once.
    pub(super) findings: Vec<Finding>,
    /// Why some are not.
    pub(super) notes: Vec<Trouble>,
}

/// Applies fixes until there is none left. `told`: what may be mended in such texts.
pub(super) fn fix(files: &[Dockerfile], told: impl Fn(&[Dockerfile]) -> Vec<Told>) -> Fixed {
    let mut out = Fixed { files: files.to_vec(), findings: Vec::new(), notes: Vec::new() };
    for _ in 0..ROUNDS {
        let all = told(&out.files);
        let (mut changed, mut refused) = (false, Vec::new());
        for index in 0..out.files.len() {
            let here: Vec<&Told> = all.iter().filter(|t| t.file == index).collect();
            if here.is_empty() {
                continue;
            }
            changed |= one(&mut out, index, &here, &mut refused);
        }
        out.notes = refused;
        if !changed {
            break;
        }
    }
    out
}

/// Mends one file: all at once, or, where that is not well, one by one. Whether it is another one then.
fn one(out: &mut Fixed, index: usize, here: &[&Told], refused: &mut Vec<Trouble>) -> bool {
    let edits = |some: &[&Told]| some.iter().flat_map(|t| t.fix.clone()).collect::<Vec<Edit>>();
    if let Ok(file) = tried(&out.files, index, &edits(here)) {
        if let Some(place) = out.files.get_mut(index) {
            *place = file;
        }
        out.findings.extend(here.iter().map(|t| t.finding.clone()));
        return true;
    }
    // The edits are of the text as it was: those that hold together are kept.
    let (mut kept, mut best): (Vec<&Told>, Option<Dockerfile>) = (Vec::new(), None);
    for told in here {
        kept.push(told);
        match tried(&out.files, index, &edits(&kept)) {
            Ok(file) => best = Some(file),
            Err(why) => {
                kept.pop();
                let trouble = Trouble::new(format!("the fix of {} is not applied: {why}", told.finding.id));
                refused.push(Trouble { place: told.finding.trouble.place.clone(), ..trouble });
            }
        }
    }
    let Some((file, place)) = best.zip(out.files.get_mut(index)) else { return false };
    *place = file;
    out.findings.extend(kept.iter().map(|t| t.finding.clone()));
    true
}

/// The file with edits, if that is well.
fn tried(files: &[Dockerfile], index: usize, edits: &[Edit]) -> Result<Dockerfile, String> {
    let Some(file) = files.get(index) else { return Err("there is no such file".to_owned()) };
    let after = apply(file.bytes(), edits).map_err(|e: EditError| e.to_string())?;
    let after = Dockerfile::parse(file.file(), after).map_err(|t| format!("then {}", t.message))?;
    let mut all = files.to_vec();
    let before = counted(&lint(&all));
    if let Some(place) = all.get_mut(index) {
        *place = after.clone();
    }
    let new = counted(&lint(&all)).into_iter().find(|(id, n)| before.get(id).is_none_or(|b| b < n));
    match new {
        Some((id, _)) => Err(format!("then {id} would be found: {}", id.title())),
        None => Ok(after),
    }
}

fn counted(all: &[Told]) -> BTreeMap<Id, usize> {
    let mut out = BTreeMap::new();
    for told in all {
        *out.entry(told.finding.id).or_default() += 1;
    }
    out
}
