//! Images that no pin covers.

use super::Told;
use super::held::Held;
use crate::dockerfile::images::{Image, Role, Unclear};
use crate::dockerfile::{Dockerfile, Target, repository};
use crate::model::quoted;

pub(super) fn clear(held: &Held<'_>, file: &Dockerfile, image: &Image) -> Option<Told> {
    let reference = &image.reference;
    // what a digest without a tag follows nobody can tell: the join looks whether it is a locked one
    let bare = reference.tag.is_none() && reference.digest.is_some();
    if held.claims(&image.place)
        || (bare && held.has_repository(&reference.repository))
        || by_site(held, file, image)
        || by_arg(held, file, image)
    {
        return None;
    }
    let by = match image.role {
        Role::From => "FROM",
        Role::CopyFrom => "COPY --from",
        Role::Mount => "RUN --mount",
        Role::Syntax => "# syntax=",
    };
    let written = reference.to_string();
    let told = Told::unpinned(format!("{by} takes in the image {}, which no pin covers", quoted(&written)));
    Some(if reference.digest.is_some() { told } else { told.found(&written) })
}

/// Whether a site says: this image.
fn by_site(held: &Held<'_>, file: &Dockerfile, image: &Image) -> bool {
    held.of("image", &["reference", "digest"], file).any(|placed| {
        let (role, wanted) = match &placed.site.target {
            Target::From(wanted) => (Role::From, wanted.as_deref()),
            Target::CopyFrom(wanted) => (Role::CopyFrom, wanted.as_deref()),
            Target::Mount(wanted) => (Role::Mount, wanted.as_deref()),
            Target::Syntax => (Role::Syntax, None),
            _ => return false,
        };
        let own = wanted.and_then(repository).is_none_or(|own| own == image.reference.repository);
        let stands = placed.at.instruction == image.instruction;
        role == image.role
            && stands
            && own
            && repository(&placed.at.value).as_ref() == Some(&image.reference.repository)
    })
}

/// Whether a site writes the ARG that gives the image, or its digest.
fn by_arg(held: &Held<'_>, file: &Dockerfile, image: &Image) -> bool {
    held.of("image", &["reference", "digest"], file).any(|placed| {
        let value = placed.at.value.as_str();
        let digest = image.reference.digest.as_deref();
        placed.at.assignment.is_some()
            && match value.rsplit_once('@').map(|(_, d)| d).or(value.starts_with("sha256:").then_some(value)) {
                Some(own) => digest == Some(own),
                None => {
                    digest.is_none()
                        && value.parse::<crate::dockerfile::images::Reference>().is_ok_and(|r| r == image.reference)
                }
            }
    })
}

pub(super) fn unclear(held: &Held<'_>, unclear: &Unclear) -> Option<Told> {
    if held.claims(&unclear.place) {
        return None;
    }
    let trouble = unclear.trouble();
    let how = trouble.help.unwrap_or_else(|| "write the image itself".to_owned());
    Some(Told::rewrite(format!("the image that is taken in here cannot be pinned: {}", trouble.message), &how))
}
