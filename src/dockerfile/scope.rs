//! What a variable is worth where: ARG and ENV of a stage, of the stages it builds on, and before
//! the first FROM.
//!
//! For FROM, ADD, shadowing and whoever expands. Follows the rules that Docker documents: FROM
//! sees the ARGs before the first FROM alone; a stage sees those only after it declares them
//! again; ENV wins over ARG; a stage inherits from the stage it builds on. What a base image or
//! `--build-arg` sets is not known here.

use std::collections::BTreeMap;
use std::ops::Range;

use super::expand::{expand_bytes, piece};
use super::instruction::{Body, Command, Instruction, Stage};
use super::lex::Var;
use super::words::legacy;

/// One name of an ARG or ENV, with its value if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Which instruction holds it.
    pub instruction: usize,
    /// Whether it is ENV; else ARG.
    pub env: bool,
    /// Whether it stands in an ONBUILD: it sets nothing in this file then.
    pub onbuild: bool,
    /// The stage that it stands in; `None` before the first FROM.
    pub stage: Option<usize>,
    /// The name.
    pub name: String,
    /// Name and value in the logical text.
    pub range: Range<usize>,
    /// The value in the logical text, with its quotes; `None` for `ARG NAME`.
    pub value: Option<Range<usize>>,
}

/// All assignments, in order. Names that stand behind variables are left out.
pub(super) fn assignments(all: &[Instruction], escape: u8) -> Vec<Assignment> {
    let mut out = Vec::new();
    for (index, instruction) in all.iter().enumerate() {
        let body = instruction.effective();
        if !matches!(body.command, Command::Arg | Command::Env) {
            continue;
        }
        for (name, value) in pairs(instruction.line.text(), body) {
            let range = name.start..value.as_ref().map_or(name.end, |v| v.end);
            let text = instruction.line.get(name.clone());
            let Ok(read) = piece(text, name.start, escape, &|_| Var::Unset) else {
                continue;
            };
            if read.used.is_empty() {
                out.push(Assignment {
                    instruction: index,
                    env: body.command == Command::Env,
                    onbuild: instruction.is_onbuild(),
                    stage: instruction.stage,
                    name: read.string(),
                    range,
                    value,
                });
            }
        }
    }
    out
}

fn pairs(text: &[u8], body: &Body) -> Vec<(Range<usize>, Option<Range<usize>>)> {
    if let Some((name, value)) = legacy(text, body) {
        return vec![(name, Some(value))];
    }
    let split = |word: &Range<usize>| {
        let raw = text.get(word.clone()).unwrap_or_default();
        match raw.iter().position(|b| *b == b'=') {
            Some(i) => (word.start..word.start + i, Some(word.start + i + 1..word.end)),
            None => (word.clone(), None),
        }
    };
    body.words.iter().map(split).collect()
}

/// The ARGs that BuildKit itself sets, without a value that could be known here.
const PLATFORM: [&str; 11] = [
    "BUILDARCH",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDPLATFORM",
    "BUILDVARIANT",
    "TARGETARCH",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETPLATFORM",
    "TARGETSTAGE",
    "TARGETVARIANT",
];

/// All values together; what comes after is [`Var::Unknown`]. Bounds what a hostile file costs.
const MOST: usize = 8 * 1024 * 1024;
/// No more stages than this are looked through for an inherited value.
const FURTHEST: usize = 1000;

#[derive(Clone, Debug)]
struct Assigned {
    instruction: usize,
    value: Var,
}

/// The values of one stage by name, in order: of ARG, and of ENV.
#[derive(Clone, Debug, Default)]
struct Frame {
    arg: BTreeMap<String, Vec<Assigned>>,
    env: BTreeMap<String, Vec<Assigned>>,
}

impl Frame {
    fn of(&self, env: bool) -> &BTreeMap<String, Vec<Assigned>> {
        if env { &self.env } else { &self.arg }
    }

    fn push(&mut self, a: &Assignment, value: Var) {
        let names = if a.env { &mut self.env } else { &mut self.arg };
        names.entry(a.name.clone()).or_default().push(Assigned { instruction: a.instruction, value });
    }
}

/// What each variable is worth at each instruction.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    global: Frame,
    stages: Vec<Frame>,
    parents: Vec<Option<usize>>,
    size: usize,
}

impl Variables {
    /// What FROM sees: an ARG before the first FROM.
    #[must_use]
    pub fn global(&self, name: &str) -> Var {
        match self.global.arg.get(name).and_then(|all| all.last()) {
            Some(assigned) => assigned.value.clone(),
            None if PLATFORM.contains(&name) => Var::Unknown,
            None => Var::Unset,
        }
    }

    /// What an instruction sees that stands in a stage, before what it sets itself.
    #[must_use]
    pub fn at(&self, stage: usize, instruction: usize, name: &str) -> Var {
        self.find(stage, instruction, name, true)
            .or_else(|| self.find(stage, instruction, name, false))
            .unwrap_or(Var::Unset)
    }

