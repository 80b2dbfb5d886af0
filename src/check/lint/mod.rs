//! What can be said against a Dockerfile without network and without a lock, one file a family.
//!
//! For `lint`; `verify` asks only to know which suppressions are used.
//!
//! | file | ids |
//! |---|---|
//! | `images` | IMG001 to IMG003, IMG008 to IMG013, IMG015 |
//! | `repositories` | GIT001, GIT002, GIT005, GIT006, URL002 |
//! | `downloads` | URL001, URL003 to URL005 |
//! | `packages` | APT001, APT003, APT005, APT006, APT008 to APT010 |
//! | `texts` | ARG001, DOC001 |
//!
//! `names` looks up who gives an ARG its value.

mod downloads;
mod images;
mod names;
mod packages;
mod repositories;
mod texts;

#[cfg(test)]
mod tests;

use crate::dockerfile::{Dockerfile, Edit};
use crate::model::{Finding, Id, Severity, Trouble};

/// A finding, and the edits of its Dockerfile that mend it, if text alone does.
#[derive(Clone, Debug)]
pub struct Linted {
    /// Which of the Dockerfiles.
    pub file: usize,
    /// What is wrong.
    pub finding: Finding,
    /// What mends it; empty if text alone cannot.
    pub fix: Vec<Edit>,
}

impl Linted {
    fn new(file: usize, id: Id, severity: Severity, trouble: Trouble) -> Self {
        Self { file, finding: Finding { id, severity, pin: None, trouble }, fix: Vec::new() }
    }

    fn fixed_by(mut self, fix: Vec<Edit>) -> Self {
        self.fix = fix;
        self
    }
}

/// How a finding weighs as a rule; what cannot be known is often a note, and `[lint] severity` counts.
#[must_use]
pub fn severity(id: Id) -> Severity {
    use Id::{APT005, APT006, APT008, APT009, APT010, ARG001, IMG003, IMG012, IMG013, LOCK010, PKG001, URL005};
    match id {
        APT005 | APT006 | APT008 | APT009 | APT010 | ARG001 | IMG003 | IMG012 | IMG013 | LOCK010 | PKG001 | URL005 => {
            Severity::Note
        }
        _ => Severity::Error,
    }
}

/// What to do next, and where to read why.
fn next(id: Id, step: &str) -> String {
    format!("{step} (why: dubo-pin lint --explain {id})")
}

/// Everything that the rules find, by file and place.
#[must_use]
pub fn lint(files: &[Dockerfile]) -> Vec<Linted> {
    let mut out = Vec::new();
    images::check(files, &mut out);
    repositories::check(files, &mut out);
    downloads::check(files, &mut out);
    packages::check(files, &mut out);
    texts::check(files, &mut out);
    out.sort_by(|a, b| {
        (a.file, &a.finding.trouble.place, a.finding.id).cmp(&(b.file, &b.finding.trouble.place, b.finding.id))
    });
    out
}
