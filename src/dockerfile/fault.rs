//! Why a site cannot be found or edited, with its place and what to do.
//!
//! For [`locate`](super::locate()) and [`Located`](super::Located).

use crate::model::{Id, Place, Trouble, quoted, suggest};

/// Why a site cannot be found or edited. `site` is the site as the manifest writes it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// No instruction matches.
    #[error("nothing in the Dockerfile matches the site {site}")]
    NotFound {
        /// The site.
        site: String,
        /// The Dockerfile.
        place: Place,
        /// What is nearly it.
        hint: Option<String>,
    },
    /// More than one instruction matches, and the site does not say `all`.
    #[error("{} instructions match the site {site}", places.len())]
    Ambiguous {
        /// The site.
        site: String,
        /// Each of them.
        places: Vec<Place>,
    },
    /// More than one stage bears the name.
    #[error("{} stages are named {stage}", places.len())]
    Stages {
        /// The stage as the site names it.
        stage: String,
        /// The FROM of each.
        places: Vec<Place>,
    },
    /// The instruction is there and holds no value: `ARG NAME`, a git URL without a ref.
    #[error("the site {site} has no value")]
    NoValue {
        /// The site.
        site: String,
        /// The instruction.
        place: Place,
        /// How a value would be written there.
        expected: &'static str,
    },
    /// There is no such stage.
    #[error("the Dockerfile has no stage {stage}")]
    NoStage {
        /// The stage as the site names it.
        stage: String,
        /// The Dockerfile.
        place: Place,
        /// The stage that was perhaps meant.
        suggestion: Option<String>,
    },
    /// The value stands behind a variable.
    #[error("the value of the site {site} stands behind the variable {}", quoted(variable))]
    Variable {
        /// The site.
        site: String,
        /// The instruction.
        place: Place,
        /// The variable.
        variable: String,
    },
    /// An ADD without `--checksum`.
    #[error("this ADD has no --checksum")]
    MissingChecksum {
        /// The ADD.
        place: Place,
    },
    /// The value is no text that BuildKit could read.
    #[error("the value cannot be read: {why}")]
    Malformed {
        /// The value.
        place: Place,
        /// What is wrong with it.
        why: String,
    },
    /// The value is there, but not in one piece.
    #[error("the value is split by {by}")]
    Split {
        /// The value.
        place: Place,
        /// `a continuation`, or `quotes or escapes`.
        by: &'static str,
    },
}

impl SiteError {
    /// The id that a finding of it bears.
    #[must_use]
    pub fn id(&self) -> Id {
        match self {
            Self::Ambiguous { .. } | Self::Stages { .. } => Id::DOC004,
            Self::Split { .. } => Id::DOC005,
            _ => Id::DOC003,
        }
    }

    /// As a message, with its place and what mends it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        match self {
            Self::NotFound { place, hint, .. } => {
                let trouble = trouble.at(place.clone());
                match hint {
                    Some(hint) => trouble.help(hint.clone()),
                    None => trouble,
                }
            }
            Self::Ambiguous { places, .. } => several(trouble, places).help("name the `stage`, or say `all = true`"),
            Self::Stages { places, .. } => {
                several(trouble, places).help("use the index: `stage = 0` is the first stage")
            }
            Self::NoValue { place, expected, .. } => trouble.at(place.clone()).expected(*expected),
            Self::NoStage { place, suggestion, .. } => {
                let trouble = trouble.at(place.clone());
                match suggestion {
                    Some(name) => trouble.help(format!("did you mean {}?", quoted(name))),
                    None => trouble,
                }
            }
            Self::Variable { place, variable, .. } => trouble
                .at(place.clone())
                .help(format!("let the site name the ARG or ENV that holds the value of {}", quoted(variable))),
            Self::MissingChecksum { place } => trouble
                .at(place.clone())
                .expected("ADD --checksum=sha256:…")
                .help("write `--checksum=` into the instruction; it may be empty"),
            Self::Malformed { place, .. } => trouble.at(place.clone()),
            Self::Split { place, .. } => trouble.at(place.clone()).help("write the value in one piece on one line"),
        }
    }
}

fn several(trouble: Trouble, places: &[Place]) -> Trouble {
    let lines: Vec<String> = places.iter().map(|p| p.line.to_string()).collect();
    let trouble = match places.first() {
        Some(first) => trouble.at(first.clone()),
        None => trouble,
    };
    trouble.found(format!("lines {}", lines.join(", ")))
}

/// Names longer than this are not compared for a suggestion, and not more of them than [`MOST`].
const LONGEST: usize = 64;
const MOST: usize = 200;

/// The known name that was perhaps meant. Looks at a few only: a hostile file has many.
pub(super) fn near<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wrong.len() > LONGEST {
        return None;
    }
    suggest(wrong, known.into_iter().take(MOST).filter(|k| k.len() <= LONGEST))
}

impl From<SiteError> for Trouble {
    fn from(error: SiteError) -> Self {
        error.trouble()
    }
}
