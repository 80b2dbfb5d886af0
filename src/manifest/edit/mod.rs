//! Lossless edits of pins.toml: a pin added, removed, renamed; an archive added; members named.
//!
//! For the verbs of these names and for `init`. An edit is cut out of or spliced into the text,
//! so that every other byte stays as it is: line ends, comments, spacing. Each result is read
//! again and must differ from what was there in the one thing that was meant.

mod members;
mod render;
#[cfg(test)]
mod tests;
mod tree;

use std::ops::Range;

use super::{Inherited, Manifest};
use crate::dockerfile::Site;
use crate::model::{PinName, Place, Trouble};
use crate::table::{Kind, Name, Statement, elements, statements};
use tree::Tree;

pub use members::set_members;

/// How a manifest begins that `init` makes.
pub const HEAD: &str = "\
# What these Dockerfiles take in, and what each pin follows; yours to edit.
# Next: `dubo-pin refresh --keep` locks what the Dockerfiles bear, `dubo-pin verify` proves it.
version = 1
";

const FILE: &str = "pins.toml";

/// A pin that is to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPin {
    /// Its name.
    pub name: PinName,
    /// The keys of its source and all others but `into`, in the order in which they are written.
    pub keys: Vec<(String, Literal)>,
    /// Its sites.
    pub into: Vec<Site>,
    /// Lines of the comment above it, without `#`.
    pub comment: Vec<String>,
}

/// An archive that is to be added, as `[archives.NAME]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewArchive {
    /// Its name.
    pub name: PinName,
    /// Its keys in the order in which they are written.
    pub keys: Vec<(String, Literal)>,
    /// Lines of the comment above it, without `#`.
    pub comment: Vec<String>,
}

/// A value as it is written into a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// A string.
    Text(String),
    /// A list of strings.
    Texts(Vec<String>),
    /// An inline table of strings.
    Table(Vec<(String, String)>),
    /// `true` or `false`.
    Flag(bool),
    /// An integer.
    Number(i64),
}

/// Appends a pin as `[pins.NAME]`, with one blank line before it, in the line ends and the
/// alignment of the file. A text that is empty gets its head first.
///
/// # Errors
/// The manifest is not right as it stands, or not with this pin; the name is taken.
pub fn add(text: &str, pin: &NewPin) -> Result<String, Trouble> {
    add_under(text, pin, &Inherited::default())
}

/// As [`add`], in a member of a workspace that has this for all.
///
/// # Errors
/// As [`add`].
pub fn add_under(text: &str, pin: &NewPin, under: &Inherited) -> Result<String, Trouble> {
    let before = headed(text);
    let manifest = parse_under(&before, under)?;
    if let Some(there) = manifest.pins.get(&pin.name) {
        return Err(Trouble::new(format!("there is a pin `{}` already", pin.name))
            .at(there.place.clone())
            .help("choose another name, or remove that pin first"));
    }
    vet_sites(&manifest, pin)?;
    let out = appended(&before, &render::pin(pin, is_aligned(&before)));
    let mut expected = Tree::of(&before);
    expected.add_pin(pin);
    // The old text was right: what is wrong now is wrong with the new pin, which is in no file yet.
    if toml_edit::Document::parse(out.as_str()).is_err() || Tree::of(&out) != expected {
        return Err(Trouble::new("pins.toml is written in a way that no pin can be added to it")
            .at(Place::file(FILE))
            .help("write its pins as tables: [pins.NAME]"));
    }
    parse_under(&out, under).map_err(|trouble| unplaced(&out, pin, trouble))?;
    Ok(out)
}

/// Appends an archive as `[archives.NAME]`, as [`add`] does a pin.
///
/// # Errors
/// The manifest is not right as it stands, or not with this archive; the name is taken.
pub fn add_archive(text: &str, archive: &NewArchive, under: &Inherited) -> Result<String, Trouble> {
    let before = headed(text);
    let manifest = parse_under(&before, under)?;
    if let Some(there) = manifest.archives.get(&archive.name).filter(|a| !a.inherited) {
        return Err(Trouble::new(format!("there is an archive `{}` already", archive.name)).at(there.place.clone()));
    }
    let out = appended(&before, &render::archive(archive, is_aligned(&before)));
    let mut expected = Tree::of(&before);
    expected.add_archive(archive);
    checked_under(out, &expected, under)
}

/// The text, with a head if it is empty.
fn headed(text: &str) -> String {
    let head = if text.trim().is_empty() { "version = 1\n" } else { "" };
    format!("{text}{head}")
}

/// The text with a table behind it, one blank line between, in its line ends.
fn appended(before: &str, table: &str) -> String {
    let eol = line_end(before);
    let mut out = before.to_owned();
    if !out.ends_with('\n') {
        out.push_str(eol);
    }
    let ends_blank = matches!(statements(&out).last().map(|s| &s.kind), Some(Kind::Blank));
    if !ends_blank {
        out.push_str(eol);
    }
    out.push_str(&table.replace('\n', eol));
    out
}

