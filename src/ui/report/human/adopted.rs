//! What `init` made, for people: a line a pin, what was not understood with its line, the files.

use std::fmt::Write as _;

use crate::model::{Adopted, visible};
use crate::ui::look::Look;
use crate::ui::style::{Ink, columns, flow, pad, paint, wrap};

use super::super::{Outcome, Report};
use super::{Head, block, refresh};

/// Pins, not understood, notes, files. Empty where there is nothing to say.
pub(super) fn body(adopted: &Adopted, look: &Look) -> String {
    let mut out = String::new();
    if !look.quiet {
        pins(&mut out, adopted, look);
        for (label, troubles) in [("not understood:", &adopted.not_understood), ("note:", &adopted.notes)] {
            for trouble in troubles {
                let head = Head { label, ink: Ink::Note, of: None };
                block(&mut out, &head, trouble, look, look.color_out);
            }
        }
    }
    if !adopted.files.is_empty() {
        if !out.is_empty() && !look.quiet {
            out.push('\n');
        }
        refresh::files(&mut out, &adopted.files, adopted.applied, look);
    }
    out
}

/// What to run next, where pins.toml was written.
pub(super) fn next(report: &Report<'_>) -> Option<&'static str> {
    let written = report.parts().any(|(_, part)| match part.outcome {
        Outcome::Adopted(adopted) => adopted.applied && !adopted.files.is_empty(),
        _ => false,
    });
    (written && report.exit() == 0).then_some("next: dubo-pin refresh --keep, then dubo-pin verify")
}

fn pins(out: &mut String, adopted: &Adopted, look: &Look) {
    let width = adopted.pins.iter().map(|p| columns(p.name.as_str())).max().unwrap_or(0).min(24);
    for pin in &adopted.pins {
        let head = pad(pin.name.as_str(), width);
        let kind = pad(&visible(&pin.kind), 5);
        let place = format!("{}:{}:{}", visible(&pin.place.file), pin.place.line, pin.place.column);
        let unlocked = if pin.unlocked { "UNLOCKED" } else { "" };
        let mut pieces =
            vec![(Some(Ink::Strong), head.as_str()), (None, kind.as_str()), (Some(Ink::Place), place.as_str())];
        if pin.unlocked {
            pieces.push((Some(Ink::Note), unlocked));
        }
        let _ = writeln!(out, "{}", flow(&pieces, look.width, 4, look.color_out));
        if let Some(unproved) = &pin.unproved {
            let label = paint(Ink::Note, "unproved:", look.color_out);
            let _ = writeln!(out, "    {label} {}", wrap(&visible(unproved), look.width, 14, 14));
        }
    }
}
