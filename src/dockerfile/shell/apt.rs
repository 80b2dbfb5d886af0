//! apt's command line: options, verb, operands.
//!
//! For `command`, which finds it. After the manual pages apt-get(8), apt(8), aptitude(8), and after
//! Debian Policy 5.6.1 and 5.6.12 for names and versions.

use std::ops::Range;

use super::fields::{Field, Fields, Source, Unit, text};
use super::rewrite::Hold;
use super::{NotUnderstood, Operand, Why, Written};

/// The programs that are read, by the last part of their path.
pub(super) const PROGRAMS: [&str; 5] = ["apt", "apt-get", "aptitude", "xx-apt", "xx-apt-get"];

/// What an install says.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) operands: Vec<Operand>,
    pub(super) not_understood: Vec<NotUnderstood>,
    pub(super) suite: Option<Written>,
    /// The verb, where it installs.
    pub(super) verb: Option<Range<usize>>,
    /// Whether it says that recommended packages stay away, or may say so in a variable.
    pub(super) alone: bool,
    /// The verb, where it upgrades.
    pub(super) upgrade: Option<String>,
}

/// Options of one letter that take a value.
fn short(program: &str) -> &'static [u8] {
    if program == "aptitude" { b"toFOwS" } else { b"toacPS" }
}

/// Options that take the next word, unless a `=` stands in them.
fn takes(program: &str, option: &str) -> bool {
    if program == "aptitude" {
        return matches!(
            option,
            "target-release"
                | "default-release"
                | "display-format"
                | "sort"
                | "width"
                | "add-user-tag"
                | "add-user-tag-to"
                | "remove-user-tag"
                | "remove-user-tag-from"
                | "group-by"
                | "log-file"
                | "log-level"
                | "show-package-names"
                | "user-tag"
        );
    }
    matches!(
        option,
        "option"
            | "config-file"
            | "target-release"
            | "default-release"
            | "host-architecture"
            | "build-profiles"
            | "with-source"
            | "solver"
            | "planner"
            | "snapshot"
    )
}

/// Verbs of which apt takes packages to install; those that bring some otherwise; the rest.
enum Verb {
    Install,
    Other(String),
    /// It moves packages that it does not name.
    Upgrade(String),
    /// It takes packages away, and installs those that a `+` follows.
    Remove,
    None,
}

fn verb(program: &str, word: &str) -> Verb {
    match word {
        "install" | "reinstall" => Verb::Install,
        "build-dep" | "satisfy" | "download" | "source" => Verb::Other(word.to_owned()),
        "upgrade" | "dist-upgrade" | "full-upgrade" | "safe-upgrade" | "dselect-upgrade" => {
            Verb::Upgrade(word.to_owned())
        }
        "remove" | "purge" | "autoremove" | "autopurge" => Verb::Remove,
        "hold" | "unhold" | "keep" | "markauto" | "unmarkauto" | "forbid-version" if program == "aptitude" => {
            Verb::Remove
        }
        _ => Verb::None,
    }
}

/// Reads the words behind apt's name. `None`: it installs nothing.
pub(super) fn read(program: &str, fields: &Fields, words: &[Field]) -> Option<Read> {
    let mut out = Read::default();
    let mut found: Option<Verb> = None;
    let mut early: Vec<&Field> = Vec::new();
    let mut options = true;
    let mut words = words.iter();
    while let Some(field) = words.next() {
        out.alone |= stays_away(program, field) || may_be_options(fields, field);
        let dash = field.units.first().is_some_and(|u| !u.hole && u.byte == b'-');
        if options && dash && field.units.len() > 1 {
            let option = option(program, field);
            match option {
                Opt::End => options = false,
                Opt::Flag => {}
                Opt::Next => out.alone |= words.next().and_then(Field::known).is_some_and(|v| configures(&v)),
                Opt::Suite(at) => out.suite = written(fields, field.units.get(at..).unwrap_or_default(), field),
                Opt::NextSuite => {
                    let value = words.next();
                    out.suite = value.and_then(|v| written(fields, &v.units, field));
                }
            }
            continue;
        }
        match &found {
            Some(Verb::Install) => operand(fields, field, &mut out),
            Some(Verb::Other(word)) => not_understood(&mut out, field, Why::Verb(word.clone())),
            Some(Verb::Upgrade(_)) => {}
            Some(Verb::Remove) => {
                let plus = |u: &Unit| !u.hole && u.byte == b'+';
                // aptitude marks `+M` as brought by others
                let marked = program == "aptitude" && field.known().is_some_and(|w| w.ends_with("+M"));
                if marked || (field.units.last().is_some_and(plus) && !ends_in_plus_plus(field)) {
                    not_understood(&mut out, field, Why::Plus);
                }
            }
            Some(Verb::None) => return None,
            None if field.units.first().is_some_and(|u| u.hole) => early.push(field),
            None => match verb(program, &field.known().unwrap_or_default()) {
                Verb::None => return None,
                Verb::Upgrade(word) => {
                    out.upgrade = Some(word.clone());
                    found = Some(Verb::Upgrade(word));
                }
                verb => {
                    if matches!(verb, Verb::Install) {
                        out.verb = Some(field.cover.clone());
                    }
                    found = Some(verb);
                }
            },
        }
    }
    if found.is_none() {
        // the verb itself may stand there
        for field in early {
            let why = hole(fields, &field.units).map_or(Why::Name, Source::why);
            not_understood(&mut out, field, why);
        }
    }
    Some(out).filter(|o| !o.operands.is_empty() || !o.not_understood.is_empty() || o.upgrade.is_some())
}

