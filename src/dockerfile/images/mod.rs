//! Every image that a Dockerfile takes in, where each piece of its reference stands, and the edits
//! that pin it.
//!
//! For the image source, for `refresh`, `verify`, `init` and the reports. Asks no registry, opens no
//! file. FROM, `COPY --from=`, `RUN --mount=…,from=`, both of these in an ONBUILD too, and
//! `# syntax=`. Not an image: `scratch`, a stage, a stage's number, whatever stands in comments,
//! heredocs or the text of a RUN.
//!
//! | file | what it is for |
//! |---|---|
//! | `reference` | [`Reference`]: a reference taken apart, strictly |
//! | `trace` | a word of FROM through its ARGs, with the way back to the file for each byte |
//! | `uses` | who else takes what an ARG gives |
//! | `find` | [`images`]: all of them |
//! | `pin` | [`Image::edits`], [`Images::pin`]: where tag and digest go |
//! | `fault` | [`Unclear`], [`ImageError`] |
//!
//! # Where a tag and a digest go
//!
//! What stands there is replaced where it stands, in the ARG that gives it if one does; of a tag such
//! as `$V-alpine`, the part that differs. A digest that is not there yet is put at the end of the
//! reference: behind its last byte, if that stands in the instruction itself (also in a default such
//! as `${IMG:-debian:12}`). If an ARG gives the last byte, it goes into that ARG,
//!
//! - if every use of it is at the end of references to this same repository and tag, and no stage
//!   declares it again; what gives the whole reference may be declared by stages;
//! - else it goes behind the variable: in the ARG that has `$TAG` at its end, by the same rule, and
//!   at last in the FROM itself: `debian:$TAG@sha256:…`.
//!
//! A tag that is not there yet stands before the digest. With a digest, builders ignore the tag.

mod fault;
mod find;
mod pin;
mod reference;
mod trace;
mod uses;

#[cfg(test)]
mod tests;

pub use fault::{ImageError, Unclear, Why};
pub use find::images;
pub use reference::{Reference, ReferenceError};

use super::edit::Edit;
use super::parse::Dockerfile;
use crate::model::Place;
use trace::Traced;

/// What an image is taken in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The base of a stage.
    From,
    /// `COPY --from=`.
    CopyFrom,
    /// `RUN --mount=…,from=`.
    Mount,
    /// `# syntax=`: the frontend that reads the Dockerfile.
    Syntax,
}

/// One taking-in of an image.
#[derive(Clone, Debug)]
pub struct Image {
    /// What for.
    pub role: Role,
    /// Whether it stands in an ONBUILD: only what builds on this image takes it in.
    pub onbuild: bool,
    /// The stage that it begins or stands in; `None` for [`Role::Syntax`].
    pub stage: Option<usize>,
    /// Which of [`Dockerfile::instructions`]; `None` for [`Role::Syntax`].
    pub instruction: Option<usize>,
    /// The reference as the builder reads it, with the defaults of the file's ARGs.
    pub reference: Reference,
    /// What FROM says for `--platform`, as written.
    pub platform: Option<String>,
    /// Where the reference stands, in the instruction.
    pub place: Place,
    /// The reference with the way back to the file.
    word: Traced,
    /// Where a digest goes that is not there yet: an offset in the file.
    behind: Option<usize>,
}

/// The images of a Dockerfile.
#[derive(Clone, Debug, Default)]
pub struct Images {
    /// Those that are clear, in the order of the file; `# syntax=` first.
    pub found: Vec<Image>,
    /// Where an image is taken in of which it cannot be said which. Never to be passed over.
    pub unclear: Vec<Unclear>,
    /// Those of the unclear that are taken in where nobody gives a value to a variable that has none:
    /// builders read it as empty. Only to be judged; it has no edits.
    pub empty: Vec<Image>,
    /// What should be known of images and stages that are clear.
    pub notes: Vec<Unclear>,
}

/// What an image shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Which of [`Images::found`].
    pub image: usize,
    /// The tag; `None` leaves what is there.
    pub tag: Option<&'a str>,
    /// The digest: `sha256:` and 64 digits.
    pub digest: &'a str,
}

impl Image {
    /// The edits that make the reference `name:tag@digest`, the name as the user wrote it; none if it
    /// is that. `tag`: `None` leaves what is there. The edited file was read again: the image is the
    /// wanted one there, and no other image has changed, but for those that take the same reference
    /// from the same ARG. For several images at once, [`Images::pin`] costs less.
    ///
    /// # Errors
    /// See [`ImageError`]: a part that an operator such as `${X%…}` makes, or that quotes or a
    /// continuation split; an ARG that other images take.
    pub fn edits(&self, file: &Dockerfile, tag: Option<&str>, digest: &str) -> Result<Vec<Edit>, ImageError> {
        pin::one(self, file, tag, digest, false)
    }

    /// The same with a new digest behind the reference in the instruction itself, never in an ARG:
    /// for an ARG that somebody else writes.
    ///
    /// # Errors
    /// As [`Image::edits`].
    pub fn edits_apart(&self, file: &Dockerfile, tag: Option<&str>, digest: &str) -> Result<Vec<Edit>, ImageError> {
        pin::one(self, file, tag, digest, true)
    }

    /// Which of [`Dockerfile::assignments`] hold its digest or the whole of it: where its pin stands.
    #[must_use]
    pub fn givers(&self, file: &Dockerfile) -> Vec<usize> {
        pin::givers(self, file)
    }

    /// Whether an ARG gives the tag or a part of it while the digest stands in the instruction: who
    /// sets that ARG for a build changes what is read, and not what is built.
    #[must_use]
    pub fn tag_alone_varies(&self, file: &Dockerfile) -> bool {
        pin::tag_alone_varies(self, file)
    }
}

impl Images {
    /// The edits for several images of one Dockerfile, ready for [`apply`](super::apply), read back
    /// as [`Image::edits`] does, once for all of them.
    ///
    /// # Errors
    /// See [`ImageError`].
    pub fn pin(&self, file: &Dockerfile, wanted: &[Wanted<'_>]) -> Result<Vec<Edit>, ImageError> {
        pin::all(self, file, wanted)
    }
}
