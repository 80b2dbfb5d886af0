//! From a site, as a manifest names it, to the bytes that hold its value.
//!
//! For `refresh`, which edits there, and `verify`, which compares. Finds what BuildKit would read
//! and nothing else: no comment, no heredoc, no text of a command.

use std::ops::Range;

use super::edit::Edit;
use super::expand::piece;
use super::fault::{SiteError, near};
use super::instruction::{Body, Command, Flag, Instruction};
use super::lex::{Broken, ExpandError, Piece, Var};
use super::parse::Dockerfile;
use super::pattern::Steps;
use super::reference::{is_git, repository};
use super::site::{Site, StageSel, Target};
use super::words::flag_text;
use crate::model::{Place, Token, quoted};

/// A value in a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The value as the builder reads it, without quotes and escapes.
    pub value: String,
    /// Where it stands.
    pub place: Place,
    /// Which instruction holds it; `None` for `# syntax=`.
    pub instruction: Option<usize>,
    /// The stage that it stands in; `None` before the first FROM.
    pub stage: Option<usize>,
    /// Which of [`Dockerfile::assignments`] it is, for ARG and ENV.
    pub assignment: Option<usize>,
    /// The bytes of the file that hold it, and what may lie between them.
    pub(super) cover: Range<usize>,
    /// What splits it.
    split: Option<&'static str>,
    /// What stands before a token where there was nothing.
    prefix: &'static str,
}

impl Located {
    /// The edit that puts a token there; quotes and every other byte stay.
    ///
    /// # Errors
    /// [`SiteError::Split`] if a continuation, quotes or escapes stand in the middle of the value.
    pub fn edit(&self, file: &Dockerfile, token: &Token) -> Result<Edit, SiteError> {
        if let Some(by) = self.split {
            return Err(SiteError::Split { place: self.place.clone(), by });
        }
        let expected = file.bytes().get(self.cover.clone()).unwrap_or_default();
        let mut new = Vec::new();
        if expected.is_empty() {
            new.extend_from_slice(self.prefix.as_bytes());
        }
        let text = token.as_str();
        new.extend_from_slice(text.strip_prefix(self.prefix).unwrap_or(text).as_bytes());
        Ok(Edit { range: self.cover.clone(), expected: expected.to_vec(), new })
    }
}

/// Finds a site. Which Dockerfile a site names is the caller's matter.
///
/// # Errors
/// See [`SiteError`]; more than one match is an error unless the site says `all`.
pub fn locate(file: &Dockerfile, site: &Site) -> Result<Vec<Located>, SiteError> {
    let search = Search { file, site: site.to_string(), stages: stages(file, site)? };
    let found = search.all(&site.target);
    if found.is_empty() {
        return Err(SiteError::NotFound {
            place: Place::file(file.file()),
            hint: search.hint(site),
            site: search.site,
        });
    }
    if found.len() > 1 && !site.all {
        let place = |f: Result<Located, SiteError>| match f {
            Ok(located) => Some(located.place),
            Err(error) => error.trouble().place,
        };
        return Err(SiteError::Ambiguous { places: found.into_iter().filter_map(place).collect(), site: search.site });
    }
    found.into_iter().collect()
}

/// The value of one of [`Dockerfile::assignments`], whatever a site says.
///
/// # Errors
/// As [`locate`].
pub fn assigned(file: &Dockerfile, assignment: usize) -> Result<Located, SiteError> {
    let name = file.assignments().get(assignment).map(|a| a.name.as_str());
    let search = Search { file, site: quoted(name.unwrap_or_default()), stages: None };
    search.assignment(assignment)
}

/// Which stages a site means; `None` for all. `None` in the list is the part before the first FROM.
fn stages(file: &Dockerfile, site: &Site) -> Result<Option<Vec<Option<usize>>>, SiteError> {
    let missing = |stage: String, suggestion: Option<&str>| SiteError::NoStage {
        stage,
        place: Place::file(file.file()),
        suggestion: suggestion.map(str::to_owned),
    };
    match &site.stage {
        None => Ok(None),
        Some(StageSel::Global) => Ok(Some(vec![None])),
        Some(StageSel::Index(index)) if *index < file.stages().len() => Ok(Some(vec![Some(*index)])),
        Some(StageSel::Index(index)) => Err(missing(index.to_string(), None)),
        Some(StageSel::Name(name)) => {
            let known = || file.stages().iter().filter_map(|s| s.name.as_deref());
            let all: Vec<Option<usize>> = file
                .stages()
                .iter()
                .filter(|s| s.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(name)))
                .map(|s| Some(s.index))
                .collect();
            match all.as_slice() {
                [] => Err(missing(quoted(name), near(name, known()))),
                [_] => Ok(Some(all)),
                _ => Err(SiteError::Stages {
                    stage: quoted(name),
                    places: all.iter().filter_map(|s| from(file, *s)).collect(),
                }),
            }
        }
    }
}