/// Whether an option keeps recommended packages away.
fn stays_away(program: &str, field: &Field) -> bool {
    let Some(word) = field.known().filter(|w| w.starts_with('-')) else { return false };
    match word.as_str() {
        "--no-install-recommends" => true,
        "--without-recommends" | "-R" => program == "aptitude",
        _ => {
            let flag = word.strip_prefix("--install-recommends=").is_some_and(is_no);
            // `-o` may close a row of letters
            let value = word.strip_prefix("--option=").or_else(|| {
                let (letters, value) = word.strip_prefix('-')?.split_once('o')?;
                let plain = letters.bytes().all(|b| b.is_ascii_alphabetic());
                plain.then(|| value.strip_prefix('=').unwrap_or(value))
            });
            flag || value.is_some_and(configures)
        }
    }
}

/// Whether `KEY=VALUE` keeps recommended packages away, as apt.conf(5) has it.
fn configures(setting: &str) -> bool {
    let Some((key, value)) = setting.split_once('=') else { return false };
    key.eq_ignore_ascii_case("APT::Install-Recommends") && is_no(value)
}

/// apt's words for no.
fn is_no(value: &str) -> bool {
    let value = value.trim_matches('"');
    ["0", "no", "false", "off", "without", "disable"].iter().any(|no| value.eq_ignore_ascii_case(no))
}

/// Whether an unknown variable bears a name of one that holds options.
fn may_be_options(fields: &Fields, field: &Field) -> bool {
    let first = field.units.first().filter(|u| u.hole);
    let Some(source) = first.and_then(|u| fields.sources.get(u.from)) else { return false };
    let name = source.name.to_ascii_uppercase();
    ["OPT", "ARG", "FLAG"].iter().any(|word| name.contains(word))
}

/// Whether a word is a name such as `g++`, and no command behind it.
fn ends_in_plus_plus(field: &Field) -> bool {
    field.known().is_some_and(|w| w.ends_with("++") && !w.ends_with("+++"))
}

enum Opt {
    End,
    Flag,
    /// The next word is its value.
    Next,
    /// The suite stands in it, from a byte on.
    Suite(usize),
    NextSuite,
}

fn option(program: &str, field: &Field) -> Opt {
    let byte = |i: usize| field.units.get(i).filter(|u| !u.hole).map(|u| u.byte);
    if byte(1) == Some(b'-') {
        let end = field.units.iter().position(|u| !u.hole && u.byte == b'=');
        let name = text(field.units.get(2..end.unwrap_or(field.units.len())).unwrap_or_default()).unwrap_or_default();
        let suite = matches!(name.as_str(), "target-release" | "default-release");
        return match end {
            _ if name.is_empty() && end.is_none() => Opt::End,
            Some(end) if suite => Opt::Suite(end + 1),
            None if suite => Opt::NextSuite,
            None if takes(program, &name) => Opt::Next,
            _ => Opt::Flag,
        };
    }
    for i in 1..field.units.len() {
        let Some(letter) = byte(i).filter(|b| *b != b'=') else { return Opt::Flag };
        if !short(program).contains(&letter) {
            continue;
        }
        let value = i + 1 + usize::from(byte(i + 1) == Some(b'='));
        return match (letter == b't', value < field.units.len()) {
            (true, true) => Opt::Suite(value),
            (true, false) => Opt::NextSuite,
            (false, true) => Opt::Flag,
            (false, false) => Opt::Next,
        };
    }
    Opt::Flag
}

pub(super) fn hole<'a>(fields: &'a Fields, units: &[Unit]) -> Option<&'a Source> {
    let from = units.iter().find(|u| u.hole)?.from;
    fields.sources.get(from)
}

