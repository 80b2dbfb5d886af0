//! ARG001: what makes the build use another value than the pinned one.
//!
//! For `verify`. Docker documents that ENV always wins over ARG of the same name, in a stage and
//! in those that build on it; recent BuildKit lets a later ARG win. Both are told, since either
//! way the pin is not what it seems.

use super::expand::expand_bytes;
use super::lex::Var;
use super::locate::Located;
use super::parse::Dockerfile;
use super::scope::Assignment;
use crate::model::{Trouble, quoted};

/// The instructions that override the ARG or ENV that holds a pinned value, or set its name to
/// something else later. Nothing for other sites, nor for ONBUILD, whose build is another file's.
#[must_use]
pub fn shadows(file: &Dockerfile, located: &Located) -> Vec<Trouble> {
    let Some((which, pinned)) =
        located.assignment.and_then(|i| Some((i, file.assignments().get(i)?))).filter(|(_, a)| !a.onbuild)
    else {
        return Vec::new();
    };
    let reach = reach(file, pinned);
    let mut out = Vec::new();
    for (index, other) in file.assignments().iter().enumerate() {
        if index == which || other.onbuild || other.name != pinned.name {
            continue;
        }
        let later = index > which;
        let counts = match (pinned.stage, pinned.env) {
            // before the first FROM: a later default, and what stages make of the name
            (None, _) if other.stage.is_none() => later,
            (None, _) => {
                // `ARG NAME` in a stage takes the pinned value itself
                other.value.is_some() && other.stage.is_some_and(|s| reach.contains(&s))
            }
            (Some(_), true) => later && other.env && other.stage == pinned.stage,
            (Some(_), false) if other.env => other.stage.is_some_and(|s| reach.contains(&s)),
            (Some(_), false) => later && other.stage == pinned.stage,
        };
        let Some(value) = value(file, other).filter(|_| counts) else {
            continue;
        };
        if value == Var::Set(located.value.clone()) {
            continue;
        }
        let Some(instruction) = file.instructions().get(other.instruction) else {
            continue;
        };
        let kind = if other.env { "ENV" } else { "ARG" };
        let found = match value {
            Var::Set(value) => quoted(&value),
            _ => "a value that is known only when the image is built".to_owned(),
        };
        out.push(
            Trouble::new(format!(
                "{kind} {} overrides the pinned value of line {}",
                quoted(&other.name),
                located.place.line
            ))
            .at(file.place_in(instruction, other.range.clone()))
            .expected(quoted(&located.value))
            .found(found),
        );
    }
    out
}

/// The stages whose ENV decides over a pinned ARG: its own and those it builds on; for one before
/// the first FROM, those of each stage that declares it again.
fn reach(file: &Dockerfile, pinned: &Assignment) -> Vec<usize> {
    let stages = file.stages();
    let mut seen = vec![false; stages.len()];
    let declares = |a: &&Assignment| !a.env && !a.onbuild && a.name == pinned.name;
    let from: Vec<usize> = match pinned.stage {
        Some(stage) => vec![stage],
        None => file.assignments().iter().filter(declares).filter_map(|a| a.stage).collect(),
    };
    for start in from {
        let mut stage = Some(start);
        while let Some(index) = stage {
            match seen.get_mut(index) {
                Some(seen) if !*seen => *seen = true,
                _ => break,
            }
            stage = stages.get(index).and_then(|s| s.parent);
        }
    }
    let seen = seen.into_iter().enumerate().filter(|(_, s)| *s);
    seen.map(|(index, _)| index).collect()
}

/// What another assignment sets; `None` if it sets nothing.
fn value(file: &Dockerfile, a: &Assignment) -> Option<Var> {
    let Some(raw) = a.value.clone() else {
        let inherited = a.stage.map(|_| file.variables().global(&a.name));
        return inherited.filter(|v| *v != Var::Unset);
    };
    let line = &file.instructions().get(a.instruction)?.line;
    let look = |name: &str| match a.stage {
        Some(stage) => file.variables().at(stage, a.instruction, name),
        None => file.variables().global(name),
    };
    let read = expand_bytes(line.get(raw), file.escape(), &look);
    Some(read.map_or(Var::Unknown, Var::Set))
}

