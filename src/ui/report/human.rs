//! The report for people: calm, aligned, each trouble with its line and what mends it.
//!
//! Of a workspace the members that have something to say, each under a heading, and one line that
//! counts all. How one verb's outcome is shown is said in the files below.

mod adopted;
mod members;
mod outdated;
mod refresh;
mod value;
mod verify;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::model::{Class, Failure, Trouble, visible};

use super::super::excerpt;
use super::super::look::Look;
use super::super::style::{Ink, columns, pad, paint, wrap};
use super::totals;
use super::{Outcome, Report, gc, label_of, list};

pub(super) use refresh::{counted, named};
pub(super) use value::short;

/// How wide a line of a file is shown where the width is not known.
const PLAIN_WIDTH: usize = 120;
/// A blank at which no line is broken.
const GLUE: &str = "\u{a0}";
/// From so many on, troubles that differ only in their pin and place are told once.
const SAME: usize = 3;
/// So many pins that have one trouble in common are named.
const NAMED: usize = 6;

/// What goes to stdout.
pub(super) fn render(report: &Report<'_>, look: &Look) -> String {
    let mut out = match (report.kind(), report.members) {
        (Outcome::Rows(_), _) => outdated::body(report, look),
        (_, Some(members)) => members::body(report, members, look),
        (outcome, None) => body(outcome, look),
    };
    if look.quiet {
        return out;
    }
    if let Some(total) = totals::of(report) {
        // What `refresh` lists stands close to what counts it; blocks do not.
        if !out.is_empty() && !(matches!(report.outcome, Outcome::Refreshed(_))) {
            out.push('\n');
        }
        let ink = match report.kind() {
            Outcome::Verdict(_) if total.clean => Ink::Good,
            Outcome::Verdict(_) => Ink::Bad,
            _ => Ink::Strong,
        };
        // A number stays beside its word.
        let glued: Vec<String> = total.text.split(", ").map(|part| part.replace(' ', GLUE)).collect();
        let text = wrap(&glued.join(", "), look.width, 0, 4).replace(GLUE, " ");
        let _ = writeln!(out, "{}", paint(ink, &text, look.color_out));
    }
    if let Some(next) = adopted::next(report) {
        let _ = writeln!(out, "{next}");
    }
    out
}

/// What one folder's outcome says but for the line that counts it.
fn body(outcome: Outcome<'_>, look: &Look) -> String {
    match outcome {
        Outcome::Verdict(verdict) => verify::body(verdict, look),
        Outcome::Adopted(adopted) => adopted::body(adopted, look),
        Outcome::Refreshed(refreshed) => refresh::body(refreshed, look),
        Outcome::Listed(listing) => {
            let mut out = String::new();
            list::human(&mut out, listing, look);
            out
        }
        Outcome::Collected(done) => {
            let mut out = String::new();
            gc::human(&mut out, done, look);
            out
        }
        Outcome::Rows(_) | Outcome::Nothing => String::new(),
    }
}

/// What goes to stderr: what stopped the run or parts of it.
pub(super) fn failures(report: &Report<'_>, look: &Look) -> String {
    let all: Vec<(Option<String>, &Failure)> = report
        .parts()
        .flat_map(|(member, part)| {
            part.all_failures().map(move |f| (label_of(member, f.pin.as_ref().map(|p| p.as_str())), f))
        })
        .collect();
    let told =
        all.iter().map(|(of, f)| Told { label: label(f.class), ink: Ink::Bad, of: of.as_deref(), trouble: &f.trouble });
    let mut out = String::new();
    blocks(&mut out, &told.collect::<Vec<_>>(), look, look.color_err);
    if let Outcome::Listed(listing) = report.outcome {
        list::open(&mut out, listing, look);
    }
    out
}

/// One note by itself.
pub(in super::super) fn note(trouble: &Trouble, look: &Look) -> String {
    let mut out = String::new();
    block(&mut out, &Head { label: "note:", ink: Ink::Note, of: None }, trouble, look, look.color_err);
    out
}

/// One failure by itself.
pub(in super::super) fn error(trouble: &Trouble, look: &Look) -> String {
    let mut out = String::new();
    block(&mut out, &Head { label: "error:", ink: Ink::Bad, of: None }, trouble, look, look.color_err);
    out
}