/// Where a stage begins.
fn from(file: &Dockerfile, stage: Option<usize>) -> Option<Place> {
    let instruction = file.instructions().get(file.stages().get(stage?)?.from)?;
    Some(file.place_in(instruction, instruction.body.args.clone()))
}

type Found = Result<Located, SiteError>;

struct Search<'a> {
    file: &'a Dockerfile,
    site: String,
    stages: Option<Vec<Option<usize>>>,
}

impl<'a> Search<'a> {
    fn all(&self, target: &Target) -> Vec<Found> {
        match target {
            Target::Arg(name) => self.assignments(name, false),
            Target::Env(name) => self.assignments(name, true),
            Target::From(wanted) => self.from(wanted.as_deref()),
            Target::CopyFrom(wanted) => self.flags(Command::Copy, "from", |index, value| {
                let text = self.flag(index, &value);
                let part = 0..text.text.len();
                self.image(index, &text, part, value, wanted.as_deref())
            }),
            Target::Mount(wanted) => self.flags(Command::Run, "mount", |index, value| {
                let text = self.flag(index, &value);
                let part = mount_from(&text.text)?;
                self.image(index, &text, part, value, wanted.as_deref())
            }),
            Target::Syntax => self.syntax(),
            Target::Add(url) => self.adds(url, |index, _, word, text| self.git_ref(index, word, text)),
            Target::Checksum(url) => self.adds(url, |index, body, _, text| self.checksum(index, body, text)),
        }
    }

    fn wants(&self, stage: Option<usize>) -> bool {
        self.stages.as_ref().is_none_or(|s| s.contains(&stage))
    }