#[cfg(test)]
mod tests {
    use super::super::{Site, StageSel, Target, locate};
    use super::*;

    fn lines(text: &str, stage: StageSel, target: Target) -> Vec<usize> {
        let file = Dockerfile::parse("Dockerfile", text.as_bytes().to_vec()).unwrap();
        let site = Site { file: None, stage: Some(stage), platform: None, target, value: None, all: true };
        let located = locate(&file, &site).unwrap().remove(0);
        let found = shadows(&file, &located);
        found.into_iter().map(|t| t.place.unwrap().line).collect()
    }

    const NONE: [usize; 0] = [];

    fn arg(text: &str, stage: usize) -> Vec<usize> {
        lines(text, StageSel::Index(stage), Target::Arg("V".to_owned()))
    }

    #[test]
    fn env_in_the_stage_or_in_one_it_builds_on_overrides_an_arg() {
        assert_eq!(arg("FROM a\nENV V=2\nARG V=1\n", 0), [2]);
        assert_eq!(arg("FROM a\nARG V=1\nENV V=2\n", 0), [3]);
        assert_eq!(arg("FROM a AS a\nENV V=2\nFROM a AS b\nFROM b\nARG V=1\n", 2), [2]);
        let child = "FROM a AS a\nARG V=1\nFROM a\nENV V=2\n";
        assert_eq!(arg(child, 0), NONE, "a stage that builds on it is another");
        assert_eq!(arg("FROM a\nENV V=2\nFROM a\nARG V=1\n", 1), NONE);
    }

    #[test]
    fn a_later_default_overrides() {
        assert_eq!(arg("FROM a\nARG V=1\nARG V=2\n", 0), [3]);
        assert_eq!(arg("FROM a\nARG V=1\nARG V=1\nARG V\n", 0), NONE);
        assert_eq!(arg("ARG V=0\nFROM a\nARG V=1\nARG V\n", 0), [4]);
        let env = "FROM a\nENV V=1\nENV V 2\nARG V=3\n";
        let target = Target::Env("V".to_owned());
        assert_eq!(lines(env, StageSel::Index(0), target), [3]);
    }

    #[test]
    fn an_earlier_default_overrides_nothing() {
        for text in ["ARG V=2\nARG V=1\nFROM a\n", "FROM a\nENV V=2\nENV V=1\n"] {
            let file = Dockerfile::parse("Dockerfile", text.as_bytes().to_vec()).unwrap();
            let last = super::super::assigned(&file, 1).unwrap();
            assert_eq!(shadows(&file, &last), [], "{text}");
        }
    }

    #[test]
    fn handing_the_value_on_is_no_shadow() {
        assert_eq!(arg("FROM a\nARG V=1\nENV V=$V\n", 0), NONE);
        assert_eq!(arg("FROM a\nARG V=1\nENV V=\"${V}\" W=2\n", 0), NONE);
        assert_eq!(arg("FROM a\nENV V=$TARGETARCH\nARG V=1\n", 0), [2]);
    }

    #[test]
    fn a_global_arg_is_shadowed_where_a_stage_declares_it_with_another_default() {
        let global = |text| lines(text, StageSel::Global, Target::Arg("V".to_owned()));
        assert_eq!(global("ARG V=1\nFROM a\nARG V=2\n"), [3]);
        assert_eq!(global("ARG V=1\nFROM a\nARG V\nFROM b\nENV V=2\n"), NONE);
        assert_eq!(global("ARG V=1\nFROM a\nARG V\nENV V=2\n"), [4]);
        assert_eq!(global("ARG V=1\nARG V=2\nFROM a\nARG V\n"), [2]);
    }

    #[test]
    fn onbuild_shadows_nothing_here() {
        assert_eq!(arg("FROM a\nARG V=1\nONBUILD ENV V=2\n", 0), NONE);
    }
}
