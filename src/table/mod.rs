//! Typed reading of TOML tables: every error at once, each with its place.
//!
//! For the manifest and for the grammar of each kind of source. It knows no key of either; it
//! knows what a string, a list, a table is, and how to say that something else stands there.

#![allow(clippy::result_large_err, reason = "a trouble ends the run or is one of a few: its size is never felt")]

mod read;
mod scan;
mod statements;

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;

use crate::model::{Place, Trouble, quoted, visible};

pub use read::Table;
pub use statements::{Element, Kind, Name, Statement, elements, statements};

/// Larger texts are refused unread.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// More errors than this are not collected.
const MAX_TROUBLES: usize = 200;

/// A value and where it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// What was read.
    pub value: T,
    /// Where.
    pub place: Place,
}

impl<T> Placed<T> {
    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Placed<U> {
        Placed { value: f(self.value), place: self.place }
    }
}

/// A parsed TOML text, and what was found wrong with it so far.
#[derive(Debug)]
pub struct Document<'a> {
    file: &'a str,
    text: &'a str,
    lines: Vec<usize>,
    tree: toml_edit::Document<&'a str>,
    troubles: RefCell<Vec<Trouble>>,
}

/// Parses a TOML text; its name is only shown.
///
/// # Errors
/// Larger than [`MAX_BYTES`], not UTF-8, hostile (nested too deep, too many tables), no TOML. The
/// first of these alone: nothing after it could be trusted.
pub fn parse<'a>(file: &'a str, bytes: &'a [u8]) -> Result<Document<'a>, Trouble> {
    if bytes.len() > MAX_BYTES {
        return Err(Trouble::new(format!("{} is too large", visible(file)))
            .at(Place::file(file))
            .expected("at most 16 MiB")
            .found(format!("{} bytes", bytes.len())));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let at = e.valid_up_to();
        Trouble::new("the file is not UTF-8").at(Place::of(file, bytes, at..at + 1)).help("save it as UTF-8")
    })?;
    if let Some(excess) = scan::excess(bytes) {
        return Err(Trouble::new(format!("this is no manifest: {}", excess.what)).at(Place::of(
            file,
            bytes,
            excess.at..excess.at + 1,
        )));
    }
    let tree = toml_edit::Document::parse(text).map_err(|e| syntax(file, text, &e))?;
    let starts = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n');
    let lines = std::iter::once(0).chain(starts.map(|(i, _)| i + 1)).collect();
    let document = Document { file, text, lines, tree, troubles: RefCell::default() };
    document.vet(document.tree.as_item());
    Ok(document)
}

/// Where git's first conflict marker stands.
fn conflict(text: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ") {
            return Some(start..start + line.trim_end().len());
        }
        start += line.len();
    }
    None
}

fn syntax(file: &str, text: &str, error: &toml_edit::TomlError) -> Trouble {
    // Only of a text that is no TOML: a string of several lines may hold what looks like one.
    if let Some(marker) = conflict(text) {
        return Trouble::new(format!("{} holds git's conflict markers", visible(file)))
            .at(Place::of(file, text.as_bytes(), marker))
            .help(
                "end the merge by hand: keep what both sides mean, and remove the lines <<<<<<<, ======= and >>>>>>>",
            );
    }
    let span = error.span().unwrap_or(0..0);
    let place = Place::of(file, text.as_bytes(), span.clone());
    if error.message() == "duplicate key" {
        let key = quoted(text.get(span).unwrap_or_default());
        return Trouble::new(format!("{key} is written twice")).at(place).help("keep one of the two");
    }
    let (what, expected) = match error.message().split_once(", expected ") {
        Some((what, expected)) => (what, Some(expected)),
        None => (error.message(), None),
    };
    let trouble = Trouble::new(format!("this is not TOML: {}", visible(what))).at(place);
    match expected {
        Some(expected) => trouble.expected(visible(expected)),
        None => trouble,
    }
}

