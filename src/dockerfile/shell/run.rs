//! One RUN from its text to what it takes in.
//!
//! For [`Commands`](super::Commands). First all text that any shell of it reads, with what that
//! assigns; then the commands in it, each once.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::super::instruction::Instruction;
use super::super::logical::Logical;
use super::fields::{Fields, Known, expand, expand_atoms};
use super::git::{self, GitCommand};
use super::program::parts;
use super::scan::{self, Atom, Command, Scan};
use super::uses::Uses;
use super::variables::{Declared, Scope, Script, collect};
use super::yarn::{self, Add};
use super::{Cut, Install, NotUnderstood, Upgrade, Why, apt, command, text};

/// More text than this is not read in one RUN: 4 MiB.
const LONGEST: usize = 4 * 1024 * 1024;
/// Scripts in scripts are followed this deep.
const DEEPEST: usize = 8;

/// Reads all text of a RUN.
pub(super) fn read<'a>(
    declared: &'a Declared<'a>,
    index: usize,
    instruction: &'a Instruction,
    uses: &mut Uses,
) -> Run<'a> {
    let mut run = Run {
        declared,
        index,
        instruction,
        scripts: Vec::new(),
        shell: HashMap::new(),
        functions: BTreeSet::new(),
        size: 0,
        given_up: None,
        seen: Vec::new(),
    };
    run.read();
    run.seen = run.look();
    for script in &run.scripts {
        for (name, at) in &script.scan.uses {
            uses.add(script.line.get(name.clone()), index, script.line.cover(*at..at + 1).start);
        }
    }
    run
}

/// Who finds something in a command: what it is called there, which of the fields that is, and what
/// it says.
type Seek<T> = fn(&Script, &Command, &Fields, &BTreeSet<Vec<u8>>) -> Option<(String, usize, T)>;

/// The text that any shell of one RUN reads.
pub(super) struct Run<'a> {
    declared: &'a Declared<'a>,
    index: usize,
    instruction: &'a Instruction,
    scripts: Vec<Script>,
    shell: HashMap<Vec<u8>, super::variables::Values>,
    /// The names of its functions.
    functions: BTreeSet<Vec<u8>>,
    /// How much text all scripts have.
    size: usize,
    /// Where reading was given up first.
    given_up: Option<Range<usize>>,
    /// Each command with its words expanded, as script, command and words.
    seen: Vec<(usize, usize, Fields)>,
}

/// One command of a RUN.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    /// The script that it stands in.
    pub(super) script: &'a Script,
    /// Which of the RUN's scripts that is.
    pub(super) number: usize,
    pub(super) command: &'a Command,
    pub(super) fields: &'a Fields,
}

