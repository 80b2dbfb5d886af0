//! Archives as apt's own files describe them: .sources and .list (sources.list(5)).
//!
//! For a manifest that says `sources = "file"`. It opens no keyring and asks no archive; what apt
//! would do with less than a signature is refused.

mod lines;
mod options;
mod stanzas;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::str::FromStr;

use crate::model::{Place, Trouble, quoted};

use super::archive::{self, Component, Suite};

/// One archive as a file describes it: a stanza and one of its URIs, or a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Where.
    pub place: Place,
    /// The URL without a slash at its end; https, http or file.
    pub uri: String,
    /// The suites, in the order of the file.
    pub suites: Vec<Suite>,
    /// The components; empty exactly for flat suites.
    pub components: Vec<Component>,
    /// The architectures that it is narrowed to; empty: not said.
    pub architectures: Vec<String>,
    /// The keys that may sign; empty: not said.
    pub signed_by: Vec<SignedBy>,
    /// `Check-Valid-Until`, if it is said. `Some(false)` is for archives that stand still.
    pub check_valid_until: Option<bool>,
    /// `By-Hash`, if it is said: whether files are asked for by digest.
    pub by_hash: Option<bool>,
    /// `Valid-Until-Max`: for so many seconds after its Date a Release can be relied on at most.
    pub valid_until_max: Option<u64>,
}

/// Keys that may sign, as apt takes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedBy {
    /// The path of a keyring, as written: usually absolute, on the machine that the image is.
    Path(String),
    /// A full fingerprint.
    Fingerprint {
        /// 40 or 64 upper-case hexadecimal digits.
        text: String,
        /// With `!`: this key itself, none of its subkeys.
        exact: bool,
    },
    /// An armored certificate, its lines as they were before they were embedded.
    Embedded(String),
}

/// Reads a `.sources` (deb822) or `.list` (one line each) file, which its name tells; another name is told by
/// the content. `deb-src` and what is not enabled are passed over.
///
/// # Errors
/// Everything that is wrong, with its place, up to 20 troubles; also a file beyond 1 MiB, with more than 500 archives, or
/// one that describes none.
pub fn parse(file: &str, content: &str) -> Result<Vec<Described>, Vec<Trouble>> {
    let mut reader = Reader { file, content, found: Vec::new(), troubles: Vec::new() };
    if content.len() > 1024 * 1024 {
        return Err(vec![Trouble::new(format!("{} is longer than 1 MiB", quoted(file))).at(Place::file(file))]);
    }
    let one_line = match file.rsplit_once('.').map(|(_, end)| end) {
        Some("list") => true,
        Some("sources") => false,
        _ => lines::is_such(content),
    };
    if one_line {
        reader.lines()
    } else {
        reader.stanzas()
    }
    if reader.troubles.is_empty() && reader.found.is_empty() {
        let trouble = Trouble::new("the file describes no archive").at(Place::file(file));
        reader.troubles.push(trouble.expected("an enabled entry of type `deb`"));
    }
    if reader.troubles.is_empty() { Ok(reader.found) } else { Err(reader.troubles) }
}

/// A word of the file, and where it stands.
type Word<'a> = (&'a str, Range<usize>);

/// How many troubles are told, how many archives a file may describe, and how many words a list may have.
const TOLD: usize = 20;
const ARCHIVES: usize = 500;
const WORDS: usize = 100;

/// The file, and what was made of it so far.
struct Reader<'a> {
    file: &'a str,
    content: &'a str,
    found: Vec<Described>,
    troubles: Vec<Trouble>,
}

/// An entry's parts, found but not yet vetted.
#[derive(Default)]
struct Entry<'a> {
    at: Range<usize>,
    uris: Vec<Word<'a>>,
    suites: Vec<Word<'a>>,
    components: Vec<Word<'a>>,
    options: options::Options,
}

impl<'a> Reader<'a> {
    /// Whether reading goes on: enough is wrong already, or too much described.
    fn is_full(&self) -> bool {
        self.troubles.len() >= TOLD || self.found.len() > ARCHIVES
    }

    fn place(&self, at: Range<usize>) -> Place {
        Place::of(self.file, self.content.as_bytes(), at)
    }

    fn report(&mut self, trouble: Trouble, at: Range<usize>) {
        if self.troubles.len() < TOLD {
            let place = self.place(at);
            self.troubles.push(trouble.at(place));
        }
    }