fn label(class: Class) -> &'static str {
    match class {
        Class::Alarm => "alarm:",
        _ => "error:",
    }
}

/// What stands before a trouble.
struct Head<'a> {
    /// A word for it, such as `error:`.
    label: &'a str,
    ink: Ink,
    /// Whom it concerns.
    of: Option<&'a str>,
}

/// A trouble of one of many.
struct Told<'a> {
    label: &'static str,
    ink: Ink,
    of: Option<&'a str>,
    trouble: &'a Trouble,
}

/// Troubles in order. Where one has befallen many, such as a host that does not answer, it is told
/// once, with whom it concerns; each by itself with `-v`.
fn blocks(out: &mut String, all: &[Told<'_>], look: &Look, color: bool) {
    let key = |t: &Told<'_>| (t.label, placeless(t.trouble));
    let mut groups: BTreeMap<(&str, Trouble), Vec<&str>> = BTreeMap::new();
    for told in all.iter().filter(|_| !look.verbose) {
        groups.entry(key(told)).or_default().extend(told.of);
    }
    for told in all {
        let head = Head { label: told.label, ink: told.ink, of: told.of };
        match groups.get_mut(&key(told)) {
            // Told already, with the first of them.
            Some(group) if told.of.is_some() && group.is_empty() => {}
            Some(group) if told.of.is_some() && group.len() >= SAME => {
                let named = many_of(&std::mem::take(group));
                block(out, &Head { of: Some(&named), ..head }, &placeless(told.trouble), look, color);
            }
            _ => block(out, &head, told.trouble, look, color),
        }
    }
}

/// What two troubles of different pins may have in common.
fn placeless(trouble: &Trouble) -> Trouble {
    Trouble { place: None, ..trouble.clone() }
}

/// `a, b, c and 97 more`.
fn many_of(names: &[&str]) -> String {
    let shown = if names.len() <= NAMED + 1 { names.len() } else { NAMED };
    let list = names.iter().take(shown).copied().collect::<Vec<_>>().join(", ");
    if names.len() > shown { format!("{list} and {} more", names.len() - shown) } else { list }
}

/// A trouble: its head, its line with carets, its fields. A blank line parts it from what stands
/// before.
fn block(out: &mut String, head: &Head<'_>, trouble: &Trouble, look: &Look, color: bool) {
    if !out.is_empty() {
        out.push('\n');
    }
    let of = head.of.map(|of| format!("{}: ", visible(of))).unwrap_or_default();
    let message = format!("{of}{}", visible(&trouble.message));
    let at = columns(head.label) + 1;
    let message = wrap(&message, look.width, at, 2);
    let _ = writeln!(out, "{} {}", paint(head.ink, head.label, color), paint(Ink::Strong, &message, color));
    let frame = |text: &str| paint(Ink::Place, text, color);
    let mut gutter = 2;
    if let Some(place) = &trouble.place {
        let number = place.line.to_string();
        gutter = number.len().max(gutter);
        let blank = " ".repeat(gutter);
        let file = visible(&place.file);
        let _ = writeln!(out, "{blank}{} {file}:{}:{}", frame("-->"), place.line, place.column);
        if let Some(line) = &place.excerpt {
            let width = look.width.unwrap_or(PLAIN_WIDTH).saturating_sub(gutter + 3);
            let shown = excerpt::shown(&line.text, place.column.saturating_sub(line.skipped), line.width, width);
            let number = frame(&format!("{number:>gutter$} |"));
            let text = format!(" {}", shown.text);
            let carets = paint(head.ink, &"^".repeat(shown.carets), color);
            let _ = writeln!(out, "{blank} {}", frame("|"));
            let _ = writeln!(out, "{number}{}", text.trim_end());
            let _ = writeln!(out, "{blank} {} {}{carets}", frame("|"), " ".repeat(shown.before));
        }
    }
    let fields = [("expected", &trouble.expected), ("found", &trouble.found), ("help", &trouble.help)];
    for (name, text) in fields {
        if let Some(text) = text {
            let indent = gutter + 11;
            let text = wrap(&visible(text), look.width, indent, indent);
            let name = paint(Ink::Faint, &pad(name, 8), color);
            let _ = writeln!(out, "{}{name}  {text}", " ".repeat(gutter + 1));
        }
    }
}
