//! JSON with places: `jsonc-parser` made strict, and the lines of a file found at once.

use std::ops::Range;

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, ParseOptions};

use crate::model::{Place, Trouble, quoted};

use super::CAP;

/// How deep objects and arrays may be in each other.
const DEPTH: usize = 100;

/// Of a longer line no excerpt is shown: to find a column takes time in proportion.
const LONG: usize = 4096;

/// How many faults of one file are told.
pub(super) const FAULTS: usize = 50;

/// A text, and where its lines start.
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    lines: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        let mut lines = vec![0];
        lines.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        Self { file, text, lines }
    }

    /// The place of some bytes of the text.
    pub(super) fn place(&self, span: Range<usize>) -> Place {
        let line = self.lines.partition_point(|start| *start <= span.start);
        let start = line.checked_sub(1).and_then(|at| self.lines.get(at)).copied().unwrap_or_default();
        let end = self.lines.get(line).copied().unwrap_or(self.text.len());
        let raw = self.text.as_bytes().get(start..end).unwrap_or_default();
        if raw.len() > LONG {
            return Place::line(self.file, line);
        }
        Place::in_line(self.file, line, raw, span.start.saturating_sub(start)..span.end.saturating_sub(start))
    }
}

/// The text of a file: UTF-8, of a size that is read.
pub(super) fn text<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Trouble> {
    if bytes.len() > CAP {
        let message = format!("it is larger than {CAP} bytes, the most that is read");
        return Err(Trouble::new(message).at(Place::file(file)));
    }
    std::str::from_utf8(bytes).map_err(|e| {
        let at = e.valid_up_to();
        Trouble::new("it is not UTF-8").at(Place::of(file, bytes, at..at + 1))
    })
}

/// Parses the text of a file, without its byte order mark, and hands the outermost object on.
pub(super) fn object<'a>(source: &Source<'a>, offset: usize) -> Result<Object<'a>, Trouble> {
    let text = source.text.get(offset..).unwrap_or_default();
    if let Some(at) = too_deep(text.as_bytes()) {
        let trouble = Trouble::new(format!("its objects and arrays are more than {DEPTH} deep"));
        return Err(trouble.at(source.place(offset + at..offset + at + 1)));
    }
    // The strict reader says whether it is JSON; the other one knows the places.
    if let Err(e) = serde_json::from_str::<serde_json::Value>(text) {
        let line_start = source.lines.get(e.line().saturating_sub(1)).copied().unwrap_or_default();
        let skipped = if e.line() <= 1 { offset } else { 0 };
        let at = (line_start + skipped + e.column().saturating_sub(1)).min(source.text.len());
        let said = e.to_string();
        let said = said.split(" at line ").next().unwrap_or_default();
        let trouble = Trouble::new(format!("it is not JSON: {said}")).at(source.place(at..at + 1));
        return Err(trouble.help("yarn reads strict JSON: no comments, no trailing commas, double quotes alone"));
    }
    let strict = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &strict);
    let whole = || Trouble::new("it is not JSON").at(Place::file(source.file));
    match parsed.map(|p| p.value) {
        Ok(Some(Value::Object(object))) => Ok(object),
        Ok(Some(other)) => {
            let span = offset + other.start()..offset + other.end();
            Err(Trouble::new("it is no JSON object").at(source.place(span)).expected("{ … }"))
        }
        Ok(None) | Err(_) => Err(whole()),
    }
}

/// Where a bracket is opened that is too deep, strings passed over.
fn too_deep(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > DEPTH {
                    return Some(at);
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Every key that stands twice in one object, wherever in the file: both places are told.
pub(super) fn doubles(source: &Source<'_>, offset: usize, object: &Object<'_>) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    let mut objects = vec![object];
    let mut arrays = Vec::new();
    loop {
        let values: Vec<&Value<'_>> = if let Some(object) = objects.pop() {
            let mut seen = std::collections::HashMap::with_capacity(object.properties.len());
            for property in &object.properties {
                let span = offset + property.name.start()..offset + property.name.end();
                match seen.entry(property.name.as_str().to_owned()) {
                    std::collections::hash_map::Entry::Vacant(entry) => {
                        entry.insert(span);
                    }
                    std::collections::hash_map::Entry::Occupied(first) if troubles.len() < FAULTS => {
                        let first = source.place(first.get().clone()).line;
                        let message = format!(
                            "{} stands twice in one object, first on line {first}",
                            quoted(property.name.as_str())
                        );
                        let trouble = Trouble::new(message).at(source.place(span));
                        troubles.push(trouble.help("keep one of them: readers of JSON disagree about which one holds"));
                    }
                    std::collections::hash_map::Entry::Occupied(_) => {}
                }
            }
            object.properties.iter().map(|p| &p.value).collect()
        } else if let Some(array) = arrays.pop() {
            let array: &jsonc_parser::ast::Array<'_> = array;
            array.elements.iter().collect()
        } else {
            return troubles;
        };
        for value in values {
            match value {
                Value::Object(object) => objects.push(object),
                Value::Array(array) => arrays.push(array),
                _ => {}
            }
        }
    }
}

/// A text as a JSON string, quotes included.
pub(super) fn quote(text: &str) -> String {
    // Of a string serde_json always makes one.
    serde_json::to_string(text).unwrap_or_default()
}