    fn find(&self, stage: usize, before: usize, name: &str, env: bool) -> Option<Var> {
        let mut stage = Some(stage);
        for _ in 0..FURTHEST {
            let index = stage?;
            let named = self.stages.get(index).and_then(|f| f.of(env).get(name));
            let assigned = named.and_then(|all| {
                let after = all.partition_point(|a| a.instruction < before);
                all.get(after.checked_sub(1)?)
            });
            if let Some(found) = assigned {
                return Some(found.value.clone());
            }
            stage = self.parents.get(index).copied().flatten();
        }
        Some(Var::Unknown)
    }

    /// Remembers a value, unless all of them together grow too large.
    fn keep(&mut self, value: Var) -> Var {
        if let Var::Set(text) = &value {
            self.size += text.len() + 1;
        }
        if self.size > MOST { Var::Unknown } else { value }
    }

    pub(super) fn resolve_global(&mut self, all: &[Instruction], assignments: &[Assignment], escape: u8) {
        for a in assignments.iter().filter(|a| a.stage.is_none()) {
            let Some(range) = a.value.clone() else {
                continue;
            };
            let word = all.get(a.instruction).map(|i| i.line.get(range));
            let look = |name: &str| self.global(name);
            let value = value(word.unwrap_or_default(), escape, &look);
            let value = self.keep(value);
            self.global.push(a, value);
        }
    }

    pub(super) fn resolve_stages(
        &mut self,
        all: &[Instruction],
        stages: &[Stage],
        assignments: &[Assignment],
        escape: u8,
    ) {
        self.parents = stages.iter().map(|s| s.parent).collect();
        self.stages = stages.iter().map(|_| Frame::default()).collect();
        for a in assignments.iter().filter(|a| !a.onbuild) {
            let Some(stage) = a.stage else { continue };
            let word = a.value.clone().and_then(|range| all.get(a.instruction).map(|i| i.line.get(range)));
            // within one ENV all values see what was before; within one ARG, each sees the last
            let before = a.instruction + usize::from(!a.env);
            let value = match word {
                Some(word) => value(word, escape, &|name| self.at(stage, before, name)),
                None => match self.global(&a.name) {
                    Var::Unset => continue,
                    given => given,
                },
            };
            let value = self.keep(value);
            if let Some(frame) = self.stages.get_mut(stage) {
                frame.push(a, value);
            }
        }
    }
}

/// A value as the build sees it; unknown if it cannot be expanded here.
fn value(word: &[u8], escape: u8, look: &dyn Fn(&str) -> Var) -> Var {
    expand_bytes(word, escape, look).map_or(Var::Unknown, Var::Set)
}

#[cfg(test)]
mod tests {
    use super::super::Dockerfile;
    use super::*;

    fn parse(text: &str) -> Dockerfile {
        Dockerfile::parse("Dockerfile", text.as_bytes().to_vec()).unwrap()
    }

    fn set(text: &str) -> Var {
        Var::Set(text.to_owned())
    }

    #[test]
    fn a_global_arg_is_seen_in_a_stage_only_after_it_is_declared_again() {
        let file = parse("ARG V=1\nARG W=w$V\nFROM a\nRUN x\nARG W\nARG TARGETARCH\nRUN y\n");
        let vars = file.variables();
        assert_eq!(vars.global("W"), set("w1"));
        assert_eq!(vars.global("TARGETARCH"), Var::Unknown);
        assert_eq!(vars.at(0, 3, "W"), Var::Unset);
        assert_eq!(vars.at(0, 6, "W"), set("w1"));
        assert_eq!(vars.at(0, 6, "V"), Var::Unset);
        assert_eq!(vars.at(0, 6, "TARGETARCH"), Var::Unknown);
    }

    #[test]
    fn env_wins_over_arg_and_is_inherited() {
        let file = parse("FROM a AS Base\nENV A=env B=1\nENV B=2 C=$B\nFROM base\nARG A=arg B=x\nARG D=$A\nRUN x\n");
        let vars = file.variables();
        assert_eq!(file.stages()[1].parent, Some(0));
        assert_eq!(vars.at(1, 6, "A"), set("env"));
        assert_eq!(vars.at(1, 6, "B"), set("2"));
        assert_eq!(vars.at(1, 6, "C"), set("1"), "one ENV sees what was before it");
        assert_eq!(vars.at(1, 6, "D"), set("env"));
    }

    #[test]
    fn from_finds_a_stage_by_its_exact_lower_case_name() {
        let file = parse("ARG B=base\nFROM a AS Base\nFROM Base\nFROM ${B}\nFROM base AS base\nFROM base\n");
        let parents: Vec<_> = file.stages().iter().map(|s| s.parent).collect();
        assert_eq!(parents, [None, None, Some(0), Some(0), Some(3)]);
    }

    #[test]
    fn onbuild_sets_nothing_here() {
        let file = parse("FROM a\nONBUILD ARG V=1\nRUN x\n");
        assert_eq!(file.variables().at(0, 2, "V"), Var::Unset);
        assert!(file.assignments()[0].onbuild);
    }

    #[test]
    fn doubling_values_stop_growing() {
        let mut text = String::from("FROM a\nARG A0=xxxxxxxxxxxxxxxx\n");
        for i in 1..200 {
            text.push_str(&format!("ARG A{i}=$A{0}$A{0}\n", i - 1));
        }
        let file = parse(&text);
        assert_eq!(file.variables().at(0, 10_000, "A199"), Var::Unknown);
    }
}
