//! yarn's command line in RUN: what `yarn add` takes.
//!
//! For the yarn pins, which know what a spelling means; here a package is a text with what stands
//! behind its `#`. Read as yarn 1.22, 3 and 4 read it. Other programs that take packages from git
//! (`npm install git+https://…`, pnpm) are not read.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::parse::Dockerfile;
use super::apt::{hole, said};
use super::command::{HANDS, WRAPPERS, is_mute, name};
use super::fields::{Field, Fields, Source, Unit, text};
use super::rewrite::Hold;
use super::scan::Command;
use super::variables::Script;
use super::{NotUnderstood, Why, Written};
use crate::model::Place;

mod edit;

pub use edit::PackageError;

/// One command that adds packages with yarn, or may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Add {
    /// Which instruction it stands in.
    pub instruction: usize,
    /// The stage of that instruction.
    pub stage: Option<usize>,
    /// `yarn`, `yarnpkg` as it is called there; empty if only the build knows.
    pub program: String,
    /// Whether it says `add`; else a word that only the build knows may say so.
    pub adds: bool,
    /// What it takes, in order.
    pub packages: Vec<Package>,
    /// What another verb takes, and that verb: `upgrade`, `dlx`, `set version`. Words that cannot be
    /// known are not among them.
    pub brought: Vec<(String, Package)>,
    /// The words that may be packages and cannot be known, each once.
    pub not_understood: Vec<NotUnderstood>,
    pub(super) span: Range<usize>,
}

impl Add {
    /// Where yarn's name stands.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        file.place(self.span.clone())
    }
}

/// What an add takes: `left-pad@^1`, `name@git+https://host/o/r.git#v1`, `o/r#$V`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// What stands before the `#`, all of it known.
    pub text: String,
    /// What stands behind the `#`; `None` without one, or with nothing behind it.
    pub fragment: Option<Written>,
    span: Range<usize>,
    hash: bool,
    /// Why the fragment is not known.
    why: Option<Why>,
    pub(super) hold: Hold,
}

impl Package {
    /// The bytes in which it stands: of the assignment, if a variable gives it as a whole.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Where it stands: in the assignment, if a variable gives it as a whole.
    #[must_use]
    pub fn place(&self, file: &Dockerfile) -> Place {
        file.place(self.span.clone())
    }
}

/// Finds every `yarn add` of a Dockerfile, ONBUILD included, in order of instructions.
#[must_use]
pub fn adds(file: &Dockerfile) -> Vec<Add> {
    file.commands().adds.clone()
}

/// What a command says.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) adds: bool,
    pub(super) packages: Vec<Package>,
    pub(super) brought: Vec<(String, Package)>,
    pub(super) not_understood: Vec<NotUnderstood>,
}

/// Whether the last part of a path is yarn, a version behind it as corepack and npx take it.
pub(super) fn is_yarn(name: &str) -> bool {
    let plain = name.split('@').next().unwrap_or_default();
    matches!(plain, "yarn" | "yarnpkg" | "yarnv1" | "yarn.js" | "yarn.cjs")
}

/// The add that a command is: the program, which of the fields names it, what it says.
pub(super) fn add(
    script: &Script,
    command: &Command,
    fields: &Fields,
    functions: &BTreeSet<Vec<u8>>,
) -> Option<(String, usize, Read)> {
    let all = &fields.all;
    if is_mute(all, functions) {
        return None;
    }
    let mut hands = None;
    for (index, field) in all.iter().enumerate() {
        let Some(program) = name(field) else { continue };
        if HANDS.contains(&program.as_str()) {
            hands.get_or_insert((program, field));
            continue;
        }
        if program == "eval" {
            // its words make a script, which is read as such
            return None;
        }
        // `yarn-1.22.22.cjs` of berry's releases
        let release = program.starts_with("yarn-") && program.ends_with("js");
        if !is_yarn(&program) && !release {
            continue;
        }
        let said = read(fields, all.get(index + 1..).unwrap_or_default());
        if let (Some((by, field)), true) = (&hands, said.as_ref().is_some_and(|s| s.adds)) {
            let mut said = said.unwrap_or_default();
            said.not_understood.push(NotUnderstood { why: Why::Input(by.clone()), span: field.cover.clone() });
            return Some((program, index, said));
        }
        if let Some(said) = said.filter(|s| !s.packages.is_empty() || !s.not_understood.is_empty()) {
            return Some((program, index, said));
        }
        if index == 0 {
            return None;
        }
    }
    unknown(script, command, fields)
}

