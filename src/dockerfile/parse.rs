//! A whole Dockerfile, lossless: every byte of it is kept, and each instruction knows its own.
//!
//! Reads as BuildKit's `dockerfile/parser` and `dockerfile/instructions` do: what they refuse is
//! refused here, what they accept is accepted, and lines belong to the same instructions.
//! Variables are the matter of [`Variables`], sites that of [`locate`](super::locate()).

use std::ops::Range;
use std::sync::OnceLock;

use super::expand::expand_bytes;
use super::heredoc;
use super::images::{Images, images};
use super::instruction::{Body, Command, Comment, Heredoc, Instruction, Stage};
use super::intake::{Found, Intake, intakes};
use super::lines::{Lines, continued, directive, is_comment, lead};
use super::logical::Logical;
use super::scope::{Assignment, Variables, assignments};
use super::shell::Commands;
use super::words;
use crate::model::{Place, Trouble, quoted};

/// The largest Dockerfile that is read: 16 MiB.
pub const MAX_SIZE: usize = 16 * 1024 * 1024;

/// A Dockerfile.
#[derive(Clone, Debug)]
pub struct Dockerfile {
    file: String,
    bytes: Vec<u8>,
    /// Where each line begins, so that a place costs no walk through the file.
    starts: Vec<usize>,
    escape: u8,
    syntax: Option<Range<usize>>,
    instructions: Vec<Instruction>,
    stages: Vec<Stage>,
    assignments: Vec<Assignment>,
    variables: Variables,
    images: OnceLock<Images>,
    commands: OnceLock<Commands>,
    found: OnceLock<Found>,
}

impl Dockerfile {
    /// The images that it takes in, looked for once: each pin of an image asks.
    #[must_use]
    pub fn images(&self) -> &Images {
        self.images.get_or_init(|| images(self))
    }

    /// What its RUNs take in, looked for once.
    #[must_use]
    pub fn commands(&self) -> &Commands {
        self.commands.get_or_init(|| Commands::read(self))
    }

    /// All that it takes in from outside, in the order of the file.
    #[must_use]
    pub fn intakes(&self) -> Vec<Intake<'_>> {
        intakes(self, self.found.get_or_init(|| Found::read(self)))
    }

    /// Reads a Dockerfile. `file` is its path as messages shall show it.
    ///
    /// # Errors
    /// What BuildKit would refuse before it builds, with the place: no instruction, an unknown
    /// one, none of them FROM, anything but ARG before the first FROM, an open heredoc, arguments
    /// that an instruction does not take; and a file of more than [`MAX_SIZE`].
    pub fn parse(file: &str, bytes: Vec<u8>) -> Result<Self, Trouble> {
        if bytes.len() > MAX_SIZE {
            return Err(Trouble::new("the Dockerfile is too large")
                .at(Place::file(file))
                .expected("at most 16 MiB")
                .found(format!("{} bytes", bytes.len())));
        }
        let mut parser = Parser {
            file,
            bytes: &bytes,
            lines: Lines::new(&bytes),
            escape: b'\\',
            seen: Vec::new(),
            open: true,
            comments: Vec::new(),
            instructions: Vec::new(),
        };
        parser.run()?;
        let (escape, mut instructions) = (parser.escape, parser.instructions);
        let mut stages = stage(file, &bytes, &mut instructions)?;
        let mut assignments = assignments(&instructions, escape);
        let mut variables = Variables::default();
        variables.resolve_global(&instructions, &mut assignments, escape);
        parents(&mut stages, &instructions, &variables, escape);
        variables.resolve_stages(&instructions, &stages, &mut assignments, escape);
        let syntax = syntax(&bytes);
        Ok(Self {
            file: file.to_owned(),
            starts: starts(&bytes),
            bytes,
            escape,
            syntax,
            instructions,
            stages,
            assignments,
            variables,
            images: OnceLock::new(),
            commands: OnceLock::new(),
            found: OnceLock::new(),
        })
    }

    /// Its content, byte for byte.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its path as messages show it.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The escape character: `\`, or a backtick by directive.
    #[must_use]
    pub fn escape(&self) -> u8 {
        self.escape
    }

    /// Where the image of `# syntax=` stands, if the file has that directive.
    #[must_use]
    pub fn syntax(&self) -> Option<Range<usize>> {
        self.syntax.clone()
    }

    /// All instructions, in order.
    #[must_use]
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// All stages, in order.
    #[must_use]
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Each name and value of each ARG and ENV, ONBUILD included, in order.
    #[must_use]
    pub fn assignments(&self) -> &[Assignment] {
        &self.assignments
    }

    /// What each variable is worth at each instruction.
    #[must_use]
    pub fn variables(&self) -> &Variables {
        &self.variables
    }

    /// The place of a range of bytes.
    #[must_use]
    pub fn place(&self, span: Range<usize>) -> Place {
        let start = span.start.min(self.bytes.len());
        let line = self.starts.partition_point(|s| *s <= start);
        let from = line.checked_sub(1).and_then(|l| self.starts.get(l));
        let from = from.copied().unwrap_or_default();
        let next = self.starts.get(line).copied().unwrap_or(self.bytes.len());
        let raw = self.bytes.get(from..next).unwrap_or_default();
        Place::in_line(&self.file, line, raw, start - from..span.end.max(from) - from)
    }

    /// The place of a part of an instruction's logical text.
    #[must_use]
    pub fn place_in(&self, instruction: &Instruction, part: Range<usize>) -> Place {
        self.place(instruction.line.cover(part))
    }
}

