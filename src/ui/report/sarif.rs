//! The report for code scanning: SARIF 2.1.0 (OASIS, errata 01), one run.
//!
//! Findings and what is outdated are results; what stopped the run is a notification of its
//! invocation (§3.20.21), since it says nothing about the files. Texts are shown to people by
//! whoever reads this: deceiving characters are spelt out.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Id, PinName, Place, Replacement, Row, Severity, Sha256, Standing, Trouble, visible};

use super::json::harmless;
use super::{Outcome, Report, label_of};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Under this name a result is known again in the next log (§3.27.17). Services that count lines
/// themselves, as code scanning does, add theirs beside it.
const FINGERPRINT: &str = "duboPin/v1";
/// In front of the rules of `outdated`.
const OUTDATED: &str = "outdated/";
/// The rule of what is worth a warning and changes no standing.
const WARNING: &str = "outdated/warning";

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
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<Message>,
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
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Fix>,
}

/// §3.55: what mends a result.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fix {
    description: Message,
    artifact_changes: Vec<ArtifactChange>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange {
    artifact_location: Artifact,
    replacements: Vec<Replaced>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replaced {
    deleted_region: Region,
    inserted_content: Message,
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
    end_line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<usize>,
}

/// The log; `prefix` leads from the repository's root to the folder of pins.toml.
pub(super) fn render(report: &Report<'_>, prefix: &str) -> String {
    let mut log = Entries { results: Vec::new(), notifications: Vec::new(), prefix, known: BTreeMap::new() };
    for (member, part) in report.parts() {
        log.take(member, &part);
    }
    let Entries { results, notifications, .. } = log;
    harmless(&Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver { name: "dubo-pin", version: env!("CARGO_PKG_VERSION"), rules: rules(report.help) },
            },
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

/// What was found, and what was told beside it.
struct Entries<'a> {
    results: Vec<Entry>,
    notifications: Vec<Entry>,
    prefix: &'a str,
    /// How often a fingerprint was given already.
    known: BTreeMap<String, usize>,
}

impl Entries<'_> {
    fn take(&mut self, member: Option<&str>, part: &Report<'_>) {
        let called = |pin: Option<&PinName>| label_of(member, pin.map(|p| p.as_str()));
        for failure in part.all_failures() {
            self.notify("error", called(failure.pin.as_ref()), &failure.trouble);
        }
        match part.outcome {
            Outcome::Verdict(verdict) => {
                let fixes = |index| verdict.linted.as_ref().and_then(|l| l.fixes.get(&index));
                for (index, finding) in verdict.findings.iter().enumerate() {
                    let level = match finding.severity {
                        Severity::Error => "error",
                        Severity::Note => "note",
                    };
                    let of = called(finding.pin.as_ref());
                    self.result(finding.id.to_string(), level, of, &finding.trouble, member);
                    let fix = fixes(index).map(|all| fix(all, self.prefix));
                    if let Some(result) = self.results.last_mut() {
                        result.fixes.extend(fix);
                    }
                }
                for note in verdict.linted.iter().flat_map(|l| &l.notes) {
                    self.notify("note", called(None), note);
                }
            }
            Outcome::Refreshed(refreshed) => {
                for note in &refreshed.notes {
                    self.notify("note", called(None), note);
                }
            }
            Outcome::Adopted(adopted) => {
                for note in adopted.not_understood.iter().chain(&adopted.notes) {
                    self.notify("note", called(None), note);
                }
            }
            Outcome::Rows(rows) => {
                for row in rows {
                    let of = called(Some(&row.pin));
                    for warning in &row.warnings {
                        self.result(WARNING.to_owned(), "warning", of.clone(), warning, member);
                    }
                    let Some(level) = level(row.standing) else {
                        continue;
                    };
                    let level = if part.weighs(row.standing) { level } else { "note" };
                    match row.standing {
                        Standing::Unreachable => self.notify(level, of, &told(row)),
                        _ => self.result(rule_of(row.standing), level, of, &told(row), member),
                    }
                }
            }
            // What is pinned is no result; what cannot be told is a run that was not whole.
            Outcome::Listed(listing) => {
                for (pin, trouble) in super::list::troubles(listing) {
                    self.notify("error", Some(pin), &trouble);
                }
            }
            Outcome::Collected(_) | Outcome::Nothing => {}
        }
    }

    fn notify(&mut self, level: &'static str, of: Option<String>, trouble: &Trouble) {
        self.notifications.push(Entry {
            rule_id: None,
            level,
            message: Message { text: text(of.as_deref(), trouble) },
            locations: trouble.place.iter().filter_map(|p| location(p, self.prefix)).collect(),
            partial_fingerprints: BTreeMap::new(),
            fixes: Vec::new(),
        });
    }

    /// A result always has a place, since code scanning shows none without: pins.toml, where nothing
    /// nearer is known.
    fn result(
        &mut self,
        rule: String,
        level: &'static str,
        of: Option<String>,
        trouble: &Trouble,
        member: Option<&str>,
    ) {
        let folder = member.filter(|m| *m != ".").map(|m| format!("{m}/")).unwrap_or_default();
        let place = trouble.place.clone().unwrap_or_else(|| Place::file(&format!("{folder}pins.toml")));
        let mark = mark(&rule, of.as_deref(), &place, trouble);
        let times = self.known.entry(mark.clone()).or_default();
        *times += 1;
        let mark = format!("{mark}:{times}");
        self.results.push(Entry {
            rule_id: Some(rule),
            level,
            message: Message { text: text(of.as_deref(), trouble) },
            locations: location(&place, self.prefix).into_iter().collect(),
            partial_fingerprints: BTreeMap::from([(FINGERPRINT, mark)]),
            fixes: Vec::new(),
        });
    }
}

