//! Rules for git repositories: GIT001, GIT002, GIT005, GIT006, URL002.
//!
//! For `lint`. Only what is written is judged; whether a commit is on a ref of its repository, and
//! whether a comment tells its tag, needs the network or a lock.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::names::Names;
use super::{Linted, next};
use crate::dockerfile::added::{Remote, RemoteKind};
use crate::dockerfile::checkout::Checkout;
use crate::dockerfile::shell::git::GitCommand;
use crate::dockerfile::shell::yarn::Package;
use crate::dockerfile::shell::{Piece, Spelled};
use crate::dockerfile::{Dockerfile, Edit, Intake, is_git};
use crate::model::{Id, Place, Severity, Trouble, quoted};

const DEAD: &str = "git://";
/// In an ADD of more sources than this no scheme is looked for.
const SOURCES: usize = 32;
const STEP: &str = "dubo-pin init makes a pin that follows it, dubo-pin refresh NAME writes the commit";

/// The first commit of each repository, its place, and which others were told.
type Commits = BTreeMap<String, (String, Place, BTreeSet<String>)>;

pub(super) fn check(files: &[Dockerfile], out: &mut Vec<Linted>) {
    let mut commits = Commits::new();
    for (index, file) in files.iter().enumerate() {
        let mut rules =
            Rules { index, file, names: Names::of(file), told: BTreeSet::new(), unsafe_schemes: Vec::new(), out };
        for command in &file.commands().git {
            rules.dead(command);
        }
        for intake in file.intakes() {
            match intake {
                Intake::Git(checkout) => rules.checkout(checkout, &mut commits),
                Intake::Remote(remote) => rules.remote(remote, &mut commits),
                Intake::Yarn(add) => add.packages.iter().for_each(|package| rules.yarn(package)),
                _ => {}
            }
        }
        rules.unsafe_schemes();
    }
}

/// What to write instead of `git://`, and whether that alone is enough.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Safe {
    scheme: &'static str,
    stays: bool,
}

struct Rules<'a> {
    index: usize,
    file: &'a Dockerfile,
    names: Names<'a>,
    /// What was told where: two clones may take what one ARG gives.
    told: BTreeSet<(Id, usize, usize)>,
    /// Each use of `git://`: the URL, where its scheme stands if that is in one piece, where else to
    /// point, what to write instead.
    unsafe_schemes: Vec<(String, Option<Range<usize>>, Place, Safe)>,
    out: &'a mut Vec<Linted>,
}

