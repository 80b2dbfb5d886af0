//! The references that an image pin claims without an `into`: every one of its repository with a tag
//! that it follows.
//!
//! For the resolver, for `refresh` and for `verify`. How references stand in a Dockerfile is the
//! dockerfile floor's matter. A digest without a tag is claimed by none: nobody can tell what it follows.

use super::keys::Keys;
use crate::dockerfile::Dockerfile;
use crate::dockerfile::images::{Image, Reference};
use crate::source::implied::{Claims, Implied};

/// What the pin claims in some Dockerfiles.
pub(in crate::source) fn implied<'a>(keys: &Keys, files: &'a [Dockerfile]) -> Claims<'a> {
    let mut claims = Claims::default();
    let repository = keys.repository.to_string();
    let ours = |reference: &Reference| {
        let tag = match (&reference.tag, &reference.digest) {
            (Some(tag), _) => tag.as_str(),
            (None, None) => "latest",
            (None, Some(_)) => return false,
        };
        reference.repository == repository && keys.follows(tag)
    };
    for file in files {
        let images = file.images();
        let site = |(index, image): (usize, &Image)| {
            ours(&image.reference).then(|| Implied::of_image(file, index, image.clone()))
        };
        claims.sites.extend(images.found.iter().enumerate().filter_map(site));
        claims.empty.extend(images.empty.iter().enumerate().filter_map(site));
    }
    claims
}
