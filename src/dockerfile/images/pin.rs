//! The edits that pin images, read back before anybody sees them.
//!
//! For [`Image::edits`] and [`Images::pin`]. Where things go is told in the module's head.

use std::collections::HashMap;
use std::ops::Range;

use super::super::edit::{Edit, apply};
use super::super::parse::Dockerfile;
use super::super::scope::Assignment;
use super::find::images;
use super::reference::{Reference, is_digest, is_tag};
use super::{Image, ImageError, Images, Wanted};
use crate::model::visible;

pub(super) fn one(
    image: &Image,
    file: &Dockerfile,
    tag: Option<&str>,
    digest: &str,
    apart: bool,
) -> Result<Vec<Edit>, ImageError> {
    if plan(image, file, tag, digest)?.is_empty() {
        return Ok(Vec::new());
    }
    let found = file.images();
    let same =
        |other: &Image| (other.role, other.instruction) == (image.role, image.instruction) && other.word == image.word;
    let index = found.found.iter().position(same).ok_or(ImageError::NoImage(0))?;
    let wanted = [Wanted { image: index, tag, digest }];
    if !apart {
        return all(found, file, &wanted);
    }
    let mut found = found.clone();
    if let Some(image) = found.found.get_mut(index) {
        image.behind = image.word.tails.iter().find(|tail| tail.owner.is_none()).map(|tail| tail.at);
    }
    all(&found, file, &wanted)
}

