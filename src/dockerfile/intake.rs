//! All that a Dockerfile takes in from outside, of whatever kind, in one list.
//!
//! For coverage, which holds it against the pins, and for `init`, which makes pins of it.

use super::added::{Added, Local, Remote};
use super::checkout::Checkout;
use super::images::{Image, Unclear};
use super::parse::Dockerfile;
use super::shell::download::Download;
use super::shell::fetched::Fetch;
use super::shell::managed::Managed;
use super::shell::{Install, Upgrade, yarn};
use crate::model::Place;

/// One thing that is taken in.
#[derive(Clone, Copy, Debug)]
pub enum Intake<'a> {
    /// An image; its index among [`Images::found`](super::images::Images::found).
    Image(usize, &'a Image),
    /// An image that cannot be known before the build.
    UnclearImage(&'a Unclear),
    /// Packages by apt.
    Install(&'a Install),
    /// Whatever packages apt finds newer.
    Upgrade(&'a Upgrade),
    /// Packages by `yarn add`.
    Yarn(&'a yarn::Add),
    /// A git repository in a RUN.
    Git(&'a Checkout),
    /// A file or a repository by ADD.
    Remote(&'a Remote),
    /// A file by curl or wget.
    Download(&'a Download),
    /// A file of the context that a tool put there.
    Local(&'a Local),
    /// Packages of a manager that no pin knows.
    Managed(&'a Managed),
    /// What another program fetches, or may.
    Fetch(&'a Fetch),
}

impl Intake<'_> {
    /// Which instruction takes it in; `None` for `# syntax=`.
    #[must_use]
    pub fn instruction(&self) -> Option<usize> {
        match self {
            Self::Image(_, image) => image.instruction,
            Self::UnclearImage(_) => None,
            Self::Install(install) => Some(install.instruction),
            Self::Upgrade(upgrade) => Some(upgrade.instruction),
            Self::Yarn(add) => Some(add.instruction),
            Self::Git(checkout) => Some(checkout.instruction),
            Self::Remote(remote) => Some(remote.instruction),
            Self::Download(download) => Some(download.instruction),
            Self::Local(local) => Some(local.instruction),
            Self::Managed(managed) => Some(managed.instruction),
            Self::Fetch(fetch) => Some(fetch.instruction),
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        match self {
            Self::Image(_, image) => image.place.clone(),
            Self::UnclearImage(unclear) => unclear.place.clone(),
            Self::Install(install) => install.place(file),
            Self::Upgrade(upgrade) => upgrade.place(file),
            Self::Yarn(add) => add.place(file),
            Self::Git(checkout) => checkout.place.clone(),
            Self::Remote(remote) => remote.place.clone(),
            Self::Download(download) => download.place(file),
            Self::Local(local) => local.place.clone(),
            Self::Managed(managed) => managed.place(file),
            Self::Fetch(fetch) => fetch.place(file),
        }
    }
}

/// What [`Dockerfile::intakes`] lists and no other room keeps.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    checkouts: Vec<Checkout>,
    added: Added,
}

impl Found {
    pub(super) fn read(file: &Dockerfile) -> Self {
        Self { checkouts: super::checkout::checkouts(file), added: super::added::added(file) }
    }
}

pub(super) fn intakes<'a>(file: &'a Dockerfile, found: &'a Found) -> Vec<Intake<'a>> {
    let (images, commands) = (file.images(), file.commands());
    let mut out: Vec<Intake<'a>> = images.found.iter().enumerate().map(|(i, image)| Intake::Image(i, image)).collect();
    out.extend(images.unclear.iter().map(Intake::UnclearImage));
    out.extend(commands.installs.iter().map(Intake::Install));
    out.extend(commands.upgrades.iter().map(Intake::Upgrade));
    out.extend(commands.adds.iter().map(Intake::Yarn));
    out.extend(found.checkouts.iter().map(Intake::Git));
    out.extend(found.added.remote.iter().map(Intake::Remote));
    out.extend(commands.downloads.iter().map(Intake::Download));
    out.extend(found.added.local.iter().map(Intake::Local));
    out.extend(commands.managed.iter().map(Intake::Managed));
    out.extend(commands.fetched.iter().map(Intake::Fetch));
    out.sort_by_key(|intake| {
        let place = intake.place(file);
        (place.line, place.column)
    });
    out
}