/// One site bears one value.
fn vet_sites(manifest: &Manifest, pin: &NewPin) -> Result<(), Trouble> {
    let mut new: Vec<String> = pin.into.iter().map(super::site::spot).collect();
    if let Some((owner, site)) = manifest.sites().find(|(_, site)| new.contains(&super::site::spot(&site.value))) {
        return Err(Trouble::new(format!("`--into`: this site is pinned by `{owner}` already"))
            .at(site.place.clone())
            .help("one site bears one value: name another, or change that pin"));
    }
    new.sort();
    if new.windows(2).any(|two| two.first() == two.last()) {
        return Err(
            Trouble::new("`--into` names one site twice").help("one site bears one value: remove one of the two")
        );
    }
    Ok(())
}

/// What is wrong with a new pin, said of the option that it came from.
fn unplaced(text: &str, pin: &NewPin, mut trouble: Trouble) -> Trouble {
    let line = trouble.place.take().map_or(0, |place| place.line);
    let lines: Vec<&str> = text.lines().take(line).collect();
    // Rows of a list are indented; the header belongs to no option.
    let key = lines
        .iter()
        .rev()
        .find(|l| !l.starts_with([' ', ']']))
        .and_then(|l| l.split_once(" ="))
        .map(|(k, _)| k.trim_end());
    let known = |key: &&str| *key == "into" || pin.keys.iter().any(|(k, _)| k == key);
    if let Some(key) = key.filter(known) {
        trouble.message = format!("`--{key}`: {}", trouble.message);
    }
    if trouble.help.is_none() { trouble.help("dubo-pin add --help") } else { trouble }
}

/// Removes a pin: its table, sub-tables and dotted keys, the comment lines directly above them,
/// those directly below that no other key follows, and one blank line where two would meet.
///
/// # Errors
/// The manifest is not right as it stands; there is no such pin.
pub fn remove(text: &str, name: &PinName) -> Result<String, Trouble> {
    let manifest = parse(text)?;
    if !manifest.pins.contains_key(name) {
        return Err(manifest.no_pin(name.as_str()));
    }
    let all = statements(text);
    let owned = owned(&all, name.as_str());
    let mut cuts: Vec<Range<usize>> = inline_cuts(text, &all, name.as_str());
    let mut index = 0;
    while index < all.len() {
        if !owned.contains(&index) {
            index += 1;
            continue;
        }
        let mut last = index;
        let mut next = index + 1;
        while let Some(statement) = all.get(next) {
            if owned.contains(&next) {
                last = next;
            } else if !matches!(statement.kind, Kind::Blank | Kind::Comment) {
                break;
            }
            next += 1;
        }
        cuts.push(cut(&all, index, last));
        index = last + 1;
    }
    let out = splice(text, cuts.into_iter().map(|c| (c, String::new())).collect());
    let mut expected = Tree::of(text);
    expected.remove_pin(name.as_str());
    checked(out, &expected)
}

/// Renames a pin: its name in headers, sub-tables and dotted keys, and nothing else.
///
/// # Errors
/// The manifest is not right as it stands; there is no such pin; the new name is taken.
pub fn rename(text: &str, old: &PinName, new: &PinName) -> Result<String, Trouble> {
    let manifest = parse(text)?;
    if !manifest.pins.contains_key(old) {
        return Err(manifest.no_pin(old.as_str()));
    }
    if let Some(there) = manifest.pins.get(new) {
        return Err(Trouble::new(format!("there is a pin `{new}` already"))
            .at(there.place.clone())
            .help("choose another name"));
    }
    let mut edits = Vec::new();
    let mut change = |name: Option<&Name>| {
        let Some(name) = name else { return };
        let raw = text.get(name.span.clone()).unwrap_or_default();
        edits.push((name.span.clone(), render::renamed(raw, new.as_str())));
    };
    let all = statements(text);
    let owned = owned(&all, old.as_str());
    let mut header = 0;
    for (index, statement) in all.iter().enumerate() {
        match &statement.kind {
            Kind::Header(path) => {
                header = path.len();
                if owned.contains(&index) {
                    change(path.get(1));
                }
            }
            // below `[pins.NAME]` the name does not stand in the pair
            Kind::Pair(path, _) if owned.contains(&index) && header < 2 => {
                change(path.get(1 - header));
            }
            _ => {}
        }
    }
    for (path, _) in inline_pins(text, &all).into_iter().flatten() {
        if path.first().is_some_and(|n| n.text == old.as_str()) {
            change(path.first());
        }
    }
    let out = splice(text, edits);
    let mut expected = Tree::of(text);
    expected.rename_pin(old.as_str(), new.as_str());
    checked(out, &expected)
}

fn parse(text: &str) -> Result<Manifest, Trouble> {
    parse_under(text, &Inherited::default())
}

fn parse_under(text: &str, under: &Inherited) -> Result<Manifest, Trouble> {
    Manifest::parse_under(FILE, text.as_bytes(), under).map_err(|troubles| {
        let first = troubles.into_iter().next();
        first.unwrap_or_else(|| Trouble::new("the manifest cannot be read"))
    })
}

