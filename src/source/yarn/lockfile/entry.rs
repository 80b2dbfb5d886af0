//! Blocks to a [`Lockfile`]: which yarn wrote it, and each field where it belongs.
//!
//! For `Lockfile::parse`. Fields that no yarn writes are kept and listed, not judged.

use std::collections::BTreeMap;

use super::block::{Block, Field, Reader, Spelling, Value};
use super::lines::Lines;
use super::{Entry, Format, Lockfile, LockfileError, LockfileFault, METADATA, Node};

/// berry's block about the file itself.
const METADATA_KEY: &str = "__metadata";
/// What yarn 1 writes beside the fields that [`Entry`] has.
const MORE_V1: [&str; 5] = ["name", "uid", "registry", "permissions", "prebuiltVariants"];
/// What berry writes beside the fields that [`Entry`] has.
const MORE_BERRY: [&str; 4] = ["bin", "dependenciesMeta", "languageName", "peerDependenciesMeta"];

/// The lines as a lockfile; whether it is canonical is not looked at.
pub(super) fn lockfile(lines: &Lines<'_>) -> Result<Lockfile, LockfileError> {
    let spelling = spelling(lines)?;
    let wrote = |comment: &&&str| comment.starts_with("yarn v") || comment.starts_with("node ");
    let versions = lines.header.iter().filter(wrote).map(|comment| (*comment).to_owned());
    let versions = if spelling == Spelling::V1 { versions.collect() } else { Vec::new() };
    let mut lock = Lockfile {
        format: Format::V1,
        entries: Vec::new(),
        canonical: false,
        crlf: lines.crlf,
        bom: lines.bom,
        versions,
        more: BTreeMap::new(),
        unknown: Vec::new(),
    };
    let mut reader = Reader::new(lines, spelling);
    let mut described = spelling == Spelling::V1;
    while let Some(block) = reader.block()? {
        let is_metadata = matches!(block.keys.as_slice(), [(key, _)] if key == METADATA_KEY);
        if spelling == Spelling::Berry && is_metadata {
            metadata(lines, block, &mut lock)?;
            described = true;
        } else {
            lock.entries.push(entry(lines, block, spelling)?);
        }
    }
    match described {
        true => Ok(lock),
        false => Err(LockfileError::new(lines.bytes, 0..0, LockfileFault::NoHeader)),
    }
}

/// Which yarn wrote it: a comment tells of yarn 1, the block `__metadata` of berry.
fn spelling(lines: &Lines<'_>) -> Result<Spelling, LockfileError> {
    let header = lines.header.iter().find_map(|c| c.strip_prefix("yarn lockfile v"));
    match header {
        Some("1") => return Ok(Spelling::V1),
        Some(other) => {
            let at = other.as_ptr() as usize - lines.bytes.as_ptr() as usize;
            let fault = LockfileFault::Version(format!("v{other}"));
            return Err(LockfileError::new(lines.bytes, at..at + other.len(), fault));
        }
        None => {}
    }
    let metadata = |text: &str| text.trim_start_matches(['"', '\'']).starts_with(METADATA_KEY);
    match lines.lines.iter().any(|line| line.indent == 0 && metadata(line.text)) {
        true => Ok(Spelling::Berry),
        false => Err(LockfileError::new(lines.bytes, 0..0, LockfileFault::NoHeader)),
    }
}

fn metadata(lines: &Lines<'_>, block: Block<'_>, lock: &mut Lockfile) -> Result<(), LockfileError> {
    let place = block.keys.first().map_or(0..0, |(_, span)| span.clone());
    let (mut version, mut cache_key) = (None, None);
    for field in block.fields {
        match field.key.as_ref() {
            "version" => {
                let span = match &field.value {
                    Value::One(_, span) => span.clone(),
                    Value::Block(_) => field.span.clone(),
                };
                let text = text(lines, field)?;
                let number = METADATA.into_iter().find(|known| known.to_string() == text);
                let known =
                    number.ok_or_else(|| LockfileError::new(lines.bytes, span, LockfileFault::Metadata(text)))?;
                version = Some(known);
            }
            "cacheKey" => cache_key = Some(text(lines, field)?),
            _ => {
                lock.unknown.push((field.key.clone().into_owned(), field.line));
                lock.more.insert(field.key.into_owned(), field.value.into_node());
            }
        }
    }
    match version {
        Some(metadata) => lock.format = Format::Berry { metadata, cache_key },
        None => return Err(LockfileError::new(lines.bytes, place, LockfileFault::NoMetadataVersion)),
    }
    Ok(())
}

