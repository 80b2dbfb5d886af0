//! What a variable is worth where: ARG and ENV of a stage, of the stages it builds on, and before
//! the first FROM.
//!
//! For FROM, ADD, shadowing and whoever expands. Follows the rules that Docker documents: FROM
//! sees the ARGs before the first FROM alone; a stage sees those only after it declares them
//! again; a stage inherits from the stage it builds on, and runs its ONBUILD first. Docker documents
//! that ENV wins over ARG, recent BuildKit lets the last of them win: where the two differ, the value
//! is unknown. What a base image or `--build-arg` sets is not known here.

use std::collections::BTreeMap;
use std::ops::Range;

use super::expand::{expand_bytes, piece};
use super::instruction::{Body, Command, Instruction, Stage};
use super::lex::Var;
use super::names::{May, plain};
use super::pattern::Steps;
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
    /// The name. Of an ARG, and of an ENV whose name only the build knows, as it is written.
    pub name: String,
    /// Name and value in the logical text.
    pub range: Range<usize>,
    /// The value in the logical text, with its quotes; `None` for `ARG NAME`.
    pub value: Option<Range<usize>>,
    /// Whether the name stands there as such, without a variable.
    pub(super) written: bool,
    /// What else the name may turn out to be.
    pub(super) may: Option<May>,
    /// What the build sets, as far as it is known; `None` if it sets nothing.
    pub(super) worth: Option<Var>,
    key: Range<usize>,
}

impl Assignment {
    /// Whether it sets a name, or may.
    pub(super) fn sets(&self, name: &str) -> bool {
        self.name == name || self.may.as_ref().is_some_and(|m| m.fits(name))
    }
}

