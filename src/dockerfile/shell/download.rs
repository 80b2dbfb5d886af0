//! curl, wget, aria2c and httpie in RUN: what is fetched by URL, and whether the same RUN checks it.
//!
//! For coverage, lint and `init`. What is only asked (`-I`, a POST) and what this machine itself answers
//! is no download. A check holds a download if it names its file, else if it is the next one behind it;
//! it counts only if the RUN fails with it: not with `|| true` behind it, nor with `;` where no
//! `set -e` is in force. `gpg --verify` checks no hash: its algorithm is `gpg`, and it has no digest. It
//! is told only where there is no check of a hash.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::super::parse::Dockerfile;
use super::command::HANDS;
use super::fields::Field;
use super::program::named;
use super::run::Run;
use super::spelled::Spelled;
use super::{NotUnderstood, Why};
use crate::model::Place;

mod check;
mod line;
mod powershell;
mod text;

use check::Check;
use text::Text;

#[cfg(test)]
mod tests;

/// Longer names of files are not compared.
const LONGEST: usize = 1024;

/// One command that fetches files by URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// Which instruction it stands in.
    pub instruction: usize,
    /// The stage of that instruction.
    pub stage: Option<usize>,
    /// `curl`, `wget`, …; empty where reading the RUN was given up.
    pub program: String,
    /// What it fetches, in order. A URL that is not known at its start, and one with a pattern, is
    /// among `not_understood` too.
    pub urls: Vec<Spelled>,
    /// Where the first of them goes, if it says so, itself or by `>` or `| tee`.
    pub output: Option<Spelled>,
    /// The hash check of the same RUN that this download is held to.
    pub check: Option<HashCheck>,
    /// The shell or interpreter that its output is piped into.
    pub piped: Option<String>,
    /// Words that may be URLs and cannot be known.
    pub not_understood: Vec<NotUnderstood>,
    pub(super) span: Range<usize>,
}

/// A check of a file's hash, such as `echo "$SHA256  x.tar.gz" | sha256sum -c -`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashCheck {
    /// `sha256`, `sha512`, `sha1`, `md5`, `blake2b`, …; `gpg` for a signature, which is no hash.
    pub algorithm: String,
    /// The digest, where it is told in the Dockerfile; else it comes from a file.
    pub digest: Option<Spelled>,
    pub(super) span: Range<usize>,
}

impl HashCheck {
    /// Where the check stands.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        file.place(self.span.clone())
    }
}

impl Download {
    /// Where the program's name stands.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        file.place(self.span.clone())
    }

    /// Why its URLs are not known, if they are not.
    #[must_use]
    pub fn why(&self) -> Option<&Why> {
        self.not_understood.first().map(|n| &n.why)
    }
}

/// Whether a program is read here, whatever it does.
pub(super) fn is_known(program: &str) -> bool {
    line::is_known(program)
}

/// What a RUN fetches, each command once, in the order of the file. Time and memory are linear in its
/// text: checks are found by the names of files and by place.
pub(super) fn downloads(run: &Run<'_>) -> Vec<Download> {
    let text = Text::new(run);
    let (instruction, stage) = run.place();
    let mut out: Vec<Download> = Vec::new();
    let mut held: Option<Held> = None;
    let mut once = BTreeSet::new();
    for (index, seen) in text.seen.iter().enumerate() {
        let all = &seen.fields.all;
        let Some(at) = text.program(index) else { continue };
        let Some(program) = all.get(at).and_then(named) else { continue };
        let words = all.get(at + 1..).unwrap_or_default();
        // `xargs curl -O`
        let hands = all.iter().take(at).filter_map(named).any(|n| HANDS.contains(&n.as_str()));
        let handed = all.get(at).filter(|_| hands);
        let Some(said) = line::read(&program, seen.fields, words, handed) else { continue };
        let span = all.get(at).map_or(0..0, |f| f.cover.clone());
        if !once.insert((span.start, span.end)) {
            continue;
        }
        let spell = |f: &Field| Spelled::new(seen.fields, f);
        let urls: Vec<Spelled> = said.urls.iter().map(spell).collect();
        let stdout = said.outputs.first().is_some_and(|f| f.known().is_some_and(|w| w == "-"));
        let mut outputs: Vec<Spelled> = if stdout { Vec::new() } else { said.outputs.iter().map(spell).collect() };
        if outputs.is_empty() && (stdout || !said.remote) {
            outputs.extend(text.output(index));
        }
        let goes = !outputs.is_empty() || (said.remote && !stdout);
        // wget puts all it takes into one file
        let single = outputs.len() == 1 && urls.len() > 1 && program.starts_with("wget");
        let names: Vec<Option<String>> = match (single, goes) {
            (true, _) => vec![outputs.first().and_then(key)],
            _ => urls.iter().enumerate().map(|(i, url)| outputs.get(i).map_or_else(|| remote_name(url), key)).collect(),
        };
        let own = said.checksum.map(|(algorithm, digest)| {
            let span = digest.span();
            HashCheck { algorithm, digest: Some(spell(&digest)), span }
        });
        let check = own.or_else(|| {
            let held = held.get_or_insert_with(|| Held::new(&text));
            goes.then(|| held.of(&names, span.start)).flatten()
        });
        out.push(Download {
            instruction,
            stage,
            program,
            urls,
            output: outputs.into_iter().next(),
            check,
            piped: text.piped(index),
            not_understood: said.not_understood,
            span,
        });
    }
    if let Some(span) = run.given_up() {
        out.push(Download {
            instruction,
            stage,
            program: String::new(),
            urls: Vec::new(),
            output: None,
            check: None,
            piped: None,
            not_understood: vec![NotUnderstood { why: Why::Long, span: span.clone() }],
            span,
        });
    }
    out.sort_by_key(|d| d.span.start);
    out
}

