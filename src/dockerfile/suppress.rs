//! `# dubo-pin: ignore=APT001 reason`: findings of one instruction that somebody has judged.
//!
//! For `verify` and `lint`. It stands in the comment lines right above an instruction, or between its
//! continued lines, and holds for the lines of that instruction alone; right below the directives, for
//! these too, since a comment above `# syntax=` would turn that off. What is nearly such a comment is
//! told: nobody shall believe that something is judged which is not.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};

use super::lines::{Lines, directive, lead};
use super::parse::Dockerfile;
use crate::model::{Id, Place, quoted, suggest};

/// How it is written.
const FORM: &str = "# dubo-pin: ignore=ID,ID reason";

/// One such comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The ids as written, each with its place.
    pub ids: Vec<(String, Place)>,
    /// Why; empty if it does not say.
    pub reason: String,
    /// Which instruction it holds for; `None` if it stands above none.
    pub instruction: Option<usize>,
    /// The lines that it holds for, from 1; `None` if it means nothing.
    pub lines: Option<RangeInclusive<usize>>,
    /// Where the comment stands.
    pub place: Place,
    /// What is wrong with it, so that it means nothing.
    pub wrong: Option<String>,
}

/// Where a line of the file stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// In the comments of an instruction.
    Of(usize),
    /// A comment that belongs to none.
    Alone,
    /// In the lines of an instruction, or in its heredoc.
    Inside,
}

/// All of them, in the order of the file.
#[must_use]
pub fn suppressions(file: &Dockerfile) -> Vec<Suppression> {
    let bytes = file.bytes();
    if !names(bytes) {
        return Vec::new();
    }
    let mut owners: BTreeMap<usize, usize> = BTreeMap::new();
    for (index, instruction) in file.instructions().iter().enumerate() {
        let all = instruction.comments.iter().chain(&instruction.inner_comments);
        owners.extend(all.map(|comment| (comment.span.start, index)));
    }
    let top = Top::read(bytes);
    let mut out = Vec::new();
    for (number, line) in Lines::new(bytes).enumerate() {
        let text = bytes.get(line.content.clone()).unwrap_or_default();
        if !names(text) {
            continue;
        }
        let start = line.content.start + lead(text);
        let comment = bytes.get(start) == Some(&b'#');
        let inside = || {
            let before = file.instructions().partition_point(|i| i.span.start <= start);
            before.checked_sub(1).and_then(|i| file.instructions().get(i)).is_some_and(|i| i.span.contains(&start))
        };
        let stands = match owners.get(&start) {
            Some(index) => Stands::Of(*index),
            None if comment && !inside() => Stands::Alone,
            None => Stands::Inside,
        };
        let Some(read) = read(text, stands == Stands::Inside) else { continue };
        let at = |part: Range<usize>| file.place(line.content.start + part.start..line.content.start + part.end);
        let instruction = match stands {
            Stands::Of(index) => Some(index),
            Stands::Alone | Stands::Inside => None,
        };
        let of_top = top.below.contains(&(number + 1));
        let lines = lines(file, instruction, of_top.then_some(1..=top.last));
        let misplaced = match stands {
            _ if top.above.contains(&(number + 1)) => {
                Some("a comment above the directives turns them off: write it right below them")
            }
            Stands::Inside => Some("it is no comment of the Dockerfile here: write it above the instruction"),
            Stands::Alone if lines.is_none() => Some("it stands above nothing: write it right above an instruction"),
            Stands::Of(_) | Stands::Alone => None,
        };
        let wrong = read.wrong.or_else(|| misplaced.map(str::to_owned));
        out.push(Suppression {
            ids: read.ids.into_iter().map(|(id, part)| (id, at(part))).collect(),
            reason: read.reason,
            instruction,
            lines: lines.filter(|_| wrong.is_none()),
            place: at(read.from..text.len()),
            wrong,
        });
    }
    out
}

/// Whether the name of this program may stand there.
fn names(text: &[u8]) -> bool {
    memchr::memchr2_iter(b'd', b'D', text)
        .any(|at| text.get(at..at + 4).is_some_and(|w| w.eq_ignore_ascii_case(b"dubo")))
}