    /// The words of a part of the content, without lines that are comments.
    fn words(&self, at: Range<usize>, separators: &[char]) -> Vec<Word<'a>> {
        let mut out = Vec::new();
        let mut start = at.start;
        for line in self.content.get(at).unwrap_or_default().split_inclusive('\n') {
            let begin = start;
            start += line.len();
            if line.starts_with('#') {
                continue;
            }
            let mut from = begin;
            for word in line.split(|c: char| c.is_ascii_whitespace() || separators.contains(&c)) {
                if !word.is_empty() {
                    out.push((word, from..from + word.len()));
                }
                // Every separator has one byte.
                from += word.len() + 1;
            }
        }
        out
    }

    /// Vets an entry, and adds an archive for each of its URIs.
    fn finish(&mut self, entry: Entry<'a>) {
        let before = self.troubles.len();
        let at = entry.at;
        for (what, words) in [("URIs", &entry.uris), ("suites", &entry.suites), ("components", &entry.components)] {
            if let Some((_, at)) = words.get(WORDS) {
                self.report(Trouble::new(format!("the entry has more than {WORDS} {what}")), at.clone());
                return;
            }
        }
        let uris = self.vet(&entry.uris, uri);
        let suites: Vec<Suite> = self.vet(&entry.suites, named);
        let components: Vec<Component> = self.vet(&entry.components, named);
        let flat = suites.iter().filter(|s| s.is_flat()).count();
        if self.troubles.len() > before {
            return;
        }
        if uris.is_empty() {
            self.report(Trouble::new("the archive has no URI"), at);
        } else if suites.is_empty() {
            self.report(Trouble::new("the archive names no suite"), at);
        } else if flat > 0 && (flat < suites.len() || !components.is_empty()) {
            let trouble = Trouble::new("a flat archive, whose suite ends in `/`, stands alone");
            self.report(trouble.help("remove the components, and the suites that are not flat"), at);
        } else if flat == 0 && components.is_empty() {
            let trouble = Trouble::new("the archive names no component");
            self.report(trouble.help("add one such as `main`, or end the suite in `/` if the archive is flat"), at);
        } else {
            let place = self.place(at);
            let options = entry.options;
            self.found.extend(uris.into_iter().map(|uri| Described {
                place: place.clone(),
                uri,
                suites: suites.clone(),
                components: components.clone(),
                architectures: options.architectures.clone(),
                signed_by: options.signed_by.clone(),
                check_valid_until: options.check_valid_until,
                by_hash: options.by_hash,
                valid_until_max: options.valid_until_max,
            }));
        }
        if self.found.len() > ARCHIVES {
            let trouble = Trouble::new(format!("the file describes more than {ARCHIVES} archives"));
            self.troubles.push(trouble.at(Place::file(self.file)));
        }
    }

    fn vet<T>(&mut self, words: &[Word<'a>], vet: impl Fn(&str) -> Result<T, Trouble>) -> Vec<T> {
        let mut out = Vec::new();
        for (word, at) in words {
            match vet(word) {
                Ok(value) => out.push(value),
                Err(trouble) => self.report(trouble, at.clone()),
            }
        }
        out
    }
}

fn named<T: FromStr<Err = String>>(text: &str) -> Result<T, Trouble> {
    if text.contains("$(") {
        return Err(by_architecture(text));
    }
    text.parse().map_err(Trouble::new)
}

/// apt puts the machine's architecture there; a pin has several.
fn by_architecture(text: &str) -> Trouble {
    Trouble::new(format!("{} is refused: it would differ between architectures", quoted(text)))
        .help("write it out, in an entry for each architecture")
}

fn uri(text: &str) -> Result<String, Trouble> {
    let refused = |reason: &str| Trouble::new(format!("{} is refused: {reason}", quoted(text)));
    if text.contains("$(") {
        return Err(by_architecture(text));
    }
    if text.contains(['{', '}']) {
        return Err(refused("a brace stands in it"));
    }
    let (scheme, rest) = text.split_once(':').ok_or_else(|| refused("it has no scheme: https://… is expected"))?;
    if !["https", "http", "file"].iter().any(|s| scheme.eq_ignore_ascii_case(s)) {
        return Err(refused("only https, http and file are followed"));
    }
    // apt takes `file:/folder`, too.
    if scheme.eq_ignore_ascii_case("file") && rest.starts_with('/') && !rest.starts_with("//") {
        return archive::uri(&format!("file://{rest}"));
    }
    archive::uri(text)
}
