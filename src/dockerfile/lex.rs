//! Quotes, escapes and variables of one word, as BuildKit's `dockerfile/shell` reads them.
//!
//! For [`expand`](super::expand()), for the heredoc signs of a line, and for whoever must know which
//! byte of a value stands where. Not a shell: commands, globs and arithmetic are text to it.

use std::ops::Range;

use super::lines::char_at;
use super::pattern::{Pattern, Steps};
use crate::model::quoted;

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Var {
    /// Nobody set it: it expands to nothing.
    Unset,
    /// It is set, but only the build knows its value: `TARGETARCH` and the like.
    Unknown,
    /// Its value.
    Set(String),
}

/// Why a word cannot be expanded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// A quote is opened and not closed.
    #[error("a {0} quote is not closed")]
    Quote(&'static str),
    /// `${` without its end.
    #[error("`${{` is not closed")]
    Brace,
    /// `${}`, `${:…}`, `${{…`.
    #[error("`${{}}` names no variable")]
    Name,
    /// Something after the name that is not known.
    #[error("{} is not a known way to change a variable", quoted(.0))]
    Modifier(String),
    /// An escape in a pattern that means nothing.
    #[error("a pattern may escape only `*`, `?`, `\\`, `/` and `}}`")]
    Pattern,
    /// `${X?text}` of a variable that is not set, or empty, and the text.
    #[error("{} must be set: {}", quoted(.0), quoted(.1))]
    Required(String, String),
    /// The value of a variable is known to the build alone.
    #[error("the value of {} is known only when the image is built", quoted(.0))]
    Unknown(String),
    /// Longer than 32 KiB, or a pattern that takes too long.
    #[error("the expanded text is too long")]
    Long,
    /// `${…}` in `${…}` more than 64 times.
    #[error("variables are nested too deeply")]
    Deep,
}

/// No value grows past this by expansion: 32 KiB, a quarter of what Linux hands to a process.
const MOST: usize = 32 * 1024;
const DEEPEST: usize = 64;

/// How quotes, escapes and unset variables are treated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mode {
    pub(super) escape: u8,
    pub(super) raw_quotes: bool,
    pub(super) raw_escapes: bool,
    pub(super) keep_unset: bool,
}

/// A text after expansion, and for each of its bytes where it stood before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: Vec<u8>,
    /// Offset in the logical line; `None` where a variable gave the byte.
    at: Vec<Option<usize>>,
    /// Variables that were asked for, and at which byte of the text.
    pub(super) used: Vec<(String, usize)>,
}

/// Why a part of an expanded text does not stand as such in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// A variable gives it or a part of it.
    Variable(String),
    /// Quotes or escapes stand in the middle of it.
    Quotes,
}

impl Piece {
    fn byte(&mut self, byte: u8, at: Option<usize>) {
        self.text.push(byte);
        self.at.push(at);
    }

    fn given(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
        self.at.resize(self.text.len(), None);
    }

    fn join(&mut self, other: Self) {
        let base = self.text.len();
        self.text.extend(other.text);
        self.at.extend(other.at);
        self.used.extend(other.used.into_iter().map(|(n, i)| (n, base + i)));
    }

    pub(super) fn string(&self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }

    /// Where what stands behind the last variable begins.
    pub(super) fn literal_end(&self) -> usize {
        let used = self.used.iter().map(|(_, at)| *at).max().unwrap_or_default();
        let given = self.at.iter().rposition(Option::is_none).map_or(0, |i| i + 1);
        used.max(given)
    }

    /// Bytes of a raw text that stand in the logical line from `base` on.
    pub(super) fn literal(bytes: &[u8], base: usize) -> Self {
        Self { text: bytes.to_vec(), at: (base..base + bytes.len()).map(Some).collect(), used: Vec::new() }
    }

    /// Appends one byte that stands at `at` in the logical line.
    pub(super) fn push_at(&mut self, byte: u8, at: usize) {
        self.byte(byte, Some(at));
    }

