//! The operands of apt lines that a deb pin claims: all of the pin's stages and files, or those of
//! its list wherever they stand.
//!
//! For the resolver, which asks what is wanted, and for `refresh` and `verify`, which ask where the
//! versions stand. How a shell's text is read is the dockerfile floor's.

use std::collections::BTreeMap;

use super::choose::{Wanted, key_of};
use super::keys::{Keys, Operand, Operands};
use crate::dockerfile::shell::{self, Install, Why, Written};
use crate::dockerfile::{Dockerfile, StageSel};
use crate::model::{Id, RelPath, Severity, Trouble, quoted};
use crate::source::implied::{Claims, Implied, Unclear};

/// What the pin claims in some Dockerfiles.
pub(in crate::source) fn implied<'a>(keys: &Keys, files: &'a [Dockerfile]) -> Claims<'a> {
    let mut claims = Claims::default();
    if let Operands::Dockerfile { stages, file } = &keys.operands
        && let Err(trouble) = vet(stages, file.as_ref(), files)
    {
        claims.unclear.push(Unclear { id: Id::DOC003, severity: Severity::Error, trouble });
    }
    for (file, install) in installs(keys, files) {
        for operand in &install.operands {
            match claimed(keys, operand) {
                Claim::Yes(key) => claims.sites.push(Implied::of_package(file, key, operand.clone())),
                Claim::Unsure(trouble) => {
                    let trouble = trouble.at(operand.place(file));
                    claims.unclear.push(Unclear { id: Id::APT005, severity: Severity::Error, trouble });
                }
                Claim::No => {}
            }
        }
        claims.unclear.extend(unclear(keys, file, &install));
    }
    claims
}

/// Whether an operand is the pin's.
enum Claim {
    /// Under this key.
    Yes(String),
    /// It may be.
    Unsure(Trouble),
    No,
}

/// What the pin wants, each key once, in the order of the files.
///
/// # Errors
/// A stage or a file that is not there; one package wanted in two ways.
pub(super) fn wanted(keys: &Keys, files: &[Dockerfile], notes: &mut Vec<String>) -> Result<Vec<Wanted>, Trouble> {
    if let Operands::Dockerfile { stages, file } = &keys.operands {
        vet(stages, file.as_ref(), files)?;
    }
    let mut all: BTreeMap<String, Wanted> = BTreeMap::new();
    for (file, install) in installs(keys, files) {
        for operand in &install.operands {
            let wanted = one(file, &install, operand)?;
            let key = key_of(&wanted.operand);
            if let Some(pattern) = wanted.operand.version() {
                notes.push(format!(
                    "{key}={pattern} becomes an exact version; to follow it, write deb = [\"{key}={pattern}\"]"
                ));
            }
            match all.get(&key) {
                Some(first) if first.suite != wanted.suite || first.operand != wanted.operand => {
                    let said = |w: &Wanted| match &w.suite {
                        Some(suite) => format!("{}/{suite}", w.operand),
                        None => w.operand.to_string(),
                    };
                    let first_place =
                        first.place.as_ref().map_or_else(String::new, |p| format!(" as in {}:{}", p.file, p.line));
                    let trouble = Trouble::new(format!("the Dockerfiles want {} in two ways", quoted(&key)));
                    let trouble = trouble.at(operand.place(file)).expected(format!("{}{first_place}", said(first)));
                    let help = "give the stages pins of their own: `stages = [\"…\"]`";
                    return Err(trouble.found(said(&wanted)).help(help));
                }
                Some(_) => {}
                None => drop(all.insert(key, wanted)),
            }
        }
        for Unclear { trouble, .. } in unclear(keys, file, &install) {
            let at = trouble.place.as_ref().map_or_else(String::new, |p| format!("{}:{}: ", p.file, p.line));
            notes.push(format!("{at}{}", trouble.message));
        }
    }
    Ok(all.into_values().collect())
}

/// What one stage installs of the pin's packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    /// The Dockerfile.
    pub(super) file: String,
    /// The stage at the bottom: its FROM names an image.
    pub(super) bottom: usize,
    /// The commands, those of the stages below first; each is the keys that it names.
    pub(super) commands: Vec<Vec<String>>,
}

