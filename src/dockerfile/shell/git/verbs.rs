//! What each of git's verbs takes, and from where.

use super::super::fields::{Field, Fields, Unit};
use super::super::spelled::{Piece, Spelled};
use super::folder::{canonical, join};
use super::line::{self, Line, Values};
use super::{GitVerb, Read, cut};

/// No more values of one word than this are followed.
const MOST: usize = 64;

/// Reads the words behind git's name; empty if they take nothing in. `handed`: whether a command such
/// as `xargs` adds words.
pub(super) fn read(fields: &Fields, words: &[Field], handed: bool) -> Vec<Read> {
    let words = line::words(fields, words);
    let (global, rest) = line::read(
        &words,
        true,
        b"Cc",
        &["git-dir", "work-tree", "namespace", "super-prefix", "config-env", "attr-source", "exec-path"],
    );
    let Some((verb, rest)) = rest.split_first().filter(|_| !global.has(&["help", "h"])) else { return Vec::new() };
    let verb = verb.first().and_then(Field::known).unwrap_or_default();
    let reader = Reader { fields, handed };
    let mut said = match verb.as_str() {
        "clone" => reader.clone(rest),
        "fetch" | "pull" => reader.fetch(rest, verb == "pull"),
        "checkout" => reader.checkout(rest),
        "switch" => reader.switch(rest),
        "reset" => reader.reset(rest),
        "worktree" => reader.worktree(rest),
        "remote" => reader.remote(rest),
        "submodule" => reader.submodule(rest),
        "archive" => reader.archive(rest),
        _ => Vec::new(),
    };
    let mut within = String::new();
    let mut folder = None;
    for field in global.values(&["C"]) {
        let spelled = Spelled::new(fields, field);
        within = join(&within, &canonical(&spelled));
        folder = Some(spelled);
    }
    if let Some(field) = global.values(&["work-tree"]).next().or_else(|| global.values(&["git-dir"]).next()) {
        let spelled = Spelled::new(fields, field);
        let text = canonical(&spelled);
        within = join(&within, text.strip_suffix(".git").filter(|t| t.is_empty() || t.ends_with('/')).unwrap_or(&text));
        folder.get_or_insert(spelled);
    }
    for read in &mut said {
        read.within.clone_from(&within);
        if read.verb != GitVerb::Clone && read.folder.is_none() {
            read.folder.clone_from(&folder);
        }
    }
    said
}

struct Reader<'a> {
    fields: &'a Fields,
    handed: bool,
}

