//! What ADD and COPY take in: URLs, git repositories, and files of the context that somebody put
//! there.
//!
//! For coverage, lint and `init`. COPY of an image is the matter of [`images`](super::images).
//!
//! What BuildKit takes for git and where it looks for the ref is told in the reference of Dockerfile,
//! `ADD` of git repositories: `#ref[:subdir]`, or a query of `ref`, `tag`, `branch`, `commit` (once
//! called `checksum`) and `subdir`. Nothing is fetched, no folder is read.

use std::cell::RefCell;
use std::collections::HashSet;
use std::ops::Range;

use super::expand::expand_bytes;
use super::instruction::{Body, Command, Instruction};
use super::lex::Var;
use super::parse::Dockerfile;
use super::reference::is_git;
use crate::model::Place;

mod git;
mod local;

#[cfg(test)]
mod tests;

/// All bytes that variables may give to the sources of one file; what comes after has no value.
const BUDGET: usize = 8 * 1024 * 1024;
/// What a word costs that cannot be expanded.
const LONGEST: usize = 64 * 1024;
/// Stands for what is not known while a word is read.
const HOLE: char = '\u{1}';

/// One source of an ADD that is remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Which instruction it stands in.
    pub instruction: usize,
    /// The stage of that instruction.
    pub stage: Option<usize>,
    /// Whether it stands in an ONBUILD.
    pub onbuild: bool,
    /// As it is written, without quotes.
    pub written: String,
    /// What it comes to with the defaults of the file's ARGs, if that is known.
    pub value: Option<String>,
    /// The variables in it.
    pub variables: Vec<String>,
    /// What it is.
    pub what: RemoteKind,
    /// Where it stands.
    pub place: Place,
}

/// What an ADD takes from afar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteKind {
    /// A file by URL, with what `--checksum` says, variables expanded.
    File {
        /// Such as `sha256:…`; as it is written if it cannot be known.
        checksum: Option<String>,
    },
    /// A git repository.
    Git {
        /// The URL without fragment and query; as it is written if it cannot be known.
        repository: String,
        /// The commit of `--checksum` or `?commit=`, else the ref of `#ref`, `?ref=`, `?tag=` or
        /// `?branch=`; as it is written if it cannot be known.
        reference: Option<String>,
        /// The variable that gives that as a whole.
        variable: Option<String>,
    },
}

/// A file of the build's context that is taken in and was put there by a tool: an archive, or
/// something that differs by platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Which instruction it stands in.
    pub instruction: usize,
    /// The stage of that instruction.
    pub stage: Option<usize>,
    /// As it is written, without quotes.
    pub written: String,
    /// The path in the context as a pattern: variables that are not known, and globs, as `*`;
    /// `$TARGETPLATFORM` as `{platform}`, `$TARGETARCH` as `{arch}`, `$TARGETOS` as `{os}`,
    /// `$TARGETVARIANT` as `{variant}`. Without `./` or `/` at its start, and `/` at its end.
    pub pattern: String,
    /// Whether it differs by platform.
    pub by_platform: bool,
    /// Where it stands.
    pub place: Place,
}

/// What a Dockerfile adds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// From afar.
    pub remote: Vec<Remote>,
    /// From the context.
    pub local: Vec<Local>,
}

/// All of it, in the order of the file. Time and memory are linear in the file.
#[must_use]
pub fn added(file: &Dockerfile) -> Added {
    let mut find = Find { file, out: Added::default(), left: BUDGET };
    for (index, instruction) in file.instructions().iter().enumerate() {
        let body = instruction.effective();
        let from = body.flags.iter().any(|f| f.name == "from");
        if body.command == Command::Add || (body.command == Command::Copy && !from) {
            find.instruction(index, instruction, body);
        }
    }
    find.out
}

struct Find<'a> {
    file: &'a Dockerfile,
    out: Added,
    /// How many bytes variables may still give.
    left: usize,
}

/// A word after expansion.
struct Word {
    /// As it is written, without quotes.
    written: String,
    /// What it comes to, [`HOLE`] where that is not known; `None` if it cannot be read at all.
    marked: Option<String>,
    /// The variables that it asks for.
    variables: Vec<String>,
}

impl Word {
    /// What it comes to, if all of it is known.
    fn value(&self) -> Option<String> {
        self.marked.clone().filter(|text| !text.contains(HOLE))
    }

    /// The same; else as it is written.
    fn said(&self) -> String {
        self.value().unwrap_or_else(|| self.written.clone())
    }

    /// What it comes to as far as that is known; else as it is written.
    fn known(&self) -> &str {
        self.marked.as_deref().unwrap_or(&self.written)
    }
}

