//! git's command line in RUN: which repository is taken, and at what.
//!
//! For [`checkouts`](super::super::checkout::checkouts), which joins the commands of a stage. After
//! the manual pages git(1), git-clone(1), git-fetch(1) and their like.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::parse::Dockerfile;
use super::command::{HANDS, WRAPPERS, is_mute, name};
use super::fields::{Field, Fields};
use super::scan::Command;
use super::spelled::Spelled;
use super::text::base;
use super::variables::Script;
use crate::model::Place;

mod folder;
mod givers;
mod line;
mod verbs;

#[cfg(test)]
mod tests;

pub(super) use folder::{Standing, moves};
pub(in crate::dockerfile) use folder::{canonical, join};
pub(in crate::dockerfile) use givers::Givers;

/// One git command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitCommand {
    /// Which instruction it stands in.
    pub instruction: usize,
    /// The stage of that instruction.
    pub stage: Option<usize>,
    /// What it does.
    pub verb: GitVerb,
    /// The repository, as a URL or the name of a remote.
    pub repository: Option<Spelled>,
    /// The name of the remote: what `remote add` names, what `clone --origin` says.
    pub remote: Option<Spelled>,
    /// The branch, tag or commit, or the refspecs' sources.
    pub references: Vec<Spelled>,
    /// The folder: where `clone` puts it, or what `-C` says.
    pub folder: Option<Spelled>,
    /// Whether submodules are taken too.
    pub recursive: bool,
    /// Whether submodules are taken at whatever their branches are: `submodule update --remote`.
    pub floats: bool,
    /// The folder that git runs in, seen from where the RUN begins; a variable that is not known
    /// stays in it as `${NAME}`.
    pub(in crate::dockerfile) standing: String,
    pub(super) span: Range<usize>,
}

/// What a git command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GitVerb {
    /// `clone`, `archive --remote`; `init` is none.
    Clone,
    /// `remote add`, `remote set-url`.
    Remote,
    /// `fetch`, `pull`, `remote update`.
    Fetch,
    /// `checkout`, `switch`, `reset`, `worktree add`; what `pull` checks out of what it fetched.
    Checkout,
    /// `submodule add`, `submodule update`.
    Submodule,
}

impl GitCommand {
    /// Where git's name stands.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        file.place(self.span.clone())
    }

    /// The bytes of git's name.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

/// What a command says.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) verb: GitVerb,
    pub(super) repository: Option<Spelled>,
    pub(super) remote: Option<Spelled>,
    pub(super) references: Vec<Spelled>,
    pub(super) folder: Option<Spelled>,
    pub(super) recursive: bool,
    pub(super) floats: bool,
    /// What `-C` and its like say, seen from the folder that the shell stands in.
    pub(super) within: String,
}

impl Read {
    fn new(verb: GitVerb) -> Self {
        Self {
            verb,
            repository: None,
            remote: None,
            references: Vec::new(),
            folder: None,
            recursive: false,
            floats: false,
            within: String::new(),
        }
    }
}

/// Commands whose operands may be the word `git`, and that run none of them.
const TAKERS: [&str; 27] = [
    "apk",
    "apt",
    "apt-get",
    "aptitude",
    "brew",
    "conda",
    "dnf",
    "docker",
    "emerge",
    "gem",
    "gh",
    "hub",
    "mamba",
    "microdnf",
    "npm",
    "opkg",
    "pacman",
    "pip",
    "pip3",
    "pipx",
    "tdnf",
    "xx-apk",
    "xx-apt",
    "xx-apt-get",
    "yarn",
    "yum",
    "zypper",
];

/// No more words `git` than this are tried in one command.
const TRIES: usize = 8;

/// What a git command says: what it is called, which of the fields names it, and what it does. Several,
/// where a variable has several values, or where one command does two things.
pub(super) fn git(
    script: &Script,
    command: &Command,
    fields: &Fields,
    functions: &BTreeSet<Vec<u8>>,
) -> Option<(String, usize, Vec<Read>)> {
    let all = &fields.all;
    if is_mute(all, functions) {
        return None;
    }
    let (mut handed, mut tries) = (false, 0);
    for (index, field) in all.iter().enumerate() {
        let Some(program) = name(field) else {
            if maybe(script, command, fields, index) {
                let said = verbs::read(fields, all.get(index + 1..).unwrap_or_default(), handed);
                return (!said.is_empty()).then_some((String::new(), index, said));
            }
            continue;
        };
        if program == "eval" || (TAKERS.contains(&program.as_str()) && !functions.contains(program.as_bytes())) {
            // the words of `eval` make a script, which is read as such
            return None;
        }
        handed |= HANDS.contains(&program.as_str());
        if program == "git" {
            tries += 1;
            let said = verbs::read(fields, all.get(index + 1..).unwrap_or_default(), handed);
            if !said.is_empty() {
                return Some((program, index, said));
            }
            if index == 0 || tries >= TRIES {
                return None;
            }
        }
    }
    None
}

/// Whether a word that cannot be known names git beyond doubt: `$GIT`, `$(command -v git)`.
fn maybe(script: &Script, command: &Command, fields: &Fields, at: usize) -> bool {
    let before = fields.all.get(..at).unwrap_or_default();
    if !before.first().and_then(name).is_none_or(|n| WRAPPERS.contains(&n.as_str())) {
        return false;
    }
    let word = fields.all.get(at).and_then(|field| command.words.get(field.word));
    let raw = word.map(|w| script.line.get(w.range.clone())).unwrap_or_default();
    let raw = String::from_utf8_lossy(raw).to_ascii_lowercase();
    let inner = raw.trim_matches(|c: char| "\"${}()`".contains(c));
    inner.rsplit([' ', '-', '=']).next().is_some_and(|last| base(last) == "git")
}

/// What a field says from a byte on, as a word of its own.
fn cut(field: &Field, range: Range<usize>) -> Field {
    let units = field.units.get(range.clone()).unwrap_or_default().to_vec();
    let own = units.first().filter(|first| !first.hole && first.from == 0 && field.cover.contains(&first.at));
    let end = units.last().filter(|last| last.from == 0 && range.end < field.units.len()).map(|last| last.at + 1);
    let start = own.map_or(field.cover.start, |first| first.at);
    let end = end.filter(|end| *end > start).unwrap_or(field.cover.end);
    Field { units, cover: start..end, ..field.clone() }
}