impl Reader<'_> {
    fn spelled(&self, values: Option<&Values>) -> Option<Spelled> {
        values.and_then(|v| v.first()).map(|f| Spelled::new(self.fields, f))
    }

    /// All values of a word as references; what names no ref, such as `.`, is none.
    fn references(&self, values: &Values) -> Vec<Spelled> {
        values.iter().filter(|f| !f.units.is_empty()).take(MOST).map(|f| Spelled::new(self.fields, f)).collect()
    }

    fn clone(&self, words: &[Values]) -> Vec<Read> {
        let long = [
            "branch",
            "bundle-uri",
            "config",
            "depth",
            "filter",
            "jobs",
            "origin",
            "ref-format",
            "reference",
            "reference-if-able",
            "revision",
            "separate-git-dir",
            "server-option",
            "shallow-exclude",
            "shallow-since",
            "template",
            "upload-pack",
        ];
        let (line, _) = line::read(words, false, b"jobuc", &long);
        if line.has(&["help", "h"]) {
            return Vec::new();
        }
        let mut operands = line.operands.as_slice();
        // `git clone $OPTIONS https://…`
        while let [first, second, ..] = operands
            && first.iter().all(|f| f.known().is_none() && f.units.len() == 1)
            && second.iter().any(|f| is_url(self.fields, f))
        {
            operands = operands.get(1..).unwrap_or_default();
        }
        let mut read = Read::new(GitVerb::Clone);
        read.recursive = line.has(&["recursive", "recurse-submodules"]);
        read.remote = self.spelled(line.value(&["origin", "o"]));
        let at = line.value(&["branch", "b", "revision"]);
        read.references = at.map(|values| self.references(values)).unwrap_or_default();
        read.folder = self.spelled(operands.get(1));
        let mark = |f: &Field| self.handed && f.known().is_some_and(|w| w.contains("{}"));
        match operands.first().filter(|values| !values.iter().any(mark)) {
            Some(values) => {
                let each = |f: &Field| Read { repository: Some(Spelled::new(self.fields, f)), ..read.clone() };
                values.iter().take(MOST).map(each).collect()
            }
            None => vec![read],
        }
    }

    fn fetch(&self, words: &[Values], pull: bool) -> Vec<Read> {
        let mut long = vec![
            "deepen",
            "depth",
            "filter",
            "jobs",
            "negotiation-tip",
            "recurse-submodules-default",
            "refmap",
            "server-option",
            "shallow-exclude",
            "shallow-since",
            "submodule-prefix",
            "upload-pack",
        ];
        if pull {
            long.extend(["strategy", "strategy-option", "cleanup"]);
        }
        let (line, _) = line::read(words, false, if pull { b"josX" } else { b"jo" }, &long);
        let mut read = Read::new(GitVerb::Fetch);
        read.recursive = line.has(&["recurse-submodules"]);
        let mut operands = line.operands.iter();
        if !line.has(&["all", "multiple"]) {
            read.repository = self.spelled(operands.next());
            while let Some(values) = operands.next() {
                let tag = values.first().and_then(Field::known).is_some_and(|w| w == "tag");
                let values = if tag { operands.next().unwrap_or(values) } else { values };
                let sources: Vec<Field> = values.iter().map(source).collect();
                read.references.extend(self.references(&sources).into_iter().filter(|s| !pattern(s)));
                if read.references.len() > MOST {
                    break;
                }
            }
        }
        if pull && !read.references.is_empty() {
            let taken = Read { references: read.references.clone(), ..Read::new(GitVerb::Checkout) };
            return vec![read, taken];
        }
        vec![read]
    }

    fn checkout(&self, words: &[Values]) -> Vec<Read> {
        let long = ["orphan", "conflict", "pathspec-from-file", "unified", "inter-hunk-context"];
        let (line, _) = line::read(words, false, b"bBU", &long);
        let creates = line.has(&["b", "B", "orphan"]);
        let paths = match line.dashes {
            // behind `-- ` stand paths alone
            Some(before) => before != 1 || line.operands.len() > 1,
            None => line.operands.len() > 1 && !creates,
        };
        if paths || line.has(&["p", "patch", "ours", "theirs", "2", "3", "pathspec-from-file"]) {
            return Vec::new();
        }
        self.taken(&line, 0)
    }

    fn switch(&self, words: &[Values]) -> Vec<Read> {
        let (line, _) = line::read(words, false, b"cC", &["create", "force-create", "orphan", "conflict"]);
        self.taken(&line, 0)
    }

    fn reset(&self, words: &[Values]) -> Vec<Read> {
        let long = ["pathspec-from-file", "unified", "inter-hunk-context"];
        let (line, _) = line::read(words, false, b"U", &long);
        if !line.has(&["hard", "keep", "merge"]) {
            return Vec::new();
        }
        self.taken(&line, 0)
    }

    fn worktree(&self, words: &[Values]) -> Vec<Read> {
        let Some(rest) = sub(words, "add") else { return Vec::new() };
        let (line, _) = line::read(rest, false, b"bB", &["reason"]);
        self.taken(&line, 1)
    }

    /// The operand that names what is checked out.
    fn taken(&self, line: &Line, at: usize) -> Vec<Read> {
        let Some(values) = line.operands.get(at) else { return Vec::new() };
        let references: Vec<Spelled> = self.references(values).into_iter().filter(|s| !path(s)).collect();
        if references.is_empty() {
            return Vec::new();
        }
        vec![Read { references, ..Read::new(GitVerb::Checkout) }]
    }

    fn remote(&self, words: &[Values]) -> Vec<Read> {
        let (before, rest) = line::read(words, true, b"", &[]);
        let Some((verb, rest)) = rest.split_first() else { return Vec::new() };
        let verb = verb.first().and_then(Field::known).unwrap_or_default();
        let (line, _) = line::read(rest, false, b"tm", &["track", "master"]);
        let named = line.operands.get(1).filter(|_| !before.has(&["h"]));
        match (verb.as_str(), named) {
            ("add", Some(url)) => {
                let mut read = Read::new(GitVerb::Remote);
                read.remote = self.spelled(line.operands.first());
                read.repository = self.spelled(Some(url));
                let fetched = Read {
                    repository: read.remote.clone(),
                    references: line.value(&["t", "track"]).map(|v| self.references(v)).unwrap_or_default(),
                    ..Read::new(GitVerb::Fetch)
                };
                if line.has(&["f", "fetch"]) { vec![read, fetched] } else { vec![read] }
            }
            ("set-url", Some(url)) if !line.has(&["push", "delete"]) => {
                let (remote, repository) = (self.spelled(line.operands.first()), self.spelled(Some(url)));
                vec![Read { remote, repository, ..Read::new(GitVerb::Remote) }]
            }
            ("update", _) => {
                let repository = self.spelled(line.operands.first());
                vec![Read { repository, ..Read::new(GitVerb::Fetch) }]
            }
            _ => Vec::new(),
        }
    }

    fn submodule(&self, words: &[Values]) -> Vec<Read> {
        if let Some(rest) = sub(words, "add") {
            let (line, _) = line::read(rest, false, b"b", &["branch", "name", "reference", "depth", "ref-format"]);
            let Some(url) = line.operands.first() else { return Vec::new() };
            let mut read = Read::new(GitVerb::Submodule);
            read.repository = self.spelled(Some(url));
            read.folder = self.spelled(line.operands.get(1));
            read.references = line.value(&["b", "branch"]).map(|v| self.references(v)).unwrap_or_default();
            return vec![read];
        }
        let Some(rest) = sub(words, "update") else { return Vec::new() };
        let (line, _) = line::read(rest, false, b"j", &["jobs", "reference", "depth", "filter"]);
        vec![Read { recursive: true, floats: line.has(&["remote"]), ..Read::new(GitVerb::Submodule) }]
    }

    fn archive(&self, words: &[Values]) -> Vec<Read> {
        let long = ["format", "prefix", "output", "remote", "exec", "add-file", "add-virtual-file", "mtime"];
        let (line, _) = line::read(words, false, b"o", &long);
        let Some(from) = line.value(&["remote"]) else { return Vec::new() };
        let references = line.operands.first().map(|values| self.references(values)).unwrap_or_default();
        vec![Read { repository: self.spelled(Some(from)), references, ..Read::new(GitVerb::Clone) }]
    }
}