/// What units say, which stand in a field.
fn written(fields: &Fields, units: &[Unit], field: &Field) -> Option<Written> {
    let own = field.units.first().map_or(0, |u| u.from);
    said(fields, units, own)
}

/// What units say; those that `own` did not give come from a variable.
pub(super) fn said(fields: &Fields, units: &[Unit], own: usize) -> Option<Written> {
    if let Some(source) = hole(fields, units) {
        return Some(Written::Variable { name: source.name.clone(), value: None });
    }
    let text = text(units)?;
    let other = units.iter().find(|u| u.from != own).and_then(|u| fields.sources.get(u.from));
    match other {
        Some(source) => Some(Written::Variable { name: source.name.clone(), value: Some(text) }),
        None if text.is_empty() => None,
        None => Some(Written::Literal(text)),
    }
}

fn not_understood(out: &mut Read, field: &Field, why: Why) {
    let only = field.units.first().filter(|u| u.hole && field.units.len() == 1);
    let span = match only {
        Some(unit) if unit.at < field.tail => unit.at..field.tail,
        _ => field.span(),
    };
    out.not_understood.push(NotUnderstood { why, span });
}

/// Takes an operand in, or says why not.
fn operand(fields: &Fields, field: &Field, out: &mut Read) {
    match classify(fields, field) {
        Ok(Some(operand)) => out.operands.push(operand),
        Ok(None) => {}
        Err(why) => not_understood(out, field, why),
    }
}

fn classify(fields: &Fields, field: &Field) -> Result<Option<Operand>, Why> {
    let units = &field.units;
    let is = |u: &Unit, sign: u8| !u.hole && u.byte == sign;
    let starts = |text: &[u8]| units.len() >= text.len() && units.iter().zip(text).all(|(u, b)| is(u, *b));
    let ends =
        |text: &[u8]| units.len() >= text.len() && units.iter().rev().zip(text.iter().rev()).all(|(u, b)| is(u, *b));
    if starts(b"/") || starts(b"./") || starts(b"../") || starts(b"~/") || ends(b".deb") {
        return Err(Why::File);
    }
    let sign = units.iter().position(|u| is(u, b'=') || is(u, b'/')).unwrap_or(units.len());
    let (named, rest) = units.split_at(sign);
    let colon = named.iter().position(|u| is(u, b':')).unwrap_or(named.len());
    let (head, behind) = named.split_at(colon);
    if let Some(source) = hole(fields, head) {
        return Err(source.why());
    }
    let head = text(head).ok_or(Why::Name)?;
    let bare = rest.is_empty();
    let last = named.last().filter(|u| !u.hole).map(|u| u.byte);
    if head.contains(['*', '?', '[', ']', '^', '$', '|', '(', ')', '{', '}', '~']) {
        return Err(Why::Pattern);
    }
    if bare && last == Some(b'-') && is_name(&head) {
        return Ok(None);
    }
    if bare && last == Some(b'+') && !head.ends_with("++") {
        return Err(Why::Plus);
    }
    if !is_name(&head) {
        return Err(Why::Name);
    }
    let own = named.first().map_or(0, |u| u.from);
    let architecture =
        behind.split_first().map(|(colon, arch)| said(fields, arch, colon.from).ok_or(Why::Name)).transpose()?;
    if let Some(arch) = architecture.as_ref().and_then(Written::known)
        && !(is_name(arch) && arch.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
    {
        return Err(Why::Name);
    }
    let (mut version, mut suite) = (None, None);
    let value = rest.get(1..).unwrap_or_default();
    if let Some(sign) = rest.first() {
        let said = said(fields, value, sign.from).ok_or(Why::Version)?;
        if sign.byte == b'/' {
            suite = Some(said);
        } else if said.known().is_some_and(|v| !v.bytes().all(|b| is_version(b) || matches!(b, b'*' | b'?'))) {
            return Err(Why::Version);
        } else {
            version = Some(said);
        }
    }
    let hold = Hold::new(fields, field, version.as_ref().map(|_| value), own);
    let own = field.units.iter().all(|u| u.from == 0 && !u.hole);
    let word = own.then(|| field.cover.clone());
    Ok(Some(Operand { name: head, architecture, version, suite, span: field.span(), word, hold }))
}

/// Lower case letters, digits and `+-.`, the first no sign.
fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.bytes().next().is_some_and(plain) && text.bytes().all(|b| plain(b) || b"+-.".contains(&b))
}

/// Whether a version may hold a byte.
pub(super) fn is_version(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b".+-~:".contains(&b)
}