/// A word that may name yarn before an `add`: it speaks of yarn, or what is added stands in a git
/// repository.
fn unknown(script: &Script, command: &Command, fields: &Fields) -> Option<(String, usize, Read)> {
    let at = fields.all.iter().position(|f| f.known().is_none())?;
    let (before, behind) = (fields.all.get(..at)?, fields.all.get(at + 1..)?);
    if !before.first().and_then(name).is_none_or(|n| WRAPPERS.contains(&n.as_str())) {
        return None;
    }
    let field = fields.all.get(at)?;
    let said = read(fields, behind).filter(|said| said.adds)?;
    let raw = script.line.get(command.words.get(field.word)?.range.clone()).to_ascii_lowercase();
    let yarn = memchr::memmem::find(&raw, b"yarn").is_some();
    let git = |p: &Package| p.hash || is_git(&p.text);
    if !yarn && !said.packages.iter().any(git) {
        return None;
    }
    let why = hole(fields, &field.units).map_or(Why::Name, Source::why);
    let not_understood = vec![NotUnderstood { why, span: field.cover.clone() }];
    Some((String::new(), at, Read { adds: true, not_understood, ..Read::default() }))
}

/// Whether a text names a git repository beyond doubt; `o/r` may be a path.
fn is_git(text: &str) -> bool {
    const MARKS: [&str; 6] = ["git:", "git+", "github:", "gitlab:", "bitbucket:", "gist:"];
    MARKS.iter().any(|mark| text.contains(mark)) || text.ends_with(".git")
}

/// Options that take the next word, unless a `=` stands in them.
fn takes(option: &str) -> bool {
    matches!(
        option,
        "cache-folder"
            | "child-concurrency"
            | "cwd"
            | "exclude"
            | "from"
            | "global-folder"
            | "https-proxy"
            | "include"
            | "jobs"
            | "link-folder"
            | "mode"
            | "modules-folder"
            | "mutex"
            | "network-concurrency"
            | "network-timeout"
            | "otp"
            | "preferred-cache-folder"
            | "prefix"
            | "proxy"
            | "registry"
            | "use-yarnrc"
    )
}

/// Reads the words behind yarn's name. `None`: it adds nothing.
fn read(fields: &Fields, words: &[Field]) -> Option<Read> {
    let mut out = Read::default();
    let mut early: Vec<&Field> = Vec::new();
    let mut options = true;
    let mut words = words.iter();
    while let Some(field) = words.next() {
        let dash = field.units.first().is_some_and(|u| !u.hole && u.byte == b'-');
        if options && dash && field.units.len() > 1 {
            let option = field.known().unwrap_or_default();
            match option.strip_prefix("--") {
                Some("") => options = false,
                Some(long) if takes(long) => drop(words.next()),
                None if option == "-j" => drop(words.next()),
                // `--production true`: yarn 1 takes the word where it is there
                Some(_)
                    if words.as_slice().first().and_then(Field::known).is_some_and(|w| w == "true" || w == "false") =>
                {
                    let _ = words.next();
                }
                _ => {}
            }
            continue;
        }
        if out.adds {
            match package(fields, field) {
                Ok(package) => out.packages.push(package),
                Err(why) => not_understood(&mut out, field, why),
            }
            continue;
        }
        if field.units.first().is_some_and(|u| u.hole) {
            early.push(field);
            continue;
        }
        match field.known().unwrap_or_default().as_str() {
            "add" => out.adds = true,
            "global" | "workspaces" | "foreach" => {}
            "workspace" => drop(words.next()),
            verb @ ("create" | "dlx" | "up" | "upgrade" | "upgrade-interactive") => {
                not_understood(&mut out, field, Why::Verb(verb.to_owned()));
                out.brought = brought(fields, verb, words.as_slice());
                return Some(out);
            }
            // yarn itself, or a part of it, as a file from somewhere
            verb @ ("set" | "policies" | "plugin") => {
                let rest = words.as_slice();
                let at = rest.iter().position(|f| f.units.first().is_none_or(|u| u.hole || u.byte != b'-'))?;
                let verb = format!("{verb} {}", rest.get(at)?.known()?);
                if !matches!(verb.as_str(), "set version" | "policies set-version" | "plugin import") {
                    return None;
                }
                out.brought = brought(fields, &verb, rest.get(at + 1..).unwrap_or_default());
                not_understood(&mut out, field, Why::Verb(verb));
                return Some(out);
            }
            // `yarn exec yarn add`
            "exec" | "run" => {
                let next = words.as_slice().first().and_then(Field::known)?;
                if !matches!(next.as_str(), "yarn" | "yarnpkg") {
                    return None;
                }
                let _ = words.next();
            }
            first if !early.is_empty() => {
                // The variable may say `add`.
                let rest = words.as_slice().iter().filter_map(Field::known);
                out.adds =
                    std::iter::once(first.to_owned()).chain(rest).any(|word| word.contains('#') || is_git(&word));
                for field in early {
                    let why = hole(fields, &field.units).map_or(Why::Name, Source::why);
                    not_understood(&mut out, field, why);
                }
                return Some(out);
            }
            _ => return None,
        }
    }
    if !out.adds {
        // the verb itself may stand there
        for field in early {
            let why = hole(fields, &field.units).map_or(Why::Name, Source::why);
            not_understood(&mut out, field, why);
        }
    }
    Some(out)
}

