//! The report for code scanning: SARIF 2.1.0 (OASIS, errata 01), one run.
//!
//! Findings and what is outdated are results; what stopped the run is a notification of its
//! invocation (§3.20.21), since it says nothing about the files. Texts are shown to people by
//! whoever reads this: deceiving characters are spelt out.

use serde::Serialize;

use crate::model::{Id, Place, Severity, Standing, Trouble, visible};

use super::json::harmless;
use super::{Outcome, Report};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    invocations: [Invocation; 1],
    column_kind: &'static str,
    results: Vec<Entry>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    short_description: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    exit_code: u8,
    tool_execution_notifications: Vec<Entry>,
}

/// A result, or, without a rule, a notification: both have a level, a text and places.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_id: Option<String>,
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Physical,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<usize>,
}

/// The log; `prefix` leads from the repository's root to the folder of pins.toml.
pub(super) fn render(report: &Report<'_>, prefix: &str) -> String {
    let entry = |rule: Option<String>, level, pin: Option<&str>, trouble: &Trouble| Entry {
        rule_id: rule,
        level,
        message: Message { text: text(pin, trouble) },
        locations: trouble.place.iter().map(|p| location(p, prefix)).collect(),
    };
    let mut results = Vec::new();
    let mut notifications: Vec<Entry> =
        report.all_failures().map(|f| entry(None, "error", f.pin.as_ref().map(|p| p.as_str()), &f.trouble)).collect();
    match report.outcome {
        Outcome::Verdict(verdict) => results.extend(verdict.findings.iter().map(|f| {
            let level = match f.severity {
                Severity::Error => "error",
                Severity::Note => "note",
            };
            let pin = f.pin.as_ref().map(|p| p.as_str());
            entry(Some(f.id.to_string()), level, pin, &f.trouble)
        })),
        Outcome::Refreshed(refreshed) => {
            notifications.extend(refreshed.notes.iter().map(|t| entry(None, "note", None, t)));
        }
        Outcome::Rows(rows) => {
            for row in rows {
                let Some(level) = level(row.standing) else {
                    continue;
                };
                let current = row.current.as_deref().unwrap_or("-");
                let newest = row.allowed.as_deref().unwrap_or("-");
                let newer = Trouble::new(format!("{current} -> {newest}"));
                let trouble = row.trouble.as_ref().unwrap_or(&newer);
                let pin = Some(row.pin.as_str());
                match row.standing {
                    Standing::Unreachable => notifications.push(entry(None, level, pin, trouble)),
                    _ => results.push(entry(Some(rule_of(row.standing)), level, pin, trouble)),
                }
            }
        }
        // What is pinned is no result; what cannot be told is a run that was not whole.
        Outcome::Listed(listing) => {
            let open = super::list::troubles(listing);
            notifications.extend(open.iter().map(|(pin, trouble)| entry(None, "error", Some(pin), trouble)));
        }
        Outcome::Collected(_) | Outcome::Nothing => {}
    }
    harmless(&Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool { driver: Driver { name: "dubo-pin", version: env!("CARGO_PKG_VERSION"), rules: rules() } },
            invocations: [Invocation {
                execution_successful: notifications.iter().all(|n| n.level != "error"),
                exit_code: report.exit(),
                tool_execution_notifications: notifications,
            }],
            // Our columns count characters (§3.14.17).
            column_kind: "unicodeCodePoints",
            results,
        }],
    })
}

fn level(standing: Standing) -> Option<&'static str> {
    match standing {
        Standing::Current | Standing::Unlocked => None,
        Standing::Newer | Standing::Moved => Some("warning"),
        Standing::Alarm | Standing::Gone | Standing::Unreachable => Some("error"),
    }
}

fn rule_of(standing: Standing) -> String {
    format!("outdated/{}", standing.word().replace(' ', "-"))
}

/// Every rule there is, whatever was found: a log's rules do not depend on its results.
fn rules() -> Vec<Rule> {
    let rule = |id: String, text: &str| Rule { id, short_description: Message { text: text.to_owned() } };
    let standings = [
        (Standing::Newer, "something newer is there"),
        (Standing::Moved, "what was fixed stands elsewhere, with the same content"),
        (Standing::Alarm, "what was fixed has changed upstream"),
        (Standing::Gone, "what was fixed has been taken away"),
    ];
    Id::ALL
        .iter()
        .map(|id| rule(id.to_string(), id.title()))
        .chain(standings.map(|(standing, text)| rule(rule_of(standing), text)))
        .collect()
}

/// All that is known of a trouble but its place, in lines.
pub(super) fn text(pin: Option<&str>, trouble: &Trouble) -> String {
    let pin = pin.map(|p| format!("{}: ", visible(p))).unwrap_or_default();
    let mut out = format!("{pin}{}", visible(&trouble.message));
    let fields = [("expected", &trouble.expected), ("found", &trouble.found), ("help", &trouble.help)];
    for (name, value) in fields {
        if let Some(value) = value {
            out.push_str(&format!("\n{name}: {}", visible(value)));
        }
    }
    out
}

fn location(place: &Place, prefix: &str) -> Location {
    let columns = place.excerpt.as_ref().map(|e| {
        let end = place.column.saturating_add(e.width);
        (place.column.max(1), end)
    });
    Location {
        physical_location: Physical {
            artifact_location: Artifact { uri: uri(&format!("{prefix}{}", place.file)) },
            region: Region {
                start_line: place.line.max(1),
                start_column: columns.map(|c| c.0),
                end_column: columns.map(|c| c.1),
            },
        },
    }
}

/// A relative path as a URI reference (RFC 3986): all but unreserved characters and `/` encoded.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
