//! [`images`]: all of them, as BuildKit takes them.
//!
//! For whoever pins or reports. FROM finds a stage by its exact name, which is kept in lower case,
//! among the earlier ones; COPY and mounts in any case and among all of them; COPY by number too.

use std::collections::HashMap;
use std::ops::Range;

use super::super::expand::piece;
use super::super::instruction::{Body, Command, Instruction};
use super::super::lex::{ExpandError, Piece, Var};
use super::super::locate::{mount_from, variable_in};
use super::super::names::May;
use super::super::parse::Dockerfile;
use super::super::words::flag_text;
use super::reference::Reference;
use super::trace::{Traced, Tracer, flag};
use super::uses::Uses;
use super::{Image, Images, Role, Unclear, Why};
use crate::model::Place;

/// More images than this are not looked at, and that is told.
const MOST: usize = 10_000;
/// No more stages than this are compared with a name that only the build knows.
const CHOICES: usize = 1000;
/// Lines longer than this are not shown with a place: a hostile line bears many images.
const SHOWN: usize = 16 * 1024;

/// Finds every image that a Dockerfile takes in. Time and memory are linear in the file.
#[must_use]
pub fn images(file: &Dockerfile) -> Images {
    let tracer = Tracer::new(file);
    let uses = Uses::new(file, &tracer);
    let mut names: HashMap<&str, (usize, usize)> = HashMap::new();
    for stage in file.stages() {
        if let Some(name) = &stage.name {
            names.entry(name).or_insert((stage.index, stage.index)).1 = stage.index;
        }
    }
    let mut find =
        Find { file, tracer, uses, kinds: HashMap::new(), names, out: Images::default(), seen: 0, long: None };
    find.syntax();
    for (index, instruction) in file.instructions().iter().enumerate() {
        let body = instruction.effective();
        match body.command {
            Command::From => find.from(index, instruction, body),
            Command::Copy => find.flags(index, instruction, body, Role::CopyFrom),
            Command::Run => find.flags(index, instruction, body, Role::Mount),
            _ => {}
        }
    }
    find.finish()
}

struct Find<'a> {
    file: &'a Dockerfile,
    tracer: Tracer<'a>,
    uses: Uses,
    /// References that are the same to an ARG that ends them.
    kinds: HashMap<(String, Option<String>, Option<String>), usize>,
    /// The first and the last stage of each name.
    names: HashMap<&'a str, (usize, usize)>,
    out: Images,
    seen: usize,
    /// The last instruction whose lines are too long to be shown.
    long: Option<(usize, Place)>,
}

