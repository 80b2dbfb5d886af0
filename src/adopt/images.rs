//! image pins of what is not covered: one for each repository and tag.
//!
//! For [`adopt`](super::adopt). A pin without sites claims every reference to its repository and tag:
//! FROM, `COPY --from`, mounts, `# syntax=`, ONBUILD. What has a digest and no tag follows nothing that
//! could be guessed, so it is told.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, Draft, Drafts, Names, floating};
use crate::dockerfile::Intake;
use crate::dockerfile::images::Image;
use crate::manifest::edit::{Literal, NewPin};
use crate::model::{Place, Trouble, quoted};

/// What is seen of one repository and tag.
#[derive(Default)]
struct Seen {
    places: Vec<Place>,
    digests: BTreeSet<String>,
    /// Whether a reference has no digest.
    floats: bool,
}

impl Seen {
    fn see(&mut self, image: &Image) {
        match &image.reference.digest {
            Some(digest) => drop(self.digests.insert(digest.clone())),
            None => self.floats = true,
        }
    }
}

pub(super) fn draft(case: &Case<'_>, names: &mut Names, out: &mut Drafts) {
    let mut order: Vec<(String, String)> = Vec::new();
    let mut seen: BTreeMap<(String, String), Seen> = BTreeMap::new();
    for open in case.uncovered {
        let Intake::Image(_, image) = open.intake else { continue };
        match tag(image) {
            Some(tag) => {
                let key = (image.reference.repository.clone(), tag.to_owned());
                let one = seen.entry(key.clone()).or_default();
                if one.places.is_empty() {
                    order.push(key);
                }
                one.places.push(image.place.clone());
                one.see(image);
            }
            None => out.not_understood.push(untagged(image)),
        }
    }
    for (repository, tag) in order {
        let Some(one) = seen.remove(&(repository.clone(), tag.clone())) else { continue };
        let Some(place) = one.places.first().cloned() else { continue };
        let last = repository.rsplit('/').next().unwrap_or_default();
        let Some(name) = names.take(&[last, &format!("{last}-{tag}"), &repository]) else { continue };
        let mut keys = vec![("image".to_owned(), Literal::Text(format!("{repository}:{tag}")))];
        let mut unproved = None;
        if one.digests.len() > 1 {
            unproved = Some(format!(
                "{repository}:{tag} stands in the Dockerfiles with {} different digests: refresh makes them one",
                one.digests.len()
            ));
        }
        if one.floats || one.digests.len() != 1 {
            keys.push(("unlocked".to_owned(), Literal::Text(floating(&name))));
        }
        let comment = unproved.iter().cloned().collect();
        let pin = NewPin { name, keys, into: Vec::new(), comment };
        out.pins.push(Draft { pin, place, unproved });
    }
}

/// The tag that is followed: without tag and digest builders take `latest`.
fn tag(image: &Image) -> Option<&str> {
    match (&image.reference.tag, &image.reference.digest) {
        (Some(tag), _) => Some(tag),
        (None, None) => Some("latest"),
        (None, Some(_)) => None,
    }
}

fn untagged(image: &Image) -> Trouble {
    let reference = &image.reference;
    let digest = reference.digest.as_deref().unwrap_or_default();
    let message = format!("{} is taken by digest alone: which tag it follows is not said", quoted(&reference.name));
    Trouble::new(message)
        .at(image.place.clone())
        .expected(format!("{}:TAG@{digest}", reference.name))
        .help("write the tag before the digest, which changes nothing for the build; then dubo-pin init again")
}
