//! One table, read key by key. What is absent gives `None`; what is wrong gives `None` too and is
//! reported to the document.

use std::fmt::Display;
use std::ops::Range;
use std::str::FromStr;

use toml_edit::{Item, TableLike, Value};

use super::{Document, Placed};
use crate::model::{Place, Trouble, quoted, suggest};

/// A table of a [`Document`]: with a header, dotted, or inline.
#[derive(Clone)]
pub struct Table<'d> {
    document: &'d Document<'d>,
    entries: &'d dyn TableLike,
    span: Range<usize>,
}

fn type_of(item: &Item) -> &'static str {
    match item {
        Item::None => "nothing",
        Item::Table(_) | Item::Value(Value::InlineTable(_)) => "a table",
        Item::ArrayOfTables(_) => "a list of tables",
        Item::Value(value) => type_of_value(value),
    }
}

fn type_of_value(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a string",
        Value::Integer(_) => "an integer",
        Value::Float(_) => "a float",
        Value::Boolean(_) => "a boolean",
        Value::Datetime(_) => "a date or time",
        Value::Array(_) => "a list",
        Value::InlineTable(_) => "a table",
    }
}

impl<'d> Table<'d> {
    pub(super) fn new(document: &'d Document<'d>, entries: &'d dyn TableLike, span: Range<usize>) -> Self {
        Self { document, entries, span }
    }

    /// Where the table starts: its header, its brace, or its first key.
    #[must_use]
    pub fn place(&self) -> Place {
        self.document.place(self.span.clone())
    }

    /// Its keys and values as TOML, a line each, without the comments beside them.
    #[must_use]
    pub fn lines(&self) -> String {
        let line = |(key, item): (&str, &Item)| {
            let mut value = item.clone().into_value().ok()?;
            value.decor_mut().clear();
            Some(format!("{key} = {value}\n"))
        };
        self.entries.iter().filter_map(line).collect()
    }

    /// Notes something wrong.
    pub fn report(&self, trouble: Trouble) {
        self.document.report(trouble);
    }

    /// Whether the key is there, rightly or wrongly typed.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Whether the key is there and holds a string.
    #[must_use]
    pub fn is_text(&self, key: &str) -> bool {
        self.entries.get(key).is_some_and(Item::is_str)
    }

    /// Whether the key is there and holds an integer.
    #[must_use]
    pub fn is_number(&self, key: &str) -> bool {
        self.entries.get(key).is_some_and(Item::is_integer)
    }

    /// Whether the key is there and holds a boolean.
    #[must_use]
    pub fn is_flag(&self, key: &str) -> bool {
        self.entries.get(key).is_some_and(Item::is_bool)
    }