impl<'a> Document<'a> {
    /// The table that holds everything.
    #[must_use]
    pub fn root(&self) -> Table<'_> {
        Table::new(self, self.tree.as_table(), 0..0)
    }

    /// The name of the file, as it is shown.
    #[must_use]
    pub fn file(&self) -> &'a str {
        self.file
    }

    /// Notes something wrong, to be said with all the rest.
    pub fn report(&self, trouble: Trouble) {
        let mut troubles = self.troubles.borrow_mut();
        if troubles.len() <= MAX_TROUBLES {
            troubles.push(trouble);
        }
    }

    /// All that was found wrong, in the order of the file.
    #[must_use]
    pub fn troubles(self) -> Vec<Trouble> {
        let mut all = self.troubles.into_inner();
        all.sort();
        all.dedup();
        if all.len() > MAX_TROUBLES {
            all.truncate(MAX_TROUBLES);
            all.push(Trouble::new("there are more errors: mend these first"));
        }
        all
    }

    /// The place of some bytes. It counts lines once for all, where [`Place::of`] would count
    /// them anew for every pin.
    #[must_use]
    pub fn place(&self, span: Range<usize>) -> Place {
        let after = self.lines.partition_point(|start| *start <= span.start);
        let line = after.saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or_default();
        let end = self.lines.get(after).copied().unwrap_or(self.text.len());
        let bytes = self.text.as_bytes().get(start..end).unwrap_or_default();
        let mut place = Place::of(self.file, bytes, span.start.saturating_sub(start)..span.end.saturating_sub(start));
        place.line = line + 1;
        place
    }

    /// Refuses control, bidi and invisible characters in every key and every string.
    /// The depth of the tree is bounded by [`scan::excess`].
    fn vet(&self, item: &toml_edit::Item) {
        match item {
            toml_edit::Item::Table(table) => self.vet_table(table),
            toml_edit::Item::ArrayOfTables(tables) => tables.iter().for_each(|t| self.vet_table(t)),
            toml_edit::Item::Value(value) => self.vet_value(value),
            toml_edit::Item::None => {}
        }
    }

    fn vet_table(&self, table: &dyn toml_edit::TableLike) {
        for (name, item) in table.iter() {
            let span = table.key(name).and_then(toml_edit::Key::span);
            self.vet_text(name, span);
            self.vet(item);
        }
    }

    fn vet_value(&self, value: &toml_edit::Value) {
        match value {
            toml_edit::Value::String(text) => self.vet_text(text.value(), text.span()),
            toml_edit::Value::Array(array) => array.iter().for_each(|v| self.vet_value(v)),
            toml_edit::Value::InlineTable(table) => self.vet_table(table),
            _ => {}
        }
    }

    fn vet_text(&self, text: &str, span: Option<Range<usize>>) {
        if let Cow::Owned(_) = visible(text) {
            self.report(
                Trouble::new("a control, bidi or invisible character is not allowed here")
                    .at(self.place(span.unwrap_or(0..0)))
                    .found(quoted(text)),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_whole_text() {
        let text = "a = 1\r\n\n[\"é\"]\nb = \"x\"";
        let document = parse("f", text.as_bytes()).unwrap();
        for at in 0..=text.len() + 2 {
            if text.is_char_boundary(at) {
                assert_eq!(document.place(at..at + 1), Place::of("f", text.as_bytes(), at..at + 1), "{at}");
            }
        }
    }

    #[test]
    fn deep_nesting_is_refused_before_it_is_parsed() {
        for text in [
            "[\n".repeat(500_000),
            format!("a = {}", "[\n".repeat(500_000)),
            format!("a = {}", "{b=\n".repeat(500_000)),
            "a.".repeat(8_000),
            format!("[{}x]", "a.".repeat(8_000)),
            format!("{}=1", vec!["\"a\""; 4_000].join(".")),
        ] {
            let trouble = parse("f", text.as_bytes()).unwrap_err();
            assert!(trouble.message.contains("deeper than 32") || trouble.message.contains("more than 32"));
        }
    }

    #[test]
    fn no_more_than_200_errors_are_collected() {
        let text = "\"\\u0001\" = 1\n";
        let many: String = (0..300).map(|i| format!("k{i} = \"\\u0001\"\n")).collect();
        let document = parse("f", many.as_bytes()).unwrap();
        let troubles = document.troubles();
        assert_eq!(troubles.len(), 201);
        assert_eq!(troubles[200].message, "there are more errors: mend these first");
        assert_eq!(parse("f", text.as_bytes()).unwrap().troubles().len(), 1);
    }

    #[test]
    fn conflict_markers_of_git_are_called_so() {
        let text = "version = 1\n<<<<<<< HEAD\n[pins.a]\n=======\n[pins.b]\n>>>>>>> theirs\n";
        let trouble = parse("pins.toml", text.as_bytes()).unwrap_err();
        assert_eq!(trouble.message, "pins.toml holds git's conflict markers");
        let place = trouble.place.unwrap();
        assert_eq!((place.line, place.column, place.excerpt.map(|e| e.width)), (2, 1, Some(12)));
        assert!(parse("f", b"a = '''\n<<<<<<< HEAD\n'''\n").is_ok());
    }

    #[test]
    fn a_key_written_twice_is_named() {
        let trouble = parse("f", b"[a]\nx = 1\nx = 2\n").unwrap_err();
        assert_eq!(trouble.message, "`x` is written twice");
        assert_eq!(trouble.place.map(|p| (p.line, p.column)), Some((3, 1)));
    }
}
