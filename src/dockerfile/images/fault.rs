//! What cannot be said of an image, and why it cannot be pinned, with places and what to do.
//!
//! For [`images`](super::images) and [`Image::edits`](super::Image::edits).

use super::reference::ReferenceError;
use crate::model::{Place, Trouble, quoted};

/// Something that is told instead of being passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclear {
    /// Where.
    pub place: Place,
    /// What and why.
    pub why: Why,
}

/// Why an image is not clear, or what must be known of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// IMG012: the reference stands behind this variable, which has no value before the build.
    #[error("which image this is depends on the variable {}, which has no value here", quoted(.0))]
    Variable(String),
    /// IMG012: the value of this variable is known to the build alone.
    #[error("which image this is depends on {}, which is known only when the image is built", quoted(.0))]
    Unknown(String),
    /// IMG012: a variable where builders expand none: COPY --from, RUN --mount.
    #[error("no variable is expanded here: {}", quoted(.0))]
    NotExpanded(String),
    /// IMG012: quotes or variables that cannot be read, and why.
    #[error("which image this is cannot be read: {0}")]
    Unread(String),
    /// IMG012: a number in `--mount=from=`, which BuildKit takes for an image and others for a stage.
    #[error("{} is an image to BuildKit and the number of a stage to others", quoted(.0))]
    Number(String),
    /// IMG015: no reference.
    #[error("{0}")]
    Malformed(ReferenceError),
    /// IMG011: FROM takes this name for an image, since the stage of that name comes later.
    #[error("this is the image {}, not the stage of that name: it comes later", quoted(.0))]
    LaterStage(String),
    /// IMG011: FROM looks stages up in lower case: this name is no stage, the second is.
    #[error("{} is no stage: FROM knows the stage as {}", quoted(.0), quoted(.1))]
    StageCase(String, String),
    /// IMG011: COPY and mounts take the later stage of this name, older builders the image.
    #[error("{} is a later stage to BuildKit and an image to other builders", quoted(.0))]
    Forward(String),
    /// IMG011: the build chooses among stages; what fits none of them would be an image.
    #[error("{} is one of the stages of this file, or an image if none is named so", quoted(.0))]
    Choice(String),
    /// The digest is of another algorithm than SHA-256.
    #[error("the digest {} is not of SHA-256, the only one that is pinned", quoted(.0))]
    Algorithm(String),
    /// More images than are looked at.
    #[error("the Dockerfile takes in more than {0} images")]
    TooMany(usize),
}

impl Why {
    /// The number of the finding, as DOC and lint speak of it: `IMG011`, `IMG012`, `IMG015`.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::LaterStage(_) | Self::StageCase(..) | Self::Forward(_) | Self::Choice(_) => "IMG011",
            Self::Malformed(_) | Self::Algorithm(_) => "IMG015",
            _ => "IMG012",
        }
    }
}

impl Unclear {
    /// As a message with its place and what to do.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let trouble = match &self.why {
            Why::Malformed(error) => error.trouble(),
            why => Trouble::new(why.to_string()),
        };
        let trouble = trouble.at(self.place.clone());
        match &self.why {
            Why::Variable(name) => {
                trouble.help(format!("give it a default before the first FROM: {}", quoted(&format!("ARG {name}=…"))))
            }
            Why::Unknown(_) => trouble.help("name the image without it: an image index holds all platforms"),
            Why::NotExpanded(_) => trouble.help("name a stage here, and let that stage say `FROM $VARIABLE AS name`"),
            Why::Number(_) => trouble.help("give the stage a name and use that"),
            Why::LaterStage(_) | Why::Forward(_) => trouble.help("give the stage another name, or move it up"),
            Why::StageCase(_, stage) => trouble.help(format!("write {}", quoted(stage))),
            _ => trouble,
        }
    }
}

/// Why an image cannot be pinned as it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The wanted tag or digest could not stand in a reference.
    #[error("{} can be no {what} of an image", quoted(.found))]
    Wanted {
        /// The reference.
        place: Place,
        /// `tag` or `sha256 digest`.
        what: &'static str,
        /// What was wanted.
        found: String,
    },
    /// There is no such image among those that were found.
    #[error("the Dockerfile has no image number {0}")]
    NoImage(usize),
    /// The tag or digest is what an operator such as `${X%…}` makes of a variable.
    #[error("the {what} of {} does not stand in one piece in the file", quoted(.reference))]
    Composed {
        /// The reference.
        place: Place,
        /// `tag` or `digest`.
        what: &'static str,
        /// As the builder reads it.
        reference: String,
        /// What would do.
        write: String,
    },
    /// The bytes to change are also something else: another part of the reference.
    #[error("the {what} of {} is also another part of it", quoted(.reference))]
    Twice {
        /// The reference.
        place: Place,
        /// `tag` or `digest`.
        what: &'static str,
        /// As the builder reads it.
        reference: String,
    },
    /// After the change this image would be another than the wanted one.
    #[error("{} would become {} where {} is wanted", quoted(.before), quoted(.after), quoted(.wanted))]
    Shared {
        /// The image.
        place: Place,
        /// What it is.
        before: String,
        /// What it would be; empty if it could not be told.
        after: String,
        /// What it should be.
        wanted: String,
    },
    /// Two images want different things of the same bytes, or the file is another by now.
    #[error("{message}")]
    Edits {
        /// Where.
        place: Option<Place>,
        /// What is wrong.
        message: String,
    },
}

impl ImageError {
    /// As a message with its place and what to do.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        match self {
            Self::Wanted { place, .. } => trouble.at(place.clone()),
            Self::NoImage(_) => trouble,
            Self::Composed { place, write, .. } => trouble.at(place.clone()).help(format!("write {write}")),
            Self::Twice { place, .. } => trouble.at(place.clone()).help("use one ARG for each part of the reference"),
            Self::Shared { place, .. } => {
                trouble.at(place.clone()).help("an ARG serves several images: give each image an ARG of its own")
            }
            Self::Edits { place, .. } => {
                let trouble = trouble.help("give each image an ARG of its own");
                match place {
                    Some(place) => trouble.at(place.clone()),
                    None => trouble,
                }
            }
        }
    }
}

impl From<ImageError> for Trouble {
    fn from(error: ImageError) -> Self {
        error.trouble()
    }
}
