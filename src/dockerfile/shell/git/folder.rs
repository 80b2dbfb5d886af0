//! Which folder a command stands in: `cd`, `pushd`, `popd`, as the text of the RUN has them.
//!
//! For whoever joins the commands of a stage. Follows the order of the file and no branch; a subshell's
//! `cd` goes on behind it here, which is why folders are compared from their ends too.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::command::{WRAPPERS, name};
use super::super::fields::Fields;
use super::super::scan::Command;
use super::super::spelled::{Piece, Spelled};
use super::super::variables::Script;

/// What a command does to the folder that the shell stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Move {
    To(String),
    /// `pushd`.
    Push(String),
    /// `popd`.
    Pop,
    /// `cd -`.
    Back,
}

/// The longest folder that is followed, in bytes; of a longer one nothing is known.
const LONGEST: usize = 200;

/// The move that a command makes.
pub(in super::super) fn moves(
    _script: &Script,
    _command: &Command,
    fields: &Fields,
    _functions: &BTreeSet<Vec<u8>>,
) -> Option<(String, usize, Move)> {
    let skipped = fields.all.iter().take_while(|f| name(f).is_some_and(|n| WRAPPERS.contains(&n.as_str()))).count();
    let program = name(fields.all.get(skipped)?)?;
    let dash = |f: &&super::Field| f.known().is_some_and(|w| w.starts_with('-') && w.len() > 1);
    let mut operands = fields.all.get(skipped + 1..)?.iter().skip_while(dash);
    let to = operands.next().map(|f| Spelled::new(fields, f));
    let said = match (program.as_str(), to) {
        ("cd" | "chdir", Some(to)) if to.value.as_deref() == Some("-") => Move::Back,
        ("cd" | "chdir", Some(to)) => Move::To(canonical(&to)),
        ("cd", None) => Move::To("~".to_owned()),
        ("pushd", Some(to)) => Move::Push(canonical(&to)),
        ("popd", _) => Move::Pop,
        _ => return None,
    };
    Some((program, skipped, said))
}

/// Where the shell stands, seen from where the RUN begins.
pub(in super::super) struct Standing {
    moves: std::vec::IntoIter<(String, Range<usize>, Move)>,
    now: String,
    last: String,
    pushed: Vec<String>,
}

impl Standing {
    /// From all moves, in the order of the file.
    pub(in super::super) fn new(moves: Vec<(String, Range<usize>, Move)>) -> Self {
        Self { moves: moves.into_iter(), now: String::new(), last: String::new(), pushed: Vec::new() }
    }

    /// Where it stands at a place of the file; the places are asked for in order.
    pub(in super::super) fn at(&mut self, place: usize) -> &str {
        while self.moves.as_slice().first().is_some_and(|(_, span, _)| span.start < place)
            && let Some((_, _, to)) = self.moves.next()
        {
            let next = match to {
                Move::To(folder) => join(&self.now, &folder),
                Move::Push(folder) => {
                    self.pushed.push(self.now.clone());
                    join(&self.now, &folder)
                }
                Move::Pop => self.pushed.pop().unwrap_or_else(|| self.now.clone()),
                Move::Back => self.last.clone(),
            };
            self.last = std::mem::replace(&mut self.now, next);
        }
        &self.now
    }
}

/// A folder as text: what is not known of it stays as `${NAME}`.
pub(in crate::dockerfile) fn canonical(spelled: &Spelled) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::Variable { value: Some(text), .. } => text.clone(),
        Piece::Variable { name, value: None } => format!("${{{name}}}"),
    };
    spelled.pieces.iter().map(piece).collect()
}

/// A folder seen from another one. What begins with `/`, `~` or a variable is taken for absolute.
pub(in crate::dockerfile) fn join(from: &str, to: &str) -> String {
    let absolute = to.starts_with(['/', '~', '$']);
    let mut parts: Vec<&str> = Vec::new();
    for part in from.split('/').filter(|_| !absolute).chain(to.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    let root = if to.starts_with('/') || (!absolute && from.starts_with('/')) { "/" } else { "" };
    let out = format!("{root}{}", parts.join("/"));
    if out.len() > LONGEST { String::new() } else { out }
}
