//! `[workspace] members`: folders named beside those that are.
//!
//! For `init`, which finds Dockerfiles in folders that no workspace names yet.

use toml_edit::{Array, Document, Item, Value};

use super::tree::Tree;
use super::{appended, checked, headed, line_end, parse, render, splice};
use crate::model::Trouble;

/// Names members: behind those that there are, or in a `[workspace]` that is made. Those that the list
/// holds already are not named again.
///
/// # Errors
/// The manifest is not right as it stands or not with these members; its list is written in a way that
/// nothing can be added to.
pub fn set_members(text: &str, members: &[String]) -> Result<String, Trouble> {
    let before = headed(text);
    parse(&before)?;
    let document = Document::parse(before.as_str()).ok();
    let workspace = document.as_ref().and_then(|d| d.as_table().get("workspace"));
    let list = workspace.and_then(Item::as_table_like).and_then(|w| w.get("members")).and_then(Item::as_array);
    let there: Vec<&str> = list.into_iter().flatten().filter_map(Value::as_str).collect();
    let mut new: Vec<String> = Vec::new();
    for member in members {
        if !there.contains(&member.as_str()) && !new.contains(member) {
            new.push(member.clone());
        }
    }
    if new.is_empty() {
        return Ok(before);
    }
    let mut expected = Tree::of(&before);
    expected.add_members(&new);
    let out = match list {
        Some(list) => extended(&before, list, &new),
        None => {
            let names: Array = new.iter().collect();
            appended(&before, &format!("[workspace]\nmembers = {}\n", Value::Array(names)))
        }
    };
    checked(out, &expected)
}

/// The text with elements behind the last one, each on a line of its own if that one is.
fn extended(text: &str, list: &Array, new: &[String]) -> String {
    let last = list.iter().last().and_then(Value::span);
    let all = list.span().unwrap_or_default();
    let at = last.as_ref().map_or(all.start + 1, |span| span.end);
    let mut out = String::new();
    let line = last.as_ref().and_then(|span| text.get(all.start..span.start)).and_then(|head| head.rsplit_once('\n'));
    let indent = line.map(|(_, indent)| indent).filter(|indent| indent.trim().is_empty());
    for (index, name) in new.iter().enumerate() {
        if last.is_some() || index > 0 {
            out.push(',');
            match indent {
                Some(indent) => out.push_str(&format!("{}{indent}", line_end(text))),
                None => out.push(' '),
            }
        }
        out.push_str(&render::text(name));
    }
    splice(text, vec![(at..at, out)])
}
