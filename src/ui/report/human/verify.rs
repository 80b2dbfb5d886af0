//! What `verify` or `lint` found, for people: each finding with its line; what lint mended, and how.

use std::fmt::Write as _;

use crate::model::{Finding, Linted, Severity, Verdict, visible};
use crate::ui::look::Look;
use crate::ui::style::{Ink, flow};

use super::{Head, block, refresh};

/// The findings; with `-v` what is known to be unlocked. Empty where there is nothing to say.
pub(super) fn body(verdict: &Verdict, look: &Look) -> String {
    let mut out = String::new();
    for one in &verdict.findings {
        if !look.quiet || one.severity == Severity::Error {
            finding(&mut out, one, look);
        }
    }
    if look.verbose && !look.quiet && !verdict.unlocked.is_empty() {
        if !out.is_empty() {
            out.push('\n');
        }
        for (pin, reason) in &verdict.unlocked {
            let told = format!("{pin}: {}", visible(reason));
            let pieces = [(Some(Ink::Note), "UNLOCKED"), (None, told.as_str())];
            let _ = writeln!(out, "{}", flow(&pieces, look.width, 10, look.color_out));
        }
    }
    if let Some(linted) = &verdict.linted {
        mended(&mut out, linted, look);
    }
    out
}

/// What `lint --fix` did: a line for each finding that is mended; what it would do as a diff.
fn mended(out: &mut String, linted: &Linted, look: &Look) {
    let mut told = String::new();
    if !look.quiet {
        for note in &linted.notes {
            let head = Head { label: "note:", ink: Ink::Note, of: None };
            block(&mut told, &head, note, look, look.color_out);
        }
    }
    if !linted.applied {
        linted.files.iter().for_each(|file| refresh::diff(&mut told, file, look.color_out));
    } else if !look.quiet {
        for one in &linted.fixed {
            let place = one.trouble.place.as_ref();
            let place = place.map_or_else(String::new, |p| format!("{}:{}: ", visible(&p.file), p.line));
            let text = format!("{place}{} {}", one.id, visible(&one.trouble.message));
            let pieces = [(Some(Ink::Good), "fixed"), (None, text.as_str())];
            let _ = writeln!(told, "{}", flow(&pieces, look.width, 8, look.color_out));
        }
    }
    if !out.is_empty() && !told.is_empty() {
        out.push('\n');
    }
    out.push_str(&told);
}

fn finding(out: &mut String, finding: &Finding, look: &Look) {
    let (label, ink) = match finding.severity {
        Severity::Error => (finding.id.to_string(), Ink::Bad),
        Severity::Note => (format!("{} note:", finding.id), Ink::Note),
    };
    let head = Head { label: &label, ink, of: finding.pin.as_ref().map(|p| p.as_str()) };
    block(out, &head, &finding.trouble, look, look.color_out);
}