impl Run<'_> {
    fn read(&mut self) {
        let (instruction, file) = (self.instruction, self.declared.file);
        let body = instruction.effective();
        if body.json {
            let (line, scan) = text::json(instruction, body);
            self.add(line, Some(scan), 0, None, false);
        } else {
            self.add(text::shell(file, instruction, body), None, 0, None, false);
            let script = self.scripts.first().and_then(|s| text::script(file, instruction, &s.scan));
            if let Some(line) = script {
                self.add(line, None, 0, None, false);
            }
        }
        let mut done = 0;
        while done < self.scripts.len() {
            self.follow(done);
            done += 1;
        }
    }

    fn add(
        &mut self,
        line: Logical,
        scanned: Option<Scan>,
        depth: usize,
        parent: Option<(usize, usize)>,
        document: bool,
    ) {
        let length = line.text().len();
        let start = line.cover(0..length.min(1));
        self.size = self.size.saturating_add(length);
        if depth > DEEPEST || self.size > LONGEST {
            self.given_up.get_or_insert(start);
            return;
        }
        let scan = match scanned {
            Some(scan) => scan,
            None if document => scan::document(&line),
            None => scan::scan(&line),
        };
        if let Some(at) = scan.deep {
            self.given_up.get_or_insert(line.cover(at..at + 1));
        }
        self.functions.extend(scan.functions.iter().map(|f| line.get(f.clone()).to_vec()));
        self.scripts.push(Script { line, scan, depth, parent });
        collect(&self.scripts, self.scripts.len() - 1, &mut self.shell);
    }

    fn known(&self) -> Known<'_> {
        let scope = Scope { stage: self.instruction.stage, before: self.index, onbuild: self.instruction.is_onbuild() };
        Known { declared: self.declared, scripts: &self.scripts, shell: &self.shell, scope }
    }

    /// Adds the scripts that a script holds.
    fn follow(&mut self, index: usize) {
        let mut inside = Vec::new();
        let Some(script) = self.scripts.get_mut(index) else { return };
        let depth = script.depth + 1;
        inside.append(&mut script.scan.inner);
        let expanded = std::mem::take(&mut script.scan.expanded);
        if let Some(script) = self.scripts.get(index) {
            for (at, command) in script.scan.commands.iter().enumerate() {
                if !command.words.is_empty() {
                    let fields = expand(&self.known(), index, &command.words);
                    let begin = command.words.first().map_or(0, |w| w.range.start);
                    inside.extend(
                        command::scripts(script, at, command, &fields, &self.functions).into_iter().map(|s| (begin, s)),
                    );
                }
            }
        }
        for (at, line) in expanded {
            self.add(line, None, depth, Some((index, at)), true);
        }
        for (at, line) in inside {
            self.add(line, None, depth, Some((index, at)), false);
        }
    }

    /// Expands the words of every command.
    fn look(&self) -> Vec<(usize, usize, Fields)> {
        let known = self.known();
        let mut out = Vec::new();
        for (index, script) in self.scripts.iter().enumerate() {
            for (nth, command) in script.scan.commands.iter().enumerate() {
                let all = parts(expand(&known, index, &command.words));
                out.extend(all.into_iter().map(|fields| (index, nth, fields)));
            }
        }
        out
    }

    /// Every command, script by script: first that of the RUN, then those in it.
    pub(super) fn commands(&self) -> impl Iterator<Item = Seen<'_>> {
        self.seen.iter().filter_map(|(number, index, fields)| {
            let script = self.scripts.get(*number)?;
            Some(Seen { script, number: *number, command: script.scan.commands.get(*index)?, fields })
        })
    }

    /// Its scripts.
    pub(super) fn scripts(&self) -> &[Script] {
        &self.scripts
    }

    /// Expands words of a script that are no command's.
    pub(super) fn expand<'w>(&self, script: usize, words: impl Iterator<Item = (Range<usize>, &'w [Atom])>) -> Fields {
        expand_atoms(&self.known(), script, words)
    }

    /// Whether a SHELL of the file ends at a command that fails.
    pub(super) fn strict(&self) -> bool {
        self.declared.strict
    }

    /// Which instruction it is, and of which stage.
    pub(super) fn place(&self) -> (usize, Option<usize>) {
        (self.index, self.instruction.stage)
    }

    /// The names of its functions.
    pub(super) fn functions(&self) -> &BTreeSet<Vec<u8>> {
        &self.functions
    }

    /// Where reading was given up.
    pub(super) fn given_up(&self) -> Option<Range<usize>> {
        self.given_up.clone()
    }

    /// What is found in the commands, each once, in the order of the file.
    fn find<T>(&self, seek: Seek<T>) -> Vec<(String, Range<usize>, T)> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        for Seen { script, command, fields, .. } in self.commands() {
            let Some((program, at, said)) = seek(script, command, fields, &self.functions) else {
                continue;
            };
            let span = fields.all.get(at).map_or(0..0, |f| f.cover.clone());
            if seen.insert((span.start, span.end)) {
                found.push((program, span, said));
            }
        }
        found.sort_by_key(|(_, span, _)| span.start);
        found
    }

    /// What was not read at all.
    fn unread(&self) -> Option<(Range<usize>, Vec<NotUnderstood>)> {
        let span = self.given_up.clone()?;
        Some((span.clone(), vec![NotUnderstood { why: Why::Long, span }]))
    }

    /// What it installs with apt, and what it upgrades.
    pub(super) fn installs(&self) -> (Vec<Install>, Vec<Upgrade>) {
        let install = |program: String, span, said: apt::Read| Install {
            instruction: self.index,
            stage: self.instruction.stage,
            program,
            suite: said.suite,
            operands: said.operands,
            not_understood: once(said.not_understood),
            recommends: said.verb.is_some() && !said.alone,
            span,
            verb: said.verb,
        };
        let (mut out, mut upgrades) = (Vec::new(), Vec::new());
        for (program, span, said) in self.find(command::install) {
            match &said.upgrade {
                Some(verb) => upgrades.push(Upgrade {
                    instruction: self.index,
                    stage: self.instruction.stage,
                    program,
                    verb: verb.clone(),
                    span,
                }),
                None => out.push(install(program, span, said)),
            }
        }
        out.extend(self.unread().map(|(span, not_understood)| {
            install(String::new(), span, apt::Read { not_understood, ..apt::Read::default() })
        }));
        (out, upgrades)
    }

    /// The comments that cut a command of it, each once.
    pub(super) fn cuts(&self) -> Vec<Cut> {
        let cover = |script: &Script, cut: &Range<usize>| {
            let span = script.line.cover(cut.clone());
            (span.start, span.end)
        };
        let all = self.scripts.iter().flat_map(|s| s.scan.cuts.iter().map(move |cut| cover(s, cut)));
        let all: BTreeSet<(usize, usize)> = all.collect();
        all.into_iter().map(|(start, end)| Cut { instruction: self.index, span: start..end }).collect()
    }

    /// What it does with git.
    pub(super) fn git(&self) -> Vec<GitCommand> {
        let found = self.find(git::git);
        if found.is_empty() {
            return Vec::new();
        }
        let mut standing = git::Standing::new(self.find(git::moves));
        let mut out = Vec::new();
        for (_, span, all) in found {
            let from = standing.at(span.start);
            out.extend(all.into_iter().map(|said| GitCommand {
                instruction: self.index,
                stage: self.instruction.stage,
                verb: said.verb,
                repository: said.repository,
                remote: said.remote,
                references: said.references,
                folder: said.folder,
                recursive: said.recursive,
                floats: said.floats,
                standing: git::join(from, &said.within),
                span: span.clone(),
            }));
        }
        out
    }

    /// What it adds with yarn.
    pub(super) fn adds(&self) -> Vec<Add> {
        let add = |(program, span, said): (String, Range<usize>, yarn::Read)| Add {
            instruction: self.index,
            stage: self.instruction.stage,
            program,
            adds: said.adds,
            packages: said.packages,
            brought: said.brought,
            not_understood: once(said.not_understood),
            span,
        };
        let mut out: Vec<Add> = self.find(yarn::add).into_iter().map(add).collect();
        out.extend(self.unread().map(|(span, not_understood)| {
            add((String::new(), span, yarn::Read { not_understood, ..yarn::Read::default() }))
        }));
        out
    }
}

fn once(all: Vec<NotUnderstood>) -> Vec<NotUnderstood> {
    let mut seen = BTreeSet::new();
    all.into_iter().filter(|n| seen.insert((n.span.start, n.span.end, n.why.clone()))).collect()
}
