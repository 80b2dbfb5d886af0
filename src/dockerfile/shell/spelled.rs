//! A word of a command line with what it comes to, and which variables give it.
//!
//! For whoever reads the command lines of git, curl and package managers. Decides nothing.

use std::ops::Range;

use super::super::parse::Dockerfile;
use super::fields::{Field, Fields, text};
use crate::model::Place;

/// A word, such as `"https://$GIT_REPO"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelled {
    /// What it comes to, if all of it is known: a build may give an ARG another value.
    pub value: Option<String>,
    /// Its pieces from left to right; a variable that comes to nothing is none.
    pub pieces: Vec<Piece>,
    span: Range<usize>,
}

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// It stands there.
    Text(String),
    /// A variable gives it: the one that is named in the word, whatever others are behind it.
    Variable {
        /// Its name, or `$(…)`.
        name: String,
        /// What it comes to, if that is known.
        value: Option<String>,
    },
}

impl Spelled {
    pub(super) fn new(fields: &Fields, field: &Field) -> Self {
        let outer = |from: usize| fields.path(from).last().map(|source| (source.at, source.name.clone()));
        let mut pieces = Vec::new();
        let mut rest = field.units.as_slice();
        while let Some(first) = rest.first() {
            let giver = outer(first.from);
            let count = rest.iter().take_while(|u| u.from == first.from || outer(u.from) == giver).count();
            let (units, behind) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            rest = behind;
            pieces.push(match giver {
                Some((_, name)) => Piece::Variable { name, value: text(units) },
                None => Piece::Text(text(units).unwrap_or_default()),
            });
        }
        Self { value: field.known(), pieces, span: field.span() }
    }

    /// The part of it behind its first bytes, where those stand there as such.
    #[must_use]
    pub fn behind(&self, prefix: &str) -> Option<Self> {
        let Some(Piece::Text(first)) = self.pieces.first() else { return None };
        let rest = first.strip_prefix(prefix)?;
        let mut out = self.clone();
        out.value = self.value.as_deref().and_then(|v| v.strip_prefix(prefix)).map(str::to_owned);
        match out.pieces.first_mut() {
            Some(piece) if !rest.is_empty() => *piece = Piece::Text(rest.to_owned()),
            _ => drop(out.pieces.drain(..1)),
        }
        Some(out)
    }

    /// The variable that gives it as a whole.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Variable { name, .. }] => Some(name),
            _ => None,
        }
    }

    /// The variables that give it or a part of it.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable { name, .. } => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// As a person would write it: variables as `${NAME}`.
    #[must_use]
    pub fn text(&self) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Variable { name, .. } if name.starts_with('$') => name.clone(),
            Piece::Variable { name, .. } => format!("${{{name}}}"),
        };
        self.pieces.iter().map(piece).collect()
    }

    /// Where it stands: in the assignment, if a variable gives it as a whole.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        file.place(self.span.clone())
    }

    /// The bytes of the file in which it stands.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}
