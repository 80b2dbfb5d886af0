//! .yarnrc of yarn 1, and what yarn 1 takes from .npmrc: the keys that decide what is installed.
//!
//! For `settings`. A line that yarn could read in another way than a person is refused; so is a key
//! that switches off what `check` proves.

use crate::model::{Id, Place, Trouble, quoted};

use super::super::lockfile::{Node, pairs};
use super::read::Faults;
use super::settings::{Said, Settings, Source, flag, unread};

/// Keys that change nothing of what is installed.
const HARMLESS: [&str; 24] = [
    "bin-links",
    "child-concurrency",
    "disable-self-update-check",
    "email",
    "emoji",
    "frozen-lockfile",
    "ignore-engines",
    "ignore-optional",
    "ignore-platform",
    "ignore-scripts",
    "lastUpdateCheck",
    "network-concurrency",
    "network-timeout",
    "no-progress",
    "progress",
    "registry",
    "save-exact",
    "save-prefix",
    "user-agent",
    "username",
    "workspaces-experimental",
    "workspaces-nohoist-experimental",
    "yarn-offline-mirror",
    "yarn-offline-mirror-pruning",
];

/// Options for yarn's command line, with or without `install.`, that change nothing of what is
/// installed.
const OPTIONS: [&str; 8] = [
    "frozen-lockfile",
    "ignore-engines",
    "ignore-optional",
    "ignore-platform",
    "ignore-scripts",
    "network-timeout",
    "non-interactive",
    "silent",
];

/// Keys that lead yarn to other files than those that are proved, or switch off proof.
const REFUSED: [&str; 9] = [
    "cache-folder",
    "cwd",
    "force",
    "global-folder",
    "modules-folder",
    "no-lockfile",
    "offline-cache-folder",
    "pure-lockfile",
    "update-checksums",
];

/// Reads a .yarnrc. berry ignores all of it but what the yarn 1 that starts it takes: `yarn-path`.
pub(super) fn read(source: &Source<'_>, is_v1: bool, settings: &mut Settings, faults: &mut Faults) {
    let pairs = match pairs(source.bytes) {
        Ok(pairs) => pairs,
        Err(e) => {
            let place = Place::of(source.shown, source.bytes, e.span.clone());
            let trouble = Trouble::new(format!("it cannot be read: {}", e.fault))
                .expected("one key and its value on each line, as yarn writes them: yarn-offline-mirror \"./mirror\"");
            return faults.push((Id::YARN014, trouble.at(place)));
        }
    };
    for pair in pairs {
        let (is_text, value) = match pair.value {
            Node::Text(text) => (true, text),
            Node::Number(number) => (false, number.to_string()),
            Node::Flag(flag) => (false, flag.to_string()),
            Node::Map(_) => continue,
        };
        let key = pair.key.as_str();
        if let Err(why) = take(source, (key, value.as_str(), is_text), pair.line, is_v1, settings, faults) {
            unread(source, pair.line, why, faults);
        }
    }
}

fn take(
    source: &Source<'_>,
    (key, value, is_text): (&str, &str, bool),
    line: usize,
    is_v1: bool,
    settings: &mut Settings,
    faults: &mut Faults,
) -> Result<(), String> {
    let place = || source.place(line);
    if key == "yarn-path" {
        let said = Said { value: source.path(value)?, place: place() };
        settings.code.push(said.clone());
        settings.yarn_path.get_or_insert(said);
        return Ok(());
    }
    if !is_v1 && !key.starts_with("--") {
        return Ok(());
    }
    match key {
        "yarn-offline-mirror" => {
            if value == "false" && !is_text {
                return Ok(());
            }
            let found = source.path(value)?;
            if let Some(first) = &settings.mirror {
                return Err(format!("{} says `yarn-offline-mirror` too", first.place.file));
            }
            settings.mirror = Some(Said { value: found, place: place() });
        }
        "yarn-offline-mirror-pruning" => {
            let value = flag(key, value)?;
            if value || settings.pruning.is_none() {
                settings.pruning = Some(Said { value, place: place() });
            }
        }
        "strict-ssl" if !is_text && value == "true" => {}
        _ if is_harmless(key, is_text) => {}
        _ if key.starts_with('-')
            || key.starts_with("yarn-offline-mirror")
            || key.starts_with("unsafe-")
            || key == "strict-ssl"
            || REFUSED.contains(&key) =>
        {
            faults.push((Id::YARN012, refused(key, value).at(place())));
        }
        _ => settings.unknown.push(Said { value: key.to_owned(), place: place() }),
    }
    Ok(())
}

/// Whether a key changes nothing. Text behind an option would be one more word of the command line.
fn is_harmless(key: &str, is_text: bool) -> bool {
    if let Some(option) = key.strip_prefix("--") {
        let option = option.strip_prefix("install.").unwrap_or(option);
        return !is_text && OPTIONS.contains(&option);
    }
    HARMLESS.contains(&key) || key.starts_with("init-") || (key.starts_with('@') && key.ends_with(":registry"))
}

fn refused(key: &str, value: &str) -> Trouble {
    Trouble::new(format!("{} makes yarn install in another way than the one that is proved", quoted(key)))
        .expected(format!("no {}", quoted(key)))
        .found(quoted(&format!("{key} {value}")))
        .help("remove the line")
}

/// Reads a .npmrc for what yarn 1 would take from it: its offline mirror, its cache.
pub(super) fn npm(source: &Source<'_>, faults: &mut Faults) {
    let text = String::from_utf8_lossy(source.bytes);
    let mut number = 1;
    for raw in text.split_inclusive(['\n', '\r']) {
        let line = raw.trim();
        let at = number;
        number += usize::from(raw.ends_with('\n'));
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let key = line.split('=').next().unwrap_or_default();
        let lower = line.to_ascii_lowercase();
        if key.contains(['"', '\'', '\\']) {
            unread(source, at, "a key in quotes or with a backslash is not read", faults);
        } else if lower.contains("yarn-") || lower.contains("cache-folder") || lower.contains("unsafe-disable") {
            let said = key.trim().trim_matches(['[', ']']);
            let trouble = Trouble::new(format!("yarn 1 takes {} from .npmrc too", quoted(said)))
                .expected("no settings of yarn in .npmrc")
                .found(quoted(said))
                .help("write it into .yarnrc, where dubo-pin reads it");
            faults.push((Id::YARN012, trouble.at(source.place(at))));
        }
    }
}