/// The result, if it reads as what was meant.
fn checked(out: String, expected: &Tree) -> Result<String, Trouble> {
    checked_under(out, expected, &Inherited::default())
}

fn checked_under(out: String, expected: &Tree, under: &Inherited) -> Result<String, Trouble> {
    let help = "edit pins.toml by hand";
    let manifest = parse_under(&out, under).map_err(|t| if t.help.is_none() { t.help(help) } else { t })?;
    drop(manifest);
    if Tree::of(&out) == *expected {
        return Ok(out);
    }
    let message = "pins.toml is written in a way that this edit would change more than was meant";
    Err(Trouble::new(message).at(Place::file(FILE)).help(help))
}

/// The line end that the text uses: that of its first line.
fn line_end(text: &str) -> &'static str {
    match text.split_once('\n') {
        Some((line, _)) if line.ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// Whether any pin's equals sign stands more than one blank after its key: the sign of a file
/// that aligns them.
fn is_aligned(text: &str) -> bool {
    let mut in_pins = false;
    statements(text).iter().any(|s| match &s.kind {
        Kind::Header(path) => {
            in_pins = path.first().is_some_and(|n| n.text == "pins");
            false
        }
        Kind::Pair(path, _) if in_pins => path.last().is_some_and(|name| {
            let after = text.get(name.span.end..).unwrap_or_default();
            after.starts_with("  ")
        }),
        _ => false,
    })
}

/// The indices of the statements that belong to a pin as a whole.
fn owned(all: &[Statement], name: &str) -> Vec<usize> {
    let mut header: Vec<&str> = Vec::new();
    let mut out = Vec::new();
    for (index, statement) in all.iter().enumerate() {
        let whole: Vec<&str> = match &statement.kind {
            Kind::Header(path) => {
                header = path.iter().map(|n| n.text.as_str()).collect();
                header.clone()
            }
            Kind::Pair(path, _) => {
                let path = path.iter().map(|n| n.text.as_str());
                header.iter().copied().chain(path).collect()
            }
            Kind::Blank | Kind::Comment => continue,
        };
        if matches!(whole.as_slice(), ["pins", pin, ..] if *pin == name) {
            out.push(index);
        }
    }
    out
}

/// The elements of `pins = { … }`, if the file has its pins so.
fn inline_pins(text: &str, all: &[Statement]) -> Option<Vec<(Vec<Name>, Range<usize>)>> {
    for statement in all {
        match &statement.kind {
            Kind::Header(_) => return None,
            Kind::Pair(path, value) if matches!(path.as_slice(), [n] if n.text == "pins") => {
                return Some(elements(text, value.clone()));
            }
            _ => {}
        }
    }
    None
}

/// What of `pins = { … }` belongs to a pin: each element with the comma that parted it.
fn inline_cuts(text: &str, all: &[Statement], name: &str) -> Vec<Range<usize>> {
    let elements = inline_pins(text, all).unwrap_or_default();
    let is_owned = |path: &[Name]| path.first().is_some_and(|n| n.text == name);
    let mut out = Vec::new();
    let mut kept: Option<usize> = None;
    for (index, (path, span)) in elements.iter().enumerate() {
        if !is_owned(path) {
            kept = Some(span.end);
            continue;
        }
        match elements.get(index + 1) {
            // up to the next element
            Some((_, next)) if kept.is_none() || !is_owned_last(&elements, index, name) => {
                out.push(span.start..next.start);
            }
            // the last: from the end of the one that stays
            _ => out.push(kept.unwrap_or(span.start)..span.end),
        }
    }
    out
}

/// Whether all elements from here on belong to the pin.
fn is_owned_last(elements: &[(Vec<Name>, Range<usize>)], index: usize, name: &str) -> bool {
    let rest = elements.get(index..).unwrap_or_default();
    rest.iter().all(|(path, _)| path.first().is_some_and(|n| n.text == name))
}

/// The bytes of the statements first to last, with the comments and the blank line that go too.
fn cut(all: &[Statement], first: usize, last: usize) -> Range<usize> {
    let kind = |index: usize| all.get(index).map(|s| &s.kind);
    let mut start = first;
    while start > 0 && matches!(kind(start - 1), Some(Kind::Comment)) {
        start -= 1;
    }
    let mut end = last + 1;
    while matches!(kind(end), Some(Kind::Comment)) {
        end += 1;
    }
    if !matches!(kind(end), None | Some(Kind::Blank)) {
        // the comments are those of the statement that follows
        end = last + 1;
    }
    let blank_after = matches!(kind(end), Some(Kind::Blank));
    if start > 0 && matches!(kind(start - 1), Some(Kind::Blank)) {
        if blank_after || end >= all.len() {
            start -= 1;
        }
    } else if start == 0 && blank_after {
        end += 1;
    }
    let from = all.get(start).map_or(0, |s| s.lines.start);
    let to = all.get(end - 1).map_or(from, |s| s.lines.end);
    from..to
}

/// The text with ranges replaced; ranges that overlap are merged.
fn splice(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, new) in edits {
        out.push_str(text.get(at..range.start).unwrap_or_default());
        out.push_str(&new);
        at = at.max(range.end);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}
