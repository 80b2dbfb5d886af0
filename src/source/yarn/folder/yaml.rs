//! .yarnrc.yml of berry: a strict piece of YAML, in which a line is what it seems to be.
//!
//! For `settings`. berry reads all of YAML, so whatever could make a line mean something else than it
//! says is refused: texts, lists and maps over several lines, anchors, tags, block texts, documents.

use std::collections::BTreeSet;

use super::read::Faults;
use super::settings::{Said, Settings, Source, flag, unread};

/// Keys of .yarnrc.yml that decide what a dependency comes to, and that nobody here follows.
const UNREAD: [&str; 6] =
    ["packageExtensions", "catalog", "catalogs", "plugins", "lockfileFilename", "enableTransparentWorkspaces"];

/// The keys whose value is read: a plain text.
const KEYS: [&str; 6] =
    ["yarnPath", "cacheFolder", "enableGlobalCache", "checksumBehavior", "compressionLevel", "defaultProtocol"];

/// Reads a .yarnrc.yml; what a nearer one said stands.
pub(super) fn read(source: &Source<'_>, settings: &mut Settings, faults: &mut Faults) {
    let lines = match lines(source.bytes) {
        Ok(lines) => lines,
        Err((line, why)) => return unread(source, line, why, faults),
    };
    for line in lines {
        if let Err((at, why)) = take(source, &line, settings) {
            unread(source, at, why, faults);
        }
    }
}

type Why = (usize, String);

/// An outermost `key: value` with what is below it.
struct Line {
    key: String,
    /// Empty: a list or a map may follow.
    value: String,
    number: usize,
    /// Lines below it, each without indentation and comment.
    below: Vec<(usize, String)>,
}

fn take(source: &Source<'_>, line: &Line, settings: &mut Settings) -> Result<(), Why> {
    let fault = |why: String| (line.number, why);
    let place = || source.place(line.number);
    let said = |value: String| Said { value, place: place() };
    let key = line.key.as_str();
    if KEYS.contains(&key) && (line.value.is_empty() || !line.below.is_empty() || line.value.starts_with(['{', '['])) {
        return Err(fault("its value is more than a plain string".to_owned()));
    }
    let value = line.value.as_str();
    match key {
        "yarnPath" => {
            let said = said(source.path(value).map_err(fault)?);
            settings.code.push(said.clone());
            settings.yarn_path.get_or_insert(said);
        }
        "cacheFolder" => {
            let said = said(source.path(value).map_err(fault)?);
            settings.cache_folder.get_or_insert(said);
        }
        "enableGlobalCache" => {
            let value = flag(key, value).map_err(fault)?;
            settings.global_cache.get_or_insert(Said { value, place: place() });
        }
        "checksumBehavior" if settings.checksum_behavior.as_ref().is_none_or(|s| s.value == "throw") => {
            settings.checksum_behavior = Some(said(value.to_owned()));
        }
        "compressionLevel" => {
            settings.compression_level.get_or_insert(said(value.to_owned()));
        }
        "defaultProtocol" => {
            settings.default_protocol.get_or_insert(said(value.to_owned()));
        }
        "plugins" => {
            for (at, path) in plugins(line)? {
                let value = source.path(&path).map_err(|why| (at, why))?;
                settings.code.push(Said { value, place: source.place(at) });
            }
        }
        _ => {}
    }
    if UNREAD.contains(&key) {
        settings.unread.push(said(key.to_owned()));
    }
    Ok(())
}

/// The files of `plugins`: `- PATH`, or `- path: PATH` beside `spec:` and `checksum:`.
fn plugins(line: &Line) -> Result<Vec<(usize, String)>, Why> {
    const WHY: &str = "plugins are `- PATH`, or `- path: PATH` beside `spec:`";
    let fault = |at: usize| (at, WHY.to_owned());
    if !matches!(line.value.as_str(), "" | "[]") {
        return Err(fault(line.number));
    }
    let mut all = Vec::new();
    // The item that is open, and whether it has its path.
    let mut open: Option<(usize, bool)> = None;
    for (at, text) in &line.below {
        let item = text.strip_prefix("- ").map(str::trim_start);
        if item.is_some() {
            if let Some((at, false)) = open {
                return Err(fault(at));
            }
            open = Some((*at, false));
        }
        let Some((_, done)) = &mut open else { return Err(fault(*at)) };
        let rest = item.unwrap_or(text);
        let path = match pair(rest) {
            Some((key, value)) if key == "path" => value,
            Some((key, _)) if matches!(key.as_str(), "spec" | "checksum") => continue,
            Some(_) => return Err(fault(*at)),
            None if item.is_some() => scalar(rest),
            None => return Err(fault(*at)),
        };
        match path {
            Some(path) if !*done && !path.is_empty() && !path.starts_with(['-', '?', '{', '[']) => {
                *done = true;
                all.push((*at, path));
            }
            _ => return Err(fault(*at)),
        }
    }
    match open {
        Some((at, false)) => Err(fault(at)),
        _ => Ok(all),
    }
}

