//! Which command runs apt, itself or through wrappers, and which hands a script to another shell.
//!
//! For `run`. A word that is unknown here may be a wrapper: what stands
//! behind it counts if it reads as an apt install.

use std::collections::BTreeSet;

use super::super::logical::Logical;
use super::apt::{PROGRAMS, Read, read};
use super::fields::{Field, Fields};
use super::scan::{Command, Scan};
use super::text::{base, copy, inner, is_shell};
use super::variables::Script;
use super::yarn::is_yarn;
use super::{NotUnderstood, Why};

/// Commands that take words and run none of them, unless a function bears the name.
const MUTE: [&str; 34] = [
    ":",
    "[",
    "[[",
    "apt-cache",
    "apt-mark",
    "awk",
    "cat",
    "chmod",
    "chown",
    "cp",
    "dpkg",
    "dpkg-query",
    "echo",
    "egrep",
    "export",
    "false",
    "fgrep",
    "grep",
    "install",
    "ln",
    "ls",
    "man",
    "mkdir",
    "mv",
    "printf",
    "rm",
    "sed",
    "tee",
    "test",
    "touch",
    "true",
    "type",
    "unset",
    "which",
];

/// Names that functions bear which say one text, and may run several words.
const SAYS: [&str; 8] = ["debug", "die", "error", "fail", "info", "log", "msg", "warn"];

/// Commands that run the command behind them.
pub(super) const WRAPPERS: [&str; 13] = [
    "sudo",
    "env",
    "nice",
    "ionice",
    "eatmydata",
    "timeout",
    "chroot",
    "retry",
    "exec",
    "command",
    "builtin",
    "fakeroot",
    "xargs",
];

/// Commands that add words from their input.
pub(super) const HANDS: [&str; 2] = ["xargs", "parallel"];

/// The last part of the path that a word is.
pub(super) fn name(field: &Field) -> Option<String> {
    field.known().map(|text| base(&text).to_owned())
}

/// Whether a command runs none of its words.
pub(super) fn is_mute(fields: &[Field], functions: &BTreeSet<Vec<u8>>) -> bool {
    let name = fields.first().and_then(name);
    name.is_some_and(|n| MUTE.contains(&n.as_str()) && !functions.contains(n.as_bytes()))
}

/// The word that may name apt before an `install`, and why that cannot be known.
fn unknown(script: &Script, command: &Command, fields: &Fields) -> Option<(usize, Read)> {
    let at = fields.all.iter().position(|f| f.known().is_none())?;
    let (before, behind) = (fields.all.get(..at)?, fields.all.get(at + 1..)?);
    let wrapped = before.first().and_then(name).is_none_or(|n| WRAPPERS.contains(&n.as_str()));
    if !wrapped || !installs(behind) {
        return None;
    }
    let field = fields.all.get(at)?;
    // `${BIN}/pip` is no apt
    let hole = field.units.iter().rposition(|u| u.hole)?;
    if field.units.get(hole..)?.iter().any(|u| !u.hole && u.byte == b'/') {
        return None;
    }
    let raw = script.line.get(command.words.get(field.word)?.range.clone());
    let raw = String::from_utf8_lossy(raw);
    let inner = raw.trim_matches(|c: char| "\"$()`".contains(c));
    let mut words = inner.split_ascii_whitespace();
    if matches!(words.next(), Some("which" | "command" | "type"))
        && let Some(last) = words.next_back()
        && !last.contains('$')
        && !PROGRAMS.contains(&base(last))
    {
        return None;
    }
    let why = fields.sources.get(field.units.get(hole)?.from)?.why();
    let not_understood = vec![NotUnderstood { why, span: field.cover.clone() }];
    Some((at, Read { not_understood, ..Read::default() }))
}

/// The install that a command is: the program, which of the fields names it, what it says.
pub(super) fn install(
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
        if !PROGRAMS.contains(&program.as_str()) {
            continue;
        }
        let words = all.get(index + 1..).unwrap_or_default();
        let said = read(&program, fields, words);
        if let (Some((by, field)), true) = (&hands, installs(words)) {
            let mut said = said.unwrap_or_default();
            said.not_understood.push(NotUnderstood { why: Why::Input(by.clone()), span: field.cover.clone() });
            return Some((program, index, said));
        }
        if let Some(said) = said {
            return Some((program, index, said));
        }
        if index == 0 {
            return None;
        }
    }
    unknown(script, command, fields).map(|(at, read)| (String::new(), at, read))
}

/// Whether a word says `install` before any other that is no option.
fn installs(words: &[Field]) -> bool {
    let mut known = words.iter().filter_map(Field::known);
    known.find(|w| !w.starts_with('-')).is_some_and(|w| matches!(w.as_str(), "install" | "reinstall"))
}