    /// The names of all keys, in the order of the file.
    #[must_use]
    pub fn names(&self) -> Vec<&'d str> {
        self.entries.iter().map(|(name, _)| name).collect()
    }

    /// Where a key stands; the table's own place if it is not there.
    #[must_use]
    pub fn key_place(&self, key: &str) -> Place {
        let span = self.entries.key(key).and_then(toml_edit::Key::span);
        self.document.place(span.unwrap_or_else(|| self.span.clone()))
    }

    /// Where a key's value stands; the table's own place if it is not there.
    #[must_use]
    pub fn value_place(&self, key: &str) -> Place {
        match self.entries.get(key).and_then(Item::span) {
            Some(span) => self.document.place(span),
            None => self.key_place(key),
        }
    }

    /// Reports every key that is not known. `what` says where: `in pin x`. `hint` may say more of
    /// an unknown key than which known one is nearest.
    pub fn only(&self, what: &str, known: &[&str], hint: impl Fn(&str) -> Option<String>) {
        for name in self.names().into_iter().filter(|n| !known.contains(n)) {
            let mut trouble = Trouble::new(format!("unknown key {} {what}", quoted(name)))
                .at(self.key_place(name))
                .expected(format!("one of {}", known.join(", ")));
            let near = || suggest(name, known.iter().copied());
            let help = hint(name).or_else(|| near().map(|k| format!("did you mean `{k}`?")));
            trouble.help = help;
            self.report(trouble);
        }
    }

    /// Reports a key that is there, but of a type that none of its readers takes.
    pub fn mistyped(&self, key: &str, expected: &str) {
        if let Some(item) = self.entries.get(key) {
            self.wrong(key, expected, type_of(item), item.span());
        }
    }

    fn wrong(&self, key: &str, expected: &str, found: &str, span: Option<Range<usize>>) {
        let place = span.map_or_else(|| self.key_place(key), |s| self.document.place(s));
        self.report(
            Trouble::new(format!("{} has the wrong type", quoted(key))).at(place).expected(expected).found(found),
        );
    }

    fn value<T>(&self, key: &str, expected: &str, take: impl FnOnce(&'d Value) -> Option<T>) -> Option<Placed<T>> {
        let item = self.entries.get(key)?;
        match item.as_value().and_then(take) {
            Some(value) => Some(Placed { value, place: self.value_place(key) }),
            None => {
                self.wrong(key, expected, type_of(item), item.span());
                None
            }
        }
    }

    /// A string.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<Placed<&'d str>> {
        self.value(key, "a string", Value::as_str)
    }

    /// A string that says something: neither empty nor blank.
    #[must_use]
    pub fn words(&self, key: &str) -> Option<Placed<&'d str>> {
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            self.report(Trouble::new(format!("{} is empty", quoted(key))).at(text.place));
            return None;
        }
        Some(text)
    }

    /// A string, read by a function whose error gets the string's place.
    pub fn read<T>(&self, key: &str, read: impl FnOnce(&'d str) -> Result<T, Trouble>) -> Option<Placed<T>> {
        let Placed { value, place } = self.text(key)?;
        self.placed(read(value), place)
    }

    /// A string that is parsed by its type.
    #[must_use]
    pub fn parsed<T: FromStr<Err: Display>>(&self, key: &str) -> Option<Placed<T>> {
        self.read(key, parse)
    }

    fn placed<T>(&self, result: Result<T, Trouble>, place: Place) -> Option<Placed<T>> {
        match result {
            Ok(value) => Some(Placed { value, place }),
            Err(trouble) => {
                self.report(trouble.at(place));
                None
            }
        }
    }

    /// A string or a TOML date, as text: `2026-12-01` with quotes or without.
    #[must_use]
    pub fn date(&self, key: &str) -> Option<Placed<String>> {
        self.value(key, "a date such as \"2026-12-01\"", |v| match v {
            Value::String(text) => Some(text.value().clone()),
            Value::Datetime(date) => Some(date.value().to_string()),
            _ => None,
        })
    }

    /// `true` or `false`.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        Some(self.value(key, "true or false", Value::as_bool)?.value)
    }

    /// An integer.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<Placed<i64>> {
        self.value(key, "an integer", Value::as_integer)
    }

    /// A list of strings.
    #[must_use]
    pub fn texts(&self, key: &str) -> Option<Vec<Placed<&'d str>>> {
        let array = self.value(key, "a list of strings", Value::as_array)?.value;
        let mut out = Vec::with_capacity(array.len());
        for value in array {
            match value.as_str() {
                Some(text) => {
                    out.push(Placed { value: text, place: self.document.place(value.span().unwrap_or(0..0)) })
                }
                None => self.wrong(key, "a list of strings", type_of_value(value), value.span()),
            }
        }
        Some(out)
    }

    /// A list of strings, each parsed by its type; the same value twice is reported.
    #[must_use]
    pub fn list<T: FromStr<Err: Display> + PartialEq>(&self, key: &str) -> Option<Vec<Placed<T>>> {
        self.list_by(key, parse)
    }

    /// A list of strings, each read by a function; the same value twice is reported.
    pub fn list_by<T: PartialEq>(
        &self,
        key: &str,
        read: impl Fn(&'d str) -> Result<T, Trouble>,
    ) -> Option<Vec<Placed<T>>> {
        let mut out: Vec<Placed<T>> = Vec::new();
        for text in self.texts(key)? {
            let Some(placed) = self.placed(read(text.value), text.place) else {
                continue;
            };
            if out.iter().any(|other| other.value == placed.value) {
                let twice = format!("{} stands twice in `{key}`", quoted(text.value));
                self.report(Trouble::new(twice).at(placed.place));
            } else {
                out.push(placed);
            }
        }
        Some(out)
    }

    /// A list of strings and integers, each as text; integers are told by the flag.
    #[must_use]
    pub fn words_or_numbers(&self, key: &str) -> Option<Vec<Placed<Result<&'d str, i64>>>> {
        let expected = "a list of strings and integers";
        let array = self.value(key, expected, Value::as_array)?.value;
        let mut out = Vec::with_capacity(array.len());
        for value in array {
            let place = self.document.place(value.span().unwrap_or(0..0));
            match value {
                Value::String(text) => out.push(Placed { value: Ok(text.value().as_str()), place }),
                Value::Integer(number) => out.push(Placed { value: Err(*number.value()), place }),
                _ => self.wrong(key, expected, type_of_value(value), value.span()),
            }
        }
        Some(out)
    }

    /// A table.
    #[must_use]
    pub fn table(&self, key: &str) -> Option<Self> {
        let item = self.entries.get(key)?;
        match item.as_table_like() {
            Some(entries) => {
                let span = self.entries.key(key).and_then(toml_edit::Key::span);
                let span = item.span().or(span).unwrap_or(0..0);
                Some(Self::new(self.document, entries, span))
            }
            None => {
                self.wrong(key, "a table", type_of(item), item.span());
                None
            }
        }
    }

    /// A list of tables, inline or with `[[headers]]`.
    #[must_use]
    pub fn tables(&self, key: &str) -> Option<Vec<Self>> {
        let expected = "a list of tables";
        let table = |entries, span: Option<Range<usize>>| Self::new(self.document, entries, span.unwrap_or(0..0));
        match self.entries.get(key)? {
            Item::ArrayOfTables(tables) => Some(tables.iter().map(|t| table(t, t.span())).collect()),
            Item::Value(Value::Array(array)) => {
                let mut out = Vec::with_capacity(array.len());
                for value in array {
                    match value.as_inline_table() {
                        Some(inline) => out.push(table(inline, inline.span())),
                        None => self.wrong(key, expected, type_of_value(value), value.span()),
                    }
                }
                Some(out)
            }
            item => {
                self.wrong(key, expected, type_of(item), item.span());
                None
            }
        }
    }
}