impl Find<'_> {
    fn finish(mut self) -> Images {
        self.uses.hand_on(&self.tracer);
        for image in &mut self.out.found {
            image.behind = image.word.tails.iter().find(|t| self.uses.allow(t)).map(|t| t.at);
        }
        if self.seen > MOST {
            let place = Place::file(self.file.file());
            self.out.unclear.push(Unclear { place, why: Why::TooMany(MOST) });
        }
        self.out
    }

    /// Counts one more image; false if there are too many.
    fn count(&mut self) -> bool {
        self.seen += 1;
        self.seen <= MOST
    }

    fn unclear(&mut self, place: Place, why: Why) {
        self.out.unclear.push(Unclear { place, why });
    }

    fn note(&mut self, place: &Place, why: Why) {
        self.out.notes.push(Unclear { place: place.clone(), why });
    }

    /// The place of a part of an instruction; of the instruction alone, without the line's text, if
    /// the line is very long.
    fn place(&mut self, index: usize, instruction: &Instruction, part: Range<usize>) -> Place {
        let cover = instruction.line.cover(part);
        let bytes = self.file.bytes();
        let before = bytes.get(cover.start.saturating_sub(SHOWN)..cover.start).unwrap_or_default();
        let after = bytes.get(cover.start..bytes.len().min(cover.start + SHOWN)).unwrap_or_default();
        let starts = before.len() < SHOWN || before.contains(&b'\n');
        if starts && (after.len() < SHOWN || after.contains(&b'\n')) {
            return self.file.place(cover);
        }
        match &self.long {
            Some((known, place)) if *known == index => place.clone(),
            _ => {
                let start = instruction.span.start;
                let place = Place { excerpt: None, ..self.file.place(start..start) };
                self.long = Some((index, place.clone()));
                place
            }
        }
    }

    fn syntax(&mut self) {
        let Some(span) = self.file.syntax() else { return };
        let bytes = self.file.bytes().get(span.clone()).unwrap_or_default();
        let word = Traced::literal(bytes.to_vec(), span.clone().map(Some));
        let place = self.file.place(span);
        if self.count() {
            self.image(word, Found { role: Role::Syntax, onbuild: false, stage: None, instruction: None, place });
        }
    }

    fn from(&mut self, index: usize, instruction: &Instruction, body: &Body) {
        for flag in &body.flags {
            if let Some(value) = flag.value.clone() {
                let asks = self.tracer.asks(index, value);
                self.uses.take(&asks, None);
            }
        }
        let Some(raw) = body.words.first().cloned() else { return };
        let stage = instruction.stage.and_then(|s| self.file.stages().get(s));
        if stage.is_some_and(|s| s.parent.is_some()) {
            let asks = self.tracer.asks(index, raw);
            return self.uses.take(&asks, None);
        }
        if !self.count() {
            let asks = self.tracer.asks(index, raw);
            return self.uses.take(&asks, None);
        }
        let place = self.place(index, instruction, raw.clone());
        let word = match self.tracer.word(index, raw.clone()) {
            Ok(word) => word,
            Err(error) => {
                let asks = self.tracer.asks(index, raw.clone());
                self.uses.take(&asks, None);
                let why = self.unread(error);
                return self.unknown(instruction, raw, place, why);
            }
        };
        if let Some(name) = &word.unset {
            self.uses.take(&word.asks, None);
            self.unknown(instruction, raw, place.clone(), Why::Variable(name.clone()));
            return self.empty(word, index, instruction, place);
        }
        if word.text == b"scratch" {
            return self.uses.take(&word.asks, None);
        }
        let said = String::from_utf8_lossy(&word.text).into_owned();
        let own = instruction.stage.unwrap_or_default();
        if let Some((first, last)) = self.names.get(said.to_ascii_lowercase().as_str()).copied() {
            if first < own && said.chars().any(char::is_uppercase) {
                self.uses.take(&word.asks, None);
                let stage = said.to_ascii_lowercase();
                return self.unclear(place, Why::StageCase(said, stage));
            }
            if last > own {
                self.note(&place, Why::LaterStage(said));
            }
        }
        self.image(
            word,
            Found { role: Role::From, onbuild: false, stage: instruction.stage, instruction: Some(index), place },
        );
    }

    /// What a FROM takes in where nobody gives a value to its variables: they are empty then.
    fn empty(&mut self, word: Traced, index: usize, instruction: &Instruction, place: Place) {
        let said = String::from_utf8_lossy(&word.text).into_owned();
        let own = instruction.stage.unwrap_or_default();
        let stage = self.names.get(said.as_str()).is_some_and(|(first, _)| *first < own);
        let Ok(reference) = said.parse::<Reference>() else { return };
        if !stage && said != "scratch" {
            self.out.empty.push(Image {
                role: Role::From,
                onbuild: false,
                stage: instruction.stage,
                instruction: Some(index),
                reference,
                platform: None,
                place,
                word,
                behind: None,
            });
        }
    }

    /// A FROM that depends on the build: perhaps it chooses among stages, as in `FROM build-$TARGETARCH`.
    fn unknown(&mut self, instruction: &Instruction, raw: Range<usize>, place: Place, why: Why) {
        let word = instruction.line.get(raw);
        let vars = self.file.variables();
        let look = |name: &str| match vars.global(name) {
            Var::Unknown => Var::Unset,
            known => known,
        };
        let may = piece(word, 0, self.file.escape(), &look, &vars.steps).map(|read| May::of(&read));
        let before = instruction.stage.unwrap_or_default().min(CHOICES);
        let mut stages = self.file.stages().iter().take(before).filter_map(|s| s.name.as_deref());
        match may {
            Ok(may) if may != May::anything() && stages.any(|name| may.fits(name)) => {
                self.note(&place, Why::Choice(String::from_utf8_lossy(word).into_owned()));
            }
            _ => self.unclear(place, why),
        }
    }

    fn unread(&self, error: ExpandError) -> Why {
        match error {
            ExpandError::Unknown(name) if self.file.variables().global(&name) == Var::Unknown => Why::Unknown(name),
            ExpandError::Unknown(name) | ExpandError::Required(name, _) => Why::Variable(name),
            error => Why::Unread(error.to_string()),
        }
    }

    fn flags(&mut self, index: usize, instruction: &Instruction, body: &Body, role: Role) {
        let name = if role == Role::CopyFrom { "from" } else { "mount" };
        for flag in body.flags.iter().filter(|f| f.name == name) {
            let Some(raw) = flag.value.clone() else { continue };
            let text = flag_text(instruction.line.text(), raw.clone(), self.file.escape());
            let part = match role {
                Role::CopyFrom => Some(0..text.text.len()),
                _ => mount_from(&text.text),
            };
            if let Some(part) = part.filter(|p| !p.is_empty()) {
                self.flag(index, instruction, (&text, part, raw), role);
            }
        }
    }

    /// An image in a flag: its text, which part of that, and where the flag's value stands.
    fn flag(
        &mut self,
        index: usize,
        instruction: &Instruction,
        (text, part, raw): (&Piece, Range<usize>, Range<usize>),
        role: Role,
    ) {
        let said = String::from_utf8_lossy(text.text.get(part.clone()).unwrap_or_default()).into_owned();
        let own = instruction.stage.unwrap_or_default();
        let onbuild = instruction.is_onbuild();
        // as Go's strconv.Atoi
        let number = said.parse::<i64>().is_ok();
        if said == "scratch" || (number && role == Role::CopyFrom) {
            return;
        }
        let lower = said.to_lowercase();
        let stage = self.names.get(lower.as_str()).copied();
        let clear = stage.is_some_and(|(first, _)| onbuild || first <= own);
        if clear || !self.count() {
            return;
        }
        let place = self.place(index, instruction, raw.clone());
        if stage.is_some() {
            return self.note(&place, Why::Forward(said));
        }
        if number {
            return self.unclear(place, Why::Number(said));
        }
        if let Some(name) = variable_in(&said, self.file.escape()) {
            return self.unclear(place, Why::NotExpanded(name));
        }
        let word = flag(text, part, &instruction.line, &raw);
        self.image(word, Found { role, onbuild, stage: instruction.stage, instruction: Some(index), place });
    }

    /// Reads a text as a reference.
    fn image(&mut self, mut word: Traced, found: Found) {
        let asks = std::mem::take(&mut word.asks);
        let reference = match String::from_utf8_lossy(&word.text).parse::<Reference>() {
            Ok(reference) => reference,
            Err(error) => {
                self.uses.take(&asks, None);
                return self.unclear(found.place, Why::Malformed(error));
            }
        };
        let kind = (reference.repository.clone(), reference.tag.clone(), reference.digest.clone());
        let next = self.kinds.len();
        let kind = *self.kinds.entry(kind).or_insert(next);
        self.uses.take(&asks, Some(kind));
        if let Some(digest) = reference.digest.as_ref().filter(|_| !reference.is_sha256()) {
            self.note(&found.place, Why::Algorithm(digest.clone()));
        }
        let Found { role, onbuild, stage, instruction, place } = found;
        let platform = stage.filter(|_| role == Role::From).and_then(|s| self.file.stages().get(s)?.platform.clone());
        self.out.found.push(Image {
            role,
            onbuild,
            stage,
            instruction,
            reference,
            platform,
            place,
            word,
            behind: None,
        });
    }
}

/// Where an image was found.
struct Found {
    role: Role,
    onbuild: bool,
    stage: Option<usize>,
    instruction: Option<usize>,
    place: Place,
}