/// All assignments, in order. A name behind a variable is known only once variables are.
pub(super) fn assignments(all: &[Instruction], escape: u8) -> Vec<Assignment> {
    let mut out = Vec::new();
    for (index, instruction) in all.iter().enumerate() {
        let body = instruction.effective();
        if !matches!(body.command, Command::Arg | Command::Env) {
            continue;
        }
        for (name, value) in pairs(instruction.line.text(), body) {
            let range = name.start..value.as_ref().map_or(name.end, |v| v.end);
            let raw = instruction.line.get(name.clone());
            let env = body.command == Command::Env;
            let read = piece(raw, name.start, escape, &|_| Var::Unset, &Steps::default()).ok();
            let written = read.as_ref().is_some_and(|r| r.used.is_empty());
            let as_written = || String::from_utf8_lossy(raw).into_owned();
            // BuildKit takes the name of an ARG as written, and older ones without its quotes
            let (name_read, may) = match &read {
                Some(read) if written && (env || plain(raw)) => (read.string(), None),
                read => (as_written(), Some(read.as_ref().map_or_else(May::anything, May::of))),
            };
            out.push(Assignment {
                instruction: index,
                env,
                onbuild: instruction.is_onbuild(),
                stage: instruction.stage,
                name: name_read,
                range,
                value,
                written,
                may,
                worth: None,
                key: name,
            });
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

/// No more assignments than this are taken over from ONBUILDs of the stages that others build on.
const TRIGGERS: usize = 100_000;
/// No more names that are not known are compared for one look-up.
const OPEN: usize = 64;

#[derive(Clone, Debug)]
struct Assigned {
    instruction: usize,
    /// Counts what is set in a stage, ARG and ENV together.
    order: usize,
    value: Var,
}

/// The values of one stage by name, in order: of ARG, and of ENV; and the names that are not known.
#[derive(Clone, Debug, Default)]
struct Frame {
    arg: BTreeMap<String, Vec<Assigned>>,
    env: BTreeMap<String, Vec<Assigned>>,
    open: Vec<(usize, usize, May)>,
    order: usize,
}

impl Frame {
    fn push(&mut self, a: &Assignment, instruction: usize, value: Var) {
        self.order += 1;
        let order = self.order;
        if let Some(may) = &a.may {
            self.open.push((instruction, order, may.clone()));
        }
        let names = if a.env { &mut self.env } else { &mut self.arg };
        names.entry(a.name.clone()).or_default().push(Assigned { instruction, order, value });
    }

    /// The last value of a name before an instruction, of ENV or of ARG.
    fn last(&self, env: bool, name: &str, before: usize) -> Option<&Assigned> {
        let all = if env { &self.env } else { &self.arg }.get(name)?;
        all.get(all.partition_point(|a| a.instruction < before).checked_sub(1)?)
    }

    /// Whether something that stands behind an assignment may set the name as well.
    fn open_since(&self, order: usize, name: &str, before: usize) -> bool {
        let end = self.open.partition_point(|(i, ..)| *i < before);
        let later = self.open.iter().take(end).rev().take_while(|(_, o, _)| *o > order);
        later.enumerate().any(|(i, (_, _, may))| i >= OPEN || may.fits(name))
    }
}

/// What each variable is worth at each instruction.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    global: Frame,
    stages: Vec<Frame>,
    parents: Vec<Option<usize>>,
    size: usize,
    /// What patterns may still cost, in the whole file.
    pub(super) steps: Steps,
}

impl Variables {
    /// What FROM sees: an ARG before the first FROM.
    #[must_use]
    pub fn global(&self, name: &str) -> Var {
        let last = self.global.last(false, name, usize::MAX);
        if self.global.open_since(last.map_or(0, |a| a.order), name, usize::MAX) {
            return Var::Unknown;
        }
        match last {
            Some(assigned) => assigned.value.clone(),
            None if PLATFORM.contains(&name) => Var::Unknown,
            None => Var::Unset,
        }
    }

    /// What an instruction sees that stands in a stage, before what it sets itself.
    #[must_use]
    pub fn at(&self, stage: usize, instruction: usize, name: &str) -> Var {
        let mut arg: Option<&Var> = None;
        let mut next = Some(stage);
        for _ in 0..FURTHEST {
            let Some(index) = next else {
                return arg.cloned().unwrap_or(Var::Unset);
            };
            next = self.parents.get(index).copied().flatten();
            let Some(frame) = self.stages.get(index) else { continue };
            let env = frame.last(true, name, instruction);
            let own = frame.last(false, name, instruction);
            let last = env.map_or(0, |a| a.order).max(own.map_or(0, |a| a.order));
            if frame.open_since(last, name, instruction) {
                return Var::Unknown;
            }
            let later = own.filter(|own| env.is_none_or(|env| own.order > env.order));
            arg = arg.or(later.map(|a| &a.value));
            if let Some(env) = env {
                return match arg {
                    // an ARG behind the ENV: documentation and program agree only on what is the same
                    Some(arg) if *arg != env.value => Var::Unknown,
                    _ => env.value.clone(),
                };
            }
        }
        Var::Unknown
    }

    /// Remembers a value, unless all of them together grow too large.
    fn keep(&mut self, value: Var) -> Var {
        if let Var::Set(text) = &value {
            self.size += text.len() + 1;
        }
        if self.size > MOST { Var::Unknown } else { value }
    }

    pub(super) fn resolve_global(&mut self, all: &[Instruction], assignments: &mut [Assignment], escape: u8) {
        for a in assignments.iter_mut().filter(|a| a.stage.is_none()) {
            let Some(range) = a.value.clone() else {
                continue;
            };
            let word = all.get(a.instruction).map(|i| i.line.get(range));
            let value = value(word.unwrap_or_default(), escape, &|name| self.global(name), &self.steps);
            let value = self.keep(value);
            a.worth = Some(value.clone());
            self.global.push(a, a.instruction, value);
        }
    }

    pub(super) fn resolve_stages(
        &mut self,
        all: &[Instruction],
        stages: &[Stage],
        assignments: &mut [Assignment],
        escape: u8,
    ) {
        self.parents = stages.iter().map(|s| s.parent).collect();
        self.stages = stages.iter().map(|_| Frame::default()).collect();
        let mut triggers: Vec<Vec<usize>> = stages.iter().map(|_| Vec::new()).collect();
        let (mut taken, mut at) = (0, 0);
        for stage in stages {
            let inherited = stage.parent.and_then(|p| triggers.get(p)).map_or(&[][..], Vec::as_slice);
            taken += inherited.len();
            if let Some(frame) = self.stages.get_mut(stage.index) {
                if taken > TRIGGERS && !inherited.is_empty() {
                    frame.order += 1;
                    frame.open.push((stage.from, frame.order, May::anything()));
                } else {
                    for a in inherited.iter().filter_map(|i| assignments.get(*i)) {
                        if let Some(worth) = &a.worth {
                            frame.push(a, stage.from, worth.clone());
                        }
                    }
                }
            }
            let own = |a: &Assignment| a.stage.is_none_or(|s| s <= stage.index);
            while let Some(a) = assignments.get_mut(at).filter(|a| own(a)) {
                if a.stage == Some(stage.index) {
                    self.resolve(a, stage.index, all, escape);
                    if a.onbuild
                        && let Some(triggers) = triggers.get_mut(stage.index)
                    {
                        triggers.push(at);
                    }
                }
                at += 1;
            }
        }
    }

    /// The name and the value of one assignment in a stage; what an ONBUILD sets depends on the child.
    fn resolve(&mut self, a: &mut Assignment, stage: usize, all: &[Instruction], escape: u8) {
        let line = all.get(a.instruction).map(|i| &i.line);
        // within one ENV all values see what was before; within one ARG, each sees the last
        let before = a.instruction + usize::from(!a.env);
        if let Some(line) = line.filter(|_| a.env && !a.written && !a.onbuild) {
            // a variable that nothing here sets may be the base image's
            let look = |name: &str| match self.at(stage, before, name) {
                Var::Unset => Var::Unknown,
                known => known,
            };
            if let Ok(name) = expand_bytes(line.get(a.key.clone()), escape, &look, &self.steps) {
                a.name = name;
                a.may = None;
            }
        }
        let word = a.value.clone().and_then(|range| line.map(|l| l.get(range)));
        let value = match word {
            Some(word) if a.onbuild => value(word, escape, &|_| Var::Unknown, &self.steps),
            Some(word) => value(word, escape, &|name| self.at(stage, before, name), &self.steps),
            None => match self.global(&a.name) {
                Var::Unset => return,
                given => given,
            },
        };
        let value = self.keep(value);
        a.worth = Some(value.clone());
        if let Some(frame) = self.stages.get_mut(stage).filter(|_| !a.onbuild) {
            frame.push(a, a.instruction, value);
        }
    }
}

/// A value as the build sees it; unknown if it cannot be expanded here.
fn value(word: &[u8], escape: u8, look: &dyn Fn(&str) -> Var, steps: &Steps) -> Var {
    expand_bytes(word, escape, look, steps).map_or(Var::Unknown, Var::Set)
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
        assert_eq!(vars.at(1, 4, "A"), set("env"));
        assert_eq!(vars.at(1, 4, "B"), set("2"));
        assert_eq!(vars.at(1, 6, "C"), set("1"), "one ENV sees what was before it");
    }

    #[test]
    fn an_arg_behind_an_env_is_known_only_if_both_say_the_same() {
        let file = parse("FROM a\nENV A=1 B=1\nARG A=2\nARG B=1\nARG C=$A\nARG D=1\nENV D=2\nRUN x\nFROM b\nRUN x\n");
        let at = |name: &str| file.variables().at(0, 7, name);
        assert_eq!((at("A"), at("C")), (Var::Unknown, Var::Unknown));
        assert_eq!((at("B"), at("D")), (set("1"), set("2")));
        let file = parse("FROM a AS p\nENV A=1\nFROM p\nARG A=2\nRUN x\n");
        assert_eq!(file.variables().at(1, 4, "A"), Var::Unknown);
    }

    #[test]
    fn an_env_sets_the_name_that_its_variables_give() {
        let file = parse("FROM a\nARG N=C\nENV $N=1 x${N}_=2\nENV P_$BASE=3\nRUN x\n");
        let at = |name: &str| file.variables().at(0, 4, name);
        assert_eq!((at("C"), at("xC_"), at("P"), at("P_Q")), (set("1"), set("2"), Var::Unset, Var::Unknown));
    }

    #[test]
    fn what_an_onbuild_sets_is_set_first_in_a_child() {
        let file = parse("FROM a AS p\nONBUILD ENV A=1\nONBUILD ARG B=$A\nFROM p\nRUN x\n");
        let at = |name: &str| file.variables().at(1, 4, name);
        assert_eq!((at("A"), at("B")), (set("1"), Var::Unknown));
        assert_eq!(file.variables().at(0, 3, "A"), Var::Unset);
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