/// The lines of an instruction, and of the directives.
fn lines(
    file: &Dockerfile,
    instruction: Option<usize>,
    top: Option<RangeInclusive<usize>>,
) -> Option<RangeInclusive<usize>> {
    let own = instruction.and_then(|index| file.instructions().get(index)).map(|i| {
        let line = |at: usize| file.place(at..at).line;
        line(i.span.start)..=line(i.span.end.saturating_sub(1).max(i.span.start))
    });
    match (own, top) {
        (Some(own), Some(top)) => Some(*top.start()..=*own.end()),
        (own, top) => own.or(top),
    }
}

/// The directives at the head of a file.
#[derive(Default)]
struct Top {
    /// The last line of them.
    last: usize,
    /// The comment lines right below them.
    below: BTreeSet<usize>,
    /// The comment lines above what would be a directive without them.
    above: BTreeSet<usize>,
}

impl Top {
    fn read(bytes: &[u8]) -> Self {
        let mut top = Self::default();
        let mut block = BTreeSet::new();
        for (number, line) in Lines::new(bytes).enumerate() {
            let text = bytes.get(line.content.clone()).unwrap_or_default();
            let text = text.get(lead(text)..).unwrap_or_default();
            if !text.starts_with(b"#") {
                break;
            }
            let is = directive(text, 0, b"#").is_some();
            if is && block.is_empty() {
                top.last = number + 1;
            } else if is {
                top.above.append(&mut block);
                return top;
            } else {
                block.insert(number + 1);
            }
        }
        if top.last > 0 {
            top.below = block;
        }
        top
    }
}

/// What a line says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Read {
    ids: Vec<(String, Range<usize>)>,
    reason: String,
    /// Where its `#` stands.
    from: usize,
    wrong: Option<String>,
}

/// A line from left to right.
struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn blanks(&mut self) {
        self.at += lead(self.rest());
    }

    fn sign(&mut self, sign: u8) -> bool {
        let is = self.rest().first() == Some(&sign);
        self.at += usize::from(is);
        is
    }

    fn word(&mut self, of: impl Fn(u8) -> bool) -> (String, Range<usize>) {
        let len = self.rest().iter().take_while(|b| of(**b)).count();
        let range = self.at..self.at + len;
        self.at = range.end;
        (String::from_utf8_lossy(self.text.get(range.clone()).unwrap_or_default()).into_owned(), range)
    }
}

/// Reads a line; `None`: it is no suppression, nor nearly one. `inside`: it is no comment line.
fn read(text: &[u8], inside: bool) -> Option<Read> {
    let hashes = memchr::memchr_iter(b'#', text);
    let mut all = hashes.filter_map(|at| one(text, at));
    let first = all.next()?;
    let starts = first.from == lead(text);
    if starts && !inside {
        return Some(first);
    }
    // in the text of a command, or behind other words, only what is written like one is meant
    (first.wrong.is_none() || !first.ids.is_empty() || starts).then(|| {
        let behind = "it must stand at the start of a comment of its own";
        Read { wrong: first.wrong.clone().or_else(|| (!inside).then(|| behind.to_owned())), ..first }
    })
}