fn starts(bytes: &[u8]) -> Vec<usize> {
    let ends = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n');
    std::iter::once(0).chain(ends.map(|(i, _)| i + 1)).collect()
}

struct Parser<'a> {
    file: &'a str,
    bytes: &'a [u8],
    lines: Lines<'a>,
    escape: u8,
    /// Directives that were read.
    seen: Vec<&'static str>,
    /// Whether directives may still follow.
    open: bool,
    /// The comment block that the next instruction stands under.
    comments: Vec<Comment>,
    instructions: Vec<Instruction>,
}

impl<'a> Parser<'a> {
    fn slice(&self, range: Range<usize>) -> &'a [u8] {
        let bytes: &'a [u8] = self.bytes;
        bytes.get(range).unwrap_or_default()
    }

    fn fail<T>(&self, span: Range<usize>, trouble: Trouble) -> Result<T, Trouble> {
        Err(trouble.at(Place::of(self.file, self.bytes, span)))
    }

    fn run(&mut self) -> Result<(), Trouble> {
        let mut start = 0;
        while let Some(line) = self.lines.next() {
            let here = start..line.next;
            start = line.next;
            let from = line.content.start + lead(self.slice(line.content.clone()));
            let text = from..line.content.end;
            if self.directive(text.clone())? {
                self.comments.clear();
            } else if self.slice(text.clone()).starts_with(b"#") {
                self.comments.push(Comment { span: text, line: here });
            } else if text.is_empty() {
                self.comments.clear();
            } else {
                self.instruction(here, text)?;
                start = self.instructions.last().map_or(start, |i| i.span.end);
            }
        }
        if self.instructions.is_empty() {
            let trouble = Trouble::new("the Dockerfile has no instructions").expected("at least `FROM image`");
            return self.fail(0..0, trouble);
        }
        Ok(())
    }

    /// Reads a line as a parser directive, if one may stand here.
    fn directive(&mut self, text: Range<usize>) -> Result<bool, Trouble> {
        if !self.open {
            return Ok(false);
        }
        let line = self.slice(text.clone());
        // other frontends' comment sign, which BuildKit reads for `syntax` alone
        let slashes = || directive(line, text.start, b"//").filter(|d| d.name == "syntax");
        let Some(found) = directive(line, text.start, b"#").or_else(slashes) else {
            // a `#!` line is skipped where BuildKit looks for `syntax`, and ends the rest
            self.open = false;
            return Ok(false);
        };
        if self.seen.contains(&found.name) {
            let message = format!("only one `{}` parser directive can be used", found.name);
            return self.fail(text, Trouble::new(message));
        }
        self.seen.push(found.name);
        if found.name == "escape" {
            match self.slice(found.value.clone()) {
                [sign @ (b'\\' | b'`')] => self.escape = *sign,
                other => {
                    let other = quoted(&String::from_utf8_lossy(other));
                    let trouble = Trouble::new("invalid escape character").expected("`\\` or a backtick").found(other);
                    return self.fail(found.value, trouble);
                }
            }
        }
        Ok(true)
    }

    /// Reads the instruction that begins on a line, with its continued lines and heredocs.
    fn instruction(&mut self, line: Range<usize>, text: Range<usize>) -> Result<(), Trouble> {
        let mut logical = Logical::default();
        let mut inner_comments = Vec::new();
        let content = self.slice(text.clone());
        let (len, mut more) = continued(content, self.escape);
        logical.push(text.start, content.get(..len).unwrap_or_default());
        let mut end = line.end;
        while more {
            let Some(next) = self.lines.next() else { break };
            let here = end..next.next;
            end = next.next;
            let content = self.slice(next.content.clone());
            let blank = lead(content);
            if is_comment(content) {
                inner_comments.push(Comment { span: next.content.start + blank..next.content.end, line: here });
            } else if blank < content.len() {
                let (len, again) = continued(content, self.escape);
                more = again;
                logical.push(next.content.start, content.get(..len).unwrap_or_default());
            }
        }
        let all = 0..logical.text().len();
        let located = |(at, trouble): words::Fault| trouble.at(Place::of(self.file, self.bytes, logical.cover(at)));
        let body = words::body(logical.text(), all.clone(), self.escape).map_err(located)?;
        let trigger = trigger(logical.text(), &body, self.escape).map_err(located)?;
        let heredocs = self.heredocs(&logical, &body, trigger.as_ref(), &mut end)?;
        self.instructions.push(Instruction {
            span: line.start..end,
            line: logical,
            body,
            trigger,
            heredocs,
            comments: std::mem::take(&mut self.comments),
            inner_comments,
            stage: None,
        });
        Ok(())
    }

    fn heredocs(
        &mut self,
        logical: &Logical,
        body: &Body,
        trigger: Option<&Body>,
        end: &mut usize,
    ) -> Result<Vec<Heredoc>, Trouble> {
        let doing = trigger.unwrap_or(body);
        let takes = matches!(doing.command, Command::Run | Command::Copy | Command::Add);
        if !takes || doing.json {
            return Ok(Vec::new());
        }
        let args = logical.cover(body.args.clone());
        let signs = match heredoc::signs(logical.text()) {
            Ok(signs) => signs,
            Err(e) => return self.fail(args, Trouble::new(format!("a heredoc's sign: {e}"))),
        };
        let mut out = Vec::new();
        for sign in signs {
            let start = *end;
            let stop = loop {
                let Some(line) = self.lines.next() else {
                    let name = quoted(&String::from_utf8_lossy(&sign.name));
                    let trouble = Trouble::new("unterminated heredoc")
                        .expected(format!("a line that is only {name}"))
                        .found("the end of the file");
                    return self.fail(args, trouble);
                };
                let from = *end;
                *end = line.next;
                let mut content = self.slice(line.content);
                if sign.chomp {
                    let tabs = content.iter().take_while(|b| **b == b'\t').count();
                    content = content.get(tabs..).unwrap_or_default();
                }
                if content == sign.name {
                    break from;
                }
            };
            out.push(Heredoc { name: sign.name, expand: sign.expand, chomp: sign.chomp, body: start..stop });
        }
        Ok(out)
    }
}