/// The commands that install the pin's packages, for each stage that has some.
pub(super) fn chains(keys: &Keys, files: &[Dockerfile]) -> Vec<Chain> {
    let all = installs(keys, files);
    let named = |install: &Install| -> Vec<String> {
        let of = install.operands.iter().filter_map(|operand| match claimed(keys, operand) {
            Claim::Yes(key) => Some(key),
            Claim::Unsure(_) | Claim::No => None,
        });
        of.collect()
    };
    let mut out: Vec<Chain> = Vec::new();
    for file in files {
        for stage in file.stages() {
            let mut stack = vec![stage.index];
            while let Some(parent) = stack.last().and_then(|last| file.stages().get(*last)?.parent) {
                stack.push(parent);
            }
            let of = |stage: usize| {
                let own = all.iter().filter(move |(f, i)| std::ptr::eq(*f, file) && i.stage == Some(stage));
                own.map(|(_, install)| install)
            };
            if of(stage.index).next().is_none() {
                continue;
            }
            let commands = stack.iter().rev().flat_map(|stage| of(*stage).map(named)).collect();
            let bottom = stack.last().copied().unwrap_or(stage.index);
            let chain = Chain { file: file.file().to_owned(), bottom, commands };
            if !out.contains(&chain) {
                out.push(chain);
            }
        }
    }
    out
}

fn one(file: &Dockerfile, install: &Install, operand: &shell::Operand) -> Result<Wanted, Trouble> {
    // An exact version is the pinned value, a pattern a wish.
    let pattern = operand.version.as_ref().and_then(Written::known).filter(|v| v.contains('*'));
    let place = operand.place(file);
    let key = key(operand).map_err(|t| t.at(place.clone()))?;
    let text = match pattern {
        Some(pattern) => format!("{key}={pattern}"),
        None => key,
    };
    let parsed = text.parse::<Operand>().map_err(|e| Trouble::new(e.to_string()).at(place.clone()))?;
    let suite = operand.suite.as_ref().or(install.suite.as_ref());
    let suite = match suite.map(|s| (s, s.known())) {
        None => None,
        Some((_, Some(known))) => Some(known.to_owned()),
        Some((_, None)) => {
            let trouble = Trouble::new("the suite of this package is not known before the build").at(place);
            return Err(trouble.help("write the suite itself"));
        }
    };
    Ok(Wanted { operand: parsed, suite, place: Some(place) })
}

/// The architecture that an operand names; `None` for the platform's own, however it is written.
///
/// # Errors
/// A variable whose value is not known: it may be another than the platform's.
fn named(operand: &shell::Operand) -> Result<Option<&str>, Trouble> {
    let own = |name: &str| matches!(name, "any" | "native" | "TARGETARCH") || name.starts_with("$(");
    match &operand.architecture {
        None => Ok(None),
        Some(Written::Literal(architecture)) => Ok(Some(architecture.as_str()).filter(|a| !own(a))),
        Some(Written::Variable { value: Some(value), .. }) => Ok(Some(value.as_str()).filter(|a| !own(a))),
        Some(Written::Variable { name, value: None }) if own(name) => Ok(None),
        Some(Written::Variable { name, value: None }) => Err(Trouble::new(format!(
            "the architecture of {} is not known before the build: {}",
            quoted(&operand.name),
            quoted(name)
        ))
        .expected("an architecture such as `arm64`, $TARGETARCH, or $(dpkg --print-architecture)")
        .help("write it out, or install the package by its name alone")),
    }
}

/// The key under which the version of an operand stands.
fn key(operand: &shell::Operand) -> Result<String, Trouble> {
    Ok(match named(operand)? {
        Some(architecture) => format!("{}:{architecture}", operand.name),
        None => operand.name.clone(),
    })
}

fn claimed(keys: &Keys, operand: &shell::Operand) -> Claim {
    let list = match &keys.operands {
        Operands::Dockerfile { .. } => return key(operand).map_or_else(Claim::Unsure, Claim::Yes),
        Operands::List(list) => list,
    };
    let of_name: Vec<&Operand> = list.iter().filter(|own| own.name() == operand.name).collect();
    if of_name.is_empty() {
        return Claim::No;
    }
    let key = match key(operand) {
        Ok(key) => key,
        Err(trouble) => return Claim::Unsure(trouble),
    };
    let plain = |own: &&&Operand| own.architecture().is_none_or(|a| matches!(a, "any" | "native"));
    match of_name.iter().find(|own| key_of(own) == key || (plain(own) && key == operand.name)) {
        Some(own) => Claim::Yes(key_of(own)),
        None => Claim::Unsure(
            Trouble::new(format!("{} is installed for an architecture that the pin does not name", quoted(&key)))
                .expected(of_name.iter().map(|own| key_of(own)).collect::<Vec<_>>().join(", "))
                .help(format!("add {} to the list of the pin, or install it by its name alone", quoted(&key))),
        ),
    }
}