/// Reads what stands behind one `#`.
fn one(text: &[u8], from: usize) -> Option<Read> {
    let mut cursor = Cursor { text, at: from };
    while cursor.sign(b'#') {}
    cursor.blanks();
    let (name, _) = cursor.word(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_'));
    let plain = name.to_ascii_lowercase().replace(['-', '_'], "");
    // `dubo pin`, and an `-ignore` that was written on
    let plain = if plain == "dubo" {
        cursor.blanks();
        plain + &cursor.word(|b| b.is_ascii_alphabetic()).0.to_ascii_lowercase()
    } else {
        plain
    };
    if !plain.starts_with("dubopin") {
        return None;
    }
    cursor.blanks();
    let colon = cursor.sign(b':');
    cursor.blanks();
    let (verb, _) = cursor.word(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_'));
    let meant = suggest(&verb.to_ascii_lowercase(), ["ignore", "ignores", "ignored", "disable", "suppress", "noqa"]);
    cursor.blanks();
    let equals = cursor.sign(b'=');
    if !equals {
        cursor.sign(b':');
    }
    let mut out = Read { from, ..Read::default() };
    loop {
        cursor.blanks();
        let (id, range) = cursor.word(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'*'));
        let looks = id.bytes().any(|b| b.is_ascii_digit()) || equals;
        if id.is_empty() || !looks {
            cursor.at = range.start;
            break;
        }
        out.ids.push((id, range));
        let before = cursor.at;
        cursor.blanks();
        if !cursor.sign(b',') {
            cursor.at = before;
            break;
        }
    }
    out.reason = String::from_utf8_lossy(cursor.rest()).trim().to_owned();
    let such = |why: String| Some(format!("{why}: write {}", quoted(FORM)));
    out.wrong = if name != "dubo-pin" && (meant.is_some() || colon) {
        such(format!("{} is not `dubo-pin`", quoted(&name)))
    } else if !colon {
        // prose may speak of this program
        if meant.is_none() || (!equals && out.ids.is_empty()) {
            return None;
        }
        such("there is no colon behind `dubo-pin`".to_owned())
    } else if verb != "ignore" {
        such(format!("{} says nothing here", quoted(if verb.is_empty() { "dubo-pin:" } else { &verb })))
    } else if !equals {
        such("there is no `=` behind `ignore`".to_owned())
    } else if out.ids.is_empty() {
        such("it names no finding".to_owned())
    } else {
        let next = out.reason.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| !word.is_empty());
        next.filter(|word| Id::read(word).is_some())
            .map(|word| format!("is {} one of the findings, or the reason? write a comma between ids", quoted(word)))
    };
    if !out.reason.chars().any(char::is_alphanumeric) {
        out.reason.clear();
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<Suppression> {
        suppressions(&Dockerfile::parse("Dockerfile", text.as_bytes().to_vec()).unwrap())
    }

    /// Ids, reason, lines, wrong.
    type Said = (Vec<String>, String, Option<RangeInclusive<usize>>, Option<String>);

    fn told(text: &str) -> Vec<Said> {
        let one = |s: Suppression| (s.ids.into_iter().map(|(id, _)| id).collect(), s.reason, s.lines, s.wrong);
        all(text).into_iter().map(one).collect()
    }

    #[test]
    fn every_spacing_that_a_person_types_is_read() {
        for comment in [
            "# dubo-pin: ignore=APT001,COV001 the mirror is ours",
            "#dubo-pin: ignore = APT001 , COV001  the mirror is ours  ",
            "\t#\tdubo-pin\t:\tignore\t=\tAPT001,\tCOV001\tthe mirror is ours\t",
            "## dubo-pin:ignore=APT001,COV001 the mirror is ours",
            "# dubo-pin: ignore=APT001,COV001, the mirror is ours",
        ] {
            for end in ["\n", "\r\n"] {
                let text = format!("\u{feff}FROM scratch{end}{comment}{end}RUN true{end}");
                let found = told(&text);
                let last = "# dubo-pin: ignore=APT001,COV001, the mirror is ours" == comment;
                let ids: &[&str] = if last { &["APT001", "COV001", "the"] } else { &["APT001", "COV001"] };
                assert_eq!(found[0].0, ids, "{comment:?}");
                assert_eq!(found[0].1, if last { "mirror is ours" } else { "the mirror is ours" });
                assert_eq!((&found[0].2, &found[0].3), (&Some(3..=3), &None), "{comment:?}");
            }
        }
    }

    #[test]
    fn it_holds_above_an_instruction_and_between_its_lines() {
        let text = "FROM scratch\n# dubo-pin: ignore=APT001 a\n# another\n# dubo-pin: ignore=APT009 b\nRUN apt \\\n  # dubo-pin: ignore=APT008 c\n  install \\\n  x\n";
        let found = all(text);
        let said: Vec<_> = found.iter().map(|s| (s.ids[0].0.as_str(), s.instruction, s.lines.clone())).collect();
        assert_eq!(
            said,
            [("APT001", Some(1), Some(5..=8)), ("APT009", Some(1), Some(5..=8)), ("APT008", Some(1), Some(5..=8))]
        );
        assert_eq!((found[0].ids[0].1.line, found[0].ids[0].1.column), (2, 20));
    }

    #[test]
    fn what_is_nearly_one_is_told() {
        for (comment, why) in [
            ("# dubo-pin ignore=APT001 x", "there is no colon behind `dubo-pin`"),
            ("# dubo-pin ignore APT001 x", "there is no colon behind `dubo-pin`"),
            ("# dubo-pin: ignroe=APT001 x", "`ignroe` says nothing here"),
            ("# dubo-pin: Ignore=APT001 x", "`Ignore` says nothing here"),
            ("# dubo-pin: ignore APT001 x", "there is no `=` behind `ignore`"),
            ("# dubo-pin: ignore: APT001 x", "there is no `=` behind `ignore`"),
            ("# dubo-pin: ignore= ", "it names no finding"),
            ("# dubo-pin:", "`dubo-pin:` says nothing here"),
            ("# dubopin: ignore=APT001 x", "`dubopin` is not `dubo-pin`"),
            ("# Dubo-Pin: ignore=APT001 x", "`Dubo-Pin` is not `dubo-pin`"),
            ("# dubo_pin ignore=APT001 x", "`dubo_pin` is not `dubo-pin`"),
        ] {
            let found = told(&format!("FROM scratch\n{comment}\nRUN true\n"));
            let expected = format!("{why}: write `# dubo-pin: ignore=ID,ID reason`");
            assert_eq!((found[0].3.as_deref(), &found[0].2), (Some(expected.as_str()), &None), "{comment}");
        }
        let found = told("FROM scratch\n# dubo-pin: ignore=APT001 APT009 x\nRUN true\n");
        assert_eq!(
            found[0].3.as_deref(),
            Some("is `APT009` one of the findings, or the reason? write a comma between ids")
        );
        let found = told("FROM scratch\n# todo # dubo-pin: ignore=APT001 x\nRUN true\n");
        assert_eq!(found[0].3.as_deref(), Some("it must stand at the start of a comment of its own"));
    }

    #[test]
    fn prose_about_the_program_is_left_alone() {
        for comment in [
            "# dubo-pin refresh curl",
            "# pinned by dubo-pin",
            "# dubo-pin ignores nothing",
            "# see dubo-pin: it is good",
        ] {
            assert_eq!(told(&format!("FROM scratch\n{comment}\nRUN true\n")), [], "{comment}");
        }
    }

    #[test]
    fn what_stands_above_nothing_is_told() {
        let nothing = Some("it stands above nothing: write it right above an instruction".to_owned());
        let inside = Some("it is no comment of the Dockerfile here: write it above the instruction".to_owned());
        for (text, wrong) in [
            ("FROM scratch\n# dubo-pin: ignore=APT001 x\n\nRUN true\n", &nothing),
            ("FROM scratch\n# dubo-pin: ignore=APT001 x\n", &nothing),
            ("FROM scratch\n# dubo-pin: ignore=APT001 x", &nothing),
            ("FROM scratch\nRUN <<E\n# dubo-pin: ignore=APT001 x\napt-get install x\nE\n", &inside),
            ("FROM scratch\nRUN apt-get install x # dubo-pin: ignore=APT001 x\n", &inside),
        ] {
            let found = told(text);
            assert_eq!((found.len(), &found[0].3, &found[0].2), (1, wrong, &None), "{text}");
        }
    }

    #[test]
    fn one_below_the_directives_holds_for_them_and_one_above_is_told() {
        let below = "# syntax=a/b:1\n# escape=\\\n# dubo-pin: ignore=IMG010 ours\nFROM scratch\n";
        assert_eq!(told(below)[0].2, Some(1..=4));
        let apart = "# syntax=a/b:1\n# dubo-pin: ignore=IMG010 ours\n\nFROM scratch\n";
        assert_eq!((&told(apart)[0].2, &told(apart)[0].3), (&Some(1..=1), &None));
        let above = "# dubo-pin: ignore=IMG010 ours\n# syntax=a/b:1\nFROM scratch\n";
        let wrong = told(above)[0].3.clone();
        assert_eq!(wrong.as_deref(), Some("a comment above the directives turns them off: write it right below them"));
        assert_eq!(told("# dubo-pin: ignore=IMG001 ours\nFROM scratch\n")[0].2, Some(2..=2));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
        #[test]
        fn no_comment_breaks_it(tail in "[ #:=,a-zA-Z0-9*\u{e9}-]{0,60}") {
            for head in ["# dubo-pin", "RUN x # dubo-pin: ignore", "# Dubo"] {
                let _ = told(&format!("FROM scratch\n{head}{tail}\nRUN true\n"));
            }
        }
    }
}