fn parse<T: FromStr<Err: Display>>(text: &str) -> Result<T, Trouble> {
    text.parse().map_err(|e: T::Err| Trouble::new(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::parse as parse_document;

    #[test]
    fn every_wrong_type_is_said_with_what_was_found() {
        let text = "a = 1\nb = \"x\"\nc = [1, \"y\"]\nd = 2\ne = [3]\nf = true\n[g]\n";
        let document = parse_document("f", text.as_bytes()).unwrap();
        let root = document.root();
        assert!(root.text("a").is_none());
        assert!(root.flag("b").is_none());
        assert_eq!(root.texts("c").map(|v| v.len()), Some(1));
        assert!(root.table("d").is_none());
        assert_eq!(root.tables("e").map(|v| v.len()), Some(0));
        assert!(root.number("f").is_none());
        assert!(root.text("g").is_none());
        assert!(root.text("absent").is_none());
        let said: Vec<_> = document
            .troubles()
            .into_iter()
            .map(|t| {
                let place = t.place.unwrap();
                (place.line, place.column, t.message, t.expected.unwrap(), t.found.unwrap())
            })
            .collect();
        let row = |line, column, key: &str, expected: &str, found: &str| {
            (line, column, format!("`{key}` has the wrong type"), expected.to_owned(), found.to_owned())
        };
        assert_eq!(
            said,
            [
                row(1, 5, "a", "a string", "an integer"),
                row(2, 5, "b", "true or false", "a string"),
                row(3, 6, "c", "a list of strings", "an integer"),
                row(4, 5, "d", "a table", "an integer"),
                row(5, 6, "e", "a list of tables", "an integer"),
                row(6, 5, "f", "an integer", "a boolean"),
                row(7, 1, "g", "a string", "a table"),
            ]
        );
    }

    #[test]
    fn the_same_value_twice_in_a_list_is_said_once() {
        let document = parse_document("f", b"a = [1]\nb = [\"1\", \"2\", \"1\"]\n").unwrap();
        assert_eq!(document.root().list::<u8>("b").map(|v| v.len()), Some(2));
        let troubles = document.troubles();
        assert_eq!(troubles.len(), 1);
        assert_eq!(troubles[0].message, "`1` stands twice in `b`");
    }
}