/// The apt lines of the pin's files and stages.
fn installs<'a>(keys: &Keys, files: &'a [Dockerfile]) -> Vec<(&'a Dockerfile, Install)> {
    let none: &[StageSel] = &[];
    let (stages, only) = match &keys.operands {
        Operands::Dockerfile { stages, file } => (stages.as_slice(), file.as_ref()),
        Operands::List(_) => (none, None),
    };
    let mut all = Vec::new();
    for file in files.iter().filter(|f| only.is_none_or(|only| only.as_str() == f.file())) {
        let installs = shell::installs(file);
        let inside = |install: &Install| stages.is_empty() || stages.iter().any(|s| is_stage(s, file, install.stage));
        all.extend(installs.into_iter().filter(inside).map(|install| (file, install)));
    }
    all
}

fn is_stage(wanted: &StageSel, file: &Dockerfile, stage: Option<usize>) -> bool {
    match (wanted, stage) {
        (StageSel::Global, None) => true,
        (StageSel::Index(wanted), Some(index)) => *wanted == index,
        (StageSel::Name(wanted), Some(index)) => {
            let name = file.stages().get(index).and_then(|s| s.name.as_deref());
            name.is_some_and(|name| name.eq_ignore_ascii_case(wanted))
        }
        _ => false,
    }
}

/// Each stage and the file that the pin names is there.
fn vet(stages: &[StageSel], only: Option<&RelPath>, files: &[Dockerfile]) -> Result<(), Trouble> {
    let mut mine = files.iter().filter(|f| only.is_none_or(|only| only.as_str() == f.file())).peekable();
    if let (Some(only), None) = (only, mine.peek()) {
        return Err(Trouble::new(format!(
            "`file` names {}, which is no Dockerfile of the image",
            quoted(only.as_str())
        )));
    }
    let mine: Vec<&Dockerfile> = mine.collect();
    for stage in stages {
        let has = |file: &&Dockerfile| (0..file.stages().len()).any(|index| is_stage(stage, file, Some(index)));
        if *stage != StageSel::Global && !mine.iter().any(has) {
            let said = match stage {
                StageSel::Name(name) => quoted(name),
                StageSel::Index(index) => index.to_string(),
                StageSel::Global => "global".to_owned(),
            };
            return Err(Trouble::new(format!("`stages` names {said}, which no Dockerfile of the pin has")));
        }
    }
    Ok(())
}

/// What may be a package and cannot be known. A list claims only what may be one of its own; the
/// block that installs from a vendored archive takes its packages from there.
fn unclear(keys: &Keys, file: &Dockerfile, install: &Install) -> Vec<Unclear> {
    let list = match &keys.operands {
        Operands::List(list) => Some(list),
        Operands::Dockerfile { .. } => None,
    };
    let of_block = || {
        let instruction = file.instructions().get(install.instruction);
        let text = instruction.map(|i| i.line.text()).unwrap_or_default();
        memchr::memmem::find(text, b"deb [trusted=yes] file:/vendor/apt ./").is_some()
    };
    if list.is_some() && !install.not_understood.is_empty() && of_block() {
        return Vec::new();
    }
    let one = |n: &shell::NotUnderstood| {
        let text = n.text(file);
        let severity = match (list, &n.why) {
            // A file is no package of an archive; the verb that upgrades names none.
            (_, Why::File) => Severity::Note,
            (None, _) => Severity::Error,
            (Some(list), _) => {
                let bare: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || "+-.".contains(*c)).collect();
                let names = |own: &Operand| bare.trim_end_matches('+') == own.name() || bare == own.name();
                if list.iter().any(names) { Severity::Error } else { Severity::Note }
            }
        };
        let trouble = Trouble::new(format!("what apt installs for {} cannot be known: {}", quoted(&text), n.why))
            .at(n.place(file))
            .expected("the names of packages")
            .help("write them out, or name the packages of the pin: deb = [\"curl\", …]");
        Unclear { id: Id::APT005, severity, trouble }
    };
    install.not_understood.iter().map(one).collect()
}
