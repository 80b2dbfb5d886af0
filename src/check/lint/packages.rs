//! Rules for apt lines: APT001, APT003, APT005, APT006, APT008 to APT010.
//!
//! For `lint`. Only what is written is judged: which version is the locked one, and which there is for
//! all platforms, needs the lock or the network.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use super::{Linted, next};
use crate::dockerfile::shell::{Install, NotUnderstood, Operand, Why, Written};
use crate::dockerfile::{Dockerfile, Edit};
use crate::model::{Id, Place, Severity, Trouble, quoted};

/// So many packages of one install are named.
const NAMED: usize = 5;
/// So many stages are looked through upwards: no Dockerfile that is meant well has a longer chain.
const CHAIN: usize = 64;
/// The setting of apt that a file of the image may hold.
const SETTING: &[u8] = b"apt::install-recommends";
const STEP: &str = "dubo-pin init makes a pin of the packages, dubo-pin refresh NAME writes their versions";

pub(super) fn check(files: &[Dockerfile], out: &mut Vec<Linted>) {
    for (index, file) in files.iter().enumerate() {
        let mut rules = Rules { index, file, set: set(file), told: BTreeSet::new(), out };
        let mut versions = Versions::new();
        for install in &file.commands().installs {
            rules.unpinned(install);
            rules.patterns(install);
            rules.hidden(install);
            rules.moved(install, &mut versions);
            rules.twice(install);
            rules.recommended(install);
        }
        for upgrade in &file.commands().upgrades {
            let trouble = Trouble::new("all packages of the base image are upgraded to whatever the archive has")
                .at(upgrade.place(file))
                .found(format!("{} {}", upgrade.program, upgrade.verb))
                .help(next(Id::APT010, "leave it out and take a newer base image: dubo-pin refresh moves its digest"));
            rules.tell(Id::APT010, Severity::Note, trouble, Vec::new());
        }
    }
}

/// The exact version of each package in a stage, by stage, name and architecture: the version, which
/// instruction, where.
type Versions = HashMap<(Option<usize>, String, String), (String, usize, Place)>;

struct Rules<'a> {
    index: usize,
    file: &'a Dockerfile,
    /// Where text that may set apt's recommendations stands first, by instruction.
    set: BTreeMap<usize, usize>,
    /// What was told where: a list in a variable may be installed twice.
    told: BTreeSet<(Id, usize, usize, String)>,
    out: &'a mut Vec<Linted>,
}