/// `key: value`; the value is `None` if it is no plain or quoted text. `None`: there is no key.
fn pair(text: &str) -> Option<(String, Option<String>)> {
    let (key, rest) = match text.chars().next()? {
        quote @ ('"' | '\'') => text.get(1..)?.split_once(quote)?,
        _ => text.split_at(text.find(|c: char| !c.is_ascii_alphanumeric())?),
    };
    let rest = rest.strip_prefix(':')?;
    let is_key = key.starts_with(|c: char| c.is_ascii_alphabetic()) && key.bytes().all(|b| b.is_ascii_alphanumeric());
    (is_key && (rest.is_empty() || rest.starts_with(' '))).then(|| (key.to_owned(), scalar(rest.trim())))
}

/// A plain text, or one in quotes, without escapes.
fn scalar(text: &str) -> Option<String> {
    for quote in ['"', '\''] {
        if let Some(rest) = text.strip_prefix(quote) {
            let inside = rest.strip_suffix(quote)?;
            return (!inside.contains([quote, '\\'])).then(|| inside.to_owned());
        }
    }
    Some(text.to_owned())
}

/// The outermost keys.
fn lines(bytes: &[u8]) -> Result<Vec<Line>, Why> {
    let text = std::str::from_utf8(bytes).map_err(|_| (1, "it is not UTF-8".to_owned()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut all: Vec<Line> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut started = false;
    for (at, raw) in text.split('\n').enumerate() {
        let number = at + 1;
        let fault = |why: &str| Err((number, why.to_owned()));
        let raw = raw.strip_suffix('\r').unwrap_or(raw);
        let strange = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
        if raw.contains(strange) {
            return fault("a control character stands there, such as a tab or a lone CR");
        }
        let text = raw.trim_start_matches(' ');
        if text.starts_with('#') && text.to_ascii_lowercase().contains("yarn lockfile v1") {
            return fault("yarn reads a file with that comment in another way");
        }
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if text == "---" && text.len() == raw.len() && !started {
            started = true;
            continue;
        }
        started = true;
        let text = plain(text).map_err(|why| (number, why.to_owned()))?;
        let is_below = raw.starts_with(' ') || text == "-" || text.starts_with("- ");
        if is_below {
            match all.last_mut() {
                Some(line) if line.value.is_empty() => line.below.push((number, text.to_owned())),
                Some(_) => return fault("a value goes on on the next line"),
                None => return fault("the first key is indented"),
            }
            continue;
        }
        let Some((key, value)) = pair(text) else { return fault("it is not `key: value`") };
        let Some(value) = value else { return fault("its value is more than a plain string") };
        if !seen.insert(key.clone()) {
            return fault("a key stands twice");
        }
        all.push(Line { key, value, number, below: Vec::new() });
    }
    Ok(all)
}

/// A line without its comment, in which texts in quotes, lists and maps end where they start, and
/// nothing stands that gives what follows another meaning.
fn plain(text: &str) -> Result<&str, &'static str> {
    let mut depth = 0_usize;
    let mut quote: Option<char> = None;
    // Whether a value, a key or an item may start here.
    let mut fresh = true;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if let Some(open) = quote {
            match c {
                '\\' if open == '"' => return Err("a text in quotes has a backslash"),
                c if c == open => quote = None,
                _ => {}
            }
            before = c;
            continue;
        }
        match c {
            '#' if before == ' ' => {
                let text = text.get(..at).unwrap_or_default().trim_end();
                return if depth == 0 { Ok(text) } else { Err("a list or a map does not end on its line") };
            }
            ' ' => {
                fresh |= matches!(before, ':' | '-' | ',');
                before = c;
                continue;
            }
            '"' | '\'' if fresh => quote = Some(c),
            '[' | '{' if fresh || depth > 0 => {
                depth += 1;
                before = c;
                fresh = true;
                continue;
            }
            ']' | '}' if depth > 0 => depth -= 1,
            '&' | '*' | '!' | '|' | '>' | '%' | '@' | '`' | '?' | '<' if fresh => {
                return Err("an anchor, a tag, a block of text or the like is not read here");
            }
            ',' if depth > 0 => {
                before = c;
                fresh = true;
                continue;
            }
            // `- ` at the head stays fresh.
            '-' if fresh && before == ' ' => {
                before = c;
                continue;
            }
            _ => {}
        }
        fresh = false;
        before = c;
    }
    match (quote, depth) {
        (Some(_), _) => Err("a text in quotes does not end on its line"),
        (None, 0) => Ok(text.trim_end()),
        (None, _) => Err("a list or a map does not end on its line"),
    }
}
