//! What a finding means, for people: its title, then each text under a heading of its own.

use std::fmt::Write as _;

use crate::model::{Id, visible};

use super::super::look::Look;
use super::super::style::{Ink, paint, wrap};

/// A text of an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Explained<'a> {
    /// Sentences, which are wrapped.
    Text(&'a str),
    /// Lines of a file under a heading, as they are.
    Lines(&'a str, &'a str),
}

/// The page of a finding.
#[must_use]
pub fn explained(id: Id, parts: &[Explained<'_>], look: &Look) -> String {
    let title = format!("{id}: {}", id.title());
    let mut out = format!("{}\n", paint(Ink::Strong, &wrap(&title, look.width, 0, 2), look.color_out));
    for part in parts {
        match part {
            Explained::Text("") | Explained::Lines(_, "") => {}
            Explained::Text(text) => {
                // Its own lines are for who has no terminal.
                let text = if look.width.is_some() { text.replace('\n', " ") } else { (*text).to_owned() };
                let lines: Vec<String> = text.lines().map(|l| wrap(&visible(l), look.width, 0, 0)).collect();
                let _ = write!(out, "\n{}\n", lines.join("\n"));
            }
            Explained::Lines(heading, text) => {
                let _ = write!(out, "\n{}\n", paint(Ink::Faint, heading, look.color_out));
                for line in text.lines() {
                    let _ = writeln!(out, "  {}", visible(line));
                }
            }
        }
    }
    out
}