    /// Where a part of the text stands in the logical line, if it stands there byte by byte.
    /// `raw` is the range of the logical line `source` that was read.
    pub(super) fn logical(&self, part: Range<usize>, raw: Range<usize>, source: &[u8]) -> Result<Range<usize>, Broken> {
        let touched = self.used.iter().find(|(_, i)| part.start <= *i && *i <= part.end);
        if let Some((name, _)) = touched {
            return Err(Broken::Variable(name.clone()));
        }
        let at = |i: usize| self.at.get(i).copied().flatten();
        if part.is_empty() {
            let behind = part.start.checked_sub(1).and_then(at).map(|a| a + 1);
            return match (behind, at(part.start)) {
                (Some(a), _) | (None, Some(a)) => Ok(a..a),
                (None, None) if raw.is_empty() => Ok(raw),
                (None, None) => {
                    let quote = source.get(raw.start);
                    let opens = matches!(quote, Some(b'"' | b'\''));
                    let closes = source.get(raw.start + 1) == quote && raw.len() == 2;
                    if opens && closes { Ok(raw.start + 1..raw.start + 1) } else { Err(Broken::Quotes) }
                }
            };
        }
        let (Some(first), Some(last)) = (at(part.start), at(part.end - 1)) else {
            return Err(Broken::Quotes);
        };
        let escaped = part.clone().any(|i| {
            let a = at(i);
            a.is_none_or(|a| a != first + (i - part.start))
        });
        if escaped {
            return Err(Broken::Quotes);
        }
        Ok(first..last + 1)
    }
}

/// Reads one word.
pub(super) struct Lexer<'a> {
    source: &'a [u8],
    /// Where the source stands in the logical line.
    base: usize,
    at: usize,
    mode: Mode,
    vars: &'a dyn Fn(&str) -> Var,
    steps: &'a Steps,
    depth: usize,
    /// How many bytes variables gave so far.
    given: usize,
}

/// The words that a text falls into after expansion; only heredoc signs are looked for in them.
#[derive(Default)]
struct Words {
    done: Vec<Vec<u8>>,
    word: Vec<u8>,
}

impl Words {
    fn split(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while let Some((c, len)) = char_at(bytes.get(at..).unwrap_or_default()) {
            if c.is_whitespace() {
                self.end();
            } else {
                self.keep(bytes.get(at..at + len).unwrap_or_default());
            }
            at += len;
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.word.extend_from_slice(bytes);
    }

    fn end(&mut self) {
        if !self.word.is_empty() {
            self.done.push(std::mem::take(&mut self.word));
        }
    }
}

impl<'a> Lexer<'a> {
    pub(super) fn new(
        source: &'a [u8],
        base: usize,
        mode: Mode,
        vars: &'a dyn Fn(&str) -> Var,
        steps: &'a Steps,
    ) -> Self {
        Self { source, base, at: 0, mode, vars, steps, depth: 0, given: 0 }
    }

    /// The whole source as one text.
    pub(super) fn word(mut self) -> Result<Piece, ExpandError> {
        let raw = self.mode.raw_escapes;
        self.until(None, raw, &mut Words::default())
    }

    /// The whole source, fallen into words at white space outside of quotes.
    pub(super) fn words(mut self) -> Result<Vec<Vec<u8>>, ExpandError> {
        let (raw, mut words) = (self.mode.raw_escapes, Words::default());
        self.until(None, raw, &mut words)?;
        words.end();
        Ok(words.done)
    }

    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Takes one whole character, so that a continuation byte is never taken for a sign.
    fn take(&mut self, out: &mut Piece) -> Option<&'a [u8]> {
        let source: &'a [u8] = self.source;
        let (_, len) = char_at(source.get(self.at..)?)?;
        let bytes = source.get(self.at..self.at + len)?;
        for (i, byte) in bytes.iter().enumerate() {
            out.byte(*byte, Some(self.base + self.at + i));
        }
        self.at += len;
        Some(bytes)
    }

