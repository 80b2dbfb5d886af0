//! Coverage: what a Dockerfile takes in and no pin covers. COV001, and PKG001 of managers that no pin
//! knows.
//!
//! For `verify`, for `lint` and for `init`, which makes pins of exactly this. An intake is covered if
//! a pin of the manifest holds what is taken in there: claims it, has a site that gives it, or has
//! vendored it. Whether the value is the locked one is the join's question.
//!
//! | file | what it is for |
//! |---|---|
//! | `held` | what the pins of a manifest hold, looked up once |
//! | `images` | images, clear or not |
//! | `packages` | apt, yarn, and the managers that no pin knows |
//! | `repositories` | git in RUN and in ADD |
//! | `downloads` | ADD of a URL, curl and wget, other programs that fetch |
//! | `vendored` | files of the context |

mod downloads;
mod held;
mod images;
mod packages;
mod repositories;
mod vendored;

#[cfg(test)]
mod tests;

use crate::dockerfile::{Dockerfile, Intake};
use crate::manifest::Manifest;
use crate::model::{Finding, Id, Place, Trouble, quoted};
use held::Held;
use std::collections::BTreeSet;

/// Something taken in that no pin covers.
#[derive(Clone, Debug)]
pub struct Uncovered<'a> {
    /// Where.
    pub file: &'a Dockerfile,
    /// What.
    pub intake: Intake<'a>,
    /// Of several things there, which ones: packages by name as a lock names them, URLs. Empty: all.
    pub parts: Vec<String>,
    /// As verify tells it.
    pub finding: Finding,
}

/// What is said of an intake.
struct Told {
    id: Id,
    parts: Vec<String>,
    trouble: Trouble,
}

impl Told {
    /// COV001 of something that a pin could hold.
    fn unpinned(message: String) -> Self {
        let help = "`dubo-pin init` adds a pin of it, or says what is in the way; or judge it above the instruction: # dubo-pin: ignore=COV001 why";
        Self { id: Id::COV001, parts: Vec::new(), trouble: Trouble::new(message).help(help) }
    }

    /// COV001 of something that must be written in another way before a pin can hold it.
    fn rewrite(message: String, how: &str) -> Self {
        let help = format!("{how}; or judge it above the instruction: # dubo-pin: ignore=COV001 why");
        Self { id: Id::COV001, parts: Vec::new(), trouble: Trouble::new(message).help(help) }
    }

    /// COV001 of something that cannot be known.
    fn unclear(what: &str, why: &str, how: &str) -> Self {
        Self::rewrite(format!("{what} cannot be known before the build: {why}"), how)
    }

    fn found(mut self, text: &str) -> Self {
        self.trouble = self.trouble.found(quoted(text));
        self
    }

    fn parts(mut self, parts: Vec<String>) -> Self {
        self.parts = parts;
        self
    }
}

/// All of it, in the order of the files.
#[must_use]
pub fn uncovered<'a>(manifest: &Manifest, files: &'a [Dockerfile]) -> Vec<Uncovered<'a>> {
    let held = Held::read(manifest, files);
    let mut out = Vec::new();
    for file in files {
        for intake in file.intakes() {
            let told = match &intake {
                Intake::Image(_, image) => images::clear(&held, file, image),
                Intake::UnclearImage(unclear) => images::unclear(&held, unclear),
                Intake::Install(install) => packages::apt(&held, file, install),
                Intake::Upgrade(upgrade) => packages::upgrade(&held, file, upgrade),
                Intake::Yarn(add) => packages::yarn(&held, file, add),
                Intake::Git(checkout) => repositories::checkout(&held, file, checkout),
                Intake::Remote(remote) => downloads::remote(&held, file, remote),
                Intake::Download(download) => downloads::download(&held, file, download),
                Intake::Local(local) => vendored::local(manifest, local),
                Intake::Managed(managed) => packages::managed(managed),
                Intake::Fetch(fetch) => Some(downloads::fetch(fetch)),
            };
            out.extend(told.map(|told| told.at(file, intake)));
        }
    }
    out
}

impl Told {
    fn at<'a>(self, file: &'a Dockerfile, intake: Intake<'a>) -> Uncovered<'a> {
        let trouble = self.trouble.at(intake.place(file));
        let finding = match self.id {
            Id::PKG001 => Finding::note(self.id, None, trouble),
            id => Finding::error(id, None, trouble),
        };
        Uncovered { file, intake, parts: self.parts, finding }
    }
}

/// Some of a list, quoted and each once, and how many more there are.
fn listed(all: &[String]) -> String {
    let mut seen = BTreeSet::new();
    let all: Vec<&String> = all.iter().filter(|text| seen.insert(text.as_str())).collect();
    let shown: Vec<String> = all.iter().take(5).map(|text| quoted(text)).collect();
    let more = all.len().saturating_sub(shown.len());
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{tail}", shown.join(", "))
}

/// A place without its text.
fn spot(place: &Place) -> (String, usize, usize) {
    (place.file.clone(), place.line, place.column)
}
