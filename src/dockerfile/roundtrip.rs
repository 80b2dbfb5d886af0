//! What must hold for any bytes at all; shared by the fuzz target and the property tests.
//!
//! Not for the program.

use super::edit::{apply, undo};
use super::instruction::Instruction;
use super::lines::{Lines, is_comment, lead};
use super::locate::assigned;
use super::parse::Dockerfile;
use crate::model::Token;

/// Reads a Dockerfile, rewrites every ARG and ENV that can be, reads it again, and undoes it.
///
/// # Errors
/// What did not hold. Bytes that are no Dockerfile are well.
#[doc(hidden)]
pub fn roundtrip(bytes: &[u8]) -> Result<(), String> {
    let Ok(file) = Dockerfile::parse("Dockerfile", bytes.to_vec()) else {
        return Ok(());
    };
    tiles(&file)?;
    // every sign that a pinned value may hold and a Dockerfile might misread
    let token = Token::new("a=#<<b{}[1]*?!~:@/,%+;|&()^-._c").map_err(|e| e.to_string())?;
    let (mut edits, mut edited) = (Vec::new(), Vec::new());
    for index in 0..file.assignments().len() {
        let edit = assigned(&file, index).and_then(|l| l.edit(&file, &token));
        edited.push(edit.is_ok());
        edits.extend(edit);
    }
    let after = apply(bytes, &edits).map_err(|e| e.to_string())?;
    let again = Dockerfile::parse("Dockerfile", after.clone())
        .map_err(|e| format!("the edited file cannot be read: {}", e.message))?;
    tiles(&again)?;
    let commands = |file: &Dockerfile| -> Vec<_> {
        let all = file.instructions().iter();
        all.map(|i| (i.body.command, i.stage, i.heredocs.len())).collect()
    };
    if commands(&file) != commands(&again) {
        return Err("an edit changed the instructions".to_owned());
    }
    if file.assignments().len() != again.assignments().len() {
        return Err("an edit changed the names".to_owned());
    }
    for (index, edited) in edited.into_iter().enumerate() {
        let value = |file: &Dockerfile| assigned(file, index).ok().map(|l| l.value);
        let wanted = if edited { Some(token.as_str().to_owned()) } else { value(&file) };
        if value(&again) != wanted {
            return Err(format!("value {index} reads back as {:?}", value(&again)));
        }
    }
    let back = apply(&after, &undo(&edits)).map_err(|e| e.to_string())?;
    if back != bytes {
        return Err("undone edits left other bytes".to_owned());
    }
    Ok(())
}

/// Instructions follow each other, nothing but comments and blank lines stands between them, and
/// each holds what is its own.
fn tiles(file: &Dockerfile) -> Result<(), String> {
    let mut done = 0;
    let ends = file.bytes().len()..file.bytes().len();
    let spans = file.instructions().iter().map(|i| i.span.clone());
    for span in spans.chain([ends]) {
        let gap = file.bytes().get(done..span.start);
        let Some(gap) = gap else {
            return Err(format!("instruction at {} overlaps the last", span.start));
        };
        for line in Lines::new(gap) {
            let text = gap.get(line.content).unwrap_or_default();
            let directive = text.get(lead(text)..).unwrap_or_default().starts_with(b"//");
            if lead(text) < text.len() && !is_comment(text) && !directive {
                return Err(format!("bytes {done}..{} belong to nothing", span.start));
            }
        }
        done = span.end;
    }
    for instruction in file.instructions() {
        owns(instruction)?;
    }
    Ok(())
}

fn owns(instruction: &Instruction) -> Result<(), String> {
    let all = instruction.line.cover(0..instruction.line.text().len());
    let mut parts = vec![all];
    parts.extend(instruction.heredocs.iter().map(|h| h.body.clone()));
    parts.extend(instruction.inner_comments.iter().map(|c| c.line.clone()));
    let span = &instruction.span;
    match parts.iter().find(|p| p.start < span.start || p.end > span.end || p.start > p.end) {
        Some(part) => Err(format!("{part:?} is outside of its instruction {span:?}")),
        None => Ok(()),
    }
}
