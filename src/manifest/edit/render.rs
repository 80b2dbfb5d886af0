//! New text for pins.toml: a pin's table, a pin's name.

use toml_edit::{Array, InlineTable, Key, Value};

use super::{Literal, NewArchive, NewPin};
use crate::dockerfile::{Site, StageSel, Target};
use crate::model::visible;

/// A key as TOML writes it: bare where it can be.
fn key(text: &str) -> String {
    Key::new(text).display_repr().into_owned()
}

/// The new name in place of one that is written so. Single quotes are kept, double quotes only
/// where the old name did not need them: then they were the writer's choice.
pub(super) fn renamed(raw: &str, new: &str) -> String {
    let inner = raw.strip_prefix('"').and_then(|r| r.strip_suffix('"'));
    if raw.starts_with('\'') {
        format!("'{new}'")
    } else if inner.is_some_and(|inner| key(inner) == inner) {
        format!("\"{new}\"")
    } else {
        key(new)
    }
}

/// A pin's table with `\n` as line end.
pub(super) fn pin(pin: &NewPin, aligned: bool) -> String {
    let mut lines: Vec<(String, String)> = pin.keys.iter().map(|(name, literal)| (key(name), value(literal))).collect();
    match pin.into.as_slice() {
        [] => {}
        [one] => lines.push(("into".to_owned(), format!("[{}]", site(one)))),
        many => {
            let rows: Vec<String> = many.iter().map(|s| format!("    {},\n", site(s))).collect();
            lines.push(("into".to_owned(), format!("[\n{}]", rows.concat())));
        }
    }
    table(&pin.comment, &format!("pins.{}", key(pin.name.as_str())), &lines, aligned)
}

/// An archive's table with `\n` as line end.
pub(super) fn archive(archive: &NewArchive, aligned: bool) -> String {
    let lines: Vec<(String, String)> = archive.keys.iter().map(|(name, literal)| (key(name), value(literal))).collect();
    table(&archive.comment, &format!("archives.{}", key(archive.name.as_str())), &lines, aligned)
}

fn table(comment: &[String], name: &str, lines: &[(String, String)], aligned: bool) -> String {
    let widest = lines.iter().map(|(name, _)| name.chars().count()).max();
    let width = if aligned { widest.unwrap_or(0) } else { 0 };
    let mut out: String =
        comment.iter().map(|line| format!("{}\n", format!("# {}", harmless(line)).trim_end())).collect();
    out += &format!("[{name}]\n");
    for (name, value) in lines {
        out += &format!("{name:width$} = {value}\n");
    }
    out
}

/// A comment is one line, and holds nothing that deceives its reader.
fn harmless(line: &str) -> String {
    visible(line).replace('\t', " ")
}

/// The text of a string.
pub(super) fn text(text: &str) -> String {
    Value::from(text).to_string()
}

fn value(literal: &Literal) -> String {
    match literal {
        Literal::Text(text) => Value::from(text.as_str()).to_string(),
        Literal::Texts(texts) => Value::Array(texts.iter().collect::<Array>()).to_string(),
        Literal::Table(pairs) => {
            pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect::<InlineTable>().to_string()
        }
        Literal::Flag(flag) => flag.to_string(),
        Literal::Number(number) => number.to_string(),
    }
}

/// A site as an inline table, its keys in the order of the design.
pub(super) fn site(site: &Site) -> InlineTable {
    let mut table = InlineTable::new();
    if let Some(file) = &site.file {
        table.insert("file", file.as_str().into());
    }
    match &site.stage {
        Some(StageSel::Global) => {
            table.insert("stage", "global".into());
        }
        Some(StageSel::Name(name)) => {
            table.insert("stage", name.as_str().into());
        }
        Some(StageSel::Index(index)) => {
            table.insert("stage", i64::try_from(*index).unwrap_or(i64::MAX).into());
        }
        None => {}
    }
    if let Some(platform) = &site.platform {
        table.insert("platform", platform.as_str().into());
    }
    let (name, text) = match &site.target {
        Target::Arg(name) => ("arg", Some(name)),
        Target::Env(name) => ("env", Some(name)),
        Target::From(name) => ("from", name.as_ref()),
        Target::CopyFrom(name) => ("copy-from", name.as_ref()),
        Target::Mount(name) => ("mount", name.as_ref()),
        Target::Syntax => ("syntax", None),
        Target::Add(name) => ("add", Some(name)),
        Target::Checksum(name) => ("checksum", Some(name)),
    };
    let target: Value = text.map_or_else(|| true.into(), |text| text.as_str().into());
    table.insert(name, target);
    if let Some(value) = &site.value {
        table.insert("value", value.as_str().into());
    }
    if site.all {
        table.insert("all", true.into());
    }
    table
}
