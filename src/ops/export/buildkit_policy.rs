//! `export buildkit-policy`: a source policy with which BuildKit itself takes in what is locked, and
//! nothing else.
//!
//! The form is the JSON of `sourcepolicy/pb/policy.proto`, since BuildKit 0.11. Its engine reads all
//! rules in their order; of those that match, the last ALLOW or DENY wins; the first CONVERT that
//! changes something ends the round, and the changed source is judged anew. So: first deny all, then
//! allow what is locked. A CONVERT leads from a source that names no digest to the locked one, and
//! never from one digest to another.
//!
//! It does not cover what a RUN step fetches: that is no source of BuildKit's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::{Exported, locked, of};
use crate::model::{Failure, Trouble};
use crate::source::intake::Intake;

#[derive(Debug, Serialize)]
struct Policy {
    version: u8,
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Rule {
    action: &'static str,
    selector: Selector,
    #[serde(skip_serializing_if = "Option::is_none")]
    updates: Option<Updates>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Selector {
    identifier: String,
    match_type: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    constraints: Vec<Constraint>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Constraint {
    key: &'static str,
    value: String,
    condition: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Updates {
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attrs: BTreeMap<&'static str, String>,
}

/// `ADD --checksum`, in BuildKit's words.
const CHECKSUM: &str = "http.checksum";
/// The URL of a git repository: the identifier names host and path alone.
const FULL_URL: &str = "git.fullurl";

impl Rule {
    fn new(action: &'static str, match_type: &'static str, identifier: impl Into<String>) -> Self {
        let selector = Selector { identifier: identifier.into(), match_type, constraints: Vec::new() };
        Self { action, selector, updates: None }
    }

    fn allow(identifier: impl Into<String>) -> Self {
        Self::new("ALLOW", "EXACT", identifier)
    }

    /// Only where an attribute has this value; empty: where it is not given.
    fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.selector.constraints.push(Constraint { key, value: value.into(), condition: "EQUAL" });
        self
    }
}

/// The policy of all pins.
///
/// # Errors
/// What kept the manifest or the lock from being read; a pin that is not locked as pins.toml has it;
/// an entry that lacks what its kind needs.
pub fn run(dir: &Path) -> Result<Exported, Vec<Failure>> {
    let locked = locked(dir, &[])?;
    let (mut intakes, mut unseen, mut failures) = (BTreeSet::new(), Vec::new(), Vec::new());
    for (pin, entry) in &locked.pins {
        match pin.source.intakes(entry) {
            Ok(all) if all.is_empty() => unseen.push(format!("{} ({})", pin.name, pin.source.kind())),
            Ok(all) => intakes.extend(all),
            Err(trouble) => failures.push(of(&pin.name, trouble.at(pin.place.clone()))),
        }
    }
    if !failures.is_empty() {
        return Err(failures);
    }
    let mut notes = locked.notes;
    let rules = rules(&intakes, &mut notes);
    notes.push(run_is_not_covered(&unseen));
    let text = serde_json::to_string_pretty(&Policy { version: 1, rules }).map_err(|e| {
        vec![super::failure(crate::model::Class::Undone, Trouble::new(format!("the policy cannot be written: {e}")))]
    })?;
    Ok(Exported { text: text + "\n", notes })
}

fn run_is_not_covered(unseen: &[String]) -> Trouble {
    let trouble = Trouble::new("a source policy does not cover what a RUN step fetches (apt, git, curl)");
    let trouble = if unseen.is_empty() {
        trouble
    } else {
        trouble.found(format!("pins of which the policy says nothing: {}", unseen.join(", ")))
    };
    trouble.help("vendor what RUN needs, and give it no network: RUN --network=none")
}

fn rules(intakes: &BTreeSet<Intake>, notes: &mut Vec<Trouble>) -> Vec<Rule> {
    // Not `*`, which by its translation does not match a line end.
    let mut rules = vec![Rule::new("DENY", "REGEX", ".*")];
    rules.extend(["local://context", "local://dockerfile"].map(Rule::allow));
    // What would be converted in two ways is not converted at all, and so stays denied.
    let mut targets: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for intake in intakes {
        match intake {
            Intake::Image { repository, tag: Some(tag), digest } => {
                targets.entry(format!("{repository}:{tag}")).or_default().insert(digest);
            }
            Intake::File { url, checksums } => {
                targets.entry(url.clone()).or_default().extend(checksums.first().map(String::as_str));
            }
            _ => {}
        }
    }
    let only = |name: &str| targets.get(name).is_some_and(|t| t.len() == 1);
    for intake in intakes {
        match intake {
            Intake::Image { repository, tag, digest } => {
                if let Some(tag) = tag {
                    let tagged = format!("docker-image://{repository}:{tag}");
                    let pinned = format!("{tagged}@{digest}");
                    if only(&format!("{repository}:{tag}")) {
                        let updates = Updates { identifier: Some(pinned.clone()), attrs: BTreeMap::new() };
                        rules.push(Rule { updates: Some(updates), ..Rule::new("CONVERT", "EXACT", tagged) });
                    }
                    rules.push(Rule::allow(pinned));
                }
                rules.push(Rule::allow(format!("docker-image://{repository}@{digest}")));
            }
            Intake::File { url, checksums } => {
                if let Some(first) = checksums.first().filter(|_| only(url)) {
                    let updates = Updates { identifier: None, attrs: BTreeMap::from([(CHECKSUM, first.clone())]) };
                    let bare = Rule::new("CONVERT", "EXACT", url.clone()).with(CHECKSUM, "");
                    rules.push(Rule { updates: Some(updates), ..bare });
                }
                rules.extend(checksums.iter().map(|sum| Rule::allow(url.clone()).with(CHECKSUM, sum)));
            }
            Intake::Commit { name, url, commit } => {
                // ADD takes an http URL for a repository only if it ends so.
                let more = if name.ends_with(".git") { [""].as_slice() } else { &["", ".git"] };
                for end in more {
                    let identifier = format!("git://{name}{end}#{commit}");
                    let url = format!("{}{end}", url.strip_suffix('/').unwrap_or(url));
                    rules.push(Rule::allow(identifier.clone()).with(FULL_URL, url.clone()));
                    let folder = Rule::new("ALLOW", "WILDCARD", format!("{identifier}:*"));
                    rules.push(folder.with(FULL_URL, url));
                }
            }
        }
    }
    for (name, all) in targets.iter().filter(|(_, all)| all.len() > 1) {
        let all: Vec<&str> = all.iter().copied().collect();
        let note = Trouble::new(format!("{name} is locked at {} digests, so the name alone stays denied", all.len()));
        notes.push(note.found(all.join(", ")));
    }
    let mut seen = BTreeSet::new();
    rules.retain(|rule| seen.insert(rule.clone()));
    rules
}