/// What mends a result, in one file.
fn fix(all: &[Replacement], prefix: &str) -> Fix {
    let file = all.first().map(|r| r.file.as_str()).unwrap_or_default();
    let replaced = |r: &Replacement| Replaced {
        deleted_region: Region {
            start_line: r.start.0,
            start_column: Some(r.start.1),
            end_line: Some(r.end.0),
            end_column: Some(r.end.1),
        },
        inserted_content: Message { text: r.text.clone() },
    };
    Fix {
        description: Message { text: "as dubo-pin lint --fix does".to_owned() },
        artifact_changes: vec![ArtifactChange {
            artifact_location: Artifact { uri: uri(&format!("{prefix}{file}")) },
            replacements: all.iter().map(replaced).collect(),
        }],
    }
}

/// What stays of a result when lines move above it and values change: its rule, whom it concerns,
/// its file, and what is wrong. Of `outdated` the rule and the pin alone.
fn mark(rule: &str, of: Option<&str>, place: &Place, trouble: &Trouble) -> String {
    let message = if rule.starts_with(OUTDATED) { "" } else { trouble.message.as_str() };
    let whole = [rule, of.unwrap_or_default(), place.file.as_str(), message].join("\0");
    Sha256::of(whole.as_bytes()).to_string().chars().take(16).collect()
}

/// What a row has to tell: its trouble, or what is newer.
pub(super) fn told(row: &Row) -> Trouble {
    let current = row.current.as_deref().unwrap_or("-");
    let newest = row.allowed.as_deref().unwrap_or("-");
    row.trouble.clone().unwrap_or_else(|| Trouble::new(format!("{current} -> {newest}")))
}

fn level(standing: Standing) -> Option<&'static str> {
    match standing {
        Standing::Current | Standing::Unlocked => None,
        Standing::Newer | Standing::Moved => Some("warning"),
        Standing::Alarm | Standing::Gone | Standing::Unreachable => Some("error"),
    }
}

fn rule_of(standing: Standing) -> String {
    format!("{OUTDATED}{}", standing.word())
}

/// Every rule there is, whatever was found: a log's rules do not depend on its results.
fn rules(help: Option<fn(Id) -> String>) -> Vec<Rule> {
    let message = |text: &str| Message { text: text.to_owned() };
    let rule = |id: String, text: &str| Rule { id, short_description: message(text), help: None };
    let help = |id: Id| help.map(|help| message(&help(id))).filter(|m| !m.text.is_empty());
    let standings = [
        (Standing::Newer, "something newer is there"),
        (Standing::Moved, "what was fixed stands elsewhere, with the same content"),
        (Standing::Alarm, "what was fixed has changed upstream"),
        (Standing::Gone, "what was fixed has been taken away"),
    ];
    Id::ALL
        .iter()
        .map(|id| Rule { help: help(*id), ..rule(id.to_string(), id.title()) })
        .chain(standings.map(|(standing, text)| rule(rule_of(standing), text)))
        .chain([rule(WARNING.to_owned(), "something about the pinned value is worth a look")])
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

/// Where that is. Only files below the folder have a place in a log: a path of this machine says
/// nothing to its reader.
fn location(place: &Place, prefix: &str) -> Option<Location> {
    if place.file.starts_with('/') {
        return None;
    }
    let columns = place.excerpt.as_ref().map(|e| {
        let start = place.column.max(1);
        (start, start.saturating_add(e.width))
    });
    Some(Location {
        physical_location: Physical {
            artifact_location: Artifact { uri: uri(&format!("{prefix}{}", place.file)) },
            region: Region {
                start_line: place.line.max(1),
                start_column: columns.map(|c| c.0),
                end_line: None,
                end_column: columns.map(|c| c.1),
            },
        },
    })
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