    fn until(&mut self, stop: Option<u8>, raw_escapes: bool, words: &mut Words) -> Result<Piece, ExpandError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(ExpandError::Deep);
        }
        let before = std::mem::replace(&mut self.mode.raw_escapes, raw_escapes);
        let mut out = Piece::default();
        while let Some(byte) = self.peek() {
            if stop == Some(byte) {
                break;
            }
            let start = out.text.len();
            match byte {
                b'\'' => out.join(self.single()?),
                b'"' => out.join(self.double()?),
                b'$' => {
                    out.join(self.dollar()?);
                    words.split(out.text.get(start..).unwrap_or_default());
                    continue;
                }
                b'<' => self.angle(&mut out),
                _ if byte == self.mode.escape => {
                    if self.mode.raw_escapes {
                        self.take(&mut out);
                    } else {
                        self.at += 1;
                    }
                    self.take(&mut out);
                }
                _ => {
                    if let Some(bytes) = self.take(&mut out) {
                        words.split(bytes);
                    }
                    continue;
                }
            }
            words.keep(out.text.get(start..).unwrap_or_default());
        }
        self.mode.raw_escapes = before;
        self.depth -= 1;
        match stop {
            Some(_) if self.next().is_none() => Err(ExpandError::Brace),
            _ => Ok(out),
        }
    }

    /// `<<` keeps the blanks after it, so that a heredoc's sign is one word.
    fn angle(&mut self, out: &mut Piece) {
        self.take(out);
        if self.peek() == Some(b'<') {
            self.take(out);
            while matches!(self.peek(), Some(b' ' | b'\t' | b'\r')) {
                self.take(out);
            }
        }
    }

    fn quote(&mut self, out: &mut Piece) {
        if self.mode.raw_quotes {
            self.take(out);
        } else {
            self.at += 1;
        }
    }

    fn single(&mut self) -> Result<Piece, ExpandError> {
        let mut out = Piece::default();
        self.quote(&mut out);
        while let Some(byte) = self.peek() {
            if byte == b'\'' {
                self.quote(&mut out);
                return Ok(out);
            }
            self.take(&mut out);
        }
        Err(ExpandError::Quote("single"))
    }

    fn double(&mut self) -> Result<Piece, ExpandError> {
        let mut out = Piece::default();
        self.quote(&mut out);
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.quote(&mut out);
                    return Ok(out);
                }
                b'$' => out.join(self.dollar()?),
                _ if byte == self.mode.escape => {
                    let after = self.source.get(self.at + 1).copied();
                    let special = after.is_some_and(|b| matches!(b, b'"' | b'$') || b == self.mode.escape);
                    if !special || self.mode.raw_escapes {
                        self.take(&mut out);
                    } else {
                        self.at += 1;
                    }
                    if special {
                        self.take(&mut out);
                    }
                }
                _ => {
                    self.take(&mut out);
                }
            }
        }
        Err(ExpandError::Quote("double"))
    }

    /// A variable's name, a row of digits, or one special sign; empty if neither stands here.
    fn name(&mut self) -> String {
        let start = self.at;
        let digits = self.peek().is_some_and(|b| b.is_ascii_digit());
        if matches!(self.peek(), Some(b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!')) {
            self.at += 1;
        } else {
            while let Some((c, len)) = self.source.get(self.at..).and_then(char_at) {
                let part = if digits { c.is_ascii_digit() } else { c.is_alphanumeric() || c == '_' };
                if !part {
                    break;
                }
                self.at += len;
            }
        }
        let name = self.source.get(start..self.at).unwrap_or_default();
        String::from_utf8_lossy(name).into_owned()
    }

    fn value(&self, name: &str) -> Result<Option<String>, ExpandError> {
        match (self.vars)(name) {
            Var::Unset => Ok(None),
            Var::Unknown => Err(ExpandError::Unknown(name.to_owned())),
            // a large value that is looked up again and again costs as well
            Var::Set(value) if value.len() > MOST || !self.steps.take(value.len() / 256) => Err(ExpandError::Long),
            Var::Set(value) => Ok(Some(value)),
        }
    }

    fn dollar(&mut self) -> Result<Piece, ExpandError> {
        let start = self.at;
        self.at += 1;
        if self.peek() != Some(b'{') {
            let name = self.name();
            if name.is_empty() {
                return Ok(Piece::literal(b"$", self.base + start));
            }
            let value = self.value(&name)?;
            return self.given(name, value, start);
        }
        self.at += 1;
        match self.peek() {
            None => return Err(ExpandError::Brace),
            Some(b'{' | b'}' | b':') => return Err(ExpandError::Name),
            _ => {}
        }
        let name = self.name();
        let Some(sign) = self.next() else {
            return Err(ExpandError::Brace);
        };
        match sign {
            b'}' => {
                let value = self.value(&name)?;
                self.given(name, value, start)
            }
            b'/' => self.replace(name, start),
            b':' => match self.next() {
                Some(sign) => self.modify(name, sign, true, start),
                None => Err(ExpandError::Brace),
            },
            b'+' | b'-' | b'?' | b'#' | b'%' => self.modify(name, sign, false, start),
            other => Err(ExpandError::Modifier(char::from(other).to_string())),
        }
    }

    /// What a variable gives; its own source text if it is unset and such are kept.
    fn given(&mut self, name: String, value: Option<String>, start: usize) -> Result<Piece, ExpandError> {
        let mut out = Piece::default();
        match value {
            Some(value) => {
                self.given += value.len();
                if self.given > MOST {
                    return Err(ExpandError::Long);
                }
                out.given(value.as_bytes());
            }
            None if self.mode.keep_unset => {
                out.given(self.source.get(start..self.at).unwrap_or_default());
            }
            None => {}
        }
        out.used.push((name, 0));
        Ok(out)
    }

    fn modify(&mut self, name: String, sign: u8, colon: bool, start: usize) -> Result<Piece, ExpandError> {
        let trims = matches!(sign, b'#' | b'%');
        let word = self.until(Some(b'}'), trims, &mut Words::default())?;
        let value = self.value(&name)?;
        if value.is_none() && self.mode.keep_unset {
            return self.given(name, None, start);
        }
        let empty = value.as_ref().is_none_or(|v| colon && v.is_empty());
        let word_instead = |word: Piece| {
            let mut out = Piece::default();
            out.used.push((name.clone(), 0));
            out.given(&word.text);
            out
        };
        match sign {
            b'-' if empty => Ok(word_instead(word)),
            b'+' if empty => Ok(word_instead(Piece::default())),
            b'+' => Ok(word_instead(word)),
            b'?' if empty => Err(ExpandError::Required(name, word.string())),
            b'-' | b'?' => self.given(name, value, start),
            b'#' | b'%' => {
                let doubled = word.text.first() == Some(&sign);
                let pattern = word.text.get(usize::from(doubled)..).unwrap_or_default();
                let pattern = Pattern::parse(pattern).ok_or(ExpandError::Pattern)?;
                let value = value.unwrap_or_default();
                let value = if sign == b'#' {
                    pattern.trim_start(&value, doubled, self.steps)
                } else {
                    pattern.trim_end(&value, doubled, self.steps)
                };
                let value = value.ok_or(ExpandError::Long)?;
                self.given(name, Some(value), start)
            }
            other => Err(ExpandError::Modifier(char::from(other).to_string())),
        }
    }

    /// `${X/pattern/text}`, and with `//` for each match.
    fn replace(&mut self, name: String, start: usize) -> Result<Piece, ExpandError> {
        let all = self.peek() == Some(b'/');
        self.at += usize::from(all);
        let pattern = self.until(Some(b'/'), true, &mut Words::default())?;
        let with = self.until(Some(b'}'), true, &mut Words::default())?;
        let value = self.value(&name)?;
        if value.is_none() && self.mode.keep_unset {
            return self.given(name, None, start);
        }
        let pattern = Pattern::parse(&pattern.text).ok_or(ExpandError::Pattern)?;
        let value =
            pattern.replace(&value.unwrap_or_default(), &with.string(), all, self.steps).ok_or(ExpandError::Long)?;
        self.given(name, Some(value), start)
    }
}
