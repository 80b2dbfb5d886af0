//! What the pins of a manifest hold in some Dockerfiles, looked up once.
//!
//! For the families of coverage, which ask by place. What a pin claims and where its sites stand is
//! told by `source` and the dockerfile floor.

use std::collections::{BTreeMap, BTreeSet};

use super::spot;
use crate::dockerfile::shell::Spelled;
use crate::dockerfile::{Dockerfile, Located, Site, search};
use crate::manifest::{Manifest, Pin};
use crate::model::{Place, Severity};
use crate::source::implied::{Claims, Unclear};
use crate::source::{Source, deb, yarn};

pub(super) type Spot = (String, usize, usize);

/// A site of a pin, found.
pub(super) struct Placed<'a> {
    pub(super) pin: &'a Pin,
    pub(super) site: &'a Site,
    pub(super) file: &'a Dockerfile,
    pub(super) at: Located,
}

/// What yarn adds, by place.
pub(super) struct Yarn {
    /// From git: the key that a lock would have for it.
    pub(super) git: BTreeMap<Spot, String>,
    /// What no commit pins.
    pub(super) unclear: BTreeMap<Spot, Unclear>,
}

impl Yarn {
    fn of(claims: Claims<'_>) -> Self {
        let unclear = claims.unclear.into_iter().filter_map(|one| Some((spot(one.trouble.place.as_ref()?), one)));
        Self {
            git: claims.sites.into_iter().map(|site| (spot(&site.place), site.key)).collect(),
            unclear: unclear.collect(),
        }
    }
}

/// A file, a name, and the stage of its assignment.
type Named<'a> = (&'a str, &'a str, Option<usize>);

/// What the pins hold.
pub(super) struct Held<'a> {
    /// What a pin claims, also where it stands unclear and is told as an error.
    claimed: BTreeSet<Spot>,
    /// Image repositories.
    repositories: BTreeSet<String>,
    pub(super) sites: Vec<Placed<'a>>,
    /// Whether a list of packages is vendored, which a block of its own installs.
    pub(super) debs: bool,
    /// What a `yarn = "dockerfile"` pin would hold, if there is none.
    pub(super) yarn: Option<Yarn>,
    /// The assignments with a value, by file, name and stage, in order.
    assignments: BTreeMap<Named<'a>, Vec<(usize, usize)>>,
}

impl<'a> Held<'a> {
    pub(super) fn read(manifest: &'a Manifest, files: &'a [Dockerfile]) -> Self {
        let mut held = Self {
            claimed: BTreeSet::new(),
            repositories: BTreeSet::new(),
            sites: Vec::new(),
            debs: false,
            yarn: None,
            assignments: BTreeMap::new(),
        };
        for file in files {
            for (index, a) in file.assignments().iter().enumerate().filter(|(_, a)| a.value.is_some()) {
                let all = held.assignments.entry((file.file(), a.name.as_str(), a.stage)).or_default();
                all.push((a.instruction, index));
            }
        }
        let mut adds = false;
        for pin in manifest.pins.values() {
            let claims = pin.source.implied(files);
            held.claimed.extend(claims.sites.iter().chain(&claims.empty).map(|site| spot(&site.place)));
            let told = claims.unclear.iter().filter(|unclear| unclear.severity == Severity::Error);
            held.claimed.extend(told.filter_map(|unclear| unclear.trouble.place.as_ref().map(spot)));
            held.repositories.extend(pin.source.repository());
            held.debs |= pin.vendor.is_some()
                && matches!(&pin.source, Source::Deb(keys) if matches!(keys.operands, deb::Operands::List(_)));
            adds |= matches!(&pin.source, Source::Yarn(keys) if keys.folder().is_none());
            for placed in &pin.into {
                let found = search(files, &placed.value).into_iter().flatten();
                held.sites.extend(found.map(|(file, at)| Placed { pin, site: &placed.value, file, at }));
            }
        }
        let any = files.iter().any(|file| !file.commands().adds.is_empty());
        held.yarn = (!adds && any).then(|| Yarn::of(as_if().implied(files)));
        held
    }

    /// Whether a pin claims what stands at a place.
    pub(super) fn claims(&self, place: &Place) -> bool {
        self.claimed.contains(&spot(place))
    }

    /// Whether a pin is of this image's repository.
    pub(super) fn has_repository(&self, repository: &str) -> bool {
        self.repositories.contains(repository)
    }

    /// Whether a site of a pin gives a variable, or a word, one of the values.
    pub(super) fn gives(&self, kind: &str, values: &[&str], file: &Dockerfile, assignment: usize) -> bool {
        self.of(kind, values, file).any(|placed| placed.at.assignment == Some(assignment))
    }

    /// Whether a site of a pin gives a word as a whole.
    pub(super) fn spells(
        &self,
        kind: &str,
        values: &[&str],
        file: &Dockerfile,
        at: (Option<usize>, usize),
        word: &Spelled,
    ) -> bool {
        let place = spot(&word.place(file));
        self.of(kind, values, file).any(|placed| placed.at.assignment.is_some() && spot(&placed.at.place) == place)
            || word
                .variable()
                .and_then(|name| self.giver(file, at, name))
                .is_some_and(|a| self.gives(kind, values, file, a))
    }

    /// Which assignment gives a variable its value at an instruction of a stage: the last one of the
    /// stage before it, else of the stages that it builds on, else the one before the first FROM.
    pub(super) fn giver(
        &self,
        file: &Dockerfile,
        (stage, instruction): (Option<usize>, usize),
        name: &str,
    ) -> Option<usize> {
        let (mut of, mut before) = (stage, instruction);
        loop {
            let all = self.assignments.get(&(file.file(), name, of)).map(Vec::as_slice).unwrap_or_default();
            let earlier = all.partition_point(|(at, _)| *at < before);
            if let Some((_, index)) = earlier.checked_sub(1).and_then(|last| all.get(last)) {
                return Some(*index);
            }
            // a parent always comes earlier, so that this ends
            of = file.stages().get(of?).and_then(|s| s.parent);
            before = usize::MAX;
        }
    }

    /// The sites of pins of a kind in a Dockerfile that bear one of the values.
    pub(super) fn of<'s>(
        &'s self,
        kind: &'s str,
        values: &'s [&'s str],
        file: &'s Dockerfile,
    ) -> impl Iterator<Item = &'s Placed<'a>> {
        let here = self.sites.iter().filter(move |placed| placed.file.file() == file.file());
        let fits = move |placed: &&Placed<'a>| {
            placed.pin.source.kind() == kind && values.contains(&placed.pin.value_key(placed.site))
        };
        here.filter(fits)
    }
}

/// The pin that claims what `yarn add` takes from git.
fn as_if() -> Source {
    Source::Yarn(yarn::Keys {
        what: yarn::What::Dockerfile,
        hosts: Vec::new(),
        packages: BTreeMap::new(),
        prepare: Vec::new(),
    })
}