impl Rules<'_> {
    fn tell(&mut self, id: Id, severity: Severity, trouble: Trouble, fix: Vec<Edit>) {
        let place = trouble.place.as_ref().map_or((0, 0), |p| (p.line, p.column));
        if self.told.insert((id, place.0, place.1)) {
            self.out.push(Linted::new(self.index, id, severity, trouble).fixed_by(fix));
        }
    }

    fn checkout(&mut self, checkout: &Checkout, commits: &mut Commits) {
        let known = checkout.repository.as_ref().map(spelled);
        let Some(reference) = &checkout.reference else {
            let trouble =
                Trouble::new("the repository is cloned and nothing is checked out: its newest commit is taken")
                    .at(checkout.place.clone())
                    .expected("git checkout of a full commit");
            let trouble = match &known {
                Some(known) => trouble.found(quoted(known)),
                None => trouble,
            };
            let step = "write the commit into an ARG and check that out: then dubo-pin init makes a pin of it";
            return self.tell(Id::GIT002, Severity::Error, trouble.help(next(Id::GIT002, step)), Vec::new());
        };
        let at = |message: String| Trouble::new(message).at(reference.place(self.file)).expected("a full commit");
        match reference.value.as_deref() {
            Some(value) => match commit(value) {
                Some(commit) => {
                    let of = known.as_deref().zip(checkout.repository.as_ref()).filter(|(_, r)| r.value.is_some());
                    if let Some((repository, _)) = of {
                        let place = reference.place(self.file);
                        self.second(repository, &commit, place, commits);
                    }
                }
                None => {
                    let trouble = at(format!("the repository is taken at {}", kind(value))).found(quoted(value));
                    self.tell(Id::GIT001, Severity::Error, trouble.help(next(Id::GIT001, STEP)), Vec::new());
                }
            },
            None => {
                let trouble = at("which commit is taken is not known before the build".to_owned());
                let step = "give the ARG a default: then dubo-pin init makes a pin of it";
                let trouble = trouble.found(quoted(&reference.text())).help(next(Id::GIT001, step));
                self.tell(Id::GIT001, Severity::Note, trouble, Vec::new());
            }
        }
    }

    fn remote(&mut self, remote: &Remote, commits: &mut Commits) {
        let RemoteKind::Git { repository, reference, variable } = &remote.what else { return };
        let value = remote.value.as_deref().unwrap_or(&remote.written);
        if starts_dead(value) {
            let name = || remote.variables.first();
            let given = || self.scheme(&self.given(remote.stage, remote.instruction, name()?)?);
            let scheme = self.written(remote).or_else(given);
            // ADD takes a URL of https for git only if its path ends so
            let stays = is_git(format!("https://{}", value.get(DEAD.len()..).unwrap_or_default()).as_bytes());
            self.unsafe_scheme(value, scheme, &remote.place, Safe { scheme: "https://", stays });
        }
        let unknown = reference.as_deref().is_some_and(|r| r.contains('$'));
        let trouble = match reference.as_deref() {
            Some(reference) => match commit(reference) {
                Some(commit) => return self.second(repository, &commit, remote.place.clone(), commits),
                None if unknown => {
                    let name = variable.as_deref().map_or_else(|| quoted(reference), quoted);
                    Trouble::new(format!("which commit ADD takes depends on {name}, which has no value here"))
                }
                None => Trouble::new(format!("ADD takes the repository at {}", kind(reference))),
            },
            None => Trouble::new("ADD takes whatever commit of the repository is the newest"),
        };
        let trouble = trouble
            .at(remote.place.clone())
            .expected("#, then a full commit, behind the URL")
            .found(quoted(value))
            .help(next(Id::URL002, STEP));
        self.tell(Id::URL002, if unknown { Severity::Note } else { Severity::Error }, trouble, Vec::new());
    }

    /// GIT005 in a RUN.
    fn dead(&mut self, command: &GitCommand) {
        let Some(repository) = command.repository.as_ref() else { return };
        let known = spelled(repository);
        if !starts_dead(&known) {
            return;
        }
        let first = || match repository.pieces.first()? {
            Piece::Variable { name, .. } => self.scheme(&self.given(command.stage, command.instruction, name)?),
            Piece::Text(_) => None,
        };
        let scheme = self.scheme(&repository.span()).or_else(first);
        let place = repository.place(self.file);
        self.unsafe_scheme(&known, scheme, &place, Safe { scheme: "https://", stays: true });
    }

    /// GIT005 in `yarn add`, which takes a URL of plain https for a tarball.
    fn yarn(&mut self, package: &Package) {
        let at =
            package.text.rfind(DEAD).filter(|at| *at == 0 || package.text.get(..*at).is_some_and(|n| n.ends_with('@')));
        let Some(url) = at.and_then(|at| package.text.get(at..)) else { return };
        let span = package.span();
        let raw = self.file.bytes().get(span.clone()).unwrap_or_default();
        let mut all = memchr::memmem::find_iter(raw, DEAD.as_bytes()).map(|i| span.start + i);
        let scheme = all.next().filter(|_| all.next().is_none()).map(|start| start..start + DEAD.len());
        let place = package.place(self.file);
        self.unsafe_scheme(url, scheme, &place, Safe { scheme: "git+https://", stays: true });
    }

    fn unsafe_scheme(&mut self, url: &str, scheme: Option<Range<usize>>, place: &Place, safe: Safe) {
        self.unsafe_schemes.push((url.to_owned(), scheme, place.clone(), safe));
    }

    /// GIT005. What an ARG gives to several commands is mended only where one text is right for all.
    fn unsafe_schemes(&mut self) {
        let all = std::mem::take(&mut self.unsafe_schemes);
        let mut agreed: BTreeMap<usize, Option<Safe>> = BTreeMap::new();
        for (_, scheme, _, safe) in &all {
            let Some(scheme) = scheme else { continue };
            let known = agreed.entry(scheme.start).or_insert(Some(*safe));
            *known = known.filter(|k| k == safe && k.stays);
        }
        for (url, scheme, place, Safe { scheme: new, stays }) in all {
            let mends = scheme.as_ref().is_some_and(|s| agreed.get(&s.start).is_some_and(Option::is_some));
            let place = scheme.clone().map_or(place, |s| self.file.place(s));
            let rest = url.get(DEAD.len()..).unwrap_or_default();
            let right =
                if stays { quoted(&format!("{new}{rest}")) } else { format!("{new} and a path that ends in .git") };
            let trouble = Trouble::new("git:// is not authenticated: whoever is on the way may answer")
                .at(place)
                .expected(right)
                .found(quoted(&url));
            let step = if mends { format!("dubo-pin lint --fix writes {new}") } else { format!("write {new}") };
            let edit = scheme.filter(|_| mends).map(|range| {
                let expected = self.file.bytes().get(range.clone()).unwrap_or_default().to_vec();
                Edit { range, expected, new: new.as_bytes().to_vec() }
            });
            let trouble = trouble.help(next(Id::GIT005, &step));
            self.tell(Id::GIT005, Severity::Error, trouble, edit.into_iter().collect());
        }
    }

    /// The bytes of `git://` at the beginning of a word, behind its quote.
    fn scheme(&self, word: &Range<usize>) -> Option<Range<usize>> {
        let raw = self.file.bytes().get(word.clone())?;
        let quotes = raw.iter().take(2).take_while(|b| matches!(b, b'"' | b'\'')).count();
        let start = word.start + quotes;
        let range = start..start + DEAD.len();
        let stands = self.file.bytes().get(range.clone())?.eq_ignore_ascii_case(DEAD.as_bytes());
        (stands && range.end <= word.end).then_some(range)
    }

    /// Where the scheme of a source stands in its own ADD.
    fn written(&self, remote: &Remote) -> Option<Range<usize>> {
        let instruction = self.file.instructions().get(remote.instruction)?;
        let words = &instruction.effective().words;
        if !starts_dead(&remote.written) || words.len() > SOURCES {
            return None;
        }
        let spans = words.iter().filter_map(|word| instruction.line.span(word.clone()));
        let mut here = spans.filter(|span| self.file.place(span.clone()) == remote.place);
        here.find_map(|span| self.scheme(&span))
    }

    /// The value of the assignment that gives a variable.
    fn given(&self, stage: Option<usize>, instruction: usize, name: &str) -> Option<Range<usize>> {
        let giver = self.names.giver(stage, instruction, name)?;
        let assignment = self.file.assignments().get(giver)?;
        let line = &self.file.instructions().get(assignment.instruction)?.line;
        Some(line.cover(assignment.value.clone()?))
    }

    /// GIT006: each further commit of a repository once.
    fn second(&mut self, repository: &str, commit: &str, place: Place, commits: &mut Commits) {
        let fresh = || (commit.to_owned(), place.clone(), BTreeSet::new());
        let (first, there, others) = commits.entry(one_name(repository)).or_insert_with(fresh);
        if first == commit || !others.insert(commit.to_owned()) {
            return;
        }
        let trouble = Trouble::new("the repository is taken at another commit elsewhere")
            .at(place)
            .expected(format!("{first}, as in {}:{}", there.file, there.line))
            .found(quoted(commit));
        let step = "give all of them one commit, or suppress it where two are meant";
        self.tell(Id::GIT006, Severity::Error, trouble.help(next(Id::GIT006, step)), Vec::new());
    }
}

