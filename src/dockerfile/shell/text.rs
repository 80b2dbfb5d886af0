//! What a RUN gives a shell: its line, its heredocs, or the words of its JSON form.
//!
//! For the reader of RUN. Text that passes from one quoting into another keeps its way to the file.

use std::ops::Range;

use super::super::instruction::{Body, Instruction};
use super::super::logical::Logical;
use super::super::parse::Dockerfile;
use super::scan::{Atom, Command, Form, Kind, Scan, Word};

/// Shells, and what else takes a script behind `-c`.
pub(super) const SHELLS: [&str; 8] = ["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "su"];

/// A part of one text behind another.
pub(super) fn copy(from: &Logical, range: Range<usize>, to: &mut Logical) {
    let mut at = range.start;
    while at < range.end {
        let Some(first) = from.span(at..at + 1) else { return };
        let run =
            (at + 1..range.end).take_while(|i| from.span(*i..i + 1).is_some_and(|s| s.start - first.start == i - at));
        let len = 1 + run.count();
        to.push(first.start, from.get(at..at + len));
        at += len;
    }
}

/// The text of a RUN in shell form, with its heredocs as the shell sees them.
pub(super) fn shell(file: &Dockerfile, instruction: &Instruction, body: &Body) -> Logical {
    let mut out = Logical::default();
    copy(&instruction.line, body.args.clone(), &mut out);
    if let Some(first) = instruction.heredocs.first() {
        let start = first.body.start;
        out.push(start.saturating_sub(1), b"\n");
        out.push(start, file.bytes().get(start..instruction.span.end).unwrap_or_default());
    }
    out
}

/// The heredoc that BuildKit runs as a script, if the RUN is nothing else and a shell reads it.
pub(super) fn script(file: &Dockerfile, instruction: &Instruction, scan: &Scan) -> Option<Logical> {
    let [document] = instruction.heredocs.as_slice() else { return None };
    let [command] = scan.commands.as_slice() else { return None };
    if !command.words.is_empty() || !scan.assigns.is_empty() || command.documents.len() != 1 {
        return None;
    }
    let text = file.bytes().get(document.body.clone()).unwrap_or_default();
    let first = text.split(|b| *b == b'\n').next().unwrap_or_default();
    if let Some(interpreter) = first.trim_ascii_start().strip_prefix(b"#!") {
        let mut words = interpreter.split(u8::is_ascii_whitespace);
        if !words.any(|w| is_shell(&String::from_utf8_lossy(w))) {
            return None;
        }
    }
    let mut out = Logical::default();
    out.push(document.body.start, text);
    Some(out)
}

/// Whether a command is a shell, by the last part of its path.
pub(super) fn is_shell(command: &str) -> bool {
    SHELLS.contains(&base(command))
}

/// The last part of a path.
pub(super) fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The JSON form of RUN: one command, its words without JSON's escapes.
pub(super) fn json(instruction: &Instruction, body: &Body) -> (Logical, Scan) {
    let (mut line, mut scan, mut command) = (Logical::default(), Scan::default(), Command::default());
    for word in &body.words {
        let start = line.text().len();
        let raw = instruction.line.get(word.clone());
        let (mut from, mut at) = (0, 0);
        while let Some(byte) = raw.get(at) {
            if *byte != b'\\' {
                at += 1;
                continue;
            }
            copy(&instruction.line, word.start + from..word.start + at, &mut line);
            let sign = raw.get(at + 1).copied().unwrap_or_default();
            // the last byte of the escape, behind which a text may go on
            let last = word.start + at + if sign == b'u' { 5 } else { 1 };
            let here = instruction.line.cover(last..last + 1).start;
            let digits = raw.get(at + 2..at + 6).filter(|_| sign == b'u').unwrap_or_default();
            let code = std::str::from_utf8(digits).ok().and_then(|d| u32::from_str_radix(d, 16).ok());
            let ascii = code.and_then(|c| u8::try_from(c).ok()).filter(u8::is_ascii);
            match sign {
                b'n' => line.push(here, b"\n"),
                b't' => line.push(here, b"\t"),
                b'"' | b'\\' | b'/' => line.push(here, &[sign]),
                _ if ascii.is_some() => line.push(here, &[ascii.unwrap_or_default()]),
                // no package and no shell needs such a character
                _ => line.push(here, "\u{fffd}".as_bytes()),
            }
            at += if sign == b'u' { 6 } else { 2 };
            from = at;
        }
        copy(&instruction.line, word.start + from..word.end, &mut line);
        let range = start..line.text().len();
        let index = scan.atoms.len();
        scan.atoms.push(Atom { kind: Kind::Text, range: range.clone(), quoted: true });
        command.words.push(Word { range, atoms: index..index + 1 });
    }
    scan.commands.push(command);
    (line, scan)
}

/// What a word is as the text of an inner script: its quotes taken off, its variables left to the
/// inner shell, which knows the same ones.
pub(super) fn inner(line: &Logical, atoms: &[Atom], out: &mut Logical) {
    for (index, atom) in atoms.iter().enumerate() {
        match &atom.kind {
            Kind::Text => copy(line, atom.range.clone(), out),
            // was read where it stands
            Kind::Command => out.push(line.cover(atom.range.clone()).start, b"$()"),
            Kind::Variable(name, form) => {
                let next = atoms.get(index + 1).filter(|a| a.kind == Kind::Text);
                let next = next.and_then(|a| line.get(a.range.clone()).first());
                let goes_on = next.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'[');
                let bare = line.get(atom.range.start + 1..atom.range.start + 2) != b"{";
                if *form == Form::Plain && !(bare && goes_on) {
                    copy(line, atom.range.clone(), out);
                } else {
                    let mut text = b"${".to_vec();
                    text.extend_from_slice(line.get(name.clone()));
                    text.extend_from_slice(match form {
                        Form::Plain => b"}",
                        Form::Default => b":-}",
                        Form::Other => b"%}",
                    });
                    out.push(line.cover(atom.range.clone()).start, &text);
                }
            }
        }
    }
}