/// What another verb than `add` takes. `upgrade` and `up` take all words; the others their first one, or
/// what `dlx -p` names: what follows is for the program that they run.
fn brought(fields: &Fields, verb: &str, words: &[Field]) -> Vec<(String, Package)> {
    const OPTION: &str = "--package=";
    let all = verb.starts_with("up");
    let (mut out, mut options) = (Vec::new(), true);
    let mut words = words.iter();
    let mut take = |package: Option<Package>| out.extend(package.map(|package| (verb.to_owned(), package)));
    let mut named = false;
    while let Some(field) = words.next() {
        let dash = field.units.first().is_some_and(|u| !u.hole && u.byte == b'-');
        if !options || !dash {
            if all || !named {
                take(package(fields, field).ok());
            }
            if all {
                continue;
            }
            break;
        }
        let option = field.known().unwrap_or_default();
        match option.as_str() {
            "--" => options = false,
            "-p" | "--package" if verb == "dlx" => {
                named = true;
                take(words.next().and_then(|field| package(fields, field).ok()));
            }
            option if option.starts_with(OPTION) => {
                named = true;
                let package = package(fields, field).ok();
                take(package.map(|p| Package { text: p.text.trim_start_matches(OPTION).to_owned(), ..p }));
            }
            option if option.strip_prefix("--").is_some_and(takes) => drop(words.next()),
            _ => {}
        }
    }
    out
}

fn not_understood(out: &mut Read, field: &Field, why: Why) {
    let only = field.units.first().filter(|u| u.hole && field.units.len() == 1);
    let span = match only {
        Some(unit) if unit.at < field.tail => unit.at..field.tail,
        _ => field.span(),
    };
    out.not_understood.push(NotUnderstood { why, span });
}

fn package(fields: &Fields, field: &Field) -> Result<Package, Why> {
    let units = &field.units;
    let is = |u: &Unit, sign: u8| !u.hole && u.byte == sign;
    let sign = units.iter().position(|u| is(u, b'#'));
    let (head, behind) = units.split_at(sign.unwrap_or(units.len()));
    if let Some(source) = hole(fields, head) {
        return Err(source.why());
    }
    let head_text = text(head).ok_or(Why::Name)?;
    if head_text.is_empty() || head_text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Why::Name);
    }
    if head_text.contains(['{', '}']) {
        return Err(Why::Pattern);
    }
    let path = ["/", "./", "../", "~/", "file:", "link:", "portal:"].iter().any(|p| head_text.starts_with(p));
    let archive = !head_text.contains("://") && [".tgz", ".tar.gz"].iter().any(|e| head_text.ends_with(e));
    if path || archive || matches!(head_text.as_str(), "." | "..") {
        return Err(Why::File);
    }
    let own = head.first().map_or(0, |u| u.from);
    let value = behind.get(1..).unwrap_or_default();
    let fragment = said(fields, value, behind.first().map_or(own, |sign| sign.from));
    let why = hole(fields, value).map(Source::why);
    let mut hold = Hold::new(fields, field, fragment.as_ref().map(|_| value), own);
    // nothing is put behind a variable, whose end may not be what it seems
    let last = units.last().filter(|u| u.at + 1 == field.tail);
    hold.insert = hold.insert.filter(|_| last.is_some());
    let span = field.span();
    Ok(Package { text: head_text, fragment, span, hash: sign.is_some(), why, hold })
}