/// The scripts that a command hands to a shell: behind `-c`, behind `eval`, as one word to an unknown
/// command, or as its input.
pub(super) fn scripts(
    script: &Script,
    index: usize,
    command: &Command,
    fields: &Fields,
    functions: &BTreeSet<Vec<u8>>,
) -> Vec<Logical> {
    let all = &fields.all;
    let (line, scan) = (&script.line, &script.scan);
    let mut out = Vec::new();
    let text = |field: &Field, into: &mut Logical| {
        if let Some(word) = command.words.get(field.word) {
            inner(line, scan.atoms(word), into);
        }
    };
    if is_mute(all, functions) {
        if reads_output(script, index) {
            documents(line, scan, command, &mut out);
            if all.first().and_then(name).is_some_and(|n| n == "echo" || n == "printf") {
                let (mut said, mut last) = (Logical::default(), None);
                for field in all.iter().skip(1).filter(|f| last.replace(f.word) != Some(f.word)) {
                    text(field, &mut said);
                    said.push(field.cover.end, b" ");
                }
                out.push(lines(&said));
            }
        }
        return out;
    }
    let says =
        all.first().and_then(name).is_some_and(|n| SAYS.contains(&n.as_str()) && !functions.contains(n.as_bytes()));
    // `git commit -m "git clone …"`
    let messages = all.first().and_then(name).is_some_and(|n| n == "git")
        && !all.iter().take(16).any(|f| name(f).is_some_and(|n| n == "foreach"));
    for (at, field) in all.iter().enumerate() {
        let Some(word) = field.known() else { continue };
        let rest = all.get(at + 1..).unwrap_or_default();
        if is_shell(&word) {
            if let Some(field) = behind_c(rest) {
                let mut inside = Logical::default();
                text(field, &mut inside);
                if let Some(script) = field.known().and_then(|w| w.strip_prefix("--command=").map(str::len)) {
                    let whole = std::mem::take(&mut inside);
                    let all = whole.text().len();
                    copy(&whole, all.saturating_sub(script)..all, &mut inside);
                }
                out.push(inside);
            } else {
                documents(line, scan, command, &mut out);
            }
            return out;
        }
        if word == "eval" {
            let mut inside = Logical::default();
            let mut last = None;
            for field in rest.iter().filter(|f| last.replace(f.word) != Some(f.word)) {
                text(field, &mut inside);
                inside.push(field.cover.end, b" ");
            }
            out.push(inside);
            return out;
        }
        let first = word.split_ascii_whitespace().next().unwrap_or_default();
        if at > 0
            && !says
            && first.len() < word.trim().len()
            && (PROGRAMS.contains(&base(first)) || is_yarn(base(first)) || (base(first) == "git" && !messages))
        {
            let mut inside = Logical::default();
            text(field, &mut inside);
            out.push(inside);
        }
    }
    out
}

/// The word behind an option that holds `c`.
pub(super) fn behind_c(words: &[Field]) -> Option<&Field> {
    for (index, field) in words.iter().enumerate() {
        let first = |at: usize| field.units.get(at).filter(|u| !u.hole).map(|u| u.byte);
        if first(0) != Some(b'-') {
            continue;
        }
        if first(1) != Some(b'-') && field.units.iter().any(|u| !u.hole && u.byte == b'c') {
            return words.get(index + 1);
        }
        let known = field.known().unwrap_or_default();
        if known == "--command" {
            return words.get(index + 1);
        }
        if known.starts_with("--command=") {
            return Some(field);
        }
    }
    None
}

/// No more commands of one pipeline are looked through.
const PIPED: usize = 16;

/// Whether what a command writes goes to a shell.
fn reads_output(script: &Script, index: usize) -> bool {
    let behind = script.scan.commands.iter().skip(index).take(PIPED);
    let mut piped = false;
    for (nth, command) in behind.enumerate() {
        let mut words = command.words.iter().map(|w| String::from_utf8_lossy(script.line.get(w.range.clone())));
        if nth > 0 && piped && words.any(|w| is_shell(&w)) {
            return true;
        }
        piped = command.piped;
        if !piped {
            return false;
        }
    }
    false
}

/// A text whose `\n` are ends of lines.
fn lines(text: &Logical) -> Logical {
    let (mut out, mut from) = (Logical::default(), 0);
    for (at, pair) in text.text().windows(2).enumerate() {
        if pair == b"\\n" && at >= from {
            copy(text, from..at, &mut out);
            out.push(text.cover(at + 1..at + 2).start, b"\n");
            from = at + 2;
        }
    }
    copy(text, from..text.text().len(), &mut out);
    out
}

fn documents(line: &Logical, scan: &Scan, command: &Command, out: &mut Vec<Logical>) {
    for document in &command.documents {
        let mut inside = Logical::default();
        copy(line, document.clone(), &mut inside);
        out.push(inside);
    }
    for word in &command.strings {
        let mut inside = Logical::default();
        inner(line, scan.atoms(word), &mut inside);
        out.push(inside);
    }
}