/// The words behind the verb of a verb.
fn sub<'w>(words: &'w [Values], verb: &str) -> Option<&'w [Values]> {
    let (_, rest) = line::read(words, true, b"", &[]);
    let (first, rest) = rest.split_first()?;
    (first.first().and_then(Field::known)? == verb).then_some(rest)
}

/// The source of a refspec.
fn source(field: &Field) -> Field {
    let is = |unit: &Unit, byte: u8| !unit.hole && unit.byte == byte;
    let start = usize::from(field.units.first().is_some_and(|u| is(u, b'+')));
    let end = field.units.iter().position(|u| is(u, b':')).unwrap_or(field.units.len());
    if start == 0 && end == field.units.len() { field.clone() } else { cut(field, start..end.max(start)) }
}

fn pattern(reference: &Spelled) -> bool {
    reference.pieces.iter().any(|p| matches!(p, Piece::Text(text) if text.contains('*')))
}

/// Whether a word names files, or a ref of before that nothing new comes with.
fn path(reference: &Spelled) -> bool {
    let Some(text) = reference.value.as_deref() else { return false };
    matches!(text, "" | "." | ".." | "-" | "@")
        || text.starts_with("./")
        || text.starts_with("../")
        || text.starts_with('/')
        || text.starts_with("@{")
        || text.starts_with("stash")
        || text.contains('*')
        || ["HEAD", "ORIG_HEAD"].iter().any(|head| {
            text.strip_prefix(head).is_some_and(|rest| rest.is_empty() || rest.starts_with(['~', '^', '@']))
        })
}

/// Whether a word reads as the URL of a repository.
fn is_url(fields: &Fields, field: &Field) -> bool {
    let spelled = Spelled::new(fields, field);
    let text = canonical(&spelled);
    text.contains("://") || text.ends_with(".git") || (text.contains('@') && text.contains(':'))
}
