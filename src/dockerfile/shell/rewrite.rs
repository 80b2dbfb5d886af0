//! The version of an operand as an edit, and why there may be none.
//!
//! For `refresh`. Decides no version.

use std::ops::Range;

use super::super::edit::Edit;
use super::super::parse::Dockerfile;
use super::apt::is_version;
use super::fields::{Field, Fields, Unit};
use super::variables::Giver;
use super::{Operand, Written};
use crate::model::{Place, Trouble, quoted};

/// Where the version of an operand stands or would stand, in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    /// Where a version goes that is not there yet; `None` if that would change another word.
    pub(super) insert: Option<usize>,
    /// Where the version stands, if it stands there in one piece.
    pub(super) version: Option<Range<usize>>,
    /// Who gives the version, if a variable does.
    pub(super) giver: Option<Giver>,
    /// The variables whose text an edit would change, and whether the RUN sets them.
    pub(super) path: Vec<(String, bool)>,
    /// Where the operand asks for variables, in the file.
    pub(super) uses: Vec<usize>,
    /// Who asks for one of the former that is no operand: the name, and where.
    pub(super) other: Option<(String, usize)>,
}

impl Hold {
    /// `own` is the source that the name comes from.
    pub(super) fn new(fields: &Fields, field: &Field, version: Option<&[Unit]>, own: usize) -> Self {
        let mut out =
            Self { insert: None, version: None, giver: None, path: Vec::new(), uses: Vec::new(), other: None };
        let mut from: Vec<usize> = field.units.iter().map(|u| u.from).filter(|f| *f > 0).collect();
        from.dedup();
        out.uses = from.into_iter().flat_map(|f| fields.path(f)).map(|s| s.at).collect();
        let edited = version.map_or_else(|| field.units.last(), |v| v.first());
        let path = edited.map(|u| fields.path(u.from)).unwrap_or_default();
        out.path = path.into_iter().map(|s| (s.name.clone(), s.giver == Some(Giver::Shell))).collect();
        let Some(version) = version else {
            // a name whose end another variable gives, and which is cut there by a blank
            let last = field.units.last();
            let torn = last.is_some_and(|u| u.from != own && !u.hole && u.at + 1 == field.tail);
            out.insert = (!torn).then_some(field.tail);
            return out;
        };
        let Some(first) = version.first() else { return out };
        let foreign = version.iter().find(|u| u.from != own || u.hole);
        out.giver = foreign.and_then(|u| fields.sources.get(u.from)).and_then(|s| s.giver);
        let whole = version.iter().zip(first.at..).all(|(u, at)| !u.hole && u.from == first.from && u.at == at);
        out.version = whole.then(|| first.at..first.at + version.len());
        out
    }
}

/// Why the version of an operand cannot be rewritten.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperandError {
    /// What was to be written is no version.
    #[error("{} is not a version that a Debian package can have", quoted(version))]
    Version {
        /// The operand.
        place: Place,
        /// What was to be written.
        version: String,
    },
    /// A variable gives the version or a piece of it.
    #[error("the version of {} stands in the variable {}", quoted(package), quoted(variable))]
    Variable {
        /// The operand.
        place: Place,
        /// The package.
        package: String,
        /// The variable, or `$(…)`.
        variable: String,
        /// `arg` or `env`, if the variable is one.
        site: Option<&'static str>,
    },
    /// The version is there, but not in one piece; or the name ends within another text.
    #[error("{} is split by a continuation, quotes or a variable", quoted(package))]
    Split {
        /// The operand.
        place: Place,
        /// The package.
        package: String,
    },
    /// The variable that holds the operand is asked for elsewhere, where a version would break it.
    #[error("the variable {} names {} and is used elsewhere, in line {}", quoted(variable), quoted(package), other.line)]
    Used {
        /// The operand.
        place: Place,
        /// The package.
        package: String,
        /// The variable.
        variable: String,
        /// Where else it is used.
        other: Place,
    },
    /// The operand follows a suite.
    #[error("{} takes whatever version its suite has", quoted(package))]
    Suite {
        /// The operand.
        place: Place,
        /// The package.
        package: String,
    },
}

impl OperandError {
    /// As a message, with its place and what mends it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        match self {
            Self::Version { place, .. } => trouble.at(place.clone()),
            Self::Variable { place, variable, site: Some(site), package } => trouble
                .at(place.clone())
                .help(format!("pin it with `into = [{{ {site} = \"{variable}\", value = \"{package}\" }}]`")),
            Self::Variable { place, package, .. } => {
                trouble.at(place.clone()).help(format!("write the version itself: `{package}=…`"))
            }
            Self::Used { place, package, variable, other } => {
                trouble.at(other.clone()).found(format!("`{package}` in line {}", place.line)).help(format!(
                    "name the packages at the apt line, or write `${{{variable}%%=*}}` where no version may stand"
                ))
            }
            Self::Split { place, .. } => trouble.at(place.clone()).help("write it in one piece on one line"),
            Self::Suite { place, package } => trouble
                .at(place.clone())
                .help(format!("write `{package}` without the suite, and give the suite with `-t` if it is needed")),
        }
    }
}

impl From<OperandError> for Trouble {
    fn from(error: OperandError) -> Self {
        error.trouble()
    }
}

impl Operand {
    /// The edit that lets an operand bear exactly this version: `curl` becomes `curl=1.2`, as does
    /// `curl=1.1` and `curl=1.1*`. `None`: it already does. Quotes and every other byte stay. A
    /// version in a variable that the same RUN sets is edited where it is set.
    ///
    /// # Errors
    /// See [`OperandError`].
    pub fn edit(&self, file: &Dockerfile, version: &str) -> Result<Option<Edit>, OperandError> {
        let place = || self.place(file);
        if version.is_empty() || !version.bytes().all(is_version) {
            return Err(OperandError::Version { place: place(), version: version.to_owned() });
        }
        let package = self.name.clone();
        if self.suite.is_some() {
            return Err(OperandError::Suite { place: place(), package });
        }
        let used = || match &self.hold.other {
            Some((variable, at)) => Err(OperandError::Used {
                place: place(),
                package: self.name.clone(),
                variable: variable.clone(),
                other: file.place(*at..at + 1),
            }),
            None => Ok(()),
        };
        let Some(written) = &self.version else {
            let Some(at) = self.hold.insert else {
                return Err(OperandError::Split { place: place(), package });
            };
            used()?;
            let new = format!("={version}").into_bytes();
            return Ok(Some(Edit { range: at..at, expected: Vec::new(), new }));
        };
        if written.known() == Some(version) {
            return Ok(None);
        }
        let range = match (written, self.hold.giver, &self.hold.version) {
            (Written::Literal(_), _, Some(range)) | (_, Some(Giver::Shell), Some(range)) => range.clone(),
            (Written::Literal(_), ..) => return Err(OperandError::Split { place: place(), package }),
            (Written::Variable { name, .. }, giver, _) => {
                let site = match giver {
                    Some(Giver::Arg) => Some("arg"),
                    Some(Giver::Env) => Some("env"),
                    _ => None,
                };
                return Err(OperandError::Variable { place: place(), package, variable: name.clone(), site });
            }
        };
        used()?;
        let expected = file.bytes().get(range.clone()).unwrap_or_default().to_vec();
        Ok(Some(Edit { range, expected, new: version.as_bytes().to_vec() }))
    }
}