impl Rules<'_> {
    fn tell(&mut self, id: Id, severity: Severity, trouble: Trouble, fix: Vec<Edit>) {
        let place = trouble.place.as_ref().map_or((0, 0), |p| (p.line, p.column));
        if self.told.insert((id, place.0, place.1, trouble.message.clone())) {
            self.out.push(Linted::new(self.index, id, severity, trouble).fixed_by(fix));
        }
    }

    /// APT001: one finding for all of an install.
    fn unpinned(&mut self, install: &Install) {
        if install.suite.is_some() {
            return;
        }
        let bare: Vec<&Operand> =
            install.operands.iter().filter(|o| o.version.is_none() && o.suite.is_none()).collect();
        let Some(first) = bare.first() else { return };
        let mut seen = BTreeSet::new();
        let names: Vec<String> = bare.iter().map(|o| called(o)).filter(|n| seen.insert(n.clone())).collect();
        let verb = if names.len() == 1 { "is" } else { "are" };
        let shown = names.iter().take(NAMED).map(|n| quoted(n)).collect::<Vec<_>>().join(", ");
        let more = match names.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let trouble = Trouble::new(format!("{shown}{more} {verb} installed without an exact version"))
            .at(first.place(self.file))
            .expected(format!("{}=VERSION", called(first)))
            .help(next(Id::APT001, STEP));
        self.tell(Id::APT001, Severity::Error, trouble, Vec::new());
    }

    /// APT003: what follows a pattern or a suite.
    fn patterns(&mut self, install: &Install) {
        for operand in &install.operands {
            let version = operand.version.as_ref().and_then(Written::known);
            let (found, follows) = match (version, &operand.suite, &install.suite) {
                (Some(version), ..) if version.contains(['*', '?']) => {
                    (format!("{}={version}", called(operand)), "whatever fits a pattern")
                }
                (_, Some(suite), _) => (format!("{}/{}", called(operand), said(suite)), "whatever a suite has"),
                (None, None, Some(suite)) if operand.version.is_none() => {
                    (format!("{} with -t {}", called(operand), said(suite)), "whatever a suite has")
                }
                _ => continue,
            };
            let trouble = Trouble::new(format!("{} is installed at {follows}", quoted(&called(operand))))
                .at(operand.place(self.file))
                .expected(format!("{}=VERSION", called(operand)))
                .found(found)
                .help(next(Id::APT003, STEP));
            self.tell(Id::APT003, Severity::Error, trouble, Vec::new());
        }
    }

    /// APT005: words that nobody can know.
    fn hidden(&mut self, install: &Install) {
        for word in &install.not_understood {
            self.hides(word);
        }
        for operand in &install.operands {
            if let Some(Written::Variable { name, value: None }) = &operand.version {
                let package = called(operand);
                let trouble = Trouble::new(format!("the version of {} cannot be known", quoted(&package)))
                    .at(operand.place(self.file))
                    .found(format!("the value of {} is not known", quoted(name)))
                    .help(next(Id::APT005, "give the variable a value"));
                self.tell(Id::APT005, Severity::Note, trouble, Vec::new());
            }
        }
    }

    fn hides(&mut self, word: &NotUnderstood) {
        let trouble = Trouble::new(format!("which packages {} brings cannot be known", quoted(&word.text(self.file))))
            .at(word.place(self.file))
            .found(word.why.to_string());
        let step = match &word.why {
            Why::File => "take the file in by a pin with a hash, or name the package of an archive",
            Why::Variable(_) => "name the packages, or give the variable a value",
            _ => "name the packages with their versions",
        };
        self.tell(Id::APT005, Severity::Note, trouble.help(next(Id::APT005, step)), Vec::new());
    }

    /// APT006: another version than an earlier instruction of the stage, or of one that it builds on.
    fn moved(&mut self, install: &Install, versions: &mut Versions) {
        let instruction = self.file.instructions().get(install.instruction);
        if instruction.is_some_and(crate::dockerfile::Instruction::is_onbuild) {
            return;
        }
        for operand in &install.operands {
            let Some(version) = operand.version.as_ref().and_then(Written::known).filter(|v| !v.contains(['*', '?']))
            else {
                continue;
            };
            let arch = operand.architecture.as_ref().map(said).unwrap_or_default();
            let mut stage = install.stage;
            for _ in 0..CHAIN {
                let earlier = versions.get(&(stage, operand.name.clone(), arch.clone()));
                if let Some((other, _, place)) = earlier.filter(|(_, at, _)| *at != install.instruction) {
                    if other != version {
                        let trouble =
                            Trouble::new(format!("{} is installed at two versions", quoted(&called(operand))))
                                .at(operand.place(self.file))
                                .expected(format!("{other}, as in line {}", place.line))
                                .found(version.to_owned())
                                .help(next(Id::APT006, "install it once, or at the same version"));
                        self.tell(Id::APT006, Severity::Note, trouble, Vec::new());
                    }
                    break;
                }
                let parent = stage.and_then(|s| self.file.stages().get(s)).and_then(|s| s.parent);
                let Some(parent) = parent else { break };
                stage = Some(parent);
            }
            let key = (install.stage, operand.name.clone(), arch);
            versions.entry(key).or_insert_with(|| (version.to_owned(), install.instruction, operand.place(self.file)));
        }
    }

    /// APT008: the second of two words. What variables give may come from two branches.
    fn twice(&mut self, install: &Install) {
        let mut first: BTreeMap<(&str, String), &Operand> = BTreeMap::new();
        for operand in &install.operands {
            let Some(word) = operand.word(self.file) else { continue };
            let key = (operand.name.as_str(), operand.architecture.as_ref().map(said).unwrap_or_default());
            let Some(before) = first.get(&key) else {
                first.insert(key, operand);
                continue;
            };
            let same = |second: &Option<Written>, first: &Option<Written>| second.is_none() || second == first;
            let spare = same(&operand.version, &before.version) && same(&operand.suite, &before.suite);
            let fix = spare.then(|| removed(self.file, word)).flatten();
            let trouble = Trouble::new(format!("{} is named twice in one install", quoted(&called(operand))))
                .at(operand.place(self.file))
                .found(format!("first in line {}", before.place(self.file).line));
            let help = if fix.is_some() { "dubo-pin lint --fix removes it" } else { "remove one of the two" };
            let trouble = trouble.help(next(Id::APT008, help));
            self.tell(Id::APT008, Severity::Note, trouble, fix.into_iter().collect());
        }
    }

    /// APT009: recommended packages come too.
    fn recommended(&mut self, install: &Install) {
        if !install.recommends || self.is_set(install) {
            return;
        }
        let option = if install.program == "aptitude" { "--without-recommends" } else { "--no-install-recommends" };
        let insert = |at: usize| Edit { range: at..at, expected: Vec::new(), new: format!(" {option}").into_bytes() };
        let fix: Vec<Edit> = install.behind_verb(self.file).map(insert).into_iter().collect();
        let help = if fix.is_empty() { format!("add {option}") } else { format!("dubo-pin lint --fix adds {option}") };
        let trouble = Trouble::new("the packages are installed with all those that they recommend")
            .at(install.place(self.file))
            .expected(format!("{} install {option}", install.program))
            .help(next(Id::APT009, &help));
        self.tell(Id::APT009, Severity::Note, trouble, fix);
    }

    /// Whether text that may be an apt.conf stands before an install, in its stage or in one that it
    /// builds on.
    fn is_set(&self, install: &Install) -> bool {
        if self.set.is_empty() {
            return false;
        }
        let instructions = self.file.instructions();
        let mut chain = BTreeSet::from([install.stage]);
        let mut stage = install.stage;
        for _ in 0..CHAIN {
            stage = stage.and_then(|s| self.file.stages().get(s)).and_then(|s| s.parent);
            if stage.is_none() || !chain.insert(stage) {
                break;
            }
        }
        let of = |index: &usize| instructions.get(*index).map(|i| i.stage);
        self.set.iter().any(|(index, at)| *at < install.start() && of(index).is_some_and(|s| chain.contains(&s)))
    }
}

