//! A workspace for people: what each member says under its folder's name. Those that have nothing
//! to say are counted and not named.

use std::fmt::Write as _;

use crate::model::{Verdict, visible};
use crate::ui::look::Look;
use crate::ui::style::{Ink, columns, pad, paint};

use super::super::{Member, Outcome, Report, many};

/// The members in their order; with `-v` those that are clean before them, a line each.
pub(super) fn body(report: &Report<'_>, members: &[Member<'_>], look: &Look) -> String {
    let said: Vec<(&Member<'_>, String)> = members.iter().map(|m| (m, super::body(m.outcome, look))).collect();
    let mut out = String::new();
    if look.verbose && !look.quiet {
        let silent = said.iter().filter(|(m, text)| text.is_empty() && report.of(m).all_failures().next().is_none());
        let lines: Vec<(String, String)> = silent
            .filter_map(|(m, _)| match m.outcome {
                Outcome::Verdict(Verdict { linted: Some(linted), .. }) => {
                    let text = format!("{}, nothing to tell", many(linted.dockerfiles, "Dockerfile"));
                    Some((visible(m.name).into_owned(), text))
                }
                Outcome::Verdict(v) => {
                    Some((visible(m.name).into_owned(), format!("{} verified", many(v.verified, "pin"))))
                }
                Outcome::Refreshed(_) | Outcome::Adopted(_) => {
                    Some((visible(m.name).into_owned(), "nothing to do".to_owned()))
                }
                _ => None,
            })
            .collect();
        let width = lines.iter().map(|(name, _)| columns(name)).max().unwrap_or(0).min(32);
        for (name, text) in lines {
            let _ = writeln!(out, "{}  {text}", pad(&name, width));
        }
    }
    for (member, text) in said.iter().filter(|(_, text)| !text.is_empty()) {
        if !out.is_empty() {
            out.push('\n');
        }
        let heading = format!("[{}]", visible(member.name));
        let _ = writeln!(out, "{}", paint(Ink::Place, &heading, look.color_out));
        let _ = writeln!(out, "{}", text.trim_end_matches('\n'));
    }
    out
}
