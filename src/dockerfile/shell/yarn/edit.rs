//! The commit of a package as an edit, and why there may be none.
//!
//! For `refresh`. Decides no commit.

use super::super::super::edit::Edit;
use super::super::super::parse::Dockerfile;
use super::super::{Why, Written};
use super::Package;
use crate::model::{Place, Trouble, quoted};

/// Why the commit of a package cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// What was to be written is no full commit.
    #[error("{} is not a full commit", quoted(commit))]
    Commit {
        /// The package.
        place: Place,
        /// What was to be written.
        commit: String,
    },
    /// What stands behind the `#` is not known.
    #[error("what follows the `#` of {} is not known before the build: {why}", quoted(package))]
    Unknown {
        /// The package.
        place: Place,
        /// What stands before the `#`.
        package: String,
        /// Why.
        why: Why,
    },
    /// A variable gives a piece of it, or more than it.
    #[error("what follows the `#` of {} is only in part in the variable {}", quoted(package), quoted(variable))]
    Part {
        /// The package.
        place: Place,
        /// What stands before the `#`.
        package: String,
        /// The variable.
        variable: String,
    },
    /// It is not in one piece, or ends within another text.
    #[error("what follows the `#` of {} is split by a continuation, quotes or a variable", quoted(package))]
    Split {
        /// The package.
        place: Place,
        /// What stands before the `#`.
        package: String,
    },
    /// The variable that is to hold the commit is asked for elsewhere, and does not hold one yet.
    #[error("the variable {} is no full commit, and is used elsewhere too, in line {}", quoted(variable), other.line)]
    Used {
        /// The package.
        place: Place,
        /// What stands before the `#`.
        package: String,
        /// The variable.
        variable: String,
        /// Where else it is used.
        other: Place,
    },
}

impl PackageError {
    /// As a message, with its place and what mends it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        let whole = |package: &str| format!("write `{package}#…` with one ARG for all behind the `#`, or nothing");
        match self {
            Self::Commit { place, .. } => trouble.at(place.clone()).expected("40 hex digits"),
            Self::Unknown { place, package, .. } => trouble
                .at(place.clone())
                .expected("a commit, or one ARG or ENV of this stage that has a default")
                .help(format!("give the variable a default in this stage, or write `{package}#` and the commit")),
            Self::Part { place, package, .. } => trouble.at(place.clone()).help(whole(package)),
            Self::Split { place, .. } => trouble
                .at(place.clone())
                .help("write it in one piece on one line, and give its ARG a default: a commit, a branch or a tag"),
            Self::Used { place, package, variable, other } => trouble
                .at(other.clone())
                .found(format!("`{package}` in line {}", place.line))
                .help(format!("give `{package}` an ARG of its own, or let {} hold a full commit", quoted(variable))),
        }
    }
}

impl From<PackageError> for Trouble {
    fn from(error: PackageError) -> Self {
        error.trouble()
    }
}

/// Whether a text is a full commit, of SHA-1.
fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

impl Package {
    /// The edit that lets a package bear exactly this commit: `o/r` becomes `o/r#<commit>`, and in
    /// `o/r#$V` the default of the ARG or ENV, or what the same RUN assigns, becomes the commit.
    /// `None`: it already bears it. Quotes and every other byte stay.
    ///
    /// # Errors
    /// See [`PackageError`].
    pub fn edit(&self, file: &Dockerfile, commit: &str) -> Result<Option<Edit>, PackageError> {
        let (place, package) = (|| self.place(file), || self.text.clone());
        if !is_commit(commit) {
            return Err(PackageError::Commit { place: place(), commit: commit.to_owned() });
        }
        let now = self.fragment.as_ref().and_then(Written::known);
        if now == Some(commit) {
            return Ok(None);
        }
        let (range, new) = match (&self.fragment, &self.hold.version, self.hold.insert) {
            (None, _, Some(at)) => (at..at, format!("{}{commit}", if self.hash { "" } else { "#" })),
            (Some(_), Some(range), _) => (range.clone(), commit.to_owned()),
            (Some(Written::Variable { name, value }), None, _) => {
                let (place, package) = (place(), package());
                return Err(match (value, &self.why) {
                    (None, Some(why)) => PackageError::Unknown { place, package, why: why.clone() },
                    _ => PackageError::Part { place, package, variable: name.clone() },
                });
            }
            _ => return Err(PackageError::Split { place: place(), package: package() }),
        };
        if let Some((variable, at)) = self.hold.other.as_ref().filter(|_| !now.is_some_and(is_commit)) {
            let (variable, other) = (variable.clone(), file.place(*at..at + 1));
            return Err(PackageError::Used { place: place(), package: package(), variable, other });
        }
        let expected = file.bytes().get(range.clone()).unwrap_or_default().to_vec();
        Ok(Some(Edit { range, expected, new: new.into_bytes() }))
    }
}
