//! Which command runs apt, itself or through wrappers, and which hands a script to another shell.
//!
//! For [`installs`](super::installs). A word that is unknown here may be a wrapper: what stands
//! behind it counts if it reads as an apt install.

use super::super::logical::Logical;
use super::apt::{PROGRAMS, Read, read};
use super::fields::{Field, Fields};
use super::scan::{Command, Scan};
use super::text::{base, copy, inner, is_shell};
use super::variables::Script;
use super::{NotUnderstood, Why};

/// Commands that take words and run none of them.
const MUTE: [&str; 40] = [
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
    "debug",
    "die",
    "dpkg",
    "dpkg-query",
    "echo",
    "egrep",
    "error",
    "export",
    "false",
    "fgrep",
    "grep",
    "info",
    "install",
    "ln",
    "log",
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
    "warn",
    "which",
];

/// Commands that add words from their input.
const HANDS: [&str; 2] = ["xargs", "parallel"];

fn name(field: &Field) -> Option<String> {
    field.known().map(|text| base(&text).to_owned())
}

fn is_mute(fields: &[Field]) -> bool {
    fields.first().and_then(name).is_some_and(|n| MUTE.contains(&n.as_str()))
}

/// The install that a command is: the program, which of the fields names it, what it says.
pub(super) fn install(fields: &Fields) -> Option<(String, usize, Read)> {
    let all = &fields.all;
    if is_mute(all) {
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
    None
}

/// Whether a word says `install` before any other that is no option.
fn installs(words: &[Field]) -> bool {
    let mut known = words.iter().filter_map(Field::known);
    known.find(|w| !w.starts_with('-')).is_some_and(|w| matches!(w.as_str(), "install" | "reinstall"))
}

/// The scripts that a command hands to a shell: behind `-c`, behind `eval`, as one word to an unknown
/// command, or as its input.
pub(super) fn scripts(script: &Script, index: usize, command: &Command, fields: &Fields) -> Vec<Logical> {
    let all = &fields.all;
    let (line, scan) = (&script.line, &script.scan);
    let mut out = Vec::new();
    let text = |field: &Field, into: &mut Logical| {
        if let Some(word) = command.words.get(field.word) {
            inner(line, scan.atoms(word), into);
        }
    };
    if is_mute(all) {
        if command.piped && reads_input(script, index + 1) {
            documents(line, scan, command, &mut out);
        }
        return out;
    }
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
        if at > 0 && first.len() < word.trim().len() && PROGRAMS.contains(&base(first)) {
            let mut inside = Logical::default();
            text(field, &mut inside);
            out.push(inside);
        }
    }
    out
}

/// The word behind an option that holds `c`.
fn behind_c(words: &[Field]) -> Option<&Field> {
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

/// Whether a command is a shell that reads its input.
fn reads_input(script: &Script, index: usize) -> bool {
    let Some(command) = script.scan.commands.get(index) else { return false };
    let mut words = command.words.iter().map(|w| String::from_utf8_lossy(script.line.get(w.range.clone())));
    words.any(|w| is_shell(&w))
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