pub(super) fn all(found: &Images, file: &Dockerfile, wanted: &[Wanted<'_>]) -> Result<Vec<Edit>, ImageError> {
    let mut edits = Vec::new();
    for want in wanted {
        let image = found.found.get(want.image).ok_or(ImageError::NoImage(want.image))?;
        edits.extend(plan(image, file, want.tag, want.digest)?);
    }
    edits.sort_by(|a, b| (a.range.start, a.range.end, &a.new).cmp(&(b.range.start, b.range.end, &b.new)));
    edits.dedup();
    if !edits.is_empty() {
        read_back(found, file, wanted, &edits)?;
    }
    Ok(edits)
}

/// What a reference becomes.
fn becomes(before: &Reference, want: &Wanted<'_>) -> Reference {
    Reference {
        tag: want.tag.map(str::to_owned).or_else(|| before.tag.clone()),
        digest: Some(want.digest.to_owned()),
        ..before.clone()
    }
}

/// Applies the edits, reads the file again, and compares every image.
fn read_back(found: &Images, file: &Dockerfile, wanted: &[Wanted<'_>], edits: &[Edit]) -> Result<(), ImageError> {
    let broken = |trouble: crate::model::Trouble| ImageError::Edits { place: trouble.place, message: trouble.message };
    let after = apply(file.bytes(), edits).map_err(|e| broken(e.trouble(file.file(), file.bytes())))?;
    let after = images(&Dockerfile::parse(file.file(), after).map_err(broken)?);
    let key = |r: &Reference| (r.repository.clone(), r.tag.clone(), r.digest.clone());
    let (mut by_index, mut by_kind) = (HashMap::new(), HashMap::new());
    for want in wanted {
        if let Some(image) = found.found.get(want.image) {
            let becomes = becomes(&image.reference, want);
            by_kind.insert(key(&image.reference), key(&becomes));
            by_index.insert(want.image, becomes);
        }
    }
    for (index, image) in found.found.iter().enumerate() {
        let before = &image.reference;
        let new = after.found.get(index).map(|a| &a.reference);
        let same_name = new.is_some_and(|n| n.name == before.name);
        let well = match by_index.get(&index) {
            Some(wanted) => new == Some(wanted),
            // the same reference from the same ARG may move along
            None => new == Some(before) || same_name && new.map(key) == by_kind.get(&key(before)).cloned(),
        };
        if !well {
            return Err(ImageError::Shared {
                place: image.place.clone(),
                before: before.to_string(),
                after: new.map(ToString::to_string).unwrap_or_default(),
                wanted: by_index.get(&index).unwrap_or(before).to_string(),
            });
        }
    }
    let why = |images: &Images| images.unclear.iter().map(|u| u.why.clone()).collect::<Vec<_>>();
    if after.found.len() != found.found.len() || why(&after) != why(found) {
        let place = after.unclear.first().map(|u| u.place.clone());
        let message = "the change would make another image of the Dockerfile unclear".to_owned();
        return Err(ImageError::Edits { place, message });
    }
    Ok(())
}

/// The edits of one image, not read back yet.
fn plan(image: &Image, file: &Dockerfile, tag: Option<&str>, digest: &str) -> Result<Vec<Edit>, ImageError> {
    let wanted = |what, found: &str| ImageError::Wanted { place: image.place.clone(), what, found: found.to_owned() };
    if let Some(tag) = tag.filter(|t| !is_tag(t)) {
        return Err(wanted("tag", tag));
    }
    if !is_digest(digest) || !digest.starts_with("sha256:") {
        return Err(wanted("sha256 digest", digest));
    }
    let text = String::from_utf8_lossy(&image.word.text).into_owned();
    let Ok((_, parts)) = Reference::read(&text) else {
        return Err(wanted("reference", &text));
    };
    let mut plan = Plan { image, file, text: &text, edits: Vec::new() };
    let mut behind = String::new();
    match (parts.tag, tag, &parts.digest) {
        (Some(range), Some(tag), _) => plan.replace(range, tag, "tag")?,
        (None, Some(tag), Some(digest)) => plan.before(digest.start - 1, &format!(":{tag}"))?,
        (None, Some(tag), None) => behind = format!(":{tag}"),
        (_, None, _) => {}
    }
    match parts.digest {
        Some(range) => plan.replace(range, digest, "digest")?,
        None => plan.behind(format!("{behind}@{digest}"))?,
    }
    Ok(plan.joined())
}

pub(super) fn tag_alone_varies(image: &Image, file: &Dockerfile) -> bool {
    let Ok((_, parts)) = Reference::read(&String::from_utf8_lossy(&image.word.text)) else {
        return false;
    };
    let (Some(mut tag), Some(mut digest), Some(own)) = (parts.tag, parts.digest, own(image, file)) else {
        return false;
    };
    let stays = |i: usize| image.word.offset(i).is_some_and(|at| own.contains(&at));
    digest.all(stays) && !tag.all(stays)
}

/// The assignments before the first FROM that hold the digest of an image or the whole reference.
pub(super) fn givers(image: &Image, file: &Dockerfile) -> Vec<usize> {
    let text = String::from_utf8_lossy(&image.word.text);
    let Ok((_, parts)) = Reference::read(&text) else { return Vec::new() };
    let at = |i: usize| image.word.offset(i);
    let whole = at(0).zip(text.len().checked_sub(1).and_then(at));
    let digest = parts.digest.and_then(|d| at(d.start));
    let global = file.assignments().partition_point(|a| a.stage.is_none());
    let global = file.assignments().get(..global).unwrap_or_default();
    let held = |index: usize| {
        let a = global.get(index)?;
        Some(file.instructions().get(a.instruction)?.line.cover(a.value.clone()?))
    };
    let start =
        |a: &Assignment| file.instructions().get(a.instruction).map_or(0, |i| i.line.cover(a.range.clone()).start);
    let holder = |offset: usize| {
        let index = global.partition_point(|a| start(a) <= offset).checked_sub(1)?;
        held(index).filter(|held| held.contains(&offset)).map(|_| index)
    };
    let whole = whole.and_then(|(first, last)| holder(first).filter(|i| held(*i).is_some_and(|h| h.contains(&last))));
    let mut out: Vec<usize> = whole.into_iter().chain(digest.and_then(holder)).collect();
    out.dedup();
    out
}

/// Where the instruction of an image stands.
fn own(image: &Image, file: &Dockerfile) -> Option<Range<usize>> {
    Some(file.instructions().get(image.instruction?)?.span.clone())
}

struct Plan<'a> {
    image: &'a Image,
    file: &'a Dockerfile,
    text: &'a str,
    edits: Vec<Edit>,
}

impl Plan<'_> {
    fn push(&mut self, range: Range<usize>, new: &str) {
        let expected = self.file.bytes().get(range.clone()).unwrap_or_default().to_vec();
        self.edits.push(Edit { range, expected, new: new.as_bytes().to_vec() });
    }

    fn composed(&self, what: &'static str, new: &str) -> ImageError {
        let write = format!("the whole {what} in one piece, into one ARG or into the instruction: {}", visible(new));
        ImageError::Composed {
            place: self.image.place.clone(),
            what,
            reference: self.image.reference.to_string(),
            write,
        }
    }

    fn twice(&self, what: &'static str) -> ImageError {
        ImageError::Twice { place: self.image.place.clone(), what, reference: self.image.reference.to_string() }
    }

    /// Replaces a part of the reference, or that piece of it in which it differs from the new one;
    /// the piece of an ARG rather than one of the instruction.
    fn replace(&mut self, part: Range<usize>, new: &str, what: &'static str) -> Result<(), ImageError> {
        let part_of = |range: Range<usize>| self.text.get(range).unwrap_or_default();
        if part_of(part.clone()) == new {
            return Ok(());
        }
        let own = own(self.image, self.file);
        let mut chosen: Option<(Range<usize>, &str, bool)> = None;
        for (text, file) in self.image.word.runs(part.clone()) {
            let (before, after) = (part_of(part.start..text.start), part_of(text.end..part.end));
            let middle = new.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            let (Some(file), Some(middle)) = (file, middle.filter(|m| !m.is_empty())) else { continue };
            let given = !own.as_ref().is_some_and(|own| own.contains(&file.start));
            if chosen.as_ref().is_none_or(|(_, _, before)| given && !before) {
                chosen = Some((file, middle, given));
            }
        }
        let Some((range, middle, _)) = chosen else {
            return Err(self.composed(what, new));
        };
        if !self.image.word.once(&range) {
            return Err(self.twice(what));
        }
        self.push(range, middle);
        Ok(())
    }

    /// Puts a tag before the `@` that stands at this byte of the text.
    fn before(&mut self, at: usize, new: &str) -> Result<(), ImageError> {
        let Some(offset) = self.image.word.offset(at) else {
            return Err(self.composed("tag", new));
        };
        if !self.image.word.once(&(offset..offset + 1)) {
            return Err(self.twice("tag"));
        }
        self.push(offset..offset, new);
        Ok(())
    }

    /// Puts something at the end of the reference.
    fn behind(&mut self, new: String) -> Result<(), ImageError> {
        let Some(offset) = self.image.behind else {
            return Err(self.composed("end", &new));
        };
        self.push(offset..offset, &new);
        Ok(())
    }

    /// The edits with those joined that touch each other.
    fn joined(mut self) -> Vec<Edit> {
        self.edits.sort_by_key(|e| (e.range.start, e.range.end));
        let mut out: Vec<Edit> = Vec::new();
        for edit in self.edits {
            match out.last_mut() {
                Some(last) if last.range.end == edit.range.start => {
                    last.range.end = edit.range.end;
                    last.expected.extend(edit.expected);
                    last.new.extend(edit.new);
                }
                _ => out.push(edit),
            }
        }
        out
    }
}
