//! Images found and pinned: each form with its literal bytes, each trap, and generated files.

mod forms;
mod generated;
mod traps;

use super::super::{Dockerfile, apply, undo};
use super::{ImageError, Images, Wanted, Why, images};

/// A digest that stands there already.
const OLD: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
/// The wanted one.
const NEW: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

fn file(text: &str) -> Dockerfile {
    Dockerfile::parse("Dockerfile", text.as_bytes().to_vec()).unwrap()
}

fn found(text: &str) -> Images {
    images(&file(text))
}

/// Every reference that is found.
fn references(text: &str) -> Vec<String> {
    found(text).found.iter().map(|i| i.reference.to_string()).collect()
}

/// Line and reason of what is not clear.
fn unclear(text: &str) -> Vec<(usize, Why)> {
    found(text).unclear.into_iter().map(|u| (u.place.line, u.why)).collect()
}

fn notes(text: &str) -> Vec<(usize, Why)> {
    found(text).notes.into_iter().map(|u| (u.place.line, u.why)).collect()
}

/// All images set to one tag and to [`NEW`].
fn pin(text: &str, tag: Option<&str>) -> Result<String, ImageError> {
    let file = file(text);
    let all = images(&file);
    let wanted: Vec<_> = (0..all.found.len()).map(|image| Wanted { image, tag, digest: NEW }).collect();
    let edits = all.pin(&file, &wanted)?;
    let after = apply(file.bytes(), &edits).unwrap();
    assert_eq!(apply(&after, &undo(&edits)).unwrap(), file.bytes(), "{text}");
    let again = Dockerfile::parse("Dockerfile", after.clone()).unwrap();
    let read = images(&again);
    assert_eq!(read.found.len(), all.found.len(), "{text}");
    for (new, old) in read.found.iter().zip(&all.found) {
        assert_eq!(new.reference.name, old.reference.name, "{text}");
        assert_eq!(new.reference.tag.as_deref(), tag.or(old.reference.tag.as_deref()), "{text}");
        assert_eq!(new.reference.digest.as_deref(), Some(NEW), "{text}");
        assert_eq!(new.edits(&again, tag, NEW), Ok(Vec::new()), "what is right is left alone: {text}");
    }
    Ok(String::from_utf8(after).unwrap())
}

/// The same file in each spelling that builders read alike.
fn variants(text: &str) -> Vec<String> {
    const WORDS: [&str; 6] = ["FROM", "ARG", "COPY", "RUN", "ONBUILD", "LABEL"];
    let keywords = |change: &dyn Fn(&str) -> String| {
        let line = |line: &str| match line.split_once(' ') {
            Some((word, rest)) if WORDS.contains(&word) => format!("{}{rest}", change(word)),
            _ => line.to_owned(),
        };
        text.split('\n').map(line).collect::<Vec<_>>().join("\n")
    };
    let continued = keywords(&|w| format!("{w} \\\n# FROM debian:1\n\n   "));
    vec![
        text.to_owned(),
        text.replace('\n', "\r\n"),
        format!("\u{feff}{text}"),
        format!("\u{feff}{}", continued.replace('\n', "\r\n")),
        keywords(&|w| format!("{w}\t \t")),
        keywords(&|w| format!("{} ", w.to_lowercase())),
        continued,
        text.trim_end_matches('\n').to_owned(),
    ]
}

/// Pins all images, in every variant; `SHA0` and `SHA1` stand for [`OLD`] and [`NEW`].
#[track_caller]
fn becomes(before: &str, tag: Option<&str>, after: &str) {
    let long = |text: &str| text.replace("SHA0", OLD).replace("SHA1", NEW);
    for (before, after) in variants(&long(before)).into_iter().zip(variants(&long(after))) {
        assert_eq!(pin(&before, tag).as_deref(), Ok(after.as_str()), "{before}");
    }
}
