//! Rules for images: IMG001 to IMG003, IMG008 to IMG013, IMG015.
//!
//! For `lint`. What is an image, and what of it is not clear, is told by the dockerfile floor; whether
//! the digest is the locked one is the join's question, whether it is the newest that of `outdated`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Linted, next};
use crate::dockerfile::Dockerfile;
use crate::dockerfile::images::{Image, Role, Why};
use crate::model::{Id, Place, Severity, Trouble, quoted};

const STEP: &str = "dubo-pin init makes a pin that follows it, dubo-pin refresh NAME writes the digest";

/// A repository with its tag, and the platform where FROM names one in letters.
type Key<'a> = (&'a str, &'a str, Option<&'a str>);
/// The digest of its first taking-in, where that is, and which others were told.
type Known<'a> = (&'a str, &'a Place, BTreeSet<&'a str>);

pub(super) fn check(files: &[Dockerfile], out: &mut Vec<Linted>) {
    let mut known: BTreeMap<Key<'_>, Known<'_>> = BTreeMap::new();
    for (index, file) in files.iter().enumerate() {
        let images = file.images();
        let mut add = |id, severity, trouble| out.push(Linted::new(index, id, severity, trouble));
        let mut trapped = BTreeSet::new();
        for note in &images.notes {
            match &note.why {
                // a stage for each platform: what fits none of them fails to build
                Why::Choice(_) => continue,
                Why::Algorithm(_) => add(Id::IMG015, Severity::Note, note.trouble()),
                _ => add(Id::IMG011, Severity::Error, note.trouble()),
            }
            trapped.insert((note.place.line, note.place.column));
        }
        for unclear in &images.unclear {
            let (id, severity) = match (unclear.why.id(), &unclear.why) {
                ("IMG011", _) => (Id::IMG011, Severity::Error),
                ("IMG015", _) => (Id::IMG015, Severity::Error),
                (_, Why::TooMany(_)) => (Id::IMG012, Severity::Error),
                _ => (Id::IMG012, Severity::Note),
            };
            add(id, severity, unclear.trouble());
        }
        for image in &images.found {
            if image.reference.digest.is_some() {
                pinned(index, file, image, out);
                again(index, image, &mut known, out);
            } else if !trapped.contains(&(image.place.line, image.place.column)) {
                let (id, trouble) = floating(image);
                out.push(Linted::new(index, id, Severity::Error, trouble));
            }
        }
    }
}

/// An image without a digest: one finding, by where it stands.
fn floating(image: &Image) -> (Id, Trouble) {
    let (name, tag) = (&image.reference.name, image.reference.tag.as_deref());
    let (id, message) = match image.role {
        Role::Syntax => (Id::IMG010, "the frontend that reads this file is taken in without its digest"),
        _ if image.onbuild => (Id::IMG009, "the image of an ONBUILD is taken in without its digest"),
        Role::CopyFrom => (Id::IMG009, "the image to copy from is taken in without its digest"),
        Role::Mount => (Id::IMG009, "the image of a mount is taken in without its digest"),
        Role::From if tag.is_none() => (Id::IMG002, "the image has no tag: whatever is `latest` is taken in"),
        Role::From if tag == Some("latest") => (Id::IMG002, "the tag `latest` names another image every day"),
        Role::From => (Id::IMG001, "the image is taken in without its digest"),
    };
    let tag = tag.filter(|t| *t != "latest").unwrap_or("TAG");
    let trouble = Trouble::new(message)
        .at(image.place.clone())
        .expected(quoted(&format!("{name}:{tag}@sha256:…")))
        .found(quoted(&image.reference.to_string()));
    let step = if id == Id::IMG002 {
        format!("write a tag that says which version is meant; {STEP}")
    } else {
        STEP.to_owned()
    };
    (id, trouble.help(next(id, &step)))
}

/// IMG003, IMG013: what is pinned, and says something else or nothing to a reader.
fn pinned(index: usize, file: &Dockerfile, image: &Image, out: &mut Vec<Linted>) {
    let found = quoted(&image.reference.to_string());
    let at = |message: &str| Trouble::new(message).at(image.place.clone()).found(found.clone());
    if image.reference.tag.is_none() {
        let trouble = at("the image has a digest and no tag, so that nobody reads which version it is")
            .expected(quoted(&format!("{}:TAG@sha256:…", image.reference.name)));
        let step = "write the tag before the digest: builders ignore it then, and a pin can follow it";
        out.push(Linted::new(index, Id::IMG003, Severity::Note, trouble.help(next(Id::IMG003, step))));
    } else if image.tag_alone_varies(file) {
        let trouble = at("an ARG gives the tag and the digest stands here: with another tag the same image is built")
            .expected("tag and digest together, both here or both in the ARG");
        let step = "write the digest behind the tag in the ARG";
        out.push(Linted::new(index, Id::IMG013, Severity::Note, trouble.help(next(Id::IMG013, step))));
    }
}

/// IMG008: an image that is taken in with another digest elsewhere in the folder; each digest once.
fn again<'a>(index: usize, image: &'a Image, known: &mut BTreeMap<Key<'a>, Known<'a>>, out: &mut Vec<Linted>) {
    let (Some(tag), Some(digest)) = (&image.reference.tag, &image.reference.digest) else { return };
    let platform = image.platform.as_deref().filter(|p| !p.contains('$'));
    let (first, place, others) = known
        .entry((&image.reference.repository, tag, platform))
        .or_insert_with(|| (digest, &image.place, BTreeSet::new()));
    if *first == digest || !others.insert(digest) {
        return;
    }
    let trouble = Trouble::new("the image is taken in with another digest elsewhere")
        .at(image.place.clone())
        .expected(format!("{first}, as in {}:{}", place.file, place.line))
        .found(quoted(digest));
    let step = "one pin for both: dubo-pin init, then dubo-pin refresh NAME writes one digest everywhere";
    out.push(Linted::new(index, Id::IMG008, Severity::Note, trouble.help(next(Id::IMG008, step))));
}

#[cfg(test)]
#[path = "images_tests.rs"]
mod tests;