fn entry(lines: &Lines<'_>, block: Block<'_>, spelling: Spelling) -> Result<Entry, LockfileError> {
    let keys = block.keys.into_iter().map(|(key, _)| key.into_owned()).collect();
    let mut entry = Entry { keys, line: block.line, ..Entry::default() };
    for field in block.fields {
        note_lines(&field, &mut entry.lines);
        let (key, line) = (field.key.clone(), field.line);
        match (spelling, key.as_ref()) {
            (_, "version") => entry.version = Some(text(lines, field)?),
            (_, "dependencies") => entry.dependencies = texts(lines, field)?,
            (Spelling::V1, "resolved") => entry.resolved = Some(text(lines, field)?),
            (Spelling::V1, "integrity") => entry.integrity = Some(text(lines, field)?),
            (Spelling::V1, "optionalDependencies") => entry.optional = texts(lines, field)?,
            (Spelling::Berry, "resolution") => entry.resolution = Some(text(lines, field)?),
            (Spelling::Berry, "checksum") => entry.checksum = Some(text(lines, field)?),
            (Spelling::Berry, "conditions") => entry.conditions = Some(text(lines, field)?),
            (Spelling::Berry, "linkType") => entry.link_type = Some(text(lines, field)?),
            (Spelling::Berry, "peerDependencies") => entry.peers = texts(lines, field)?,
            (_, name) => {
                let known: &[&str] = match spelling {
                    Spelling::V1 => &MORE_V1,
                    Spelling::Berry => &MORE_BERRY,
                };
                if !known.contains(&name) {
                    entry.unknown.push((name.to_owned(), line));
                }
                if spelling == Spelling::Berry && name == "dependenciesMeta" {
                    entry.optional_names = optional_names(&field);
                }
                entry.more.insert(key.into_owned(), field.value.into_node());
            }
        }
    }
    Ok(entry)
}

/// The line of a field, and of each field within it.
fn note_lines(field: &Field<'_>, lines: &mut BTreeMap<String, usize>) {
    if let Value::Block(inner) = &field.value {
        for nested in inner {
            lines.insert(format!("{}.{}", field.key, nested.key), nested.line);
        }
    }
    lines.insert(field.key.clone().into_owned(), field.line);
}

/// Names that `dependenciesMeta` marks with `optional: true`.
fn optional_names(field: &Field<'_>) -> Vec<String> {
    let Value::Block(names) = &field.value else { return Vec::new() };
    let optional = |value: &Value<'_>| match value {
        Value::Block(marks) => marks.iter().any(|mark| {
            mark.key == "optional" && matches!(&mark.value, Value::One(Node::Text(text), _) if text == "true")
        }),
        Value::One(..) => false,
    };
    names.iter().filter(|name| optional(&name.value)).map(|name| name.key.clone().into_owned()).collect()
}

/// The field as one text.
fn text(lines: &Lines<'_>, field: Field<'_>) -> Result<String, LockfileError> {
    match field.value {
        Value::One(Node::Text(text), _) => Ok(text),
        Value::One(_, span) => Err(lines.syntax(span, "a number or truth value stands for a text", "a text in quotes")),
        Value::Block(_) => Err(lines.syntax(field.span, "a block stands for a text", "a text on the same line")),
    }
}

/// The field as names with one text each.
fn texts(lines: &Lines<'_>, field: Field<'_>) -> Result<BTreeMap<String, String>, LockfileError> {
    let inner = match field.value {
        Value::Block(inner) => inner,
        Value::One(_, span) => return Err(lines.syntax(span, "a value stands for a block", "`:` and indented lines")),
    };
    inner.into_iter().map(|nested| Ok((nested.key.clone().into_owned(), text(lines, nested)?))).collect()
}