/// The last part of a path, if enough of it is known to tell it from others; unknown variables as
/// `${NAME}`.
fn key(path: &Spelled) -> Option<String> {
    let text = path.value.clone().unwrap_or_else(|| path.text());
    if text.len() > LONGEST || text.contains("$(") {
        return None;
    }
    let last = text.rsplit('/').next().filter(|l| !l.is_empty())?;
    let whole = last.strip_prefix("${").and_then(|l| l.strip_suffix('}')).is_some_and(|l| !l.contains('}'));
    (!whole).then(|| last.to_owned())
}

/// What a URL's file is called where it is kept.
fn remote_name(url: &Spelled) -> Option<String> {
    let text = url.value.clone().unwrap_or_else(|| url.text());
    let path = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let path = path.split(['?', '#']).next()?;
    let last = path.rsplit_once('/').map(|(_, last)| last).filter(|l| !l.is_empty())?;
    let whole = last.strip_prefix("${").and_then(|l| l.strip_suffix('}')).is_some_and(|l| !l.contains('}'));
    (!whole && last.len() <= LONGEST && !last.contains("$(")).then(|| last.to_owned())
}

/// The checks of a RUN, to be found by file and by place.
struct Held {
    checks: Vec<Check>,
    hashes: Pool,
    signatures: Pool,
    /// What a file is called after `mv` and `cp`.
    moved: HashMap<String, String>,
}

/// Checks of one sort; all lists by place.
#[derive(Default)]
struct Pool {
    /// By file: where it stands, which check, which of its files.
    named: HashMap<String, Vec<(usize, usize, usize)>>,
    any: Vec<(usize, usize)>,
    all: Vec<(usize, usize)>,
}

impl Held {
    fn new(text: &Text<'_>) -> Self {
        let checks = check::checks(text);
        let (mut hashes, mut signatures) = (Pool::default(), Pool::default());
        for (index, check) in checks.iter().enumerate() {
            let pool = if check.said.algorithm == "gpg" { &mut signatures } else { &mut hashes };
            pool.all.push((check.start, index));
            if check.any {
                pool.any.push((check.start, index));
            }
            for (nth, (file, _)) in check.files.iter().enumerate() {
                pool.named.entry(file.clone()).or_default().push((check.start, index, nth));
            }
        }
        let mut moved = HashMap::new();
        for (index, seen) in text.seen.iter().enumerate() {
            let Some(at) = text.program(index) else { continue };
            let all = &seen.fields.all;
            if !all.get(at).and_then(named).is_some_and(|n| matches!(n.as_str(), "mv" | "cp")) {
                continue;
            }
            let words = all.get(at + 1..).unwrap_or_default();
            let plain = words.iter().filter(|w| w.units.first().is_some_and(|u| u.hole || u.byte != b'-'));
            let words: Vec<String> = plain.take(3).filter_map(|w| key(&Spelled::new(seen.fields, w))).collect();
            if let [from, to] = words.as_slice() {
                moved.insert(from.clone(), to.clone());
            }
        }
        Self { checks, hashes, signatures, moved }
    }

    /// The check behind `at` that holds all files of these names.
    fn of(&self, names: &[Option<String>], at: usize) -> Option<HashCheck> {
        let pool = |pool: &Pool| {
            let mut first = None;
            for name in names {
                let found = self.one(pool, name.as_deref(), at)?;
                first.get_or_insert(found);
            }
            first
        };
        pool(&self.hashes).or_else(|| pool(&self.signatures))
    }

    fn one(&self, pool: &Pool, name: Option<&str>, at: usize) -> Option<HashCheck> {
        let behind = |all: &[(usize, usize)]| {
            let found = all.get(all.partition_point(|(start, _)| *start < at))?;
            self.checks.get(found.1).map(|c| c.said.clone())
        };
        let Some(name) = name else { return behind(&pool.all) };
        let named = |name: &str| {
            let all = pool.named.get(name)?;
            let (_, check, nth) = all.get(all.partition_point(|(start, ..)| *start < at))?;
            let check = self.checks.get(*check)?;
            let digest = check.files.get(*nth).and_then(|(_, digest)| digest.clone());
            Some(HashCheck { digest, ..check.said.clone() })
        };
        named(name).or_else(|| self.moved.get(name).and_then(|n| named(n))).or_else(|| behind(&pool.any))
    }
}