fn spelled(word: &Spelled) -> String {
    word.value.clone().unwrap_or_else(|| word.text())
}

fn starts_dead(url: &str) -> bool {
    url.get(..DEAD.len()).is_some_and(|s| s.eq_ignore_ascii_case(DEAD))
}

/// The full commit that a ref is, in lower case: 40 or 64 hexadecimal digits. `^{commit}` and its like
/// name the same one or what it holds.
fn commit(reference: &str) -> Option<String> {
    let id = reference.split(['^', '~']).next().unwrap_or_default();
    let full = matches!(id.len(), 40 | 64) && id.bytes().all(|b| b.is_ascii_hexdigit());
    full.then(|| id.to_ascii_lowercase())
}

/// What a ref that is no commit looks like.
fn kind(reference: &str) -> &'static str {
    let hex = reference.bytes().all(|b| b.is_ascii_hexdigit()) && reference.bytes().any(|b| b.is_ascii_digit());
    let bare = reference.rsplit('/').next().unwrap_or_default();
    let version = bare.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '-' || c == '_');
    if hex && (7..64).contains(&reference.len()) {
        "a short id, which another commit may come to share"
    } else if version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.') {
        "a tag, which may be moved"
    } else {
        "a branch or a tag, which moves"
    }
}

/// A repository in one spelling, whatever scheme, login and ending it is written with.
fn one_name(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let scp = rest.len() == url.len();
    let (authority, path) = match rest.split_once(if scp { ':' } else { '/' }) {
        Some((authority, path)) => (authority, path),
        None => (rest, ""),
    };
    let host = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let path = path.trim_matches('/');
    format!("{host}/{}", path.strip_suffix(".git").unwrap_or(path))
}

#[cfg(test)]
#[path = "repositories_tests.rs"]
mod tests;
