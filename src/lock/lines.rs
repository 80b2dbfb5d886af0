//! Where things stand in a lock's text, found once.
//!
//! For `read`, whose findings point at lines. It reads the layout, not the JSON: in a text that is
//! laid out in another way, entries are not found and the file's first line is told.

use std::collections::BTreeMap;

use super::FILE;
use crate::model::{Excerpt, Place};

/// A lock's text by lines, with the line on which each entry begins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Lines {
    lines: Vec<String>,
    entries: BTreeMap<(String, String), usize>,
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut entries = BTreeMap::new();
        let mut section = String::new();
        let name = |line: &str, lead: &str| {
            let inner = line.strip_prefix(lead)?.strip_prefix('"')?.strip_suffix('{')?.trim_end().strip_suffix(':')?;
            inner.strip_suffix('"').map(str::to_owned)
        };
        for (index, line) in lines.iter().enumerate() {
            if let Some(found) = name(line, "  ") {
                section = found;
            } else if let Some(found) = name(line, "    ") {
                entries.entry((section.clone(), found)).or_insert(index);
            }
        }
        Self { lines, entries }
    }

    /// Where an entry begins.
    pub(super) fn entry(&self, section: &str, name: &str) -> Place {
        let index = self.entries.get(&(section.to_owned(), name.to_owned()));
        index.map_or_else(|| Place::file(FILE), |i| self.at(i + 1, 5))
    }

    /// Where a field of an entry stands, or else where the entry begins.
    pub(super) fn field(&self, section: &str, name: &str, field: &str) -> Place {
        let entry = self.entry(section, name);
        let wanted = format!("\"{field}\": ");
        let inside = self.lines.iter().enumerate().skip(entry.line).take_while(|(_, l)| !l.starts_with("    }"));
        let found = inside.into_iter().find(|(_, l)| l.trim_start().starts_with(&wanted));
        found.map_or(entry, |(i, l)| self.at(i + 1, l.len() - l.trim_start().len() + 1))
    }

    /// A place by line and column in bytes, both from 1, as serde_json counts them.
    pub(super) fn at(&self, line: usize, column: usize) -> Place {
        let Some(content) = self.lines.get(line.saturating_sub(1)) else { return Place::line(FILE, line.max(1)) };
        let before = content.get(..column.saturating_sub(1).min(content.len()));
        let chars = before.map_or(0, |b| b.chars().count());
        let word = content.chars().skip(chars).take_while(|c| !c.is_whitespace()).count().max(1);
        let excerpt = Some(Excerpt { text: content.clone(), width: word, skipped: 0 });
        Place { file: FILE.to_owned(), line: line.max(1), column: chars + 1, excerpt }
    }
}
