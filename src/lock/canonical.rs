//! The one way in which JSON is written here, and the seal of an entry.
//!
//! For the format versions of the lock. Knows no field of the lock.

use serde_json::Value as Json;

use crate::model::{Sha256, visible};

/// Writes a JSON value over several lines: two blanks a level, one field a line; an array of plain
/// values on one line; a final newline. Characters that would deceive a reader are escaped.
pub(super) fn pretty(value: &Json) -> String {
    let mut out = String::new();
    put(value, 0, &mut out);
    out.push('\n');
    out
}

fn put(value: &Json, level: usize, out: &mut String) {
    let newline = |level: usize, out: &mut String| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", level));
    };
    match value {
        Json::Object(fields) => {
            out.push('{');
            for (i, (key, field)) in fields.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                newline(level + 1, out);
                text(key, out);
                out.push_str(": ");
                put(field, level + 1, out);
            }
            if !fields.is_empty() {
                newline(level, out);
            }
            out.push('}');
        }
        Json::Array(items) if items.iter().any(|i| i.is_object() || i.is_array()) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                newline(level + 1, out);
                put(item, level + 1, out);
            }
            newline(level, out);
            out.push(']');
        }
        Json::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                put(item, level + 1, out);
            }
            out.push(']');
        }
        Json::String(s) => text(s, out),
        other => out.push_str(&other.to_string()),
    }
}

/// A JSON string (RFC 8259, section 7) whose invisible and reordering characters are escaped too.
fn text(s: &str, out: &mut String) {
    out.push('"');
    let mut cut = [0; 4];
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if visible(c.encode_utf8(&mut cut)) != *c.encode_utf8(&mut [0; 4]) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The seal of an entry: the SHA-256 of `{"NAME":ENTRY}` in compact JSON with sorted keys, the
/// entry without its seal.
pub(super) fn seal(name: &str, entry: &Json) -> Sha256 {
    let mut out = String::new();
    out.push('{');
    out.push_str(&Json::String(name.to_owned()).to_string());
    out.push(':');
    compact(entry, true, &mut out);
    out.push('}');
    Sha256::of(out.as_bytes())
}

fn compact(value: &Json, top: bool, out: &mut String) {
    match value {
        Json::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().filter(|(k, _)| !(top && k.as_str() == "seal")).collect();
            sorted.sort_by(|a, b| a.0.cmp(b.0));
            out.push('{');
            for (i, (key, field)) in sorted.into_iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                out.push_str(&Json::String(key.clone()).to_string());
                out.push(':');
                compact(field, false, out);
            }
            out.push('}');
        }
        Json::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                compact(item, false, out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// How anybody computes a pin's seal with jq and sha256sum.
#[must_use]
pub fn recipe(name: &str) -> String {
    format!("jq -cjS '{{\"{name}\": (.pins[\"{name}\"] | del(.seal))}}' pins.lock | sha256sum")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_field_a_line_and_nothing_deceives() {
        let value =
            json!({"a": ["x", "y"], "b": {"c": "\u{202e}é\u{1b}\n\u{e0041}"}, "d": [{"e": 1}], "f": {}, "g": []});
        let expected = "{\n  \"a\": [\"x\", \"y\"],\n  \"b\": {\n    \"c\": \"\\u202eé\\u001b\\n\\udb40\\udc41\"\n  },\n  \"d\": [\n    {\n      \"e\": 1\n    }\n  ],\n  \"f\": {},\n  \"g\": []\n}\n";
        assert_eq!(pretty(&value), expected);
        assert_eq!(serde_json::from_str::<Json>(&pretty(&value)).unwrap(), value);
    }

    #[test]
    fn the_seal_is_what_sha256sum_says() {
        // printf '{"x":{"a":"1","b":["q"]}}' | sha256sum
        let sealed = seal("x", &json!({"b": ["q"], "a": "1", "seal": "whatever"}));
        assert_eq!(sealed.to_string(), "af90aed83594d0f89530f2206c9358946183bb916ab13b5fd3f3436dcf9a797b");
    }
}