impl Find<'_> {
    fn instruction(&mut self, index: usize, instruction: &Instruction, body: &Body) {
        let Some((_, sources)) = body.words.split_last() else { return };
        let flag = body.flags.iter().find(|f| f.name == "checksum").and_then(|f| f.value.clone());
        let checksum = flag.map(|range| self.word(index, instruction, range));
        for range in sources {
            let heredoc = !body.json && !instruction.heredocs.is_empty();
            if heredoc && instruction.line.get(range.clone()).starts_with(b"<<") {
                continue;
            }
            let word = self.word(index, instruction, range.clone());
            let what = if body.command == Command::Add { remote(&word, checksum.as_ref()) } else { None };
            let stage = instruction.stage;
            if let Some(what) = what {
                self.out.remote.push(Remote {
                    instruction: index,
                    stage,
                    onbuild: instruction.is_onbuild(),
                    value: word.value(),
                    written: word.written,
                    variables: word.variables,
                    what,
                    place: self.file.place_in(instruction, range.clone()),
                });
            } else if let Some((pattern, by_platform)) = self.local(index, instruction, range.clone()) {
                self.out.local.push(Local {
                    instruction: index,
                    stage,
                    written: word.written,
                    pattern,
                    by_platform,
                    place: self.file.place_in(instruction, range.clone()),
                });
            }
        }
    }

    /// Reads a word, with the defaults of the file's ARGs.
    fn word(&mut self, index: usize, instruction: &Instruction, range: Range<usize>) -> Word {
        let raw = instruction.line.get(range);
        let (file, forms) = (self.file, Forms::of(raw));
        let asked = RefCell::new(Vec::<String>::new());
        let look = |name: &str| {
            let mut asked = asked.borrow_mut();
            if !asked.iter().any(|n| n == name) && asked.len() < 100 {
                asked.push(name.to_owned());
            }
            known(file, index, instruction, name).unwrap_or_else(|| forms.empty(name))
        };
        let marked = self.expand(raw, &look);
        let variables = asked.into_inner();
        Word { written: written(raw), marked, variables }
    }

    /// Expands a word; `None` if it cannot be, or too much was.
    fn expand(&mut self, raw: &[u8], look: &dyn Fn(&str) -> Var) -> Option<String> {
        if self.left == 0 {
            return None;
        }
        let out = expand_bytes(raw, self.file.escape(), look, &self.file.variables().steps).ok();
        // what fails may have cost as much as it may give at all
        let fits = self.take(out.as_ref().map_or(LONGEST, String::len));
        out.filter(|_| fits)
    }

    fn take(&mut self, cost: usize) -> bool {
        let left = self.left.checked_sub(cost);
        self.left = left.unwrap_or(0);
        left.is_some()
    }

    /// The pattern of a source of the context, and whether it differs by platform; `None` for what is
    /// nobody's download.
    fn local(&mut self, index: usize, instruction: &Instruction, range: Range<usize>) -> Option<(String, bool)> {
        let raw = instruction.line.get(range);
        let (file, forms) = (self.file, Forms::of(raw));
        let look = |name: &str| match local::slot(name) {
            Some(slot) if !forms.changed.contains(name) => Var::Set(slot.mark().to_string()),
            Some(_) => Var::Set(local::OTHER.to_string()),
            None => known(file, index, instruction, name).unwrap_or_else(|| forms.empty(name)),
        };
        let marked = self.expand(raw, &look)?;
        local::pattern(&marked)
    }
}

/// The value of a variable, if it is known. What nobody in the file sets may be the base image's.
fn known(file: &Dockerfile, index: usize, instruction: &Instruction, name: &str) -> Option<Var> {
    let value = match instruction.stage {
        Some(stage) => file.variables().at(stage, index, name),
        None => file.variables().global(name),
    };
    matches!(value, Var::Set(_)).then_some(value)
}

/// How a word asks for its variables, by name.
#[derive(Default)]
struct Forms {
    /// It says what they stand for where nobody sets them: `${X:-y}`.
    defaulted: HashSet<String>,
    /// It makes another text of them: `${X#y}`.
    changed: HashSet<String>,
}

impl Forms {
    fn of(raw: &[u8]) -> Self {
        let mut out = Self::default();
        for at in memchr::memmem::find_iter(raw, b"${") {
            let rest = raw.get(at + 2..).unwrap_or_default();
            let len = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
            let (name, form) = rest.split_at_checked(len).unwrap_or_default();
            let name = String::from_utf8_lossy(name).into_owned();
            match form {
                [b':', b'-' | b'+', ..] | [b'-' | b'+', ..] => drop(out.defaulted.insert(name)),
                [b'}' | b':' | b'?', ..] | [] => {}
                _ => drop(out.changed.insert(name)),
            }
        }
        out
    }

    /// What a variable without a value gives.
    fn empty(&self, name: &str) -> Var {
        if self.defaulted.contains(name) { Var::Unset } else { Var::Set(HOLE.to_string()) }
    }
}

/// A word without its quotes.
fn written(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    text.chars().filter(|c| !matches!(c, '"' | '\'')).collect()
}

/// The variable that a text is as a whole: `$X`, `${X}`, `${X:-…}`.
fn variable(text: &str) -> Option<String> {
    let rest = text.strip_prefix('$')?;
    let named = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let Some(inner) = rest.strip_prefix('{') else {
        return (!rest.is_empty() && rest.chars().all(named)).then(|| rest.to_owned());
    };
    let name: String = inner.chars().take_while(|c| named(*c)).collect();
    let behind = inner.strip_prefix(name.as_str())?;
    let whole = behind == "}"
        || ([":-", "-", ":?", "?"].iter().any(|f| behind.starts_with(f))
            && behind.find('}') == behind.len().checked_sub(1));
    (whole && !name.is_empty()).then_some(name)
}

/// What a source of ADD takes from afar.
fn remote(word: &Word, checksum: Option<&Word>) -> Option<RemoteKind> {
    let known = word.known();
    if is_git(known.as_bytes()) {
        return Some(git::read(word, checksum));
    }
    let lower: String = known.chars().take(8).collect::<String>().to_ascii_lowercase();
    let url = lower.starts_with("http://") || lower.starts_with("https://");
    // `ADD $URL /x`: only the build knows, and the name says it
    let named = known.starts_with(HOLE) && word.variables.first().is_some_and(|name| says_url(name));
    (url || named).then(|| RemoteKind::File { checksum: checksum.map(Word::said).filter(|c| !c.is_empty()) })
}

fn says_url(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    ["URL", "URI", "MIRROR"].iter().any(|word| upper.contains(word))
}