/// What an ONBUILD will do. BuildKit reads it only when a child is built: what it does not know is
/// let pass here too.
fn trigger(text: &[u8], body: &Body, escape: u8) -> Result<Option<Body>, words::Fault> {
    if body.command != Command::Onbuild {
        return Ok(None);
    }
    let word = body.args.clone();
    let keyword = text.get(word.clone()).unwrap_or_default().split(u8::is_ascii_whitespace).next();
    match keyword.and_then(Command::read) {
        Some(c @ (Command::Onbuild | Command::From | Command::Maintainer)) => {
            let message = format!("{} is not allowed in an ONBUILD", c.word());
            Err((word, Trouble::new(message)))
        }
        Some(_) => words::body(text, word, escape).map(Some),
        None => Ok(None),
    }
}

/// Gives each instruction its stage, and refuses what stands before the first.
fn stage(file: &str, bytes: &[u8], instructions: &mut [Instruction]) -> Result<Vec<Stage>, Trouble> {
    let mut stages: Vec<Stage> = Vec::new();
    for (index, instruction) in instructions.iter_mut().enumerate() {
        let body = &instruction.body;
        let text = |range: &Range<usize>| String::from_utf8_lossy(instruction.line.get(range.clone())).into_owned();
        if body.command == Command::From {
            let platform = body.flags.iter().find(|f| f.name == "platform");
            stages.push(Stage {
                index: stages.len(),
                name: body.words.get(2).map(|w| text(w).to_ascii_lowercase()),
                from: index,
                base: body.words.first().map(&text).unwrap_or_default(),
                platform: platform.and_then(|f| f.value.as_ref()).map(&text),
                parent: None,
            });
        } else if stages.is_empty() && body.command != Command::Arg {
            let span = instruction.line.cover(body.keyword.clone());
            return Err(Trouble::new("only ARG may stand before the first FROM")
                .at(Place::of(file, bytes, span))
                .found(format!("`{}`", body.command.word())));
        }
        instruction.stage = stages.len().checked_sub(1);
    }
    if stages.is_empty() {
        return Err(Trouble::new("the Dockerfile has no FROM").at(Place::file(file)));
    }
    Ok(stages)
}

/// Finds which stages build on earlier ones: the base is looked up as written, case and all.
fn parents(stages: &mut [Stage], all: &[Instruction], variables: &Variables, escape: u8) {
    let mut by_name = std::collections::HashMap::new();
    for stage in stages {
        let base = all.get(stage.from).and_then(|from| {
            let word = from.body.words.first()?;
            let look = |name: &str| variables.global(name);
            expand_bytes(from.line.get(word.clone()), escape, &look, &variables.steps).ok()
        });
        stage.parent = base.and_then(|base| by_name.get(&base).copied());
        if let Some(name) = &stage.name {
            by_name.insert(name.clone(), stage.index);
        }
    }
}

/// The image of the `syntax` directive. BuildKit looks for it apart from the rest: behind a `#!`
/// line too, only at the very start of lines, first with `#`, then with `//`.
fn syntax(bytes: &[u8]) -> Option<Range<usize>> {
    [&b"#"[..], b"//"].into_iter().find_map(|sign| {
        let mut first = true;
        for line in Lines::new(bytes) {
            let text = bytes.get(line.content.clone())?;
            if std::mem::take(&mut first) && text.starts_with(b"#!") {
                continue;
            }
            let found = directive(text, line.content.start, sign)?;
            if found.name == "syntax" {
                let value = bytes.get(found.value.clone())?;
                let len = value.iter().take_while(|b| **b != b' ').count();
                return Some(found.value.start..found.value.start + len);
            }
        }
        None
    })
}
