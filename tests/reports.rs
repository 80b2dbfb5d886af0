//! What a run says, as a design: fixed scenes of every verb at three widths, plain and coloured, held
//! against files that people have read; and the formats for programs against their schemas.
//!
//! `UPDATE_REPORTS=1` writes the files anew; then read them.

mod scenes;
mod schemas;

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use dubo_pin::ui::{Format, Report, Shell, ShellOptions};

/// A stream that remembers.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a report says on stdout and on stderr.
fn said(report: &Report<'_>, options: ShellOptions) -> (String, String) {
    let (out, err) = (Kept::default(), Kept::default());
    Shell::with(options, Box::new(out.clone()), Box::new(err.clone())).report(report).unwrap();
    (out.text(), err.text())
}

fn in_format(report: &Report<'_>, format: Format) -> String {
    said(report, ShellOptions { format, ..ShellOptions::default() }).0
}

/// The escapes taken out.
fn bare(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |out, part| out + part.split_once('m').unwrap().1)
}

/// Compares with a file, or writes it where that is asked for.
#[allow(clippy::disallowed_methods, reason = "the one switch of these tests")]
fn held_against(name: &str, text: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/reports").join(name);
    if std::env::var_os("UPDATE_REPORTS").is_some() {
        std::fs::write(&path, text).unwrap();
        return None;
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    (known != text).then(|| format!("{name} differs:\n--- known\n{known}\n+++ now\n{text}"))
}

#[test]
fn what_people_read_is_as_it_was_reviewed() {
    let mut wrong = Vec::new();
    for scene in scenes::all() {
        for width in [60, 80, 120] {
            let options = |color| ShellOptions {
                width: Some(width),
                verbose: scene.verbose,
                color_out: color,
                color_err: color,
                ..ShellOptions::default()
            };
            let (plain, colored) = scene.with(|report| (said(report, options(false)), said(report, options(true))));
            assert_eq!(bare(&colored.0), plain.0, "{}: colour changes a word", scene.name);
            assert_eq!(bare(&colored.1), plain.1, "{}: colour changes a word", scene.name);
            let mut text = String::new();
            for (stream, shown) in [
                ("stdout", &plain.0),
                ("stderr", &plain.1),
                ("stdout, coloured", &colored.0.replace('\u{1b}', "\\e")),
                ("stderr, coloured", &colored.1.replace('\u{1b}', "\\e")),
            ] {
                if !shown.is_empty() {
                    text.push_str(&format!("===== {stream}\n{shown}"));
                }
            }
            wrong.extend(held_against(&format!("{}.{width}.txt", scene.name), &text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_commit_says_is_as_it_was_reviewed() {
    let mut wrong = Vec::new();
    for scene in scenes::all().iter().filter(|s| s.verb == "refresh") {
        let text = scene.with(dubo_pin::ui::summary);
        let subject = text.lines().next().unwrap();
        assert!(subject.chars().count() <= 72, "{subject}");
        wrong.extend(held_against(&format!("{}.summary.md", scene.name), &text));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn two_hundred_members_are_no_wall_of_text() {
    for scene in scenes::all().iter().filter(|s| s.members.len() >= 100 && !s.verbose) {
        let (out, _) = scene.with(|report| said(report, ShellOptions { width: Some(80), ..ShellOptions::default() }));
        assert!(out.lines().count() < 60, "{}: {} lines", scene.name, out.lines().count());
    }
}