    fn instruction(&self, index: usize) -> Option<&'a Instruction> {
        self.file.instructions().get(index)
    }

    /// All instructions of one kind in the wanted stages, ONBUILD included.
    fn of(&self, command: Command) -> impl Iterator<Item = (usize, &'a Instruction, &'a Body)> {
        self.file
            .instructions()
            .iter()
            .enumerate()
            .filter(|(_, i)| self.wants(i.stage))
            .map(|(index, i)| (index, i, i.effective()))
            .filter(move |(_, _, body)| body.command == command)
    }

    fn place(&self, index: usize, part: Range<usize>) -> Place {
        match self.instruction(index) {
            Some(instruction) => self.file.place_in(instruction, part),
            None => Place::file(self.file.file()),
        }
    }

    fn variable(&self, index: usize, raw: Range<usize>, variable: String) -> SiteError {
        SiteError::Variable { site: self.site.clone(), place: self.place(index, raw), variable }
    }

    /// What a word's error comes to.
    fn unread(&self, index: usize, raw: Range<usize>, error: ExpandError) -> SiteError {
        match error {
            ExpandError::Unknown(name) | ExpandError::Required(name, _) => self.variable(index, raw, name),
            error => SiteError::Malformed { place: self.place(index, raw), why: error.to_string() },
        }
    }

    /// A part of an expanded word, `raw` in the logical text.
    fn part(&self, index: usize, text: &Piece, part: Range<usize>, raw: Range<usize>) -> Found {
        let Some(instruction) = self.instruction(index) else {
            return Err(self.unread(index, raw, ExpandError::Long));
        };
        let line = &instruction.line;
        let value = text.text.get(part.clone()).unwrap_or_default();
        let (cover, split) = match text.logical(part, raw.clone(), line.text()) {
            Err(Broken::Variable(name)) => return Err(self.variable(index, raw, name)),
            Err(Broken::Quotes) => (line.cover(raw), Some("quotes or escapes")),
            Ok(range) => match line.span(range.clone()) {
                Some(span) => (span, None),
                None => (line.cover(range), Some("a continuation")),
            },
        };
        Ok(Located {
            value: String::from_utf8_lossy(value).into_owned(),
            place: self.file.place(cover.clone()),
            instruction: Some(index),
            stage: instruction.stage,
            assignment: None,
            cover,
            split,
            prefix: "",
        })
    }

    fn assignments(&self, name: &str, env: bool) -> Vec<Found> {
        let all: Vec<usize> = self
            .file
            .assignments()
            .iter()
            .enumerate()
            .filter(|(_, a)| a.env == env && a.written && a.name == name && self.wants(a.stage))
            .map(|(index, _)| index)
            .collect();
        let has_value = |i: &&usize| {
            let a = self.file.assignments().get(**i);
            a.is_some_and(|a| a.value.is_some())
        };
        if all.iter().any(|i| has_value(&i)) {
            let valued = all.iter().filter(has_value);
            return valued.map(|i| self.assignment(*i)).collect();
        }
        all.iter().take(1).map(|i| self.assignment(*i)).collect()
    }

    fn assignment(&self, which: usize) -> Found {
        let place = Place::file(self.file.file());
        let none = |place| SiteError::NoValue {
            site: self.site.clone(),
            place,
            expected: "NAME=value, or NAME= with nothing behind it",
        };
        let Some(a) = self.file.assignments().get(which) else {
            return Err(none(place));
        };
        let Some(raw) = a.value.clone() else {
            return Err(none(self.place(a.instruction, a.range.clone())));
        };
        let text = self.read(a.instruction, raw.clone(), &|_| Var::Unset)?;
        let part = 0..text.text.len();
        // `ENV KEY value` with a quote in the key: another value could turn it into `KEY=value`.
        let line = self.instruction(a.instruction).map(|i| &i.line);
        let key = line.map(|l| l.get(a.range.start..raw.start)).unwrap_or_default();
        let odd = !key.ends_with(b"=") && key.iter().any(|b| b"\"'\\`".contains(b));
        let mut located = self.part(a.instruction, &text, part, raw)?;
        if odd {
            located.split = Some("quotes or escapes");
        }
        located.assignment = Some(which);
        Ok(located)
    }

    fn read(&self, index: usize, raw: Range<usize>, look: &dyn Fn(&str) -> Var) -> Result<Piece, SiteError> {
        let line = self.instruction(index).map(|i| i.line.get(raw.clone()));
        let steps = &self.file.variables().steps;
        piece(line.unwrap_or_default(), raw.start, self.file.escape(), look, steps)
            .map_err(|e| self.unread(index, raw, e))
    }

    /// A text that does not stand so in the file.
    fn read_text(&self, text: &[u8], look: &dyn Fn(&str) -> Var) -> Option<Vec<u8>> {
        Some(piece(text, 0, self.file.escape(), look, &self.file.variables().steps).ok()?.text)
    }

    fn from(&self, wanted: Option<&str>) -> Vec<Found> {
        let mut out = Vec::new();
        for (index, instruction, body) in self.of(Command::From) {
            let stage = instruction.stage.and_then(|s| self.file.stages().get(s));
            let Some(raw) = body.words.first() else {
                continue;
            };
            if stage.is_some_and(|s| s.parent.is_some()) {
                continue;
            }
            let look = |name: &str| self.file.variables().global(name);
            match self.read(index, raw.clone(), &look) {
                Err(error) if wanted.is_none() => out.push(Err(error)),
                Err(_) => {}
                Ok(text) if text.text == b"scratch" => {}
                Ok(text) => {
                    if same_repository(&text.string(), wanted) {
                        let part = 0..text.text.len();
                        out.push(self.part(index, &text, part, raw.clone()));
                    }
                }
            }
        }
        out
    }

    fn flags(&self, command: Command, name: &str, read: impl Fn(usize, Range<usize>) -> Option<Found>) -> Vec<Found> {
        self.of(command)
            .flat_map(|(index, _, body)| {
                let named = |f: &&Flag| f.name == name;
                let values = body.flags.iter().filter(named);
                values.filter_map(move |f| Some((index, f.value.clone()?)))
            })
            .filter_map(|(index, value)| read(index, value))
            .collect()
    }

    fn flag(&self, index: usize, value: &Range<usize>) -> Piece {
        let text = self.instruction(index).map(|i| i.line.text());
        flag_text(text.unwrap_or_default(), value.clone(), self.file.escape())
    }

    /// An image in a flag; `None` if it is a stage, or not the wanted one.
    fn image(
        &self,
        index: usize,
        text: &Piece,
        part: Range<usize>,
        raw: Range<usize>,
        wanted: Option<&str>,
    ) -> Option<Found> {
        let said = String::from_utf8_lossy(text.text.get(part.clone())?).into_owned();
        let stage = |s: &super::Stage| s.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(&said));
        let number = said.bytes().all(|b| b.is_ascii_digit());
        if number || said == "scratch" || self.file.stages().iter().any(stage) {
            return None;
        }
        if let Some(name) = variable_in(&said, self.file.escape()) {
            // BuildKit expands none here and refuses the file
            return wanted.is_none().then(|| Err(self.variable(index, raw, name)));
        }
        same_repository(&said, wanted).then(|| self.part(index, text, part, raw))
    }

    fn syntax(&self) -> Vec<Found> {
        let file = self.file;
        let found = |span: Range<usize>| {
            let value = file.bytes().get(span.clone()).unwrap_or_default();
            Ok(Located {
                value: String::from_utf8_lossy(value).into_owned(),
                place: file.place(span.clone()),
                instruction: None,
                stage: None,
                assignment: None,
                cover: span,
                split: None,
                prefix: "",
            })
        };
        file.syntax().into_iter().map(found).collect()
    }

    /// Each source of each ADD that is this URL.
    fn adds(&self, url: &str, read: impl Fn(usize, &Body, Range<usize>, &Piece) -> Found) -> Vec<Found> {
        let mut out = Vec::new();
        for (index, instruction, body) in self.of(Command::Add) {
            let sources = body.words.len().saturating_sub(1);
            for word in body.words.iter().take(sources) {
                let look = |name: &str| match instruction.stage {
                    Some(stage) => self.file.variables().at(stage, index, name),
                    None => Var::Unset,
                };
                let raw = instruction.line.get(word.clone());
                if body.json && raw.contains(&b'\\') {
                    // BuildKit reads escapes as JSON first: what then stands there is not one text with this
                    if json_is_url(raw, url, &|text| self.read_text(text, &look)) {
                        let place = self.place(index, word.clone());
                        out.push(Err(SiteError::Split { place, by: "quotes or escapes" }));
                    }
                    continue;
                }
                match self.read(index, word.clone(), &look) {
                    Ok(text) if is_url(&text.text, url) || is_url(raw, url) => {
                        out.push(read(index, body, word.clone(), &text));
                    }
                    Err(error) if is_url(raw, url) => out.push(Err(error)),
                    _ => {}
                }
            }
        }
        out
    }

    /// The ref of a git URL: `#ref[:folder]`, or `ref=`, `commit=` or `checksum=` of its query.
    fn git_ref(&self, index: usize, word: Range<usize>, text: &Piece) -> Found {
        let bytes = &text.text;
        let hash = bytes.iter().position(|b| *b == b'#');
        let part = match hash {
            Some(hash) => {
                let rest = bytes.get(hash + 1..).unwrap_or_default();
                let len = rest.iter().take_while(|b| **b != b':').count();
                Some(hash + 1..hash + 1 + len)
            }
            None => ["ref", "commit", "checksum"].iter().find_map(|key| query(bytes, key.as_bytes())),
        };
        // only the folder behind a ref may stand behind a variable
        let end = part.as_ref().filter(|_| hash.is_some()).map_or(usize::MAX, |p| p.end);
        if let Some((name, _)) = text.used.iter().find(|(_, at)| *at <= end) {
            return Err(self.variable(index, word, name.clone()));
        }
        if !is_git(bytes) {
            return Err(SiteError::Malformed {
                place: self.place(index, word),
                why: "BuildKit takes an http URL for git only if its path ends in `.git`, and copies or downloads this one"
                    .to_owned(),
            });
        }
        match part {
            Some(part) => self.part(index, text, part, word),
            None => Err(SiteError::NoValue {
                site: self.site.clone(),
                place: self.place(index, word),
                expected: "#<ref> behind the URL; it may be empty",
            }),
        }
    }

    fn checksum(&self, index: usize, body: &Body, source: &Piece) -> Found {
        let flag = body.flags.iter().find(|f| f.name == "checksum");
        let Some(raw) = flag.and_then(|f| f.value.clone()) else {
            return Err(SiteError::MissingChecksum { place: self.place(index, body.keyword.start..body.args.end) });
        };
        let text = self.flag(index, &raw);
        if let Some(name) = variable_in(&text.string(), self.file.escape()) {
            return Err(self.variable(index, raw, name));
        }
        let algorithm = b"sha256:";
        let start = if text.text.starts_with(algorithm) { algorithm.len() } else { 0 };
        let mut located = self.part(index, &text, start..text.text.len(), raw)?;
        let address = source.text.split(|b| matches!(b, b'#' | b'?')).next();
        let git = address.is_some_and(|a| a.ends_with(b".git"));
        if start > 0 || (text.text.is_empty() && !git) {
            located.prefix = "sha256:";
            // behind `sha256:` nothing more is written before the token
            if start > 0 && located.value.is_empty() {
                located.prefix = "";
            }
        }
        Ok(located)
    }

    /// What is nearly the site, for a message.
    fn hint(&self, site: &Site) -> Option<String> {
        if self.stages.is_some() {
            let anywhere = Search { file: self.file, site: self.site.clone(), stages: None };
            let found = anywhere.all(&site.target).into_iter().flatten().next();
            if let Some(line) = found.map(|l| l.place.line) {
                return Some(format!("it stands in another stage, on line {line}"));
            }
        }
        let (name, env) = match &site.target {
            Target::Arg(name) => (name, false),
            Target::Env(name) => (name, true),
            _ => return None,
        };
        let all = self.file.assignments();
        if let Some(other) = all.iter().find(|a| a.written && a.name == *name && a.env != env) {
            let line = self.place(other.instruction, other.range.clone()).line;
            let kind = if other.env { "env" } else { "arg" };
            return Some(format!("line {line} has it as `{kind}`"));
        }
        let names = all.iter().filter(|a| a.env == env && a.written).map(|a| a.name.as_str());
        near(name, names).map(|near| format!("did you mean {}?", quoted(near)))
    }
}

