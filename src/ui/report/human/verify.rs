//! What `verify` found, for people: each finding with its line, then what was counted.

use std::fmt::Write as _;

use crate::model::{Finding, Severity, Verdict, visible};
use crate::ui::look::Look;
use crate::ui::style::{Ink, flow};

use super::{Head, block};

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
    out
}

fn finding(out: &mut String, finding: &Finding, look: &Look) {
    let (label, ink) = match finding.severity {
        Severity::Error => (finding.id.to_string(), Ink::Bad),
        Severity::Note => (format!("{} note:", finding.id), Ink::Note),
    };
    let head = Head { label: &label, ink, of: finding.pin.as_ref().map(|p| p.as_str()) };
    block(out, &head, &finding.trouble, look, look.color_out);
}
