//! The pins that a person would have written for what Dockerfiles take in.
//!
//! For `init`. Pure but for one question, which [`Upstream`] answers: which refs a repository has.
//! What it makes nothing of, it tells: nothing is passed over.
//!
//! | file | what it is for |
//! |---|---|
//! | `repositories` | git pins: the repository, what is followed, the sites |
//! | `images` | image pins |
//! | `packages` | deb pins and the archives that they draw from |
//! | `files` | url pins |
//! | `modules` | yarn pins |
//! | `naming` | names that a person would give |

mod files;
mod images;
mod modules;
mod naming;
mod packages;
mod repositories;

use std::collections::BTreeMap;

use crate::check::cover::Uncovered;
use crate::dockerfile::Dockerfile;
use crate::manifest::Manifest;
use crate::manifest::edit::{NewArchive, NewPin};
use crate::model::{CommitId, GitUrl, PinName, Place, Trouble};

pub use naming::Names;

/// The refs of a repository, as its server tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refs {
    /// The branch that HEAD names.
    pub head: Option<String>,
    /// Branches, each with its tip.
    pub branches: BTreeMap<String, CommitId>,
    /// Tags, each with the commit that it comes to.
    pub tags: BTreeMap<String, CommitId>,
}

/// Who knows the refs of repositories.
pub trait Upstream {
    /// The refs; `None` if nobody may be asked.
    ///
    /// # Errors
    /// Why it did not answer.
    fn refs(&self, repository: &GitUrl) -> Result<Option<Refs>, Trouble>;
}

/// What pins are to be made of.
pub struct Case<'a> {
    /// The Dockerfiles of one folder.
    pub files: &'a [Dockerfile],
    /// What is pinned already; empty where there is no manifest.
    pub manifest: &'a Manifest,
    /// What no pin covers yet.
    pub uncovered: &'a [Uncovered<'a>],
    /// Who knows refs.
    pub upstream: &'a dyn Upstream,
}

/// A pin that was made.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The pin as it is written, with the comment above it.
    pub pin: NewPin,
    /// Where what it pins was seen.
    pub place: Place,
    /// What of it rests on a guess that nobody proved: told, and written above the pin.
    pub unproved: Option<String>,
}

/// All that was made.
#[derive(Clone, Debug, Default)]
pub struct Drafts {
    /// Pins, in the order of what they pin.
    pub pins: Vec<Draft>,
    /// Archives that they draw from and the manifest does not have.
    pub archives: Vec<NewArchive>,
    /// What was not understood, each with its place and what to do.
    pub not_understood: Vec<Trouble>,
}

/// Why a pin is written as not locked: what it pins floats in the Dockerfile, and adoption changes
/// nothing.
pub(crate) fn floating(name: &PinName) -> String {
    format!("not pinned in the Dockerfile yet: dubo-pin refresh {name} pins it; then remove this line")
}

/// The repositories whose refs [`adopt`] will ask for, each once: so that they can be asked for at once.
#[must_use]
pub fn repositories(case: &Case<'_>) -> Vec<GitUrl> {
    repositories::urls(case)
}

/// Makes pins of everything that is not covered.
#[must_use]
pub fn adopt(case: &Case<'_>) -> Drafts {
    let (mut out, mut names) = (Drafts::default(), Names::of(case.manifest));
    repositories::draft(case, &mut names, &mut out);
    images::draft(case, &mut names, &mut out);
    packages::draft(case, &mut names, &mut out);
    files::draft(case, &mut names, &mut out);
    modules::draft(case, &mut names, &mut out);
    out.pins.sort_by(|a, b| a.place.cmp(&b.place));
    out.not_understood.sort_by(|a, b| a.place.cmp(&b.place));
    out
}
