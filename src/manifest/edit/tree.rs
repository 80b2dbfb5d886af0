//! What a manifest says, without how it is written: to prove that an edit changed only what was
//! meant.

use std::collections::BTreeMap;

use toml_edit::{Item, TableLike, Value};

use super::{Literal, NewArchive, NewPin, render};

/// A TOML text without order of keys, spacing, comments and spelling of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    Table(BTreeMap<String, Tree>),
    List(Vec<Tree>),
    /// A scalar with its type.
    Value(String),
}

impl Tree {
    /// What a text says; an empty table if it is no TOML. The text was read by the manifest
    /// before, so its depth is bounded.
    pub(super) fn of(text: &str) -> Self {
        let document = toml_edit::Document::parse(text);
        let mut tree =
            document.map_or_else(|_| Self::Table(BTreeMap::new()), |document| Self::of_table(document.as_table()));
        tree.tidy();
        tree
    }

    fn of_table(table: &dyn TableLike) -> Self {
        let entries = table.iter();
        Self::Table(entries.map(|(k, v)| (k.to_owned(), Self::of_item(v))).collect())
    }

    fn of_item(item: &Item) -> Self {
        match item {
            Item::Table(table) => Self::of_table(table),
            Item::ArrayOfTables(tables) => Self::List(tables.iter().map(|t| Self::of_table(t)).collect()),
            Item::Value(value) => Self::of_value(value),
            Item::None => Self::Value(String::new()),
        }
    }

    fn of_value(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Value(format!("string {}", text.value())),
            Value::Integer(number) => Self::Value(format!("integer {}", number.value())),
            Value::Float(number) => Self::Value(format!("float {}", number.value())),
            Value::Boolean(flag) => Self::Value(format!("boolean {}", flag.value())),
            Value::Datetime(date) => Self::Value(format!("date {}", date.value())),
            Value::Array(array) => Self::List(array.iter().map(Self::of_value).collect()),
            Value::InlineTable(table) => Self::of_table(table),
        }
    }

    /// No pins are written `[pins]` or not at all.
    fn tidy(&mut self) {
        if let Self::Table(root) = self
            && root.get("pins") == Some(&Self::Table(BTreeMap::new()))
        {
            root.remove("pins");
        }
    }

    fn pins(&mut self) -> Option<&mut BTreeMap<String, Self>> {
        self.below("pins")
    }

    fn below(&mut self, name: &str) -> Option<&mut BTreeMap<String, Self>> {
        let Self::Table(root) = self else { return None };
        let table = root.entry(name.to_owned());
        match table.or_insert_with(|| Self::Table(BTreeMap::new())) {
            Self::Table(table) => Some(table),
            _ => None,
        }
    }

    fn of_keys(keys: &[(String, Literal)]) -> BTreeMap<String, Self> {
        let text = |text: &String| Self::Value(format!("string {text}"));
        let value = |literal: &Literal| match literal {
            Literal::Text(one) => text(one),
            Literal::Texts(texts) => Self::List(texts.iter().map(text).collect()),
            Literal::Table(pairs) => Self::Table(pairs.iter().map(|(k, v)| (k.clone(), text(v))).collect()),
            Literal::Flag(flag) => Self::Value(format!("boolean {flag}")),
            Literal::Number(number) => Self::Value(format!("integer {number}")),
        };
        keys.iter().map(|(k, v)| (k.clone(), value(v))).collect()
    }

    pub(super) fn add_archive(&mut self, archive: &NewArchive) {
        let table = Self::of_keys(&archive.keys);
        if let Some(archives) = self.below("archives") {
            archives.insert(archive.name.as_str().to_owned(), Self::Table(table));
        }
    }

    /// Puts members behind those that there are.
    pub(super) fn add_members(&mut self, members: &[String]) {
        if let Some(workspace) = self.below("workspace") {
            let list = workspace.entry("members".to_owned()).or_insert_with(|| Self::List(Vec::new()));
            if let Self::List(list) = list {
                list.extend(members.iter().map(|m| Self::Value(format!("string {m}"))));
            }
        }
    }

    pub(super) fn add_pin(&mut self, pin: &NewPin) {
        let mut table = Self::of_keys(&pin.keys);
        if !pin.into.is_empty() {
            let sites = pin.into.iter().map(|s| Self::of_table(&render::site(s)));
            table.insert("into".to_owned(), Self::List(sites.collect()));
        }
        if let Some(pins) = self.pins() {
            pins.insert(pin.name.as_str().to_owned(), Self::Table(table));
        }
    }

    pub(super) fn remove_pin(&mut self, name: &str) {
        if let Some(pins) = self.pins() {
            pins.remove(name);
        }
        self.tidy();
    }

    pub(super) fn rename_pin(&mut self, old: &str, new: &str) {
        if let Some(pins) = self.pins()
            && let Some(pin) = pins.remove(old)
        {
            pins.insert(new.to_owned(), pin);
        }
    }
}