/// Whether a reference is of a repository; of any, if none is wanted.
fn same_repository(said: &str, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|w| repository(w).is_some_and(|w| repository(said) == Some(w)))
}

/// The first variable of a text that was already freed from quotes.
pub(super) fn variable_in(text: &str, escape: u8) -> Option<String> {
    if !text.contains('$') {
        return None;
    }
    match piece(text.as_bytes(), 0, escape, &|_| Var::Unset, &Steps::default()) {
        Ok(read) => read.used.into_iter().next().map(|(name, _)| name),
        Err(_) => Some(text.to_owned()),
    }
}

/// The value of `from=` in the comma-separated fields of a `--mount`; the last one counts.
pub(super) fn mount_from(text: &[u8]) -> Option<Range<usize>> {
    let (mut start, mut found) = (0, None);
    for field in text.split(|b| *b == b',') {
        let mut range = start..start + field.len();
        start = range.end + 1;
        if field.len() > 1 && field.starts_with(b"\"") && field.ends_with(b"\"") {
            range = range.start + 1..range.end - 1;
        }
        let field = text.get(range.clone())?;
        if let Some((key, value)) = field.split_at_checked(5)
            && key.eq_ignore_ascii_case(b"from=")
        {
            found = (!value.is_empty()).then_some(range.start + 5..range.end);
        }
    }
    found
}