/// Where apt's setting is named first in each instruction that names it.
fn set(file: &Dockerfile) -> BTreeMap<usize, usize> {
    let names = |window: &[u8]| window.eq_ignore_ascii_case(SETTING);
    let all = file.instructions().iter().enumerate();
    all.filter_map(|(index, instruction)| {
        let text = file.bytes().get(instruction.span.clone())?;
        let at = text.windows(SETTING.len()).position(names)?;
        Some((index, instruction.span.start + at))
    })
    .collect()
}

/// `curl`, `curl:arm64`.
fn called(operand: &Operand) -> String {
    match &operand.architecture {
        Some(arch) => format!("{}:{}", operand.name, said(arch)),
        None => operand.name.clone(),
    }
}

/// As it is written, or what it comes to.
fn said(written: &Written) -> String {
    match written {
        Written::Literal(text) | Written::Variable { value: Some(text), .. } => text.clone(),
        Written::Variable { name, value: None } => format!("${{{name}}}"),
    }
}

/// A word goes, with the blanks and the continuations before it. `None` where that would break the
/// command: behind a comment, with nothing behind the word on its line.
fn removed(file: &Dockerfile, word: Range<usize>) -> Option<Edit> {
    let bytes = file.bytes();
    let mut start = word.start;
    loop {
        let before = bytes.get(..start)?;
        start = match before {
            [.., b' ' | b'\t'] => start - 1,
            [.., sign, b'\r', b'\n'] if *sign == file.escape() || *sign == b'\\' => start - 3,
            [.., sign, b'\n'] if *sign == file.escape() || *sign == b'\\' => start - 2,
            _ => break,
        };
    }
    let fresh = matches!(bytes.get(..start)?, [.., b'\n'] | []);
    let ends = bytes.get(word.end..)?.iter().find(|b| !b" \t\r".contains(b)).is_none_or(|b| *b == b'\n');
    if start == word.start || fresh && ends {
        return None;
    }
    let range = start..word.end;
    let expected = bytes.get(range.clone())?.to_vec();
    Some(Edit { range, expected, new: Vec::new() })
}

#[cfg(test)]
#[path = "packages_tests.rs"]
mod tests;