/// Whether a source is a URL, whatever fragment or query it bears.
fn is_url(source: &[u8], url: &str) -> bool {
    let cut = |signs: &[u8]| source.split(|b| signs.contains(b)).next();
    let url = url.as_bytes();
    source == url || cut(b"#") == Some(url) || cut(b"#?") == Some(url)
}

/// Whether a string of a JSON array is a URL, in any way to read it.
fn json_is_url(raw: &[u8], url: &str, read: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> bool {
    let quoted = format!("\"{}\"", String::from_utf8_lossy(raw));
    let said = serde_json::from_str::<String>(&quoted).unwrap_or_default().into_bytes();
    let readings = [Some(raw.to_vec()), read(raw), read(&said), Some(said)];
    readings.into_iter().flatten().any(|text| is_url(&text, url))
}

/// Where the value of a key stands in a URL's query.
fn query(url: &[u8], key: &[u8]) -> Option<Range<usize>> {
    let mut start = url.iter().position(|b| *b == b'?')? + 1;
    for field in url.get(start..)?.split(|b| *b == b'&') {
        let end = start + field.len();
        if let Some(value) = field.strip_prefix(key).and_then(|f| f.strip_prefix(b"=")) {
            return Some(end - value.len()..end);
        }
        start = end + 1;
    }
    None
}
